//! Runs campaigns, replays seeds, and writes the table of mutants.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use simulation_core::campaign::campaign;
use simulation_core::{Outcome, Plan, mutants, run};

#[derive(Parser)]
#[command(
    name = "simulation-core",
    about = "Runs the state machines of a cluster, deterministically"
)]
struct Arguments {
    /// Replays this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Prints every event of the replayed seed.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// So many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    #[arg(long, default_value_t = 0)]
    first: u64,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Breaks one part after the other and prints who notices.
    #[arg(long)]
    mutants: bool,
}

fn print(outcome: &Outcome) {
    println!("seed {}: {} steps, digest {:016x}", outcome.seed, outcome.steps, outcome.digest);
    for fault in outcome.faults.iter().take(5) {
        println!("  {fault}");
    }
    println!("  replay: cargo run -p simulation-core -- --seed {} --trace", outcome.seed);
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        let plan = Plan::new(seed, None);
        println!("{plan:#?}");
        let outcome = run(plan, arguments.trace);
        print(&outcome);
        return if outcome.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if arguments.mutants {
        let lines = mutants::table(arguments.seeds, 20, arguments.threads);
        print!("{}", mutants::markdown(&lines));
        let missed = lines.iter().any(|line| line.first.is_none());
        return if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let before = Instant::now();
    let done = campaign(arguments.first, arguments.seeds, None, arguments.threads, 10);
    let seconds = before.elapsed().as_secs_f64();
    println!(
        "{} seeds, {} steps in {seconds:.1} s: {:.0} steps/s; {} commits of lists and registers, {} write skews",
        done.runs,
        done.steps,
        done.steps as f64 / seconds,
        done.committed,
        done.skews
    );
    for (mark, count) in &done.marks {
        println!("  {count:>10} × {mark}");
    }
    println!("{}", done.coverage());
    for outcome in &done.failed {
        print(outcome);
    }
    for mark in done.missing() {
        println!("never reached: {mark}");
    }
    if done.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
