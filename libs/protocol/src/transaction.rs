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
    /// An [`Addition`].
    Delta,
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

/// What a row's counters shall grow by, whatever they are by then: additions to one row do not conflict with each other,
/// and storage folds them in order of their commits. Its class is [`ConflictClass::Delta`]; as that conflicts with every
/// other write, the row at the commit is the one at `tau_start` but for other additions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Addition {
    pub key: Bytes,
    /// At most one for a column.
    pub deltas: Vec<Delta>,
}

/// An amount for one `bigint` column, which the row has and which is not null there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Delta {
    /// Position in the stored row.
    pub column: u16,
    pub amount: i64,
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
    /// At most one write or addition per key.
    pub writes: Vec<Write>,
    pub additions: Vec<Addition>,
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
    pub additions: Vec<Addition>,
}

impl DecidedTransaction {
    /// Bytes of keys and values.
    pub fn size_bytes(&self) -> usize {
        size_of_writes(&self.writes) + size_of_additions(&self.additions)
    }

    /// Number of keys that it changes.
    pub fn keys(&self) -> usize {
        self.writes.len() + self.additions.len()
    }
}

/// Bytes of keys and values.
pub fn size_of_writes(writes: &[DecidedWrite]) -> usize {
    writes.iter().map(|write| write.key.len() + write.value.as_ref().map_or(0, Bytes::len)).sum()
}

/// Bytes of keys and amounts.
pub fn size_of_additions(additions: &[Addition]) -> usize {
    additions.iter().map(|one| one.key.len() + one.deltas.len() * size_of::<Delta>()).sum()
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
