//! Rows of `pg_proc`: templates of dates and numbers.

use types::oid::*;

use crate::bodies::formatting as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::tables::row::{S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(1768, "to_char", &[INTERVAL, TEXT], TEXT, STRICT, S, Scalar(bodies::interval_to_char)),
    row(1770, "to_char", &[TIMESTAMPTZ, TEXT], TEXT, STRICT, S, Scalar(bodies::timestamptz_to_char)),
    row(1772, "to_char", &[NUMERIC, TEXT], TEXT, STRICT, S, Scalar(bodies::numeric_to_char)),
    row(1773, "to_char", &[INT4, TEXT], TEXT, STRICT, S, Scalar(bodies::int4_to_char)),
    row(1774, "to_char", &[INT8, TEXT], TEXT, STRICT, S, Scalar(bodies::int8_to_char)),
    row(1775, "to_char", &[FLOAT4, TEXT], TEXT, STRICT, S, Scalar(bodies::float4_to_char)),
    row(1776, "to_char", &[FLOAT8, TEXT], TEXT, STRICT, S, Scalar(bodies::float8_to_char)),
    row(1777, "to_number", &[TEXT, TEXT], NUMERIC, STRICT, S, Scalar(bodies::numeric_to_number)),
    row(1778, "to_timestamp", &[TEXT, TEXT], TIMESTAMPTZ, STRICT, S, Scalar(bodies::to_timestamp)),
    row(1780, "to_date", &[TEXT, TEXT], DATE, STRICT, S, Scalar(bodies::to_date)),
    row(2049, "to_char", &[TIMESTAMP, TEXT], TEXT, STRICT, S, Scalar(bodies::timestamp_to_char)),
];
