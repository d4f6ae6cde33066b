//! `date_trunc` and `date_bin`.

use super::calendar::{
    days_from_fields, interval_out_of_range, join_timestamp, timestamp_out_of_range,
};
use super::fields::{not_recognized, not_supported};
use super::units::Unit;
use super::{
    DAY_MICROSECONDS, HOUR_MICROSECONDS, MINUTE_MICROSECONDS, SECOND_MICROSECONDS, Zone,
    date_fields, day_of_week, is_infinite_timestamp, split_timestamp, timestamp_to_timestamptz,
    timestamptz_to_timestamp,
};
use crate::Interval;
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// The unit to cut at; fields that only `extract` knows are none.
fn precision(name: &str) -> Option<Unit> {
    Unit::parse(name).filter(|unit| {
        !matches!(
            unit,
            Unit::DayOfWeek
                | Unit::IsoDayOfWeek
                | Unit::DayOfYear
                | Unit::IsoYear
                | Unit::Julian
                | Unit::Epoch
        )
    })
}

/// The length of a unit of time of day.
fn time_unit(unit: Unit) -> Option<i64> {
    Some(match unit {
        Unit::Microsecond => 1,
        Unit::Millisecond => 1_000,
        Unit::Second => SECOND_MICROSECONDS,
        Unit::Minute => MINUTE_MICROSECONDS,
        Unit::Hour => HOUR_MICROSECONDS,
        _ => return None,
    })
}

fn truncate(unit: Unit, timestamp: i64) -> Option<SqlResult<i64>> {
    let (date, time) = split_timestamp(timestamp);
    if let Some(length) = time_unit(unit) {
        return Some(Ok(timestamp - time % length));
    }
    let (year, month, _) = date_fields(date);
    // The first year of a period that starts with year 1.
    let period = |length: i32| (year - 1).div_euclid(length) * length + 1;
    let first_of = |year: i32, month: u32| days_from_fields(year.into(), month, 1);
    let day = match unit {
        Unit::Day => date.into(),
        Unit::Week => i64::from(date) - i64::from((day_of_week(date) + 6) % 7),
        Unit::Month => first_of(year, month),
        Unit::Quarter => first_of(year, (month - 1) / 3 * 3 + 1),
        Unit::Year => first_of(year, 1),
        Unit::Decade => first_of(year.div_euclid(10) * 10, 1),
        Unit::Century => first_of(period(100), 1),
        Unit::Millennium => first_of(period(1000), 1),
        _ => return None,
    };
    Some(join_timestamp(day, 0).ok_or_else(timestamp_out_of_range))
}

pub fn truncate_timestamp(unit: &str, timestamp: i64) -> SqlResult<i64> {
    let name = "timestamp without time zone";
    if is_infinite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    let parsed = precision(unit).ok_or_else(|| not_recognized(unit, name))?;
    truncate(parsed, timestamp).ok_or_else(|| not_supported(unit, name))?
}

pub fn truncate_timestamptz(unit: &str, timestamp: i64, zone: &Zone) -> SqlResult<i64> {
    let name = "timestamp with time zone";
    if is_infinite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    let parsed = precision(unit).ok_or_else(|| not_recognized(unit, name))?;
    let local = timestamptz_to_timestamp(timestamp, zone)?;
    let cut = truncate(parsed, local).ok_or_else(|| not_supported(unit, name))??;
    if time_unit(parsed).is_some() {
        // Hours and less keep the offset, so that the two same hours of autumn stay two.
        return Ok(timestamp - (local - cut));
    }
    timestamp_to_timestamptz(cut, zone)
}

pub fn truncate_interval(unit: &str, interval: &Interval) -> SqlResult<Interval> {
    let parsed = precision(unit).ok_or_else(|| not_recognized(unit, "interval"))?;
    let mut result = *interval;
    if let Some(length) = time_unit(parsed) {
        result.microseconds -= result.microseconds % length;
        return Ok(result);
    }
    result.microseconds = 0;
    let months = match parsed {
        Unit::Day => return Ok(result),
        Unit::Month => 1,
        Unit::Quarter => 3,
        Unit::Year => 12,
        Unit::Decade => 120,
        Unit::Century => 1_200,
        Unit::Millennium => 12_000,
        Unit::Week => {
            return Err(
                not_supported(unit, "interval").detail("Months usually have fractional weeks.")
            );
        }
        _ => return Err(not_supported(unit, "interval")),
    };
    result.days = 0;
    result.months -= result.months % months;
    Ok(result)
}

/// `date_bin`.
pub fn bin_timestamp(stride: &Interval, timestamp: i64, origin: i64) -> SqlResult<i64> {
    if is_infinite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    if is_infinite_timestamp(origin) {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "origin out of range"));
    }
    if stride.months != 0 {
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "timestamps cannot be binned into intervals containing months or years",
        ));
    }
    let length = i64::from(stride.days)
        .checked_mul(DAY_MICROSECONDS)
        .and_then(|days| days.checked_add(stride.microseconds))
        .ok_or_else(interval_out_of_range)?;
    if length <= 0 {
        return Err(SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            "stride must be greater than zero",
        ));
    }
    let difference = timestamp.checked_sub(origin).ok_or_else(interval_out_of_range)?;
    let start = difference.div_euclid(length).saturating_mul(length);
    join_timestamp(0, origin.saturating_add(start)).ok_or_else(timestamp_out_of_range)
}
