//! Arithmetic of intervals.

use super::calendar::interval_out_of_range;
use super::{DAY_MICROSECONDS, HOUR_MICROSECONDS, MINUTE_MICROSECONDS, SECOND_MICROSECONDS};
use crate::Interval;
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

const DAYS_PER_MONTH: f64 = 30.0;

/// The value by which intervals compare: microseconds, with months of 30 days and days of 24 hours.
pub fn interval_span(interval: &Interval) -> i128 {
    let days = i128::from(interval.months) * 30 + i128::from(interval.days);
    days * i128::from(DAY_MICROSECONDS) + i128::from(interval.microseconds)
}

fn combine(
    left: &Interval,
    right: &Interval,
    narrow: fn(i32, i32) -> Option<i32>,
    wide: fn(i64, i64) -> Option<i64>,
) -> SqlResult<Interval> {
    let combined = || {
        Some(Interval {
            months: narrow(left.months, right.months)?,
            days: narrow(left.days, right.days)?,
            microseconds: wide(left.microseconds, right.microseconds)?,
        })
    };
    combined().ok_or_else(interval_out_of_range)
}

pub fn interval_add(left: &Interval, right: &Interval) -> SqlResult<Interval> {
    combine(left, right, i32::checked_add, i64::checked_add)
}

pub fn interval_sub(left: &Interval, right: &Interval) -> SqlResult<Interval> {
    combine(left, right, i32::checked_sub, i64::checked_sub)
}

pub fn interval_neg(interval: &Interval) -> SqlResult<Interval> {
    interval_sub(&Interval::default(), interval)
}

/// Rounds to microseconds, so that binary fractions do not show.
fn to_microsecond(seconds: f64) -> f64 {
    (seconds * 1e6).round_ties_even() / 1e6
}

fn to_i32(value: f64) -> SqlResult<i32> {
    if value.is_nan() || value < f64::from(i32::MIN) || value > f64::from(i32::MAX) {
        return Err(interval_out_of_range());
    }
    Ok(value as i32)
}

/// Scales each part and hands fractions of months to days, of days to time.
fn scale(interval: &Interval, scaled: impl Fn(f64) -> f64) -> SqlResult<Interval> {
    let whole_months = scaled(interval.months.into());
    let whole_days = scaled(interval.days.into());
    let months = to_i32(whole_months)?;
    let mut days = to_i32(whole_days)?;
    let month_days = to_microsecond((whole_months - f64::from(months)) * DAYS_PER_MONTH);
    let day_seconds = DAY_MICROSECONDS as f64 / 1e6;
    let mut seconds = to_microsecond(
        (whole_days - f64::from(days) + month_days - month_days.trunc()) * day_seconds,
    );
    if seconds.abs() >= day_seconds {
        let carried = (seconds / day_seconds) as i32;
        days = days.checked_add(carried).ok_or_else(interval_out_of_range)?;
        seconds -= f64::from(carried) * day_seconds;
    }
    let days = days.checked_add(month_days as i32).ok_or_else(interval_out_of_range)?;
    let microseconds = (scaled(interval.microseconds as f64) + seconds * 1e6).round_ties_even();
    if microseconds.is_nan() || microseconds.abs() >= i64::MAX as f64 {
        return Err(interval_out_of_range());
    }
    Ok(Interval { months, days, microseconds: microseconds as i64 })
}

pub fn interval_mul(interval: &Interval, factor: f64) -> SqlResult<Interval> {
    scale(interval, |value| value * factor)
}

pub fn interval_div(interval: &Interval, divisor: f64) -> SqlResult<Interval> {
    if divisor == 0.0 {
        return Err(SqlError::new(sqlstate::DIVISION_BY_ZERO, "division by zero"));
    }
    scale(interval, |value| value / divisor)
}

/// Makes two parts have one sign, by moving one unit of the larger.
fn align(high: &mut i32, low: &mut i64, unit: i64) -> SqlResult<()> {
    let step = if *high > 0 && *low < 0 {
        -1
    } else if *high < 0 && *low > 0 {
        1
    } else {
        return Ok(());
    };
    *high += step;
    *low -= i64::from(step) * unit;
    Ok(())
}

fn carry(high: i32, low: &mut i64, unit: i64) -> SqlResult<i32> {
    let carried = *low / unit;
    *low %= unit;
    i32::try_from(carried)
        .ok()
        .and_then(|carried| high.checked_add(carried))
        .ok_or_else(interval_out_of_range)
}

pub fn justify_hours(interval: &Interval) -> SqlResult<Interval> {
    let mut result = *interval;
    result.days = carry(result.days, &mut result.microseconds, DAY_MICROSECONDS)?;
    align(&mut result.days, &mut result.microseconds, DAY_MICROSECONDS)?;
    Ok(result)
}

pub fn justify_days(interval: &Interval) -> SqlResult<Interval> {
    let mut result = *interval;
    let mut days = i64::from(result.days);
    result.months = carry(result.months, &mut days, 30)?;
    align(&mut result.months, &mut days, 30)?;
    result.days = days as i32;
    Ok(result)
}

pub fn justify_interval(interval: &Interval) -> SqlResult<Interval> {
    let mut result = *interval;
    let mut days = i64::from(result.days) + result.microseconds / DAY_MICROSECONDS;
    result.microseconds %= DAY_MICROSECONDS;
    result.months = carry(result.months, &mut days, 30)?;
    let rest = |days: i64, time: i64| days > 0 || (days == 0 && time > 0);
    let below = |days: i64, time: i64| days < 0 || (days == 0 && time < 0);
    if result.months > 0 && below(days, result.microseconds) {
        days += 30;
        result.months -= 1;
    } else if result.months < 0 && rest(days, result.microseconds) {
        days -= 30;
        result.months += 1;
    }
    result.days = i32::try_from(days).map_err(|_| interval_out_of_range())?;
    align(&mut result.days, &mut result.microseconds, DAY_MICROSECONDS)?;
    Ok(result)
}

/// Keeps the fields and digits that `interval`'s modifier allows.
pub fn apply_interval_modifier(interval: &Interval, modifier: i32) -> SqlResult<Interval> {
    if modifier < 0 {
        return Ok(*interval);
    }
    let (range, precision) = (modifier >> 16 & 0x7fff, modifier & 0xffff);
    const MONTH: i32 = 1 << 1;
    const YEAR: i32 = 1 << 2;
    const DAY: i32 = 1 << 3;
    const HOUR: i32 = 1 << 10;
    const MINUTE: i32 = 1 << 11;
    const SECOND: i32 = 1 << 12;
    let mut result = *interval;
    if range != 0x7fff && range & SECOND == 0 {
        // The smallest field decides what is cut.
        let time = &mut result.microseconds;
        if range & MINUTE != 0 {
            *time -= *time % MINUTE_MICROSECONDS;
        } else if range & HOUR != 0 {
            *time -= *time % HOUR_MICROSECONDS;
        } else if range & DAY != 0 {
            *time = 0;
        } else if range & (MONTH | YEAR) != 0 {
            *time = 0;
            result.days = 0;
            if range & MONTH == 0 {
                result.months -= result.months % 12;
            }
        }
    }
    if precision < 6 {
        result.microseconds = super::round_to_modifier(result.microseconds, precision);
    }
    Ok(result)
}

pub fn make_interval(
    years: i32,
    months: i32,
    weeks: i32,
    days: i32,
    hours: i32,
    minutes: i32,
    seconds: f64,
) -> SqlResult<Interval> {
    if !seconds.is_finite() {
        return Err(interval_out_of_range());
    }
    // Hours and minutes fit with room to spare; seconds may be any size.
    let whole = i128::from(hours) * i128::from(HOUR_MICROSECONDS)
        + i128::from(minutes) * i128::from(MINUTE_MICROSECONDS);
    let fraction = (seconds * SECOND_MICROSECONDS as f64).round_ties_even() as i128;
    let time = whole.saturating_add(fraction);
    let build = || {
        Some(Interval {
            months: years.checked_mul(12)?.checked_add(months)?,
            days: weeks.checked_mul(7)?.checked_add(days)?,
            microseconds: i64::try_from(time).ok()?,
        })
    };
    build().ok_or_else(interval_out_of_range)
}

/// The time of day in an interval, without its days.
pub fn interval_to_time(interval: &Interval) -> i64 {
    interval.microseconds.rem_euclid(DAY_MICROSECONDS)
}

pub fn time_to_interval(time: i64) -> Interval {
    Interval { months: 0, days: 0, microseconds: time }
}
