//! `numeric`: exact numbers of any size, with NaN and the infinities.
//!
//! A value is either *small*, an `i128` and a decimal scale, which covers nearly all numbers that occur, or *large*,
//! groups of four decimal digits as PostgreSQL stores them ([`digits::Digits`]). Every operation tries the small form
//! first and falls back to groups when it does not fit. The form is chosen by size alone, so equal values with equal
//! scales always have the same form. Result scales follow PostgreSQL's rules exactly: they are visible to users.
//!
//! A number takes 16 bytes; one whose mantissa fits into 64 bits, which again are nearly all, has nothing on the heap.

mod convert;
mod digits;
mod functions;
mod logarithm;
mod power;
#[cfg(test)]
mod tests;
mod text;
pub(crate) use text::{is_space, trim};
mod wire;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::error::{SqlError, SqlResult};
use crate::sqlstate;
pub use digits::GroupVec;
use digits::{Digits, GROUP_DIGITS};

/// Most digits after the point that a value can carry.
pub const MAX_SCALE: i32 = 16_383;
/// Highest exponent, in groups of four digits, of the first digit.
pub(crate) const MAX_WEIGHT: i32 = 32_767;
/// Significant digits that division and the irrational functions give at least.
pub(crate) const MIN_SIGNIFICANT_DIGITS: i32 = 16;
/// Most digits after the point that division and the irrational functions give.
pub(crate) const MAX_DISPLAY_SCALE: i32 = 1_000;
/// Mantissas from here on are large: three more digits must fit into 128 bits when groups are formed.
const SMALL_LIMIT: i128 = 10_i128.pow(35);

/// An exact number.
#[derive(Clone, Debug)]
pub struct Numeric(Stored);

/// How a number lies in memory.
#[derive(Clone, Debug)]
enum Stored {
    /// A small one whose mantissa has 64 bits.
    Short {
        mantissa: i64,
        scale: u16,
    },
    /// Any other small one.
    Long(Box<(i128, u16)>),
    Large(Box<Digits>),
    NaN,
    Infinity,
    NegativeInfinity,
}

/// A number as arithmetic looks at it.
#[derive(Clone, Copy, Debug)]
enum Form<'a> {
    /// `mantissa / 10^scale`, with `|mantissa| < SMALL_LIMIT`.
    Small {
        mantissa: i128,
        scale: u16,
    },
    Large(&'a Digits),
    NaN,
    Infinity,
    NegativeInfinity,
}

/// Ten to the `exponent`, if it fits.
fn ten_to(exponent: u32) -> Option<i128> {
    (exponent <= 38).then(|| 10_i128.pow(exponent))
}

fn overflow() -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format")
}

fn division_by_zero() -> SqlError {
    SqlError::new(sqlstate::DIVISION_BY_ZERO, "division by zero")
}

/// The scale limits that apply to every computed scale.
fn clamp_scale(scale: i32, at_least: &[i32]) -> i32 {
    let scale = at_least.iter().fold(scale.max(0), |scale, &other| scale.max(other));
    scale.min(MAX_DISPLAY_SCALE)
}

impl Numeric {
    pub fn zero() -> Numeric {
        Numeric::small(0, 0)
    }

    pub fn one() -> Numeric {
        Numeric::small(1, 0)
    }

    pub fn nan() -> Numeric {
        Numeric(Stored::NaN)
    }

    pub fn infinity() -> Numeric {
        Numeric(Stored::Infinity)
    }

    pub fn negative_infinity() -> Numeric {
        Numeric(Stored::NegativeInfinity)
    }

    fn small(mantissa: i128, scale: u16) -> Numeric {
        debug_assert!(mantissa.abs() < SMALL_LIMIT, "a small mantissa");
        Numeric(match i64::try_from(mantissa) {
            Ok(mantissa) => Stored::Short { mantissa, scale },
            Err(_) => Stored::Long(Box::new((mantissa, scale))),
        })
    }

    fn large(digits: Digits) -> Numeric {
        Numeric(Stored::Large(Box::new(digits)))
    }

    fn form(&self) -> Form<'_> {
        match &self.0 {
            Stored::Short { mantissa, scale } => {
                Form::Small { mantissa: (*mantissa).into(), scale: *scale }
            }
            Stored::Long(parts) => Form::Small { mantissa: parts.0, scale: parts.1 },
            Stored::Large(digits) => Form::Large(digits),
            Stored::NaN => Form::NaN,
            Stored::Infinity => Form::Infinity,
            Stored::NegativeInfinity => Form::NegativeInfinity,
        }
    }

    /// A small value if it is one.
    fn try_small(mantissa: i128, scale: u32) -> Option<Numeric> {
        (mantissa.unsigned_abs() < SMALL_LIMIT.unsigned_abs() && scale <= MAX_SCALE as u32)
            .then(|| Numeric::small(mantissa, scale as u16))
    }

    /// `mantissa / 10^scale`.
    pub fn from_parts(mantissa: i128, scale: u16) -> Numeric {
        let scale = scale.min(MAX_SCALE as u16);
        Numeric::try_small(mantissa, scale.into())
            .unwrap_or_else(|| Numeric::from_digits(Digits::from_mantissa(mantissa, scale)))
    }

    /// `mantissa / 10^scale`, for a scale of at most [`MAX_SCALE`].
    pub fn from_short(mantissa: i64, scale: u16) -> Numeric {
        Numeric(Stored::Short { mantissa, scale: scale.min(MAX_SCALE as u16) })
    }

    /// Chooses the form; the digits must be within the limits.
    fn from_digits(mut digits: Digits) -> Numeric {
        digits.strip();
        match digits.to_mantissa(SMALL_LIMIT) {
            Some(mantissa) => Numeric::small(mantissa, digits.scale),
            None => Numeric::large(digits),
        }
    }

    /// Chooses the form and checks the limits of the type.
    fn checked(mut digits: Digits) -> SqlResult<Numeric> {
        digits.strip();
        if digits.weight > MAX_WEIGHT || i32::from(digits.scale) > MAX_SCALE {
            return Err(overflow());
        }
        Ok(Numeric::from_digits(digits))
    }

    /// The digits of a finite value; none of NaN and the infinities.
    fn digits(&self) -> Option<Digits> {
        match self.form() {
            Form::Small { mantissa, scale } => Some(Digits::from_mantissa(mantissa, scale)),
            Form::Large(digits) => Some(digits.clone()),
            Form::NaN | Form::Infinity | Form::NegativeInfinity => None,
        }
    }

    /// Sign, exponent of the first group in powers of 10,000, and the groups without leading and trailing zeros, so
    /// that equal values give equal groups; `None` for NaN and the infinities. Zero has no groups.
    pub fn groups(&self) -> Option<(bool, i32, GroupVec)> {
        let digits = self.digits()?;
        Some((digits.negative, digits.weight, digits.groups))
    }

    /// The inverse of [`Numeric::groups`]; the scale is the least that shows the value. `None` if the groups are not
    /// digits or beyond the limits.
    pub fn from_groups(negative: bool, weight: i32, groups: &[u16]) -> Option<Numeric> {
        let in_range = (-(MAX_SCALE + 4) / 4..=MAX_WEIGHT).contains(&weight);
        if groups.iter().any(|&group| group >= digits::GROUP_BASE as u16)
            || (!in_range && !groups.is_empty())
        {
            return None;
        }
        let mut digits =
            Digits { negative, weight, scale: 0, groups: GroupVec::from_slice(groups) };
        digits.strip();
        let scale = digits.least_scale();
        digits.scale = u16::try_from(scale).ok().filter(|&scale| i32::from(scale) <= MAX_SCALE)?;
        Some(Numeric::from_digits(digits))
    }

    /// The value as `mantissa / 10^scale` if it is small enough for arithmetic on integers.
    pub fn as_parts(&self) -> Option<(i128, u16)> {
        match &self.0 {
            Stored::Short { mantissa, scale } => Some(((*mantissa).into(), *scale)),
            Stored::Long(parts) => Some(**parts),
            _ => None,
        }
    }

    pub fn is_nan(&self) -> bool {
        matches!(self.form(), Form::NaN)
    }

    pub fn is_infinite(&self) -> bool {
        matches!(self.form(), Form::Infinity | Form::NegativeInfinity)
    }

    pub fn is_finite(&self) -> bool {
        matches!(self.form(), Form::Small { .. } | Form::Large(_))
    }

    pub fn is_zero(&self) -> bool {
        match self.form() {
            Form::Small { mantissa, .. } => mantissa == 0,
            Form::Large(digits) => digits.is_zero(),
            _ => false,
        }
    }

    /// −1, 0 or 1; NaN is 0.
    pub fn signum(&self) -> i32 {
        match self.form() {
            Form::Small { mantissa, .. } => mantissa.signum() as i32,
            Form::Large(digits) if digits.is_zero() => 0,
            Form::Large(digits) if digits.negative => -1,
            Form::Large(_) | Form::Infinity => 1,
            Form::NegativeInfinity => -1,
            Form::NaN => 0,
        }
    }

    /// Digits printed after the point; 0 for NaN and infinities.
    pub fn scale(&self) -> u16 {
        match self.form() {
            Form::Small { scale, .. } => scale,
            Form::Large(digits) => digits.scale,
            _ => 0,
        }
    }

    /// The fewest digits after the point that show the value exactly.
    pub fn min_scale(&self) -> u16 {
        self.digits().map_or(0, |digits| u16::try_from(digits.least_scale()).unwrap_or(0))
    }

    pub fn trim_scale(&self) -> Numeric {
        self.trunc(self.min_scale().into())
    }

    pub fn is_integer(&self) -> bool {
        self.is_finite() && self.min_scale() == 0
    }

    #[allow(clippy::should_implement_trait)]
    pub fn neg(&self) -> Numeric {
        match self.form() {
            Form::Small { mantissa, scale } => Numeric::small(-mantissa, scale),
            Form::Large(digits) => {
                Numeric::large(Digits { negative: !digits.negative, ..digits.clone() })
            }
            Form::NaN => Numeric::nan(),
            Form::Infinity => Numeric::negative_infinity(),
            Form::NegativeInfinity => Numeric::infinity(),
        }
    }

    pub fn abs(&self) -> Numeric {
        if self.signum() < 0 { self.neg() } else { self.clone() }
    }

    /// Both mantissas brought to the larger scale.
    fn aligned(&self, other: &Numeric) -> Option<(i128, i128, u16)> {
        let (left, left_scale) = self.as_parts()?;
        let (right, right_scale) = other.as_parts()?;
        match left_scale.cmp(&right_scale) {
            Ordering::Equal => Some((left, right, left_scale)),
            Ordering::Less => {
                let factor = ten_to(u32::from(right_scale - left_scale))?;
                Some((left.checked_mul(factor)?, right, right_scale))
            }
            Ordering::Greater => {
                let factor = ten_to(u32::from(left_scale - right_scale))?;
                Some((left, right.checked_mul(factor)?, left_scale))
            }
        }
    }

    /// Two short mantissas of one scale.
    fn short_pair(&self, other: &Numeric) -> Option<(i64, i64, u16)> {
        match (&self.0, &other.0) {
            (
                Stored::Short { mantissa: left, scale },
                Stored::Short { mantissa: right, scale: other },
            ) if scale == other => Some((*left, *right, *scale)),
            _ => None,
        }
    }

    #[allow(clippy::should_implement_trait)]
    pub fn add(&self, other: &Numeric) -> SqlResult<Numeric> {
        if let Some((left, right, scale)) = self.short_pair(other)
            && let Some(mantissa) = left.checked_add(right)
        {
            return Ok(Numeric(Stored::Short { mantissa, scale }));
        }
        if let Some(sum) = self.aligned(other).and_then(|(left, right, scale)| {
            Numeric::try_small(left.checked_add(right)?, scale.into())
        }) {
            return Ok(sum);
        }
        match (self.digits(), other.digits()) {
            (Some(left), Some(right)) => Numeric::checked(left.add(&right)),
            _ => Ok(add_special(self, other)),
        }
    }

    #[allow(clippy::should_implement_trait)]
    pub fn sub(&self, other: &Numeric) -> SqlResult<Numeric> {
        if let Some(difference) = self.aligned(other).and_then(|(left, right, scale)| {
            Numeric::try_small(left.checked_sub(right)?, scale.into())
        }) {
            return Ok(difference);
        }
        self.add(&other.neg())
    }

    #[allow(clippy::should_implement_trait)]
    pub fn mul(&self, other: &Numeric) -> SqlResult<Numeric> {
        if let (
            Stored::Short { mantissa: left, scale: left_scale },
            Stored::Short { mantissa: right, scale: right_scale },
        ) = (&self.0, &other.0)
            && let Some(mantissa) = left.checked_mul(*right)
            && i32::from(*left_scale) + i32::from(*right_scale) <= MAX_SCALE
        {
            return Ok(Numeric(Stored::Short { mantissa, scale: left_scale + right_scale }));
        }
        if let (Some((left, left_scale)), Some((right, right_scale))) =
            (self.as_parts(), other.as_parts())
            && let Some(product) = left.checked_mul(right)
            && let Some(value) =
                Numeric::try_small(product, u32::from(left_scale) + u32::from(right_scale))
        {
            return Ok(value);
        }
        let (Some(left), Some(right)) = (self.digits(), other.digits()) else {
            return Ok(mul_special(self, other));
        };
        let scale = i32::from(left.scale) + i32::from(right.scale);
        Numeric::checked(left.mul(&right, scale.min(MAX_SCALE)))
    }

    /// `/`: 22012 by zero.
    #[allow(clippy::should_implement_trait)]
    pub fn div(&self, other: &Numeric) -> SqlResult<Numeric> {
        if !self.is_finite() || !other.is_finite() {
            return div_special(self, other);
        }
        if other.is_zero() {
            return Err(division_by_zero());
        }
        let scale = quotient_scale(self, other);
        if let Some(quotient) = self.small_quotient(other, scale) {
            return Ok(quotient);
        }
        match (self.digits(), other.digits()) {
            (Some(left), Some(right)) => Numeric::checked(left.div_round(&right, scale)),
            _ => div_special(self, other),
        }
    }

    fn small_quotient(&self, other: &Numeric, scale: i32) -> Option<Numeric> {
        let (left, left_scale) = self.as_parts()?;
        let (right, right_scale) = other.as_parts()?;
        let shift = scale + i32::from(right_scale) - i32::from(left_scale);
        let (left, right) = if shift >= 0 {
            (left.checked_mul(ten_to(shift as u32)?)?, right)
        } else {
            (left, right.checked_mul(ten_to(shift.unsigned_abs())?)?)
        };
        let (quotient, rest) = (left / right, left % right);
        let away = rest.unsigned_abs() >= right.unsigned_abs() - rest.unsigned_abs();
        let step = if (left < 0) == (right < 0) { 1 } else { -1 };
        Numeric::try_small(if away { quotient + step } else { quotient }, scale as u32)
    }

    /// `div(a, b)`: the quotient cut to an integer.
    pub fn div_trunc(&self, other: &Numeric) -> SqlResult<Numeric> {
        if !self.is_finite() || !other.is_finite() {
            return div_special(self, other);
        }
        if other.is_zero() {
            return Err(division_by_zero());
        }
        if let Some((left, right, _)) = self.aligned(other)
            && let Some(value) = Numeric::try_small(left / right, 0)
        {
            return Ok(value);
        }
        match (self.digits(), other.digits()) {
            (Some(left), Some(right)) => Numeric::checked(left.div_cut(&right, 0)),
            _ => div_special(self, other),
        }
    }

    /// `%`, with the sign of the dividend.
    #[allow(clippy::should_implement_trait)]
    pub fn rem(&self, other: &Numeric) -> SqlResult<Numeric> {
        if self.is_nan() || other.is_nan() {
            return Ok(Numeric::nan());
        }
        if self.is_infinite() {
            return if other.is_zero() { Err(division_by_zero()) } else { Ok(Numeric::nan()) };
        }
        if other.is_infinite() {
            return Ok(self.clone());
        }
        if other.is_zero() {
            return Err(division_by_zero());
        }
        if let Some((left, right, scale)) = self.aligned(other)
            && let Some(value) = Numeric::try_small(left % right, scale.into())
        {
            return Ok(value);
        }
        let quotient = self.div_trunc(other)?;
        self.sub(&quotient.mul(other)?)
    }

    /// Fits the value to `numeric(precision, scale)`; 22003 "numeric field overflow".
    pub fn apply_modifier(&self, modifier: i32) -> SqlResult<Numeric> {
        let Some((precision, scale)) = precision_and_scale(modifier) else {
            return Ok(self.clone());
        };
        if self.is_nan() {
            return Ok(Numeric::nan());
        }
        let failure = |detail: String| {
            SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow")
                .detail(detail)
        };
        let field = format!("A field with precision {precision}, scale {scale}");
        if self.is_infinite() {
            return Err(failure(format!("{field} cannot hold an infinite value.")));
        }
        let rounded = self.round_to_scale(scale)?;
        let room = precision - scale;
        if !rounded.is_zero() && rounded.leading_exponent() >= room {
            let bound = if room == 0 { "1".to_owned() } else { format!("10^{room}") };
            return Err(failure(format!(
                "{field} must round to an absolute value less than {bound}."
            )));
        }
        Ok(rounded)
    }

    /// The power of ten of the first non-zero digit. The value must be finite and not zero.
    fn leading_exponent(&self) -> i32 {
        match self.form() {
            Form::Small { mantissa, scale } if mantissa != 0 => {
                mantissa.unsigned_abs().ilog10() as i32 - i32::from(scale)
            }
            Form::Large(digits) => digits.leading_exponent(),
            _ => 0,
        }
    }

    /// Exponent of the first group and the group, of a finite value; zero is 0 and 0.
    fn leading_group(&self) -> (i32, u128) {
        match self.form() {
            Form::Small { mantissa: 0, .. } => (0, 0),
            Form::Small { mantissa, .. } => {
                let exponent = self.leading_exponent();
                let weight = exponent.div_euclid(GROUP_DIGITS);
                let wanted = exponent.rem_euclid(GROUP_DIGITS) + 1;
                let mantissa = mantissa.unsigned_abs();
                let have = mantissa.ilog10() as i32 + 1;
                let group = if have >= wanted {
                    mantissa / 10_u128.pow((have - wanted) as u32)
                } else {
                    mantissa * 10_u128.pow((wanted - have) as u32)
                };
                (weight, group)
            }
            Form::Large(digits) => {
                (digits.weight, digits.groups.first().copied().unwrap_or(0).into())
            }
            _ => (0, 0),
        }
    }
}

/// The scale of a quotient: at least 16 significant digits, and no less than either operand's scale.
fn quotient_scale(left: &Numeric, right: &Numeric) -> i32 {
    let (left_weight, left_group) = left.leading_group();
    let (right_weight, right_group) = right.leading_group();
    let mut weight = left_weight - right_weight;
    if left_group <= right_group {
        weight -= 1;
    }
    clamp_scale(
        MIN_SIGNIFICANT_DIGITS - weight * GROUP_DIGITS,
        &[left.scale().into(), right.scale().into()],
    )
}

fn add_special(left: &Numeric, right: &Numeric) -> Numeric {
    match (left.form(), right.form()) {
        (Form::NaN, _) | (_, Form::NaN) => Numeric::nan(),
        (Form::Infinity, Form::NegativeInfinity) | (Form::NegativeInfinity, Form::Infinity) => {
            Numeric::nan()
        }
        (Form::Infinity | Form::NegativeInfinity, _) => left.clone(),
        _ => right.clone(),
    }
}

fn mul_special(left: &Numeric, right: &Numeric) -> Numeric {
    if left.is_nan() || right.is_nan() {
        return Numeric::nan();
    }
    match left.signum() * right.signum() {
        0 => Numeric::nan(),
        1 => Numeric::infinity(),
        _ => Numeric::negative_infinity(),
    }
}

fn div_special(left: &Numeric, right: &Numeric) -> SqlResult<Numeric> {
    if left.is_nan() || right.is_nan() || (left.is_infinite() && right.is_infinite()) {
        return Ok(Numeric::nan());
    }
    if right.is_infinite() {
        return Ok(Numeric::zero());
    }
    match left.signum() * right.signum() {
        0 => Err(division_by_zero()),
        1 => Ok(Numeric::infinity()),
        _ => Ok(Numeric::negative_infinity()),
    }
}

/// The modifier of `numeric(precision, scale)`.
pub fn numeric_modifier(precision: i32, scale: i32) -> i32 {
    ((precision << 16) | (scale & 0x7ff)) + 4
}

/// Precision and scale of a modifier; `None` for −1.
pub fn precision_and_scale(modifier: i32) -> Option<(i32, i32)> {
    (modifier >= 4).then(|| {
        let packed = modifier - 4;
        ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024)
    })
}

impl Ord for Numeric {
    /// PostgreSQL's order: −infinity, numbers, infinity, NaN.
    fn cmp(&self, other: &Numeric) -> Ordering {
        if let Some((left, right, _)) = self.short_pair(other) {
            return left.cmp(&right);
        }
        if let Some((left, right, _)) = self.aligned(other) {
            return left.cmp(&right);
        }
        fn rank(value: &Numeric) -> u8 {
            match value.form() {
                Form::NegativeInfinity => 0,
                Form::Small { .. } | Form::Large(_) => 1,
                Form::Infinity => 2,
                Form::NaN => 3,
            }
        }
        match (self.digits(), other.digits()) {
            (Some(left), Some(right)) => left.compare(&right),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Numeric) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Numeric) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Numeric {}

impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal values of different scales have the same mantissa without trailing zeros, if that is short in any of them.
        let trimmed;
        let short = match &self.0 {
            Stored::Short { mantissa, scale } => Some((*mantissa, *scale)),
            Stored::Long(_) | Stored::Large(_) => {
                trimmed = self.trim_scale();
                match &trimmed.0 {
                    Stored::Short { mantissa, scale } => Some((*mantissa, *scale)),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some((mut mantissa, mut scale)) = short {
            while scale > 0 && mantissa % 10 == 0 {
                mantissa /= 10;
                scale -= 1;
            }
            return (mantissa, scale).hash(state);
        }
        match self.groups() {
            Some((negative, weight, groups)) => {
                (!groups.is_empty() && negative).hash(state);
                (if groups.is_empty() { 0 } else { weight }).hash(state);
                groups.hash(state);
            }
            None => (self.is_nan(), self.signum()).hash(state),
        }
    }
}
