//! The contract of reading, case by case. Checks: I2.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use protocol::delivery::{ApplyError, DeliverySink};
use protocol::key::{DESCRIPTOR_TABLE, NAME_TABLE, PRIMARY_INDEX, prefix};
use protocol::storage::{Direction, Filtered, ReadError, ReadStorage, RowFilter, ScanRequest};
use protocol::transaction::{Addition, DecidedTransaction, DecidedWrite, Delta};
use protocol::{JournalId, TableId, Timestamp};
use storage::engine::{KvView, Space, WriteBatch};
use storage::{
    Applied, Condition, DiskEngine, DiskOptions, EngineError, KvEngine, Maintenance,
    MaintenanceEvents, MemoryEngine, Storage, StorageOptions,
};
use support::*;

fn on_both(test: impl Fn(Arc<dyn KvEngine>)) {
    test(Arc::new(MemoryEngine::new()));
    let folder = tempfile::tempdir().expect("a folder");
    let options = DiskOptions { reserve_bytes: 0, ..Default::default() };
    test(Arc::new(DiskEngine::open(folder.path(), &options).expect("opens")));
}

fn open(engine: Arc<dyn KvEngine>) -> Arc<Storage> {
    Storage::open(engine, short_retention(1_000)).expect("opens")
}

fn put(storage: &Storage, tau: u64, writes: Vec<DecidedWrite>) {
    storage.apply(&delivery(vec![transaction(tau, writes)], tau, tau)).expect("applies");
}

fn value(storage: &Storage, key: &[u8], tau: u64) -> Option<Bytes> {
    storage.get(key, Timestamp(tau)).expect("reads")
}

#[test]
fn a_read_sees_the_version_of_its_time() {
    on_both(|engine| {
        let storage = open(engine);
        put(&storage, 10, vec![write(b"a", Some(b"x"))]);
        put(&storage, 20, vec![write(b"a", Some(b"y")), write(b"a\0", Some(b"other"))]);
        put(&storage, 30, vec![write(b"a", None)]);
        put(&storage, 40, vec![write(b"never", None), write(b"a", Some(b"z"))]);
        let expected = [(9, None), (10, Some("x")), (19, Some("x")), (25, Some("y"))];
        for (tau, expected) in expected.into_iter().chain([(30, None), (40, Some("z"))]) {
            assert_eq!(value(&storage, b"a", tau).as_deref(), expected.map(str::as_bytes), "{tau}");
        }
        assert!(matches!(
            storage.get(b"a", Timestamp(41)),
            Err(ReadError::NotYet { watermark: Timestamp(40) })
        ));
        let keys = [Bytes::from_static(b"a\0"), Bytes::from_static(b"none")];
        let several = storage.multi_get(&keys, Timestamp(40)).expect("reads");
        assert_eq!(several, vec![Some(Bytes::from_static(b"other")), None]);
    });
}

#[test]
fn two_commits_to_a_key_in_one_delivery_are_both_kept() {
    on_both(|engine| {
        let storage = open(engine);
        let all = (1..=5)
            .map(|tau| transaction(tau, vec![write(b"k", (tau != 3).then_some(&[tau as u8]))]));
        storage.apply(&delivery(all.collect(), 9, 1)).expect("applies");
        for tau in 1..=5u64 {
            let expected = (tau != 3).then(|| Bytes::copy_from_slice(&[tau as u8]));
            assert_eq!(value(&storage, b"k", tau), expected);
        }
        assert_eq!(value(&storage, b"k", 9).as_deref(), Some([5].as_slice()));
    });
}

#[test]
fn what_is_applied_already_is_skipped() {
    on_both(|engine| {
        let storage = open(engine.clone());
        let first = delivery(vec![transaction(10, vec![write(b"k", Some(b"1"))])], 10, 1);
        storage.apply(&first).expect("applies");
        storage.apply(&first).expect("skips");
        let both = vec![
            transaction(10, vec![write(b"k", Some(b"1"))]),
            transaction(11, vec![write(b"k", Some(b"2"))]),
        ];
        storage.apply(&delivery(both, 12, 2)).expect("applies the second");
        assert_eq!(value(&storage, b"k", 10).as_deref(), Some(b"1".as_slice()));
        assert_eq!(value(&storage, b"k", 12).as_deref(), Some(b"2".as_slice()));
        storage.apply(&delivery(vec![], 15, 3)).expect("moves the watermark only");
        drop(storage);
        let applied = open(engine).applied();
        assert_eq!(applied.watermark, Timestamp(12));
        assert_eq!(applied.positions[&JournalId(0)].0, 2);
    });
}

fn row(counter: i64) -> Bytes {
    let mut bytes = Vec::new();
    let values = [types::Datum::Int8(counter), types::Datum::text("name")];
    let types = [types::oid::INT8, types::oid::TEXT];
    encoding::encode_row(&values, &types, &mut bytes).expect("fits");
    bytes.into()
}

fn adding(tau: u64, key: &'static [u8], amount: i64) -> DecidedTransaction {
    let key = Bytes::from_static(key);
    let additions = vec![Addition { key, deltas: vec![Delta { column: 0, amount }] }];
    DecidedTransaction { additions, ..transaction(tau, Vec::new()) }
}

#[test]
fn additions_are_folded_in_order_and_every_sum_can_be_read() {
    on_both(|engine| {
        let storage = open(engine.clone());
        put(&storage, 10, vec![write(b"k", Some(&row(100)))]);
        // Two journals gave the same instant: nobody reads between them.
        let other = DecidedTransaction { id: id_of(999), ..adding(12, b"k", 20) };
        let all = vec![adding(11, b"k", 1), adding(12, b"k", 2), other, adding(13, b"k", -200)];
        storage.apply(&delivery(all.clone(), 13, 2)).expect("applies");
        storage.apply(&delivery(all, 13, 2)).expect("skips what is applied");
        storage.apply(&delivery(vec![adding(14, b"k", 7)], 14, 3)).expect("applies");
        put(&storage, 15, vec![write(b"k", None)]);
        drop(storage);
        let storage = open(engine);
        for (tau, sum) in [(10, 100), (11, 101), (12, 123), (13, -77), (14, -70)] {
            assert_eq!(value(&storage, b"k", tau), Some(row(sum)), "{tau}");
        }
        assert_eq!(value(&storage, b"k", 15), None);
        let failed = storage.apply(&delivery(vec![adding(16, b"k", 1)], 16, 5));
        assert!(matches!(failed, Err(ApplyError::Fatal { .. })), "an addition to a deleted row");
    });
}

#[test]
fn a_large_delivery_is_applied_in_parts_and_completely() {
    on_both(|engine| {
        let storage = open(engine);
        let all: Vec<_> = (1..=20_000u64)
            .map(|tau| transaction(tau, vec![write(&(tau % 7_000).to_be_bytes(), Some(b"v"))]))
            .collect();
        storage.apply(&delivery(all, 30_000, 1)).expect("applies");
        assert_eq!(ReadStorage::watermark(&*storage), Timestamp(30_000));
        let rows =
            scan(&*storage, b"", b"\xff", 30_000, Direction::Ascending, 1_000).expect("scans");
        assert_eq!(rows.len(), 7_000);
    });
}

struct Even;

impl RowFilter for Even {
    fn apply(
        &self,
        key: &[u8],
        _: &[u8],
    ) -> Result<Filtered, Box<dyn std::error::Error + Send + Sync>> {
        match key[0] {
            200 => Err("division by zero".into()),
            byte if byte % 2 == 1 => Ok(Filtered::Drop),
            byte if byte % 4 == 0 => Ok(Filtered::Replace(Bytes::from_static(b"projected"))),
            _ => Ok(Filtered::Keep),
        }
    }
}

#[test]
fn filter_and_limit_are_applied_where_the_rows_are() {
    on_both(|engine| {
        let storage = open(engine);
        put(&storage, 10, (0..=200).map(|byte| write(&[byte], Some(b"row"))).collect());
        let request = |start: u8, limit, direction| ScanRequest {
            start: Bytes::copy_from_slice(&[start]),
            end: Bytes::from_static(&[201]),
            tau: Timestamp(10),
            direction,
            filter: Some(Arc::new(Even)),
            limit,
        };
        let mut rows = Vec::new();
        let mut cursor = storage.scan(request(0, Some(5), Direction::Ascending)).expect("opens");
        assert!(cursor.next_batch(&mut rows, 3).expect("reads"));
        assert_eq!(rows.len(), 3);
        assert!(!cursor.next_batch(&mut rows, 3).expect("reads"));
        let found: Vec<_> = rows.iter().map(|row| (row.key[0], row.value.as_ref())).collect();
        let projected = b"projected".as_slice();
        let row = b"row".as_slice();
        assert_eq!(found, vec![(0, projected), (2, row), (4, projected), (6, row), (8, projected)]);
        let mut cursor = storage.scan(request(0, None, Direction::Descending)).expect("opens");
        assert!(matches!(cursor.next_batch(&mut rows, 3), Err(ReadError::Filter(_))));
    });
}

#[test]
fn the_parts_of_a_scan_are_its_rest_in_order() {
    on_both(|engine| {
        let storage = open(engine);
        let key = |number: u32| (number * 7).to_be_bytes();
        put(&storage, 10, (0..1_000).map(|number| write(&key(number), Some(b"old"))).collect());
        put(&storage, 20, (0..500).map(|number| write(&key(number * 2), None)).collect());
        for (tau, wanted) in [(10, 1_000), (20, 500)] {
            for direction in [Direction::Ascending, Direction::Descending] {
                let whole = scan(&*storage, &[], &[0xFF], tau, direction, 64).expect("reads");
                assert_eq!(whole.len(), wanted);
                for before in [0, 1, 333] {
                    let request = ScanRequest {
                        start: Bytes::new(),
                        end: Bytes::from_static(&[0xFF]),
                        tau: Timestamp(tau),
                        direction,
                        filter: None,
                        limit: None,
                    };
                    let mut cursor = storage.scan(request).expect("opens");
                    let mut rows = Vec::new();
                    if before > 0 {
                        cursor.next_batch(&mut rows, before).expect("reads");
                    }
                    let parts = cursor.split(8).expect("splits");
                    assert!((4..=8).contains(&parts.len()), "{} parts", parts.len());
                    for mut part in parts {
                        while part.next_batch(&mut rows, 50).expect("reads") {}
                    }
                    assert_eq!(rows, whole);
                }
            }
        }
    });
}

#[test]
fn a_scan_is_one_instant_while_transactions_are_applied_and_collected() {
    on_both(|engine| {
        let storage = open(engine);
        let write_all = |tau: u64| {
            let writes = (0..500u32).map(|key| write(&key.to_be_bytes(), Some(&tau.to_be_bytes())));
            put(&storage, tau, writes.collect());
        };
        write_all(1_000);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..60u64 {
                    write_all(1_000 + 50 * round);
                    storage.collect(u64::MAX).expect("collects");
                }
                stop.store(true, Ordering::Release);
            });
            let mut scans = 0;
            while !stop.load(Ordering::Acquire) || scans == 0 {
                let tau = ReadStorage::watermark(&*storage).0;
                let _hold = storage.hold(Timestamp(tau));
                let direction =
                    if scans % 2 == 0 { Direction::Ascending } else { Direction::Descending };
                match scan(&*storage, b"", b"\xff", tau, direction, 7) {
                    Err(ReadError::TooOld { .. }) => continue,
                    found => {
                        let found = found.expect("scans");
                        assert_eq!(found.len(), 500);
                        let expected = tau.to_be_bytes();
                        assert!(found.iter().all(|row| row.value.as_ref() == expected));
                    }
                }
                for key in [0u32, 250, 499] {
                    let found = value(&storage, &key.to_be_bytes(), tau);
                    assert_eq!(found.as_deref(), Some(tau.to_be_bytes().as_slice()));
                }
                scans += 1;
            }
        });
    });
}

#[test]
fn collection_leaves_what_a_hold_needs_and_removes_the_rest() {
    on_both(|engine| {
        let storage = open(engine.clone());
        for tau in (100..=1_000).step_by(100) {
            put(&storage, tau, vec![write(b"k", Some(&tau.to_be_bytes()))]);
        }
        put(&storage, 1_050, vec![write(b"k", None), write(b"other", Some(b"o"))]);
        let hold = storage.hold(Timestamp(450));
        put(&storage, 3_000, vec![]);
        assert_eq!(storage.collect(u64::MAX).expect("collects"), 3, "the versions of 100 to 300");
        assert_eq!(value(&storage, b"k", 450).as_deref(), Some(400u64.to_be_bytes().as_slice()));
        assert!(matches!(
            storage.get(b"k", Timestamp(449)),
            Err(ReadError::TooOld { oldest: Timestamp(450) })
        ));
        assert!(scan(&*storage, b"", b"z", 449, Direction::Ascending, 9).is_err());
        drop(hold);
        assert_eq!(storage.collect(u64::MAX).expect("collects"), 8, "the rest and the deletion");
        assert_eq!(storage.collect(u64::MAX).expect("collects"), 0);
        assert_eq!(value(&storage, b"k", 3_000), None);
        for space in [Space::History, Space::Garbage] {
            use std::ops::Bound::Unbounded;
            let mut left = engine.view().range(space, Unbounded, Unbounded, Direction::Ascending);
            assert!(left.next().expect("reads").is_none());
        }
        assert_eq!(engine.get(Space::Latest, b"k"), Ok(None), "the deletion is gone too");
        drop(storage);
        let storage = open(engine.clone());
        assert!(matches!(storage.get(b"k", Timestamp(1_000)), Err(ReadError::TooOld { .. })));
    });
}

#[test]
fn changes_of_the_catalog_are_dated_also_after_a_restart() {
    on_both(|engine| {
        let storage = open(engine.clone());
        assert_eq!(storage.catalog_changed_at(), Timestamp::ZERO);
        let key = |table: TableId| [prefix(table, PRIMARY_INDEX).as_slice(), b"x"].concat();
        put(&storage, 10, vec![write(&key(DESCRIPTOR_TABLE), Some(b"d"))]);
        put(&storage, 20, vec![write(&key(TableId(5_000)), Some(b"row"))]);
        assert_eq!(storage.catalog_changed_at(), Timestamp(10));
        put(&storage, 30, vec![write(&key(NAME_TABLE), None)]);
        put(&storage, 40, vec![]);
        assert_eq!(storage.catalog_changed_at(), Timestamp(30));
        drop(storage);
        assert_eq!(open(engine).catalog_changed_at(), Timestamp(30));
    });
}

/// Fails writes as it is told.
struct Failing {
    memory: MemoryEngine,
    failure: Mutex<Option<EngineError>>,
}

impl KvEngine for Failing {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        self.memory.get(space, key)
    }
    fn view(&self) -> Box<dyn KvView> {
        self.memory.view()
    }
    fn write(&self, batch: &WriteBatch) -> Result<(), EngineError> {
        match self.failure.lock().clone() {
            Some(error) => Err(error),
            None => self.memory.write(batch),
        }
    }
    fn persist(&self) -> Result<(), EngineError> {
        Ok(())
    }
    fn approximate_bytes(&self) -> u64 {
        0
    }
    fn free_bytes(&self) -> Option<u64> {
        Some(0)
    }
    fn name(&self) -> &'static str {
        "failing"
    }
}

#[test]
fn a_full_disk_is_survived_and_a_broken_one_is_fatal() {
    let engine = Arc::new(Failing { memory: MemoryEngine::new(), failure: Mutex::new(None) });
    let storage = open(engine.clone());
    put(&storage, 10, vec![write(b"k", Some(b"1"))]);
    let next = delivery(vec![transaction(20, vec![write(b"k", Some(b"2"))])], 20, 20);
    *engine.failure.lock() = Some(EngineError::Full { free_bytes: 0, needed_bytes: 1 });
    assert!(matches!(storage.apply(&next), Err(ApplyError::Retry { .. })));
    assert!(matches!(storage.condition(), Condition::Full { .. }));
    assert_eq!(value(&storage, b"k", 10).as_deref(), Some(b"1".as_slice()));
    *engine.failure.lock() = None;
    storage.apply(&next).expect("applies");
    assert_eq!(storage.condition(), Condition::Healthy);
    assert_eq!(value(&storage, b"k", 20).as_deref(), Some(b"2".as_slice()));
    *engine.failure.lock() = Some(EngineError::Fatal("broken".to_owned()));
    let next = delivery(vec![transaction(30, vec![write(b"k", Some(b"3"))])], 30, 30);
    assert!(matches!(storage.apply(&next), Err(ApplyError::Fatal { .. })));
    *engine.failure.lock() = None;
    assert!(matches!(storage.apply(&next), Err(ApplyError::Fatal { .. })), "for good");
    assert_eq!(value(&storage, b"k", 20).as_deref(), Some(b"2".as_slice()));
}

#[test]
fn stored_nonsense_is_reported_as_corruption() {
    let engine = Arc::new(MemoryEngine::new());
    let storage = open(engine.clone());
    put(&storage, 10, vec![write(b"k", Some(b"1"))]);
    let mut batch = WriteBatch::new();
    batch.put(Space::Latest, b"k", &[b"short"]);
    batch.put(Space::Meta, b"applied", &[b"\x07nonsense"]);
    engine.write(&batch).expect("writes");
    assert!(matches!(storage.get(b"k", Timestamp(10)), Err(ReadError::Corrupt(_))));
    let opened = Storage::open(engine, StorageOptions::default());
    assert!(matches!(opened.err(), Some(EngineError::Corrupt(_))));
}

/// Notes what it hears.
#[derive(Clone, Default)]
struct Heard(Arc<AtomicU64>, Arc<AtomicU64>);

impl MaintenanceEvents for Heard {
    fn durable(&self, applied: &Applied) {
        self.0.store(applied.positions[&JournalId(0)].0, Ordering::SeqCst);
        self.1.fetch_add(1, Ordering::SeqCst);
    }
    fn failed(&self, error: &EngineError) {
        panic!("{error}");
    }
}

#[test]
fn durable_positions_are_reported_while_dirty_and_at_the_end_but_never_when_idle() {
    on_both(|engine| {
        let options =
            StorageOptions { persist_every: Duration::from_millis(1), ..short_retention(1_000) };
        let storage = Storage::open(engine, options).expect("opens");
        let heard = Heard::default();
        let maintenance = Maintenance::start(storage.clone(), heard.clone()).expect("starts");
        put(&storage, 5, vec![write(b"k", Some(b"v"))]);
        while heard.0.load(Ordering::SeqCst) != 5 {
            std::thread::yield_now();
        }
        put(&storage, 6, vec![write(b"k", None)]);
        // A watermark without transactions is not written.
        storage.apply(&delivery(vec![], 7, 7)).expect("applies");
        assert_eq!(ReadStorage::watermark(&*storage), Timestamp(7));
        drop(maintenance);
        assert_eq!(heard.0.load(Ordering::SeqCst), 6);
        assert!(heard.1.load(Ordering::SeqCst) <= 3, "two rounds and the end");
    });
}
