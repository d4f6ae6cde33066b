//! What a workload is to the driver: tables, a plan for each transaction, and one try at a plan.

use rand::rngs::StdRng;
use tokio_postgres::{Client, Error, Statement};

use crate::bank::Bank;
use crate::kv::Kv;
use crate::options::{BenchOptions, WorkloadName};
use crate::tpcb::Tpcb;

/// One of the workloads with its parameters.
#[derive(Clone, Debug)]
pub(crate) enum Workload {
    Kv(Kv),
    Bank(Bank),
    Tpcb(Tpcb),
}

/// What one transaction will do. It stays the same over all tries.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Read { key: i64 },
    Write { key: i64, value: String },
    Transfer { id: i64, source: i64, destination: i64, amount: i64 },
    Tpcb { account: i32, teller: i32, branch: i32, delta: i32 },
}

impl Plan {
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::Write { .. } => "write",
            Self::Transfer { .. } => "transfer",
            Self::Tpcb { .. } => "tpcb",
        }
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
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Kv(_) => "kv",
            Self::Bank(_) => "bank",
            Self::Tpcb(_) => "tpcb",
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
        }
    }

    pub(crate) fn definitions(&self) -> &'static [&'static str] {
        match self {
            Self::Kv(_) => crate::kv::DEFINITIONS,
            Self::Bank(_) => crate::bank::DEFINITIONS,
            Self::Tpcb(_) => crate::tpcb::DEFINITIONS,
        }
    }

    /// Statements to prepare on every session, in the order the tries use them.
    fn statements(&self) -> &'static [&'static str] {
        match self {
            Self::Kv(_) => crate::kv::STATEMENTS,
            Self::Bank(_) => crate::bank::STATEMENTS,
            Self::Tpcb(_) => crate::tpcb::STATEMENTS,
        }
    }

    pub(crate) async fn prepare(&self, client: &Client) -> Result<Vec<Statement>, Error> {
        let mut prepared = Vec::new();
        for text in self.statements() {
            prepared.push(client.prepare(text).await?);
        }
        Ok(prepared)
    }

    /// `id` is unique over all transactions of all runs.
    pub(crate) fn plan(&self, random: &mut StdRng, id: i64) -> Plan {
        match self {
            Self::Kv(kv) => kv.plan(random),
            Self::Bank(bank) => bank.plan(random, id),
            Self::Tpcb(tpcb) => tpcb.plan(random),
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
    }
}
