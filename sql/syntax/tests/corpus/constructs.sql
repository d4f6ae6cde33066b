select 1
select
select a, b as c, d e, t.*, (x).y, (f(x)).*, * from t
select distinct on (a, b) a from t order by a, b desc nulls last
select all a from only s.t as x (p, q), u tablesample bernoulli (10) repeatable (1)
table t
values (1, 2), (3, default)
select 1 union select 2 intersect select 3 except all select 4 order by 1 limit 3 offset 2
(select 1) union all (select 2 order by 1 limit 1)
((select 1)) order by 1
select ((select 1) union (select 2)), ((select 1) + 1), (((select 3)))
select * from ((select 1) union (select 2)) x, ((a join b using (i)) cross join c)
select * from (a join b on true) as j
select * from a join b join c on b.x = c.x on a.x = b.x
select * from a natural left outer join b full join c using (x, y) as j right join d on true
select * from lateral (select 1) x, lateral f(1) with ordinality as g(a, b)
select * from rows from (f(1), g(2) as (a int, b text)) with ordinality as r
select * from json_to_recordset($1) as t(a int, b text[] collate "C"), f() as (x int)
select * from (select 1)
select * from t as of system time '-5s' where a = 1
select a from t as of system time now() - interval '1 second'
with a as (select 1), b (x) as materialized (insert into t values (1) returning *), c as not materialized (select 2) select * from a, b
with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) search depth first by n set ordercol cycle n set is_cycle to true default false using path select sum(n) from t
select count(*) filter (where a > 1), sum(distinct a order by b), f(variadic array[1, 2]), g(a => 1, b := 2)
select percentile_cont(0.5) within group (order by x), rank() over w, sum(a) over (partition by b order by c rows between unbounded preceding and 1 following exclude ties) from t window w as (partition by a), v as (w order by b groups 2 preceding exclude current row)
select a, grouping(a, b) from t group by distinct rollup (a, (b, c)), cube (d), grouping sets ((), (a, b), rollup (c)) having count(*) > 1
select a from t group by (), a, (b, c) limit all
select 1 offset 2 rows fetch first 3 rows with ties
select 1 fetch next row only
select * from t for no key update of t nowait for key share skip locked for share for update
select 1 into temp table x from t
select case a when 1 then 2 else 3 end, case when a then b end, coalesce(a, b), nullif(a, b), greatest(1, 2), least(a)
select array[1, 2], array[[1, 2], [3, 4]], array[]::int[], array(select 1), a[1], a[1:2], a[:], a[2:][1], (array[1, 2])[1], (select x).y
select row(1, 2), row(), (1, 2) = (3, 4), (a, b) in (select 1, 2), (a, b) overlaps (c, d)
select exists (select 1), a in (1, 2), a not in (select 1), a = any (array[1]), b <> all (select 1), c like any ('{a}'), d not ilike all (array['x'])
select a between 1 and 2, b not between symmetric 1 and 2 and c, a is null, b isnull, c notnull, d is not true, e is unknown, f is distinct from g, h is not distinct from i
select a like 'x' escape '\', b not ilike 'y', c similar to 'z' escape '#', d ~ 'x' || 'y', x is nfc normalized, x is not normalized, j is json array with unique keys
select extract(year from d), extract('epoch' from d), position('a' in b), substring(a from 1 for 2), substring(a for 2), substring(a, 1), substring(a similar b escape c), overlay(a placing b from 1 for 2), trim(a), trim(both 'x' from a), trim(leading from a), trim(trailing 'x' from a), normalize(a, nfkc), normalize(a), collation for (a), treat(a as int)
select current_date, current_time(3), current_timestamp, localtime, localtimestamp(2), current_role, current_user, user, session_user, current_catalog, current_schema, current_schema()
select a at time zone 'UTC', now() at time zone interval '1' hour, a at local, x::text collate s."c", a collate "C" < b
select cast(a as numeric(10, 2)), a::int::text, '1'::int8, date '2020-01-01', timestamp with time zone '2020-01-01', timestamp(3) '2020-01-01', interval '1' year to month, interval(3) '1 s', interval '1' second(2), int '5', bit '101', char 'x', double precision '1.5', s.t 'x', numeric(3, 1) '1.2', n'abc', national character varying(3) 'abc'
select a::character varying(10)[], b::char, c::bit(3), d::bit varying, e::timestamp(3) without time zone, f::timetz, g::interval day to second(3), h::float(10), i::int array[3], j::s.t(1, 2)[][]
select -1, - a, +a, -2 ^ 2, ~ 1 + 2, @ -5 + 3, |/ 25 + 11, a operator(pg_catalog.+) b, operator(s.-) a, a !=- 1, a <@ b, a ->> 'x' #>> '{a}', not a and b or c, not not a
select 'foo'
  'bar', e'a\nb', U&'d\0061t', U&"d!0061t" uescape '!', $$it's$$, $x$y$x$, b'01', x'1F', 1_000, 0xff, 1e10, .5, 99999999999999999999
select json_object('a': 1, 'b' value 2 absent on null returning jsonb), json_array(1, 2 null on null), json_array(select 1), json_arrayagg(a order by b), json_objectagg(a: b with unique keys), json_object('{a,1}')
select xmlelement(name a, xmlattributes(b as c), d), xmlforest(a, b as c), xmlconcat(a, b), xmlpi(name x, 'y'), xmlparse(document a), xmlserialize(content a as text), xmlroot(a, version '1.0', standalone yes), xmlexists('//a' passing by value x)
select a from t order by a using <, b using operator(pg_catalog.>), c asc nulls first
select "Select" from "From" where name = value and type = data
select a.b.c.d, a.b.c.* from x.y.z
select int, coalesce, "precision" from t
insert into t default values
insert into t as x (a, b[1], c.d) overriding system value values (1, 2, default) on conflict (lower(a), b collate "C" text_ops) where c do update set a = excluded.a, (b, c) = (1, 2), (d, e) = (select 1, 2) where x.a > 1 returning *, a as b
insert into t (a) (select 1) on conflict on constraint pk do nothing
insert into t (select 1)
insert into t values (1) on conflict do nothing returning with (old as o, new as n) o.a, n.a
update only t as x set a = default, b[1] = 2, (c, d) = row(1, 2) from u where current of cur returning a
update t set a = 1 where b = any ($1::int[])
delete from t * x using u, v where x.a = u.a returning *
with x as (select 1) delete from t
merge into t as x using (select 1 as a) s on x.a = s.a when matched and x.b > 1 then update set b = 2 when matched then delete when not matched by source then do nothing when not matched by target then insert (a) overriding user value values (s.a) when not matched then insert default values returning merge_action(), x.*
truncate table only a, b restart identity cascade
copy t (a, b) from stdin with (format csv, header match, delimiter ',', null '', force_null (a), on_error ignore) where a > 1
copy (select 1) to stdout csv header quote '"' escape '\' force quote a, b
copy t to '/tmp/x' with binary
copy t from program 'cat' delimiter as '|' null as ''
copy binary t from stdin
copy (insert into t values (1) returning a) to stdout
create table t (a int primary key, b text not null default 'x' || 'y', c numeric(10, 2) check (c > 0) no inherit, d int references u (x) match full on delete set null (d) on update cascade deferrable initially deferred, e int generated always as identity (start with 10 increment by 2), f int generated always as (a * 2) stored, g text collate "C" unique nulls not distinct, constraint k unique (a, b) include (c) with (fillfactor = 70) using index tablespace ts, foreign key (a, b) references v, exclude using gist (a with =, b with operator(pg_catalog.&&)) where (a > 1), like w including all excluding defaults, check (a > 1) not valid)
create temporary table if not exists t () inherits (a, b) with (fillfactor = 70, autovacuum_enabled, toast.x = off) on commit delete rows tablespace ts
create table t (a int) partition by range (a, (lower(b)) collate "C" text_ops) using heap
create table p partition of t (constraint x check (a > 1), b with options default 1) for values from (1, minvalue) to (10, maxvalue) partition by list (b)
create table p partition of t for values with (modulus 4, remainder 1)
create table p partition of t default
create table p partition of t for values in (1, null, 'x')
create table t of s.ty (a with options not null)
create unlogged table t as select 1 with no data
create table t (a, b) with (x = 1) as values (1, 2)
create table t as execute p (1, 2)
create materialized view if not exists v (a) tablespace ts as select 1 with no data
create or replace temp recursive view v (n) as select 1
create view v with (security_barrier, check_option = local) as select 1 with cascaded check option
create unique index concurrently if not exists i on only t using btree (a desc nulls first, lower(b) collate "C" text_ops (x = 1), (a + b)) include (c) nulls not distinct with (fillfactor = 70) tablespace ts where a > 1
create index async i on t (a)
create unique index async if not exists i on s.t (a) include (b)
create index async on t (a)
create index on t (a)
create sequence if not exists s as bigint increment by -1 minvalue -10 no maxvalue start with 5 cache 10 no cycle owned by t.a
alter sequence s restart with 10 owned by none
alter sequence if exists s owner to bob
create schema if not exists s authorization current_user
create schema authorization bob create table t (a int) create view v as select 1
create type t as enum ('a', 'b')
create type t as (a int, b text collate "C")
create type t as range (subtype = float8, subtype_diff = float8mi)
create type t
create type t (input = f, output = g, like = int4, internallength = variable)
alter type t add value if not exists 'c' before 'b'
alter type t rename value 'a' to 'z'
alter type t rename attribute a to b cascade
alter type t add attribute c int cascade, drop attribute if exists b, alter attribute a set data type text collate "C"
create domain d as int default 5 constraint c check (value > 0) not null collate "C"
alter domain d add constraint c check (value > 0) not valid
alter domain d set default 5
alter domain d drop constraint if exists c cascade
alter domain d validate constraint c
alter domain d rename constraint a to b
create or replace function s.f(a int, in b text default 'x', out c int, inout d int = 5, variadic e text[], double precision, x timestamp with time zone) returns setof t.a%type language plpgsql immutable strict security definer cost 10 rows 5 parallel safe leakproof set search_path = a, b set x from current as $$ begin end $$
create function f() returns table (a int, b text) language sql return 1
create function f(a int) returns int begin atomic select 1; insert into t values (1); end
create procedure p(inout a int) language sql as 'select 1', 'sym'
alter function f(int, text) stable called on null input reset all
alter procedure p rename to q
create or replace trigger g after insert or update of a, b or delete on t referencing old table as o new table n for each row when (old.a is distinct from new.a) execute function f('a', 1, b)
create constraint trigger g after delete on t from u deferrable initially deferred for each row execute procedure f()
create trigger g instead of truncate on v execute function f()
create rule r as on insert to t where new.a > 1 do instead (insert into u values (1); select 1)
create rule r as on select to t do instead nothing
create role r with superuser nologin createdb connection limit 5 password 'x' valid until 'infinity' in role a, b role c admin d
create user u encrypted password null
alter role r with nosuperuser
alter role all in database d set x to 'y'
alter user current_user reset all
alter group g add user a, b
drop role if exists a, b
create extension if not exists "uuid-ossp" with schema s version '1.1' cascade
create database d with owner = bob encoding 'UTF8' template template0 connection limit -1 is_template true
alter database d set x = 1
alter database d owner to bob
drop database if exists d with (force)
create policy p on t as restrictive for select to public, current_user using (a > 1) with check (b)
alter policy p on t to bob using (true)
create statistics if not exists s (ndistinct, mcv) on a, b, (lower(c)) from t
create statistics on a, b from t
create aggregate a (int, text) (sfunc = f, stype = int, initcond = '0')
create aggregate a (*) (sfunc = f, stype = int)
create aggregate a (basetype = int, sfunc = f, stype = int)
create operator s.+ (leftarg = int, rightarg = int, function = f, commutator = +, negator = operator(pg_catalog.-))
create collation if not exists c (provider = icu, locale = 'und')
create collation c from "C"
create text search configuration c (parser = default)
create cast (int as text) with function f(int) as implicit
create cast (int as text) without function
create publication p for table a, b with (publish = 'insert')
alter table only t add column if not exists a int not null, add constraint c primary key using index i, drop column if exists b cascade, alter column c set default 1, alter d drop default, alter e set not null, alter f drop not null, alter g type int using g::int, alter h set data type text collate "C", alter i set statistics -1, alter j set storage external, alter k set (n_distinct = 5), alter l add generated by default as identity (start 5), alter m set generated always set increment 5 restart with 3, alter n drop identity if exists, alter o drop expression
alter table t add foreign key (a) references b not valid, drop constraint c, validate constraint d, alter constraint e deferrable initially deferred, enable trigger x, disable trigger all, enable always rule r, enable row level security, no force row level security, cluster on i, set without cluster, set logged, set tablespace ts, set (fillfactor = 70), reset (a), inherit p, no inherit p, of ty, not of, owner to current_user, replica identity using index i, set access method heap
alter table t attach partition p for values in (1), detach partition q concurrently
alter table async t validate constraint c
alter table t rename a to b
alter table if exists t rename constraint a to b
alter table t set schema s
alter index i alter column 1 set statistics 100
alter index i attach partition j
alter view v rename to w
alter view v alter column a set default 1
alter materialized view v owner to bob
alter schema s rename to t
alter system set x = 'y'
alter default privileges for role a in schema b grant select, insert on tables to c with grant option
alter default privileges revoke all on functions from public
drop table if exists a, s.b cascade
drop index concurrently if exists i
drop function if exists f(int, out text), g, h() cascade
drop aggregate a(*), b(int order by text)
drop operator +(int, none), s.-(none, int)
drop trigger if exists g on t cascade
drop cast (int as text)
drop operator class c using btree
drop type a, b
drop owned by a, current_user cascade
reassign owned by a to b
comment on table t is 'x'
comment on column s.t.a is null
comment on function f(int, text) is 'x'
comment on constraint c on t is 'x'
comment on constraint c on domain d is 'x'
comment on large object 1234 is 'x'
security label for p on table t is 'x'
grant select (a, b), update on t, s.u to public, group bob with grant option granted by current_user
grant all privileges on all tables in schema a, b to c
grant execute on function f(int) to a
grant usage on schema s to a
grant a, b to c, d with admin option
grant a to b with inherit true, set false
revoke grant option for select on table t from a cascade
revoke admin option for a from b
revoke all on database d from public
AWS IAM GRANT r TO 'arn:aws:iam::1:role/x'
refresh materialized view concurrently v with no data
begin isolation level serializable, read only, not deferrable
start transaction read write
commit work and chain
end
rollback and no chain
abort
savepoint a
rollback to savepoint a
release a
prepare transaction 'x'
commit prepared 'x'
set transaction isolation level repeatable read
set transaction snapshot 'x'
set session characteristics as transaction read only deferrable
set constraints all deferred
set constraints a, s.b immediate
set x.y to 'a', b, 5, on
set local time zone interval '1' hour to minute
set time zone local
set session authorization default
set names 'utf8'
set role none
set search_path to default
set session x = -5
reset all
reset time zone
show all
show transaction isolation level
show x.y
discard all
prepare p (int, text) as select $1
execute p (1, 'a')
deallocate prepare p
deallocate all
declare c binary insensitive no scroll cursor with hold for select 1
fetch c
fetch next from c
fetch -5 in c
fetch forward all from c
fetch all c
fetch absolute -1 from c
move backward 5 in c
close all
listen a
notify a, 'x'
unlisten *
explain select 1
explain analyze verbose select 1
explain (analyze, buffers off, format json) insert into t values (1)
explain (select 1)
lock table only a, b in share row exclusive mode nowait
vacuum full freeze verbose analyze t (a, b)
vacuum (analyze, parallel 4) a, b
analyze verbose t (a)
reindex (verbose) table concurrently t
reindex database
cluster t using i
checkpoint
do language plpgsql $$ begin end $$
call p(1, a => 2)
load 'x'
create table t (a int generated always as (b * 2) virtual, constraint n not null a)
alter sequence s increment 5 no maxvalue
alter view if exists v set (security_barrier)
drop database d (force)
move c
delete from t where current of c
copy t from stdin csv quote '"' force not null a, b
