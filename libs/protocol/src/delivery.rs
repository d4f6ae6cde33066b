//! What the crossbar hands to its subscribers, and what they ask of it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::identity::JournalId;
use crate::journal::{BoxFuture, JournalEntry, Position};
use crate::time::Timestamp;
use crate::transaction::DecidedTransaction;

/// One transaction inside a journal entry that is shared rather than copied.
#[derive(Clone, Debug)]
pub struct DeliveredTransaction {
    pub journal: JournalId,
    entry: Arc<JournalEntry>,
    index: usize,
}

impl DeliveredTransaction {
    /// The `index`-th transaction of `entry`; `None` if there is no such one.
    pub fn new(
        journal: JournalId,
        entry: Arc<JournalEntry>,
        index: usize,
    ) -> Option<DeliveredTransaction> {
        match entry.as_ref() {
            JournalEntry::Transactions(all) if index < all.len() => {
                Some(DeliveredTransaction { journal, entry, index })
            }
            _ => None,
        }
    }
}

impl Deref for DeliveredTransaction {
    type Target = DecidedTransaction;

    fn deref(&self) -> &DecidedTransaction {
        match self.entry.as_ref() {
            JournalEntry::Transactions(all) => &all[self.index],
            JournalEntry::Ceiling(_) => unreachable!("`new` checked that it is a transaction"),
        }
    }
}

/// The next part of the merged history: all transactions of all journals above the last delivery's watermark and at or
/// below this one's.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    /// In order of `(tau_commit, journal)`.
    pub transactions: Vec<DeliveredTransaction>,
    /// Nothing at or before this will follow.
    pub watermark: Timestamp,
    /// For each journal the last entry all of whose transactions are part of this or an earlier delivery.
    pub positions: Vec<(JournalId, Position)>,
}

/// Why a subscriber did not take a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// Not all of it was applied; the same delivery is to be offered again (a full disk, for example).
    Retry { reason: String },
    /// The subscriber has failed for good; the process must not go on.
    Fatal { reason: String },
}

impl fmt::Display for ApplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyError::Retry { reason } => write!(formatter, "cannot apply now: {reason}"),
            ApplyError::Fatal { reason } => write!(formatter, "cannot apply: {reason}"),
        }
    }
}

impl std::error::Error for ApplyError {}

/// Takes deliveries.
///
/// Contract: deliveries come one at a time and in order; all of one is visible to readers when `apply` returns `Ok`.
/// What the sink has applied already it skips, so offering a delivery twice is harmless. `apply` may block.
pub trait DeliverySink: Send + Sync {
    fn apply(&self, delivery: &Delivery) -> Result<(), ApplyError>;
}

/// Why the watermark will not reach a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReachError {
    /// Too many are waiting already: try again.
    Overloaded,
    /// Delivery has stopped for good.
    Stopped { reason: String },
}

impl fmt::Display for ReachError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReachError::Overloaded => formatter.write_str("too many readers wait for delivery"),
            ReachError::Stopped { reason } => write!(formatter, "delivery has stopped: {reason}"),
        }
    }
}

impl std::error::Error for ReachError {}

/// Moves the watermark.
pub trait Reach: Send + Sync {
    /// Resolves when every subscriber has applied everything at or before `tau`. Dropping the future withdraws the wish.
    fn reach(&self, tau: Timestamp) -> BoxFuture<Result<(), ReachError>>;
}
