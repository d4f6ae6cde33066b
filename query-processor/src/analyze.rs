//! ANALYZE and VACUUM: statistics for the planner.
//!
//! Storage collects old versions by itself, so VACUUM has nothing else to do. Statistics are sampled from the rows as the
//! transaction sees them, and kept in storage ([`crate::statistics`]) whatever becomes of the transaction.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use catalog::{Catalog, Relation, RelationKind};
use executor::environment::ReadRequest;
use executor::{Environment, RowCodec};
use planner::{CatalogView, ColumnStatistics, Statistics};
use protocol::TableId;
use protocol::key::{PRIMARY_INDEX, prefix, prefix_end};
use protocol::storage::{Direction, ScanCursor};
use syntax::ast;
use types::{Datum, Oid, Row, SqlError, SqlResult, sqlstate};

use crate::client_session::Session;
use crate::environment::StatementEnvironment;
use crate::errors;
use crate::group_statistics;

/// Rows whose values are looked at, as PostgreSQL's default target of 100 asks for.
const SAMPLE_ROWS: usize = 30_000;
/// Most common values and histogram bounds kept per column.
const TARGET: usize = 100;

/// Runs VACUUM or ANALYZE; returns the tag.
pub async fn run(session: &mut Session, vacuum: &ast::Vacuum) -> SqlResult<String> {
    let tag = if vacuum.vacuum { "VACUUM" } else { "ANALYZE" };
    if vacuum.vacuum && session.in_explicit_block() {
        return Err(SqlError::new(
            sqlstate::ACTIVE_SQL_TRANSACTION,
            "VACUUM cannot run inside a transaction block",
        ));
    }
    for option in &vacuum.options {
        // The others take a word or a number, or nothing that matters here.
        let switches = ["analyze", "verbose", "freeze", "full", "skip_locked", "process_toast"];
        if switches.contains(&option.name.as_str()) {
            crate::explain::boolean(option)?;
        }
    }
    let analyze = !vacuum.vacuum
        || vacuum
            .options
            .iter()
            .any(|option| matches!(option.name.as_str(), "analyze" | "analyse"));
    let environment = session.environment().await?;
    let mut tables: Vec<Arc<Relation>> = Vec::new();
    for target in &vacuum.targets {
        let name = &target.0.name;
        let relation = CatalogView::relation(&*environment, name.schema(), name.name())?
            .ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_TABLE,
                    format!("relation \"{}\" does not exist", name.name()),
                )
            })?;
        tables.push(relation);
    }
    if vacuum.targets.is_empty() {
        tables = environment.catalog.relations().cloned().collect();
    }
    tables.retain(|relation| {
        matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView)
    });
    if analyze {
        for relation in tables {
            let context = Arc::clone(&environment);
            let (oid, table) = (relation.oid, relation.table_id);
            let services = Arc::clone(&session.services);
            let changes = services.kept_statistics.changes(table);
            let before = services.kept_statistics.of(&services, oid);
            let statistics = session
                .run_blocking(move || {
                    let before = before.as_ref().map(|before| &*before.statistics);
                    let sample = sample(&context, &relation)?;
                    Ok(sample.statistics(&relation, &context.catalog, before))
                })
                .await?;
            services.kept_statistics.keep(&services, oid, statistics, false).await?;
            services.kept_statistics.forget_changes(table, changes);
        }
    }
    Ok(tag.to_owned())
}

/// Whether a row is in a sample that leaves out all but one in 2^`halvings`. The choice looks random, so that rows that
/// lie beside each other are sampled together as often as any others, but is the same each time.
fn is_sampled(row: u64, halvings: u32) -> bool {
    // Steele, Lea and Flood's SplitMix64.
    let mut mixed = row.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)).trailing_zeros() >= halvings
}

/// The first key of a table's rows and the end of them.
pub fn rows_of(table: TableId) -> (Bytes, Bytes) {
    let start = prefix(table, PRIMARY_INDEX).to_vec();
    let end = prefix_end(&start).expect("not the last table");
    (start.into(), end.into())
}

/// All rows are counted; the sample is halved each time that it becomes too large.
pub struct Sample {
    codec: RowCodec,
    rows: Vec<(u64, Row)>,
    seen: u64,
    bytes: u64,
    halvings: u32,
}

impl Sample {
    pub fn new(codec: RowCodec) -> Sample {
        Sample { codec, rows: Vec::new(), seen: 0, bytes: 0, halvings: 0 }
    }

    /// Takes in some rows; whether there are more.
    pub fn read(&mut self, cursor: &mut dyn ScanCursor) -> SqlResult<bool> {
        let visited = cursor.visit(1_000, &mut |key, value| {
            if is_sampled(self.seen, self.halvings) {
                self.rows.push((self.seen, self.codec.decode(value)?));
                while self.rows.len() >= 2 * SAMPLE_ROWS {
                    self.halvings += 1;
                    self.rows.retain(|(row, _)| is_sampled(*row, self.halvings));
                }
            }
            self.seen += 1;
            self.bytes += (key.len() + value.len()) as u64;
            Ok(())
        });
        Ok(visited.map_err(errors::from_read)?.more)
    }

    /// Of the columns, and of the groups of columns that CREATE STATISTICS has named. A group whose target is zero
    /// stays as it was before.
    pub fn statistics(
        &self,
        relation: &Relation,
        catalog: &Catalog,
        before: Option<&Statistics>,
    ) -> Statistics {
        let rows: Vec<&Row> = self.rows.iter().map(|(_, row)| row).collect();
        let kept = |oid: Oid| before?.groups.iter().find(|group| group.object == oid).cloned();
        let groups = catalog
            .extended_statistics()
            .filter(|statistics| statistics.table == relation.oid)
            .filter_map(|asked| {
                group_statistics::gather(asked, relation, &rows, self.seen)
                    .or_else(|| kept(asked.oid))
            })
            .collect();
        let columns = relation
            .live_columns()
            .map(|column| {
                let position = column.number as usize - 1;
                let values: Vec<&Datum> =
                    rows.iter().map(|row| row.get(position).unwrap_or(&Datum::Null)).collect();
                column_statistics(column.number, &values, self.seen)
            })
            .collect();
        let (rows, size_bytes) = (self.seen as f64, self.bytes as f64);
        Statistics { rows, size_bytes, columns, groups }
    }
}

fn sample(environment: &Arc<StatementEnvironment>, relation: &Arc<Relation>) -> SqlResult<Sample> {
    let (start, end) = rows_of(relation.table_id);
    let direction = Direction::Ascending;
    let request = ReadRequest { start, end, direction, filter: None, limit: None };
    let mut cursor = environment.scan(request)?;
    let mut sample = Sample::new(RowCodec::new(relation)?);
    while sample.read(&mut *cursor)? {
        environment.check_interrupts_now()?;
    }
    Ok(sample)
}

/// The average size of values, as they are stored.
fn average_width(values: &[&Datum]) -> f64 {
    const LOOKED_AT: usize = 1_000;
    let step = values.len().div_ceil(LOOKED_AT).max(1);
    let (mut bytes, mut count) = (Vec::new(), 0);
    for value in values.iter().step_by(step) {
        encoding::write_datum(value, &mut bytes);
        count += 1;
    }
    // One byte names the kind.
    (bytes.len() as f64 / f64::from(count.max(1)) - 1.0).max(1.0).round()
}

/// As precise as the `real` that PostgreSQL keeps it in, so that estimates are rounded as there.
fn stored(fraction: f64) -> f64 {
    f64::from(fraction as f32)
}

fn column_statistics(
    attribute: catalog::AttributeNumber,
    values: &[&Datum],
    total_rows: u64,
) -> ColumnStatistics {
    let sampled = values.len().max(1) as f64;
    let mut present: Vec<&Datum> =
        values.iter().copied().filter(|value| !value.is_null()).collect();
    let null_fraction = stored((values.len() - present.len()) as f64 / sampled);
    let correlation = order_correlation(&present);
    present.sort_by(|a, b| types::compare::compare(a, b));
    let mut runs: Vec<(&Datum, usize)> = Vec::new();
    for value in &present {
        match runs.last_mut() {
            Some((last, count)) if types::compare::equal(last, value) => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    let once = runs.iter().filter(|(_, count)| *count == 1).count() as f64;
    let (n, d) = (present.len() as f64, runs.len() as f64);
    let total = total_rows as f64 * (1.0 - null_fraction);
    // Haas and Stokes' estimator, as PostgreSQL uses: n·d / (n − f1 + f1·n/N).
    let distinct = if n > 0.0 && n < total { n * d / (n - once + once * n / total) } else { d };
    let distinct_fraction = if total > 0.0 { distinct / total } else { 0.0 };
    let mut by_count: Vec<(&Datum, usize)> =
        runs.iter().copied().filter(|(_, count)| *count > 1).collect();
    by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    by_count.truncate(TARGET);
    if runs.len() > TARGET {
        let average = n / d;
        by_count.retain(|(_, count)| *count as f64 > 1.25 * average);
    }
    let mut common: HashMap<usize, ()> = HashMap::new();
    for (value, _) in &by_count {
        common.insert(std::ptr::from_ref(*value).addr(), ());
    }
    let rest: Vec<&Datum> = runs
        .iter()
        .filter(|(value, _)| !common.contains_key(&std::ptr::from_ref(*value).addr()))
        .map(|(value, _)| *value)
        .collect();
    let histogram = match rest.len() {
        0 | 1 => Vec::new(),
        length => {
            let bounds = length.min(TARGET + 1);
            (0..bounds).map(|i| rest[i * (length - 1) / (bounds - 1)].clone()).collect()
        }
    };
    ColumnStatistics {
        attribute,
        null_fraction,
        width: average_width(&present),
        distinct: if distinct_fraction > 0.1 { -distinct_fraction.min(1.0) } else { distinct },
        most_common: by_count
            .into_iter()
            .map(|(value, count)| (value.clone(), stored(count as f64 / sampled)))
            .collect(),
        histogram,
        correlation,
    }
}

/// How far values grow with the rows' order, −1 to 1, from neighbours only.
fn order_correlation(values: &[&Datum]) -> f64 {
    let mut sum = 0i64;
    for pair in values.windows(2) {
        sum += types::compare::compare(pair[1], pair[0]) as i64;
    }
    if values.len() < 2 { 0.0 } else { sum as f64 / (values.len() - 1) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_repeat_in_neighbouring_rows_are_not_taken_for_unique() {
        let total = 400_000u64;
        let sampled: Vec<Datum> = (0..total)
            .filter(|row| is_sampled(*row, 3))
            .map(|row| Datum::Int8((row / 4) as i64))
            .collect();
        assert!((45_000..55_000).contains(&sampled.len()), "{}", sampled.len());
        let values: Vec<&Datum> = sampled.iter().collect();
        let distinct = -column_statistics(1, &values, total).distinct;
        assert!((0.2..0.3).contains(&distinct), "{distinct} of the rows, a quarter is right");
    }
}
