//! Plans of INSERT, UPDATE, DELETE and MERGE, and of whole statements.

use std::cell::RefCell;

use types::{SqlResult, SqlType};

use super::physical::{Need, Physical, Planner};
use super::push;
use crate::bind::Binder;
use crate::expression::Expr;
use crate::logical::{Bound, BoundMergeAction, ColumnId, Logical};
use crate::plan::{
    ConflictAction, Cte, Delete, EqualTo, Estimate, Insert, Merge, MergeAction, MergeKind,
    OnConflict, Operator, OutputColumn, Plan, Statement, StatementKind, Update,
};

/// Plans a bound statement.
pub fn plan_statement(binder: Binder<'_>, bound: Bound) -> SqlResult<Statement> {
    let parameters: Vec<SqlType> = binder.parameter_types()?;
    let mut planner = Planner {
        catalog: binder.catalog,
        settings: binder.catalog.cost_settings(),
        columns: binder.columns,
        frames: Vec::new(),
        cte_rows: Vec::new(),
        working_rows: Vec::new(),
        shapes: RefCell::default(),
    };
    let mut bound = bound;
    match &mut bound {
        Bound::Query { input, .. } => push::inline_ctes(input, &mut planner.columns),
        Bound::Insert(insert) => push::inline_ctes(&mut insert.input, &mut planner.columns),
        Bound::Update(update) => push::inline_ctes(&mut update.input, &mut planner.columns),
        Bound::Delete(delete) => push::inline_ctes(&mut delete.input, &mut planner.columns),
        Bound::Merge(merge) => push::inline_ctes(&mut merge.input, &mut planner.columns),
    }
    let mut ctes = Vec::new();
    for cte in std::mem::take(&mut planner.columns.ctes) {
        let plan = planner.bound(cte.bound)?;
        planner.cte_rows.push(plan.estimate.rows);
        let name = cte.name.split('\u{0}').next().unwrap_or_default().to_owned();
        ctes.push(Cte { name, plan, modifies: cte.modifies });
    }
    let kind = match &bound {
        Bound::Query { .. } => StatementKind::Select,
        Bound::Insert(_) => StatementKind::Insert,
        Bound::Update(_) => StatementKind::Update,
        Bound::Delete(_) => StatementKind::Delete,
        Bound::Merge(_) => StatementKind::Merge,
    };
    let root = planner.bound(bound)?;
    Ok(Statement {
        is_trivial: ctes.is_empty() && is_trivial(&root),
        root,
        ctes,
        exec_parameters: planner.columns.exec_parameters,
        parameters,
        kind,
        relations: planner.columns.relations,
        routines: planner.columns.routines,
    })
}

impl Planner<'_> {
    fn bound(&mut self, bound: Bound) -> SqlResult<Plan> {
        match bound {
            Bound::Query { input, outputs } => {
                let columns: Vec<ColumnId> = outputs.iter().map(|output| output.id).collect();
                let planned = self.plan_tree(input, &Need::of(&columns))?;
                let planned = self.exactly(planned, &columns)?;
                let mut plan = planned.plan;
                let named: Vec<OutputColumn> = plan
                    .columns
                    .iter()
                    .zip(&outputs)
                    .map(|(column, output)| OutputColumn {
                        name: output.name.clone(),
                        ..column.clone()
                    })
                    .collect();
                plan.columns = named.into();
                Ok(plan)
            }
            Bound::Insert(insert) => self.insert(*insert),
            Bound::Update(update) => {
                let update = *update;
                let count = update.target.relation.columns.len();
                let mut extra: Vec<Expr> =
                    update.assignments.iter().map(|assignment| assignment.1.clone()).collect();
                if let Some(returning) = &update.returning {
                    extra.extend(returning.expressions.iter().cloned());
                }
                let input = self.row_input(update.input, update.old, count, &extra)?;
                let mut assignments = update.assignments;
                for assignment in &mut assignments {
                    self.finish(&mut assignment.1, &input.layout)?;
                }
                let mut layout: Vec<ColumnId> = (update.new..update.new + count).collect();
                layout.extend(&input.layout);
                let (returning, columns) = self.returning(update.returning, &layout)?;
                let mut view_checks = update.view_checks;
                for check in &mut view_checks {
                    self.finish(&mut check.condition, &layout)?;
                }
                let estimate = input.plan.estimate;
                let node = Update {
                    target: update.target,
                    input: input.plan,
                    assignments,
                    returning,
                    view_checks,
                    additions: update.additions,
                };
                Ok(finished(Operator::Update(Box::new(node)), columns, estimate))
            }
            Bound::Delete(delete) => {
                let delete = *delete;
                let count = delete.target.relation.columns.len();
                let extra: Vec<Expr> = delete
                    .returning
                    .as_ref()
                    .map_or_else(Vec::new, |returning| returning.expressions.clone());
                let input = self.row_input(delete.input, delete.old, count, &extra)?;
                // Old row, then the input row (which begins with the old row again).
                let mut layout: Vec<ColumnId> = (delete.old..delete.old + count).collect();
                layout.extend(&input.layout);
                let (returning, columns) = self.returning(delete.returning, &layout)?;
                let estimate = input.plan.estimate;
                let node = Delete { target: delete.target, input: input.plan, returning };
                Ok(finished(Operator::Delete(Box::new(node)), columns, estimate))
            }
            Bound::Merge(merge) => {
                let merge = *merge;
                let count = merge.target.relation.columns.len();
                let mut extra = Vec::new();
                for (_, condition, action) in &merge.actions {
                    extra.extend(condition.iter().cloned());
                    match action {
                        BoundMergeAction::Insert(values) => extra.extend(values.iter().cloned()),
                        BoundMergeAction::Update(assignments) => {
                            extra.extend(assignments.iter().map(|pair| pair.1.clone()));
                        }
                        BoundMergeAction::Delete | BoundMergeAction::Nothing => {}
                    }
                }
                if let Some(returning) = &merge.returning {
                    extra.extend(returning.expressions.iter().cloned());
                }
                let input = self.row_input(merge.input, merge.old, count, &extra)?;
                let mut actions = Vec::with_capacity(merge.actions.len());
                for (matched, mut condition, action) in merge.actions {
                    if let Some(condition) = &mut condition {
                        self.finish(condition, &input.layout)?;
                    }
                    let action = match action {
                        BoundMergeAction::Nothing => MergeKind::Nothing,
                        BoundMergeAction::Delete => MergeKind::Delete,
                        BoundMergeAction::Insert(mut values) => {
                            for value in &mut values {
                                self.finish(value, &input.layout)?;
                            }
                            MergeKind::Insert(values)
                        }
                        BoundMergeAction::Update(mut assignments) => {
                            for assignment in &mut assignments {
                                self.finish(&mut assignment.1, &input.layout)?;
                            }
                            MergeKind::Update(assignments)
                        }
                    };
                    actions.push(MergeAction { matched, condition, action });
                }
                let mut layout: Vec<ColumnId> = (merge.new..merge.new + count).collect();
                layout.extend(&input.layout);
                layout.push(merge.action);
                let (returning, columns) = self.returning(merge.returning, &layout)?;
                let estimate = input.plan.estimate;
                let node = Merge { target: merge.target, input: input.plan, actions, returning };
                Ok(finished(Operator::Merge(Box::new(node)), columns, estimate))
            }
        }
    }

    /// Old full row, row key, then what else is used.
    fn row_input(
        &mut self,
        input: Logical,
        old: ColumnId,
        count: usize,
        extra: &[Expr],
    ) -> SqlResult<Physical> {
        let mut columns: Vec<ColumnId> = (old..=old + count).collect();
        let wanted = Need::of(&columns).with(extra);
        columns.extend(
            wanted
                .columns
                .iter()
                .copied()
                .filter(|id| (*id < old || *id > old + count) && input.makes(*id)),
        );
        let planned = self.plan_tree(input, &Need::of(&columns))?;
        self.exactly(planned, &columns)
    }

    fn insert(&mut self, insert: crate::logical::BoundInsert) -> SqlResult<Plan> {
        let count = insert.target.relation.columns.len();
        let planned = self.plan_tree(insert.input, &Need::of(&insert.columns))?;
        let input = self.exactly(planned, &insert.columns)?;
        let mut both: Vec<ColumnId> = (insert.stored..insert.stored + count).collect();
        both.extend(insert.proposed..insert.proposed + count);
        let action = match insert.action {
            ConflictAction::Nothing => ConflictAction::Nothing,
            ConflictAction::Update { mut assignments, mut condition } => {
                for assignment in &mut assignments {
                    self.finish(&mut assignment.1, &both)?;
                }
                if let Some(condition) = &mut condition {
                    self.finish(condition, &both)?;
                }
                ConflictAction::Update { assignments, condition }
            }
        };
        let layout: Vec<ColumnId> = (insert.stored..insert.stored + count).collect();
        let (returning, columns) = self.returning(insert.returning, &layout)?;
        let mut view_checks = insert.view_checks;
        for check in &mut view_checks {
            self.finish(&mut check.condition, &layout)?;
        }
        let estimate = input.plan.estimate;
        let node = Insert {
            target: insert.target,
            input: input.plan,
            on_conflict: insert.arbiters.map(|arbiters| OnConflict { arbiters, action }),
            returning,
            view_checks,
        };
        Ok(finished(Operator::Insert(Box::new(node)), columns, estimate))
    }

    fn returning(
        &mut self,
        returning: Option<crate::logical::BoundReturning>,
        layout: &[ColumnId],
    ) -> SqlResult<(Option<Vec<Expr>>, Vec<OutputColumn>)> {
        let Some(returning) = returning else {
            return Ok((None, Vec::new()));
        };
        let columns = returning
            .outputs
            .iter()
            .map(|output| OutputColumn {
                name: output.name.clone(),
                ..self.columns.output(output.id)
            })
            .collect();
        let mut expressions = returning.expressions;
        for expr in &mut expressions {
            self.finish(expr, layout)?;
        }
        Ok((Some(expressions), columns))
    }
}

fn finished(operator: Operator, columns: Vec<OutputColumn>, input: Estimate) -> Plan {
    let rows = if columns.is_empty() { 0.0 } else { input.rows };
    Plan { operator, columns: columns.into(), estimate: Estimate { rows, ..input } }
}

/// Bounded work: a look-up by a unique key, a few rows of values.
/// Volatile functions that never wait long.
const QUICK: &[&str] = &[
    "nextval",
    "currval",
    "lastval",
    "random",
    "gen_random_uuid",
    "uuid_generate_v4",
    "uuidv7",
    "clock_timestamp",
];

/// Nothing else happens when rows of the table change.
fn is_quiet(target: &crate::plan::Target) -> bool {
    target.incoming.is_empty() && target.relation.triggers.is_empty()
}

/// Nothing in the expression waits or reads rows: `pg_sleep` must not hold up a thread that others need.
fn is_short(expr: &Expr) -> bool {
    !crate::walk::any(expr, &|expr| match expr {
        Expr::SubPlan(_) => true,
        Expr::Call(call) => {
            matches!(call.function.body, functions::FunctionBody::Routine { .. })
                || call.function.volatility == functions::Volatility::Volatile
                    && !QUICK.contains(&call.function.name)
        }
        _ => false,
    })
}

fn is_trivial(plan: &Plan) -> bool {
    match &plan.operator {
        Operator::Values { rows } => rows.len() <= 16 && rows.iter().flatten().all(is_short),
        Operator::Scan(scan) => {
            let Some(index) = scan.index.map(|index| &scan.relation.indexes[index]) else {
                return false;
            };
            index.unique
                && scan.ranges.iter().all(|range| {
                    range.equal.len() == index.columns.len()
                        && range.equal.iter().all(|to| matches!(to, EqualTo::Value(_)))
                })
                && !scan.ranges.is_empty()
                && scan.filter.as_ref().is_none_or(is_short)
        }
        Operator::Project { input, expressions } => {
            expressions.iter().all(is_short) && is_trivial(input)
        }
        Operator::Filter { input, condition, .. } => is_short(condition) && is_trivial(input),
        Operator::Limit { input, .. } | Operator::LockRows { input, .. } => is_trivial(input),
        Operator::Insert(insert) => is_quiet(&insert.target) && is_trivial(&insert.input),
        Operator::Update(update) => is_quiet(&update.target) && is_trivial(&update.input),
        Operator::Delete(delete) => is_quiet(&delete.target) && is_trivial(&delete.input),
        _ => false,
    }
}
