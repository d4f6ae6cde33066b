//! Foreign keys, from both sides.
//!
//! While a statement writes rows, what its foreign keys demand is queued; it is done when the
//! statement's own work is. First the actions on children (CASCADE, SET NULL, SET DEFAULT), which
//! may queue more, then the checks: each new child has its parent, no child is left without.
//! RESTRICT does not wait. A child's check also marks the parent's key, so that a concurrent
//! transaction cannot take it away.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use catalog::{ConstraintKind, ForeignKey, ReferentialAction, Relation};
use encoding::key as key_encoding;
use planner::plan::{IncomingKey, OutgoingKey};
use protocol::key::prefix;
use protocol::storage::{Direction, StoredRow};
use protocol::transaction::{Check, ConflictClass};
use types::{Datum, Oid, Row, SqlError, SqlResult, compare, oid, sqlstate};

use super::errors;
use super::triggers::{self, Event, TriggerQueue};
use super::writer::TableWriter;
use crate::context::{internal, read_error};
use crate::environment::{DeferredCheck, Environment, ReadRequest};
use crate::evaluate::{Scope, evaluate};
use crate::keys::{FastMap, HashKey};
use crate::ranges::{KeyRange, whole};
use crate::rows::{RowCodec, split_entry};

/// Rounds of actions that cause actions; a chain of tables this long is an error, not a loop.
const MAXIMUM_ACTIONS: u64 = 10_000_000;

/// What is still to be done for foreign keys.
#[derive(Default)]
pub struct EventQueue {
    /// Parents that must exist: one entry per key and value, however many rows refer to it.
    parents: FastMap<Oid, std::collections::HashMap<HashKey, ParentCheck>>,
    changes: VecDeque<ParentChange>,
    /// NO ACTION: looked at last.
    last: Vec<ParentChange>,
    actions: u64,
    /// What triggers wait for.
    pub(crate) triggers: TriggerQueue,
}

struct ParentCheck {
    key: Arc<OutgoingKey>,
    child: Arc<Relation>,
    row_key: Bytes,
}

/// A parent's key values are gone, or have become others.
pub struct ParentChange {
    pub key: Arc<IncomingKey>,
    pub parent: Arc<Relation>,
    /// In the order of the key's columns.
    pub old: Row,
    pub new: Option<Row>,
}

fn foreign_key(kind: &ConstraintKind) -> SqlResult<&ForeignKey> {
    match kind {
        ConstraintKind::ForeignKey(key) => Ok(key),
        _ => Err(internal("a foreign key is another constraint")),
    }
}

fn is_deferred(env: &dyn Environment, constraint: &catalog::Constraint) -> bool {
    constraint.deferrable && env.is_deferred(constraint.oid, constraint.initially_deferred)
}

impl EventQueue {
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty() && self.changes.is_empty() && self.last.is_empty()
    }

    /// A child row was written: its parent must exist.
    pub(super) fn check_parent(
        &mut self,
        env: &dyn Environment,
        key: &Arc<OutgoingKey>,
        child: &Arc<Relation>,
        row: &[Datum],
        row_key: &Bytes,
    ) -> SqlResult<()> {
        let values: Row = key
            .columns
            .iter()
            .map(|&column| row.get(column).cloned().unwrap_or_default())
            .collect();
        let nulls = values.iter().filter(|value| value.is_null()).count();
        if nulls == values.len() {
            return Ok(());
        }
        if nulls > 0 {
            if !foreign_key(&key.constraint.kind)?.match_full {
                return Ok(());
            }
            let mut error = missing_parent(env, child, key);
            error =
                error.detail("MATCH FULL does not allow mixing of null and nonnull key values.");
            return Err(error);
        }
        if is_deferred(env, &key.constraint) {
            return env.defer(DeferredCheck {
                constraint: key.constraint.oid,
                child: child.oid,
                values,
                row_key: row_key.clone(),
                trigger: None,
            });
        }
        let check = ParentCheck {
            key: Arc::clone(key),
            child: Arc::clone(child),
            row_key: row_key.clone(),
        };
        self.parents.entry(key.constraint.oid).or_default().insert(HashKey::new(values), check);
        Ok(())
    }

    /// A parent row was deleted or its key changed.
    pub(super) fn parent_changed(
        &mut self,
        env: &dyn Environment,
        change: ParentChange,
    ) -> SqlResult<()> {
        if action_of(&change)? == ReferentialAction::Restrict {
            return match find_children(env, &change, Some(1))?.is_empty() {
                true => Ok(()),
                false => Err(still_referenced(env, &change)?),
            };
        }
        self.changes.push_back(change);
        Ok(())
    }
}

/// Does all that is queued: at the end of a statement no foreign key is broken, except
/// deferred ones.
pub fn run_events(env: &dyn Environment, queue: &RefCell<EventQueue>) -> SqlResult<()> {
    loop {
        env.check_interrupts()?;
        let change = queue.borrow_mut().changes.pop_front();
        if let Some(change) = change {
            run_action(env, queue, change)?;
            continue;
        }
        let parents = std::mem::take(&mut queue.borrow_mut().parents);
        let last = std::mem::take(&mut queue.borrow_mut().last);
        if parents.is_empty() && last.is_empty() {
            let waiting = std::mem::take(&mut queue.borrow_mut().triggers);
            return match waiting.is_empty() {
                true => Ok(()),
                false => triggers::after_statement(env, waiting),
            };
        }
        for check in parents.into_values().flatten() {
            let (values, check) = check;
            if !mark_parent(env, &check.key, &values.values)?
                && child_is_live(
                    env,
                    &check.child,
                    &check.row_key,
                    &check.key.columns,
                    &values.values,
                )?
            {
                return Err(absent_parent(env, &check.child, &check.key, &values.values)?);
            }
        }
        for change in last {
            run_no_action(env, &change)?;
        }
    }
}

fn action_of(change: &ParentChange) -> SqlResult<ReferentialAction> {
    let key = foreign_key(&change.key.constraint.kind)?;
    Ok(if change.new.is_some() { key.on_update } else { key.on_delete })
}

fn run_action(
    env: &dyn Environment,
    queue: &RefCell<EventQueue>,
    change: ParentChange,
) -> SqlResult<()> {
    let action = action_of(&change)?;
    if action == ReferentialAction::NoAction || action == ReferentialAction::Restrict {
        queue.borrow_mut().last.push(change);
        return Ok(());
    }
    let children = find_children(env, &change, None)?;
    if children.is_empty() {
        return Ok(());
    }
    let target = env.target(change.key.child.oid)?;
    let scope = Scope::detached(env, &[], &[]);
    let writer = TableWriter::new(env, Scope::detached(env, &[], &[]), &target, queue)?;
    let key = foreign_key(&change.key.constraint.kind)?;
    let columns: Vec<i16> = change
        .key
        .child_columns
        .iter()
        .filter_map(|column| i16::try_from(column + 1).ok())
        .collect();
    let deletes = action == ReferentialAction::Cascade && change.new.is_none();
    writer.begins(if deletes { Event::Delete } else { Event::Update }, &columns)?;
    for (row_key, old) in children {
        {
            let mut queue = queue.borrow_mut();
            queue.actions += 1;
            if queue.actions > MAXIMUM_ACTIONS {
                return Err(SqlError::new(
                    sqlstate::STATEMENT_TOO_COMPLEX,
                    "too many cascading foreign key actions",
                ));
            }
        }
        if deletes {
            if writer.before_delete(&old)? {
                writer.delete(&row_key, &old)?;
            }
            continue;
        }
        let mut new = old.clone();
        for (place, &column) in change.key.child_columns.iter().enumerate() {
            let number = i16::try_from(column + 1).unwrap_or(i16::MAX);
            let is_set = change.new.is_some()
                || key.delete_set_columns.is_empty()
                || key.delete_set_columns.contains(&number);
            let slot = new
                .get_mut(column)
                .ok_or_else(|| internal("a foreign key names a column too many"))?;
            let definition = &target.relation.columns[column];
            match (action, &change.new) {
                (ReferentialAction::Cascade, Some(values)) => {
                    *slot = convert(&values[place], definition.type_oid).unwrap_or_default();
                }
                (ReferentialAction::SetNull, _) if is_set => *slot = Datum::Null,
                (ReferentialAction::SetDefault, _) if is_set => {
                    let default = target.defaults.iter().find(|known| known.0 == column);
                    *slot = match default {
                        Some((_, default)) => evaluate(default, &[], &scope)?,
                        None => Datum::Null,
                    };
                }
                _ => {}
            }
        }
        let Some(mut new) = writer.before_update(&old, new)? else { continue };
        writer.complete(&mut new)?;
        writer.update(&row_key, &old, &new)?;
    }
    if action == ReferentialAction::SetDefault {
        // The default may be the very value that is gone.
        queue.borrow_mut().last.push(change);
    }
    Ok(())
}

fn run_no_action(env: &dyn Environment, change: &ParentChange) -> SqlResult<()> {
    // Another row may have taken the values over.
    let key = foreign_key(&change.key.constraint.kind)?;
    let place = change.parent.indexes.iter().position(|index| index.oid == key.parent_index);
    if let Some(place) = place {
        let codec = RowCodec::cached(&change.parent)?;
        let mut values = Vec::with_capacity(change.old.len());
        for attribute in codec.index(place)?.attributes.iter().flatten() {
            let at = change.key.columns.iter().position(|column| column == attribute);
            values.extend(at.and_then(|at| change.old.get(at)).cloned());
        }
        if env.get_latest(&codec.unique_key(place, &values)?)?.is_some() {
            return Ok(());
        }
    }
    if !is_deferred(env, &change.key.constraint) {
        return match find_children(env, change, Some(1))?.is_empty() {
            true => Ok(()),
            false => Err(still_referenced(env, change)?),
        };
    }
    let target = env.target(change.key.child.oid)?;
    let outgoing = target
        .outgoing
        .iter()
        .find(|outgoing| outgoing.constraint.oid == change.key.constraint.oid)
        .ok_or_else(|| internal("a foreign key is not known to its child"))?;
    for (row_key, row) in find_children(env, change, None)? {
        let values = outgoing
            .columns
            .iter()
            .map(|&column| row.get(column).cloned().unwrap_or_default())
            .collect();
        env.defer(DeferredCheck {
            constraint: change.key.constraint.oid,
            child: change.key.child.oid,
            values,
            row_key,
            trigger: None,
        })?;
    }
    Ok(())
}

/// A deferred foreign key or trigger, at the end of the transaction.
pub fn run_deferred(env: &dyn Environment, check: &DeferredCheck) -> SqlResult<()> {
    let target = env.target(check.child)?;
    if let Some(waiting) = &check.trigger {
        return triggers::run_deferred(env, &target.relation, check.constraint, waiting);
    }
    let Some(key) =
        target.outgoing.iter().find(|outgoing| outgoing.constraint.oid == check.constraint)
    else {
        // The constraint was dropped since.
        return Ok(());
    };
    if mark_parent(env, key, &check.values)? {
        return Ok(());
    }
    if !child_is_live(env, &target.relation, &check.row_key, &key.columns, &check.values)? {
        return Ok(());
    }
    Err(absent_parent(env, &target.relation, key, &check.values)?)
}

/// Looks the parent up and marks it; `false` if there is none.
fn mark_parent(env: &dyn Environment, key: &OutgoingKey, values: &[Datum]) -> SqlResult<bool> {
    let codec = RowCodec::cached(&key.parent)?;
    let index = codec.index(key.parent_index)?;
    let mut converted = Vec::with_capacity(values.len());
    for (value, column) in values.iter().zip(&index.columns) {
        match convert(value, column.type_oid) {
            Some(value) => converted.push(value),
            None => return Ok(false),
        }
    }
    let entry_key = codec.unique_key(key.parent_index, &converted)?;
    let Some(value) = env.get_latest(&entry_key)? else {
        return Ok(false);
    };
    let class = ConflictClass::KeyShare;
    if index.primary {
        env.check(Check { key: entry_key, class })?;
        return Ok(true);
    }
    let row_key = codec.row_key_from_suffix(split_entry(&value)?.0);
    env.check(Check { key: row_key, class })?;
    env.check(Check { key: entry_key, class })?;
    Ok(true)
}

/// Whether the child row is still there with these values.
fn child_is_live(
    env: &dyn Environment,
    child: &Arc<Relation>,
    row_key: &[u8],
    columns: &[usize],
    values: &[Datum],
) -> SqlResult<bool> {
    let Some(value) = env.get_latest(row_key)? else {
        return Ok(false);
    };
    let row = RowCodec::cached(child)?.decode(&value)?;
    Ok(columns.iter().zip(values).all(|(&column, value)| {
        row.get(column).is_some_and(|actual| !actual.is_null() && compare::equal(actual, value))
    }))
}

/// Rows of the child table that have the parent's old values, as the statement has left them.
fn find_children(
    env: &dyn Environment,
    change: &ParentChange,
    limit: Option<usize>,
) -> SqlResult<Vec<(Bytes, Row)>> {
    let child = &change.key.child;
    let codec = RowCodec::cached(child)?;
    let mut wanted = Vec::with_capacity(change.old.len());
    for (value, &column) in change.old.iter().zip(&change.key.child_columns) {
        let type_oid = child.columns.get(column).map_or(0, |column| column.type_oid);
        match convert(value, type_oid) {
            Some(value) => wanted.push(value),
            None => return Ok(Vec::new()),
        }
    }
    let (range, through_index) = child_range(&codec, change, &wanted)?;
    let KeyRange::Range { start, end } = range else {
        return Err(internal("a range of children is a point"));
    };
    let mut cursor = env.scan_latest(ReadRequest {
        start,
        end,
        direction: Direction::Ascending,
        filter: None,
        limit: None,
    })?;
    let mut found = Vec::new();
    loop {
        env.check_interrupts()?;
        let mut batch: Vec<StoredRow> = Vec::new();
        let more = cursor.next_batch(&mut batch, 256).map_err(read_error)?;
        for stored in batch {
            let (key, value) = if through_index {
                let key = codec.row_key_from_suffix(split_entry(&stored.value)?.0);
                match env.get_latest(&key)? {
                    Some(value) => (key, value),
                    None => continue,
                }
            } else {
                (stored.key, stored.value)
            };
            let row = codec.decode(&value)?;
            let matches = change.key.child_columns.iter().zip(&wanted).all(|(&column, value)| {
                row.get(column)
                    .is_some_and(|actual| !actual.is_null() && compare::equal(actual, value))
            });
            if matches {
                found.push((key, row));
                if limit.is_some_and(|limit| found.len() >= limit) {
                    return Ok(found);
                }
            }
        }
        if !more {
            return Ok(found);
        }
    }
}

/// Where the children are, and whether that is a secondary index.
fn child_range(
    codec: &RowCodec,
    change: &ParentChange,
    wanted: &[Datum],
) -> SqlResult<(KeyRange, bool)> {
    let Some(position) = change.key.child_index else {
        return Ok((whole(codec, protocol::key::PRIMARY_INDEX), false));
    };
    let index = codec.index(position)?;
    let mut start = prefix(codec.relation().table_id, index.number).to_vec();
    for (attribute, column) in index.attributes.iter().zip(&index.columns).take(wanted.len()) {
        let place = change.key.child_columns.iter().position(|child| Some(*child) == *attribute);
        let Some(value) = place.and_then(|place| wanted.get(place)) else {
            break;
        };
        key_encoding::encode_column(value, column, &mut start)?;
    }
    let end =
        protocol::key::prefix_end(&start).ok_or_else(|| internal("a key prefix has no end"))?;
    Ok((KeyRange::Range { start: start.into(), end: end.into() }, !index.primary))
}

/// A value as a column of another type of the same family holds it; `None` if it cannot.
fn convert(value: &Datum, type_oid: Oid) -> Option<Datum> {
    let number = match *value {
        Datum::Int2(number) => i64::from(number),
        Datum::Int4(number) => i64::from(number),
        Datum::Int8(number) => number,
        Datum::Numeric(ref number) if [oid::INT2, oid::INT4, oid::INT8].contains(&type_oid) => {
            let integer = number.to_i64().ok()?;
            let same = types::numeric::Numeric::from(integer) == *number;
            return if same { convert(&Datum::Int8(integer), type_oid) } else { None };
        }
        _ => return Some(value.clone()),
    };
    match type_oid {
        oid::INT2 => i16::try_from(number).ok().map(Datum::Int2),
        oid::INT4 => i32::try_from(number).ok().map(Datum::Int4),
        oid::INT8 => Some(Datum::Int8(number)),
        oid::NUMERIC => Some(Datum::Numeric(types::numeric::Numeric::from(number))),
        _ => Some(value.clone()),
    }
}

fn missing_parent(env: &dyn Environment, child: &Relation, key: &OutgoingKey) -> SqlError {
    let mut error = SqlError::new(
        sqlstate::FOREIGN_KEY_VIOLATION,
        format!(
            "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
            child.name, key.constraint.name
        ),
    )
    .constraint(key.constraint.name.as_str());
    errors::name_table(&mut error, env, child);
    error
}

fn absent_parent(
    env: &dyn Environment,
    child: &Relation,
    key: &OutgoingKey,
    values: &[Datum],
) -> SqlResult<SqlError> {
    // The detail names the columns in the order of the constraint.
    let definition = foreign_key(&key.constraint.kind)?;
    let mut columns = Vec::with_capacity(values.len());
    let mut ordered = Vec::with_capacity(values.len());
    for number in &definition.columns {
        let column = usize::try_from(number - 1).unwrap_or(usize::MAX);
        if let Some(place) = key.columns.iter().position(|&position| position == column) {
            columns.push(column);
            ordered.extend(values.get(place).cloned());
        }
    }
    let text = errors::key_text(env, child, &columns, &ordered)?;
    Ok(missing_parent(env, child, key)
        .detail(format!("{text} is not present in table \"{}\".", key.parent.name)))
}

fn still_referenced(env: &dyn Environment, change: &ParentChange) -> SqlResult<SqlError> {
    let constraint = &change.key.constraint.name;
    let child = &change.key.child.name;
    let text = errors::key_text(env, &change.parent, &change.key.columns, &change.old)?;
    let mut error = SqlError::new(
        sqlstate::FOREIGN_KEY_VIOLATION,
        format!(
            "update or delete on table \"{}\" violates foreign key constraint \"{constraint}\" on \
             table \"{child}\"",
            change.parent.name
        ),
    )
    .detail(format!("{text} is still referenced from table \"{child}\"."))
    .constraint(constraint.as_str());
    errors::name_table(&mut error, env, &change.key.child);
    Ok(error)
}
