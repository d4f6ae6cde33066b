//! Relative links of documents lead somewhere.

use super::{Finding, SourceFile};

const RULE: &str = "link";

/// `exists` answers for a path relative to the root.
pub fn check(files: &[SourceFile], exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.has_ending("md")) {
        for (line, target) in targets(&file.text) {
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let Some(full) =
                (if path.is_empty() { Some(file.path.clone()) } else { join(folder, path) })
            else {
                let message = format!("{target} leads out of the project");
                findings.push(Finding::new(&file.path, line, RULE, message));
                continue;
            };
            if !exists(&full) {
                let message = format!("{target} does not exist");
                findings.push(Finding::new(&file.path, line, RULE, message));
                continue;
            }
            let document = files.iter().find(|other| other.path == full && other.has_ending("md"));
            if let Some(document) = document
                && !anchor.is_empty()
                && !headings(&document.text).any(|heading| slug(heading) == anchor)
            {
                let message = format!("{target}: there is no such heading");
                findings.push(Finding::new(&file.path, line, RULE, message));
            }
        }
    }
    findings
}

/// Targets of links within the project, outside of code.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // What stands between backquotes is code: every second piece.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("x");
        for piece in prose.split("](").skip(1) {
            let Some((target, _)) = piece.split_once(')') else { continue };
            let target = target.split_whitespace().next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                found.push((index + 1, target.to_owned()));
            }
        }
    }
    found
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_matches(['#', ' ']))
}

/// The anchor that a heading gets when the document is shown.
fn slug(heading: &str) -> String {
    let kept =
        heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_');
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// `None` when the way leads above the root.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let files = [
            SourceFile::new("docs/here.md", text),
            SourceFile::new("docs/there.md", "# Big heading, twice\n"),
        ];
        let exists = |path: &str| ["docs/here.md", "docs/there.md", "src"].contains(&path);
        check(&files, &exists).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn live_links_pass() {
        let text = "# Top\n[a](there.md) [b](../src) [c](#top) [d](there.md#big-heading-twice)\n\
                    [e](https://example.org/x) `[f](gone.md)`\n```\n[g](gone.md)\n```\n";
        assert!(messages(text).is_empty(), "{:?}", messages(text));
    }

    #[test]
    fn dead_links_are_found() {
        assert_eq!(messages("[a](gone.md)"), ["gone.md does not exist"]);
        assert_eq!(messages("[a](../../x)"), ["../../x leads out of the project"]);
        assert_eq!(messages("[a](there.md#small)"), ["there.md#small: there is no such heading"]);
    }
}
