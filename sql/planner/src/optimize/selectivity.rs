//! How many rows a condition keeps.

use std::cmp::Ordering;

use catalog::AttributeNumber;
use functions::FunctionBody;
use types::Datum;

use super::patterns;
use crate::catalog_view::{CatalogView, ColumnStatistics};
use crate::expression::{Call, Expr};
use crate::logical::{ColumnFacts, ColumnId};
use crate::walk::same_datum;

pub const EQUAL: f64 = 0.005;
pub const RANGE: f64 = 0.333_333;
pub const BETWEEN: f64 = 0.005;
pub const LIKE: f64 = 0.05;
pub const CONTAINS: f64 = 0.005;
pub const MATCHES: f64 = 0.01;

/// The comparison operators of a sorted type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub fn of(name: &str) -> Option<Comparison> {
        Some(match name {
            "=" => Comparison::Equal,
            "<>" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }

    pub fn swapped(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}

/// Without casts that only relabel.
pub fn stripped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast)
            if matches!(cast.path, functions::CastPath::Relabel { .. }) && cast.ty.modifier < 0 =>
        {
            stripped(&cast.operand)
        }
        other => other,
    }
}

pub fn as_column(expr: &Expr) -> Option<ColumnId> {
    match stripped(expr) {
        Expr::Column { index, .. } => Some(*index),
        _ => None,
    }
}

/// A comparison of a column with something: `(column, comparison, other side)`.
pub fn comparison(expr: &Expr) -> Option<(&Expr, Comparison, &Expr)> {
    let Expr::Call(call) = expr else {
        return None;
    };
    let [left, right] = call.arguments.as_slice() else {
        return None;
    };
    let name = crate::explain::deparse::operator_name(call.function.oid)?;
    Some((left, Comparison::of(name)?, right))
}

/// What is known of columns while rows are counted.
pub struct Estimator<'a> {
    pub facts: &'a [ColumnFacts],
    pub catalog: &'a dyn CatalogView,
    pub rows: f64,
}

impl Estimator<'_> {
    fn column<T>(&self, id: ColumnId, read: impl FnOnce(&ColumnStatistics) -> T) -> Option<T> {
        let facts = self.facts.get(id)?;
        if facts.table == 0 {
            return None;
        }
        self.catalog.statistics(facts.table)?.column(facts.attribute).map(read)
    }

    /// Whether the column alone is a unique key.
    fn unique(&self, id: ColumnId) -> bool {
        let Some(facts) = self.facts.get(id).filter(|facts| facts.table != 0) else {
            return false;
        };
        self.catalog.relation_by_oid(facts.table).is_some_and(|relation| {
            relation.indexes.iter().any(|index| {
                index.unique
                    && index.predicate.is_none()
                    && index.columns.len() == 1
                    && index.columns[0].key == catalog::IndexKey::Column(facts.attribute)
            })
        })
    }

    /// Which use of its table the column belongs to, and its number there.
    pub fn instance(&self, id: ColumnId) -> Option<(ColumnId, AttributeNumber)> {
        let facts = self.facts.get(id).filter(|facts| facts.table != 0 && facts.attribute > 0)?;
        // The columns of each use are numbered without gaps.
        Some(((id + 1).checked_sub(facts.attribute as usize)?, facts.attribute))
    }

    /// Rows of the column's own table, if they were counted.
    pub fn table_rows(&self, id: ColumnId) -> Option<f64> {
        let facts = self.facts.get(id).filter(|facts| facts.table != 0)?;
        self.catalog.statistics(facts.table).map(|statistics| statistics.rows.max(1.0))
    }

    /// Distinct values of the column in its whole table.
    pub fn distinct(&self, id: ColumnId) -> f64 {
        let rows = self.table_rows(id).unwrap_or(self.rows).max(1.0);
        if self.unique(id) {
            return rows;
        }
        let known = self.column(id, |column| column.distinct);
        match known {
            Some(distinct) if distinct < 0.0 => (-distinct * rows).max(1.0),
            Some(distinct) if distinct > 0.0 => distinct,
            _ => rows.clamp(1.0, 200.0),
        }
    }

    pub fn equal(&self, id: ColumnId, value: Option<&Datum>) -> f64 {
        if self.unique(id) {
            return (1.0 / self.rows.max(1.0)).min(1.0);
        }
        // A fraction of distinct values is one of the whole table, not of the rows that are left here.
        let distinct = self.distinct(id);
        let known = self.column(id, |column| equal_fraction(column, distinct, value));
        known.unwrap_or_else(|| (1.0 / self.distinct(id)).max(1.0 / self.rows.max(1.0)).min(1.0))
    }

    /// The fraction of the column's values that compare so with a constant.
    fn range(&self, id: ColumnId, comparison: Comparison, value: Option<&Datum>) -> f64 {
        let below = matches!(comparison, Comparison::Less | Comparison::LessOrEqual);
        let known = self.column(id, |column| {
            let value = value?;
            let bounds = &column.histogram;
            let mut common = 0.0;
            let mut kept = 0.0;
            for (known, fraction) in &column.most_common {
                common += fraction;
                let order = order_of(known, value)?;
                let holds = match comparison {
                    Comparison::Less => order == Ordering::Less,
                    Comparison::LessOrEqual => order != Ordering::Greater,
                    Comparison::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                };
                if holds {
                    kept += fraction;
                }
            }
            if bounds.len() < 2 {
                return (common > 0.0).then_some(kept);
            }
            order_of(&bounds[0], value)?;
            let place =
                bounds.partition_point(|bound| order_of(bound, value) == Some(Ordering::Less));
            let fraction = if place == 0 {
                0.0
            } else if place == bounds.len() {
                1.0
            } else {
                let within = between(&bounds[place - 1], value, &bounds[place]);
                ((place - 1) as f64 + within) / (bounds.len() - 1) as f64
            };
            let rest = (1.0 - column.null_fraction - common).max(0.0);
            Some(kept + rest * if below { fraction } else { 1.0 - fraction })
        });
        known.flatten().map_or(RANGE, |fraction| fraction.clamp(0.0001, 1.0))
    }

    /// The fraction of rows that are NULL there.
    pub fn nulls(&self, id: ColumnId) -> f64 {
        if self.facts.get(id).is_some_and(|facts| facts.not_null) {
            return 0.0;
        }
        self.column(id, |column| column.null_fraction).unwrap_or(0.0)
    }

    /// The share of a value if it is a common one, 0 if all common values are known and it is none of them.
    fn common(&self, id: ColumnId, value: &Datum) -> Option<f64> {
        self.column(id, |column| {
            let known = column.most_common.iter().find(|known| same_datum(value, &known.0));
            match known {
                Some(known) => Some(known.1),
                None if column.most_common.is_empty() => None,
                None => Some(0.0),
            }
        })?
    }

    /// A comparison of a column, if it is one, with a value, if that is known.
    fn compared(&self, column: Option<ColumnId>, kind: Comparison, value: Option<&Datum>) -> f64 {
        match (kind, column) {
            (Comparison::Equal, Some(column)) => self.equal(column, value),
            (Comparison::Equal, None) => EQUAL,
            (Comparison::NotEqual, Some(column)) => {
                (1.0 - self.equal(column, value) - self.nulls(column)).max(0.0)
            }
            (Comparison::NotEqual, None) => 0.995,
            (kind, Some(column)) => self.range(column, kind, value),
            _ => RANGE,
        }
    }

    /// LIKE, a regular expression, or its negation.
    fn pattern(&self, call: &Call, name: &str, negated: bool) -> f64 {
        let unknown = if negated { 1.0 - LIKE } else { LIKE };
        let [operand, Expr::Constant { value: pattern @ Datum::Text(text), .. }] =
            call.arguments.as_slice()
        else {
            return unknown;
        };
        let Some(id) = as_column(operand) else {
            return unknown;
        };
        if matches!(name, "~~" | "!~~") && patterns::is_plain(text) {
            let kind = if negated { Comparison::NotEqual } else { Comparison::Equal };
            return self.compared(Some(id), kind, Some(pattern));
        }
        let guess = if name.contains("~~") { patterns::guess_like(text) } else { LIKE };
        let guess = if negated { 1.0 - guess } else { guess };
        let context = self.catalog.evaluation();
        let holds = |value: &Datum| {
            let arguments = [value.clone(), pattern.clone()];
            let answer = match call.function.body {
                FunctionBody::Scalar(function) => function(context, &arguments),
                FunctionBody::TypedScalar(function) => {
                    function(context, &arguments, &call.argument_types, call.ty.oid)
                }
                _ => return None,
            };
            match answer {
                Ok(Datum::Bool(holds)) => Some(holds),
                _ => None,
            }
        };
        let known = self.column(id, |column| patterns::matching(column, guess, &holds));
        known.flatten().unwrap_or(unknown)
    }

    /// The fraction of rows for which the condition holds.
    pub fn of(&self, condition: &Expr) -> f64 {
        let selectivity = match condition {
            Expr::Constant { value: Datum::Bool(true), .. } => 1.0,
            Expr::Constant { .. } => 0.0,
            Expr::And(terms) => self.all(terms),
            Expr::Or(terms) => terms.iter().fold(0.0, |sum, term| {
                let this = self.of(term);
                sum + this - sum * this
            }),
            Expr::Not(inner) => 1.0 - self.of(inner),
            Expr::IsNull { operand, negated } => {
                let nulls = match as_column(operand) {
                    Some(id) if self.facts.get(id).is_some_and(|facts| facts.not_null) => 0.0,
                    Some(id) => self.column(id, |column| column.null_fraction).unwrap_or(EQUAL),
                    None => EQUAL,
                };
                if *negated { 1.0 - nulls } else { nulls }
            }
            Expr::Column { index, .. } => self.common(*index, &Datum::Bool(true)).unwrap_or(0.5),
            Expr::BooleanTest { .. } => 0.5,
            Expr::InList { operand, list, negated, .. } => {
                let column = as_column(operand);
                let one = |item: &Expr| match (column, item) {
                    (Some(id), Expr::Constant { value, .. }) => self.equal(id, Some(value)),
                    (Some(id), _) => self.equal(id, None),
                    (None, _) => EQUAL,
                };
                let all = list.iter().map(one).sum::<f64>().min(1.0);
                if *negated { 1.0 - all } else { all }
            }
            Expr::AnyAll { operand, array, function, all } => {
                let kind =
                    crate::explain::deparse::operator_name(function.oid).and_then(Comparison::of);
                let one = |value: Option<&Datum>| match (as_column(operand), kind) {
                    (column, Some(kind)) => self.compared(column, kind, value),
                    (_, None) => EQUAL,
                };
                let each: Vec<f64> = match &**array {
                    Expr::Constant { value: Datum::Array(array), .. } => {
                        array.elements.iter().map(|value| one(Some(value))).collect()
                    }
                    Expr::Array { elements, .. } => vec![one(None); elements.len()],
                    _ => vec![one(None); 10],
                };
                match (kind, all) {
                    // Different values: no row equals two of them.
                    (Some(Comparison::Equal), false) => each.iter().sum::<f64>().min(1.0),
                    (Some(Comparison::NotEqual), true) => {
                        1.0 - each.iter().map(|kept| 1.0 - kept).sum::<f64>().min(1.0)
                    }
                    (_, true) => each.iter().product(),
                    (_, false) => 1.0 - each.iter().map(|kept| 1.0 - kept).product::<f64>(),
                }
            }
            Expr::Call(call) => match comparison(condition) {
                Some((left, kind, right)) => {
                    let (column, kind, other) = match (as_column(left), as_column(right)) {
                        (Some(a), Some(b)) => {
                            return match kind {
                                Comparison::Equal => {
                                    (1.0 - self.nulls(a)) * (1.0 - self.nulls(b))
                                        / self.distinct(a).max(self.distinct(b)).max(1.0)
                                }
                                Comparison::NotEqual => 0.995,
                                _ => RANGE,
                            };
                        }
                        (Some(column), None) => (Some(column), kind, right),
                        (None, Some(column)) => (Some(column), kind.swapped(), left),
                        (None, None) => (None, kind, right),
                    };
                    let value = match other {
                        Expr::Constant { value, .. } => Some(value),
                        _ => None,
                    };
                    self.compared(column, kind, value)
                }
                None => match crate::explain::deparse::operator_name(call.function.oid) {
                    Some(name @ ("~~" | "~~*" | "~" | "~*")) => self.pattern(call, name, false),
                    Some(name @ ("!~~" | "!~~*" | "!~" | "!~*")) => self.pattern(call, name, true),
                    Some("@>" | "<@" | "@@") => CONTAINS,
                    Some("&&" | "?" | "?|" | "?&" | "@?" | "%") => MATCHES,
                    _ => 0.333_333,
                },
            },
            _ => 0.5,
        };
        selectivity.clamp(0.0, 1.0)
    }

    /// All conditions together: as extended statistics know them, and the others as independent.
    pub fn all(&self, terms: &[Expr]) -> f64 {
        let (together, known) = self.together(terms);
        let others = terms.iter().zip(known).filter(|(_, known)| !known).map(|(term, _)| term);
        together * self.independent(others)
    }

    /// Conditions that have nothing to do with each other, except that two bounds of one column are a range.
    pub fn independent<'e>(&self, terms: impl Iterator<Item = &'e Expr>) -> f64 {
        let mut product = 1.0;
        // Per column the fractions that its lower and its upper bounds keep.
        let mut bounds: Vec<(ColumnId, Option<f64>, Option<f64>)> = Vec::new();
        for term in terms {
            let this = self.of(term);
            let Some((id, lower)) = bound_of(term) else {
                product *= this;
                continue;
            };
            let place = match bounds.iter().position(|known| known.0 == id) {
                Some(place) => place,
                None => {
                    bounds.push((id, None, None));
                    bounds.len() - 1
                }
            };
            let slot = if lower { &mut bounds[place].1 } else { &mut bounds[place].2 };
            *slot = Some(slot.map_or(this, |known: f64| known.min(this)));
        }
        for (_, low, high) in bounds {
            product *= match (low, high) {
                (Some(low), Some(high))
                    if (low - RANGE).abs() < 1e-9 || (high - RANGE).abs() < 1e-9 =>
                {
                    BETWEEN
                }
                (Some(low), Some(high)) => (low + high - 1.0).max(0.0001),
                (low, high) => low.or(high).unwrap_or(1.0),
            };
        }
        product
    }
}

/// The fraction of a column's rows that equal a constant, or what is known only when it runs (a parameter).
fn equal_fraction(column: &ColumnStatistics, distinct: f64, value: Option<&Datum>) -> f64 {
    let Some(value) = value else {
        // It may be a common value as well as another: the average over all of them. Where the common values are all
        // there are, nothing is left for others, and a plan would be chosen as if no row were found.
        return ((1.0 - column.null_fraction) / distinct.max(1.0)).clamp(0.0, 1.0);
    };
    let mut common = 0.0;
    for (known, fraction) in &column.most_common {
        if same_datum(value, known) || same_padded(value, known) {
            return *fraction;
        }
        common += fraction;
    }
    let rest = (distinct - column.most_common.len() as f64).max(1.0);
    ((1.0 - column.null_fraction - common).max(0.0) / rest).min(1.0)
}

/// Strings of `character(n)` are stored with blanks at their end, constants come without.
pub fn same_padded(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => {
            left.trim_end_matches(' ') == right.trim_end_matches(' ')
        }
        _ => false,
    }
}

/// The column that a comparison bounds, and whether from below.
fn bound_of(term: &Expr) -> Option<(ColumnId, bool)> {
    let (left, kind, right) = comparison(term)?;
    let (id, kind) = match (as_column(left), as_column(right)) {
        (Some(id), None) => (id, kind),
        (None, Some(id)) => (id, kind.swapped()),
        _ => return None,
    };
    match kind {
        Comparison::Greater | Comparison::GreaterOrEqual => Some((id, true)),
        Comparison::Less | Comparison::LessOrEqual => Some((id, false)),
        _ => None,
    }
}

/// A value as a number, for values that are like numbers. Dates and timestamps are on one scale.
fn ordinal(value: &Datum) -> Option<f64> {
    Some(match value {
        Datum::Int2(value) => f64::from(*value),
        Datum::Int4(value) => f64::from(*value),
        Datum::Int8(value) | Datum::Time(value) => *value as f64,
        Datum::Float4(value) => f64::from(*value),
        Datum::Float8(value) => *value,
        Datum::Numeric(value) => value.to_f64(),
        Datum::Oid(value) => f64::from(*value),
        Datum::Date(days) => f64::from(*days) * 86_400e6,
        Datum::Timestamp(micros) | Datum::TimestampTz(micros) => *micros as f64,
        _ => return None,
    })
}

pub fn order_of(left: &Datum, right: &Datum) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (ordinal(left), ordinal(right)) {
        return left.partial_cmp(&right);
    }
    if std::mem::discriminant(left) == std::mem::discriminant(right) {
        return Some(types::compare::compare(left, right));
    }
    None
}

/// How far a value lies between two others: the first bytes of strings count as digits after those they share.
fn between(low: &Datum, value: &Datum, high: &Datum) -> f64 {
    let numbers = match (low, value, high) {
        (Datum::Text(low), Datum::Text(value), Datum::Text(high)) => {
            let (low, value, high) = (low.as_bytes(), value.as_bytes(), high.as_bytes());
            let shared = low.iter().zip(high).take_while(|(a, b)| a == b).count();
            let digits = |bytes: &[u8]| {
                (0..6).fold(0.0, |sum, at| {
                    sum * 256.0 + f64::from(bytes.get(shared + at).copied().unwrap_or(0))
                })
            };
            Some((digits(low), digits(value), digits(high)))
        }
        _ => ordinal(low).zip(ordinal(value)).zip(ordinal(high)).map(|((a, b), c)| (a, b, c)),
    };
    match numbers {
        Some((low, value, high)) if high > low => ((value - low) / (high - low)).clamp(0.0, 1.0),
        _ => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(distinct: f64, most_common: Vec<(Datum, f64)>) -> ColumnStatistics {
        ColumnStatistics {
            attribute: 1,
            null_fraction: 0.2,
            width: 4.0,
            distinct,
            most_common,
            histogram: Vec::new(),
            correlation: 0.0,
        }
    }

    #[test]
    fn a_parameter_is_as_likely_as_the_average_value() {
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-9, "{found}");
        let four = [1, 2, 3, 4].map(|value| (Datum::Int4(value), 0.2)).to_vec();
        // All values are common ones.
        let whole = column(4.0, four);
        near(equal_fraction(&whole, 4.0, None), 0.2);
        near(equal_fraction(&whole, 4.0, Some(&Datum::Int4(3))), 0.2);
        near(equal_fraction(&whole, 4.0, Some(&Datum::Int4(9))), 0.0);
        // One is common, and many are not.
        let mixed = column(-0.5, vec![(Datum::Int4(1), 0.3)]);
        near(equal_fraction(&mixed, 500.0, None), 0.8 / 500.0);
        near(equal_fraction(&mixed, 500.0, Some(&Datum::Int4(9))), 0.5 / 499.0);
    }
}
