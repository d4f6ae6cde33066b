//! Constant folding: calls of immutable functions over constants, and the logic around TRUE, FALSE and NULL.

use functions::{EvalContext, FunctionBody, FunctionKind, Volatility, apply_cast};
use types::{Datum, SqlType, oid};

use crate::expression::{ExecParameter, Expr};
use crate::walk::{children_mut, has_subplan, is_constant, is_volatile, replace, same_datum};

fn boolean(value: Option<bool>) -> Expr {
    Expr::Constant { value: value.map_or(Datum::Null, Datum::Bool), ty: SqlType::new(oid::BOOL) }
}

/// The value of a boolean constant: `Some(None)` is NULL.
pub fn truth(expr: &Expr) -> Option<Option<bool>> {
    match expr {
        Expr::Constant { value: Datum::Bool(value), .. } => Some(Some(*value)),
        Expr::Constant { value: Datum::Null, .. } => Some(None),
        _ => None,
    }
}

/// Folds from the bottom. What fails is left as it is: it fails when it runs, if it runs.
pub fn fold(expr: &mut Expr, context: &dyn EvalContext) {
    match expr {
        Expr::Constant { .. }
        | Expr::Column { .. }
        | Expr::Parameter { .. }
        | Expr::ExecParameter { .. } => return,
        _ => children_mut(expr, &mut |child| fold(child, context)),
    }
    let folded = match expr {
        Expr::Call(call) => {
            let all_constant = call.arguments.iter().all(is_constant);
            let strict_null = call.function.strict
                && call.arguments.iter().any(
                    |argument| matches!(argument, Expr::Constant { value: Datum::Null, .. }),
                );
            if call.function.kind != FunctionKind::Scalar
                || call.function.volatility == Volatility::Volatile
            {
                None
            } else if strict_null {
                Some(Expr::Constant { value: Datum::Null, ty: call.ty })
            } else if all_constant && call.function.volatility == Volatility::Immutable {
                let values: Vec<Datum> = call
                    .arguments
                    .iter()
                    .map(|argument| match argument {
                        Expr::Constant { value, .. } => value.clone(),
                        _ => Datum::Null,
                    })
                    .collect();
                let result = match call.function.body {
                    FunctionBody::Scalar(function) => function(context, &values).ok(),
                    FunctionBody::TypedScalar(function) => {
                        function(context, &values, &call.argument_types, call.ty.oid).ok()
                    }
                    _ => None,
                };
                result.map(|value| Expr::Constant { value, ty: call.ty })
            } else {
                None
            }
        }
        Expr::Cast(cast) => match &cast.operand {
            Expr::Constant { value, .. } => {
                let immutable = !matches!(cast.path, functions::CastPath::InputOutput { .. });
                let from_literal = matches!(
                    cast.path,
                    functions::CastPath::InputOutput { source: oid::UNKNOWN, .. }
                );
                (immutable || from_literal || value.is_null())
                    .then(|| {
                        apply_cast(context, &cast.path, value, cast.ty.modifier, cast.explicit).ok()
                    })
                    .flatten()
                    .map(|value| Expr::Constant { value, ty: cast.ty })
            }
            _ => None,
        },
        Expr::And(terms) => logic(terms, true),
        Expr::Or(terms) => logic(terms, false),
        Expr::Not(operand) => match &mut **operand {
            Expr::Not(inner) => Some(std::mem::replace(&mut **inner, boolean(None))),
            inner => truth(inner).map(|value| boolean(value.map(|value| !value))),
        },
        Expr::IsNull { operand, negated } => match &**operand {
            Expr::Constant { value, .. } => Some(boolean(Some(value.is_null() != *negated))),
            _ => None,
        },
        Expr::BooleanTest { operand, value, negated } => {
            truth(operand).map(|known| boolean(Some((known == *value) != *negated)))
        }
        Expr::Case { branches, otherwise, ty } => {
            branches.retain(|branch| !matches!(truth(&branch.0), Some(Some(false) | None)));
            match branches.first() {
                Some((condition, result)) if truth(condition) == Some(Some(true)) => {
                    Some(result.clone())
                }
                None => Some(match otherwise {
                    Some(otherwise) => (**otherwise).clone(),
                    None => Expr::Constant { value: Datum::Null, ty: *ty },
                }),
                _ => None,
            }
        }
        Expr::Coalesce { arguments, ty } => {
            arguments.retain(
                |argument| !matches!(argument, Expr::Constant { value: Datum::Null, .. }),
            );
            match arguments.first() {
                None => Some(Expr::Constant { value: Datum::Null, ty: *ty }),
                Some(first) if is_constant(first) || arguments.len() == 1 => Some(first.clone()),
                _ => None,
            }
        }
        Expr::InList { operand, list, negated, .. } => match &**operand {
            Expr::Constant { value, .. } if value.is_null() => Some(boolean(None)),
            Expr::Constant { value, .. } => list
                .iter()
                .any(|item| matches!(item, Expr::Constant { value: other, .. } if same_datum(value, other)))
                .then(|| boolean(Some(!*negated))),
            _ => None,
        },
        Expr::Array { elements, element, nested: false } if elements.iter().all(is_constant) => {
            let ty = crate::walk::type_of(&Expr::Array {
                elements: Vec::new(),
                element: *element,
                nested: false,
            });
            (ty.oid != 0).then(|| {
                let values = elements
                    .iter()
                    .map(|item| match item {
                        Expr::Constant { value, .. } => value.clone(),
                        _ => Datum::Null,
                    })
                    .collect();
                let array = types::Array::from_elements(*element, values);
                Expr::Constant { value: Datum::Array(array.into()), ty }
            })
        }
        Expr::Let { slot, value, body } => between(*slot, value, body),
        _ => None,
    };
    if let Some(folded) = folded {
        *expr = folded;
        if let Expr::And(_) | Expr::Or(_) = expr {
            fold(expr, context);
        }
    }
    compare_as_dates(expr);
}

/// `expression BETWEEN low AND high` as two comparisons, as PostgreSQL has it: indexes and estimates know those.
fn between(slot: ExecParameter, value: &Expr, body: &Expr) -> Option<Expr> {
    let (Expr::And(sides) | Expr::Or(sides)) = body else { return None };
    let is_comparison = |side: &Expr| matches!(side, Expr::Call(call) if call.arguments.len() == 2);
    if sides.len() != 2
        || !sides.iter().all(is_comparison)
        || is_volatile(value)
        || has_subplan(value)
    {
        return None;
    }
    let mut plain = body.clone();
    replace(&mut plain, &mut |part| match part {
        Expr::ExecParameter { id, .. } if *id == slot => Some(value.clone()),
        _ => None,
    });
    Some(plain)
}

/// `date < timestamp` with a constant at midnight compares dates: that is cheaper, and an index of dates can be used.
/// A date is the midnight it begins with, so all six comparisons keep their meaning.
fn compare_as_dates(expr: &mut Expr) {
    const DAY: i64 = 86_400_000_000;
    let Expr::Call(call) = expr else {
        return;
    };
    // From the functions over (date, timestamp) to those over two dates.
    let dates: types::Oid = match call.function.oid {
        2338 => 1087,
        2339 => 1088,
        2340 => 1086,
        2341 => 1089,
        2342 => 1090,
        2343 => 1091,
        _ => return,
    };
    let [_, Expr::Constant { value: Datum::Timestamp(micros), .. }] = call.arguments.as_slice()
    else {
        return;
    };
    let finite = *micros != i64::MIN && *micros != i64::MAX;
    let (Ok(day), Some(function), true) = (
        i32::try_from(micros / DAY),
        functions::tables::function(dates),
        finite && micros % DAY == 0,
    ) else {
        return;
    };
    call.function = function;
    call.argument_types = vec![oid::DATE, oid::DATE];
    call.arguments[1] = Expr::Constant { value: Datum::Date(day), ty: SqlType::new(oid::DATE) };
}

/// AND and OR: the neutral value goes, the absorbing one decides, nested ones of the same kind are flattened.
fn logic(terms: &mut Vec<Expr>, is_and: bool) -> Option<Expr> {
    let nested = |term: &Expr| match term {
        Expr::And(_) => is_and,
        Expr::Or(_) => !is_and,
        _ => false,
    };
    if terms.iter().any(nested) {
        let mut flat = Vec::with_capacity(terms.len() + 4);
        for term in terms.drain(..) {
            match term {
                Expr::And(inner) if is_and => flat.extend(inner),
                Expr::Or(inner) if !is_and => flat.extend(inner),
                other => flat.push(other),
            }
        }
        *terms = flat;
    }
    if terms.iter().any(|term| truth(term) == Some(Some(!is_and))) {
        return Some(boolean(Some(!is_and)));
    }
    terms.retain(|term| truth(term) != Some(Some(is_and)));
    match terms.len() {
        0 => Some(boolean(Some(is_and))),
        1 => terms.pop(),
        _ => None,
    }
}
