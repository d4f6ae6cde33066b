//! Canonical texts and errors, as PostgreSQL 16 answers.

use super::JsonPath;

fn canonical(text: &str) -> String {
    match JsonPath::parse(text) {
        Ok(path) => path.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn paths_are_printed_as_postgresql_prints_them() {
    for (text, expected) in [
        ("$", "$"),
        ("strict $", "strict $"),
        ("lax $.a.b", "$.\"a\".\"b\""),
        (
            "$.a[*] ? (@.x > 1 && @.y == \"z\").c",
            "$.\"a\"[*]?(@.\"x\" > 1 && @.\"y\" == \"z\").\"c\"",
        ),
        ("$[1, 2 to last - 1]", "$[1,2 to last - 1]"),
        ("$.a + 1 * -2", "($.\"a\" + 1 * -2)"),
        ("($.a + 1) * 2", "(($.\"a\" + 1) * 2)"),
        ("$.**{2 to last}.a", "$.**{2 to last}.\"a\""),
        ("$ ? (!(@.a == 1) || exists (@.b))", "$?(!(@.\"a\" == 1) || exists (@.\"b\"))"),
        ("$ ? (@ like_regex \"^a\" flag \"i\")", "$?(@ like_regex \"^a\" flag \"i\")"),
        ("($.a == 1) is unknown", "($.\"a\" == 1) is unknown"),
        (
            "1.type()",
            "42601: trailing junk after numeric literal at or near \"1.t\" of jsonpath input",
        ),
        ("(1).type()", "(1).type()"),
        ("$x.size()", "$\"x\".size()"),
        ("@ + 1", "42601: @ is not allowed in root expressions"),
        ("last", "42601: LAST is allowed only in array subscripts"),
        ("$.", "42601: syntax error at end of jsonpath input"),
        ("$ $", "42601: syntax error at or near \"$\" of jsonpath input"),
        ("", "22P02: invalid input syntax for type jsonpath: \"\""),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
        if let Ok(path) = JsonPath::parse(text) {
            assert_eq!(canonical(&path.to_string()), expected, "{text} again");
        }
    }
}

#[test]
fn characters_above_ascii_are_words_or_refused() {
    assert!(JsonPath::parse("$.größe ? (@ > 1)").is_ok());
    for text in ["؃(", "\u{fffd}(", "$ \u{2028}.", "é"] {
        // Whichever it is, it is an answer.
        let _ = JsonPath::parse(text);
    }
    assert_eq!(JsonPath::parse("$ ؃ 1").expect_err("no operator").sqlstate(), "42601");
}
