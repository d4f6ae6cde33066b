//! All roles of one node, wired to each other and to those of other nodes: storage, crossbar, journals, adjudicators.
//!
//! The order of starting follows the flow of data backwards: storage says what it has, the crossbar merges from there,
//! the journals deliver from there, the adjudicators lead the journals. The node serves when storage has reached the
//! adjudicators' floor, so that every snapshot it gives out can commit.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use adjudicator::Cluster;
use adjudicator::elsewhere::Owner;
use adjudicator::wire::{Owners, SHARD_SERVICE, ShardService, WireElsewhere};
use crossbar::Crossbar;
use journal::{
    JOURNAL_SERVICE, JournalConfig, JournalService, Node as Journals, OpenError, WireTransport,
};
use protocol::adjudication::{BumpError, Promise, Promises};
use protocol::delivery::{ApplyError, Delivery, DeliverySink};
use protocol::journal::{BoxFuture, Position};
use protocol::key::ShardMap;
use protocol::storage::ReadStorage;
use protocol::{JournalId, ShardId, Timestamp};
use runtime::Clock;
use runtime::files::Files;
use storage::{DiskEngine, DiskOptions, Maintenance, RowCacheOptions, Storage, StorageOptions};
use tokio::sync::watch;
use transport::Network;

use crate::book::{self, ADDRESS_SERVICE, Addresses, Book};
use crate::data_directory::Identity;
use crate::exit::{Code, Exit};
use crate::join::{COPY_SERVICE, Copies, Door, Member};
use crate::keeper;
use crate::trimming::{Deliveries, Events, Failure, TRIMMING_SERVICE, Told, Trimming};

/// A leader of a journal says so often that it is there; only with several nodes.
const HEARTBEAT_MS: u64 = 100;
/// Without a word from it for so long, up to twice as long, another is elected.
const ELECTION_MS: u64 = 500;
/// How long a node that stops waits for others to take its journals over.
const HAND_OVER_LIMIT: Duration = Duration::from_secs(3);

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

/// Who leads which journal, as the groups here know it.
struct Leaders {
    book: Arc<Book>,
    journals: Arc<Journals>,
}

impl Owners for Leaders {
    fn several(&self) -> bool {
        self.book.several()
    }

    fn owner(&self, shard: ShardId) -> Owner {
        if !self.book.several() {
            return Owner::Here;
        }
        match self.journals.leader(JournalId(shard.0)) {
            Some(node) if node == u64::from(self.book.own()) => Owner::Here,
            Some(node) => Owner::Node(node),
            None => Owner::Nobody,
        }
    }
}

/// What a node is opened with.
pub struct Opening<'a> {
    pub directory: &'a Path,
    pub identity: &'a Identity,
    pub files: Arc<dyn Files>,
    pub disk: DiskOptions,
    pub row_cache: RowCacheOptions,
    pub network: Network,
    /// What the network offers to other nodes.
    pub services: transport::Services,
    pub clock: Arc<dyn Clock>,
    /// Where other nodes reach this one.
    pub node_addr: String,
}

/// The running roles.
pub struct LocalCluster {
    pub storage: Arc<Storage>,
    pub adjudicators: Cluster,
    pub journals: Arc<Journals>,
    pub crossbar: Arc<Crossbar>,
    pub clock: Arc<dyn Clock>,
    pub shards: ShardMap,
    pub book: Arc<Book>,
    pub member: Arc<Member>,
    network: Network,
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
    /// Opens everything below the directory. [`LocalCluster::become_ready`] waits until transactions can commit.
    pub async fn open(opening: Opening<'_>) -> Result<LocalCluster, Exit> {
        let Opening {
            directory,
            identity,
            files,
            disk,
            row_cache,
            network,
            services,
            clock,
            node_addr,
        } = opening;
        let folder = directory.join("storage");
        let opening = tokio::task::spawn_blocking(move || {
            let engine = DiskEngine::open(&folder, &disk).map_err(|error| {
                Exit::new(
                    Code::DataDirectory,
                    format!("storage in {} could not be opened: {error}", folder.display()),
                )
            })?;
            let options = StorageOptions { row_cache, ..StorageOptions::default() };
            Storage::open(Arc::new(engine), options)
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
        let known = book::read(storage.as_ref(), applied.watermark)
            .map_err(|error| Exit::new(Code::Corrupt, format!("the address book: {error}")))?;
        let book = Book::new(identity.node_id, network.clone(), known);
        let later = Arc::new(Later::default());
        let subscribers: Vec<Arc<dyn DeliverySink>> =
            vec![storage.clone(), later.clone(), book.clone()];
        let (crossbar, driver) =
            Crossbar::new(&positions, applied.watermark, later.clone(), subscribers);
        storage.connect(crossbar.clone());
        let trimming = Trimming::new(book.clone(), network.clone());
        let failure = trimming.failure.subscribe();
        let failed = trimming.failure.clone();
        let runtime = tokio::runtime::Handle::current();
        let driver = std::thread::Builder::new()
            .name("crossbar".to_owned())
            .spawn(move || {
                // Promises of other nodes come over sockets, with timers.
                let _entered = runtime.enter();
                if let Err(reason) = driver.run() {
                    failed.send_replace(Some((Code::Failure, format!("crossbar: {reason}"))));
                }
            })
            .map_err(|error| Exit::failure(format!("no thread for the crossbar: {error}")))?;
        let config = JournalConfig {
            identity: identity.cluster_id.as_u64_pair().0,
            node: u64::from(identity.node_id),
            // Who joins is added to journals that exist.
            voters: match identity.joined {
                None => vec![u64::from(identity.node_id)],
                Some(_) => Vec::new(),
            },
            heartbeat_ms: HEARTBEAT_MS,
            election_ms: ELECTION_MS,
            ..JournalConfig::single(directory.join("journal"))
        };
        let sink = Arc::new(Deliveries { sink: crossbar.clone(), trimming: trimming.clone() });
        let opened = positions.into_iter().collect();
        let wire: Arc<dyn transport::Transport> = Arc::new(network.clone());
        let transport = Arc::new(WireTransport::new(wire.clone()));
        let journals = Journals::open(config, files, opened, sink, Some(transport))
            .await
            .map_err(|error| open_failed(&error))?;
        let journals = Arc::new(journals);
        trimming.connect(journals.clone());
        let led = shards
            .shards()
            .map(|shard| journals.journal(JournalId(shard.0)).expect("opened above"))
            .collect();
        let leaders = Arc::new(Leaders { book: book.clone(), journals: journals.clone() });
        let elsewhere = Arc::new(WireElsewhere::new(wire, leaders));
        let bounds = adjudicator::Config::default();
        let adjudicators = Cluster::start_with(shards, led, clock.clone(), bounds, Some(elsewhere));
        services.register(JOURNAL_SERVICE, Arc::new(JournalService::new(journals.receiver())));
        services.register(SHARD_SERVICE, Arc::new(ShardService::new(adjudicators.clone())));
        services.register(TRIMMING_SERVICE, Arc::new(Told(trimming.clone())));
        let member = Arc::new(Member {
            cluster_id: identity.cluster_id,
            secure: identity.secure,
            shards,
            storage: storage.clone(),
            journals: journals.clone(),
            book: book.clone(),
            clock: clock.clone(),
            commits: OnceLock::new(),
        });
        services.register(transport::STRANGERS, Arc::new(Door(member.clone())));
        services.register(COPY_SERVICE, Arc::new(Copies(member.clone())));
        services.register(ADDRESS_SERVICE, Arc::new(Addresses(book.clone())));
        let told = member.clone();
        let is_told = move || told.commits.get().is_some();
        tokio::spawn(book::tell_address(book.clone(), node_addr, is_told));
        tokio::spawn(keeper::run(journals.clone(), book.clone(), shards));
        let _ = later.0.set(adjudicators.clone());
        let maintenance = Maintenance::start(storage.clone(), Events(trimming))
            .map_err(|error| Exit::failure(format!("no thread for storage: {error}")))?;
        Ok(LocalCluster {
            storage,
            adjudicators,
            journals,
            crossbar,
            clock,
            shards,
            failure,
            driver: Some(driver),
            maintenance: Some(maintenance),
            book,
            member,
            network,
        })
    }

    /// Waits until storage has everything that was ever committed, and snapshots are young enough to commit.
    pub async fn become_ready(&self) -> Result<(), Exit> {
        let ready = async {
            for shard in self.shards.shards() {
                while !self.adjudicators.standing(shard).await.is_some_and(|s| s.leading) {
                    tokio::time::sleep(LEADING_POLL).await;
                }
            }
            let floor = self.adjudicators.floor().await;
            self.storage.wait_for(floor).await
        };
        // One of several nodes waits for a majority, however long it takes.
        let limit = if self.book.several() { Duration::MAX } else { READY_TIMEOUT };
        let mut failure = self.failure.clone();
        tokio::select! {
            result = tokio::time::timeout(limit, ready) => match result {
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

    /// Hands the journals that this node leads to others that vote, if there are any.
    async fn hand_over(&self) {
        let own = u64::from(self.book.own());
        let handing = async {
            for shard in self.shards.shards() {
                let journal = JournalId(shard.0);
                let Ok(status) = self.journals.status(journal) else { continue };
                let is_near = |member: &&journal::Member| {
                    member.votes && member.lacks.is_some_and(|l| l < 100)
                };
                let next = status.members.iter().filter(|member| member.node != own).find(is_near);
                let Some(next) = next.filter(|_| status.leader == Some(own)) else { continue };
                if self.journals.transfer_leader(journal, next.node).await.is_ok() {
                    while self.journals.leader(journal) == Some(own) {
                        tokio::time::sleep(LEADING_POLL).await;
                    }
                }
            }
        };
        // Without it another is elected after a while.
        let _ = tokio::time::timeout(HAND_OVER_LIMIT, handing).await;
    }

    /// Stops everything in order; what is applied is made durable.
    pub async fn shutdown(mut self) {
        if self.book.several() {
            self.hand_over().await;
        }
        self.journals.shutdown().await;
        self.network.close();
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
