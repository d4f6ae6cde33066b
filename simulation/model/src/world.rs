//! The world around the state machines, and what may happen in it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use adjudicator::{Adjudicator, Config, Input, Mutation, Output};
use coordinator::{Coordinator, Event};
use protocol::adjudication::{Promise, ShardMessage};
use protocol::journal::{JournalEntry, JournalError, Leadership, Position};
use protocol::key::ShardMap;
use protocol::transaction::{CommitRequest, Outcome};
use protocol::{ClockReading, ShardId, Timestamp, TransactionId};

use crate::digest::Digest;

/// How often each fault or outside event may happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Steps of time.
    pub time: u8,
    pub crashes: u8,
    /// Successors that take over while the old adjudicator goes on.
    pub ghosts: u8,
    pub duplicates: u8,
    /// Steps of a clock.
    pub clocks: u8,
    pub bumps: u8,
    /// Appends whose result is unknown.
    pub doubts: u8,
    pub timeouts: u8,
    /// Deliveries of the crossbar.
    pub seen: u8,
}

/// Which adjudicator of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Leader,
    Ghost,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Deliver {
        message: usize,
        who: Who,
        stays: bool,
    },
    /// The first waiting append becomes durable.
    Accept {
        shard: usize,
    },
    /// Its result will be unknown.
    Doubt {
        shard: usize,
    },
    /// An append whose result is unknown is lost.
    Drop {
        shard: usize,
    },
    Result {
        shard: usize,
        who: Who,
    },
    Crash {
        shard: usize,
        surviving: usize,
    },
    Supplant {
        shard: usize,
        surviving: usize,
    },
    /// The leader that doubted its leadership still has it.
    Relead {
        shard: usize,
    },
    Time,
    Tick {
        shard: usize,
        who: Who,
    },
    Clock {
        shard: usize,
        forward: bool,
    },
    Bump {
        shard: usize,
        who: Who,
        ahead: u64,
    },
    Seen,
    Timeout {
        transaction: usize,
    },
}

/// One adjudicator.
#[derive(Clone, Debug)]
pub struct Instance {
    pub machine: Arc<Adjudicator>,
    fingerprint: u64,
    term: u64,
    leadership: Leadership,
    wants_lead: bool,
    /// Appends that the journal has not taken; `true` once the result was given as unknown.
    pending: Vec<(u64, Arc<JournalEntry>, bool)>,
    results: Vec<(u64, Result<Position, JournalError>)>,
}

/// One entry of an abstract journal.
#[derive(Clone, Debug)]
pub struct Durable {
    pub term: u64,
    pub entry: Arc<JournalEntry>,
    digest: u64,
}

impl Durable {
    fn new(term: u64, entry: Arc<JournalEntry>) -> Durable {
        let mut hasher = Digest::default();
        (term, &entry).hash(&mut hasher);
        Durable { term, entry, digest: hasher.finish() }
    }
}

#[derive(Clone, Debug)]
pub struct Shard {
    pub leader: Instance,
    pub ghost: Option<Instance>,
    pub journal: Vec<Durable>,
    clock_offset: i64,
}

/// A promise that somebody has, and the term it was made in.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Heard {
    pub term: u64,
    pub promise: Promise,
}

#[derive(Clone, Debug)]
pub struct Transaction {
    pub request: Arc<CommitRequest>,
    coordinator: Coordinator,
    started: bool,
    pub told: Option<Outcome>,
    /// Every outcome that any adjudicator has replied, told or not.
    pub replied: Vec<Outcome>,
}

#[derive(Clone, Debug)]
struct Letter {
    hash: u64,
    to: ShardId,
    message: ShardMessage,
}

/// A state.
#[derive(Clone, Debug)]
pub struct World {
    pub shards: Vec<Shard>,
    pub transactions: Vec<Transaction>,
    pub promises: Vec<Heard>,
    network: Vec<Arc<Letter>>,
    time: u64,
    delivered: Timestamp,
    /// A coordinator's request has arrived twice although it was sent once.
    pub copied: bool,
    budget: Budget,
    clock_error: u64,
    config: Arc<Config>,
    outputs: Vec<Output>,
}

/// Time at the beginning, the length of its steps, the stride of ceilings.
pub const START: u64 = 100;
pub const TIME_STEP: u64 = 3;
const STRIDE: u64 = 4;

/// The configuration that the model runs: small numbers.
pub fn config(mutation: Option<Mutation>) -> Arc<Config> {
    Arc::new(Config {
        stride_nanos: STRIDE,
        minimum_room_nanos: 1,
        max_ahead_nanos: 50,
        assumed_keep_nanos: 1_000,
        memory_age_nanos: 50,
        max_keys: 64,
        max_outcomes: 64,
        mutation,
        ..Config::default()
    })
}

impl World {
    /// Every shard leads; its ceiling is a stride above the time.
    pub fn new(
        requests: &[CommitRequest],
        map: &ShardMap,
        budget: Budget,
        clock_error: u64,
        config: Arc<Config>,
    ) -> World {
        let shards = map.shards().map(|shard| Shard {
            leader: Instance::new(shard, 1, initial_leadership(), config.clone()),
            ghost: None,
            journal: vec![Durable::new(
                1,
                Arc::new(JournalEntry::Ceiling(initial_leadership().ceiling)),
            )],
            clock_offset: 0,
        });
        let transactions = requests.iter().map(|request| Transaction {
            request: Arc::new(request.clone()),
            coordinator: Coordinator::new(request.clone(), map, None),
            started: false,
            told: None,
            replied: Vec::new(),
        });
        let mut world = World {
            shards: shards.collect(),
            transactions: transactions.collect(),
            promises: Vec::new(),
            network: Vec::new(),
            time: START,
            delivered: Timestamp(START - 10),
            copied: false,
            budget,
            clock_error,
            config,
            outputs: Vec::new(),
        };
        for shard in 0..world.shards.len() {
            world.bump(shard, Who::Leader, Timestamp(START - 1));
            world.accept(shard);
            world.result(shard, Who::Leader);
        }
        world.start_due();
        world
    }

    // ----- what may happen -----

    /// Everything that may happen next.
    pub fn actions(&self, actions: &mut Vec<Action>) {
        for (message, letter) in self.network.iter().enumerate() {
            for who in self.instances(letter.to.0 as usize) {
                actions.push(Action::Deliver { message, who, stays: false });
                if self.budget.duplicates > 0 {
                    actions.push(Action::Deliver { message, who, stays: true });
                }
            }
        }
        for shard in 0..self.shards.len() {
            self.shard_actions(shard, actions);
        }
        if self.budget.time > 0 {
            actions.push(Action::Time);
        }
        if self.budget.seen > 0 && self.watermark() > self.delivered {
            actions.push(Action::Seen);
        }
        if self.budget.timeouts > 0 {
            for (transaction, one) in self.transactions.iter().enumerate() {
                if one.started && one.told.is_none() {
                    actions.push(Action::Timeout { transaction });
                }
            }
        }
    }

    fn shard_actions(&self, shard: usize, actions: &mut Vec<Action>) {
        let state = &self.shards[shard];
        if let Some((_, _, doubted)) = state.leader.pending.first() {
            actions.push(Action::Accept { shard });
            if *doubted {
                actions.push(Action::Drop { shard });
            } else if self.budget.doubts > 0 {
                actions.push(Action::Doubt { shard });
            }
        }
        if state.leader.wants_lead {
            actions.push(Action::Relead { shard });
        }
        for surviving in 0..=state.leader.pending.len() {
            if self.budget.crashes > 0 {
                actions.push(Action::Crash { shard, surviving });
            }
            if self.budget.ghosts > 0 && state.ghost.is_none() {
                actions.push(Action::Supplant { shard, surviving });
            }
        }
        for who in self.instances(shard) {
            let instance = self.instance(shard, who);
            if !instance.results.is_empty() {
                actions.push(Action::Result { shard, who });
            }
            let due = instance.machine.next_wake();
            if due.is_some_and(|due| due < self.reading(shard).earliest) {
                actions.push(Action::Tick { shard, who });
            }
            if self.budget.bumps > 0 {
                for ahead in [0, STRIDE / 2, STRIDE + 2] {
                    actions.push(Action::Bump { shard, who, ahead });
                }
            }
        }
        if self.budget.clocks > 0 {
            actions.push(Action::Clock { shard, forward: true });
            actions.push(Action::Clock { shard, forward: false });
        }
    }

    /// Does it; `false` if nothing but the disappearance of a message came of it.
    pub fn perform(&mut self, action: &Action) -> bool {
        match *action {
            Action::Deliver { message, who, stays } => return self.deliver(message, who, stays),
            Action::Accept { shard } => self.accept(shard),
            Action::Doubt { shard } => self.doubt(shard),
            Action::Drop { shard } => {
                self.shards[shard].leader.pending.remove(0);
            }
            Action::Result { shard, who } => self.result(shard, who),
            Action::Crash { shard, surviving } => {
                self.budget.crashes -= 1;
                self.succeed(shard, surviving);
            }
            Action::Supplant { shard, surviving } => {
                self.budget.ghosts -= 1;
                let ghost = self.succeed(shard, surviving);
                self.shards[shard].ghost = Some(ghost);
            }
            Action::Relead { shard } => {
                self.shards[shard].leader.wants_lead = false;
                let leadership = self.shards[shard].leader.leadership;
                self.step(shard, Who::Leader, Input::Gained(leadership));
            }
            Action::Time => {
                self.budget.time -= 1;
                self.time += TIME_STEP;
                self.start_due();
            }
            Action::Tick { shard, who } => self.step(shard, who, Input::Tick),
            Action::Clock { shard, forward } => {
                self.budget.clocks -= 1;
                self.shards[shard].clock_offset += if forward { 4 } else { -4 };
            }
            Action::Bump { shard, who, ahead } => {
                self.budget.bumps -= 1;
                self.bump(shard, who, Timestamp(self.time + ahead));
            }
            Action::Seen => {
                self.budget.seen -= 1;
                self.seen();
            }
            Action::Timeout { transaction } => {
                self.budget.timeouts -= 1;
                self.coordinate(transaction, Event::Timeout);
            }
        }
        true
    }

    fn instances(&self, shard: usize) -> impl Iterator<Item = Who> + use<> {
        let ghost = self.shards[shard].ghost.is_some();
        [Some(Who::Leader), ghost.then_some(Who::Ghost)].into_iter().flatten()
    }

    fn instance(&self, shard: usize, who: Who) -> &Instance {
        let state = &self.shards[shard];
        match (who, &state.ghost) {
            (Who::Ghost, Some(ghost)) => ghost,
            _ => &state.leader,
        }
    }

    fn instance_mut(&mut self, shard: usize, who: Who) -> &mut Instance {
        let state = &mut self.shards[shard];
        match (who, &mut state.ghost) {
            (Who::Ghost, Some(ghost)) => ghost,
            _ => &mut state.leader,
        }
    }

    fn reading(&self, shard: usize) -> ClockReading {
        let now = self.time.saturating_add_signed(self.shards[shard].clock_offset);
        ClockReading {
            earliest: Timestamp(now - self.clock_error),
            latest: Timestamp(now + self.clock_error),
        }
    }

    // ----- how it happens -----

    fn deliver(&mut self, message: usize, who: Who, stays: bool) -> bool {
        let letter = self.network[message].clone();
        let shard = letter.to.0 as usize;
        if stays {
            self.budget.duplicates -= 1;
            self.copied |= match &letter.message {
                ShardMessage::Commit(_) => true,
                ShardMessage::Prepare(prepare) => prepare.lead.is_some(),
                _ => false,
            };
        } else {
            self.network.remove(message);
        }
        let before = self.instance(shard, who).fingerprint;
        let letters = self.network.len();
        let replies: usize = self.transactions.iter().map(|one| one.replied.len()).sum();
        self.step(shard, who, Input::Message(letter.message.clone()));
        self.instance(shard, who).fingerprint != before
            || self.network.len() != letters
            || self.transactions.iter().map(|one| one.replied.len()).sum::<usize>() != replies
    }

    /// Steps an adjudicator, flushes it, and does what it says.
    fn step(&mut self, shard: usize, who: Who, input: Input) {
        let now = self.reading(shard);
        let mut outputs = std::mem::take(&mut self.outputs);
        let instance = self.instance_mut(shard, who);
        let machine = Arc::make_mut(&mut instance.machine);
        machine.step(now, input, &mut outputs);
        machine.step(now, Input::Flush, &mut outputs);
        instance.refresh();
        for output in outputs.drain(..) {
            self.obey(shard, who, output);
        }
        self.outputs = outputs;
    }

    fn obey(&mut self, shard: usize, who: Who, output: Output) {
        match output {
            Output::Append { number, entry } => match who {
                Who::Leader => self.shards[shard].leader.pending.push((number, entry, false)),
                // The journal takes nothing from a deposed leader (F1 rests on Raft).
                Who::Ghost => {
                    let result = Err(JournalError::NotLeader { leader: None });
                    self.instance_mut(shard, who).results.push((number, result));
                }
            },
            Output::Reply { id, outcome } => self.replied(id, outcome),
            Output::Send { to, message } => self.post(to, message),
            Output::Promised { answer: Ok(promise), .. } => {
                let term = self.instance(shard, who).term;
                self.promises.push(Heard { term, promise });
            }
            Output::Promised { answer: Err(_), .. } => {}
            Output::Status { id, status } => {
                if let Some(transaction) = self.transaction(id) {
                    self.coordinate(transaction, Event::Status(status));
                }
            }
            Output::Relead => self.instance_mut(shard, who).wants_lead = who == Who::Leader,
        }
    }

    fn transaction(&self, id: TransactionId) -> Option<usize> {
        self.transactions.iter().position(|one| one.request.id == id)
    }

    fn replied(&mut self, id: TransactionId, outcome: Outcome) {
        if let Some(transaction) = self.transaction(id) {
            let replied = &mut self.transactions[transaction].replied;
            if !replied.contains(&outcome) {
                replied.push(outcome.clone());
            }
            self.coordinate(transaction, Event::Reply(outcome));
        }
    }

    fn post(&mut self, to: ShardId, message: ShardMessage) {
        let mut hasher = Digest::default();
        (to, &message).hash(&mut hasher);
        let hash = hasher.finish();
        // The same message twice on its way is the fault of duplication, which has its own action.
        if self.network.iter().all(|letter| letter.hash != hash) {
            self.network.push(Arc::new(Letter { hash, to, message }));
        }
    }

    fn start_due(&mut self) {
        for transaction in 0..self.transactions.len() {
            let one = &mut self.transactions[transaction];
            if !one.started && one.request.tau_start <= Timestamp(self.time) {
                one.started = true;
                let mut actions = Vec::new();
                one.coordinator.start(&mut actions);
                self.coordinated(transaction, actions);
            }
        }
    }

    fn coordinate(&mut self, transaction: usize, event: Event) {
        let mut actions = Vec::new();
        self.transactions[transaction].coordinator.step(event, &mut actions);
        self.coordinated(transaction, actions);
    }

    fn coordinated(&mut self, transaction: usize, actions: Vec<coordinator::Action>) {
        for action in actions {
            match action {
                coordinator::Action::Send { to, message } => self.post(to, message),
                coordinator::Action::Wait { .. } => {}
                coordinator::Action::Done(outcome) => {
                    self.transactions[transaction].told = Some(outcome);
                }
            }
        }
    }

    fn bump(&mut self, shard: usize, who: Who, at_least: Timestamp) {
        self.step(shard, who, Input::Bump { token: at_least.0, at_least });
    }

    fn accept(&mut self, shard: usize) {
        let state = &mut self.shards[shard];
        let (number, entry, doubted) = state.leader.pending.remove(0);
        state.journal.push(Durable::new(state.leader.term, entry));
        let position = Position(state.journal.len() as u64);
        if !doubted {
            state.leader.results.push((number, Ok(position)));
        }
    }

    fn doubt(&mut self, shard: usize) {
        self.budget.doubts -= 1;
        let leader = &mut self.shards[shard].leader;
        leader.pending[0].2 = true;
        let result = Err(JournalError::Unknown { reason: "doubt".to_owned() });
        leader.results.push((leader.pending[0].0, result));
    }

    fn result(&mut self, shard: usize, who: Who) {
        let (number, result) = self.instance_mut(shard, who).results.remove(0);
        self.step(shard, who, Input::Appended { number, result });
    }

    /// A successor takes over; `surviving` of the appends under way are in the journal before it does. Returns the
    /// predecessor.
    fn succeed(&mut self, shard: usize, surviving: usize) -> Instance {
        for _ in 0..surviving {
            self.accept(shard);
        }
        let state = &mut self.shards[shard];
        let mut leadership = Leadership {
            term: state.leader.term + 1,
            ceiling: Timestamp::ZERO,
            last_commit: Timestamp::ZERO,
            position: Position(state.journal.len() as u64),
        };
        for durable in &state.journal {
            match durable.entry.as_ref() {
                JournalEntry::Ceiling(ceiling) => {
                    leadership.ceiling = leadership.ceiling.max(*ceiling);
                }
                JournalEntry::Transactions(all) => {
                    for one in all {
                        leadership.last_commit = leadership.last_commit.max(one.tau_commit);
                    }
                }
            }
        }
        let successor =
            Instance::new(ShardId(shard as u32), leadership.term, leadership, self.config.clone());
        let mut old = std::mem::replace(&mut state.leader, successor);
        for (number, _, doubted) in std::mem::take(&mut old.pending) {
            if !doubted {
                let reason = "leadership moved".to_owned();
                old.results.push((number, Err(JournalError::Unknown { reason })));
            }
        }
        old
    }

    /// Up to where a reader would believe the merged history to be complete.
    fn watermark(&self) -> Timestamp {
        let complete = self.shards.iter().enumerate().map(|(shard, state)| {
            let entries =
                state.journal.iter().rev().find_map(|durable| match durable.entry.as_ref() {
                    JournalEntry::Transactions(all) => all.last().map(|one| one.tau_commit),
                    JournalEntry::Ceiling(_) => None,
                });
            let promised = self
                .promises
                .iter()
                .map(|heard| heard.promise)
                .filter(|promise| {
                    promise.journal.0 as usize == shard
                        && promise.after.0 as usize <= state.journal.len()
                })
                .map(|promise| promise.up_to)
                .max();
            entries.max(promised).unwrap_or_default()
        });
        complete.min().unwrap_or_default()
    }

    fn seen(&mut self) {
        let (after, up_to) = (self.delivered, self.watermark());
        self.delivered = up_to;
        let committed: Vec<(TransactionId, Timestamp)> = self
            .committed()
            .filter(|(_, one)| one.tau_commit > after && one.tau_commit <= up_to)
            .map(|(_, one)| (one.id, one.tau_commit))
            .collect();
        for shard in 0..self.shards.len() {
            for who in self.instances(shard) {
                let committed = committed.clone();
                self.step(shard, who, Input::Seen { after, up_to, committed });
            }
        }
    }

    /// All transactions in all journals.
    pub fn committed(
        &self,
    ) -> impl Iterator<Item = (usize, &protocol::transaction::DecidedTransaction)> {
        self.shards.iter().enumerate().flat_map(|(shard, state)| {
            state.journal.iter().flat_map(move |durable| {
                match durable.entry.as_ref() {
                    JournalEntry::Transactions(all) => all.as_slice(),
                    JournalEntry::Ceiling(_) => &[],
                }
                .iter()
                .map(move |one| (shard, one))
            })
        })
    }

    /// Tells states apart.
    pub fn fingerprint(&self) -> u128 {
        let mut hasher = Digest::default();
        (self.time, self.delivered, self.copied, self.budget).hash(&mut hasher);
        for shard in &self.shards {
            shard.leader.hash_into(&mut hasher);
            shard.ghost.is_some().hash(&mut hasher);
            if let Some(ghost) = &shard.ghost {
                ghost.hash_into(&mut hasher);
            }
            shard.clock_offset.hash(&mut hasher);
            for durable in &shard.journal {
                durable.digest.hash(&mut hasher);
            }
        }
        for one in &self.transactions {
            one.coordinator.fingerprint(&mut hasher);
            (one.started, &one.told).hash(&mut hasher);
        }
        self.promises.hash(&mut hasher);
        let network = self.network.iter().fold(0u64, |sum, letter| sum.wrapping_add(letter.hash));
        network.hash(&mut hasher);
        hasher.wide()
    }
}

fn initial_leadership() -> Leadership {
    Leadership {
        term: 1,
        ceiling: Timestamp(START - 10),
        last_commit: Timestamp(START - 10),
        position: Position(1),
    }
}

impl Instance {
    fn new(shard: ShardId, term: u64, leadership: Leadership, config: Arc<Config>) -> Instance {
        let mut machine = Adjudicator::new(shard, config);
        let now = ClockReading::exact(Timestamp(START));
        machine.step(now, Input::Gained(leadership), &mut Vec::new());
        let mut instance = Instance {
            machine: Arc::new(machine),
            fingerprint: 0,
            term,
            leadership,
            wants_lead: false,
            pending: Vec::new(),
            results: Vec::new(),
        };
        instance.refresh();
        instance
    }

    fn refresh(&mut self) {
        let mut hasher = Digest::default();
        self.machine.fingerprint(&mut hasher);
        self.fingerprint = hasher.finish();
    }

    fn hash_into(&self, hasher: &mut impl Hasher) {
        (self.fingerprint, self.term, self.wants_lead, &self.pending, &self.results).hash(hasher);
    }
}
