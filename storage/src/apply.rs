//! Turns transactions into one batch for the engine.
//!
//! For each write the version that was the newest moves to `History`, and the new one takes its place in `Latest`.
//!
//! | newest version | write | effect |
//! | --- | --- | --- |
//! | none | value | value to `Latest` |
//! | none | deletion | nothing |
//! | deletion | deletion | nothing |
//! | anything else | value or deletion | newest to `History`, write to `Latest` |

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytes::Bytes;
use protocol::Timestamp;
use protocol::key::{DESCRIPTOR_TABLE, NAME_TABLE, table_of};
use protocol::transaction::{DecidedTransaction, DecidedWrite};

use crate::engine::{EngineError, KvEngine, Space, WriteBatch};
use crate::layout::{
    APPLIED_KEY, Applied, encode_garbage, encode_timestamp, history_key, kind_of, latest_header,
    outcome_key, split_latest, timed_key,
};

/// Size at which a `Garbage` record is closed, so that collecting goes in small steps.
const GARBAGE_RECORD_BYTES: usize = 8 << 10;
/// Transaction ids in one `OutcomeTimes` record.
const OUTCOMES_PER_RECORD: usize = 256;

/// The newest version of a key.
#[derive(Clone)]
struct Newest {
    tau: Timestamp,
    value: Option<Bytes>,
    /// Written in this batch.
    changed: bool,
}

/// A batch in the making.
pub struct BatchBuilder<'a> {
    engine: &'a dyn KvEngine,
    batch: WriteBatch,
    /// Newest versions of the keys that this batch writes; `None` where there never was one.
    newest: HashMap<&'a [u8], Option<Newest>>,
    garbage: Vec<u8>,
    outcomes: Vec<u8>,
    records: u32,
    catalog_changed_at: Option<Timestamp>,
    last_tau: Timestamp,
    transactions: usize,
    /// Bytes of keys and values taken from the transactions.
    size_bytes: usize,
}

impl<'a> BatchBuilder<'a> {
    pub fn new(engine: &'a dyn KvEngine) -> BatchBuilder<'a> {
        BatchBuilder {
            engine,
            batch: WriteBatch::new(),
            newest: HashMap::new(),
            garbage: Vec::new(),
            outcomes: Vec::new(),
            records: 0,
            catalog_changed_at: None,
            last_tau: Timestamp::ZERO,
            transactions: 0,
            size_bytes: 0,
        }
    }

    pub fn transactions(&self) -> usize {
        self.transactions
    }

    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Transactions come in order of `tau_commit`.
    pub fn add(&mut self, transaction: &'a DecidedTransaction) -> Result<(), EngineError> {
        let tau = transaction.tau_commit;
        self.last_tau = tau;
        self.transactions += 1;
        for write in &transaction.writes {
            self.size_bytes += write.key.len() + write.value.as_ref().map_or(0, Bytes::len);
            self.write(write, tau)?;
        }
        self.batch.put(Space::Outcomes, &outcome_key(transaction.id), &[&encode_timestamp(tau)]);
        self.outcomes.extend_from_slice(transaction.id.0.as_bytes());
        if self.outcomes.len() >= OUTCOMES_PER_RECORD * 16 {
            self.close_outcomes();
        }
        Ok(())
    }

    fn write(&mut self, write: &'a DecidedWrite, tau: Timestamp) -> Result<(), EngineError> {
        if matches!(table_of(&write.key), Some(DESCRIPTOR_TABLE | NAME_TABLE)) {
            self.catalog_changed_at = Some(tau);
        }
        let newest = match self.newest.entry(&write.key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let stored = self.engine.get(Space::Latest, &write.key)?;
                let stored = stored.as_ref().map(split_latest).transpose()?;
                entry.insert(stored.map(|(tau, value)| Newest { tau, value, changed: false }))
            }
        };
        match newest {
            None if write.value.is_none() => return Ok(()),
            None => {}
            Some(old) if old.value.is_none() && write.value.is_none() => return Ok(()),
            // The same key twice in one transaction: the last write counts.
            Some(old) if old.tau == tau && old.changed => {}
            Some(old) if old.tau >= tau => {
                return Err(EngineError::Corrupt(format!(
                    "a version at {} is older than what is stored, from {}",
                    tau, old.tau
                )));
            }
            Some(old) => {
                let kind = [kind_of(old.value.as_ref())];
                let value = old.value.as_deref().unwrap_or_default();
                let place = history_key(&write.key, old.tau);
                self.batch.put(Space::History, &place, &[&kind, value]);
                encode_garbage(false, &write.key, old.tau, &mut self.garbage);
            }
        }
        if write.value.is_none() {
            encode_garbage(true, &write.key, tau, &mut self.garbage);
        }
        *newest = Some(Newest { tau, value: write.value.clone(), changed: true });
        if self.garbage.len() >= GARBAGE_RECORD_BYTES {
            self.close_garbage();
        }
        Ok(())
    }

    /// Everything in `garbage` is superseded by transactions at or before `last_tau`.
    fn close_garbage(&mut self) {
        if !self.garbage.is_empty() {
            let key = timed_key(self.last_tau, self.records);
            self.batch.put(Space::Garbage, &key, &[&self.garbage]);
            self.records += 1;
            self.garbage.clear();
        }
    }

    fn close_outcomes(&mut self) {
        if !self.outcomes.is_empty() {
            let key = timed_key(self.last_tau, self.records);
            self.batch.put(Space::OutcomeTimes, &key, &[&self.outcomes]);
            self.records += 1;
            self.outcomes.clear();
        }
    }

    /// The batch with its record of what is applied; `applied` comes with the new watermark and positions.
    pub fn finish(mut self, applied: &mut Applied) -> WriteBatch {
        self.close_garbage();
        self.close_outcomes();
        for (key, newest) in &self.newest {
            if let Some(Newest { tau, value, changed: true }) = newest {
                let header = latest_header(*tau, value.as_ref());
                let value = value.as_deref().unwrap_or_default();
                self.batch.put(Space::Latest, key, &[&header, value]);
            }
        }
        if let Some(tau) = self.catalog_changed_at {
            applied.catalog_changed_at = tau;
        }
        self.batch.put(Space::Meta, APPLIED_KEY, &[&applied.encode()]);
        self.batch
    }
}
