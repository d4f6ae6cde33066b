//! `json` functions. `json` is kept as text, and its parts are given back as they were written.

use types::json::slices::{self, Parts};
use types::{Datum, Row, SqlResult};

use crate::bodies::arguments::{int4, int4_result, text};
use crate::bodies::json_values::{rows, steps, type_error};
use crate::context::EvalContext;

macro_rules! slice_functions {
    ($($name:ident($document:ident, $arguments:ident) $kind:ident => $found:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            let $document = text($arguments, 0)?;
            let found: Option<&str> = $found;
            Ok(match found {
                None => Datum::Null,
                Some(found) => slice_functions!(@$kind found),
            })
        }
    )*};
    (@value $found:ident) => { Datum::text($found) };
    (@text $found:ident) => { part_datum($found)? };
}

fn part_datum(part: &str) -> SqlResult<Datum> {
    Ok(slices::part_text(part)?.map_or(Datum::Null, Datum::text))
}

fn slice_at_path<'a>(document: &'a str, arguments: &[Datum]) -> SqlResult<Option<&'a str>> {
    match steps(arguments, 1)? {
        Some(steps) => slices::at_path(document, &steps),
        None => Ok(None),
    }
}

slice_functions! {
    json_object_field(value, a) value => slices::parts(value)?.member(text(a, 1)?);
    json_object_field_text(value, a) text => slices::parts(value)?.member(text(a, 1)?);
    json_array_element(value, a) value => slices::parts(value)?.element(int4(a, 1)?.into());
    json_array_element_text(value, a) text => slices::parts(value)?.element(int4(a, 1)?.into());
    json_extract_path(value, a) value => slice_at_path(value, a)?;
    json_extract_path_text(value, a) text => slice_at_path(value, a)?;
}

pub(crate) fn json_typeof(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let document = text(arguments, 0)?.trim_start();
    Ok(Datum::text(match document.as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }))
}

pub(crate) fn json_array_length(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let scalar = || Err(type_error("cannot get array length of a scalar"));
    let text = text(arguments, 0)?;
    if is_scalar(text) {
        return scalar();
    }
    match slices::parts(text)? {
        Parts::Array(elements) => int4_result(elements.len()),
        Parts::Object(_) => Err(type_error("cannot get array length of a non-array")),
        Parts::Scalar(_) => scalar(),
    }
}

pub(crate) fn json_strip_nulls(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut out = String::new();
    slices::write_without_nulls(text(arguments, 0)?, &mut out)?;
    Ok(Datum::text(out))
}

/// Known before the escapes of a string are read, which may be wrong.
fn is_scalar(value: &str) -> bool {
    !value.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(['[', '{'])
}

fn json_items<'a>(value: &'a str, function: &str) -> SqlResult<Vec<&'a str>> {
    let scalar = || Err(type_error(&format!("cannot call {function} on a scalar")));
    // Those that give text read the escapes first.
    if is_scalar(value) && !function.ends_with("_text") {
        return scalar();
    }
    match slices::parts(value)? {
        Parts::Array(items) => Ok(items),
        Parts::Object(_) => Err(type_error(&format!("cannot call {function} on a non-array"))),
        Parts::Scalar(_) => scalar(),
    }
}

fn json_pairs<'a>(value: &'a str, function: &str) -> SqlResult<Vec<(String, &'a str)>> {
    match (slices::parts(value)?, function) {
        (Parts::Object(pairs), _) => Ok(pairs),
        (Parts::Array(_), "json_object_keys") => {
            Err(type_error(&format!("cannot call {function} on an array")))
        }
        (Parts::Array(_), _) => Err(type_error("cannot deconstruct an array as an object")),
        (Parts::Scalar(_), "json_object_keys") => {
            Err(type_error(&format!("cannot call {function} on a scalar")))
        }
        (Parts::Scalar(_), _) => Err(type_error("cannot deconstruct a scalar")),
    }
}

macro_rules! json_set_functions {
    ($($name:ident($value:ident) => $rows:expr;)*) => {$(
        pub(crate) fn $name(
            context: &dyn EvalContext,
            arguments: &[Datum],
            emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
        ) -> SqlResult<()> {
            let $value = text(arguments, 0)?;
            rows(context, $rows, emit)
        }
    )*};
}

json_set_functions! {
    json_array_elements(value) => json_items(value, "json_array_elements")?
        .into_iter()
        .map(|item| Ok(vec![Datum::text(item)]));
    json_array_elements_text(value) => json_items(value, "json_array_elements_text")?
        .into_iter()
        .map(|item| Ok(vec![part_datum(item)?]));
    json_each(value) => json_pairs(value, "json_each")?
        .into_iter()
        .map(|(key, item)| Ok(vec![Datum::text(key), Datum::text(item)]));
    json_each_text(value) => json_pairs(value, "json_each_text")?
        .into_iter()
        .map(|(key, item)| Ok(vec![Datum::text(key), part_datum(item)?]));
    json_object_keys(value) => json_pairs(value, "json_object_keys")?
        .into_iter()
        .map(|(key, _)| Ok(vec![Datum::text(key)]));
}
