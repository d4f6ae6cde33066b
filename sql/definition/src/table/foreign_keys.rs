//! Foreign keys: the parent, its unique index, and whether the columns go together.

use catalog::{
    Constraint, ConstraintKind, ForeignKey, Generated, IndexKey, IndexState, ReferentialAction,
    Relation, RelationKind,
};
use functions::CastContext;
use syntax::ast::{self, ForeignKeyMatch};
use types::{Oid, SqlResult, sqlstate};

use crate::Work;
use crate::names::joined;
use crate::run::{Run, error, unsupported};

fn action(action: ast::ReferentialAction) -> ReferentialAction {
    match action {
        ast::ReferentialAction::NoAction => ReferentialAction::NoAction,
        ast::ReferentialAction::Restrict => ReferentialAction::Restrict,
        ast::ReferentialAction::Cascade => ReferentialAction::Cascade,
        ast::ReferentialAction::SetNull => ReferentialAction::SetNull,
        ast::ReferentialAction::SetDefault => ReferentialAction::SetDefault,
    }
}

fn invalid(message: impl Into<String>) -> types::SqlError {
    error(sqlstate::INVALID_FOREIGN_KEY, message)
}

/// Columns named in a foreign key.
fn numbers(table: &Relation, names: &[String]) -> SqlResult<Vec<i16>> {
    names
        .iter()
        .map(|name| {
            table.column(name).map(|column| column.number).ok_or_else(|| {
                error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!(
                        "column \"{name}\" referenced in foreign key constraint does not exist"
                    ),
                )
            })
        })
        .collect()
}

/// The parent's columns and the unique index over exactly these.
fn parent_key(parent: &Relation, names: &[String]) -> SqlResult<(Vec<i16>, Oid)> {
    let plain = |index: &catalog::Index| -> Option<Vec<i16>> {
        let columns = index.columns.iter().map(|column| match column.key {
            IndexKey::Column(number) => Some(number),
            IndexKey::Expression { .. } => None,
        });
        columns.collect()
    };
    if names.is_empty() {
        let primary = parent.primary_key().ok_or_else(|| {
            error(
                sqlstate::UNDEFINED_OBJECT,
                format!("there is no primary key for referenced table \"{}\"", parent.name),
            )
        })?;
        return Ok((plain(primary).unwrap_or_default(), primary.oid));
    }
    let columns = numbers(parent, names)?;
    let mut sorted = columns.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(invalid("foreign key referenced-columns list must not contain duplicates"));
    }
    let found = parent.indexes.iter().find(|index| {
        let mut key = plain(index).unwrap_or_default();
        key.sort_unstable();
        index.unique
            && index.predicate.is_none()
            && index.state == IndexState::Valid
            && key == sorted
    });
    match found {
        Some(index) => Ok((columns, index.oid)),
        None => Err(invalid(format!(
            "there is no unique constraint matching given keys for referenced table \"{}\"",
            parent.name
        ))),
    }
}

impl Run<'_> {
    pub fn add_foreign_key(
        &mut self,
        table: &mut Relation,
        constraint: &ast::Constraint,
        key: &ast::ForeignKey,
        is_new: bool,
    ) -> SqlResult<()> {
        if key.match_type == ForeignKeyMatch::Partial {
            return Err(unsupported("MATCH PARTIAL not yet implemented").at(constraint.location));
        }
        let is_self = match self.split(&key.table)? {
            (Some(schema), name) => {
                schema == self.schema_name(table.schema) && name == table.name
            }
            (None, name) => {
                name == table.name
                    && self.find_quietly(&key.table).is_none_or(|found| {
                        matches!(found, crate::names::Found::Relation(found) if found.oid == table.oid)
                    })
            }
        };
        let parent = if is_self { None } else { Some(self.relation_elsewhere(&key.table)?) };
        let parent = parent.as_deref().unwrap_or(table).clone();
        if parent.kind != RelationKind::Table {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("referenced relation \"{}\" is not a table", parent.name),
            ));
        }
        let columns = numbers(table, &key.columns)?;
        if columns.len() > crate::table::constraints::MAXIMUM_INDEX_COLUMNS {
            return Err(error(
                sqlstate::TOO_MANY_COLUMNS,
                "cannot have more than 32 keys in a foreign key",
            ));
        }
        let (parent_columns, parent_index) = parent_key(&parent, &key.referenced_columns)?;
        if !is_self && !self.has_privilege(parent.grants.as_deref(), parent.owner, 'x', self.role())
        {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for table {}", parent.name),
            ));
        }
        if columns.len() != parent_columns.len() {
            return Err(invalid(
                "number of referencing and referenced columns for foreign key disagree",
            ));
        }
        self.require_actions(table, &columns, key)?;
        let name = match &constraint.name {
            Some(name) => name.clone(),
            None => self.choose_constraint_name(table, &joined(&key.columns), "fkey"),
        };
        self.require_comparable(&name, table, &columns, &parent, &parent_columns)?;
        let delete_set_columns = numbers(table, &key.on_delete_columns)?;
        for (number, set_name) in delete_set_columns.iter().zip(&key.on_delete_columns) {
            if !columns.contains(number) {
                return Err(error(
                    sqlstate::INVALID_COLUMN_REFERENCE,
                    format!(
                        "column \"{set_name}\" referenced in ON DELETE SET action must be part of \
                         foreign key"
                    ),
                ));
            }
        }
        let oid = self.allocate()?;
        let validated = is_new || !constraint.not_valid;
        table.constraints.push(Constraint {
            oid,
            name,
            kind: ConstraintKind::ForeignKey(ForeignKey {
                columns,
                parent: parent.oid,
                parent_columns,
                parent_index,
                match_full: key.match_type == ForeignKeyMatch::Full,
                on_delete: action(key.on_delete),
                on_update: action(key.on_update),
                delete_set_columns,
            }),
            validated,
            deferrable: constraint.deferrable,
            initially_deferred: constraint.initially_deferred,
            comment: None,
        });
        self.note_reference(table, &parent, is_self, !is_new && validated)?;
        if !is_new && validated {
            self.work(Work::ValidateForeignKey { table: table.oid, constraint: oid });
        }
        Ok(())
    }

    /// The parent knows who refers to it.
    fn note_reference(
        &mut self,
        table: &mut Relation,
        parent: &Relation,
        is_self: bool,
        rows: bool,
    ) -> SqlResult<()> {
        if is_self {
            if !table.referenced_by.contains(&table.oid) {
                table.referenced_by.push(table.oid);
            }
            return Ok(());
        }
        let child = table.oid;
        self.changes_definition(parent.oid, rows);
        self.alter(parent.oid, |parent| {
            if !parent.referenced_by.contains(&child) {
                parent.referenced_by.push(child);
            }
        })
    }

    fn require_actions(
        &self,
        table: &Relation,
        columns: &[i16],
        key: &ast::ForeignKey,
    ) -> SqlResult<()> {
        let has_generated = columns.iter().any(|number| {
            table
                .column_by_number(*number)
                .is_some_and(|column| column.generated == Generated::Stored)
        });
        if !has_generated {
            return Ok(());
        }
        use ast::ReferentialAction::{Cascade, SetDefault, SetNull};
        let word = if matches!(key.on_update, SetNull | SetDefault | Cascade) {
            "ON UPDATE"
        } else if matches!(key.on_delete, SetNull | SetDefault) {
            "ON DELETE"
        } else {
            return Ok(());
        };
        Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("invalid {word} action for foreign key constraint containing generated column"),
        ))
    }

    fn require_comparable(
        &self,
        name: &str,
        table: &Relation,
        columns: &[i16],
        parent: &Relation,
        parent_columns: &[i16],
    ) -> SqlResult<()> {
        for (child, parent_column) in columns.iter().zip(parent_columns) {
            let (Some(child), Some(of_parent)) =
                (table.column_by_number(*child), parent.column_by_number(*parent_column))
            else {
                continue;
            };
            let types = &self.catalog;
            let given = functions::type_catalog::base_type(types, child.type_oid);
            let wanted = functions::type_catalog::base_type(types, of_parent.type_oid);
            let comparable = given == wanted
                || functions::find_cast(types, given, wanted, CastContext::Implicit).is_some()
                || functions::resolve_operator(types, "=", Some(wanted), given).is_ok_and(
                    |resolved| {
                        resolved.definition.left == wanted && resolved.definition.right == given
                    },
                );
            if !comparable {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("foreign key constraint \"{name}\" cannot be implemented"),
                )
                .detail(format!(
                    "Key columns \"{}\" and \"{}\" are of incompatible types: {} and {}.",
                    child.name,
                    of_parent.name,
                    self.type_name(child.type_oid),
                    self.type_name(of_parent.type_oid)
                )));
            }
        }
        Ok(())
    }
}
