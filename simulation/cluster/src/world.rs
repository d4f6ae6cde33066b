//! The world: processes on machines, the network between them, clients, and what goes wrong.
//!
//! Each process is a tokio runtime of its own with one thread, no sockets, and a clock that stands still unless it is
//! told to go on: so a process ends by dropping its runtime, with everything it was about to do. Time goes on in ticks of
//! a millisecond. In each the network delivers, then each process in turn does everything that is due up to the end of
//! the tick. Nothing runs at the same time as anything else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use journal::Pace;
use parking_lot::Mutex;
use protocol::delivery::{DeliveredTransaction, Delivery, DeliverySink};
use protocol::journal::JournalEntry;
use protocol::key::ShardMap;
use protocol::storage::ReadStorage;
use protocol::transaction::{DecidedTransaction, DecidedWrite};
use protocol::{JournalId, Timestamp, TransactionId};
use runtime::files::SimulatedFiles;
use simulation_core::plan::{MICRO, MILLI, SECOND};
use simulation_core::random::Random;
use simulation_core::work;
use storage::{Storage, StorageOptions};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::client::{self, Context, Record};
use crate::clock::{START, Skew};
use crate::delivered::Delivered;
use crate::disk::SimulatedEngine;
use crate::faults::Action;
use crate::mischief;
use crate::net::Net;
use crate::node::{self, Node, Persisted, Setup};
use crate::plan::Plan;
use crate::trace::Trace;

pub const TICK: u64 = MILLI;
/// How often it is looked who leads.
const LOOK: u64 = 10 * MILLI;
/// After the storm everything must work again within this.
const RECOVERY: u64 = 60 * SECOND;

/// A process that runs.
struct Running {
    runtime: Runtime,
    base: tokio::time::Instant,
    begun: u64,
    node: Arc<OnceLock<Arc<Node>>>,
    failed: Arc<OnceLock<String>>,
}

/// A machine and its process.
pub(crate) struct Machine {
    pub node: u64,
    pub files: SimulatedFiles,
    pub engine: SimulatedEngine,
    pub skew: Arc<Skew>,
    /// Longest write of the log now.
    pub sync: Arc<AtomicU64>,
    life: u64,
    running: Option<Running>,
    /// A disk fault has been put in, so the process may end by itself; it may show only in the process after the next.
    pub injured: bool,
    /// The disk has no room.
    pub full: bool,
    pub paused: bool,
}

/// A run.
pub struct World {
    pub(crate) plan: Arc<Plan>,
    pub(crate) random: Random,
    pub(crate) now: u64,
    pub(crate) net: Net,
    pub(crate) machines: Vec<Machine>,
    pub(crate) trace: Trace,
    /// What is to be done at which time.
    pub(crate) due: BTreeMap<u64, Vec<Action>>,
    delivered: Delivered,
    persisted: Persisted,
    clients: Running,
    pub(crate) record: Arc<Mutex<Record>>,
    is_calm: Arc<AtomicBool>,
    panics: Arc<Mutex<Vec<String>>>,
}

fn start_runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without sockets needs nothing from the system")
}

impl Running {
    fn new(begun: u64) -> Running {
        let runtime = start_runtime();
        let base = runtime.block_on(async { tokio::time::Instant::now() });
        let (node, failed) = Default::default();
        Running { runtime, base, begun, node, failed }
    }

    /// Does everything that is due up to `now`.
    fn run_to(&self, now: u64) {
        let until = self.base + Duration::from_nanos(now - self.begun);
        self.runtime.block_on(async { tokio::time::sleep_until(until).await });
    }

    /// Time has passed while the process stood still.
    fn jump_to(&self, now: u64) {
        let until = self.base + Duration::from_nanos(now - self.begun);
        self.runtime.block_on(async {
            let behind = until.saturating_duration_since(tokio::time::Instant::now());
            tokio::time::advance(behind).await;
        });
    }
}

/// What is there before anybody writes.
fn opening() -> Delivery {
    let rows = work::opening_rows().into_iter();
    let writes = rows
        .map(|(key, value)| DecidedWrite { key: work::encode_key(key), value: Some(value) })
        .collect();
    let (before, at) = (Timestamp(START - SECOND - 1), Timestamp(START - SECOND));
    let id = TransactionId(Uuid::from_u128(u128::MAX));
    let one =
        DecidedTransaction { id, tau_start: before, tau_commit: at, writes, additions: Vec::new() };
    let entry = Arc::new(JournalEntry::Transactions(vec![one]));
    let one = DeliveredTransaction::new(JournalId(0), entry, 0).expect("it has one transaction");
    Delivery { transactions: vec![one], watermark: at, positions: Vec::new() }
}

/// The opening's timestamp.
pub const OPENED: Timestamp = Timestamp(START - SECOND);

fn machine(node: u64, plan: &Plan, random: &mut Random) -> Machine {
    let engine = SimulatedEngine::default();
    let storage = Storage::open(Arc::new(engine.clone()), StorageOptions::default());
    let storage = storage.expect("a new engine opens");
    storage.apply(&opening()).expect("a new engine takes it");
    storage.persist().expect("a new engine persists");
    let bound = plan.clock_bound;
    let furthest = if plan.clocks_beyond { bound * 20 } else { bound / 2 };
    let offset = random.below(2 * furthest + 1) as i64 - furthest as i64;
    let skew = Skew { offset: AtomicI64::new(offset), drift: AtomicI64::new(0), bound };
    Machine {
        node,
        files: SimulatedFiles::new(),
        engine,
        skew: Arc::new(skew),
        sync: Arc::new(AtomicU64::new(plan.sync)),
        life: 0,
        running: None,
        injured: false,
        full: false,
        paused: false,
    }
}

impl World {
    pub fn new(plan: Plan, print: bool) -> World {
        let trace = Trace::new(print);
        let panics: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = panics.clone();
        // A panic in a task would go unseen otherwise.
        std::panic::set_hook(Box::new(move |panic| {
            eprintln!("{panic}");
            heard.lock().push(panic.to_string());
        }));
        let mut random = Random::new(plan.seed ^ 0x776F_726C_6400);
        let net = Net::new(plan.seed, plan.delay, plan.loss, trace.clone());
        let plan = Arc::new(plan);
        let machines = plan.nodes().map(|node| machine(node, &plan, &mut random)).collect();
        let record = Arc::new(Mutex::new(Record::default()));
        let is_calm = Arc::new(AtomicBool::new(false));
        mischief::install(&plan, is_calm.clone(), trace.clone());
        let clients = Running::new(0);
        let context = Context {
            plan: plan.clone(),
            net: net.clone(),
            trace: trace.clone(),
            record: record.clone(),
            is_calm: is_calm.clone(),
        };
        for index in 0..plan.clients.max(plan.node_count as usize) {
            clients.runtime.spawn(client::run(context.clone(), index));
        }
        World {
            random,
            now: 0,
            net,
            machines,
            delivered: Delivered::new(trace.clone()),
            persisted: Persisted::default(),
            trace,
            due: BTreeMap::new(),
            clients,
            record,
            is_calm,
            panics,
            plan,
        }
    }

    /// Runs to the end.
    pub fn run(&mut self) {
        for index in 0..self.machines.len() {
            self.start(index);
        }
        let clients = self.plan.clients.max(self.plan.node_count as usize);
        let end = self.plan.storm + RECOVERY;
        while self.record.lock().finished < clients {
            if !self.is_calm.load(Ordering::SeqCst) && self.now >= self.plan.storm {
                self.calm();
            }
            if self.now >= end {
                let finished = self.record.lock().finished;
                self.trace.fault(format!(
                    "Liveness: {} of {clients} clients are not served {} s after the last fault",
                    clients - finished,
                    RECOVERY / SECOND
                ));
                return;
            }
            if !self.trace.faults().is_empty() {
                return;
            }
            self.tick();
        }
        self.bring_together();
        let settled = self.now + 3 * SECOND;
        while self.now < settled && self.trace.faults().is_empty() {
            self.tick();
        }
    }

    /// Has all replicas reach what the furthest has, so that they can be compared.
    fn bring_together(&self) {
        let running = self.machines.iter().filter_map(|machine| {
            let running = machine.running.as_ref()?;
            Some((&running.runtime, running.node.get()?.storage.clone()))
        });
        let running: Vec<_> = running.collect();
        let Some(furthest) = running.iter().map(|(_, storage)| storage.watermark()).max() else {
            return;
        };
        for (runtime, storage) in running {
            runtime.spawn(async move {
                // A replica that does not get there is compared where it is.
                let _ = storage.wait_for(furthest).await;
            });
        }
    }

    pub fn simulated(&self) -> u64 {
        self.now
    }

    pub fn entries(&self) -> Vec<Arc<JournalEntry>> {
        self.delivered.entries()
    }

    /// Each node's storage, of those that run.
    pub fn storages(&self) -> Vec<(u64, Arc<Storage>)> {
        let running = self.machines.iter().filter_map(|machine| {
            let node = machine.running.as_ref()?.node.get()?;
            Some((machine.node, node.storage.clone()))
        });
        running.collect()
    }

    fn tick(&mut self) {
        self.now += TICK;
        self.trace.set_now(self.now);
        if !self.is_calm.load(Ordering::SeqCst) {
            self.trouble();
        }
        while let Some(first) = self.due.first_entry().filter(|first| *first.key() <= self.now) {
            for action in first.remove() {
                self.act(action);
            }
        }
        self.net.advance(self.now);
        self.clients.run_to(self.now);
        for index in 0..self.machines.len() {
            self.run_machine(index);
        }
        for panic in self.panics.lock().drain(..) {
            self.trace.fault(format!("Panic: {panic}"));
        }
        if self.now.is_multiple_of(LOOK) {
            self.look();
        }
    }

    fn run_machine(&mut self, index: usize) {
        let machine = &mut self.machines[index];
        let Some(running) = machine.running.as_ref().filter(|_| !machine.paused) else { return };
        running.run_to(self.now);
        let Some(reason) = running.failed.get().cloned() else { return };
        let node = machine.node;
        if !machine.injured {
            self.trace.fault(format!("Process: node {node} ended without a fault: {reason}"));
        }
        self.trace.line(format_args!("node {node} ends: {reason}"));
        self.trace.mark("process ended by itself");
        self.lose_power(index);
        let after = self.random.between(200, 3_000) * MILLI;
        self.post(after, Action::Start(index));
    }

    /// Writes down who leads, as the nodes themselves say.
    fn look(&self) {
        for machine in self.machines.iter().filter(|machine| !machine.paused) {
            let node = machine.running.as_ref().and_then(|running| running.node.get());
            let Some(node) = node else { continue };
            for shard in ShardMap::new(self.plan.shards).shards() {
                let journal = JournalId(shard.0);
                if node.journals.leader(journal) == Some(machine.node)
                    && let Ok(status) = node.journals.status(journal)
                    && status.leader == Some(machine.node)
                {
                    self.delivered.lead(machine.node, journal, status.term);
                }
            }
        }
    }

    pub(crate) fn post(&mut self, after: u64, action: Action) {
        self.due.entry(self.now + after).or_default().push(action);
    }

    pub(crate) fn is_up(&self, index: usize) -> bool {
        self.machines[index].running.is_some()
    }

    /// Starts the machine's process unless it runs.
    pub(crate) fn start(&mut self, index: usize) {
        if self.is_up(index) {
            return;
        }
        let machine = &mut self.machines[index];
        machine.life += 1;
        machine.paused = false;
        let (node, life) = (machine.node, machine.life);
        self.trace.line(format_args!("node {node} starts, life {life}"));
        self.net.begin(node);
        let sync = machine.sync.clone();
        let seed = self.random.word();
        let random = Mutex::new(Random::new(seed));
        let pace = Pace(Arc::new(move || {
            let longest = sync.load(Ordering::SeqCst);
            Duration::from_nanos(random.lock().between(100 * MICRO, longest.max(200 * MICRO)))
        }));
        let setup = Setup {
            node,
            life,
            plan: self.plan.clone(),
            net: self.net.clone(),
            files: machine.files.clone(),
            engine: machine.engine.clone(),
            skew: machine.skew.clone(),
            begun: self.now,
            pace,
            delivered: self.delivered.clone(),
            persisted: self.persisted.clone(),
            trace: self.trace.clone(),
        };
        let running = Running::new(self.now);
        let (opened, failed) = (running.node.clone(), running.failed.clone());
        running.runtime.spawn(async move {
            match node::open(setup, failed.clone()).await {
                // Set once, here; so is the reason to end.
                Ok(node) => drop(opened.set(node)),
                Err(reason) => drop(failed.set(reason)),
            }
        });
        self.machines[index].running = Some(running);
    }

    /// The process ends at once; its machine goes on, and with it what was written and not synced.
    pub(crate) fn kill(&mut self, index: usize) {
        let node = self.machines[index].node;
        self.trace.line(format_args!("node {node} is killed"));
        self.net.end(node);
        self.machines[index].running = None;
        self.machines[index].paused = false;
    }

    /// The machine loses power.
    pub(crate) fn lose_power(&mut self, index: usize) {
        let node = self.machines[index].node;
        self.trace.line(format_args!("node {node} loses power"));
        self.net.silence(node);
        self.net.end(node);
        let seed = self.random.word();
        let machine = &mut self.machines[index];
        machine.running = None;
        machine.paused = false;
        // What was put in is gone with the power, but for a disk that is full.
        machine.injured = machine.full;
        machine.files.crash(seed);
        let unsaved = machine.engine.unsaved();
        let keep = self.random.index(unsaved + 1);
        machine.engine = machine.engine.after_crash(keep);
    }

    pub(crate) fn resume(&mut self, index: usize) {
        let machine = &mut self.machines[index];
        if !std::mem::replace(&mut machine.paused, false) {
            return;
        }
        self.trace.line(format_args!("node {} goes on", machine.node));
        if let Some(running) = &machine.running {
            running.jump_to(self.now - TICK);
        }
    }

    /// Moves the leadership of a journal to another node.
    pub(crate) fn move_leader(&mut self) {
        let journal = JournalId(self.random.below(u64::from(self.plan.shards)) as u32);
        let to = 1 + self.random.below(self.plan.node_count);
        for machine in &self.machines {
            let Some(running) = &machine.running else { continue };
            let Some(node) = running.node.get() else { continue };
            if node.journals.leader(journal) == Some(machine.node) && machine.node != to {
                self.trace.line(format_args!("{journal} is to move from {} to {to}", machine.node));
                self.trace.mark("leadership handed over");
                let journals = node.journals.clone();
                running.runtime.spawn(async move {
                    // It may not lead any more, or the other may lack too much: then nothing moves.
                    let _ = journals.transfer_leader(journal, to).await;
                });
                return;
            }
        }
    }

    /// No faults from now on; everything that is down starts.
    fn calm(&mut self) {
        self.trace.line(format_args!("the storm is over"));
        self.is_calm.store(true, Ordering::SeqCst);
        self.due.clear();
        self.net.calm();
        for index in 0..self.machines.len() {
            self.make_room(index);
            let machine = &self.machines[index];
            machine.sync.store(self.plan.sync, Ordering::SeqCst);
            if machine.injured {
                // What was put in may not have shown yet.
                self.lose_power(index);
            }
            self.resume(index);
            self.start(index);
        }
    }
}
