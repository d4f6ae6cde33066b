//! What a transaction's finished statements have read, kept so that its snapshot can move.
//!
//! A snapshot may move to a later timestamp if everything that the client has been told is the same there: then the
//! transaction is one that began later. This is CockroachDB's read refresh, under snapshot isolation and by value.

use bytes::Bytes;
use protocol::Timestamp;
use protocol::storage::{Direction, ReadError, ReadStorage, ScanRequest, StoredRow};

/// Keys and ranges remembered; a transaction that reads more keeps its snapshot.
const MAXIMUM_READS: usize = 1_024;
/// Rows of ranges compared; ranges that hold more keep the snapshot where it is.
const MAXIMUM_ROWS: usize = 4_096;

/// What moving a snapshot would mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    Same,
    /// This key was read and reads differently.
    Changed(Bytes),
    /// A range reads differently, or not everything is remembered.
    Unknown,
}

/// The reads of one transaction.
pub struct ReadSet {
    keys: Vec<Bytes>,
    ranges: Vec<(Bytes, Bytes)>,
    /// How many of them finished statements made.
    finished: (usize, usize),
    /// Every read of a finished statement is here.
    complete: bool,
    /// More than one statement is expected.
    tracks: bool,
}

impl ReadSet {
    /// Without `tracks` nothing is remembered: the snapshot can move during the first statement only.
    pub fn new(tracks: bool) -> ReadSet {
        ReadSet { keys: Vec::new(), ranges: Vec::new(), finished: (0, 0), complete: true, tracks }
    }

    fn may_remember(&mut self) -> bool {
        let room = self.keys.len() + self.ranges.len() < MAXIMUM_READS;
        self.tracks &= room;
        self.tracks
    }

    pub fn add_key(&mut self, key: &[u8]) {
        if self.may_remember() {
            self.keys.push(Bytes::copy_from_slice(key));
        }
    }

    pub fn add_range(&mut self, start: &Bytes, end: &Bytes) {
        if self.may_remember() {
            self.ranges.push((start.clone(), end.clone()));
        }
    }

    /// The running statement succeeded: the client knows its reads.
    pub fn finish_statement(&mut self) {
        self.finished = (self.keys.len(), self.ranges.len());
        self.complete &= self.tracks;
    }

    /// The running statement is undone: nobody has seen its reads.
    pub fn abandon_statement(&mut self) {
        self.keys.truncate(self.finished.0);
        self.ranges.truncate(self.finished.1);
    }

    /// Compares all that finished statements have read at two timestamps; storage has reached both.
    pub fn compare(
        &self,
        storage: &dyn ReadStorage,
        before: Timestamp,
        after: Timestamp,
    ) -> Result<Comparison, ReadError> {
        if !self.complete {
            return Ok(Comparison::Unknown);
        }
        let keys = &self.keys[..self.finished.0];
        let old = storage.multi_get(keys, before)?;
        let new = storage.multi_get(keys, after)?;
        if let Some(changed) = (0..keys.len()).find(|position| old[*position] != new[*position]) {
            return Ok(Comparison::Changed(keys[changed].clone()));
        }
        let mut left = MAXIMUM_ROWS;
        for (start, end) in &self.ranges[..self.finished.1] {
            let old = rows(storage, start, end, before, left)?;
            let new = rows(storage, start, end, after, left)?;
            match (old, new) {
                (Some(old), Some(new)) if old == new => left -= old.len(),
                _ => return Ok(Comparison::Unknown),
            }
        }
        Ok(Comparison::Same)
    }
}

/// The rows of a range; `None` if there are more than `limit`.
fn rows(
    storage: &dyn ReadStorage,
    start: &Bytes,
    end: &Bytes,
    tau: Timestamp,
    limit: usize,
) -> Result<Option<Vec<StoredRow>>, ReadError> {
    let mut cursor = storage.scan(ScanRequest {
        start: start.clone(),
        end: end.clone(),
        tau,
        direction: Direction::Ascending,
        filter: None,
        limit: Some(limit as u64 + 1),
    })?;
    let mut rows = Vec::new();
    while cursor.next_batch(&mut rows, 256)? {}
    Ok((rows.len() <= limit).then_some(rows))
}
