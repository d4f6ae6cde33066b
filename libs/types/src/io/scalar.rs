//! Reading booleans, numbers and byte strings.

use super::{invalid_syntax, out_of_range};
use crate::error::{SqlError, SqlResult};
use crate::formats::ByteaFormat;
use crate::numeric::trim;
use crate::sqlstate;

/// Unique prefixes of true, false, yes, no, on, off, and 1 and 0, in any case.
pub fn parse_bool(text: &str) -> SqlResult<bool> {
    let word = trim(text).to_ascii_lowercase();
    let prefix = |of: &str| !word.is_empty() && of.starts_with(&word);
    if prefix("true") || prefix("yes") || word == "on" || word == "1" {
        return Ok(true);
    }
    if prefix("false") || prefix("no") || word == "of" || word == "off" || word == "0" {
        return Ok(false);
    }
    Err(invalid_syntax("boolean", text))
}

/// An integer between `low` and `high`: decimal, or hexadecimal, octal or binary with its prefix, with single underscores
/// between digits.
pub fn parse_integer(text: &str, low: i64, high: i64, type_name: &str) -> SqlResult<i64> {
    let body = trim(text);
    let (negative, digits) = match body.as_bytes().first() {
        Some(b'-') => (true, &body[1..]),
        Some(b'+') => (false, &body[1..]),
        _ => (false, body),
    };
    let bytes = digits.as_bytes();
    let (radix, bytes) = match (bytes.first(), bytes.get(1).map(u8::to_ascii_lowercase)) {
        (Some(b'0'), Some(b'x')) => (16, &bytes[2..]),
        (Some(b'0'), Some(b'o')) => (8, &bytes[2..]),
        (Some(b'0'), Some(b'b')) => (2, &bytes[2..]),
        _ => (10, bytes),
    };
    let mut value: i128 = 0;
    let mut after_digit = radix != 10;
    for &byte in bytes {
        if byte == b'_' {
            if !after_digit {
                return Err(invalid_syntax(type_name, text));
            }
            after_digit = false;
            continue;
        }
        let Some(digit) = char::from(byte).to_digit(radix) else {
            return Err(invalid_syntax(type_name, text));
        };
        after_digit = true;
        // Saturates far beyond every integer type; the syntax is still checked to the end.
        value = (value * i128::from(radix) + i128::from(digit)).min(1 << 100);
    }
    if bytes.is_empty() || !after_digit {
        return Err(invalid_syntax(type_name, text));
    }
    let value = if negative { -value } else { value };
    i64::try_from(value)
        .ok()
        .filter(|value| (low..=high).contains(value))
        .ok_or_else(|| out_of_range(type_name, text))
}

/// What both float types share: special words, syntax, and the digits for the number parser.
fn float_body<'a>(text: &'a str, type_name: &str) -> SqlResult<Result<&'a str, f64>> {
    let body = trim(text);
    let (negative, word) = match body.as_bytes().first() {
        Some(b'-') => (true, &body[1..]),
        Some(b'+') => (false, &body[1..]),
        _ => (false, body),
    };
    if word.eq_ignore_ascii_case("nan") {
        return Ok(Err(f64::NAN));
    }
    if word.eq_ignore_ascii_case("infinity") || word.eq_ignore_ascii_case("inf") {
        return Ok(Err(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    let allowed = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if word.is_empty() || !body.bytes().all(allowed) {
        return Err(invalid_syntax(type_name, text));
    }
    Ok(Ok(body))
}

/// A float as C writes it in base 16: `0x1F`, `-0x1.8p3`.
fn hexadecimal(text: &str) -> Option<f64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"))?;
    let (digits, exponent) = match digits.split_once(['p', 'P']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // 24 digits are more than a float holds; of the others it matters only whether one is not zero.
    let (mut mantissa, mut place, mut seen) = (0u128, 0i32, false);
    for digit in whole.chars().chain(fraction.chars()) {
        let value = u128::from(digit.to_digit(16)?);
        seen = true;
        if mantissa >> 96 == 0 {
            mantissa = mantissa << 4 | value;
        } else {
            mantissa |= u128::from(value != 0);
            place += 4;
        }
    }
    let exponent = exponent.checked_add(place)?.checked_sub(4 * fraction.len() as i32)?;
    if !seen {
        return None;
    }
    let value = mantissa as f64 * 2f64.powi(exponent.clamp(-1_100, 1_100));
    Some(if negative { -value } else { value })
}

/// Whether the digits of a number are all zero, so that a zero result is exact.
fn is_zero(body: &str) -> bool {
    body.bytes()
        .take_while(|byte| !matches!(byte, b'e' | b'E'))
        .all(|byte| !matches!(byte, b'1'..=b'9'))
}

fn float_out_of_range(text: &str, type_name: &str) -> SqlError {
    SqlError::new(
        sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
        format!("\"{}\" is out of range for type {type_name}", trim(text)),
    )
}

pub fn parse_float8(text: &str) -> SqlResult<f64> {
    let name = "double precision";
    if let Some(value) = hexadecimal(trim(text)) {
        return Ok(value);
    }
    let body = match float_body(text, name)? {
        Ok(body) => body,
        Err(special) => return Ok(special),
    };
    let value: f64 = body.parse().map_err(|_| invalid_syntax(name, text))?;
    if value.is_infinite() || (value == 0.0 && !is_zero(body)) {
        return Err(float_out_of_range(text, name));
    }
    Ok(value)
}

pub fn parse_float4(text: &str) -> SqlResult<f32> {
    let name = "real";
    if let Some(value) = hexadecimal(trim(text)) {
        let single = value as f32;
        return if single.is_infinite() || (single == 0.0 && value != 0.0) {
            Err(float_out_of_range(text, name))
        } else {
            Ok(single)
        };
    }
    let body = match float_body(text, name)? {
        Ok(body) => body,
        Err(special) => return Ok(special as f32),
    };
    let value: f32 = body.parse().map_err(|_| invalid_syntax(name, text))?;
    if value.is_infinite() || (value == 0.0 && !is_zero(body)) {
        return Err(float_out_of_range(text, name));
    }
    Ok(value)
}

/// Both input formats: `\x` and pairs of hexadecimal digits, or text with escapes.
pub fn parse_bytea(text: &str) -> SqlResult<Vec<u8>> {
    let Some(digits) = text.strip_prefix("\\x") else {
        return parse_escaped(text);
    };
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut high = None;
    for character in digits.chars() {
        if high.is_none() && matches!(character, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let digit = character.to_digit(16).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("invalid hexadecimal digit: \"{character}\""),
            )
        })?;
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push((high << 4 | digit) as u8),
        }
    }
    if high.is_some() {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            "invalid hexadecimal data: odd number of digits",
        ));
    }
    Ok(bytes)
}

fn parse_escaped(text: &str) -> SqlResult<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        if byte != b'\\' {
            out.push(byte);
            index += 1;
            continue;
        }
        match bytes.get(index + 1..).unwrap_or_default() {
            [b'\\', ..] => {
                out.push(b'\\');
                index += 2;
            }
            [high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', ..] => {
                out.push((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'));
                index += 4;
            }
            _ => {
                return Err(SqlError::new(
                    sqlstate::INVALID_TEXT_REPRESENTATION,
                    "invalid input syntax for type bytea",
                ));
            }
        }
    }
    Ok(out)
}

pub fn write_bytea(bytes: &[u8], format: ByteaFormat, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    match format {
        ByteaFormat::Hex => {
            out.reserve(2 + bytes.len() * 2);
            out.push_str("\\x");
            for byte in bytes {
                out.push(DIGITS[usize::from(byte >> 4)].into());
                out.push(DIGITS[usize::from(byte & 15)].into());
            }
        }
        ByteaFormat::Escape => {
            for &byte in bytes {
                match byte {
                    b'\\' => out.push_str("\\\\"),
                    0x20..=0x7e => out.push(byte.into()),
                    _ => {
                        out.push('\\');
                        for shift in [6, 3, 0] {
                            out.push((b'0' + (byte >> shift & 7)).into());
                        }
                    }
                }
            }
        }
    }
}
