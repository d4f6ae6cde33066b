-- json and jsonb: operators, functions, paths, subscripts, and what they refuse.
--! let document = {"a": 1, "b": [1, 2, {"c": null}], "d": "x"} // [1, "two", null, [3], {"e": true}] // "str" // 12.50 // null // true // {} // [] // {"a":1,"a":2} // {"a": {"b": {"c": 7}}} // 1e2 // { // [1,] // "\u0041\u00e9" // "\ud800" //  // 'x'
--! let type = json // jsonb
select '@document@'::@type@ as x;
select @type@_typeof('@document@') as x;
select '@document@'::@type@ -> 'a' as a, '@document@'::@type@ ->> 'b' as b, '@document@'::@type@ -> 1 as c, '@document@'::@type@ ->> -1 as d;
select '@document@'::@type@ #> '{b,2}' as a, '@document@'::@type@ #>> '{a,b,c}' as b, '@document@'::@type@ #> '{}' as c;
select @type@_array_length('@document@') as x;
select * from @type@_each('@document@');
select * from @type@_each_text('@document@');
select @type@_object_keys('@document@') as x;
select @type@_array_elements('@document@') as x;
select @type@_array_elements_text('@document@') as x;
select @type@_strip_nulls('@document@') as x;
select @type@_extract_path('@document@', 'b', '0') as x, @type@_extract_path_text('@document@', 'a', 'b') as y;
select jsonb_pretty('@document@') as x;
--! let other = {"a": 1} // [1] // 1 // {} // "x" // {"d": "y", "z": 0}
select '@document@'::jsonb @> '@other@' as a, '@document@'::jsonb <@ '@other@' as b, '@document@'::jsonb = '@other@' as c, '@document@'::jsonb < '@other@' as d;
select '@document@'::jsonb || '@other@' as x;
--! let key = 'a' // 0 // -1 // 5 // array['a', 'b'] // null
select '@document@'::jsonb - @key@ as x;
select '@document@'::jsonb ? 'a' as a, '@document@'::jsonb ?| array['a', 'x'] as b, '@document@'::jsonb ?& array['a', 'd'] as c;
--! let path = {a} // {b,0} // {b,-1} // {z,z} // {} // {b,x} // {a,b,c}
select jsonb_set('@document@', '@path@', '"new"') as x, jsonb_set('@document@', '@path@', '9', false) as y;
select jsonb_insert('@document@', '@path@', '"new"') as x;
select '@document@'::jsonb #- '@path@' as x;
--! let jsonpath = $ // $.a // $.b[*] // $.b[0 to 1] // $.* // $.** // strict $.z // lax $.z // $.b[last] // $ ? (@.a == 1) // $.b[*] ? (@ > 1) // $.a.type() // $.b.size() // $.a + 1 // -$.a // $.d like_regex "^x" // exists($.a) // $.b[*].c // $.d starts with "x" // $.keyvalue() // $[*].e // $.a.double() // $.nope.abs() // $x // $. // $.b[1.5]
select jsonb_path_query('@document@', '@jsonpath@') as x;
select jsonb_path_exists('@document@', '@jsonpath@') as x, jsonb_path_query_first('@document@', '@jsonpath@') as y;
select '@document@'::jsonb @? '@jsonpath@' as x, '@document@'::jsonb @@ '@jsonpath@' as y;
select '@jsonpath@'::jsonpath as x;
select jsonb_path_query_array('{"a":[1,2,3]}', '$.a[*] ? (@ > $min)', '{"min": 1}');
select jsonb_path_query('[1]', 'strict $.a', silent => true);
select jsonb_path_match('{"a":1}', '$.a == 1'), jsonb_path_match('{"a":1}', '$.a');
--! let value = 1 // 'x'::text // null // true // 1.50 // array[1,2] // row(1, 'x') // date '2024-01-01' // timestamptz '2024-01-01 00:00+00' // '{"a":1}'::jsonb // '{"a": 1}'::json // 'NaN'::float8 // '\x00'::bytea // interval '1 day' // array[[1],[2]] // 'x'
select to_json(@value@) as x;
select to_jsonb(@value@) as x;
select json_build_array(@value@, null), jsonb_build_object('k', @value@);
select json_build_object('a'), jsonb_build_object(null, 1);
select jsonb_build_object(null, 1);
select json_build_object(1, 2, 'x', array[1]), jsonb_build_array(), json_build_object();
select json_object('{a,1,b,2}'), json_object('{a,b}', '{1,2}'), jsonb_object('{{a,1},{b,2}}');
select json_object('{a}');
select row_to_json(row(1, 'x')), row_to_json(t), row_to_json(t, true) from (select 1 as a, 'b' as b) t;
select array_to_json(array[1, 2]), array_to_json(array[[1], [2]], true);
select * from json_to_record('{"a":1,"b":"x","c":[1]}') as r (a int, b text, c int[], d date);
select * from jsonb_to_recordset('[{"a":1},{"a":"2","b":true}]') as r (a int, b boolean);
select * from json_to_record('{"a":"x"}') as r (a int);
select * from json_to_record('[]') as r (a int);
create type pair as (a int, b text);
select * from jsonb_populate_record(null::pair, '{"a":1,"b":"x","c":3}');
select * from jsonb_populate_recordset(row(7, 'd')::pair, '[{"a":1},{"b":"y"},{}]');
select jsonb_populate_record(null::pair, '{"a":"no"}');
create table j (id int primary key, d jsonb, o json);
insert into j values (1, '{"a":{"b":[10,20]},"k":"v"}', '{"z" : 1}'), (2, '[1,2]', null), (3, null, '[ ]');
select d['a']['b'][1], d['k'], d[0], d['nope']['x'] from j order by id;
select o['z'] from j;
update j set d['a']['c'] = '"new"' where id = 1 returning d;
update j set d['x'][2] = '5' where id = 3 returning d;
update j set d[5] = '9' where id = 2 returning d;
update j set d['k'] = 'bad json' where id = 1;
select id from j where d @> '{"k":"v"}' order by id;
select d ->> 'k' || '!', (d -> 'a') is null, d -> 'a' -> 'b' -> 0 from j order by id;
select (d -> 'a' ->> 'c')::text, (d ->> 'k')::int from j where id = 1;
select '5'::jsonb::int, 'true'::jsonb::bool, '1.7'::jsonb::int, '"x"'::jsonb::int;
select 'null'::jsonb::int, '[1]'::jsonb::int;
select jsonb '{"a":1}' -> 'a' = '1', json '{"a":1}' = json '{"a":1}';
select distinct json '1';
select jsonb_set_lax('{"a":1}', '{a}', null), jsonb_set_lax('{"a":1}', '{a}', null, true, 'delete_key'), jsonb_set_lax('{"a":1}', '{a}', null, true, 'raise_exception');
select max(id) from j group by d order by 1;
select d from j order by d;
select json_array(1, 2, null), json_array(1, null null on null), json_object('a': 1, 'b': null absent on null), json_arrayagg(id order by id), json_objectagg(id: id) from j;
select json_array(select id from j order by id), json_object('a' value 1), json_array();
select '{"a":1}' is json, '{"a":1}' is json object, '[1]' is json array, '1' is json scalar, 'x' is not json, null is json;
select '"\u0000"'::jsonb;
select '"\u0000"'::json ->> 0;
select jsonb '"a\tb\"c\\"' #>> '{}', jsonb '"\u00e9\ud83d\ude00"';
select repeat('[', 20)::jsonb;
