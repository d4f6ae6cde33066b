//! Every Rust file opens with `//!`: what it is.

use super::{Finding, SourceFile};

const RULE: &str = "header";

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.has_ending("rs")) {
        let first = file.text.lines().next().unwrap_or_default();
        match first.strip_prefix("//!") {
            None => findings.push(Finding::new(
                &file.path,
                1,
                RULE,
                "the first line has to be `//!` and say what the file is",
            )),
            Some(said) if said.trim().is_empty() => {
                findings.push(Finding::new(&file.path, 1, RULE, "`//!` says nothing"));
            }
            Some(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_header_is_found() {
        let files = [
            SourceFile::new("good.rs", "//! What it is.\nfn f() {}\n"),
            SourceFile::new("bare.rs", "use std::fs;\n"),
            SourceFile::new("silent.rs", "//!\n"),
            SourceFile::new("empty.rs", ""),
            SourceFile::new("text.md", "no header needed"),
        ];
        let found: Vec<String> = check(&files).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["bare.rs", "silent.rs", "empty.rs"]);
    }
}
