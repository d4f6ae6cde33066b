//! Every statement of the corpus parses, and what has a text prints back to the same tree.

use syntax::{deparse, parse};

/// Own statements, one a line (a line that begins with blanks continues the last).
const CONSTRUCTS: &str = include_str!("corpus/constructs.sql");

/// Statements that PostgreSQL's tools and drivers send, separated by `--;;`.
const CAPTURED: &str = include_str!("corpus/captured.sql");

fn constructs() -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    for line in CONSTRUCTS.lines() {
        match statements.last_mut() {
            Some(last) if line.starts_with(' ') => {
                last.push('\n');
                last.push_str(line);
            }
            _ => statements.push(line.to_owned()),
        }
    }
    statements
}

/// The tree's text without its locations.
fn shape(tree: &impl std::fmt::Debug) -> String {
    let text = format!("{tree:?}");
    let mut output = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("location: ") {
        output.push_str(&rest[..at]);
        rest = rest[at + "location: ".len()..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    output.push_str(rest);
    output
}

fn check(statements: impl Iterator<Item = String>) -> usize {
    let mut failures = Vec::new();
    let mut count = 0;
    for sql in statements {
        count += 1;
        let parsed = match parse(&sql) {
            Ok(parsed) => parsed,
            Err(error) => {
                failures.push(format!("{sql}\n    {error} at {}", error.position));
                continue;
            }
        };
        for statement in &parsed {
            let Some(text) = deparse(&statement.statement) else {
                continue;
            };
            match parse(&text) {
                Ok(again)
                    if again.len() == 1
                        && shape(&again[0].statement) == shape(&statement.statement) => {}
                Ok(_) => failures.push(format!("{sql}\n    changed by printing: {text}")),
                Err(error) => failures.push(format!("{sql}\n    {error} in {text}")),
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
    count
}

#[test]
fn constructs_parse_and_print_back() {
    assert!(check(constructs().into_iter()) > 200);
}

#[test]
fn captured_statements_parse_and_print_back() {
    assert!(check(CAPTURED.split("\n--;;\n").map(str::to_owned)) > 100);
}
