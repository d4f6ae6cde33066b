//! What a comparison found, for people and as JSON.

use std::collections::BTreeMap;

use serde_json::json;

use super::compare::{Difference, Kind};

/// One statement whose answers differ.
#[derive(Debug)]
pub struct Finding {
    pub area: String,
    pub place: String,
    pub sql: String,
    pub differences: Vec<Difference>,
    /// Why it is meant, if it is listed.
    pub reason: Option<String>,
}

impl Finding {
    /// Whether more differs than the text of a message.
    pub fn is_hard(&self) -> bool {
        self.differences.iter().any(|difference| difference.kind != Kind::Message)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub statements: usize,
    /// Statements that differ in more than text.
    pub differing: usize,
    /// Of those, the listed ones.
    pub listed: usize,
    /// Statements that differ in the text of a message and in nothing else.
    pub texts: usize,
}

impl Count {
    /// Percent that is equal, text aside.
    pub fn rate(self) -> f64 {
        percent(self.statements - self.differing, self.statements)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of statements are small")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[derive(Debug, Default)]
pub struct Report {
    pub areas: BTreeMap<String, Count>,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn add(&mut self, area: &str, finding: Option<Finding>) {
        let count = self.areas.entry(area.to_owned()).or_default();
        count.statements += 1;
        let Some(finding) = finding else { return };
        if finding.is_hard() {
            count.differing += 1;
            count.listed += usize::from(finding.reason.is_some());
        } else {
            count.texts += 1;
        }
        self.findings.push(finding);
    }

    pub fn total(&self) -> Count {
        self.areas.values().fold(Count::default(), |sum, count| Count {
            statements: sum.statements + count.statements,
            differing: sum.differing + count.differing,
            listed: sum.listed + count.listed,
            texts: sum.texts + count.texts,
        })
    }

    /// Every difference, and below them the table of areas.
    pub fn print(&self, with_listed: bool) {
        for finding in &self.findings {
            if finding.reason.is_some() && !with_listed {
                continue;
            }
            println!("{}  {}", finding.place, finding.sql);
            for difference in &finding.differences {
                println!("    {}", difference.kind.name());
                println!("        postgres  {}", indented(&difference.postgres));
                println!("        quorate   {}", indented(&difference.quorate));
            }
            if let Some(reason) = &finding.reason {
                println!("    listed: {reason}");
            }
        }
        println!();
        println!(
            "{:<16} {:>10} {:>9} {:>7} {:>10} {:>8}",
            "area", "statements", "differing", "listed", "text only", "equal"
        );
        for (area, count) in &self.areas {
            print_line(area, *count);
        }
        print_line("all", self.total());
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        for difference in self.findings.iter().flat_map(|finding| &finding.differences) {
            *kinds.entry(difference.kind).or_default() += 1;
        }
        let kinds: Vec<String> =
            kinds.iter().map(|(kind, count)| format!("{} {count}", kind.name())).collect();
        println!("differences by kind: {}", kinds.join(", "));
    }

    pub fn to_json(&self) -> String {
        let areas: BTreeMap<&String, serde_json::Value> = self
            .areas
            .iter()
            .map(|(area, count)| {
                let value = json!({
                    "statements": count.statements,
                    "differing": count.differing,
                    "listed": count.listed,
                    "text_only": count.texts,
                    "equal_percent": count.rate(),
                });
                (area, value)
            })
            .collect();
        let findings: Vec<serde_json::Value> = self.findings.iter().map(finding_json).collect();
        json!({ "areas": areas, "findings": findings }).to_string()
    }
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    let differences: Vec<serde_json::Value> = finding
        .differences
        .iter()
        .map(|difference| {
            json!({
                "kind": difference.kind.name(),
                "postgres": difference.postgres,
                "quorate": difference.quorate,
            })
        })
        .collect();
    json!({
        "area": finding.area,
        "place": finding.place,
        "statement": finding.sql,
        "differences": differences,
        "reason": finding.reason,
    })
}

fn print_line(area: &str, count: Count) {
    println!(
        "{area:<16} {:>10} {:>9} {:>7} {:>10} {:>7.2}%",
        count.statements,
        count.differing,
        count.listed,
        count.texts,
        count.rate()
    );
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n                  ")
}
