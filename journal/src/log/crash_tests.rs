//! Crash tests: random work on several groups, power loss at a random operation, and what must hold afterwards.
//!
//! The model is the list of all records in the order of the requests. The log's promise is that a restart finds exactly
//! a prefix of that list, at least up to the last acknowledged record. So the check is strict: entries, truncations,
//! purge positions, votes and snapshots of all groups must together be the state after one prefix.
//!
//! The seed decides the requests, the operation at which the power goes and what the disk keeps. How requests fall into
//! batches depends on the writer's thread as well, so a seed replays the work, not always the same instant.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use runtime::files::SimulatedFiles;

use super::tests::{open, payload};
use super::*;

const GROUPS: u32 = 4;

#[derive(Clone, Debug)]
enum Step {
    Entry { id: EntryId, length: usize },
    Truncate(Option<EntryId>),
    Vote(StoredVote),
    Purge(EntryId),
    Snapshot(u64),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct ModelGroup {
    entries: Vec<(EntryId, usize)>,
    purged: Option<EntryId>,
    vote: Option<StoredVote>,
    snapshot: Option<u64>,
}

impl ModelGroup {
    fn apply(&mut self, step: &Step) {
        match step {
            Step::Entry { id, length } => self.entries.push((*id, *length)),
            Step::Truncate(keep) => {
                let next = keep.map_or(0, |keep| keep.index + 1);
                self.entries.retain(|(id, _)| id.index < next);
            }
            Step::Vote(vote) => self.vote = Some(*vote),
            Step::Purge(upto) => {
                self.entries.retain(|(id, _)| id.index > upto.index);
                self.purged = Some(*upto);
            }
            Step::Snapshot(number) => self.snapshot = Some(*number),
        }
    }

    fn next(&self) -> u64 {
        let last = self.entries.last().map(|(id, _)| *id).or(self.purged);
        last.map_or(0, |id| id.index + 1)
    }
}

type Model = BTreeMap<u32, ModelGroup>;

fn state_after(start: &Model, steps: &[(u32, Step)]) -> Model {
    let mut model = start.clone();
    for (group, step) in steps {
        model.entry(*group).or_default().apply(step);
    }
    model
}

fn found(log: &Log, seed: u64) -> Model {
    let mut model = Model::new();
    for group in 0..GROUPS {
        let entries = log.read(group, 0, u64::MAX, u64::MAX).expect("readable");
        let entries = entries.iter().map(|entry| {
            let expected = payload(group, entry.id, entry.payload.len());
            assert_eq!(entry.payload, expected, "seed {seed}: half a record");
            (entry.id, entry.payload.len())
        });
        let snapshot = log
            .snapshot(group)
            .map(|bytes| u64::from_le_bytes(bytes.as_ref().try_into().expect("as it was written")));
        let found = ModelGroup {
            entries: entries.collect(),
            purged: log.bounds(group).0,
            vote: log.vote(group),
            snapshot,
        };
        if found != ModelGroup::default() {
            model.insert(group, found);
        }
    }
    model
}

/// Random requests until the power goes; returns the records in order and how many were acknowledged.
fn work(log: &Log, start: &Model, term: u64, random: &mut StdRng) -> (Vec<(u32, Step)>, usize) {
    let mut model = start.clone();
    let mut steps: Vec<(u32, Step)> = Vec::new();
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let failure = log.failure();
    let mut term = term;
    for _ in 0..400 {
        if failure.borrow().is_some() {
            break;
        }
        let group = random.random_range(0..GROUPS);
        let state = model.entry(group).or_default();
        let before = steps.len();
        let choice = random.random_range(0..100);
        let mut request: Box<dyn FnOnce(Completion)> = Box::new(|_| {});
        if choice < 80 {
            let count = random.random_range(1..5);
            let mut entries = Vec::new();
            for index in state.next()..state.next() + count {
                let id = EntryId { term, index };
                let length = if random.random_bool(0.02) {
                    random.random_range(17_000..40_000)
                } else {
                    random.random_range(20..900)
                };
                entries.push(LogEntry {
                    id,
                    payload: payload(group, id, length),
                    decoded: None,
                    room: None,
                });
                steps.push((group, Step::Entry { id, length }));
            }
            let log = log.clone();
            request = Box::new(move |done| log.append(group, entries, done));
        } else if choice < 84 && !state.entries.is_empty() {
            let keep = random.random_range(0..=state.entries.len());
            let keep = keep.checked_sub(1).map(|last| state.entries[last].0).or(state.purged);
            term += 1;
            if log.truncate(group, keep).is_err() {
                break;
            }
            steps.push((group, Step::Truncate(keep)));
        } else if choice < 88 {
            term += 1;
            let vote = StoredVote { term, node: 1, committed: random.random_bool(0.5) };
            steps.push((group, Step::Vote(vote)));
            let log = log.clone();
            request = Box::new(move |done| log.save_vote(group, vote, done));
        } else if choice < 96 && !state.entries.is_empty() {
            let upto = state.entries[random.random_range(0..state.entries.len())].0;
            steps.push((group, Step::Purge(upto)));
            let log = log.clone();
            request = Box::new(move |done| log.purge(group, upto, done));
        } else {
            let number = random.random();
            steps.push((group, Step::Snapshot(number)));
            let log = log.clone();
            let bytes = Bytes::copy_from_slice(&number.to_le_bytes());
            request = Box::new(move |done| log.save_snapshot(group, bytes, done));
        }
        for (group, step) in &steps[before..] {
            model.entry(*group).or_default().apply(step);
        }
        let (counter, count) = (acknowledged.clone(), steps.len());
        let (sender, receiver) = std::sync::mpsc::channel();
        request(Box::new(move |result| {
            if result.is_ok() {
                counter.fetch_max(count, Ordering::SeqCst);
            }
            let _ = sender.send(());
        }));
        if random.random_bool(0.3) {
            // An error means that nobody will ever answer, which is an answer too.
            let _ = receiver.recv();
        }
    }
    log.close();
    (steps, acknowledged.load(Ordering::SeqCst))
}

/// Several rounds of work and power loss on one disk.
fn rounds(seed: u64, fault: impl Fn(&SimulatedFiles, &mut StdRng)) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let files = SimulatedFiles::new();
    let mut model = Model::new();
    let mut total = 0;
    for round in 0..4 {
        let log = match open(&files) {
            Ok(log) => log,
            Err(error) => panic!("seed {seed} round {round}: {error}"),
        };
        let here = found(&log, seed);
        assert_eq!(here, model, "seed {seed} round {round}: a second look shows the same");
        fault(&files, &mut random);
        let (steps, acknowledged) = work(&log, &model, 1 + 1000 * round, &mut random);
        files.crash(random.random());
        // Half of the time the power goes again while the log is opened.
        if random.random_bool(0.5) {
            files.lose_power_after(random.random_range(0..12));
            if let Ok(log) = open(&files) {
                log.close();
            }
            files.crash(random.random());
        }
        let log = match open(&files) {
            Ok(log) => log,
            Err(error) => panic!("seed {seed} round {round}: {error}"),
        };
        let after = found(&log, seed);
        log.close();
        let prefix = (acknowledged..=steps.len()).find(|count| {
            let mut expected = state_after(&model, &steps[..*count]);
            expected.retain(|_, group| *group != ModelGroup::default());
            expected == after
        });
        assert!(
            prefix.is_some(),
            "seed {seed} round {round}: {acknowledged} of {} acknowledged, found {after:?}",
            steps.len()
        );
        total += acknowledged;
        model = after;
    }
    total
}

fn survive_power_loss(seeds: std::ops::Range<u64>) {
    let mut acknowledged = 0;
    let least = seeds.clone().count() * 150;
    for seed in seeds {
        acknowledged += rounds(seed, |files, random| {
            files.lose_power_after(random.random_range(5..400));
        });
    }
    assert!(acknowledged > least, "only {acknowledged} acknowledged, so little was tested");
}

// Three parts, so that they run at the same time.

/// Checks: D1, D2
#[test]
fn every_acknowledged_append_survives_power_loss_and_nothing_is_half_there() {
    survive_power_loss(0..100);
}

/// Checks: D1, D2
#[test]
fn every_acknowledged_append_survives_power_loss_and_nothing_is_half_there_second_part() {
    survive_power_loss(100..200);
}

/// Checks: D1, D2
#[test]
fn every_acknowledged_append_survives_power_loss_and_nothing_is_half_there_third_part() {
    survive_power_loss(200..300);
}

/// Checks: D1, D2
#[test]
fn every_acknowledged_append_survives_a_failing_fsync_and_power_loss() {
    for seed in 1000..1100 {
        rounds(seed, |files, random| {
            files.fail_syncs(random.random_range(0..60), random.random_range(1..3));
        });
    }
}
