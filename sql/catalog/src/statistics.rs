//! What CREATE STATISTICS asks ANALYZE for, and how the system's tables show it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{Array, ArrayDimension, Datum, Oid, Row, oid};

use crate::descriptor::{AttributeNumber, Column, Relation};
use crate::facts::text;
use crate::names::{qualified, quote_identifier};
use crate::objects;
use crate::privileges::has_privileges_of;
use crate::scope::{Scope, array, int2_vector, letter};

/// Statistics over several columns of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedStatistics {
    pub oid: Oid,
    pub name: String,
    pub schema: Oid,
    pub owner: Oid,
    pub table: Oid,
    /// Two to eight, ascending.
    pub columns: Vec<AttributeNumber>,
    /// As in `pg_statistic_ext.stxkind`: `d`, `f`, `m`, in this order.
    pub kinds: String,
    /// −1: the largest target of the columns or the default; 0: nothing is gathered; at most 10,000.
    pub target: i32,
    pub comment: Option<String>,
}

/// What ANALYZE knows about several columns together.
#[derive(Clone, Debug, Default)]
pub struct GroupStatistics {
    /// The statistics object.
    pub object: Oid,
    /// Ascending.
    pub columns: Vec<AttributeNumber>,
    /// How many distinct combinations some of the columns have.
    pub distinct: Vec<(Vec<AttributeNumber>, f64)>,
    /// How far the values of some columns decide that of another: the fraction of rows for which they do.
    pub dependencies: Vec<(Vec<AttributeNumber>, AttributeNumber, f64)>,
    /// Combinations of values of all the columns, the most common first.
    pub most_common: Vec<CommonCombination>,
}

/// A combination of values that many rows have.
#[derive(Clone, Debug)]
pub struct CommonCombination {
    pub values: Vec<Datum>,
    /// The fraction of rows that have it.
    pub fraction: f64,
    /// What that were if the columns had nothing to do with each other.
    pub independent: f64,
}

impl GroupStatistics {
    /// As `pg_ndistinct` is written; `None` if it was not asked for.
    fn shown_distinct(&self) -> Datum {
        let mut sorted: Vec<_> = self.distinct.iter().collect();
        sorted.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
        object(
            sorted.iter().map(|(columns, distinct)| format!("\"{}\": {distinct}", list(columns))),
        )
    }

    /// As `pg_dependencies` is written.
    fn shown_dependencies(&self) -> Datum {
        let mut sorted: Vec<_> = self.dependencies.iter().collect();
        sorted.sort_by(|a, b| (a.0.len(), &a.0, a.1).cmp(&(b.0.len(), &b.0, b.1)));
        let one = |(from, to, degree): &&(Vec<AttributeNumber>, AttributeNumber, f64)| {
            format!("\"{} => {to}\": {degree:.6}", list(from))
        };
        object(sorted.iter().map(one))
    }
}

fn list(columns: &[AttributeNumber]) -> String {
    columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn object(entries: impl Iterator<Item = String>) -> Datum {
    let entries: Vec<String> = entries.collect();
    if entries.is_empty() { Datum::Null } else { text(&format!("{{{}}}", entries.join(", "))) }
}

/// Each object with what ANALYZE found for it.
fn gathered<'s>(
    scope: &'s Scope<'_>,
) -> impl Iterator<Item = (&'s Arc<ExtendedStatistics>, GroupStatistics)> {
    scope.catalog.extended_statistics().filter_map(|statistics| {
        let found = scope.context.relation_statistics(statistics.table)?;
        let group = found.groups.into_iter().find(|group| group.object == statistics.oid)?;
        Some((statistics, group))
    })
}

/// The combinations themselves are in `pg_stats_ext` only.
pub fn pg_statistic_ext_data(scope: &Scope<'_>) -> Vec<Row> {
    let rows = gathered(scope).map(|(statistics, group)| {
        vec![
            Datum::Oid(statistics.oid),
            Datum::Bool(false),
            group.shown_distinct(),
            group.shown_dependencies(),
            Datum::Null,
            Datum::Null,
        ]
    });
    rows.collect()
}

/// What ANALYZE found, of tables whose owner the current role is or acts as.
pub fn pg_stats_ext(scope: &Scope<'_>) -> Vec<Row> {
    let role = scope.context.current_role();
    let mut rows = Vec::new();
    for (statistics, group) in gathered(scope) {
        let Some(relation) = scope.catalog.relation(statistics.table) else { continue };
        if !has_privileges_of(scope.catalog, role, relation.owner) {
            continue;
        }
        let columns: Vec<&Column> =
            group.columns.iter().filter_map(|number| relation.column_by_number(*number)).collect();
        let common = &group.most_common;
        let written = |common: &CommonCombination| -> Vec<Datum> {
            let values = common.values.iter().zip(&columns);
            let write = |(value, column): (&Datum, &&Column)| match value.is_null() {
                true => Datum::Null,
                false => functions::input_output::output(scope.context, column.type_oid, value)
                    .map_or(Datum::Null, |value| text(&value)),
            };
            values.map(write).collect()
        };
        let values = common.iter().map(written).collect();
        let nulls = common
            .iter()
            .map(|common| common.values.iter().map(|value| Datum::Bool(value.is_null())).collect())
            .collect();
        let numbers = |read: fn(&CommonCombination) -> f64| {
            array(oid::FLOAT8, common.iter().map(|common| Datum::Float8(read(common))).collect())
        };
        let combinations = match common.is_empty() {
            true => vec![Datum::Null; 4],
            false => vec![
                table(oid::TEXT, values),
                table(oid::BOOL, nulls),
                numbers(|common| common.fraction),
                numbers(|common| common.independent),
            ],
        };
        let mut row = vec![
            text(&scope.schema_name(relation.schema)),
            text(&relation.name),
            text(&scope.schema_name(statistics.schema)),
            text(&statistics.name),
            text(&scope.role_name(statistics.owner)),
            array(oid::NAME, columns.iter().map(|column| text(&column.name)).collect()),
            Datum::Null,
            array(oid::CHAR, statistics.kinds.chars().map(letter).collect()),
            Datum::Bool(false),
            group.shown_distinct(),
            group.shown_dependencies(),
        ];
        row.extend(combinations);
        rows.push(row);
    }
    rows
}

/// An array of two dimensions.
fn table(element: Oid, rows: Vec<Vec<Datum>>) -> Datum {
    let dimension = |length: usize| ArrayDimension { length: length as i32, lower: 1 };
    let dimensions = vec![dimension(rows.len()), dimension(rows.first().map_or(0, Vec::len))];
    let elements = rows.into_iter().flatten().collect();
    Datum::Array(Arc::new(Array { element, dimensions, elements }))
}

pub fn pg_statistic_ext(scope: &Scope<'_>) -> Vec<Row> {
    let shown = scope.catalog.extended_statistics().map(|statistics| {
        vec![
            Datum::Oid(statistics.oid),
            Datum::Oid(statistics.table),
            text(&statistics.name),
            Datum::Oid(statistics.schema),
            Datum::Oid(statistics.owner),
            Datum::Int4(statistics.target),
            int2_vector(statistics.columns.iter().copied()),
            array(oid::CHAR, statistics.kinds.chars().map(letter).collect()),
            Datum::Null,
        ]
    });
    shown.collect()
}

/// The columns' names, as `ON` lists them.
pub fn columns(relation: &Relation, statistics: &ExtendedStatistics) -> String {
    let names = statistics.columns.iter().filter_map(|number| relation.column_by_number(*number));
    names.map(|column| quote_identifier(&column.name)).collect::<Vec<_>>().join(", ")
}

/// What `pg_get_statisticsobjdef_columns` answers.
pub fn shown_columns(scope: &Scope<'_>, oid: Oid) -> Option<String> {
    let statistics = scope.catalog.statistics(oid)?;
    Some(columns(scope.catalog.relation(statistics.table)?, statistics))
}

/// What `pg_get_statisticsobjdef` answers.
pub fn definition(scope: &Scope<'_>, oid: Oid) -> Option<String> {
    let statistics = scope.catalog.statistics(oid)?;
    let words = [('d', "ndistinct"), ('f', "dependencies"), ('m', "mcv")];
    let kinds: Vec<&str> = words
        .iter()
        .filter(|(kind, _)| statistics.kinds.contains(*kind))
        .map(|(_, word)| *word)
        .collect();
    let kinds = match kinds.len() {
        3 => String::new(),
        _ => format!(" ({})", kinds.join(", ")),
    };
    Some(format!(
        "CREATE STATISTICS {}{kinds} ON {} FROM {}",
        qualified(&scope.schema_name(statistics.schema), &statistics.name),
        shown_columns(scope, oid)?,
        objects::relation_name(scope.catalog, scope.context, statistics.table)?,
    ))
}

/// Whether the search path finds the object by its name alone; `None` if there is no such object.
pub fn is_visible(scope: &Scope<'_>, oid: Oid) -> Option<bool> {
    let statistics = scope.catalog.statistics(oid)?;
    let found = objects::search_path(scope.catalog, scope.context)
        .into_iter()
        .find_map(|schema| scope.catalog.statistics_by_name(schema, &statistics.name));
    Some(found.is_some_and(|found| found.oid == oid))
}
