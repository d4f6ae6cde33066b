//! Order, equality and hash of values, as PostgreSQL's default btree and hash operator classes define them.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::datetime::interval_span;
use crate::range::Range;
use crate::{Array, Datum};

/// Compares two values of one type (integers of any width compare with each other). Null is equal to null and after
/// everything; callers that need NULLS FIRST look at nulls themselves. Values of different kinds have an arbitrary but
/// total order.
pub fn compare(left: &Datum, right: &Datum) -> Ordering {
    match (left, right) {
        (Datum::Int4(left), Datum::Int4(right)) => left.cmp(right),
        (Datum::Int8(left), Datum::Int8(right)) => left.cmp(right),
        (Datum::Text(left), Datum::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Datum::Null, Datum::Null) => Ordering::Equal,
        (Datum::Bool(left), Datum::Bool(right)) => left.cmp(right),
        (Datum::Float8(left), Datum::Float8(right)) => compare_float8(*left, *right),
        (Datum::Float4(_) | Datum::Float8(_), Datum::Float4(_) | Datum::Float8(_)) => {
            compare_float8(as_float(left), as_float(right))
        }
        (Datum::Numeric(left), Datum::Numeric(right)) => left.cmp(right),
        (Datum::Bytea(left), Datum::Bytea(right)) => left.cmp(right),
        (Datum::Char(left), Datum::Char(right)) => left.cmp(right),
        (Datum::Oid(left), Datum::Oid(right)) => left.cmp(right),
        (Datum::Uuid(left), Datum::Uuid(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Datum::Date(left), Datum::Date(right)) => left.cmp(right),
        (Datum::Time(left), Datum::Time(right))
        | (Datum::Timestamp(left), Datum::Timestamp(right))
        | (Datum::TimestampTz(left), Datum::TimestampTz(right)) => left.cmp(right),
        (Datum::TimeTz(left, left_west), Datum::TimeTz(right, right_west)) => {
            // By the instant in UTC; equal instants by zone, so that only identical values are equal.
            let instant = |time: i64, west: i32| time + i64::from(west) * 1_000_000;
            instant(*left, *left_west)
                .cmp(&instant(*right, *right_west))
                .then(left_west.cmp(right_west))
        }
        (Datum::Interval(left), Datum::Interval(right)) => {
            interval_span(left).cmp(&interval_span(right))
        }
        (Datum::Jsonb(left), Datum::Jsonb(right)) => left.cmp(right),
        (Datum::Array(left), Datum::Array(right)) => compare_arrays(left, right),
        (Datum::Record(left), Datum::Record(right)) => left
            .iter()
            .zip(right.iter())
            .map(|((_, left), (_, right))| compare(left, right))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| left.len().cmp(&right.len())),
        (Datum::Unsigned(left), Datum::Unsigned(right)) => left.cmp(right),
        (Datum::Money(left), Datum::Money(right)) => left.cmp(right),
        (Datum::Enum(left), Datum::Enum(right)) => left.total_cmp(right),
        (Datum::Bits(left), Datum::Bits(right)) => left.cmp(right),
        (Datum::Inet(left), Datum::Inet(right)) => left.cmp(right),
        (Datum::Range(left), Datum::Range(right)) => left.order(right),
        (Datum::Multirange(left), Datum::Multirange(right)) => left.order(right),
        (Datum::Citext(left), Datum::Citext(right)) => crate::citext::compare(left, right),
        (Datum::Vector(left), Datum::Vector(right)) => crate::vector::compare(left, right),
        _ => match (as_integer(left), as_integer(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => rank(left).cmp(&rank(right)),
        },
    }
}

/// Equality by [`compare`].
pub fn equal(left: &Datum, right: &Datum) -> bool {
    compare(left, right).is_eq()
}

fn as_integer(datum: &Datum) -> Option<i64> {
    match datum {
        Datum::Int2(value) => Some((*value).into()),
        Datum::Int4(value) => Some((*value).into()),
        Datum::Int8(value) => Some(*value),
        _ => None,
    }
}

fn as_float(datum: &Datum) -> f64 {
    match datum {
        Datum::Float4(value) => (*value).into(),
        Datum::Float8(value) => *value,
        _ => 0.0,
    }
}

/// Orders values of different kinds; null is last.
fn rank(datum: &Datum) -> u8 {
    match datum {
        Datum::Bool(_) => 0,
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) => 1,
        Datum::Float4(_) | Datum::Float8(_) => 2,
        Datum::Numeric(_) => 3,
        Datum::Text(_) => 4,
        Datum::Bytea(_) => 5,
        Datum::Char(_) => 6,
        Datum::Oid(_) => 7,
        Datum::Uuid(_) => 8,
        Datum::Date(_) => 9,
        Datum::Time(_) => 10,
        Datum::TimeTz(..) => 11,
        Datum::Timestamp(_) => 12,
        Datum::TimestampTz(_) => 13,
        Datum::Interval(_) => 14,
        Datum::Jsonb(_) => 15,
        Datum::Array(_) => 16,
        Datum::Record(_) => 17,
        Datum::Unsigned(_) => 18,
        Datum::Money(_) => 19,
        Datum::Enum(_) => 20,
        Datum::Bits(_) => 21,
        Datum::Inet(_) => 22,
        Datum::Range(_) => 23,
        Datum::Multirange(_) => 24,
        Datum::Vector(_) => 25,
        Datum::Citext(_) => 26,
        Datum::Null => 255,
    }
}

/// Element by element, then by length, dimensions and lower bounds, as `array_cmp` does.
fn compare_arrays(left: &Array, right: &Array) -> Ordering {
    left.elements
        .iter()
        .zip(&right.elements)
        .map(|(left, right)| compare(left, right))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| {
            let shape = |array: &Array| -> Vec<i32> {
                let lengths = array.dimensions.iter().map(|dimension| dimension.length);
                lengths.chain(array.dimensions.iter().map(|dimension| dimension.lower)).collect()
            };
            left.elements
                .len()
                .cmp(&right.elements.len())
                .then(left.dimensions.len().cmp(&right.dimensions.len()))
                .then_with(|| shape(left).cmp(&shape(right)))
        })
}

/// `char(n)`: trailing blanks do not count.
pub fn compare_bpchar(left: &str, right: &str) -> Ordering {
    left.trim_end_matches(' ').as_bytes().cmp(right.trim_end_matches(' ').as_bytes())
}

/// NaN equals itself and is after everything; both zeros are equal.
pub fn compare_float8(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// Hashes so that values equal by [`compare`] hash alike.
pub fn hash<H: Hasher>(datum: &Datum, state: &mut H) {
    if let Some(value) = as_integer(datum) {
        return value.hash(state);
    }
    match datum {
        Datum::Null => 0_u8.hash(state),
        Datum::Bool(value) => value.hash(state),
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) => {}
        Datum::Float4(_) | Datum::Float8(_) => {
            let value = as_float(datum);
            let bits = if value == 0.0 {
                0
            } else if value.is_nan() {
                f64::NAN.to_bits()
            } else {
                value.to_bits()
            };
            bits.hash(state);
        }
        Datum::Numeric(value) => value.hash(state),
        Datum::Text(value) => value.as_bytes().hash(state),
        Datum::Bytea(value) => value.hash(state),
        Datum::Char(value) => value.hash(state),
        Datum::Oid(value) => value.hash(state),
        Datum::Uuid(value) => value.as_bytes().hash(state),
        Datum::Date(value) => value.hash(state),
        Datum::Time(value) | Datum::Timestamp(value) | Datum::TimestampTz(value) => {
            value.hash(state);
        }
        Datum::TimeTz(time, west) => (time, west).hash(state),
        Datum::Interval(value) => interval_span(value).hash(state),
        Datum::Jsonb(value) => value.hash(state),
        Datum::Array(array) => {
            array.elements.len().hash(state);
            array.elements.iter().for_each(|element| hash(element, state));
        }
        Datum::Record(fields) => {
            fields.len().hash(state);
            fields.iter().for_each(|(_, field)| hash(field, state));
        }
        Datum::Unsigned(value) => value.hash(state),
        Datum::Money(value) => value.hash(state),
        Datum::Enum(value) => value.to_bits().hash(state),
        Datum::Bits(value) => value.hash(state),
        Datum::Inet(value) => value.hash(state),
        Datum::Range(range) => hash_range(range, state),
        Datum::Multirange(multirange) => {
            multirange.ranges.len().hash(state);
            multirange.ranges.iter().for_each(|range| hash_range(range, state));
        }
        Datum::Citext(value) => crate::citext::hash(value, state),
        // Both zeros are equal.
        Datum::Vector(values) => {
            values.iter().for_each(|value| (value + 0.0).to_bits().hash(state))
        }
    }
}

fn hash_range<H: Hasher>(range: &Range, state: &mut H) {
    range.is_empty.hash(state);
    for bound in [&range.lower, &range.upper] {
        bound.inclusive.hash(state);
        hash(bound.value.as_ref().unwrap_or(&Datum::Null), state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArrayDimension, Interval, oid};
    use std::collections::hash_map::DefaultHasher;
    use std::sync::Arc;

    fn hash_of(datum: &Datum) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash(datum, &mut hasher);
        hasher.finish()
    }

    fn interval(months: i32, days: i32, microseconds: i64) -> Datum {
        Datum::Interval(Arc::new(Interval { months, days, microseconds }))
    }

    #[test]
    fn values_that_are_equal_hash_alike() {
        for (left, right) in [
            (Datum::Int2(5), Datum::Int8(5)),
            (Datum::Float8(0.0), Datum::Float8(-0.0)),
            (Datum::Float8(f64::NAN), Datum::Float8(-f64::NAN)),
            (Datum::Float4(1.5), Datum::Float8(1.5)),
            (interval(1, 0, 0), interval(0, 30, 0)),
            (interval(0, 1, 0), interval(0, 0, 86_400_000_000)),
        ] {
            assert!(equal(&left, &right), "{left:?} {right:?}");
            assert_eq!(hash_of(&left), hash_of(&right), "{left:?} {right:?}");
        }
    }

    #[test]
    fn order_is_that_of_the_operator_classes() {
        let array = |elements: Vec<Datum>| {
            Datum::Array(Arc::new(Array::from_elements(oid::INT4, elements)))
        };
        let shifted = Datum::Array(Arc::new(Array {
            element: oid::INT4,
            dimensions: vec![ArrayDimension { length: 1, lower: 2 }],
            elements: vec![Datum::Int4(1)],
        }));
        for (less, more) in [
            (Datum::Int8(-1), Datum::Int2(0)),
            (Datum::Float8(f64::INFINITY), Datum::Float8(f64::NAN)),
            (Datum::text("a"), Datum::text("aa")),
            (Datum::text("Z"), Datum::text("a")),
            (array(vec![]), array(vec![Datum::Int4(1)])),
            (array(vec![Datum::Int4(1)]), array(vec![Datum::Int4(1), Datum::Int4(0)])),
            (array(vec![Datum::Int4(1), Datum::Int4(9)]), array(vec![Datum::Int4(2)])),
            (array(vec![Datum::Int4(1)]), array(vec![Datum::Null])),
            (array(vec![Datum::Int4(1)]), shifted),
            (Datum::TimeTz(0, -3600), Datum::TimeTz(0, 0)),
            (Datum::Int4(i32::MAX), Datum::Null),
        ] {
            assert_eq!(compare(&less, &more), Ordering::Less, "{less:?} {more:?}");
            assert_eq!(compare(&more, &less), Ordering::Greater);
        }
        assert!(compare_bpchar("a  ", "a").is_eq());
    }
}
