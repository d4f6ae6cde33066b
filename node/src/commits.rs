//! Commits as this node's query processors ask for them: the adjudicators, with storage's memory of outcomes behind
//! theirs, and the disk's room before.

use std::sync::Arc;
use std::time::Duration;

use adjudicator::Cluster;
use adjudicator::cluster::Unsettled;
use protocol::adjudication::Commit;
use protocol::journal::BoxFuture;
use protocol::storage::ReadStorage;
use protocol::transaction::{
    CommitRequest, Outcome, Refusal, TransactionStatus, size_of_additions,
};
use protocol::{Timestamp, TransactionId};
use runtime::Clock;
use storage::Storage;

use crate::book::Book;
use crate::space::SpaceGuard;

/// How long the end of a commit is looked for after its adjudicator was lost.
const SETTLE_LIMIT: Duration = Duration::from_secs(15);
const SETTLE_POLL: Duration = Duration::from_millis(50);
/// A transaction that began below a new adjudicator's floor is told so when a new one can begin above it.
const FLOOR_LIMIT: Duration = Duration::from_secs(3);

/// See the file.
pub struct Commits {
    pub adjudicators: Cluster,
    pub storage: Arc<Storage>,
    pub clock: Arc<dyn Clock>,
    pub space: Arc<SpaceGuard>,
    pub book: Arc<Book>,
}

/// Whether a transaction is among what is delivered up to a timestamp; `None` if storage does not get there.
async fn delivered(
    storage: Arc<Storage>,
    id: TransactionId,
    up_to: Timestamp,
) -> Option<Option<Timestamp>> {
    storage.wait_for(up_to).await.ok()?;
    storage.outcome(id).ok()
}

async fn settle(
    adjudicators: &Cluster,
    storage: &Arc<Storage>,
    unsettled: Unsettled,
) -> Option<Outcome> {
    let look = async {
        loop {
            let found = |up_to| delivered(storage.clone(), unsettled.id, up_to);
            if let Some(outcome) = adjudicators.settle(&unsettled, found).await {
                return outcome;
            }
            tokio::time::sleep(SETTLE_POLL).await;
        }
    };
    tokio::time::timeout(SETTLE_LIMIT, look).await.ok()
}

impl Commit for Commits {
    fn commit(&self, request: CommitRequest) -> BoxFuture<Outcome> {
        let sizes = request
            .writes
            .iter()
            .map(|write| write.key.len() + write.value.as_ref().map_or(0, bytes::Bytes::len))
            .chain([size_of_additions(&request.additions)]);
        let now_ms = self.clock.now().latest.0 / 1_000_000;
        if !self.space.admits(sizes.sum::<usize>() as u64, now_ms) {
            let reason = "the disk is full (53100)".to_owned();
            let refused = Outcome::Refused(Refusal::Unavailable { reason });
            return Box::pin(std::future::ready(refused));
        }
        if !self.book.several() {
            return self.adjudicators.commit(request);
        }
        let unsettled = self.adjudicators.unsettled(&request);
        let adjudicators = self.adjudicators.clone();
        let storage = self.storage.clone();
        Box::pin(async move {
            let outcome = adjudicators.commit(request).await;
            match (outcome, unsettled) {
                (Outcome::Unknown { reason }, Some(unsettled)) => {
                    let settled = settle(&adjudicators, &storage, unsettled).await;
                    settled.unwrap_or(Outcome::Unknown { reason })
                }
                (Outcome::Refused(Refusal::TooOld { floor }), _) => {
                    // If it does not come in time, the next attempt is told the same.
                    let _ = tokio::time::timeout(FLOOR_LIMIT, storage.wait_for(floor)).await;
                    Outcome::Refused(Refusal::TooOld { floor })
                }
                (outcome, _) => outcome,
            }
        })
    }

    fn status(&self, id: TransactionId) -> BoxFuture<TransactionStatus> {
        let asked = self.adjudicators.status(id);
        let storage = self.storage.clone();
        Box::pin(async move {
            match asked.await {
                TransactionStatus::Forgotten | TransactionStatus::NotCommitted => {
                    match storage.outcome(id) {
                        Ok(Some(tau_commit)) => TransactionStatus::Committed { tau_commit },
                        _ => TransactionStatus::Forgotten,
                    }
                }
                known => known,
            }
        })
    }
}
