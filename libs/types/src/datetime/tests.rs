//! Cases whose answers PostgreSQL gave.

use super::*;
use crate::formats::{DateFormat, DateOrder, Formats, IntervalFormat};
use crate::io::{InputContext, input, output};
use crate::{Datum, Oid, oid};

fn reread(type_oid: Oid, text: &str, formats: &Formats) -> Result<String, String> {
    let context = InputContext { formats, now: 646_315_200_000_000 };
    let datum: Datum = input(type_oid, text, -1, &context)
        .map_err(|error| format!("{} {}", error.sqlstate(), error.message()))?;
    let mut out = String::new();
    output(type_oid, &datum, formats, &mut out);
    Ok(out)
}

#[test]
fn input_forms() {
    let formats = Formats { time_zone: "America/New_York".to_owned(), ..Formats::default() };
    for (type_oid, text, expected) in [
        (oid::DATE, "1999-01-08", "1999-01-08"),
        (oid::DATE, "January 8, 1999", "1999-01-08"),
        (oid::DATE, "1/8/1999", "1999-01-08"),
        (oid::DATE, "01/02/03", "2003-01-02"),
        (oid::DATE, "1999-Jan-08", "1999-01-08"),
        (oid::DATE, "Jan-08-1999", "1999-01-08"),
        (oid::DATE, "08-Jan-99", "1999-01-08"),
        (oid::DATE, "19990108", "1999-01-08"),
        (oid::DATE, "990108", "1999-01-08"),
        (oid::DATE, "1999.008", "1999-01-08"),
        (oid::DATE, "J2451187", "1999-01-08"),
        (oid::DATE, "January 8, 99 BC", "0099-01-08 BC"),
        (oid::DATE, "epoch", "1970-01-01"),
        (oid::DATE, "-infinity", "-infinity"),
        (oid::DATE, "2020-02-29", "2020-02-29"),
        (oid::TIME, "04:05:06.789", "04:05:06.789"),
        (oid::TIME, "040506", "04:05:06"),
        (oid::TIME, "04:05 PM", "16:05:00"),
        (oid::TIME, "12:00 am", "00:00:00"),
        (oid::TIME, "24:00", "24:00:00"),
        (oid::TIMETZ, "04:05:06-08", "04:05:06-08"),
        (oid::TIMETZ, "04:05 PST", "04:05:00-08"),
        (oid::TIMESTAMP, "1999-01-08 04:05:06", "1999-01-08 04:05:06"),
        (oid::TIMESTAMP, "1999-01-08T04:05:06.5Z", "1999-01-08 04:05:06.5"),
        (oid::TIMESTAMP, "19990108T040506", "1999-01-08 04:05:06"),
        (oid::TIMESTAMP, "Fri Jan 08 04:05:06 1999", "1999-01-08 04:05:06"),
        (oid::TIMESTAMP, "infinity", "infinity"),
        (oid::TIMESTAMPTZ, "1999-07-08 04:05:06", "1999-07-08 04:05:06-04"),
        (oid::TIMESTAMPTZ, "1999-01-08 04:05:06+02:30", "1999-01-07 20:35:06-05"),
        (oid::TIMESTAMPTZ, "1999-01-08 04:05:06 Europe/Berlin", "1999-01-07 22:05:06-05"),
        (oid::TIMESTAMPTZ, "2021-03-14 02:30", "2021-03-14 03:30:00-04"),
        (oid::TIMESTAMPTZ, "2021-11-07 01:30", "2021-11-07 01:30:00-05"),
        (oid::INTERVAL, "1 year 2 months 3 days 04:05:06.7", "1 year 2 mons 3 days 04:05:06.7"),
        (oid::INTERVAL, "1.5 months", "1 mon 15 days"),
        (oid::INTERVAL, "P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"),
        (oid::INTERVAL, "1-2", "1 year 2 mons"),
        (oid::INTERVAL, "1 day ago", "-1 days"),
        (oid::INTERVAL, "-1 day 02:03", "-1 days +02:03:00"),
        (oid::INTERVAL, "3 4:05:06", "3 days 04:05:06"),
        (oid::INTERVAL, "90", "00:01:30"),
        (oid::INTERVAL, "2 weeks", "14 days"),
        (oid::INTERVAL, "1h30m", "01:30:00"),
        (oid::INTERVAL, "0", "00:00:00"),
    ] {
        assert_eq!(reread(type_oid, text, &formats).as_deref(), Ok(expected), "{text}");
    }
    for (type_oid, text, expected) in [
        (oid::DATE, "x", "22007 invalid input syntax for type date: \"x\""),
        (oid::DATE, "2021-02-30", "22008 date/time field value out of range: \"2021-02-30\""),
        (oid::DATE, "13/13/2021", "22008 date/time field value out of range: \"13/13/2021\""),
        (oid::TIME, "25:00", "22008 date/time field value out of range: \"25:00\""),
        (oid::TIMESTAMP, "", "22007 invalid input syntax for type timestamp: \"\""),
        (oid::TIMESTAMP, "294277-01-01", "22008 timestamp out of range: \"294277-01-01\""),
        (oid::INTERVAL, "1 foo", "22007 invalid input syntax for type interval: \"1 foo\""),
    ] {
        assert_eq!(reread(type_oid, text, &formats), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn styles() {
    let style = |date_format, date_order| Formats {
        date_format,
        date_order,
        time_zone: "America/New_York".to_owned(),
        ..Formats::default()
    };
    for (date_format, order, expected) in [
        (DateFormat::Iso, DateOrder::MonthDayYear, "1997-12-17 07:37:16-05"),
        (DateFormat::Sql, DateOrder::MonthDayYear, "12/17/1997 07:37:16 EST"),
        (DateFormat::Postgres, DateOrder::MonthDayYear, "Wed Dec 17 07:37:16 1997 EST"),
        (DateFormat::Postgres, DateOrder::DayMonthYear, "Wed 17 Dec 07:37:16 1997 EST"),
        (DateFormat::German, DateOrder::DayMonthYear, "17.12.1997 07:37:16 EST"),
    ] {
        let shown = reread(oid::TIMESTAMPTZ, "1997-12-17 07:37:16", &style(date_format, order));
        assert_eq!(shown.as_deref(), Ok(expected));
    }
    let text = "1 year 2 months -3 days 4:05:06";
    for (interval_format, expected) in [
        (IntervalFormat::Postgres, "1 year 2 mons -3 days +04:05:06"),
        (IntervalFormat::PostgresVerbose, "@ 1 year 2 mons -3 days 4 hours 5 mins 6 secs"),
        (IntervalFormat::SqlStandard, "+1-2 -3 +4:05:06"),
        (IntervalFormat::Iso8601, "P1Y2M-3DT4H5M6S"),
    ] {
        let interval = parse_interval(text, -1, IntervalFormat::Postgres).expect("an interval");
        let mut shown = String::new();
        format_interval(&interval, interval_format, &mut shown);
        assert_eq!(shown, expected);
    }
}

#[test]
fn every_day_survives_the_calendar() {
    for date in (MIN_DATE..MAX_DATE).step_by(99_991).chain(-1_000..1_000) {
        let (year, month, day) = date_fields(date);
        assert_eq!(date_from_fields(year, month, day), Some(date));
    }
    assert_eq!(parse::date(2000, 1, 1), 0);
    assert_eq!(date_fields(MIN_DATE), (-4713, 11, 24));
}

#[test]
fn arithmetic_and_fields() {
    let formats = Formats::default();
    let context = InputContext { formats: &formats, now: 0 };
    let moment = |text: &str| parse_timestamp(text, -1, &context).expect(text);
    let span = |text: &str| parse_interval(text, -1, IntervalFormat::Postgres).expect(text);
    let show = |interval: &crate::Interval| {
        let mut out = String::new();
        format_interval(interval, IntervalFormat::Postgres, &mut out);
        out
    };
    assert_eq!(
        timestamp_plus_interval(moment("2021-01-31"), &span("1 month")),
        Ok(moment("2021-02-28"))
    );
    let age = timestamp_age(moment("2001-04-10"), moment("1957-06-13")).expect("finite");
    assert_eq!(show(&age), "43 years 9 mons 27 days");
    let difference = timestamp_difference(moment("2001-09-29 03:00"), moment("2001-09-27 12:00"));
    assert_eq!(show(&difference.expect("finite")), "1 day 15:00:00");
    assert_eq!(show(&interval_mul(&span("1 month"), 1.5).expect("small")), "1 mon 15 days");
    assert_eq!(show(&interval_div(&span("1 hour"), 1.5).expect("small")), "00:40:00");
    assert_eq!(show(&justify_interval(&span("1 mon -1 hour")).expect("small")), "29 days 23:00:00");
    let at = moment("2001-02-16 20:38:40.12");
    for (field, expected) in [
        ("century", "21"),
        ("decade", "200"),
        ("dow", "5"),
        ("doy", "47"),
        ("epoch", "982355920.120000"),
        ("milliseconds", "40120.000"),
        ("second", "40.120000"),
        ("week", "7"),
        ("quarter", "1"),
    ] {
        let value = extract_timestamp(field, at).expect(field).expect("finite");
        assert_eq!(value.to_string(), expected, "{field}");
    }
    assert_eq!(truncate_timestamp("week", at), Ok(moment("2001-02-12")));
    assert_eq!(truncate_timestamp("century", at), Ok(moment("2001-01-01")));
    assert_eq!(
        bin_timestamp(&span("15 minutes"), at, moment("2001-01-01 00:02:30")),
        Ok(moment("2001-02-16 20:32:30"))
    );
    assert_eq!(extract_timestamp("foo", at).expect_err("unknown").sqlstate(), "22023");
}

#[test]
fn making_intervals_does_not_overflow() {
    for seconds in [1e300, -1e300, f64::NAN, f64::INFINITY] {
        assert!(make_interval(0, 0, 0, 0, i32::MAX, i32::MAX, seconds).is_err());
        assert!(make_interval(0, 0, 0, 0, i32::MIN, i32::MIN, seconds).is_err());
    }
}

#[test]
fn a_number_as_the_session_zone_is_hours_to_the_east() {
    for (setting, seconds) in [("-3", -10_800), ("5.5", 19_800), ("1e300", 0), ("nan", 0)] {
        let formats = Formats { time_zone: setting.into(), ..Formats::default() };
        assert_eq!(Zone::of(&formats).offset_at(0), seconds, "{setting}");
    }
}
