//! What a function gives to others: returned rows, messages, diagnostics.

use types::{Datum, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::interpreter::{Flow, Interpreter, error};
use crate::raise;
use crate::tree::{Raise, Source};

/// Rows that RETURN NEXT and RETURN QUERY may gather.
const MAXIMUM_RETURNED_ROWS: usize = 1_000_000;

impl Interpreter<'_> {
    pub(crate) fn return_value(&mut self, value: Option<&str>) -> SqlResult<Flow> {
        if self.signature.returns_set {
            return Ok(Flow::Return);
        }
        let Some(text) = value else {
            let row = if self.outputs.is_empty() { vec![Datum::Null] } else { self.output_row() };
            self.returned.push(row);
            return Ok(Flow::Return);
        };
        let (value, given) = self.evaluate(text)?;
        if self.signature.result.oid == oid::TRIGGER {
            // NULL says that the row is to be left out.
            if let Datum::Record(fields) = &value {
                if fields.len() != self.signature.columns.len() {
                    return Err(error(
                        sqlstate::DATATYPE_MISMATCH,
                        "returned row structure does not match the structure of the triggering table",
                    ));
                }
                let coerced = fields
                    .iter()
                    .zip(&self.signature.columns)
                    .map(|(field, wanted)| self.host.coerce(field.1.clone(), field.0, *wanted));
                let row = coerced.collect::<SqlResult<Row>>()?;
                self.returned.push(row);
            }
            return Ok(Flow::Return);
        }
        let row = self.result_row(value, given)?;
        self.returned.push(row);
        Ok(Flow::Return)
    }

    /// A returned value as a row of the function's columns.
    fn result_row(&self, value: Datum, given: SqlType) -> SqlResult<Row> {
        let columns = &self.signature.columns;
        if let Datum::Record(fields) = &value
            && columns.len() > 1
        {
            if fields.len() != columns.len() {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    "returned record type does not match expected record type",
                ));
            }
            return fields
                .iter()
                .zip(columns)
                .map(|((ty, value), wanted)| self.host.coerce(value.clone(), *ty, *wanted))
                .collect();
        }
        if columns.len() > 1 {
            return Ok(vec![Datum::Null; columns.len()]);
        }
        let wanted = columns.first().copied().unwrap_or(self.signature.result);
        Ok(vec![self.host.coerce(value, given.oid, wanted)?])
    }

    pub(crate) fn return_next(&mut self, value: Option<&str>) -> SqlResult<()> {
        self.require_set("RETURN NEXT")?;
        let row = match value {
            None => self.output_row(),
            Some(text) => {
                let (value, given) = self.evaluate(text)?;
                self.result_row(value, given)?
            }
        };
        self.gather(row)
    }

    fn require_set(&self, what: &str) -> SqlResult<()> {
        if self.signature.returns_set {
            return Ok(());
        }
        Err(error(
            sqlstate::DATATYPE_MISMATCH,
            format!("cannot use {what} in a non-SETOF function"),
        ))
    }

    fn gather(&mut self, row: Row) -> SqlResult<()> {
        if self.returned.len() >= MAXIMUM_RETURNED_ROWS {
            return Err(error(
                "54000",
                format!("a function may return {MAXIMUM_RETURNED_ROWS} rows at most"),
            ));
        }
        self.returned.push(row);
        Ok(())
    }

    pub(crate) fn return_query(&mut self, source: &Source) -> SqlResult<()> {
        self.require_set("RETURN QUERY")?;
        let rows = self.source(source)?;
        if rows.columns.len() != self.signature.columns.len() {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                "structure of query does not match function result type",
            )
            .detail(format!(
                "Number of returned columns ({}) does not match expected column count ({}).",
                rows.columns.len(),
                self.signature.columns.len()
            )));
        }
        let count = rows.rows.len() as u64;
        for row in rows.rows {
            let mut made = Vec::with_capacity(row.len());
            for ((value, given), wanted) in
                row.into_iter().zip(&rows.columns).zip(&self.signature.columns)
            {
                made.push(self.host.coerce(value, given.1.oid, *wanted)?);
            }
            self.gather(made)?;
        }
        self.counted(count);
        Ok(())
    }

    pub(crate) fn raise(&mut self, raise: &Raise) -> SqlResult<()> {
        if raise.again {
            return Err(self.handled.last().cloned().unwrap_or_else(|| {
                error(
                    "0Z002",
                    "RAISE without parameters cannot be used outside an exception handler",
                )
            }));
        }
        let mut message = None;
        if let Some(format) = &raise.format {
            let mut arguments = Vec::new();
            for argument in &raise.arguments {
                arguments.push(self.text_of(argument)?.unwrap_or_else(|| "<NULL>".to_owned()));
            }
            message = Some(raise::fill(format, &arguments));
        }
        let mut options = Vec::new();
        for (name, expression) in &raise.options {
            let Some(value) = self.text_of(expression)? else {
                return Err(error("22004", "RAISE statement option cannot be null"));
            };
            options.push((name.clone(), value));
        }
        let made = raise::made(raise, message, &options);
        if made.fields().severity == types::Severity::Error {
            return Err(made);
        }
        self.host.notice(made);
        Ok(())
    }

    pub(crate) fn diagnostics(
        &mut self,
        stacked: bool,
        items: &[(Vec<String>, String)],
    ) -> SqlResult<()> {
        for (target, item) in items {
            let (value, ty) = if stacked {
                let Some(failure) = self.handled.last() else {
                    return Err(error(
                        "0Z002",
                        "GET STACKED DIAGNOSTICS cannot be used outside an exception handler",
                    ));
                };
                let fields = failure.fields();
                let text = match item.as_str() {
                    "returned_sqlstate" => fields.sqlstate,
                    "message_text" => &fields.message,
                    "pg_exception_detail" => fields.detail.as_deref().unwrap_or_default(),
                    "pg_exception_hint" => fields.hint.as_deref().unwrap_or_default(),
                    "pg_exception_context" => fields.context.as_deref().unwrap_or_default(),
                    "column_name" => fields.column.as_deref().unwrap_or_default(),
                    "constraint_name" => fields.constraint.as_deref().unwrap_or_default(),
                    "pg_datatype_name" => fields.data_type.as_deref().unwrap_or_default(),
                    "table_name" => fields.table.as_deref().unwrap_or_default(),
                    "schema_name" => fields.schema.as_deref().unwrap_or_default(),
                    other => return Err(unknown_item(other)),
                };
                (Datum::Text(text.into()), oid::TEXT)
            } else {
                match item.as_str() {
                    "pg_routine_oid" => (Datum::Oid(self.signature.routine), oid::OID),
                    "row_count" => (Datum::Int8(self.row_count as i64), oid::INT8),
                    "pg_context" => {
                        let here = self.with_context(error("00000", ""));
                        let text = here.fields().context.clone().unwrap_or_default();
                        (Datum::Text(text.as_str().into()), oid::TEXT)
                    }
                    other => return Err(unknown_item(other)),
                }
            };
            self.assign(target, value, SqlType::new(ty))?;
        }
        Ok(())
    }
}

fn unknown_item(name: &str) -> SqlError {
    error(
        sqlstate::SYNTAX_ERROR,
        format!("unrecognized GET DIAGNOSTICS item at or near \"{name}\""),
    )
}
