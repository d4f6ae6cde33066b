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
//! | value | addition | newest to `History`, sum to `Latest` |

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytes::Bytes;
use encoding::deltas::add_to_columns;
use protocol::Timestamp;
use protocol::key::{DESCRIPTOR_TABLE, NAME_TABLE, table_of};
use protocol::transaction::{Addition, DecidedTransaction, DecidedWrite};

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

    /// The timestamp of the last transaction; zero if there is none.
    pub fn last_tau(&self) -> Timestamp {
        self.last_tau
    }

    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Transactions come in order of `tau_commit`.
    pub fn add(&mut self, transaction: &'a DecidedTransaction) -> Result<(), EngineError> {
        let tau = transaction.tau_commit;
        self.last_tau = tau;
        self.transactions += 1;
        self.size_bytes += transaction.size_bytes();
        for write in &transaction.writes {
            self.write(write, tau)?;
        }
        for addition in &transaction.additions {
            self.fold(addition, tau)?;
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
        match self.newest(&write.key)? {
            None if write.value.is_none() => return Ok(()),
            None => {}
            Some(old) if old.value.is_none() && write.value.is_none() => return Ok(()),
            // The same key twice in one transaction: the last write counts.
            Some(old) if old.tau == tau && old.changed => {}
            Some(old) if old.tau >= tau => return Err(out_of_order(tau, old.tau)),
            Some(old) => self.supersede(&write.key, &old),
        }
        if write.value.is_none() {
            encode_garbage(true, &write.key, tau, &mut self.garbage);
        }
        self.replace(&write.key, tau, write.value.clone());
        Ok(())
    }

    fn fold(&mut self, addition: &'a Addition, tau: Timestamp) -> Result<(), EngineError> {
        let corrupt = |why: &dyn std::fmt::Display| {
            EngineError::Corrupt(format!("an addition at {tau} meets {why}"))
        };
        let old = self.newest(&addition.key)?.ok_or_else(|| corrupt(&"no row"))?;
        let row = old.value.as_ref().ok_or_else(|| corrupt(&"a deleted row"))?;
        let deltas = addition.deltas.iter().map(|delta| (delta.column, delta.amount));
        let sum = add_to_columns(row, deltas).map_err(|error| corrupt(&error))?;
        // Additions do not conflict, so that two journals may give two of them the same timestamp. Nobody can read
        // between them: the watermark reaches it when both are applied.
        match old.tau.cmp(&tau) {
            Ordering::Less => self.supersede(&addition.key, &old),
            Ordering::Equal => {}
            Ordering::Greater => return Err(out_of_order(tau, old.tau)),
        }
        self.replace(&addition.key, tau, Some(sum.into()));
        Ok(())
    }

    /// The newest version of a key, in this batch or stored.
    fn newest(&mut self, key: &'a [u8]) -> Result<Option<Newest>, EngineError> {
        match self.newest.entry(key) {
            Entry::Occupied(entry) => Ok(entry.get().clone()),
            Entry::Vacant(entry) => {
                let stored = self.engine.get(Space::Latest, key)?;
                let newest = match &stored {
                    None => None,
                    Some(stored) => {
                        let (tau, value) = split_latest(stored)?;
                        let value = value.map(|value| stored.slice_ref(value));
                        Some(Newest { tau, value, changed: false })
                    }
                };
                Ok(entry.insert(newest).clone())
            }
        }
    }

    /// What was the newest version moves to the history.
    fn supersede(&mut self, key: &[u8], old: &Newest) {
        let kind = [kind_of(old.value.as_ref())];
        let value = old.value.as_deref().unwrap_or_default();
        self.batch.put(Space::History, &history_key(key, old.tau), &[&kind, value]);
        encode_garbage(false, key, old.tau, &mut self.garbage);
    }

    fn replace(&mut self, key: &'a [u8], tau: Timestamp, value: Option<Bytes>) {
        self.newest.insert(key, Some(Newest { tau, value, changed: true }));
        if self.garbage.len() >= GARBAGE_RECORD_BYTES {
            self.close_garbage();
        }
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

fn out_of_order(tau: Timestamp, stored: Timestamp) -> EngineError {
    EngineError::Corrupt(format!("a version at {tau} is older than what is stored, from {stored}"))
}
