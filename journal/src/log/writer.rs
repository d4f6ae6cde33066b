//! The writer: the one thread that writes the log.
//!
//! It takes everything that waits, writes it with one vectored write and makes it durable with one `fdatasync`; what
//! arrives meanwhile is the next batch. So one fsync serves all waiting appends of all groups, and nobody waits for a
//! timer. When nothing waits the thread sleeps.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use metrics::{counter, histogram};
use runtime::files::File;
use runtime::mischief::{Mark, Site, fires, reached};

use super::Shared;
use super::format::{
    DATA_START, Kind, NOTHING, RecordHeader, SegmentHeader, checksum, record_bytes,
};
use super::segment::{Spare, activate};
use super::state::{
    Completion, EntryId, GroupMetadata, LiveSegment, LogEntry, Placed, Request, StoredVote,
};
use crate::error::LogFailure;

/// A batch is closed when it has this many bytes.
const BATCH_BYTES_MAX: u64 = 8 << 20;
/// Payloads up to this size are copied next to their header; larger ones are written from where they are.
const COPY_BYTES_MAX: usize = 16 << 10;
/// Memory that the writer keeps from batch to batch.
const KEPT_ARENA_BYTES: usize = 1 << 20;
/// How long the writer waits before it tries again to get space on a full disk.
const FULL_DISK_PAUSE: Duration = Duration::from_millis(200);

/// A segment as the writer sees it.
pub(crate) struct WrittenSegment {
    pub sequence: u64,
    pub has_checkpoint: bool,
    pub highest: BTreeMap<u32, u64>,
}

pub(crate) struct Writer {
    pub shared: Arc<Shared>,
    pub file: Arc<dyn File>,
    pub path: PathBuf,
    pub bytes: u64,
    /// Where the next record goes.
    pub end: u64,
    /// Oldest first; the last one is being written.
    pub segments: Vec<WrittenSegment>,
    /// As written, which may be behind what the groups know.
    pub metadata: BTreeMap<u32, GroupMetadata>,
    /// Empty between batches; its memory is used again.
    pub batch: Batch,
}

/// A record that is to be written.
struct Record {
    group: u32,
    kind: Kind,
    id: EntryId,
    payload: Bytes,
    ticket: u64,
}

/// One request's records, which stay together unless they are too many for one segment.
struct Work {
    records: Records,
    done: Option<Completion>,
}

enum Records {
    Entries { group: u32, entries: std::vec::IntoIter<(LogEntry, u64)> },
    One(Option<Record>),
}

impl Iterator for Records {
    /// With the room that was set aside for it.
    type Item = (Record, u64);

    fn next(&mut self) -> Option<(Record, u64)> {
        match self {
            Records::Entries { group, entries } => {
                let (entry, ticket) = entries.next()?;
                let room = entry.room.map_or(0, |room| room.take_back());
                let (id, payload) = (entry.id, entry.payload);
                Some((Record { group: *group, kind: Kind::Entry, id, payload, ticket }, room))
            }
            Records::One(record) => Some((record.take()?, 0)),
        }
    }
}

/// What is written and made durable together.
#[derive(Default)]
pub(crate) struct Batch {
    /// Headers, small payloads and padding.
    arena: Vec<u8>,
    /// Pieces in order: a range of the arena, or a large payload.
    pieces: Vec<Piece>,
    placed: Vec<Placed>,
    bytes: u64,
    records: u64,
}

enum Piece {
    Arena(usize, usize),
    Payload(Bytes),
}

impl Batch {
    /// Forgets the batch but keeps its memory, unless it was an unusual one.
    fn clear(&mut self) {
        self.arena.clear();
        self.arena.shrink_to(KEPT_ARENA_BYTES);
        self.pieces.clear();
        self.placed.clear();
        (self.bytes, self.records) = (0, 0);
    }

    fn add(&mut self, sequence: u64, batch_start: u64, record: &Record) {
        let offset = batch_start + self.bytes;
        let header = RecordHeader {
            payload_bytes: record.payload.len() as u32,
            payload_crc: checksum(sequence, &record.payload),
            batch_start: batch_start as u32,
            group: record.group,
            kind: record.kind,
            term: record.id.term,
            index: record.id.index,
        };
        let start = self.arena.len();
        self.arena.extend_from_slice(&header.encode(sequence));
        let size = record_bytes(record.payload.len());
        let padding = size as usize - super::format::RECORD_HEADER_BYTES - record.payload.len();
        if record.payload.len() <= COPY_BYTES_MAX {
            self.arena.extend_from_slice(&record.payload);
            self.arena.resize(self.arena.len() + padding, 0);
            self.piece(start, self.arena.len());
        } else {
            self.piece(start, self.arena.len());
            self.pieces.push(Piece::Payload(record.payload.clone()));
            let start = self.arena.len();
            self.arena.resize(start + padding, 0);
            self.piece(start, start + padding);
        }
        if record.kind == Kind::Entry {
            self.placed.push(Placed {
                group: record.group,
                index: record.id.index,
                ticket: record.ticket,
                offset: offset as u32,
            });
        }
        self.bytes += size;
        self.records += 1;
    }

    fn piece(&mut self, start: usize, end: usize) {
        match self.pieces.last_mut() {
            Some(Piece::Arena(_, last)) if *last == start => *last = end,
            _ => self.pieces.push(Piece::Arena(start, end)),
        }
    }

    fn slices(&self) -> Vec<IoSlice<'_>> {
        let slice = |piece: &'_ Piece| match piece {
            Piece::Arena(start, end) => (*start, *end),
            Piece::Payload(_) => (0, 0),
        };
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Payload(payload) => IoSlice::new(payload),
                arena => {
                    let (start, end) = slice(arena);
                    IoSlice::new(&self.arena[start..end])
                }
            })
            .collect()
    }
}

impl Writer {
    /// Runs until the log is closed or broken.
    pub fn run(mut self) {
        while let Some((work, hints)) = self.wait() {
            if !self.write_or_stop(work, hints) {
                break;
            }
        }
        self.end();
    }

    /// `false`: the log is broken.
    pub fn write_or_stop(&mut self, work: VecDeque<Request>, hints: HashMap<u32, EntryId>) -> bool {
        let Err((failure, waiting)) = self.write(work, hints) else { return true };
        // First the log is stopped, then they hear: who hears and asks again must not be accepted.
        self.shared.poison(failure.clone());
        for done in waiting {
            done(Err(failure.clone()));
        }
        false
    }

    /// Says that nothing more is written.
    pub fn end(&self) {
        let mut state = self.shared.state.lock();
        state.writer_ended = true;
        drop(state);
        self.shared.housekeeping.notify_all();
        self.shared.ended.notify_all();
        self.shared.room.notify_waiters();
    }

    /// Sleeps until something waits; takes all of it.
    pub fn wait(&mut self) -> Option<(VecDeque<Request>, HashMap<u32, EntryId>)> {
        let mut state = self.shared.state.lock();
        while state.queue.is_empty() {
            if state.closing || state.failure.is_some() {
                return None;
            }
            self.shared.wake.wait(&mut state);
        }
        let mut work = std::mem::take(&mut state.queue);
        if work.len() > 1 && fires(Site::LogBatchOfOne) {
            state.queue = work.split_off(1);
        }
        let hints = std::mem::take(&mut state.committed);
        Some((work, hints))
    }

    fn write(
        &mut self,
        work: VecDeque<Request>,
        hints: HashMap<u32, EntryId>,
    ) -> Result<(), (LogFailure, Vec<Completion>)> {
        let mut batch = std::mem::take(&mut self.batch);
        let mut completions = Vec::with_capacity(work.len());
        let mut room = 0;
        let mut purged = false;
        let mut work = work.into_iter().map(Work::new);
        while let Some(mut item) = work.next() {
            while let Some((record, reserved)) = item.records.next() {
                let size = record_bytes(record.payload.len());
                let segment_full =
                    self.end + batch.bytes + size > self.bytes || fires(Site::LogSegmentCut);
                if segment_full || batch.bytes >= BATCH_BYTES_MAX {
                    let mut written =
                        self.write_batch(&batch, std::mem::take(&mut room), &mut completions);
                    batch.clear();
                    if segment_full && written.is_ok() {
                        written = self.rotate(size);
                    }
                    if let Err(failure) = written {
                        let rest = std::iter::once(item).chain(work).filter_map(|item| item.done);
                        completions.extend(rest);
                        return Err((failure, completions));
                    }
                }
                room += reserved;
                let sequence = self.sequence();
                batch.add(sequence, self.end, &record);
                self.note(&record);
                purged |= record.kind == Kind::Purged;
            }
            completions.extend(item.done);
        }
        for (group, id) in hints {
            let record =
                Record { group, kind: Kind::Committed, id, payload: Bytes::new(), ticket: 0 };
            if self.end + batch.bytes + record_bytes(0) <= self.bytes {
                batch.add(self.sequence(), self.end, &record);
                self.note(&record);
            }
        }
        if let Err(failure) = self.write_batch(&batch, room, &mut completions) {
            return Err((failure, completions));
        }
        batch.clear();
        self.batch = batch;
        if purged {
            self.collect_obsolete();
        }
        self.ask_for_spare();
        Ok(())
    }

    fn sequence(&self) -> u64 {
        self.segments.last().map_or(0, |segment| segment.sequence)
    }

    /// Keeps up with what the records say.
    fn note(&mut self, record: &Record) {
        if record.kind == Kind::Entry {
            if let Some(segment) = self.segments.last_mut() {
                let highest = segment.highest.entry(record.group).or_insert(0);
                *highest = (*highest).max(record.id.index);
            }
            return;
        }
        let metadata = self.metadata.entry(record.group).or_default();
        match record.kind {
            Kind::Entry => {}
            Kind::Vote => metadata.vote = StoredVote::decode(record.id.term, &record.payload),
            Kind::Purged => metadata.purged = Some(record.id),
            Kind::Committed => metadata.committed = Some(record.id),
            Kind::Snapshot => metadata.snapshot = Some(record.payload.clone()),
            Kind::Truncate | Kind::Checkpoint => {}
        }
    }

    /// Writes and syncs; then everything in the batch is durable, and whoever waits for it hears so.
    fn write_batch(
        &mut self,
        batch: &Batch,
        room: u64,
        completions: &mut Vec<Completion>,
    ) -> Result<(), LogFailure> {
        if batch.bytes > 0 {
            self.write_slices(batch)?;
            let started = Instant::now();
            self.file.sync_data().map_err(|error| self.failure("sync", error))?;
            histogram!("quorate_journal_fsync_seconds").record(started.elapsed().as_secs_f64());
            counter!("quorate_journal_fsyncs_total").increment(1);
            counter!("quorate_journal_written_bytes_total").increment(batch.bytes);
            histogram!("quorate_journal_batch_bytes").record(batch.bytes as f64);
            histogram!("quorate_journal_batch_records").record(batch.records as f64);
        }
        self.end += batch.bytes;
        let sequence = self.sequence();
        {
            let mut state = self.shared.state.lock();
            state.written(&batch.placed, sequence, self.shared.config.cache_bytes);
            state.space.reserved -= room;
            state.space.current_left = self.bytes - self.end;
        }
        if room > 0 {
            self.shared.room.notify_waiters();
        }
        for done in completions.drain(..) {
            done(Ok(()));
        }
        Ok(())
    }

    fn write_slices(&self, batch: &Batch) -> Result<(), LogFailure> {
        let slices = batch.slices();
        loop {
            match self.file.write_vectored_at(&slices, self.end) {
                Ok(()) => return Ok(()),
                // Space was reserved, but some file systems promise more than they have. Nothing is durable and nothing
                // was acknowledged: the same bytes can be written again.
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    let mut state = self.shared.state.lock();
                    if state.closing || self.shared.in_task {
                        return Err(self.failure("write", error));
                    }
                    self.shared.rotation.wait_for(&mut state, FULL_DISK_PAUSE);
                }
                Err(error) => return Err(self.failure("write", error)),
            }
        }
    }

    fn failure(&self, doing: &'static str, error: io::Error) -> LogFailure {
        LogFailure::Files { file: self.path.clone(), doing, error: Arc::new(error) }
    }

    /// Goes on in the next segment, which starts with all groups' metadata. Waits on a full disk: entries have their
    /// room before they get here, so what waits is at most the groups' own bookkeeping.
    fn rotate(&mut self, record_bytes: u64) -> Result<(), LogFailure> {
        let checkpoint = self.checkpoint_records();
        let checkpoint_bytes: u64 =
            checkpoint.iter().map(|record| super::format::record_bytes(record.payload.len())).sum();
        let needed = DATA_START + checkpoint_bytes + record_bytes;
        let spare = self.take_spare(needed)?;
        reached(Mark::LogSegmentStarted);
        let header = SegmentHeader {
            identity: self.shared.config.identity,
            sequence: self.sequence() + 1,
            previous_end: self.end,
        };
        let path = activate(&*self.shared.files, &self.shared.config.directory, &spare, header)
            .map_err(|error| self.failure("start the segment after", error))?;
        self.adopt(spare, path, header.sequence);
        self.write_checkpoint(checkpoint)
    }

    /// Makes an activated segment the current one.
    fn adopt(&mut self, spare: Spare, path: PathBuf, sequence: u64) {
        let segment = LiveSegment { path: path.clone(), file: spare.file.clone() };
        self.shared.state.lock().segments.insert(sequence, segment);
        self.file = spare.file;
        self.path = path;
        self.bytes = spare.bytes;
        self.end = DATA_START;
        let highest = BTreeMap::new();
        self.segments.push(WrittenSegment { sequence, has_checkpoint: false, highest });
    }

    /// Repeats the metadata at the start of the current segment, so that older segments can go.
    pub fn write_checkpoint_now(&mut self) -> Result<(), LogFailure> {
        let checkpoint = self.checkpoint_records();
        self.write_checkpoint(checkpoint)
    }

    fn write_checkpoint(&mut self, checkpoint: Vec<Record>) -> Result<(), LogFailure> {
        let mut batch = Batch::default();
        for record in &checkpoint {
            batch.add(self.sequence(), self.end, record);
        }
        self.write_batch(&batch, 0, &mut Vec::new())?;
        if let Some(segment) = self.segments.last_mut() {
            segment.has_checkpoint = true;
        }
        self.collect_obsolete();
        Ok(())
    }

    fn checkpoint_records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut groups: Vec<_> = self.metadata.iter().collect();
        groups.sort_by_key(|(group, _)| **group);
        for (group, metadata) in groups {
            let record = |kind, id, payload| Record { group: *group, kind, id, payload, ticket: 0 };
            if let Some(vote) = metadata.vote {
                let id = EntryId { term: vote.term, index: 0 };
                records.push(record(Kind::Vote, id, vote.encode()));
            }
            if let Some(snapshot) = &metadata.snapshot {
                records.push(record(Kind::Snapshot, EntryId::default(), snapshot.clone()));
            }
            if let Some(purged) = metadata.purged {
                records.push(record(Kind::Purged, purged, Bytes::new()));
            }
            if let Some(committed) = metadata.committed {
                records.push(record(Kind::Committed, committed, Bytes::new()));
            }
        }
        let id = EntryId::default();
        records.push(Record {
            group: 0,
            kind: Kind::Checkpoint,
            id,
            payload: Bytes::new(),
            ticket: 0,
        });
        records
    }

    fn take_spare(&self, needed: u64) -> Result<Spare, LogFailure> {
        let mut state = self.shared.state.lock();
        loop {
            if let Some(spare) = state.space.spare.take_if(|spare| spare.bytes >= needed) {
                return Ok(spare);
            }
            let wanted = needed.max(self.shared.config.segment_bytes);
            state.space.wanted = Some(state.space.wanted.unwrap_or(0).max(wanted));
            self.shared.housekeeping.notify_all();
            let attempts = state.space.attempts;
            if self.shared.in_task {
                parking_lot::MutexGuard::unlocked(&mut state, || {
                    super::housekeeper::work_off(&self.shared);
                });
            } else if state.space.problem.is_some() {
                self.shared.rotation.wait_for(&mut state, FULL_DISK_PAUSE);
            } else {
                self.shared.rotation.wait(&mut state);
            }
            // A full disk is waited for; anything else will not get better.
            if state.space.attempts > attempts
                && let Some(error) = &state.space.problem
                && (state.closing
                    || self.shared.in_task
                    || error.kind() != io::ErrorKind::StorageFull)
            {
                let (file, error) = (self.path.clone(), error.clone());
                let doing = "prepare the segment after";
                return Err(LogFailure::Files { file, doing, error });
            }
        }
    }

    /// Has the next segment prepared when half of this one is used.
    fn ask_for_spare(&self) {
        let mut state = self.shared.state.lock();
        let space = &mut state.space;
        let half_used = self.end > self.bytes / 2;
        // After a failure only those who need the space ask again.
        let idle = space.wanted.is_none() && !space.preparing && space.problem.is_none();
        if half_used && idle && space.spare.is_none() {
            space.wanted = Some(self.shared.config.segment_bytes);
            self.shared.housekeeping.notify_all();
        }
    }

    /// Hands segments that no group needs to the housekeeper, oldest first.
    pub fn collect_obsolete(&mut self) {
        let mut obsolete = 0;
        for (position, segment) in self.segments.iter().enumerate() {
            let later = &self.segments[position + 1..];
            let repeated = later.iter().any(|later| later.has_checkpoint);
            let purged = segment.highest.iter().all(|(group, highest)| {
                let metadata = self.metadata.get(group);
                metadata.and_then(|metadata| metadata.purged).is_some_and(|id| id.index >= *highest)
            });
            if !(repeated && purged) {
                break;
            }
            obsolete += 1;
        }
        if obsolete == 0 {
            return;
        }
        let mut state = self.shared.state.lock();
        for segment in self.segments.drain(..obsolete) {
            if let Some(live) = state.segments.remove(&segment.sequence) {
                state.obsolete.push_back((segment.sequence, live));
            }
        }
        self.shared.housekeeping.notify_all();
    }
}

impl Work {
    fn new(request: Request) -> Work {
        let single = |group, kind, id, payload, done| Work {
            records: Records::One(Some(Record { group, kind, id, payload, ticket: 0 })),
            done,
        };
        match request {
            Request::Append { group, entries, done } => {
                let entries = entries.into_iter();
                Work { records: Records::Entries { group, entries }, done: Some(done) }
            }
            Request::Truncate { group, keep } => {
                let id = keep.unwrap_or(EntryId { term: 0, index: NOTHING });
                single(group, Kind::Truncate, id, Bytes::new(), None)
            }
            Request::Vote { group, vote, done } => {
                let id = EntryId { term: vote.term, index: 0 };
                single(group, Kind::Vote, id, vote.encode(), Some(done))
            }
            Request::Purge { group, upto, done } => {
                single(group, Kind::Purged, upto, Bytes::new(), Some(done))
            }
            Request::Snapshot { group, payload, done } => {
                single(group, Kind::Snapshot, EntryId::default(), payload, Some(done))
            }
        }
    }
}
