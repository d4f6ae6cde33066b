//! `pg_get_functiondef` and its like for functions that users made.

use types::Datum;

use super::Arguments;
use crate::definitions;
use crate::descriptor::{Routine, RoutineArgument};
use crate::facts::text;
use crate::names::{qualified, quote_identifier, quote_literal};
use crate::scope::{Scope, format_type};

/// Settings whose values are lists of names.
const LISTS: &[&str] = &[
    "search_path",
    "datestyle",
    "temp_tablespaces",
    "session_preload_libraries",
    "shared_preload_libraries",
    "local_preload_libraries",
];

/// `None` if the function is not about a routine that a user made.
pub(super) fn call(scope: &Scope<'_>, name: &str, arguments: &Arguments<'_>) -> Option<Datum> {
    if !name.starts_with("pg_get_function") {
        return None;
    }
    let routine = scope.catalog.routine(arguments.oid(0))?;
    Some(match name {
        "pg_get_function_arguments" => text(&argument_list(scope, routine, true)),
        "pg_get_function_identity_arguments" => text(&argument_list(scope, routine, false)),
        "pg_get_function_result" => {
            result(scope, routine).map_or(Datum::Null, |shown| text(&shown))
        }
        "pg_get_functiondef" => text(&definition(scope, routine)),
        "pg_get_function_sqlbody" if routine.standard_body.is_some() => {
            text(&standard_body(scope, routine))
        }
        "pg_get_function_arg_default" => {
            let number = usize::try_from(arguments.integer(1)).unwrap_or(0);
            let argument = number.checked_sub(1).and_then(|index| routine.arguments.get(index));
            argument
                .and_then(|argument| argument.default.as_deref())
                .map_or(Datum::Null, |default| {
                    text(&definitions::expression(scope, None, default, false))
                })
        }
        _ => Datum::Null,
    })
}

fn argument(scope: &Scope<'_>, routine: &Routine, argument: &RoutineArgument) -> String {
    let mut shown = match argument.mode {
        'o' => "OUT ",
        'b' => "INOUT ",
        'v' => "VARIADIC ",
        'i' if routine.procedure => "IN ",
        _ => "",
    }
    .to_owned();
    if !argument.name.is_empty() {
        shown.push_str(&quote_identifier(&argument.name));
        shown.push(' ');
    }
    shown.push_str(&format_type(scope.catalog, argument.type_oid, -1));
    shown
}

/// The arguments as CREATE FUNCTION writes them, without the columns of RETURNS TABLE.
pub fn argument_list(scope: &Scope<'_>, routine: &Routine, with_defaults: bool) -> String {
    let mut parts = Vec::new();
    for each in routine.arguments.iter().filter(|each| each.mode != 't') {
        let mut part = argument(scope, routine, each);
        if let Some(default) = each.default.as_deref().filter(|_| with_defaults) {
            part.push_str(" DEFAULT ");
            part.push_str(&definitions::expression(scope, None, default, false));
        }
        parts.push(part);
    }
    parts.join(", ")
}

/// What follows RETURNS; nothing for a procedure.
pub fn result(scope: &Scope<'_>, routine: &Routine) -> Option<String> {
    if routine.procedure {
        return None;
    }
    let columns: Vec<String> = routine
        .arguments
        .iter()
        .filter(|each| each.mode == 't')
        .map(|each| argument(scope, routine, each))
        .collect();
    if !columns.is_empty() {
        return Some(format!("TABLE({})", columns.join(", ")));
    }
    let set = if routine.returns_set { "SETOF " } else { "" };
    Some(format!("{set}{}", format_type(scope.catalog, routine.result, -1)))
}

fn setting(name: &str, value: &str) -> String {
    let value = match LISTS.contains(&name) {
        // A list is stored as written, each name quoted as it must be.
        true => value
            .split(',')
            .map(|item| {
                let item = item.trim();
                let plain = item.strip_prefix('"').and_then(|item| item.strip_suffix('"'));
                quote_literal(&plain.unwrap_or(item).replace("\"\"", "\""))
            })
            .collect::<Vec<_>>()
            .join(", "),
        false => quote_literal(value),
    };
    format!(" SET {} TO {value}\n", quote_identifier(name))
}

fn definition(scope: &Scope<'_>, routine: &Routine) -> String {
    let word = if routine.procedure { "PROCEDURE" } else { "FUNCTION" };
    let name = qualified(&scope.schema_name(routine.schema), &routine.name);
    let mut out =
        format!("CREATE OR REPLACE {word} {name}({})\n", argument_list(scope, routine, true));
    if let Some(result) = result(scope, routine) {
        out.push_str(&format!(" RETURNS {result}\n"));
    }
    out.push_str(&format!(" LANGUAGE {}\n", routine.language));
    let mut properties = String::new();
    properties.push_str(match routine.volatility {
        'i' => " IMMUTABLE",
        's' => " STABLE",
        _ => "",
    });
    properties.push_str(match routine.parallel {
        's' => " PARALLEL SAFE",
        'r' => " PARALLEL RESTRICTED",
        _ => "",
    });
    for (on, word) in [
        (routine.strict, " STRICT"),
        (routine.security_definer, " SECURITY DEFINER"),
        (routine.leakproof, " LEAKPROOF"),
    ] {
        properties.push_str(if on { word } else { "" });
    }
    if routine.cost != 100.0 {
        properties.push_str(&format!(" COST {}", routine.cost));
    }
    if routine.returns_set && routine.rows != 1_000.0 {
        properties.push_str(&format!(" ROWS {}", routine.rows));
    }
    if !properties.is_empty() {
        out.push_str(&properties);
        out.push('\n');
    }
    for (name, value) in &routine.settings {
        out.push_str(&setting(name, value));
    }
    if routine.standard_body.is_some() {
        out.push_str(&standard_body(scope, routine));
    } else {
        let mut quote = format!("${}", word.to_lowercase());
        while routine.body.contains(&quote) {
            quote.push('x');
        }
        out.push_str(&format!("AS {quote}${}{quote}$", routine.body));
    }
    out.push('\n');
    out
}

/// A body that was not written as a string.
fn standard_body(scope: &Scope<'_>, routine: &Routine) -> String {
    match routine.body.strip_prefix("SELECT ") {
        Some(value) if routine.standard_body == Some('r') => {
            format!("RETURN {}", definitions::expression(scope, None, value, false))
        }
        _ => {
            let body = routine.body.replace('\n', "\n ");
            let end = if body.is_empty() { "" } else { ";\n" };
            format!("BEGIN ATOMIC\n {body}{end}END")
        }
    }
}
