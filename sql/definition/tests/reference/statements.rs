//! The page of statements: an example of each is parsed and asked of the dispatch; definitions are run.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::code;
use super::session::Session;

/// What the examples need; not shown.
const PREPARATION: &[&str] = &[
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "CREATE TABLE items (id int PRIMARY KEY, name text, price numeric)",
    "CREATE ROLE reader",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
];

/// Headings, and below each the title and example of its statements, in an order in which they can run.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "Rows",
        &[
            ("SELECT, VALUES, TABLE, WITH", "SELECT name, sum(price) FROM items GROUP BY name"),
            (
                "INSERT",
                "INSERT INTO items VALUES (1, 'a', 2) ON CONFLICT (id) DO NOTHING RETURNING id",
            ),
            ("UPDATE", "UPDATE items SET price = price * 2 WHERE id = 1"),
            ("DELETE", "DELETE FROM items USING parent WHERE items.id = parent.id"),
            ("MERGE", "MERGE INTO items i USING parent p ON i.id = p.id WHEN MATCHED THEN DELETE"),
            ("COPY", "COPY items FROM STDIN (FORMAT csv)"),
            ("TRUNCATE", "TRUNCATE items"),
            ("CALL", "CALL tidy_up(1)"),
            ("DO", "DO $$ BEGIN NULL; END $$"),
        ],
    ),
    (
        "Transactions and sessions",
        &[
            ("BEGIN, COMMIT, ROLLBACK, SAVEPOINT", "BEGIN ISOLATION LEVEL REPEATABLE READ"),
            ("SET, RESET", "SET statement_timeout = '5s'"),
            ("SET CONSTRAINTS", "SET CONSTRAINTS ALL DEFERRED"),
            ("SHOW", "SHOW search_path"),
            ("DISCARD", "DISCARD ALL"),
            ("PREPARE", "PREPARE q (int) AS SELECT $1"),
            ("EXECUTE", "EXECUTE q (1)"),
            ("DEALLOCATE", "DEALLOCATE q"),
            ("DECLARE", "DECLARE c CURSOR FOR SELECT 1"),
            ("FETCH, MOVE", "FETCH 10 FROM c"),
            ("CLOSE", "CLOSE c"),
            ("LISTEN", "LISTEN channel"),
            ("UNLISTEN", "UNLISTEN *"),
            ("NOTIFY", "NOTIFY channel, 'payload'"),
            ("LOCK", "LOCK TABLE items"),
            ("LOAD", "LOAD 'library'"),
        ],
    ),
    (
        "Tables, indexes and views",
        &[
            ("CREATE TABLE", "CREATE TABLE child (id int REFERENCES parent, CHECK (id > 0))"),
            (
                "CREATE TABLE, generated columns",
                "CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
            ),
            ("CREATE TABLE, partitions", "CREATE TABLE p (a int) PARTITION BY RANGE (a)"),
            ("CREATE TABLE, inheritance", "CREATE TABLE heir () INHERITS (parent)"),
            (
                "CREATE TABLE, exclusion constraints",
                "CREATE TABLE x (r int4range, EXCLUDE USING gist (r WITH &&))",
            ),
            ("CREATE TEMPORARY TABLE", "CREATE TEMPORARY TABLE scratch (a int)"),
            ("CREATE TABLE AS", "CREATE TABLE copied AS SELECT 1 AS a"),
            ("ALTER TABLE", "ALTER TABLE items ADD COLUMN added int"),
            ("CREATE INDEX", "CREATE UNIQUE INDEX by_name ON items (name, price)"),
            ("CREATE INDEX, of expressions", "CREATE INDEX by_lower ON items (lower(name))"),
            ("CREATE INDEX, of some rows", "CREATE INDEX dear ON items (price) WHERE price > 100"),
            (
                "CREATE INDEX, GIN",
                "CREATE INDEX words ON items USING gin (to_tsvector('simple', name))",
            ),
            ("REINDEX", "REINDEX TABLE items"),
            ("CLUSTER (nothing to do)", "CLUSTER items"),
            ("CREATE VIEW", "CREATE VIEW cheap AS SELECT id FROM items WHERE price < 1"),
            (
                "CREATE MATERIALIZED VIEW",
                "CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM items",
            ),
            ("REFRESH MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW totals"),
            ("CREATE SEQUENCE", "CREATE SEQUENCE s INCREMENT BY 2"),
            ("ALTER SEQUENCE", "ALTER SEQUENCE s RESTART WITH 10"),
            ("CREATE STATISTICS", "CREATE STATISTICS st ON id, name FROM items"),
            ("ALTER STATISTICS", "ALTER STATISTICS st SET STATISTICS 10"),
            (
                "CREATE TRIGGER",
                "CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION f()",
            ),
            ("CREATE RULE", "CREATE RULE r AS ON INSERT TO items DO INSTEAD NOTHING"),
            ("CREATE POLICY", "CREATE POLICY own ON items USING (true)"),
            ("ALTER POLICY", "ALTER POLICY own ON items USING (false)"),
        ],
    ),
    (
        "Schemas, types and functions",
        &[
            ("CREATE SCHEMA", "CREATE SCHEMA shop"),
            ("ALTER … SET SCHEMA", "ALTER TABLE child SET SCHEMA shop"),
            ("ALTER … RENAME", "ALTER TABLE items RENAME COLUMN added TO renamed"),
            ("ALTER … OWNER TO", "ALTER SCHEMA shop OWNER TO reader"),
            ("CREATE TYPE", "CREATE TYPE mood AS ENUM ('sad', 'happy')"),
            ("ALTER TYPE", "ALTER TYPE mood ADD VALUE 'calm' AFTER 'sad'"),
            ("CREATE DOMAIN", "CREATE DOMAIN positive AS int CHECK (VALUE > 0)"),
            ("ALTER DOMAIN", "ALTER DOMAIN positive SET DEFAULT 1"),
            (
                "CREATE FUNCTION, CREATE PROCEDURE",
                "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            ),
            ("ALTER FUNCTION", "ALTER FUNCTION one() IMMUTABLE"),
            (
                "CREATE AGGREGATE, OPERATOR, COLLATION, …",
                "CREATE AGGREGATE most (int) (SFUNC = int4larger, STYPE = int)",
            ),
            ("CREATE CAST", "CREATE CAST (int AS mood) WITHOUT FUNCTION"),
            ("CREATE EXTENSION", "CREATE EXTENSION IF NOT EXISTS pgcrypto"),
            ("COMMENT", "COMMENT ON TABLE items IS 'what is sold'"),
            ("SECURITY LABEL", "SECURITY LABEL ON TABLE items IS 'secret'"),
            ("DROP", "DROP VIEW cheap"),
        ],
    ),
    (
        "Roles and databases",
        &[
            ("CREATE ROLE, CREATE USER", "CREATE ROLE writer LOGIN"),
            ("ALTER ROLE", "ALTER ROLE writer CREATEDB"),
            ("ALTER ROLE … SET", "ALTER ROLE writer SET search_path = shop"),
            ("GRANT, REVOKE (objects)", "GRANT SELECT ON items TO reader"),
            ("GRANT, REVOKE (roles)", "GRANT reader TO writer"),
            (
                "ALTER DEFAULT PRIVILEGES",
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
            ),
            ("DROP ROLE", "DROP ROLE IF EXISTS nobody"),
            ("DROP OWNED", "DROP OWNED BY reader"),
            ("REASSIGN OWNED", "REASSIGN OWNED BY reader TO writer"),
            ("CREATE DATABASE", "CREATE DATABASE other"),
            ("ALTER DATABASE", "ALTER DATABASE postgres CONNECTION LIMIT 5"),
            ("ALTER DATABASE … SET", "ALTER DATABASE postgres SET timezone = 'UTC'"),
            ("DROP DATABASE", "DROP DATABASE other"),
            ("CREATE PUBLICATION", "CREATE PUBLICATION p FOR TABLE items"),
        ],
    ),
    (
        "Upkeep",
        &[
            ("EXPLAIN", "EXPLAIN (ANALYZE) SELECT 1"),
            ("VACUUM, ANALYZE", "ANALYZE items"),
            ("CHECKPOINT (nothing to do)", "CHECKPOINT"),
            ("ALTER SYSTEM", "ALTER SYSTEM SET work_mem = '1MB'"),
            ("AWS IAM GRANT, AWS IAM REVOKE", "AWS IAM GRANT reader TO 'arn:aws:iam::1:role/r'"),
        ],
    ),
];

/// What the page says of an example: nothing more if it works.
fn answer(session: &mut Session, sql: &str, kinds: &mut BTreeSet<String>) -> String {
    let parsed = syntax::parse(sql).unwrap_or_else(|error| panic!("{sql}: {}", error.message));
    let statement = &parsed[0].statement;
    let shown = format!("{statement:?}");
    kinds.insert(shown.chars().take_while(char::is_ascii_alphanumeric).collect());
    if definition::refused(statement).is_some() {
        return "refused".to_owned();
    }
    if !definition::is_definition(statement) {
        return "yes".to_owned();
    }
    let answered = session.run(sql);
    match answered.lines().find_map(|line| line.strip_prefix("ERROR ")) {
        None => "yes".to_owned(),
        Some(error) => {
            let message =
                error.strip_prefix("0A000: ").unwrap_or_else(|| panic!("{sql}: {answered}"));
            format!("refused: {message}")
        }
    }
}

pub fn page() -> String {
    let mut session = Session::new();
    for sql in PREPARATION {
        let answered = session.run(sql);
        assert!(!answered.contains("ERROR "), "{sql}: {answered}");
    }
    let mut kinds = BTreeSet::new();
    let mut text = String::from(
        "# Statements\n\n\
         An example of each statement that the grammar knows, and whether it is run. What is refused is read by the grammar and\n\
         answered with 0A000. What differs where both run: [differences](../postgres-differences.md).\n",
    );
    for (heading, examples) in EXAMPLES {
        let _ =
            write!(text, "\n## {heading}\n\n| statement | runs | example |\n| --- | --- | --- |\n");
        for (title, sql) in *examples {
            let runs = answer(&mut session, sql, &mut kinds);
            let _ = writeln!(text, "| {title} | {runs} | {} |", code(sql));
        }
    }
    assert_all_shown(&kinds);
    text
}

/// Every statement of the syntax tree has an example.
fn assert_all_shown(kinds: &BTreeSet<String>) {
    let tree = include_str!("../../../syntax/src/ast/mod.rs");
    let (_, variants) = tree.split_once("pub enum Statement {").expect("the statements");
    let (variants, _) = variants.split_once("\n}").expect("their end");
    let missing: Vec<&str> = variants
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//") && !line.is_empty())
        .map(|line| line.split(['(', ',']).next().unwrap_or(line))
        .filter(|name| !kinds.contains(*name))
        .collect();
    assert!(missing.is_empty(), "statements without an example: {missing:?}");
}
