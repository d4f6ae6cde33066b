//! The constructors and the test of standard SQL/JSON: `JSON_OBJECT`, `JSON_ARRAY`, `IS JSON`, and the aggregates that
//! leave out NULLs or insist on unique keys. The binder calls the first three by names of our own, since PostgreSQL has
//! them as expressions, not as functions.

use std::collections::HashSet;

use types::json::slices::{self, Parts};
use types::json::{self, Json};
use types::{Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{boolean, text};
use crate::bodies::json_build::{json_key, to_json_text};
use crate::context::EvalContext;
use crate::definition::Accumulator;

fn quoted(key: &str) -> String {
    let mut quoted = String::new();
    json::write_string(key, &mut quoted);
    quoted
}

fn duplicate(key: &str) -> SqlError {
    SqlError::new(
        sqlstate::DUPLICATE_JSON_OBJECT_KEY_VALUE,
        format!("duplicate JSON object key value: {}", quoted(key)),
    )
}

/// Of (leave out NULLs, keys are unique, key, value, key, value …).
pub(crate) fn object(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let (absent, unique) = (boolean(arguments, 0)?, boolean(arguments, 1)?);
    let mut seen = HashSet::new();
    let mut out = String::from("{");
    for at in (2..arguments.len().saturating_sub(1)).step_by(2) {
        let key = json_key(context, &arguments[at], types[at])?;
        if unique && !seen.insert(key.clone()) {
            return Err(duplicate(&key));
        }
        if absent && arguments[at + 1].is_null() {
            continue;
        }
        if out.len() > 1 {
            out.push_str(", ");
        }
        json::write_string(&key, &mut out);
        out.push_str(" : ");
        out.push_str(&to_json_text(context, &arguments[at + 1], types[at + 1])?);
    }
    out.push('}');
    Ok(Datum::text(out))
}

/// Of (leave out NULLs, value, value …).
pub(crate) fn array(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let absent = boolean(arguments, 0)?;
    let mut out = String::from("[");
    for (value, &type_oid) in arguments.iter().zip(types).skip(1) {
        if absent && value.is_null() {
            continue;
        }
        if out.len() > 1 {
            out.push_str(", ");
        }
        out.push_str(&to_json_text(context, value, type_oid)?);
    }
    out.push(']');
    Ok(Datum::text(out))
}

fn has_unique_keys(document: &str, depth: usize) -> SqlResult<bool> {
    if depth > json::MAX_DEPTH {
        return Ok(true);
    }
    match slices::parts(document)? {
        Parts::Object(pairs) => {
            let mut seen = HashSet::new();
            for (key, value) in pairs {
                if !seen.insert(key) || !has_unique_keys(value, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Parts::Array(items) => {
            for item in items {
                if !has_unique_keys(item, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Parts::Scalar(_) => Ok(true),
    }
}

/// `value IS JSON kind [WITH UNIQUE KEYS]`, of (value, kind or the empty text, keys are unique).
pub(crate) fn is_json(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let kind_fits = |first: Option<char>| match text(arguments, 1) {
        Ok("array") => first == Some('['),
        Ok("object") => first == Some('{'),
        Ok("scalar") => !matches!(first, Some('[' | '{')),
        _ => true,
    };
    let document = match &arguments[0] {
        Datum::Jsonb(value) => {
            let first = match &**value {
                Json::Array(_) => Some('['),
                Json::Object(_) => Some('{'),
                _ => None,
            };
            return Ok(Datum::Bool(kind_fits(first)));
        }
        Datum::Text(text) => text.to_string(),
        Datum::Bytea(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => return Ok(Datum::Bool(false)),
        },
        other => return Err(crate::bodies::arguments::wrong_kind("json", other)),
    };
    if json::validate(&document).is_err() || !kind_fits(document.trim_start().chars().next()) {
        return Ok(Datum::Bool(false));
    }
    Ok(Datum::Bool(!boolean(arguments, 2)? || has_unique_keys(&document, 0)?))
}

/// An aggregate that leaves out NULL values, or refuses a key that came before.
pub(crate) struct Selective {
    inner: Box<dyn Accumulator>,
    /// Where the value is among the arguments, if NULL values are left out.
    absent_at: Option<usize>,
    /// Keys so far, if they must be unique.
    seen: Option<HashSet<String>>,
    key_type: Oid,
    binary: bool,
    rows: u64,
    bytes: usize,
}

impl Selective {
    pub(crate) fn new(
        inner: Box<dyn Accumulator>,
        types: &[Oid],
        absent_at: Option<usize>,
        unique: bool,
        binary: bool,
    ) -> Selective {
        Selective {
            inner,
            absent_at,
            seen: unique.then(HashSet::new),
            key_type: types.first().copied().unwrap_or(oid::TEXT),
            binary,
            rows: 0,
            bytes: 0,
        }
    }
}

impl Accumulator for Selective {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        self.rows += 1;
        if let Some(seen) = &mut self.seen {
            let key = json_key(context, &arguments[0], self.key_type)?;
            self.bytes += key.len() + 48;
            if !seen.insert(key.clone()) {
                return Err(if self.binary {
                    SqlError::new(
                        sqlstate::DUPLICATE_JSON_OBJECT_KEY_VALUE,
                        "duplicate JSON object key value",
                    )
                } else {
                    duplicate(&key)
                });
            }
        }
        if self.absent_at.is_some_and(|at| arguments[at].is_null()) {
            return Ok(());
        }
        self.inner.add(context, arguments)
    }

    fn result(&mut self, context: &dyn EvalContext) -> SqlResult<Datum> {
        let result = self.inner.result(context)?;
        if !result.is_null() || self.rows == 0 {
            return Ok(result);
        }
        let is_list = self.absent_at == Some(0);
        Ok(match (self.binary, is_list) {
            (true, true) => Datum::Jsonb(Json::Array(Vec::new()).into()),
            (true, false) => Datum::Jsonb(Json::Object(Vec::new()).into()),
            (false, true) => Datum::text("[]"),
            (false, false) => Datum::text("{}"),
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes + self.inner.size_bytes()
    }
}
