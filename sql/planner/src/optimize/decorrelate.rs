//! Correlated aggregates as joins.
//!
//! `x < (SELECT avg(y) FROM t WHERE t.k = outer.k)` computes the aggregate once for each row outside. If no index leads
//! to the rows of one `k`, it is cheaper to compute all groups once: an outer join with `SELECT k, avg(y) … GROUP BY k`.
//! Rows without a group get NULL, which is what these aggregates give for no rows, except `count`, which is 0 then.

use types::{Datum, SqlType, oid};

use super::push::substituted;
use super::selectivity::{Comparison, as_column, comparison};
use super::sublinks;
use crate::expression::{Call, Expr, SubPlan, SubPlanKind};
use crate::logical::{Aggregation, ColumnId, Columns, Join, Logical};
use crate::plan::{JoinKind, Operator};
use crate::walk;

/// Aggregates that are NULL over no rows.
const NULL_OVER_NOTHING: &[&str] = &[
    "sum",
    "avg",
    "min",
    "max",
    "bool_and",
    "bool_or",
    "every",
    "stddev",
    "variance",
    "stddev_pop",
    "stddev_samp",
    "var_pop",
    "var_samp",
    "array_agg",
    "string_agg",
];

/// Replaces correlated aggregates within an expression over `current`, which is joined with their groups.
pub fn within(expr: &mut Expr, current: &mut Logical, columns: &mut Columns) {
    match expr {
        // What a branch that is not taken would compute stays where it is.
        Expr::Case { .. } | Expr::Coalesce { .. } | Expr::Or(_) => {}
        Expr::SubPlan(plan) => {
            if let Some(value) = joined(plan, current, columns) {
                *expr = value;
            }
        }
        other => walk::children_mut(other, &mut |child| within(child, current, columns)),
    }
}

fn joined(plan: &SubPlan, current: &mut Logical, columns: &mut Columns) -> Option<Expr> {
    let Operator::CteScan { id } = plan.plan.operator else {
        return None;
    };
    if !matches!(plan.kind, SubPlanKind::Scalar) || plan.parameters.is_empty() {
        return None;
    }
    let outer = |id: ColumnId| current.makes(id);
    let ours = plan
        .parameters
        .iter()
        .all(|parameter| matches!(parameter.1, Expr::Column { index, .. } if outer(index)));
    if !ours {
        return None;
    }
    let subquery = columns.subqueries[id].as_ref()?;
    let [output] = subquery.columns.as_slice() else {
        return None;
    };
    let mut value = columns.column(*output);
    let mut node = subquery.input.clone();
    sublinks::substitute(&mut node, plan);
    let mut aggregation = loop {
        match node {
            Logical::Project { input, items } => {
                value = substituted(value, &items);
                node = *input;
            }
            Logical::Aggregate(aggregation) => break *aggregation,
            _ => return None,
        }
    };
    let plain = aggregation.keys.is_empty()
        && aggregation.sets.len() == 1
        && aggregation.mask.is_none()
        && sublinks::is_plain(&aggregation.input)
        && !walk::is_volatile(&value)
        && !walk::has_subplan(&value);
    if !plain {
        return None;
    }
    let mut counts = Vec::new();
    for (column, call) in &aggregation.aggregates {
        match call.function.name {
            "count" => counts.push(*column),
            name if NULL_OVER_NOTHING.contains(&name) => {}
            _ => return None,
        }
    }
    let mut on = Vec::new();
    sublinks::extract(&mut aggregation.input, &outer, &mut on);
    let mut left_over = on.is_empty();
    sublinks::uses_outer(&mut aggregation.input, &outer, &mut left_over);
    for (_, call) in &mut aggregation.aggregates {
        walk::aggregate_mut(call, &mut |expr| {
            left_over = left_over || !walk::all_columns(expr, &|id| !outer(id));
        });
    }
    if left_over {
        return None;
    }
    let (mut keys, mut conditions) = (Vec::new(), Vec::new());
    for term in &on {
        let (left, Comparison::Equal, right) = comparison(term)? else {
            return None;
        };
        let inside = |expr: &Expr| walk::all_columns(expr, &|id| !outer(id));
        let (inner, swapped) = match (inside(left), inside(right)) {
            (true, false) if walk::all_columns(right, &outer) => (left, false),
            (false, true) if walk::all_columns(left, &outer) => (right, true),
            _ => return None,
        };
        if as_column(inner).is_some_and(|column| has_index(&aggregation.input, column)) {
            return None;
        }
        let key = columns.add("key", walk::type_of(inner));
        keys.push((key, inner.clone()));
        let Expr::Call(call) = term else {
            return None;
        };
        let mut call: Call = (**call).clone();
        call.arguments[usize::from(swapped)] = columns.column(key);
        conditions.push(Expr::Call(Box::new(call)));
    }
    walk::replace(&mut value, &mut |part| match part {
        Expr::Column { index, ty } if counts.contains(index) => Some(Expr::Coalesce {
            arguments: vec![
                part.clone(),
                Expr::Constant { value: Datum::Int8(0), ty: SqlType::new(oid::INT8) },
            ],
            ty: *ty,
        }),
        _ => None,
    });
    let groups = Aggregation { sets: vec![(0..keys.len()).collect()], keys, ..aggregation };
    columns.subqueries[id] = None;
    let left = std::mem::replace(current, Logical::one_row());
    *current = Logical::Join(Box::new(Join {
        kind: JoinKind::Left,
        left,
        right: Logical::Aggregate(Box::new(groups)),
        on: conditions,
    }));
    Some(value)
}

/// Whether an index of the column's table starts with it.
fn has_index(node: &Logical, column: ColumnId) -> bool {
    match node {
        Logical::Table(table) => {
            column >= table.first
                && column < table.row_key()
                && table.relation.indexes.iter().any(|index| {
                    let number = table.relation.columns[column - table.first].number;
                    index.predicate.is_none()
                        && !index.is_inverted()
                        && !index.is_vector()
                        && index
                            .columns
                            .first()
                            .is_some_and(|first| first.key == catalog::IndexKey::Column(number))
                })
        }
        Logical::Filter { input, .. }
        | Logical::Project { input, .. }
        | Logical::Sort { input, .. } => has_index(input, column),
        Logical::Join(join) => has_index(&join.left, column) || has_index(&join.right, column),
        _ => false,
    }
}
