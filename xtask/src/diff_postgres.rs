//! `cargo xtask diff-postgres`: thousands of statements on Quorate and on PostgreSQL 16, and where the answers differ.
//!
//! The statements are in `tests/differential/corpus`, a folder per area. Each file runs in a schema of its own, on one
//! connection to each server. What differs is printed; a difference is fixed, or it is listed with its reason in
//! `tests/differential/known.toml` and explained in `docs/postgres-differences.md`. The command fails when an area is less
//! equal than `tests/differential/rates.toml` says it was.

mod compare;
mod corpus;
mod known;
mod random;
mod report;
mod servers;
mod wire;

use std::path::{Path, PathBuf};

use clap::Args;
use compare::{Difference, Outcome, compare, compare_binary};
use corpus::{Script, Statement};
use known::{Known, Rates};
use report::{Finding, Report};
use servers::Servers;
use wire::{Address, Connection};

use crate::chores;

/// A rate may be so much lower than recorded before it fails: rates are written with two digits.
const TOLERANCE_PERCENT: f64 = 0.01;

#[derive(Args)]
pub struct Options {
    /// Only these areas, or files as `area/file`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// A running PostgreSQL 16, as `postgresql://user@host:port/database`; otherwise one is installed and started.
    #[arg(long)]
    postgres: Option<String>,
    /// A running Quorate; otherwise one is started.
    #[arg(long)]
    quorate: Option<String>,
    /// The quorate program; otherwise it is built.
    #[arg(long, env = "QUORATE_BIN")]
    program: Option<PathBuf>,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Show the listed differences too.
    #[arg(long)]
    listed: bool,
    /// Write the rates that are reached to rates.toml, where they are higher or the area is new.
    #[arg(long)]
    record: bool,
    #[command(flatten)]
    random: random::Options,
}

pub fn run(options: &Options) -> Result<(), String> {
    if options.random.random {
        let servers = start(options)?;
        return random::run(&options.random, &servers);
    }
    let folder = chores::root().join("tests/differential");
    let scripts = corpus::read(&folder.join("corpus"), &options.only)?;
    let known = known::read(&folder)?;
    let program = options.program.as_deref();
    let servers = Servers::start(options.postgres.as_deref(), options.quorate.as_deref(), program)?;
    let mut report = Report::default();
    let mut is_used = vec![false; known.len()];
    for script in &scripts {
        run_script(script, &servers, &known, &mut is_used, &mut report)?;
    }
    if options.json {
        println!("{}", report.to_json());
    } else {
        report.print(options.listed);
    }
    if options.only.is_empty() {
        let unused = known.iter().zip(&is_used).filter(|(_, is_used)| !**is_used);
        let unused: Vec<&str> = unused.map(|(entry, _)| entry.statement.as_str()).collect();
        if !unused.is_empty() {
            return Err(format!("known.toml: nothing differs any more: {}", unused.join("; ")));
        }
    }
    let unlisted: usize = report.areas.values().map(|count| count.differing - count.listed).sum();
    if unlisted > 0 {
        return Err(format!("{unlisted} differences are neither fixed nor listed in known.toml"));
    }
    // A part of an area says nothing about the area's rate.
    if options.only.iter().any(|name| name.contains('/')) {
        return Ok(());
    }
    judge(&report, &folder, options.record)
}

fn start(options: &Options) -> Result<Servers, String> {
    let program = options.program.as_deref();
    Servers::start(options.postgres.as_deref(), options.quorate.as_deref(), program)
}

/// Holds the rates against the recorded ones.
fn judge(report: &Report, folder: &Path, record: bool) -> Result<(), String> {
    let mut rates = Rates::read(folder)?;
    let mut worse = Vec::new();
    for (area, count) in &report.areas {
        let recorded = rates.areas.get(area).copied().unwrap_or(0.0);
        if count.rate() + TOLERANCE_PERCENT < recorded {
            worse.push(format!("{area} {:.2} % (was {recorded:.2} %)", count.rate()));
        } else {
            rates.areas.insert(area.clone(), count.rate().max(recorded));
        }
    }
    if record {
        rates.write(folder)?;
    }
    if worse.is_empty() {
        Ok(())
    } else {
        Err(format!("less equal than before: {}", worse.join(", ")))
    }
}

fn run_script(
    script: &Script,
    servers: &Servers,
    known: &[Known],
    is_used: &mut [bool],
    report: &mut Report,
) -> Result<(), String> {
    let schema = format!("diff_{}", script.name.replace('-', "_"));
    let mut postgres = Side::open(&servers.postgres, &schema)?;
    let mut quorate = Side::open(&servers.quorate, &schema)?;
    for statement in &script.statements {
        let differences = differences(statement, &mut postgres, &mut quorate);
        let finding = (!differences.is_empty()).then(|| {
            let explanation = |difference: &Difference| {
                known.iter().position(|entry| {
                    entry.explains(&script.area, &statement.sql, difference.kind.name())
                })
            };
            let found: Vec<Option<usize>> = differences.iter().map(explanation).collect();
            for index in found.iter().flatten() {
                is_used[*index] = true;
            }
            let is_listed = found.iter().all(Option::is_some);
            let first = found.first().copied().flatten().filter(|_| is_listed);
            Finding {
                area: script.area.clone(),
                place: format!("{}/{}.sql:{}", script.area, script.name, statement.line),
                sql: statement.sql.clone(),
                differences,
                reason: first.map(|index| known[index].reason.clone()),
            }
        });
        report.add(&script.area, finding);
    }
    postgres.clean();
    quorate.clean();
    Ok(())
}

fn differences(statement: &Statement, postgres: &mut Side, quorate: &mut Side) -> Vec<Difference> {
    let copy = statement.copy.as_deref();
    let left = postgres.run(|open| open.simple(&statement.sql, copy));
    let right = quorate.run(|open| open.simple(&statement.sql, copy));
    let mut found = compare(&statement.sql, &left, &right);
    let answered = |outcome: &Outcome| {
        outcome.as_ref().is_ok_and(|answer| answer.error.is_none() && !answer.columns.is_empty())
    };
    if found.is_empty() && answered(&left) && is_repeatable(statement) {
        let left = postgres.run(|open| open.binary(&statement.sql));
        let right = quorate.run(|open| open.binary(&statement.sql));
        found.extend(compare_binary(&statement.sql, &left, &right));
    }
    found
}

/// Whether a statement can be run once more for its binary format.
fn is_repeatable(statement: &Statement) -> bool {
    let sql = statement.sql.to_ascii_lowercase();
    let reads = ["select", "values", "table", "with", "("].iter().any(|word| sql.starts_with(word));
    // Two statements in one string are for the simple protocol only.
    let writes = ["nextval", "setval", "insert", "update ", "delete", "merge", " into ", ";"];
    reads && !statement.flags.is_text_only && !writes.iter().any(|word| sql.contains(word))
}

/// One connection, opened again when it is lost.
struct Side {
    address: Address,
    schema: String,
    connection: Option<Connection>,
}

impl Side {
    fn open(address: &Address, schema: &str) -> Result<Side, String> {
        let mut side =
            Side { address: address.clone(), schema: schema.to_owned(), connection: None };
        side.connect(true)?;
        Ok(side)
    }

    fn connect(&mut self, is_new: bool) -> Result<(), String> {
        let place = format!("{}:{}", self.address.host, self.address.port);
        let failed = |error: std::io::Error| format!("{place}: {error}");
        let mut connection = Connection::open(&self.address).map_err(failed)?;
        let schema = &self.schema;
        let mut preparation = vec![
            "set timezone = 'UTC'".to_owned(),
            "set datestyle = 'ISO, MDY'".to_owned(),
            "set intervalstyle = 'postgres'".to_owned(),
            // PostgreSQL 16 keeps rows of a lateral subquery under fewer columns than they depend on, and then drops rows.
            "set enable_memoize = off".to_owned(),
            "set statement_timeout = '30s'".to_owned(),
            format!("set search_path = {schema}"),
        ];
        if is_new {
            preparation.insert(0, format!("drop schema if exists {schema} cascade"));
            preparation.insert(1, format!("create schema {schema}"));
        }
        for sql in preparation {
            if let Some(error) = connection.simple(&sql, None).map_err(failed)?.error {
                return Err(format!("{place}: {sql}: {error}"));
            }
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn run(
        &mut self,
        action: impl FnOnce(&mut Connection) -> std::io::Result<wire::Answer>,
    ) -> Outcome {
        if self.connection.is_none() {
            self.connect(false)?;
        }
        let connection = self.connection.as_mut().expect("it was just opened");
        let outcome = action(connection);
        let is_lost = match &outcome {
            Ok(answer) => answer.error.as_ref().is_some_and(|error| error.severity == "FATAL"),
            Err(_) => true,
        };
        if is_lost {
            self.connection = None;
        }
        outcome.map_err(|error| error.to_string())
    }

    fn clean(&mut self) {
        if let Some(connection) = &mut self.connection {
            // Leftovers are in nobody's way; the next run removes them too.
            let _ = connection.simple("rollback", None);
            let _ = connection.simple(&format!("drop schema {} cascade", self.schema), None);
        }
    }
}
