//! What a workload is to the driver: tables, a plan for each transaction, and one try at a plan.

use std::time::Duration;

use rand::rngs::StdRng;
use tokio_postgres::{Client, Error, Statement};

use crate::bank::Bank;
use crate::counter::Counter;
use crate::kv::Kv;
use crate::options::{BenchOptions, WorkloadName};
use crate::tpcb::Tpcb;
use crate::tpcc::Tpcc;
use crate::tpcc::transactions::Transaction;

/// One of the workloads with its parameters.
#[derive(Clone, Debug)]
pub(crate) enum Workload {
    Kv(Kv),
    Bank(Bank),
    Tpcb(Tpcb),
    Tpcc(Tpcc),
    Counter(Counter),
}

/// What one transaction will do. It stays the same over all tries.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Read { key: i64 },
    Write { key: i64, value: String },
    Transfer { id: i64, source: i64, destination: i64, amount: i64 },
    Tpcb { account: i32, teller: i32, branch: i32, delta: i32 },
    Tpcc(Transaction),
    Add,
}

impl Plan {
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::Write { .. } => "write",
            Self::Transfer { .. } => "transfer",
            Self::Tpcb { .. } => "tpcb",
            Self::Tpcc(transaction) => transaction.operation(),
            Self::Add => "add",
        }
    }

    /// Whether it ends in ROLLBACK when all goes well.
    pub(crate) fn is_rolled_back(&self) -> bool {
        matches!(self, Self::Tpcc(transaction) if transaction.is_rolled_back())
    }

    /// The warehouse by which a transaction is queued that no client waits for.
    pub(crate) fn deferred(&self) -> Option<usize> {
        match self {
            Self::Tpcc(Transaction::Delivery(delivery)) => {
                Some(usize::try_from(delivery.warehouse).expect("warehouses count from 1"))
            }
            _ => None,
        }
    }

    /// How long an operator types before it, and thinks after it.
    pub(crate) fn operator_times(&self, random: &mut StdRng) -> (Duration, Duration) {
        let Self::Tpcc(transaction) = self else { return (Duration::ZERO, Duration::ZERO) };
        let (keying, thinking) = transaction.operator_seconds(random);
        (Duration::from_secs_f64(keying), Duration::from_secs_f64(thinking))
    }
}

/// A try that failed. `may_have_committed`: the commit had been sent.
#[derive(Debug)]
pub(crate) struct AttemptError {
    pub(crate) error: Error,
    pub(crate) may_have_committed: bool,
}

/// An error before the commit was sent.
pub(crate) fn before_commit(error: Error) -> AttemptError {
    AttemptError { error, may_have_committed: false }
}

/// An error of the commit itself.
pub(crate) fn at_commit(error: Error) -> AttemptError {
    AttemptError { error, may_have_committed: true }
}

impl Workload {
    pub(crate) fn from_options(options: &BenchOptions) -> Self {
        match options.workload {
            WorkloadName::Kv => Self::Kv(Kv::new(options)),
            WorkloadName::Bank => Self::Bank(Bank::new(options)),
            WorkloadName::Tpcb => Self::Tpcb(Tpcb::new(options)),
            WorkloadName::Tpcc => Self::Tpcc(Tpcc::new(options)),
            // A run takes both in turn.
            WorkloadName::Counter => Self::Counter(Counter::Plain),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Kv(_) => "kv",
            Self::Bank(_) => "bank",
            Self::Tpcb(_) => "tpcb",
            Self::Tpcc(_) => "tpcc",
            Self::Counter(_) => "counter",
        }
    }

    /// The tables, as `DROP TABLE` wants them.
    pub(crate) fn tables(&self) -> &'static [&'static str] {
        match self {
            Self::Kv(_) => &["bench_kv"],
            Self::Bank(_) => &["bench_accounts", "bench_ledger"],
            Self::Tpcb(_) => {
                &["pgbench_accounts", "pgbench_tellers", "pgbench_branches", "pgbench_history"]
            }
            Self::Tpcc(_) => crate::tpcc::TABLES,
            Self::Counter(_) => crate::counter::TABLES,
        }
    }

    pub(crate) fn definitions(&self) -> &'static [&'static str] {
        match self {
            Self::Kv(_) => crate::kv::DEFINITIONS,
            Self::Bank(_) => crate::bank::DEFINITIONS,
            Self::Tpcb(_) => crate::tpcb::DEFINITIONS,
            Self::Tpcc(_) => crate::tpcc::DEFINITIONS,
            Self::Counter(_) => crate::counter::DEFINITIONS,
        }
    }

    /// Statements to prepare on every session, in the order the tries use them.
    fn statements(&self) -> Vec<String> {
        let fixed = match self {
            Self::Kv(_) => crate::kv::STATEMENTS,
            Self::Bank(_) => crate::bank::STATEMENTS,
            Self::Tpcb(_) => crate::tpcb::STATEMENTS,
            Self::Tpcc(_) => return crate::tpcc::transactions::statements(),
            Self::Counter(counter) => return vec![counter.statement()],
        };
        fixed.iter().map(|text| (*text).to_owned()).collect()
    }

    pub(crate) async fn prepare(&self, client: &Client) -> Result<Vec<Statement>, Error> {
        let mut prepared = Vec::new();
        for text in self.statements() {
            prepared.push(client.prepare(&text).await?);
        }
        Ok(prepared)
    }

    /// `id` is unique over all transactions of all runs; `client` counts from 0.
    pub(crate) fn plan(&self, random: &mut StdRng, id: i64, client: usize) -> Plan {
        match self {
            Self::Kv(kv) => kv.plan(random),
            Self::Bank(bank) => bank.plan(random, id),
            Self::Tpcb(tpcb) => tpcb.plan(random),
            Self::Tpcc(tpcc) => Plan::Tpcc(tpcc.plan(random, client)),
            Self::Counter(_) => Plan::Add,
        }
    }
}

/// One try. A failed one leaves its transaction open for the driver to roll back.
pub(crate) async fn attempt(
    client: &Client,
    prepared: &[Statement],
    plan: &Plan,
) -> Result<(), AttemptError> {
    match plan {
        Plan::Read { key } => crate::kv::read(client, prepared, *key).await,
        Plan::Write { key, value } => crate::kv::write(client, prepared, *key, value).await,
        Plan::Transfer { id, source, destination, amount } => {
            crate::bank::transfer(client, prepared, *id, *source, *destination, *amount).await
        }
        Plan::Tpcb { account, teller, branch, delta } => {
            crate::tpcb::transaction(client, prepared, *account, *teller, *branch, *delta).await
        }
        Plan::Tpcc(transaction) => {
            crate::tpcc::transactions::attempt(client, prepared, transaction).await
        }
        Plan::Add => crate::counter::add(client, prepared).await,
    }
}
