//! The TPC-B-like transaction of pgbench, on tables of the same names and columns.

use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::{Client, Statement};

use crate::error::{BenchError, while_doing};
use crate::options::BenchOptions;
use crate::workload::{AttemptError, Plan, at_commit, before_commit};

pub(crate) const TELLERS_PER_BRANCH: i32 = 10;
pub(crate) const ACCOUNTS_PER_BRANCH: i32 = 100_000;

pub(crate) const DEFINITIONS: &[&str] = &[
    "create table pgbench_branches (bid int primary key, bbalance int, filler char(88))",
    "create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84))",
    "create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84))",
    "create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, \
     filler char(22))",
];

pub(crate) const STATEMENTS: &[&str] = &[
    "update pgbench_accounts set abalance = abalance + $2 where aid = $1",
    "select abalance from pgbench_accounts where aid = $1",
    "update pgbench_tellers set tbalance = tbalance + $2 where tid = $1",
    "update pgbench_branches set bbalance = bbalance + $2 where bid = $1",
    "insert into pgbench_history (tid, bid, aid, delta, mtime) \
     values ($1, $2, $3, $4, current_timestamp)",
];

#[derive(Clone, Debug)]
pub(crate) struct Tpcb {
    pub(crate) scale: i32,
}

impl Tpcb {
    pub(crate) fn new(options: &BenchOptions) -> Self {
        // Validation keeps the scale at 10,000 at most, where account numbers still fit.
        Self { scale: i32::try_from(options.scale).unwrap_or(i32::MAX) }
    }

    pub(crate) fn account_count(&self) -> u64 {
        u64::from(self.scale.unsigned_abs()) * u64::from(ACCOUNTS_PER_BRANCH.unsigned_abs())
    }

    pub(crate) fn plan(&self, random: &mut StdRng) -> Plan {
        Plan::Tpcb {
            account: random.random_range(1..=ACCOUNTS_PER_BRANCH * self.scale),
            teller: random.random_range(1..=TELLERS_PER_BRANCH * self.scale),
            branch: random.random_range(1..=self.scale),
            delta: random.random_range(-5_000..=5_000),
        }
    }

    /// What is inserted before the accounts.
    pub(crate) fn small_inserts(&self) -> Vec<String> {
        let mut statements = Vec::new();
        let branches: Vec<String> =
            (1..=self.scale).map(|branch| format!("({branch},0)")).collect();
        for rows in branches.chunks(500) {
            statements.push(format!(
                "insert into pgbench_branches (bid, bbalance) values {}",
                rows.join(",")
            ));
        }
        let tellers: Vec<String> = (1..=self.scale * TELLERS_PER_BRANCH)
            .map(|teller| format!("({teller},{},0)", (teller - 1) / TELLERS_PER_BRANCH + 1))
            .collect();
        for rows in tellers.chunks(500) {
            statements.push(format!(
                "insert into pgbench_tellers (tid, bid, tbalance) values {}",
                rows.join(",")
            ));
        }
        statements
    }

    pub(crate) fn insert(&self, from: u64, to: u64) -> String {
        let per_branch = u64::from(ACCOUNTS_PER_BRANCH.unsigned_abs());
        let rows: Vec<String> = (from..to)
            .map(|index| format!("({},{},0,'')", index + 1, index / per_branch + 1))
            .collect();
        format!(
            "insert into pgbench_accounts (aid, bid, abalance, filler) values {}",
            rows.join(",")
        )
    }
}

pub(crate) async fn transaction(
    client: &Client,
    prepared: &[Statement],
    account: i32,
    teller: i32,
    branch: i32,
    delta: i32,
) -> Result<(), AttemptError> {
    client.batch_execute("begin").await.map_err(before_commit)?;
    client.execute(&prepared[0], &[&account, &delta]).await.map_err(before_commit)?;
    client.query_opt(&prepared[1], &[&account]).await.map_err(before_commit)?;
    client.execute(&prepared[2], &[&teller, &delta]).await.map_err(before_commit)?;
    client.execute(&prepared[3], &[&branch, &delta]).await.map_err(before_commit)?;
    client
        .execute(&prepared[4], &[&teller, &branch, &account, &delta])
        .await
        .map_err(before_commit)?;
    client.batch_execute("commit").await.map_err(at_commit)
}

/// Accounts, tellers, branches and history must have the same sum; returns what does not hold.
pub(crate) async fn verify(client: &Client) -> Result<Vec<String>, BenchError> {
    let mut sums = Vec::new();
    client
        .batch_execute("begin transaction isolation level repeatable read")
        .await
        .map_err(while_doing("verifying"))?;
    for (table, column) in [
        ("pgbench_accounts", "abalance"),
        ("pgbench_tellers", "tbalance"),
        ("pgbench_branches", "bbalance"),
        ("pgbench_history", "delta"),
    ] {
        let query = format!("select coalesce(sum({column}), 0)::bigint from {table}");
        let row = client.query_one(&query, &[]).await.map_err(while_doing("verifying"))?;
        sums.push((table, row.get::<_, i64>(0)));
    }
    client.batch_execute("commit").await.map_err(while_doing("verifying"))?;
    Ok(disagreements(&sums))
}

fn disagreements(sums: &[(&str, i64)]) -> Vec<String> {
    let Some((first_table, first)) = sums.first() else { return Vec::new() };
    sums.iter()
        .filter(|(_, sum)| sum != first)
        .map(|(table, sum)| format!("{table} sums to {sum}, but {first_table} to {first}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sum_that_differs_is_found() {
        assert!(disagreements(&[("a", 5), ("b", 5)]).is_empty());
        assert_eq!(disagreements(&[("a", 5), ("b", 5), ("c", 4)]), ["c sums to 4, but a to 5"]);
    }

    #[test]
    fn rows_are_those_of_pgbench() {
        let tpcb = Tpcb { scale: 2 };
        assert!(tpcb.insert(99_999, 100_001).ends_with("(100000,1,0,''),(100001,2,0,'')"));
        assert_eq!(tpcb.account_count(), 200_000);
        let small = tpcb.small_inserts();
        assert!(small[0].ends_with("(1,0),(2,0)"));
        assert!(small[1].contains("(10,1,0),(11,2,0)") && small[1].ends_with("(20,2,0)"));
    }
}
