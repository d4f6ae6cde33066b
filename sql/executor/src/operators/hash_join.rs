//! Hash joins of every kind.
//!
//! The right side becomes a hash table. If it does not fit the budget, both sides are cut by the
//! hash of their keys into partitions on disk, and each pair of partitions is joined by itself; a
//! partition that still does not fit is cut again by other bits of the hash.

use planner::plan::{HashJoin, JoinKind};
use types::{Datum, Row, SqlResult};

use crate::context::Context;
use crate::evaluate::{evaluate_borrowed, holds};
use crate::keys::{HashKey, KeyMap, key_of};
use crate::memory::{Reservation, out_of_memory, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::spill::{MAXIMUM_PARTITION_DEPTH, Partitions, SpillFile, SpillReader};

pub struct HashJoinState {
    left: Input,
    right: Input,
    table: Option<Table>,
    phase: Phase,
    probe: Probe,
    work: Vec<Work>,
    /// For NOT IN, which looks at the right side as a whole.
    right_has_null: bool,
    right_is_empty: bool,
    pending: std::vec::IntoIter<Row>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Build,
    Probe,
    Unmatched(usize),
    NextPartition,
    Done,
}

enum Probe {
    Input,
    File(SpillReader),
    Nothing,
}

/// A pair of partitions still to be joined.
struct Work {
    left: Option<SpillFile>,
    right: Option<SpillFile>,
    depth: u32,
}

struct Table {
    rows: Vec<(Row, bool)>,
    keys: KeyMap<Vec<u32>>,
    reservation: Reservation,
}

impl Table {
    fn new(context: &Context) -> Table {
        Table {
            rows: Vec::new(),
            keys: KeyMap::default(),
            reservation: Reservation::new(context.memory()),
        }
    }

    fn insert(&mut self, key: HashKey, row: Row) {
        self.reservation.grow(row_bytes(&row) + row_bytes(&key.values) + 48);
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push((row, false));
        if !key.has_null() {
            self.keys.entry(key).or_default().push(number);
        }
    }
}

impl HashJoinState {
    pub fn new(join: &HashJoin) -> HashJoinState {
        HashJoinState {
            left: Input::new(&join.left),
            right: Input::new(&join.right),
            table: None,
            phase: Phase::Build,
            probe: Probe::Input,
            work: Vec::new(),
            right_has_null: false,
            right_is_empty: true,
            pending: Vec::new().into_iter(),
        }
    }

    pub fn next(&mut self, join: &HashJoin, context: &Context) -> SqlResult<Option<Batch>> {
        let mut output = Vec::new();
        loop {
            output.extend(self.pending.by_ref().take(BATCH_ROWS - output.len()));
            if output.len() >= BATCH_ROWS {
                return Ok(Some(output));
            }
            match self.phase {
                Phase::Build => self.build(join, context)?,
                Phase::Probe => self.probe(join, context)?,
                Phase::Unmatched(from) => self.unmatched(join, from),
                Phase::NextPartition => self.next_partition(join, context)?,
                Phase::Done => break,
            }
        }
        Ok(if output.is_empty() { None } else { Some(output) })
    }

    fn build(&mut self, join: &HashJoin, context: &Context) -> SqlResult<()> {
        let scope = context.scope();
        let mut table = Table::new(context);
        let mut partitions: Option<Partitions> = None;
        while let Some(row) = self.right.next_row(&join.right, context)? {
            self.right_is_empty = false;
            let key = key_of(&join.right_keys, &row, &scope)?;
            self.right_has_null |= key.has_null();
            let kept = !key.has_null() || matches!(join.kind, JoinKind::Right | JoinKind::Full);
            if !kept {
                continue;
            }
            if let Some(partitions) = &mut partitions {
                partitions.append(context, key.hash, &row)?;
                continue;
            }
            table.insert(key, row);
            if table.reservation.should_spill() {
                partitions = Some(spill_table(&mut table, join, 0, context)?);
            }
        }
        let Some(rights) = partitions else {
            self.table = Some(table);
            self.phase = Phase::Probe;
            return Ok(());
        };
        let mut lefts = Partitions::new(0);
        while let Some(row) = self.left.next_row(&join.left, context)? {
            let key = key_of(&join.left_keys, &row, &scope)?;
            lefts.append(context, key.hash, &row)?;
        }
        self.push_work(lefts, rights)?;
        self.phase = Phase::NextPartition;
        Ok(())
    }

    fn push_work(&mut self, lefts: Partitions, rights: Partitions) -> SqlResult<()> {
        let depth = rights.depth();
        for (left, right) in lefts.finish()?.into_iter().zip(rights.finish()?) {
            if left.is_some() || right.is_some() {
                self.work.push(Work { left, right, depth });
            }
        }
        Ok(())
    }

    fn next_partition(&mut self, join: &HashJoin, context: &Context) -> SqlResult<()> {
        self.table = None;
        let Some(work) = self.work.pop() else {
            self.phase = Phase::Done;
            return Ok(());
        };
        let scope = context.scope();
        let mut table = Table::new(context);
        let mut partitions: Option<Partitions> = None;
        let mut reader = work.right.as_ref().map(SpillFile::reader);
        let mut count = 0usize;
        while let Some(row) = reader.as_mut().map_or(Ok(None), SpillReader::next_row)? {
            count += 1;
            if count.is_multiple_of(1024) {
                context.check_interrupts()?;
            }
            let key = key_of(&join.right_keys, &row, &scope)?;
            if let Some(partitions) = &mut partitions {
                partitions.append(context, key.hash, &row)?;
                continue;
            }
            table.insert(key, row);
            if table.reservation.should_spill() {
                if work.depth + 1 >= MAXIMUM_PARTITION_DEPTH {
                    // All of these rows have one key: no cut makes them fewer.
                    if table.reservation.is_beyond_hope() {
                        return Err(out_of_memory(table.reservation.budget()));
                    }
                    continue;
                }
                partitions = Some(spill_table(&mut table, join, work.depth + 1, context)?);
            }
        }
        if let Some(rights) = partitions {
            let mut lefts = Partitions::new(work.depth + 1);
            let mut reader = work.left.as_ref().map(SpillFile::reader);
            while let Some(row) = reader.as_mut().map_or(Ok(None), SpillReader::next_row)? {
                let key = key_of(&join.left_keys, &row, &scope)?;
                lefts.append(context, key.hash, &row)?;
            }
            return self.push_work(lefts, rights);
        }
        self.table = Some(table);
        self.probe = work.left.map_or(Probe::Nothing, |file| Probe::File(file.reader()));
        self.phase = Phase::Probe;
        Ok(())
    }

    fn after_probe(&mut self, join: &HashJoin) {
        self.phase = if matches!(join.kind, JoinKind::Right | JoinKind::Full) {
            Phase::Unmatched(0)
        } else {
            Phase::NextPartition
        };
    }

    /// Takes some left rows and leaves what they yield in `pending`.
    fn probe(&mut self, join: &HashJoin, context: &Context) -> SqlResult<()> {
        let scope = context.scope();
        let mut output = Vec::new();
        for _ in 0..BATCH_ROWS {
            if output.len() >= BATCH_ROWS {
                break;
            }
            let left = match &mut self.probe {
                Probe::Input => self.left.next_row(&join.left, context)?,
                Probe::File(reader) => reader.next_row()?,
                Probe::Nothing => None,
            };
            let Some(left) = left else {
                self.after_probe(join);
                break;
            };
            let Some(table) = &mut self.table else {
                break;
            };
            let key = key_of(&join.left_keys, &left, &scope)?;
            let null = key.has_null();
            let found = if null { None } else { table.keys.get(&key) };
            let matched = join_row(
                join,
                &left,
                found.map_or(&[], Vec::as_slice),
                &mut table.rows,
                context,
                &mut output,
            )?;
            let mut left = left;
            match join.kind {
                JoinKind::Left | JoinKind::Full if !matched => {
                    left.resize(left.len() + join.right.columns.len(), Datum::Null);
                    output.push(left);
                }
                JoinKind::Semi if matched => output.push(left),
                JoinKind::Anti if !matched => output.push(left),
                JoinKind::NullAwareAnti
                    if self.right_is_empty || !matched && !null && !self.right_has_null =>
                {
                    output.push(left);
                }
                _ => {}
            }
        }
        context.check_interrupts()?;
        self.pending = output.into_iter();
        Ok(())
    }

    /// Right rows that no left row met.
    fn unmatched(&mut self, join: &HashJoin, from: usize) {
        let Some(table) = &mut self.table else {
            self.phase = Phase::NextPartition;
            return;
        };
        let end = (from + BATCH_ROWS).min(table.rows.len());
        let width = join.left.columns.len();
        let mut output = Vec::new();
        for (row, matched) in &mut table.rows[from..end] {
            if !*matched {
                let mut padded = vec![Datum::Null; width];
                padded.append(row);
                output.push(padded);
            }
        }
        self.phase =
            if end == table.rows.len() { Phase::NextPartition } else { Phase::Unmatched(end) };
        self.pending = output.into_iter();
    }
}

/// Moves the table's rows into partitions.
fn spill_table(
    table: &mut Table,
    join: &HashJoin,
    depth: u32,
    context: &Context,
) -> SqlResult<Partitions> {
    let scope = context.scope();
    let mut partitions = Partitions::new(depth);
    for (row, _) in table.rows.drain(..) {
        let key = key_of(&join.right_keys, &row, &scope)?;
        partitions.append(context, key.hash, &row)?;
    }
    table.keys.clear();
    table.keys.shrink_to_fit();
    table.rows.shrink_to_fit();
    table.reservation.clear();
    Ok(partitions)
}

/// Joins a left row with the right rows of its key; whether one matched.
fn join_row(
    join: &HashJoin,
    left: &Row,
    found: &[u32],
    rows: &mut [(Row, bool)],
    context: &Context,
    output: &mut Batch,
) -> SqlResult<bool> {
    let scope = context.scope();
    let mut matched = false;
    for (count, &number) in found.iter().enumerate() {
        if count % 1024 == 1023 {
            context.check_interrupts()?;
        }
        let (right, met) = &mut rows[number as usize];
        let yields =
            !matches!(join.kind, JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti);
        if !yields && join.condition.is_none() {
            return Ok(true);
        }
        let mut row = Vec::with_capacity(left.len() + right.len());
        row.extend_from_slice(left);
        row.extend_from_slice(right);
        let condition = join.condition.as_ref();
        let holds = match (join.kind, condition) {
            // Of NOT IN, unknown counts as a match.
            (JoinKind::NullAwareAnti, Some(condition)) => {
                !matches!(*evaluate_borrowed(condition, &row, &scope)?, Datum::Bool(false))
            }
            _ => holds(condition, &row, &scope)?,
        };
        if holds {
            matched = true;
            *met = true;
            if !yields {
                return Ok(true);
            }
            output.push(row);
        }
    }
    Ok(matched)
}
