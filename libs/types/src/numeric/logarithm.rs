//! Logarithms. The result's scale is chosen from an estimate of its size, so that 16 digits are significant.

use super::digits::{Digits, GROUP_BASE, GROUP_DIGITS};
use super::functions::square_root;
use super::{Form, MIN_SIGNIFICANT_DIGITS, Numeric, clamp_scale, division_by_zero};
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// Decimal digits in a factor of two.
pub(super) const LOG10_2: f64 = std::f64::consts::LOG10_2;

fn check_argument(value: &Numeric) -> SqlResult<()> {
    let message = match value.signum() {
        0 => "cannot take logarithm of zero",
        -1 => "cannot take logarithm of a negative number",
        _ => return Ok(()),
    };
    Err(SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_LOGARITHM, message))
}

impl Numeric {
    pub fn ln(&self) -> SqlResult<Numeric> {
        if self.is_nan() {
            return Ok(Numeric::nan());
        }
        check_argument(self)?;
        if matches!(self.form(), Form::Infinity) {
            return Ok(Numeric::infinity());
        }
        let digits = self.digits().unwrap_or_else(|| Digits::zero(0));
        let scale = clamp_scale(
            MIN_SIGNIFICANT_DIGITS - logarithm_exponent(&digits),
            &[digits.scale.into()],
        );
        Numeric::checked(natural_logarithm(&digits, scale))
    }

    /// `log(base, self)`.
    pub fn log(&self, base: &Numeric) -> SqlResult<Numeric> {
        if self.is_nan() || base.is_nan() {
            return Ok(Numeric::nan());
        }
        check_argument(base)?;
        check_argument(self)?;
        match (base.is_infinite(), self.is_infinite()) {
            (true, true) => return Ok(Numeric::nan()),
            (true, false) => return Ok(Numeric::zero()),
            (false, true) => return Ok(Numeric::infinity()),
            (false, false) => {}
        }
        let number = self.digits().unwrap_or_else(|| Digits::zero(0));
        let base = base.digits().unwrap_or_else(|| Digits::zero(0));
        let (base_exponent, number_exponent) =
            (logarithm_exponent(&base), logarithm_exponent(&number));
        let exponent = number_exponent - base_exponent;
        let scale = clamp_scale(
            MIN_SIGNIFICANT_DIGITS - exponent,
            &[base.scale.into(), number.scale.into()],
        );
        let base_scale = (scale + exponent - base_exponent + 8).max(0);
        let number_scale = (scale + exponent - number_exponent + 8).max(0);
        let base = natural_logarithm(&base, base_scale);
        let number = natural_logarithm(&number, number_scale);
        if base.is_zero() {
            return Err(division_by_zero());
        }
        Numeric::checked(number.div_round(&base, scale))
    }
}

/// About the decimal exponent of `ln(value)`; `value` is positive.
pub(super) fn logarithm_exponent(value: &Digits) -> i32 {
    if value.negative || value.groups.is_empty() {
        return 0;
    }
    let (low, high) = (Digits::from_mantissa(9, 1), Digits::from_mantissa(11, 1));
    if value.compare(&low).is_ge() && value.compare(&high).is_le() {
        // ln(1 + x) is about x.
        let mut rest = value.sub(&Digits::from_mantissa(1, 0));
        rest.strip();
        return match rest.groups.first() {
            Some(&first) => rest.weight * GROUP_DIGITS + f64::from(first).log10() as i32,
            None => 0,
        };
    }
    let mut leading = f64::from(value.groups[0]);
    let mut exponent = value.weight * GROUP_DIGITS;
    if let Some(&second) = value.groups.get(1) {
        leading = leading * f64::from(GROUP_BASE) + f64::from(second);
        exponent -= GROUP_DIGITS;
    }
    let logarithm = leading.ln() + f64::from(exponent) * std::f64::consts::LN_10;
    logarithm.abs().log10() as i32
}

/// `ln(value)` rounded to `scale`; `value` is positive.
///
/// Square roots bring the value near 1, where `ln x = 2 (z + z³/3 + z⁵/5 …)` with `z = (x−1)/(x+1)` converges fast.
pub(super) fn natural_logarithm(value: &Digits, scale: i32) -> Digits {
    let one = Digits::from_mantissa(1, 0);
    let (low, high) = (Digits::from_mantissa(9, 1), Digits::from_mantissa(11, 1));
    let mut reduced = value.clone();
    let mut roots = 0;
    let mut factor = Digits::from_mantissa(2, 0);
    // A root halves the exponent: at most about 20 rounds for the largest number.
    while reduced.compare(&low).is_le() || reduced.compare(&high).is_ge() {
        let root_scale = (scale - reduced.weight * GROUP_DIGITS / 2 + 8).max(0);
        reduced = square_root(&reduced, root_scale);
        factor = factor.add(&factor);
        roots += 1;
    }
    let working = scale + (f64::from(roots + 1) * LOG10_2) as i32 + 8;
    let ratio = reduced.sub(&one).div_round(&reduced.add(&one), working);
    let square = ratio.mul(&ratio, working);
    let mut sum = ratio.clone();
    let mut power = ratio;
    let mut divisor = 1;
    loop {
        divisor += 2;
        power = power.mul(&square, working);
        let term = power.div_round(&Digits::from_mantissa(divisor, 0), working);
        if term.is_zero() {
            break;
        }
        sum = sum.add(&term);
    }
    sum.mul(&factor, scale)
}
