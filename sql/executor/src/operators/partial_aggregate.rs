//! Groups made where rows are read: what a helper of a parallel scan makes of a batch before the statement sees it.
//!
//! A batch of a thousand rows often has a few groups only. The helper takes its rows into groups of their own and hands over
//! what they amount to ([`functions::definition::Accumulator::state`]); the statement merges that into its groups.
//! This is done for aggregates whose result is the same however the rows are divided, which sums of floating point numbers
//! are not, and only while it pays: a batch with nearly as many groups as rows is handed over as it is, and so are all
//! after it.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashTable;
use planner::expression::{Aggregate, Expr};
use planner::plan::{AggregateNode, Operator};
use types::{Datum, Row, SqlResult};

use super::aggregate::{Grouping, hash_of, keys_of_set};
use super::aggregate_call::AggregateCall;
use crate::context::Context;
use crate::environment::Environment;
use crate::evaluate::Scope;
use crate::inspect::is_pushable;
use crate::keys::{borrowed_keys, same};

/// Shorter scans have no helpers.
const ROWS_FROM: f64 = 4096.0;
/// A batch pays with at most one group for so many rows.
const ROWS_PER_GROUP: usize = 3;

/// What helpers need to know of an aggregation.
pub struct PartialProgram {
    keys: Vec<Expr>,
    sets: Vec<Vec<usize>>,
    aggregates: Vec<Aggregate>,
    env: Arc<dyn Environment>,
    parameters: Arc<[Datum]>,
    exec: Vec<Datum>,
    /// It has turned out not to pay.
    useless: AtomicBool,
}

/// What some rows of a group amount to.
pub struct PartialGroup {
    pub set: usize,
    pub hash: u64,
    pub keys: Row,
    /// One for each aggregate.
    pub states: Vec<Row>,
}

impl PartialProgram {
    /// `None` if the aggregation cannot be divided, or if it will not be worth it.
    pub fn of(node: &AggregateNode, context: &Context) -> Option<Arc<PartialProgram>> {
        let is_scan = matches!(&node.input.operator, Operator::Scan(scan) if scan.limit.is_none());
        if !is_scan || node.input.estimate.rows < ROWS_FROM || context.env().helpers() == 0 {
            return None;
        }
        let divides = |aggregate: &Aggregate| {
            let expressions = aggregate.arguments.iter().chain(&aggregate.filter);
            AggregateCall::new(aggregate).state().is_some()
                && expressions.into_iter().all(is_pushable)
        };
        if !node.aggregates.iter().all(divides) || !node.keys.iter().all(is_pushable) {
            return None;
        }
        Some(Arc::new(PartialProgram {
            keys: node.keys.clone(),
            sets: node.sets.clone(),
            aggregates: node.aggregates.clone(),
            env: Arc::clone(context.shared_env()),
            parameters: Arc::clone(context.parameters()),
            exec: context.exec_parameters.borrow().clone(),
            useless: AtomicBool::new(false),
        }))
    }

    /// The groups of a batch; `None` if the batch should be handed over as it is.
    pub fn groups(&self, rows: &[Row]) -> SqlResult<Option<Vec<PartialGroup>>> {
        if self.useless.load(Ordering::Relaxed) || rows.is_empty() {
            return Ok(None);
        }
        let grouping =
            Grouping { keys: &self.keys, sets: &self.sets, aggregates: &self.aggregates };
        let groups_max = rows.len() * self.sets.len() / ROWS_PER_GROUP + 1;
        let scope = Scope::detached(&*self.env, &self.parameters, &self.exec);
        let mut places: HashTable<usize> = HashTable::new();
        let mut groups: Vec<(usize, u64, Row, Vec<AggregateCall>)> = Vec::new();
        for row in rows {
            let keys = borrowed_keys(grouping.keys, row, &scope)?;
            for (set, in_set) in grouping.sets.iter().enumerate() {
                let hash = hash_of(set, in_set, &keys);
                let place = places.find(hash, |&place| {
                    let group = &groups[place];
                    let same_keys = || in_set.iter().all(|&key| same(&group.2[key], &keys[key]));
                    group.1 == hash && group.0 == set && same_keys()
                });
                let place = match place {
                    Some(&place) => place,
                    None if groups.len() >= groups_max => {
                        self.useless.store(true, Ordering::Relaxed);
                        return Ok(None);
                    }
                    None => {
                        let place = groups.len();
                        places.insert_unique(hash, place, |&place| groups[place].1);
                        let calls = grouping.aggregates.iter().map(AggregateCall::new).collect();
                        groups.push((set, hash, keys_of_set(in_set, &keys), calls));
                        place
                    }
                };
                for (call, aggregate) in groups[place].3.iter_mut().zip(grouping.aggregates) {
                    call.add(aggregate, row, &scope)?;
                }
            }
        }
        let finish = |(set, hash, keys, calls): (usize, u64, Row, Vec<AggregateCall>)| {
            let states = calls.iter().map(AggregateCall::state).collect::<Option<_>>()?;
            Some(PartialGroup { set, hash, keys, states })
        };
        Ok(groups.into_iter().map(finish).collect())
    }
}

impl PartialGroup {
    /// As one row, for disk: the keys, and each state behind its length.
    pub fn into_row(self) -> Row {
        let mut row = self.keys;
        for state in self.states {
            row.push(Datum::Int4(i32::try_from(state.len()).unwrap_or(i32::MAX)));
            row.extend(state);
        }
        row
    }

    /// As it went into [`PartialGroup::into_row`].
    pub(super) fn from_row(row: Row, set: usize, grouping: &Grouping<'_>) -> Option<PartialGroup> {
        let mut values = row.into_iter();
        let keys: Row = values.by_ref().take(grouping.keys.len()).collect();
        let mut states = Vec::with_capacity(grouping.aggregates.len());
        for _ in grouping.aggregates {
            let Datum::Int4(length) = values.next()? else { return None };
            let length = usize::try_from(length).ok()?;
            let state: Row = values.by_ref().take(length).collect();
            if state.len() != length {
                return None;
            }
            states.push(state);
        }
        let hash = {
            let borrowed = keys.iter().map(Cow::Borrowed).collect();
            hash_of(set, grouping.sets.get(set)?, &borrowed)
        };
        Some(PartialGroup { set, hash, keys, states })
    }
}
