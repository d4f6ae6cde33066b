//! Time zones.

use std::cell::RefCell;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::abbreviations::ABBREVIATIONS;
use super::{SECOND_MICROSECONDS, UNIX_EPOCH_SECONDS};
use crate::error::{SqlError, SqlResult};
use crate::formats::Formats;
use crate::sqlstate;

/// A time zone's rules. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    rules: Rules,
}

#[derive(Clone, Debug)]
enum Rules {
    /// Seconds east of UTC.
    Fixed(i32),
    Table(TimeZone),
}

thread_local! {
    /// The zone last asked for by name: nearly always the session's.
    static LAST: RefCell<Option<(String, Zone)>> = const { RefCell::new(None) };
}

fn not_recognized(name: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, format!("time zone \"{name}\" not recognized"))
}

/// Hours, or `hh:mm[:ss]`, or `hhmm`, in seconds.
pub(super) fn parse_offset(text: &str) -> Option<i32> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &str| -> Option<i32> {
        (!part.is_empty() && part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse().ok())?
    };
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours] if hours.len() <= 2 => (number(hours)?, 0, 0),
        [packed] if matches!(packed.len(), 3 | 4) && packed.is_ascii() => {
            let (hours, minutes) = packed.split_at(packed.len() - 2);
            (number(hours)?, number(minutes)?, 0)
        }
        [packed] if matches!(packed.len(), 5 | 6) && packed.is_ascii() => {
            let (hours, rest) = packed.split_at(packed.len() - 4);
            (number(hours)?, number(&rest[..2])?, number(&rest[2..])?)
        }
        [hours, minutes] => (number(hours)?, number(minutes)?, 0),
        [hours, minutes, seconds] => (number(hours)?, number(minutes)?, number(seconds)?),
        _ => return None,
    };
    (minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

impl Zone {
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), rules: Rules::Fixed(0) }
    }

    pub fn fixed(seconds_east: i32) -> Zone {
        let sign = if seconds_east < 0 { '-' } else { '+' };
        let size = seconds_east.unsigned_abs();
        let name = format!("{sign}{:02}:{:02}", size / 3600, size / 60 % 60);
        Zone { name, rules: Rules::Fixed(seconds_east) }
    }

    /// IANA names in any case, abbreviations, POSIX forms, `+05:30`-like offsets; 22023 "time zone … not recognized".
    ///
    /// Offsets without a name are as POSIX has them, positive to the west, because that is what `AT TIME ZONE '+5'` and
    /// `SET TimeZone = '+5'` do in PostgreSQL.
    pub fn parse(name: &str) -> SqlResult<Zone> {
        let cached = LAST.with_borrow(|last| {
            last.as_ref().filter(|(key, _)| key == name).map(|(_, zone)| zone.clone())
        });
        if let Some(zone) = cached {
            return Ok(zone);
        }
        let zone = Zone::look_up(name)?;
        LAST.set(Some((name.to_owned(), zone.clone())));
        Ok(zone)
    }

    fn look_up(name: &str) -> SqlResult<Zone> {
        let trimmed = name.trim();
        if trimmed.eq_ignore_ascii_case("utc") || trimmed.eq_ignore_ascii_case("gmt") {
            return Ok(Zone { name: trimmed.to_ascii_uppercase(), rules: Rules::Fixed(0) });
        }
        if let Some((seconds, _)) = abbreviation(trimmed) {
            let rules = Rules::Fixed(seconds);
            return Ok(Zone { name: trimmed.to_ascii_uppercase(), rules });
        }
        if let Ok(zone) = TimeZone::get(trimmed) {
            let name = zone.iana_name().unwrap_or(trimmed).to_owned();
            return Ok(Zone { name, rules: Rules::Table(zone) });
        }
        let digits_at = trimmed.find(['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        let start = digits_at.ok_or_else(|| not_recognized(name))?;
        let prefix = trimmed[..start].trim_matches(['<', '>']);
        if prefix.chars().all(|character| character.is_ascii_alphabetic())
            && (prefix.is_empty() || prefix.len() >= 3)
        {
            let rest = &trimmed[start..];
            let (sign, digits) = match rest.strip_prefix('-') {
                Some(digits) => (1, digits),
                None => (-1, rest.strip_prefix('+').unwrap_or(rest)),
            };
            if let Some(seconds) = parse_offset(digits)
                && seconds <= super::MAX_ZONE_SECONDS
            {
                return Ok(Zone { name: trimmed.to_owned(), rules: Rules::Fixed(sign * seconds) });
            }
        }
        // `EST5EDT,M3.2.0,M11.1.0` and its like.
        TimeZone::posix(trimmed)
            .map(|zone| Zone { name: trimmed.to_owned(), rules: Rules::Table(zone) })
            .map_err(|_| not_recognized(name))
    }

    /// The zone of the session; UTC if the setting is not a zone. A bare number there is hours to the east.
    pub fn of(formats: &Formats) -> Zone {
        if let Ok(hours) = formats.time_zone.trim().parse::<f64>()
            && (hours * 3600.0).abs() <= f64::from(super::MAX_ZONE_SECONDS)
        {
            return Zone::fixed((hours * 3600.0) as i32);
        }
        Zone::parse(&formats.time_zone).unwrap_or_else(|_| Zone::utc())
    }

    /// Whether one offset holds at all times.
    pub fn is_fixed(&self) -> bool {
        matches!(self.rules, Rules::Fixed(_))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds east of UTC at an instant (microseconds since 2000-01-01 UTC).
    pub fn offset_at(&self, timestamptz: i64) -> i32 {
        match &self.rules {
            Rules::Fixed(seconds) => *seconds,
            Rules::Table(zone) => zone.to_offset(instant(timestamptz)).seconds(),
        }
    }

    /// Seconds east of UTC for a local time: in an overlap standard time, in a gap the offset before it, as PostgreSQL
    /// chooses.
    pub fn offset_of_local(&self, timestamp: i64) -> i32 {
        let zone = match &self.rules {
            Rules::Fixed(seconds) => return *seconds,
            Rules::Table(zone) => zone,
        };
        match zone.to_ambiguous_timestamp(civil(timestamp)).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.seconds(),
            AmbiguousOffset::Gap { before, .. } => before.seconds(),
            AmbiguousOffset::Fold { after, .. } => after.seconds(),
        }
    }

    /// `CET`, or a numeric form where there is no name.
    pub fn abbreviation_at(&self, timestamptz: i64) -> String {
        match &self.rules {
            Rules::Fixed(_) => self.name.clone(),
            Rules::Table(zone) => {
                zone.to_offset_info(instant(timestamptz)).abbreviation().to_owned()
            }
        }
    }
}

/// Seconds east and whether it is daylight saving time, of a built-in abbreviation.
pub(super) fn abbreviation(word: &str) -> Option<(i32, bool)> {
    let word = word.to_ascii_uppercase();
    let index = ABBREVIATIONS.binary_search_by(|(name, _, _)| (*name).cmp(word.as_str())).ok()?;
    ABBREVIATIONS.get(index).map(|(_, seconds, daylight)| (*seconds, *daylight))
}

/// The nearest instant the library can represent: rules do not change beyond its years.
fn instant(timestamptz: i64) -> Timestamp {
    let seconds = timestamptz.div_euclid(SECOND_MICROSECONDS).saturating_add(UNIX_EPOCH_SECONDS);
    let bounded = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(bounded).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn civil(timestamp: i64) -> DateTime {
    let (date, time) = super::split_timestamp(timestamp);
    let (year, month, day) = super::date_fields(date);
    let seconds = time / SECOND_MICROSECONDS;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = (time % SECOND_MICROSECONDS) as i32 * 1_000;
    let year = year.clamp(-9_000, 9_000) as i16;
    DateTime::new(
        year,
        month as i8,
        day.min(super::days_in_month(year.into(), month)) as i8,
        hour as i8,
        minute as i8,
        second as i8,
        fraction,
    )
    .unwrap_or(DateTime::MIN)
}
