//! Array functions. Functions are named as `pg_proc.prosrc`.

use types::compare::equal;
use types::{Array, ArrayDimension, Datum, Oid, Row, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{
    array, boolean, check_every, check_length, int4, int4_result, text, wrong_kind,
};
use crate::context::EvalContext;
use crate::input_output::output;

/// As in PostgreSQL.
const MAXIMUM_DIMENSIONS: usize = 6;

#[cold]
fn subscript_error(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, message)
}

fn built(element: Oid, dimensions: Vec<ArrayDimension>, elements: Vec<Datum>) -> Datum {
    Datum::Array(Array { element, dimensions, elements }.into())
}

fn dimension(arguments: &[Datum]) -> SqlResult<Option<ArrayDimension>> {
    let index = usize::try_from(int4(arguments, 1)?).ok().and_then(|index| index.checked_sub(1));
    Ok(index.and_then(|index| array(arguments, 0).ok()?.dimensions.get(index).copied()))
}

pub(crate) fn array_length(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(dimension(arguments)?.map_or(Datum::Null, |dimension| Datum::Int4(dimension.length)))
}

pub(crate) fn array_lower(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(dimension(arguments)?.map_or(Datum::Null, |dimension| Datum::Int4(dimension.lower)))
}

pub(crate) fn array_upper(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(dimension(arguments)?.map_or(Datum::Null, |dimension| {
        Datum::Int4(dimension.lower.saturating_add(dimension.length - 1))
    }))
}

pub(crate) fn array_ndims(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    match array(arguments, 0)?.dimensions.len() {
        0 => Ok(Datum::Null),
        count => int4_result(count),
    }
}

pub(crate) fn array_dims(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = array(arguments, 0)?;
    if value.dimensions.is_empty() {
        return Ok(Datum::Null);
    }
    let bounds = value.dimensions.iter().map(|dimension| {
        format!(
            "[{}:{}]",
            dimension.lower,
            i64::from(dimension.lower) + i64::from(dimension.length) - 1
        )
    });
    Ok(Datum::text(bounds.collect::<String>()))
}

pub(crate) fn array_cardinality(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    int4_result(array(arguments, 0)?.elements.len())
}

/// The array argument at a position; NULL counts as the empty array of the result's element type.
fn optional(arguments: &[Datum], position: usize) -> SqlResult<Option<&Array>> {
    match &arguments[position] {
        Datum::Null => Ok(None),
        Datum::Array(value) => Ok(Some(value)),
        other => Err(wrong_kind("array", other)),
    }
}

fn element_of(types: &[Oid], array_position: usize, value: Option<&Array>) -> Oid {
    value
        .map(|array| array.element)
        .or_else(|| types::builtin::element_of(types[array_position]))
        .unwrap_or(oid::TEXT)
}

/// Adds one element at an end of a one-dimensional or empty array.
fn push(value: Option<&Array>, element: Oid, item: Datum, at_end: bool) -> SqlResult<Datum> {
    let Some(value) = value.filter(|value| !value.dimensions.is_empty()) else {
        return Ok(Datum::Array(Array::from_elements(element, vec![item]).into()));
    };
    let [dimension] = value.dimensions[..] else {
        return Err(SqlError::new(
            sqlstate::DATA_EXCEPTION,
            "argument must be empty or one-dimensional array",
        ));
    };
    let overflow = || subscript_error("array size exceeds the maximum allowed");
    let length = dimension.length.checked_add(1).ok_or_else(overflow)?;
    let mut elements = Vec::with_capacity(value.elements.len() + 1);
    if at_end {
        elements.extend_from_slice(&value.elements);
        elements.push(item);
    } else {
        elements.push(item);
        elements.extend_from_slice(&value.elements);
    }
    let dimension = ArrayDimension { length, lower: dimension.lower };
    Ok(built(element, vec![dimension], elements))
}

pub(crate) fn array_append(
    _: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let value = optional(arguments, 0)?;
    push(value, element_of(types, 0, value), arguments[1].clone(), true)
}

pub(crate) fn array_prepend(
    _: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let value = optional(arguments, 1)?;
    push(value, element_of(types, 1, value), arguments[0].clone(), false)
}

pub(crate) fn array_cat(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = (optional(arguments, 0)?, optional(arguments, 1)?);
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(arguments[usize::from(left.is_none())].clone());
    };
    if left.dimensions.is_empty() {
        return Ok(arguments[1].clone());
    }
    if right.dimensions.is_empty() {
        return Ok(arguments[0].clone());
    }
    let incompatible =
        |detail: &str| subscript_error("cannot concatenate incompatible arrays").detail(detail);
    let (one, two) = (&left.dimensions, &right.dimensions);
    let lengths = |list: &[ArrayDimension]| list.iter().map(|d| d.length).collect::<Vec<_>>();
    let mut dimensions;
    let added;
    if one.len() == two.len() {
        if lengths(&one[1..]) != lengths(&two[1..]) {
            return Err(incompatible(
                "Arrays with differing element dimensions are not compatible for concatenation.",
            ));
        }
        dimensions = one.clone();
        added = two[0].length;
    } else if one.len() == two.len() + 1 && one[1..] == two[..] {
        dimensions = one.clone();
        added = 1;
    } else if two.len() == one.len() + 1 && two[1..] == one[..] {
        dimensions = two.clone();
        added = 1;
    } else {
        return Err(incompatible(
            "Arrays with differing dimensions are not compatible for concatenation.",
        ));
    }
    dimensions[0].length = dimensions[0]
        .length
        .checked_add(added)
        .ok_or_else(|| subscript_error("array size exceeds the maximum allowed"))?;
    let elements = left.elements.iter().chain(&right.elements).cloned().collect();
    Ok(built(left.element, dimensions, elements))
}

/// NULL elements are never equal for containment.
fn holds(list: &Array, wanted: &Datum) -> bool {
    !wanted.is_null() && list.elements.iter().any(|item| !item.is_null() && equal(item, wanted))
}

fn contains(context: &dyn EvalContext, outer: &Array, inner: &Array) -> SqlResult<bool> {
    for (round, wanted) in inner.elements.iter().enumerate() {
        check_every(context, round.saturating_mul(64))?;
        if !holds(outer, wanted) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(crate) fn arraycontains(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    contains(context, array(arguments, 0)?, array(arguments, 1)?).map(Datum::Bool)
}

pub(crate) fn arraycontained(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    contains(context, array(arguments, 1)?, array(arguments, 0)?).map(Datum::Bool)
}

pub(crate) fn arrayoverlap(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = (array(arguments, 0)?, array(arguments, 1)?);
    Ok(Datum::Bool(right.elements.iter().any(|wanted| holds(left, wanted))))
}

/// For searches NULL is found by NULL.
fn found_equal(item: &Datum, wanted: &Datum) -> bool {
    item.is_null() == wanted.is_null() && (item.is_null() || equal(item, wanted))
}

fn one_dimension(value: &Array) -> SqlResult<i32> {
    match value.dimensions[..] {
        [] => Ok(1),
        [dimension] => Ok(dimension.lower),
        _ => Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "searching for elements in multidimensional arrays is not supported",
        )),
    }
}

pub(crate) fn array_position(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let Some(value) = optional(arguments, 0)? else {
        return Ok(Datum::Null);
    };
    let lower = one_dimension(value)?;
    let start = match arguments.get(2) {
        None => 0,
        Some(Datum::Null) => {
            return Err(SqlError::new(
                sqlstate::NULL_VALUE_NOT_ALLOWED,
                "initial position must not be null",
            ));
        }
        Some(_) => usize::try_from(i64::from(int4(arguments, 2)?) - i64::from(lower)).unwrap_or(0),
    };
    let position =
        value.elements.iter().skip(start).position(|item| found_equal(item, &arguments[1]));
    Ok(position.map_or(Datum::Null, |position| {
        Datum::Int4(lower.saturating_add((start + position) as i32))
    }))
}

pub(crate) fn array_position_start(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    array_position(context, arguments)
}

pub(crate) fn array_positions(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let Some(value) = optional(arguments, 0)? else {
        return Ok(Datum::Null);
    };
    let lower = one_dimension(value)?;
    let positions = value
        .elements
        .iter()
        .enumerate()
        .filter(|(_, item)| found_equal(item, &arguments[1]))
        .map(|(index, _)| Datum::Int4(lower.saturating_add(index as i32)))
        .collect();
    Ok(Datum::Array(Array::from_elements(oid::INT4, positions).into()))
}

pub(crate) fn array_remove(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let Some(value) = optional(arguments, 0)? else {
        return Ok(Datum::Null);
    };
    if value.dimensions.len() > 1 {
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "removing elements from multidimensional arrays is not supported",
        ));
    }
    let kept: Vec<Datum> =
        value.elements.iter().filter(|item| !found_equal(item, &arguments[1])).cloned().collect();
    if kept.len() == value.elements.len() {
        return Ok(arguments[0].clone());
    }
    let mut result = Array::from_elements(value.element, kept);
    if let (Some(new), Some(old)) = (result.dimensions.first_mut(), value.dimensions.first()) {
        new.lower = old.lower;
    }
    Ok(Datum::Array(result.into()))
}

pub(crate) fn array_replace(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let Some(value) = optional(arguments, 0)? else {
        return Ok(Datum::Null);
    };
    let elements = value
        .elements
        .iter()
        .map(|item| if found_equal(item, &arguments[1]) { &arguments[2] } else { item }.clone())
        .collect();
    Ok(built(value.element, value.dimensions.clone(), elements))
}

fn joined(
    context: &dyn EvalContext,
    arguments: &[Datum],
    null_text: Option<&str>,
) -> SqlResult<Datum> {
    let (Some(value), false) = (optional(arguments, 0)?, arguments[1].is_null()) else {
        return Ok(Datum::Null);
    };
    let delimiter = text(arguments, 1)?;
    let mut result = String::new();
    let mut first = true;
    for (round, item) in value.elements.iter().enumerate() {
        check_every(context, round)?;
        let written = match (item, null_text) {
            (Datum::Null, None) => continue,
            (Datum::Null, Some(null_text)) => null_text.to_owned(),
            (item, _) => output(context, value.element, item)?,
        };
        if !first {
            result.push_str(delimiter);
        }
        first = false;
        result.push_str(&written);
        check_length(context, result.len())?;
    }
    Ok(Datum::text(result))
}

pub(crate) fn array_to_text(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    joined(context, arguments, None)
}

pub(crate) fn array_to_text_null(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let null_text = if arguments[2].is_null() { None } else { Some(text(arguments, 2)?) };
    joined(context, arguments, null_text)
}

pub(crate) fn trim_array(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = array(arguments, 0)?;
    let count = int4(arguments, 1)?;
    let length = value.dimensions.first().map_or(0, |dimension| dimension.length);
    if count < 0 || count > length {
        return Err(subscript_error(format!(
            "number of elements to trim must be between 0 and {length}"
        )));
    }
    let mut dimensions = value.dimensions.clone();
    let kept = length - count;
    if kept == 0 {
        return Ok(built(value.element, Vec::new(), Vec::new()));
    }
    dimensions[0].length = kept;
    // As of any slice, subscripts of what is left start with 1.
    dimensions.iter_mut().for_each(|dimension| dimension.lower = 1);
    let per_row = value.elements.len() / length as usize;
    let elements = value.elements[..per_row * kept as usize].to_vec();
    Ok(built(value.element, dimensions, elements))
}

fn filled(
    context: &dyn EvalContext,
    arguments: &[Datum],
    element: Oid,
    lower_position: Option<usize>,
) -> SqlResult<Datum> {
    let null_error = |message: &str| SqlError::new(sqlstate::NULL_VALUE_NOT_ALLOWED, message);
    let numbers = |position: usize| -> SqlResult<Vec<i32>> {
        let Some(list) = optional(arguments, position)? else {
            return Err(null_error("dimension array or low bound array cannot be null"));
        };
        list.elements
            .iter()
            .map(|item| match item {
                Datum::Int4(number) => Ok(*number),
                _ => Err(null_error("dimension values cannot be null")),
            })
            .collect()
    };
    let lengths = numbers(1)?;
    let lowers = match lower_position {
        Some(position) => numbers(position)?,
        None => vec![1; lengths.len()],
    };
    if lengths.len() != lowers.len() {
        return Err(subscript_error("wrong number of array subscripts")
            .detail("Low bound array has different size than dimensions array."));
    }
    if lengths.len() > MAXIMUM_DIMENSIONS {
        return Err(SqlError::new(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            format!(
                "number of array dimensions ({}) exceeds the maximum allowed ({MAXIMUM_DIMENSIONS})",
                lengths.len()
            ),
        ));
    }
    let mut total: usize = 1;
    for &length in &lengths {
        // A length below zero is far too large, as PostgreSQL sees it.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        total = total.saturating_mul(length);
    }
    if total > (1 << 27) {
        return Err(SqlError::new(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            "array size exceeds the maximum allowed (134217727)",
        ));
    }
    check_length(context, total.saturating_mul(std::mem::size_of::<Datum>()))?;
    if lengths.is_empty() || total == 0 {
        return Ok(built(element, Vec::new(), Vec::new()));
    }
    let dimensions = lengths
        .into_iter()
        .zip(lowers)
        .map(|(length, lower)| ArrayDimension { length, lower })
        .collect();
    Ok(built(element, dimensions, vec![arguments[0].clone(); total]))
}

pub(crate) fn array_fill(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    filled(context, arguments, types[0], None)
}

pub(crate) fn array_fill_with_lower_bounds(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    filled(context, arguments, types[0], Some(2))
}

fn shuffled(context: &dyn EvalContext, value: &Array, wanted: usize) -> Datum {
    let Some(dimension) = value.dimensions.first() else {
        return built(value.element, Vec::new(), Vec::new());
    };
    let length = dimension.length as usize;
    let per_row = value.elements.len() / length.max(1);
    let mut order: Vec<usize> = (0..length).collect();
    for position in 0..wanted.min(length) {
        let other = position + (context.random() % (length - position) as u64) as usize;
        order.swap(position, other);
    }
    order.truncate(wanted);
    if order.is_empty() {
        return built(value.element, Vec::new(), Vec::new());
    }
    let mut dimensions = value.dimensions.clone();
    dimensions[0].length = order.len() as i32;
    let elements = order
        .iter()
        .flat_map(|&row| value.elements[row * per_row..(row + 1) * per_row].iter().cloned())
        .collect();
    built(value.element, dimensions, elements)
}

pub(crate) fn array_shuffle(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(shuffled(context, array(arguments, 0)?, usize::MAX))
}

pub(crate) fn array_sample(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = array(arguments, 0)?;
    let length = value.dimensions.first().map_or(0, |dimension| dimension.length);
    let wanted = int4(arguments, 1)?;
    if wanted < 0 || wanted > length {
        return Err(crate::bodies::arguments::invalid_parameter(format!(
            "sample size must be between 0 and {length}"
        )));
    }
    let mut result = shuffled(context, value, wanted as usize);
    if let Datum::Array(array) = &mut result
        && let Some(first) = std::sync::Arc::make_mut(array).dimensions.first_mut()
    {
        first.lower = 1;
    }
    Ok(result)
}

pub(crate) fn array_unnest(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    for (round, item) in array(arguments, 0)?.elements.iter().enumerate() {
        check_every(context, round)?;
        if !emit(vec![item.clone()])? {
            break;
        }
    }
    Ok(())
}

/// `information_schema._pg_expandarray`: each element with its position.
pub(crate) fn pg_expandarray(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    for (round, item) in array(arguments, 0)?.elements.iter().enumerate() {
        check_every(context, round)?;
        if !emit(vec![item.clone(), Datum::Int4((round + 1) as i32)])? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn generate_subscripts(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let Some(dimension) = dimension(arguments)? else {
        return Ok(());
    };
    let reverse = arguments.len() > 2 && boolean(arguments, 2)?;
    for round in 0..dimension.length {
        check_every(context, round as usize)?;
        let offset = if reverse { dimension.length - 1 - round } else { round };
        if !emit(vec![Datum::Int4(dimension.lower.saturating_add(offset))])? {
            break;
        }
    }
    Ok(())
}

/// `pg_options_to_table`: `name=value` entries as rows.
pub(crate) fn pg_options_to_table(
    _: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    for item in &array(arguments, 0)?.elements {
        let Datum::Text(option) = item else { continue };
        let row = match option.split_once('=') {
            Some((name, value)) => vec![Datum::text(name), Datum::text(value)],
            None => vec![Datum::text(&**option), Datum::Null],
        };
        if !emit(row)? {
            break;
        }
    }
    Ok(())
}
