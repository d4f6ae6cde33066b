//! Shards on other nodes: who has them, what they are asked and what they answer.
//!
//! Every node has a task for every shard, and the one whose node leads the shard's journal decides. Whoever wants
//! something of a shard goes to the node that leads the journal as far as he knows. If that is wrong, the answer says so
//! and he looks again; nothing was done then. So moving a shard is moving the leadership of its journal, and no map of
//! owners has to be kept.

use protocol::ShardId;
use protocol::Timestamp;
use protocol::adjudication::{BumpError, Promise, ShardMessage, ShardStatus, StatusQuestion};
use protocol::journal::BoxFuture;
use protocol::transaction::{Outcome, Refusal};
use serde::{Deserialize, Serialize};

use crate::service::Standing;

/// Who leads a shard's journal as far as this node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Here,
    Node(u64),
    /// Nobody now, or nobody that this node has heard of.
    Nobody,
}

/// What is asked of a shard on another node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// A commit, or a prepare for the shard that leads the transaction: the answer is its outcome.
    Decide(ShardMessage),
    Status(StatusQuestion),
    Bump {
        at_least: Timestamp,
    },
    Standing,
}

/// The answer; each fits its question, or is `NotOwner`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Outcome(Outcome),
    Status(ShardStatus),
    Promise(Result<Promise, BumpError>),
    Standing(Standing),
    /// This node does not lead the shard's journal. Nothing was done.
    NotOwner,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The question has certainly not arrived.
    NotSent { reason: String },
    /// It may have arrived.
    Unknown { reason: String },
}

/// Finds and reaches shards.
///
/// Contract: a question arrives once or not at all. A message that is told arrives at most once, in any order.
pub trait Elsewhere: Send + Sync {
    /// Whether there are other nodes at all. A node alone has every shard.
    fn several(&self) -> bool;

    fn owner(&self, shard: ShardId) -> Owner;

    fn ask(
        &self,
        node: u64,
        shard: ShardId,
        question: Question,
    ) -> BoxFuture<Result<Answer, NoAnswer>>;

    fn tell(&self, node: u64, shard: ShardId, message: ShardMessage);
}

/// The words of a refusal for want of leadership; whoever asked may ask the next owner.
pub const NOT_LEADING: &str = "this node does not lead the journal";

/// Whether nothing was done because the shard is somewhere else now.
pub(crate) fn is_elsewhere(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal::Unavailable { reason }) if reason == NOT_LEADING)
}

pub(crate) fn elsewhere() -> Outcome {
    Outcome::Refused(Refusal::Unavailable { reason: NOT_LEADING.to_owned() })
}
