//! Every interleaving of every scenario, with the adjudicator as it is.
//!
//! `MODEL_STATES=20000000 cargo test -p model --release --test exhaustive -- --nocapture` goes on to the scenarios with
//! all faults at once, up to that many states of each.
#![allow(clippy::print_stdout)]

use std::sync::atomic::{AtomicUsize, Ordering};

use model::{explore, scenarios};

/// More states than any scenario has; a scenario that grows beyond is to be cut in two.
const MAX_STATES: usize = 1_500_000;

/// Searches that run at the same time.
const WORKERS: usize = 3;

/// Checks: I1, I2, D1, D2, F1, F2, A1
#[test]
fn commit_protocol_upholds_its_properties_in_every_interleaving() {
    let scenarios = scenarios::all();
    let (next, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let report = explore(&scenario.world(None), MAX_STATES);
                    println!("{}: {} states, {} steps", scenario.name, report.states, report.steps);
                    assert!(report.found.is_none(), "{}: {}", scenario.name, report.trace());
                    assert!(report.exhausted, "{}: more than {MAX_STATES} states", scenario.name);
                    total.fetch_add(report.states, Ordering::SeqCst);
                }
            });
        }
    });
    let total = total.into_inner();
    println!("all scenarios: {total} states");
    assert!(total > 1_000_000, "a search of so few states proves nothing");
}

/// Checks: I1, I2, D1, D2, F1, F2, A1
#[test]
fn commit_protocol_upholds_its_properties_in_the_first_states_of_the_large_scenarios() {
    let states = std::env::var("MODEL_STATES").ok().and_then(|text| text.parse().ok());
    for scenario in scenarios::large() {
        let report = explore(&scenario.world(None), states.unwrap_or(30_000));
        println!("{}: {} states, {} steps", scenario.name, report.states, report.steps);
        assert!(report.found.is_none(), "{}: {}", scenario.name, report.trace());
    }
}
