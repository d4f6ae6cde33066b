//! Transactions as they travel: from the query processor to the adjudicators, and from there into a journal.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::identity::{TableId, TransactionId};
use crate::time::Timestamp;

/// Outcomes can be asked for at least this long: 24 hours.
pub const OUTCOME_RETENTION_NANOS: u64 = 24 * 3_600 * 1_000_000_000;

/// What a transaction did to a key, as far as conflicts go (DESIGN 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConflictClass {
    /// Insert, delete, update of a key column, `FOR UPDATE`.
    Exclusive,
    /// Update of columns that are no key.
    NonKeyUpdate,
    /// A foreign key's parent, `FOR KEY SHARE`.
    KeyShare,
    /// A read under `SERIALIZABLE`.
    Read,
}

/// A row or index entry as it shall be after the commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Write {
    pub key: Bytes,
    /// `None` deletes.
    pub value: Option<Bytes>,
    /// `None`: not checked, as for entries of non-unique indexes, which their row's key covers.
    pub class: Option<ConflictClass>,
}

/// A key that must not have changed, without being written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Check {
    pub key: Bytes,
    pub class: ConflictClass,
}

/// A range of keys read under `SERIALIZABLE`: `start` inclusive, `end` exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RangeCheck {
    pub start: Bytes,
    pub end: Bytes,
}

/// How a transaction depends on a table's definition (DESIGN 4.2). Every shard checks its own copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SchemaUse {
    /// Rows of the table were written: conflicts with every change of the definition since `tau_start`.
    Rows(TableId),
    /// The definition changes: conflicts with other changes of it since `tau_start`.
    Definition(TableId),
    /// The definition changes and the change depends on the rows present (a new index, a new constraint): conflicts
    /// also with rows written since `tau_start`.
    DefinitionAndRows(TableId),
}

impl SchemaUse {
    pub fn table(self) -> TableId {
        match self {
            SchemaUse::Rows(table)
            | SchemaUse::Definition(table)
            | SchemaUse::DefinitionAndRows(table) => table,
        }
    }

    /// Whether every shard must take part, because every shard holds a copy of the definition's version.
    pub fn concerns_all_shards(self) -> bool {
        !matches!(self, SchemaUse::Rows(_))
    }
}

/// All that a commit needs to be decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CommitRequest {
    pub id: TransactionId,
    pub tau_start: Timestamp,
    /// At most one write per key.
    pub writes: Vec<Write>,
    pub checks: Vec<Check>,
    pub ranges: Vec<RangeCheck>,
    pub schema: Vec<SchemaUse>,
}

/// A transaction that has committed: what a journal holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DecidedTransaction {
    pub id: TransactionId,
    pub tau_start: Timestamp,
    pub tau_commit: Timestamp,
    pub writes: Vec<DecidedWrite>,
}

/// One write of a decided transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DecidedWrite {
    pub key: Bytes,
    pub value: Option<Bytes>,
}

/// Why a transaction was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// A key changed since `tau_start`: 40001 (OC000).
    Data { table: TableId, key: Bytes, winner: Option<TransactionId> },
    /// A table's definition changed since `tau_start`: 40001 (OC001).
    Schema { table: TableId },
    /// `tau_start` is older than what the adjudicator remembers: 40001 (OC000).
    TooOld { floor: Timestamp },
    /// Another undecided transaction holds the key and is older: 40001 (OC000).
    Fenced { table: TableId, key: Bytes, holder: TransactionId },
    /// The votes ran out before the decision: 40001 (OC000).
    Expired,
    /// The adjudicator does not lead its journal now, or is overloaded: nothing happened, try again.
    Unavailable { reason: String },
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    Committed {
        tau_commit: Timestamp,
    },
    Refused(Refusal),
    /// The append may or may not survive: 08007, never reported as failure.
    Unknown {
        reason: String,
    },
}

/// What is known about a transaction's end (DESIGN 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TransactionStatus {
    Committed {
        tau_commit: Timestamp,
    },
    NotCommitted,
    InProgress,
    /// Too long ago.
    Forgotten,
}
