//! Constraints of a table: checks, unique and primary keys.

use catalog::{Constraint, ConstraintKind, Index, IndexColumn, IndexKey, IndexState, Relation};
use functions::TypeCatalog;
use syntax::ast::{self, KeyConstraint};
use types::{Oid, SqlResult, oid, sqlstate};

use crate::Work;
use crate::analysis::{Analysis, Clause};
use crate::names::joined;
use crate::run::{Run, error, unsupported};
use crate::sequence::option_text;

/// The most columns of an index.
pub(crate) const MAXIMUM_INDEX_COLUMNS: usize = 32;

impl Run<'_> {
    /// Adds a constraint to a table that is not in the catalog yet (`is_new`) or whose rows must be looked at.
    pub fn add_constraint(
        &mut self,
        table: &mut Relation,
        constraint: &ast::Constraint,
        is_new: bool,
    ) -> SqlResult<()> {
        if let Some(name) = &constraint.name
            && table.constraints.iter().any(|known| known.name == *name)
        {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("constraint \"{name}\" for relation \"{}\" already exists", table.name),
            ));
        }
        if constraint.not_enforced {
            return Err(unsupported("NOT ENFORCED constraints are not supported"));
        }
        match &constraint.kind {
            ast::ConstraintKind::Check(expr) => self.add_check(table, constraint, expr, is_new),
            ast::ConstraintKind::PrimaryKey(key) => {
                self.add_key(table, constraint, key, true, false, is_new)
            }
            ast::ConstraintKind::Unique { nulls_not_distinct, key } => {
                self.add_key(table, constraint, key, false, *nulls_not_distinct, is_new)
            }
            ast::ConstraintKind::ForeignKey(key) => {
                self.add_foreign_key(table, constraint, key, is_new)
            }
            ast::ConstraintKind::NotNull { column: Some(column) } => {
                let name = table.name.clone();
                let Some(column) =
                    table.columns.iter_mut().find(|known| !known.dropped && known.name == *column)
                else {
                    return Err(undefined_column(column, &name));
                };
                column.not_null = true;
                if !is_new {
                    let column = column.number;
                    self.work(Work::ValidateNotNull { table: table.oid, column });
                }
                Ok(())
            }
            ast::ConstraintKind::Exclude(_) => {
                Err(unsupported("exclusion constraints are not supported"))
            }
            _ => Err(error(sqlstate::SYNTAX_ERROR, "this is no table constraint")),
        }
    }

    fn add_check(
        &mut self,
        table: &mut Relation,
        constraint: &ast::Constraint,
        expr: &ast::Expr,
        is_new: bool,
    ) -> SqlResult<()> {
        let mut expr = expr.clone();
        let mut analysis = Analysis::over(self, Clause::Check, table);
        let ty = analysis.expression(&mut expr)?;
        analysis.require_boolean(&expr, ty, "CHECK")?;
        let columns: Vec<i16> = analysis
            .uses
            .iter()
            .filter(|(relation, number)| *relation == table.oid && *number != 0)
            .map(|(_, number)| *number)
            .collect();
        let name = match &constraint.name {
            Some(name) => name.clone(),
            None => {
                let column = match columns.as_slice() {
                    [only] => table.column_by_number(*only).map_or("", |column| &column.name),
                    _ => "",
                };
                self.choose_constraint_name(table, column, "check")
            }
        };
        let oid = self.allocate()?;
        let validated = is_new || !constraint.not_valid;
        table.constraints.push(Constraint {
            oid,
            name,
            kind: ConstraintKind::Check {
                sql: expr.to_string(),
                columns,
                no_inherit: constraint.no_inherit,
            },
            validated,
            deferrable: false,
            initially_deferred: false,
            comment: None,
        });
        if !is_new && validated {
            self.work(Work::ValidateCheck { table: table.oid, constraint: oid });
        }
        Ok(())
    }

    /// Key columns by name, each once.
    fn key_columns(
        &self,
        table: &Relation,
        names: &[String],
        what: &str,
        location: ast::Location,
    ) -> SqlResult<Vec<i16>> {
        let mut numbers = Vec::new();
        for name in names {
            let column = table.column(name).ok_or_else(|| {
                error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{name}\" named in key does not exist"),
                )
                .at(location)
            })?;
            if numbers.contains(&column.number) && what != "include" {
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{name}\" appears twice in {what} constraint"),
                )
                .at(location));
            }
            numbers.push(column.number);
        }
        Ok(numbers)
    }

    fn add_key(
        &mut self,
        table: &mut Relation,
        constraint: &ast::Constraint,
        key: &KeyConstraint,
        is_primary: bool,
        nulls_not_distinct: bool,
        is_new: bool,
    ) -> SqlResult<()> {
        let what = if is_primary { "primary key" } else { "unique" };
        if is_primary && table.primary_key().is_some() {
            let refused = error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("multiple primary keys for table \"{}\" are not allowed", table.name),
            );
            // ALTER TABLE finds it later than PostgreSQL's parser does, and has no position any more.
            return Err(if is_new { refused.at(constraint.location) } else { refused });
        }
        if key.without_overlaps {
            return Err(unsupported("WITHOUT OVERLAPS is not supported"));
        }
        if let Some(name) = &key.using_index {
            return self.key_from_index(table, constraint, name, is_primary);
        }
        let columns = self.key_columns(table, &key.columns, what, constraint.location)?;
        let include = self.key_columns(table, &key.including, "include", constraint.location)?;
        if columns.len() + include.len() > MAXIMUM_INDEX_COLUMNS {
            return Err(too_many_index_columns());
        }
        for number in &columns {
            if let Some(column) = table.column_by_number(*number) {
                self.require_ordered(column.type_oid)?;
            }
        }
        let name = match &constraint.name {
            Some(name) => {
                if self.is_taken(table.schema, Some(table), name) {
                    return Err(error(
                        sqlstate::DUPLICATE_TABLE,
                        format!("relation \"{name}\" already exists"),
                    ));
                }
                name.clone()
            }
            None => {
                let (second, label) = match is_primary {
                    true => (String::new(), "pkey"),
                    false => {
                        let all: Vec<String> =
                            key.columns.iter().chain(&key.including).cloned().collect();
                        (joined(&all), "key")
                    }
                };
                self.choose_relation_name(
                    table.schema,
                    Some(table),
                    &table.name,
                    &second,
                    label,
                    true,
                )
            }
        };
        let index = Index {
            oid: self.allocate()?,
            name: name.clone(),
            number: 0,
            columns: columns.iter().map(|number| plain_column(*number)).collect(),
            include,
            unique: true,
            nulls_not_distinct,
            primary: is_primary,
            predicate: None,
            state: IndexState::Valid,
            method: "btree".to_owned(),
            comment: None,
            options: option_text(&key.options),
        };
        if is_primary {
            self.require_not_null(table, &columns, is_new);
        }
        let index = self.add_index(table, index, is_new)?;
        self.push_key(table, name, constraint, is_primary, index)
    }

    fn push_key(
        &mut self,
        table: &mut Relation,
        name: String,
        constraint: &ast::Constraint,
        is_primary: bool,
        index: Oid,
    ) -> SqlResult<()> {
        let kind = match is_primary {
            true => ConstraintKind::PrimaryKey { index },
            false => ConstraintKind::Unique { index },
        };
        table.constraints.push(Constraint {
            oid: self.allocate()?,
            name,
            kind,
            validated: true,
            deferrable: constraint.deferrable,
            initially_deferred: constraint.initially_deferred,
            comment: None,
        });
        Ok(())
    }

    fn require_not_null(&mut self, table: &mut Relation, columns: &[i16], is_new: bool) {
        for column in &mut table.columns {
            if columns.contains(&column.number) && !column.not_null {
                column.not_null = true;
                if !is_new {
                    let column = column.number;
                    self.done.work.push(Work::ValidateNotNull { table: table.oid, column });
                }
            }
        }
    }

    /// Gives the index a number and puts it in its place; a primary one of an existing table reorders the rows.
    pub fn add_index(
        &mut self,
        table: &mut Relation,
        mut index: Index,
        is_new: bool,
    ) -> SqlResult<Oid> {
        let oid = index.oid;
        if index.primary {
            let old = table.clone();
            index.number = protocol::key::PRIMARY_INDEX;
            table.indexes.insert(0, index);
            if !is_new {
                self.rewrite(table, old, vec![None; table.columns.len()])?;
            }
            return Ok(oid);
        }
        index.number = table.next_index;
        table.next_index = table.next_index.checked_add(1).ok_or_else(|| {
            error(sqlstate::PROGRAM_LIMIT_EXCEEDED, "the table has had too many indexes")
        })?;
        table.indexes.push(index);
        // A rewrite fills all indexes.
        if !is_new && !self.is_rewritten(table.oid) {
            self.work(Work::BuildIndex { table: table.oid, index: oid });
        }
        Ok(oid)
    }

    fn is_rewritten(&self, oid: Oid) -> bool {
        self.done
            .work
            .iter()
            .any(|work| matches!(work, Work::Rewrite { table, .. } if *table == oid))
    }

    /// New storage for the table, filled by rewriting every row. Several changes of one statement become one rewrite.
    pub fn rewrite(
        &mut self,
        table: &mut Relation,
        old: Relation,
        columns: Vec<Option<String>>,
    ) -> SqlResult<()> {
        let earlier = self.done.work.iter_mut().find_map(|work| match work {
            Work::Rewrite { table: rewritten, columns, .. } if *rewritten == table.oid => {
                Some(columns)
            }
            _ => None,
        });
        if let Some(earlier) = earlier {
            earlier.resize(table.columns.len(), None);
            for (kept, new) in earlier.iter_mut().zip(columns) {
                if new.is_some() {
                    *kept = new;
                }
            }
            return Ok(());
        }
        // Every row is written anew with these columns; those added behind them bring their values along.
        for column in table.columns.iter_mut().take(old.columns.len()) {
            column.missing = None;
        }
        let oid = table.oid;
        self.done
            .work
            .retain(|work| !matches!(work, Work::BuildIndex { table, .. } if *table == oid));
        table.table_id = protocol::TableId(self.allocate()?);
        self.changes_definition(table.oid, true);
        self.work(Work::FreshTable { table: table.table_id });
        let dropped = old.table_id;
        self.work(Work::Rewrite { old: Box::new(old), table: table.oid, columns });
        self.work(Work::DropRows { table: dropped });
        Ok(())
    }

    fn key_from_index(
        &mut self,
        table: &mut Relation,
        constraint: &ast::Constraint,
        index_name: &str,
        is_primary: bool,
    ) -> SqlResult<()> {
        let Some(position) = table.indexes.iter().position(|index| index.name == index_name) else {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("index \"{index_name}\" does not exist"),
            ));
        };
        let index = table.indexes[position].clone();
        let is_constraint =
            table.constraints.iter().any(|known| constraint_index(known) == Some(index.oid));
        let not_ready =
            |message: String| Err(error(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message));
        let wrong = |message: String, detail: &str| {
            Err(error(sqlstate::WRONG_OBJECT_TYPE, message).detail(detail))
        };
        let cannot = "Cannot create a primary key or unique constraint using such an index.";
        if is_constraint {
            return not_ready(format!(
                "index \"{index_name}\" is already associated with a constraint"
            ));
        }
        if index.state != IndexState::Valid {
            return not_ready(format!("index \"{index_name}\" is not valid"));
        }
        if !index.unique {
            return wrong(format!("\"{index_name}\" is not a unique index"), cannot);
        }
        if index.predicate.is_some() {
            return wrong(format!("\"{index_name}\" is a partial index"), cannot);
        }
        let mut columns = Vec::new();
        for column in &index.columns {
            match column.key {
                IndexKey::Column(number) => columns.push(number),
                IndexKey::Expression { .. } => {
                    return wrong(format!("index \"{index_name}\" contains expressions"), cannot);
                }
            }
            if column.descending || column.nulls_first {
                return wrong(
                    format!(
                        "index \"{index_name}\" column number {} does not have default sorting \
                         behavior",
                        columns.len()
                    ),
                    cannot,
                );
            }
        }
        let name = constraint.name.clone().unwrap_or_else(|| index_name.to_owned());
        if name != index_name {
            self.notice(
                sqlstate::SUCCESSFUL_COMPLETION,
                format!(
                    "ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index \"{index_name}\" \
                     to \"{name}\""
                ),
            );
            table.indexes[position].name.clone_from(&name);
        }
        if is_primary {
            self.require_not_null(table, &columns, false);
            let mut moved = table.indexes.remove(position);
            moved.primary = true;
            self.add_index(table, moved, false)?;
        }
        self.push_key(table, name, constraint, is_primary, index.oid)
    }

    /// Fails for types whose values have no order.
    pub fn require_ordered(&self, type_oid: Oid) -> SqlResult<()> {
        let base = functions::type_catalog::base_type(&self.catalog, type_oid);
        let element = functions::type_catalog::element_type(&self.catalog, base);
        let base = if element == 0 { base } else { element };
        let no_order = matches!(base, oid::JSON | oid::XML | oid::POINT | oid::JSONPATH);
        if !no_order || self.catalog.facts(base).is_none() {
            return Ok(());
        }
        Err(error(
            sqlstate::UNDEFINED_OBJECT,
            format!(
                "data type {} has no default operator class for access method \"btree\"",
                self.type_name(type_oid)
            ),
        )
        .hint(
            "You must specify an operator class for the index or define a default operator class \
             for the data type.",
        ))
    }
}

pub(crate) fn plain_column(number: i16) -> IndexColumn {
    IndexColumn {
        key: IndexKey::Column(number),
        descending: false,
        nulls_first: false,
        collation: None,
        operator_class: None,
    }
}

/// The index behind a key constraint.
pub(crate) fn constraint_index(constraint: &Constraint) -> Option<Oid> {
    match constraint.kind {
        ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index } => Some(index),
        _ => None,
    }
}

pub(crate) fn too_many_index_columns() -> types::SqlError {
    error(
        sqlstate::TOO_MANY_COLUMNS,
        format!("cannot use more than {MAXIMUM_INDEX_COLUMNS} columns in an index"),
    )
}

pub(crate) fn undefined_column(column: &str, table: &str) -> types::SqlError {
    error(
        sqlstate::UNDEFINED_COLUMN,
        format!("column \"{column}\" of relation \"{table}\" does not exist"),
    )
}
