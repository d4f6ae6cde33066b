//! A checker that does not notice a broken adjudicator is not a checker: each rule is left out once, and the property
//! that it upholds must be seen to fail.
#![allow(clippy::print_stdout)]

use adjudicator::Mutation;
use model::{Property, explore, scenarios};

const MAX_STATES: usize = 1_500_000;

/// Searches the scenarios whose names begin so until one of them breaks.
fn caught_in(name: &str, mutation: Mutation, expected: &[Property]) {
    for scenario in scenarios::all().into_iter().filter(|one| one.name.starts_with(name)) {
        let report = explore(&scenario.world(Some(mutation)), MAX_STATES);
        if let Some((violation, path)) = &report.found {
            println!(
                "{mutation:?} in \"{}\" after {} states, {} steps deep: {violation}",
                scenario.name,
                report.states,
                path.len()
            );
            assert!(expected.contains(&violation.property), "{}", report.trace());
            return;
        }
    }
    panic!("{mutation:?} was not noticed");
}

#[test]
fn dropped_fence_is_caught_as_lost_update() {
    caught_in("ring, time", Mutation::DropFence, &[Property::I1]);
}

#[test]
fn forgotten_floor_is_caught() {
    caught_in(
        "ring, crash",
        Mutation::ForgetFloor,
        &[Property::I1, Property::I2, Property::F2, Property::D2],
    );
}

#[test]
fn ignored_tau_max_is_caught_as_lost_update() {
    caught_in("ring, time", Mutation::IgnoreTauMax, &[Property::I1]);
}

#[test]
fn acknowledgement_before_durable_is_caught() {
    caught_in("ring, time", Mutation::AcknowledgeBeforeDurable, &[Property::D1]);
}

#[test]
fn trusted_lost_go_ahead_is_caught_as_lost_update() {
    caught_in("ring, time", Mutation::TrustLostGoAhead, &[Property::I1]);
}

#[test]
fn reused_timestamp_is_caught() {
    caught_in("ring, bump", Mutation::ReuseTimestamp, &[Property::I1, Property::I2, Property::F2]);
}

#[test]
fn skipped_write_check_is_caught_as_lost_update() {
    caught_in("ring, time", Mutation::SkipWriteCheck, &[Property::I1]);
}

#[test]
fn promise_above_the_ceiling_is_caught_when_a_successor_breaks_it() {
    caught_in("late, crash", Mutation::PromiseAboveCeiling, &[Property::F2]);
}

#[test]
fn promise_over_entries_in_flight_is_caught() {
    caught_in("ring, bump", Mutation::PromiseOverInFlight, &[Property::I2]);
}

#[test]
fn forgotten_outcomes_are_caught_as_double_commit() {
    caught_in(
        "ring, duplicate",
        Mutation::ForgetOutcomes,
        &[Property::D2, Property::D1, Property::A1],
    );
}

/// The counter-example to DESIGN 4.4 as it was first written: a successor that refuses a repeated request because it is
/// below its floor must not take down the fences of a transaction that its predecessor has committed.
#[test]
fn abandonment_without_authority_is_caught_as_lost_update() {
    caught_in("pair, retry", Mutation::AbandonWithoutAuthority, &[Property::I1]);
}
