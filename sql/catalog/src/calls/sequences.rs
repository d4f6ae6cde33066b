//! Sequences, sizes, transactions and other sessions.

use types::{Datum, Oid, SqlError, SqlResult, sqlstate};

use super::Arguments;
use crate::descriptor::{Relation, RelationKind};
use crate::facts::text;
use crate::privileges;
use crate::scope::Scope;

fn check_sequence(scope: &Scope<'_>, oid: Oid, wanted: &[char]) -> SqlResult<()> {
    let Some(relation) = scope.catalog.relation(oid) else {
        return Err(SqlError::new(
            sqlstate::UNDEFINED_TABLE,
            format!("relation with OID {oid} does not exist"),
        ));
    };
    if relation.kind != RelationKind::Sequence {
        return Err(SqlError::new(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a sequence", relation.name),
        ));
    }
    let role = scope.context.current_role();
    if wanted.iter().any(|privilege| {
        privileges::has_relation_privilege(scope.catalog, role, relation, *privilege, false)
    }) {
        return Ok(());
    }
    Err(SqlError::new(
        sqlstate::INSUFFICIENT_PRIVILEGE,
        format!("permission denied for sequence {}", relation.name),
    ))
}

pub(super) fn call(
    scope: &Scope<'_>,
    name: &str,
    arguments: &Arguments<'_>,
) -> Option<SqlResult<Datum>> {
    let context = scope.context;
    let int8 = |value: i64| Datum::Int8(value);
    Some(match name {
        "nextval" => check_sequence(scope, arguments.oid(0), &['w', 'U'])
            .and_then(|()| context.next_value(arguments.oid(0)))
            .map(int8),
        "currval" => check_sequence(scope, arguments.oid(0), &['r', 'U'])
            .and_then(|()| context.current_value(Some(arguments.oid(0))))
            .map(int8),
        "lastval" => context.current_value(None).map(int8),
        "setval" => {
            let value = arguments.integer(1);
            let is_called = arguments.len() < 3 || arguments.boolean(2);
            check_sequence(scope, arguments.oid(0), &['w'])
                .and_then(|()| context.set_value(arguments.oid(0), value, is_called))
                .map(|()| Datum::Int8(value))
        }
        "pg_sequence_last_value" => check_sequence(scope, arguments.oid(0), &['r', 'U'])
            .and_then(|()| context.sequence_state(arguments.oid(0)))
            .map(|(value, is_called)| if is_called { Datum::Int8(value) } else { Datum::Null }),
        "pg_get_sequence_data" => check_sequence(scope, arguments.oid(0), &['r'])
            .and_then(|()| context.sequence_state(arguments.oid(0)))
            .map(|(value, is_called)| {
                let fields = [Datum::Int8(value), Datum::Bool(is_called)];
                Datum::Record(
                    [types::oid::INT8, types::oid::BOOL].into_iter().zip(fields).collect(),
                )
            }),
        "pg_sequence_parameters" => Ok(parameters(scope, arguments.oid(0))),
        "pg_relation_size" | "pg_table_size" | "pg_indexes_size" | "pg_total_relation_size" => {
            let fork_is_main = arguments.len() < 2 || arguments.text(1) == "main";
            Ok(size(scope, arguments.oid(0), name, fork_is_main))
        }
        "pg_database_size" | "pg_tablespace_size" => {
            let total: u64 =
                scope.user_relations().map(|relation| bytes(scope, relation, true, true)).sum();
            Ok(Datum::Int8(i64::try_from(total).unwrap_or(i64::MAX)))
        }
        "txid_current" | "txid_current_if_assigned" => Ok(Datum::Int8(transaction_number(scope))),
        "pg_current_xact_id" | "pg_current_xact_id_if_assigned" => {
            Ok(Datum::Int8(transaction_number(scope)))
        }
        "txid_status" | "pg_xact_status" => {
            let running = arguments.integer(0) == transaction_number(scope);
            Ok(if running { text("in progress") } else { Datum::Null })
        }
        "transaction_status" | "sys.transaction_status" => match arguments.0.first() {
            Some(Datum::Uuid(transaction)) => {
                context.transaction_status(**transaction).map(|status| text(&status))
            }
            _ => Ok(Datum::Null),
        },
        "pg_trigger_depth" => Ok(Datum::Int4(0)),
        "pg_stat_clear_snapshot" | "pg_stat_reset" | "pg_stat_force_next_flush" => Ok(text("")),
        _ if name.starts_with("pg_stat_get_") => Ok(statistic(scope, name, arguments)),
        _ => return None,
    })
}

/// A positive number made of the transaction's identity.
fn transaction_number(scope: &Scope<'_>) -> i64 {
    let id = scope.context.transaction_id().as_u128();
    ((id ^ (id >> 64)) as u64 >> 1) as i64
}

fn bytes(scope: &Scope<'_>, relation: &Relation, rows: bool, indexes: bool) -> u64 {
    if !matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView) {
        return 0;
    }
    let mut total = 0;
    if rows {
        total += scope.context.stored_bytes(relation.table_id, None);
    }
    if indexes {
        for index in relation.indexes.iter().filter(|index| !index.primary) {
            total += scope.context.stored_bytes(relation.table_id, Some(index.number));
        }
    }
    total
}

fn size(scope: &Scope<'_>, oid: Oid, name: &str, fork_is_main: bool) -> Datum {
    let total = if let Some(relation) = scope.catalog.relation(oid) {
        match name {
            "pg_indexes_size" => bytes(scope, relation, false, true),
            "pg_total_relation_size" => bytes(scope, relation, true, true),
            _ if fork_is_main => bytes(scope, relation, true, false),
            _ => 0,
        }
    } else if let Some(relation) = scope.catalog.table_of_index(oid) {
        match relation.index_by_oid(oid) {
            Some(index) if name != "pg_indexes_size" && fork_is_main => {
                scope.context.stored_bytes(relation.table_id, Some(index.number))
            }
            _ => 0,
        }
    } else {
        return Datum::Null;
    };
    Datum::Int8(i64::try_from(total).unwrap_or(i64::MAX))
}

fn parameters(scope: &Scope<'_>, oid: Oid) -> Datum {
    use types::oid as of;
    let Some(sequence) = scope.catalog.relation(oid).and_then(|r| r.sequence.as_ref()) else {
        return Datum::Null;
    };
    Datum::Record(
        vec![
            (of::INT8, Datum::Int8(sequence.start)),
            (of::INT8, Datum::Int8(sequence.minimum)),
            (of::INT8, Datum::Int8(sequence.maximum)),
            (of::INT8, Datum::Int8(sequence.increment)),
            (of::BOOL, Datum::Bool(sequence.cycle)),
            (of::INT8, Datum::Int8(sequence.cache)),
            (of::OID, Datum::Oid(sequence.type_oid)),
        ]
        .into(),
    )
}

/// Nothing is counted yet but the rows of tables.
fn statistic(scope: &Scope<'_>, name: &str, arguments: &Arguments<'_>) -> Datum {
    match name {
        "pg_stat_get_live_tuples" => {
            Datum::Int8(scope.context.estimated_rows(arguments.oid(0)).max(0.0) as i64)
        }
        "pg_stat_get_backend_pid" => Datum::Int4(arguments.integer(0) as i32),
        _ if name.ends_with("_time") || name.ends_with("_timestamp") => Datum::Null,
        _ => Datum::Int8(0),
    }
}
