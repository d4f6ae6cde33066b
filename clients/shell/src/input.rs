//! Statements and commands from files and pipes.

use std::path::Path;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};

use crate::runner::{Flow, Outcome, Runner};
use crate::splitter::Splitter;
use crate::{EXIT_INTERRUPTED, EXIT_SQL_ERROR, ShellError, commands};

/// How deep `\i` may nest.
const MAXIMUM_INCLUDE_DEPTH: usize = 16;

/// Lines of a file or of standard input, each with its line break.
pub(crate) struct LineSource {
    name: String,
    reader: Box<dyn AsyncBufRead + Unpin + Send>,
}

impl LineSource {
    pub(crate) fn standard_input() -> Self {
        Self { name: "<stdin>".to_owned(), reader: Box::new(BufReader::new(tokio::io::stdin())) }
    }

    async fn file(path: &Path) -> Result<Self, ShellError> {
        let name = path.display().to_string();
        match tokio::fs::File::open(path).await {
            Ok(file) => Ok(Self { name, reader: Box::new(BufReader::new(file)) }),
            Err(source) => Err(ShellError::Input { name, source }),
        }
    }

    pub(crate) async fn next_line(&mut self) -> Result<Option<String>, ShellError> {
        let mut line = String::new();
        match self.reader.read_line(&mut line).await {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(line)),
            Err(source) => Err(ShellError::Input { name: self.name.clone(), source }),
        }
    }
}

/// Runs a file; `-` is standard input.
pub(crate) async fn run_file(runner: &mut Runner, path: &Path) -> Result<Flow, ShellError> {
    if path == Path::new("-") {
        return run_standard_input(runner).await;
    }
    if runner.include_depth == MAXIMUM_INCLUDE_DEPTH {
        return Err(ShellError::Options(format!(
            "{}: files include each other more than {MAXIMUM_INCLUDE_DEPTH} deep",
            path.display()
        )));
    }
    let source = LineSource::file(path).await?;
    runner.include_depth += 1;
    let outer = runner.place.take();
    let flow = run_lines(runner, source, true).await;
    runner.place = outer;
    runner.include_depth -= 1;
    flow
}

pub(crate) async fn run_standard_input(runner: &mut Runner) -> Result<Flow, ShellError> {
    run_lines(runner, LineSource::standard_input(), false).await
}

async fn run_lines(
    runner: &mut Runner,
    mut source: LineSource,
    names_place: bool,
) -> Result<Flow, ShellError> {
    let mut splitter = Splitter::default();
    loop {
        let line = tokio::select! {
            line = source.next_line() => line?,
            signal = tokio::signal::ctrl_c() => match signal {
                Ok(()) => return Ok(Flow::Stop(EXIT_INTERRUPTED)),
                Err(_) => continue,
            },
        };
        let Some(line) = line else { break };
        if splitter.is_blank() && line.trim_start().starts_with('\\') {
            let flow = Box::pin(commands::run(runner, line.trim())).await?;
            splitter.clear();
            splitter.skip_line();
            if flow != Flow::Continue {
                return Ok(flow);
            }
            continue;
        }
        if !splitter.push(&line) {
            return Err(ShellError::Options(format!(
                "{}:{}: the statement is too long",
                source.name,
                splitter.line()
            )));
        }
        while let Some(statement) = splitter.next_statement() {
            let outcome = run_at(runner, &statement, &mut source, names_place).await?;
            let flow = stop_after(runner, outcome, names_place).await?;
            if flow != Flow::Continue {
                return Ok(flow);
            }
        }
    }
    if let Some(statement) = splitter.finish() {
        let outcome = run_at(runner, &statement, &mut source, names_place).await?;
        return stop_after(runner, outcome, names_place).await;
    }
    Ok(Flow::Continue)
}

async fn run_at(
    runner: &mut Runner,
    statement: &crate::splitter::Statement,
    source: &mut LineSource,
    names_place: bool,
) -> Result<Outcome, ShellError> {
    runner.place = names_place.then(|| format!("quorate:{}:{}", source.name, statement.line));
    let outcome = runner.run_statement(&statement.text, Some(source)).await;
    runner.place = None;
    outcome
}

/// A file stops at its first error even when a person asked for it with `\i`; the prompt returns.
async fn stop_after(
    runner: &mut Runner,
    outcome: Outcome,
    is_file: bool,
) -> Result<Flow, ShellError> {
    if outcome == Outcome::Failed && is_file {
        return Ok(Flow::Stop(EXIT_SQL_ERROR));
    }
    runner.after(outcome).await
}
