//! What can be set.

use std::time::Duration;

use protocol::transaction::OUTCOME_RETENTION_NANOS;

use crate::row_cache::RowCacheOptions;

/// How old a transaction may get: 5 minutes (DESIGN section 8).
pub const TRANSACTION_AGE_NANOS: u64 = 300 * 1_000_000_000;
/// Added to it, for reads that a transaction started just before its end.
pub const RETENTION_MARGIN_NANOS: u64 = 30 * 1_000_000_000;

/// How storage behaves.
#[derive(Clone, Debug)]
pub struct StorageOptions {
    /// Superseded versions stay readable for this long behind the watermark.
    pub retention_nanos: u64,
    /// Outcomes can be asked for at least this long.
    pub outcome_retention_nanos: u64,
    /// How often what is applied is made durable, while anything is applied. What is lost in between the journals
    /// deliver again.
    pub persist_every: Duration,
    /// Rows kept in memory.
    pub row_cache: RowCacheOptions,
}

impl Default for StorageOptions {
    fn default() -> StorageOptions {
        StorageOptions {
            retention_nanos: TRANSACTION_AGE_NANOS + RETENTION_MARGIN_NANOS,
            outcome_retention_nanos: OUTCOME_RETENTION_NANOS,
            persist_every: Duration::from_secs(1),
            row_cache: RowCacheOptions::default(),
        }
    }
}
