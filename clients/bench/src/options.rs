//! The command line of `quorate bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use shell::connection::ConnectOptions;

use crate::error::BenchError;
use crate::tpcc::{FULL_CUSTOMERS, FULL_ITEMS};

/// The most clients: each is a session of the server.
const MAXIMUM_CLIENTS: usize = 4_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorkloadName {
    /// Reads and writes of single rows by key
    Kv,
    /// Transfers between accounts in explicit transactions; the total must never change
    Bank,
    /// The TPC-B-like transaction of pgbench, on pgbench's tables
    Tpcb,
    /// The five transactions of TPC-C; --check verifies its consistency conditions
    Tpcc,
    /// Additions to one row, plain and as a counter (merge = delta), in alternating rounds
    Counter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Action {
    /// Create the tables and fill them, replacing those of an earlier run
    Init,
    /// Run the workload
    Run,
    /// tpcc: verify the consistency conditions and do nothing else
    Check,
    /// Drop the tables
    Cleanup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Distribution {
    /// Every key is as likely as any other
    Uniform,
    /// Few keys are hot; --theta says how much
    Zipf,
}

const EXAMPLES: &str = "\
Examples:
  Fill the tables, then run for a minute with 32 clients:
    quorate bench bank init --accounts 10000
    quorate bench bank --clients 32 --duration 60s --verify

  Half reads, half writes on a hot key set, at a fixed rate:
    quorate bench kv --init --read-percent 50 --distribution zipf --rate 2000

  TPC-C with ten warehouses, its conditions verified before and after:
    quorate bench tpcc --warehouses 10 --clients 16 --seconds 120 --load --check

  Against another server, with its certificate verified, as JSON:
    quorate bench tpcb --init --url postgresql://admin@db1:5432/postgres \\
      --ca-file ca.pem --json > result.json";

/// Measure a server, and verify what it promised
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct BenchOptions {
    /// What to run
    #[arg(value_enum)]
    pub workload: WorkloadName,
    /// What to do with it
    #[arg(value_enum, default_value_t = Action::Run)]
    pub action: Action,

    /// Connection URL; sslmode and sslrootcert are honoured, several hosts share the clients
    #[arg(long, env = "QUORATE_URL", hide_env_values = true, help_heading = "Connection")]
    pub url: Option<String>,
    /// Host name or address, or several divided by commas [default: localhost]
    #[arg(long, env = "QUORATE_HOST", conflicts_with = "url", help_heading = "Connection")]
    pub host: Option<String>,
    /// Port [default: 5432]
    #[arg(long, env = "QUORATE_PORT", conflicts_with = "url", help_heading = "Connection")]
    pub port: Option<u16>,
    /// Role [default: admin]
    #[arg(long, env = "QUORATE_USER", help_heading = "Connection")]
    pub user: Option<String>,
    /// Password; better given in the environment
    #[arg(long, env = "QUORATE_PASSWORD", hide_env_values = true, help_heading = "Connection")]
    pub password: Option<String>,
    /// Database [default: postgres]
    #[arg(long, env = "QUORATE_DATABASE", help_heading = "Connection")]
    pub database: Option<String>,
    /// PEM file of the authority that signed the server's certificate
    #[arg(long, env = "QUORATE_CA_FILE", value_name = "FILE", help_heading = "Connection")]
    pub ca_file: Option<PathBuf>,
    /// Do not verify the server's certificate
    #[arg(long, conflicts_with = "ca_file", help_heading = "Connection")]
    pub insecure: bool,

    /// Sessions that work at the same time
    #[arg(short = 'c', long, default_value_t = 8, value_name = "N", help_heading = "Load")]
    pub clients: usize,
    /// How long to measure: 500ms, 30s, 5m, 1h
    #[arg(short = 'T', long, visible_alias = "seconds", default_value = "10s",
          value_parser = parse_duration, value_name = "TIME", help_heading = "Load")]
    pub duration: Duration,
    /// How long to run before measuring
    #[arg(long, default_value = "1s", value_parser = parse_duration, value_name = "TIME",
          help_heading = "Load")]
    pub warmup: Duration,
    /// Open loop: begin N transactions a second, and measure from when each was due
    #[arg(short = 'R', long, value_name = "N", value_parser = parse_rate, help_heading = "Load")]
    pub rate: Option<f64>,
    /// How often a transaction is tried when it conflicts, the first time included
    #[arg(long, default_value_t = 10, value_name = "N", help_heading = "Load")]
    pub max_tries: u32,
    /// Seed of the random choices; the same seed makes the same choices
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub seed: Option<u64>,
    /// Create and fill the tables before the run
    #[arg(long, visible_alias = "load", help_heading = "Load")]
    pub init: bool,

    /// kv: number of keys
    #[arg(long, default_value_t = 10_000, value_name = "N", help_heading = "Workload")]
    pub keys: u64,
    /// kv: percentage of transactions that read
    #[arg(long, default_value_t = 80, value_name = "PERCENT", help_heading = "Workload",
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub read_percent: u8,
    /// kv, bank: how keys and accounts are chosen
    #[arg(long, value_enum, default_value_t = Distribution::Uniform, help_heading = "Workload")]
    pub distribution: Distribution,
    /// Skew of the zipf distribution, between 0 (none) and 1
    #[arg(long, default_value_t = 0.99, value_name = "SKEW", help_heading = "Workload")]
    pub theta: f64,
    /// kv: length of a value
    #[arg(long, default_value_t = 100, value_name = "BYTES", help_heading = "Workload")]
    pub value_size: usize,
    /// bank: number of accounts
    #[arg(long, default_value_t = 1_000, value_name = "N", help_heading = "Workload")]
    pub accounts: u64,
    /// bank: what each account holds at first
    #[arg(long, default_value_t = 1_000, value_name = "N", help_heading = "Workload")]
    pub balance: i64,
    /// tpcb: number of branches, each with 10 tellers and 100,000 accounts
    #[arg(long, default_value_t = 1, value_name = "N", help_heading = "Workload")]
    pub scale: u32,
    /// tpcc: number of warehouses, each with its stock, ten districts and their customers
    #[arg(long, default_value_t = 1, value_name = "N", help_heading = "Workload")]
    pub warehouses: u32,
    /// tpcc, when loading: number of items; fewer than the standard's make the load smaller
    #[arg(long, default_value_t = FULL_ITEMS, value_name = "N", help_heading = "Workload")]
    pub items: u32,
    /// tpcc, when loading: customers of each district, likewise
    #[arg(long, default_value_t = FULL_CUSTOMERS, value_name = "N", help_heading = "Workload")]
    pub customers: u32,
    /// tpcc: clients wait as long as an operator would type and think
    #[arg(long, conflicts_with = "rate", help_heading = "Workload")]
    pub think: bool,
    /// counter: rounds of each kind, which --duration is the length of
    #[arg(long, default_value_t = 3, value_name = "N", help_heading = "Workload")]
    pub rounds: u32,

    /// Check after the run. bank: every acknowledged transfer is there, none that failed, and every
    /// balance is what the ledger says. tpcb: the four sums agree. tpcc: the consistency conditions
    /// 3.3.2.1 to 3.3.2.12, before the run too. counter always checks its sums
    #[arg(long, visible_alias = "check", help_heading = "Report")]
    pub verify: bool,
    /// Print the report as JSON
    #[arg(long, help_heading = "Report")]
    pub json: bool,
    /// No progress line
    #[arg(short, long, help_heading = "Report")]
    pub quiet: bool,
}

impl BenchOptions {
    pub(crate) fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            url: self.url.clone(),
            host: self.host.clone(),
            port: self.port,
            user: self.user.clone(),
            password: self.password.clone().or_else(|| std::env::var("PGPASSWORD").ok()),
            database: self.database.clone(),
            ca_file: self.ca_file.clone(),
            insecure: self.insecure,
            application_name: Some("quorate bench".to_owned()),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), BenchError> {
        let refuse = |message: &str| Err(BenchError::Options(message.to_owned()));
        if self.clients == 0 || self.clients > MAXIMUM_CLIENTS {
            return refuse("--clients must be between 1 and 4000");
        }
        if self.duration.is_zero() {
            return refuse("--duration must be longer than nothing");
        }
        if self.max_tries == 0 {
            return refuse("--max-tries must be at least 1");
        }
        if !(self.theta > 0.0 && self.theta < 1.0) {
            return refuse("--theta must lie between 0 and 1");
        }
        if self.keys == 0 || self.keys > 1_000_000_000 {
            return refuse("--keys must be between 1 and 1000000000");
        }
        if self.value_size > 1_000_000 {
            return refuse("--value-size must be at most 1000000");
        }
        if self.accounts < 2 || self.accounts > 100_000_000 {
            return refuse("--accounts must be between 2 and 100000000");
        }
        if self.balance < 0 || self.balance > 1_000_000_000 {
            return refuse("--balance must be between 0 and 1000000000");
        }
        if self.scale == 0 || self.scale > 10_000 {
            return refuse("--scale must be between 1 and 10000");
        }
        if self.warehouses == 0 || self.warehouses > 10_000 {
            return refuse("--warehouses must be between 1 and 10000");
        }
        if self.items < 100 || self.items > FULL_ITEMS {
            return refuse("--items must be between 100 and 100000");
        }
        if self.customers < 10
            || self.customers > FULL_CUSTOMERS
            || !self.customers.is_multiple_of(10)
        {
            return refuse("--customers must be between 10 and 3000, and a multiple of 10");
        }
        if self.think && self.workload != WorkloadName::Tpcc {
            return refuse("--think is for tpcc");
        }
        if self.rounds == 0 || self.rounds > 1_000 {
            return refuse("--rounds must be between 1 and 1000");
        }
        if self.action == Action::Check && self.workload != WorkloadName::Tpcc {
            return refuse("check is for tpcc; the others are checked by a run with --verify");
        }
        if self.verify && self.workload == WorkloadName::Kv {
            return refuse("--verify is not for kv, which has nothing that must hold");
        }
        Ok(())
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    match number.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1_000_000.0 => Ok(rate),
        _ => Err("a rate is a number above 0 and up to 1000000".to_owned()),
    }
}

/// `500ms`, `30s`, `5m`, `1h`; a number without a unit is in seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let seconds_per_unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        unit => return Err(format!("unknown unit \"{unit}\" (one of ms, s, m, h)")),
    };
    match digits.parse::<f64>() {
        Ok(number) if (0.0..=1e9).contains(&number) => {
            Ok(Duration::from_secs_f64(number * seconds_per_unit))
        }
        _ => Err(format!("\"{text}\" is not a time such as 500ms, 30s, 5m or 1h")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: BenchOptions,
    }

    fn parse(words: &str) -> Result<BenchOptions, clap::Error> {
        Command::try_parse_from(["bench"].into_iter().chain(words.split_whitespace()))
            .map(|command| command.options)
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Command::command().debug_assert();
    }

    #[test]
    fn an_action_is_run_unless_said() {
        let options = parse("bank").expect("valid");
        assert_eq!((options.workload, options.action), (WorkloadName::Bank, Action::Run));
        let options = parse("kv init --keys 5").expect("valid");
        assert_eq!((options.action, options.keys), (Action::Init, 5));
        assert!(parse("ycsb").is_err() && parse("kv --read-percent 101").is_err());
    }

    #[test]
    fn times_and_rates_are_read() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("7"), Ok(Duration::from_secs(7)));
        for bad in ["", "s", "-1s", "1d", "x"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_rate("250/s"), Ok(250.0));
        assert!(parse_rate("0").is_err() && parse_rate("NaN").is_err());
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        for words in [
            "kv --verify",
            "bank --clients 0",
            "bank --accounts 1",
            "kv --theta 1",
            "kv -T 0s",
            "bank check",
            "kv --think",
            "tpcc --warehouses 0",
            "tpcc --customers 25",
            "counter --rounds 0",
        ] {
            let options = parse(words).expect("parses");
            assert!(matches!(options.validate(), Err(BenchError::Options(_))), "{words}");
        }
        assert!(parse("bank --verify --rate 100/s").expect("parses").validate().is_ok());
        let tpcc = parse("tpcc --warehouses 10 --clients 16 --seconds 120 --load --check --json");
        let tpcc = tpcc.expect("parses");
        assert!(tpcc.validate().is_ok() && tpcc.init && tpcc.verify);
        assert_eq!(tpcc.duration, Duration::from_secs(120));
        assert!(parse("tpcc --think --rate 5").is_err());
    }
}
