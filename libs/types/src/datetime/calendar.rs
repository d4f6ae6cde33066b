//! Days and the calendar; the limits of the types.

use super::DAY_MICROSECONDS;
use crate::error::SqlError;
use crate::sqlstate;

/// 4714-11-24 BC, Julian day 0.
pub const MIN_DATE: i32 = -2_451_545;
/// 5874897-12-31.
pub const MAX_DATE: i32 = 2_145_031_948;
/// Julian day of 2000-01-01.
pub const EPOCH_JULIAN_DAY: i32 = 2_451_545;
pub const MIN_TIMESTAMP: i64 = MIN_DATE as i64 * DAY_MICROSECONDS;
/// The first timestamp that is too late: 294277-01-01.
pub const END_TIMESTAMP: i64 = 9_223_371_331_200_000_000;
/// Days from 0000-03-01 to 2000-01-01.
const DAYS_TO_EPOCH: i64 = 730_425;
const ERA_DAYS: i64 = 146_097;

pub(crate) fn date_out_of_range() -> SqlError {
    SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "date out of range")
}

pub(crate) fn timestamp_out_of_range() -> SqlError {
    SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "timestamp out of range")
}

pub(crate) fn interval_out_of_range() -> SqlError {
    SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "interval out of range")
}

/// Whether the number is a date or an infinity.
pub fn is_valid_date(date: i32) -> bool {
    is_infinite_date(date) || (MIN_DATE..=MAX_DATE).contains(&date)
}

pub fn is_infinite_date(date: i32) -> bool {
    date == i32::MIN || date == i32::MAX
}

/// Whether the number is a timestamp or an infinity.
pub fn is_valid_timestamp(timestamp: i64) -> bool {
    is_infinite_timestamp(timestamp) || (MIN_TIMESTAMP..END_TIMESTAMP).contains(&timestamp)
}

pub fn is_infinite_timestamp(timestamp: i64) -> bool {
    timestamp == i64::MIN || timestamp == i64::MAX
}

/// Year (astronomical: 0 is 1 BC), month, day of a date.
pub fn date_fields(date: i32) -> (i32, u32, u32) {
    // Years start in March, so that leap days come last; an era is 400 years.
    let days = i64::from(date) + DAYS_TO_EPOCH;
    let era = days.div_euclid(ERA_DAYS);
    let day_of_era = days.rem_euclid(ERA_DAYS);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

/// Days since 2000-01-01 of a day on the calendar, without a check of the range.
pub(crate) fn days_from_fields(year: i64, month: u32, day: u32) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = i64::from(if month > 2 { month - 3 } else { month + 9 });
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - DAYS_TO_EPOCH
}

pub fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 2000-01-01; `None` if not on the calendar or out of range.
pub fn date_from_fields(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let days = i32::try_from(days_from_fields(year.into(), month, day)).ok()?;
    (MIN_DATE..=MAX_DATE).contains(&days).then_some(days)
}

/// 0 is Sunday.
pub fn day_of_week(date: i32) -> i32 {
    (i64::from(date) + 6).rem_euclid(7) as i32
}

/// The day of the year, from 1.
pub fn day_of_year(date: i32) -> i32 {
    let (year, _, _) = date_fields(date);
    (i64::from(date) - days_from_fields(year.into(), 1, 1)) as i32 + 1
}

/// Year and number of the ISO week.
pub fn iso_week(date: i32) -> (i32, i32) {
    // The week belongs to the year its Thursday is in.
    let monday_based = (day_of_week(date) + 6) % 7;
    let thursday = date.saturating_add(3 - monday_based);
    let (year, _, _) = date_fields(thursday);
    (year, (day_of_year(thursday) - 1) / 7 + 1)
}

/// Date and time of day of a finite timestamp.
pub fn split_timestamp(timestamp: i64) -> (i32, i64) {
    (timestamp.div_euclid(DAY_MICROSECONDS) as i32, timestamp.rem_euclid(DAY_MICROSECONDS))
}

/// The timestamp of a date and a time of day, if it is in range.
pub(crate) fn join_timestamp(date: i64, time: i64) -> Option<i64> {
    let timestamp = date.checked_mul(DAY_MICROSECONDS)?.checked_add(time)?;
    (MIN_TIMESTAMP..END_TIMESTAMP).contains(&timestamp).then_some(timestamp)
}
