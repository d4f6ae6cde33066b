//! What query processors and adjudicators say to each other, and adjudicators among themselves (DESIGN 4.4).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::{JournalId, ShardId, TransactionId};
use crate::journal::{BoxFuture, Position};
use crate::time::Timestamp;
use crate::transaction::{
    Addition, Check, CommitRequest, DecidedWrite, Outcome, RangeCheck, Refusal, SchemaUse,
    TransactionStatus,
};

/// Decides commits: the query processor's view of all adjudicators together.
///
/// Contract: the same request (same id) may be sent again and has the same outcome. Dropping the future does not stop
/// a commit. `Outcome::Committed` is durable; it is visible to reads once storage's watermark has reached
/// `tau_commit`, which the caller waits for before it tells its client.
pub trait Commit: Send + Sync {
    fn commit(&self, request: CommitRequest) -> BoxFuture<Outcome>;

    /// What became of a transaction (DESIGN 4.6).
    fn status(&self, id: TransactionId) -> BoxFuture<TransactionStatus>;
}

/// What an adjudicator says about the future of its journal: once all entries up to `after` are delivered, nothing at
/// or before `up_to` will follow, whoever leads the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Promise {
    pub journal: JournalId,
    pub up_to: Timestamp,
    pub after: Position,
}

/// Why there is no promise.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BumpError {
    /// The adjudicator does not lead its journal now, or has too much to do: ask again.
    Unavailable { reason: String },
    /// Too far in the future; a promise for it would hold up every commit until then.
    TooFarAhead { at_most: Timestamp },
    /// There is no such journal.
    UnknownJournal,
}

impl fmt::Display for BumpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BumpError::Unavailable { reason } => write!(formatter, "no promise now: {reason}"),
            BumpError::TooFarAhead { at_most } => {
                write!(formatter, "no promise can be made beyond {at_most} now")
            }
            BumpError::UnknownJournal => formatter.write_str("no such journal"),
        }
    }
}

impl std::error::Error for BumpError {}

/// Asks adjudicators for promises.
///
/// Contract: an answer has `up_to >= at_least`. It comes at once while `at_least` is under the ceiling and nothing at
/// or below it is on its way to the journal; otherwise after one append. Dropping the future withdraws nothing.
pub trait Promises: Send + Sync {
    fn bump(
        &self,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>>;
}

/// What one shard has to check of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// Written and checked keys of this shard alike.
    pub keys: Vec<Check>,
    pub ranges: Vec<RangeCheck>,
    pub schema: Vec<SchemaUse>,
}

/// What the leader of a transaction gets on top of its part.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LeaderPart {
    /// The other shards, whose votes are needed.
    pub participants: Vec<ShardId>,
    /// The writes of all shards.
    pub writes: Vec<DecidedWrite>,
    pub additions: Vec<Addition>,
}

/// Asks a shard for its vote.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Prepare {
    pub id: TransactionId,
    pub tau_start: Timestamp,
    /// The shard that decides, and in whose journal the transaction will be.
    pub leader: ShardId,
    pub part: Part,
    /// For the leader only.
    pub lead: Option<LeaderPart>,
}

/// A shard's answer to [`Prepare`], sent to the leader of the transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vote {
    pub id: TransactionId,
    pub from: ShardId,
    pub answer: VoteAnswer,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VoteAnswer {
    /// Valid for every `minimum <= tau_commit <= tau_max`.
    Yes {
        minimum: Timestamp,
        tau_max: Timestamp,
    },
    No(Refusal),
}

/// What the leader decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Is being appended at this timestamp. It may still be lost; then its keys only look written.
    Committed { tau_commit: Timestamp },
    /// Will never be in a journal.
    Abandoned,
}

/// The leader of a transaction tells the other shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GoAhead {
    pub id: TransactionId,
    pub verdict: Verdict,
}

/// Asks the shard that leads (or alone decides) a transaction what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusQuestion {
    pub id: TransactionId,
    /// With it the shard can answer `NotCommitted` for a transaction it has never heard of, and refuses it from then on.
    pub tau_start: Option<Timestamp>,
}

/// What one shard knows about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ShardStatus {
    /// Durable.
    Committed { tau_commit: Timestamp },
    /// Is not and will never be in this shard's journal.
    NotCommitted,
    /// This shard has yet to decide, or its append is under way.
    InProgress,
    /// Another shard leads it.
    ElsewhereBy { leader: ShardId },
    /// Nothing can be said (never heard of, too long ago, append lost from sight, or not leading now).
    Unknown,
}

/// Everything that is sent to a shard by query processors and by other shards.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ShardMessage {
    /// All keys belong to this shard.
    Commit(CommitRequest),
    Prepare(Prepare),
    Vote(Vote),
    GoAhead(GoAhead),
    Status(StatusQuestion),
}
