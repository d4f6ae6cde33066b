//! `cargo xtask bench vs-postgres`: the same pgbench on PostgreSQL and on Quorate, in alternating runs.
//!
//! Machines are shared, disks have moods. A ratio of two numbers that were taken an hour apart says nothing, so each round
//! runs every workload on both systems one after the other, and every second round in the other order; what is compared
//! are medians over the rounds. PostgreSQL runs with the durability that initdb gives it (fsync, synchronous_commit and
//! full_page_writes on), Quorate with its own only mode. Both keep their data below the same temporary folder, so on the
//! same disk, which has to be a real one: point `--folder` elsewhere if the default is in memory.

mod pgbench;
mod report;
pub mod servers;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use pgbench::{Measurement, Pgbench};
use report::{Comparison, Report};
use servers::{Binaries, PostgresServer, QuorateServer, Target};

use crate::chores;

#[derive(Args)]
pub struct Options {
    /// pgbench's scale: 100,000 accounts each.
    #[arg(long, default_value_t = 10)]
    scale: u32,
    /// How often each workload runs on each system.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Length of one run.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// Only these workloads: select, pipeline, simple, string, update, insert, tpcb, latency.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Folder with initdb, postgres, psql and pgbench; else the path, else /usr/lib/postgresql/*/bin.
    #[arg(long, env = "PG_BIN")]
    pg_bin: Option<PathBuf>,
    /// The quorate program; else it is built with optimizations.
    #[arg(long, env = "QUORATE_BIN")]
    quorate: Option<PathBuf>,
    /// Where both keep their data; has to be on a real disk.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// One JSON document instead of a table.
    #[arg(long)]
    json: bool,
}

/// One way of using pgbench.
pub struct Workload {
    pub name: &'static str,
    pub what: &'static str,
    pub clients: u32,
    /// Whether statements are prepared, or sent as text each time.
    protocol: Protocol,
    /// What is counted is one of so many in the script.
    per_script: u32,
    kind: Kind,
    /// The ratio of throughputs that the project wants to reach, if it has set one.
    pub goal: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Builtin(&'static str),
    Insert,
    /// Ten of `-S` before the first answer is read: the way to the server and back is shared.
    TenSelects,
}

/// pgbench's `-M`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Prepared,
    Simple,
}

const INSERT: &str =
    "insert into versus_insert (id, note) values (gen_random_uuid(), 'one row');\n";
const INSERT_TABLE: &str = "create table versus_insert (id uuid primary key, note text not null)";

const WORKLOADS: &[Workload] = &[
    Workload {
        name: "select",
        what: "one account by key (-S)",
        clients: 8,
        protocol: Protocol::Prepared,
        per_script: 1,
        kind: Kind::Builtin("select-only"),
        goal: Some(0.8),
    },
    Workload {
        name: "pipeline",
        what: "the same, ten in a pipeline",
        clients: 4,
        protocol: Protocol::Prepared,
        per_script: 10,
        kind: Kind::TenSelects,
        goal: None,
    },
    Workload {
        name: "simple",
        what: "the same, simple protocol",
        clients: 8,
        protocol: Protocol::Simple,
        per_script: 1,
        kind: Kind::Builtin("select-only"),
        goal: None,
    },
    Workload {
        name: "string",
        what: "the same, simple, ten in a query string",
        clients: 4,
        protocol: Protocol::Simple,
        per_script: 10,
        kind: Kind::TenSelects,
        goal: None,
    },
    Workload {
        name: "update",
        what: "simple update (-N)",
        clients: 32,
        protocol: Protocol::Prepared,
        per_script: 1,
        kind: Kind::Builtin("simple-update"),
        goal: Some(1.0),
    },
    Workload {
        name: "insert",
        what: "one row, one commit",
        clients: 32,
        protocol: Protocol::Prepared,
        per_script: 1,
        kind: Kind::Insert,
        goal: Some(1.0),
    },
    Workload {
        name: "tpcb",
        what: "TPC-B (conflicts retried)",
        clients: 32,
        protocol: Protocol::Prepared,
        per_script: 1,
        kind: Kind::Builtin("tpcb-like"),
        goal: None,
    },
    Workload {
        name: "latency",
        what: "simple update (-N), one client",
        clients: 1,
        protocol: Protocol::Prepared,
        per_script: 1,
        kind: Kind::Builtin("simple-update"),
        goal: None,
    },
];

pub fn run(options: &Options) -> Result<(), String> {
    let chosen: Vec<&Workload> = WORKLOADS
        .iter()
        .filter(|workload| {
            options.only.is_empty() || options.only.iter().any(|name| name == workload.name)
        })
        .collect();
    if chosen.is_empty() || options.only.iter().any(|name| WORKLOADS.iter().all(|w| w.name != name))
    {
        let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
        return Err(format!("--only takes {}", names.join(", ")));
    }
    let program = match &options.quorate {
        Some(program) => program.clone(),
        None => chores::release_program()?,
    };
    let binaries = Binaries::find(options.pg_bin.as_deref())?;
    let folder = temporary_folder(options.folder.as_deref())?;
    let fsync_millis = median_fsync_millis(folder.path())?;

    let postgres = PostgresServer::start(&binaries, folder.path())?;
    let quorate = QuorateServer::start(&program, &binaries, folder.path())?;
    let targets = [postgres.target(), quorate.target()];
    let pgbench = Pgbench::new(&binaries, folder.path());
    for target in targets {
        progress(&format!("loading scale {} into {}", options.scale, target.name));
        pgbench.load(target, options.scale)?;
        target.query(&binaries, INSERT_TABLE)?;
    }

    let mut comparisons: Vec<Comparison<'_>> = chosen.iter().map(|w| Comparison::new(w)).collect();
    for round in 0..options.rounds {
        for comparison in &mut comparisons {
            // Whoever comes second finds the disk busy with the first's leftovers: take turns.
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for index in order {
                let target = targets[index];
                let measured = measure(&pgbench, target, comparison.workload, options.seconds)?;
                progress(&format!(
                    "round {} of {}: {:<8} {:<10} {:>9.0}/s, {:>6.1} µs of processor time each, {} failed, {} retried",
                    round + 1,
                    options.rounds,
                    comparison.workload.name,
                    target.name,
                    measured.per_second,
                    measured.processor_micros,
                    measured.failed,
                    measured.retried,
                ));
                comparison.add(index, measured);
            }
        }
    }
    for target in targets {
        expect_balance(&binaries, target)?;
    }

    let report = Report {
        scale: options.scale,
        rounds: options.rounds,
        seconds: options.seconds,
        fsync_millis,
        postgres_settings: postgres.settings(&binaries)?,
        comparisons,
    };
    if options.json {
        println!("{}", report.to_json());
    } else {
        println!("{}", report.to_table());
    }
    Ok(())
}

fn measure(
    pgbench: &Pgbench<'_>,
    target: &Target,
    workload: &Workload,
    seconds: u32,
) -> Result<Measurement, String> {
    match workload.kind {
        Kind::Builtin(name) => pgbench.run_builtin(target, workload, name, seconds),
        Kind::Insert => pgbench.run_script(target, workload, INSERT, seconds),
        Kind::TenSelects => {
            let script = ten_selects(workload.protocol, workload.per_script);
            pgbench.run_script(target, workload, &script, seconds)
        }
    }
}

fn ten_selects(protocol: Protocol, count: u32) -> String {
    let setting = |i| format!("\\set a{i} random(1, 100000 * :scale)\n");
    let select = |i| format!("SELECT abalance FROM pgbench_accounts WHERE aid = :a{i}");
    let settings: String = (0..count).map(setting).collect();
    let selects: Vec<String> = (0..count).map(select).collect();
    match protocol {
        Protocol::Prepared => {
            let selects = selects.join(";\n");
            format!("{settings}\\startpipeline\n{selects};\n\\endpipeline\n")
        }
        // One message: pgbench's way of not splitting there.
        Protocol::Simple => format!("{settings}{};\n", selects.join(" \\;\n")),
    }
}

/// Every update adds its delta to an account and to the history, in one transaction: the sums have to agree.
fn expect_balance(binaries: &Binaries, target: &Target) -> Result<(), String> {
    let answer = target.query(
        binaries,
        "select (select coalesce(sum(abalance), 0) from pgbench_accounts) \
         = (select coalesce(sum(delta), 0) from pgbench_history)",
    )?;
    if answer == "t" {
        return Ok(());
    }
    Err(format!("{}: the accounts and the history do not agree", target.name))
}

/// A folder that other users may enter, because PostgreSQL does not run as root.
fn temporary_folder(parent: Option<&Path>) -> Result<tempfile::TempDir, String> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = tempfile::Builder::new();
    builder.prefix("quorate-versus-").permissions(fs::Permissions::from_mode(0o755));
    let folder = match parent {
        Some(parent) => builder.tempdir_in(parent),
        None => builder.tempdir(),
    };
    folder.map_err(|error| format!("temporary folder: {error}"))
}

/// What one small append and fdatasync cost on this disk: the floor under every durable commit.
fn median_fsync_millis(folder: &Path) -> Result<f64, String> {
    const TRIES: usize = 200;
    let path = folder.join("fsync-probe");
    let measure = || -> std::io::Result<Vec<f64>> {
        let mut file = File::create(&path)?;
        // Space that is there already: as in a prepared log segment, only data has to reach the disk.
        file.write_all(&vec![0; TRIES * 512])?;
        file.sync_all()?;
        std::io::Seek::rewind(&mut file)?;
        let mut millis = Vec::with_capacity(TRIES);
        for _ in 0..TRIES {
            let begun = Instant::now();
            file.write_all(&[7; 512])?;
            file.sync_data()?;
            millis.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        fs::remove_file(&path)?;
        Ok(millis)
    };
    let millis = measure().map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(report::median(millis).expect("TRIES is not zero"))
}

/// Progress goes beside the report, so that `--json` stays one document.
fn progress(line: &str) {
    eprintln!("{line}");
}
