//! Storage against a plain map of all versions, under random operations, collection and crashes. Checks: I2.

mod support;

use std::sync::Arc;

use protocol::delivery::DeliverySink;
use protocol::storage::{Direction, HoldGuard, ReadError, ReadStorage, ScanRequest};
use protocol::transaction::DecidedTransaction;
use protocol::{JournalId, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use storage::{DiskEngine, DiskOptions, KvEngine, MemoryEngine, Storage};
use support::*;

const OPERATIONS: usize = 100_000;
const RETENTION: u64 = 2_000;

/// A storage with its model and with everything its journal ever held.
struct World {
    storage: Arc<Storage>,
    model: Model,
    /// The transaction at index `n` has position `n + 1`.
    journal: Vec<DecidedTransaction>,
    tau: u64,
    holds: Vec<(u64, HoldGuard)>,
    /// Reads below this may be refused.
    may_refuse_below: u64,
}

impl World {
    fn new(engine: Arc<dyn KvEngine>) -> World {
        World {
            storage: Storage::open(engine, short_retention(RETENTION)).expect("opens"),
            model: Model::default(),
            journal: Vec::new(),
            tau: 100,
            holds: Vec::new(),
            may_refuse_below: 0,
        }
    }

    /// Delivers everything behind `position` in deliveries of random size.
    fn deliver_from(&mut self, mut position: usize, random: &mut StdRng) {
        while position < self.journal.len() {
            let end = (position + random.random_range(1..30)).min(self.journal.len());
            let part = self.journal[position..end].to_vec();
            let watermark = part.last().expect("not empty").tau_commit.0;
            self.storage.apply(&delivery(part, watermark, end as u64)).expect("applies");
            position = end;
        }
    }

    fn commit(&mut self, random: &mut StdRng) {
        let before = self.journal.len();
        for _ in 0..random.random_range(1..12) {
            self.tau += random.random_range(1..20);
            let one = transaction(self.tau, random_writes(random));
            self.model.apply(&one);
            self.journal.push(one);
        }
        self.deliver_from(before, random);
    }

    fn collect(&mut self) {
        self.storage.collect(u64::MAX).expect("collects");
        let held = self.holds.iter().map(|(tau, _)| *tau).min().unwrap_or(u64::MAX);
        let horizon = self.tau.saturating_sub(RETENTION).min(held);
        self.may_refuse_below = self.may_refuse_below.max(horizon);
    }

    /// A timestamp to read at: mostly recent, sometimes held, sometimes too old.
    fn read_at(&self, random: &mut StdRng) -> u64 {
        match random.random_range(0..4) {
            0 => self.tau,
            1 if !self.holds.is_empty() => self.holds[random.random_range(0..self.holds.len())].0,
            2 => random.random_range(0..=self.tau),
            _ => random.random_range(self.tau.saturating_sub(RETENTION)..=self.tau),
        }
    }

    fn check<T: PartialEq + std::fmt::Debug>(
        &self,
        tau: u64,
        found: Result<T, ReadError>,
        expected: T,
    ) {
        match found {
            Ok(found) => assert_eq!(found, expected, "at {tau}"),
            Err(ReadError::TooOld { .. }) => assert!(tau < self.may_refuse_below, "at {tau}"),
            Err(error) => panic!("{error}"),
        }
    }

    fn read(&self, random: &mut StdRng) {
        if self.journal.is_empty() {
            return;
        }
        let tau = self.read_at(random);
        if random.random_bool(0.9) {
            let key = random_key(random);
            let found = self.storage.get(&key, Timestamp(tau));
            self.check(tau, found, self.model.get(&key, tau));
            return;
        }
        let (start, end) = (random_key(random), random_key(random));
        for direction in [Direction::Ascending, Direction::Descending] {
            let batch = random.random_range(1..50);
            let found = scan(&*self.storage, &start, &end, tau, direction, batch);
            self.check(tau, found, self.model.scan(&start, &end, tau, direction));
        }
    }

    /// A scan during which transactions are applied, versions collected, and others read.
    fn interrupted_scan(&mut self, random: &mut StdRng) {
        if self.journal.is_empty() {
            return;
        }
        let tau = self.read_at(random);
        let (mut start, end) = (b"index1".to_vec(), b"index2".to_vec());
        if random.random_bool(0.5) {
            start.push(1);
        }
        let expected = self.model.scan(&start, &end, tau, Direction::Ascending);
        let request = ScanRequest {
            start: start.into(),
            end: end.into(),
            tau: Timestamp(tau),
            direction: Direction::Ascending,
            filter: None,
            limit: None,
        };
        let mut rows = Vec::new();
        let scanned = self.storage.scan(request).and_then(|mut cursor| {
            while cursor.next_batch(&mut rows, random.random_range(1..40))? {
                match random.random_range(0..4) {
                    0 => self.commit(random),
                    1 => self.collect(),
                    2 => (0..random.random_range(0..20)).for_each(|_| self.read(random)),
                    _ => {}
                }
            }
            Ok(rows)
        });
        self.check(tau, scanned, expected);
    }

    fn check_everything(&self) {
        for key in self.model.versions.keys() {
            for age in [0, RETENTION / 2, RETENTION] {
                let tau = self.tau.saturating_sub(age);
                let found = self.storage.get(key, Timestamp(tau));
                self.check(tau, found, self.model.get(key, tau));
            }
        }
    }

    fn operation(&mut self, random: &mut StdRng) {
        match random.random_range(0..1_000) {
            0..200 => self.commit(random),
            200..210 => self.collect(),
            210..220 => {
                let tau = random.random_range(self.tau.saturating_sub(RETENTION)..=self.tau);
                self.holds.push((tau, self.storage.hold(Timestamp(tau))));
            }
            220..230 if !self.holds.is_empty() => {
                self.holds.swap_remove(random.random_range(0..self.holds.len()));
            }
            230..240 => self.interrupted_scan(random),
            _ => self.read(random),
        }
    }

    /// Opens again with what `engine` still has, and has the journal deliver the rest.
    fn reopen(&mut self, engine: Arc<dyn KvEngine>, random: &mut StdRng) {
        self.holds.clear();
        self.storage = Storage::open(engine, short_retention(RETENTION)).expect("opens");
        let applied = self.storage.applied();
        let position = applied.positions.get(&JournalId(0)).map_or(0, |position| position.0);
        let exact = self.journal.partition_point(|one| one.tau_commit <= applied.watermark);
        assert_eq!(position as usize, exact, "positions and watermark are of one batch");
        // Delivering more than asked for changes nothing.
        let from = exact.saturating_sub(random.random_range(0..20));
        self.deliver_from(from, random);
        assert_eq!(ReadStorage::watermark(&*self.storage), self.last());
    }

    fn last(&self) -> Timestamp {
        self.journal.last().map_or(Timestamp::ZERO, |one| one.tau_commit)
    }
}

fn run(engine: Arc<dyn KvEngine>) {
    let mut random = StdRng::seed_from_u64(seed());
    let mut world = World::new(engine);
    for _ in 0..OPERATIONS {
        world.operation(&mut random);
    }
    world.holds.clear();
    world.collect();
    world.check_everything();
    let recent = world.journal.last().expect("there were commits").tau_commit;
    assert_eq!(world.storage.outcome(id_of(recent.0)).expect("reads"), Some(recent));
    let old = world.journal[0].tau_commit;
    assert_eq!(world.storage.outcome(id_of(old.0)).expect("reads"), None, "long ago");
}

#[test]
fn memory_equals_the_model_at_every_timestamp() {
    run(Arc::new(MemoryEngine::new()));
}

#[test]
fn disk_equals_the_model_at_every_timestamp() {
    let folder = tempfile::tempdir().expect("a folder");
    // Small memtables: much of it is read from files.
    let options = DiskOptions { memtable_bytes: 256 << 10, reserve_bytes: 0, ..Default::default() };
    run(Arc::new(DiskEngine::open(folder.path(), &options).expect("opens")));
}

#[test]
fn crashes_at_random_points_lose_nothing_that_the_journal_holds() {
    let mut random = StdRng::seed_from_u64(seed());
    let mut engine = Arc::new(CrashEngine::new());
    let mut world = World::new(engine.clone());
    for operation in 0..20_000 {
        world.operation(&mut random);
        if random.random_bool(0.01) {
            world.storage.persist().expect("persists");
        }
        if operation % 400 == 399 {
            engine = Arc::new(engine.crashed(&mut random));
            world.reopen(engine.clone(), &mut random);
        }
    }
    world.collect();
    world.check_everything();
}

/// The journal file of a copied folder, cut somewhere behind what had been made durable.
fn copy_as_if_power_failed(
    from: &std::path::Path,
    to: &std::path::Path,
    durable_bytes: u64,
    random: &mut StdRng,
) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            std::fs::create_dir_all(&target).expect("creates");
            copy_as_if_power_failed(&entry.path(), &target, durable_bytes, random);
        } else {
            std::fs::copy(entry.path(), &target).expect("copies");
            if target.extension().is_some_and(|extension| extension == "jnl") {
                let length = target.metadata().expect("a length").len();
                let kept = random.random_range(durable_bytes.min(length)..=length);
                let file = std::fs::OpenOptions::new().write(true).open(&target).expect("opens");
                file.set_len(kept).expect("cuts");
            }
        }
    }
}

fn journal_bytes(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    files
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "jnl"))
        .map(|entry| entry.metadata().expect("a length").len())
        .sum()
}

#[test]
fn a_disk_whose_last_writes_are_torn_off_is_completed_by_the_journal() {
    let mut random = StdRng::seed_from_u64(seed());
    let mut folder = tempfile::tempdir().expect("a folder");
    let options = DiskOptions { reserve_bytes: 0, ..Default::default() };
    let open = |folder: &tempfile::TempDir| {
        Arc::new(DiskEngine::open(folder.path(), &options).expect("opens"))
    };
    let mut world = World::new(open(&folder));
    for _ in 0..12 {
        let mut durable_bytes = 0;
        for operation in 0..300 {
            world.operation(&mut random);
            if operation == 150 {
                world.storage.persist().expect("persists");
                durable_bytes = journal_bytes(folder.path());
            }
        }
        let copy = tempfile::tempdir().expect("a folder");
        copy_as_if_power_failed(folder.path(), copy.path(), durable_bytes, &mut random);
        world.reopen(open(&copy), &mut random);
        folder = copy;
        world.check_everything();
    }
}
