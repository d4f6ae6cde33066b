//! Joins: the order of inner ones, and how each is done.

use types::{SqlError, SqlResult, sqlstate};

use super::access::{Access, index_joinable};
use super::cost::DISABLED;
use super::join_order::{self, free_columns};
use super::physical::{Need, Physical, Planner};
use super::push::substituted;
use super::selectivity::{Comparison, comparison};
use crate::expression::Expr;
use crate::logical::{ColumnId, Join, Logical, Table};
use crate::plan::{Estimate, HashJoin, IndexJoin, JoinKind, MergeJoin, NestedLoop, Operator, Plan};
use crate::walk::{self, type_of};

pub fn plan_join(planner: &mut Planner<'_>, join: Join, need: &Need) -> SqlResult<Physical> {
    if join.kind != JoinKind::Inner && !filters_cluster(&join) {
        return plan_pair(planner, join, need);
    }
    let mut cluster = Cluster::default();
    cluster.gather(Logical::Join(Box::new(join)));
    let mut need = need.clone();
    if !cluster.items.is_empty() {
        // Computed columns of pulled-up derived tables are computed above the joins.
        let wanted: Vec<(ColumnId, Expr)> =
            cluster.items.iter().filter(|item| need.has(item.0)).cloned().collect();
        if !wanted.is_empty() {
            return planner.plan(cluster.rebuild().projected(wanted), &need);
        }
    }
    need.limit = None;
    let Cluster { mut leaves, mut terms, rights, filters, .. } = cluster;
    let classes = join_order::Classes::of(planner, &leaves, &mut terms);
    let inner = leaves.len();
    leaves.extend(rights);
    let order = join_order::best(planner, &mut leaves, &terms, &classes, &filters);
    let mut filters: Vec<Option<join_order::Filter>> = filters.into_iter().map(Some).collect();
    let mut slots: Vec<Option<Logical>> = leaves.into_iter().map(Some).collect();
    let mut current: Option<Logical> = None;
    let mut remaining = terms;
    for place in order {
        let Some(leaf) = slots[place].take() else {
            continue;
        };
        let filter = place.checked_sub(inner).and_then(|number| filters[number].take());
        current = Some(match (current, filter) {
            (None, _) => leaf,
            (Some(left), Some(filter)) => Logical::Join(Box::new(Join {
                kind: filter.kind,
                left,
                right: leaf,
                on: filter.on,
            })),
            (Some(left), None) => {
                let (on, rest): (Vec<Expr>, Vec<Expr>) = remaining.into_iter().partition(|term| {
                    let foreign = slots
                        .iter()
                        .flatten()
                        .any(|other| !walk::all_columns(term, &|id| !other.makes(id)));
                    !foreign
                });
                remaining = rest;
                let on = classes.without_repetition(on, &left, &leaf);
                Logical::Join(Box::new(Join { kind: JoinKind::Inner, left, right: leaf, on }))
            }
        });
    }
    let planned = match current {
        Some(Logical::Join(join)) => plan_pair(planner, *join, &need)?,
        Some(other) => planner.plan(other, &need)?,
        None => planner.plan(Logical::one_row(), &need)?,
    };
    planner.filter(planned, remaining)
}

/// A semi- or anti-join whose right side stands by itself: what it does to rows depends on those alone.
fn is_filter(join: &Join) -> bool {
    let kind = matches!(join.kind, JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti);
    let mut free = Vec::new();
    if kind {
        free_columns(&mut join.right.clone(), &mut free);
    }
    kind && free.is_empty()
}

/// Whether it filters inner joins, among which it could find a better place.
fn filters_cluster(join: &Join) -> bool {
    let mut below = join;
    while is_filter(below) {
        match &below.left {
            Logical::Join(next) if next.kind == JoinKind::Inner => return true,
            Logical::Join(next) => below = next,
            _ => return false,
        }
    }
    false
}

/// Inner joins, flattened, with the semi- and anti-joins over them.
#[derive(Default)]
struct Cluster {
    leaves: Vec<Logical>,
    terms: Vec<Expr>,
    /// Projections between the joins are pulled up.
    items: Vec<(ColumnId, Expr)>,
    filters: Vec<join_order::Filter>,
    /// The filters' right sides.
    rights: Vec<Logical>,
}

impl Cluster {
    fn gather(&mut self, node: Logical) {
        match node {
            Logical::Join(join) if join.kind == JoinKind::Inner => {
                self.gather(join.left);
                self.gather(join.right);
                self.terms.extend(join.on);
                if !self.items.is_empty() {
                    for term in &mut self.terms {
                        let now = std::mem::replace(term, Expr::And(Vec::new()));
                        *term = substituted(now, &self.items);
                    }
                }
            }
            Logical::Join(join) if is_filter(&join) => {
                self.gather(join.left);
                let on = join.on.into_iter().map(|term| substituted(term, &self.items)).collect();
                self.filters.push(join_order::Filter { kind: join.kind, on });
                self.rights.push(join.right);
            }
            Logical::Project { input, items: own }
                if matches!(*input, Logical::Join(ref join) if join.kind == JoinKind::Inner)
                    && own
                        .iter()
                        .all(|item| !walk::is_volatile(&item.1) && !walk::has_subplan(&item.1)) =>
            {
                self.gather(*input);
                let own: Vec<(ColumnId, Expr)> = own
                    .into_iter()
                    .map(|(id, expr)| (id, substituted(expr, &self.items)))
                    .collect();
                self.items.extend(own);
            }
            Logical::Values { rows, columns } if columns.is_empty() && rows.len() == 1 => {}
            other => self.leaves.push(other),
        }
    }

    /// The same joins as a tree without projections between them.
    fn rebuild(self) -> Logical {
        let mut leaves = self.leaves.into_iter();
        let first = leaves.next().unwrap_or_else(Logical::one_row);
        let mut joined = leaves.fold(first, |left, right| {
            Logical::Join(Box::new(Join { kind: JoinKind::Inner, left, right, on: Vec::new() }))
        });
        match &mut joined {
            Logical::Join(join) => join.on = self.terms,
            _ => joined = joined.filtered(self.terms),
        }
        self.filters.into_iter().zip(self.rights).fold(joined, |left, (filter, right)| {
            Logical::Join(Box::new(Join { kind: filter.kind, left, right, on: filter.on }))
        })
    }
}

/// A join of two inputs whose order is settled.
fn plan_pair(planner: &mut Planner<'_>, join: Join, need: &Need) -> SqlResult<Physical> {
    let Join { mut kind, mut left, mut right, on } = join;
    let both = need.clone().with(&on);
    let mut free = Vec::new();
    free_columns(&mut right, &mut free);
    let lateral = free.iter().any(|id| left.makes(*id));
    // What comes from further out goes the same way as what comes from the left.
    // A join that keeps its right side reads that once for all left rows, with the outer values that the whole join has.
    let keeps_right = matches!(kind, JoinKind::Right | JoinKind::Full);
    let parameterized = !free.is_empty() && (lateral || !keeps_right);
    if kind == JoinKind::Right && !lateral && !has_keys(&on, &left, &right) {
        std::mem::swap(&mut left, &mut right);
        kind = JoinKind::Left;
    }
    let mut left_need = side_need(&both, &left);
    left_need = left_need.with(
        free.iter()
            .filter(|id| left.makes(**id))
            .map(|id| planner.columns.column(*id))
            .collect::<Vec<Expr>>()
            .iter(),
    );
    if !lateral
        && matches!(kind, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti)
        && need.order.iter().all(|key| walk::all_columns(&key.expression, &|id| left.makes(id)))
    {
        left_need.order.clone_from(&need.order);
        left_need.limit = need.limit;
    }
    let right_need = side_need(&both, &right);
    let candidate = match (&right, lateral) {
        (Logical::Table(table), false)
            if index_joinable(kind)
                && !table.relation.is_virtual()
                && planner.settings.nested_loop =>
        {
            lookup(planner, table, &left, &on, &right_need)
        }
        _ => None,
    };
    let keys: Vec<(Expr, Expr)> = if lateral {
        Vec::new()
    } else {
        on.iter().filter_map(|term| equal_sides(term, &left, &right)).collect()
    };
    let condition: Vec<Expr> = on
        .iter()
        .filter(|term| equal_sides(term, &left, &right).is_none() || lateral)
        .cloned()
        .collect();
    let left_plan = planner.plan(left, &left_need)?;
    let left_rows = left_plan.plan.estimate.rows;
    let only_left = matches!(kind, JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti);
    if let (Some((access, residual)), Logical::Table(table)) = (&candidate, &right) {
        let by_row = access.index.is_none_or(|at| table.relation.indexes[at].primary);
        let per_row =
            join_order::lookup_cost(access.unique, by_row || access.index_only, access.read);
        let look_up =
            left_plan.plan.estimate.total_cost + planner.settings.round_trip + left_rows * per_row;
        let alone = planner
            .accesses(table, &[], &|id| right_need.has(id))
            .into_iter()
            .map(|access| (access.estimate.total_cost, access.estimate.rows))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((0.0, 0.0));
        let hash = left_plan.plan.estimate.total_cost
            + alone.0
            + (left_rows + alone.1 * 1.5) * planner.settings.cpu_row
            + if planner.settings.hash_join { 0.0 } else { DISABLED };
        if look_up < hash || keys.is_empty() {
            let is_right = |id| right.makes(id);
            let partnered = join_order::partnered(planner, &on, &is_right, left_rows, alone.1);
            let (access, residual, table) = (access.clone(), residual.clone(), table.clone());
            return index_join(
                planner,
                kind,
                left_plan,
                &table,
                access,
                residual,
                &right_need,
                look_up,
                partnered,
            );
        }
    }
    if parameterized {
        planner.frames.push(Vec::new());
    }
    let right_plan = planner.plan(right, &right_need);
    let frame = if parameterized { planner.frames.pop().unwrap_or_default() } else { Vec::new() };
    let right_plan = right_plan?;
    let mut layout = left_plan.layout.clone();
    layout.extend(right_plan.layout.iter().copied());
    let right_columns = right_plan.layout.clone();
    let right_rows = right_plan.plan.estimate.rows;
    let is_right = |id| right_columns.contains(&id);
    let partnered = join_order::partnered(planner, &on, &is_right, left_rows, right_rows);
    let selectivity = planner.estimator(left_rows.max(right_rows)).all(&on);
    let mut rows = (left_rows * right_rows * selectivity).max(1.0);
    match kind {
        JoinKind::Left => rows = rows.max(left_rows),
        JoinKind::Right => rows = rows.max(right_rows),
        JoinKind::Full => rows = rows.max(left_rows + right_rows),
        JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti => {
            rows = (left_rows * join_order::kept_fraction(kind, partnered)).max(1.0);
        }
        JoinKind::Inner => {}
    }
    let (left_estimate, right_estimate) = (left_plan.plan.estimate, right_plan.plan.estimate);
    let settings = planner.settings;
    let total = left_estimate.total_cost + right_estimate.total_cost;
    let mut estimate =
        Estimate { startup_cost: left_estimate.startup_cost, total_cost: total, rows, width: 0 };
    let out_layout = if only_left { left_plan.layout.clone() } else { layout.clone() };
    let order = if matches!(kind, JoinKind::Right | JoinKind::Full) {
        Vec::new()
    } else {
        left_plan.order.clone()
    };
    let hashable = !keys.is_empty() && frame.is_empty() && !parameterized;
    if hashable && (settings.hash_join || !settings.merge_join || !sortable(kind)) {
        let condition = finish_condition(planner, condition, &layout)?;
        let (mut left_keys, mut right_keys) = (Vec::new(), Vec::new());
        for (mut a, mut b) in keys {
            planner.finish(&mut a, &left_plan.layout)?;
            planner.finish(&mut b, &right_plan.layout)?;
            left_keys.push(a);
            right_keys.push(b);
        }
        estimate.startup_cost = right_estimate.total_cost + right_rows * settings.cpu_row;
        estimate.total_cost +=
            (left_rows + right_rows) * settings.cpu_row + rows * settings.cpu_row;
        // The smaller side is built into the table.
        if kind == JoinKind::Inner && right_rows > left_rows * 1.5 && condition.is_none() {
            let mut layout = right_plan.layout.clone();
            layout.extend(left_plan.layout.iter().copied());
            let node = HashJoin {
                left: right_plan.plan,
                right: left_plan.plan,
                kind,
                left_keys: right_keys,
                right_keys: left_keys,
                condition,
            };
            return Ok(planner.physical(
                Operator::HashJoin(Box::new(node)),
                layout,
                estimate,
                Vec::new(),
            ));
        }
        let node = HashJoin {
            left: left_plan.plan,
            right: right_plan.plan,
            kind,
            left_keys,
            right_keys,
            condition,
        };
        return Ok(planner.physical(
            Operator::HashJoin(Box::new(node)),
            out_layout,
            estimate,
            Vec::new(),
        ));
    }
    if hashable {
        let sort = |side: usize| -> Vec<crate::expression::SortKey> {
            keys.iter()
                .map(|pair| crate::expression::SortKey {
                    expression: if side == 0 { pair.0.clone() } else { pair.1.clone() },
                    descending: false,
                    nulls_first: false,
                })
                .collect()
        };
        let left_plan = planner.sorted(left_plan, &sort(0))?;
        let right_plan = planner.sorted(right_plan, &sort(1))?;
        let condition = finish_condition(planner, condition, &layout)?;
        let (mut left_keys, mut right_keys) = (Vec::new(), Vec::new());
        for (mut a, mut b) in keys {
            planner.finish(&mut a, &left_plan.layout)?;
            planner.finish(&mut b, &right_plan.layout)?;
            left_keys.push(a);
            right_keys.push(b);
        }
        estimate.total_cost = left_plan.plan.estimate.total_cost
            + right_plan.plan.estimate.total_cost
            + rows * settings.cpu_row;
        let order = left_plan.order.clone();
        let node = MergeJoin {
            left: left_plan.plan,
            right: right_plan.plan,
            kind,
            left_keys,
            right_keys,
            condition,
        };
        return Ok(planner.physical(
            Operator::MergeJoin(Box::new(node)),
            out_layout,
            estimate,
            order,
        ));
    }
    // A nested loop could do any condition; PostgreSQL refuses all but constant ones, and so do we.
    let constant = on.iter().all(|term| matches!(term, Expr::Constant { .. }));
    if keeps_right && lateral || kind == JoinKind::Full && !constant {
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions",
        ));
    }
    let mut parameters = Vec::with_capacity(frame.len());
    for (id, slot) in frame {
        let mut value = planner.columns.column(id);
        planner.finish(&mut value, &left_plan.layout)?;
        parameters.push((slot, value));
    }
    let all: Vec<Expr> = on;
    let condition = finish_condition(planner, all, &layout)?;
    let mut inner = right_plan.plan;
    let repeated = parameters.is_empty() && !matches!(inner.operator, Operator::Values { .. });
    if repeated && settings.materialize {
        let estimate = Estimate {
            total_cost: inner.estimate.total_cost + right_rows * settings.cpu_operator,
            ..inner.estimate
        };
        inner = Plan {
            columns: inner.columns.clone(),
            operator: Operator::Materialize { input: Box::new(inner) },
            estimate,
        };
    }
    estimate.total_cost += if parameters.is_empty() {
        left_rows * right_rows * settings.cpu_operator
    } else {
        (left_rows - 1.0).max(0.0) * right_estimate.total_cost
    };
    estimate.total_cost += rows * settings.cpu_row;
    if !settings.nested_loop {
        estimate.total_cost += DISABLED;
    }
    let node = NestedLoop { left: left_plan.plan, right: inner, kind, parameters, condition };
    Ok(planner.physical(Operator::NestedLoop(Box::new(node)), out_layout, estimate, order))
}

fn sortable(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::Inner | JoinKind::Left | JoinKind::Right | JoinKind::Full)
}

fn finish_condition(
    planner: &mut Planner<'_>,
    terms: Vec<Expr>,
    layout: &[ColumnId],
) -> SqlResult<Option<Expr>> {
    let mut condition = walk::conjunction(terms);
    if let Some(condition) = &mut condition {
        planner.finish(condition, layout)?;
    }
    Ok(condition)
}

fn side_need(both: &Need, side: &Logical) -> Need {
    let columns: Vec<ColumnId> =
        both.columns.iter().copied().filter(|id| side.makes(*id)).collect();
    Need::of(&columns)
}

fn has_keys(on: &[Expr], left: &Logical, right: &Logical) -> bool {
    on.iter().any(|term| equal_sides(term, left, right).is_some())
}

/// `left expression = right expression` of one type.
fn equal_sides(term: &Expr, left: &Logical, right: &Logical) -> Option<(Expr, Expr)> {
    let (a, kind, b) = comparison(term)?;
    let (a, b) = &same_type(a, b)?;
    if kind != Comparison::Equal || walk::is_volatile(term) || walk::has_subplan(term) {
        return None;
    }
    let within = |expr: &Expr, side: &Logical| {
        let mut any = false;
        let mut all = true;
        walk::columns(expr, &mut |id| {
            any = true;
            all = all && side.makes(id);
        });
        any && all
    };
    if within(a, left) && within(b, right) {
        Some((a.clone(), b.clone()))
    } else if within(b, left) && within(a, right) {
        Some((b.clone(), a.clone()))
    } else {
        None
    }
}

/// Both sides of an equality as one type: integers of different widths are widened.
fn same_type(a: &Expr, b: &Expr) -> Option<(Expr, Expr)> {
    use types::oid::{INT2, INT4, INT8};
    let (left, right) = (type_of(a).oid, type_of(b).oid);
    if left == right {
        return Some((a.clone(), b.clone()));
    }
    let width = |ty: types::Oid| [INT2, INT4, INT8].iter().position(|known| *known == ty);
    let (left_width, right_width) = (width(left)?, width(right)?);
    let widen = |expr: &Expr, from: types::Oid, to: types::Oid| {
        let context = functions::CastContext::Implicit;
        let path = functions::find_cast(&functions::BuiltinTypes, from, to, context)?;
        Some(Expr::Cast(Box::new(crate::expression::Cast {
            operand: expr.clone(),
            path,
            ty: types::SqlType::new(to),
            explicit: false,
            location: 0,
        })))
    };
    if left_width < right_width {
        Some((widen(a, left, right)?, b.clone()))
    } else {
        Some((a.clone(), widen(b, right, left)?))
    }
}

/// An index of the right table that the join's equalities look rows up by, and the terms it does not cover.
fn lookup(
    planner: &Planner<'_>,
    table: &Table,
    left: &Logical,
    on: &[Expr],
    need: &Need,
) -> Option<(Access, Vec<Expr>)> {
    let (usable, residual): (Vec<Expr>, Vec<Expr>) = on.iter().cloned().partition(|term| {
        matches!(comparison(term), Some((_, Comparison::Equal, _)))
            && !walk::is_volatile(term)
            && !walk::has_subplan(term)
            && !walk::all_columns(term, &|id| !left.makes(id))
    });
    if usable.is_empty() {
        return None;
    }
    let wanted = need.clone().with(&table.filter).with(&residual);
    let accesses = planner.accesses(table, &usable, &|id| wanted.has(id));
    let mut best: Option<Access> = None;
    for access in accesses {
        let Some(range) = &access.range else {
            continue;
        };
        let only_values = range.equal.iter().all(|to| matches!(to, crate::plan::EqualTo::Value(_)));
        let bounded = range.low.is_some() || range.high.is_some();
        let joins = access.consumed.iter().any(|term| usable.iter().any(|on| walk::same(on, term)));
        if !only_values || bounded || !joins {
            continue;
        }
        if best.as_ref().is_none_or(|known| access.estimate.total_cost < known.estimate.total_cost)
        {
            best = Some(access);
        }
    }
    let mut access = best?;
    // Join terms that the range does not cover are conditions over both sides.
    let mut residual = residual;
    let (own, joined): (Vec<Expr>, Vec<Expr>) = std::mem::take(&mut access.rest)
        .into_iter()
        .partition(|term| walk::all_columns(term, &|id| !left.makes(id)));
    access.rest = own;
    residual.extend(joined);
    Some((access, residual))
}

#[allow(clippy::too_many_arguments)]
fn index_join(
    planner: &mut Planner<'_>,
    kind: JoinKind,
    left: Physical,
    table: &Table,
    access: Access,
    residual: Vec<Expr>,
    need: &Need,
    total_cost: f64,
    partnered: f64,
) -> SqlResult<Physical> {
    let need = need.clone().with(residual.iter().filter(|_| true));
    let own: Vec<ColumnId> =
        need.columns.iter().copied().filter(|id| *id >= table.first && *id < table.end()).collect();
    let need = Need::of(&own);
    let (scan, scan_layout, _, scan_estimate) =
        planner.scan_parts(table, access, &need, &left.layout)?;
    let mut layout = left.layout.clone();
    layout.extend(scan_layout);
    let condition = finish_condition(planner, residual, &layout)?;
    let left_rows = left.plan.estimate.rows;
    let rows = match kind {
        JoinKind::Semi | JoinKind::Anti => {
            (left_rows * join_order::kept_fraction(kind, partnered)).max(1.0)
        }
        JoinKind::Left => (left_rows * scan_estimate.rows).max(left_rows),
        _ => (left_rows * scan_estimate.rows).max(1.0),
    };
    let estimate = Estimate {
        startup_cost: left.plan.estimate.startup_cost + 0.15,
        total_cost,
        rows,
        width: 0,
    };
    let only_left = matches!(kind, JoinKind::Semi | JoinKind::Anti);
    let out = if only_left { left.layout.clone() } else { layout };
    let order = left.order;
    let node = IndexJoin { left: left.plan, kind, scan, condition };
    Ok(planner.physical(Operator::IndexJoin(Box::new(node)), out, estimate, order))
}
