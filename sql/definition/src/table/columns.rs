//! Column definitions: types, defaults, generation, serial and identity.

use catalog::{Column, Generated, Relation};
use functions::TypeCatalog;
use syntax::ast::{ColumnDefinition, Constraint, ConstraintKind, Expr, ObjectName, SequenceOption};
use types::{Oid, SqlResult, SqlType, oid, sqlstate};

use crate::analysis::{Analysis, Clause};
use crate::run::{Run, error, unsupported};
use crate::sequence::new_column;

/// A column as defined, with what can be settled only once all columns are known.
pub(crate) struct NewColumn {
    pub column: Column,
    pub default: Option<Expr>,
    pub generated: Option<Expr>,
    /// Table constraints made of the column's.
    pub constraints: Vec<Constraint>,
}

/// Names that PostgreSQL attaches to any attribute.
const SYSTEM_COLUMNS: &[&str] = &["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"];

/// The integer type behind a serial type's name.
fn serial_type(definition: &ColumnDefinition) -> Option<(Oid, &'static str)> {
    let name = definition.type_name.as_ref()?;
    let [only] = name.names.as_slice() else {
        return None;
    };
    match only.as_str() {
        _ if name.percent_type => None,
        "smallserial" | "serial2" => Some((oid::INT2, "int2")),
        "serial" | "serial4" => Some((oid::INT4, "int4")),
        "bigserial" | "serial8" => Some((oid::INT8, "int8")),
        _ => None,
    }
}

impl Run<'_> {
    /// The next column of the table. Sequences are made; defaults wait for [`Run::complete_column`].
    pub fn column_definition(
        &mut self,
        table: &Relation,
        definition: &ColumnDefinition,
        is_added: bool,
    ) -> SqlResult<NewColumn> {
        let name = &definition.name;
        if SYSTEM_COLUMNS.contains(&name.as_str()) {
            return Err(error(
                sqlstate::DUPLICATE_COLUMN,
                format!("column name \"{name}\" conflicts with a system column name"),
            ));
        }
        if table.column(name).is_some() && !is_added {
            return Err(error(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{name}\" specified more than once"),
            ));
        }
        let number =
            i16::try_from(table.columns.len() + 1).map_err(|_| crate::table::too_many_columns())?;
        if table.columns.len() >= crate::table::MAXIMUM_COLUMNS {
            return Err(crate::table::too_many_columns());
        }
        let serial = serial_type(definition);
        let mut type_name = definition
            .type_name
            .clone()
            .ok_or_else(|| unsupported("columns of typed tables are not supported"))?;
        let ty = match serial {
            Some(_) if !type_name.array_bounds.is_empty() => {
                return Err(
                    unsupported("array of serial is not implemented").at(type_name.location)
                );
            }
            Some((ty, _)) => SqlType::new(ty),
            None => self.column_type(&mut type_name, name)?,
        };
        let mut column = new_column(number, name, ty);
        column.collation = self.collation(definition.collation.as_ref(), ty.oid)?;
        if let Some(storage) = &definition.storage {
            column.storage = storage_letter(storage)?;
        }
        crate::column_options::set(&mut column, &definition.options)?;
        let mut new = NewColumn { column, default: None, generated: None, constraints: Vec::new() };
        let mut says_null = None;
        for constraint in &definition.constraints {
            self.column_constraint(table, &mut new, constraint, &mut says_null)?;
        }
        if let Some((ty, _)) = serial {
            if new.default.is_some() || new.generated.is_some() {
                return Err(self.twice(table, name, "default values"));
            }
            let sequence = self.column_sequence(table, name, number, ty, &[])?;
            let text = self.qualified(sequence.schema, &sequence.name);
            new.column.default = Some(next_value(&text));
            new.column.owned_sequence = Some(sequence.oid);
            new.column.not_null = true;
            if says_null == Some(true) {
                return Err(conflicting_null(table, name));
            }
        }
        Ok(new)
    }

    fn twice(&self, table: &Relation, column: &str, what: &str) -> types::SqlError {
        error(
            sqlstate::SYNTAX_ERROR,
            format!(
                "multiple {what} specified for column \"{column}\" of table \"{}\"",
                table.name
            ),
        )
    }

    fn column_constraint(
        &mut self,
        table: &Relation,
        new: &mut NewColumn,
        constraint: &Constraint,
        says_null: &mut Option<bool>,
    ) -> SqlResult<()> {
        let name = new.column.name.clone();
        let both = |what: &str| {
            Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("both {what} specified for column \"{name}\" of table \"{}\"", table.name),
            )
            .at(constraint.location))
        };
        let is_identity = crate::sequence::is_identity(&new.column);
        match &constraint.kind {
            ConstraintKind::Null => {
                if new.column.not_null {
                    return Err(conflicting_null(table, &name).at(constraint.location));
                }
                *says_null = Some(true);
            }
            ConstraintKind::NotNull { .. } => {
                if *says_null == Some(true) {
                    return Err(conflicting_null(table, &name).at(constraint.location));
                }
                new.column.not_null = true;
            }
            ConstraintKind::Default(expr) => {
                if new.default.is_some() {
                    return Err(self.twice(table, &name, "default values").at(constraint.location));
                }
                if is_identity {
                    return both("default and identity");
                }
                if new.generated.is_some() {
                    return both("default and generation expression");
                }
                new.default = Some(expr.clone());
            }
            ConstraintKind::Generated { expr, stored } => {
                if !stored {
                    return Err(unsupported("virtual generated columns are not supported")
                        .at(constraint.location));
                }
                if new.generated.is_some() {
                    return Err(self
                        .twice(table, &name, "generation clauses")
                        .at(constraint.location));
                }
                if new.default.is_some() {
                    return both("default and generation expression");
                }
                if is_identity {
                    return both("identity and generation expression");
                }
                new.column.generated = Generated::Stored;
                new.generated = Some(expr.clone());
            }
            ConstraintKind::Identity { always, options } => {
                if is_identity {
                    return Err(self
                        .twice(table, &name, "identity specifications")
                        .at(constraint.location));
                }
                if new.default.is_some() {
                    return both("default and identity");
                }
                if new.generated.is_some() {
                    return both("identity and generation expression");
                }
                if *says_null == Some(true) {
                    return Err(conflicting_null(table, &name).at(constraint.location));
                }
                self.make_identity(table, &mut new.column, *always, options)?;
            }
            ConstraintKind::Check(_) | ConstraintKind::Exclude(_) => {
                new.constraints.push(constraint.clone());
            }
            ConstraintKind::PrimaryKey(key) => {
                let mut key = key.clone();
                key.columns = vec![name];
                let kind = ConstraintKind::PrimaryKey(key);
                new.constraints.push(Constraint { kind, ..constraint.clone() });
            }
            ConstraintKind::Unique { nulls_not_distinct, key } => {
                let mut key = key.clone();
                key.columns = vec![name];
                let kind = ConstraintKind::Unique { nulls_not_distinct: *nulls_not_distinct, key };
                new.constraints.push(Constraint { kind, ..constraint.clone() });
            }
            ConstraintKind::ForeignKey(key) => {
                let mut key = key.clone();
                key.columns = vec![name];
                let kind = ConstraintKind::ForeignKey(key);
                new.constraints.push(Constraint { kind, ..constraint.clone() });
            }
        }
        Ok(())
    }

    /// Gives the column a sequence of its own.
    pub fn make_identity(
        &mut self,
        table: &Relation,
        column: &mut Column,
        always: bool,
        options: &[SequenceOption],
    ) -> SqlResult<()> {
        if !matches!(column.type_oid, oid::INT2 | oid::INT4 | oid::INT8) {
            return Err(error(
                sqlstate::INVALID_PARAMETER_VALUE,
                "identity column type must be smallint, integer, or bigint",
            ));
        }
        let name = column.name.clone();
        let sequence =
            self.column_sequence(table, &name, column.number, column.type_oid, options)?;
        column.generated =
            if always { Generated::IdentityAlways } else { Generated::IdentityByDefault };
        column.owned_sequence = Some(sequence.oid);
        column.not_null = true;
        Ok(())
    }

    /// Settles the default or generation expression, now that the table has all its columns.
    pub fn complete_column(&mut self, table: &mut Relation, new: &NewColumn) -> SqlResult<()> {
        let number = new.column.number;
        let text = if let Some(expr) = &new.default {
            self.default_text(&new.column, expr)?.0
        } else if let Some(expr) = &new.generated {
            Some(self.generation_text(table, &new.column, expr)?)
        } else {
            return Ok(());
        };
        if let Some(column) = table.columns.iter_mut().find(|column| column.number == number) {
            column.default = text;
        }
        Ok(())
    }

    /// The default as stored text (`None` for a plain NULL), and whether each row needs its own value.
    pub fn default_text(&self, column: &Column, expr: &Expr) -> SqlResult<(Option<String>, bool)> {
        let mut expr = expr.clone();
        let mut analysis = Analysis::new(self, Clause::Default);
        analysis.no_columns = true;
        let given = analysis.expression(&mut expr)?;
        let target = SqlType::with_modifier(column.type_oid, column.modifier);
        analysis.require_assignable(&expr, given, target, |target, given| {
            format!(
                "column \"{}\" is of type {target} but default expression is of type {given}",
                column.name
            )
        })?;
        let volatile = analysis.is_volatile();
        let text = match (&expr, given.oid) {
            (Expr::Literal(literal), _) if literal.value == syntax::ast::LiteralValue::Null => None,
            (Expr::Literal(literal), oid::UNKNOWN) => match &literal.value {
                syntax::ast::LiteralValue::String(_) => {
                    let ty = SqlType::new(target.oid);
                    Some(format!("{expr}::{}", self.type_text(ty)))
                }
                _ => Some(expr.to_string()),
            },
            _ => Some(expr.to_string()),
        };
        Ok((text, volatile))
    }

    pub fn generation_text(
        &self,
        table: &Relation,
        column: &Column,
        expr: &Expr,
    ) -> SqlResult<String> {
        let mut expr = expr.clone();
        let mut analysis = Analysis::over(self, Clause::Generated, table);
        let given = analysis.expression(&mut expr)?;
        for (_, number) in &analysis.uses {
            let Some(used) = table.column_by_number(*number) else {
                continue;
            };
            if used.generated == Generated::Stored || used.number == column.number {
                return Err(error(
                    sqlstate::INVALID_OBJECT_DEFINITION,
                    format!(
                        "cannot use generated column \"{}\" in column generation expression",
                        used.name
                    ),
                )
                .detail(if used.number == column.number {
                    "This would cause the generated column to depend on its own value."
                } else {
                    "A generated column cannot reference another generated column."
                }));
            }
        }
        let target = SqlType::with_modifier(column.type_oid, column.modifier);
        analysis.require_assignable(&expr, given, target, |target, given| {
            format!(
                "column \"{}\" is of type {target} but generation expression is of type {given}",
                column.name
            )
        })?;
        if !analysis.is_immutable() {
            return Err(error(
                sqlstate::INVALID_OBJECT_DEFINITION,
                "generation expression is not immutable",
            ));
        }
        Ok(expr.to_string())
    }

    /// The stored name of a collation; `None` is the default.
    pub fn collation(
        &self,
        collation: Option<&ObjectName>,
        type_oid: Oid,
    ) -> SqlResult<Option<String>> {
        let Some(collation) = collation else {
            return Ok(None);
        };
        let base = functions::type_catalog::base_type(&self.catalog, type_oid);
        let element = functions::type_catalog::element_type(&self.catalog, base);
        let base = if element == 0 { base } else { element };
        let is_string = self.catalog.facts(base).is_some_and(|facts| facts.category == 'S');
        if !is_string {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!("collations are not supported by type {}", self.type_name(type_oid)),
            )
            .at(collation.location));
        }
        let name = collation.name();
        let in_catalog = collation.schema().is_none_or(|schema| schema == "pg_catalog");
        match functions::collations::by_name(name).filter(|_| in_catalog) {
            Some(functions::collations::DEFAULT) => Ok(None),
            Some(known)
                if base == types::oid::CITEXT && functions::collations::of_icu(known).is_some() =>
            {
                Err(error(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    "collations of ICU are not supported by type citext",
                )
                .at(collation.location))
            }
            Some(_) => Ok(Some(name.to_owned())),
            None => Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!(
                    "collation \"{}\" for encoding \"UTF8\" does not exist",
                    crate::names::written(collation)
                ),
            )
            .at(collation.location)),
        }
    }
}

pub(crate) fn next_value(sequence: &str) -> String {
    format!("nextval({}::regclass)", catalog::quote_literal(sequence))
}

fn conflicting_null(table: &Relation, column: &str) -> types::SqlError {
    error(
        sqlstate::SYNTAX_ERROR,
        format!(
            "conflicting NULL/NOT NULL declarations for column \"{column}\" of table \"{}\"",
            table.name
        ),
    )
}

/// `pg_attribute.attstorage`.
pub(crate) fn storage_letter(storage: &str) -> SqlResult<Option<char>> {
    match storage.to_lowercase().as_str() {
        "plain" => Ok(Some('p')),
        "external" => Ok(Some('e')),
        "extended" => Ok(Some('x')),
        "main" => Ok(Some('m')),
        "default" => Ok(None),
        _ => Err(error(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("invalid storage type \"{storage}\""),
        )),
    }
}
