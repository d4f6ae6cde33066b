//! `quorate demo`: a whole cluster on one machine, to look at and to break.
//!
//! ```text
//!   node 1 (eu-west) ── relay ── node 2 (us-east)      every way from one node to another is a relay in the demo's
//!        └───────────── relay ── node 3 (ap-south)     own process, with a delay, which `\demo` changes or cuts
//! ```
//!
//! The nodes are processes of this program, with TLS between them and to clients, each with data of its own. All of them
//! end with the demo, however it ends, and a folder that nobody asked for goes with them, unless the demo is killed.

mod nodes;
mod relay;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::SignalKind;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::exit::{Code, Exit, from_io};
use nodes::Nodes;

/// Nodes at most: they share a machine.
const NODES_MAX: u32 = 15;

/// Options of `quorate demo`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
In the shell, and with --execute:
  \\demo ls                  the nodes, their processes and the network between them
  \\demo kill N              end a node at once
  \\demo restart N           start it again on its data
  \\demo partition A B       let nothing pass between two nodes or regions
  \\demo latency A B 80ms    a round trip between two nodes or regions
  \\demo heal                the network as it was at the beginning
  \\q                        end the demo and all its nodes")]
pub struct DemoOptions {
    /// Regions, each at another distance.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=15))]
    regions: u32,
    /// Nodes in each region.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=15))]
    nodes_per_region: u32,
    /// A round trip between two regions.
    #[arg(long, default_value = "30ms", value_parser = crate::command_line::duration, value_name = "TIME")]
    latency: Duration,
    /// Run a statement or a backslash command and end; may be given several times.
    #[arg(short = 'e', long = "execute", value_name = "SQL")]
    execute: Vec<String>,
    /// Keep the nodes' data here, in a new folder [default: a temporary folder, removed at the end].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// No tables and rows to begin with.
    #[arg(long)]
    empty: bool,
}

/// Rows to try things on.
const SAMPLE: &str = "
CREATE TABLE accounts (
  id bigint PRIMARY KEY, owner text NOT NULL, region text NOT NULL, balance numeric(12,2) NOT NULL CHECK (balance >= 0));
CREATE TABLE transfers (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), source bigint NOT NULL REFERENCES accounts,
  target bigint NOT NULL REFERENCES accounts, amount numeric(12,2) NOT NULL, made timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON accounts (region);
INSERT INTO accounts SELECT n, 'owner ' || n, (ARRAY['eu-west', 'us-east', 'ap-south'])[n % 3 + 1], 100
  FROM generate_series(1, 999) AS n;";

/// A folder that is removed when the demo ends, unless it was asked for.
struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    fn make(wanted: Option<&PathBuf>) -> Result<Folder, Exit> {
        let path = match wanted {
            Some(path) if path.exists() => {
                let message =
                    format!("{} exists already; the demo wants a new folder", path.display());
                return Err(Exit::new(Code::Usage, message));
            }
            Some(path) => path.clone(),
            None => std::env::temp_dir().join(format!("quorate-demo-{}", uuid::Uuid::new_v4())),
        };
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&path).map_err(|error| from_io(&path, "create", &error))?;
        let path = path.canonicalize().map_err(|error| from_io(&path, "find", &error))?;
        Ok(Folder { path, is_kept: wanted.is_some() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed is left in the folder of temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Runs the demo to its end.
pub async fn run(options: DemoOptions) -> Result<ExitCode, Exit> {
    let count = options.regions * options.nodes_per_region;
    if count == 2 || count > NODES_MAX {
        return Err(Exit::new(
            Code::Usage,
            format!(
                "{count} nodes: a cluster has one node, or 3 to {NODES_MAX} (journals want three voters)"
            ),
        ));
    }
    let signal = |kind| {
        tokio::signal::unix::signal(kind)
            .map_err(|error| Exit::failure(format!("signals: {error}")))
    };
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let folder = Folder::make(options.data_dir.as_ref())?;
    let path = folder.path.clone();
    let prepared =
        Nodes::prepare(path, options.regions, options.nodes_per_region, options.latency).await?;
    let nodes = Arc::new(Mutex::new(prepared));
    let ended = tokio::select! {
        code = show(&options, &nodes) => code,
        _ = interrupt.recv() => Ok(130),
        _ = terminate.recv() => Ok(0),
    };
    // Commands that were given up hold the nodes no longer.
    if let Some(nodes) = Arc::into_inner(nodes) {
        nodes.into_inner().stop().await;
    }
    drop(folder);
    Ok(ExitCode::from(u8::try_from(ended?).unwrap_or(1)))
}

async fn show(options: &DemoOptions, nodes: &Arc<Mutex<Nodes>>) -> Result<i32, Exit> {
    let begun = Instant::now();
    let target = {
        let mut nodes = nodes.lock().await;
        let numbers: Vec<u32> = nodes.all.iter().map(|node| node.number).collect();
        for number in numbers {
            nodes.start(number)?;
        }
        nodes.become_ready().await?;
        welcome(&nodes, begun.elapsed(), options.latency)?
    };
    if !options.empty {
        let sample = shell::ShellOptions {
            commands: vec![SAMPLE.to_owned()],
            quiet: true,
            ..target.clone()
        };
        if run_shell(sample).await? != 0 {
            return Err(Exit::failure("the sample rows were not written"));
        }
    }
    let commands = Commands(Arc::clone(nodes));
    run_shell(shell::ShellOptions {
        commands: options.execute.clone(),
        more: Some(shell::More(Arc::new(commands))),
        ..target
    })
    .await
}

async fn run_shell(options: shell::ShellOptions) -> Result<i32, Exit> {
    shell::run(options).await.map_err(|error| Exit::new(Code::Usage, error.to_string()))
}

/// Prints how the nodes are reached; how the shell reaches the first.
#[expect(clippy::print_stdout, reason = "where clients connect is this command's output")]
fn welcome(nodes: &Nodes, took: Duration, latency: Duration) -> Result<shell::ShellOptions, Exit> {
    let password_file = nodes.data_folder(1).join(crate::bootstrap::PASSWORD_FILE);
    let password = std::fs::read_to_string(&password_file)
        .map_err(|error| from_io(&password_file, "read", &error))?;
    let (password, authority) = (password.trim().to_owned(), nodes.authority());
    let (count, seconds) = (nodes.all.len(), took.as_secs_f64());
    println!(
        "{count} nodes ready in {seconds:.1} s, {} ms between regions; TLS, role admin",
        latency.as_millis()
    );
    for node in &nodes.all {
        println!(
            "  {:<10}  psql 'postgresql://admin:{password}@{}/postgres?sslmode=verify-full&sslrootcert={}'",
            node.region,
            node.sql,
            authority.display()
        );
    }
    println!(
        "logs and data in {}; \\demo says what can be broken, \\q ends it all",
        nodes.folder.display()
    );
    let first = nodes.all.first().map(|node| node.sql);
    let first = first.ok_or_else(|| Exit::failure("a demo without nodes"))?;
    Ok(shell::ShellOptions {
        host: Some(first.ip().to_string()),
        port: Some(first.port()),
        password: Some(password),
        ca_file: Some(authority),
        ..shell::ShellOptions::default()
    })
}

/// The shell's commands of the demo.
struct Commands(Arc<Mutex<Nodes>>);

impl shell::MoreCommands for Commands {
    fn run<'a>(&'a self, command: &'a str, argument: &'a str) -> shell::Answer<'a> {
        Box::pin(async move {
            if command != "\\demo" {
                return None;
            }
            Some(self.demo(argument).await.map_err(|failure| failure.to_string()))
        })
    }
}

const USAGE: &str = "\\demo ls | kill N | restart N | partition A B | latency A B 80ms | heal";

impl Commands {
    async fn demo(&self, argument: &str) -> Result<String, Exit> {
        let usage = || Exit::failure(format!("usage: {USAGE}"));
        let words: Vec<&str> = argument.split_whitespace().collect();
        let number = |word: &str| word.parse::<u32>().map_err(|_| usage());
        let mut nodes = self.0.lock().await;
        match words.as_slice() {
            [] => Ok(format!("{USAGE}\n")),
            ["ls"] => Ok(nodes.list()),
            ["kill", node] => {
                nodes.kill(number(node)?).await?;
                Ok(format!("node {node} is dead\n"))
            }
            ["restart", node] => {
                nodes.restart(number(node)?).await?;
                Ok(format!("node {node} starts\n"))
            }
            ["partition", left, right] => {
                let pairs = nodes.change(left, right, |weather| weather.is_cut = true)?;
                Ok(format!("nothing passes between {left} and {right} (pairs of nodes: {pairs})\n"))
            }
            ["latency", left, right, time] => {
                let time = crate::command_line::duration(time).map_err(Exit::failure)?;
                let pairs = nodes.change(left, right, |weather| weather.delay = time / 2)?;
                let shown = time.as_secs_f64() * 1_000.0;
                Ok(format!("{shown} ms between {left} and {right} (pairs of nodes: {pairs})\n"))
            }
            ["heal"] => {
                nodes.heal();
                Ok("the network is as it was at the beginning\n".to_owned())
            }
            _ => Err(usage()),
        }
    }
}
