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

/// An open scan. Holds a bounded number of rows at a time.
pub trait ScanCursor: Send {
    /// Appends up to `limit` rows to `rows`; `false` when the range is exhausted (rows may have been appended as well).
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError>;
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
