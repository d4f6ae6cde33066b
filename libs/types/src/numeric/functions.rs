//! Rounding, roots and number theory.

use super::digits::Digits;
use super::{Form, MAX_SCALE, MIN_SIGNIFICANT_DIGITS, Numeric, clamp_scale, overflow, ten_to};
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// Factorials beyond this overflow the type.
const MAX_FACTORIAL: i64 = 32_177;

impl Numeric {
    /// To `scale` digits after (or, if negative, before) the point, half away from zero.
    pub fn round(&self, scale: i32) -> SqlResult<Numeric> {
        self.round_to_scale(scale.clamp(-MAX_SCALE - 120_000, MAX_SCALE))
    }

    pub(super) fn round_to_scale(&self, scale: i32) -> SqlResult<Numeric> {
        match self.form() {
            Form::Small { mantissa, scale: from } => {
                let drop = i32::from(from) - scale;
                if drop == 0 {
                    return Ok(self.clone());
                }
                if drop < 0
                    && let Some(value) = ten_to(drop.unsigned_abs())
                        .and_then(|factor| mantissa.checked_mul(factor))
                        .and_then(|value| Numeric::try_small(value, scale as u32))
                {
                    return Ok(value);
                }
                if (1..=36).contains(&drop) && scale >= 0 {
                    let unit = 10_i128.pow(drop as u32);
                    let rest = mantissa % unit;
                    let away = if rest.abs() >= unit / 2 { rest.signum() } else { 0 };
                    return Ok(Numeric::small(mantissa / unit + away, scale as u16));
                }
            }
            Form::Large(_) => {}
            _ => return Ok(self.clone()),
        }
        let mut digits = self.digits().unwrap_or_else(|| Digits::zero(0));
        digits.round(scale);
        Numeric::checked(digits)
    }

    /// Cuts to `scale` digits after (or, if negative, before) the point.
    pub fn trunc(&self, scale: i32) -> Numeric {
        let Some(mut digits) = self.digits() else {
            return self.clone();
        };
        digits.cut(scale.clamp(-MAX_SCALE - 120_000, MAX_SCALE));
        Numeric::from_digits(digits)
    }

    pub fn ceil(&self) -> Numeric {
        let whole = self.trunc(0);
        if whole < *self { whole.add(&Numeric::one()).unwrap_or(whole) } else { whole }
    }

    pub fn floor(&self) -> Numeric {
        let whole = self.trunc(0);
        if whole > *self { whole.sub(&Numeric::one()).unwrap_or(whole) } else { whole }
    }

    pub fn sqrt(&self) -> SqlResult<Numeric> {
        if self.is_nan() || matches!(self.form(), Form::Infinity) {
            return Ok(self.clone());
        }
        if self.signum() < 0 {
            return Err(SqlError::new(
                sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "cannot take square root of a negative number",
            ));
        }
        let (weight, _) = self.leading_group();
        let scale =
            clamp_scale(MIN_SIGNIFICANT_DIGITS - (weight * 2 + 1), &[i32::from(self.scale())]);
        let digits = self.digits().unwrap_or_else(|| Digits::zero(0));
        Numeric::checked(square_root(&digits, scale))
    }

    pub fn gcd(&self, other: &Numeric) -> SqlResult<Numeric> {
        if !self.is_finite() || !other.is_finite() {
            return Ok(match (self.is_nan() || other.is_nan(), self.is_infinite()) {
                (true, _) => Numeric::nan(),
                (false, true) if other.is_infinite() => Numeric::infinity(),
                (false, true) => other.abs(),
                (false, false) => self.abs(),
            });
        }
        let scale = i32::from(self.scale().max(other.scale()));
        let (mut left, mut right) = (self.abs(), other.abs());
        // Euclid's algorithm shrinks by at least half in two steps: bounded by the digits.
        while !right.is_zero() {
            let rest = left.rem(&right)?;
            left = right;
            right = rest;
        }
        left.round(scale)
    }

    pub fn lcm(&self, other: &Numeric) -> SqlResult<Numeric> {
        if !self.is_finite() || !other.is_finite() {
            let nan = self.is_nan() || other.is_nan();
            return Ok(if nan { Numeric::nan() } else { Numeric::infinity() });
        }
        let scale = i32::from(self.scale().max(other.scale()));
        if self.is_zero() || other.is_zero() {
            return Numeric::zero().round(scale);
        }
        let divisor = self.gcd(other)?;
        self.div_trunc(&divisor)?.mul(other)?.abs().round(scale)
    }

    pub fn factorial(number: i64) -> SqlResult<Numeric> {
        if number < 0 {
            return Err(SqlError::new(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                "factorial of a negative number is undefined",
            ));
        }
        if number > MAX_FACTORIAL {
            return Err(overflow());
        }
        let mut product = Numeric::one();
        for factor in 2..=number {
            product = product.mul(&Numeric::from(factor))?;
        }
        Ok(product)
    }
}

/// The root rounded to `scale`: Newton's iteration from a float's estimate, then corrected to the exact cut.
pub(super) fn square_root(value: &Digits, scale: i32) -> Digits {
    if value.is_zero() {
        return Digits::zero(scale);
    }
    let mut value = value.clone();
    value.strip();
    // One digit more than wanted decides the rounding; the rest is room for the iteration's error.
    let working = scale.max(0) + 8;
    let half = Digits::from_mantissa(5, 1);
    // x = m · 10000^w with 1 ≤ m < 10000 and w even gives an estimate of 15 digits or so.
    let even = value.weight & !1;
    let mut mantissa = 0.0;
    for offset in 0..5 {
        let place = f64::from(value.weight - even - offset);
        let group = f64::from(value.group_at(value.weight - offset));
        mantissa += group * 10_000_f64.powf(place);
    }
    let text = format!("{:.15}", mantissa.sqrt());
    let mut root = Numeric::parse(&text)
        .ok()
        .and_then(|estimate| estimate.digits())
        .unwrap_or_else(|| Digits::from_mantissa(1, 0));
    root.weight += even / 2;
    // Each round doubles the correct digits; 64 are more than any scale needs.
    for _ in 0..64 {
        let next = root.add(&value.div_cut(&root, working)).mul(&half, working);
        let difference = next.sub(&root);
        root = next;
        // The last digits may flicker for ever, as every round cuts them off anew.
        if difference.is_zero() || difference.leading_exponent() < 3 - working {
            break;
        }
    }
    let mut cut = root.clone();
    cut.round(working - 2);
    // An exact root must not be spoiled by the last digit of the iteration.
    if cut.mul(&cut, 2 * working).compare(&value).is_eq() {
        root = cut;
    }
    root.round(scale);
    root
}
