//! Assignments to parts of a column: array elements, slices, fields of composite values.

use planner::expression::{AssignmentTarget, ElementAssignment, Expr, SubscriptBounds};
use types::json::Json;
use types::{Array, ArrayDimension, Datum, Oid, SqlError, SqlResult, sqlstate};

use super::{Scope, evaluate, evaluate_borrowed};

/// The most elements an array may grow to by assignment.
const MAXIMUM_ELEMENTS: i64 = 1 << 24;

/// The column's new value.
pub(super) fn assign(
    assignment: &ElementAssignment,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let base = evaluate(&assignment.base, row, scope)?;
    let value = evaluate(&assignment.value, row, scope)?;
    match &assignment.target {
        AssignmentTarget::Field { index, types } => {
            let mut fields: Vec<(Oid, Datum)> = match &base {
                Datum::Record(fields) => fields.to_vec(),
                _ => Vec::new(),
            };
            for &type_oid in types.iter().skip(fields.len()) {
                fields.push((type_oid, Datum::Null));
            }
            if let Some(field) = fields.get_mut(*index) {
                field.1 = value;
            }
            Ok(Datum::Record(fields.into()))
        }
        AssignmentTarget::Subscripts { element, subscripts } => match &base {
            Datum::Jsonb(json) => set_json(json, subscripts, value, row, scope),
            Datum::Array(array) => set_array(array, subscripts, value, row, scope),
            _ => {
                let empty =
                    Array { element: *element, dimensions: Vec::new(), elements: Vec::new() };
                set_array(&empty, subscripts, value, row, scope)
            }
        },
    }
}

fn error(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, message)
}

/// A subscript in an assignment must not be NULL.
fn place(expression: &Expr, row: &[Datum], scope: &Scope<'_>) -> SqlResult<i64> {
    match *evaluate_borrowed(expression, row, scope)? {
        Datum::Int2(value) => Ok(i64::from(value)),
        Datum::Int4(value) => Ok(i64::from(value)),
        Datum::Int8(value) => Ok(value),
        _ => Err(SqlError::new(
            sqlstate::NULL_VALUE_NOT_ALLOWED,
            "array subscript in assignment must not be null",
        )),
    }
}

fn set_array(
    array: &Array,
    subscripts: &[SubscriptBounds],
    value: Datum,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let is_slice = subscripts.iter().any(|bounds| matches!(bounds, SubscriptBounds::Slice { .. }));
    let mut ranges = Vec::with_capacity(subscripts.len());
    for (number, bounds) in subscripts.iter().enumerate() {
        let dimension = array.dimensions.get(number);
        ranges.push(match bounds {
            SubscriptBounds::Index(index) => {
                let at = place(index, row, scope)?;
                if is_slice { (1, at) } else { (at, at) }
            }
            SubscriptBounds::Slice { lower, upper } => {
                let missing = || {
                    error("array slice subscript must provide both boundaries").detail(
                        "When assigning to a slice of an empty array value, slice boundaries \
                         must be fully specified.",
                    )
                };
                let low = match (lower, dimension) {
                    (Some(bound), _) => place(bound, row, scope)?,
                    (None, Some(dimension)) => i64::from(dimension.lower),
                    (None, None) => return Err(missing()),
                };
                let high = match (upper, dimension) {
                    (Some(bound), _) => place(bound, row, scope)?,
                    (None, Some(dimension)) => {
                        i64::from(dimension.lower) + i64::from(dimension.length) - 1
                    }
                    (None, None) => return Err(missing()),
                };
                (low, high)
            }
        });
    }
    if ranges.iter().any(|(low, high)| low > high) {
        return Err(error("upper bound cannot be less than lower bound"));
    }
    let source: Vec<Datum> = if is_slice {
        match value {
            Datum::Array(source) => source.elements.clone(),
            _ => return Ok(Datum::Array(array.clone().into())),
        }
    } else {
        vec![value]
    };
    let wanted: i64 = ranges.iter().map(|(low, high)| high - low + 1).product();
    if (source.len() as i64) < wanted {
        return Err(error("source array too small"));
    }
    let mut result = grown(array, &ranges)?;
    let mut cursor: Vec<i64> = ranges.iter().map(|range| range.0).collect();
    for datum in source.into_iter().take(usize::try_from(wanted).unwrap_or(0)) {
        let index = cursor.iter().zip(&result.dimensions).fold(0, |index, (at, dimension)| {
            index * i64::from(dimension.length) + (at - i64::from(dimension.lower))
        });
        if let Some(slot) =
            usize::try_from(index).ok().and_then(|index| result.elements.get_mut(index))
        {
            *slot = datum;
        }
        for dimension in (0..cursor.len()).rev() {
            cursor[dimension] += 1;
            if cursor[dimension] <= ranges[dimension].1 {
                break;
            }
            cursor[dimension] = ranges[dimension].0;
        }
    }
    Ok(Datum::Array(result.into()))
}

/// The array, made large enough for the ranges: only one-dimensional ones grow.
fn grown(array: &Array, ranges: &[(i64, i64)]) -> SqlResult<Array> {
    let too_large = || {
        SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "array size exceeds the maximum allowed")
    };
    if array.dimensions.is_empty() {
        let count = ranges.iter().try_fold(1i64, |count, (low, high)| {
            count.checked_mul(high - low + 1).filter(|count| *count <= MAXIMUM_ELEMENTS)
        });
        let count = count.ok_or_else(too_large)?;
        let mut dimensions = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            dimensions.push(ArrayDimension {
                length: i32::try_from(high - low + 1).map_err(|_| too_large())?,
                lower: i32::try_from(*low).map_err(|_| too_large())?,
            });
        }
        let elements = vec![Datum::Null; usize::try_from(count).unwrap_or(0)];
        return Ok(Array { element: array.element, dimensions, elements });
    }
    if array.dimensions.len() != ranges.len() {
        return Err(error("wrong number of array subscripts"));
    }
    let inside = array.dimensions.iter().zip(ranges).all(|(dimension, (low, high))| {
        let first = i64::from(dimension.lower);
        *low >= first && *high < first + i64::from(dimension.length)
    });
    if inside {
        return Ok(array.clone());
    }
    let ([dimension], [(low, high)]) = (array.dimensions.as_slice(), ranges) else {
        return Err(error("array subscript out of range"));
    };
    let first = i64::from(dimension.lower);
    let last = first + i64::from(dimension.length) - 1;
    let (new_first, new_last) = (first.min(*low), last.max(*high));
    let count = new_last - new_first + 1;
    if count > MAXIMUM_ELEMENTS {
        return Err(too_large());
    }
    let mut elements = vec![Datum::Null; usize::try_from(first - new_first).unwrap_or(0)];
    elements.extend_from_slice(&array.elements);
    elements.resize(usize::try_from(count).unwrap_or(0), Datum::Null);
    Ok(Array {
        element: array.element,
        dimensions: vec![ArrayDimension {
            length: i32::try_from(count).map_err(|_| too_large())?,
            lower: i32::try_from(new_first).map_err(|_| too_large())?,
        }],
        elements,
    })
}

fn set_json(
    json: &Json,
    subscripts: &[SubscriptBounds],
    value: Datum,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let mut path = Vec::with_capacity(subscripts.len());
    for bounds in subscripts {
        let SubscriptBounds::Index(index) = bounds else {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                "jsonb subscript does not support slices",
            ));
        };
        path.push(evaluate(index, row, scope)?);
    }
    let value = match value {
        Datum::Jsonb(value) => (*value).clone(),
        _ => Json::Null,
    };
    Ok(Datum::Jsonb(set_path(json, &path, value)?.into()))
}

fn set_path(json: &Json, path: &[Datum], value: Json) -> SqlResult<Json> {
    let Some((step, rest)) = path.split_first() else {
        return Ok(value);
    };
    let index = match step {
        Datum::Int2(index) => Some(i64::from(*index)),
        Datum::Int4(index) => Some(i64::from(*index)),
        Datum::Int8(index) => Some(*index),
        Datum::Text(text) if matches!(json, Json::Array(_)) => text.parse().ok(),
        _ => None,
    };
    match (json, step, index) {
        (_, Datum::Null, _) => Err(SqlError::new(
            sqlstate::NULL_VALUE_NOT_ALLOWED,
            "jsonb subscript in assignment must not be null",
        )),
        (Json::Array(items), _, Some(index)) => {
            let mut items = items.clone();
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let at = if index < 0 { index + length } else { index };
            if !(0..MAXIMUM_ELEMENTS).contains(&at) {
                return Err(error(format!("path element at position 1 is out of range: {index}")));
            }
            let at = usize::try_from(at).unwrap_or(0);
            if at >= items.len() {
                items.resize(at + 1, Json::Null);
            }
            items[at] = set_path(&items[at], rest, value)?;
            Ok(Json::Array(items))
        }
        (Json::Object(pairs), Datum::Text(key), _) => {
            let mut pairs = pairs.clone();
            let old = pairs.iter().find(|(name, _)| **name == **key).map(|(_, old)| old.clone());
            pairs.retain(|(name, _)| **name != **key);
            pairs.push((key.to_string(), set_path(&old.unwrap_or(Json::Null), rest, value)?));
            Ok(Json::object(pairs))
        }
        (Json::Null, Datum::Text(key), _) => {
            let inner = set_path(&Json::Null, rest, value)?;
            Ok(Json::object(vec![(key.to_string(), inner)]))
        }
        (Json::Null, _, Some(_)) => set_path(&Json::Array(Vec::new()), path, value),
        _ => Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "cannot replace existing key")
            .detail("The path assumes key is a composite object, but it is a scalar value.")),
    }
}
