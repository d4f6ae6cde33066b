-- Text that is a date, a time or an interval, and text that is none.
--! let text = 2024-02-29 // 2023-02-29 // 2024-2-3 // 20240203 // Jan 8, 1999 // 8 January 1999 // 1/8/1999 // 1999.008 // J2451187 // 99-01-08 // January 8, 99 BC // 0001-01-01 BC // 5874897-12-31 // 5874898-01-01 // 294276-12-31 23:59:59.999999 // 294277-01-01 // infinity // -infinity // epoch // allballs // 2024-02-30 // 2024-13-01 // 0000-01-01 // x // 12:30 // 24:00 // 24:00:01 // 12:60 // 04:05:06.789 // 040506 // 4:05 PM // 13:00 AM // 04:05:06+02 // 04:05:06 America/New_York // 2024-03-10 02:30 America/New_York // 2024-01-01 12:00:00.1234567 // 2024-01-01T12:00:00Z // 2024-01-01 12:00:00+05:30 // 2024-01-01 12:00:00 PST // 2024-01-01 12:00:00 Nowhere/Land // 2024-06-15 23:59:60 // yesterday x // Mon Jan 01 2024 // 
--! let type = date // time // timetz // timestamp // timestamptz // timestamp(2) // time(0)
select '@text@'::@type@ as x;
--! let interval = 1 day // 1 // 1:30 // 1-2 // 1 year 2 mons 3 days 4 hours 5 minutes 6.789 seconds // -1 day +2:03 // P1Y2M3DT4H5M6S // P1W // PT-1.5H // P0001-02-03T04:05:06 // 1.5 days // 1.5 months // 1 century // 1 millennium ago // 3 weeks ago // 1 fortnight // x // 1 day 1 day // 9999999999 years // 2147483647 months // infinity // @ 1 minute // 1 h 2 m 3 s // 0.1 us // 
select '@interval@'::interval as x;
select '@interval@'::interval(2) as x, '@interval@'::interval day to hour, '@interval@'::interval year;
--! let style = postgres // postgres_verbose // sql_standard // iso_8601
set intervalstyle = @style@;
set intervalstyle = postgres_verbose;
select interval '1 year -2 mons +3 days -04:05:06.7', interval '0', interval '-1 day', interval '1:00' as x;
set intervalstyle = sql_standard;
select interval '1 year -2 mons +3 days -04:05:06.7', interval '0', interval '-1 day', interval '1-2 3 4:05:06' as x;
set intervalstyle = iso_8601;
select interval '1 year -2 mons +3 days -04:05:06.7', interval '0', interval '-1 day', interval '1.5 seconds' as x;
set intervalstyle = postgres;
select interval '1 year -2 mons +3 days -04:05:06.7', interval '0', interval '-1 day', interval '-0.1 s' as x;
--! let datestyle = ISO, DMY // SQL, DMY // SQL, MDY // German // Postgres, DMY // Postgres, MDY // ISO, YMD // nope // ISO, SQL
set datestyle = '@datestyle@';
set datestyle = 'SQL, DMY';
select date '02/03/2024', timestamp '2024-03-02 10:11:12.5', timestamptz '2024-03-02 10:11:12+00', '13/14/2024'::date;
select date '02/03/2024', timestamp '2024-03-02 10:11:12.5', timestamptz '2024-03-02 10:11:12+00';
set datestyle = 'German';
select date '02.03.2024', timestamp '2024-03-02 10:11:12.5', timestamptz '2024-03-02 10:11:12+00', timestamp '0044-03-15 BC';
set datestyle = 'Postgres, MDY';
select date '02-03-2024', timestamp '2024-03-02 10:11:12.5', timestamptz '2024-03-02 10:11:12+00', timestamp '0044-03-15 BC';
set datestyle = 'ISO, MDY';
--! let zone = UTC // America/New_York // Asia/Kolkata // +3 // -05:30 // EST5EDT // Europe/Berlin // nope // PST8PDT // GMT+5
set timezone = '@zone@';
select timestamptz '2024-07-01 12:00+00', timestamp '2024-03-31 02:30'::timestamptz, timestamptz '1883-11-18 12:00+00', '12:00'::timetz is null;
set timezone = 'America/New_York';
select timestamptz '2024-03-10 02:30', timestamptz '2024-11-03 01:30', timestamptz '2024-03-10 01:59:59' + interval '1 s', timestamptz '2024-03-09 12:00' + interval '1 day', timestamptz '2024-03-09 12:00' + interval '24 hours';
select timestamp '2024-07-01 12:00' at time zone 'Asia/Tokyo', timestamptz '2024-07-01 12:00+00' at time zone 'Asia/Tokyo', timetz '12:00+00' at time zone 'Asia/Tokyo', timestamp '2024-07-01' at time zone interval '-3 hours';
select date_trunc('day', timestamptz '2024-03-10 12:00-04'), date_trunc('hour', timestamptz '2024-11-03 01:30-05'), date_trunc('day', timestamptz '2024-03-10 12:00+00', 'Europe/Berlin');
select extract(timezone from timestamptz '2024-07-01'), extract(timezone_hour from timestamptz '2024-01-01'), extract(timezone from timestamp '2024-01-01');
set timezone = 'UTC';
--! let withzone = 2000-01-01+05 // 2000-01-01 +05 // 2000-01-01-05 // jan 1 2000 +05 // jan 1 2000 -05 // 20000101+05 // 2000-01-01 EST // 2000-01-01 12:00 PDT // 2000-01-01 Europe/Paris
select timestamptz '@withzone@', timestamp '@withzone@';
--! let twice = 1 day 1 day // 1 day 1 d // 1:00 1 hour // 1 week 1 day // 1 s 1 ms // 1.5 s 1 ms // 1 year 1 month 1 year // 1 decade 1 year // 1:00 1:00
select interval '@twice@';
