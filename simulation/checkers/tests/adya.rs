//! The checker against the crate `adya`, an independent reading of Elle, on the same random histories as against brute
//! force, and on the corpus. `CHECKER_HISTORIES=100000 cargo test -p checkers --test adya -- --nocapture` for more.

mod generator;

use checkers::{History, Level, Operation, Status, check};
use generator::history;

const LEVELS: [(Level, &str); 4] = [
    (Level::Snapshot, "snapshot-isolation"),
    (Level::StrongSnapshot, "strong-snapshot-isolation"),
    (Level::Serializable, "serializable"),
    (Level::StrictSerializable, "strict-serializable"),
];

/// The history as adya reads it: an event a line.
fn as_json(history: &History) -> String {
    let mut events: Vec<(u32, String)> = Vec::new();
    for (number, one) in history.transactions.iter().enumerate() {
        // adya knows a transaction by its completion: what never completed ends in the end, unknown, and its process
        // does nothing else.
        let process = if one.completed.is_some() { one.process as usize } else { 1_000 + number };
        let event = |kind: &str, shown: bool| {
            let steps: Vec<String> =
                one.operations.iter().map(|step| operation(step, shown)).collect();
            format!(r#"{{"type":"{kind}","process":{},"value":[{}]}}"#, process, steps.join(","))
        };
        events.push((one.invoked, event("invoke", false)));
        let completed = one.completed.unwrap_or(history.events);
        events.push(match one.status {
            Status::Committed => (completed, event("ok", true)),
            Status::Failed => (completed, event("fail", false)),
            Status::Unknown => (completed, event("info", false)),
        });
    }
    events.sort_by_key(|(at, _)| *at);
    let lines: Vec<String> = events.into_iter().map(|(_, event)| event).collect();
    lines.join("\n")
}

fn operation(step: &Operation, shown: bool) -> String {
    match step {
        Operation::Append { key, value } => format!(r#"["append",{key},{value}]"#),
        Operation::Read { key, list } if shown => format!(r#"["r",{key},{:?}]"#, list.to_vec()),
        Operation::Read { key, .. } => format!(r#"["r",{key},null]"#),
    }
}

/// Whether the two agree. A history in which nobody depends on anybody is valid, and adya says that it does not know.
fn agree(history: &History, level: Level, name: &str) -> Result<bool, String> {
    let theirs = adya::History::from_json(&as_json(history)).expect("a history that adya reads");
    let options = adya::Opts { models: vec![name.to_owned()], ..adya::Opts::default() };
    let verdict = adya::check(&theirs, adya::Workload::ListAppend, &options);
    let report = check(history, level);
    let empty = verdict.valid == adya::Valid::Unknown
        && verdict.anomaly_types == ["empty-transaction-graph"];
    if report.is_valid() == (empty || verdict.valid == adya::Valid::True) {
        return Ok(report.is_valid());
    }
    let ours: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    Err(format!("{level:?}: ours {ours:?}, adya {:?} {:?}", verdict.valid, verdict.anomaly_types))
}

/// Checks: I1, I3, L1
#[test]
fn verdicts_on_random_histories_are_those_of_adya() {
    let wanted = std::env::var("CHECKER_HISTORIES").ok().and_then(|text| text.parse().ok());
    let histories: u64 = wanted.unwrap_or(3_000);
    let (mut valid, mut invalid, mut different) = (0_u64, 0_u64, Vec::new());
    for seed in 0..histories {
        let (history, flaw) = history(seed);
        for (level, name) in LEVELS {
            match agree(&history, level, name) {
                Ok(true) => valid += 1,
                Ok(false) => invalid += 1,
                Err(case) => different.push(format!("seed {seed}, {flaw:?}, {case}")),
            }
        }
    }
    eprintln!(
        "{histories} histories: {valid} valid, {invalid} invalid, {} different",
        different.len()
    );
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(valid > histories && invalid > histories / 4, "{valid} valid, {invalid} invalid");
}

/// Known histories on which adya says something else, and why.
const DIFFERENT: [(&str, &str); 1] =
    [("bad-garbage-read", "a value that nobody wrote has no writer, so Elle and adya lay no edge")];

#[test]
fn verdicts_on_the_corpus_are_those_of_adya_but_for_explained_ones() {
    let text = include_str!("../corpus/corpus.jsonl");
    let mut different = Vec::new();
    for line in text.lines() {
        let one: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let history = History::from_json(&one["history"]).expect("a history");
        if let Err(case) = agree(&history, Level::StrongSnapshot, "strong-snapshot-isolation") {
            different.push((one["name"].as_str().unwrap_or_default().to_owned(), case));
        }
    }
    let names: Vec<&str> = different.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, DIFFERENT.map(|(name, _)| name), "{different:#?}");
}
