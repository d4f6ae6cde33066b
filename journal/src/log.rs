//! The write-ahead log of a node: one for all its journals.
//!
//! ```text
//!   group 0   group 1   group 2          callers (Raft groups): append, vote, purge, snapshot
//!       \        |        /
//!        v       v       v
//!     +---------------------+   room    +-------------+
//!     |  queue  |  index    |<--------->| housekeeper |  prepares and removes segments
//!     +---------------------+           +-------------+
//!                |  everything that waits
//!                v
//!          +-----------+
//!          |  writer   |  one vectored write, one fdatasync, then all completions
//!          +-----------+
//!                v
//!   0000000000000007.log  0000000000000008.log  spare-3.segment
//! ```
//!
//! What it promises: a completion with `Ok` means durable, along with everything requested before it in any group.
//! Entries of a group come back in order, complete and checksummed, or an error says which bytes are damaged. After a
//! failed write or fsync nothing is ever acknowledged again (the log is *poisoned*), because nobody knows what the disk
//! holds; the process must exit and read the log from the beginning. Upholds: D1, D2.
//!
//! A crash, step by step: the writer has appends 1 to 3 in one batch and the power goes during the fsync. On the disk
//! are the header of 1, all of 2 and half of 3, because sectors are written in any order. At the start, 1 is found
//! damaged; the record 2 behind it belongs to the same batch (it says that its batch starts where 1 starts), so this is
//! a torn tail: all three are cut. None was acknowledged. Had 2 belonged to a later batch, 1 would have been durable
//! before, so this would be damage, and the log would refuse to open. The rest of the segment is never written again:
//! the log goes on in a new one, so what is left of the torn tail cannot be taken for records later.
//!
//! What it does not do: it does not know Raft (terms and indexes are numbers to it), does not compress, does not archive.

pub(crate) mod format;
mod housekeeper;
mod recovery;
mod segment;
pub mod space;
mod state;
mod task;
mod writer;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use protocol::journal::JournalEntry;
use runtime::files::{File, Files};
use tokio::sync::{Notify, watch};

pub use self::state::{Completion, EntryId, LogEntry, StoredVote};
pub use self::task::Pace;

use self::format::{Kind, RECORD_HEADER_BYTES, RecordHeader, SegmentHeader, checksum};
use self::recovery::Recovered;
use self::state::{Cached, Group, LiveSegment, Request, Slot, Space, State};
use self::task::Bell;
use self::writer::{Writer, WrittenSegment};
use crate::error::{LogFailure, OpenError};

/// How a log is kept.
#[derive(Clone, Debug)]
pub struct LogConfig {
    pub directory: PathBuf,
    /// Which log this is; a segment of another one is refused.
    pub identity: u64,
    /// The size of a segment. A longer entry gets a longer segment.
    pub segment_bytes: u64,
    /// How much memory written entries may take so that they need not be read again.
    pub cache_bytes: u64,
}

/// The reserve in each segment for what must be written on a full disk.
const RESERVE_BYTES_MAX: u64 = 1 << 20;
/// The first segment of a run is smaller than the others, so that a node starts quickly: its blocks are written before it
/// is used, as those of every segment are. A write into blocks that are only reserved costs the file system's journal.
const FIRST_SEGMENT_BYTES_MAX: u64 = 8 << 20;
/// The smallest segment that makes sense: the header, the reserve and some records.
pub const SEGMENT_BYTES_MIN: u64 = 32 << 10;
/// Offsets are 32 bits wide.
const SEGMENT_BYTES_MAX: u64 = 1 << 30;

const _: () = assert!(SEGMENT_BYTES_MAX + (format::PAYLOAD_BYTES_MAX as u64) < u32::MAX as u64);

impl LogConfig {
    fn reserve_bytes(&self) -> u64 {
        RESERVE_BYTES_MAX.min(self.segment_bytes / 8)
    }
}

/// What all parts of a log share.
pub(crate) struct Shared {
    pub config: LogConfig,
    pub files: Arc<dyn Files>,
    pub state: Mutex<State>,
    /// The writer has something to do.
    pub wake: Bell,
    /// There are no threads: the writer is a task, and does the housekeeper's work between batches.
    pub in_task: bool,
    /// The number of the last spare segment.
    pub spares: AtomicU64,
    /// The housekeeper has something to do.
    pub housekeeping: Condvar,
    /// There may be a spare.
    pub rotation: Condvar,
    /// The writer or the housekeeper has ended.
    pub ended: Condvar,
    /// Room was given back, or an attempt to get some was made.
    pub room: Notify,
    pub failure: watch::Sender<Option<LogFailure>>,
}

impl Shared {
    /// Wakes the writer.
    pub fn ring(&self) {
        self.wake.ring(self.in_task);
    }

    /// Stops the log: whatever waits and whatever comes fails.
    pub fn poison(&self, failure: LogFailure) {
        tracing::error!(%failure, "the log has stopped; nothing more is acknowledged");
        let queue = {
            let mut state = self.state.lock();
            state.failure = Some(failure.clone());
            std::mem::take(&mut state.queue)
        };
        self.failure.send_replace(Some(failure.clone()));
        for request in queue {
            match request {
                Request::Append { done, .. }
                | Request::Vote { done, .. }
                | Request::Purge { done, .. }
                | Request::Snapshot { done, .. } => done(Err(failure.clone())),
                Request::Truncate { .. } => {}
            }
        }
        self.room.notify_waiters();
        self.housekeeping.notify_all();
    }
}

/// The log. Clones are handles to the same log.
#[derive(Clone)]
pub struct Log {
    pub(crate) shared: Arc<Shared>,
}

/// Where a read finds an entry.
enum Found {
    Cached(EntryId, Arc<Cached>),
    Stored { id: EntryId, file: Arc<dyn File>, segment: u64, offset: u32, payload_bytes: u32 },
}

impl Log {
    /// Opens the log in its directory, or begins one. Reads all of it.
    pub fn open(files: Arc<dyn Files>, config: LogConfig) -> Result<Log, OpenError> {
        Log::open_with(files, config, None)
    }

    /// As [`Log::open`]; with a pace the log is written by a task of the current runtime instead of threads.
    pub(crate) fn open_with(
        files: Arc<dyn Files>,
        config: LogConfig,
        pace: Option<Pace>,
    ) -> Result<Log, OpenError> {
        let mut config = config;
        config.segment_bytes = config
            .segment_bytes
            .clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX)
            .next_multiple_of(DATA_ALIGNMENT);
        let directory = config.directory.clone();
        files
            .create_directory(&directory)
            .map_err(OpenError::files(&directory, "create the directory"))?;
        let recovered = recovery::recover(&*files, &directory, config.identity)?;
        if recovered.torn {
            tracing::info!("what a crash left unfinished at the log's end was cut");
        }
        Self::begin(files, config, recovered, pace)
    }

    /// Goes on behind what was recovered, in a new segment.
    fn begin(
        files: Arc<dyn Files>,
        config: LogConfig,
        recovered: Recovered,
        pace: Option<Pace>,
    ) -> Result<Log, OpenError> {
        let directory = &config.directory;
        let (mut sequence, mut previous_end) = (0, 0);
        if let Some(last) = recovered.segments.last() {
            // Given back, not only to save space: nothing behind the end shall ever be read.
            last.file
                .set_len(last.end)
                .and_then(|()| last.file.sync_all())
                .map_err(OpenError::files(&last.path, "shorten"))?;
            (sequence, previous_end) = (last.sequence, last.end);
        }
        let path = segment::spare_path(directory, 1);
        let metadata: BTreeMap<u32, state::GroupMetadata> = recovered
            .groups
            .iter()
            .map(|(group, found)| (*group, found.metadata.clone()))
            .collect();
        let snapshots = metadata.values().filter_map(|metadata| metadata.snapshot.as_ref());
        let snapshot_bytes: u64 = snapshots.map(|snapshot| snapshot.len() as u64 + 256).sum();
        let first = config.segment_bytes.min(FIRST_SEGMENT_BYTES_MAX);
        let needed = first.max(snapshot_bytes + SEGMENT_BYTES_MIN);
        let spare = segment::prepare(&*files, path.clone(), needed)
            .map_err(OpenError::files(&path, "prepare"))?;
        let header =
            SegmentHeader { identity: config.identity, sequence: sequence + 1, previous_end };
        let path = segment::activate(&*files, directory, &spare, header)
            .map_err(OpenError::files(&path, "start"))?;
        let (shared, written) = Self::shared(files, config, recovered, pace.is_some());
        let mut writer = Writer {
            shared: shared.clone(),
            file: spare.file.clone(),
            path: path.clone(),
            bytes: spare.bytes,
            end: format::DATA_START,
            segments: written,
            metadata,
            batch: Default::default(),
        };
        writer.adopt_first(spare.file, path.clone(), header.sequence);
        writer.write_checkpoint_now().map_err(|failure| match failure {
            LogFailure::Files { file, doing, error } => {
                OpenError::Files { path: file, doing, error: io::Error::other(error) }
            }
            other => OpenError::Files { path, doing: "write to", error: io::Error::other(other) },
        })?;
        match pace {
            None => start_threads(&shared, writer)?,
            Some(pace) => {
                tokio::spawn(task::write(writer, pace));
            }
        }
        Ok(Log { shared })
    }

    fn shared(
        files: Arc<dyn Files>,
        config: LogConfig,
        recovered: Recovered,
        in_task: bool,
    ) -> (Arc<Shared>, Vec<WrittenSegment>) {
        let mut segments = BTreeMap::new();
        let mut written = Vec::new();
        for segment in recovered.segments {
            let live = LiveSegment { path: segment.path, file: segment.file };
            segments.insert(segment.sequence, live);
            written.push(WrittenSegment {
                sequence: segment.sequence,
                has_checkpoint: segment.has_checkpoint,
                highest: segment.highest,
            });
        }
        let groups = recovered.groups.into_iter().map(|(number, found)| {
            let group = Group { metadata: found.metadata, first: found.first, slots: found.slots };
            (number, group)
        });
        let state = State {
            groups: groups.collect(),
            segments,
            queue: VecDeque::new(),
            committed: HashMap::new(),
            space: Space::default(),
            obsolete: VecDeque::new(),
            failure: None,
            closing: false,
            writer_ended: false,
            housekeeper_ended: false,
            next_ticket: 1,
            cache: state::Cache::default(),
        };
        let shared = Shared {
            config,
            files,
            state: Mutex::new(state),
            wake: Bell::default(),
            in_task,
            spares: AtomicU64::new(1),
            housekeeping: Condvar::new(),
            rotation: Condvar::new(),
            ended: Condvar::new(),
            room: Notify::new(),
            failure: watch::Sender::new(None),
        };
        (Arc::new(shared), written)
    }

    /// Appends entries to a group. They can be read at once; `done` is called when they are durable. The indexes must
    /// follow the group's last one without a gap.
    pub fn append(&self, group: u32, entries: Vec<LogEntry>, done: Completion) {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        if let Some(failure) = state.refusal() {
            drop(guard);
            return done(Err(failure));
        }
        let target = state.groups.entry(group).or_default();
        let mut numbered = Vec::with_capacity(entries.len());
        for entry in entries {
            if target.slots.is_empty() {
                target.first = entry.id.index;
            }
            assert_eq!(entry.id.index, target.next(), "entries of a group have no gaps");
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            let (payload, decoded) = (entry.payload.clone(), entry.decoded.clone());
            target.slots.push_back(Slot {
                term: entry.id.term,
                ticket,
                segment: 0,
                offset: 0,
                payload_bytes: entry.payload.len() as u32,
                cached: Some(Arc::new(Cached { payload, decoded })),
            });
            numbered.push((entry, ticket));
        }
        state.queue.push_back(Request::Append { group, entries: numbered, done });
        drop(guard);
        self.shared.ring();
    }

    /// Voids a group's entries above `keep`, all of them if it is `None`. Durable before anything requested later.
    pub fn truncate(&self, group: u32, keep: Option<EntryId>) -> Result<(), LogFailure> {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        if let Some(failure) = state.refusal() {
            return Err(failure);
        }
        let target = state.groups.entry(group).or_default();
        let next = keep.map_or(0, |keep| keep.index + 1);
        let count = next.saturating_sub(target.first).min(target.slots.len() as u64);
        let dropped: Vec<Slot> = target.slots.drain(count as usize..).collect();
        state.forget(dropped);
        state.queue.push_back(Request::Truncate { group, keep });
        drop(guard);
        self.shared.ring();
        Ok(())
    }

    /// Stores a group's vote.
    pub fn save_vote(&self, group: u32, vote: StoredVote, done: Completion) {
        self.request(group, done, |target, done| {
            target.metadata.vote = Some(vote);
            Request::Vote { group, vote, done }
        });
    }

    /// Stores a group's snapshot. It is small: it is repeated in each segment.
    pub fn save_snapshot(&self, group: u32, payload: Bytes, done: Completion) {
        self.request(group, done, |target, done| {
            target.metadata.snapshot = Some(payload.clone());
            Request::Snapshot { group, payload, done }
        });
    }

    /// Gives up a group's entries up to and including `upto`. If there are none behind it, the group goes on after it.
    pub fn purge(&self, group: u32, upto: EntryId, done: Completion) {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        let target = state.groups.entry(group).or_default();
        let count = (upto.index + 1).saturating_sub(target.first).min(target.slots.len() as u64);
        let dropped: Vec<Slot> = target.slots.drain(..count as usize).collect();
        target.first += count;
        if target.slots.is_empty() {
            target.first = target.first.max(upto.index + 1);
        }
        target.metadata.purged = target.metadata.purged.max(Some(upto));
        state.forget(dropped);
        drop(guard);
        self.request(group, done, |_, done| Request::Purge { group, upto, done });
    }

    /// Notes how far a group is committed. Written along with whatever is written next; may be lost in a crash.
    pub fn note_committed(&self, group: u32, id: EntryId) {
        let mut state = self.shared.state.lock();
        state.groups.entry(group).or_default().metadata.committed = Some(id);
        state.committed.insert(group, id);
    }

    fn request(
        &self,
        group: u32,
        done: Completion,
        make: impl FnOnce(&mut Group, Completion) -> Request,
    ) {
        let mut guard = self.shared.state.lock();
        if let Some(failure) = guard.refusal() {
            drop(guard);
            return done(Err(failure));
        }
        let request = make(guard.groups.entry(group).or_default(), done);
        guard.queue.push_back(request);
        drop(guard);
        self.shared.ring();
    }

    pub fn vote(&self, group: u32) -> Option<StoredVote> {
        self.shared.state.lock().groups.get(&group)?.metadata.vote
    }

    pub fn snapshot(&self, group: u32) -> Option<Bytes> {
        self.shared.state.lock().groups.get(&group)?.metadata.snapshot.clone()
    }

    pub fn committed(&self, group: u32) -> Option<EntryId> {
        self.shared.state.lock().groups.get(&group)?.metadata.committed
    }

    /// The last purged and the last entry of a group.
    pub fn bounds(&self, group: u32) -> (Option<EntryId>, Option<EntryId>) {
        let state = self.shared.state.lock();
        match state.groups.get(&group) {
            Some(group) => (group.metadata.purged, group.last()),
            None => (None, None),
        }
    }

    /// The entries of a group with indexes in `start..end`, as far as it has them, and as many as fit into `bytes_max`
    /// (but at least one).
    pub fn read(
        &self,
        group: u32,
        start: u64,
        end: u64,
        bytes_max: u64,
    ) -> io::Result<Vec<LogEntry>> {
        let mut found = Vec::new();
        {
            let state = self.shared.state.lock();
            let Some(target) = state.groups.get(&group) else { return Ok(Vec::new()) };
            let mut bytes = 0;
            for index in start.max(target.first)..end.min(target.next()) {
                let slot = &target.slots[(index - target.first) as usize];
                bytes += u64::from(slot.payload_bytes);
                if bytes > bytes_max && !found.is_empty() {
                    break;
                }
                let id = EntryId { term: slot.term, index };
                found.push(match (&slot.cached, state.segments.get(&slot.segment)) {
                    (Some(cached), _) => Found::Cached(id, cached.clone()),
                    (None, Some(segment)) => Found::Stored {
                        id,
                        file: segment.file.clone(),
                        segment: slot.segment,
                        offset: slot.offset,
                        payload_bytes: slot.payload_bytes,
                    },
                    (None, None) => return Err(io::Error::other("an entry's segment is gone")),
                });
            }
        }
        found.into_iter().map(|found| load(group, found)).collect()
    }

    /// Resolves when the log has stopped because a write or an fsync failed.
    pub fn failure(&self) -> watch::Receiver<Option<LogFailure>> {
        self.shared.failure.subscribe()
    }

    /// Stops the log as if it had failed.
    pub(crate) fn stop(&self, failure: LogFailure) {
        if self.shared.state.lock().failure.is_none() {
            self.shared.poison(failure);
            self.shared.ring();
        }
    }

    /// Writes what waits and ends the threads. Blocks until that is done.
    pub fn close(&self) {
        let mut state = self.shared.state.lock();
        state.closing = true;
        self.shared.ring();
        self.shared.rotation.notify_all();
        while !(state.writer_ended && state.housekeeper_ended) {
            self.shared.ended.wait(&mut state);
        }
        drop(state);
        self.shared.room.notify_waiters();
    }

    /// The number of segments that hold records.
    pub fn segment_count(&self) -> usize {
        self.shared.state.lock().segments.len()
    }
}

/// Segment sizes are multiples of a page.
const DATA_ALIGNMENT: u64 = 4096;

impl State {
    fn refusal(&self) -> Option<LogFailure> {
        match &self.failure {
            Some(failure) => Some(failure.clone()),
            None if self.closing => Some(LogFailure::Closed),
            None => None,
        }
    }
}

impl Writer {
    /// Makes the segment that the log was opened with the current one.
    fn adopt_first(&mut self, file: Arc<dyn File>, path: PathBuf, sequence: u64) {
        let live = LiveSegment { path, file };
        self.shared.state.lock().segments.insert(sequence, live);
        let highest = BTreeMap::new();
        self.segments.push(WrittenSegment { sequence, has_checkpoint: false, highest });
    }
}

fn start_threads(shared: &Arc<Shared>, writer: Writer) -> Result<(), OpenError> {
    let failed = |error| OpenError::Files {
        path: shared.config.directory.clone(),
        doing: "start a thread for",
        error,
    };
    let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new().name(name.into()).spawn(body).map_err(failed)
    };
    spawn("journal-writer", Box::new(move || writer.run()))?;
    let housekeeper = shared.clone();
    spawn("journal-housekeeper", Box::new(move || housekeeper::run(housekeeper)))?;
    Ok(())
}

fn load(group: u32, found: Found) -> io::Result<LogEntry> {
    let (id, payload, decoded): (_, _, Option<Arc<JournalEntry>>) = match found {
        Found::Cached(id, cached) => (id, cached.payload.clone(), cached.decoded.clone()),
        Found::Stored { id, file, segment, offset, payload_bytes } => {
            let mut bytes = vec![0; RECORD_HEADER_BYTES + payload_bytes as usize];
            let count = file.read_at(&mut bytes, u64::from(offset))?;
            let header = RecordHeader::decode(segment, &bytes).filter(|header| {
                count == bytes.len()
                    && header.kind == Kind::Entry
                    && (header.group, header.term, header.index) == (group, id.term, id.index)
                    && header.payload_crc == checksum(segment, &bytes[RECORD_HEADER_BYTES..])
            });
            if header.is_none() {
                let problem =
                    format!("log segment {segment} is damaged at byte {offset}: entry {id:?}");
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            (id, Bytes::from(bytes).slice(RECORD_HEADER_BYTES..), None)
        }
    };
    Ok(LogEntry { id, payload, decoded, room: None })
}
