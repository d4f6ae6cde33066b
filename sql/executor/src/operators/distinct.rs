//! DISTINCT by hashing, and DISTINCT ON over sorted rows.

use planner::expression::Expr;
use planner::plan::Plan;
use types::{Row, SqlResult};

use crate::context::Context;
use crate::keys::{HashKey, KeySet, hash_values, key_of, normalize};
use crate::memory::{Reservation, row_bytes};
use crate::node::{Batch, Input, Node};
use crate::spill::{MAXIMUM_PARTITION_DEPTH, Partitions, SpillFile, SpillReader};

/// Yields each row when it is first seen. Once the table is full, rows that are not in it go to
/// disk by hash, and each partition is looked at by itself afterwards.
pub struct DistinctState {
    input: Node,
    seen: KeySet,
    reservation: Option<Reservation>,
    overflow: Option<Partitions>,
    work: Vec<(SpillFile, u32)>,
    reader: Option<(SpillReader, u32)>,
    input_is_done: bool,
}

impl DistinctState {
    pub fn new(input: &Plan) -> DistinctState {
        DistinctState {
            input: Node::new(input),
            seen: KeySet::default(),
            reservation: None,
            overflow: None,
            work: Vec::new(),
            reader: None,
            input_is_done: false,
        }
    }

    pub fn next(&mut self, input: &Plan, context: &Context) -> SqlResult<Option<Batch>> {
        loop {
            let Some((batch, depth)) = self.read(input, context)? else {
                self.finish_pass()?;
                if self.work.is_empty() && self.reader.is_none() {
                    return Ok(None);
                }
                continue;
            };
            let mut output = Vec::new();
            for row in batch {
                if self.is_new(input, &row, depth, context)? {
                    output.push(row);
                }
            }
            if !output.is_empty() {
                return Ok(Some(output));
            }
        }
    }

    fn read(&mut self, input: &Plan, context: &Context) -> SqlResult<Option<(Batch, u32)>> {
        if !self.input_is_done {
            let batch = self.input.next(input, context)?;
            self.input_is_done = batch.is_none();
            return Ok(batch.map(|batch| (batch, 0)));
        }
        if self.reader.is_none() {
            self.reader = self.work.pop().map(|(file, depth)| (file.reader(), depth));
        }
        let Some((reader, depth)) = &mut self.reader else {
            return Ok(None);
        };
        context.check_interrupts()?;
        let mut batch = Vec::new();
        while batch.len() < 256
            && let Some(row) = reader.next_row()?
        {
            batch.push(row);
        }
        if batch.is_empty() {
            self.reader = None;
            return Ok(None);
        }
        Ok(Some((batch, *depth)))
    }

    fn finish_pass(&mut self) -> SqlResult<()> {
        if let Some(overflow) = self.overflow.take() {
            let depth = overflow.depth() + 1;
            self.work.extend(overflow.finish()?.into_iter().flatten().map(|file| (file, depth)));
        }
        self.seen = KeySet::default();
        self.reservation = None;
        Ok(())
    }

    fn is_new(
        &mut self,
        input: &Plan,
        row: &Row,
        depth: u32,
        context: &Context,
    ) -> SqlResult<bool> {
        let values: Row = row
            .iter()
            .zip(input.columns.iter())
            .map(|(value, column)| normalize(value.clone(), column.ty.oid))
            .collect();
        let key = HashKey { hash: hash_values(&values), values };
        if self.seen.contains(&key) {
            return Ok(false);
        }
        let reservation =
            self.reservation.get_or_insert_with(|| Reservation::new(context.memory()));
        if let Some(overflow) = &mut self.overflow {
            overflow.append(context, key.hash, row)?;
            return Ok(false);
        }
        let bytes = row_bytes(&key.values) + 32;
        if depth >= MAXIMUM_PARTITION_DEPTH {
            reservation.require(bytes)?;
        } else {
            reservation.grow(bytes);
            if reservation.should_spill() {
                let mut overflow = Partitions::new(depth);
                overflow.append(context, key.hash, row)?;
                self.overflow = Some(overflow);
                return Ok(false);
            }
        }
        self.seen.insert(key);
        Ok(true)
    }
}

pub struct DistinctOnState {
    input: Input,
    last: Option<HashKey>,
}

impl DistinctOnState {
    pub fn new(input: &Plan) -> DistinctOnState {
        DistinctOnState { input: Input::new(input), last: None }
    }

    pub fn next(
        &mut self,
        input: &Plan,
        keys: &[Expr],
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        let scope = context.scope();
        let mut output = Vec::new();
        while output.len() < 256
            && let Some(row) = self.input.next_row(input, context)?
        {
            let key = key_of(keys, &row, &scope)?;
            if self.last.as_ref() != Some(&key) {
                self.last = Some(key);
                output.push(row);
            }
        }
        Ok(if output.is_empty() { None } else { Some(output) })
    }
}
