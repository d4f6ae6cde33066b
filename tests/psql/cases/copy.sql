\copy kind to '/tmp/quorate-psql-copy.txt'
\copy (select id, code, price from item order by id) to stdout with csv header
create table kind_copy (id int, name text);
\copy kind_copy from '/tmp/quorate-psql-copy.txt'
select * from kind_copy order by id;
copy kind_copy from stdin with (format csv);
3,"a ""quoted"" name"
4,
\.
select * from kind_copy order by id;
\copy kind_copy (id) from nothing_of_this_name.txt
drop table kind_copy;
