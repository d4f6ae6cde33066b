//! Reading intervals: PostgreSQL's words, SQL's fields and ISO 8601's letters.

use super::calendar::interval_out_of_range;
use super::units::Unit;
use super::{
    DAY_MICROSECONDS, HOUR_MICROSECONDS, MINUTE_MICROSECONDS, SECOND_MICROSECONDS,
    apply_interval_modifier,
};
use crate::Interval;
use crate::error::{SqlError, SqlResult};
use crate::formats::IntervalFormat;
use crate::sqlstate;

/// Longest text that is looked at.
const MAX_LENGTH: usize = 1_000;

fn invalid(text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_DATETIME_FORMAT,
        format!("invalid input syntax for type interval: \"{text}\""),
    )
}

fn overflow(text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INTERVAL_FIELD_OVERFLOW,
        format!("interval field value out of range: \"{text}\""),
    )
}

#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    microseconds: i128,
    /// Units that were written in words, or as a clock: each may stand once.
    seen: Vec<Unit>,
}

/// A number as it was written: its whole part and billionths, both with the sign.
#[derive(Clone, Copy)]
struct Quantity {
    whole: i128,
    billionths: i128,
}

const BILLION: i128 = 1_000_000_000;

/// Divides and rounds half to even, like the C library's `rint`.
fn round_div(value: i128, by: i128) -> i128 {
    let (quotient, rest) = (value.div_euclid(by), value.rem_euclid(by));
    let up = rest * 2 > by || (rest * 2 == by && quotient % 2 != 0);
    quotient + i128::from(up)
}

impl Sum {
    /// Notes that these units are given; `None` if one was before.
    fn note(&mut self, units: &[Unit]) -> Option<()> {
        if units.iter().any(|unit| self.seen.contains(unit)) {
            return None;
        }
        self.seen.extend_from_slice(units);
        Some(())
    }

    fn add(&mut self, quantity: Quantity, unit: Unit) -> Option<()> {
        let Quantity { whole, billionths } = quantity;
        let day = i128::from(DAY_MICROSECONDS);
        let mut months = |count: i128| {
            self.months += whole * count;
            self.months += round_div(billionths * count, BILLION);
        };
        match unit {
            Unit::Year => months(12),
            Unit::Decade => months(120),
            Unit::Century => months(1_200),
            Unit::Millennium => months(12_000),
            Unit::Month | Unit::Week | Unit::Day => {
                let (length, fraction) = match unit {
                    Unit::Month => (30, billionths * 30),
                    Unit::Week => (7, billionths * 7),
                    _ => (1, billionths),
                };
                if unit == Unit::Month {
                    self.months += whole;
                } else {
                    self.days += whole * length;
                }
                self.days += fraction / BILLION;
                self.microseconds += round_div(fraction % BILLION * day, BILLION);
            }
            Unit::Hour | Unit::Minute | Unit::Second | Unit::Millisecond | Unit::Microsecond => {
                let length = i128::from(match unit {
                    Unit::Hour => HOUR_MICROSECONDS,
                    Unit::Minute => MINUTE_MICROSECONDS,
                    Unit::Second => SECOND_MICROSECONDS,
                    Unit::Millisecond => 1_000,
                    _ => 1,
                });
                self.microseconds += whole * length + round_div(billionths * length, BILLION);
            }
            _ => return None,
        }
        Some(())
    }

    fn finish(&self, text: &str) -> SqlResult<Interval> {
        let build = || {
            Some(Interval {
                months: self.months.try_into().ok()?,
                days: self.days.try_into().ok()?,
                microseconds: self.microseconds.try_into().ok()?,
            })
        };
        build().ok_or_else(|| overflow(text))
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn digits(&mut self) -> Option<(i128, usize)> {
        let start = self.position;
        let mut value: i128 = 0;
        while let Some(byte) = self.peek().filter(u8::is_ascii_digit) {
            value = (value * 10 + i128::from(byte - b'0')).min(1 << 70);
            self.position += 1;
        }
        let count = self.position - start;
        (count > 0).then_some((value, count))
    }

    fn sign(&mut self) -> Option<bool> {
        let negative = match self.peek() {
            Some(b'-') => true,
            Some(b'+') => false,
            _ => return None,
        };
        self.position += 1;
        Some(negative)
    }

    /// A fraction after the point, in billionths.
    fn fraction(&mut self) -> i128 {
        let mut billionths = 0;
        let mut unit = BILLION / 10;
        while let Some(byte) = self.peek().filter(u8::is_ascii_digit) {
            billionths += i128::from(byte - b'0') * unit;
            unit /= 10;
            self.position += 1;
        }
        billionths
    }

    fn quantity(&mut self) -> Option<Quantity> {
        let start = self.position;
        let whole = self.digits().map_or(0, |(whole, _)| whole);
        let mut billionths = 0;
        if self.peek() == Some(b'.') {
            self.position += 1;
            billionths = self.fraction();
        }
        let read = &self.bytes[start..self.position];
        read.iter().any(u8::is_ascii_digit).then_some(Quantity { whole, billionths })
    }

    fn word(&mut self) -> &str {
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.position += 1;
        }
        std::str::from_utf8(&self.bytes[start..self.position]).unwrap_or("")
    }
}

fn signed(quantity: Quantity, negative: bool) -> Quantity {
    let sign = if negative { -1 } else { 1 };
    Quantity { whole: quantity.whole * sign, billionths: quantity.billionths * sign }
}

pub fn parse_interval(text: &str, modifier: i32, format: IntervalFormat) -> SqlResult<Interval> {
    let body = text.trim().to_ascii_lowercase();
    if body.len() > MAX_LENGTH {
        return Err(invalid(text));
    }
    let mut scanner = Scanner { bytes: body.as_bytes(), position: 0 };
    let interval = if body.starts_with('p') {
        parse_iso(&mut scanner, text)?
    } else {
        parse_words(&mut scanner, text, modifier, format)?
    };
    apply_interval_modifier(&interval, modifier).map_err(|_| interval_out_of_range())
}

/// The unit of a number without one: the smallest field of the modifier, or seconds.
fn default_unit(modifier: i32) -> Unit {
    let range = if modifier < 0 { 0x7fff } else { modifier >> 16 & 0x7fff };
    if range == 0x7fff || range & 1 << 12 != 0 {
        Unit::Second
    } else if range & 1 << 11 != 0 {
        Unit::Minute
    } else if range & 1 << 10 != 0 {
        Unit::Hour
    } else if range & 1 << 3 != 0 {
        Unit::Day
    } else if range & 1 << 1 != 0 {
        Unit::Month
    } else if range & 1 << 2 != 0 {
        Unit::Year
    } else {
        Unit::Second
    }
}

/// `[@] 1 year 2-3 4 days 05:06:07.8 ago`.
fn parse_words(
    scanner: &mut Scanner<'_>,
    text: &str,
    modifier: i32,
    format: IntervalFormat,
) -> SqlResult<Interval> {
    let wrong = || invalid(text);
    let mut sum = Sum::default();
    let mut parts = 0;
    let mut ago = false;
    // In SQL's style a leading minus belongs to every part, if no other part has a sign.
    let signs = scanner
        .bytes
        .windows(2)
        .skip(1)
        .filter(|pair| matches!(pair[0], b'+' | b'-') && pair[1].is_ascii_digit());
    let mut inherited = format == IntervalFormat::SqlStandard
        && scanner.bytes.first() == Some(&b'-')
        && scanner
            .bytes
            .windows(2)
            .skip(1)
            .all(|pair| !(pair[0] == b' ' && matches!(pair[1], b'+' | b'-')))
        && signs.count() <= 1;
    let mut pending: Option<Quantity> = None;
    loop {
        while scanner
            .peek()
            .is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'@' | b','))
        {
            scanner.position += 1;
        }
        let Some(byte) = scanner.peek() else {
            break;
        };
        if ago {
            return Err(wrong());
        }
        if byte.is_ascii_alphabetic() {
            let word = scanner.word();
            if word == "ago" && parts > 0 {
                ago = true;
                continue;
            }
            let unit = Unit::parse(word).ok_or_else(wrong)?;
            let quantity = pending.take().ok_or_else(wrong)?;
            // A fraction of a second names milliseconds and microseconds, too.
            let units: &[Unit] = if unit == Unit::Second && quantity.billionths != 0 {
                &[Unit::Second, Unit::Millisecond, Unit::Microsecond]
            } else {
                &[unit]
            };
            sum.note(units).ok_or_else(wrong)?;
            sum.add(quantity, unit).ok_or_else(wrong)?;
            continue;
        }
        if let Some(quantity) = pending.take() {
            // A number before a clock is days; before anything else it needs its unit.
            let rest = &scanner.bytes[scanner.position..];
            let clock = rest
                .iter()
                .take_while(|byte| !byte.is_ascii_whitespace())
                .any(|&byte| byte == b':');
            // `INTERVAL '1 2' DAY TO HOUR` is the only other.
            if !clock && (modifier < 0 || modifier >> 16 & 0x7fff != 1 << 3 | 1 << 10) {
                return Err(wrong());
            }
            sum.add(quantity, Unit::Day).ok_or_else(wrong)?;
        }
        let sign = scanner.sign();
        let negative = sign.unwrap_or(inherited);
        if format != IntervalFormat::SqlStandard {
            inherited = false;
        }
        parts += 1;
        let start = scanner.position;
        let quantity = scanner.quantity().ok_or_else(wrong)?;
        match scanner.peek() {
            Some(b':') => {
                scanner.position = start;
                let time = parse_clock(scanner, modifier).ok_or_else(wrong)??;
                sum.note(&[Unit::Hour, Unit::Minute, Unit::Second]).ok_or_else(wrong)?;
                sum.microseconds += if negative { -time } else { time };
            }
            Some(b'-') if quantity.billionths == 0 => {
                scanner.position += 1;
                let (months, _) = scanner.digits().ok_or_else(wrong)?;
                if months >= 12 {
                    return Err(overflow(text));
                }
                let total = quantity.whole * 12 + months;
                sum.months += if negative { -total } else { total };
            }
            _ => pending = Some(signed(quantity, negative)),
        }
    }
    if let Some(quantity) = pending {
        sum.add(quantity, default_unit(modifier)).ok_or_else(wrong)?;
    }
    if parts == 0 {
        return Err(wrong());
    }
    if ago {
        sum = Sum { months: -sum.months, days: -sum.days, microseconds: -sum.microseconds, ..sum };
    }
    sum.finish(text)
}

/// `hh:mm[:ss[.f]]`, or `mm:ss` if it has a fraction or the modifier says so.
fn parse_clock(scanner: &mut Scanner<'_>, modifier: i32) -> Option<SqlResult<i128>> {
    let (first, _) = scanner.digits()?;
    scanner.position += 1;
    let (second, _) = scanner.digits()?;
    let minute_to_second = modifier >= 0 && modifier >> 16 & 0x7fff == 1 << 11 | 1 << 12;
    let mut billionths = 0;
    let (hours, minutes, seconds) = match scanner.peek() {
        Some(b':') => {
            scanner.position += 1;
            let (seconds, _) = scanner.digits()?;
            if scanner.peek() == Some(b'.') {
                scanner.position += 1;
                billionths = scanner.fraction();
            }
            (first, second, seconds)
        }
        Some(b'.') => {
            scanner.position += 1;
            billionths = scanner.fraction();
            (0, first, second)
        }
        _ if minute_to_second => (0, first, second),
        _ => (first, second, 0),
    };
    if minutes > 59 || seconds > 60 {
        let shown = String::from_utf8_lossy(scanner.bytes);
        return Some(Err(overflow(&shown)));
    }
    let microseconds = hours * i128::from(HOUR_MICROSECONDS)
        + minutes * i128::from(MINUTE_MICROSECONDS)
        + seconds * i128::from(SECOND_MICROSECONDS)
        + round_div(billionths, 1_000);
    Some(Ok(microseconds))
}

/// `P1Y2M3DT4H5M6.7S`, `P2W` and `P0001-02-03T04:05:06`.
fn parse_iso(scanner: &mut Scanner<'_>, text: &str) -> SqlResult<Interval> {
    let wrong = || invalid(text);
    let mut sum = Sum::default();
    let mut in_time = false;
    let mut any = false;
    scanner.position = 1;
    while let Some(byte) = scanner.peek() {
        if byte == b't' && !in_time {
            in_time = true;
            scanner.position += 1;
            continue;
        }
        let negative = scanner.sign().unwrap_or(false);
        let start = scanner.position;
        let quantity = signed(scanner.quantity().ok_or_else(wrong)?, negative);
        any = true;
        let unit = match (scanner.peek(), in_time) {
            (Some(b'y'), false) => Unit::Year,
            (Some(b'm'), false) => Unit::Month,
            (Some(b'w'), false) => Unit::Week,
            (Some(b'd'), false) => Unit::Day,
            (Some(b'h'), true) => Unit::Hour,
            (Some(b'm'), true) => Unit::Minute,
            (Some(b's'), true) => Unit::Second,
            (Some(b'-'), false) => {
                scanner.position += 1;
                let (months, _) = scanner.digits().ok_or_else(wrong)?;
                sum.months += quantity.whole * 12 + if negative { -months } else { months };
                if scanner.peek() == Some(b'-') {
                    scanner.position += 1;
                    sum.days += scanner.digits().ok_or_else(wrong)?.0;
                }
                continue;
            }
            (Some(b':'), true) => {
                scanner.position = start;
                let time = parse_clock(scanner, -1).ok_or_else(wrong)??;
                sum.microseconds += if negative { -time } else { time };
                continue;
            }
            _ => return Err(wrong()),
        };
        scanner.position += 1;
        sum.add(quantity, unit).ok_or_else(wrong)?;
    }
    if any { sum.finish(text) } else { Err(wrong()) }
}
