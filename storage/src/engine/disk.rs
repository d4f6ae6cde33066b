//! The engine on disk: one fjall keyspace.
//!
//! All spaces share one keyspace and are told apart by the first byte of the key. A memtable of a single keyspace holds
//! whole batches, so what survives a crash is always a prefix of the batches, without relying on the order in which
//! several memtables are flushed and the journal is synced; and there is one memtable to flush instead of six.
//!
//! Rules from our measurements of fjall 3.1: no `clear`, no FIFO compaction, no separation of keys and values; a poisoned
//! database or a panic inside it is fatal for the process, which then starts again from what is on disk and lets the
//! journals deliver the rest. A full disk must not get that far, because fjall poisons itself when a write fails: below
//! a reserve of free bytes writes are refused before fjall sees them.

use std::collections::HashSet;
use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use fjall::config::{BlockSizePolicy, RestartIntervalPolicy};
use fjall::{
    Database, Guard, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Slice, Snapshot,
};
use parking_lot::Mutex;
use protocol::storage::Direction;

use super::{EngineError, KvEngine, KvView, Pair, PairStream, Pairs, Space, WriteBatch};

/// How often free space is asked for: after this many bytes written, and at every write while the disk is full.
const CHECK_SPACE_EVERY_BYTES: u64 = 4 << 20;

/// Room taken for each of fjall's journal files, which are sparse otherwise: as many bytes as fjall gives them.
const FJALL_JOURNAL_BYTES: u64 = 64 << 20;

/// Rows that are read from disk, and looked up in the cache, together.
const BLOCK_BYTES: u32 = 16 << 10;
/// Keys stored whole among those that share a beginning with the one before. A whole key need not be put together when it
/// is read, and a look-up in a block ends at it.
const RESTART_INTERVAL: u8 = 4;

/// Keys no longer than this are looked up without allocating.
const SHORT_KEY_BYTES: usize = 256;

/// How the disk engine uses the machine.
#[derive(Clone, Debug)]
pub struct DiskOptions {
    /// Blocks of rows and indexes kept in memory.
    pub cache_bytes: u64,
    /// Size at which the newest writes are sorted out to a file.
    pub memtable_bytes: u64,
    /// Threads that flush and compact.
    pub worker_threads: usize,
    /// Writes are refused when the device has less free than this. Room for flushing and compacting what is accepted.
    pub reserve_bytes: u64,
}

impl Default for DiskOptions {
    fn default() -> DiskOptions {
        DiskOptions {
            cache_bytes: 256 << 20,
            memtable_bytes: 64 << 20,
            // With two or more, fjall's first one spins while the others compact.
            worker_threads: 1,
            reserve_bytes: 128 << 20,
        }
    }
}

/// See the module.
pub struct DiskEngine {
    database: Database,
    tree: Keyspace,
    folder: PathBuf,
    reserve_bytes: u64,
    written_since_check: AtomicU64,
    full: AtomicBool,
    /// Journal files of fjall that have their room.
    roomy: Mutex<HashSet<PathBuf>>,
}

impl DiskEngine {
    /// Opens or creates the engine in `folder`, which it owns alone.
    pub fn open(folder: &Path, options: &DiskOptions) -> Result<DiskEngine, EngineError> {
        guarded(|| {
            let database = Database::builder(folder)
                .cache_size(options.cache_bytes)
                .worker_threads(options.worker_threads)
                // Nothing is lost by keeping a batch in the process: until `persist` the journals hold it anyway.
                .manual_journal_persist(true)
                .open()
                .map_err(translate)?;
            let memtable_bytes = options.memtable_bytes;
            let tree = database
                .keyspace("versions", || {
                    KeyspaceCreateOptions::default()
                        .max_memtable_size(memtable_bytes)
                        .data_block_size_policy(BlockSizePolicy::all(BLOCK_BYTES))
                        .data_block_restart_interval_policy(RestartIntervalPolicy::all(
                            RESTART_INTERVAL,
                        ))
                })
                .map_err(translate)?;
            let engine = DiskEngine {
                database,
                tree,
                folder: folder.to_owned(),
                reserve_bytes: options.reserve_bytes,
                written_since_check: AtomicU64::new(CHECK_SPACE_EVERY_BYTES),
                full: AtomicBool::new(false),
                roomy: Mutex::default(),
            };
            engine.take_room_for_journals();
            Ok(engine)
        })
    }

    /// fjall's journal files.
    fn journal_files(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.filter(|path| path.extension().is_some_and(|end| end == "jnl")).collect()
    }

    /// Fills the holes of fjall's journal files, so that a disk that somebody else fills from one moment to the next
    /// cannot fail a write that was admitted before.
    fn take_room_for_journals(&self) {
        let mut roomy = self.roomy.lock();
        let files = self.journal_files();
        roomy.retain(|path| files.contains(path));
        for path in files {
            if roomy.contains(&path) {
                continue;
            }
            let flags = rustix::fs::FallocateFlags::KEEP_SIZE;
            let taken = File::options()
                .write(true)
                .open(&path)
                .map(|file| rustix::fs::fallocate(&file, flags, 0, FJALL_JOURNAL_BYTES));
            // A file system without this call, or a full disk: the next check tries again.
            if matches!(taken, Ok(Ok(()))) {
                roomy.insert(path);
            }
        }
    }

    /// Has the system write out fjall's journal. Only to save time: errors show in fjall's own sync.
    fn sync_journal_files(&self) {
        for path in self.journal_files() {
            let _ = File::open(path).and_then(|file| file.sync_data());
        }
    }

    /// Refuses when the device is nearly full.
    fn check_space(&self, batch_bytes: u64) -> Result<(), EngineError> {
        let written = self.written_since_check.fetch_add(batch_bytes, Ordering::Relaxed);
        if written + batch_bytes < CHECK_SPACE_EVERY_BYTES && !self.full.load(Ordering::Relaxed) {
            return Ok(());
        }
        let Some(free_bytes) = self.free_bytes() else {
            return Ok(());
        };
        let needed_bytes = self.reserve_bytes + batch_bytes;
        let full = free_bytes < needed_bytes;
        self.full.store(full, Ordering::Relaxed);
        if full {
            return Err(EngineError::Full { free_bytes, needed_bytes });
        }
        self.written_since_check.store(0, Ordering::Relaxed);
        self.take_room_for_journals();
        Ok(())
    }
}

/// Runs something of fjall's; a panic in it leaves locks poisoned, so it is fatal.
fn guarded<T>(action: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(action)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        Err(EngineError::Fatal(format!("panic: {text}")))
    })
}

fn translate(error: fjall::Error) -> EngineError {
    match &error {
        fjall::Error::Locked => EngineError::Locked,
        fjall::Error::Poisoned => {
            EngineError::Fatal("an earlier write failed and the engine takes no more".to_owned())
        }
        fjall::Error::Io(_) | fjall::Error::KeyspaceDeleted => {
            EngineError::Fatal(error.to_string())
        }
        fjall::Error::Storage(inner) if std::error::Error::source(inner).is_some() => {
            EngineError::Fatal(error.to_string())
        }
        _ => EngineError::Corrupt(error.to_string()),
    }
}

/// Calls `action` with the key behind its space's byte.
fn with_spaced_key<T>(space: Space, key: &[u8], action: impl FnOnce(&[u8]) -> T) -> T {
    let mut short = [0; SHORT_KEY_BYTES];
    if key.len() < SHORT_KEY_BYTES {
        short[0] = space as u8;
        short[1..=key.len()].copy_from_slice(key);
        return action(&short[..=key.len()]);
    }
    action(&spaced(space, key))
}

fn spaced(space: Space, key: &[u8]) -> Vec<u8> {
    let mut spaced = Vec::with_capacity(key.len() + 1);
    spaced.push(space as u8);
    spaced.extend_from_slice(key);
    spaced
}

impl KvEngine for DiskEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        guarded(|| {
            let found = with_spaced_key(space, key, |key| self.tree.get(key)).map_err(translate)?;
            Ok(found.map(|value| Bytes::copy_from_slice(&value)))
        })
    }

    fn view(&self) -> Box<dyn KvView> {
        Box::new(DiskView { snapshot: self.database.snapshot(), tree: self.tree.clone() })
    }

    fn write(&self, batch: &WriteBatch) -> Result<(), EngineError> {
        self.check_space(batch.size_bytes() as u64)?;
        guarded(|| {
            let mut writes = self.database.batch();
            for write in batch.writes() {
                match write.value {
                    Some(value) => writes.insert(&self.tree, write.spaced_key, value),
                    None => writes.remove(&self.tree, write.spaced_key),
                }
            }
            writes.commit().map_err(translate)
        })
    }

    fn persist(&self) -> Result<(), EngineError> {
        guarded(|| {
            // fjall syncs under the lock that writers need. Most of the waiting is done before, without the lock.
            self.database.persist(PersistMode::Buffer).map_err(translate)?;
            self.sync_journal_files();
            self.database.persist(PersistMode::SyncAll).map_err(translate)
        })
    }

    fn approximate_bytes(&self) -> u64 {
        self.database.disk_space().unwrap_or_else(|_| self.tree.disk_space())
    }

    fn free_bytes(&self) -> Option<u64> {
        let device = rustix::fs::statvfs(&self.folder).ok()?;
        Some(device.f_bavail.saturating_mul(device.f_frsize))
    }

    fn name(&self) -> &'static str {
        "disk"
    }
}

struct DiskView {
    snapshot: Snapshot,
    tree: Keyspace,
}

impl KvView for DiskView {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        guarded(|| {
            let found = with_spaced_key(space, key, |key| self.snapshot.get(&self.tree, key));
            Ok(found.map_err(translate)?.map(|value| Bytes::copy_from_slice(&value)))
        })
    }

    fn range(
        &self,
        space: Space,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        direction: Direction,
    ) -> Pairs {
        let start = match start {
            Bound::Unbounded => Bound::Included(vec![space as u8]),
            bound => bound.map(|key| spaced(space, key)),
        };
        let end = match end {
            Bound::Unbounded => Bound::Excluded(vec![space as u8 + 1]),
            bound => bound.map(|key| spaced(space, key)),
        };
        if is_empty_range(&start, &end) {
            return Box::new(Nothing);
        }
        let pairs = self.snapshot.range(&self.tree, (start, end));
        match direction {
            Direction::Ascending => Box::new(DiskPairs::new(pairs)),
            Direction::Descending => Box::new(DiskPairs::new(pairs.rev())),
        }
    }
}

fn is_empty_range(start: &Bound<Vec<u8>>, end: &Bound<Vec<u8>>) -> bool {
    match (start, end) {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (
            Bound::Included(start) | Bound::Excluded(start),
            Bound::Included(end) | Bound::Excluded(end),
        ) => start >= end,
        _ => false,
    }
}

struct Nothing;

impl PairStream for Nothing {
    fn next(&mut self) -> Result<Option<Pair<'_>>, EngineError> {
        Ok(None)
    }
}

struct DiskPairs<I> {
    pairs: I,
    /// The pair shown last; it shares the block it was read from.
    current: Option<(Slice, Slice)>,
    failed: bool,
}

impl<I: Iterator<Item = Guard>> DiskPairs<I> {
    fn new(pairs: I) -> DiskPairs<I> {
        DiskPairs { pairs, current: None, failed: false }
    }
}

impl<I: Iterator<Item = Guard> + Send> PairStream for DiskPairs<I> {
    fn next(&mut self) -> Result<Option<Pair<'_>>, EngineError> {
        if self.failed {
            return Ok(None);
        }
        let pair = guarded(|| match self.pairs.next() {
            Some(guard) => guard.into_inner().map(Some).map_err(translate),
            None => Ok(None),
        });
        self.failed = pair.is_err();
        self.current = pair?;
        Ok(self.current.as_ref().map(|(key, value)| (&key[1..], &value[..])))
    }
}
