//! Visibility, `to_reg*`, and small questions about the server.

use functions::tables;
use types::{Datum, Oid, SqlResult, oid};

use super::Arguments;
use crate::descriptor::RelationKind;
use crate::facts::{self, text};
use crate::objects;
use crate::scope::{Scope, array};

fn visible(answer: Option<bool>) -> Datum {
    answer.map_or(Datum::Null, Datum::Bool)
}

/// Whether a row with fixed content has this number.
fn is_fixed(relation: &str, object: Oid) -> Datum {
    let found = facts::rows(relation)
        .iter()
        .any(|row| matches!(row.first(), Some(Datum::Oid(number)) if *number == object));
    if found { Datum::Bool(true) } else { Datum::Null }
}

pub(super) fn call(
    scope: &Scope<'_>,
    name: &str,
    arguments: &Arguments<'_>,
) -> Option<SqlResult<Datum>> {
    let (catalog, context) = (scope.catalog, scope.context);
    let object = arguments.oid(0);
    let answer = match name {
        "pg_table_is_visible" => visible(objects::relation_is_visible(catalog, context, object)),
        "pg_type_is_visible" => visible(objects::type_is_visible(catalog, context, object)),
        "pg_function_is_visible" => visible(
            tables::function(object)
                .map(|_| true)
                .or_else(|| objects::routine_is_visible(catalog, context, object)),
        ),
        "pg_statistics_obj_is_visible" => visible(crate::statistics::is_visible(scope, object)),
        "pg_operator_is_visible" => visible(tables::operator(object).map(|_| true)),
        "pg_opclass_is_visible" => is_fixed("pg_opclass", object),
        "pg_opfamily_is_visible" => is_fixed("pg_opfamily", object),
        "pg_collation_is_visible" => is_fixed("pg_collation", object),
        "pg_conversion_is_visible"
        | "pg_ts_parser_is_visible"
        | "pg_ts_dict_is_visible"
        | "pg_ts_config_is_visible"
        | "pg_ts_template_is_visible" => Datum::Null,
        "regclass" => {
            return Some(
                objects::object_by_name(catalog, context, oid::REGCLASS, arguments.text(0))
                    .map(Datum::Oid),
            );
        }
        "to_regclass" => return Some(to_reg(scope, oid::REGCLASS, arguments)),
        "to_regtype" => return Some(to_reg(scope, oid::REGTYPE, arguments)),
        "to_regproc" => return Some(to_reg(scope, oid::REGPROC, arguments)),
        "to_regprocedure" => return Some(to_reg(scope, oid::REGPROCEDURE, arguments)),
        "to_regoper" => return Some(to_reg(scope, oid::REGOPER, arguments)),
        "to_regoperator" => return Some(to_reg(scope, oid::REGOPERATOR, arguments)),
        "to_regnamespace" => return Some(to_reg(scope, oid::REGNAMESPACE, arguments)),
        "to_regrole" => return Some(to_reg(scope, oid::REGROLE, arguments)),
        "to_regcollation" => return Some(to_reg(scope, oid::REGCOLLATION, arguments)),
        "pg_relation_is_publishable" => {
            visible(catalog.relation(object).map(|relation| relation.kind == RelationKind::Table))
        }
        "pg_relation_is_updatable" => match catalog.relation(object) {
            // INSERT, UPDATE and DELETE.
            Some(relation) if is_updatable(relation) => Datum::Int4(28),
            _ => Datum::Int4(0),
        },
        "pg_column_is_updatable" => Datum::Bool(catalog.relation(object).is_some_and(|relation| {
            let column = i16::try_from(arguments.integer(1)).unwrap_or(0);
            is_updatable(relation)
                && crate::information_schema::columns::column_is_updatable(relation, column)
        })),
        "pg_partition_root" => Datum::Null,
        "pg_relation_filenode" => match catalog.relation(object) {
            Some(relation) if relation.kind == RelationKind::Table => Datum::Oid(object),
            _ => Datum::Null,
        },
        "pg_relation_filepath" => Datum::Null,
        "pg_tablespace_location" => text(""),
        "pg_encoding_max_length" => Datum::Int4(if arguments.integer(0) == 6 { 4 } else { 1 }),
        "pg_collation_actual_version" => match functions::collations::of_icu(object) {
            Some(_) => text(functions::collations::VERSION),
            None => Datum::Null,
        },
        "pg_database_collation_actual_version" => Datum::Null,
        "row_security_active" => Datum::Bool(false),
        "pg_safe_snapshot_blocking_pids" => array(oid::INT4, Vec::new()),
        "pg_settings_get_flags" => array(oid::TEXT, Vec::new()),
        "pg_reload_conf" => Datum::Bool(true),
        "pg_postmaster_start_time" | "pg_conf_load_time" => {
            let started = context.sessions().iter().map(|session| session.started_at).min();
            started.map_or(Datum::Null, Datum::TimestampTz)
        }
        "current_query" => context
            .sessions()
            .into_iter()
            .find(|session| session.process_id == context.backend_pid())
            .map_or(Datum::Null, |session| text(&session.query)),
        "inet_client_addr" => context
            .sessions()
            .into_iter()
            .find(|session| session.process_id == context.backend_pid())
            .and_then(|session| session.client_address)
            .map_or(Datum::Null, |address| text(&address)),
        "inet_client_port" => context
            .sessions()
            .into_iter()
            .find(|session| session.process_id == context.backend_pid())
            .map_or(Datum::Null, |session| Datum::Int4(session.client_port)),
        "inet_server_addr" | "inet_server_port" => Datum::Null,
        "age" | "mxid_age" => Datum::Int4(0),
        "pg_index_column_has_property" => index_property(scope, arguments),
        _ => return None,
    };
    Some(Ok(answer))
}

/// NULL instead of an error for a name that means nothing; numbers are not names here.
fn is_updatable(relation: &crate::Relation) -> bool {
    match relation.kind {
        RelationKind::Table => true,
        RelationKind::View => relation.view.as_ref().is_some_and(|view| !view.updatable.is_empty()),
        _ => false,
    }
}

fn to_reg(scope: &Scope<'_>, reg_type: Oid, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    match objects::object_by_name(scope.catalog, scope.context, reg_type, arguments.text(0)) {
        Ok(object) => Ok(Datum::Oid(object)),
        Err(_) => Ok(Datum::Null),
    }
}

fn index_property(scope: &Scope<'_>, arguments: &Arguments<'_>) -> Datum {
    let index = scope
        .catalog
        .table_of_index(arguments.oid(0))
        .and_then(|relation| relation.index_by_oid(arguments.oid(0)));
    let column = usize::try_from(arguments.integer(1) - 1)
        .ok()
        .and_then(|position| index?.columns.get(position));
    let Some(column) = column else { return Datum::Null };
    match arguments.text(2) {
        "asc" => Datum::Bool(!column.descending),
        "desc" => Datum::Bool(column.descending),
        "nulls_first" => Datum::Bool(column.nulls_first),
        "nulls_last" => Datum::Bool(!column.nulls_first),
        "orderable" | "returnable" | "search_array" | "search_nulls" => Datum::Bool(true),
        "distance_orderable" => Datum::Bool(false),
        _ => Datum::Null,
    }
}
