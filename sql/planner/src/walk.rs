//! Walks over expressions: children, columns used, equality, volatility.

use std::sync::Arc;

use functions::{FunctionDef, FunctionKind, Volatility};
use types::Datum;

use crate::expression::{
    Aggregate, AssignmentTarget, Expr, FrameBound, SubPlanKind, SubscriptBounds, WindowCall,
};
use crate::logical::ColumnId;

fn bounds_mut(bounds: &mut [SubscriptBounds], visit: &mut dyn FnMut(&mut Expr)) {
    for bound in bounds {
        match bound {
            SubscriptBounds::Index(index) => visit(index),
            SubscriptBounds::Slice { lower, upper } => {
                lower.iter_mut().chain(upper).for_each(&mut *visit);
            }
        }
    }
}

fn bounds<'e>(bounds: &'e [SubscriptBounds], visit: &mut dyn FnMut(&'e Expr)) {
    for bound in bounds {
        match bound {
            SubscriptBounds::Index(index) => visit(index),
            SubscriptBounds::Slice { lower, upper } => {
                lower.iter().chain(upper).for_each(&mut *visit);
            }
        }
    }
}

/// Calls `visit` with each direct child; constants in long lists are left out.
pub fn children_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match expr {
        Expr::Constant { .. }
        | Expr::Column { .. }
        | Expr::Parameter { .. }
        | Expr::ExecParameter { .. } => {}
        Expr::Call(call) => call.arguments.iter_mut().for_each(visit),
        Expr::And(terms) | Expr::Or(terms) => terms.iter_mut().for_each(visit),
        Expr::Not(operand)
        | Expr::IsNull { operand, .. }
        | Expr::BooleanTest { operand, .. }
        | Expr::Field { operand, .. } => visit(operand),
        Expr::Distinct { left, right, .. } | Expr::NullIf { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Expr::Case { branches, otherwise, .. } => {
            for (condition, result) in branches {
                visit(condition);
                visit(result);
            }
            if let Some(otherwise) = otherwise {
                visit(otherwise);
            }
        }
        Expr::Coalesce { arguments, .. } | Expr::Extreme { arguments, .. } => {
            arguments.iter_mut().for_each(visit);
        }
        Expr::Cast(cast) => visit(&mut cast.operand),
        Expr::InList { operand, list, .. } => {
            visit(operand);
            if list.iter().any(|item| !matches!(item, Expr::Constant { .. })) {
                let mut items = list.to_vec();
                items
                    .iter_mut()
                    .filter(|item| !matches!(item, Expr::Constant { .. }))
                    .for_each(visit);
                *list = items.into();
            }
        }
        Expr::AnyAll { operand, array, .. } => {
            visit(operand);
            visit(array);
        }
        Expr::Array { elements, .. } => elements.iter_mut().for_each(visit),
        Expr::Row { fields, .. } => fields.iter_mut().for_each(visit),
        Expr::Subscript(subscript) => {
            visit(&mut subscript.operand);
            bounds_mut(&mut subscript.subscripts, visit);
        }
        Expr::RowCompare { pairs, .. } => {
            for (left, right) in pairs {
                visit(left);
                visit(right);
            }
        }
        Expr::SubPlan(plan) => {
            plan.parameters.iter_mut().for_each(|parameter| visit(&mut parameter.1));
            if let SubPlanKind::Quantified { left, .. } = &mut plan.kind {
                left.iter_mut().for_each(visit);
            }
        }
        Expr::Let { value, body, .. } => {
            visit(value);
            visit(body);
        }
        Expr::DomainCheck(check) => {
            visit(&mut check.operand);
            check.checks.iter_mut().for_each(|check| visit(&mut check.1));
        }
        Expr::Assign(assignment) => {
            visit(&mut assignment.base);
            visit(&mut assignment.value);
            if let AssignmentTarget::Subscripts { subscripts, .. } = &mut assignment.target {
                bounds_mut(subscripts, visit);
            }
        }
    }
}

/// Calls `visit` with each direct child.
pub fn children<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match expr {
        Expr::Constant { .. }
        | Expr::Column { .. }
        | Expr::Parameter { .. }
        | Expr::ExecParameter { .. } => {}
        Expr::Call(call) => call.arguments.iter().for_each(visit),
        Expr::And(terms) | Expr::Or(terms) => terms.iter().for_each(visit),
        Expr::Not(operand)
        | Expr::IsNull { operand, .. }
        | Expr::BooleanTest { operand, .. }
        | Expr::Field { operand, .. } => visit(operand),
        Expr::Distinct { left, right, .. } | Expr::NullIf { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Expr::Case { branches, otherwise, .. } => {
            for (condition, result) in branches {
                visit(condition);
                visit(result);
            }
            if let Some(otherwise) = otherwise {
                visit(otherwise);
            }
        }
        Expr::Coalesce { arguments, .. } | Expr::Extreme { arguments, .. } => {
            arguments.iter().for_each(visit);
        }
        Expr::Cast(cast) => visit(&cast.operand),
        Expr::InList { operand, list, .. } => {
            visit(operand);
            list.iter().for_each(visit);
        }
        Expr::AnyAll { operand, array, .. } => {
            visit(operand);
            visit(array);
        }
        Expr::Array { elements, .. } => elements.iter().for_each(visit),
        Expr::Row { fields, .. } => fields.iter().for_each(visit),
        Expr::Subscript(subscript) => {
            visit(&subscript.operand);
            bounds(&subscript.subscripts, visit);
        }
        Expr::RowCompare { pairs, .. } => {
            for (left, right) in pairs {
                visit(left);
                visit(right);
            }
        }
        Expr::SubPlan(plan) => {
            plan.parameters.iter().for_each(|parameter| visit(&parameter.1));
            if let SubPlanKind::Quantified { left, .. } = &plan.kind {
                left.iter().for_each(visit);
            }
        }
        Expr::Let { value, body, .. } => {
            visit(value);
            visit(body);
        }
        Expr::DomainCheck(check) => {
            visit(&check.operand);
            check.checks.iter().for_each(|check| visit(&check.1));
        }
        Expr::Assign(assignment) => {
            visit(&assignment.base);
            visit(&assignment.value);
            if let AssignmentTarget::Subscripts { subscripts, .. } = &assignment.target {
                bounds(subscripts, visit);
            }
        }
    }
}

/// The expressions of an aggregate call.
pub fn aggregate_mut(call: &mut Aggregate, visit: &mut dyn FnMut(&mut Expr)) {
    call.arguments.iter_mut().chain(&mut call.direct).chain(&mut call.filter).for_each(&mut *visit);
    call.order_by.iter_mut().for_each(|key| visit(&mut key.expression));
}

/// The expressions of a window call.
pub fn window_mut(call: &mut WindowCall, visit: &mut dyn FnMut(&mut Expr)) {
    call.arguments.iter_mut().chain(&mut call.filter).for_each(&mut *visit);
    for bound in [&mut call.frame.start, &mut call.frame.end] {
        if let FrameBound::Preceding(offset, _) | FrameBound::Following(offset, _) = bound {
            visit(offset);
        }
    }
}

/// Whether `test` holds for the expression or anything in it.
pub fn any(expr: &Expr, test: &dyn Fn(&Expr) -> bool) -> bool {
    if test(expr) {
        return true;
    }
    let mut found = false;
    children(expr, &mut |child| found = found || any(child, test));
    found
}

/// Calls `visit` with each column used.
pub fn columns(expr: &Expr, visit: &mut dyn FnMut(ColumnId)) {
    if let Expr::Column { index, .. } = expr {
        visit(*index);
    } else {
        children(expr, &mut |child| columns(child, visit));
    }
}

/// Whether all columns used satisfy `test`.
pub fn all_columns(expr: &Expr, test: &dyn Fn(ColumnId) -> bool) -> bool {
    let mut all = true;
    columns(expr, &mut |id| all = all && test(id));
    all
}

/// Replaces expressions from the top: where `replace` answers, its answer is not looked into.
pub fn replace(expr: &mut Expr, with: &mut dyn FnMut(&Expr) -> Option<Expr>) {
    if let Some(new) = with(expr) {
        *expr = new;
        return;
    }
    children_mut(expr, &mut |child| replace(child, with));
}

/// How far results may be reused: the worst of all functions.
pub fn volatility(expr: &Expr) -> Volatility {
    fn rank(volatility: Volatility) -> u8 {
        match volatility {
            Volatility::Immutable => 0,
            Volatility::Stable => 1,
            Volatility::Volatile => 2,
        }
    }
    let mut worst = match expr {
        Expr::Call(call) => call.function.volatility,
        // A cast through text may depend on settings.
        Expr::Cast(cast) => match &cast.path {
            functions::CastPath::InputOutput { .. } => Volatility::Stable,
            _ => Volatility::Immutable,
        },
        Expr::SubPlan(_) => Volatility::Stable,
        _ => Volatility::Immutable,
    };
    children(expr, &mut |child| {
        let this = volatility(child);
        if rank(this) > rank(worst) {
            worst = this;
        }
    });
    worst
}

pub fn is_volatile(expr: &Expr) -> bool {
    any(
        expr,
        &|part| matches!(part, Expr::Call(call) if call.function.volatility == Volatility::Volatile),
    )
}

pub fn has_subplan(expr: &Expr) -> bool {
    any(expr, &|part| matches!(part, Expr::SubPlan(_)))
}

/// Whether some subquery runs for each row.
pub fn has_correlated_subplan(expr: &Expr) -> bool {
    any(expr, &|part| matches!(part, Expr::SubPlan(plan) if !plan.parameters.is_empty()))
}

pub fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Constant { .. })
}

/// Whether two expressions are the same text of computation (not volatile ones: each of those is its own).
pub fn same(left: &Expr, right: &Expr) -> bool {
    fn same_functions(left: &FunctionDef, right: &FunctionDef) -> bool {
        std::ptr::eq(left, right) && left.volatility != Volatility::Volatile
            || left.kind == FunctionKind::Aggregate && std::ptr::eq(left, right)
    }
    let heads = match (left, right) {
        (Expr::Constant { value: a, ty: x }, Expr::Constant { value: b, ty: y }) => {
            return x == y && same_datum(a, b);
        }
        (Expr::Column { index: a, .. }, Expr::Column { index: b, .. }) => return a == b,
        (Expr::Parameter { number: a, ty: x }, Expr::Parameter { number: b, ty: y }) => {
            return a == b && x == y;
        }
        (Expr::ExecParameter { id: a, .. }, Expr::ExecParameter { id: b, .. }) => return a == b,
        (Expr::Call(a), Expr::Call(b)) => same_functions(a.function, b.function) && a.ty == b.ty,
        (Expr::And(_), Expr::And(_))
        | (Expr::Or(_), Expr::Or(_))
        | (Expr::Not(_), Expr::Not(_)) => true,
        (Expr::IsNull { negated: a, .. }, Expr::IsNull { negated: b, .. }) => a == b,
        (
            Expr::BooleanTest { value: a, negated: x, .. },
            Expr::BooleanTest { value: b, negated: y, .. },
        ) => a == b && x == y,
        (
            Expr::Distinct { equal: a, negated: x, .. },
            Expr::Distinct { equal: b, negated: y, .. },
        ) => std::ptr::eq(*a, *b) && x == y,
        (
            Expr::Case { branches: a, otherwise: x, .. },
            Expr::Case { branches: b, otherwise: y, .. },
        ) => a.len() == b.len() && x.is_some() == y.is_some(),
        (Expr::Coalesce { .. }, Expr::Coalesce { .. }) => true,
        (Expr::NullIf { equal: a, .. }, Expr::NullIf { equal: b, .. }) => std::ptr::eq(*a, *b),
        (Expr::Extreme { greatest: a, .. }, Expr::Extreme { greatest: b, .. }) => a == b,
        (Expr::Cast(a), Expr::Cast(b)) => a.ty == b.ty,
        (
            Expr::InList { list: a, negated: x, equal: e, .. },
            Expr::InList { list: b, negated: y, equal: f, .. },
        ) => a.len() == b.len() && x == y && std::ptr::eq(*e, *f),
        (Expr::AnyAll { function: a, all: x, .. }, Expr::AnyAll { function: b, all: y, .. }) => {
            std::ptr::eq(*a, *b) && x == y
        }
        (Expr::Array { element: a, .. }, Expr::Array { element: b, .. }) => a == b,
        (Expr::Row { ty: a, .. }, Expr::Row { ty: b, .. }) => a == b,
        (Expr::Field { index: a, .. }, Expr::Field { index: b, .. }) => a == b,
        (Expr::Subscript(a), Expr::Subscript(b)) => {
            a.subscripts.len() == b.subscripts.len()
                && a.subscripts.iter().zip(&b.subscripts).all(|pair| match pair {
                    (SubscriptBounds::Index(_), SubscriptBounds::Index(_)) => true,
                    (
                        SubscriptBounds::Slice { lower: a, upper: x },
                        SubscriptBounds::Slice { lower: b, upper: y },
                    ) => a.is_some() == b.is_some() && x.is_some() == y.is_some(),
                    _ => false,
                })
        }
        (
            Expr::RowCompare { operator: a, pairs: x },
            Expr::RowCompare { operator: b, pairs: y },
        ) => a == b && x.len() == y.len(),
        (Expr::SubPlan(a), Expr::SubPlan(b)) => return Arc::ptr_eq(&a.plan, &b.plan),
        // Each analysis of the same text takes a slot of its own.
        (
            Expr::Let { slot: a, value: x, body: left },
            Expr::Let { slot: b, value: y, body: right },
        ) => {
            let mut right = (**right).clone();
            replace(&mut right, &mut |part| match part {
                Expr::ExecParameter { id, ty } if id == b => {
                    Some(Expr::ExecParameter { id: *a, ty: *ty })
                }
                _ => None,
            });
            return same(x, y) && same(left, &right);
        }
        (Expr::DomainCheck(a), Expr::DomainCheck(b)) => {
            return a.domain == b.domain && same(&a.operand, &b.operand);
        }
        _ => false,
    };
    if !heads {
        return false;
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    children(left, &mut |child| first.push(child));
    children(right, &mut |child| second.push(child));
    first.len() == second.len() && first.iter().zip(&second).all(|(a, b)| same(a, b))
}

/// Whether two values of one type are the same bit by bit.
pub fn same_datum(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Null, Datum::Null) => true,
        (Datum::Bool(a), Datum::Bool(b)) => a == b,
        (Datum::Int2(a), Datum::Int2(b)) => a == b,
        (Datum::Int4(a), Datum::Int4(b)) => a == b,
        (Datum::Int8(a), Datum::Int8(b)) => a == b,
        (Datum::Text(a), Datum::Text(b)) => a == b,
        (Datum::Oid(a), Datum::Oid(b)) => a == b,
        (Datum::Uuid(a), Datum::Uuid(b)) => a == b,
        _ => {
            std::mem::discriminant(left) == std::mem::discriminant(right)
                && format!("{left:?}") == format!("{right:?}")
        }
    }
}

/// Splits a condition into its AND terms.
pub fn conjuncts(condition: Expr, into: &mut Vec<Expr>) {
    match condition {
        Expr::And(terms) => terms.into_iter().for_each(|term| conjuncts(term, into)),
        Expr::Constant { value: Datum::Bool(true), .. } => {}
        other => into.push(other),
    }
}

/// The opposite of [`conjuncts`]; `None` for no terms.
pub fn conjunction(mut terms: Vec<Expr>) -> Option<Expr> {
    match terms.len() {
        0 => None,
        1 => terms.pop(),
        _ => Some(Expr::And(terms)),
    }
}

/// The type of an expression's value.
pub fn type_of(expr: &Expr) -> types::SqlType {
    use types::{SqlType, oid};
    match expr {
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
        Expr::Cast(cast) => cast.ty,
        Expr::Subscript(subscript) => subscript.ty,
        Expr::SubPlan(plan) => plan.ty,
        Expr::Assign(assignment) => assignment.ty,
        Expr::Let { body, .. } => type_of(body),
        Expr::DomainCheck(check) => {
            SqlType::new(check.domain).collated(type_of(&check.operand).collation)
        }
        Expr::Array { element, elements, .. } => {
            let array = functions::type_catalog::array_type(&functions::BuiltinTypes, *element);
            let collations = elements.iter().map(|element| type_of(element).collation);
            let collation = collations.max().unwrap_or(types::Collation::Default);
            SqlType::new(array).collated(collation)
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
