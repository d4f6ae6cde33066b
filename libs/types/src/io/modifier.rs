//! Fitting values to type modifiers.

use std::sync::Arc;

use crate::builtin::element_of;
use crate::datetime::{apply_interval_modifier, round_to_modifier};
use crate::error::{SqlError, SqlResult};
use crate::oid::{self, Oid};
use crate::{Array, Datum, sqlstate};

/// Bytes of a `name`.
pub(super) const NAME_BYTES: usize = 63;
/// Longest `char(n)`, in characters.
const MAX_CHARACTERS: usize = 10_485_760;
/// Blanks that the elements of one array may be padded with, in bytes.
const MAX_ARRAY_BYTES: usize = (1 << 30) - 1;

/// Fits a value to a modifier: `varchar(n)`, `char(n)`, `numeric(p,s)`, `timestamp(n)`, `interval`, and arrays of them. An
/// explicit cast cuts strings silently; an assignment gives 22001.
pub fn apply_modifier(
    type_oid: Oid,
    datum: Datum,
    modifier: i32,
    explicit: bool,
) -> SqlResult<Datum> {
    if modifier < 0 || datum.is_null() {
        return Ok(datum);
    }
    Ok(match (type_oid, datum) {
        (oid::VARCHAR, Datum::Text(text)) => {
            match fit_text(&text, modifier, explicit, "character varying")? {
                Some(fitted) => Datum::Text(fitted),
                None => Datum::Text(text),
            }
        }
        (oid::BPCHAR, Datum::Text(text)) => Datum::Text(pad_text(text, modifier, explicit)?),
        (oid::NUMERIC, Datum::Numeric(value)) => Datum::Numeric(value.apply_modifier(modifier)?),
        (oid::TIME, Datum::Time(value)) => Datum::Time(round_to_modifier(value, modifier)),
        (oid::TIMETZ, Datum::TimeTz(value, west)) => {
            Datum::TimeTz(round_to_modifier(value, modifier), west)
        }
        (oid::TIMESTAMP, Datum::Timestamp(value)) => {
            Datum::Timestamp(round_to_modifier(value, modifier))
        }
        (oid::TIMESTAMPTZ, Datum::TimestampTz(value)) => {
            Datum::TimestampTz(round_to_modifier(value, modifier))
        }
        (oid::INTERVAL, Datum::Interval(value)) => {
            Datum::Interval(Arc::new(apply_interval_modifier(&value, modifier)?))
        }
        (oid::BIT, Datum::Bits(bits)) if bits.len() != modifier as usize => {
            if !explicit {
                return Err(SqlError::new(
                    sqlstate::STRING_DATA_LENGTH_MISMATCH,
                    format!("bit string length {} does not match type bit({modifier})", bits.len()),
                ));
            }
            Datum::Bits(Arc::new(bits.resized(modifier as usize)?))
        }
        (oid::VARBIT, Datum::Bits(bits)) if bits.len() > modifier as usize => {
            if !explicit {
                return Err(SqlError::new(
                    sqlstate::STRING_DATA_RIGHT_TRUNCATION,
                    format!("bit string too long for type bit varying({modifier})"),
                ));
            }
            Datum::Bits(Arc::new(bits.resized(modifier as usize)?))
        }
        (oid::VECTOR, Datum::Vector(values)) => {
            crate::vector::check_modifier(&values, modifier)?;
            Datum::Vector(values)
        }
        (_, Datum::Array(array)) => {
            let Some(element_type) = element_of(type_oid) else {
                return Ok(Datum::Array(array));
            };
            let length = (modifier - 4).max(0) as usize;
            if element_type == oid::BPCHAR
                && array.elements.len().saturating_mul(length) > MAX_ARRAY_BYTES
            {
                return Err(SqlError::new(
                    sqlstate::PROGRAM_LIMIT_EXCEEDED,
                    format!("array size exceeds the maximum allowed ({MAX_ARRAY_BYTES})"),
                ));
            }
            let elements = array
                .elements
                .iter()
                .map(|element| apply_modifier(element_type, element.clone(), modifier, explicit))
                .collect::<SqlResult<Vec<Datum>>>()?;
            let (element, dimensions) = (array.element, array.dimensions.clone());
            Datum::Array(Arc::new(Array { element, dimensions, elements }))
        }
        (_, datum) => datum,
    })
}

/// The byte position behind `count` characters; `None` if the text is not longer.
fn position_after(text: &str, count: usize) -> Option<usize> {
    if text.len() <= count {
        return None;
    }
    text.char_indices().nth(count).map(|(position, _)| position)
}

/// The shortened text; `None` if it fits as it is. Trailing blanks never count as an error.
fn fit_text(text: &str, modifier: i32, explicit: bool, name: &str) -> SqlResult<Option<Arc<str>>> {
    let length = (modifier - 4).max(0);
    let Some(end) = position_after(text, length as usize) else {
        return Ok(None);
    };
    if !explicit && text[end..].bytes().any(|byte| byte != b' ') {
        return Err(SqlError::new(
            sqlstate::STRING_DATA_RIGHT_TRUNCATION,
            format!("value too long for type {name}({length})"),
        ));
    }
    Ok(Some(text[..end].into()))
}

fn pad_text(text: Arc<str>, modifier: i32, explicit: bool) -> SqlResult<Arc<str>> {
    if let Some(fitted) = fit_text(&text, modifier, explicit, "character")? {
        return Ok(fitted);
    }
    let length = (modifier - 4).max(0) as usize;
    if length > MAX_CHARACTERS {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("length for type char cannot exceed {MAX_CHARACTERS}"),
        ));
    }
    let missing = length - text.chars().count().min(length);
    if missing == 0 {
        return Ok(text);
    }
    let mut padded = String::with_capacity(text.len() + missing);
    padded.push_str(&text);
    padded.extend(std::iter::repeat_n(' ', missing));
    Ok(padded.into())
}
