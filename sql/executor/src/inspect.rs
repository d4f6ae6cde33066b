//! Questions about expressions: their type, what they refer to, whether they may run elsewhere.

use functions::{FunctionBody, Volatility};
use planner::expression::{AssignmentTarget, Expr, SubPlanKind, SubscriptBounds};
use types::{SqlType, builtin, oid};

/// The type of an expression's value.
pub fn expression_type(expression: &Expr) -> SqlType {
    match expression {
        Expr::Constant { ty, .. }
        | Expr::Column { ty, .. }
        | Expr::Parameter { ty, .. }
        | Expr::ExecParameter { ty, .. }
        | Expr::Case { ty, .. }
        | Expr::Coalesce { ty, .. }
        | Expr::NullIf { ty, .. }
        | Expr::Extreme { ty, .. }
        | Expr::Row { ty, .. }
        | Expr::Field { ty, .. } => *ty,
        Expr::Call(call) => call.ty,
        Expr::Let { body, .. } => expression_type(body),
        Expr::DomainCheck(check) => SqlType::new(check.domain),
        Expr::Assign(assignment) => assignment.ty,
        Expr::Cast(cast) => cast.ty,
        Expr::Subscript(subscript) => subscript.ty,
        Expr::SubPlan(subplan) => match subplan.kind {
            SubPlanKind::Exists | SubPlanKind::Quantified { .. } => SqlType::new(oid::BOOL),
            SubPlanKind::Scalar | SubPlanKind::Array { .. } => subplan.ty,
        },
        Expr::Array { element, .. } => {
            SqlType::new(builtin::array_of(*element).unwrap_or(oid::ANYARRAY))
        }
        Expr::And(_)
        | Expr::Or(_)
        | Expr::Not(_)
        | Expr::IsNull { .. }
        | Expr::BooleanTest { .. }
        | Expr::Distinct { .. }
        | Expr::InList { .. }
        | Expr::AnyAll { .. }
        | Expr::RowCompare { .. } => SqlType::new(oid::BOOL),
    }
}

/// Calls `visit` for the expression and all below it, not entering subqueries' plans.
pub fn walk<'a>(expression: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expression);
    match expression {
        Expr::Constant { .. }
        | Expr::Column { .. }
        | Expr::Parameter { .. }
        | Expr::ExecParameter { .. } => {}
        Expr::Call(call) => call.arguments.iter().for_each(|argument| walk(argument, visit)),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| walk(part, visit)),
        Expr::Not(operand)
        | Expr::IsNull { operand, .. }
        | Expr::BooleanTest { operand, .. }
        | Expr::Field { operand, .. } => walk(operand, visit),
        Expr::Distinct { left, right, .. } | Expr::NullIf { left, right, .. } => {
            walk(left, visit);
            walk(right, visit);
        }
        Expr::Case { branches, otherwise, .. } => {
            for (condition, result) in branches {
                walk(condition, visit);
                walk(result, visit);
            }
            if let Some(result) = otherwise {
                walk(result, visit);
            }
        }
        Expr::Coalesce { arguments, .. } | Expr::Extreme { arguments, .. } => {
            arguments.iter().for_each(|argument| walk(argument, visit));
        }
        Expr::Cast(cast) => walk(&cast.operand, visit),
        Expr::InList { operand, list, .. } => {
            walk(operand, visit);
            list.iter().for_each(|item| walk(item, visit));
        }
        Expr::AnyAll { operand, array, .. } => {
            walk(operand, visit);
            walk(array, visit);
        }
        Expr::Array { elements, .. } => elements.iter().for_each(|item| walk(item, visit)),
        Expr::Row { fields, .. } => fields.iter().for_each(|field| walk(field, visit)),
        Expr::Subscript(subscript) => {
            walk(&subscript.operand, visit);
            subscript.subscripts.iter().for_each(|bounds| walk_bounds(bounds, visit));
        }
        Expr::RowCompare { pairs, .. } => {
            for (left, right) in pairs {
                walk(left, visit);
                walk(right, visit);
            }
        }
        Expr::Let { value, body, .. } => {
            walk(value, visit);
            walk(body, visit);
        }
        Expr::DomainCheck(check) => {
            walk(&check.operand, visit);
            check.checks.iter().for_each(|(_, condition)| walk(condition, visit));
        }
        Expr::Assign(assignment) => {
            walk(&assignment.base, visit);
            walk(&assignment.value, visit);
            if let AssignmentTarget::Subscripts { subscripts, .. } = &assignment.target {
                subscripts.iter().for_each(|bounds| walk_bounds(bounds, visit));
            }
        }
        Expr::SubPlan(subplan) => {
            subplan.parameters.iter().for_each(|(_, value)| walk(value, visit));
            if let SubPlanKind::Quantified { left, .. } = &subplan.kind {
                left.iter().for_each(|value| walk(value, visit));
            }
        }
    }
}

fn walk_bounds<'a>(bounds: &'a SubscriptBounds, visit: &mut dyn FnMut(&'a Expr)) {
    match bounds {
        SubscriptBounds::Index(index) => walk(index, visit),
        SubscriptBounds::Slice { lower, upper } => {
            lower.iter().chain(upper).for_each(|bound| walk(bound, visit));
        }
    }
}

/// Sets `used[i]` for each column `i` that the expression reads.
pub fn mark_columns(expression: &Expr, used: &mut [bool]) {
    walk(expression, &mut |part| {
        if let Expr::Column { index, .. } = part
            && let Some(mark) = used.get_mut(*index)
        {
            *mark = true;
        }
    });
}

/// Whether an expression may be evaluated where the rows are: it asks nobody, and its value does
/// not depend on how often it is computed.
pub fn is_pushable(expression: &Expr) -> bool {
    let mut pushable = true;
    walk(expression, &mut |part| match part {
        Expr::SubPlan(_) => pushable = false,
        Expr::Call(call) => {
            let asks = matches!(call.function.body, FunctionBody::Catalog);
            if asks || call.function.volatility == Volatility::Volatile {
                pushable = false;
            }
        }
        _ => {}
    });
    pushable
}
