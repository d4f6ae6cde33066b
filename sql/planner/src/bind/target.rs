//! A table as the target of writes: checks, index keys, foreign keys, generated columns, bound over its full row.

use std::sync::Arc;

use catalog::{ConstraintKind, Generated, IndexKey, ReferentialAction, Relation, RelationKind};
use syntax::ast;
use types::{Datum, SqlResult, oid, sqlstate};

use super::expressions::constant;
use super::scope::{Boundary, Clause, Item, Level, ScopeColumn};
use super::{Binder, error};
use crate::expression::Expr;
use crate::logical::ColumnId;
use crate::plan::{Check, IncomingKey, OutgoingKey, Target, TargetIndex};
use crate::walk;

impl Binder<'_> {
    /// The target with everything its writes need. Expressions are over positions in the row.
    pub fn target(&mut self, relation: &Arc<Relation>) -> SqlResult<Target> {
        let needs_scope = relation
            .constraints
            .iter()
            .any(|constraint| matches!(constraint.kind, ConstraintKind::Check { .. }))
            || relation.columns.iter().any(|column| column.generated == Generated::Stored)
            || relation.indexes.iter().any(|index| {
                index.predicate.is_some()
                    || index
                        .columns
                        .iter()
                        .any(|column| matches!(column.key, IndexKey::Expression { .. }))
            });
        let first = if needs_scope { Some(self.open_row(relation)) } else { None };
        let built = self.target_parts(relation, first.as_ref().map_or(0, |first| first.0));
        if let Some((_, levels)) = first {
            self.levels = levels;
        }
        built
    }

    /// Puts only the relation's row in scope; gives its first column and the scope before.
    pub fn open_row(&mut self, relation: &Arc<Relation>) -> (ColumnId, Vec<Level>) {
        let levels = std::mem::take(&mut self.levels);
        let first = self.columns.add_table(relation);
        let item = self.row_item(relation, first, relation.name.clone());
        let mut level = Level::new(Boundary::Open);
        level.columns.clone_from(&item.columns);
        level.items.push(item);
        self.levels.push(level);
        (first, levels)
    }

    /// A row of the relation as an item of scope.
    pub fn row_item(&self, relation: &Relation, first: ColumnId, name: String) -> Item {
        let columns = relation
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.dropped)
            .map(|(position, column)| ScopeColumn {
                name: column.name.clone(),
                expr: self.columns.column(first + position),
            })
            .collect();
        Item {
            name,
            schema: Some(relation.schema),
            hidden_name: None,
            columns,
            row_type: relation.type_oid,
            stored: Some((first, relation.columns.len())),
            scalar: false,
            may_be_missing: false,
        }
    }

    fn row_expression(
        &mut self,
        sql: &str,
        clause: Clause,
        first: ColumnId,
        boolean: bool,
    ) -> SqlResult<Expr> {
        let mut bound = self.stored_expression(sql, clause)?;
        if boolean {
            bound = self.boolean(bound, "CHECK", 0)?;
        }
        shift_columns(&mut bound, first);
        Ok(bound)
    }

    fn target_parts(&mut self, relation: &Arc<Relation>, first: ColumnId) -> SqlResult<Target> {
        let mut checks = Vec::new();
        let mut outgoing = Vec::new();
        for constraint in &relation.constraints {
            match &constraint.kind {
                ConstraintKind::Check { sql, .. } => checks.push(Check {
                    name: constraint.name.clone(),
                    condition: self.row_expression(sql, Clause::Check, first, true)?,
                }),
                ConstraintKind::ForeignKey(key) => {
                    let parent = if key.parent == relation.oid {
                        Some(relation.clone())
                    } else {
                        self.catalog.relation_by_oid(key.parent)
                    };
                    let Some(parent) = parent else {
                        continue;
                    };
                    let Some(parent_index) =
                        parent.indexes.iter().position(|index| index.oid == key.parent_index)
                    else {
                        continue;
                    };
                    // In the order of the parent index's columns.
                    let columns = parent.indexes[parent_index]
                        .columns
                        .iter()
                        .filter_map(|column| match &column.key {
                            IndexKey::Column(number) => key
                                .parent_columns
                                .iter()
                                .position(|parent| parent == number)
                                .and_then(|place| key.columns.get(place))
                                .map(|number| *number as usize - 1),
                            IndexKey::Expression { .. } => None,
                        })
                        .collect();
                    outgoing.push(OutgoingKey {
                        constraint: constraint.clone(),
                        parent,
                        parent_index,
                        columns,
                    });
                }
                ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => {}
            }
        }
        let mut indexes = Vec::with_capacity(relation.indexes.len());
        for index in &relation.indexes {
            let mut keys = Vec::with_capacity(index.columns.len());
            for column in &index.columns {
                keys.push(match &column.key {
                    IndexKey::Column(number) => {
                        let position = *number as usize - 1;
                        let column = &relation.columns[position];
                        Expr::Column { index: position, ty: crate::logical::column_type(column) }
                    }
                    IndexKey::Expression { sql, .. } => {
                        self.row_expression(sql, Clause::IndexExpression, first, false)?
                    }
                });
            }
            let predicate = match &index.predicate {
                Some(sql) => Some(self.row_expression(sql, Clause::IndexPredicate, first, true)?),
                None => None,
            };
            indexes.push(TargetIndex { index: index.clone(), keys, predicate });
        }
        let mut generated = Vec::new();
        for (position, column) in relation.columns.iter().enumerate() {
            if column.generated == Generated::Stored
                && !column.dropped
                && let Some(sql) = &column.default
            {
                let bound = self.stored_expression(sql, Clause::Generated)?;
                let ty = crate::logical::column_type(column);
                let mut bound = self.assign(bound, ty, &column.name, 0)?;
                shift_columns(&mut bound, first);
                generated.push((position, bound));
            }
        }
        let mut defaults: Vec<(usize, Expr)> = Vec::new();
        for constraint in &relation.constraints {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else {
                continue;
            };
            let sets = ReferentialAction::SetDefault;
            if key.on_delete != sets && key.on_update != sets {
                continue;
            }
            for position in key.columns.iter().map(|number| *number as usize - 1) {
                if !defaults.iter().any(|known| known.0 == position) {
                    defaults.push((position, self.default_of(relation, position)?));
                }
            }
        }
        Ok(Target {
            relation: relation.clone(),
            checks,
            indexes,
            outgoing,
            incoming: self.incoming(relation),
            generated,
            defaults,
        })
    }

    fn incoming(&self, relation: &Arc<Relation>) -> Vec<IncomingKey> {
        let mut incoming = Vec::new();
        let mut seen = Vec::new();
        for &child_oid in &relation.referenced_by {
            if seen.contains(&child_oid) {
                continue;
            }
            seen.push(child_oid);
            let child = if child_oid == relation.oid {
                Some(relation.clone())
            } else {
                self.catalog.relation_by_oid(child_oid)
            };
            let Some(child) = child else {
                continue;
            };
            for constraint in &child.constraints {
                let ConstraintKind::ForeignKey(key) = &constraint.kind else {
                    continue;
                };
                if key.parent != relation.oid {
                    continue;
                }
                let starts_with_key = |index: &catalog::Index| {
                    index.predicate.is_none()
                        && index.is_ordered()
                        && index.state == catalog::IndexState::Valid
                        && index.columns.len() >= key.columns.len()
                        && index.columns[..key.columns.len()]
                            .iter()
                            .zip(&key.columns)
                            .all(|(column, number)| column.key == IndexKey::Column(*number))
                };
                incoming.push(IncomingKey {
                    constraint: constraint.clone(),
                    child: child.clone(),
                    child_columns: key.columns.iter().map(|number| *number as usize - 1).collect(),
                    columns: key.parent_columns.iter().map(|number| *number as usize - 1).collect(),
                    child_index: child.indexes.iter().position(starts_with_key),
                });
            }
        }
        incoming
    }

    /// A table that may be written to, or the error PostgreSQL gives.
    pub fn writable(&mut self, name: &ast::ObjectName, verb: &str) -> SqlResult<Arc<Relation>> {
        if name.schema().is_none() && self.ctes.iter().any(|known| known.name == name.name()) {
            return Err(error(
                sqlstate::UNDEFINED_TABLE,
                format!(
                    "relation \"{}\" cannot be the target of a modifying statement",
                    name.name()
                ),
                name.location,
            ));
        }
        let relation = self.relation(name)?;
        let refuse =
            |message: String| Err(error(sqlstate::WRONG_OBJECT_TYPE, message, name.location));
        match relation.kind {
            RelationKind::Table => Ok(relation),
            RelationKind::View => Ok(relation),
            RelationKind::MaterializedView if self.fills => Ok(relation),
            RelationKind::MaterializedView => {
                refuse(format!("cannot change materialized view \"{}\"", relation.name))
            }
            RelationKind::Sequence => {
                refuse(format!("cannot change sequence \"{}\"", relation.name))
            }
            RelationKind::Virtual | RelationKind::VirtualView => Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied: \"{}\" is a system catalog", relation.name),
                name.location,
            )),
        }
        .inspect(|_| {
            let _ = verb;
        })
    }

    /// The default of a column as a bound expression of its type; NULL if it has none.
    pub fn default_of(&mut self, relation: &Relation, position: usize) -> SqlResult<Expr> {
        let column = &relation.columns[position];
        let ty = crate::logical::column_type(column);
        if matches!(column.generated, Generated::IdentityAlways | Generated::IdentityByDefault)
            && let Some(sequence) = column.owned_sequence
        {
            let sequence = constant(Datum::Oid(sequence), oid::REGCLASS);
            let next = self.call_by_name("nextval", vec![sequence], 0)?;
            return self.assign(next, ty, &column.name, 0);
        }
        let null = constant(Datum::Null, oid::UNKNOWN);
        let Some(sql) = column.default.as_ref().filter(|_| column.generated == Generated::No)
        else {
            if let Some(user) = self.catalog.user_type_by_oid(column.type_oid)
                && let catalog::UserTypeKind::Domain { default: Some(sql), .. } = &user.kind
            {
                let levels = std::mem::take(&mut self.levels);
                let bound = self.stored_expression(sql, Clause::Default);
                self.levels = levels;
                return self.assign(bound?, ty, &column.name, 0);
            }
            return if column.generated == Generated::Stored || column.dropped {
                Ok(self.null(ty))
            } else {
                self.assign(null, ty, &column.name, 0)
            };
        };
        let levels = std::mem::take(&mut self.levels);
        let bound = self.stored_expression(sql, Clause::Default);
        self.levels = levels;
        self.assign(bound?, ty, &column.name, 0)
    }
}

/// From columns of a block to positions in the row.
pub fn shift_columns(expr: &mut Expr, first: ColumnId) {
    walk::replace(expr, &mut |part| match part {
        Expr::Column { index, ty } if *index >= first => {
            Some(Expr::Column { index: index - first, ty: *ty })
        }
        _ => None,
    });
}
