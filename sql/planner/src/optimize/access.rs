//! Ways to read one table: all of it, or ranges of an index.

use catalog::{IndexKey, IndexState};
use functions::{CastContext, apply_cast, find_cast};
use protocol::storage::Direction;
use types::{Array, Datum, Oid, SqlType, oid};

use super::bitmap::BitmapAccess;
use super::cost::{self, DISABLED};
use super::implied::implied;
use super::index_shape::KeyShape;
use super::physical::Planner;
use super::selectivity::{Comparison, comparison, stripped};
use crate::expression::{Cast, Expr, SortKey};
use crate::logical::{ColumnId, Table};
use crate::plan::{Bound, EqualTo, Estimate, IndexRange, JoinKind};
use crate::walk::{self, type_of};

/// One way to read a table.
#[derive(Clone)]
pub struct Access {
    pub index: Option<usize>,
    pub index_only: bool,
    /// Values are over column ids still.
    pub range: Option<IndexRange>,
    pub direction: Direction,
    /// Conditions that the range does not guarantee.
    pub rest: Vec<Expr>,
    pub order: Vec<SortKey>,
    pub estimate: Estimate,
    /// Conditions of the range: for selectivity.
    pub consumed: Vec<Expr>,
    pub equal_columns: usize,
    /// All columns of a unique index are equal to one value each.
    pub unique: bool,
    /// Rows of the range, before the other conditions.
    pub read: f64,
    /// Inverted indexes say which rows.
    pub bitmap: Option<BitmapAccess>,
}

/// What a term says about an index column.
enum Use {
    Equal(EqualTo),
    Low(Bound, bool),
    High(Bound, bool),
    Both(Bound, Bound),
}

impl Planner<'_> {
    /// Rows and pages of a table before any condition.
    pub fn table_size(&self, table: &Table) -> (f64, f64) {
        if let Some(statistics) = self.statistics(table.relation.oid) {
            let pages = (statistics.size_bytes / cost::PAGE_BYTES).ceil().max(1.0);
            return (statistics.rows.max(1.0), pages);
        }
        let width: u32 = table
            .relation
            .live_columns()
            .map(|column| {
                cost::type_width(SqlType::with_modifier(column.type_oid, column.modifier))
            })
            .sum();
        let aligned = f64::from(width.div_ceil(8) * 8 + 28);
        let per_page = ((cost::PAGE_BYTES - 24.0) / aligned).floor().max(1.0);
        (per_page * cost::DEFAULT_PAGES, cost::DEFAULT_PAGES)
    }

    /// All ways worth a look. `extra` are join conditions whose other side is known when the table is read.
    pub fn accesses(
        &self,
        table: &Table,
        extra: &[Expr],
        needed: &dyn Fn(ColumnId) -> bool,
    ) -> Vec<Access> {
        let (rows, pages) = self.table_size(table);
        let estimator = self.estimator(rows);
        let kept = cost::whole_rows(rows * estimator.all(&table.filter) * estimator.all(extra));
        let width = self.width_of(table, needed);
        let terms: Vec<&Expr> = table.filter.iter().chain(extra).collect();
        let operators = terms.len() as f64 * self.settings.cpu_operator;
        let scan_cost = pages * self.settings.sequential_page
            + rows * (self.settings.cpu_row + operators)
            + if self.settings.sequential_scan { 0.0 } else { DISABLED };
        let mut found = vec![Access {
            index: None,
            index_only: false,
            range: None,
            direction: Direction::Ascending,
            rest: terms.iter().map(|term| (*term).clone()).collect(),
            order: self.index_order(table, None, 0, Direction::Ascending),
            estimate: Estimate { startup_cost: 0.0, total_cost: scan_cost, rows: kept, width },
            consumed: Vec::new(),
            equal_columns: 0,
            unique: false,
            read: rows,
            bitmap: None,
        }];
        if extra.is_empty() {
            found.extend(self.bitmap_access(table, &terms, &found[0], pages));
        }
        for (position, index) in table.relation.indexes.iter().enumerate() {
            if index.state != IndexState::Valid || index.is_inverted() || index.is_vector() {
                continue;
            }
            let access =
                self.index_access(table, position, &terms, needed, rows, pages, kept, width);
            if let Some(mut access) = access {
                // One row by its unique key is one point look-up: never dearer than opening a scan, however small the
                // table. It also leaves less behind that others could change (`SERIALIZABLE`, refreshed snapshots).
                if access.unique && extra.is_empty() {
                    let bound = scan_cost * 0.9;
                    access.estimate.startup_cost = access.estimate.startup_cost.min(bound);
                    access.estimate.total_cost = access.estimate.total_cost.min(bound);
                }
                let mut backward = access.clone();
                backward.direction = Direction::Descending;
                backward.order = self.index_order(
                    table,
                    Some(position),
                    access.equal_columns,
                    Direction::Descending,
                );
                found.push(access);
                found.push(backward);
            }
        }
        found
    }

    #[allow(clippy::too_many_arguments)]
    fn index_access(
        &self,
        table: &Table,
        position: usize,
        terms: &[&Expr],
        needed: &dyn Fn(ColumnId) -> bool,
        rows: f64,
        pages: f64,
        kept: f64,
        width: u32,
    ) -> Option<Access> {
        let index = &table.relation.indexes[position];
        let shape = self.index_shape(table, position)?;
        if !shape.has_all(self, terms) {
            return None;
        }
        let mut range = IndexRange::default();
        let mut used = vec![false; terms.len()];
        let by_predicate: Vec<bool> =
            terms.iter().map(|term| shape.guarantees(self, term)).collect();
        let mut guaranteed = by_predicate.clone();
        let mut equal_columns = 0;
        let mut single = 0;
        for key in &shape.keys {
            let mut equal: Option<(usize, EqualTo)> = None;
            for (place, term) in terms.iter().enumerate() {
                if let Some(Use::Equal(to)) = self.index_use(table, term, key) {
                    let better = matches!(to, EqualTo::Value(_));
                    if equal.is_none() || better {
                        equal = Some((place, to));
                    }
                    if better {
                        break;
                    }
                }
            }
            if let Some((place, to)) = equal {
                used[place] = true;
                guaranteed[place] = true;
                if matches!(to, EqualTo::Value(_)) {
                    single += 1;
                    if equal_columns + 1 == range.equal.len() + 1
                        && range.equal.iter().all(|to| !matches!(to, EqualTo::AnyOf(_)))
                    {
                        equal_columns = range.equal.len() + 1;
                    }
                }
                range.equal.push(to);
                continue;
            }
            let ranged = if index.is_ordered() { terms } else { &[] };
            for (place, term) in ranged.iter().enumerate() {
                match self.index_use(table, term, key) {
                    Some(Use::Low(bound, exact)) if range.low.is_none() => {
                        range.low = Some(bound);
                        used[place] = true;
                        guaranteed[place] |= exact;
                    }
                    Some(Use::High(bound, exact)) if range.high.is_none() => {
                        range.high = Some(bound);
                        used[place] = true;
                        guaranteed[place] |= exact;
                    }
                    Some(Use::Both(low, high)) if range.low.is_none() && range.high.is_none() => {
                        range.low = Some(low);
                        range.high = Some(high);
                        used[place] = true;
                    }
                    _ => {}
                }
            }
            if range.low.is_some() != range.high.is_some() && !key.not_null {
                // A range open at one end may meet NULLs: the condition is checked again.
                for (place, term) in terms.iter().enumerate() {
                    let found = self.index_use(table, term, key);
                    if matches!(found, Some(Use::Low(..) | Use::High(..))) {
                        guaranteed[place] = by_predicate[place];
                    }
                }
            }
            break;
        }
        let bounded = used.contains(&true);
        if !index.is_ordered() && !bounded {
            return None;
        }
        let index_only =
            !index.primary && index.is_ordered() && self.covers(table, position, needed);
        let pick = |flags: &[bool], wanted: bool| -> Vec<Expr> {
            terms
                .iter()
                .zip(flags)
                .filter(|(_, flag)| **flag == wanted)
                .map(|(term, _)| (*term).clone())
                .collect()
        };
        let consumed = pick(&used, true);
        let rest = pick(&guaranteed, false);
        let unique = index.unique && single == index.columns.len() && range.equal.len() == single;
        let estimator = self.estimator(rows);
        // Of all rows, those of the index, and of these the ones in the range.
        let mut met = consumed.clone();
        met.extend(
            shape
                .predicate
                .iter()
                .filter(|condition| {
                    let consumed: Vec<&Expr> = consumed.iter().collect();
                    !implied(self.catalog.types(), condition, &consumed)
                })
                .cloned(),
        );
        let fraction = estimator.all(&met);
        let mut read = cost::whole_rows(rows * fraction);
        if unique {
            read = 1.0;
        }
        let settings = &self.settings;
        let lookups = range
            .equal
            .iter()
            .map(|to| match to {
                EqualTo::AnyOf(Expr::Constant { value: Datum::Array(array), .. }) => {
                    array.elements.len().max(1) as f64
                }
                EqualTo::AnyOf(_) => 10.0,
                _ => 1.0,
            })
            .product::<f64>();
        let index_pages = (read / 200.0).ceil().max(1.0).min(pages);
        let fetch = if index.primary {
            (fraction * pages).ceil() * settings.sequential_page
        } else if index_only {
            0.0
        } else {
            read.min(pages.max(read * 0.5)) * settings.random_page * 0.75
                + settings.round_trip * (read / cost::LOOKUP_BATCH).ceil()
        };
        let startup = 0.15;
        let mut total = startup
            + settings.random_page * 0.5
            + (lookups.clamp(1.0, 1_000.0) - 1.0) * settings.round_trip
            + index_pages * settings.random_page * 0.5
            + fetch
            + read * (settings.cpu_index_row + settings.cpu_row)
            + read * terms.len() as f64 * settings.cpu_operator;
        let enabled = if index_only { settings.index_only_scan } else { settings.index_scan };
        if !enabled {
            total += DISABLED;
        }
        Some(Access {
            index: Some(position),
            index_only,
            order: self.index_order(table, Some(position), equal_columns, Direction::Ascending),
            range: bounded.then_some(range),
            direction: Direction::Ascending,
            rest,
            estimate: Estimate {
                startup_cost: startup,
                total_cost: total,
                rows: if unique { 1.0 } else { kept.min(read) },
                width,
            },
            consumed,
            equal_columns,
            unique,
            read,
            bitmap: None,
        })
    }

    fn width_of(&self, table: &Table, needed: &dyn Fn(ColumnId) -> bool) -> u32 {
        let statistics = self.statistics(table.relation.oid);
        (table.first..table.row_key())
            .filter(|&id| needed(id))
            .map(|id| {
                let facts = &self.columns.facts[id];
                statistics
                    .as_ref()
                    .and_then(|statistics| statistics.column(facts.attribute))
                    .map_or_else(|| cost::type_width(facts.ty), |column| column.width as u32)
            })
            .sum()
    }

    /// Whether the index entry has all columns needed, as they were: a key drops what equal values differ in.
    fn covers(&self, table: &Table, position: usize, needed: &dyn Fn(ColumnId) -> bool) -> bool {
        let index = &table.relation.indexes[position];
        let in_key = |index: &catalog::Index, number: i16| {
            index.columns.iter().any(|column| column.key == IndexKey::Column(number))
        };
        if needed(table.row_key()) {
            return false;
        }
        let types = self.catalog.types();
        let is_exact = |type_oid| {
            let base = functions::type_catalog::base_type(types, type_oid);
            let kind = types.facts(base).map(|facts| facts.kind);
            kind == Some(functions::type_catalog::TypeKind::Enum) || encoding::decodes_exactly(base)
        };
        table.relation.columns.iter().enumerate().all(|(attribute, column)| {
            !needed(table.first + attribute)
                || (is_exact(column.type_oid) && in_key(index, column.number))
                || index.include.contains(&column.number)
                || (is_exact(column.type_oid)
                    && table
                        .relation
                        .primary_key()
                        .is_some_and(|primary| in_key(primary, column.number)))
        })
    }

    /// The order in which rows come; without index it is the primary key's.
    fn index_order(
        &self,
        table: &Table,
        index: Option<usize>,
        skip: usize,
        direction: Direction,
    ) -> Vec<SortKey> {
        let primary = || table.relation.indexes.iter().position(|index| index.primary);
        let Some(position) = index.or_else(primary) else {
            return Vec::new();
        };
        let index = &table.relation.indexes[position];
        if !index.is_ordered() {
            return Vec::new();
        }
        let backward = direction == Direction::Descending;
        let Some(shape) = self.index_shape(table, position) else {
            return Vec::new();
        };
        let columns = index.columns.iter().zip(&shape.keys).skip(skip);
        columns
            .map(|(column, key)| SortKey {
                expression: key.expression.clone(),
                descending: column.descending != backward,
                nulls_first: column.nulls_first != backward,
            })
            .collect()
    }

    /// The other side of a comparison as a value of exactly the column's type.
    fn as_column_type(&self, value: &Expr, ty: SqlType) -> Option<Expr> {
        let source = type_of(value).oid;
        if source == ty.oid {
            return Some(value.clone());
        }
        let string = |ty: Oid| matches!(ty, oid::TEXT | oid::VARCHAR);
        let integer = |ty: Oid| matches!(ty, oid::INT2 | oid::INT4 | oid::INT8);
        if string(source) && string(ty.oid) {
            return Some(match value {
                Expr::Constant { value, .. } => {
                    Expr::Constant { value: value.clone(), ty: SqlType::new(ty.oid) }
                }
                other => Expr::Cast(Box::new(Cast {
                    operand: other.clone(),
                    path: functions::CastPath::Relabel { target: ty.oid },
                    ty: SqlType::new(ty.oid),
                    explicit: false,
                    location: 0,
                })),
            });
        }
        if !(integer(source) && integer(ty.oid)) {
            return None;
        }
        if let Expr::Constant { value, .. } = value {
            let path = find_cast(self.catalog.types(), source, ty.oid, CastContext::Assignment)?;
            let value = apply_cast(self.catalog.evaluation(), &path, value, -1, false).ok()?;
            return Some(Expr::Constant { value, ty: SqlType::new(ty.oid) });
        }
        let path = find_cast(self.catalog.types(), source, ty.oid, CastContext::Implicit)?;
        Some(Expr::Cast(Box::new(Cast {
            operand: value.clone(),
            path,
            ty: SqlType::new(ty.oid),
            explicit: false,
            location: 0,
        })))
    }

    fn index_use(&self, table: &Table, term: &Expr, key: &KeyShape) -> Option<Use> {
        let ty = key.ty;
        let free = |expr: &Expr| {
            walk::all_columns(expr, &|id| id < table.first || id >= table.end())
                && !walk::is_volatile(expr)
                && !walk::has_subplan(expr)
        };
        let is_key = |expr: &Expr| walk::same(stripped(expr), stripped(&key.expression));
        match term {
            Expr::IsNull { operand, negated: false } if is_key(operand) => {
                Some(Use::Equal(EqualTo::IsNull))
            }
            Expr::InList { operand, list, negated: false, .. } if is_key(operand) => {
                if !list.iter().all(free) {
                    return None;
                }
                let items: Option<Vec<Expr>> =
                    list.iter().map(|item| self.as_column_type(item, ty)).collect();
                let items = items?;
                let array = functions::type_catalog::array_type(self.catalog.types(), ty.oid);
                let values: Option<Vec<Datum>> = items
                    .iter()
                    .map(|item| match item {
                        Expr::Constant { value, .. } => Some(value.clone()),
                        _ => None,
                    })
                    .collect();
                Some(Use::Equal(EqualTo::AnyOf(match values {
                    Some(values) => Expr::Constant {
                        value: Datum::Array(Array::from_elements(ty.oid, values).into()),
                        ty: SqlType::new(array),
                    },
                    None => Expr::Array { elements: items, element: ty.oid, nested: false },
                })))
            }
            Expr::AnyAll { operand, array, function, all: false } if is_key(operand) => {
                let equal = crate::explain::deparse::operator_name(function.oid) == Some("=");
                let element =
                    functions::type_catalog::element_type(self.catalog.types(), type_of(array).oid);
                let string = |ty: Oid| matches!(ty, oid::TEXT | oid::VARCHAR);
                let fits = element == ty.oid || string(element) && string(ty.oid);
                (equal && fits && free(array))
                    .then(|| Use::Equal(EqualTo::AnyOf((**array).clone())))
            }
            _ if ty.oid == oid::BOOL && is_key(term) => {
                Some(Use::Equal(EqualTo::Value(Expr::Constant {
                    value: Datum::Bool(true),
                    ty: SqlType::new(oid::BOOL),
                })))
            }
            Expr::Not(inner) if is_key(inner) => Some(Use::Equal(EqualTo::Value(Expr::Constant {
                value: Datum::Bool(false),
                ty: SqlType::new(oid::BOOL),
            }))),
            Expr::Call(call) => {
                let Some((left, kind, right)) = comparison(term) else {
                    return like_prefix(call, key);
                };
                let (kind, other) = if is_key(left) && free(right) {
                    (kind, right)
                } else if is_key(right) && free(left) {
                    (kind.swapped(), left)
                } else {
                    return None;
                };
                let value = self.as_column_type(stripped_same(other, ty), ty)?;
                let bound = |inclusive| Bound { value: value.clone(), inclusive };
                Some(match kind {
                    Comparison::Equal => Use::Equal(EqualTo::Value(value)),
                    Comparison::NotEqual => return None,
                    Comparison::Greater => Use::Low(bound(false), true),
                    Comparison::GreaterOrEqual => Use::Low(bound(true), true),
                    Comparison::Less => Use::High(bound(false), true),
                    Comparison::LessOrEqual => Use::High(bound(true), true),
                })
            }
            _ => None,
        }
    }
}

fn stripped_same(expr: &Expr, ty: SqlType) -> &Expr {
    let inner = stripped(expr);
    if type_of(inner).oid == ty.oid { inner } else { expr }
}

/// `column LIKE 'prefix%'`: strings are ordered by their bytes.
fn like_prefix(call: &crate::expression::Call, key: &KeyShape) -> Option<Use> {
    let ty = key.ty;
    if crate::explain::deparse::operator_name(call.function.oid) != Some("~~")
        || !matches!(ty.oid, oid::TEXT | oid::VARCHAR)
    {
        return None;
    }
    let [operand, Expr::Constant { value: Datum::Text(pattern), .. }] = call.arguments.as_slice()
    else {
        return None;
    };
    if !walk::same(stripped(operand), stripped(&key.expression)) {
        return None;
    }
    let end = pattern.find(['%', '_', '\\'])?;
    if end == 0 || pattern.as_bytes()[end] == b'\\' {
        return None;
    }
    let prefix = &pattern[..end];
    let mut last: Vec<char> = prefix.chars().collect();
    let top = last.pop()?;
    let next = (u32::from(top) + 1..=0x10_ffff).find_map(char::from_u32)?;
    last.push(next);
    let text = |text: String| Expr::Constant { value: Datum::text(text), ty: SqlType::new(ty.oid) };
    Some(Use::Both(
        Bound { value: text(prefix.to_owned()), inclusive: true },
        Bound { value: text(last.into_iter().collect()), inclusive: false },
    ))
}

/// Joins that an index join can do.
pub fn index_joinable(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti)
}
