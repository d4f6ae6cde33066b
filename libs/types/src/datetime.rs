//! Dates, times, timestamps and intervals.
use crate::{
    Interval,
    error::SqlResult,
    formats::{Formats, IntervalFormat},
    io::InputContext,
    numeric::Numeric,
};
/// A time zone's rules. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Zone;
impl Zone {
    pub fn utc() -> Zone {
        panic!()
    }
    /// IANA names in any case, abbreviations, POSIX forms, `+05:30`-like offsets; 22023 "time zone … not recognized".
    pub fn parse(_name: &str) -> SqlResult<Zone> {
        panic!()
    }
    /// The zone of the session; UTC if the setting is not a zone.
    pub fn of(_formats: &Formats) -> Zone {
        panic!()
    }
    pub fn fixed(_seconds_east: i32) -> Zone {
        panic!()
    }
    pub fn name(&self) -> &str {
        panic!()
    }
    /// Seconds east of UTC at an instant (microseconds since 2000-01-01 UTC).
    pub fn offset_at(&self, _timestamptz: i64) -> i32 {
        panic!()
    }
    /// Seconds east of UTC for a local time; in gaps and overlaps as PostgreSQL chooses.
    pub fn offset_of_local(&self, _timestamp: i64) -> i32 {
        panic!()
    }
    pub fn abbreviation_at(&self, _timestamptz: i64) -> String {
        panic!()
    }
}
pub fn parse_date(_text: &str, _context: &InputContext<'_>) -> SqlResult<i32> {
    panic!()
}
pub fn parse_time(_text: &str, _modifier: i32, _context: &InputContext<'_>) -> SqlResult<i64> {
    panic!()
}
pub fn parse_timetz(
    _text: &str,
    _modifier: i32,
    _context: &InputContext<'_>,
) -> SqlResult<(i64, i32)> {
    panic!()
}
pub fn parse_timestamp(_text: &str, _modifier: i32, _context: &InputContext<'_>) -> SqlResult<i64> {
    panic!()
}
pub fn parse_timestamptz(
    _text: &str,
    _modifier: i32,
    _context: &InputContext<'_>,
) -> SqlResult<i64> {
    panic!()
}
pub fn parse_interval(_text: &str, _modifier: i32, _format: IntervalFormat) -> SqlResult<Interval> {
    panic!()
}
pub fn format_date(_date: i32, _formats: &Formats, _out: &mut String) {
    panic!()
}
pub fn format_time(_time: i64, _out: &mut String) {
    panic!()
}
pub fn format_timetz(_time: i64, _west: i32, _out: &mut String) {
    panic!()
}
pub fn format_timestamp(_timestamp: i64, _formats: &Formats, _out: &mut String) {
    panic!()
}
pub fn format_timestamptz(_timestamp: i64, _formats: &Formats, _out: &mut String) {
    panic!()
}
pub fn format_interval(_interval: &Interval, _format: IntervalFormat, _out: &mut String) {
    panic!()
}
/// Year (astronomical: 0 is 1 BC), month, day of a date.
pub fn date_fields(_date: i32) -> (i32, u32, u32) {
    panic!()
}
/// Days since 2000-01-01; `None` if not on the calendar or out of range.
pub fn date_from_fields(_year: i32, _month: u32, _day: u32) -> Option<i32> {
    panic!()
}
pub fn date_plus_days(_date: i32, _days: i32) -> SqlResult<i32> {
    panic!()
}
pub fn date_minus_date(_left: i32, _right: i32) -> SqlResult<i32> {
    panic!()
}
pub fn date_to_timestamp(_date: i32) -> SqlResult<i64> {
    panic!()
}
pub fn date_to_timestamptz(_date: i32, _zone: &Zone) -> SqlResult<i64> {
    panic!()
}
pub fn timestamp_to_date(_timestamp: i64) -> i32 {
    panic!()
}
/// `None` for an infinite timestamp.
pub fn timestamp_to_time(_timestamp: i64) -> Option<i64> {
    panic!()
}
pub fn timestamptz_to_timetz(_timestamp: i64, _zone: &Zone) -> Option<(i64, i32)> {
    panic!()
}
/// `AT TIME ZONE` of a timestamp: the instant of this local time.
pub fn timestamp_to_timestamptz(_timestamp: i64, _zone: &Zone) -> SqlResult<i64> {
    panic!()
}
/// `AT TIME ZONE` of a timestamptz: the local time at this instant.
pub fn timestamptz_to_timestamp(_timestamp: i64, _zone: &Zone) -> SqlResult<i64> {
    panic!()
}
pub fn timetz_at_zone(_time: i64, _west: i32, _zone: &Zone, _now: i64) -> (i64, i32) {
    panic!()
}
pub fn interval_to_time(_interval: &Interval) -> i64 {
    panic!()
}
pub fn time_to_interval(_time: i64) -> Interval {
    panic!()
}
pub fn timestamp_plus_interval(_timestamp: i64, _interval: &Interval) -> SqlResult<i64> {
    panic!()
}
pub fn timestamptz_plus_interval(
    _timestamp: i64,
    _interval: &Interval,
    _zone: &Zone,
) -> SqlResult<i64> {
    panic!()
}
pub fn timestamp_minus_interval(_timestamp: i64, _interval: &Interval) -> SqlResult<i64> {
    panic!()
}
pub fn timestamptz_minus_interval(
    _timestamp: i64,
    _interval: &Interval,
    _zone: &Zone,
) -> SqlResult<i64> {
    panic!()
}
/// `timestamp - timestamp`, for both kinds.
pub fn timestamp_difference(_left: i64, _right: i64) -> SqlResult<Interval> {
    panic!()
}
pub fn timestamp_age(_left: i64, _right: i64) -> SqlResult<Interval> {
    panic!()
}
pub fn timestamptz_age(_left: i64, _right: i64, _zone: &Zone) -> SqlResult<Interval> {
    panic!()
}
pub fn time_plus_interval(_time: i64, _interval: &Interval) -> i64 {
    panic!()
}
pub fn time_minus_interval(_time: i64, _interval: &Interval) -> i64 {
    panic!()
}
pub fn time_difference(_left: i64, _right: i64) -> Interval {
    panic!()
}
pub fn interval_add(_left: &Interval, _right: &Interval) -> SqlResult<Interval> {
    panic!()
}
pub fn interval_sub(_left: &Interval, _right: &Interval) -> SqlResult<Interval> {
    panic!()
}
pub fn interval_neg(_interval: &Interval) -> SqlResult<Interval> {
    panic!()
}
pub fn interval_mul(_interval: &Interval, _factor: f64) -> SqlResult<Interval> {
    panic!()
}
pub fn interval_div(_interval: &Interval, _divisor: f64) -> SqlResult<Interval> {
    panic!()
}
pub fn justify_hours(_interval: &Interval) -> SqlResult<Interval> {
    panic!()
}
pub fn justify_days(_interval: &Interval) -> SqlResult<Interval> {
    panic!()
}
pub fn justify_interval(_interval: &Interval) -> SqlResult<Interval> {
    panic!()
}
/// The value by which intervals compare: microseconds, with months of 30 days and days of 24 hours.
pub fn interval_span(_interval: &Interval) -> i128 {
    panic!()
}
/// `extract(field from …)`; `None` where PostgreSQL gives NULL (a field of an infinite value).
pub fn extract_date(_field: &str, _date: i32) -> SqlResult<Option<Numeric>> {
    panic!()
}
pub fn extract_time(_field: &str, _time: i64) -> SqlResult<Option<Numeric>> {
    panic!()
}
pub fn extract_timetz(_field: &str, _time: i64, _west: i32) -> SqlResult<Option<Numeric>> {
    panic!()
}
pub fn extract_timestamp(_field: &str, _timestamp: i64) -> SqlResult<Option<Numeric>> {
    panic!()
}
pub fn extract_timestamptz(
    _field: &str,
    _timestamp: i64,
    _zone: &Zone,
) -> SqlResult<Option<Numeric>> {
    panic!()
}
pub fn extract_interval(_field: &str, _interval: &Interval) -> SqlResult<Option<Numeric>> {
    panic!()
}
pub fn truncate_timestamp(_unit: &str, _timestamp: i64) -> SqlResult<i64> {
    panic!()
}
pub fn truncate_timestamptz(_unit: &str, _timestamp: i64, _zone: &Zone) -> SqlResult<i64> {
    panic!()
}
pub fn truncate_interval(_unit: &str, _interval: &Interval) -> SqlResult<Interval> {
    panic!()
}
/// `date_bin`.
pub fn bin_timestamp(_stride: &Interval, _timestamp: i64, _origin: i64) -> SqlResult<i64> {
    panic!()
}
pub fn make_date(_year: i32, _month: i32, _day: i32) -> SqlResult<i32> {
    panic!()
}
pub fn make_time(_hour: i32, _minute: i32, _second: f64) -> SqlResult<i64> {
    panic!()
}
pub fn make_timestamp(
    _year: i32,
    _month: i32,
    _day: i32,
    _hour: i32,
    _minute: i32,
    _second: f64,
) -> SqlResult<i64> {
    panic!()
}
pub fn make_interval(
    _years: i32,
    _months: i32,
    _weeks: i32,
    _days: i32,
    _hours: i32,
    _minutes: i32,
    _seconds: f64,
) -> SqlResult<Interval> {
    panic!()
}
/// Rounds a time or timestamp to the fractional digits of its modifier.
pub fn round_to_modifier(_microseconds: i64, _modifier: i32) -> i64 {
    panic!()
}
/// Keeps the fields and digits that `interval`'s modifier allows.
pub fn apply_interval_modifier(_interval: &Interval, _modifier: i32) -> SqlResult<Interval> {
    panic!()
}

/// The fields and digits of `interval`'s modifier, as `format_type` appends them.
pub fn interval_modifier_name(_modifier: i32) -> String {
    panic!()
}
pub const DAY_MICROSECONDS: i64 = 86_400_000_000;
/// Zones are less than 16 hours from UTC.
pub const MAX_ZONE_SECONDS: i32 = 16 * 3600 - 1;
pub fn is_valid_date(_date: i32) -> bool {
    panic!()
}
pub fn is_valid_timestamp(_timestamp: i64) -> bool {
    panic!()
}
