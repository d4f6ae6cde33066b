//! `json` and `jsonb` values.
use crate::{error::SqlResult, numeric::Numeric};
use std::cmp::Ordering;
/// A `jsonb` value. Objects are sorted by key length, then key bytes, without duplicates: build them with [`Json::object`].
#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Numeric),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}
impl Json {
    /// 22P02 "invalid input syntax for type json" with PostgreSQL's DETAIL and CONTEXT.
    pub fn parse(_text: &str) -> SqlResult<Json> {
        panic!()
    }
    /// Sorts the pairs; of equal keys the last wins.
    pub fn object(_pairs: Vec<(String, Json)>) -> Json {
        panic!()
    }
    /// As jsonb prints: `{"a": 1, "b": [1, 2]}`.
    pub fn write(&self, _out: &mut String) {
        panic!()
    }
    /// As `jsonb_pretty` prints.
    pub fn write_pretty(&self, _out: &mut String) {
        panic!()
    }
    pub fn get(&self, _key: &str) -> Option<&Json> {
        panic!()
    }
    /// Negative indexes count from the end.
    pub fn get_index(&self, _index: i64) -> Option<&Json> {
        panic!()
    }
    /// `#>`: each step a key, or an index of an array.
    pub fn get_path<'a, S: AsRef<str>>(&'a self, _path: &[S]) -> Option<&'a Json> {
        panic!()
    }
    /// `@>`.
    pub fn contains(&self, _other: &Json) -> bool {
        panic!()
    }
    /// "null", "boolean", "number", "string", "array", "object".
    pub fn type_name(&self) -> &'static str {
        panic!()
    }
    /// `->>`: strings unquoted, JSON null none.
    pub fn to_text(&self) -> Option<String> {
        panic!()
    }
}
impl std::fmt::Display for Json {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!()
    }
}
impl Ord for Json {
    fn cmp(&self, _: &Json) -> Ordering {
        panic!()
    }
}
impl PartialOrd for Json {
    fn partial_cmp(&self, o: &Json) -> Option<Ordering> {
        Some(self.cmp(o))
    }
}
impl PartialEq for Json {
    fn eq(&self, o: &Json) -> bool {
        self.cmp(o).is_eq()
    }
}
impl Eq for Json {}
impl std::hash::Hash for Json {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {
        panic!()
    }
}
/// Checks that `text` is JSON, for `json` which keeps its text.
pub fn validate(_text: &str) -> SqlResult<()> {
    panic!()
}
/// Appends `text` as a JSON string with its quotes.
pub fn write_string(_text: &str, _out: &mut String) {
    panic!()
}
