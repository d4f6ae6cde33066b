//! Clients: one transaction after the other, from its snapshot to what it is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use checkers::Status;
use checkers::durability::Told;
use checkers::oracle::{Moment, Observation};
use coordinator::{Action, Coordinator, Event as Said};
use protocol::transaction::{Outcome, Refusal};
use protocol::{ShardId, Timestamp};

use crate::plan::{MILLI, Mutant, Rule, SECOND};
use crate::verdict::{Ran, judge_snapshot};
use crate::work::{self, Intents, Kind, Step};
use crate::world::{Event, START, World};

/// Runs transactions on one node.
#[derive(Debug)]
pub(crate) struct Client {
    pub node: usize,
    /// A session sees its own commits.
    last_commit: Timestamp,
}

impl Client {
    pub fn new(node: usize) -> Client {
        Client { node, last_commit: Timestamp::ZERO }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// For the watermark to reach its snapshot.
    Waiting,
    Committing,
    /// For the moment at which it may be told.
    Telling(Timestamp),
    Done,
}

/// One transaction.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub client: usize,
    pub node: usize,
    pub kind: Kind,
    pub tau_start: Timestamp,
    /// Of a transaction that only read: the last commit in its snapshot, or a later one.
    last_seen: Timestamp,
    pub stage: Stage,
    coordinator: Option<Coordinator>,
    timer: u32,
    pub seen: BTreeMap<u64, Bytes>,
    pub intents: Intents,
    pub told: Told,
    pub status: Status,
    pub invoked: u32,
    pub completed: Option<u32>,
    /// One of the last reads, which show that everything works again.
    pub is_final: bool,
    /// The transport made a copy of its request.
    pub copied: bool,
}

impl Transaction {
    pub fn ran(&self) -> Ran<'_> {
        Ran {
            client: self.client as u32,
            kind: &self.kind,
            seen: &self.seen,
            intents: &self.intents,
            told: self.told,
            status: self.status,
            invoked: self.invoked,
            completed: self.completed,
        }
    }
}

impl World {
    pub(crate) fn begin(&mut self, client: usize) {
        if self.planned == 0 || !self.stormy && self.record.finals_begun {
            return;
        }
        let node = self.clients[client].node;
        if !self.may_begin(node) {
            return self.post(5 * MILLI, Event::Begin { client });
        }
        self.planned -= 1;
        let mut value = self.last_value;
        let kind = Kind::random(&mut self.random, &mut value);
        self.last_value = value;
        self.start(client, kind, false);
    }

    fn may_begin(&mut self, node: usize) -> bool {
        let state = &self.nodes[node];
        let ready = state.up
            && (self.plan.rule == Rule::Clock || state.replica.watermark >= state.serve_from);
        if state.up && !ready {
            self.want_pump(node);
        }
        ready
    }

    /// Everything is quiet: each node must be able to read everything and to commit.
    pub(crate) fn final_reads(&mut self) {
        self.record.finals_begun = true;
        for node in 0..self.nodes.len() {
            if !self.may_begin(node) {
                self.record.finals_begun = false;
            }
        }
        if !self.record.finals_begun {
            return self.post(5 * MILLI, Event::FinalReads);
        }
        for node in 0..self.nodes.len() {
            let client = self.clients.len();
            self.clients.push(Client::new(node));
            let reads = (work::LISTS.0..=work::LISTS.1).map(|key| Step::Read { key });
            self.last_value += 1;
            let write = Step::Write { key: 110 + node as u64, value: self.last_value };
            self.record.finals_open += 3;
            self.start(client, Kind::Lists(reads.collect()), true);
            self.start(client, Kind::Registers(vec![write]), true);
            self.start(client, Kind::ReadAll { age: 0 }, true);
        }
    }

    pub(crate) fn again_finally(&mut self, client: usize, kind: Kind) {
        if self.may_begin(self.clients[client].node) {
            self.start(client, kind, true);
        } else {
            self.post(20 * MILLI, Event::AgainFinally { client, kind });
        }
    }

    fn start(&mut self, client: usize, kind: Kind, is_final: bool) {
        let node = self.clients[client].node;
        let latest = self.reading(node).latest;
        let watermark = self.nodes[node].replica.watermark;
        let past = |tau: Timestamp, ago: u64| Timestamp(tau.minus_nanos(ago).0.max(START - SECOND));
        let transaction = self.transactions.len();
        let mut tau_start = match self.plan.rule {
            Rule::Clock => latest.max(self.clients[client].last_commit),
            Rule::Watermark => watermark,
        };
        if kind == (Kind::ReadAll { age: 0 }) && self.plan.is(Mutant::CachedSnapshot) {
            tau_start = past(watermark, 100 * MILLI);
        }
        match kind {
            Kind::ReadAll { age } if age > 0 => tau_start = past(watermark, age * MILLI),
            _ => {
                let moment =
                    Moment::Began { transaction: transaction as u64, tau_start: tau_start.0 };
                self.record.moments.push(moment);
            }
        }
        let invoked = self.record.event();
        self.transactions.push(Transaction {
            client,
            node,
            kind,
            tau_start,
            last_seen: Timestamp::ZERO,
            stage: Stage::Waiting,
            coordinator: None,
            timer: 0,
            seen: BTreeMap::new(),
            intents: Intents::default(),
            told: Told::Unknown,
            status: Status::Unknown,
            invoked,
            completed: None,
            is_final,
            copied: false,
        });
        self.nodes[node].active.push(transaction);
        self.nodes[node].pump_interval = MILLI;
        self.progress(node);
        self.want_pump(node);
    }

    /// Up to where the node's watermark should move.
    pub(crate) fn wanted(&self, node: usize) -> Option<Timestamp> {
        let state = &self.nodes[node];
        let waiting = state.active.iter().filter_map(|transaction| {
            let one = &self.transactions[*transaction];
            match one.stage {
                Stage::Waiting => Some(one.tau_start),
                Stage::Telling(tau) if self.plan.rule == Rule::Watermark => Some(tau),
                _ => None,
            }
        });
        let serve = (self.plan.rule == Rule::Watermark).then_some(state.serve_from);
        waiting.chain(serve).filter(|tau| *tau > state.replica.watermark).max()
    }

    /// Goes on with whatever waits on the node for the watermark or the clock.
    pub(crate) fn progress(&mut self, node: usize) {
        let mut place = 0;
        while let Some(transaction) = self.nodes[node].active.get(place).copied() {
            let watermark = self.nodes[node].replica.watermark;
            let one = &self.transactions[transaction];
            match one.stage {
                Stage::Waiting if watermark >= one.tau_start => self.read(transaction),
                Stage::Telling(tau) if self.may_tell(node, tau) => {
                    self.acknowledge(transaction, tau)
                }
                _ => {}
            }
            if self.nodes[node].active.get(place) == Some(&transaction) {
                place += 1;
            }
        }
    }

    fn may_tell(&self, node: usize, tau: Timestamp) -> bool {
        match self.plan.rule {
            _ if self.plan.is(Mutant::TellEarly) => true,
            Rule::Watermark => self.nodes[node].replica.watermark >= tau,
            Rule::Clock => self.reading(node).earliest > tau,
        }
    }

    fn read(&mut self, transaction: usize) {
        let one = &self.transactions[transaction];
        let (node, tau_start, client) = (one.node, one.tau_start, one.client);
        let mut seen = BTreeMap::new();
        for (first, last) in one.kind.reads() {
            let replica = &self.nodes[node].replica;
            let rows = replica.scan(&work::encode_key(first), &work::encode_key(last), tau_start);
            let rows: Vec<(u64, Bytes)> =
                rows.into_iter().map(|(key, value)| (work::decode_key(&key), value)).collect();
            let rows_decoded = rows.iter().map(|(key, value)| (*key, work::decode(*key, value)));
            let observation = Observation {
                transaction: transaction as u64,
                tau: tau_start.0,
                first,
                last,
                rows: rows_decoded.collect(),
            };
            judge_snapshot(&observation, &mut self.record.faults);
            self.record.observations.push(observation);
            seen.extend(rows);
        }
        let one = &mut self.transactions[transaction];
        one.intents = one.kind.intents(&seen, &mut self.random);
        one.seen = seen;
        if one.intents.only_reads() {
            // The last commit that it may have seen is one that others may not be able to see yet.
            one.last_seen = tau_start.min(self.nodes[node].replica.changed_at);
            let told_early = self.plan.is(Mutant::TellReadersEarly);
            one.stage = Stage::Telling(if told_early { Timestamp::ZERO } else { one.last_seen });
            return;
        }
        one.stage = Stage::Committing;
        let request = one.intents.request(transaction, tau_start, self.plan.omission());
        let nearest = (client % 2 == 0).then_some(ShardId(client as u32 % self.plan.shards));
        let mut coordinator = Coordinator::new(request, &self.map, nearest);
        let mut actions = Vec::new();
        coordinator.start(&mut actions);
        one.coordinator = Some(coordinator);
        self.act(transaction, actions);
    }

    // ----- commit -----

    pub(crate) fn coordinate(&mut self, transaction: usize, event: Said) {
        let node = self.transactions[transaction].node;
        if !self.nodes[node].up {
            return;
        }
        let Some(coordinator) = &mut self.transactions[transaction].coordinator else { return };
        let mut actions = Vec::new();
        coordinator.step(event, &mut actions);
        self.act(transaction, actions);
    }

    pub(crate) fn patience(&mut self, transaction: usize, timer: u32) {
        if self.transactions[transaction].timer == timer {
            self.mark("coordinator lost patience");
            self.coordinate(transaction, Said::Timeout);
        }
    }

    fn act(&mut self, transaction: usize, actions: Vec<Action>) {
        let node = self.transactions[transaction].node;
        for action in actions {
            match action {
                Action::Send { to, message } => self.to_shard(node, to, Arc::new(message)),
                Action::Wait { nanos } => {
                    self.transactions[transaction].timer += 1;
                    let timer = self.transactions[transaction].timer;
                    self.post(nanos, Event::Patience { transaction, timer });
                }
                Action::Done(outcome) => self.decided(transaction, outcome),
            }
        }
    }

    fn decided(&mut self, transaction: usize, outcome: Outcome) {
        let one = &mut self.transactions[transaction];
        one.coordinator = None;
        one.timer += 1;
        if one.stage != Stage::Committing {
            return;
        }
        match outcome {
            Outcome::Committed { tau_commit } => {
                one.stage = Stage::Telling(tau_commit);
                let node = one.node;
                self.progress(node);
                self.want_pump(node);
            }
            Outcome::Refused(refusal) => {
                let node = one.node;
                if let (Refusal::TooOld { floor }, Rule::Watermark) = (&refusal, self.plan.rule) {
                    // A successor's floor: snapshots below it are of no use to writers any more.
                    let serve_from = &mut self.nodes[node].serve_from;
                    *serve_from = (*serve_from).max(*floor);
                }
                self.mark(match &refusal {
                    Refusal::Data { .. } => "refused: conflict",
                    Refusal::Fenced { .. } => "refused: fenced",
                    Refusal::TooOld { .. } => "refused: too old",
                    Refusal::Expired => "refused: votes expired",
                    Refusal::Unavailable { .. } => "refused: unavailable",
                    Refusal::Schema { .. } => "refused: definition",
                });
                // These two say nothing about other copies of the request. The coordinator knows of those that it
                // sent; that a transport makes more is beyond the contract, and beyond what A1 says of such a refusal.
                let of_this_copy =
                    matches!(refusal, Refusal::Unavailable { .. } | Refusal::TooOld { .. });
                if of_this_copy && self.transactions[transaction].copied {
                    return self.complete(transaction, Status::Unknown, Told::Unknown);
                }
                self.complete(transaction, Status::Failed, Told::Refused);
            }
            Outcome::Unknown { .. } if self.plan.is(Mutant::RetryUnknown) => {
                self.send_again(transaction);
            }
            Outcome::Unknown { .. } => {
                self.mark("outcome unknown");
                self.complete(transaction, Status::Unknown, Told::Unknown);
            }
        }
    }

    /// What nobody may do: the first may have committed.
    fn send_again(&mut self, transaction: usize) {
        let invoked = self.record.event();
        let one = &mut self.transactions[transaction];
        one.stage = Stage::Done;
        (one.status, one.told, one.completed) = (Status::Failed, Told::Refused, Some(invoked));
        let again = Transaction {
            kind: one.kind.clone(),
            seen: one.seen.clone(),
            intents: one.intents.clone(),
            stage: Stage::Committing,
            coordinator: None,
            told: Told::Unknown,
            status: Status::Unknown,
            completed: None,
            timer: 0,
            invoked,
            ..*one
        };
        let index = self.transactions.len();
        let (node, tau_start) = (again.node, again.tau_start);
        let request = again.intents.request(index, tau_start, None);
        let mut coordinator = Coordinator::new(request, &self.map, None);
        let mut actions = Vec::new();
        coordinator.start(&mut actions);
        self.transactions.push(again);
        self.transactions[index].coordinator = Some(coordinator);
        let active = &mut self.nodes[node].active;
        active.retain(|other| *other != transaction);
        active.push(index);
        self.act(index, actions);
    }

    fn acknowledge(&mut self, transaction: usize, tau_commit: Timestamp) {
        let one = &self.transactions[transaction];
        let client = one.client;
        let number = transaction as u64;
        let is_of_now = !matches!(one.kind, Kind::ReadAll { age } if age > 0);
        if !one.intents.only_reads() {
            self.clients[client].last_commit = self.clients[client].last_commit.max(tau_commit);
            let moment = Moment::Acknowledged { transaction: number, tau_commit: tau_commit.0 };
            self.record.moments.push(moment);
            self.mark("committed");
        } else if is_of_now {
            // What was seen is in the past, as what was written is.
            let tau_commit = one.last_seen.0;
            self.record.moments.push(Moment::Acknowledged { transaction: number, tau_commit });
        }
        self.complete(transaction, Status::Committed, Told::Committed { tau_commit: tau_commit.0 });
    }

    fn complete(&mut self, transaction: usize, status: Status, told: Told) {
        let completed = self.record.event();
        let one = &mut self.transactions[transaction];
        one.stage = Stage::Done;
        let node = one.node;
        (one.status, one.told, one.completed) = (status, told, Some(completed));
        let (client, is_final, kind) = (one.client, one.is_final, one.kind.clone());
        self.nodes[node].active.retain(|other| *other != transaction);
        if is_final && status == Status::Committed {
            self.record.finals_open -= 1;
        } else if is_final {
            self.post(20 * MILLI, Event::AgainFinally { client, kind });
        } else {
            let think = self.random.below(60 * MILLI);
            self.post(think, Event::Begin { client });
        }
    }

    /// The node is gone, and with it the connection.
    pub(crate) fn abandon(&mut self, transaction: usize) {
        let one = &mut self.transactions[transaction];
        one.coordinator = None;
        one.stage = Stage::Done;
        one.timer += 1;
        let client = one.client;
        let think = self.random.below(60 * MILLI);
        self.post(think, Event::Begin { client });
    }
}
