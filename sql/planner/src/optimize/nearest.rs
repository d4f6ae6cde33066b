//! `ORDER BY vector <-> value LIMIT n` through an approximate index.
//!
//! The scan below the sort yields the rows of the lists that are nearest to the value, and of further lists until there
//! are as many as are wanted; the sort puts them in order. So filters cost lists, never rows.

use catalog::{Index, IndexKey, IndexState};

use super::cost::DISABLED;
use super::implied::implied;
use super::physical::Planner;
use super::selectivity::stripped;
use crate::expression::{Expr, SortKey};
use crate::plan::{Effort, Nearest, Operator, Plan, Scan, ScanColumn};
use crate::walk;

/// What `hnsw.ef_search` is by default: the square root of the lists is read.
const USUAL_EF_SEARCH: f64 = 40.0;
/// Lists of `USING ivfflat` unless it says otherwise.
const USUAL_LISTS: f64 = 100.0;
/// What following an entry to its row costs beyond reading the row in order, in the time that reading a page of rows takes.
const FETCHED_ROW: f64 = 0.08;

impl Planner<'_> {
    /// Has the scan below a sort read an approximate index, if the sort is by distance and that is cheaper. `wanted` is
    /// the number of rows, as far as it is known.
    pub(super) fn use_nearest(
        &self,
        below: &mut Plan,
        keys: &[SortKey],
        limit: &Expr,
        offset: Option<&Expr>,
        wanted: f64,
    ) {
        let Some(first) = keys.first().filter(|key| !key.descending && !key.nulls_first) else {
            return;
        };
        let estimate = scan_estimate(below);
        let Some((scan, distance)) = scan_below(below, first.expression.clone()) else { return };
        let Some(mut nearest) = search(&distance, scan, limit, offset) else { return };
        let Some(position) = self.distance_index(scan, &distance, nearest.column) else { return };
        let index = &scan.relation.indexes[position];
        nearest.effort = self.effort(index);
        let rows = self.statistics(scan.relation.oid).map(|statistics| statistics.rows);
        let rows = rows.unwrap_or(estimate.rows).max(1.0);
        let lists = lists_of(index, rows);
        let least = nearest.effort.lists(lists as usize) as f64 / lists;
        // Of few rows that pass the filter, many lists have none.
        let share = least.max(wanted / estimate.rows.max(1.0)).min(1.0);
        let disabled = if self.settings.index_scan { 0.0 } else { DISABLED };
        let is_disabled = estimate.total_cost >= DISABLED;
        let in_order = (estimate.total_cost - if is_disabled { DISABLED } else { 0.0 }) / rows;
        let cost = lists * self.settings.cpu_operator
            + share * lists * self.settings.round_trip
            + share * rows * (in_order + FETCHED_ROW)
            + disabled;
        if cost >= estimate.total_cost {
            return;
        }
        set_estimate(below, cost, (estimate.rows * share).max(1.0));
        if let Some((scan, _)) = scan_below(below, first.expression.clone()) {
            scan.index = Some(position);
            scan.nearest = Some(Box::new(nearest));
        }
    }

    fn effort(&self, index: &Index) -> Effort {
        let setting = |name: &str| self.catalog.planner_setting(name)?.parse::<f64>().ok();
        if index.method == "hnsw" {
            Effort::Root(setting("hnsw.ef_search").unwrap_or(USUAL_EF_SEARCH) / USUAL_EF_SEARCH)
        } else {
            Effort::Lists(setting("ivfflat.probes").unwrap_or(1.0) as u32)
        }
    }

    /// The index on the column for this distance that has all rows the scan may yield.
    fn distance_index(&self, scan: &Scan, distance: &Expr, column: usize) -> Option<usize> {
        let Expr::Call(call) = distance else { return None };
        let ScanColumn::Attribute(attribute) = *scan.columns.get(column)? else { return None };
        let number = scan.relation.columns.get(attribute)?.number;
        scan.relation.indexes.iter().position(|index| {
            let class = index.vector_class();
            index.state == IndexState::Valid
                && class.is_some_and(|class| class.distance_function() == call.function.oid)
                && index.columns[0].key == IndexKey::Column(number)
                && self.covers_filter(index, scan)
        })
    }

    fn covers_filter(&self, index: &Index, scan: &Scan) -> bool {
        let Some(sql) = &index.predicate else { return true };
        let bound = crate::bind_expression_for_relation(&scan.relation, sql, None, self.catalog);
        let (Ok(predicate), Some(mut filter)) = (bound, scan.filter.clone()) else { return false };
        // From the scan's columns to those of the relation.
        walk::replace(&mut filter, &mut |part| match part {
            Expr::Column { index, ty } => match scan.columns.get(*index) {
                Some(ScanColumn::Attribute(attribute)) => {
                    Some(Expr::Column { index: *attribute, ty: *ty })
                }
                _ => Some(Expr::Constant { value: types::Datum::Null, ty: *ty }),
            },
            _ => None,
        });
        implied(self.catalog.types(), &predicate, &[&filter])
    }
}

/// The lists that an index is likely to have.
fn lists_of(index: &Index, rows: f64) -> f64 {
    let option = index.options.iter().find(|(name, _)| name == "lists");
    let asked = option.and_then(|(_, value)| value.parse::<f64>().ok());
    let lists = if index.method == "hnsw" { rows.sqrt() } else { asked.unwrap_or(USUAL_LISTS) };
    lists.min(rows).max(1.0)
}

/// A plain scan below projections, and the sort key over its columns.
fn scan_below(plan: &mut Plan, mut key: Expr) -> Option<(&mut Scan, Expr)> {
    match &mut plan.operator {
        Operator::Project { input, expressions } => {
            walk::replace(&mut key, &mut |part| match part {
                Expr::Column { index, .. } => expressions.get(*index).cloned(),
                _ => None,
            });
            scan_below(input, key)
        }
        Operator::Scan(scan)
            if scan.ranges.is_empty()
                && scan.bitmap.is_none()
                && !scan.index_only
                && scan.limit.is_none() =>
        {
            Some((scan, key))
        }
        _ => None,
    }
}

fn scan_estimate(plan: &Plan) -> crate::plan::Estimate {
    match &plan.operator {
        Operator::Project { input, .. } => scan_estimate(input),
        _ => plan.estimate,
    }
}

fn set_estimate(plan: &mut Plan, cost: f64, rows: f64) {
    if let Operator::Project { input, .. } = &mut plan.operator {
        set_estimate(input, cost, rows);
    }
    plan.estimate.startup_cost = 0.0;
    plan.estimate.total_cost = cost;
    plan.estimate.rows = rows.round_ties_even();
}

/// What is sought, if the expression is the distance of a column of the scan from a value that is known before it.
fn search(distance: &Expr, scan: &Scan, limit: &Expr, offset: Option<&Expr>) -> Option<Nearest> {
    let Expr::Call(call) = distance else { return None };
    let [left, right] = call.arguments.as_slice() else { return None };
    let is_known = |expr: &Expr| {
        walk::all_columns(expr, &|_| false) && !walk::is_volatile(expr) && !walk::has_subplan(expr)
    };
    let (column, query) = match (stripped(left), stripped(right)) {
        (Expr::Column { index, .. }, _) if is_known(right) => (*index, right),
        (_, Expr::Column { index, .. }) if is_known(left) => (*index, left),
        _ => return None,
    };
    (column < scan.columns.len()).then(|| Nearest {
        column,
        query: query.clone(),
        limit: limit.clone(),
        offset: offset.cloned(),
        effort: Effort::Lists(1),
        condition: distance.clone(),
    })
}
