//! A scan as of a timestamp.
//!
//! The cursor walks `Latest` in a view of the engine. Every key that has a version has one there, so a row that is too
//! new is looked up in `History` by itself; rows that are old enough, nearly all, cost nothing more. The view makes the
//! scan one instant: what is applied or collected meanwhile is not seen. The parts of a scan that is cut share it.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use protocol::Timestamp;
use protocol::storage::{
    Direction, Filtered, ReadError, RowFilter, ScanCursor, StoredRow, Visited, Visitor,
};

use crate::engine::{EngineError, KvView, Pairs, Space};
use crate::layout::{history_range, split_history, split_latest};
use crate::measure::Measure;

/// Rows looked at before the caller is asked whether it still wants more.
const LOOKED_AT_MAX: usize = 16 << 10;
/// Bytes of a key by which a range is cut.
const CUT_BYTES: usize = 8;

impl From<EngineError> for ReadError {
    fn from(error: EngineError) -> ReadError {
        match error {
            EngineError::Corrupt(what) => ReadError::Corrupt(what),
            other => ReadError::Engine(other.to_string()),
        }
    }
}

/// The version of `key` committed last at or before `tau`, all from one instant. A look-up in `Latest` outside of the
/// view may have seen a batch that is being written, whose part in `History` the view does not have yet; in the view the
/// older version is then still the newest.
pub fn as_of(view: &dyn KvView, key: &[u8], tau: Timestamp) -> Result<Option<Bytes>, EngineError> {
    let Some(stored) = view.get(Space::Latest, key)? else {
        return Ok(None);
    };
    let (written_at, value) = split_latest(&stored)?;
    if written_at <= tau {
        Ok(value.map(|value| stored.slice_ref(value)))
    } else {
        superseded(view, key, tau)
    }
}

/// The version of `key` committed last at or before `tau` that has been superseded.
fn superseded(view: &dyn KvView, key: &[u8], tau: Timestamp) -> Result<Option<Bytes>, EngineError> {
    let (start, end) = history_range(key, tau);
    let mut versions = view.range(
        Space::History,
        Bound::Included(&start),
        Bound::Included(&end),
        Direction::Ascending,
    );
    match versions.next()? {
        Some((_, stored)) => Ok(split_history(stored)?.map(Bytes::copy_from_slice)),
        None => Ok(None),
    }
}

/// See the module.
pub struct Cursor {
    view: Arc<dyn KvView>,
    /// Opened with the first row.
    pairs: Option<Pairs>,
    tau: Timestamp,
    direction: Direction,
    filter: Option<Arc<dyn RowFilter>>,
    start: Bytes,
    end: Bytes,
    /// The key looked at last; empty before the first.
    at: Vec<u8>,
    /// Rows that may still be returned, if that is limited.
    left: Option<u64>,
    done: bool,
    measure: Arc<Measure>,
}

impl Cursor {
    pub fn new(
        view: Arc<dyn KvView>,
        request: protocol::storage::ScanRequest,
        measure: Arc<Measure>,
    ) -> Cursor {
        Cursor {
            view,
            pairs: None,
            tau: request.tau,
            direction: request.direction,
            filter: request.filter,
            start: request.start,
            end: request.end,
            at: Vec::new(),
            left: request.limit,
            done: false,
            measure,
        }
    }

    /// The part between two keys, both of them within this scan's range.
    fn part(&self, start: Bytes, end: Bytes) -> Box<dyn ScanCursor> {
        let request = protocol::storage::ScanRequest {
            start,
            end,
            tau: self.tau,
            direction: self.direction,
            filter: self.filter.clone(),
            limit: None,
        };
        Box::new(Cursor::new(Arc::clone(&self.view), request, Arc::clone(&self.measure)))
    }

    /// The first key of a range, from either end.
    fn outermost(
        &self,
        start: &[u8],
        end: &[u8],
        direction: Direction,
    ) -> Result<Vec<u8>, ReadError> {
        let (start, end) = (Bound::Included(start), Bound::Excluded(end));
        let mut pairs = self.view.range(Space::Latest, start, end, direction);
        Ok(pairs.next()?.map(|(key, _)| key.to_vec()).unwrap_or_default())
    }
}

/// Keys that cut a range whose first and last key these are into parts of about the same size, if the keys in between are
/// spread evenly over the bytes behind what the two have in common. Ascending; fewer than asked for if that is too few.
fn cuts(first: &[u8], last: &[u8], parts: usize) -> Vec<Bytes> {
    let common = first.iter().zip(last).take_while(|(left, right)| left == right).count();
    let number = |key: &[u8]| {
        let mut bytes = [0; CUT_BYTES];
        let behind = &key[common..];
        let length = behind.len().min(CUT_BYTES);
        bytes[..length].copy_from_slice(&behind[..length]);
        u64::from_be_bytes(bytes)
    };
    let (low, high) = (number(first), number(last));
    let mut cuts: Vec<Bytes> = (1..parts as u128)
        .map(|part| {
            let within = u128::from(high.saturating_sub(low)) * part / parts as u128;
            let cut = low + u64::try_from(within).expect("less than the whole");
            Bytes::from([&first[..common], &cut.to_be_bytes()].concat())
        })
        .filter(|cut| first < &cut[..] && &cut[..] <= last)
        .collect();
    cuts.dedup();
    cuts
}

impl ScanCursor for Cursor {
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError> {
        let before = rows.len();
        loop {
            let visited = self.visit(limit, &mut |key, value| {
                let (key, value) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
                rows.push(StoredRow { key, value });
                Ok(())
            })?;
            if !visited.more || rows.len() > before || limit == 0 {
                return Ok(visited.more);
            }
        }
    }

    fn visit(&mut self, limit: usize, visitor: Visitor<'_>) -> Result<Visited, ReadError> {
        let (mut taken, mut looked_at, mut read_bytes) = (0, 0, 0);
        let pairs = self.pairs.get_or_insert_with(|| {
            let (start, end) = (Bound::Included(&self.start[..]), Bound::Excluded(&self.end[..]));
            self.view.range(Space::Latest, start, end, self.direction)
        });
        let result = loop {
            if self.done || self.left == Some(0) {
                break Ok(Visited { more: false, looked_at });
            }
            if taken == limit || looked_at == LOOKED_AT_MAX {
                break Ok(Visited { more: true, looked_at });
            }
            let (key, stored) = match pairs.next() {
                Ok(Some(pair)) => pair,
                Ok(None) => {
                    self.done = true;
                    break Ok(Visited { more: false, looked_at });
                }
                Err(error) => break Err(error.into()),
            };
            looked_at += 1;
            read_bytes += (key.len() + stored.len()) as u64;
            self.at.clear();
            self.at.extend_from_slice(key);
            let filter = self.filter.as_deref();
            match show(self.view.as_ref(), key, stored, self.tau, filter, visitor) {
                Err(error) => break Err(error),
                Ok(false) => {}
                Ok(true) => {
                    taken += 1;
                    self.left = self.left.map(|left| left - 1);
                }
            }
        };
        self.measure.read_bytes.increment(read_bytes);
        result
    }

    fn split(self: Box<Self>, parts: usize) -> Result<Vec<Box<dyn ScanCursor>>, ReadError> {
        if self.done || self.left.is_some() || parts < 2 {
            return Ok(vec![self]);
        }
        let (mut start, mut end) = (self.start.clone(), self.end.clone());
        if !self.at.is_empty() {
            match self.direction {
                Direction::Ascending => start = [&self.at[..], &[0]].concat().into(),
                Direction::Descending => end = Bytes::copy_from_slice(&self.at),
            }
        }
        let first = self.outermost(&start, &end, Direction::Ascending)?;
        let last = self.outermost(&start, &end, Direction::Descending)?;
        if first >= last {
            return Ok(vec![self]);
        }
        let mut bounds = vec![start];
        bounds.extend(cuts(&first, &last, parts));
        bounds.push(end);
        let mut scans: Vec<Box<dyn ScanCursor>> =
            bounds.windows(2).map(|pair| self.part(pair[0].clone(), pair[1].clone())).collect();
        if self.direction == Direction::Descending {
            scans.reverse();
        }
        Ok(scans)
    }
}

/// Shows the version of a row as of `tau` if there is one and the filter wants it.
fn show(
    view: &dyn KvView,
    key: &[u8],
    stored: &[u8],
    tau: Timestamp,
    filter: Option<&dyn RowFilter>,
    visitor: Visitor<'_>,
) -> Result<bool, ReadError> {
    let (written_at, value) = split_latest(stored)?;
    let older;
    let value = if written_at <= tau {
        value
    } else {
        older = superseded(view, key, tau)?;
        older.as_deref()
    };
    let Some(value) = value else {
        return Ok(false);
    };
    let replaced;
    let value = match filter {
        None => value,
        Some(filter) => match filter.apply(key, value).map_err(ReadError::Filter)? {
            Filtered::Drop => return Ok(false),
            Filtered::Keep => value,
            Filtered::Replace(other) => {
                replaced = other;
                &replaced
            }
        },
    };
    visitor(key, value).map_err(ReadError::Filter)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_lie_between_the_first_and_the_last_key_in_order() {
        let key = |number: u32| [b"table".as_slice(), &number.to_be_bytes()].concat();
        let found = cuts(&key(10), &key(1010), 4);
        let expected: Vec<u32> = vec![260, 510, 760];
        let numbers: Vec<u32> = found
            .iter()
            .map(|cut| u32::from_be_bytes(cut[5..9].try_into().expect("four bytes")))
            .collect();
        assert_eq!(numbers, expected);
        assert!(found.is_sorted());
        assert!(cuts(&key(1), &key(1), 8).is_empty());
        assert!(
            cuts(b"a", b"a\0", 8).iter().all(|cut| cut[..] > b"a"[..] && cut[..] <= b"a\0"[..])
        );
        assert!(cuts(b"", &[0xFF; 12], 64).len() == 63);
    }
}
