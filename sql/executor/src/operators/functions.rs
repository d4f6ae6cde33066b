//! Set-returning functions, in FROM and in select lists.

use functions::FunctionBody;
use planner::plan::{Plan, ProjectSetItem, SetCall};
use types::{Datum, Row, SqlResult, oid};

use crate::context::Context;
use crate::evaluate::{evaluate, invoke};
use crate::memory::{Reservation, row_bytes};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::spill::{BufferCursor, RowBuffer};

/// Calls the function and hands each of its rows to `take` until that says `false`.
fn call(
    set: &SetCall,
    row: &[Datum],
    context: &Context,
    take: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let scope = context.scope();
    let mut arguments = Vec::with_capacity(set.arguments.len());
    for argument in &set.arguments {
        arguments.push(evaluate(argument, row, &scope)?);
    }
    let is_set = planner::bind::calls::is_table_function(&set.function.body);
    if is_set && set.function.strict && arguments.iter().any(Datum::is_null) {
        return Ok(());
    }
    match set.function.body {
        FunctionBody::Set(body) => {
            let mut count = 0usize;
            body(context.env(), &arguments, &mut |row| {
                count += 1;
                if count.is_multiple_of(1024) {
                    context.check_interrupts()?;
                }
                take(row)
            })
        }
        FunctionBody::CatalogSet => {
            for row in context.env().catalog_set_function(set.function.name, &arguments)? {
                if !take(row)? {
                    break;
                }
            }
            Ok(())
        }
        FunctionBody::Routine { set: true } => {
            let columns: Vec<types::SqlType> = set.columns.clone();
            let call = functions::RoutineCall {
                routine: set.function.oid,
                arguments: &arguments,
                argument_types: &set.argument_types,
                result: set.function.result,
                columns: &columns,
            };
            for row in context.env().call_routine(&call)? {
                if !take(row)? {
                    break;
                }
            }
            Ok(())
        }
        _ => {
            let result = set.columns.first().map_or(set.function.result, |column| column.oid);
            let value =
                invoke(set.function, &arguments, &set.argument_types, result, context.env())?;
            let row = match value {
                Datum::Record(fields) if set.columns.len() > 1 => {
                    fields.iter().map(|(_, value)| value.clone()).collect()
                }
                value => vec![value],
            };
            take(row).map(|_| ())
        }
    }
}

#[derive(Default)]
pub struct FunctionScanState {
    /// The only function is a series: nothing is kept.
    series: Option<Series>,
    results: Option<Vec<(RowBuffer, BufferCursor)>>,
    ordinal: i64,
}

impl FunctionScanState {
    pub fn next(
        &mut self,
        functions: &[SetCall],
        ordinality: bool,
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        if self.results.is_none()
            && self.series.is_none()
            && let [only] = functions
        {
            self.series = Series::of(only, &[], context)?;
        }
        if let Some(series) = &mut self.series {
            context.check_interrupts()?;
            let mut batch = Vec::new();
            for value in series.take(BATCH_ROWS) {
                self.ordinal += 1;
                let mut row = vec![value];
                if ordinality {
                    row.push(Datum::Int8(self.ordinal));
                }
                batch.push(row);
            }
            return Ok(if batch.is_empty() { None } else { Some(batch) });
        }
        if self.results.is_none() {
            let mut results = Vec::with_capacity(functions.len());
            for function in functions {
                let mut buffer = RowBuffer::new(context);
                let width = function.columns.len();
                call(function, &[], context, &mut |mut row| {
                    row.resize(width, Datum::Null);
                    buffer.push(context, row).map(|()| true)
                })?;
                buffer.finish()?;
                results.push((buffer, BufferCursor::default()));
            }
            self.results = Some(results);
        }
        let Some(results) = &mut self.results else {
            return Ok(None);
        };
        let mut parts = Vec::with_capacity(results.len());
        for (buffer, cursor) in results.iter_mut() {
            let mut rows = Vec::new();
            // A buffer may answer with fewer rows where it goes over from memory to disk.
            while rows.len() < BATCH_ROWS {
                match buffer.read(cursor, BATCH_ROWS - rows.len())? {
                    Some(more) => rows.extend(more),
                    None => break,
                }
            }
            parts.push(rows.into_iter());
        }
        let count = parts.iter().map(std::vec::IntoIter::len).max().unwrap_or(0);
        let mut batch = Vec::with_capacity(count);
        for _ in 0..count {
            let mut row = Vec::new();
            for (part, function) in parts.iter_mut().zip(functions) {
                match part.next() {
                    Some(values) => row.extend(values),
                    None => row.resize(row.len() + function.columns.len(), Datum::Null),
                }
            }
            if ordinality {
                self.ordinal += 1;
                row.push(Datum::Int8(self.ordinal));
            }
            batch.push(row);
        }
        Ok(if batch.is_empty() { None } else { Some(batch) })
    }
}

/// `generate_series` over integers, computed as far as it is read.
struct Series {
    next: i128,
    stop: i128,
    step: i128,
    wide: bool,
}

impl Series {
    /// `None` unless the call is such a series; a step of zero is left to the function, which refuses it.
    fn of(set: &SetCall, row: &[Datum], context: &Context) -> SqlResult<Option<Series>> {
        if set.function.name != "generate_series" || !(2..=3).contains(&set.arguments.len()) {
            return Ok(None);
        }
        let scope = context.scope();
        let mut numbers = [0, 0, 1];
        let mut wide = false;
        for (place, argument) in set.arguments.iter().enumerate() {
            numbers[place] = match evaluate(argument, row, &scope)? {
                Datum::Int4(number) => i128::from(number),
                Datum::Int8(number) => {
                    wide = true;
                    i128::from(number)
                }
                _ => return Ok(None),
            };
        }
        let [next, stop, step] = numbers;
        Ok((step != 0).then_some(Series { next, stop, step, wide }))
    }
}

impl Iterator for Series {
    type Item = Datum;

    fn next(&mut self) -> Option<Datum> {
        let past = if self.step > 0 { self.next > self.stop } else { self.next < self.stop };
        if past {
            return None;
        }
        let value = self.next;
        self.next += self.step;
        Some(match self.wide {
            true => Datum::Int8(i64::try_from(value).ok()?),
            false => Datum::Int4(i32::try_from(value).ok()?),
        })
    }
}

pub struct ProjectSetState {
    input: Input,
    current: Option<Expansion>,
    yielded: usize,
}

/// What one input row yields, as far as it has not been yielded.
struct Expansion {
    row: Row,
    columns: Vec<Column>,
    _reservation: Reservation,
}

enum Column {
    Plain,
    Set(std::vec::IntoIter<Datum>),
    Series(Series),
}

impl ProjectSetState {
    pub fn new(input: &Plan) -> ProjectSetState {
        ProjectSetState { input: Input::new(input), current: None, yielded: 0 }
    }

    pub fn next(
        &mut self,
        input: &Plan,
        items: &[ProjectSetItem],
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        let mut output = Vec::new();
        while output.len() < BATCH_ROWS {
            let Some(current) = &mut self.current else {
                let Some(row) = self.input.next_row(input, context)? else {
                    break;
                };
                self.current = Some(expand(items, row, context)?);
                continue;
            };
            self.yielded += 1;
            if self.yielded.is_multiple_of(1024) {
                context.check_interrupts()?;
            }
            match current.next(items, context)? {
                Some(row) => output.push(row),
                None => self.current = None,
            }
        }
        Ok(if output.is_empty() { None } else { Some(output) })
    }
}

impl Expansion {
    /// The next row; as many as the longest set, shorter ones end in NULL.
    fn next(&mut self, items: &[ProjectSetItem], context: &Context) -> SqlResult<Option<Row>> {
        let mut values = vec![Datum::Null; items.len()];
        let mut any = false;
        for (value, column) in values.iter_mut().zip(&mut self.columns) {
            let next = match column {
                Column::Plain => None,
                Column::Set(set) => set.next(),
                Column::Series(series) => series.next(),
            };
            if let Some(next) = next {
                any = true;
                *value = next;
            }
        }
        if !any {
            return Ok(None);
        }
        let scope = context.scope();
        for (value, item) in values.iter_mut().zip(items) {
            if let ProjectSetItem::Plain(expression) = item {
                *value = evaluate(expression, &self.row, &scope)?;
            }
        }
        Ok(Some(values))
    }
}

/// Calls the functions for one input row.
fn expand(items: &[ProjectSetItem], row: Row, context: &Context) -> SqlResult<Expansion> {
    let mut reservation = Reservation::new(context.memory());
    let mut columns = Vec::with_capacity(items.len());
    for item in items {
        let ProjectSetItem::Set(set) = item else {
            columns.push(Column::Plain);
            continue;
        };
        if let Some(series) = Series::of(set, &row, context)? {
            columns.push(Column::Series(series));
            continue;
        }
        let mut values = Vec::new();
        call(set, &row, context, &mut |row| {
            reservation.require(row_bytes(&row))?;
            values.push(one_value(set, row));
            Ok(true)
        })?;
        columns.push(Column::Set(values.into_iter()));
    }
    Ok(Expansion { row, columns, _reservation: reservation })
}

/// A function of several columns yields a record where one value is wanted.
fn one_value(set: &SetCall, row: Row) -> Datum {
    if set.columns.len() <= 1 {
        return row.into_iter().next().unwrap_or_default();
    }
    let type_of = |place: usize| set.columns.get(place).map_or(oid::TEXT, |column| column.oid);
    Datum::Record(
        row.into_iter().enumerate().map(|(place, value)| (type_of(place), value)).collect(),
    )
}
