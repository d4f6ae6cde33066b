//! `to_char` of numbers, and `to_number`.

use types::numeric::Numeric;
use types::{Datum, SqlError, SqlResult, sqlstate};

use super::ordinal_suffix;
use crate::bodies::arguments::{check_length, float, integer, numeric, text};
use crate::context::EvalContext;

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
