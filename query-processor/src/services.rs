//! What a node gives to its query processors.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use catalog::{Catalog, Descriptor};
use dashmap::DashMap;
use parking_lot::Mutex;
use protocol::adjudication::Commit;
use protocol::key::{DESCRIPTOR_TABLE, PRIMARY_INDEX, prefix, prefix_end};
use protocol::storage::{Direction, ReadStorage, ScanRequest};
use protocol::transaction::{CommitRequest, Outcome, SchemaUse, TransactionStatus, Write};
use protocol::{TableId, Timestamp, TransactionId};
use runtime::Clock;
use session::CancelRegistry;
use tokio::sync::Semaphore;
use types::{SqlError, SqlResult, sqlstate};
use uuid::Uuid;

use crate::acknowledgement::{self, Acknowledgement};
use crate::activity::LiveSession;
use crate::advisory::AdvisoryLocks;
use crate::errors;
use crate::identifiers::ObjectIdentifiers;
use crate::notifications::Notifications;
use crate::sequences::Sequences;
use crate::statistics::KeptStatistics;
use crate::transaction::TransactionLimits;
use crate::turns::Turns;
use crate::vector_indexes::KeptLists;

/// Microseconds between 1970-01-01 and 2000-01-01.
const EPOCH_DIFFERENCE: i64 = 946_684_800_000_000;
/// Snapshots of the catalog kept: the newest and those that open transactions may still read.
const KEPT_CATALOGS: usize = 4;
/// How long a transaction waits at its start for what other nodes have committed.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10);

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct ProcessorConfig {
    /// Bytes a statement may hold before it spills.
    pub query_memory: usize,
    pub spill_directory: PathBuf,
    pub limits: TransactionLimits,
    /// A transaction older than this is refused at its next statement and at commit (54000).
    pub transaction_age: Duration,
    /// How long draining waits for open transactions before it aborts them (57P01).
    pub drain: Duration,
    /// Values of settings that the configuration overrides, by name.
    pub settings: Vec<(String, String)>,
}

impl Default for ProcessorConfig {
    fn default() -> ProcessorConfig {
        ProcessorConfig {
            query_memory: 128 << 20,
            spill_directory: std::env::temp_dir(),
            limits: TransactionLimits::default(),
            transaction_age: Duration::from_secs(300),
            drain: Duration::from_secs(310),
            settings: Vec::new(),
        }
    }
}

/// Answers about the node that only the node knows.
pub trait NodeView: Send + Sync {
    fn stored_bytes(&self, table: TableId, index: Option<u16>) -> u64;

    /// Rows of a view of `sys` that the node fills; `None` if it does not know the view.
    fn system_rows(&self, relation: &str) -> Option<Vec<Vec<types::Datum>>>;

    /// Whether other nodes commit too. Then storage here may lack what they have acknowledged, and a transaction that
    /// begins waits for it.
    fn others_commit(&self) -> bool {
        false
    }

    /// Prefixes whose rows nobody will read again once storage's watermark has passed the transaction that dropped them.
    fn rows_dropped(&self, prefixes: Vec<Vec<u8>>);
}

/// Everything that query processors share on one node.
pub struct Services {
    pub storage: Arc<dyn ReadStorage>,
    pub commit: Arc<dyn Commit>,
    pub clock: Arc<dyn Clock>,
    pub registry: Arc<CancelRegistry>,
    pub node: Arc<dyn NodeView>,
    pub config: ProcessorConfig,
    pub sequences: Sequences,
    pub identifiers: ObjectIdentifiers,
    pub activity: DashMap<i32, Arc<LiveSession>>,
    pub kept_statistics: KeptStatistics,
    pub vector_lists: KeptLists,
    pub turns: Arc<Turns>,
    pub advisory: Arc<AdvisoryLocks>,
    pub notifications: Notifications,
    catalogs: Mutex<VecDeque<Arc<Catalog>>>,
    row_ids: AtomicU64,
    row_id_origin: u64,
    runtime: tokio::runtime::Handle,
    /// Threads that may help statements of other threads to read.
    helpers: Arc<Semaphore>,
}

impl Services {
    /// # Panics
    /// Outside of a tokio runtime: statements that must wait for a commit of their own use it.
    pub fn new(
        storage: Arc<dyn ReadStorage>,
        commit: Arc<dyn Commit>,
        clock: Arc<dyn Clock>,
        registry: Arc<CancelRegistry>,
        node: Arc<dyn NodeView>,
        config: ProcessorConfig,
    ) -> Arc<Services> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Services {
            storage,
            commit,
            clock,
            registry,
            node,
            config,
            sequences: Sequences::default(),
            identifiers: ObjectIdentifiers::default(),
            activity: DashMap::new(),
            kept_statistics: KeptStatistics::default(),
            vector_lists: KeptLists::default(),
            turns: Arc::default(),
            advisory: Arc::default(),
            notifications: Notifications::default(),
            catalogs: Mutex::new(VecDeque::new()),
            row_ids: AtomicU64::new(0),
            row_id_origin: Uuid::new_v4().as_u64_pair().0,
            runtime: tokio::runtime::Handle::current(),
            helpers: Arc::new(Semaphore::new(cores)),
        })
    }

    /// Microseconds since 2000-01-01 UTC.
    pub fn now(&self) -> i64 {
        let nanos = self.clock.now().latest.0 / 1_000;
        i64::try_from(nanos).unwrap_or(i64::MAX) - EPOCH_DIFFERENCE
    }

    /// The key of a row without primary key: time first, so that rows of one node stay in order of insertion.
    pub fn new_row_id(&self) -> [u8; 16] {
        let now = self.clock.now().latest.0;
        let last = self.row_ids.fetch_max(now, Ordering::Relaxed).max(now);
        let unique = self.row_ids.fetch_add(1, Ordering::Relaxed).max(last);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&unique.to_be_bytes());
        id[8..].copy_from_slice(&self.row_id_origin.to_be_bytes());
        id
    }

    /// A snapshot that has everything that was acknowledged before, on whatever node, and not less than `least`.
    ///
    /// Where this node alone commits, storage has everything acknowledged. Otherwise the true time is at most the clock's
    /// latest now, and whatever was acknowledged was certainly in the past then (DESIGN 3): storage that has reached
    /// that has it.
    pub async fn fresh_snapshot(&self, least: Timestamp) -> SqlResult<Timestamp> {
        let least = match self.node.others_commit() {
            true => least.max(self.clock.now().latest),
            false => least,
        };
        if self.storage.watermark() < least {
            let reached = tokio::time::timeout(SNAPSHOT_PATIENCE, self.storage.wait_for(least));
            match reached.await {
                Ok(reached) => reached.map_err(errors::from_read)?,
                Err(_) => return Err(errors::no_fresh_snapshot()),
            }
        }
        let snapshot = self.storage.watermark();
        self.until_certain(snapshot).await;
        Ok(snapshot)
    }

    /// Waits until everything in a snapshot is certainly past, before a client is told of it.
    ///
    /// The watermark of several nodes is the promise of some clock and may be ahead of the true time, and so may be a
    /// commit below it that nobody was told of yet. Who reads it and tells of it must not be followed by somebody whose
    /// clock is behind, and whose snapshot does not have it.
    pub async fn until_certain(&self, snapshot: Timestamp) {
        if !self.node.others_commit() {
            return;
        }
        let last = snapshot.min(self.storage.changed_at());
        loop {
            let earliest = self.clock.now().earliest;
            if earliest > last {
                return;
            }
            tokio::time::sleep(Duration::from_nanos(last.0 - earliest.0 + 1)).await;
        }
    }

    /// Has another thread run something, unless as many are at that as the machine has cores.
    pub fn help(&self, task: impl FnOnce() + Send + 'static) -> bool {
        let Ok(permit) = Arc::clone(&self.helpers).try_acquire_owned() else {
            return false;
        };
        self.runtime.spawn_blocking(move || {
            task();
            drop(permit);
        });
        true
    }

    /// The catalog as of `tau`, which storage has reached.
    pub fn catalog_at(&self, tau: Timestamp) -> SqlResult<Arc<Catalog>> {
        let changed = self.storage.catalog_changed_at();
        if changed <= tau {
            let known = self.catalogs.lock();
            if let Some(found) = known.iter().find(|catalog| catalog.version == changed) {
                return Ok(Arc::clone(found));
            }
        }
        let loaded = Arc::new(self.load_catalog(tau, changed.min(tau))?);
        if changed <= tau {
            let mut known = self.catalogs.lock();
            known.push_front(Arc::clone(&loaded));
            known.truncate(KEPT_CATALOGS);
        }
        Ok(loaded)
    }

    fn load_catalog(&self, tau: Timestamp, version: Timestamp) -> SqlResult<Catalog> {
        let start = prefix(DESCRIPTOR_TABLE, PRIMARY_INDEX).to_vec();
        let end = prefix_end(&start).expect("not the last table");
        let mut cursor = self
            .storage
            .scan(ScanRequest {
                start: start.into(),
                end: end.into(),
                tau,
                direction: Direction::Ascending,
                filter: None,
                limit: None,
            })
            .map_err(errors::from_read)?;
        let mut descriptors = Vec::new();
        let mut rows = Vec::new();
        let mut more = true;
        while more {
            more = cursor.next_batch(&mut rows, 256).map_err(errors::from_read)?;
            for row in rows.drain(..) {
                descriptors.push(Descriptor::decode(&row.value).ok_or_else(|| {
                    SqlError::new(
                        sqlstate::DATA_CORRUPTED,
                        "a catalog descriptor was written by another version of this program",
                    )
                })?);
            }
        }
        Ok(Catalog::new(version, descriptors))
    }

    /// Commits and waits until the commit is visible to reads on this node. It is decided on the node's own threads: what
    /// drops the future does not stop the commit.
    pub fn commit_visibly(&self, request: CommitRequest) -> Acknowledgement {
        self.kept_statistics.count(&request);
        let (decision, acknowledgement) = acknowledgement::channel();
        let (commit, storage) = (Arc::clone(&self.commit), Arc::clone(&self.storage));
        self.runtime.spawn(async move {
            let id = request.id;
            let result = match commit.commit(request).await {
                Outcome::Committed { tau_commit } => Ok(tau_commit),
                Outcome::Refused(refusal) => Err(CommitFailure::Refused(refusal)),
                Outcome::Unknown { reason } => match commit.status(id).await {
                    TransactionStatus::Committed { tau_commit } => Ok(tau_commit),
                    _ => Err(CommitFailure::Unknown { reason }),
                },
            };
            decision.tell(result, &*storage);
        });
        acknowledgement
    }

    /// A small transaction of the system's own, repeated while it loses conflicts: counters of sequences and
    /// identifiers. `make` reads as of the given snapshot and returns the writes with a result.
    pub async fn run_small<T>(
        &self,
        make: impl Fn(Timestamp) -> SqlResult<(Vec<Write>, T)>,
    ) -> SqlResult<T> {
        const TRIES: usize = 200;
        let mut last = None;
        for _ in 0..TRIES {
            let tau_start = self.storage.watermark();
            let (writes, result) = make(tau_start)?;
            let request = CommitRequest {
                id: TransactionId(Uuid::now_v7()),
                tau_start,
                writes,
                additions: Vec::new(),
                checks: Vec::new(),
                ranges: Vec::new(),
                schema: Vec::<SchemaUse>::new(),
            };
            let id = request.id;
            match self.commit_visibly(request).await {
                Ok(_) => return Ok(result),
                Err(CommitFailure::Refused(refusal)) => last = Some(refusal),
                Err(CommitFailure::Unknown { reason }) => {
                    return Err(errors::outcome_unknown(id, &reason));
                }
            }
        }
        Err(errors::from_refusal(last.expect("tried at least once"), |_, _| None))
    }

    /// Runs something beside the sessions.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Nothing of a session that is over stays behind.
    pub fn session_ended(&self, process_id: i32) {
        self.activity.remove(&process_id);
        self.advisory.release_session(process_id);
        self.notifications.forget(process_id);
    }

    /// Waits for a future from code that runs a statement on a thread. Statements run on threads that may block, or on
    /// a worker of the runtime that others then take over from.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        tokio::task::block_in_place(|| self.runtime.block_on(future))
    }

    /// Reads one of the system's own rows.
    pub fn read_row(&self, key: &[u8], tau: Timestamp) -> SqlResult<Option<Bytes>> {
        self.storage.get(key, tau).map_err(errors::from_read)
    }
}

/// Why a commit did not succeed.
#[derive(Debug)]
pub enum CommitFailure {
    /// Nothing happened.
    Refused(protocol::transaction::Refusal),
    /// It may have happened.
    Unknown { reason: String },
}
