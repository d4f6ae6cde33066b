//! What sessions do, their settings, statements and cursors, and the statistics of tables.

use types::{Datum, Row, oid};

use crate::facts::text;
use crate::scope::{Scope, array, is_system_schema, opt_text, text_array};

fn time(value: Option<i64>) -> Datum {
    value.map_or(Datum::Null, Datum::TimestampTz)
}

pub fn pg_stat_activity(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .context
        .sessions()
        .into_iter()
        .map(|session| {
            let database = scope.catalog.database_by_name(&session.database);
            let user = scope.catalog.role_by_name(&session.user);
            let waits = session.state != "active";
            vec![
                database.map_or(Datum::Null, |database| Datum::Oid(database.oid)),
                text(&session.database),
                Datum::Int4(session.process_id),
                Datum::Null,
                user.map_or(Datum::Null, |user| Datum::Oid(user.oid)),
                text(&session.user),
                text(&session.application_name),
                opt_text(session.client_address.as_deref()),
                Datum::Null,
                Datum::Int4(session.client_port),
                Datum::TimestampTz(session.started_at),
                time(session.transaction_started_at),
                time(session.query_started_at),
                Datum::TimestampTz(session.state_changed_at),
                if waits { text("Client") } else { Datum::Null },
                if waits { text("ClientRead") } else { Datum::Null },
                text(&session.state),
                Datum::Null,
                Datum::Null,
                Datum::Null,
                text(&session.query),
                text("client backend"),
            ]
        })
        .collect()
}

/// Advisory locks, and those of LOCK TABLE; nothing else is locked here.
pub fn pg_locks(scope: &Scope<'_>) -> Vec<Row> {
    let locks = scope.context.advisory_locks();
    let row = |lock: crate::system::AdvisoryLock| {
        let is_table = lock.key.part == crate::system::TABLE_PART;
        let only = |wanted: bool, value: Datum| if wanted { value } else { Datum::Null };
        vec![
            text(if is_table { "relation" } else { "advisory" }),
            Datum::Oid(lock.database),
            only(is_table, Datum::Oid(lock.key.class)),
            Datum::Null,
            Datum::Null,
            Datum::Null,
            Datum::Null,
            only(!is_table, Datum::Oid(lock.key.class)),
            only(!is_table, Datum::Oid(lock.key.object)),
            only(!is_table, Datum::Int2(lock.key.part)),
            text(&format!("{}/0", lock.process_id)),
            Datum::Int4(lock.process_id),
            text(lock.mode),
            Datum::Bool(lock.waiting_since.is_none()),
            Datum::Bool(false),
            time(lock.waiting_since),
        ]
    };
    locks.into_iter().map(row).collect()
}

pub fn pg_stat_ssl(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .context
        .sessions()
        .into_iter()
        .map(|session| {
            let bits = match &session.tls_cipher {
                Some(cipher) if cipher.contains("128") => Datum::Int4(128),
                Some(_) => Datum::Int4(256),
                None => Datum::Null,
            };
            vec![
                Datum::Int4(session.process_id),
                Datum::Bool(session.uses_tls),
                opt_text(session.tls_version.as_deref()),
                opt_text(session.tls_cipher.as_deref()),
                bits,
                Datum::Null,
                Datum::Null,
                Datum::Null,
            ]
        })
        .collect()
}

pub fn pg_stat_gssapi(scope: &Scope<'_>) -> Vec<Row> {
    let no = || Datum::Bool(false);
    scope
        .context
        .sessions()
        .into_iter()
        .map(|session| vec![Datum::Int4(session.process_id), no(), Datum::Null, no(), no()])
        .collect()
}

/// One row for the database with the sessions it has; nothing else is counted.
pub fn pg_stat_database(scope: &Scope<'_>) -> Vec<Row> {
    let sessions = scope.context.sessions();
    scope
        .catalog
        .databases()
        .map(|database| {
            let count = sessions.iter().filter(|s| s.database == database.name).count();
            let mut row = vec![
                Datum::Oid(database.oid),
                text(&database.name),
                Datum::Int4(i32::try_from(count).unwrap_or(i32::MAX)),
            ];
            for column in scope.relation.columns.iter().skip(3) {
                row.push(match column.type_oid {
                    oid::INT8 if !column.name.starts_with("checksum") => Datum::Int8(0),
                    oid::FLOAT8 => Datum::Float8(0.0),
                    _ => Datum::Null,
                });
            }
            row
        })
        .collect()
}

pub fn pg_settings(scope: &Scope<'_>) -> Vec<Row> {
    let wanted = scope.equal_text("name");
    scope
        .context
        .settings()
        .into_iter()
        .filter(|setting| wanted.is_none_or(|wanted| wanted == setting.name))
        .map(|setting| {
            vec![
                text(&setting.name),
                text(&setting.value),
                if setting.unit.is_empty() { Datum::Null } else { text(&setting.unit) },
                text(&setting.category),
                text(""),
                Datum::Null,
                text(&setting.context),
                text(&setting.kind),
                text(&setting.source),
                opt_text(setting.minimum.as_deref()),
                opt_text(setting.maximum.as_deref()),
                setting.values.as_ref().map_or(Datum::Null, |values| text_array(oid::TEXT, values)),
                text(&setting.boot_value),
                text(&setting.reset_value),
                Datum::Null,
                Datum::Null,
                Datum::Bool(false),
            ]
        })
        .collect()
}

pub fn pg_prepared_statements(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .context
        .prepared_statements()
        .into_iter()
        .map(|prepared| {
            let types = prepared.parameter_types.iter().map(|t| Datum::Oid(*t)).collect();
            vec![
                text(&prepared.name),
                text(&prepared.statement),
                Datum::TimestampTz(prepared.prepared_at),
                array(oid::REGTYPE, types),
                Datum::Null,
                Datum::Bool(prepared.from_sql),
                Datum::Int8(0),
                Datum::Int8(0),
            ]
        })
        .collect()
}

pub fn pg_cursors(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .context
        .cursors()
        .into_iter()
        .map(|cursor| {
            vec![
                text(&cursor.name),
                text(&cursor.statement),
                Datum::Bool(cursor.is_holdable),
                Datum::Bool(cursor.is_binary),
                Datum::Bool(cursor.is_scrollable),
                Datum::TimestampTz(cursor.created_at),
            ]
        })
        .collect()
}

/// The rows of `pg_stat_*_tables` and `pg_statio_*_tables`: every table, with counters at zero but for what ANALYZE
/// knows.
pub fn table_statistics(scope: &Scope<'_>, users_only: bool) -> Vec<Row> {
    use crate::descriptor::RelationKind;
    scope
        .catalog
        .relations()
        .filter(|relation| {
            matches!(
                relation.kind,
                RelationKind::Table | RelationKind::MaterializedView | RelationKind::Virtual
            ) && !(users_only && is_system_schema(relation.schema))
        })
        .map(|relation| {
            let live = scope.context.estimated_rows(relation.oid).max(0.0);
            let analyzed = scope.context.relation_statistics(relation.oid).unwrap_or_default();
            let time = |time: Option<i64>| time.map_or(Datum::Null, Datum::TimestampTz);
            scope
                .relation
                .columns
                .iter()
                .map(|column| match column.name.as_str() {
                    "relid" => Datum::Oid(relation.oid),
                    "schemaname" => text(&scope.schema_name(relation.schema)),
                    "relname" => text(&relation.name),
                    "n_live_tup" => Datum::Int8(live as i64),
                    "n_mod_since_analyze" => {
                        Datum::Int8(scope.context.changed_rows(relation.table_id))
                    }
                    "last_analyze" => time(analyzed.last_analyze),
                    "last_autoanalyze" => time(analyzed.last_automatic),
                    "analyze_count" => Datum::Int8(analyzed.analyze_count),
                    "autoanalyze_count" => Datum::Int8(analyzed.automatic_count),
                    _ if column.type_oid == oid::INT8 => Datum::Int8(0),
                    _ => Datum::Null,
                })
                .collect()
        })
        .collect()
}

/// The rows of `pg_stat_*_indexes` and `pg_statio_*_indexes`.
pub fn index_statistics(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for relation in scope.user_relations() {
        for index in &relation.indexes {
            rows.push(
                scope
                    .relation
                    .columns
                    .iter()
                    .map(|column| match column.name.as_str() {
                        "relid" => Datum::Oid(relation.oid),
                        "indexrelid" => Datum::Oid(index.oid),
                        "schemaname" => text(&scope.schema_name(relation.schema)),
                        "relname" => text(&relation.name),
                        "indexrelname" => text(&index.name),
                        _ if column.type_oid == oid::INT8 => Datum::Int8(0),
                        _ => Datum::Null,
                    })
                    .collect(),
            );
        }
    }
    rows
}

/// Seconds between 1970-01-01 and 2000-01-01.
const EPOCH_SHIFT: i64 = 946_684_800;

fn zone_row(name: &str, now: jiff::Timestamp) -> Option<Row> {
    let zone = jiff::tz::TimeZone::get(name).ok()?;
    let info = zone.to_offset_info(now);
    let offset = types::datum::Interval {
        months: 0,
        days: 0,
        microseconds: i64::from(info.offset().seconds()) * 1_000_000,
    };
    Some(vec![
        text(name),
        text(info.abbreviation()),
        Datum::Interval(offset.into()),
        Datum::Bool(info.dst().is_dst()),
    ])
}

/// The zones of the time zone database, as they are now.
pub fn pg_timezone_names(scope: &Scope<'_>) -> Vec<Row> {
    let seconds = scope.context.statement_time() / 1_000_000 + EPOCH_SHIFT;
    let now = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let wanted = scope.equal_text("name");
    jiff::tz::db()
        .available()
        .filter(|name| wanted.is_none_or(|wanted| wanted == name.as_str()))
        .filter_map(|name| zone_row(name.as_str(), now))
        .collect()
}
