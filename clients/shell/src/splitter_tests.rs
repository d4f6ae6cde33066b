//! Tests of statement splitting.

use super::*;

fn split(text: &str) -> Vec<String> {
    let mut splitter = Splitter::default();
    assert!(splitter.push(text));
    let mut statements = Vec::new();
    while let Some(statement) = splitter.next_statement() {
        statements.push(statement.text);
    }
    statements.extend(splitter.finish().map(|statement| statement.text));
    statements
}

#[test]
fn a_semicolon_ends_a_statement_only_where_it_stands_alone() {
    let cases: &[(&str, &[&str])] = &[
        ("select 1; select 2", &["select 1", "select 2"]),
        (";;  ; -- nothing;\n", &[]),
        ("select ';''; ' ; x", &["select ';''; '", "x"]),
        (r"select e'\';' ; select '\' ; y", &[r"select e'\';'", r"select '\'", "y"]),
        (r#"select "a;""b;" from t; z"#, &[r#"select "a;""b;" from t"#, "z"]),
        ("select $$;$$, $a$ $$; $a$; z", &["select $$;$$, $a$ $$; $a$", "z"]),
        ("select a$b$ from t; c$b$", &["select a$b$ from t", "c$b$"]),
        ("select $1; select $2", &["select $1", "select $2"]),
        ("select 1 -- ; '\n; z", &["select 1 -- ; '", "z"]),
        ("select /* ; /* ; */ ' ; */ 2; z", &["select /* ; /* ; */ ' ; */ 2", "z"]),
        ("create rule r as (a; b); z", &["create rule r as (a; b)", "z"]),
        (
            "begin; select case when true then 1 end; end; z",
            &["begin", "select case when true then 1 end", "end", "z"],
        ),
        (
            "create or replace function f() returns int begin atomic select case 1 when 1 then 2 \
             end; select 3; end; z",
            &[
                "create or replace function f() returns int begin atomic select case 1 when 1 \
                 then 2 end; select 3; end",
                "z",
            ],
        ),
        ("select 'é;ü'; ö", &["select 'é;ü'", "ö"]),
    ];
    for (text, expected) in cases {
        assert_eq!(split(text), *expected, "{text}");
    }
}

#[test]
fn statements_are_the_same_however_the_text_arrives() {
    let text =
        "select ';', $q$ ; $q$ /* ; */;\nselect \"x;\"\n;\n-- a;\ninsert into t values (';')";
    let expected = split(text);
    assert_eq!(expected.len(), 3);
    let mut splitter = Splitter::default();
    let mut statements = Vec::new();
    for line in text.split_inclusive('\n') {
        splitter.push(line);
        while let Some(statement) = splitter.next_statement() {
            statements.push(statement.text);
        }
    }
    statements.extend(splitter.finish().map(|statement| statement.text));
    assert_eq!(statements, expected);
}

#[test]
fn lines_are_counted_from_where_a_statement_begins() {
    let mut splitter = Splitter::default();
    splitter.push("select 1;\n\n-- note\nselect\n'a\nb';\nx");
    let mut lines = Vec::new();
    while let Some(statement) = splitter.next_statement() {
        lines.push(statement.line);
    }
    lines.extend(splitter.finish().map(|statement| statement.line));
    assert_eq!(lines, [1, 4, 7]);
}

#[test]
fn an_open_construct_is_not_blank_but_a_comment_is() {
    for text in ["select", "select (", "'", "\"", "$$", "/*"] {
        let mut splitter = Splitter::default();
        splitter.push(text);
        assert_eq!(splitter.next_statement(), None);
        assert!(!splitter.is_blank(), "{text}");
    }
    let mut splitter = Splitter::default();
    splitter.push("  -- only a comment\n");
    assert_eq!(splitter.next_statement(), None);
    assert!(splitter.is_blank());
}

#[test]
fn a_statement_past_the_limit_is_refused_and_forgotten() {
    let mut splitter = Splitter::default();
    assert!(splitter.push("select "));
    assert!(!splitter.push(&"x".repeat(MAXIMUM_STATEMENT_BYTES)));
    assert_eq!(splitter.finish(), None);
}

#[test]
fn leading_words_skip_comments() {
    assert_eq!(leading_words("-- a\n/* b */ Copy t FROM stdin", 2), ["copy", "t"]);
    assert_eq!(leading_words("(select 1)", 2), Vec::<String>::new());
}
