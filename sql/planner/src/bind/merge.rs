//! MERGE.

use catalog::RelationKind;
use syntax::ast;
use types::{SqlResult, SqlType, oid};

use super::expressions::location_of;
use super::scope::{Boundary, Clause, Level};
use super::{Binder, unsupported};
use crate::expression::Expr;
use crate::logical::{BoundMerge, BoundMergeAction, Join, Logical};
use crate::plan::{Access, JoinKind, MergeMatch};
use crate::walk;

impl Binder<'_> {
    pub fn merge(&mut self, merge: &ast::Merge) -> SqlResult<BoundMerge> {
        self.levels.push(Level::new(Boundary::Open));
        let bound = self.merge_inner(merge);
        self.levels.pop();
        bound
    }

    fn merge_inner(&mut self, merge: &ast::Merge) -> SqlResult<BoundMerge> {
        let relation = self.writable(&merge.target.name, "merge into")?;
        if relation.kind != RelationKind::Table {
            return Err(unsupported("MERGE into a view is not supported", merge.location));
        }
        self.uses(&relation, Access::Select);
        // Source first: the target's columns must not be visible to a LATERAL source.
        let source = self.from_list(std::slice::from_ref(&merge.source))?;
        let alias =
            merge.alias.as_ref().map(|name| ast::Alias { name: name.clone(), columns: Vec::new() });
        let (target_input, item) = self.stored(relation.clone(), alias.as_ref())?;
        let old = item.stored.map_or(0, |stored| stored.0);
        let level = self.level();
        level.columns.splice(0..0, item.columns.iter().cloned());
        level.items.insert(0, item);
        let condition = self.in_clause(Clause::JoinCondition, |binder| {
            let bound = binder.expr(&merge.on)?;
            binder.boolean(bound, "JOIN/ON", location_of(&merge.on))
        })?;
        let mut on = Vec::new();
        walk::conjuncts(condition, &mut on);
        let by_target = merge
            .clauses
            .iter()
            .any(|clause| clause.matching == ast::MergeMatch::NotMatchedByTarget);
        let by_source = merge
            .clauses
            .iter()
            .any(|clause| clause.matching == ast::MergeMatch::NotMatchedBySource);
        let kind = match (by_target, by_source) {
            (true, true) => JoinKind::Full,
            (true, false) => JoinKind::Right,
            (false, true) => JoinKind::Left,
            (false, false) => JoinKind::Inner,
        };
        let input = Logical::Join(Box::new(Join { kind, left: target_input, right: source, on }));
        refuse_unreachable(&merge.clauses)?;
        let mut actions = Vec::with_capacity(merge.clauses.len());
        for clause in &merge.clauses {
            let condition = match &clause.condition {
                Some(condition) => walk::conjunction(self.condition(
                    condition,
                    Clause::MergeWhen,
                    "MERGE WHEN AND",
                )?),
                None => None,
            };
            let matched = match clause.matching {
                ast::MergeMatch::Matched => MergeMatch::Matched,
                ast::MergeMatch::NotMatchedByTarget => MergeMatch::NotMatchedByTarget,
                ast::MergeMatch::NotMatchedBySource => MergeMatch::NotMatchedBySource,
            };
            let action = match &clause.action {
                ast::MergeAction::Nothing => BoundMergeAction::Nothing,
                ast::MergeAction::Delete => {
                    self.uses(&relation, Access::Delete);
                    BoundMergeAction::Delete
                }
                ast::MergeAction::Update { assignments } => {
                    self.uses(&relation, Access::Update);
                    let (assignments, extra) = self.assignments(&relation, assignments, old)?;
                    let written: Vec<usize> = assignments.iter().map(|one| one.0).collect();
                    self.writes_columns(relation.oid, Access::Update, &written);
                    if !extra.is_empty() {
                        return Err(unsupported(
                            "a subquery of several columns is not supported in MERGE",
                            clause.location,
                        ));
                    }
                    BoundMergeAction::Update(assignments)
                }
                ast::MergeAction::Insert { columns, values, .. } => {
                    self.uses(&relation, Access::Insert);
                    let positions = self.target_columns(&relation, columns)?;
                    let given = values.as_ref().map_or(0, Vec::len).min(positions.len());
                    self.writes_columns(relation.oid, Access::Insert, &positions[..given]);
                    let mut row: Vec<Option<Expr>> = vec![None; relation.columns.len()];
                    if let Some(values) = values {
                        if values.len() > positions.len()
                            || values.len() < positions.len() && !columns.is_empty()
                        {
                            return Err(super::error(
                                types::sqlstate::SYNTAX_ERROR,
                                if values.len() > positions.len() {
                                    "INSERT has more expressions than target columns"
                                } else {
                                    "INSERT has more target columns than expressions"
                                },
                                clause.location,
                            ));
                        }
                        for (value, &position) in values.iter().zip(&positions) {
                            if matches!(value, ast::Expr::Default { .. }) {
                                continue;
                            }
                            let column = &relation.columns[position];
                            let ty = crate::logical::column_type(column);
                            let bound =
                                self.in_clause(Clause::Values, |binder| binder.expr(value))?;
                            row[position] =
                                Some(self.assign(bound, ty, &column.name, location_of(value))?);
                        }
                    }
                    let mut full = Vec::with_capacity(row.len());
                    for (position, value) in row.into_iter().enumerate() {
                        full.push(match value {
                            Some(value) => value,
                            None => self.default_of(&relation, position)?,
                        });
                    }
                    BoundMergeAction::Insert(full)
                }
            };
            actions.push((matched, condition, action));
        }
        let new = self.columns.add_table(&relation);
        let action = self.columns.add("merge_action", SqlType::new(oid::TEXT));
        self.shadow(old, new, relation.columns.len());
        self.merge_action = Some(action);
        let returning = self.returning(&relation, merge.returning.as_ref());
        self.merge_action = None;
        let target = self.target(&relation)?;
        Ok(BoundMerge { target, input, old, new, action, actions, returning: returning? })
    }
}

/// A clause after one of its kind that always applies is a mistake.
fn refuse_unreachable(clauses: &[ast::MergeClause]) -> SqlResult<()> {
    let mut ended = Vec::new();
    for clause in clauses {
        if ended.contains(&&clause.matching) {
            return Err(super::error(
                types::sqlstate::SYNTAX_ERROR,
                "unreachable WHEN clause specified after unconditional WHEN clause",
                0,
            ));
        }
        if clause.condition.is_none() {
            ended.push(&clause.matching);
        }
    }
    Ok(())
}
