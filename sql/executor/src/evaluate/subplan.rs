//! Subqueries in expressions.
//!
//! A subquery without parameters runs once per statement; `IN (SELECT …)` over such a one becomes
//! a hash table where its comparison allows. The others run again for each outer row, with the
//! row's values in their execution parameters.

use std::sync::Arc;

use planner::expression::{Expr, SubPlan, SubPlanKind};
use types::{Array, Datum, Row, SqlError, SqlResult, builtin, sqlstate};

use super::{call_test, evaluate as evaluate_expression};
use crate::context::{Context, internal};
use crate::inspect::expression_type;
use crate::keys::{HashKey, KeySet, normalize};
use crate::memory::{Reservation, row_bytes};
use crate::node::Node;
use crate::spill::{BufferCursor, RowBuffer};

/// What is kept between evaluations of one subquery.
pub(crate) struct SubPlanState {
    node: Option<Node>,
    result: Option<Remembered>,
}

#[derive(Clone)]
enum Remembered {
    Value(Datum),
    Rows(Arc<RowBuffer>),
    Set(Arc<HashedRows>),
}

struct HashedRows {
    keys: KeySet,
    is_empty: bool,
    /// Some row has a NULL; with one column that is all one needs to know of it.
    has_null: bool,
    /// Rows with NULLs, of several columns.
    with_nulls: Vec<Row>,
    _reservation: Reservation,
}

pub(super) fn evaluate(subplan: &SubPlan, row: &[Datum], context: &Context) -> SqlResult<Datum> {
    let address = Arc::as_ptr(&subplan.plan) as usize;
    // One plan may stand in several expressions of different kinds.
    let slot = address ^ kind_number(&subplan.kind);
    let scope = context.scope();
    for (id, expression) in &subplan.parameters {
        context.set_exec_parameter(*id, evaluate_expression(expression, row, &scope)?);
    }
    let remembers = subplan.parameters.is_empty();
    if remembers {
        let known = context.subplans.borrow().get(&slot).and_then(|state| state.result.clone());
        let known = match known {
            Some(known) => known,
            None => {
                let result = remember(subplan, context)?;
                context
                    .subplans
                    .borrow_mut()
                    .insert(slot, SubPlanState { node: None, result: Some(result.clone()) });
                result
            }
        };
        return match known {
            Remembered::Value(value) => Ok(value),
            Remembered::Rows(rows) => quantify_buffer(subplan, &rows, row, context),
            Remembered::Set(set) => quantify_set(subplan, &set, row, context),
        };
    }
    // Taken out while it runs, so that a recursion finds none and makes its own.
    let taken = context.subplans.borrow_mut().remove(&slot).and_then(|state| state.node);
    let mut node = match taken {
        Some(mut node) => {
            node.rescan(&subplan.plan, true);
            node
        }
        None => Node::new(&subplan.plan),
    };
    let result = run(subplan, &mut node, row, context);
    context.subplans.borrow_mut().insert(slot, SubPlanState { node: Some(node), result: None });
    result
}

fn kind_number(kind: &SubPlanKind) -> usize {
    match kind {
        SubPlanKind::Exists => 1,
        SubPlanKind::Scalar => 2,
        SubPlanKind::Array { .. } => 3,
        SubPlanKind::Quantified { hashable, .. } => 4 + usize::from(*hashable),
    }
}

/// Runs the plan once for the present parameters.
fn run(subplan: &SubPlan, node: &mut Node, row: &[Datum], context: &Context) -> SqlResult<Datum> {
    let plan = &*subplan.plan;
    match &subplan.kind {
        SubPlanKind::Exists => Ok(Datum::Bool(node.next(plan, context)?.is_some())),
        SubPlanKind::Scalar => {
            let mut found = None;
            while let Some(batch) = node.next(plan, context)? {
                for row in batch {
                    if found.is_some() {
                        return Err(SqlError::new(
                            sqlstate::CARDINALITY_VIOLATION,
                            "more than one row returned by a subquery used as an expression",
                        ));
                    }
                    found = Some(scalar(row));
                }
            }
            Ok(found.unwrap_or_default())
        }
        SubPlanKind::Array { element } => {
            let mut elements = Vec::new();
            let mut reservation = Reservation::new(context.memory());
            while let Some(batch) = node.next(plan, context)? {
                for row in batch {
                    reservation.require(row_bytes(&row))?;
                    let value = scalar(row);
                    if value.is_null() && builtin::element_of(*element).is_some() {
                        return Err(SqlError::new(
                            sqlstate::NULL_VALUE_NOT_ALLOWED,
                            "cannot accumulate null arrays",
                        ));
                    }
                    elements.push(value);
                }
            }
            let nested = elements.iter().any(|value| matches!(value, Datum::Array(_)))
                && builtin::element_of(*element).is_some();
            let array = if nested {
                let inner = builtin::element_of(*element).unwrap_or(*element);
                super::collections::nest(inner, elements)?
            } else {
                Array::from_elements(*element, elements)
            };
            Ok(Datum::Array(array.into()))
        }
        SubPlanKind::Quantified { .. } => {
            let mut quantifier = Quantifier::new(subplan, row, context)?;
            while let Some(batch) = node.next(plan, context)? {
                for row in &batch {
                    if let Some(result) = quantifier.add(row, context)? {
                        return Ok(result);
                    }
                }
            }
            Ok(quantifier.finish())
        }
    }
}

fn scalar(row: Row) -> Datum {
    row.into_iter().next().unwrap_or_default()
}

fn remember(subplan: &SubPlan, context: &Context) -> SqlResult<Remembered> {
    match &subplan.kind {
        SubPlanKind::Quantified { left, all: false, hashable: true, .. } => {
            let mut set = HashedRows {
                keys: KeySet::default(),
                is_empty: true,
                has_null: false,
                with_nulls: Vec::new(),
                _reservation: Reservation::new(context.memory()),
            };
            let mut node = Node::new(&subplan.plan);
            while let Some(batch) = node.next(&subplan.plan, context)? {
                for row in batch {
                    set.is_empty = false;
                    let row = normalize_row(row, left);
                    if row.iter().any(Datum::is_null) {
                        set.has_null = true;
                        if left.len() > 1 {
                            set._reservation.require(row_bytes(&row))?;
                            set.with_nulls.push(row);
                        }
                        continue;
                    }
                    let bytes = row_bytes(&row) + 32;
                    if set.keys.insert(HashKey::new(row)) {
                        set._reservation.require(bytes)?;
                    }
                }
            }
            Ok(Remembered::Set(Arc::new(set)))
        }
        SubPlanKind::Quantified { .. } => {
            Ok(Remembered::Rows(Arc::new(context.collect(&subplan.plan)?)))
        }
        _ => {
            let mut node = Node::new(&subplan.plan);
            Ok(Remembered::Value(run(subplan, &mut node, &[], context)?))
        }
    }
}

fn normalize_row(row: Row, left: &[Expr]) -> Row {
    row.into_iter()
        .zip(left)
        .map(|(value, left)| normalize(value, expression_type(left).oid))
        .collect()
}

fn quantify_buffer(
    subplan: &SubPlan,
    rows: &RowBuffer,
    row: &[Datum],
    context: &Context,
) -> SqlResult<Datum> {
    let mut quantifier = Quantifier::new(subplan, row, context)?;
    let mut cursor = BufferCursor::default();
    while let Some(batch) = rows.read(&mut cursor, 256)? {
        context.check_interrupts()?;
        for row in &batch {
            if let Some(result) = quantifier.add(row, context)? {
                return Ok(result);
            }
        }
    }
    Ok(quantifier.finish())
}

fn quantify_set(
    subplan: &SubPlan,
    set: &HashedRows,
    row: &[Datum],
    context: &Context,
) -> SqlResult<Datum> {
    if set.is_empty {
        return Ok(Datum::Bool(false));
    }
    let mut quantifier = Quantifier::new(subplan, row, context)?;
    if !quantifier.left.iter().any(Datum::is_null) {
        let SubPlanKind::Quantified { left, .. } = &subplan.kind else {
            return Err(internal("a hashed subquery is not quantified"));
        };
        let key = HashKey::new(normalize_row(quantifier.left.clone(), left));
        if set.keys.contains(&key) {
            return Ok(Datum::Bool(true));
        }
        if quantifier.left.len() == 1 {
            return Ok(if set.has_null { Datum::Null } else { Datum::Bool(false) });
        }
    } else if quantifier.left.len() == 1 {
        return Ok(Datum::Null);
    } else {
        for key in &set.keys {
            if let Some(result) = quantifier.add(&key.values, context)? {
                return Ok(result);
            }
        }
    }
    for row in &set.with_nulls {
        if let Some(result) = quantifier.add(row, context)? {
            return Ok(result);
        }
    }
    Ok(quantifier.finish())
}

/// Folds the subquery's rows into the result of ANY or ALL.
struct Quantifier<'a> {
    left: Row,
    tests: &'a [&'static functions::FunctionDef],
    all: bool,
    unknown: bool,
}

impl<'a> Quantifier<'a> {
    fn new(subplan: &'a SubPlan, row: &[Datum], context: &Context) -> SqlResult<Quantifier<'a>> {
        let SubPlanKind::Quantified { left, tests, all, .. } = &subplan.kind else {
            return Err(internal("a subquery is not quantified"));
        };
        let scope = context.scope();
        let left = left
            .iter()
            .map(|expression| evaluate_expression(expression, row, &scope))
            .collect::<SqlResult<Row>>()?;
        Ok(Quantifier { left, tests, all: *all, unknown: false })
    }

    /// `Some` once the result is certain. Of several columns, ANY needs all tests to hold (row
    /// equality), ALL needs one (row inequality).
    fn add(&mut self, row: &Row, context: &Context) -> SqlResult<Option<Datum>> {
        let scope = context.scope();
        let decisive = self.all && self.tests.len() > 1;
        let mut result = Some(!decisive);
        for ((left, right), test) in self.left.iter().zip(row).zip(self.tests) {
            match call_test(test, left.clone(), right.clone(), &scope)? {
                Some(value) if value == decisive => {
                    result = Some(decisive);
                    break;
                }
                Some(_) => {}
                None => result = None,
            }
        }
        match result {
            Some(value) if value != self.all => Ok(Some(Datum::Bool(!self.all))),
            Some(_) => Ok(None),
            None => {
                self.unknown = true;
                Ok(None)
            }
        }
    }

    fn finish(&self) -> Datum {
        if self.unknown { Datum::Null } else { Datum::Bool(self.all) }
    }
}
