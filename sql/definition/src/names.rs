//! What names mean, where new objects go, and the names that PostgreSQL makes up.

use std::sync::Arc;

use catalog::{PG_CATALOG, Relation, RelationKind, Schema, UserType};
use planner::CatalogView;
use syntax::ast::ObjectName;
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::run::{Run, error, unsupported};

/// The longest name in bytes.
pub(crate) const NAME_BYTES: usize = 63;

/// A relation or an index.
#[derive(Clone)]
pub(crate) enum Found {
    Relation(Arc<Relation>),
    Index(Arc<Relation>, Oid),
}

/// The word for a relation in messages.
pub(crate) fn kind_word(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table | RelationKind::Virtual => "table",
        RelationKind::View | RelationKind::VirtualView => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Sequence => "sequence",
    }
}

/// The name as the user wrote it, for messages.
pub(crate) fn written(name: &ObjectName) -> String {
    name.parts.join(".")
}

pub(crate) fn undefined_relation(name: &ObjectName) -> SqlError {
    error(sqlstate::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", written(name)))
}

/// Cuts a name to the longest that PostgreSQL keeps, at a character's end.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `first_second_label`, the longer part cut until all fits.
pub(crate) fn object_name(first: &str, second: &str, label: &str) -> String {
    let separators = usize::from(!second.is_empty()) + usize::from(!label.is_empty());
    let room = NAME_BYTES.saturating_sub(label.len() + separators);
    let (mut first_bytes, mut second_bytes) = (first.len(), second.len());
    while first_bytes + second_bytes > room {
        if first_bytes > second_bytes {
            first_bytes -= 1;
        } else {
            second_bytes -= 1;
        }
    }
    let mut name = cut(first, first_bytes).to_owned();
    for part in [cut(second, second_bytes), label] {
        if !part.is_empty() {
            name.push('_');
            name.push_str(part);
        }
    }
    name
}

/// Column names of an index, joined as PostgreSQL does for the index's name.
pub(crate) fn joined(columns: &[String]) -> String {
    let mut text = String::new();
    for column in columns {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(column);
        if text.len() > NAME_BYTES {
            break;
        }
    }
    text
}

impl Run<'_> {
    /// Schema and name; a third part must be this database.
    pub fn split<'n>(&self, name: &'n ObjectName) -> SqlResult<(Option<&'n str>, &'n str)> {
        match name.parts.as_slice() {
            [last] => Ok((None, last)),
            [schema, last] => Ok((Some(schema), last)),
            [database, schema, last] => {
                if *database != CatalogView::database_name(self.context) {
                    return Err(unsupported(format!(
                        "cross-database references are not implemented: \"{}\"",
                        written(name)
                    ))
                    .at(name.location));
                }
                Ok((Some(schema), last))
            }
            _ => Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("improper qualified name (too many dotted names): {}", written(name)),
            )
            .at(name.location)),
        }
    }

    pub fn schema_named(&self, name: &str) -> SqlResult<Arc<Schema>> {
        self.catalog.schema_by_name(name).cloned().ok_or_else(|| {
            error(sqlstate::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist"))
        })
    }

    /// The search path with the implicit `pg_catalog`.
    pub fn path(&self) -> Vec<Oid> {
        let mut path = self.context.search_path();
        if !path.contains(&PG_CATALOG) {
            path.insert(0, PG_CATALOG);
        }
        path
    }

    fn find_in(&self, schema: Oid, name: &str) -> Option<Found> {
        if let Some(relation) = self.catalog.relation_by_name(schema, name) {
            return Some(Found::Relation(Arc::clone(relation)));
        }
        let (table, index) = self.catalog.index_by_name(schema, name)?;
        Some(Found::Index(Arc::clone(table), index))
    }

    /// A relation or index by name; an error only for a schema that does not exist.
    pub fn find(&self, name: &ObjectName) -> SqlResult<Option<Found>> {
        let (schema, last) = self.split(name)?;
        if let Some(schema) = schema {
            let schema = self.schema_named(schema).map_err(|failure| failure.at(name.location))?;
            return Ok(self.find_in(schema.oid, last));
        }
        Ok(self.path().into_iter().find_map(|schema| self.find_in(schema, last)))
    }

    /// As [`Run::find`], and nothing for a schema that does not exist.
    pub fn find_quietly(&self, name: &ObjectName) -> Option<Found> {
        self.find(name).ok().flatten()
    }

    /// A table, view or sequence that must exist.
    pub fn relation(&self, name: &ObjectName) -> SqlResult<Arc<Relation>> {
        match self.find(name)? {
            Some(Found::Relation(relation)) => Ok(relation),
            Some(Found::Index(..)) => {
                Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is an index", name.name())))
            }
            None => Err(undefined_relation(name).at(name.location)),
        }
    }

    /// As [`Run::relation`], for statements whose errors PostgreSQL does not give a position.
    pub fn relation_elsewhere(&self, name: &ObjectName) -> SqlResult<Arc<Relation>> {
        self.relation(name).map_err(|mut error| {
            error.fields_mut().location = None;
            error
        })
    }

    pub fn user_type(&self, schema: Option<&str>, name: &str) -> SqlResult<Option<Arc<UserType>>> {
        if let Some(schema) = schema {
            let schema = self.schema_named(schema)?;
            return Ok(self.catalog.user_type_by_name(schema.oid, name).cloned());
        }
        Ok(self
            .path()
            .into_iter()
            .find_map(|schema| self.catalog.user_type_by_name(schema, name))
            .cloned())
    }

    /// The schema where an object of this name is made, with the right to do so checked.
    pub fn creation_schema(&self, name: &ObjectName) -> SqlResult<Oid> {
        let (schema, last) = self.split(name)?;
        let schema = match schema {
            Some("pg_temp") => return Err(temporary_tables()),
            Some(schema) => {
                self.schema_named(schema).map_err(|failure| failure.at(name.location))?
            }
            None => {
                let first = self.context.search_path().first().copied();
                let found = first.and_then(|first| self.catalog.schema(first)).cloned();
                found.ok_or_else(|| {
                    error(sqlstate::INVALID_SCHEMA_NAME, "no schema has been selected to create in")
                        .at(name.location)
                })?
            }
        };
        if is_system_schema(schema.oid) {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to create \"{}.{last}\"", schema.name),
            )
            .detail("System catalog modifications are currently disallowed."));
        }
        self.require_create(&schema)?;
        Ok(schema.oid)
    }

    /// Whether the name would be found without its schema.
    fn is_visible(&self, schema: Oid, name: &str) -> bool {
        for candidate in self.path() {
            if candidate == schema {
                return true;
            }
            if self.catalog.relation_name_taken(candidate, name) {
                return false;
            }
        }
        false
    }

    /// `t`, or `s.t` where the search path does not find it.
    pub fn shown(&self, schema: Oid, name: &str) -> String {
        if self.is_visible(schema, name) {
            return catalog::quote_identifier(name);
        }
        self.qualified(schema, name)
    }

    pub fn shown_relation(&self, relation: &Relation) -> String {
        self.shown(relation.schema, &relation.name)
    }

    pub fn schema_name(&self, schema: Oid) -> String {
        self.catalog.schema(schema).map_or_else(String::new, |schema| schema.name.clone())
    }

    /// `s.t`, as stored texts write it.
    pub fn qualified(&self, schema: Oid, name: &str) -> String {
        catalog::qualified(&self.schema_name(schema), name)
    }

    /// Fails if a relation or a type of that name exists.
    pub fn require_free(&self, schema: Oid, name: &str) -> SqlResult<()> {
        if self.catalog.relation_name_taken(schema, name) {
            return Err(error(
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{name}\" already exists"),
            ));
        }
        if self.catalog.user_type_by_name(schema, name).is_some() {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("type \"{name}\" already exists"),
            )
            .hint(
                "A relation has an associated type of the same name, so you must use a name \
                 that doesn't conflict with any existing type.",
            ));
        }
        Ok(())
    }

    /// Whether a new relation, index or constraint could not have the name; `table` is not in the catalog yet, or
    /// not as it is.
    pub fn is_taken(&self, schema: Oid, table: Option<&Relation>, name: &str) -> bool {
        self.catalog.relation_name_taken(schema, name)
            || table.is_some_and(|table| {
                table.name == name || table.indexes.iter().any(|index| index.name == name)
            })
    }

    fn is_constraint(&self, schema: Oid, table: Option<&Relation>, name: &str) -> bool {
        let among = |relation: &Relation| {
            relation.constraints.iter().any(|constraint| constraint.name == name)
        };
        table.is_some_and(among)
            || self
                .catalog
                .relations()
                .filter(|relation| relation.schema == schema)
                .any(|relation| among(relation))
    }

    /// A free name for a relation: `first_second_label`, with a number if needed.
    pub fn choose_relation_name(
        &self,
        schema: Oid,
        table: Option<&Relation>,
        first: &str,
        second: &str,
        label: &str,
        is_constraint: bool,
    ) -> String {
        self.choose(first, second, label, |name| {
            self.is_taken(schema, table, name)
                || is_constraint && self.is_constraint(schema, table, name)
        })
    }

    /// A free name for a constraint that is no index.
    pub fn choose_constraint_name(&self, table: &Relation, column: &str, label: &str) -> String {
        self.choose(&table.name, column, label, |name| {
            self.is_constraint(table.schema, Some(table), name)
        })
    }

    /// A free name for statistics over these columns, where the table is.
    pub fn choose_statistics_name(&self, table: &Relation, columns: &str) -> String {
        self.choose(&table.name, columns, "stat", |name| {
            self.catalog.statistics_by_name(table.schema, name).is_some()
        })
    }

    fn choose(
        &self,
        first: &str,
        second: &str,
        label: &str,
        is_taken: impl Fn(&str) -> bool,
    ) -> String {
        let mut name = object_name(first, second, label);
        let mut pass = 0_u32;
        while is_taken(&name) {
            pass += 1;
            name = object_name(first, second, &format!("{label}{pass}"));
        }
        name
    }
}

pub(crate) fn temporary_tables() -> SqlError {
    unsupported("temporary tables are not supported")
}

pub(crate) fn is_system_schema(schema: Oid) -> bool {
    matches!(schema, PG_CATALOG | catalog::INFORMATION_SCHEMA | catalog::PG_TOAST | catalog::SYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_from_their_longer_part() {
        assert_eq!(object_name("t", "a", "key"), "t_a_key");
        assert_eq!(object_name("t", "", "pkey"), "t_pkey");
        let long = object_name(&"t".repeat(60), "column", "fkey");
        assert_eq!(long.len(), NAME_BYTES);
        assert!(long.ends_with("_column_fkey"));
    }
}
