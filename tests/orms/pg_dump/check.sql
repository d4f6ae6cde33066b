-- What a restored copy of schema.sql must answer. `run` compares the answers of the original with those of the copies.
\pset null '(null)'
set timezone = 'UTC';
select * from shop.item order by id;
select * from shop.maker order by id;
select (place).town, (place).number, mood from shop.maker order by id;
select * from "Odd Name"."Tä""ble" order by 1;
select count(*) from public.empty;
select * from public.serials;
select * from public.log order by 1, 2;
select * from shop.totals order by 1;
select * from shop.joined order by 1;
select * from shop.counting;
select * from shop.many order by 1, 2, 3, 4, 5;
-- Numbers that a cache held may be lost.
select nextval('shop.numbers') % 5, nextval('shop.untouched');
select shop.twice(4), shop.twice('ab'), shop.twice('ab', 3), shop.standard(1, 2), shop.secret();
select * from shop.both(1);
select * from shop.listed(1, 2, 3);
call shop.tidy(1);
-- Each of these is refused by what the dump brought along.
\set VERBOSITY sqlstate
insert into shop.maker (name) values ('');
insert into shop.maker (id, name) values (1, 'given');
insert into shop.maker (name) values ('one');
insert into shop.item (maker_id, price) values (1, 1);
insert into shop.item (maker_id, price) values (100, -1);
insert into shop.item (maker_id, price, code) values (100, 1, 'X');
insert into shop.item (maker_id, price, code, small) values (100, 1, 'c', 7);
insert into shop.item (maker_id, price, code, small) values (100, 1, 'a', null);
insert into shop.item (maker_id, price, code, flag) values (100, 1, 'd', false);
update shop.maker set id = default where name = 'one';
update shop.cheap set price = 1000;
-- Defaults, identity, serials, triggers and generated columns go on where the original was.
insert into shop.maker (name) values ('next') returning id, mood;
insert into shop.item (maker_id, price, code) values (100, 3, 'next') returning tags, details, total, twice, flag;
update shop.item set price = 4 where code = 'next';
delete from shop.cheap where code = 'next';
delete from shop.maker where name = 'one';
select count(*) from shop.item;
-- PostgreSQL also tells of no rows, when a deleted maker has no item that names it.
select what from public.log where what <> 'rows 0' order by 1;
select grantee, table_name, privilege_type, is_grantable from information_schema.role_table_grants
  where grantee like 'dump%' order by 1, 2, 3;
select has_column_privilege('dump_reader', 'shop.maker', 'id', 'select'), has_table_privilege('dump_group', 'shop.item', 'select'),
  has_function_privilege('dump_group', 'shop.secret()', 'execute'), has_sequence_privilege('dump_reader', 'shop.numbers', 'usage'),
  has_schema_privilege('dump_reader', 'shop', 'usage');
select obj_description('shop.item'::regclass), col_description('shop.item'::regclass, 5),
  obj_description('shop.item_tags'::regclass, 'pg_class'), obj_description('shop.mood'::regtype, 'pg_type');
