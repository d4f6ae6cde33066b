//! `cargo xtask blackbox`: workloads against real nodes under faults, judged (`tests/consistency`).

use std::path::PathBuf;

use crate::chores::{cargo, debug_program, release_program};

#[derive(clap::Args)]
pub struct Options {
    /// The program under test; otherwise it is built with optimizations.
    #[arg(long, env = "QUORATE_BIN")]
    program: Option<PathBuf>,
    /// Builds the program without optimizations.
    #[arg(long)]
    debug: bool,
    /// What else the runs are told: --workloads, --nemeses, --seconds, --clients, --seed, --processes, --nodes, --histories.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub fn run(options: &Options) -> Result<(), String> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None if options.debug => debug_program()?,
        None => release_program()?,
    };
    let status = cargo()
        .args(["run", "--quiet", "--package", "consistency", "--"])
        .args(&options.rest)
        .env("QUORATE_BIN", program)
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err("a history is not valid".to_owned()) }
}
