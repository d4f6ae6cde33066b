//! COPY: rows in and out in bulk.
//!
//! COPY FROM reads frames on the connection's task and hands chunks of them to a thread that cuts rows, reads values
//! and writes. Into a table that the same transaction created or truncated, rows are committed ahead in bulk, so that a
//! load is not bounded by the transaction's limits. COPY TO streams.

mod binary;
mod lines;
mod options;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use executor::{Environment, InsertPipeline};
use pgwire::messages::copy::{CopyData, CopyDone, CopyInResponse, CopyOutResponse};
use planner::expression::Expr;
use planner::plan::OutputColumn;
use session::connection::{Frame, FrameError};
use syntax::ast::{self, CopyDirection, CopySource, CopyTarget};
use types::{Datum, Oid, Row, Severity, SqlError, SqlResult, sqlstate};

use crate::client_session::Session;
use crate::environment::StatementEnvironment;
use crate::portal::BATCH_ROWS;
use crate::statement::Prepared;
use crate::wire;
use binary::BinaryReader;
use lines::{Field, LineReader};
use options::{CopyFormat, CopyOptions, Header};

/// Bytes of input gathered before they are handed to the thread that inserts.
const CHUNK_BYTES: usize = 1 << 20;
/// Rows inserted between two looks at interrupts.
const INSERT_ROWS: usize = 1_000;

/// Runs a COPY statement to its end, its CommandComplete included.
pub async fn run(session: &mut Session, copy: &ast::Copy, text: &Arc<str>) -> SqlResult<()> {
    match &copy.target {
        CopyTarget::Client => {}
        CopyTarget::File(_) => {
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "COPY to or from a file of the server is not supported",
            )
            .hint("Use COPY … FROM STDIN / TO STDOUT, or psql's \\copy."));
        }
        CopyTarget::Program(_) => {
            return Err(SqlError::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                "COPY to or from an external program is not allowed",
            ));
        }
    }
    match copy.direction {
        CopyDirection::From => copy_in(session, copy).await,
        CopyDirection::To => copy_out(session, copy, text).await,
    }
}

/// What COPY FROM needs for each row.
struct Importer {
    environment: Arc<StatementEnvironment>,
    pipeline: InsertPipeline,
    reader: Reader,
    options: CopyOptions,
    /// Position in the table's row, type and modifier of each input column.
    columns: Vec<(usize, Oid, i32, String)>,
    /// Defaults of columns that the input does not have (and of `DEFAULT` markers), over no input.
    defaults: Vec<(usize, Expr)>,
    width: usize,
    table: String,
    header_pending: bool,
    filter: Option<Expr>,
}

enum Reader {
    Lines(LineReader),
    Binary(BinaryReader, u64),
}

async fn copy_in(session: &mut Session, copy: &ast::Copy) -> SqlResult<()> {
    let options = CopyOptions::read(&copy.options, true)?;
    let CopySource::Table { name, columns } = &copy.source else {
        return Err(SqlError::new(sqlstate::SYNTAX_ERROR, "COPY FROM needs a table"));
    };
    let environment = session.environment().await?;
    if environment.read_only {
        return Err(crate::transaction::read_only_error("COPY FROM"));
    }
    let (name, wanted, filter) = (name.clone(), columns.clone(), copy.filter.clone());
    let mut importer = session
        .run_blocking(move || Importer::new(environment, &name, &wanted, options, filter.as_ref()))
        .await?;
    let formats =
        vec![i16::from(importer.options.format == CopyFormat::Binary); importer.columns.len()];
    let overall = i8::from(importer.options.format == CopyFormat::Binary);
    let response = CopyInResponse::new(overall, formats.len() as i16, formats);
    wire::put(&mut session.connection.output, &response);
    session.connection.flush().await.map_err(|_| client_lost())?;
    let mut chunk = BytesMut::new();
    loop {
        let frame = next_frame(session).await?;
        match frame.kind {
            b'd' => {
                chunk.extend_from_slice(&frame.body);
                if chunk.len() >= CHUNK_BYTES {
                    let taken = chunk.split().freeze();
                    importer = insert(session, importer, taken, false).await?;
                }
            }
            b'c' => break,
            b'f' => {
                let end = frame.body.iter().position(|byte| *byte == 0);
                let reason =
                    String::from_utf8_lossy(&frame.body[..end.unwrap_or(frame.body.len())])
                        .into_owned();
                return Err(SqlError::new(
                    sqlstate::QUERY_CANCELED,
                    format!("COPY from stdin failed: {reason}"),
                ));
            }
            // Flush and Sync are ignored while data is expected.
            b'H' | b'S' => {}
            kind => {
                return Err(SqlError::new(
                    sqlstate::PROTOCOL_VIOLATION,
                    format!("unexpected message type 0x{kind:02X} during COPY from stdin"),
                ));
            }
        }
    }
    let importer = insert(session, importer, chunk.freeze(), true).await?;
    let Importer { pipeline, environment, .. } = importer;
    let rows = session
        .run_blocking(move || {
            let rows = pipeline.finish()?;
            environment.flush_bulk(crate::transaction::BULK_BYTES)?;
            Ok(rows)
        })
        .await?;
    session.statement_succeeded();
    session.send_asides();
    session.complete(&format!("COPY {rows}"));
    Ok(())
}

fn client_lost() -> SqlError {
    SqlError::new(
        sqlstate::CONNECTION_FAILURE,
        "unexpected EOF on client connection with an open transaction",
    )
    .severity(Severity::Fatal)
}

/// The next message during COPY; a cancel ends the wait.
async fn next_frame(session: &mut Session) -> SqlResult<Frame> {
    let handle = session.handle.clone();
    loop {
        if handle.is_cancelled() {
            return Err(SqlError::new(
                sqlstate::QUERY_CANCELED,
                "canceling statement due to user request",
            ));
        }
        tokio::select! {
            biased;
            () = handle.signalled() => {}
            frame = session.connection.next_frame() => {
                return match frame {
                    Ok(Some(frame)) => Ok(frame),
                    Ok(None) | Err(FrameError::Io(_)) => {
                        session.client_gone = true;
                        Err(client_lost())
                    }
                    Err(FrameError::InvalidLength { .. }) => Err(SqlError::new(
                        sqlstate::PROTOCOL_VIOLATION,
                        "invalid message length",
                    )
                    .severity(Severity::Fatal)),
                };
            }
        }
    }
}

async fn insert(
    session: &mut Session,
    mut importer: Importer,
    bytes: Bytes,
    last: bool,
) -> SqlResult<Importer> {
    session
        .run_blocking(move || {
            importer.take(&bytes, last)?;
            Ok(importer)
        })
        .await
}

impl Importer {
    fn new(
        environment: Arc<StatementEnvironment>,
        name: &ast::ObjectName,
        wanted: &[String],
        options: CopyOptions,
        filter: Option<&ast::Expr>,
    ) -> SqlResult<Importer> {
        use planner::CatalogView;
        let relation = CatalogView::relation(&*environment, name.schema(), name.name())?
            .ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_TABLE,
                    format!("relation \"{}\" does not exist", name.name()),
                )
            })?;
        if relation.kind == catalog::RelationKind::View {
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("cannot copy to view \"{}\"", relation.name),
            )
            .hint("INSERT the rows: COPY does not look at INSTEAD OF triggers."));
        }
        if relation.kind != catalog::RelationKind::Table {
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("cannot copy to \"{}\": it is not a table", relation.name),
            ));
        }
        let mut columns = Vec::new();
        if wanted.is_empty() {
            for column in relation.live_columns() {
                if column.generated != catalog::Generated::Stored {
                    columns.push(column);
                }
            }
        } else {
            for name in wanted {
                let column = relation.column(name).ok_or_else(|| {
                    SqlError::new(
                        sqlstate::UNDEFINED_COLUMN,
                        format!(
                            "column \"{name}\" of relation \"{}\" does not exist",
                            relation.name
                        ),
                    )
                })?;
                if columns.iter().any(|listed: &&catalog::Column| listed.number == column.number) {
                    return Err(SqlError::new(
                        sqlstate::DUPLICATE_COLUMN,
                        format!("column \"{name}\" specified more than once"),
                    ));
                }
                columns.push(column);
            }
        }
        let numbers: Vec<_> = columns.iter().map(|column| column.number).collect();
        catalog::privileges::check_relation(
            &environment.catalog,
            environment.current_role,
            &relation,
            'a',
            &numbers,
        )?;
        let uses_defaults = options.default.is_some();
        let mut defaults = Vec::new();
        for column in relation.live_columns() {
            if (uses_defaults || !numbers.contains(&column.number))
                && let Some(bound) = crate::binding::default(&relation, column, &environment)?
            {
                defaults.push((column.number as usize - 1, bound));
            }
        }
        let filter = match filter {
            Some(filter) => Some(crate::binding::condition(&relation, filter, &environment)?),
            None => None,
        };
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let columns: Vec<_> = columns
            .iter()
            .map(|column| {
                let position = column.number as usize - 1;
                (position, column.type_oid, column.modifier, column.name.clone())
            })
            .collect();
        let target = environment.target(relation.oid)?;
        let pipeline =
            InsertPipeline::new(Arc::clone(&environment) as Arc<dyn Environment>, target);
        let reader = match options.format {
            CopyFormat::Binary => Reader::Binary(BinaryReader::default(), 0),
            _ => Reader::Lines(LineReader::new(options.clone(), names)),
        };
        environment.touch(&relation)?;
        Ok(Importer {
            width: relation.columns.len(),
            table: relation.name.clone(),
            header_pending: options.header != Header::No,
            environment,
            pipeline,
            reader,
            options,
            columns,
            defaults,
            filter,
        })
    }

    fn take(&mut self, bytes: &[u8], last: bool) -> SqlResult<()> {
        match &mut self.reader {
            Reader::Lines(reader) => reader.push(bytes),
            Reader::Binary(reader, _) => reader.push(bytes),
        }
        let mut rows = Vec::new();
        loop {
            let row = match &mut self.reader {
                Reader::Lines(reader) => match reader.next_row(last) {
                    Ok(Some(fields)) => {
                        let line = reader.line_number();
                        if std::mem::take(&mut self.header_pending) {
                            self.check_header(&fields)?;
                            continue;
                        }
                        match self.text_row(fields) {
                            Ok(row) => Some(row),
                            Err(_) if self.options.ignore_errors => continue,
                            Err(error) => return Err(self.at_line(error, line)),
                        }
                    }
                    Ok(None) => None,
                    Err(error) => {
                        let line = reader.line_number() + 1;
                        return Err(self.at_line(error, line));
                    }
                },
                Reader::Binary(reader, line) => match reader.next_row(last)? {
                    Some(fields) => {
                        *line += 1;
                        let line = *line;
                        Some(self.binary_row(fields).map_err(|error| self.at_line(error, line))?)
                    }
                    None => None,
                },
            };
            let Some(row) = row else { break };
            if let Some(filter) = &self.filter
                && !crate::binding::holds(filter, &row, &*self.environment)?
            {
                continue;
            }
            rows.push(row);
            if rows.len() >= INSERT_ROWS {
                self.pipeline.insert(std::mem::take(&mut rows))?;
            }
        }
        self.pipeline.insert(rows)
    }

    fn at_line(&self, error: SqlError, line: u64) -> SqlError {
        if error.fields().context.is_some() {
            return error;
        }
        error.context(format!("COPY {}, line {line}", self.table))
    }

    fn check_header(&self, fields: &[Field]) -> SqlResult<()> {
        if self.options.header != Header::Match {
            return Ok(());
        }
        let mismatch =
            |message: String| Err(SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, message));
        if fields.len() != self.columns.len() {
            return mismatch(format!(
                "wrong number of fields in header line: got {}, expected {}",
                fields.len(),
                self.columns.len()
            ));
        }
        for (position, (field, column)) in fields.iter().zip(&self.columns).enumerate() {
            let Field::Text(text) = field else {
                return mismatch(format!(
                    "column name mismatch in header line field {}",
                    position + 1
                ));
            };
            if *text != column.3 {
                return mismatch(format!(
                    "column name mismatch in header line field {}: got \"{text}\", expected \"{}\"",
                    position + 1,
                    column.3
                ));
            }
        }
        Ok(())
    }

    fn empty_row(&self) -> SqlResult<Row> {
        let mut row = vec![Datum::Null; self.width];
        for (position, default) in &self.defaults {
            row[*position] = crate::binding::value(default, &[], &*self.environment)?;
        }
        Ok(row)
    }

    fn text_row(&self, fields: Vec<Field>) -> SqlResult<Row> {
        // A row without columns is an empty line.
        let is_blank = match &fields[..] {
            [Field::Text(text)] => text.is_empty(),
            [Field::Null] => true,
            _ => false,
        };
        if fields.len() > self.columns.len() && !(self.columns.is_empty() && is_blank) {
            return Err(SqlError::new(
                sqlstate::BAD_COPY_FILE_FORMAT,
                "extra data after last expected column",
            ));
        }
        if let Some(missing) = self.columns.get(fields.len()) {
            return Err(SqlError::new(
                sqlstate::BAD_COPY_FILE_FORMAT,
                format!("missing data for column \"{}\"", missing.3),
            ));
        }
        let mut row = self.empty_row()?;
        for (field, (position, oid, modifier, name)) in fields.into_iter().zip(&self.columns) {
            row[*position] = match field {
                Field::Null => {
                    self.check_null(*oid).map_err(|error| self.null_in_column(error, name))?
                }
                Field::Default => continue,
                Field::Text(text) => {
                    functions::input_output::input(&*self.environment, *oid, &text, *modifier)
                        .map_err(|error| self.in_column(error, name, &text))?
                }
            };
        }
        Ok(row)
    }

    fn in_column(&self, error: SqlError, name: &str, value: &str) -> SqlError {
        let shown: String = value.chars().take(100).collect();
        error.context(format!("{}, column {name}: \"{shown}\"", self.place()))
    }

    /// A NULL of the input, unless its column is of a domain that refuses it.
    fn check_null(&self, type_oid: Oid) -> SqlResult<Datum> {
        use functions::{EvalContext, TypeCatalog, type_catalog::TypeKind};
        let facts = self.environment.catalog.facts(type_oid);
        if facts.is_some_and(|facts| facts.kind == TypeKind::Domain) {
            self.environment.check_domain(type_oid, &Datum::Null)?;
        }
        Ok(Datum::Null)
    }

    fn null_in_column(&self, error: SqlError, name: &str) -> SqlError {
        error.context(format!("{}, column {name}: null input", self.place()))
    }

    fn place(&self) -> String {
        let line = match &self.reader {
            Reader::Lines(reader) => reader.line_number(),
            Reader::Binary(_, line) => *line,
        };
        format!("COPY {}, line {line}", self.table)
    }

    fn binary_row(&self, fields: Vec<Option<Vec<u8>>>) -> SqlResult<Row> {
        if fields.len() != self.columns.len() {
            return Err(SqlError::new(
                sqlstate::BAD_COPY_FILE_FORMAT,
                format!("row field count is {}, expected {}", fields.len(), self.columns.len()),
            ));
        }
        let mut row = self.empty_row()?;
        for (field, (position, oid, modifier, _)) in fields.into_iter().zip(&self.columns) {
            row[*position] = match field {
                None => self.check_null(*oid)?,
                Some(bytes) => {
                    functions::input_output::receive(&*self.environment, *oid, &bytes, *modifier)?
                }
            };
        }
        Ok(row)
    }
}

async fn copy_out(session: &mut Session, copy: &ast::Copy, text: &Arc<str>) -> SqlResult<()> {
    let options = CopyOptions::read(&copy.options, false)?;
    let statement = match &copy.source {
        CopySource::Statement(statement) => (**statement).clone(),
        CopySource::Table { name, columns } => select_from(name, columns)?,
    };
    let now = session.services.now();
    let prepared =
        Arc::new(Prepared::new(Arc::clone(text), Some(Arc::new(statement)), Vec::new(), true, now));
    let mut running = session.start_planned(&prepared, Vec::new(), &[]).await?;
    let columns = Arc::clone(&running.columns);
    let is_binary = options.format == CopyFormat::Binary;
    let formats = vec![i16::from(is_binary); columns.len()];
    let response = CopyOutResponse::new(i8::from(is_binary), columns.len() as i16, formats);
    wire::put(&mut session.connection.output, &response);
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut out = Vec::new();
    if is_binary {
        out.extend_from_slice(&binary::header());
    }
    if options.header == Header::Yes {
        let head: Vec<Option<String>> = names.iter().cloned().map(Some).collect();
        lines::write_row(&mut out, &head, &options, &names);
        send_data(session, &mut out);
    }
    let mut sent = 0u64;
    loop {
        let step;
        (running, step) = session.step(running, BATCH_ROWS, sent).await?;
        sent += step.rows.len() as u64;
        let done = step.tag.is_some();
        for row in step.rows {
            match is_binary {
                true => binary_out(&mut out, &row, &columns, &running.environment)?,
                false => {
                    let fields = text_fields(&row, &columns, &running.environment)?;
                    lines::write_row(&mut out, &fields, &options, &names);
                }
            }
            send_data(session, &mut out);
            if session.connection.output.len() >= session::connection::FLUSH_BYTES {
                session.flush_rows(&running).await?;
            }
        }
        if done {
            break;
        }
    }
    if is_binary {
        out.extend_from_slice(&binary::trailer());
        send_data(session, &mut out);
    }
    wire::put(&mut session.connection.output, &CopyDone::new());
    session.statement_succeeded();
    session.send_asides();
    session.complete(&format!("COPY {sent}"));
    Ok(())
}

fn send_data(session: &mut Session, out: &mut Vec<u8>) {
    let data = Bytes::from(std::mem::take(out));
    wire::put(&mut session.connection.output, &CopyData::new(data));
}

fn text_fields(
    row: &[Datum],
    columns: &[OutputColumn],
    environment: &StatementEnvironment,
) -> SqlResult<Vec<Option<String>>> {
    row.iter()
        .zip(columns)
        .map(|(datum, column)| {
            if datum.is_null() {
                return Ok(None);
            }
            let mut text = String::new();
            wire::write_text(&mut text, column.ty.oid, datum, environment)?;
            Ok(Some(text))
        })
        .collect()
}

fn binary_out(
    out: &mut Vec<u8>,
    row: &[Datum],
    columns: &[OutputColumn],
    environment: &StatementEnvironment,
) -> SqlResult<()> {
    out.extend_from_slice(&(row.len() as i16).to_be_bytes());
    let mut value = BytesMut::new();
    for (datum, column) in row.iter().zip(columns) {
        if datum.is_null() {
            out.extend_from_slice(&(-1i32).to_be_bytes());
            continue;
        }
        value.clear();
        let sendable = functions::input_output::sendable(environment, column.ty.oid, datum)?;
        let datum = sendable.as_ref().unwrap_or(datum);
        types::io::send(column.ty.oid, datum, &environment.formats, &mut value)?;
        out.extend_from_slice(&(value.len() as i32).to_be_bytes());
        out.extend_from_slice(&value);
    }
    Ok(())
}

/// `COPY table (columns) TO` is `SELECT columns FROM ONLY table`.
fn select_from(name: &ast::ObjectName, columns: &[String]) -> SqlResult<ast::Statement> {
    let list = match columns {
        [] => "*".to_owned(),
        columns => {
            let quoted: Vec<String> =
                columns.iter().map(|column| catalog::quote_identifier(column)).collect();
            quoted.join(", ")
        }
    };
    let table: Vec<String> =
        name.parts.iter().map(|part| catalog::quote_identifier(part)).collect();
    let text = format!("SELECT {list} FROM {}", table.join("."));
    let parsed = syntax::parse(&text).map_err(|error| crate::errors::from_syntax(error, &text))?;
    let one = parsed
        .into_iter()
        .next()
        .ok_or_else(|| SqlError::new(sqlstate::INTERNAL_ERROR, "COPY's query has no statement"))?;
    Ok(one.statement)
}
