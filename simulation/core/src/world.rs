//! The cluster: nodes, journals, clients, and the queue of what happens next.
//!
//! All that happens is an event with a time; events of one time happen in the order in which they were posted. The world
//! draws all randomness from one stream, so a seed determines every event. Each is mixed into a digest: two runs are the
//! same if their digests are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use adjudicator::{Adjudicator, Config, Output};
use crossbar::Merge;
use protocol::adjudication::{Promise, ShardMessage};
use protocol::journal::{JournalError, Position};
use protocol::key::ShardMap;
use protocol::{ClockReading, Timestamp};

use crate::client::{Client, Transaction};
use crate::journal::Journal;
use crate::mischief::{Mischief, Site};
use crate::plan::{MICRO, MILLI, Mutant, Plan, SECOND};
use crate::random::Random;
use crate::replica::Replica;
use crate::verdict::Record;
use crate::work;

/// The beginning of time.
pub const START: u64 = 1_000 * SECOND;

/// What may happen.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Begin {
        client: usize,
    },
    /// To whichever adjudicator of the shard is on the node.
    Message {
        node: usize,
        shard: usize,
        message: Arc<ShardMessage>,
    },
    Coordinate {
        transaction: usize,
        event: coordinator::Event,
    },
    Patience {
        transaction: usize,
        timer: u32,
    },
    Flush {
        node: usize,
        shard: usize,
    },
    Durable {
        shard: usize,
        term: u64,
    },
    Result {
        node: usize,
        life: u64,
        shard: usize,
        number: u64,
        result: Result<Position, JournalError>,
    },
    Deliver {
        node: usize,
        life: u64,
        shard: usize,
        up_to: usize,
    },
    Bump {
        node: usize,
        shard: usize,
        asker: usize,
        at_least: Timestamp,
    },
    Promised {
        node: usize,
        life: u64,
        promise: Promise,
    },
    Pump {
        node: usize,
    },
    Gained {
        shard: usize,
        term: u64,
    },
    Lost {
        node: usize,
        life: u64,
        shard: usize,
        term: u64,
    },
    Trouble,
    Restart {
        node: usize,
    },
    Heal {
        from: usize,
        to: usize,
    },
    /// The storm is over.
    Calm,
    FinalReads,
    AgainFinally {
        client: usize,
        kind: work::Kind,
    },
}

#[derive(Debug)]
struct Scheduled {
    at: u64,
    sequence: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Scheduled) -> bool {
        (self.at, self.sequence) == (other.at, other.sequence)
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Scheduled) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Scheduled) -> std::cmp::Ordering {
        Reverse((self.at, self.sequence)).cmp(&Reverse((other.at, other.sequence)))
    }
}

/// One adjudicator on a node.
#[derive(Debug)]
pub(crate) struct Host {
    pub machine: Adjudicator,
    pub term: u64,
    pub flush_posted: bool,
}

/// One process.
#[derive(Debug)]
pub(crate) struct Node {
    /// Grows with every restart.
    pub life: u64,
    pub up: bool,
    pub clock_offset: i64,
    pub clock_drift_ppm: i64,
    pub merge: Merge,
    pub replica: Replica,
    /// Entries of each journal that the merge has.
    pub pulled: Vec<usize>,
    pub hosts: Vec<Option<Host>>,
    /// Transactions that wait for the watermark or the clock, or for their outcome.
    pub active: Vec<usize>,
    pub pump_posted: bool,
    pub pump_interval: u64,
    /// Under the rule of one process, nothing begins before this is applied.
    pub serve_from: Timestamp,
}

/// Marks that a campaign should reach.
pub type Marks = BTreeMap<&'static str, u64>;

/// A run.
pub struct World {
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    pub(crate) mischief: Mischief,
    pub(crate) now: u64,
    queue: BinaryHeap<Scheduled>,
    sequence: u64,
    pub(crate) config: Arc<Config>,
    pub(crate) map: ShardMap,
    pub(crate) nodes: Vec<Node>,
    pub(crate) journals: Vec<Journal>,
    pub(crate) clients: Vec<Client>,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) planned: usize,
    pub(crate) last_value: u64,
    pub(crate) cut: Vec<Vec<bool>>,
    pub(crate) stormy: bool,
    pub(crate) record: Record,
    pub(crate) marks: Marks,
    pub(crate) outputs: Vec<Output>,
    pub(crate) fault: Option<String>,
    digest: u64,
    steps: u64,
    trace: bool,
}

impl World {
    pub fn new(plan: Plan, trace: bool) -> World {
        let rows: Vec<_> = work::opening_rows()
            .into_iter()
            .map(|(key, value)| (work::encode_key(key), value))
            .collect();
        let start = Timestamp(START - SECOND);
        let mut random = Random::new(plan.seed.wrapping_mul(0x9E37_79B9).wrapping_add(1));
        let shards = plan.shards as usize;
        let nodes: Vec<Node> = (0..plan.nodes)
            .map(|_| {
                let replica = Replica::new(start, plan.shards, &rows);
                let (clock_offset, clock_drift_ppm) = clock(&plan, &mut random);
                Node {
                    life: 0,
                    up: true,
                    clock_offset,
                    clock_drift_ppm,
                    merge: Merge::new(&replica.positions, start),
                    replica,
                    pulled: vec![1; shards],
                    hosts: (0..shards).map(|_| None).collect(),
                    active: Vec::new(),
                    pump_posted: false,
                    pump_interval: MILLI,
                    serve_from: Timestamp::ZERO,
                }
            })
            .collect();
        let journals = (0..shards).map(|_| Journal::new(random.index(plan.nodes), start)).collect();
        let mut world = World {
            random,
            mischief: Mischief::new(plan.seed),
            now: START,
            queue: BinaryHeap::new(),
            sequence: 0,
            config: Arc::new(plan.config.clone()),
            map: ShardMap::new(plan.shards),
            nodes,
            journals,
            clients: (0..plan.clients).map(|index| Client::new(index % plan.nodes)).collect(),
            transactions: Vec::new(),
            planned: plan.transactions,
            last_value: 0,
            cut: vec![vec![false; plan.nodes]; plan.nodes],
            stormy: true,
            record: Record::new(start),
            marks: Marks::new(),
            outputs: Vec::new(),
            fault: None,
            digest: plan.seed,
            steps: 0,
            trace,
            plan,
        };
        for shard in 0..shards {
            world.post(0, Event::Gained { shard, term: 1 });
        }
        for client in 0..world.clients.len() {
            let after = world.random.below(100 * MILLI);
            world.post(after, Event::Begin { client });
        }
        world.post(5 * MILLI, Event::Trouble);
        let storm = world.plan.storm;
        world.post(storm, Event::Calm);
        world
    }

    /// Runs to the end; the digest says whether two runs were the same.
    pub(crate) fn run(&mut self) {
        /// A run that goes on for longer is stuck in a circle of events.
        const MAX_STEPS: u64 = 5_000_000;
        while let Some(Scheduled { at, event, .. }) = self.queue.pop() {
            self.now = at;
            self.steps += 1;
            let kind = std::mem::discriminant(&event);
            self.note(&event, kind);
            self.happen(event);
            if self.fault.is_some() || self.record.final_reads_done() {
                return;
            }
            if self.steps > MAX_STEPS || self.now > START + 200 * SECOND {
                self.fault = Some("L: the run does not come to an end".to_owned());
                return;
            }
        }
    }

    fn note(&mut self, event: &Event, kind: std::mem::Discriminant<Event>) {
        struct Mixer(u64);
        impl std::hash::Hasher for Mixer {
            fn write(&mut self, bytes: &[u8]) {
                for byte in bytes {
                    self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
                }
            }
            fn finish(&self) -> u64 {
                self.0
            }
        }
        let mut mixer = Mixer(self.digest);
        std::hash::Hash::hash(&(self.now, kind), &mut mixer);
        if let Event::Message { message, node, .. } = event {
            std::hash::Hash::hash(&(message, node), &mut mixer);
        }
        self.digest = mixer.0;
        if self.trace {
            eprintln!("{:>12} µs {event:?}", (self.now - START) / MICRO);
        }
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn mark(&mut self, name: &'static str) {
        *self.marks.entry(name).or_default() += 1;
    }

    /// Whether something legal and rare happens here and now.
    pub(crate) fn buggify(&mut self, site: Site) -> bool {
        let fires = self.stormy && !self.plan.calm && self.mischief.fires(site);
        if fires {
            self.mark(site.name());
        }
        fires
    }

    pub(crate) fn post(&mut self, after: u64, event: Event) {
        self.sequence += 1;
        self.queue.push(Scheduled { at: self.now + after, sequence: self.sequence, event });
    }

    /// Posts something that goes from node to node and may be lost. `true` if it is on its way.
    pub(crate) fn send(&mut self, from: usize, to: usize, event: Event) -> bool {
        let lossy = self.stormy && from != to;
        if self.cut[from][to] || (lossy && self.random.per_mille(self.plan.loss)) {
            self.mark("message lost");
            return false;
        }
        let mut after = self.delay(from, to);
        if from != to && self.buggify(Site::MessageHeld) {
            after += self.mischief.below(3 * SECOND);
        }
        self.post(after, event);
        true
    }

    pub(crate) fn delay(&mut self, from: usize, to: usize) -> u64 {
        let longest = if from == to { 100 * MICRO } else { self.plan.delay };
        self.random.between(10 * MICRO, longest)
    }

    /// What a node's clock says.
    pub(crate) fn reading(&self, node: usize) -> ClockReading {
        let node = &self.nodes[node];
        let elapsed = (self.now - START) as i64;
        let drift = elapsed / 1_000_000 * node.clock_drift_ppm;
        let local = self.now.saturating_add_signed(node.clock_offset + drift);
        ClockReading {
            earliest: Timestamp(local.saturating_sub(self.plan.clock_bound)),
            latest: Timestamp(local + self.plan.clock_bound),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Begin { client } => self.begin(client),
            Event::Message { node, shard, message } => self.message(node, shard, &message),
            Event::Coordinate { transaction, event } => self.coordinate(transaction, event),
            Event::Patience { transaction, timer } => self.patience(transaction, timer),
            Event::Flush { node, shard } => self.flush(node, shard),
            Event::Durable { shard, term } => self.durable(shard, term),
            Event::Result { node, life, shard, number, result } => {
                self.result(node, life, shard, number, result);
            }
            Event::Deliver { node, life, shard, up_to } => self.deliver(node, life, shard, up_to),
            Event::Bump { node, shard, asker, at_least } => self.bump(node, shard, asker, at_least),
            Event::Promised { node, life, promise } => self.promised(node, life, promise),
            Event::Pump { node } => self.pump(node),
            Event::Gained { shard, term } => self.gained(shard, term),
            Event::Lost { node, life, shard, term } => self.lost(node, life, shard, term),
            Event::Trouble => self.trouble(),
            Event::Restart { node } => self.restart(node),
            Event::Heal { from, to } => self.cut[from][to] = false,
            Event::Calm => self.calm(),
            Event::FinalReads => self.final_reads(),
            Event::AgainFinally { client, kind } => self.again_finally(client, kind),
        }
    }

    // ----- faults -----

    /// Once every five milliseconds of the storm.
    fn trouble(&mut self) {
        if !self.stormy {
            return;
        }
        if self.random.per_mille(self.plan.crashes) {
            let node = self.random.index(self.nodes.len());
            self.crash(node);
        }
        if self.random.per_mille(self.plan.elections) {
            let shard = self.random.index(self.journals.len());
            self.elect(shard);
        }
        if self.random.per_mille(self.plan.cuts) {
            self.cut_link();
        }
        if self.buggify(Site::AllCrash) {
            (0..self.nodes.len()).for_each(|node| self.crash(node));
        }
        if self.buggify(Site::AllElect) {
            (0..self.journals.len()).for_each(|shard| self.elect(shard));
        }
        if self.plan.rule == crate::plan::Rule::Clock && self.buggify(Site::NodeAlone) {
            let node = self.mischief.below(self.nodes.len() as u64) as usize;
            self.isolate(node);
        }
        if self.random.per_mille(self.plan.clock_steps) {
            let node = self.random.index(self.nodes.len());
            let (offset, drift) = clock(&self.plan, &mut self.random);
            self.nodes[node].clock_offset = offset;
            self.nodes[node].clock_drift_ppm = drift;
            self.mark("clock stepped");
        }
        self.post(5 * MILLI, Event::Trouble);
    }

    fn cut_link(&mut self) {
        let (from, to) = (self.random.index(self.nodes.len()), self.random.index(self.nodes.len()));
        if from == to {
            return;
        }
        self.mark("link cut");
        let after = self.random.between(50 * MILLI, SECOND);
        self.cut[from][to] = true;
        self.post(after, Event::Heal { from, to });
        if self.random.per_mille(600) {
            self.cut[to][from] = true;
            self.post(after, Event::Heal { from: to, to: from });
        }
    }

    /// Nobody hears of the node, and it hears of nobody.
    fn isolate(&mut self, node: usize) {
        let after = 50 * MILLI + self.mischief.below(2 * SECOND);
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            for (from, to) in [(node, other), (other, node)] {
                self.cut[from][to] = true;
                self.post(after, Event::Heal { from, to });
            }
        }
    }

    pub(crate) fn crash(&mut self, node: usize) {
        if !self.nodes[node].up {
            return;
        }
        self.mark("node crashed");
        let keeps_rows = self.plan.is(Mutant::ApplyAgain);
        let state = &mut self.nodes[node];
        state.up = false;
        state.life += 1;
        state.hosts.iter_mut().for_each(|host| *host = None);
        state.replica.crash(keeps_rows);
        let active = std::mem::take(&mut state.active);
        for transaction in active {
            self.abandon(transaction);
        }
        for shard in 0..self.journals.len() {
            if self.journals[shard].leader == node {
                self.elect(shard);
            }
        }
        let after = self.random.between(20 * MILLI, SECOND);
        self.post(after, Event::Restart { node });
    }

    fn restart(&mut self, node: usize) {
        let newest = self.journals.iter().map(Journal::last_commit).max().unwrap_or_default();
        let skips = self.plan.is(crate::plan::Mutant::SkipAfterRestart);
        let state = &mut self.nodes[node];
        state.up = true;
        state.serve_from = newest;
        state.merge = Merge::new(&state.replica.positions, state.replica.watermark);
        for (shard, journal) in self.journals.iter().enumerate() {
            let position = state.replica.positions.get(&protocol::JournalId(shard as u32));
            let mut from = position.map_or(0, |position| position.0 as usize);
            if skips && from + 1 < journal.log.len() {
                from += 1;
            }
            state.pulled[shard] = from;
        }
        state.pump_posted = false;
        for shard in 0..self.journals.len() {
            self.announce(shard, node);
        }
        for shard in 0..self.journals.len() {
            // When nobody was up, nobody was elected.
            let leader = self.journals[shard].leader;
            if leader == node || !self.nodes[leader].up {
                self.elect(shard);
            }
        }
    }

    fn calm(&mut self) {
        self.stormy = false;
        for row in &mut self.cut {
            row.iter_mut().for_each(|cut| *cut = false);
        }
        // What is down comes back by its own event, within a second.
        self.post(12 * SECOND, Event::FinalReads);
    }

    pub(crate) fn up_nodes(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].up).collect()
    }
}

/// An offset and a drift, together within the bound for the length of a run, or far beyond.
fn clock(plan: &Plan, random: &mut Random) -> (i64, i64) {
    let reach =
        if plan.clocks_beyond { (plan.clock_bound * 50).min(SECOND) } else { plan.clock_bound / 2 };
    let offset = random.below(reach * 2) as i64 - reach as i64;
    // A run is at most 200 s long; a millisecond of it is 5 ppm.
    let most = if plan.clocks_beyond {
        50_000
    } else {
        (plan.clock_bound / 2 / (200 * MILLI / 1_000)).min(200)
    };
    let drift = random.between(0, most * 2) as i64 - most as i64;
    (offset, drift)
}
