//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::exit::Exit;
use crate::{start, status};

/// An active-active, distributed SQL database that speaks the PostgreSQL wire protocol.
#[derive(Debug, Parser)]
#[command(name = "quorate", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  quorate start                          start a database in ./quorate-data
  quorate sql -c 'SELECT version()'      run one statement on the local node
  quorate status --json                  how the node is, for scripts

Exit codes: 0 success, 1 failure, 2 usage, 4 not ready, 5 port in use,
6 data directory unusable, 7 disk full, 8 data corrupt.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a node.
    Start(Box<StartOptions>),
    /// Show how a node is.
    Status(StatusOptions),
    /// Print the connection URL of the local node.
    Url(UrlOptions),
}

/// Options of `quorate start`.
#[derive(Clone, Debug, Args)]
pub struct StartOptions {
    /// Where the data is; made if it does not exist.
    #[arg(long, env = "QUORATE_DATA_DIR", default_value = "quorate-data", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Where clients connect.
    #[arg(long, env = "QUORATE_SQL_ADDR", default_value = "127.0.0.1:5432", value_name = "HOST:PORT", help_heading = "Network")]
    pub sql_addr: SocketAddr,
    /// Where status, health and metrics are served.
    #[arg(long, env = "QUORATE_HTTP_ADDR", default_value = "127.0.0.1:8432", value_name = "HOST:PORT", help_heading = "Network")]
    pub http_addr: SocketAddr,
    /// Where other nodes connect.
    #[arg(long, env = "QUORATE_NODE_ADDR", default_value = "127.0.0.1:7432", value_name = "HOST:PORT", help_heading = "Network")]
    pub node_addr: SocketAddr,
    /// No TLS and no passwords; on loopback addresses only.
    #[arg(long, env = "QUORATE_INSECURE", help_heading = "Security")]
    pub insecure: bool,
    /// Adjudicator shards of a new database, 1 to 256 [default: 4].
    #[arg(long, env = "QUORATE_ADJUDICATORS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256), help_heading = "Tuning")]
    pub adjudicators: Option<u32>,
    /// Query processors are replaced at this age; clients do not notice.
    #[arg(long, env = "QUORATE_QP_MAX_AGE", default_value = "60min", value_parser = duration, value_name = "TIME", help_heading = "Tuning")]
    pub qp_max_age: Duration,
    /// Memory of one statement before it spills to disk.
    #[arg(long, env = "QUORATE_QUERY_MEMORY", default_value = "128MiB", value_parser = bytes, value_name = "SIZE", help_heading = "Tuning")]
    pub query_memory: u64,
    /// Memory for rows read from disk.
    #[arg(long, env = "QUORATE_CACHE", default_value = "256MiB", value_parser = bytes, value_name = "SIZE", help_heading = "Tuning")]
    pub cache: u64,
    /// Commits are refused (53100) when the disk has less free than this; reads go on.
    #[arg(long, env = "QUORATE_DISK_RESERVE", default_value = "512MiB", value_parser = bytes, value_name = "SIZE", help_heading = "Tuning")]
    pub disk_reserve: u64,
    /// Client connections; more are refused with 53300.
    #[arg(long, env = "QUORATE_MAX_CONNECTIONS", default_value_t = 10_000, value_name = "N", help_heading = "Tuning")]
    pub max_connections: usize,
    /// How much is logged: error, warn, info, debug or trace.
    #[arg(long, env = "QUORATE_LOG_LEVEL", default_value = "warn", value_name = "LEVEL")]
    pub log_level: String,
    /// Print JSON lines even on a terminal.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
struct StatusOptions {
    /// The data directory of a node on this machine.
    #[arg(long, env = "QUORATE_DATA_DIR", default_value = "quorate-data", value_name = "DIR")]
    data_dir: PathBuf,
    /// The node's HTTP address, instead of what its data directory says.
    #[arg(long, value_name = "HOST:PORT")]
    http_addr: Option<String>,
    /// One JSON document.
    #[arg(long)]
    json: bool,
    /// Wait until the node is ready, at most this long.
    #[arg(long, value_parser = duration, value_name = "TIME")]
    wait: Option<Duration>,
}

#[derive(Debug, Args)]
struct UrlOptions {
    /// The data directory of a node on this machine.
    #[arg(long, env = "QUORATE_DATA_DIR", default_value = "quorate-data", value_name = "DIR")]
    data_dir: PathBuf,
}

/// Runs the command; the code is that of success unless the command says otherwise.
pub async fn run(command_line: CommandLine) -> Result<ExitCode, Exit> {
    match command_line.command {
        Command::Start(options) => start::run(*options).await.map(|()| ExitCode::SUCCESS),
        Command::Status(options) => {
            let address = options.http_addr.as_deref();
            status::run(&options.data_dir, address, options.json, options.wait).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Url(options) => {
            status::print_url(&options.data_dir)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// `500ms`, `2s`, `60min`, `1h`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| "expected a time such as 2s or 60min".to_owned())?;
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "" | "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("unknown unit of time \"{unit}\": use ms, s, min or h")),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

/// `512MiB`, `1GiB`; a bare number is bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 =
        number.parse().map_err(|_| "expected a size such as 64MiB or 1GiB".to_owned())?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" | "kb" | "k" => 1 << 10,
        "mib" | "mb" | "m" => 1 << 20,
        "gib" | "gb" | "g" => 1 << 30,
        _ => return Err(format!("unknown unit of size \"{unit}\": use KiB, MiB or GiB")),
    };
    number.checked_mul(factor).ok_or_else(|| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        CommandLine::command().debug_assert();
    }

    #[test]
    fn times_and_sizes_have_units() {
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1.5min"), Ok(Duration::from_secs(90)));
        assert!(duration("2 fortnights").is_err());
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert!(bytes("x").is_err());
    }
}
