//! The binary form of every type, as drivers send and receive it.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use uuid::Uuid;

use super::array::{MAX_DIMENSIONS, too_many_dimensions};
use super::{apply_modifier, output, unsupported};
use crate::bits::BitString;
use crate::builtin::{element_of, multirange_of, range_of, type_name};
use crate::error::{SqlError, SqlResult};
use crate::formats::Formats;
use crate::json::{self, Json};
use crate::network::Inet;
use crate::numeric::Numeric;
use crate::oid::{self, Oid};
use crate::range::{Bound, Multirange, Range};
use crate::{Array, ArrayDimension, Datum, Interval, datetime, sqlstate, vector};

/// Version byte of `jsonb`'s binary form.
const JSONB_VERSION: u8 = 1;
/// Version byte of `jsonpath`'s binary form.
const JSONPATH_VERSION: u8 = 1;
/// Families in the binary form of `inet`.
const FAMILY_V4: u8 = 2;
const FAMILY_V6: u8 = 3;
/// Flags of a range's binary form.
const RANGE_EMPTY: u8 = 1;
const LOWER_INCLUSIVE: u8 = 2;
const UPPER_INCLUSIVE: u8 = 4;
const LOWER_INFINITE: u8 = 8;
const UPPER_INFINITE: u8 = 16;
/// Arrays and records may contain each other this deep.
const MAX_NESTING: usize = 32;

fn too_short() -> SqlError {
    SqlError::new(sqlstate::PROTOCOL_VIOLATION, "insufficient data left in message")
}

fn malformed(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::INVALID_BINARY_REPRESENTATION, message)
}

fn wrong_format() -> SqlError {
    malformed("incorrect binary data format")
}

/// Appends the binary form, without its length. Null is the caller's to write.
pub fn send(type_oid: Oid, datum: &Datum, formats: &Formats, out: &mut BytesMut) -> SqlResult<()> {
    match datum {
        Datum::Null => {}
        Datum::Bool(value) => out.put_u8((*value).into()),
        Datum::Int2(value) => out.put_i16(*value),
        Datum::Int4(value) => out.put_i32(*value),
        Datum::Int8(value) => out.put_i64(*value),
        Datum::Float4(value) => out.put_f32(*value),
        Datum::Float8(value) => out.put_f64(*value),
        Datum::Numeric(value) => {
            let mut bytes = Vec::new();
            value.to_wire(&mut bytes);
            out.put_slice(&bytes);
        }
        Datum::Text(value) => {
            if type_oid == oid::JSONPATH {
                out.put_u8(JSONPATH_VERSION);
            }
            out.put_slice(value.as_bytes());
        }
        Datum::Citext(value) => out.put_slice(value.as_bytes()),
        Datum::Bytea(value) => out.put_slice(value),
        Datum::Char(value) => out.put_u8(*value),
        Datum::Oid(value) => out.put_u32(*value),
        Datum::Uuid(value) => out.put_slice(value.as_bytes()),
        Datum::Date(value) => out.put_i32(*value),
        Datum::Time(value) | Datum::Timestamp(value) | Datum::TimestampTz(value) => {
            out.put_i64(*value);
        }
        Datum::TimeTz(value, west) => {
            out.put_i64(*value);
            out.put_i32(*west);
        }
        Datum::Interval(value) => {
            out.put_i64(value.microseconds);
            out.put_i32(value.days);
            out.put_i32(value.months);
        }
        Datum::Jsonb(_) => {
            let mut text = String::new();
            output(type_oid, datum, formats, &mut text);
            out.put_u8(JSONB_VERSION);
            out.put_slice(text.as_bytes());
        }
        Datum::Array(array) => {
            let nulls = array.elements.iter().any(Datum::is_null);
            out.put_i32(array.dimensions.len() as i32);
            out.put_i32(nulls.into());
            out.put_u32(array.element);
            for dimension in &array.dimensions {
                out.put_i32(dimension.length);
                out.put_i32(dimension.lower);
            }
            for element in &array.elements {
                send_field(array.element, element, formats, out)?;
            }
        }
        Datum::Record(fields) => {
            out.put_i32(fields.len() as i32);
            for (field_type, field) in fields.iter() {
                out.put_u32(match *field_type {
                    oid::FIRST_RECORD_SHAPE.. => oid::RECORD,
                    field_type => field_type,
                });
                send_field(*field_type, field, formats, out)?;
            }
        }
        Datum::Unsigned(value) if type_oid == oid::MACADDR => {
            out.put_slice(&value.to_be_bytes()[2..]);
        }
        Datum::Unsigned(value) => out.put_u64(*value),
        Datum::Money(value) => out.put_i64(*value),
        Datum::Enum(_) => {
            let mut text = String::new();
            output(type_oid, datum, formats, &mut text);
            out.put_slice(text.as_bytes());
        }
        Datum::Vector(values) => {
            out.put_u16(values.len() as u16);
            out.put_u16(0);
            values.iter().for_each(|value| out.put_f32(*value));
        }
        Datum::Bits(value) => {
            out.put_i32(value.len() as i32);
            out.put_slice(value.bytes());
        }
        Datum::Inet(value) => {
            out.put_u8(if value.is_v6 { FAMILY_V6 } else { FAMILY_V4 });
            out.put_u8(value.bits);
            out.put_u8((type_oid == oid::CIDR).into());
            out.put_u8(value.bytes().len() as u8);
            out.put_slice(value.bytes());
        }
        Datum::Range(value) => send_range(value, formats, out)?,
        Datum::Multirange(value) => {
            out.put_i32(value.ranges.len() as i32);
            for range in &value.ranges {
                let mut bytes = BytesMut::new();
                send_range(range, formats, &mut bytes)?;
                out.put_i32(bytes.len() as i32);
                out.put_slice(&bytes);
            }
        }
    }
    Ok(())
}

fn send_range(range: &Range, formats: &Formats, out: &mut BytesMut) -> SqlResult<()> {
    if range.is_empty {
        out.put_u8(RANGE_EMPTY);
        return Ok(());
    }
    let flag = |condition: bool, flag: u8| if condition { flag } else { 0 };
    out.put_u8(
        flag(range.lower.inclusive, LOWER_INCLUSIVE)
            | flag(range.upper.inclusive, UPPER_INCLUSIVE)
            | flag(range.lower.value.is_none(), LOWER_INFINITE)
            | flag(range.upper.value.is_none(), UPPER_INFINITE),
    );
    for value in [&range.lower.value, &range.upper.value].into_iter().flatten() {
        send_field(range.element, value, formats, out)?;
    }
    Ok(())
}

fn receive_range(element: Oid, reader: &mut Reader<'_>, depth: usize) -> SqlResult<Range> {
    let flags = reader.array::<1>()?[0];
    if flags & RANGE_EMPTY != 0 {
        return Ok(Range::empty(element));
    }
    let mut bound = |inclusive: u8, infinite: u8| -> SqlResult<Bound> {
        if flags & infinite != 0 {
            return Ok(Bound::default());
        }
        let value = Some(receive_field(element, reader, -1, depth)?);
        Ok(Bound { value, inclusive: flags & inclusive != 0 })
    };
    let lower = bound(LOWER_INCLUSIVE, LOWER_INFINITE)?;
    let upper = bound(UPPER_INCLUSIVE, UPPER_INFINITE)?;
    Range::new(element, lower, upper)
}

fn receive_multirange(
    element: Oid,
    reader: &mut Reader<'_>,
    depth: usize,
) -> SqlResult<Multirange> {
    let count = usize::try_from(reader.i32()?).map_err(|_| wrong_format())?;
    if count > reader.0.len() / 5 {
        return Err(too_short());
    }
    let mut ranges = Vec::with_capacity(count);
    for _ in 0..count {
        let length = usize::try_from(reader.i32()?).map_err(|_| too_short())?;
        let mut part = Reader(reader.take(length)?);
        ranges.push(receive_range(element, &mut part, depth)?);
        if !part.0.is_empty() {
            return Err(wrong_format());
        }
    }
    Ok(Multirange::new(element, ranges))
}

fn receive_inet(reader: &mut Reader<'_>, is_cidr: bool) -> SqlResult<Inet> {
    let name = if is_cidr { "cidr" } else { "inet" };
    let wrong = |what: &str| malformed(format!("invalid {what} in external \"{name}\" value"));
    let [family, bits, _, length] = reader.array::<4>()?;
    let is_v6 = match family {
        FAMILY_V4 => false,
        FAMILY_V6 => true,
        _ => return Err(wrong("address family")),
    };
    let mut inet = Inet { address: [0; 16], is_v6, bits };
    if bits > inet.max_bits() {
        return Err(wrong("bits"));
    }
    if usize::from(length) != inet.bytes().len() {
        return Err(wrong("length"));
    }
    inet.address[..usize::from(length)].copy_from_slice(reader.take(length.into())?);
    if is_cidr && !inet.is_network() {
        return Err(malformed("invalid external \"cidr\" value")
            .detail("Value has bits set to right of mask."));
    }
    Ok(inet)
}

/// A value with its length before it; −1 is null.
fn send_field(
    type_oid: Oid,
    datum: &Datum,
    formats: &Formats,
    out: &mut BytesMut,
) -> SqlResult<()> {
    if datum.is_null() {
        out.put_i32(-1);
        return Ok(());
    }
    let start = out.len();
    out.put_i32(0);
    send(type_oid, datum, formats, out)?;
    let length = i32::try_from(out.len() - start - 4).map_err(|_| {
        SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "value is too large to be sent")
    })?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Bytes that are read from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> SqlResult<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(too_short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> SqlResult<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| too_short())
    }

    fn i32(&mut self) -> SqlResult<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    fn i64(&mut self) -> SqlResult<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn text(&mut self) -> SqlResult<&'a str> {
        let bytes = std::mem::take(&mut self.0);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let from = error.valid_up_to();
            let length = error.error_len().unwrap_or(bytes.len() - from).min(4);
            let shown: Vec<String> =
                bytes[from..from + length].iter().map(|byte| format!("0x{byte:02x}")).collect();
            SqlError::new(
                sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
                format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" ")),
            )
        })?;
        if text.contains('\0') {
            return Err(SqlError::new(
                sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\": 0x00",
            ));
        }
        Ok(text)
    }
}

/// Reads the binary form.
pub fn receive(type_oid: Oid, bytes: &[u8], modifier: i32) -> SqlResult<Datum> {
    receive_nested(type_oid, bytes, modifier, 0)
}

fn receive_nested(type_oid: Oid, bytes: &[u8], modifier: i32, depth: usize) -> SqlResult<Datum> {
    if depth > MAX_NESTING {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
    }
    let mut reader = Reader(bytes);
    let datum = receive_value(type_oid, &mut reader, modifier, depth)?;
    if !reader.0.is_empty() {
        return Err(wrong_format());
    }
    apply_modifier(type_oid, datum, modifier, false)
}

fn receive_value(
    type_oid: Oid,
    reader: &mut Reader<'_>,
    modifier: i32,
    depth: usize,
) -> SqlResult<Datum> {
    Ok(match type_oid {
        oid::BOOL => Datum::Bool(reader.array::<1>()?[0] != 0),
        oid::INT2 => Datum::Int2(i16::from_be_bytes(reader.array()?)),
        oid::INT4 => Datum::Int4(reader.i32()?),
        oid::INT8 => Datum::Int8(reader.i64()?),
        oid::FLOAT4 => Datum::Float4(f32::from_be_bytes(reader.array()?)),
        oid::FLOAT8 => Datum::Float8(f64::from_be_bytes(reader.array()?)),
        oid::NUMERIC => Datum::Numeric(Numeric::from_wire(std::mem::take(&mut reader.0))?),
        oid::TEXT
        | oid::VARCHAR
        | oid::BPCHAR
        | oid::UNKNOWN
        | oid::NAME
        | oid::CSTRING
        | oid::REFCURSOR
        | oid::XML => Datum::text(reader.text()?),
        oid::CITEXT => Datum::Citext(reader.text()?.into()),
        oid::JSON => {
            let text = reader.text()?;
            json::validate(text)?;
            Datum::text(text)
        }
        oid::JSONB => {
            let version = reader.array::<1>()?[0];
            if version != JSONB_VERSION {
                return Err(SqlError::new(
                    sqlstate::INTERNAL_ERROR,
                    format!("unsupported jsonb version number {version}"),
                ));
            }
            Datum::Jsonb(Arc::new(Json::parse(reader.text()?)?))
        }
        oid::JSONPATH => {
            let version = reader.array::<1>()?[0];
            if version != JSONPATH_VERSION {
                return Err(SqlError::new(
                    sqlstate::INTERNAL_ERROR,
                    format!("unsupported jsonpath version number {version}"),
                ));
            }
            let path = crate::jsonpath::JsonPath::parse(reader.text()?)?;
            Datum::text(path.to_string())
        }
        oid::BYTEA => Datum::Bytea(std::mem::take(&mut reader.0).into()),
        oid::CHAR => Datum::Char(reader.array::<1>()?[0]),
        oid::UUID => Datum::Uuid(Arc::new(Uuid::from_bytes(reader.array()?))),
        oid::OID
        | oid::XID
        | oid::CID
        | oid::REGTYPE
        | oid::REGCLASS
        | oid::REGPROC
        | oid::REGPROCEDURE
        | oid::REGOPER
        | oid::REGOPERATOR
        | oid::REGNAMESPACE
        | oid::REGROLE
        | oid::REGCONFIG
        | oid::REGDICTIONARY
        | oid::REGCOLLATION => Datum::Oid(u32::from_be_bytes(reader.array()?)),
        oid::DATE => {
            let date = reader.i32()?;
            if !datetime::is_valid_date(date) {
                return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "date out of range"));
            }
            Datum::Date(date)
        }
        oid::TIME => Datum::Time(receive_time(reader)?),
        oid::TIMETZ => {
            let time = receive_time(reader)?;
            let west = reader.i32()?;
            if !(-datetime::MAX_ZONE_SECONDS..=datetime::MAX_ZONE_SECONDS).contains(&west) {
                return Err(SqlError::new(
                    sqlstate::INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
                    "time zone displacement out of range",
                ));
            }
            Datum::TimeTz(time, west)
        }
        oid::TIMESTAMP => Datum::Timestamp(receive_timestamp(reader)?),
        oid::TIMESTAMPTZ => Datum::TimestampTz(receive_timestamp(reader)?),
        oid::INTERVAL => {
            let (microseconds, days, months) = (reader.i64()?, reader.i32()?, reader.i32()?);
            Datum::Interval(Arc::new(Interval { months, days, microseconds }))
        }
        oid::XID8 | oid::PG_LSN | oid::MACADDR8 => {
            Datum::Unsigned(u64::from_be_bytes(reader.array()?))
        }
        oid::MACADDR => {
            let mut bytes = [0; 8];
            bytes[2..].copy_from_slice(reader.take(6)?);
            Datum::Unsigned(u64::from_be_bytes(bytes))
        }
        oid::MONEY => Datum::Money(reader.i64()?),
        oid::VECTOR => {
            let count = u16::from_be_bytes(reader.array()?);
            let unused = i16::from_be_bytes(reader.array()?);
            if unused != 0 {
                return Err(vector::data_error(format!("expected unused to be 0, not {unused}")));
            }
            vector::check_dimensions(usize::from(count))?;
            let mut values = Vec::with_capacity(usize::from(count));
            for _ in 0..count {
                values.push(f32::from_be_bytes(reader.array()?));
            }
            let values = vector::checked(values)?;
            vector::check_modifier(&values, modifier)?;
            Datum::Vector(values.into())
        }
        oid::BIT | oid::VARBIT => {
            let length = usize::try_from(reader.i32()?)
                .map_err(|_| malformed("invalid length in external bit string"))?;
            let bits = BitString::from_bytes(length, reader.take(length.div_ceil(8))?);
            Datum::Bits(Arc::new(
                bits.ok_or_else(|| malformed("invalid length in external bit string"))?,
            ))
        }
        oid::INET | oid::CIDR => {
            Datum::Inet(Arc::new(receive_inet(reader, type_oid == oid::CIDR)?))
        }
        oid::VOID => Datum::text(""),
        oid::RECORD => receive_record(reader, depth)?,
        oid::INT2VECTOR => receive_array(oid::INT2, reader, -1, depth)?,
        oid::OIDVECTOR => receive_array(oid::OID, reader, -1, depth)?,
        _ => match element_of(type_oid) {
            Some(element) => receive_array(element, reader, modifier, depth)?,
            None if range_of(type_oid).is_some() => {
                let element = range_of(type_oid).unwrap_or(oid::UNKNOWN);
                Datum::Range(Arc::new(receive_range(element, reader, depth)?))
            }
            None if multirange_of(type_oid).is_some() => {
                let element = multirange_of(type_oid).unwrap_or(oid::UNKNOWN);
                Datum::Multirange(Arc::new(receive_multirange(element, reader, depth)?))
            }
            None => return Err(unsupported(type_oid, "receive")),
        },
    })
}

fn receive_time(reader: &mut Reader<'_>) -> SqlResult<i64> {
    let time = reader.i64()?;
    if !(0..=datetime::DAY_MICROSECONDS).contains(&time) {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "time out of range"));
    }
    Ok(time)
}

fn receive_timestamp(reader: &mut Reader<'_>) -> SqlResult<i64> {
    let timestamp = reader.i64()?;
    if !datetime::is_valid_timestamp(timestamp) {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "timestamp out of range"));
    }
    Ok(timestamp)
}

fn receive_field(
    type_oid: Oid,
    reader: &mut Reader<'_>,
    modifier: i32,
    depth: usize,
) -> SqlResult<Datum> {
    let length = reader.i32()?;
    if length == -1 {
        return Ok(Datum::Null);
    }
    let length = usize::try_from(length).map_err(|_| too_short())?;
    receive_nested(type_oid, reader.take(length)?, modifier, depth + 1)
}

fn receive_array(
    element: Oid,
    reader: &mut Reader<'_>,
    modifier: i32,
    depth: usize,
) -> SqlResult<Datum> {
    receive_array_with(element, reader, &mut |bytes| {
        receive_nested(element, bytes, modifier, depth + 1)
    })
}

/// Reads the binary form of an array or of a composite value whose members only the caller can read: `element` is the
/// type of an array's elements, `None` for a composite value. `member` gets a member's type and bytes.
pub fn receive_members(
    element: Option<Oid>,
    bytes: &[u8],
    member: &mut dyn FnMut(Oid, &[u8]) -> SqlResult<Datum>,
) -> SqlResult<Datum> {
    let mut reader = Reader(bytes);
    let datum = match element {
        Some(element) => {
            receive_array_with(element, &mut reader, &mut |bytes| member(element, bytes))?
        }
        None => receive_record_with(&mut reader, member)?,
    };
    if reader.0.is_empty() { Ok(datum) } else { Err(wrong_format()) }
}

/// A member's bytes; `None` is NULL.
fn take_member<'a>(reader: &mut Reader<'a>) -> SqlResult<Option<&'a [u8]>> {
    match reader.i32()? {
        -1 => Ok(None),
        length => {
            let length = usize::try_from(length).map_err(|_| too_short())?;
            reader.take(length).map(Some)
        }
    }
}

fn receive_array_with(
    element: Oid,
    reader: &mut Reader<'_>,
    member: &mut dyn FnMut(&[u8]) -> SqlResult<Datum>,
) -> SqlResult<Datum> {
    let count = reader.i32()?;
    let count = usize::try_from(count)
        .map_err(|_| malformed(format!("invalid number of dimensions: {count}")))?;
    if count > MAX_DIMENSIONS {
        return Err(too_many_dimensions(count));
    }
    let flags = reader.i32()?;
    if !(0..=1).contains(&flags) {
        return Err(malformed("invalid array flags"));
    }
    let sent = u32::from_be_bytes(reader.array()?);
    if sent != element {
        return Err(SqlError::new(
            sqlstate::DATATYPE_MISMATCH,
            format!(
                "binary data has array element type {sent} ({}) instead of expected {element} ({})",
                type_name(sent),
                type_name(element)
            ),
        ));
    }
    let mut dimensions = Vec::new();
    let mut total: usize = if count == 0 { 0 } else { 1 };
    for _ in 0..count {
        let (length, lower) = (reader.i32()?, reader.i32()?);
        let size = usize::try_from(length).map_err(|_| malformed("invalid array length"))?;
        lower.checked_add(length).ok_or_else(|| {
            SqlError::new(
                sqlstate::PROGRAM_LIMIT_EXCEEDED,
                format!("array lower bound is too large: {lower}"),
            )
        })?;
        total = total.checked_mul(size).ok_or_else(too_short)?;
        dimensions.push(ArrayDimension { length, lower });
    }
    // Every element takes at least its length: more are claimed than can follow.
    if total > reader.0.len() / 4 {
        return Err(too_short());
    }
    let mut elements = Vec::with_capacity(total);
    for _ in 0..total {
        elements.push(match take_member(reader)? {
            None => Datum::Null,
            Some(bytes) => member(bytes)?,
        });
    }
    if total == 0 {
        dimensions.clear();
    }
    Ok(Datum::Array(Arc::new(Array { element, dimensions, elements })))
}

fn receive_record(reader: &mut Reader<'_>, depth: usize) -> SqlResult<Datum> {
    receive_record_with(reader, &mut |field_type, bytes| {
        receive_nested(field_type, bytes, -1, depth + 1)
    })
}

fn receive_record_with(
    reader: &mut Reader<'_>,
    member: &mut dyn FnMut(Oid, &[u8]) -> SqlResult<Datum>,
) -> SqlResult<Datum> {
    let count = usize::try_from(reader.i32()?).map_err(|_| wrong_format())?;
    if count > reader.0.len() / 8 {
        return Err(too_short());
    }
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        let field_type = u32::from_be_bytes(reader.array()?);
        let field = match take_member(reader)? {
            None => Datum::Null,
            Some(bytes) => member(field_type, bytes)?,
        };
        fields.push((field_type, field));
    }
    Ok(Datum::Record(fields.into()))
}
