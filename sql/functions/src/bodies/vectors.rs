//! `vector`: distances, arithmetic, casts and aggregates. Functions are named as pgvector's.

use types::bits::BitString;
use types::numeric::Numeric;
use types::vector::{check_dimensions, check_modifier, checked, compare, data_error};
use types::{Array, Datum, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{array, float, int4, wrong_kind};
use crate::context::EvalContext;
use crate::definition::{Accumulator, AggregateDef};

/// Sums are kept in so many parts, which a processor computes at once.
const LANES: usize = 8;

fn vector(arguments: &[Datum], position: usize) -> SqlResult<&[f32]> {
    match &arguments[position] {
        Datum::Vector(values) => Ok(values),
        other => Err(wrong_kind("vector", other)),
    }
}

fn two(arguments: &[Datum]) -> SqlResult<(&[f32], &[f32])> {
    let (left, right) = (vector(arguments, 0)?, vector(arguments, 1)?);
    if left.len() != right.len() {
        return Err(data_error(format!(
            "different vector dimensions {} and {}",
            left.len(),
            right.len()
        )));
    }
    Ok((left, right))
}

fn made(values: Vec<f32>) -> SqlResult<Datum> {
    Ok(Datum::Vector(checked(values)?.into()))
}

/// The sum of a function of pairs.
fn sum(left: &[f32], right: &[f32], of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (left_chunks, right_chunks) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest = left_chunks.remainder().iter().zip(right_chunks.remainder());
    let rest: f32 = rest.map(|(left, right)| of(*left, *right)).sum();
    for (left, right) in left_chunks.zip(right_chunks) {
        for lane in 0..LANES {
            lanes[lane] += of(left[lane], right[lane]);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

fn squared_distance(left: &[f32], right: &[f32]) -> f64 {
    f64::from(sum(left, right, |left, right| (left - right) * (left - right)))
}

fn product(left: &[f32], right: &[f32]) -> f64 {
    f64::from(sum(left, right, |left, right| left * right))
}

macro_rules! distances {
    ($($name:ident: |$left:ident, $right:ident| $body:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let ($left, $right) = two(arguments)?;
            Ok(Datum::Float8($body))
        }
    )*};
}

distances! {
    l2_distance: |left, right| squared_distance(left, right).sqrt();
    vector_l2_squared_distance: |left, right| squared_distance(left, right);
    inner_product: |left, right| product(left, right);
    vector_negative_inner_product: |left, right| -product(left, right);
    l1_distance: |left, right| f64::from(sum(left, right, |left, right| (left - right).abs()));
    cosine_distance: |left, right| {
        let norms = product(left, left) * product(right, right);
        // Rounding must not make more than one of it; without direction there is no answer.
        let similarity = product(left, right) / norms.sqrt();
        if similarity.is_nan() { f64::NAN } else { 1.0 - similarity.clamp(-1.0, 1.0) }
    };
}

macro_rules! order_tests {
    ($($name:ident: $test:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let order = compare(vector(arguments, 0)?, vector(arguments, 1)?);
            Ok(Datum::Bool(order.$test()))
        }
    )*};
}

order_tests! {
    vector_eq: is_eq;
    vector_ne: is_ne;
    vector_lt: is_lt;
    vector_le: is_le;
    vector_gt: is_gt;
    vector_ge: is_ge;
}

pub(crate) fn vector_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(compare(vector(arguments, 0)?, vector(arguments, 1)?) as i32))
}

fn combined(arguments: &[Datum], of: impl Fn(f32, f32) -> f32) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    let values: Vec<f32> = left.iter().zip(right).map(|(left, right)| of(*left, *right)).collect();
    if values.iter().any(|value| value.is_infinite()) {
        return Err(out_of_range("overflow"));
    }
    Ok(Datum::Vector(values.into()))
}

fn out_of_range(how: &str) -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, format!("value out of range: {how}"))
}

pub(crate) fn vector_add(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    combined(arguments, |left, right| left + right)
}

pub(crate) fn vector_sub(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    combined(arguments, |left, right| left - right)
}

pub(crate) fn vector_mul(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    let vanishes =
        |(left, right): (&f32, &f32)| left * right == 0.0 && *left != 0.0 && *right != 0.0;
    if left.iter().zip(right).any(vanishes) {
        return Err(out_of_range("underflow"));
    }
    combined(arguments, |left, right| left * right)
}

pub(crate) fn vector_concat(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    made([vector(arguments, 0)?, vector(arguments, 1)?].concat())
}

pub(crate) fn vector_dims(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(vector(arguments, 0)?.len() as i32))
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt()
}

pub(crate) fn vector_norm(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Float8(norm(vector(arguments, 0)?)))
}

pub(crate) fn l2_normalize(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let values = vector(arguments, 0)?;
    let norm = norm(values);
    if norm <= 0.0 {
        return Ok(Datum::Vector(vec![0.0; values.len()].into()));
    }
    let values: Vec<f32> = values.iter().map(|value| (f64::from(*value) / norm) as f32).collect();
    if values.iter().any(|value| value.is_infinite()) {
        return Err(out_of_range("overflow"));
    }
    Ok(Datum::Vector(values.into()))
}

/// `subvector(v, first, count)`: counted from 1, cut at the ends.
pub(crate) fn subvector(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let values = vector(arguments, 0)?;
    let (start, count) = (i64::from(int4(arguments, 1)?), i64::from(int4(arguments, 2)?));
    let end = start.saturating_add(count).min(values.len() as i64 + 1);
    let start = start.max(1);
    if count < 1 || end <= start {
        check_dimensions(0)?;
    }
    Ok(Datum::Vector(values[start as usize - 1..end as usize - 1].into()))
}

pub(crate) fn binary_quantize(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let values = vector(arguments, 0)?;
    let mut bits = BitString::zeros(values.len())?;
    for (position, value) in values.iter().enumerate() {
        bits.set(position, *value > 0.0);
    }
    Ok(Datum::Bits(bits.into()))
}

/// From an array of any kind of numbers; the second argument is the modifier.
pub(crate) fn array_to_vector(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let array = array(arguments, 0)?;
    if array.dimensions.len() > 1 {
        return Err(data_error("array must be 1-D"));
    }
    let mut values = Vec::with_capacity(array.elements.len());
    for element in &array.elements {
        values.push(match element {
            Datum::Null => {
                return Err(SqlError::new(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    "array must not contain nulls",
                ));
            }
            Datum::Numeric(value) => Numeric::to_f64(value) as f32,
            Datum::Int4(value) => *value as f32,
            other => float(other)? as f32,
        });
    }
    let values = checked(values)?;
    if let Some(Datum::Int4(modifier)) = arguments.get(1) {
        check_modifier(&values, *modifier)?;
    }
    Ok(Datum::Vector(values.into()))
}

pub(crate) fn vector_to_float4(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let elements = vector(arguments, 0)?.iter().map(|value| Datum::Float4(*value)).collect();
    Ok(Datum::Array(Array::from_elements(oid::FLOAT4, elements).into()))
}

/// `sum` and `avg`.
struct Total {
    sums: Vec<f64>,
    count: u64,
    average: bool,
}

impl Accumulator for Total {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let values = vector(arguments, 0)?;
        if self.count == 0 {
            self.sums = vec![0.0; values.len()];
        } else if self.average {
            check_modifier(values, self.sums.len() as i32)?;
        } else if self.sums.len() != values.len() {
            return Err(data_error(format!(
                "different vector dimensions {} and {}",
                self.sums.len(),
                values.len()
            )));
        }
        self.count += 1;
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum += f64::from(*value);
            if !self.average && (*sum as f32).is_infinite() {
                return Err(out_of_range("overflow"));
            }
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if self.count == 0 {
            return Ok(Datum::Null);
        }
        let divisor = if self.average { self.count as f64 } else { 1.0 };
        made(self.sums.iter().map(|sum| (sum / divisor) as f32).collect())
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.sums.len() * size_of::<f64>()
    }
}

pub(crate) static SUM: AggregateDef = AggregateDef {
    start: |_| Box::new(Total { sums: Vec::new(), count: 0, average: false }),
    skips_null: true,
    kind: 'n',
    direct_arguments: 0,
};

pub(crate) static AVERAGE: AggregateDef = AggregateDef {
    start: |_| Box::new(Total { sums: Vec::new(), count: 0, average: true }),
    skips_null: true,
    kind: 'n',
    direct_arguments: 0,
};
