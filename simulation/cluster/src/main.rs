//! Runs campaigns, replays seeds, compares double runs, and writes the table of mutants.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use simulation_cluster::campaign::{self, Campaign, Order, campaign, run_apart};
use simulation_cluster::plan::MUTANTS;
use simulation_cluster::{Outcome, Plan, run};

#[derive(Parser)]
#[command(name = "simulation-cluster", about = "Runs whole nodes, deterministically")]
struct Arguments {
    /// Replays this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Prints every event of the replayed seed.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// For the process that started this one.
    #[arg(long, requires = "seed", hide = true)]
    report: bool,
    /// So many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// A mix of faults: calm, processes, network, disks, clocks, storm, or a file. Without it the mixes take turns.
    #[arg(long)]
    plan: Option<String>,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Runs each seed twice; the traces must be the same.
    #[arg(long)]
    twice: bool,
    /// Breaks one part after the other and prints who notices.
    #[arg(long)]
    mutants: bool,
    /// Breaks one part, by its place in that table.
    #[arg(long)]
    mutant: Option<usize>,
}

fn print(outcome: &Outcome, arguments: &Arguments) {
    let Outcome { seed, mix, lines, digest, .. } = outcome;
    println!("seed {seed} ({mix}): {lines} events, digest {digest:016x}");
    for fault in outcome.faults.iter().take(5) {
        println!("  {fault}");
    }
    let plan = arguments.plan.as_ref().map(|plan| format!(" --plan {plan}")).unwrap_or_default();
    println!("  replay: cargo run -p simulation-cluster -- --seed {seed}{plan} --trace");
}

fn code(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn replay(arguments: &Arguments, seed: u64) -> Result<ExitCode, String> {
    if arguments.trace {
        tracing_subscriber::fmt().with_writer(std::io::stderr).without_time().init();
    }
    let mutant = match arguments.mutant {
        None => None,
        Some(place) => Some(MUTANTS.get(place).ok_or("there is no such mutant")?.2),
    };
    let plan = Plan::new(seed, arguments.plan.as_deref(), mutant)?;
    if !arguments.report {
        println!("{plan:#?}");
    }
    let outcome = run(plan, arguments.trace);
    match arguments.report {
        true => print!("{}", campaign::report(&outcome)),
        false => print(&outcome, arguments),
    }
    Ok(code(outcome.faults.is_empty()))
}

fn progress(done: &Campaign, seeds: u64) {
    if done.runs.is_multiple_of((seeds / 20).max(1)) {
        eprintln!("{} of {seeds} seeds, {} failed", done.runs, done.failed.len());
    }
}

fn twice(order: &Order) -> bool {
    let mut different = 0;
    for seed in order.first..order.first + order.seeds {
        let (one, other) = (run_apart(order, seed), run_apart(order, seed));
        if (one.digest, one.lines) != (other.digest, other.lines) || one.lines == 0 {
            different += 1;
            println!("seed {seed}: {} and {} events", one.lines, other.lines);
        }
    }
    println!("{} of {} double runs are the same", order.seeds - different, order.seeds);
    different == 0
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        return replay(&arguments, seed).unwrap_or_else(|problem| {
            eprintln!("{problem}");
            ExitCode::FAILURE
        });
    }
    let Ok(program) = std::env::current_exe() else {
        eprintln!("the program does not know where it is");
        return ExitCode::FAILURE;
    };
    let order = Order {
        program,
        first: arguments.first,
        seeds: arguments.seeds,
        plan: arguments.plan.clone(),
        mutant: arguments.mutant,
        threads: arguments.threads,
        enough: 10,
    };
    if arguments.twice {
        return code(twice(&order));
    }
    if arguments.mutants {
        let (table, all) = campaign::mutants(&Order { enough: 5, ..order });
        print!("{table}");
        return code(all);
    }
    let before = Instant::now();
    let done = campaign(&order, |done| progress(done, arguments.seeds));
    let seconds = before.elapsed().as_secs_f64();
    let simulated = done.simulated_nanos as f64 / 1e9;
    println!(
        "{} seeds, {simulated:.0} simulated seconds in {seconds:.1} s with {} threads: {:.0} times real time; {} commits of lists and registers, {} write skews",
        done.runs,
        arguments.threads,
        simulated / seconds,
        done.committed,
        done.skews
    );
    for (mark, count) in &done.marks {
        println!("  {count:>10} × {mark}");
    }
    println!("{}", done.coverage());
    for outcome in &done.failed {
        print(outcome, &arguments);
    }
    for mark in done.missing() {
        println!("never reached: {mark}");
    }
    code(done.failed.is_empty())
}
