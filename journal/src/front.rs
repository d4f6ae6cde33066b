//! What a journal's users see: [`Journal`] over a Raft group.
//!
//! Appends are numbered by a queue at the moment of the call, so their order is the order of the calls; one task hands
//! them to the group without waiting for answers. The queue holds what the limits allow and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use openraft::ServerState;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::ClientWriteError;
use protocol::JournalId;
use protocol::journal::{BoxFuture, Journal, JournalEntry, JournalError, Leadership, Position};
use tokio::sync::{mpsc, oneshot};

use crate::group::machine::MachineShared;
use crate::group::types::{Callback, Proposal};
use crate::log::Log;
use crate::log::format::PAYLOAD_BYTES_MAX;
use crate::log::space::NoRoom;
use crate::node::Group;

type Answer = Result<Position, JournalError>;

/// So many appends are taken from the queue at once.
const SUBMIT_MAX: usize = 256;

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub appends: usize,
    pub bytes: usize,
}

#[derive(Default)]
struct InFlight {
    appends: AtomicUsize,
    bytes: AtomicUsize,
}

/// One append's share of the limits.
struct Share {
    in_flight: Arc<InFlight>,
    bytes: usize,
}

impl Share {
    fn take(in_flight: &Arc<InFlight>, bytes: usize, limits: Limits) -> Option<Share> {
        let share = Share { in_flight: in_flight.clone(), bytes };
        let appends = in_flight.appends.fetch_add(1, Ordering::AcqRel);
        let before = in_flight.bytes.fetch_add(bytes, Ordering::AcqRel);
        // One append is always let in, however large.
        let fits = appends < limits.appends && (before == 0 || before + bytes <= limits.bytes);
        // If not, dropping the share takes it out of the account again.
        fits.then_some(share)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.in_flight.appends.fetch_sub(1, Ordering::AcqRel);
        self.in_flight.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

pub(crate) struct Submission {
    proposal: Proposal,
    /// The term in which whoever appends believes to lead; zero: in whatever term it is.
    term: u64,
    answer: oneshot::Sender<Answer>,
    share: Share,
}

pub(crate) struct Front {
    journal: JournalId,
    limits: Limits,
    in_flight: Arc<InFlight>,
    queue: mpsc::UnboundedSender<Submission>,
    closed: AtomicBool,
    raft: Group,
    machine: Arc<MachineShared>,
    log: Log,
    /// The term that [`Journal::lead`] answered last. Appends are for that term and no other: this node may have lost
    /// and regained leadership without whoever appends having noticed, and others have committed in between.
    led_term: Arc<AtomicU64>,
}

impl Front {
    pub fn new(
        journal: JournalId,
        limits: Limits,
        raft: Group,
        machine: Arc<MachineShared>,
        log: &Log,
    ) -> (Front, mpsc::UnboundedReceiver<Submission>) {
        // Bounded by the shares.
        let (queue, receiver) = mpsc::unbounded_channel();
        let front = Front {
            journal,
            limits,
            in_flight: Arc::default(),
            queue,
            closed: AtomicBool::new(false),
            raft,
            machine,
            log: log.clone(),
            led_term: Arc::default(),
        };
        (front, receiver)
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    fn submit(&self, entry: Arc<JournalEntry>) -> Result<oneshot::Receiver<Answer>, JournalError> {
        let closed = |reason: String| JournalError::Closed { reason };
        if self.closed.load(Ordering::Acquire) {
            return Err(closed("the journal is closed".into()));
        }
        if let Some(failure) = &*self.log.failure().borrow() {
            return Err(closed(failure.to_string()));
        }
        let proposal = Proposal::new(entry).map_err(|error| closed(error.to_string()))?;
        let bytes = proposal.encoded.len();
        let share = Share::take(&self.in_flight, bytes, self.limits);
        let share = share.filter(|_| bytes <= PAYLOAD_BYTES_MAX);
        let share = share.ok_or(JournalError::Overloaded)?;
        let (answer, receiver) = oneshot::channel();
        let term = self.led_term.load(Ordering::Acquire);
        let submission = Submission { proposal, term, answer, share };
        self.queue.send(submission).map_err(|_| closed("the journal has stopped".into()))?;
        Ok(receiver)
    }
}

impl Journal for Front {
    fn id(&self) -> JournalId {
        self.journal
    }

    fn append(&self, entry: Arc<JournalEntry>) -> BoxFuture<Answer> {
        let submitted = self.submit(entry);
        Box::pin(async move {
            let stopped = || JournalError::Unknown { reason: "the journal stopped".into() };
            submitted?.await.unwrap_or_else(|_| Err(stopped()))
        })
    }

    fn lead(&self) -> BoxFuture<Result<Leadership, JournalError>> {
        let mut server = self.raft.server_metrics();
        let mut leadership = self.machine.leadership.subscribe();
        let mut failure = self.log.failure();
        let led_term = self.led_term.clone();
        Box::pin(async move {
            loop {
                if let Some(failure) = &*failure.borrow_and_update() {
                    return Err(JournalError::Closed { reason: failure.to_string() });
                }
                let term = {
                    let server = server.borrow_and_update();
                    let leads = server.state == ServerState::Leader && server.vote.committed;
                    leads.then_some(server.vote.leader_id.term)
                };
                let begun = *leadership.borrow_and_update();
                if let Some(begun) = begun
                    && term == Some(begun.term)
                {
                    led_term.store(begun.term, Ordering::Release);
                    return Ok(begun);
                }
                let ended = tokio::select! {
                    changed = server.changed() => changed.is_err(),
                    changed = leadership.changed() => changed.is_err(),
                    changed = failure.changed() => changed.is_err(),
                };
                if ended {
                    return Err(JournalError::Closed { reason: "the journal has stopped".into() });
                }
            }
        })
    }
}

/// Hands appends to the group in order.
pub(crate) struct Submitter {
    pub raft: Group,
    pub log: Log,
    pub queue: mpsc::UnboundedReceiver<Submission>,
}

impl Submitter {
    /// Runs until the journal's front is gone.
    pub async fn run(mut self) {
        let mut submissions = Vec::new();
        while self.queue.recv_many(&mut submissions, SUBMIT_MAX).await > 0 {
            for submission in submissions.drain(..) {
                self.submit(submission).await;
            }
        }
    }

    async fn submit(&self, submission: Submission) {
        let Submission { mut proposal, term, answer, share } = submission;
        match self.log.reserve(proposal.encoded.len()).await {
            Ok(room) => proposal.room = Some(Arc::new(room)),
            Err(refused) => {
                drop(share);
                let error = match refused {
                    NoRoom::Full { .. } => JournalError::Full,
                    NoRoom::Failed(failure) => JournalError::Closed { reason: failure.to_string() },
                };
                // Nobody may be waiting any more.
                let _ = answer.send(Err(error));
                return;
            }
        }
        let callback = Callback(Box::new(move |result: Result<_, _>| {
            drop(share);
            let _ = answer.send(
                result
                    .map_err(refusal)
                    .map(|done: openraft::raft::ClientWriteResponse<_>| done.data),
            );
        }));
        let mut write = self.raft.write(proposal).responder(callback);
        if term != 0 {
            write = write.with_leader(term);
        }
        if let Err(fatal) = write.await {
            // The callback was dropped: the caller hears that the outcome is unknown.
            tracing::debug!(%fatal, "an append met a group that has stopped");
        }
    }
}

fn refusal(error: ClientWriteError<crate::group::types::JournalTypes>) -> JournalError {
    match error {
        ClientWriteError::ForwardToLeader(leader) => {
            JournalError::NotLeader { leader: leader.leader_id }
        }
        // The entry was in the log and another leader's entries took its place here; it may have been committed.
        other => JournalError::Unknown { reason: other.to_string() },
    }
}
