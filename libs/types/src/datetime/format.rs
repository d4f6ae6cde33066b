//! Printing dates, times and timestamps.

use std::fmt::Write;

use super::{
    DAY_MICROSECONDS, HOUR_MICROSECONDS, MINUTE_MICROSECONDS, SECOND_MICROSECONDS, Zone,
    date_fields, day_of_week, split_timestamp,
};
use crate::formats::{DateFormat, DateOrder, Formats};

pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
pub(super) const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// The year as it is written, and whether it is BC.
fn display_year(year: i32) -> (i32, bool) {
    if year <= 0 { (1 - year, true) } else { (year, false) }
}

fn write_bc(bc: bool, out: &mut String) {
    if bc {
        out.push_str(" BC");
    }
}

/// `hh:mm:ss` and the fraction without trailing zeros.
pub fn format_time(time: i64, out: &mut String) {
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}",
        time / HOUR_MICROSECONDS,
        time / MINUTE_MICROSECONDS % 60,
        time / SECOND_MICROSECONDS % 60
    );
    write_fraction(time % SECOND_MICROSECONDS, out);
}

pub(super) fn write_fraction(microseconds: i64, out: &mut String) {
    if microseconds != 0 {
        let digits = format!("{:06}", microseconds.unsigned_abs());
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

/// `+hh[:mm[:ss]]`.
pub(super) fn write_offset(seconds_east: i32, out: &mut String) {
    let size = seconds_east.unsigned_abs();
    out.push(if seconds_east < 0 { '-' } else { '+' });
    let _ = write!(out, "{:02}", size / 3600);
    if !size.is_multiple_of(3600) {
        let _ = write!(out, ":{:02}", size / 60 % 60);
    }
    if !size.is_multiple_of(60) {
        let _ = write!(out, ":{:02}", size % 60);
    }
}

pub fn format_timetz(time: i64, west: i32, out: &mut String) {
    format_time(time, out);
    write_offset(-west, out);
}

fn write_date(date: i32, formats: &Formats, out: &mut String) -> bool {
    let (year, month, day) = date_fields(date);
    let (year, bc) = display_year(year);
    let day_first = formats.date_order == DateOrder::DayMonthYear;
    let _ = match formats.date_format {
        DateFormat::Iso => write!(out, "{year:04}-{month:02}-{day:02}"),
        DateFormat::German => write!(out, "{day:02}.{month:02}.{year:04}"),
        DateFormat::Sql if day_first => write!(out, "{day:02}/{month:02}/{year:04}"),
        DateFormat::Sql => write!(out, "{month:02}/{day:02}/{year:04}"),
        DateFormat::Postgres if day_first => write!(out, "{day:02}-{month:02}-{year:04}"),
        DateFormat::Postgres => write!(out, "{month:02}-{day:02}-{year:04}"),
    };
    bc
}

pub fn format_date(date: i32, formats: &Formats, out: &mut String) {
    match date {
        i32::MIN => out.push_str("-infinity"),
        i32::MAX => out.push_str("infinity"),
        _ => {
            let bc = write_date(date, formats, out);
            write_bc(bc, out);
        }
    }
}

pub fn format_timestamp(timestamp: i64, formats: &Formats, out: &mut String) {
    write_timestamp(timestamp, None, formats, out);
}

pub fn format_timestamptz(timestamp: i64, formats: &Formats, out: &mut String) {
    if super::is_infinite_timestamp(timestamp) {
        return write_timestamp(timestamp, None, formats, out);
    }
    let zone = Zone::of(formats);
    let offset = zone.offset_at(timestamp);
    let local = timestamp.saturating_add(i64::from(offset) * SECOND_MICROSECONDS);
    let abbreviation =
        (formats.date_format != DateFormat::Iso).then(|| zone.abbreviation_at(timestamp));
    write_timestamp(local, Some((offset, abbreviation)), formats, out);
}

fn write_timestamp(
    local: i64,
    zone: Option<(i32, Option<String>)>,
    formats: &Formats,
    out: &mut String,
) {
    match local {
        i64::MIN => return out.push_str("-infinity"),
        i64::MAX => return out.push_str("infinity"),
        _ => {}
    }
    let (date, time) = split_timestamp(local);
    debug_assert!(time < DAY_MICROSECONDS, "a time of day");
    let bc = if formats.date_format == DateFormat::Postgres {
        let (year, month, day) = date_fields(date);
        let (year, bc) = display_year(year);
        let weekday = DAYS[day_of_week(date) as usize];
        let month = MONTHS[month as usize - 1];
        let _ = if formats.date_order == DateOrder::DayMonthYear {
            write!(out, "{weekday} {day:02} {month} ")
        } else {
            write!(out, "{weekday} {month} {day:02} ")
        };
        format_time(time, out);
        let _ = write!(out, " {year:04}");
        bc
    } else {
        let bc = write_date(date, formats, out);
        out.push(' ');
        format_time(time, out);
        bc
    };
    if let Some((offset, abbreviation)) = zone {
        match abbreviation {
            Some(name) if name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic()) => {
                out.push(' ');
                out.push_str(&name);
            }
            Some(_) => {
                out.push(' ');
                write_offset(offset, out);
            }
            None => write_offset(offset, out),
        }
    }
    write_bc(bc, out);
}
