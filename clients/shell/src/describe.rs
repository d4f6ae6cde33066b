//! The `\d` family: questions to `pg_catalog`.

use std::io::Write;

use crate::ShellError;
use crate::render::{OutputFormat, ResultWriter, Value};
use crate::runner::Runner;

/// SQL text of a string.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// One part of a pattern as a LIKE pattern: folded to lower case outside double quotes, `*` and `?`
/// are wildcards there.
fn like_pattern(part: &str) -> String {
    let mut pattern = String::new();
    let mut is_quoted = false;
    for character in part.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            '*' if !is_quoted => pattern.push('%'),
            '?' if !is_quoted => pattern.push('_'),
            '%' | '_' | '\\' => {
                pattern.push('\\');
                pattern.push(character);
            }
            _ if is_quoted => pattern.push(character),
            _ => pattern.extend(character.to_lowercase()),
        }
    }
    pattern
}

/// Schema and name of a pattern, divided at the first dot outside double quotes.
fn split_pattern(pattern: &str) -> (Option<&str>, &str) {
    let mut is_quoted = false;
    for (index, character) in pattern.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => return (Some(&pattern[..index]), &pattern[index + 1..]),
            _ => {}
        }
    }
    (None, pattern)
}

/// The condition that relation `c` in namespace `n` fits the pattern.
fn relation_condition(pattern: &str) -> String {
    let (schema, name) = split_pattern(pattern);
    let mut conditions = Vec::new();
    match schema {
        Some(schema) => {
            conditions.push(format!("n.nspname like {}", literal(&like_pattern(schema))))
        }
        None => conditions.push("pg_catalog.pg_table_is_visible(c.oid)".to_owned()),
    }
    if !name.is_empty() {
        conditions.push(format!("c.relname like {}", literal(&like_pattern(name))));
    }
    if pattern.is_empty() {
        conditions.push(
            "n.nspname <> 'pg_catalog' and n.nspname <> 'information_schema' \
             and n.nspname not like 'pg_toast%'"
                .to_owned(),
        );
    }
    conditions.join(" and ")
}

fn name_condition(column: &str, pattern: &str) -> String {
    if pattern.is_empty() {
        "true".to_owned()
    } else {
        format!("{column} like {}", literal(&like_pattern(pattern)))
    }
}

fn show(
    runner: &Runner,
    title: Option<String>,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<(), ShellError> {
    let names = columns.iter().map(|&name| name.to_owned()).collect();
    let mut writer = ResultWriter::new(runner.effective_format(), runner.colour, names, Vec::new());
    if let Some(title) = title {
        writer = writer.with_title(title);
    }
    let mut output = std::io::stdout().lock();
    writer.begin(&mut output)?;
    for row in rows {
        writer.row(row, &mut output)?;
    }
    writer.finish(&mut output)?;
    Ok(())
}

async fn show_query(
    runner: &mut Runner,
    title: &str,
    columns: &[&str],
    query: &str,
) -> Result<bool, ShellError> {
    let Some(rows) = runner.rows(query).await? else { return Ok(false) };
    show(runner, Some(title.to_owned()), columns, rows)?;
    Ok(true)
}

const KIND_WORDS: &str = "case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' \
     when 'v' then 'view' when 'm' then 'materialized view' when 'i' then 'index' \
     when 'I' then 'partitioned index' when 'S' then 'sequence' when 'f' then 'foreign table' \
     else 'other' end";

/// Lists relations whose kind is one of the letters of `kinds`.
pub(crate) async fn list(
    runner: &mut Runner,
    kinds: &str,
    pattern: &str,
) -> Result<bool, ShellError> {
    let letters: Vec<String> = kinds.chars().map(|kind| format!("'{kind}'")).collect();
    let lists_indexes = kinds.contains('i');
    let (table_column, table_join) = if lists_indexes {
        (
            ", t.relname",
            "left join pg_catalog.pg_index i on i.indexrelid = c.oid \
             left join pg_catalog.pg_class t on t.oid = i.indrelid",
        )
    } else {
        ("", "")
    };
    let query = format!(
        "select n.nspname, c.relname, {KIND_WORDS}, pg_catalog.pg_get_userbyid(c.relowner)\
         {table_column} from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace {table_join} \
         where c.relkind in ({}) and {} order by 1, 2",
        letters.join(", "),
        relation_condition(pattern)
    );
    let Some(rows) = runner.rows(&query).await? else { return Ok(false) };
    if rows.is_empty() && runner.format.is_for_people() {
        let text = if pattern.is_empty() {
            "Did not find any relations.".to_owned()
        } else {
            format!("Did not find any relation named \"{pattern}\".")
        };
        writeln!(std::io::stderr(), "{text}")?;
        return Ok(true);
    }
    let mut columns = vec!["Schema", "Name", "Type", "Owner"];
    if lists_indexes {
        columns.push("Table");
    }
    show(runner, Some("List of relations".to_owned()), &columns, rows)?;
    Ok(true)
}

pub(crate) async fn list_schemas(runner: &mut Runner, pattern: &str) -> Result<bool, ShellError> {
    let hidden = if pattern.is_empty() {
        "nspname not like 'pg\\_%' and nspname <> 'information_schema'".to_owned()
    } else {
        name_condition("nspname", pattern)
    };
    let query = format!(
        "select nspname, pg_catalog.pg_get_userbyid(nspowner) from pg_catalog.pg_namespace \
         where {hidden} order by 1"
    );
    show_query(runner, "List of schemas", &["Name", "Owner"], &query).await
}

pub(crate) async fn list_databases(runner: &mut Runner, pattern: &str) -> Result<bool, ShellError> {
    let query = format!(
        "select datname, pg_catalog.pg_get_userbyid(datdba), \
         pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype \
         from pg_catalog.pg_database where {} order by 1",
        name_condition("datname", pattern)
    );
    let columns = ["Name", "Owner", "Encoding", "Collate", "Ctype"];
    show_query(runner, "List of databases", &columns, &query).await
}

pub(crate) async fn list_roles(runner: &mut Runner, pattern: &str) -> Result<bool, ShellError> {
    let condition = if pattern.is_empty() {
        "rolname not like 'pg\\_%'".to_owned()
    } else {
        name_condition("rolname", pattern)
    };
    let query = format!(
        "select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin \
         from pg_catalog.pg_roles where {condition} order by 1"
    );
    let Some(rows) = runner.rows(&query).await? else { return Ok(false) };
    let rows = rows.into_iter().map(role_row).collect();
    show(runner, Some("List of roles".to_owned()), &["Role name", "Attributes"], rows)?;
    Ok(true)
}

fn role_row(row: Vec<Value>) -> Vec<Value> {
    let is_set = |index: usize| row.get(index).and_then(Option::as_deref) == Some("t");
    let attributes = [
        (is_set(1), "Superuser"),
        (!is_set(2), "No inheritance"),
        (is_set(3), "Create role"),
        (is_set(4), "Create DB"),
        (!is_set(5), "Cannot login"),
    ];
    let words: Vec<&str> =
        attributes.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
    vec![row.first().cloned().flatten(), Some(words.join(", "))]
}

/// Describes every relation that fits the pattern.
pub(crate) async fn describe(runner: &mut Runner, pattern: &str) -> Result<bool, ShellError> {
    let query = format!(
        "select c.oid, n.nspname, c.relname, c.relkind from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace where {} order by 2, 3",
        relation_condition(pattern)
    );
    let Some(relations) = runner.rows(&query).await? else { return Ok(false) };
    if relations.is_empty() {
        writeln!(std::io::stderr(), "Did not find any relation named \"{pattern}\".")?;
        return Ok(false);
    }
    for relation in relations {
        let mut fields = relation.into_iter().map(Option::unwrap_or_default);
        let mut next = || fields.next().unwrap_or_default();
        let (oid, schema, name, kind) = (next(), next(), next(), next());
        if !describe_one(runner, &oid, &schema, &name, &kind).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn describe_one(
    runner: &mut Runner,
    oid: &str,
    schema: &str,
    name: &str,
    kind: &str,
) -> Result<bool, ShellError> {
    let word = match kind {
        "r" => "Table",
        "p" => "Partitioned table",
        "v" => "View",
        "m" => "Materialized view",
        "i" | "I" => "Index",
        "S" => "Sequence",
        _ => "Relation",
    };
    let query = format!(
        "select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), \
         case when a.attnotnull then 'not null' else '' end, \
         case when a.attidentity = 'a' then 'generated always as identity' \
         when a.attidentity = 'd' then 'generated by default as identity' \
         else pg_catalog.pg_get_expr(d.adbin, d.adrelid) end \
         from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d \
         on d.adrelid = a.attrelid and d.adnum = a.attnum \
         where a.attrelid = {oid} and a.attnum > 0 and not a.attisdropped order by a.attnum"
    );
    let Some(columns) = runner.rows(&query).await? else { return Ok(false) };
    let title = format!("{word} \"{schema}.{name}\"");
    let mut output = Vec::new();
    let is_for_people = runner.format.is_for_people();
    let format = if is_for_people { OutputFormat::Table } else { runner.format };
    let headings = ["Column", "Type", "Nullable", "Default"].map(str::to_owned).to_vec();
    let mut writer =
        ResultWriter::new(format, runner.colour, headings, Vec::new()).with_title(title);
    writer.begin(&mut output)?;
    for row in columns {
        writer.row(row, &mut output)?;
    }
    if !is_for_people {
        writer.finish(&mut output)?;
        std::io::stdout().write_all(&output)?;
        return Ok(true);
    }
    // The number of columns is no news; what belongs to the table follows instead.
    writer.abandon(&mut output)?;
    let mut sections: Vec<(&str, String)> = Vec::new();
    if matches!(kind, "r" | "p" | "m") {
        sections.push((
            "Indexes",
            format!(
                "select i.relname || case when x.indisprimary then ' PRIMARY KEY' \
             when x.indisunique then ' UNIQUE' else '' end || ': ' || \
             pg_catalog.pg_get_indexdef(x.indexrelid) from pg_catalog.pg_index x \
             join pg_catalog.pg_class i on i.oid = x.indexrelid where x.indrelid = {oid} \
             order by x.indisprimary desc, i.relname"
            ),
        ));
        for (heading, contype) in [("Check constraints", "c"), ("Foreign-key constraints", "f")] {
            sections.push((
                heading,
                format!(
                    "select conname || ': ' || pg_catalog.pg_get_constraintdef(oid) \
                 from pg_catalog.pg_constraint where conrelid = {oid} and contype = '{contype}' \
                 order by conname"
                ),
            ));
        }
    }
    if kind == "i" || kind == "I" {
        sections.push(("Definition", format!("select pg_catalog.pg_get_indexdef({oid})")));
    }
    if kind == "v" || kind == "m" {
        sections.push(("View definition", format!("select pg_catalog.pg_get_viewdef({oid})")));
    }
    for (heading, query) in sections {
        let Some(rows) = runner.rows(&query).await? else { return Ok(false) };
        let lines: Vec<String> = rows.into_iter().flatten().flatten().collect();
        if !lines.is_empty() {
            writeln!(output, "{heading}:")?;
        }
        for line in lines {
            writeln!(output, "    {line}")?;
        }
    }
    writeln!(output)?;
    std::io::stdout().write_all(&output)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_like_patterns() {
        assert_eq!(like_pattern("Ord*"), "ord%");
        assert_eq!(like_pattern("\"Ord*\""), "Ord*");
        assert_eq!(like_pattern("a_b?"), "a\\_b_");
        assert_eq!(split_pattern("sales.ord*"), (Some("sales"), "ord*"));
        assert_eq!(split_pattern("\"a.b\".c"), (Some("\"a.b\""), "c"));
        assert_eq!(split_pattern("t"), (None, "t"));
    }

    #[test]
    fn a_pattern_cannot_leave_its_literal() {
        let condition = relation_condition("x' or true --");
        assert!(condition.contains("'x'' or true --'"), "{condition}");
    }

    #[test]
    fn a_role_is_told_by_what_is_unusual() {
        let flags = ["t", "t", "f", "f", "t"].map(|flag| Some(flag.to_owned()));
        let row = std::iter::once(Some("admin".to_owned())).chain(flags).collect();
        assert_eq!(role_row(row), vec![Some("admin".to_owned()), Some("Superuser".to_owned())]);
    }
}
