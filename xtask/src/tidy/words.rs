//! Words that promise, blur or say nothing, each with what to write instead; and names of files that name nothing.

use super::{Finding, SourceFile};

const RULE: &str = "word";

/// What is looked for, in lower case and as whole words, and what to write instead.
const BANNED: &[(&str, &str)] = &[
    ("fixme", "fix it, or say in a sentence what does not work"),
    ("xxx", "fix it, or say in a sentence what does not work"),
    ("for now", "say what holds, or record the decision"),
    ("sanity check", "check"),
    ("whitelist", "list of what is allowed"),
    ("blacklist", "list of what is refused"),
    ("blazing", "the measured number"),
    ("blazingly", "the measured number"),
    ("world-class", "the measured number"),
    ("seamless", "what the user notices"),
    ("seamlessly", "what the user notices"),
    ("leverage", "use"),
    ("utilize", "use"),
    ("obviously", "leave it out"),
    ("needless to say", "leave it out"),
    ("as of this writing", "a version or a date"),
    ("transaction manager", "adjudicator or query processor"),
    ("write-set", "write set"),
    ("time stamp", "timestamp"),
    ("meta data", "metadata"),
];

/// In code only: what must not stand before a test.
const BANNED_CODE: &[(&str, &str)] =
    &[("#[ignore", "a test that does not run is no test: repair or remove it")];

/// Names of files and folders that name nothing.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "stuff"];

/// This list has to spell what it bans.
const OWN_FILE: &str = "xtask/src/tidy/words.rs";

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path != OWN_FILE) {
        if let Some(name) = empty_name(&file.path) {
            let message = format!("`{name}` names nothing: name the file after what it holds");
            findings.push(Finding::new(&file.path, 1, RULE, message));
        }
        let is_code = file.has_ending("rs");
        for (line, text) in file.lines() {
            let prose = if is_code { comment(text) } else { text };
            let prose = prose.to_lowercase();
            for (word, instead) in BANNED {
                if has_word(&prose, word) {
                    let message = format!("`{word}`: write {instead}");
                    findings.push(Finding::new(&file.path, line, RULE, message));
                }
            }
            let trimmed = text.trim_start();
            for (piece, instead) in BANNED_CODE {
                if is_code && trimmed.starts_with(piece) {
                    let message = format!("`{piece}`: {instead}");
                    findings.push(Finding::new(&file.path, line, RULE, message));
                }
            }
        }
    }
    findings
}

/// What stands behind `//`; code may name things as others named them.
fn comment(line: &str) -> &str {
    line.find("//").map_or("", |start| &line[start..])
}

fn empty_name(path: &str) -> Option<&str> {
    path.split('/')
        .map(|part| part.split_once('.').map_or(part, |(stem, _)| stem))
        .find(|part| EMPTY_NAMES.contains(part))
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(start, _)| {
        !text[..start].ends_with(is_part) && !text[start + word.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&[SourceFile::new(path, text)]).len()
    }

    #[test]
    fn whole_words_of_prose_are_found() {
        assert_eq!(count("a.md", "This is obviously right."), 1);
        assert_eq!(count("a.md", "leveraged"), 0);
        assert_eq!(count("a.rs", "let fixme = 1; // FIXME later"), 1);
        assert_eq!(count("a.rs", "let fixme = 1;"), 0);
    }

    #[test]
    fn ignored_tests_are_found() {
        assert_eq!(count("a.rs", "    #[ignore]\n    fn f() {}\n"), 1);
        assert_eq!(count("a.rs", "// #[ignore] is banned\n"), 0);
    }

    #[test]
    fn names_that_name_nothing_are_found() {
        assert_eq!(count("storage/src/utils.rs", ""), 1);
        assert_eq!(count("storage/src/common/mod.rs", ""), 1);
        assert_eq!(count("storage/src/commons.rs", ""), 0);
    }
}
