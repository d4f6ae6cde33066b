//! Texts that PostgreSQL 16 gives for the same definitions.

use syntax::parse_expression;
use types::oid;

use super::Deparser;
use crate::scope::Scope;
use crate::test_support::{column, table};

/// In the pretty form and in the other.
fn shown(sql: &str) -> (String, String) {
    let relation = table(
        20_001,
        "items",
        vec![
            column(1, "a", oid::INT4),
            column(2, "b", oid::TEXT),
            column(3, "h", oid::VARCHAR),
            column(4, "i", oid::BOOL),
            column(5, "d", oid::NUMERIC),
            column(6, "e", oid::INT4_ARRAY),
            column(7, "c", oid::TIMESTAMP),
        ],
    );
    let catalog = crate::tests::catalog();
    let context = crate::tests::Session::default();
    let system = &crate::facts::relations()[0];
    let scope = Scope { catalog: &catalog, context: &context, relation: system, equals: &[] };
    let parsed = parse_expression(sql).expect("parses");
    let text = |pretty| {
        Deparser::of_relation(&scope, Some(&relation), pretty).text(&parsed).expect("has rules")
    };
    (text(true), text(false))
}

#[test]
fn expressions_are_shown_as_postgresql_shows_them() {
    for (sql, pretty, full) in [
        ("a > 0 and a < 100", "a > 0 AND a < 100", "((a > 0) AND (a < 100))"),
        (
            "h in ('a', 'b')",
            "h::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])",
            "((h)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        ),
        ("a in (1, 2)", "a = ANY (ARRAY[1, 2])", "(a = ANY (ARRAY[1, 2]))"),
        ("a not in (1, 2)", "a <> ALL (ARRAY[1, 2])", "(a <> ALL (ARRAY[1, 2]))"),
        (
            "a + 1 > 2 or b is not null and not i",
            "(a + 1) > 2 OR b IS NOT NULL AND NOT i",
            "(((a + 1) > 2) OR ((b IS NOT NULL) AND (NOT i)))",
        ),
        ("b like 'x%'", "b ~~ 'x%'::text", "(b ~~ 'x%'::text)"),
        ("a between 1 and 5", "a >= 1 AND a <= 5", "((a >= 1) AND (a <= 5))"),
        ("length(h) > 0", "length(h::text) > 0", "(length((h)::text) > 0)"),
        ("d = 1", "d = 1::numeric", "(d = (1)::numeric)"),
        ("-1.5", "'-1.5'::numeric", "'-1.5'::numeric"),
        ("1.5e10", "'15000000000'::numeric", "'15000000000'::numeric"),
        ("a * 2 + 1 - (a - 1)", "a * 2 + 1 - (a - 1)", "(((a * 2) + 1) - (a - 1))"),
        ("b || h", "b || h::text", "(b || (h)::text)"),
        ("lower(b) = 'x'", "lower(b) = 'x'::text", "(lower(b) = 'x'::text)"),
        ("e[1] = a", "e[1] = a", "(e[1] = a)"),
        (
            "extract(year from c) > 1",
            "EXTRACT(year FROM c) > 1::numeric",
            "(EXTRACT(year FROM c) > (1)::numeric)",
        ),
        ("coalesce(b, 'n')", "COALESCE(b, 'n'::text)", "COALESCE(b, 'n'::text)"),
        ("a is not distinct from 3", "NOT a IS DISTINCT FROM 3", "(NOT (a IS DISTINCT FROM 3))"),
        (
            "case when a > 1 then 'x' else 'y' end",
            "\nCASE\n    WHEN a > 1 THEN 'x'::text\n    ELSE 'y'::text\nEND",
            "\nCASE\n    WHEN (a > 1) THEN 'x'::text\n    ELSE 'y'::text\nEND",
        ),
    ] {
        let expected = (pretty.to_owned(), full.to_owned());
        assert_eq!(shown(sql), expected, "{sql}");
    }
}

#[test]
fn views_are_laid_out_as_postgresql_lays_them_out() {
    let catalog = crate::tests::catalog();
    let context = crate::tests::Session::default();
    let system = &crate::facts::relations()[0];
    let scope = Scope { catalog: &catalog, context: &context, relation: system, equals: &[] };
    for (sql, expected) in [
        (
            "SELECT o.id AS a, CASE WHEN o.id > 1 THEN 'x' END AS b FROM public.orders o WHERE o.id IN (1, 2)",
            " SELECT id AS a,\n        CASE\n            WHEN id > 1 THEN 'x'::text\n            ELSE NULL::text\n        \
             END AS b\n   FROM orders o\n  WHERE id = ANY (ARRAY[1, 2]);",
        ),
        (
            "SELECT id AS a, count(*) AS b FROM public.orders GROUP BY 1 ORDER BY 2 DESC",
            " SELECT id AS a,\n    count(*) AS b\n   FROM orders\n  GROUP BY id\n  ORDER BY (count(*)) DESC;",
        ),
        (
            "SELECT id AS a, 1 AS b FROM public.orders UNION ALL SELECT 2, 3 UNION SELECT 4, 5",
            "(\n         SELECT orders.id AS a,\n            1 AS b\n           FROM orders\n        UNION ALL\n         \
             SELECT 2 AS a,\n            3 AS b\n) UNION\n SELECT 4 AS a,\n    5 AS b;",
        ),
        (
            "WITH w AS (SELECT id AS a FROM public.orders) SELECT a, exists (SELECT 1 FROM public.orders o WHERE o.id = w.a) AS b FROM w",
            " WITH w AS (\n         SELECT orders.id AS a\n           FROM orders\n        )\n SELECT a,\n    (EXISTS ( SELECT 1\n           \
             FROM orders o\n          WHERE o.id = w.a)) AS b\n   FROM w;",
        ),
        (
            "SELECT o.id AS a, p.id AS b FROM public.orders o LEFT JOIN public.orders p ON p.id = o.id",
            " SELECT o.id AS a,\n    p.id AS b\n   FROM orders o\n     LEFT JOIN orders p ON p.id = o.id;",
        ),
    ] {
        let parsed = syntax::parse(sql).expect("parses");
        let syntax::ast::Statement::Query(query) = &parsed[0].statement else { panic!("{sql}") };
        let names = ["a".to_owned(), "b".to_owned()];
        let text = Deparser::new(&scope, true).view(query, &names).expect("has rules");
        assert_eq!(text, expected, "{sql}");
    }
}
