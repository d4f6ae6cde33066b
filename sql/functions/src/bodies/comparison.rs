//! Comparison operators. Functions are named as `pg_proc.prosrc`; the orders themselves belong to the types.

use std::cmp::Ordering;

use types::datetime::{self, Zone};
use types::{Datum, SqlResult};

use crate::bodies::arguments::{float, integer, wrong_kind};
use crate::context::EvalContext;

type Comparison = fn(&dyn EvalContext, &Datum, &Datum) -> SqlResult<Ordering>;

macro_rules! comparison_functions {
    ($($compare:ident: $($equal:ident)? , $($different:ident)? , $($less:ident)? , $($less_equal:ident)? , $($greater:ident)? , $($greater_equal:ident)?;)*) => {$(
        $(comparison_body!($equal, $compare, is_eq);)?
        $(comparison_body!($different, $compare, is_ne);)?
        $(comparison_body!($less, $compare, is_lt);)?
        $(comparison_body!($less_equal, $compare, is_le);)?
        $(comparison_body!($greater, $compare, is_gt);)?
        $(comparison_body!($greater_equal, $compare, is_ge);)?
    )*};
}

macro_rules! comparison_body {
    ($name:ident, $compare:ident, $test:ident) => {
        pub(crate) fn $name(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(Datum::Bool($compare(context, &arguments[0], &arguments[1])?.$test()))
        }
    };
}

macro_rules! order_functions {
    ($($name:ident: $compare:ident;)*) => {$(
        pub(crate) fn $name(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(Datum::Int4($compare(context, &arguments[0], &arguments[1])? as i32))
        }
    )*};
}

macro_rules! choice_functions {
    ($($larger:ident $smaller:ident: $compare:ident;)*) => {$(
        pub(crate) fn $larger(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let order = $compare(context, &arguments[0], &arguments[1])?;
            Ok(arguments[usize::from(order.is_lt())].clone())
        }

        pub(crate) fn $smaller(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let order = $compare(context, &arguments[0], &arguments[1])?;
            Ok(arguments[usize::from(order.is_gt())].clone())
        }
    )*};
}

fn integers(_: &dyn EvalContext, left: &Datum, right: &Datum) -> SqlResult<Ordering> {
    Ok(integer(left)?.cmp(&integer(right)?))
}

/// NaN equals itself and is above everything else.
pub(crate) fn order_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

fn floats(_: &dyn EvalContext, left: &Datum, right: &Datum) -> SqlResult<Ordering> {
    Ok(order_floats(float(left)?, float(right)?))
}

fn texts(_: &dyn EvalContext, left: &Datum, right: &Datum) -> SqlResult<Ordering> {
    match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => Ok(left.as_bytes().cmp(right.as_bytes())),
        (Datum::Text(_), other) | (other, _) => Err(wrong_kind("text", other)),
    }
}

/// `character(n)`: trailing blanks do not count.
fn padded(_: &dyn EvalContext, left: &Datum, right: &Datum) -> SqlResult<Ordering> {
    match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => {
            let (left, right) = (left.trim_end_matches(' '), right.trim_end_matches(' '));
            Ok(left.as_bytes().cmp(right.as_bytes()))
        }
        (Datum::Text(_), other) | (other, _) => Err(wrong_kind("character", other)),
    }
}

/// Values of one type in the order of its B-tree operator class.
fn same(_: &dyn EvalContext, left: &Datum, right: &Datum) -> SqlResult<Ordering> {
    Ok(types::compare::compare(left, right))
}

/// Microseconds of a date or timestamp; what lies beyond the range of timestamps counts as infinite.
fn moment(value: &Datum, zoned: bool, zone: &Zone) -> SqlResult<i64> {
    match value {
        Datum::Date(date) if zoned => Ok(datetime::date_to_timestamptz(*date, zone)
            .unwrap_or(if *date < 0 { i64::MIN } else { i64::MAX })),
        Datum::Date(date) => Ok(datetime::date_to_timestamp(*date).unwrap_or(if *date < 0 {
            i64::MIN
        } else {
            i64::MAX
        })),
        Datum::Timestamp(timestamp) if zoned => {
            Ok(datetime::timestamp_to_timestamptz(*timestamp, zone).unwrap_or(if *timestamp < 0 {
                i64::MIN
            } else {
                i64::MAX
            }))
        }
        Datum::Timestamp(timestamp) | Datum::TimestampTz(timestamp) => Ok(*timestamp),
        other => Err(wrong_kind("timestamp", other)),
    }
}

/// Dates and times of different types, compared in the session's time zone.
fn moments(context: &dyn EvalContext, left: &Datum, right: &Datum) -> SqlResult<Ordering> {
    let zoned = matches!(left, Datum::TimestampTz(_)) || matches!(right, Datum::TimestampTz(_));
    let zone = Zone::of(context.formats());
    Ok(moment(left, zoned, &zone)?.cmp(&moment(right, zoned, &zone)?))
}

const _: [Comparison; 6] = [integers, floats, texts, padded, same, moments];

comparison_functions! {
    integers: int2eq , int2ne , int2lt , int2le , int2gt , int2ge;
    integers: int4eq , int4ne , int4lt , int4le , int4gt , int4ge;
    integers: int8eq , int8ne , int8lt , int8le , int8gt , int8ge;
    integers: int24eq , int24ne , int24lt , int24le , int24gt , int24ge;
    integers: int42eq , int42ne , int42lt , int42le , int42gt , int42ge;
    integers: int28eq , int28ne , int28lt , int28le , int28gt , int28ge;
    integers: int82eq , int82ne , int82lt , int82le , int82gt , int82ge;
    integers: int48eq , int48ne , int48lt , int48le , int48gt , int48ge;
    integers: int84eq , int84ne , int84lt , int84le , int84gt , int84ge;
    integers: oideq , oidne , oidlt , oidle , oidgt , oidge;
    floats: float4eq , float4ne , float4lt , float4le , float4gt , float4ge;
    floats: float8eq , float8ne , float8lt , float8le , float8gt , float8ge;
    floats: float48eq , float48ne , float48lt , float48le , float48gt , float48ge;
    floats: float84eq , float84ne , float84lt , float84le , float84gt , float84ge;
    texts: texteq , textne , text_lt , text_le , text_gt , text_ge;
    texts: nameeq , namene , namelt , namele , namegt , namege;
    texts: nameeqtext , namenetext , namelttext , nameletext , namegttext , namegetext;
    texts: texteqname , textnename , textltname , textlename , textgtname , textgename;
    texts:  ,  , text_pattern_lt , text_pattern_le , text_pattern_gt , text_pattern_ge;
    padded: bpchareq , bpcharne , bpcharlt , bpcharle , bpchargt , bpcharge;
    padded:  ,  , bpchar_pattern_lt , bpchar_pattern_le , bpchar_pattern_gt , bpchar_pattern_ge;
    same: booleq , boolne , boollt , boolle , boolgt , boolge;
    same: chareq , charne , charlt , charle , chargt , charge;
    same: byteaeq , byteane , bytealt , byteale , byteagt , byteage;
    same: xid8eq , xid8ne , xid8lt , xid8le , xid8gt , xid8ge;
    same: tideq , tidne , tidlt , tidle , tidgt , tidge;
    same: numeric_eq , numeric_ne , numeric_lt , numeric_le , numeric_gt , numeric_ge;
    same: uuid_eq , uuid_ne , uuid_lt , uuid_le , uuid_gt , uuid_ge;
    same: date_eq , date_ne , date_lt , date_le , date_gt , date_ge;
    same: time_eq , time_ne , time_lt , time_le , time_gt , time_ge;
    same: timetz_eq , timetz_ne , timetz_lt , timetz_le , timetz_gt , timetz_ge;
    same: timestamp_eq , timestamp_ne , timestamp_lt , timestamp_le , timestamp_gt , timestamp_ge;
    same: interval_eq , interval_ne , interval_lt , interval_le , interval_gt , interval_ge;
    same: array_eq , array_ne , array_lt , array_le , array_gt , array_ge;
    same: jsonb_eq , jsonb_ne , jsonb_lt , jsonb_le , jsonb_gt , jsonb_ge;
    same: record_eq , record_ne , record_lt , record_le , record_gt , record_ge;
    same: pg_lsn_eq , pg_lsn_ne , pg_lsn_lt , pg_lsn_le , pg_lsn_gt , pg_lsn_ge;
    same: enum_eq , enum_ne , enum_lt , enum_le , enum_gt , enum_ge;
    same: oidvectoreq , oidvectorne , oidvectorlt , oidvectorle , oidvectorgt , oidvectorge;
    same: xideq , xidneq ,  ,  ,  , ;
    same: cideq ,  ,  ,  ,  , ;
    moments: date_eq_timestamp , date_ne_timestamp , date_lt_timestamp , date_le_timestamp , date_gt_timestamp , date_ge_timestamp;
    moments: date_eq_timestamptz , date_ne_timestamptz , date_lt_timestamptz , date_le_timestamptz , date_gt_timestamptz , date_ge_timestamptz;
    moments: timestamp_eq_date , timestamp_ne_date , timestamp_lt_date , timestamp_le_date , timestamp_gt_date , timestamp_ge_date;
    moments: timestamptz_eq_date , timestamptz_ne_date , timestamptz_lt_date , timestamptz_le_date , timestamptz_gt_date , timestamptz_ge_date;
    moments: timestamp_eq_timestamptz , timestamp_ne_timestamptz , timestamp_lt_timestamptz , timestamp_le_timestamptz , timestamp_gt_timestamptz , timestamp_ge_timestamptz;
    moments: timestamptz_eq_timestamp , timestamptz_ne_timestamp , timestamptz_lt_timestamp , timestamptz_le_timestamp , timestamptz_gt_timestamp , timestamptz_ge_timestamp;
}

order_functions! {
    btint4cmp: integers;
    btint8cmp: integers;
    btint24cmp: integers;
    btint28cmp: integers;
    btint42cmp: integers;
    btint48cmp: integers;
    btint82cmp: integers;
    btint84cmp: integers;
    btoidcmp: integers;
    btfloat4cmp: floats;
    btfloat8cmp: floats;
    btfloat48cmp: floats;
    btfloat84cmp: floats;
    btboolcmp: same;
    numeric_cmp: same;
    uuid_cmp: same;
    date_cmp: same;
    time_cmp: same;
    timetz_cmp: same;
    timestamp_cmp: same;
    interval_cmp: same;
    btarraycmp: same;
    jsonb_cmp: same;
    btrecordcmp: same;
}

/// As PostgreSQL's `memcmp` has it: the difference of the first two bytes that differ, else that of the lengths.
pub(super) fn byte_order(left: &[u8], right: &[u8]) -> i32 {
    let differing = left.iter().zip(right).find(|(left, right)| left != right);
    differing.map_or(left.len().cmp(&right.len()) as i32, |(left, right)| {
        i32::from(*left) - i32::from(*right)
    })
}

fn bytes_of(value: &Datum) -> SqlResult<&[u8]> {
    match value {
        Datum::Text(text) => Ok(text.as_bytes()),
        Datum::Bytea(bytes) => Ok(bytes),
        other => Err(wrong_kind("a string", other)),
    }
}

pub(crate) fn byteacmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(byte_order(bytes_of(&arguments[0])?, bytes_of(&arguments[1])?)))
}

pub(crate) use byteacmp as btnamecmp;
pub(crate) use byteacmp as bttext_pattern_cmp;
pub(crate) use byteacmp as bttextcmp;

fn without_blanks(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    &bytes[..end]
}

pub(crate) fn bpcharcmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = (bytes_of(&arguments[0])?, bytes_of(&arguments[1])?);
    Ok(Datum::Int4(byte_order(without_blanks(left), without_blanks(right))))
}

/// The difference, as of numbers that are small.
fn difference(arguments: &[Datum]) -> SqlResult<Datum> {
    match arguments {
        [Datum::Int2(left), Datum::Int2(right)] => {
            Ok(Datum::Int4(i32::from(*left) - i32::from(*right)))
        }
        [Datum::Char(left), Datum::Char(right)] => {
            Ok(Datum::Int4(i32::from(*left) - i32::from(*right)))
        }
        _ => Err(wrong_kind("a small number", &arguments[0])),
    }
}

pub(crate) fn btint2cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    difference(arguments)
}

pub(crate) fn btcharcmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    difference(arguments)
}

choice_functions! {
    int2larger int2smaller: integers;
    int4larger int4smaller: integers;
    int8larger int8smaller: integers;
    oidlarger oidsmaller: integers;
    float4larger float4smaller: floats;
    float8larger float8smaller: floats;
    text_larger text_smaller: texts;
    bpchar_larger bpchar_smaller: padded;
    numeric_larger numeric_smaller: same;
    date_larger date_smaller: same;
    time_larger time_smaller: same;
    timetz_larger timetz_smaller: same;
    timestamp_larger timestamp_smaller: same;
    interval_larger interval_smaller: same;
    array_larger array_smaller: same;
}
