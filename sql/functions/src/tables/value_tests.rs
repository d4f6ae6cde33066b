//! Cases whose answers PostgreSQL gave. A function is named by its `pg_proc.oid`; arguments and results are in text form.

use types::{Datum, SqlResult};

use super::function;
use crate::context::NoSession;
use crate::definition::FunctionBody;
use crate::input_output::{input, output};

/// The answer, rows separated by `|`; the SQLSTATE and message of an error.
fn ask(oid: u32, arguments: &[&str]) -> String {
    let context = NoSession::default();
    let row = function(oid).expect("the function exists");
    let run = || -> SqlResult<String> {
        let values = row
            .arguments
            .iter()
            .zip(arguments)
            .map(|(&type_oid, text)| input(&context, type_oid, text, -1))
            .collect::<SqlResult<Vec<Datum>>>()?;
        let written = |value: &Datum, type_oid| match value {
            Datum::Null => Ok("NULL".to_owned()),
            value => output(&context, type_oid, value),
        };
        match row.body {
            FunctionBody::Scalar(body) => written(&body(&context, &values)?, row.result),
            FunctionBody::TypedScalar(body) => {
                written(&body(&context, &values, row.arguments, row.result)?, row.result)
            }
            FunctionBody::Set(body) => {
                let mut rows = Vec::new();
                body(&context, &values, &mut |row| {
                    rows.push(row);
                    Ok(true)
                })?;
                let types = |place: usize| match row.columns.get(place) {
                    Some((_, type_oid)) => *type_oid,
                    None => row.result,
                };
                let lines: SqlResult<Vec<String>> = rows
                    .iter()
                    .map(|row| {
                        let parts = row.iter().enumerate().map(|(at, v)| written(v, types(at)));
                        Ok(parts.collect::<SqlResult<Vec<_>>>()?.join(":"))
                    })
                    .collect();
                Ok(lines?.join("|"))
            }
            _ => panic!("function {oid} is not one to ask here"),
        }
    };
    run().unwrap_or_else(|error| format!("{} {}", error.sqlstate(), error.message()))
}

fn check(cases: &[(u32, &[&str], &str)]) {
    for (oid, arguments, expected) in cases {
        assert_eq!(ask(*oid, arguments), *expected, "{oid}{arguments:?}");
    }
}

#[test]
fn json_gives_back_what_was_written() {
    let nested = r#"{"a" : {"b" :  [1,2,  3]}, "a2":"x\u0041", "z":null, "z":1.00}"#;
    check(&[
        (3947, &[nested, "a"], r#"{"b" :  [1,2,  3]}"#),
        (3947, &[nested, "a2"], r#""x\u0041""#),
        (3948, &[nested, "a2"], "xA"),
        (3947, &[nested, "z"], "1.00"),
        (3948, &[nested, "none"], "NULL"),
        (3949, &["[1, {\"x\" : 2}]", "-1"], r#"{"x" : 2}"#),
        (3949, &["1", "0"], "NULL"),
        (3951, &[nested, "{a,b}"], "[1,2,  3]"),
        (3953, &[nested, "{a,b,-1}"], "3"),
        (3955, &["[1, \"a\" ,  {\"b\" : 1}]"], r#"1|"a"|{"b" : 1}"#),
        (3955, &["{}"], "22023 cannot call json_array_elements on a non-array"),
        (3957, &[r#"{"b":1,"a":2}"#], "b|a"),
        (3959, &[r#"{"b":1.0,"a":null}"#], "b:1.0|a:NULL"),
        (3261, &[r#"{"a":null, "b": [1, null]}"#], r#"{"b":[1,null]}"#),
        (3968, &[" [1]"], "array"),
        (3215, &["1", "0"], "1"),
    ]);
}

#[test]
fn texts_as_postgresql_has_them() {
    check(&[
        (850, &["a", "a\\"], "f"),
        (850, &["ab", "a\\"], "22025 LIKE pattern must not end with escape character"),
        (850, &["a%c", "a\\%c"], "t"),
        (1621, &["-1"], "22023 character number must be positive"),
        (1714, &["\\xe9", "latin1"], "é"),
        (1717, &["é", "latin1"], "\\xe9"),
        (1717, &["é", "foo"], "22023 invalid destination encoding name \"foo\""),
    ]);
}

#[test]
fn dates_are_read_by_templates() {
    check(&[
        (1780, &["2024-19-1", "IYYY-IW-ID"], "2024-05-06"),
        (1780, &["2021-001", "IYYY-IDDD"], "2021-01-04"),
        (1780, &["2024 10", "YYYY WW"], "2024-03-04"),
        (1780, &["", "YYYY-MM-DD"], "0001-01-01 BC"),
        (1780, &["2024", "YYYY-MM-DD"], "2024-01-01"),
        (1780, &["2024-01-01", "IYYY-MM-DD"], "22007 invalid combination of date conventions"),
    ]);
}

#[test]
fn numbers_are_written_by_templates() {
    check(&[
        (1773, &["12", ""], ""),
        (1773, &["12", "L999"], "   12"),
        (1773, &["0", "B9.9"], "  .0"),
        (1773, &["1", "9.9.9"], "42601 multiple decimal points"),
        (1773, &["1", "9EEEE9"], "42601 \"EEEE\" must be the last pattern used"),
        (1777, &["1e5", "9EEEE"], "0A000 \"EEEE\" not supported for input"),
    ]);
}

#[test]
fn spans_overlap_whether_given_by_end_or_length() {
    let first = "2024-01-01";
    check(&[
        (2042, &[first, "3 days", "2024-01-05", "1 day"], "f"),
        (2042, &[first, "5 days", "2024-01-05", "1 day"], "t"),
        (2043, &[first, "2024-01-06", "2024-01-05", "1 day"], "t"),
        (1309, &["10:00", "1 hour", "10:30", "1 hour"], "t"),
    ]);
}
