//! The ordered key-value engine under the versions: a small trait with two implementations.
//!
//! [`disk::DiskEngine`] keeps everything in an LSM tree on disk, [`memory::MemoryEngine`] in a map; both pass the suite in
//! [`conformance`]. The engine knows nothing of timestamps.

#[cfg(test)]
pub mod conformance;
pub mod disk;
pub mod memory;

use std::fmt;
use std::ops::Bound;

use bytes::Bytes;
use protocol::storage::Direction;

/// A separate, ordered set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// What has been applied, and other facts about the whole.
    Meta = 1,
    /// The newest version of each key.
    Latest = 2,
    /// Superseded versions.
    History = 3,
    /// What can be collected when, in order of time.
    Garbage = 4,
    /// Transaction id → commit timestamp.
    Outcomes = 5,
    /// Transaction ids in order of time.
    OutcomeTimes = 6,
}

impl Space {
    pub const ALL: [Space; 6] = [
        Space::Meta,
        Space::Latest,
        Space::History,
        Space::Garbage,
        Space::Outcomes,
        Space::OutcomeTimes,
    ];
}

/// Why the engine did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// No room on the device: nothing was written, reads go on, try again later (53100).
    Full { free_bytes: u64, needed_bytes: u64 },
    /// Somebody else has the files open.
    Locked,
    /// What is stored makes no sense. The process must not go on.
    Corrupt(String),
    /// The engine has failed and takes no more writes. The process must end and start again; journals hold what is lost.
    Fatal(String),
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::Full { free_bytes, needed_bytes } => {
                write!(formatter, "disk full: {free_bytes} bytes free, {needed_bytes} needed")
            }
            EngineError::Locked => formatter.write_str("storage is in use by another process"),
            EngineError::Corrupt(what) => write!(formatter, "storage is corrupt: {what}"),
            EngineError::Fatal(what) => write!(formatter, "storage engine failed: {what}"),
        }
    }
}

impl std::error::Error for EngineError {}

/// Writes that happen together or not at all. Keys and values lie one after the other in one buffer.
#[derive(Clone, Debug, Default)]
pub struct WriteBatch {
    bytes: Vec<u8>,
    writes: Vec<PlacedWrite>,
}

#[derive(Clone, Copy, Debug)]
struct PlacedWrite {
    space: Space,
    /// The key starts here, behind one byte that names its space.
    start: u32,
    key_end: u32,
    /// `None` removes.
    value_end: Option<u32>,
}

/// One write of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchWrite<'a> {
    pub space: Space,
    pub key: &'a [u8],
    /// The key behind the byte that names its space, for engines that keep all spaces in one tree.
    pub spaced_key: &'a [u8],
    pub value: Option<&'a [u8]>,
}

impl WriteBatch {
    pub fn new() -> WriteBatch {
        WriteBatch::default()
    }

    /// The value is the concatenation of `parts`.
    pub fn put(&mut self, space: Space, key: &[u8], parts: &[&[u8]]) {
        let (start, key_end) = self.place_key(space, key);
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        let value_end = Some(self.offset());
        self.writes.push(PlacedWrite { space, start, key_end, value_end });
    }

    pub fn remove(&mut self, space: Space, key: &[u8]) {
        let (start, key_end) = self.place_key(space, key);
        self.writes.push(PlacedWrite { space, start, key_end, value_end: None });
    }

    fn place_key(&mut self, space: Space, key: &[u8]) -> (u32, u32) {
        self.bytes.push(space as u8);
        let start = self.offset();
        self.bytes.extend_from_slice(key);
        (start, self.offset())
    }

    fn offset(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("a delivery is split long before 4 GiB")
    }

    pub fn writes(&self) -> impl Iterator<Item = BatchWrite<'_>> {
        self.writes.iter().map(|placed| {
            let (start, key_end) = (placed.start as usize, placed.key_end as usize);
            BatchWrite {
                space: placed.space,
                key: &self.bytes[start..key_end],
                spaced_key: &self.bytes[start - 1..key_end],
                value: placed.value_end.map(|end| &self.bytes[key_end..end as usize]),
            }
        })
    }

    pub fn len(&self) -> usize {
        self.writes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// A key and its value, for as long as the next one is not asked for.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// Keys and values in order. They are shown where they lie, so that going past a pair copies nothing.
pub trait PairStream: Send {
    /// After an error there is nothing more.
    fn next(&mut self) -> Result<Option<Pair<'_>>, EngineError>;
}

pub type Pairs = Box<dyn PairStream>;

/// The engine at one instant: what is written later is not seen.
pub trait KvView: Send + Sync {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError>;

    /// The pairs between two bounds, from either end. The stream outlives the view and holds a bounded number of pairs.
    fn range(
        &self,
        space: Space,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        direction: Direction,
    ) -> Pairs;
}

/// An ordered key-value engine.
///
/// Contract: one writer at a time, any number of readers. A batch is atomic over all spaces, for views and for crashes:
/// after a crash the engine holds a prefix of the batches written, at least up to the last `persist`. `get` may see
/// single writes of a batch that is being written; a view never does. In a batch a later write to a key wins.
pub trait KvEngine: Send + Sync + 'static {
    /// The newest value; empty keys and values are allowed.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError>;

    /// As `get` for several keys, in their order.
    fn multi_get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Bytes>>, EngineError> {
        keys.iter().map(|key| self.get(space, key)).collect()
    }

    /// The present instant, for as long as the view or one of its streams lives.
    fn view(&self) -> Box<dyn KvView>;

    /// Writes all or nothing; not durable until `persist`.
    fn write(&self, batch: &WriteBatch) -> Result<(), EngineError>;

    /// Returns when all batches written before the call survive a loss of power.
    fn persist(&self) -> Result<(), EngineError>;

    /// Bytes in use, on disk and in buffers.
    fn approximate_bytes(&self) -> u64;

    /// Bytes that may still be written; `None` if there is no such limit.
    fn free_bytes(&self) -> Option<u64>;

    /// A name for logs and metrics.
    fn name(&self) -> &'static str;
}
