//! Cases whose answers PostgreSQL gave.

use super::*;

#[test]
fn jsonb_prints_as_postgresql() {
    for (text, expected) in [
        (
            r#"{"bb":1,"a":2,"c":[1,2.50,"x\n\u00e9"],"a":3}"#,
            r#"{"a": 3, "c": [1, 2.50, "x\né"], "bb": 1}"#,
        ),
        ("  [ ]  ", "[]"),
        ("{}", "{}"),
        ("\"\\ud83d\\ude00\"", "\"😀\""),
        ("1e3", "1000"),
        ("-0", "0"),
        (r#""\u0001\/\b""#, r#""\u0001/\b""#),
        ("[true,false,null]", "[true, false, null]"),
    ] {
        assert_eq!(Json::parse(text).expect(text).to_string(), expected);
        validate(text).expect(text);
    }
}

#[test]
fn errors_carry_detail_and_context() {
    for (text, detail, context) in [
        ("", "The input string ended unexpectedly.", "JSON data, line 1: "),
        ("{", "The input string ended unexpectedly.", "JSON data, line 1: {"),
        ("[1,", "The input string ended unexpectedly.", "JSON data, line 1: [1,"),
        ("xyz", "Token \"xyz\" is invalid.", "JSON data, line 1: xyz"),
        ("{\"a\" 1}", "Expected \":\", but found \"1\".", "JSON data, line 1: {\"a\" 1..."),
        ("[1 2]", "Expected \",\" or \"]\", but found \"2\".", "JSON data, line 1: [1 2..."),
        ("{a:1}", "Token \"a\" is invalid.", "JSON data, line 1: {a..."),
        ("{1:1}", "Expected string or \"}\", but found \"1\".", "JSON data, line 1: {1..."),
        ("1 1", "Expected end of input, but found \"1\".", "JSON data, line 1: 1 1"),
        ("01", "Token \"01\" is invalid.", "JSON data, line 1: 01"),
        ("\"abc", "Token \"\"abc\" is invalid.", "JSON data, line 1: \"abc"),
        ("\"\\x\"", "Escape sequence \"\\x\" is invalid.", "JSON data, line 1: \"\\x..."),
        ("[1,]", "Expected JSON value, but found \"]\".", "JSON data, line 1: [1,]"),
    ] {
        for error in [Json::parse(text).expect_err(text), validate(text).expect_err(text)] {
            assert_eq!(error.sqlstate(), "22P02");
            assert_eq!(error.message(), "invalid input syntax for type json");
            assert_eq!(error.fields().detail.as_deref(), Some(detail), "{text}");
            assert_eq!(error.fields().context.as_deref(), Some(context), "{text}");
        }
    }
    assert_eq!(Json::parse("\"\\u0000\"").expect_err("nul").sqlstate(), "22P05");
    let deep = "[".repeat(100_000);
    assert_eq!(Json::parse(&deep).expect_err("deep").sqlstate(), "54001");
}

#[test]
fn order_is_that_of_jsonb() {
    let ascending = [
        "[]",
        "null",
        "\"a\"",
        "\"b\"",
        "-1",
        "1",
        "10",
        "false",
        "true",
        "[1]",
        "[2]",
        "[1, 1]",
        "{}",
        "{\"a\": 1}",
    ];
    for (index, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            let (left, right) =
                (Json::parse(left).expect("json"), Json::parse(right).expect("json"));
            assert_eq!(left.cmp(&right), index.cmp(&other), "{left} {right}");
        }
    }
}

#[test]
fn paths_and_containment() {
    let value = Json::parse(r#"{"a": [10, {"b": null}], "c": "x"}"#).expect("json");
    assert_eq!(value.get_path(&["a", "0"]).expect("found").to_string(), "10");
    assert_eq!(value.get_path(&["a", "-1", "b"]).map(Json::type_name), Some("null"));
    assert!(value.get_path(&["a", "7"]).is_none());
    for (left, right, expected) in [
        (r#"{"a": 1, "b": 2}"#, r#"{"b": 2}"#, true),
        ("[1, 2, 3]", "[3, 1, 1]", true),
        ("[1, [2, 3]]", "[[3]]", true),
        ("[1, 2]", "1", true),
        ("1", "[1]", false),
        ("[[1]]", "[1]", false),
        ("{}", "[]", false),
    ] {
        let (left, right) = (Json::parse(left).expect("json"), Json::parse(right).expect("json"));
        assert_eq!(left.contains(&right), expected, "{left} {right}");
    }
    let mut pretty = String::new();
    Json::parse("{\"a\":[1]}").expect("json").write_pretty(&mut pretty);
    assert_eq!(pretty, "{\n    \"a\": [\n        1\n    ]\n}");
}

#[test]
fn parts_are_as_written() {
    use super::slices::{Parts, at_path, parts};
    let text = r#" {"a" : [1 , 2.0], "\u0062":{ } } "#;
    let Ok(Parts::Object(members)) = parts(text) else { panic!("an object") };
    assert_eq!(members, [("a".to_owned(), "[1 , 2.0]"), ("b".to_owned(), "{ }")]);
    assert_eq!(at_path(text, &["a", "-1"]).expect("valid"), Some("2.0"));
    assert_eq!(at_path(text, &["a", "x"]).expect("valid"), None);
    assert_eq!(parts(" 1 "), Ok(Parts::Scalar("1")));
    assert!(parts("[1] 2").is_err());
}
