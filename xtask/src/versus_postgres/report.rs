//! Medians over the rounds, ratios, and how they are shown.

use std::fmt::Write;

use serde_json::{Value, json};

use super::Workload;
use super::pgbench::Measurement;

/// All rounds of one workload: PostgreSQL's first, Quorate's second.
pub struct Comparison<'a> {
    pub workload: &'a Workload,
    runs: [Vec<Measurement>; 2],
}

impl<'a> Comparison<'a> {
    pub fn new(workload: &'a Workload) -> Comparison<'a> {
        Comparison { workload, runs: [Vec::new(), Vec::new()] }
    }

    pub fn add(&mut self, target: usize, measurement: Measurement) {
        self.runs[target].push(measurement);
    }

    fn medians(&self, of: impl Fn(&Measurement) -> Option<f64>) -> [Option<f64>; 2] {
        [0, 1].map(|target| median(self.runs[target].iter().filter_map(&of).collect()))
    }

    fn sum(&self, target: usize, of: impl Fn(&Measurement) -> u64) -> u64 {
        self.runs[target].iter().map(of).sum()
    }

    /// Quorate's median throughput over PostgreSQL's.
    fn ratio(&self) -> Option<f64> {
        match self.medians(|run| Some(run.per_second)) {
            [Some(postgres), Some(quorate)] if postgres > 0.0 => Some(quorate / postgres),
            _ => None,
        }
    }
}

pub struct Report<'a> {
    pub scale: u32,
    pub rounds: u32,
    pub seconds: u32,
    /// Median of a 512-byte write and fdatasync on the disk that both used.
    pub fsync_millis: f64,
    pub postgres_settings: Vec<(String, String)>,
    pub comparisons: Vec<Comparison<'a>>,
}

impl Report<'_> {
    /// A Markdown table, to be put into `docs/benchmarks.md` as it is.
    pub fn to_table(&self) -> String {
        let mut text = format!(
            "scale {}, {} rounds of {} s, write + fdatasync {:.2} ms (median)\n",
            self.scale, self.rounds, self.seconds, self.fsync_millis
        );
        let settings: Vec<String> =
            self.postgres_settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
        text += &format!("PostgreSQL: {}\n\n", settings.join(", "));
        text += "| workload | clients | PostgreSQL/s | Quorate/s | ratio | goal | PostgreSQL µs | Quorate µs \
             | failed | retried |\n";
        text += "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
        for comparison in &self.comparisons {
            let [postgres, quorate] = comparison.medians(|run| Some(run.per_second));
            let micros = comparison.medians(|run| Some(run.processor_micros));
            writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                comparison.workload.what,
                comparison.workload.clients,
                shown(postgres, 0),
                shown(quorate, 0),
                shown(comparison.ratio(), 2),
                shown(comparison.workload.goal, 1),
                shown(micros[0], 1),
                shown(micros[1], 1),
                comparison.sum(1, |run| run.failed),
                comparison.sum(1, |run| run.retried),
            )
            .expect("writing to a string does not fail");
        }
        for comparison in &self.comparisons {
            for (what, [postgres, quorate]) in [
                ("median transaction", comparison.medians(|run| run.median_millis)),
                ("COMMIT", comparison.medians(|run| run.commit_millis)),
            ] {
                if postgres.is_some() || quorate.is_some() {
                    let name = comparison.workload.what;
                    let (postgres, quorate) = (shown(postgres, 2), shown(quorate, 2));
                    text += &format!(
                        "\n{name}, {what}: PostgreSQL {postgres} ms, Quorate {quorate} ms"
                    );
                }
            }
        }
        text
    }

    pub fn to_json(&self) -> Value {
        let settings: serde_json::Map<String, Value> = self
            .postgres_settings
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let one = |comparison: &Comparison<'_>, target: usize| {
            let per_second: Vec<f64> =
                comparison.runs[target].iter().map(|run| run.per_second).collect();
            json!({
                "per_second": median(per_second.clone()),
                "per_second_of_rounds": per_second,
                "processor_micros": comparison.medians(|run| Some(run.processor_micros))[target],
                "transaction_millis": comparison.medians(|run| run.median_millis)[target],
                "commit_millis": comparison.medians(|run| run.commit_millis)[target],
                "failed": comparison.sum(target, |run| run.failed),
                "retried": comparison.sum(target, |run| run.retried),
            })
        };
        let workloads: Vec<Value> = self
            .comparisons
            .iter()
            .map(|comparison| {
                json!({
                    "workload": comparison.workload.name,
                    "clients": comparison.workload.clients,
                    "postgres": one(comparison, 0),
                    "quorate": one(comparison, 1),
                    "ratio": comparison.ratio(),
                    "goal": comparison.workload.goal,
                })
            })
            .collect();
        json!({
            "scale": self.scale,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "fsync_millis": self.fsync_millis,
            "postgres_settings": settings,
            "workloads": workloads,
        })
    }
}

fn shown(number: Option<f64>, decimals: usize) -> String {
    number.map_or_else(|| "–".to_owned(), |number| format!("{number:.decimals$}"))
}

/// The middle; of an even number, the mean of the two in the middle.
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        length if length % 2 == 1 => Some(numbers[middle]),
        _ => Some((numbers[middle - 1] + numbers[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::versus_postgres::WORKLOADS;

    fn run(per_second: f64) -> Measurement {
        let none = None;
        Measurement {
            per_second,
            processor_micros: per_second / 10.0,
            median_millis: none,
            commit_millis: none,
            failed: 1,
            retried: 2,
        }
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn the_ratio_is_of_medians() {
        let mut comparison = Comparison::new(&WORKLOADS[0]);
        for (postgres, quorate) in [(100.0, 90.0), (200.0, 160.0), (900.0, 170.0)] {
            comparison.add(0, run(postgres));
            comparison.add(1, run(quorate));
        }
        let report = Report {
            scale: 1,
            rounds: 3,
            seconds: 10,
            fsync_millis: 0.4,
            postgres_settings: vec![("fsync".to_owned(), "on".to_owned())],
            comparisons: vec![comparison],
        };
        assert_eq!(report.to_json()["workloads"][0]["ratio"], 0.8);
        let row = "| one account by key (-S) | 8 | 200 | 160 | 0.80 | 0.8 | 20.0 | 16.0 | 3 | 6 |";
        assert!(report.to_table().contains(row), "{}", report.to_table());
    }
}
