//! Precedence, error texts and hostile input: what PostgreSQL 15 and 16 answer.

use syntax::ast::{Expr, Statement};
use syntax::{deparse, parse, parse_expression, parse_type_name};

fn grouping(sql: &str) -> String {
    parse_expression(sql).map(|expr| expr.to_string()).expect(sql)
}

#[test]
fn operators_bind_as_in_postgresql() {
    for (sql, expected) in [
        ("-2 ^ 2", "(-2) ^ 2"),
        ("2 ^ 3 ^ 4", "2 ^ 3 ^ 4"),
        ("~ 1 + 2", "~ (1 + 2)"),
        ("@ -5 + 3", "@ ((-5) + 3)"),
        ("|/ 25 + 11", "|/ (25 + 11)"),
        ("a ~ 'x' || 'y'", "a ~ 'x' || 'y'"),
        ("a + b * c - d", "(a + (b * c)) - d"),
        ("a < b + c", "a < (b + c)"),
        ("not a = b", "NOT (a = b)"),
        ("a or b and not c", "a OR (b AND (NOT c))"),
        ("a = b is null", "(a = b) IS NULL"),
        ("a is null = b", "(a IS NULL) = b"),
        ("- a ^ b", "(- a) ^ b"),
        ("-1::text", "-(1::text)"),
        ("a isnull", "a IS NULL"),
        ("a in (1) = b", "(a IN (1)) = b"),
        ("a between 1 + 1 and 2 and c", "a BETWEEN (1 + 1) AND 2 AND c"),
        ("a || b like c || d", "(a || b) LIKE (c || d)"),
        ("a like b = c", "(a LIKE b) = c"),
        ("x at time zone 'a' collate \"C\"", "x AT TIME ZONE ('a' COLLATE \"C\")"),
        ("a <@ b -> c", "(a <@ b) -> c"),
        ("a !=- 1", "a !=- 1"),
        ("a is distinct from b and c", "(a IS DISTINCT FROM b) AND c"),
    ] {
        let tree = parse_expression(sql).expect(sql);
        let other = parse_expression(expected).expect(expected);
        // Printing puts the parentheses where the tree has its levels.
        assert_eq!(tree.to_string(), other.to_string(), "{sql} against {expected}");
    }
    assert_eq!(grouping("a ~ 'x' || 'y'"), "a ~ 'x' || 'y'");
    let Ok(Expr::Operator(concatenation)) = parse_expression("a ~ 'x' || 'y'") else {
        panic!("an operator");
    };
    assert_eq!(concatenation.name, "||");
}

#[test]
fn errors_have_postgresql_texts_and_positions() {
    for (sql, state, message, position) in [
        ("select from where", "42601", "syntax error at or near \"where\"", 13),
        ("selec 1", "42601", "syntax error at or near \"selec\"", 1),
        ("select a = b = c", "42601", "syntax error at or near \"=\"", 14),
        ("select a < b < c", "42601", "syntax error at or near \"<\"", 14),
        ("select a like b like c", "42601", "syntax error at or near \"like\"", 17),
        (
            "select a between 1 and 2 between 3 and 4",
            "42601",
            "syntax error at or near \"between\"",
            26,
        ),
        ("select (1", "42601", "syntax error at end of input", 10),
        ("select 1 1", "42601", "syntax error at or near \"1\"", 10),
        ("select 'é' 'x", "42601", "unterminated quoted string at or near \"'x\"", 12),
        ("insert into t values (1,)", "42601", "syntax error at or near \")\"", 25),
        ("create table t (a int,)", "42601", "syntax error at or near \")\"", 23),
        ("select * from t limit 1, 2", "42601", "LIMIT #,# syntax is not supported", 17),
        ("update t set a", "42601", "syntax error at end of input", 15),
        ("select a from t where", "42601", "syntax error at end of input", 22),
        ("select 1; selct 2", "42601", "syntax error at or near \"selct\"", 11),
        ("select float(0) '1'", "22023", "precision for type float must be at least 1 bit", 14),
        ("select count(*, 1)", "42601", "syntax error at or near \",\"", 15),
        ("create role public", "42939", "role name \"public\" is reserved", 13),
        ("select {", "42601", "syntax error at or near \"{\"", 8),
        ("select a[] from t", "42601", "syntax error at or near \"]\"", 10),
        ("select $99999999999", "42601", "parameter number too large", 8),
    ] {
        let Err(error) = parse(sql) else {
            panic!("accepted: {sql}");
        };
        assert_eq!(
            (error.sqlstate, error.message.as_str(), error.position),
            (state, message, position),
            "{sql}"
        );
    }
}

#[test]
fn deep_nesting_is_refused_with_54001() {
    for sql in [
        format!("select {}1", "(".repeat(100_000)),
        format!("select {}1", "not ".repeat(100_000)),
        format!("select {}1", "- ".repeat(100_000)),
        format!("select array{}1", "[".repeat(100_000)),
        format!("select * from {}t", "(".repeat(100_000)),
        format!("select {}", "(select ".repeat(100_000)),
        format!("select {}1", "case when ".repeat(100_000)),
        format!("select {}1", "f(".repeat(100_000)),
        format!("select 1{}", " + 1".repeat(100_000)),
        format!("select 1{}", "::int".repeat(100_000)),
        format!("select 1{}", " union all select 1".repeat(100_000)),
        format!("select * from t{}", " cross join t".repeat(100_000)),
    ] {
        let error = parse(&sql).expect_err("too deep");
        assert_eq!(
            (error.sqlstate, error.message.as_str()),
            ("54001", "stack depth limit exceeded")
        );
        assert!(error.hint.is_some());
    }
}

#[test]
fn long_flat_texts_parse_clone_and_drop_on_a_small_stack() {
    let texts = [
        format!("select 1 where a{}", " or a".repeat(100_000)),
        format!("select 1 where a{}", " and a = 1".repeat(100_000)),
        format!("select a in (1{})", ", 1".repeat(100_000)),
        format!("values (1){}", ", (1)".repeat(100_000)),
        format!("select 1{}", " + 1".repeat(1_900)),
        format!("select 1{}", " union all select 1".repeat(1_500)),
        format!("select {}1{}", "(".repeat(200), ")".repeat(200)),
        format!("{}1{}", "select (".repeat(120), ")".repeat(120)),
        format!("select {}1{}", "f(".repeat(400), ")".repeat(400)),
        format!("select {}1", "not ".repeat(400)),
        format!("select {}1{}", "case when a then ".repeat(300), " end".repeat(300)),
        format!("select * from {}t{}", "(select * from ".repeat(100), ")".repeat(100)),
        format!("select {}", "x".repeat(1 << 20)),
        "select 1;".repeat(20_000),
        format!("select 1{}", "::int".repeat(240)),
        format!("select 1{}", " is null".repeat(240)),
    ];
    let run = move || {
        for sql in texts {
            let parsed = parse(&sql).expect("flat");
            let copy = parsed.clone();
            for statement in &copy {
                let text = deparse(&statement.statement).expect("a query");
                drop(parse(&text));
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn texts_are_split_at_semicolons() {
    let parsed = parse(";; select 1 ; -- end\n select 'a;b';").expect("two");
    assert_eq!(parsed.len(), 2);
    assert_eq!(parsed[0].text_range, 3..11);
    assert!(parse("").expect("none").is_empty());
    assert!(parse(" /* x */ ; ").expect("none").is_empty());
    assert!(matches!(parsed[1].statement, Statement::Query(_)));
}

#[test]
fn types_have_their_internal_names() {
    for (sql, names) in [
        ("int", "integer"),
        ("char", "character(1)"),
        ("character varying(3)[]", "character varying(3)[]"),
        ("timestamp(3) with time zone", "timestamp(3) with time zone"),
        ("\"char\"", "\"char\""),
        ("interval day to second(3)", "interval day to second(3)"),
        ("float(25)", "double precision"),
        ("s.t(1)", "s.t(1)"),
    ] {
        assert_eq!(parse_type_name(sql).expect(sql).to_string(), names);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_parsed_or_refused_without_panic(text in "[ -~é\n]{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_token_soup_is_parsed_or_refused_and_prints_back(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "select", "from", "where", "(", ")", ",", "a", "1", "'x'", "+", "-", "=", "and", "not",
            "in", "between", "is", "null", "[", "]", "::", "int", "case", "when", "then", "end",
            "order", "by", "join", "on", "union", "*", ".", "t", "like", "array", "row", "<", "::text",
        ]), 0..25)
    ) {
        let sql = format!("select {}", words.join(" "));
        if let Ok(parsed) = parse(&sql) {
            for statement in parsed {
                if let Some(text) = deparse(&statement.statement) {
                    let again = parse(&text);
                    proptest::prop_assert!(again.is_ok(), "{} -> {}: {:?}", sql, text, again);
                    let printed = again.ok().and_then(|again| deparse(&again[0].statement));
                    proptest::prop_assert_eq!(printed, Some(text));
                }
            }
        }
    }
}
