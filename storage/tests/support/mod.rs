//! What the tests share: a model, deliveries out of nothing, an engine that can crash.
#![allow(dead_code, reason = "every test file uses its part")]

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use protocol::delivery::{DeliveredTransaction, Delivery};
use protocol::journal::{JournalEntry, Position};
use protocol::storage::{Direction, ReadError, ReadStorage, ScanRequest, StoredRow};
use protocol::transaction::{DecidedTransaction, DecidedWrite};
use protocol::{JournalId, Timestamp, TransactionId};
use rand::Rng;
use rand::rngs::StdRng;
use storage::engine::{KvView, Space, WriteBatch};
use storage::{EngineError, KvEngine, MemoryEngine, RowCacheOptions, StorageOptions};
use uuid::Uuid;

pub fn seed() -> u64 {
    let seed = match std::env::var("SEED") {
        Ok(seed) => seed.parse().expect("SEED is a number"),
        Err(_) => rand::rng().random(),
    };
    eprintln!("SEED={seed}");
    seed
}

pub fn short_retention(nanos: u64) -> StorageOptions {
    StorageOptions {
        retention_nanos: nanos,
        outcome_retention_nanos: 4 * nanos,
        // So small that spans are copied, thrown away and give way to others all the time.
        row_cache: RowCacheOptions {
            bytes: 8 << 10,
            span_rows: 7,
            span_bytes: 1 << 10,
            copy_after_rows: 5,
            misses_per_load: 2,
            misses_per_drop: 1,
        },
        ..Default::default()
    }
}

pub fn write(key: &[u8], value: Option<&[u8]>) -> DecidedWrite {
    DecidedWrite { key: Bytes::copy_from_slice(key), value: value.map(Bytes::copy_from_slice) }
}

pub fn id_of(tau: u64) -> TransactionId {
    TransactionId(Uuid::from_u128(u128::from(tau)))
}

pub fn transaction(tau: u64, writes: Vec<DecidedWrite>) -> DecidedTransaction {
    DecidedTransaction {
        id: id_of(tau),
        tau_start: Timestamp(tau).previous(),
        tau_commit: Timestamp(tau),
        writes,
        additions: Vec::new(),
    }
}

/// All in one entry of journal 0.
pub fn delivery(transactions: Vec<DecidedTransaction>, watermark: u64, position: u64) -> Delivery {
    let count = transactions.len();
    let entry = Arc::new(JournalEntry::Transactions(transactions));
    let all = (0..count)
        .map(|index| DeliveredTransaction::new(JournalId(0), entry.clone(), index))
        .map(|one| one.expect("there are so many"));
    Delivery {
        transactions: all.collect(),
        watermark: Timestamp(watermark),
        positions: vec![(JournalId(0), Position(position))],
    }
}

/// Every version there ever was.
#[derive(Clone, Default)]
pub struct Model {
    pub versions: BTreeMap<Bytes, Vec<(u64, Option<Bytes>)>>,
}

impl Model {
    pub fn apply(&mut self, transaction: &DecidedTransaction) {
        for write in &transaction.writes {
            let versions = self.versions.entry(write.key.clone()).or_default();
            versions.push((transaction.tau_commit.0, write.value.clone()));
        }
    }

    pub fn get(&self, key: &[u8], tau: u64) -> Option<Bytes> {
        let versions = self.versions.get(key)?;
        versions.iter().rev().find(|(at, _)| *at <= tau)?.1.clone()
    }

    pub fn scan(&self, start: &[u8], end: &[u8], tau: u64, direction: Direction) -> Vec<StoredRow> {
        if start >= end {
            return Vec::new();
        }
        let mut rows: Vec<StoredRow> = self
            .versions
            .range::<[u8], _>((Bound::Included(start), Bound::Excluded(end)))
            .filter_map(|(key, _)| {
                self.get(key, tau).map(|value| StoredRow { key: key.clone(), value })
            })
            .collect();
        if direction == Direction::Descending {
            rows.reverse();
        }
        rows
    }
}

/// Keys of which one often begins another.
pub fn random_key(random: &mut StdRng) -> Vec<u8> {
    // Most belong to one index, whose rows the cache may keep; the others are no keys of any.
    let prefix: &[u8] = if random.random_bool(0.8) { b"index1" } else { b"" };
    let length = random.random_range(1..5);
    let rest = (0..length).map(|_| [0, 1, b'a', 0xFF][random.random_range(0..4)]);
    prefix.iter().copied().chain(rest).collect()
}

/// Keys are different from one another, as in any transaction.
pub fn random_writes(random: &mut StdRng) -> Vec<DecidedWrite> {
    let mut writes = BTreeMap::new();
    for _ in 0..random.random_range(1..5) {
        let value: Option<Vec<u8>> =
            random.random_bool(0.75).then(|| vec![random.random(); random.random_range(0..40)]);
        writes.insert(random_key(random), value);
    }
    writes.into_iter().map(|(key, value)| write(&key, value.as_deref())).collect()
}

pub fn scan(
    storage: &dyn ReadStorage,
    start: &[u8],
    end: &[u8],
    tau: u64,
    direction: Direction,
    batch: usize,
) -> Result<Vec<StoredRow>, ReadError> {
    let mut cursor = storage.scan(ScanRequest {
        start: Bytes::copy_from_slice(start),
        end: Bytes::copy_from_slice(end),
        tau: Timestamp(tau),
        direction,
        filter: None,
        limit: None,
    })?;
    let mut rows = Vec::new();
    loop {
        let before = rows.len();
        let more = cursor.next_batch(&mut rows, batch)?;
        assert!(rows.len() - before <= batch, "a batch is as large as asked for");
        if !more {
            return Ok(rows);
        }
    }
}

/// An engine that forgets, as a loss of power does: all batches up to the last `persist` survive, and some after it.
pub struct CrashEngine {
    memory: MemoryEngine,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    batches: Vec<WriteBatch>,
    persisted: usize,
}

impl CrashEngine {
    pub fn new() -> CrashEngine {
        CrashEngine { memory: MemoryEngine::new(), log: Mutex::default() }
    }

    /// What is there after a crash now.
    pub fn crashed(&self, random: &mut StdRng) -> CrashEngine {
        let log = self.log.lock();
        let survivors = random.random_range(log.persisted..=log.batches.len());
        let after = CrashEngine::new();
        for batch in &log.batches[..survivors] {
            after.write(batch).expect("memory takes every batch");
        }
        after.log.lock().persisted = survivors;
        after
    }
}

impl KvEngine for CrashEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        self.memory.get(space, key)
    }

    fn view(&self) -> Box<dyn KvView> {
        self.memory.view()
    }

    fn write(&self, batch: &WriteBatch) -> Result<(), EngineError> {
        self.log.lock().batches.push(batch.clone());
        self.memory.write(batch)
    }

    fn persist(&self) -> Result<(), EngineError> {
        let mut log = self.log.lock();
        log.persisted = log.batches.len();
        Ok(())
    }

    fn approximate_bytes(&self) -> u64 {
        self.memory.approximate_bytes()
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }

    fn name(&self) -> &'static str {
        "crashing"
    }
}
