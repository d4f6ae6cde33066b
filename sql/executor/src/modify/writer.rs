//! Writes rows of one table: constraints, the row, its index entries, and the foreign keys to be
//! looked at later.
//!
//! | change                          | row                    | unique entry     | other entry |
//! | ------------------------------- | ---------------------- | ---------------- | ----------- |
//! | insert                          | exclusive              | exclusive        | unchecked   |
//! | update of no key column         | non-key update         | –                | unchecked   |
//! | update of a unique key's column | exclusive              | exclusive, both  | unchecked   |
//! | update of the primary key       | exclusive, old and new | exclusive        | unchecked   |
//! | delete                          | exclusive              | exclusive        | unchecked   |

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use planner::plan::{IncomingKey, OutgoingKey, Target, TargetIndex};
use protocol::transaction::{Addition, ConflictClass, Delta, Write};
use types::{Datum, Row, SqlResult, compare};

use super::errors;
use super::foreign_keys::{EventQueue, ParentChange};
use super::triggers::{self, Event};
use crate::context::{Context, internal};
use crate::environment::Environment;
use crate::evaluate::{Scope, evaluate, evaluate_borrowed, holds};
use crate::rows::{IndexEntry, RowCodec, split_entry};

/// The largest amount of one addition. 2^31 of them, committed while one transaction lives, move a counter by 2^62.
pub const MAXIMUM_DELTA: i64 = 1 << 31;
/// How far from zero a counter may be for an addition that does not conflict: 2^62 more are still a `bigint`.
const MAXIMUM_COUNTER: u64 = 1 << 62;

/// Writes to one table within one statement.
pub struct TableWriter<'a> {
    env: &'a dyn Environment,
    scope: Scope<'a>,
    target: &'a Target,
    codec: Arc<RowCodec>,
    events: &'a RefCell<EventQueue>,
    outgoing: Vec<Arc<OutgoingKey>>,
    incoming: Vec<Arc<IncomingKey>>,
    /// Per column: a member of a unique index that is neither partial nor over expressions.
    is_key: Vec<bool>,
    secondary: Vec<usize>,
    /// Columns that UPDATE sets, by number.
    assigned: RefCell<Vec<i16>>,
}

impl<'a> TableWriter<'a> {
    pub(crate) fn of_statement(
        context: &'a Context,
        target: &'a Target,
    ) -> SqlResult<TableWriter<'a>> {
        TableWriter::new(context.env(), context.scope(), target, &context.events)
    }

    /// `scope` is what checks, generated columns and index expressions are evaluated in.
    pub fn new(
        env: &'a dyn Environment,
        scope: Scope<'a>,
        target: &'a Target,
        events: &'a RefCell<EventQueue>,
    ) -> SqlResult<TableWriter<'a>> {
        let codec = RowCodec::cached(&target.relation)?;
        env.touch(&target.relation)?;
        let mut is_key = vec![false; target.relation.columns.len()];
        let mut secondary = Vec::new();
        for (position, (index, layout)) in
            target.relation.indexes.iter().zip(codec.indexes()).enumerate()
        {
            if !index.primary {
                secondary.push(position);
            }
            let plain = layout.attributes.iter().all(Option::is_some) && index.predicate.is_none();
            if index.unique && plain {
                for attribute in layout.attributes.iter().flatten() {
                    if let Some(mark) = is_key.get_mut(*attribute) {
                        *mark = true;
                    }
                }
            }
        }
        Ok(TableWriter {
            env,
            scope,
            target,
            codec,
            events,
            outgoing: target.outgoing.iter().cloned().map(Arc::new).collect(),
            incoming: target.incoming.iter().cloned().map(Arc::new).collect(),
            is_key,
            secondary,
            assigned: RefCell::default(),
        })
    }

    pub fn codec(&self) -> &Arc<RowCodec> {
        &self.codec
    }

    /// The statement is about to do this to rows of the table, perhaps to none.
    pub fn begins(&self, event: Event, columns: &[i16]) -> SqlResult<()> {
        let relation = &self.target.relation;
        if event == Event::Update {
            *self.assigned.borrow_mut() = columns.to_vec();
        }
        if !triggers::any(relation, event) {
            return Ok(());
        }
        self.events.borrow_mut().triggers.statement(relation, event, columns);
        triggers::before_statement(self.env, relation, event, columns)
    }

    /// As [`TableWriter::begins`], for what fires after only.
    pub fn announce(&self, event: Event, columns: &[i16]) {
        self.events.borrow_mut().triggers.statement(&self.target.relation, event, columns);
    }

    /// The row as triggers want it, or none.
    pub fn before_insert(&self, row: Row) -> SqlResult<Option<Row>> {
        if self.target.relation.triggers.is_empty() {
            return Ok(Some(row));
        }
        triggers::before_row(self.env, &self.target.relation, Event::Insert, &[], None, Some(row))
    }

    pub fn before_update(&self, old: &Row, mut new: Row) -> SqlResult<Option<Row>> {
        let relation = &self.target.relation;
        if relation.triggers.is_empty() {
            return Ok(Some(new));
        }
        let columns = self.assigned.borrow().clone();
        // Generated columns are computed from what the triggers leave.
        for (position, _) in &self.target.generated {
            new[*position] = Datum::Null;
        }
        triggers::before_row(self.env, relation, Event::Update, &columns, Some(old), Some(new))
    }

    /// Whether triggers let the row be deleted.
    pub fn before_delete(&self, old: &[Datum]) -> SqlResult<bool> {
        let relation = &self.target.relation;
        if relation.triggers.is_empty() {
            return Ok(true);
        }
        let old = old.to_vec();
        let kept = triggers::before_row(self.env, relation, Event::Delete, &[], Some(&old), None)?;
        Ok(kept.is_some())
    }

    fn queue_triggers(
        &self,
        event: Event,
        old: Option<&[Datum]>,
        new: Option<&Row>,
    ) -> SqlResult<()> {
        let relation = &self.target.relation;
        if relation.triggers.is_empty() {
            return Ok(());
        }
        let columns = self.assigned.borrow();
        self.events.borrow_mut().triggers.row(relation, event, &columns, old, new)
    }

    /// Computes generated columns, then looks at NOT NULL and CHECK.
    pub fn complete(&self, row: &mut Row) -> SqlResult<()> {
        if row.len() != self.target.relation.columns.len() {
            return Err(internal("a row does not have the table's columns"));
        }
        for (position, expression) in &self.target.generated {
            row[*position] = evaluate(expression, row, &self.scope)?;
        }
        for (position, column) in self.target.relation.columns.iter().enumerate() {
            if column.not_null && !column.dropped && row[position].is_null() {
                return Err(errors::not_null(self.env, self.target, position, row)?);
            }
        }
        for check in &self.target.checks {
            let value = evaluate_borrowed(&check.condition, row, &self.scope)?;
            // An unknown check is passed.
            if matches!(*value, Datum::Bool(false)) {
                return Err(errors::check(self.env, self.target, &check.name, row)?);
            }
        }
        Ok(())
    }

    /// Writes a new, complete row.
    pub fn insert(&self, row: &Row) -> SqlResult<Bytes> {
        let key = self.codec.row_key(row, || self.env.new_row_id())?;
        let value = self.codec.row_value(row)?;
        if self.codec.primary().is_some() {
            self.refuse_duplicate_row(&key, row)?;
        }
        self.write(key.clone(), Some(value), Some(ConflictClass::Exclusive))?;
        for &position in &self.secondary {
            let Some((entries, values)) = self.entries(position, row, &key)? else { continue };
            for entry in entries {
                self.write_entry(position, entry, &values)?;
            }
        }
        self.queue_outgoing(None, row, &key)?;
        self.queue_triggers(Event::Insert, None, Some(row))?;
        Ok(key)
    }

    /// Writes the new version of a row that is there; answers with its key, which is new if the
    /// primary key changed.
    pub fn update(&self, key: &Bytes, old: &[Datum], new: &Row) -> SqlResult<Bytes> {
        let changed: Vec<bool> =
            old.iter().zip(new).map(|(old, new)| !identical(old, new)).collect();
        let differs = |attributes: &[Option<usize>]| {
            attributes.iter().flatten().any(|&attribute| changed.get(attribute) == Some(&true))
        };
        let moves = self.codec.primary().is_some_and(|primary| differs(&primary.attributes));
        let new_key = if moves { self.codec.row_key(new, || [0; 16])? } else { key.clone() };
        let value = self.codec.row_value(new)?;
        if new_key == *key {
            let touches_key =
                changed.iter().zip(&self.is_key).any(|(changed, is_key)| *changed && *is_key);
            let class =
                if touches_key { ConflictClass::Exclusive } else { ConflictClass::NonKeyUpdate };
            self.write(key.clone(), Some(value), Some(class))?;
        } else {
            self.refuse_duplicate_row(&new_key, new)?;
            self.write(key.clone(), None, Some(ConflictClass::Exclusive))?;
            self.write(new_key.clone(), Some(value), Some(ConflictClass::Exclusive))?;
        }
        for &position in &self.secondary {
            let layout = self.codec.index(position)?;
            let plain = layout.attributes.iter().all(Option::is_some)
                && self.target.relation.indexes[position].predicate.is_none();
            let includes_changed =
                layout.include.iter().any(|&column| changed.get(column) == Some(&true));
            if plain && new_key == *key && !differs(&layout.attributes) && !includes_changed {
                continue;
            }
            let before = self.entries(position, old, key)?;
            let after = self.entries(position, new, &new_key)?;
            self.change_entries(position, before, after)?;
        }
        self.queue_outgoing(Some((&changed, old)), new, &new_key)?;
        self.queue_incoming(old, Some((new, &changed)))?;
        self.queue_triggers(Event::Update, Some(old), Some(new))?;
        Ok(new_key)
    }

    /// Writes the new version of a row as an addition to its counters, if that is possible: they are there, and sums and
    /// amounts are so small that those of all transactions that may commit meanwhile cannot leave the type.
    pub fn add(
        &self,
        key: &Bytes,
        old: &[Datum],
        new: &Row,
        counters: &[usize],
    ) -> SqlResult<bool> {
        if counters.is_empty() {
            return Ok(false);
        }
        let mut deltas = Vec::with_capacity(counters.len());
        for &position in counters {
            let (Datum::Int8(before), Datum::Int8(after)) = (&old[position], &new[position]) else {
                return Ok(false);
            };
            let amount = after.checked_sub(*before);
            let Some(amount) = amount.filter(|amount| amount.abs() <= MAXIMUM_DELTA) else {
                return Ok(false);
            };
            if after.unsigned_abs() > MAXIMUM_COUNTER {
                return Ok(false);
            }
            let column = u16::try_from(position).map_err(|_| internal("too many columns"))?;
            deltas.push(Delta { column, amount });
        }
        let value = self.codec.row_value(new)?;
        self.env.add(Addition { key: key.clone(), deltas }, value)?;
        Ok(true)
    }

    pub fn delete(&self, key: &Bytes, old: &[Datum]) -> SqlResult<()> {
        self.write(key.clone(), None, Some(ConflictClass::Exclusive))?;
        for &position in &self.secondary {
            for entry in self.entries(position, old, key)?.into_iter().flat_map(|found| found.0) {
                let class = entry.exclusive.then_some(ConflictClass::Exclusive);
                self.write(entry.key, None, class)?;
            }
        }
        self.queue_incoming(old, None)?;
        self.queue_triggers(Event::Delete, Some(old), None)
    }

    /// The key of a row that excludes this one by one of the given unique indexes; by any if none
    /// is given.
    pub fn find_conflict(&self, row: &Row, arbiters: &[usize]) -> SqlResult<Option<Bytes>> {
        for (position, index) in self.codec.indexes().iter().enumerate() {
            if !index.unique || !arbiters.is_empty() && !arbiters.contains(&position) {
                continue;
            }
            if index.primary {
                let key = self.codec.row_key(row, || [0; 16])?;
                if self.env.get_latest(&key)?.is_some() {
                    return Ok(Some(key));
                }
                continue;
            }
            let Some(values) = self.index_values(position, row)? else {
                continue;
            };
            if !index.is_exclusive(&values) {
                continue;
            }
            let key = self.codec.unique_key(position, &values)?;
            if let Some(value) = self.env.get_latest(&key)? {
                return Ok(Some(self.codec.row_key_from_suffix(split_entry(&value)?.0)));
            }
        }
        Ok(None)
    }

    fn write(
        &self,
        key: Bytes,
        value: Option<Bytes>,
        class: Option<ConflictClass>,
    ) -> SqlResult<()> {
        self.env.write(Write { key, value, class })
    }

    fn refuse_duplicate_row(&self, key: &[u8], row: &[Datum]) -> SqlResult<()> {
        if self.env.get_latest(key)?.is_none() {
            return Ok(());
        }
        let position = self
            .target
            .relation
            .indexes
            .iter()
            .position(|index| index.primary)
            .ok_or_else(|| internal("two rows have one row id"))?;
        let values = self.codec.index_values(position, row)?;
        let relation = &self.target.relation;
        Err(errors::duplicate(self.env, relation, &relation.indexes[position], &values)?)
    }

    fn target_index(&self, position: usize) -> Option<&TargetIndex> {
        let oid = self.target.relation.indexes.get(position)?.oid;
        match self.target.indexes.get(position) {
            Some(bound) if bound.index.oid == oid => Some(bound),
            _ => self.target.indexes.iter().find(|bound| bound.index.oid == oid),
        }
    }

    /// The values of an index's columns; `None` if the index does not cover the row.
    fn index_values(&self, position: usize, row: &[Datum]) -> SqlResult<Option<Row>> {
        index_values(&self.codec, self.target_index(position), position, row, &self.scope)
    }

    /// The entries of a row in an index, with the values of the index's columns.
    fn entries(
        &self,
        position: usize,
        row: &[Datum],
        key: &[u8],
    ) -> SqlResult<Option<(Vec<IndexEntry>, Row)>> {
        let Some(values) = self.index_values(position, row)? else {
            return Ok(None);
        };
        let lists = |position| self.env.vector_lists(&self.codec, position);
        Ok(Some((self.codec.index_entries(position, &values, row, key, &lists)?, values)))
    }

    /// Writes an entry that was not there.
    fn write_entry(&self, position: usize, entry: IndexEntry, values: &Row) -> SqlResult<()> {
        if entry.exclusive && self.env.get_latest(&entry.key)?.is_some() {
            let relation = &self.target.relation;
            return Err(errors::duplicate(
                self.env,
                relation,
                &relation.indexes[position],
                values,
            )?);
        }
        let class = entry.exclusive.then_some(ConflictClass::Exclusive);
        self.write(entry.key, Some(entry.value), class)
    }

    fn change_entries(
        &self,
        position: usize,
        before: Option<(Vec<IndexEntry>, Row)>,
        after: Option<(Vec<IndexEntry>, Row)>,
    ) -> SqlResult<()> {
        let before = before.map_or_else(Vec::new, |found| found.0);
        let (after, values) = after.unwrap_or_default();
        if let ([before], [after]) = (before.as_slice(), after.as_slice()) {
            return self.change_entry(position, before.clone(), after.clone(), &values);
        }
        // Several entries are sorted, and none is exclusive.
        let find = |entries: &[IndexEntry], key: &[u8]| {
            entries.binary_search_by(|entry| entry.key[..].cmp(key)).is_ok()
        };
        for entry in before.iter().filter(|entry| !find(&after, &entry.key)) {
            let class = entry.exclusive.then_some(ConflictClass::Exclusive);
            self.write(entry.key.clone(), None, class)?;
        }
        for entry in after {
            if !find(&before, &entry.key) {
                self.write_entry(position, entry, &values)?;
            }
        }
        Ok(())
    }

    fn change_entry(
        &self,
        position: usize,
        before: IndexEntry,
        after: IndexEntry,
        values: &Row,
    ) -> SqlResult<()> {
        match (before, after) {
            (before, after) if before == after => Ok(()),
            (before, after) if before.key == after.key => {
                let class = after.exclusive.then_some(
                    if split_entry(&before.value)?.0 == split_entry(&after.value)?.0 {
                        ConflictClass::NonKeyUpdate
                    } else {
                        ConflictClass::Exclusive
                    },
                );
                self.write(after.key, Some(after.value), class)
            }
            (before, after) => {
                let class = before.exclusive.then_some(ConflictClass::Exclusive);
                self.write(before.key, None, class)?;
                self.write_entry(position, after, values)
            }
        }
    }

    fn queue_outgoing(
        &self,
        before: Option<(&[bool], &[Datum])>,
        row: &Row,
        row_key: &Bytes,
    ) -> SqlResult<()> {
        for key in &self.outgoing {
            let changed = before.is_none_or(|(changed, _)| {
                key.columns.iter().any(|&column| changed.get(column) == Some(&true))
            });
            if changed {
                let mut events = self.events.borrow_mut();
                events.check_parent(self.env, key, &self.target.relation, row, row_key)?;
            }
        }
        Ok(())
    }

    fn queue_incoming(&self, old: &[Datum], new: Option<(&Row, &[bool])>) -> SqlResult<()> {
        for key in &self.incoming {
            let touched = new.is_none_or(|(_, changed)| {
                key.columns.iter().any(|&column| changed.get(column) == Some(&true))
            });
            let old_values: Row = key
                .columns
                .iter()
                .map(|&column| old.get(column).cloned().unwrap_or_default())
                .collect();
            if !touched || old_values.iter().any(Datum::is_null) {
                continue;
            }
            let new_values = new.map(|(row, _)| {
                key.columns
                    .iter()
                    .map(|&column| row.get(column).cloned().unwrap_or_default())
                    .collect()
            });
            let change = ParentChange {
                key: Arc::clone(key),
                parent: Arc::clone(&self.target.relation),
                old: old_values,
                new: new_values,
            };
            self.events.borrow_mut().parent_changed(self.env, change)?;
        }
        Ok(())
    }
}

/// The values of an index's columns in a row; `None` if a partial index leaves the row out.
pub fn index_values(
    codec: &RowCodec,
    bound: Option<&TargetIndex>,
    position: usize,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Option<Row>> {
    let index = codec.index(position)?;
    if let Some(bound) = bound
        && !holds(bound.predicate.as_ref(), row, scope)?
    {
        return Ok(None);
    }
    if index.attributes.iter().all(Option::is_some) {
        return codec.index_values(position, row).map(Some);
    }
    let bound = bound.ok_or_else(|| internal("an index expression was not bound"))?;
    let mut values = Vec::with_capacity(bound.keys.len());
    for key in &bound.keys {
        values.push(evaluate(key, row, scope)?);
    }
    Ok(Some(values))
}

/// Whether two values are stored alike. Stricter than SQL's equality: 1.0 is not 1.00.
fn identical(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Null, Datum::Null) => true,
        (Datum::Null, _) | (_, Datum::Null) => false,
        (Datum::Text(left), Datum::Text(right)) => left == right,
        (Datum::Numeric(first), Datum::Numeric(second)) => {
            first.scale() == second.scale() && compare::equal(left, right)
        }
        (Datum::Float8(left), Datum::Float8(right)) => left.to_bits() == right.to_bits(),
        (Datum::Float4(left), Datum::Float4(right)) => left.to_bits() == right.to_bits(),
        (Datum::Interval(left), Datum::Interval(right)) => left == right,
        (Datum::TimeTz(time, zone), Datum::TimeTz(other_time, other_zone)) => {
            time == other_time && zone == other_zone
        }
        (
            Datum::Bool(_)
            | Datum::Int2(_)
            | Datum::Int4(_)
            | Datum::Int8(_)
            | Datum::Oid(_)
            | Datum::Char(_)
            | Datum::Bytea(_)
            | Datum::Uuid(_)
            | Datum::Date(_)
            | Datum::Time(_)
            | Datum::Timestamp(_)
            | Datum::TimestampTz(_)
            | Datum::Unsigned(_)
            | Datum::Money(_)
            | Datum::Enum(_)
            | Datum::Bits(_)
            | Datum::Inet(_),
            _,
        ) => {
            std::mem::discriminant(left) == std::mem::discriminant(right)
                && compare::equal(left, right)
        }
        // Numbers inside of these may differ in scale only.
        _ => false,
    }
}
