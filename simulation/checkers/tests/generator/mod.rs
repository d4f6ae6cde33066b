//! Random small histories of a database that is right or broken in a random way.

use std::collections::BTreeMap;

use checkers::{History, Operation, Recorder, Status};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How the database is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// Each read takes a snapshot of its own.
    ReadCommitted,
    /// Conflicts are not looked for.
    NoCheck,
    /// Snapshots may be old.
    Stale,
    /// Some keys of a commit become visible later.
    Torn,
    /// Some writes of a commit are dropped.
    Lossy,
    /// What failed is applied nevertheless.
    AppliedFailure,
}

struct Open {
    transaction: usize,
    process: u32,
    snapshot: u64,
    began: u64,
    operations: Vec<Operation>,
}

struct Database {
    flaw: Flaw,
    random: StdRng,
    /// Of each key: value, visible from, committed at.
    versions: BTreeMap<u64, Vec<(u64, u64)>>,
    clock: u64,
    values: u64,
}

impl Database {
    fn list(&self, key: u64, at: u64) -> Vec<u64> {
        let all = self.versions.get(&key).map_or(&[][..], Vec::as_slice);
        all.iter().filter(|(_, visible)| *visible <= at).map(|(value, _)| *value).collect()
    }

    fn run(&mut self, open: &mut Open) -> Vec<Operation> {
        let mut own: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let planned = open.operations.clone();
        let steps = planned.into_iter().map(|step| match step {
            Operation::Append { key, value } => {
                own.entry(key).or_default().push(value);
                Operation::Append { key, value }
            }
            Operation::Read { key, .. } => {
                let at = match self.flaw {
                    Flaw::ReadCommitted if self.random.random_bool(0.5) => self.clock,
                    _ => open.snapshot,
                };
                let mut list = self.list(key, at);
                list.extend(own.get(&key).into_iter().flatten());
                Operation::Read { key, list: list.into() }
            }
        });
        steps.collect()
    }

    /// Whether a key that it writes was written since it began.
    fn conflicts(&self, open: &Open) -> bool {
        open.operations.iter().any(|step| match step {
            Operation::Append { key, .. } => self
                .versions
                .get(key)
                .is_some_and(|all| all.iter().any(|(_, visible)| *visible > open.snapshot)),
            Operation::Read { .. } => false,
        })
    }

    fn apply(&mut self, operations: &[Operation]) {
        self.clock += 1;
        for step in operations {
            let Operation::Append { key, value } = step else { continue };
            if self.flaw == Flaw::Lossy && self.random.random_bool(0.3) {
                continue;
            }
            let late = self.flaw == Flaw::Torn && self.random.random_bool(0.4);
            let visible = self.clock + u64::from(late) * 2;
            self.versions.entry(*key).or_default().push((*value, visible));
        }
    }
}

fn plan(database: &mut Database, keys: u64) -> Vec<Operation> {
    let count = database.random.random_range(1..=3);
    (0..count)
        .map(|_| {
            let key = database.random.random_range(0..keys);
            if database.random.random_bool(0.5) {
                database.values += 1;
                Operation::Append { key, value: database.values }
            } else {
                Operation::Read { key, list: Box::default() }
            }
        })
        .collect()
}

pub fn history(seed: u64) -> (History, Flaw) {
    let mut random = StdRng::seed_from_u64(seed);
    let flaws = [
        Flaw::None,
        Flaw::ReadCommitted,
        Flaw::NoCheck,
        Flaw::Stale,
        Flaw::Torn,
        Flaw::Lossy,
        Flaw::AppliedFailure,
    ];
    let flaw = flaws[random.random_range(0..flaws.len())];
    let (count, keys) = (random.random_range(2..=5usize), random.random_range(1..=3u64));
    let mut database = Database { flaw, random, versions: BTreeMap::new(), clock: 10, values: 0 };
    let mut recorder = Recorder::default();
    let mut open: Vec<Open> = Vec::new();
    let mut started = 0;
    while started < count || !open.is_empty() {
        let begin = started < count && open.len() < 3 && database.random.random_bool(0.5);
        if begin || open.is_empty() {
            let process = (0..).find(|one| open.iter().all(|open| open.process != *one));
            let process = process.expect("there are more processes than transactions");
            let operations = plan(&mut database, keys);
            let transaction = recorder.invoke(process, operations.clone());
            let began = database.clock;
            let age = if flaw == Flaw::Stale { database.random.random_range(0..=2) } else { 0 };
            open.push(Open { transaction, process, snapshot: began - age, began, operations });
            started += 1;
            continue;
        }
        let chosen = database.random.random_range(0..open.len());
        let mut one = open.swap_remove(chosen);
        finish(&mut database, &mut recorder, &mut one);
        assert!(one.began <= database.clock);
    }
    // All keys are read in the end, so that every version has its place.
    database.clock += 5;
    let reads: Vec<Operation> = (0..keys)
        .map(|key| Operation::Read { key, list: database.list(key, database.clock).into() })
        .collect();
    let last = recorder.invoke(99, reads.clone());
    recorder.complete(last, Status::Committed, reads);
    (recorder.finish(), flaw)
}

fn finish(database: &mut Database, recorder: &mut Recorder, one: &mut Open) {
    let done = database.run(one);
    let planned = one.operations.clone();
    let conflict = database.conflicts(one) && database.flaw != Flaw::NoCheck;
    if conflict || database.random.random_bool(0.1) {
        if database.flaw == Flaw::AppliedFailure && database.random.random_bool(0.5) {
            database.apply(&planned);
        }
        return recorder.complete(one.transaction, Status::Failed, planned);
    }
    let unknown = database.random.random_bool(0.15);
    if !unknown || database.random.random_bool(0.5) {
        database.apply(&planned);
    }
    match unknown {
        true if database.random.random_bool(0.5) => {}
        true => recorder.complete(one.transaction, Status::Unknown, planned),
        false => recorder.complete(one.transaction, Status::Committed, done),
    }
}
