//! A node's journals: one log, one Raft group per journal.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use openraft::async_runtime::watch::WatchReceiver;
use openraft::{Config, Raft, SnapshotPolicy};
use parking_lot::Mutex;
use protocol::JournalId;
use protocol::journal::{Journal, JournalSink, Position};
use runtime::files::Files;
use tokio::sync::watch;

use crate::error::{LogFailure, OpenError};
use crate::front::{Front, Limits, Submitter};
use crate::group::machine::{Machine, MachineShared};
use crate::group::network::{GroupNetwork, InProcessTransport, Receiver, Transport};
use crate::group::storage::GroupLog;
use crate::group::types::JournalTypes;
use crate::log::{Log, LogConfig, Pace};

pub(crate) type Group = Raft<JournalTypes, Machine>;

/// How a node keeps its journals.
#[derive(Clone, Debug)]
pub struct JournalConfig {
    /// The log's directory; nothing else may be in it.
    pub directory: PathBuf,
    /// Which cluster and node the log belongs to; a segment with another identity is refused.
    pub identity: u64,
    /// This node's number. A node that lost its log must come back under a new one: the old one's votes are lost.
    pub node: u64,
    /// Who founds a new journal together, this node among them. Empty: this node waits to be added to it. Without
    /// meaning for journals that exist.
    pub voters: Vec<u64>,
    pub segment_bytes: u64,
    /// Memory for recent entries, all journals together.
    pub cache_bytes: u64,
    /// Appends in flight per journal; more are refused as overload.
    pub appends_max: usize,
    /// Bytes of appends in flight per journal; more are refused as overload.
    pub append_bytes_max: usize,
    /// Only with several nodes: how often a leader says that it is there.
    pub heartbeat_ms: u64,
    /// Only with several nodes: without a word from the leader for this long (up to twice as long), another is elected.
    pub election_ms: u64,
    /// Trimming is this coarse, in positions.
    pub trim_stride: u64,
    /// The log is written by a task at this pace instead of threads: for simulations on one thread.
    pub in_task: Option<Pace>,
}

impl JournalConfig {
    /// A node alone, with the usual sizes.
    pub fn single(directory: impl Into<PathBuf>) -> JournalConfig {
        JournalConfig {
            directory: directory.into(),
            identity: 0,
            node: 1,
            voters: vec![1],
            segment_bytes: 64 << 20,
            cache_bytes: 16 << 20,
            appends_max: 8192,
            append_bytes_max: 256 << 20,
            heartbeat_ms: 200,
            election_ms: 1000,
            trim_stride: 64,
            in_task: None,
        }
    }
}

pub(crate) struct Running {
    pub raft: Group,
    machine: Arc<MachineShared>,
    front: Arc<Front>,
}

/// The journals of a node.
pub struct Node {
    log: Log,
    pub(crate) running: HashMap<JournalId, Running>,
    receiver: Receiver,
    closing: watch::Sender<bool>,
}

impl Node {
    /// Opens the log and starts the journals. Each is given with the position up to which the sink has it durably:
    /// delivery starts behind it. Must be called within a tokio runtime; reading the log blocks one of its threads.
    pub async fn open(
        config: JournalConfig,
        files: Arc<dyn Files>,
        journals: Vec<(JournalId, Position)>,
        sink: Arc<dyn JournalSink>,
        transport: Option<Arc<dyn Transport>>,
    ) -> Result<Node, OpenError> {
        let log_config = LogConfig {
            directory: config.directory.clone(),
            identity: config.identity,
            segment_bytes: config.segment_bytes,
            cache_bytes: config.cache_bytes,
        };
        let log = match config.in_task.clone() {
            Some(pace) => Log::open_with(files, log_config, Some(pace))?,
            None => {
                let opening = tokio::task::spawn_blocking(move || Log::open(files, log_config));
                match opening.await {
                    Ok(log) => log?,
                    Err(panic) => std::panic::resume_unwind(panic.into_panic()),
                }
            }
        };
        let transport = transport.unwrap_or_else(|| Arc::new(InProcessTransport::default()));
        let receiver = Receiver { log: log.clone(), groups: Arc::new(Mutex::new(HashMap::new())) };
        let closing = watch::Sender::new(false);
        let mut node = Node { log, running: HashMap::new(), receiver, closing };
        for (journal, persisted) in journals {
            let started =
                node.start(&config, journal, persisted, sink.clone(), transport.clone()).await;
            if let Err(error) = started {
                node.shutdown().await;
                return Err(error);
            }
        }
        Ok(node)
    }

    async fn start(
        &mut self,
        config: &JournalConfig,
        journal: JournalId,
        persisted: Position,
        sink: Arc<dyn JournalSink>,
        transport: Arc<dyn Transport>,
    ) -> Result<(), OpenError> {
        let consensus = |reason: String| OpenError::Consensus { journal: journal.0, reason };
        let storage = GroupLog { log: self.log.clone(), group: journal.0 };
        let machine = Machine::open(journal, storage.clone(), sink, persisted, config.trim_stride)
            .map_err(|error| consensus(error.to_string()))?;
        if persisted < machine.trimmed() {
            let (asked, trimmed) = (persisted.0, machine.trimmed().0);
            return Err(OpenError::Trimmed { journal: journal.0, asked, trimmed });
        }
        let shared = machine.shared.clone();
        let is_new =
            self.log.bounds(journal.0) == (None, None) && self.log.vote(journal.0).is_none();
        if is_new && config.voters.contains(&config.node) {
            // Before openraft starts: its own way appends this entry and stands for election at once, so that a node
            // alone leads before it hears that the entry is durable, and warns of the late answer.
            let voters: BTreeSet<u64> = config.voters.iter().copied().collect();
            storage.found(voters).await.map_err(|error| consensus(error.to_string()))?;
        }
        let raft_config =
            raft_config(config).validate().map_err(|error| consensus(error.to_string()))?;
        let network = GroupNetwork { transport, journal };
        let raft = Raft::new(config.node, Arc::new(raft_config), network, storage, machine)
            .await
            .map_err(|error| consensus(error.to_string()))?;
        self.receiver.groups.lock().insert(journal, raft.clone());
        tokio::spawn(follow_membership(
            raft.clone(),
            journal,
            config.node,
            self.log.clone(),
            self.closing.subscribe(),
        ));
        let limits = Limits { appends: config.appends_max, bytes: config.append_bytes_max };
        let (front, queue) = Front::new(journal, limits, raft.clone(), shared.clone(), &self.log);
        let submitter = Submitter { raft: raft.clone(), log: self.log.clone(), queue };
        tokio::spawn(submitter.run());
        let running = Running { raft, machine: shared, front: Arc::new(front) };
        self.running.insert(journal, running);
        Ok(())
    }

    /// The journal; `None` if it was not among those opened.
    pub fn journal(&self, journal: JournalId) -> Option<Arc<dyn Journal>> {
        let running = self.running.get(&journal)?;
        Some(running.front.clone())
    }

    /// Everything up to `position` is persisted elsewhere: it is never delivered again and its space is given back,
    /// sooner or later. Cheap; costs two fsyncs each time that something can be given back.
    pub fn trim(&self, journal: JournalId, position: Position) {
        let Some(running) = self.running.get(&journal) else { return };
        let Some(index) = running.machine.trim(position) else { return };
        let snapshot = running.raft.metrics().borrow_watched().snapshot.map(|id| id.index);
        if snapshot.is_some_and(|snapshot| snapshot >= index) {
            return;
        }
        let raft = running.raft.clone();
        tokio::spawn(async move {
            // The log is cut at the snapshot by openraft itself. If the group has stopped there is nothing to cut.
            let _ = raft.trigger().snapshot().await;
        });
    }

    /// Who leads the journal as far as this node knows.
    pub fn leader(&self, journal: JournalId) -> Option<u64> {
        let running = self.running.get(&journal)?;
        running.raft.server_metrics().borrow_watched().current_leader
    }

    /// Where other nodes' messages go in.
    pub fn receiver(&self) -> Receiver {
        self.receiver.clone()
    }

    /// Becomes `Some` when the log or a journal has stopped for good: the process must exit.
    pub fn failure(&self) -> watch::Receiver<Option<LogFailure>> {
        self.log.failure()
    }

    /// Stops the journals, writes what waits and closes the log. Appends in flight end as unknown.
    pub async fn shutdown(&self) {
        self.closing.send_replace(true);
        for running in self.running.values() {
            running.front.close();
        }
        let groups = std::mem::take(&mut *self.receiver.groups.lock());
        for raft in groups.into_values() {
            // An error means that it has stopped already.
            let _ = raft.shutdown().await;
        }
        let log = self.log.clone();
        let _ = tokio::task::spawn_blocking(move || log.close()).await;
    }
}

fn raft_config(config: &JournalConfig) -> Config {
    Config {
        cluster_name: "quorate".into(),
        heartbeat_interval: config.heartbeat_ms,
        election_timeout_min: config.election_ms,
        election_timeout_max: config.election_ms * 2,
        install_snapshot_timeout: 10_000,
        max_payload_entries: 128,
        // Snapshots are made when storage has persisted something, not by count, and the log is cut right there.
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: 0,
        enable_pre_vote: Some(true),
        // After a restart a leader begins a new term: what the state machine knows of the old one's beginning is gone.
        enable_leader_restore: Some(false),
        // Ticks drive heartbeats and elections. A node alone needs neither, and an idle process must sleep.
        enable_tick: false,
        ..Config::default()
    }
}

/// Turns ticks on while the journal has other members, elects a node that is alone, and notices when the group stops.
async fn follow_membership(
    raft: Group,
    journal: JournalId,
    node: u64,
    log: Log,
    closing: watch::Receiver<bool>,
) {
    let mut metrics = raft.server_metrics();
    let mut asked = false;
    loop {
        let (members, alone, leaderless) = {
            let metrics = metrics.borrow_and_update();
            let membership = metrics.membership_config.membership();
            let mut voters = membership.voter_ids();
            let members = membership.nodes().count();
            let alone = members == 1 && voters.next() == Some(node);
            (members, alone, metrics.current_leader.is_none())
        };
        raft.runtime_config().tick(members > 1);
        if alone && leaderless && !asked {
            asked = true;
            if raft.trigger().elect(false).await.is_err() {
                break;
            }
        }
        if metrics.changed().await.is_err() {
            break;
        }
    }
    if *closing.borrow() {
        return;
    }
    let reason = match &raft.metrics().borrow_watched().running_state {
        Ok(()) => "it ended".to_owned(),
        Err(fatal) => fatal.to_string(),
    };
    log.stop(LogFailure::Consensus { journal: journal.0, reason });
}
