//! Rows of `pg_proc`: arrays.

use types::oid::*;

use crate::bodies::arrays as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, S, STRICT, V, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(378, "array_append", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, LAX, I, TypedScalar(bodies::array_append)),
    row(379, "array_prepend", &[ANYCOMPATIBLE, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, LAX, I, TypedScalar(bodies::array_prepend)),
    row(383, "array_cat", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, LAX, I, Scalar(bodies::array_cat)),
    row(384, "array_to_string", &[ANYARRAY, TEXT, TEXT], TEXT, LAX, S, Scalar(bodies::array_to_text_null)),
    row(395, "array_to_string", &[ANYARRAY, TEXT], TEXT, STRICT, S, Scalar(bodies::array_to_text)),
    row(747, "array_dims", &[ANYARRAY], TEXT, STRICT, I, Scalar(bodies::array_dims)),
    row(748, "array_ndims", &[ANYARRAY], INT4, STRICT, I, Scalar(bodies::array_ndims)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(1191, "generate_subscripts", &[ANYARRAY, INT4, BOOL], INT4, STRICT, I, Set(bodies::generate_subscripts)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(1192, "generate_subscripts", &[ANYARRAY, INT4], INT4, STRICT, I, Set(bodies::generate_subscripts)) },
    row(1193, "array_fill", &[ANYELEMENT, INT4_ARRAY], ANYARRAY, LAX, I, TypedScalar(bodies::array_fill)),
    row(1286, "array_fill", &[ANYELEMENT, INT4_ARRAY, INT4_ARRAY], ANYARRAY, LAX, I, TypedScalar(bodies::array_fill_with_lower_bounds)),
    row(2091, "array_lower", &[ANYARRAY, INT4], INT4, STRICT, I, Scalar(bodies::array_lower)),
    row(2092, "array_upper", &[ANYARRAY, INT4], INT4, STRICT, I, Scalar(bodies::array_upper)),
    row(2176, "array_length", &[ANYARRAY, INT4], INT4, STRICT, I, Scalar(bodies::array_length)),
    FunctionDef { argument_names: &["options_array"], columns: &[("option_name", TEXT), ("option_value", TEXT)], kind: FunctionKind::SetReturning, ..row(2289, "pg_options_to_table", &[TEXT_ARRAY], RECORD, STRICT, S, Set(bodies::pg_options_to_table)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(2331, "unnest", &[ANYARRAY], ANYELEMENT, STRICT, I, Set(bodies::array_unnest)) },
    row(2747, "arrayoverlap", &[ANYARRAY, ANYARRAY], BOOL, STRICT, I, Scalar(bodies::arrayoverlap)),
    row(2748, "arraycontains", &[ANYARRAY, ANYARRAY], BOOL, STRICT, I, Scalar(bodies::arraycontains)),
    row(2749, "arraycontained", &[ANYARRAY, ANYARRAY], BOOL, STRICT, I, Scalar(bodies::arraycontained)),
    row(3167, "array_remove", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, LAX, I, Scalar(bodies::array_remove)),
    row(3168, "array_replace", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, LAX, I, Scalar(bodies::array_replace)),
    row(3179, "cardinality", &[ANYARRAY], INT4, STRICT, I, Scalar(bodies::array_cardinality)),
    row(3277, "array_position", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], INT4, LAX, I, Scalar(bodies::array_position)),
    row(3278, "array_position", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, INT4], INT4, LAX, I, Scalar(bodies::array_position_start)),
    row(3279, "array_positions", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], INT4_ARRAY, LAX, I, Scalar(bodies::array_positions)),
    row(6172, "trim_array", &[ANYARRAY, INT4], ANYARRAY, STRICT, I, Scalar(bodies::trim_array)),
    row(6215, "array_shuffle", &[ANYARRAY], ANYARRAY, STRICT, V, Scalar(bodies::array_shuffle)),
    row(6216, "array_sample", &[ANYARRAY, INT4], ANYARRAY, STRICT, V, Scalar(bodies::array_sample)),
    FunctionDef { columns: &[("x", ANYELEMENT), ("n", INT4)], kind: FunctionKind::SetReturning, ..row(13208, "_pg_expandarray", &[ANYARRAY], RECORD, STRICT, I, Set(bodies::pg_expandarray)) },
];
