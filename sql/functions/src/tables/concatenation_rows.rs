//! Rows of `pg_proc`: concatenation and format.

use types::oid::*;

use crate::bodies::concatenation as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::tables::row::{I, LAX, S, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    FunctionDef { variadic: ANY, ..row(438, "num_nulls", &[ANY], INT4, LAX, I, Scalar(bodies::pg_num_nulls)) },
    FunctionDef { variadic: ANY, ..row(440, "num_nonnulls", &[ANY], INT4, LAX, I, Scalar(bodies::pg_num_nonnulls)) },
    FunctionDef { variadic: ANY, ..row(3058, "concat", &[ANY], TEXT, LAX, S, TypedScalar(bodies::text_concat)) },
    FunctionDef { variadic: ANY, ..row(3059, "concat_ws", &[TEXT, ANY], TEXT, LAX, S, TypedScalar(bodies::text_concat_ws)) },
    FunctionDef { variadic: ANY, ..row(3539, "format", &[TEXT, ANY], TEXT, LAX, S, TypedScalar(bodies::text_format)) },
    row(3540, "format", &[TEXT], TEXT, LAX, S, TypedScalar(bodies::text_format_nv)),
];
