//! Reading storage as of a timestamp: the contract between query processors and storage replicas.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::journal::BoxFuture;
use crate::time::Timestamp;

/// Why a read did not succeed.
#[derive(Debug)]
pub enum ReadError {
    /// Versions that this timestamp needs are collected already (54000: the transaction is too old).
    TooOld { oldest: Timestamp },
    /// The replica has not got that far.
    NotYet { watermark: Timestamp },
    /// The pushed-down filter failed on a row; the error is the filter's own.
    Filter(Box<dyn Error + Send + Sync>),
    /// Stored bytes make no sense. The process must not go on.
    Corrupt(String),
    /// The engine failed.
    Engine(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::TooOld { oldest } => {
                write!(formatter, "versions before {oldest} are collected")
            }
            ReadError::NotYet { watermark } => {
                write!(formatter, "replica is complete up to {watermark} only")
            }
            ReadError::Filter(error) => error.fmt(formatter),
            ReadError::Corrupt(what) => write!(formatter, "storage is corrupt: {what}"),
            ReadError::Engine(what) => write!(formatter, "storage engine: {what}"),
        }
    }
}

impl Error for ReadError {}

/// A row as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    pub key: Bytes,
    pub value: Bytes,
}

/// Filter and projection evaluated where the rows are.
pub trait RowFilter: Send + Sync {
    /// `None` drops the row; `Some` replaces its value (the projection), or keeps it as it is.
    fn apply(&self, key: &[u8], value: &[u8]) -> Result<Filtered, Box<dyn Error + Send + Sync>>;
}

/// A filter's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filtered {
    Drop,
    Keep,
    Replace(Bytes),
}

/// One range to read.
#[derive(Clone)]
pub struct ScanRequest {
    /// Inclusive.
    pub start: Bytes,
    /// Exclusive.
    pub end: Bytes,
    pub tau: Timestamp,
    pub direction: Direction,
    pub filter: Option<Arc<dyn RowFilter>>,
    /// Rows wanted after filtering.
    pub limit: Option<u64>,
}

/// Which end of the range comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What takes the rows of a scan, key and value, as they lie in storage.
pub type Visitor<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), Box<dyn Error + Send + Sync>>;

/// How far a visit came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visited {
    /// The range is not exhausted.
    pub more: bool,
    /// Rows read, wanted or not.
    pub looked_at: usize,
}

/// An open scan. Holds a bounded number of rows at a time.
pub trait ScanCursor: Send {
    /// Appends up to `limit` rows to `rows`; `false` when the range is exhausted (rows may have been appended as well).
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError>;

    /// As [`ScanCursor::next_batch`], but the rows are only shown, without being copied, and it also comes back when it
    /// has looked at many rows that the filter does not want. The visitor's errors are [`ReadError::Filter`].
    fn visit(&mut self, limit: usize, visitor: Visitor<'_>) -> Result<Visited, ReadError> {
        let mut rows = Vec::new();
        let more = self.next_batch(&mut rows, limit)?;
        for row in &rows {
            visitor(&row.key, &row.value).map_err(ReadError::Filter)?;
        }
        Ok(Visited { more, looked_at: rows.len() })
    }

    /// Cuts what is left into up to `parts` scans that can be read at the same time; one after the other they are the
    /// rest of this one. A scan with a limit, or one that cannot be cut, comes back whole.
    fn split(self: Box<Self>, parts: usize) -> Result<Vec<Box<dyn ScanCursor>>, ReadError>;
}

/// Reads as of a timestamp. Properties I1 and I2 of DESIGN section 9 rest on it.
pub trait ReadStorage: Send + Sync {
    /// Everything committed at or before this is here, and nothing will ever be committed at or before it again.
    fn watermark(&self) -> Timestamp;

    /// Resolves when the watermark has reached `tau`, asking the adjudicators for promises if nobody else moves it.
    fn wait_for(&self, tau: Timestamp) -> BoxFuture<Result<(), ReadError>>;

    /// The version of `key` committed last at or before `tau`. The caller has waited for `tau`.
    fn get(&self, key: &[u8], tau: Timestamp) -> Result<Option<Bytes>, ReadError>;

    /// As [`ReadStorage::get`] for several keys; answers in the order of the keys.
    fn multi_get(&self, keys: &[Bytes], tau: Timestamp) -> Result<Vec<Option<Bytes>>, ReadError> {
        keys.iter().map(|key| self.get(key, tau)).collect()
    }

    fn scan(&self, request: ScanRequest) -> Result<Box<dyn ScanCursor>, ReadError>;

    /// The commit timestamp of the last change to the catalog (descriptors and names) that is applied.
    fn catalog_changed_at(&self) -> Timestamp;

    /// At or after the commit timestamp of the last transaction that is applied; at most the watermark.
    fn changed_at(&self) -> Timestamp {
        self.watermark()
    }

    /// Keeps versions that a read at `tau` needs from being collected until the guard is dropped.
    fn hold(&self, tau: Timestamp) -> HoldGuard;
}

/// Keeps garbage collection away from a snapshot; dropping it lets go.
pub struct HoldGuard(Option<Box<dyn FnOnce() + Send + Sync>>);

impl HoldGuard {
    pub fn new(release: impl FnOnce() + Send + Sync + 'static) -> HoldGuard {
        HoldGuard(Some(Box::new(release)))
    }
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        if let Some(release) = self.0.take() {
            release();
        }
    }
}
