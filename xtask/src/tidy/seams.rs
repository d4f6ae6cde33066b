//! Clocks, threads' sleep and the end of the process stay in the crates that they belong to.
//!
//! `clippy.toml` bans a path for the whole workspace; what only some crates may use is here.

use super::{Finding, SourceFile};

const RULE: &str = "seam";

/// A piece of code, the places that may hold it, and what to do instead.
const SEAMS: &[(&str, &[&str], &str)] = &[
    (
        "SystemTime::now(",
        &["libs/runtime/", "clients/", "xtask/"],
        "take the time from runtime::Clock",
    ),
    (
        "Instant::now(",
        &[
            "libs/runtime/",
            "query-processor/",
            "supervisor/",
            "gateway/",
            "journal/src/log/",
            // How long the thread has rested.
            "crossbar/src/driver.rs",
            "libs/transport/",
            "node/",
            "clients/",
            // How long a campaign took; the simulator itself reads no clock.
            "simulation/core/src/main.rs",
            "simulation/cluster/src/main.rs",
            // The runtime's simulated time.
            "simulation/cluster/src/clock.rs",
            "simulation/cluster/src/world.rs",
            // How long a decoder may take is what is asked.
            "simulation/fuzz/src/lib.rs",
            "xtask/",
        ],
        "state machines and the SQL engine take the time as input",
    ),
    (
        "process::exit(",
        &["node/", "clients/", "xtask/"],
        "return an error; only the program decides to end",
    ),
    (
        "thread::sleep(",
        &["sql/functions/src/bodies/system.rs", "clients/", "xtask/"],
        "wait for an event; only pg_sleep() may sleep on a thread",
    ),
];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.has_ending("rs") && !file.is_test()) {
        for (line, text) in file.lines() {
            // Unit tests stand at the end of their file.
            if text.trim() == "#[cfg(test)]" {
                break;
            }
            let code = text.split("//").next().unwrap_or_default();
            for (piece, places, instead) in SEAMS {
                let is_allowed = places.iter().any(|place| file.path.starts_with(place));
                if !is_allowed && code.contains(piece) {
                    let message = format!("`{piece})` here: {instead}");
                    findings.push(Finding::new(&file.path, line, RULE, message));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        check(&[SourceFile::new(path, text)]).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_clock_in_a_state_machine_is_found() {
        let text =
            "//! X.\nlet a = SystemTime::now();\nlet b = Instant::now(); // Instant::now()\n";
        assert_eq!(found("adjudicator/src/shards.rs", text), [2, 3]);
        assert!(found("libs/runtime/src/clock.rs", text).is_empty());
    }

    #[test]
    fn tests_and_comments_may_name_it() {
        assert!(found("storage/tests/model.rs", "thread::sleep(x);").is_empty());
        assert!(found("storage/src/a.rs", "// process::exit(1)\n").is_empty());
        assert!(found("storage/src/a.rs", "#[cfg(test)]\nmod t { thread::sleep(x); }").is_empty());
    }
}
