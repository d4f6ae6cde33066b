\x on
select * from kind order by id;
\x off
\a
select * from kind order by id;
\t
select * from kind order by id;
\pset format csv
select id, code, price, note from item order by id;
\pset format html
select 1 as a;
\pset null '(null)'
\pset format aligned
\t off
select note from item order by id;
\pset border 2
select id, name from kind order by id;
