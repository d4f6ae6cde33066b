//! The bounded campaign of the ordinary test run. `SIMULATION_SEEDS=100000 cargo test -p simulation-core` for more.

use simulation_core::campaign::campaign;
use simulation_core::request::Omission;
use simulation_core::{Checker, Mutant, Plan, mutants, run};

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// Checks: I1, I2, I3, L1, D1, D2, F1, F2, A1
#[test]
fn random_clusters_under_all_faults_keep_every_property() {
    let wanted = std::env::var("SIMULATION_SEEDS").ok().and_then(|text| text.parse().ok());
    let seeds = wanted.unwrap_or(4_000);
    let done = campaign(0, seeds, None, threads(), 3);
    for outcome in &done.failed {
        eprintln!("seed {}: {:#?}", outcome.seed, outcome.faults);
        eprintln!("replay: cargo run -p simulation-core -- --seed {} --trace", outcome.seed);
    }
    assert!(done.failed.is_empty());
    assert_eq!(done.runs, seeds);
    assert_eq!(done.missing(), Vec::<&str>::new(), "marks that were not reached");
    assert!(done.skews > seeds / 50, "{} write skews are too little contention", done.skews);
    assert!(done.committed > seeds * 10, "{} commits are too few", done.committed);
}

#[test]
fn a_seed_means_the_same_run_every_time() {
    for seed in 0..100 {
        let (one, two) = (run(Plan::new(seed, None), false), run(Plan::new(seed, None), false));
        assert_eq!((one.steps, one.digest), (two.steps, two.digest), "seed {seed}");
    }
    let (one, two) = (run(Plan::new(1, None), false), run(Plan::new(2, None), false));
    assert_ne!(one.digest, two.digest);
}

/// Every broken part is noticed within so many seeds; the whole table is in `docs/evidence.md`.
#[test]
fn every_mutant_is_noticed() {
    let missed: Vec<&str> = mutants::ALL
        .iter()
        .map(|(plan, what, mutant)| mutants::line(plan, what, *mutant, 10_000, 1, threads()))
        .filter(|line| line.first.is_none())
        .map(|line| line.what)
        .collect();
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}

#[test]
fn checks_that_are_not_sent_are_noticed_where_they_matter() {
    let line =
        mutants::line("M19", "checks", Mutant::Request(Omission::Checks), 2_000, 5, threads());
    let names: Vec<String> = line.checkers.into_iter().map(|(name, _)| name).collect();
    let expected = [Checker::Commits, Checker::Duty].map(|checker| format!("{checker:?}"));
    assert!(!names.is_empty() && names.iter().all(|name| expected.contains(name)), "{names:?}");
}
