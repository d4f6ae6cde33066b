//! Merge joins of two sorted inputs, every kind.
//!
//! Right rows of one key are held as a group; each left row is compared with the group's key.

use std::cmp::Ordering;

use planner::plan::{JoinKind, MergeJoin};
use types::{Datum, Row, SqlResult};

use crate::context::{Context, internal};
use crate::evaluate::holds;
use crate::keys::{SortOrder, key_of};
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};

pub struct MergeJoinState {
    left: Input,
    right: Input,
    order: SortOrder,
    group: Group,
    ahead: Option<(Row, Row)>,
    right_is_done: bool,
    left_is_done: bool,
    pending: std::vec::IntoIter<Row>,
}

#[derive(Default)]
struct Group {
    key: Option<Row>,
    rows: Vec<(Row, bool)>,
    /// Held as long as the rows are.
    _reservation: Option<Reservation>,
}

impl MergeJoinState {
    pub fn new(join: &MergeJoin) -> MergeJoinState {
        MergeJoinState {
            left: Input::new(&join.left),
            right: Input::new(&join.right),
            order: SortOrder::ascending(join.left_keys.len()),
            group: Group::default(),
            ahead: None,
            right_is_done: false,
            left_is_done: false,
            pending: Vec::new().into_iter(),
        }
    }

    pub fn next(&mut self, join: &MergeJoin, context: &Context) -> SqlResult<Option<Batch>> {
        if join.kind == JoinKind::NullAwareAnti {
            return Err(internal("a merge join of this kind"));
        }
        let mut output: Batch = self.pending.by_ref().take(BATCH_ROWS).collect();
        while output.len() < BATCH_ROWS && !self.left_is_done {
            match self.left.next_row(&join.left, context)? {
                Some(left) => self.join_left(join, left, context, &mut output)?,
                None => self.left_is_done = true,
            }
        }
        while output.len() < BATCH_ROWS && self.left_is_done {
            self.flush_group(join, &mut output);
            if !matches!(join.kind, JoinKind::Right | JoinKind::Full)
                || !self.load_group(join, context)?
            {
                break;
            }
        }
        if output.len() > BATCH_ROWS {
            self.pending = output.split_off(BATCH_ROWS).into_iter();
        }
        Ok(if output.is_empty() { None } else { Some(output) })
    }

    fn join_left(
        &mut self,
        join: &MergeJoin,
        left: Row,
        context: &Context,
        output: &mut Batch,
    ) -> SqlResult<()> {
        let scope = context.scope();
        let key = key_of(&join.left_keys, &left, &scope)?.values;
        let mut matched = false;
        if !key.iter().any(Datum::is_null) {
            let relation = loop {
                let relation = match &self.group.key {
                    Some(group) => self.order.compare(group, &key),
                    None => Ordering::Less,
                };
                if relation.is_ge() {
                    break relation;
                }
                self.flush_group(join, output);
                if !self.load_group(join, context)? {
                    break Ordering::Greater;
                }
            };
            if relation.is_eq() {
                for (right, met) in &mut self.group.rows {
                    let mut row = Vec::with_capacity(left.len() + right.len());
                    row.extend_from_slice(&left);
                    row.extend_from_slice(right);
                    if holds(join.condition.as_ref(), &row, &scope)? {
                        matched = true;
                        *met = true;
                        if matches!(join.kind, JoinKind::Semi | JoinKind::Anti) {
                            break;
                        }
                        output.push(row);
                    }
                }
            }
        }
        let mut left = left;
        match join.kind {
            JoinKind::Left | JoinKind::Full if !matched => {
                left.resize(left.len() + join.right.columns.len(), Datum::Null);
                output.push(left);
            }
            JoinKind::Semi if matched => output.push(left),
            JoinKind::Anti if !matched => output.push(left),
            _ => {}
        }
        Ok(())
    }

    /// The group is over: of a RIGHT or FULL join its rows without a match are yielded.
    fn flush_group(&mut self, join: &MergeJoin, output: &mut Batch) {
        let rows = std::mem::take(&mut self.group.rows);
        if matches!(join.kind, JoinKind::Right | JoinKind::Full) {
            let width = join.left.columns.len();
            for (row, matched) in rows {
                if !matched {
                    let mut padded = vec![Datum::Null; width];
                    padded.extend(row);
                    output.push(padded);
                }
            }
        }
        self.group = Group::default();
    }

    fn next_right(&mut self, join: &MergeJoin, context: &Context) -> SqlResult<Option<(Row, Row)>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        if self.right_is_done {
            return Ok(None);
        }
        match self.right.next_row(&join.right, context)? {
            Some(row) => {
                let key = key_of(&join.right_keys, &row, &context.scope())?.values;
                Ok(Some((key, row)))
            }
            None => {
                self.right_is_done = true;
                Ok(None)
            }
        }
    }

    /// Reads the next group of right rows; `false` at the end.
    fn load_group(&mut self, join: &MergeJoin, context: &Context) -> SqlResult<bool> {
        let Some((key, row)) = self.next_right(join, context)? else {
            self.group = Group::default();
            return Ok(false);
        };
        let mut reservation = Reservation::new(context.memory());
        let mut rows = vec![(row, false)];
        while let Some((next, row)) = self.next_right(join, context)? {
            if self.order.compare(&next, &key).is_ne() {
                self.ahead = Some((next, row));
                break;
            }
            reservation.require(row_bytes(&row))?;
            rows.push((row, false));
        }
        self.group = Group { key: Some(key), rows, _reservation: Some(reservation) };
        Ok(true)
    }
}
