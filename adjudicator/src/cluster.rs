//! All adjudicators as one node sees them: commits, statuses, promises, here and on other nodes.
//!
//! A node alone has every shard and calls its tasks. One of several has a task for every shard as well, but decides only
//! for those whose journals it leads; for the others it goes [`elsewhere`](crate::elsewhere).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use coordinator::{Action, Coordinator, Event, Route};
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
use crate::elsewhere::{Answer, Elsewhere, NoAnswer, Owner, Question, elsewhere, is_elsewhere};
pub use crate::service::Standing;
use crate::service::{INBOX, Request, Service, Visible};

/// How long a commit looks for the owner of a shard that has none, or that has just moved.
const OWNER_PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
const OWNER_POLL: Duration = Duration::from_millis(10);

/// Carries messages between shards.
///
/// Contract: a message arrives at most once, in any order, or never.
pub trait Peers: Send + Sync {
    fn send(&self, from: ShardId, to: ShardId, message: ShardMessage);
}

/// A message to a shard of this process is put into its inbox. One that finds it full is lost, which the protocol
/// allows; the transaction then runs out of time.
struct Inboxes {
    here: Vec<mpsc::WeakSender<Request>>,
    elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl Peers for Inboxes {
    fn send(&self, _from: ShardId, to: ShardId, message: ShardMessage) {
        if let Some(elsewhere) = &self.elsewhere {
            match elsewhere.owner(to) {
                Owner::Here => {}
                Owner::Node(node) => return elsewhere.tell(node, to, message),
                Owner::Nobody => return,
            }
        }
        let inbox = self.here.get(to.0 as usize).and_then(mpsc::WeakSender::upgrade);
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
    elsewhere: Option<Arc<dyn Elsewhere>>,
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
        Cluster::start_with(shards, journals, clock, Config::default(), None)
    }

    /// As [`Cluster::start`], with other bounds, and with shards that other nodes may lead.
    pub fn start_with(
        map: ShardMap,
        journals: Vec<Arc<dyn Journal>>,
        clock: Arc<dyn Clock>,
        config: Config,
        elsewhere: Option<Arc<dyn Elsewhere>>,
    ) -> Cluster {
        assert_eq!(journals.len(), map.shard_count() as usize, "one journal per shard");
        let (senders, receivers): (Vec<_>, Vec<_>) =
            map.shards().map(|_| mpsc::channel(INBOX)).unzip();
        let here = senders.iter().map(mpsc::Sender::downgrade).collect();
        let peers: Arc<dyn Peers> = Arc::new(Inboxes { here, elsewhere: elsewhere.clone() });
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
        let shared = Shared { shards, map, elsewhere, delivered: Mutex::new(Timestamp::ZERO) };
        Cluster { shared: Arc::new(shared) }
    }

    /// How a shard stands where it is led; `None` if there is no such shard, it has ended or cannot be reached.
    pub async fn standing(&self, shard: ShardId) -> Option<Standing> {
        match self.shared.owner(shard) {
            Owner::Here => self.shared.standing_here(shard).await,
            Owner::Node(node) => {
                match self.shared.ask_node(node, shard, Question::Standing).await {
                    Ok(Answer::Standing(standing)) => Some(standing),
                    _ => None,
                }
            }
            Owner::Nobody => None,
        }
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
        if let Some(elsewhere) = &self.shared.elsewhere {
            match elsewhere.owner(ShardId(journal.0)) {
                Owner::Here => {}
                Owner::Node(node) => return self.bump_node(node, journal, at_least),
                Owner::Nobody => {
                    let reason = "nobody leads the journal now".to_owned();
                    return Box::pin(std::future::ready(Err(BumpError::Unavailable { reason })));
                }
            }
        }
        self.bump_here(journal, at_least)
    }

    fn bump_node(
        &self,
        node: u64,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            let unavailable = |reason: String| Err(BumpError::Unavailable { reason });
            let question = Question::Bump { at_least };
            match shared.ask_node(node, ShardId(journal.0), question).await {
                Ok(Answer::Promise(answer)) => answer,
                Ok(_) => unavailable(format!("node {node} does not lead the journal")),
                Err(NoAnswer::NotSent { reason } | NoAnswer::Unknown { reason }) => {
                    unavailable(reason)
                }
            }
        })
    }

    fn bump_here(
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

    /// Answers another node. A shard that this node does not lead is not asked.
    pub async fn answer(&self, shard: ShardId, question: Question) -> Answer {
        let shared = &self.shared;
        if shared.owner(shard) != Owner::Here {
            return Answer::NotOwner;
        }
        match question {
            Question::Decide(message) => match decided_transaction(&message) {
                Some(id) => Answer::Outcome(shared.decide_here(shard, message, id).await),
                None => Answer::NotOwner,
            },
            Question::Status(question) => Answer::Status(shared.ask_here(shard, question).await),
            Question::Bump { at_least } => {
                Answer::Promise(self.bump_here(JournalId(shard.0), at_least).await)
            }
            Question::Standing => match shared.standing_here(shard).await {
                Some(standing) => Answer::Standing(standing),
                None => Answer::NotOwner,
            },
        }
    }

    /// Takes a message from a shard of another node. One that finds the inbox full is lost.
    pub fn take(&self, shard: ShardId, message: ShardMessage) {
        if let Some(shard) = self.shared.shards.get(shard.0 as usize) {
            let _ = shard.inbox.try_send(Request::Message(message));
        }
    }

    /// Finds out how a transaction ended whose adjudicator was lost with it: by what the journals delivered.
    ///
    /// `delivered` waits until everything up to a timestamp is delivered and then looks whether the transaction was
    /// among it. `None`: it cannot be known yet.
    ///
    /// Why that is the truth: an owner whose floor is above `tau_start` will not take the transaction in, nor will any
    /// after it. One that then has never heard of it, or has lost it from sight, has a floor at or above whatever
    /// timestamp an earlier owner or an earlier leadership may have given it, as far as that survived: what survived of
    /// earlier terms was in the journal before the owner began, and what the owner has forgotten is below its floor.
    pub async fn settle<F>(
        &self,
        request: &Unsettled,
        delivered: impl Fn(Timestamp) -> F,
    ) -> Option<Outcome>
    where
        F: Future<Output = Option<Option<Timestamp>>>,
    {
        let shard = request.leader;
        let refused = |floor| Outcome::Refused(Refusal::TooOld { floor });
        let before = self.standing(shard).await.filter(|standing| standing.leading)?;
        let question = StatusQuestion { id: request.id, tau_start: Some(request.tau_start) };
        match self.shared.ask(shard, question).await {
            ShardStatus::Committed { tau_commit } => {
                return Some(Outcome::Committed { tau_commit });
            }
            ShardStatus::NotCommitted => return Some(refused(before.floor)),
            ShardStatus::Unknown if before.floor > request.tau_start => {}
            _ => return None,
        }
        let after = self.standing(shard).await.filter(|standing| standing.leading)?;
        Some(match delivered(after.floor).await? {
            Some(tau_commit) => Outcome::Committed { tau_commit },
            None => refused(after.floor),
        })
    }

    /// What [`Cluster::settle`] needs of a commit; `None` if there is nothing to decide.
    pub fn unsettled(&self, request: &CommitRequest) -> Option<Unsettled> {
        let leader = Route::new(request, &self.shared.map, None)?.leader;
        Some(Unsettled { id: request.id, tau_start: request.tau_start, leader })
    }
}

/// A commit whose end is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsettled {
    pub id: TransactionId,
    pub tau_start: Timestamp,
    /// The shard whose journal it would be in.
    pub leader: ShardId,
}

/// The transaction that a message asks the shard to decide; `None` for any other message.
fn decided_transaction(message: &ShardMessage) -> Option<TransactionId> {
    match message {
        ShardMessage::Commit(request) => Some(request.id),
        ShardMessage::Prepare(prepare) if prepare.lead.is_some() => Some(prepare.id),
        _ => None,
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
    fn owner(&self, shard: ShardId) -> Owner {
        self.elsewhere.as_ref().map_or(Owner::Here, |elsewhere| elsewhere.owner(shard))
    }

    async fn ask_node(
        &self,
        node: u64,
        shard: ShardId,
        question: Question,
    ) -> Result<Answer, NoAnswer> {
        match &self.elsewhere {
            Some(elsewhere) => elsewhere.ask(node, shard, question).await,
            None => Err(NoAnswer::NotSent { reason: "this node is alone".to_owned() }),
        }
    }

    async fn standing_here(&self, shard: ShardId) -> Option<Standing> {
        let (reply, answer) = oneshot::channel();
        let inbox = &self.shards.get(shard.0 as usize)?.inbox;
        inbox.send(Request::Standing { reply }).await.ok()?;
        answer.await.ok()
    }

    async fn decide_here(
        &self,
        shard: ShardId,
        message: ShardMessage,
        id: TransactionId,
    ) -> Outcome {
        let stopped = || "the adjudicator has stopped".to_owned();
        let gone = || Outcome::Refused(Refusal::Unavailable { reason: stopped() });
        let Some(shard) = self.shards.get(shard.0 as usize) else { return gone() };
        let (reply, answer) = oneshot::channel();
        if shard.inbox.send(Request::Commit { message, id, reply }).await.is_err() {
            return gone();
        }
        // If the shard's task has ended, it had the commit in its hands.
        answer.await.unwrap_or_else(|_| Outcome::Unknown { reason: stopped() })
    }

    /// Has a transaction decided by whoever leads the shard. While nobody does, or the one that was asked does not any
    /// more and has done nothing, it looks again.
    async fn decide(&self, shard: ShardId, message: ShardMessage, id: TransactionId) -> Outcome {
        let mut patience = std::pin::pin!(tokio::time::sleep(OWNER_PATIENCE));
        loop {
            let outcome = match self.owner(shard) {
                Owner::Here => self.decide_here(shard, message.clone(), id).await,
                Owner::Node(node) => {
                    let question = Question::Decide(message.clone());
                    match self.ask_node(node, shard, question).await {
                        Ok(Answer::Outcome(outcome)) => outcome,
                        Ok(_) | Err(NoAnswer::NotSent { .. }) => elsewhere(),
                        Err(NoAnswer::Unknown { reason }) => Outcome::Unknown { reason },
                    }
                }
                Owner::Nobody => elsewhere(),
            };
            if !is_elsewhere(&outcome) {
                return outcome;
            }
            tokio::select! {
                biased;
                () = &mut patience => return outcome,
                () = tokio::time::sleep(OWNER_POLL) => {}
            }
        }
    }

    /// As [`Shared::decide`], for a question.
    async fn ask(&self, shard: ShardId, question: StatusQuestion) -> ShardStatus {
        let mut patience = std::pin::pin!(tokio::time::sleep(OWNER_PATIENCE));
        loop {
            match self.owner(shard) {
                Owner::Here => return self.ask_here(shard, question).await,
                Owner::Node(node) => {
                    let asked = self.ask_node(node, shard, Question::Status(question)).await;
                    if let Ok(Answer::Status(status)) = asked {
                        return status;
                    }
                }
                Owner::Nobody => {}
            }
            tokio::select! {
                biased;
                () = &mut patience => return ShardStatus::Unknown,
                () = tokio::time::sleep(OWNER_POLL) => {}
            }
        }
    }

    async fn ask_here(&self, shard: ShardId, question: StatusQuestion) -> ShardStatus {
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
        let (id, shared) = (self.id, self.shared.clone());
        if let ShardMessage::Status(question) = message {
            let answer = async move { Event::Status(shared.ask(to, question).await) };
            self.answers.push(Box::pin(answer));
        } else if self.coordinator.leader() != Some(to) {
            // A participant that has ended cannot vote; the leader runs out of time.
            match (shared.owner(to), &shared.elsewhere) {
                (Owner::Node(node), Some(elsewhere)) => elsewhere.tell(node, to, message),
                (Owner::Nobody, _) => {}
                _ => {
                    if let Some(shard) = shared.shards.get(to.0 as usize) {
                        let _ = shard.inbox.send(Request::Message(message)).await;
                    }
                }
            }
        } else if shared.elsewhere.as_ref().is_some_and(|elsewhere| elsewhere.several()) {
            let answer = async move { Event::Reply(shared.decide(to, message, id).await) };
            self.answers.push(Box::pin(answer));
        } else {
            self.send_here(to, message).await;
        }
    }

    /// Puts the leader's message into its inbox before the participants get theirs.
    async fn send_here(&mut self, to: ShardId, message: ShardMessage) {
        let stopped = || "the adjudicator has stopped".to_owned();
        let Some(shard) = self.shared.shards.get(to.0 as usize) else { return };
        let (reply, answer) = oneshot::channel();
        let id = self.id;
        if shard.inbox.send(Request::Commit { message, id, reply }).await.is_err() {
            let refusal = Refusal::Unavailable { reason: stopped() };
            let gone = Event::Reply(Outcome::Refused(refusal));
            self.answers.push(Box::pin(std::future::ready(gone)));
            return;
        }
        self.answers.push(Box::pin(async move {
            // If the shard's task has ended, it had the commit in its hands.
            let lost = |_| Outcome::Unknown { reason: stopped() };
            Event::Reply(answer.await.unwrap_or_else(lost))
        }));
    }
}
