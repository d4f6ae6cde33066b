-- Text that is and is not a value of a type.
--! let number = int2 // int4 // int8 // float4 // float8 // numeric // money // oid
--! let text = 0 // -1 //  12  // 007 // 1.5 // 1e3 // -0 // 32768 // 2147483648 // 9223372036854775808 // 1e400 // 1e-400 // NaN // infinity // -Infinity // 0x1F // 0b101 // 0o17 // 1_000 // 1__0 // abc // 1a // + // . // .5 // 5. // $1,234.56
select '@text@'::@number@ as x;
--! let word = t // f // TRUE // no // on // of // 1 // 0 // 2 // yes // y // tru // maybe //  true  // o
select '@word@'::bool as x;
--! let hex = \x // \x00ff // \x0 // \xzz // abc // a\\b // \001 // \400 // \xDE AD // \x d
select '@hex@'::bytea as x;
--! let uuid = 550e8400-e29b-41d4-a716-446655440000 // {550e8400-e29b-41d4-a716-446655440000} // 550E8400E29B41D4A716446655440000 // 550e-8400-e29b-41d4-a716-4466-5544-0000 // 550e8400 // zz0e8400-e29b-41d4-a716-446655440000
select '@uuid@'::uuid as x;
--! let net = 10.1.2.3 // 10.1.2.3/8 // 10.0.0.0/8 // 10 // 10.1 // ::1 // 2001:db8::/32 // 1.2.3.4/33 // 256.0.0.1 // ::ffff:1.2.3.4 // fe80::1/64 // x
--! let nettype = inet // cidr
select '@net@'::@nettype@ as x;
--! let mac = 08:00:2b:01:02:03 // 08-00-2b-01-02-03 // 08002b:010203 // 0800.2b01.0203 // 08002b010203 // 08:00:2b:01:02 // xx
--! let mactype = macaddr // macaddr8
select '@mac@'::@mactype@ as x;
--! let bits = 101 // 1 // B101 // X1F // 102 // 0000 // xFF
--! let bittype = bit // bit(3) // bit(5) // varbit // varbit(2)
select '@bits@'::@bittype@ as x;
--! let chars = abc // abcdef //  a  // é // ééé
--! let chartype = char // char(2) // varchar(2) // varchar // name // "char" // text
select '@chars@'::@chartype@ as x, length('@chars@'::@chartype@::text) as n;
select cast('abcdef' as char(2)), 'ab  '::char(4) || 'x', 'ab'::char(4) = 'ab  '::char(6);
select '16/B374D848'::pg_lsn, '0/0'::pg_lsn, 'G/0'::pg_lsn;
select '16/B374D848'::pg_lsn - '16/B374D840'::pg_lsn;
select '12'::xid8, '-1'::xid8;
select 'x'::xid8;
select '12:13:14'::txid_snapshot;
select '(1,2)'::point;
select pg_typeof(1), pg_typeof(1.5), pg_typeof('x'), pg_typeof(null), pg_typeof(3000000000), pg_typeof(1e10), pg_typeof(99999999999999999999);
--! let literal = 1 // 1.0 // 1e2 // .5 // 5. // 0x1F // 0b11 // 0o17 // 1_000 // 0x // 0b2 // 1_ // 100a // 2147483647 // 2147483648 // 9223372036854775808 // -9223372036854775808 // b'101' // x'1f' // e'a\tb' // u&'\0061' // u&'d!0061t' uescape '!' // $$x$$ // $a$x$$y$a$ // date '2024-01-01' // interval '1' day // time '1:02' // n'x' // 'a' 'b' // true // null
select @literal@ as x, pg_typeof(@literal@);
select 'a'
'b';
