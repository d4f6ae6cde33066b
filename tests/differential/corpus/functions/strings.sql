-- Functions of strings on ordinary, empty, extreme and missing arguments.
--! let s = 'Hello World' // '' // null // 'äöü ß' // '  pad  ' // 'a''b"c' // 'x'::char(3) // 'v'::varchar // 'n'::name
--! let one = upper // lower // initcap // length // char_length // octet_length // bit_length // reverse // btrim // ltrim // rtrim // md5 // ascii // quote_ident // quote_literal // quote_nullable // to_hex // chr // sha256 // hashtext // pg_column_size // bit_count // unistr // normalize // parse_ident // to_regclass // casefold // text // cardinality // string_to_array // starts_with
select @one@(@s@) as x;
--! let n = 0 // 1 // 3 // -2 // 100 // null // 2147483647
select left(@s@, @n@), right(@s@, @n@);
select substr(@s@, @n@), substring(@s@ from @n@);
--! let m = 0 // 2 // -1 // null
select substr(@s@, @n@, @m@) as x;
select overlay(@s@ placing 'XY' from @m@) as x;
select split_part(@s@, 'o', @m@), split_part(@s@, '', @m@);
--! let k = 0 // 1 // 3 // -2 // 12 // null
select lpad(@s@, @k@), rpad(@s@, @k@, 'xy'), lpad(@s@, @k@, '');
select repeat(@s@, @k@) as x;
select position('l' in @s@), strpos(@s@, ''), strpos(@s@, 'World');
select translate(@s@, 'lo', 'x'), replace(@s@, 'o', '00'), replace(@s@, '', 'x');
select trim(both 'H' from @s@), trim(leading from @s@), trim(trailing 'dl' from @s@), trim(@s@, 'x');
select concat(@s@, 1, null, true), concat_ws(',', @s@, null, 'z'), concat_ws(null, @s@);
select string_to_array(@s@, 'o'), string_to_array(@s@, null), string_to_array(@s@, ''), string_to_array(@s@, 'o', 'Hell');
select regexp_split_to_array(@s@, '\s+'), regexp_matches(@s@, '(.)(l+)', 'g');
select encode(convert_to(@s@, 'UTF8'), 'hex'), encode(@s@::text::bytea, 'base64'), encode(@s@::text::bytea, 'escape');
select @s@ || 'x', @s@ || 1, @s@ ^@ 'H', starts_with(@s@, 'He');
select to_ascii(@s@);
--! let f = '%s' // '%I' // '%L' // '%%' // '%s %s' // '%2$s' // '%1$L %1$I' // '%10s|' // '%-10s|' // '%*s' // '%x' // '%' // '%0$s' // null
select format(@f@, 'a b') as x;
select format(@f@, null, 5) as x;
select format(@f@) as x;
select format('%s %s', variadic array['x', 'y']), format('%s', variadic null::text[]), concat(variadic array[1,2]);
--! let code = 0 // 65 // 233 // 8364 // 1114111 // 1114112 // -1 // 55296 // null
select chr(@code@) as x;
--! let enc = 'hex' // 'base64' // 'escape' // 'nope'
--! let data = '' // 'aGk=' // '6869' // 'zz' // 'a\\134b' // 'aGk' // 'a b'
select decode(@data@, @enc@) as x;
select get_byte('\x010203', 1), get_byte('\x01', 5), get_bit('\x05', 2), set_byte('\x0102', 0, 255), set_bit('\x00', 3, 1);
select sha224('abc'), sha384('abc'), sha512('abc'), crc32('abc');
select convert_from('\xe9', 'LATIN1'), convert_from('\xff', 'UTF8'), convert('\x61', 'UTF8', 'LATIN1');
select levenshtein('a', 'b');
select no_such_function(1, 'x');
select upper();
select upper(1);
select upper('a', 'b');
select length(array[1]);
select substring('foobar' similar 'f#"o_b#"%' escape '#'), substring('abc' for 2), substring('abc', 'b.');
select normalize('a', NFC), 'a' is normalized, 'a' is nfd normalized, normalize('a', XYZ);
select string_agg(x, ','), string_agg(x, null), string_agg(x, x order by x desc) from (values ('a'), ('b'), (null)) v(x);
select 'abc' < 'abd', 'a' < 'B', 'é' > 'z', '' < ' ', 'a ' = 'a', 'a '::char(2) = 'a';
select lower('ÄÉ'), upper('äé'), initcap('hello wORLD-foo bar_baz'), initcap('o''neil 3rd');
