//! Keys whose byte order is the order of their values.
//!
//! A column is one tag byte and the value. The tag says null or value, so that nulls sort before or after everything; the
//! value's bytes are inverted if the column is descending. Every value ends by itself: fixed length or a terminator, so
//! columns follow each other without separators, and equal values (by the type's btree operator class) have equal bytes.
//!
//! | type | bytes after the tag |
//! |---|---|
//! | int2, int4, int8 | 8, big endian, sign flipped: all widths alike |
//! | float4, float8 | 8, order-preserving bits of the `f64`; −0 is 0, one NaN |
//! | numeric | class, weight (2), groups + 1 (2 each), 0 0; inverted if negative |
//! | text family, bytea | bytes with 00 as 00 FF, then 00 01; `char(n)` without trailing blanks |
//! | bool, "char" | 1 |
//! | oid, date | 4 · time, timestamp: 8 · timetz: instant (8), zone (4) · uuid: 16 |
//! | interval | its length by PostgreSQL's 30-day month, 16 |
//! | array, record | 01 value or 02 (null) for each, 00; then an array's shape |
//! | xid8, pg_lsn, macaddr | 8 · money: 8, sign flipped · enum: its position as a float |
//! | bit | bytes as of bytea, length (4) |
//! | inet | family, the network's bits in pairs, address |
//! | range | type of the values, 0 if empty, else 1 and the bounds |
//! | citext | the folded text, as text |
//! | vector | 01 and a float for each, 00 |
//! | multirange | type of the values, 01 range for each, 00 |
//! | a user's type | the kind of its values, then the value |
//! | jsonb | see `key_json` |
//!
//! What equal values differ in cannot be restored from a key ([`decodes_exactly`]): a numeric's scale, the split of an
//! interval into months and days, trailing blanks of `char(n)`, the sign of zero. Rows keep all of it.

use std::sync::Arc;

use types::bits::BitString;
use types::network::Inet;
use types::range::{Bound, Multirange, Range};
use types::{Array, ArrayDimension, Datum, Interval, Oid, builtin, datetime, oid};
use uuid::Uuid;

use crate::EncodingError;
use crate::key_json::{decode_json, encode_json};
use crate::key_number::{decode_float, decode_numeric, encode_float, encode_numeric};
use crate::kind::Kind;
use crate::reader::{take_array, take_byte, text};

/// Tag of a null that sorts before values.
pub const NULL_FIRST_TAG: u8 = 0x00;
/// Tag of every value.
pub const VALUE_TAG: u8 = 0x01;
/// Tag of a null that sorts after values.
pub const NULL_LAST_TAG: u8 = 0xff;

const MEMBERS_END: u8 = 0;
const MEMBER_VALUE: u8 = 1;
const MEMBER_NULL: u8 = 2;
/// Arrays and records may contain each other this deep.
const MAX_NESTING: usize = 64;

/// One column of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    pub type_oid: Oid,
    pub descending: bool,
    pub nulls_first: bool,
}

impl KeyColumn {
    /// `ASC NULLS LAST`.
    pub const fn ascending(type_oid: Oid) -> KeyColumn {
        KeyColumn { type_oid, descending: false, nulls_first: false }
    }

    /// `DESC NULLS FIRST`.
    pub const fn descending(type_oid: Oid) -> KeyColumn {
        KeyColumn { type_oid, descending: true, nulls_first: true }
    }
}

/// Whether a key gives back every value of the type as it was.
pub fn decodes_exactly(type_oid: Oid) -> bool {
    let element = builtin::element_of(type_oid).unwrap_or(type_oid);
    !matches!(
        element,
        oid::NUMERIC
            | oid::INTERVAL
            | oid::BPCHAR
            | oid::FLOAT4
            | oid::FLOAT8
            | oid::JSONB
            | oid::VECTOR
            | oid::CITEXT
            | oid::RECORD
            | oid::NUMRANGE
            | oid::NUMMULTIRANGE
    ) && Kind::of_type(element).is_some()
}

/// Appends the key of `values`, one for each column.
pub fn encode_key(
    values: &[Datum],
    columns: &[KeyColumn],
    out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    if values.len() != columns.len() {
        return Err(EncodingError::WrongType);
    }
    encode_key_prefix(values, columns, out)
}

/// Appends the key of the first columns only: all keys with these values start with it.
pub fn encode_key_prefix(
    values: &[Datum],
    columns: &[KeyColumn],
    out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    if values.len() > columns.len() {
        return Err(EncodingError::WrongType);
    }
    values.iter().zip(columns).try_for_each(|(value, column)| encode_column(value, column, out))
}

/// Appends one column's value.
pub fn encode_column(
    value: &Datum,
    column: &KeyColumn,
    out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    if value.is_null() {
        out.push(if column.nulls_first { NULL_FIRST_TAG } else { NULL_LAST_TAG });
        return Ok(());
    }
    let start = out.len();
    out.push(VALUE_TAG);
    if let Err(error) = encode_value(value, column.type_oid, out) {
        out.truncate(start);
        return Err(error);
    }
    if column.descending {
        out[start + 1..].iter_mut().for_each(|byte| *byte = !*byte);
    }
    Ok(())
}

/// The columns of a key, after the table and index prefix was cut off.
pub fn decode_key(mut bytes: &[u8], columns: &[KeyColumn]) -> Result<Vec<Datum>, EncodingError> {
    let values = columns
        .iter()
        .map(|column| decode_column(&mut bytes, column))
        .collect::<Result<Vec<Datum>, EncodingError>>()?;
    if bytes.is_empty() { Ok(values) } else { Err(EncodingError::Corrupt("end of a key")) }
}

/// Reads one column and moves `bytes` behind it.
pub fn decode_column(bytes: &mut &[u8], column: &KeyColumn) -> Result<Datum, EncodingError> {
    match take_byte(bytes)? {
        NULL_FIRST_TAG | NULL_LAST_TAG => return Ok(Datum::Null),
        VALUE_TAG => {}
        _ => return Err(EncodingError::Corrupt("tag of a key column")),
    }
    if !column.descending {
        return decode_value(bytes, column.type_oid, 0);
    }
    let inverted: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
    let mut rest = inverted.as_slice();
    let datum = decode_value(&mut rest, column.type_oid, 0)?;
    *bytes = &bytes[bytes.len() - rest.len()..];
    Ok(datum)
}

/// The first key after all that start with `prefix`; `None` if there is none.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            return Some(end);
        }
        end.pop();
    }
    None
}

fn flip32(value: i32) -> [u8; 4] {
    (value as u32 ^ 1 << 31).to_be_bytes()
}

fn flip64(value: i64) -> [u8; 8] {
    (value as u64 ^ 1 << 63).to_be_bytes()
}

fn unflip32(bytes: &mut &[u8]) -> Result<i32, EncodingError> {
    Ok((u32::from_be_bytes(take_array(bytes)?) ^ 1 << 31) as i32)
}

fn unflip64(bytes: &mut &[u8]) -> Result<i64, EncodingError> {
    Ok((u64::from_be_bytes(take_array(bytes)?) ^ 1 << 63) as i64)
}

/// Bytes with 00 as 00 FF, then 00 01: shorter sorts first, and what follows never matters.
pub(crate) fn put_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    for part in bytes.split_inclusive(|&byte| byte == 0) {
        out.extend_from_slice(part);
        if part.last() == Some(&0) {
            out.push(0xff);
        }
    }
    out.extend_from_slice(&[0, 1]);
}

pub(crate) fn take_escaped(bytes: &mut &[u8]) -> Result<Vec<u8>, EncodingError> {
    let mut value = Vec::new();
    loop {
        let zero = bytes.iter().position(|&byte| byte == 0).ok_or(EncodingError::Truncated)?;
        value.extend_from_slice(&bytes[..zero]);
        let next = *bytes.get(zero + 1).ok_or(EncodingError::Truncated)?;
        *bytes = &bytes[zero + 2..];
        match next {
            0xff => value.push(0),
            1 => return Ok(value),
            _ => return Err(EncodingError::Corrupt("escape in a key")),
        }
    }
}

fn encode_value(value: &Datum, type_oid: Oid, out: &mut Vec<u8>) -> Result<(), EncodingError> {
    let own = Kind::of(value);
    match Kind::of_type(type_oid) {
        Some(kind) => {
            if kind != own
                && !(kind.is_integer() && own.is_integer())
                && !(kind.is_float() && own.is_float())
            {
                return Err(EncodingError::WrongType);
            }
        }
        // Only the catalog knows types made by users, so their values say what they are; one type's values all say the
        // same, and the order stays.
        None => {
            out.push(own as u8);
            if let Datum::Array(array) = value {
                out.extend_from_slice(&array.element.to_be_bytes());
            }
        }
    }
    match value {
        Datum::Null => return Err(EncodingError::WrongType),
        Datum::Bool(value) => out.push((*value).into()),
        Datum::Int2(value) => out.extend_from_slice(&flip64((*value).into())),
        Datum::Int4(value) => out.extend_from_slice(&flip64((*value).into())),
        Datum::Int8(value)
        | Datum::Time(value)
        | Datum::Timestamp(value)
        | Datum::TimestampTz(value) => out.extend_from_slice(&flip64(*value)),
        Datum::Float4(value) => encode_float((*value).into(), out),
        Datum::Float8(value) => encode_float(*value, out),
        Datum::Numeric(value) => encode_numeric(value, out),
        Datum::Text(value) => {
            // `json`, `xml` have no order in SQL; where a key of them is made it is that of their text.
            let value: &str =
                if type_oid == oid::BPCHAR { value.trim_end_matches(' ') } else { value };
            put_escaped(value.as_bytes(), out);
        }
        Datum::Citext(value) => put_escaped(types::citext::fold(value).as_bytes(), out),
        Datum::Bytea(value) => put_escaped(value, out),
        Datum::Char(value) => out.push(*value),
        Datum::Oid(value) => out.extend_from_slice(&value.to_be_bytes()),
        Datum::Uuid(value) => out.extend_from_slice(value.as_bytes()),
        Datum::Date(value) => out.extend_from_slice(&flip32(*value)),
        Datum::TimeTz(time, west) => {
            let instant = time.saturating_add(i64::from(*west) * 1_000_000);
            out.extend_from_slice(&flip64(instant));
            out.extend_from_slice(&flip32(*west));
        }
        Datum::Interval(value) => {
            let span = datetime::interval_span(value) as u128 ^ 1 << 127;
            out.extend_from_slice(&span.to_be_bytes());
        }
        Datum::Jsonb(value) => encode_json(value, out),
        Datum::Array(array) => {
            for element in &array.elements {
                encode_member(element, array.element, out)?;
            }
            out.push(MEMBERS_END);
            out.push(array.dimensions.len() as u8);
            for dimension in &array.dimensions {
                out.extend_from_slice(&flip32(dimension.length));
            }
            for dimension in &array.dimensions {
                out.extend_from_slice(&flip32(dimension.lower));
            }
            out.extend_from_slice(&array.element.to_be_bytes());
        }
        Datum::Record(fields) => {
            for (field_type, field) in fields.iter() {
                out.push(if field.is_null() { MEMBER_NULL } else { MEMBER_VALUE });
                out.extend_from_slice(&field_type.to_be_bytes());
                if !field.is_null() {
                    encode_value(field, *field_type, out)?;
                }
            }
            out.push(MEMBERS_END);
        }
        Datum::Unsigned(value) => out.extend_from_slice(&value.to_be_bytes()),
        Datum::Money(value) => out.extend_from_slice(&flip64(*value)),
        Datum::Enum(value) => encode_float((*value).into(), out),
        Datum::Vector(values) => {
            for value in values.iter() {
                out.push(MEMBER_VALUE);
                encode_float((*value).into(), out);
            }
            out.push(MEMBERS_END);
        }
        Datum::Bits(value) => {
            put_escaped(value.bytes(), out);
            out.extend_from_slice(&(value.len() as u32).to_be_bytes());
        }
        Datum::Inet(value) => encode_inet(value, out),
        Datum::Range(range) => encode_range(range, out)?,
        Datum::Multirange(multirange) => {
            out.extend_from_slice(&multirange.element.to_be_bytes());
            for range in &multirange.ranges {
                out.push(MEMBER_VALUE);
                encode_range(range, out)?;
            }
            out.push(MEMBERS_END);
        }
    }
    Ok(())
}

fn encode_member(member: &Datum, type_oid: Oid, out: &mut Vec<u8>) -> Result<(), EncodingError> {
    if member.is_null() {
        out.push(MEMBER_NULL);
        return Ok(());
    }
    out.push(MEMBER_VALUE);
    encode_value(member, type_oid, out)
}

fn decode_value(bytes: &mut &[u8], type_oid: Oid, depth: usize) -> Result<Datum, EncodingError> {
    if depth > MAX_NESTING {
        return Err(EncodingError::Corrupt("nested too deep"));
    }
    let (kind, element) = match Kind::of_type(type_oid) {
        Some(kind) => (kind, array_element(type_oid)),
        None => {
            let kind = Kind::from_number(take_byte(bytes)?)
                .ok_or(EncodingError::Corrupt("kind of a key column"))?;
            let element = match kind {
                Kind::Array => Some(u32::from_be_bytes(take_array(bytes)?)),
                _ => None,
            };
            (kind, element)
        }
    };
    let narrow = |_| EncodingError::Corrupt("integer out of the column's range");
    Ok(match kind {
        Kind::Null => return Err(EncodingError::WrongType),
        Kind::Bool => Datum::Bool(take_byte(bytes)? != 0),
        Kind::Int2 => Datum::Int2(i16::try_from(unflip64(bytes)?).map_err(narrow)?),
        Kind::Int4 => Datum::Int4(i32::try_from(unflip64(bytes)?).map_err(narrow)?),
        Kind::Int8 => Datum::Int8(unflip64(bytes)?),
        Kind::Float4 => Datum::Float4(decode_float(bytes)? as f32),
        Kind::Float8 => Datum::Float8(decode_float(bytes)?),
        Kind::Numeric => Datum::Numeric(decode_numeric(bytes)?),
        Kind::Text => Datum::Text(text(&take_escaped(bytes)?)?.into()),
        Kind::Citext => Datum::Citext(text(&take_escaped(bytes)?)?.into()),
        Kind::Bytea => Datum::Bytea(take_escaped(bytes)?.into()),
        Kind::Char => Datum::Char(take_byte(bytes)?),
        Kind::Oid => Datum::Oid(u32::from_be_bytes(take_array(bytes)?)),
        Kind::Uuid => Datum::Uuid(Arc::new(Uuid::from_bytes(take_array(bytes)?))),
        Kind::Date => Datum::Date(unflip32(bytes)?),
        Kind::Time => Datum::Time(unflip64(bytes)?),
        Kind::Timestamp => Datum::Timestamp(unflip64(bytes)?),
        Kind::TimestampTz => Datum::TimestampTz(unflip64(bytes)?),
        Kind::TimeTz => {
            let (instant, west) = (unflip64(bytes)?, unflip32(bytes)?);
            Datum::TimeTz(instant.saturating_sub(i64::from(west) * 1_000_000), west)
        }
        Kind::Interval => {
            let span = (u128::from_be_bytes(take_array(bytes)?) ^ 1 << 127) as i128;
            Datum::Interval(Arc::new(interval_of_span(span)?))
        }
        Kind::Jsonb => Datum::Jsonb(Arc::new(decode_json(bytes)?)),
        Kind::Array => {
            let element = element.ok_or(EncodingError::Unsupported(type_oid))?;
            decode_array(bytes, element, depth)?
        }
        Kind::Record => decode_record(bytes, depth)?,
        Kind::Unsigned => Datum::Unsigned(u64::from_be_bytes(take_array(bytes)?)),
        Kind::Money => Datum::Money(unflip64(bytes)?),
        Kind::Enum => Datum::Enum(decode_float(bytes)? as f32),
        Kind::Vector => {
            let mut values = Vec::new();
            while take_byte(bytes)? == MEMBER_VALUE {
                values.push(decode_float(bytes)? as f32);
            }
            Datum::Vector(values.into())
        }
        Kind::Bits => {
            let value = take_escaped(bytes)?;
            let length = u32::from_be_bytes(take_array(bytes)?);
            let bits = BitString::from_bytes(length as usize, &value);
            Datum::Bits(Arc::new(bits.ok_or(EncodingError::Corrupt("length of a bit string"))?))
        }
        Kind::Inet => Datum::Inet(Arc::new(decode_inet(bytes)?)),
        Kind::Range => Datum::Range(Arc::new(decode_range(bytes, depth)?)),
        Kind::Multirange => {
            let element = u32::from_be_bytes(take_array(bytes)?);
            let mut ranges = Vec::new();
            loop {
                match take_byte(bytes)? {
                    MEMBERS_END => break,
                    MEMBER_VALUE => ranges.push(decode_range(bytes, depth)?),
                    _ => return Err(EncodingError::Corrupt("member of a multirange")),
                }
            }
            Datum::Multirange(Arc::new(Multirange { element, ranges }))
        }
    })
}

/// An interval of days and microseconds, and months only for what days cannot hold.
fn interval_of_span(span: i128) -> Result<Interval, EncodingError> {
    let day = i128::from(datetime::DAY_MICROSECONDS);
    let bounded = |count: i128| count.clamp(i32::MIN.into(), i32::MAX.into());
    let months = if i32::try_from(span / day).is_ok() { 0 } else { bounded(span / (30 * day)) };
    let rest = span - months * 30 * day;
    let days = bounded(rest / day);
    let microseconds = i64::try_from(rest - days * day)
        .map_err(|_| EncodingError::Corrupt("interval out of range"))?;
    Ok(Interval { months: months as i32, days: days as i32, microseconds })
}

fn array_element(type_oid: Oid) -> Option<Oid> {
    match type_oid {
        oid::INT2VECTOR => Some(oid::INT2),
        oid::OIDVECTOR => Some(oid::OID),
        _ => builtin::element_of(type_oid),
    }
}

fn decode_array(
    bytes: &mut &[u8],
    element_type: Oid,
    depth: usize,
) -> Result<Datum, EncodingError> {
    let mut elements = Vec::new();
    loop {
        match take_byte(bytes)? {
            MEMBERS_END => break,
            MEMBER_VALUE => elements.push(decode_value(bytes, element_type, depth + 1)?),
            MEMBER_NULL => elements.push(Datum::Null),
            _ => return Err(EncodingError::Corrupt("member of an array")),
        }
    }
    let count = usize::from(take_byte(bytes)?);
    let mut lengths = Vec::new();
    for _ in 0..count {
        lengths.push(unflip32(bytes)?);
    }
    let mut dimensions = Vec::new();
    for length in lengths {
        dimensions.push(ArrayDimension { length, lower: unflip32(bytes)? });
    }
    let product = dimensions.iter().fold(i64::from(count > 0), |product, dimension| {
        product.saturating_mul(dimension.length.max(0).into())
    });
    if product != elements.len() as i64 {
        return Err(EncodingError::Corrupt("dimensions of an array"));
    }
    let element = u32::from_be_bytes(take_array(bytes)?);
    Ok(Datum::Array(Arc::new(Array { element, dimensions, elements })))
}

/// Family; the bits of the network as 01 and 10, 00 behind the last; the whole address.
fn encode_inet(value: &Inet, out: &mut Vec<u8>) {
    out.push(value.is_v6.into());
    let mut pairs = vec![0u8; usize::from(value.bits) / 4 + 1];
    for position in 0..value.bits {
        let pair = if value.bit(position) { 2 } else { 1 };
        pairs[usize::from(position / 4)] |= pair << (6 - 2 * (position % 4));
    }
    out.extend_from_slice(&pairs);
    out.extend_from_slice(value.bytes());
}

fn decode_inet(bytes: &mut &[u8]) -> Result<Inet, EncodingError> {
    let mut inet = Inet { address: [0; 16], is_v6: take_byte(bytes)? != 0, bits: 0 };
    'network: loop {
        let pairs = take_byte(bytes)?;
        for shift in [6, 4, 2, 0] {
            match pairs >> shift & 3 {
                0 => break 'network,
                _ if inet.bits == inet.max_bits() => {
                    return Err(EncodingError::Corrupt("network address"));
                }
                _ => inet.bits += 1,
            }
        }
    }
    for byte in 0..inet.bytes().len() {
        inet.address[byte] = take_byte(bytes)?;
    }
    Ok(inet)
}

/// The type of the values; 0 for the empty range, 1 for others. A lower bound is 0 (infinite) or 1, the value, and 1 if
/// the value itself is out; an upper bound is 1, the value, and 1 if the value is in, or 2 (infinite).
fn encode_range(range: &Range, out: &mut Vec<u8>) -> Result<(), EncodingError> {
    out.extend_from_slice(&range.element.to_be_bytes());
    if range.is_empty {
        out.push(0);
        return Ok(());
    }
    out.push(1);
    match &range.lower.value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            encode_value(value, range.element, out)?;
            out.push((!range.lower.inclusive).into());
        }
    }
    match &range.upper.value {
        None => out.push(2),
        Some(value) => {
            out.push(1);
            encode_value(value, range.element, out)?;
            out.push(range.upper.inclusive.into());
        }
    }
    Ok(())
}

fn decode_range(bytes: &mut &[u8], depth: usize) -> Result<Range, EncodingError> {
    let element = u32::from_be_bytes(take_array(bytes)?);
    if take_byte(bytes)? == 0 {
        return Ok(Range::empty(element));
    }
    let mut bound = |inclusive: u8| -> Result<Bound, EncodingError> {
        if take_byte(bytes)? != 1 {
            return Ok(Bound::default());
        }
        let value = Some(decode_value(bytes, element, depth + 1)?);
        Ok(Bound { value, inclusive: take_byte(bytes)? == inclusive })
    };
    let (lower, upper) = (bound(0)?, bound(1)?);
    Ok(Range { element, is_empty: false, lower, upper })
}

fn decode_record(bytes: &mut &[u8], depth: usize) -> Result<Datum, EncodingError> {
    let mut fields = Vec::new();
    loop {
        let marker = take_byte(bytes)?;
        if marker == MEMBERS_END {
            return Ok(Datum::Record(fields.into()));
        }
        let field_type = u32::from_be_bytes(take_array(bytes)?);
        fields.push(match marker {
            MEMBER_VALUE => (field_type, decode_value(bytes, field_type, depth + 1)?),
            MEMBER_NULL => (field_type, Datum::Null),
            _ => return Err(EncodingError::Corrupt("member of a record")),
        });
    }
}
