//! The order of inner joins: every left-deep order of up to twelve inputs by dynamic programming, beyond that always
//! the cheapest next one.
//!
//! Semi- and anti-joins only drop rows of what they look at, so they may come as soon as that is there: they are inputs
//! like the others, which need some others before them and make the result smaller instead of larger.
//!
//! Columns that must be equal form classes: `a = b AND b = c` allows to join `a` with `c` first, and says nothing new
//! when the third joins.

use super::index_shape::KeyShape;
use super::physical::Planner;
use super::selectivity::{Comparison, as_column, comparison, stripped};
use crate::expression::{Call, Expr};
use crate::logical::{ColumnId, Logical};
use crate::plan::{Estimate, JoinKind};
use crate::walk;

/// Up to so many relations all left-deep orders are tried.
const MAXIMUM_SEARCH: usize = 12;
/// More inputs than bits of a set are joined as they are written.
const MAXIMUM_INPUTS: usize = 64;
/// What looking up one row of the left side costs, measured in the time that reading a page's rows in order takes:
/// by a whole key, or a range of them. Measured: 6 and 25 microseconds, where a table of 17,000 such units is read in 0.2 s.
const LOOKUP_POINT: f64 = 0.5;
const LOOKUP_RANGE: f64 = 2.0;
/// What following an entry of a secondary index to its row costs.
const FETCHED_ROW: f64 = 0.6;
const READ_ROW: f64 = 0.03;

/// The cost of looking up the rows that belong to one row of the left side. `holds_row`: no other read follows.
pub fn lookup_cost(unique: bool, holds_row: bool, found: f64) -> f64 {
    let start = if unique { LOOKUP_POINT } else { LOOKUP_RANGE };
    start + found * if holds_row { READ_ROW } else { FETCHED_ROW }
}

/// An index of an input by which rows can be looked up for those of other inputs.
struct Lookup {
    /// Whether all columns together, if all of them are known, belong to one row.
    unique: bool,
    primary: bool,
    /// Its first columns, as far as anything can make them known.
    columns: Vec<KeyColumn>,
}

/// What makes one column of an index known.
struct KeyColumn {
    /// The fraction of rows that a condition on the input alone keeps, if it says what the column equals.
    own: Option<f64>,
    /// Terms that make it equal to something of other inputs: the inputs they are about, the fraction they keep.
    joined: Vec<(u64, f64)>,
}

impl Lookup {
    /// The cost of one look-up once the inputs of `set` are there; `None` if they do not say what to look for.
    fn cost(&self, set: u64, all_rows: f64) -> Option<f64> {
        let (mut kept, mut joins, mut known) = (1.0, false, 0);
        for column in &self.columns {
            let term = column.joined.iter().find(|(about, _)| about & !set == 0);
            match (column.own, term) {
                (Some(own), _) => kept *= own,
                (None, Some((_, selectivity))) => {
                    kept *= selectivity;
                    joins = true;
                }
                (None, None) => break,
            }
            known += 1;
        }
        let unique = self.unique && known == self.columns.len();
        let found = if unique { 1.0 } else { (all_rows * kept).max(1.0) };
        joins.then(|| lookup_cost(unique, self.primary, found))
    }
}

/// One input of a cluster of inner joins.
struct Leaf {
    rows: f64,
    /// Rows without its own conditions, if it is a table.
    all_rows: f64,
    cost: f64,
    /// Other leaves whose columns it uses (LATERAL), or that it filters.
    depends: u64,
    /// Of a semi- or anti-join's right side: the fraction of rows that it keeps.
    keeps: Option<f64>,
    lookups: Vec<Lookup>,
}

/// A semi- or anti-join over a cluster of inner joins.
pub struct Filter {
    pub kind: JoinKind,
    pub on: Vec<Expr>,
}

/// The fraction of rows that have a partner, if the sides are equal in these columns: as many of their values as the other
/// side has at most, whichever those are. PostgreSQL's `eqjoinsel_semi` without its lists of common values.
pub fn partnered(
    planner: &Planner<'_>,
    on: &[Expr],
    is_right: &dyn Fn(ColumnId) -> bool,
    left_rows: f64,
    right_rows: f64,
) -> f64 {
    let mut fraction = 1.0f64;
    for term in on {
        let columns = match comparison(term) {
            Some((a, Comparison::Equal, b)) => as_column(a).zip(as_column(b)),
            _ => None,
        };
        let Some((a, b)) = columns else {
            fraction *= match comparison(term) {
                Some((_, Comparison::Equal, _)) | None => 0.5,
                // One of several partners will do.
                Some(_) => 1.0,
            };
            continue;
        };
        let (left, right) = if is_right(a) { (b, a) } else { (a, b) };
        let of_left = planner.estimator(left_rows).distinct(left);
        let of_right = planner.estimator(right_rows).distinct(right).min(right_rows);
        // What is NULL has no partner.
        fraction *= (of_right / of_left.max(1.0)).min(1.0)
            * (1.0 - planner.estimator(left_rows).nulls(left));
    }
    fraction
}

/// The fraction of the left rows that a semi- or anti-join keeps.
pub fn kept_fraction(kind: JoinKind, partnered: f64) -> f64 {
    match kind {
        JoinKind::Semi => partnered.max(1e-6),
        // Even where every value is known on the other side some rows are left, because nobody would ask otherwise.
        _ => (1.0 - partnered).max(0.02),
    }
}

/// Columns that are equal to each other because of join conditions.
#[derive(Default)]
pub struct Classes {
    sets: Vec<Vec<ColumnId>>,
}

impl Classes {
    /// The classes of a cluster; adds the equalities that follow from others to its terms.
    pub fn of(planner: &Planner<'_>, leaves: &[Logical], terms: &mut Vec<Expr>) -> Classes {
        let mut sets: Vec<Vec<ColumnId>> = Vec::new();
        let mut samples: Vec<(ColumnId, ColumnId, Call)> = Vec::new();
        for term in terms.iter() {
            let Some((a, b, call)) = equal_columns(term) else {
                continue;
            };
            samples.push((a, b, call.clone()));
            let place = |id: ColumnId, sets: &[Vec<ColumnId>]| {
                sets.iter().position(|set| set.contains(&id))
            };
            match (place(a, &sets), place(b, &sets)) {
                (Some(x), Some(y)) if x != y => {
                    let moved = sets.remove(x.max(y));
                    sets[x.min(y)].extend(moved);
                }
                (Some(_), Some(_)) => {}
                (Some(x), None) => sets[x].push(b),
                (None, Some(y)) => sets[y].push(a),
                (None, None) => sets.push(vec![a, b]),
            }
        }
        // A class with two columns of one input is left as it was written.
        sets.retain(|set| {
            leaves.iter().all(|leaf| set.iter().filter(|id| leaf.makes(**id)).count() <= 1)
                && set.iter().all(|id| leaves.iter().any(|leaf| leaf.makes(*id)))
        });
        for set in &sets {
            for (place, &a) in set.iter().enumerate() {
                for &b in &set[place + 1..] {
                    let known =
                        samples.iter().any(|(x, y, _)| (*x, *y) == (a, b) || (*x, *y) == (b, a));
                    let of_type = planner.columns.facts[a].ty.oid;
                    if known || planner.columns.facts[b].ty.oid != of_type {
                        continue;
                    }
                    let sample = samples.iter().find(|(x, y, _)| {
                        set.contains(x)
                            && planner.columns.facts[*x].ty.oid == of_type
                            && planner.columns.facts[*y].ty.oid == of_type
                    });
                    if let Some((x, y, call)) = sample {
                        let mut term = Expr::Call(Box::new(call.clone()));
                        // Casts that relabel stay around the columns.
                        walk::replace(&mut term, &mut |part| match part {
                            Expr::Column { index, .. } if index == x => {
                                Some(planner.columns.column(a))
                            }
                            Expr::Column { index, .. } if index == y => {
                                Some(planner.columns.column(b))
                            }
                            _ => None,
                        });
                        terms.push(term);
                    }
                }
            }
        }
        Classes { sets }
    }

    fn place(&self, term: &Expr) -> Option<usize> {
        let (a, b, _) = equal_columns(term)?;
        self.sets.iter().position(|set| set.contains(&a) && set.contains(&b))
    }

    /// Of the terms that join one more input, those that say something that the others do not.
    pub fn without_repetition(&self, on: Vec<Expr>, left: &Logical, right: &Logical) -> Vec<Expr> {
        let mut seen = vec![false; self.sets.len()];
        on.into_iter()
            .filter(|term| match self.place(term) {
                Some(place) if joins(term, left, right) => {
                    !std::mem::replace(&mut seen[place], true)
                }
                _ => true,
            })
            .collect()
    }
}

fn joins(term: &Expr, left: &Logical, right: &Logical) -> bool {
    equal_columns(term)
        .is_some_and(|(a, b, _)| left.makes(a) && right.makes(b) || left.makes(b) && right.makes(a))
}

fn equal_columns(term: &Expr) -> Option<(ColumnId, ColumnId, &Call)> {
    let Expr::Call(call) = term else {
        return None;
    };
    match comparison(term)? {
        (left, Comparison::Equal, right) => match (as_column(left)?, as_column(right)?) {
            (a, b) if a != b => Some((a, b, call)),
            _ => None,
        },
        _ => None,
    }
}

/// A tree's columns used from outside of it.
pub fn free_columns(node: &mut Logical, found: &mut Vec<ColumnId>) {
    fn uses(node: &mut Logical, found: &mut Vec<ColumnId>) {
        node.expressions_mut(&mut |expr| walk::columns(expr, &mut |id| found.push(id)));
        for input in node.inputs_mut() {
            uses(input, found);
        }
    }
    // An aggregation hides what it is made from, but that is no column of the outside either.
    fn drop_made(node: &mut Logical, used: &mut Vec<ColumnId>) {
        used.retain(|id| !node.makes(*id));
        for input in node.inputs_mut() {
            drop_made(input, used);
        }
    }
    let mut used = Vec::new();
    uses(node, &mut used);
    used.sort_unstable();
    used.dedup();
    drop_made(node, &mut used);
    found.extend(used);
}

/// What a term does when inputs are joined.
struct Term {
    /// The inputs it is about.
    set: u64,
    selectivity: f64,
    is_equal: bool,
    class: Option<usize>,
}

/// The order in which to join. The last nodes are the right sides of the filters.
pub fn best(
    planner: &mut Planner<'_>,
    nodes: &mut [Logical],
    terms: &[Expr],
    classes: &Classes,
    filters: &[Filter],
) -> Vec<usize> {
    let count = nodes.len();
    if count <= 1 || count > MAXIMUM_INPUTS {
        return (0..count).collect();
    }
    let inner = count - filters.len();
    let mut leaves = Vec::with_capacity(count);
    for place in 0..count {
        let mut free = Vec::new();
        free_columns(&mut nodes[place], &mut free);
        let mut depends = 0u64;
        for (other, node) in nodes.iter().enumerate() {
            if other != place && free.iter().any(|id| node.makes(*id)) {
                depends |= 1 << other;
            }
        }
        let (rows, cost) = size(planner, &nodes[place]);
        let mut keeps = None;
        if let Some(filter) = place.checked_sub(inner).map(|number| &filters[number]) {
            depends = places(nodes, &filter.on) & !(1 << place);
            if depends == 0 {
                depends = (1 << inner) - 1;
            }
            let left_rows = leaves
                .iter()
                .enumerate()
                .filter(|(place, _)| depends >> place & 1 == 1)
                .map(|(_, leaf): (usize, &Leaf)| leaf.rows)
                .fold(1.0, f64::max);
            let is_right = |id| nodes[place].makes(id);
            let partnered = partnered(planner, &filter.on, &is_right, left_rows, rows);
            keeps = Some(kept_fraction(filter.kind, partnered));
        }
        let all_rows = match &nodes[place] {
            Logical::Table(table) if !table.relation.is_virtual() => planner.table_size(table).0,
            _ => rows,
        };
        leaves.push(Leaf { rows, all_rows, cost, depends, keeps, lookups: Vec::new() });
    }
    let terms: Vec<&Expr> =
        terms.iter().chain(filters.iter().flat_map(|filter| &filter.on)).collect();
    let joined: Vec<Term> = terms
        .iter()
        .map(|term| {
            let term: &Expr = term;
            let set = places(nodes, std::slice::from_ref(term));
            let rows = leaves
                .iter()
                .enumerate()
                .filter(|(place, _)| set >> place & 1 == 1)
                .map(|(_, leaf)| leaf.rows)
                .fold(1.0, f64::max);
            Term {
                set,
                selectivity: planner.estimator(rows).of(term),
                is_equal: matches!(comparison(term), Some((_, Comparison::Equal, _))),
                class: classes.place(term),
            }
        })
        .collect();
    for (place, node) in nodes.iter().enumerate() {
        leaves[place].lookups = lookups(planner, node, place, &terms, &joined);
    }
    let search = Search { leaves, terms: joined, classes: classes.sets.len() };
    let found = if count <= MAXIMUM_SEARCH { search.exhaustive() } else { search.greedy() };
    found.unwrap_or_else(|| (0..count).collect())
}

/// The inputs whose columns some terms use.
fn places(nodes: &[Logical], terms: &[Expr]) -> u64 {
    let mut set = 0u64;
    for term in terms {
        walk::columns(term, &mut |id| {
            for (place, node) in nodes.iter().enumerate() {
                if node.makes(id) {
                    set |= 1 << place;
                }
            }
        });
    }
    set
}

/// The indexes of an input by which it can be looked up for rows of others.
fn lookups(
    planner: &Planner<'_>,
    node: &Logical,
    place: usize,
    terms: &[&Expr],
    joined: &[Term],
) -> Vec<Lookup> {
    let Logical::Table(table) = node else {
        return Vec::new();
    };
    if table.relation.is_virtual() {
        return Vec::new();
    }
    let estimator = planner.estimator(planner.table_size(table).0);
    // The other side of an equality of this column with what the input itself does not make.
    let equals = |term: &Expr, key: &KeyShape| {
        let Some((left, Comparison::Equal, right)) = comparison(term) else { return false };
        let is_outside = |other: &Expr| walk::all_columns(other, &|id| !node.makes(id));
        let is_key = |side: &Expr| walk::same(stripped(side), stripped(&key.expression));
        is_key(left) && is_outside(right) || is_key(right) && is_outside(left)
    };
    let key_column = |key: &KeyShape| {
        let own = table.filter.iter().find(|term| equals(term, key));
        let joined: Vec<(u64, f64)> = terms
            .iter()
            .zip(joined)
            .filter(|(term, about)| about.set != 1 << place && equals(term, key))
            .map(|(_, about)| (about.set & !(1 << place), about.selectivity))
            .collect();
        (own.is_some() || !joined.is_empty())
            .then(|| KeyColumn { own: own.map(|term| estimator.of(term)), joined })
    };
    // What makes a partial index usable is a condition of the table alone, or that a joined column is not NULL.
    let known: Vec<&Expr> = table.filter.iter().chain(terms.iter().copied()).collect();
    let indexes = table.relation.indexes.iter().enumerate().filter(|(_, index)| {
        index.state == catalog::IndexState::Valid && !index.is_inverted() && !index.is_vector()
    });
    indexes
        .filter_map(|(position, index)| {
            let shape = planner.index_shape(table, position)?;
            if !shape.has_all(planner, &known) {
                return None;
            }
            let columns: Vec<KeyColumn> = shape.keys.iter().map_while(key_column).collect();
            let unique = index.unique && columns.len() == index.columns.len();
            Some(Lookup { unique, primary: index.primary, columns })
        })
        .filter(|lookup| lookup.columns.iter().any(|column| !column.joined.is_empty()))
        .collect()
}

/// Rows of an input and the cost to read it, before it is planned.
pub fn size(planner: &Planner<'_>, node: &Logical) -> (f64, f64) {
    match node {
        Logical::Table(table) if !table.relation.is_virtual() => {
            let best = planner
                .accesses(table, &[], &|_| true)
                .into_iter()
                .min_by(|a, b| a.estimate.total_cost.total_cmp(&b.estimate.total_cost));
            let estimate = best.map_or(Estimate::default(), |access| access.estimate);
            (estimate.rows, estimate.total_cost)
        }
        Logical::Table(table) => {
            let kept = planner.estimator(500.0).all(&table.filter);
            ((500.0 * kept).max(1.0), 10.0)
        }
        Logical::Values { rows, .. } => (rows.len() as f64, 0.1),
        Logical::Cte { id, .. } => {
            let rows = planner.cte_rows.get(*id).copied().unwrap_or(100.0);
            (rows, rows * 0.02)
        }
        Logical::Filter { input, conditions } => {
            let (rows, cost) = size(planner, input);
            let kept = planner.estimator(rows).all(conditions);
            ((rows * kept).max(1.0), cost + rows * planner.settings.cpu_operator)
        }
        Logical::Project { input, .. }
        | Logical::Sort { input, .. }
        | Logical::Window { input, .. }
        | Logical::Lock { input, .. } => {
            let (rows, cost) = size(planner, input);
            (rows, cost + rows * planner.settings.cpu_operator)
        }
        Logical::Aggregate(aggregation) => {
            let (rows, cost) = size(planner, &aggregation.input);
            let estimator = planner.estimator(rows);
            let groups = estimator.groups(aggregation.keys.iter().map(|key| &key.1));
            (groups, cost + rows * planner.settings.cpu_row)
        }
        Logical::Distinct { input, columns } => {
            let (rows, cost) = size(planner, input);
            let keys: Vec<Expr> = columns.iter().map(|id| planner.columns.column(*id)).collect();
            let groups = planner.estimator(rows).groups(keys.iter());
            (groups, cost + rows * planner.settings.cpu_row)
        }
        Logical::DistinctOn { input, keys, .. } => {
            let (rows, cost) = size(planner, input);
            let groups = planner.estimator(rows).groups(keys.iter());
            (groups, cost + rows * planner.settings.cpu_row)
        }
        Logical::Limit(limit) => {
            let (rows, cost) = size(planner, &limit.input);
            match &limit.limit {
                Some(Expr::Constant { value: types::Datum::Int8(count), .. }) => {
                    (rows.min(*count as f64).max(1.0), cost)
                }
                _ => (rows, cost),
            }
        }
        Logical::SetOperation(operation) => operation
            .inputs
            .iter()
            .map(|input| size(planner, &input.0))
            .fold((0.0, 0.0), |sum, this| (sum.0 + this.0, sum.1 + this.1)),
        Logical::Join(join) => {
            let (left, left_cost) = size(planner, &join.left);
            let (right, right_cost) = size(planner, &join.right);
            let kept = planner.estimator(left.max(right)).all(&join.on);
            let all = left * right * kept;
            let rows = match join.kind {
                JoinKind::Inner => all,
                JoinKind::Left => all.max(left),
                JoinKind::Right => all.max(right),
                JoinKind::Full => all.max(left + right),
                JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti => {
                    let is_right = |id| join.right.makes(id);
                    let partnered = partnered(planner, &join.on, &is_right, left, right);
                    left * kept_fraction(join.kind, partnered)
                }
            };
            (rows.max(1.0), left_cost + right_cost + (left + right) * planner.settings.cpu_row)
        }
        _ => (200.0, 100.0),
    }
}

struct Search {
    leaves: Vec<Leaf>,
    terms: Vec<Term>,
    classes: usize,
}

impl Search {
    /// Rows and cost after one more input; `None` if it needs columns of one that is not there yet.
    fn extend(&self, set: u64, rows: f64, cost: f64, place: usize) -> Option<(f64, f64)> {
        let leaf = &self.leaves[place];
        if leaf.depends & !set != 0 {
            return None;
        }
        let after = set | 1 << place;
        let (mut selectivity, mut equal) = (1.0, false);
        let per_row = leaf.lookups.iter().filter_map(|lookup| lookup.cost(set, leaf.all_rows));
        let look_up = 0.5 + rows * per_row.fold(f64::INFINITY, f64::min);
        let mut of_class = vec![1.0f64; self.classes];
        for term in &self.terms {
            if term.set & !after == 0 && term.set >> place & 1 == 1 && term.set & set != 0 {
                match term.class {
                    Some(class) => of_class[class] = of_class[class].min(term.selectivity),
                    None => selectivity *= term.selectivity,
                }
                equal |= term.is_equal;
            }
        }
        selectivity *= of_class.iter().product::<f64>();
        let out = match leaf.keeps {
            Some(kept) => (rows * kept).max(1.0),
            None => (rows * leaf.rows * selectivity).max(1.0),
        };
        let hash = leaf.cost + (rows + leaf.rows * 1.5) * 0.01;
        let step = if equal { hash.min(look_up) } else { leaf.cost + rows * leaf.rows * 0.0125 };
        Some((out, cost + step + out * 0.01))
    }

    fn exhaustive(&self) -> Option<Vec<usize>> {
        let count = self.leaves.len();
        let mut table: Vec<Option<(f64, f64, usize)>> = vec![None; 1 << count];
        for (place, leaf) in self.leaves.iter().enumerate() {
            if leaf.depends == 0 {
                table[1 << place] = Some((leaf.rows, leaf.cost, place));
            }
        }
        for set in 1..table.len() {
            let Some((rows, cost, _)) = table[set] else {
                continue;
            };
            for place in (0..count).filter(|place| set >> place & 1 == 0) {
                if let Some((rows, cost)) = self.extend(set as u64, rows, cost, place) {
                    let slot = &mut table[set | 1 << place];
                    if slot.is_none_or(|known| cost < known.1) {
                        *slot = Some((rows, cost, place));
                    }
                }
            }
        }
        let mut order = Vec::with_capacity(count);
        let mut set = table.len() - 1;
        while set != 0 {
            let (_, _, last) = table[set]?;
            order.push(last);
            set &= !(1 << last);
        }
        order.reverse();
        Some(order)
    }

    fn greedy(&self) -> Option<Vec<usize>> {
        let count = self.leaves.len();
        let mut order = Vec::with_capacity(count);
        let (mut set, mut rows, mut cost) = (0u64, 1.0, 0.0);
        while order.len() < count {
            let (place, step) = (0..count)
                .filter(|place| set >> place & 1 == 0)
                .filter_map(|place| {
                    let leaf = &self.leaves[place];
                    let step = if set == 0 {
                        (leaf.depends == 0).then_some((leaf.rows, leaf.cost))
                    } else {
                        self.extend(set, rows, cost, place)
                    };
                    step.map(|step| (place, step))
                })
                .min_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
            order.push(place);
            set |= 1 << place;
            (rows, cost) = step;
        }
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(own: Option<f64>, joined: &[(u64, f64)]) -> KeyColumn {
        KeyColumn { own, joined: joined.to_vec() }
    }

    #[test]
    fn a_key_of_several_columns_is_looked_up_when_all_of_them_are_known() {
        // The first column equals a constant or a column of input 1, the second one of input 2.
        let lookup = |own| Lookup {
            unique: true,
            primary: true,
            columns: vec![column(own, &[(0b01, 0.1)]), column(None, &[(0b10, 0.001)])],
        };
        let point = Some(lookup_cost(true, true, 1.0));
        assert_eq!(lookup(None).cost(0b11, 1_000_000.0), point);
        assert_eq!(lookup(Some(0.1)).cost(0b10, 1_000_000.0), point);
        // The first column alone leaves a tenth of the rows.
        let tenth = Some(lookup_cost(false, true, 100_000.0));
        assert_eq!(lookup(None).cost(0b01, 1_000_000.0), tenth);
        // Without the first column an index is of no use, and a constant alone joins nothing.
        assert_eq!(lookup(None).cost(0b10, 1_000_000.0), None);
        assert_eq!(lookup(Some(0.1)).cost(0b01, 1_000_000.0), None);
    }
}
