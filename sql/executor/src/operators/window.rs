//! Window functions: partitions are read whole, then every call is computed for each row.
//!
//! Aggregates over frames whose start stays are carried on; moving frames take rows back where the
//! accumulator can, else each frame is computed anew. A partition that does not fit the budget
//! fails with 53200.

use std::ops::Range;

use functions::FunctionBody;
use functions::definition::{Accumulator, AggregateDef};
use planner::expression::{Expr, SortKey, WindowCall};
use planner::plan::Plan;
use types::{Datum, Row, SqlError, SqlResult, sqlstate};

use super::window_frame::{Frames, Partition};
use crate::context::{Context, internal};
use crate::evaluate::{evaluate, holds};
use crate::inspect::expression_type;
use crate::keys::{HashKey, SortOrder, key_of, normalize};
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};

pub struct WindowState {
    input: Input,
    ahead: Option<(HashKey, Row)>,
    ready: std::vec::IntoIter<Row>,
    reservation: Option<Reservation>,
    done: bool,
}

impl WindowState {
    pub fn new(input: &Plan) -> WindowState {
        WindowState {
            input: Input::new(input),
            ahead: None,
            ready: Vec::new().into_iter(),
            reservation: None,
            done: false,
        }
    }

    pub fn next(
        &mut self,
        input: &Plan,
        partition_by: &[Expr],
        order_by: &[SortKey],
        calls: &[WindowCall],
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        loop {
            let batch: Batch = self.ready.by_ref().take(BATCH_ROWS).collect();
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
            self.reservation = None;
            if self.done {
                return Ok(None);
            }
            let Some(rows) = self.read_partition(input, partition_by, context)? else {
                return Ok(None);
            };
            let mut partition = divide(rows, order_by, context)?;
            let mut results = Vec::with_capacity(calls.len());
            for call in calls {
                results.push(compute(call, &partition, context)?.into_iter());
            }
            let mut rows = std::mem::take(&mut partition.rows);
            for row in &mut rows {
                for result in &mut results {
                    row.push(result.next().unwrap_or_default());
                }
            }
            self.ready = rows.into_iter();
        }
    }

    fn read_partition(
        &mut self,
        input: &Plan,
        partition_by: &[Expr],
        context: &Context,
    ) -> SqlResult<Option<Vec<Row>>> {
        let scope = context.scope();
        let mut reservation = Reservation::new(context.memory());
        let mut rows = Vec::new();
        let mut current = self.ahead.take().map(|(key, row)| {
            rows.push(row);
            key
        });
        loop {
            let Some(row) = self.input.next_row(input, context)? else {
                self.done = true;
                break;
            };
            let key = key_of(partition_by, &row, &scope)?;
            if current.as_ref().is_some_and(|current| *current != key) {
                self.ahead = Some((key, row));
                break;
            }
            current.get_or_insert(key);
            reservation.require(row_bytes(&row))?;
            rows.push(row);
        }
        self.reservation = Some(reservation);
        Ok(if rows.is_empty() { None } else { Some(rows) })
    }
}

/// Finds the peer groups of a partition.
fn divide(rows: Vec<Row>, order_by: &[SortKey], context: &Context) -> SqlResult<Partition> {
    let scope = context.scope();
    let order = SortOrder::over_keys(order_by);
    let mut keys = Vec::with_capacity(rows.len());
    let mut group_of = Vec::with_capacity(rows.len());
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut last: Option<Row> = None;
    for (number, row) in rows.iter().enumerate() {
        let mut values = Vec::with_capacity(order_by.len());
        for key in order_by {
            let value = evaluate(&key.expression, row, &scope)?;
            values.push(normalize(value, expression_type(&key.expression).oid));
        }
        keys.push(values.first().cloned().unwrap_or_default());
        let same = last.as_ref().is_some_and(|last| order.compare(last, &values).is_eq());
        match groups.last_mut() {
            Some(group) if same => group.end = number + 1,
            _ => groups.push(number..number + 1),
        }
        group_of.push(groups.len() - 1);
        last = Some(values);
    }
    let descending = order_by.first().is_some_and(|key| key.descending);
    Ok(Partition { rows, keys, group_of, groups, descending })
}

/// One call's value for each row of the partition.
fn compute(call: &WindowCall, partition: &Partition, context: &Context) -> SqlResult<Vec<Datum>> {
    if let FunctionBody::Aggregate(definition) = call.function.body {
        return aggregate(call, definition, partition, context);
    }
    let count = partition.rows.len();
    let mut results = Vec::with_capacity(count);
    match call.function.name {
        "row_number" => results.extend((1..=count).map(int8)),
        "rank" => results.extend(
            partition.group_of.iter().map(|&group| int8(partition.groups[group].start + 1)),
        ),
        "dense_rank" => results.extend(partition.group_of.iter().map(|&group| int8(group + 1))),
        "percent_rank" => results.extend(partition.group_of.iter().map(|&group| {
            let before = partition.groups[group].start as f64;
            Datum::Float8(if count > 1 { before / (count - 1) as f64 } else { 0.0 })
        })),
        "cume_dist" => results.extend(
            partition
                .group_of
                .iter()
                .map(|&group| Datum::Float8(partition.groups[group].end as f64 / count as f64)),
        ),
        "ntile" => return ntile(call, partition, context),
        "lag" => return shift(call, partition, false, context),
        "lead" => return shift(call, partition, true, context),
        "first_value" | "last_value" | "nth_value" => return pick(call, partition, context),
        name => return Err(internal(&format!("window function {name} is not known"))),
    }
    Ok(results)
}

fn int8(value: usize) -> Datum {
    Datum::Int8(i64::try_from(value).unwrap_or(i64::MAX))
}

fn integer(value: &Datum) -> Option<i64> {
    match *value {
        Datum::Int2(value) => Some(i64::from(value)),
        Datum::Int4(value) => Some(i64::from(value)),
        Datum::Int8(value) => Some(value),
        _ => None,
    }
}

fn argument(call: &WindowCall, number: usize, row: &Row, context: &Context) -> SqlResult<Datum> {
    match call.arguments.get(number) {
        Some(expression) => evaluate(expression, row, &context.scope()),
        None => Ok(Datum::Null),
    }
}

fn ntile(call: &WindowCall, partition: &Partition, context: &Context) -> SqlResult<Vec<Datum>> {
    let count = partition.rows.len();
    let buckets = argument(call, 0, &partition.rows[0], context)?;
    let Some(buckets) = integer(&buckets) else {
        return Ok(vec![Datum::Null; count]);
    };
    if buckets <= 0 {
        return Err(SqlError::new(
            sqlstate::INVALID_ARGUMENT_FOR_NTILE_FUNCTION,
            "argument of ntile must be greater than zero",
        ));
    }
    let buckets = usize::try_from(buckets).unwrap_or(usize::MAX);
    let (size, larger) = (count / buckets, count % buckets);
    let edge = larger * (size + 1);
    Ok((0..count)
        .map(|row| {
            let bucket =
                if row < edge { row / (size + 1) } else { larger + (row - edge) / size.max(1) };
            Datum::Int4(i32::try_from(bucket + 1).unwrap_or(i32::MAX))
        })
        .collect())
}

/// lag and lead.
fn shift(
    call: &WindowCall,
    partition: &Partition,
    forward: bool,
    context: &Context,
) -> SqlResult<Vec<Datum>> {
    let count = partition.rows.len();
    let mut values = Vec::with_capacity(count);
    for row in &partition.rows {
        values.push(argument(call, 0, row, context)?);
    }
    let mut results = Vec::with_capacity(count);
    for (number, row) in partition.rows.iter().enumerate() {
        let offset = if call.arguments.len() > 1 {
            let offset = argument(call, 1, row, context)?;
            let Some(offset) = integer(&offset) else {
                results.push(Datum::Null);
                continue;
            };
            offset
        } else {
            1
        };
        let offset = if forward { offset } else { offset.saturating_neg() };
        let place = if call.ignore_nulls && offset != 0 {
            skip_nulls(&values, number, offset)
        } else {
            i64::try_from(number).ok().and_then(|number| number.checked_add(offset))
        };
        let found = place
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| values.get(place).cloned());
        results.push(match found {
            Some(value) => value,
            None if call.arguments.len() > 2 => argument(call, 2, row, context)?,
            None => Datum::Null,
        });
    }
    Ok(results)
}

/// The place of the n-th value that is not NULL before or behind a row.
fn skip_nulls(values: &[Datum], from: usize, offset: i64) -> Option<i64> {
    let mut left = offset.unsigned_abs();
    let mut place = from;
    while left > 0 {
        place = if offset > 0 { place + 1 } else { place.checked_sub(1)? };
        if !values.get(place)?.is_null() {
            left -= 1;
        }
    }
    i64::try_from(place).ok()
}

/// first_value, last_value and nth_value.
fn pick(call: &WindowCall, partition: &Partition, context: &Context) -> SqlResult<Vec<Datum>> {
    let frames = Frames::new(&call.frame, context)?;
    let mut values = Vec::with_capacity(partition.rows.len());
    for row in &partition.rows {
        values.push(argument(call, 0, row, context)?);
    }
    let mut results = Vec::with_capacity(values.len());
    for (number, row) in partition.rows.iter().enumerate() {
        if number % 256 == 255 {
            context.check_interrupts()?;
        }
        let whole = frames.whole(partition, number, context)?;
        let parts = frames.parts(partition, number, &whole);
        let wanted = |place: &usize| !call.ignore_nulls || !values[*place].is_null();
        let mut places = parts.iter().cloned().flatten();
        let place = match call.function.name {
            "first_value" => places.find(wanted),
            "last_value" => parts.iter().rev().flat_map(|part| part.clone().rev()).find(wanted),
            _ => {
                let Some(nth) = integer(&argument(call, 1, row, context)?) else {
                    results.push(Datum::Null);
                    continue;
                };
                if nth <= 0 {
                    return Err(SqlError::new(
                        sqlstate::INVALID_ARGUMENT_FOR_NTH_VALUE_FUNCTION,
                        "argument of nth_value must be greater than zero",
                    ));
                }
                places.filter(wanted).nth(usize::try_from(nth - 1).unwrap_or(usize::MAX))
            }
        };
        results.push(place.map_or(Datum::Null, |place| values[place].clone()));
    }
    Ok(results)
}

/// The arguments of the rows an aggregate takes in; `None` for rows it skips.
fn aggregate_inputs(
    call: &WindowCall,
    definition: &AggregateDef,
    partition: &Partition,
    context: &Context,
) -> SqlResult<Vec<Option<Row>>> {
    let scope = context.scope();
    let mut inputs = Vec::with_capacity(partition.rows.len());
    for row in &partition.rows {
        if !holds(call.filter.as_ref(), row, &scope)? {
            inputs.push(None);
            continue;
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for expression in &call.arguments {
            arguments.push(evaluate(expression, row, &scope)?);
        }
        let skipped = definition.skips_null && arguments.iter().any(Datum::is_null);
        inputs.push(if skipped { None } else { Some(arguments) });
    }
    Ok(inputs)
}

/// An aggregate that follows a moving frame.
struct Follower<'a> {
    call: &'a WindowCall,
    definition: &'static AggregateDef,
    inputs: Vec<Option<Row>>,
    accumulator: Box<dyn Accumulator>,
    held: Range<usize>,
    can_remove: bool,
}

impl Follower<'_> {
    fn restart(&mut self, at: usize) {
        self.accumulator = (self.definition.start)(&self.call.argument_types);
        self.held = at..at;
    }

    fn add(&mut self, range: Range<usize>, context: &Context) -> SqlResult<()> {
        for (count, place) in range.enumerate() {
            if count % 4096 == 4095 {
                context.check_interrupts()?;
            }
            if let Some(arguments) = &self.inputs[place] {
                self.accumulator.add(context.env(), arguments)?;
            }
        }
        Ok(())
    }

    /// Moves to a frame that neither starts nor ends before the present one.
    fn follow(&mut self, frame: &Range<usize>, context: &Context) -> SqlResult<()> {
        let disjoint = frame.start >= self.held.end;
        if frame.start < self.held.start || frame.end < self.held.end || disjoint {
            self.restart(frame.start);
        }
        while self.held.start < frame.start {
            let place = self.held.start;
            let removed = match &self.inputs[place] {
                None => true,
                Some(arguments) if self.can_remove => {
                    self.accumulator.remove(context.env(), arguments)?
                }
                Some(_) => false,
            };
            if !removed {
                self.can_remove = false;
                self.restart(frame.start);
                break;
            }
            self.held.start += 1;
        }
        self.add(self.held.end.max(frame.start)..frame.end, context)?;
        self.held = frame.clone();
        Ok(())
    }
}

fn aggregate(
    call: &WindowCall,
    definition: &'static AggregateDef,
    partition: &Partition,
    context: &Context,
) -> SqlResult<Vec<Datum>> {
    let frames = Frames::new(&call.frame, context)?;
    let mut follower = Follower {
        call,
        definition,
        inputs: aggregate_inputs(call, definition, partition, context)?,
        accumulator: (definition.start)(&call.argument_types),
        held: 0..0,
        can_remove: true,
    };
    let mut results: Vec<Datum> = Vec::with_capacity(partition.rows.len());
    let mut last: Option<Range<usize>> = None;
    for number in 0..partition.rows.len() {
        if number % 256 == 255 {
            context.check_interrupts()?;
        }
        let whole = frames.whole(partition, number, context)?;
        if frames.excludes() {
            follower.restart(0);
            for part in frames.parts(partition, number, &whole) {
                follower.add(part, context)?;
            }
            results.push(follower.accumulator.result(context.env())?);
            continue;
        }
        // Peers often share a frame, and so the result.
        if last.as_ref() == Some(&whole)
            && let Some(value) = results.last().cloned()
        {
            results.push(value);
            continue;
        }
        follower.follow(&whole, context)?;
        results.push(follower.accumulator.result(context.env())?);
        last = Some(whole);
    }
    Ok(results)
}
