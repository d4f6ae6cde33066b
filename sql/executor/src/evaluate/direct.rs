//! Comparisons of the most common types without a call: most filters are made of them.
//!
//! A function is known by its number in `pg_proc`; values of any other form than expected take the ordinary way.

use std::cmp::Ordering;

use types::{Datum, Oid};

/// Which orders of two values a comparison accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Test {
    pub(crate) fn accepts(self, order: Ordering) -> bool {
        match self {
            Test::Equal => order == Ordering::Equal,
            Test::NotEqual => order != Ordering::Equal,
            Test::Less => order == Ordering::Less,
            Test::LessOrEqual => order != Ordering::Greater,
            Test::Greater => order == Ordering::Greater,
            Test::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

/// The comparison that a function is: of int4, int8, numeric and date all six, of text those that no collation changes.
pub(crate) fn test_of(function: Oid) -> Option<Test> {
    Some(match function {
        65 | 467 | 1718 | 1086 | 67 => Test::Equal,
        144 | 468 | 1719 | 1091 | 157 => Test::NotEqual,
        66 | 469 | 1722 | 1087 => Test::Less,
        149 | 471 | 1723 | 1088 => Test::LessOrEqual,
        147 | 470 | 1720 | 1089 => Test::Greater,
        150 | 472 | 1721 | 1090 => Test::GreaterOrEqual,
        _ => return None,
    })
}

/// How two values of one of these types are ordered.
pub(crate) fn order(left: &Datum, right: &Datum) -> Option<Ordering> {
    match (left, right) {
        (Datum::Int4(left), Datum::Int4(right)) | (Datum::Date(left), Datum::Date(right)) => {
            Some(left.cmp(right))
        }
        (Datum::Int8(left), Datum::Int8(right)) => Some(left.cmp(right)),
        (Datum::Text(left), Datum::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Datum::Numeric(_), Datum::Numeric(_)) => Some(types::compare::compare(left, right)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use functions::context::NoSession;
    use functions::{EvalContext, FunctionBody};

    use super::*;

    /// Every function of the table gives what its own body gives.
    #[test]
    fn the_numbers_are_those_of_the_comparisons() {
        let session = NoSession::default();
        let numeric =
            |value: i64| Datum::Numeric(types::numeric::Numeric::from_parts(i128::from(value), 0));
        let values = |ty: Oid| match ty {
            types::oid::INT4 => [Datum::Int4(1), Datum::Int4(2)],
            types::oid::INT8 => [Datum::Int8(1), Datum::Int8(2)],
            types::oid::DATE => [Datum::Date(1), Datum::Date(2)],
            types::oid::TEXT => [Datum::text("a".to_owned()), Datum::text("b".to_owned())],
            _ => [numeric(1), numeric(2)],
        };
        let mut checked = 0;
        for function in functions::tables::all_functions() {
            let Some(test) = test_of(function.oid) else {
                continue;
            };
            let FunctionBody::Scalar(body) = function.body else {
                panic!("{} is no plain function", function.name);
            };
            let context: &dyn EvalContext = &session;
            for left in &values(function.arguments[0]) {
                for right in &values(function.arguments[1]) {
                    let direct = order(left, right).map(|order| Datum::Bool(test.accepts(order)));
                    let called = body(context, &[left.clone(), right.clone()]).expect("compares");
                    assert!(
                        matches!((direct, called), (Some(Datum::Bool(a)), Datum::Bool(b)) if a == b),
                        "{}",
                        function.name
                    );
                }
            }
            checked += 1;
        }
        assert_eq!(checked, 26);
    }
}
