-- Sums and differences of dates, times and intervals, and their parts.
--! let moment = date '2024-02-29' // timestamp '2024-01-31 23:59:59.5' // timestamptz '1999-12-31 12:00+00' // date 'infinity' // timestamp '-infinity' // time '23:30' // timetz '01:00+02' // interval '13 months 40 days 25:00' // date '0044-03-15 BC' // null::timestamp
--! let field = century // day // decade // dow // doy // epoch // hour // isodow // isoyear // julian // microseconds // millennium // milliseconds // minute // month // quarter // second // week // year // timezone // nope
select extract(@field@ from @moment@) as x;
select date_part('@field@', @moment@) as x;
select date_trunc('@field@', @moment@) as x;
--! let step = interval '1 month' // interval '-1 day' // interval '1:30' // 1 // 1.5 // date '2024-01-01' // time '12:00' // timestamp '2000-01-01' // timestamptz '2000-01-01+00' // '1 day' // null
--! let operator = + // - // < // =
select @moment@ @operator@ @step@ as x;
--! let pair = timestamp '2024-02-29', timestamp '2023-01-31' // timestamp '2001-04-10', timestamp '1957-06-13' // timestamp '2023-01-31', timestamp '2024-02-29' // timestamptz '2024-03-31 12:00+00', timestamptz '2024-02-29 13:00+00' // date '2024-01-01', date '2023-12-31' // timestamp 'infinity', timestamp '2000-01-01'
select age(@pair@) as x;
select age(timestamp '2000-01-01') is null, justify_days(interval '65 days'), justify_hours(interval '50 hours'), justify_interval(interval '1 mon -1 hour');
select interval '1 day' * 1.5, interval '1 month' / 3, 2 * interval '1:30', interval '1 day' / 0, - interval '1 day 2 hours';
select interval '1 day' * 1e20;
select make_date(2024, 2, 29), make_date(-44, 3, 15), make_time(8, 15, 23.5), make_timestamp(2024, 2, 29, 1, 2, 3.5), make_timestamptz(2024, 2, 29, 1, 2, 3.5, 'Asia/Tokyo');
select make_date(2024, 2, 30);
select make_date(0, 1, 1);
select make_time(25, 0, 0);
select make_timestamp(2024, 1, 1, 0, 0, 60.5);
select make_interval(1, 2, 3, 4, 5, 6, 7.5), make_interval(days => 10), make_interval(secs => 1e15);
select isfinite(date 'infinity'), isfinite(timestamp '2000-01-01'), isfinite(interval '1 day');
select date_bin('15 minutes', timestamp '2024-02-29 12:37:00', timestamp '2024-01-01'), date_bin('1 month', timestamp '2024-02-29', timestamp '2024-01-01');
select date_bin('0 s', timestamp '2024-02-29', timestamp '2024-01-01');
select date '2024-03-01' - date '2024-02-01', date '2024-03-01' - 5, date '2024-03-01' + time '10:00', date '2024-03-01' + timetz '10:00+02', time '10:00' - time '12:00', time '23:00' + interval '2 hours';
select (date '2024-01-01', interval '1 month') overlaps (date '2024-01-31', date '2024-02-01'), (time '1:00', time '2:00') overlaps (time '2:00', time '3:00');
select timestamp '294276-12-31' + interval '1 year';
select date '5874897-12-31' + 1;
select timestamp '2024-01-31' + interval '1 month', timestamp '2024-03-31' - interval '1 month', timestamp '2024-02-29' + interval '1 year', date '2024-01-31' + interval '1 month 1 day';
select interval '1 month' = interval '30 days', interval '1 day' = interval '24 hours', interval '1 year' > interval '364 days';
select generate_series(date '2024-01-30', date '2024-04-01', interval '1 month') as x;
select generate_series(timestamp '2024-01-01', timestamp '2024-01-01 02:00', interval '1 hour') as x;
select generate_series(timestamp '2024-01-01', timestamp '2024-01-02', interval '0');
select current_timestamp(3) is not null, current_time(0) is not null, localtime(2) is not null, now() = transaction_timestamp(), statement_timestamp() <= clock_timestamp(), timeofday() is not null;
select extract(epoch from interval '1 month'), extract(epoch from timestamp '1970-01-02'), extract(epoch from date '1970-01-02'), extract(epoch from timestamptz '2000-01-01+00');
select timestamp '2024-02-29 12:34:56.789'::timestamp(1), timestamp '2024-02-29 23:59:59.99'::time(0), '2024-02-29 12:34:56.789'::timestamptz::date, time '12:34:56'::interval, interval '36:00'::time;
select min(d), max(d), count(distinct d) from (values (date '2024-01-01'), ('infinity'), (null)) v(d);
select sum(i), avg(i), min(i), max(i) from (values (interval '1 day'), ('25:00'), (null)) v(i);
