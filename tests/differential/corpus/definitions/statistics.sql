-- CREATE, ALTER and DROP STATISTICS.
create table t (a int, b int, c text, d json, e point, "Two words" int);
create view v as select a, b from t;
create sequence s;
create schema other;
--! let made = s1 on a, b from t // s1 on a, b from t // if not exists s1 on a, b from t // s2 (ndistinct) on a, b, c from t // s3 (dependencies, mcv) on c, a from t // s4 (nothing) on a, b from t // s5 on a from t // s6 on a, a from t // s7 on a, d from t // s8 on a, e from t // s9 on a, nope from t // s10 on a, b from nope // s11 on a, b from v // s12 on a, b from s // other.s13 on "Two words", a from t // nowhere.s14 on a, b from t // on a, b from t // on a, b from t // on "Two words", c from t // s15 on ctid, a from t // s16 on a, tableoid from t // s17 on a, b from t, t as u // s18 on a, b from (select 1) x // s19 (mcv) on b, a, c from t // s20 on a, b, c, "Two words", a from t // s21 on t.a, b from t // s22 (mcv, mcv) on a, b from t // s23 on a, b from t, v // on a, b // s24 from t // s25 on a, b from other.t
create statistics @made@;
select stxname, stxnamespace::regnamespace, stxkind, stxkeys, stxstattarget from pg_statistic_ext order by oid;
select pg_get_statisticsobjdef(oid) from pg_statistic_ext order by oid;
--! let altered = s1 set statistics 100 // s1 set statistics 20000 // s1 set statistics -1 // s1 set statistics -2 // nope set statistics 1 // rename to x // s1 rename to s2 // s2 rename to s2b // s1 owner to nobody // s1 set schema other // s1 set schema nowhere // other.s1 set schema public // nope rename to y // other.s13 rename to "Odd name"
alter statistics @altered@;
alter statistics if exists nope set statistics 5;
comment on statistics s1 is 'about a and b';
comment on statistics nope is 'x';
select obj_description(oid, 'pg_statistic_ext') from pg_statistic_ext where stxname = 's1';
select pg_describe_object(classid, objid, objsubid), pg_describe_object(refclassid, refobjid, refobjsubid), deptype from pg_depend where classid = 'pg_statistic_ext'::regclass and objid = (select oid from pg_statistic_ext where stxname = 's1') order by 2;
create table copied (like t including statistics);
create table copied_all (like t including all);
create table bare (like t);
select stxrelid::regclass, stxname, stxkind, stxkeys from pg_statistic_ext where stxrelid::regclass::text in ('copied', 'copied_all', 'bare') order by 1, 2;
--! let dropped = nope // if exists nope // if exists nowhere.nope // nowhere.nope // s1, nope // s1 // other."Odd name" // if exists s1, s2b // s3 cascade // t_a_b_stat restrict
drop statistics @dropped@;
select stxname from pg_statistic_ext order by 1;
alter table t drop column a;
select stxname from pg_statistic_ext where stxrelid = 't'::regclass order by 1;
drop schema other;
drop table t cascade;
select count(*) from pg_statistic_ext where stxrelid = 't'::regclass;
select pg_get_statisticsobjdef(1), pg_get_statisticsobjdef_columns(1), pg_statistics_obj_is_visible(1);
