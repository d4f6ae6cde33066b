//! The connection's task: reads messages, runs them, answers; PostgreSQL's protocol after authentication.
//!
//! Frames are cut from the stream by length first, and each body is decoded from its own bytes alone, so that a short
//! or overlong message cannot reach into the next one. Answers gather in the connection's buffer and are sent when the
//! client waits for them (Sync, Flush, the end of a query string) or when much has gathered.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures::FutureExt;
use pgwire::messages::data::{NoData, ParameterDescription};
use pgwire::messages::extendedquery::{
    BindComplete, CloseComplete, ParseComplete, PortalSuspended,
};
use pgwire::messages::response::EmptyQueryResponse;
use session::connection::{Frame, FrameError};
use session::{Served, StopReason};
use syntax::ast::Statement;
use types::{Severity, SqlError, SqlResult, sqlstate};

use crate::block::BlockKind;
use crate::client_session::{Session, guarded, panicked};
use crate::errors;
use crate::portal::{BATCH_ROWS, Portal, PortalState, Running, Source};
use crate::statement::{self, Prepared};
use crate::utility::Answer;
use crate::wire::{self, Format};

/// Parameters and formats of one Bind message.
const MAXIMUM_PARAMETERS: usize = 65_535;

/// Whether to go on with the session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Continue,
    End,
}

fn protocol_violation(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::PROTOCOL_VIOLATION, message)
}

/// Reads a message's fields from its own bytes.
struct Body {
    bytes: BytesMut,
}

impl Body {
    fn short() -> SqlError {
        protocol_violation("insufficient data left in message")
    }

    /// A string up to its zero byte.
    fn string(&mut self) -> SqlResult<String> {
        let end = self
            .bytes
            .iter()
            .position(|byte| *byte == 0)
            .ok_or_else(|| protocol_violation("invalid string in message"))?;
        let text = wire::utf8(&self.bytes[..end])?.to_owned();
        self.bytes.advance(end + 1);
        Ok(text)
    }

    fn i16(&mut self) -> SqlResult<i16> {
        if self.bytes.len() < 2 {
            return Err(Self::short());
        }
        Ok(self.bytes.get_i16())
    }

    fn count(&mut self) -> SqlResult<usize> {
        Ok(usize::from(self.i16()? as u16))
    }

    fn i32(&mut self) -> SqlResult<i32> {
        if self.bytes.len() < 4 {
            return Err(Self::short());
        }
        Ok(self.bytes.get_i32())
    }

    fn byte(&mut self) -> SqlResult<u8> {
        if self.bytes.is_empty() {
            return Err(Self::short());
        }
        Ok(self.bytes.get_u8())
    }

    fn take(&mut self, length: usize) -> SqlResult<BytesMut> {
        if self.bytes.len() < length {
            return Err(Self::short());
        }
        Ok(self.bytes.split_to(length))
    }

    /// Nothing may be left over.
    fn end(&self) -> SqlResult<()> {
        match self.bytes.is_empty() {
            true => Ok(()),
            false => Err(protocol_violation("invalid message format")),
        }
    }
}

impl Session {
    /// Serves messages until the client leaves, the session is ended, or the query processor drains.
    pub async fn run(mut self, draining: tokio::sync::watch::Receiver<bool>) -> Served {
        let mut draining = draining;
        let mut skip_to_sync = false;
        loop {
            if self.ended || self.client_gone {
                return self.close().await;
            }
            let frame = match self.connection.buffered_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => {
                    if self.at_boundary() && !skip_to_sync && *draining.borrow() {
                        if self.connection.flush().await.is_err() {
                            return self.close().await;
                        }
                        let (connection, state) = self.detach();
                        return Served::Detached(connection, state);
                    }
                    match self.wait_for_input(&mut draining).await {
                        Next::Continue => continue,
                        Next::End => return self.close().await,
                    }
                }
                Err(FrameError::InvalidLength { .. }) => {
                    let error =
                        protocol_violation("invalid message length").severity(Severity::Fatal);
                    self.send_error(&error, "");
                    return self.close().await;
                }
                Err(FrameError::Io(_)) => return self.close().await,
            };
            if skip_to_sync && !matches!(frame.kind, b'S' | b'X') {
                continue;
            }
            // A panic outside of planning and execution, too, ends this session only.
            let answered = AssertUnwindSafe(self.message(frame)).catch_unwind().await;
            match answered.unwrap_or_else(|_| Err(panicked())) {
                Ok(Next::Continue) => skip_to_sync = false,
                Ok(Next::End) => return self.close().await,
                Err(error) => {
                    skip_to_sync = true;
                    self.statement_failed();
                    self.send_asides();
                    let text = self.error_text.take();
                    self.send_error(&error, text.as_deref().unwrap_or_default());
                }
            }
            if self.connection.flush_if_large().await.is_err() {
                self.client_gone = true;
            }
        }
    }

    async fn close(mut self) -> Served {
        self.roll_back();
        let connection = std::mem::replace(
            &mut self.connection,
            Box::new(session::ClientConnection::new(Box::new(tokio::io::empty()), BytesMut::new())),
        );
        drop(self);
        connection.close().await;
        Served::Closed
    }

    fn detach(mut self) -> (Box<session::ClientConnection>, Box<session::SessionState>) {
        self.detached = true;
        self.services.activity.remove(&self.state.process_id);
        self.portals.clear();
        let empty =
            Box::new(session::ClientConnection::new(Box::new(tokio::io::empty()), BytesMut::new()));
        let connection = std::mem::replace(&mut self.connection, empty);
        let state = self.take_state();
        (connection, state)
    }

    /// Waits for bytes, a signal, or a timeout of an idle session. Output is sent first.
    async fn wait_for_input(&mut self, draining: &mut tokio::sync::watch::Receiver<bool>) -> Next {
        self.send_notifications();
        if self.ended {
            return Next::End;
        }
        if self.connection.flush().await.is_err() {
            return Next::End;
        }
        self.handle.clear_cancel();
        let state = match self.status() {
            wire::TransactionStatus::Idle => "idle",
            wire::TransactionStatus::Transaction => "idle in transaction",
            wire::TransactionStatus::Error => "idle in transaction (aborted)",
        };
        self.live.became(state, self.services.now());
        let (setting, in_transaction) = match &self.block {
            Some(_) => ("idle_in_transaction_session_timeout", true),
            None => ("idle_session_timeout", false),
        };
        let millis = self.cell.with_settings(|settings| settings.integer(setting));
        let timeout = u64::try_from(millis).ok().filter(|millis| *millis > 0);
        let boundary = self.at_boundary();
        if self.stop_now(boundary) {
            return Next::End;
        }
        let handle = self.handle.clone();
        let mailbox = Arc::clone(self.cell.mailbox());
        tokio::select! {
            biased;
            () = mailbox.arrived(), if !in_transaction => Next::Continue,
            () = handle.signalled() => {
                if self.stop_now(boundary) { Next::End } else { Next::Continue }
            }
            changed = draining.changed(), if boundary => {
                let _ = changed;
                Next::Continue
            }
            read = self.connection.read_more() => match read {
                Ok(true) => Next::Continue,
                Ok(false) | Err(_) => {
                    self.client_gone = true;
                    Next::End
                }
            },
            () = sleep(timeout) => {
                let error = if in_transaction {
                    SqlError::new(
                        sqlstate::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                        "terminating connection due to idle-in-transaction timeout",
                    )
                } else {
                    SqlError::new(
                        sqlstate::IDLE_SESSION_TIMEOUT,
                        "terminating connection due to idle-session timeout",
                    )
                };
                self.send_error(&error.severity(Severity::Fatal), "");
                Next::End
            }
        }
    }

    /// Whether somebody asked this session to stop, now that nothing runs; tells the client why.
    fn stop_now(&mut self, boundary: bool) -> bool {
        let stop = match self.handle.stop_reason() {
            StopReason::None => false,
            StopReason::Terminate => true,
            StopReason::Drain => boundary,
        };
        if stop {
            let error = SqlError::new(
                sqlstate::ADMIN_SHUTDOWN,
                "terminating connection due to administrator command",
            )
            .severity(Severity::Fatal);
            self.send_error(&error, "");
        }
        stop
    }

    async fn message(&mut self, frame: Frame) -> SqlResult<Next> {
        let mut body = Body { bytes: frame.body };
        match frame.kind {
            b'Q' => {
                let text = body.string().and_then(|text| body.end().map(|()| text));
                match text {
                    Ok(text) => self.simple_query(Arc::from(text)).await,
                    Err(error) => {
                        self.statement_failed();
                        self.send_error(&error, "");
                    }
                }
                self.finish_query();
                Ok(Next::Continue)
            }
            b'P' => self.parse_message(body).await.map(|()| Next::Continue),
            b'B' => self.bind_message(body).await.map(|()| Next::Continue),
            b'D' => self.describe_message(body).await.map(|()| Next::Continue),
            b'E' => self.execute_message(body).await.map(|()| Next::Continue),
            b'C' => self.close_message(body).map(|()| Next::Continue),
            b'H' => {
                if self.connection.flush().await.is_err() {
                    self.client_gone = true;
                }
                Ok(Next::Continue)
            }
            b'S' => {
                if let Err(error) = self.finish_implicit().await {
                    self.send_error(&error, "");
                }
                self.finish_query();
                Ok(Next::Continue)
            }
            b'X' => Ok(Next::End),
            // Left over from a COPY that failed: to be ignored.
            b'd' | b'c' | b'f' => Ok(Next::Continue),
            b'F' => Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "the function call protocol is not supported",
            )),
            kind => {
                let error = protocol_violation(format!("invalid frontend message type {kind}"))
                    .severity(Severity::Fatal);
                self.send_error(&error, "");
                Ok(Next::End)
            }
        }
    }

    fn finish_query(&mut self) {
        self.send_asides();
        self.send_reports();
        self.send_notifications();
        let status = self.status();
        wire::ready(&mut self.connection.output, status);
    }

    pub async fn send_rows(&mut self, running: &Running, rows: &[types::Row]) -> SqlResult<()> {
        let mut scratch = String::new();
        for row in rows {
            wire::data_row(
                &mut self.connection.output,
                row,
                &running.columns,
                &running.formats,
                &*running.environment,
                &mut scratch,
            )?;
            if self.connection.output.len() >= session::connection::FLUSH_BYTES {
                self.flush_rows(running).await?;
            }
        }
        Ok(())
    }

    /// Sends rows to a client that may be slow; a cancel or a stop ends the wait.
    pub async fn flush_rows(&mut self, running: &Running) -> SqlResult<()> {
        let handle = self.handle.clone();
        loop {
            running.environment.check_interrupts_now()?;
            tokio::select! {
                biased;
                sent = self.connection.flush() => {
                    if sent.is_err() {
                        self.client_gone = true;
                        return Err(SqlError::new(
                            sqlstate::CONNECTION_FAILURE,
                            "could not send data to client",
                        ));
                    }
                    return Ok(());
                }
                () = handle.signalled() => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    async fn parse_message(&mut self, mut body: Body) -> SqlResult<()> {
        let name = body.string()?;
        let text: Arc<str> = Arc::from(body.string()?);
        let count = body.count()?;
        let mut types = Vec::new();
        for _ in 0..count {
            types.push(body.i32()? as types::Oid);
        }
        body.end()?;
        let result = self.parse_statement(&name, &text, types).await;
        self.located(result, &text)
    }

    /// Remembers the text that an error's location points into.
    fn located<T>(&mut self, result: SqlResult<T>, text: &Arc<str>) -> SqlResult<T> {
        if result.is_err() {
            self.error_text = Some(Arc::clone(text));
        }
        result
    }

    async fn parse_statement(
        &mut self,
        name: &str,
        text: &Arc<str>,
        types: Vec<types::Oid>,
    ) -> SqlResult<()> {
        if !name.is_empty() && self.prepared.contains_key(name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        let parsed = guarded(|| syntax::parse(text).map_err(|e| errors::from_syntax(e, text)))?;
        if parsed.len() > 1 {
            return Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                "cannot insert multiple commands into a prepared statement",
            ));
        }
        let statement = parsed.into_iter().next().map(|one| Arc::new(one.statement));
        if let Some(statement) = &statement
            && !Self::allowed_when_failed(statement)
        {
            self.check_not_failed()?;
        }
        if name.is_empty() {
            self.prepared.remove("");
        }
        let prepared = self.prepare(Arc::clone(text), statement, types, false).await?;
        self.prepared.insert(name.to_owned(), Arc::new(prepared));
        wire::put(&mut self.connection.output, &ParseComplete::new());
        Ok(())
    }

    async fn bind_message(&mut self, mut body: Body) -> SqlResult<()> {
        let portal_name = body.string()?;
        let statement_name = body.string()?;
        let mut formats = Vec::new();
        for _ in 0..body.count()? {
            formats.push(body.i16()?);
        }
        let count = body.count()?;
        debug_assert!(count <= MAXIMUM_PARAMETERS);
        let mut values: Vec<Option<BytesMut>> = Vec::new();
        for _ in 0..count {
            match body.i32()? {
                -1 => values.push(None),
                length => {
                    let length = usize::try_from(length)
                        .map_err(|_| protocol_violation("invalid message format"))?;
                    values.push(Some(body.take(length)?));
                }
            }
        }
        let mut results = Vec::new();
        for _ in 0..body.count()? {
            results.push(body.i16()?);
        }
        body.end()?;
        let prepared = self.prepared(&statement_name).await?;
        let text = Arc::clone(&prepared.text);
        let result =
            self.bind(portal_name, statement_name, prepared, formats, values, results).await;
        self.located(result, &text)
    }

    async fn bind(
        &mut self,
        portal_name: String,
        statement_name: String,
        prepared: Arc<Prepared>,
        formats: Vec<i16>,
        values: Vec<Option<BytesMut>>,
        results: Vec<i16>,
    ) -> SqlResult<()> {
        if let Some(statement) = &prepared.statement
            && !Self::allowed_when_failed(statement)
        {
            self.check_not_failed()?;
        }
        if !portal_name.is_empty() && self.portals.contains_key(&portal_name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_CURSOR,
                format!("cursor \"{portal_name}\" already exists"),
            ));
        }
        if values.len() != prepared.parameters.len() {
            return Err(protocol_violation(format!(
                "bind message supplies {} parameters, but prepared statement \"{statement_name}\" requires {}",
                values.len(),
                prepared.parameters.len()
            )));
        }
        let formats = wire::expand_formats(&formats, values.len(), "parameter")?;
        let parameters = if values.is_empty() {
            Vec::new()
        } else {
            let environment = self.environment().await?;
            guarded(|| {
                values
                    .iter()
                    .enumerate()
                    .map(|(number, value)| {
                        wire::parameter(
                            &*environment,
                            number,
                            prepared.parameters[number],
                            formats[number],
                            value.as_deref(),
                        )
                    })
                    .collect::<SqlResult<Vec<_>>>()
            })?
        };
        if let Some(columns) = &prepared.columns {
            wire::expand_formats(&results, columns.len(), "result")?;
        }
        let portal = Portal {
            prepared,
            parameters,
            formats: results,
            state: PortalState::Ready,
            created_at: self.services.now(),
            is_cursor: false,
            position: 0,
            kept: None,
        };
        self.portals.insert(portal_name, portal);
        wire::put(&mut self.connection.output, &BindComplete::new());
        Ok(())
    }

    async fn describe_message(&mut self, mut body: Body) -> SqlResult<()> {
        let kind = body.byte()?;
        let name = body.string()?;
        body.end()?;
        match kind {
            b'S' => {
                let prepared = self.prepared(&name).await?;
                let types = prepared.parameters.iter().map(|ty| ty.oid).collect();
                wire::put(&mut self.connection.output, &ParameterDescription::new(types));
                match &prepared.columns {
                    Some(columns) if prepared.answers_rows() => {
                        let formats = vec![Format::Text; columns.len()];
                        wire::row_description(&mut self.connection.output, columns, &formats);
                    }
                    _ => wire::put(&mut self.connection.output, &NoData::new()),
                }
            }
            b'P' => {
                let portal = self.portals.get(&name).ok_or_else(|| no_portal(&name))?;
                match &portal.prepared.columns {
                    Some(columns) if portal.prepared.answers_rows() => {
                        let formats =
                            wire::expand_formats(&portal.formats, columns.len(), "result")?;
                        let columns = Arc::clone(columns);
                        wire::row_description(&mut self.connection.output, &columns, &formats);
                    }
                    _ => wire::put(&mut self.connection.output, &NoData::new()),
                }
            }
            other => {
                return Err(protocol_violation(format!(
                    "invalid DESCRIBE message subtype {other}"
                )));
            }
        }
        Ok(())
    }

    async fn execute_message(&mut self, mut body: Body) -> SqlResult<()> {
        let name = body.string()?;
        let limit = body.i32()?;
        body.end()?;
        // Zero and below is "no limit", as PostgreSQL takes it; the limit is never used to reserve memory.
        let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0);
        let mut portal = self.portals.remove(&name).ok_or_else(|| no_portal(&name))?;
        let text = Arc::clone(&portal.prepared.text);
        let block_before = self.block.is_some();
        let result = self.execute_portal(&mut portal, limit).await;
        match &result {
            // A statement that ended the transaction took all portals with it.
            Ok(()) if self.block.is_some() || !block_before => {
                self.portals.insert(name, portal);
            }
            _ => {}
        }
        self.located(result, &text)
    }

    async fn execute_portal(&mut self, portal: &mut Portal, limit: Option<usize>) -> SqlResult<()> {
        let prepared = Arc::clone(&portal.prepared);
        let Some(statement) = prepared.statement.clone() else {
            wire::put(&mut self.connection.output, &EmptyQueryResponse::new());
            return Ok(());
        };
        self.begin_statement(&statement, &prepared.text)?;
        let state = std::mem::replace(&mut portal.state, PortalState::Finished);
        let running = match state {
            PortalState::Running(running) => running,
            PortalState::Finished => {
                wire::command_complete(&mut self.connection.output, "SELECT 0");
                return Ok(());
            }
            PortalState::Ready => {
                let parameters = std::mem::take(&mut portal.parameters);
                match self.start_portal(&prepared, &statement, parameters, &portal.formats).await? {
                    Some(running) => running,
                    None => return Ok(()),
                }
            }
        };
        self.run_portal(portal, running, limit).await
    }

    /// Starts whatever the portal holds; `None` if it is complete already.
    async fn start_portal(
        &mut self,
        prepared: &Arc<Prepared>,
        statement: &Arc<Statement>,
        parameters: Vec<types::Datum>,
        formats: &[i16],
    ) -> SqlResult<Option<Box<Running>>> {
        if statement::is_planned(statement) {
            return self.start_planned(prepared, parameters, formats).await.map(Some);
        }
        if let Statement::Copy(copy) = &**statement {
            crate::copy::run(self, copy, &prepared.text).await?;
            return Ok(None);
        }
        match self.utility(statement, &prepared.text).await? {
            Answer::Tag(tag) => {
                self.complete_utility(&tag);
                Ok(None)
            }
            Answer::Rows { columns, rows, tag, counts } => {
                let environment = self.environment().await?;
                let formats = wire::expand_formats(formats, columns.len(), "result")?;
                let source = Source::Rows { rows, tag, counts };
                Ok(Some(Box::new(Running { columns, formats, environment, source })))
            }
            Answer::Planned { prepared, parameters } => {
                self.start_planned(&prepared, parameters, formats).await.map(Some)
            }
        }
    }

    /// Sends rows of a portal up to the limit.
    async fn run_portal(
        &mut self,
        portal: &mut Portal,
        mut running: Box<Running>,
        limit: Option<usize>,
    ) -> SqlResult<()> {
        let mut left = limit;
        loop {
            let batch = left.map_or(BATCH_ROWS, |left| left.min(BATCH_ROWS));
            let step;
            (running, step) = self.step(running, batch, portal.position).await?;
            portal.position += step.rows.len() as u64;
            self.send_rows(&running, &step.rows).await?;
            if let Some(tag) = step.tag {
                self.statement_succeeded();
                self.send_asides();
                wire::command_complete(&mut self.connection.output, &tag);
                return Ok(());
            }
            if let Some(remaining) = &mut left {
                *remaining -= step.rows.len().min(*remaining);
                if *remaining == 0 {
                    self.statement_succeeded();
                    portal.state = PortalState::Running(running);
                    wire::put(&mut self.connection.output, &PortalSuspended::new());
                    return Ok(());
                }
            }
        }
    }

    fn close_message(&mut self, mut body: Body) -> SqlResult<()> {
        let kind = body.byte()?;
        let name = body.string()?;
        body.end()?;
        match kind {
            b'S' => {
                self.prepared.remove(&name);
            }
            b'P' => {
                self.portals.remove(&name);
            }
            other => {
                return Err(protocol_violation(format!("invalid CLOSE message subtype {other}")));
            }
        }
        wire::put(&mut self.connection.output, &CloseComplete::new());
        Ok(())
    }

    /// Whether an explicit block is open.
    pub fn in_explicit_block(&self) -> bool {
        matches!(&self.block, Some(block) if block.kind == BlockKind::Explicit)
    }
}

fn no_portal(name: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
}

async fn sleep(millis: Option<u64>) {
    match millis {
        Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
        None => std::future::pending().await,
    }
}
