//! Bank: money moves between accounts, and every transfer is in the ledger, in one transaction.
//!
//! Every snapshot has the same sum and no debt. In the end the ledger has what was acknowledged, nothing that was refused,
//! and explains every balance.

use std::cell::RefCell;
use std::collections::BTreeMap;

use checkers::durability::{self, Told};
use checkers::invariants;
use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::Client;

use crate::lists::Isolation;
use crate::session::{Failure, Outcome, Session, number, rows};

const ACCOUNTS: u64 = 10;
const BALANCE: u64 = 100;

pub const SCHEMA: &str = "drop table if exists ledger; drop table if exists account;
    create table account (id bigint primary key, balance bigint not null);
    create table ledger (id bigint primary key, source bigint not null, target bigint not null,
                         amount bigint not null);
    insert into account select id, 100 from generate_series(0, 9) as id";

/// The workload and what its clients were told.
#[derive(Default)]
pub struct Bank {
    told: RefCell<BTreeMap<u64, Told>>,
    findings: RefCell<Vec<String>>,
    reads: RefCell<u64>,
}

impl Bank {
    pub async fn step(&self, session: &mut Session, random: &mut StdRng) {
        if random.random_bool(0.3) {
            let halves = random.random_bool(0.5);
            return self.look(session, halves).await;
        }
        let source = random.random_range(0..ACCOUNTS);
        let target = (source + random.random_range(1..ACCOUNTS)) % ACCOUNTS;
        let amount = random.random_range(1..=BALANCE / 4);
        let id = {
            let mut told = self.told.borrow_mut();
            let id = told.len() as u64;
            told.insert(id, Told::Unknown);
            id
        };
        let body = async |client: &Client| {
            let sql = format!("select balance from account where id = {source}");
            let found = rows(client, &sql).await?;
            if found.first().is_none_or(|row| number(row, 0) < amount) {
                return Err(Failure::Given("too little money"));
            }
            rows(
                client,
                &format!("insert into ledger values ({id}, {source}, {target}, {amount})"),
            )
            .await?;
            for (account, change) in
                [(source, format!("- {amount}")), (target, format!("+ {amount}"))]
            {
                let sql =
                    format!("update account set balance = balance {change} where id = {account}");
                rows(client, &sql).await?;
            }
            Ok(())
        };
        let (outcome, _) = session.transact(Isolation::Snapshot.begin(), body).await;
        let told = match outcome {
            // The ledger has no times: all are the same one.
            Outcome::Committed => Told::Committed { tau_commit: 0 },
            Outcome::Failed(_) => Told::Refused,
            Outcome::Unknown => Told::Unknown,
        };
        self.told.borrow_mut().insert(id, told);
    }

    /// All balances as of one snapshot, by one statement or by two.
    async fn look(&self, session: &mut Session, halves: bool) {
        let body = async |client: &Client| {
            if !halves {
                return rows(client, "select id, balance from account").await;
            }
            let mut found = rows(client, "select id, balance from account where id >= 5").await?;
            found.extend(rows(client, "select id, balance from account where id < 5").await?);
            Ok(found)
        };
        if let (Outcome::Committed, Some(found)) =
            session.transact("begin isolation level repeatable read read only", body).await
        {
            *self.reads.borrow_mut() += 1;
            let balances: Vec<(u64, u64)> =
                found.iter().map(|row| (number(row, 0), number(row, 1))).collect();
            if let Err(finding) = invariants::bank(&balances, ACCOUNTS, ACCOUNTS * BALANCE) {
                self.findings.borrow_mut().push(finding);
            }
        }
    }

    pub async fn finish(&self, session: &mut Session) -> Result<(), String> {
        self.look(session, false).await;
        let body = async |client: &Client| {
            let ledger = rows(client, "select id, source, target, amount from ledger").await?;
            Ok((ledger, rows(client, "select id, balance from account").await?))
        };
        let (outcome, found) = session.transact(Isolation::Snapshot.begin(), body).await;
        let (Outcome::Committed, Some((ledger, accounts))) = (outcome, found) else {
            return Err("the ledger cannot be read in the end".to_owned());
        };
        let held: Vec<(u64, u64)> = ledger.iter().map(|row| (number(row, 0), 0)).collect();
        let faults = durability::check(&self.told.borrow(), &held);
        self.findings.borrow_mut().extend(faults.iter().map(ToString::to_string));
        let mut balances = vec![BALANCE; ACCOUNTS as usize];
        for row in &ledger {
            let slot = |column| usize::try_from(number(row, column)).expect("accounts are few");
            balances[slot(1)] = balances[slot(1)].wrapping_sub(number(row, 3));
            balances[slot(2)] = balances[slot(2)].wrapping_add(number(row, 3));
        }
        for row in &accounts {
            let (id, balance) = (number(row, 0), number(row, 1));
            if balances.get(id as usize) != Some(&balance) {
                let expected = balances.get(id as usize);
                let finding = format!("account {id} has {balance}, its ledger says {expected:?}");
                self.findings.borrow_mut().push(finding);
            }
        }
        Ok(())
    }

    pub fn judge(self, seconds: u64) -> (String, Vec<String>) {
        let (told, mut findings) = (self.told.into_inner(), self.findings.into_inner());
        let committed = told.values().filter(|one| matches!(one, Told::Committed { .. })).count();
        let reads = *self.reads.borrow();
        if (committed as u64) < seconds * 5 || reads < seconds * 2 {
            findings.push(format!("{committed} transfers and {reads} looks are too few"));
        }
        (format!("{reads} looks at all accounts"), findings)
    }
}
