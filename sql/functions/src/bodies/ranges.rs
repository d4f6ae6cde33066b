//! Ranges and multiranges. Functions are named as `pg_proc.prosrc`; the algebra belongs to the types. A range among
//! multiranges counts as the multirange of itself.

use std::cmp::Ordering;
use std::sync::Arc;

use types::builtin::{multirange_of, range_of};
use types::range::{Bound, Multirange, Range};
use types::{Datum, Oid, Row, SqlError, SqlResult, sqlstate};

use crate::bodies::aggregates_collect::datum_bytes;
use crate::bodies::arguments::{array, text, wrong_kind};
use crate::context::EvalContext;
use crate::definition::{Accumulator, AggregateDef};

fn range(arguments: &[Datum], position: usize) -> SqlResult<&Range> {
    match &arguments[position] {
        Datum::Range(value) => Ok(value),
        other => Err(wrong_kind("range", other)),
    }
}

/// A multirange, or a range as one.
fn multirange(arguments: &[Datum], position: usize) -> SqlResult<Arc<Multirange>> {
    match &arguments[position] {
        Datum::Multirange(value) => Ok(Arc::clone(value)),
        Datum::Range(value) => Ok(single(value)),
        other => Err(wrong_kind("multirange", other)),
    }
}

fn single(range: &Range) -> Arc<Multirange> {
    Arc::new(Multirange::new(range.element, vec![range.clone()]))
}

fn made(range: Range) -> Datum {
    Datum::Range(Arc::new(range))
}

fn made_many(multirange: Multirange) -> Datum {
    Datum::Multirange(Arc::new(multirange))
}

fn element_of(result: Oid) -> SqlResult<Oid> {
    range_of(result).or_else(|| multirange_of(result)).ok_or_else(|| {
        SqlError::new(sqlstate::INTERNAL_ERROR, format!("type {result} is not a range type"))
    })
}

fn constructed(arguments: &[Datum], flags: &str, result: Oid) -> SqlResult<Datum> {
    let (lower, upper) = match flags {
        "[)" => (true, false),
        "[]" => (true, true),
        "(]" => (false, true),
        "()" => (false, false),
        _ => {
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, "invalid range bound flags")
                .hint("Valid values are \"[]\", \"[)\", \"(]\", and \"()\"."));
        }
    };
    let bound = |value: &Datum, inclusive: bool| Bound {
        value: (!value.is_null()).then(|| value.clone()),
        inclusive,
    };
    Range::new(element_of(result)?, bound(&arguments[0], lower), bound(&arguments[1], upper))
        .map(made)
}

pub(crate) fn range_constructor2(
    _: &dyn EvalContext,
    arguments: &[Datum],
    _: &[Oid],
    result: Oid,
) -> SqlResult<Datum> {
    constructed(arguments, "[)", result)
}

pub(crate) fn range_constructor3(
    _: &dyn EvalContext,
    arguments: &[Datum],
    _: &[Oid],
    result: Oid,
) -> SqlResult<Datum> {
    if arguments[2].is_null() {
        return Err(SqlError::new(
            sqlstate::DATA_EXCEPTION,
            "range constructor flags argument must not be null",
        ));
    }
    constructed(arguments, text(arguments, 2)?, result)
}

pub(crate) fn multirange_constructor0(
    _: &dyn EvalContext,
    _: &[Datum],
    _: &[Oid],
    result: Oid,
) -> SqlResult<Datum> {
    Ok(made_many(Multirange::new(element_of(result)?, Vec::new())))
}

pub(crate) fn multirange_constructor1(
    _: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Ok(Datum::Multirange(single(range(arguments, 0)?)))
}

pub(crate) fn multirange_constructor2(
    _: &dyn EvalContext,
    arguments: &[Datum],
    _: &[Oid],
    result: Oid,
) -> SqlResult<Datum> {
    let list = array(arguments, 0)?;
    if list.dimensions.len() > 1 {
        return Err(SqlError::new(
            sqlstate::CARDINALITY_VIOLATION,
            "multiranges cannot be constructed from multidimensional arrays",
        ));
    }
    let ranges: SqlResult<Vec<Range>> = list
        .elements
        .iter()
        .map(|item| match item {
            Datum::Range(range) => Ok((**range).clone()),
            _ => Err(SqlError::new(
                sqlstate::NULL_VALUE_NOT_ALLOWED,
                "multirange values cannot contain null members",
            )),
        })
        .collect();
    Ok(made_many(Multirange::new(element_of(result)?, ranges?)))
}

fn lower_bound(range: &Range) -> Datum {
    range.lower.value.clone().unwrap_or_default()
}

fn upper_bound(range: &Range) -> Datum {
    range.upper.value.clone().unwrap_or_default()
}

macro_rules! of_range {
    ($($name:ident $many:ident: $ask:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let ask: fn(&Range) -> Datum = $ask;
            Ok(ask(range(arguments, 0)?))
        }

        pub(crate) fn $many(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let ask: fn(&Range) -> Datum = $ask;
            Ok(ask(&multirange(arguments, 0)?.span()))
        }
    )*};
}

of_range! {
    range_lower multirange_lower: lower_bound;
    range_upper multirange_upper: upper_bound;
    range_empty multirange_empty: |range| Datum::Bool(range.is_empty);
    range_lower_inc multirange_lower_inc: |range| Datum::Bool(range.lower.inclusive);
    range_upper_inc multirange_upper_inc: |range| Datum::Bool(range.upper.inclusive);
    range_lower_inf multirange_lower_inf: |range| Datum::Bool(!range.is_empty && range.lower.value.is_none());
    range_upper_inf multirange_upper_inf: |range| Datum::Bool(!range.is_empty && range.upper.value.is_none());
}

pub(crate) fn range_canonical(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = range(arguments, 0)?;
    if value.is_empty {
        return Ok(arguments[0].clone());
    }
    Range::new(value.element, value.lower.clone(), value.upper.clone()).map(made)
}

pub(crate) use range_canonical as int4range_canonical;
pub(crate) use range_canonical as int8range_canonical;
pub(crate) use range_canonical as daterange_canonical;

macro_rules! order_tests {
    ($($name:ident: $test:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(Datum::Bool(types::compare::compare(&arguments[0], &arguments[1]).$test()))
        }
    )*};
}

order_tests! {
    range_eq: is_eq;
    range_ne: is_ne;
    range_lt: is_lt;
    range_le: is_le;
    range_gt: is_gt;
    range_ge: is_ge;
    multirange_eq: is_eq;
    multirange_ne: is_ne;
    multirange_lt: is_lt;
    multirange_le: is_le;
    multirange_gt: is_gt;
    multirange_ge: is_ge;
}

pub(crate) fn range_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let order: Ordering = types::compare::compare(&arguments[0], &arguments[1]);
    Ok(Datum::Int4(order as i32))
}

pub(crate) use range_cmp as multirange_cmp;

macro_rules! range_tests {
    ($($name:ident: $test:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let test: fn(&Range, &Range) -> bool = $test;
            Ok(Datum::Bool(test(range(arguments, 0)?, range(arguments, 1)?)))
        }
    )*};
}

range_tests! {
    range_overlaps: Range::overlaps;
    range_contains: Range::contains;
    range_contained_by: |left, right| right.contains(left);
    range_adjacent: Range::is_adjacent;
    range_before: Range::is_before;
    range_after: |left, right| right.is_before(left);
    range_overleft: Range::is_over_left;
    range_overright: Range::is_over_right;
}

pub(crate) fn range_contains_elem(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Bool(range(arguments, 0)?.contains_value(&arguments[1])))
}

pub(crate) fn elem_contained_by_range(
    _: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Ok(Datum::Bool(range(arguments, 1)?.contains_value(&arguments[0])))
}

pub(crate) fn multirange_contains_elem(
    _: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Ok(Datum::Bool(multirange(arguments, 0)?.contains_value(&arguments[1])))
}

pub(crate) fn elem_contained_by_multirange(
    _: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Ok(Datum::Bool(multirange(arguments, 1)?.contains_value(&arguments[0])))
}

macro_rules! multirange_tests {
    ($($($name:ident)*: $test:expr;)*) => {$($(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let test: fn(&Multirange, &Multirange) -> bool = $test;
            Ok(Datum::Bool(test(&*multirange(arguments, 0)?, &*multirange(arguments, 1)?)))
        }
    )*)*};
}

multirange_tests! {
    range_overlaps_multirange multirange_overlaps_range multirange_overlaps_multirange: Multirange::overlaps;
    multirange_contains_range multirange_contains_multirange range_contains_multirange: Multirange::contains;
    range_contained_by_multirange multirange_contained_by_multirange multirange_contained_by_range: |left, right| right.contains(left);
    range_adjacent_multirange multirange_adjacent_range multirange_adjacent_multirange: Multirange::is_adjacent;
    range_before_multirange multirange_before_range multirange_before_multirange: |left, right| left.span().is_before(&right.span());
    range_after_multirange multirange_after_range multirange_after_multirange: |left, right| right.span().is_before(&left.span());
    range_overleft_multirange multirange_overleft_range multirange_overleft_multirange: |left, right| left.span().is_over_left(&right.span());
    range_overright_multirange multirange_overright_range multirange_overright_multirange: |left, right| left.span().is_over_right(&right.span());
}

pub(crate) fn range_union(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    range(arguments, 0)?.union(range(arguments, 1)?).map(made)
}

pub(crate) fn range_intersect(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(range(arguments, 0)?.intersection(range(arguments, 1)?)))
}

pub(crate) use range_intersect as range_intersect_agg_transfn;

pub(crate) fn range_minus(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    range(arguments, 0)?.difference(range(arguments, 1)?).map(made)
}

pub(crate) fn range_merge(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(made(range(arguments, 0)?.merge(range(arguments, 1)?)))
}

pub(crate) fn range_merge_from_multirange(
    _: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Ok(made(multirange(arguments, 0)?.span()))
}

macro_rules! multirange_results {
    ($($name:ident: $method:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(made_many(multirange(arguments, 0)?.$method(&*multirange(arguments, 1)?)))
        }
    )*};
}

multirange_results! {
    multirange_union: union;
    multirange_minus: difference;
    multirange_intersect: intersection;
}

pub(crate) fn multirange_unnest(
    _: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    for range in &multirange(arguments, 0)?.ranges {
        if !emit(vec![made(range.clone())])? {
            break;
        }
    }
    Ok(())
}

/// `range_agg`: everything in one multirange; no rows are NULL.
struct Gathered {
    element: Oid,
    ranges: Option<Vec<Range>>,
    bytes: usize,
}

impl Accumulator for Gathered {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        if !arguments[0].is_null() {
            let ranges = self.ranges.get_or_insert_with(Vec::new);
            self.bytes += datum_bytes(&arguments[0]) + size_of::<Range>();
            ranges.extend(multirange(arguments, 0)?.ranges.iter().cloned());
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(match &self.ranges {
            None => Datum::Null,
            Some(ranges) => made_many(Multirange::new(self.element, ranges.clone())),
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}

/// `range_intersect_agg`, of ranges and of multiranges.
struct Intersected {
    so_far: Datum,
}

impl Accumulator for Intersected {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let both = [std::mem::take(&mut self.so_far), arguments[0].clone()];
        self.so_far = match &both {
            [Datum::Null, next] => next.clone(),
            [Datum::Range(_), _] => range_intersect(context, &both)?,
            _ => multirange_intersect(context, &both)?,
        };
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.so_far.clone())
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + datum_bytes(&self.so_far)
    }
}

pub(crate) static RANGE_AGG: AggregateDef = AggregateDef {
    start: |types| {
        let element = types.first().and_then(|&argument| element_of(argument).ok());
        let element = element.unwrap_or(::types::oid::UNKNOWN);
        Box::new(Gathered { element, ranges: None, bytes: 0 })
    },
    skips_null: false,
    kind: 'n',
    direct_arguments: 0,
};

pub(crate) static RANGE_INTERSECT_AGG: AggregateDef = AggregateDef {
    start: |_| Box::new(Intersected { so_far: Datum::Null }),
    skips_null: true,
    kind: 'n',
    direct_arguments: 0,
};
