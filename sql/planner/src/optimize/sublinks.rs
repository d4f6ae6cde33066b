//! EXISTS and IN as semi-joins and anti-joins.

use types::SqlType;

use super::{decorrelate, push};
use crate::expression::{Call, Expr, SubPlan, SubPlanKind};
use crate::logical::{Columns, Join, Logical};
use crate::plan::{JoinKind, Operator};
use crate::walk;

/// Turns subqueries among the conditions of filters into joins, from the bottom up, and correlated aggregates of
/// conditions and select lists.
pub fn flatten(node: &mut Logical, columns: &mut Columns) {
    for input in node.inputs_mut() {
        flatten(input, columns);
    }
    match node {
        Logical::Filter { input, conditions } => {
            let mut current = std::mem::replace(&mut **input, Logical::one_row());
            let mut kept = Vec::new();
            let repeated = repeated(conditions.iter());
            for mut term in std::mem::take(conditions) {
                let negated = matches!(term, Expr::Not(_));
                let plan = match &term {
                    Expr::SubPlan(plan) => Some(plan),
                    Expr::Not(inner) => match &**inner {
                        Expr::SubPlan(plan) => Some(plan),
                        _ => None,
                    },
                    _ => None,
                };
                let join = plan
                    .filter(|_| !repeated)
                    .and_then(|plan| as_join(plan, negated, &current, columns));
                if let Some((kind, right, on)) = join {
                    current = Logical::Join(Box::new(Join { kind, left: current, right, on }));
                    continue;
                }
                if !repeated {
                    decorrelate::within(&mut term, &mut current, columns);
                }
                kept.push(term);
            }
            *node = current.filtered(kept);
        }
        Logical::Project { input, items } if !repeated(items.iter().map(|item| &item.1)) => {
            for item in items {
                decorrelate::within(&mut item.1, input, columns);
            }
        }
        _ => {}
    }
}

/// Whether a subquery stands in more than one place (as an operand of BETWEEN): its columns could be made only once.
fn repeated<'e>(expressions: impl Iterator<Item = &'e Expr>) -> bool {
    let mut found = Vec::new();
    for expr in expressions {
        push::subquery_ids(expr, &mut found);
    }
    let all = found.len();
    found.sort_unstable();
    found.dedup();
    found.len() < all
}

fn as_join(
    plan: &SubPlan,
    negated: bool,
    outer: &Logical,
    columns: &mut Columns,
) -> Option<(JoinKind, Logical, Vec<Expr>)> {
    let Operator::CteScan { id } = plan.plan.operator else {
        return None;
    };
    let mut on = Vec::new();
    match &plan.kind {
        SubPlanKind::Exists => {}
        SubPlanKind::Quantified { left, tests, all: false, .. } if !negated => {
            let subquery = columns.subqueries[id].as_ref()?;
            for ((left, test), &column) in left.iter().zip(tests).zip(&subquery.columns) {
                if walk::is_volatile(left) || walk::has_subplan(left) {
                    return None;
                }
                let right = columns.column(column);
                on.push(Expr::Call(Box::new(Call {
                    function: test,
                    argument_types: vec![walk::type_of(left).oid, walk::type_of(&right).oid],
                    arguments: vec![left.clone(), right],
                    ty: SqlType::new(types::oid::BOOL),
                    location: 0,
                })));
            }
        }
        _ => return None,
    }
    if !plan.parameters.iter().all(|parameter| matches!(parameter.1, Expr::Column { .. })) {
        return None;
    }
    let mut input = columns.subqueries[id].as_ref()?.input.clone();
    // EXISTS needs rows, not columns; a constant LIMIT other than 0 would not matter, but is rare enough.
    let correlated = !plan.parameters.is_empty();
    if correlated {
        substitute(&mut input, plan);
        extract(&mut input, &|id| outer.makes(id), &mut on);
        let mut left_over = false;
        uses_outer(&mut input, &|id| outer.makes(id), &mut left_over);
        if left_over {
            return None;
        }
    } else if matches!(plan.kind, SubPlanKind::Exists) {
        // Uncorrelated EXISTS is computed once.
        return None;
    }
    if correlated && !is_plain(&input) {
        return None;
    }
    columns.subqueries[id] = None;
    // Now that it is an input of a join, its own subqueries can become joins too.
    flatten(&mut input, columns);
    let kind = if negated { JoinKind::Anti } else { JoinKind::Semi };
    Some((kind, input, on))
}

/// Rows of the subquery do not depend on each other: conditions may leave it.
pub fn is_plain(node: &Logical) -> bool {
    match node {
        Logical::Table(_)
        | Logical::Values { .. }
        | Logical::Function { .. }
        | Logical::Cte { .. }
        | Logical::WorkingTable { .. } => true,
        Logical::Filter { input, .. }
        | Logical::Project { input, .. }
        | Logical::Sort { input, .. } => is_plain(input),
        Logical::Join(_) => true,
        _ => false,
    }
}

/// Execution parameters become the outer columns they stand for. A subquery further in gets what it needs from outside
/// through its own parameters, whose values are expressions of this level: those are replaced, its plan reads its own
/// slots as before.
pub fn substitute(node: &mut Logical, plan: &SubPlan) {
    node.expressions_mut(&mut |expr| {
        walk::replace(expr, &mut |part| match part {
            Expr::ExecParameter { id, .. } => plan
                .parameters
                .iter()
                .find(|parameter| parameter.0 == *id)
                .map(|parameter| parameter.1.clone()),
            _ => None,
        });
    });
    for input in node.inputs_mut() {
        substitute(input, plan);
    }
}

/// Takes conditions that use outer columns out of filters and inner joins.
pub fn extract(node: &mut Logical, outer: &dyn Fn(usize) -> bool, on: &mut Vec<Expr>) {
    match node {
        Logical::Filter { input, conditions } => {
            let (out, stay): (Vec<Expr>, Vec<Expr>) =
                std::mem::take(conditions).into_iter().partition(|term| {
                    !walk::all_columns(term, &|id| !outer(id))
                        && !walk::is_volatile(term)
                        && !walk::has_subplan(term)
                });
            on.extend(out);
            *conditions = stay;
            extract(input, outer, on);
        }
        Logical::Project { input, .. } | Logical::Sort { input, .. } => extract(input, outer, on),
        Logical::Join(join) if join.kind == JoinKind::Inner => {
            let (out, stay): (Vec<Expr>, Vec<Expr>) = std::mem::take(&mut join.on)
                .into_iter()
                .partition(|term| !walk::all_columns(term, &|id| !outer(id)));
            on.extend(out);
            join.on = stay;
            extract(&mut join.left, outer, on);
            extract(&mut join.right, outer, on);
        }
        _ => {}
    }
}

pub fn uses_outer(node: &mut Logical, outer: &dyn Fn(usize) -> bool, found: &mut bool) {
    node.expressions_mut(&mut |expr| {
        walk::columns(expr, &mut |id| *found = *found || outer(id));
    });
    for input in node.inputs_mut() {
        uses_outer(input, outer, found);
    }
}
