//! `to_date` and `to_timestamp`: dates and times read by templates.

use types::datetime::{self, Zone};
use types::{Datum, SqlError, SqlResult, sqlstate};

use super::{DAYS, MONTHS, Piece, pieces};
use crate::bodies::arguments::text;
use crate::context::EvalContext;

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

/// How far a number may run: so many characters, and no more or fewer if the next field follows without a separator.
#[derive(Clone, Copy)]
struct Width {
    characters: usize,
    exact: bool,
}

/// Reads a number and gives how many bytes it took, blanks before it aside.
fn take_digits(rest: &mut &str, word: &str, width: Width) -> SqlResult<(i64, usize)> {
    let trimmed = rest.trim_start();
    let shown: String = trimmed.chars().take(width.characters).collect();
    let fixed_hint = |error: SqlError| {
        error.hint("If your source string is not fixed-width, try using the \"FM\" modifier.")
    };
    let given = shown.chars().count();
    if width.exact && given < width.characters {
        return Err(fixed_hint(
            SqlError::new(
                sqlstate::INVALID_DATETIME_FORMAT,
                format!("source string too short for \"{word}\" formatting field"),
            )
            .detail(format!(
                "Field requires {} characters, but only {given} remain.",
                width.characters
            )),
        ));
    }
    let within = if width.exact { shown.as_str() } else { trimmed };
    let signed = usize::from(within.starts_with(['-', '+']));
    let digits = within[signed..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err(bad_value(word, &shown).detail("Value must be an integer."));
    }
    let used = signed + digits;
    if width.exact && used < width.characters {
        return Err(fixed_hint(bad_value(word, &shown).detail(format!(
            "Field requires {} characters, but only {used} could be parsed.",
            width.characters
        ))));
    }
    let (number, after) = trimmed.split_at(used);
    *rest = after;
    let number: i32 = number.parse().map_err(|_| {
        SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("value for \"{word}\" in source string is out of range"),
        )
        .detail(format!("Value must be in the range {} to {}.", i32::MIN, i32::MAX))
    })?;
    Ok((number.into(), used))
}

/// Whether a field is read as digits; it then limits the number before it.
fn is_digits(word: &str) -> bool {
    !matches!(
        word,
        "AM" | "PM"
            | "A.M."
            | "P.M."
            | "AD"
            | "BC"
            | "A.D."
            | "B.C."
            | "MONTH"
            | "MON"
            | "DAY"
            | "DY"
            | "RM"
            | "TZ"
            | "TZH"
            | "TZM"
            | "OF"
    )
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
    let shown = trimmed.split(char::is_whitespace).next().unwrap_or("");
    Err(bad_value(word, shown)
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
    // Blanks that were skipped before a field, which stand for characters of the template.
    let mut skipped = 0_usize;
    for (position, piece) in list.iter().enumerate() {
        if rest.is_empty() {
            break;
        }
        let (word, written, fill, ordinal) = match piece {
            Piece::Literal(literal) => {
                for expected in literal.chars() {
                    let Some(next) = rest.chars().next() else { break };
                    let separates =
                        |sign: char| sign.is_whitespace() || sign.is_ascii_punctuation();
                    let step = if !separates(expected) {
                        let step = skipped == 0;
                        skipped = skipped.saturating_sub(1);
                        step
                    } else {
                        // A separator takes one separator, or nothing.
                        let step = separates(next);
                        skipped = if step { skipped } else { skipped.saturating_sub(1) };
                        step
                    };
                    if step {
                        rest = &rest[next.len_utf8()..];
                    }
                }
                continue;
            }
            Piece::Word { word, written, fill, ordinal } => (*word, *written, *fill, *ordinal),
        };
        let trimmed = rest.trim_start();
        skipped += rest.len() - trimmed.len();
        rest = trimmed;
        if rest.is_empty() {
            break;
        }
        // A number runs on as far as it goes unless the next piece is a number too.
        let exact = fill
            && ordinal.is_none()
            && match list.get(position + 1) {
                Some(Piece::Word { word, .. }) => is_digits(word),
                Some(Piece::Literal(literal)) => {
                    literal.starts_with(|next: char| next.is_ascii_digit())
                }
                None => false,
            };
        let take = |rest: &mut &str, characters: usize| {
            take_digits(rest, word, Width { characters, exact })
        };
        let take_number = |rest: &mut &str, characters: usize| -> SqlResult<i64> {
            Ok(take(rest, characters)?.0)
        };
        match word {
            "YYYY" | "IYYY" => read.year = Some(take_number(&mut rest, 4)?),
            "Y,YYY" => {
                let part = Width { characters: 3, exact: false };
                let (thousands, _) = take_digits(&mut rest, word, part)?;
                rest = rest.strip_prefix(',').unwrap_or(rest);
                read.year = Some(thousands * 1000 + take_digits(&mut rest, word, part)?.0);
            }
            "YYY" | "YY" | "Y" | "IYY" | "IY" | "I" => {
                let (year, length) = take(&mut rest, word.len())?;
                read.year = Some(match year {
                    _ if length > 3 => year,
                    0..70 => year + 2000,
                    70..100 => year + 1900,
                    100..520 => year + 2000,
                    520..1000 => year + 1000,
                    _ => year,
                });
            }
            "MM" => read.month = Some(take_number(&mut rest, 2)?),
            "MONTH" => read.month = Some(take_name(&mut rest, written, &MONTHS, false)? as i64 + 1),
            "MON" => read.month = Some(take_name(&mut rest, written, &MONTHS, true)? as i64 + 1),
            "DAY" => drop(take_name(&mut rest, written, &DAYS, false)?),
            "DY" => drop(take_name(&mut rest, written, &DAYS, true)?),
            "DD" => read.day = Some(take_number(&mut rest, 2)?),
            "DDD" | "IDDD" => read.day_of_year = Some(take_number(&mut rest, word.len())?),
            "WW" | "IW" => read.week = Some(take_number(&mut rest, 2)?),
            "W" => read.week_of_month = Some(take_number(&mut rest, 1)?),
            "ID" => read.iso_weekday = Some(take_number(&mut rest, 1)?),
            "J" => read.julian = Some(take_number(&mut rest, 1)?),
            "HH24" => read.hour = take_number(&mut rest, 2)?,
            "HH" | "HH12" => {
                read.hour = take_number(&mut rest, 2)?;
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
            "MI" => read.minute = take_number(&mut rest, 2)?,
            "SS" => read.second = take_number(&mut rest, 2)?,
            "SSSS" | "SSSSS" => {
                let seconds = take_number(&mut rest, word.len())?;
                (read.hour, read.minute, read.second) =
                    (seconds / 3600, seconds / 60 % 60, seconds % 60);
            }
            "MS" | "US" | "FF1" | "FF2" | "FF3" | "FF4" | "FF5" | "FF6" => {
                let width = match word {
                    "MS" => 3,
                    "US" => 6,
                    _ => usize::from(word.as_bytes()[2] - b'0'),
                };
                let (fraction, digits) = take(&mut rest, width)?;
                read.microsecond = fraction.saturating_mul(10i64.pow(6 - digits.min(6) as u32));
            }
            "TZH" => {
                let negative = rest.trim_start().starts_with('-');
                let hours = take_number(&mut rest, 2)?.abs() * 3600;
                read.east = Some(if negative { -hours } else { hours });
            }
            "TZM" => {
                let minutes = take_number(&mut rest, 2)? * 60;
                let east = read.east.unwrap_or(0);
                read.east = Some(if east < 0 { east - minutes } else { east + minutes });
            }
            "D" | "Q" | "CC" => {
                take_number(&mut rest, word.len())?;
            }
            _ => {
                return Err(SqlError::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("formatting field \"{written}\" is only supported in to_char"),
                ));
            }
        }
        if ordinal.is_some() {
            let mut letters = rest.chars();
            letters.by_ref().take(2).for_each(drop);
            rest = letters.as_str();
        }
    }
    // What is given as 0 is not given.
    for field in [
        &mut read.month,
        &mut read.day,
        &mut read.day_of_year,
        &mut read.week,
        &mut read.week_of_month,
        &mut read.julian,
    ] {
        *field = field.filter(|value| *value != 0);
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
    if !(-4713..5_874_898).contains(&year) {
        return Err(SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("date out of range: \"{value}\""),
        ));
    }
    let monday_of_week = |week: i64| {
        let fourth = datetime::date_from_fields(year, 1, 4).ok_or_else(range)?;
        let monday = fourth - (fourth + 5).rem_euclid(7);
        let offset = (week - 1).checked_mul(7).and_then(|days| i32::try_from(days).ok());
        datetime::date_plus_days(monday, offset.ok_or_else(range)?)
    };
    if read.iso_calendar == Some(true) && (read.week.is_some() || read.day_of_year.is_some()) {
        let (week, day) = match (read.week, read.day_of_year) {
            // Any day beyond Saturday is Sunday.
            (Some(week), _) => (
                week,
                read.iso_weekday.map_or(1, |day| if (1..7).contains(&day) { day } else { 7 }),
            ),
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
