//! A scan as of a timestamp.
//!
//! The cursor walks `Latest` in a view of the engine. Every key that has a version has one there, so a row that is too
//! new is looked up in `History` by itself; rows that are old enough, nearly all, cost nothing more. The view makes the
//! scan one instant: what is applied or collected meanwhile is not seen.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use protocol::Timestamp;
use protocol::storage::{Direction, Filtered, ReadError, RowFilter, ScanCursor, StoredRow};

use crate::engine::{EngineError, KvView, Pairs, Space};
use crate::layout::{history_range, split_history, split_latest};
use crate::measure::Measure;

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
    if written_at <= tau { Ok(value) } else { superseded(view, key, tau) }
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
    match versions.next().transpose()? {
        Some((_, stored)) => split_history(&stored),
        None => Ok(None),
    }
}

/// See the module.
pub struct Cursor {
    view: Box<dyn KvView>,
    pairs: Pairs,
    tau: Timestamp,
    filter: Option<Arc<dyn RowFilter>>,
    /// Rows that may still be returned.
    left: u64,
    measure: Arc<Measure>,
}

impl Cursor {
    pub fn new(
        view: Box<dyn KvView>,
        request: protocol::storage::ScanRequest,
        measure: Arc<Measure>,
    ) -> Cursor {
        let pairs = view.range(
            Space::Latest,
            Bound::Included(&request.start),
            Bound::Excluded(&request.end),
            request.direction,
        );
        Cursor {
            view,
            pairs,
            tau: request.tau,
            filter: request.filter,
            left: request.limit.unwrap_or(u64::MAX),
            measure,
        }
    }

    /// The row as of `tau`, filtered; `None` if it is not to be returned.
    fn row(&self, key: Bytes, stored: &Bytes) -> Result<Option<StoredRow>, ReadError> {
        let (written_at, value) = split_latest(stored)?;
        let value = if written_at <= self.tau {
            value
        } else {
            superseded(self.view.as_ref(), &key, self.tau)?
        };
        let Some(value) = value else {
            return Ok(None);
        };
        let Some(filter) = &self.filter else {
            return Ok(Some(StoredRow { key, value }));
        };
        Ok(match filter.apply(&key, &value).map_err(ReadError::Filter)? {
            Filtered::Drop => None,
            Filtered::Keep => Some(StoredRow { key, value }),
            Filtered::Replace(value) => Some(StoredRow { key, value }),
        })
    }
}

impl ScanCursor for Cursor {
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError> {
        let (mut taken, mut read_bytes) = (0, 0);
        let result = loop {
            if self.left == 0 {
                break Ok(false);
            }
            if taken == limit {
                break Ok(true);
            }
            let (key, stored) = match self.pairs.next() {
                None => {
                    self.left = 0;
                    break Ok(false);
                }
                Some(Err(error)) => break Err(error.into()),
                Some(Ok(pair)) => pair,
            };
            read_bytes += (key.len() + stored.len()) as u64;
            match self.row(key, &stored) {
                Err(error) => break Err(error),
                Ok(None) => {}
                Ok(Some(row)) => {
                    rows.push(row);
                    taken += 1;
                    self.left -= 1;
                }
            }
        };
        self.measure.read_bytes.increment(read_bytes);
        result
    }
}
