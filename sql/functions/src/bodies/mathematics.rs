//! Functions of `numeric` and of floating-point numbers. Functions are named as `pg_proc.prosrc`; the arithmetic of
//! `numeric` is its type's.

use std::cmp::Ordering;

use types::numeric::Numeric;
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{array, float, float8, int4, int8, integer, numeric, out_of_range};
use crate::bodies::arithmetic::{float_overflow, float_underflow};
use crate::context::EvalContext;

pub(crate) fn number(value: Numeric) -> Datum {
    Datum::Numeric(value)
}

macro_rules! numeric_binary_functions {
    ($($name:ident: $operation:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            numeric(arguments, 0)?.$operation(&numeric(arguments, 1)?).map(number)
        }
    )*};
}

numeric_binary_functions! {
    numeric_add: add;
    numeric_sub: sub;
    numeric_mul: mul;
    numeric_div: div;
    numeric_mod: rem;
    numeric_div_trunc: div_trunc;
    numeric_power: power;
    numeric_gcd: gcd;
    numeric_lcm: lcm;
}

macro_rules! numeric_unary_functions {
    ($($name:ident: $value:ident => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let $value = numeric(arguments, 0)?;
            $result
        }
    )*};
}

numeric_unary_functions! {
    numeric_uminus: value => Ok(number(value.neg()));
    numeric_uplus: value => Ok(Datum::Numeric(value));
    numeric_abs: value => Ok(number(value.abs()));
    numeric_ceil: value => Ok(number(value.ceil()));
    numeric_floor: value => Ok(number(value.floor()));
    numeric_sqrt: value => value.sqrt().map(number);
    numeric_exp: value => value.exp().map(number);
    numeric_ln: value => value.ln().map(number);
    numeric_trim_scale: value => Ok(number(value.trim_scale()));
    numeric_int2: value => value.to_i16().map(Datum::Int2);
    numeric_int4: value => value.to_i32().map(Datum::Int4);
    numeric_int8: value => value.to_i64().map(Datum::Int8);
    numeric_float4: value => Ok(Datum::Float4(value.try_to_f32()?));
    numeric_float8: value => {
        let number = value.to_f64();
        if number.is_infinite() && value.is_finite() {
            return Err(SqlError::new(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("\"{value}\" is out of range for type double precision"),
            ));
        }
        Ok(Datum::Float8(number))
    };
    numeric_inc: value => value.add(&Numeric::one()).map(number);
}

pub(crate) fn numeric_sign(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = numeric(arguments, 0)?;
    if value.is_nan() {
        return Ok(Datum::Numeric(value));
    }
    Ok(number(Numeric::from(value.signum())))
}

pub(crate) fn numeric_scale(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = numeric(arguments, 0)?;
    Ok(if value.is_finite() { Datum::Int4(i32::from(value.scale())) } else { Datum::Null })
}

pub(crate) fn numeric_min_scale(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = numeric(arguments, 0)?;
    Ok(if value.is_finite() { Datum::Int4(i32::from(value.min_scale())) } else { Datum::Null })
}

pub(crate) fn numeric_round(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    numeric(arguments, 0)?.round(int4(arguments, 1)?).map(number)
}

pub(crate) fn numeric_round_whole(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    numeric(arguments, 0)?.round(0).map(number)
}

pub(crate) fn numeric_trunc(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(number(numeric(arguments, 0)?.trunc(int4(arguments, 1)?)))
}

pub(crate) fn numeric_trunc_whole(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(number(numeric(arguments, 0)?.trunc(0)))
}

/// `log(base, value)`.
pub(crate) fn numeric_log(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    numeric(arguments, 1)?.log(&numeric(arguments, 0)?).map(number)
}

pub(crate) fn numeric_log10(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    numeric(arguments, 0)?.log(&Numeric::from(10i32)).map(number)
}

pub(crate) fn numeric_fac(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Numeric::factorial(int8(arguments, 0)?).map(number)
}

pub(crate) fn int2_numeric(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(number(Numeric::from(integer(&arguments[0])?)))
}

pub(crate) fn int4_numeric(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(number(Numeric::from(integer(&arguments[0])?)))
}

pub(crate) fn int8_numeric(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(number(Numeric::from(integer(&arguments[0])?)))
}

pub(crate) fn float4_numeric(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(number(Numeric::from_f32(crate::bodies::arguments::float4(arguments, 0)?)))
}

pub(crate) fn float8_numeric(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(number(Numeric::from_f64(float8(arguments, 0)?)))
}

/// The length coercion `numeric(p, s)`.
pub(crate) fn numeric_fit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    numeric(arguments, 0)?.apply_modifier(int4(arguments, 1)?).map(number)
}

fn power_error(message: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message)
}

fn logarithm(value: f64, function: fn(f64) -> f64) -> SqlResult<Datum> {
    let message = if value == 0.0 {
        "cannot take logarithm of zero"
    } else if value < 0.0 {
        "cannot take logarithm of a negative number"
    } else {
        return Ok(Datum::Float8(function(value)));
    };
    Err(SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_LOGARITHM, message))
}

fn input_out_of_range() -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range")
}

/// Refuses an argument outside `[-1, 1]`.
fn unit(value: f64) -> SqlResult<f64> {
    if (-1.0..=1.0).contains(&value) || value.is_nan() {
        Ok(value)
    } else {
        Err(input_out_of_range())
    }
}

fn finite_angle(value: f64) -> SqlResult<f64> {
    if value.is_infinite() { Err(input_out_of_range()) } else { Ok(value) }
}

fn checked(result: f64, input_infinite: bool) -> SqlResult<Datum> {
    if result.is_infinite() && !input_infinite {
        return Err(float_overflow());
    }
    Ok(Datum::Float8(result))
}

macro_rules! double_unary_functions {
    ($($name:ident: $value:ident => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let $value = float(&arguments[0])?;
            $result
        }
    )*};
}

double_unary_functions! {
    dceil: value => Ok(Datum::Float8(value.ceil()));
    dfloor: value => Ok(Datum::Float8(value.floor()));
    dround: value => Ok(Datum::Float8(value.round_ties_even()));
    dtrunc: value => Ok(Datum::Float8(value.trunc()));
    dsign: value => {
        Ok(Datum::Float8(if value > 0.0 { 1.0 } else if value < 0.0 { -1.0 } else { 0.0 }))
    };
    dsqrt: value => {
        if value < 0.0 {
            return Err(power_error("cannot take square root of a negative number"));
        }
        Ok(Datum::Float8(value.sqrt()))
    };
    dcbrt: value => Ok(Datum::Float8(value.cbrt()));
    dexp: value => {
        let result = value.exp();
        if result == 0.0 && value != f64::NEG_INFINITY {
            return Err(float_underflow());
        }
        checked(result, value.is_infinite())
    };
    dlog1: value => logarithm(value, f64::ln);
    dlog10: value => logarithm(value, f64::log10);
    dsin: value => Ok(Datum::Float8(finite_angle(value)?.sin()));
    dcos: value => Ok(Datum::Float8(finite_angle(value)?.cos()));
    dtan: value => Ok(Datum::Float8(finite_angle(value)?.tan()));
    dcot: value => Ok(Datum::Float8(1.0 / finite_angle(value)?.tan()));
    dasin: value => Ok(Datum::Float8(unit(value)?.asin()));
    dacos: value => Ok(Datum::Float8(unit(value)?.acos()));
    datan: value => Ok(Datum::Float8(value.atan()));
    dsinh: value => Ok(Datum::Float8(value.sinh()));
    dcosh: value => Ok(Datum::Float8(value.cosh()));
    dtanh: value => Ok(Datum::Float8(value.tanh()));
    dasinh: value => {
        // The square of a very large number is none.
        let size = value.abs();
        let large = size.is_finite() && size > 1e150;
        let result = if large { (size.ln() + std::f64::consts::LN_2).copysign(value) } else { value.asinh() };
        Ok(Datum::Float8(result))
    };
    dacosh: value => {
        if value < 1.0 {
            return Err(input_out_of_range());
        }
        Ok(Datum::Float8(value.acosh()))
    };
    datanh: value => Ok(Datum::Float8(unit(value)?.atanh()));
    dsind: value => Ok(Datum::Float8(sine_of_degrees(finite_angle(value)?)));
    dcosd: value => Ok(Datum::Float8(sine_of_degrees(90.0 - finite_angle(value)?.abs() % 360.0)));
    dtand: value => {
        let value = finite_angle(value)?;
        let (sine, cosine) = (sine_of_degrees(value), sine_of_degrees(90.0 - value.abs() % 360.0));
        // Zero has no sign here.
        Ok(Datum::Float8(sine / cosine + 0.0))
    };
    dcotd: value => {
        let value = finite_angle(value)?;
        let (sine, cosine) = (sine_of_degrees(value), sine_of_degrees(90.0 - value.abs() % 360.0));
        Ok(Datum::Float8(cosine / sine + 0.0))
    };
    dasind: value => Ok(Datum::Float8(exact_degrees(unit(value)?.asin().to_degrees())));
    dacosd: value => Ok(Datum::Float8(exact_degrees(unit(value)?.acos().to_degrees())));
    datand: value => Ok(Datum::Float8(exact_degrees(value.atan().to_degrees())));
    degrees: value => checked(value / (std::f64::consts::PI / 180.0), value.is_infinite());
    radians: value => Ok(Datum::Float8(value.to_radians()));
}

/// Multiples of 15 degrees come out exact, as users expect of degrees.
fn exact_degrees(angle: f64) -> f64 {
    let nearest = (angle / 15.0).round() * 15.0;
    if (angle - nearest).abs() < 1e-12 { nearest } else { angle }
}

const RADIANS_PER_DEGREE: f64 = std::f64::consts::PI / 180.0;

fn small_sine(angle: f64) -> f64 {
    let whole = (30.0 * RADIANS_PER_DEGREE).sin();
    (angle * RADIANS_PER_DEGREE).sin() / whole / 2.0
}

/// The cosine of an angle up to 60 degrees.
fn large_sine(from_top: f64) -> f64 {
    let whole = 1.0 - (60.0 * RADIANS_PER_DEGREE).cos();
    1.0 - (1.0 - (from_top * RADIANS_PER_DEGREE).cos()) / whole / 2.0
}

fn sine_of_degrees(angle: f64) -> f64 {
    let mut angle = angle % 360.0;
    let mut sign = 1.0;
    if angle < 0.0 {
        angle = -angle;
        sign = -sign;
    }
    if angle > 180.0 {
        angle = 360.0 - angle;
        sign = -sign;
    }
    if angle > 90.0 {
        angle = 180.0 - angle;
    }
    // Sines up to 30 degrees and cosines up to 60 are scaled so that both ends are exact.
    let sine = if angle <= 30.0 { small_sine(angle) } else { large_sine(90.0 - angle) };
    sign * sine
}

pub(crate) fn datan2(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Float8(float8(arguments, 0)?.atan2(float8(arguments, 1)?)))
}

pub(crate) fn datan2d(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let angle = float8(arguments, 0)?.atan2(float8(arguments, 1)?).to_degrees();
    Ok(Datum::Float8(exact_degrees(angle)))
}

pub(crate) fn dpi(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Float8(std::f64::consts::PI))
}

pub(crate) fn dpow(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (base, exponent) = (float8(arguments, 0)?, float8(arguments, 1)?);
    if base == 0.0 && exponent < 0.0 {
        return Err(power_error("zero raised to a negative power is undefined"));
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(power_error(
            "a negative number raised to a non-integer power yields a complex result",
        ));
    }
    let result = base.powf(exponent);
    if result == 0.0 && base != 0.0 && base.is_finite() && exponent.is_finite() {
        return Err(float_underflow());
    }
    checked(result, base.is_infinite() || exponent.is_infinite())
}

/// 53 random bits as a number in [0, 1).
pub(crate) fn drandom(context: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Float8((context.random() >> 11) as f64 / (1u64 << 53) as f64))
}

/// `random_normal(mean, deviation)`, by Box and Muller's transform.
pub(crate) fn random_normal(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let uniform = || ((context.random() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let (mean, deviation) = (float8(arguments, 0)?, float8(arguments, 1)?);
    let radius = (-2.0 * uniform().ln()).sqrt();
    let angle = std::f64::consts::TAU * uniform();
    Ok(Datum::Float8(mean + deviation * radius * angle.cos()))
}

pub(crate) fn setseed(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let seed = float8(arguments, 0)?;
    if !(-1.0..=1.0).contains(&seed) {
        return Err(crate::bodies::arguments::invalid_parameter(format!(
            "setseed parameter {seed} is out of allowed range [-1,1]"
        )));
    }
    context.set_seed(seed)?;
    Ok(Datum::text(""))
}

fn bucket_error(message: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION, message)
}

pub(crate) fn width_bucket_float8(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (operand, low, high) =
        (float8(arguments, 0)?, float8(arguments, 1)?, float8(arguments, 2)?);
    let count = int4(arguments, 3)?;
    if count <= 0 {
        return Err(bucket_error("count must be greater than zero"));
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bucket_error("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(bucket_error("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bucket_error("lower bound cannot equal upper bound"));
    }
    // A falling range is counted from its upper end.
    let (position, span) =
        if low < high { (operand - low, high - low) } else { (low - operand, low - high) };
    let bucket = if position < 0.0 {
        0
    } else if position >= span {
        count.checked_add(1).ok_or_else(|| out_of_range("integer"))?
    } else {
        ((position / span * f64::from(count)).floor() as i32).saturating_add(1)
    };
    Ok(Datum::Int4(bucket))
}

pub(crate) fn width_bucket_numeric(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (operand, low, high) =
        (numeric(arguments, 0)?, numeric(arguments, 1)?, numeric(arguments, 2)?);
    let count = int4(arguments, 3)?;
    if count <= 0 {
        return Err(bucket_error("count must be greater than zero"));
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bucket_error("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(bucket_error("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bucket_error("lower bound cannot equal upper bound"));
    }
    let rising = low < high;
    let beyond = count.checked_add(1);
    let beyond = || beyond.map(Datum::Int4).ok_or_else(|| out_of_range("integer"));
    if operand.is_infinite() {
        return if (operand.signum() > 0) == rising { beyond() } else { Ok(Datum::Int4(0)) };
    }
    let (position, span) = if rising {
        (operand.sub(&low)?, high.sub(&low)?)
    } else {
        (low.sub(&operand)?, low.sub(&high)?)
    };
    if position.signum() < 0 {
        return Ok(Datum::Int4(0));
    }
    if position.cmp(&span) != Ordering::Less {
        return beyond();
    }
    let bucket = position.mul(&Numeric::from(count))?.div_trunc(&span)?.to_i32()?;
    Ok(Datum::Int4(bucket.saturating_add(1)))
}

/// `width_bucket(operand, thresholds)`: how many thresholds are at or below the operand.
pub(crate) fn width_bucket_array(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let thresholds = array(arguments, 1)?;
    if thresholds.dimensions.len() > 1 {
        return Err(SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            "thresholds must be one-dimensional array",
        ));
    }
    if thresholds.elements.iter().any(Datum::is_null) {
        return Err(SqlError::new(
            sqlstate::NULL_VALUE_NOT_ALLOWED,
            "thresholds array must not contain NULLs",
        ));
    }
    let below = thresholds
        .elements
        .partition_point(|threshold| types::compare::compare(threshold, &arguments[0]).is_le());
    crate::bodies::arguments::int4_result(below)
}
pub(crate) fn derf(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Float8(libm::erf(float(&arguments[0])?)))
}

pub(crate) fn derfc(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Float8(libm::erfc(float(&arguments[0])?)))
}
