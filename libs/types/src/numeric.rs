//! `numeric`: exact numbers of any size, with NaN and the infinities.
use crate::error::SqlResult;
use std::cmp::Ordering;
#[derive(Clone, Debug)]
pub struct Numeric;
type N = Numeric;
impl Numeric {
    pub fn zero() -> N {
        panic!()
    }
    pub fn one() -> N {
        panic!()
    }
    pub fn nan() -> N {
        panic!()
    }
    pub fn infinity() -> N {
        panic!()
    }
    pub fn negative_infinity() -> N {
        panic!()
    }
    /// `mantissa / 10^scale`.
    pub fn from_parts(_mantissa: i128, _scale: u16) -> N {
        panic!()
    }
    /// 22P02 "invalid input syntax for type numeric".
    pub fn parse(_text: &str) -> SqlResult<N> {
        panic!()
    }
    /// As PostgreSQL casts: 15 significant digits.
    pub fn from_f64(_value: f64) -> N {
        panic!()
    }
    /// As PostgreSQL casts: 6 significant digits.
    pub fn from_f32(_value: f32) -> N {
        panic!()
    }
    /// Rounds half away from zero; 22003 "smallint out of range".
    pub fn to_i16(&self) -> SqlResult<i16> {
        panic!()
    }
    pub fn to_i32(&self) -> SqlResult<i32> {
        panic!()
    }
    pub fn to_i64(&self) -> SqlResult<i64> {
        panic!()
    }
    pub fn to_i128(&self) -> SqlResult<i128> {
        panic!()
    }
    pub fn to_f64(&self) -> f64 {
        panic!()
    }
    pub fn to_f32(&self) -> f32 {
        panic!()
    }
    pub fn is_nan(&self) -> bool {
        panic!()
    }
    pub fn is_infinite(&self) -> bool {
        panic!()
    }
    pub fn is_finite(&self) -> bool {
        panic!()
    }
    pub fn is_zero(&self) -> bool {
        panic!()
    }
    /// −1, 0 or 1; NaN is 0.
    pub fn signum(&self) -> i32 {
        panic!()
    }
    /// Digits printed after the point; 0 for NaN and infinities.
    pub fn scale(&self) -> u16 {
        panic!()
    }
    pub fn min_scale(&self) -> u16 {
        panic!()
    }
    pub fn trim_scale(&self) -> N {
        panic!()
    }
    pub fn neg(&self) -> N {
        panic!()
    }
    pub fn abs(&self) -> N {
        panic!()
    }
    pub fn add(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    pub fn sub(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    pub fn mul(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    /// `/`: 22012 by zero.
    pub fn div(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    /// `div(a, b)`: the quotient cut to an integer.
    pub fn div_trunc(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    /// `%`, with the sign of the dividend.
    pub fn rem(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    /// To `scale` digits after (or, if negative, before) the point, half away from zero.
    pub fn round(&self, _scale: i32) -> SqlResult<N> {
        panic!()
    }
    pub fn trunc(&self, _scale: i32) -> N {
        panic!()
    }
    pub fn ceil(&self) -> N {
        panic!()
    }
    pub fn floor(&self) -> N {
        panic!()
    }
    pub fn sqrt(&self) -> SqlResult<N> {
        panic!()
    }
    pub fn exp(&self) -> SqlResult<N> {
        panic!()
    }
    pub fn ln(&self) -> SqlResult<N> {
        panic!()
    }
    /// `log(base, self)`.
    pub fn log(&self, _base: &N) -> SqlResult<N> {
        panic!()
    }
    pub fn power(&self, _exponent: &N) -> SqlResult<N> {
        panic!()
    }
    pub fn gcd(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    pub fn lcm(&self, _other: &N) -> SqlResult<N> {
        panic!()
    }
    pub fn factorial(_n: i64) -> SqlResult<N> {
        panic!()
    }
    /// Fits the value to `numeric(precision, scale)`; 22003 "numeric field overflow".
    pub fn apply_modifier(&self, _modifier: i32) -> SqlResult<N> {
        panic!()
    }
    pub fn to_wire(&self, _out: &mut Vec<u8>) {
        panic!()
    }
    pub fn from_wire(_bytes: &[u8]) -> SqlResult<N> {
        panic!()
    }
}
/// The modifier of `numeric(precision, scale)`.
pub fn numeric_modifier(precision: i32, scale: i32) -> i32 {
    ((precision << 16) | (scale & 0x7ff)) + 4
}
/// Precision and scale of a modifier; `None` for −1.
pub fn precision_and_scale(modifier: i32) -> Option<(i32, i32)> {
    (modifier >= 4).then(|| {
        let m = modifier - 4;
        ((m >> 16) & 0xffff, ((m & 0x7ff) ^ 1024) - 1024)
    })
}
impl From<i16> for N {
    fn from(v: i16) -> N {
        N::from_parts(v.into(), 0)
    }
}
impl From<i32> for N {
    fn from(v: i32) -> N {
        N::from_parts(v.into(), 0)
    }
}
impl From<i64> for N {
    fn from(v: i64) -> N {
        N::from_parts(v.into(), 0)
    }
}
impl From<i128> for N {
    fn from(v: i128) -> N {
        N::from_parts(v, 0)
    }
}
impl std::fmt::Display for N {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!()
    }
}
impl std::str::FromStr for N {
    type Err = crate::SqlError;
    fn from_str(t: &str) -> SqlResult<N> {
        N::parse(t)
    }
}
impl Ord for N {
    fn cmp(&self, _: &N) -> Ordering {
        panic!()
    }
}
impl PartialOrd for N {
    fn partial_cmp(&self, o: &N) -> Option<Ordering> {
        Some(self.cmp(o))
    }
}
impl PartialEq for N {
    fn eq(&self, o: &N) -> bool {
        self.cmp(o).is_eq()
    }
}
impl Eq for N {}
impl std::hash::Hash for N {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {
        panic!()
    }
}
