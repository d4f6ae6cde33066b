//! Functions that return rows.

use types::{Datum, Row, SqlResult, oid};

use super::{privileges, unsupported};
use crate::facts::{self, text};
use crate::pg_catalog;
use crate::scope::Scope;
use crate::snapshot::{Catalog, PG_CATALOG};
use crate::system::SystemContext;

/// The function behind each view, where there is one.
const VIEWS: &[(&str, &str)] = &[
    ("pg_show_all_settings", "pg_settings"),
    ("pg_prepared_statement", "pg_prepared_statements"),
    ("pg_cursor", "pg_cursors"),
    ("pg_lock_status", "pg_locks"),
    ("pg_timezone_names", "pg_timezone_names"),
    ("pg_timezone_abbrevs", "pg_timezone_abbrevs"),
    ("pg_config", "pg_config"),
    ("pg_hba_file_rules", "pg_hba_file_rules"),
];

pub fn call_set(
    catalog: &Catalog,
    context: &dyn SystemContext,
    name: &str,
    arguments: &[Datum],
) -> SqlResult<Vec<Row>> {
    let relation_named = |name: &str| {
        facts::relations()
            .iter()
            .find(|relation| relation.schema == PG_CATALOG && relation.name == name)
    };
    if let Some((_, view)) = VIEWS.iter().find(|(function, _)| *function == name)
        && let Some(relation) = relation_named(view)
    {
        return Ok(pg_catalog::rows(&Scope { catalog, context, relation, equals: &[] }));
    }
    let relation = relation_named("pg_class").expect("pg_class is a system relation");
    let scope = Scope { catalog, context, relation, equals: &[] };
    Ok(match name {
        "aclexplode" => match arguments.first() {
            Some(Datum::Array(items)) => items
                .elements
                .iter()
                .flat_map(|item| match item {
                    Datum::Text(item) => privileges::explode(&scope, item),
                    _ => Vec::new(),
                })
                .collect(),
            _ => Vec::new(),
        },
        "pg_get_keywords" => keywords(),
        "pg_listening_channels" => {
            context.listening_channels().iter().map(|channel| vec![text(channel)]).collect()
        }
        "pg_available_extensions" => pg_catalog::routines::AVAILABLE_EXTENSIONS
            .iter()
            .map(|(name, version, comment)| vec![text(name), text(version), text(comment)])
            .collect(),
        // Nothing is partitioned: a table's only ancestor is itself, and only if it were a partition.
        "pg_partition_ancestors"
        | "pg_partition_tree"
        | "pg_tablespace_databases"
        | "pg_available_extension_versions"
        | "pg_extension_update_paths" => Vec::new(),
        "pg_options_to_table" => match arguments.first() {
            Some(Datum::Array(options)) if options.element == oid::TEXT => options
                .elements
                .iter()
                .filter_map(|option| match option {
                    Datum::Text(option) => {
                        let (name, value) = option.split_once('=')?;
                        Some(vec![text(name), text(value)])
                    }
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        },
        _ => return Err(unsupported(name)),
    })
}

fn keywords() -> Vec<Row> {
    use syntax::keywords::Category;
    syntax::keywords::all()
        .map(|keyword| {
            let (code, description) = match keyword.category {
                Category::Unreserved => (b'U', "unreserved"),
                Category::ColumnName => (b'C', "unreserved (cannot be function or type name)"),
                Category::TypeOrFunctionName => (b'T', "reserved (can be function or type name)"),
                Category::Reserved => (b'R', "reserved"),
            };
            let bare = if keyword.bare_label { "can be bare label" } else { "requires AS" };
            vec![
                text(keyword.word),
                Datum::Char(code),
                Datum::Bool(keyword.bare_label),
                text(description),
                text(bare),
            ]
        })
        .collect()
}
