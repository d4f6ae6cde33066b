\echo :AUTOCOMMIT
\set one 41
select :one + 1 as answer;
\gset
\echo :answer
select 'a' as x, 'b' as y \gx
select format('select %s', n) from generate_series(1, 2) n \gexec
prepare p(int) as select $1 + 1 as bound; execute p(6);
begin;
insert into kind values (1, 'twice');
select 1;
rollback;
select * form kind;
select 1 / 0;
\set ON_ERROR_ROLLBACK on
begin;
insert into kind values (1, 'twice');
select count(*) from kind;
commit;
select 1 as a \; select 2 as b;
\encoding
\if true
  \echo yes
\else
  \echo no
\endif
select 1; -- a comment
/* another /* nested */ */ select 2;
select $$dollar 'quoted'$$;
select 'two
lines' as t;
