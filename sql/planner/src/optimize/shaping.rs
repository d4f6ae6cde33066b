//! Operators that change what a row is: projections and aggregations.

use types::SqlResult;

use super::order::provided;
use super::physical::{Need, Physical, Planner};
use super::push;
use crate::expression::{Expr, SortKey};
use crate::logical::{ColumnId, Logical};
use crate::plan::{AggregateNode, Operator, ProjectSetItem};
use crate::walk;

impl Planner<'_> {
    pub(super) fn project(
        &mut self,
        input: Logical,
        items: Vec<(ColumnId, Expr)>,
        need: &Need,
    ) -> SqlResult<Physical> {
        let items: Vec<(ColumnId, Expr)> =
            items.into_iter().filter(|item| need.has(item.0)).collect();
        let mut inner = need.clone();
        inner.columns.retain(|id| items.iter().all(|item| item.0 != *id));
        let passed = inner.columns.clone();
        let mut inner = inner.with(items.iter().map(|item| &item.1));
        // An order by a projected expression is an order by the expression below.
        for key in &mut inner.order {
            key.expression = push::substituted(key.expression.clone(), &items);
        }
        let is_below = |key: &SortKey| {
            walk::all_columns(&key.expression, &|id| inner.has(id))
                && !walk::is_volatile(&key.expression)
                && !walk::has_subplan(&key.expression)
        };
        if !inner.order.iter().all(is_below) {
            // All rows are read and sorted above.
            inner.order.clear();
            inner.limit = None;
        }
        let input = self.plan(input, &inner)?;
        if items.is_empty() {
            return Ok(input);
        }
        let mut layout = Vec::with_capacity(passed.len() + items.len());
        let mut expressions = Vec::with_capacity(passed.len() + items.len());
        for id in passed {
            if let Some(index) = input.layout.iter().position(|known| *known == id) {
                layout.push(id);
                expressions.push(Expr::Column { index, ty: self.columns.facts[id].ty });
            }
        }
        let mut order: Vec<SortKey> = Vec::new();
        for key in &input.order {
            let renamed = items
                .iter()
                .find(|item| walk::same(&item.1, &key.expression))
                .map(|item| self.columns.column(item.0));
            order.push(SortKey {
                expression: renamed.unwrap_or_else(|| key.expression.clone()),
                ..key.clone()
            });
        }
        for (id, mut expr) in items {
            self.finish(&mut expr, &input.layout)?;
            layout.push(id);
            expressions.push(expr);
        }
        let mut estimate = input.plan.estimate;
        estimate.width = 0;
        // One row without columns and a projection over it is one row of these expressions.
        if let Operator::Values { rows } = &input.plan.operator
            && input.layout.is_empty()
            && rows.len() == 1
        {
            let operator = Operator::Values { rows: vec![expressions] };
            return Ok(self.physical(operator, layout, estimate, order));
        }
        estimate.total_cost += estimate.rows * self.settings.cpu_operator;
        let operator = Operator::Project { input: Box::new(input.plan), expressions };
        Ok(self.physical(operator, layout, estimate, order))
    }

    pub(super) fn project_set(
        &mut self,
        input: Logical,
        calls: Vec<(ColumnId, crate::plan::SetCall)>,
        need: &Need,
    ) -> SqlResult<Physical> {
        let mut inner = need.unordered();
        inner.columns.retain(|id| calls.iter().all(|call| call.0 != *id));
        let passed = inner.columns.clone();
        let inner = inner.with(calls.iter().flat_map(|call| &call.1.arguments));
        let input = self.plan(input, &inner)?;
        let mut layout = Vec::new();
        let mut items = Vec::new();
        for id in passed {
            if let Some(index) = input.layout.iter().position(|known| *known == id) {
                layout.push(id);
                items.push(ProjectSetItem::Plain(Expr::Column {
                    index,
                    ty: self.columns.facts[id].ty,
                }));
            }
        }
        for (id, mut call) in calls {
            for argument in &mut call.arguments {
                self.finish(argument, &input.layout)?;
            }
            layout.push(id);
            items.push(ProjectSetItem::Set(call));
        }
        let mut estimate = input.plan.estimate;
        estimate.rows *= 1_000.0;
        estimate.total_cost += estimate.rows * self.settings.cpu_row / 2.0;
        estimate.width = 0;
        let operator = Operator::ProjectSet { input: Box::new(input.plan), items };
        Ok(self.physical(operator, layout, estimate, Vec::new()))
    }

    pub(super) fn aggregate(
        &mut self,
        aggregation: crate::logical::Aggregation,
        need: &Need,
    ) -> SqlResult<Physical> {
        let crate::logical::Aggregation { input, keys, sets, mut aggregates, mask } = aggregation;
        aggregates.retain(|call| need.has(call.0) || keys.is_empty());
        let mut used: Vec<Expr> = keys.iter().map(|key| key.1.clone()).collect();
        for (_, call) in &mut aggregates {
            walk::aggregate_mut(call, &mut |expr| used.push(expr.clone()));
        }
        let mut inner = Need::of(&[]).with(&used);
        let key_order: Vec<SortKey> = keys
            .iter()
            .map(|key| SortKey { expression: key.1.clone(), descending: false, nulls_first: false })
            .collect();
        let plain = sets.len() == 1 && sets[0].len() == keys.len();
        if plain && keys.iter().all(|key| matches!(key.1, Expr::Column { .. })) {
            inner.order.clone_from(&key_order);
        }
        let mut planned = self.plan(input, &inner)?;
        let rows = planned.plan.estimate.rows;
        let ready = provided(&planned.order, &key_order, &self.columns.facts, &|_| false)
            == key_order.len();
        let estimator = self.estimator(rows);
        let of_set = |set: &Vec<usize>| estimator.groups(set.iter().map(|key| &keys[*key].1));
        let groups = sets.iter().map(of_set).sum::<f64>();
        let mut sorted = plain && !keys.is_empty() && ready;
        if plain && !keys.is_empty() && !ready && !self.settings.hash_aggregate {
            planned = self.sorted(planned, &key_order)?;
            sorted = true;
        }
        let mut estimate = planned.plan.estimate;
        let work = (keys.len() + aggregates.len()).max(1) as f64;
        estimate.total_cost += rows * self.settings.cpu_operator * work;
        if !sorted {
            estimate.startup_cost = estimate.total_cost;
        }
        estimate.total_cost += groups * self.settings.cpu_row;
        estimate.rows = groups;
        estimate.width = 0;
        let mut layout: Vec<ColumnId> = Vec::new();
        let mut expressions = Vec::new();
        let order = if sorted {
            keys.iter()
                .map(|key| SortKey {
                    expression: self.columns.column(key.0),
                    descending: false,
                    nulls_first: false,
                })
                .collect()
        } else {
            Vec::new()
        };
        for (id, mut key) in keys {
            self.finish(&mut key, &planned.layout)?;
            layout.push(id);
            expressions.push(key);
        }
        let mut calls = Vec::with_capacity(aggregates.len());
        for (id, mut call) in aggregates {
            let mut failure = Ok(());
            walk::aggregate_mut(&mut call, &mut |expr| {
                if failure.is_ok() {
                    failure = self.finish(expr, &planned.layout);
                }
            });
            failure?;
            layout.push(id);
            calls.push(call);
        }
        layout.extend(mask);
        let operator = Operator::Aggregate(Box::new(AggregateNode {
            input: planned.plan,
            keys: expressions,
            sets,
            aggregates: calls,
            sorted,
            with_grouping_mask: mask.is_some(),
        }));
        Ok(self.physical(operator, layout, estimate, order))
    }
}
