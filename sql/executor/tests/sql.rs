//! SQL text through parser, planner and executor over tables in memory.

mod support;

use std::sync::Arc;

use catalog::{Relation, UserType};
use functions::{BuiltinTypes, EvalContext, TypeCatalog};
use planner::{CatalogView, PlanOptions, bind_target, plan_statement};
use support::*;
use types::{Oid, SqlResult, oid};

struct Catalog {
    env: Arc<MemoryEnv>,
    relations: Vec<Arc<Relation>>,
}

impl CatalogView for Catalog {
    fn types(&self) -> &dyn TypeCatalog {
        &BuiltinTypes
    }

    fn evaluation(&self) -> &dyn EvalContext {
        &*self.env
    }

    fn relation(&self, _: Option<&str>, name: &str) -> SqlResult<Option<Arc<Relation>>> {
        Ok(self.relations.iter().find(|relation| relation.name == name).cloned())
    }

    fn relation_by_oid(&self, relation: Oid) -> Option<Arc<Relation>> {
        self.relations.iter().find(|known| known.oid == relation).cloned()
    }

    fn schema_by_name(&self, _: &str) -> Option<Oid> {
        Some(2200)
    }

    fn schema_name(&self, _: Oid) -> Option<String> {
        Some("public".to_owned())
    }

    fn user_type(&self, _: Option<&str>, _: &str) -> Option<Arc<UserType>> {
        None
    }

    fn user_type_by_oid(&self, _: Oid) -> Option<Arc<UserType>> {
        None
    }
}

impl Catalog {
    fn new() -> Catalog {
        let relation = |number: Oid, name: &str| {
            let columns = vec![
                table_column(1, "id", oid::INT4, true),
                table_column(2, "a", oid::INT4, false),
                table_column(3, "b", oid::TEXT, false),
            ];
            let indexes = vec![
                table_index(1, &format!("{name}_pkey"), &[1], true),
                table_index(2, &format!("{name}_a_idx"), &[2], false),
            ];
            Arc::new(table(number, name, columns, indexes))
        };
        Catalog {
            env: MemoryEnv::new(1 << 24),
            relations: vec![relation(20_000, "t"), relation(20_001, "u")],
        }
    }

    /// The rows as text, one line a row, in order.
    fn run(&self, sql: &str) -> Vec<String> {
        let parsed = syntax::parse(sql).unwrap_or_else(|_| panic!("parse {sql}"));
        let mut rows = Vec::new();
        for statement in parsed {
            for relation in &self.relations {
                let target = bind_target(relation.oid, self).expect("valid");
                self.env.targets.lock().insert(relation.oid, Arc::new(target));
            }
            let plan = plan_statement(&statement.statement, self, &PlanOptions::default())
                .unwrap_or_else(|error| panic!("plan {sql}: {error}"));
            let types: Vec<Oid> = plan.root.columns.iter().map(|column| column.ty.oid).collect();
            let (result, _) = run_statement(Arc::new(plan), &self.env)
                .unwrap_or_else(|error| panic!("run {sql}: {error}"));
            self.env.end_statement();
            rows = result
                .iter()
                .map(|row| {
                    let texts: Vec<String> = row
                        .iter()
                        .zip(&types)
                        .map(|(value, &type_oid)| {
                            if value.is_null() {
                                return "null".to_owned();
                            }
                            functions::input_output::output(&*self.env, type_oid, value)
                                .expect("valid")
                        })
                        .collect();
                    texts.join("|")
                })
                .collect();
        }
        rows
    }
}

#[test]
fn statements_go_end_to_end() {
    let catalog = Catalog::new();
    catalog.run("INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y'), (3, NULL, 'z'), (4, 20, NULL)");
    catalog.run("INSERT INTO u SELECT id + 1, a, b FROM t WHERE id < 4");
    let check = |sql: &str, wanted: &[&str]| assert_eq!(catalog.run(sql), wanted, "{sql}");
    check("SELECT id, b FROM t WHERE id = 2", &["2|y"]);
    check("SELECT id FROM t WHERE a = 20 ORDER BY id DESC", &["4", "2"]);
    check("SELECT id FROM t ORDER BY a NULLS FIRST, id LIMIT 2", &["3", "1"]);
    check(
        "SELECT a, count(*), sum(id) FROM t GROUP BY a ORDER BY a",
        &["10|1|1", "20|2|6", "null|1|3"],
    );
    check("SELECT t.id, u.b FROM t JOIN u ON t.id = u.id ORDER BY 1", &["2|x", "3|y", "4|z"]);
    check(
        "SELECT t.id, u.id FROM t LEFT JOIN u ON t.a = u.a AND u.id < 3 ORDER BY 1",
        &["1|2", "2|null", "3|null", "4|null"],
    );
    check("SELECT id FROM t WHERE id NOT IN (SELECT id FROM u) ORDER BY id", &["1"]);
    check(
        "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id) ORDER BY id",
        &["2", "3", "4"],
    );
    check(
        "SELECT (SELECT max(u.id) FROM u WHERE u.a = t.a) FROM t ORDER BY id",
        &["2", "3", "null", "3"],
    );
    check("SELECT id, rank() OVER (ORDER BY a) FROM t ORDER BY id", &["1|1", "2|2", "3|4", "4|2"]);
    check("SELECT a FROM t UNION SELECT a FROM u ORDER BY a", &["10", "20", "null"]);
    check(
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r",
        &["15"],
    );
    check("SELECT * FROM generate_series(1, 3)", &["1", "2", "3"]);
    check("UPDATE t SET a = a + 1 WHERE id = 1 RETURNING id, a", &["1|11"]);
    check(
        "INSERT INTO t VALUES (1, 5, 'q') ON CONFLICT (id) DO UPDATE SET b = excluded.b RETURNING a, b",
        &["11|q"],
    );
    check("DELETE FROM t USING u WHERE t.id = u.id RETURNING t.id", &["2", "3", "4"]);
    check("SELECT count(*) FROM t", &["1"]);
}
