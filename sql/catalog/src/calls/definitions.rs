//! `pg_get_*def`, `pg_get_expr`, descriptions and names.

use functions::tables;
use types::{Datum, Oid, SqlResult};

use super::{Arguments, describe, undefined_relation};
use crate::definitions;
use crate::descriptor::{Relation, UserTypeKind};
use crate::facts::text;
use crate::names::qualified;
use crate::objects;
use crate::pg_catalog::constraints;
use crate::scope::{Scope, format_type, opt_text, part_oid};

pub(super) fn call(
    scope: &Scope<'_>,
    name: &str,
    arguments: &Arguments<'_>,
) -> Option<SqlResult<Datum>> {
    let catalog = scope.catalog;
    if let Some(answer) = super::routines::call(scope, name, arguments) {
        return Some(Ok(answer));
    }
    let answer = match name {
        "pg_get_indexdef" => index(scope, arguments),
        "pg_get_constraintdef" => constraint(scope, arguments.oid(0), arguments.boolean(1)),
        "pg_get_viewdef" => return Some(view(scope, arguments)),
        "pg_get_ruledef" => rule(scope, arguments.oid(0)),
        "pg_get_expr" => {
            let relation = scope.catalog.relation(arguments.oid(1)).map(|relation| &**relation);
            text(&definitions::expression(scope, relation, arguments.text(0), arguments.boolean(2)))
        }
        "pg_get_userbyid" => text(&scope.role_name(arguments.oid(0))),
        "pg_get_serial_sequence" => return Some(serial_sequence(scope, arguments)),
        "pg_get_function_arguments" | "pg_get_function_identity_arguments" => {
            function_arguments(scope, arguments.oid(0), name == "pg_get_function_arguments")
        }
        "pg_get_function_result" => function_result(scope, arguments.oid(0)),
        "pg_get_function_arg_default"
        | "pg_get_function_sqlbody"
        | "pg_get_statisticsobjdef_expressions"
        | "pg_get_partkeydef"
        | "pg_get_partition_constraintdef"
        | "pg_get_replica_identity_index" => Datum::Null,
        "pg_get_statisticsobjdef" => {
            let sql = crate::statistics::definition(scope, arguments.oid(0));
            sql.map_or(Datum::Null, |sql| text(&sql))
        }
        "pg_get_statisticsobjdef_columns" => {
            let names = crate::statistics::shown_columns(scope, arguments.oid(0));
            names.map_or(Datum::Null, |names| text(&names))
        }
        "pg_get_triggerdef" => {
            crate::triggers::definition(scope, arguments.oid(0), arguments.boolean(1))
                .map_or(Datum::Null, |sql| text(&sql))
        }
        "pg_get_functiondef" => function_definition(scope, arguments.oid(0)),
        "obj_description" => {
            let class = (arguments.len() > 1).then(|| arguments.text(1));
            description(scope, arguments.oid(0), class, 0)
        }
        "col_description" => {
            let part = i32::try_from(arguments.integer(1)).unwrap_or(0);
            description(scope, arguments.oid(0), Some("pg_class"), part)
        }
        "shobj_description" => match arguments.text(1) {
            "pg_database" => opt_text(
                catalog
                    .databases()
                    .find(|database| database.oid == arguments.oid(0))
                    .and_then(|database| database.comment.as_deref()),
            ),
            "pg_authid" => {
                opt_text(catalog.role(arguments.oid(0)).and_then(|role| role.comment.as_deref()))
            }
            _ => Datum::Null,
        },
        "pg_describe_object" => {
            let (class, object) = (arguments.oid(0), arguments.oid(1));
            describe::object(scope, class, object, arguments.integer(2))
                .map_or(Datum::Null, |shown| text(&shown))
        }
        _ => return None,
    };
    Some(Ok(answer))
}

fn index(scope: &Scope<'_>, arguments: &Arguments<'_>) -> Datum {
    let oid = arguments.oid(0);
    let Some(relation) = scope.catalog.table_of_index(oid) else { return Datum::Null };
    let Some(index) = relation.index_by_oid(oid) else { return Datum::Null };
    let pretty = arguments.boolean(2);
    match arguments.integer(1) {
        0 => text(&definitions::index(scope, relation, index, !pretty)),
        number => {
            let number = usize::try_from(number).unwrap_or(0);
            text(
                &definitions::index_column(scope, relation, index, number, pretty)
                    .unwrap_or_default(),
            )
        }
    }
}

fn constraint(scope: &Scope<'_>, oid: Oid, pretty: bool) -> Datum {
    for relation in scope.user_relations() {
        if let Some(found) = relation.constraints.iter().find(|found| found.oid == oid) {
            return text(&definitions::constraint(scope, relation, found, pretty));
        }
    }
    for user_type in scope.catalog.user_types() {
        let UserTypeKind::Domain { checks, base, .. } = &user_type.kind else { continue };
        for ((_, sql), part) in checks.iter().zip(0..) {
            if part_oid(user_type.oid, part) == oid {
                let condition = definitions::domain_check(scope, *base, sql, pretty);
                return text(&format!("CHECK ({condition})"));
            }
        }
    }
    Datum::Null
}

fn view(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let oid = if arguments.is_text(0) {
        let name = arguments.text(0);
        objects::relation_oid(scope.catalog, scope.context, name)
            .ok_or_else(|| undefined_relation(name))?
    } else {
        arguments.oid(0)
    };
    // A number is the width of a line, which only the pretty form has.
    let pretty = match arguments.len() {
        0 | 1 => false,
        _ => arguments.integer(1) != 0 || arguments.boolean(1),
    };
    let relation = scope.catalog.relation(oid);
    Ok(relation
        .and_then(|relation| definitions::view(scope, relation, pretty))
        .map_or(Datum::Null, |sql| text(&sql)))
}

fn rule(scope: &Scope<'_>, oid: Oid) -> Datum {
    let found = scope
        .user_relations()
        .find(|relation| relation.view.is_some() && part_oid(relation.oid, 0) == oid);
    let Some(relation) = found else { return Datum::Null };
    let name = qualified(&scope.schema_name(relation.schema), &relation.name);
    let query = definitions::view(scope, relation, false).unwrap_or_default();
    text(&format!("CREATE RULE \"_RETURN\" AS\n    ON SELECT TO {name} DO INSTEAD {query}"))
}

fn serial_sequence(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (table, column) = (arguments.text(0), arguments.text(1));
    let relation = objects::relation_oid(scope.catalog, scope.context, table)
        .and_then(|oid| scope.catalog.relation(oid))
        .ok_or_else(|| undefined_relation(table))?;
    let found = relation.column(column).ok_or_else(|| {
        types::SqlError::new(
            types::sqlstate::UNDEFINED_COLUMN,
            format!("column \"{column}\" of relation \"{}\" does not exist", relation.name),
        )
    })?;
    Ok(owned_sequence(scope, relation, found.number).map_or(Datum::Null, |sequence| {
        text(&qualified(&scope.schema_name(sequence.schema), &sequence.name))
    }))
}

fn owned_sequence<'a>(scope: &Scope<'a>, relation: &Relation, number: i16) -> Option<&'a Relation> {
    let column = relation.column_by_number(number)?;
    if let Some(sequence) = column.owned_sequence {
        return scope.catalog.relation(sequence).map(|sequence| &**sequence);
    }
    scope
        .user_relations()
        .find(|candidate| {
            candidate.sequence.as_ref().is_some_and(|s| s.owned_by == Some((relation.oid, number)))
        })
        .map(|sequence| &**sequence)
}

fn function_arguments(scope: &Scope<'_>, oid: Oid, with_defaults: bool) -> Datum {
    let Some(function) = tables::function(oid) else { return Datum::Null };
    let count = function.arguments.len();
    let first_default = count.saturating_sub(function.defaults.len());
    let mut parts: Vec<String> = Vec::new();
    for (position, argument) in function.arguments.iter().enumerate() {
        let mut part = String::new();
        if function.variadic != 0 && position + 1 == count {
            part.push_str("VARIADIC ");
        }
        if let Some(name) = function.argument_names.get(position).filter(|name| !name.is_empty()) {
            part.push_str(&crate::quote_identifier(name));
            part.push(' ');
        }
        part.push_str(&format_type(scope.catalog, *argument, -1));
        if with_defaults && position >= first_default {
            part.push_str(&format!(" DEFAULT {}", function.defaults[position - first_default]));
        }
        parts.push(part);
    }
    if with_defaults {
        for (name, type_oid) in function.columns {
            let type_name = format_type(scope.catalog, *type_oid, -1);
            parts.push(format!("OUT {} {type_name}", crate::quote_identifier(name)));
        }
    }
    text(&parts.join(", "))
}

fn function_result(scope: &Scope<'_>, oid: Oid) -> Datum {
    use functions::definition::FunctionKind;
    let Some(function) = tables::function(oid) else { return Datum::Null };
    let result = format_type(scope.catalog, function.result, -1);
    match function.kind {
        FunctionKind::SetReturning => text(&format!("SETOF {result}")),
        FunctionKind::Procedure => Datum::Null,
        _ => text(&result),
    }
}

fn function_definition(scope: &Scope<'_>, oid: Oid) -> Datum {
    let Some(function) = tables::function(oid) else { return Datum::Null };
    let show = |datum: Datum| match datum {
        Datum::Text(text) => text.to_string(),
        _ => String::new(),
    };
    let strict = if function.strict { " STRICT" } else { "" };
    text(&format!(
        "CREATE OR REPLACE FUNCTION pg_catalog.{}({})\n RETURNS {}\n LANGUAGE internal\n {:?}{strict}\nAS $function${}$function$\n",
        crate::quote_identifier(function.name),
        show(function_arguments(scope, oid, true)),
        show(function_result(scope, oid)),
        function.volatility,
        function.name,
    ).replace("\n Immutable", "\n IMMUTABLE").replace("\n Stable", "\n STABLE").replace("\n Volatile", "\n"))
}

fn description(scope: &Scope<'_>, object: Oid, class: Option<&str>, part: i32) -> Datum {
    let class = class.map(|name| match name {
        "pg_class" => constraints::CLASS_CATALOG,
        "pg_constraint" => constraints::CONSTRAINT_CATALOG,
        "pg_namespace" => constraints::NAMESPACE_CATALOG,
        "pg_type" => constraints::TYPE_CATALOG,
        "pg_proc" => constraints::PROC_CATALOG,
        "pg_trigger" => constraints::TRIGGER_CATALOG,
        "pg_statistic_ext" => constraints::STATISTICS_CATALOG,
        _ => 0,
    });
    constraints::comments(scope, Some(object))
        .into_iter()
        .find(|(_, found, number, _)| class.is_none_or(|class| class == *found) && *number == part)
        .map_or(Datum::Null, |(_, _, _, comment)| text(&comment))
}
