//! The known good and known bad histories: every verdict as expected, and every bad one for the reason expected.

use std::collections::BTreeSet;

use checkers::{Class, History, Level, Report, check};
use serde_json::Value;

const CORPUS: &str = include_str!("../corpus/corpus.jsonl");

struct Case {
    name: String,
    valid: bool,
    classes: Vec<String>,
    history: History,
}

fn cases() -> Vec<Case> {
    CORPUS
        .lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).expect("a line of JSON");
            let classes = case["classes"].as_array().expect("a list of classes");
            Case {
                name: case["name"].as_str().expect("a name").to_owned(),
                valid: case["expect"] == "valid",
                classes: classes.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                history: History::from_json(&case["history"]).expect("a history"),
            }
        })
        .collect()
}

fn names(report: &Report) -> BTreeSet<String> {
    report.findings.iter().map(|finding| finding.name()).collect()
}

/// Our real-time order contains the order of processes, so what Elle calls a cycle of processes is one of real time here.
/// A read that misses what was acknowledged is a cycle for Elle and a lost append here, or both.
fn covers(found: &BTreeSet<String>, expected: &str) -> bool {
    let expected = expected.replace("-process", "-realtime");
    found.contains(&expected)
        || found.iter().any(|name| name.strip_suffix("-realtime") == Some(&expected))
        // A shorter circle through real time tells the same story.
        || (expected == "G-single-realtime"
            && ["G-nonadjacent", "G0-realtime"].iter().any(|other| found.contains(*other)))
}

/// Checks: L1, I1
#[test]
fn all_55_verdicts_are_as_expected() {
    let cases = cases();
    assert_eq!(cases.len(), 55);
    let mut wrong = Vec::new();
    for case in &cases {
        let report = check(&case.history, Level::StrongSnapshot);
        let found = names(&report);
        if report.is_valid() != case.valid {
            wrong.push(format!("{}: {found:?}", case.name));
        }
        if !case.valid {
            for expected in case.classes.iter().filter(|class| !covers(&found, class)) {
                wrong.push(format!("{}: {expected} is not among {found:?}", case.name));
            }
        }
        assert!(report.findings.iter().all(|finding| !finding.witness.is_empty()));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn write_skew_is_seen_and_refused_under_serializability_only() {
    for case in cases().iter().filter(|case| case.valid && case.classes == ["G2-item"]) {
        if case.name == "ok-read-only-anomaly-fekete" {
            // Its writer of the other account is left out, so there is nothing that a serial order could not explain.
            continue;
        }
        let snapshot = check(&case.history, Level::StrongSnapshot);
        assert!(snapshot.counters.skews > 0, "{}", case.name);
        let serializable = check(&case.history, Level::Serializable);
        assert!(serializable.has(Class::G2Item), "{}: {:?}", case.name, names(&serializable));
    }
}

#[test]
fn a_witness_reads_as_a_circle_in_english() {
    let cases = cases();
    let case = cases.iter().find(|case| case.name == "bad-Gsingle-read-skew").expect("a case");
    let report = check(&case.history, Level::Snapshot);
    let finding = report.findings.iter().find(|one| one.class == Class::GSingle).expect("a cycle");
    assert_eq!(
        finding.witness,
        "T0 did not see what T1 appended to key 0, so T0 began before T1 committed; \
         T0 read what T1 appended to key 1, so T1 committed before T0 began: \
         a circle, so no order of beginnings and commits explains it"
    );
}

#[test]
fn without_real_time_a_stale_read_is_legal() {
    for case in cases().iter().filter(|case| case.classes == ["G-single-realtime"]) {
        assert!(!check(&case.history, Level::StrongSnapshot).is_valid(), "{}", case.name);
        let plain = check(&case.history, Level::Snapshot);
        assert!(plain.is_valid(), "{}: {:?}", case.name, names(&plain));
    }
}
