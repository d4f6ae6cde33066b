//! Which updates add to counters (columns `WITH (merge = delta)`) without depending on them.
//!
//! Such an update may be committed whatever others have added meanwhile. That holds if nothing that it decides, checks,
//! computes or answers depends on a counter, but for the sum itself: `SET n = n + x` or `n - x`, and no counter in `x`, in
//! WHERE, FROM, RETURNING, an index, a constraint, a generated column; and no trigger that would see it. Any other update
//! is an ordinary one, and conflicts.

use std::collections::BTreeSet;

use catalog::{IndexKey, Relation};

use crate::expression::Expr;
use crate::logical::{BoundUpdate, ColumnId, Logical};
use crate::plan::Target;
use crate::walk;

/// `bigint` plus or minus any integer, and any integer plus `bigint`.
const SUMS: [&str; 5] = ["int8pl", "int84pl", "int82pl", "int48pl", "int28pl"];
const DIFFERENCES: [&str; 3] = ["int8mi", "int84mi", "int82mi"];

/// Positions of the counters that the update adds to; none if it is an ordinary update.
pub fn additions(update: &mut BoundUpdate) -> Vec<usize> {
    let relation = &update.target.relation;
    let counters: BTreeSet<usize> = relation
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| !column.dropped && column.missing.is_none())
        .filter(|(_, column)| column.merges_deltas())
        .map(|(position, _)| position)
        .collect();
    let positions: Vec<usize> = update.assignments.iter().map(|assigned| assigned.0).collect();
    if counters.is_empty() || !positions.iter().all(|position| counters.contains(position)) {
        return Vec::new();
    }
    if !update.view_checks.is_empty() || !is_plain(&update.target, &counters) {
        return Vec::new();
    }
    let depends = |expr: &Expr, first: ColumnId| {
        walk::has_subplan(expr)
            || !walk::all_columns(expr, &|id| id < first || !counters.contains(&(id - first)))
    };
    let (old, new) = (update.old, update.new);
    let sums = update.assignments.iter().all(|(position, value)| {
        added(value, old + position).is_some_and(|amount| !depends(amount, old))
    });
    let told = update
        .returning
        .iter()
        .flat_map(|returning| &returning.expressions)
        .any(|expr| depends(expr, new) || depends(expr, old));
    let mut chosen_by = false;
    expressions(&mut update.input, &mut |expr| chosen_by |= depends(expr, old));
    if sums && !told && !chosen_by { positions } else { Vec::new() }
}

/// What the expression adds to the column.
fn added(value: &Expr, column: ColumnId) -> Option<&Expr> {
    let Expr::Call(call) = value else { return None };
    let [left, right] = call.arguments.as_slice() else { return None };
    let is_column = |expr: &Expr| matches!(expr, Expr::Column { index, .. } if *index == column);
    let name = call.function.name;
    if is_column(left) && (SUMS.contains(&name) || DIFFERENCES.contains(&name)) {
        Some(right)
    } else if is_column(right) && SUMS.contains(&name) {
        Some(left)
    } else {
        None
    }
}

/// Whether no index, constraint, generated column or trigger looks at the counters.
fn is_plain(target: &Target, counters: &BTreeSet<usize>) -> bool {
    let relation: &Relation = &target.relation;
    let looks = |expr: &Expr| !walk::all_columns(expr, &|id| !counters.contains(&id));
    let is_counter = |number: i16| counters.contains(&(number as usize - 1));
    let indexed = relation.indexes.iter().any(|index| {
        index.predicate.is_some()
            || index.columns.iter().any(|part| match &part.key {
                IndexKey::Column(number) => is_counter(*number),
                IndexKey::Expression { .. } => true,
            })
            || index.include.iter().any(|number| is_counter(*number))
    });
    let keyed = target.outgoing.iter().flat_map(|key| &key.columns);
    let keyed = keyed.chain(target.incoming.iter().flat_map(|key| &key.columns));
    relation.triggers.is_empty()
        && !indexed
        && !keyed.into_iter().any(|position| counters.contains(position))
        && !target.checks.iter().any(|check| looks(&check.condition))
        && !target.generated.iter().any(|(_, expr)| looks(expr))
}

/// Calls `visit` with every expression of a tree.
fn expressions(logical: &mut Logical, visit: &mut dyn FnMut(&Expr)) {
    logical.expressions_mut(&mut |expr| visit(expr));
    for input in logical.inputs_mut() {
        expressions(input, visit);
    }
}
