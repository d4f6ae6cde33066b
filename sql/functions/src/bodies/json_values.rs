//! `jsonb` functions, and all others on JSON by their name. Functions are named as `pg_proc.prosrc`.

use std::sync::Arc;

use types::json::Json;
use types::numeric::Numeric;
use types::{Datum, Row, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{
    array, boolean, check_every, int4, int4_result, invalid_parameter, jsonb, text, wrong_kind,
};
use crate::context::EvalContext;

pub(crate) use crate::bodies::json_build::*;
pub(crate) use crate::bodies::json_text::*;

fn document(value: &Datum) -> SqlResult<Arc<Json>> {
    match value {
        Datum::Jsonb(value) => Ok(Arc::clone(value)),
        Datum::Text(text) => Json::parse(text).map(Arc::new),
        other => Err(wrong_kind("json", other)),
    }
}

fn jsonb_result(value: Json) -> Datum {
    Datum::Jsonb(value.into())
}

fn as_text(value: &Json) -> Datum {
    value.to_text().map_or(Datum::Null, Datum::text)
}

macro_rules! access_functions {
    ($($name:ident($document:ident, $arguments:ident) $kind:ident => $found:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            let $document = &*jsonb($arguments, 0)?;
            let found: Option<&Json> = $found;
            Ok(found.map_or(Datum::Null, |found| access_functions!(@$kind $arguments, found)))
        }
    )*};
    (@value $arguments:ident, $found:ident) => { jsonb_result($found.clone()) };
    (@text $arguments:ident, $found:ident) => { as_text($found) };
}

fn field<'a>(value: &'a Json, key: &str) -> Option<&'a Json> {
    match value {
        Json::Object(_) => value.get(key),
        _ => None,
    }
}

fn element(value: &Json, index: i32) -> Option<&Json> {
    match value {
        Json::Array(_) => value.get_index(i64::from(index)),
        Json::Object(_) => None,
        // A scalar is stored as an array of one element, and PostgreSQL lets that show.
        _ => (index == 0 || index == -1).then_some(value),
    }
}

/// The steps of a path; `None` if one is NULL.
pub(super) fn steps(arguments: &[Datum], position: usize) -> SqlResult<Option<Vec<String>>> {
    let mut steps = Vec::new();
    for item in &array(arguments, position)?.elements {
        match item {
            Datum::Text(step) => steps.push(step.to_string()),
            Datum::Null => return Ok(None),
            other => return Err(wrong_kind("text", other)),
        }
    }
    Ok(Some(steps))
}

/// The path that an edit follows; `None` if it leads out of the document before its first NULL, which is an error
/// where it is met.
fn edited_path(value: &Json, arguments: &[Datum], scalar: &str) -> SqlResult<Option<Vec<String>>> {
    let path = array(arguments, 1)?;
    if path.dimensions.len() > 1 {
        return Err(SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            "wrong number of array subscripts",
        ));
    }
    if !matches!(value, Json::Object(_) | Json::Array(_)) {
        return Err(type_error(scalar));
    }
    let mut steps = Vec::with_capacity(path.elements.len());
    for item in &path.elements {
        match item {
            Datum::Text(step) => steps.push(step.to_string()),
            Datum::Null => {
                let met = value.get_path(&steps);
                if !matches!(met, Some(Json::Object(_) | Json::Array(_))) {
                    return Ok(None);
                }
                return Err(SqlError::new(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    format!("path element at position {} is null", steps.len() + 1),
                ));
            }
            other => return Err(wrong_kind("text", other)),
        }
    }
    Ok(Some(steps))
}

fn at_path<'a>(value: &'a Json, arguments: &[Datum]) -> SqlResult<Option<&'a Json>> {
    Ok(steps(arguments, 1)?.and_then(|steps| value.get_path(&steps)))
}

access_functions! {
    jsonb_object_field(value, a) value => field(value, text(a, 1)?);
    jsonb_object_field_text(value, a) text => field(value, text(a, 1)?);
    jsonb_array_element(value, a) value => element(value, int4(a, 1)?);
    jsonb_array_element_text(value, a) text => element(value, int4(a, 1)?);
    jsonb_extract_path(value, a) value => at_path(value, a)?;
    jsonb_extract_path_text(value, a) text => at_path(value, a)?;
}

fn has_key(value: &Json, key: &str) -> bool {
    match value {
        Json::Object(_) => value.get(key).is_some(),
        Json::Array(items) => {
            items.iter().any(|item| matches!(item, Json::String(text) if text == key))
        }
        Json::String(text) => text == key,
        _ => false,
    }
}

fn keys(arguments: &[Datum]) -> SqlResult<Vec<String>> {
    let list = array(arguments, 1)?.elements.iter();
    Ok(list
        .filter_map(|item| match item {
            Datum::Text(key) => Some(key.to_string()),
            _ => None,
        })
        .collect())
}

pub(super) fn type_error(message: &str) -> SqlError {
    invalid_parameter(message)
}

macro_rules! jsonb_functions {
    ($($name:ident($value:ident, $arguments:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            let whole = document(&$arguments[0])?;
            let $value = &*whole;
            $result
        }
    )*};
}

jsonb_functions! {
    jsonb_contains(value, a) => Ok(Datum::Bool(value.contains(&*jsonb(a, 1)?)));
    jsonb_contained(value, a) => Ok(Datum::Bool(jsonb(a, 1)?.contains(value)));
    jsonb_exists(value, a) => Ok(Datum::Bool(has_key(value, text(a, 1)?)));
    jsonb_exists_any(value, a) => Ok(Datum::Bool(keys(a)?.iter().any(|key| has_key(value, key))));
    jsonb_exists_all(value, a) => Ok(Datum::Bool(keys(a)?.iter().all(|key| has_key(value, key))));
    jsonb_concat(value, a) => Ok(jsonb_result(concatenated(value, &*jsonb(a, 1)?)));
    jsonb_delete(value, a) => without_keys(value, &[text(a, 1)?.to_owned()]).map(jsonb_result);
    jsonb_delete_array(value, a) => without_keys(value, &keys(a)?).map(jsonb_result);
    jsonb_delete_idx(value, a) => without_index(value, int4(a, 1)?).map(jsonb_result);
    jsonb_delete_path(value, a) => {
        let Some(steps) = edited_path(value, a, "cannot delete path in scalar")? else {
            return Ok(a[0].clone());
        };
        // There is nothing to delete, whatever the path says.
        if matches!(value, Json::Array(items) if items.is_empty()) {
            return Ok(jsonb_result(value.clone()));
        }
        edited(value, &steps, 0, &Edit::Delete).map(jsonb_result)
    };
    jsonb_set(value, a) => {
        let Some(steps) = edited_path(value, a, "cannot set path in scalar")? else {
            return Ok(a[0].clone());
        };
        let edit = Edit::Set { value: &*jsonb(a, 2)?, create: boolean(a, 3)? };
        edited(value, &steps, 0, &edit).map(jsonb_result)
    };
    jsonb_insert(value, a) => {
        let Some(steps) = edited_path(value, a, "cannot set path in scalar")? else {
            return Ok(a[0].clone());
        };
        let edit = Edit::Insert { value: &*jsonb(a, 2)?, after: boolean(a, 3)? };
        edited(value, &steps, 0, &edit).map(jsonb_result)
    };
    jsonb_typeof(value, a) => Ok(Datum::text(value.type_name()));
    jsonb_array_length(value, a) => array_length(value);
    jsonb_strip_nulls(value, a) => Ok(jsonb_result(stripped(value)));
    jsonb_pretty(value, a) => {
        let mut out = String::new();
        value.write_pretty(&mut out);
        Ok(Datum::text(out))
    };
    jsonb_bool(value, a) => match value {
        Json::Bool(value) => Ok(Datum::Bool(*value)),
        other => Err(cannot_cast(other, "boolean")),
    };
    jsonb_numeric(value, a) => Ok(Datum::Numeric(numeric_of(value, "numeric")?.clone()));
    jsonb_int2(value, a) => numeric_of(value, "smallint")?.to_i16().map(Datum::Int2);
    jsonb_int4(value, a) => numeric_of(value, "integer")?.to_i32().map(Datum::Int4);
    jsonb_int8(value, a) => numeric_of(value, "bigint")?.to_i64().map(Datum::Int8);
    jsonb_float4(value, a) => Ok(Datum::Float4(numeric_of(value, "real")?.to_f32()));
    jsonb_float8(value, a) => Ok(Datum::Float8(numeric_of(value, "double precision")?.to_f64()));
}

/// `jsonb_set_lax`: what a NULL new value means is said by the last argument.
pub(crate) fn jsonb_set_lax(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    if [0, 1, 3].iter().any(|&position| arguments[position].is_null()) {
        return Ok(Datum::Null);
    }
    if !arguments[2].is_null() {
        return jsonb_set(context, &arguments[..4]);
    }
    let treatment = if arguments[4].is_null() { "" } else { text(arguments, 4)? };
    match treatment {
        "raise_exception" => Err(SqlError::new(
            sqlstate::NULL_VALUE_NOT_ALLOWED,
            "JSON value must not be null",
        )
        .detail("Exception was raised because null_value_treatment is \"raise_exception\".")
        .hint(
            "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL \
             is not passed.",
        )),
        "use_json_null" => {
            let mut with_null = arguments[..4].to_vec();
            with_null[2] = jsonb_result(Json::Null);
            jsonb_set(context, &with_null)
        }
        "delete_key" => jsonb_delete_path(context, &arguments[..2]),
        "return_target" => Ok(arguments[0].clone()),
        _ => Err(invalid_parameter(
            "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"",
        )),
    }
}

fn cannot_cast(value: &Json, target: &str) -> SqlError {
    let kind = value.type_name();
    let article = if matches!(kind, "array" | "object") {
        "array or object".to_owned()
    } else {
        kind.to_owned()
    };
    let named = match value {
        Json::Array(_) | Json::Object(_) => kind.to_owned(),
        _ => article,
    };
    invalid_parameter(format!("cannot cast jsonb {named} to type {target}"))
}

fn numeric_of<'a>(value: &'a Json, target: &str) -> SqlResult<&'a Numeric> {
    match value {
        Json::Number(number) => Ok(number),
        other => Err(cannot_cast(other, target)),
    }
}

fn array_length(value: &Json) -> SqlResult<Datum> {
    match value {
        Json::Array(items) => int4_result(items.len()),
        Json::Object(_) => Err(type_error("cannot get array length of a non-array")),
        _ => Err(type_error("cannot get array length of a scalar")),
    }
}

fn stripped(value: &Json) -> Json {
    match value {
        Json::Object(pairs) => Json::Object(
            pairs
                .iter()
                .filter(|(_, value)| !matches!(value, Json::Null))
                .map(|(key, value)| (key.clone(), stripped(value)))
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.iter().map(stripped).collect()),
        other => other.clone(),
    }
}

fn concatenated(left: &Json, right: &Json) -> Json {
    match (left, right) {
        (Json::Object(left), Json::Object(right)) => {
            Json::object(left.iter().chain(right).cloned().collect())
        }
        (left, right) => {
            let items = |value: &Json| match value {
                Json::Array(items) => items.clone(),
                other => vec![other.clone()],
            };
            let mut joined = items(left);
            joined.extend(items(right));
            Json::Array(joined)
        }
    }
}

fn without_keys(value: &Json, keys: &[String]) -> SqlResult<Json> {
    match value {
        Json::Object(pairs) => {
            Ok(Json::Object(pairs.iter().filter(|(key, _)| !keys.contains(key)).cloned().collect()))
        }
        Json::Array(items) => Ok(Json::Array(
            items
                .iter()
                .filter(|item| !matches!(item, Json::String(text) if keys.contains(text)))
                .cloned()
                .collect(),
        )),
        _ => Err(type_error("cannot delete from scalar")),
    }
}

fn without_index(value: &Json, index: i32) -> SqlResult<Json> {
    match value {
        Json::Array(items) => {
            let mut items = items.clone();
            if let Some(position) = position_of(index, items.len()) {
                items.remove(position);
            }
            Ok(Json::Array(items))
        }
        Json::Object(_) => Err(type_error("cannot delete from object using integer index")),
        _ => Err(type_error("cannot delete from scalar")),
    }
}

fn position_of(index: i32, length: usize) -> Option<usize> {
    let index = i64::from(index);
    let position = if index < 0 { index + length as i64 } else { index };
    usize::try_from(position).ok().filter(|&position| position < length)
}

enum Edit<'a> {
    Set { value: &'a Json, create: bool },
    Insert { value: &'a Json, after: bool },
    Delete,
}

fn edited(value: &Json, steps: &[String], depth: usize, edit: &Edit<'_>) -> SqlResult<Json> {
    let Some((step, rest)) = steps.split_first() else {
        return Ok(value.clone());
    };
    match value {
        Json::Object(pairs) => {
            let mut pairs = pairs.clone();
            let position = pairs.iter().position(|(key, _)| key == step);
            match (position, rest.is_empty()) {
                (Some(position), false) => {
                    pairs[position].1 = edited(&pairs[position].1, rest, depth + 1, edit)?;
                }
                (Some(position), true) => match edit {
                    Edit::Set { value, .. } => pairs[position].1 = (*value).clone(),
                    Edit::Insert { .. } => {
                        return Err(invalid_parameter("cannot replace existing key")
                            .hint("Try using the function jsonb_set to replace key value."));
                    }
                    Edit::Delete => {
                        pairs.remove(position);
                    }
                },
                (None, true) => match edit {
                    Edit::Set { value, create: true } | Edit::Insert { value, .. } => {
                        pairs.push((step.clone(), (*value).clone()));
                    }
                    Edit::Set { .. } | Edit::Delete => {}
                },
                (None, false) => {}
            }
            Ok(Json::object(pairs))
        }
        Json::Array(items) => {
            let index: i32 = step.trim().parse().map_err(|_| {
                SqlError::new(
                    sqlstate::INVALID_TEXT_REPRESENTATION,
                    format!("path element at position {} is not an integer: \"{step}\"", depth + 1),
                )
            })?;
            let mut items = items.clone();
            match (position_of(index, items.len()), rest.is_empty()) {
                (Some(position), false) => {
                    items[position] = edited(&items[position], rest, depth + 1, edit)?;
                }
                (Some(position), true) => match edit {
                    Edit::Set { value, .. } => items[position] = (*value).clone(),
                    Edit::Insert { value, after } => {
                        items.insert(position + usize::from(*after), (*value).clone());
                    }
                    Edit::Delete => {
                        items.remove(position);
                    }
                },
                (None, true) => match edit {
                    Edit::Set { value, create: true } | Edit::Insert { value, .. } => {
                        let at = if index < 0 { 0 } else { items.len() };
                        items.insert(at, (*value).clone());
                    }
                    Edit::Set { .. } | Edit::Delete => {}
                },
                (None, false) => {}
            }
            Ok(Json::Array(items))
        }
        scalar => Ok(scalar.clone()),
    }
}

/// `json_object(text[])` and `json_object(text[], text[])` as pairs.
fn object_pairs(arguments: &[Datum]) -> SqlResult<Vec<(String, Json)>> {
    let error = |message: &str| SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, message);
    let first = array(arguments, 0)?;
    let (names, values): (Vec<&Datum>, Vec<&Datum>) = match arguments.get(1) {
        Some(_) => {
            let second = array(arguments, 1)?;
            if first.dimensions.len() > 1 || second.dimensions.len() > 1 {
                return Err(error("wrong number of array subscripts"));
            }
            if first.elements.len() != second.elements.len() {
                return Err(error("mismatched array dimensions"));
            }
            (first.elements.iter().collect(), second.elements.iter().collect())
        }
        None => {
            match first.dimensions[..] {
                [] => {}
                [_] if first.elements.len() % 2 == 0 => {}
                [_] => return Err(error("array must have even number of elements")),
                [_, inner] if inner.length == 2 => {}
                [_, _] => return Err(error("array must have two columns")),
                _ => return Err(error("wrong number of array subscripts")),
            }
            (
                first.elements.iter().step_by(2).collect(),
                first.elements.iter().skip(1).step_by(2).collect(),
            )
        }
    };
    names
        .into_iter()
        .zip(values)
        .map(|(name, value)| {
            let Datum::Text(name) = name else {
                return Err(SqlError::new(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    "null value not allowed for object key",
                ));
            };
            let value = match value {
                Datum::Text(text) => Json::String(text.to_string()),
                _ => Json::Null,
            };
            Ok((name.to_string(), value))
        })
        .collect()
}

pub(crate) fn json_object(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut out = String::from("{");
    for (position, (name, value)) in object_pairs(arguments)?.into_iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        types::json::write_string(&name, &mut out);
        out.push_str(" : ");
        value.write(&mut out);
    }
    out.push('}');
    Ok(Datum::text(out))
}

pub(crate) fn json_object_two_arg(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    json_object(context, arguments)
}

pub(crate) fn jsonb_object(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(jsonb_result(Json::object(object_pairs(arguments)?)))
}

pub(crate) fn jsonb_object_two_arg(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    jsonb_object(context, arguments)
}

type Emit<'a> = &'a mut dyn FnMut(Row) -> SqlResult<bool>;

pub(super) fn rows(
    context: &dyn EvalContext,
    rows: impl Iterator<Item = SqlResult<Row>>,
    emit: Emit<'_>,
) -> SqlResult<()> {
    for (round, row) in rows.enumerate() {
        check_every(context, round)?;
        if !emit(row?)? {
            break;
        }
    }
    Ok(())
}

fn items(value: &Json) -> SqlResult<&[Json]> {
    match value {
        Json::Array(items) => Ok(items),
        Json::Object(_) => Err(type_error("cannot extract elements from an object")),
        _ => Err(type_error("cannot extract elements from a scalar")),
    }
}

fn pairs<'a>(value: &'a Json, function: &str) -> SqlResult<&'a [(String, Json)]> {
    match value {
        Json::Object(pairs) => Ok(pairs),
        // Only the one that lists keys tells the kinds apart.
        Json::Array(_) if function == "jsonb_object_keys" => {
            Err(type_error(&format!("cannot call {function} on an array")))
        }
        _ if function == "jsonb_object_keys" => {
            Err(type_error(&format!("cannot call {function} on a scalar")))
        }
        _ => Err(type_error(&format!("cannot call {function} on a non-object"))),
    }
}

macro_rules! set_functions {
    ($($name:ident($value:ident, $arguments:ident) => $rows:expr;)*) => {$(
        pub(crate) fn $name(
            context: &dyn EvalContext,
            $arguments: &[Datum],
            emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
        ) -> SqlResult<()> {
            let $value = &*jsonb($arguments, 0)?;
            rows(context, $rows, emit)
        }
    )*};
}

set_functions! {
    jsonb_array_elements(value, a) => {
        items(value)?.iter().map(|item| Ok(vec![jsonb_result(item.clone())]))
    };
    jsonb_array_elements_text(value, a) => {
        items(value)?.iter().map(|item| Ok(vec![as_text(item)]))
    };
    jsonb_each(value, a) => pairs(value, "jsonb_each")?
        .iter()
        .map(|(key, item)| Ok(vec![Datum::text(key.as_str()), jsonb_result(item.clone())]));
    jsonb_each_text(value, a) => pairs(value, "jsonb_each_text")?
        .iter()
        .map(|(key, item)| Ok(vec![Datum::text(key.as_str()), as_text(item)]));
    jsonb_object_keys(value, a) => pairs(value, "jsonb_object_keys")?
        .iter()
        .map(|(key, _)| Ok(vec![Datum::text(key.as_str())]));
}
