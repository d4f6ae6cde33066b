//! Properties are paired: what code says it upholds, a test says it checks.
//!
//! `docs/properties.md` defines them in rows that begin `| **D1** |`. Code carries `Upholds: D1`, tests `Checks: D1`. A row
//! that says `not built yet` needs neither.

use std::collections::BTreeMap;

use super::{Finding, SourceFile};

const RULE: &str = "property";
const DEFINITIONS: &str = "docs/properties.md";
const EXEMPT: &str = "not built yet";
/// This folder has to spell the tags that it looks for.
const OWN_FOLDER: &str = "xtask/";

/// Where something was said first.
type Places = BTreeMap<String, (String, usize)>;

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut defined = BTreeMap::new();
    let document = files.iter().find(|file| file.path == DEFINITIONS);
    for (line, text) in document.into_iter().flat_map(SourceFile::lines) {
        if let Some((name, rest)) = definition(text) {
            defined.insert(name.to_owned(), (line, rest.contains(EXEMPT)));
        }
    }
    if defined.is_empty() {
        return vec![Finding::new(DEFINITIONS, 1, RULE, "defines no property")];
    }
    let mut upheld = Places::new();
    let mut checked = Places::new();
    let code = files.iter().filter(|file| {
        !file.path.starts_with(OWN_FOLDER) && ["rs", "py", "sh"].iter().any(|e| file.has_ending(e))
    });
    for file in code {
        for (tag, places) in [("Upholds:", &mut upheld), ("Checks:", &mut checked)] {
            for (line, names) in tags(&file.text, tag) {
                if names.is_empty() {
                    let message = format!("`{tag}` names no property");
                    findings.push(Finding::new(&file.path, line, RULE, message));
                }
                for name in names {
                    if !defined.contains_key(&name) {
                        let message = format!("{name} is not defined in {DEFINITIONS}");
                        findings.push(Finding::new(&file.path, line, RULE, message));
                    }
                    places.entry(name).or_insert_with(|| (file.path.clone(), line));
                }
            }
        }
    }
    for (name, (line, is_exempt)) in &defined {
        match (upheld.get(name), checked.get(name)) {
            (None, None) if !is_exempt => {
                let message = format!("nothing upholds {name}, nothing checks it");
                findings.push(Finding::new(DEFINITIONS, *line, RULE, message));
            }
            (Some((path, line)), None) => {
                let message = format!("{name} is upheld here, but no test says that it checks it");
                findings.push(Finding::new(path, *line, RULE, message));
            }
            (None, Some((path, line))) => {
                let message =
                    format!("{name} is checked here, but no code says that it upholds it");
                findings.push(Finding::new(path, *line, RULE, message));
            }
            _ => {}
        }
    }
    findings
}

/// `| **D1** | an acknowledged commit … |` is `("D1", " an acknowledged …")`.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("| **")?.split_once("** |")?;
    is_name(name).then_some((name, rest))
}

fn is_name(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|c| c.is_ascii_uppercase())
        && word.len() > 1
        && characters.all(|c| c.is_ascii_digit())
}

/// Lines with the tag in a comment, and the properties that the sentence behind it names.
fn tags(text: &str, tag: &str) -> Vec<(usize, Vec<String>)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(start) = line.find(tag) else { continue };
        let before = line[..start].trim_start();
        if !before.starts_with("//") && !before.starts_with('#') && !before.starts_with("\"\"\"") {
            continue;
        }
        let mut sentence = line[start + tag.len()..].to_owned();
        for next in &lines[index + 1..] {
            let next = next.trim_start().trim_start_matches(['/', '!', '#']).trim();
            if sentence.contains(". ") || sentence.ends_with('.') || next.is_empty() {
                break;
            }
            if !lines[index + 1].trim_start().starts_with("//") {
                break;
            }
            sentence.push(' ');
            sentence.push_str(next);
            // The sentence ends somewhere in the next few lines, or it is no list.
            if sentence.len() > 600 {
                break;
            }
        }
        let sentence = sentence.split(". ").next().unwrap_or_default();
        let words = sentence.split(|c: char| !c.is_ascii_alphanumeric());
        found.push((index + 1, words.filter(|word| is_name(word)).map(str::to_owned).collect()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let definitions = "| **D1** | durable |\n| **S2** | recycle; not built yet |\n";
        let mut all = vec![SourceFile::new(DEFINITIONS, definitions)];
        all.extend(files.iter().map(|(path, text)| SourceFile::new(path, text)));
        check(&all).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn pairs_pass() {
        assert!(messages(&[("a.rs", "//! Upholds: D1"), ("t.rs", "/// Checks: D1")]).is_empty());
    }

    #[test]
    fn halves_are_found() {
        let upheld = messages(&[("a.rs", "//! Upholds: D1 (why)")]);
        assert_eq!(upheld, ["D1 is upheld here, but no test says that it checks it"]);
        let checked = messages(&[("a.rs", "// Checks: D1.")]);
        assert_eq!(checked, ["D1 is checked here, but no code says that it upholds it"]);
        assert_eq!(messages(&[]), ["nothing upholds D1, nothing checks it"]);
    }

    #[test]
    fn unknown_and_empty_tags_are_found() {
        let pair = "// Upholds: D1\n\n// Checks: D1\n\n";
        let unknown = messages(&[("a.rs", &format!("{pair}// Checks: Z9, D1"))]);
        assert!(unknown.contains(&"Z9 is not defined in docs/properties.md".to_owned()));
        let empty = messages(&[("a.rs", &format!("{pair}// Upholds: what it should."))]);
        assert_eq!(empty, ["`Upholds:` names no property"]);
    }

    #[test]
    fn a_list_may_go_over_lines_and_ends_with_its_sentence() {
        let text = "//! Upholds: D1 (an append is\n//! there or not), F1 (one). Not: I2.\n";
        assert_eq!(tags(text, "Upholds:"), [(1, vec!["D1".to_owned(), "F1".to_owned()])]);
        assert_eq!(tags("//! Checks: I2 — a\nfn f() { F1 }", "Checks:")[0].1, ["I2"]);
    }
}
