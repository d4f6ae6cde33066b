//! Functions of enum types; the labels and their order are asked of the session's catalog.

use types::{Array, Datum, Oid, SqlError, SqlResult, sqlstate};

use crate::context::EvalContext;

/// Sort positions of the type's labels, in order.
fn positions(context: &dyn EvalContext, types: &[Oid]) -> SqlResult<Vec<f32>> {
    let labels = types.iter().find_map(|&argument| context.enum_labels(argument));
    let labels = labels.ok_or_else(|| {
        SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, "could not determine actual enum type")
    })?;
    let mut positions: Vec<f32> = labels.into_iter().map(|(_, position)| position).collect();
    positions.sort_by(f32::total_cmp);
    Ok(positions)
}

fn end(position: Option<&f32>, types: &[Oid]) -> SqlResult<Datum> {
    position.copied().map(Datum::Enum).ok_or_else(|| {
        SqlError::new(
            sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("enum {} contains no values", types.first().copied().unwrap_or_default()),
        )
    })
}

pub(crate) fn enum_first(
    context: &dyn EvalContext,
    _: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    end(positions(context, types)?.first(), types)
}

pub(crate) fn enum_last(
    context: &dyn EvalContext,
    _: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    end(positions(context, types)?.last(), types)
}

fn listed(types: &[Oid], positions: impl Iterator<Item = f32>) -> Datum {
    let element = types.first().copied().unwrap_or_default();
    Datum::Array(Array::from_elements(element, positions.map(Datum::Enum).collect()).into())
}

pub(crate) fn enum_range_all(
    context: &dyn EvalContext,
    _: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    Ok(listed(types, positions(context, types)?.into_iter()))
}

/// From one value to another; NULL is the end of the type.
pub(crate) fn enum_range_bounds(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let bound = |argument: &Datum| match argument {
        Datum::Enum(position) => Some(*position),
        _ => None,
    };
    let (low, high) = (bound(&arguments[0]), bound(&arguments[1]));
    let inside = positions(context, types)?.into_iter().filter(|position| {
        low.is_none_or(|low| *position >= low) && high.is_none_or(|high| *position <= high)
    });
    Ok(listed(types, inside))
}
