//! `bit` and `bit varying`. Functions are named as `pg_proc.prosrc`.

use std::sync::Arc;

use types::bits::BitString;
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{
    boolean, int4, int4_result, int8, invalid_parameter, out_of_range, wrong_kind,
};
use crate::context::EvalContext;
use crate::definition::{Accumulator, AggregateDef};

fn bits(arguments: &[Datum], position: usize) -> SqlResult<&BitString> {
    match &arguments[position] {
        Datum::Bits(value) => Ok(value),
        other => Err(wrong_kind("bit", other)),
    }
}

fn made(value: BitString) -> Datum {
    Datum::Bits(Arc::new(value))
}

macro_rules! order_tests {
    ($($name:ident: $test:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(Datum::Bool(bits(arguments, 0)?.cmp(bits(arguments, 1)?).$test()))
        }
    )*};
}

order_tests! {
    biteq: is_eq;
    bitne: is_ne;
    bitlt: is_lt;
    bitle: is_le;
    bitgt: is_gt;
    bitge: is_ge;
}

pub(crate) fn bitcmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = (bits(arguments, 0)?, bits(arguments, 1)?);
    let order = left.cmp(right) as i32;
    let by_bytes = super::comparison::byte_order(left.bytes(), right.bytes());
    // Of strings of different lengths with the same beginning the longer is greater.
    Ok(Datum::Int4(if order.signum() == by_bytes.signum() { by_bytes } else { order }))
}

pub(crate) fn bit_and(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    bits(arguments, 0)?.combine(bits(arguments, 1)?, "AND", |a, b| a & b).map(made)
}

pub(crate) fn bit_or(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    bits(arguments, 0)?.combine(bits(arguments, 1)?, "OR", |a, b| a | b).map(made)
}

pub(crate) fn bitxor(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    bits(arguments, 0)?.combine(bits(arguments, 1)?, "XOR", |a, b| a ^ b).map(made)
}

pub(crate) fn bitnot(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(bits(arguments, 0)?.complement()))
}

pub(crate) fn bitshiftleft(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(bits(arguments, 0)?.shift_left(int4(arguments, 1)?.into())))
}

pub(crate) fn bitshiftright(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(bits(arguments, 0)?.shift_left(-i64::from(int4(arguments, 1)?))))
}

pub(crate) fn bitcat(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    bits(arguments, 0)?.concat(bits(arguments, 1)?).map(made)
}

pub(crate) fn bitsubstr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    bits(arguments, 0)?.substring(int4(arguments, 1)?, Some(int4(arguments, 2)?)).map(made)
}

pub(crate) fn bitsubstr_no_len(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    bits(arguments, 0)?.substring(int4(arguments, 1)?, None).map(made)
}

pub(crate) fn bitlength(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    int4_result(bits(arguments, 0)?.len())
}

pub(crate) fn bitoctetlength(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    int4_result(bits(arguments, 0)?.bytes().len())
}

pub(crate) fn bitposition(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    int4_result(bits(arguments, 0)?.position(bits(arguments, 1)?))
}

pub(crate) fn bit_bit_count(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int8(bits(arguments, 0)?.count_ones()))
}

fn width(arguments: &[Datum]) -> SqlResult<usize> {
    Ok(match int4(arguments, 1)? {
        ..=0 => 1,
        width => width as usize,
    })
}

pub(crate) fn bitfromint4(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    BitString::from_integer(int4(arguments, 0)?.into(), width(arguments)?).map(made)
}

pub(crate) fn bitfromint8(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    BitString::from_integer(int8(arguments, 0)?, width(arguments)?).map(made)
}

pub(crate) fn bittoint4(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let number = bits(arguments, 0)?.to_integer(32).ok_or_else(|| out_of_range("integer"))?;
    Ok(Datum::Int4(number as u32 as i32))
}

pub(crate) fn bittoint8(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let number = bits(arguments, 0)?.to_integer(64).ok_or_else(|| out_of_range("bigint"))?;
    Ok(Datum::Int8(number))
}

/// The cast to `bit(n)`.
pub(crate) fn bit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let modifier = int4(arguments, 1)?;
    let explicit = boolean(arguments, 2)?;
    if modifier <= 0 {
        return Ok(arguments[0].clone());
    }
    types::io::apply_modifier(types::oid::BIT, arguments[0].clone(), modifier, explicit)
}

/// The cast to `bit varying(n)`.
pub(crate) fn varbit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let modifier = int4(arguments, 1)?;
    let explicit = boolean(arguments, 2)?;
    if modifier <= 0 {
        return Ok(arguments[0].clone());
    }
    types::io::apply_modifier(types::oid::VARBIT, arguments[0].clone(), modifier, explicit)
}

pub(crate) fn bitoverlay(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (start, length) = (int4(arguments, 2)?, int4(arguments, 3)?);
    bits(arguments, 0)?.overlay(bits(arguments, 1)?, start, length).map(made)
}

pub(crate) fn bitoverlay_no_len(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let placed = bits(arguments, 1)?;
    bits(arguments, 0)?.overlay(placed, int4(arguments, 2)?, placed.len() as i32).map(made)
}

fn bit_position(arguments: &[Datum]) -> SqlResult<usize> {
    let length = bits(arguments, 0)?.len();
    let position = int4(arguments, 1)?;
    usize::try_from(position).ok().filter(|&position| position < length).ok_or_else(|| {
        SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            format!("bit index {position} out of valid range (0..{})", length as i64 - 1),
        )
    })
}

pub(crate) fn bitgetbit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let position = bit_position(arguments)?;
    Ok(Datum::Int4(bits(arguments, 0)?.get(position).into()))
}

pub(crate) fn bitsetbit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let position = bit_position(arguments)?;
    let value = match int4(arguments, 2)? {
        0 => false,
        1 => true,
        _ => return Err(invalid_parameter("new bit must be 0 or 1")),
    };
    let mut changed = bits(arguments, 0)?.clone();
    changed.set(position, value);
    Ok(made(changed))
}

type Combine = fn(&dyn EvalContext, &[Datum]) -> SqlResult<Datum>;

/// `bit_and`, `bit_or` and `bit_xor` of bit strings.
struct Combined {
    so_far: Datum,
    combine: Combine,
}

impl Accumulator for Combined {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let next = arguments[0].clone();
        self.so_far = match std::mem::take(&mut self.so_far) {
            Datum::Null => next,
            so_far => (self.combine)(context, &[so_far, next])?,
        };
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.so_far.clone())
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + 64
    }
}

macro_rules! aggregates {
    ($($name:ident: $combine:ident;)*) => {$(
        pub(crate) static $name: AggregateDef = AggregateDef {
            start: |_| Box::new(Combined { so_far: Datum::Null, combine: $combine }),
            skips_null: true,
            kind: 'n',
            direct_arguments: 0,
        };
    )*};
}

aggregates! {
    BIT_AND: bit_and;
    BIT_OR: bit_or;
    BIT_XOR: bitxor;
}

pub(crate) fn bit_bit_length(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    int4_result(bits(arguments, 0)?.len())
}
