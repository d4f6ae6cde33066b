//! Storage as reads see it: versions of keys up to a watermark, and what of that survives a crash.

use std::collections::BTreeMap;

use bytes::Bytes;
use encoding::deltas::add_to_columns;
use protocol::JournalId;
use protocol::Timestamp;
use protocol::delivery::Delivery;
use protocol::journal::Position;
use protocol::transaction::DecidedTransaction;

/// One replica of everything.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    versions: BTreeMap<Bytes, Vec<(Timestamp, Option<Bytes>)>>,
    pub watermark: Timestamp,
    /// The last commit, or a later one.
    pub changed_at: Timestamp,
    pub positions: BTreeMap<JournalId, Position>,
    durable_watermark: Timestamp,
    durable_positions: BTreeMap<JournalId, Position>,
}

impl Replica {
    /// Holds `rows` as of `start`, having read each journal's first entry.
    pub fn new(start: Timestamp, shards: u32, rows: &[(Bytes, Bytes)]) -> Replica {
        let mut replica = Replica::default();
        for (key, value) in rows {
            replica.versions.insert(key.clone(), vec![(start, Some(value.clone()))]);
        }
        replica.watermark = start;
        replica.positions = (0..shards).map(|shard| (JournalId(shard), Position(1))).collect();
        replica.persist();
        replica
    }

    pub fn apply(&mut self, delivery: &Delivery) {
        for one in &delivery.transactions {
            self.write(one);
        }
        self.watermark = delivery.watermark;
        self.positions.extend(delivery.positions.iter().copied());
    }

    /// Writes one transaction. Out of order only if the merge is broken: then the last to arrive wins.
    pub fn write(&mut self, one: &DecidedTransaction) {
        self.changed_at = self.changed_at.max(one.tau_commit);
        for write in &one.writes {
            let versions = self.versions.entry(write.key.clone()).or_default();
            versions.push((one.tau_commit, write.value.clone()));
        }
        for addition in &one.additions {
            let versions = self.versions.entry(addition.key.clone()).or_default();
            let newest = versions.last().and_then(|(_, value)| value.clone());
            let deltas = addition.deltas.iter().map(|delta| (delta.column, delta.amount));
            // As in storage, an addition to what is not there is a broken promise, and shows in reads.
            let sum = newest.and_then(|row| add_to_columns(&row, deltas).ok()).map(Bytes::from);
            versions.push((one.tau_commit, sum));
        }
    }

    /// What is applied survives from now on.
    pub fn persist(&mut self) {
        self.durable_watermark = self.watermark;
        self.durable_positions = self.positions.clone();
    }

    /// Back to what survived. Broken on purpose, the rows survive and what says that they are applied does not.
    pub fn crash(&mut self, keeps_rows: bool) {
        self.watermark = self.durable_watermark;
        self.positions = self.durable_positions.clone();
        if keeps_rows {
            return;
        }
        for versions in self.versions.values_mut() {
            versions.retain(|(tau, _)| *tau <= self.durable_watermark);
        }
        self.versions.retain(|_, versions| !versions.is_empty());
    }

    /// The value of a key as of `tau`, which is at or below the watermark.
    pub fn read(&self, key: &Bytes, tau: Timestamp) -> Option<Bytes> {
        let versions = self.versions.get(key)?;
        let visible = versions.iter().rev().find(|(at, _)| *at <= tau);
        visible.and_then(|(_, value)| value.clone())
    }

    /// All rows from `first` up to and including `last`.
    pub fn scan(&self, first: &Bytes, last: &Bytes, tau: Timestamp) -> Vec<(Bytes, Bytes)> {
        let keys = self.versions.range(first.clone()..=last.clone());
        keys.filter_map(|(key, _)| Some((key.clone(), self.read(key, tau)?))).collect()
    }

    /// The same at the same watermark on every replica.
    pub fn contents(&self, tau: Timestamp) -> Vec<(Bytes, Bytes)> {
        let keys = self.versions.keys();
        keys.filter_map(|key| Some((key.clone(), self.read(key, tau)?))).collect()
    }
}
