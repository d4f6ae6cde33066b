//! One node's roles, wired as the program wires them (`node/src/local_cluster.rs`), on simulated disks and sockets.
//!
//! What differs: threads are tasks (the log's writer, the crossbar, storage's upkeep), members are known from the
//! beginning, and clients are served by [`crate::session`] instead of SQL.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use adjudicator::Cluster;
use adjudicator::cluster::Unsettled;
use adjudicator::elsewhere::Owner;
use adjudicator::wire::{Owners, SHARD_SERVICE, ShardService, WireElsewhere};
use crossbar::Crossbar;
use journal::{
    JOURNAL_SERVICE, JournalConfig, JournalService, Node as Journals, Pace, WireTransport,
};
use parking_lot::Mutex;
use protocol::adjudication::{BumpError, Commit, Promise, Promises};
use protocol::delivery::{ApplyError, Delivery, DeliverySink};
use protocol::journal::{BoxFuture, JournalEntry, JournalSink, Position};
use protocol::key::ShardMap;
use protocol::storage::ReadStorage;
use protocol::transaction::{CommitRequest, Outcome, Refusal};
use protocol::{JournalId, ShardId, Timestamp};
use runtime::Clock;
use runtime::files::{Files, SimulatedFiles};
use storage::engine::Space;
use storage::{RowCacheOptions, Storage, StorageOptions};
use transport::{Network, Security, Services, TransportConfig};

use crate::clock::{SimulatedClock, Skew};
use crate::delivered::Delivered;
use crate::disk::{LyingFiles, SimulatedEngine};
use crate::net::{Net, NodeSockets};
use crate::plan::{Mutant, Plan};
use crate::session;
use crate::trace::Trace;

const CLUSTER: [u8; 16] = *b"simulated quorum";
/// As in the program.
const HEARTBEAT_MS: u64 = 100;
const ELECTION_MS: u64 = 500;
const SETTLE_LIMIT: Duration = Duration::from_secs(15);
const SETTLE_POLL: Duration = Duration::from_millis(50);
const FLOOR_LIMIT: Duration = Duration::from_secs(3);
/// As in the program.
const COLLECT_PER_ROUND: u64 = 200_000;
const LEADING_POLL: Duration = Duration::from_millis(2);

/// Up to where each node has made each journal durable in storage: journals are trimmed to the least.
pub type Persisted = Arc<Mutex<BTreeMap<(u64, JournalId), Position>>>;

/// What a process is started with.
#[derive(Clone)]
pub struct Setup {
    pub node: u64,
    pub life: u64,
    pub plan: Arc<Plan>,
    pub net: Net,
    pub files: SimulatedFiles,
    pub engine: SimulatedEngine,
    pub skew: Arc<Skew>,
    /// True time since the run began.
    pub begun: u64,
    pub pace: Pace,
    pub delivered: Delivered,
    pub persisted: Persisted,
    pub trace: Trace,
}

/// The running roles.
pub struct Node {
    pub number: u64,
    pub storage: Arc<Storage>,
    pub adjudicators: Cluster,
    pub journals: Arc<Journals>,
    pub clock: Arc<dyn Clock>,
    pub plan: Arc<Plan>,
    pub trace: Trace,
}

/// Adjudicators that the crossbar needs before they exist.
#[derive(Default)]
struct Later {
    cluster: OnceLock<Cluster>,
    /// Broken on purpose: these journals are not asked.
    unasked: Vec<JournalId>,
}

impl Promises for Later {
    fn bump(
        &self,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>> {
        if self.unasked.contains(&journal) {
            let promise = Promise { journal, up_to: at_least, after: Position(0) };
            return Box::pin(std::future::ready(Ok(promise)));
        }
        match self.cluster.get() {
            Some(cluster) => cluster.bump(journal, at_least),
            None => {
                let reason = "the adjudicators are starting".to_owned();
                Box::pin(std::future::ready(Err(BumpError::Unavailable { reason })))
            }
        }
    }
}

impl DeliverySink for Later {
    fn apply(&self, delivery: &Delivery) -> Result<(), ApplyError> {
        self.cluster.get().map_or(Ok(()), |cluster| cluster.apply(delivery))
    }
}

/// Who leads which journal, as the groups here know it.
struct Leaders {
    own: u64,
    journals: Arc<Journals>,
}

impl Owners for Leaders {
    fn several(&self) -> bool {
        true
    }

    fn owner(&self, shard: ShardId) -> Owner {
        match self.journals.leader(JournalId(shard.0)) {
            Some(node) if node == self.own => Owner::Here,
            Some(node) => Owner::Node(node),
            None => Owner::Nobody,
        }
    }
}

/// Writes down what journals deliver before the crossbar gets it.
struct Watched {
    setup: Setup,
    crossbar: Arc<Crossbar>,
}

impl JournalSink for Watched {
    fn deliver(&self, journal: JournalId, mut entries: Vec<(Position, Arc<JournalEntry>)>) {
        let Setup { node, life, delivered, .. } = &self.setup;
        delivered.take(*node, *life, journal, &entries);
        if self.setup.plan.is(Mutant::SkipAfterRestart) && *life > 1 && entries.len() > 1 {
            // Broken on purpose: the second entry of a replay is taken as empty.
            entries[1].1 = Arc::new(JournalEntry::Ceiling(Timestamp::ZERO));
        }
        if self.setup.plan.is(Mutant::ApplyAgain) && *life > 1 {
            apply_again(&mut entries);
        }
        self.crossbar.deliver(journal, entries);
    }

    fn skipped(&self, journal: JournalId, from: Position, to: Position) {
        let node = self.setup.node;
        let (from, to) = (from.0, to.0);
        self.setup.trace.fault(format!(
            "Replicas: node {node} will never have entries {from} to {to} of journal {journal}"
        ));
    }
}

/// Broken on purpose: additions of the first entry, which was there before, count once more.
fn apply_again(entries: &mut [(Position, Arc<JournalEntry>)]) {
    let Some((_, entry)) = entries.first_mut() else { return };
    if let JournalEntry::Transactions(all) = &**entry {
        let mut all = all.clone();
        for one in &mut all {
            one.additions.extend(one.additions.clone());
        }
        *entry = Arc::new(JournalEntry::Transactions(all));
    }
}

/// So small that rows are copied, thrown away and give way to others in every run.
fn small_row_cache() -> RowCacheOptions {
    RowCacheOptions {
        bytes: 8 << 10,
        span_rows: 8,
        span_bytes: 1 << 10,
        copy_after_rows: 4,
        misses_per_load: 2,
        misses_per_drop: 1,
    }
}

/// Starts a node. The error says why the process must end.
pub async fn open(setup: Setup, failed: Arc<OnceLock<String>>) -> Result<Arc<Node>, String> {
    let plan = setup.plan.clone();
    let node = setup.node;
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(setup.skew.clone(), setup.begun));
    let retention_nanos = plan.retention;
    let options = StorageOptions {
        retention_nanos,
        row_cache: small_row_cache(),
        ..StorageOptions::default()
    };
    let storage = Storage::open(Arc::new(setup.engine.clone()), options.clone())
        .map_err(|error| format!("storage: {error}"))?;
    let applied = storage.applied();
    let shards = ShardMap::new(plan.shards);
    let positions: BTreeMap<JournalId, Position> = shards
        .shards()
        .map(|shard| JournalId(shard.0))
        .map(|journal| (journal, applied.positions.get(&journal).copied().unwrap_or_default()))
        .collect();
    let unasked = match plan.mutant {
        Some(Mutant::IgnoreOneJournal) => positions.keys().last().copied().into_iter().collect(),
        Some(Mutant::MergeByArrival) => positions.keys().copied().collect(),
        _ => Vec::new(),
    };
    let later = Arc::new(Later { cluster: OnceLock::new(), unasked });
    let subscribers: Vec<Arc<dyn DeliverySink>> = vec![storage.clone(), later.clone()];
    let (crossbar, driver) =
        Crossbar::new(&positions, applied.watermark, later.clone(), subscribers);
    storage.connect(crossbar.clone());
    let stopped = failed.clone();
    tokio::spawn(async move {
        if let Err(reason) = driver.drive(tokio::time::sleep).await {
            let _ = stopped.set(format!("crossbar: {reason}"));
        }
    });
    let services = Services::default();
    let config = TransportConfig::new(CLUSTER, node, Security::Insecure);
    let sockets = Arc::new(NodeSockets { net: setup.net.clone(), node });
    let network = Network::start_over(config, sockets, services.clone());
    for other in plan.nodes().filter(|other| *other != node) {
        network.set_address(other, other.to_string());
    }
    let config = JournalConfig {
        identity: 7,
        node,
        voters: plan.nodes().collect(),
        heartbeat_ms: HEARTBEAT_MS,
        election_ms: ELECTION_MS,
        segment_bytes: plan.segment_bytes,
        cache_bytes: plan.cache_bytes,
        trim_stride: 4,
        in_task: Some(setup.pace.clone()),
        ..JournalConfig::single("/journal")
    };
    let wire: Arc<dyn transport::Transport> = Arc::new(network.clone());
    let sink = Arc::new(Watched { setup: setup.clone(), crossbar });
    let transport = Arc::new(WireTransport::new(wire.clone()));
    let opened = positions.into_iter().collect();
    let files: Arc<dyn Files> = match plan.is(Mutant::DiskLies) {
        true => Arc::new(LyingFiles(setup.files.clone())),
        false => Arc::new(setup.files.clone()),
    };
    let journals = Journals::open(config, files, opened, sink, Some(transport))
        .await
        .map_err(|error| format!("journal: {error}"))?;
    let journals = Arc::new(journals);
    let led = shards
        .shards()
        .map(|shard| journals.journal(JournalId(shard.0)).expect("opened above"))
        .collect();
    let leaders = Arc::new(Leaders { own: node, journals: journals.clone() });
    let elsewhere = Arc::new(WireElsewhere::new(wire, leaders));
    let bounds = plan.config.clone();
    let adjudicators = Cluster::start_with(shards, led, clock.clone(), bounds, Some(elsewhere));
    services.register(JOURNAL_SERVICE, Arc::new(JournalService::new(journals.receiver())));
    services.register(SHARD_SERVICE, Arc::new(ShardService::new(adjudicators.clone())));
    // Set once, here.
    let _ = later.cluster.set(adjudicators.clone());
    let mut stops = journals.failure();
    let stopped = failed.clone();
    tokio::spawn(async move {
        if let Ok(reason) = stops.wait_for(Option::is_some).await {
            let reason = reason.as_ref().map(ToString::to_string).unwrap_or_default();
            let _ = stopped.set(format!("journal: {reason}"));
        }
    });
    tokio::spawn(keep_storage(setup.clone(), storage.clone(), journals.clone(), options, failed));
    let trace = setup.trace.clone();
    let opened = Node { number: node, storage, adjudicators, journals, clock, plan, trace };
    let opened = Arc::new(opened);
    tokio::spawn(session::listen(opened.clone(), setup.net.clone()));
    Ok(opened)
}

/// What storage's thread does.
async fn keep_storage(
    setup: Setup,
    storage: Arc<Storage>,
    journals: Arc<Journals>,
    options: StorageOptions,
    failed: Arc<OnceLock<String>>,
) {
    loop {
        tokio::time::sleep(options.persist_every).await;
        let applied = match storage.persist() {
            Ok(applied) => applied,
            Err(error) => {
                let _ = failed.set(format!("storage: {error}"));
                return;
            }
        };
        if let Err(error) = storage.collect(COLLECT_PER_ROUND) {
            let _ = failed.set(format!("storage: {error}"));
            return;
        }
        if setup.plan.is(Mutant::CollectTooMuch) {
            setup.engine.remove_first(Space::History);
        }
        let mut persisted = setup.persisted.lock();
        for (journal, position) in applied.positions {
            persisted.insert((setup.node, journal), position);
        }
        for shard in ShardMap::new(setup.plan.shards).shards() {
            let journal = JournalId(shard.0);
            let of_all = setup.plan.nodes().map(|node| persisted.get(&(node, journal)).copied());
            if let Some(Some(least)) = of_all.min() {
                journals.trim(journal, least);
            }
        }
    }
}

impl Node {
    /// Waits until every shard has a leader and storage has reached its floor, as a starting node does.
    pub async fn become_ready(&self) {
        for shard in ShardMap::new(self.plan.shards).shards() {
            while !self.adjudicators.standing(shard).await.is_some_and(|one| one.leading) {
                tokio::time::sleep(LEADING_POLL).await;
            }
        }
        let floor = self.adjudicators.floor().await;
        // Who cannot get there is told so by its transactions.
        let _ = self.storage.wait_for(floor).await;
    }

    /// A commit as the node's query processors ask for it (`node/src/commits.rs`).
    pub async fn commit(&self, request: CommitRequest) -> Outcome {
        let unsettled = self.adjudicators.unsettled(&request);
        let (number, node) = (request.id.0.as_u128(), self.number);
        let outcome = self.adjudicators.commit(request).await;
        self.trace.line(format_args!("node {node} T{number} is decided: {outcome:?}"));
        match (outcome, unsettled) {
            (Outcome::Unknown { reason }, Some(unsettled)) => {
                self.trace.mark("commit in doubt");
                match tokio::time::timeout(SETTLE_LIMIT, self.settle(unsettled)).await {
                    Ok(outcome) => {
                        self.trace.line(format_args!("node {node} T{number} settled: {outcome:?}"));
                        self.trace.mark("doubt settled");
                        outcome
                    }
                    Err(_) => Outcome::Unknown { reason },
                }
            }
            (Outcome::Refused(Refusal::TooOld { floor }), _) => {
                // If it does not come in time, the next attempt is told the same.
                let _ = tokio::time::timeout(FLOOR_LIMIT, self.storage.wait_for(floor)).await;
                Outcome::Refused(Refusal::TooOld { floor })
            }
            (outcome, _) => outcome,
        }
    }

    async fn settle(&self, unsettled: Unsettled) -> Outcome {
        loop {
            let delivered = |up_to: Timestamp| async move {
                self.storage.wait_for(up_to).await.ok()?;
                self.storage.outcome(unsettled.id).ok()
            };
            if let Some(outcome) = self.adjudicators.settle(&unsettled, delivered).await {
                return outcome;
            }
            tokio::time::sleep(SETTLE_POLL).await;
        }
    }
}
