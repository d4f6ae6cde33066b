//! From conditions on index columns to ranges of keys.

use bytes::Bytes;
use encoding::{KeyColumn, key};
use planner::plan::{Bound, EqualTo, IndexRange, Scan};
use protocol::key::{PREFIX_BYTES, prefix, prefix_end};
use protocol::storage::Direction;
use types::{Datum, SqlResult};

use crate::context::internal;
use crate::evaluate::{Scope, evaluate};
use crate::rows::{IndexCodec, RowCodec};

/// Keys to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRange {
    /// One key, known in full.
    Point(Bytes),
    /// `start` inclusive, `end` exclusive.
    Range { start: Bytes, end: Bytes },
}

impl KeyRange {
    fn start(&self) -> &Bytes {
        match self {
            KeyRange::Point(key) | KeyRange::Range { start: key, .. } => key,
        }
    }
}

/// All keys of an index (or of the rows).
pub fn whole(codec: &RowCodec, number: u16) -> KeyRange {
    let start = prefix(codec.relation().table_id, number);
    KeyRange::Range { start: Bytes::copy_from_slice(&start), end: after(&start) }
}

/// The first key after all that start with `prefix`; prefixes of tables always have one.
fn after(prefix: &[u8]) -> Bytes {
    prefix_end(prefix).map_or_else(|| Bytes::from_static(&[0xFF; 32]), Bytes::from)
}

/// The ranges of a scan in the order of reading: no key is in two of them.
pub fn scan_ranges(
    scan: &Scan,
    codec: &RowCodec,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Vec<KeyRange>> {
    let index = match scan.index {
        Some(position) => Some(codec.index(position)?),
        None => codec.primary(),
    };
    let number = index.map_or(protocol::key::PRIMARY_INDEX, |index| index.number);
    if scan.ranges.is_empty() {
        return Ok(vec![whole(codec, number)]);
    }
    let index = index.ok_or_else(|| internal("a range of a table without primary key"))?;
    let mut ranges = Vec::with_capacity(scan.ranges.len());
    for range in &scan.ranges {
        index_range(range, codec, index, row, scope, &mut ranges)?;
    }
    if ranges.len() > 1 {
        ranges = disjoint(ranges);
    }
    if scan.direction == Direction::Descending {
        ranges.reverse();
    }
    Ok(ranges)
}

/// Sorts ranges and joins those that overlap.
fn disjoint(mut ranges: Vec<KeyRange>) -> Vec<KeyRange> {
    ranges.sort_by(|left, right| left.start().cmp(right.start()));
    let mut result: Vec<KeyRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match (result.last_mut(), &range) {
            (Some(KeyRange::Point(last)), KeyRange::Point(key)) if last == key => {}
            (Some(KeyRange::Range { end, .. }), KeyRange::Point(key)) if key < end => {}
            (Some(last @ KeyRange::Point(_)), KeyRange::Range { start, .. })
                if last.start() == start =>
            {
                *last = range;
            }
            (Some(KeyRange::Range { end, .. }), KeyRange::Range { start, end: next })
                if start < end =>
            {
                if next > end {
                    *end = next.clone();
                }
            }
            _ => result.push(range),
        }
    }
    result
}

/// Appends the keys that one range of conditions selects; nothing if a value is NULL.
fn index_range(
    range: &IndexRange,
    codec: &RowCodec,
    index: &IndexCodec,
    row: &[Datum],
    scope: &Scope<'_>,
    out: &mut Vec<KeyRange>,
) -> SqlResult<()> {
    let mut start = Vec::with_capacity(PREFIX_BYTES + 16);
    start.extend_from_slice(&prefix(codec.relation().table_id, index.number));
    let mut has_null = false;
    let mut prefixes = vec![start];
    for (equal, column) in range.equal.iter().zip(&index.columns) {
        match equal {
            EqualTo::Value(expression) => {
                let value = evaluate(expression, row, scope)?;
                if value.is_null() {
                    return Ok(());
                }
                for prefix in &mut prefixes {
                    key::encode_column(&value, column, prefix)?;
                }
            }
            EqualTo::IsNull => {
                has_null = true;
                for prefix in &mut prefixes {
                    key::encode_column(&Datum::Null, column, prefix)?;
                }
            }
            EqualTo::AnyOf(expression) => {
                let Datum::Array(array) = evaluate(expression, row, scope)? else {
                    return Ok(());
                };
                let mut suffixes = Vec::with_capacity(array.elements.len());
                for element in array.elements.iter().filter(|element| !element.is_null()) {
                    let mut suffix = Vec::new();
                    key::encode_column(element, column, &mut suffix)?;
                    suffixes.push(suffix);
                }
                suffixes.sort_unstable();
                suffixes.dedup();
                prefixes = prefixes
                    .iter()
                    .flat_map(|prefix| {
                        suffixes.iter().map(move |suffix| [&prefix[..], suffix].concat())
                    })
                    .collect();
            }
        }
    }
    let bounded = range.low.is_some() || range.high.is_some();
    if !bounded {
        let complete = range.equal.len() == index.columns.len();
        let is_point =
            complete && (index.primary || index.unique && (index.nulls_not_distinct || !has_null));
        out.extend(prefixes.into_iter().map(|prefix| {
            if is_point {
                KeyRange::Point(prefix.into())
            } else {
                KeyRange::Range { end: after(&prefix), start: prefix.into() }
            }
        }));
        return Ok(());
    }
    let column = index
        .columns
        .get(range.equal.len())
        .ok_or_else(|| internal("a bound behind the index's columns"))?;
    let Some((low, high)) = bounds(range, row, scope)? else {
        return Ok(());
    };
    // In a descending column the upper bound is where the keys start.
    let (first, last) = if column.descending { (high, low) } else { (low, high) };
    for prefix in prefixes {
        let start = first_key(&prefix, first.as_ref(), column)?;
        let end = end_key(&prefix, last.as_ref(), column)?;
        if start < end {
            out.push(KeyRange::Range { start, end });
        }
    }
    Ok(())
}

type BoundValue = (Datum, bool);

/// The values of both bounds; `None` if one is NULL, which no value satisfies.
fn bounds(
    range: &IndexRange,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Option<(Option<BoundValue>, Option<BoundValue>)>> {
    let value_of = |bound: &Option<Bound>| -> SqlResult<Option<BoundValue>> {
        match bound {
            None => Ok(None),
            Some(bound) => Ok(Some((evaluate(&bound.value, row, scope)?, bound.inclusive))),
        }
    };
    let (low, high) = (value_of(&range.low)?, value_of(&range.high)?);
    let is_null =
        |bound: &Option<BoundValue>| bound.as_ref().is_some_and(|(value, _)| value.is_null());
    Ok(if is_null(&low) || is_null(&high) { None } else { Some((low, high)) })
}

fn with_value(prefix: &[u8], value: &Datum, column: &KeyColumn) -> SqlResult<Vec<u8>> {
    let mut bytes = prefix.to_vec();
    key::encode_column(value, column, &mut bytes)?;
    Ok(bytes)
}

fn first_key(prefix: &[u8], bound: Option<&BoundValue>, column: &KeyColumn) -> SqlResult<Bytes> {
    Ok(match bound {
        Some((value, true)) => with_value(prefix, value, column)?.into(),
        Some((value, false)) => after(&with_value(prefix, value, column)?),
        // Only the other end is bounded: NULLs do not satisfy it.
        None if column.nulls_first => after(&with_value(prefix, &Datum::Null, column)?),
        None => Bytes::copy_from_slice(prefix),
    })
}

fn end_key(prefix: &[u8], bound: Option<&BoundValue>, column: &KeyColumn) -> SqlResult<Bytes> {
    Ok(match bound {
        Some((value, true)) => after(&with_value(prefix, value, column)?),
        Some((value, false)) => with_value(prefix, value, column)?.into(),
        None if column.nulls_first => after(prefix),
        None => with_value(prefix, &Datum::Null, column)?.into(),
    })
}
