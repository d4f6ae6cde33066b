-- Window functions with every kind of frame and exclusion.
create table w (id int primary key, g text, v int, n numeric, d date);
insert into w select x, substr('abc', 1 + x % 3, 1), nullif(x * 7 % 5, 3), x * 1.5, date '2024-01-01' + x * 2 from generate_series(1, 12) x;
--! let function = row_number() // rank() // dense_rank() // percent_rank() // cume_dist() // ntile(3) // lag(v) // lead(v, 2) // lag(v, 1, -1) // first_value(v) // last_value(v) // nth_value(v, 2) // sum(v) // count(*) // avg(n) // max(d) // array_agg(v) // count(v) filter (where v > 1)
--! let over = (order by id) // (partition by g order by v, id) // (order by v desc nulls last, id)
select id, @function@ over @over@ as x from w order by id;
--! let mode = range // groups
--! let frame = unbounded preceding // current row // between unbounded preceding and unbounded following // between 1 preceding and 1 following // between 2 preceding and 1 preceding // between 1 following and 3 following // between current row and unbounded following // between 0 preceding and 0 following
--! let exclude = exclude no others // exclude current row // exclude group // exclude ties
select id, sum(v) over (order by v @mode@ @frame@ @exclude@) as s, count(*) over (order by v @mode@ @frame@ @exclude@) as c from w order by id;
select id, first_value(id) over (partition by g order by id @mode@ @frame@) as f, last_value(id) over (partition by g order by id @mode@ @frame@) as l, nth_value(id, 2) over (partition by g order by id @mode@ @frame@) as m from w order by id;
--! let mode = rows // groups
select id, sum(v) over (order by v, id @mode@ @frame@ @exclude@) as s from w order by id;
select id, sum(v) over (order by d range between interval '3 days' preceding and interval '2 days' following) from w order by id;
select id, sum(v) over (order by n range between 1.6 preceding and 0 following) from w order by id;
select id, sum(v) over (order by n desc range between 1.6 preceding and current row) from w order by id;
select id, sum(v) over u, count(*) over (u rows 1 preceding) from w window u as (order by id) order by id;
select id, count(*) over x, count(*) over y from w window x as (partition by g), y as (x order by id) order by id;
select id, sum(v) over nope from w;
select id, count(*) over (x partition by v) from w window x as (partition by g);
select id, count(*) over (x order by v) from w window x as (order by id);
select id, count(*) over (x order by v) from w window x as (rows 1 preceding);
select sum(v) over (order by id rows -1 preceding) from w;
select sum(v) over (order by id rows null preceding) from w;
select sum(v) over (rows 1 preceding) from w where id < 3;
select sum(v) over (range 1 preceding) from w;
select sum(v) over (groups 1 preceding) from w;
select sum(v) over (order by g range 1 preceding) from w;
select sum(v) over (order by id rows between 1 following and 1 preceding) from w;
select sum(v) over (order by id rows between unbounded following and current row) from w;
select sum(v) over (order by id rows between current row and unbounded preceding) from w;
select row_number() from w;
select lower(g) over () from w;
select sum(row_number() over ()) over () from w;
select id from w where row_number() over () = 1;
select g, sum(count(*)) over (order by g) from w group by g order by g;
select g, rank() over (order by sum(v) desc) from w group by g order by g;
select g, count(*) from w group by g, row_number() over ();
select count(distinct v) over () from w;
select array_agg(v order by v) over () from w;
select percentile_cont(0.5) within group (order by v) over () from w;
select ntile(0) over () from w;
select ntile(null) over (order by id) from w where id < 3;
select nth_value(v, 0) over () from w;
select lag(v, null) over (order by id) from w where id < 3;
select lag(v, -1) over (order by id) from w where id < 4 order by id;
select lag(v, 1, 'x') over () from w;
select lag(v, 1, 1.5) over () from w;
select id, count(*) over (partition by g) from w order by id;
select distinct count(*) over (partition by g) from w;
select id, row_number() over (order by id) from w order by row_number() over (order by id desc) limit 3;
select * from (select id, row_number() over (partition by g order by id) r from w) s where r = 1 order by id;
select id, sum(v) over (order by id) - lag(v) over (order by id) as x from w order by id;
select max(id) over (), * from w where id = 1;
select row_number() over () from w where false;
select id, sum(v) over (partition by (v in (select s.v from w s where s.id < 3)) order by id) from w order by id;
select id, rank() over (order by (select count(*) from w s where s.g = w.g), id) from w order by id;
select id, rank() over x, count(*) over x from w window x as (partition by exists (select from w s where s.v > w.v) order by id) order by id;
