//! A self-describing form of any datum, for spill files and descriptors: a byte that says which kind, and the value, with its
//! length before it if that varies.

use types::Datum;

use crate::EncodingError;
use crate::kind::Kind;
use crate::reader::{put_varint, take, take_byte, take_length};
use crate::value::{read_value, write_value};

/// Arrays and records may contain each other this deep.
const MAX_NESTING: usize = 64;

/// The length of values of a kind, if it never varies.
fn fixed_length(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Null => Some(0),
        Kind::Bool | Kind::Char => Some(1),
        Kind::Int2 => Some(2),
        Kind::Int4 | Kind::Float4 | Kind::Oid | Kind::Date | Kind::Enum => Some(4),
        Kind::Int8
        | Kind::Float8
        | Kind::Time
        | Kind::Timestamp
        | Kind::TimestampTz
        | Kind::Unsigned
        | Kind::Money => Some(8),
        Kind::TimeTz => Some(12),
        Kind::Uuid | Kind::Interval => Some(16),
        Kind::Numeric
        | Kind::Text
        | Kind::Bytea
        | Kind::Jsonb
        | Kind::Array
        | Kind::Record
        | Kind::Bits
        | Kind::Inet
        | Kind::Range
        | Kind::Multirange
        | Kind::Vector
        | Kind::Citext => None,
    }
}

/// Appends the datum.
pub fn write_datum(datum: &Datum, out: &mut Vec<u8>) {
    let kind = Kind::of(datum);
    out.push(kind as u8);
    if fixed_length(kind).is_some() {
        write_value(datum, out);
        return;
    }
    match datum {
        Datum::Text(text) => {
            put_varint(text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        _ => {
            let mut bytes = Vec::new();
            write_value(datum, &mut bytes);
            put_varint(bytes.len() as u64, out);
            out.extend_from_slice(&bytes);
        }
    }
}

/// Reads one datum and moves `bytes` behind it.
pub fn read_datum(bytes: &mut &[u8]) -> Result<Datum, EncodingError> {
    read_nested(bytes, 0)
}

pub(crate) fn read_nested(bytes: &mut &[u8], depth: usize) -> Result<Datum, EncodingError> {
    if depth > MAX_NESTING {
        return Err(EncodingError::Corrupt("nested too deep"));
    }
    let kind = Kind::from_number(take_byte(bytes)?).ok_or(EncodingError::Corrupt("kind"))?;
    let length = match fixed_length(kind) {
        Some(length) => length,
        None => take_length(bytes)?,
    };
    read_value(kind, take(bytes, length)?, depth)
}
