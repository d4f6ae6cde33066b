//! Reading and printing numbers.

use std::fmt;
use std::str::FromStr;

use super::digits::{Digits, GROUP_DIGITS, GroupVec};
use super::{Form, MAX_SCALE, Numeric, overflow};
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// Exponents beyond this overflow whatever the digits are.
const MAX_EXPONENT: i64 = 1 << 29;

fn syntax_error(text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_TEXT_REPRESENTATION,
        format!("invalid input syntax for type numeric: \"{text}\""),
    )
}

/// PostgreSQL's white space around numbers.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Cuts PostgreSQL's white space off both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_ascii() && is_space(character as u8))
}

impl Numeric {
    /// 22P02 "invalid input syntax for type numeric".
    pub fn parse(text: &str) -> SqlResult<Numeric> {
        let body = trim(text);
        let (negative, rest) = match body.as_bytes().first() {
            Some(b'-') => (true, &body[1..]),
            Some(b'+') => (false, &body[1..]),
            _ => (false, body),
        };
        let first = rest.bytes().next();
        if !first.is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
            return special(rest, negative, body.len() > rest.len())
                .ok_or_else(|| syntax_error(text));
        }
        let bytes = rest.as_bytes();
        let radix = match (bytes[0], bytes.get(1).map(u8::to_ascii_lowercase)) {
            (b'0', Some(b'x')) => 16,
            (b'0', Some(b'o')) => 8,
            (b'0', Some(b'b')) => 2,
            _ => return decimal(bytes, negative, text),
        };
        integer_of_radix(&bytes[2..], radix, negative, text)
    }
}

fn special(word: &str, negative: bool, signed: bool) -> Option<Numeric> {
    if word.eq_ignore_ascii_case("nan") {
        // A sign before NaN is a syntax error.
        return (!signed).then(Numeric::nan);
    }
    (word.eq_ignore_ascii_case("infinity") || word.eq_ignore_ascii_case("inf"))
        .then(|| if negative { Numeric::negative_infinity() } else { Numeric::infinity() })
}

/// Takes digits with single underscores between them.
fn take_digits(bytes: &[u8], position: &mut usize, into: &mut Vec<u8>) -> Option<()> {
    while let Some(&byte) = bytes.get(*position) {
        if byte.is_ascii_digit() {
            into.push(byte - b'0');
        } else if byte == b'_' {
            let before = *position > 0 && bytes[*position - 1].is_ascii_digit();
            let after = bytes.get(*position + 1).is_some_and(u8::is_ascii_digit);
            if !before || !after {
                return None;
            }
        } else {
            break;
        }
        *position += 1;
    }
    Some(())
}

fn decimal(bytes: &[u8], negative: bool, text: &str) -> SqlResult<Numeric> {
    let wrong = || syntax_error(text);
    let mut digits = Vec::with_capacity(bytes.len());
    let mut position = 0;
    take_digits(bytes, &mut position, &mut digits).ok_or_else(wrong)?;
    let whole = digits.len();
    if bytes.get(position) == Some(&b'.') {
        position += 1;
        take_digits(bytes, &mut position, &mut digits).ok_or_else(wrong)?;
    }
    if digits.is_empty() {
        return Err(wrong());
    }
    let mut exponent: i64 = 0;
    if matches!(bytes.get(position), Some(b'e' | b'E')) {
        position += 1;
        let minus = bytes.get(position) == Some(&b'-');
        if matches!(bytes.get(position), Some(b'+' | b'-')) {
            position += 1;
        }
        let mut written = Vec::new();
        take_digits(bytes, &mut position, &mut written).ok_or_else(wrong)?;
        if written.is_empty() {
            return Err(wrong());
        }
        for digit in written {
            exponent = exponent * 10 + i64::from(digit);
            if exponent > MAX_EXPONENT {
                return Err(overflow());
            }
        }
        if minus {
            exponent = -exponent;
        }
    }
    if position != bytes.len() {
        return Err(wrong());
    }
    let scale = (digits.len() - whole) as i64 - exponent;
    assemble(&digits, scale, negative)
}

/// `±digits / 10^scale`; a negative scale is zeros to append.
fn assemble(digits: &[u8], scale: i64, negative: bool) -> SqlResult<Numeric> {
    if scale > i64::from(MAX_SCALE) {
        return Err(overflow());
    }
    let shown = scale.max(0);
    if digits.len() as i64 - scale + shown <= 35 {
        let mantissa = digits.iter().fold(0_i128, |sum, &digit| sum * 10 + i128::from(digit));
        let mantissa = mantissa * 10_i128.pow((-scale).max(0) as u32);
        return Ok(Numeric::small(if negative { -mantissa } else { mantissa }, shown as u16));
    }
    // Four digits make a group, counted from the point.
    let Some(first) = digits.iter().position(|&digit| digit != 0) else {
        return Ok(Numeric::small(0, shown as u16));
    };
    let digits = &digits[first..];
    let leading = digits.len() as i64 - 1 - scale;
    let weight = leading.div_euclid(4);
    if weight > i64::from(super::MAX_WEIGHT) {
        return Err(overflow());
    }
    let mut groups = GroupVec::new();
    let mut column = 3 - leading.rem_euclid(4);
    let mut group = 0u16;
    for &digit in digits {
        group = group * 10 + u16::from(digit);
        column += 1;
        if column == 4 {
            groups.push(group);
            (group, column) = (0, 0);
        }
    }
    if column > 0 {
        groups.push(group * 10_u16.pow((4 - column) as u32));
    }
    Numeric::checked(Digits { negative, weight: weight as i32, scale: shown as u16, groups })
}

fn integer_of_radix(bytes: &[u8], radix: u32, negative: bool, text: &str) -> SqlResult<Numeric> {
    let mut value = Numeric::zero();
    let base = Numeric::from(i64::from(radix));
    let mut pending = (0_i128, 1_i128);
    let mut any = false;
    let mut underscore = true;
    for (index, &byte) in bytes.iter().enumerate() {
        if byte == b'_' {
            // One underscore is allowed before the first digit and between digits.
            if (!underscore && index > 0) || index + 1 == bytes.len() {
                return Err(syntax_error(text));
            }
            underscore = false;
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or_else(|| syntax_error(text))?;
        pending =
            (pending.0 * i128::from(radix) + i128::from(digit), pending.1 * i128::from(radix));
        if pending.1 > 1 << 90 {
            value = value.mul(&Numeric::from_parts(pending.1, 0))?;
            value = value.add(&Numeric::from_parts(pending.0, 0))?;
            pending = (0, 1);
        }
        any = true;
        underscore = true;
    }
    if !any || base.is_zero() {
        return Err(syntax_error(text));
    }
    value = value.mul(&Numeric::from_parts(pending.1, 0))?;
    value = value.add(&Numeric::from_parts(pending.0, 0))?;
    Ok(if negative { value.neg() } else { value })
}

impl fmt::Display for Numeric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form() {
            Form::Small { mantissa, scale: 0 } => write!(formatter, "{mantissa}"),
            Form::Small { mantissa, scale } => {
                let scale = usize::from(scale);
                let sign = if mantissa < 0 { "-" } else { "" };
                let magnitude = mantissa.unsigned_abs();
                if scale <= 35 {
                    let power = 10_u128.pow(scale as u32);
                    let (whole, part) = (magnitude / power, magnitude % power);
                    return write!(formatter, "{sign}{whole}.{part:0scale$}");
                }
                write!(formatter, "{sign}0.{magnitude:0scale$}")
            }
            Form::Large(digits) => write_digits(digits, formatter),
            Form::NaN => formatter.write_str("NaN"),
            Form::Infinity => formatter.write_str("Infinity"),
            Form::NegativeInfinity => formatter.write_str("-Infinity"),
        }
    }
}

fn write_digits(digits: &Digits, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if digits.negative {
        formatter.write_str("-")?;
    }
    if digits.weight < 0 {
        formatter.write_str("0")?;
    }
    for exponent in (0..=digits.weight.max(-1)).rev() {
        if exponent == digits.weight {
            write!(formatter, "{}", digits.group_at(exponent))?;
        } else {
            write!(formatter, "{:04}", digits.group_at(exponent))?;
        }
    }
    if digits.scale == 0 {
        return Ok(());
    }
    let mut left = i32::from(digits.scale);
    let mut fraction = String::with_capacity(left as usize + 5);
    fraction.push('.');
    let mut exponent = -1;
    while left > 0 {
        let group = format!("{:04}", digits.group_at(exponent));
        fraction.push_str(&group[..left.min(GROUP_DIGITS) as usize]);
        left -= GROUP_DIGITS;
        exponent -= 1;
    }
    formatter.write_str(&fraction)
}

impl FromStr for Numeric {
    type Err = SqlError;

    fn from_str(text: &str) -> SqlResult<Numeric> {
        Numeric::parse(text)
    }
}
