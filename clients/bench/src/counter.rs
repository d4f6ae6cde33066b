//! Everybody adds to one row: as a plain column, and as a counter that is declared `WITH (merge = delta)`.
//!
//! Rounds alternate between the two, and every second begins with the other one, so that both meet the same machine. After
//! each the row is read: it must hold what was there before and every acknowledged addition, and may hold those of which
//! the outcome is unknown.

use serde::Serialize;
use shell::connection::open;
use tokio_postgres::{Client, Statement};

use crate::driver::{Answers, drive};
use crate::error::{BenchError, while_doing};
use crate::options::BenchOptions;
use crate::report::Report;
use crate::workload::{AttemptError, Workload, at_commit};

pub(crate) const TABLES: &[&str] = &["bench_counter_plain", "bench_counter_delta"];

pub(crate) const DEFINITIONS: &[&str] = &[
    "create table bench_counter_plain (id int primary key, n bigint not null)",
    "create table bench_counter_delta (id int primary key, \
     n bigint not null with (merge = delta))",
    "insert into bench_counter_plain values (1, 0)",
    "insert into bench_counter_delta values (1, 0)",
];

/// How the column that is added to is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    Plain,
    Delta,
}

impl Counter {
    fn table(self) -> &'static str {
        match self {
            Self::Plain => TABLES[0],
            Self::Delta => TABLES[1],
        }
    }

    pub(crate) fn statement(self) -> String {
        format!("update {} set n = n + 1 where id = 1", self.table())
    }

    async fn sum(self, client: &Client) -> Result<i64, BenchError> {
        let query = format!("select n from {} where id = 1", self.table());
        let row =
            client.query_one(&query, &[]).await.map_err(while_doing("reading the counter"))?;
        row.try_get(0).map_err(while_doing("reading the counter"))
    }
}

/// The statement is the transaction, so any break leaves the outcome open.
pub(crate) async fn add(client: &Client, prepared: &[Statement]) -> Result<(), AttemptError> {
    client.execute(&prepared[0], &[]).await.map_err(at_commit)?;
    Ok(())
}

/// What all rounds found.
#[derive(Clone, Debug, Serialize)]
pub struct CounterReport {
    pub workload: &'static str,
    pub plain: Vec<Report>,
    pub delta: Vec<Report>,
    /// Medians over the rounds of committed transactions a second.
    pub plain_per_second: f64,
    pub delta_per_second: f64,
    pub ratio: f64,
    /// How often a sum was compared.
    pub checks: u64,
    pub violations: Vec<String>,
}

impl CounterReport {
    pub(crate) fn text(&self) -> String {
        let mut lines = Vec::new();
        for (name, reports) in [("plain", &self.plain), ("delta", &self.delta)] {
            for (round, report) in (1..).zip(reports) {
                let latency = report.latencies.get("add");
                let (p50, p99) = latency.map_or((0.0, 0.0), |found| (found.p50_ms, found.p99_ms));
                lines.push(format!(
                    "{name} round {round}: {:>10.1}/s  p50 {p50:.3} ms  p99 {p99:.3} ms  {} conflicts, \
                     {} gave up, {} unknown",
                    report.committed_per_second,
                    report.conflicts,
                    report.gave_up,
                    report.unknown_outcomes
                ));
            }
        }
        lines.push(format!(
            "medians: plain {:.1}/s, delta {:.1}/s, ratio {:.1}",
            self.plain_per_second, self.delta_per_second, self.ratio
        ));
        let verdict = if self.violations.is_empty() { "the sums are exact" } else { "VIOLATED" };
        lines.push(format!("{verdict} ({} checks)", self.checks));
        lines.extend(self.violations.iter().map(|violation| format!("  {violation}")));
        lines.join("\n") + "\n"
    }
}

/// Runs all rounds.
pub(crate) async fn alternate(options: &BenchOptions) -> Result<CounterReport, BenchError> {
    let (mut plain, mut delta) = (Vec::new(), Vec::new());
    let mut violations = Vec::new();
    for round in 0..options.rounds {
        let mut order = [Counter::Plain, Counter::Delta];
        if round % 2 == 1 {
            order.reverse();
        }
        for counter in order {
            let (report, violation) = measure(options, counter).await?;
            violations.extend(violation);
            match counter {
                Counter::Plain => plain.push(report),
                Counter::Delta => delta.push(report),
            }
        }
    }
    let (plain_per_second, delta_per_second) = (median(&plain), median(&delta));
    Ok(CounterReport {
        workload: "counter",
        ratio: delta_per_second / plain_per_second,
        plain_per_second,
        delta_per_second,
        checks: (plain.len() + delta.len()) as u64,
        plain,
        delta,
        violations,
    })
}

async fn measure(
    options: &BenchOptions,
    counter: Counter,
) -> Result<(Report, Option<String>), BenchError> {
    let workload = Workload::Counter(counter);
    let session = open(&options.connect_options(), 0, |_| {}).await?;
    let before = counter.sum(&session.client).await?;
    let (report, answers) = drive(options, &workload).await?;
    // The server may have been away, and this session with it.
    let session = crate::driver::open_patiently(options).await?;
    let after = counter.sum(&session.client).await?;
    Ok((report, wrong_sum(counter, before, after, answers)))
}

fn wrong_sum(counter: Counter, before: i64, after: i64, answers: Answers) -> Option<String> {
    let least = before + answers.committed.cast_signed();
    let most = least + answers.unknown.cast_signed();
    (!(least..=most).contains(&after)).then(|| {
        format!(
            "{} holds {after}, but from {before} and {} acknowledged and {} unknown additions it must hold \
             {least} to {most}",
            counter.table(),
            answers.committed,
            answers.unknown
        )
    })
}

fn median(reports: &[Report]) -> f64 {
    let mut rates: Vec<f64> = reports.iter().map(|report| report.committed_per_second).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unknown_outcomes_make_room_for_another_sum() {
        let wrong = |after, committed, unknown| {
            wrong_sum(Counter::Delta, 10, after, Answers { committed, unknown })
        };
        assert_eq!((wrong(15, 5, 0), wrong(15, 3, 2), wrong(13, 3, 2)), (None, None, None));
        for (after, committed, unknown) in [(14, 5, 0), (16, 5, 0), (16, 3, 2), (12, 3, 2)] {
            assert!(wrong(after, committed, unknown).is_some(), "{after}");
        }
    }
}
