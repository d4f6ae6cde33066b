//! The bytes of one value whose kind is known. Compact and little-endian; not ordered.

use std::sync::Arc;

use types::bits::BitString;
use types::json::{self, Json};
use types::network::Inet;
use types::numeric::Numeric;
use types::range::{Bound, Multirange, Range};
use types::{Array, ArrayDimension, Datum, Interval};
use uuid::Uuid;

use crate::EncodingError;
use crate::kind::Kind;
use crate::reader::{put_varint, take, take_array, take_byte, take_length, take_varint, text};
use crate::spill::{read_nested, write_datum};

/// First byte of a number that fits 128 bits, and of one in PostgreSQL's binary form.
const SMALL_NUMBER: u8 = 0;
const LARGE_NUMBER: u8 = 1;

pub(crate) fn write_value(datum: &Datum, out: &mut Vec<u8>) {
    match datum {
        Datum::Null => {}
        Datum::Bool(value) => out.push((*value).into()),
        Datum::Int2(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Int4(value) | Datum::Date(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Int8(value)
        | Datum::Time(value)
        | Datum::Timestamp(value)
        | Datum::TimestampTz(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Float4(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Float8(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Numeric(value) => write_numeric(value, out),
        Datum::Text(value) | Datum::Citext(value) => out.extend_from_slice(value.as_bytes()),
        Datum::Bytea(value) => out.extend_from_slice(value),
        Datum::Char(value) => out.push(*value),
        Datum::Oid(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Uuid(value) => out.extend_from_slice(value.as_bytes()),
        Datum::TimeTz(value, west) => {
            out.extend_from_slice(&value.to_le_bytes());
            out.extend_from_slice(&west.to_le_bytes());
        }
        Datum::Interval(value) => {
            out.extend_from_slice(&value.microseconds.to_le_bytes());
            out.extend_from_slice(&value.days.to_le_bytes());
            out.extend_from_slice(&value.months.to_le_bytes());
        }
        Datum::Jsonb(value) => write_json(value, out),
        Datum::Array(array) => {
            out.extend_from_slice(&array.element.to_le_bytes());
            put_varint(array.dimensions.len() as u64, out);
            for dimension in &array.dimensions {
                out.extend_from_slice(&dimension.length.to_le_bytes());
                out.extend_from_slice(&dimension.lower.to_le_bytes());
            }
            put_varint(array.elements.len() as u64, out);
            array.elements.iter().for_each(|element| write_datum(element, out));
        }
        Datum::Record(fields) => {
            put_varint(fields.len() as u64, out);
            for (type_oid, field) in fields.iter() {
                out.extend_from_slice(&type_oid.to_le_bytes());
                write_datum(field, out);
            }
        }
        Datum::Unsigned(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Money(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Enum(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Vector(values) => {
            values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
        }
        Datum::Bits(value) => {
            put_varint(value.len() as u64, out);
            out.extend_from_slice(value.bytes());
        }
        Datum::Inet(value) => {
            out.push(value.bits);
            out.extend_from_slice(value.bytes());
        }
        Datum::Range(value) => write_range(value, out),
        Datum::Multirange(value) => {
            out.extend_from_slice(&value.element.to_le_bytes());
            put_varint(value.ranges.len() as u64, out);
            value.ranges.iter().for_each(|range| write_range(range, out));
        }
    }
}

fn write_numeric(value: &Numeric, out: &mut Vec<u8>) {
    let Some((mantissa, scale)) = value.as_parts() else {
        out.push(LARGE_NUMBER);
        value.to_wire(out);
        return;
    };
    out.push(SMALL_NUMBER);
    put_varint(scale.into(), out);
    let bytes = mantissa.to_le_bytes();
    // Bytes that only repeat the sign are left out; the sign bit of the last one kept must say the same.
    let sign = if mantissa < 0 { 0xff } else { 0 };
    let mut kept = bytes.len();
    while kept > 0 && bytes[kept - 1] == sign {
        let below = if kept > 1 { bytes[kept - 2] } else { 0 };
        if below & 0x80 != sign & 0x80 {
            break;
        }
        kept -= 1;
    }
    out.extend_from_slice(&bytes[..kept]);
}

fn read_numeric(mut bytes: &[u8]) -> Result<Numeric, EncodingError> {
    match take_byte(&mut bytes)? {
        SMALL_NUMBER => {
            let scale = u16::try_from(take_varint(&mut bytes)?)
                .ok()
                .filter(|&scale| i32::from(scale) <= types::numeric::MAX_SCALE)
                .ok_or(EncodingError::Corrupt("scale of a number"))?;
            let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
            if bytes.len() <= 8 {
                let mut mantissa = if negative { [0xff; 8] } else { [0; 8] };
                mantissa[..bytes.len()].copy_from_slice(bytes);
                return Ok(Numeric::from_short(i64::from_le_bytes(mantissa), scale));
            }
            let mut mantissa = if negative { [0xff; 16] } else { [0; 16] };
            let slots = mantissa
                .get_mut(..bytes.len())
                .ok_or(EncodingError::Corrupt("mantissa of a number"))?;
            slots.copy_from_slice(bytes);
            Ok(Numeric::from_parts(i128::from_le_bytes(mantissa), scale))
        }
        LARGE_NUMBER => {
            Numeric::from_wire(bytes).map_err(|_| EncodingError::Corrupt("digits of a number"))
        }
        _ => Err(EncodingError::Corrupt("form of a number")),
    }
}

pub(crate) fn write_json(value: &Json, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.push(0),
        Json::Bool(value) => out.push(1 + u8::from(*value)),
        Json::Number(value) => {
            out.push(3);
            let mut bytes = Vec::new();
            write_numeric(value, &mut bytes);
            put_varint(bytes.len() as u64, out);
            out.extend_from_slice(&bytes);
        }
        Json::String(value) => {
            out.push(4);
            write_text(value, out);
        }
        Json::Array(elements) => {
            out.push(5);
            put_varint(elements.len() as u64, out);
            elements.iter().for_each(|element| write_json(element, out));
        }
        Json::Object(pairs) => {
            out.push(6);
            put_varint(pairs.len() as u64, out);
            for (key, value) in pairs {
                write_text(key, out);
                write_json(value, out);
            }
        }
    }
}

fn write_text(value: &str, out: &mut Vec<u8>) {
    put_varint(value.len() as u64, out);
    out.extend_from_slice(value.as_bytes());
}

fn read_text(bytes: &mut &[u8]) -> Result<String, EncodingError> {
    let length = take_length(bytes)?;
    text(take(bytes, length)?).map(str::to_owned)
}

fn read_json(bytes: &mut &[u8], depth: usize) -> Result<Json, EncodingError> {
    if depth > json::MAX_DEPTH {
        return Err(EncodingError::Corrupt("nested too deep"));
    }
    Ok(match take_byte(bytes)? {
        0 => Json::Null,
        1 => Json::Bool(false),
        2 => Json::Bool(true),
        3 => {
            let length = take_length(bytes)?;
            Json::Number(read_numeric(take(bytes, length)?)?)
        }
        4 => Json::String(read_text(bytes)?),
        5 => {
            let count = take_length(bytes)?;
            let mut elements = Vec::new();
            for _ in 0..count {
                elements.push(read_json(bytes, depth + 1)?);
            }
            Json::Array(elements)
        }
        6 => {
            let count = take_length(bytes)?;
            let mut pairs = Vec::new();
            for _ in 0..count {
                let key = read_text(bytes)?;
                pairs.push((key, read_json(bytes, depth + 1)?));
            }
            // Sorted as written; sorting again makes it true of hostile bytes too.
            Json::object(pairs)
        }
        _ => return Err(EncodingError::Corrupt("kind of a JSON value")),
    })
}

/// Reads a value that is all of `bytes`.
pub(crate) fn read_value(
    kind: Kind,
    mut bytes: &[u8],
    depth: usize,
) -> Result<Datum, EncodingError> {
    let input = &mut bytes;
    let datum = match kind {
        Kind::Null => Datum::Null,
        Kind::Bool => Datum::Bool(take_byte(input)? != 0),
        Kind::Int2 => Datum::Int2(i16::from_le_bytes(take_array(input)?)),
        Kind::Int4 => Datum::Int4(i32::from_le_bytes(take_array(input)?)),
        Kind::Int8 => Datum::Int8(i64::from_le_bytes(take_array(input)?)),
        Kind::Float4 => Datum::Float4(f32::from_le_bytes(take_array(input)?)),
        Kind::Float8 => Datum::Float8(f64::from_le_bytes(take_array(input)?)),
        Kind::Numeric => return Ok(Datum::Numeric(read_numeric(bytes)?)),
        Kind::Text => return Ok(Datum::Text(text(bytes)?.into())),
        Kind::Citext => return Ok(Datum::Citext(text(bytes)?.into())),
        Kind::Bytea => return Ok(Datum::Bytea(bytes.into())),
        Kind::Char => Datum::Char(take_byte(input)?),
        Kind::Oid => Datum::Oid(u32::from_le_bytes(take_array(input)?)),
        Kind::Uuid => Datum::Uuid(Arc::new(Uuid::from_bytes(take_array(input)?))),
        Kind::Date => Datum::Date(i32::from_le_bytes(take_array(input)?)),
        Kind::Time => Datum::Time(i64::from_le_bytes(take_array(input)?)),
        Kind::TimeTz => Datum::TimeTz(
            i64::from_le_bytes(take_array(input)?),
            i32::from_le_bytes(take_array(input)?),
        ),
        Kind::Timestamp => Datum::Timestamp(i64::from_le_bytes(take_array(input)?)),
        Kind::TimestampTz => Datum::TimestampTz(i64::from_le_bytes(take_array(input)?)),
        Kind::Interval => {
            let microseconds = i64::from_le_bytes(take_array(input)?);
            let days = i32::from_le_bytes(take_array(input)?);
            let months = i32::from_le_bytes(take_array(input)?);
            Datum::Interval(Arc::new(Interval { months, days, microseconds }))
        }
        Kind::Jsonb => Datum::Jsonb(Arc::new(read_json(input, 0)?)),
        Kind::Array => read_array(input, depth)?,
        Kind::Record => {
            let count = take_length(input)?;
            let mut fields = Vec::new();
            for _ in 0..count {
                let type_oid = u32::from_le_bytes(take_array(input)?);
                fields.push((type_oid, read_nested(input, depth + 1)?));
            }
            Datum::Record(fields.into())
        }
        Kind::Unsigned => Datum::Unsigned(u64::from_le_bytes(take_array(input)?)),
        Kind::Money => Datum::Money(i64::from_le_bytes(take_array(input)?)),
        Kind::Enum => Datum::Enum(f32::from_le_bytes(take_array(input)?)),
        Kind::Vector => {
            let (numbers, rest) = std::mem::take(input).as_chunks::<4>();
            if numbers.is_empty() || !rest.is_empty() {
                return Err(EncodingError::Corrupt("length of a vector"));
            }
            Datum::Vector(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
        }
        Kind::Bits => {
            let length = usize::try_from(take_varint(input)?)
                .map_err(|_| EncodingError::Corrupt("length of a bit string"))?;
            let bits = BitString::from_bytes(length, std::mem::take(input));
            let wrong = EncodingError::Corrupt("length of a bit string");
            Datum::Bits(Arc::new(bits.ok_or(wrong)?))
        }
        Kind::Inet => Datum::Inet(Arc::new(read_inet(input)?)),
        Kind::Range => Datum::Range(Arc::new(read_range(input, depth)?)),
        Kind::Multirange => {
            let element = u32::from_le_bytes(take_array(input)?);
            let count = take_length(input)?;
            let mut ranges = Vec::new();
            for _ in 0..count {
                ranges.push(read_range(input, depth)?);
            }
            Datum::Multirange(Arc::new(Multirange { element, ranges }))
        }
    };
    if bytes.is_empty() { Ok(datum) } else { Err(EncodingError::Corrupt("length of a value")) }
}

fn write_range(range: &Range, out: &mut Vec<u8>) {
    out.extend_from_slice(&range.element.to_le_bytes());
    let flag = |condition: bool, bit: u8| u8::from(condition) << bit;
    out.push(
        flag(range.is_empty, 0) | flag(range.lower.inclusive, 1) | flag(range.upper.inclusive, 2),
    );
    for bound in [&range.lower, &range.upper] {
        write_datum(bound.value.as_ref().unwrap_or(&Datum::Null), out);
    }
}

fn read_range(input: &mut &[u8], depth: usize) -> Result<Range, EncodingError> {
    let element = u32::from_le_bytes(take_array(input)?);
    let flags = take_byte(input)?;
    let mut bound = |bit: u8| -> Result<Bound, EncodingError> {
        let value = read_nested(input, depth + 1)?;
        let value = if value.is_null() { None } else { Some(value) };
        Ok(Bound { value, inclusive: flags >> bit & 1 == 1 })
    };
    let (lower, upper) = (bound(1)?, bound(2)?);
    Ok(Range { element, is_empty: flags & 1 == 1, lower, upper })
}

/// The length of the prefix, then 4 or 16 bytes.
fn read_inet(input: &mut &[u8]) -> Result<Inet, EncodingError> {
    let bits = take_byte(input)?;
    let bytes = std::mem::take(input);
    let mut inet = Inet { address: [0; 16], is_v6: bytes.len() == 16, bits };
    if bytes.len() != inet.bytes().len() || bits > inet.max_bits() {
        return Err(EncodingError::Corrupt("network address"));
    }
    inet.address[..bytes.len()].copy_from_slice(bytes);
    Ok(inet)
}

fn read_array(input: &mut &[u8], depth: usize) -> Result<Datum, EncodingError> {
    let element = u32::from_le_bytes(take_array(input)?);
    let count = take_length(input)?;
    let mut dimensions = Vec::new();
    let mut product: i64 = i64::from(count > 0);
    for _ in 0..count {
        let length = i32::from_le_bytes(take_array(input)?);
        let lower = i32::from_le_bytes(take_array(input)?);
        product = product.saturating_mul(length.max(0).into());
        dimensions.push(ArrayDimension { length, lower });
    }
    let count = take_length(input)?;
    if product != count as i64 {
        return Err(EncodingError::Corrupt("dimensions of an array"));
    }
    let mut elements = Vec::new();
    for _ in 0..count {
        elements.push(read_nested(input, depth + 1)?);
    }
    Ok(Datum::Array(Arc::new(Array { element, dimensions, elements })))
}
