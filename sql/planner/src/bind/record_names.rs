//! Functions that name the fields of rows: they are told which row it is, though they take any.

use functions::record_shapes::identifier;
use types::{Oid, oid};

use crate::expression::Expr;
use crate::walk::type_of;

/// Functions and aggregates whose JSON has the names of a row's fields.
fn names_fields(function: &str) -> bool {
    matches!(
        function,
        "row_to_json"
            | "to_json"
            | "to_jsonb"
            | "json_agg"
            | "jsonb_agg"
            | "json_agg_strict"
            | "jsonb_agg_strict"
    )
}

/// Puts the type of the row itself in the place of `record`.
pub fn refine(function: &str, argument_types: &mut [Oid], arguments: &[Expr]) {
    if !names_fields(function) {
        return;
    }
    for (ty, argument) in argument_types.iter_mut().zip(arguments) {
        if *ty != oid::RECORD {
            continue;
        }
        *ty = identifier(match argument {
            Expr::Cast(cast) if matches!(cast.path, functions::CastPath::Relabel { .. }) => {
                type_of(&cast.operand)
            }
            argument => type_of(argument),
        });
    }
}
