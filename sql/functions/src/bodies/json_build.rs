//! Values of any type as `json` and `jsonb`.

use types::json::Json;
use types::numeric::Numeric;
use types::{Array, Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{boolean, invalid_parameter};
use crate::bodies::concatenation::spread;
use crate::context::EvalContext;
use crate::input_output::output;

/// Deeper values are refused, so that no recursion here can exhaust the stack.
const MAXIMUM_DEPTH: usize = 512;

fn jsonb_result(value: Json) -> Datum {
    Datum::Jsonb(value.into())
}

/// A datum as JSON, by its type.
pub(crate) fn to_json_value(
    context: &dyn EvalContext,
    value: &Datum,
    type_oid: Oid,
    depth: usize,
) -> SqlResult<Json> {
    if depth > MAXIMUM_DEPTH {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
    }
    let number = |value: f64| {
        if value.is_finite() {
            Json::Number(Numeric::from_f64(value))
        } else {
            Json::String(Numeric::from_f64(value).to_string())
        }
    };
    Ok(match value {
        Datum::Null => Json::Null,
        Datum::Bool(value) => Json::Bool(*value),
        Datum::Int2(value) => Json::Number(Numeric::from(*value)),
        Datum::Int4(value) => Json::Number(Numeric::from(*value)),
        Datum::Int8(value) => Json::Number(Numeric::from(*value)),
        Datum::Float8(value) if value.is_finite() => {
            Json::Number(Numeric::parse(&output(context, oid::FLOAT8, &Datum::Float8(*value))?)?)
        }
        Datum::Float4(value) if value.is_finite() => {
            Json::Number(Numeric::parse(&output(context, oid::FLOAT4, &Datum::Float4(*value))?)?)
        }
        Datum::Float8(value) => number(*value),
        Datum::Float4(value) => number(f64::from(*value)),
        Datum::Numeric(value) if value.is_finite() => Json::Number(value.clone()),
        Datum::Jsonb(value) => (**value).clone(),
        Datum::Text(text) if type_oid == oid::JSON => Json::parse(text)?,
        Datum::Timestamp(_) | Datum::TimestampTz(_) | Datum::Date(_) => {
            Json::String(iso_text(context, value, type_oid)?)
        }
        Datum::Array(array) => array_value(context, array, depth)?,
        Datum::Record(fields) => {
            let mut pairs = Vec::with_capacity(fields.len());
            let names = context.field_names(type_oid);
            for (position, (field_type, field)) in fields.iter().enumerate() {
                let name = field_name(names.as_deref(), position);
                pairs.push((name, to_json_value(context, field, *field_type, depth + 1)?));
            }
            Json::object(pairs)
        }
        other => Json::String(output(context, type_oid, other)?),
    })
}

/// Dates in JSON are ISO 8601 whatever `DateStyle` says.
fn iso_text(context: &dyn EvalContext, value: &Datum, type_oid: Oid) -> SqlResult<String> {
    let formats = types::formats::Formats {
        date_format: types::formats::DateFormat::Iso,
        ..context.formats().clone()
    };
    let mut written = String::new();
    types::io::output(type_oid, value, &formats, &mut written);
    if let (Datum::TimestampTz(_), Some(sign)) = (value, written.rfind(['+', '-']))
        && sign > 10
        && written.len() == sign + 3
    {
        written.push_str(":00");
    }
    if !matches!(value, Datum::Date(_)) && written.as_bytes().get(10) == Some(&b' ') {
        written.replace_range(10..11, "T");
    }
    Ok(written)
}

fn array_value(context: &dyn EvalContext, value: &Array, depth: usize) -> SqlResult<Json> {
    fn level(
        context: &dyn EvalContext,
        value: &Array,
        dimension: usize,
        items: &mut std::slice::Iter<'_, Datum>,
        depth: usize,
    ) -> SqlResult<Json> {
        let mut list = Vec::new();
        for _ in 0..value.dimensions[dimension].length {
            if dimension + 1 < value.dimensions.len() {
                list.push(level(context, value, dimension + 1, items, depth + 1)?);
            } else if let Some(item) = items.next() {
                list.push(to_json_value(context, item, value.element, depth + 1)?);
            }
        }
        Ok(Json::Array(list))
    }
    if value.dimensions.is_empty() {
        return Ok(Json::Array(Vec::new()));
    }
    level(context, value, 0, &mut value.elements.iter(), depth)
}

/// How `json` text is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Compact,
    /// A line for each field or element of the outermost value.
    Lines,
}

/// A value written as `json` text.
pub(crate) fn to_json_text(
    context: &dyn EvalContext,
    value: &Datum,
    type_oid: Oid,
) -> SqlResult<String> {
    let mut out = String::new();
    write_json(context, value, type_oid, Layout::Compact, 0, &mut out)?;
    Ok(out)
}

fn write_json(
    context: &dyn EvalContext,
    value: &Datum,
    type_oid: Oid,
    layout: Layout,
    depth: usize,
    out: &mut String,
) -> SqlResult<()> {
    if depth > MAXIMUM_DEPTH {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
    }
    let separator = if layout == Layout::Lines { ",\n " } else { "," };
    match value {
        // `json` keeps what was written; a record keeps the order of its fields.
        Datum::Text(text) if type_oid == oid::JSON => out.push_str(text),
        Datum::Record(fields) => {
            let names = context.field_names(type_oid);
            out.push('{');
            for (position, (field_type, field)) in fields.iter().enumerate() {
                out.push_str(if position > 0 { separator } else { "" });
                types::json::write_string(&field_name(names.as_deref(), position), out);
                out.push(':');
                write_json(context, field, *field_type, Layout::Compact, depth + 1, out)?;
            }
            out.push('}');
        }
        Datum::Array(array) if array.dimensions.is_empty() => out.push_str("[]"),
        Datum::Array(array) => {
            let mut items = array.elements.iter();
            write_array(context, array, (0, separator), &mut items, depth, out)?;
        }
        other => to_json_value(context, other, type_oid, depth)?.write(out),
    }
    Ok(())
}

/// One dimension of an array; the inner ones have no lines of their own.
fn write_array(
    context: &dyn EvalContext,
    value: &Array,
    (dimension, separator): (usize, &str),
    items: &mut std::slice::Iter<'_, Datum>,
    depth: usize,
    out: &mut String,
) -> SqlResult<()> {
    out.push('[');
    for position in 0..value.dimensions[dimension].length {
        out.push_str(if position > 0 { separator } else { "" });
        if dimension + 1 < value.dimensions.len() {
            write_array(context, value, (dimension + 1, ","), items, depth + 1, out)?;
        } else if let Some(item) = items.next() {
            write_json(context, item, value.element, Layout::Compact, depth + 1, out)?;
        }
    }
    out.push(']');
    Ok(())
}

/// The name of a field of a composite type; fields of a bare `ROW` are `f1`, `f2` and so on.
fn field_name(names: Option<&[String]>, position: usize) -> String {
    let named = names.and_then(|names| names.get(position));
    named.cloned().unwrap_or_else(|| format!("f{}", position + 1))
}

/// The last argument says whether lines are wanted.
fn laid_out(context: &dyn EvalContext, arguments: &[Datum], types: &[Oid]) -> SqlResult<Datum> {
    let layout = if boolean(arguments, 1)? { Layout::Lines } else { Layout::Compact };
    let mut out = String::new();
    write_json(context, &arguments[0], types[0], layout, 0, &mut out)?;
    Ok(Datum::text(out))
}

macro_rules! variadic_functions {
    ($($name:ident($context:ident, $arguments:ident, $types:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name(
            $context: &dyn EvalContext,
            arguments: &[Datum],
            types: &[Oid],
            _: Oid,
        ) -> SqlResult<Datum> {
            let Some((values, kinds)) = spread(arguments, types, 0) else {
                return Ok(Datum::Null);
            };
            let ($arguments, $types) = (values.as_slice(), kinds.as_slice());
            $result
        }
    )*};
}

macro_rules! typed_functions {
    ($($name:ident($context:ident, $arguments:ident, $types:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name(
            $context: &dyn EvalContext,
            $arguments: &[Datum],
            $types: &[Oid],
            _: Oid,
        ) -> SqlResult<Datum> {
            $result
        }
    )*};
}

typed_functions! {
    to_json(c, a, types) => to_json_text(c, &a[0], types[0]).map(Datum::text);
    to_jsonb(c, a, types) => to_json_value(c, &a[0], types[0], 0).map(jsonb_result);
    row_to_json(c, a, types) => to_json_text(c, &a[0], types[0]).map(Datum::text);
    row_to_json_pretty(c, a, types) => laid_out(c, a, types);
    array_to_json(c, a, types) => to_json_text(c, &a[0], types[0]).map(Datum::text);
    array_to_json_pretty(c, a, types) => laid_out(c, a, types);
}

variadic_functions! {
    json_build_array(c, a, types) => {
        let parts: SqlResult<Vec<String>> =
            a.iter().zip(types).map(|(value, &type_oid)| to_json_text(c, value, type_oid)).collect();
        Ok(Datum::text(format!("[{}]", parts?.join(", "))))
    };
    jsonb_build_array(c, a, types) => {
        let parts: SqlResult<Vec<Json>> = a
            .iter()
            .zip(types)
            .map(|(value, &type_oid)| to_json_value(c, value, type_oid, 0))
            .collect();
        Ok(jsonb_result(Json::Array(parts?)))
    };
    json_build_object(c, a, types) => {
        let mut out = String::from("{");
        for (position, pair) in even_pairs(a, types, "json_build_object")?.into_iter().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            types::json::write_string(&json_key(c, pair.0, pair.1)?, &mut out);
            out.push_str(" : ");
            out.push_str(&to_json_text(c, pair.2, pair.3)?);
        }
        out.push('}');
        Ok(Datum::text(out))
    };
    jsonb_build_object(c, a, types) => {
        let mut pairs = Vec::new();
        for (position, pair) in even_pairs(a, types, "jsonb_build_object")?.into_iter().enumerate() {
            let key = key_text(c, pair.0, pair.1, position)?;
            pairs.push((key, to_json_value(c, pair.2, pair.3, 0)?));
        }
        Ok(jsonb_result(Json::object(pairs)))
    };
}

pub(crate) fn json_build_array_noargs(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::text("[]"))
}

pub(crate) fn jsonb_build_array_noargs(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(jsonb_result(Json::Array(Vec::new())))
}

pub(crate) fn json_build_object_noargs(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::text("{}"))
}

pub(crate) fn jsonb_build_object_noargs(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(jsonb_result(Json::object(Vec::new())))
}

fn even_pairs<'a>(
    arguments: &'a [Datum],
    types: &[Oid],
    function: &str,
) -> SqlResult<Vec<(&'a Datum, Oid, &'a Datum, Oid)>> {
    if !arguments.len().is_multiple_of(2) {
        return Err(invalid_parameter("argument list must have even number of elements").hint(
            format!("The arguments of {function}() must consist of alternating keys and values."),
        ));
    }
    Ok((0..arguments.len() / 2)
        .map(|pair| {
            let at = pair * 2;
            (&arguments[at], types[at], &arguments[at + 1], types[at + 1])
        })
        .collect())
}

/// The key of a `jsonb` object being built.
pub(crate) fn key_text(
    context: &dyn EvalContext,
    key: &Datum,
    type_oid: Oid,
    position: usize,
) -> SqlResult<String> {
    match key {
        Datum::Null => {
            Err(invalid_parameter(format!("argument {}: key must not be null", position * 2 + 1)))
        }
        other => scalar_key(context, other, type_oid),
    }
}

/// The key of a `json` object being built.
pub(crate) fn json_key(context: &dyn EvalContext, key: &Datum, type_oid: Oid) -> SqlResult<String> {
    match key {
        Datum::Null => Err(SqlError::new(
            sqlstate::NULL_VALUE_NOT_ALLOWED,
            "null value not allowed for object key",
        )),
        other => scalar_key(context, other, type_oid),
    }
}

fn scalar_key(context: &dyn EvalContext, key: &Datum, type_oid: Oid) -> SqlResult<String> {
    let composite = matches!(key, Datum::Array(_) | Datum::Record(_) | Datum::Jsonb(_));
    if composite || type_oid == oid::JSON {
        return Err(invalid_parameter("key value must be scalar, not array, composite, or json"));
    }
    Ok(match to_json_value(context, key, type_oid, 0)? {
        Json::String(text) => text,
        other => other.to_string(),
    })
}
