//! Golden tests: queries with the plan or the error they must give.
//!
//! A file holds blocks `query`, a line `----`, the expected lines, and an empty line. `UPDATE_GOLDEN=1` rewrites them.

mod fake;

use planner::{ExplainOptions, PlanOptions, explain, plan_statement};

fn run(sql: &str) -> String {
    let catalog = fake::Catalog::new();
    let statements = match syntax::parse(sql) {
        Ok(statements) => statements,
        Err(failure) => return format!("{}: {}", failure.sqlstate, failure.message),
    };
    let options = PlanOptions::default();
    match plan_statement(&statements[0].statement, &catalog, &options) {
        Ok(plan) => {
            let show = ExplainOptions { costs: false, ..ExplainOptions::default() };
            let mut lines = explain(&plan, &show, None);
            let names: Vec<String> =
                plan.root.columns.iter().map(|column| column.name.clone()).collect();
            lines.push(format!("columns: {}", names.join(", ")));
            if !plan.parameters.is_empty() {
                let types: Vec<String> =
                    plan.parameters.iter().map(|ty| ty.oid.to_string()).collect();
                lines.push(format!("parameters: {}", types.join(", ")));
            }
            if plan.is_trivial {
                lines.push("trivial".to_owned());
            }
            lines.join("\n")
        }
        Err(failure) => {
            let fields = failure.fields();
            let mut text = format!("{}: {}", fields.sqlstate, fields.message);
            if let Some(location) = fields.location {
                text.push_str(&format!(" @{location}"));
            }
            for (word, value) in [("detail", &fields.detail), ("hint", &fields.hint)] {
                if let Some(value) = value {
                    text.push_str(&format!("\n{word}: {value}"));
                }
            }
            text
        }
    }
}

fn check(name: &str) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the golden file is there");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut rewritten = String::new();
    let mut failures = String::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let (query, expected) = block.trim().split_once("\n----").unwrap_or((block.trim(), ""));
        let actual = run(query);
        rewritten.push_str(&format!("{query}\n----\n{actual}\n\n"));
        if actual.trim() != expected.trim() {
            failures
                .push_str(&format!("query: {query}\nexpected:\n{expected}\nactual:\n{actual}\n\n"));
        }
    }
    if update {
        std::fs::write(&path, rewritten).expect("the golden file can be written");
    } else {
        assert!(failures.is_empty(), "{failures}");
    }
}

#[test]
fn plans() {
    check("plans.txt");
}

#[test]
fn nested() {
    check("more.txt");
}

#[test]
fn errors() {
    check("errors.txt");
}

/// A cascaded CHECK OPTION is that of the views below too, innermost first.
#[test]
fn writes_through_a_view_carry_its_checks() {
    use planner::plan::Operator;
    let catalog = fake::Catalog::new();
    let names = |sql: &str| -> Vec<String> {
        let statements = syntax::parse(sql).expect("it parses");
        let options = PlanOptions::default();
        let plan = plan_statement(&statements[0].statement, &catalog, &options).expect("it plans");
        let checks = match plan.root.operator {
            Operator::Insert(insert) => insert.view_checks,
            Operator::Update(update) => update.view_checks,
            _ => Vec::new(),
        };
        checks.into_iter().map(|check| check.name).collect()
    };
    assert_eq!(names("INSERT INTO seniors (person, years) VALUES (1, 70)"), ["adults", "seniors"]);
    assert_eq!(names("UPDATE seniors SET years = 3"), ["adults", "seniors"]);
    assert!(names("UPDATE adults SET age = 3").is_empty());
}

#[test]
fn long_lists_are_linear() {
    let items: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let sql = format!("SELECT name FROM users WHERE id IN ({})", items.join(","));
    assert!(run(&sql).contains("users_pkey") || run(&sql).contains("Seq Scan"));
    let terms: Vec<String> = (0..20_000).map(|number| format!("age = {number}")).collect();
    let sql = format!("SELECT name FROM users WHERE {}", terms.join(" OR "));
    assert!(run(&sql).contains("Seq Scan"));
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let calls = format!("SELECT {}1{}", "abs(".repeat(390), ")".repeat(390));
    let _ = run(&calls);
    let tables = format!("{}SELECT 1{}", "SELECT * FROM (".repeat(390), ") s".repeat(390));
    let _ = run(&tables);
    let scalars = format!("{}SELECT 1{}", "SELECT (".repeat(390), ")".repeat(390));
    let _ = run(&scalars);
}
