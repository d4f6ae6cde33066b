-- Every aggregate over rows of NULLs, of values at both ends of the types and of empty ones.
--! let call = array_agg // max // min
--! let given = null::int[] // '{}'::int[] // '[-1:1]={1,NULL,3}'::int[] // '{{1,2},{3,4}}'::int[]
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = array_agg
--! let given = null::int // -1 // 2147483647 // 0
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = avg // bit_and // bit_or // bit_xor // max // min // stddev_pop // stddev_samp // stddev // sum // var_pop // var_samp // variance
--! let given = null::bigint // (-9223372036854775808)::int8 // 9223372036854775807 // 0::int8
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = avg // max // min // stddev_pop // stddev_samp // stddev // sum // var_pop // var_samp // variance
--! let given = null::double precision // '-1.7e308'::float8 // 'NaN'::float8 // '-0'::float8
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = avg // bit_and // bit_or // bit_xor // max // min // stddev_pop // stddev_samp // stddev // sum // var_pop // var_samp // variance
--! let given = null::integer // (-2147483648)::int4 // 2147483647 // 0
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = avg // max // min // sum
--! let given = null::interval // '-178000000 years'::interval // '178000000 years 1 mon 1 day'::interval // '0'::interval
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = avg // max // min // stddev_pop // stddev_samp // stddev // sum // var_pop // var_samp // variance
--! let given = null::numeric // '-1e1000'::numeric // 'NaN'::numeric // 0.0
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = avg // max // min // stddev_pop // stddev_samp // stddev // sum // var_pop // var_samp // variance
--! let given = null::real // '-3.4e38'::float4 // 'Infinity'::float4 // '-0'::float4
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = avg // bit_and // bit_or // bit_xor // max // min // stddev_pop // stddev_samp // stddev // sum // var_pop // var_samp // variance
--! let given = null::smallint // (-32768)::int2 // 32767::int2 // 0::int2
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = bit_and // bit_or // bit_xor
--! let given = null::bit // b'0' // b'11111111' // b''
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = bool_and // bool_or // every
--! let given = null::boolean // false // true
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = corr // covar_pop // covar_samp // percentile_cont // regr_avgx // regr_avgy // regr_count // regr_intercept // regr_r2 // regr_slope // regr_sxx // regr_sxy // regr_syy
--! let given = null::double precision, null::double precision // '-1.7e308'::float8, '-1.7e308'::float8 // 'NaN'::float8, 'NaN'::float8 // '-0'::float8, '-0'::float8 // '-0'::float8, null::double precision // 'NaN'::float8, '-1.7e308'::float8
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = count
--! let given = null::int // -1 // 'zz'::text // true
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = json_agg_strict // json_agg // jsonb_agg_strict // jsonb_agg // mode
--! let given = null::int // -1 // 2147483647 // 0
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = json_object_agg_strict // json_object_agg_unique_strict // json_object_agg_unique // json_object_agg // jsonb_object_agg_strict // jsonb_object_agg_unique_strict // jsonb_object_agg_unique // jsonb_object_agg
--! let given = null::int, null::int // -1, -1 // 'zz'::text, 'zz'::text // true, true // true, null::int // 'zz'::text, -1
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::character // 'a'::bpchar // 'zz  '::bpchar // ''::bpchar
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::date // '4713-01-01 BC'::date // 'infinity'::date // '2000-01-01'::date
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::inet // '0.0.0.0/0'::inet // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet // '1.2.3.4/24'::inet
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min // sum
--! let given = null::money // '-92233720368547758.08'::money // '92233720368547758.07'::money // '0'::money
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::oid // 0::oid // 4294967295::oid // 23::oid
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::pg_lsn // '0/0'::pg_lsn // 'FFFFFFFF/FFFFFFFF'::pg_lsn // '1/2'::pg_lsn
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::text // 'a''\%_é'::text // repeat('z', 40) // ''::text
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::time with time zone // '00:00+15'::timetz // '24:00-15'::timetz // '12:30+00'::timetz
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::time without time zone // '00:00'::time // '24:00'::time // '12:30:00.000001'::time
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::timestamp with time zone // '-infinity'::timestamptz // '294276-12-31 23:59:59+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::timestamp without time zone // '4713-01-01 BC'::timestamp // 'infinity'::timestamp // '2000-02-29'::timestamp
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = max // min
--! let given = null::xid8 // '0'::xid8 // '18446744073709551615'::xid8 // '5'::xid8
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = percentile_cont
--! let given = null::double precision, null::interval // '-1.7e308'::float8, '-178000000 years'::interval // 'NaN'::float8, '178000000 years 1 mon 1 day'::interval // '-0'::float8, '0'::interval // '-0'::float8, null::interval // 'NaN'::float8, '-178000000 years'::interval
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = percentile_cont
--! let given = null::double precision[], null::double precision // '{}'::float8[], '-1.7e308'::float8 // '{0,1,NULL}'::float8[], 'NaN'::float8 // '{0.5}'::float8[], '-0'::float8 // '{0.5}'::float8[], null::double precision // '{0,1,NULL}'::float8[], '-1.7e308'::float8
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = percentile_cont
--! let given = null::double precision[], null::interval // '{}'::float8[], '-178000000 years'::interval // '{0,1,NULL}'::float8[], '178000000 years 1 mon 1 day'::interval // '{0.5}'::float8[], '0'::interval // '{0.5}'::float8[], null::interval // '{0,1,NULL}'::float8[], '-178000000 years'::interval
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = percentile_disc
--! let given = null::double precision, null::int // '-1.7e308'::float8, -1 // 'NaN'::float8, 2147483647 // '-0'::float8, 0 // '-0'::float8, null::int // 'NaN'::float8, -1
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = percentile_disc
--! let given = null::double precision[], null::int // '{}'::float8[], -1 // '{0,1,NULL}'::float8[], 2147483647 // '{0.5}'::float8[], 0 // '{0.5}'::float8[], null::int // '{0,1,NULL}'::float8[], -1
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = range_agg // range_intersect_agg
--! let given = null::int4multirange // '{}'::int4multirange // '{(,)}'::int4multirange // '{[1,3),[7,9)}'::int4multirange
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = range_agg // range_intersect_agg
--! let given = null::int4range // 'empty'::int4range // '(,)'::int4range // '[1,5)'::int4range
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = string_agg
--! let given = null::bytea, null::bytea // '\x00'::bytea, '\x00'::bytea // '\xffff'::bytea, '\xffff'::bytea // ''::bytea, ''::bytea // ''::bytea, null::bytea // '\xffff'::bytea, '\x00'::bytea
select @call@(@given@) as x from (values (1), (2)) v (i);
--! let call = string_agg
--! let given = null::text, null::text // 'a''\%_é'::text, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40) // ''::text, ''::text // ''::text, null::text // repeat('z', 40), 'a''\%_é'::text
select @call@(@given@) as x from (values (1), (2)) v (i);
