//! LIMIT with what it saves below it, and UNION, INTERSECT and EXCEPT.

use types::{Datum, SqlResult, SqlType, oid};

use super::physical::{Need, Physical, Planner};
use crate::expression::Expr;
use crate::logical::Limit;
use crate::plan::{Estimate, Operator, Plan, SetKind};

impl Planner<'_> {
    pub(super) fn limit(&mut self, limit: Limit, need: &Need) -> SqlResult<Physical> {
        let constant = |expr: &Option<Expr>| match expr {
            Some(Expr::Constant { value: Datum::Int8(count), .. }) => u64::try_from(*count).ok(),
            None => Some(0),
            _ => None,
        };
        let total = match (&limit.limit, constant(&limit.limit), constant(&limit.offset)) {
            (Some(_), Some(count), Some(offset)) => Some(count.saturating_add(offset)),
            _ => None,
        };
        let mut inner = need.clone();
        inner.limit = match (&limit.limit, total) {
            (None, _) => None,
            (Some(_), Some(total)) => Some(total as f64),
            (Some(_), None) => Some(100.0),
        };
        let mut input = self.plan(limit.input, &inner)?;
        let (mut count, mut offset) = (limit.limit, limit.offset);
        for expr in count.iter_mut().chain(&mut offset) {
            self.finish(expr, &[])?;
        }
        let mut ties = limit.with_ties;
        if let Some(keys) = &mut ties {
            self.finish_keys(keys, &input.layout)?;
        }
        let mut estimate = input.plan.estimate;
        let rows = estimate.rows.max(1.0);
        let wanted = total.map_or(rows * 0.1, |total| total as f64).min(rows).max(1.0);
        estimate.total_cost =
            estimate.startup_cost + (estimate.total_cost - estimate.startup_cost) * wanted / rows;
        estimate.rows = wanted;
        if ties.is_none()
            && let Some(total) = total
        {
            limit_scan(&mut input.plan, total);
        }
        if ties.is_none()
            && let (Operator::Sort { input: below, keys, .. }, Some(count)) =
                (&mut input.plan.operator, &count)
        {
            self.use_nearest(below, keys, count, offset.as_ref(), wanted);
        }
        let (layout, order) = (input.layout, input.order);
        let operator = match input.plan.operator {
            Operator::Sort { input: below, keys, .. } if count.is_some() => Operator::TopN {
                input: below,
                keys,
                limit: count.take().unwrap_or(Expr::Constant {
                    value: Datum::Int8(i64::MAX),
                    ty: SqlType::new(oid::INT8),
                }),
                offset,
                with_ties: ties.is_some(),
            },
            other => Operator::Limit {
                input: Box::new(Plan { operator: other, ..input.plan }),
                limit: count,
                offset,
                with_ties: ties,
            },
        };
        Ok(self.physical(operator, layout, estimate, order))
    }

    pub(super) fn set_operation(
        &mut self,
        operation: crate::logical::SetOperation,
    ) -> SqlResult<Physical> {
        let mut inputs = Vec::with_capacity(operation.inputs.len());
        let mut estimate = Estimate::default();
        for (input, columns) in operation.inputs {
            let planned = self.plan(input, &Need::of(&columns))?;
            let planned = self.exactly(planned, &columns)?;
            estimate.total_cost += planned.plan.estimate.total_cost;
            estimate.rows += planned.plan.estimate.rows;
            inputs.push(planned.plan);
        }
        let append = operation.kind == SetKind::Union;
        let operator = if append {
            Operator::Append { inputs }
        } else {
            let (Some(right), Some(left)) = (inputs.pop(), inputs.pop()) else {
                return Err(types::SqlError::new(
                    types::sqlstate::INTERNAL_ERROR,
                    "a set operation has two sides",
                ));
            };
            estimate.rows = left.estimate.rows;
            Operator::SetOperation {
                left: Box::new(left),
                right: Box::new(right),
                kind: operation.kind,
                all: operation.all,
            }
        };
        let made = self.physical(operator, operation.columns, estimate, Vec::new());
        if !append || operation.all {
            return Ok(made);
        }
        let mut estimate = made.plan.estimate;
        estimate.total_cost += estimate.rows * self.settings.cpu_operator * 2.0;
        estimate.startup_cost = estimate.total_cost;
        let layout = made.layout;
        let operator = Operator::Distinct { input: Box::new(made.plan) };
        Ok(self.physical(operator, layout, estimate, Vec::new()))
    }
}

/// Hands a constant LIMIT to a scan that yields exactly the rows of the limit's input.
fn limit_scan(plan: &mut Plan, total: u64) {
    match &mut plan.operator {
        Operator::Scan(scan) => {
            scan.limit = Some(scan.limit.map_or(total, |known| known.min(total)));
        }
        Operator::Project { input, .. } => limit_scan(input, total),
        _ => {}
    }
}
