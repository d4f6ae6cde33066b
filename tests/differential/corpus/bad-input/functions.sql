-- Every function of each list of argument types: with NULLs, at both ends of the types, with empty values, and with a literal that
-- some of the types cannot read. Made from pg_proc: functions that both servers have, that are not volatile, tell nothing about the
-- server and are not a type's own input and output.
--! let call = abbrev
--! let given = null::cidr // '0.0.0.0/0'::cidr // 'ffff::/16'::cidr // '1.2.3.0/24'::cidr // '?'
select @call@(@given@) as x;
--! let call = abbrev // broadcast // cidr // family // hostmask // host // inetnot // masklen // netmask // network // text
--! let given = null::inet // '0.0.0.0/0'::inet // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet // '1.2.3.4/24'::inet // '?'
select @call@(@given@) as x;
--! let call = abs // factorial // float4 // float8 // int2 // int4 // int8abs // int8not // int8um // int8up // money // "numeric" // oid // to_hex
--! let given = null::bigint // (-9223372036854775808)::int8 // 9223372036854775807 // 0::int8 // '?'
select @call@(@given@) as x;
--! let call = abs // acosd // acosh // acos // asind // asinh // asin // atand // atanh // atan // cbrt // ceiling // ceil // cosd // cosh // cos // cotd // cot // dcbrt // degrees // dexp // dlog10 // dlog1 // dround // dsqrt // dtrunc // erfc // erf // exp // float4 // float8abs // float8um // float8up // floor // int2 // int4 // int8 // ln // log10 // log // "numeric" // radians // round // sign // sind // sinh // sin // sqrt // tand // tanh // tan // to_timestamp // trunc
--! let given = null::double precision // '-1.7e308'::float8 // 'NaN'::float8 // '-0'::float8 // '?'
select @call@(@given@) as x;
--! let call = abs // bool // "char" // chr // float4 // float8 // int2 // int4abs // int4not // int4um // int4up // int8 // money // "numeric" // to_hex
--! let given = null::integer // (-2147483648)::int4 // 2147483647 // 0 // '?'
select @call@(@given@) as x;
--! let call = abs // ceiling // ceil // exp // float4 // float8 // floor // int2 // int4 // int8 // ln // log10 // log // min_scale // money // numeric_abs // numeric_exp // numeric_inc // numeric_ln // numeric_sqrt // numeric_uminus // numeric_uplus // round // scale // sign // sqrt // trim_scale // trunc
--! let given = null::numeric // '-1e1000'::numeric // 'NaN'::numeric // 0.0 // '?'
select @call@(@given@) as x;
--! let call = abs // float4abs // float4um // float4up // float8 // int2 // int4 // int8 // "numeric"
--! let given = null::real // '-3.4e38'::float4 // 'Infinity'::float4 // '-0'::float4 // '?'
select @call@(@given@) as x;
--! let call = abs // float4 // float8 // int2abs // int2not // int2um // int2up // int4 // int8 // "numeric"
--! let given = null::smallint // (-32768)::int2 // 32767::int2 // 0::int2 // '?'
select @call@(@given@) as x;
--! let call = array_append // array_positions // array_position // array_remove
--! let given = null::int[], null::int // '{}'::int[], -1 // '[-1:1]={1,NULL,3}'::int[], 2147483647 // '{{1,2},{3,4}}'::int[], 0 // '{{1,2},{3,4}}'::int[], null::int // '[-1:1]={1,NULL,3}'::int[], -1 // '?', '?'
select @call@(@given@) as x;
--! let call = array_cat
--! let given = null::int[], null::int[] // '{}'::int[], '{}'::int[] // '[-1:1]={1,NULL,3}'::int[], '[-1:1]={1,NULL,3}'::int[] // '{{1,2},{3,4}}'::int[], '{{1,2},{3,4}}'::int[] // '{{1,2},{3,4}}'::int[], null::int[] // '[-1:1]={1,NULL,3}'::int[], '{}'::int[] // '?', '?'
select @call@(@given@) as x;
--! let call = array_dims // array_ndims // array_to_json // cardinality // unnest
--! let given = null::int[] // '{}'::int[] // '[-1:1]={1,NULL,3}'::int[] // '{{1,2},{3,4}}'::int[] // '?'
select @call@(@given@) as x;
--! let call = array_eq // array_ge // array_gt // array_larger // array_le // array_lt // array_ne // array_smaller // arraycontained // arraycontains // arrayoverlap // btarraycmp
--! let given = null::int[], null::int[] // '{}'::int[], '{}'::int[] // '[-1:1]={1,NULL,3}'::int[], '[-1:1]={1,NULL,3}'::int[] // '{{1,2},{3,4}}'::int[], '{{1,2},{3,4}}'::int[] // '{{1,2},{3,4}}'::int[], null::int[] // '[-1:1]={1,NULL,3}'::int[], '{}'::int[] // '?', '?'
select @call@(@given@) as x;
--! let call = array_fill
--! let given = null::int, null::integer[], null::integer[] // -1, '{}'::int[], '{}'::int[] // 2147483647, '{2147483647,NULL}'::int[], '{2147483647,NULL}'::int[] // 0, '{0}'::int[], '{0}'::int[] // 0, null::integer[], null::integer[] // 2147483647, '{}'::int[], '{}'::int[] // '?', '?', '?'
select @call@(@given@) as x;
--! let call = array_fill
--! let given = null::int, null::integer[] // -1, '{}'::int[] // 2147483647, '{2147483647,NULL}'::int[] // 0, '{0}'::int[] // 0, null::integer[] // 2147483647, '{}'::int[] // '?', '?'
select @call@(@given@) as x;
--! let call = array_length // array_lower // array_upper // generate_subscripts // trim_array
--! let given = null::int[], null::integer // '{}'::int[], (-2147483648)::int4 // '[-1:1]={1,NULL,3}'::int[], 2147483647 // '{{1,2},{3,4}}'::int[], 0 // '{{1,2},{3,4}}'::int[], null::integer // '[-1:1]={1,NULL,3}'::int[], (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = array_position
--! let given = null::int[], null::int, null::integer // '{}'::int[], -1, (-2147483648)::int4 // '[-1:1]={1,NULL,3}'::int[], 2147483647, 2147483647 // '{{1,2},{3,4}}'::int[], 0, 0 // '{{1,2},{3,4}}'::int[], null::int, null::integer // '[-1:1]={1,NULL,3}'::int[], -1, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = array_prepend // width_bucket
--! let given = null::int, null::int[] // -1, '{}'::int[] // 2147483647, '[-1:1]={1,NULL,3}'::int[] // 0, '{{1,2},{3,4}}'::int[] // 0, null::int[] // 2147483647, '{}'::int[] // '?', '?'
select @call@(@given@) as x;
--! let call = array_replace
--! let given = null::int[], null::int, null::int // '{}'::int[], -1, -1 // '[-1:1]={1,NULL,3}'::int[], 2147483647, 2147483647 // '{{1,2},{3,4}}'::int[], 0, 0 // '{{1,2},{3,4}}'::int[], null::int, null::int // '[-1:1]={1,NULL,3}'::int[], -1, -1 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = array_to_json
--! let given = null::int[], null::boolean // '{}'::int[], false // '[-1:1]={1,NULL,3}'::int[], true // '{{1,2},{3,4}}'::int[], false // '{{1,2},{3,4}}'::int[], null::boolean // '[-1:1]={1,NULL,3}'::int[], false // '?', '?'
select @call@(@given@) as x;
--! let call = array_to_string
--! let given = null::int[], null::text, null::text // '{}'::int[], 'a''\%_é'::text, 'a''\%_é'::text // '[-1:1]={1,NULL,3}'::int[], repeat('z', 40), repeat('z', 40) // '{{1,2},{3,4}}'::int[], ''::text, ''::text // '{{1,2},{3,4}}'::int[], null::text, null::text // '[-1:1]={1,NULL,3}'::int[], 'a''\%_é'::text, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = array_to_string
--! let given = null::int[], null::text // '{}'::int[], 'a''\%_é'::text // '[-1:1]={1,NULL,3}'::int[], repeat('z', 40) // '{{1,2},{3,4}}'::int[], ''::text // '{{1,2},{3,4}}'::int[], null::text // '[-1:1]={1,NULL,3}'::int[], 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = array_to_tsvector // json_object // jsonb_object
--! let given = null::text[] // '{}'::text[] // '{a,NULL,""}'::text[] // '{{a,b}}'::text[] // '?'
select @call@(@given@) as x;
--! let call = ascii // bit_length // btrim // char_length // character_length // "char" // format // initcap // length // lower // ltrim // md5 // name // octet_length // phraseto_tsquery // plainto_tsquery // quote_ident // quote_literal // quote_nullable // regclass // reverse // rtrim // similar_to_escape // textlen // to_ascii // to_tsquery // to_tsvector // ts_token_type // unistr // upper // websearch_to_tsquery
--! let given = null::text // 'a''\%_é'::text // repeat('z', 40) // ''::text // '?'
select @call@(@given@) as x;
--! let call = atan2d // atan2 // btfloat8cmp // dpow // float8div // float8eq // float8ge // float8gt // float8larger // float8le // float8lt // float8mi // float8mul // float8ne // float8pl // float8smaller // power // pow
--! let given = null::double precision, null::double precision // '-1.7e308'::float8, '-1.7e308'::float8 // 'NaN'::float8, 'NaN'::float8 // '-0'::float8, '-0'::float8 // '-0'::float8, null::double precision // 'NaN'::float8, '-1.7e308'::float8 // '?', '?'
select @call@(@given@) as x;
--! let call = bit_count // bit_length // bitnot // int4 // int8 // length // octet_length
--! let given = null::bit // b'0' // b'11111111' // b'' // '?'
select @call@(@given@) as x;
--! let call = bit_count // bit_length // length // md5 // octet_length // sha224 // sha256 // sha384 // sha512
--! let given = null::bytea // '\x00'::bytea // '\xffff'::bytea // ''::bytea // '?'
select @call@(@given@) as x;
--! let call = bitand // bitcmp // biteq // bitge // bitgt // bitle // bitlt // bitne // bitor // bitxor // "position"
--! let given = null::bit, null::bit // b'0', b'0' // b'11111111', b'11111111' // b'', b'' // b'', null::bit // b'11111111', b'0' // '?', '?'
select @call@(@given@) as x;
--! let call = bitcat // varbitcmp // varbiteq // varbitge // varbitgt // varbitle // varbitlt // varbitne
--! let given = null::bit varying, null::bit varying // b'0'::varbit, b'0'::varbit // b'11111111'::varbit, b'11111111'::varbit // ''::varbit, ''::varbit // ''::varbit, null::bit varying // b'11111111'::varbit, b'0'::varbit // '?', '?'
select @call@(@given@) as x;
--! let call = bitshiftleft // bitshiftright // get_bit // "substring"
--! let given = null::bit, null::integer // b'0', (-2147483648)::int4 // b'11111111', 2147483647 // b'', 0 // b'', null::integer // b'11111111', (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = "bit" // btint84cmp // int84div // int84eq // int84ge // int84gt // int84le // int84lt // int84mi // int84mul // int84ne // int84pl // int8shl // int8shr
--! let given = null::bigint, null::integer // (-9223372036854775808)::int8, (-2147483648)::int4 // 9223372036854775807, 2147483647 // 0::int8, 0 // 0::int8, null::integer // 9223372036854775807, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = "bit"
--! let given = null::bit, null::integer, null::boolean // b'0', (-2147483648)::int4, false // b'11111111', 2147483647, true // b'', 0, false // b'', null::integer, null::boolean // b'11111111', (-2147483648)::int4, false // '?', '?', '?'
select @call@(@given@) as x;
--! let call = "bit" // btint4cmp // gcd // int4and // int4div // int4eq // int4ge // int4gt // int4larger // int4le // int4lt // int4mi // int4mod // int4mul // int4ne // int4or // int4pl // int4range // int4shl // int4shr // int4smaller // int4xor // lcm // mod
--! let given = null::integer, null::integer // (-2147483648)::int4, (-2147483648)::int4 // 2147483647, 2147483647 // 0, 0 // 0, null::integer // 2147483647, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = booleq // boolge // boolgt // boolle // boollt // boolne // btboolcmp
--! let given = null::boolean, null::boolean // false, false // true, true // false, null::boolean // true, false // '?', '?'
select @call@(@given@) as x;
--! let call = bool // float4 // float8 // int2 // int4 // int8 // jsonb_array_elements_text // jsonb_array_elements // jsonb_array_length // jsonb_each_text // jsonb_each // jsonb_object_keys // jsonb_pretty // jsonb_strip_nulls // jsonb_typeof // "numeric" // to_tsvector
--! let given = null::jsonb // '[1, null]'::jsonb // '{"a": {"b": []}}'::jsonb // '""'::jsonb // '?'
select @call@(@given@) as x;
--! let call = bpchar_larger // bpchar_pattern_ge // bpchar_pattern_gt // bpchar_pattern_le // bpchar_pattern_lt // bpchar_smaller // bpcharcmp // bpchareq // bpcharge // bpchargt // bpcharle // bpcharlt // bpcharne
--! let given = null::character, null::character // 'a'::bpchar, 'a'::bpchar // 'zz  '::bpchar, 'zz  '::bpchar // ''::bpchar, ''::bpchar // ''::bpchar, null::character // 'zz  '::bpchar, 'a'::bpchar // '?', '?'
select @call@(@given@) as x;
--! let call = bpchariclike // bpcharicnlike // bpcharicregexeq // bpcharicregexne // bpcharlike // bpcharnlike // bpcharregexeq // bpcharregexne
--! let given = null::character, null::text // 'a'::bpchar, 'a''\%_é'::text // 'zz  '::bpchar, repeat('z', 40) // ''::bpchar, ''::text // ''::bpchar, null::text // 'zz  '::bpchar, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = bpchar // int4 // text
--! let given = null::"char" // 'a'::"char" // '\377'::"char" // ''::"char" // '?'
select @call@(@given@) as x;
--! let call = bpchar
--! let given = null::character, null::integer, null::boolean // 'a'::bpchar, (-2147483648)::int4, false // 'zz  '::bpchar, 2147483647, true // ''::bpchar, 0, false // ''::bpchar, null::integer, null::boolean // 'zz  '::bpchar, (-2147483648)::int4, false // '?', '?', '?'
select @call@(@given@) as x;
--! let call = bpchar // text // "varchar"
--! let given = null::name // 'a'::name // repeat('z', 63)::name // ''::name // '?'
select @call@(@given@) as x;
--! let call = btcharcmp // chareq // charge // chargt // charle // charlt // charne
--! let given = null::"char", null::"char" // 'a'::"char", 'a'::"char" // '\377'::"char", '\377'::"char" // ''::"char", ''::"char" // ''::"char", null::"char" // '\377'::"char", 'a'::"char" // '?', '?'
select @call@(@given@) as x;
--! let call = btfloat48cmp // float48div // float48eq // float48ge // float48gt // float48le // float48lt // float48mi // float48mul // float48ne // float48pl
--! let given = null::real, null::double precision // '-3.4e38'::float4, '-1.7e308'::float8 // 'Infinity'::float4, 'NaN'::float8 // '-0'::float4, '-0'::float8 // '-0'::float4, null::double precision // 'Infinity'::float4, '-1.7e308'::float8 // '?', '?'
select @call@(@given@) as x;
--! let call = btfloat4cmp // float4div // float4eq // float4ge // float4gt // float4larger // float4le // float4lt // float4mi // float4mul // float4ne // float4pl // float4smaller
--! let given = null::real, null::real // '-3.4e38'::float4, '-3.4e38'::float4 // 'Infinity'::float4, 'Infinity'::float4 // '-0'::float4, '-0'::float4 // '-0'::float4, null::real // 'Infinity'::float4, '-3.4e38'::float4 // '?', '?'
select @call@(@given@) as x;
--! let call = btfloat84cmp // float84div // float84eq // float84ge // float84gt // float84le // float84lt // float84mi // float84mul // float84ne // float84pl
--! let given = null::double precision, null::real // '-1.7e308'::float8, '-3.4e38'::float4 // 'NaN'::float8, 'Infinity'::float4 // '-0'::float8, '-0'::float4 // '-0'::float8, null::real // 'NaN'::float8, '-3.4e38'::float4 // '?', '?'
select @call@(@given@) as x;
--! let call = btint24cmp // int24div // int24eq // int24ge // int24gt // int24le // int24lt // int24mi // int24mul // int24ne // int24pl // int2shl // int2shr
--! let given = null::smallint, null::integer // (-32768)::int2, (-2147483648)::int4 // 32767::int2, 2147483647 // 0::int2, 0 // 0::int2, null::integer // 32767::int2, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = btint28cmp // int28div // int28eq // int28ge // int28gt // int28le // int28lt // int28mi // int28mul // int28ne // int28pl
--! let given = null::smallint, null::bigint // (-32768)::int2, (-9223372036854775808)::int8 // 32767::int2, 9223372036854775807 // 0::int2, 0::int8 // 0::int2, null::bigint // 32767::int2, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = btint2cmp // int2and // int2div // int2eq // int2ge // int2gt // int2larger // int2le // int2lt // int2mi // int2mod // int2mul // int2ne // int2or // int2pl // int2smaller // int2xor // mod
--! let given = null::smallint, null::smallint // (-32768)::int2, (-32768)::int2 // 32767::int2, 32767::int2 // 0::int2, 0::int2 // 0::int2, null::smallint // 32767::int2, (-32768)::int2 // '?', '?'
select @call@(@given@) as x;
--! let call = btint42cmp // int42div // int42eq // int42ge // int42gt // int42le // int42lt // int42mi // int42mul // int42ne // int42pl
--! let given = null::integer, null::smallint // (-2147483648)::int4, (-32768)::int2 // 2147483647, 32767::int2 // 0, 0::int2 // 0, null::smallint // 2147483647, (-32768)::int2 // '?', '?'
select @call@(@given@) as x;
--! let call = btint48cmp // int48div // int48eq // int48ge // int48gt // int48le // int48lt // int48mi // int48mul // int48ne // int48pl
--! let given = null::integer, null::bigint // (-2147483648)::int4, (-9223372036854775808)::int8 // 2147483647, 9223372036854775807 // 0, 0::int8 // 0, null::bigint // 2147483647, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = btint82cmp // int82div // int82eq // int82ge // int82gt // int82le // int82lt // int82mi // int82mul // int82ne // int82pl
--! let given = null::bigint, null::smallint // (-9223372036854775808)::int8, (-32768)::int2 // 9223372036854775807, 32767::int2 // 0::int8, 0::int2 // 0::int8, null::smallint // 9223372036854775807, (-32768)::int2 // '?', '?'
select @call@(@given@) as x;
--! let call = btint8cmp // gcd // int8and // int8div // int8eq // int8ge // int8gt // int8larger // int8le // int8lt // int8mi // int8mod // int8mul // int8ne // int8or // int8pl // int8range // int8smaller // int8xor // lcm // mod
--! let given = null::bigint, null::bigint // (-9223372036854775808)::int8, (-9223372036854775808)::int8 // 9223372036854775807, 9223372036854775807 // 0::int8, 0::int8 // 0::int8, null::bigint // 9223372036854775807, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = btnamecmp // nameeq // namege // namegt // namele // namelt // namene
--! let given = null::name, null::name // 'a'::name, 'a'::name // repeat('z', 63)::name, repeat('z', 63)::name // ''::name, ''::name // ''::name, null::name // repeat('z', 63)::name, 'a'::name // '?', '?'
select @call@(@given@) as x;
--! let call = btnametextcmp // "like" // nameeqtext // namegetext // namegttext // nameiclike // nameicnlike // nameicregexeq // nameicregexne // nameletext // namelike // namelttext // namenetext // namenlike // nameregexeq // nameregexne // notlike
--! let given = null::name, null::text // 'a'::name, 'a''\%_é'::text // repeat('z', 63)::name, repeat('z', 40) // ''::name, ''::text // ''::name, null::text // repeat('z', 63)::name, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = btoidcmp // oideq // oidge // oidgt // oidlarger // oidle // oidlt // oidne // oidsmaller
--! let given = null::oid, null::oid // 0::oid, 0::oid // 4294967295::oid, 4294967295::oid // 23::oid, 23::oid // 23::oid, null::oid // 4294967295::oid, 0::oid // '?', '?'
select @call@(@given@) as x;
--! let call = btrecordcmp // record_eq // record_ge // record_gt // record_le // record_lt // record_ne
--! let given = null::record, null::record // row(1, 'a'::text), row(1, 'a'::text) // row(null::int, 'z'::text), row(null::int, 'z'::text) // row(0, ''::text), row(0, ''::text) // row(0, ''::text), null::record // row(null::int, 'z'::text), row(1, 'a'::text) // '?', '?'
select @call@(@given@) as x;
--! let call = btrim // byteacat // byteacmp // byteaeq // byteage // byteagt // byteale // bytealike // bytealt // byteane // byteanlike // "like" // ltrim // notlike // "position" // rtrim
--! let given = null::bytea, null::bytea // '\x00'::bytea, '\x00'::bytea // '\xffff'::bytea, '\xffff'::bytea // ''::bytea, ''::bytea // ''::bytea, null::bytea // '\xffff'::bytea, '\x00'::bytea // '?', '?'
select @call@(@given@) as x;
--! let call = btrim // bttext_pattern_cmp // bttextcmp // decode // is_normalized // like_escape // "like" // ltrim // normalize // notlike // "position" // regexp_count // regexp_instr // regexp_like // regexp_matches // regexp_match // regexp_split_to_array // regexp_split_to_table // regexp_substr // rtrim // similar_escape // similar_to_escape // starts_with // string_to_array // string_to_table // strpos // "substring" // text_ge // text_gt // text_larger // text_le // text_lt // text_pattern_ge // text_pattern_gt // text_pattern_le // text_pattern_lt // text_smaller // textcat // texteq // texticlike // texticnlike // texticregexeq // texticregexne // textlike // textne // textnlike // textregexeq // textregexne // to_date // to_number // to_timestamp // ts_match_tt // ts_parse
--! let given = null::text, null::text // 'a''\%_é'::text, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40) // ''::text, ''::text // ''::text, null::text // repeat('z', 40), 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = bttextnamecmp // convert_to // texteqname // textgename // textgtname // textlename // textltname // textnename // to_ascii
--! let given = null::text, null::name // 'a''\%_é'::text, 'a'::name // repeat('z', 40), repeat('z', 63)::name // ''::text, ''::name // ''::text, null::name // repeat('z', 40), 'a'::name // '?', '?'
select @call@(@given@) as x;
--! let call = cash_cmp // cash_div_cash // cash_eq // cash_ge // cash_gt // cash_le // cash_lt // cash_mi // cash_ne // cash_pl // cashlarger // cashsmaller
--! let given = null::money, null::money // '-92233720368547758.08'::money, '-92233720368547758.08'::money // '92233720368547758.07'::money, '92233720368547758.07'::money // '0'::money, '0'::money // '0'::money, null::money // '92233720368547758.07'::money, '-92233720368547758.08'::money // '?', '?'
select @call@(@given@) as x;
--! let call = cash_div_flt4 // cash_mul_flt4
--! let given = null::money, null::real // '-92233720368547758.08'::money, '-3.4e38'::float4 // '92233720368547758.07'::money, 'Infinity'::float4 // '0'::money, '-0'::float4 // '0'::money, null::real // '92233720368547758.07'::money, '-3.4e38'::float4 // '?', '?'
select @call@(@given@) as x;
--! let call = cash_div_flt8 // cash_mul_flt8
--! let given = null::money, null::double precision // '-92233720368547758.08'::money, '-1.7e308'::float8 // '92233720368547758.07'::money, 'NaN'::float8 // '0'::money, '-0'::float8 // '0'::money, null::double precision // '92233720368547758.07'::money, '-1.7e308'::float8 // '?', '?'
select @call@(@given@) as x;
--! let call = cash_div_int2 // cash_mul_int2
--! let given = null::money, null::smallint // '-92233720368547758.08'::money, (-32768)::int2 // '92233720368547758.07'::money, 32767::int2 // '0'::money, 0::int2 // '0'::money, null::smallint // '92233720368547758.07'::money, (-32768)::int2 // '?', '?'
select @call@(@given@) as x;
--! let call = cash_div_int4 // cash_mul_int4
--! let given = null::money, null::integer // '-92233720368547758.08'::money, (-2147483648)::int4 // '92233720368547758.07'::money, 2147483647 // '0'::money, 0 // '0'::money, null::integer // '92233720368547758.07'::money, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = cash_div_int8 // cash_mul_int8
--! let given = null::money, null::bigint // '-92233720368547758.08'::money, (-9223372036854775808)::int8 // '92233720368547758.07'::money, 9223372036854775807 // '0'::money, 0::int8 // '0'::money, null::bigint // '92233720368547758.07'::money, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = cash_words // "numeric"
--! let given = null::money // '-92233720368547758.08'::money // '92233720368547758.07'::money // '0'::money // '?'
select @call@(@given@) as x;
--! let call = char_length // character_length // length // name // octet_length // text
--! let given = null::character // 'a'::bpchar // 'zz  '::bpchar // ''::bpchar // '?'
select @call@(@given@) as x;
--! let call = convert_from // length
--! let given = null::bytea, null::name // '\x00'::bytea, 'a'::name // '\xffff'::bytea, repeat('z', 63)::name // ''::bytea, ''::name // ''::bytea, null::name // '\xffff'::bytea, 'a'::name // '?', '?'
select @call@(@given@) as x;
--! let call = convert
--! let given = null::bytea, null::name, null::name // '\x00'::bytea, 'a'::name, 'a'::name // '\xffff'::bytea, repeat('z', 63)::name, repeat('z', 63)::name // ''::bytea, ''::name, ''::name // ''::bytea, null::name, null::name // '\xffff'::bytea, 'a'::name, 'a'::name // '?', '?', '?'
select @call@(@given@) as x;
--! let call = date_add // date_subtract
--! let given = null::timestamp with time zone, null::interval, null::text // '-infinity'::timestamptz, '-178000000 years'::interval, 'a''\%_é'::text // '294276-12-31 23:59:59+00'::timestamptz, '178000000 years 1 mon 1 day'::interval, repeat('z', 40) // '2000-02-29 00:00+00'::timestamptz, '0'::interval, ''::text // '2000-02-29 00:00+00'::timestamptz, null::interval, null::text // '294276-12-31 23:59:59+00'::timestamptz, '-178000000 years'::interval, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = date_add // date_subtract // timestamptz_mi_interval // timestamptz_pl_interval
--! let given = null::timestamp with time zone, null::interval // '-infinity'::timestamptz, '-178000000 years'::interval // '294276-12-31 23:59:59+00'::timestamptz, '178000000 years 1 mon 1 day'::interval // '2000-02-29 00:00+00'::timestamptz, '0'::interval // '2000-02-29 00:00+00'::timestamptz, null::interval // '294276-12-31 23:59:59+00'::timestamptz, '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = date_bin
--! let given = null::interval, null::timestamp with time zone, null::timestamp with time zone // '-178000000 years'::interval, '-infinity'::timestamptz, '-infinity'::timestamptz // '178000000 years 1 mon 1 day'::interval, '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz // '0'::interval, '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz // '0'::interval, null::timestamp with time zone, null::timestamp with time zone // '178000000 years 1 mon 1 day'::interval, '-infinity'::timestamptz, '-infinity'::timestamptz // '?', '?', '?'
select @call@(@given@) as x;
--! let call = date_bin
--! let given = null::interval, null::timestamp without time zone, null::timestamp without time zone // '-178000000 years'::interval, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp // '178000000 years 1 mon 1 day'::interval, 'infinity'::timestamp, 'infinity'::timestamp // '0'::interval, '2000-02-29'::timestamp, '2000-02-29'::timestamp // '0'::interval, null::timestamp without time zone, null::timestamp without time zone // '178000000 years 1 mon 1 day'::interval, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp // '?', '?', '?'
select @call@(@given@) as x;
--! let call = date_cmp // date_eq // date_ge // date_gt // date_larger // date_le // date_lt // date_mi // date_ne // date_smaller // daterange
--! let given = null::date, null::date // '4713-01-01 BC'::date, '4713-01-01 BC'::date // 'infinity'::date, 'infinity'::date // '2000-01-01'::date, '2000-01-01'::date // '2000-01-01'::date, null::date // 'infinity'::date, '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = date_eq_timestamptz // date_ge_timestamptz // date_gt_timestamptz // date_le_timestamptz // date_lt_timestamptz // date_ne_timestamptz
--! let given = null::date, null::timestamp with time zone // '4713-01-01 BC'::date, '-infinity'::timestamptz // 'infinity'::date, '294276-12-31 23:59:59+00'::timestamptz // '2000-01-01'::date, '2000-02-29 00:00+00'::timestamptz // '2000-01-01'::date, null::timestamp with time zone // 'infinity'::date, '-infinity'::timestamptz // '?', '?'
select @call@(@given@) as x;
--! let call = date_eq_timestamp // date_ge_timestamp // date_gt_timestamp // date_le_timestamp // date_lt_timestamp // date_ne_timestamp
--! let given = null::date, null::timestamp without time zone // '4713-01-01 BC'::date, '4713-01-01 BC'::timestamp // 'infinity'::date, 'infinity'::timestamp // '2000-01-01'::date, '2000-02-29'::timestamp // '2000-01-01'::date, null::timestamp without time zone // 'infinity'::date, '4713-01-01 BC'::timestamp // '?', '?'
select @call@(@given@) as x;
--! let call = date_mi_interval // date_pl_interval
--! let given = null::date, null::interval // '4713-01-01 BC'::date, '-178000000 years'::interval // 'infinity'::date, '178000000 years 1 mon 1 day'::interval // '2000-01-01'::date, '0'::interval // '2000-01-01'::date, null::interval // 'infinity'::date, '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = date_mii // date_pli
--! let given = null::date, null::integer // '4713-01-01 BC'::date, (-2147483648)::int4 // 'infinity'::date, 2147483647 // '2000-01-01'::date, 0 // '2000-01-01'::date, null::integer // 'infinity'::date, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = date_part // "extract"
--! let given = null::text, null::date // 'a''\%_é'::text, '4713-01-01 BC'::date // repeat('z', 40), 'infinity'::date // ''::text, '2000-01-01'::date // ''::text, null::date // repeat('z', 40), '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = date_part // date_trunc // "extract"
--! let given = null::text, null::interval // 'a''\%_é'::text, '-178000000 years'::interval // repeat('z', 40), '178000000 years 1 mon 1 day'::interval // ''::text, '0'::interval // ''::text, null::interval // repeat('z', 40), '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = date_part // "extract" // timezone
--! let given = null::text, null::time with time zone // 'a''\%_é'::text, '00:00+15'::timetz // repeat('z', 40), '24:00-15'::timetz // ''::text, '12:30+00'::timetz // ''::text, null::time with time zone // repeat('z', 40), '00:00+15'::timetz // '?', '?'
select @call@(@given@) as x;
--! let call = date_part // "extract"
--! let given = null::text, null::time without time zone // 'a''\%_é'::text, '00:00'::time // repeat('z', 40), '24:00'::time // ''::text, '12:30:00.000001'::time // ''::text, null::time without time zone // repeat('z', 40), '00:00'::time // '?', '?'
select @call@(@given@) as x;
--! let call = date_part // date_trunc // "extract" // timezone
--! let given = null::text, null::timestamp with time zone // 'a''\%_é'::text, '-infinity'::timestamptz // repeat('z', 40), '294276-12-31 23:59:59+00'::timestamptz // ''::text, '2000-02-29 00:00+00'::timestamptz // ''::text, null::timestamp with time zone // repeat('z', 40), '-infinity'::timestamptz // '?', '?'
select @call@(@given@) as x;
--! let call = date_part // date_trunc // "extract" // timezone
--! let given = null::text, null::timestamp without time zone // 'a''\%_é'::text, '4713-01-01 BC'::timestamp // repeat('z', 40), 'infinity'::timestamp // ''::text, '2000-02-29'::timestamp // ''::text, null::timestamp without time zone // repeat('z', 40), '4713-01-01 BC'::timestamp // '?', '?'
select @call@(@given@) as x;
--! let call = daterange
--! let given = null::date, null::date, null::text // '4713-01-01 BC'::date, '4713-01-01 BC'::date, 'a''\%_é'::text // 'infinity'::date, 'infinity'::date, repeat('z', 40) // '2000-01-01'::date, '2000-01-01'::date, ''::text // '2000-01-01'::date, null::date, null::text // 'infinity'::date, '4713-01-01 BC'::date, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = datetime_pl // "timestamp"
--! let given = null::date, null::time without time zone // '4713-01-01 BC'::date, '00:00'::time // 'infinity'::date, '24:00'::time // '2000-01-01'::date, '12:30:00.000001'::time // '2000-01-01'::date, null::time without time zone // 'infinity'::date, '00:00'::time // '?', '?'
select @call@(@given@) as x;
--! let call = datetimetz_pl // timestamptz
--! let given = null::date, null::time with time zone // '4713-01-01 BC'::date, '00:00+15'::timetz // 'infinity'::date, '24:00-15'::timetz // '2000-01-01'::date, '12:30+00'::timetz // '2000-01-01'::date, null::time with time zone // 'infinity'::date, '00:00+15'::timetz // '?', '?'
select @call@(@given@) as x;
--! let call = "date" // isfinite // "timestamp" // timetz // "time"
--! let given = null::timestamp with time zone // '-infinity'::timestamptz // '294276-12-31 23:59:59+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz // '?'
select @call@(@given@) as x;
--! let call = "date" // isfinite // timestamp_hash // timestamptz // "time"
--! let given = null::timestamp without time zone // '4713-01-01 BC'::timestamp // 'infinity'::timestamp // '2000-02-29'::timestamp // '?'
select @call@(@given@) as x;
--! let call = div // gcd // lcm // log // mod // numeric_add // numeric_cmp // numeric_div_trunc // numeric_div // numeric_eq // numeric_ge // numeric_gt // numeric_larger // numeric_le // numeric_log // numeric_lt // numeric_mod // numeric_mul // numeric_ne // numeric_power // numeric_smaller // numeric_sub // numrange // power // pow
--! let given = null::numeric, null::numeric // '-1e1000'::numeric, '-1e1000'::numeric // 'NaN'::numeric, 'NaN'::numeric // 0.0, 0.0 // 0.0, null::numeric // 'NaN'::numeric, '-1e1000'::numeric // '?', '?'
select @call@(@given@) as x;
--! let call = elem_contained_by_multirange
--! let given = null::int, null::int4multirange // -1, '{}'::int4multirange // 2147483647, '{(,)}'::int4multirange // 0, '{[1,3),[7,9)}'::int4multirange // 0, null::int4multirange // 2147483647, '{}'::int4multirange // '?', '?'
select @call@(@given@) as x;
--! let call = elem_contained_by_range
--! let given = null::int, null::int4range // -1, 'empty'::int4range // 2147483647, '(,)'::int4range // 0, '[1,5)'::int4range // 0, null::int4range // 2147483647, 'empty'::int4range // '?', '?'
select @call@(@given@) as x;
--! let call = encode
--! let given = null::bytea, null::text // '\x00'::bytea, 'a''\%_é'::text // '\xffff'::bytea, repeat('z', 40) // ''::bytea, ''::text // ''::bytea, null::text // '\xffff'::bytea, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = flt4_mul_cash
--! let given = null::real, null::money // '-3.4e38'::float4, '-92233720368547758.08'::money // 'Infinity'::float4, '92233720368547758.07'::money // '-0'::float4, '0'::money // '-0'::float4, null::money // 'Infinity'::float4, '-92233720368547758.08'::money // '?', '?'
select @call@(@given@) as x;
--! let call = flt8_mul_cash
--! let given = null::double precision, null::money // '-1.7e308'::float8, '-92233720368547758.08'::money // 'NaN'::float8, '92233720368547758.07'::money // '-0'::float8, '0'::money // '-0'::float8, null::money // 'NaN'::float8, '-92233720368547758.08'::money // '?', '?'
select @call@(@given@) as x;
--! let call = generate_subscripts
--! let given = null::int[], null::integer, null::boolean // '{}'::int[], (-2147483648)::int4, false // '[-1:1]={1,NULL,3}'::int[], 2147483647, true // '{{1,2},{3,4}}'::int[], 0, false // '{{1,2},{3,4}}'::int[], null::integer, null::boolean // '[-1:1]={1,NULL,3}'::int[], (-2147483648)::int4, false // '?', '?', '?'
select @call@(@given@) as x;
--! let call = get_bit
--! let given = null::bytea, null::bigint // '\x00'::bytea, (-9223372036854775808)::int8 // '\xffff'::bytea, 9223372036854775807 // ''::bytea, 0::int8 // ''::bytea, null::bigint // '\xffff'::bytea, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = get_byte // "substring" // substr
--! let given = null::bytea, null::integer // '\x00'::bytea, (-2147483648)::int4 // '\xffff'::bytea, 2147483647 // ''::bytea, 0 // ''::bytea, null::integer // '\xffff'::bytea, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = inet_merge // inet_same_family // inetand // inetmi // inetor // network_cmp // network_eq // network_ge // network_gt // network_larger // network_le // network_lt // network_ne // network_overlap // network_smaller // network_subeq // network_sub // network_supeq // network_sup
--! let given = null::inet, null::inet // '0.0.0.0/0'::inet, '0.0.0.0/0'::inet // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet // '1.2.3.4/24'::inet, '1.2.3.4/24'::inet // '1.2.3.4/24'::inet, null::inet // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet, '0.0.0.0/0'::inet // '?', '?'
select @call@(@given@) as x;
--! let call = inetmi_int8 // inetpl
--! let given = null::inet, null::bigint // '0.0.0.0/0'::inet, (-9223372036854775808)::int8 // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet, 9223372036854775807 // '1.2.3.4/24'::inet, 0::int8 // '1.2.3.4/24'::inet, null::bigint // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = int2_mul_cash
--! let given = null::smallint, null::money // (-32768)::int2, '-92233720368547758.08'::money // 32767::int2, '92233720368547758.07'::money // 0::int2, '0'::money // 0::int2, null::money // 32767::int2, '-92233720368547758.08'::money // '?', '?'
select @call@(@given@) as x;
--! let call = int4_mul_cash
--! let given = null::integer, null::money // (-2147483648)::int4, '-92233720368547758.08'::money // 2147483647, '92233720368547758.07'::money // 0, '0'::money // 0, null::money // 2147483647, '-92233720368547758.08'::money // '?', '?'
select @call@(@given@) as x;
--! let call = int4range
--! let given = null::integer, null::integer, null::text // (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text // 2147483647, 2147483647, repeat('z', 40) // 0, 0, ''::text // 0, null::integer, null::text // 2147483647, (-2147483648)::int4, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = int4 // text
--! let given = null::boolean // false // true // '?'
select @call@(@given@) as x;
--! let call = int8_mul_cash
--! let given = null::bigint, null::money // (-9223372036854775808)::int8, '-92233720368547758.08'::money // 9223372036854775807, '92233720368547758.07'::money // 0::int8, '0'::money // 0::int8, null::money // 9223372036854775807, '-92233720368547758.08'::money // '?', '?'
select @call@(@given@) as x;
--! let call = int8pl_inet
--! let given = null::bigint, null::inet // (-9223372036854775808)::int8, '0.0.0.0/0'::inet // 9223372036854775807, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet // 0::int8, '1.2.3.4/24'::inet // 0::int8, null::inet // 9223372036854775807, '0.0.0.0/0'::inet // '?', '?'
select @call@(@given@) as x;
--! let call = int8range
--! let given = null::bigint, null::bigint, null::text // (-9223372036854775808)::int8, (-9223372036854775808)::int8, 'a''\%_é'::text // 9223372036854775807, 9223372036854775807, repeat('z', 40) // 0::int8, 0::int8, ''::text // 0::int8, null::bigint, null::text // 9223372036854775807, (-9223372036854775808)::int8, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = int8 // ts_token_type
--! let given = null::oid // 0::oid // 4294967295::oid // 23::oid // '?'
select @call@(@given@) as x;
--! let call = integer_pl_date
--! let given = null::integer, null::date // (-2147483648)::int4, '4713-01-01 BC'::date // 2147483647, 'infinity'::date // 0, '2000-01-01'::date // 0, null::date // 2147483647, '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = interval_cmp // interval_eq // interval_ge // interval_gt // interval_larger // interval_le // interval_lt // interval_mi // interval_ne // interval_pl // interval_smaller
--! let given = null::interval, null::interval // '-178000000 years'::interval, '-178000000 years'::interval // '178000000 years 1 mon 1 day'::interval, '178000000 years 1 mon 1 day'::interval // '0'::interval, '0'::interval // '0'::interval, null::interval // '178000000 years 1 mon 1 day'::interval, '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = interval_div // interval_mul
--! let given = null::interval, null::double precision // '-178000000 years'::interval, '-1.7e308'::float8 // '178000000 years 1 mon 1 day'::interval, 'NaN'::float8 // '0'::interval, '-0'::float8 // '0'::interval, null::double precision // '178000000 years 1 mon 1 day'::interval, '-1.7e308'::float8 // '?', '?'
select @call@(@given@) as x;
--! let call = interval_hash_extended
--! let given = null::interval, null::bigint // '-178000000 years'::interval, (-9223372036854775808)::int8 // '178000000 years 1 mon 1 day'::interval, 9223372036854775807 // '0'::interval, 0::int8 // '0'::interval, null::bigint // '178000000 years 1 mon 1 day'::interval, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = interval_hash // interval_um // isfinite // justify_days // justify_hours // justify_interval // "time"
--! let given = null::interval // '-178000000 years'::interval // '178000000 years 1 mon 1 day'::interval // '0'::interval // '?'
select @call@(@given@) as x;
--! let call = interval_pl_date
--! let given = null::interval, null::date // '-178000000 years'::interval, '4713-01-01 BC'::date // '178000000 years 1 mon 1 day'::interval, 'infinity'::date // '0'::interval, '2000-01-01'::date // '0'::interval, null::date // '178000000 years 1 mon 1 day'::interval, '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = interval_pl_timestamptz // timezone
--! let given = null::interval, null::timestamp with time zone // '-178000000 years'::interval, '-infinity'::timestamptz // '178000000 years 1 mon 1 day'::interval, '294276-12-31 23:59:59+00'::timestamptz // '0'::interval, '2000-02-29 00:00+00'::timestamptz // '0'::interval, null::timestamp with time zone // '178000000 years 1 mon 1 day'::interval, '-infinity'::timestamptz // '?', '?'
select @call@(@given@) as x;
--! let call = interval_pl_timestamp // timezone
--! let given = null::interval, null::timestamp without time zone // '-178000000 years'::interval, '4713-01-01 BC'::timestamp // '178000000 years 1 mon 1 day'::interval, 'infinity'::timestamp // '0'::interval, '2000-02-29'::timestamp // '0'::interval, null::timestamp without time zone // '178000000 years 1 mon 1 day'::interval, '4713-01-01 BC'::timestamp // '?', '?'
select @call@(@given@) as x;
--! let call = interval_pl_timetz // timezone
--! let given = null::interval, null::time with time zone // '-178000000 years'::interval, '00:00+15'::timetz // '178000000 years 1 mon 1 day'::interval, '24:00-15'::timetz // '0'::interval, '12:30+00'::timetz // '0'::interval, null::time with time zone // '178000000 years 1 mon 1 day'::interval, '00:00+15'::timetz // '?', '?'
select @call@(@given@) as x;
--! let call = interval_pl_time
--! let given = null::interval, null::time without time zone // '-178000000 years'::interval, '00:00'::time // '178000000 years 1 mon 1 day'::interval, '24:00'::time // '0'::interval, '12:30:00.000001'::time // '0'::interval, null::time without time zone // '178000000 years 1 mon 1 day'::interval, '00:00'::time // '?', '?'
select @call@(@given@) as x;
--! let call = "interval"
--! let given = null::interval, null::integer // '-178000000 years'::interval, (-2147483648)::int4 // '178000000 years 1 mon 1 day'::interval, 2147483647 // '0'::interval, 0 // '0'::interval, null::integer // '178000000 years 1 mon 1 day'::interval, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = "interval" // time_hash // timetz
--! let given = null::time without time zone // '00:00'::time // '24:00'::time // '12:30:00.000001'::time // '?'
select @call@(@given@) as x;
--! let call = isempty // lower_inc // lower_inf // lower // range_merge // unnest // upper_inc // upper_inf // upper
--! let given = null::int4multirange // '{}'::int4multirange // '{(,)}'::int4multirange // '{[1,3),[7,9)}'::int4multirange // '?'
select @call@(@given@) as x;
--! let call = isempty // lower_inc // lower_inf // lower // multirange // upper_inc // upper_inf // upper
--! let given = null::int4range // 'empty'::int4range // '(,)'::int4range // '[1,5)'::int4range // '?'
select @call@(@given@) as x;
--! let call = isfinite // timestamptz // "timestamp"
--! let given = null::date // '4713-01-01 BC'::date // 'infinity'::date // '2000-01-01'::date // '?'
select @call@(@given@) as x;
--! let call = json_array_element_text // json_array_element
--! let given = null::json, null::integer // '[1, null]'::json, (-2147483648)::int4 // '{"a": {"b": []}}'::json, 2147483647 // '""'::json, 0 // '""'::json, null::integer // '{"a": {"b": []}}'::json, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = json_array_elements_text // json_array_elements // json_array_length // json_each_text // json_each // json_object_keys // json_strip_nulls // json_typeof // to_tsvector
--! let given = null::json // '[1, null]'::json // '{"a": {"b": []}}'::json // '""'::json // '?'
select @call@(@given@) as x;
--! let call = json_object_field_text // json_object_field
--! let given = null::json, null::text // '[1, null]'::json, 'a''\%_é'::text // '{"a": {"b": []}}'::json, repeat('z', 40) // '""'::json, ''::text // '""'::json, null::text // '{"a": {"b": []}}'::json, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = json_object // jsonb_object
--! let given = null::text[], null::text[] // '{}'::text[], '{}'::text[] // '{a,NULL,""}'::text[], '{a,NULL,""}'::text[] // '{{a,b}}'::text[], '{{a,b}}'::text[] // '{{a,b}}'::text[], null::text[] // '{a,NULL,""}'::text[], '{}'::text[] // '?', '?'
select @call@(@given@) as x;
--! let call = json_to_tsvector
--! let given = null::json, null::jsonb // '[1, null]'::json, '[1, null]'::jsonb // '{"a": {"b": []}}'::json, '{"a": {"b": []}}'::jsonb // '""'::json, '""'::jsonb // '""'::json, null::jsonb // '{"a": {"b": []}}'::json, '[1, null]'::jsonb // '?', '?'
select @call@(@given@) as x;
--! let call = json_to_tsvector
--! let given = null::regconfig, null::json, null::jsonb // 'simple'::regconfig, '[1, null]'::json, '[1, null]'::jsonb // 'english'::regconfig, '{"a": {"b": []}}'::json, '{"a": {"b": []}}'::jsonb // 'simple'::regconfig, '""'::json, '""'::jsonb // 'simple'::regconfig, null::json, null::jsonb // 'english'::regconfig, '[1, null]'::json, '[1, null]'::jsonb // '?', '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_array_element_text // jsonb_array_element // jsonb_delete
--! let given = null::jsonb, null::integer // '[1, null]'::jsonb, (-2147483648)::int4 // '{"a": {"b": []}}'::jsonb, 2147483647 // '""'::jsonb, 0 // '""'::jsonb, null::integer // '{"a": {"b": []}}'::jsonb, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_cmp // jsonb_concat // jsonb_contained // jsonb_contains // jsonb_eq // jsonb_ge // jsonb_gt // jsonb_le // jsonb_lt // jsonb_ne // jsonb_to_tsvector
--! let given = null::jsonb, null::jsonb // '[1, null]'::jsonb, '[1, null]'::jsonb // '{"a": {"b": []}}'::jsonb, '{"a": {"b": []}}'::jsonb // '""'::jsonb, '""'::jsonb // '""'::jsonb, null::jsonb // '{"a": {"b": []}}'::jsonb, '[1, null]'::jsonb // '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_delete_path // jsonb_exists_all // jsonb_exists_any
--! let given = null::jsonb, null::text[] // '[1, null]'::jsonb, '{}'::text[] // '{"a": {"b": []}}'::jsonb, '{a,NULL,""}'::text[] // '""'::jsonb, '{{a,b}}'::text[] // '""'::jsonb, null::text[] // '{"a": {"b": []}}'::jsonb, '{}'::text[] // '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_delete // jsonb_exists // jsonb_object_field_text // jsonb_object_field
--! let given = null::jsonb, null::text // '[1, null]'::jsonb, 'a''\%_é'::text // '{"a": {"b": []}}'::jsonb, repeat('z', 40) // '""'::jsonb, ''::text // '""'::jsonb, null::text // '{"a": {"b": []}}'::jsonb, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_insert // jsonb_set
--! let given = null::jsonb, null::text[], null::jsonb, null::boolean // '[1, null]'::jsonb, '{}'::text[], '[1, null]'::jsonb, false // '{"a": {"b": []}}'::jsonb, '{a,NULL,""}'::text[], '{"a": {"b": []}}'::jsonb, true // '""'::jsonb, '{{a,b}}'::text[], '""'::jsonb, false // '""'::jsonb, null::text[], null::jsonb, null::boolean // '{"a": {"b": []}}'::jsonb, '{}'::text[], '[1, null]'::jsonb, false // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_path_exists_opr // jsonb_path_match_opr
--! let given = null::jsonb, null::jsonpath // '[1, null]'::jsonb, '$.a'::jsonpath // '{"a": {"b": []}}'::jsonb, 'strict $[99]'::jsonpath // '""'::jsonb, '$'::jsonpath // '""'::jsonb, null::jsonpath // '{"a": {"b": []}}'::jsonb, '$.a'::jsonpath // '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_path_exists_tz // jsonb_path_exists // jsonb_path_match_tz // jsonb_path_match // jsonb_path_query_array_tz // jsonb_path_query_array // jsonb_path_query_first_tz // jsonb_path_query_first // jsonb_path_query_tz // jsonb_path_query
--! let given = null::jsonb, null::jsonpath, null::jsonb, null::boolean // '[1, null]'::jsonb, '$.a'::jsonpath, '[1, null]'::jsonb, false // '{"a": {"b": []}}'::jsonb, 'strict $[99]'::jsonpath, '{"a": {"b": []}}'::jsonb, true // '""'::jsonb, '$'::jsonpath, '""'::jsonb, false // '""'::jsonb, null::jsonpath, null::jsonb, null::boolean // '{"a": {"b": []}}'::jsonb, '$.a'::jsonpath, '[1, null]'::jsonb, false // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_set_lax
--! let given = null::jsonb, null::text[], null::jsonb, null::boolean, null::text // '[1, null]'::jsonb, '{}'::text[], '[1, null]'::jsonb, false, 'a''\%_é'::text // '{"a": {"b": []}}'::jsonb, '{a,NULL,""}'::text[], '{"a": {"b": []}}'::jsonb, true, repeat('z', 40) // '""'::jsonb, '{{a,b}}'::text[], '""'::jsonb, false, ''::text // '""'::jsonb, null::text[], null::jsonb, null::boolean, null::text // '{"a": {"b": []}}'::jsonb, '{}'::text[], '[1, null]'::jsonb, false, 'a''\%_é'::text // '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = jsonb_to_tsvector
--! let given = null::regconfig, null::jsonb, null::jsonb // 'simple'::regconfig, '[1, null]'::jsonb, '[1, null]'::jsonb // 'english'::regconfig, '{"a": {"b": []}}'::jsonb, '{"a": {"b": []}}'::jsonb // 'simple'::regconfig, '""'::jsonb, '""'::jsonb // 'simple'::regconfig, null::jsonb, null::jsonb // 'english'::regconfig, '[1, null]'::jsonb, '[1, null]'::jsonb // '?', '?', '?'
select @call@(@given@) as x;
--! let call = "left" // lpad // repeat // "right" // rpad // "substring" // substr // to_ascii
--! let given = null::text, null::integer // 'a''\%_é'::text, (-2147483648)::int4 // repeat('z', 40), 2147483647 // ''::text, 0 // ''::text, null::integer // repeat('z', 40), (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = length // strip // tsvector_to_array // unnest
--! let given = null::tsvector // 'a:1A b:2'::tsvector // 'z:16383'::tsvector // ''::tsvector // '?'
select @call@(@given@) as x;
--! let call = lpad // rpad
--! let given = null::text, null::integer, null::text // 'a''\%_é'::text, (-2147483648)::int4, 'a''\%_é'::text // repeat('z', 40), 2147483647, repeat('z', 40) // ''::text, 0, ''::text // ''::text, null::integer, null::text // repeat('z', 40), (-2147483648)::int4, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = macaddr8_and // macaddr8_cmp // macaddr8_eq // macaddr8_ge // macaddr8_gt // macaddr8_le // macaddr8_lt // macaddr8_ne // macaddr8_or
--! let given = null::macaddr8, null::macaddr8 // '00:00:00:00:00:00:00:00'::macaddr8, '00:00:00:00:00:00:00:00'::macaddr8 // 'ff:ff:ff:ff:ff:ff:ff:ff'::macaddr8, 'ff:ff:ff:ff:ff:ff:ff:ff'::macaddr8 // '08:00:2b:ff:fe:01:02:03'::macaddr8, '08:00:2b:ff:fe:01:02:03'::macaddr8 // '08:00:2b:ff:fe:01:02:03'::macaddr8, null::macaddr8 // 'ff:ff:ff:ff:ff:ff:ff:ff'::macaddr8, '00:00:00:00:00:00:00:00'::macaddr8 // '?', '?'
select @call@(@given@) as x;
--! let call = macaddr8_not // macaddr8_set7bit // macaddr // trunc
--! let given = null::macaddr8 // '00:00:00:00:00:00:00:00'::macaddr8 // 'ff:ff:ff:ff:ff:ff:ff:ff'::macaddr8 // '08:00:2b:ff:fe:01:02:03'::macaddr8 // '?'
select @call@(@given@) as x;
--! let call = macaddr8 // macaddr_not // trunc
--! let given = null::macaddr // '00:00:00:00:00:00'::macaddr // 'ff:ff:ff:ff:ff:ff'::macaddr // '08:00:2b:01:02:03'::macaddr // '?'
select @call@(@given@) as x;
--! let call = macaddr_and // macaddr_cmp // macaddr_eq // macaddr_ge // macaddr_gt // macaddr_le // macaddr_lt // macaddr_ne // macaddr_or
--! let given = null::macaddr, null::macaddr // '00:00:00:00:00:00'::macaddr, '00:00:00:00:00:00'::macaddr // 'ff:ff:ff:ff:ff:ff'::macaddr, 'ff:ff:ff:ff:ff:ff'::macaddr // '08:00:2b:01:02:03'::macaddr, '08:00:2b:01:02:03'::macaddr // '08:00:2b:01:02:03'::macaddr, null::macaddr // 'ff:ff:ff:ff:ff:ff'::macaddr, '00:00:00:00:00:00'::macaddr // '?', '?'
select @call@(@given@) as x;
--! let call = make_date
--! let given = null::integer, null::integer, null::integer // (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4 // 2147483647, 2147483647, 2147483647 // 0, 0, 0 // 0, null::integer, null::integer // 2147483647, (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = make_interval
--! let given = null::integer, null::integer, null::integer, null::integer, null::integer, null::integer, null::double precision // (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, '-1.7e308'::float8 // 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 'NaN'::float8 // 0, 0, 0, 0, 0, 0, '-0'::float8 // 0, null::integer, null::integer, null::integer, null::integer, null::integer, null::double precision // 2147483647, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, '-1.7e308'::float8 // '?', '?', '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = make_timestamptz
--! let given = null::integer, null::integer, null::integer, null::integer, null::integer, null::double precision, null::text // (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, '-1.7e308'::float8, 'a''\%_é'::text // 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 'NaN'::float8, repeat('z', 40) // 0, 0, 0, 0, 0, '-0'::float8, ''::text // 0, null::integer, null::integer, null::integer, null::integer, null::double precision, null::text // 2147483647, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, '-1.7e308'::float8, 'a''\%_é'::text // '?', '?', '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = make_timestamptz // make_timestamp
--! let given = null::integer, null::integer, null::integer, null::integer, null::integer, null::double precision // (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, '-1.7e308'::float8 // 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 'NaN'::float8 // 0, 0, 0, 0, 0, '-0'::float8 // 0, null::integer, null::integer, null::integer, null::integer, null::double precision // 2147483647, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, '-1.7e308'::float8 // '?', '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = make_time
--! let given = null::integer, null::integer, null::double precision // (-2147483648)::int4, (-2147483648)::int4, '-1.7e308'::float8 // 2147483647, 2147483647, 'NaN'::float8 // 0, 0, '-0'::float8 // 0, null::integer, null::double precision // 2147483647, (-2147483648)::int4, '-1.7e308'::float8 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = mul_d_interval
--! let given = null::double precision, null::interval // '-1.7e308'::float8, '-178000000 years'::interval // 'NaN'::float8, '178000000 years 1 mon 1 day'::interval // '-0'::float8, '0'::interval // '-0'::float8, null::interval // 'NaN'::float8, '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = multirange_adjacent_multirange // multirange_after_multirange // multirange_before_multirange // multirange_cmp // multirange_contained_by_multirange // multirange_contains_multirange // multirange_eq // multirange_ge // multirange_gt // multirange_intersect // multirange_le // multirange_lt // multirange_minus // multirange_ne // multirange_overlaps_multirange // multirange_overleft_multirange // multirange_overright_multirange // multirange_union
--! let given = null::int4multirange, null::int4multirange // '{}'::int4multirange, '{}'::int4multirange // '{(,)}'::int4multirange, '{(,)}'::int4multirange // '{[1,3),[7,9)}'::int4multirange, '{[1,3),[7,9)}'::int4multirange // '{[1,3),[7,9)}'::int4multirange, null::int4multirange // '{(,)}'::int4multirange, '{}'::int4multirange // '?', '?'
select @call@(@given@) as x;
--! let call = multirange_adjacent_range // multirange_after_range // multirange_before_range // multirange_contained_by_range // multirange_contains_range // multirange_overlaps_range // multirange_overleft_range // multirange_overright_range
--! let given = null::int4multirange, null::int4range // '{}'::int4multirange, 'empty'::int4range // '{(,)}'::int4multirange, '(,)'::int4range // '{[1,3),[7,9)}'::int4multirange, '[1,5)'::int4range // '{[1,3),[7,9)}'::int4multirange, null::int4range // '{(,)}'::int4multirange, 'empty'::int4range // '?', '?'
select @call@(@given@) as x;
--! let call = multirange_contains_elem
--! let given = null::int4multirange, null::int // '{}'::int4multirange, -1 // '{(,)}'::int4multirange, 2147483647 // '{[1,3),[7,9)}'::int4multirange, 0 // '{[1,3),[7,9)}'::int4multirange, null::int // '{(,)}'::int4multirange, -1 // '?', '?'
select @call@(@given@) as x;
--! let call = nameconcatoid
--! let given = null::name, null::oid // 'a'::name, 0::oid // repeat('z', 63)::name, 4294967295::oid // ''::name, 23::oid // ''::name, null::oid // repeat('z', 63)::name, 0::oid // '?', '?'
select @call@(@given@) as x;
--! let call = name
--! let given = null::character varying // 'a%'::varchar // 'zz'::varchar // ''::varchar // '?'
select @call@(@given@) as x;
--! let call = numeric_pl_pg_lsn
--! let given = null::numeric, null::pg_lsn // '-1e1000'::numeric, '0/0'::pg_lsn // 'NaN'::numeric, 'FFFFFFFF/FFFFFFFF'::pg_lsn // 0.0, '1/2'::pg_lsn // 0.0, null::pg_lsn // 'NaN'::numeric, '0/0'::pg_lsn // '?', '?'
select @call@(@given@) as x;
--! let call = "numeric" // round // trunc
--! let given = null::numeric, null::integer // '-1e1000'::numeric, (-2147483648)::int4 // 'NaN'::numeric, 2147483647 // 0.0, 0 // 0.0, null::integer // 'NaN'::numeric, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = numnode // querytree // tsquery_not
--! let given = null::tsquery // 'a & !b'::tsquery // 'a <-> b:*'::tsquery // ''::tsquery // '?'
select @call@(@given@) as x;
--! let call = numrange
--! let given = null::numeric, null::numeric, null::text // '-1e1000'::numeric, '-1e1000'::numeric, 'a''\%_é'::text // 'NaN'::numeric, 'NaN'::numeric, repeat('z', 40) // 0.0, 0.0, ''::text // 0.0, null::numeric, null::text // 'NaN'::numeric, '-1e1000'::numeric, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::time with time zone, null::time with time zone, null::time with time zone, null::time with time zone // '00:00+15'::timetz, '00:00+15'::timetz, '00:00+15'::timetz, '00:00+15'::timetz // '24:00-15'::timetz, '24:00-15'::timetz, '24:00-15'::timetz, '24:00-15'::timetz // '12:30+00'::timetz, '12:30+00'::timetz, '12:30+00'::timetz, '12:30+00'::timetz // '12:30+00'::timetz, null::time with time zone, null::time with time zone, null::time with time zone // '24:00-15'::timetz, '00:00+15'::timetz, '00:00+15'::timetz, '00:00+15'::timetz // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::time without time zone, null::interval, null::time without time zone, null::interval // '00:00'::time, '-178000000 years'::interval, '00:00'::time, '-178000000 years'::interval // '24:00'::time, '178000000 years 1 mon 1 day'::interval, '24:00'::time, '178000000 years 1 mon 1 day'::interval // '12:30:00.000001'::time, '0'::interval, '12:30:00.000001'::time, '0'::interval // '12:30:00.000001'::time, null::interval, null::time without time zone, null::interval // '24:00'::time, '-178000000 years'::interval, '00:00'::time, '-178000000 years'::interval // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::time without time zone, null::interval, null::time without time zone, null::time without time zone // '00:00'::time, '-178000000 years'::interval, '00:00'::time, '00:00'::time // '24:00'::time, '178000000 years 1 mon 1 day'::interval, '24:00'::time, '24:00'::time // '12:30:00.000001'::time, '0'::interval, '12:30:00.000001'::time, '12:30:00.000001'::time // '12:30:00.000001'::time, null::interval, null::time without time zone, null::time without time zone // '24:00'::time, '-178000000 years'::interval, '00:00'::time, '00:00'::time // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::time without time zone, null::time without time zone, null::time without time zone, null::interval // '00:00'::time, '00:00'::time, '00:00'::time, '-178000000 years'::interval // '24:00'::time, '24:00'::time, '24:00'::time, '178000000 years 1 mon 1 day'::interval // '12:30:00.000001'::time, '12:30:00.000001'::time, '12:30:00.000001'::time, '0'::interval // '12:30:00.000001'::time, null::time without time zone, null::time without time zone, null::interval // '24:00'::time, '00:00'::time, '00:00'::time, '-178000000 years'::interval // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::time without time zone, null::time without time zone, null::time without time zone, null::time without time zone // '00:00'::time, '00:00'::time, '00:00'::time, '00:00'::time // '24:00'::time, '24:00'::time, '24:00'::time, '24:00'::time // '12:30:00.000001'::time, '12:30:00.000001'::time, '12:30:00.000001'::time, '12:30:00.000001'::time // '12:30:00.000001'::time, null::time without time zone, null::time without time zone, null::time without time zone // '24:00'::time, '00:00'::time, '00:00'::time, '00:00'::time // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp with time zone, null::interval, null::timestamp with time zone, null::interval // '-infinity'::timestamptz, '-178000000 years'::interval, '-infinity'::timestamptz, '-178000000 years'::interval // '294276-12-31 23:59:59+00'::timestamptz, '178000000 years 1 mon 1 day'::interval, '294276-12-31 23:59:59+00'::timestamptz, '178000000 years 1 mon 1 day'::interval // '2000-02-29 00:00+00'::timestamptz, '0'::interval, '2000-02-29 00:00+00'::timestamptz, '0'::interval // '2000-02-29 00:00+00'::timestamptz, null::interval, null::timestamp with time zone, null::interval // '294276-12-31 23:59:59+00'::timestamptz, '-178000000 years'::interval, '-infinity'::timestamptz, '-178000000 years'::interval // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp with time zone, null::interval, null::timestamp with time zone, null::timestamp with time zone // '-infinity'::timestamptz, '-178000000 years'::interval, '-infinity'::timestamptz, '-infinity'::timestamptz // '294276-12-31 23:59:59+00'::timestamptz, '178000000 years 1 mon 1 day'::interval, '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz, '0'::interval, '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz, null::interval, null::timestamp with time zone, null::timestamp with time zone // '294276-12-31 23:59:59+00'::timestamptz, '-178000000 years'::interval, '-infinity'::timestamptz, '-infinity'::timestamptz // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp with time zone, null::timestamp with time zone, null::timestamp with time zone, null::interval // '-infinity'::timestamptz, '-infinity'::timestamptz, '-infinity'::timestamptz, '-178000000 years'::interval // '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz, '178000000 years 1 mon 1 day'::interval // '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz, '0'::interval // '2000-02-29 00:00+00'::timestamptz, null::timestamp with time zone, null::timestamp with time zone, null::interval // '294276-12-31 23:59:59+00'::timestamptz, '-infinity'::timestamptz, '-infinity'::timestamptz, '-178000000 years'::interval // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp with time zone, null::timestamp with time zone, null::timestamp with time zone, null::timestamp with time zone // '-infinity'::timestamptz, '-infinity'::timestamptz, '-infinity'::timestamptz, '-infinity'::timestamptz // '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz, null::timestamp with time zone, null::timestamp with time zone, null::timestamp with time zone // '294276-12-31 23:59:59+00'::timestamptz, '-infinity'::timestamptz, '-infinity'::timestamptz, '-infinity'::timestamptz // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp without time zone, null::interval, null::timestamp without time zone, null::interval // '4713-01-01 BC'::timestamp, '-178000000 years'::interval, '4713-01-01 BC'::timestamp, '-178000000 years'::interval // 'infinity'::timestamp, '178000000 years 1 mon 1 day'::interval, 'infinity'::timestamp, '178000000 years 1 mon 1 day'::interval // '2000-02-29'::timestamp, '0'::interval, '2000-02-29'::timestamp, '0'::interval // '2000-02-29'::timestamp, null::interval, null::timestamp without time zone, null::interval // 'infinity'::timestamp, '-178000000 years'::interval, '4713-01-01 BC'::timestamp, '-178000000 years'::interval // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp without time zone, null::interval, null::timestamp without time zone, null::timestamp without time zone // '4713-01-01 BC'::timestamp, '-178000000 years'::interval, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp // 'infinity'::timestamp, '178000000 years 1 mon 1 day'::interval, 'infinity'::timestamp, 'infinity'::timestamp // '2000-02-29'::timestamp, '0'::interval, '2000-02-29'::timestamp, '2000-02-29'::timestamp // '2000-02-29'::timestamp, null::interval, null::timestamp without time zone, null::timestamp without time zone // 'infinity'::timestamp, '-178000000 years'::interval, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp without time zone, null::timestamp without time zone, null::timestamp without time zone, null::interval // '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp, '-178000000 years'::interval // 'infinity'::timestamp, 'infinity'::timestamp, 'infinity'::timestamp, '178000000 years 1 mon 1 day'::interval // '2000-02-29'::timestamp, '2000-02-29'::timestamp, '2000-02-29'::timestamp, '0'::interval // '2000-02-29'::timestamp, null::timestamp without time zone, null::timestamp without time zone, null::interval // 'infinity'::timestamp, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp, '-178000000 years'::interval // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlaps"
--! let given = null::timestamp without time zone, null::timestamp without time zone, null::timestamp without time zone, null::timestamp without time zone // '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp // 'infinity'::timestamp, 'infinity'::timestamp, 'infinity'::timestamp, 'infinity'::timestamp // '2000-02-29'::timestamp, '2000-02-29'::timestamp, '2000-02-29'::timestamp, '2000-02-29'::timestamp // '2000-02-29'::timestamp, null::timestamp without time zone, null::timestamp without time zone, null::timestamp without time zone // 'infinity'::timestamp, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlay"
--! let given = null::bit, null::bit, null::integer, null::integer // b'0', b'0', (-2147483648)::int4, (-2147483648)::int4 // b'11111111', b'11111111', 2147483647, 2147483647 // b'', b'', 0, 0 // b'', null::bit, null::integer, null::integer // b'11111111', b'0', (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlay"
--! let given = null::bit, null::bit, null::integer // b'0', b'0', (-2147483648)::int4 // b'11111111', b'11111111', 2147483647 // b'', b'', 0 // b'', null::bit, null::integer // b'11111111', b'0', (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlay"
--! let given = null::bytea, null::bytea, null::integer, null::integer // '\x00'::bytea, '\x00'::bytea, (-2147483648)::int4, (-2147483648)::int4 // '\xffff'::bytea, '\xffff'::bytea, 2147483647, 2147483647 // ''::bytea, ''::bytea, 0, 0 // ''::bytea, null::bytea, null::integer, null::integer // '\xffff'::bytea, '\x00'::bytea, (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlay"
--! let given = null::bytea, null::bytea, null::integer // '\x00'::bytea, '\x00'::bytea, (-2147483648)::int4 // '\xffff'::bytea, '\xffff'::bytea, 2147483647 // ''::bytea, ''::bytea, 0 // ''::bytea, null::bytea, null::integer // '\xffff'::bytea, '\x00'::bytea, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlay" // regexp_instr // regexp_substr
--! let given = null::text, null::text, null::integer, null::integer // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4 // repeat('z', 40), repeat('z', 40), 2147483647, 2147483647 // ''::text, ''::text, 0, 0 // ''::text, null::text, null::integer, null::integer // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = "overlay" // regexp_count // regexp_instr // regexp_substr // split_part
--! let given = null::text, null::text, null::integer // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4 // repeat('z', 40), repeat('z', 40), 2147483647 // ''::text, ''::text, 0 // ''::text, null::text, null::integer // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = parse_ident
--! let given = null::text, null::boolean // 'a''\%_é'::text, false // repeat('z', 40), true // ''::text, false // ''::text, null::boolean // repeat('z', 40), false // '?', '?'
select @call@(@given@) as x;
--! let call = phraseto_tsquery // plainto_tsquery // to_tsquery // to_tsvector // websearch_to_tsquery
--! let given = null::regconfig, null::text // 'simple'::regconfig, 'a''\%_é'::text // 'english'::regconfig, repeat('z', 40) // 'simple'::regconfig, ''::text // 'simple'::regconfig, null::text // 'english'::regconfig, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = quote_literal // quote_nullable // to_jsonb // to_json
--! let given = null::int // -1 // 2147483647 // 0 // '?'
select @call@(@given@) as x;
--! let call = range_adjacent_multirange // range_after_multirange // range_before_multirange // range_contained_by_multirange // range_contains_multirange // range_overlaps_multirange // range_overleft_multirange // range_overright_multirange
--! let given = null::int4range, null::int4multirange // 'empty'::int4range, '{}'::int4multirange // '(,)'::int4range, '{(,)}'::int4multirange // '[1,5)'::int4range, '{[1,3),[7,9)}'::int4multirange // '[1,5)'::int4range, null::int4multirange // '(,)'::int4range, '{}'::int4multirange // '?', '?'
select @call@(@given@) as x;
--! let call = range_adjacent // range_after // range_before // range_cmp // range_contained_by // range_contains // range_eq // range_ge // range_gt // range_intersect_agg_transfn // range_intersect // range_le // range_lt // range_merge // range_minus // range_ne // range_overlaps // range_overleft // range_overright // range_union
--! let given = null::int4range, null::int4range // 'empty'::int4range, 'empty'::int4range // '(,)'::int4range, '(,)'::int4range // '[1,5)'::int4range, '[1,5)'::int4range // '[1,5)'::int4range, null::int4range // '(,)'::int4range, 'empty'::int4range // '?', '?'
select @call@(@given@) as x;
--! let call = range_contains_elem
--! let given = null::int4range, null::int // 'empty'::int4range, -1 // '(,)'::int4range, 2147483647 // '[1,5)'::int4range, 0 // '[1,5)'::int4range, null::int // '(,)'::int4range, -1 // '?', '?'
select @call@(@given@) as x;
--! let call = regexp_count
--! let given = null::text, null::text, null::integer, null::text // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40), 2147483647, repeat('z', 40) // ''::text, ''::text, 0, ''::text // ''::text, null::text, null::integer, null::text // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4, 'a''\%_é'::text // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_instr
--! let given = null::text, null::text, null::integer, null::integer, null::integer, null::text, null::integer // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text, (-2147483648)::int4 // repeat('z', 40), repeat('z', 40), 2147483647, 2147483647, 2147483647, repeat('z', 40), 2147483647 // ''::text, ''::text, 0, 0, 0, ''::text, 0 // ''::text, null::text, null::integer, null::integer, null::integer, null::text, null::integer // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text, (-2147483648)::int4 // '?', '?', '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_instr
--! let given = null::text, null::text, null::integer, null::integer, null::integer, null::text // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40), 2147483647, 2147483647, 2147483647, repeat('z', 40) // ''::text, ''::text, 0, 0, 0, ''::text // ''::text, null::text, null::integer, null::integer, null::integer, null::text // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text // '?', '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_instr
--! let given = null::text, null::text, null::integer, null::integer, null::integer // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4 // repeat('z', 40), repeat('z', 40), 2147483647, 2147483647, 2147483647 // ''::text, ''::text, 0, 0, 0 // ''::text, null::text, null::integer, null::integer, null::integer // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_like // regexp_matches // regexp_match // regexp_replace // regexp_split_to_array // regexp_split_to_table // replace // string_to_array // string_to_table // "substring" // translate
--! let given = null::text, null::text, null::text // 'a''\%_é'::text, 'a''\%_é'::text, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40), repeat('z', 40) // ''::text, ''::text, ''::text // ''::text, null::text, null::text // repeat('z', 40), 'a''\%_é'::text, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_replace
--! let given = null::text, null::text, null::text, null::integer, null::integer, null::text // 'a''\%_é'::text, 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40), repeat('z', 40), 2147483647, 2147483647, repeat('z', 40) // ''::text, ''::text, ''::text, 0, 0, ''::text // ''::text, null::text, null::text, null::integer, null::integer, null::text // repeat('z', 40), 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text // '?', '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_replace
--! let given = null::text, null::text, null::text, null::integer, null::integer // 'a''\%_é'::text, 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4 // repeat('z', 40), repeat('z', 40), repeat('z', 40), 2147483647, 2147483647 // ''::text, ''::text, ''::text, 0, 0 // ''::text, null::text, null::text, null::integer, null::integer // repeat('z', 40), 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_replace
--! let given = null::text, null::text, null::text, null::integer // 'a''\%_é'::text, 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4 // repeat('z', 40), repeat('z', 40), repeat('z', 40), 2147483647 // ''::text, ''::text, ''::text, 0 // ''::text, null::text, null::text, null::integer // repeat('z', 40), 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4 // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_replace
--! let given = null::text, null::text, null::text, null::text // 'a''\%_é'::text, 'a''\%_é'::text, 'a''\%_é'::text, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40), repeat('z', 40), repeat('z', 40) // ''::text, ''::text, ''::text, ''::text // ''::text, null::text, null::text, null::text // repeat('z', 40), 'a''\%_é'::text, 'a''\%_é'::text, 'a''\%_é'::text // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_substr
--! let given = null::text, null::text, null::integer, null::integer, null::text, null::integer // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text, (-2147483648)::int4 // repeat('z', 40), repeat('z', 40), 2147483647, 2147483647, repeat('z', 40), 2147483647 // ''::text, ''::text, 0, 0, ''::text, 0 // ''::text, null::text, null::integer, null::integer, null::text, null::integer // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text, (-2147483648)::int4 // '?', '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = regexp_substr
--! let given = null::text, null::text, null::integer, null::integer, null::text // 'a''\%_é'::text, 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text // repeat('z', 40), repeat('z', 40), 2147483647, 2147483647, repeat('z', 40) // ''::text, ''::text, 0, 0, ''::text // ''::text, null::text, null::integer, null::integer, null::text // repeat('z', 40), 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4, 'a''\%_é'::text // '?', '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = row_to_json
--! let given = null::record, null::boolean // row(1, 'a'::text), false // row(null::int, 'z'::text), true // row(0, ''::text), false // row(0, ''::text), null::boolean // row(null::int, 'z'::text), false // '?', '?'
select @call@(@given@) as x;
--! let call = row_to_json
--! let given = null::record // row(1, 'a'::text) // row(null::int, 'z'::text) // row(0, ''::text) // '?'
select @call@(@given@) as x;
--! let call = set_bit // "substring"
--! let given = null::bit, null::integer, null::integer // b'0', (-2147483648)::int4, (-2147483648)::int4 // b'11111111', 2147483647, 2147483647 // b'', 0, 0 // b'', null::integer, null::integer // b'11111111', (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = set_bit
--! let given = null::bytea, null::bigint, null::integer // '\x00'::bytea, (-9223372036854775808)::int8, (-2147483648)::int4 // '\xffff'::bytea, 9223372036854775807, 2147483647 // ''::bytea, 0::int8, 0 // ''::bytea, null::bigint, null::integer // '\xffff'::bytea, (-9223372036854775808)::int8, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = set_byte // "substring" // substr
--! let given = null::bytea, null::integer, null::integer // '\x00'::bytea, (-2147483648)::int4, (-2147483648)::int4 // '\xffff'::bytea, 2147483647, 2147483647 // ''::bytea, 0, 0 // ''::bytea, null::integer, null::integer // '\xffff'::bytea, (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = set_masklen
--! let given = null::cidr, null::integer // '0.0.0.0/0'::cidr, (-2147483648)::int4 // 'ffff::/16'::cidr, 2147483647 // '1.2.3.0/24'::cidr, 0 // '1.2.3.0/24'::cidr, null::integer // 'ffff::/16'::cidr, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = set_masklen
--! let given = null::inet, null::integer // '0.0.0.0/0'::inet, (-2147483648)::int4 // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet, 2147483647 // '1.2.3.4/24'::inet, 0 // '1.2.3.4/24'::inet, null::integer // 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = setweight
--! let given = null::tsvector, null::"char", null::text[] // 'a:1A b:2'::tsvector, 'a'::"char", '{}'::text[] // 'z:16383'::tsvector, '\377'::"char", '{a,NULL,""}'::text[] // ''::tsvector, ''::"char", '{{a,b}}'::text[] // ''::tsvector, null::"char", null::text[] // 'z:16383'::tsvector, 'a'::"char", '{}'::text[] // '?', '?', '?'
select @call@(@given@) as x;
--! let call = setweight
--! let given = null::tsvector, null::"char" // 'a:1A b:2'::tsvector, 'a'::"char" // 'z:16383'::tsvector, '\377'::"char" // ''::tsvector, ''::"char" // ''::tsvector, null::"char" // 'z:16383'::tsvector, 'a'::"char" // '?', '?'
select @call@(@given@) as x;
--! let call = "substring" // substr
--! let given = null::text, null::integer, null::integer // 'a''\%_é'::text, (-2147483648)::int4, (-2147483648)::int4 // repeat('z', 40), 2147483647, 2147483647 // ''::text, 0, 0 // ''::text, null::integer, null::integer // repeat('z', 40), (-2147483648)::int4, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = textanycat
--! let given = null::text, null::int // 'a''\%_é'::text, -1 // repeat('z', 40), 2147483647 // ''::text, 0 // ''::text, null::int // repeat('z', 40), -1 // '?', '?'
select @call@(@given@) as x;
--! let call = time_cmp // time_eq // time_ge // time_gt // time_larger // time_le // time_lt // time_mi_time // time_ne // time_smaller
--! let given = null::time without time zone, null::time without time zone // '00:00'::time, '00:00'::time // '24:00'::time, '24:00'::time // '12:30:00.000001'::time, '12:30:00.000001'::time // '12:30:00.000001'::time, null::time without time zone // '24:00'::time, '00:00'::time // '?', '?'
select @call@(@given@) as x;
--! let call = time_hash_extended
--! let given = null::time without time zone, null::bigint // '00:00'::time, (-9223372036854775808)::int8 // '24:00'::time, 9223372036854775807 // '12:30:00.000001'::time, 0::int8 // '12:30:00.000001'::time, null::bigint // '24:00'::time, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = time_mi_interval // time_pl_interval
--! let given = null::time without time zone, null::interval // '00:00'::time, '-178000000 years'::interval // '24:00'::time, '178000000 years 1 mon 1 day'::interval // '12:30:00.000001'::time, '0'::interval // '12:30:00.000001'::time, null::interval // '24:00'::time, '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = timedate_pl
--! let given = null::time without time zone, null::date // '00:00'::time, '4713-01-01 BC'::date // '24:00'::time, 'infinity'::date // '12:30:00.000001'::time, '2000-01-01'::date // '12:30:00.000001'::time, null::date // '24:00'::time, '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = timestamp_cmp // timestamp_eq // timestamp_ge // timestamp_gt // timestamp_larger // timestamp_le // timestamp_lt // timestamp_mi // timestamp_ne // timestamp_smaller // tsrange
--! let given = null::timestamp without time zone, null::timestamp without time zone // '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp // 'infinity'::timestamp, 'infinity'::timestamp // '2000-02-29'::timestamp, '2000-02-29'::timestamp // '2000-02-29'::timestamp, null::timestamp without time zone // 'infinity'::timestamp, '4713-01-01 BC'::timestamp // '?', '?'
select @call@(@given@) as x;
--! let call = timestamp_eq_date // timestamp_ge_date // timestamp_gt_date // timestamp_le_date // timestamp_lt_date // timestamp_ne_date
--! let given = null::timestamp without time zone, null::date // '4713-01-01 BC'::timestamp, '4713-01-01 BC'::date // 'infinity'::timestamp, 'infinity'::date // '2000-02-29'::timestamp, '2000-01-01'::date // '2000-02-29'::timestamp, null::date // 'infinity'::timestamp, '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = timestamp_eq_timestamptz // timestamp_ge_timestamptz // timestamp_gt_timestamptz // timestamp_le_timestamptz // timestamp_lt_timestamptz // timestamp_ne_timestamptz
--! let given = null::timestamp without time zone, null::timestamp with time zone // '4713-01-01 BC'::timestamp, '-infinity'::timestamptz // 'infinity'::timestamp, '294276-12-31 23:59:59+00'::timestamptz // '2000-02-29'::timestamp, '2000-02-29 00:00+00'::timestamptz // '2000-02-29'::timestamp, null::timestamp with time zone // 'infinity'::timestamp, '-infinity'::timestamptz // '?', '?'
select @call@(@given@) as x;
--! let call = timestamp_hash_extended
--! let given = null::timestamp without time zone, null::bigint // '4713-01-01 BC'::timestamp, (-9223372036854775808)::int8 // 'infinity'::timestamp, 9223372036854775807 // '2000-02-29'::timestamp, 0::int8 // '2000-02-29'::timestamp, null::bigint // 'infinity'::timestamp, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = timestamp_mi_interval // timestamp_pl_interval
--! let given = null::timestamp without time zone, null::interval // '4713-01-01 BC'::timestamp, '-178000000 years'::interval // 'infinity'::timestamp, '178000000 years 1 mon 1 day'::interval // '2000-02-29'::timestamp, '0'::interval // '2000-02-29'::timestamp, null::interval // 'infinity'::timestamp, '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = timestamptz_cmp // timestamptz_eq // timestamptz_ge // timestamptz_gt // timestamptz_larger // timestamptz_le // timestamptz_lt // timestamptz_mi // timestamptz_ne // timestamptz_smaller // tstzrange
--! let given = null::timestamp with time zone, null::timestamp with time zone // '-infinity'::timestamptz, '-infinity'::timestamptz // '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz // '2000-02-29 00:00+00'::timestamptz, null::timestamp with time zone // '294276-12-31 23:59:59+00'::timestamptz, '-infinity'::timestamptz // '?', '?'
select @call@(@given@) as x;
--! let call = timestamptz_eq_date // timestamptz_ge_date // timestamptz_gt_date // timestamptz_le_date // timestamptz_lt_date // timestamptz_ne_date
--! let given = null::timestamp with time zone, null::date // '-infinity'::timestamptz, '4713-01-01 BC'::date // '294276-12-31 23:59:59+00'::timestamptz, 'infinity'::date // '2000-02-29 00:00+00'::timestamptz, '2000-01-01'::date // '2000-02-29 00:00+00'::timestamptz, null::date // '294276-12-31 23:59:59+00'::timestamptz, '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = timestamptz_eq_timestamp // timestamptz_ge_timestamp // timestamptz_gt_timestamp // timestamptz_le_timestamp // timestamptz_lt_timestamp // timestamptz_ne_timestamp
--! let given = null::timestamp with time zone, null::timestamp without time zone // '-infinity'::timestamptz, '4713-01-01 BC'::timestamp // '294276-12-31 23:59:59+00'::timestamptz, 'infinity'::timestamp // '2000-02-29 00:00+00'::timestamptz, '2000-02-29'::timestamp // '2000-02-29 00:00+00'::timestamptz, null::timestamp without time zone // '294276-12-31 23:59:59+00'::timestamptz, '4713-01-01 BC'::timestamp // '?', '?'
select @call@(@given@) as x;
--! let call = timestamptz
--! let given = null::timestamp with time zone, null::integer // '-infinity'::timestamptz, (-2147483648)::int4 // '294276-12-31 23:59:59+00'::timestamptz, 2147483647 // '2000-02-29 00:00+00'::timestamptz, 0 // '2000-02-29 00:00+00'::timestamptz, null::integer // '294276-12-31 23:59:59+00'::timestamptz, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = "timestamp"
--! let given = null::timestamp without time zone, null::integer // '4713-01-01 BC'::timestamp, (-2147483648)::int4 // 'infinity'::timestamp, 2147483647 // '2000-02-29'::timestamp, 0 // '2000-02-29'::timestamp, null::integer // 'infinity'::timestamp, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = timetz_cmp // timetz_eq // timetz_ge // timetz_gt // timetz_larger // timetz_le // timetz_lt // timetz_ne // timetz_smaller
--! let given = null::time with time zone, null::time with time zone // '00:00+15'::timetz, '00:00+15'::timetz // '24:00-15'::timetz, '24:00-15'::timetz // '12:30+00'::timetz, '12:30+00'::timetz // '12:30+00'::timetz, null::time with time zone // '24:00-15'::timetz, '00:00+15'::timetz // '?', '?'
select @call@(@given@) as x;
--! let call = timetz_hash_extended
--! let given = null::time with time zone, null::bigint // '00:00+15'::timetz, (-9223372036854775808)::int8 // '24:00-15'::timetz, 9223372036854775807 // '12:30+00'::timetz, 0::int8 // '12:30+00'::timetz, null::bigint // '24:00-15'::timetz, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = timetz_hash // "time"
--! let given = null::time with time zone // '00:00+15'::timetz // '24:00-15'::timetz // '12:30+00'::timetz // '?'
select @call@(@given@) as x;
--! let call = timetz_mi_interval // timetz_pl_interval
--! let given = null::time with time zone, null::interval // '00:00+15'::timetz, '-178000000 years'::interval // '24:00-15'::timetz, '178000000 years 1 mon 1 day'::interval // '12:30+00'::timetz, '0'::interval // '12:30+00'::timetz, null::interval // '24:00-15'::timetz, '-178000000 years'::interval // '?', '?'
select @call@(@given@) as x;
--! let call = timetzdate_pl
--! let given = null::time with time zone, null::date // '00:00+15'::timetz, '4713-01-01 BC'::date // '24:00-15'::timetz, 'infinity'::date // '12:30+00'::timetz, '2000-01-01'::date // '12:30+00'::timetz, null::date // '24:00-15'::timetz, '4713-01-01 BC'::date // '?', '?'
select @call@(@given@) as x;
--! let call = timetz
--! let given = null::time with time zone, null::integer // '00:00+15'::timetz, (-2147483648)::int4 // '24:00-15'::timetz, 2147483647 // '12:30+00'::timetz, 0 // '12:30+00'::timetz, null::integer // '24:00-15'::timetz, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = "time"
--! let given = null::time without time zone, null::integer // '00:00'::time, (-2147483648)::int4 // '24:00'::time, 2147483647 // '12:30:00.000001'::time, 0 // '12:30:00.000001'::time, null::integer // '24:00'::time, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::bigint, null::text // (-9223372036854775808)::int8, 'a''\%_é'::text // 9223372036854775807, repeat('z', 40) // 0::int8, ''::text // 0::int8, null::text // 9223372036854775807, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::double precision, null::text // '-1.7e308'::float8, 'a''\%_é'::text // 'NaN'::float8, repeat('z', 40) // '-0'::float8, ''::text // '-0'::float8, null::text // 'NaN'::float8, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::integer, null::text // (-2147483648)::int4, 'a''\%_é'::text // 2147483647, repeat('z', 40) // 0, ''::text // 0, null::text // 2147483647, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::interval, null::text // '-178000000 years'::interval, 'a''\%_é'::text // '178000000 years 1 mon 1 day'::interval, repeat('z', 40) // '0'::interval, ''::text // '0'::interval, null::text // '178000000 years 1 mon 1 day'::interval, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::numeric, null::text // '-1e1000'::numeric, 'a''\%_é'::text // 'NaN'::numeric, repeat('z', 40) // 0.0, ''::text // 0.0, null::text // 'NaN'::numeric, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::real, null::text // '-3.4e38'::float4, 'a''\%_é'::text // 'Infinity'::float4, repeat('z', 40) // '-0'::float4, ''::text // '-0'::float4, null::text // 'Infinity'::float4, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::timestamp with time zone, null::text // '-infinity'::timestamptz, 'a''\%_é'::text // '294276-12-31 23:59:59+00'::timestamptz, repeat('z', 40) // '2000-02-29 00:00+00'::timestamptz, ''::text // '2000-02-29 00:00+00'::timestamptz, null::text // '294276-12-31 23:59:59+00'::timestamptz, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_char
--! let given = null::timestamp without time zone, null::text // '4713-01-01 BC'::timestamp, 'a''\%_é'::text // 'infinity'::timestamp, repeat('z', 40) // '2000-02-29'::timestamp, ''::text // '2000-02-29'::timestamp, null::text // 'infinity'::timestamp, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = to_tsvector
--! let given = null::regconfig, null::jsonb // 'simple'::regconfig, '[1, null]'::jsonb // 'english'::regconfig, '{"a": {"b": []}}'::jsonb // 'simple'::regconfig, '""'::jsonb // 'simple'::regconfig, null::jsonb // 'english'::regconfig, '[1, null]'::jsonb // '?', '?'
select @call@(@given@) as x;
--! let call = to_tsvector
--! let given = null::regconfig, null::json // 'simple'::regconfig, '[1, null]'::json // 'english'::regconfig, '{"a": {"b": []}}'::json // 'simple'::regconfig, '""'::json // 'simple'::regconfig, null::json // 'english'::regconfig, '[1, null]'::json // '?', '?'
select @call@(@given@) as x;
--! let call = ts_delete
--! let given = null::tsvector, null::text[] // 'a:1A b:2'::tsvector, '{}'::text[] // 'z:16383'::tsvector, '{a,NULL,""}'::text[] // ''::tsvector, '{{a,b}}'::text[] // ''::tsvector, null::text[] // 'z:16383'::tsvector, '{}'::text[] // '?', '?'
select @call@(@given@) as x;
--! let call = ts_delete
--! let given = null::tsvector, null::text // 'a:1A b:2'::tsvector, 'a''\%_é'::text // 'z:16383'::tsvector, repeat('z', 40) // ''::tsvector, ''::text // ''::tsvector, null::text // 'z:16383'::tsvector, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = ts_filter
--! let given = null::tsvector, null::"char"[] // 'a:1A b:2'::tsvector, '{}'::"char"[] // 'z:16383'::tsvector, '{A,D}'::"char"[] // ''::tsvector, '{x}'::"char"[] // ''::tsvector, null::"char"[] // 'z:16383'::tsvector, '{}'::"char"[] // '?', '?'
select @call@(@given@) as x;
--! let call = ts_headline
--! let given = null::regconfig, null::text, null::tsquery, null::text // 'simple'::regconfig, 'a''\%_é'::text, 'a & !b'::tsquery, 'a''\%_é'::text // 'english'::regconfig, repeat('z', 40), 'a <-> b:*'::tsquery, repeat('z', 40) // 'simple'::regconfig, ''::text, ''::tsquery, ''::text // 'simple'::regconfig, null::text, null::tsquery, null::text // 'english'::regconfig, 'a''\%_é'::text, 'a & !b'::tsquery, 'a''\%_é'::text // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = ts_headline
--! let given = null::regconfig, null::text, null::tsquery // 'simple'::regconfig, 'a''\%_é'::text, 'a & !b'::tsquery // 'english'::regconfig, repeat('z', 40), 'a <-> b:*'::tsquery // 'simple'::regconfig, ''::text, ''::tsquery // 'simple'::regconfig, null::text, null::tsquery // 'english'::regconfig, 'a''\%_é'::text, 'a & !b'::tsquery // '?', '?', '?'
select @call@(@given@) as x;
--! let call = ts_headline
--! let given = null::text, null::tsquery, null::text // 'a''\%_é'::text, 'a & !b'::tsquery, 'a''\%_é'::text // repeat('z', 40), 'a <-> b:*'::tsquery, repeat('z', 40) // ''::text, ''::tsquery, ''::text // ''::text, null::tsquery, null::text // repeat('z', 40), 'a & !b'::tsquery, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = ts_headline // ts_match_tq
--! let given = null::text, null::tsquery // 'a''\%_é'::text, 'a & !b'::tsquery // repeat('z', 40), 'a <-> b:*'::tsquery // ''::text, ''::tsquery // ''::text, null::tsquery // repeat('z', 40), 'a & !b'::tsquery // '?', '?'
select @call@(@given@) as x;
--! let call = ts_match_qv
--! let given = null::tsquery, null::tsvector // 'a & !b'::tsquery, 'a:1A b:2'::tsvector // 'a <-> b:*'::tsquery, 'z:16383'::tsvector // ''::tsquery, ''::tsvector // ''::tsquery, null::tsvector // 'a <-> b:*'::tsquery, 'a:1A b:2'::tsvector // '?', '?'
select @call@(@given@) as x;
--! let call = ts_match_vq // ts_rank_cd // ts_rank
--! let given = null::tsvector, null::tsquery // 'a:1A b:2'::tsvector, 'a & !b'::tsquery // 'z:16383'::tsvector, 'a <-> b:*'::tsquery // ''::tsvector, ''::tsquery // ''::tsvector, null::tsquery // 'z:16383'::tsvector, 'a & !b'::tsquery // '?', '?'
select @call@(@given@) as x;
--! let call = ts_parse
--! let given = null::oid, null::text // 0::oid, 'a''\%_é'::text // 4294967295::oid, repeat('z', 40) // 23::oid, ''::text // 23::oid, null::text // 4294967295::oid, 'a''\%_é'::text // '?', '?'
select @call@(@given@) as x;
--! let call = ts_rank_cd // ts_rank
--! let given = null::tsvector, null::tsquery, null::integer // 'a:1A b:2'::tsvector, 'a & !b'::tsquery, (-2147483648)::int4 // 'z:16383'::tsvector, 'a <-> b:*'::tsquery, 2147483647 // ''::tsvector, ''::tsquery, 0 // ''::tsvector, null::tsquery, null::integer // 'z:16383'::tsvector, 'a & !b'::tsquery, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = ts_rewrite
--! let given = null::tsquery, null::tsquery, null::tsquery // 'a & !b'::tsquery, 'a & !b'::tsquery, 'a & !b'::tsquery // 'a <-> b:*'::tsquery, 'a <-> b:*'::tsquery, 'a <-> b:*'::tsquery // ''::tsquery, ''::tsquery, ''::tsquery // ''::tsquery, null::tsquery, null::tsquery // 'a <-> b:*'::tsquery, 'a & !b'::tsquery, 'a & !b'::tsquery // '?', '?', '?'
select @call@(@given@) as x;
--! let call = tsq_mcontained // tsq_mcontains // tsquery_and // tsquery_cmp // tsquery_eq // tsquery_ge // tsquery_gt // tsquery_le // tsquery_lt // tsquery_ne // tsquery_or // tsquery_phrase
--! let given = null::tsquery, null::tsquery // 'a & !b'::tsquery, 'a & !b'::tsquery // 'a <-> b:*'::tsquery, 'a <-> b:*'::tsquery // ''::tsquery, ''::tsquery // ''::tsquery, null::tsquery // 'a <-> b:*'::tsquery, 'a & !b'::tsquery // '?', '?'
select @call@(@given@) as x;
--! let call = tsquery_phrase
--! let given = null::tsquery, null::tsquery, null::integer // 'a & !b'::tsquery, 'a & !b'::tsquery, (-2147483648)::int4 // 'a <-> b:*'::tsquery, 'a <-> b:*'::tsquery, 2147483647 // ''::tsquery, ''::tsquery, 0 // ''::tsquery, null::tsquery, null::integer // 'a <-> b:*'::tsquery, 'a & !b'::tsquery, (-2147483648)::int4 // '?', '?', '?'
select @call@(@given@) as x;
--! let call = tsrange
--! let given = null::timestamp without time zone, null::timestamp without time zone, null::text // '4713-01-01 BC'::timestamp, '4713-01-01 BC'::timestamp, 'a''\%_é'::text // 'infinity'::timestamp, 'infinity'::timestamp, repeat('z', 40) // '2000-02-29'::timestamp, '2000-02-29'::timestamp, ''::text // '2000-02-29'::timestamp, null::timestamp without time zone, null::text // 'infinity'::timestamp, '4713-01-01 BC'::timestamp, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = tstzrange
--! let given = null::timestamp with time zone, null::timestamp with time zone, null::text // '-infinity'::timestamptz, '-infinity'::timestamptz, 'a''\%_é'::text // '294276-12-31 23:59:59+00'::timestamptz, '294276-12-31 23:59:59+00'::timestamptz, repeat('z', 40) // '2000-02-29 00:00+00'::timestamptz, '2000-02-29 00:00+00'::timestamptz, ''::text // '2000-02-29 00:00+00'::timestamptz, null::timestamp with time zone, null::text // '294276-12-31 23:59:59+00'::timestamptz, '-infinity'::timestamptz, 'a''\%_é'::text // '?', '?', '?'
select @call@(@given@) as x;
--! let call = tsvector_cmp // tsvector_concat // tsvector_eq // tsvector_ge // tsvector_gt // tsvector_le // tsvector_lt // tsvector_ne
--! let given = null::tsvector, null::tsvector // 'a:1A b:2'::tsvector, 'a:1A b:2'::tsvector // 'z:16383'::tsvector, 'z:16383'::tsvector // ''::tsvector, ''::tsvector // ''::tsvector, null::tsvector // 'z:16383'::tsvector, 'a:1A b:2'::tsvector // '?', '?'
select @call@(@given@) as x;
--! let call = uuid_cmp // uuid_eq // uuid_ge // uuid_gt // uuid_le // uuid_lt // uuid_ne
--! let given = null::uuid, null::uuid // '00000000-0000-0000-0000-000000000000'::uuid, '00000000-0000-0000-0000-000000000000'::uuid // 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid // '12345678-1234-1234-1234-123456789012'::uuid, '12345678-1234-1234-1234-123456789012'::uuid // '12345678-1234-1234-1234-123456789012'::uuid, null::uuid // 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, '00000000-0000-0000-0000-000000000000'::uuid // '?', '?'
select @call@(@given@) as x;
--! let call = uuid_hash_extended
--! let given = null::uuid, null::bigint // '00000000-0000-0000-0000-000000000000'::uuid, (-9223372036854775808)::int8 // 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, 9223372036854775807 // '12345678-1234-1234-1234-123456789012'::uuid, 0::int8 // '12345678-1234-1234-1234-123456789012'::uuid, null::bigint // 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, (-9223372036854775808)::int8 // '?', '?'
select @call@(@given@) as x;
--! let call = uuid_hash
--! let given = null::uuid // '00000000-0000-0000-0000-000000000000'::uuid // 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid // '12345678-1234-1234-1234-123456789012'::uuid // '?'
select @call@(@given@) as x;
--! let call = varbit
--! let given = null::bit varying, null::integer, null::boolean // b'0'::varbit, (-2147483648)::int4, false // b'11111111'::varbit, 2147483647, true // ''::varbit, 0, false // ''::varbit, null::integer, null::boolean // b'11111111'::varbit, (-2147483648)::int4, false // '?', '?', '?'
select @call@(@given@) as x;
--! let call = "varchar"
--! let given = null::character varying, null::integer, null::boolean // 'a%'::varchar, (-2147483648)::int4, false // 'zz'::varchar, 2147483647, true // ''::varchar, 0, false // ''::varchar, null::integer, null::boolean // 'zz'::varchar, (-2147483648)::int4, false // '?', '?', '?'
select @call@(@given@) as x;
--! let call = width_bucket
--! let given = null::double precision, null::double precision, null::double precision, null::integer // '-1.7e308'::float8, '-1.7e308'::float8, '-1.7e308'::float8, (-2147483648)::int4 // 'NaN'::float8, 'NaN'::float8, 'NaN'::float8, 2147483647 // '-0'::float8, '-0'::float8, '-0'::float8, 0 // '-0'::float8, null::double precision, null::double precision, null::integer // 'NaN'::float8, '-1.7e308'::float8, '-1.7e308'::float8, (-2147483648)::int4 // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = width_bucket
--! let given = null::numeric, null::numeric, null::numeric, null::integer // '-1e1000'::numeric, '-1e1000'::numeric, '-1e1000'::numeric, (-2147483648)::int4 // 'NaN'::numeric, 'NaN'::numeric, 'NaN'::numeric, 2147483647 // 0.0, 0.0, 0.0, 0 // 0.0, null::numeric, null::numeric, null::integer // 'NaN'::numeric, '-1e1000'::numeric, '-1e1000'::numeric, (-2147483648)::int4 // '?', '?', '?', '?'
select @call@(@given@) as x;
--! let call = xid8_larger // xid8_smaller // xid8cmp // xid8eq // xid8ge // xid8gt // xid8le // xid8lt // xid8ne
--! let given = null::xid8, null::xid8 // '0'::xid8, '0'::xid8 // '18446744073709551615'::xid8, '18446744073709551615'::xid8 // '5'::xid8, '5'::xid8 // '5'::xid8, null::xid8 // '18446744073709551615'::xid8, '0'::xid8 // '?', '?'
select @call@(@given@) as x;
--! let call = xideqint4 // xidneqint4
--! let given = null::xid, null::integer // '0'::xid, (-2147483648)::int4 // '4294967295'::xid, 2147483647 // '5'::xid, 0 // '5'::xid, null::integer // '4294967295'::xid, (-2147483648)::int4 // '?', '?'
select @call@(@given@) as x;
--! let call = xideq // xidneq
--! let given = null::xid, null::xid // '0'::xid, '0'::xid // '4294967295'::xid, '4294967295'::xid // '5'::xid, '5'::xid // '5'::xid, null::xid // '4294967295'::xid, '0'::xid // '?', '?'
select @call@(@given@) as x;
--! let call = xid
--! let given = null::xid8 // '0'::xid8 // '18446744073709551615'::xid8 // '5'::xid8 // '?'
select @call@(@given@) as x;

-- A type's own input and output functions stand in pg_proc; PostgreSQL lets them be called.
select textsend('a'), record_send(row(1));
select date_out('2000-01-01'), interval_out('1 day');
