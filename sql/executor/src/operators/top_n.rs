//! The first rows of a sorted input, without sorting all of it.
//!
//! Keeps at most twice the wanted rows; whenever that many are held, they are sorted and the rest
//! is dropped. With ties, rows equal to the last wanted one are kept too.

use planner::expression::{Expr, SortKey};
use planner::plan::Plan;
use types::{Row, SqlResult};

use super::limit::row_count;
use crate::context::Context;
use crate::keys::SortOrder;
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Node};

const SMALLEST_CUT: usize = 256;

pub struct TopNState {
    input: Node,
    ready: Option<std::vec::IntoIter<(Row, Row)>>,
}

impl TopNState {
    pub fn new(input: &Plan) -> TopNState {
        TopNState { input: Node::new(input), ready: None }
    }

    pub fn next(
        &mut self,
        input: &Plan,
        keys: &[SortKey],
        limit: &Expr,
        offset: Option<&Expr>,
        with_ties: bool,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        let rows = match &mut self.ready {
            Some(rows) => rows,
            None => {
                let offset = row_count(offset, context, true)?.unwrap_or(0);
                let limit = row_count(Some(limit), context, false)?;
                let skip = usize::try_from(offset).unwrap_or(usize::MAX);
                let count = limit.map_or(usize::MAX, |limit| {
                    usize::try_from(limit.saturating_add(offset)).unwrap_or(usize::MAX)
                });
                let mut rows = if limit == Some(0) {
                    Vec::new()
                } else {
                    self.collect(input, keys, count, with_ties, context)?
                };
                rows.drain(..skip.min(rows.len()));
                self.ready.insert(rows.into_iter())
            }
        };
        let batch: Batch = rows.take(BATCH_ROWS).map(|(_, row)| row).collect();
        Ok(if batch.is_empty() { None } else { Some(batch) })
    }

    fn collect(
        &mut self,
        input: &Plan,
        keys: &[SortKey],
        count: usize,
        with_ties: bool,
        context: &Context,
    ) -> SqlResult<Vec<(Row, Row)>> {
        let order = SortOrder::new(keys);
        let scope = context.scope();
        let mut rows: Vec<(Row, Row)> = Vec::new();
        let mut reservation = Reservation::new(context.memory());
        let mut cut_at = count.saturating_mul(2).max(SMALLEST_CUT);
        // Once `count` rows are known, a row after the last of them is not wanted.
        let mut worst: Option<(Row, Row)> = None;
        while let Some(batch) = self.input.next(input, context)? {
            for row in batch {
                let key = order.keys(keys, &row, &scope)?;
                if let Some(worst) = &worst {
                    let relation = order.compare_keyed((&key, &row), (&worst.0, &worst.1));
                    if relation.is_gt() || relation.is_eq() && !with_ties {
                        continue;
                    }
                }
                reservation.require(row_bytes(&key) + row_bytes(&row))?;
                rows.push((key, row));
                if rows.len() >= cut_at {
                    cut(&mut rows, &order, count, with_ties);
                    worst = count.checked_sub(1).and_then(|last| rows.get(last)).cloned();
                    reservation.clear();
                    reservation
                        .grow(rows.iter().map(|(key, row)| row_bytes(key) + row_bytes(row)).sum());
                    cut_at = rows.len().saturating_mul(2).max(SMALLEST_CUT);
                }
            }
        }
        cut(&mut rows, &order, count, with_ties);
        Ok(rows)
    }
}

fn cut(rows: &mut Vec<(Row, Row)>, order: &SortOrder, count: usize, with_ties: bool) {
    let compare = |left: &(Row, Row), right: &(Row, Row)| {
        order.compare_keyed((&left.0, &left.1), (&right.0, &right.1))
    };
    rows.sort_by(compare);
    let mut end = count.min(rows.len());
    if with_ties && end > 0 {
        while end < rows.len() && compare(&rows[end - 1], &rows[end]).is_eq() {
            end += 1;
        }
    }
    rows.truncate(end);
}
