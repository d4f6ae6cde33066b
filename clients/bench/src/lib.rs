//! Workloads that measure and verify: `quorate bench`.
//!
//! ```text
//!   BenchOptions ─> load ─> driver: C clients ─> attempt (bounded retries) ─> workload ─> server
//!                             │         │
//!                          schedule   recorder (histograms, conflicts, errors) ─> report
//! ```
//!
//! - **Closed loop** (default): each client begins its next transaction when the last one ended.
//! - **Open loop** (`--rate`): transactions are due at fixed times, and latency counts from when one
//!   was due. A slow server then shows in the latencies instead of slowing the load down.
//!
//! A transaction that fails with 40001 or 40P01 is tried again, `--max-tries` times in all, and its
//! latency covers all tries. A transaction whose connection broke while it committed is *not*: its
//! outcome is unknown, it is counted as such, and verification allows it both ways.

mod bank;
mod counter;
mod driver;
mod error;
mod keys;
mod kv;
mod load;
mod options;
mod record;
mod report;
mod tpcb;
mod tpcc;
mod workload;

pub use crate::counter::CounterReport;
pub use crate::error::BenchError;
pub use crate::options::{Action, BenchOptions, Distribution, WorkloadName};
pub use crate::report::{CheckReport, Finding, Report};

/// The run went well and every check held.
pub const EXIT_SUCCESS: i32 = 0;
/// A check failed, or the run could not be carried out.
pub const EXIT_FAILURE: i32 = 1;
/// No session could be opened.
pub const EXIT_CONNECTION: i32 = 2;

/// Does what the options say, prints the report, and returns the exit code. Needs a tokio runtime
/// with I/O and time.
pub async fn run(options: BenchOptions) -> Result<i32, BenchError> {
    match execute(&options).await {
        Ok(Some(finding)) => {
            finding.print(options.json)?;
            Ok(if finding.is_sound() { EXIT_SUCCESS } else { EXIT_FAILURE })
        }
        Ok(None) => Ok(EXIT_SUCCESS),
        Err(BenchError::Connect(shell::connection::ConnectError::Options(message))) => {
            Err(BenchError::Options(message))
        }
        Err(BenchError::Connect(error)) => {
            use std::io::Write;
            writeln!(std::io::stderr(), "quorate bench: error: {error}")
                .map_err(BenchError::Output)?;
            Ok(EXIT_CONNECTION)
        }
        Err(error) => Err(error),
    }
}

/// Does what the options say and returns what was found; nothing after `init` and `cleanup`.
pub async fn execute(options: &BenchOptions) -> Result<Option<Finding>, BenchError> {
    options.validate()?;
    let workload = workload::Workload::from_options(options);
    match options.action {
        Action::Init => {
            load::initialize(options, &workload).await?;
            Ok(None)
        }
        Action::Cleanup => {
            load::clean_up(options, &workload).await?;
            Ok(None)
        }
        Action::Run => {
            if options.init {
                load::initialize(options, &workload).await?;
            }
            if options.workload == WorkloadName::Counter {
                return counter::alternate(options).await.map(|one| Some(Finding::Counter(one)));
            }
            let (report, _) = driver::drive(options, &workload).await?;
            Ok(Some(Finding::Run(report)))
        }
        Action::Check => {
            let workload::Workload::Tpcc(tpcc) = &workload else { return Ok(None) };
            let session = driver::open_patiently(options).await?;
            let tpcc = tpcc.found(&session.client).await?;
            let (checks, violations) = tpcc::conditions::check(&session.client, tpcc).await?;
            let report = CheckReport { workload: "tpcc", checks, violations };
            Ok(Some(Finding::Check(report)))
        }
    }
}
