//! One shard's task: feeds the state machine and does what it says.
//!
//! The task takes whatever is in the inbox, steps through all of it, and then flushes: what a batch has decided is one
//! journal entry. Appends are started in order and may be in flight at the same time; their results are polled here and
//! fed back as inputs. The only timer is the state machine's own deadline, so an idle shard never wakes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use parking_lot::Mutex;
use protocol::adjudication::{BumpError, Promise, ShardMessage, ShardStatus};
use protocol::journal::{BoxFuture, Journal, JournalError, Leadership, Position};
use protocol::transaction::Outcome;
use protocol::{ShardId, Timestamp, TransactionId};
use runtime::Clock;
use runtime::mischief::{Mark, Site, fires, reached};
use tokio::sync::{mpsc, oneshot};

use crate::adjudicator::{Adjudicator, Input, Output};
use crate::cluster::Peers;
use crate::measure::Measure;

/// Requests that wait for a shard's task.
pub(crate) const INBOX: usize = 8_192;
/// Inputs taken in one batch.
const BATCH: usize = 1_024;
/// How long to wait before asking for leadership again after the journal refused to say.
const LEAD_RETRY: Duration = Duration::from_millis(100);
/// How long to wait before asking again after an append was refused. A leader that a majority does not hear still counts as
/// the leader and takes no appends: without a pause it would be asked and refused as fast as the processor goes.
const RELEAD_PAUSE: Duration = Duration::from_millis(20);
/// Of an outcome that is late on purpose.
const LATE_NANOS: u64 = 50_000_000;

/// What can be asked of a shard.
pub(crate) enum Request {
    /// From a coordinator that wants to know the outcome.
    Commit {
        message: ShardMessage,
        id: TransactionId,
        reply: oneshot::Sender<Outcome>,
    },
    Status {
        message: ShardMessage,
        id: TransactionId,
        reply: oneshot::Sender<ShardStatus>,
    },
    /// From another shard, or a part of a transaction that another shard leads.
    Message(ShardMessage),
    Bump {
        at_least: Timestamp,
        reply: oneshot::Sender<Result<Promise, BumpError>>,
    },
    Seen {
        after: Timestamp,
        up_to: Timestamp,
        committed: Arc<Vec<(TransactionId, Timestamp)>>,
    },
    /// How things stand.
    Standing {
        reply: oneshot::Sender<Standing>,
    },
}

/// How a shard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    pub leading: bool,
    /// `tau_start` below this is refused.
    pub floor: Timestamp,
    pub ceiling: Timestamp,
    /// Keys in the conflict memory.
    pub keys: usize,
}

/// What others read of a shard without asking it.
#[derive(Default)]
pub(crate) struct Visible {
    /// Votes that are not settled, for whoever feeds the shard with what was delivered.
    pub unsettled: AtomicUsize,
    /// The furthest promise so far. A promise stays true for ever, so it answers every request up to it.
    pub promise: Mutex<Option<Promise>>,
}

type AppendResult = (u64, Result<Position, JournalError>);

pub(crate) struct Service {
    machine: Adjudicator,
    shard: ShardId,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    peers: Arc<dyn Peers>,
    inbox: mpsc::Receiver<Request>,
    appends: FuturesUnordered<BoxFuture<AppendResult>>,
    leading: Option<BoxFuture<Result<Leadership, JournalError>>>,
    commits: HashMap<TransactionId, Vec<oneshot::Sender<Outcome>>>,
    questions: HashMap<TransactionId, Vec<oneshot::Sender<ShardStatus>>>,
    bumps: HashMap<u64, oneshot::Sender<Result<Promise, BumpError>>>,
    next_token: u64,
    /// The last append was refused because another node leads.
    deposed: bool,
    shared: Arc<Visible>,
    outputs: Vec<Output>,
    measure: Measure,
}

impl Service {
    pub fn new(
        machine: Adjudicator,
        shard: ShardId,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        peers: Arc<dyn Peers>,
        inbox: mpsc::Receiver<Request>,
        shared: Arc<Visible>,
    ) -> Service {
        let leading = Some(journal.lead());
        Service {
            machine,
            shard,
            journal,
            clock,
            peers,
            inbox,
            appends: FuturesUnordered::new(),
            leading,
            commits: HashMap::new(),
            questions: HashMap::new(),
            bumps: HashMap::new(),
            next_token: 0,
            deposed: false,
            shared,
            outputs: Vec::new(),
            measure: Measure::new(shard),
        }
    }

    /// Works until everybody who could ask is gone.
    pub async fn run(mut self) {
        let mut requests = Vec::with_capacity(BATCH);
        loop {
            let wake = self.machine.next_wake();
            let sleep = wake.map(|at| self.until(at));
            tokio::select! {
                biased;
                Some((number, result)) = self.appends.next(), if !self.appends.is_empty() => {
                    self.step(Input::Appended { number, result });
                    self.take_ready_appends();
                }
                leadership = lead(&mut self.leading), if self.leading.is_some() => {
                    self.take_leadership(leadership);
                }
                count = self.inbox.recv_many(&mut requests, BATCH) => {
                    if count == 0 {
                        return;
                    }
                }
                () = pause(sleep), if sleep.is_some() => self.step(Input::Tick),
            }
            for request in requests.drain(..) {
                self.take(request);
            }
            self.step(Input::Flush);
            self.measure.sizes(self.machine.sizes());
        }
    }

    /// The machine acts when the clock is certainly past `at`.
    fn until(&self, at: Timestamp) -> Duration {
        Duration::from_nanos(at.nanos_since(self.clock.now().earliest).saturating_add(1))
    }

    /// Results that are there already, so that one batch follows many appends.
    fn take_ready_appends(&mut self) {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..BATCH {
            match self.appends.poll_next_unpin(&mut context) {
                std::task::Poll::Ready(Some((number, result))) => {
                    self.step(Input::Appended { number, result });
                }
                _ => return,
            }
        }
    }

    fn take_leadership(&mut self, leadership: Result<Leadership, JournalError>) {
        self.leading = None;
        match leadership {
            Ok(_) if fires(Site::LeadAgain) => self.lead_after(LEAD_RETRY),
            Ok(leadership) => self.step(Input::Gained(leadership)),
            // A journal that has stopped for good ends the shard's work; requests get their answer.
            Err(JournalError::Closed { .. }) => {}
            Err(_) => self.lead_after(LEAD_RETRY),
        }
    }

    fn lead_after(&mut self, pause: Duration) {
        let journal = self.journal.clone();
        self.leading = Some(Box::pin(async move {
            tokio::time::sleep(pause).await;
            journal.lead().await
        }));
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Commit { message, id, reply } => {
                self.commits.entry(id).or_default().push(reply);
                self.step(Input::Message(message));
            }
            Request::Status { message, id, reply } => {
                self.questions.entry(id).or_default().push(reply);
                self.step(Input::Message(message));
            }
            Request::Message(message) => self.step(Input::Message(message)),
            Request::Bump { reply, .. } if fires(Site::PromiseRefused) => {
                let reason = "refused on purpose".to_owned();
                // Who does not wait any more needs no answer.
                let _ = reply.send(Err(BumpError::Unavailable { reason }));
            }
            Request::Bump { at_least, reply } => {
                self.next_token += 1;
                let token = self.next_token;
                self.bumps.insert(token, reply);
                self.step(Input::Bump { token, at_least });
            }
            Request::Seen { after, up_to, committed } => {
                let committed = committed.as_ref().clone();
                self.step(Input::Seen { after, up_to, committed });
            }
            Request::Standing { reply } => {
                let standing = Standing {
                    leading: self.machine.is_leading(),
                    floor: self.machine.floor(),
                    ceiling: self.machine.ceiling(),
                    keys: self.machine.sizes().keys,
                };
                // Who does not wait any more needs no answer; so with all replies here.
                let _ = reply.send(standing);
            }
        }
    }

    fn step(&mut self, input: Input) {
        if let Input::Appended { result, .. } = &input {
            self.deposed = matches!(result, Err(JournalError::NotLeader { .. }));
        }
        let mut outputs = std::mem::take(&mut self.outputs);
        self.machine.step(self.clock.now(), input, &mut outputs);
        // Before a vote leaves: whoever delivers the decision must know that somebody waits for it.
        self.shared.unsettled.store(self.machine.unsettled_votes(), Ordering::SeqCst);
        for output in outputs.drain(..) {
            self.perform(output);
        }
        self.outputs = outputs;
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Append { number, entry } => {
                self.measure.entry();
                let append = self.journal.append(entry);
                self.appends.push(Box::pin(async move { (number, append.await) }));
            }
            Output::Reply { id, outcome } => self.reply(id, outcome),
            Output::Send { to, message } => self.peers.send(self.shard, to, message),
            Output::Promised { token, answer } => {
                self.measure.promise();
                if let Ok(promise) = &answer {
                    let mut furthest = self.shared.promise.lock();
                    if furthest.is_none_or(|known| known.up_to < promise.up_to) {
                        *furthest = Some(*promise);
                    }
                }
                if let Some(reply) = self.bumps.remove(&token) {
                    let _ = reply.send(answer);
                }
            }
            Output::Status { id, status } => {
                for reply in self.questions.remove(&id).unwrap_or_default() {
                    let _ = reply.send(status);
                }
            }
            Output::Relead if self.deposed => self.lead_after(RELEAD_PAUSE),
            Output::Relead => self.leading = Some(self.journal.lead()),
        }
    }

    /// Tells a commit only when its timestamp is certainly in the past (DESIGN 3), so that whoever begins afterwards
    /// anywhere begins above it.
    fn reply(&mut self, id: TransactionId, outcome: Outcome) {
        self.measure.outcome(&outcome);
        let Some(replies) = self.commits.remove(&id) else { return };
        let ahead = match &outcome {
            Outcome::Committed { tau_commit } => {
                let earliest = self.clock.now().earliest;
                if earliest > *tau_commit { 0 } else { tau_commit.next().nanos_since(earliest) }
            }
            _ => 0,
        };
        let late = if fires(Site::OutcomeLate) { LATE_NANOS } else { 0 };
        if ahead > 0 {
            reached(Mark::CommitWaits);
        }
        let ahead = ahead + late;
        if ahead == 0 {
            for reply in replies {
                let _ = reply.send(outcome.clone());
            }
            return;
        }
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_nanos(ahead)).await;
            for reply in replies {
                let _ = reply.send(outcome.clone());
            }
        });
    }
}

async fn lead(
    leading: &mut Option<BoxFuture<Result<Leadership, JournalError>>>,
) -> Result<Leadership, JournalError> {
    match leading {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn pause(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
