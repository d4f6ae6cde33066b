//! The merge of all journals into one history: a state machine without I/O.
//!
//! | input | effect |
//! | --- | --- |
//! | entry with transactions | buffered; its journal is complete up to the last `tau_commit` |
//! | ceiling entry | only moves the position |
//! | promise whose `after` is delivered | its journal is complete up to `up_to` |
//! | promise whose `after` is not | waits for that position |
//!
//! `release` takes out whatever is at or below the smallest completeness.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use protocol::adjudication::Promise;
use protocol::delivery::{DeliveredTransaction, Delivery};
use protocol::journal::{JournalEntry, Position};
use protocol::transaction::DecidedTransaction;
use protocol::{JournalId, Timestamp};

/// Promises of one journal that wait for their position. When there are more, the last one is replaced: a later promise
/// says at least as much.
const MAX_WAITING_PROMISES: usize = 64;

/// A journal or an adjudicator has broken its contract; nothing that follows can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// An entry or promise of a journal that nobody has announced.
    UnknownJournal { journal: JournalId },
    /// Positions of one journal must rise.
    OutOfOrder { journal: JournalId, last: Position, position: Position },
    /// A transaction at or below a timestamp that the journal had promised or passed.
    PromiseBroken { journal: JournalId, complete: Timestamp, tau_commit: Timestamp },
}

impl fmt::Display for MergeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeError::UnknownJournal { journal } => {
                write!(formatter, "journal {journal} is not known")
            }
            MergeError::OutOfOrder { journal, last, position } => write!(
                formatter,
                "journal {journal} delivered position {} after {}",
                position.0, last.0
            ),
            MergeError::PromiseBroken { journal, complete, tau_commit } => write!(
                formatter,
                "journal {journal} delivered a commit at {tau_commit} but was complete up to {complete}"
            ),
        }
    }
}

impl std::error::Error for MergeError {}

/// One journal's part of the merge.
#[derive(Debug)]
struct Lane {
    /// Entries that are not completely released, in order of position.
    queue: VecDeque<(Position, Arc<JournalEntry>)>,
    /// Transactions of the first entry of `queue` that are released.
    released_of_first: usize,
    /// The last entry that arrived.
    delivered: Position,
    /// The last entry that is completely released.
    released: Position,
    /// Nothing at or below this will arrive.
    complete: Timestamp,
    /// Promises for positions that have not arrived.
    promises: VecDeque<Promise>,
    /// Bytes of entries let go and not yet asked for by [`Merge::take_freed_bytes`].
    freed_bytes: usize,
    /// The watermark with which delivery started: what is at or below was released before a restart.
    started_at: Timestamp,
}

impl Lane {
    fn new(released: Position, complete: Timestamp) -> Lane {
        Lane {
            queue: VecDeque::new(),
            released_of_first: 0,
            delivered: released,
            released,
            complete,
            promises: VecDeque::new(),
            freed_bytes: 0,
            started_at: complete,
        }
    }

    /// The first buffered transaction that is not released.
    fn head(&self) -> Option<&DecidedTransaction> {
        transactions(&self.queue.front()?.1).get(self.released_of_first)
    }

    /// Lets go of entries that hold nothing (any more).
    fn trim(&mut self) {
        while let Some((position, entry)) = self.queue.front() {
            if self.released_of_first < transactions(entry).len() {
                return;
            }
            self.released = *position;
            self.released_of_first = 0;
            self.freed_bytes += size_of_entry(entry);
            self.queue.pop_front();
        }
        self.released = self.delivered;
    }

    fn take_due_promises(&mut self) {
        while let Some(promise) = self.promises.front() {
            if promise.after > self.delivered {
                return;
            }
            self.complete = self.complete.max(promise.up_to);
            self.promises.pop_front();
        }
    }

    /// What the journal will be complete up to when all it has said comes true.
    fn promised(&self) -> Timestamp {
        self.promises.iter().fold(self.complete, |most, promise| most.max(promise.up_to))
    }
}

fn transactions(entry: &JournalEntry) -> &[DecidedTransaction] {
    match entry {
        JournalEntry::Transactions(all) => all,
        JournalEntry::Ceiling(_) => &[],
    }
}

/// What an entry weighs in the backlog.
pub(crate) fn size_of_entry(entry: &JournalEntry) -> usize {
    const PER_TRANSACTION: usize = 64;
    const PER_WRITE: usize = 64;
    match entry {
        JournalEntry::Ceiling(_) => PER_TRANSACTION,
        JournalEntry::Transactions(all) => {
            all.iter().map(|one| PER_TRANSACTION + PER_WRITE * one.keys() + one.size_bytes()).sum()
        }
    }
}

/// The merge of all journals.
#[derive(Debug)]
pub struct Merge {
    lanes: BTreeMap<JournalId, Lane>,
    watermark: Timestamp,
    buffered: usize,
}

impl Merge {
    /// Starts where a subscriber stands: it has applied everything up to `watermark`, and each journal's entries up to
    /// the position.
    pub fn new(journals: &BTreeMap<JournalId, Position>, watermark: Timestamp) -> Merge {
        let lanes = journals
            .iter()
            .map(|(journal, position)| (*journal, Lane::new(*position, watermark)))
            .collect();
        Merge { lanes, watermark, buffered: 0 }
    }

    /// A journal that exists from now on. It commits nothing at or below the present watermark.
    pub fn open_journal(&mut self, journal: JournalId, position: Position) {
        let watermark = self.watermark;
        self.lanes.entry(journal).or_insert_with(|| Lane::new(position, watermark));
    }

    pub fn journals(&self) -> impl Iterator<Item = JournalId> + '_ {
        self.lanes.keys().copied()
    }

    pub fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// Transactions that are delivered but not released.
    pub fn buffered(&self) -> usize {
        self.buffered
    }

    /// Bytes (by [`size_of_entry`]) of the entries that are completely released since the last call.
    pub fn take_freed_bytes(&mut self) -> usize {
        self.lanes.values_mut().map(|lane| std::mem::take(&mut lane.freed_bytes)).sum()
    }

    /// The highest timestamp that is delivered.
    pub fn newest(&self) -> Timestamp {
        let newest = self.lanes.values().filter_map(|lane| {
            let (_, entry) = lane.queue.back()?;
            transactions(entry).last().map(|last| last.tau_commit)
        });
        newest.max().unwrap_or(self.watermark).max(self.watermark)
    }

    /// Journals that have not promised `tau`: those to ask.
    pub fn behind(&self, tau: Timestamp) -> impl Iterator<Item = JournalId> + '_ {
        self.lanes
            .iter()
            .filter(move |(_, lane)| lane.promised() < tau)
            .map(|(journal, _)| *journal)
    }

    /// Whether the journal has promised `tau`.
    pub fn has_promised(&self, journal: JournalId, tau: Timestamp) -> bool {
        self.lanes.get(&journal).is_some_and(|lane| lane.promised() >= tau)
    }

    /// The next entry of a journal.
    pub fn deliver(
        &mut self,
        journal: JournalId,
        position: Position,
        entry: Arc<JournalEntry>,
    ) -> Result<(), MergeError> {
        let lane = self.lanes.get_mut(&journal).ok_or(MergeError::UnknownJournal { journal })?;
        if position <= lane.delivered {
            return Err(MergeError::OutOfOrder { journal, last: lane.delivered, position });
        }
        let all = transactions(&entry);
        // The subscriber's position may lie behind its watermark.
        let skipped = all.iter().take_while(|one| one.tau_commit <= lane.started_at).count();
        let mut last = lane.complete;
        for one in &all[skipped..] {
            if one.tau_commit <= last {
                return Err(MergeError::PromiseBroken {
                    journal,
                    complete: last,
                    tau_commit: one.tau_commit,
                });
            }
            last = one.tau_commit;
        }
        lane.complete = last;
        lane.delivered = position;
        self.buffered += all.len() - skipped;
        if skipped < all.len() || !lane.queue.is_empty() {
            if lane.queue.is_empty() {
                lane.released_of_first = skipped;
            }
            lane.queue.push_back((position, entry));
        } else {
            lane.freed_bytes += size_of_entry(&entry);
        }
        lane.trim();
        lane.take_due_promises();
        Ok(())
    }

    /// The journal has nothing undelivered at or before `position`, although no entry came for it.
    pub fn pass(&mut self, journal: JournalId, position: Position) -> Result<(), MergeError> {
        let lane = self.lanes.get_mut(&journal).ok_or(MergeError::UnknownJournal { journal })?;
        lane.delivered = lane.delivered.max(position);
        lane.trim();
        lane.take_due_promises();
        Ok(())
    }

    /// What an adjudicator said about its journal.
    pub fn promise(&mut self, promise: Promise) -> Result<(), MergeError> {
        let journal = promise.journal;
        let lane = self.lanes.get_mut(&journal).ok_or(MergeError::UnknownJournal { journal })?;
        if promise.after <= lane.delivered {
            lane.complete = lane.complete.max(promise.up_to);
        } else if lane.promises.back().is_some_and(|last| last.after >= promise.after) {
            // Overtaken on the way; what it says may still be more than the others say by then.
            let place = lane.promises.partition_point(|other| other.after <= promise.after);
            lane.promises.insert(place, promise);
        } else {
            lane.promises.push_back(promise);
        }
        if lane.promises.len() > MAX_WAITING_PROMISES {
            // Forget the earliest: a later one says more.
            lane.promises.pop_front();
        }
        Ok(())
    }

    /// Takes out everything at or below the new watermark; `None` if the watermark does not move.
    pub fn release(&mut self) -> Option<Delivery> {
        let watermark = self.lanes.values().map(|lane| lane.complete).min()?;
        if watermark <= self.watermark {
            return None;
        }
        let mut released = Vec::new();
        for (journal, lane) in &mut self.lanes {
            while lane.head().is_some_and(|head| head.tau_commit <= watermark) {
                let (_, entry) = lane.queue.front().expect("there is a head");
                let index = lane.released_of_first;
                released.extend(DeliveredTransaction::new(*journal, entry.clone(), index));
                lane.released_of_first += 1;
                lane.trim();
            }
        }
        // Lanes are visited in order of journal and the sort is stable, so ties are in order of journal.
        released.sort_by_key(|one| one.tau_commit);
        self.buffered -= released.len();
        self.watermark = watermark;
        Some(Delivery { transactions: released, watermark, positions: self.positions() })
    }

    fn positions(&self) -> Vec<(JournalId, Position)> {
        self.lanes.iter().map(|(journal, lane)| (*journal, lane.released)).collect()
    }
}

#[cfg(test)]
mod tests;
