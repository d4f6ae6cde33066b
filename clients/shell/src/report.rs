//! Errors and notices in psql's form.

use tokio_postgres::error::{DbError, ErrorPosition};

use crate::connection::explain;

/// How many characters of a long line are shown around the place of an error.
const LINE_WINDOW: usize = 60;

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[33m";
const RESET: &str = "\x1b[0m";

/// Whether to write escape sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    On,
    Off,
}

/// The text for an error of any origin. `statement` is what was sent.
pub(crate) fn error_text(error: &tokio_postgres::Error, statement: &str, colour: Colour) -> String {
    match error.as_db_error() {
        Some(error) => database_error_text(error, Some(statement), colour),
        None => format!("{}  {}", severity("ERROR", colour), explain(error)),
    }
}

/// The text for what the server sent as error or notice.
pub(crate) fn database_error_text(
    error: &DbError,
    statement: Option<&str>,
    colour: Colour,
) -> String {
    let mut text = format!("{}  {}", severity(error.severity(), colour), error.message());
    match (error.position(), statement) {
        (Some(ErrorPosition::Original(position)), Some(statement)) => {
            text.push_str(&place(statement, *position));
        }
        (Some(ErrorPosition::Internal { position, query }), _) => {
            text.push_str(&place(query, *position));
            text.push_str("\nQUERY:  ");
            text.push_str(query);
        }
        _ => {}
    }
    let details = [("DETAIL", error.detail()), ("HINT", error.hint()), ("CONTEXT", error.where_())];
    for (label, value) in details {
        if let Some(value) = value {
            text.push_str(&format!("\n{label}:  {value}"));
        }
    }
    text
}

fn severity(name: &str, colour: Colour) -> String {
    match (colour, name) {
        (Colour::Off, _) => format!("{name}:"),
        (Colour::On, "ERROR" | "FATAL" | "PANIC") => format!("{RED}{name}:{RESET}"),
        (Colour::On, _) => format!("{YELLOW}{name}:{RESET}"),
    }
}

/// `LINE n: text` and a caret below the character at `position`, counted from 1; nothing if the
/// statement has no such character.
fn place(statement: &str, position: u32) -> String {
    let Some(index) = (position as usize).checked_sub(1) else { return String::new() };
    let characters: Vec<char> = statement.chars().collect();
    if index > characters.len() {
        return String::new();
    }
    let before = &characters[..index];
    let line_number = 1 + before.iter().filter(|&&character| character == '\n').count();
    let start = before.iter().rposition(|&character| character == '\n').map_or(0, |at| at + 1);
    let end = characters[index..]
        .iter()
        .position(|&character| character == '\n')
        .map_or(characters.len(), |length| index + length);
    let column = index - start;
    let line = &characters[start..end];
    let from = if line.len() <= LINE_WINDOW { 0 } else { column.saturating_sub(LINE_WINDOW / 2) };
    let to = line.len().min(from + LINE_WINDOW);
    let mut prefix = format!("LINE {line_number}: ");
    if from > 0 {
        prefix.push_str("...");
    }
    // A control character would move the caret away, or do worse to the terminal.
    let shown: String = line[from..to]
        .iter()
        .map(|&character| if character.is_control() { ' ' } else { character })
        .collect();
    let ellipsis = if to < line.len() { "..." } else { "" };
    let indent = " ".repeat(prefix.chars().count() + column - from);
    format!("\n{prefix}{shown}{ellipsis}\n{indent}^")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_the_character() {
        assert_eq!(place("selec 1", 1), "\nLINE 1: selec 1\n        ^");
        assert_eq!(place("select\n  é, nope\nfrom t", 13), "\nLINE 2:   é, nope\n             ^");
        assert_eq!(place("select", 7), "\nLINE 1: select\n              ^");
        assert_eq!(place("select", 0), "");
        assert_eq!(place("select", 99), "");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let statement = format!("select {}, nope, {}", "a".repeat(100), "b".repeat(100));
        let text = place(&statement, 110);
        let mut lines = text.lines().skip(1);
        let (line, caret) = (lines.next().expect("line"), lines.next().expect("caret"));
        assert!(line.starts_with("LINE 1: ...a") && line.ends_with("b..."));
        let column = caret.find('^').expect("caret");
        assert!(line[column..].starts_with("nope"), "{text}");
    }

    #[test]
    fn severity_is_coloured_only_when_asked() {
        assert_eq!(severity("ERROR", Colour::Off), "ERROR:");
        assert!(severity("ERROR", Colour::On).contains(RED));
        assert!(severity("NOTICE", Colour::On).contains(YELLOW));
    }
}
