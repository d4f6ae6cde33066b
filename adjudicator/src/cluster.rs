//! All adjudicators of one process, and what others see of them: commits, statuses, promises.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use coordinator::{Action, Coordinator, Event};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use parking_lot::Mutex;
use protocol::adjudication::{
    BumpError, Commit, Promise, Promises, ShardMessage, ShardStatus, StatusQuestion,
};
use protocol::delivery::{ApplyError, Delivery, DeliverySink};
use protocol::journal::{BoxFuture, Journal};
use protocol::key::ShardMap;
use protocol::transaction::{CommitRequest, Outcome, Refusal, TransactionStatus};
use protocol::{JournalId, ShardId, Timestamp, TransactionId};
use runtime::Clock;
use tokio::sync::{mpsc, oneshot};

use crate::adjudicator::Adjudicator;
use crate::config::Config;
pub use crate::service::Standing;
use crate::service::{INBOX, Request, Service, Visible};

/// Carries messages between shards.
///
/// Contract: a message arrives at most once, in any order, or never.
pub trait Peers: Send + Sync {
    fn send(&self, from: ShardId, to: ShardId, message: ShardMessage);
}

/// Shards of one process: a message is put into the other's inbox. One that finds it full is lost, which the protocol
/// allows; the transaction then runs out of time.
struct Inboxes(Vec<mpsc::WeakSender<Request>>);

impl Peers for Inboxes {
    fn send(&self, _from: ShardId, to: ShardId, message: ShardMessage) {
        let inbox = self.0.get(to.0 as usize).and_then(mpsc::WeakSender::upgrade);
        if let Some(inbox) = inbox {
            // Full or closed: lost, see above.
            let _ = inbox.try_send(Request::Message(message));
        }
    }
}

struct Shard {
    inbox: mpsc::Sender<Request>,
    visible: Arc<Visible>,
}

struct Shared {
    shards: Vec<Shard>,
    map: ShardMap,
    /// Up to where deliveries were seen.
    delivered: Mutex<Timestamp>,
}

/// All adjudicators of this process. Cheap to clone; the shards' tasks end with the last clone.
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
}

impl Cluster {
    /// Starts one task per shard, on the runtime that is current. `journals[n]` is the journal of shard `n`.
    ///
    /// # Panics
    /// If the number of journals is not the number of shards, or outside of a tokio runtime.
    pub fn start(
        shards: ShardMap,
        journals: Vec<Arc<dyn Journal>>,
        clock: Arc<dyn Clock>,
    ) -> Cluster {
        Cluster::start_with(shards, journals, clock, Config::default())
    }

    /// As [`Cluster::start`], with other bounds.
    pub fn start_with(
        map: ShardMap,
        journals: Vec<Arc<dyn Journal>>,
        clock: Arc<dyn Clock>,
        config: Config,
    ) -> Cluster {
        assert_eq!(journals.len(), map.shard_count() as usize, "one journal per shard");
        let (senders, receivers): (Vec<_>, Vec<_>) =
            map.shards().map(|_| mpsc::channel(INBOX)).unzip();
        let inboxes = Inboxes(senders.iter().map(mpsc::Sender::downgrade).collect());
        let peers: Arc<dyn Peers> = Arc::new(inboxes);
        let config = Arc::new(config);
        let mut shards = Vec::new();
        for (((shard, journal), inbox), receiver) in
            map.shards().zip(journals).zip(senders).zip(receivers)
        {
            assert_eq!(journal.id(), JournalId(shard.0), "shard n leads journal n");
            let visible = Arc::new(Visible::default());
            let machine = Adjudicator::new(shard, config.clone());
            let service = Service::new(
                machine,
                shard,
                journal,
                clock.clone(),
                peers.clone(),
                receiver,
                visible.clone(),
            );
            tokio::spawn(service.run());
            shards.push(Shard { inbox, visible });
        }
        let shared = Shared { shards, map, delivered: Mutex::new(Timestamp::ZERO) };
        Cluster { shared: Arc::new(shared) }
    }

    /// How a shard stands; `None` if there is no such shard or it has ended.
    pub async fn standing(&self, shard: ShardId) -> Option<Standing> {
        let (reply, answer) = oneshot::channel();
        let inbox = &self.shared.shards.get(shard.0 as usize)?.inbox;
        inbox.send(Request::Standing { reply }).await.ok()?;
        answer.await.ok()
    }

    /// The highest floor of all shards that lead; a snapshot below it cannot commit. After a start a node lets its
    /// watermark reach this before it serves.
    pub async fn floor(&self) -> Timestamp {
        let mut floor = Timestamp::ZERO;
        for shard in self.shared.map.shards() {
            if let Some(standing) = self.standing(shard).await {
                floor = floor.max(standing.floor);
            }
        }
        floor
    }

    /// Asks the adjudicator of a journal for a promise (see [`Promises`]).
    pub fn bump(
        &self,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>> {
        let Some(shard) = self.shared.shards.get(journal.0 as usize) else {
            return Box::pin(std::future::ready(Err(BumpError::UnknownJournal)));
        };
        let known = *shard.visible.promise.lock();
        if let Some(promise) = known.filter(|promise| promise.up_to >= at_least) {
            return Box::pin(std::future::ready(Ok(promise)));
        }
        let (reply, answer) = oneshot::channel();
        let sent = shard.inbox.try_send(Request::Bump { at_least, reply });
        Box::pin(async move {
            let unavailable = |reason: &str| BumpError::Unavailable { reason: reason.to_owned() };
            if sent.is_err() {
                return Err(unavailable("the adjudicator has too much to do"));
            }
            match answer.await {
                Ok(answer) => answer,
                Err(_) => Err(unavailable("the adjudicator is stopping")),
            }
        })
    }
}

impl Promises for Cluster {
    fn bump(
        &self,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>> {
        Cluster::bump(self, journal, at_least)
    }
}

impl Commit for Cluster {
    fn commit(&self, request: CommitRequest) -> BoxFuture<Outcome> {
        let shared = self.shared.clone();
        // A task of its own: dropping the future does not stop the commit.
        let task = tokio::spawn(async move { Commitment::new(shared, request).run().await });
        Box::pin(async move {
            task.await.unwrap_or_else(|_| Outcome::Unknown {
                reason: "the commit's coordinator has stopped".to_owned(),
            })
        })
    }

    fn status(&self, id: TransactionId) -> BoxFuture<TransactionStatus> {
        let shared = self.shared.clone();
        Box::pin(async move { shared.status(id).await })
    }
}

/// What was delivered settles votes whose go-ahead is lost. Subscribe it to the crossbar.
impl DeliverySink for Cluster {
    fn apply(&self, delivery: &Delivery) -> Result<(), ApplyError> {
        let shared = &self.shared;
        let after = std::mem::replace(&mut *shared.delivered.lock(), delivery.watermark);
        let waits = |shard: &&Shard| shard.visible.unsettled.load(Ordering::SeqCst) > 0;
        if shared.shards.iter().any(|shard| waits(&shard)) {
            let committed =
                delivery.transactions.iter().map(|one| (one.id, one.tau_commit)).collect();
            let committed = Arc::new(committed);
            for shard in shared.shards.iter().filter(waits) {
                let up_to = delivery.watermark;
                let seen = Request::Seen { after, up_to, committed: Arc::clone(&committed) };
                // A gap is noticed by the shard, and means that it goes on assuming the worst.
                let _ = shard.inbox.try_send(seen);
            }
        }
        Ok(())
    }
}

impl Shared {
    async fn ask(&self, shard: ShardId, question: StatusQuestion) -> ShardStatus {
        let (reply, answer) = oneshot::channel();
        let request =
            Request::Status { message: ShardMessage::Status(question), id: question.id, reply };
        let Some(shard) = self.shards.get(shard.0 as usize) else {
            return ShardStatus::Unknown;
        };
        if shard.inbox.send(request).await.is_err() {
            return ShardStatus::Unknown;
        }
        answer.await.unwrap_or(ShardStatus::Unknown)
    }

    /// Every shard may have led the transaction. What none of them remembers may be in the table of outcomes.
    async fn status(&self, id: TransactionId) -> TransactionStatus {
        let question = StatusQuestion { id, tau_start: None };
        let mut found = TransactionStatus::Forgotten;
        for shard in self.map.shards() {
            match self.ask(shard, question).await {
                ShardStatus::Committed { tau_commit } => {
                    return TransactionStatus::Committed { tau_commit };
                }
                ShardStatus::InProgress => found = TransactionStatus::InProgress,
                ShardStatus::NotCommitted if found == TransactionStatus::Forgotten => {
                    found = TransactionStatus::NotCommitted;
                }
                _ => {}
            }
        }
        found
    }
}

/// One commit under way.
struct Commitment {
    shared: Arc<Shared>,
    id: TransactionId,
    coordinator: Coordinator,
    answers: FuturesUnordered<BoxFuture<Event>>,
    wait: Duration,
}

impl Commitment {
    fn new(shared: Arc<Shared>, request: CommitRequest) -> Commitment {
        let id = request.id;
        let coordinator = Coordinator::new(request, &shared.map, None);
        Commitment {
            shared,
            id,
            coordinator,
            answers: FuturesUnordered::new(),
            wait: Duration::MAX,
        }
    }

    async fn run(mut self) -> Outcome {
        let mut actions = Vec::new();
        self.coordinator.start(&mut actions);
        loop {
            for action in actions.drain(..) {
                match action {
                    Action::Done(outcome) => return outcome,
                    Action::Wait { nanos } => self.wait = Duration::from_nanos(nanos),
                    Action::Send { to, message } => self.send(to, message).await,
                }
            }
            let event = tokio::select! {
                biased;
                Some(event) = self.answers.next(), if !self.answers.is_empty() => event,
                () = tokio::time::sleep(self.wait) => Event::Timeout,
            };
            self.coordinator.step(event, &mut actions);
        }
    }

    async fn send(&mut self, to: ShardId, message: ShardMessage) {
        let gone = || {
            Event::Reply(Outcome::Refused(Refusal::Unavailable {
                reason: "the adjudicator has stopped".to_owned(),
            }))
        };
        let id = self.id;
        let leads = self.coordinator.leader() == Some(to);
        let Some(shard) = self.shared.shards.get(to.0 as usize) else { return };
        match message {
            message @ ShardMessage::Status(_) => {
                let (reply, answer) = oneshot::channel();
                if shard.inbox.send(Request::Status { message, id, reply }).await.is_ok() {
                    self.answers.push(Box::pin(async move {
                        Event::Status(answer.await.unwrap_or(ShardStatus::Unknown))
                    }));
                }
            }
            message if leads => {
                let (reply, answer) = oneshot::channel();
                if shard.inbox.send(Request::Commit { message, id, reply }).await.is_err() {
                    self.answers.push(Box::pin(std::future::ready(gone())));
                    return;
                }
                self.answers.push(Box::pin(async move {
                    match answer.await {
                        Ok(outcome) => Event::Reply(outcome),
                        // The shard's task has ended with the commit in its hands.
                        Err(_) => Event::Reply(Outcome::Unknown {
                            reason: "the adjudicator has stopped".to_owned(),
                        }),
                    }
                }));
            }
            message => {
                // A participant that has ended cannot vote; the leader runs out of time.
                let _ = shard.inbox.send(Request::Message(message)).await;
            }
        }
    }
}
