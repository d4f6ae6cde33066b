//! `generate_series` of integers, numbers and timestamps.

use types::datetime::{self, Zone};
use types::numeric::Numeric;
use types::{Datum, Interval, Row, SqlResult};

use crate::bodies::arguments::{
    check_every, integer, interval, invalid_parameter, numeric, text, timestamp, timestamptz,
};
use crate::context::EvalContext;

type Emit<'a> = &'a mut dyn FnMut(Row) -> SqlResult<bool>;

fn integers(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: Emit<'_>,
    wrap: fn(i64) -> Datum,
) -> SqlResult<()> {
    let (mut current, stop) = (integer(&arguments[0])?, integer(&arguments[1])?);
    let step = arguments.get(2).map_or(Ok(1), integer)?;
    if step == 0 {
        return Err(invalid_parameter("step size cannot equal zero"));
    }
    let mut round = 0;
    while if step > 0 { current <= stop } else { current >= stop } {
        check_every(context, round)?;
        round = round.wrapping_add(1);
        if !emit(vec![wrap(current)])? {
            break;
        }
        // Past the last representable number the series simply ends.
        let Some(next) = current.checked_add(step) else { break };
        current = next;
    }
    Ok(())
}

macro_rules! series_functions {
    ($($name:ident: $wrap:expr;)*) => {$(
        pub(crate) fn $name(
            context: &dyn EvalContext,
            arguments: &[Datum],
            emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
        ) -> SqlResult<()> {
            integers(context, arguments, emit, $wrap)
        }
    )*};
}

series_functions! {
    generate_series_int4: |value| Datum::Int4(value as i32);
    generate_series_step_int4: |value| Datum::Int4(value as i32);
    generate_series_int8: Datum::Int8;
    generate_series_step_int8: Datum::Int8;
}

pub(crate) fn generate_series_numeric(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let step = match arguments.get(2) {
        Some(_) => numeric(arguments, 2)?,
        None => Numeric::one(),
    };
    let (start, stop) = (numeric(arguments, 0)?, numeric(arguments, 1)?);
    for (name, value) in [("start", &start), ("stop", &stop), ("step size", &step)] {
        if !value.is_finite() {
            let what = if value.is_nan() { "NaN" } else { "infinity" };
            return Err(invalid_parameter(
                format!("{name} value cannot be {what}").replace("size value", "size"),
            ));
        }
    }
    if step.is_zero() {
        return Err(invalid_parameter("step size cannot equal zero"));
    }
    let rising = step.signum() > 0;
    let mut current = start.clone();
    let mut round = 0;
    while if rising { current <= stop } else { current >= stop } {
        check_every(context, round)?;
        round = round.wrapping_add(1);
        if !emit(vec![Datum::Numeric(current.clone())])? {
            break;
        }
        current = current.add(&step)?;
    }
    Ok(())
}

pub(crate) fn generate_series_step_numeric(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    generate_series_numeric(context, arguments, emit)
}

fn moments(
    context: &dyn EvalContext,
    (start, stop): (i64, i64),
    step: &Interval,
    emit: Emit<'_>,
    next: impl Fn(i64) -> SqlResult<i64>,
    wrap: fn(i64) -> Datum,
) -> SqlResult<()> {
    let span = datetime::interval_span(step);
    if span == 0 {
        return Err(invalid_parameter("step size cannot equal zero"));
    }
    let mut current = start;
    let mut round = 0;
    while if span > 0 { current <= stop } else { current >= stop } {
        check_every(context, round)?;
        round = round.wrapping_add(1);
        if !emit(vec![wrap(current)])? {
            break;
        }
        let following = next(current)?;
        // Infinity plus a step is infinity: the series would never end.
        if following == current {
            break;
        }
        current = following;
    }
    Ok(())
}

pub(crate) fn generate_series_timestamp(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let step = interval(arguments, 2)?;
    let bounds = (timestamp(arguments, 0)?, timestamp(arguments, 1)?);
    let next = |current| datetime::timestamp_plus_interval(current, &step);
    moments(context, bounds, &step, emit, next, Datum::Timestamp)
}

pub(crate) fn generate_series_timestamptz(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let step = interval(arguments, 2)?;
    let zone = match arguments.get(3) {
        Some(_) => Zone::parse(text(arguments, 3)?)?,
        None => Zone::of(context.formats()),
    };
    let bounds = (timestamptz(arguments, 0)?, timestamptz(arguments, 1)?);
    let next = |current| datetime::timestamptz_plus_interval(current, &step, &zone);
    moments(context, bounds, &step, emit, next, Datum::TimestampTz)
}
