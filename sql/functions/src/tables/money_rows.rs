//! Rows of `pg_proc`: money.

use types::oid::*;

use crate::bodies::money as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(377, "cash_cmp", &[MONEY, MONEY], INT4, STRICT, I, Scalar(bodies::cash_cmp)),
    row(846, "cash_mul_flt4", &[MONEY, FLOAT4], MONEY, STRICT, I, Scalar(bodies::cash_mul_flt4)),
    row(847, "cash_div_flt4", &[MONEY, FLOAT4], MONEY, STRICT, I, Scalar(bodies::cash_div_flt4)),
    row(848, "flt4_mul_cash", &[FLOAT4, MONEY], MONEY, STRICT, I, Scalar(bodies::flt4_mul_cash)),
    row(862, "int4_mul_cash", &[INT4, MONEY], MONEY, STRICT, I, Scalar(bodies::int4_mul_cash)),
    row(863, "int2_mul_cash", &[INT2, MONEY], MONEY, STRICT, I, Scalar(bodies::int2_mul_cash)),
    row(864, "cash_mul_int4", &[MONEY, INT4], MONEY, STRICT, I, Scalar(bodies::cash_mul_int4)),
    row(865, "cash_div_int4", &[MONEY, INT4], MONEY, STRICT, I, Scalar(bodies::cash_div_int4)),
    row(866, "cash_mul_int2", &[MONEY, INT2], MONEY, STRICT, I, Scalar(bodies::cash_mul_int2)),
    row(867, "cash_div_int2", &[MONEY, INT2], MONEY, STRICT, I, Scalar(bodies::cash_div_int2)),
    row(888, "cash_eq", &[MONEY, MONEY], BOOL, STRICT, I, Scalar(bodies::cash_eq)),
    row(889, "cash_ne", &[MONEY, MONEY], BOOL, STRICT, I, Scalar(bodies::cash_ne)),
    row(890, "cash_lt", &[MONEY, MONEY], BOOL, STRICT, I, Scalar(bodies::cash_lt)),
    row(891, "cash_le", &[MONEY, MONEY], BOOL, STRICT, I, Scalar(bodies::cash_le)),
    row(892, "cash_gt", &[MONEY, MONEY], BOOL, STRICT, I, Scalar(bodies::cash_gt)),
    row(893, "cash_ge", &[MONEY, MONEY], BOOL, STRICT, I, Scalar(bodies::cash_ge)),
    row(894, "cash_pl", &[MONEY, MONEY], MONEY, STRICT, I, Scalar(bodies::cash_pl)),
    row(895, "cash_mi", &[MONEY, MONEY], MONEY, STRICT, I, Scalar(bodies::cash_mi)),
    row(896, "cash_mul_flt8", &[MONEY, FLOAT8], MONEY, STRICT, I, Scalar(bodies::cash_mul_flt8)),
    row(897, "cash_div_flt8", &[MONEY, FLOAT8], MONEY, STRICT, I, Scalar(bodies::cash_div_flt8)),
    row(898, "cashlarger", &[MONEY, MONEY], MONEY, STRICT, I, Scalar(bodies::cashlarger)),
    row(899, "cashsmaller", &[MONEY, MONEY], MONEY, STRICT, I, Scalar(bodies::cashsmaller)),
    row(919, "flt8_mul_cash", &[FLOAT8, MONEY], MONEY, STRICT, I, Scalar(bodies::flt8_mul_cash)),
    row(935, "cash_words", &[MONEY], TEXT, STRICT, I, Scalar(bodies::cash_words)),
    FunctionDef { kind: FunctionKind::Aggregate, ..row(2112, "sum", &[MONEY], MONEY, LAX, I, Aggregate(&bodies::SUM)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(2125, "max", &[MONEY], MONEY, LAX, I, Aggregate(&crate::bodies::aggregates::MAXIMUM)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(2141, "min", &[MONEY], MONEY, LAX, I, Aggregate(&crate::bodies::aggregates::MINIMUM)) },
    row(3344, "cash_mul_int8", &[MONEY, INT8], MONEY, STRICT, I, Scalar(bodies::cash_mul_int8)),
    row(3345, "cash_div_int8", &[MONEY, INT8], MONEY, STRICT, I, Scalar(bodies::cash_div_int8)),
    row(3399, "int8_mul_cash", &[INT8, MONEY], MONEY, STRICT, I, Scalar(bodies::int8_mul_cash)),
    row(3811, "money", &[INT4], MONEY, STRICT, S, Scalar(bodies::int4_cash)),
    row(3812, "money", &[INT8], MONEY, STRICT, S, Scalar(bodies::int8_cash)),
    row(3822, "cash_div_cash", &[MONEY, MONEY], FLOAT8, STRICT, I, Scalar(bodies::cash_div_cash)),
    row(3823, "numeric", &[MONEY], NUMERIC, STRICT, S, Scalar(bodies::cash_numeric)),
    row(3824, "money", &[NUMERIC], MONEY, STRICT, S, Scalar(bodies::numeric_cash)),
];
