//! Dates, times, timestamps and intervals.
//!
//! Values are the numbers PostgreSQL stores: days and microseconds since 2000-01-01. The calendar is the Gregorian one
//! extended into the past; year 0 is 1 BC. The first and the last number of a type are its infinities. Rules of time zones
//! come from the bundled IANA database.

mod abbreviations;
mod arithmetic;
mod calendar;
mod fields;
mod format;
mod format_interval;
mod interval;
mod parse;
mod parse_interval;
#[cfg(test)]
mod tests;
mod truncate;
mod units;
mod zone;

pub use arithmetic::*;
pub use calendar::*;
pub use fields::*;
pub use format::*;
pub use format_interval::{format_interval, interval_modifier_name};
pub use interval::*;
pub use parse::{parse_date, parse_time, parse_timestamp, parse_timestamptz, parse_timetz};
pub use parse_interval::parse_interval;
pub use truncate::*;
pub use zone::Zone;

pub const SECOND_MICROSECONDS: i64 = 1_000_000;
pub const MINUTE_MICROSECONDS: i64 = 60 * SECOND_MICROSECONDS;
pub const HOUR_MICROSECONDS: i64 = 60 * MINUTE_MICROSECONDS;
pub const DAY_MICROSECONDS: i64 = 24 * HOUR_MICROSECONDS;
/// Zones are less than 16 hours from UTC.
pub const MAX_ZONE_SECONDS: i32 = 16 * 3600 - 1;
/// Seconds from 1970-01-01 to 2000-01-01.
pub const UNIX_EPOCH_SECONDS: i64 = 946_684_800;
