//! `extract`.

use super::units::Unit;
use super::{
    DAY_MICROSECONDS, EPOCH_JULIAN_DAY, HOUR_MICROSECONDS, MINUTE_MICROSECONDS,
    SECOND_MICROSECONDS, UNIX_EPOCH_SECONDS, Zone, date_fields, day_of_week, day_of_year,
    is_infinite_date, is_infinite_timestamp, iso_week, split_timestamp, timestamptz_to_timestamp,
};
use crate::Interval;
use crate::error::{SqlError, SqlResult};
use crate::numeric::Numeric;
use crate::sqlstate;

pub(super) fn not_recognized(field: &str, type_name: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_PARAMETER_VALUE,
        format!("unit \"{}\" not recognized for type {type_name}", field.to_ascii_lowercase()),
    )
}

pub(super) fn not_supported(field: &str, type_name: &str) -> SqlError {
    SqlError::new(
        sqlstate::FEATURE_NOT_SUPPORTED,
        format!("unit \"{}\" not supported for type {type_name}", field.to_ascii_lowercase()),
    )
}

fn integer(value: impl Into<i64>) -> Numeric {
    Numeric::from(value.into())
}

fn scaled(value: impl Into<i128>, scale: u16) -> Numeric {
    Numeric::from_parts(value.into(), scale)
}

/// Years are written without a year 0.
fn written_year(year: i32) -> i32 {
    if year > 0 { year } else { year - 1 }
}

fn date_part(unit: Unit, date: i32) -> Option<Numeric> {
    let (year, month, day) = date_fields(date);
    // Centuries and millennia start with year 1, and before it with −1.
    let period = |length: i32| {
        if year > 0 { (year + length - 1) / length } else { -((length - 1 - (year - 1)) / length) }
    };
    Some(match unit {
        Unit::Day => integer(day),
        Unit::Month => integer(month),
        Unit::Quarter => integer((month - 1) / 3 + 1),
        Unit::Year => integer(written_year(year)),
        Unit::Decade => integer(year.div_euclid(10)),
        Unit::Century => integer(period(100)),
        Unit::Millennium => integer(period(1000)),
        Unit::Week => integer(iso_week(date).1),
        Unit::IsoYear => integer(written_year(iso_week(date).0)),
        Unit::DayOfWeek => integer(day_of_week(date)),
        Unit::IsoDayOfWeek => integer((day_of_week(date) + 6) % 7 + 1),
        Unit::DayOfYear => integer(day_of_year(date)),
        _ => return None,
    })
}

fn time_part(unit: Unit, time: i64) -> Option<Numeric> {
    Some(match unit {
        Unit::Microsecond => integer(time % MINUTE_MICROSECONDS),
        Unit::Millisecond => scaled(time % MINUTE_MICROSECONDS, 3),
        Unit::Second => scaled(time % MINUTE_MICROSECONDS, 6),
        Unit::Minute => integer(time / MINUTE_MICROSECONDS % 60),
        Unit::Hour => integer(time / HOUR_MICROSECONDS),
        _ => return None,
    })
}

fn zone_part(unit: Unit, seconds_east: i32) -> Option<Numeric> {
    Some(match unit {
        Unit::TimeZone => integer(seconds_east),
        Unit::TimeZoneHour => integer(seconds_east / 3600),
        Unit::TimeZoneMinute => integer(seconds_east / 60 % 60),
        _ => return None,
    })
}

/// A field of an infinite value: NULL for those that go round, an infinity for those that grow.
fn infinite_part(unit: Unit, positive: bool) -> Option<Numeric> {
    match unit {
        Unit::Year
        | Unit::Decade
        | Unit::Century
        | Unit::Millennium
        | Unit::IsoYear
        | Unit::Julian
        | Unit::Epoch => {
            Some(if positive { Numeric::infinity() } else { Numeric::negative_infinity() })
        }
        _ => None,
    }
}

/// `extract(field from …)`; `None` where PostgreSQL gives NULL (a field of an infinite value).
pub fn extract_date(field: &str, date: i32) -> SqlResult<Option<Numeric>> {
    let unit = Unit::parse(field).ok_or_else(|| not_recognized(field, "date"))?;
    let epoch = i64::from(date) * 86_400 + UNIX_EPOCH_SECONDS;
    if !matches!(unit, Unit::Julian | Unit::Epoch) && date_part(unit, 0).is_none() {
        return Err(not_supported(field, "date"));
    }
    if is_infinite_date(date) {
        return Ok(infinite_part(unit, date > 0));
    }
    Ok(match unit {
        Unit::Julian => Some(integer(i64::from(date) + i64::from(EPOCH_JULIAN_DAY))),
        Unit::Epoch => Some(integer(epoch)),
        _ => date_part(unit, date),
    })
}

pub fn extract_time(field: &str, time: i64) -> SqlResult<Option<Numeric>> {
    let name = "time without time zone";
    let unit = Unit::parse(field).ok_or_else(|| not_recognized(field, name))?;
    let part = match unit {
        Unit::Epoch => Some(scaled(time, 6)),
        _ => time_part(unit, time),
    };
    part.map(Some).ok_or_else(|| not_supported(field, name))
}

pub fn extract_timetz(field: &str, time: i64, west: i32) -> SqlResult<Option<Numeric>> {
    let name = "time with time zone";
    let unit = Unit::parse(field).ok_or_else(|| not_recognized(field, name))?;
    let part = match unit {
        Unit::Epoch => Some(scaled(time + i64::from(west) * SECOND_MICROSECONDS, 6)),
        _ => time_part(unit, time).or_else(|| zone_part(unit, -west)),
    };
    part.map(Some).ok_or_else(|| not_supported(field, name))
}

/// Fields of a local timestamp, except those of its zone and the epoch.
fn timestamp_part(unit: Unit, timestamp: i64) -> SqlResult<Option<Numeric>> {
    let (date, time) = split_timestamp(timestamp);
    if unit == Unit::Julian {
        let day = integer(i64::from(date) + i64::from(EPOCH_JULIAN_DAY));
        let fraction = scaled(time, 6).div(&scaled(DAY_MICROSECONDS, 6))?;
        return day.add(&fraction).map(Some);
    }
    Ok(date_part(unit, date).or_else(|| time_part(unit, time)))
}

fn epoch_of(timestamp: i64) -> Numeric {
    let unix = i128::from(UNIX_EPOCH_SECONDS) * i128::from(SECOND_MICROSECONDS);
    scaled(i128::from(timestamp) + unix, 6)
}

pub fn extract_timestamp(field: &str, timestamp: i64) -> SqlResult<Option<Numeric>> {
    let name = "timestamp without time zone";
    let unit = Unit::parse(field).ok_or_else(|| not_recognized(field, name))?;
    if is_infinite_timestamp(timestamp) {
        return Ok(infinite_part(unit, timestamp > 0));
    }
    if zone_part(unit, 0).is_some() {
        return Err(not_supported(field, name));
    }
    if unit == Unit::Epoch {
        return Ok(Some(epoch_of(timestamp)));
    }
    timestamp_part(unit, timestamp)
}

pub fn extract_timestamptz(field: &str, timestamp: i64, zone: &Zone) -> SqlResult<Option<Numeric>> {
    let name = "timestamp with time zone";
    let unit = Unit::parse(field).ok_or_else(|| not_recognized(field, name))?;
    if is_infinite_timestamp(timestamp) {
        return Ok(infinite_part(unit, timestamp > 0));
    }
    if unit == Unit::Epoch {
        return Ok(Some(epoch_of(timestamp)));
    }
    if let Some(part) = zone_part(unit, zone.offset_at(timestamp)) {
        return Ok(Some(part));
    }
    timestamp_part(unit, timestamptz_to_timestamp(timestamp, zone)?)
}

pub fn extract_interval(field: &str, interval: &Interval) -> SqlResult<Option<Numeric>> {
    let unit = Unit::parse(field).ok_or_else(|| not_recognized(field, "interval"))?;
    let (years, months) = (interval.months / 12, interval.months % 12);
    Ok(Some(match unit {
        Unit::Day => integer(interval.days),
        Unit::Month => integer(months),
        Unit::Quarter => integer(months / 3 + 1),
        Unit::Year => integer(years),
        Unit::Decade => integer(years / 10),
        Unit::Century => integer(years / 100),
        Unit::Millennium => integer(years / 1000),
        Unit::Epoch => {
            // A year is 365.25 days, a month that is left 30 days.
            let days = i128::from(years) * 1461 * 6 + i128::from(months) * 30 * 24;
            let seconds = days * 3600 + i128::from(interval.days) * 86_400;
            let micro = i128::from(SECOND_MICROSECONDS);
            scaled(seconds * micro + i128::from(interval.microseconds), 6)
        }
        _ => time_part(unit, interval.microseconds)
            .ok_or_else(|| not_supported(field, "interval"))?,
    }))
}
