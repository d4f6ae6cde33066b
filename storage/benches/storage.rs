//! Reads and applies on the disk engine with a million rows of 100 bytes, and on the memory engine.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use protocol::delivery::{DeliveredTransaction, Delivery, DeliverySink};
use protocol::journal::{JournalEntry, Position};
use protocol::key::{PRIMARY_INDEX, prefix};
use protocol::storage::{Direction, ReadStorage, ScanRequest};
use protocol::transaction::{DecidedTransaction, DecidedWrite};
use protocol::{JournalId, TableId, Timestamp, TransactionId};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use storage::{DiskEngine, DiskOptions, KvEngine, MemoryEngine, Storage, StorageOptions};
use uuid::Uuid;

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROWS: u64 = 1_000_000;
const ROW_BYTES: usize = 100;

fn key(number: u64) -> Bytes {
    let mut key = prefix(TableId(2_000), PRIMARY_INDEX).to_vec();
    key.push(1);
    key.extend_from_slice(&number.to_be_bytes());
    key.into()
}

/// Transactions of one write each.
fn delivery(tau: &mut u64, keys: impl Iterator<Item = u64>, random: &mut StdRng) -> Delivery {
    let transactions: Vec<DecidedTransaction> = keys
        .map(|number| {
            *tau += 1;
            let mut row = vec![0; ROW_BYTES];
            random.fill(row.as_mut_slice());
            DecidedTransaction {
                id: TransactionId(Uuid::now_v7()),
                tau_start: Timestamp(*tau - 1),
                tau_commit: Timestamp(*tau),
                writes: vec![DecidedWrite { key: key(number), value: Some(row.into()) }],
                additions: Vec::new(),
            }
        })
        .collect();
    let count = transactions.len();
    let entry = Arc::new(JournalEntry::Transactions(transactions));
    Delivery {
        transactions: (0..count)
            .filter_map(|index| DeliveredTransaction::new(JournalId(0), entry.clone(), index))
            .collect(),
        watermark: Timestamp(*tau),
        positions: vec![(JournalId(0), Position(*tau))],
    }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// CPU of the calling thread, which other load on the machine disturbs less than the wall clock.
fn report_cpu(name: &str, storage: &Storage, tau: &mut u64, random: &mut StdRng) {
    const TIMES: u32 = 200_000;
    let now = Timestamp(*tau);
    let start = cpu_time();
    for _ in 0..TIMES {
        black_box(storage.get(&key(random.random_range(0..ROWS)), now).expect("reads"));
    }
    eprintln!("{name}: CPU per get of the newest version {:?}", (cpu_time() - start) / TIMES);
    for size in [1u32, 32] {
        let mut spent = Duration::ZERO;
        for _ in 0..TIMES / size {
            let keys: Vec<u64> = (0..size).map(|_| random.random_range(0..ROWS)).collect();
            let delivery = delivery(tau, keys.into_iter(), random);
            let start = cpu_time();
            storage.apply(&delivery).expect("applies");
            spent += cpu_time() - start;
        }
        let each = spent / TIMES;
        eprintln!("{name}: CPU per update applied in deliveries of {size} {each:?}");
    }
}

fn measure(criterion: &mut Criterion, name: &str, engine: Arc<dyn KvEngine>) {
    let storage = Storage::open(engine, StorageOptions::default()).expect("opens");
    let mut random = StdRng::seed_from_u64(7);
    let mut tau = 0;
    for from in (0..ROWS).step_by(1_000) {
        let all = delivery(&mut tau, from..from + 1_000, &mut random);
        storage.apply(&all).expect("applies");
    }
    let loaded = tau;
    // A tenth of the rows gets a second version.
    for from in (0..ROWS).step_by(10_000) {
        let all = delivery(&mut tau, (from..from + 10_000).step_by(10), &mut random);
        storage.apply(&all).expect("applies");
    }
    storage.persist().expect("persists");

    report_cpu(name, &storage, &mut tau, &mut random);
    let mut group = criterion.benchmark_group(name);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    let now = Timestamp(tau);
    group.bench_function("get newest", |bencher| {
        bencher.iter(|| storage.get(&key(random.random_range(0..ROWS)), black_box(now)));
    });
    group.bench_function("get absent", |bencher| {
        bencher.iter(|| storage.get(&key(random.random_range(ROWS..2 * ROWS)), black_box(now)));
    });
    group.bench_function("get historical", |bencher| {
        let then = Timestamp(loaded);
        bencher.iter(|| storage.get(&key(random.random_range(0..ROWS / 10) * 10), black_box(then)));
    });
    for (what, tau) in [("scan of 100", now), ("scan of 100, 10 historical", Timestamp(loaded))] {
        group.bench_function(what, |bencher| {
            let mut rows = Vec::with_capacity(100);
            bencher.iter(|| {
                rows.clear();
                let start = random.random_range(0..ROWS - 100);
                let mut cursor = storage
                    .scan(ScanRequest {
                        start: key(start),
                        end: key(start + 100),
                        tau,
                        direction: Direction::Ascending,
                        filter: None,
                        limit: None,
                    })
                    .expect("opens");
                while cursor.next_batch(&mut rows, 256).expect("reads") {}
                assert_eq!(rows.len(), 100);
            });
        });
    }
    for (what, size, fresh) in [
        ("apply 1 update", 1u64, false),
        ("apply 32 updates", 32, false),
        ("apply 32 inserts", 32, true),
        ("apply 1000 updates", 1_000, false),
    ] {
        group.throughput(Throughput::Elements(size));
        let mut next = 10 * ROWS;
        group.bench_function(what, |bencher| {
            bencher.iter_batched(
                || {
                    let keys: Vec<u64> = (0..size)
                        .map(
                            |offset| {
                                if fresh { next + offset } else { random.random_range(0..ROWS) }
                            },
                        )
                        .collect();
                    next += size;
                    delivery(&mut tau, keys.into_iter(), &mut random)
                },
                |delivery| storage.apply(&delivery).expect("applies"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn disk(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = DiskEngine::open(folder.path(), &DiskOptions::default()).expect("opens");
    measure(criterion, "disk", Arc::new(engine));
}

fn memory(criterion: &mut Criterion) {
    measure(criterion, "memory", Arc::new(MemoryEngine::new()));
}

criterion_group!(benches, disk, memory);
criterion_main!(benches);
