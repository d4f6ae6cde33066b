//! Aggregates of numbers, truth values and extremes; their definitions.

use std::cmp::Ordering;

use types::numeric::Numeric;
use types::{Datum, Interval, Oid, Row, SqlResult, datetime};

use crate::bodies::aggregates_collect as collect;
use crate::bodies::aggregates_ordered as ordered;
use crate::bodies::aggregates_statistics as statistics;
use crate::bodies::arguments::{float, integer, out_of_range, wrong_kind};
use crate::bodies::arithmetic::float_overflow;
use crate::bodies::json_standard::Selective;
use crate::context::EvalContext;
use crate::definition::{Accumulator, AggregateDef};

macro_rules! normal_aggregates {
    ($($name:ident: $skips_null:literal $start:expr;)*) => {$(
        pub(crate) static $name: AggregateDef = AggregateDef {
            start: $start,
            skips_null: $skips_null,
            kind: 'n',
            direct_arguments: 0,
        };
    )*};
}

normal_aggregates! {
    COUNT_ANY: true |_| Box::<Count>::default();
    COUNT_STAR: false |_| Box::<Count>::default();
    SUM_INTEGER: true |_| Box::new(IntegerSum::new(IntegerResult::Bigint));
    SUM_BIGINT: true |_| Box::new(IntegerSum::new(IntegerResult::Numeric));
    AVERAGE_INTEGER: true |_| Box::new(IntegerSum::new(IntegerResult::Average));
    SUM_NUMERIC: true |_| Box::new(NumericSum { average: false, ..NumericSum::default() });
    AVERAGE_NUMERIC: true |_| Box::new(NumericSum { average: true, ..NumericSum::default() });
    SUM_FLOAT4: true |_| Box::<SingleSum>::default();
    SUM_FLOAT8: true |_| Box::new(FloatSum { average: false, sum: -0.0, rows: 0 });
    AVERAGE_FLOAT: true |_| Box::new(FloatSum { average: true, ..FloatSum::default() });
    SUM_INTERVAL: true |_| Box::new(IntervalSum { average: false, ..IntervalSum::default() });
    AVERAGE_INTERVAL: true |_| Box::new(IntervalSum { average: true, ..IntervalSum::default() });
    MINIMUM: true |types| Box::new(Extreme::new(types, Ordering::Less));
    MAXIMUM: true |types| Box::new(Extreme::new(types, Ordering::Greater));
    ANY_VALUE: true |types| Box::new(Extreme::new(types, Ordering::Equal));
    ALL_TRUE: true |_| Box::new(Truth { all: true, ..Truth::default() });
    ANY_TRUE: true |_| Box::new(Truth { all: false, ..Truth::default() });
    BITS_AND: true |_| Box::new(Bits { value: Datum::Null, operation: |a, b| a & b });
    BITS_OR: true |_| Box::new(Bits { value: Datum::Null, operation: |a, b| a | b });
    BITS_XOR: true |_| Box::new(Bits { value: Datum::Null, operation: |a, b| a ^ b });
    STRING_JOIN: false |_| Box::<collect::TextJoin>::default();
    BYTES_JOIN: false |_| Box::<collect::BytesJoin>::default();
    ARRAY_OF_VALUES: false |types| Box::new(collect::ArrayOfValues::new(types));
    ARRAY_OF_ARRAYS: false |types| Box::new(collect::ArrayOfArrays::new(types));
    JSON_LIST: false |types| Box::new(collect::JsonList::new(types, false));
    JSONB_LIST: false |types| Box::new(collect::JsonList::new(types, true));
    JSON_MAP: false |types| Box::new(collect::JsonMap::new(types, false));
    JSONB_MAP: false |types| Box::new(collect::JsonMap::new(types, true));
    JSON_AGG_STRICT: false |types| selective(Box::new(collect::JsonList::new(types, false)), types, Some(0), false, false);
    JSONB_AGG_STRICT: false |types| selective(Box::new(collect::JsonList::new(types, true)), types, Some(0), false, true);
    JSON_OBJECT_AGG_STRICT: false |types| selective(Box::new(collect::JsonMap::new(types, false)), types, Some(1), false, false);
    JSON_OBJECT_AGG_UNIQUE: false |types| selective(Box::new(collect::JsonMap::new(types, false)), types, None, true, false);
    JSON_OBJECT_AGG_UNIQUE_STRICT: false |types| selective(Box::new(collect::JsonMap::new(types, false)), types, Some(1), true, false);
    JSONB_OBJECT_AGG_STRICT: false |types| selective(Box::new(collect::JsonMap::new(types, true)), types, Some(1), false, true);
    JSONB_OBJECT_AGG_UNIQUE: false |types| selective(Box::new(collect::JsonMap::new(types, true)), types, None, true, true);
    JSONB_OBJECT_AGG_UNIQUE_STRICT: false |types| selective(Box::new(collect::JsonMap::new(types, true)), types, Some(1), true, true);
    VAR_POP_NUMERIC: true |_| Box::new(statistics::NumericSpread::new(false, false));
    VAR_SAMP_NUMERIC: true |_| Box::new(statistics::NumericSpread::new(true, false));
    STDDEV_POP_NUMERIC: true |_| Box::new(statistics::NumericSpread::new(false, true));
    STDDEV_SAMP_NUMERIC: true |_| Box::new(statistics::NumericSpread::new(true, true));
    VAR_POP_FLOAT: true |_| Box::new(statistics::FloatSpread::new(false, false));
    VAR_SAMP_FLOAT: true |_| Box::new(statistics::FloatSpread::new(true, false));
    STDDEV_POP_FLOAT: true |_| Box::new(statistics::FloatSpread::new(false, true));
    STDDEV_SAMP_FLOAT: true |_| Box::new(statistics::FloatSpread::new(true, true));
    CORR: true |_| Box::new(statistics::Regression::new(statistics::Measure::Correlation));
    COVAR_POP: true |_| Box::new(statistics::Regression::new(statistics::Measure::CovariancePopulation));
    COVAR_SAMP: true |_| Box::new(statistics::Regression::new(statistics::Measure::CovarianceSample));
    REGR_AVGX: true |_| Box::new(statistics::Regression::new(statistics::Measure::AverageX));
    REGR_AVGY: true |_| Box::new(statistics::Regression::new(statistics::Measure::AverageY));
    REGR_COUNT: true |_| Box::new(statistics::Regression::new(statistics::Measure::Count));
    REGR_INTERCEPT: true |_| Box::new(statistics::Regression::new(statistics::Measure::Intercept));
    REGR_R2: true |_| Box::new(statistics::Regression::new(statistics::Measure::Determination));
    REGR_SLOPE: true |_| Box::new(statistics::Regression::new(statistics::Measure::Slope));
    REGR_SXX: true |_| Box::new(statistics::Regression::new(statistics::Measure::SumXX));
    REGR_SXY: true |_| Box::new(statistics::Regression::new(statistics::Measure::SumXY));
    REGR_SYY: true |_| Box::new(statistics::Regression::new(statistics::Measure::SumYY));
}

macro_rules! ordered_aggregates {
    ($($name:ident: $kind:literal $direct:literal $start:expr;)*) => {$(
        pub(crate) static $name: AggregateDef = AggregateDef {
            start: $start,
            skips_null: false,
            kind: $kind,
            direct_arguments: $direct,
        };
    )*};
}

ordered_aggregates! {
    PERCENTILE_CONT: 'o' 1 |_| Box::new(ordered::Percentile::new(true));
    PERCENTILE_DISC: 'o' 1 |_| Box::new(ordered::Percentile::new(false));
    MODE: 'o' 0 |_| Box::<ordered::Mode>::default();
    RANK: 'h' 1 |_| Box::new(ordered::Hypothetical::new(ordered::Place::Rank));
    DENSE_RANK: 'h' 1 |_| Box::new(ordered::Hypothetical::new(ordered::Place::DenseRank));
    PERCENT_RANK: 'h' 1 |_| Box::new(ordered::Hypothetical::new(ordered::Place::PercentRank));
    CUME_DIST: 'h' 1 |_| Box::new(ordered::Hypothetical::new(ordered::Place::CumulativeDistribution));
}

fn selective(
    inner: Box<dyn Accumulator>,
    types: &[Oid],
    absent_at: Option<usize>,
    unique: bool,
    binary: bool,
) -> Box<dyn Accumulator> {
    Box::new(Selective::new(inner, types, absent_at, unique, binary))
}

#[derive(Default)]
struct Count {
    rows: i64,
}

impl Accumulator for Count {
    fn add(&mut self, _: &dyn EvalContext, _: &[Datum]) -> SqlResult<()> {
        self.rows = self.rows.checked_add(1).ok_or_else(|| out_of_range("bigint"))?;
        Ok(())
    }

    fn remove(&mut self, _: &dyn EvalContext, _: &[Datum]) -> SqlResult<bool> {
        self.rows -= 1;
        Ok(true)
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(Datum::Int8(self.rows))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }

    fn state(&self) -> Option<Row> {
        Some(vec![Datum::Int8(self.rows)])
    }

    fn merge(&mut self, _: &dyn EvalContext, state: &[Datum]) -> SqlResult<()> {
        let rows = integer(&state[0])?;
        self.rows = self.rows.checked_add(rows).ok_or_else(|| out_of_range("bigint"))?;
        Ok(())
    }
}

enum IntegerResult {
    Bigint,
    Numeric,
    Average,
}

/// Sums of integers cannot overflow 128 bits: that would take 2^64 rows.
struct IntegerSum {
    sum: i128,
    rows: i64,
    wanted: IntegerResult,
}

impl IntegerSum {
    fn new(wanted: IntegerResult) -> IntegerSum {
        IntegerSum { sum: 0, rows: 0, wanted }
    }
}

impl Accumulator for IntegerSum {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        self.sum += i128::from(integer(&arguments[0])?);
        self.rows += 1;
        Ok(())
    }

    fn remove(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<bool> {
        self.sum -= i128::from(integer(&arguments[0])?);
        self.rows -= 1;
        Ok(true)
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if self.rows == 0 {
            return Ok(Datum::Null);
        }
        match self.wanted {
            IntegerResult::Bigint => {
                i64::try_from(self.sum).map(Datum::Int8).map_err(|_| out_of_range("bigint"))
            }
            IntegerResult::Numeric => Ok(Datum::Numeric(Numeric::from(self.sum))),
            IntegerResult::Average => {
                let average = Numeric::from(self.sum).div(&Numeric::from(self.rows))?;
                Ok(Datum::Numeric(average))
            }
        }
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }

    fn state(&self) -> Option<Row> {
        let halves = [(self.sum >> 64) as i64, self.sum as i64];
        Some([halves[0], halves[1], self.rows].map(Datum::Int8).into())
    }

    fn merge(&mut self, _: &dyn EvalContext, state: &[Datum]) -> SqlResult<()> {
        let (high, low) = (integer(&state[0])?, integer(&state[1])?);
        self.sum += (i128::from(high) << 64) | i128::from(low as u64);
        self.rows += integer(&state[2])?;
        Ok(())
    }
}

#[derive(Default)]
struct NumericSum {
    sum: Option<Numeric>,
    rows: i64,
    average: bool,
}

impl Accumulator for NumericSum {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let Datum::Numeric(value) = &arguments[0] else {
            return Err(wrong_kind("numeric", &arguments[0]));
        };
        self.sum = Some(match &self.sum {
            Some(sum) => sum.add(value)?,
            None => value.clone(),
        });
        self.rows += 1;
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        let Some(sum) = &self.sum else { return Ok(Datum::Null) };
        let result = if self.average { sum.div(&Numeric::from(self.rows))? } else { sum.clone() };
        Ok(Datum::Numeric(result))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + 64
    }

    fn state(&self) -> Option<Row> {
        let sum = self.sum.clone().map_or(Datum::Null, Datum::Numeric);
        Some(vec![sum, Datum::Int8(self.rows)])
    }

    fn merge(&mut self, context: &dyn EvalContext, state: &[Datum]) -> SqlResult<()> {
        if !state[0].is_null() {
            self.add(context, &state[..1])?;
            self.rows += integer(&state[1])? - 1;
        }
        Ok(())
    }
}

#[derive(Default)]
struct SingleSum {
    sum: Option<f32>,
}

impl Accumulator for SingleSum {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let value = crate::bodies::arguments::float4(arguments, 0)?;
        // The first value is the sum: a negative zero stays one.
        let Some(before) = self.sum else {
            self.sum = Some(value);
            return Ok(());
        };
        let after = before + value;
        if after.is_infinite() && before.is_finite() && value.is_finite() {
            return Err(float_overflow());
        }
        self.sum = Some(after);
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.sum.map_or(Datum::Null, Datum::Float4))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

#[derive(Default)]
struct FloatSum {
    sum: f64,
    rows: u64,
    average: bool,
}

impl Accumulator for FloatSum {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let value = float(&arguments[0])?;
        let after = self.sum + value;
        if after.is_infinite() && self.sum.is_finite() && value.is_finite() {
            return Err(float_overflow());
        }
        self.sum = after;
        self.rows += 1;
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(match self.rows {
            0 => Datum::Null,
            rows if self.average => Datum::Float8(self.sum / rows as f64),
            _ => Datum::Float8(self.sum),
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

#[derive(Default)]
struct IntervalSum {
    sum: Interval,
    rows: u64,
    average: bool,
}

impl Accumulator for IntervalSum {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let value = crate::bodies::arguments::interval(arguments, 0)?;
        self.sum = datetime::interval_add(&self.sum, &value)?;
        self.rows += 1;
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if self.rows == 0 {
            return Ok(Datum::Null);
        }
        let result = match self.average {
            true => datetime::interval_div(&self.sum, self.rows as f64)?,
            false => self.sum,
        };
        Ok(Datum::Interval(result.into()))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// The value that comes first in an order, or (for `Equal`) simply the first one.
struct Extreme {
    value: Datum,
    wanted: Ordering,
    padded: bool,
}

impl Extreme {
    fn new(types: &[Oid], wanted: Ordering) -> Extreme {
        Extreme { value: Datum::Null, wanted, padded: types.first() == Some(&types::oid::BPCHAR) }
    }
}

impl Accumulator for Extreme {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let candidate = &arguments[0];
        let order = match (&self.value, candidate) {
            (Datum::Null, _) => {
                self.value = candidate.clone();
                return Ok(());
            }
            (Datum::Text(held), Datum::Text(new)) if self.padded => {
                types::compare::compare_bpchar(new, held)
            }
            (held, new) => types::compare::compare(new, held),
        };
        if self.wanted != Ordering::Equal && order == self.wanted {
            self.value = candidate.clone();
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.value.clone())
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + crate::bodies::aggregates_collect::datum_bytes(&self.value)
    }

    fn state(&self) -> Option<Row> {
        Some(vec![self.value.clone()])
    }

    fn merge(&mut self, context: &dyn EvalContext, state: &[Datum]) -> SqlResult<()> {
        if state[0].is_null() { Ok(()) } else { self.add(context, state) }
    }
}

#[derive(Default)]
struct Truth {
    all: bool,
    rows: u64,
    hits: u64,
}

impl Accumulator for Truth {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        self.rows += 1;
        self.hits += u64::from(crate::bodies::arguments::boolean(arguments, 0)?);
        Ok(())
    }

    fn remove(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<bool> {
        self.rows -= 1;
        self.hits -= u64::from(crate::bodies::arguments::boolean(arguments, 0)?);
        Ok(true)
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(match self.rows {
            0 => Datum::Null,
            rows if self.all => Datum::Bool(self.hits == rows),
            _ => Datum::Bool(self.hits > 0),
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }

    fn state(&self) -> Option<Row> {
        let counts = [self.rows, self.hits];
        Some(counts.map(|count| Datum::Int8(count.cast_signed())).into())
    }

    fn merge(&mut self, _: &dyn EvalContext, state: &[Datum]) -> SqlResult<()> {
        self.rows += integer(&state[0])?.cast_unsigned();
        self.hits += integer(&state[1])?.cast_unsigned();
        Ok(())
    }
}

struct Bits {
    value: Datum,
    operation: fn(i64, i64) -> i64,
}

impl Accumulator for Bits {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let new = &arguments[0];
        self.value = match (&self.value, new) {
            (Datum::Null, new) => new.clone(),
            (held, Datum::Int2(_)) => {
                Datum::Int2((self.operation)(integer(held)?, integer(new)?) as i16)
            }
            (held, Datum::Int4(_)) => {
                Datum::Int4((self.operation)(integer(held)?, integer(new)?) as i32)
            }
            (held, new) => Datum::Int8((self.operation)(integer(held)?, integer(new)?)),
        };
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.value.clone())
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}
