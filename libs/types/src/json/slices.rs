//! The parts of a `json` value as they were written: blanks, escapes, the order of keys and repeated keys are kept.

use super::Json;
use super::parse::Parser;
use crate::error::SqlResult;

/// A `json` value taken apart one level deep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts<'a> {
    /// Keys without escapes, in the order written.
    Object(Vec<(String, &'a str)>),
    Array(Vec<&'a str>),
    /// A value without parts.
    Scalar(&'a str),
}

/// Takes `text` apart; 22P02 if it is not JSON.
pub fn parts(text: &str) -> SqlResult<Parts<'_>> {
    let mut parser = Parser { text, position: 0, build: false };
    parser.skip_space();
    let start = parser.position;
    let parts = match parser.peek() {
        Some(b'{') => {
            let mut members = Vec::new();
            parser.object_parts(0, &mut |key, value| members.push((key, value)))?;
            Parts::Object(members)
        }
        Some(b'[') => {
            let mut elements = Vec::new();
            parser.array_parts(0, &mut |element| elements.push(element))?;
            Parts::Array(elements)
        }
        _ => {
            // A string is read with its escapes, which may be wrong although it is JSON.
            parser.build = true;
            parser.value(0, "JSON value")?;
            Parts::Scalar(&text[start..parser.position])
        }
    };
    parser.finish()?;
    Ok(parts)
}

impl<'a> Parts<'a> {
    /// The member of an object; of repeated keys the last.
    pub fn member(&self, key: &str) -> Option<&'a str> {
        match self {
            Parts::Object(members) => {
                members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value)
            }
            _ => None,
        }
    }

    /// The element of an array; negative indexes count from the end.
    pub fn element(&self, index: i64) -> Option<&'a str> {
        let Parts::Array(elements) = self else {
            return None;
        };
        let index = if index < 0 { index.checked_add(elements.len() as i64)? } else { index };
        elements.get(usize::try_from(index).ok()?).copied()
    }
}

/// The value `path` leads to, each step a key or an index of an array.
pub fn at_path<'a, S: AsRef<str>>(text: &'a str, path: &[S]) -> SqlResult<Option<&'a str>> {
    let mut value = text.trim_matches([' ', '\t', '\n', '\r']);
    for step in path {
        let step = step.as_ref();
        let taken = parts(value)?;
        let found = match &taken {
            Parts::Object(_) => taken.member(step),
            Parts::Array(_) => {
                step.trim().parse::<i32>().ok().and_then(|index| taken.element(index.into()))
            }
            Parts::Scalar(_) => None,
        };
        match found {
            Some(found) => value = found,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// `->>` of one part: strings without quotes and escapes, JSON null none, all else as written.
pub fn part_text(part: &str) -> SqlResult<Option<String>> {
    match part.as_bytes().first() {
        Some(b'"') => Json::parse(part).map(|value| value.to_text()),
        Some(b'n') => Ok(None),
        _ => Ok(Some(part.to_owned())),
    }
}

/// Appends the value without members that are null, and without blanks.
pub fn write_without_nulls(text: &str, out: &mut String) -> SqlResult<()> {
    match parts(text)? {
        Parts::Object(members) => {
            out.push('{');
            let kept = members.into_iter().filter(|(_, value)| *value != "null");
            for (position, (key, value)) in kept.enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                super::write_string(&key, out);
                out.push(':');
                write_without_nulls(value, out)?;
            }
            out.push('}');
        }
        Parts::Array(elements) => {
            out.push('[');
            for (position, element) in elements.into_iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                write_without_nulls(element, out)?;
            }
            out.push(']');
        }
        Parts::Scalar(scalar) => match Json::parse(scalar)? {
            Json::String(string) => super::write_string(&string, out),
            _ => out.push_str(scalar),
        },
    }
    Ok(())
}
