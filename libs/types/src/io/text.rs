//! The text form of every type.

use std::fmt::Write;
use std::sync::Arc;

use uuid::Uuid;

use super::modifier::NAME_BYTES;
use super::scalar::{
    parse_bool, parse_bytea, parse_float4, parse_float8, parse_integer, write_bytea,
};
use super::{
    InputContext, apply_modifier, invalid_syntax, parse_array, unsupported, write_array,
    write_float4, write_float8,
};
use crate::bits::BitString;
use crate::builtin::{element_of, multirange_of, range_of, type_by_sql_name, type_name};
use crate::error::{SqlError, SqlResult};
use crate::formats::{Formats, IntervalFormat};
use crate::json::{self, Json};
use crate::jsonpath::JsonPath;
use crate::numeric::{Numeric, trim};
use crate::oid::{self, Oid};
use crate::{Array, Datum, datetime, money, network, range, sqlstate, text_search, vector};

/// Reads the text form of a value and fits it to the type modifier, as a literal or a parameter does.
pub fn input(
    type_oid: Oid,
    text: &str,
    modifier: i32,
    context: &InputContext<'_>,
) -> SqlResult<Datum> {
    if text.contains('\0') {
        return Err(SqlError::new(
            sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0x00",
        ));
    }
    let datum = match type_oid {
        oid::BOOL => Datum::Bool(parse_bool(text)?),
        oid::INT2 => {
            let (low, high) = (i16::MIN.into(), i16::MAX.into());
            Datum::Int2(parse_integer(text, low, high, "smallint")? as i16)
        }
        oid::INT4 => {
            let (low, high) = (i32::MIN.into(), i32::MAX.into());
            Datum::Int4(parse_integer(text, low, high, "integer")? as i32)
        }
        oid::INT8 => Datum::Int8(parse_integer(text, i64::MIN, i64::MAX, "bigint")?),
        oid::FLOAT4 => Datum::Float4(parse_float4(text)?),
        oid::FLOAT8 => Datum::Float8(parse_float8(text)?),
        oid::NUMERIC => Datum::Numeric(Numeric::parse(text)?),
        oid::TEXT
        | oid::VARCHAR
        | oid::BPCHAR
        | oid::UNKNOWN
        | oid::CSTRING
        | oid::REFCURSOR
        | oid::XML => Datum::text(text),
        oid::NAME => {
            let mut end = text.len().min(NAME_BYTES);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            Datum::text(&text[..end])
        }
        oid::CHAR => Datum::Char(parse_char(text)),
        oid::BYTEA => Datum::Bytea(parse_bytea(text)?.into()),
        oid::UUID => Datum::Uuid(Arc::new(parse_uuid(text)?)),
        oid::JSON => {
            json::validate(text)?;
            Datum::text(text)
        }
        oid::JSONB => Datum::Jsonb(Arc::new(Json::parse(text)?)),
        oid::TSVECTOR => Datum::text(text_search::Vector::parse(text)?.to_string()),
        oid::TSQUERY => Datum::text(text_search::Query::parse(text)?.to_string()),
        oid::JSONPATH => Datum::text(JsonPath::parse(text)?.to_string()),
        oid::DATE => Datum::Date(datetime::parse_date(text, context)?),
        oid::TIME => Datum::Time(datetime::parse_time(text, modifier, context)?),
        oid::TIMETZ => {
            let (time, west) = datetime::parse_timetz(text, modifier, context)?;
            Datum::TimeTz(time, west)
        }
        oid::TIMESTAMP => Datum::Timestamp(datetime::parse_timestamp(text, modifier, context)?),
        oid::TIMESTAMPTZ => {
            Datum::TimestampTz(datetime::parse_timestamptz(text, modifier, context)?)
        }
        oid::INTERVAL => {
            let format = context.formats.interval_format;
            Datum::Interval(Arc::new(datetime::parse_interval(text, modifier, format)?))
        }
        oid::OID | oid::XID | oid::CID => Datum::Oid(parse_oid(text, &type_name(type_oid))?),
        oid::REGTYPE
        | oid::REGCLASS
        | oid::REGPROC
        | oid::REGPROCEDURE
        | oid::REGOPER
        | oid::REGOPERATOR
        | oid::REGNAMESPACE
        | oid::REGROLE
        | oid::REGCONFIG
        | oid::REGDICTIONARY
        | oid::REGCOLLATION => Datum::Oid(parse_registered(type_oid, text)?),
        oid::INT2VECTOR | oid::OIDVECTOR => parse_vector(type_oid, text)?,
        oid::XID8 => Datum::Unsigned(parse_unsigned(text, "xid8")?),
        oid::PG_LSN => Datum::Unsigned(parse_lsn(text)?),
        oid::MACADDR => Datum::Unsigned(network::parse_macaddr(text, false)?),
        oid::MACADDR8 => Datum::Unsigned(network::parse_macaddr(text, true)?),
        oid::CITEXT => Datum::Citext(text.into()),
        oid::VECTOR => Datum::Vector(vector::parse(text)?.into()),
        oid::MONEY => Datum::Money(money::parse_money(text)?),
        oid::BIT | oid::VARBIT => Datum::Bits(Arc::new(BitString::parse(text)?)),
        oid::INET => Datum::Inet(Arc::new(network::Inet::parse(text, false)?)),
        oid::CIDR => Datum::Inet(Arc::new(network::Inet::parse(text, true)?)),
        oid::VOID => Datum::text(""),
        oid::RECORD => {
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "input of anonymous composite types is not implemented",
            ));
        }
        _ => match element_of(type_oid) {
            None if range_of(type_oid).is_some() => {
                let element = range_of(type_oid).unwrap_or(oid::UNKNOWN);
                let mut read = |text: &str| input(element, text, -1, context);
                Datum::Range(Arc::new(range::parse_range(element, text, &mut read)?))
            }
            None if multirange_of(type_oid).is_some() => {
                let element = multirange_of(type_oid).unwrap_or(oid::UNKNOWN);
                let mut read = |text: &str| input(element, text, -1, context);
                Datum::Multirange(Arc::new(range::parse_multirange(element, text, &mut read)?))
            }
            Some(element) => {
                let array = parse_array(element, text, &mut |text| {
                    input(element, text, modifier, context)
                })?;
                return Ok(Datum::Array(Arc::new(array)));
            }
            None => return Err(unsupported(type_oid, "accept")),
        },
    };
    apply_modifier(type_oid, datum, modifier, false)
}

/// A letter, or `\ooo` for other bytes; more characters are ignored, as PostgreSQL does.
fn parse_char(text: &str) -> u8 {
    match text.as_bytes() {
        [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7'] => {
            (high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0')
        }
        bytes => bytes.first().copied().unwrap_or(0),
    }
}

/// `xid8`: decimal, hexadecimal or octal as C reads it.
fn parse_unsigned(text: &str, name: &str) -> SqlResult<u64> {
    if let Some(digits) = trim(text).strip_prefix('-') {
        return parse_unsigned(digits, name).map(u64::wrapping_neg);
    }
    let body = trim(text);
    let (digits, radix) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&body[2..], 16),
        [b'0', _, ..] => (&body[1..], 8),
        _ => (body, 10),
    };
    if digits.is_empty() || !digits.chars().all(|character| character.is_digit(radix)) {
        return Err(invalid_syntax(name, text));
    }
    u64::from_str_radix(digits, radix).map_err(|_| super::out_of_range(name, text))
}

/// `16/B374D848`.
fn parse_lsn(text: &str) -> SqlResult<u64> {
    let half = |part: &str| {
        let plain = (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(part, 16).ok()).flatten()
    };
    text.split_once('/')
        .and_then(|(high, low)| Some(half(high)? << 32 | half(low)?))
        .ok_or_else(|| invalid_syntax("pg_lsn", text))
}

fn parse_oid(text: &str, name: &str) -> SqlResult<Oid> {
    let digits = trim(text).trim_start_matches(['-', '+']);
    let value = match digits.as_bytes() {
        // As in C, a leading zero says octal; SQL's other notations are not known here.
        [b'0', b'0'..=b'9', ..] => {
            let octal = parse_unsigned(digits, name).map_err(|_| invalid_syntax(name, text))?;
            i64::from(u32::try_from(octal).map_err(|_| super::out_of_range(name, text))?)
        }
        [b'0', b'b' | b'B' | b'o' | b'O', ..] => return Err(invalid_syntax(name, text)),
        digits if digits.contains(&b'_') => return Err(invalid_syntax(name, text)),
        _ => parse_integer(text, i32::MIN.into(), u32::MAX.into(), name)?,
    };
    // Negative numbers wrap, as they always did in PostgreSQL.
    Ok(value as u32)
}

/// 32 digits, with hyphens after any group of four, in braces or not.
fn parse_uuid(text: &str) -> SqlResult<Uuid> {
    let wrong = || invalid_syntax("uuid", text);
    let body = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').ok_or_else(wrong)?,
        None => text,
    };
    let mut bytes = [0u8; 16];
    let mut count = 0;
    let mut hyphen_allowed = false;
    for character in body.chars() {
        if character == '-' {
            if !hyphen_allowed || count == 32 {
                return Err(wrong());
            }
            hyphen_allowed = false;
            continue;
        }
        let digit = character.to_digit(16).ok_or_else(wrong)? as u8;
        let byte = bytes.get_mut(count / 2).ok_or_else(wrong)?;
        *byte = *byte << 4 | digit;
        count += 1;
        hyphen_allowed = count % 4 == 0;
    }
    if count == 32 { Ok(Uuid::from_bytes(bytes)) } else { Err(wrong()) }
}

/// Numbers and `-` need no catalog; names of types are known here; other names are looked up by whoever has the catalog
/// before it calls [`input`].
fn parse_registered(type_oid: Oid, text: &str) -> SqlResult<Oid> {
    let body = trim(text);
    if body == "-" {
        return Ok(0);
    }
    if !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_digit()) {
        return parse_oid(body, "oid");
    }
    if type_oid == oid::REGTYPE
        && let Some(found) = type_by_sql_name(body)
    {
        return Ok(found);
    }
    let (state, what) = match type_oid {
        oid::REGTYPE => (sqlstate::UNDEFINED_OBJECT, "type"),
        oid::REGCLASS => (sqlstate::UNDEFINED_TABLE, "relation"),
        oid::REGPROC | oid::REGPROCEDURE => (sqlstate::UNDEFINED_FUNCTION, "function"),
        oid::REGOPER | oid::REGOPERATOR => (sqlstate::UNDEFINED_FUNCTION, "operator"),
        oid::REGNAMESPACE => (sqlstate::INVALID_SCHEMA_NAME, "schema"),
        oid::REGROLE => (sqlstate::UNDEFINED_OBJECT, "role"),
        oid::REGCOLLATION => (sqlstate::UNDEFINED_OBJECT, "collation"),
        _ => (sqlstate::UNDEFINED_OBJECT, "text search object"),
    };
    Err(SqlError::new(state, format!("{what} \"{body}\" does not exist")))
}

/// Numbers separated by blanks; these vectors start at 0.
fn parse_vector(type_oid: Oid, text: &str) -> SqlResult<Datum> {
    let mut elements = Vec::new();
    for word in text.split_ascii_whitespace() {
        elements.push(if type_oid == oid::INT2VECTOR {
            Datum::Int2(parse_integer(word, i16::MIN.into(), i16::MAX.into(), "smallint")? as i16)
        } else {
            Datum::Oid(parse_oid(word, "oid")?)
        });
    }
    let element = if type_oid == oid::INT2VECTOR { oid::INT2 } else { oid::OID };
    let mut array = Array::from_elements(element, elements);
    array.dimensions.iter_mut().for_each(|dimension| dimension.lower = 0);
    Ok(Datum::Array(Arc::new(array)))
}

/// Appends the text form. A type this crate does not know (an enum, a domain) is written as the datum looks. Null writes
/// nothing.
pub fn output(type_oid: Oid, datum: &Datum, formats: &Formats, out: &mut String) {
    // Writing to a string cannot fail: the results of `write!` are of no interest.
    match datum {
        Datum::Null => {}
        Datum::Bool(value) => out.push(if *value { 't' } else { 'f' }),
        Datum::Int2(value) => {
            let _ = write!(out, "{value}");
        }
        Datum::Int4(value) => {
            let _ = write!(out, "{value}");
        }
        Datum::Int8(value) => {
            let _ = write!(out, "{value}");
        }
        Datum::Float4(value) => write_float4(*value, formats.extra_float_digits, out),
        Datum::Float8(value) => write_float8(*value, formats.extra_float_digits, out),
        Datum::Numeric(value) => {
            let _ = write!(out, "{value}");
        }
        Datum::Text(value) | Datum::Citext(value) => out.push_str(value),
        Datum::Bytea(value) => write_bytea(value, formats.bytea_format, out),
        Datum::Char(0) => {}
        Datum::Char(value) if value.is_ascii() => out.push((*value).into()),
        Datum::Char(value) => {
            let _ = write!(out, "\\{value:03o}");
        }
        Datum::Oid(value) => match type_oid {
            oid::REGTYPE
            | oid::REGCLASS
            | oid::REGPROC
            | oid::REGPROCEDURE
            | oid::REGOPER
            | oid::REGOPERATOR
                if *value == 0 =>
            {
                out.push('-');
            }
            oid::REGTYPE => match crate::builtin::format_type(*value, -1) {
                Some(name) => out.push_str(&name),
                None => {
                    let _ = write!(out, "{value}");
                }
            },
            _ => {
                let _ = write!(out, "{value}");
            }
        },
        Datum::Uuid(value) => {
            let _ = write!(out, "{}", value.hyphenated());
        }
        Datum::Date(value) => datetime::format_date(*value, formats, out),
        Datum::Time(value) => datetime::format_time(*value, out),
        Datum::TimeTz(value, west) => datetime::format_timetz(*value, *west, out),
        Datum::Timestamp(value) => datetime::format_timestamp(*value, formats, out),
        Datum::TimestampTz(value) => datetime::format_timestamptz(*value, formats, out),
        Datum::Interval(value) => {
            let format: IntervalFormat = formats.interval_format;
            datetime::format_interval(value, format, out);
        }
        Datum::Jsonb(value) => value.write(out),
        Datum::Array(array) if matches!(type_oid, oid::INT2VECTOR | oid::OIDVECTOR) => {
            for (index, element) in array.elements.iter().enumerate() {
                out.push_str(if index > 0 { " " } else { "" });
                output(array.element, element, formats, out);
            }
        }
        Datum::Array(array) => write_array(array, out, &mut |element, out| {
            output(array.element, element, formats, out);
        }),
        Datum::Record(fields) => write_record(fields, formats, out),
        Datum::Unsigned(value) => match type_oid {
            oid::PG_LSN => {
                let _ = write!(out, "{:X}/{:X}", value >> 32, value & 0xffff_ffff);
            }
            oid::MACADDR => network::write_macaddr(*value, false, out),
            oid::MACADDR8 => network::write_macaddr(*value, true, out),
            _ => {
                let _ = write!(out, "{value}");
            }
        },
        Datum::Money(value) => money::write_money(*value, out),
        // The label is known to who has the catalog; this only shows that there is a value.
        Datum::Enum(position) => {
            let _ = write!(out, "{position}");
        }
        Datum::Bits(value) => {
            let _ = write!(out, "{value}");
        }
        Datum::Vector(values) => vector::write(values, out),
        Datum::Inet(value) => value.write(type_oid == oid::CIDR, out),
        Datum::Range(value) => range::write_range(value, out, &mut |bound, out| {
            output(value.element, bound, formats, out);
        }),
        Datum::Multirange(value) => range::write_multirange(value, out, &mut |bound, out| {
            output(value.element, bound, formats, out);
        }),
    }
}

/// `(1,"a b",)`: null is empty, quotes and backslashes are doubled.
fn write_record(fields: &[(Oid, Datum)], formats: &Formats, out: &mut String) {
    out.push('(');
    for (index, (type_oid, datum)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if datum.is_null() {
            continue;
        }
        let mut text = String::new();
        output(*type_oid, datum, formats, &mut text);
        let quoted = text.is_empty()
            || text.chars().any(|character| {
                matches!(character, '"' | '\\' | '(' | ')' | ',')
                    || matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
            });
        if !quoted {
            out.push_str(&text);
            continue;
        }
        out.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                out.push(character);
            }
            out.push(character);
        }
        out.push('"');
    }
    out.push(')');
}
