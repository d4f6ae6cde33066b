//! `cargo xtask sim`: campaigns of simulator A, the replay of a seed, and the table of mutants in `docs/evidence.md`.

use std::fs;
use std::process::Stdio;

use crate::chores::{cargo, root};

/// Between these lines of `docs/evidence.md` the table stands.
const TABLE_BEGINS: &str = "<!-- mutants: written by `cargo xtask sim --mutants` -->";
const TABLE_ENDS: &str = "<!-- mutants: end -->";

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
    /// Breaks one part after the other and writes into docs/evidence.md which checker noticed.
    #[arg(long)]
    mutants: bool,
}

pub fn run(options: &Options) -> Result<(), String> {
    let mut program = cargo();
    program.args(["run", "--quiet", "--package", "simulation-core", "--"]);
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
    write_table(&table)?;
    if output.status.success() { Ok(()) } else { Err("a mutant was not noticed".to_owned()) }
}

fn write_table(table: &str) -> Result<(), String> {
    let path = root().join("docs/evidence.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = replace_table(&text, table)
        .ok_or_else(|| format!("{} has no place for the table", path.display()))?;
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn replace_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(TABLE_BEGINS)?;
    let (_, after) = rest.split_once(TABLE_ENDS)?;
    Some(format!("{before}{TABLE_BEGINS}\n\n{}\n\n{TABLE_ENDS}{after}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_replaced_and_nothing_else() {
        let text = format!("a\n{TABLE_BEGINS}\nold\n{TABLE_ENDS}\nb\n");
        let expected = format!("a\n{TABLE_BEGINS}\n\nnew\n\n{TABLE_ENDS}\nb\n");
        assert_eq!(replace_table(&text, "new\n"), Some(expected));
        assert_eq!(replace_table("nothing", "new"), None);
    }
}
