//! The journal's contract.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::identity::JournalId;
use crate::time::Timestamp;
use crate::transaction::DecidedTransaction;

/// A place in one journal; grows by one per entry.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Position(pub u64);

/// One entry. Everything in a journal is decided; nothing in it is ever undone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JournalEntry {
    /// Transactions in ascending `tau_commit`, all above every earlier one of this journal.
    Transactions(Vec<DecidedTransaction>),
    /// From now on promises up to this timestamp may be made (DESIGN 4.3).
    Ceiling(Timestamp),
}

/// Why an append did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum JournalError {
    /// This node does not lead the journal: nothing was appended.
    NotLeader { leader: Option<u64> },
    /// The log has no room: nothing was appended (53100).
    Full,
    /// The queue is at its maximum: nothing was appended.
    Overloaded,
    /// The append may or may not survive.
    Unknown { reason: String },
    /// The journal has stopped for good.
    Closed { reason: String },
}

/// A future that a trait object can return.
pub type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;

/// One replicated journal.
///
/// Contract: entries appended by one caller, one call after the other, are in the journal in the order of the calls
/// (appends may be in flight at the same time). They are taken only in the term that `lead` answered last, if it was
/// called: a leader that was deposed and elected again cannot append by mistake. A resolved `Ok` means durable on a quorum, for ever. Every entry is
/// delivered to the [`JournalSink`] in order of position, exactly once per process, after it is durable; after a
/// restart delivery starts again behind the position that the sink asked for. Dropping the future does not cancel the append.
pub trait Journal: Send + Sync {
    fn id(&self) -> JournalId;

    fn append(&self, entry: Arc<JournalEntry>) -> BoxFuture<Result<Position, JournalError>>;

    /// The highest ceiling in the journal at the time this node became its leader, after all entries before that are
    /// delivered; waits until this node leads. The adjudicator's floor.
    fn lead(&self) -> BoxFuture<Result<Leadership, JournalError>>;
}

/// What a new leader starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leadership {
    pub term: u64,
    /// No promise was ever made above this.
    pub ceiling: Timestamp,
    /// No transaction was ever committed above this.
    pub last_commit: Timestamp,
    /// The last entry from before this term.
    pub position: Position,
}

/// Receives what becomes durable. Called from the journal's own task: it must be quick and must not block.
pub trait JournalSink: Send + Sync {
    fn deliver(&self, journal: JournalId, entries: Vec<(Position, Arc<JournalEntry>)>);

    /// The entries behind `from` up to `to` will never be delivered here: all nodes that had them have trimmed them.
    fn skipped(&self, journal: JournalId, from: Position, to: Position) {
        let _ = (journal, from, to);
    }
}
