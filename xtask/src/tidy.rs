//! The house rules as a test: what no compiler and no linter checks.
//!
//! | rule | what it finds |
//! | --- | --- |
//! | [`headers`] | a Rust file that does not say in its first line what it is |
//! | [`sizes`] | a Rust file above 1,000 lines that is not on the list of reasons |
//! | [`dependencies`] | a crate that imports one it must not know; a library without its line in the decision log |
//! | [`words`] | words that promise, blur or say nothing; folders and files named after nothing |
//! | [`properties`] | a property that is upheld but not checked, checked but not upheld, or unknown |
//! | [`links`] | a relative link in a document that leads nowhere |
//! | [`seams`] | clocks, files and exits outside of the crates they belong to |
//!
//! Each rule is a function from text to findings, so its tests need no files.

mod dependencies;
mod files;
mod headers;
mod links;
mod properties;
mod seams;
mod sizes;
mod words;

use std::fmt;
use std::path::Path;

pub use files::SourceFile;

/// Where a rule is broken, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Relative to the root.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    pub rule: &'static str,
    pub message: String,
}

impl Finding {
    pub fn new(
        path: impl Into<String>,
        line: usize,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Finding {
        Finding { path: path.into(), line, rule, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// All findings below `root`, in order of path and line.
pub fn run(root: &Path) -> Result<Vec<Finding>, String> {
    let files = files::read(root)?;
    let mut findings = Vec::new();
    findings.extend(headers::check(&files));
    findings.extend(sizes::check(&files));
    findings.extend(words::check(&files));
    findings.extend(properties::check(&files));
    findings.extend(links::check(&files, &|path| root.join(path).exists()));
    findings.extend(seams::check(&files));
    findings.extend(dependencies::check(&dependencies::metadata()?, &files));
    findings.sort();
    findings.dedup();
    Ok(findings)
}
