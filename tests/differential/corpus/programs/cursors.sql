-- Cursors of PL/pgSQL, slices of arrays, aliases, diagnostics.
create table ct (id int primary key, v text);
insert into ct select i, 'v' || i from generate_series(1, 6) i;
create function c1() returns text language plpgsql as $$
declare c cursor for select * from ct order by id; r record; s text := '';
begin
  open c;
  loop fetch c into r; exit when not found; s := s || r.v || ','; end loop;
  close c;
  return s;
end $$;
select c1(); select c1();
create function c2(lim int) returns setof text language plpgsql as $$
declare c scroll cursor (lo int, hi int) for select v from ct where id between lo and hi order by id; x text; n int;
begin
  open c(2, lim);
  fetch c into x; return next x;
  fetch last from c into x; return next 'last ' || x;
  fetch prior from c into x; return next 'prior ' || x;
  fetch absolute 1 from c into x; return next 'abs ' || x;
  fetch relative 2 from c into x; return next 'rel ' || coalesce(x, 'null');
  move backward all from c; get diagnostics n = row_count; return next 'moved ' || n || found;
  fetch next in c into x; return next 'next ' || x;
  move 2 from c; fetch c into x; return next coalesce(x, 'nothing') || found;
  move forward 100 from c; return next 'f' || found;
  fetch c into x; return next coalesce(x, 'nothing') || found;
  close c;
  open c(hi := 3, lo := 1);
  fetch first from c into x; return next x;
  close c;
  for r in c(4, 6) loop return next 'loop ' || r.v; exit when r.v = 'v5'; end loop;
  for r in c(lo := 6, hi := 6) loop return next 'loop ' || r.v; end loop;
  return next 'found ' || found;
end $$;
select * from c2(4);
create function c3(refcursor) returns refcursor language plpgsql as $$ begin open $1 for select * from ct order by id; return $1; end $$;
begin; select c3('abc'); fetch 2 from abc; move 1 in abc; fetch all in abc; select name, statement, is_holdable, is_scrollable from pg_cursors; close abc; commit;
begin; select c3('abc'); select c3('abc'); rollback;
select c3('abc'); fetch abc;
create function c4(a int, b text) returns text language plpgsql as $$
declare x alias for $1; y alias for $2; z alias for y; c refcursor; q text := 'select v from ct where id = $1';
begin
  z := b || '!';
  open c for execute q using x; fetch c into y; close c;
  return x || y || z || $1;
end $$;
select c4(3, 'q');
create function c5() returns text language plpgsql as $$ declare c refcursor; x int; begin fetch c into x; return x; end $$;
select c5();
create function c6() returns text language plpgsql as $$ declare c refcursor := 'nope'; x int; begin fetch c into x; return x; end $$;
select c6();
create function c7() returns text language plpgsql as $$ declare c cursor for select 1; begin open c; open c; return 'x'; end $$;
select c7();
create function c8() returns text language plpgsql as $$ declare c no scroll cursor for select id from ct; x int; begin open c; fetch c into x; fetch prior from c into x; return 'x'; end $$;
select c8();
create function bad() returns text language plpgsql as $$ declare c cursor (n int) for select n; begin open c; return 'x'; end $$;
create function bad() returns text language plpgsql as $$ declare c cursor for select 1; x int; begin fetch all from c into x; return 'x'; end $$;
create function c11() returns text language plpgsql as $$ declare c cursor for select 1 as one, 'x' as two; a int; b text; begin open c; fetch c into a, b; close c; begin close c; exception when others then return a || b || sqlstate || sqlerrm ~ 'unnamed'; end; return 'no'; end $$;
select c11();
create function c12() returns setof text language plpgsql as $$
declare a int[] := array[[1,2],[3,4],[5,6]]; x int[]; y int;
begin
  foreach x slice 1 in array a loop return next x::text; end loop;
  foreach x slice 2 in array a loop return next x::text; end loop;
  foreach y in array a loop return next y::text; end loop;
  foreach x slice 1 in array array[]::int[] loop return next 'never'; end loop;
  begin foreach x slice 3 in array a loop return next 'never'; end loop; exception when others then return next sqlstate || sqlerrm; end;
  begin foreach y slice 1 in array a loop return next 'never'; end loop; exception when others then return next sqlstate || sqlerrm; end;
  begin foreach x in array a loop return next 'never'; end loop; exception when others then return next sqlstate || sqlerrm; end;
  begin foreach y in array 5 loop return next 'never'; end loop; exception when others then return next sqlstate || sqlerrm; end;
  begin foreach y in array null::int[] loop return next 'never'; end loop; exception when others then return next sqlstate || sqlerrm; end;
end $$;
select * from c12();
create table cd (a int constraint apos check (a > 0), b int primary key);
create function c13() returns setof text language plpgsql as $$
declare s text; m text; d text; h text; c text; co text; t text; sc text; ty text; n int; o oid;
begin
  begin insert into cd values (-1, 1);
  exception when others then
    get stacked diagnostics s = returned_sqlstate, m = message_text, d = pg_exception_detail, h = pg_exception_hint, c = column_name, co = constraint_name, t = table_name, sc = schema_name, ty = pg_datatype_name;
    return next concat_ws('|', s, m, d, h, c, co, t, ty);
  end;
  begin insert into cd values (1, null);
  exception when others then
    get stacked diagnostics s = returned_sqlstate, m = message_text, d = pg_exception_detail, c = column_name, t = table_name;
    return next concat_ws('|', s, m, d, c, t);
  end;
  begin raise exception 'x %', 1 using errcode = 'ZZ999', detail = 'dd', hint = 'hh', column = 'cc', constraint = 'kk', datatype = 'tt', table = 'tb', schema = 'ss';
  exception when others then
    get stacked diagnostics s := returned_sqlstate, m = message_text, d = pg_exception_detail, h = pg_exception_hint, c = column_name, co = constraint_name, t = table_name, sc = schema_name, ty = pg_datatype_name;
    return next concat_ws('|', s, m, d, h, c, co, t, sc, ty);
  end;
  insert into cd values (1, 1), (2, 2);
  get current diagnostics n = row_count; get diagnostics o = pg_routine_oid;
  return next n || ' ' || (o = 'c13'::regproc::oid);
end $$;
select * from c13();
create function bad() returns void language plpgsql as $$ declare s text; begin get diagnostics s = message_text; end $$;
create function bad() returns void language plpgsql as $$ declare s text; begin get stacked diagnostics s = row_count; end $$;
create function c14() returns void language plpgsql as $$ declare s text; begin get stacked diagnostics s = message_text; end $$;
select c14();
create function c15(n int) returns text language plpgsql as $$ declare x text; begin execute 'select v from ct where id <= $1 order by id' into strict x using n; return x; exception when no_data_found then return 'none ' || sqlerrm; when too_many_rows then return 'many ' || sqlerrm; end $$;
select c15(0), c15(1), c15(2);
create function c16() returns int language plpgsql as $$ declare x ct%rowtype; c cursor for select * from ct order by id desc; begin open c; move c; fetch c into x; close c; return x.id; end $$;
select c16();
create function c17() returns text language plpgsql as $$ declare s text := ''; c cursor for select id from ct order by id; begin <<outer>> for a in c loop for b in 1..2 loop continue outer when a.id < 5; s := s || a.id || b || ' '; end loop; end loop; return s; end $$;
select c17();
create procedure c18() language plpgsql as $$ declare c cursor for select id from ct; begin for r in c loop update ct set v = v || '!' where id = r.id; end loop; end $$;
call c18(); select * from ct order by 1;
create function c19(out rc refcursor) language plpgsql as $$ begin rc := 'named'; open rc scroll for select id from ct order by id; end $$;
begin; select c19(); fetch last from named; fetch backward 2 from named; fetch first from named; rollback;
begin; declare sc scroll cursor for select id from ct order by id; create function c20(r refcursor) returns int language plpgsql as $$ declare x int; begin fetch last from r into x; move prior from r; return x; end $$; select c20('sc'); fetch sc; rollback;
do $$ declare c cursor for insert into cd values (9, 9) returning a; x int; begin open c; fetch c into x; raise notice 'x %', x; end $$;
drop table ct cascade; drop table cd;
