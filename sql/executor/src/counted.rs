//! Reads from storage, counted for the node that makes them while a statement is explained.
//!
//! A row counts when it is looked at, whether or not a filter in storage drops it. Of a secondary index the entries count,
//! and the rows that they lead to.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use protocol::storage::{Filtered, ReadError, RowFilter, ScanCursor, StoredRow, Visited, Visitor};
use types::SqlResult;

use crate::context::Context;
use crate::environment::ReadRequest;

/// What one node has read. Helpers of a parallel scan count into the same.
#[derive(Default)]
pub(crate) struct Reads {
    rows: AtomicU64,
    bytes: AtomicU64,
    removed: AtomicU64,
    spilled: AtomicU64,
}

impl Reads {
    fn add(&self, key: &[u8], value: &[u8]) {
        self.rows.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add((key.len() + value.len()) as u64, Ordering::Relaxed);
    }

    /// Counts bytes written to temporary files.
    pub fn spill(&self, bytes: u64) {
        self.spilled.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Rows, bytes, rows that a filter dropped, bytes written to temporary files.
    pub fn counts(&self) -> [u64; 4] {
        [&self.rows, &self.bytes, &self.removed, &self.spilled]
            .map(|counter| counter.load(Ordering::Relaxed))
    }
}

impl Context {
    /// The counters of the node that runs; nothing unless the statement is instrumented.
    pub(crate) fn reads(&self) -> Option<Arc<Reads>> {
        self.instrumented
            .then(|| Arc::clone(self.reads.borrow_mut().entry(self.running.get()).or_default()))
    }

    /// As [`crate::Environment::scan`].
    pub(crate) fn scan(&self, mut request: ReadRequest) -> SqlResult<Box<dyn ScanCursor>> {
        let Some(reads) = self.reads() else {
            return self.env().scan(request);
        };
        if let Some(inner) = request.filter.take() {
            request.filter = Some(Arc::new(CountedFilter { inner, reads }));
            return self.env().scan(request);
        }
        let inner = self.env().scan(request)?;
        Ok(Box::new(CountedCursor { inner, reads }))
    }

    /// As [`crate::Environment::get`].
    pub(crate) fn get(&self, key: &[u8]) -> SqlResult<Option<Bytes>> {
        let value = self.env().get(key)?;
        if let (Some(reads), Some(value)) = (self.reads(), &value) {
            reads.add(key, value);
        }
        Ok(value)
    }

    /// As [`crate::Environment::multi_get`].
    pub(crate) fn multi_get(&self, keys: &[Bytes]) -> SqlResult<Vec<Option<Bytes>>> {
        let values = self.env().multi_get(keys)?;
        if let Some(reads) = self.reads() {
            for (key, value) in keys.iter().zip(&values) {
                if let Some(value) = value {
                    reads.add(key, value);
                }
            }
        }
        Ok(values)
    }

    /// Counts rows that the running node's filter has dropped.
    pub(crate) fn count_removed(&self, rows: usize) {
        if rows > 0
            && let Some(reads) = self.reads()
        {
            reads.removed.fetch_add(rows as u64, Ordering::Relaxed);
        }
    }
}

struct CountedFilter {
    inner: Arc<dyn RowFilter>,
    reads: Arc<Reads>,
}

impl RowFilter for CountedFilter {
    fn apply(&self, key: &[u8], value: &[u8]) -> Result<Filtered, Box<dyn Error + Send + Sync>> {
        self.reads.add(key, value);
        let verdict = self.inner.apply(key, value)?;
        if verdict == Filtered::Drop {
            self.reads.removed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(verdict)
    }
}

struct CountedCursor {
    inner: Box<dyn ScanCursor>,
    reads: Arc<Reads>,
}

impl ScanCursor for CountedCursor {
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError> {
        let before = rows.len();
        let more = self.inner.next_batch(rows, limit)?;
        for row in &rows[before..] {
            self.reads.add(&row.key, &row.value);
        }
        Ok(more)
    }

    fn visit(&mut self, limit: usize, visitor: Visitor<'_>) -> Result<Visited, ReadError> {
        let reads = &self.reads;
        self.inner.visit(limit, &mut |key, value| {
            reads.add(key, value);
            visitor(key, value)
        })
    }

    fn split(self: Box<Self>, parts: usize) -> Result<Vec<Box<dyn ScanCursor>>, ReadError> {
        let CountedCursor { inner, reads } = *self;
        let counted = |inner| -> Box<dyn ScanCursor> {
            Box::new(CountedCursor { inner, reads: Arc::clone(&reads) })
        };
        Ok(inner.split(parts)?.into_iter().map(counted).collect())
    }
}
