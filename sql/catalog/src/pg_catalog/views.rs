//! `pg_tables`, `pg_views`, `pg_matviews`, `pg_indexes`, `pg_sequences`, `pg_stats`.

use types::{Datum, Row, oid};

use crate::definitions;
use crate::descriptor::RelationKind;
use crate::facts::text;
use crate::pg_catalog::classes::has_foreign_keys;
use crate::privileges::has_column_privilege;
use crate::scope::{Scope, array};

pub fn pg_tables(scope: &Scope<'_>) -> Vec<Row> {
    let wanted = scope.equal_text("tablename");
    scope
        .catalog
        .relations()
        .filter(|relation| matches!(relation.kind, RelationKind::Table | RelationKind::Virtual))
        .filter(|relation| wanted.is_none_or(|wanted| wanted == relation.name))
        .map(|relation| {
            vec![
                text(&scope.schema_name(relation.schema)),
                text(&relation.name),
                text(&scope.role_name(relation.owner)),
                Datum::Null,
                Datum::Bool(!relation.indexes.is_empty()),
                Datum::Bool(false),
                Datum::Bool(has_foreign_keys(relation)),
                Datum::Bool(false),
            ]
        })
        .collect()
}

pub fn pg_views(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .catalog
        .relations()
        .filter(|relation| matches!(relation.kind, RelationKind::View | RelationKind::VirtualView))
        .map(|relation| {
            vec![
                text(&scope.schema_name(relation.schema)),
                text(&relation.name),
                text(&scope.role_name(relation.owner)),
                definitions::view(scope, relation, false).map_or(Datum::Null, |sql| text(&sql)),
            ]
        })
        .collect()
}

pub fn pg_matviews(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .catalog
        .relations()
        .filter(|relation| relation.kind == RelationKind::MaterializedView)
        .map(|relation| {
            vec![
                text(&scope.schema_name(relation.schema)),
                text(&relation.name),
                text(&scope.role_name(relation.owner)),
                Datum::Null,
                Datum::Bool(!relation.indexes.is_empty()),
                Datum::Bool(true),
                definitions::view(scope, relation, false).map_or(Datum::Null, |sql| text(&sql)),
            ]
        })
        .collect()
}

pub fn pg_indexes(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = scope.equal_text("tablename");
    for relation in scope.user_relations() {
        if wanted.is_some_and(|wanted| wanted != relation.name) {
            continue;
        }
        for index in &relation.indexes {
            rows.push(vec![
                text(&scope.schema_name(relation.schema)),
                text(&relation.name),
                text(&index.name),
                Datum::Null,
                text(&definitions::index(scope, relation, index, true)),
            ]);
        }
    }
    rows
}

/// What ANALYZE found, of columns that the current role may read.
pub fn pg_stats(scope: &Scope<'_>) -> Vec<Row> {
    let wanted = scope.equal_text("tablename");
    let role = scope.context.current_role();
    let mut rows = Vec::new();
    for relation in scope.user_relations() {
        if wanted.is_some_and(|wanted| wanted != relation.name) {
            continue;
        }
        let Some(found) = scope.context.relation_statistics(relation.oid) else { continue };
        for column in relation.live_columns() {
            let may_read =
                has_column_privilege(scope.catalog, role, relation, column.number, 'r', false);
            let summary = found.columns.iter().find(|summary| summary.number == column.number);
            let Some(summary) = summary.filter(|_| may_read) else { continue };
            let list = |element, values: Vec<Datum>| match values.is_empty() {
                true => Datum::Null,
                false => array(element, values),
            };
            let (common, fractions) = summary
                .most_common
                .iter()
                .map(|(value, fraction)| (value.clone(), Datum::Float4(*fraction as f32)))
                .unzip();
            let mut row = vec![
                text(&scope.schema_name(relation.schema)),
                text(&relation.name),
                text(&column.name),
                Datum::Bool(false),
                Datum::Float4(summary.null_fraction as f32),
                Datum::Int4(summary.width as i32),
                Datum::Float4(summary.distinct as f32),
                list(column.type_oid, common),
                list(oid::FLOAT4, fractions),
                list(column.type_oid, summary.histogram.clone()),
                Datum::Float4(summary.correlation as f32),
            ];
            row.resize(scope.relation.columns.len(), Datum::Null);
            rows.push(row);
        }
    }
    rows
}

pub fn pg_sequences(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .user_relations()
        .filter_map(|relation| {
            let sequence = relation.sequence.as_ref()?;
            let last = match scope.context.sequence_state(relation.oid) {
                Ok((value, true)) => Datum::Int8(value),
                _ => Datum::Null,
            };
            Some(vec![
                text(&scope.schema_name(relation.schema)),
                text(&relation.name),
                text(&scope.role_name(relation.owner)),
                Datum::Oid(sequence.type_oid),
                Datum::Int8(sequence.start),
                Datum::Int8(sequence.minimum),
                Datum::Int8(sequence.maximum),
                Datum::Int8(sequence.increment),
                Datum::Bool(sequence.cycle),
                Datum::Int8(sequence.cache),
                last,
            ])
        })
        .collect()
}
