//! Garbage collection: removes versions that no permitted read needs, in small steps.
//!
//! Whoever supersedes a version or deletes a key leaves a record in `Garbage`, in order of time, in the same batch. So
//! what can be collected is always at the front, nothing is searched for, and it is the same after a restart. A
//! version superseded at τ is needed by reads before τ only, so it can go when the horizon has reached τ.

use std::ops::Bound;

use bytes::Bytes;
use protocol::Timestamp;
use protocol::key::{OUTCOME_TABLE, PREFIX_BYTES, PRIMARY_INDEX, prefix};
use protocol::storage::Direction;

use crate::engine::{EngineError, KvEngine, Space, WriteBatch};
use crate::layout::{
    Garbage, HORIZON_KEY, decode_garbage, encode_timestamp, history_key, split_latest,
    timed_key_tau,
};

/// Removals in one batch, after which others get the writer.
const REMOVALS_PER_STEP: usize = 256;

/// One of the two queues, and how far it is collected: the engine keeps marks of what was removed, and walking over
/// those from the start each time would cost more and more.
pub struct Queue {
    space: Space,
    collected_to: Option<Bytes>,
    /// The timestamp of the first record that is left; `None` if that is not known.
    first: Option<Timestamp>,
}

impl Queue {
    pub fn new(space: Space) -> Queue {
        Queue { space, collected_to: None, first: None }
    }

    /// Writes what was taken; if that fails the queue starts again from its front.
    fn write(&mut self, engine: &dyn KvEngine, batch: &WriteBatch) -> Result<(), EngineError> {
        engine.write(batch).inspect_err(|_| *self = Queue::new(self.space))
    }

    /// Whether there may be something to collect. Cheap.
    pub fn is_due(&self, horizon: Timestamp) -> bool {
        self.first.is_none_or(|first| first <= horizon)
    }

    /// Takes records at or below `horizon` from the front and adds their removal to `batch`.
    fn take(
        &mut self,
        engine: &dyn KvEngine,
        horizon: Timestamp,
        batch: &mut WriteBatch,
        mut remove: impl FnMut(&[u8], &mut WriteBatch) -> Result<u64, EngineError>,
    ) -> Result<u64, EngineError> {
        let start = self.collected_to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let view = engine.view();
        let mut records = view.range(self.space, start, Bound::Unbounded, Direction::Ascending);
        let mut removed = 0;
        let mut last = None;
        // With nothing left, the next record will be from after the present watermark; it is looked for when the
        // horizon has come here.
        self.first = Some(horizon.next());
        while let Some((key, value)) = records.next()? {
            let tau = timed_key_tau(key)?;
            if tau > horizon || batch.len() >= REMOVALS_PER_STEP {
                self.first = Some(tau);
                break;
            }
            removed += remove(value, batch)?;
            batch.remove(self.space, key);
            last = Some(Bytes::copy_from_slice(key));
        }
        self.collected_to = last.or(self.collected_to.take());
        Ok(removed)
    }
}

/// One step of collecting versions. Returns how many were removed; nothing is left at or below the horizon when the
/// queue is not due any more.
pub fn collect_versions(
    engine: &dyn KvEngine,
    queue: &mut Queue,
    horizon: Timestamp,
) -> Result<u64, EngineError> {
    let mut batch = WriteBatch::new();
    // With the first removal the horizon itself must survive a crash.
    batch.put(Space::Meta, HORIZON_KEY, &[&encode_timestamp(horizon)]);
    let removed = queue.take(engine, horizon, &mut batch, |record, batch| {
        let mut removed = 0;
        for piece in decode_garbage(record)? {
            match piece {
                Garbage::Version { key, tau } => {
                    batch.remove(Space::History, &history_key(&key, tau));
                    removed += 1;
                }
                Garbage::Tombstone { key, tau } => {
                    let newest = engine.get(Space::Latest, &key)?;
                    let newest = newest.as_deref().map(split_latest).transpose()?;
                    if newest == Some((tau, None)) {
                        batch.remove(Space::Latest, &key);
                        removed += 1;
                    }
                }
            }
        }
        Ok(removed)
    })?;
    if batch.len() > 1 {
        queue.write(engine, &batch)?;
    }
    Ok(removed)
}

/// One step of collecting outcomes at or before `until`.
pub fn collect_outcomes(
    engine: &dyn KvEngine,
    queue: &mut Queue,
    until: Timestamp,
) -> Result<u64, EngineError> {
    let mut batch = WriteBatch::new();
    let mut key = [0; PREFIX_BYTES + 16];
    key[..PREFIX_BYTES].copy_from_slice(&prefix(OUTCOME_TABLE, PRIMARY_INDEX));
    let removed = queue.take(engine, until, &mut batch, |record, batch| {
        let ids = record.chunks_exact(16);
        if !ids.remainder().is_empty() {
            return Err(EngineError::Corrupt("a record of outcomes".to_owned()));
        }
        let mut removed = 0;
        for id in ids {
            key[PREFIX_BYTES..].copy_from_slice(id);
            batch.remove(Space::Outcomes, &key);
            removed += 1;
        }
        Ok(removed)
    })?;
    if !batch.is_empty() {
        queue.write(engine, &batch)?;
    }
    Ok(removed)
}
