//! Making, filling and dropping tables.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::StdRng;
use shell::connection::{Session, open};
use tokio_postgres::error::SqlState;

use crate::error::{BenchError, while_doing};
use crate::options::BenchOptions;
use crate::workload::Workload;

/// Rows of one insert, which is one transaction: well below what a transaction may change.
const BATCH_ROWS: u64 = 500;
/// And about this many bytes of values.
const BATCH_BYTES: u64 = 500_000;
const LOADERS: usize = 4;
const MAXIMUM_TRIES: u32 = 20;

async fn session(options: &BenchOptions) -> Result<Session, BenchError> {
    Ok(open(&options.connect_options(), 0, |_| {}).await?)
}

/// Runs a statement that may be repeated, as often as it conflicts.
async fn execute(session: &Session, text: &str, doing: &'static str) -> Result<(), BenchError> {
    let mut tries = 1;
    while let Err(error) = session.client.batch_execute(text).await {
        pause_after_conflict(error, &mut tries, doing).await?;
    }
    Ok(())
}

/// Waits before what conflicted is tried again. Any other failure is returned: it may have been committed.
pub(crate) async fn pause_after_conflict(
    error: tokio_postgres::Error,
    tries: &mut u32,
    doing: &'static str,
) -> Result<(), BenchError> {
    let is_conflict = error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE);
    if !is_conflict || *tries >= MAXIMUM_TRIES {
        return Err(while_doing(doing)(error));
    }
    tokio::time::sleep(Duration::from_millis(10 * u64::from(*tries))).await;
    *tries += 1;
    Ok(())
}

pub(crate) async fn clean_up(
    options: &BenchOptions,
    workload: &Workload,
) -> Result<(), BenchError> {
    let session = session(options).await?;
    for table in workload.tables() {
        execute(&session, &format!("drop table if exists {table}"), "dropping tables").await?;
    }
    Ok(())
}

pub(crate) async fn initialize(
    options: &BenchOptions,
    workload: &Workload,
) -> Result<(), BenchError> {
    clean_up(options, workload).await?;
    let session = session(options).await?;
    for definition in workload.definitions() {
        execute(&session, definition, "creating tables").await?;
    }
    if let Workload::Tpcb(tpcb) = workload {
        for statement in tpcb.small_inserts() {
            execute(&session, &statement, "loading").await?;
        }
    }
    let total = match workload {
        Workload::Kv(kv) => kv.keys,
        Workload::Bank(bank) => bank.accounts,
        Workload::Tpcb(tpcb) => tpcb.account_count(),
        Workload::Tpcc(tpcc) => crate::tpcc::load::row_count(*tpcc),
        // Its two rows are among the definitions.
        Workload::Counter(_) => 0,
    };
    let batch = match workload {
        Workload::Kv(_) => (BATCH_BYTES / (options.value_size as u64 + 16)).clamp(1, BATCH_ROWS),
        Workload::Bank(_) | Workload::Tpcb(_) | Workload::Tpcc(_) | Workload::Counter(_) => {
            BATCH_ROWS
        }
    };
    let progress = if options.quiet { ProgressBar::hidden() } else { ProgressBar::new(total) };
    if let Ok(style) = ProgressStyle::with_template("loading {bar:30} {pos}/{len} rows, {eta}") {
        progress.set_style(style);
    }
    if let Workload::Tpcc(tpcc) = workload {
        crate::tpcc::load::fill(options, *tpcc, &progress).await?;
        progress.finish_and_clear();
        return Ok(());
    }
    let next = Arc::new(AtomicU64::new(0));
    let mut loaders = tokio::task::JoinSet::new();
    for loader in 0..LOADERS {
        let (options, workload) = (options.clone(), workload.clone());
        let (next, progress) = (next.clone(), progress.clone());
        loaders.spawn(async move {
            let session = open(&options.connect_options(), loader, |_| {}).await?;
            let mut random = StdRng::seed_from_u64(loader as u64);
            loop {
                let from = next.fetch_add(batch, Ordering::Relaxed);
                if from >= total {
                    return Ok::<(), BenchError>(());
                }
                let to = total.min(from + batch);
                let statement = match &workload {
                    Workload::Kv(kv) => kv.insert(from, to, &mut random),
                    Workload::Bank(bank) => bank.insert(from, to),
                    Workload::Tpcb(tpcb) => tpcb.insert(from, to),
                    Workload::Tpcc(_) | Workload::Counter(_) => return Ok(()),
                };
                execute(&session, &statement, "loading").await?;
                progress.inc(to - from);
            }
        });
    }
    while let Some(outcome) = loaders.join_next().await {
        outcome.map_err(|error| BenchError::Task(error.to_string()))??;
    }
    progress.finish_and_clear();
    Ok(())
}
