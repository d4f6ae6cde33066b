//! Hash joins of every kind.
//!
//! The right side becomes a hash table. If it does not fit the budget, both sides are cut by the
//! hash of their keys into partitions on disk, and each pair of partitions is joined by itself; a
//! partition that still does not fit is cut again by other bits of the hash.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashTable;
use planner::plan::{HashJoin, JoinKind};
use types::{Datum, Row, SqlResult};

use crate::context::Context;
use crate::evaluate::{Scope, evaluate_borrowed, is_true};
use crate::inspect::mark_columns;
use crate::keys::{BorrowedKeys, borrowed_keys, hash_all, plain_columns, same};
use crate::memory::{Reservation, out_of_memory, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::operators::key_filter::{KEYS_MAX, KeyFilter, KnownKeys};
use crate::spill::{MAXIMUM_PARTITION_DEPTH, Partitions, SpillFile, SpillReader};

/// Right sides smaller than this are put into the table as they are.
const LOOK_LEFT_FROM: f64 = 20_000.0;
/// Left rows held back at most.
const BUFFERED_MAX: usize = 1 << 16;

pub struct HashJoinState {
    left: Input,
    /// Left rows that were read before the right side was.
    buffered: VecDeque<Row>,
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

/// The right side's rows by their keys. Rows of one key are a chain, in the order they came.
struct Table {
    rows: Vec<Held>,
    /// The first row of each chain.
    chains: HashTable<u32>,
    /// The columns of the rows that are the keys, if they are columns: then keys are not stored beside the rows.
    key_columns: Option<Vec<usize>>,
    reservation: Reservation,
}

struct Held {
    row: Row,
    hash: u64,
    /// Empty where the keys are columns of the row.
    key: Row,
    /// The next row of the chain, and in the first one the last; [`NOBODY`] at the end.
    next: u32,
    last: u32,
    matched: bool,
}

const NOBODY: u32 = u32::MAX;

impl Table {
    fn new(join: &HashJoin, context: &Context) -> Table {
        Table {
            rows: Vec::new(),
            chains: HashTable::new(),
            key_columns: plain_columns(&join.right_keys),
            reservation: Reservation::new(context.memory()),
        }
    }

    /// Takes a row in under its key, or without one if that has a NULL, because then it equals none.
    fn insert(&mut self, key: Option<(u64, Row)>, row: Row) {
        let (hash, key, is_findable) = match key {
            Some((hash, key)) => (hash, key, true),
            None => (0, Row::new(), false),
        };
        self.reservation.grow(row_bytes(&row) + row_bytes(&key) + 48);
        let number = u32::try_from(self.rows.len()).unwrap_or(NOBODY);
        self.rows.push(Held { row, hash, key, next: NOBODY, last: number, matched: false });
        if !is_findable {
            return;
        }
        let new = &self.rows[number as usize];
        let chain = self.chains.find(hash, |&first| {
            let first = &self.rows[first as usize];
            first.hash == hash && self.key_values(first).same_as(self.key_values(new))
        });
        match chain.copied() {
            Some(first) => {
                let last = std::mem::replace(&mut self.rows[first as usize].last, number);
                self.rows[last as usize].next = number;
            }
            None => {
                let rows = &self.rows;
                self.chains.insert_unique(hash, number, |&first| rows[first as usize].hash);
            }
        }
    }

    fn key_values<'a>(&'a self, held: &'a Held) -> KeyValues<'a> {
        match &self.key_columns {
            Some(columns) => KeyValues::Columns(&held.row, columns),
            None => KeyValues::Stored(&held.key),
        }
    }

    /// The first row with these keys.
    fn find(&self, hash: u64, keys: &BorrowedKeys<'_>) -> Option<u32> {
        let equals = |&first: &u32| {
            let first = &self.rows[first as usize];
            first.hash == hash && self.key_values(first).equals(keys)
        };
        self.chains.find(hash, equals).copied()
    }
}

/// Where the values of a row's key are.
#[derive(Clone, Copy)]
enum KeyValues<'a> {
    Columns(&'a [Datum], &'a [usize]),
    Stored(&'a [Datum]),
}

impl<'a> KeyValues<'a> {
    fn len(self) -> usize {
        match self {
            KeyValues::Columns(_, columns) => columns.len(),
            KeyValues::Stored(values) => values.len(),
        }
    }

    fn get(self, position: usize) -> &'a Datum {
        match self {
            KeyValues::Columns(row, columns) => &row[columns[position]],
            KeyValues::Stored(values) => &values[position],
        }
    }

    fn same_as(self, other: KeyValues<'_>) -> bool {
        (0..self.len()).all(|position| same(self.get(position), other.get(position)))
    }

    fn equals(self, keys: &BorrowedKeys<'_>) -> bool {
        keys.iter().enumerate().all(|(position, value)| same(self.get(position), value))
    }
}

impl HashJoinState {
    pub fn new(join: &HashJoin) -> HashJoinState {
        HashJoinState {
            left: Input::new(&join.left),
            buffered: VecDeque::new(),
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

    /// Passes on what a join above this one knows to the side that has the columns. A left row that is left out there takes
    /// along the rows that it would have given, whose columns are its own.
    pub fn offer(&mut self, join: &HashJoin, filter: &KeyFilter) {
        let width = join.left.columns.len();
        let keeps_rights = matches!(join.kind, JoinKind::Right | JoinKind::Full);
        let is_left = |column: usize| (column < width).then_some(column);
        let is_right = |column: usize| column.checked_sub(width);
        if let Some(filter) = filter.through(is_left).filter(|_| !keeps_rights) {
            self.left.node.offer(&join.left, filter);
        } else if let Some(filter) =
            filter.through(is_right).filter(|_| join.kind == JoinKind::Inner)
        {
            self.right.node.offer(&join.right, filter);
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

    fn next_left(&mut self, join: &HashJoin, context: &Context) -> SqlResult<Option<Row>> {
        match self.buffered.pop_front() {
            Some(row) => Ok(Some(row)),
            None => self.left.next_row(&join.left, context),
        }
    }

    /// Where few left rows are expected and many right ones, reads the left ones first: right rows that none of them looks
    /// for need not be put into the table.
    fn look_left(&mut self, join: &HashJoin, context: &Context) -> SqlResult<()> {
        let (left_rows, right_rows) = (join.left.estimate.rows, join.right.estimate.rows);
        let drops_rights =
            matches!(join.kind, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti);
        let pays = right_rows > LOOK_LEFT_FROM && left_rows * 4.0 < right_rows;
        let Some(columns) = plain_columns(&join.right_keys).filter(|_| drops_rights && pays) else {
            return Ok(());
        };
        let scope = context.scope();
        let mut held = Reservation::new(context.memory());
        let mut hashes = Vec::new();
        while let Some(row) = self.left.next_row(&join.left, context)? {
            held.grow(row_bytes(&row));
            hashes.push(left_hash(join, &row, &scope)?);
            self.buffered.push_back(row);
            if hashes.len() >= BUFFERED_MAX || held.should_spill() {
                return Ok(());
            }
        }
        let keys = Arc::new(KnownKeys::new(hashes.len(), hashes.into_iter()));
        self.right.node.offer(&join.right, KeyFilter { keys, columns });
        Ok(())
    }

    fn build(&mut self, join: &HashJoin, context: &Context) -> SqlResult<()> {
        self.look_left(join, context)?;
        let scope = context.scope();
        let mut table = Table::new(join, context);
        let mut partitions: Option<Partitions> = None;
        while let Some(row) = self.right.next_row(&join.right, context)? {
            self.right_is_empty = false;
            let key = built_key(&table, join, &row, &scope)?;
            self.right_has_null |= key.is_none();
            let kept = key.is_some() || matches!(join.kind, JoinKind::Right | JoinKind::Full);
            if !kept {
                continue;
            }
            if let Some(partitions) = &mut partitions {
                partitions.append(context, partition_hash(key.as_ref()), &row)?;
                continue;
            }
            table.insert(key, row);
            if table.reservation.should_spill() {
                partitions = Some(spill_table(&mut table, join, 0, context)?);
            }
        }
        let Some(rights) = partitions else {
            if let Some(filter) = key_filter(join, &table) {
                self.left.node.offer(&join.left, filter);
            }
            self.table = Some(table);
            self.phase = Phase::Probe;
            return Ok(());
        };
        let mut lefts = Partitions::new(0);
        while let Some(row) = self.next_left(join, context)? {
            lefts.append(context, left_hash(join, &row, &scope)?, &row)?;
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
        let mut table = Table::new(join, context);
        let mut partitions: Option<Partitions> = None;
        let mut reader = work.right.as_ref().map(SpillFile::reader);
        let mut count = 0usize;
        while let Some(row) = reader.as_mut().map_or(Ok(None), SpillReader::next_row)? {
            count += 1;
            if count.is_multiple_of(1024) {
                context.check_interrupts()?;
            }
            let key = built_key(&table, join, &row, &scope)?;
            if let Some(partitions) = &mut partitions {
                partitions.append(context, partition_hash(key.as_ref()), &row)?;
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
                lefts.append(context, left_hash(join, &row, &scope)?, &row)?;
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
        let mut candidate = Candidate::new(join);
        for _ in 0..BATCH_ROWS {
            if output.len() >= BATCH_ROWS {
                break;
            }
            let left = match &mut self.probe {
                Probe::Input => self.next_left(join, context)?,
                Probe::File(reader) => reader.next_row()?,
                Probe::Nothing => None,
            };
            let Some(mut left) = left else {
                self.after_probe(join);
                break;
            };
            let Some(table) = &mut self.table else {
                break;
            };
            let keys = borrowed_keys(&join.left_keys, &left, &scope)?;
            let null = keys.iter().any(|value| value.is_null());
            let first = if null { None } else { table.find(hash_of(&keys), &keys) };
            drop(keys);
            let matched = match first {
                Some(first) => {
                    candidate.join(join, &mut left, first, &mut table.rows, context, &mut output)?
                }
                None => false,
            };
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
        for held in &mut table.rows[from..end] {
            if !held.matched {
                let mut padded = vec![Datum::Null; width];
                padded.append(&mut held.row);
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
    for held in table.rows.drain(..) {
        let keys = borrowed_keys(&join.right_keys, &held.row, &scope)?;
        partitions.append(context, hash_of(&keys), &held.row)?;
    }
    table.chains = HashTable::new();
    table.rows.shrink_to_fit();
    table.reservation.clear();
    Ok(partitions)
}

/// The keys of the right side, where left rows without a partner are dropped and the keys are columns.
fn key_filter(join: &HashJoin, table: &Table) -> Option<KeyFilter> {
    let drops = matches!(join.kind, JoinKind::Inner | JoinKind::Semi | JoinKind::Right);
    if !drops || table.rows.len() > KEYS_MAX {
        return None;
    }
    let columns = plain_columns(&join.left_keys)?;
    // Rows with a NULL in their keys have no hash of their own; what they add is one key too many.
    let hashes = table.rows.iter().map(|held| held.hash);
    Some(KeyFilter { keys: Arc::new(KnownKeys::new(table.rows.len(), hashes)), columns })
}

fn hash_of(keys: &BorrowedKeys<'_>) -> u64 {
    hash_all(keys.iter().map(|value| &**value))
}

fn left_hash(join: &HashJoin, row: &Row, scope: &Scope<'_>) -> SqlResult<u64> {
    Ok(hash_of(&borrowed_keys(&join.left_keys, row, scope)?))
}

/// Hash and key of a right row, the key empty if it is found in the row; nothing if it has a NULL.
fn built_key(
    table: &Table,
    join: &HashJoin,
    row: &Row,
    scope: &Scope<'_>,
) -> SqlResult<Option<(u64, Row)>> {
    let keys = borrowed_keys(&join.right_keys, row, scope)?;
    if keys.iter().any(|value| value.is_null()) {
        return Ok(None);
    }
    let hash = hash_of(&keys);
    let stored = match table.key_columns {
        Some(_) => Row::new(),
        None => keys.into_iter().map(std::borrow::Cow::into_owned).collect(),
    };
    Ok(Some((hash, stored)))
}

/// Rows with a NULL in their keys meet nobody, wherever they are.
fn partition_hash(key: Option<&(u64, Row)>) -> u64 {
    key.map_or(0, |(hash, _)| *hash)
}

/// Pairs of rows that are looked at by the join's further condition.
struct Candidate {
    /// As wide as both rows; only what the condition looks at is filled in.
    row: Row,
    from_left: Vec<usize>,
    from_right: Vec<usize>,
}

impl Candidate {
    fn new(join: &HashJoin) -> Candidate {
        let Some(condition) = &join.condition else {
            return Candidate { row: Row::new(), from_left: Vec::new(), from_right: Vec::new() };
        };
        let width = join.left.columns.len();
        let mut used = vec![false; width + join.right.columns.len()];
        mark_columns(condition, &mut used);
        let row = vec![Datum::Null; used.len()];
        let used = (0..used.len()).filter(|&column| used[column]);
        let (from_left, from_right) = used.partition(|&column| column < width);
        Candidate { row, from_left, from_right }
    }

    /// Whether the condition takes the pair whose left row is filled in already.
    fn holds(&mut self, join: &HashJoin, right: &Row, scope: &Scope<'_>) -> SqlResult<bool> {
        let Some(condition) = &join.condition else {
            return Ok(true);
        };
        let width = join.left.columns.len();
        for &column in &self.from_right {
            self.row[column] = right[column - width].clone();
        }
        if join.kind == JoinKind::NullAwareAnti {
            // Of NOT IN, unknown counts as a match.
            let value = evaluate_borrowed(condition, &self.row, scope)?;
            return Ok(!matches!(*value, Datum::Bool(false)));
        }
        is_true(condition, &self.row, scope)
    }

    /// Joins a left row with the right rows of its key; whether one matched. What is yielded with the last of them takes
    /// the left row along.
    fn join(
        &mut self,
        join: &HashJoin,
        left: &mut Row,
        first: u32,
        rows: &mut [Held],
        context: &Context,
        output: &mut Batch,
    ) -> SqlResult<bool> {
        let scope = context.scope();
        for &column in &self.from_left {
            self.row[column] = left[column].clone();
        }
        let yields =
            !matches!(join.kind, JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti);
        let (mut matched, mut next, mut count) = (false, first, 0usize);
        while let Some(held) = rows.get_mut(next as usize) {
            next = held.next;
            count += 1;
            if count.is_multiple_of(1024) {
                context.check_interrupts()?;
            }
            if !self.holds(join, &held.row, &scope)? {
                continue;
            }
            matched = true;
            held.matched = true;
            if !yields {
                return Ok(true);
            }
            let mut row = Vec::with_capacity(left.len() + held.row.len());
            if next == NOBODY {
                row.append(left);
            } else {
                row.extend_from_slice(left);
            }
            row.extend_from_slice(&held.row);
            output.push(row);
        }
        Ok(matched)
    }
}
