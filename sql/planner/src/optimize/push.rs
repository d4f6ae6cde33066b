//! Predicate pushdown, outer join simplification, and WITH queries put in place.

use functions::FunctionKind;

use super::disjunctions;
use crate::expression::Expr;
use crate::logical::{ColumnId, Columns, Logical};
use crate::plan::{JoinKind, SetKind};
use crate::walk::{self, all_columns, children};

/// Moves conditions as far down as they mean the same. `conditions` hold above `node`.
pub fn push(node: Logical, conditions: Vec<Expr>) -> Logical {
    match node {
        Logical::Filter { input, conditions: own } => {
            let mut all = own;
            all.extend(conditions);
            push(*input, all)
        }
        Logical::Table(mut table) => {
            let (own, above): (Vec<Expr>, Vec<Expr>) = conditions.into_iter().partition(|term| {
                !walk::has_subplan(term) && !walk::is_volatile(term) && uses_any(term)
            });
            table.filter.extend(own);
            Logical::Table(table).filtered(above)
        }
        Logical::Project { input, items } => {
            let (through, above): (Vec<Expr>, Vec<Expr>) =
                conditions.into_iter().partition(|term| {
                    !walk::is_volatile(term)
                        && all_columns(term, &|id| {
                            items.iter().find(|item| item.0 == id).is_none_or(|item| {
                                !walk::is_volatile(&item.1) && !walk::has_subplan(&item.1)
                            })
                        })
                });
            let through = through.into_iter().map(|term| substituted(term, &items)).collect();
            let input = push(*input, through);
            Logical::Project { input: Box::new(input), items }.filtered(above)
        }
        Logical::ProjectSet { input, calls } => {
            let (through, above): (Vec<Expr>, Vec<Expr>) =
                conditions.into_iter().partition(|term| {
                    !walk::is_volatile(term)
                        && all_columns(term, &|id| calls.iter().all(|call| call.0 != id))
                });
            Logical::ProjectSet { input: Box::new(push(*input, through)), calls }.filtered(above)
        }
        Logical::Window { input, partition, order, calls } => {
            let (through, above): (Vec<Expr>, Vec<Expr>) =
                conditions.into_iter().partition(|term| {
                    !walk::is_volatile(term)
                        && all_columns(term, &|id| {
                            partition.iter().any(
                                |key| matches!(key, Expr::Column { index, .. } if *index == id),
                            )
                        })
                        && uses_any(term)
                });
            let input = Box::new(push(*input, through));
            Logical::Window { input, partition, order, calls }.filtered(above)
        }
        Logical::Aggregate(mut aggregation) => {
            let plain = aggregation.sets.len() == 1 && !aggregation.keys.is_empty();
            let (through, above): (Vec<Expr>, Vec<Expr>) =
                conditions.into_iter().partition(|term| {
                    plain
                        && !walk::is_volatile(term)
                        && uses_any(term)
                        && all_columns(term, &|id| aggregation.keys.iter().any(|key| key.0 == id))
                });
            let through =
                through.into_iter().map(|term| substituted(term, &aggregation.keys)).collect();
            aggregation.input = push(aggregation.input, through);
            Logical::Aggregate(aggregation).filtered(above)
        }
        Logical::Distinct { input, columns } => {
            let (through, above): (Vec<Expr>, Vec<Expr>) =
                conditions.into_iter().partition(|term| !walk::is_volatile(term));
            Logical::Distinct { input: Box::new(push(*input, through)), columns }.filtered(above)
        }
        Logical::SetOperation(mut operation) => {
            let (through, above): (Vec<Expr>, Vec<Expr>) =
                conditions.into_iter().partition(|term| {
                    !walk::is_volatile(term) && !walk::has_subplan(term) && uses_any(term)
                });
            let count = operation.inputs.len();
            let inputs = std::mem::take(&mut operation.inputs);
            for (place, (input, columns)) in inputs.into_iter().enumerate() {
                // Rows of EXCEPT's right side may be more than needed, never fewer for what is left: it is filtered too.
                let mine: Vec<Expr> =
                    if operation.kind == SetKind::Except && place + 1 == count || count > 0 {
                        through
                            .iter()
                            .map(|term| renamed(term.clone(), &operation.columns, &columns))
                            .collect()
                    } else {
                        Vec::new()
                    };
                operation.inputs.push((push(input, mine), columns));
            }
            Logical::SetOperation(operation).filtered(above)
        }
        Logical::Join(join) => push_join(*join, conditions),
        Logical::Sort { input, keys } => {
            Logical::Sort { input: Box::new(push(*input, conditions)), keys }
        }
        Logical::DistinctOn { input, keys, order } => {
            let (through, above): (Vec<Expr>, Vec<Expr>) =
                conditions.into_iter().partition(|term| {
                    !walk::is_volatile(term)
                        && uses_any(term)
                        && all_columns(term, &|id| {
                            keys.iter().any(
                                |key| matches!(key, Expr::Column { index, .. } if *index == id),
                            )
                        })
                });
            let input = Box::new(push(*input, through));
            Logical::DistinctOn { input, keys, order }.filtered(above)
        }
        Logical::Limit(mut limit) => {
            limit.input = push(limit.input, Vec::new());
            Logical::Limit(limit).filtered(conditions)
        }
        Logical::Lock { input, tables } => {
            Logical::Lock { input: Box::new(push(*input, Vec::new())), tables }.filtered(conditions)
        }
        Logical::Recursive(mut recursive) => {
            recursive.start = push(recursive.start, Vec::new());
            recursive.step = push(recursive.step, Vec::new());
            Logical::Recursive(recursive).filtered(conditions)
        }
        leaf => leaf.filtered(conditions),
    }
}

fn uses_any(term: &Expr) -> bool {
    let mut uses = false;
    walk::columns(term, &mut |_| uses = true);
    uses
}

pub fn substituted(mut term: Expr, items: &[(ColumnId, Expr)]) -> Expr {
    walk::replace(&mut term, &mut |part| match part {
        Expr::Column { index, .. } => {
            items.iter().find(|item| item.0 == *index).map(|item| item.1.clone())
        }
        _ => None,
    });
    term
}

fn renamed(mut term: Expr, from: &[ColumnId], to: &[ColumnId]) -> Expr {
    walk::replace(&mut term, &mut |part| match part {
        Expr::Column { index, ty } => from
            .iter()
            .position(|id| id == index)
            .map(|place| Expr::Column { index: to[place], ty: *ty }),
        _ => None,
    });
    term
}

fn push_join(join: crate::logical::Join, conditions: Vec<Expr>) -> Logical {
    let crate::logical::Join { mut kind, left, right, on } = join;
    let rejects = |side: &Logical, terms: &[Expr]| {
        terms.iter().any(|term| rejects_nulls(term, &|id| side.makes(id)))
    };
    // A condition that no row of NULLs passes makes the outer join an inner one.
    if matches!(kind, JoinKind::Left | JoinKind::Full) && rejects(&right, &conditions) {
        kind = if kind == JoinKind::Left { JoinKind::Inner } else { JoinKind::Right };
    }
    if matches!(kind, JoinKind::Right | JoinKind::Full) && rejects(&left, &conditions) {
        kind = if kind == JoinKind::Right { JoinKind::Inner } else { JoinKind::Left };
    }
    let (mut to_left, mut to_right, mut stay, mut above) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let only = |term: &Expr, side: &Logical, other: &Logical| {
        // Columns of neither side come from further out: they are known to both.
        let mut mine = false;
        let mut foreign = false;
        walk::columns(term, &mut |id| {
            mine |= side.makes(id);
            foreign |= other.makes(id);
        });
        mine && !foreign && !walk::is_volatile(term)
    };
    if kind == JoinKind::Inner {
        for term in on.iter().chain(&conditions) {
            to_left.extend(disjunctions::implied(term, &left));
            to_right.extend(disjunctions::implied(term, &right));
        }
    }
    for term in on {
        match kind {
            JoinKind::Inner if only(&term, &left, &right) => to_left.push(term),
            JoinKind::Inner | JoinKind::Left | JoinKind::Semi if only(&term, &right, &left) => {
                to_right.push(term);
            }
            JoinKind::Right | JoinKind::Semi if only(&term, &left, &right) => to_left.push(term),
            JoinKind::Anti if only(&term, &right, &left) => to_right.push(term),
            _ => stay.push(term),
        }
    }
    for term in conditions {
        match kind {
            JoinKind::Inner => {
                if only(&term, &left, &right) {
                    to_left.push(term);
                } else if only(&term, &right, &left) {
                    to_right.push(term);
                } else if walk::is_volatile(&term) {
                    above.push(term);
                } else {
                    stay.push(term);
                }
            }
            // A subquery for each row is dearer than a join that leaves fewer rows.
            JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti
                if walk::has_correlated_subplan(&term) =>
            {
                above.push(term);
            }
            JoinKind::Left | JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti
                if only(&term, &left, &right) =>
            {
                to_left.push(term);
            }
            JoinKind::Right if only(&term, &right, &left) => to_right.push(term),
            _ => above.push(term),
        }
    }
    let left = push(left, to_left);
    let right = push(right, to_right);
    Logical::Join(Box::new(crate::logical::Join { kind, left, right, on: stay })).filtered(above)
}

/// Whether the condition is not true whenever all columns of the set are NULL.
pub fn rejects_nulls(term: &Expr, of: &dyn Fn(ColumnId) -> bool) -> bool {
    match term {
        Expr::And(terms) => terms.iter().any(|term| rejects_nulls(term, of)),
        Expr::Or(terms) => terms.iter().all(|term| rejects_nulls(term, of)),
        Expr::IsNull { operand, negated: true } => becomes_null(operand, of),
        Expr::BooleanTest { operand, value: Some(_), negated: false } => becomes_null(operand, of),
        other => becomes_null(other, of),
    }
}

/// Whether the value is NULL whenever all columns of the set are.
fn becomes_null(expr: &Expr, of: &dyn Fn(ColumnId) -> bool) -> bool {
    match expr {
        Expr::Column { index, .. } => of(*index),
        Expr::Call(call) => {
            call.function.strict
                && call.function.kind == FunctionKind::Scalar
                && call.arguments.iter().any(|argument| becomes_null(argument, of))
        }
        Expr::Cast(cast) => becomes_null(&cast.operand, of),
        Expr::Not(operand) => becomes_null(operand, of),
        Expr::InList { operand, .. } => becomes_null(operand, of),
        Expr::AnyAll { operand, all: false, .. } => becomes_null(operand, of),
        Expr::And(terms) | Expr::Or(terms) => terms.iter().all(|term| becomes_null(term, of)),
        _ => false,
    }
}

/// How often each WITH query is read.
fn count_ctes(node: &mut Logical, columns: &mut Columns, counts: &mut Vec<usize>) {
    if let Logical::Cte { id, .. } = node {
        counts[*id] += 1;
    }
    let mut inner = Vec::new();
    node.expressions_mut(&mut |expr| subquery_ids(expr, &mut inner));
    for id in inner {
        if let Some(mut subquery) = columns.subqueries[id].take() {
            count_ctes(&mut subquery.input, columns, counts);
            columns.subqueries[id] = Some(subquery);
        }
    }
    for input in node.inputs_mut() {
        count_ctes(input, columns, counts);
    }
}

/// The places of subqueries in an expression.
pub fn subquery_ids(expr: &Expr, found: &mut Vec<usize>) {
    if let Expr::SubPlan(plan) = expr
        && let crate::plan::Operator::CteScan { id } = plan.plan.operator
    {
        found.push(id);
    }
    children(expr, &mut |child| subquery_ids(child, found));
}

/// Puts WITH queries that are read once in place of their name.
/// What is not read any more afterwards keeps its place, without rows and without name.
pub fn inline_ctes(root: &mut Logical, columns: &mut Columns) {
    if columns.ctes.is_empty() {
        return;
    }
    let mut counts = vec![0; columns.ctes.len()];
    count_ctes(root, columns, &mut counts);
    let mut ctes = std::mem::take(&mut columns.ctes);
    for cte in &mut ctes {
        if let crate::logical::Bound::Query { input, .. } = &mut cte.bound {
            count_ctes(input, columns, &mut counts);
        } else {
            // A modifying statement's input may read others: those stay shared.
            counts.iter_mut().for_each(|count| *count += 2);
        }
    }
    columns.ctes = ctes;
    replace_ctes(root, columns, &counts);
    for (position, cte) in columns.ctes.iter_mut().enumerate() {
        if counts[position] == 0 && !cte.modifies {
            cte.name.clear();
        }
        if cte.name.is_empty()
            && let crate::logical::Bound::Query { input, outputs } = &mut cte.bound
        {
            *input = Logical::Values { rows: Vec::new(), columns: Vec::new() };
            outputs.clear();
        }
    }
}

fn replace_ctes(node: &mut Logical, columns: &mut Columns, counts: &[usize]) {
    if let Logical::Cte { id, columns: wanted } = node
        && counts[*id] == 1
        && !columns.ctes[*id].modifies
        && !columns.ctes[*id].name.ends_with("\u{0}materialized")
        && let crate::logical::Bound::Query { input, outputs } = &columns.ctes[*id].bound
        && !is_volatile_tree(&mut input.clone())
    {
        let items = wanted
            .iter()
            .zip(outputs)
            .map(|(&id, output)| (id, columns.column(output.id)))
            .collect();
        let place = *id;
        *node = input.clone().projected(items);
        columns.ctes[place].name.clear();
    }
    let mut inner = Vec::new();
    node.expressions_mut(&mut |expr| subquery_ids(expr, &mut inner));
    for id in inner {
        if let Some(mut subquery) = columns.subqueries[id].take() {
            replace_ctes(&mut subquery.input, columns, counts);
            columns.subqueries[id] = Some(subquery);
        }
    }
    for input in node.inputs_mut() {
        replace_ctes(input, columns, counts);
    }
}

pub fn is_volatile_tree(node: &mut Logical) -> bool {
    let mut volatile = matches!(node, Logical::Lock { .. });
    node.expressions_mut(&mut |expr| volatile = volatile || walk::is_volatile(expr));
    volatile || node.inputs_mut().into_iter().any(is_volatile_tree)
}
