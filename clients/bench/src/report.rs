//! What a run found, as text and as JSON.

use std::collections::BTreeMap;
use std::io::Write;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::counter::CounterReport;
use crate::error::BenchError;
use crate::record::Record;

/// Latencies of one kind of operation, in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    pub count: u64,
    pub mean_ms: f64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub maximum_ms: f64,
}

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub workload: &'static str,
    pub server_version: String,
    pub clients: usize,
    /// Transactions a second that were asked for; none in a closed loop.
    pub rate: Option<f64>,
    pub seed: u64,
    pub measured_seconds: f64,
    /// Acknowledged transactions.
    pub committed: u64,
    pub committed_per_second: f64,
    /// tpcc: New-Orders that were committed, a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_orders_per_minute: Option<f64>,
    /// Tries that ended in 40001 or 40P01.
    pub conflicts: u64,
    pub retries: u64,
    /// Transactions of which every try conflicted.
    pub gave_up: u64,
    /// Transactions whose connection broke while they committed.
    pub unknown_outcomes: u64,
    pub reconnects: u64,
    /// Transactions that were due but not begun when an open loop ended.
    pub not_begun: u64,
    pub errors_by_sqlstate: BTreeMap<String, u64>,
    pub latencies: BTreeMap<&'static str, Latency>,
    /// How often the invariant was looked at, the last time after the run included.
    pub invariant_checks: u64,
    /// Whether `--verify` was asked for.
    pub verified: bool,
    /// What does not hold. Empty if all is well.
    pub violations: Vec<String>,
}

pub(crate) fn summarize(histogram: &Histogram<u64>) -> Latency {
    let quantile = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    Latency {
        count: histogram.len(),
        mean_ms: histogram.mean() / 1_000.0,
        p50_ms: quantile(0.5),
        p90_ms: quantile(0.9),
        p95_ms: quantile(0.95),
        p99_ms: quantile(0.99),
        p999_ms: quantile(0.999),
        maximum_ms: histogram.max() as f64 / 1_000.0,
    }
}

pub(crate) fn summarize_all(record: &Record) -> BTreeMap<&'static str, Latency> {
    record
        .latencies
        .iter()
        .map(|(operation, histogram)| (*operation, summarize(histogram)))
        .collect()
}

/// What was found to hold without a run.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    pub workload: &'static str,
    pub checks: u64,
    pub violations: Vec<String>,
}

impl CheckReport {
    fn text(&self) -> String {
        let verdict = if self.violations.is_empty() { "everything holds" } else { "VIOLATED" };
        let mut lines = vec![format!("{verdict} ({} checks)", self.checks)];
        lines.extend(self.violations.iter().map(|violation| format!("  {violation}")));
        lines.join("\n") + "\n"
    }
}

/// What there is to say in the end.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Finding {
    Run(Report),
    Counter(CounterReport),
    Check(CheckReport),
}

impl Finding {
    /// True if everything that was checked holds.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Run(report) => report.is_sound(),
            Self::Counter(report) => report.violations.is_empty(),
            Self::Check(report) => report.violations.is_empty(),
        }
    }

    pub(crate) fn print(&self, as_json: bool) -> Result<(), BenchError> {
        let text = if as_json {
            serde_json::to_string_pretty(self)
                .map_err(|error| BenchError::Output(std::io::Error::other(error)))?
                + "\n"
        } else {
            match self {
                Self::Run(report) => report.text(),
                Self::Counter(report) => report.text(),
                Self::Check(report) => report.text(),
            }
        };
        std::io::stdout().write_all(text.as_bytes()).map_err(BenchError::Output)
    }
}

impl Report {
    /// True if everything that was checked holds.
    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        let mut line = |label: &str, value: String| lines.push(format!("{label:18} {value}"));
        let kind = match self.rate {
            Some(rate) => format!("open loop at {rate}/s"),
            None => "closed loop".to_owned(),
        };
        line("workload", format!("{}, {kind}, {} clients", self.workload, self.clients));
        line("server", self.server_version.clone());
        line("seed", self.seed.to_string());
        line("measured", format!("{:.1} s", self.measured_seconds));
        line("committed", format!("{} ({:.1}/s)", self.committed, self.committed_per_second));
        if let Some(rate) = self.new_orders_per_minute {
            line("tpmC", format!("{rate:.1}"));
        }
        line("conflicts", format!("{} ({} tries repeated)", self.conflicts, self.retries));
        line("gave up", self.gave_up.to_string());
        line("unknown outcomes", self.unknown_outcomes.to_string());
        line("reconnects", self.reconnects.to_string());
        if self.rate.is_some() {
            line("not begun", self.not_begun.to_string());
        }
        for (code, count) in &self.errors_by_sqlstate {
            line(&format!("error {code}"), count.to_string());
        }
        lines.push(String::new());
        lines.push(format!(
            "{:16} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "latency ms", "count", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"
        ));
        for (operation, latency) in &self.latencies {
            lines.push(format!(
                "{operation:16} {:>9} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3}",
                latency.count,
                latency.mean_ms,
                latency.p50_ms,
                latency.p90_ms,
                latency.p95_ms,
                latency.p99_ms,
                latency.p999_ms,
                latency.maximum_ms
            ));
        }
        if self.invariant_checks > 0 || self.verified {
            lines.push(String::new());
            let verdict = match (self.is_sound(), self.verified) {
                (true, true) => "verified: everything holds",
                (true, false) => "the invariant held",
                (false, _) => "VIOLATED",
            };
            lines.push(format!("{verdict} ({} checks)", self.invariant_checks));
        }
        for violation in &self.violations {
            lines.push(format!("  {violation}"));
        }
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Ending;

    fn report(violations: Vec<String>) -> Report {
        let mut record = Record::default();
        for milliseconds in 1..=100 {
            record.add("transfer", milliseconds * 1_000, &[], &Ending::Committed);
        }
        Report {
            workload: "bank",
            server_version: "16".to_owned(),
            clients: 4,
            rate: None,
            seed: 1,
            measured_seconds: 2.0,
            committed: record.committed,
            committed_per_second: 50.0,
            new_orders_per_minute: None,
            conflicts: 0,
            retries: 0,
            gave_up: 0,
            unknown_outcomes: 0,
            reconnects: 0,
            not_begun: 0,
            errors_by_sqlstate: BTreeMap::from([("23505".to_owned(), 2)]),
            latencies: summarize_all(&record),
            invariant_checks: 3,
            verified: true,
            violations,
        }
    }

    #[test]
    fn percentiles_are_those_of_the_latencies() {
        let report = report(Vec::new());
        let latency = &report.latencies["transfer"];
        for (found, expected) in
            [(latency.p50_ms, 50.0), (latency.p99_ms, 99.0), (latency.maximum_ms, 100.0)]
        {
            assert!((found - expected).abs() / expected < 0.002, "{found} for {expected}");
        }
    }

    #[test]
    fn the_text_says_whether_all_holds() {
        let text = report(Vec::new()).text();
        assert!(text.contains("verified: everything holds (3 checks)"), "{text}");
        assert!(text.contains("error 23505        2"), "{text}");
        let broken = report(vec!["account 1 is gone".to_owned()]);
        assert!(!broken.is_sound());
        assert!(broken.text().ends_with("VIOLATED (3 checks)\n  account 1 is gone\n"));
    }
}
