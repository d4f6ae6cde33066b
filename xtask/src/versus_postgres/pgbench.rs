//! Runs pgbench and reads what it prints.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::report::median;
use super::servers::{Binaries, Target, output};
use super::{Protocol, Workload};

/// After a run, before the server's processor time is read.
const SETTLING: Duration = Duration::from_millis(200);

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    pub per_second: f64,
    /// Processor time of the server, in the kernel too, for each.
    pub processor_micros: f64,
    /// Median of whole transactions, in milliseconds; only where it was logged.
    pub median_millis: Option<f64>,
    /// Average of the COMMIT statement, in milliseconds; only where the script has one.
    pub commit_millis: Option<f64>,
    /// Transactions given up after all tries.
    pub failed: u64,
    /// Transactions that needed more than one try.
    pub retried: u64,
}

pub struct Pgbench<'a> {
    binaries: &'a Binaries,
    folder: &'a Path,
    threads: u32,
}

impl<'a> Pgbench<'a> {
    pub fn new(binaries: &'a Binaries, folder: &'a Path) -> Pgbench<'a> {
        let threads = thread::available_parallelism().map_or(1, |number| number.get() as u32);
        Pgbench { binaries, folder, threads }
    }

    /// Creates and fills pgbench's tables.
    pub fn load(&self, target: &Target, scale: u32) -> Result<(), String> {
        let mut command = self.binaries.command("pgbench");
        target.address(command.args(["-i", "-q", "-s", &scale.to_string()]));
        output(&mut command, &format!("pgbench -i on {}", target.name)).map(|_| ())
    }

    pub fn run_builtin(
        &self,
        target: &Target,
        workload: &Workload,
        script: &str,
        seconds: u32,
    ) -> Result<Measurement, String> {
        self.run(target, workload, &["-b", script], seconds)
    }

    pub fn run_script(
        &self,
        target: &Target,
        workload: &Workload,
        sql: &str,
        seconds: u32,
    ) -> Result<Measurement, String> {
        let path = self.folder.join("script.sql");
        fs::write(&path, sql).map_err(|error| format!("{}: {error}", path.display()))?;
        let shown = path.to_str().ok_or("the temporary folder's name is no text")?;
        self.run(target, workload, &["-f", shown], seconds)
    }

    fn run(
        &self,
        target: &Target,
        workload: &Workload,
        script: &[&str],
        seconds: u32,
    ) -> Result<Measurement, String> {
        let clients = workload.clients;
        let log = self.folder.join("log");
        fs::create_dir_all(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = self.binaries.command("pgbench");
        let protocol = match workload.protocol {
            Protocol::Prepared => "prepared",
            Protocol::Simple => "simple",
        };
        // The same for both: no vacuum before, conflicts retried.
        command.args(["-n", "-M", protocol, "--max-tries=100"]).args(script);
        command.args(["-c", &clients.to_string(), "-j", &clients.min(self.threads).to_string()]);
        command.args(["-T", &seconds.to_string()]).current_dir(&log);
        if clients == 1 {
            // Logging each transaction and timing each statement is cheap for one client, and not for many.
            command.args(["-r", "-l", "--log-prefix=run"]);
        }
        target.address(&mut command);
        let before = target.processor_time()?;
        let text = output(&mut command, &format!("pgbench on {}", target.name))?;
        // PostgreSQL's processes for the clients have to end to be counted.
        thread::sleep(SETTLING);
        let spent = target.processor_time()?.saturating_sub(before);
        let (mut measurement, transactions) = parse(&text)?;
        let counted = f64::from(workload.per_script);
        measurement.per_second *= counted;
        measurement.processor_micros =
            spent.as_secs_f64() * 1e6 / (transactions.max(1.0) * counted);
        if clients == 1 {
            measurement.median_millis = median(logged_millis(&log)?);
        }
        fs::remove_dir_all(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        Ok(measurement)
    }
}

/// Latencies of all transactions in a folder of logs: the third column, in microseconds.
fn logged_millis(folder: &Path) -> Result<Vec<f64>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut millis = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let text = fs::read_to_string(entry.map_err(failed)?.path()).map_err(failed)?;
        let micros = text.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse().ok());
        millis.extend(micros.map(|micros: f64| micros / 1_000.0));
    }
    Ok(millis)
}

/// Reads the summary that pgbench prints at its end: with it, how many transactions there were.
fn parse(text: &str) -> Result<(Measurement, f64), String> {
    let number_after = |label: &str| {
        text.lines().find_map(|line| {
            let rest = line.trim_start().strip_prefix(label)?.trim_start();
            rest.split([' ', '/']).next()?.parse::<f64>().ok()
        })
    };
    let per_second =
        number_after("tps =").ok_or_else(|| format!("pgbench printed no tps:\n{text}"))?;
    let commit_millis = text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let millis = words.next()?.parse::<f64>().ok()?;
        // With --max-tries pgbench prints counts of failures and retries between time and statement.
        matches!(words.last()?, "END;" | "COMMIT;").then_some(millis)
    });
    let transactions = number_after("number of transactions actually processed:").unwrap_or(0.0);
    let measurement = Measurement {
        per_second,
        processor_micros: 0.0,
        median_millis: None,
        commit_millis,
        failed: number_after("number of failed transactions:").unwrap_or(0.0) as u64,
        retried: number_after("number of transactions retried:").unwrap_or(0.0) as u64,
    };
    Ok((measurement, transactions))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "\
pgbench (16.14)
transaction type: <builtin: simple update>
number of transactions actually processed: 15230
number of failed transactions: 2 (0.013%)
number of transactions retried: 17 (0.112%)
total number of retries: 19
latency average = 0.656 ms
initial connection time = 4.012 ms
tps = 1523.451 (without initial connection time)
statement latencies in milliseconds, failures and retries:
         0.001           0           0  \\set aid random(1, 100000 * :scale)
         0.041           0           0  BEGIN;
         0.420           1           3  END;
";

    #[test]
    fn the_summary_is_read() {
        let expected = Measurement {
            per_second: 1_523.451,
            processor_micros: 0.0,
            median_millis: None,
            commit_millis: Some(0.42),
            failed: 2,
            retried: 17,
        };
        assert_eq!(parse(SUMMARY), Ok((expected, 15_230.0)));
    }

    #[test]
    fn a_run_without_result_is_an_error() {
        assert!(parse("pgbench: error: connection refused").is_err());
    }

    #[test]
    fn logs_give_milliseconds() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("run.1"), "0 1 1500 0 1700000000 1\n0 2 500 0 1700000000 2\n")
            .expect("written");
        assert_eq!(logged_millis(folder.path()), Ok(vec![1.5, 0.5]));
    }
}
