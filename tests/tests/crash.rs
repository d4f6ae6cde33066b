//! The node is killed at random instants under sixteen writing clients, again and again on the same directory.
//!
//! `CRASH_ROUNDS` is the number of kills (10 if it is not set), `CRASH_SEED` replays the random choices of a failed run
//! as far as they are ours: accounts, amounts and instants. What a kill hits is up to the machine. Checks: D1, D2, S1.

#![allow(clippy::print_stdout, reason = "what a failing test prints is its report")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::bank::{self, Tally};
use tests::wait::poll_async;
use tests::{Options, Server};

const CLIENTS: u64 = 16;
/// Each round has to have something to lose.
const LEAST_ANSWERED: u64 = 10;

fn number(name: &str, otherwise: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_random_instants_a_node_loses_nothing_it_acknowledged() {
    let rounds = number("CRASH_ROUNDS", 10);
    let seed = number("CRASH_SEED", rand::random::<u32>().into());
    println!("replay: CRASH_SEED={seed} CRASH_ROUNDS={rounds} cargo test -p tests --test crash");
    let mut random = StdRng::seed_from_u64(seed);
    let mut server = Server::start(Options::adjudicators(4));
    bank::create(&server).await.expect("the bank is made");
    let next = Arc::new(AtomicU64::new(1));
    let mut acknowledged = Vec::new();
    let mut conflicts = 0;
    for round in 0..rounds {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let mut writers = Vec::new();
        for _ in 0..CLIENTS {
            let client = bank::connect_soon(&server).await;
            let (stop, next, answered) = (stop.clone(), next.clone(), answered.clone());
            let seed = random.random();
            writers.push(tokio::spawn(bank::write(client, seed, stop, next, answered)));
        }
        let warm = poll_async(Duration::from_secs(60), || async {
            (answered.load(Ordering::Relaxed) >= LEAST_ANSWERED).then_some(())
        });
        assert!(warm.await.is_some(), "round {round}: no transfers; log:\n{}", server.log());
        // The instant of the kill is what this test varies; nothing waits for the end of this pause.
        tokio::time::sleep(Duration::from_micros(random.random_range(0..700_000))).await;
        server.kill();
        for writer in writers {
            let tally: Tally = writer.await.expect("a writer does not panic");
            assert!(tally.strange.is_empty(), "round {round}: {:?}", tally.strange);
            acknowledged.extend(tally.acknowledged);
            conflicts += tally.conflicts;
        }
        server.restart();
        let found = bank::violations(&server, &acknowledged).await;
        assert!(found.is_empty(), "round {round}, seed {seed}:\n{}", found.join("\n"));
    }
    println!(
        "{rounds} kills, {} acknowledged transfers, {conflicts} conflicts",
        acknowledged.len()
    );
    assert!(server.stop().success(), "SIGTERM ends it well");
    server.restart();
    let found = bank::violations(&server, &acknowledged).await;
    assert!(found.is_empty(), "after a clean stop, seed {seed}:\n{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_drained_node_answers_what_it_has_begun() {
    let mut server = Server::start(Options::adjudicators(4));
    bank::create(&server).await.expect("the bank is made");
    let next = Arc::new(AtomicU64::new(1));
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let mut writers = Vec::new();
    for seed in 0..CLIENTS {
        let client = bank::connect_soon(&server).await;
        let (stop, next, answered) = (stop.clone(), next.clone(), answered.clone());
        writers.push(tokio::spawn(bank::write(client, seed, stop, next, answered)));
    }
    let warm = poll_async(Duration::from_secs(60), || async {
        (answered.load(Ordering::Relaxed) >= LEAST_ANSWERED).then_some(())
    });
    assert!(warm.await.is_some(), "no transfers; log:\n{}", server.log());
    let status = server.stop();
    assert!(status.success(), "SIGTERM ends it well: {status}\n{}", server.log());
    let mut acknowledged = Vec::new();
    for writer in writers {
        let tally = writer.await.expect("a writer does not panic");
        let strange: Vec<&String> =
            tally.strange.iter().filter(|error| !error.starts_with("57P01")).collect();
        assert!(strange.is_empty(), "{strange:?}");
        acknowledged.extend(tally.acknowledged);
    }
    server.restart();
    let found = bank::violations(&server, &acknowledged).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}
