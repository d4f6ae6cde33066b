//! `pg_lsn`, `xid8`, `oidvector` and what else the system numbers things with. Functions are named as
//! `pg_proc.prosrc`.

use types::compare::compare;
use types::numeric::Numeric;
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{array, integer, numeric, text, wrong_kind};
use crate::context::EvalContext;

fn unsigned(arguments: &[Datum], position: usize) -> SqlResult<u64> {
    match &arguments[position] {
        Datum::Unsigned(value) => Ok(*value),
        other => Err(wrong_kind("number of 64 bits", other)),
    }
}

/// Where PostgreSQL takes the bits of an integer for an object's number.
pub(crate) fn integer_to_oid(value: &Datum) -> SqlResult<Datum> {
    Ok(Datum::Oid(integer(value)? as u32))
}

pub(crate) fn oid_to_int4(value: &Datum) -> SqlResult<Datum> {
    Ok(Datum::Int4(integer(value)? as u32 as i32))
}

pub(crate) fn pg_lsn_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(compare(&arguments[0], &arguments[1]) as i32))
}

pub(crate) use super::comparison::byteacmp as btnametextcmp;
pub(crate) use super::comparison::byteacmp as bttextnamecmp;
pub(crate) use pg_lsn_cmp as enum_cmp;
pub(crate) use pg_lsn_cmp as xid8cmp;

pub(crate) fn pg_lsn_larger(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let order = compare(&arguments[0], &arguments[1]);
    Ok(arguments[usize::from(order.is_lt())].clone())
}

pub(crate) fn pg_lsn_smaller(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let order = compare(&arguments[0], &arguments[1]);
    Ok(arguments[usize::from(order.is_gt())].clone())
}

pub(crate) use pg_lsn_larger as enum_larger;
pub(crate) use pg_lsn_larger as xid8_larger;
pub(crate) use pg_lsn_smaller as enum_smaller;
pub(crate) use pg_lsn_smaller as xid8_smaller;

/// Vectors of the catalogs: the shorter one first.
pub(crate) fn btoidvectorcmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = (array(arguments, 0)?, array(arguments, 1)?);
    let order = left
        .elements
        .len()
        .cmp(&right.elements.len())
        .then_with(|| compare(&arguments[0], &arguments[1]));
    Ok(Datum::Int4(order as i32))
}

pub(crate) fn oidvectortypes(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let names: SqlResult<Vec<String>> = array(arguments, 0)?
        .elements
        .iter()
        .map(|number| Ok(types::builtin::type_name(integer(number)? as u32)))
        .collect();
    Ok(Datum::text(names?.join(", ")))
}

/// A name and a number, cut so that both fit a name.
pub(crate) fn nameconcatoid(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let suffix = format!("_{}", integer(&arguments[1])?);
    let name = text(arguments, 0)?;
    let mut end = name.len().min(63 - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    Ok(Datum::text(name[..end].to_owned() + &suffix))
}

pub(crate) fn xid8toxid(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Oid(unsigned(arguments, 0)? as u32))
}

pub(crate) fn pg_lsn_mi(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let difference = i128::from(unsigned(arguments, 0)?) - i128::from(unsigned(arguments, 1)?);
    Ok(Datum::Numeric(Numeric::from_parts(difference, 0)))
}

pub(crate) use pg_lsn_mi as pg_wal_lsn_diff;

fn lsn(number: i128) -> SqlResult<Datum> {
    u64::try_from(number)
        .map(Datum::Unsigned)
        .map_err(|_| SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "pg_lsn out of range"))
}

fn moved(place: u64, bytes: &Numeric, verb: &str, sign: i128) -> SqlResult<Datum> {
    if bytes.is_nan() {
        let word = if sign > 0 { "to" } else { "from" };
        let message = format!("cannot {verb} NaN {word} pg_lsn");
        return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message));
    }
    if !bytes.is_finite() {
        return lsn(-1);
    }
    let bytes = bytes.round(0)?.to_i128().or(Ok::<i128, SqlError>(i128::MAX / 2))?;
    lsn(i128::from(place).saturating_add(bytes.saturating_mul(sign)))
}

pub(crate) fn pg_lsn_pli(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    moved(unsigned(arguments, 0)?, &numeric(arguments, 1)?, "add", 1)
}

pub(crate) fn numeric_pl_pg_lsn(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    moved(unsigned(arguments, 1)?, &numeric(arguments, 0)?, "add", 1)
}

pub(crate) fn pg_lsn_mii(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    moved(unsigned(arguments, 0)?, &numeric(arguments, 1)?, "subtract", -1)
}

pub(crate) fn numeric_pg_lsn(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = numeric(arguments, 0)?;
    if !value.is_finite() {
        let what = if value.is_nan() { "NaN" } else { "infinity" };
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("cannot convert {what} to pg_lsn"),
        ));
    }
    lsn(value.round(0)?.to_i128().unwrap_or(-1))
}
