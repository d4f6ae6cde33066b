//! Building the plan: every logical node becomes an operator, expressions get their positions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use types::{Datum, SqlResult};

use super::access::Access;
use super::bitmap::{self, BitmapAccess};
use super::cost::{self, Settings};
use super::index_shape::IndexShape;
use super::order::provided;
use super::selectivity::{Estimator, as_column};
use super::{disjunctions, fold, joins, push, sublinks};
use crate::catalog_view::{CatalogView, Statistics};
use crate::expression::{ExecParameter, Expr, SortKey};
use crate::logical::{ColumnId, Columns, Logical, Table};
use crate::plan::{Bitmap, Estimate, LockTarget, Operator, OutputColumn, Plan, Scan, ScanColumn};
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

    pub(super) fn unordered(&self) -> Need {
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
    /// By a table's first column and an index's position: its expressions are read once.
    pub shapes: RefCell<HashMap<(ColumnId, usize), Option<Arc<IndexShape>>>>,
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
            disjunctions::factor(&mut terms);
            *conditions = terms;
        }
        if let Logical::Join(join) = node {
            let mut terms = Vec::with_capacity(join.on.len());
            for term in std::mem::take(&mut join.on) {
                walk::conjuncts(term, &mut terms);
            }
            disjunctions::factor(&mut terms);
            join.on = terms;
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
                let keys: Vec<Expr> = columns.iter().map(|id| self.columns.column(*id)).collect();
                estimate.rows = self.estimator(estimate.rows).groups(keys.iter());
                let operator = Operator::Distinct { input: Box::new(input.plan) };
                Ok(self.physical(operator, columns, estimate, Vec::new()))
            }
            Logical::DistinctOn { input, keys, .. } => {
                let inner = need.clone().with(&keys);
                let input = self.plan(*input, &inner)?;
                let mut estimate = input.plan.estimate;
                estimate.rows = self.estimator(estimate.rows).groups(keys.iter());
                let mut keys = keys;
                for key in &mut keys {
                    self.finish(key, &input.layout)?;
                }
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
        estimate.rows = cost::whole_rows(estimate.rows);
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
        let bitmap = match access.bitmap {
            Some(found) => Some(Box::new(self.bitmap(found, left, &layout)?)),
            None => None,
        };
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
            bitmap,
            nearest: None,
        };
        Ok((scan, layout, access.order, access.estimate))
    }

    fn bitmap(
        &mut self,
        found: BitmapAccess,
        left: &[ColumnId],
        layout: &[ColumnId],
    ) -> SqlResult<Bitmap> {
        let mut source = found.source;
        bitmap::parts_mut(&mut source, &mut |argument, condition| {
            self.finish(argument, left)?;
            self.finish(condition, layout)
        })?;
        let mut recheck =
            walk::conjunction(found.recheck).expect("a bitmap is made from a condition");
        self.finish(&mut recheck, layout)?;
        let mut rest = walk::conjunction(found.rest);
        if let Some(rest) = &mut rest {
            self.finish(rest, layout)?;
        }
        Ok(Bitmap { source, recheck, rest })
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

    pub(super) fn finish_keys(
        &mut self,
        keys: &mut [SortKey],
        layout: &[ColumnId],
    ) -> SqlResult<()> {
        for key in keys {
            self.finish(&mut key.expression, layout)?;
        }
        Ok(())
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
