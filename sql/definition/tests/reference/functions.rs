//! The page of functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use functions::definition::{FunctionDef, FunctionKind};
use functions::tables::{all_casts, all_functions, all_operators};
use types::oid;

use super::{code, type_name};

const KINDS: &[(FunctionKind, &str, &str)] = &[
    (
        FunctionKind::Aggregate,
        "Aggregates",
        "All but those of WITHIN GROUP can be window functions too, with any frame.",
    ),
    (FunctionKind::Window, "Window functions", "They need OVER."),
    (FunctionKind::SetReturning, "Functions that return rows", "In FROM and in select lists."),
    (FunctionKind::Scalar, "Functions of values", "Operators and casts have pages of their own."),
];

fn signature(function: &FunctionDef) -> String {
    let optional = function.arguments.len() - function.defaults.len();
    let mut arguments = Vec::new();
    for (position, argument) in function.arguments.iter().enumerate() {
        let is_variadic = function.variadic != 0 && position + 1 == function.arguments.len();
        let mut shown = String::new();
        if is_variadic {
            shown.push_str("VARIADIC ");
        }
        if let Some(name) = function.argument_names.get(position).filter(|name| !name.is_empty()) {
            let _ = write!(shown, "{name} ");
        }
        shown.push_str(&type_name(*argument));
        if let Some(default) =
            position.checked_sub(optional).and_then(|at| function.defaults.get(at))
        {
            let _ = write!(shown, " = {default}");
        }
        arguments.push(shown);
    }
    let result = if function.columns.is_empty() {
        type_name(function.result)
    } else {
        let columns = function.columns.iter();
        let columns: Vec<String> =
            columns.map(|(name, oid)| format!("{name} {}", type_name(*oid))).collect();
        format!("({})", columns.join(", "))
    };
    format!("({}) → {result}", arguments.join(", "))
}

pub fn page() -> String {
    let mut text = String::from(
        "# Functions\n\n\
         All built-in functions with what they take and return, as in PostgreSQL 16's `pg_proc`. Missing here means: the call\n\
         is refused with 42883. `CREATE FUNCTION` adds more in SQL and PL/pgSQL.\n",
    );
    // What stands behind an operator or a cast, or reads and writes a type, is not for calling.
    let mut inner: BTreeSet<types::Oid> = all_operators().map(|one| one.function).collect();
    inner.extend(all_casts().map(|cast| cast.function));
    for (kind, title, remark) in KINDS {
        let mut by_name: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for function in all_functions().filter(|function| function.kind == *kind) {
            let types = function.arguments.iter().chain([&function.result]);
            let is_internal = types.clone().any(|one| matches!(*one, oid::INTERNAL | oid::CSTRING));
            if !is_internal && (*kind != FunctionKind::Scalar || !inner.contains(&function.oid)) {
                by_name.entry(function.name).or_default().insert(signature(function));
            }
        }
        let _ = write!(
            text,
            "\n## {title}\n\n{remark} {} names.\n\n| name | takes → returns |\n| --- | --- |\n",
            by_name.len()
        );
        for (name, signatures) in by_name {
            let signatures: Vec<String> = signatures.iter().map(|one| code(one)).collect();
            let _ = writeln!(text, "| {} | {} |", code(name), signatures.join("<br>"));
        }
    }
    text
}
