//! Ranges and multiranges.
//!
//! A range over whole numbers or days is always kept as `[lower, upper)`, so that equal ranges look alike. A multirange
//! is a sorted list of ranges with a gap between any two of them.

mod text;

pub use text::{parse_multirange, parse_range, write_multirange, write_range};

use std::cmp::Ordering;

use crate::compare::compare;
use crate::datetime::{is_infinite_date, is_valid_date};
use crate::error::{SqlError, SqlResult};
use crate::oid::{self, Oid};
use crate::{Datum, sqlstate};

/// One end of a range; no value is infinity.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    pub value: Option<Datum>,
    pub inclusive: bool,
}

/// Values of one type between two ends.
#[derive(Clone, Debug)]
pub struct Range {
    /// The type of the values.
    pub element: Oid,
    pub is_empty: bool,
    pub lower: Bound,
    pub upper: Bound,
}

/// Ranges that neither touch nor overlap, in order.
#[derive(Clone, Debug)]
pub struct Multirange {
    pub element: Oid,
    pub ranges: Vec<Range>,
}

/// Which end of its range a bound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Lower,
    Upper,
}

fn data_error(message: &str) -> SqlError {
    SqlError::new(sqlstate::DATA_EXCEPTION, message)
}

/// Orders two bounds as places on the line of values.
pub fn compare_bounds(left: &Bound, left_side: Side, right: &Bound, right_side: Side) -> Ordering {
    let outward = |side: Side| if side == Side::Lower { Ordering::Less } else { Ordering::Greater };
    match (&left.value, &right.value) {
        (None, None) if left_side == right_side => Ordering::Equal,
        (None, _) => outward(left_side),
        (_, None) => outward(right_side).reverse(),
        (Some(a), Some(b)) => compare(a, b).then_with(|| match (left.inclusive, right.inclusive) {
            (true, true) => Ordering::Equal,
            (false, false) if left_side == right_side => Ordering::Equal,
            (false, _) => outward(left_side).reverse(),
            (true, false) => outward(right_side),
        }),
    }
}

/// The next value of a type whose values can be counted.
fn successor(value: &Datum) -> SqlResult<Option<Datum>> {
    let overflow = |what: &str| {
        SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, format!("{what} out of range"))
    };
    Ok(match value {
        Datum::Int4(value) => {
            Some(Datum::Int4(value.checked_add(1).ok_or_else(|| overflow("integer"))?))
        }
        Datum::Int8(value) => {
            Some(Datum::Int8(value.checked_add(1).ok_or_else(|| overflow("bigint"))?))
        }
        Datum::Date(date) if is_infinite_date(*date) => None,
        Datum::Date(date) => match date.checked_add(1) {
            Some(next) if is_valid_date(next) && !is_infinite_date(next) => Some(Datum::Date(next)),
            _ => {
                return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "date out of range"));
            }
        },
        _ => None,
    })
}

impl Range {
    pub fn empty(element: Oid) -> Range {
        Range { element, is_empty: true, lower: Bound::default(), upper: Bound::default() }
    }

    /// Checks the order of the bounds and brings the range into its one form.
    pub fn new(element: Oid, lower: Bound, upper: Bound) -> SqlResult<Range> {
        if let (Some(low), Some(high)) = (&lower.value, &upper.value) {
            match compare(low, high) {
                Ordering::Greater => {
                    return Err(data_error(
                        "range lower bound must be less than or equal to range upper bound",
                    ));
                }
                Ordering::Equal if !(lower.inclusive && upper.inclusive) => {
                    return Ok(Range::empty(element));
                }
                _ => {}
            }
        }
        let mut range = Range { element, is_empty: false, lower, upper };
        if matches!(element, oid::INT4 | oid::INT8 | oid::DATE) {
            if !range.lower.inclusive
                && let Some(next) = range.lower.value.as_ref().map(successor).transpose()?.flatten()
            {
                range.lower = Bound { value: Some(next), inclusive: true };
            }
            if range.upper.inclusive
                && let Some(next) = range.upper.value.as_ref().map(successor).transpose()?.flatten()
            {
                range.upper = Bound { value: Some(next), inclusive: false };
            }
        }
        // Infinity belongs to no range.
        range.lower.inclusive &= range.lower.value.is_some();
        range.upper.inclusive &= range.upper.value.is_some();
        Ok(range.checked())
    }

    /// Bounds that have no value between them make the empty range.
    fn checked(self) -> Range {
        if let (Some(low), Some(high)) = (&self.lower.value, &self.upper.value) {
            let order = compare(low, high);
            if order.is_gt() || order.is_eq() && !(self.lower.inclusive && self.upper.inclusive) {
                return Range::empty(self.element);
            }
        }
        self
    }

    fn lower_to(&self, other: &Range) -> Ordering {
        compare_bounds(&self.lower, Side::Lower, &other.lower, Side::Lower)
    }

    fn upper_to(&self, other: &Range) -> Ordering {
        compare_bounds(&self.upper, Side::Upper, &other.upper, Side::Upper)
    }

    fn lower_to_upper(&self, other: &Range) -> Ordering {
        compare_bounds(&self.lower, Side::Lower, &other.upper, Side::Upper)
    }

    /// Order of the btree class: the empty range first, then by lower and by upper bound.
    pub fn order(&self, other: &Range) -> Ordering {
        match (self.is_empty, other.is_empty) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.lower_to(other).then_with(|| self.upper_to(other)),
        }
    }

    pub fn contains_value(&self, value: &Datum) -> bool {
        if self.is_empty {
            return false;
        }
        let above = self.lower.value.as_ref().is_none_or(|low| match compare(low, value) {
            Ordering::Less => true,
            Ordering::Equal => self.lower.inclusive,
            Ordering::Greater => false,
        });
        above
            && self.upper.value.as_ref().is_none_or(|high| match compare(value, high) {
                Ordering::Less => true,
                Ordering::Equal => self.upper.inclusive,
                Ordering::Greater => false,
            })
    }

    pub fn contains(&self, other: &Range) -> bool {
        other.is_empty
            || !self.is_empty && self.lower_to(other).is_le() && self.upper_to(other).is_ge()
    }

    pub fn overlaps(&self, other: &Range) -> bool {
        !self.is_empty
            && !other.is_empty
            && self.lower_to_upper(other).is_le()
            && other.lower_to_upper(self).is_le()
    }

    /// `<<`
    pub fn is_before(&self, other: &Range) -> bool {
        !self.is_empty && !other.is_empty && other.lower_to_upper(self).is_gt()
    }

    /// `&<`: does not extend to the right of the other.
    pub fn is_over_left(&self, other: &Range) -> bool {
        !self.is_empty && !other.is_empty && self.upper_to(other).is_le()
    }

    /// `&>`
    pub fn is_over_right(&self, other: &Range) -> bool {
        !self.is_empty && !other.is_empty && self.lower_to(other).is_ge()
    }

    /// `-|-`
    pub fn is_adjacent(&self, other: &Range) -> bool {
        let touch = |upper: &Bound, lower: &Bound| match (&upper.value, &lower.value) {
            (Some(high), Some(low)) => {
                compare(high, low).is_eq() && upper.inclusive != lower.inclusive
            }
            _ => false,
        };
        !self.is_empty
            && !other.is_empty
            && (touch(&self.upper, &other.lower) || touch(&other.upper, &self.lower))
    }

    /// From the lower of the lower bounds to the higher of the upper ones, gaps included.
    pub fn merge(&self, other: &Range) -> Range {
        if self.is_empty {
            return other.clone();
        }
        if other.is_empty {
            return self.clone();
        }
        let lower = if self.lower_to(other).is_le() { &self.lower } else { &other.lower };
        let upper = if self.upper_to(other).is_ge() { &self.upper } else { &other.upper };
        let (lower, upper) = (lower.clone(), upper.clone());
        Range { element: self.element, is_empty: false, lower, upper }
    }

    /// `+`
    pub fn union(&self, other: &Range) -> SqlResult<Range> {
        if !self.is_empty && !other.is_empty && !self.overlaps(other) && !self.is_adjacent(other) {
            return Err(data_error("result of range union would not be contiguous"));
        }
        Ok(self.merge(other))
    }

    /// `*`
    pub fn intersection(&self, other: &Range) -> Range {
        if !self.overlaps(other) {
            return Range::empty(self.element);
        }
        let lower = if self.lower_to(other).is_ge() { &self.lower } else { &other.lower };
        let upper = if self.upper_to(other).is_le() { &self.upper } else { &other.upper };
        let (lower, upper) = (lower.clone(), upper.clone());
        Range { element: self.element, is_empty: false, lower, upper }
    }

    /// What is left of and right of the other.
    pub fn remainders(&self, other: &Range) -> [Range; 2] {
        let none = || Range::empty(self.element);
        if self.is_empty || other.is_empty || !self.overlaps(other) {
            return [self.clone(), none()];
        }
        let flipped =
            |bound: &Bound| Bound { value: bound.value.clone(), inclusive: !bound.inclusive };
        let mut parts = [none(), none()];
        if self.lower_to(other).is_lt() {
            parts[0] = Range { upper: flipped(&other.lower), ..self.clone() }.checked();
        }
        if self.upper_to(other).is_gt() {
            parts[1] = Range { lower: flipped(&other.upper), ..self.clone() }.checked();
        }
        parts
    }

    /// `-`
    pub fn difference(&self, other: &Range) -> SqlResult<Range> {
        match self.remainders(other) {
            [left, right] if right.is_empty => Ok(left),
            [left, right] if left.is_empty => Ok(right),
            _ => Err(data_error("result of range difference would not be contiguous")),
        }
    }
}

impl Multirange {
    /// Sorts, joins what touches and drops what is empty.
    pub fn new(element: Oid, mut ranges: Vec<Range>) -> Multirange {
        ranges.retain(|range| !range.is_empty);
        ranges.sort_by(Range::order);
        let mut joined: Vec<Range> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(last) if last.overlaps(&range) || last.is_adjacent(&range) => {
                    *last = last.merge(&range);
                }
                _ => joined.push(range),
            }
        }
        Multirange { element, ranges: joined }
    }

    pub fn order(&self, other: &Multirange) -> Ordering {
        self.ranges
            .iter()
            .zip(&other.ranges)
            .map(|(left, right)| left.order(right))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.ranges.len().cmp(&other.ranges.len()))
    }

    /// The range from the first lower to the last upper bound.
    pub fn span(&self) -> Range {
        match (self.ranges.first(), self.ranges.last()) {
            (Some(first), Some(last)) => first.merge(last),
            _ => Range::empty(self.element),
        }
    }

    pub fn contains_value(&self, value: &Datum) -> bool {
        self.ranges.iter().any(|range| range.contains_value(value))
    }

    pub fn contains_range(&self, other: &Range) -> bool {
        other.is_empty || self.ranges.iter().any(|range| range.contains(other))
    }

    pub fn contains(&self, other: &Multirange) -> bool {
        other.ranges.iter().all(|range| self.contains_range(range))
    }

    pub fn overlaps(&self, other: &Multirange) -> bool {
        self.ranges.iter().any(|left| other.ranges.iter().any(|right| left.overlaps(right)))
    }

    /// `-|-`: touches and does not overlap.
    pub fn is_adjacent(&self, other: &Multirange) -> bool {
        let (Some(first), Some(last)) = (self.ranges.first(), self.ranges.last()) else {
            return false;
        };
        let (Some(other_first), Some(other_last)) = (other.ranges.first(), other.ranges.last())
        else {
            return false;
        };
        let touches = |before: &Range, after: &Range| {
            before.is_adjacent(after) && before.lower_to(after).is_lt()
        };
        touches(last, other_first) || touches(other_last, first)
    }

    pub fn union(&self, other: &Multirange) -> Multirange {
        let ranges = self.ranges.iter().chain(&other.ranges).cloned().collect();
        Multirange::new(self.element, ranges)
    }

    pub fn intersection(&self, other: &Multirange) -> Multirange {
        let mut ranges = Vec::new();
        for left in &self.ranges {
            ranges.extend(other.ranges.iter().map(|right| left.intersection(right)));
        }
        Multirange::new(self.element, ranges)
    }

    pub fn difference(&self, other: &Multirange) -> Multirange {
        let mut kept = self.ranges.clone();
        for cut in &other.ranges {
            kept = kept.iter().flat_map(|range| range.remainders(cut)).collect();
            kept.retain(|range| !range.is_empty);
        }
        Multirange::new(self.element, kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        parse_range(oid::INT4, text, &mut |text| {
            Ok(Datum::Int4(text.trim().parse().expect("a number")))
        })
        .expect("valid")
    }

    fn shown(range: &Range) -> String {
        let mut out = String::new();
        write_range(range, &mut out, &mut |value, out| {
            if let Datum::Int4(value) = value {
                out.push_str(&value.to_string());
            }
        });
        out
    }

    #[test]
    fn ranges_of_numbers_have_one_form() {
        for (text, expected) in [
            ("[1,5]", "[1,6)"),
            ("(1,5)", "[2,5)"),
            ("(1,2)", "empty"),
            ("[3,3]", "[3,4)"),
            ("[3,3)", "empty"),
            ("[,5)", "(,5)"),
            ("(,)", "(,)"),
            (" empty ", "empty"),
        ] {
            assert_eq!(shown(&range(text)), expected, "{text}");
        }
    }

    #[test]
    fn ranges_are_sets() {
        assert!(range("[1,5)").contains(&range("[2,3)")));
        assert!(range("[1,5)").contains(&range("empty")));
        assert!(range("[1,5)").is_adjacent(&range("[5,6)")));
        assert!(!range("[1,5)").overlaps(&range("[5,6)")));
        assert!(range("[1,5)").is_before(&range("[5,)")));
        assert_eq!(shown(&range("[1,5)").intersection(&range("[3,9)"))), "[3,5)");
        assert_eq!(shown(&range("[1,5)").union(&range("[5,9)")).expect("touch")), "[1,9)");
        assert!(range("[1,2)").union(&range("[5,9)")).is_err());
        assert_eq!(shown(&range("[1,5)").difference(&range("[3,9)")).expect("one")), "[1,3)");
        assert!(range("[1,9)").difference(&range("[3,4)")).is_err());
        assert!(range("(,5)").order(&range("[1,5)")).is_lt());
    }

    #[test]
    fn multiranges_join_what_touches() {
        let ranges = vec![range("[5,7)"), range("[1,3)"), range("[3,5)"), range("empty")];
        let joined = Multirange::new(oid::INT4, ranges);
        assert_eq!(joined.ranges.len(), 1);
        let cut = joined.difference(&Multirange::new(oid::INT4, vec![range("[2,4)")]));
        let mut out = String::new();
        for part in &cut.ranges {
            out += &shown(part);
        }
        assert_eq!(out, "[1,2)[4,7)");
    }
}
