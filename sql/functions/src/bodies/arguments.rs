//! Taking arguments apart. A datum of another kind than declared is a bug of the planner; it becomes an internal error,
//! not a crash of the session.

use types::{Array, Datum, Interval, SqlError, SqlResult, sqlstate};

use crate::context::EvalContext;

#[cold]
pub(crate) fn wrong_kind(wanted: &str, value: &Datum) -> SqlError {
    SqlError::new(sqlstate::INTERNAL_ERROR, format!("expected {wanted}, got {value:?}"))
}

macro_rules! getters {
    ($($name:ident: $type:ty = $variant:ident, $words:literal;)*) => {$(
        pub(crate) fn $name(arguments: &[Datum], position: usize) -> SqlResult<$type> {
            match &arguments[position] {
                Datum::$variant(value) => Ok(value.clone()),
                other => Err(wrong_kind($words, other)),
            }
        }
    )*};
}

getters! {
    boolean: bool = Bool, "boolean";
    int4: i32 = Int4, "integer";
    int8: i64 = Int8, "bigint";
    float4: f32 = Float4, "real";
    float8: f64 = Float8, "double precision";
    byte: u8 = Char, "\"char\"";
    date: i32 = Date, "date";
    time: i64 = Time, "time";
    timestamp: i64 = Timestamp, "timestamp";
    timestamptz: i64 = TimestampTz, "timestamptz";
    numeric: types::numeric::Numeric = Numeric, "numeric";
    jsonb: std::sync::Arc<types::json::Json> = Jsonb, "jsonb";
}

pub(crate) fn interval(arguments: &[Datum], position: usize) -> SqlResult<Interval> {
    match &arguments[position] {
        Datum::Interval(value) => Ok(**value),
        other => Err(wrong_kind("interval", other)),
    }
}

pub(crate) fn timetz(arguments: &[Datum], position: usize) -> SqlResult<(i64, i32)> {
    match &arguments[position] {
        Datum::TimeTz(time, zone) => Ok((*time, *zone)),
        other => Err(wrong_kind("timetz", other)),
    }
}

pub(crate) fn text(arguments: &[Datum], position: usize) -> SqlResult<&str> {
    match &arguments[position] {
        Datum::Text(value) => Ok(value),
        other => Err(wrong_kind("text", other)),
    }
}

pub(crate) fn bytes(arguments: &[Datum], position: usize) -> SqlResult<&[u8]> {
    match &arguments[position] {
        Datum::Bytea(value) => Ok(value),
        other => Err(wrong_kind("bytea", other)),
    }
}

pub(crate) fn array(arguments: &[Datum], position: usize) -> SqlResult<&Array> {
    match &arguments[position] {
        Datum::Array(value) => Ok(value),
        other => Err(wrong_kind("array", other)),
    }
}

/// Any of the three integer types, and `oid`.
pub(crate) fn integer(value: &Datum) -> SqlResult<i64> {
    match value {
        Datum::Int2(value) => Ok(i64::from(*value)),
        Datum::Int4(value) => Ok(i64::from(*value)),
        Datum::Int8(value) => Ok(*value),
        Datum::Oid(value) => Ok(i64::from(*value)),
        other => Err(wrong_kind("integer", other)),
    }
}

pub(crate) fn two_integers(arguments: &[Datum]) -> SqlResult<(i64, i64)> {
    Ok((integer(&arguments[0])?, integer(&arguments[1])?))
}

/// Either float type as the wider.
pub(crate) fn float(value: &Datum) -> SqlResult<f64> {
    match value {
        Datum::Float4(value) => Ok(f64::from(*value)),
        Datum::Float8(value) => Ok(*value),
        other => Err(wrong_kind("double precision", other)),
    }
}

pub(crate) fn int4_result(value: usize) -> SqlResult<Datum> {
    i32::try_from(value).map(Datum::Int4).map_err(|_| out_of_range("integer"))
}

#[cold]
pub(crate) fn out_of_range(type_name: &str) -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, format!("{type_name} out of range"))
}

#[cold]
pub(crate) fn division_by_zero() -> SqlError {
    SqlError::new(sqlstate::DIVISION_BY_ZERO, "division by zero")
}

#[cold]
pub(crate) fn invalid_parameter(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

/// Refuses to build a value longer than a value may be.
pub(crate) fn check_length(context: &dyn EvalContext, bytes: usize) -> SqlResult<()> {
    if bytes > context.maximum_value_bytes() {
        return Err(SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "requested length too large"));
    }
    Ok(())
}

/// Calls `check_interrupts` every 4,096 rounds of a loop.
pub(crate) fn check_every(context: &dyn EvalContext, round: usize) -> SqlResult<()> {
    if round % 4096 == 4095 { context.check_interrupts() } else { Ok(()) }
}
