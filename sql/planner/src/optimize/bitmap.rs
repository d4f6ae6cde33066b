//! Reading the rows that inverted indexes name: one index, several that must all agree, or for OR one
//! for each side.

use catalog::IndexState;
use functions::inverted::{EntryQuery, InvertedClass};
use types::Datum;

use super::access::Access;
use super::cost::{self, DISABLED};
use super::physical::Planner;
use super::selectivity::stripped;
use crate::expression::Expr;
use crate::logical::Table;
use crate::plan::{BitmapSource, Estimate};
use crate::walk;
use protocol::storage::Direction;

/// What a bitmap of a chosen access is; conditions are over column ids still.
#[derive(Clone)]
pub struct BitmapAccess {
    pub source: BitmapSource,
    /// What the indexes look at, and the conditions that say more.
    pub recheck: Vec<Expr>,
    pub rest: Vec<Expr>,
}

/// A column of an inverted index, ready to be compared with conditions.
struct InvertedKey {
    index: usize,
    column: usize,
    class: InvertedClass,
    key: Expr,
}

/// An operator with its sides exchanged.
fn swapped(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "@>" => "<@",
        "<@" => "@>",
        "&&" => "&&",
        "@@" => "@@",
        "=" => "=",
        "%" => "%",
        _ => return None,
    })
}

impl Planner<'_> {
    /// The cheapest way through inverted indexes, if the table has any that a condition fits.
    pub(super) fn bitmap_access(
        &self,
        table: &Table,
        terms: &[&Expr],
        whole: &Access,
        pages: f64,
    ) -> Option<Access> {
        let keys = self.inverted_keys(table, terms);
        if keys.is_empty() {
            return None;
        }
        let mut found: Vec<(usize, BitmapSource)> = Vec::new();
        for (place, term) in terms.iter().enumerate() {
            if let Some(source) = self.bitmap_source(table, term, &keys, whole.read, pages) {
                found.push((place, source));
            }
        }
        // The most selective first; others join as long as the whole gets cheaper.
        found.sort_by(|left, right| {
            estimate(&left.1).rows.total_cmp(&estimate(&right.1).rows).then(left.0.cmp(&right.0))
        });
        let mut chosen: Option<(f64, Estimate, Vec<(usize, BitmapSource)>)> = None;
        for candidate in found {
            let mut with = chosen.as_ref().map_or_else(Vec::new, |known| known.2.clone());
            with.push(candidate);
            let sources: Vec<BitmapSource> = with.iter().map(|known| known.1.clone()).collect();
            let index = combined(&sources, whole.read, true);
            let total = self.heap_cost(&index, pages, terms.len());
            if chosen.as_ref().is_none_or(|known| total < known.0) {
                chosen = Some((total, index, with));
            }
        }
        let (total, index, chosen) = chosen?;
        let consumed = chosen.iter().map(|known| terms[known.0].clone()).collect();
        let recheck: Vec<Expr> = chosen.iter().map(|known| condition(&known.1)).collect();
        let is_rechecked = |term: &Expr| recheck.iter().any(|known| walk::same(known, term));
        let rest: Vec<Expr> =
            terms.iter().filter(|term| !is_rechecked(term)).map(|term| (*term).clone()).collect();
        let mut sources: Vec<BitmapSource> = chosen.into_iter().map(|known| known.1).collect();
        let source = match sources.len() {
            1 => sources.remove(0),
            _ => BitmapSource::And(sources),
        };
        let disabled = if self.settings.bitmap_scan { 0.0 } else { DISABLED };
        Some(Access {
            index: None,
            index_only: false,
            range: None,
            direction: Direction::Ascending,
            rest: whole.rest.clone(),
            order: whole.order.clone(),
            estimate: Estimate {
                startup_cost: index.total_cost + disabled,
                total_cost: total + disabled,
                ..whole.estimate
            },
            consumed,
            equal_columns: 0,
            unique: false,
            read: index.rows,
            bitmap: Some(BitmapAccess { source, recheck, rest }),
        })
    }

    fn inverted_keys(&self, table: &Table, terms: &[&Expr]) -> Vec<InvertedKey> {
        let mut keys = Vec::new();
        for (position, index) in table.relation.indexes.iter().enumerate() {
            if !index.is_inverted() || index.state != IndexState::Valid {
                continue;
            }
            let Some(shape) = self.index_shape(table, position) else { continue };
            if !shape.has_all(self, terms) {
                continue;
            }
            let classes = index.inverted_classes();
            keys.extend(shape.keys.iter().zip(classes).enumerate().map(|(place, (key, class))| {
                InvertedKey { index: position, column: place, class, key: key.expression.clone() }
            }));
        }
        keys
    }

    fn bitmap_source(
        &self,
        table: &Table,
        term: &Expr,
        keys: &[InvertedKey],
        rows: f64,
        pages: f64,
    ) -> Option<BitmapSource> {
        match term {
            Expr::Or(sides) => {
                let mut sources = Vec::with_capacity(sides.len());
                for side in sides {
                    sources.push(self.bitmap_source(table, side, keys, rows, pages)?);
                }
                Some(BitmapSource::Or(sources))
            }
            Expr::And(parts) => {
                let mut sources: Vec<BitmapSource> = parts
                    .iter()
                    .filter_map(|part| self.bitmap_source(table, part, keys, rows, pages))
                    .collect();
                match sources.len() {
                    0 => None,
                    1 => Some(sources.remove(0)),
                    _ => Some(BitmapSource::And(sources)),
                }
            }
            Expr::Call(call) => {
                let operator = crate::explain::deparse::operator_name(call.function.oid)?;
                let [left, right] = call.arguments.as_slice() else {
                    return None;
                };
                let direct = keys.iter().map(|key| (key, Some(operator), left, right));
                let turned = keys.iter().map(|key| (key, swapped(operator), right, left));
                direct.chain(turned).find_map(|(key, operator, value, argument)| {
                    let operator = operator.filter(|name| key.class.has_operator(name))?;
                    let fits = walk::same(stripped(value), stripped(&key.key))
                        && self.is_argument(table, argument);
                    if !fits {
                        return None;
                    }
                    let lookups = lookups(key.class, operator, argument)?;
                    let kept = (rows * self.estimator(rows).of(term)).max(1.0);
                    Some(BitmapSource::Index {
                        index: key.index,
                        column: key.column,
                        class: key.class,
                        operator,
                        argument: argument.clone(),
                        condition: Expr::Call(call.clone()),
                        estimate: self.index_estimate(kept, lookups, pages),
                    })
                })
            }
            _ => None,
        }
    }

    /// Known before the table is read.
    fn is_argument(&self, table: &Table, expr: &Expr) -> bool {
        walk::all_columns(expr, &|id| id < table.first || id >= table.end())
            && !walk::is_volatile(expr)
            && !walk::has_subplan(expr)
    }

    fn index_estimate(&self, kept: f64, lookups: f64, pages: f64) -> Estimate {
        let settings = &self.settings;
        let read = kept * lookups.min(4.0);
        let total = lookups * (settings.random_page * 0.5 + settings.round_trip)
            + (read / 200.0).ceil().min(pages) * settings.random_page * 0.5
            + read * settings.cpu_index_row;
        Estimate { startup_cost: 0.0, total_cost: total, rows: kept, width: 0 }
    }

    /// All of it: the indexes, then the rows in storage order. As in PostgreSQL, a page costs the less the more of
    /// the table's pages are read (Mackert and Lohman's formula says how many).
    fn heap_cost(&self, index: &Estimate, pages: f64, terms: usize) -> f64 {
        let settings = &self.settings;
        let rows = index.rows;
        let read = (2.0 * pages * rows / (2.0 * pages + rows)).min(pages).max(1.0);
        let step = settings.random_page - settings.sequential_page;
        let page = settings.random_page - step * (read / pages.max(1.0)).sqrt();
        index.total_cost
            + read * page
            + settings.round_trip * (rows / cost::LOOKUP_BATCH).ceil()
            + rows * (settings.cpu_row + terms as f64 * settings.cpu_operator)
    }
}

/// How many entries are looked up; `None` if the condition is one that the index cannot narrow.
fn lookups(class: InvertedClass, operator: &str, argument: &Expr) -> Option<f64> {
    fn count(query: &EntryQuery) -> f64 {
        match query {
            EntryQuery::All | EntryQuery::Nothing => 0.0,
            EntryQuery::Entry(_) | EntryQuery::Prefix(_) => 1.0,
            EntryQuery::And(parts) | EntryQuery::Or(parts) => parts.iter().map(count).sum(),
        }
    }
    let Expr::Constant { value, .. } = argument else {
        return Some(2.0);
    };
    match class.query(operator, if value.is_null() { &Datum::Null } else { value }) {
        Ok(EntryQuery::All) | Err(_) => None,
        Ok(query) => Some(count(&query).max(1.0)),
    }
}

/// What the indexes of a part of a bitmap look at.
fn condition(source: &BitmapSource) -> Expr {
    let all = |parts: &[BitmapSource]| parts.iter().map(condition).collect();
    match source {
        BitmapSource::Index { condition, .. } => condition.clone(),
        BitmapSource::And(parts) => Expr::And(all(parts)),
        BitmapSource::Or(parts) => Expr::Or(all(parts)),
    }
}

/// The estimate of a part of a bitmap.
pub fn estimate(source: &BitmapSource) -> Estimate {
    match source {
        BitmapSource::Index { estimate, .. } => *estimate,
        BitmapSource::And(parts) => combined(parts, f64::MAX, true),
        BitmapSource::Or(parts) => combined(parts, f64::MAX, false),
    }
}

fn combined(parts: &[BitmapSource], table_rows: f64, all: bool) -> Estimate {
    let mut total = Estimate { startup_cost: 0.0, total_cost: 0.0, rows: 0.0, width: 0 };
    for (place, part) in parts.iter().enumerate() {
        let part = estimate(part);
        total.total_cost += part.total_cost;
        total.rows = match (place, all) {
            (0, _) => part.rows,
            (_, false) => total.rows + part.rows,
            // As far as rows of the table are known, conditions are independent.
            (_, true) if table_rows < f64::MAX => {
                (total.rows * part.rows / table_rows.max(1.0)).max(1.0)
            }
            (_, true) => total.rows.min(part.rows),
        };
    }
    total
}

/// Calls `visit` with each index of a bitmap: argument and condition.
pub fn parts_mut(
    source: &mut BitmapSource,
    visit: &mut dyn FnMut(&mut Expr, &mut Expr) -> types::SqlResult<()>,
) -> types::SqlResult<()> {
    match source {
        BitmapSource::Index { argument, condition, .. } => visit(argument, condition),
        BitmapSource::And(parts) | BitmapSource::Or(parts) => {
            parts.iter_mut().try_for_each(|part| parts_mut(part, visit))
        }
    }
}
