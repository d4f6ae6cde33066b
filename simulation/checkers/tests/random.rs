//! The checker against trying every order, on random small histories of a database that is right or broken in a random
//! way. `CHECKER_HISTORIES=100000 cargo test -p checkers --test random --release` for more.

mod generator;

use std::collections::BTreeMap;

use checkers::{Class, History, Level, Operation, Recorder, Status, brute, check};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use generator::{Flaw, history};

/// Appends that were acknowledged and never read have no place in the order, so the checker may miss a conflict of two.
fn has_unplaced(history: &History) -> bool {
    let seen = |wanted: u64| {
        history.transactions.iter().any(|one| {
            one.status == Status::Committed
                && one.operations.iter().any(
                    |step| matches!(step, Operation::Read { list, .. } if list.contains(&wanted)),
                )
        })
    };
    history.transactions.iter().filter(|one| one.status == Status::Committed).any(|one| {
        one.operations
            .iter()
            .any(|step| matches!(step, Operation::Append { value, .. } if !seen(*value)))
    })
}

/// Checks: I1, I3, L1
#[test]
fn verdicts_agree_with_trying_every_order() {
    let wanted = std::env::var("CHECKER_HISTORIES").ok().and_then(|text| text.parse().ok());
    let histories: u64 = wanted.unwrap_or(3_000);
    let levels = [
        Level::Snapshot,
        Level::SessionSnapshot,
        Level::StrongSnapshot,
        Level::Serializable,
        Level::StrictSerializable,
    ];
    let (mut valid, mut invalid, mut unplaced) = (0u64, 0u64, 0u64);
    for seed in 0..histories {
        let (history, flaw) = history(seed);
        for level in levels {
            let report = check(&history, level);
            let explainable = brute::explainable(&history, level);
            if report.is_valid() && !explainable && has_unplaced(&history) {
                unplaced += 1;
                continue;
            }
            assert_eq!(
                report.is_valid(),
                explainable,
                "seed {seed}, {flaw:?}, {level:?}: {:#?}\n{history:#?}",
                report.findings
            );
            *(if explainable { &mut valid } else { &mut invalid }) += 1;
            if flaw == Flaw::None && !level_is_serial(level) {
                assert!(explainable, "seed {seed}, {level:?}: a right database was refused");
            }
        }
    }
    eprintln!("{histories} histories: {valid} valid, {invalid} invalid, {unplaced} without order");
    assert!(valid > histories && invalid > histories / 2, "{valid} valid, {invalid} invalid");
}

fn level_is_serial(level: Level) -> bool {
    matches!(level, Level::Serializable | Level::StrictSerializable)
}

/// The figure of the test plan: a million transactions in a minute.
/// `CHECKER_TRANSACTIONS=1000000 cargo test -p checkers --test random --release -- --nocapture million`
#[test]
fn a_million_transactions_take_time_in_proportion() {
    let wanted = std::env::var("CHECKER_TRANSACTIONS").ok().and_then(|text| text.parse().ok());
    let count: u64 = wanted.unwrap_or(20_000);
    let mut random = StdRng::seed_from_u64(7);
    let mut recorder = Recorder::default();
    let mut lists: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut value = 0;
    for index in 0..count {
        // Keys retire, so that lists stay short.
        let operations: Vec<Operation> = (0..4)
            .map(|_| {
                let key = index / 64 * 8 + random.random_range(0..8);
                if random.random_bool(0.5) {
                    value += 1;
                    lists.entry(key).or_default().push(value);
                    Operation::Append { key, value }
                } else {
                    let list = lists.get(&key).cloned().unwrap_or_default();
                    Operation::Read { key, list: list.into() }
                }
            })
            .collect();
        let transaction = recorder.invoke(random.random_range(0..64), operations.clone());
        recorder.complete(transaction, Status::Committed, operations);
    }
    let history = recorder.finish();
    let before = std::time::Instant::now();
    let report = check(&history, Level::StrongSnapshot);
    eprintln!("{count} transactions in {:?}: {:?}", before.elapsed(), report.counters);
    assert!(report.is_valid() && !report.has(Class::G0), "{:?}", report.findings);
    assert_eq!(report.counters.committed, count);
}
