-- Aggregates over ordinary, empty and NULL-only input, with DISTINCT, ORDER BY, FILTER and WITHIN GROUP.
create table m (id int primary key, g text, i int, b bigint, n numeric(8,2), f float8, t text, d date, y boolean, j jsonb, a int[]);
insert into m values
  (1, 'a', 1, 10, 1.50, 0.5, 'x', '2024-01-01', true, '{"k":1}', '{1,2}'),
  (2, 'a', 2, 20, 2.25, 1.5, 'y', '2024-01-02', false, '{"k":2}', '{3,4}'),
  (3, 'b', 2, null, -1.00, null, null, null, null, null, null),
  (4, 'b', null, 40, null, 2.5, 'x', '2023-12-31', true, '[1]', '{5,6}'),
  (5, 'c', null, null, null, null, null, null, null, null, null),
  (6, null, 7, 70, 0.01, -3.5, 'z', '2024-01-02', true, 'null', '{}');
--! let column = i // b // n // f // t // d // y // j // a // g // null // *
--! let simple = count // sum // avg // min // max // bool_and // bool_or // every // bit_and // bit_or // bit_xor // stddev // stddev_pop // stddev_samp // variance // var_pop // var_samp // array_agg // json_agg // jsonb_agg // mode // any_value // string_agg // xmlagg
select @simple@(@column@) as x from m;
select @simple@(@column@) as x from m where false;
--! let column = i // n // t // d // y
--! let simple = count // sum // min // max // array_agg // json_agg
select g, @simple@(distinct @column@) as x from m group by g order by g;
select g, @simple@(@column@ order by id desc) as x from m group by g order by g;
select g, @simple@(@column@) filter (where id > 1) as x from m group by g order by g;
--! let column = i // n // f // d // t
select percentile_cont(0.5) within group (order by @column@) from m;
select percentile_disc(0.5) within group (order by @column@), mode() within group (order by @column@ desc) from m;
select percentile_disc(array[0, 0.25, 1]) within group (order by @column@) from m;
--! let fraction = 0 // 0.3 // 1 // 1.1 // -0.1 // null
select percentile_cont(@fraction@) within group (order by f) from m;
--! let hypothetical = rank // dense_rank // percent_rank // cume_dist
select @hypothetical@(2) within group (order by i) from m;
select @hypothetical@(2, 'x') within group (order by i, t desc) from m;
select @hypothetical@(2, 3) within group (order by i) from m;
--! let regression = corr // covar_pop // covar_samp // regr_avgx // regr_avgy // regr_count // regr_intercept // regr_r2 // regr_slope // regr_sxx // regr_sxy // regr_syy
select @regression@(f, i) as x from m;
select @regression@(f, i) as x from m where id < 2;
select string_agg(t, ',' order by t desc nulls last), string_agg(distinct t, ','), string_agg(t, ',') filter (where t > 'x') from m;
select string_agg(distinct t, ',' order by id) from m;
select json_object_agg(id, t), jsonb_object_agg(coalesce(g, '-'), i) from (select * from m order by id) s;
select json_object_agg(g, i) from m;
select g, count(*) from m group by g having count(*) > 1 order by 1;
select g, count(*) from m;
select i from m group by g;
select id, t from m group by id order by id;
select count(*) from m where count(*) > 1;
select sum(count(*)) from m;
select sum(sum(i)) from m group by g;
select count(i) + 1, count(*) * 2, max(i) - min(i) from m;
select max(i) from m having max(i) > 100;
select 1 from m having true;
select g from m having true;
select count(distinct (g, i)), count((g, i)), count(distinct null) from m;
select max(distinct i), sum(distinct i + 0), avg(distinct i) from m;
select upper(g), count(*) from m group by upper(g) order by 1;
select upper(g) || 'x', count(*) from m group by upper(g) order by 1;
select g as h, count(*) from m group by h order by h nulls first;
select g, i, count(*) from m group by 1, 2 order by 1, 2;
select g, count(*) from m group by 3;
select g, count(*) from m group by 'x';
select g, count(*) from m group by count(*);
--! let sets = rollup (g, y) // cube (g, y) // grouping sets ((g), (y), ()) // g, rollup (y) // grouping sets (g, rollup (y)) // () // rollup ((g, y), i) // distinct rollup (g), rollup (g) // cube (g), cube (y)
select g, y, count(*), grouping(g, y) from m group by @sets@ order by 1, 2, 3, 4;
select g, y, sum(i) from m group by @sets@ having count(*) > 1 order by 1, 2, 3;
select grouping(i) from m group by g;
select array_agg(a) from m where a is not null and cardinality(a) = 2;
select array_agg(a) from m;
select array_agg(id order by id), array_agg(t order by t, id desc) from m;
select range_agg(r), range_intersect_agg(r) from (values (int4range(1, 3)), (int4range(2, 5)), (null)) v(r);
select bit_and(x), bit_or(x), bit_xor(x) from (values (b'1100'), (b'1010')) v(x);
select count(*) filter (where y), count(*) filter (where not y), count(*) filter (where y is null) from m;
select sum(i) filter (where 'x') from m;
select lower(g) filter (where true) from m;
select lower(distinct g) from m;
select count(distinct *) from m;
select rank() within group (order by i) from m;
select sum(i) within group (order by i) from m;
select percentile_cont(0.5) from m;
select (select count(*) from m x where x.g = m.g) from m order by id;
select (select max(m.i)) from m;
select (select sum(m.i + x.i) from m x where x.id = 1) from m order by 1;
select sum(x) from (select avg(i) as x from m group by g) s;
select var_pop(x), stddev(x) from (values (1e15::float8), (1e15 + 1)) v(x);
select sum(x) from (values (9223372036854775807), (1)) v(x);
select sum(x::int2), pg_typeof(sum(x::int2)), pg_typeof(sum(x::int8)), pg_typeof(avg(x)), pg_typeof(sum(x::float4)) from (values (1)) v(x);
select sum('1'), max('b'), min(null), avg('1.5');
select sum(t) from m;
select min(y) from m;
select max(j) from m;
--! let hypothetical = 2, 'x' // 2, null // null, 'x' // 1, 'z'
--! let sorted = i, t desc // i desc, t // i nulls first, t // i desc nulls last, t desc nulls last
select rank(@hypothetical@) within group (order by @sorted@), dense_rank(@hypothetical@) within group (order by @sorted@), cume_dist(@hypothetical@) within group (order by @sorted@) from (values (1, 'x'), (2, 'x'), (2, 'y'), (null, 'z'), (3, null)) as v (i, t);
