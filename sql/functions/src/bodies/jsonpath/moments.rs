//! Dates and times inside a `jsonpath`: what `.datetime()` makes.

use std::cmp::Ordering;
use std::fmt;

use types::datetime;
use types::formats::Formats;
use types::io::InputContext;
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::formatting;
use crate::context::EvalContext;

#[derive(Clone, Debug)]
pub(super) enum Moment {
    Date(i32),
    Time(i64),
    /// Seconds west of UTC, as in [`Datum::TimeTz`].
    TimeTz(i64, i32),
    Timestamp(i64),
    /// With the seconds *west* of UTC it was written with.
    TimestampTz(i64, i32),
}

fn not_recognized(text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_ARGUMENT_FOR_SQL_JSON_DATETIME_FUNCTION,
        format!("datetime format is not recognized: \"{text}\""),
    )
    .hint("Use a datetime template argument to specify the input data format.")
}

/// What of an ISO text is there.
struct Shape {
    date: bool,
    time: bool,
    zone: Option<i32>,
}

/// `2023-08-15`, `12:34:56.789+05:30` or both with `T` or a blank between; nothing else.
fn shape(text: &str) -> Option<Shape> {
    let mut rest = text;
    let digits = |rest: &mut &str, count: usize| {
        let found = rest.bytes().take(count).take_while(u8::is_ascii_digit).count();
        let whole = found == count;
        if whole {
            *rest = &rest[count..];
        }
        whole
    };
    let mut shape = Shape { date: false, time: false, zone: None };
    if rest.as_bytes().get(4) == Some(&b'-') {
        let parts = digits(&mut rest, 4)
            && strip(&mut rest, '-')
            && digits(&mut rest, 2)
            && strip(&mut rest, '-')
            && digits(&mut rest, 2);
        if !parts {
            return None;
        }
        shape.date = true;
        if rest.is_empty() {
            return Some(shape);
        }
        if !strip(&mut rest, 'T') && !strip(&mut rest, ' ') {
            return None;
        }
    }
    let parts = digits(&mut rest, 2)
        && strip(&mut rest, ':')
        && digits(&mut rest, 2)
        && strip(&mut rest, ':')
        && digits(&mut rest, 2);
    if !parts {
        return None;
    }
    shape.time = true;
    if strip(&mut rest, '.') {
        let fraction = rest.bytes().take_while(u8::is_ascii_digit).count();
        if fraction == 0 {
            return None;
        }
        rest = &rest[fraction..];
    }
    rest = rest.trim_start_matches(' ');
    if rest.is_empty() {
        return Some(shape);
    }
    let sign = if strip(&mut rest, '-') {
        -1
    } else if strip(&mut rest, '+') {
        1
    } else {
        return None;
    };
    let hour: i32 = rest.get(..2)?.parse().ok()?;
    rest = &rest[2..];
    let mut minute = 0;
    if strip(&mut rest, ':') {
        minute = rest.get(..2)?.parse().ok()?;
        rest = &rest[2..];
    }
    shape.zone = Some(-sign * (hour * 3600 + minute * 60));
    rest.is_empty().then_some(shape)
}

fn strip(rest: &mut &str, wanted: char) -> bool {
    match rest.strip_prefix(wanted) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

impl Moment {
    pub(super) fn read(
        context: &dyn EvalContext,
        text: &str,
        template: Option<&str>,
    ) -> SqlResult<Moment> {
        if let Some(template) = template {
            return Moment::by_template(context, text, template);
        }
        let shape = shape(text).ok_or_else(|| not_recognized(text))?;
        let formats = Formats::default();
        let input = InputContext { formats: &formats, now: context.transaction_time() };
        Ok(match (shape.date, shape.time, shape.zone) {
            (true, false, _) => Moment::Date(datetime::parse_date(text, &input)?),
            (true, true, None) => Moment::Timestamp(datetime::parse_timestamp(text, -1, &input)?),
            (true, true, Some(west)) => {
                Moment::TimestampTz(datetime::parse_timestamptz(text, -1, &input)?, west)
            }
            (false, _, None) => Moment::Time(datetime::parse_time(text, -1, &input)?),
            (false, _, Some(_)) => {
                let (time, west) = datetime::parse_timetz(text, -1, &input)?;
                Moment::TimeTz(time, west)
            }
        })
    }

    /// Which type a template makes is said by its fields.
    fn by_template(context: &dyn EvalContext, text: &str, template: &str) -> SqlResult<Moment> {
        let upper = template.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
        let date = has(&["YY", "DD", "MON", "CC", "J", "IW", "WW"]) || has(&["MM"]);
        let time = has(&["HH", "SS", "MI", "MS", "US", "FF"]);
        let zone = has(&["TZ", "OF"]);
        let arguments = [Datum::text(text), Datum::text(template)];
        let Datum::TimestampTz(instant) = formatting::to_timestamp(context, &arguments)? else {
            return Err(not_recognized(text));
        };
        let session = datetime::Zone::of(context.formats());
        let local = datetime::timestamptz_to_timestamp(instant, &session)?;
        Ok(match (date, time, zone) {
            (true, true, true) => {
                Moment::TimestampTz(instant, ((instant - local) / 1_000_000) as i32)
            }
            (true, true, false) => Moment::Timestamp(local),
            (true, false, _) => Moment::Date(datetime::timestamp_to_date(local)),
            (false, _, true) => {
                let (time, west) =
                    datetime::timestamptz_to_timetz(instant, &session).unwrap_or((0, 0));
                Moment::TimeTz(time, west)
            }
            (false, ..) => Moment::Time(datetime::timestamp_to_time(local).unwrap_or(0)),
        })
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Moment::Date(_) => "date",
            Moment::Time(_) => "time without time zone",
            Moment::TimeTz(..) => "time with time zone",
            Moment::Timestamp(_) => "timestamp without time zone",
            Moment::TimestampTz(..) => "timestamp with time zone",
        }
    }

    /// The order; `None` if a date is compared with a time. Crossing between zones and none needs `zones`.
    pub(super) fn compare(
        &self,
        other: &Moment,
        context: &dyn EvalContext,
        zones: bool,
    ) -> SqlResult<Option<Ordering>> {
        use Moment::{Date, Time, TimeTz, Timestamp, TimestampTz};
        let with_zone = |moment: &Moment, target: &'static str| {
            if !zones {
                return Err(SqlError::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!(
                        "cannot convert value from {} to {target} without time zone usage",
                        moment.short_name()
                    ),
                )
                .hint("Use *_tz() function for time zone support."));
            }
            Ok(datetime::Zone::of(context.formats()))
        };
        let instant = |moment: &Moment| -> SqlResult<i64> {
            match moment {
                Date(date) => {
                    let zone = with_zone(moment, "timestamptz")?;
                    datetime::date_to_timestamptz(*date, &zone)
                }
                Timestamp(local) => {
                    let zone = with_zone(moment, "timestamptz")?;
                    datetime::timestamp_to_timestamptz(*local, &zone)
                }
                TimestampTz(instant, _) => Ok(*instant),
                _ => Ok(0),
            }
        };
        let order = match (self, other) {
            (Date(left), Date(right)) => left.cmp(right),
            (Time(left), Time(right)) | (Timestamp(left), Timestamp(right)) => left.cmp(right),
            (Date(left), Timestamp(right)) => datetime::date_to_timestamp(*left)?.cmp(right),
            (Timestamp(left), Date(right)) => left.cmp(&datetime::date_to_timestamp(*right)?),
            (TimestampTz(..), Date(_) | Timestamp(_) | TimestampTz(..))
            | (Date(_) | Timestamp(_), TimestampTz(..)) => instant(self)?.cmp(&instant(other)?),
            (TimeTz(..) | Time(_), TimeTz(..) | Time(_)) => {
                let zoned = |moment: &Moment| -> SqlResult<Datum> {
                    Ok(match moment {
                        Time(time) => {
                            let zone = with_zone(moment, "timetz")?;
                            let today = context.transaction_time();
                            let local = datetime::timestamptz_to_timestamp(today, &zone)?;
                            Datum::TimeTz(*time, ((today - local) / 1_000_000) as i32)
                        }
                        TimeTz(time, west) => Datum::TimeTz(*time, *west),
                        _ => Datum::Null,
                    })
                };
                types::compare::compare(&zoned(self)?, &zoned(other)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(order))
    }

    fn short_name(&self) -> &'static str {
        match self {
            Moment::Date(_) => "date",
            Moment::Time(_) => "time",
            Moment::TimeTz(..) => "timetz",
            Moment::Timestamp(_) => "timestamp",
            Moment::TimestampTz(..) => "timestamptz",
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let formats = Formats::default();
        let mut out = String::new();
        match self {
            Moment::Date(date) => datetime::format_date(*date, &formats, &mut out),
            Moment::Time(time) => datetime::format_time(*time, &mut out),
            Moment::TimeTz(time, west) => {
                datetime::format_time(*time, &mut out);
                write_offset(*west, &mut out);
            }
            Moment::Timestamp(local) => {
                datetime::format_timestamp(*local, &formats, &mut out);
                out = out.replacen(' ', "T", 1);
            }
            Moment::TimestampTz(instant, west) => {
                let local = instant.saturating_sub(i64::from(*west) * 1_000_000);
                datetime::format_timestamp(local, &formats, &mut out);
                out = out.replacen(' ', "T", 1);
                write_offset(*west, &mut out);
            }
        }
        formatter.write_str(&out)
    }
}

fn write_offset(west: i32, out: &mut String) {
    let sign = if west > 0 { '-' } else { '+' };
    let seconds = west.abs();
    out.push_str(&format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60));
}
