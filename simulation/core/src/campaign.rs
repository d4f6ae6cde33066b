//! Many seeds, on all processors; what they reached together.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use checkers::Counters;

use crate::mischief::Site;
use crate::plan::{Mutant, Plan};
use crate::verdict::{Outcome, run};
use crate::world::Marks;

/// What a campaign must have reached; otherwise its silence says nothing.
pub const EXPECTED_MARKS: [&str; 18] = [
    "append in doubt",
    "append lost with its leader",
    "clock stepped",
    "committed",
    "coordinator lost patience",
    "deposed leader appended",
    "leader changed",
    "leadership doubted",
    "link cut",
    "message duplicated",
    "message lost",
    "node crashed",
    "outcome unknown",
    "refused: conflict",
    "refused: fenced",
    "refused: too old",
    "refused: unavailable",
    "refused: votes expired",
];

/// The sum of many runs.
#[derive(Debug, Default)]
pub struct Campaign {
    pub runs: u64,
    pub steps: u64,
    pub marks: Marks,
    pub failed: Vec<Outcome>,
    pub skews: u64,
    pub committed: u64,
}

impl Campaign {
    /// Marks that no run has reached.
    pub fn missing(&self) -> Vec<&'static str> {
        let sites = Site::ALL.map(Site::name);
        let all = EXPECTED_MARKS.into_iter().chain(sites);
        all.filter(|mark| !self.marks.contains_key(mark)).collect()
    }

    /// How much of what should be reached was: marks, and places of mischief.
    pub fn coverage(&self) -> String {
        let reached = |names: &[&'static str]| {
            names.iter().filter(|name| self.marks.contains_key(**name)).count()
        };
        format!(
            "sometimes: {} of {} reached; buggify: {} of {} fired",
            reached(&EXPECTED_MARKS),
            EXPECTED_MARKS.len(),
            reached(&Site::ALL.map(Site::name)),
            Site::ALL.len()
        )
    }

    fn add(&mut self, outcome: Outcome) {
        self.runs += 1;
        self.steps += outcome.steps;
        for (mark, count) in &outcome.marks {
            *self.marks.entry(mark).or_default() += count;
        }
        let Counters { skews, committed, .. } = outcome.counters;
        self.skews += skews;
        self.committed += committed;
        if !outcome.faults.is_empty() {
            self.failed.push(outcome);
        }
    }
}

/// Runs `seeds` from `first` on; stops early after `enough` failures.
pub fn campaign(
    first: u64,
    seeds: u64,
    mutant: Option<Mutant>,
    threads: usize,
    enough: usize,
) -> Campaign {
    let next = AtomicU64::new(first);
    let sum = Mutex::new(Campaign::default());
    let lock = || sum.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds || lock().failed.len() >= enough {
                        return;
                    }
                    let outcome = run(Plan::new(seed, mutant), false);
                    lock().add(outcome);
                }
            });
        }
    });
    let mut campaign = sum.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    campaign.failed.sort_by_key(|outcome| outcome.seed);
    campaign
}

/// Names of checkers, each with the number of runs in which it found something.
pub fn by_checker(failed: &[Outcome]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for outcome in failed {
        let mut names: Vec<String> =
            outcome.faults.iter().map(|fault| format!("{:?}", fault.checker)).collect();
        names.dedup();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}
