//! Query strings: the simple protocol.

use std::sync::Arc;

use pgwire::messages::response::EmptyQueryResponse;
use syntax::ast::Statement;
use types::SqlResult;

use crate::client_session::{Session, guarded};
use crate::errors;
use crate::portal::{BATCH_ROWS, Running, Source};
use crate::statement::{self, Prepared};
use crate::utility::Answer;
use crate::wire::{self, Format};

impl Session {
    /// A query string: its statements one after the other, in one implicit block unless they say otherwise.
    pub async fn simple_query(&mut self, text: Arc<str>) {
        self.query_string(text).await;
        self.among_others = false;
    }

    async fn query_string(&mut self, text: Arc<str>) {
        self.portals.remove("");
        let parsed =
            match guarded(|| syntax::parse(&text).map_err(|e| errors::from_syntax(e, &text))) {
                Ok(parsed) => parsed,
                Err(error) => {
                    self.statement_failed();
                    self.send_error(&error, &text);
                    return;
                }
            };
        if parsed.is_empty() {
            wire::put(&mut self.connection.output, &EmptyQueryResponse::new());
            return;
        }
        let last = parsed.len() - 1;
        self.among_others = last > 0;
        for (position, one) in parsed.into_iter().enumerate() {
            // The last one may end the transaction: it is complete when that is done.
            self.holds_completion = position == last;
            let result = self.simple_statement(one.statement, &text).await;
            self.send_asides();
            if let Err(error) = result {
                self.completion = None;
                self.statement_failed();
                self.send_error(&error, &text);
                return;
            }
            if self.connection.flush_if_large().await.is_err() {
                self.client_gone = true;
                return;
            }
        }
        self.holds_completion = false;
        let completion = self.completion.take();
        match (self.finish_implicit().await, completion) {
            (Ok(()), Some(tag)) => self.complete(&tag),
            (Ok(()), None) => {}
            (Err(error), _) => self.send_error(&error, &text),
        }
    }

    /// Tells the client that the statement is complete, unless the transaction has to end first.
    pub fn complete(&mut self, tag: &str) {
        self.send_asides();
        if self.holds_completion {
            self.completion = Some(tag.to_owned());
        } else {
            wire::command_complete(&mut self.connection.output, tag);
        }
    }

    async fn simple_statement(&mut self, statement: Statement, text: &Arc<str>) -> SqlResult<()> {
        self.begin_statement(&statement, text)?;
        if statement::is_planned(&statement) {
            let now = self.services.now();
            let statement = Some(Arc::new(statement));
            let prepared = Prepared::new(Arc::clone(text), statement, Vec::new(), false, now);
            let prepared = Arc::new(prepared.without_parameters());
            let running = self.start_planned(&prepared, Vec::new(), &[]).await?;
            return self.stream_all(running).await;
        }
        if let Statement::Copy(copy) = &statement {
            return crate::copy::run(self, copy, text).await;
        }
        match self.utility(&statement, text).await? {
            Answer::Tag(tag) => self.complete_utility(&tag),
            Answer::Rows { columns, rows, tag, counts } => {
                let environment = self.environment().await?;
                let formats = vec![Format::Text; columns.len()];
                let source = Source::Rows { rows, tag, counts };
                let running = Box::new(Running { columns, formats, environment, source });
                self.stream_all(running).await?;
            }
            Answer::Planned { prepared, parameters } => {
                let running = self.start_planned(&prepared, parameters, &[]).await?;
                self.stream_all(running).await?;
            }
        }
        Ok(())
    }

    pub fn complete_utility(&mut self, tag: &str) {
        self.statement_succeeded();
        self.complete(tag);
    }

    /// What every statement begins with.
    pub fn begin_statement(&mut self, statement: &Statement, text: &Arc<str>) -> SqlResult<()> {
        if !Self::allowed_when_failed(statement) {
            self.check_not_failed()?;
        }
        let now = self.services.now();
        let started = self.block.as_ref().map_or(now, |block| block.started_at);
        self.live.statement_started(text, now, started);
        Ok(())
    }

    /// Announces and sends all rows of a statement, as the simple protocol does.
    pub async fn stream_all(&mut self, mut running: Box<Running>) -> SqlResult<()> {
        if running.is_query() || !running.columns.is_empty() {
            wire::row_description(&mut self.connection.output, &running.columns, &running.formats);
        }
        let mut sent = 0;
        loop {
            let step;
            (running, step) = self.step(running, BATCH_ROWS, sent).await?;
            sent += step.rows.len() as u64;
            self.send_rows(&running, &step.rows).await?;
            if let Some(tag) = step.tag {
                self.statement_succeeded();
                self.complete(&tag);
                return Ok(());
            }
        }
    }
}
