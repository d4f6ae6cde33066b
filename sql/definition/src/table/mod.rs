//! CREATE TABLE: columns, then keys, then checks, then foreign keys.

pub(crate) mod columns;
pub(crate) mod constraints;
mod foreign_keys;
mod like;

use catalog::{Relation, RelationKind};
use syntax::ast::{ConstraintKind, CreateTable, Persistence, TableElement};
use types::{SqlResult, sqlstate};

pub(crate) use columns::NewColumn;

use crate::Work;
use crate::names::temporary_tables;
use crate::run::{Run, error, unsupported};
use crate::sequence::{new_relation, option_text};

/// The most columns of a table, dropped ones included.
pub(crate) const MAXIMUM_COLUMNS: usize = 1_600;

pub(crate) fn too_many_columns() -> types::SqlError {
    error(sqlstate::TOO_MANY_COLUMNS, format!("tables can have at most {MAXIMUM_COLUMNS} columns"))
}

impl Run<'_> {
    fn require_supported(&self, create: &CreateTable) -> SqlResult<()> {
        if create.persistence == Persistence::Temporary {
            return Err(temporary_tables());
        }
        let what = if !create.inherits.is_empty() {
            "table inheritance is not supported"
        } else if create.partition_by.is_some() || create.partition_of.is_some() {
            "table partitioning is not supported"
        } else if create.of_type.is_some() {
            "typed tables are not supported"
        } else if create.tablespace.as_deref().is_some_and(|name| name != "pg_default") {
            "tablespaces are not supported"
        } else if create.on_commit.is_some() {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                "ON COMMIT can only be used on temporary tables",
            ));
        } else if let Some(method) = create.access_method.as_deref().filter(|name| *name != "heap")
        {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("access method \"{method}\" does not exist"),
            ));
        } else {
            return Ok(());
        };
        Err(unsupported(what))
    }

    pub fn create_table(&mut self, create: &CreateTable) -> SqlResult<()> {
        self.tag("CREATE TABLE");
        self.require_supported(create)?;
        let schema = self.creation_schema(&create.name)?;
        let name = create.name.name();
        if create.if_not_exists && self.catalog.relation_name_taken(schema, name) {
            self.notice(
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{name}\" already exists, skipping"),
            );
            return Ok(());
        }
        self.require_free(schema, name)?;
        let oid = self.allocate()?;
        let mut table = Relation {
            type_oid: self.allocate()?,
            array_type_oid: self.allocate()?,
            options: option_text(&create.options),
            ..new_relation(oid, schema, name, self.role(), RelationKind::Table)
        };
        let mut added: Vec<NewColumn> = Vec::new();
        let mut copied = like::Copied::default();
        for element in &create.elements {
            match element {
                TableElement::Column(definition) => {
                    let mut column = self.column_definition(&table, definition, false)?;
                    copied.constraints.append(&mut column.constraints);
                    push_column(&mut table, &column)?;
                    added.push(column);
                }
                TableElement::Constraint(constraint) => {
                    copied.constraints.push(constraint.clone());
                }
                TableElement::Like(like) => {
                    self.copy_columns(&mut table, like, &mut copied)?;
                }
            }
        }
        for column in &added {
            self.complete_column(&mut table, column)?;
        }
        let like::Copied { mut constraints, indexes, statistics } = copied;
        for index in indexes {
            self.add_copied_index(&mut table, index)?;
        }
        let rank = |kind: &ConstraintKind| match kind {
            ConstraintKind::NotNull { .. } => 0,
            ConstraintKind::PrimaryKey(_) => 1,
            ConstraintKind::Unique { .. } => 2,
            ConstraintKind::ForeignKey(_) => 4,
            _ => 3,
        };
        constraints.sort_by_key(|constraint| rank(&constraint.kind));
        for constraint in &constraints {
            self.add_constraint(&mut table, constraint, true)?;
        }
        for one in statistics {
            self.copy_statistics(&table, &one.statistics, &one.numbers, one.with_comment)?;
        }
        self.work(Work::FreshTable { table: table.table_id });
        self.put_relation(table);
        Ok(())
    }
}

/// Adds the column, whose number must be the next one.
pub(crate) fn push_column(table: &mut Relation, column: &NewColumn) -> SqlResult<()> {
    let name = &column.column.name;
    if table.column(name).is_some() {
        return Err(error(
            sqlstate::DUPLICATE_COLUMN,
            format!("column \"{name}\" specified more than once"),
        ));
    }
    if table.columns.len() >= MAXIMUM_COLUMNS {
        return Err(too_many_columns());
    }
    table.columns.push(column.column.clone());
    Ok(())
}
