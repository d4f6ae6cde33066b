//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::book::Locality;
use crate::exit::{Code, Exit};
use crate::{data_directory, demo, start, status};

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
  quorate demo                           three regions on this machine, to try and to break

Exit codes: 0 success, 1 failure, 2 usage, 4 not ready, 5 port in use,
6 data directory unusable, 7 disk full, 8 data corrupt, 9 clock not kept.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a node.
    Start(Box<StartOptions>),
    /// Open an SQL shell, or run statements.
    Sql(Box<SqlOptions>),
    /// Show how a node is.
    Status(StatusOptions),
    /// Print the connection URL of the local node.
    Url(UrlOptions),
    /// Make an empty data directory that of a new cluster's first node, also while a node waits on it with --join.
    Init(InitOptions),
    /// Show the nodes of the cluster.
    #[command(subcommand)]
    Node(NodeCommand),
    /// Make and renew the certificates of a cluster.
    Cert(crate::cert::CertOptions),
    /// Run a workload and measure it.
    Bench(Box<bench::BenchOptions>),
    /// Start a whole cluster on this machine, to look at and to break.
    Demo(demo::DemoOptions),
}

/// Options of `quorate start`.
#[derive(Clone, Debug, Args)]
pub struct StartOptions {
    /// Where the data is; made if it does not exist.
    #[arg(long, env = "QUORATE_DATA_DIR", default_value = "quorate-data", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Where clients connect.
    #[arg(
        long,
        env = "QUORATE_SQL_ADDR",
        default_value = "127.0.0.1:5432",
        value_name = "HOST:PORT",
        help_heading = "Network"
    )]
    pub sql_addr: SocketAddr,
    /// Where status, health and metrics are served.
    #[arg(
        long,
        env = "QUORATE_HTTP_ADDR",
        default_value = "127.0.0.1:8432",
        value_name = "HOST:PORT",
        help_heading = "Network"
    )]
    pub http_addr: SocketAddr,
    /// Where other nodes connect.
    #[arg(
        long,
        env = "QUORATE_NODE_ADDR",
        default_value = "127.0.0.1:7432",
        value_name = "HOST:PORT",
        help_heading = "Network"
    )]
    pub node_addr: SocketAddr,
    /// Nodes of the cluster to join, where they listen for nodes; without it a new directory becomes a new cluster.
    #[arg(
        long,
        env = "QUORATE_JOIN",
        value_delimiter = ',',
        value_name = "HOST:PORT,...",
        help_heading = "Cluster"
    )]
    pub join: Vec<String>,
    /// Where the node stands: journals have their voters in different zones.
    #[arg(
        long,
        env = "QUORATE_LOCALITY",
        value_name = "region=NAME,zone=NAME",
        help_heading = "Cluster"
    )]
    pub locality: Option<Locality>,
    /// The host that other nodes and the address book are told, if it is not that of the addresses.
    #[arg(long, env = "QUORATE_ADVERTISE_HOST", value_name = "HOST", help_heading = "Cluster")]
    pub advertise_host: Option<String>,
    /// Connect to ACTUAL where another node tells TOLD: through a tunnel or a relay.
    #[arg(
        long,
        env = "QUORATE_REACH",
        value_delimiter = ',',
        value_parser = detour,
        value_name = "TOLD=ACTUAL,...",
        help_heading = "Cluster"
    )]
    pub reach: Vec<(String, String)>,
    /// How far this machine's clock may be from the true time: every commit waits for twice that, and with less than the
    /// truth reads may be stale [default: what the kernel's time keeping says; nothing on loopback].
    #[arg(long, env = "QUORATE_MAX_CLOCK_OFFSET", value_parser = duration, value_name = "TIME", help_heading = "Cluster")]
    pub max_clock_offset: Option<Duration>,
    /// Certificates of this node: ca.crt, node.crt, node.key [default: certs in the data directory, made if missing].
    #[arg(long, env = "QUORATE_CERTS_DIR", value_name = "DIR", help_heading = "Security")]
    pub certs_dir: Option<PathBuf>,
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
    /// Memory for blocks read from disk.
    #[arg(long, env = "QUORATE_CACHE", default_value = "256MiB", value_parser = bytes, value_name = "SIZE", help_heading = "Tuning")]
    pub cache: u64,
    /// Memory for rows that are read and have not changed for a while; zero turns it off.
    #[arg(long, env = "QUORATE_ROW_CACHE", default_value = "256MiB", value_parser = bytes, value_name = "SIZE", help_heading = "Tuning")]
    pub row_cache: u64,
    /// Commits are refused (53100) when the disk has less free than this; reads go on.
    #[arg(long, env = "QUORATE_DISK_RESERVE", default_value = "512MiB", value_parser = bytes, value_name = "SIZE", help_heading = "Tuning")]
    pub disk_reserve: u64,
    /// Client connections; more are refused with 53300.
    #[arg(
        long,
        env = "QUORATE_MAX_CONNECTIONS",
        default_value_t = 10_000,
        value_name = "N",
        help_heading = "Tuning"
    )]
    pub max_connections: usize,
    /// How much is logged: error, warn, info, debug or trace.
    #[arg(long, env = "QUORATE_LOG_LEVEL", default_value = "warn", value_name = "LEVEL")]
    pub log_level: String,
    /// Print JSON lines even on a terminal.
    #[arg(long)]
    pub json: bool,
    /// Stop as by SIGTERM when the process that started this one ends.
    #[arg(long)]
    pub end_with_parent: bool,
}

/// Options of `quorate sql`.
#[derive(Debug, Args)]
struct SqlOptions {
    /// Connection URL; without one, the node of --data-dir.
    #[arg(value_name = "URL", env = "QUORATE_URL", hide_env_values = true)]
    url: Option<String>,
    /// Run a statement or a backslash command and end; may be given several times.
    #[arg(short = 'c', long = "command", value_name = "SQL")]
    commands: Vec<String>,
    /// Run a file and end; - is standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How rows are printed: table, vertical, csv, json or ndjson.
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: shell::OutputFormat,
    /// No welcome line and no command tags.
    #[arg(short, long)]
    quiet: bool,
    /// The data directory of a node on this machine.
    #[arg(
        long,
        env = "QUORATE_DATA_DIR",
        default_value = "quorate-data",
        value_name = "DIR",
        help_heading = "Connection"
    )]
    data_dir: PathBuf,
    /// Host name or address.
    #[arg(long, env = "QUORATE_HOST", help_heading = "Connection")]
    host: Option<String>,
    /// Port.
    #[arg(long, env = "QUORATE_PORT", help_heading = "Connection")]
    port: Option<u16>,
    /// Role [default: admin].
    #[arg(long, env = "QUORATE_USER", help_heading = "Connection")]
    user: Option<String>,
    /// Password; better given in the environment.
    #[arg(long, env = "QUORATE_PASSWORD", hide_env_values = true, help_heading = "Connection")]
    password: Option<String>,
    /// Database [default: postgres].
    #[arg(long, env = "QUORATE_DATABASE", help_heading = "Connection")]
    database: Option<String>,
    /// PEM file of the authority that signed the server's certificate.
    #[arg(long, env = "QUORATE_CA_FILE", value_name = "FILE", help_heading = "Connection")]
    ca_file: Option<PathBuf>,
    /// Do not verify the server's certificate.
    #[arg(long, conflicts_with = "ca_file", help_heading = "Connection")]
    insecure: bool,
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

#[derive(Debug, Args)]
struct InitOptions {
    /// The data directory of the first node.
    #[arg(long, env = "QUORATE_DATA_DIR", default_value = "quorate-data", value_name = "DIR")]
    data_dir: PathBuf,
    /// Adjudicator shards, 1 to 256 [default: 4].
    #[arg(long, env = "QUORATE_ADJUDICATORS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    adjudicators: Option<u32>,
    /// The cluster's nodes will be started with --insecure.
    #[arg(long, env = "QUORATE_INSECURE")]
    insecure: bool,
}

#[derive(Debug, Subcommand)]
enum NodeCommand {
    /// All nodes, as the asked one knows them.
    Ls(StatusOptions),
    /// The journals: who leads, who votes, who lacks what.
    Status(StatusOptions),
}

/// Runs the command; the code is that of success unless the command says otherwise.
pub async fn run(command_line: CommandLine) -> Result<ExitCode, Exit> {
    match command_line.command {
        Command::Start(options) => start::run(*options).await.map(|()| ExitCode::SUCCESS),
        Command::Sql(options) => run_shell(*options).await,
        Command::Bench(options) => run_bench(*options).await,
        Command::Demo(options) => demo::run(options).await,
        Command::Status(options) => {
            let address = options.http_addr.as_deref();
            let (json, wait) = (options.json, options.wait);
            status::run(&options.data_dir, address, json, wait, status::Part::Node).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Cert(options) => {
            crate::cert::run(options)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Init(options) => {
            init(&options)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Node(command) => {
            let (options, part) = match command {
                NodeCommand::Ls(options) => (options, status::Part::Nodes),
                NodeCommand::Status(options) => (options, status::Part::Journals),
            };
            let address = options.http_addr.as_deref();
            let wait = options.wait;
            status::run(&options.data_dir, address, options.json, wait, part).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Url(options) => {
            status::print_url(&options.data_dir)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[expect(clippy::print_stdout, reason = "the new cluster's id is this command's output")]
fn init(options: &InitOptions) -> Result<(), Exit> {
    let (adjudicators, secure) = (options.adjudicators, !options.insecure);
    let identity = data_directory::found(&options.data_dir, adjudicators, secure)?;
    println!("cluster {}, node {}", identity.cluster_id, identity.node_id);
    Ok(())
}

async fn run_shell(options: SqlOptions) -> Result<ExitCode, Exit> {
    let mut shell = shell::ShellOptions {
        url: options.url,
        host: options.host,
        port: options.port,
        user: options.user,
        password: options.password,
        database: options.database,
        ca_file: options.ca_file,
        insecure: options.insecure,
        commands: options.commands,
        files: options.files,
        format: options.format,
        quiet: options.quiet,
        more: None,
    };
    if shell.url.is_none()
        && shell.host.is_none()
        && shell.port.is_none()
        && let Some(local) = status::local_target(&options.data_dir)
    {
        shell.host = Some(local.host);
        shell.port = Some(local.port);
        shell.password = shell.password.or(local.password);
        shell.ca_file = shell.ca_file.or(local.ca_file);
    }
    let code =
        shell::run(shell).await.map_err(|error| Exit::new(Code::Usage, error.to_string()))?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

async fn run_bench(mut options: bench::BenchOptions) -> Result<ExitCode, Exit> {
    if options.url.is_none() && options.host.is_none() && options.port.is_none() {
        let default = std::path::Path::new("quorate-data");
        let directory = std::env::var_os("QUORATE_DATA_DIR").map(PathBuf::from);
        if let Some(local) = status::local_target(directory.as_deref().unwrap_or(default)) {
            options.host = Some(local.host);
            options.port = Some(local.port);
            options.password = options.password.or(local.password);
            options.ca_file = options.ca_file.or(local.ca_file);
        }
    }
    let code = bench::run(options).await.map_err(|error| Exit::failure(error.to_string()))?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// `500ms`, `2s`, `60min`, `1h`; a bare number is seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 =
        number.parse().map_err(|_| "expected a time such as 2s or 60min".to_owned())?;
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "" | "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("unknown unit of time \"{unit}\": use ms, s, min or h")),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

/// `10.0.0.7:7432=127.0.0.1:9000`.
fn detour(text: &str) -> Result<(String, String), String> {
    let is_address = |text: &str| {
        text.rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    };
    match text.split_once('=') {
        Some((told, actual)) if is_address(told) && is_address(actual) => {
            Ok((told.to_owned(), actual.to_owned()))
        }
        _ => Err("expected TOLD=ACTUAL, each as HOST:PORT".to_owned()),
    }
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
        assert_eq!(detour("a:1=b:2"), Ok(("a:1".to_owned(), "b:2".to_owned())));
        assert!(detour("a:1=b").is_err() && detour("a:1").is_err());
    }
}
