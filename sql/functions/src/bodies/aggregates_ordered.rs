//! Aggregates over sorted rows: percentiles, the mode, and places of a hypothetical row.
//!
//! The executor feeds rows in the order of WITHIN GROUP; direct arguments come first in each.

use types::compare::{compare, equal};
use types::{Array, Datum, SqlError, SqlResult, datetime, oid, sqlstate};

use crate::bodies::aggregates_collect::datum_bytes;
use crate::bodies::arguments::{float, wrong_kind};
use crate::context::EvalContext;
use crate::definition::Accumulator;

pub(super) struct Percentile {
    continuous: bool,
    fraction: Datum,
    values: Vec<Datum>,
    bytes: usize,
}

impl Percentile {
    pub(super) fn new(continuous: bool) -> Percentile {
        Percentile { continuous, fraction: Datum::Null, values: Vec::new(), bytes: 0 }
    }

    fn at(&self, fraction: &Datum) -> SqlResult<Datum> {
        if fraction.is_null() || self.values.is_empty() {
            return Ok(Datum::Null);
        }
        let fraction = float(fraction)?;
        if !(0.0..=1.0).contains(&fraction) {
            return Err(SqlError::new(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("percentile value {fraction} is not between 0 and 1"),
            ));
        }
        let count = self.values.len();
        if !self.continuous {
            let row = (fraction * count as f64).ceil().max(1.0) as usize - 1;
            return Ok(self.values[row.min(count - 1)].clone());
        }
        let place = fraction * (count - 1) as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        if low == high {
            return Ok(self.values[low].clone());
        }
        let proportion = place - low as f64;
        match (&self.values[low], &self.values[high]) {
            (Datum::Float8(low), Datum::Float8(high)) => {
                Ok(Datum::Float8(low + proportion * (high - low)))
            }
            (Datum::Interval(low), Datum::Interval(high)) => {
                let difference = datetime::interval_sub(high, low)?;
                let part = datetime::interval_mul(&difference, proportion)?;
                Ok(Datum::Interval(datetime::interval_add(low, &part)?.into()))
            }
            (other, _) => Err(wrong_kind("double precision or interval", other)),
        }
    }
}

impl Accumulator for Percentile {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        self.fraction = arguments[0].clone();
        if !arguments[1].is_null() {
            self.bytes += size_of::<Datum>() + datum_bytes(&arguments[1]);
            self.values.push(arguments[1].clone());
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        let Datum::Array(fractions) = &self.fraction else {
            return self.at(&self.fraction);
        };
        if self.values.is_empty() {
            return Ok(Datum::Null);
        }
        let elements: SqlResult<Vec<Datum>> =
            fractions.elements.iter().map(|fraction| self.at(fraction)).collect();
        let element = match self.values.first() {
            Some(Datum::Interval(_)) => oid::INTERVAL,
            Some(Datum::Int2(_)) => oid::INT2,
            Some(Datum::Int4(_)) => oid::INT4,
            Some(Datum::Int8(_)) => oid::INT8,
            Some(Datum::Numeric(_)) => oid::NUMERIC,
            Some(Datum::Float8(_)) => oid::FLOAT8,
            Some(Datum::Float4(_)) => oid::FLOAT4,
            Some(Datum::Date(_)) => oid::DATE,
            Some(Datum::Timestamp(_)) => oid::TIMESTAMP,
            Some(Datum::TimestampTz(_)) => oid::TIMESTAMPTZ,
            Some(Datum::Uuid(_)) => oid::UUID,
            Some(Datum::Bool(_)) => oid::BOOL,
            _ => oid::TEXT,
        };
        let dimensions = fractions.dimensions.clone();
        Ok(Datum::Array(Array { element, dimensions, elements: elements? }.into()))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}

/// The most frequent value; of several the first. Equal values arrive together, so only runs are counted.
#[derive(Default)]
pub(super) struct Mode {
    best: Datum,
    best_count: u64,
    current: Datum,
    count: u64,
}

impl Accumulator for Mode {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let value = &arguments[0];
        if value.is_null() {
            return Ok(());
        }
        if self.count > 0 && equal(value, &self.current) {
            self.count += 1;
        } else {
            self.current = value.clone();
            self.count = 1;
        }
        if self.count > self.best_count {
            self.best = self.current.clone();
            self.best_count = self.count;
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.best.clone())
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + datum_bytes(&self.best) + datum_bytes(&self.current)
    }
}

#[derive(Clone, Copy)]
pub(super) enum Place {
    Rank,
    DenseRank,
    PercentRank,
    CumulativeDistribution,
}

/// Where the direct arguments would stand among the rows. The first argument says in two bits per column how it is
/// sorted: whether it falls, and whether NULL comes first.
pub(super) struct Hypothetical {
    place: Place,
    orders: i64,
    direct: Vec<Datum>,
    rows: Vec<Vec<Datum>>,
    bytes: usize,
}

/// How the columns of a hypothetical-set aggregate are sorted, as its first argument.
pub fn column_orders(columns: impl Iterator<Item = (bool, bool)>) -> i64 {
    columns.enumerate().fold(0, |orders, (index, (descending, nulls_first))| {
        orders | (i64::from(descending) | i64::from(nulls_first) << 1) << (2 * index.min(31))
    })
}

impl Hypothetical {
    pub(super) fn new(place: Place) -> Hypothetical {
        Hypothetical { place, orders: 0, direct: Vec::new(), rows: Vec::new(), bytes: 0 }
    }
}

impl Accumulator for Hypothetical {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let Some((Datum::Int8(orders), values)) = arguments.split_first() else {
            return Err(SqlError::new(sqlstate::INTERNAL_ERROR, "an order without columns"));
        };
        let (direct, row) = values.split_at(values.len() / 2);
        if self.rows.is_empty() {
            self.orders = *orders;
            self.direct = direct.to_vec();
        }
        self.bytes += row.iter().map(|item| size_of::<Datum>() + datum_bytes(item)).sum::<usize>();
        self.rows.push(row.to_vec());
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        let order = |row: &Vec<Datum>| {
            row.iter()
                .zip(&self.direct)
                .enumerate()
                .map(|(column, (item, direct))| {
                    let bits = self.orders >> (2 * column.min(31));
                    let (falls, nulls_first) = (bits & 1 != 0, bits & 2 != 0);
                    // NULL is above all, so it comes first where the order falls.
                    let by_null = item.is_null() != direct.is_null();
                    let order = compare(item, direct);
                    if (by_null && nulls_first) || (!by_null && falls) {
                        order.reverse()
                    } else {
                        order
                    }
                })
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        };
        let before = self.rows.iter().filter(|row| order(row).is_lt()).count();
        let peers = self.rows.iter().filter(|row| order(row).is_eq()).count();
        let total = self.rows.len();
        Ok(match self.place {
            Place::Rank => Datum::Int8(before as i64 + 1),
            Place::DenseRank => {
                let mut distinct = 0;
                let mut last: Option<&Vec<Datum>> = None;
                for row in self.rows.iter().filter(|row| order(row).is_lt()) {
                    let same = last.is_some_and(|last| {
                        last.iter().zip(row).all(|(left, right)| equal(left, right))
                    });
                    distinct += i64::from(!same);
                    last = Some(row);
                }
                Datum::Int8(distinct + 1)
            }
            Place::PercentRank if total == 0 => Datum::Float8(0.0),
            Place::PercentRank => Datum::Float8(before as f64 / total as f64),
            Place::CumulativeDistribution => {
                Datum::Float8((before + peers + 1) as f64 / (total + 1) as f64)
            }
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}
