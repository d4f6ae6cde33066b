//! Rows of `pg_proc`: enums.

use types::oid::*;

use crate::bodies::enums as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, S, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    FunctionDef { kind: FunctionKind::Aggregate, ..row(3526, "max", &[ANYENUM], ANYENUM, LAX, I, Aggregate(&crate::bodies::aggregates::MAXIMUM)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(3527, "min", &[ANYENUM], ANYENUM, LAX, I, Aggregate(&crate::bodies::aggregates::MINIMUM)) },
    row(3528, "enum_first", &[ANYENUM], ANYENUM, LAX, S, TypedScalar(bodies::enum_first)),
    row(3529, "enum_last", &[ANYENUM], ANYENUM, LAX, S, TypedScalar(bodies::enum_last)),
    row(3530, "enum_range", &[ANYENUM, ANYENUM], ANYARRAY, LAX, S, TypedScalar(bodies::enum_range_bounds)),
    row(3531, "enum_range", &[ANYENUM], ANYARRAY, LAX, S, TypedScalar(bodies::enum_range_all)),
];
