//! The statements that are compared: one folder per area, in files of plain SQL.
//!
//! A file is statements that end with `;`. Two things are added to plain SQL, both in comments, so that a file can be
//! read and, without its tables, be given to psql:
//!
//! - `--! let type = int4 // text // date` names a table of values. Each statement below that has `@type@` in it stands
//!   for as many statements as there are values; with two names in it, for all pairs. A second `let` replaces the first.
//! - `--! two words` on the line before a statement sets flags of that statement; see [`Flags`].
//!
//! After a `COPY … FROM STDIN;` come its lines, and `\.` alone.

use std::fs;
use std::path::Path;

/// More statements than this from one line are a mistake in its tables.
const MOST_FROM_ONE: usize = 5_000;

/// What a line `--! …` says about the statement below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `text-only`: the statement is not run a second time for the binary format, because running it changes something.
    pub is_text_only: bool,
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub sql: String,
    /// What a COPY reads.
    pub copy: Option<String>,
    pub flags: Flags,
    pub line: usize,
}

/// A file of an area.
#[derive(Debug)]
pub struct Script {
    pub area: String,
    pub name: String,
    pub statements: Vec<Statement>,
}

/// Reads the areas below a folder, in order; `only` names those that are wanted, or `area/file`.
pub fn read(folder: &Path, only: &[String]) -> Result<Vec<Script>, String> {
    let mut scripts = Vec::new();
    for area in names(folder)? {
        for file in names(&folder.join(&area))? {
            let Some(name) = file.strip_suffix(".sql") else { continue };
            let whole = format!("{area}/{name}");
            if !only.is_empty() && !only.iter().any(|wanted| *wanted == area || *wanted == whole) {
                continue;
            }
            let path = folder.join(&area).join(&file);
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let statements = parse(&text).map_err(|error| format!("{}:{error}", path.display()))?;
            scripts.push(Script { area: area.clone(), name: name.to_owned(), statements });
        }
    }
    if scripts.is_empty() {
        return Err(format!("{}: no such area", only.join(", ")));
    }
    Ok(scripts)
}

fn names(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        if let Ok(name) = entry.map_err(failed)?.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn parse(text: &str) -> Result<Vec<Statement>, String> {
    let mut statements = Vec::new();
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    let mut flags = Flags::default();
    let mut pending = String::new();
    let mut begun = 0;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let line_number = index + 1;
        if pending.is_empty() {
            if let Some(directive) = line.strip_prefix("--!") {
                match directive.trim().strip_prefix("let ") {
                    Some(table) => add_table(&mut tables, table)
                        .ok_or_else(|| format!("{line_number}: let name = value // value"))?,
                    None => flags = read_flags(directive, line_number)?,
                }
                continue;
            }
            if line.trim().is_empty() || line.starts_with("--") {
                continue;
            }
            begun = line_number;
        }
        if !pending.is_empty() {
            pending.push('\n');
        }
        pending.push_str(line);
        if !line.trim_end().ends_with(';') || !is_complete(&pending) {
            continue;
        }
        let sql = std::mem::take(&mut pending);
        let sql = sql.trim_end().trim_end_matches(';').to_owned();
        let copy = reads_lines(&sql).then(|| {
            let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "\\.");
            body.map(|line| format!("{line}\n")).collect()
        });
        for sql in expand(&sql, &tables) {
            statements.push(Statement { sql, copy: copy.clone(), flags, line: begun });
        }
        if statements.len() > MOST_FROM_ONE * 20 {
            return Err(format!("{line_number}: too many statements"));
        }
        flags = Flags::default();
    }
    if pending.is_empty() {
        return Ok(statements);
    }
    Err(format!("{begun}: the statement has no end"))
}

fn add_table(tables: &mut Vec<(String, Vec<String>)>, text: &str) -> Option<()> {
    let (name, values) = text.split_once('=')?;
    let name = format!("@{}@", name.trim());
    let values = values.split(" //").map(|value| value.trim().to_owned()).collect();
    tables.retain(|(other, _)| *other != name);
    tables.push((name, values));
    Some(())
}

fn read_flags(text: &str, line: usize) -> Result<Flags, String> {
    let mut flags = Flags::default();
    for word in text.split_whitespace() {
        match word {
            "text-only" => flags.is_text_only = true,
            _ => return Err(format!("{line}: {word} is no flag")),
        }
    }
    Ok(flags)
}

fn reads_lines(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    lower.starts_with("copy ") && lower.contains(" from stdin")
}

/// All combinations of the tables that a statement names.
fn expand(sql: &str, tables: &[(String, Vec<String>)]) -> Vec<String> {
    let mut all = vec![sql.to_owned()];
    for (name, values) in tables.iter().filter(|(name, _)| sql.contains(name.as_str())) {
        let pairs = all.iter().flat_map(|sql| values.iter().map(|value| sql.replace(name, value)));
        all = pairs.take(MOST_FROM_ONE).collect();
    }
    all
}

/// Whether no quote, comment or function body is open at the end.
fn is_complete(sql: &str) -> bool {
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let opened = if let Some(comment) = rest.strip_prefix("--") {
            after(comment, "\n").or(Some(""))
        } else if let Some(comment) = rest.strip_prefix("/*") {
            after(comment, "*/")
        } else if first == '\'' || first == '"' {
            after(&rest[1..], if first == '"' { "\"" } else { "'" })
        } else if let Some(tag) = dollar_tag(rest) {
            after(&rest[tag.len()..], tag)
        } else {
            Some(&rest[first.len_utf8()..])
        };
        match opened {
            Some(left) => rest = left,
            None => return false,
        }
    }
    true
}

fn after<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    text.find(end).map(|index| &text[index + end.len()..])
}

/// The `$tag$` that a text begins with.
fn dollar_tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let is_tag = inner[end..].starts_with('$') && !inner.starts_with(|c: char| c.is_ascii_digit());
    is_tag.then(|| &text[..end + 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(text: &str) -> Vec<String> {
        let parsed = parse(text).expect("well formed");
        parsed.into_iter().map(|statement| statement.sql).collect()
    }

    #[test]
    fn tables_stand_for_all_combinations() {
        let text = "--! let a = 1 // 2\n--! let b = x // y\nselect @a@;\nselect @a@ @b@;\n";
        let found = statements(text);
        assert_eq!(
            found,
            ["select 1", "select 2", "select 1 x", "select 1 y", "select 2 x", "select 2 y"]
        );
    }

    #[test]
    fn statements_end_outside_of_quotes() {
        let text = "select 'a;\nb';\n-- no;\ncreate function f() as $x$ begin;\nend; $x$;\n";
        assert_eq!(
            statements(text),
            ["select 'a;\nb'", "create function f() as $x$ begin;\nend; $x$"]
        );
        assert!(parse("select 'a;").is_err());
    }

    #[test]
    fn lines_of_a_copy_belong_to_it() {
        let parsed = parse("copy t from stdin;\n1;\n2\n\\.\nselect 1;\n").expect("well formed");
        assert_eq!(parsed.len(), 2);
        assert_eq!(parsed[0].copy.as_deref(), Some("1;\n2\n"));
    }
}
