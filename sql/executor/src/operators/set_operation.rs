//! UNION, INTERSECT and EXCEPT: rows are counted per side in a hash table.
//!
//! Spills as aggregation does: rows that the full table does not know go to disk by hash, with the
//! side they came from.

use planner::plan::{Plan, SetKind};
use types::{Datum, Row, SqlResult};

use crate::context::{Context, internal};
use crate::keys::{HashKey, KeyMap, normalize};
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Node};
use crate::spill::{MAXIMUM_PARTITION_DEPTH, Partitions, SpillFile};

pub struct SetOperationState {
    left: Node,
    right: Node,
    left_is_done: bool,
    started: bool,
    ready: std::vec::IntoIter<(Row, u64)>,
    current: Option<(Row, u64)>,
    reservation: Option<Reservation>,
    work: Vec<(SpillFile, u32)>,
}

struct Table {
    places: KeyMap<usize>,
    rows: Vec<(Row, [u64; 2])>,
    reservation: Reservation,
    overflow: Option<Partitions>,
    depth: u32,
}

impl Table {
    fn new(context: &Context, depth: u32) -> Table {
        Table {
            places: KeyMap::default(),
            rows: Vec::new(),
            reservation: Reservation::new(context.memory()),
            overflow: None,
            depth,
        }
    }

    fn add(&mut self, plan: &Plan, row: Row, side: usize, context: &Context) -> SqlResult<()> {
        let values: Row = row
            .iter()
            .zip(plan.columns.iter())
            .map(|(value, column)| normalize(value.clone(), column.ty.oid))
            .collect();
        let key = HashKey::new(values);
        if let Some(&place) = self.places.get(&key) {
            self.rows[place].1[side] += 1;
            return Ok(());
        }
        let full = self.overflow.is_some() || self.reservation.should_spill();
        if full && self.depth < MAXIMUM_PARTITION_DEPTH {
            let overflow = self.overflow.get_or_insert_with(|| Partitions::new(self.depth));
            let mut tagged = row;
            tagged.push(Datum::Bool(side == 1));
            return overflow.append(context, key.hash, &tagged);
        }
        let bytes = row_bytes(&row) + row_bytes(&key.values) + 64;
        if self.depth < MAXIMUM_PARTITION_DEPTH {
            self.reservation.grow(bytes);
        } else {
            self.reservation.require(bytes)?;
        }
        let mut counts = [0; 2];
        counts[side] = 1;
        self.places.insert(key, self.rows.len());
        self.rows.push((row, counts));
        Ok(())
    }
}

impl SetOperationState {
    pub fn new(left: &Plan, right: &Plan) -> SetOperationState {
        SetOperationState {
            left: Node::new(left),
            right: Node::new(right),
            left_is_done: false,
            started: false,
            ready: Vec::new().into_iter(),
            current: None,
            reservation: None,
            work: Vec::new(),
        }
    }

    pub fn next(
        &mut self,
        left: &Plan,
        right: &Plan,
        kind: SetKind,
        all: bool,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        if kind == SetKind::Union && all {
            if !self.left_is_done {
                if let Some(batch) = self.left.next(left, context)? {
                    return Ok(Some(batch));
                }
                self.left_is_done = true;
            }
            return self.right.next(right, context);
        }
        loop {
            let mut batch = Vec::new();
            while batch.len() < BATCH_ROWS {
                match &mut self.current {
                    Some((row, copies)) if *copies > 1 => {
                        *copies -= 1;
                        batch.push(row.clone());
                    }
                    Some(_) => batch.extend(self.current.take().map(|(row, _)| row)),
                    None => match self.ready.next() {
                        Some(next) => self.current = Some(next),
                        None => break,
                    },
                }
            }
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
            self.reservation = None;
            if !self.started {
                self.started = true;
                let mut table = Table::new(context, 0);
                while let Some(rows) = self.left.next(left, context)? {
                    for row in rows {
                        table.add(left, row, 0, context)?;
                    }
                }
                while let Some(rows) = self.right.next(right, context)? {
                    for row in rows {
                        table.add(left, row, 1, context)?;
                    }
                }
                self.take_table(table, kind, all)?;
            } else if let Some((file, depth)) = self.work.pop() {
                let mut table = Table::new(context, depth);
                let mut reader = file.reader();
                while let Some(mut row) = reader.next_row()? {
                    let Some(Datum::Bool(is_right)) = row.pop() else {
                        return Err(internal("a spilled row has no side"));
                    };
                    table.add(left, row, usize::from(is_right), context)?;
                }
                self.take_table(table, kind, all)?;
            } else {
                return Ok(None);
            }
        }
    }

    fn take_table(&mut self, table: Table, kind: SetKind, all: bool) -> SqlResult<()> {
        if let Some(overflow) = table.overflow {
            let depth = overflow.depth() + 1;
            self.work.extend(overflow.finish()?.into_iter().flatten().map(|file| (file, depth)));
        }
        let rows: Vec<(Row, u64)> = table
            .rows
            .into_iter()
            .map(|(row, counts)| (row, copies(kind, all, counts)))
            .filter(|(_, copies)| *copies > 0)
            .collect();
        self.ready = rows.into_iter();
        self.reservation = Some(table.reservation);
        Ok(())
    }
}

fn copies(kind: SetKind, all: bool, [left, right]: [u64; 2]) -> u64 {
    match (kind, all) {
        (SetKind::Union, true) => left + right,
        (SetKind::Union, false) => 1,
        (SetKind::Intersect, true) => left.min(right),
        (SetKind::Intersect, false) => u64::from(left > 0 && right > 0),
        (SetKind::Except, true) => left.saturating_sub(right),
        (SetKind::Except, false) => u64::from(left > 0 && right == 0),
    }
}
