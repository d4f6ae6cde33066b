//! Transfers between accounts, and what must hold of them.
//!
//! A transfer reads both balances, writes both anew and adds a ledger row, in one transaction. The
//! new balances are computed here from those read, so any lost update or dirty read changes the
//! total. Three things are checked:
//!
//! 1. During the run and after it, the total is what it was at the start.
//! 2. With `--verify`: the ledger has every acknowledged transfer and none that failed; one of
//!    unknown outcome may be there or not.
//! 3. With `--verify`: each balance is the one at the start and what the ledger moved since.

use std::collections::HashSet;

use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::{Client, Statement};

use crate::error::{BenchError, while_doing};
use crate::keys::KeyChooser;
use crate::options::BenchOptions;
use crate::workload::{AttemptError, Plan, at_commit, before_commit};

pub(crate) const DEFINITIONS: &[&str] = &[
    "create table bench_accounts (id bigint primary key, balance bigint not null)",
    "create table bench_ledger (id bigint primary key, source bigint not null, \
     destination bigint not null, amount bigint not null)",
];

pub(crate) const STATEMENTS: &[&str] = &[
    "select id, balance from bench_accounts where id = $1 or id = $2",
    "update bench_accounts set balance = $2 where id = $1",
    "insert into bench_ledger (id, source, destination, amount) values ($1, $2, $3, $4)",
];

pub(crate) const BEGIN: &str = "begin transaction isolation level repeatable read";
const PAGE_ROWS: usize = 2_000;
const MAXIMUM_AMOUNT: i64 = 10;
/// Bits of a ledger number below the number of the run.
const RUN_SHIFT: u32 = 40;
const CLIENT_SHIFT: u32 = 28;
const VIOLATIONS_SHOWN: usize = 20;

#[derive(Clone, Debug)]
pub(crate) struct Bank {
    pub(crate) accounts: u64,
    balance: i64,
    chooser: KeyChooser,
}

/// The ledger number of a client's transaction: run (22 bits), client (12), sequence (28).
pub(crate) fn ledger_id(run: u32, client: usize, sequence: u64) -> i64 {
    let run = i64::from(run & 0x3f_ffff) << RUN_SHIFT;
    let client = ((client as u64 & 0xfff) << CLIENT_SHIFT).cast_signed();
    run | client | (sequence & 0xfff_ffff).cast_signed()
}

impl Bank {
    pub(crate) fn new(options: &BenchOptions) -> Self {
        Self {
            accounts: options.accounts,
            balance: options.balance,
            chooser: KeyChooser::new(options.distribution, options.accounts, options.theta),
        }
    }

    pub(crate) fn plan(&self, random: &mut StdRng, id: i64) -> Plan {
        let (source, destination) = self.chooser.choose_pair(random);
        Plan::Transfer {
            id,
            source: source.cast_signed(),
            destination: destination.cast_signed(),
            amount: random.random_range(1..=MAXIMUM_AMOUNT),
        }
    }

    pub(crate) fn insert(&self, from: u64, to: u64) -> String {
        let rows: Vec<String> = (from..to).map(|id| format!("({id},{})", self.balance)).collect();
        format!("insert into bench_accounts (id, balance) values {}", rows.join(","))
    }
}

pub(crate) async fn transfer(
    client: &Client,
    prepared: &[Statement],
    id: i64,
    source: i64,
    destination: i64,
    amount: i64,
) -> Result<(), AttemptError> {
    client.batch_execute(BEGIN).await.map_err(before_commit)?;
    let rows = client.query(&prepared[0], &[&source, &destination]).await.map_err(before_commit)?;
    let balance_of = |account: i64| {
        rows.iter().find(|row| row.get::<_, i64>(0) == account).map(|row| row.get::<_, i64>(1))
    };
    // A missing account shows in the checks: nothing is moved, and the total is short.
    if let (Some(from), Some(to)) = (balance_of(source), balance_of(destination)) {
        // No account goes below zero; what is not there is not moved.
        let moved = amount.min(from);
        let writes = [(source, from - moved), (destination, to + moved)];
        for (account, balance) in writes {
            client.execute(&prepared[1], &[&account, &balance]).await.map_err(before_commit)?;
        }
        client
            .execute(&prepared[2], &[&id, &source, &destination, &moved])
            .await
            .map_err(before_commit)?;
    }
    client.batch_execute("commit").await.map_err(at_commit)
}

/// How many accounts there are, and what they hold together.
pub(crate) async fn totals(client: &Client) -> Result<(i64, i64), tokio_postgres::Error> {
    let query = "select count(*), coalesce(sum(balance), 0)::bigint from bench_accounts";
    let row = client.query_one(query, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// The balance of every account, by number.
pub(crate) async fn balances(client: &Client) -> Result<Vec<(i64, i64)>, BenchError> {
    let query = format!(
        "select id, balance from bench_accounts where id > $1 order by id limit {PAGE_ROWS}"
    );
    let mut found = Vec::new();
    let mut after = -1i64;
    loop {
        let rows = client.query(&query, &[&after]).await.map_err(while_doing("verifying"))?;
        found.extend(rows.iter().map(|row| (row.get::<_, i64>(0), row.get::<_, i64>(1))));
        match found.last() {
            Some((last, _)) if rows.len() == PAGE_ROWS => after = *last,
            _ => return Ok(found),
        }
    }
}

/// A row of the ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) source: i64,
    pub(crate) destination: i64,
    pub(crate) amount: i64,
}

/// The ledger of one run.
pub(crate) async fn ledger(client: &Client, run: u32) -> Result<Vec<Entry>, BenchError> {
    let query = format!(
        "select id, source, destination, amount from bench_ledger \
         where id >= $1 and id < $2 order by id limit {PAGE_ROWS}"
    );
    let end = ledger_id(run, 0, 0) + (1i64 << RUN_SHIFT);
    let mut start = ledger_id(run, 0, 0);
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let rows = client.query(&query, &[&start, &end]).await.map_err(while_doing("verifying"))?;
        entries.extend(rows.iter().map(|row| Entry {
            id: row.get(0),
            source: row.get(1),
            destination: row.get(2),
            amount: row.get(3),
        }));
        match entries.last() {
            Some(last) if rows.len() == PAGE_ROWS => start = last.id + 1,
            _ => return Ok(entries),
        }
    }
}

/// What does not hold after a run, the first few cases of it.
pub(crate) fn check_ledger(
    at_start: &[(i64, i64)],
    at_end: &[(i64, i64)],
    entries: &[Entry],
    acknowledged: &HashSet<i64>,
    unknown: &HashSet<i64>,
) -> Vec<String> {
    let mut violations = Vec::new();
    let present: HashSet<i64> = entries.iter().map(|entry| entry.id).collect();
    for id in acknowledged.difference(&present) {
        violations.push(format!("transfer {id} was acknowledged, but the ledger lacks it"));
    }
    for id in &present {
        if !acknowledged.contains(id) && !unknown.contains(id) {
            violations.push(format!("transfer {id} failed, but the ledger has it"));
        }
    }
    if present.len() != entries.len() {
        violations.push(format!(
            "the ledger has {} rows for {} transfers",
            entries.len(),
            present.len()
        ));
    }
    let mut expected: std::collections::BTreeMap<i64, i64> = at_start.iter().copied().collect();
    for entry in entries {
        *expected.entry(entry.source).or_default() -= entry.amount;
        *expected.entry(entry.destination).or_default() += entry.amount;
    }
    let found: std::collections::BTreeMap<i64, i64> = at_end.iter().copied().collect();
    for (account, balance) in &expected {
        match found.get(account) {
            Some(other) if other == balance => {}
            Some(other) => violations.push(format!(
                "account {account} holds {other}, but by the ledger it must be {balance}"
            )),
            None => violations.push(format!("account {account} is gone")),
        }
    }
    for account in found.keys().filter(|account| !expected.contains_key(account)) {
        violations.push(format!("account {account} came from nowhere"));
    }
    violations.sort();
    if violations.len() > VIOLATIONS_SHOWN {
        let hidden = violations.len() - VIOLATIONS_SHOWN;
        violations.truncate(VIOLATIONS_SHOWN);
        violations.push(format!("and {hidden} more"));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[i64]) -> HashSet<i64> {
        numbers.iter().copied().collect()
    }

    fn entry(id: i64, source: i64, destination: i64, amount: i64) -> Entry {
        Entry { id, source, destination, amount }
    }

    #[test]
    fn a_sound_history_passes() {
        let entries = [entry(1, 0, 1, 5), entry(2, 1, 2, 3)];
        let start = [(0, 10), (1, 10), (2, 10)];
        let end = [(0, 5), (1, 12), (2, 13)];
        assert!(check_ledger(&start, &end, &entries, &ids(&[1, 2]), &ids(&[])).is_empty());
        // One of unknown outcome may be there, and another may not.
        assert!(check_ledger(&start, &end, &entries, &ids(&[1]), &ids(&[2, 3])).is_empty());
    }

    #[test]
    fn every_kind_of_damage_is_noticed() {
        let start = [(0, 10), (1, 10)];
        let end = [(0, 5), (1, 15)];
        let entries = [entry(1, 0, 1, 5)];
        let check = |end: &[(i64, i64)], entries: &[Entry], acknowledged: &[i64]| {
            check_ledger(&start, end, entries, &ids(acknowledged), &ids(&[])).join("; ")
        };
        assert_eq!(check(&end, &entries, &[1]), "");
        assert!(check(&end, &entries, &[1, 2]).contains("2 was acknowledged"));
        assert!(check(&end, &entries, &[]).contains("1 failed"));
        assert!(check(&[(0, 5), (1, 10)], &entries, &[1]).contains("account 1 holds 10"));
        assert!(check(&[(0, 5)], &entries, &[1]).contains("account 1 is gone"));
        assert!(check(&[(0, 5), (1, 15), (2, 0)], &entries, &[1]).contains("from nowhere"));
        let doubled = [entries[0], entries[0]];
        assert!(check(&[(0, 0), (1, 20)], &doubled, &[1]).contains("2 rows for 1"));
    }

    #[test]
    fn ledger_numbers_of_runs_and_clients_do_not_meet() {
        let end_of_run = ledger_id(6, 0, 0) + (1i64 << RUN_SHIFT);
        assert_eq!(end_of_run, ledger_id(7, 0, 0));
        assert!(ledger_id(6, 3_999, 0xfff_ffff) < end_of_run);
        assert!(ledger_id(6, 1, 0xfff_ffff) < ledger_id(6, 2, 0));
        assert!(ledger_id(u32::MAX, 4_095, u64::MAX) > 0);
    }
}
