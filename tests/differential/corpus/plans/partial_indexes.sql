-- Which conditions let a partial index be read, and which expressions the index on them. A function tells whether the plan
-- names the index while whole tables may not be read; both servers must agree on that, and on the rows.
create table orders (id int, status text, customer int, note varchar(20), done boolean, total numeric(8,2), placed date);
insert into orders select i, case when i % 50 = 0 then 'open' when i % 50 = 1 then null else 'closed' end, nullif(i % 20, 7), 'Note' || i % 100, case when i % 11 > 0 then i % 7 = 0 end, i * 1.25, date '2024-01-01' + i % 90 from generate_series(1, 1000) i;
create function uses(query text, index text) returns boolean language plpgsql as $$
declare
  line text;
  found boolean := false;
begin
  for line in execute 'explain (costs off) ' || query loop
    found := found or line like '%' || index || '%';
  end loop;
  return found;
end $$;
set enable_seqscan = off;
create index by_status on orders (customer) where status = 'open';
analyze orders;
--! let condition = status = 'open' // 'open' = status // status in ('open') // status = any (array['open']) // status = 'open' and done // status = 'open' or customer = 3 // status in ('open', 'closed') // status <> 'closed' // status is not null // true // status = 'open' and customer = 3 // status = 'open' and customer > 3
select uses($q$select * from orders where @condition@$q$, 'by_status');
select id from orders where @condition@ order by id;
drop index by_status;
create index by_present on orders (id) where customer is not null;
analyze orders;
--! let condition = customer is not null // customer = 3 // customer > 3 // customer + 1 = 4 // abs(customer) < 3 // customer in (3, 4) // customer in (3, null) // customer is null // customer = 3 or customer = 4 // customer = 3 or done // not customer = 3 // coalesce(customer, 1) = 1 // customer between 3 and 5 // customer is distinct from 3 // customer <> all (array[1, 2])
select uses($q$select * from orders where @condition@$q$, 'by_present');
select count(*), sum(id) from orders where @condition@;
drop index by_present;
create index by_customer on orders (note) where customer > 10;
analyze orders;
--! let condition = customer > 10 // customer > 11 // customer >= 11 // customer >= 10 // customer = 12 // customer = 10 // customer in (11, 15) // customer in (10, 15) // customer between 12 and 14 // customer > 10::bigint // customer > 15::smallint // customer > 12 or customer = 11 // customer > 12 or customer = 3 // customer > 12 and done // 12 < customer
select uses($q$select * from orders where @condition@$q$, 'by_customer');
select count(*), sum(id) from orders where @condition@;
drop index by_customer;
create index by_done on orders (id) where done;
create index by_undone on orders (id) where not done;
analyze orders;
--! let condition = done // done = true // not done // done = false // done is not true // done is not null // done <> false
select uses($q$select * from orders where @condition@$q$, 'by_done'), uses($q$select * from orders where @condition@$q$, 'by_undone');
select count(*), sum(id) from orders where @condition@;
drop index by_done, by_undone;
create index by_two on orders (id) where customer in (1, 2, 3) and placed >= date '2024-02-01';
analyze orders;
--! let condition = customer in (1, 2, 3) and placed >= date '2024-02-01' // customer = 2 and placed > date '2024-02-01' // customer in (2, 3) and placed = date '2024-02-05' // customer = 2 // customer in (2, 4) and placed > date '2024-02-01' // customer = 1 and placed >= date '2024-01-31' // placed > date '2024-03-01' and (customer = 1 or customer = 3)
select uses($q$select * from orders where @condition@$q$, 'by_two');
select count(*), sum(id) from orders where @condition@;
drop index by_two;
create index by_lower on orders (lower(note));
create index by_sum on orders ((customer + id), id desc);
create index by_double on orders ((total * 2)) where total > 100;
analyze orders;
--! let condition = lower(note) = 'note7' // lower(note) in ('note7', 'note8') // lower(note) > 'note9' // lower(note) is null // lower(note) = 'note7' and done
select uses($q$select * from orders where @condition@$q$, 'by_lower');
select count(*), sum(id) from orders where @condition@;
--! let condition = customer + id = 100 // id + customer = 100 // customer + id between 100 and 120 // customer + id > 990 // customer + id = 100 and id = 95
select uses($q$select * from orders where @condition@$q$, 'by_sum');
select count(*), sum(id) from orders where @condition@;
--! let condition = total * 2 = 300 and total > 100 // total * 2 > 2000 and total > 200.5 // total * 2 = 300 // total * 2 > 2000 and total >= 100
select uses($q$select * from orders where @condition@$q$, 'by_double');
select count(*), sum(id) from orders where @condition@;
select uses('select id from orders order by lower(note) limit 3', 'Sort');
select id from orders order by customer + id, id desc limit 5;
select uses('select id from orders order by customer + id, id desc limit 5', 'Sort');
select a.id, b.id from orders a join orders b on lower(b.note) = lower(a.note) where a.id < 4 and b.id < 300 order by 1, 2;
update orders set note = 'Other', total = 50 where lower(note) = 'note7' and total > 100;
select id, note, total from orders where lower(note) = 'other' order by id;
select count(*) from orders where total * 2 > 100 and total > 100;
delete from orders where customer + id = 100 returning id;
prepare wanted(text, int) as select count(*), sum(id) from orders where lower(note) = $1 and total > $2;
execute wanted('note8', 100);
execute wanted('note8', 101);
deallocate wanted;
create unique index one_open on orders (customer) where status = 'waiting';
insert into orders (id, status, customer) values (2001, 'waiting', 1), (2002, 'waiting', 2);
insert into orders (id, status, customer) values (2003, 'waiting', 1);
insert into orders (id, status, customer) values (2003, 'waiting', 1) on conflict (customer) where status = 'waiting' do update set note = 'again' returning id, note;
select uses($q$select * from orders where status = 'waiting' and customer = 1$q$, 'one_open');
select id, note from orders where status = 'waiting' and customer = 1;
-- The plans of functions' statements can be asked for.
create function plan() returns setof text language sql as $$ explain (costs off) select 1 $$;
select * from plan();
create function stable_plan() returns setof text language plpgsql stable as $$ begin return query explain (costs off) select 1; end $$;
select * from stable_plan();
do $$ declare line text; begin execute 'explain (costs off) select ' || 1 into line; raise notice '%', line; end $$;
do $$ declare line text; begin execute 'explain (analyze, costs off, timing off, summary off) delete from orders where id = 5' into line; raise notice '%', line; end $$;
select count(*) from orders where id = 5;
reset enable_seqscan;
