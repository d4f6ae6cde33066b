//! What the log costs over the disk itself: N waiting appenders served by one fsync, against one bare write and
//! `fdatasync` of as many bytes into a file prepared the same way. Target: at least 0.9 of the bare rate.
//!
//! Run with `cargo bench -p journal`; set `TMPDIR` to a directory on the disk that is to be measured.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Instant;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use journal::log::{EntryId, Log, LogConfig, LogEntry};
use runtime::files::{File, Files, SystemFiles};

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PAYLOAD_BYTES: usize = 300;
const RECORD_BYTES: u64 = 344;
const SEGMENT_BYTES: u64 = 64 << 20;

struct Appenders {
    log: Log,
    index: u64,
    payload: Bytes,
    /// The round before, still waiting.
    waiting: Option<mpsc::Receiver<()>>,
}

impl Appenders {
    /// Submits a round, then waits for the one before: so as many as `count` wait whenever the writer is free, as with
    /// that many appenders that never pause.
    fn round(&mut self, count: u64) {
        let (sender, receiver) = mpsc::channel();
        // Only the last completion wakes the waiter: threads' wake-ups are not what is measured here.
        let left = Arc::new(AtomicU64::new(count));
        for _ in 0..count {
            let id = EntryId { term: 1, index: self.index };
            self.index += 1;
            let entry = LogEntry { id, payload: self.payload.clone(), decoded: None, room: None };
            let (sender, left) = (sender.clone(), left.clone());
            let done = Box::new(move |result: Result<(), _>| {
                assert!(result.is_ok(), "durable");
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    sender.send(()).expect("heard");
                }
            });
            self.log.append(0, vec![entry], done);
        }
        if let Some(receiver) = self.waiting.replace(receiver) {
            receiver.recv().expect("answered");
        }
        if self.index.is_multiple_of(1 << 15) {
            self.log.purge(0, EntryId { term: 1, index: self.index - 1 }, Box::new(|_| {}));
        }
    }
}

fn bare_file(directory: &std::path::Path) -> Arc<dyn File> {
    let file = SystemFiles.create(&directory.join("bare")).expect("created");
    file.preallocate(SEGMENT_BYTES).expect("room");
    for offset in (0..SEGMENT_BYTES).step_by(1 << 20) {
        file.write_at(&vec![0; 1 << 20], offset).expect("written");
    }
    file.sync_all().expect("synced");
    file
}

/// The bare rate and the log's in short turns, because disks have moods: the median of the ratios.
fn ratio(appenders: &mut Appenders, bare: &Arc<dyn File>, count: u64) -> f64 {
    const TURNS: usize = 41;
    const ROUNDS: u32 = 25;
    let bytes = vec![7; (count * RECORD_BYTES) as usize];
    let mut ratios: Vec<f64> = (0..TURNS)
        .map(|_| {
            let begun = Instant::now();
            for round in 0..u64::from(ROUNDS) {
                bare.write_at(&bytes, round * bytes.len() as u64).expect("written");
                bare.sync_data().expect("synced");
            }
            let alone = begun.elapsed();
            let begun = Instant::now();
            (0..ROUNDS).for_each(|_| appenders.round(count));
            alone.as_secs_f64() / begun.elapsed().as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[TURNS / 2]
}

fn group_commit(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a directory");
    let config = LogConfig {
        directory: directory.path().join("log"),
        identity: 1,
        segment_bytes: SEGMENT_BYTES,
        cache_bytes: 4 << 20,
    };
    let log = Log::open(Arc::new(SystemFiles), config).expect("opens");
    let payload = Bytes::from(vec![7; PAYLOAD_BYTES]);
    let mut appenders = Appenders { log: log.clone(), index: 0, payload, waiting: None };
    let bare = bare_file(directory.path());
    for count in [1, 8, 32, 256] {
        let ratio = ratio(&mut appenders, &bare, count);
        println!("{count} records at a time: {ratio:.2} of the bare rate");
    }
    let mut offset = 0;
    let mut group = criterion.benchmark_group("group_commit");
    group.measurement_time(std::time::Duration::from_secs(3)).sample_size(20);
    for count in [1, 32, 256] {
        group.throughput(Throughput::Bytes(count * RECORD_BYTES));
        group.bench_function(BenchmarkId::new("bare", count), |bencher| {
            let bytes = vec![7; (count * RECORD_BYTES) as usize];
            bencher.iter(|| {
                if offset + bytes.len() as u64 > SEGMENT_BYTES {
                    offset = 0;
                }
                bare.write_at(black_box(&bytes), offset).expect("written");
                bare.sync_data().expect("synced");
                offset += bytes.len() as u64;
            });
        });
        group.bench_function(BenchmarkId::new("log", count), |bencher| {
            bencher.iter(|| appenders.round(count));
        });
    }
    group.finish();
    if let Some(last) = appenders.waiting.take() {
        last.recv().expect("answered");
    }
    log.close();
}

criterion_group!(benches, group_commit);
criterion_main!(benches);
