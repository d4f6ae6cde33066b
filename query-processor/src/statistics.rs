//! What ANALYZE found, kept in storage.
//!
//! ```text
//! STATISTICS_TABLE, index 1:  relation's oid (4)  →  format (1) │ stamp (8) │ when and how often (32) │ statistics
//!                   index 2:  relation's oid (4)  →  stamp (8)
//! ```
//!
//! Statistics are rows of the system's own, so that they survive restarts and reach every node. Nothing that users do
//! conflicts with them. A node keeps what it has read; every [`AGE`] it compares the stamps, which are small, and forgets what
//! another node has analyzed since. The *epoch* counts such changes: a cached plan of another epoch is made again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use catalog::AttributeNumber;
use catalog::statistics::{CommonCombination, GroupStatistics};
use catalog::system::{ColumnSummary, RelationStatistics};
use dashmap::DashMap;
use encoding::{read_datum, write_datum};
use planner::{ColumnStatistics, Statistics};
use protocol::key::{
    FIRST_USER_TABLE, PREFIX_BYTES, PRIMARY_INDEX, STATISTICS_TABLE, prefix, prefix_end, table_of,
};
use protocol::storage::{Direction, ScanRequest, StoredRow};
use protocol::transaction::{CommitRequest, ConflictClass, Write};
use protocol::{TableId, Timestamp};
use types::{Datum, Oid, SqlResult};

use crate::errors;
use crate::services::Services;

/// Other nodes' statistics are known after this.
pub const AGE: Duration = Duration::from_secs(10);

/// 1 has no groups of columns.
const FORMAT: u8 = 2;
const STAMPS: u16 = 2;
/// Larger values are not worth comparing with: they are left out, as in PostgreSQL.
const VALUE_BYTES_MAX: usize = 1_024;

/// The statistics of one relation.
#[derive(Clone, Debug)]
pub struct Analyzed {
    pub statistics: Arc<Statistics>,
    pub times: Times,
    stamp: u64,
}

impl Analyzed {
    /// As the system's views show it.
    pub fn shown(&self) -> RelationStatistics {
        let time = |time: i64| (time != 0).then_some(time);
        let column = |column: &ColumnStatistics| ColumnSummary {
            number: column.attribute,
            null_fraction: column.null_fraction,
            width: column.width,
            distinct: column.distinct,
            most_common: column.most_common.clone(),
            histogram: column.histogram.clone(),
            correlation: column.correlation,
        };
        RelationStatistics {
            last_analyze: time(self.times.last),
            last_automatic: time(self.times.last_automatic),
            analyze_count: self.times.count,
            automatic_count: self.times.count_automatic,
            columns: self.statistics.columns.iter().map(column).collect(),
            groups: self.statistics.groups.clone(),
        }
    }
}

/// When and how often a relation was analyzed, in microseconds since 2000-01-01 UTC; zero: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub last: i64,
    pub last_automatic: i64,
    pub count: i64,
    pub count_automatic: i64,
}

/// What this node knows of statistics.
#[derive(Default)]
pub struct KeptStatistics {
    /// Nothing for a relation that has none.
    known: DashMap<Oid, Option<Arc<Analyzed>>>,
    epoch: AtomicU64,
    /// Rows written through this node since it started or since the table was analyzed.
    changes: DashMap<TableId, u64>,
}

fn key(index: u16, relation: Oid) -> Bytes {
    let mut key = prefix(STATISTICS_TABLE, index).to_vec();
    key.put_u32(relation);
    key.into()
}

impl KeptStatistics {
    /// Changes with every change of any statistics.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// Takes note of the rows of a transaction that is about to commit.
    pub fn count(&self, request: &CommitRequest) {
        let mut run: Option<(TableId, u64)> = None;
        for write in &request.writes {
            let index = write.key.get(4..PREFIX_BYTES);
            let Some(table) = table_of(&write.key).filter(|table| table.0 >= FIRST_USER_TABLE)
            else {
                continue;
            };
            if index != Some(&PRIMARY_INDEX.to_be_bytes()[..]) {
                continue;
            }
            run = match run {
                Some((same, rows)) if same == table => Some((table, rows + 1)),
                other => {
                    self.add_changes(other);
                    Some((table, 1))
                }
            };
        }
        self.add_changes(run);
    }

    fn add_changes(&self, run: Option<(TableId, u64)>) {
        if let Some((table, rows)) = run {
            *self.changes.entry(table).or_default() += rows;
        }
    }

    /// Rows written through this node since the table was analyzed.
    pub fn changes(&self, table: TableId) -> u64 {
        self.changes.get(&table).map_or(0, |rows| *rows)
    }

    /// So many of them are in the statistics.
    pub fn forget_changes(&self, table: TableId, rows: u64) {
        self.changes.entry(table).and_modify(|left| *left -= rows.min(*left));
    }

    pub fn of(&self, services: &Services, relation: Oid) -> Option<Arc<Analyzed>> {
        if let Some(known) = self.known.get(&relation) {
            return known.clone();
        }
        let found = match read(services, relation) {
            Ok(found) => found.map(Arc::new),
            // A plan without statistics is better than none.
            Err(error) => {
                tracing::warn!(%error, relation, "statistics could not be read");
                None
            }
        };
        self.known.insert(relation, found.clone());
        found
    }

    /// Stores what an ANALYZE found. Has waited for the commit when it returns.
    pub async fn keep(
        &self,
        services: &Services,
        relation: Oid,
        statistics: Statistics,
        automatic: bool,
    ) -> SqlResult<()> {
        let statistics = Arc::new(statistics);
        let now = services.now();
        let analyzed = services
            .run_small(|tau| {
                let stored = services.read_row(&key(PRIMARY_INDEX, relation), tau)?;
                let mut times = stored
                    .and_then(|bytes| decode(&bytes))
                    .map(|old| old.times)
                    .unwrap_or_default();
                if automatic {
                    times.last_automatic = now;
                    times.count_automatic += 1;
                } else {
                    times.last = now;
                    times.count += 1;
                }
                let stamp = uuid::Uuid::new_v4().as_u64_pair().0;
                let analyzed = Analyzed { statistics: Arc::clone(&statistics), times, stamp };
                let write = |index, value: Vec<u8>| Write {
                    key: key(index, relation),
                    value: Some(value.into()),
                    class: Some(ConflictClass::Exclusive),
                };
                let stamps = write(STAMPS, stamp.to_be_bytes().to_vec());
                Ok((vec![write(PRIMARY_INDEX, encode(&analyzed)), stamps], analyzed))
            })
            .await?;
        self.known.insert(relation, Some(Arc::new(analyzed)));
        self.epoch.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Forgets what is not what storage has any more; returns the relations that have statistics there.
    pub fn compare(&self, services: &Services) -> SqlResult<Vec<Oid>> {
        let mut stored = std::collections::HashMap::new();
        for row in rows(services, STAMPS, services.storage.watermark())? {
            let (mut relation, mut stamp) = (&row.key[PREFIX_BYTES..], &row.value[..]);
            if relation.len() == 4 && stamp.len() == 8 {
                stored.insert(relation.get_u32(), stamp.get_u64());
            }
        }
        let before = self.known.len();
        self.known.retain(|relation, known| {
            known.as_ref().map(|known| known.stamp) == stored.get(relation).copied()
        });
        if self.known.len() != before {
            self.epoch.fetch_add(1, Ordering::Relaxed);
        }
        Ok(stored.into_keys().collect())
    }

    /// Removes the statistics of relations that are no more.
    pub async fn remove(&self, services: &Services, relations: &[Oid]) -> SqlResult<()> {
        let remove =
            |index, relation| Write { key: key(index, relation), value: None, class: None };
        services
            .run_small(|_| {
                let of =
                    |relation: &Oid| [remove(PRIMARY_INDEX, *relation), remove(STAMPS, *relation)];
                Ok((relations.iter().flat_map(of).collect(), ()))
            })
            .await?;
        for relation in relations {
            self.known.remove(relation);
        }
        Ok(())
    }
}

fn rows(services: &Services, index: u16, tau: Timestamp) -> SqlResult<Vec<StoredRow>> {
    let start = prefix(STATISTICS_TABLE, index).to_vec();
    let end = prefix_end(&start).expect("not the last table");
    let request = ScanRequest {
        start: start.into(),
        end: end.into(),
        tau,
        direction: Direction::Ascending,
        filter: None,
        limit: None,
    };
    let mut cursor = services.storage.scan(request).map_err(errors::from_read)?;
    let mut rows = Vec::new();
    while cursor.next_batch(&mut rows, 1_000).map_err(errors::from_read)? {}
    Ok(rows)
}

fn read(services: &Services, relation: Oid) -> SqlResult<Option<Analyzed>> {
    let stored = services.read_row(&key(PRIMARY_INDEX, relation), services.storage.watermark())?;
    Ok(stored.and_then(|bytes| decode(&bytes)))
}

fn encode(analyzed: &Analyzed) -> Vec<u8> {
    let Analyzed { statistics, times, stamp } = analyzed;
    let mut bytes = vec![FORMAT];
    bytes.put_u64(*stamp);
    for time in [times.last, times.last_automatic, times.count, times.count_automatic] {
        bytes.put_i64(time);
    }
    bytes.put_f64(statistics.rows);
    bytes.put_f64(statistics.size_bytes);
    bytes.put_u16(u16::try_from(statistics.columns.len()).unwrap_or(u16::MAX));
    for column in statistics.columns.iter().take(usize::from(u16::MAX)) {
        bytes.put_i16(column.attribute);
        for number in [column.null_fraction, column.width, column.distinct, column.correlation] {
            bytes.put_f64(number);
        }
        let common: Vec<(Vec<u8>, f64)> = column
            .most_common
            .iter()
            .filter_map(|(value, fraction)| Some((small(value)?, *fraction)))
            .collect();
        bytes.put_u16(u16::try_from(common.len()).unwrap_or(u16::MAX));
        for (value, fraction) in common.iter().take(usize::from(u16::MAX)) {
            bytes.put_f64(*fraction);
            bytes.extend_from_slice(value);
        }
        let bounds: Option<Vec<Vec<u8>>> = column.histogram.iter().map(small).collect();
        let bounds = bounds.unwrap_or_default();
        bytes.put_u16(u16::try_from(bounds.len()).unwrap_or(u16::MAX));
        bounds.iter().take(usize::from(u16::MAX)).for_each(|bound| bytes.extend_from_slice(bound));
    }
    bytes.put_u16(u16::try_from(statistics.groups.len()).unwrap_or(u16::MAX));
    for group in statistics.groups.iter().take(usize::from(u16::MAX)) {
        encode_group(group, &mut bytes);
    }
    bytes
}

fn put_columns(columns: &[AttributeNumber], bytes: &mut Vec<u8>) {
    bytes.put_u8(columns.len() as u8);
    columns.iter().for_each(|column| bytes.put_i16(*column));
}

/// At most eight columns, so that no number here is above 16 bits.
fn encode_group(group: &GroupStatistics, bytes: &mut Vec<u8>) {
    bytes.put_u32(group.object);
    put_columns(&group.columns, bytes);
    bytes.put_u16(group.distinct.len() as u16);
    for (columns, distinct) in &group.distinct {
        put_columns(columns, bytes);
        bytes.put_f64(*distinct);
    }
    bytes.put_u16(group.dependencies.len() as u16);
    for (from, to, degree) in &group.dependencies {
        put_columns(from, bytes);
        bytes.put_i16(*to);
        bytes.put_f64(*degree);
    }
    let combination = |common: &CommonCombination| -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.put_f64(common.fraction);
        bytes.put_f64(common.independent);
        for value in &common.values {
            bytes.extend(small(value)?);
        }
        Some(bytes)
    };
    let common: Vec<Vec<u8>> = group.most_common.iter().filter_map(combination).collect();
    bytes.put_u16(common.len() as u16);
    common.iter().for_each(|one| bytes.extend_from_slice(one));
}

fn columns(bytes: &mut &[u8]) -> Option<Vec<AttributeNumber>> {
    (0..bytes.try_get_u8().ok()?).map(|_| bytes.try_get_i16().ok()).collect()
}

fn decode_group(bytes: &mut &[u8]) -> Option<GroupStatistics> {
    let mut group = GroupStatistics {
        object: bytes.try_get_u32().ok()?,
        columns: columns(bytes)?,
        ..GroupStatistics::default()
    };
    for _ in 0..bytes.try_get_u16().ok()? {
        group.distinct.push((columns(bytes)?, bytes.try_get_f64().ok()?));
    }
    for _ in 0..bytes.try_get_u16().ok()? {
        let (from, to) = (columns(bytes)?, bytes.try_get_i16().ok()?);
        group.dependencies.push((from, to, bytes.try_get_f64().ok()?));
    }
    for _ in 0..bytes.try_get_u16().ok()? {
        let (fraction, independent) = (bytes.try_get_f64().ok()?, bytes.try_get_f64().ok()?);
        let values = group.columns.iter().map(|_| read_datum(bytes).ok()).collect::<Option<_>>()?;
        group.most_common.push(CommonCombination { values, fraction, independent });
    }
    Some(group)
}

fn small(value: &Datum) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    write_datum(value, &mut bytes);
    (bytes.len() <= VALUE_BYTES_MAX).then_some(bytes)
}

/// `None` for what another version of this program wrote, and for what is damaged.
fn decode(mut bytes: &[u8]) -> Option<Analyzed> {
    let format = bytes.try_get_u8().ok()?;
    if !(1..=FORMAT).contains(&format) {
        return None;
    }
    let stamp = bytes.try_get_u64().ok()?;
    let mut time = || bytes.try_get_i64().ok();
    let times =
        Times { last: time()?, last_automatic: time()?, count: time()?, count_automatic: time()? };
    let rows = bytes.try_get_f64().ok()?;
    let size_bytes = bytes.try_get_f64().ok()?;
    let mut columns = Vec::new();
    for _ in 0..bytes.try_get_u16().ok()? {
        let attribute = bytes.try_get_i16().ok()?;
        let mut number = || bytes.try_get_f64().ok();
        let (null_fraction, width, distinct, correlation) =
            (number()?, number()?, number()?, number()?);
        let mut most_common = Vec::new();
        for _ in 0..bytes.try_get_u16().ok()? {
            let fraction = bytes.try_get_f64().ok()?;
            most_common.push((read_datum(&mut bytes).ok()?, fraction));
        }
        let mut histogram = Vec::new();
        for _ in 0..bytes.try_get_u16().ok()? {
            histogram.push(read_datum(&mut bytes).ok()?);
        }
        columns.push(ColumnStatistics {
            attribute,
            null_fraction,
            width,
            distinct,
            most_common,
            histogram,
            correlation,
        });
    }
    let mut groups = Vec::new();
    if format > 1 {
        for _ in 0..bytes.try_get_u16().ok()? {
            groups.push(decode_group(&mut bytes)?);
        }
    }
    let statistics = Arc::new(Statistics { rows, size_bytes, columns, groups });
    Some(Analyzed { statistics, times, stamp })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_survive_the_round_trip_and_damaged_ones_are_none() {
        let column = ColumnStatistics {
            attribute: 3,
            null_fraction: 0.25,
            width: 7.5,
            distinct: -0.5,
            most_common: vec![(Datum::text("often"), 0.5), (Datum::text("x".repeat(2_000)), 0.1)],
            histogram: vec![Datum::Int4(1), Datum::Null, Datum::text("z")],
            correlation: -1.0,
        };
        let times = Times { last: 5, last_automatic: 0, count: 2, count_automatic: 0 };
        let group = GroupStatistics {
            object: 77,
            columns: vec![1, 3],
            distinct: vec![(vec![1, 3], 12.0)],
            dependencies: vec![(vec![1], 3, 0.75)],
            most_common: vec![
                CommonCombination {
                    values: vec![Datum::Int4(1), Datum::text("often")],
                    fraction: 0.5,
                    independent: 0.25,
                },
                CommonCombination {
                    values: vec![Datum::Null, Datum::text("x".repeat(2_000))],
                    fraction: 0.1,
                    independent: 0.1,
                },
            ],
        };
        let statistics = Statistics {
            rows: 1e9,
            size_bytes: 3.0,
            columns: vec![column],
            groups: vec![group.clone()],
        };
        let analyzed = Analyzed { statistics: Arc::new(statistics), times, stamp: 7 };
        let bytes = encode(&analyzed);
        let read = decode(&bytes).expect("whole");
        assert_eq!((read.stamp, read.times, read.statistics.rows), (7, times, 1e9));
        let column = &read.statistics.columns[0];
        assert_eq!((column.attribute, column.width, column.correlation), (3, 7.5, -1.0));
        // The large value is left out.
        assert_eq!(format!("{:?}", column.most_common), r#"[(Text("often"), 0.5)]"#);
        assert_eq!(column.histogram.len(), 3);
        let without_large =
            GroupStatistics { most_common: group.most_common[..1].to_vec(), ..group };
        assert_eq!(format!("{:?}", read.statistics.groups), format!("[{without_large:?}]"));
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_none(), "{length}");
        }
        assert!(decode(&[&[FORMAT + 1], &bytes[1..]].concat()).is_none());
        // What the version before wrote has no groups.
        let read = decode(&[&[1], &bytes[1..]].concat()).expect("the format before");
        assert_eq!((read.statistics.columns.len(), read.statistics.groups.len()), (1, 0));
    }
}
