//! Dates, times and intervals. Functions are named as `pg_proc.prosrc`; the arithmetic is the types' own.

use types::datetime::{self, Zone};
use types::numeric::Numeric;
use types::{Datum, Interval, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{
    date, float8, int4, interval, text, time, timestamp, timestamptz, timetz,
};
use crate::context::EvalContext;

fn zone_of(context: &dyn EvalContext) -> Zone {
    Zone::of(context.formats())
}

pub(crate) fn span(value: Interval) -> Datum {
    Datum::Interval(value.into())
}

fn extracted(value: Option<Numeric>) -> Datum {
    value.map_or(Datum::Null, Datum::Numeric)
}

/// `date_part` is `extract` as a float.
fn part(value: Option<Numeric>) -> Datum {
    value.map_or(Datum::Null, |value| Datum::Float8(value.to_f64()))
}

#[cold]
fn timestamp_out_of_range() -> SqlError {
    SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "timestamp out of range")
}

macro_rules! datetime_functions {
    ($($name:ident($context:ident, $arguments:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name($context: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            let _ = ($context, $arguments);
            $result
        }
    )*};
}

datetime_functions! {
    date_pli(c, a) => datetime::date_plus_days(date(a, 0)?, int4(a, 1)?).map(Datum::Date);
    date_mii(c, a) => {
        let day = date(a, 0)?;
        if day == i32::MIN || day == i32::MAX {
            return Ok(Datum::Date(day));
        }
        let days = int4(a, 1)?.checked_neg().ok_or_else(|| {
            SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "date out of range")
        })?;
        datetime::date_plus_days(day, days).map(Datum::Date)
    };
    integer_pl_date(c, a) => datetime::date_plus_days(date(a, 1)?, int4(a, 0)?).map(Datum::Date);
    date_mi(c, a) => datetime::date_minus_date(date(a, 0)?, date(a, 1)?).map(Datum::Int4);
    date_pl_interval(c, a) => {
        let start = datetime::date_to_timestamp(date(a, 0)?)?;
        datetime::timestamp_plus_interval(start, &interval(a, 1)?).map(Datum::Timestamp)
    };
    interval_pl_date(c, a) => {
        let start = datetime::date_to_timestamp(date(a, 1)?)?;
        datetime::timestamp_plus_interval(start, &interval(a, 0)?).map(Datum::Timestamp)
    };
    date_mi_interval(c, a) => {
        let start = datetime::date_to_timestamp(date(a, 0)?)?;
        datetime::timestamp_minus_interval(start, &interval(a, 1)?).map(Datum::Timestamp)
    };
    datetime_timestamp(c, a) => {
        let start = datetime::date_to_timestamp(date(a, 0)?)?;
        add_time(start, time(a, 1)?).map(Datum::Timestamp)
    };
    timedate_pl(c, a) => {
        let start = datetime::date_to_timestamp(date(a, 1)?)?;
        add_time(start, time(a, 0)?).map(Datum::Timestamp)
    };
    datetimetz_timestamptz(c, a) => {
        let (clock, west) = timetz(a, 1)?;
        let start = datetime::date_to_timestamp(date(a, 0)?)?;
        add_time(start, clock + i64::from(west) * 1_000_000).map(Datum::TimestampTz)
    };
    timetzdate_pl(c, a) => {
        let (clock, west) = timetz(a, 0)?;
        let start = datetime::date_to_timestamp(date(a, 1)?)?;
        add_time(start, clock + i64::from(west) * 1_000_000).map(Datum::TimestampTz)
    };
    timestamp_mi(c, a) => {
        let (left, right) = (any_timestamp(a, 0)?, any_timestamp(a, 1)?);
        datetime::timestamp_difference(left, right).map(span)
    };
    timestamp_pl_interval(c, a) => {
        datetime::timestamp_plus_interval(timestamp(a, 0)?, &interval(a, 1)?).map(Datum::Timestamp)
    };
    interval_pl_timestamp(c, a) => {
        datetime::timestamp_plus_interval(timestamp(a, 1)?, &interval(a, 0)?).map(Datum::Timestamp)
    };
    timestamp_mi_interval(c, a) => {
        datetime::timestamp_minus_interval(timestamp(a, 0)?, &interval(a, 1)?).map(Datum::Timestamp)
    };
    timestamptz_pl_interval(c, a) => {
        datetime::timestamptz_plus_interval(timestamptz(a, 0)?, &interval(a, 1)?, &zone_of(c))
            .map(Datum::TimestampTz)
    };
    interval_pl_timestamptz(c, a) => {
        datetime::timestamptz_plus_interval(timestamptz(a, 1)?, &interval(a, 0)?, &zone_of(c))
            .map(Datum::TimestampTz)
    };
    timestamptz_mi_interval(c, a) => {
        datetime::timestamptz_minus_interval(timestamptz(a, 0)?, &interval(a, 1)?, &zone_of(c))
            .map(Datum::TimestampTz)
    };
    timestamptz_pl_interval_zone(c, a) => {
        datetime::timestamptz_plus_interval(
            timestamptz(a, 0)?, &interval(a, 1)?, &Zone::parse(text(a, 2)?)?,
        ).map(Datum::TimestampTz)
    };
    timestamptz_mi_interval_zone(c, a) => {
        datetime::timestamptz_minus_interval(
            timestamptz(a, 0)?, &interval(a, 1)?, &Zone::parse(text(a, 2)?)?,
        ).map(Datum::TimestampTz)
    };
    time_pl_interval(c, a) => {
        Ok(Datum::Time(datetime::time_plus_interval(time(a, 0)?, &interval(a, 1)?)))
    };
    interval_pl_time(c, a) => {
        Ok(Datum::Time(datetime::time_plus_interval(time(a, 1)?, &interval(a, 0)?)))
    };
    time_mi_interval(c, a) => {
        Ok(Datum::Time(datetime::time_minus_interval(time(a, 0)?, &interval(a, 1)?)))
    };
    time_mi_time(c, a) => Ok(span(datetime::time_difference(time(a, 0)?, time(a, 1)?)));
    timetz_pl_interval(c, a) => {
        let (clock, west) = timetz(a, 0)?;
        Ok(Datum::TimeTz(datetime::time_plus_interval(clock, &interval(a, 1)?), west))
    };
    interval_pl_timetz(c, a) => {
        let (clock, west) = timetz(a, 1)?;
        Ok(Datum::TimeTz(datetime::time_plus_interval(clock, &interval(a, 0)?), west))
    };
    timetz_mi_interval(c, a) => {
        let (clock, west) = timetz(a, 0)?;
        Ok(Datum::TimeTz(datetime::time_minus_interval(clock, &interval(a, 1)?), west))
    };
    interval_pl(c, a) => datetime::interval_add(&interval(a, 0)?, &interval(a, 1)?).map(span);
    interval_mi(c, a) => datetime::interval_sub(&interval(a, 0)?, &interval(a, 1)?).map(span);
    interval_um(c, a) => datetime::interval_neg(&interval(a, 0)?).map(span);
    interval_mul(c, a) => datetime::interval_mul(&interval(a, 0)?, float8(a, 1)?).map(span);
    mul_d_interval(c, a) => datetime::interval_mul(&interval(a, 1)?, float8(a, 0)?).map(span);
    interval_div(c, a) => datetime::interval_div(&interval(a, 0)?, float8(a, 1)?).map(span);
    interval_justify_hours(c, a) => datetime::justify_hours(&interval(a, 0)?).map(span);
    interval_justify_days(c, a) => datetime::justify_days(&interval(a, 0)?).map(span);
    interval_justify_interval(c, a) => datetime::justify_interval(&interval(a, 0)?).map(span);
    timestamp_age(c, a) => {
        datetime::timestamp_age(timestamp(a, 0)?, timestamp(a, 1)?).map(span)
    };
    timestamptz_age(c, a) => {
        datetime::timestamptz_age(timestamptz(a, 0)?, timestamptz(a, 1)?, &zone_of(c)).map(span)
    };
    timestamp_age_today(c, a) => {
        let now = datetime::timestamptz_to_timestamp(c.transaction_time(), &zone_of(c))?;
        let today = datetime::date_to_timestamp(datetime::timestamp_to_date(now))?;
        datetime::timestamp_age(today, timestamp(a, 0)?).map(span)
    };
    timestamptz_age_today(c, a) => {
        let zone = zone_of(c);
        let now = datetime::timestamptz_to_timestamp(c.transaction_time(), &zone)?;
        let today = datetime::date_to_timestamptz(datetime::timestamp_to_date(now), &zone)?;
        datetime::timestamptz_age(today, timestamptz(a, 0)?, &zone).map(span)
    };
    date_finite(c, a) => {
        let value = date(a, 0)?;
        Ok(Datum::Bool(value != i32::MIN && value != i32::MAX))
    };
    timestamp_finite(c, a) => {
        let value = any_timestamp(a, 0)?;
        Ok(Datum::Bool(value != i64::MIN && value != i64::MAX))
    };
    interval_finite(c, a) => Ok(Datum::Bool(true));
    date_timestamp(c, a) => datetime::date_to_timestamp(date(a, 0)?).map(Datum::Timestamp);
    date_timestamptz(c, a) => {
        datetime::date_to_timestamptz(date(a, 0)?, &zone_of(c)).map(Datum::TimestampTz)
    };
    timestamp_date(c, a) => Ok(Datum::Date(datetime::timestamp_to_date(timestamp(a, 0)?)));
    timestamptz_date(c, a) => {
        let local = datetime::timestamptz_to_timestamp(timestamptz(a, 0)?, &zone_of(c))?;
        Ok(Datum::Date(datetime::timestamp_to_date(local)))
    };
    timestamp_timestamptz(c, a) => {
        datetime::timestamp_to_timestamptz(timestamp(a, 0)?, &zone_of(c)).map(Datum::TimestampTz)
    };
    timestamptz_timestamp(c, a) => {
        datetime::timestamptz_to_timestamp(timestamptz(a, 0)?, &zone_of(c)).map(Datum::Timestamp)
    };
    timestamp_time(c, a) => {
        Ok(datetime::timestamp_to_time(timestamp(a, 0)?).map_or(Datum::Null, Datum::Time))
    };
    timestamptz_time(c, a) => {
        let local = datetime::timestamptz_to_timestamp(timestamptz(a, 0)?, &zone_of(c))?;
        Ok(datetime::timestamp_to_time(local).map_or(Datum::Null, Datum::Time))
    };
    timestamptz_timetz(c, a) => {
        Ok(datetime::timestamptz_to_timetz(timestamptz(a, 0)?, &zone_of(c))
            .map_or(Datum::Null, |(clock, west)| Datum::TimeTz(clock, west)))
    };
    time_timetz(c, a) => {
        let east = zone_of(c).offset_at(c.transaction_time());
        Ok(Datum::TimeTz(time(a, 0)?, -east))
    };
    timetz_time(c, a) => Ok(Datum::Time(timetz(a, 0)?.0));
    time_interval(c, a) => Ok(span(datetime::time_to_interval(time(a, 0)?)));
    interval_time(c, a) => Ok(Datum::Time(datetime::interval_to_time(&interval(a, 0)?)));
    float8_timestamptz(c, a) => seconds_to_timestamptz(float8(a, 0)?);
    extract_date(c, a) => datetime::extract_date(text(a, 0)?, date(a, 1)?).map(extracted);
    extract_time(c, a) => datetime::extract_time(text(a, 0)?, time(a, 1)?).map(extracted);
    extract_timetz(c, a) => {
        let (clock, west) = timetz(a, 1)?;
        datetime::extract_timetz(text(a, 0)?, clock, west).map(extracted)
    };
    extract_timestamp(c, a) => {
        datetime::extract_timestamp(text(a, 0)?, timestamp(a, 1)?).map(extracted)
    };
    extract_timestamptz(c, a) => {
        datetime::extract_timestamptz(text(a, 0)?, timestamptz(a, 1)?, &zone_of(c)).map(extracted)
    };
    extract_interval(c, a) => {
        datetime::extract_interval(text(a, 0)?, &interval(a, 1)?).map(extracted)
    };
    date_part_of_date(c, a) => {
        let start = datetime::date_to_timestamp(date(a, 1)?)?;
        datetime::extract_timestamp(text(a, 0)?, start).map(part)
    };
    time_part(c, a) => datetime::extract_time(text(a, 0)?, time(a, 1)?).map(part);
    timetz_part(c, a) => {
        let (clock, west) = timetz(a, 1)?;
        datetime::extract_timetz(text(a, 0)?, clock, west).map(part)
    };
    timestamp_part(c, a) => datetime::extract_timestamp(text(a, 0)?, timestamp(a, 1)?).map(part);
    timestamptz_part(c, a) => {
        datetime::extract_timestamptz(text(a, 0)?, timestamptz(a, 1)?, &zone_of(c)).map(part)
    };
    interval_part(c, a) => datetime::extract_interval(text(a, 0)?, &interval(a, 1)?).map(part);
    timestamp_trunc(c, a) => {
        datetime::truncate_timestamp(text(a, 0)?, timestamp(a, 1)?).map(Datum::Timestamp)
    };
    timestamptz_trunc(c, a) => {
        datetime::truncate_timestamptz(text(a, 0)?, timestamptz(a, 1)?, &zone_of(c))
            .map(Datum::TimestampTz)
    };
    timestamptz_trunc_zone(c, a) => {
        let zone = Zone::parse(text(a, 2)?)?;
        datetime::truncate_timestamptz(text(a, 0)?, timestamptz(a, 1)?, &zone)
            .map(Datum::TimestampTz)
    };
    interval_trunc(c, a) => datetime::truncate_interval(text(a, 0)?, &interval(a, 1)?).map(span);
    timestamp_bin(c, a) => {
        datetime::bin_timestamp(&interval(a, 0)?, timestamp(a, 1)?, timestamp(a, 2)?)
            .map(Datum::Timestamp)
    };
    timestamptz_bin(c, a) => {
        datetime::bin_timestamp(&interval(a, 0)?, timestamptz(a, 1)?, timestamptz(a, 2)?)
            .map(Datum::TimestampTz)
    };
    make_date(c, a) => {
        datetime::make_date(int4(a, 0)?, int4(a, 1)?, int4(a, 2)?).map(Datum::Date)
    };
    make_time(c, a) => {
        datetime::make_time(int4(a, 0)?, int4(a, 1)?, float8(a, 2)?).map(Datum::Time)
    };
    make_timestamp(c, a) => six_fields(a).map(Datum::Timestamp);
    make_timestamptz(c, a) => {
        datetime::timestamp_to_timestamptz(six_fields(a)?, &zone_of(c)).map(Datum::TimestampTz)
    };
    make_timestamptz_at_timezone(c, a) => {
        let fields = six_fields(a)?;
        let zone = Zone::parse(text(a, 6)?)?;
        datetime::timestamp_to_timestamptz(fields, &zone).map(Datum::TimestampTz)
    };
    make_interval(c, a) => {
        // Microseconds of more seconds than this, with the hours and minutes added, do not fit 64 bits.
        if !float8(a, 6)?.is_finite() || float8(a, 6)?.abs() > 1e12 {
            return Err(SqlError::new(
                sqlstate::DATETIME_FIELD_OVERFLOW,
                "interval out of range",
            ));
        }
        datetime::make_interval(
            int4(a, 0)?, int4(a, 1)?, int4(a, 2)?, int4(a, 3)?, int4(a, 4)?, int4(a, 5)?,
            float8(a, 6)?,
        ).map(span)
    };
    timestamp_zone(c, a) => {
        let value = timestamp(a, 1)?;
        if value == i64::MIN || value == i64::MAX {
            return Ok(Datum::TimestampTz(value));
        }
        let zone = Zone::parse(text(a, 0)?)?;
        datetime::timestamp_to_timestamptz(value, &zone).map(Datum::TimestampTz)
    };
    timestamptz_zone(c, a) => {
        let value = timestamptz(a, 1)?;
        if value == i64::MIN || value == i64::MAX {
            return Ok(Datum::Timestamp(value));
        }
        let zone = Zone::parse(text(a, 0)?)?;
        datetime::timestamptz_to_timestamp(value, &zone).map(Datum::Timestamp)
    };
    timetz_zone(c, a) => {
        let (clock, west) = timetz(a, 1)?;
        let zone = Zone::parse(text(a, 0)?)?;
        let (clock, west) = datetime::timetz_at_zone(clock, west, &zone, c.transaction_time());
        Ok(Datum::TimeTz(clock, west))
    };
    timestamp_izone(c, a) => {
        let value = timestamp(a, 1)?;
        if value == i64::MIN || value == i64::MAX {
            return Ok(Datum::TimestampTz(value));
        }
        let zone = interval_zone(&interval(a, 0)?)?;
        datetime::timestamp_to_timestamptz(timestamp(a, 1)?, &zone).map(Datum::TimestampTz)
    };
    timestamptz_izone(c, a) => {
        let value = timestamptz(a, 1)?;
        if value == i64::MIN || value == i64::MAX {
            return Ok(Datum::Timestamp(value));
        }
        let zone = interval_zone(&interval(a, 0)?)?;
        datetime::timestamptz_to_timestamp(timestamptz(a, 1)?, &zone).map(Datum::Timestamp)
    };
    timetz_izone(c, a) => {
        let (clock, west) = timetz(a, 1)?;
        let zone = interval_zone(&interval(a, 0)?)?;
        let (clock, west) = datetime::timetz_at_zone(clock, west, &zone, c.transaction_time());
        Ok(Datum::TimeTz(clock, west))
    };
    now(c, a) => Ok(Datum::TimestampTz(c.transaction_time()));
    statement_timestamp(c, a) => Ok(Datum::TimestampTz(c.statement_time()));
    clock_timestamp(c, a) => Ok(Datum::TimestampTz(c.clock_time()));
    timeofday(c, a) => {
        let formats = types::formats::Formats {
            date_format: types::formats::DateFormat::Postgres,
            ..c.formats().clone()
        };
        let mut written = String::new();
        datetime::format_timestamptz(c.clock_time(), &formats, &mut written);
        Ok(Datum::text(written))
    };
    time_scale(c, a) => types::io::apply_modifier(oid::TIME, a[0].clone(), int4(a, 1)?, true);
    timetz_scale(c, a) => types::io::apply_modifier(oid::TIMETZ, a[0].clone(), int4(a, 1)?, true);
    timestamp_scale(c, a) => {
        precision_in_range(&a[0], int4(a, 1)?)?;
        types::io::apply_modifier(oid::TIMESTAMP, a[0].clone(), int4(a, 1)?, true)
    };
    timestamptz_scale(c, a) => {
        precision_in_range(&a[0], int4(a, 1)?)?;
        types::io::apply_modifier(oid::TIMESTAMPTZ, a[0].clone(), int4(a, 1)?, true)
    };
    interval_scale(c, a) => {
        types::io::apply_modifier(oid::INTERVAL, a[0].clone(), int4(a, 1)?, true)
    };
    overlaps_timestamp(c, a) => overlaps(c, a);
    overlaps_time(c, a) => overlaps(c, a);
    overlaps_timetz(c, a) => overlaps(c, a);
}

/// A precision that no type can have is an error where there is something to round.
fn precision_in_range(value: &Datum, precision: i32) -> SqlResult<()> {
    let is_infinite = matches!(
        value,
        Datum::Timestamp(i64::MIN | i64::MAX) | Datum::TimestampTz(i64::MIN | i64::MAX)
    );
    if is_infinite || (-1..=6).contains(&precision) {
        return Ok(());
    }
    Err(crate::bodies::arguments::invalid_parameter(format!(
        "timestamp({precision}) precision must be between 0 and 6"
    )))
}

fn any_timestamp(arguments: &[Datum], position: usize) -> SqlResult<i64> {
    match &arguments[position] {
        Datum::Timestamp(value) | Datum::TimestampTz(value) => Ok(*value),
        other => Err(crate::bodies::arguments::wrong_kind("timestamp", other)),
    }
}

fn add_time(start: i64, microseconds: i64) -> SqlResult<i64> {
    if start == i64::MIN || start == i64::MAX {
        return Ok(start);
    }
    start.checked_add(microseconds).ok_or_else(timestamp_out_of_range)
}

fn six_fields(arguments: &[Datum]) -> SqlResult<i64> {
    datetime::make_timestamp(
        int4(arguments, 0)?,
        int4(arguments, 1)?,
        int4(arguments, 2)?,
        int4(arguments, 3)?,
        int4(arguments, 4)?,
        float8(arguments, 5)?,
    )
}

/// `AT TIME ZONE interval`: hours and minutes east of UTC.
fn interval_zone(value: &Interval) -> SqlResult<Zone> {
    if value.months != 0 || value.days != 0 {
        return Err(crate::bodies::arguments::invalid_parameter(
            "interval time zone must not include months or days",
        ));
    }
    Ok(Zone::fixed((value.microseconds / 1_000_000).clamp(-604_800, 604_800) as i32))
}

/// Seconds between 1970-01-01 and 2000-01-01.
const UNIX_TO_2000_SECONDS: f64 = 946_684_800.0;

fn seconds_to_timestamptz(seconds: f64) -> SqlResult<Datum> {
    if seconds.is_nan() {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "timestamp cannot be NaN"));
    }
    if seconds.is_infinite() {
        let bound = if seconds > 0.0 { i64::MAX } else { i64::MIN };
        return Ok(Datum::TimestampTz(bound));
    }
    // The first and the last year that timestamps can hold.
    if !(-210_866_803_200.0..9_224_318_016_000.0).contains(&seconds) {
        return Err(SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("timestamp out of range: \"{seconds}\""),
        ));
    }
    let microseconds = (seconds - UNIX_TO_2000_SECONDS) * 1_000_000.0;
    Ok(Datum::TimestampTz(microseconds.round_ties_even() as i64))
}

/// `(s1, e1) OVERLAPS (s2, e2)`, with SQL's rules for missing ends.
/// An end that is an interval is counted from its start.
pub(crate) fn overlaps_interval(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let mut moments = arguments.to_vec();
    for end in [1, 3] {
        let Datum::Interval(length) = &arguments[end] else { continue };
        moments[end] =
            match &arguments[end - 1] {
                Datum::Timestamp(start) => {
                    Datum::Timestamp(datetime::timestamp_plus_interval(*start, length)?)
                }
                Datum::TimestampTz(start) => Datum::TimestampTz(
                    datetime::timestamptz_plus_interval(*start, length, &zone_of(context))?,
                ),
                Datum::Time(start) => Datum::Time(datetime::time_plus_interval(*start, length)),
                _ => Datum::Null,
            };
    }
    overlaps(context, &moments)
}

fn overlaps(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    use types::compare::compare;
    let ordered = |start: &Datum, end: &Datum| -> Option<(Datum, Datum)> {
        match (start.is_null(), end.is_null()) {
            (true, true) => None,
            (true, false) => Some((end.clone(), Datum::Null)),
            (false, true) => Some((start.clone(), Datum::Null)),
            (false, false) if compare(start, end).is_gt() => Some((end.clone(), start.clone())),
            (false, false) => Some((start.clone(), end.clone())),
        }
    };
    let (Some(first), Some(second)) =
        (ordered(&arguments[0], &arguments[1]), ordered(&arguments[2], &arguments[3]))
    else {
        return Ok(Datum::Null);
    };
    let order = compare(&first.0, &second.0);
    if order.is_eq() {
        // Both begin together: with both ends known they overlap; a missing end makes it unknown.
        let known = !first.1.is_null() && !second.1.is_null();
        return Ok(if known { Datum::Bool(true) } else { Datum::Null });
    }
    let (earlier_end, later_start) =
        if order.is_gt() { (&second.1, &first.0) } else { (&first.1, &second.0) };
    if earlier_end.is_null() {
        return Ok(Datum::Null);
    }
    if compare(later_start, earlier_end).is_lt() {
        return Ok(Datum::Bool(true));
    }
    let later_end = if order.is_gt() { &first.1 } else { &second.1 };
    Ok(if later_end.is_null() { Datum::Null } else { Datum::Bool(false) })
}
