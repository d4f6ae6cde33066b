//! `cargo xtask sim`: campaigns of simulators A and B, the replay of a seed, and the tables of mutants in
//! `docs/evidence.md`.

use std::fs;
use std::process::Stdio;

use crate::chores::{cargo, root};

/// Between these lines of `docs/evidence.md` the table stands.
const LINES: (&str, &str) =
    ("<!-- mutants: written by `cargo xtask sim --mutants` -->", "<!-- mutants: end -->");
/// The same for whole nodes.
const CLUSTER_LINES: (&str, &str) = (
    "<!-- cluster mutants: written by `cargo xtask sim --cluster --mutants` -->",
    "<!-- cluster mutants: end -->",
);

#[derive(clap::Args)]
pub struct Options {
    /// So many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Replays this seed alone and prints every event.
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Whole nodes (simulation/cluster) instead of the state machines alone.
    #[arg(long)]
    cluster: bool,
    /// With --cluster: one mix of faults, by the name of a file in simulation/plans without its ending, or any file.
    #[arg(long, requires = "cluster")]
    plan: Option<String>,
    /// With --cluster: runs each seed twice and compares the traces.
    #[arg(long, requires = "cluster")]
    twice: bool,
    /// Breaks one part after the other and writes into docs/evidence.md which checker noticed.
    #[arg(long)]
    mutants: bool,
}

pub fn run(options: &Options) -> Result<(), String> {
    let mut program = cargo();
    let package = if options.cluster { "simulation-cluster" } else { "simulation-core" };
    program.args(["run", "--quiet", "--package", package]);
    if options.cluster && options.seed.is_none() {
        // A seed means the same in both profiles; one alone is not worth the wait for the optimized build.
        program.args(["--profile", "simulation"]);
    }
    program.arg("--");
    if let Some(plan) = &options.plan {
        program.arg("--plan").arg(plan);
    }
    if options.twice {
        program.arg("--twice");
    }
    program.arg("--threads").arg(options.threads.to_string());
    if let Some(seed) = options.seed {
        program.arg("--seed").arg(seed.to_string()).arg("--trace");
    } else {
        program.arg("--seeds").arg(options.seeds.to_string());
        program.arg("--first").arg(options.first.to_string());
    }
    if !options.mutants {
        let status = program.status().map_err(|error| format!("cargo does not start: {error}"))?;
        return if status.success() { Ok(()) } else { Err("a property does not hold".to_owned()) };
    }
    let output = program
        .arg("--mutants")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = if options.cluster { CLUSTER_LINES } else { LINES };
    write_table(&table, lines)?;
    if output.status.success() { Ok(()) } else { Err("a mutant was not noticed".to_owned()) }
}

fn write_table(table: &str, lines: (&str, &str)) -> Result<(), String> {
    let path = root().join("docs/evidence.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = replace_table(&text, table, lines)
        .ok_or_else(|| format!("{} has no place for the table", path.display()))?;
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn replace_table(text: &str, table: &str, (begins, ends): (&str, &str)) -> Option<String> {
    let (before, rest) = text.split_once(begins)?;
    let (_, after) = rest.split_once(ends)?;
    Some(format!("{before}{begins}\n\n{}\n\n{ends}{after}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_replaced_and_nothing_else() {
        let text = format!("a\n{}\nold\n{}\nb\n", LINES.0, LINES.1);
        let expected = format!("a\n{}\n\nnew\n\n{}\nb\n", LINES.0, LINES.1);
        assert_eq!(replace_table(&text, "new\n", LINES), Some(expected));
        assert_eq!(replace_table("nothing", "new", LINES), None);
    }
}
