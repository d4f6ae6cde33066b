//! `money`. Functions are named as `pg_proc.prosrc`.

use types::money::money_words;
use types::numeric::Numeric;
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{
    division_by_zero, float, integer, numeric, out_of_range, wrong_kind,
};
use crate::context::EvalContext;
use crate::definition::{Accumulator, AggregateDef};

fn cash(arguments: &[Datum], position: usize) -> SqlResult<i64> {
    match &arguments[position] {
        Datum::Money(value) => Ok(*value),
        other => Err(wrong_kind("money", other)),
    }
}

fn checked(value: Option<i64>) -> SqlResult<Datum> {
    value.map(Datum::Money).ok_or_else(|| out_of_range("money"))
}

macro_rules! order_tests {
    ($($name:ident: $test:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(Datum::Bool(cash(arguments, 0)?.cmp(&cash(arguments, 1)?).$test()))
        }
    )*};
}

order_tests! {
    cash_eq: is_eq;
    cash_ne: is_ne;
    cash_lt: is_lt;
    cash_le: is_le;
    cash_gt: is_gt;
    cash_ge: is_ge;
}

pub(crate) fn cash_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(cash(arguments, 0)?.cmp(&cash(arguments, 1)?) as i32))
}

pub(crate) fn cashlarger(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Money(cash(arguments, 0)?.max(cash(arguments, 1)?)))
}

pub(crate) fn cashsmaller(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Money(cash(arguments, 0)?.min(cash(arguments, 1)?)))
}

pub(crate) fn cash_pl(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    checked(cash(arguments, 0)?.checked_add(cash(arguments, 1)?))
}

pub(crate) fn cash_mi(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    checked(cash(arguments, 0)?.checked_sub(cash(arguments, 1)?))
}

fn times(money: i64, factor: &Datum) -> SqlResult<Datum> {
    checked(money.checked_mul(integer(factor)?))
}

fn divided(money: i64, divisor: &Datum) -> SqlResult<Datum> {
    let divisor = integer(divisor)?;
    if divisor == 0 {
        return Err(division_by_zero());
    }
    checked(money.checked_div(divisor))
}

/// Rounded to the nearest cent, halves to even.
fn from_float(value: f64) -> SqlResult<Datum> {
    let rounded = value.round_ties_even();
    let fits = rounded >= i64::MIN as f64 && rounded < -(i64::MIN as f64);
    checked(fits.then_some(rounded as i64))
}

fn scaled(money: i64, factor: &Datum) -> SqlResult<Datum> {
    from_float(money as f64 * float(factor)?)
}

fn shared(money: i64, divisor: &Datum) -> SqlResult<Datum> {
    let divisor = float(divisor)?;
    if divisor == 0.0 {
        return Err(division_by_zero());
    }
    from_float(money as f64 / divisor)
}

macro_rules! with_numbers {
    ($($name:ident: $compute:ident $money:literal $number:literal;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            $compute(cash(arguments, $money)?, &arguments[$number])
        }
    )*};
}

with_numbers! {
    cash_mul_int2: times 0 1;
    cash_mul_int4: times 0 1;
    cash_mul_int8: times 0 1;
    int2_mul_cash: times 1 0;
    int4_mul_cash: times 1 0;
    int8_mul_cash: times 1 0;
    cash_div_int2: divided 0 1;
    cash_div_int4: divided 0 1;
    cash_div_int8: divided 0 1;
    cash_mul_flt4: scaled 0 1;
    cash_mul_flt8: scaled 0 1;
    flt4_mul_cash: scaled 1 0;
    flt8_mul_cash: scaled 1 0;
    cash_div_flt4: shared 0 1;
    cash_div_flt8: shared 0 1;
}

pub(crate) fn cash_div_cash(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let divisor = cash(arguments, 1)?;
    if divisor == 0 {
        return Err(division_by_zero());
    }
    Ok(Datum::Float8(cash(arguments, 0)? as f64 / divisor as f64))
}

pub(crate) fn int4_cash(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    checked(integer(&arguments[0])?.checked_mul(100))
}

pub(crate) use int4_cash as int8_cash;

pub(crate) fn numeric_cash(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = numeric(arguments, 0)?;
    if !value.is_finite() {
        let what = if value.is_nan() { "NaN" } else { "infinity" };
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("cannot convert {what} to bigint"),
        ));
    }
    let cents = value.mul(&Numeric::from(100i64))?.round(0)?;
    Ok(Datum::Money(cents.to_i64()?))
}

pub(crate) fn cash_numeric(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = Numeric::from_parts(cash(arguments, 0)?.into(), 2);
    Ok(Datum::Numeric(value))
}

pub(crate) fn cash_words(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::text(money_words(cash(arguments, 0)?)))
}

struct Sum {
    total: Option<i64>,
}

impl Accumulator for Sum {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let total = self.total.unwrap_or(0).checked_add(cash(arguments, 0)?);
        self.total = Some(total.ok_or_else(|| out_of_range("money"))?);
        Ok(())
    }

    fn remove(&mut self, _: &dyn EvalContext, _: &[Datum]) -> SqlResult<bool> {
        Ok(false)
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.total.map_or(Datum::Null, Datum::Money))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

pub(crate) static SUM: AggregateDef = AggregateDef {
    start: |_| Box::new(Sum { total: None }),
    skips_null: true,
    kind: 'n',
    direct_arguments: 0,
};
