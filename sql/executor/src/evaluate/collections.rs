//! Arrays in expressions: constructors, subscripts, ANY and ALL; and jsonb subscripts.

use functions::FunctionDef;
use planner::expression::{Expr, Subscript, SubscriptBounds};
use types::json::Json;
use types::{Array, ArrayDimension, Datum, Oid, SqlError, SqlResult, sqlstate};

use super::{Scope, call_test, evaluate, evaluate_borrowed};

/// `operand op ANY (array)`, `operand op ALL (array)`.
pub(super) fn any_all(
    operand: &Expr,
    array: &Expr,
    function: &'static FunctionDef,
    all: bool,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let value = evaluate(operand, row, scope)?;
    let array = evaluate_borrowed(array, row, scope)?;
    let Datum::Array(array) = &*array else {
        return Ok(Datum::Null);
    };
    let mut unknown = false;
    for (position, element) in array.elements.iter().enumerate() {
        if position % 4096 == 4095 {
            scope.session.check_interrupts()?;
        }
        match call_test(function, value.clone(), element.clone(), scope)? {
            Some(result) if result != all => return Ok(Datum::Bool(!all)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Datum::Null } else { Datum::Bool(all) })
}

/// `ARRAY[…]`.
pub(super) fn array(
    elements: &[Expr],
    element: Oid,
    nested: bool,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let mut values = Vec::with_capacity(elements.len());
    for item in elements {
        values.push(evaluate(item, row, scope)?);
    }
    let array = if nested { nest(element, values)? } else { Array::from_elements(element, values) };
    Ok(Datum::Array(array.into()))
}

/// An array of arrays of one shape. Used by `ARRAY(SELECT array)` too.
pub(super) fn nest(element: Oid, parts: Vec<Datum>) -> SqlResult<Array> {
    let mismatch = || {
        SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            "multidimensional arrays must have array expressions with matching dimensions",
        )
    };
    let mut inner: Option<Vec<ArrayDimension>> = None;
    let mut flat = Vec::new();
    let count = parts.len();
    let mut empty = 0;
    for part in parts {
        let Datum::Array(part) = part else {
            empty += 1;
            continue;
        };
        if part.dimensions.is_empty() {
            empty += 1;
            continue;
        }
        match &inner {
            None => inner = Some(part.dimensions.clone()),
            Some(dimensions) if *dimensions != part.dimensions => return Err(mismatch()),
            Some(_) => {}
        }
        flat.extend_from_slice(&part.elements);
    }
    let Some(inner) = inner else {
        return Ok(Array { element, dimensions: Vec::new(), elements: Vec::new() });
    };
    if empty > 0 {
        return Err(mismatch());
    }
    if inner.len() >= 6 {
        return Err(SqlError::new(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            format!(
                "number of array dimensions ({}) exceeds the maximum allowed (6)",
                inner.len() + 1
            ),
        ));
    }
    let length = i32::try_from(count)
        .map_err(|_| SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "array is too large"))?;
    let mut dimensions = vec![ArrayDimension { length, lower: 1 }];
    dimensions.extend(inner);
    Ok(Array { element, dimensions, elements: flat })
}

/// `a[1]`, `a[1:2][3]`, `jsonb['key']`.
pub(super) fn subscript(
    subscript: &Subscript,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let operand = evaluate_borrowed(&subscript.operand, row, scope)?;
    match &*operand {
        Datum::Array(array) => {
            let has_slice = subscript
                .subscripts
                .iter()
                .any(|bounds| matches!(bounds, SubscriptBounds::Slice { .. }));
            if has_slice {
                slice(array, &subscript.subscripts, row, scope)
            } else {
                element_at(array, &subscript.subscripts, row, scope)
            }
        }
        Datum::Jsonb(json) => json_element(json, &subscript.subscripts, row, scope),
        Datum::Text(name) => byte_of_name(name, &subscript.subscripts, row, scope),
        _ => Ok(Datum::Null),
    }
}

/// `name` is an array of 64 bytes counted from 0, filled with zeros behind its end.
fn byte_of_name(
    name: &str,
    subscripts: &[SubscriptBounds],
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    const LENGTH: usize = 64;
    let [SubscriptBounds::Index(index)] = subscripts else {
        return Ok(Datum::Null);
    };
    let place = position(index, row, scope)?.and_then(|place| usize::try_from(place).ok());
    let byte = |place| name.as_bytes().get(place).copied().unwrap_or(0);
    Ok(place.filter(|place| *place < LENGTH).map_or(Datum::Null, |place| Datum::Char(byte(place))))
}

fn position(expression: &Expr, row: &[Datum], scope: &Scope<'_>) -> SqlResult<Option<i64>> {
    Ok(match *evaluate_borrowed(expression, row, scope)? {
        Datum::Int2(value) => Some(i64::from(value)),
        Datum::Int4(value) => Some(i64::from(value)),
        Datum::Int8(value) => Some(value),
        _ => None,
    })
}

fn element_at(
    array: &Array,
    subscripts: &[SubscriptBounds],
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    if subscripts.len() != array.dimensions.len() {
        return Ok(Datum::Null);
    }
    let mut index = 0usize;
    for (bounds, dimension) in subscripts.iter().zip(&array.dimensions) {
        let SubscriptBounds::Index(expression) = bounds else {
            return Ok(Datum::Null);
        };
        let Some(place) = position(expression, row, scope)? else {
            return Ok(Datum::Null);
        };
        let offset = place - i64::from(dimension.lower);
        if offset < 0 || offset >= i64::from(dimension.length) {
            return Ok(Datum::Null);
        }
        index = index * usize::try_from(dimension.length).unwrap_or(0)
            + usize::try_from(offset).unwrap_or(0);
    }
    Ok(array.elements.get(index).cloned().unwrap_or_default())
}

fn slice(
    array: &Array,
    subscripts: &[SubscriptBounds],
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let empty = || {
        Datum::Array(
            Array { element: array.element, dimensions: Vec::new(), elements: Vec::new() }.into(),
        )
    };
    // In a slice a plain `[n]` means `[1:n]`; dimensions not named are taken whole.
    let mut ranges = Vec::with_capacity(array.dimensions.len());
    for (number, dimension) in array.dimensions.iter().enumerate() {
        let first = i64::from(dimension.lower);
        let last = first + i64::from(dimension.length) - 1;
        let (low, high) = match subscripts.get(number) {
            None => (first, last),
            Some(SubscriptBounds::Index(upper)) => match position(upper, row, scope)? {
                Some(upper) => (1, upper),
                None => return Ok(Datum::Null),
            },
            Some(SubscriptBounds::Slice { lower, upper }) => {
                let mut ends = [first, last];
                for (end, bound) in ends.iter_mut().zip([lower, upper]) {
                    if let Some(bound) = bound {
                        match position(bound, row, scope)? {
                            Some(value) => *end = value,
                            None => return Ok(Datum::Null),
                        }
                    }
                }
                (ends[0], ends[1])
            }
        };
        let (low, high) = (low.max(first), high.min(last));
        if low > high {
            return Ok(empty());
        }
        ranges.push((low - first, high - first));
    }
    if subscripts.len() > array.dimensions.len() || array.dimensions.is_empty() {
        return Ok(empty());
    }
    let mut elements = Vec::new();
    let mut place: Vec<i64> = ranges.iter().map(|range| range.0).collect();
    'all: loop {
        let index = place
            .iter()
            .zip(&array.dimensions)
            .fold(0i64, |index, (at, dimension)| index * i64::from(dimension.length) + at);
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        elements.push(array.elements.get(index).cloned().unwrap_or_default());
        for dimension in (0..place.len()).rev() {
            place[dimension] += 1;
            if place[dimension] <= ranges[dimension].1 {
                continue 'all;
            }
            place[dimension] = ranges[dimension].0;
        }
        break;
    }
    let dimensions = ranges
        .iter()
        .map(|(low, high)| ArrayDimension {
            length: i32::try_from(high - low + 1).unwrap_or(i32::MAX),
            lower: 1,
        })
        .collect();
    Ok(Datum::Array(Array { element: array.element, dimensions, elements }.into()))
}

fn json_element(
    json: &Json,
    subscripts: &[SubscriptBounds],
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let mut current = json;
    for bounds in subscripts {
        let SubscriptBounds::Index(expression) = bounds else {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                "jsonb subscript does not support slices",
            ));
        };
        let key = evaluate_borrowed(expression, row, scope)?;
        let next = match &*key {
            Datum::Null => return Ok(Datum::Null),
            Datum::Text(key) => match current {
                Json::Array(_) => key.parse().ok().and_then(|index| current.get_index(index)),
                _ => current.get(key),
            },
            Datum::Int2(index) => current.get_index(i64::from(*index)),
            Datum::Int4(index) => current.get_index(i64::from(*index)),
            Datum::Int8(index) => current.get_index(*index),
            _ => None,
        };
        match next {
            Some(value) => current = value,
            None => return Ok(Datum::Null),
        }
    }
    Ok(Datum::Jsonb(current.clone().into()))
}
