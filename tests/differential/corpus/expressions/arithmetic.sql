-- Operators between values of different types: which operator is chosen, and what it says when there is none.
--! let left = 1 // 1::int2 // 1::int8 // 1.5 // 1.5::float4 // '1' // 'x'::text // true // date '2024-02-29' // interval '1 day' // array[1,2] // '{"a":1}'::jsonb // null
--! let right = 2 // 2::int8 // 2.5 // 2.5::float8 // '2' // 'y'::varchar // false // timestamp '2024-03-01 10:00' // interval '2 hours' // array[2,3] // '{"b":2}'::jsonb // null
--! let operator = + // - // * // / // || // = // < // <>
select @left@ @operator@ @right@ as x;
