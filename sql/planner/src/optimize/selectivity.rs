//! How many rows a condition keeps.

use types::Datum;

use crate::catalog_view::{CatalogView, ColumnStatistics};
use crate::expression::Expr;
use crate::logical::{ColumnFacts, ColumnId};
use crate::walk::same_datum;

pub const EQUAL: f64 = 0.005;
pub const RANGE: f64 = 0.333_333;
pub const BETWEEN: f64 = 0.005;
pub const LIKE: f64 = 0.05;

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

    pub fn distinct(&self, id: ColumnId) -> f64 {
        if self.unique(id) {
            return self.rows.max(1.0);
        }
        let known = self.column(id, |column| column.distinct);
        match known {
            Some(distinct) if distinct < 0.0 => (-distinct * self.rows).max(1.0),
            Some(distinct) if distinct > 0.0 => distinct,
            _ => (self.rows / 1.0).clamp(1.0, 200.0),
        }
    }

    pub fn equal(&self, id: ColumnId, value: Option<&Datum>) -> f64 {
        if self.unique(id) {
            return (1.0 / self.rows.max(1.0)).min(1.0);
        }
        let known = self.column(id, |column| {
            let mut common = 0.0;
            for (known, fraction) in &column.most_common {
                if value.is_some_and(|value| same_datum(value, known)) {
                    return *fraction;
                }
                common += fraction;
            }
            let distinct =
                if column.distinct < 0.0 { -column.distinct * self.rows } else { column.distinct };
            let rest = (distinct - column.most_common.len() as f64).max(1.0);
            ((1.0 - column.null_fraction - common).max(0.0) / rest).min(1.0)
        });
        known.unwrap_or_else(|| (1.0 / self.distinct(id)).max(1.0 / self.rows.max(1.0)).min(1.0))
    }

    fn range(&self, id: ColumnId, comparison: Comparison, value: Option<&Datum>) -> f64 {
        let known = self.column(id, |column| {
            let value = value?;
            let bounds = &column.histogram;
            if bounds.len() < 2 {
                return None;
            }
            let below = bounds.partition_point(|bound| less(bound, value));
            let fraction = (below as f64 - 0.5).max(0.0) / (bounds.len() - 1) as f64;
            let fraction = fraction.clamp(0.0, 1.0);
            let kept = match comparison {
                Comparison::Less | Comparison::LessOrEqual => fraction,
                _ => 1.0 - fraction,
            };
            Some((kept * (1.0 - column.null_fraction)).max(0.0001))
        });
        known.flatten().unwrap_or(RANGE)
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
            Expr::BooleanTest { .. } | Expr::Column { .. } => 0.5,
            Expr::InList { operand, list, negated, .. } => {
                let one = as_column(operand).map_or(EQUAL, |id| self.equal(id, None));
                let all = (one * list.len() as f64).min(1.0);
                if *negated { 1.0 - all } else { all }
            }
            Expr::AnyAll { operand, array, .. } => {
                let count = match &**array {
                    Expr::Constant { value: Datum::Array(array), .. } => array.elements.len(),
                    Expr::Array { elements, .. } => elements.len(),
                    _ => 10,
                };
                let one = as_column(operand).map_or(EQUAL, |id| self.equal(id, None));
                (one * count as f64).min(1.0)
            }
            Expr::Call(call) => match comparison(condition) {
                Some((left, kind, right)) => {
                    let (column, kind, other) = match (as_column(left), as_column(right)) {
                        (Some(a), Some(b)) => {
                            return match kind {
                                Comparison::Equal => {
                                    1.0 / self.distinct(a).max(self.distinct(b)).max(1.0)
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
                    match (kind, column) {
                        (Comparison::Equal, Some(column)) => self.equal(column, value),
                        (Comparison::Equal, None) => EQUAL,
                        (Comparison::NotEqual, Some(column)) => 1.0 - self.equal(column, value),
                        (Comparison::NotEqual, None) => 0.995,
                        (kind, Some(column)) => self.range(column, kind, value),
                        _ => RANGE,
                    }
                }
                None => match crate::explain::deparse::operator_name(call.function.oid) {
                    Some("~~" | "~~*" | "~" | "~*") => LIKE,
                    Some("!~~" | "!~~*" | "!~" | "!~*") => 1.0 - LIKE,
                    _ => 0.333_333,
                },
            },
            _ => 0.5,
        };
        selectivity.clamp(0.0, 1.0)
    }

    /// All conditions together: independent, except that two bounds of one column are a range.
    pub fn all(&self, terms: &[Expr]) -> f64 {
        let mut product = 1.0;
        let mut bounds: Vec<(ColumnId, bool)> = Vec::new();
        for term in terms {
            let mut this = self.of(term);
            if let Some((left, kind, right)) = comparison(term)
                && let (Some(id), true) = (as_column(left), as_column(right).is_none())
            {
                let lower = match kind {
                    Comparison::Greater | Comparison::GreaterOrEqual => Some(true),
                    Comparison::Less | Comparison::LessOrEqual => Some(false),
                    _ => None,
                };
                if let Some(lower) = lower {
                    if bounds.contains(&(id, !lower)) && (this - RANGE).abs() < 1e-9 {
                        this = BETWEEN / RANGE;
                    }
                    bounds.push((id, lower));
                }
            }
            product *= this;
        }
        product
    }
}

fn less(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Int2(a), Datum::Int2(b)) => a < b,
        (Datum::Int4(a), Datum::Int4(b)) => a < b,
        (Datum::Int8(a), Datum::Int8(b)) => a < b,
        (Datum::Float8(a), Datum::Float8(b)) => a < b,
        (Datum::Text(a), Datum::Text(b)) => a < b,
        (Datum::Date(a), Datum::Date(b)) => a < b,
        (Datum::Timestamp(a), Datum::Timestamp(b))
        | (Datum::TimestampTz(a), Datum::TimestampTz(b)) => a < b,
        (Datum::Uuid(a), Datum::Uuid(b)) => a < b,
        _ => false,
    }
}
