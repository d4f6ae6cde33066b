//! Ordered bytes of `jsonb`.
//!
//! One byte is 0 for the empty array at the top, which is before everything, and 1 otherwise. Then each value is its kind in
//! the order of `jsonb_cmp` and: a string escaped, a number as a numeric, a boolean as a byte, an array as its length (4) and
//! elements, an object as its length and each key, escaped, with its value.

use types::json::{self, Json};

use crate::EncodingError;
use crate::key::{put_escaped, take_escaped};
use crate::key_number::{decode_numeric, encode_numeric};
use crate::reader::{take_array, take_byte, text};

const NULL: u8 = 0;
const STRING: u8 = 1;
const NUMBER: u8 = 2;
const BOOL: u8 = 3;
const ARRAY: u8 = 4;
const OBJECT: u8 = 5;

pub(crate) fn encode_json(value: &Json, out: &mut Vec<u8>) {
    let empty = matches!(value, Json::Array(elements) if elements.is_empty());
    out.push(u8::from(!empty));
    if !empty {
        encode_inside(value, out);
    }
}

fn encode_inside(value: &Json, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.push(NULL),
        Json::String(value) => {
            out.push(STRING);
            put_escaped(value.as_bytes(), out);
        }
        Json::Number(value) => {
            out.push(NUMBER);
            encode_numeric(value, out);
        }
        Json::Bool(value) => out.extend_from_slice(&[BOOL, (*value).into()]),
        Json::Array(elements) => {
            out.push(ARRAY);
            out.extend_from_slice(&(elements.len() as u32).to_be_bytes());
            elements.iter().for_each(|element| encode_inside(element, out));
        }
        Json::Object(pairs) => {
            out.push(OBJECT);
            out.extend_from_slice(&(pairs.len() as u32).to_be_bytes());
            for (key, value) in pairs {
                put_escaped(key.as_bytes(), out);
                encode_inside(value, out);
            }
        }
    }
}

pub(crate) fn decode_json(bytes: &mut &[u8]) -> Result<Json, EncodingError> {
    match take_byte(bytes)? {
        0 => Ok(Json::Array(Vec::new())),
        1 => decode_inside(bytes, 0),
        _ => Err(EncodingError::Corrupt("start of a JSON key")),
    }
}

fn decode_text(bytes: &mut &[u8]) -> Result<String, EncodingError> {
    text(&take_escaped(bytes)?).map(str::to_owned)
}

fn decode_inside(bytes: &mut &[u8], depth: usize) -> Result<Json, EncodingError> {
    if depth > json::MAX_DEPTH {
        return Err(EncodingError::Corrupt("nested too deep"));
    }
    Ok(match take_byte(bytes)? {
        NULL => Json::Null,
        STRING => Json::String(decode_text(bytes)?),
        NUMBER => Json::Number(decode_numeric(bytes)?),
        BOOL => Json::Bool(take_byte(bytes)? != 0),
        ARRAY => {
            let count = u32::from_be_bytes(take_array(bytes)?);
            let mut elements = Vec::new();
            for _ in 0..count {
                elements.push(decode_inside(bytes, depth + 1)?);
            }
            Json::Array(elements)
        }
        OBJECT => {
            let count = u32::from_be_bytes(take_array(bytes)?);
            let mut pairs = Vec::new();
            for _ in 0..count {
                let key = decode_text(bytes)?;
                pairs.push((key, decode_inside(bytes, depth + 1)?));
            }
            Json::object(pairs)
        }
        _ => return Err(EncodingError::Corrupt("kind of a JSON value")),
    })
}
