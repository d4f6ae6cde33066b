//! What every engine must do, and a random run in which both implementations are compared step by step.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use bytes::Bytes;
use protocol::storage::Direction;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::disk::{DiskEngine, DiskOptions};
use super::memory::MemoryEngine;
use super::{EngineError, KvEngine, KvView, Pairs, Space, WriteBatch};

const BOTH: [Direction; 2] = [Direction::Ascending, Direction::Descending];

fn disk(folder: &tempfile::TempDir) -> Arc<dyn KvEngine> {
    let options = DiskOptions { memtable_bytes: 64 << 10, reserve_bytes: 0, ..Default::default() };
    Arc::new(DiskEngine::open(folder.path(), &options).expect("opens"))
}

fn on_both(test: impl Fn(Arc<dyn KvEngine>)) {
    test(Arc::new(MemoryEngine::new()));
    let folder = tempfile::tempdir().expect("a folder");
    test(disk(&folder));
}

fn put(engine: &dyn KvEngine, space: Space, key: &[u8], value: &[u8]) {
    let mut batch = WriteBatch::new();
    batch.put(space, key, &[value]);
    engine.write(&batch).expect("writes");
}

fn remove(engine: &dyn KvEngine, space: Space, key: &[u8]) {
    let mut batch = WriteBatch::new();
    batch.remove(space, key);
    engine.write(&batch).expect("writes");
}

fn get(engine: &dyn KvEngine, space: Space, key: &[u8]) -> Option<Vec<u8>> {
    engine.get(space, key).expect("reads").map(|value| value.to_vec())
}

fn all(mut pairs: Pairs) -> Vec<(Bytes, Bytes)> {
    let mut found = Vec::new();
    while let Some((key, value)) = pairs.next().expect("reads") {
        found.push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
    }
    found
}

fn range(
    view: &dyn KvView,
    space: Space,
    start: Bound<&[u8]>,
    end: Bound<&[u8]>,
    direction: Direction,
) -> Vec<(Bytes, Bytes)> {
    all(view.range(space, start, end, direction))
}

#[test]
fn a_batch_writes_to_several_spaces_and_the_last_write_to_a_key_wins() {
    on_both(|engine| {
        let mut batch = WriteBatch::new();
        batch.put(Space::Latest, b"k", &[b"1", b"2"]);
        batch.put(Space::History, b"k", &[b"other"]);
        batch.put(Space::Latest, b"k", &[b"3"]);
        batch.put(Space::Latest, b"gone", &[b"x"]);
        batch.remove(Space::Latest, b"gone");
        batch.put(Space::Latest, b"", &[]);
        engine.write(&batch).expect("writes");
        assert_eq!(get(&*engine, Space::Latest, b"k").as_deref(), Some(b"3".as_slice()));
        assert_eq!(get(&*engine, Space::History, b"k").as_deref(), Some(b"other".as_slice()));
        assert_eq!(get(&*engine, Space::Latest, b"gone"), None);
        assert_eq!(get(&*engine, Space::Latest, b"").as_deref(), Some(b"".as_slice()));
        assert_eq!(get(&*engine, Space::Meta, b"k"), None);
        let several = engine.multi_get(Space::Latest, &[b"k", b"gone"]).expect("reads");
        assert_eq!(several, vec![Some(Bytes::from_static(b"3")), None]);
    });
}

#[test]
fn ranges_obey_their_bounds_in_both_directions() {
    on_both(|engine| {
        for space in Space::ALL {
            for key in [b"".as_slice(), b"\0", b"a", b"a\0", b"ab", b"b", b"\xff", b"\xff\xff"] {
                put(&*engine, space, key, key);
            }
        }
        let view = engine.view();
        for direction in BOTH {
            let keys = |start, end| {
                let mut pairs = range(&*view, Space::Latest, start, end, direction);
                if direction == Direction::Descending {
                    pairs.reverse();
                }
                pairs.into_iter().map(|(key, _)| key.to_vec()).collect::<Vec<_>>()
            };
            assert_eq!(keys(Bound::Unbounded, Bound::Unbounded).len(), 8);
            let some = keys(Bound::Included(b"a"), Bound::Excluded(b"b"));
            assert_eq!(some, vec![b"a".to_vec(), b"a\0".to_vec(), b"ab".to_vec()]);
            let some = keys(Bound::Excluded(b"a"), Bound::Included(b"b"));
            assert_eq!(some, vec![b"a\0".to_vec(), b"ab".to_vec(), b"b".to_vec()]);
            assert_eq!(keys(Bound::Included(b"\xff"), Bound::Unbounded).len(), 2);
            assert!(keys(Bound::Included(b"b"), Bound::Included(b"a")).is_empty());
            assert!(keys(Bound::Excluded(b"a"), Bound::Excluded(b"a")).is_empty());
        }
    });
}

#[test]
fn a_view_and_its_streams_see_one_instant() {
    on_both(|engine| {
        for number in 0..500u32 {
            put(&*engine, Space::Latest, &number.to_be_bytes(), b"old");
        }
        let view = engine.view();
        let mut open =
            view.range(Space::Latest, Bound::Unbounded, Bound::Unbounded, Direction::Ascending);
        assert!(open.next().expect("reads").is_some());
        for number in 0..500u32 {
            if number % 2 == 0 {
                remove(&*engine, Space::Latest, &number.to_be_bytes());
            } else {
                put(&*engine, Space::Latest, &number.to_be_bytes(), b"new");
            }
        }
        put(&*engine, Space::Latest, b"more", b"new");
        let later = engine.view();
        assert_eq!(view.get(Space::Latest, b"more").expect("reads"), None);
        drop(view);
        let rest = all(open);
        assert_eq!(rest.len(), 499);
        assert!(rest.iter().all(|(_, value)| value.as_ref() == b"old"));
        let present = range(
            &*later,
            Space::Latest,
            Bound::Unbounded,
            Bound::Unbounded,
            Direction::Descending,
        );
        assert_eq!(present.len(), 251);
    });
}

#[test]
fn what_is_persisted_survives_reopening() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = disk(&folder);
    for number in 0..5_000u32 {
        put(&*engine, Space::Latest, &number.to_be_bytes(), &[7; 100]);
    }
    engine.persist().expect("persists");
    assert!(engine.approximate_bytes() > 0);
    let options = DiskOptions::default();
    assert!(matches!(DiskEngine::open(folder.path(), &options), Err(EngineError::Locked)));
    drop(engine);
    let engine = disk(&folder);
    for number in 0..5_000u32 {
        assert!(get(&*engine, Space::Latest, &number.to_be_bytes()).is_some());
    }
}

#[test]
fn a_full_disk_refuses_writes_and_keeps_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    put(&*disk(&folder), Space::Latest, b"k", b"v");
    let options = DiskOptions { reserve_bytes: u64::MAX / 2, ..DiskOptions::default() };
    let engine = DiskEngine::open(folder.path(), &options).expect("opens");
    let mut batch = WriteBatch::new();
    batch.put(Space::Latest, b"k", &[b"w"]);
    for _ in 0..3 {
        assert!(matches!(engine.write(&batch), Err(EngineError::Full { .. })));
    }
    assert_eq!(get(&engine, Space::Latest, b"k").as_deref(), Some(b"v".as_slice()));
}

type Model = BTreeMap<(Space, Vec<u8>), Vec<u8>>;

fn random_key(random: &mut StdRng) -> Vec<u8> {
    let length = random.random_range(0..4);
    (0..length).map(|_| [0, 1, b'a', 0xFE, 0xFF][random.random_range(0..5)]).collect()
}

fn compare(random: &mut StdRng, views: &[(Box<dyn KvView>, Box<dyn KvView>, Model)]) {
    for (memory, disk, model) in views {
        let space = Space::ALL[random.random_range(0..Space::ALL.len())];
        let (start, end) = (random_key(random), random_key(random));
        let bounds = match random.random_range(0..4) {
            0 => (Bound::Unbounded, Bound::Excluded(end.as_slice())),
            1 => (Bound::Excluded(start.as_slice()), Bound::Included(end.as_slice())),
            2 => (Bound::Included(start.as_slice()), Bound::Excluded(end.as_slice())),
            _ => (Bound::Unbounded, Bound::Unbounded),
        };
        for direction in BOTH {
            let mut expected: Vec<(Bytes, Bytes)> = model
                .iter()
                .filter(|((at, key), _)| {
                    *at == space && RangeBounds::<[u8]>::contains(&bounds, key.as_slice())
                })
                .map(|((_, key), value)| (Bytes::from(key.clone()), Bytes::from(value.clone())))
                .collect();
            if direction == Direction::Descending {
                expected.reverse();
            }
            assert_eq!(range(&**memory, space, bounds.0, bounds.1, direction), expected);
            assert_eq!(range(&**disk, space, bounds.0, bounds.1, direction), expected);
        }
        assert_eq!(memory.get(space, &start), disk.get(space, &start));
    }
}

#[test]
fn both_engines_agree_with_a_map_under_random_operations() {
    let seed = rand::rng().random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let (memory, disk) = (MemoryEngine::new(), disk(&folder));
    let mut model = Model::new();
    let mut views: Vec<(Box<dyn KvView>, Box<dyn KvView>, Model)> = Vec::new();
    for _ in 0..4_000 {
        let mut batch = WriteBatch::new();
        for _ in 0..random.random_range(1..6) {
            let space = Space::ALL[random.random_range(0..Space::ALL.len())];
            let key = random_key(&mut random);
            if random.random_bool(0.35) {
                batch.remove(space, &key);
                model.remove(&(space, key));
            } else {
                let value: Vec<u8> = vec![random.random(); random.random_range(0..200)];
                batch.put(space, &key, &[&value]);
                model.insert((space, key), value);
            }
        }
        memory.write(&batch).expect("writes");
        disk.write(&batch).expect("writes");
        if random.random_bool(0.05) {
            views.push((memory.view(), disk.view(), model.clone()));
        }
        if random.random_bool(0.05) && !views.is_empty() {
            compare(&mut random, &views);
            views.swap_remove(random.random_range(0..views.len()));
        }
    }
    drop(views);
    compare(&mut random, &[(memory.view(), disk.view(), model)]);
}
