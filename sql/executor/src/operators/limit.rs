//! LIMIT, OFFSET and FETCH … WITH TIES.

use planner::expression::{Expr, SortKey};
use planner::plan::Plan;
use types::{Datum, Row, SqlError, SqlResult, sqlstate};

use crate::context::Context;
use crate::evaluate::evaluate;
use crate::keys::SortOrder;
use crate::node::{Batch, Node};

pub struct LimitState {
    input: Node,
    counts: Option<Counts>,
    /// Keys and row of the last row within the limit, for WITH TIES.
    last: Option<(Row, Row)>,
    done: bool,
}

struct Counts {
    skip: u64,
    left: Option<u64>,
}

/// The value of LIMIT (`None`: all) or OFFSET.
pub(crate) fn row_count(
    expression: Option<&Expr>,
    context: &Context,
    is_offset: bool,
) -> SqlResult<Option<u64>> {
    let Some(expression) = expression else {
        return Ok(None);
    };
    let count = match evaluate(expression, &[], &context.scope())? {
        Datum::Int2(count) => i64::from(count),
        Datum::Int4(count) => i64::from(count),
        Datum::Int8(count) => count,
        _ => return Ok(None),
    };
    u64::try_from(count).map(Some).map_err(|_| {
        if is_offset {
            SqlError::new(
                sqlstate::INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE,
                "OFFSET must not be negative",
            )
        } else {
            SqlError::new(sqlstate::INVALID_ROW_COUNT_IN_LIMIT_CLAUSE, "LIMIT must not be negative")
        }
    })
}

impl LimitState {
    pub fn new(input: &Plan) -> LimitState {
        LimitState { input: Node::new(input), counts: None, last: None, done: false }
    }

    pub fn rescan(&mut self, input: &Plan, changed: bool) {
        self.input.rescan(input, changed);
        self.counts = None;
        self.last = None;
        self.done = false;
    }

    pub fn next(
        &mut self,
        input: &Plan,
        limit: Option<&Expr>,
        offset: Option<&Expr>,
        with_ties: Option<&[SortKey]>,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        if self.done {
            return Ok(None);
        }
        if self.counts.is_none() {
            let skip = row_count(offset, context, true)?.unwrap_or(0);
            let left = row_count(limit, context, false)?;
            self.counts = Some(Counts { skip, left });
        }
        let Some(counts) = &mut self.counts else {
            return Ok(None);
        };
        let scope = context.scope();
        let order = with_ties.map(SortOrder::new);
        if counts.left == Some(0) && self.last.is_none() {
            self.done = true;
            return Ok(None);
        }
        loop {
            let Some(batch) = self.input.next(input, context)? else {
                self.done = true;
                return Ok(None);
            };
            let mut output = Vec::with_capacity(batch.len());
            for row in batch {
                if counts.skip > 0 {
                    counts.skip -= 1;
                    continue;
                }
                match &mut counts.left {
                    None => output.push(row),
                    Some(0) => {
                        let (Some(order), Some(keys), Some(last)) = (&order, with_ties, &self.last)
                        else {
                            self.done = true;
                            break;
                        };
                        let key = order.keys(keys, &row, &scope)?;
                        if order.compare_keyed((&last.0, &last.1), (&key, &row)).is_ne() {
                            self.done = true;
                            break;
                        }
                        output.push(row);
                    }
                    Some(left) => {
                        *left -= 1;
                        if *left == 0 {
                            if let (Some(order), Some(keys)) = (&order, with_ties) {
                                self.last = Some((order.keys(keys, &row, &scope)?, row.clone()));
                            } else {
                                self.done = true;
                                output.push(row);
                                break;
                            }
                        }
                        output.push(row);
                    }
                }
            }
            if !output.is_empty() {
                return Ok(Some(output));
            }
            if self.done {
                return Ok(None);
            }
        }
    }
}
