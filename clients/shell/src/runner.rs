//! Runs statements in a session and shows what comes back.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::DbError;

use crate::connection::{ConnectError, ConnectOptions, Session, open_with};
use crate::observer::{Note, Observer, TransactionStatus};
use crate::render::{OutputFormat, ResultWriter, Value};
use crate::report::{Colour, database_error_text, error_text};
use crate::splitter::{Splitter, leading_words};
use crate::{EXIT_CONNECTION, EXIT_SQL_ERROR, EXIT_SUCCESS, More, ShellError, copy, interactive};

/// What to do after a statement or a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    /// End the shell with this exit code.
    Stop(i32),
}

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Failed,
    Lost,
}

/// The shell's session and settings.
pub(crate) struct Runner {
    pub(crate) options: ConnectOptions,
    pub(crate) session: Session,
    pub(crate) observer: Arc<Observer>,
    pub(crate) format: OutputFormat,
    pub(crate) is_expanded: bool,
    pub(crate) is_timing: bool,
    pub(crate) is_quiet: bool,
    pub(crate) is_interactive: bool,
    /// For standard error.
    pub(crate) error_colour: Colour,
    /// For standard output.
    pub(crate) colour: Colour,
    /// `FILE:LINE` before errors while a file is run.
    pub(crate) place: Option<String>,
    /// How many files include each other at the moment.
    pub(crate) include_depth: usize,
    pub(crate) more: Option<More>,
}

fn notice_printer(colour: Colour) -> impl Fn(DbError) + Send + Sync + 'static {
    move |notice| {
        let text = database_error_text(&notice, None, colour);
        // There is nowhere to tell that standard error is gone.
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

impl Runner {
    /// Opens the session; says why not and returns nothing if that fails. Asks for the password if
    /// the server wants one and a person is there to type it.
    pub(crate) async fn connect(
        mut options: ConnectOptions,
        format: OutputFormat,
        is_quiet: bool,
        is_interactive: bool,
        colour: Colour,
    ) -> Result<Option<Self>, ShellError> {
        let on = |is_terminal: bool| if is_terminal { colour } else { Colour::Off };
        let error_colour = on(std::io::stderr().is_terminal());
        let observer = Arc::new(Observer::default());
        let mut attempt =
            open_with(&options, 0, notice_printer(error_colour), Some(observer.clone())).await;
        if let Err(error) = &attempt
            && error.is_password_missing()
            && std::io::stdin().is_terminal()
        {
            options.password = Some(interactive::read_password()?);
            attempt =
                open_with(&options, 0, notice_printer(error_colour), Some(observer.clone())).await;
        }
        match attempt {
            Ok(session) => Ok(Some(Self {
                options,
                session,
                observer,
                format,
                is_expanded: false,
                is_timing: false,
                is_quiet,
                is_interactive,
                error_colour,
                colour: on(std::io::stdout().is_terminal()),
                place: None,
                include_depth: 0,
                more: None,
            })),
            Err(ConnectError::Options(message)) => Err(ShellError::Options(message)),
            Err(error) => {
                writeln!(std::io::stderr(), "quorate sql: error: {error}")?;
                Ok(None)
            }
        }
    }

    /// Replaces the session by one to another database (or the same again).
    pub(crate) async fn reconnect(&mut self, database: Option<&str>) -> Result<(), ConnectError> {
        let mut options = self.options.clone();
        if let Some(database) = database {
            options.database = Some(database.to_owned());
        }
        let observer = Arc::new(Observer::default());
        let notice = notice_printer(self.error_colour);
        self.session = open_with(&options, 0, notice, Some(observer.clone())).await?;
        self.observer = observer;
        self.options = options;
        Ok(())
    }

    pub(crate) fn status(&self) -> TransactionStatus {
        self.observer.status()
    }

    /// The format in force: `\x` turns tables on their side.
    pub(crate) fn effective_format(&self) -> OutputFormat {
        match self.format {
            OutputFormat::Table if self.is_expanded => OutputFormat::Vertical,
            format => format,
        }
    }

    /// Runs the argument of `-c`: one backslash command, or statements.
    pub(crate) async fn run_text(&mut self, text: &str) -> Result<Flow, ShellError> {
        if text.trim_start().starts_with('\\') {
            return crate::commands::run(self, text.trim()).await;
        }
        let mut splitter = Splitter::default();
        if !splitter.push(text) {
            return Err(ShellError::Options("the command is too long".to_owned()));
        }
        loop {
            let statement = match splitter.next_statement() {
                Some(statement) => statement,
                None => match splitter.finish() {
                    Some(statement) => statement,
                    None => return Ok(Flow::Continue),
                },
            };
            let outcome = self.run_statement(&statement.text, None).await?;
            let flow = self.after(outcome).await?;
            if flow != Flow::Continue {
                return Ok(flow);
            }
        }
    }

    /// What follows from how a statement ended: a person goes on, a script stops.
    pub(crate) async fn after(&mut self, outcome: Outcome) -> Result<Flow, ShellError> {
        match outcome {
            Outcome::Done => Ok(Flow::Continue),
            Outcome::Failed if self.is_interactive => Ok(Flow::Continue),
            Outcome::Failed => Ok(Flow::Stop(EXIT_SQL_ERROR)),
            Outcome::Lost if self.is_interactive => {
                let mut output = std::io::stderr();
                write!(output, "The connection to the server was lost. Attempting reset: ")?;
                output.flush()?;
                match self.reconnect(None).await {
                    Ok(()) => {
                        writeln!(output, "Succeeded.")?;
                        Ok(Flow::Continue)
                    }
                    Err(error) => {
                        writeln!(output, "Failed.\n{error}")?;
                        Ok(Flow::Stop(EXIT_CONNECTION))
                    }
                }
            }
            Outcome::Lost => Ok(Flow::Stop(EXIT_CONNECTION)),
        }
    }

    /// Runs one statement. `source` has the lines that follow it, for COPY FROM STDIN.
    pub(crate) async fn run_statement(
        &mut self,
        statement: &str,
        source: Option<&mut crate::input::LineSource>,
    ) -> Result<Outcome, ShellError> {
        let started = Instant::now();
        let words = leading_words(statement, 1);
        let direction = if words.first().is_some_and(|word| word == "copy") {
            copy::direction(statement)
        } else {
            None
        };
        let outcome = match direction {
            Some(direction) => copy::run(self, statement, direction, source).await?,
            None => self.run_simple(statement).await?,
        };
        if self.is_timing && self.format.is_for_people() {
            let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
            writeln!(std::io::stdout(), "Time: {milliseconds:.3} ms")?;
        }
        Ok(outcome)
    }

    async fn run_simple(&mut self, statement: &str) -> Result<Outcome, ShellError> {
        self.observer.take_notes();
        let ready_count = self.observer.ready_count();
        let mut output = std::io::BufWriter::new(std::io::stdout());
        let mut writer: Option<ResultWriter> = None;
        let stream = match self.session.client.simple_query_raw(statement).await {
            Ok(stream) => stream,
            Err(error) => return self.failed(&error, statement, ready_count).await,
        };
        let mut stream = std::pin::pin!(stream);
        loop {
            let message = tokio::select! {
                message = stream.next() => message,
                signal = tokio::signal::ctrl_c() => {
                    if signal.is_ok() {
                        self.cancel_running();
                    }
                    continue;
                }
            };
            match message {
                None => break,
                Some(Ok(SimpleQueryMessage::RowDescription(columns))) => {
                    let names = columns.iter().map(|column| column.name().to_owned()).collect();
                    let types = self.noted_types();
                    let mut started =
                        ResultWriter::new(self.effective_format(), self.colour, names, types);
                    started.begin(&mut output)?;
                    writer = Some(started);
                }
                Some(Ok(SimpleQueryMessage::Row(row))) => {
                    let values: Vec<Value> =
                        (0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect();
                    if let Some(writer) = &mut writer {
                        writer.row(values, &mut output)?;
                    }
                }
                Some(Ok(SimpleQueryMessage::CommandComplete(_))) => {
                    let tag = self.noted_tag();
                    let had_rows = writer.is_some();
                    if let Some(writer) = writer.take() {
                        writer.finish(&mut output)?;
                    }
                    self.write_tag(tag.as_deref(), had_rows, &mut output)?;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    if let Some(writer) = writer.take() {
                        writer.abandon(&mut output)?;
                    }
                    output.flush()?;
                    return self.failed(&error, statement, ready_count).await;
                }
            }
        }
        output.flush()?;
        Ok(Outcome::Done)
    }

    /// Tells the error and waits until the server is ready again, so that the prompt knows whether
    /// the transaction failed.
    pub(crate) async fn failed(
        &mut self,
        error: &tokio_postgres::Error,
        statement: &str,
        ready_count: u64,
    ) -> Result<Outcome, ShellError> {
        let place = self.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        let text = error_text(error, statement, self.error_colour);
        writeln!(std::io::stderr(), "{place}{text}")?;
        if error.as_db_error().is_none() || self.session.client.is_closed() {
            return Ok(Outcome::Lost);
        }
        self.observer.wait_ready_after(ready_count).await;
        Ok(if self.session.client.is_closed() { Outcome::Lost } else { Outcome::Failed })
    }

    pub(crate) fn cancel_running(&self) {
        let canceller = self.session.canceller();
        tokio::spawn(async move {
            let text = match canceller.cancel().await {
                Ok(()) => "Cancel request sent".to_owned(),
                Err(error) => format!("Could not send cancel request: {error}"),
            };
            let _ = writeln!(std::io::stderr(), "{text}");
        });
    }

    fn noted_types(&self) -> Vec<u32> {
        while let Some(note) = self.observer.next_note() {
            if let Note::ColumnTypes(types) = note {
                return types;
            }
        }
        Vec::new()
    }

    fn noted_tag(&self) -> Option<String> {
        while let Some(note) = self.observer.next_note() {
            if let Note::Tag(tag) = note {
                return Some(tag);
            }
        }
        None
    }

    /// Like psql: a tag that only repeats the number of rows shown is left out.
    pub(crate) fn write_tag(
        &self,
        tag: Option<&str>,
        had_rows: bool,
        output: &mut dyn Write,
    ) -> std::io::Result<()> {
        let Some(tag) = tag else { return Ok(()) };
        let changes =
            ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|verb| tag.starts_with(verb));
        if self.is_quiet || !self.format.is_for_people() || (had_rows && !changes) {
            return Ok(());
        }
        writeln!(output, "{tag}")
    }

    /// Rows of a query the shell makes for itself. An error is told, and there are none.
    pub(crate) async fn rows(
        &mut self,
        query: &str,
    ) -> Result<Option<Vec<Vec<Value>>>, ShellError> {
        let ready_count = self.observer.ready_count();
        match self.session.client.simple_query(query).await {
            Ok(messages) => Ok(Some(
                messages
                    .iter()
                    .filter_map(|message| match message {
                        SimpleQueryMessage::Row(row) => Some(
                            (0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect(),
                        ),
                        _ => None,
                    })
                    .collect(),
            )),
            Err(error) => {
                self.failed(&error, query, ready_count).await?;
                Ok(None)
            }
        }
    }

    /// The exit code of a shell that was asked to end.
    pub(crate) fn quit(&self) -> Flow {
        Flow::Stop(EXIT_SUCCESS)
    }
}
