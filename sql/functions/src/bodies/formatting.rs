//! `to_char`, `to_date`, `to_timestamp` and `to_number`: values written and read by templates.

use types::datetime::{self, Zone};
use types::numeric::Numeric;
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{
    check_length, float, integer, interval, numeric, text, timestamp, timestamptz,
};
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
        let first = datetime::date_from_fields(fields.year as i32, 1, 1).unwrap_or(date()?);
        Ok(i64::from(date()? - first) + 1)
    };
    let weekday = || -> SqlResult<i64> { Ok(i64::from((date()? + 6).rem_euclid(7))) };
    let month_index = (fields.month.clamp(1, 12) - 1) as usize;
    Ok(match word {
        "YYYY" => number(shown_year, 4),
        "Y,YYY" => (format!("{},{:03}", shown_year / 1000, shown_year % 1000), Some(shown_year)),
        "YYY" => number(shown_year % 1000, 3),
        "YY" => number(shown_year % 100, 2),
        "Y" => number(shown_year % 10, 1),
        "IYYY" => number(iso_week(date()?).0, 4),
        "IYY" => number(iso_week(date()?).0 % 1000, 3),
        "IY" => number(iso_week(date()?).0 % 100, 2),
        "I" => number(iso_week(date()?).0 % 10, 1),
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
            let (_, week, day) = iso_week(date()?);
            number((week - 1) * 7 + day, 3)
        }
        "D" => number(weekday()? + 1, 1),
        "ID" => number(iso_week(date()?).2, 1),
        "DAY" => (padded(DAYS[weekday()? as usize], 9), None),
        "DY" => (cased(&DAYS[weekday()? as usize][..3], written), None),
        "WW" => number((day_of_year()? - 1) / 7 + 1, 2),
        "W" => number((fields.day - 1) / 7 + 1, 1),
        "IW" => number(iso_week(date()?).1, 2),
        "Q" => number((fields.month - 1) / 3 + 1, 1),
        "CC" => {
            let century =
                if fields.year > 0 { (fields.year - 1) / 100 + 1 } else { fields.year / 100 - 1 };
            number(century, 2)
        }
        "J" => number(i64::from(date()?) + 2_451_545, 1),
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

/// What a template read from a text.
#[derive(Default)]
struct Read {
    year: Option<i64>,
    before_christ: bool,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    julian: Option<i64>,
    hour: i64,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    microsecond: i64,
    east: Option<i64>,
    /// Which calendar the template's fields belong to, once one was seen.
    iso_calendar: Option<bool>,
    week: Option<i64>,
    week_of_month: Option<i64>,
    iso_weekday: Option<i64>,
}

fn bad_value(word: &str, value: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_DATETIME_FORMAT,
        format!("invalid value \"{value}\" for \"{word}\""),
    )
}

fn take_number(rest: &mut &str, word: &str, most: usize) -> SqlResult<i64> {
    let trimmed = rest.trim_start();
    let signed = usize::from(trimmed.starts_with(['-', '+']));
    let digits = trimmed[signed..].bytes().take(most).take_while(u8::is_ascii_digit).count();
    let shown: String = trimmed.chars().take(most).collect();
    if digits == 0 {
        return Err(bad_value(word, &shown).detail("Value must be an integer."));
    }
    let (number, after) = trimmed.split_at(signed + digits);
    *rest = after;
    number.parse().map_err(|_| bad_value(word, &shown).detail("Value must be an integer."))
}

fn take_name(rest: &mut &str, word: &str, names: &[&str], short: bool) -> SqlResult<usize> {
    let trimmed = rest.trim_start();
    for (index, name) in names.iter().enumerate() {
        let name = if short { &name[..3] } else { name };
        if trimmed.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            *rest = &trimmed[name.len()..];
            return Ok(index);
        }
    }
    let shown: String = trimmed.chars().take(word.len()).collect();
    Err(bad_value(word, &shown)
        .detail("The given value did not match any of the allowed values for this field."))
}

/// Whether the template's fields are of the ISO week calendar; they must not be of both.
fn calendar_of(list: &[Piece<'_>]) -> SqlResult<Option<bool>> {
    let mut seen = None;
    for piece in list {
        let Piece::Word { word, .. } = piece else { continue };
        let iso = match *word {
            "IYYY" | "IYY" | "IY" | "I" | "IDDD" | "ID" | "IW" => true,
            "YYYY" | "Y,YYY" | "YYY" | "YY" | "Y" | "MM" | "MON" | "MONTH" | "RM" | "DDD" | "D"
            | "WW" | "W" => false,
            _ => continue,
        };
        if seen.replace(iso).is_some_and(|before| before != iso) {
            return Err(SqlError::new(
                sqlstate::INVALID_DATETIME_FORMAT,
                "invalid combination of date conventions",
            )
            .hint("Do not mix Gregorian and ISO week date conventions in a formatting template."));
        }
    }
    Ok(seen)
}

fn read_template(value: &str, template: &str) -> SqlResult<Read> {
    let mut read = Read::default();
    let mut rest = value;
    let list = pieces(template);
    read.iso_calendar = calendar_of(&list)?;
    for (position, piece) in list.iter().enumerate() {
        let (word, written) = match piece {
            Piece::Literal(literal) => {
                for expected in literal.chars() {
                    if expected.is_whitespace() || expected.is_ascii_punctuation() {
                        rest = rest.trim_start_matches(|next: char| next.is_whitespace());
                        if !expected.is_whitespace()
                            && rest.starts_with(|next: char| next.is_ascii_punctuation())
                        {
                            rest = &rest[1..];
                        }
                    } else if let Some(next) = rest.chars().next() {
                        rest = &rest[next.len_utf8()..];
                    }
                }
                continue;
            }
            Piece::Word { word, written, .. } => (*word, *written),
        };
        if rest.is_empty() {
            break;
        }
        // A number runs on as far as it goes unless the next piece is a number too.
        let adjacent = matches!(list.get(position + 1), Some(Piece::Word { .. }));
        let width = |usual: usize| if adjacent { usual } else { 18 };
        match word {
            "YYYY" | "IYYY" => read.year = Some(take_number(&mut rest, word, width(4))?),
            "Y,YYY" => {
                let thousands = take_number(&mut rest, word, 3)?;
                rest = rest.strip_prefix(',').unwrap_or(rest);
                read.year = Some(thousands * 1000 + take_number(&mut rest, word, 3)?);
            }
            "YYY" | "YY" | "Y" | "IYY" | "IY" | "I" => {
                let year = take_number(&mut rest, word, width(word.len()))?;
                read.year = Some(match year {
                    0..70 => year + 2000,
                    70..100 => year + 1900,
                    100..520 => year + 2000,
                    520..1000 => year + 1000,
                    _ => year,
                });
            }
            "MM" => read.month = Some(take_number(&mut rest, word, 2)?),
            "MONTH" => read.month = Some(take_name(&mut rest, written, &MONTHS, false)? as i64 + 1),
            "MON" => read.month = Some(take_name(&mut rest, written, &MONTHS, true)? as i64 + 1),
            "DAY" => drop(take_name(&mut rest, written, &DAYS, false)?),
            "DY" => drop(take_name(&mut rest, written, &DAYS, true)?),
            "DD" => read.day = Some(take_number(&mut rest, word, 2)?),
            "DDD" | "IDDD" => read.day_of_year = Some(take_number(&mut rest, word, 3)?),
            "WW" | "IW" => read.week = Some(take_number(&mut rest, word, 2)?),
            "W" => read.week_of_month = Some(take_number(&mut rest, word, 1)?),
            "ID" => read.iso_weekday = Some(take_number(&mut rest, word, 1)?),
            "J" => read.julian = Some(take_number(&mut rest, word, 18)?),
            "HH24" => read.hour = take_number(&mut rest, word, 2)?,
            "HH" | "HH12" => {
                read.hour = take_number(&mut rest, word, 2)?;
                if !(1..=12).contains(&read.hour) {
                    return Err(SqlError::new(
                        sqlstate::INVALID_DATETIME_FORMAT,
                        format!("hour \"{}\" is invalid for the 12-hour clock", read.hour),
                    )
                    .hint("Use the 24-hour clock, or give an hour between 1 and 12."));
                }
                read.afternoon.get_or_insert(false);
            }
            "AM" | "PM" => {
                read.afternoon = Some(take_name(&mut rest, written, &["AM", "PM"], false)? == 1);
            }
            "A.M." | "P.M." => {
                read.afternoon =
                    Some(take_name(&mut rest, written, &["A.M.", "P.M."], false)? == 1);
            }
            "AD" | "BC" => {
                read.before_christ = take_name(&mut rest, written, &["AD", "BC"], false)? == 1;
            }
            "A.D." | "B.C." => {
                read.before_christ = take_name(&mut rest, written, &["A.D.", "B.C."], false)? == 1;
            }
            "MI" => read.minute = take_number(&mut rest, word, 2)?,
            "SS" => read.second = take_number(&mut rest, word, 2)?,
            "SSSS" | "SSSSS" => {
                let seconds = take_number(&mut rest, word, 5)?;
                (read.hour, read.minute, read.second) =
                    (seconds / 3600, seconds / 60 % 60, seconds % 60);
            }
            "MS" | "US" | "FF1" | "FF2" | "FF3" | "FF4" | "FF5" | "FF6" => {
                let width = match word {
                    "MS" => 3,
                    "US" => 6,
                    _ => usize::from(word.as_bytes()[2] - b'0'),
                };
                let before = rest.trim_start();
                let fraction = take_number(&mut rest, word, width)?;
                let digits = (before.len() - rest.len()) as u32;
                read.microsecond = fraction * 10i64.pow(6 - digits.min(6));
            }
            "TZH" => {
                let negative = rest.trim_start().starts_with('-');
                let hours = take_number(&mut rest, word, 2)?.abs() * 3600;
                read.east = Some(if negative { -hours } else { hours });
            }
            "TZM" => {
                let minutes = take_number(&mut rest, word, 2)? * 60;
                let east = read.east.unwrap_or(0);
                read.east = Some(if east < 0 { east - minutes } else { east + minutes });
            }
            "D" | "Q" | "CC" => {
                take_number(&mut rest, word, word.len())?;
            }
            _ => {
                return Err(SqlError::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("formatting field \"{written}\" is only supported in to_char"),
                ));
            }
        }
    }
    if let Some(afternoon) = read.afternoon {
        read.hour = read.hour % 12 + if afternoon { 12 } else { 0 };
    }
    Ok(read)
}

fn out_of_field_range(value: &str) -> SqlError {
    SqlError::new(
        sqlstate::DATETIME_FIELD_OVERFLOW,
        format!("date/time field value out of range: \"{value}\""),
    )
}

fn read_date(read: &Read, value: &str) -> SqlResult<i32> {
    let range = || out_of_field_range(value);
    if let Some(julian) = read.julian {
        return i32::try_from(julian - 2_451_545).map_err(|_| range());
    }
    let year = match read.year {
        None if read.before_christ => 0,
        None => 0,
        Some(year) if read.before_christ => 1 - year,
        Some(year) if year < 0 => year + 1,
        Some(year) => year,
    };
    let year = i32::try_from(year).map_err(|_| range())?;
    let monday_of_week = |week: i64| {
        let fourth = datetime::date_from_fields(year, 1, 4).ok_or_else(range)?;
        let monday = fourth - (fourth + 5).rem_euclid(7);
        let offset = (week - 1).checked_mul(7).and_then(|days| i32::try_from(days).ok());
        datetime::date_plus_days(monday, offset.ok_or_else(range)?)
    };
    if read.iso_calendar == Some(true) && (read.week.is_some() || read.day_of_year.is_some()) {
        let (week, day) = match (read.week, read.day_of_year) {
            (Some(week), _) => (week, read.iso_weekday.unwrap_or(1)),
            (None, day) => (1, day.unwrap_or(1)),
        };
        let offset = i32::try_from(day - 1).map_err(|_| range())?;
        return datetime::date_plus_days(monday_of_week(week)?, offset);
    }
    let week_start = |week: Option<i64>| week.map(|week| (week - 1) * 7 + 1);
    let day_of_year = week_start(read.week).or(read.day_of_year);
    let day_of_month = week_start(read.week_of_month).or(read.day);
    let field = |value: Option<i64>| u32::try_from(value.unwrap_or(1)).map_err(|_| range());
    if let (Some(day), None) = (day_of_year, day_of_month) {
        let first = datetime::date_from_fields(year, 1, 1).ok_or_else(range)?;
        let offset = i32::try_from(day - 1).map_err(|_| range())?;
        return datetime::date_plus_days(first, offset);
    }
    datetime::date_from_fields(year, field(read.month)?, field(day_of_month)?).ok_or_else(range)
}

pub(crate) fn to_date(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let read = read_template(value, text(arguments, 1)?)?;
    read_date(&read, value).map(Datum::Date)
}

pub(crate) fn to_timestamp(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let read = read_template(value, text(arguments, 1)?)?;
    if !(0..24).contains(&read.hour)
        || !(0..60).contains(&read.minute)
        || !(0..60).contains(&read.second)
    {
        return Err(out_of_field_range(value));
    }
    let start = datetime::date_to_timestamp(read_date(&read, value)?)?;
    let time = (read.hour * 3600 + read.minute * 60 + read.second) * 1_000_000 + read.microsecond;
    let local = start.checked_add(time).ok_or_else(|| out_of_field_range(value))?;
    let zone = match read.east {
        Some(east) => Zone::fixed(east.clamp(-604_800, 604_800) as i32),
        None => Zone::of(context.formats()),
    };
    datetime::timestamp_to_timestamptz(local, &zone).map(Datum::TimestampTz)
}

/// A number template taken apart.
#[derive(Default)]
struct NumberTemplate {
    /// Digits before and after the point; `0` places are always written.
    before: Vec<char>,
    after: Vec<char>,
    fill: bool,
    minus: Option<bool>,
    plus: bool,
    sign: Option<bool>,
    brackets: bool,
    ordinal: Option<String>,
    point: bool,
    shift: i32,
    scientific: bool,
    roman: bool,
}

fn number_template(template: &str) -> NumberTemplate {
    let mut parsed = NumberTemplate { fill: true, ..NumberTemplate::default() };
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        let starts =
            |word: &str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let digits_seen = !parsed.before.is_empty() || parsed.point;
        let mut used = first.len_utf8();
        if starts("FM") {
            parsed.fill = false;
            used = 2;
        } else if starts("EEEE") {
            parsed.scientific = true;
            used = 4;
        } else if starts("MI") {
            parsed.minus = Some(digits_seen);
            used = 2;
        } else if starts("PL") || starts("SG") {
            parsed.plus = starts("PL");
            parsed.sign = Some(digits_seen);
            used = 2;
        } else if starts("PR") {
            parsed.brackets = true;
            used = 2;
        } else if starts("RN") {
            parsed.roman = true;
            used = 2;
        } else if starts("TH") {
            parsed.ordinal = Some(rest[..2].to_owned());
            used = 2;
        } else {
            match first.to_ascii_uppercase() {
                'S' => parsed.sign = Some(digits_seen),
                'V' => parsed.shift = 1,
                '.' | 'D' => parsed.point = true,
                ',' | 'G' => parsed.before.push(','),
                '"' => {
                    let end = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
                    for literal in rest[1..end.max(2).min(rest.len())].chars().filter(|c| *c != '"')
                    {
                        if !parsed.point {
                            parsed.before.push(literal);
                        }
                    }
                    used = end.min(rest.len());
                }
                digit @ ('9' | '0') if parsed.point || parsed.shift > 0 => {
                    if parsed.shift > 0 {
                        parsed.shift += 1
                    }
                    if parsed.point { parsed.after.push(digit) } else { parsed.before.push(digit) }
                }
                digit @ ('9' | '0') => parsed.before.push(digit),
                // There is no currency symbol here, but its place is kept.
                'L' if !parsed.point => parsed.before.push(' '),
                'L' | 'B' => {}
                _ if !parsed.point => parsed.before.push(first),
                _ => {}
            }
        }
        rest = &rest[used..];
    }
    parsed
}

/// Refuses templates whose parts cannot be together.
fn check_number_template(template: &str) -> SqlResult<()> {
    let refuse = |message: &str| Err(SqlError::new(sqlstate::SYNTAX_ERROR, message));
    let upper = template.to_ascii_uppercase();
    let (mut points, mut quoted) = (0, false);
    for (at, byte) in upper.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'.' if !quoted => points += 1,
            b'D' if !quoted => points += 1,
            b'E' if !quoted && upper[at..].starts_with("EEEE") && upper.len() > at + 4 => {
                return refuse("\"EEEE\" must be the last pattern used");
            }
            _ => {}
        }
    }
    if points > 1 {
        return refuse("multiple decimal points");
    }
    Ok(())
}

fn roman(value: &Numeric) -> String {
    const PARTS: [(i32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let Ok(mut left @ 1..=3999) = value.to_i32() else { return "#".repeat(15) };
    let mut out = String::new();
    for (part, letters) in PARTS {
        while left >= part {
            out.push_str(letters);
            left -= part;
        }
    }
    out
}

fn write_number(context: &dyn EvalContext, value: &Numeric, template: &str) -> SqlResult<Datum> {
    check_length(context, template.len().saturating_mul(4))?;
    if template.is_empty() {
        return Ok(Datum::text(""));
    }
    check_number_template(template)?;
    let parsed = number_template(template);
    if parsed.roman {
        let letters = roman(value);
        return Ok(Datum::text(if parsed.fill { format!("{letters:>15}") } else { letters }));
    }
    if parsed.scientific {
        let digits = parsed.after.len();
        return Ok(Datum::text(if value.is_finite() {
            let shown = format!("{:.digits$e}", value.to_f64());
            let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            let blank = if value.signum() < 0 { "" } else { " " };
            format!("{blank}{mantissa}e{sign}{:02}", exponent.abs())
        } else {
            "#".repeat(template.len())
        }));
    }
    let scaled = match parsed.shift {
        0 => value.clone(),
        shift => value.mul(&Numeric::from_parts(10i128.pow((shift - 1).clamp(0, 30) as u32), 0))?,
    };
    let negative = scaled.signum() < 0;
    let written = scaled.abs().round(parsed.after.len() as i32)?.to_string();
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let whole = if whole == "0" { "" } else { whole };
    let places = parsed.before.iter().filter(|place| matches!(place, '9' | '0')).count();
    let overflow = whole.len() > places || !scaled.is_finite();
    let mut digits = whole.chars().collect::<Vec<_>>();
    let mut body: Vec<char> = Vec::new();
    // From the point leftwards; a leading 0 in the template forces zeros from there on.
    let first_zero = parsed.before.iter().position(|place| *place == '0').unwrap_or(usize::MAX);
    for (index, place) in parsed.before.iter().enumerate().rev() {
        let forced = index >= first_zero;
        body.push(match place {
            '9' | '0' if overflow => '#',
            '9' | '0' => match digits.pop() {
                Some(digit) => digit,
                None if forced => '0',
                None if !parsed.point && index + 1 == parsed.before.len() => '0',
                None => ' ',
            },
            ',' if digits.is_empty() && !forced && !overflow => ' ',
            other => *other,
        });
    }
    body.reverse();
    let leading = body.iter().take_while(|character| **character == ' ').count();
    let number: String = body[leading..].iter().collect();
    let mut tail = String::new();
    if parsed.point {
        tail.push('.');
        let fraction = if overflow { "#".repeat(parsed.after.len()) } else { fraction.to_owned() };
        let mut kept = fraction.as_str();
        if !parsed.fill && !overflow {
            let least = parsed.after.iter().rposition(|place| *place == '0').map_or(0, |at| at + 1);
            let trimmed = fraction.trim_end_matches('0').len().max(least);
            kept = &fraction[..trimmed];
        }
        tail.push_str(kept);
    }
    let blanks = if parsed.fill { " ".repeat(leading) } else { String::new() };
    let mark = if negative { "-" } else { "+" };
    let mut out = match (parsed.sign, parsed.minus, parsed.brackets) {
        (Some(false), ..) if parsed.plus && negative => format!("{blanks} {number}{tail}"),
        (Some(false), ..) => format!("{blanks}{mark}{number}{tail}"),
        (Some(true), ..) => format!("{blanks}{number}{tail}{mark}"),
        (None, Some(after), _) => {
            let mark = if negative {
                "-"
            } else if parsed.fill {
                " "
            } else {
                ""
            };
            if after {
                format!("{blanks}{number}{tail}{mark}")
            } else {
                format!("{mark}{blanks}{number}{tail}")
            }
        }
        (None, None, true) if negative => format!("{blanks}<{number}{tail}>"),
        (None, None, true) if parsed.fill => format!("{blanks} {number}{tail} "),
        (None, None, true) => format!("{number}{tail}"),
        (None, None, false) if negative => format!("{blanks}-{number}{tail}"),
        (None, None, false) if parsed.fill => format!("{blanks} {number}{tail}"),
        (None, None, false) => format!("{number}{tail}"),
    };
    if let (Some(ordinal), false) = (&parsed.ordinal, negative || parsed.point) {
        let last =
            number.get(number.len().saturating_sub(2)..).and_then(|tail| tail.trim().parse().ok());
        out.push_str(&ordinal_suffix(last.unwrap_or(0), ordinal));
    }
    Ok(Datum::text(out))
}

pub(crate) fn numeric_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &*numeric(arguments, 0)?, text(arguments, 1)?)
}

pub(crate) fn int4_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &Numeric::from(integer(&arguments[0])?), text(arguments, 1)?)
}

pub(crate) fn int8_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &Numeric::from(integer(&arguments[0])?), text(arguments, 1)?)
}

pub(crate) fn float4_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &Numeric::from_f32(float(&arguments[0])? as f32), text(arguments, 1)?)
}

pub(crate) fn float8_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &Numeric::from_f64(float(&arguments[0])?), text(arguments, 1)?)
}

/// Reads digits, one sign and one point; whatever else the template allows is skipped.
pub(crate) fn numeric_to_number(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (value, template) = (text(arguments, 0)?, text(arguments, 1)?);
    check_number_template(template)?;
    let parsed = number_template(template);
    if parsed.scientific {
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "\"EEEE\" not supported for input",
        ));
    }
    let negative = value.contains('-') || parsed.brackets && value.trim_start().starts_with('<');
    let mut digits = String::new();
    let mut seen_point = false;
    let mut fraction = 0;
    for character in value.chars() {
        match character {
            '0'..='9' if seen_point && fraction >= parsed.after.len() => {}
            '0'..='9' => {
                digits.push(character);
                fraction += usize::from(seen_point);
            }
            '.' if parsed.point && !seen_point => {
                seen_point = true;
                digits.push('.');
            }
            _ => {}
        }
    }
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(SqlError::new(
            sqlstate::INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type numeric: \" \"",
        ));
    }
    let number = Numeric::parse(digits.trim_end_matches('.'))?;
    Ok(Datum::Numeric(if negative { number.neg() } else { number }.into()))
}
