//! JSON objects as rows: `json_populate_record`, `json_to_recordset` and their relatives.
//!
//! What fields a row has is known when a statement is bound: the binder appends it to the arguments as a JSON value,
//! `[function, [field, field …]]`, where a field is `[name, type, modifier, inner]` and `inner` the fields of a composite
//! type, `{"element": type, "fields": fields or null}` of an array type, or null.

use std::sync::Arc;

use types::json::Json;
use types::json::slices;
use types::{Array, ArrayDimension, Datum, Oid, Row, SqlError, SqlResult, builtin, oid, sqlstate};

use crate::bodies::arguments::{invalid_parameter, wrong_kind};
use crate::context::EvalContext;
use crate::input_output::input;

/// JSON values may contain each other this deep here.
const MAXIMUM_DEPTH: usize = 64;

struct Field<'a> {
    name: &'a str,
    type_oid: Oid,
    modifier: i32,
    inner: &'a Json,
}

fn fields(specification: &Json) -> Vec<Field<'_>> {
    let Json::Array(list) = specification else {
        return Vec::new();
    };
    let number = |value: &Json| match value {
        Json::Number(number) => number.to_i64().unwrap_or(0),
        _ => 0,
    };
    list.iter()
        .filter_map(|field| match field {
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(name), type_oid, modifier, inner] => Some(Field {
                    name,
                    type_oid: number(type_oid) as Oid,
                    modifier: number(modifier) as i32,
                    inner,
                }),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// A value with its text as written, if it is `json`.
struct Value {
    tree: Json,
    written: Option<String>,
}

fn value_of(datum: &Datum) -> SqlResult<Option<Value>> {
    match datum {
        Datum::Null => Ok(None),
        Datum::Jsonb(tree) => Ok(Some(Value { tree: (**tree).clone(), written: None })),
        Datum::Text(text) => {
            Ok(Some(Value { tree: Json::parse(text)?, written: Some(text.to_string()) }))
        }
        other => Err(wrong_kind("json", other)),
    }
}

impl Value {
    fn member(&self, key: &str) -> SqlResult<Option<Value>> {
        let Some(tree) = self.tree.get(key) else {
            return Ok(None);
        };
        let written = match &self.written {
            Some(written) => slices::parts(written)?.member(key).map(str::to_owned),
            None => None,
        };
        Ok(Some(Value { tree: tree.clone(), written }))
    }

    fn elements(&self) -> SqlResult<Vec<Value>> {
        let Json::Array(list) = &self.tree else {
            return Ok(Vec::new());
        };
        list.iter()
            .enumerate()
            .map(|(index, tree)| {
                let written = match &self.written {
                    Some(written) => {
                        slices::parts(written)?.element(index as i64).map(str::to_owned)
                    }
                    None => None,
                };
                Ok(Value { tree: tree.clone(), written })
            })
            .collect()
    }

    fn text(&self) -> String {
        match (&self.tree, &self.written) {
            (Json::String(text), _) => text.clone(),
            (_, Some(written)) => written.trim().to_owned(),
            (tree, None) => tree.to_string(),
        }
    }
}

fn converted(
    context: &dyn EvalContext,
    value: &Value,
    field: &Field<'_>,
    depth: usize,
) -> SqlResult<Datum> {
    if depth > MAXIMUM_DEPTH {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
    }
    match (&value.tree, field.type_oid) {
        (_, oid::JSONB) => return Ok(Datum::Jsonb(Arc::new(value.tree.clone()))),
        (tree, oid::JSON) => {
            return Ok(Datum::text(
                value
                    .written
                    .as_ref()
                    .map_or_else(|| tree.to_string(), |text| text.trim().to_owned()),
            ));
        }
        (Json::Null, _) => return Ok(Datum::Null),
        _ => {}
    }
    let element = match field.inner.get("element") {
        Some(Json::Number(number)) => Some(number.to_i64().unwrap_or(0) as Oid),
        _ => builtin::element_of(field.type_oid),
    };
    if let Some(element) = element {
        return match &value.tree {
            Json::Array(_) => {
                let inner = Field {
                    name: field.name,
                    type_oid: element,
                    modifier: field.modifier,
                    inner: field.inner.get("fields").unwrap_or(&Json::Null),
                };
                let mut elements = Vec::new();
                let mut lengths = Vec::new();
                gather(context, value, &inner, (0, depth), &mut lengths, &mut elements)?;
                let dimensions = if elements.is_empty() {
                    Vec::new()
                } else {
                    lengths.into_iter().map(|length| ArrayDimension { length, lower: 1 }).collect()
                };
                Ok(Datum::Array(Arc::new(Array { element, dimensions, elements })))
            }
            Json::String(text) => input(context, field.type_oid, text, field.modifier),
            _ => Err(SqlError::new(sqlstate::INVALID_TEXT_REPRESENTATION, "expected JSON array")
                .hint(format!("See the value of key \"{}\".", field.name))),
        };
    }
    if let Json::Array(_) = field.inner {
        return match &value.tree {
            Json::Object(_) => record(context, value, &fields(field.inner), None, depth + 1),
            Json::String(text) => input(context, field.type_oid, text, field.modifier),
            Json::Array(_) => Err(invalid_parameter("cannot call populate_composite on an array")),
            _ => Err(invalid_parameter("cannot call populate_composite on a scalar")),
        };
    }
    input(context, field.type_oid, &value.text(), field.modifier)
}

/// The elements of an array of arrays in row-major order, and the length of each dimension.
fn gather(
    context: &dyn EvalContext,
    value: &Value,
    inner: &Field<'_>,
    (dimension, depth): (usize, usize),
    lengths: &mut Vec<i32>,
    elements: &mut Vec<Datum>,
) -> SqlResult<()> {
    let malformed = || {
        SqlError::new(sqlstate::INVALID_TEXT_REPRESENTATION, "malformed JSON array")
            .detail("Multidimensional arrays must have sub-arrays with matching dimensions.")
    };
    let items = value.elements()?;
    let length = items.len() as i32;
    match lengths.get(dimension) {
        None => lengths.push(length),
        Some(known) if *known != length => return Err(malformed()),
        Some(_) => {}
    }
    if dimension >= 6 {
        return Err(malformed());
    }
    for item in items {
        if matches!(item.tree, Json::Array(_)) && !matches!(inner.type_oid, oid::JSON | oid::JSONB)
        {
            gather(context, &item, inner, (dimension + 1, depth), lengths, elements)?;
        } else if lengths.len() > dimension + 1 {
            return Err(malformed());
        } else {
            elements.push(converted(context, &item, inner, depth + 1)?);
        }
    }
    Ok(())
}

fn row_of(
    context: &dyn EvalContext,
    value: &Value,
    fields: &[Field<'_>],
    base: Option<&[(Oid, Datum)]>,
    depth: usize,
) -> SqlResult<Row> {
    if !matches!(value.tree, Json::Object(_)) {
        let what = if matches!(value.tree, Json::Array(_)) { "an array" } else { "a scalar" };
        return Err(invalid_parameter(format!("cannot call populate_composite on {what}")));
    }
    fields
        .iter()
        .enumerate()
        .map(|(position, field)| match value.member(field.name)? {
            Some(member) => converted(context, &member, field, depth),
            None => Ok(base
                .and_then(|base| base.get(position))
                .map_or(Datum::Null, |(_, datum)| datum.clone())),
        })
        .collect()
}

fn record(
    context: &dyn EvalContext,
    value: &Value,
    fields: &[Field<'_>],
    base: Option<&[(Oid, Datum)]>,
    depth: usize,
) -> SqlResult<Datum> {
    let row = row_of(context, value, fields, base, depth)?;
    Ok(Datum::Record(fields.iter().map(|field| field.type_oid).zip(row).collect()))
}

/// What every call gives: the row to start from, the document, and the fields.
struct Parts<'a> {
    base: Option<&'a [(Oid, Datum)]>,
    document: &'a Datum,
    fields: Vec<Field<'a>>,
    function: &'a str,
}

fn parts(arguments: &[Datum]) -> SqlResult<Parts<'_>> {
    let unknown = || {
        SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "could not determine row type for result of json_to_record",
        )
        .hint(
            "Provide a non-null record argument, or call the function in the FROM clause using a \
             column definition list.",
        )
    };
    let (specification, given) = match arguments.split_last() {
        Some((Datum::Jsonb(specification), given)) if !given.is_empty() => (specification, given),
        _ => return Err(unknown()),
    };
    let (function, specification) = match &**specification {
        Json::Array(list) => match list.as_slice() {
            [Json::String(function), specification] => (function, specification),
            _ => return Err(unknown()),
        },
        _ => return Err(unknown()),
    };
    let base = match given.first() {
        Some(Datum::Record(fields)) => Some(&**fields),
        _ => None,
    };
    let document = if given.len() > 1 { &given[1] } else { &given[0] };
    Ok(Parts { base, document, fields: fields(specification), function })
}

/// `json_populate_record` in an expression.
pub(crate) fn populate_record(
    context: &dyn EvalContext,
    arguments: &[Datum],
    _: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let parts = parts(arguments)?;
    match value_of(parts.document)? {
        Some(value) => record(context, &value, &parts.fields, parts.base, 0),
        None => Ok(arguments[0].clone()),
    }
}

/// `json_to_record` in an expression: nothing says what its fields are.
pub(crate) fn to_record(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    parts(&arguments[..1]).map(|_| Datum::Null)
}

type Emit<'a> = &'a mut dyn FnMut(Row) -> SqlResult<bool>;

/// Any of the four that make one row, in FROM.
pub(crate) fn record_row(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: Emit<'_>,
) -> SqlResult<()> {
    let parts = parts(arguments)?;
    let row = match value_of(parts.document)? {
        Some(value) => row_of(context, &value, &parts.fields, parts.base, 0)?,
        None => parts
            .fields
            .iter()
            .enumerate()
            .map(|(position, _)| {
                parts
                    .base
                    .and_then(|base| base.get(position))
                    .map_or(Datum::Null, |field| field.1.clone())
            })
            .collect(),
    };
    emit(row).map(drop)
}

fn each_row(
    context: &dyn EvalContext,
    parts: &Parts<'_>,
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let Some(value) = value_of(parts.document)? else {
        return Ok(());
    };
    let function = parts.function;
    match &value.tree {
        Json::Array(_) => {}
        Json::Object(_) => {
            return Err(invalid_parameter(format!("cannot call {function} on an object")));
        }
        _ => return Err(invalid_parameter(format!("cannot call {function} on a scalar"))),
    }
    for (index, element) in value.elements()?.into_iter().enumerate() {
        crate::bodies::arguments::check_every(context, index)?;
        if !matches!(element.tree, Json::Object(_)) {
            return Err(invalid_parameter(format!(
                "argument of {function} must be an array of objects"
            )));
        }
        if !emit(row_of(context, &element, &parts.fields, parts.base, 0)?)? {
            break;
        }
    }
    Ok(())
}

/// Any of the four that make rows, in FROM.
pub(crate) fn record_rows(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: Emit<'_>,
) -> SqlResult<()> {
    each_row(context, &parts(arguments)?, emit)
}

/// `json_populate_recordset` in a select list: each row is one value.
pub(crate) fn populate_recordset(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: Emit<'_>,
) -> SqlResult<()> {
    let parts = parts(arguments)?;
    let types: Vec<Oid> = parts.fields.iter().map(|field| field.type_oid).collect();
    each_row(context, &parts, &mut |row| {
        emit(vec![Datum::Record(types.iter().copied().zip(row).collect())])
    })
}
