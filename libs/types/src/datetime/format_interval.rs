//! Printing intervals in each `IntervalStyle`.

use std::fmt::Write;

use super::format::write_fraction;
use super::{HOUR_MICROSECONDS, MINUTE_MICROSECONDS, SECOND_MICROSECONDS};
use crate::Interval;
use crate::formats::IntervalFormat;

/// The fields of an interval's modifier by their bits.
const FIELD_NAMES: &[(i32, &str)] = &[
    (1 << 2, " year"),
    (1 << 1, " month"),
    (1 << 3, " day"),
    (1 << 10, " hour"),
    (1 << 11, " minute"),
    (1 << 12, " second"),
    (1 << 2 | 1 << 1, " year to month"),
    (1 << 3 | 1 << 10, " day to hour"),
    (1 << 3 | 1 << 10 | 1 << 11, " day to minute"),
    (1 << 3 | 1 << 10 | 1 << 11 | 1 << 12, " day to second"),
    (1 << 10 | 1 << 11, " hour to minute"),
    (1 << 10 | 1 << 11 | 1 << 12, " hour to second"),
    (1 << 11 | 1 << 12, " minute to second"),
];

/// The fields and digits of `interval`'s modifier, as `format_type` appends them.
pub fn interval_modifier_name(modifier: i32) -> String {
    if modifier < 0 {
        return String::new();
    }
    let (range, precision) = (modifier >> 16 & 0x7fff, modifier & 0xffff);
    let fields = FIELD_NAMES.iter().find(|(bits, _)| *bits == range).map_or("", |(_, name)| *name);
    if precision == 0xffff { fields.to_owned() } else { format!("{fields}({precision})") }
}

pub fn format_interval(interval: &Interval, format: IntervalFormat, out: &mut String) {
    // Writing to a string cannot fail: the results of `write!` are of no interest.
    match format {
        IntervalFormat::Postgres => write_postgres(interval, out),
        IntervalFormat::PostgresVerbose => write_verbose(interval, out),
        IntervalFormat::SqlStandard => write_standard(interval, out),
        IntervalFormat::Iso8601 => write_iso(interval, out),
    }
}

/// Hours, minutes, seconds and the fraction; all have the sign of the whole.
fn time_parts(microseconds: i64) -> (i64, i64, i64, i64) {
    (
        microseconds / HOUR_MICROSECONDS,
        microseconds / MINUTE_MICROSECONDS % 60,
        microseconds / SECOND_MICROSECONDS % 60,
        microseconds % SECOND_MICROSECONDS,
    )
}

fn write_clock(microseconds: i64, out: &mut String) {
    let (hours, minutes, seconds, fraction) = time_parts(microseconds);
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}",
        hours.unsigned_abs(),
        minutes.unsigned_abs(),
        seconds.unsigned_abs()
    );
    write_fraction(fraction, out);
}

fn write_postgres(interval: &Interval, out: &mut String) {
    let mut first = true;
    let mut negative_before = false;
    for (value, unit) in
        [(interval.months / 12, "year"), (interval.months % 12, "mon"), (interval.days, "day")]
    {
        if value == 0 {
            continue;
        }
        // A positive part after a negative one says so.
        let sign = if negative_before && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        let _ = write!(out, "{}{sign}{value} {unit}{plural}", if first { "" } else { " " });
        negative_before = value < 0;
        first = false;
    }
    if first || interval.microseconds != 0 {
        out.push_str(if first { "" } else { " " });
        if interval.microseconds < 0 {
            out.push('-');
        } else if negative_before {
            out.push('+');
        }
        write_clock(interval.microseconds, out);
    }
}

fn write_verbose(interval: &Interval, out: &mut String) {
    out.push('@');
    let (hours, minutes, seconds, fraction) = time_parts(interval.microseconds);
    let parts = [
        (i64::from(interval.months / 12), "year"),
        (i64::from(interval.months % 12), "mon"),
        (i64::from(interval.days), "day"),
        (hours, "hour"),
        (minutes, "min"),
    ];
    // The first part that is not zero decides whether the whole is "ago".
    let mut ago: Option<bool> = None;
    let mut empty = true;
    for (value, unit) in parts {
        if value == 0 {
            continue;
        }
        let ago = *ago.get_or_insert(value < 0);
        let shown = if ago { -value } else { value };
        let _ = write!(out, " {shown} {unit}{}", if shown == 1 { "" } else { "s" });
        empty = false;
    }
    if seconds != 0 || fraction != 0 {
        let negative = seconds < 0 || fraction < 0;
        let ago = *ago.get_or_insert(negative);
        let minus = if negative != ago { "-" } else { "" };
        let _ = write!(out, " {minus}{}", seconds.unsigned_abs());
        write_fraction(fraction, out);
        let one = seconds.unsigned_abs() == 1 && fraction == 0;
        out.push_str(if one { " sec" } else { " secs" });
        empty = false;
    }
    if empty {
        out.push_str(" 0");
    }
    if ago == Some(true) {
        out.push_str(" ago");
    }
}

fn write_standard(interval: &Interval, out: &mut String) {
    let Interval { months, days, microseconds } = *interval;
    let negative = months < 0 || days < 0 || microseconds < 0;
    let positive = months > 0 || days > 0 || microseconds > 0;
    let (has_months, has_days, has_time) = (months != 0, days != 0, microseconds != 0);
    let sign = |negative: bool| if negative { '-' } else { '+' };
    let year_month = |out: &mut String| {
        let _ = write!(out, "{}-{}", (months / 12).unsigned_abs(), (months % 12).unsigned_abs());
    };
    let clock = |out: &mut String| {
        let (hours, minutes, seconds, fraction) = time_parts(microseconds);
        let _ = write!(
            out,
            "{}:{:02}:{:02}",
            hours.unsigned_abs(),
            minutes.unsigned_abs(),
            seconds.unsigned_abs()
        );
        write_fraction(fraction, out);
    };
    if !has_months && !has_days && !has_time {
        out.push('0');
        return;
    }
    if (negative && positive) || (has_months && (has_days || has_time)) {
        // Every part carries its sign.
        out.push(sign(months < 0));
        year_month(out);
        let _ = write!(out, " {}{} ", sign(days < 0), days.unsigned_abs());
        out.push(sign(microseconds < 0));
        clock(out);
        return;
    }
    if negative {
        out.push('-');
    }
    if has_months {
        year_month(out);
    } else if has_days {
        let _ = write!(out, "{} ", days.unsigned_abs());
        clock(out);
    } else {
        clock(out);
    }
}

fn write_iso(interval: &Interval, out: &mut String) {
    let (hours, minutes, seconds, fraction) = time_parts(interval.microseconds);
    if interval.months == 0 && interval.days == 0 && interval.microseconds == 0 {
        out.push_str("PT0S");
        return;
    }
    out.push('P');
    for (value, unit) in
        [(interval.months / 12, 'Y'), (interval.months % 12, 'M'), (interval.days, 'D')]
    {
        if value != 0 {
            let _ = write!(out, "{value}{unit}");
        }
    }
    if interval.microseconds == 0 {
        return;
    }
    out.push('T');
    for (value, unit) in [(hours, 'H'), (minutes, 'M')] {
        if value != 0 {
            let _ = write!(out, "{value}{unit}");
        }
    }
    if seconds != 0 || fraction != 0 {
        if seconds < 0 || fraction < 0 {
            out.push('-');
        }
        let _ = write!(out, "{}", seconds.unsigned_abs());
        write_fraction(fraction, out);
        out.push('S');
    }
}
