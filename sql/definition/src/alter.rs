//! ALTER TABLE: one action after the other, each on the catalog as the last left it.

use catalog::{ConstraintKind, Relation, RelationKind};
use syntax::ast::{AlterTable, AlterTableAction, ColumnSelector, DropBehavior, ObjectType};
use types::{Oid, SqlResult, sqlstate};

use crate::Work;
use crate::dependents::Object;
use crate::names::{Found, undefined_relation, written};
use crate::rename::{type_word, wrong_kind};
use crate::run::{Run, error, unsupported};
use crate::sequence::option_text;
use crate::table::constraints::undefined_column;

impl Run<'_> {
    pub fn alter_table(&mut self, alter: &AlterTable) -> SqlResult<()> {
        self.tag(&format!("ALTER {}", type_word(alter.object_type).to_uppercase()));
        if alter.object_type == ObjectType::Type {
            return Err(unsupported("ALTER TYPE of attributes is not supported"));
        }
        let name = &alter.relation.name;
        let relation = match self.find(name) {
            Ok(Some(Found::Relation(relation))) => relation,
            Ok(Some(Found::Index(table, index))) if alter.object_type == ObjectType::Index => {
                return self.alter_index(&table, index, &alter.actions);
            }
            Ok(Some(Found::Index(..))) => {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("\"{}\" is not a table", name.name()),
                ));
            }
            Ok(None) | Err(_) if alter.if_exists => {
                self.notice(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("relation \"{}\" does not exist, skipping", written(name)),
                );
                return Ok(());
            }
            Ok(None) => return Err(undefined_relation(name)),
            Err(failure) => return Err(failure),
        };
        // ALTER TABLE is taken for any kind; the others only for their own.
        if alter.object_type != ObjectType::Table {
            wrong_kind(alter.object_type, &relation)?;
        }
        self.require_relation_owner(&relation)?;
        for action in &alter.actions {
            self.alter_action(relation.oid, action)?;
        }
        self.changes_definition(relation.oid, false);
        Ok(())
    }

    fn alter_index(
        &mut self,
        table: &Relation,
        index: Oid,
        actions: &[AlterTableAction],
    ) -> SqlResult<()> {
        self.require_relation_owner(table)?;
        for action in actions {
            let options = match action {
                AlterTableAction::SetOptions(options) => option_text(options),
                AlterTableAction::ResetOptions(_) => Vec::new(),
                _ => return Err(unsupported("this form of ALTER INDEX is not supported")),
            };
            self.alter(table.oid, |table| {
                for known in table.indexes.iter_mut().filter(|known| known.oid == index) {
                    known.options.clone_from(&options);
                }
            })?;
        }
        Ok(())
    }

    fn alter_action(&mut self, oid: Oid, action: &AlterTableAction) -> SqlResult<()> {
        let mut table = (*self.known_relation(oid)?).clone();
        let needs_table = matches!(
            action,
            AlterTableAction::AddColumn { .. }
                | AlterTableAction::DropColumn { .. }
                | AlterTableAction::AddConstraint(_)
                | AlterTableAction::DropConstraint { .. }
                | AlterTableAction::AlterConstraint { .. }
                | AlterTableAction::ValidateConstraint(_)
        );
        if needs_table && table.kind != RelationKind::Table {
            let what = match action {
                AlterTableAction::AddColumn { .. } => "ADD COLUMN",
                AlterTableAction::DropColumn { .. } => "DROP COLUMN",
                AlterTableAction::AddConstraint(_) => "ADD CONSTRAINT",
                AlterTableAction::DropConstraint { .. } => "DROP CONSTRAINT",
                AlterTableAction::AlterConstraint { .. } => "ALTER CONSTRAINT",
                _ => "VALIDATE CONSTRAINT",
            };
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("ALTER action {what} cannot be performed on relation \"{}\"", table.name),
            )
            .detail(format!(
                "This operation is not supported for {}s.",
                crate::names::kind_word(table.kind)
            )));
        }
        match action {
            AlterTableAction::AddColumn { column, if_not_exists } => {
                self.add_column(table, column, *if_not_exists)
            }
            AlterTableAction::DropColumn { name, if_exists, behavior } => {
                self.drop_column(&table, name, *if_exists, *behavior)
            }
            AlterTableAction::AlterColumn { column, action } => {
                let ColumnSelector::Name(name) = column else {
                    return Err(unsupported("columns are altered by name"));
                };
                self.alter_column(table, &name.name, action)
            }
            AlterTableAction::AddConstraint(constraint) => {
                self.changes_definition(oid, true);
                self.add_constraint(&mut table, constraint, false)?;
                // A key made of the table itself may already be in the catalog's version.
                self.put_relation(table);
                Ok(())
            }
            AlterTableAction::DropConstraint { name, if_exists, behavior } => {
                self.drop_constraint(&table, name, *if_exists, *behavior)
            }
            AlterTableAction::AlterConstraint { name, deferrable, initially_deferred } => {
                let relation = table.name.clone();
                let Some(constraint) =
                    table.constraints.iter_mut().find(|known| known.name == *name)
                else {
                    return Err(undefined_constraint(name, &relation));
                };
                if !matches!(constraint.kind, ConstraintKind::ForeignKey(_)) {
                    return Err(error(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!(
                            "constraint \"{name}\" of relation \"{relation}\" is not a foreign key \
                             constraint"
                        ),
                    ));
                }
                constraint.deferrable = *deferrable;
                constraint.initially_deferred = *initially_deferred;
                self.put_relation(table);
                Ok(())
            }
            AlterTableAction::ValidateConstraint(name) => self.validate_constraint(table, name),
            AlterTableAction::SetOptions(options) => {
                for (name, value) in option_text(options) {
                    table.options.retain(|(known, _)| *known != name);
                    table.options.push((name, value));
                }
                self.set_options(table)
            }
            AlterTableAction::ResetOptions(options) => {
                let names: Vec<String> =
                    option_text(options).into_iter().map(|(name, _)| name).collect();
                table.options.retain(|(known, _)| !names.contains(known));
                self.set_options(table)
            }
            AlterTableAction::OwnerTo(role) => {
                let owner = self.role_named(role)?;
                self.set_relation_owner(oid, owner)
            }
            // Rows are always kept in primary key order, logged, and in the one place there is.
            AlterTableAction::ClusterOn(_)
            | AlterTableAction::SetWithoutCluster
            | AlterTableAction::SetWithoutOids
            | AlterTableAction::SetLogged(_)
            | AlterTableAction::NotOfType => Ok(()),
            AlterTableAction::RowSecurity(_) => {
                Err(unsupported("row-level security is not supported"))
            }
            AlterTableAction::ReplicaIdentity(_) => {
                Err(unsupported("REPLICA IDENTITY is not supported"))
            }
            AlterTableAction::Trigger { mode, target } => self.set_firing(oid, *mode, target),
            AlterTableAction::Rule { .. } => Err(unsupported("rules are not supported")),
            AlterTableAction::Inherit { .. } => {
                Err(unsupported("table inheritance is not supported"))
            }
            AlterTableAction::AttachPartition { .. } | AlterTableAction::DetachPartition { .. } => {
                Err(unsupported("table partitioning is not supported"))
            }
            _ => Err(unsupported("this form of ALTER TABLE is not supported")),
        }
    }

    fn set_options(&mut self, mut relation: Relation) -> SqlResult<()> {
        if let Some(view) = &mut relation.view {
            let is_on = |wanted: &str| {
                relation.options.iter().any(|(name, value)| {
                    name == wanted && matches!(value.as_str(), "true" | "on" | "1" | "yes")
                })
            };
            view.security_barrier = is_on("security_barrier");
            view.security_invoker = is_on("security_invoker");
        }
        self.put_relation(relation);
        Ok(())
    }

    fn drop_column(
        &mut self,
        table: &Relation,
        name: &str,
        if_exists: bool,
        behavior: DropBehavior,
    ) -> SqlResult<()> {
        let Some(column) = table.column(name) else {
            let failure = undefined_column(name, &table.name);
            if !if_exists {
                return Err(failure);
            }
            let message = format!("{}, skipping", failure.message());
            self.notice(sqlstate::SUCCESSFUL_COMPLETION, message);
            return Ok(());
        };
        self.drop_all(vec![Object::Column(table.oid, column.number)], behavior)
    }

    fn drop_constraint(
        &mut self,
        table: &Relation,
        name: &str,
        if_exists: bool,
        behavior: DropBehavior,
    ) -> SqlResult<()> {
        let Some(constraint) = table.constraints.iter().find(|known| known.name == name) else {
            let failure = undefined_constraint(name, &table.name);
            if !if_exists {
                return Err(failure);
            }
            let message = format!("{}, skipping", failure.message());
            self.notice(sqlstate::SUCCESSFUL_COMPLETION, message);
            return Ok(());
        };
        self.drop_all(vec![Object::Constraint(table.oid, constraint.oid)], behavior)
    }

    fn validate_constraint(&mut self, mut table: Relation, name: &str) -> SqlResult<()> {
        let relation = table.name.clone();
        let Some(constraint) = table.constraints.iter_mut().find(|known| known.name == name) else {
            return Err(undefined_constraint(name, &relation));
        };
        let (table_oid, constraint_oid) = (table.oid, constraint.oid);
        let work = match &constraint.kind {
            ConstraintKind::Check { .. } => {
                Work::ValidateCheck { table: table_oid, constraint: constraint_oid }
            }
            ConstraintKind::ForeignKey(_) => {
                Work::ValidateForeignKey { table: table_oid, constraint: constraint_oid }
            }
            _ => {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!(
                        "constraint \"{name}\" of relation \"{relation}\" is not a foreign key or \
                         check constraint"
                    ),
                ));
            }
        };
        if constraint.validated {
            return Ok(());
        }
        constraint.validated = true;
        if let ConstraintKind::ForeignKey(key) = &constraint.kind {
            let parent = key.parent;
            self.changes_definition(parent, true);
        }
        self.changes_definition(table_oid, true);
        self.work(work);
        self.put_relation(table);
        Ok(())
    }
}

pub(crate) fn undefined_constraint(name: &str, table: &str) -> types::SqlError {
    error(
        sqlstate::UNDEFINED_OBJECT,
        format!("constraint \"{name}\" of relation \"{table}\" does not exist"),
    )
}
