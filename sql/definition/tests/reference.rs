//! `docs/sql` says what is supported: it is made from the tables that the code uses, and this test holds it to them.
//!
//! `cargo xtask docs-sql` writes the pages anew.

#[path = "reference/functions.rs"]
mod functions_page;
#[path = "reference/operators.rs"]
mod operators_page;
mod session;
#[path = "reference/statements.rs"]
mod statements_page;
#[path = "reference/types.rs"]
mod types_page;

use std::path::Path;

const HEAD: &str =
    "<!-- Made by `cargo xtask docs-sql` from the tables that the code uses. -->\n\n";

/// A type as PostgreSQL's manual writes it.
fn type_name(type_oid: types::Oid) -> String {
    types::builtin::type_name(type_oid)
}

/// Text between backquotes in a cell of a table.
fn code(text: &str) -> String {
    // A bar would end the cell; it is the only character that needs help.
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[test]
fn the_pages_say_what_the_tables_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sql");
    let pages = [
        ("statements.md", statements_page::page()),
        ("types.md", types_page::page()),
        ("functions.md", functions_page::page()),
        ("operators.md", operators_page::page()),
    ];
    for (name, text) in pages {
        let (path, text) = (folder.join(name), format!("{HEAD}{text}"));
        if std::env::var_os("UPDATE_SQL_REFERENCE").is_some() {
            std::fs::write(&path, text).expect("a writable page");
            continue;
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/sql/{name} is out of date: run `cargo xtask docs-sql`");
    }
}
