//! A short campaign over all mixes of faults, and the same seeds twice.

use std::path::PathBuf;

use simulation_cluster::campaign::{Order, campaign, run_apart};

fn order(seeds: u64) -> Order {
    Order {
        program: PathBuf::from(env!("CARGO_BIN_EXE_simulation-cluster")),
        first: 0,
        seeds,
        plan: None,
        mutant: None,
        threads: 2,
        enough: 1,
    }
}

/// Checks: I1, I2, L1, D1, D2, F1, A1
#[test]
fn whole_nodes_keep_their_promises_under_every_mix_of_faults() {
    let done = campaign(&order(12), |_| {});
    assert!(done.failed.is_empty(), "{:#?}", done.failed);
    assert_eq!(done.runs, 12);
    assert!(done.committed > 500, "too little happened: {}", done.committed);
    for mark in ["leader changed", "power lost", "refused: conflict"] {
        assert!(done.marks.contains_key(mark), "never: {mark}");
    }
}

#[test]
fn a_seed_means_the_same_run_every_time() {
    for seed in [1, 2, 3, 5] {
        let (one, other) = (run_apart(&order(1), seed), run_apart(&order(1), seed));
        assert!(one.lines > 1_000, "{one:?}");
        assert_eq!((one.lines, one.digest), (other.lines, other.digest), "seed {seed}");
    }
}
