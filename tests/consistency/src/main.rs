//! The black box as a program: every workload under every nemesis, and a table of verdicts. `cargo xtask blackbox` runs it.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use consistency::{Cluster, Nemesis, Plan, Workload, run};

#[derive(Parser)]
#[command(name = "consistency", about = "Workloads against real nodes under faults, judged")]
struct Arguments {
    /// Only these; otherwise all.
    #[arg(long, value_delimiter = ',')]
    workloads: Vec<Workload>,
    /// Only these; otherwise all that the nodes allow.
    #[arg(long, value_delimiter = ',')]
    nemeses: Vec<Nemesis>,
    /// Of each workload under each nemesis.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    #[arg(long, default_value_t = 12)]
    clients: usize,
    /// Replays the random choices of the driver; what a fault hits is up to the machine.
    #[arg(long)]
    seed: Option<u64>,
    /// So many nodes of our own form the cluster.
    #[arg(long, default_value_t = 1)]
    processes: usize,
    /// Nodes of one cluster that run already and trust role `admin`; their processes are left alone.
    #[arg(long, value_delimiter = ',')]
    nodes: Vec<SocketAddr>,
    /// Keeps histories there, in the form that Elle reads.
    #[arg(long)]
    histories: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let workloads = given_or(&arguments.workloads, &Workload::ALL);
    let nemeses = given_or(&arguments.nemeses, &Nemesis::ALL);
    let first_seed = arguments.seed.unwrap_or_else(|| rand::random::<u32>().into());
    println!("replay: --seed {first_seed}\n");
    println!("| workload | nemesis | transactions | faults | counted | verdict |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let (mut runs, mut transactions, mut faults, mut invalid) = (0_u64, 0, 0, 0_u64);
    for nemesis in nemeses {
        if !arguments.nodes.is_empty() && nemesis.needs_processes() {
            println!("| | {nemesis:?} | | | needs nodes of our own | |");
            continue;
        }
        if nemesis.needs_ways() && arguments.processes < 2 {
            println!("| | {nemesis:?} | | | needs --processes 3 | |");
            continue;
        }
        for workload in &workloads {
            let plan = Plan {
                workload: *workload,
                nemesis,
                time: Duration::from_secs(arguments.seconds),
                clients: arguments.clients,
                seed: first_seed + runs,
                histories: arguments.histories.clone(),
            };
            let cluster = if arguments.nodes.is_empty() {
                Cluster::start(arguments.processes, nemesis.options())
            } else {
                Cluster::foreign(&arguments.nodes)
            };
            let (verdict, _) = run(&plan, cluster);
            println!("{verdict}");
            runs += 1;
            transactions += verdict.transactions;
            faults += verdict.faults;
            invalid += u64::from(!verdict.is_valid());
        }
    }
    println!("\n{runs} runs, {transactions} transactions, {faults} faults, {invalid} not valid");
    if invalid == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn given_or<T: Copy>(given: &[T], all: &[T]) -> Vec<T> {
    if given.is_empty() { all.to_vec() } else { given.to_vec() }
}
