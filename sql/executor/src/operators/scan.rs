//! Reading stored tables.
//!
//! Four ways: ranges of the rows themselves (the filter runs in storage), single keys (one
//! `multi_get` for a batch of them), and ranges of a secondary index (entries first, then the rows
//! of a batch of entries with one `multi_get`, unless the entries hold all that is needed), and the
//! rows that inverted indexes name ([`super::bitmap`]).

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use encoding::{RowView, encode_row};
use planner::expression::Expr;
use planner::plan::{Scan, ScanColumn};
use protocol::storage::{Filtered, RowFilter, ScanCursor, StoredRow};
use smallvec::SmallVec;
use types::{Datum, Row, SqlError, SqlResult, sqlstate};

use crate::context::{Context, internal, read_error};
use crate::environment::{Environment, ReadRequest};
use crate::evaluate::{InSet, Scope, constant_set, holds, is_true};
use crate::inspect::{is_pushable, mark_columns, walk};
use crate::keys::FastMap;
use crate::memory::Reservation;
use crate::node::{BATCH_ROWS, Batch};
use crate::operators::bitmap::bitmap_ranges;
use crate::ranges::{KeyRange, scan_ranges};
use crate::rows::{RowCodec, split_entry};

const FIRST_BATCH_ROWS: usize = 64;
/// A stored row at least this long is cut down to the wanted columns before it travels.
const PROJECTED_ROW_BYTES: usize = 4096;

#[derive(Default)]
pub struct ScanState {
    prepared: Option<Prepared>,
    ranges: VecDeque<KeyRange>,
    started: bool,
    cursor: Option<Box<dyn ScanCursor>>,
    batch_rows: usize,
    yielded: u64,
    /// What the keys of a bitmap occupy.
    held: Option<Reservation>,
}

struct Prepared {
    codec: Arc<RowCodec>,
    pushed: Option<Arc<PushedProgram>>,
}

impl ScanState {
    pub fn rescan(&mut self) {
        self.ranges.clear();
        self.started = false;
        self.cursor = None;
        self.yielded = 0;
        self.held = None;
    }

    fn start(&mut self, scan: &Scan, context: &Context) -> SqlResult<()> {
        self.started = true;
        self.batch_rows = FIRST_BATCH_ROWS;
        if self.prepared.is_none() {
            let codec = context.codec(&scan.relation)?;
            let pushed =
                if reads_rows(scan, &codec)? { PushedProgram::new(scan, &codec) } else { None };
            self.prepared = Some(Prepared { codec, pushed: pushed.map(Arc::new) });
        }
        if let Some(prepared) = &self.prepared {
            if let Some(bitmap) = &scan.bitmap {
                let (ranges, held) = bitmap_ranges(scan, &bitmap.source, &prepared.codec, context)?;
                self.ranges = ranges.into();
                self.held = Some(held);
            } else {
                self.ranges = scan_ranges(scan, &prepared.codec, &[], &context.scope())?.into();
            }
        }
        Ok(())
    }

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
        let codec = Arc::clone(&prepared.codec);
        let pushed = prepared.pushed.clone();
        let from_rows = reads_rows(scan, &codec)?;
        loop {
            context.check_interrupts()?;
            let mut batch = Vec::new();
            if self.cursor.is_none() {
                match self.ranges.front() {
                    None => return Ok(None),
                    Some(KeyRange::Point(_)) => {
                        let keys = self.take_points();
                        read_points(scan, &codec, from_rows, keys, context, &mut batch)?;
                    }
                    Some(KeyRange::Range { .. }) => {
                        self.open(scan, pushed.as_ref(), from_rows, context)?;
                        continue;
                    }
                }
            } else {
                let mut stored = Vec::with_capacity(self.batch_rows);
                let more = match &mut self.cursor {
                    Some(cursor) => {
                        cursor.next_batch(&mut stored, self.batch_rows).map_err(read_error)?
                    }
                    None => false,
                };
                if !more {
                    self.cursor = None;
                }
                self.batch_rows = (self.batch_rows * 2).min(BATCH_ROWS);
                if from_rows {
                    let filter = if pushed.is_some() { None } else { scan.filter.as_ref() };
                    for row in &stored {
                        push_row(scan, &codec, &row.key, &row.value, filter, context, &mut batch)?;
                    }
                } else {
                    read_entries(scan, &codec, &stored, context, &mut batch)?;
                }
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
        self.cursor = Some(context.env().scan(request)?);
        Ok(())
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
        [key] => vec![context.env().get(key)?],
        keys => context.env().multi_get(keys)?,
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
        let scope = context.scope();
        for entry in entries {
            let row = entry_row(scan, codec, entry)?;
            if holds(filter, &row, &scope)? {
                batch.push(row);
            }
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
    for value in context.env().multi_get(&keys)? {
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
    let mut row = Vec::with_capacity(scan.columns.len());
    for column in &scan.columns {
        row.push(match column {
            ScanColumn::Attribute(attribute) => codec.column(&view, *attribute)?,
            ScanColumn::RowKey => Datum::Bytea(key.into()),
            ScanColumn::TableOid => Datum::Oid(scan.relation.oid),
        });
    }
    Ok(row)
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
    let row = stored_row(scan, codec, key, value)?;
    if holds(filter, &row, &context.scope())? {
        batch.push(row);
    }
    Ok(())
}

/// A filter fit to run in storage, made once per scan node.
struct PushedProgram {
    filter: Option<Expr>,
    columns: Vec<ScanColumn>,
    /// Per scan column, whether the filter looks at it.
    used: Vec<bool>,
    /// Per attribute, whether the scan yields it.
    wanted: Vec<bool>,
    sets: FastMap<usize, Arc<InSet>>,
    codec: Arc<RowCodec>,
}

impl PushedProgram {
    /// `None` if the filter must not run there, or if there is nothing to do.
    fn new(scan: &Scan, codec: &Arc<RowCodec>) -> Option<PushedProgram> {
        let mut wanted = vec![false; codec.types().len()];
        for column in &scan.columns {
            if let ScanColumn::Attribute(attribute) = column
                && let Some(mark) = wanted.get_mut(*attribute)
            {
                *mark = true;
            }
        }
        if scan.filter.is_none() && wanted.iter().filter(|mark| !**mark).count() < 4 {
            return None;
        }
        let mut used = vec![false; scan.columns.len()];
        let mut sets = FastMap::default();
        if let Some(filter) = &scan.filter {
            if !is_pushable(filter) {
                return None;
            }
            mark_columns(filter, &mut used);
            walk(filter, &mut |part| {
                if let Expr::InList { list, .. } = part
                    && let Some(set) = constant_set(list)
                {
                    sets.insert(list.as_ptr() as usize, Arc::new(set));
                }
            });
        }
        Some(PushedProgram {
            filter: scan.filter.clone(),
            columns: scan.columns.clone(),
            used,
            wanted,
            sets,
            codec: Arc::clone(codec),
        })
    }
}

/// A [`PushedProgram`] with the parameters of one run.
struct PushedFilter {
    program: Arc<PushedProgram>,
    env: Arc<dyn Environment>,
    parameters: Arc<[Datum]>,
    exec: Vec<Datum>,
}

impl PushedFilter {
    fn new(program: &Arc<PushedProgram>, context: &Context) -> PushedFilter {
        PushedFilter {
            program: Arc::clone(program),
            env: Arc::clone(context.shared_env()),
            parameters: Arc::clone(context.parameters()),
            exec: context.exec_parameters.borrow().clone(),
        }
    }

    fn decide(&self, key: &[u8], value: &[u8]) -> SqlResult<Filtered> {
        let program = &*self.program;
        let view = RowView::new(value)?;
        if let Some(filter) = &program.filter {
            let mut row: SmallVec<[Datum; 12]> = SmallVec::with_capacity(program.columns.len());
            for (column, used) in program.columns.iter().zip(&program.used) {
                row.push(match column {
                    _ if !used => Datum::Null,
                    ScanColumn::Attribute(attribute) => program.codec.column(&view, *attribute)?,
                    ScanColumn::RowKey => Datum::Bytea(key.into()),
                    ScanColumn::TableOid => Datum::Oid(program.codec.relation().oid),
                });
            }
            let scope =
                Scope::detached(&*self.env, &self.parameters, &self.exec).with_sets(&program.sets);
            if !is_true(filter, &row, &scope)? {
                return Ok(Filtered::Drop);
            }
        }
        if value.len() < PROJECTED_ROW_BYTES || program.wanted.iter().all(|wanted| *wanted) {
            return Ok(Filtered::Keep);
        }
        let mut row = Vec::with_capacity(program.wanted.len());
        for (attribute, wanted) in program.wanted.iter().enumerate() {
            row.push(if *wanted { program.codec.column(&view, attribute)? } else { Datum::Null });
        }
        let mut bytes = Vec::new();
        encode_row(&row, program.codec.types(), &mut bytes)?;
        Ok(Filtered::Replace(bytes.into()))
    }
}

impl RowFilter for PushedFilter {
    fn apply(&self, key: &[u8], value: &[u8]) -> Result<Filtered, Box<dyn Error + Send + Sync>> {
        self.decide(key, value).map_err(|error| Box::new(error) as Box<dyn Error + Send + Sync>)
    }
}
