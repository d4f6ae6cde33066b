-- PL/pgSQL: control flow, variables, exceptions, results.
create function add1(a int, b int default 1) returns int language sql immutable as 'select a + b';
select add1(2), add1(2, 5), add1(b => 7, a => 1);
create table ft(id int primary key, v text);
create function ins(i int, t text) returns int language plpgsql as $$
declare n int := 0; r record; w ft%rowtype;
begin
  insert into ft values (i, t);
  select count(*) into n from ft;
  for r in select * from ft order by id loop raise notice 'row % %', r.id, r.v; end loop;
  for k in 1..3 loop n := n + k; continue when k = 2; end loop;
  select * into w from ft where id = i;
  if w.v = t then return n; else return -1; end if;
end $$;
select ins(1, 'a'); select ins(2, 'b'); select * from ft;
create function safe(i int) returns text language plpgsql as $$
begin
  insert into ft values (i, 'dup');
  return 'ok';
exception when unique_violation then return 'dup ' || sqlstate;
  when others then return sqlerrm;
end $$;
select safe(1), safe(3);
select * from ft order by 1;
create function gen(n int) returns table(x int, y text) language plpgsql as $$
begin for i in 1..n loop x := i; y := 'r' || i; return next; end loop; return query select 99, 'end'::text; end $$;
select * from gen(2);
create function boom() returns int language plpgsql as $$ begin raise exception 'bad %', 1 using hint = 'h', errcode = '22012'; end $$;
select boom();
do $$ declare i int := 0; begin while i < 1000 loop i := i + 1; end loop; raise notice 'i %', i; execute 'insert into ft values ($1, $2)' using 10, 'x'; end $$;
create function fact(n int) returns bigint language plpgsql as $$ begin if n <= 1 then return 1; end if; return n * fact(n - 1); end $$;
select fact(10);
create function setf() returns setof int language sql as 'select generate_series(1,3)';
select * from setf(); select setf();
create function out2(in a int, out s int, out d int) language sql as 'select a + 1, a * 2';
select * from out2(4); select out2(4);
select add1('x'::text);
drop function add1(int, int); select add1(1);
drop function nope(int);
create function boom() returns int language sql as 'select 1';
set statement_timeout = 300; do $$ begin loop null; end loop; end $$; reset statement_timeout;

