//! Exponentials and powers.

use super::digits::{Digits, GROUP_BASE, GROUP_DIGITS};
use super::logarithm::{LOG10_2, logarithm_exponent, natural_logarithm};
use super::{
    Form, MAX_DISPLAY_SCALE, MAX_WEIGHT, MIN_SIGNIFICANT_DIGITS, Numeric, clamp_scale,
    division_by_zero, overflow,
};
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// Arguments of `exp` from here on overflow (or, negative, vanish).
const EXP_LIMIT: f64 = 6_000.0;
const LOG10_E: f64 = std::f64::consts::LOG10_E;

fn power_error(message: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message)
}

fn to_float(digits: &Digits) -> f64 {
    Numeric::from_digits(digits.clone()).to_f64()
}

impl Numeric {
    pub fn exp(&self) -> SqlResult<Numeric> {
        match self.form() {
            Form::NaN | Form::Infinity => return Ok(self.clone()),
            Form::NegativeInfinity => return Ok(Numeric::zero()),
            _ => {}
        }
        let exponent = (self.to_f64() * LOG10_E).clamp(-2_000.0, 2_000.0) as i32;
        let scale = clamp_scale(MIN_SIGNIFICANT_DIGITS - exponent, &[self.scale().into()]);
        let digits = self.digits().unwrap_or_else(|| Digits::zero(0));
        Numeric::checked(exponential(&digits, scale)?)
    }

    pub fn power(&self, exponent: &Numeric) -> SqlResult<Numeric> {
        let one = Numeric::one();
        if self.is_nan() || exponent.is_nan() {
            let defined =
                (!self.is_nan() && *self == one) || (!exponent.is_nan() && exponent.is_zero());
            return Ok(if defined { one } else { Numeric::nan() });
        }
        if self.is_zero() && exponent.signum() < 0 {
            return Err(power_error("zero raised to a negative power is undefined"));
        }
        if self.signum() < 0 && exponent.is_finite() && !exponent.is_integer() {
            return Err(power_error(
                "a negative number raised to a non-integer power yields a complex result",
            ));
        }
        if !self.is_finite() || !exponent.is_finite() {
            return power_special(self, exponent);
        }
        let base = self.digits().unwrap_or_else(|| Digits::zero(0));
        let power = exponent.digits().unwrap_or_else(|| Digits::zero(0));
        if exponent.is_integer()
            && let Ok(integer) = exponent.to_i32()
        {
            return Numeric::checked(integer_power(&base, integer, power.scale.into())?);
        }
        if self.is_zero() {
            return Numeric::zero().round(MIN_SIGNIFICANT_DIGITS);
        }
        let negative = self.signum() < 0 && is_odd(&power);
        let base = Digits { negative: false, ..base };
        let mut result = general_power(&base, &power)?;
        result.negative = negative && !result.is_zero();
        Numeric::checked(result)
    }
}

/// Whether an integer is odd.
fn is_odd(integer: &Digits) -> bool {
    integer.group_at(0) % 2 == 1
}

fn power_special(base: &Numeric, exponent: &Numeric) -> SqlResult<Numeric> {
    let one = Numeric::one();
    if *base == one || exponent.is_zero() {
        return Ok(one);
    }
    if base.is_zero() {
        return Ok(Numeric::zero());
    }
    if exponent.is_infinite() {
        let magnitude = base.abs();
        if magnitude == one {
            return Ok(one);
        }
        let grows = (magnitude > one) == (exponent.signum() > 0);
        return Ok(if grows { Numeric::infinity() } else { Numeric::zero() });
    }
    if exponent.signum() < 0 {
        return Ok(Numeric::zero());
    }
    let odd = exponent.is_integer() && exponent.digits().is_some_and(|digits| is_odd(&digits));
    Ok(if base.signum() < 0 && odd { Numeric::negative_infinity() } else { Numeric::infinity() })
}

/// `e^value` rounded to `scale`: the argument is halved until a Taylor series converges fast, and squared back.
fn exponential(value: &Digits, scale: i32) -> SqlResult<Digits> {
    let mut size = to_float(value);
    if size.abs() >= EXP_LIMIT {
        return if size > 0.0 { Err(overflow()) } else { Ok(Digits::zero(scale)) };
    }
    let exponent = (size * LOG10_E) as i32;
    let mut halvings = 0;
    while size.abs() > 0.01 {
        halvings += 1;
        size /= 2.0;
    }
    let mut argument = value.clone();
    if halvings > 0 {
        let divisor = Digits::from_mantissa(1 << halvings, 0);
        argument = argument.div_round(&divisor, i32::from(value.scale) + halvings);
    }
    let significant = (1 + exponent + scale + (f64::from(halvings) * LOG10_2) as i32).max(0) + 8;
    let working = significant - 1;
    let mut sum = Digits::from_mantissa(1, 0).add(&argument);
    let mut term = argument.clone();
    let mut divisor = 1;
    loop {
        divisor += 1;
        term =
            term.mul(&argument, working + 8).div_round(&Digits::from_mantissa(divisor, 0), working);
        if term.is_zero() {
            break;
        }
        sum = sum.add(&term);
    }
    for _ in 0..halvings {
        let scale = (significant - sum.weight * 2 * GROUP_DIGITS).max(0);
        sum = sum.mul(&sum, scale);
    }
    sum.round(scale);
    Ok(sum)
}

/// `base^exponent` for an exponent that is not a small integer; `base` is positive.
fn general_power(base: &Digits, exponent: &Digits) -> SqlResult<Digits> {
    let logarithm_size = logarithm_exponent(base);
    // A first estimate of the logarithm of the result decides its scale.
    let rough_scale = (8 - logarithm_size).max(0);
    let rough = natural_logarithm(base, rough_scale).mul(exponent, rough_scale);
    let size = to_float(&rough);
    if size.abs() > EXP_LIMIT * 1.005 {
        return if size > 0.0 { Err(overflow()) } else { Ok(Digits::zero(MAX_DISPLAY_SCALE)) };
    }
    let decimal = (size * LOG10_E) as i32;
    let scale =
        clamp_scale(MIN_SIGNIFICANT_DIGITS - decimal, &[base.scale.into(), exponent.scale.into()]);
    let significant = (scale + decimal).max(0);
    let working = (significant - logarithm_size + 8).max(0);
    let product = natural_logarithm(base, working).mul(exponent, working);
    exponential(&product, scale)
}

/// `base^exponent` by repeated squaring, with only as many digits as the result shows.
fn integer_power(base: &Digits, exponent: i32, exponent_scale: i32) -> SqlResult<Digits> {
    // The decimal exponent of the result.
    let mut decimal = 0.0;
    if !base.is_zero() {
        let mut leading = f64::from(base.groups[0]);
        let mut place = base.weight * GROUP_DIGITS;
        for &group in base.groups.iter().skip(1).take(3) {
            leading = leading * f64::from(GROUP_BASE) + f64::from(group);
            place -= GROUP_DIGITS;
        }
        decimal = f64::from(exponent) * (leading.log10() + f64::from(place));
    }
    if decimal > f64::from((MAX_WEIGHT + 1) * GROUP_DIGITS) {
        return Err(overflow());
    }
    if decimal + 1.0 < -f64::from(MAX_DISPLAY_SCALE) {
        return Ok(Digits::zero(MAX_DISPLAY_SCALE));
    }
    let scale =
        clamp_scale(MIN_SIGNIFICANT_DIGITS - decimal as i32, &[base.scale.into(), exponent_scale]);
    let one = Digits::from_mantissa(1, 0);
    match exponent {
        0 => return Ok(Digits { scale: scale as u16, ..one }),
        1 => {
            let mut result = base.clone();
            result.round(scale);
            return Ok(result);
        }
        -1 if !base.is_zero() => return Ok(one.div_round(base, scale)),
        2 => return Ok(base.mul(base, scale)),
        _ => {}
    }
    if base.is_zero() {
        return if exponent < 0 { Err(division_by_zero()) } else { Ok(Digits::zero(scale)) };
    }
    let significant =
        1 + scale + decimal as i32 + f64::from(exponent.unsigned_abs()).ln() as i32 + 8;
    let mut mask = exponent.unsigned_abs();
    let mut square = base.clone();
    let mut result = if mask & 1 == 1 { base.clone() } else { one.clone() };
    mask >>= 1;
    while mask > 0 {
        let limit = (significant - 2 * square.weight * GROUP_DIGITS)
            .min(2 * i32::from(square.scale))
            .max(0);
        square = square.mul(&square, limit);
        if mask & 1 == 1 {
            let limit = (significant - (square.weight + result.weight) * GROUP_DIGITS)
                .min(i32::from(square.scale) + i32::from(result.scale))
                .max(0);
            result = square.mul(&result, limit);
        }
        if square.weight > MAX_WEIGHT || result.weight > MAX_WEIGHT {
            return if exponent < 0 { Ok(Digits::zero(scale)) } else { Err(overflow()) };
        }
        mask >>= 1;
    }
    if exponent < 0 {
        if result.is_zero() {
            return Err(overflow());
        }
        return Ok(one.div_round(&result, scale));
    }
    result.round(scale);
    Ok(result)
}
