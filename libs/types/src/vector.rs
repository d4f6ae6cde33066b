//! `vector`: numbers of single precision in a fixed order, as the extension pgvector has them.

use std::cmp::Ordering;

use crate::error::{SqlError, SqlResult};
use crate::io::write_float4;
use crate::sqlstate;

/// The most numbers of one vector.
pub const MAXIMUM_DIMENSIONS: usize = 16_000;

/// 22000 with this message, as all complaints about the contents of vectors.
pub fn data_error(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::DATA_EXCEPTION, message.into())
}

/// Refuses too few and too many numbers, infinities and NaN.
pub fn checked(values: Vec<f32>) -> SqlResult<Vec<f32>> {
    check_dimensions(values.len())?;
    if values.iter().any(|value| value.is_nan()) {
        return Err(data_error("NaN not allowed in vector"));
    }
    if values.iter().any(|value| value.is_infinite()) {
        return Err(data_error("infinite value not allowed in vector"));
    }
    Ok(values)
}

pub fn check_dimensions(count: usize) -> SqlResult<()> {
    if count == 0 {
        return Err(data_error("vector must have at least 1 dimension"));
    }
    if count > MAXIMUM_DIMENSIONS {
        return Err(SqlError::new(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            format!("vector cannot have more than {MAXIMUM_DIMENSIONS} dimensions"),
        ));
    }
    Ok(())
}

/// Whether a vector has as many numbers as its column says.
pub fn check_modifier(values: &[f32], modifier: i32) -> SqlResult<()> {
    if usize::try_from(modifier).is_ok_and(|wanted| wanted != values.len()) {
        return Err(data_error(format!("expected {modifier} dimensions, not {}", values.len())));
    }
    Ok(())
}

/// The modifier of `vector(n)`, or why there is no such type.
pub fn modifier(dimensions: i32) -> Result<i32, String> {
    if dimensions < 1 {
        return Err("dimensions for type vector must be at least 1".to_owned());
    }
    if dimensions as usize > MAXIMUM_DIMENSIONS {
        return Err(format!("dimensions for type vector cannot exceed {MAXIMUM_DIMENSIONS}"));
    }
    Ok(dimensions)
}

/// `[1,2.5,-3]`.
pub fn parse(text: &str) -> SqlResult<Vec<f32>> {
    let invalid = || {
        SqlError::new(
            sqlstate::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type vector: \"{text}\""),
        )
    };
    let blank = |character: char| matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
    let Some(rest) = text.trim_start_matches(blank).strip_prefix('[') else {
        return Err(invalid().detail("Vector contents must start with \"[\"."));
    };
    let (inner, behind) = rest.split_once(']').ok_or_else(invalid)?;
    if !behind.trim_matches(blank).is_empty() {
        return Err(invalid().detail("Junk after closing right brace."));
    }
    if inner.trim_matches(blank).is_empty() {
        return Err(data_error("vector must have at least 1 dimension"));
    }
    let mut values = Vec::new();
    for word in inner.split(',') {
        if values.len() == MAXIMUM_DIMENSIONS {
            check_dimensions(MAXIMUM_DIMENSIONS + 1)?;
        }
        let word = word.trim_matches(blank);
        let value: f32 = word.parse().map_err(|_| invalid())?;
        if value.is_infinite() && word.contains(|character: char| character.is_ascii_digit()) {
            return Err(SqlError::new(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("\"{word}\" is out of range for type vector"),
            ));
        }
        values.push(value);
    }
    checked(values)
}

pub fn write(values: &[f32], out: &mut String) {
    out.push('[');
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_float4(*value, 1, out);
    }
    out.push(']');
}

/// Number by number, then the shorter first.
pub fn compare(left: &[f32], right: &[f32]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|(left, right)| left.partial_cmp(right).unwrap_or(Ordering::Equal))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_and_refused_as_pgvector_does() {
        let shown = |text: &str| match parse(text) {
            Ok(values) => {
                let mut out = String::new();
                write(&values, &mut out);
                out
            }
            Err(error) => format!("{}: {}", error.sqlstate(), error.fields().message),
        };
        for (text, expected) in [
            ("[1,2.5,-3]", "[1,2.5,-3]"),
            (" [ 1 , 1e10 ,0.1 ] ", "[1,1e+10,0.1]"),
            ("[]", "22000: vector must have at least 1 dimension"),
            ("1,2", "22P02: invalid input syntax for type vector: \"1,2\""),
            ("[1,,2]", "22P02: invalid input syntax for type vector: \"[1,,2]\""),
            ("[1,2", "22P02: invalid input syntax for type vector: \"[1,2\""),
            ("[1]x", "22P02: invalid input syntax for type vector: \"[1]x\""),
            ("[1,NaN]", "22000: NaN not allowed in vector"),
            ("[inf]", "22000: infinite value not allowed in vector"),
            ("[1e400]", "22003: \"1e400\" is out of range for type vector"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let many = format!("[{}]", vec!["1"; MAXIMUM_DIMENSIONS + 1].join(","));
        assert_eq!(shown(&many), "54000: vector cannot have more than 16000 dimensions");
    }
}
