//! Sorting, with sorted runs on disk when the rows do not fit the budget.
//!
//! The order of equal rows is that of the input. An input already ordered by leading keys is
//! sorted group by group, so that the first rows come early.

use std::cmp::Ordering;

use planner::expression::SortKey;
use planner::plan::Plan;
use types::{Row, SqlResult};

use crate::context::Context;
use crate::keys::SortOrder;
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::spill::{SpillFile, SpillReader, SpillWriter};

/// Runs merged at a time.
const MERGE_FAN_IN: usize = 64;

type Keyed = (Row, Row);

pub struct SortState {
    input: Input,
    sorted: Option<Sorted>,
    order: Option<SortOrder>,
    /// The first row of the next group of a presorted input.
    ahead: Option<Keyed>,
    input_is_done: bool,
}

enum Sorted {
    Memory(std::vec::IntoIter<Keyed>, #[expect(dead_code)] Reservation),
    Runs(Merge),
}

impl SortState {
    pub fn new(input: &Plan) -> SortState {
        SortState {
            input: Input::new(input),
            sorted: None,
            order: None,
            ahead: None,
            input_is_done: false,
        }
    }

    pub fn next(
        &mut self,
        input: &Plan,
        keys: &[SortKey],
        presorted: usize,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        let order = self.order.get_or_insert_with(|| SortOrder::new(keys)).clone();
        loop {
            let mut batch = Vec::new();
            match &mut self.sorted {
                None => {
                    if self.input_is_done {
                        return Ok(None);
                    }
                    self.sorted = Some(self.sort_group(input, keys, presorted, &order, context)?);
                    continue;
                }
                Some(Sorted::Memory(rows, _)) => {
                    batch.extend(rows.take(BATCH_ROWS).map(|(_, row)| row));
                }
                Some(Sorted::Runs(merge)) => {
                    while batch.len() < BATCH_ROWS
                        && let Some((_, row)) = merge.next(&order)?
                    {
                        batch.push(row);
                    }
                }
            }
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
            self.sorted = None;
        }
    }

    /// Reads and sorts the whole input, or the next group of a presorted one.
    fn sort_group(
        &mut self,
        input: &Plan,
        keys: &[SortKey],
        presorted: usize,
        order: &SortOrder,
        context: &Context,
    ) -> SqlResult<Sorted> {
        let scope = context.scope();
        let mut rows: Vec<Keyed> = Vec::new();
        let mut reservation = Reservation::new(context.memory());
        let mut runs: Vec<SpillFile> = Vec::new();
        let mut first: Option<Keyed> = None;
        loop {
            let keyed = match self.ahead.take() {
                Some(keyed) => keyed,
                None => match self.input.next_row(input, context)? {
                    Some(row) => (order.keys(keys, &row, &scope)?, row),
                    None => {
                        self.input_is_done = true;
                        break;
                    }
                },
            };
            if presorted > 0 {
                match &first {
                    None => first = Some(keyed.clone()),
                    Some(first) => {
                        let (left, right) = if order.is_plain() {
                            (&first.1, &keyed.1)
                        } else {
                            (&first.0, &keyed.0)
                        };
                        if order.compare_prefix(left, right, presorted).is_ne() {
                            self.ahead = Some(keyed);
                            break;
                        }
                    }
                }
            }
            reservation.grow(row_bytes(&keyed.0) + row_bytes(&keyed.1));
            rows.push(keyed);
            if reservation.should_spill() {
                runs.push(write_run(&mut rows, order, context)?);
                reservation.clear();
            }
        }
        if runs.is_empty() {
            sort(&mut rows, order);
            return Ok(Sorted::Memory(rows.into_iter(), reservation));
        }
        if !rows.is_empty() {
            runs.push(write_run(&mut rows, order, context)?);
        }
        drop(reservation);
        let key_columns = if order.is_plain() { 0 } else { keys.len() };
        while runs.len() > MERGE_FAN_IN {
            // Neighbours only, so that equal rows keep their order.
            let mut fewer = Vec::new();
            for group in runs.chunks(MERGE_FAN_IN) {
                let mut merge = Merge::new(group, key_columns)?;
                let mut writer = SpillWriter::create(context)?;
                let mut count = 0usize;
                while let Some((mut key, row)) = merge.next(order)? {
                    key.extend(row);
                    writer.append(&key)?;
                    count += 1;
                    if count.is_multiple_of(1024) {
                        context.check_interrupts()?;
                    }
                }
                fewer.push(writer.finish()?);
            }
            runs = fewer;
        }
        Ok(Sorted::Runs(Merge::new(&runs, key_columns)?))
    }
}

fn sort(rows: &mut [Keyed], order: &SortOrder) {
    rows.sort_by(|left, right| order.compare_keyed((&left.0, &left.1), (&right.0, &right.1)));
}

fn write_run(rows: &mut Vec<Keyed>, order: &SortOrder, context: &Context) -> SqlResult<SpillFile> {
    sort(rows, order);
    let mut writer = SpillWriter::create(context)?;
    for (mut key, row) in rows.drain(..) {
        key.extend(row);
        writer.append(&key)?;
    }
    writer.finish()
}

/// Merges sorted runs: a binary heap of the runs' next rows.
struct Merge {
    readers: Vec<SpillReader>,
    key_columns: usize,
    heap: Vec<(Keyed, usize)>,
    started: bool,
}

impl Merge {
    fn new(runs: &[SpillFile], key_columns: usize) -> SqlResult<Merge> {
        let readers = runs.iter().map(SpillFile::reader).collect();
        Ok(Merge { readers, key_columns, heap: Vec::new(), started: false })
    }

    fn read(&mut self, run: usize) -> SqlResult<Option<Keyed>> {
        let Some(mut key) = self.readers[run].next_row()? else {
            return Ok(None);
        };
        let row = key.split_off(self.key_columns.min(key.len()));
        Ok(Some((key, row)))
    }

    fn next(&mut self, order: &SortOrder) -> SqlResult<Option<Keyed>> {
        if !self.started {
            self.started = true;
            for run in 0..self.readers.len() {
                if let Some(keyed) = self.read(run)? {
                    self.heap.push((keyed, run));
                    let last = self.heap.len() - 1;
                    self.rise(last, order);
                }
            }
        }
        let Some(run) = self.heap.first().map(|entry| entry.1) else {
            return Ok(None);
        };
        let result = match self.read(run)? {
            Some(keyed) => std::mem::replace(&mut self.heap[0], (keyed, run)),
            None => self.heap.swap_remove(0),
        };
        self.sink(order);
        Ok(Some(result.0))
    }

    fn before(&self, left: usize, right: usize, order: &SortOrder) -> bool {
        let (left, right) = (&self.heap[left], &self.heap[right]);
        let keys = order.compare_keyed((&left.0.0, &left.0.1), (&right.0.0, &right.0.1));
        keys.then(left.1.cmp(&right.1)) == Ordering::Less
    }

    fn rise(&mut self, mut place: usize, order: &SortOrder) {
        while place > 0 {
            let parent = (place - 1) / 2;
            if !self.before(place, parent, order) {
                break;
            }
            self.heap.swap(place, parent);
            place = parent;
        }
    }

    fn sink(&mut self, order: &SortOrder) {
        let mut place = 0;
        loop {
            let mut least = place;
            for child in [2 * place + 1, 2 * place + 2] {
                if child < self.heap.len() && self.before(child, least, order) {
                    least = child;
                }
            }
            if least == place {
                return;
            }
            self.heap.swap(place, least);
            place = least;
        }
    }
}
