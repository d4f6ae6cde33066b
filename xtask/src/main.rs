//! The chores of the project, one entry for all: `cargo xtask check | test | tidy | sim | blackbox | docs-sql | diff-postgres | bench vs-postgres | ci`.
//!
//! Continuous integration runs `ci` and nothing else, so what passes here passes there.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

mod blackbox;
mod chores;
mod diff_postgres;
mod simulate;
mod tidy;
mod versus_postgres;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The chores of the project")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Formatting, lints and the house rules; runs no test.
    Check,
    /// Unit, integration and documentation tests of all crates.
    Test,
    /// The house rules alone: headers, sizes, directions, words, properties, links, seams.
    Tidy,
    /// All that continuous integration runs: check, test, and the black-box tests.
    Ci,
    /// Writes the pages of docs/sql anew, from the tables that the code uses. The tests say when they are out of date.
    DocsSql,
    /// The same statements on PostgreSQL 16 and on Quorate, and where the answers differ.
    DiffPostgres(diff_postgres::Options),
    /// The state machines of a cluster on a deterministic bus, under random faults (simulation/core).
    Sim(simulate::Options),
    /// Workloads against real nodes under faults, their histories judged (tests/consistency).
    Blackbox(blackbox::Options),
    /// Measurements against other systems.
    Bench {
        #[command(subcommand)]
        bench: Bench,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// The same pgbench on PostgreSQL and on Quorate, in alternating runs on this machine.
    VsPostgres(versus_postgres::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().chore {
        Chore::Check => chores::check(),
        Chore::Test => chores::test(),
        Chore::Tidy => chores::tidy(),
        Chore::Ci => chores::ci(),
        Chore::DocsSql => chores::docs_sql(),
        Chore::DiffPostgres(options) => diff_postgres::run(&options),
        Chore::Sim(options) => simulate::run(&options),
        Chore::Blackbox(options) => blackbox::run(&options),
        Chore::Bench { bench: Bench::VsPostgres(options) } => versus_postgres::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }
}
