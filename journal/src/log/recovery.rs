//! Reading the log at the start.
//!
//! Every segment but the last must hold valid records up to exactly the end that the next one's header gives. In the
//! last one the records may stop anywhere: what the fsync in flight at the crash left is cut off, whatever it looks
//! like. It is damage instead if behind it there is a record of a batch that was started later (see the format), and
//! damage is refused: nothing is cut that was acknowledged and is provably missing.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use runtime::files::{File, Files};
use runtime::mischief::{Mark, reached};

use super::format::{
    DATA_START, HeaderProblem, Kind, NOTHING, RECORD_HEADER_BYTES, RecordHeader, SegmentHeader,
    VERSION, checksum, record_bytes,
};
use super::segment::{is_spare_name, parse_segment_name, segment_path};
use super::state::{EntryId, GroupMetadata, Slot, StoredVote};
use crate::error::OpenError;

/// A segment as found.
pub(crate) struct RecoveredSegment {
    pub sequence: u64,
    pub path: PathBuf,
    pub file: Arc<dyn File>,
    /// Where its records end.
    pub end: u64,
    pub has_checkpoint: bool,
    /// The highest index of each group's entries in it.
    pub highest: BTreeMap<u32, u64>,
}

/// A group as found.
#[derive(Default)]
pub(crate) struct RecoveredGroup {
    pub metadata: GroupMetadata,
    /// The index of the first slot.
    pub first: u64,
    pub slots: VecDeque<Slot>,
}

#[derive(Default)]
pub(crate) struct Recovered {
    pub segments: Vec<RecoveredSegment>,
    pub groups: BTreeMap<u32, RecoveredGroup>,
    /// Bytes cut off the last segment's end, as far as they were written at all.
    pub torn: bool,
}

/// Reads everything. Changes nothing but removing spare segments.
pub(crate) fn recover(
    files: &dyn Files,
    directory: &Path,
    identity: u64,
) -> Result<Recovered, OpenError> {
    let names = files.list(directory).map_err(OpenError::files(directory, "list"))?;
    let mut sequences = Vec::new();
    for name in &names {
        if let Some(sequence) = parse_segment_name(name) {
            sequences.push(sequence);
        } else if is_spare_name(name) {
            let path = directory.join(name);
            files.remove(&path).map_err(OpenError::files(&path, "remove"))?;
        } else {
            return Err(OpenError::Foreign {
                file: directory.join(name),
                found: "the name is not one that the log uses".into(),
            });
        }
    }
    sequences.sort_unstable();
    let mut headers = Vec::new();
    for (position, sequence) in sequences.iter().enumerate() {
        let path = segment_path(directory, *sequence);
        let expected = sequences[0] + position as u64;
        if *sequence != expected {
            return Err(OpenError::Corrupt {
                file: segment_path(directory, expected),
                offset: 0,
                problem: "the segment is missing".into(),
            });
        }
        let file = files.open(&path).map_err(OpenError::files(&path, "open"))?;
        let header = read_header(&*file, &path, identity, *sequence)?;
        headers.push((path, file, header));
    }
    let mut recovered = Recovered::default();
    let ends: Vec<Option<u64>> = headers
        .iter()
        .skip(1)
        .map(|(_, _, header)| Some(header.previous_end))
        .chain([None])
        .collect();
    for ((path, file, header), end) in headers.into_iter().zip(ends) {
        read_segment(&mut recovered, path, file, header.sequence, end)?;
    }
    finish(&mut recovered)?;
    Ok(recovered)
}

fn read_header(
    file: &dyn File,
    path: &Path,
    identity: u64,
    sequence: u64,
) -> Result<SegmentHeader, OpenError> {
    let mut bytes = vec![0; DATA_START as usize];
    let count = file.read_at(&mut bytes, 0).map_err(OpenError::files(path, "read"))?;
    let foreign = |found: String| OpenError::Foreign { file: path.to_owned(), found };
    let header = SegmentHeader::decode(&bytes[..count]).map_err(|problem| match problem {
        HeaderProblem::NotASegment => foreign("it does not start like a log segment".into()),
        HeaderProblem::Newer { version } => {
            OpenError::Newer { file: path.to_owned(), version, supported: VERSION }
        }
        HeaderProblem::Damaged => OpenError::Corrupt {
            file: path.to_owned(),
            offset: 0,
            problem: "the segment's header is damaged".into(),
        },
    })?;
    if header.identity != identity {
        return Err(foreign(format!(
            "it belongs to log {:016x}, this is {identity:016x}",
            header.identity
        )));
    }
    if header.sequence != sequence {
        return Err(foreign(format!("it is segment {} under another name", header.sequence)));
    }
    Ok(header)
}

fn read_segment(
    recovered: &mut Recovered,
    path: PathBuf,
    file: Arc<dyn File>,
    sequence: u64,
    expected_end: Option<u64>,
) -> Result<(), OpenError> {
    let size = file.size().map_err(OpenError::files(&path, "measure"))?;
    let mut bytes = vec![0; size as usize];
    let count = file.read_at(&mut bytes, 0).map_err(OpenError::files(&path, "read"))?;
    bytes.truncate(count);
    let corrupt =
        |offset: u64, problem: String| OpenError::Corrupt { file: path.clone(), offset, problem };
    let mut segment = RecoveredSegment {
        sequence,
        path: path.clone(),
        file,
        end: DATA_START,
        has_checkpoint: false,
        highest: BTreeMap::new(),
    };
    let mut offset = DATA_START;
    while expected_end != Some(offset) {
        let Some((header, payload)) = record_at(sequence, &bytes, offset) else { break };
        if u64::from(header.batch_start) > offset {
            return Err(corrupt(offset, "a record starts before its batch".into()));
        }
        replay(recovered, &mut segment, offset, header, payload)
            .map_err(|problem| corrupt(offset, problem))?;
        offset += record_bytes(header.payload_bytes as usize);
    }
    segment.end = offset;
    match expected_end {
        Some(end) if end == offset => {}
        Some(end) => {
            let problem = format!("the record is damaged; the segment's records end at {end}");
            return Err(corrupt(offset, problem));
        }
        None => {
            if let Some(later) = later_batch(sequence, &bytes, offset) {
                let problem = format!(
                    "the record is damaged, and a later one at byte {later} shows that it was durable"
                );
                return Err(corrupt(offset, problem));
            }
            let rest = bytes.get(offset as usize..).unwrap_or_default();
            recovered.torn = rest.iter().take(RECORD_HEADER_BYTES).any(|byte| *byte != 0);
            if recovered.torn {
                reached(Mark::LogTailCut);
            }
        }
    }
    recovered.segments.push(segment);
    Ok(())
}

/// The valid record at `offset`, if there is one.
fn record_at(sequence: u64, bytes: &[u8], offset: u64) -> Option<(RecordHeader, &[u8])> {
    let rest = bytes.get(offset as usize..)?;
    let header = RecordHeader::decode(sequence, rest)?;
    let payload = rest.get(RECORD_HEADER_BYTES..)?.get(..header.payload_bytes as usize)?;
    (checksum(sequence, payload) == header.payload_crc).then_some((header, payload))
}

/// Where behind `damaged` there is a record of a batch that was started behind it.
fn later_batch(sequence: u64, bytes: &[u8], damaged: u64) -> Option<u64> {
    let mut offset = damaged + 8;
    while let Some(rest) = bytes.get(offset as usize..) {
        if rest.len() < RECORD_HEADER_BYTES {
            break;
        }
        if let Some(header) = RecordHeader::decode(sequence, rest)
            && u64::from(header.batch_start) > damaged
        {
            return Some(offset);
        }
        offset += 8;
    }
    None
}

fn replay(
    recovered: &mut Recovered,
    segment: &mut RecoveredSegment,
    offset: u64,
    header: RecordHeader,
    payload: &[u8],
) -> Result<(), String> {
    let id = EntryId { term: header.term, index: header.index };
    if header.kind == Kind::Checkpoint {
        segment.has_checkpoint = true;
        return Ok(());
    }
    let group = recovered.groups.entry(header.group).or_default();
    match header.kind {
        Kind::Entry => {
            let next = group.first + group.slots.len() as u64;
            let purged_next = group.metadata.purged.map_or(0, |purged| purged.index + 1);
            // The first entry may be any one that is not purged: those before it may have been in segments that are
            // gone, because of a purge position further behind. `finish` checks that there is one.
            let fits =
                if group.slots.is_empty() { id.index >= purged_next } else { id.index == next };
            if !fits {
                let expected = next.max(purged_next);
                let (found, group) = (id.index, header.group);
                return Err(format!("entry {found} of group {group} where {expected} belongs"));
            }
            if group.slots.is_empty() {
                group.first = id.index;
            }
            group.slots.push_back(Slot {
                term: id.term,
                ticket: 0,
                segment: segment.sequence,
                offset: offset as u32,
                payload_bytes: header.payload_bytes,
                cached: None,
            });
            let highest = segment.highest.entry(header.group).or_insert(0);
            *highest = (*highest).max(id.index);
        }
        Kind::Truncate => {
            let keep = if id.index == NOTHING { 0 } else { id.index + 1 };
            let count = keep.saturating_sub(group.first).min(group.slots.len() as u64);
            group.slots.truncate(count as usize);
        }
        Kind::Vote => {
            let vote = StoredVote::decode(id.term, payload);
            group.metadata.vote = Some(vote.ok_or("a vote that cannot be read")?);
        }
        Kind::Purged => {
            while !group.slots.is_empty() && group.first <= id.index {
                group.slots.pop_front();
                group.first += 1;
            }
            group.metadata.purged = Some(id);
        }
        Kind::Committed => group.metadata.committed = Some(id),
        Kind::Snapshot => group.metadata.snapshot = Some(Bytes::copy_from_slice(payload)),
        Kind::Checkpoint => {}
    }
    Ok(())
}

/// Checks what can only be checked at the end: that no group misses entries between its purge position and its first.
fn finish(recovered: &mut Recovered) -> Result<(), OpenError> {
    let path = recovered.segments.first().map(|segment| segment.path.clone()).unwrap_or_default();
    for (number, group) in &mut recovered.groups {
        let expected = group.metadata.purged.map(|purged| purged.index + 1);
        if group.slots.is_empty() {
            group.first = expected.unwrap_or(0);
        } else if group.first != expected.unwrap_or(group.first.min(1)) {
            return Err(OpenError::Corrupt {
                file: path,
                offset: DATA_START,
                problem: format!(
                    "group {number} starts with entry {}, {} is missing",
                    group.first,
                    expected.unwrap_or(0)
                ),
            });
        }
        // The hint may be ahead of what is left after entries were truncated.
        let last = group.slots.back().map(|slot| EntryId {
            term: slot.term,
            index: group.first + group.slots.len() as u64 - 1,
        });
        let last = last.or(group.metadata.purged);
        group.metadata.committed = group.metadata.committed.min(last);
    }
    Ok(())
}
