//! `bytea` functions, hashes and encodings. Functions are named as `pg_proc.prosrc`.

use base64::Engine;
use md5::Md5;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{
    bytes, check_length, int4, int4_result, int8, invalid_parameter, text,
};
use crate::context::EvalContext;

fn blob(value: impl Into<std::sync::Arc<[u8]>>) -> Datum {
    Datum::Bytea(value.into())
}

fn hexadecimal(value: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(value.len() * 2);
    for byte in value {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

macro_rules! binary_functions {
    ($($name:ident($value:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let $value = bytes(arguments, 0)?;
            $result
        }
    )*};
}

binary_functions! {
    byteaoctetlen(value) => int4_result(value.len());
    bytea_bit_length(value) => int4_result(value.len().saturating_mul(8));
    md5_bytea(value) => Ok(Datum::text(hexadecimal(&Md5::digest(value))));
    sha224_bytea(value) => Ok(blob(Sha224::digest(value).to_vec()));
    sha256_bytea(value) => Ok(blob(Sha256::digest(value).to_vec()));
    sha384_bytea(value) => Ok(blob(Sha384::digest(value).to_vec()));
    sha512_bytea(value) => Ok(blob(Sha512::digest(value).to_vec()));
    bytea_bit_count(value) => {
        Ok(Datum::Int8(value.iter().map(|byte| i64::from(byte.count_ones())).sum()))
    };
}

pub(crate) fn md5_text(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::text(hexadecimal(&Md5::digest(text(arguments, 0)?.as_bytes()))))
}

pub(crate) fn byteacat(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = (bytes(arguments, 0)?, bytes(arguments, 1)?);
    check_length(context, left.len() + right.len())?;
    Ok(blob([left, right].concat()))
}

fn part(value: &[u8], start: i32, length: Option<i32>) -> SqlResult<&[u8]> {
    let first = i64::from(start);
    let end = match length {
        Some(length) if length < 0 => {
            return Err(SqlError::new(
                sqlstate::SUBSTRING_ERROR,
                "negative substring length not allowed",
            ));
        }
        Some(length) => first + i64::from(length),
        None => i64::MAX,
    };
    let clamp = |at: i64| usize::try_from(at - 1).unwrap_or(0).min(value.len());
    let (from, to) = (clamp(first), clamp(end));
    Ok(&value[from..to.max(from)])
}

pub(crate) fn bytea_substr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let length = Some(int4(arguments, 2)?);
    part(bytes(arguments, 0)?, int4(arguments, 1)?, length).map(blob)
}

pub(crate) fn bytea_substr_no_len(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    part(bytes(arguments, 0)?, int4(arguments, 1)?, None).map(blob)
}

pub(crate) fn byteaoverlay(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (value, replacement) = (bytes(arguments, 0)?, bytes(arguments, 1)?);
    let start = int4(arguments, 2)?;
    let length = match arguments.get(3) {
        Some(_) => int4(arguments, 3)?,
        None => i32::try_from(replacement.len()).unwrap_or(i32::MAX),
    };
    if start <= 0 {
        return Err(SqlError::new(
            sqlstate::SUBSTRING_ERROR,
            "negative substring length not allowed",
        ));
    }
    let after = start
        .checked_add(length)
        .ok_or_else(|| crate::bodies::arguments::out_of_range("integer"))?;
    let joined =
        [part(value, 1, Some(start - 1))?, replacement, part(value, after, None)?].concat();
    check_length(context, joined.len())?;
    Ok(blob(joined))
}

pub(crate) fn byteaoverlay_no_len(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    byteaoverlay(context, arguments)
}

pub(crate) fn byteapos(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (value, wanted) = (bytes(arguments, 0)?, bytes(arguments, 1)?);
    if wanted.is_empty() {
        return Ok(Datum::Int4(1));
    }
    match value.windows(wanted.len()).position(|window| window == wanted) {
        Some(offset) => int4_result(offset + 1),
        None => Ok(Datum::Int4(0)),
    }
}

fn trimmed(arguments: &[Datum], left: bool, right: bool) -> SqlResult<Datum> {
    let (mut value, set) = (bytes(arguments, 0)?, bytes(arguments, 1)?);
    while left && value.first().is_some_and(|byte| set.contains(byte)) {
        value = &value[1..];
    }
    while right && value.last().is_some_and(|byte| set.contains(byte)) {
        value = &value[..value.len() - 1];
    }
    Ok(blob(value))
}

pub(crate) fn byteatrim(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    trimmed(arguments, true, true)
}

pub(crate) fn bytealtrim(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    trimmed(arguments, true, false)
}

pub(crate) fn byteartrim(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    trimmed(arguments, false, true)
}

fn index(position: i64, length: usize) -> SqlResult<usize> {
    usize::try_from(position).ok().filter(|&position| position < length).ok_or_else(|| {
        SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            format!("index {position} out of valid range, 0..{}", length as i64 - 1),
        )
    })
}

pub(crate) fn bytea_get_byte(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = bytes(arguments, 0)?;
    Ok(Datum::Int4(i32::from(value[index(i64::from(int4(arguments, 1)?), value.len())?])))
}

pub(crate) fn bytea_set_byte(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut value = bytes(arguments, 0)?.to_vec();
    let at = index(i64::from(int4(arguments, 1)?), value.len())?;
    value[at] = int4(arguments, 2)? as u8;
    Ok(blob(value))
}

pub(crate) fn bytea_get_bit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = bytes(arguments, 0)?;
    let at = index(int8(arguments, 1)?, value.len().saturating_mul(8))?;
    Ok(Datum::Int4(i32::from(value[at / 8] >> (at % 8) & 1)))
}

pub(crate) fn bytea_set_bit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut value = bytes(arguments, 0)?.to_vec();
    let at = index(int8(arguments, 1)?, value.len().saturating_mul(8))?;
    match int4(arguments, 2)? {
        0 => value[at / 8] &= !(1 << (at % 8)),
        1 => value[at / 8] |= 1 << (at % 8),
        _ => return Err(invalid_parameter("new bit must be 0 or 1")),
    }
    Ok(blob(value))
}

fn unknown_encoding(name: &str) -> SqlError {
    invalid_parameter(format!("unrecognized encoding: \"{name}\""))
}

pub(crate) fn binary_encode(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = bytes(arguments, 0)?;
    check_length(context, value.len().saturating_mul(2))?;
    match text(arguments, 1)?.to_ascii_lowercase().as_str() {
        "hex" => Ok(Datum::text(hexadecimal(value))),
        "base64" => {
            let encoded = base64::engine::general_purpose::STANDARD.encode(value);
            // Lines of 76 characters, as RFC 2045 has them.
            let mut lines = String::with_capacity(encoded.len() + encoded.len() / 76);
            for (position, character) in encoded.chars().enumerate() {
                if position > 0 && position % 76 == 0 {
                    lines.push('\n');
                }
                lines.push(character);
            }
            Ok(Datum::text(lines))
        }
        "escape" => {
            let mut out = String::with_capacity(value.len());
            for &byte in value {
                match byte {
                    0 | 128.. => out.push_str(&format!("\\{byte:03o}")),
                    b'\\' => out.push_str("\\\\"),
                    _ => out.push(char::from(byte)),
                }
            }
            Ok(Datum::text(out))
        }
        _ => Err(unknown_encoding(text(arguments, 1)?)),
    }
}

pub(crate) fn binary_decode(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    match text(arguments, 1)?.to_ascii_lowercase().as_str() {
        "hex" => decode_hexadecimal(value).map(blob),
        "base64" => {
            let compact: String =
                value.chars().filter(|character| !character.is_ascii_whitespace()).collect();
            base64::engine::general_purpose::STANDARD.decode(compact).map(blob).map_err(|error| {
                match error {
                    base64::DecodeError::InvalidByte(_, byte) => invalid_parameter(format!(
                        "invalid symbol \"{}\" found while decoding base64 sequence",
                        char::from(byte)
                    )),
                    _ => invalid_parameter("invalid base64 end sequence").hint(
                        "Input data is missing padding, is truncated, or is otherwise corrupted.",
                    ),
                }
            })
        }
        "escape" => decode_escape(value).map(blob),
        _ => Err(unknown_encoding(text(arguments, 1)?)),
    }
}

fn decode_hexadecimal(value: &str) -> SqlResult<Vec<u8>> {
    let mut digits = Vec::with_capacity(value.len());
    for character in value.chars() {
        // Space may stand between bytes, not within one.
        if matches!(character, ' ' | '\n' | '\t' | '\r') && digits.len() % 2 == 0 {
            continue;
        }
        let digit = character.to_digit(16).ok_or_else(|| {
            invalid_parameter(format!("invalid hexadecimal digit: \"{character}\""))
        })?;
        digits.push(digit as u8);
    }
    if digits.len() % 2 != 0 {
        return Err(invalid_parameter("invalid hexadecimal data: odd number of digits"));
    }
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn decode_escape(value: &str) -> SqlResult<Vec<u8>> {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            out.push(bytes[at]);
            at += 1;
        } else if bytes.get(at + 1) == Some(&b'\\') {
            out.push(b'\\');
            at += 2;
        } else {
            let code = bytes
                .get(at + 1..at + 4)
                .and_then(|digits| std::str::from_utf8(digits).ok())
                .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
                .and_then(|digits| u8::from_str_radix(digits, 8).ok());
            let invalid = || {
                SqlError::new(
                    sqlstate::INVALID_TEXT_REPRESENTATION,
                    "invalid input syntax for type bytea",
                )
            };
            out.push(code.ok_or_else(invalid)?);
            at += 4;
        }
    }
    Ok(out)
}

enum Encoding {
    Utf8,
    Latin1,
}

/// UTF-8 (and its subset ASCII) and Latin 1 are known; other encodings are refused by name.
fn known_encoding(name: &str, role: &str) -> SqlResult<Encoding> {
    match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "utf8" | "unicode" | "sqlascii" => Ok(Encoding::Utf8),
        "latin1" | "iso88591" => Ok(Encoding::Latin1),
        _ => Err(invalid_parameter(format!("invalid {role} encoding name \"{name}\""))),
    }
}

pub(crate) fn pg_convert_from(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let encoding = known_encoding(text(arguments, 1)?, "source")?;
    let value = bytes(arguments, 0)?;
    if let (Encoding::Latin1, false) = (&encoding, value.contains(&0)) {
        let decoded: String = value.iter().map(|&byte| char::from(byte)).collect();
        return Ok(Datum::text(decoded));
    }
    match std::str::from_utf8(value) {
        Ok(decoded) if !decoded.contains('\0') => Ok(Datum::text(decoded)),
        Ok(_) => Err(SqlError::new(
            sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0x00",
        )),
        Err(error) => Err(SqlError::new(
            sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
            format!(
                "invalid byte sequence for encoding \"UTF8\": 0x{:02x}",
                value[error.valid_up_to()]
            ),
        )),
    }
}

pub(crate) fn pg_convert_to(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    match known_encoding(text(arguments, 1)?, "destination")? {
        Encoding::Utf8 => Ok(blob(value.as_bytes())),
        Encoding::Latin1 => {
            let encoded = value.chars().map(|character| {
                u8::try_from(u32::from(character)).map_err(|_| {
                    let mut buffer = [0; 4];
                    let shown: Vec<String> = character
                        .encode_utf8(&mut buffer)
                        .bytes()
                        .map(|byte| format!("0x{byte:02x}"))
                        .collect();
                    SqlError::new(
                        sqlstate::UNTRANSLATABLE_CHARACTER,
                        format!(
                            "character with byte sequence {} in encoding \"UTF8\" has no \
                             equivalent in encoding \"LATIN1\"",
                            shown.join(" ")
                        ),
                    )
                })
            });
            Ok(blob(encoded.collect::<SqlResult<Vec<u8>>>()?))
        }
    }
}

/// `convert(bytes, source, destination)`.
pub(crate) fn pg_convert(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let decoded = pg_convert_from(context, &arguments[..2])?;
    pg_convert_to(context, &[decoded, arguments[2].clone()])
}

/// Characters of a byte string in an encoding.
pub(crate) fn length_in_encoding(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    match pg_convert_from(context, arguments)? {
        Datum::Text(decoded) => int4_result(decoded.chars().count()),
        other => Ok(other),
    }
}

/// Only encodings that this server never has could be turned into ASCII.
pub(crate) fn to_ascii(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Err(SqlError::new(
        sqlstate::FEATURE_NOT_SUPPORTED,
        "encoding conversion from UTF8 to ASCII not supported",
    ))
}
