//! The parts that are broken on purpose, and the table of who notices.

use adjudicator::Mutation;

use crate::campaign::{by_checker, campaign};
use crate::plan::Mutant;
use crate::request::Omission;

/// Name in the test plan, what is broken, how.
///
/// One mutation of the adjudicator is missing, `AbandonWithoutAuthority`: it takes a lost go-ahead, a successor, a late copy
/// and an older conflicting transaction within one vote's time, which 20,000 seeds did not bring together. The model
/// check finds it by trying everything.
pub const ALL: [(&str, &str, Mutant); 24] = [
    ("M1, M7", "an append is told as durable before it is", Mutant::AcknowledgeBeforeQuorum),
    (
        "M1",
        "a commit is told before its append is durable",
        Mutant::Adjudicator(Mutation::AcknowledgeBeforeDurable),
    ),
    ("M2", "written keys are not checked", Mutant::Adjudicator(Mutation::SkipWriteCheck)),
    (
        "M3",
        "promises are made over appends under way",
        Mutant::Adjudicator(Mutation::PromiseOverInFlight),
    ),
    ("M3", "votes hold no keys", Mutant::Adjudicator(Mutation::DropFence)),
    ("M4", "a new leader forgets the floor", Mutant::Adjudicator(Mutation::ForgetFloor)),
    (
        "M5",
        "a lost go-ahead counts as an abandoned transaction",
        Mutant::Adjudicator(Mutation::TrustLostGoAhead),
    ),
    ("M5", "commits above what votes are good for", Mutant::Adjudicator(Mutation::IgnoreTauMax)),
    ("M6", "replicas do not wait for the last journal", Mutant::IgnoreOneJournal),
    ("M8", "keys of unique names are not adjudicated", Mutant::Request(Omission::UniqueKeys)),
    ("M9", "adjudicators forget what they decided", Mutant::Adjudicator(Mutation::ForgetOutcomes)),
    ("M10", "a deposed leader's appends get through", Mutant::FencedLeaderAppends),
    ("M11", "timestamps are issued twice", Mutant::Adjudicator(Mutation::ReuseTimestamp)),
    ("M14", "an unknown commit is sent again as a new one", Mutant::RetryUnknown),
    (
        "M15",
        "requests do not say which definitions they depend on",
        Mutant::Request(Omission::Definitions),
    ),
    ("M16", "a replica that comes back skips an entry", Mutant::SkipAfterRestart),
    ("M17", "read-only transactions use an old snapshot", Mutant::CachedSnapshot),
    ("M18", "journals are merged by arrival", Mutant::MergeByArrival),
    ("M19", "checked keys are not sent", Mutant::Request(Omission::Checks)),
    (
        "delta",
        "setting a counter does not conflict with adding to it",
        Mutant::Request(Omission::Sets),
    ),
    ("delta", "what is applied survives a crash and the watermark does not", Mutant::ApplyAgain),
    (
        "F2",
        "promises go beyond the durable ceiling",
        Mutant::Adjudicator(Mutation::PromiseAboveCeiling),
    ),
    ("L1", "a commit is told before its time", Mutant::TellEarly),
    ("L1", "a read-only transaction is told before its snapshot is past", Mutant::TellReadersEarly),
];

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    pub plan: &'static str,
    pub what: &'static str,
    /// Seeds up to and including the first that was noticed.
    pub first: Option<u64>,
    pub runs: u64,
    pub failed: usize,
    /// Checkers, the one that noticed most first.
    pub checkers: Vec<(String, u64)>,
}

/// Breaks one part after the other.
pub fn table(seeds: u64, enough: usize, threads: usize) -> Vec<Line> {
    ALL.iter()
        .map(|(plan, what, mutant)| line(plan, what, *mutant, seeds, enough, threads))
        .collect()
}

pub fn line(
    plan: &'static str,
    what: &'static str,
    mutant: Mutant,
    seeds: u64,
    enough: usize,
    threads: usize,
) -> Line {
    let found = campaign(0, seeds, Some(mutant), threads, enough);
    let mut checkers: Vec<(String, u64)> = by_checker(&found.failed).into_iter().collect();
    checkers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let first = found.failed.first().map(|outcome| outcome.seed + 1);
    Line { plan, what, first, runs: found.runs, failed: found.failed.len(), checkers }
}

/// The table in Markdown.
pub fn markdown(lines: &[Line]) -> String {
    let mut text = String::from(
        "| test plan | what is broken | noticed after seeds | runs that noticed | by (runs) |\n| --- | --- | --- | --- | --- |\n",
    );
    for line in lines {
        let first = line.first.map_or("never".to_owned(), |first| first.to_string());
        let by: Vec<String> =
            line.checkers.iter().map(|(name, count)| format!("{name} {count}")).collect();
        text.push_str(&format!(
            "| {} | {} | {first} | {} of {} | {} |\n",
            line.plan,
            line.what,
            line.failed,
            line.runs,
            by.join(", ")
        ));
    }
    text
}
