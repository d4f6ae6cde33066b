//! GROUP BY, by hashing or over sorted rows, with grouping sets.
//!
//! The hash table holds as many groups as the budget allows. When it is full, rows of groups that
//! it does not have go to disk by hash, rows of those it has are still taken in; then the table's
//! groups are yielded, and each partition is aggregated by itself. Only groups that grow without
//! bound by themselves (a huge `array_agg`) cannot be helped: 53200.

use planner::plan::{AggregateNode, Plan};
use types::{Datum, Row, SqlResult};

use super::aggregate_call::AggregateCall;
use crate::context::{Context, internal};
use crate::evaluate::evaluate;
use crate::inspect::expression_type;
use crate::keys::{HashKey, KeyMap, denormalize, normalize};
use crate::memory::{Reservation, out_of_memory, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::spill::{MAXIMUM_PARTITION_DEPTH, Partitions, SpillFile};

pub struct AggregateState {
    input: Input,
    groups: std::vec::IntoIter<Group>,
    reservation: Option<Reservation>,
    work: Vec<(SpillFile, u32)>,
    started: bool,
    /// Of sorted input: the group being built.
    open: Option<Group>,
    any_row: bool,
    done: bool,
}

struct Group {
    set: usize,
    /// One value per key, NULL for keys that are not in the set.
    keys: Row,
    calls: Vec<AggregateCall>,
}

impl Group {
    fn new(node: &AggregateNode, set: usize, keys: Row) -> Group {
        Group { set, keys, calls: node.aggregates.iter().map(AggregateCall::new).collect() }
    }

    fn size_bytes(&self) -> usize {
        row_bytes(&self.keys) + self.calls.iter().map(AggregateCall::size_bytes).sum::<usize>()
    }

    fn add(&mut self, node: &AggregateNode, row: &[Datum], context: &Context) -> SqlResult<usize> {
        let mut grown = 0;
        for (call, aggregate) in self.calls.iter_mut().zip(&node.aggregates) {
            grown += call.add(aggregate, row, context)?;
        }
        Ok(grown)
    }

    fn finish(mut self, node: &AggregateNode, context: &Context) -> SqlResult<Row> {
        let mut row: Row = self
            .keys
            .iter()
            .zip(&node.keys)
            .map(|(value, key)| denormalize(value, expression_type(key)))
            .collect();
        for (call, aggregate) in self.calls.iter_mut().zip(&node.aggregates) {
            row.push(call.finish(aggregate, context)?);
        }
        if node.with_grouping_mask {
            let set = node.sets.get(self.set).map_or(&[][..], Vec::as_slice);
            row.push(Datum::Int4(grouping_mask(node.keys.len(), set)));
        }
        Ok(row)
    }
}

/// A bit per key, the first key's the highest: set if the key is not in the grouping set.
fn grouping_mask(keys: usize, set: &[usize]) -> i32 {
    (0..keys).fold(0, |mask, key| (mask << 1) | i32::from(!set.contains(&key)))
}

/// The groups being built.
struct Table {
    places: KeyMap<usize>,
    groups: Vec<Group>,
    reservation: Reservation,
    overflow: Option<Partitions>,
    depth: u32,
}

impl Table {
    fn new(context: &Context, depth: u32) -> Table {
        Table {
            places: KeyMap::default(),
            groups: Vec::new(),
            reservation: Reservation::new(context.memory()),
            overflow: None,
            depth,
        }
    }

    /// Takes a row into the group of one grouping set.
    fn add(
        &mut self,
        node: &AggregateNode,
        set: usize,
        all_keys: Row,
        row: &Row,
        context: &Context,
    ) -> SqlResult<()> {
        let mut values = keys_of_set(node, set, all_keys);
        if node.sets.len() > 1 {
            values.push(Datum::Int4(i32::try_from(set).unwrap_or(i32::MAX)));
        }
        let key = HashKey::new(values);
        if let Some(&place) = self.places.get(&key) {
            let grown = self.groups[place].add(node, row, context)?;
            if grown > 0 {
                self.reservation.grow(grown);
                if self.reservation.is_beyond_hope() {
                    return Err(out_of_memory(self.reservation.budget()));
                }
            }
            return Ok(());
        }
        let may_spill = self.depth < MAXIMUM_PARTITION_DEPTH && !self.groups.is_empty();
        if may_spill && (self.overflow.is_some() || self.reservation.should_spill()) {
            let overflow = self.overflow.get_or_insert_with(|| Partitions::new(self.depth));
            let mut tagged = row.clone();
            tagged.push(Datum::Int4(i32::try_from(set).unwrap_or(i32::MAX)));
            return overflow.append(context, key.hash, &tagged);
        }
        let keys = key.values[..node.keys.len()].to_vec();
        let mut group = Group::new(node, set, keys);
        let bytes = group.size_bytes() + row_bytes(&key.values) + 48;
        let grown = group.add(node, row, context)?;
        self.reservation.grow(bytes + grown);
        if !may_spill && self.reservation.is_beyond_hope() {
            return Err(out_of_memory(self.reservation.budget()));
        }
        self.places.insert(key, self.groups.len());
        self.groups.push(group);
        Ok(())
    }
}

fn keys_of_set(node: &AggregateNode, set: usize, all_keys: Row) -> Row {
    if node.sets.len() == 1 && node.sets[0].len() == all_keys.len() {
        return all_keys;
    }
    let mut keys = vec![Datum::Null; all_keys.len()];
    for &position in node.sets.get(set).map_or(&[][..], Vec::as_slice) {
        if let (Some(slot), Some(value)) = (keys.get_mut(position), all_keys.get(position)) {
            *slot = value.clone();
        }
    }
    keys
}

fn evaluate_keys(node: &AggregateNode, row: &[Datum], context: &Context) -> SqlResult<Row> {
    let scope = context.scope();
    let mut keys = Vec::with_capacity(node.keys.len());
    for key in &node.keys {
        let value = evaluate(key, row, &scope)?;
        keys.push(normalize(value, expression_type(key).oid));
    }
    Ok(keys)
}

impl AggregateState {
    pub fn new(input: &Plan) -> AggregateState {
        AggregateState {
            input: Input::new(input),
            groups: Vec::new().into_iter(),
            reservation: None,
            work: Vec::new(),
            started: false,
            open: None,
            any_row: false,
            done: false,
        }
    }

    pub fn next(&mut self, node: &AggregateNode, context: &Context) -> SqlResult<Option<Batch>> {
        if node.sorted && node.sets.len() == 1 {
            return self.next_sorted(node, context);
        }
        loop {
            let mut batch = Vec::new();
            for group in self.groups.by_ref().take(BATCH_ROWS) {
                batch.push(group.finish(node, context)?);
            }
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
            self.reservation = None;
            if !self.started {
                self.started = true;
                self.hash_input(node, context)?;
            } else if let Some((file, depth)) = self.work.pop() {
                self.hash_partition(node, &file, depth, context)?;
            } else {
                return Ok(None);
            }
        }
    }

    fn hash_input(&mut self, node: &AggregateNode, context: &Context) -> SqlResult<()> {
        let mut table = Table::new(context, 0);
        // A set without keys is one group even of no rows.
        for (set, keys) in node.sets.iter().enumerate() {
            if keys.is_empty() {
                let nulls = vec![Datum::Null; node.keys.len()];
                let mut values = nulls.clone();
                if node.sets.len() > 1 {
                    values.push(Datum::Int4(i32::try_from(set).unwrap_or(i32::MAX)));
                }
                table.places.insert(HashKey::new(values), table.groups.len());
                table.groups.push(Group::new(node, set, nulls));
            }
        }
        while let Some(row) = self.input.next_row(&node.input, context)? {
            let keys = evaluate_keys(node, &row, context)?;
            for set in 1..node.sets.len() {
                table.add(node, set, keys.clone(), &row, context)?;
            }
            table.add(node, 0, keys, &row, context)?;
        }
        self.take_table(table)
    }

    fn hash_partition(
        &mut self,
        node: &AggregateNode,
        file: &SpillFile,
        depth: u32,
        context: &Context,
    ) -> SqlResult<()> {
        let mut table = Table::new(context, depth);
        let mut reader = file.reader();
        let mut count = 0usize;
        while let Some(mut row) = reader.next_row()? {
            count += 1;
            if count.is_multiple_of(1024) {
                context.check_interrupts()?;
            }
            let Some(Datum::Int4(set)) = row.pop() else {
                return Err(internal("a spilled row has no grouping set"));
            };
            let keys = evaluate_keys(node, &row, context)?;
            table.add(node, usize::try_from(set).unwrap_or(0), keys, &row, context)?;
        }
        self.take_table(table)
    }

    fn take_table(&mut self, table: Table) -> SqlResult<()> {
        if let Some(overflow) = table.overflow {
            let depth = overflow.depth() + 1;
            self.work.extend(overflow.finish()?.into_iter().flatten().map(|file| (file, depth)));
        }
        self.groups = table.groups.into_iter();
        self.reservation = Some(table.reservation);
        Ok(())
    }

    fn next_sorted(&mut self, node: &AggregateNode, context: &Context) -> SqlResult<Option<Batch>> {
        let mut batch = Vec::new();
        let plain = node.sets[0].is_empty();
        while batch.len() < BATCH_ROWS && !self.done {
            let Some(row) = self.input.next_row(&node.input, context)? else {
                self.done = true;
                if plain && !self.any_row {
                    self.open = Some(Group::new(node, 0, vec![Datum::Null; node.keys.len()]));
                }
                if let Some(group) = self.open.take() {
                    batch.push(group.finish(node, context)?);
                }
                break;
            };
            self.any_row = true;
            let keys = keys_of_set(node, 0, evaluate_keys(node, &row, context)?);
            let same = self.open.as_ref().is_some_and(|group| {
                group.keys.iter().zip(&keys).all(|(left, right)| {
                    left.is_null() == right.is_null()
                        && (left.is_null() || types::compare::equal(left, right))
                })
            });
            if !same {
                if let Some(group) = self.open.replace(Group::new(node, 0, keys)) {
                    batch.push(group.finish(node, context)?);
                }
                self.reservation = Some(Reservation::new(context.memory()));
            }
            if let Some(group) = &mut self.open {
                let grown = group.add(node, &row, context)?;
                if let Some(reservation) = &mut self.reservation {
                    reservation.require(grown)?;
                }
            }
        }
        Ok(if batch.is_empty() { None } else { Some(batch) })
    }
}
