//! Transfers between accounts with a ledger of all of them, and what must hold of both at any time.
//!
//! Each transfer is one transaction: two balances change and one ledger row is written. The client notes a transfer as
//! acknowledged only after COMMIT was answered. Then at any time, whatever was killed before:
//!
//! - every acknowledged transfer has its ledger row (nothing acknowledged is lost);
//! - every balance is what the ledger says (no half of a transfer);
//! - the sum of balances never changes;
//! - the ledger's index finds as many rows as its table (no half of a row).

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio_postgres::{Client, Error};

use crate::connect::{connect, rows, sqlstate, try_connect};
use crate::server::Server;

pub const ACCOUNTS: i64 = 64;
const START_BALANCE: i64 = 1_000;

/// What the writing clients saw.
#[derive(Debug, Default)]
pub struct Tally {
    /// Numbers of the transfers whose COMMIT was answered.
    pub acknowledged: Vec<i64>,
    pub conflicts: u64,
    /// Errors that no client should see, as SQLSTATEs.
    pub strange: Vec<String>,
}

pub async fn create(server: &Server) -> Result<(), Error> {
    let client = connect(server).await;
    client
        .batch_execute(
            "drop table if exists ledger;
             drop table if exists account;
             create table account (id bigint primary key, balance bigint not null);
             create table ledger (id bigint primary key, source bigint not null,
                                  target bigint not null, amount bigint not null);
             create index ledger_source on ledger (source)",
        )
        .await?;
    let values: Vec<String> = (0..ACCOUNTS).map(|id| format!("({id}, {START_BALANCE})")).collect();
    client.batch_execute(&format!("insert into account values {}", values.join(", "))).await
}

/// Makes transfers on one connection until told to stop or until the connection is lost.
pub async fn write(
    server_client: Client,
    seed: u64,
    stop: Arc<AtomicBool>,
    next: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
) -> Tally {
    let mut random = StdRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    while !stop.load(Ordering::Relaxed) {
        let id = i64::try_from(next.fetch_add(1, Ordering::Relaxed)).expect("few transfers");
        let source = random.random_range(0..ACCOUNTS);
        let target = (source + random.random_range(1..ACCOUNTS)) % ACCOUNTS;
        let amount = random.random_range(1..10);
        match transfer(&server_client, id, source, target, amount).await {
            Ok(()) => {
                tally.acknowledged.push(id);
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) if server_client.is_closed() => break,
            Err(error) => {
                match error.code().map(|code| code.code()) {
                    Some("40001") => tally.conflicts += 1,
                    Some(code) => tally.strange.push(format!("{code}: {error:?}")),
                    // The connection breaks while the answer is awaited.
                    None => break,
                }
                if server_client.batch_execute("rollback").await.is_err() {
                    break;
                }
            }
        }
    }
    tally
}

async fn transfer(
    client: &Client,
    id: i64,
    source: i64,
    target: i64,
    amount: i64,
) -> Result<(), Error> {
    client.batch_execute("begin").await?;
    let take = "update account set balance = balance - $1 where id = $2";
    client.execute(take, &[&amount, &source]).await?;
    let give = "update account set balance = balance + $1 where id = $2";
    client.execute(give, &[&amount, &target]).await?;
    let note = "insert into ledger (id, source, target, amount) values ($1, $2, $3, $4)";
    client.execute(note, &[&id, &source, &target, &amount]).await?;
    client.batch_execute("commit").await
}

/// Connects, until the node takes connections again.
pub async fn connect_soon(server: &Server) -> Client {
    let limit = std::time::Duration::from_secs(30);
    let client = crate::wait::poll_async(limit, || async { try_connect(server).await.ok() }).await;
    client.expect("the node takes connections")
}

/// What does not hold, a line each.
pub async fn violations(server: &Server, acknowledged: &[i64]) -> Vec<String> {
    let client = connect_soon(server).await;
    let mut found = Vec::new();
    if let Err(error) = client.batch_execute("begin").await {
        return vec![format!("no transaction: {}", sqlstate(&error))];
    }
    let ledger = rows(&client, "select id, source, target, amount from ledger order by id").await;
    let balances = rows(&client, "select id, balance from account order by id").await;
    let indexed = "select count(*) from ledger where source >= 0 and source < 1000000";
    let by_index = rows(&client, indexed).await;
    let mut expected: Vec<i64> = (0..ACCOUNTS).map(|_| START_BALANCE).collect();
    let mut present = HashSet::new();
    for row in &ledger {
        let fields: Vec<i64> =
            row.split('|').map(|field| field.parse().expect("a number")).collect();
        let slot = |account: i64| usize::try_from(account).expect("accounts are small");
        if !present.insert(fields[0]) {
            found.push(format!("transfer {} is there twice", fields[0]));
        }
        expected[slot(fields[1])] -= fields[3];
        expected[slot(fields[2])] += fields[3];
    }
    let lost: Vec<&i64> = acknowledged.iter().filter(|id| !present.contains(id)).collect();
    if !lost.is_empty() {
        found.push(format!("{} acknowledged transfers are lost: {lost:?}", lost.len()));
    }
    let wanted: Vec<String> =
        expected.iter().enumerate().map(|(id, balance)| format!("{id}|{balance}")).collect();
    for (wanted, is) in wanted.iter().zip(&balances) {
        if wanted != is {
            found.push(format!("an account is {is}, its ledger says {wanted}"));
        }
    }
    if wanted.len() != balances.len() {
        found.push(format!("{} accounts of {ACCOUNTS}", balances.len()));
    }
    if by_index != [ledger.len().to_string()] {
        found.push(format!("the index finds {by_index:?} rows of {}", ledger.len()));
    }
    found
}
