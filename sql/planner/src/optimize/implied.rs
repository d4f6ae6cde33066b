//! Whether the conditions of a query imply those of a partial index, so that every wanted row has an entry in it.
//!
//! A condition keeps a row where it is TRUE. So `term` implies `condition` when `condition` is TRUE wherever `term` is;
//! nothing need hold where `term` is FALSE or NULL. The rules are those of PostgreSQL's predicate prover
//! (`predtest.c`): the structure of AND, OR and lists, bounds of one expression against each other, and that a strict
//! operator which yields TRUE has met no NULL. What is not proven is taken as not implied: an index less, never a row less.

use std::cmp::Ordering;

use functions::type_catalog::TypeKind;
use functions::{TypeCatalog, type_catalog};
use types::{Datum, Oid, oid};

use super::selectivity::{Comparison, comparison, stripped};
use crate::expression::Expr;
use crate::walk::{same, type_of};

/// Whether `condition` is TRUE wherever all `terms` are.
pub fn implied(types: &dyn TypeCatalog, condition: &Expr, terms: &[&Expr]) -> bool {
    match condition {
        Expr::Constant { value: Datum::Bool(true), .. } => return true,
        Expr::And(parts) => return parts.iter().all(|part| implied(types, part, terms)),
        _ => {}
    }
    terms.iter().any(|term| implies(types, term, condition))
        || matches!(condition, Expr::Or(arms) if arms.iter().any(|arm| implied(types, arm, terms)))
}

fn implies(types: &dyn TypeCatalog, term: &Expr, condition: &Expr) -> bool {
    if same(term, condition) {
        return true;
    }
    match term {
        // Never TRUE.
        Expr::Constant { value: Datum::Bool(false) | Datum::Null, .. } => true,
        Expr::And(parts) => implied(types, condition, &parts.iter().collect::<Vec<_>>()),
        Expr::Or(arms) => arms.iter().all(|arm| implied(types, condition, &[arm])),
        _ => match one_of(term) {
            Some((operand, values)) if !values.is_empty() => {
                let all =
                    values.iter().all(|value| fact_implies(&equal_to(operand, *value), condition));
                all || atom_implies(types, term, condition)
            }
            _ => atom_implies(types, term, condition),
        },
    }
}

fn atom_implies(types: &dyn TypeCatalog, term: &Expr, condition: &Expr) -> bool {
    let (about, outcomes) = outcomes(term);
    let (wanted, allowed) = self::outcomes(condition);
    if same(about, wanted) && outcomes & !allowed == 0 {
        return true;
    }
    match condition {
        Expr::IsNull { operand, negated: true } if !is_composite(types, operand) => {
            excludes_null(term, operand)
        }
        _ => fact(term).is_some_and(|fact| fact_implies(&fact, condition)),
    }
}

/// `operand` compared with a constant.
struct Fact<'e> {
    operand: &'e Expr,
    kind: Comparison,
    value: &'e Datum,
    ty: Oid,
}

fn equal_to<'e>(operand: &'e Expr, (value, ty): (&'e Datum, Oid)) -> Fact<'e> {
    Fact { operand, kind: Comparison::Equal, value, ty }
}

fn fact(expr: &Expr) -> Option<Fact<'_>> {
    let (left, kind, right) = comparison(expr)?;
    let (operand, kind, (value, ty)) = match (constant(left), constant(right)) {
        (None, Some(value)) => (stripped(left), kind, value),
        (Some(value), None) => (stripped(right), kind.swapped(), value),
        _ => return None,
    };
    comparable(type_of(operand).oid, ty).then_some(Fact { operand, kind, value, ty })
}

fn constant(expr: &Expr) -> Option<(&Datum, Oid)> {
    match stripped(expr) {
        Expr::Constant { value, .. } => Some((value, type_of(expr).oid)),
        _ => None,
    }
}

/// A list of constants that an expression must be one of: `IN`, `= ANY`.
fn one_of(expr: &Expr) -> Option<(&Expr, Vec<(&Datum, Oid)>)> {
    let (operand, values) = match expr {
        Expr::InList { operand, list, negated: false, .. } => (operand, constants(list)?),
        Expr::AnyAll { operand, array, function, all: false } if is_named(function.oid, "=") => {
            (operand, elements(array)?)
        }
        _ => return None,
    };
    let operand = stripped(operand);
    let own = type_of(operand).oid;
    values.iter().all(|(_, ty)| comparable(own, *ty)).then_some((operand, values))
}

/// A list of constants that an expression must differ from: `NOT IN`, `<> ALL`.
fn none_of(expr: &Expr) -> Option<(&Expr, Vec<(&Datum, Oid)>)> {
    let (operand, values) = match expr {
        Expr::InList { operand, list, negated: true, .. } => (operand, constants(list)?),
        Expr::AnyAll { operand, array, function, all: true } if is_named(function.oid, "<>") => {
            (operand, elements(array)?)
        }
        _ => return None,
    };
    Some((stripped(operand), values))
}

fn is_named(function: Oid, name: &str) -> bool {
    crate::explain::deparse::operator_name(function) == Some(name)
}

fn constants(list: &[Expr]) -> Option<Vec<(&Datum, Oid)>> {
    list.iter().map(constant).collect()
}

fn elements(array: &Expr) -> Option<Vec<(&Datum, Oid)>> {
    match stripped(array) {
        Expr::Constant { value: Datum::Array(array), .. } => {
            Some(array.elements.iter().map(|value| (value, array.element)).collect())
        }
        Expr::Array { elements, nested: false, .. } => constants(elements),
        _ => None,
    }
}

/// Types whose operators all agree with the order of their values, and so with each other.
fn comparable(left: Oid, right: Oid) -> bool {
    let family = |ty: Oid| match ty {
        oid::INT2 | oid::INT4 | oid::INT8 => oid::INT8,
        oid::TEXT | oid::VARCHAR => oid::TEXT,
        oid::FLOAT4 | oid::FLOAT8 => oid::FLOAT8,
        oid::BOOL
        | oid::NUMERIC
        | oid::DATE
        | oid::TIME
        | oid::TIMESTAMP
        | oid::TIMESTAMPTZ
        | oid::UUID
        | oid::BYTEA
        | oid::OID => ty,
        _ => 0,
    };
    family(left) != 0 && family(left) == family(right)
}

/// A comparison that is TRUE makes the condition TRUE.
fn fact_implies(fact: &Fact<'_>, condition: &Expr) -> bool {
    if fact.value.is_null() {
        // Never TRUE.
        return true;
    }
    if let Some((operand, values)) = one_of(condition) {
        let holds = |value: &(&Datum, Oid)| compared(fact, operand, Comparison::Equal, *value);
        return values.iter().any(holds);
    }
    if let Some((operand, values)) = none_of(condition) {
        let differs = |value: &(&Datum, Oid)| compared(fact, operand, Comparison::NotEqual, *value);
        return !values.is_empty() && values.iter().all(differs);
    }
    match condition {
        Expr::And(parts) => parts.iter().all(|part| fact_implies(fact, part)),
        Expr::Or(arms) => arms.iter().any(|arm| fact_implies(fact, arm)),
        Expr::IsNull { operand, negated: true } => same(fact.operand, stripped(operand)),
        _ => self::fact(condition).is_some_and(|wanted| {
            compared(fact, wanted.operand, wanted.kind, (wanted.value, wanted.ty))
        }),
    }
}

/// Whether what is known of one operand makes `operand kind value` TRUE.
fn compared(fact: &Fact<'_>, operand: &Expr, kind: Comparison, (value, ty): (&Datum, Oid)) -> bool {
    if value.is_null() || !same(fact.operand, operand) || !comparable(fact.ty, ty) {
        return false;
    }
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let order = types::compare::compare(fact.value, value);
    match (fact.kind, kind) {
        (Equal, Equal) | (NotEqual, NotEqual) => order.is_eq(),
        (Equal, NotEqual) => order.is_ne(),
        (Equal | Less | LessOrEqual, LessOrEqual) => order.is_le(),
        (Equal | Greater | GreaterOrEqual, GreaterOrEqual) => order.is_ge(),
        (Equal | LessOrEqual, Less) | (LessOrEqual, NotEqual) => order == Ordering::Less,
        (Equal | GreaterOrEqual, Greater) | (GreaterOrEqual, NotEqual) => {
            order == Ordering::Greater
        }
        (Less, Less | NotEqual) => order.is_le(),
        (Greater, Greater | NotEqual) => order.is_ge(),
        _ => false,
    }
}

const IS_TRUE: u8 = 1;
const IS_FALSE: u8 = 2;
const IS_NULL: u8 = 4;

/// What an expression is when the condition is TRUE: of `x IS NOT FALSE`, `x` is TRUE or NULL.
fn outcomes(condition: &Expr) -> (&Expr, u8) {
    match condition {
        Expr::Not(operand) => (operand, IS_FALSE),
        Expr::BooleanTest { operand, value, negated } => {
            let tested = match value {
                Some(true) => IS_TRUE,
                Some(false) => IS_FALSE,
                None => IS_NULL,
            };
            (operand, if *negated { !tested & 7 } else { tested })
        }
        Expr::IsNull { operand, negated } if type_of(operand).oid == oid::BOOL => {
            (operand, if *negated { IS_TRUE | IS_FALSE } else { IS_NULL })
        }
        // `flag = true` is what `flag` is, and `flag = false` or `flag <> true` what `NOT flag` is.
        _ => match fact(condition) {
            Some(Fact { operand, kind, value: Datum::Bool(value), .. })
                if matches!(kind, Comparison::Equal | Comparison::NotEqual) =>
            {
                let truth = *value == (kind == Comparison::Equal);
                (operand, if truth { IS_TRUE } else { IS_FALSE })
            }
            _ => (condition, IS_TRUE),
        },
    }
}

/// `IS NOT NULL` of a row looks at its fields.
fn is_composite(types: &dyn TypeCatalog, operand: &Expr) -> bool {
    let ty = type_catalog::base_type(types, type_of(operand).oid);
    ty == oid::RECORD || types.facts(ty).is_none_or(|facts| facts.kind == TypeKind::Composite)
}

/// Whether a term that is TRUE has met a value in `operand`.
fn excludes_null(term: &Expr, operand: &Expr) -> bool {
    let (about, outcomes) = outcomes(term);
    if outcomes & IS_NULL == 0 && needs(about, operand) {
        return true;
    }
    match term {
        Expr::InList { operand: of, .. } => needs(of, operand),
        Expr::AnyAll { operand: of, function, all: false, .. } => {
            function.strict && needs(of, operand)
        }
        Expr::IsNull { operand: of, negated: true } => needs(of, operand),
        _ => none_of(term).is_some_and(|(of, values)| !values.is_empty() && needs(of, operand)),
    }
}

/// Whether `expr` is NULL wherever `operand` is.
fn needs(expr: &Expr, operand: &Expr) -> bool {
    let (expr, operand) = (stripped(expr), stripped(operand));
    if same(expr, operand) {
        return true;
    }
    match expr {
        Expr::Call(call) => {
            call.function.strict && call.arguments.iter().any(|argument| needs(argument, operand))
        }
        Expr::Cast(cast) => needs(&cast.operand, operand),
        Expr::Not(inner) => needs(inner, operand),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use functions::{BuiltinTypes, FunctionDef, tables};
    use types::SqlType;

    use super::*;
    use crate::expression::Call;

    const X: usize = 0;
    const FLAG: usize = 1;

    fn column(index: usize) -> Expr {
        Expr::Column { index, ty: SqlType::new(if index == X { oid::INT4 } else { oid::BOOL }) }
    }

    fn number(value: Option<i32>) -> Expr {
        Expr::Constant {
            value: value.map_or(Datum::Null, Datum::Int4),
            ty: SqlType::new(oid::INT4),
        }
    }

    fn function(name: &str, ty: Oid) -> &'static FunctionDef {
        let named = tables::operators_named(name);
        let operator = named.iter().find(|operator| operator.left == ty && operator.right == ty);
        tables::function(operator.expect("an operator").function).expect("its function")
    }

    fn call(name: &str, left: Expr, right: Expr) -> Expr {
        let ty = type_of(&left).oid;
        Expr::Call(Box::new(Call {
            function: function(name, ty),
            arguments: vec![left, right],
            argument_types: vec![ty, ty],
            ty: SqlType::new(oid::BOOL),
            location: 0,
        }))
    }

    fn not(inner: Expr) -> Expr {
        Expr::Not(Box::new(inner))
    }

    fn null_test(operand: Expr, negated: bool) -> Expr {
        Expr::IsNull { operand: Box::new(operand), negated }
    }

    fn list(values: &[Option<i32>], negated: bool) -> Expr {
        let list: Vec<Expr> = values.iter().map(|value| number(*value)).collect();
        let equal = function("=", oid::INT4);
        Expr::InList { operand: Box::new(column(X)), list: list.into(), equal, negated }
    }

    fn any(name: &str, values: &[i32], all: bool) -> Expr {
        let elements = values.iter().map(|value| number(Some(*value))).collect();
        Expr::AnyAll {
            operand: Box::new(column(X)),
            array: Box::new(Expr::Array { elements, element: oid::INT4, nested: false }),
            function: function(name, oid::INT4),
            all,
        }
    }

    /// Conditions of one part.
    fn simple() -> Vec<Expr> {
        let mut found = Vec::new();
        for name in ["=", "<>", "<", "<=", ">", ">="] {
            for value in [None, Some(1), Some(2), Some(3)] {
                found.push(call(name, column(X), number(value)));
                found.push(call(name, number(value), column(X)));
            }
            for values in [&[][..], &[2], &[1, 3]] {
                found.extend([any(name, values, false), any(name, values, true)]);
            }
        }
        for values in [&[Some(1)][..], &[Some(1), Some(2)], &[Some(2), None], &[Some(1), Some(3)]] {
            found.extend([list(values, false), list(values, true)]);
        }
        let truth =
            |value| Expr::Constant { value: Datum::Bool(value), ty: SqlType::new(oid::BOOL) };
        for operand in [column(FLAG), call("<", column(X), number(Some(2)))] {
            for value in [Some(true), Some(false), None] {
                for negated in [false, true] {
                    let operand = Box::new(operand.clone());
                    found.push(Expr::BooleanTest { operand, value, negated });
                }
            }
            for value in [true, false] {
                found.push(call("=", operand.clone(), truth(value)));
                found.push(call("<>", operand.clone(), truth(value)));
                found.push(null_test(operand.clone(), value));
            }
            found.extend([operand.clone(), not(operand)]);
        }
        found.extend([null_test(column(X), false), null_test(column(X), true)]);
        found.extend([truth(true), truth(false)]);
        found
    }

    fn text(expr: &Expr) -> String {
        crate::explain::deparse::expression(expr, &["x".to_owned(), "flag".to_owned()])
    }

    fn value(expr: &Expr, row: [Option<i32>; 2]) -> Option<i32> {
        let of = |expr: &Expr| value(expr, row);
        let as_bool = |value: Option<bool>| value.map(i32::from);
        let compare = |name: &str, left: Option<i32>, right: Option<i32>| {
            let (left, right) = (left?, right?);
            Some(match name {
                "=" => left == right,
                "<>" => left != right,
                "<" => left < right,
                "<=" => left <= right,
                ">" => left > right,
                _ => left >= right,
            })
        };
        // Of the comparisons with each value: TRUE if one is (`all`: if none is not), else NULL if one is.
        let over = |results: Vec<Option<bool>>, all: bool| {
            if results.contains(&Some(!all)) {
                Some(!all)
            } else if results.contains(&None) {
                None
            } else {
                Some(all)
            }
        };
        match expr {
            Expr::Constant { value, .. } => match value {
                Datum::Int4(value) => Some(*value),
                Datum::Bool(value) => Some(i32::from(*value)),
                _ => None,
            },
            Expr::Column { index, .. } => row[*index],
            Expr::Call(call) => {
                let name = crate::explain::deparse::operator_name(call.function.oid);
                let [left, right] = [0, 1].map(|at| of(&call.arguments[at]));
                as_bool(compare(name.expect("an operator"), left, right))
            }
            Expr::And(parts) | Expr::Or(parts) => {
                let parts = parts.iter().map(|part| of(part).map(|value| value == 1)).collect();
                as_bool(over(parts, matches!(expr, Expr::And(_))))
            }
            Expr::Not(inner) => of(inner).map(|value| 1 - value),
            Expr::IsNull { operand, negated } => Some(i32::from(of(operand).is_none() != *negated)),
            Expr::BooleanTest { operand, value, negated } => {
                let is = of(operand) == value.map(i32::from);
                Some(i32::from(is != *negated))
            }
            Expr::InList { operand, list, negated, .. } => {
                let operand = of(operand);
                let results = list.iter().map(|item| compare("=", operand, of(item))).collect();
                as_bool(over(results, false).map(|found| found != *negated))
            }
            Expr::AnyAll { operand, array, function, all } => {
                let Expr::Array { elements, .. } = &**array else { unreachable!() };
                let name = crate::explain::deparse::operator_name(function.oid);
                let name = name.expect("an operator");
                let operand = of(operand);
                let results = elements.iter().map(|item| compare(name, operand, of(item)));
                as_bool(over(results.collect(), *all))
            }
            other => unreachable!("no test makes {}", text(other)),
        }
    }

    /// Whether the second condition really is TRUE wherever the first is.
    fn holds(term: &Expr, condition: &Expr) -> bool {
        let numbers = [None, Some(0), Some(1), Some(2), Some(3), Some(4)];
        let flags = [None, Some(0), Some(1)];
        numbers
            .iter()
            .flat_map(|x| flags.map(|flag| [*x, flag]))
            .all(|row| value(term, row) != Some(1) || value(condition, row) == Some(1))
    }

    fn check(term: &Expr, condition: &Expr) -> bool {
        let proven = implied(&BuiltinTypes, condition, &[term]);
        assert!(
            !proven || holds(term, condition),
            "{} does not imply {}",
            text(term),
            text(condition)
        );
        proven
    }

    #[test]
    fn what_is_proven_holds() {
        // What is never or always TRUE does not reach the proof.
        let always = call("=", number(Some(1)), number(Some(1)));
        let never = not(always.clone());
        let mut simple = simple();
        simple.retain(|one| !holds(one, &never) && !holds(&always, one));
        let pairs = simple.iter().flat_map(|term| simple.iter().map(move |other| (term, other)));
        let proven = pairs.filter(|(term, condition)| check(term, condition)).count();
        // Of 2,000 that hold; the others are tests of a comparison, and quantified ones other than `= ANY` and `<> ALL`.
        assert!(proven >= 750, "{proven} proven");
    }

    #[test]
    fn what_is_proven_of_conditions_in_parts_holds() {
        let simple: Vec<Expr> = simple().into_iter().step_by(3).collect();
        for first in &simple {
            for second in &simple {
                let pair = vec![first.clone(), second.clone()];
                for combined in [Expr::And(pair.clone()), Expr::Or(pair)] {
                    for third in simple.iter().step_by(2) {
                        check(&combined, third);
                        check(third, &combined);
                    }
                }
            }
        }
    }

    #[test]
    fn what_people_write_is_proven() {
        let x = |name: &str, value| call(name, column(X), number(Some(value)));
        let present = null_test(column(X), true);
        let proven = [
            (x("=", 3), x(">", 1)),
            (x(">", 2), x(">=", 2)),
            (x("<", 2), x("<>", 2)),
            (x("=", 1), present.clone()),
            (list(&[Some(1), Some(2)], false), x("<", 3)),
            (x("=", 2), list(&[Some(1), Some(2)], false)),
            (any("=", &[1, 2], false), list(&[Some(2), Some(1)], false)),
            (Expr::And(vec![x(">", 1), column(FLAG)]), column(FLAG)),
            (Expr::Or(vec![x("=", 1), x("=", 2)]), x("<=", 2)),
            (column(FLAG), Expr::Or(vec![x("=", 1), column(FLAG)])),
            (not(column(FLAG)), null_test(column(FLAG), true)),
        ];
        for (term, condition) in &proven {
            assert!(check(term, condition), "{} implies {}", text(term), text(condition));
        }
        let not_proven = [
            (x(">", 1), x(">", 2)),
            (column(FLAG), present),
            (x("<", 3), null_test(column(FLAG), true)),
        ];
        for (term, condition) in &not_proven {
            assert!(!check(term, condition), "{} does not imply {}", text(term), text(condition));
        }
    }
}
