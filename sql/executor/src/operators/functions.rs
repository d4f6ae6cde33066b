//! Set-returning functions, in FROM and in select lists.

use functions::FunctionBody;
use planner::expression::Expr;
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
    let is_set = matches!(set.function.body, FunctionBody::Set(_) | FunctionBody::CatalogSet);
    if is_set && set.function.strict && arguments.iter().any(Datum::is_null) {
        return Ok(());
    }
    match set.function.body {
        FunctionBody::Set(body) => {
            let mut count = 0usize;
            body(context.env(), &arguments, &mut |row| {
                count += 1;
                if count % 1024 == 0 {
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

pub struct ProjectSetState {
    input: Input,
    pending: std::vec::IntoIter<Row>,
    reservation: Option<Reservation>,
}

impl ProjectSetState {
    pub fn new(input: &Plan) -> ProjectSetState {
        ProjectSetState {
            input: Input::new(input),
            pending: Vec::new().into_iter(),
            reservation: None,
        }
    }

    pub fn next(
        &mut self,
        input: &Plan,
        items: &[ProjectSetItem],
        context: &Context,
    ) -> SqlResult<Option<Batch>> {
        let mut output = Vec::new();
        loop {
            output.extend(self.pending.by_ref().take(BATCH_ROWS - output.len()));
            if output.len() >= BATCH_ROWS {
                break;
            }
            let Some(row) = self.input.next_row(input, context)? else {
                break;
            };
            let mut reservation = Reservation::new(context.memory());
            self.pending = expand(items, &row, context, &mut reservation)?.into_iter();
            self.reservation = Some(reservation);
        }
        Ok(if output.is_empty() { None } else { Some(output) })
    }
}

enum Column<'a> {
    Plain(&'a Expr),
    Set(std::vec::IntoIter<Datum>),
}

/// All rows that one input row yields.
fn expand(
    items: &[ProjectSetItem],
    row: &Row,
    context: &Context,
    reservation: &mut Reservation,
) -> SqlResult<Batch> {
    let mut columns = Vec::with_capacity(items.len());
    let mut count = 0;
    for item in items {
        columns.push(match item {
            ProjectSetItem::Plain(expression) => Column::Plain(expression),
            ProjectSetItem::Set(set) => {
                let mut values = Vec::new();
                call(set, row, context, &mut |row| {
                    reservation.require(row_bytes(&row))?;
                    values.push(one_value(set, row));
                    Ok(true)
                })?;
                count = count.max(values.len());
                Column::Set(values.into_iter())
            }
        });
    }
    let scope = context.scope();
    let mut output = Vec::with_capacity(count);
    for number in 0..count {
        if number % 1024 == 1023 {
            context.check_interrupts()?;
        }
        let mut values = Vec::with_capacity(columns.len());
        for column in &mut columns {
            values.push(match column {
                Column::Plain(expression) => evaluate(expression, row, &scope)?,
                Column::Set(set) => set.next().unwrap_or_default(),
            });
        }
        output.push(values);
    }
    Ok(output)
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
