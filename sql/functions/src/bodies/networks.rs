//! `inet`, `cidr`, `macaddr` and `macaddr8`. Functions are named as `pg_proc.prosrc`.

use std::sync::Arc;

use types::network::{Inet, widened};
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{int4, int8, invalid_parameter, wrong_kind};
use crate::context::EvalContext;

fn inet(arguments: &[Datum], position: usize) -> SqlResult<&Inet> {
    match &arguments[position] {
        Datum::Inet(value) => Ok(value),
        other => Err(wrong_kind("inet", other)),
    }
}

fn address(arguments: &[Datum], position: usize) -> SqlResult<u64> {
    match &arguments[position] {
        Datum::Unsigned(value) => Ok(*value),
        other => Err(wrong_kind("macaddr", other)),
    }
}

fn made(value: Inet) -> Datum {
    Datum::Inet(Arc::new(value))
}

fn two(arguments: &[Datum]) -> SqlResult<(&Inet, &Inet)> {
    Ok((inet(arguments, 0)?, inet(arguments, 1)?))
}

fn is_inside(inner: &Inet, outer: &Inet) -> bool {
    outer.contains_or_equals(inner) && inner.bits > outer.bits
}

macro_rules! inet_tests {
    ($($name:ident: $test:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let test: fn(&Inet, &Inet) -> bool = $test;
            let (left, right) = two(arguments)?;
            Ok(Datum::Bool(test(left, right)))
        }
    )*};
}

inet_tests! {
    network_eq: |left, right| left.cmp(right).is_eq();
    network_ne: |left, right| left.cmp(right).is_ne();
    network_lt: |left, right| left.cmp(right).is_lt();
    network_le: |left, right| left.cmp(right).is_le();
    network_gt: |left, right| left.cmp(right).is_gt();
    network_ge: |left, right| left.cmp(right).is_ge();
    network_sub: is_inside;
    network_subeq: |left, right| right.contains_or_equals(left);
    network_sup: |left, right| is_inside(right, left);
    network_supeq: Inet::contains_or_equals;
    network_overlap: |left, right| left.shares_prefix(right, left.bits.min(right.bits));
    inet_same_family: |left, right| left.is_v6 == right.is_v6;
}

pub(crate) fn network_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    Ok(Datum::Int4(left.cmp(right) as i32))
}

pub(crate) fn network_larger(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    Ok(made(*left.max(right)))
}

pub(crate) fn network_smaller(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    Ok(made(*left.min(right)))
}

pub(crate) fn network_host(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut out = String::new();
    inet(arguments, 0)?.write_address(&mut out);
    Ok(Datum::text(out))
}

pub(crate) fn network_show(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut out = String::new();
    inet(arguments, 0)?.write(true, &mut out);
    Ok(Datum::text(out))
}

pub(crate) fn inet_abbrev(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut out = String::new();
    inet(arguments, 0)?.write(false, &mut out);
    Ok(Datum::text(out))
}

/// Octets outside of the prefix are left out.
pub(crate) fn cidr_abbrev(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = inet(arguments, 0)?;
    let groups = if value.is_v6 { value.bits.div_ceil(16) } else { value.bits.div_ceil(8) };
    let mut out = String::new();
    if !value.is_v6 {
        let octets: Vec<String> =
            value.bytes()[..usize::from(groups.max(1))].iter().map(u8::to_string).collect();
        out = octets.join(".");
    } else {
        value.write_address(&mut out);
    }
    Ok(Datum::text(format!("{out}/{}", value.bits)))
}

pub(crate) fn network_masklen(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(inet(arguments, 0)?.bits.into()))
}

pub(crate) fn network_family(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(if inet(arguments, 0)?.is_v6 { 6 } else { 4 }))
}

pub(crate) fn network_network(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(inet(arguments, 0)?.network()))
}

pub(crate) use network_network as inet_to_cidr;

pub(crate) fn network_broadcast(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(inet(arguments, 0)?.broadcast()))
}

/// An address of the same family with these bytes, whole.
fn with_bytes(like: &Inet, byte: impl Fn(usize) -> u8) -> Datum {
    let mut changed = Inet { bits: like.max_bits(), ..*like };
    for at in 0..like.bytes().len() {
        changed.address[at] = byte(at);
    }
    made(changed)
}

pub(crate) fn network_netmask(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = inet(arguments, 0)?;
    let mask = value.mask(value.bits);
    Ok(with_bytes(value, |at| mask[at]))
}

pub(crate) fn network_hostmask(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = inet(arguments, 0)?;
    let mask = value.mask(value.bits);
    Ok(with_bytes(value, |at| !mask[at]))
}

fn new_bits(arguments: &[Datum]) -> SqlResult<Inet> {
    let value = inet(arguments, 0)?;
    let bits = match int4(arguments, 1)? {
        -1 => value.max_bits(),
        bits => u8::try_from(bits)
            .ok()
            .filter(|&bits| bits <= value.max_bits())
            .ok_or_else(|| invalid_parameter(format!("invalid mask length: {bits}")))?,
    };
    Ok(Inet { bits, ..*value })
}

pub(crate) fn inet_set_masklen(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    new_bits(arguments).map(made)
}

pub(crate) fn cidr_set_masklen(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(new_bits(arguments)?.network()))
}

pub(crate) fn inet_merge(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    if left.is_v6 != right.is_v6 {
        return Err(invalid_parameter("cannot merge addresses from different families"));
    }
    let most = left.bits.min(right.bits);
    let bits = (0..=most).rev().find(|&bits| left.shares_prefix(right, bits)).unwrap_or(0);
    Ok(made(Inet { bits, ..*left }.network()))
}

fn combined(arguments: &[Datum], verb: &str, with: fn(u8, u8) -> u8) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    if left.is_v6 != right.is_v6 {
        return Err(invalid_parameter(format!("cannot {verb} inet values of different sizes")));
    }
    let mut changed = Inet { bits: left.bits.max(right.bits), ..*left };
    for at in 0..left.bytes().len() {
        changed.address[at] = with(left.address[at], right.address[at]);
    }
    Ok(made(changed))
}

pub(crate) fn inetand(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    combined(arguments, "AND", |a, b| a & b)
}

pub(crate) fn inetor(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    combined(arguments, "OR", |a, b| a | b)
}

pub(crate) fn inetnot(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = inet(arguments, 0)?;
    let mut changed = *value;
    for at in 0..value.bytes().len() {
        changed.address[at] = !value.address[at];
    }
    Ok(made(changed))
}

fn result_out_of_range() -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "result is out of range")
}

pub(crate) fn inetpl(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let moved = inet(arguments, 0)?.plus(int8(arguments, 1)?);
    moved.map(made).ok_or_else(result_out_of_range)
}

pub(crate) fn int8pl_inet(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let moved = inet(arguments, 1)?.plus(int8(arguments, 0)?);
    moved.map(made).ok_or_else(result_out_of_range)
}

pub(crate) fn inetmi_int8(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let offset = int8(arguments, 1)?.checked_neg();
    let value = inet(arguments, 0)?;
    offset.and_then(|offset| value.plus(offset)).map(made).ok_or_else(result_out_of_range)
}

pub(crate) fn inetmi(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = two(arguments)?;
    if left.is_v6 != right.is_v6 {
        return Err(invalid_parameter("cannot subtract inet values of different sizes"));
    }
    let (left, right) = (left.number(), right.number());
    let distance = i64::try_from(left.abs_diff(right)).map_err(|_| result_out_of_range())?;
    Ok(Datum::Int8(if left < right { -distance } else { distance }))
}

macro_rules! address_tests {
    ($($name:ident $long:ident: $test:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(Datum::Bool(address(arguments, 0)?.cmp(&address(arguments, 1)?).$test()))
        }

        pub(crate) use $name as $long;
    )*};
}

address_tests! {
    macaddr_eq macaddr8_eq: is_eq;
    macaddr_ne macaddr8_ne: is_ne;
    macaddr_lt macaddr8_lt: is_lt;
    macaddr_le macaddr8_le: is_le;
    macaddr_gt macaddr8_gt: is_gt;
    macaddr_ge macaddr8_ge: is_ge;
}

pub(crate) fn macaddr_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(address(arguments, 0)?.cmp(&address(arguments, 1)?) as i32))
}

pub(crate) use macaddr_cmp as macaddr8_cmp;

pub(crate) fn macaddr_not(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(!address(arguments, 0)? & 0xffff_ffff_ffff))
}

pub(crate) fn macaddr8_not(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(!address(arguments, 0)?))
}

pub(crate) fn macaddr_and(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(address(arguments, 0)? & address(arguments, 1)?))
}

pub(crate) use macaddr_and as macaddr8_and;

pub(crate) fn macaddr_or(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(address(arguments, 0)? | address(arguments, 1)?))
}

pub(crate) use macaddr_or as macaddr8_or;

/// Keeps the manufacturer.
pub(crate) fn macaddr_trunc(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(address(arguments, 0)? & 0xffff_ff00_0000))
}

pub(crate) fn macaddr8_trunc(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(address(arguments, 0)? & 0xffff_ff00_0000_0000))
}

pub(crate) fn macaddr8_set7bit(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(address(arguments, 0)? | 0x0200_0000_0000_0000))
}

pub(crate) fn macaddrtomacaddr8(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Unsigned(widened(address(arguments, 0)?)))
}

pub(crate) fn macaddr8tomacaddr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = address(arguments, 0)?;
    if value >> 24 & 0xffff != 0xfffe {
        return Err(SqlError::new(
            sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
            "macaddr8 data out of range to convert to macaddr",
        )
        .hint(
            "Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, \
             for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to \
             macaddr.",
        ));
    }
    Ok(Datum::Unsigned(value >> 16 & 0xffff_ff00_0000 | value & 0xff_ffff))
}
