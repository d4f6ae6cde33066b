//! Reading stored tables.
//!
//! Four ways: ranges of the rows themselves (the filter runs in storage), single keys (one
//! `multi_get` for a batch of them), and ranges of a secondary index (entries first, then the rows
//! of a batch of entries with one `multi_get`, unless the entries hold all that is needed), and the
//! rows that inverted indexes name ([`super::bitmap`]).

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use encoding::RowView;
use functions::vector_index::VectorClass;
use planner::expression::Expr;
use planner::plan::{Nearest, Scan, ScanColumn};
use protocol::key::{PRIMARY_INDEX, prefix};
use protocol::storage::{Direction, RowFilter, ScanCursor, StoredRow};
use types::{Datum, Row, SqlError, SqlResult, sqlstate};

use crate::context::{Context, internal, read_error};
use crate::environment::ReadRequest;
use crate::evaluate::{evaluate, holds};
use crate::memory::Reservation;
use crate::node::{BATCH_ROWS, Batch};
use crate::operators::bitmap::bitmap_ranges;
use crate::operators::key_filter::KeyFilter;
use crate::operators::parallel_scan::{ParallelScan, PartBatch, RowReader, boxed};
use crate::operators::partial_aggregate::{PartialGroup, PartialProgram};
use crate::operators::pushed::{PushedFilter, PushedProgram};
use crate::ranges::{KeyRange, scan_ranges, whole};
use crate::rows::{RowCodec, split_entry};
use crate::vector_lists::list_range;

const FIRST_BATCH_ROWS: usize = 64;
/// A scan that has looked at more rows than this goes on with several threads.
const PARALLEL_FROM_ROWS: usize = 4096;
/// Groups of helpers are handed on when there are so many.
const GROUPS_MAX: usize = 1024;

#[derive(Default)]
pub struct ScanState {
    prepared: Option<Prepared>,
    ranges: VecDeque<KeyRange>,
    started: bool,
    cursor: Option<Box<dyn ScanCursor>>,
    /// In place of the cursor, once the scan is known to be long.
    parallel: Option<ParallelScan>,
    /// Rows read since the cursor was opened; no number once it is settled that one thread reads them.
    looked_at: Option<usize>,
    batch_rows: usize,
    yielded: u64,
    key_filters: Vec<KeyFilter>,
    partial: Option<Arc<PartialProgram>>,
    groups: Vec<PartialGroup>,
    /// Rows that are in groups handed over.
    grouped: usize,
    /// What the keys of a bitmap occupy.
    held: Option<Reservation>,
    /// The search in an approximate index.
    search: Option<Search>,
}

/// A search among the lists of an approximate index.
struct Search {
    lists: VecDeque<u32>,
    /// Where in a list it is.
    cursor: Option<Box<dyn ScanCursor>>,
    /// Lists still to be read however many rows are found.
    least: usize,
    /// Rows still wanted.
    wanted: u64,
    class: VectorClass,
    /// All lists were read and there were too few rows: what is in no list follows.
    beyond: bool,
}

struct Prepared {
    reader: RowReader,
    pushed: Option<Arc<PushedProgram>>,
}

impl ScanState {
    pub fn rescan(&mut self) {
        self.ranges.clear();
        self.started = false;
        self.cursor = None;
        self.parallel = None;
        self.yielded = 0;
        self.key_filters.clear();
        self.partial = None;
        self.groups.clear();
        self.held = None;
        self.search = None;
    }

    /// Has helpers, should there be any, make groups of what they read.
    pub fn take_partial_program(&mut self, program: &Arc<PartialProgram>) {
        self.partial = Some(Arc::clone(program));
    }

    /// The groups made since this was asked last, and how many rows are in them.
    pub fn partial_groups(&mut self) -> (Vec<PartialGroup>, usize) {
        (std::mem::take(&mut self.groups), std::mem::take(&mut self.grouped))
    }

    /// Takes note of rows that a join above will drop. They may still be yielded.
    pub fn take_key_filter(&mut self, filter: KeyFilter) {
        if !self.started {
            self.key_filters.push(filter);
        }
    }

    fn start(&mut self, scan: &Scan, context: &Context) -> SqlResult<()> {
        self.started = true;
        self.batch_rows = FIRST_BATCH_ROWS;
        if self.prepared.is_none() {
            let codec = context.codec(&scan.relation)?;
            let pushed =
                if reads_rows(scan, &codec)? { PushedProgram::new(scan, &codec) } else { None };
            let reader = RowReader {
                codec,
                columns: scan.columns.as_slice().into(),
                key_filters: Arc::default(),
                partial: None,
            };
            self.prepared = Some(Prepared { reader, pushed: pushed.map(Arc::new) });
        }
        if let Some(prepared) = &mut self.prepared {
            prepared.reader.key_filters = std::mem::take(&mut self.key_filters).into();
            prepared.reader.partial = self.partial.take().filter(|_| scan.limit.is_none());
            if let Some(bitmap) = &scan.bitmap {
                let (ranges, held) =
                    bitmap_ranges(scan, &bitmap.source, &prepared.reader.codec, context)?;
                self.ranges = ranges.into();
                self.held = Some(held);
            } else if let Some(nearest) = &scan.nearest {
                self.search = begin_search(scan, nearest, &prepared.reader.codec, context)?;
                if self.search.is_none() {
                    let whole = whole(&prepared.reader.codec, PRIMARY_INDEX);
                    self.ranges = VecDeque::from([whole]);
                }
            } else {
                self.ranges =
                    scan_ranges(scan, &prepared.reader.codec, &[], &context.scope())?.into();
            }
        }
        Ok(())
    }

    /// A batch without rows: there are [`ScanState::partial_groups`].
    pub fn next(&mut self, scan: &Scan, context: &Context) -> SqlResult<Option<Batch>> {
        if !self.started {
            self.start(scan, context)?;
        }
        let remaining = scan.limit.map(|limit| limit.saturating_sub(self.yielded));
        if remaining == Some(0) {
            return Ok(None);
        }
        let Some(prepared) = &self.prepared else {
            return Err(internal("a scan was not prepared"));
        };
        let reader = prepared.reader.clone();
        let pushed = prepared.pushed.clone();
        let from_rows = scan.nearest.is_some() || reads_rows(scan, &reader.codec)?;
        loop {
            context.check_interrupts()?;
            let mut batch = Vec::new();
            if let Some(search) = &mut self.search
                && !search.beyond
            {
                if search.read_on(scan, &reader.codec, context, &mut batch)? {
                    if !batch.is_empty() {
                        return Ok(Some(batch));
                    }
                    continue;
                }
                if search.wanted == 0 {
                    return Ok(None);
                }
                search.beyond = true;
                self.ranges = VecDeque::from([whole(&reader.codec, PRIMARY_INDEX)]);
            }
            if let Some(parallel) = &mut self.parallel {
                match parallel.next(context)? {
                    Some(PartBatch::Rows(rows)) => batch = rows,
                    Some(PartBatch::Groups(groups, rows)) => {
                        self.groups.extend(groups);
                        self.grouped += rows;
                        if self.groups.len() >= GROUPS_MAX {
                            return Ok(Some(batch));
                        }
                    }
                    None => self.parallel = None,
                }
            } else if self.cursor.is_some() {
                self.read_on(scan, &reader, pushed.is_some(), from_rows, context, &mut batch)?;
            } else {
                match self.ranges.front() {
                    None => return Ok(None),
                    Some(KeyRange::Point(_)) => {
                        let keys = self.take_points();
                        read_points(scan, &reader.codec, from_rows, keys, context, &mut batch)?;
                    }
                    Some(KeyRange::Range { .. }) => {
                        self.open(scan, pushed.as_ref(), from_rows, context)?;
                        continue;
                    }
                }
            }
            if let (Some(search), Some(nearest)) = (&self.search, &scan.nearest) {
                let is_new = |row: &Row| match row.get(nearest.column) {
                    Some(Datum::Vector(vector)) => search.class.prepared(vector).is_none(),
                    _ => true,
                };
                batch.retain(is_new);
            }
            if let Some(remaining) = remaining {
                batch.truncate(usize::try_from(remaining).unwrap_or(usize::MAX));
            }
            if !batch.is_empty() {
                self.yielded += batch.len() as u64;
                return Ok(Some(batch));
            }
        }
    }

    /// Reads a batch from the open cursor.
    fn read_on(
        &mut self,
        scan: &Scan,
        reader: &RowReader,
        is_filtered: bool,
        from_rows: bool,
        context: &Context,
        batch: &mut Batch,
    ) -> SqlResult<()> {
        let Some(mut cursor) = self.cursor.take() else {
            return Ok(());
        };
        let wanted = self.batch_rows;
        self.batch_rows = (wanted * 2).min(BATCH_ROWS);
        if !from_rows {
            let mut stored = Vec::with_capacity(wanted);
            if cursor.next_batch(&mut stored, wanted).map_err(read_error)? {
                self.cursor = Some(cursor);
            }
            return read_entries(scan, &reader.codec, &stored, context, batch);
        }
        let filter = if is_filtered { None } else { scan.filter.as_ref() };
        let visited = cursor
            .visit(wanted, &mut |key, value| {
                if let Some(row) = reader.row(key, value).map_err(boxed)? {
                    keep(filter, row, context, batch).map_err(boxed)?;
                }
                Ok(())
            })
            .map_err(read_error)?;
        if !visited.more {
            return Ok(());
        }
        self.looked_at = self.looked_at.map(|before| before + visited.looked_at);
        if filter.is_none() && self.looked_at.is_some_and(|rows| rows > PARALLEL_FROM_ROWS) {
            self.looked_at = None;
            match ParallelScan::start(cursor, reader, context)? {
                Ok(parallel) => self.parallel = Some(parallel),
                Err(cursor) => self.cursor = Some(cursor),
            }
        } else {
            self.cursor = Some(cursor);
        }
        Ok(())
    }

    fn take_points(&mut self) -> Vec<Bytes> {
        let mut keys = Vec::new();
        while keys.len() < BATCH_ROWS {
            match self.ranges.pop_front() {
                Some(KeyRange::Point(key)) => keys.push(key),
                Some(range) => {
                    self.ranges.push_front(range);
                    break;
                }
                None => break,
            }
        }
        keys
    }

    fn open(
        &mut self,
        scan: &Scan,
        pushed: Option<&Arc<PushedProgram>>,
        from_rows: bool,
        context: &Context,
    ) -> SqlResult<()> {
        let Some(KeyRange::Range { start, end }) = self.ranges.pop_front() else {
            return Ok(());
        };
        let filter = pushed.map(|program| {
            let filter: Arc<dyn RowFilter> = Arc::new(PushedFilter::new(program, context));
            filter
        });
        let complete = scan.filter.is_none() || filter.is_some();
        let limit = if complete && from_rows || scan.filter.is_none() {
            scan.limit.map(|limit| limit - self.yielded.min(limit))
        } else {
            None
        };
        let request = ReadRequest { start, end, direction: scan.direction, filter, limit };
        self.looked_at = request.limit.is_none().then_some(0);
        self.cursor = Some(context.scan(request)?);
        Ok(())
    }
}

/// The order of the lists; `None` if the index is of no help: without a vector or with one of another length, and when
/// all rows are wanted.
fn begin_search(
    scan: &Scan,
    nearest: &Nearest,
    codec: &RowCodec,
    context: &Context,
) -> SqlResult<Option<Search>> {
    let scope = context.scope();
    let count = |expr: &Expr| -> SqlResult<Option<u64>> {
        Ok(match evaluate(expr, &[], &scope)? {
            Datum::Int8(count) => u64::try_from(count).ok(),
            _ => None,
        })
    };
    let limit = count(&nearest.limit)?;
    let offset = match &nearest.offset {
        Some(offset) => count(offset)?.unwrap_or(0),
        None => 0,
    };
    let position = scan.index.ok_or_else(|| internal("a search without index"))?;
    let class = codec.index(position)?.vector;
    let query = evaluate(&nearest.query, &[], &scope)?;
    let (Some(limit), Some(class), Datum::Vector(vector)) = (limit, class, query) else {
        return Ok(None);
    };
    let lists = context.env().vector_lists(codec, position)?;
    Ok(Some(Search {
        least: nearest.effort.lists(lists.count()),
        lists: lists.by_distance(&vector).into(),
        cursor: None,
        wanted: limit.saturating_add(offset),
        class,
        beyond: false,
    }))
}

impl Search {
    /// Reads rows of the next list; `false` when enough were read, or all.
    fn read_on(
        &mut self,
        scan: &Scan,
        codec: &RowCodec,
        context: &Context,
        batch: &mut Batch,
    ) -> SqlResult<bool> {
        let mut cursor = match self.cursor.take() {
            Some(cursor) => cursor,
            None => {
                if self.least == 0 && self.wanted == 0 {
                    return Ok(false);
                }
                let Some(list) = self.lists.pop_front() else {
                    return Ok(false);
                };
                self.least = self.least.saturating_sub(1);
                let position = scan.index.ok_or_else(|| internal("a search without index"))?;
                let index = prefix(codec.relation().table_id, codec.index(position)?.number);
                let (start, end) = list_range(&index, list);
                let direction = Direction::Ascending;
                context.scan(ReadRequest { start, end, direction, filter: None, limit: None })?
            }
        };
        let mut entries = Vec::new();
        if cursor.next_batch(&mut entries, BATCH_ROWS).map_err(read_error)? {
            self.cursor = Some(cursor);
        }
        read_entries(scan, codec, &entries, context, batch)?;
        self.wanted = self.wanted.saturating_sub(batch.len() as u64);
        Ok(true)
    }
}

/// Whether the scan's keys are those of the rows themselves.
pub(crate) fn reads_rows(scan: &Scan, codec: &RowCodec) -> SqlResult<bool> {
    scan.index.map_or(Ok(true), |position| Ok(codec.index(position)?.primary))
}

/// Reads rows or entries by their full keys.
pub(crate) fn read_points(
    scan: &Scan,
    codec: &RowCodec,
    from_rows: bool,
    keys: Vec<Bytes>,
    context: &Context,
    batch: &mut Batch,
) -> SqlResult<()> {
    let values = match keys.as_slice() {
        [key] => vec![context.get(key)?],
        keys => context.multi_get(keys)?,
    };
    if from_rows {
        for (key, value) in keys.iter().zip(values) {
            if let Some(value) = value {
                push_row(scan, codec, key, &value, scan.filter.as_ref(), context, batch)?;
            }
        }
        return Ok(());
    }
    let stored: Vec<StoredRow> = keys
        .into_iter()
        .zip(values)
        .filter_map(|(key, value)| value.map(|value| StoredRow { key, value }))
        .collect();
    read_entries(scan, codec, &stored, context, batch)
}

/// From index entries to rows.
fn read_entries(
    scan: &Scan,
    codec: &RowCodec,
    entries: &[StoredRow],
    context: &Context,
    batch: &mut Batch,
) -> SqlResult<()> {
    let filter = scan.filter.as_ref();
    if scan.index_only {
        for entry in entries {
            keep(filter, entry_row(scan, codec, entry)?, context, batch)?;
        }
        return Ok(());
    }
    let (keys, values) = fetch_rows(codec, entries, context)?;
    for (key, value) in keys.iter().zip(values) {
        push_row(scan, codec, key, &value, filter, context, batch)?;
    }
    Ok(())
}

/// What an index-only scan yields for an entry.
pub(crate) fn entry_row(scan: &Scan, codec: &RowCodec, entry: &StoredRow) -> SqlResult<Row> {
    let position = scan.index.ok_or_else(|| internal("an index-only scan without index"))?;
    scan.columns
        .iter()
        .map(|column| match column {
            ScanColumn::Attribute(attribute) => {
                codec.entry_column(position, *attribute, &entry.key, &entry.value)
            }
            ScanColumn::RowKey => {
                let key = codec.row_key_from_suffix(split_entry(&entry.value)?.0);
                Ok(Datum::Bytea(key[..].into()))
            }
            ScanColumn::TableOid => Ok(Datum::Oid(scan.relation.oid)),
        })
        .collect()
}

/// The rows that index entries point to. One that is not there is corruption.
pub(crate) fn fetch_rows(
    codec: &RowCodec,
    entries: &[StoredRow],
    context: &Context,
) -> SqlResult<(Vec<Bytes>, Vec<Bytes>)> {
    let mut keys = Vec::with_capacity(entries.len());
    for entry in entries {
        keys.push(codec.row_key_from_suffix(split_entry(&entry.value)?.0));
    }
    let mut values = Vec::with_capacity(keys.len());
    for value in context.multi_get(&keys)? {
        values.push(value.ok_or_else(|| {
            SqlError::new(
                sqlstate::INDEX_CORRUPTED,
                format!("an index of \"{}\" names a row that is not there", codec.relation().name),
            )
        })?);
    }
    Ok((keys, values))
}

/// The scan's columns of a stored row.
pub(crate) fn stored_row(
    scan: &Scan,
    codec: &RowCodec,
    key: &[u8],
    value: &[u8],
) -> SqlResult<Row> {
    let view = RowView::new(value)?;
    scan.columns.iter().map(|&column| column_of(column, codec, &view, key)).collect()
}

pub(crate) fn column_of(
    column: ScanColumn,
    codec: &RowCodec,
    view: &RowView<'_>,
    key: &[u8],
) -> SqlResult<Datum> {
    match column {
        ScanColumn::Attribute(attribute) => codec.column(view, attribute),
        ScanColumn::RowKey => Ok(Datum::Bytea(key.into())),
        ScanColumn::TableOid => Ok(Datum::Oid(codec.relation().oid)),
    }
}

fn push_row(
    scan: &Scan,
    codec: &RowCodec,
    key: &[u8],
    value: &[u8],
    filter: Option<&Expr>,
    context: &Context,
    batch: &mut Batch,
) -> SqlResult<()> {
    keep(filter, stored_row(scan, codec, key, value)?, context, batch)
}

fn keep(filter: Option<&Expr>, row: Row, context: &Context, batch: &mut Batch) -> SqlResult<()> {
    if holds(filter, &row, &context.scope())? {
        batch.push(row);
    } else {
        context.count_removed(1);
    }
    Ok(())
}
