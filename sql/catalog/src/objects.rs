//! Names of objects and objects of names: the `reg*` types, with the search path and PostgreSQL's quoting.

use std::sync::Arc;

use functions::definition::FunctionDef;
use functions::tables;
use types::{Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::descriptor::Routine;
use crate::facts;
use crate::names::{qualified, quote_identifier};
use crate::pg_catalog::routines::function_schema;
use crate::scope::format_type;
use crate::snapshot::{Catalog, PG_CATALOG};
use crate::system::SystemContext;

/// The schemas of the search path, `pg_catalog` included.
pub fn search_path(catalog: &Catalog, context: &dyn SystemContext) -> Vec<Oid> {
    let mut path: Vec<Oid> = context
        .search_path(true)
        .iter()
        .filter_map(|name| catalog.schema_by_name(name).map(|schema| schema.oid))
        .collect();
    if !path.contains(&PG_CATALOG) {
        path.insert(0, PG_CATALOG);
    }
    path
}

/// `a."B".c` as its parts, folded as SQL folds them; `None` if it is no name.
pub fn parse_name(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut part = String::new();
            let mut characters = quoted.char_indices();
            let end = loop {
                let (position, character) = characters.next()?;
                if character != '"' {
                    part.push(character);
                } else if quoted[position + 1..].starts_with('"') {
                    part.push('"');
                    characters.next();
                } else {
                    break position + 1;
                }
            };
            parts.push(part);
            rest = quoted[end..].trim_start();
        } else {
            let end = rest.find(['.', ' ']).unwrap_or(rest.len());
            let part = &rest[..end];
            if part.is_empty() || part.contains('"') {
                return None;
            }
            parts.push(part.to_lowercase());
            rest = rest[end..].trim_start();
        }
        if rest.is_empty() {
            return Some(parts);
        }
        rest = rest.strip_prefix('.')?.trim_start();
    }
}

fn in_path<T>(
    catalog: &Catalog,
    context: &dyn SystemContext,
    parts: &[String],
    find: impl Fn(Oid, &str) -> Option<T>,
) -> Option<T> {
    match parts {
        [name] => search_path(catalog, context).into_iter().find_map(|schema| find(schema, name)),
        [schema, name] | [_, schema, name] => find(catalog.schema_by_name(schema)?.oid, name),
        _ => None,
    }
}

fn relation_in(catalog: &Catalog, schema: Oid, name: &str) -> Option<Oid> {
    catalog
        .relation_by_name(schema, name)
        .map(|relation| relation.oid)
        .or_else(|| catalog.index_by_name(schema, name).map(|(_, index)| index))
}

/// The relation or index that a name means.
pub fn relation_oid(catalog: &Catalog, context: &dyn SystemContext, name: &str) -> Option<Oid> {
    in_path(catalog, context, &parse_name(name)?, |schema, name| relation_in(catalog, schema, name))
}

/// The schema and the name of a relation or index.
pub fn relation_parts(catalog: &Catalog, relation: Oid) -> Option<(Oid, &str)> {
    if let Some(relation) = catalog.relation(relation) {
        return Some((relation.schema, &relation.name));
    }
    let table = catalog.table_of_index(relation)?;
    Some((table.schema, &table.index_by_oid(relation)?.name))
}

pub fn relation_is_visible(
    catalog: &Catalog,
    context: &dyn SystemContext,
    relation: Oid,
) -> Option<bool> {
    let (_, name) = relation_parts(catalog, relation)?;
    let found = search_path(catalog, context)
        .into_iter()
        .find_map(|schema| relation_in(catalog, schema, name));
    Some(found == Some(relation))
}

/// A relation's name as the search path needs it.
pub fn relation_name(
    catalog: &Catalog,
    context: &dyn SystemContext,
    relation: Oid,
) -> Option<String> {
    let (schema, name) = relation_parts(catalog, relation)?;
    if relation_is_visible(catalog, context, relation)? {
        return Some(quote_identifier(name));
    }
    Some(qualified(&catalog.schema(schema)?.name, name))
}

pub fn type_in(catalog: &Catalog, schema: Oid, name: &str) -> Option<Oid> {
    if schema == PG_CATALOG
        && let Some(info) = types::builtin::type_by_name(name)
    {
        return Some(info.oid);
    }
    if let Some(user_type) = catalog.user_type_by_name(schema, name) {
        return Some(user_type.oid);
    }
    if let Some(element) = name.strip_prefix('_')
        && let Some(user_type) = catalog.user_type_by_name(schema, element)
    {
        return Some(user_type.array_oid);
    }
    catalog
        .relation_by_name(schema, name)
        .map(|relation| relation.type_oid)
        .filter(|row_type| *row_type != 0)
}

/// The type that a name means: SQL's spellings, arrays, and users' types by the search path.
pub fn type_oid(catalog: &Catalog, context: &dyn SystemContext, name: &str) -> Option<Oid> {
    let name = name.trim();
    if let Some(element) = name.strip_suffix("[]") {
        let element = type_oid(catalog, context, element.trim_end_matches("[]"))?;
        return Some(functions::type_catalog::array_type(catalog, element)).filter(|a| *a != 0);
    }
    // A type modifier, as in numeric(10,2), means nothing here.
    let plain = match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) if open < close && !name.contains('"') => {
            format!("{}{}", name[..open].trim_end(), &name[close + 1..])
        }
        _ => name.to_owned(),
    };
    if let Some(found) = types::builtin::type_by_sql_name(&plain) {
        return Some(found);
    }
    // `interval day to second`: which fields it has is a modifier, too.
    let mut words = plain.split_whitespace();
    let fields = ["year", "month", "day", "hour", "minute", "second", "to"];
    if words.next().is_some_and(|word| word.eq_ignore_ascii_case("interval"))
        && words.all(|word| fields.contains(&word.to_ascii_lowercase().as_str()))
    {
        return Some(types::oid::INTERVAL);
    }
    in_path(catalog, context, &parse_name(&plain)?, |schema, name| type_in(catalog, schema, name))
}

pub fn type_is_visible(
    catalog: &Catalog,
    context: &dyn SystemContext,
    type_oid: Oid,
) -> Option<bool> {
    if types::builtin::type_info(type_oid).is_some() {
        return Some(true);
    }
    let (schema, name) = if let Some(user_type) = catalog.user_type(type_oid) {
        (user_type.schema, user_type.name.clone())
    } else if let Some(relation) = catalog.relation_of_row_type(type_oid) {
        (relation.schema, relation.name.clone())
    } else {
        let element = functions::type_catalog::element_type(catalog, type_oid);
        return if element == 0 { None } else { type_is_visible(catalog, context, element) };
    };
    let found = search_path(catalog, context)
        .into_iter()
        .find(|candidate| type_in(catalog, *candidate, &name).is_some());
    Some(found == Some(schema))
}

/// A type as `format_type` shows it, qualified if the search path does not show it.
pub fn type_name(catalog: &Catalog, context: &dyn SystemContext, type_oid: Oid) -> Option<String> {
    if types::builtin::type_info(type_oid).is_some() {
        return types::builtin::format_type(type_oid, -1);
    }
    let element = functions::type_catalog::element_type(catalog, type_oid);
    if element != 0 {
        return Some(type_name(catalog, context, element)? + "[]");
    }
    let (schema, name) = if let Some(user_type) = catalog.user_type(type_oid) {
        (user_type.schema, &user_type.name)
    } else {
        let relation = catalog.relation_of_row_type(type_oid)?;
        (relation.schema, &relation.name)
    };
    if type_is_visible(catalog, context, type_oid)? {
        return Some(quote_identifier(name));
    }
    Some(qualified(&catalog.schema(schema)?.name, name))
}

fn function_name(catalog: &Catalog, function: &FunctionDef) -> String {
    let schema = function_schema(function);
    if schema == PG_CATALOG {
        return quote_identifier(function.name);
    }
    let schema = catalog.schema(schema).map_or("sys", |schema| schema.name.as_str());
    qualified(schema, function.name)
}

/// `name(type, type)`.
pub fn function_signature(catalog: &Catalog, function: &FunctionDef) -> String {
    let arguments: Vec<String> =
        function.arguments.iter().map(|argument| format_type(catalog, *argument, -1)).collect();
    format!("{}({})", function_name(catalog, function), arguments.join(","))
}

fn undefined(code: &'static str, message: String) -> SqlError {
    SqlError::new(code, message)
}

fn split_arguments(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|argument| !argument.trim().is_empty())
}

/// Whether a call of the routine finds it without its schema.
pub fn routine_is_visible(
    catalog: &Catalog,
    context: &dyn SystemContext,
    routine: Oid,
) -> Option<bool> {
    let routine = catalog.routine(routine)?;
    let inputs = routine.input_types();
    for schema in search_path(catalog, context) {
        if schema == routine.schema {
            return Some(true);
        }
        let hides = |known: &Arc<Routine>| known.input_types() == inputs;
        if catalog.routines_named(schema, &routine.name).into_iter().any(hides) {
            return Some(false);
        }
    }
    Some(false)
}

/// A routine's name as the search path needs it, with its argument types if asked for.
pub fn routine_name(
    catalog: &Catalog,
    context: &dyn SystemContext,
    routine: Oid,
    with_arguments: bool,
) -> Option<String> {
    let visible = routine_is_visible(catalog, context, routine)?;
    let routine = catalog.routine(routine)?;
    let mut shown = match catalog.schema(routine.schema) {
        Some(schema) if !visible => crate::names::qualified(&schema.name, &routine.name),
        _ => quote_identifier(&routine.name),
    };
    if with_arguments {
        let types: Vec<String> =
            routine.input_types().iter().map(|ty| format_type(catalog, *ty, -1)).collect();
        shown.push_str(&format!("({})", types.join(",")));
    }
    Some(shown)
}

fn function_oid(
    catalog: &Catalog,
    context: &dyn SystemContext,
    text: &str,
    with_arguments: bool,
) -> SqlResult<Oid> {
    let missing =
        || undefined(sqlstate::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist"));
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) if with_arguments => (name, Some(rest.trim_end().trim_end_matches(')'))),
        _ => (text, None),
    };
    let parts = parse_name(name).ok_or_else(missing)?;
    let name = parts.last().ok_or_else(missing)?;
    let schemas = match parts.as_slice() {
        [schema, _] => catalog.schema_by_name(schema).map(|found| found.oid).into_iter().collect(),
        _ => search_path(catalog, context),
    };
    let made: Vec<&Arc<Routine>> =
        schemas.iter().flat_map(|schema| catalog.routines_named(*schema, name)).collect();
    if !made.is_empty() {
        let wanted: Option<Vec<Oid>> = arguments
            .map(|arguments| {
                split_arguments(arguments)
                    .map(|argument| type_oid(catalog, context, argument))
                    .collect::<Option<Vec<Oid>>>()
            })
            .unwrap_or_default();
        let mut fitting = made.iter().filter(|routine| match (&wanted, arguments) {
            (Some(types), _) => routine.input_types() == *types,
            (None, None) => true,
            (None, Some(_)) => false,
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => return Ok(only.oid),
            (Some(first), Some(_)) if arguments.is_some() => return Ok(first.oid),
            (Some(_), Some(_)) => {
                return Err(undefined(
                    sqlstate::AMBIGUOUS_FUNCTION,
                    format!("more than one function named \"{text}\""),
                ));
            }
            (None, _) => {}
        }
    }
    let candidates = tables::functions_named(name);
    if let Some(arguments) = arguments {
        let types: Option<Vec<Oid>> = split_arguments(arguments)
            .map(|argument| type_oid(catalog, context, argument))
            .collect();
        return candidates
            .iter()
            .find(|candidate| types.as_deref() == Some(candidate.arguments))
            .map(|candidate| candidate.oid)
            .or_else(|| {
                let of_types = facts::type_functions().iter().find(|function| {
                    function.name == name && types.as_deref() == Some(&function.arguments)
                });
                of_types.map(|function| function.oid)
            })
            .ok_or_else(missing);
    }
    match candidates {
        [only] => Ok(only.oid),
        [] => facts::function_by_name(name).ok_or_else(missing),
        _ => Err(undefined(
            sqlstate::AMBIGUOUS_FUNCTION,
            format!("more than one function named \"{text}\""),
        )),
    }
}

fn operator_oid(
    catalog: &Catalog,
    context: &dyn SystemContext,
    text: &str,
    with_arguments: bool,
) -> SqlResult<Oid> {
    let missing =
        || undefined(sqlstate::UNDEFINED_FUNCTION, format!("operator does not exist: {text}"));
    let plain = text.strip_prefix("pg_catalog.").unwrap_or(text);
    if with_arguments {
        let (name, rest) = plain.split_once('(').ok_or_else(missing)?;
        let types: Vec<Oid> = rest
            .trim_end_matches(')')
            .split(',')
            .map(|argument| match argument.trim() {
                "NONE" | "none" => 0,
                argument => type_oid(catalog, context, argument).unwrap_or(0),
            })
            .collect();
        return tables::operators_named(name.trim())
            .iter()
            .find(|operator| types == [operator.left, operator.right])
            .map(|operator| operator.oid)
            .ok_or_else(missing);
    }
    match tables::operators_named(plain) {
        [only] => Ok(only.oid),
        [] => Err(missing()),
        _ => Err(undefined(
            sqlstate::AMBIGUOUS_FUNCTION,
            format!("more than one operator named {text}"),
        )),
    }
}

/// `'name'::regclass` and its like. `-` is 0, digits are the number itself.
pub fn object_by_name(
    catalog: &Catalog,
    context: &dyn SystemContext,
    reg_type: Oid,
    text: &str,
) -> SqlResult<Oid> {
    if text == "-" {
        return Ok(0);
    }
    if !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(number) = text.parse()
    {
        return Ok(number);
    }
    let parts = || {
        parse_name(text)
            .ok_or_else(|| undefined(sqlstate::INVALID_NAME, "invalid name syntax".to_owned()))
    };
    let shown = || parts().map(|parts| parts.join("."));
    match reg_type {
        oid::REGCLASS => {
            let names = parts()?;
            if let [schema, _] = names.as_slice()
                && catalog.schema_by_name(schema).is_none()
            {
                return Err(undefined(
                    sqlstate::UNDEFINED_TABLE,
                    format!("relation \"{}\" does not exist", names.join(".")),
                ));
            }
            relation_oid(catalog, context, text).ok_or_else(|| {
                undefined(
                    sqlstate::UNDEFINED_TABLE,
                    format!("relation \"{}\" does not exist", names.join(".")),
                )
            })
        }
        oid::REGTYPE => type_oid(catalog, context, text).ok_or_else(|| {
            undefined(
                sqlstate::UNDEFINED_OBJECT,
                format!("type \"{}\" does not exist", shown().unwrap_or_else(|_| text.to_owned())),
            )
        }),
        oid::REGPROC => function_oid(catalog, context, text, false),
        oid::REGPROCEDURE => function_oid(catalog, context, text, true),
        oid::REGOPER => operator_oid(catalog, context, text, false),
        oid::REGOPERATOR => operator_oid(catalog, context, text, true),
        oid::REGNAMESPACE => {
            let name = shown()?;
            catalog.schema_by_name(&name).map(|schema| schema.oid).ok_or_else(|| {
                undefined(
                    sqlstate::INVALID_SCHEMA_NAME,
                    format!("schema \"{name}\" does not exist"),
                )
            })
        }
        oid::REGROLE => {
            let name = shown()?;
            catalog.role_by_name(&name).map(|role| role.oid).ok_or_else(|| {
                undefined(sqlstate::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
            })
        }
        oid::REGCOLLATION => {
            let names = parts()?;
            let name = names.last().map_or("", String::as_str);
            collation_by_name(name).ok_or_else(|| {
                undefined(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("collation \"{name}\" for encoding \"UTF8\" does not exist"),
                )
            })
        }
        _ => Err(undefined(
            sqlstate::UNDEFINED_OBJECT,
            format!("text search configuration \"{text}\" does not exist"),
        )),
    }
}

/// The number and the name of each collation.
fn collations() -> impl Iterator<Item = (Oid, &'static str)> {
    facts::rows("pg_collation").iter().filter_map(|row| match row.as_slice() {
        [Datum::Oid(number), Datum::Text(name), ..] => Some((*number, &**name)),
        _ => None,
    })
}

fn collation_by_name(name: &str) -> Option<Oid> {
    collations().find(|(_, candidate)| *candidate == name).map(|(number, _)| number)
}

pub fn operator_class_name(class: Oid) -> Option<&'static str> {
    facts::rows("pg_opclass").iter().find_map(|row| match row.as_slice() {
        [Datum::Oid(number), _, Datum::Text(name), ..] if *number == class => Some(&**name),
        _ => None,
    })
}

/// The text form of `oid::regclass` and its like; `None` if there is no such object.
pub fn object_name(
    catalog: &Catalog,
    context: &dyn SystemContext,
    reg_type: Oid,
    object: Oid,
) -> Option<String> {
    if object == 0 {
        return Some("-".to_owned());
    }
    match reg_type {
        oid::REGCLASS => relation_name(catalog, context, object),
        oid::REGTYPE => type_name(catalog, context, object),
        oid::REGPROC => tables::function(object)
            .map(|function| function_name(catalog, function))
            .or_else(|| facts::function_name(object).map(quote_identifier))
            .or_else(|| routine_name(catalog, context, object, false)),
        oid::REGPROCEDURE => {
            let of_types = || {
                let function = facts::type_functions().iter().find(|f| f.oid == object)?;
                let arguments: Vec<String> = function
                    .arguments
                    .iter()
                    .map(|argument| format_type(catalog, *argument, -1))
                    .collect();
                Some(format!("{}({})", quote_identifier(function.name), arguments.join(",")))
            };
            tables::function(object)
                .map(|function| function_signature(catalog, function))
                .or_else(of_types)
                .or_else(|| routine_name(catalog, context, object, true))
        }
        oid::REGOPER => tables::operator(object).map(|operator| operator.name.to_owned()),
        oid::REGOPERATOR => tables::operator(object).map(|operator| {
            let side = |side: Oid| match side {
                0 => "NONE".to_owned(),
                side => format_type(catalog, side, -1),
            };
            format!("{}({},{})", operator.name, side(operator.left), side(operator.right))
        }),
        oid::REGNAMESPACE => catalog.schema(object).map(|schema| quote_identifier(&schema.name)),
        oid::REGROLE => catalog.role(object).map(|role| quote_identifier(&role.name)),
        oid::REGCOLLATION => collations()
            .find(|(number, _)| *number == object)
            .map(|(_, name)| quote_identifier(name)),
        _ => None,
    }
}
