//! Rows of `pg_proc`: window functions.

use types::oid::*;

use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    FunctionDef { kind: FunctionKind::Window, ..row(3100, "row_number", &[], INT8, LAX, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3101, "rank", &[], INT8, LAX, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3102, "dense_rank", &[], INT8, LAX, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3103, "percent_rank", &[], FLOAT8, LAX, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3104, "cume_dist", &[], FLOAT8, LAX, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3105, "ntile", &[INT4], INT4, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3106, "lag", &[ANYELEMENT], ANYELEMENT, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3107, "lag", &[ANYELEMENT, INT4], ANYELEMENT, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3108, "lag", &[ANYCOMPATIBLE, INT4, ANYCOMPATIBLE], ANYCOMPATIBLE, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3109, "lead", &[ANYELEMENT], ANYELEMENT, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3110, "lead", &[ANYELEMENT, INT4], ANYELEMENT, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3111, "lead", &[ANYCOMPATIBLE, INT4, ANYCOMPATIBLE], ANYCOMPATIBLE, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3112, "first_value", &[ANYELEMENT], ANYELEMENT, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3113, "last_value", &[ANYELEMENT], ANYELEMENT, STRICT, I, Window) },
    FunctionDef { kind: FunctionKind::Window, ..row(3114, "nth_value", &[ANYELEMENT, INT4], ANYELEMENT, STRICT, I, Window) },
];
