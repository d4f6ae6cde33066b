-- CASE, COALESCE, NULLIF, GREATEST, IN, BETWEEN, LIKE and three-valued logic.
--! let a = true // false // null
--! let b = true // false // null
select @a@ and @b@ as c, @a@ or @b@ as d, not @a@ as e, @a@ is @b@ as f;
select @a@ and @b@ as c, @a@ or @b@ as d, not @a@ as e, @a@ = @b@ as f, @a@ is distinct from @b@ as g;
select @a@ is true, @a@ is not true, @a@ is false, @a@ is not false, @a@ is unknown, @a@ is not unknown;
--! let v = 1 // 2 // null // '3' // 1.5
--! let w = 1 // null // 4 // 2.5
select coalesce(@v@, @w@), nullif(@v@, @w@), greatest(@v@, @w@), least(@v@, @w@);
select @v@ in (@w@, 2), @v@ not in (@w@, null), @v@ between @w@ and 3, @v@ between symmetric 3 and @w@;
select case @v@ when @w@ then 'same' when 2 then 'two' end, case when @v@ > @w@ then 1 else 1.5 end;
select (@v@, @w@) = (1, 2), (@v@, @w@) < (1, 5), row(@v@, @w@) is null, row(@v@, @w@) is not null;
select @v@ = any (array[1, 2]), @v@ <> all (array[1, @w@]), @v@ < some (array[3]);
--! let text = 'abc' // '' // null // 'a%c' // 'ABC' // 'a\c' // 'aéc'
--! let pattern = 'abc' // 'a%' // '_b_' // '%' // '' // 'a\%c' // '%\' // null // 'A%'
select @text@ like @pattern@ as a, @text@ not like @pattern@ as b, @text@ ilike @pattern@ as c;
select @text@ like @pattern@ escape '!' as a, @text@ ~~ @pattern@ as b, @text@ !~~* @pattern@ as c;
select @text@ similar to @pattern@ as a;
--! let regex = 'b' // '^a' // 'c$' // '[a-c]+' // '(a)(b)?' // '\d' // '(' // 'a{2,1}' // '[[:alpha:]]' // '(?i)B' // '\mabc\M' // null // '*'
select @text@ ~ @regex@ as a, @text@ ~* @regex@ as b, @text@ !~ @regex@ as c;
select regexp_replace(@text@, @regex@, 'X', 'g'), regexp_match(@text@, @regex@), regexp_count(@text@, @regex@);
select substring(@text@ from @regex@), regexp_split_to_array(@text@, @regex@), regexp_instr(@text@, @regex@), regexp_substr(@text@, @regex@);
select case when 1 then 2 end;
select case 1 when 'x' then 2 end;
select case when true then 1 else 'x' end;
select case when true then 1 else true end;
select coalesce();
select coalesce(1, 'x');
select greatest(1, true);
select 1 in ('a', 2);
select 1 between 'a' and 2;
select (1, 2) = (1, 2, 3);
select (1, 2) = (1, 'x');
select row() = row();
select 1 = any (1);
select 1 = any ('{1,2}');
select 'x' collate "C" < 'y', 'x' collate "nope";
select 1 collate "C";
select 'a' collate "C" < 'b' collate "POSIX";
select 1 is json, '{}' is json, '[1' is json object, '{"a":1,"a":2}' is json with unique keys;
select not 1;
select 1 and true;
select -'1', - 'x';
select - true;
select +1, + '1.5', @ -3, |/ 16, ||/ 27, !! 3;
select 1 !== 2;
select 2 - - 3, 2 * - 3 + 4, - 2 ^ 2, 2 ^ 3 ^ 2, 7 % 4 * 2, 1 + 2 || 'x', not true = false;
select 1 < 2 = true, 1 = 1 is true, 1 is null = false;
select 1 operator(pg_catalog.+) 2, 3 operator(+) 4;
select array[1,2][1], (array[1,2])[2], ('{1,2}'::int[])[3], (array[[1,2],[3,4]])[2][1], (array[1,2,3])[2:], (array[1,2,3])[:2];
select (row(1, 'x')).f1, (row(1, 'x')).f3;
select current_user = session_user, current_catalog, current_schema, user, current_role;
select current_date = now()::date, localtimestamp = current_timestamp::timestamp, current_time is null;
