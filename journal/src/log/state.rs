//! What the log keeps in memory, shared by its callers, its writer and its housekeeper.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use protocol::journal::JournalEntry;
use runtime::files::File;

use super::segment::Spare;
use crate::error::LogFailure;

/// An entry's identity within its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct EntryId {
    pub term: u64,
    pub index: u64,
}

/// A group's vote as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredVote {
    pub term: u64,
    pub node: u64,
    pub committed: bool,
}

impl StoredVote {
    pub(crate) fn encode(self) -> Bytes {
        let mut bytes = [0; 9];
        bytes[..8].copy_from_slice(&self.node.to_le_bytes());
        bytes[8] = u8::from(self.committed);
        Bytes::copy_from_slice(&bytes)
    }

    pub(crate) fn decode(term: u64, bytes: &[u8]) -> Option<StoredVote> {
        let bytes: &[u8; 9] = bytes.try_into().ok()?;
        let node = u64::from_le_bytes(*bytes.first_chunk()?);
        Some(StoredVote { term, node, committed: bytes[8] == 1 })
    }
}

/// An entry as it goes in and comes out.
#[derive(Clone, Debug)]
pub struct LogEntry {
    pub id: EntryId,
    pub payload: Bytes,
    /// The payload in memory, so that recent entries need no decoding.
    pub decoded: Option<Arc<JournalEntry>>,
    /// Room set aside for the entry, given back when it is written.
    pub room: Option<Arc<super::space::Room>>,
}

/// Everything of a group but its entries. Repeated at the start of each segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupMetadata {
    pub vote: Option<StoredVote>,
    pub purged: Option<EntryId>,
    pub committed: Option<EntryId>,
    pub snapshot: Option<Bytes>,
}

/// Where an entry is.
pub(crate) struct Slot {
    pub term: u64,
    /// Tells entries with the same index apart; 0 for those found at the start.
    pub ticket: u64,
    /// 0 until written.
    pub segment: u64,
    pub offset: u32,
    pub payload_bytes: u32,
    /// Always there until written; afterwards as long as the cache has room.
    pub cached: Option<Arc<Cached>>,
}

pub(crate) struct Cached {
    pub payload: Bytes,
    pub decoded: Option<Arc<JournalEntry>>,
}

#[derive(Default)]
pub(crate) struct Group {
    pub metadata: GroupMetadata,
    pub first: u64,
    pub slots: VecDeque<Slot>,
}

impl Group {
    pub fn next(&self) -> u64 {
        self.first + self.slots.len() as u64
    }

    pub fn slot_mut(&mut self, index: u64) -> Option<&mut Slot> {
        self.slots.get_mut(index.checked_sub(self.first)? as usize)
    }

    pub fn last(&self) -> Option<EntryId> {
        let last = self.slots.back().map(|slot| EntryId {
            term: slot.term,
            index: self.first + self.slots.len() as u64 - 1,
        });
        last.or(self.metadata.purged)
    }
}

/// Called once, when what it belongs to is durable or never will be.
pub type Completion = Box<dyn FnOnce(Result<(), LogFailure>) + Send>;

/// What waits for the writer.
pub(crate) enum Request {
    Append { group: u32, entries: Vec<(LogEntry, u64)>, done: Completion },
    Truncate { group: u32, keep: Option<EntryId> },
    Vote { group: u32, vote: StoredVote, done: Completion },
    Purge { group: u32, upto: EntryId, done: Completion },
    Snapshot { group: u32, payload: Bytes, done: Completion },
}

pub(crate) struct LiveSegment {
    pub path: PathBuf,
    pub file: Arc<dyn File>,
}

/// The room for records.
#[derive(Default)]
pub(crate) struct Space {
    /// Left in the segment that is written now.
    pub current_left: u64,
    pub spare: Option<Spare>,
    /// Asked of the housekeeper: a spare of at least this many bytes.
    pub wanted: Option<u64>,
    /// The housekeeper is at work on a spare.
    pub preparing: bool,
    /// Counts the housekeeper's attempts, so that a waiter knows that its own has been made.
    pub attempts: u64,
    /// Why the last attempt failed, if it did.
    pub problem: Option<Arc<std::io::Error>>,
    /// Set aside for entries that are not written yet.
    pub reserved: u64,
}

pub(crate) struct State {
    pub groups: BTreeMap<u32, Group>,
    pub segments: BTreeMap<u64, LiveSegment>,
    pub queue: VecDeque<Request>,
    /// Groups whose committed position changed since the last batch: written along with the next one.
    pub committed: HashMap<u32, EntryId>,
    pub space: Space,
    /// For the housekeeper: segments that no group needs, oldest first.
    pub obsolete: VecDeque<(u64, LiveSegment)>,
    pub failure: Option<LogFailure>,
    /// No more requests; the writer ends when the queue is empty.
    pub closing: bool,
    pub writer_ended: bool,
    pub housekeeper_ended: bool,
    pub next_ticket: u64,
    pub cache: Cache,
}

/// Where the writer has put an entry.
pub(crate) struct Placed {
    pub group: u32,
    pub index: u64,
    pub ticket: u64,
    pub offset: u32,
}

/// Which written entries are kept in memory; the oldest go first.
#[derive(Default)]
pub(crate) struct Cache {
    pub bytes: u64,
    pub order: VecDeque<(u32, u64, u64)>,
}

/// What a cached entry costs besides its payload.
const CACHED_ENTRY_BYTES: u64 = 128;

impl State {
    /// Notes that entries have been written to a segment and drops the oldest ones if the cache is too large.
    pub fn written(&mut self, placed: &[Placed], segment: u64, maximum: u64) {
        for run in placed.chunk_by(|one, next| one.group == next.group) {
            let Some(group) = run.first().and_then(|first| self.groups.get_mut(&first.group))
            else {
                continue;
            };
            for entry in run {
                let Some(slot) = group.slot_mut(entry.index) else { continue };
                if slot.ticket != entry.ticket {
                    continue;
                }
                (slot.segment, slot.offset) = (segment, entry.offset);
                self.cache.bytes += u64::from(slot.payload_bytes) + CACHED_ENTRY_BYTES;
                self.cache.order.push_back((entry.group, entry.index, entry.ticket));
            }
        }
        while self.cache.bytes > maximum {
            let Some((group, index, ticket)) = self.cache.order.pop_front() else { break };
            self.evict(group, index, ticket);
        }
    }

    fn evict(&mut self, group: u32, index: u64, ticket: u64) {
        let Some(slot) = self.groups.get_mut(&group).and_then(|group| group.slot_mut(index)) else {
            return;
        };
        if slot.ticket == ticket && slot.cached.take().is_some() {
            self.cache.bytes -= u64::from(slot.payload_bytes) + CACHED_ENTRY_BYTES;
        }
    }

    /// Takes slots out of the cache's account when they leave the group.
    pub fn forget(&mut self, slots: impl IntoIterator<Item = Slot>) {
        for slot in slots {
            if slot.segment != 0 && slot.cached.is_some() {
                self.cache.bytes -= u64::from(slot.payload_bytes) + CACHED_ENTRY_BYTES;
            }
        }
        // Their places in the order are passed over; if most are such, the order is cleaned.
        if self.cache.order.len() > 4096 {
            let groups = &self.groups;
            let live = |(group, index, ticket): &(u32, u64, u64)| {
                groups.get(group).is_some_and(|group| {
                    index
                        .checked_sub(group.first)
                        .and_then(|position| group.slots.get(position as usize))
                        .is_some_and(|slot| slot.ticket == *ticket && slot.cached.is_some())
                })
            };
            self.cache.order.retain(live);
        }
    }
}
