//! Operators that look at one row at a time: Values, Filter, Project, Append, LockRows, and the
//! relations of the catalog.

use std::sync::Arc;

use catalog::Relation;
use planner::expression::Expr;
use planner::plan::{LockTarget, Plan};
use protocol::transaction::Check;
use types::{Datum, Row, SqlResult};

use crate::context::{Context, internal};
use crate::evaluate::{evaluate, holds, is_true};
use crate::node::{BATCH_ROWS, Batch, Node};

#[derive(Default)]
pub struct ValuesState {
    position: usize,
}

impl ValuesState {
    pub fn next(&mut self, rows: &[Vec<Expr>], context: &Context) -> SqlResult<Option<Batch>> {
        if self.position >= rows.len() {
            return Ok(None);
        }
        let scope = context.scope();
        let end = (self.position + BATCH_ROWS).min(rows.len());
        let mut batch = Vec::with_capacity(end - self.position);
        for expressions in &rows[self.position..end] {
            let mut row = Vec::with_capacity(expressions.len());
            for expression in expressions {
                row.push(evaluate(expression, &[], &scope)?);
            }
            batch.push(row);
        }
        self.position = end;
        Ok(Some(batch))
    }
}

pub struct FilterState {
    input: Node,
    /// What a one-time condition said.
    passes: Option<bool>,
}

impl FilterState {
    pub fn new(input: &Plan) -> FilterState {
        FilterState { input: Node::new(input), passes: None }
    }

    pub fn input(&mut self) -> &mut Node {
        &mut self.input
    }

    pub fn rescan(&mut self, input: &Plan, changed: bool) {
        self.passes = None;
        self.input.rescan(input, changed);
    }

    pub fn next(
        &mut self,
        input: &Plan,
        condition: &Expr,
        one_time: bool,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        let scope = context.scope();
        if one_time {
            let passes = match self.passes {
                Some(passes) => passes,
                None => *self.passes.insert(is_true(condition, &[], &scope)?),
            };
            return if passes { self.input.next(input, context) } else { Ok(None) };
        }
        while let Some(batch) = self.input.next(input, context)? {
            let looked_at = batch.len();
            let mut kept = Vec::with_capacity(looked_at);
            for row in batch {
                if is_true(condition, &row, &scope)? {
                    kept.push(row);
                }
            }
            context.count_removed(looked_at - kept.len());
            if !kept.is_empty() {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

pub fn project(
    node: &mut Node,
    input: &Plan,
    expressions: &[Expr],
    context: &Context,
) -> SqlResult<Option<Batch>> {
    let Some(batch) = node.next(input, context)? else {
        return Ok(None);
    };
    let scope = context.scope();
    let mut projected = Vec::with_capacity(batch.len());
    for row in batch {
        let mut values = Vec::with_capacity(expressions.len());
        for expression in expressions {
            values.push(evaluate(expression, &row, &scope)?);
        }
        projected.push(values);
    }
    Ok(Some(projected))
}

pub struct AppendState {
    nodes: Vec<Node>,
    current: usize,
}

impl AppendState {
    pub fn new(inputs: &[Plan]) -> AppendState {
        AppendState { nodes: inputs.iter().map(Node::new).collect(), current: 0 }
    }

    pub fn next(&mut self, inputs: &[Plan], context: &Context) -> SqlResult<Option<Batch>> {
        while let (Some(node), Some(plan)) =
            (self.nodes.get_mut(self.current), inputs.get(self.current))
        {
            if let Some(batch) = node.next(plan, context)? {
                return Ok(Some(batch));
            }
            self.current += 1;
        }
        Ok(None)
    }
}

/// Marks the rows that pass through; a row whose key is NULL comes from no table.
pub fn lock_rows(
    node: &mut Node,
    input: &Plan,
    tables: &[LockTarget],
    context: &Context,
) -> SqlResult<Option<Batch>> {
    let Some(batch) = node.next(input, context)? else {
        return Ok(None);
    };
    for row in &batch {
        for table in tables {
            let value = row
                .get(table.key_column)
                .ok_or_else(|| internal("a locked table has no key column"))?;
            if let Some(key) = Context::row_key(value)? {
                context.env().check(Check { key, class: table.class })?;
            }
        }
    }
    Ok(Some(batch))
}

#[derive(Default)]
pub struct VirtualScanState {
    rows: Option<std::vec::IntoIter<Row>>,
}

impl VirtualScanState {
    pub fn next(
        &mut self,
        relation: &Arc<Relation>,
        columns: &[usize],
        equals: &[(usize, Expr)],
        filter: Option<&Expr>,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        let scope = context.scope();
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => {
                let mut known = Vec::with_capacity(equals.len());
                for (column, expression) in equals {
                    let value = evaluate(expression, &[], &scope)?;
                    if value.is_null() {
                        self.rows = Some(Vec::new().into_iter());
                        return Ok(None);
                    }
                    known.push((*column, value));
                }
                let rows = context.env().virtual_rows(relation, &known)?;
                self.rows.insert(rows.into_iter())
            }
        };
        let mut batch = Vec::new();
        for mut row in rows {
            let picked: Vec<Datum> = columns
                .iter()
                .map(|&column| row.get_mut(column).map(std::mem::take).unwrap_or_default())
                .collect();
            if holds(filter, &picked, &scope)? {
                batch.push(picked);
                if batch.len() == BATCH_ROWS {
                    break;
                }
            } else {
                context.count_removed(1);
            }
        }
        Ok(if batch.is_empty() { None } else { Some(batch) })
    }
}
