//! Resolution, case by case: what PostgreSQL chooses, and how it words a refusal.

use types::{Oid, SqlError, oid};

use super::{Call, Resolution, ResolvedFunction, resolve_function, resolve_operator};
use crate::coercion::{CastPath, common_type, find_cast};
use crate::definition::CastContext;
use crate::type_catalog::BuiltinTypes;

fn operator(name: &str, left: Oid, right: Oid) -> Result<(Oid, Oid, Oid), String> {
    resolve_operator(&BuiltinTypes, name, Some(left), right)
        .map(|found| (found.left, found.right, found.result.oid))
        .map_err(|error| SqlError::from(error).message().to_owned())
}

fn call(name: &str, arguments: &[Oid]) -> Result<ResolvedFunction, String> {
    match resolve_function(&BuiltinTypes, &Call { name, arguments, ..Call::default() }) {
        Ok(Resolution::Function(found)) => Ok(found),
        Ok(Resolution::Coercion { target }) => Err(format!("cast to {target}")),
        Err(error) => Err(SqlError::from(error).message().to_owned()),
    }
}

fn called(name: &str, arguments: &[Oid]) -> (Vec<Oid>, Oid) {
    let found = call(name, arguments).expect("the call resolves");
    (found.argument_types, found.result.oid)
}

#[test]
fn operators_choose_as_postgresql_does() {
    use types::oid::*;
    let cases: &[(&str, Oid, Oid, (Oid, Oid, Oid))] = &[
        ("+", INT4, INT4, (INT4, INT4, INT4)),
        ("+", INT4, NUMERIC, (NUMERIC, NUMERIC, NUMERIC)),
        ("+", UNKNOWN, INT4, (INT4, INT4, INT4)),
        ("+", INT2, INT8, (INT2, INT8, INT8)),
        ("*", INT4, FLOAT8, (FLOAT8, FLOAT8, FLOAT8)),
        ("+", NUMERIC, FLOAT8, (FLOAT8, FLOAT8, FLOAT8)),
        ("-", TIMESTAMPTZ, UNKNOWN, (TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL)),
        ("-", TIMESTAMPTZ, INTERVAL, (TIMESTAMPTZ, INTERVAL, TIMESTAMPTZ)),
        ("+", DATE, INT4, (DATE, INT4, DATE)),
        ("||", UNKNOWN, INT4, (TEXT, INT4, TEXT)),
        ("||", INT4, UNKNOWN, (INT4, TEXT, TEXT)),
        ("||", UNKNOWN, UNKNOWN, (TEXT, TEXT, TEXT)),
        ("||", TEXT, VARCHAR, (TEXT, TEXT, TEXT)),
        ("||", INT4_ARRAY, INT4, (INT4_ARRAY, INT4, INT4_ARRAY)),
        ("||", INT4_ARRAY, INT4_ARRAY, (INT4_ARRAY, INT4_ARRAY, INT4_ARRAY)),
        ("||", JSONB, UNKNOWN, (JSONB, JSONB, JSONB)),
        ("=", INT4, UNKNOWN, (INT4, INT4, BOOL)),
        ("=", TEXT, VARCHAR, (TEXT, TEXT, BOOL)),
        ("=", VARCHAR, VARCHAR, (TEXT, TEXT, BOOL)),
        ("=", VARCHAR, UNKNOWN, (TEXT, TEXT, BOOL)),
        ("=", BPCHAR, UNKNOWN, (BPCHAR, BPCHAR, BOOL)),
        ("=", UNKNOWN, UNKNOWN, (TEXT, TEXT, BOOL)),
        ("=", NAME, UNKNOWN, (NAME, NAME, BOOL)),
        ("=", NAME, TEXT, (NAME, TEXT, BOOL)),
        ("=", INT2, INT8, (INT2, INT8, BOOL)),
        ("=", OID, INT4, (OID, OID, BOOL)),
        ("=", REGCLASS, OID, (OID, OID, BOOL)),
        ("=", REGCLASS, UNKNOWN, (OID, OID, BOOL)),
        ("=", INT4_ARRAY, UNKNOWN, (INT4_ARRAY, INT4_ARRAY, BOOL)),
        ("<", DATE, TIMESTAMPTZ, (DATE, TIMESTAMPTZ, BOOL)),
        ("->", JSONB, UNKNOWN, (JSONB, TEXT, JSONB)),
        ("->", JSONB, INT4, (JSONB, INT4, JSONB)),
        ("->>", JSON, UNKNOWN, (JSON, TEXT, TEXT)),
        ("@>", JSONB, UNKNOWN, (JSONB, JSONB, BOOL)),
        ("~~", VARCHAR, UNKNOWN, (TEXT, TEXT, BOOL)),
        ("~", NAME, UNKNOWN, (NAME, TEXT, BOOL)),
    ];
    for (name, left, right, expected) in cases {
        assert_eq!(operator(name, *left, *right), Ok(*expected), "{left} {name} {right}");
    }
}

#[test]
fn operators_that_do_not_resolve_say_why() {
    use types::oid::*;
    assert_eq!(
        operator("=", INT4, TEXT),
        Err("operator does not exist: integer = text".to_owned())
    );
    assert_eq!(
        operator("+", UNKNOWN, UNKNOWN),
        Err("operator is not unique: unknown + unknown".to_owned())
    );
    assert_eq!(
        operator("||", INT4, INT4),
        Err("operator does not exist: integer || integer".to_owned())
    );
    let error =
        resolve_operator(&BuiltinTypes, "-", None, TEXT).map(|_| ()).map_err(SqlError::from);
    let error = error.expect_err("there is no minus for text");
    assert_eq!(error.sqlstate(), "42883");
    assert_eq!(error.message(), "operator does not exist: - text");
}

#[test]
fn functions_choose_as_postgresql_does() {
    use types::oid::*;
    assert_eq!(called("abs", &[INT4]), (vec![INT4], INT4));
    assert_eq!(called("abs", &[UNKNOWN]), (vec![FLOAT8], FLOAT8));
    assert_eq!(called("length", &[UNKNOWN]), (vec![TEXT], INT4));
    assert_eq!(called("length", &[VARCHAR]), (vec![TEXT], INT4));
    assert_eq!(called("round", &[FLOAT8]), (vec![FLOAT8], FLOAT8));
    assert_eq!(called("round", &[INT4]), (vec![FLOAT8], FLOAT8));
    assert_eq!(called("round", &[NUMERIC, INT4]), (vec![NUMERIC, INT4], NUMERIC));
    assert_eq!(called("sum", &[INT4]), (vec![INT4], INT8));
    assert_eq!(called("sum", &[INT8]), (vec![INT8], NUMERIC));
    assert_eq!(called("min", &[VARCHAR]), (vec![TEXT], TEXT));
    assert_eq!(called("max", &[INT4_ARRAY]), (vec![INT4_ARRAY], INT4_ARRAY));
    assert_eq!(called("array_agg", &[INT4]), (vec![INT4], INT4_ARRAY));
    assert_eq!(called("array_append", &[INT4_ARRAY, INT8]).1, INT8_ARRAY);
    assert_eq!(called("unnest", &[TEXT_ARRAY]), (vec![TEXT_ARRAY], TEXT));
    assert_eq!(called("upper", &[UNKNOWN]), (vec![TEXT], TEXT));
    assert_eq!(called("lag", &[INT4, INT4, INT8]).1, INT8);
    assert_eq!(called("generate_series", &[INT4, INT8]).1, INT8);
    assert_eq!(called("date_trunc", &[UNKNOWN, TIMESTAMP]).1, TIMESTAMP);
    assert_eq!(called("count", &[]).1, INT8);
    assert_eq!(called("concat", &[INT4, UNKNOWN, DATE]).0, vec![INT4, TEXT, DATE]);
}

#[test]
fn calls_that_do_not_resolve_say_why() {
    use types::oid::*;
    assert_eq!(
        call("no_such", &[INT4]).map(|_| ()),
        Err("function no_such(integer) does not exist".to_owned())
    );
    assert_eq!(
        call("length", &[INT4]).map(|_| ()),
        Err("function length(integer) does not exist".to_owned())
    );
    assert_eq!(call("text", &[INT4]).map(|_| ()), Err(format!("cast to {TEXT}")));
    assert_eq!(call("int4", &[UNKNOWN]).map(|_| ()), Err(format!("cast to {INT4}")));
    assert_eq!(
        call("array_length", &[UNKNOWN, INT4]).map(|_| ()),
        Err("could not determine polymorphic type because input has type unknown".to_owned())
    );
}

#[test]
fn names_defaults_and_variadic_arguments_are_placed() {
    use super::ArgumentSource::{Default, Given};
    use types::oid::*;
    let named =
        Call { name: "make_interval", arguments: &[INT4], names: &["days"], ..Call::default() };
    let Ok(Resolution::Function(found)) = resolve_function(&BuiltinTypes, &named) else {
        panic!("make_interval(days => 1) resolves");
    };
    assert_eq!(found.sources[3], Given(0));
    assert_eq!(found.sources[0], Default("0"));
    assert_eq!(found.sources.len(), 7);
    let spread = call("jsonb_extract_path", &[JSONB, UNKNOWN, UNKNOWN]).expect("resolves");
    assert_eq!(spread.pack, Some((1, TEXT)));
    assert_eq!(spread.argument_types, vec![JSONB, TEXT, TEXT]);
    let given = Call {
        name: "jsonb_extract_path",
        arguments: &[JSONB, TEXT_ARRAY],
        variadic: true,
        ..Call::default()
    };
    let Ok(Resolution::Function(found)) = resolve_function(&BuiltinTypes, &given) else {
        panic!("VARIADIC array resolves");
    };
    assert_eq!(found.pack, None);
}

#[test]
fn common_types_are_those_of_union() {
    use types::oid::*;
    let common = |members: &[Oid]| {
        common_type(&BuiltinTypes, members, "UNION")
            .map_err(|error| SqlError::from(error).message().to_owned())
    };
    assert_eq!(common(&[UNKNOWN, UNKNOWN]), Ok(TEXT));
    assert_eq!(common(&[UNKNOWN, INT4]), Ok(INT4));
    assert_eq!(common(&[INT4, INT8, INT2]), Ok(INT8));
    assert_eq!(common(&[INT4, NUMERIC, FLOAT8]), Ok(FLOAT8));
    assert_eq!(common(&[VARCHAR, TEXT]), Ok(VARCHAR));
    assert_eq!(common(&[DATE, TIMESTAMPTZ]), Ok(TIMESTAMPTZ));
    assert_eq!(
        common(&[INT4, TEXT]),
        Err("UNION types integer and text cannot be matched".to_owned())
    );
}

#[test]
fn casts_follow_pg_cast_strings_and_arrays() {
    use types::oid::*;
    let found = |source, target, context| find_cast(&BuiltinTypes, source, target, context);
    assert!(found(INT4, INT8, CastContext::Implicit).is_some());
    assert!(found(INT8, INT4, CastContext::Implicit).is_none());
    assert!(found(INT8, INT4, CastContext::Assignment).is_some());
    assert!(found(INT4, TEXT, CastContext::Implicit).is_none());
    assert!(matches!(
        found(INT4, TEXT, CastContext::Assignment),
        Some(CastPath::InputOutput { .. })
    ));
    assert!(found(TEXT, INT4, CastContext::Assignment).is_none());
    assert!(found(TEXT, INT4, CastContext::Explicit).is_some());
    assert!(matches!(
        found(INT4_ARRAY, INT8_ARRAY, CastContext::Implicit),
        Some(CastPath::Array { .. })
    ));
    assert!(found(BOOL, INT4, CastContext::Assignment).is_none());
    assert!(found(BOOL, INT4, CastContext::Explicit).is_some());
    assert!(found(DATE, INT4, CastContext::Explicit).is_none());
    assert!(found(VARCHAR, TEXT, CastContext::Implicit).is_some());
    assert!(found(oid::NAME, TEXT, CastContext::Implicit).is_some());
}
