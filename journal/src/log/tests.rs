//! Tests of the log by itself: what it keeps, what it refuses, what it costs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use bytes::Bytes;
use runtime::files::{Files, SimulatedFiles};

use super::space::NoRoom;
use super::*;

pub(super) const DIRECTORY: &str = "/log";

pub(super) fn config() -> LogConfig {
    LogConfig {
        directory: PathBuf::from(DIRECTORY),
        identity: 7,
        segment_bytes: SEGMENT_BYTES_MIN,
        cache_bytes: 2000,
    }
}

pub(super) fn open(files: &SimulatedFiles) -> Result<Log, OpenError> {
    Log::open(Arc::new(files.clone()), config())
}

/// A payload that says which entry it belongs to.
pub(super) fn payload(group: u32, id: EntryId, length: usize) -> Bytes {
    let mut bytes = format!("{group}/{}/{}/", id.term, id.index).into_bytes();
    let mut state = (u64::from(group) << 40) ^ (id.term << 20) ^ id.index ^ 0x9e37_79b9;
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.push((state >> 33) as u8);
    }
    Bytes::from(bytes)
}

fn entry(group: u32, term: u64, index: u64, length: usize) -> LogEntry {
    let id = EntryId { term, index };
    LogEntry { id, payload: payload(group, id, length), decoded: None, room: None }
}

fn append(log: &Log, group: u32, entries: Vec<LogEntry>) -> Result<(), LogFailure> {
    let (sender, receiver) = mpsc::channel();
    log.append(group, entries, Box::new(move |result| sender.send(result).expect("listened to")));
    receiver.recv().expect("the completion is called")
}

fn wait(request: impl FnOnce(Completion)) -> Result<(), LogFailure> {
    let (sender, receiver) = mpsc::channel();
    request(Box::new(move |result| sender.send(result).expect("listened to")));
    receiver.recv().expect("the completion is called")
}

fn read_all(log: &Log, group: u32) -> Vec<LogEntry> {
    let entries = log.read(group, 0, u64::MAX, u64::MAX).expect("readable");
    for found in &entries {
        let expected = payload(group, found.id, found.payload.len());
        assert_eq!(found.payload, expected, "{:?}", found.id);
    }
    entries
}

fn segment_files(files: &SimulatedFiles) -> Vec<PathBuf> {
    let names = files.list(Path::new(DIRECTORY)).expect("list");
    let logs = names.into_iter().filter(|name| name.ends_with(".log"));
    logs.map(|name| Path::new(DIRECTORY).join(name)).collect()
}

#[test]
fn the_log_returns_everything_after_reopening_over_many_segments() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    for index in 0..400 {
        append(&log, 1, vec![entry(1, 1, index, 300)]).expect("appended");
        append(&log, 2, vec![entry(2, 3, index, 70_000 * usize::from(index == 7))])
            .expect("appended");
    }
    let vote = StoredVote { term: 5, node: 2, committed: true };
    wait(|done| log.save_vote(1, vote, done)).expect("saved");
    wait(|done| log.save_snapshot(2, Bytes::from_static(b"state"), done)).expect("saved");
    assert_eq!(read_all(&log, 1).len(), 400);
    log.close();
    assert!(append(&log, 1, vec![entry(1, 1, 400, 1)]).is_err(), "closed");
    for _ in 0..3 {
        let log = open(&files).expect("opens again");
        assert!(log.segment_count() > 3);
        assert_eq!(read_all(&log, 1).len(), 400);
        assert_eq!(read_all(&log, 2).len(), 400);
        assert_eq!(log.vote(1), Some(vote));
        assert_eq!(log.snapshot(2).as_deref(), Some(&b"state"[..]));
        assert_eq!(log.bounds(1), (None, Some(EntryId { term: 1, index: 399 })));
        log.close();
    }
}

#[test]
fn truncated_entries_stay_away_and_others_take_their_place() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    append(&log, 1, (0..10).map(|index| entry(1, 1, index, 50)).collect()).expect("appended");
    log.truncate(1, Some(EntryId { term: 1, index: 4 })).expect("truncated");
    append(&log, 1, (5..7).map(|index| entry(1, 2, index, 50)).collect()).expect("appended");
    log.close();
    let log = open(&files).expect("opens again");
    let found: Vec<_> = read_all(&log, 1).iter().map(|entry| entry.id.term).collect();
    assert_eq!(found, [1, 1, 1, 1, 1, 2, 2]);
    log.truncate(1, None).expect("truncated");
    append(&log, 1, vec![entry(1, 9, 0, 1)]).expect("appended");
    log.close();
    assert_eq!(read_all(&open(&files).expect("opens"), 1).len(), 1);
}

#[test]
fn segments_go_when_no_group_needs_them_and_votes_and_snapshots_stay() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    let vote = StoredVote { term: 1, node: 1, committed: true };
    wait(|done| log.save_vote(2, vote, done)).expect("saved");
    append(&log, 2, vec![entry(2, 1, 0, 10)]).expect("appended");
    for index in 0..1000 {
        append(&log, 1, vec![entry(1, 1, index, 300)]).expect("appended");
    }
    let before = log.segment_count();
    assert!(before > 8);
    let upto = EntryId { term: 1, index: 989 };
    wait(|done| log.purge(1, upto, done)).expect("purged");
    assert_eq!(log.segment_count(), before, "group 2 needs the first segment");
    wait(|done| log.purge(2, EntryId { term: 1, index: 0 }, done)).expect("purged");
    // Segments go after the completion; what is asked next comes after that.
    wait(|done| log.save_vote(2, vote, done)).expect("saved");
    assert!(log.segment_count() <= 2, "{}", log.segment_count());
    assert_eq!(read_all(&log, 1).len(), 10);
    log.close();
    let log = open(&files).expect("opens again");
    assert_eq!(read_all(&log, 1).len(), 10);
    assert_eq!(log.bounds(1).0, Some(upto));
    assert_eq!(log.vote(2), Some(vote));
    assert_eq!(
        log.bounds(2),
        (Some(EntryId { term: 1, index: 0 }), Some(EntryId { term: 1, index: 0 }))
    );
    log.close();
}

#[test]
fn many_waiting_appends_share_one_fsync() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    files.stall_syncs(true);
    let (sender, receiver) = mpsc::channel();
    for index in 0..50 {
        for group in 0..4 {
            let sender = sender.clone();
            let done: Completion = Box::new(move |result| sender.send(result).expect("heard"));
            log.append(group, vec![entry(group, 1, index, 20)], done);
        }
    }
    assert!(receiver.try_recv().is_err(), "nothing is acknowledged before the fsync");
    let before = files.used().syncs;
    files.stall_syncs(false);
    for _ in 0..200 {
        receiver.recv().expect("called").expect("durable");
    }
    assert!(files.used().syncs - before <= 3, "{} fsyncs", files.used().syncs - before);
    log.close();
}

/// Checks: D1
#[test]
fn a_failed_fsync_poisons_the_log_for_good() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    append(&log, 1, vec![entry(1, 1, 0, 20)]).expect("appended");
    files.fail_syncs(0, 1);
    let failure = append(&log, 1, vec![entry(1, 1, 1, 20)]).expect_err("not durable");
    assert!(matches!(failure, LogFailure::Files { doing: "sync", .. }), "{failure}");
    assert!(append(&log, 1, vec![entry(1, 1, 2, 20)]).is_err(), "nothing after it is acknowledged");
    let vote = StoredVote { term: 1, node: 1, committed: false };
    assert!(wait(|done| log.save_vote(1, vote, done)).is_err());
    assert!(log.failure().borrow().is_some());
    log.close();
    files.crash(1);
    let log = open(&files).expect("opens again");
    assert!(!read_all(&log, 1).is_empty(), "what was acknowledged is there");
    log.close();
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers_without_a_restart() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    files.set_capacity(Some(files.allocated_bytes()));
    let mut index = 0;
    let refused = loop {
        let next = entry(1, 1, index, 1000);
        match log.reserve(next.payload.len()).await {
            Ok(room) => {
                let next = LogEntry { room: Some(Arc::new(room)), ..next };
                append(&log, 1, vec![next]).expect("reserved room is there");
                index += 1;
            }
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, NoRoom::Full { .. }), "{refused:?}");
    assert!(index > 20, "most of the segment was used: {index}");
    assert!(matches!(log.reserve(1000).await, Err(NoRoom::Full { .. })), "still full");
    let vote = StoredVote { term: 2, node: 1, committed: true };
    wait(|done| log.save_vote(1, vote, done)).expect("the reserve is for this");
    assert_eq!(read_all(&log, 1).len() as u64, index, "reads go on");
    files.set_capacity(None);
    for _ in 0..100 {
        let next = entry(1, 1, index, 1000);
        let room = log.reserve(next.payload.len()).await.expect("there is space again");
        append(&log, 1, vec![LogEntry { room: Some(Arc::new(room)), ..next }]).expect("appended");
        index += 1;
    }
    log.close();
    let log = open(&files).expect("opens again");
    assert_eq!(read_all(&log, 1).len() as u64, index);
    log.close();
}

#[tokio::test]
async fn room_that_is_not_used_is_given_back() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    for _ in 0..1000 {
        drop(log.reserve(1000).await.expect("room"));
    }
    assert_eq!(log.shared.state.lock().space.reserved, 0);
    let large = log.reserve(1 << 20).await.expect("a larger segment is prepared");
    let mut next = entry(1, 1, 0, 1 << 20);
    next.room = Some(Arc::new(large));
    append(&log, 1, vec![next]).expect("appended");
    assert_eq!(log.shared.state.lock().space.reserved, 0);
    log.close();
    assert_eq!(read_all(&open(&files).expect("opens"), 1).len(), 1);
}

/// Checks: D1. A flipped bit anywhere in what is known to be durable is refused, never silently cut.
#[test]
fn a_corrupt_middle_is_refused_and_named() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    for index in 0..200 {
        append(&log, 1, vec![entry(1, 1, index, 300)]).expect("appended");
    }
    log.close();
    let segments = segment_files(&files);
    assert!(segments.len() > 2);
    for (position, offset) in [(0, 40), (0, 5000), (1, 4096), (1, 20_000), (2, 4200)] {
        files.flip_bit(&segments[position], offset, 3);
        match open(&files).err() {
            Some(OpenError::Corrupt { file, offset: at, .. }) => {
                assert_eq!(file, segments[position]);
                assert!(at <= offset && offset < at + 400, "{at} for {offset}");
            }
            other => panic!("segment {position} byte {offset}: {other:?}"),
        }
        files.flip_bit(&segments[position], offset, 3);
    }
    // In the last segment with entries, which a crash left open: damage before a later batch.
    let last = segments.last().expect("there is one");
    files.flip_bit(last, 4200, 1);
    assert!(matches!(open(&files), Err(OpenError::Corrupt { .. })));
    files.flip_bit(last, 4200, 1);
    files.remove(&segments[1]).expect("removed");
    match open(&files).err() {
        Some(OpenError::Corrupt { file, .. }) => assert_eq!(file, segments[1]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_newer_and_a_foreign_segment_are_refused() {
    let files = SimulatedFiles::new();
    open(&files).expect("opens").close();
    let path = segment_files(&files).remove(0);
    let file = files.open(&path).expect("there");
    file.write_at(&[99], 8).expect("written");
    let newer = open(&files).err();
    assert!(matches!(newer, Some(OpenError::Newer { version: 99, .. })), "{newer:?}");
    file.write_at(b"#!/bin/sh", 0).expect("written");
    assert!(matches!(open(&files), Err(OpenError::Foreign { .. })));
    let other = SimulatedFiles::new();
    open(&other).expect("opens").close();
    let config = LogConfig { identity: 8, ..config() };
    let refused = Log::open(Arc::new(other), config).err();
    assert!(matches!(refused, Some(OpenError::Foreign { .. })), "{refused:?}");
}

#[test]
fn a_read_only_disk_is_refused_with_nothing_changed() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    append(&log, 1, vec![entry(1, 1, 0, 20)]).expect("appended");
    log.close();
    files.set_read_only(true);
    assert!(matches!(open(&files), Err(OpenError::Files { .. })));
    files.set_read_only(false);
    assert_eq!(read_all(&open(&files).expect("opens"), 1).len(), 1);
}

#[test]
fn an_idle_log_does_nothing() {
    let files = SimulatedFiles::new();
    let log = open(&files).expect("opens");
    append(&log, 1, vec![entry(1, 1, 0, 20)]).expect("appended");
    let before = files.used();
    log.note_committed(1, EntryId { term: 1, index: 0 });
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(files.used(), before);
    log.close();
}
