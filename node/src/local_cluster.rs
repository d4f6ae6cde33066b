//! All roles of one node, wired to each other: storage, crossbar, journals and adjudicators.
//!
//! The order of starting follows the flow of data backwards: storage says what it has, the crossbar merges from there,
//! the journals deliver from there, the adjudicators lead the journals. The node serves when storage has reached the
//! adjudicators' floor, so that every snapshot it gives out can commit.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use adjudicator::Cluster;
use crossbar::Crossbar;
use journal::{JournalConfig, Node as Journals, OpenError};
use protocol::adjudication::{BumpError, Promise, Promises};
use protocol::delivery::{ApplyError, Delivery, DeliverySink};
use protocol::journal::{BoxFuture, Position};
use protocol::key::ShardMap;
use protocol::storage::ReadStorage;
use protocol::{JournalId, Timestamp};
use runtime::files::Files;
use runtime::{Clock, SystemClock};
use storage::{
    Applied, DiskEngine, DiskOptions, EngineError, Maintenance, MaintenanceEvents, Storage,
    StorageOptions,
};
use tokio::sync::watch;

use crate::data_directory::Identity;
use crate::exit::{Code, Exit};

/// How long opening may take to reach the floor before the node gives up.
const READY_TIMEOUT: Duration = Duration::from_secs(120);

/// How often a starting node looks whether its adjudicators lead their journals yet.
const LEADING_POLL: Duration = Duration::from_millis(2);

/// Adjudicators that the crossbar needs before they exist.
#[derive(Default)]
struct Later(OnceLock<Cluster>);

impl Promises for Later {
    fn bump(
        &self,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>> {
        match self.0.get() {
            Some(cluster) => cluster.bump(journal, at_least),
            None => Box::pin(std::future::ready(Err(BumpError::Unavailable {
                reason: "the adjudicators are starting".to_owned(),
            }))),
        }
    }
}

impl DeliverySink for Later {
    fn apply(&self, delivery: &Delivery) -> Result<(), ApplyError> {
        match self.0.get() {
            Some(cluster) => cluster.apply(delivery),
            None => Ok(()),
        }
    }
}

/// Journals that storage's maintenance trims before they exist.
struct Trimming {
    journals: OnceLock<Arc<Journals>>,
    failure: watch::Sender<Option<Failure>>,
    /// Storage's own thread is outside of it.
    runtime: tokio::runtime::Handle,
}

/// What ends the process: the code and the line.
pub type Failure = (Code, String);

struct Events(Arc<Trimming>);

impl MaintenanceEvents for Events {
    fn durable(&self, applied: &Applied) {
        if let Some(journals) = self.0.journals.get() {
            let _entered = self.0.runtime.enter();
            for (journal, position) in &applied.positions {
                journals.trim(*journal, *position);
            }
        }
    }

    fn failed(&self, error: &EngineError) {
        self.0.failure.send_replace(Some((Code::Failure, format!("storage failed: {error}"))));
    }
}

/// The running roles.
pub struct LocalCluster {
    pub storage: Arc<Storage>,
    pub adjudicators: Cluster,
    pub journals: Arc<Journals>,
    pub crossbar: Arc<Crossbar>,
    pub clock: Arc<dyn Clock>,
    pub shards: ShardMap,
    failure: watch::Receiver<Option<Failure>>,
    driver: Option<std::thread::JoinHandle<()>>,
    maintenance: Option<Maintenance>,
}

fn open_failed(error: &OpenError) -> Exit {
    let code = match error {
        OpenError::Foreign { .. } | OpenError::Newer { .. } => Code::DataDirectory,
        OpenError::Corrupt { .. } | OpenError::Trimmed { .. } => Code::Corrupt,
        OpenError::Full { .. } => Code::DiskFull,
        _ => Code::Failure,
    };
    Exit::new(code, error.to_string())
}

impl LocalCluster {
    /// Opens everything below `directory` and waits until transactions can commit.
    pub async fn open(
        directory: &Path,
        identity: &Identity,
        files: Arc<dyn Files>,
        disk: DiskOptions,
    ) -> Result<LocalCluster, Exit> {
        let folder = directory.join("storage");
        let opening = tokio::task::spawn_blocking(move || {
            let engine = DiskEngine::open(&folder, &disk).map_err(|error| {
                Exit::new(
                    Code::DataDirectory,
                    format!("storage in {} could not be opened: {error}", folder.display()),
                )
            })?;
            Storage::open(Arc::new(engine), StorageOptions::default())
                .map_err(|error| Exit::new(Code::Corrupt, format!("storage: {error}")))
        });
        let storage = opening.await.map_err(|error| Exit::failure(error.to_string()))??;
        let applied = storage.applied();
        let shards = ShardMap::new(identity.adjudicators);
        let positions: BTreeMap<JournalId, Position> = shards
            .shards()
            .map(|shard| {
                let journal = JournalId(shard.0);
                (journal, applied.positions.get(&journal).copied().unwrap_or_default())
            })
            .collect();
        let later = Arc::new(Later::default());
        let subscribers: Vec<Arc<dyn DeliverySink>> = vec![storage.clone(), later.clone()];
        let (crossbar, driver) =
            Crossbar::new(&positions, applied.watermark, later.clone(), subscribers);
        storage.connect(crossbar.clone());
        let trimming = Arc::new(Trimming {
            journals: OnceLock::new(),
            failure: watch::Sender::new(None),
            runtime: tokio::runtime::Handle::current(),
        });
        let failure = trimming.failure.subscribe();
        let failed = trimming.failure.clone();
        let driver = std::thread::Builder::new()
            .name("crossbar".to_owned())
            .spawn(move || {
                if let Err(reason) = driver.run() {
                    failed.send_replace(Some((Code::Failure, format!("crossbar: {reason}"))));
                }
            })
            .map_err(|error| Exit::failure(format!("no thread for the crossbar: {error}")))?;
        let config = JournalConfig {
            identity: identity.cluster_id.as_u64_pair().0,
            node: u64::from(identity.node_id),
            voters: vec![u64::from(identity.node_id)],
            ..JournalConfig::single(directory.join("journal"))
        };
        let sink = crossbar.clone();
        let opened = positions.into_iter().collect();
        let journals = Journals::open(config, files, opened, sink, None)
            .await
            .map_err(|error| open_failed(&error))?;
        let journals = Arc::new(journals);
        // Nobody else sets it.
        let _ = trimming.journals.set(journals.clone());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(0));
        let led = shards
            .shards()
            .map(|shard| journals.journal(JournalId(shard.0)).expect("opened above"))
            .collect();
        let adjudicators = Cluster::start(shards, led, clock.clone());
        let _ = later.0.set(adjudicators.clone());
        let maintenance = Maintenance::start(storage.clone(), Events(trimming))
            .map_err(|error| Exit::failure(format!("no thread for storage: {error}")))?;
        let cluster = LocalCluster {
            storage,
            adjudicators,
            journals,
            crossbar,
            clock,
            shards,
            failure,
            driver: Some(driver),
            maintenance: Some(maintenance),
        };
        cluster.become_ready().await?;
        Ok(cluster)
    }

    /// Waits until storage has everything that was ever committed, and snapshots are young enough to commit.
    async fn become_ready(&self) -> Result<(), Exit> {
        let ready = async {
            for shard in self.shards.shards() {
                while !self.adjudicators.standing(shard).await.is_some_and(|s| s.leading) {
                    tokio::time::sleep(LEADING_POLL).await;
                }
            }
            let floor = self.adjudicators.floor().await;
            self.storage.wait_for(floor).await
        };
        let mut failure = self.failure.clone();
        tokio::select! {
            result = tokio::time::timeout(READY_TIMEOUT, ready) => match result {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(Exit::failure(format!("storage did not catch up: {error}"))),
                Err(_) => Err(Exit::failure("storage did not catch up with the journals in time")),
            },
            failed = failure.wait_for(Option::is_some) => match failed {
                Ok(failed) => {
                    let (code, message) = failed.clone().expect("waited for");
                    Err(Exit::new(code, message))
                }
                Err(_) => Err(Exit::failure("storage has stopped")),
            },
        }
    }

    /// Resolves when a part has failed for good: the process must end, and starts again from its log.
    pub async fn failed(&self) -> Exit {
        let mut storage = self.failure.clone();
        let mut journals = self.journals.failure();
        tokio::select! {
            failed = storage.wait_for(Option::is_some) => match failed {
                Ok(failed) => {
                    let (code, message) = failed.clone().expect("waited for");
                    Exit::new(code, message)
                }
                Err(_) => Exit::failure("storage has stopped"),
            },
            failed = journals.wait_for(Option::is_some) => match failed {
                Ok(failed) => Exit::failure(format!("the journal failed: {:?}", failed.as_ref())),
                Err(_) => Exit::failure("the journal has stopped"),
            },
        }
    }

    /// Stops everything in order; what is applied is made durable.
    pub async fn shutdown(mut self) {
        self.journals.shutdown().await;
        self.crossbar.stop();
        let (driver, maintenance) = (self.driver.take(), self.maintenance.take());
        let joined = tokio::task::spawn_blocking(move || {
            if let Some(driver) = driver {
                // A panic there was reported when it happened.
                let _ = driver.join();
            }
            drop(maintenance);
        });
        let _ = joined.await;
    }
}
