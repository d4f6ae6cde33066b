//! Rows of `pg_proc`: series.

use types::oid::*;

use crate::bodies::series as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    FunctionDef { kind: FunctionKind::SetReturning, ..row(938, "generate_series", &[TIMESTAMP, TIMESTAMP, INTERVAL], TIMESTAMP, STRICT, I, Set(bodies::generate_series_timestamp)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(939, "generate_series", &[TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, STRICT, S, Set(bodies::generate_series_timestamptz)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(1066, "generate_series", &[INT4, INT4, INT4], INT4, STRICT, I, Set(bodies::generate_series_step_int4)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(1067, "generate_series", &[INT4, INT4], INT4, STRICT, I, Set(bodies::generate_series_int4)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(1068, "generate_series", &[INT8, INT8, INT8], INT8, STRICT, I, Set(bodies::generate_series_step_int8)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(1069, "generate_series", &[INT8, INT8], INT8, STRICT, I, Set(bodies::generate_series_int8)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(3259, "generate_series", &[NUMERIC, NUMERIC, NUMERIC], NUMERIC, STRICT, I, Set(bodies::generate_series_step_numeric)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(3260, "generate_series", &[NUMERIC, NUMERIC], NUMERIC, STRICT, I, Set(bodies::generate_series_numeric)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(6274, "generate_series", &[TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL, TEXT], TIMESTAMPTZ, STRICT, I, Set(bodies::generate_series_timestamptz)) },
];
