//! Building the plan: every logical node becomes an operator, expressions get their positions.

use std::sync::Arc;

use types::{Datum, SqlResult, SqlType, oid};

use super::access::Access;
use super::cost::{self, Settings};
use super::order::provided;
use super::selectivity::{Estimator, as_column};
use super::{fold, joins, push, sublinks};
use crate::catalog_view::{CatalogView, Statistics};
use crate::expression::{ExecParameter, Expr, SortKey};
use crate::logical::{ColumnId, Columns, Limit, Logical, Table};
use crate::plan::{
    AggregateNode, Estimate, LockTarget, Operator, OutputColumn, Plan, ProjectSetItem, Scan,
    ScanColumn, SetKind,
};
use crate::walk;

/// A plan with what its columns are and how its rows are ordered.
pub struct Physical {
    pub plan: Plan,
    pub layout: Vec<ColumnId>,
    pub order: Vec<SortKey>,
}

/// What the node above wants.
#[derive(Clone, Default)]
pub struct Need {
    /// Sorted, without duplicates.
    pub columns: Vec<ColumnId>,
    pub order: Vec<SortKey>,
    /// Rows that will be read, if few.
    pub limit: Option<f64>,
}

impl Need {
    pub fn of(columns: &[ColumnId]) -> Need {
        let mut columns = columns.to_vec();
        columns.sort_unstable();
        columns.dedup();
        Need { columns, order: Vec::new(), limit: None }
    }

    pub fn has(&self, id: ColumnId) -> bool {
        self.columns.binary_search(&id).is_ok()
    }

    pub fn with<'e>(mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Need {
        for expr in exprs {
            walk::columns(expr, &mut |id| self.columns.push(id));
        }
        self.columns.sort_unstable();
        self.columns.dedup();
        self
    }

    fn unordered(&self) -> Need {
        Need { columns: self.columns.clone(), order: Vec::new(), limit: None }
    }
}

pub struct Planner<'a> {
    pub catalog: &'a dyn CatalogView,
    pub columns: Columns,
    pub settings: Settings,
    /// Columns that the innermost right sides of joins want from the left.
    pub frames: Vec<Vec<(ColumnId, ExecParameter)>>,
    /// Plans of WITH queries, for their estimates.
    pub cte_rows: Vec<f64>,
    pub working_rows: Vec<f64>,
}

impl<'a> Planner<'a> {
    pub fn statistics(&self, table: types::Oid) -> Option<Arc<Statistics>> {
        self.catalog.statistics(table)
    }

    pub fn estimator(&self, rows: f64) -> Estimator<'_> {
        Estimator { facts: &self.columns.facts, catalog: self.catalog, rows }
    }

    /// Rewrites a tree, then plans it.
    pub fn plan_tree(&mut self, mut node: Logical, need: &Need) -> SqlResult<Physical> {
        self.fold_tree(&mut node);
        sublinks::flatten(&mut node, &mut self.columns);
        let node = push::push(node, Vec::new());
        self.plan(node, need)
    }

    fn fold_tree(&mut self, node: &mut Logical) {
        let context = self.catalog.evaluation();
        node.expressions_mut(&mut |expr| fold::fold(expr, context));
        if let Logical::Filter { conditions, .. } = node {
            let mut terms = Vec::with_capacity(conditions.len());
            for term in std::mem::take(conditions) {
                walk::conjuncts(term, &mut terms);
            }
            *conditions = terms;
        }
        for input in node.inputs_mut() {
            self.fold_tree(input);
        }
    }

    pub fn plan(&mut self, node: Logical, need: &Need) -> SqlResult<Physical> {
        match node {
            Logical::Values { rows, columns } => self.values(rows, columns),
            Logical::Table(table) => self.table(*table, need),
            Logical::Function { calls, ordinality, columns } => {
                let mut finished = Vec::with_capacity(calls.len());
                for mut call in calls {
                    for argument in &mut call.arguments {
                        self.finish(argument, &[])?;
                    }
                    finished.push(call);
                }
                let rows = function_rows(&finished);
                let operator = Operator::FunctionScan { functions: finished, ordinality };
                Ok(self.leaf(operator, columns, rows, 0.01))
            }
            Logical::Cte { id, columns } => {
                let rows = self.cte_rows.get(id).copied().unwrap_or(100.0);
                Ok(self.leaf(Operator::CteScan { id }, columns, rows, 0.02))
            }
            Logical::WorkingTable { id, columns } => {
                let rows = self.working_rows.get(id).copied().unwrap_or(100.0);
                Ok(self.leaf(Operator::WorkingTable { id }, columns, rows, 0.02))
            }
            Logical::Join(join) => joins::plan_join(self, *join, need),
            Logical::Filter { input, conditions } => {
                // Conditions directly above inner joins take part in their planning.
                let inner = need.clone().with(&conditions);
                let input = match *input {
                    Logical::Join(mut join)
                        if join.kind == crate::plan::JoinKind::Inner
                            && !conditions.iter().any(walk::is_volatile) =>
                    {
                        join.on.extend(conditions);
                        return joins::plan_join(self, *join, need);
                    }
                    other => other,
                };
                let input = self.plan(input, &inner)?;
                self.filter(input, conditions)
            }
            Logical::Project { input, items } => self.project(*input, items, need),
            Logical::ProjectSet { input, calls } => self.project_set(*input, calls, need),
            Logical::Aggregate(aggregation) => self.aggregate(*aggregation, need),
            Logical::Window { input, partition, order, calls } => {
                let mut keys: Vec<SortKey> = partition
                    .iter()
                    .map(|key| SortKey {
                        expression: key.clone(),
                        descending: false,
                        nulls_first: false,
                    })
                    .collect();
                keys.extend(order.iter().cloned());
                let mut inner = need.unordered().with(keys.iter().map(|key| &key.expression));
                for (_, call) in &calls {
                    let mut copy = call.clone();
                    let mut used = Vec::new();
                    walk::window_mut(&mut copy, &mut |expr| used.push(expr.clone()));
                    inner = inner.with(&used);
                }
                inner.columns.retain(|id| calls.iter().all(|call| call.0 != *id));
                inner.order.clone_from(&keys);
                let input = self.plan(*input, &inner)?;
                let input = self.sorted(input, &keys)?;
                let (mut partition, mut order, mut calls) = (partition, order, calls);
                for key in &mut partition {
                    self.finish(key, &input.layout)?;
                }
                self.finish_keys(&mut order, &input.layout)?;
                let mut layout = input.layout.clone();
                let mut finished = Vec::with_capacity(calls.len());
                for (id, call) in &mut calls {
                    let mut failure = Ok(());
                    let layout_in = &input.layout;
                    walk::window_mut(call, &mut |expr| {
                        if failure.is_ok() {
                            failure = self.finish(expr, layout_in);
                        }
                    });
                    failure?;
                    layout.push(*id);
                    finished.push(call.clone());
                }
                let mut estimate = input.plan.estimate;
                estimate.total_cost +=
                    estimate.rows * self.settings.cpu_row * finished.len() as f64;
                let kept = input.order.clone();
                let operator = Operator::Window {
                    input: Box::new(input.plan),
                    partition,
                    order,
                    calls: finished,
                };
                Ok(self.physical(operator, layout, estimate, kept))
            }
            Logical::Distinct { input, columns } => {
                let mut inner = Need::of(&columns);
                inner.order.clone_from(&need.order);
                let input = self.plan(*input, &inner)?;
                let input = self.exactly(input, &columns)?;
                let mut estimate = input.plan.estimate;
                estimate.total_cost += estimate.rows * self.settings.cpu_operator * 2.0;
                estimate.startup_cost = estimate.total_cost;
                estimate.rows = (estimate.rows / 5.0).clamp(1.0, 200.0).min(estimate.rows.max(1.0));
                let operator = Operator::Distinct { input: Box::new(input.plan) };
                Ok(self.physical(operator, columns, estimate, Vec::new()))
            }
            Logical::DistinctOn { input, keys, .. } => {
                let inner = need.clone().with(&keys);
                let input = self.plan(*input, &inner)?;
                let mut keys = keys;
                for key in &mut keys {
                    self.finish(key, &input.layout)?;
                }
                let mut estimate = input.plan.estimate;
                estimate.rows = estimate.rows.clamp(1.0, 200.0);
                let (layout, order) = (input.layout, input.order);
                let operator = Operator::DistinctOn { input: Box::new(input.plan), keys };
                Ok(self.physical(operator, layout, estimate, order))
            }
            Logical::Sort { input, keys } => {
                let mut inner = need.unordered().with(keys.iter().map(|key| &key.expression));
                inner.order.clone_from(&keys);
                inner.limit = need.limit;
                let input = self.plan(*input, &inner)?;
                self.sorted(input, &keys)
            }
            Logical::Limit(limit) => self.limit(*limit, need),
            Logical::SetOperation(operation) => self.set_operation(*operation),
            Logical::Recursive(recursive) => {
                let recursive = *recursive;
                let start = self.plan(recursive.start, &Need::of(&recursive.start_columns))?;
                let start = self.exactly(start, &recursive.start_columns)?;
                while self.working_rows.len() <= recursive.id {
                    self.working_rows.push(100.0);
                }
                self.working_rows[recursive.id] = start.plan.estimate.rows * 10.0;
                let step = self.plan(recursive.step, &Need::of(&recursive.step_columns))?;
                let step = self.exactly(step, &recursive.step_columns)?;
                let mut estimate = start.plan.estimate;
                estimate.total_cost += 10.0 * step.plan.estimate.total_cost;
                estimate.rows += 10.0 * step.plan.estimate.rows;
                let operator = Operator::Recursive {
                    id: recursive.id,
                    start: Box::new(start.plan),
                    step: Box::new(step.plan),
                    distinct: recursive.distinct,
                };
                Ok(self.physical(operator, recursive.columns, estimate, Vec::new()))
            }
            Logical::Lock { input, tables } => {
                let mut inner = need.clone();
                inner.columns.extend(tables.iter().map(|table| table.1));
                inner.columns.sort_unstable();
                inner.columns.dedup();
                let input = self.plan(*input, &inner)?;
                let targets = tables
                    .into_iter()
                    .filter_map(|(relation, key, class)| {
                        let key_column = input.layout.iter().position(|id| *id == key)?;
                        Some(LockTarget { relation, key_column, class })
                    })
                    .collect();
                let mut estimate = input.plan.estimate;
                estimate.total_cost += estimate.rows * self.settings.cpu_row;
                let (layout, order) = (input.layout, input.order);
                let operator = Operator::LockRows { input: Box::new(input.plan), tables: targets };
                Ok(self.physical(operator, layout, estimate, order))
            }
        }
    }

    fn values(&mut self, rows: Vec<Vec<Expr>>, columns: Vec<ColumnId>) -> SqlResult<Physical> {
        let mut rows = rows;
        for value in rows.iter_mut().flatten() {
            self.finish(value, &[])?;
        }
        let count = rows.len() as f64;
        let cost = if columns.is_empty() { 0.01 } else { 0.0125 };
        Ok(self.leaf(Operator::Values { rows }, columns, count, cost))
    }

    fn leaf(
        &mut self,
        operator: Operator,
        columns: Vec<ColumnId>,
        rows: f64,
        per_row: f64,
    ) -> Physical {
        let width = columns.iter().map(|id| cost::type_width(self.columns.facts[*id].ty)).sum();
        let estimate = Estimate { startup_cost: 0.0, total_cost: rows * per_row, rows, width };
        self.physical(operator, columns, estimate, Vec::new())
    }

    pub fn physical(
        &self,
        operator: Operator,
        layout: Vec<ColumnId>,
        estimate: Estimate,
        order: Vec<SortKey>,
    ) -> Physical {
        let columns: Arc<[OutputColumn]> =
            layout.iter().map(|id| self.columns.output(*id)).collect();
        let mut estimate = estimate;
        if estimate.width == 0 {
            estimate.width = columns.iter().map(|column| cost::type_width(column.ty)).sum();
        }
        estimate.rows = estimate.rows.max(1.0).round();
        Physical { plan: Plan { operator, columns, estimate }, layout, order }
    }

    fn table(&mut self, table: Table, need: &Need) -> SqlResult<Physical> {
        let wanted = need.clone().with(&table.filter);
        if table.relation.is_virtual() {
            return self.virtual_table(table, &wanted, need);
        }
        let accesses = self.accesses(&table, &[], &|id| wanted.has(id));
        let mut best: Option<(f64, Access)> = None;
        for access in accesses {
            let constant = |expr: &Expr| is_fixed(expr, &table.filter);
            let ready = !need.order.is_empty()
                && provided(&access.order, &need.order, &self.columns.facts, &constant)
                    == need.order.len();
            let mut total = access.estimate.total_cost;
            let rows = access.estimate.rows;
            if !need.order.is_empty() && !ready {
                total += self.settings.sort_cost(rows);
            } else if let Some(limit) = need.limit {
                let part = (limit / rows.max(1.0)).min(1.0);
                let startup = access.estimate.startup_cost;
                total = startup + (total - startup) * part;
            }
            if best.as_ref().is_none_or(|known| total < known.0) {
                best = Some((total, access));
            }
        }
        match best {
            Some((_, access)) => self.scan(&table, access, need),
            None => Err(types::SqlError::new(
                types::sqlstate::INTERNAL_ERROR,
                "a table without any way to read it",
            )),
        }
    }

    /// The scan of a chosen access; yields what is needed above and by its own filter.
    pub fn scan(&mut self, table: &Table, access: Access, need: &Need) -> SqlResult<Physical> {
        let (scan, layout, order, estimate) = self.scan_parts(table, access, need, &[])?;
        Ok(self.physical(Operator::Scan(Box::new(scan)), layout, estimate, order))
    }

    pub fn scan_parts(
        &mut self,
        table: &Table,
        access: Access,
        need: &Need,
        left: &[ColumnId],
    ) -> SqlResult<(Scan, Vec<ColumnId>, Vec<SortKey>, Estimate)> {
        let wanted = need.clone().with(&access.rest);
        let layout: Vec<ColumnId> =
            (table.first..table.end()).filter(|id| wanted.has(*id)).collect();
        let columns: Vec<ScanColumn> = layout.iter().map(|id| table.scan_column(*id)).collect();
        let mut ranges = Vec::new();
        if let Some(mut range) = access.range {
            for to in &mut range.equal {
                match to {
                    crate::plan::EqualTo::Value(value) | crate::plan::EqualTo::AnyOf(value) => {
                        self.finish(value, left)?;
                    }
                    crate::plan::EqualTo::IsNull => {}
                }
            }
            for bound in range.low.iter_mut().chain(&mut range.high) {
                self.finish(&mut bound.value, left)?;
            }
            ranges.push(range);
        }
        let mut filter = walk::conjunction(access.rest);
        if let Some(filter) = &mut filter {
            self.finish(filter, &layout)?;
        }
        let alias = (table.alias != table.relation.name).then(|| table.alias.clone());
        let scan = Scan {
            relation: table.relation.clone(),
            alias,
            index: access.index,
            index_only: access.index_only,
            ranges,
            direction: access.direction,
            columns,
            filter,
            limit: None,
        };
        Ok((scan, layout, access.order, access.estimate))
    }

    fn virtual_table(&mut self, table: Table, wanted: &Need, _need: &Need) -> SqlResult<Physical> {
        let layout: Vec<ColumnId> =
            (table.first..table.row_key()).filter(|id| wanted.has(*id)).collect();
        let mut equals = Vec::new();
        for term in &table.filter {
            if let Some((left, super::selectivity::Comparison::Equal, right)) =
                super::selectivity::comparison(term)
            {
                for (column, value) in [(left, right), (right, left)] {
                    if let Some(id) = as_column(column)
                        && id >= table.first
                        && id < table.row_key()
                        && walk::all_columns(value, &|other| {
                            other < table.first || other >= table.end()
                        })
                        && walk::type_of(value).oid == self.columns.facts[id].ty.oid
                    {
                        let mut value = value.clone();
                        self.finish(&mut value, &[])?;
                        equals.push((id - table.first, value));
                        break;
                    }
                }
            }
        }
        let selective = if equals.is_empty() { 1.0 } else { 0.02 };
        let mut filter = walk::conjunction(table.filter);
        if let Some(filter) = &mut filter {
            self.finish(filter, &layout)?;
        }
        let operator = Operator::VirtualScan {
            relation: table.relation,
            columns: layout.iter().map(|id| id - table.first).collect(),
            equals,
            filter,
        };
        Ok(self.leaf(operator, layout, 500.0 * selective, 0.02))
    }

    pub fn filter(&mut self, input: Physical, conditions: Vec<Expr>) -> SqlResult<Physical> {
        let rows = input.plan.estimate.rows;
        let selectivity = self.estimator(rows).all(&conditions);
        let (once, per_row): (Vec<Expr>, Vec<Expr>) = conditions.into_iter().partition(|term| {
            !walk::is_volatile(term) && walk::all_columns(term, &|id| !input.layout.contains(&id))
        });
        let mut current = input;
        for (terms, one_time) in [(per_row, false), (once, true)] {
            let Some(mut condition) = walk::conjunction(terms) else {
                continue;
            };
            self.finish(&mut condition, &current.layout)?;
            let mut estimate = current.plan.estimate;
            estimate.total_cost += estimate.rows * self.settings.cpu_operator;
            if !one_time {
                estimate.rows *= selectivity;
            }
            let (layout, order) = (current.layout, current.order);
            let operator = Operator::Filter { input: Box::new(current.plan), condition, one_time };
            current = self.physical(operator, layout, estimate, order);
        }
        Ok(current)
    }

    fn project(
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
        let wanted = inner.order.clone();
        if !wanted
            .iter()
            .all(|key| matches!(&key.expression, Expr::Column { index, .. } if inner.has(*index) ))
        {
            inner.order.clear();
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

    fn project_set(
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

    fn aggregate(
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
        let mut groups = 1.0;
        for key in &keys {
            groups *= as_column(&key.1).map_or(200.0, |id| estimator.distinct(id));
        }
        let groups = (groups * sets.len() as f64).min(rows.max(1.0)).max(1.0);
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

    /// The input in this order: as it is, or sorted.
    pub fn sorted(&mut self, input: Physical, keys: &[SortKey]) -> SqlResult<Physical> {
        let mut unique: Vec<SortKey> = Vec::with_capacity(keys.len());
        for key in keys {
            let again = unique.iter().any(|known| walk::same(&known.expression, &key.expression));
            if !again && !walk::is_constant(&key.expression) {
                unique.push(key.clone());
            }
        }
        let fixed = fixed_columns(&input.plan);
        let constant = |expr: &Expr| match expr {
            Expr::Column { index, .. } => {
                input.layout.iter().position(|id| id == index).is_some_and(|at| fixed.contains(&at))
            }
            _ => false,
        };
        let ready = provided(&input.order, &unique, &self.columns.facts, &constant);
        if ready == unique.len() {
            return Ok(input);
        }
        let mut finished = unique.clone();
        self.finish_keys(&mut finished, &input.layout)?;
        let mut estimate = input.plan.estimate;
        estimate.startup_cost = estimate.total_cost + self.settings.sort_cost(estimate.rows);
        estimate.total_cost = estimate.startup_cost + estimate.rows * self.settings.cpu_operator;
        let layout = input.layout;
        let operator =
            Operator::Sort { input: Box::new(input.plan), keys: finished, presorted: ready };
        Ok(self.physical(operator, layout, estimate, unique))
    }

    fn finish_keys(&mut self, keys: &mut [SortKey], layout: &[ColumnId]) -> SqlResult<()> {
        for key in keys {
            self.finish(&mut key.expression, layout)?;
        }
        Ok(())
    }

    fn limit(&mut self, limit: Limit, need: &Need) -> SqlResult<Physical> {
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

    fn set_operation(&mut self, operation: crate::logical::SetOperation) -> SqlResult<Physical> {
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

fn function_rows(calls: &[crate::plan::SetCall]) -> f64 {
    calls
        .iter()
        .map(|call| {
            if call.function.kind != functions::FunctionKind::SetReturning {
                return 1.0;
            }
            let number = |at: usize| match call.arguments.get(at) {
                Some(Expr::Constant { value: Datum::Int4(value), .. }) => Some(f64::from(*value)),
                Some(Expr::Constant { value: Datum::Int8(value), .. }) => Some(*value as f64),
                _ => None,
            };
            match (call.function.name, number(0), number(1)) {
                ("generate_series", Some(first), Some(last)) => (last - first + 1.0).max(1.0),
                ("unnest", _, _) => 10.0,
                _ => 1_000.0,
            }
        })
        .fold(1.0, f64::max)
}

/// Whether a column is compared for equality with a constant.
fn is_fixed(expr: &Expr, terms: &[Expr]) -> bool {
    let Some(id) = as_column(expr) else {
        return false;
    };
    terms.iter().any(|term| {
        matches!(super::selectivity::comparison(term),
            Some((left, super::selectivity::Comparison::Equal, right))
                if as_column(left) == Some(id) && walk::all_columns(right, &|_| false)
                    || as_column(right) == Some(id) && walk::all_columns(left, &|_| false))
    })
}

/// Output positions of a scan that have one value only.
fn fixed_columns(plan: &Plan) -> Vec<usize> {
    let Operator::Scan(scan) = &plan.operator else {
        return Vec::new();
    };
    let (Some(index), Some(range)) = (scan.index, scan.ranges.first()) else {
        return Vec::new();
    };
    let mut fixed = Vec::new();
    for (to, column) in range.equal.iter().zip(&scan.relation.indexes[index].columns) {
        if let (crate::plan::EqualTo::Value(_), catalog::IndexKey::Column(number)) =
            (to, &column.key)
        {
            let attribute = ScanColumn::Attribute(*number as usize - 1);
            fixed.extend(scan.columns.iter().position(|known| *known == attribute));
        }
    }
    fixed
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
