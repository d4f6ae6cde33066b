//! What query processors and adjudicators say to each other.

use crate::identity::TransactionId;
use crate::journal::BoxFuture;
use crate::transaction::{CommitRequest, Outcome, TransactionStatus};

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
