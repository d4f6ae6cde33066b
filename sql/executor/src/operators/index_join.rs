//! Joins that look up the other side by an index, a batch of left rows at a time.

use bytes::Bytes;
use planner::plan::{IndexJoin, JoinKind, Plan};
use protocol::storage::StoredRow;
use types::{Datum, Row, SqlResult};

use super::scan::{entry_row, fetch_rows, reads_rows, stored_row};
use crate::context::{Context, internal, read_error};
use crate::environment::ReadRequest;
use crate::evaluate::holds;
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input, Node};
use crate::ranges::{KeyRange, scan_ranges};

/// Left rows of one round; a round ends early once its ranges yielded this many entries.
const MAXIMUM_ROUND_ENTRIES: usize = 4096;

pub struct IndexJoinState {
    left: Input,
    ready: std::vec::IntoIter<Row>,
    done: bool,
}

/// Something found for the left row of this number.
struct Found {
    left: usize,
    row: StoredRow,
}

impl IndexJoinState {
    pub fn left(&mut self) -> &mut Node {
        &mut self.left.node
    }

    pub fn new(left: &Plan) -> IndexJoinState {
        IndexJoinState { left: Input::new(left), ready: Vec::new().into_iter(), done: false }
    }

    pub fn next(&mut self, join: &IndexJoin, context: &Context) -> SqlResult<Option<Batch>> {
        loop {
            let batch: Batch = self.ready.by_ref().take(BATCH_ROWS).collect();
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
            if self.done {
                return Ok(None);
            }
            context.check_interrupts()?;
            self.ready = self.round(join, context)?.into_iter();
        }
    }

    fn round(&mut self, join: &IndexJoin, context: &Context) -> SqlResult<Batch> {
        let codec = context.codec(&join.scan.relation)?;
        let scope = context.scope();
        let mut reservation = Reservation::new(context.memory());
        let mut lefts: Vec<Row> = Vec::new();
        let mut points: Vec<(usize, Bytes)> = Vec::new();
        let mut found: Vec<Found> = Vec::new();
        while lefts.len() < BATCH_ROWS && found.len() < MAXIMUM_ROUND_ENTRIES {
            let Some(row) = self.left.next_row(&join.left, context)? else {
                self.done = true;
                break;
            };
            let number = lefts.len();
            for range in scan_ranges(&join.scan, &codec, &row, &scope)? {
                match range {
                    KeyRange::Point(key) => points.push((number, key)),
                    KeyRange::Range { start, end } => {
                        let request = ReadRequest {
                            start,
                            end,
                            direction: join.scan.direction,
                            filter: None,
                            limit: None,
                        };
                        let mut cursor = context.scan(request)?;
                        loop {
                            let mut rows = Vec::new();
                            let more =
                                cursor.next_batch(&mut rows, BATCH_ROWS).map_err(read_error)?;
                            context.check_interrupts()?;
                            for row in rows {
                                reservation.require(row.key.len() + row.value.len() + 64)?;
                                found.push(Found { left: number, row });
                            }
                            if !more {
                                break;
                            }
                        }
                    }
                }
            }
            lefts.push(row);
        }
        self.read_points(&points, &mut found, context)?;
        found.sort_by_key(|found| found.left);
        let from_rows = reads_rows(&join.scan, &codec)?;
        let owners: Vec<usize> = found.iter().map(|found| found.left).collect();
        let stored: Vec<StoredRow> = found.into_iter().map(|found| found.row).collect();
        let mut rights: Vec<Row> = Vec::with_capacity(stored.len());
        if from_rows {
            for row in &stored {
                rights.push(stored_row(&join.scan, &codec, &row.key, &row.value)?);
            }
        } else if join.scan.index_only {
            for entry in &stored {
                rights.push(entry_row(&join.scan, &codec, entry)?);
            }
        } else if !stored.is_empty() {
            let (keys, values) = fetch_rows(&codec, &stored, context)?;
            for (key, value) in keys.iter().zip(&values) {
                rights.push(stored_row(&join.scan, &codec, key, value)?);
            }
        }
        for row in &rights {
            reservation.grow(row_bytes(row));
        }
        combine(join, lefts, &owners, rights, context)
    }

    fn read_points(
        &self,
        points: &[(usize, Bytes)],
        found: &mut Vec<Found>,
        context: &Context,
    ) -> SqlResult<()> {
        if points.is_empty() {
            return Ok(());
        }
        let keys: Vec<Bytes> = points.iter().map(|(_, key)| key.clone()).collect();
        let values = context.multi_get(&keys)?;
        for ((left, key), value) in points.iter().zip(values) {
            if let Some(value) = value {
                found.push(Found { left: *left, row: StoredRow { key: key.clone(), value } });
            }
        }
        Ok(())
    }
}

/// Joins the round's rows; `rights` are grouped by the left row they belong to.
fn combine(
    join: &IndexJoin,
    lefts: Vec<Row>,
    owners: &[usize],
    rights: Vec<Row>,
    context: &Context,
) -> SqlResult<Batch> {
    let scope = context.scope();
    let width = join.scan.columns.len();
    let mut output = Vec::with_capacity(lefts.len());
    let mut rights = owners.iter().zip(rights).peekable();
    for (number, left) in lefts.into_iter().enumerate() {
        let mut matched = false;
        while let Some((_, right)) = rights.next_if(|(owner, _)| **owner == number) {
            if matched && matches!(join.kind, JoinKind::Semi | JoinKind::Anti) {
                continue;
            }
            if !holds(join.scan.filter.as_ref(), &right, &scope)? {
                continue;
            }
            let mut row = Vec::with_capacity(left.len() + width);
            row.extend_from_slice(&left);
            row.extend(right);
            if !holds(join.condition.as_ref(), &row, &scope)? {
                continue;
            }
            matched = true;
            if matches!(join.kind, JoinKind::Inner | JoinKind::Left) {
                output.push(row);
            }
        }
        match join.kind {
            JoinKind::Inner => {}
            JoinKind::Left if !matched => {
                let mut row = left;
                row.resize(row.len() + width, Datum::Null);
                output.push(row);
            }
            JoinKind::Left => {}
            JoinKind::Semi if matched => output.push(left),
            JoinKind::Anti if !matched => output.push(left),
            JoinKind::Semi | JoinKind::Anti => {}
            JoinKind::Right | JoinKind::Full | JoinKind::NullAwareAnti => {
                return Err(internal("an index join of this kind"));
            }
        }
    }
    Ok(output)
}
