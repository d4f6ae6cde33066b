//! Expressions back to text, as EXPLAIN prints them.

use std::collections::HashMap;
use std::sync::OnceLock;

use functions::type_catalog::{BuiltinTypes, name_of};
use functions::{CastPath, context::NoSession, input_output, tables};
use types::{Datum, Oid, oid};

use crate::expression::{Expr, RowOperator, SortKey, SubPlanKind, SubscriptBounds};

/// The operator that a function computes.
pub fn operator_name(function: Oid) -> Option<&'static str> {
    static NAMES: OnceLock<HashMap<Oid, &'static str>> = OnceLock::new();
    NAMES
        .get_or_init(|| {
            let mut names = HashMap::new();
            for operator in tables::all_operators() {
                names.entry(operator.function).or_insert(operator.name);
            }
            names
        })
        .get(&function)
        .copied()
}

fn literal(value: &Datum, ty: Oid) -> String {
    match value {
        Datum::Null => format!("NULL::{}", name_of(&BuiltinTypes, ty)),
        Datum::Bool(value) => value.to_string(),
        Datum::Int4(value) if *value >= 0 => value.to_string(),
        _ => {
            let text = input_output::output(&NoSession::default(), ty, value)
                .unwrap_or_else(|_| format!("{value:?}"));
            if ty == oid::NUMERIC && !text.starts_with('-') {
                return text;
            }
            format!("'{}'::{}", text.replace('\'', "''"), name_of(&BuiltinTypes, ty))
        }
    }
}

/// Text of an expression whose input columns have these texts.
pub fn expression(expr: &Expr, columns: &[String]) -> String {
    let show = |expr: &Expr| expression(expr, columns);
    let list = |exprs: &[Expr]| exprs.iter().map(show).collect::<Vec<_>>().join(", ");
    match expr {
        Expr::Constant { value, ty } => literal(value, ty.oid),
        Expr::Column { index, .. } => {
            columns.get(*index).cloned().unwrap_or_else(|| format!("column{}", index + 1))
        }
        Expr::Parameter { number, .. } => format!("${}", number + 1),
        Expr::ExecParameter { id, .. } => format!("$p{id}"),
        Expr::Call(call) => match (operator_name(call.function.oid), call.arguments.as_slice()) {
            (Some(name), [left, right]) => format!("({} {name} {})", show(left), show(right)),
            (Some(name), [only]) => format!("({name} {})", show(only)),
            _ => format!("{}({})", call.function.name, list(&call.arguments)),
        },
        Expr::And(terms) => {
            format!("({})", terms.iter().map(show).collect::<Vec<_>>().join(" AND "))
        }
        Expr::Or(terms) => {
            format!("({})", terms.iter().map(show).collect::<Vec<_>>().join(" OR "))
        }
        Expr::Not(operand) => format!("(NOT {})", show(operand)),
        Expr::IsNull { operand, negated } => {
            format!("({} IS {}NULL)", show(operand), if *negated { "NOT " } else { "" })
        }
        Expr::BooleanTest { operand, value, negated } => {
            let word = match value {
                Some(true) => "TRUE",
                Some(false) => "FALSE",
                None => "UNKNOWN",
            };
            format!("({} IS {}{word})", show(operand), if *negated { "NOT " } else { "" })
        }
        Expr::Distinct { left, right, negated, .. } => {
            let not = if *negated { "NOT " } else { "" };
            format!("({} IS {not}DISTINCT FROM {})", show(left), show(right))
        }
        Expr::Case { branches, otherwise, .. } => {
            let mut text = "CASE".to_owned();
            for (condition, result) in branches {
                text.push_str(&format!(" WHEN {} THEN {}", show(condition), show(result)));
            }
            if let Some(otherwise) = otherwise {
                text.push_str(&format!(" ELSE {}", show(otherwise)));
            }
            text.push_str(" END");
            text
        }
        Expr::Coalesce { arguments, .. } => format!("COALESCE({})", list(arguments)),
        Expr::NullIf { left, right, .. } => format!("NULLIF({}, {})", show(left), show(right)),
        Expr::Extreme { greatest, arguments, .. } => {
            format!("{}({})", if *greatest { "GREATEST" } else { "LEAST" }, list(arguments))
        }
        Expr::Cast(cast) => {
            let operand = show(&cast.operand);
            if matches!(cast.path, CastPath::Relabel { .. })
                && !cast.explicit
                && cast.ty.modifier < 0
            {
                return format!("({operand})::{}", name_of(&BuiltinTypes, cast.ty.oid));
            }
            format!("({operand})::{}", name_of(&BuiltinTypes, cast.ty.oid))
        }
        Expr::InList { operand, list: items, negated, .. } => {
            let shown: Vec<String> = items
                .iter()
                .map(|item| match item {
                    Expr::Constant { value, ty } => {
                        input_output::output(&NoSession::default(), ty.oid, value)
                            .unwrap_or_default()
                    }
                    other => show(other),
                })
                .collect();
            let ty = items.first().map_or(0, |item| crate::walk::type_of(item).oid);
            let (operator, word) = if *negated { ("<>", "ALL") } else { ("=", "ANY") };
            format!(
                "({} {operator} {word} ('{{{}}}'::{}[]))",
                show(operand),
                shown.join(","),
                name_of(&BuiltinTypes, ty)
            )
        }
        Expr::AnyAll { operand, array, function, all } => {
            let name = operator_name(function.oid).unwrap_or(function.name);
            let word = if *all { "ALL" } else { "ANY" };
            format!("({} {name} {word} ({}))", show(operand), show(array))
        }
        Expr::Array { elements, .. } => format!("ARRAY[{}]", list(elements)),
        Expr::Row { fields, .. } => format!("ROW({})", list(fields)),
        Expr::Field { operand, index, .. } => format!("({}).f{}", show(operand), index + 1),
        Expr::Subscript(subscript) => {
            let mut text = show(&subscript.operand);
            for bound in &subscript.subscripts {
                let part = |bound: &Option<Expr>| bound.as_ref().map(show).unwrap_or_default();
                match bound {
                    SubscriptBounds::Index(index) => text.push_str(&format!("[{}]", show(index))),
                    SubscriptBounds::Slice { lower, upper } => {
                        text.push_str(&format!("[{}:{}]", part(lower), part(upper)));
                    }
                }
            }
            text
        }
        Expr::RowCompare { operator, pairs } => {
            let name = match operator {
                RowOperator::Equal => "=",
                RowOperator::NotEqual => "<>",
                RowOperator::Less => "<",
                RowOperator::LessOrEqual => "<=",
                RowOperator::Greater => ">",
                RowOperator::GreaterOrEqual => ">=",
            };
            let side = |pick: fn(&(Expr, Expr)) -> &Expr| {
                pairs.iter().map(|pair| show(pick(pair))).collect::<Vec<_>>().join(", ")
            };
            format!("(ROW({}) {name} ROW({}))", side(|pair| &pair.0), side(|pair| &pair.1))
        }
        Expr::SubPlan(plan) => match &plan.kind {
            SubPlanKind::Exists => "EXISTS(SubPlan)".to_owned(),
            SubPlanKind::Scalar => "(SubPlan)".to_owned(),
            SubPlanKind::Array { .. } => "ARRAY(SubPlan)".to_owned(),
            SubPlanKind::Quantified { left, tests, all, hashable } => {
                let name = tests.first().and_then(|test| operator_name(test.oid)).unwrap_or("=");
                let word = if *all { "ALL" } else { "ANY" };
                let hashed = if *hashable { "hashed " } else { "" };
                format!("({} {name} {word} ({hashed}SubPlan))", list(left))
            }
        },
        Expr::Let { value, body, slot } => show(body).replace(&format!("$p{slot}"), &show(value)),
        Expr::DomainCheck(check) => format!("({})::{}", show(&check.operand), check.name),
        Expr::Assign(assignment) => show(&assignment.value),
    }
}

/// Text of sort keys.
pub fn sort_keys(keys: &[SortKey], columns: &[String]) -> String {
    keys.iter()
        .map(|key| {
            let mut text = expression(&key.expression, columns);
            if key.descending {
                text.push_str(" DESC");
            }
            if key.nulls_first != key.descending {
                text.push_str(if key.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
            }
            text
        })
        .collect::<Vec<_>>()
        .join(", ")
}
