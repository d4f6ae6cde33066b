//! `to_char`, `to_date`, `to_timestamp` and `to_number`: values written and read by templates. Here are templates of
//! dates and how they are written; numbers and reading have modules of their own.

mod numbers;
mod reading;
mod template;

pub(crate) use numbers::*;
pub(crate) use reading::*;

use types::datetime::{self, Zone};
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{check_length, interval, text, timestamp, timestamptz};
use crate::context::EvalContext;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ROMAN: [&str; 12] =
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// Template words, longest first where one begins another. Upper and lower case of a word are told apart afterwards.
const WORDS: &[&str] = &[
    "SSSSS", "Y,YYY", "MONTH", "SSSS", "YYYY", "IYYY", "HH24", "HH12", "A.D.", "B.C.", "A.M.",
    "P.M.", "IDDD", "YYY", "IYY", "MON", "DAY", "DDD", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
    "TZH", "TZM", "AD", "BC", "AM", "PM", "CC", "DD", "DY", "HH", "ID", "IW", "IY", "MI", "MM",
    "MS", "OF", "RM", "SS", "TZ", "US", "WW", "YY", "D", "I", "J", "Q", "W", "Y",
];

/// One piece of a template.
enum Piece<'a> {
    Literal(&'a str),
    Word { word: &'static str, written: &'a str, fill: bool, ordinal: Option<&'a str> },
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut list = Vec::new();
    let mut rest = template;
    let mut fill = true;
    'next: while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            list.push(Piece::Literal(&quoted[..end]));
            rest = quoted.get(end + 1..).unwrap_or("");
            continue;
        }
        if let Some(escaped) = rest.strip_prefix('\\') {
            let length = escaped.chars().next().map_or(0, char::len_utf8);
            list.push(Piece::Literal(&escaped[..length]));
            rest = &escaped[length..];
            continue;
        }
        let starts =
            |word: &str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        if starts("FM") {
            fill = false;
            rest = &rest[2..];
            continue;
        }
        if starts("FX") || starts("TM") {
            // A name in the language of the session is never padded.
            if starts("TMMON") || starts("TMDAY") || starts("TMDY") {
                fill = false;
            }
            rest = &rest[2..];
            continue;
        }
        for word in WORDS {
            if starts(word) {
                let written = &rest[..word.len()];
                rest = &rest[word.len()..];
                let ordinal = rest.get(..2).filter(|tail| tail.eq_ignore_ascii_case("th"));
                if ordinal.is_some() {
                    rest = &rest[2..];
                }
                list.push(Piece::Word { word, written, fill, ordinal });
                fill = true;
                continue 'next;
            }
        }
        list.push(Piece::Literal(&rest[..first.len_utf8()]));
        rest = &rest[first.len_utf8()..];
    }
    list
}

/// The parts of a moment or an interval that templates show.
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    microsecond: i64,
    /// Days since 2000-01-01; none for an interval.
    date: Option<i32>,
    /// Seconds east of UTC and the zone's abbreviation.
    zone: Option<(i32, String)>,
}

fn moment_fields(timestamp: i64) -> Fields {
    let date = timestamp.div_euclid(86_400_000_000);
    let time = timestamp.rem_euclid(86_400_000_000);
    let date = date as i32;
    let (year, month, day) = datetime::date_fields(date);
    Fields {
        year: i64::from(year),
        month: i64::from(month),
        day: i64::from(day),
        hour: time / 3_600_000_000,
        minute: time / 60_000_000 % 60,
        second: time / 1_000_000 % 60,
        microsecond: time % 1_000_000,
        date: Some(date),
        zone: None,
    }
}

fn cased(name: &str, written: &str) -> String {
    let mut letters = written.chars().filter(|letter| letter.is_alphabetic());
    match (letters.next().map(char::is_uppercase), letters.next().map(char::is_uppercase)) {
        (Some(true), Some(true) | None) => name.to_uppercase(),
        (Some(true), Some(false)) => name.to_owned(),
        _ => name.to_lowercase(),
    }
}

fn ordinal_suffix(number: i64, written: &str) -> String {
    let suffix = match (number.abs() % 10, number.abs() % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    if written == "TH" { suffix.to_uppercase() } else { suffix.to_owned() }
}

/// ISO year, week and weekday (Monday is 1).
fn iso_week(date: i32) -> (i64, i64, i64) {
    let weekday = i64::from((date + 5).rem_euclid(7)) + 1;
    let thursday = date - weekday as i32 + 4;
    let (year, _, _) = datetime::date_fields(thursday);
    let first = datetime::date_from_fields(year, 1, 1).unwrap_or(thursday);
    (i64::from(year), i64::from((thursday - first) / 7 + 1), weekday)
}

fn invalid_for_interval() -> SqlError {
    SqlError::new(
        sqlstate::INVALID_DATETIME_FORMAT,
        "invalid format specification for an interval value",
    )
    .hint("Intervals are not tied to specific calendar dates.")
}

fn write_word(
    fields: &Fields,
    word: &str,
    written: &str,
    fill: bool,
) -> SqlResult<(String, Option<i64>)> {
    let shown_year = match fields.date {
        Some(_) if fields.year <= 0 => 1 - fields.year,
        _ => fields.year,
    };
    let date = || fields.date.ok_or_else(invalid_for_interval);
    // An interval is counted as the date it would be after the year 0, where that makes any sense.
    let counted = || {
        let (year, month) = match fields.month {
            0 => (fields.year - 1, 12),
            month => (fields.year, month),
        };
        fields.date.or_else(|| {
            let first = datetime::date_from_fields(year as i32, month as u32, 1)?;
            first.checked_add(fields.day as i32)?.checked_sub(1)
        })
    };
    let day_count = || counted().ok_or_else(invalid_for_interval);
    let iso_year = || -> SqlResult<i64> {
        let year = iso_week(day_count()?).0;
        Ok(if fields.date.is_some() && year <= 0 { 1 - year } else { year })
    };
    let padded = |name: &str, width: usize| {
        let name = cased(name, written);
        if fill { format!("{name:<width$}") } else { name }
    };
    let number = |value: i64, width: usize| {
        let text = if fill { format!("{value:0width$}") } else { value.to_string() };
        (text, Some(value))
    };
    let twelve = if fields.hour % 12 == 0 { 12 } else { fields.hour % 12 };
    let day_of_year = || -> SqlResult<i64> {
        let Some(date) = fields.date else {
            return Ok((fields.year * 12 + fields.month) * 30 + fields.day);
        };
        let first = datetime::date_from_fields(fields.year as i32, 1, 1).unwrap_or(date);
        Ok(i64::from(date - first) + 1)
    };
    let weekday = || -> SqlResult<i64> { Ok(i64::from((date()? + 6).rem_euclid(7))) };
    let month_index = (fields.month.clamp(1, 12) - 1) as usize;
    if matches!(word, "AD" | "BC" | "A.D." | "B.C." | "TZ" | "TZH" | "TZM" | "OF") {
        date()?;
    }
    Ok(match word {
        "YYYY" => number(shown_year, 4),
        "Y,YYY" => (format!("{},{:03}", shown_year / 1000, shown_year % 1000), Some(shown_year)),
        "YYY" => number(shown_year % 1000, 3),
        "YY" => number(shown_year % 100, 2),
        "Y" => number(shown_year % 10, 1),
        "IYYY" => number(iso_year()?, 4),
        "IYY" => number(iso_year()? % 1000, 3),
        "IY" => number(iso_year()? % 100, 2),
        "I" => number(iso_year()? % 10, 1),
        "MM" => number(fields.month, 2),
        "MONTH" => {
            date()?;
            (padded(MONTHS[month_index], 9), None)
        }
        "MON" => {
            date()?;
            (cased(&MONTHS[month_index][..3], written), None)
        }
        "RM" => (padded(ROMAN[month_index], 4), None),
        "DD" => number(fields.day, 2),
        "DDD" => number(day_of_year()?, 3),
        "IDDD" => {
            let (_, week, day) = iso_week(day_count()?);
            number((week - 1) * 7 + day, 3)
        }
        "D" => number(weekday()? + 1, 1),
        "ID" => number(iso_week(date()?).2, 1),
        "DAY" => (padded(DAYS[weekday()? as usize], 9), None),
        "DY" => (cased(&DAYS[weekday()? as usize][..3], written), None),
        "WW" => number((day_of_year()? - 1) / 7 + 1, 2),
        "W" => number((fields.day - 1) / 7 + 1, 1),
        "IW" => number(iso_week(day_count()?).1, 2),
        "Q" => number((fields.month - 1) / 3 + 1, 1),
        "CC" => {
            let century = if fields.date.is_none() {
                fields.year / 100
            } else if fields.year > 0 {
                (fields.year - 1) / 100 + 1
            } else {
                fields.year / 100 - 1
            };
            if fill && century < 0 {
                (format!("{century:03}"), Some(century))
            } else {
                number(century, 2)
            }
        }
        "J" => number(i64::from(day_count()?) + 2_451_545, 1),
        "HH24" => number(fields.hour, 2),
        "HH" | "HH12" => number(twelve, 2),
        "MI" => number(fields.minute, 2),
        "SS" => number(fields.second, 2),
        "MS" | "FF3" => (format!("{:03}", fields.microsecond / 1000), None),
        "US" | "FF6" => (format!("{:06}", fields.microsecond), None),
        "FF1" => (format!("{:01}", fields.microsecond / 100_000), None),
        "FF2" => (format!("{:02}", fields.microsecond / 10_000), None),
        "FF4" => (format!("{:04}", fields.microsecond / 100), None),
        "FF5" => (format!("{:05}", fields.microsecond / 10), None),
        "SSSS" | "SSSSS" => number(fields.hour * 3600 + fields.minute * 60 + fields.second, 1),
        "AM" | "PM" => (cased(if fields.hour % 24 >= 12 { "PM" } else { "AM" }, written), None),
        "A.M." | "P.M." => {
            (cased(if fields.hour % 24 >= 12 { "P.M." } else { "A.M." }, written), None)
        }
        "AD" | "BC" => (cased(if fields.year <= 0 { "BC" } else { "AD" }, written), None),
        "A.D." | "B.C." => (cased(if fields.year <= 0 { "B.C." } else { "A.D." }, written), None),
        "TZ" => {
            let name = fields.zone.as_ref().map_or("", |zone| &zone.1);
            (if written == "tz" { name.to_lowercase() } else { name.to_owned() }, None)
        }
        "TZH" => {
            let east = fields.zone.as_ref().map_or(0, |zone| zone.0);
            (format!("{}{:02}", if east < 0 { '-' } else { '+' }, east.abs() / 3600), None)
        }
        "TZM" => {
            let east = fields.zone.as_ref().map_or(0, |zone| zone.0);
            (format!("{:02}", east.abs() / 60 % 60), None)
        }
        "OF" => {
            let east = fields.zone.as_ref().map_or(0, |zone| zone.0);
            let minutes = east.abs() / 60 % 60;
            let sign = if east < 0 { '-' } else { '+' };
            let tail = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
            (format!("{sign}{:02}{tail}", east.abs() / 3600), None)
        }
        _ => (written.to_owned(), None),
    })
}

fn write_fields(context: &dyn EvalContext, fields: &Fields, template: &str) -> SqlResult<Datum> {
    let mut out = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Literal(literal) => out.push_str(literal),
            Piece::Word { word, written, fill, ordinal } => {
                let (text, number) = write_word(fields, word, written, fill)?;
                out.push_str(&text);
                if let (Some(ordinal), Some(number)) = (ordinal, number) {
                    out.push_str(&ordinal_suffix(number, ordinal));
                }
            }
        }
        check_length(context, out.len())?;
    }
    Ok(Datum::text(out))
}

fn is_infinite(timestamp: i64) -> bool {
    timestamp == i64::MIN || timestamp == i64::MAX
}

pub(crate) fn timestamp_to_char(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let value = timestamp(arguments, 0)?;
    if is_infinite(value) || text(arguments, 1)?.is_empty() {
        return Ok(Datum::Null);
    }
    write_fields(context, &moment_fields(value), text(arguments, 1)?)
}

pub(crate) fn timestamptz_to_char(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let value = timestamptz(arguments, 0)?;
    if is_infinite(value) || text(arguments, 1)?.is_empty() {
        return Ok(Datum::Null);
    }
    let zone = Zone::of(context.formats());
    let mut fields = moment_fields(datetime::timestamptz_to_timestamp(value, &zone)?);
    fields.zone = Some((zone.offset_at(value), zone.abbreviation_at(value)));
    write_fields(context, &fields, text(arguments, 1)?)
}

pub(crate) fn interval_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = interval(arguments, 0)?;
    if text(arguments, 1)?.is_empty() {
        return Ok(Datum::Null);
    }
    let time = value.microseconds;
    let fields = Fields {
        year: i64::from(value.months / 12),
        month: i64::from(value.months % 12),
        day: i64::from(value.days),
        hour: time / 3_600_000_000,
        minute: time / 60_000_000 % 60,
        second: time / 1_000_000 % 60,
        microsecond: time % 1_000_000,
        date: None,
        zone: None,
    };
    write_fields(context, &fields, text(arguments, 1)?)
}
