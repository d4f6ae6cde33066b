//! WITH queries: recursion, shared results, and remembered inputs.

use std::sync::Arc;

use planner::plan::Plan;
use types::{Row, SqlResult};

use crate::context::Context;
use crate::keys::{HashKey, KeySet, normalize};
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Node};
use crate::spill::{BufferCursor, RowBuffer};

/// WITH RECURSIVE: the step runs over the rows of the round before, until a round has none.
pub struct RecursiveState {
    start: Node,
    started: bool,
    /// The step's node of the present round.
    step: Option<Node>,
    next: Option<RowBuffer>,
    seen: KeySet,
    reservation: Option<Reservation>,
    done: bool,
}

impl RecursiveState {
    pub fn new(start: &Plan) -> RecursiveState {
        RecursiveState {
            start: Node::new(start),
            started: false,
            step: None,
            next: None,
            seen: KeySet::default(),
            reservation: None,
            done: false,
        }
    }

    pub fn next(
        &mut self,
        id: usize,
        start: &Plan,
        step: &Plan,
        distinct: bool,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        while !self.done {
            let batch = match &mut self.step {
                None if self.started => None,
                None => self.start.next(start, context)?,
                Some(node) => node.next(step, context)?,
            };
            if let Some(batch) = batch {
                let mut output = Vec::with_capacity(batch.len());
                for row in batch {
                    if !distinct || self.is_new(start, &row, context)? {
                        let next = self.next.get_or_insert_with(|| RowBuffer::new(context));
                        next.push(context, row.clone())?;
                        output.push(row);
                    }
                }
                if !output.is_empty() {
                    return Ok(Some(output));
                }
                continue;
            }
            // The round is over: what it yielded is the next round's working table.
            self.started = true;
            match self.next.take() {
                None => self.done = true,
                Some(mut buffer) => {
                    buffer.finish()?;
                    context.working_tables.borrow_mut().insert(id, Arc::new(buffer));
                    self.step = Some(Node::new(step));
                    self.forget_subplans(context);
                }
            }
        }
        context.working_tables.borrow_mut().remove(&id);
        Ok(None)
    }

    /// Remembered subqueries may have read the working table of the round before.
    fn forget_subplans(&self, context: &Context) {
        context.subplans.borrow_mut().clear();
    }

    fn is_new(&mut self, plan: &Plan, row: &Row, context: &Context) -> SqlResult<bool> {
        let values: Row = row
            .iter()
            .zip(plan.columns.iter())
            .map(|(value, column)| normalize(value.clone(), column.ty.oid))
            .collect();
        let bytes = row_bytes(&values) + 32;
        if !self.seen.insert(HashKey::new(values)) {
            return Ok(false);
        }
        let reservation =
            self.reservation.get_or_insert_with(|| Reservation::new(context.memory()));
        reservation.require(bytes)?;
        Ok(true)
    }
}

/// Reads a working table, or the result of a WITH query.
#[derive(Default)]
pub struct BufferScanState {
    buffer: Option<Arc<RowBuffer>>,
    cursor: BufferCursor,
}

impl BufferScanState {
    pub fn next_working(&mut self, id: usize, context: &Context) -> SqlResult<Option<Batch>> {
        if self.buffer.is_none() {
            self.buffer = context.working_tables.borrow().get(&id).cloned();
        }
        self.read()
    }

    pub fn next_cte(&mut self, id: usize, context: &Context) -> SqlResult<Option<Batch>> {
        if self.buffer.is_none() {
            self.buffer = Some(context.cte(id)?);
        }
        self.read()
    }

    fn read(&mut self) -> SqlResult<Option<Batch>> {
        match &self.buffer {
            Some(buffer) => buffer.read(&mut self.cursor, BATCH_ROWS),
            None => Ok(None),
        }
    }
}

/// Remembers its input, so that it can be read again without running it.
pub struct MaterializeState {
    input: Node,
    buffer: Option<RowBuffer>,
    complete: bool,
    cursor: BufferCursor,
}

impl MaterializeState {
    pub fn new(input: &Plan) -> MaterializeState {
        MaterializeState {
            input: Node::new(input),
            buffer: None,
            complete: false,
            cursor: BufferCursor::default(),
        }
    }

    pub fn rescan(&mut self, input: &Plan, changed: bool) {
        self.cursor = BufferCursor::default();
        if changed || !self.complete {
            self.input.rescan(input, changed);
            self.buffer = None;
            self.complete = false;
        }
    }

    pub fn next(&mut self, input: &Plan, context: &Context) -> SqlResult<Option<Batch>> {
        let buffer = self.buffer.get_or_insert_with(|| RowBuffer::new(context));
        if self.complete {
            return buffer.read(&mut self.cursor, BATCH_ROWS);
        }
        // The first time, rows are passed on as they come.
        match self.input.next(input, context)? {
            Some(batch) => {
                for row in &batch {
                    buffer.push(context, row.clone())?;
                }
                Ok(Some(batch))
            }
            None => {
                buffer.finish()?;
                self.complete = true;
                self.cursor = BufferCursor::at_end(buffer);
                Ok(None)
            }
        }
    }
}
