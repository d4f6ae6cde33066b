//! Counters (`WITH (merge = delta)`) under load while nodes are killed: no acknowledged addition is lost, none is applied
//! twice, and none of a transaction that is not there.
//!
//! There are two rows. To the first everybody adds with a single statement: it holds every acknowledged addition, and of
//! those whose outcome is unknown any number. To the second everybody adds in a transaction that also writes a row into a
//! ledger: whatever was acknowledged or not, it holds exactly the sum of the ledger.
//!
//! Checks: D1, I1 for additions.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tests::bank::connect_soon;
use tests::connect::{rows, sqlstate};
use tests::wait::poll_async;
use tests::{Options, Server, forming};
use tokio_postgres::{Client, Error};

/// More than the additions of one fsync, so that several are in flight when a node dies.
const WRITERS_PER_NODE: usize = 8;
/// Answered transactions between two events.
const PHASE: i64 = 200;
const PHASE_LIMIT: Duration = Duration::from_secs(30);

/// What the writers were told.
#[derive(Default)]
struct Tally {
    /// Additions to the first row.
    added: i64,
    unknown: i64,
    /// Numbers of the ledger.
    noted: Vec<i64>,
    strange: Vec<String>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    answered: AtomicI64,
    next: AtomicI64,
}

async fn create(server: &Server) {
    let client = connect_soon(server).await;
    let setup =
        "create table counter (id int primary key, n bigint not null with (merge = delta), \
                 m bigint not null with (merge = delta));
                 create table ledger (id bigint primary key, amount bigint not null);
                 insert into counter values (1, 0, 0), (2, 0, 0)";
    client.batch_execute(setup).await.expect("the tables are made");
}

async fn add(client: &Client) -> Result<(), Error> {
    let update = "update counter set n = n + 1, m = m - 2 where id = 1";
    client.batch_execute(update).await
}

/// Adds twice in one transaction.
async fn add_and_note(client: &Client, id: i64) -> Result<(), Error> {
    let amount = id % 7 + 1;
    client.batch_execute("begin").await?;
    let update = format!("update counter set n = n + {amount}, m = m + 1 where id = 2");
    client.batch_execute(&update).await?;
    client.batch_execute(&format!("insert into ledger values ({id}, {amount})")).await?;
    client.batch_execute("update counter set m = m - 1 where id = 2").await?;
    client.batch_execute("commit").await
}

/// Adds until told to stop or until the connection is lost.
async fn write(client: Client, shared: Arc<Shared>) -> Tally {
    let mut tally = Tally::default();
    while !shared.stop.load(Ordering::Relaxed) {
        let id = shared.next.fetch_add(1, Ordering::Relaxed);
        let is_noted = id % 2 == 0;
        let outcome = if is_noted { add_and_note(&client, id).await } else { add(&client).await };
        match outcome {
            Ok(()) => {
                shared.answered.fetch_add(1, Ordering::Relaxed);
                if is_noted {
                    tally.noted.push(id);
                } else {
                    tally.added += 1;
                }
            }
            Err(error) => {
                let code = error.code().map(|code| code.code());
                let is_open = code == Some("08007") || code.is_none();
                tally.unknown += i64::from(is_open && !is_noted);
                // Without a leader a statement is refused before it does anything, and the next leader refuses what
                // began before it led. Both are certain to have had no effect.
                if !is_open && !["57P03", "40001"].contains(&code.unwrap_or_default()) {
                    tally.strange.push(format!("{}: {error:?}", sqlstate(&error)));
                }
                if client.batch_execute("rollback").await.is_err() {
                    break;
                }
            }
        }
    }
    tally
}

/// Writers on all nodes that are given.
struct Load {
    shared: Arc<Shared>,
    writers: Vec<tokio::task::JoinHandle<Tally>>,
}

impl Load {
    async fn start(servers: &[&Server], first_id: i64) -> Load {
        let shared = Arc::new(Shared { next: AtomicI64::new(first_id), ..Shared::default() });
        let mut writers = Vec::new();
        for server in servers {
            for _ in 0..WRITERS_PER_NODE {
                let client = connect_soon(server).await;
                writers.push(tokio::spawn(write(client, shared.clone())));
            }
        }
        Load { shared, writers }
    }

    /// Waits for so many more answers.
    async fn progress(&self, what: &str) {
        let wanted = self.shared.answered.load(Ordering::Relaxed) + PHASE;
        let done = poll_async(PHASE_LIMIT, || async {
            (self.shared.answered.load(Ordering::Relaxed) >= wanted).then_some(())
        });
        assert!(done.await.is_some(), "no additions {what}");
    }

    /// Waits until all have ended, which they do by themselves if their node is dead. Returns the next number.
    async fn end(self, total: &mut Tally) -> i64 {
        self.shared.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            let tally = writer.await.expect("a writer does not panic");
            assert!(tally.strange.is_empty(), "{:?}", tally.strange);
            total.added += tally.added;
            total.unknown += tally.unknown;
            total.noted.extend(tally.noted);
        }
        self.shared.next.load(Ordering::Relaxed)
    }
}

fn numbers(row: &str) -> Vec<i64> {
    row.split('|').map(|field| field.parse().expect("a number")).collect()
}

async fn check(server: &Server, total: &Tally, when: &str) {
    let client = connect_soon(server).await;
    client.batch_execute("begin").await.expect("a transaction");
    let found = rows(&client, "select n, m from counter order by id").await;
    let (first, second) = (numbers(&found[0]), numbers(&found[1]));
    let ledger = rows(&client, "select id, amount from ledger").await;
    client.batch_execute("commit").await.expect("it has read");
    let (least, most) = (total.added, total.added + total.unknown);
    assert!((least..=most).contains(&first[0]), "{when}: {} of {least} to {most}", first[0]);
    assert_eq!(first[1], -2 * first[0], "{when}: both columns of the first row");
    let ledger: Vec<Vec<i64>> = ledger.iter().map(|row| numbers(row)).collect();
    let sum: i64 = ledger.iter().map(|row| row[1]).sum();
    assert_eq!(second, [sum, 0], "{when}: the second row and its ledger");
    let present: HashSet<i64> = ledger.iter().map(|row| row[0]).collect();
    let lost: Vec<&i64> = total.noted.iter().filter(|id| !present.contains(id)).collect();
    assert!(lost.is_empty(), "{when}: acknowledged and lost: {lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_counter_is_exact_after_each_of_several_kills() {
    for adjudicators in [1, 4] {
        let mut server = Server::start(Options::adjudicators(adjudicators));
        create(&server).await;
        let (mut total, mut next) = (Tally::default(), 1);
        for round in 1..=3 {
            let load = Load::start(&[&server], next).await;
            load.progress("before the kill").await;
            server.kill();
            next = load.end(&mut total).await;
            server.restart();
            check(&server, &total, &format!("{adjudicators} adjudicators, kill {round}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_counter_is_exact_on_every_node_when_its_leader_dies() {
    let mut servers = forming::nodes(3, &Options::adjudicators(2));
    create(&servers[0]).await;
    let mut total = Tally::default();
    // The founder leads all journals.
    let load = Load::start(&servers.iter().collect::<Vec<_>>(), 1).await;
    load.progress("on three nodes").await;
    servers[0].kill();
    load.progress("after the death of the leader").await;
    load.end(&mut total).await;
    for server in &servers[1..] {
        check(server, &total, "after the death of the leader").await;
    }
    servers[0].restart();
    for server in &servers {
        check(server, &total, "when it is back").await;
    }
}
