//! The tables agree with themselves, and nothing in them panics on hostile arguments.

use std::collections::HashSet;
use std::sync::Arc;

use types::numeric::Numeric;
use types::{Array, Datum, Interval, Oid, oid};

use super::{all_casts, all_functions, all_operators, function, operator};
use crate::context::NoSession;
use crate::definition::{CastMethod, FunctionBody};
use crate::type_catalog::{BuiltinTypes, TypeCatalog};

#[test]
fn identifiers_are_unique() {
    let mut seen = HashSet::new();
    for row in all_functions() {
        assert!(seen.insert(row.oid), "function {} {}", row.oid, row.name);
    }
    let mut seen = HashSet::new();
    for row in all_operators() {
        assert!(seen.insert(row.oid), "operator {} {}", row.oid, row.name);
    }
    let mut seen = HashSet::new();
    for row in all_casts() {
        assert!(seen.insert((row.source, row.target)), "cast {} {}", row.source, row.target);
    }
}

#[test]
fn functions_are_declared_consistently() {
    for row in all_functions() {
        assert!(row.defaults.len() <= row.arguments.len(), "{}", row.name);
        let names = row.argument_names.len();
        assert!(names == 0 || names == row.arguments.len(), "{} {}", row.oid, row.name);
        if row.variadic != 0 {
            let last = row.arguments.last().copied().expect("a variadic argument is declared");
            let element = BuiltinTypes.facts(last).map_or(0, |facts| facts.element);
            let fits = last == row.variadic || element == row.variadic || last == oid::ANYARRAY;
            assert!(fits, "{}", row.name);
        }
        for &argument in row.arguments {
            assert!(BuiltinTypes.facts(argument).is_some(), "{} takes {argument}", row.name);
        }
    }
}

#[test]
fn operators_point_at_functions_of_their_types() {
    for row in all_operators() {
        let function = function(row.function)
            .unwrap_or_else(|| panic!("operator {} {} has no function", row.oid, row.name));
        let operands: Vec<Oid> =
            [row.left, row.right].into_iter().filter(|&oid| oid != 0).collect();
        assert_eq!(function.arguments, operands, "{} {}", row.oid, row.name);
        assert_eq!(function.result, row.result, "{} {}", row.oid, row.name);
        if row.commutator != 0 {
            let other = operator(row.commutator).expect("the commutator exists");
            assert_eq!((other.left, other.right), (row.right, row.left), "{}", row.oid);
            assert_eq!(other.commutator, row.oid);
        }
        if row.negator != 0 {
            let other = operator(row.negator).expect("the negator exists");
            assert_eq!((other.left, other.right), (row.left, row.right), "{}", row.oid);
            assert_eq!(other.negator, row.oid);
        }
    }
}

/// The values of a type that have broken implementations before.
fn hostile(type_oid: Oid) -> Vec<Datum> {
    use types::oid::*;
    let number = |value: Numeric| Datum::Numeric(value);
    let interval = |months, days, microseconds| {
        Datum::Interval(Arc::new(Interval { months, days, microseconds }))
    };
    let array = |element: Oid| {
        let mut elements = hostile(element);
        elements.truncate(3);
        elements.push(Datum::Null);
        vec![
            Datum::Array(Array::from_elements(element, Vec::new()).into()),
            Datum::Array(Array::from_elements(element, elements).into()),
        ]
    };
    match type_oid {
        BOOL => vec![Datum::Bool(true), Datum::Bool(false)],
        INT2 => [i16::MIN, -1, 0, 1, i16::MAX].map(Datum::Int2).to_vec(),
        INT4 => [i32::MIN, -1, 0, 1, 7, i32::MAX].map(Datum::Int4).to_vec(),
        INT8 => [i64::MIN, -1, 0, 1, i64::MAX].map(Datum::Int8).to_vec(),
        OID | REGCLASS | REGTYPE | REGPROC | REGNAMESPACE | REGROLE | REGPROCEDURE | REGOPER
        | REGOPERATOR | XID | CID => [0, 23, u32::MAX].map(Datum::Oid).to_vec(),
        FLOAT4 => [f32::NEG_INFINITY, -0.0, 1.5, f32::MAX, f32::NAN].map(Datum::Float4).to_vec(),
        FLOAT8 => {
            [f64::NEG_INFINITY, -0.0, 1e-300, 0.5, f64::MAX, f64::NAN].map(Datum::Float8).to_vec()
        }
        NUMERIC => vec![
            number(Numeric::zero()),
            number(Numeric::from_parts(-15, 1)),
            number(Numeric::from(i64::MAX)),
            number(Numeric::nan()),
            number(Numeric::infinity()),
            number(Numeric::negative_infinity()),
        ],
        TEXT | VARCHAR | BPCHAR | NAME | UNKNOWN => {
            ["", "a", "é%\\_", "FM9,990.00", "(", "YYYY-MM-DD HH24:MI:SS.US", "%1$s %"]
                .map(Datum::text)
                .to_vec()
        }
        JSON => ["null", "{\"a\": [1, null]}", "[]"].map(Datum::text).to_vec(),
        JSONB => {
            use types::json::Json;
            let list = Json::Array(vec![Json::Null, Json::String("a".to_owned())]);
            let map = Json::object(vec![("a".to_owned(), list.clone())]);
            vec![
                Datum::Jsonb(Json::Null.into()),
                Datum::Jsonb(list.into()),
                Datum::Jsonb(map.into()),
            ]
        }
        BYTEA => vec![Datum::Bytea([].into()), Datum::Bytea([0, 255, b'\\'].into())],
        CHAR => [0, b'a', 255].map(Datum::Char).to_vec(),
        UUID => vec![Datum::Uuid(Arc::new(uuid::Uuid::nil()))],
        DATE => [i32::MIN, -2_451_545, 0, 8_000, i32::MAX].map(Datum::Date).to_vec(),
        TIME => [0, 86_400_000_000].map(Datum::Time).to_vec(),
        TIMETZ => vec![Datum::TimeTz(0, -57_599), Datum::TimeTz(86_400_000_000, 57_599)],
        TIMESTAMP => [i64::MIN, -211_813_488_000_000_000, 0, 9_223_371_331_199_999_999, i64::MAX]
            .map(Datum::Timestamp)
            .to_vec(),
        TIMESTAMPTZ => [i64::MIN, -211_813_488_000_000_000, 0, 9_223_371_331_199_999_999, i64::MAX]
            .map(Datum::TimestampTz)
            .to_vec(),
        INTERVAL => vec![
            interval(0, 0, 0),
            interval(i32::MAX, i32::MAX, i64::MAX),
            interval(i32::MIN, i32::MIN, i64::MIN),
            interval(1, -1, 1),
        ],
        ANY | ANYELEMENT | ANYNONARRAY | ANYCOMPATIBLE | ANYCOMPATIBLENONARRAY => hostile(INT4),
        ANYARRAY | ANYCOMPATIBLEARRAY => array(INT4),
        RECORD => {
            let fields: Arc<[(Oid, Datum)]> =
                Arc::from(vec![(INT4, Datum::Int4(1)), (TEXT, Datum::Null)]);
            vec![Datum::Record(fields)]
        }
        other => match BuiltinTypes.facts(other) {
            Some(facts) if facts.element != 0 => array(facts.element),
            _ => Vec::new(),
        },
    }
}

fn real_type(declared: Oid) -> Oid {
    match declared {
        oid::ANYARRAY | oid::ANYCOMPATIBLEARRAY => oid::INT4_ARRAY,
        oid::ANY
        | oid::ANYELEMENT
        | oid::ANYNONARRAY
        | oid::ANYCOMPATIBLE
        | oid::ANYCOMPATIBLENONARRAY => oid::INT4,
        other => other,
    }
}

/// Combinations of hostile values: each value of each argument with several of the others, and NULLs where allowed.
fn combinations(arguments: &[Oid], strict: bool) -> Vec<Vec<Datum>> {
    let mut choices: Vec<Vec<Datum>> =
        arguments.iter().map(|&argument| hostile(argument)).collect();
    if !strict {
        for list in &mut choices {
            list.push(Datum::Null);
        }
    }
    if choices.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let rounds = choices.iter().map(Vec::len).product::<usize>().min(80);
    let mut list = Vec::new();
    for round in 0..rounds {
        let mut rest = round;
        // Beyond the bound the odd multiplier still reaches every value of every argument.
        if rounds == 80 {
            rest = round.wrapping_mul(2_654_435_761);
        }
        let mut row = Vec::with_capacity(choices.len());
        for choice in &choices {
            row.push(choice[rest % choice.len()].clone());
            rest /= choice.len();
        }
        list.push(row);
    }
    list
}

/// Functions that would wait.
const SLOW: &[&str] = &["pg_sleep", "pg_sleep_for", "pg_sleep_until"];

fn panics(what: &str, run: impl FnOnce() + std::panic::UnwindSafe) -> Option<String> {
    std::panic::catch_unwind(run).err().map(|_| what.to_owned())
}

#[test]
fn no_function_panics_on_hostile_arguments() {
    let context = NoSession::default();
    let mut failures = Vec::new();
    for row in all_functions().filter(|row| !SLOW.contains(&row.name)) {
        let types: Vec<Oid> = row.arguments.iter().map(|&argument| real_type(argument)).collect();
        for arguments in combinations(row.arguments, row.strict) {
            let what = format!("{} {}({arguments:?})", row.oid, row.name);
            let failure = panics(
                &what,
                std::panic::AssertUnwindSafe(|| match row.body {
                    FunctionBody::Scalar(body) => drop(body(&context, &arguments)),
                    FunctionBody::TypedScalar(body) => {
                        drop(body(&context, &arguments, &types, real_type(row.result)));
                    }
                    FunctionBody::Set(body) => {
                        let mut left = 20;
                        drop(body(&context, &arguments, &mut |_| {
                            left -= 1;
                            Ok(left > 0)
                        }));
                    }
                    FunctionBody::Aggregate(aggregate) => {
                        let skipped = aggregate.skips_null && arguments.iter().any(Datum::is_null);
                        let mut state = (aggregate.start)(&types);
                        for _ in 0..3 {
                            if !skipped && state.add(&context, &arguments).is_err() {
                                break;
                            }
                        }
                        drop(state.result(&context));
                        let _ = state.size_bytes();
                    }
                    FunctionBody::Window
                    | FunctionBody::Catalog
                    | FunctionBody::CatalogSet
                    | FunctionBody::Routine { .. } => {}
                }),
            );
            if let Some(failure) = failure {
                failures.push(failure);
                break;
            }
        }
    }
    assert!(failures.is_empty(), "{} functions panic:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn no_cast_panics_on_hostile_values() {
    let context = NoSession::default();
    let mut failures = Vec::new();
    for row in all_casts() {
        let CastMethod::Function(cast) = row.method else { continue };
        for value in hostile(row.source) {
            for modifier in [-1, 0, 5, i32::MAX] {
                let what = format!("{} to {} of {value:?}, {modifier}", row.source, row.target);
                let run =
                    std::panic::AssertUnwindSafe(|| drop(cast(&context, &value, modifier, true)));
                failures.extend(panics(&what, run));
            }
        }
    }
    assert!(failures.is_empty(), "{} casts panic:\n{}", failures.len(), failures.join("\n"));
}
