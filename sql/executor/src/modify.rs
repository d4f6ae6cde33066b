//! INSERT, UPDATE, DELETE and MERGE.
//!
//! A modification runs to its end when it is first asked for a row; its input sees the snapshot
//! without the statement's own writes. What RETURNING yields is remembered and handed out later.
//! Foreign keys are looked at when the whole statement is done ([`foreign_keys`]).

pub mod errors;
pub mod foreign_keys;
mod instead;
pub mod triggers;
pub mod writer;

use bytes::Bytes;
use catalog::RelationKind;
use planner::expression::Expr;
use planner::plan::{
    Check, ConflictAction, Delete, Insert, Merge, MergeKind, MergeMatch, OnConflict, Operator,
    Target, Update,
};
use types::{Datum, Row, SqlError, SqlResult, sqlstate};

use crate::context::{Context, internal};
use crate::evaluate::{evaluate, holds};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::spill::{BufferCursor, RowBuffer};
use triggers::Event;
use writer::TableWriter;

/// A modification: not yet run, or what it returned.
#[derive(Default)]
pub struct ModifyState {
    returned: Option<RowBuffer>,
    cursor: BufferCursor,
}

impl ModifyState {
    pub fn next(&mut self, operator: &Operator, context: &Context) -> SqlResult<Option<Batch>> {
        let buffer = match &mut self.returned {
            Some(buffer) => buffer,
            None => {
                let mut run = Run { context, buffer: RowBuffer::new(context), affected: 0 };
                let is_view = |target: &Target| target.relation.kind == RelationKind::View;
                match operator {
                    Operator::Insert(insert) if is_view(&insert.target) => {
                        run.insert_instead(insert)?;
                    }
                    Operator::Update(update) if is_view(&update.target) => {
                        run.update_instead(update)?;
                    }
                    Operator::Delete(delete) if is_view(&delete.target) => {
                        run.delete_instead(delete)?;
                    }
                    Operator::Insert(insert) => run.insert(insert)?,
                    Operator::Update(update) => run.update(update)?,
                    Operator::Delete(delete) => run.delete(delete)?,
                    Operator::Merge(merge) => run.merge(merge)?,
                    _ => return Err(internal("an operator was handed the plan of another")),
                }
                context.count_affected(run.affected);
                run.buffer.finish()?;
                self.returned.insert(run.buffer)
            }
        };
        buffer.read(&mut self.cursor, BATCH_ROWS)
    }
}

struct Run<'a> {
    context: &'a Context,
    buffer: RowBuffer,
    affected: u64,
}

impl<'a> Run<'a> {
    fn give_back(&mut self, returning: Option<&[Expr]>, row: &[Datum]) -> SqlResult<()> {
        let Some(expressions) = returning else {
            return Ok(());
        };
        let scope = self.context.scope();
        let mut values = Vec::with_capacity(expressions.len());
        for expression in expressions {
            values.push(evaluate(expression, row, &scope)?);
        }
        self.buffer.push(self.context, values)
    }

    /// WITH CHECK OPTION: the view must show the new row.
    fn check_view(&self, checks: &[Check], target: &Target, row: &[Datum]) -> SqlResult<()> {
        let scope = self.context.scope();
        for check in checks {
            if !holds(Some(&check.condition), row, &scope)? {
                return Err(SqlError::new(
                    sqlstate::WITH_CHECK_OPTION_VIOLATION,
                    format!("new row violates check option for view \"{}\"", check.name),
                )
                .detail(errors::failing_row(self.context.env(), target, row)?));
            }
        }
        Ok(())
    }

    fn insert(&mut self, insert: &Insert) -> SqlResult<()> {
        let writer = TableWriter::of_statement(self.context, &insert.target)?;
        let updated = match &insert.on_conflict {
            Some(OnConflict { action: ConflictAction::Update { assignments, .. }, .. }) => {
                numbers(assignments)
            }
            _ => Vec::new(),
        };
        if !updated.is_empty() {
            // Triggers after the updates of the statement fire before those after its insertions.
            writer.announce(Event::Update, &updated);
        }
        writer.begins(Event::Insert, &[])?;
        if !updated.is_empty() {
            writer.begins(Event::Update, &updated)?;
        }
        let mut input = Input::new(&insert.input);
        while let Some(row) = input.next_row(&insert.input, self.context)? {
            let Some(mut row) = writer.before_insert(row)? else { continue };
            writer.complete(&mut row)?;
            let stored = match &insert.on_conflict {
                None => {
                    writer.insert(&row)?;
                    self.check_view(&insert.view_checks, &insert.target, &row)?;
                    Some(row)
                }
                Some(on_conflict) => match writer.find_conflict(&row, &on_conflict.arbiters)? {
                    Some(key) => self.conflict(&writer, insert, on_conflict, key, row)?,
                    None => {
                        writer.insert(&row)?;
                        self.check_view(&insert.view_checks, &insert.target, &row)?;
                        Some(row)
                    }
                },
            };
            if let Some(row) = stored {
                self.affected += 1;
                self.give_back(insert.returning.as_deref(), &row)?;
            }
        }
        Ok(())
    }

    /// ON CONFLICT: the row as stored, or nothing.
    fn conflict(
        &self,
        writer: &TableWriter<'a>,
        insert: &Insert,
        on_conflict: &OnConflict,
        key: Bytes,
        proposed: Row,
    ) -> SqlResult<Option<Row>> {
        let ConflictAction::Update { assignments, condition } = &on_conflict.action else {
            return Ok(None);
        };
        let env = self.context.env();
        if env.written_by_statement(&key) {
            return Err(SqlError::new(
                sqlstate::CARDINALITY_VIOLATION,
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
            )
            .hint(
                "Ensure that no rows proposed for insertion within the same command have \
                 duplicate constrained values.",
            ));
        }
        let value = env
            .get_latest(&key)?
            .ok_or_else(|| SqlError::new(sqlstate::INDEX_CORRUPTED, "a conflicting row is gone"))?;
        let old = writer.codec().decode(&value)?;
        let mut both = old.clone();
        both.extend(proposed);
        let scope = self.context.scope();
        if !holds(condition.as_ref(), &both, &scope)? {
            return Ok(None);
        }
        let mut new = old.clone();
        for (position, expression) in assignments {
            assign(&mut new, *position, evaluate(expression, &both, &scope)?)?;
        }
        let Some(mut new) = writer.before_update(&old, new)? else { return Ok(None) };
        writer.complete(&mut new)?;
        writer.update(&key, &old, &new)?;
        self.check_view(&insert.view_checks, &insert.target, &new)?;
        Ok(Some(new))
    }

    fn update(&mut self, update: &Update) -> SqlResult<()> {
        let writer = TableWriter::of_statement(self.context, &update.target)?;
        let scope = self.context.scope();
        writer.begins(Event::Update, &numbers(&update.assignments))?;
        let width = update.target.relation.columns.len();
        let mut input = Input::new(&update.input);
        while let Some(row) = input.next_row(&update.input, self.context)? {
            let Some(key) = key_at(&row, width)? else {
                continue;
            };
            // A join may yield a row more than once: the first time counts.
            if self.context.env().written_by_statement(&key) {
                continue;
            }
            let old = row[..width].to_vec();
            let mut new = old.clone();
            for (position, expression) in &update.assignments {
                assign(&mut new, *position, evaluate(expression, &row, &scope)?)?;
            }
            let Some(mut new) = writer.before_update(&old, new)? else { continue };
            writer.complete(&mut new)?;
            if !writer.add(&key, &old, &new, &update.additions)? {
                writer.update(&key, &old, &new)?;
            }
            self.check_view(&update.view_checks, &update.target, &new)?;
            self.affected += 1;
            if update.returning.is_some() {
                new.extend(row);
                self.give_back(update.returning.as_deref(), &new)?;
            }
        }
        Ok(())
    }

    fn delete(&mut self, delete: &Delete) -> SqlResult<()> {
        let writer = TableWriter::of_statement(self.context, &delete.target)?;
        writer.begins(Event::Delete, &[])?;
        let width = delete.target.relation.columns.len();
        let mut input = Input::new(&delete.input);
        while let Some(row) = input.next_row(&delete.input, self.context)? {
            let Some(key) = key_at(&row, width)? else {
                continue;
            };
            if self.context.env().written_by_statement(&key) {
                continue;
            }
            if !writer.before_delete(&row[..width])? {
                continue;
            }
            writer.delete(&key, &row[..width])?;
            self.affected += 1;
            if delete.returning.is_some() {
                let mut both = row[..width].to_vec();
                both.extend(row);
                self.give_back(delete.returning.as_deref(), &both)?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, merge: &Merge) -> SqlResult<()> {
        let writer = TableWriter::of_statement(self.context, &merge.target)?;
        let scope = self.context.scope();
        let width = merge.target.relation.columns.len();
        for action in &merge.actions {
            match &action.action {
                MergeKind::Insert(_) => writer.begins(Event::Insert, &[])?,
                MergeKind::Update(assignments) => {
                    writer.begins(Event::Update, &numbers(assignments))?;
                }
                MergeKind::Delete => writer.begins(Event::Delete, &[])?,
                MergeKind::Nothing => {}
            }
        }
        let knows_source =
            merge.actions.iter().any(|action| action.matched == MergeMatch::NotMatchedBySource);
        let mut input = Input::new(&merge.input);
        while let Some(row) = input.next_row(&merge.input, self.context)? {
            let key = key_at(&row, width)?;
            let source = row.get(width + 1..).unwrap_or_default();
            let matched = match &key {
                None => MergeMatch::NotMatchedByTarget,
                Some(_) if knows_source && source.iter().all(Datum::is_null) => {
                    MergeMatch::NotMatchedBySource
                }
                Some(_) => MergeMatch::Matched,
            };
            for action in merge.actions.iter().filter(|action| action.matched == matched) {
                if !holds(action.condition.as_ref(), &row, &scope)? {
                    continue;
                }
                let done = self.merge_row(&writer, &action.action, key.as_ref(), &row, width)?;
                if let Some((mut stored, word)) = done {
                    self.affected += 1;
                    if merge.returning.is_some() {
                        stored.extend_from_slice(&row);
                        stored.push(Datum::text(word));
                        self.give_back(merge.returning.as_deref(), &stored)?;
                    }
                }
                break;
            }
        }
        Ok(())
    }

    fn merge_row(
        &self,
        writer: &TableWriter<'a>,
        action: &MergeKind,
        key: Option<&Bytes>,
        row: &Row,
        width: usize,
    ) -> SqlResult<Option<(Row, &'static str)>> {
        let scope = self.context.scope();
        if let (Some(key), MergeKind::Update(_) | MergeKind::Delete) = (key, action)
            && self.context.env().written_by_statement(key)
        {
            return Err(SqlError::new(
                sqlstate::CARDINALITY_VIOLATION,
                "MERGE command cannot affect row a second time",
            )
            .hint("Ensure that not more than one source row matches any one target row."));
        }
        match (action, key) {
            (MergeKind::Nothing, _) => Ok(None),
            (MergeKind::Insert(expressions), _) => {
                let mut new = Vec::with_capacity(width);
                for expression in expressions {
                    new.push(evaluate(expression, row, &scope)?);
                }
                let Some(mut new) = writer.before_insert(new)? else { return Ok(None) };
                writer.complete(&mut new)?;
                writer.insert(&new)?;
                Ok(Some((new, "INSERT")))
            }
            (MergeKind::Update(assignments), Some(key)) => {
                let old = row[..width].to_vec();
                let mut new = old.clone();
                for (position, expression) in assignments {
                    assign(&mut new, *position, evaluate(expression, row, &scope)?)?;
                }
                let Some(mut new) = writer.before_update(&old, new)? else { return Ok(None) };
                writer.complete(&mut new)?;
                writer.update(key, &old, &new)?;
                Ok(Some((new, "UPDATE")))
            }
            (MergeKind::Delete, Some(key)) => {
                if !writer.before_delete(&row[..width])? {
                    return Ok(None);
                }
                writer.delete(key, &row[..width])?;
                Ok(Some((row[..width].to_vec(), "DELETE")))
            }
            (_, None) => Err(internal("MERGE changes a row that did not match")),
        }
    }
}

fn key_at(row: &Row, position: usize) -> SqlResult<Option<Bytes>> {
    let value = row.get(position).ok_or_else(|| internal("a modified row has no row key"))?;
    Context::row_key(value)
}

/// The numbers of assigned columns.
fn numbers(assignments: &[(usize, Expr)]) -> Vec<i16> {
    let positions = assignments.iter().map(|assignment| assignment.0 + 1);
    positions.filter_map(|number| i16::try_from(number).ok()).collect()
}

fn assign(row: &mut Row, position: usize, value: Datum) -> SqlResult<()> {
    let slot = row
        .get_mut(position)
        .ok_or_else(|| internal("an assignment names a column the table does not have"))?;
    *slot = value;
    Ok(())
}
