//! Variance, deviation, correlation and regression.

use types::numeric::Numeric;
use types::{Datum, SqlResult};

use crate::bodies::arguments::{float, integer, wrong_kind};
use crate::bodies::arithmetic::float_overflow;
use crate::context::EvalContext;
use crate::definition::Accumulator;

/// Exact: the count, the sum and the sum of squares.
pub(super) struct NumericSpread {
    rows: i64,
    sum: Numeric,
    squares: Numeric,
    sample: bool,
    root: bool,
}

impl NumericSpread {
    pub(super) fn new(sample: bool, root: bool) -> NumericSpread {
        NumericSpread { rows: 0, sum: Numeric::zero(), squares: Numeric::zero(), sample, root }
    }
}

impl Accumulator for NumericSpread {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let value = match &arguments[0] {
            Datum::Numeric(value) => value.clone(),
            Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) => {
                Numeric::from(integer(&arguments[0])?)
            }
            other => return Err(wrong_kind("numeric", other)),
        };
        self.rows += 1;
        self.sum = self.sum.add(&value)?;
        self.squares = self.squares.add(&value.mul(&value)?)?;
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        let least = if self.sample { 2 } else { 1 };
        if self.rows < least {
            return Ok(Datum::Null);
        }
        if !self.sum.is_finite() {
            return Ok(Datum::Numeric(Numeric::nan()));
        }
        let rows = Numeric::from(self.rows);
        // n·Σx² − (Σx)², which rounding cannot make negative because nothing is rounded.
        let spread = rows.mul(&self.squares)?.sub(&self.sum.mul(&self.sum)?)?;
        if spread.signum() <= 0 {
            return Ok(Datum::Numeric(Numeric::zero()));
        }
        let divisor = if self.sample { Numeric::from(self.rows - 1) } else { rows.clone() };
        let variance = spread.div(&rows.mul(&divisor)?)?;
        let result = if self.root { variance.sqrt()? } else { variance };
        Ok(Datum::Numeric(result))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + 128
    }
}

/// Youngs and Cramer's running sums: count, sum, and the sum of squared distances from the mean.
pub(super) struct FloatSpread {
    rows: f64,
    sum: f64,
    distances: f64,
    sample: bool,
    root: bool,
}

impl FloatSpread {
    pub(super) fn new(sample: bool, root: bool) -> FloatSpread {
        FloatSpread { rows: 0.0, sum: 0.0, distances: 0.0, sample, root }
    }
}

impl Accumulator for FloatSpread {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let value = float(&arguments[0])?;
        let before = self.sum;
        self.rows += 1.0;
        self.sum += value;
        if self.rows > 1.0 {
            let distance = value * self.rows - self.sum;
            self.distances += distance * distance / (self.rows * (self.rows - 1.0));
            if self.sum.is_infinite() || self.distances.is_infinite() {
                if !before.is_infinite() && !value.is_infinite() {
                    return Err(float_overflow());
                }
                self.distances = f64::NAN;
            }
        } else if !value.is_finite() {
            self.distances = f64::NAN;
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        let divisor = if self.sample { self.rows - 1.0 } else { self.rows };
        if divisor <= 0.0 {
            return Ok(Datum::Null);
        }
        let variance = self.distances / divisor;
        Ok(Datum::Float8(if self.root { variance.sqrt() } else { variance }))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

#[derive(Clone, Copy)]
pub(super) enum Measure {
    Correlation,
    CovariancePopulation,
    CovarianceSample,
    AverageX,
    AverageY,
    Count,
    Intercept,
    Determination,
    Slope,
    SumXX,
    SumXY,
    SumYY,
}

/// The running sums of a linear regression of Y (first argument) on X (second).
pub(super) struct Regression {
    measure: Measure,
    rows: f64,
    sum_x: f64,
    sum_y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Regression {
    pub(super) fn new(measure: Measure) -> Regression {
        Regression { measure, rows: 0.0, sum_x: 0.0, sum_y: 0.0, xx: 0.0, yy: 0.0, xy: 0.0 }
    }

    fn value(&self) -> Option<f64> {
        if self.rows < 1.0 {
            return None;
        }
        let flat_x = self.xx == 0.0;
        let flat_y = self.yy == 0.0;
        match self.measure {
            Measure::Count => None,
            Measure::SumXX => Some(self.xx),
            Measure::SumXY => Some(self.xy),
            Measure::SumYY => Some(self.yy),
            Measure::AverageX => Some(self.sum_x / self.rows),
            Measure::AverageY => Some(self.sum_y / self.rows),
            Measure::CovariancePopulation => Some(self.xy / self.rows),
            Measure::CovarianceSample => (self.rows >= 2.0).then(|| self.xy / (self.rows - 1.0)),
            Measure::Correlation => {
                (!flat_x && !flat_y).then(|| self.xy / (self.xx * self.yy).sqrt())
            }
            Measure::Determination => match (flat_x, flat_y) {
                (true, _) => None,
                (false, true) => Some(1.0),
                (false, false) => Some(self.xy * self.xy / (self.xx * self.yy)),
            },
            Measure::Slope => (!flat_x).then(|| self.xy / self.xx),
            Measure::Intercept => {
                (!flat_x).then(|| (self.sum_y - self.sum_x * self.xy / self.xx) / self.rows)
            }
        }
    }
}

impl Accumulator for Regression {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let (y, x) = (float(&arguments[0])?, float(&arguments[1])?);
        if matches!(self.measure, Measure::Count) {
            self.rows += 1.0;
            return Ok(());
        }
        let known_x = !self.sum_x.is_infinite() && !x.is_infinite();
        let known_y = !self.sum_y.is_infinite() && !y.is_infinite();
        self.rows += 1.0;
        self.sum_x += x;
        self.sum_y += y;
        if self.rows > 1.0 {
            let (dx, dy) = (x * self.rows - self.sum_x, y * self.rows - self.sum_y);
            let scale = 1.0 / (self.rows * (self.rows - 1.0));
            self.xx += dx * dx * scale;
            self.yy += dy * dy * scale;
            self.xy += dx * dy * scale;
            let overflow = (self.sum_x.is_infinite() || self.xx.is_infinite()) && known_x
                || (self.sum_y.is_infinite() || self.yy.is_infinite()) && known_y
                || self.xy.is_infinite() && known_x && known_y;
            if overflow {
                return Err(float_overflow());
            }
            for sum in [&mut self.xx, &mut self.yy, &mut self.xy] {
                if sum.is_infinite() {
                    *sum = f64::NAN;
                }
            }
        } else {
            if !x.is_finite() {
                (self.xx, self.xy) = (f64::NAN, f64::NAN);
            }
            if !y.is_finite() {
                (self.yy, self.xy) = (f64::NAN, f64::NAN);
            }
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if matches!(self.measure, Measure::Count) {
            return Ok(Datum::Int8(self.rows as i64));
        }
        Ok(self.value().map_or(Datum::Null, Datum::Float8))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}
