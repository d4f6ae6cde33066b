//! Many seeds, each in a process of its own, and what they reached together.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::mischief::{Mark, Site};

use crate::plan::MUTANTS;
use crate::verdict::Outcome;

/// A run takes a second or two.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// What a campaign over all mixes must have reached; otherwise its silence says nothing.
pub const EXPECTED_MARKS: [&str; 24] = [
    "all lost power",
    "clock stepped",
    "commit in doubt",
    "committed",
    "connections reset",
    "disk full",
    "disk slow",
    "doubt settled",
    "leader changed",
    "leadership handed over",
    "link slow",
    "links cut to a ring",
    "node isolated",
    "nodes cut off and healed in turn",
    "one way cut",
    "outcome unknown",
    "power lost",
    "power lost in a write",
    "process ended by itself",
    "process killed",
    "process paused",
    "refused: conflict",
    "segment sent again",
    "sync failed",
];

/// The simulator's own marks, and those of the code that it runs.
fn expected_marks() -> impl Iterator<Item = &'static str> {
    EXPECTED_MARKS.into_iter().chain(Mark::ALL.map(Mark::name))
}

/// What is run.
#[derive(Clone, Debug)]
pub struct Order {
    /// The program of this package.
    pub program: PathBuf,
    pub first: u64,
    pub seeds: u64,
    pub plan: Option<String>,
    /// A place in [`MUTANTS`].
    pub mutant: Option<usize>,
    pub threads: usize,
    /// Stop after so many failures.
    pub enough: usize,
}

/// The sum of many runs.
#[derive(Debug, Default)]
pub struct Campaign {
    pub runs: u64,
    pub simulated_nanos: u64,
    pub committed: u64,
    pub skews: u64,
    pub marks: BTreeMap<String, u64>,
    pub failed: Vec<Outcome>,
}

impl Campaign {
    fn add(&mut self, outcome: Outcome) {
        self.runs += 1;
        self.simulated_nanos += outcome.simulated_nanos;
        self.committed += outcome.committed;
        self.skews += outcome.skews;
        for (mark, count) in &outcome.marks {
            *self.marks.entry(mark.clone()).or_default() += count;
        }
        if !outcome.faults.is_empty() {
            self.failed.push(outcome);
        }
    }

    /// Marks that no run has reached, and places that have not misbehaved.
    pub fn missing(&self) -> Vec<&'static str> {
        let all = expected_marks().chain(Site::ALL.map(Site::name));
        all.filter(|mark| !self.marks.contains_key(*mark)).collect()
    }

    /// How much of what should be reached was: marks, and places of mischief.
    pub fn coverage(&self) -> String {
        let missing = self.missing();
        let (mut sites, mut marks) = (0, 0);
        for name in &missing {
            if name.starts_with("buggify") { sites += 1 } else { marks += 1 }
        }
        let (all_marks, all_sites) = (expected_marks().count(), Site::ALL.len());
        format!(
            "sometimes: {} of {all_marks} reached; buggify: {} of {all_sites} fired",
            all_marks - marks,
            all_sites - sites
        )
    }
}

/// Runs one seed in a process of its own.
pub fn run_apart(order: &Order, seed: u64) -> Outcome {
    let mut command = Command::new(&order.program);
    command.arg("--seed").arg(seed.to_string()).arg("--report");
    if let Some(plan) = &order.plan {
        command.arg("--plan").arg(plan);
    }
    if let Some(mutant) = order.mutant {
        command.arg("--mutant").arg(mutant.to_string());
    }
    let failed = |what: String| Outcome { seed, faults: vec![what], ..Outcome::default() };
    let started = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            return failed(format!("Process: {} does not start: {error}", order.program.display()));
        }
    };
    let Some(mut output) = child.stdout.take() else {
        return failed("Process: the run has no output".to_owned());
    };
    let (sender, read) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        // What cannot be read is no report.
        let _ = output.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    let text = read.recv_timeout(RUN_LIMIT);
    if text.is_err() {
        // A circle of events without time in between; it has ended already if this fails.
        let _ = child.kill();
    }
    let _ = child.wait();
    match text {
        Ok(text) => {
            parse(&text).unwrap_or_else(|| failed("Process: the run gave no report".to_owned()))
        }
        Err(_) => failed(format!("Liveness: the run did not end within {RUN_LIMIT:?}")),
    }
}

/// Runs all; calls `told` after each.
pub fn campaign(order: &Order, told: impl Fn(&Campaign) + Sync) -> Campaign {
    let next = AtomicU64::new(order.first);
    let sum = Mutex::new(Campaign::default());
    std::thread::scope(|scope| {
        for _ in 0..order.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_done = seed >= order.first + order.seeds;
                    if is_done || sum.lock().failed.len() >= order.enough {
                        return;
                    }
                    let outcome = run_apart(order, seed);
                    let mut sum = sum.lock();
                    sum.add(outcome);
                    told(&sum);
                }
            });
        }
    });
    let mut sum = sum.into_inner();
    sum.failed.sort_by_key(|outcome| outcome.seed);
    sum
}

/// What a run says to the process that started it.
pub fn report(outcome: &Outcome) -> String {
    let Outcome { seed, mix, digest, lines, simulated_nanos, committed, skews, .. } = outcome;
    let mut text = format!(
        "seed {seed}\nmix {mix}\ndigest {digest}\nlines {lines}\nsimulated {simulated_nanos}\ncommitted {committed}\nskews {skews}\n"
    );
    for (mark, count) in &outcome.marks {
        text.push_str(&format!("mark {count} {mark}\n"));
    }
    for fault in &outcome.faults {
        text.push_str(&format!("fault {}\n", fault.replace('\n', " ")));
    }
    text.push_str("end .\n");
    text
}

fn parse(text: &str) -> Option<Outcome> {
    let mut outcome = Outcome::default();
    for line in text.lines() {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "seed" => outcome.seed = rest.parse().ok()?,
            "mix" => outcome.mix = rest.to_owned(),
            "digest" => outcome.digest = rest.parse().ok()?,
            "lines" => outcome.lines = rest.parse().ok()?,
            "simulated" => outcome.simulated_nanos = rest.parse().ok()?,
            "committed" => outcome.committed = rest.parse().ok()?,
            "skews" => outcome.skews = rest.parse().ok()?,
            "mark" => {
                let (count, name) = rest.split_once(' ')?;
                outcome.marks.insert(name.to_owned(), count.parse().ok()?);
            }
            "fault" => outcome.faults.push(rest.to_owned()),
            "end" => return Some(outcome),
            _ => return None,
        }
    }
    None
}

/// Names of checkers, each with the number of runs in which it found something; the one that found most first.
pub fn by_checker(failed: &[Outcome]) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for outcome in failed {
        let names = outcome.faults.iter().filter_map(|fault| fault.split(':').next());
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// Breaks one part after the other; the table in Markdown, and whether all were noticed.
pub fn mutants(order: &Order) -> (String, bool) {
    let mut text = String::from(
        "| test plan | what is broken | noticed after seeds | runs that noticed | by (runs) |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut all = true;
    for (mutant, (plan, what, _)) in MUTANTS.iter().enumerate() {
        let found = campaign(&Order { mutant: Some(mutant), ..order.clone() }, |_| {});
        let first = found.failed.first().map(|outcome| outcome.seed - order.first + 1);
        all &= first.is_some();
        let first = first.map_or("never".to_owned(), |first| first.to_string());
        let by = by_checker(&found.failed);
        let by: Vec<String> = by.iter().map(|(name, count)| format!("{name} {count}")).collect();
        text.push_str(&format!(
            "| {plan} | {what} | {first} | {} of {} | {} |\n",
            found.failed.len(),
            found.runs,
            by.join(", ")
        ));
    }
    (text, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written_and_half_of_one_is_none() {
        let outcome = Outcome {
            seed: 7,
            mix: "storm".to_owned(),
            faults: vec!["Lists: a\nb".to_owned()],
            marks: BTreeMap::from([("node isolated".to_owned(), 3)]),
            digest: u64::MAX,
            lines: 9,
            simulated_nanos: 5,
            committed: 4,
            skews: 1,
        };
        let text = report(&outcome);
        let read = parse(&text).expect("whole");
        assert_eq!(report(&read), text);
        assert_eq!(read.faults, ["Lists: a b"]);
        assert!(parse(&text[..text.len() - 4]).is_none());
        assert_eq!(by_checker(&[read]), [("Lists".to_owned(), 1)]);
    }
}
