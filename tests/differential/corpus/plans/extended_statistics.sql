-- How many rows and groups are expected where CREATE STATISTICS has told that columns go together. Both servers look at all
-- rows of these tables, so that they know the same of them.
create table places (id int, city text, region text, country text, zone int, level int, note varchar(10));
insert into places select i, 'city' || i % 100, 'region' || i % 20, case when i % 5 > 0 then 'country' || i % 5 end, i % 100 / 4, (i % 7) * 3, case when i % 3 = 0 then null else 'n' || i % 6 end from generate_series(1, 5000) i;
create function expected(query text) returns bigint language plpgsql as $$
declare plan json;
begin
  execute 'explain (format json) ' || query into plan;
  return (plan->0->'Plan'->>'Plan Rows')::bigint;
end $$;
analyze places;
--! let condition = city = 'city7' and region = 'region7' // city = 'city7' and region = 'region8' // city = 'city7' and country = 'country2' // city = 'city7' and region = 'region7' and country = 'country2' // region = 'region3' and country = 'country3' and level = 6 // city in ('city1', 'city2') and region = 'region1' // city = any (array['city1', 'city21', 'city41']) and region = 'region1' // (city = 'city1' or city = 'city21') and region = 'region1' // city = 'city7' and region > 'region5' // zone = 3 and city = 'city13' // zone < 5 and region = 'region3' // region = 'region5' and country is null // region = 'region5' and country is not null // region = 'region5' or country = 'country1' // not (region = 'region5') and country = 'country1' // city = 'city7' // 'region7' = region and 'city7' = city // level = 6 and region = 'region3' // city = 'city7' and region = 'region7' and id < 100 // region <> 'region3' and country = 'country3'
--! let keys = city // city, region // city, region, country // region, country // city, country // city, level // city, region, level // zone, city // region, country, note
select 'nothing asked for', expected($q$select * from places where @condition@$q$);
select 'nothing asked for', expected($q$select @keys@ from places group by @keys@$q$);
create statistics together (ndistinct) on city, region, country from places;
analyze places;
select 'ndistinct', expected($q$select * from places where @condition@$q$);
select 'ndistinct', expected($q$select @keys@ from places group by @keys@$q$);
select attnames, kinds, n_distinct, dependencies, most_common_vals from pg_stats_ext where tablename = 'places';
drop statistics together;
create statistics together (dependencies) on city, region, country from places;
select 'not gathered yet', expected($q$select * from places where @condition@$q$);
analyze places;
select 'dependencies', expected($q$select * from places where @condition@$q$);
select 'dependencies', expected($q$select @keys@ from places group by @keys@$q$);
select attnames, kinds, n_distinct, dependencies, most_common_vals from pg_stats_ext where tablename = 'places';
drop statistics together;
create statistics together (mcv) on city, region, country from places;
analyze places;
select 'mcv', expected($q$select * from places where @condition@$q$);
select statistics_name, array_length(most_common_vals, 1), array_length(most_common_vals, 2), most_common_freqs[1:3], most_common_base_freqs[1:3] from pg_stats_ext where tablename = 'places';
alter statistics together set statistics 10;
analyze places;
select statistics_name, array_length(most_common_vals, 1) from pg_stats_ext where tablename = 'places';
alter statistics together set statistics 0;
analyze places;
select count(*) from pg_stats_ext where tablename = 'places' and most_common_vals is not null;
drop statistics together;
create statistics together on zone, city from places;
create statistics others on region, country, note from places;
analyze places;
select 'two objects', expected($q$select * from places where @condition@$q$);
select 'two objects', expected($q$select @keys@ from places group by @keys@$q$);
select expected('select * from places a join places b on a.id = b.id where a.zone = 3 and b.city = ''city13''');
select expected('select * from places a join places b on a.id = b.id where a.zone = 3 and a.city = ''city13''');
select expected('select 1 from places a, (select 1) x where a.zone = 3 and a.city = ''city13''');
select stxname, stxkind, stxkeys, stxstattarget from pg_statistic_ext order by 1;
select pg_get_statisticsobjdef(oid), pg_get_statisticsobjdef_columns(oid), pg_statistics_obj_is_visible(oid) from pg_statistic_ext order by stxname;
select s.stxname, d.stxdinherit, d.stxdndistinct, d.stxddependencies from pg_statistic_ext_data d join pg_statistic_ext s on s.oid = d.stxoid order by 1;
alter table places drop column note;
select stxname from pg_statistic_ext order by 1;
drop table places;
select count(*) from pg_statistic_ext;
