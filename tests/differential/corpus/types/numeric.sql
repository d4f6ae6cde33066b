-- Precision, scale, rounding and the special values of numeric.
--! let value = 0 // 1.005 // -1.005 // 2.5 // -2.5 // 123.456 // 99.995 // 0.001 // 1e10 // 'NaN' // 'Infinity' // '-Infinity' // null
--! let type = numeric(5,2) // numeric(3) // numeric(2,-1) // numeric(3,5) // numeric // int4 // int2 // float4
select @value@::numeric::@type@ as x;
select 1::numeric(0), 1::numeric(1001);
select 1::numeric(5,2000);
select 1::numeric(-1);
--! let function = abs // ceil // floor // round // trunc // sign // sqrt // exp // ln // log // scale // min_scale // trim_scale
select @function@(@value@::numeric) as x;
--! let float = 0 // 1.5 // 2.5 // -2.5 // 1e300 // 1e-300 // 'NaN' // 'Infinity' // '-Infinity' // null // -1
--! let ffunction = abs // ceil // floor // round // trunc // sign // sqrt // cbrt // exp // ln // log // sin // cos // tan // asin // acos // atan // sinh // cosh // tanh // asinh // acosh // atanh // degrees // radians // cot // sind // cosd // tand
select @ffunction@(@float@::float8) as x;
--! let op = + // - // * // / // % // ^ // = // < // <=> // <>
--! let a = 0 // 7 // -7 // 2.50 // 'NaN' // 'Infinity'
--! let b = 0 // 2 // -0.3 // 'NaN' // '-Infinity' // null
select @a@::numeric @op@ @b@::numeric as x;
select @a@::float8 @op@ @b@::float8 as x;
select div(@a@::numeric, @b@::numeric), mod(@a@::numeric, @b@::numeric), power(@a@::numeric, @b@::numeric);
select round(@value@::numeric, 1), trunc(@value@::numeric, -1);
--! let i = -32768::int2 // 32767::int2 // 2147483647 // (-2147483648)::int4 // 9223372036854775807 // 1::int2 // 0 // 5 // null::int4
--! let j = 1 // -1 // 0 // 2::int2 // 3::int8
--! let iop = + // - // * // / // % // & // | // # // << // >>
select (@i@) @iop@ (@j@) as x;
select abs(@i@), -(@i@), ~(@i@), @ (@i@);
select gcd(@i@, @j@), lcm(@i@, @j@);
select factorial(0), factorial(20), factorial(-1);
select width_bucket(5.3, 0, 10, 5), width_bucket(-1, 0, 10, 5), width_bucket(10, 0, 10, 5), width_bucket(array[1,3,5], 4);
select 1.0 / 3, 10.0 / 3.00, 1e-20 / 3, 2 ^ 0.5, 2.0 ^ -1, 10 ^ 400.0;
select 1::float4 / 3, 1::float8 / 3, 0.1::float4 + 0.2::float8, 1e39::float4;
select sum(x), avg(x), min(x), max(x) from (values (1.10), (2.2), (null)) v(x);
select to_hex(255), to_hex(-1), to_hex(9223372036854775807);
