//! `cargo xtask diff-postgres --random`: random schemas, rows and queries, until the time is over.
//!
//! Work is divided into rounds. A round has a seed of its own, makes its tables from it on both servers and runs a fixed
//! number of queries; so a finding is replayed by its round alone, whatever ran before it. Some queries run on both servers
//! and are compared, others run on Quorate only and are judged by the oracles of SQLancer.

mod generate;
mod oracles;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use generate::Generator;

use super::Side;
use super::compare::{Outcome, compare};
use super::servers::Servers;
use super::wire::{Answer, Row};

/// Queries of one round. Rounds are short, so that a replay is.
const QUERIES_PER_ROUND: u32 = 250;
/// Of a hundred checks, so many ask PostgreSQL; the others ask Quorate in two ways.
const DIFFERENTIAL_PERCENT: u32 = 70;
const NUMERIC_OID: u32 = 1_700;
const INTERNAL_ERROR: &str = "XX000";

#[derive(Args)]
#[group(id = "random_options")]
pub struct Options {
    /// Random schemas, rows and queries in place of the corpus.
    #[arg(long)]
    pub random: bool,
    /// How long random queries run.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// The seed of the first round; the next rounds have the following numbers. Otherwise it is taken from the clock.
    #[arg(long)]
    seed: Option<u64>,
    /// End after so many rounds.
    #[arg(long, default_value_t = u64::MAX)]
    rounds: u64,
    /// Rounds that run at the same time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
    /// End after so many findings.
    #[arg(long, default_value_t = 20)]
    findings: usize,
}

/// What all jobs share.
struct Progress {
    next_round: AtomicU64,
    queries: AtomicU64,
    /// Differential queries that failed alike on both servers: they check little, so they ought to be few.
    refused: AtomicU64,
    findings: Mutex<Vec<String>>,
    /// Why a job could not go on.
    stopped: Mutex<Option<String>>,
}

pub fn run(options: &Options, servers: &Servers) -> Result<(), String> {
    let seed = options.seed.unwrap_or_else(seed_of_the_clock);
    println!("seed {seed}");
    let begun = Instant::now();
    let limit = Duration::from_secs(options.seconds);
    let progress = Progress {
        next_round: AtomicU64::new(0),
        queries: AtomicU64::new(0),
        refused: AtomicU64::new(0),
        findings: Mutex::new(Vec::new()),
        stopped: Mutex::new(None),
    };
    std::thread::scope(|scope| {
        for job in 0..options.jobs {
            let (progress, servers) = (&progress, &servers);
            scope.spawn(move || {
                let result =
                    run_job(job, seed, options, servers, progress, &|| begun.elapsed() > limit);
                if let Err(error) = result {
                    progress.stopped.lock().expect("no job panics").get_or_insert(error);
                }
            });
        }
    });
    let queries = progress.queries.load(Ordering::Relaxed);
    let refused = progress.refused.load(Ordering::Relaxed);
    let rounds = progress.next_round.load(Ordering::Relaxed);
    let seconds = begun.elapsed().as_secs_f64();
    println!("{queries} queries in {rounds} rounds, {seconds:.0} s; {refused} refused by both");
    if let Some(peak) = servers.quorate_memory() {
        println!("quorate's memory: {peak}");
    }
    if let Some(error) = progress.stopped.into_inner().expect("no job panics") {
        return Err(error);
    }
    match progress.findings.into_inner().expect("no job panics").len() {
        0 => Ok(()),
        count => Err(format!("{count} wrong results")),
    }
}

fn seed_of_the_clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |elapsed| elapsed.as_secs())
}

fn run_job(
    job: u32,
    seed: u64,
    options: &Options,
    servers: &Servers,
    progress: &Progress,
    is_over: &dyn Fn() -> bool,
) -> Result<(), String> {
    let schema = format!("diff_random_{job}");
    loop {
        let round = progress.next_round.fetch_add(1, Ordering::Relaxed);
        let is_done = || {
            is_over() || progress.findings.lock().expect("no job panics").len() >= options.findings
        };
        if round >= options.rounds || is_done() {
            progress.next_round.fetch_sub(1, Ordering::Relaxed);
            return Ok(());
        }
        let round_seed = seed.wrapping_add(round);
        let mut open = Round {
            seed: round_seed,
            generator: Generator::new(round_seed),
            postgres: Side::open(&servers.postgres, &schema)?,
            quorate: Side::open(&servers.quorate, &schema)?,
            progress,
        };
        open.run(&is_done)?;
    }
}

struct Round<'a> {
    seed: u64,
    generator: Generator,
    postgres: Side,
    quorate: Side,
    progress: &'a Progress,
}

impl Round<'_> {
    fn run(&mut self, is_done: &dyn Fn() -> bool) -> Result<(), String> {
        for sql in self.generator.schema() {
            self.differential(&sql);
        }
        for _ in 0..QUERIES_PER_ROUND {
            if is_done() {
                break;
            }
            if self.generator.chance(DIFFERENTIAL_PERCENT) {
                let sql = self.generator.query();
                self.differential(&sql);
            } else {
                self.oracle();
            }
        }
        self.postgres.clean();
        self.quorate.clean();
        Ok(())
    }

    fn differential(&mut self, sql: &str) {
        self.progress.queries.fetch_add(1, Ordering::Relaxed);
        let left = normal(self.postgres.run(|open| open.simple(sql, None)));
        let right = normal(self.quorate.run(|open| open.simple(sql, None)));
        if left.as_ref().is_ok_and(|answer| answer.error.is_some()) {
            self.progress.refused.fetch_add(1, Ordering::Relaxed);
        }
        // PostgreSQL's planner has defects of its own ("failed to build any 4-way joins"): they measure nothing.
        let is_internal = left.as_ref().is_ok_and(|answer| {
            answer.error.as_ref().is_some_and(|error| error.code == INTERNAL_ERROR)
        });
        if is_internal {
            return;
        }
        let found = compare(sql, &left, &right);
        // Where an error points, and its words, is what the corpus is for.
        let is_wrong =
            |name: &str| matches!(name, "lost" | "rows" | "sqlstate" | "tag" | "columns");
        if let Some(difference) = found.iter().find(|one| is_wrong(one.kind.name())) {
            let (postgres, quorate) = (&difference.postgres, &difference.quorate);
            self.report(&format!("{sql}\n    postgres  {postgres}\n    quorate   {quorate}"));
        }
    }

    fn oracle(&mut self) {
        let mut count = 0;
        let generator = &mut self.generator;
        let mut violation = None;
        let outcome = self.quorate.run(|open| {
            violation = oracles::check(generator, open, &mut count)?;
            Ok(Answer::default())
        });
        self.progress.queries.fetch_add(count, Ordering::Relaxed);
        if let Err(error) = outcome {
            self.report(&format!("an oracle's query: {error}"));
        }
        if let Some(violation) = violation {
            self.report(&format!("{}\n    {}", violation.sql, violation.what));
        }
    }

    fn report(&self, text: &str) {
        let mut findings = self.progress.findings.lock().expect("no job panics");
        println!("{text}");
        println!(
            "    replay: cargo xtask diff-postgres --random --seed {} --rounds 1\n",
            self.seed
        );
        findings.push(text.to_owned());
    }
}

/// Numbers without zeros at their end, and zeros without a sign, since which of two equal numbers a grouping shows is left open.
fn normal(outcome: Outcome) -> Outcome {
    outcome.map(|mut answer| {
        let is_numeric: Vec<bool> = answer
            .columns
            .first()
            .map(|columns| columns.iter().map(|column| column.type_oid == NUMERIC_OID).collect())
            .unwrap_or_default();
        // Whether a modifier is known depends on what PostgreSQL folds away while it plans.
        for column in answer.columns.iter_mut().flatten() {
            column.modifier = -1;
        }
        for field in answer.rows.iter_mut().flatten().flatten() {
            if field == b"-0" {
                field.remove(0);
            }
        }
        for row in &mut answer.rows {
            for (field, _) in row.iter_mut().zip(&is_numeric).filter(|(_, is_numeric)| **is_numeric)
            {
                if let Some(bytes) = field
                    && bytes.contains(&b'.')
                {
                    while bytes.last() == Some(&b'0') {
                        bytes.pop();
                    }
                    if bytes.last() == Some(&b'.') {
                        bytes.pop();
                    }
                }
            }
        }
        answer
    })
}

/// Rows in a form in which equal results are equal.
fn normal_rows(answer: &Answer) -> Vec<Row> {
    let mut rows = normal(Ok(answer.clone())).map(|answer| answer.rows).unwrap_or_default();
    rows.sort();
    rows
}

/// The memory of a process, now and at most, as the kernel tells it.
pub fn peak_memory(process: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        Some(line.trim_start_matches(name).trim().to_owned())
    };
    Some(format!("{} now, {} at most", field("VmRSS:")?, field("VmHWM:")?))
}
