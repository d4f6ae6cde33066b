//! What the log costs over the disk itself: N appends that always wait when the writer is free, against one bare write
//! and `fdatasync` for each batch that the log made of them, of as many bytes, into a file prepared the same way.
//! Target: at least 0.9 of the bare rate.
//!
//! Run with `cargo bench -p journal`; set `TMPDIR` to a directory on the disk that is to be measured.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::hint::black_box;
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use journal::log::{EntryId, Log, LogConfig, LogEntry};
use parking_lot::Mutex;
use runtime::files::{File, Files, SystemFiles};

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PAYLOAD_BYTES: usize = 300;
/// With header and padding.
const RECORD_BYTES: u64 = 344;
const SEGMENT_BYTES: u64 = 64 << 20;

/// The system's files, with a note of the size of each vectored write: those are the log's batches.
#[derive(Default)]
struct Watched {
    batches: Arc<Mutex<Vec<usize>>>,
}

struct WatchedFile {
    file: Arc<dyn File>,
    batches: Arc<Mutex<Vec<usize>>>,
}

impl Watched {
    fn watch(&self, file: Arc<dyn File>) -> Arc<dyn File> {
        Arc::new(WatchedFile { file, batches: self.batches.clone() })
    }
}

impl Files for Watched {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        SystemFiles.create_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(self.watch(SystemFiles.create(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(self.watch(SystemFiles.open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemFiles.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemFiles.remove(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        SystemFiles.list(directory)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        SystemFiles.sync_directory(directory)
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        SystemFiles.available_bytes(directory)
    }
}

impl File for WatchedFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_at(bytes, offset)
    }

    fn write_vectored_at(&self, slices: &[IoSlice<'_>], offset: u64) -> io::Result<()> {
        self.batches.lock().push(slices.iter().map(|slice| slice.len()).sum());
        self.file.write_vectored_at(slices, offset)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    fn preallocate(&self, bytes: u64) -> io::Result<()> {
        self.file.preallocate(bytes)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }
}

/// Appends that follow each other: the answer to one starts the next, on the thread that answers, because the waking of
/// threads is not what is measured here.
struct Appenders {
    log: Log,
    payload: Bytes,
    next: Mutex<Next>,
}

#[derive(Default)]
struct Next {
    index: u64,
    /// Still to be started and still to be answered.
    to_start: u64,
    to_answer: u64,
    finished: Option<mpsc::Sender<()>>,
}

impl Appenders {
    fn new(log: Log) -> Arc<Appenders> {
        let payload = Bytes::from(vec![7; PAYLOAD_BYTES]);
        Arc::new(Appenders { log, payload, next: Mutex::default() })
    }

    fn append(self: &Arc<Self>) {
        let mut next = self.next.lock();
        if next.to_start == 0 {
            return;
        }
        next.to_start -= 1;
        let id = EntryId { term: 1, index: next.index };
        next.index += 1;
        let entry = LogEntry { id, payload: self.payload.clone(), decoded: None, room: None };
        let appenders = self.clone();
        let done = Box::new(move |result: Result<(), _>| {
            assert!(result.is_ok(), "durable");
            appenders.answered();
            appenders.append();
        });
        self.log.append(0, vec![entry], done);
        if next.index.is_multiple_of(1 << 15) {
            self.log.purge(0, EntryId { term: 1, index: next.index - 1 }, Box::new(|_| {}));
        }
    }

    fn answered(&self) {
        let mut next = self.next.lock();
        next.to_answer -= 1;
        if next.to_answer == 0
            && let Some(finished) = next.finished.take()
        {
            finished.send(()).expect("heard");
        }
    }

    /// `total` appends, of which `waiting` wait at any time.
    fn run(self: &Arc<Self>, waiting: u64, total: u64) {
        let (sender, finished) = mpsc::channel();
        {
            let mut next = self.next.lock();
            (next.to_start, next.to_answer) = (total, total);
            next.finished = Some(sender);
        }
        (0..waiting).for_each(|_| self.append());
        finished.recv().expect("finished");
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

/// The log's rate and the bare one in short turns, because disks have moods: the median of the ratios, and the mean
/// number of records in a batch.
fn ratio(
    appenders: &Arc<Appenders>,
    batches: &Mutex<Vec<usize>>,
    bare: &Arc<dyn File>,
    count: u64,
) -> (f64, f64) {
    const TURNS: usize = 41;
    const ROUNDS: u64 = 25;
    let zeros = vec![7; SEGMENT_BYTES as usize / 4];
    let (mut records, mut fsyncs, mut offset) = (0, 0, 0);
    let mut ratios: Vec<f64> = (0..TURNS)
        .map(|_| {
            batches.lock().clear();
            let begun = Instant::now();
            appenders.run(count, count * ROUNDS);
            let logged = begun.elapsed();
            let made = std::mem::take(&mut *batches.lock());
            (records, fsyncs) = (records + count * ROUNDS, fsyncs + made.len());
            let begun = Instant::now();
            for batch in made {
                if offset + batch as u64 > SEGMENT_BYTES {
                    offset = 0;
                }
                bare.write_at(&zeros[..batch], offset).expect("written");
                bare.sync_data().expect("synced");
                offset += batch as u64;
            }
            begun.elapsed().as_secs_f64() / logged.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    (ratios[TURNS / 2], records as f64 / fsyncs as f64)
}

fn group_commit(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a directory");
    let config = LogConfig {
        directory: directory.path().join("log"),
        identity: 1,
        segment_bytes: SEGMENT_BYTES,
        cache_bytes: 4 << 20,
    };
    let files = Watched::default();
    let batches = files.batches.clone();
    let log = Log::open(Arc::new(files), config).expect("opens");
    let appenders = Appenders::new(log.clone());
    let bare = bare_file(directory.path());
    for count in [1, 8, 32, 256] {
        let (ratio, records) = ratio(&appenders, &batches, &bare, count);
        println!("{count} waiting, {records:.0} records a batch: {ratio:.2} of the bare rate");
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
            bencher.iter(|| appenders.run(count, count));
        });
    }
    group.finish();
    log.close();
}

criterion_group!(benches, group_commit);
criterion_main!(benches);
