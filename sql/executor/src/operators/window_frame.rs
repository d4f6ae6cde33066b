//! Which rows of a partition a window call looks at from each of its rows.

use std::cmp::Ordering;
use std::ops::Range;

use planner::expression::{Frame, FrameBound, FrameExclusion, FrameMode, RangeOffset};
use types::{Datum, Row, SqlError, SqlResult, compare, sqlstate};

use crate::context::Context;
use crate::evaluate::{evaluate, invoke};

/// A partition's rows in order, with their peer groups.
pub struct Partition {
    pub rows: Vec<Row>,
    /// The first ORDER BY key of each row, for RANGE offsets.
    pub keys: Vec<Datum>,
    /// Per row, the number of its peer group.
    pub group_of: Vec<usize>,
    /// The rows of each peer group.
    pub groups: Vec<Range<usize>>,
    pub descending: bool,
}

/// The frames of one call over one partition.
pub struct Frames<'a> {
    frame: &'a Frame,
    start: Offset,
    end: Offset,
}

enum Offset {
    None,
    Count(usize),
    Value(Datum, RangeOffset),
}

impl<'a> Frames<'a> {
    /// Offsets are computed once: they refer to no column.
    pub fn new(frame: &'a Frame, context: &Context) -> SqlResult<Frames<'a>> {
        Ok(Frames {
            frame,
            start: offset_of(frame.mode, &frame.start, "starting", context)?,
            end: offset_of(frame.mode, &frame.end, "ending", context)?,
        })
    }

    pub fn excludes(&self) -> bool {
        self.frame.exclusion != FrameExclusion::NoOthers
    }

    /// The frame of a row before exclusion.
    pub fn whole(
        &self,
        partition: &Partition,
        row: usize,
        context: &Context,
    ) -> SqlResult<Range<usize>> {
        let start = self.edge(partition, row, true, context)?;
        let end = self.edge(partition, row, false, context)?;
        Ok(start..end.max(start))
    }

    /// The frame of a row as ranges that skip the excluded rows.
    pub fn parts(
        &self,
        partition: &Partition,
        row: usize,
        whole: &Range<usize>,
    ) -> Vec<Range<usize>> {
        let group = partition.groups[partition.group_of[row]].clone();
        let cuts = match self.frame.exclusion {
            FrameExclusion::NoOthers => return vec![whole.clone()],
            FrameExclusion::CurrentRow => std::iter::once(row..row + 1).collect(),
            FrameExclusion::Group => vec![group],
            FrameExclusion::Ties => vec![group.start..row, row + 1..group.end],
        };
        let mut parts = Vec::with_capacity(3);
        let mut from = whole.start;
        for cut in cuts {
            if cut.is_empty() {
                continue;
            }
            let to = cut.start.clamp(from, whole.end.max(from));
            if from < to {
                parts.push(from..to);
            }
            from = from.max(cut.end);
        }
        if from < whole.end {
            parts.push(from..whole.end);
        }
        parts
    }

    /// The index of the first row (`is_start`), or of the first row behind the last.
    fn edge(
        &self,
        partition: &Partition,
        row: usize,
        is_start: bool,
        context: &Context,
    ) -> SqlResult<usize> {
        let count = partition.rows.len();
        let (bound, offset) =
            if is_start { (&self.frame.start, &self.start) } else { (&self.frame.end, &self.end) };
        let group = partition.group_of[row];
        let edge_of = |group: usize| {
            let rows = &partition.groups[group];
            if is_start { rows.start } else { rows.end }
        };
        let behind = usize::from(!is_start);
        let following = matches!(bound, FrameBound::Following(..));
        Ok(match (bound, offset) {
            (FrameBound::UnboundedPreceding, _) => 0,
            (FrameBound::UnboundedFollowing, _) => count,
            (FrameBound::CurrentRow, _) => match self.frame.mode {
                FrameMode::Rows => row + behind,
                FrameMode::Range | FrameMode::Groups => edge_of(group),
            },
            (_, Offset::Count(offset)) => match (self.frame.mode, following) {
                (FrameMode::Rows, true) => {
                    row.saturating_add(*offset).saturating_add(behind).min(count)
                }
                (FrameMode::Rows, false) => (row + behind).saturating_sub(*offset),
                (_, true) => {
                    let target = group.saturating_add(*offset);
                    if target < partition.groups.len() { edge_of(target) } else { count }
                }
                (_, false) => group.checked_sub(*offset).map_or(0, edge_of),
            },
            (_, Offset::Value(offset, functions)) => {
                range_edge(partition, row, is_start, following, offset, functions, context)?
            }
            (_, Offset::None) => row + behind,
        })
    }
}

fn offset_of(
    mode: FrameMode,
    bound: &FrameBound,
    word: &str,
    context: &Context,
) -> SqlResult<Offset> {
    let (expression, functions) = match bound {
        FrameBound::Preceding(expression, functions)
        | FrameBound::Following(expression, functions) => (expression, functions),
        _ => return Ok(Offset::None),
    };
    let value = evaluate(expression, &[], &context.scope())?;
    if value.is_null() {
        return Err(SqlError::new(
            sqlstate::NULL_VALUE_NOT_ALLOWED,
            format!("frame {word} offset must not be null"),
        ));
    }
    let negative = || {
        SqlError::new(
            sqlstate::INVALID_PRECEDING_OR_FOLLOWING_SIZE,
            format!("frame {word} offset must not be negative"),
        )
    };
    if mode == FrameMode::Range {
        let is_negative = match &value {
            Datum::Int2(value) => *value < 0,
            Datum::Int4(value) => *value < 0,
            Datum::Int8(value) => *value < 0,
            Datum::Float4(value) => *value < 0.0 || value.is_nan(),
            Datum::Float8(value) => *value < 0.0 || value.is_nan(),
            Datum::Numeric(value) => value.signum() < 0 || value.is_nan(),
            Datum::Interval(value) => {
                (i128::from(value.months) * 30 + i128::from(value.days)) * 86_400_000_000
                    + i128::from(value.microseconds)
                    < 0
            }
            _ => false,
        };
        if is_negative {
            return Err(SqlError::new(
                sqlstate::INVALID_PRECEDING_OR_FOLLOWING_SIZE,
                "invalid preceding or following size in window function",
            ));
        }
        return Ok(match functions {
            Some(functions) => Offset::Value(value, functions.clone()),
            None => Offset::None,
        });
    }
    let count = match value {
        Datum::Int2(count) => i64::from(count),
        Datum::Int4(count) => i64::from(count),
        Datum::Int8(count) => count,
        _ => 0,
    };
    if count < 0 {
        return Err(negative());
    }
    Ok(Offset::Count(usize::try_from(count).unwrap_or(usize::MAX)))
}

/// The edge that lies `offset` away from the row's key in the order's direction.
fn range_edge(
    partition: &Partition,
    row: usize,
    is_start: bool,
    following: bool,
    offset: &Datum,
    functions: &RangeOffset,
    context: &Context,
) -> SqlResult<usize> {
    let key = &partition.keys[row];
    let peers = &partition.groups[partition.group_of[row]];
    if key.is_null() {
        // NULLs are near to each other only.
        return Ok(if is_start { peers.start } else { peers.end });
    }
    let grows = following != partition.descending;
    let function = if grows { functions.add } else { functions.subtract };
    let arguments = [key.clone(), offset.clone()];
    let bound = invoke(function, &arguments, function.arguments, functions.result, context.env());
    let bound = match bound {
        Ok(bound) => Some(bound),
        // Beyond the type's range lies nothing: the bound is at the end of all values.
        Err(error)
            if [sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, sqlstate::DATETIME_FIELD_OVERFLOW]
                .contains(&error.sqlstate()) =>
        {
            None
        }
        Err(error) => return Err(error),
    };
    let first = partition.keys.iter().position(|key| !key.is_null()).unwrap_or(0);
    let last =
        partition.keys.iter().rposition(|key| !key.is_null()).map_or(first, |place| place + 1);
    let Some(bound) = bound else {
        return Ok(if following { last } else { first });
    };
    let keys = &partition.keys[first..last];
    let before = |key: &Datum| {
        let order = compare_to_bound(key, &bound);
        let order = if partition.descending { order.reverse() } else { order };
        if is_start { order == Ordering::Less } else { order != Ordering::Greater }
    };
    Ok(first + keys.partition_point(before))
}

/// `date ± interval` is a timestamp: compares a key with a bound of a wider type.
fn compare_to_bound(key: &Datum, bound: &Datum) -> Ordering {
    const DAY_MICROSECONDS: i64 = 86_400_000_000;
    match (key, bound) {
        (Datum::Date(days), Datum::Timestamp(bound) | Datum::TimestampTz(bound)) => {
            let key = match *days {
                i32::MIN => i64::MIN,
                i32::MAX => i64::MAX,
                days => i64::from(days).saturating_mul(DAY_MICROSECONDS),
            };
            key.cmp(bound)
        }
        (Datum::Float4(key), Datum::Float8(bound)) => {
            compare::compare_float8(f64::from(*key), *bound)
        }
        _ => compare::compare(key, bound),
    }
}
