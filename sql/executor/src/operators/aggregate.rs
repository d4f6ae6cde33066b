//! GROUP BY, by hashing or over sorted rows, with grouping sets.
//!
//! The hash table holds as many groups as the budget allows. When it is full, rows of groups that
//! it does not have go to disk by hash, rows of those it has are still taken in; then the table's
//! groups are yielded, and each partition is aggregated by itself. Only groups that grow without
//! bound by themselves (a huge `array_agg`) cannot be helped: 53200.

use std::sync::Arc;

use hashbrown::HashTable;
use planner::expression::{Aggregate, Expr};
use planner::plan::{AggregateNode, Plan};
use types::{Datum, Row, SqlResult};

use super::aggregate_call::AggregateCall;
use super::partial_aggregate::{PartialGroup, PartialProgram};
use crate::context::{Context, internal};
use crate::evaluate::Scope;
use crate::inspect::expression_type;
use crate::keys::{BorrowedKeys, borrowed_keys, denormalize, hash_all, same};
use crate::memory::{Reservation, out_of_memory, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::spill::{MAXIMUM_PARTITION_DEPTH, Partitions, SpillFile};

pub struct AggregateState {
    input: Input,
    /// What helpers of the scan below may do.
    partial: Option<Arc<PartialProgram>>,
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
    /// Of the set and its keys.
    hash: u64,
    /// One value per key, NULL for keys that are not in the set.
    keys: Row,
    calls: Vec<AggregateCall>,
}

/// What is grouped by what.
#[derive(Clone, Copy)]
pub(super) struct Grouping<'a> {
    pub keys: &'a [Expr],
    /// Positions in `keys`.
    pub sets: &'a [Vec<usize>],
    pub aggregates: &'a [Aggregate],
}

impl<'a> Grouping<'a> {
    fn of(node: &'a AggregateNode) -> Grouping<'a> {
        Grouping { keys: &node.keys, sets: &node.sets, aggregates: &node.aggregates }
    }

    fn set(&self, set: usize) -> &'a [usize] {
        self.sets.get(set).map_or(&[][..], Vec::as_slice)
    }
}

impl Group {
    fn new(grouping: &Grouping<'_>, set: usize, hash: u64, keys: Row) -> Group {
        let calls = grouping.aggregates.iter().map(AggregateCall::new).collect();
        Group { set, hash, keys, calls }
    }

    /// The group of a grouping set without rows.
    fn empty(grouping: &Grouping<'_>, set: usize) -> Group {
        let keys = vec![Datum::Null; grouping.keys.len()];
        Group::new(grouping, set, hash_of(set, &[], &BorrowedKeys::new()), keys)
    }

    fn size_bytes(&self) -> usize {
        row_bytes(&self.keys) + self.calls.iter().map(AggregateCall::size_bytes).sum::<usize>()
    }

    fn add(
        &mut self,
        grouping: &Grouping<'_>,
        row: &[Datum],
        scope: &Scope<'_>,
    ) -> SqlResult<usize> {
        let mut grown = 0;
        for (call, aggregate) in self.calls.iter_mut().zip(grouping.aggregates) {
            grown += call.add(aggregate, row, scope)?;
        }
        Ok(grown)
    }

    fn merge(&mut self, states: &[Row], scope: &Scope<'_>) -> SqlResult<usize> {
        let mut grown = 0;
        for (call, state) in self.calls.iter_mut().zip(states) {
            grown += call.merge(state, scope.session)?;
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
    /// Positions in `groups`.
    places: HashTable<usize>,
    groups: Vec<Group>,
    reservation: Reservation,
    overflow: Option<Partitions>,
    depth: u32,
}

impl Table {
    fn new(context: &Context, depth: u32) -> Table {
        Table {
            places: HashTable::new(),
            groups: Vec::new(),
            reservation: Reservation::new(context.memory()),
            overflow: None,
            depth,
        }
    }

    fn insert(&mut self, group: Group) {
        let groups = &self.groups;
        self.places.insert_unique(group.hash, groups.len(), |&place| groups[place].hash);
        self.groups.push(group);
    }

    /// The place of a group.
    fn find(&self, set: usize, hash: u64, is_its: impl Fn(&Row) -> bool) -> Option<usize> {
        let groups = &self.groups;
        let place = self.places.find(hash, |&place| {
            let group = &groups[place];
            group.hash == hash && group.set == set && is_its(&group.keys)
        });
        place.copied()
    }

    /// Whether a new group still has room here.
    fn has_room(&self) -> bool {
        let may_spill = self.depth < MAXIMUM_PARTITION_DEPTH && !self.groups.is_empty();
        !(may_spill && (self.overflow.is_some() || self.reservation.should_spill()))
    }

    fn overflow(&mut self) -> &mut Partitions {
        self.overflow.get_or_insert_with(|| Partitions::new(self.depth))
    }

    fn grow(&mut self, bytes: usize) -> SqlResult<()> {
        if bytes > 0 {
            self.reservation.grow(bytes);
            if self.reservation.is_beyond_hope() {
                return Err(out_of_memory(self.reservation.budget()));
            }
        }
        Ok(())
    }

    /// Takes a row into the group of one grouping set.
    fn add(
        &mut self,
        grouping: &Grouping<'_>,
        set: usize,
        keys: &BorrowedKeys<'_>,
        row: &Row,
        context: &Context,
    ) -> SqlResult<()> {
        let in_set = grouping.set(set);
        let hash = hash_of(set, in_set, keys);
        let same_keys = |of: &Row| in_set.iter().all(|&key| same(&of[key], &keys[key]));
        let scope = context.scope();
        if let Some(place) = self.find(set, hash, same_keys) {
            let grown = self.groups[place].add(grouping, row, &scope)?;
            return self.grow(grown);
        }
        if !self.has_room() {
            let mut tagged = row.clone();
            tagged.push(Datum::Int4(i32::try_from(set).unwrap_or(i32::MAX)));
            return self.overflow().append(context, hash, &tagged);
        }
        let mut group = Group::new(grouping, set, hash, keys_of_set(in_set, keys));
        let bytes = group.size_bytes() + 64;
        let grown = group.add(grouping, row, &scope)?;
        self.insert_grown(group, bytes + grown)
    }

    /// Takes in what some rows of a group amount to.
    fn merge(
        &mut self,
        grouping: &Grouping<'_>,
        partial: PartialGroup,
        context: &Context,
    ) -> SqlResult<()> {
        let in_set = grouping.set(partial.set);
        let same_keys = |of: &Row| in_set.iter().all(|&key| same(&of[key], &partial.keys[key]));
        let scope = context.scope();
        if let Some(place) = self.find(partial.set, partial.hash, same_keys) {
            let grown = self.groups[place].merge(&partial.states, &scope)?;
            return self.grow(grown);
        }
        if !self.has_room() {
            let (hash, set) = (partial.hash, i32::try_from(partial.set).unwrap_or(i32::MAX));
            let mut tagged = partial.into_row();
            tagged.push(Datum::Int4(-1 - set));
            return self.overflow().append(context, hash, &tagged);
        }
        let PartialGroup { set, hash, keys, states } = partial;
        let mut group = Group::new(grouping, set, hash, keys);
        let bytes = group.size_bytes() + 64;
        let grown = group.merge(&states, &scope)?;
        self.insert_grown(group, bytes + grown)
    }

    fn insert_grown(&mut self, group: Group, bytes: usize) -> SqlResult<()> {
        let may_spill = self.depth < MAXIMUM_PARTITION_DEPTH && !self.groups.is_empty();
        self.reservation.grow(bytes);
        if !may_spill && self.reservation.is_beyond_hope() {
            return Err(out_of_memory(self.reservation.budget()));
        }
        self.insert(group);
        Ok(())
    }
}

/// Of a grouping set and the values of its keys.
pub(super) fn hash_of(set: usize, in_set: &[usize], keys: &BorrowedKeys<'_>) -> u64 {
    let set = Datum::Int8(i64::try_from(set).unwrap_or(i64::MAX));
    hash_all(in_set.iter().map(|&key| &*keys[key]).chain([&set]))
}

/// One value per key, NULL for those that are not in the set.
pub(super) fn keys_of_set(in_set: &[usize], keys: &BorrowedKeys<'_>) -> Row {
    let mut row = vec![Datum::Null; keys.len()];
    for &key in in_set {
        row[key] = Datum::clone(&keys[key]);
    }
    row
}

impl AggregateState {
    pub fn new(input: &Plan) -> AggregateState {
        AggregateState {
            input: Input::new(input),
            partial: None,
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
        if !self.started {
            // One group of all rows need not wait for their order.
            self.partial = match node.sorted && !node.sets[0].is_empty() {
                true => None,
                false => PartialProgram::of(node, context),
            };
        }
        if node.sorted && node.sets.len() == 1 && self.partial.is_none() {
            self.started = true;
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
        let grouping = Grouping::of(node);
        let mut table = Table::new(context, 0);
        // A set without keys is one group even of no rows.
        for (set, keys) in node.sets.iter().enumerate() {
            if keys.is_empty() {
                table.insert(Group::empty(&grouping, set));
            }
        }
        let scope = context.scope();
        let input = &mut self.input.node;
        if let Some(partial) = &self.partial {
            input.take_partial_program(partial);
        }
        loop {
            let rows = input.next(&node.input, context)?;
            for partial in input.partial_groups(&node.input, context) {
                table.merge(&grouping, partial, context)?;
            }
            let Some(rows) = rows else { break };
            for row in rows {
                let keys = borrowed_keys(&node.keys, &row, &scope)?;
                for set in (0..node.sets.len()).rev() {
                    table.add(&grouping, set, &keys, &row, context)?;
                }
            }
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
        let grouping = Grouping::of(node);
        let mut table = Table::new(context, depth);
        let scope = context.scope();
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
            if set < 0 {
                let set = usize::try_from(-1 - set).unwrap_or(0);
                let partial = PartialGroup::from_row(row, set, &grouping);
                let partial = partial.ok_or_else(|| internal("a spilled group is incomplete"))?;
                table.merge(&grouping, partial, context)?;
                continue;
            }
            let keys = borrowed_keys(&node.keys, &row, &scope)?;
            table.add(&grouping, usize::try_from(set).unwrap_or(0), &keys, &row, context)?;
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
        let grouping = Grouping::of(node);
        let scope = context.scope();
        while batch.len() < BATCH_ROWS && !self.done {
            let Some(row) = self.input.next_row(&node.input, context)? else {
                self.done = true;
                if plain && !self.any_row {
                    self.open = Some(Group::empty(&grouping, 0));
                }
                if let Some(group) = self.open.take() {
                    batch.push(group.finish(node, context)?);
                }
                break;
            };
            self.any_row = true;
            let keys = borrowed_keys(&node.keys, &row, &scope)?;
            let goes_on = self.open.as_ref().is_some_and(|group| {
                node.sets[0].iter().all(|&key| same(&group.keys[key], &keys[key]))
            });
            if !goes_on {
                let keys = keys_of_set(&node.sets[0], &keys);
                if let Some(group) = self.open.replace(Group::new(&grouping, 0, 0, keys)) {
                    batch.push(group.finish(node, context)?);
                }
                self.reservation = Some(Reservation::new(context.memory()));
            }
            if let Some(group) = &mut self.open {
                let grown = group.add(&grouping, &row, &scope)?;
                if let Some(reservation) = &mut self.reservation {
                    reservation.require(grown)?;
                }
            }
        }
        Ok(if batch.is_empty() { None } else { Some(batch) })
    }
}
