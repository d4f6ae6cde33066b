//! The state machine: its state, its inputs and outputs, and the commits of one shard.
//!
//! The rules about several shards are in `shards`, those about promises and ceilings in `promises`; what becomes of
//! appends, and of everything when leadership moves, is in `appends`.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use protocol::adjudication::{
    BumpError, Prepare, Promise, ShardMessage, ShardStatus, StatusQuestion, Vote,
};
use protocol::journal::{JournalEntry, JournalError, Leadership, Position};
use protocol::key::table_of;
use protocol::transaction::{
    Check, CommitRequest, ConflictClass, DecidedTransaction, DecidedWrite, Outcome, RangeCheck,
    Refusal, SchemaUse,
};
use protocol::{ClockReading, JournalId, ShardId, TableId, Timestamp, TransactionId};

use crate::classes::Relation;
use crate::config::{Config, Mutation};
use crate::elsewhere::NOT_LEADING;
use crate::fences::{Blocker, Fences, Phase};
use crate::memory::ConflictMemory;
use crate::outcomes::{Outcomes, Record};
use crate::schema::SchemaMemory;

/// What happens to an adjudicator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// From a coordinator or another shard.
    Message(ShardMessage),
    /// The end of a batch: what was decided goes to the journal.
    Flush,
    /// What became of an append.
    Appended { number: u64, result: Result<Position, JournalError> },
    /// This node leads the journal.
    Gained(Leadership),
    /// It does not any more.
    Lost,
    /// Somebody wants a promise.
    Bump { token: u64, at_least: Timestamp },
    /// All journals are delivered from behind `after` up to and including `up_to`; these are the transactions.
    Seen { after: Timestamp, up_to: Timestamp, committed: Vec<(TransactionId, Timestamp)> },
    /// Time has passed (see [`Adjudicator::next_wake`]).
    Tick,
}

/// What an adjudicator wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Appends are to be made in the order of these outputs.
    Append { number: u64, entry: Arc<JournalEntry> },
    /// To whoever asked for the commit.
    Reply { id: TransactionId, outcome: Outcome },
    /// To another shard.
    Send { to: ShardId, message: ShardMessage },
    /// An answer to a bump.
    Promised { token: u64, answer: Result<Promise, BumpError> },
    /// An answer to a question about a transaction.
    Status { id: TransactionId, status: ShardStatus },
    /// Leadership is lost or doubtful: find out when this node leads (again).
    Relead,
}

/// A decided transaction on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Travelling {
    pub id: TransactionId,
    pub tau_commit: Timestamp,
    pub floor_if_refused: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cargo {
    Transactions(Vec<Travelling>),
    Ceiling(Timestamp),
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Obstacle {
    Fence(TransactionId),
    Ceiling,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Waiter {
    Commit(CommitRequest),
    Prepare(Prepare),
}

impl Waiter {
    pub(crate) fn id(&self) -> TransactionId {
        match self {
            Waiter::Commit(request) => request.id,
            Waiter::Prepare(prepare) => prepare.id,
        }
    }
}

/// The result of a check.
pub(crate) enum Judgement {
    Pass,
    Refuse(Refusal),
    Wait(TransactionId),
}

/// How a transaction stands to fences: whether it may hold fences of its own elsewhere while it waits here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    OneShard,
    SeveralShards,
}

/// Figures for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    pub keys: usize,
    pub outcomes: usize,
    pub fences: usize,
    pub waiting: usize,
    pub in_flight: usize,
}

/// One shard's adjudicator.
#[derive(Clone, Debug)]
pub struct Adjudicator {
    pub(crate) config: Arc<Config>,
    pub(crate) shard: ShardId,
    pub(crate) leading: bool,
    pub(crate) last_term: u64,
    /// `tau_start` below this is refused.
    pub(crate) floor: Timestamp,
    /// Nothing will be committed at or below this: the highest timestamp that was issued, promised, asked to be
    /// promised, or heard of.
    pub(crate) bar: Timestamp,
    /// Durable; no promise and no vote goes beyond.
    pub(crate) ceiling: Timestamp,
    pub(crate) last_position: Position,
    pub(crate) memory: ConflictMemory,
    pub(crate) schema: SchemaMemory,
    pub(crate) outcomes: Outcomes,
    pub(crate) fences: Fences,
    pub(crate) early_votes: BTreeMap<TransactionId, Vec<Vote>>,
    pub(crate) waiting: VecDeque<(Obstacle, Waiter)>,
    pub(crate) batch: Vec<DecidedTransaction>,
    pub(crate) batch_travelling: Vec<Travelling>,
    pub(crate) batch_bytes: usize,
    pub(crate) in_flight: VecDeque<(u64, Cargo)>,
    /// Appends of a leadership that is over, whose results may still tell the truth.
    pub(crate) orphans: VecDeque<(u64, Vec<Travelling>)>,
    pub(crate) next_number: u64,
    pub(crate) raising: bool,
    pub(crate) bumps: Vec<(u64, Timestamp)>,
    pub(crate) seen_after: Timestamp,
    pub(crate) seen_up_to: Timestamp,
}

impl Adjudicator {
    /// Leads nothing at first.
    pub fn new(shard: ShardId, config: Arc<Config>) -> Adjudicator {
        Adjudicator {
            memory: ConflictMemory::new(config.max_keys, config.hash_seed),
            schema: SchemaMemory::new(config.max_tables),
            outcomes: Outcomes::new(config.max_outcomes),
            config,
            shard,
            leading: false,
            last_term: 0,
            floor: Timestamp::ZERO,
            bar: Timestamp::ZERO,
            ceiling: Timestamp::ZERO,
            last_position: Position(0),
            fences: Fences::default(),
            early_votes: BTreeMap::new(),
            waiting: VecDeque::new(),
            batch: Vec::new(),
            batch_travelling: Vec::new(),
            batch_bytes: 0,
            in_flight: VecDeque::new(),
            orphans: VecDeque::new(),
            next_number: 0,
            raising: false,
            bumps: Vec::new(),
            seen_after: Timestamp::ZERO,
            seen_up_to: Timestamp::ZERO,
        }
    }

    pub fn is_leading(&self) -> bool {
        self.leading
    }

    pub fn floor(&self) -> Timestamp {
        self.floor
    }

    pub fn ceiling(&self) -> Timestamp {
        self.ceiling
    }

    /// Votes given to other shards whose outcome is not known here.
    pub fn unsettled_votes(&self) -> usize {
        self.fences.len()
    }

    pub fn sizes(&self) -> Sizes {
        Sizes {
            keys: self.memory.len(),
            outcomes: self.outcomes.len(),
            fences: self.fences.len(),
            waiting: self.waiting.len(),
            in_flight: self.in_flight.len(),
        }
    }

    /// When a [`Input::Tick`] is wanted; `None` if nothing waits for time to pass.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.fences.next_deadline()
    }

    /// Takes one input at time `now`.
    pub fn step(&mut self, now: ClockReading, input: Input, outputs: &mut Vec<Output>) {
        match input {
            Input::Message(ShardMessage::Commit(request)) => self.commit(now, request, outputs),
            Input::Message(ShardMessage::Prepare(prepare)) => self.prepare(now, prepare, outputs),
            Input::Message(ShardMessage::Vote(vote)) => self.vote(now, vote, outputs),
            Input::Message(ShardMessage::GoAhead(ahead)) => self.go_ahead(now, ahead, outputs),
            Input::Message(ShardMessage::Status(question)) => self.status(now, question, outputs),
            Input::Flush => self.flush(outputs),
            Input::Appended { number, result } => self.appended(now, number, result, outputs),
            Input::Gained(leadership) => self.gained(leadership),
            Input::Lost => self.lost("leadership has moved", outputs),
            Input::Bump { token, at_least } => self.bump(now, token, at_least, outputs),
            Input::Seen { after, up_to, committed } => {
                self.seen(now, after, up_to, committed, outputs);
            }
            Input::Tick => self.expire(now, outputs),
        }
    }

    // ----- one shard -----

    fn commit(&mut self, now: ClockReading, request: CommitRequest, outputs: &mut Vec<Output>) {
        if self.answer_again(&request.id, outputs) {
            return;
        }
        if let Err(refusal) = self.admit(now, request.tau_start) {
            return reply(outputs, request.id, Outcome::Refused(refusal));
        }
        self.outcomes.begin(request.id);
        self.try_commit(now, request, outputs);
    }

    /// Answers a request that is known already; `true` if there is nothing more to do.
    pub(crate) fn answer_again(&self, id: &TransactionId, outputs: &mut Vec<Output>) -> bool {
        if self.config.broken(Mutation::ForgetOutcomes) {
            return false;
        }
        match self.outcomes.get(id) {
            None => return false,
            Some(Record::Running | Record::Appending { .. } | Record::Elsewhere { .. }) => {}
            Some(Record::Committed { tau_commit }) => {
                reply(outputs, *id, Outcome::Committed { tau_commit: *tau_commit });
            }
            Some(Record::Refused(refusal)) => {
                reply(outputs, *id, Outcome::Refused((**refusal).clone()));
            }
            Some(Record::Unknown { .. }) => reply(outputs, *id, unknown()),
        }
        true
    }

    /// Whether anything new can be taken on. What is refused here leaves no trace.
    pub(crate) fn admit(&self, now: ClockReading, tau_start: Timestamp) -> Result<(), Refusal> {
        if !self.leading {
            return Err(unavailable(NOT_LEADING));
        }
        if self.batch.len() >= self.config.max_batch_transactions
            || self.batch_bytes >= self.config.max_batch_bytes
            || self.waiting.len() >= self.config.max_waiting
        {
            return Err(unavailable("too many commits are under way"));
        }
        if tau_start > now.latest.plus_nanos(self.config.max_ahead_nanos) {
            return Err(unavailable("the snapshot is in this adjudicator's future"));
        }
        Ok(())
    }

    pub(crate) fn try_commit(
        &mut self,
        now: ClockReading,
        request: CommitRequest,
        outputs: &mut Vec<Output>,
    ) {
        let claims = Claims {
            id: request.id,
            tau_start: request.tau_start,
            ranges: &request.ranges,
            schema: &request.schema,
            reach: Reach::OneShard,
        };
        match self.judge(&claims, request_keys(&request)) {
            Judgement::Refuse(refusal) => {
                if self.must_gain_authority(request.tau_start, &refusal) {
                    let needed = now.latest.max(request.tau_start.next());
                    self.waiting.push_back((Obstacle::Ceiling, Waiter::Commit(request)));
                    return self.raise(now, needed, outputs);
                }
                self.refuse(request.id, request.tau_start, refusal, outputs);
            }
            Judgement::Wait(holder) => {
                self.waiting.push_back((Obstacle::Fence(holder), Waiter::Commit(request)));
            }
            Judgement::Pass => {
                let tau_commit = self.issue(now, request.tau_start, Timestamp::ZERO);
                let old = self.old(now);
                for (key, class) in request_keys(&request) {
                    let floor = self.memory.record(key, class, tau_commit, request.id, old);
                    self.floor = self.floor.max(floor.unwrap_or_default());
                }
                self.record_schema(&request.schema, tau_commit);
                let writes = request
                    .writes
                    .into_iter()
                    .map(|write| DecidedWrite { key: write.key, value: write.value })
                    .collect();
                let decided = DecidedTransaction {
                    id: request.id,
                    tau_start: request.tau_start,
                    tau_commit,
                    writes,
                    additions: request.additions,
                };
                self.put(decided, outputs);
            }
        }
    }

    /// Whether no other adjudicator, before or after this one, can ever commit a transaction with this `tau_start`.
    pub(crate) fn has_authority(&self, tau_start: Timestamp) -> bool {
        self.leading && self.floor <= tau_start && tau_start < self.ceiling
    }

    /// Whether a refusal has to wait for a higher ceiling, lest a successor commits what was refused.
    pub(crate) fn must_gain_authority(&self, tau_start: Timestamp, refusal: &Refusal) -> bool {
        !matches!(refusal, Refusal::TooOld { .. }) && tau_start >= self.ceiling
    }

    /// The next timestamp; the caller must use it.
    pub(crate) fn issue(
        &mut self,
        now: ClockReading,
        tau_start: Timestamp,
        minimum: Timestamp,
    ) -> Timestamp {
        let above_bar =
            if self.config.broken(Mutation::ReuseTimestamp) { self.bar } else { self.bar.next() };
        let tau_commit = now
            .earliest
            .plus_nanos(self.config.lead_nanos)
            .max(tau_start.next())
            .max(above_bar)
            .max(minimum);
        self.bar = self.bar.max(tau_commit);
        tau_commit
    }

    /// Hands a decided transaction to the next entry.
    pub(crate) fn put(&mut self, decided: DecidedTransaction, outputs: &mut Vec<Output>) {
        let (id, tau_commit) = (decided.id, decided.tau_commit);
        self.outcomes.appending(id, tau_commit);
        self.batch_bytes += decided.size_bytes();
        self.batch_travelling.push(Travelling {
            id,
            tau_commit,
            floor_if_refused: decided.tau_start.next(),
        });
        self.batch.push(decided);
        if self.config.broken(Mutation::AcknowledgeBeforeDurable) {
            reply(outputs, id, Outcome::Committed { tau_commit });
        }
        if self.batch.len() >= self.config.max_batch_transactions
            || self.batch_bytes >= self.config.max_batch_bytes
        {
            self.flush(outputs);
        }
    }

    pub(crate) fn old(&self, now: ClockReading) -> Timestamp {
        now.earliest.minus_nanos(self.config.memory_age_nanos)
    }

    pub(crate) fn record_schema(&mut self, schema: &[SchemaUse], tau_commit: Timestamp) {
        for used in schema {
            let floor = self.schema.record(*used, tau_commit);
            self.floor = self.floor.max(floor.unwrap_or_default());
        }
    }

    /// Ends a transaction here and tells whoever asked.
    pub(crate) fn refuse(
        &mut self,
        id: TransactionId,
        tau_start: Timestamp,
        refusal: Refusal,
        outputs: &mut Vec<Output>,
    ) {
        self.end(id, Record::Refused(Box::new(refusal.clone())), tau_start.next());
        reply(outputs, id, Outcome::Refused(refusal));
    }

    pub(crate) fn end(&mut self, id: TransactionId, record: Record, floor: Timestamp) {
        let forgotten = self.outcomes.end(id, record, floor);
        self.floor = self.floor.max(forgotten.unwrap_or_default());
    }

    /// Checks a transaction against everything that was committed and everything that is held.
    pub(crate) fn judge<'a>(
        &mut self,
        claims: &Claims<'_>,
        keys: impl Iterator<Item = (&'a Bytes, ConflictClass)> + Clone,
    ) -> Judgement {
        if claims.tau_start < self.floor {
            return Judgement::Refuse(Refusal::TooOld { floor: self.floor });
        }
        let skip = self.config.broken(Mutation::SkipWriteCheck);
        for (key, class) in keys.clone() {
            if skip && class != ConflictClass::Read {
                continue;
            }
            if let Some(found) = self.memory.check(key, class, claims.tau_start) {
                return Judgement::Refuse(data(key.clone(), Some(found.writer)));
            }
        }
        for used in claims.schema {
            if self.schema.conflicts(*used, claims.tau_start) {
                return Judgement::Refuse(Refusal::Schema { table: used.table() });
            }
        }
        for range in claims.ranges {
            let found = self.memory.check_range(&range.start, &range.end, claims.tau_start);
            if let Some((key, found)) = found {
                return Judgement::Refuse(data(key.into(), Some(found.writer)));
            }
        }
        if self.fences.is_empty() {
            return Judgement::Pass;
        }
        self.judge_fences(claims, keys)
    }

    fn judge_fences<'a>(
        &self,
        claims: &Claims<'_>,
        keys: impl Iterator<Item = (&'a Bytes, ConflictClass)>,
    ) -> Judgement {
        let mut found = Vec::new();
        keys.for_each(|(key, class)| self.fences.meet_key(key, class, &mut found));
        claims.ranges.iter().for_each(|range| self.fences.meet_range(range, &mut found));
        claims.schema.iter().for_each(|used| self.fences.meet_schema(*used, &mut found));
        let mut wait = Judgement::Pass;
        for blocker in found {
            match self.judge_blocker(claims, &blocker) {
                Judgement::Pass => {}
                Judgement::Wait(holder) => wait = Judgement::Wait(holder),
                refuse => return refuse,
            }
        }
        wait
    }

    /// Wait-die: the older waits, the younger goes.
    fn judge_blocker(&self, claims: &Claims<'_>, blocker: &Blocker) -> Judgement {
        let Some(holder) = self.fences.get(&blocker.holder) else {
            return Judgement::Pass;
        };
        if claims.tau_start >= holder.tau_max || holder.id == claims.id {
            return Judgement::Pass;
        }
        let older = (claims.tau_start, claims.id) < (holder.tau_start, holder.id);
        match (holder.phase, blocker.relation) {
            (_, Relation::Free) => Judgement::Pass,
            // As if written at `tau_max`, above which everything is issued by now.
            (Phase::Assumed, Relation::Later) => Judgement::Pass,
            (Phase::Held, _) if older => Judgement::Wait(holder.id),
            // Who holds nothing while waiting cannot be part of a cycle.
            (Phase::Held, Relation::Later) if claims.reach == Reach::OneShard => {
                Judgement::Wait(holder.id)
            }
            _ => Judgement::Refuse(Refusal::Fenced {
                table: table_of(&blocker.key).unwrap_or(TableId(0)),
                key: blocker.key.clone(),
                holder: holder.id,
            }),
        }
    }

    /// Tries those again that waited for this.
    pub(crate) fn release(
        &mut self,
        now: ClockReading,
        obstacle: Obstacle,
        outputs: &mut Vec<Output>,
    ) {
        if !self.waiting.iter().any(|(waits_for, _)| *waits_for == obstacle) {
            return;
        }
        let (free, still): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(waits_for, _)| *waits_for == obstacle);
        self.waiting = still;
        for (_, waiter) in free {
            match waiter {
                Waiter::Commit(request) => self.try_commit(now, request, outputs),
                Waiter::Prepare(prepare) => self.try_prepare(now, prepare, outputs),
            }
        }
    }

    // ----- questions -----

    fn status(&mut self, now: ClockReading, question: StatusQuestion, outputs: &mut Vec<Output>) {
        let id = question.id;
        // Such a refusal is only as good as this adjudicator's authority. One of an earlier leadership says nothing about
        // what another leader did with another copy of the request in between.
        let has_authority = question.tau_start.is_some_and(|tau| self.has_authority(tau));
        let status = match self.outcomes.get(&id) {
            Some(Record::Committed { tau_commit }) => {
                ShardStatus::Committed { tau_commit: *tau_commit }
            }
            Some(Record::Refused(refusal)) => match **refusal {
                Refusal::TooOld { .. } => ShardStatus::Unknown,
                Refusal::Unavailable { .. } if !has_authority => ShardStatus::Unknown,
                _ => ShardStatus::NotCommitted,
            },
            Some(Record::Running) => match self.fences.get(&id) {
                Some(prepared) if prepared.leader != self.shard => {
                    ShardStatus::ElsewhereBy { leader: prepared.leader }
                }
                _ => ShardStatus::InProgress,
            },
            Some(Record::Appending { .. }) => ShardStatus::InProgress,
            Some(Record::Unknown { .. }) => ShardStatus::Unknown,
            Some(Record::Elsewhere { leader }) => ShardStatus::ElsewhereBy { leader: *leader },
            None => match question.tau_start {
                // Nobody has committed it, and nobody will.
                Some(tau_start) if self.has_authority(tau_start) => {
                    let record = Record::Refused(Box::new(Refusal::Expired));
                    self.end(id, record, tau_start.next());
                    ShardStatus::NotCommitted
                }
                // The next question will find a higher ceiling.
                Some(tau_start) if self.leading && tau_start >= self.floor => {
                    self.raise(now, now.latest.max(tau_start.next()), outputs);
                    ShardStatus::InProgress
                }
                _ => ShardStatus::Unknown,
            },
        };
        outputs.push(Output::Status { id, status });
    }

    /// Feeds everything that decides the future, in an order that does not depend on the past.
    pub fn fingerprint(&self, hasher: &mut impl Hasher) {
        (self.shard, self.leading, self.last_term, self.floor, self.bar).hash(hasher);
        (self.ceiling, self.last_position, self.raising, &self.bumps).hash(hasher);
        self.memory.fingerprint(hasher);
        self.schema.hash(hasher);
        self.outcomes.fingerprint(hasher);
        (&self.fences, &self.early_votes, &self.waiting).hash(hasher);
        (&self.batch, &self.in_flight, &self.orphans).hash(hasher);
        (self.seen_after, self.seen_up_to).hash(hasher);
    }
}

/// What a transaction claims, apart from its keys.
pub(crate) struct Claims<'a> {
    pub id: TransactionId,
    pub tau_start: Timestamp,
    pub ranges: &'a [RangeCheck],
    pub schema: &'a [SchemaUse],
    pub reach: Reach,
}

fn request_keys(request: &CommitRequest) -> impl Iterator<Item = (&Bytes, ConflictClass)> + Clone {
    let written =
        request.writes.iter().filter_map(|write| write.class.map(|class| (&write.key, class)));
    let added = request.additions.iter().map(|one| (&one.key, ConflictClass::Delta));
    written.chain(added).chain(check_keys(&request.checks))
}

pub(crate) fn check_keys(
    checks: &[Check],
) -> impl Iterator<Item = (&Bytes, ConflictClass)> + Clone {
    checks.iter().map(|check| (&check.key, check.class))
}

fn data(key: Bytes, winner: Option<TransactionId>) -> Refusal {
    Refusal::Data { table: table_of(&key).unwrap_or(TableId(0)), key, winner }
}

pub(crate) fn unavailable(reason: &str) -> Refusal {
    Refusal::Unavailable { reason: reason.to_owned() }
}

pub(crate) fn unknown() -> Outcome {
    Outcome::Unknown { reason: "leadership moved while the append was under way".to_owned() }
}

pub(crate) fn reply(outputs: &mut Vec<Output>, id: TransactionId, outcome: Outcome) {
    outputs.push(Output::Reply { id, outcome });
}

impl Adjudicator {
    /// The journal of this shard.
    pub fn journal(&self) -> JournalId {
        JournalId(self.shard.0)
    }
}
