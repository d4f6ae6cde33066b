//! What several conditions keep together, and how many groups several columns make, by extended statistics.
//!
//! As PostgreSQL's `statext_clauselist_selectivity`: lists of common combinations come first; what they do not cover
//! goes to functional dependencies, for equalities; the rest is taken as independent.

use std::cmp::Ordering;
use std::sync::Arc;

use catalog::AttributeNumber;
use catalog::statistics::GroupStatistics;
use types::Datum;

use super::cost;
use super::selectivity::{Comparison, Estimator, as_column, comparison, order_of, same_padded};
use crate::catalog_view::Statistics;
use crate::expression::Expr;
use crate::logical::ColumnId;
use crate::walk::{self, same_datum};

/// A condition on columns of one relation that constants decide.
struct Decided {
    term: usize,
    columns: Vec<(ColumnId, AttributeNumber)>,
    /// It says that its one column equals one of some constants.
    is_equality: bool,
}

/// Conditions on one relation, with what ANALYZE knows of it.
struct OfRelation {
    statistics: Arc<Statistics>,
    decided: Vec<Decided>,
}

fn columns_of(term: &Expr, into: &mut Vec<ColumnId>) -> bool {
    match term {
        Expr::And(terms) | Expr::Or(terms) => terms.iter().all(|term| columns_of(term, into)),
        Expr::Not(inner) => columns_of(inner, into),
        Expr::IsNull { operand, .. } => as_column(operand).map(|id| into.push(id)).is_some(),
        Expr::InList { operand, list, .. } => {
            let constants = list.iter().all(|item| matches!(item, Expr::Constant { .. }));
            constants && as_column(operand).map(|id| into.push(id)).is_some()
        }
        Expr::AnyAll { operand, array, function, all: false } => {
            let equality = crate::explain::deparse::operator_name(function.oid) == Some("=");
            let constant = matches!(&**array, Expr::Constant { value: Datum::Array(_), .. });
            equality && constant && as_column(operand).map(|id| into.push(id)).is_some()
        }
        _ => compared(term).map(|(id, ..)| into.push(id)).is_some(),
    }
}

/// `(column, comparison, constant)`.
fn compared(term: &Expr) -> Option<(ColumnId, Comparison, &Datum)> {
    let (left, kind, right) = comparison(term)?;
    match (constant(left), constant(right)) {
        (None, Some(value)) => Some((as_column(left)?, kind, value)),
        (Some(value), None) => Some((as_column(right)?, kind.swapped(), value)),
        _ => None,
    }
}

fn constant(expr: &Expr) -> Option<&Datum> {
    match expr {
        Expr::Constant { value, .. } => Some(value),
        _ => None,
    }
}

fn is_equality(term: &Expr) -> bool {
    match term {
        Expr::InList { negated, .. } => !negated,
        Expr::AnyAll { .. } => true,
        Expr::Or(terms) => terms.iter().all(is_equality),
        _ => compared(term).is_some_and(|(_, kind, _)| kind == Comparison::Equal),
    }
}

fn equal(left: &Datum, right: &Datum) -> bool {
    same_datum(left, right)
        || same_padded(left, right)
        || order_of(left, right) == Some(Ordering::Equal)
}

/// Whether the condition holds where the columns have these values; `None` is unknown.
fn holds<'v>(term: &Expr, value: &impl Fn(ColumnId) -> &'v Datum) -> Option<bool> {
    let one_of = |operand: &Expr, constants: &[&Datum]| {
        let own = value(as_column(operand)?);
        (!own.is_null()).then(|| constants.iter().any(|known| equal(known, own)))
    };
    match term {
        Expr::And(terms) => decisive(terms, false, value),
        Expr::Or(terms) => decisive(terms, true, value),
        Expr::Not(inner) => holds(inner, value).map(|holds| !holds),
        Expr::IsNull { operand, negated } => Some(value(as_column(operand)?).is_null() != *negated),
        Expr::InList { operand, list, negated, .. } => {
            let constants: Vec<&Datum> = list.iter().filter_map(constant).collect();
            Some(one_of(operand, &constants)? != *negated)
        }
        Expr::AnyAll { operand, array, .. } => match &**array {
            Expr::Constant { value: Datum::Array(array), .. } => {
                one_of(operand, &array.elements.iter().collect::<Vec<_>>())
            }
            _ => None,
        },
        _ => {
            let (id, kind, constant) = compared(term)?;
            let own = value(id);
            if own.is_null() || constant.is_null() {
                return None;
            }
            let is_equal = equal(own, constant);
            let order = if is_equal { Some(Ordering::Equal) } else { order_of(own, constant) };
            match kind {
                Comparison::Equal => Some(is_equal),
                Comparison::NotEqual => Some(!is_equal),
                Comparison::Less => order.map(Ordering::is_lt),
                Comparison::LessOrEqual => order.map(Ordering::is_le),
                Comparison::Greater => order.map(Ordering::is_gt),
                Comparison::GreaterOrEqual => order.map(Ordering::is_ge),
            }
        }
    }
}

/// One term that is `answer` decides; otherwise all have to be known for the opposite.
fn decisive<'v>(
    terms: &[Expr],
    answer: bool,
    value: &impl Fn(ColumnId) -> &'v Datum,
) -> Option<bool> {
    let mut sum = Some(!answer);
    for term in terms {
        match holds(term, value) {
            Some(found) if found == answer => return Some(answer),
            Some(_) => {}
            None => sum = None,
        }
    }
    sum
}

/// Common combinations are one table; the rest is assumed to be independent, but cannot be more than is left.
fn combined(mcv: f64, independent_mcv: f64, total: f64, simple: f64) -> f64 {
    let other = (simple - independent_mcv).clamp(0.0, 1.0).min((1.0 - total).max(0.0));
    (mcv + other).clamp(0.0, 1.0)
}

impl Estimator<'_> {
    /// What the conditions keep together that extended statistics know of, and which of them these are.
    pub fn together(&self, terms: &[Expr]) -> (f64, Vec<bool>) {
        let mut done = vec![false; terms.len()];
        if terms.len() < 2 && !matches!(terms, [Expr::Or(_)]) {
            return (1.0, done);
        }
        let mut product = 1.0;
        for relation in self.relations_of(terms) {
            product *= self.by_combinations(terms, &relation, &mut done);
            product *= self.by_dependencies(terms, &relation, &mut done);
        }
        (product, done)
    }

    /// The conditions by the relation that they are on, of those with extended statistics.
    fn relations_of(&self, terms: &[Expr]) -> Vec<OfRelation> {
        let mut found: Vec<(ColumnId, OfRelation)> = Vec::new();
        for (term, expr) in terms.iter().enumerate() {
            let mut ids = Vec::new();
            if !columns_of(expr, &mut ids) {
                continue;
            }
            let instances: Option<Vec<(ColumnId, AttributeNumber)>> =
                ids.iter().map(|id| self.instance(*id)).collect();
            let Some(instances) = instances else { continue };
            let Some(first) = instances.first().map(|(instance, _)| *instance) else { continue };
            if instances.iter().any(|(instance, _)| *instance != first) {
                continue;
            }
            let mut columns: Vec<(ColumnId, AttributeNumber)> = Vec::new();
            for (id, (_, attribute)) in ids.iter().zip(&instances) {
                if !columns.iter().any(|known| known.0 == *id) {
                    columns.push((*id, *attribute));
                }
            }
            let is_equality = columns.len() == 1 && is_equality(expr);
            let decided = Decided { term, columns, is_equality };
            if let Some((_, known)) = found.iter_mut().find(|(known, _)| *known == first) {
                known.decided.push(decided);
                continue;
            }
            let table = self.facts[ids[0]].table;
            if let Some(statistics) = self.catalog.statistics(table)
                && !statistics.groups.is_empty()
            {
                found.push((first, OfRelation { statistics, decided: vec![decided] }));
            }
        }
        found.into_iter().map(|(_, relation)| relation).collect()
    }

    fn by_combinations(&self, terms: &[Expr], relation: &OfRelation, done: &mut [bool]) -> f64 {
        let mut product = 1.0;
        loop {
            let covered = |group: &GroupStatistics| -> (Vec<usize>, usize) {
                let mut attributes: Vec<AttributeNumber> = Vec::new();
                let mut chosen = Vec::new();
                for (place, decided) in relation.decided.iter().enumerate() {
                    let within =
                        decided.columns.iter().all(|column| group.columns.contains(&column.1));
                    if within && !done[decided.term] {
                        chosen.push(place);
                        attributes.extend(decided.columns.iter().map(|column| column.1));
                    }
                }
                attributes.sort_unstable();
                attributes.dedup();
                (chosen, attributes.len())
            };
            // Of equally good ones the narrower is more exact.
            let best = relation
                .statistics
                .groups
                .iter()
                .filter(|group| !group.most_common.is_empty())
                .map(|group| (group, covered(group)))
                .filter(|(_, (_, attributes))| *attributes >= 2)
                .max_by_key(|(group, (_, attributes))| {
                    (*attributes, std::cmp::Reverse(group.columns.len()))
                });
            let Some((group, (chosen, _))) = best else { return product };
            let conditions: Vec<&Decided> =
                chosen.iter().map(|place| &relation.decided[*place]).collect();
            let (mut mcv, mut independent, mut total) = (0.0, 0.0, 0.0);
            for common in &group.most_common {
                total += common.fraction;
                let all = conditions.iter().all(|decided| {
                    let value = |id: ColumnId| {
                        let attribute = self.facts[id].attribute;
                        let place = group.columns.iter().position(|known| *known == attribute);
                        place.and_then(|place| common.values.get(place)).unwrap_or(&Datum::Null)
                    };
                    holds(&terms[decided.term], &value) == Some(true)
                });
                if all {
                    mcv += common.fraction;
                    independent += common.independent;
                }
            }
            let simple = self.independent(conditions.iter().map(|decided| &terms[decided.term]));
            product *= combined(mcv, independent, total, simple);
            for decided in conditions {
                done[decided.term] = true;
            }
        }
    }

    fn by_dependencies(&self, terms: &[Expr], relation: &OfRelation, done: &mut [bool]) -> f64 {
        let mut kept: Vec<(AttributeNumber, f64)> = Vec::new();
        let equalities: Vec<&Decided> = relation
            .decided
            .iter()
            .filter(|decided| decided.is_equality && !done[decided.term])
            .collect();
        for decided in &equalities {
            let (attribute, this) = (decided.columns[0].1, self.of(&terms[decided.term]));
            match kept.iter_mut().find(|known| known.0 == attribute) {
                Some(known) => known.1 *= this,
                None => kept.push((attribute, this)),
            }
        }
        let mut left: Vec<AttributeNumber> = kept.iter().map(|known| known.0).collect();
        let mut used = Vec::new();
        while left.len() >= 2 {
            let all = relation.statistics.groups.iter().flat_map(|group| &group.dependencies);
            let strongest = all
                .filter(|(from, to, _)| {
                    left.contains(to) && from.iter().all(|column| left.contains(column))
                })
                .max_by(|a, b| a.0.len().cmp(&b.0.len()).then(a.2.total_cmp(&b.2)));
            let Some(dependency) = strongest else { break };
            left.retain(|column| *column != dependency.1);
            used.push(dependency);
        }
        if used.is_empty() {
            return 1.0;
        }
        let touched: Vec<AttributeNumber> =
            used.iter().flat_map(|(from, to, _)| from.iter().copied().chain([*to])).collect();
        for (from, to, degree) in used.iter().rev() {
            let of = |column: &AttributeNumber| {
                kept.iter().find(|known| known.0 == *column).map_or(1.0, |known| known.1)
            };
            let (first, second) = (from.iter().map(of).product::<f64>(), of(to));
            // P(to | from): where it holds, `to` keeps at least what `from` does.
            let implied = if first <= second { 1.0 } else { second / first };
            let conditional = degree * implied + (1.0 - degree) * second;
            kept.iter_mut().filter(|known| known.0 == *to).for_each(|known| known.1 = conditional);
        }
        for decided in equalities {
            done[decided.term] |= touched.contains(&decided.columns[0].1);
        }
        kept.iter().filter(|known| touched.contains(&known.0)).map(|known| known.1).product()
    }

    /// How many groups the rows make by these keys, as PostgreSQL's `estimate_num_groups`.
    pub fn groups<'e>(&self, keys: impl Iterator<Item = &'e Expr>) -> f64 {
        let mut product = 1.0;
        let mut uses: Vec<Vec<ColumnId>> = Vec::new();
        for key in keys {
            if as_column(key).is_none() && walk::type_of(key).oid == types::oid::BOOL {
                product *= 2.0;
                continue;
            }
            if walk::is_volatile(key) {
                return self.rows.max(1.0);
            }
            // An expression makes as many groups as the columns in it.
            walk::columns(key, &mut |id| {
                let of = self.instance(id).map(|(instance, _)| instance);
                let same = |used: &Vec<ColumnId>| {
                    used[0] == id
                        || of.is_some() && self.instance(used[0]).map(|(use_of, _)| use_of) == of
                };
                match uses.iter().position(same) {
                    Some(place) if uses[place].contains(&id) => {}
                    Some(place) => uses[place].push(id),
                    None => uses.push(vec![id]),
                }
            });
        }
        for columns in uses {
            product *= self.groups_of_use(columns);
        }
        product.ceil().min(self.rows.max(1.0)).max(1.0)
    }

    /// How many groups columns of one use of a table make.
    fn groups_of_use(&self, mut left: Vec<ColumnId>) -> f64 {
        let tuples = self.table_rows(left[0]);
        let (mut product, mut largest, mut count) = (1.0, 1.0f64, 0);
        let mut take = |distinct: f64| {
            product *= distinct;
            largest = largest.max(distinct);
            count += 1;
        };
        while let Some((covered, distinct)) = self.widest(&left) {
            take(distinct);
            left.retain(|id| !covered.contains(id));
        }
        left.iter().for_each(|id| take(self.distinct(*id)));
        let Some(tuples) = tuples else { return product };
        // Several columns seldom have all combinations: no more than a tenth of the rows, unless one alone has.
        let most = if count > 1 { (tuples * 0.1).max(largest).min(tuples) } else { tuples };
        let mut groups = product.min(most);
        let rows = self.rows.min(tuples);
        if rows < tuples {
            // So many of them have a row among those that are left (Yao's formula for random rows, simplified).
            groups *= 1.0 - ((tuples - rows) / tuples).powf(tuples / groups);
        }
        cost::whole_rows(groups)
    }

    /// The columns whose distinct combinations are known, of one relation and as many as possible, and how many.
    fn widest(&self, columns: &[ColumnId]) -> Option<(Vec<ColumnId>, f64)> {
        let mut best: Option<(Vec<ColumnId>, f64)> = None;
        for id in columns {
            let Some((instance, _)) = self.instance(*id) else { continue };
            let Some(statistics) = self.catalog.statistics(self.facts[*id].table) else { continue };
            for (attributes, distinct) in statistics.groups.iter().flat_map(|g| &g.distinct) {
                let covered: Vec<ColumnId> = columns
                    .iter()
                    .copied()
                    .filter(|id| {
                        self.instance(*id).is_some_and(|(of, attribute)| {
                            of == instance && attributes.contains(&attribute)
                        })
                    })
                    .collect();
                let is_whole = covered.len() == attributes.len();
                if is_whole && best.as_ref().is_none_or(|best| covered.len() > best.0.len()) {
                    best = Some((covered, *distinct));
                }
            }
        }
        best
    }
}
