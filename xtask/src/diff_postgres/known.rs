//! Differences that are meant, each with its reason, and the pass rates that were reached.
//!
//! `tests/differential/known.toml` lists the differences and `tests/differential/rates.toml` the rates. An entry that
//! matches nothing any more is reported: the list only shrinks by being looked at.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    known: Vec<Known>,
}

/// A difference that is intended, or whose reason is recorded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The statement; `*` stands for anything.
    pub statement: String,
    /// The areas it is expected in; empty means all.
    #[serde(default)]
    pub areas: Vec<String>,
    /// Kinds of difference that it explains; empty means all.
    #[serde(default)]
    pub kinds: Vec<String>,
    pub reason: String,
}

impl Known {
    pub fn explains(&self, area: &str, sql: &str, kind: &str) -> bool {
        (self.areas.is_empty() || self.areas.iter().any(|name| name == area))
            && (self.kinds.is_empty() || self.kinds.iter().any(|name| name == kind))
            && matches(&self.statement, sql)
    }
}

pub fn read(folder: &Path) -> Result<Vec<Known>, String> {
    let path = folder.join("known.toml");
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file: File =
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(file.known)
}

/// Percent of statements that are equal, by area; what is reached must not be lost.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Rates {
    #[serde(flatten)]
    pub areas: BTreeMap<String, f64>,
}

impl Rates {
    pub fn read(folder: &Path) -> Result<Rates, String> {
        let path = folder.join("rates.toml");
        if !path.exists() {
            return Ok(Rates::default());
        }
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&error))?;
        toml::from_str(&text).map_err(|error| failed(&error))
    }

    pub fn write(&self, folder: &Path) -> Result<(), String> {
        let path = folder.join("rates.toml");
        let lines: String =
            self.areas.iter().map(|(area, rate)| format!("{area} = {rate:.2}\n")).collect();
        let text = format!(
            "# Percent of each area's statements that are answered as PostgreSQL 16 does.\n\
             # Written by `cargo xtask diff-postgres --record`; a lower rate fails the comparison.\n{lines}"
        );
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Whether a text has the form of a pattern in which `*` stands for anything; case and white space aside.
fn matches(pattern: &str, text: &str) -> bool {
    let plain =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let (pattern, text) = (plain(pattern), plain(text));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(index) => rest = &rest[index + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("select 1", "SELECT  1"));
        assert!(!matches("select 1", "select 12"));
        assert!(matches("select *(x)*", "select f(x), 2"));
        assert!(matches("*", ""));
        assert!(matches("a*b*c", "a-b-b-c"));
        assert!(!matches("a*b*c", "a-c"));
        assert!(!matches("ab*b", "ab"));
    }
}
