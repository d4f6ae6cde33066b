-- to_char, to_number, to_date and to_timestamp.
--! let number = 0 // 1234.567 // -1234.567 // 0.05 // 'NaN'::numeric // 123456789 // -7 // null::numeric
--! let template = 9999 // 0000.00 // FM9999.99 // S9999 // 9999MI // 9999PR // $9,999.99 // L999 // 9G999D99 // 99th // FM999TH // RN // FMRN // 9.99EEEE // 9V99 // "x"999"y" // B999 // SG999 // PL999 // . // 
select to_char(@number@, '@template@') as x;
select to_char(@number@::float8, '@template@') as x;
--! let intnumber = 0 // 5 // -5 // 485 // 3999 // 12345678
select to_char(@intnumber@, '@template@') as x;
--! let moment = timestamp '2024-02-29 13:04:05.678901' // timestamp '0001-01-01 BC' // timestamp 'infinity' // timestamptz '1999-12-31 23:59:59+00' // interval '1 year 2 mons 3 days 04:05:06.7' // date '2000-01-01' // null::timestamp
--! let pattern = YYYY-MM-DD HH24:MI:SS // Month Mon MONTH mon // Day Dy DAY d D ID // DDD DD J Q WW IW W CC // HH12 HH AM pm A.M. // MS US FF1 FF3 FF6 // FMMonth FMDD, YYYY // YYY YY Y Y,YYY IYYY IY // DDth DDTH // TZ tz OF TZH:TZM // RM rm SSSS SSSSS // "quoted" YYYY // BC AD B.C. // TMMonth TMDay // YYYYMMDDHH24MISS // 
select to_char(@moment@, '@pattern@') as x;
--! let text = 12,454.8- // 1234 // -12.5 // $12 // <5> // abc // XIV // 1,234,567.89 //  42
--! let numtemplate = 99G999D9S // 9999 // S99.9 // L99 // 99PR // 9,999,999.99 // 
select to_number('@text@', '@numtemplate@') as x;
--! let datetext = 2024-02-29 // 05 Dec 2000 // 20240115 // 2024-13-01 // 2023-02-29 // 1/2/03 // March 3, 2021 // x // 2024 366
--! let datetemplate = YYYY-MM-DD // DD Mon YYYY // YYYYMMDD // MM/DD/YY // Month DD, YYYY // YYYY DDD // IYYY-IW-ID // YYYY
select to_date('@datetext@', '@datetemplate@') as x;
select to_timestamp('2024-02-29 13:04:05.678', 'YYYY-MM-DD HH24:MI:SS.MS'), to_timestamp('01:02 PM', 'HH12:MI AM'), to_timestamp(0), to_timestamp(1e9), to_timestamp('Infinity'::float8);
select to_timestamp('13:00', 'HH12:MI');
select to_timestamp('2024', 'YYYY HH24'), to_timestamp('', ''), to_timestamp('2024-01-01 +02', 'YYYY-MM-DD TZH');
