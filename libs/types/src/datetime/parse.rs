//! Reading dates, times and timestamps in every form people write.
//!
//! The text is cut into words, numbers, dates with separators, clocks and zones; what is left over once months, zones and
//! special words are known are the numbers of a date, which `DateStyle`'s order gives a meaning.

use super::calendar::{date_out_of_range, join_timestamp};
use super::format::{DAYS, MONTHS};
use super::zone::{abbreviation, parse_offset};
use super::{
    DAY_MICROSECONDS, EPOCH_JULIAN_DAY, HOUR_MICROSECONDS, MAX_ZONE_SECONDS, MINUTE_MICROSECONDS,
    SECOND_MICROSECONDS, UNIX_EPOCH_SECONDS, Zone, is_valid_date, round_to_modifier,
    split_timestamp, timestamptz_to_timestamp,
};
use crate::error::{SqlError, SqlResult};
use crate::formats::DateOrder;
use crate::io::InputContext;
use crate::sqlstate;

/// Longest text that is looked at.
const MAX_LENGTH: usize = 128;

enum Failure {
    Syntax,
    Field,
    MonthOrDay,
    Displacement,
    Other(SqlError),
}

fn report(failure: Failure, type_name: &str, text: &str) -> SqlError {
    let overflow = || {
        SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("date/time field value out of range: \"{text}\""),
        )
    };
    match failure {
        Failure::Syntax => SqlError::new(
            sqlstate::INVALID_DATETIME_FORMAT,
            format!("invalid input syntax for type {type_name}: \"{text}\""),
        ),
        Failure::Field => overflow(),
        Failure::MonthOrDay => {
            overflow().hint("Perhaps you need a different \"datestyle\" setting.")
        }
        Failure::Displacement => SqlError::new(
            sqlstate::INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
            format!("time zone displacement out of range: \"{text}\""),
        ),
        Failure::Other(error) => error,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Special {
    Infinity,
    NegativeInfinity,
    Epoch,
    Now,
    /// Midnight so many days from today.
    Day(i32),
}

#[derive(Default)]
struct Parsed {
    special: Option<Special>,
    /// Days since 2000-01-01.
    date: Option<i64>,
    time: Option<i64>,
    zone: Option<Zone>,
}

#[derive(Default)]
struct Collector {
    parsed: Parsed,
    month: Option<u32>,
    /// The numbers of a date, as they were written.
    numbers: Vec<String>,
    bc: bool,
    afternoon: Option<bool>,
    expect_time: bool,
    julian: bool,
    /// The month came before the numbers of the same token, or after the first.
    any: bool,
}

fn month_number(word: &str) -> Option<u32> {
    const FULL: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let index = FULL.iter().position(|name| *name == word).or_else(|| {
        let short = if word == "sept" { "sep" } else { word };
        MONTHS.iter().position(|name| name.eq_ignore_ascii_case(short))
    })?;
    Some(index as u32 + 1)
}

fn is_weekday(word: &str) -> bool {
    const FULL: [&str; 7] =
        ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    FULL.contains(&word)
        || DAYS.iter().any(|name| name.eq_ignore_ascii_case(word))
        || matches!(word, "tues" | "weds" | "thur" | "thurs")
}

/// `hh:mm[:ss[.f]]` or packed digits, in microseconds.
fn clock(text: &str) -> Result<i64, Failure> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = if whole.contains(':') {
        whole.split(':').collect()
    } else {
        match whole.len() {
            1 | 2 => vec![whole],
            4 => vec![&whole[..2], &whole[2..]],
            6 => vec![&whole[..2], &whole[2..4], &whole[4..]],
            _ => return Err(Failure::Syntax),
        }
    };
    let number = |index: usize| -> Result<i64, Failure> {
        match parts.get(index) {
            None => Ok(0),
            Some(part) if part.is_empty() || part.len() > 9 => Err(Failure::Syntax),
            Some(part) => part.parse().map_err(|_| Failure::Syntax),
        }
    };
    if parts.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::Syntax);
    }
    let (hours, minutes, seconds) = (number(0)?, number(1)?, number(2)?);
    let microseconds =
        (format!("0.{fraction}0").parse::<f64>().unwrap_or(0.0) * 1e6).round() as i64;
    let time = hours * HOUR_MICROSECONDS
        + minutes * MINUTE_MICROSECONDS
        + seconds * SECOND_MICROSECONDS
        + microseconds;
    if hours > 24 || minutes > 59 || seconds > 60 || time > DAY_MICROSECONDS {
        return Err(Failure::Field);
    }
    Ok(time)
}

impl Collector {
    /// An offset may follow a time, or a date without one.
    fn can_have_zone(&self) -> bool {
        self.parsed.time.is_some()
            || self.parsed.date.is_some()
            || self.numbers.len() + usize::from(self.month.is_some()) == 3
    }

    fn word(&mut self, word: &str, next_is_digit: bool) -> Result<(), Failure> {
        if let Some(month) = month_number(word) {
            if self.month.replace(month).is_some() {
                return Err(Failure::Syntax);
            }
            return Ok(());
        }
        if is_weekday(word) {
            return Ok(());
        }
        let special = match word {
            "infinity" | "inf" => Some(Special::Infinity),
            "-infinity" | "-inf" => Some(Special::NegativeInfinity),
            "epoch" => Some(Special::Epoch),
            "now" => Some(Special::Now),
            "today" => Some(Special::Day(0)),
            "tomorrow" => Some(Special::Day(1)),
            "yesterday" => Some(Special::Day(-1)),
            _ => None,
        };
        if special.is_some() {
            self.parsed.special = special;
            return Ok(());
        }
        match word {
            "t" => self.expect_time = true,
            "j" | "jd" if next_is_digit => self.julian = true,
            "at" | "on" | "of" | "dst" => {}
            "am" => self.afternoon = Some(false),
            "pm" => self.afternoon = Some(true),
            "ad" | "ce" => {}
            "bc" | "bce" => self.bc = true,
            "allballs" => {
                self.parsed.time = Some(0);
                self.parsed.zone = Some(Zone::utc());
            }
            "z" | "zulu" | "utc" | "gmt" | "ut" => self.parsed.zone = Some(Zone::utc()),
            _ => {
                let zone = match abbreviation(word) {
                    Some((seconds, _)) => Zone::fixed(seconds),
                    None => Zone::parse(word).map_err(|error| {
                        // Only what looks like a zone is reported as one.
                        if word.contains('/') { Failure::Other(error) } else { Failure::Syntax }
                    })?,
                };
                self.parsed.zone = Some(zone);
            }
        }
        Ok(())
    }

    fn number(&mut self, digits: &str) -> Result<(), Failure> {
        let whole = digits.split('.').next().unwrap_or(digits);
        if std::mem::take(&mut self.julian) {
            let day: i64 = whole.parse().map_err(|_| Failure::Field)?;
            self.parsed.date = Some(day - i64::from(EPOCH_JULIAN_DAY));
            if let Some((_, fraction)) = digits.split_once('.') {
                let part: f64 = format!("0.{fraction}").parse().map_err(|_| Failure::Syntax)?;
                self.parsed.time = Some((part * DAY_MICROSECONDS as f64).round() as i64);
            }
            return Ok(());
        }
        let have_date = self.parsed.date.is_some() || self.numbers.len() == 3;
        if std::mem::take(&mut self.expect_time)
            || (have_date && self.parsed.time.is_none() && matches!(whole.len(), 4 | 6))
        {
            self.parsed.time = Some(clock(digits)?);
            return Ok(());
        }
        if self.numbers.is_empty() && self.month.is_none() && matches!(whole.len(), 6 | 8) {
            let year = whole.len() - 4;
            let parts = [&whole[..year], &whole[year..year + 2], &whole[year + 2..]];
            let year = self.year(parts[0])?;
            let number = |text: &str| text.parse::<u32>().map_err(|_| Failure::Syntax);
            self.set_date(year, number(parts[1])?, number(parts[2])?)?;
            return Ok(());
        }
        if digits.contains('.') || self.numbers.len() >= 3 || whole.len() > 7 {
            return Err(Failure::Syntax);
        }
        self.numbers.push(whole.to_owned());
        Ok(())
    }

    /// Two digits mean 1970 to 2069.
    fn year(&self, digits: &str) -> Result<i32, Failure> {
        let year: i32 = digits.parse().map_err(|_| Failure::Field)?;
        if digits.len() > 2 {
            return Ok(year);
        }
        Ok(match year {
            0..70 if !self.bc => year + 2000,
            70..100 if !self.bc => year + 1900,
            _ => year,
        })
    }

    fn set_date(&mut self, year: i32, month: u32, day: u32) -> Result<(), Failure> {
        if self.parsed.date.is_some() {
            return Err(Failure::Syntax);
        }
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(Failure::MonthOrDay);
        }
        // BC is only known at the end; the year is kept until then.
        let year = match (self.bc, year) {
            (_, 0) => return Err(Failure::Field),
            (true, year) => 1 - year,
            (false, year) => year,
        };
        if day > super::days_in_month(year, month) {
            return Err(Failure::Field);
        }
        let days = super::calendar::days_from_fields(year.into(), month, day);
        self.parsed.date = Some(days);
        Ok(())
    }

    /// Gives the numbers of a date their meaning.
    fn resolve(&mut self, order: DateOrder) -> Result<(), Failure> {
        let numbers = std::mem::take(&mut self.numbers);
        let value = |text: &str| text.parse::<u32>().map_err(|_| Failure::Field);
        match (self.month, numbers.as_slice()) {
            (None, []) => Ok(()),
            (Some(month), [first, second]) => {
                let year_first =
                    first.len() > 2 || (order == DateOrder::YearMonthDay && second.len() <= 2);
                let (year, day) = if year_first { (first, second) } else { (second, first) };
                let year = self.year(year)?;
                self.set_date(year, month, value(day)?)
            }
            // Year and day of the year.
            (None, [year, day]) if year.len() > 2 && day.len() == 3 => {
                let year = self.year(year)?;
                let day = i64::from(value(day)?);
                self.set_date(year, 1, 1)?;
                let limit = if super::is_leap_year(year) { 366 } else { 365 };
                if !(1..=limit).contains(&day) {
                    return Err(Failure::Field);
                }
                self.parsed.date = self.parsed.date.map(|first| first + day - 1);
                Ok(())
            }
            (None, [first, second, third]) => {
                let order = if first.len() > 2 { DateOrder::YearMonthDay } else { order };
                let (year, month, day) = match order {
                    DateOrder::YearMonthDay => (first, second, third),
                    DateOrder::MonthDayYear => (third, first, second),
                    DateOrder::DayMonthYear => (third, second, first),
                };
                let year = self.year(year)?;
                self.set_date(year, value(month)?, value(day)?)
            }
            _ => Err(Failure::Syntax),
        }
    }
}

fn scan(text: &str, order: DateOrder, time_only: bool) -> Result<Parsed, Failure> {
    let lower = text.trim().to_ascii_lowercase();
    if lower.is_empty() || lower.len() > MAX_LENGTH || !lower.is_ascii() {
        return Err(Failure::Syntax);
    }
    let bytes = lower.as_bytes();
    // The era is written last but decides what the year means.
    let bc = lower.ends_with("bc") || lower.ends_with("bce") || lower.contains(" bc ");
    let mut collector = Collector { bc, ..Collector::default() };
    if matches!(lower.as_str(), "-infinity" | "-inf") {
        collector.parsed.special = Some(Special::NegativeInfinity);
        return Ok(collector.parsed);
    }
    let mut position = 0;
    let run = |from: usize, allowed: &dyn Fn(u8) -> bool| {
        from + bytes[from..].iter().take_while(|&&byte| allowed(byte)).count()
    };
    while let Some(&byte) = bytes.get(position) {
        let start = position;
        if byte.is_ascii_digit() {
            position = run(start, &|byte| byte.is_ascii_digit());
            let separator = bytes.get(position).copied();
            let after = bytes.get(position + 1).copied();
            let second_digit = after.is_some_and(|byte| byte.is_ascii_digit());
            match separator {
                Some(b':') => {
                    position =
                        run(start, &|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.');
                    collector.parsed.time = Some(clock(&lower[start..position])?);
                    collector.expect_time = false;
                }
                Some(mark @ (b'-' | b'/' | b'.'))
                    if !collector.expect_time
                        && !time_only
                        && collector.parsed.date.is_none()
                        && collector.numbers.is_empty()
                        && (second_digit
                            || after.is_some_and(|byte| byte.is_ascii_alphabetic())) =>
                {
                    // A date with separators: digits or a month between them.
                    let mut parts = vec![&lower[start..position]];
                    while bytes.get(position) == Some(&mark) && parts.len() < 3 {
                        let from = position + 1;
                        let letters =
                            bytes.get(from).is_some_and(|byte| byte.is_ascii_alphabetic());
                        position = if letters {
                            run(from, &|byte| byte.is_ascii_alphabetic())
                        } else {
                            run(from, &|byte| byte.is_ascii_digit())
                        };
                        parts.push(&lower[from..position]);
                    }
                    let ordinal = parts.len() == 2 && parts[0].len() == 4 && parts[1].len() == 3;
                    if mark == b'.' && parts.len() == 2 && !ordinal {
                        collector.number(&lower[start..position])?;
                        continue;
                    }
                    for part in parts {
                        match month_number(part) {
                            Some(month) if collector.month.is_none() => {
                                collector.month = Some(month)
                            }
                            None if part.bytes().all(|byte| byte.is_ascii_digit())
                                && !part.is_empty() =>
                            {
                                collector.numbers.push(part.to_owned());
                            }
                            _ => return Err(Failure::Syntax),
                        }
                    }
                    collector.resolve(order)?;
                    collector.month = None;
                }
                _ => {
                    if separator == Some(b'.') && second_digit {
                        position = run(position + 1, &|byte| byte.is_ascii_digit());
                    }
                    let digits = &lower[start..position];
                    let length = digits.split('.').next().map_or(0, str::len);
                    if time_only
                        && collector.parsed.time.is_none()
                        && matches!(length, 1 | 2 | 4 | 6)
                    {
                        collector.parsed.time = Some(clock(digits)?);
                    } else {
                        collector.number(digits)?;
                    }
                }
            }
        } else if byte.is_ascii_alphabetic() {
            position = run(start, &|byte| byte.is_ascii_alphabetic());
            if matches!(bytes.get(position), Some(b'/' | b'_')) {
                position =
                    run(start, &|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
            }
            let next_digit = bytes.get(position).is_some_and(u8::is_ascii_digit);
            // `EST5EDT` and its like are one word.
            if next_digit
                && position - start >= 3
                && month_number(&lower[start..position]).is_none()
            {
                let whole = run(start, &|byte| byte.is_ascii_alphanumeric());
                if Zone::parse(&lower[start..whole]).is_ok() {
                    position = whole;
                }
            }
            let word = &lower[start..position];
            collector.word(word, next_digit)?;
            // `Jan-08-1999`: the separators after a month are nothing but that.
            while collector.month.is_some()
                && collector.parsed.date.is_none()
                && matches!(bytes.get(position), Some(b'-' | b'/' | b'.'))
            {
                position += 1;
                let end = run(position, &|byte| byte.is_ascii_digit());
                if end > position {
                    collector.number(&lower[position..end])?;
                }
                position = end;
            }
        } else if matches!(byte, b'+' | b'-') && collector.can_have_zone() {
            let follows_date = collector.parsed.time.is_none();
            if byte == b'-' && follows_date && !bytes[start - 1].is_ascii_whitespace() {
                return Err(Failure::Syntax);
            }
            position = run(start + 1, &|byte| byte.is_ascii_digit() || byte == b':');
            let seconds = parse_offset(&lower[start + 1..position]).ok_or(Failure::Syntax)?;
            if seconds > MAX_ZONE_SECONDS {
                return Err(Failure::Displacement);
            }
            let seconds = if byte == b'-' { -seconds } else { seconds };
            collector.parsed.zone = Some(Zone::fixed(seconds));
        } else if byte.is_ascii_whitespace() || byte == b',' {
            position += 1;
        } else {
            return Err(Failure::Syntax);
        }
        collector.any = true;
    }
    collector.resolve(order)?;
    if let (Some(afternoon), Some(time)) = (collector.afternoon, collector.parsed.time) {
        let hour = time / HOUR_MICROSECONDS;
        if hour > 12 {
            return Err(Failure::Field);
        }
        let noon = 12 * HOUR_MICROSECONDS;
        collector.parsed.time = Some(match (afternoon, hour) {
            (true, 0..12) => time + noon,
            (false, 12) => time - noon,
            _ => time,
        });
    }
    if collector.expect_time || collector.julian {
        return Err(Failure::Syntax);
    }
    Ok(collector.parsed)
}

/// The session's local date and time of `now`.
fn local_now(context: &InputContext<'_>) -> (i32, i64) {
    let zone = Zone::of(context.formats);
    split_timestamp(timestamptz_to_timestamp(context.now, &zone).unwrap_or(context.now))
}

pub fn parse_date(text: &str, context: &InputContext<'_>) -> SqlResult<i32> {
    let fail = |failure| report(failure, "date", text);
    let parsed = scan(text, context.formats.date_order, false).map_err(fail)?;
    match parsed.special {
        Some(Special::Infinity) => return Ok(i32::MAX),
        Some(Special::NegativeInfinity) => return Ok(i32::MIN),
        Some(Special::Epoch) => return Ok((-UNIX_EPOCH_SECONDS / 86_400) as i32),
        Some(Special::Now) => return Ok(local_now(context).0),
        Some(Special::Day(days)) => return Ok(local_now(context).0 + days),
        None => {}
    }
    let days = parsed.date.ok_or_else(|| fail(Failure::Syntax))?;
    i32::try_from(days)
        .ok()
        .filter(|&date| is_valid_date(date) && !super::is_infinite_date(date))
        .ok_or_else(|| {
            let message = format!("{}: \"{text}\"", date_out_of_range().message());
            SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, message)
        })
}

/// Date (if any), time and zone of a text that is a time.
fn time_of(text: &str, type_name: &str, context: &InputContext<'_>) -> SqlResult<(Parsed, i64)> {
    let lower = text.to_ascii_lowercase();
    let fail = |failure| match failure {
        // A date alone is no time, whether there is such a day or not.
        Failure::Field | Failure::MonthOrDay
            if lower.contains('-') && !lower.trim().contains([' ', ':', 't']) =>
        {
            report(Failure::Syntax, type_name, text)
        }
        failure => report(failure, type_name, text),
    };
    let has_date = lower.contains('/')
        || lower.split(' ').next().is_some_and(|word| word.matches('-').count() >= 2);
    let parsed = scan(text, context.formats.date_order, !has_date).map_err(fail)?;
    // Without a date it cannot be told which of the offsets of a place is meant.
    if let (Some(zone), None, None) = (&parsed.zone, parsed.date, &parsed.special)
        && !zone.is_fixed()
    {
        return Err(fail(Failure::Syntax));
    }
    let time = match (parsed.special, parsed.time) {
        (Some(Special::Now), _) => local_now(context).1,
        (None, Some(time)) => time,
        _ => return Err(fail(Failure::Syntax)),
    };
    Ok((parsed, time))
}

pub fn parse_time(text: &str, modifier: i32, context: &InputContext<'_>) -> SqlResult<i64> {
    let (_, time) = time_of(text, "time", context)?;
    Ok(round_to_modifier(time, modifier))
}

pub fn parse_timetz(
    text: &str,
    modifier: i32,
    context: &InputContext<'_>,
) -> SqlResult<(i64, i32)> {
    let (parsed, time) = time_of(text, "time with time zone", context)?;
    let zone = parsed.zone.unwrap_or_else(|| Zone::of(context.formats));
    let east = match parsed.date.and_then(|date| join_timestamp(date, time)) {
        Some(local) => zone.offset_of_local(local),
        None => zone.offset_at(context.now),
    };
    Ok((round_to_modifier(time, modifier), -east))
}

/// The local time, and its zone if one was written; infinities have none.
fn timestamp_of(
    text: &str,
    type_name: &str,
    context: &InputContext<'_>,
) -> SqlResult<(i64, Option<Zone>)> {
    let fail = |failure| report(failure, type_name, text);
    let parsed = scan(text, context.formats.date_order, false).map_err(fail)?;
    let epoch = -UNIX_EPOCH_SECONDS * SECOND_MICROSECONDS;
    let date = match parsed.special {
        Some(Special::Infinity) => return Ok((i64::MAX, None)),
        Some(Special::NegativeInfinity) => return Ok((i64::MIN, None)),
        Some(Special::Epoch) => return Ok((epoch, Some(Zone::utc()))),
        Some(Special::Now) => {
            let (date, time) = local_now(context);
            return Ok((i64::from(date) * DAY_MICROSECONDS + time, None));
        }
        Some(Special::Day(days)) => i64::from(local_now(context).0) + i64::from(days),
        None => parsed.date.ok_or_else(|| fail(Failure::Syntax))?,
    };
    let local = join_timestamp(date, parsed.time.unwrap_or(0)).ok_or_else(|| {
        SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("timestamp out of range: \"{text}\""),
        )
    })?;
    Ok((local, parsed.zone))
}

pub fn parse_timestamp(text: &str, modifier: i32, context: &InputContext<'_>) -> SqlResult<i64> {
    let (local, _) = timestamp_of(text, "timestamp", context)?;
    Ok(round_to_modifier(local, modifier))
}

pub fn parse_timestamptz(text: &str, modifier: i32, context: &InputContext<'_>) -> SqlResult<i64> {
    let (local, zone) = timestamp_of(text, "timestamp with time zone", context)?;
    if text.trim().eq_ignore_ascii_case("now") {
        return Ok(round_to_modifier(context.now, modifier));
    }
    let zone = zone.unwrap_or_else(|| Zone::of(context.formats));
    let instant = super::timestamp_to_timestamptz(local, &zone)?;
    Ok(round_to_modifier(instant, modifier))
}

/// Used where a date is checked without a text at hand.
#[cfg(test)]
pub(super) fn date(year: i32, month: u32, day: u32) -> i32 {
    super::date_from_fields(year, month, day).expect("on the calendar")
}
