//! Long random walks through the scenarios with all faults at once.
//!
//! A walk that fails prints the command that repeats it.
#![allow(clippy::print_stdout)]

use model::{scenarios, walk};

const WALKS: u64 = 20_000;
const LENGTH: usize = 160;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Checks: I1, I2, D1, D2, F1, F2, A1
#[test]
fn commit_protocol_upholds_its_properties_on_random_walks() {
    let first = number("MODEL_SEED", 1);
    let walks = number("MODEL_WALKS", WALKS);
    println!("seeds {first}..{}", first + walks);
    for scenario in scenarios::large() {
        let start = scenario.world(None);
        for seed in first..first + walks {
            let report = walk(&start, seed, LENGTH);
            assert!(
                report.found.is_none(),
                "{}: seed {seed}\nMODEL_SEED={seed} MODEL_WALKS=1 cargo test -p model --test random\n{}",
                scenario.name,
                report.trace()
            );
        }
    }
}
