//! No Rust file above 1,000 lines: beyond that nobody reads it from front to back.

use super::{Finding, SourceFile};

const RULE: &str = "size";
const MOST_LINES: usize = 1_000;

/// Generated tables that are longer, each with its reason. An entry that is not needed any more is a finding.
const LONG_FILES: &[(&str, &str)] = &[];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    check_with(files, LONG_FILES)
}

fn check_with(files: &[SourceFile], long_files: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.has_ending("rs")) {
        let lines = file.text.lines().count();
        let is_listed = long_files.iter().any(|(path, _)| *path == file.path);
        if lines > MOST_LINES && !is_listed {
            let message = format!("{lines} lines; split it by topic, {MOST_LINES} are the most");
            findings.push(Finding::new(&file.path, MOST_LINES + 1, RULE, message));
        }
        if lines <= MOST_LINES && is_listed {
            findings.push(Finding::new(&file.path, 1, RULE, "is listed as long, but is not"));
        }
    }
    for (path, _) in long_files {
        if !files.iter().any(|file| file.path == *path) {
            findings.push(Finding::new(*path, 1, RULE, "is listed as long, but does not exist"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: usize) -> SourceFile {
        SourceFile::new(path, &"x\n".repeat(lines))
    }

    #[test]
    fn only_files_above_the_limit_are_found() {
        let findings = check_with(&[file("short.rs", 1_000), file("long.rs", 1_001)], &[]);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].path.as_str(), findings[0].line), ("long.rs", 1_001));
    }

    #[test]
    fn the_list_of_reasons_is_kept_short() {
        let listed =
            [("table.rs", "generated"), ("shrunk.rs", "generated"), ("gone.rs", "generated")];
        let findings = check_with(&[file("table.rs", 2_000), file("shrunk.rs", 10)], &listed);
        let found: Vec<&str> = findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(found, ["shrunk.rs", "gone.rs"]);
    }
}
