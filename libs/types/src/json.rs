//! `json` and `jsonb` values.
//!
//! `json` keeps the text it was written as and is only [validated](validate); `jsonb` is a [`Json`] tree whose numbers are
//! exact and whose objects are sorted.

mod order;
mod parse;
pub mod slices;
#[cfg(test)]
mod tests;
mod write;

pub use parse::{MAX_DEPTH, validate};
pub use write::write_string;

use crate::error::SqlResult;
use crate::numeric::Numeric;

/// A `jsonb` value. Objects are sorted by key length, then key bytes, without duplicates: build them with
/// [`Json::object`].
#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Numeric),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The order of keys in an object: by length, then by bytes.
fn compare_keys(left: &str, right: &str) -> std::cmp::Ordering {
    left.len().cmp(&right.len()).then_with(|| left.as_bytes().cmp(right.as_bytes()))
}

impl Json {
    /// 22P02 "invalid input syntax for type json" with PostgreSQL's DETAIL and CONTEXT.
    pub fn parse(text: &str) -> SqlResult<Json> {
        parse::parse(text)
    }

    /// Sorts the pairs; of equal keys the last wins.
    pub fn object(mut pairs: Vec<(String, Json)>) -> Json {
        // The sort is stable: of equal keys the last written comes last.
        pairs.sort_by(|(left, _), (right, _)| compare_keys(left, right));
        let mut kept: Vec<(String, Json)> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            match kept.last_mut() {
                Some(last) if last.0 == pair.0 => *last = pair,
                _ => kept.push(pair),
            }
        }
        Json::Object(kept)
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        let Json::Object(pairs) = self else {
            return None;
        };
        let index = pairs.binary_search_by(|(other, _)| compare_keys(other, key)).ok()?;
        pairs.get(index).map(|(_, value)| value)
    }

    /// Negative indexes count from the end.
    pub fn get_index(&self, index: i64) -> Option<&Json> {
        let Json::Array(elements) = self else {
            return None;
        };
        let index = if index < 0 { index.checked_add(elements.len() as i64)? } else { index };
        elements.get(usize::try_from(index).ok()?)
    }

    /// `#>`: each step a key, or an index of an array.
    pub fn get_path<S: AsRef<str>>(&self, path: &[S]) -> Option<&Json> {
        path.iter().try_fold(self, |value, step| match value {
            Json::Object(_) => value.get(step.as_ref()),
            Json::Array(_) => value.get_index(step.as_ref().trim().parse::<i32>().ok()?.into()),
            _ => None,
        })
    }

    /// `@>`.
    pub fn contains(&self, other: &Json) -> bool {
        match (self, other) {
            // An array may contain a primitive value, at the top only.
            (
                Json::Array(elements),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_),
            ) => elements.iter().any(|element| element == other),
            _ => self.contains_inside(other),
        }
    }

    fn contains_inside(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Object(_), Json::Object(pairs)) => pairs
                .iter()
                .all(|(key, value)| self.get(key).is_some_and(|own| own.contains_inside(value))),
            (Json::Array(own), Json::Array(wanted)) => {
                wanted.iter().all(|value| own.iter().any(|element| element.contains_inside(value)))
            }
            (Json::Object(_) | Json::Array(_), _) | (_, Json::Object(_) | Json::Array(_)) => false,
            _ => self == other,
        }
    }

    /// "null", "boolean", "number", "string", "array", "object".
    pub fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }

    /// `->>`: strings unquoted, JSON null none.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            _ => Some(self.to_string()),
        }
    }
}
