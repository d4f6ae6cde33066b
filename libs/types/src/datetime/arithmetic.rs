//! Arithmetic of dates and timestamps, conversions between them, and their constructors.

use super::calendar::{
    date_out_of_range, days_from_fields, interval_out_of_range, join_timestamp,
    timestamp_out_of_range,
};
use super::{
    DAY_MICROSECONDS, HOUR_MICROSECONDS, MINUTE_MICROSECONDS, SECOND_MICROSECONDS, Zone,
    date_fields, date_from_fields, days_in_month, interval_neg, is_infinite_date,
    is_infinite_timestamp, is_valid_date, is_valid_timestamp, justify_hours, split_timestamp,
};
use crate::Interval;
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

fn checked(timestamp: Option<i64>) -> SqlResult<i64> {
    timestamp
        .filter(|&value| is_valid_timestamp(value) && !is_infinite_timestamp(value))
        .ok_or_else(timestamp_out_of_range)
}

pub fn date_plus_days(date: i32, days: i32) -> SqlResult<i32> {
    if is_infinite_date(date) {
        return Ok(date);
    }
    date.checked_add(days)
        .filter(|&date| is_valid_date(date) && !is_infinite_date(date))
        .ok_or_else(date_out_of_range)
}

pub fn date_minus_date(left: i32, right: i32) -> SqlResult<i32> {
    if is_infinite_date(left) || is_infinite_date(right) {
        return Err(SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            "cannot subtract infinite dates",
        ));
    }
    left.checked_sub(right).ok_or_else(date_out_of_range)
}

pub fn date_to_timestamp(date: i32) -> SqlResult<i64> {
    match date {
        i32::MIN => Ok(i64::MIN),
        i32::MAX => Ok(i64::MAX),
        _ => join_timestamp(date.into(), 0).ok_or_else(|| {
            SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "date out of range for timestamp")
        }),
    }
}

pub fn date_to_timestamptz(date: i32, zone: &Zone) -> SqlResult<i64> {
    timestamp_to_timestamptz(date_to_timestamp(date)?, zone)
}

pub fn timestamp_to_date(timestamp: i64) -> i32 {
    match timestamp {
        i64::MIN => i32::MIN,
        i64::MAX => i32::MAX,
        _ => split_timestamp(timestamp).0,
    }
}

/// `None` for an infinite timestamp.
pub fn timestamp_to_time(timestamp: i64) -> Option<i64> {
    (!is_infinite_timestamp(timestamp)).then(|| split_timestamp(timestamp).1)
}

pub fn timestamptz_to_timetz(timestamp: i64, zone: &Zone) -> Option<(i64, i32)> {
    if is_infinite_timestamp(timestamp) {
        return None;
    }
    let offset = zone.offset_at(timestamp);
    let local = timestamp.saturating_add(i64::from(offset) * SECOND_MICROSECONDS);
    Some((split_timestamp(local).1, -offset))
}

/// `AT TIME ZONE` of a timestamp: the instant of this local time.
pub fn timestamp_to_timestamptz(timestamp: i64, zone: &Zone) -> SqlResult<i64> {
    if is_infinite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    let offset = i64::from(zone.offset_of_local(timestamp)) * SECOND_MICROSECONDS;
    checked(timestamp.checked_sub(offset))
}

/// `AT TIME ZONE` of a timestamptz: the local time at this instant.
pub fn timestamptz_to_timestamp(timestamp: i64, zone: &Zone) -> SqlResult<i64> {
    if is_infinite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    let offset = i64::from(zone.offset_at(timestamp)) * SECOND_MICROSECONDS;
    checked(timestamp.checked_add(offset))
}

/// `AT TIME ZONE` of a timetz: `now` decides about daylight saving time.
pub fn timetz_at_zone(time: i64, west: i32, zone: &Zone, now: i64) -> (i64, i32) {
    let east = zone.offset_at(now);
    let shifted = time + (i64::from(west) + i64::from(east)) * SECOND_MICROSECONDS;
    (shifted.rem_euclid(DAY_MICROSECONDS), -east)
}

/// Adds months to a local timestamp; the day is cut to the month's last.
fn plus_months(timestamp: i64, months: i32) -> Option<i64> {
    if months == 0 {
        return Some(timestamp);
    }
    let (date, time) = split_timestamp(timestamp);
    let (year, month, day) = date_fields(date);
    let total = i64::from(year) * 12 + i64::from(month) - 1 + i64::from(months);
    let year = i32::try_from(total.div_euclid(12)).ok()?;
    let month = total.rem_euclid(12) as u32 + 1;
    let day = day.min(days_in_month(year, month));
    join_timestamp(days_from_fields(year.into(), month, day), time)
}

fn plus_days(timestamp: i64, days: i32) -> Option<i64> {
    let (date, time) = split_timestamp(timestamp);
    join_timestamp(i64::from(date) + i64::from(days), time)
}

pub fn timestamp_plus_interval(timestamp: i64, interval: &Interval) -> SqlResult<i64> {
    if is_infinite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    checked(
        plus_months(timestamp, interval.months)
            .and_then(|timestamp| plus_days(timestamp, interval.days))
            .and_then(|timestamp| timestamp.checked_add(interval.microseconds)),
    )
}

/// Months and days are added to the local time, so that the hour stays when daylight saving time changes.
pub fn timestamptz_plus_interval(
    timestamp: i64,
    interval: &Interval,
    zone: &Zone,
) -> SqlResult<i64> {
    if is_infinite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    let mut timestamp = timestamp;
    if interval.months != 0 {
        let local = timestamptz_to_timestamp(timestamp, zone)?;
        let moved = checked(plus_months(local, interval.months))?;
        timestamp = timestamp_to_timestamptz(moved, zone)?;
    }
    if interval.days != 0 {
        let local = timestamptz_to_timestamp(timestamp, zone)?;
        let moved = checked(plus_days(local, interval.days))?;
        timestamp = timestamp_to_timestamptz(moved, zone)?;
    }
    checked(timestamp.checked_add(interval.microseconds))
}

pub fn timestamp_minus_interval(timestamp: i64, interval: &Interval) -> SqlResult<i64> {
    timestamp_plus_interval(timestamp, &interval_neg(interval)?)
}

pub fn timestamptz_minus_interval(
    timestamp: i64,
    interval: &Interval,
    zone: &Zone,
) -> SqlResult<i64> {
    timestamptz_plus_interval(timestamp, &interval_neg(interval)?, zone)
}

/// `timestamp - timestamp`, for both kinds.
pub fn timestamp_difference(left: i64, right: i64) -> SqlResult<Interval> {
    if is_infinite_timestamp(left) || is_infinite_timestamp(right) {
        return Err(SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            "cannot subtract infinite timestamps",
        ));
    }
    let microseconds = left.checked_sub(right).ok_or_else(interval_out_of_range)?;
    justify_hours(&Interval { months: 0, days: 0, microseconds })
}

/// `age(left, right)`: years, months and days as one counts them on a calendar.
pub fn timestamp_age(left: i64, right: i64) -> SqlResult<Interval> {
    if is_infinite_timestamp(left) || is_infinite_timestamp(right) {
        return Err(timestamp_out_of_range());
    }
    let negative = left < right;
    let (later, earlier) = if negative { (right, left) } else { (left, right) };
    let ((late_date, late_time), (early_date, early_time)) =
        (split_timestamp(later), split_timestamp(earlier));
    let (late_year, late_month, late_day) = date_fields(late_date);
    let (early_year, early_month, early_day) = date_fields(early_date);
    let mut microseconds = late_time - early_time;
    let mut days = late_day as i32 - early_day as i32;
    let mut months = (late_year - early_year) * 12 + late_month as i32 - early_month as i32;
    if microseconds < 0 {
        microseconds += DAY_MICROSECONDS;
        days -= 1;
    }
    if days < 0 {
        // Days are borrowed from the month the smaller first argument, or the earlier one, is in.
        days += days_in_month(early_year, early_month) as i32;
        months -= 1;
    }
    let age = Interval { months, days, microseconds };
    if negative { interval_neg(&age) } else { Ok(age) }
}

pub fn timestamptz_age(left: i64, right: i64, zone: &Zone) -> SqlResult<Interval> {
    timestamp_age(timestamptz_to_timestamp(left, zone)?, timestamptz_to_timestamp(right, zone)?)
}

pub fn time_plus_interval(time: i64, interval: &Interval) -> i64 {
    (time + interval.microseconds % DAY_MICROSECONDS).rem_euclid(DAY_MICROSECONDS)
}

pub fn time_minus_interval(time: i64, interval: &Interval) -> i64 {
    (time - interval.microseconds % DAY_MICROSECONDS).rem_euclid(DAY_MICROSECONDS)
}

pub fn time_difference(left: i64, right: i64) -> Interval {
    Interval { months: 0, days: 0, microseconds: left - right }
}

/// Negative years are BC.
pub fn make_date(year: i32, month: i32, day: i32) -> SqlResult<i32> {
    let wrong = || {
        SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("date field value out of range: {year}-{month:02}-{day:02}"),
        )
    };
    if year == 0 {
        return Err(wrong());
    }
    let astronomical = if year < 0 { year.saturating_add(1) } else { year };
    let month = u32::try_from(month).map_err(|_| wrong())?;
    let day = u32::try_from(day).map_err(|_| wrong())?;
    date_from_fields(astronomical, month, day).ok_or_else(wrong)
}

pub fn make_time(hour: i32, minute: i32, second: f64) -> SqlResult<i64> {
    let wrong = || {
        SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("time field value out of range: {hour}:{minute:02}:{second:02}"),
        )
    };
    if !(0..=24).contains(&hour) || !(0..60).contains(&minute) || !(0.0..=60.0).contains(&second) {
        return Err(wrong());
    }
    let time = i64::from(hour) * HOUR_MICROSECONDS
        + i64::from(minute) * MINUTE_MICROSECONDS
        + (second * SECOND_MICROSECONDS as f64).round_ties_even() as i64;
    if time <= DAY_MICROSECONDS { Ok(time) } else { Err(wrong()) }
}

pub fn make_timestamp(
    year: i32,
    month: i32,
    day: i32,
    hour: i32,
    minute: i32,
    second: f64,
) -> SqlResult<i64> {
    let (date, time) = (make_date(year, month, day)?, make_time(hour, minute, second)?);
    join_timestamp(date.into(), time).ok_or_else(timestamp_out_of_range)
}

/// Rounds a time or timestamp to the fractional digits of its modifier.
pub fn round_to_modifier(microseconds: i64, modifier: i32) -> i64 {
    if !(0..6).contains(&modifier) || is_infinite_timestamp(microseconds) {
        return microseconds;
    }
    let unit = 10_i64.pow(6 - modifier as u32);
    let half = if microseconds < 0 { -unit / 2 } else { unit / 2 };
    microseconds.saturating_add(half) / unit * unit
}
