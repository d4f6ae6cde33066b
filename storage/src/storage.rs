//! A storage replica: applies deliveries, answers reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard, RwLock};
use protocol::delivery::{ApplyError, Delivery, DeliverySink, Reach};
use protocol::journal::BoxFuture;
use protocol::storage::{HoldGuard, ReadError, ReadStorage, ScanCursor, ScanRequest};
use protocol::{Timestamp, TransactionId};
use runtime::mischief::{Mark, Site, fires, reached};

use crate::apply::BatchBuilder;
use crate::collect::{Queue, collect_outcomes, collect_versions};
use crate::config::StorageOptions;
use crate::cursor::{Cursor, as_of};
use crate::engine::{EngineError, KvEngine, KvView, Space};
use crate::horizon::Horizon;
use crate::instant::Instant;
use crate::layout::{
    APPLIED_KEY, Applied, HORIZON_KEY, decode_timestamp, outcome_key, split_latest,
};
use crate::maintenance::Dirt;
use crate::measure::Measure;
use crate::row_cache::RowCache;

/// A delivery larger than this is applied in several batches.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_TRANSACTIONS: usize = 8_192;

/// What the writer owns.
struct Writer {
    applied: Applied,
    /// What the engine holds. A watermark that moves without any transaction is not worth a write: it stays in memory
    /// until the next one, so readers alone never make the disk work.
    stored: Applied,
    versions: Queue,
    outcomes: Queue,
}

/// Whether storage can take writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Healthy,
    /// Reads go on, writes wait for space (53100).
    Full {
        reason: String,
    },
    /// The process must end and start again.
    Failed {
        reason: String,
    },
}

/// See the crate.
pub struct Storage {
    engine: Arc<dyn KvEngine>,
    row_cache: Arc<RowCache>,
    options: StorageOptions,
    writer: Mutex<Writer>,
    watermark: AtomicU64,
    catalog_changed_at: AtomicU64,
    changed_at: AtomicU64,
    horizon: Horizon,
    condition: RwLock<Condition>,
    reach: OnceLock<Arc<dyn Reach>>,
    pub(crate) dirt: Dirt,
    measure: Arc<Measure>,
}

impl Storage {
    /// Opens what the engine holds: the newest state that was made durable, or a newer one.
    pub fn open(
        engine: Arc<dyn KvEngine>,
        options: StorageOptions,
    ) -> Result<Arc<Storage>, EngineError> {
        let stored = engine.get(Space::Meta, APPLIED_KEY)?;
        let applied = match stored {
            Some(bytes) => Applied::decode(&bytes)?,
            None => Applied::default(),
        };
        let horizon = match engine.get(Space::Meta, HORIZON_KEY)? {
            Some(bytes) => decode_timestamp(&bytes)?,
            None => Timestamp::ZERO,
        };
        tracing::info!(
            engine = engine.name(), watermark = %applied.watermark, positions = ?applied.positions,
            "storage opened"
        );
        Ok(Arc::new(Storage {
            engine,
            row_cache: Arc::new(RowCache::new(options.row_cache.clone())),
            options,
            watermark: AtomicU64::new(applied.watermark.0),
            catalog_changed_at: AtomicU64::new(applied.catalog_changed_at.0),
            changed_at: AtomicU64::new(applied.watermark.0),
            horizon: Horizon::new(horizon),
            condition: RwLock::new(Condition::Healthy),
            writer: Mutex::new(Writer {
                stored: applied.clone(),
                applied,
                versions: Queue::new(Space::Garbage),
                outcomes: Queue::new(Space::OutcomeTimes),
            }),
            reach: OnceLock::new(),
            dirt: Dirt::default(),
            measure: Arc::new(Measure::new()),
        }))
    }

    /// Where waiting readers turn to. Without it they are told that the replica has not got that far.
    pub fn connect(&self, reach: Arc<dyn Reach>) {
        // A second crossbar would be a mistake of the caller's that changes nothing here.
        let _ = self.reach.set(reach);
    }

    /// What has been applied: journals deliver again from behind these positions.
    pub fn applied(&self) -> Applied {
        self.writer.lock().applied.clone()
    }

    /// What the engine holds and what is applied, at one instant.
    pub(crate) fn instant(&self) -> (Box<dyn KvView>, Applied) {
        let writer = self.writer.lock();
        (self.engine.view(), writer.applied.clone())
    }

    pub fn condition(&self) -> Condition {
        self.condition.read().clone()
    }

    pub fn options(&self) -> &StorageOptions {
        &self.options
    }

    /// Bytes in use.
    pub fn approximate_bytes(&self) -> u64 {
        self.engine.approximate_bytes()
    }

    /// When a transaction committed; `None` if it has not, as far as is applied, or too long ago.
    pub fn outcome(&self, id: TransactionId) -> Result<Option<Timestamp>, ReadError> {
        let stored = self.engine.get(Space::Outcomes, &outcome_key(id))?;
        Ok(stored.map(|bytes| decode_timestamp(&bytes)).transpose()?)
    }

    /// Makes what is applied durable and returns what that is. Journals may forget up to these positions.
    pub fn persist(&self) -> Result<Applied, EngineError> {
        let applied = self.writer.lock().stored.clone();
        self.engine.persist().inspect_err(|error| self.note(error))?;
        self.measure.persists.increment(1);
        Ok(applied)
    }

    /// Collects what has become due, in small steps between which transactions are applied, until nothing is left or
    /// `most` pieces are removed. Returns how many were.
    pub fn collect(&self, most: u64) -> Result<u64, EngineError> {
        let mut removed = 0;
        loop {
            let mut writer = self.writer.lock();
            let watermark = writer.applied.watermark;
            let until = watermark.minus_nanos(self.options.outcome_retention_nanos);
            let horizon = self.horizon.advance(watermark.minus_nanos(self.options.retention_nanos));
            let engine = self.engine.as_ref();
            let step = if writer.versions.is_due(horizon) {
                collect_versions(engine, &mut writer.versions, horizon)
            } else if writer.outcomes.is_due(until) {
                collect_outcomes(engine, &mut writer.outcomes, until)
            } else {
                return Ok(removed);
            };
            MutexGuard::unlock_fair(writer);
            let step = step.inspect_err(|error| self.note(error))?;
            self.measure.collected_versions.increment(step);
            removed += step;
            if step > 0 {
                reached(Mark::VersionsCollected);
            }
            if removed >= most {
                return Ok(removed);
            }
        }
    }

    /// Sets gauges that nobody needs more often than once in a while.
    pub(crate) fn report(&self) {
        self.measure.size_bytes.set(self.engine.approximate_bytes() as f64);
        self.measure.horizon_seconds.set(self.horizon.get().0 as f64 / 1e9);
        self.measure.holds.set(self.horizon.holds() as f64);
    }

    /// The horizon moves before anything is removed, so a read that still finds itself above it afterwards has seen
    /// everything it needed.
    fn check_horizon(&self, tau: Timestamp) -> Result<(), ReadError> {
        let oldest = self.horizon.get();
        if tau < oldest { Err(ReadError::TooOld { oldest }) } else { Ok(()) }
    }

    fn check_watermark(&self, tau: Timestamp) -> Result<(), ReadError> {
        let watermark = ReadStorage::watermark(self);
        if tau > watermark { Err(ReadError::NotYet { watermark }) } else { Ok(()) }
    }

    /// What reads at `tau` see.
    fn instant_at(&self, tau: Timestamp) -> Instant {
        let (engine, cache) = (self.engine.clone(), self.row_cache.clone());
        Instant::new(engine, cache, self.horizon.clone(), tau)
    }

    /// As [`ReadStorage::get`], of the engine.
    fn get_stored(&self, key: &[u8], tau: Timestamp) -> Result<Option<Bytes>, ReadError> {
        if self.row_cache.missed(key) {
            self.row_cache.load(&self.instant_at(tau), key)?;
        }
        let Some(stored) = self.engine.get(Space::Latest, key)? else {
            return Ok(None);
        };
        let (written_at, value) = split_latest(&stored)?;
        if written_at <= tau {
            Ok(value.map(|value| stored.slice_ref(value)))
        } else {
            Ok(as_of(self.engine.view().as_ref(), key, tau)?)
        }
    }

    fn note(&self, error: &EngineError) {
        let reason = error.to_string();
        let mut condition = self.condition.write();
        match error {
            EngineError::Full { .. } if !matches!(*condition, Condition::Failed { .. }) => {
                *condition = Condition::Full { reason };
            }
            EngineError::Full { .. } => {}
            _ => {
                tracing::error!(%reason, "storage has failed");
                *condition = Condition::Failed { reason };
            }
        }
    }

    fn write_batch(
        &self,
        writer: &mut Writer,
        builder: BatchBuilder<'_>,
        mut applied: Applied,
    ) -> Result<(), EngineError> {
        let transactions = builder.transactions();
        let last = builder.last_tau();
        if transactions > 0 {
            let batch = builder.finish(&mut applied);
            let writing = self.row_cache.write(&batch);
            self.engine.write(&batch)?;
            drop(writing);
            self.dirt.mark();
            writer.stored = applied.clone();
            self.measure.applied_transactions.increment(transactions as u64);
            self.measure.written_bytes.increment(batch.size_bytes() as u64);
        }
        self.measure.watermark_seconds.set(applied.watermark.0 as f64 / 1e9);
        self.catalog_changed_at.store(applied.catalog_changed_at.0, Ordering::Release);
        // Before the watermark: who sees that sees this.
        self.changed_at.fetch_max(last.0, Ordering::Release);
        self.watermark.store(applied.watermark.0, Ordering::Release);
        writer.applied = applied;
        Ok(())
    }

    fn apply_all(&self, delivery: &Delivery) -> Result<(), EngineError> {
        let mut writer = self.writer.lock();
        let done = writer.applied.watermark;
        if delivery.watermark <= done {
            return Ok(());
        }
        let mut builder = BatchBuilder::new(self.engine.as_ref());
        let mut last = done;
        for transaction in &delivery.transactions {
            if transaction.tau_commit <= done {
                continue;
            }
            // Two journals may commit at the same instant; both belong into one batch.
            let is_full = builder.size_bytes() >= BATCH_BYTES
                || builder.transactions() >= BATCH_TRANSACTIONS
                || fires(Site::DeliverySplit);
            if is_full && transaction.tau_commit > last {
                reached(Mark::DeliveryInParts);
                let applied = Applied { watermark: last, ..writer.applied.clone() };
                let next = BatchBuilder::new(self.engine.as_ref());
                self.write_batch(&mut writer, std::mem::replace(&mut builder, next), applied)?;
            }
            builder.add(transaction)?;
            last = transaction.tau_commit;
        }
        let mut applied = Applied { watermark: delivery.watermark, ..writer.applied.clone() };
        applied.positions.extend(delivery.positions.iter().copied());
        self.write_batch(&mut writer, builder, applied)
    }
}

impl DeliverySink for Storage {
    fn apply(&self, delivery: &Delivery) -> Result<(), ApplyError> {
        if let Condition::Failed { reason } = &*self.condition.read() {
            return Err(ApplyError::Fatal { reason: reason.clone() });
        }
        match self.apply_all(delivery) {
            Ok(()) => {
                if *self.condition.read() != Condition::Healthy {
                    *self.condition.write() = Condition::Healthy;
                }
                Ok(())
            }
            Err(error) => {
                self.note(&error);
                let reason = error.to_string();
                Err(match error {
                    EngineError::Full { .. } => {
                        self.measure.refused_writes.increment(1);
                        ApplyError::Retry { reason }
                    }
                    _ => ApplyError::Fatal { reason },
                })
            }
        }
    }
}

impl ReadStorage for Storage {
    fn watermark(&self) -> Timestamp {
        Timestamp(self.watermark.load(Ordering::Acquire))
    }

    fn wait_for(&self, tau: Timestamp) -> BoxFuture<Result<(), ReadError>> {
        let watermark = ReadStorage::watermark(self);
        if watermark >= tau {
            return Box::pin(std::future::ready(Ok(())));
        }
        let Some(reach) = self.reach.get() else {
            return Box::pin(std::future::ready(Err(ReadError::NotYet { watermark })));
        };
        let reached = reach.reach(tau);
        Box::pin(async move { reached.await.map_err(|error| ReadError::Engine(error.to_string())) })
    }

    fn get(&self, key: &[u8], tau: Timestamp) -> Result<Option<Bytes>, ReadError> {
        self.check_watermark(tau)?;
        let value = match self.row_cache.find(key) {
            Some(span) => match span.get(key).map(split_latest).transpose()? {
                None => None,
                Some((written_at, value)) if written_at <= tau => value.map(Bytes::copy_from_slice),
                Some(_) => as_of(self.engine.view().as_ref(), key, tau)?,
            },
            None => self.get_stored(key, tau)?,
        };
        self.check_horizon(tau)?;
        self.measure.read_bytes.increment(value.as_ref().map_or(0, |value| value.len() as u64));
        Ok(value)
    }

    fn scan(&self, request: ScanRequest) -> Result<Box<dyn ScanCursor>, ReadError> {
        self.check_watermark(request.tau)?;
        self.check_horizon(request.tau)?;
        let instant = Arc::new(self.instant_at(request.tau));
        Ok(Box::new(Cursor::new(instant, request, self.measure.clone())))
    }

    fn catalog_changed_at(&self) -> Timestamp {
        Timestamp(self.catalog_changed_at.load(Ordering::Acquire))
    }

    fn changed_at(&self) -> Timestamp {
        Timestamp(self.changed_at.load(Ordering::Acquire))
    }

    fn hold(&self, tau: Timestamp) -> HoldGuard {
        self.horizon.hold(tau)
    }
}
