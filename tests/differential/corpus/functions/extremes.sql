-- Arguments at the ends of what functions take: lengths that nothing can hold, positions outside, numbers that overflow.
select length(repeat('x', 2000000000));
select length(repeat('ä', 1000000000));
select length(lpad('', 2000000000, 'ab'));
select length(rpad('x', 2147483647, 'ab'));
select array_fill(1, array[100000000, 2]);
select array_fill(1, array[-1]);
select trim_array('[2:3]={1,2}'::int[], 1);
select length(overlay('abc' placing repeat('x', 100) from 2147483647));
select overlay('abc' placing 'x' from 2 for -1), overlay('abc' placing 'x' from 0);
select substr('abc', 2147483647, 2147483647), substr('abc', -2147483648, 2147483647);
select left('abc', 2147483647), right('abc', 2147483647), repeat('x', -5), lpad('x', -1), rpad('', 5, '');
select split_part('a,b', ',', 0);
--! let code = 0 // 1114112 // -1 // 55296 // null
select chr(@code@);
select ascii(''), initcap(null), strpos('', ''), position('' in 'x'), to_hex(-1), to_hex((-9223372036854775808)::int8);
--! let template = %s % // %1$s %s // %0$s // %I // %*s // %2147483648s
select format('@template@', 'x', null);
select string_to_array('', ''), string_to_array('abc', null), array_to_string(array[1,null], ',', null);
--! let identifier = a.b. // "a // a..b // "" // 1a
select parse_ident('@identifier@');
select set_bit('\x00'::bytea, 8, 1);
select get_bit('\x00'::bytea, 9223372036854775807);
select decode('a b', 'hex');
select decode('ab cd', 'hex');
select trim_scale('NaN'), scale('Infinity'), min_scale(null);
select width_bucket(2.0, 1, 2, 2147483647);
--! let number = 10, 200000 // 0, -1 // -1, 0.5 // 0, 0 // 'NaN', 0
select power(@number@);
select exp(100000::numeric);
select factorial(100000);
select round(1e100, -2147483648);
select regexp_count('a', 'a', 0), regexp_instr('a', 'a', 1, 0);
select generate_series(1, 10, 0);
select 't'::text || true, 1 || 'x', true || 'y'::varchar;
--! let float = 0.15::float8 // 1e300::float8 // 0.15::float4 // 123456789012.345::float8 // 'NaN'::float8 // '-0.04'::float8
--! let template = 9.9 // 0.00 // 999999999999999.999 // FM9.99 // 9.99EEEE // S9 // 99PR
select to_char(@float@, '@template@');
--! let value = 1e50 // 1e-50 // 3.4e38 // 1e39::numeric // 1e50::float8 // '1e50' // 'NaN'::numeric
select (@value@)::real;
