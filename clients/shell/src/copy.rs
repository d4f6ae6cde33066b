//! COPY between a table and the shell's own input or output.
//!
//! The driver knows COPY only in the extended protocol, so these statements take a way of their own.

use std::io::Write;
use std::pin::pin;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};

use crate::ShellError;
use crate::input::LineSource;
use crate::runner::{Outcome, Runner};

/// Lines are sent in pieces of about this size.
const PIECE_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    FromInput,
    ToOutput,
}

/// Whether a COPY statement moves data through the client. Words inside quotes or parentheses do
/// not count: `copy (select 'from stdin') to stdout`.
pub(crate) fn direction(statement: &str) -> Option<Direction> {
    let mut depth = 0u32;
    let mut quote = None;
    let mut word = String::new();
    let mut previous = String::new();
    for character in statement.chars().chain([' ']) {
        if let Some(open) = quote {
            if character == open {
                quote = None;
            }
            continue;
        }
        if character.is_alphanumeric() || character == '_' {
            word.extend(character.to_lowercase());
            continue;
        }
        if depth == 0 && !word.is_empty() {
            match (previous.as_str(), word.as_str()) {
                ("from", "stdin") => return Some(Direction::FromInput),
                ("to", "stdout") => return Some(Direction::ToOutput),
                _ => {}
            }
            previous = std::mem::take(&mut word);
        }
        word.clear();
        match character {
            '\'' | '"' => quote = Some(character),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Runs the statement. Lines to send come from `source` up to a line with `\.`, or else from
/// standard input.
pub(crate) async fn run(
    runner: &mut Runner,
    statement: &str,
    direction: Direction,
    source: Option<&mut LineSource>,
) -> Result<Outcome, ShellError> {
    match direction {
        Direction::ToOutput => run_out(runner, statement).await,
        Direction::FromInput => match source {
            Some(source) => run_in(runner, statement, source).await,
            None => run_in(runner, statement, &mut LineSource::standard_input()).await,
        },
    }
}

async fn run_out(runner: &mut Runner, statement: &str) -> Result<Outcome, ShellError> {
    let ready_count = runner.observer.ready_count();
    let stream = match runner.session.client.copy_out(statement).await {
        Ok(stream) => stream,
        Err(error) => return runner.failed(&error, statement, ready_count).await,
    };
    let mut stream = pin!(stream);
    let mut output = std::io::BufWriter::new(std::io::stdout());
    loop {
        let piece = tokio::select! {
            piece = stream.next() => piece,
            signal = tokio::signal::ctrl_c() => {
                if signal.is_ok() {
                    runner.cancel_running();
                }
                continue;
            }
        };
        match piece {
            None => break,
            Some(Ok(piece)) => output.write_all(&piece)?,
            Some(Err(error)) => {
                output.flush()?;
                return runner.failed(&error, statement, ready_count).await;
            }
        }
    }
    output.flush()?;
    Ok(Outcome::Done)
}

async fn run_in(
    runner: &mut Runner,
    statement: &str,
    source: &mut LineSource,
) -> Result<Outcome, ShellError> {
    let ready_count = runner.observer.ready_count();
    let sink = match runner.session.client.copy_in::<_, Bytes>(statement).await {
        Ok(sink) => sink,
        Err(error) => return runner.failed(&error, statement, ready_count).await,
    };
    let mut sink = pin!(sink);
    if runner.is_interactive {
        let explanation = "Enter data to be copied followed by a newline.\n\
                           End with a backslash and a period on a line by itself, or an EOF signal.";
        writeln!(std::io::stdout(), "{explanation}")?;
    }
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    let mut failure = None;
    loop {
        let line = source.next_line().await?;
        let is_end =
            line.as_deref().is_none_or(|line| line.trim_end_matches(['\r', '\n']) == "\\.");
        if let (false, Some(line)) = (is_end, line) {
            piece.extend_from_slice(line.as_bytes());
            if piece.len() < PIECE_BYTES {
                continue;
            }
        }
        // After a failure the remaining lines are still read, or they would be taken as SQL.
        if !piece.is_empty() && failure.is_none() {
            let sent = sink.as_mut().send(Bytes::from(std::mem::take(&mut piece))).await;
            failure = sent.err();
        }
        piece.clear();
        if is_end {
            break;
        }
    }
    let error = match failure {
        Some(error) => error,
        None => match sink.as_mut().finish().await {
            Ok(count) => {
                let tag = format!("COPY {count}");
                runner.write_tag(Some(&tag), false, &mut std::io::stdout())?;
                return Ok(Outcome::Done);
            }
            Err(error) => error,
        },
    };
    runner.failed(&error, statement, ready_count).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_copy_through_the_client_is_one() {
        let cases = [
            ("copy t from stdin", Some(Direction::FromInput)),
            ("COPY t (a, b) FROM STDIN WITH (format csv)", Some(Direction::FromInput)),
            ("copy (select 'x from stdin') to stdout", Some(Direction::ToOutput)),
            ("copy (select * from stdin) to '/tmp/x'", None),
            ("copy \"from stdin\" from '/tmp/x'", None),
            ("copy t to\n stdout;", Some(Direction::ToOutput)),
        ];
        for (statement, expected) in cases {
            assert_eq!(direction(statement), expected, "{statement}");
        }
    }
}
