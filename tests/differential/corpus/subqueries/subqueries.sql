-- Subqueries in every place, correlated and not, with NULLs on both sides.
create table o (id int primary key, k int, s text);
create table i (id int primary key, k int, n numeric);
insert into o values (1, 1, 'a'), (2, 2, 'b'), (3, null, 'c'), (4, 4, null);
insert into i values (1, 1, 1.5), (2, 1, 2.5), (3, null, 3), (4, 3, null);
--! let not = // not
--! let inner = select k from i // select k from i where k is not null // select k from i where false // select i.k from i where i.id = o.id // select 1 // select null::int // select k from i union select 4 // select k from i order by id limit 1 // select max(k) from i // select max(i.k) from i where i.k = o.k // select distinct k from i // values (1), (2) // select k from i where i.k <= o.k or o.k is null
select id from o where k @not@ in (@inner@) order by id;
select id, k @not@ in (@inner@) as x from o order by id;
select id from o where @not@ exists (@inner@) order by id;
--! let compare = = // <> // < // >=
--! let quantifier = any // all // some
select id, k @compare@ @quantifier@ (@inner@) as x from o order by id;
--! let scalar = select max(n) from i // select n from i where i.id = o.id // select count(*) from i where i.k = o.k // select s // select o.k + 1 // select n from i // select n from i where false // select sum(n) from i where i.k = o.k group by i.k // select i.id from i where i.k = o.k order by n desc limit 1 // select array_agg(n order by n) from i where i.k <= o.k // select (select max(i.k) where o.id > 1) from i // select row(o.id, max(n)) from i
select id, (@scalar@) as x from o order by id;
select id from o order by (@scalar@), id;
select count(*) from o group by (@scalar@) order by 1;
select array(@scalar@) as x from o order by id;
select (select 1, 2);
select (select);
select 1 in (select 1, 2);
select (1, 2) in (select 1, 2), (1, null) in (select 1, 2), (1, 2) not in (select 1, null), (1, 2) = (select 1, 2);
select (1, 2) = (select 1);
select (1, 2) in (select 1);
select (k, id) = any (select k, id from i) from o order by id;
select (k, id) < all (select k, id from i where false) from o order by id;
select 1 = (select 'x');
select 1 in (select 'x'::text);
select 1 = any (select array[1]);
select exists (select 1 / 0 where false), exists (select), not exists (select 1);
select (select max(o2.id) from o o2 where o2.k = (select min(i.k) from i where i.id = o.id)) from o order by o.id;
select * from (select id, (select count(*) from i where i.k = o.k) c from o) z where c > 0 order by id;
select o.id, z.t from o, lateral (select sum(n) t from i where i.k = o.k) z order by 1;
select id from o where (select count(*) from i where i.k = o.k) = 2;
select id from o where id = (select o.id from i where i.id = 1) order by id;
select id from o where k = (select k from i);
select * from (select 1);
select * from (select 1) as z, (values (1)) as z;
select * from (values (1, 2), (3, 4)) z (a);
select * from (values (1, 2)) z (a, b, c);
select * from (values (1), (2, 3)) z;
select x from (select 1 as x, 2 as x) z;
select case when exists (select from i where i.k = o.k) then 'y' else 'n' end from o order by id;
select id, k = any (array(select k from i where k is not null)) from o order by id;
select sum((select count(*) from i where i.k = o.k)) from o;
select (select sum(o.k)) from o;
select o.k, (select sum(i.k) from i where i.k = o.k) from o group by o.k order by 1;
select (select o.s) from o group by o.k;
update o set k = (select max(k) from i where i.id <= o.id) where id < 3 returning *;
delete from o where id in (select k from i) returning id;
insert into o select id + 10, k, null from i where not exists (select from o where o.id = i.id) returning *;
