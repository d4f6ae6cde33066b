//! ANALYZE without being asked, as PostgreSQL's autovacuum does.
//!
//! Every [`statistics::AGE`] a task of the node looks which tables have changed by more than `autovacuum_analyze_threshold` rows
//! and `autovacuum_analyze_scale_factor` of their rows, counted from the commits that went through this node, and analyzes
//! them, one after the other. It reads a snapshot and writes the statistics only, so it is in nobody's way; it works a fifth of
//! the time at most. A table without statistics whose changes nobody counted, because the node has restarted, is analyzed
//! once.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use catalog::{Catalog, Relation, RelationKind};
use executor::RowCodec;
use protocol::storage::{Direction, ScanCursor, ScanRequest};
use protocol::{TableId, Timestamp};
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::analyze::{self, Sample};
use crate::errors;
use crate::services::Services;
use crate::settings;
use crate::statistics;

/// After working for so long it rests four times as long.
const WORK: Duration = Duration::from_millis(20);
const REST: u32 = 4;
/// Whoever was analyzed by another node a moment ago is left alone.
const RECENTLY_MICROSECONDS: i64 = 30_000_000;
/// Relations without statistics whose size is looked at in one round.
const UNKNOWN_PER_ROUND: usize = 100;
/// Leftovers of dropped relations are looked for every so many rounds.
const CLEANING_ROUNDS: u64 = 60;

/// Runs until the services are gone.
pub fn start(services: &Arc<Services>) {
    let weak: Weak<Services> = Arc::downgrade(services);
    services.spawn(async move {
        let mut job = Job::default();
        loop {
            tokio::time::sleep(statistics::AGE).await;
            let Some(services) = weak.upgrade() else { return };
            if let Err(error) = job.round(&services).await {
                tracing::warn!(%error, "tables could not be analyzed");
            }
        }
    });
}

#[derive(Default)]
struct Job {
    /// Storage as of the last round.
    seen: Timestamp,
    rounds: u64,
    /// Relations without statistics that were found to be small.
    small: HashSet<Oid>,
}

impl Job {
    async fn round(&mut self, services: &Arc<Services>) -> SqlResult<()> {
        let changed = services.storage.changed_at();
        if changed == self.seen && self.rounds > 0 {
            return Ok(());
        }
        self.seen = changed;
        let analyzed = services.kept_statistics.compare(services)?;
        let tau = services.storage.watermark();
        let catalog = services.catalog_at(tau)?;
        if self.rounds.is_multiple_of(CLEANING_ROUNDS) {
            let gone: Vec<Oid> =
                analyzed.into_iter().filter(|oid| catalog.relation(*oid).is_none()).collect();
            if !gone.is_empty() {
                services.kept_statistics.remove(services, &gone).await?;
            }
        }
        self.rounds += 1;
        if configured(services, "autovacuum") == "off" {
            return Ok(());
        }
        let threshold = number(services, "autovacuum_analyze_threshold");
        let scale = number(services, "autovacuum_analyze_scale_factor");
        let mut unknown = 0;
        for relation in catalog.relations() {
            if !matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView) {
                continue;
            }
            let known = services.kept_statistics.of(services, relation.oid);
            let changes = services.kept_statistics.changes(relation.table_id);
            let is_due = match known {
                Some(known) => {
                    let last = known.times.last.max(known.times.last_automatic);
                    changes as f64 > threshold + scale * known.statistics.rows
                        && services.now() - last > RECENTLY_MICROSECONDS.min(last)
                }
                None if changes as f64 > threshold => true,
                None if self.small.contains(&relation.oid) || unknown == UNKNOWN_PER_ROUND => false,
                None => {
                    unknown += 1;
                    let is_large = has_rows(services, relation, threshold as u64 + 1)?;
                    if !is_large {
                        self.small.insert(relation.oid);
                    }
                    is_large
                }
            };
            if is_due {
                analyze_slowly(services, relation, &catalog).await?;
            }
        }
        Ok(())
    }
}

/// A setting of the node.
fn configured<'a>(services: &'a Services, name: &str) -> &'a str {
    let own = services.config.settings.iter().find(|(setting, _)| setting == name);
    own.map_or_else(
        || settings::find(name).map_or("", |setting| setting.default),
        |(_, value)| value,
    )
}

fn number(services: &Services, setting: &str) -> f64 {
    configured(services, setting).parse().unwrap_or(0.0)
}

/// Whether a relation has so many rows.
fn has_rows(services: &Services, relation: &Relation, rows: u64) -> SqlResult<bool> {
    let request = whole(relation.table_id, services.storage.watermark(), Some(rows));
    let mut cursor = services.storage.scan(request).map_err(errors::from_read)?;
    let mut found = 0;
    while cursor
        .visit(1_000, &mut |_, _| {
            found += 1;
            Ok(())
        })
        .map_err(errors::from_read)?
        .more
    {}
    Ok(found >= rows)
}

fn whole(table: TableId, tau: Timestamp, limit: Option<u64>) -> ScanRequest {
    let (start, end) = analyze::rows_of(table);
    ScanRequest { start, end, tau, direction: Direction::Ascending, filter: None, limit }
}

async fn analyze_slowly(
    services: &Arc<Services>,
    relation: &Arc<Relation>,
    catalog: &Catalog,
) -> SqlResult<()> {
    let changes = services.kept_statistics.changes(relation.table_id);
    let tau = services.storage.watermark();
    let _hold = services.storage.hold(tau);
    let cursor =
        services.storage.scan(whole(relation.table_id, tau, None)).map_err(errors::from_read)?;
    let mut reading = Reading { cursor, sample: Sample::new(RowCodec::new(relation)?) };
    loop {
        let piece = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let more = reading.read_for_a_while()?;
            Ok((reading, more, begun.elapsed()))
        });
        let read: SqlResult<_> = piece.await.map_err(|error| {
            SqlError::new(sqlstate::INTERNAL_ERROR, format!("a sample was not taken: {error}"))
        })?;
        let (read, more, worked) = read?;
        reading = read;
        if !more {
            break;
        }
        tokio::time::sleep(worked * REST).await;
    }
    let before = services.kept_statistics.of(services, relation.oid);
    let before = before.as_ref().map(|before| &*before.statistics);
    let statistics = reading.sample.statistics(relation, catalog, before);
    let rows = statistics.rows;
    services.kept_statistics.keep(services, relation.oid, statistics, true).await?;
    services.kept_statistics.forget_changes(relation.table_id, changes);
    tracing::info!(table = %relation.name, rows, "analyzed");
    Ok(())
}

/// A table of which a sample is taken, in pieces with pauses between them.
struct Reading {
    cursor: Box<dyn ScanCursor>,
    sample: Sample,
}

impl Reading {
    /// Whether there is more.
    fn read_for_a_while(&mut self) -> SqlResult<bool> {
        let begun = Instant::now();
        while self.sample.read(&mut *self.cursor)? {
            if begun.elapsed() >= WORK {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
