//! Arithmetic of the integer and floating-point types, and the casts among them. Functions are named as `pg_proc.prosrc`.

use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{
    division_by_zero, float, float4, integer, out_of_range, two_integers,
};
use crate::context::EvalContext;

fn narrow2(value: Option<i64>) -> SqlResult<Datum> {
    match value.map(i16::try_from) {
        Some(Ok(value)) => Ok(Datum::Int2(value)),
        _ => Err(out_of_range("smallint")),
    }
}

fn narrow4(value: Option<i64>) -> SqlResult<Datum> {
    match value.map(i32::try_from) {
        Some(Ok(value)) => Ok(Datum::Int4(value)),
        _ => Err(out_of_range("integer")),
    }
}

fn narrow8(value: Option<i64>) -> SqlResult<Datum> {
    value.map(Datum::Int8).ok_or_else(|| out_of_range("bigint"))
}

macro_rules! integer_functions {
    ($($name:ident: $narrow:ident $operation:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let (left, right) = two_integers(arguments)?;
            $narrow(left.$operation(right))
        }
    )*};
}

macro_rules! division_functions {
    ($($name:ident: $narrow:ident $operation:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let (left, right) = two_integers(arguments)?;
            if right == 0 {
                return Err(division_by_zero());
            }
            $narrow($operation(left, right))
        }
    )*};
}

fn divide(left: i64, right: i64) -> Option<i64> {
    left.checked_div(right)
}

fn remainder(left: i64, right: i64) -> Option<i64> {
    Some(left.wrapping_rem(right))
}

integer_functions! {
    int2pl: narrow2 checked_add;
    int2mi: narrow2 checked_sub;
    int2mul: narrow2 checked_mul;
    int4pl: narrow4 checked_add;
    int4mi: narrow4 checked_sub;
    int4mul: narrow4 checked_mul;
    int8pl: narrow8 checked_add;
    int8mi: narrow8 checked_sub;
    int8mul: narrow8 checked_mul;
    int24pl: narrow4 checked_add;
    int24mi: narrow4 checked_sub;
    int24mul: narrow4 checked_mul;
    int42pl: narrow4 checked_add;
    int42mi: narrow4 checked_sub;
    int42mul: narrow4 checked_mul;
    int28pl: narrow8 checked_add;
    int28mi: narrow8 checked_sub;
    int28mul: narrow8 checked_mul;
    int82pl: narrow8 checked_add;
    int82mi: narrow8 checked_sub;
    int82mul: narrow8 checked_mul;
    int48pl: narrow8 checked_add;
    int48mi: narrow8 checked_sub;
    int48mul: narrow8 checked_mul;
    int84pl: narrow8 checked_add;
    int84mi: narrow8 checked_sub;
    int84mul: narrow8 checked_mul;
}

division_functions! {
    int2div: narrow2 divide;
    int4div: narrow4 divide;
    int8div: narrow8 divide;
    int24div: narrow4 divide;
    int42div: narrow4 divide;
    int28div: narrow8 divide;
    int82div: narrow8 divide;
    int48div: narrow8 divide;
    int84div: narrow8 divide;
    int2mod: narrow2 remainder;
    int4mod: narrow4 remainder;
    int8mod: narrow8 remainder;
}

macro_rules! unary_functions {
    ($($name:ident: $value:ident => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let $value = integer(&arguments[0])?;
            $result
        }
    )*};
}

unary_functions! {
    int2um: value => narrow2(value.checked_neg());
    int4um: value => narrow4(value.checked_neg());
    int8um: value => narrow8(value.checked_neg());
    int2up: value => narrow2(Some(value));
    int4up: value => narrow4(Some(value));
    int8up: value => narrow8(Some(value));
    int2abs: value => narrow2(value.checked_abs());
    int4abs: value => narrow4(value.checked_abs());
    int8abs: value => narrow8(value.checked_abs());
    int2not: value => narrow2(Some(!value));
    int4not: value => narrow4(Some(!value));
    int8not: value => narrow8(Some(!value));
    i2toi4: value => narrow4(Some(value));
    i4toi2: value => narrow2(Some(value));
    int28: value => narrow8(Some(value));
    int48: value => narrow8(Some(value));
    int82: value => narrow2(Some(value));
    int84: value => narrow4(Some(value));
    i2tof: value => Ok(Datum::Float4(value as f32));
    i4tof: value => Ok(Datum::Float4(value as f32));
    i8tof: value => Ok(Datum::Float4(value as f32));
    i2tod: value => Ok(Datum::Float8(value as f64));
    i4tod: value => Ok(Datum::Float8(value as f64));
    i8tod: value => Ok(Datum::Float8(value as f64));
    int4_bool: value => Ok(Datum::Bool(value != 0));
    oidtoi8: value => narrow8(Some(value));
    i8tooid: value => {
        u32::try_from(value).map(Datum::Oid).map_err(|_| out_of_range("OID"))
    };
}

macro_rules! bit_functions {
    ($($name:ident: $narrow:ident, $left:ident, $right:ident => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let ($left, $right) = two_integers(arguments)?;
            $narrow(Some($result))
        }
    )*};
}

// Shifts by more than the width wrap around, as the processors PostgreSQL runs on do.
bit_functions! {
    int2and: narrow2, left, right => left & right;
    int4and: narrow4, left, right => left & right;
    int8and: narrow8, left, right => left & right;
    int2or: narrow2, left, right => left | right;
    int4or: narrow4, left, right => left | right;
    int8or: narrow8, left, right => left | right;
    int2xor: narrow2, left, right => left ^ right;
    int4xor: narrow4, left, right => left ^ right;
    int8xor: narrow8, left, right => left ^ right;
    int2shl: narrow2, left, right => i64::from((left as i32).wrapping_shl(right as u32) as i16);
    int4shl: narrow4, left, right => i64::from((left as i32).wrapping_shl(right as u32));
    int8shl: narrow8, left, right => left.wrapping_shl(right as u32);
    int2shr: narrow2, left, right => i64::from((left as i32).wrapping_shr(right as u32) as i16);
    int4shr: narrow4, left, right => i64::from((left as i32).wrapping_shr(right as u32));
    int8shr: narrow8, left, right => left.wrapping_shr(right as u32);
}

fn greatest_common_divisor(left: i64, right: i64) -> Option<i64> {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i64::try_from(left).ok()
}

fn least_common_multiple(left: i64, right: i64) -> Option<i64> {
    if left == 0 || right == 0 {
        return Some(0);
    }
    let divisor = greatest_common_divisor(left, right)?;
    left.checked_div(divisor)?.checked_mul(right)?.checked_abs()
}

macro_rules! divisor_functions {
    ($($name:ident: $narrow:ident $operation:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let (left, right) = two_integers(arguments)?;
            $narrow($operation(left, right))
        }
    )*};
}

divisor_functions! {
    int4gcd: narrow4 greatest_common_divisor;
    int8gcd: narrow8 greatest_common_divisor;
    int4lcm: narrow4 least_common_multiple;
    int8lcm: narrow8 least_common_multiple;
}

#[cold]
pub(crate) fn float_overflow() -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

#[cold]
pub(crate) fn float_underflow() -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow")
}

macro_rules! float_arithmetic {
    ($module:ident, $type:ty) => {
        mod $module {
            use super::*;

            pub(super) fn add(left: $type, right: $type) -> SqlResult<$type> {
                let result = left + right;
                if result.is_infinite() && !left.is_infinite() && !right.is_infinite() {
                    return Err(float_overflow());
                }
                Ok(result)
            }

            pub(super) fn subtract(left: $type, right: $type) -> SqlResult<$type> {
                add(left, -right)
            }

            pub(super) fn multiply(left: $type, right: $type) -> SqlResult<$type> {
                let result = left * right;
                if result.is_infinite() && !left.is_infinite() && !right.is_infinite() {
                    return Err(float_overflow());
                }
                if result == 0.0 && left != 0.0 && right != 0.0 {
                    return Err(float_underflow());
                }
                Ok(result)
            }

            pub(super) fn divide(left: $type, right: $type) -> SqlResult<$type> {
                if right == 0.0 && !left.is_nan() {
                    return Err(division_by_zero());
                }
                let result = left / right;
                if result.is_infinite() && !left.is_infinite() {
                    return Err(float_overflow());
                }
                if result == 0.0 && left != 0.0 && !right.is_infinite() {
                    return Err(float_underflow());
                }
                Ok(result)
            }
        }
    };
}

float_arithmetic!(single, f32);
float_arithmetic!(double, f64);

macro_rules! single_functions {
    ($($name:ident: $operation:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let (left, right) = (float4(arguments, 0)?, float4(arguments, 1)?);
            single::$operation(left, right).map(Datum::Float4)
        }
    )*};
}

macro_rules! double_functions {
    ($($name:ident: $operation:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let (left, right) = (float(&arguments[0])?, float(&arguments[1])?);
            double::$operation(left, right).map(Datum::Float8)
        }
    )*};
}

single_functions! {
    float4pl: add;
    float4mi: subtract;
    float4mul: multiply;
    float4div: divide;
}

double_functions! {
    float8pl: add;
    float8mi: subtract;
    float8mul: multiply;
    float8div: divide;
    float48pl: add;
    float48mi: subtract;
    float48mul: multiply;
    float48div: divide;
    float84pl: add;
    float84mi: subtract;
    float84mul: multiply;
    float84div: divide;
}

macro_rules! float_functions {
    ($($name:ident: $value:ident => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let $value = float(&arguments[0])?;
            $result
        }
    )*};
}

/// Rounds half to even and checks the range, as the casts to integers do.
fn round_into(value: f64, low: f64, high: f64, type_name: &str) -> SqlResult<i64> {
    let rounded = value.round_ties_even();
    if rounded.is_nan() || rounded < low || rounded >= high {
        return Err(out_of_range(type_name));
    }
    Ok(rounded as i64)
}

fn to_int2(value: f64) -> SqlResult<Datum> {
    round_into(value, -32768.0, 32768.0, "smallint").map(|value| Datum::Int2(value as i16))
}

fn to_int4(value: f64) -> SqlResult<Datum> {
    round_into(value, -2147483648.0, 2147483648.0, "integer").map(|value| Datum::Int4(value as i32))
}

fn to_int8(value: f64) -> SqlResult<Datum> {
    round_into(value, -9223372036854775808.0, 9223372036854775808.0, "bigint").map(Datum::Int8)
}

fn to_float4(value: f64) -> SqlResult<Datum> {
    let narrowed = value as f32;
    if narrowed.is_infinite() && !value.is_infinite() {
        return Err(float_overflow());
    }
    if narrowed == 0.0 && value != 0.0 {
        return Err(float_underflow());
    }
    Ok(Datum::Float4(narrowed))
}

float_functions! {
    float4um: value => Ok(Datum::Float4(-value as f32));
    float8um: value => Ok(Datum::Float8(-value));
    float4up: value => Ok(Datum::Float4(value as f32));
    float8up: value => Ok(Datum::Float8(value));
    float4abs: value => Ok(Datum::Float4(value.abs() as f32));
    float8abs: value => Ok(Datum::Float8(value.abs()));
    dtof: value => to_float4(value);
    ftod: value => Ok(Datum::Float8(value));
    dtoi2: value => to_int2(value);
    dtoi4: value => to_int4(value);
    dtoi8: value => to_int8(value);
    ftoi2: value => to_int2(value);
    ftoi4: value => to_int4(value);
    ftoi8: value => to_int8(value);
}

pub(crate) fn bool_int4(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(i32::from(crate::bodies::arguments::boolean(arguments, 0)?)))
}

pub(crate) fn chartoi4(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(i32::from(crate::bodies::arguments::byte(arguments, 0)? as i8)))
}

pub(crate) fn i4tochar(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = integer(&arguments[0])?;
    i8::try_from(value).map(|value| Datum::Char(value as u8)).map_err(|_| out_of_range("\"char\""))
}
