//! Conversions between `numeric` and the machine's numbers.

use super::Numeric;
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

impl From<i16> for Numeric {
    fn from(value: i16) -> Numeric {
        Numeric::small(value.into(), 0)
    }
}

impl From<i32> for Numeric {
    fn from(value: i32) -> Numeric {
        Numeric::small(value.into(), 0)
    }
}

impl From<i64> for Numeric {
    fn from(value: i64) -> Numeric {
        Numeric::small(value.into(), 0)
    }
}

impl From<i128> for Numeric {
    fn from(value: i128) -> Numeric {
        Numeric::from_parts(value, 0)
    }
}

fn out_of_range(type_name: &str) -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, format!("{type_name} out of range"))
}

/// `%.{precision}g` and read again, which is what PostgreSQL's cast from a float does.
fn from_rounded(value: f64, precision: usize) -> Numeric {
    if value.is_nan() {
        return Numeric::nan();
    }
    if value.is_infinite() {
        return if value > 0.0 { Numeric::infinity() } else { Numeric::negative_infinity() };
    }
    let scientific = format!("{:.*e}", precision - 1, value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    Numeric::parse(&format!("{mantissa}e{exponent}")).unwrap_or_else(|_| Numeric::zero())
}

impl Numeric {
    /// As PostgreSQL casts: 15 significant digits.
    pub fn from_f64(value: f64) -> Numeric {
        from_rounded(value, 15)
    }

    /// As PostgreSQL casts: 6 significant digits.
    pub fn from_f32(value: f32) -> Numeric {
        from_rounded(value.into(), 6)
    }

    fn to_integer(&self, type_name: &str) -> SqlResult<i128> {
        if !self.is_finite() {
            let what = if self.is_nan() { "NaN" } else { "infinity" };
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("cannot convert {what} to {type_name}"),
            ));
        }
        let rounded = self.round(0)?;
        rounded.as_parts().map(|(value, _)| value).ok_or_else(|| out_of_range(type_name))
    }

    /// Rounds half away from zero; 22003 "smallint out of range".
    pub fn to_i16(&self) -> SqlResult<i16> {
        i16::try_from(self.to_integer("smallint")?).map_err(|_| out_of_range("smallint"))
    }

    pub fn to_i32(&self) -> SqlResult<i32> {
        i32::try_from(self.to_integer("integer")?).map_err(|_| out_of_range("integer"))
    }

    pub fn to_i64(&self) -> SqlResult<i64> {
        i64::try_from(self.to_integer("bigint")?).map_err(|_| out_of_range("bigint"))
    }

    /// Up to 35 digits; beyond is 22003.
    pub fn to_i128(&self) -> SqlResult<i128> {
        self.to_integer("numeric")
    }

    /// The nearest `f64`; infinite if the value is beyond its range.
    pub fn to_f64(&self) -> f64 {
        if let Some((mantissa, scale)) = self.as_parts()
            && mantissa.unsigned_abs() < 1 << 53
            && scale <= 22
        {
            // Both are exact, so one division rounds correctly.
            return mantissa as f64 / 10_f64.powi(scale.into());
        }
        // Rust reads "NaN", "Infinity" and every decimal number.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    pub fn to_f32(&self) -> f32 {
        self.to_string().parse().unwrap_or(f32::NAN)
    }

    /// The cast to `double precision`: 22003 if a finite value is beyond its range.
    pub fn try_to_f64(&self) -> SqlResult<f64> {
        let value = self.to_f64();
        if self.is_finite() && (value.is_infinite() || (value == 0.0 && !self.is_zero())) {
            return Err(beyond_float(self, "double precision"));
        }
        Ok(value)
    }

    /// The cast to `real`: 22003 if a finite value is beyond its range.
    pub fn try_to_f32(&self) -> SqlResult<f32> {
        let value = self.to_f32();
        if self.is_finite() && (value.is_infinite() || (value == 0.0 && !self.is_zero())) {
            return Err(beyond_float(self, "real"));
        }
        Ok(value)
    }
}

fn beyond_float(value: &Numeric, type_name: &str) -> SqlError {
    SqlError::new(
        sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
        format!("\"{value}\" is out of range for type {type_name}"),
    )
}
