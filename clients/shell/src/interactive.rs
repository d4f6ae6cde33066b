//! The terminal: line editing, history, prompt, password.

use std::borrow::Cow;
use std::io::{BufRead, Write};
use std::path::PathBuf;

use reedline::{
    FileBackedHistory, Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus,
    Reedline, Signal, ValidationResult, Validator,
};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::observer::TransactionStatus;
use crate::report::Colour;
use crate::runner::{Flow, Runner};
use crate::splitter::Splitter;
use crate::{ShellError, commands};

const HISTORY_ENTRIES: usize = 5_000;

/// Reads a password from the terminal without showing it.
pub(crate) fn read_password() -> Result<String, ShellError> {
    let failed = |error: std::io::Error| ShellError::Terminal(error.to_string());
    let mut output = std::io::stderr();
    write!(output, "Password: ").map_err(failed)?;
    output.flush().map_err(failed)?;
    let input = std::io::stdin();
    let before = tcgetattr(&input).map_err(|error| failed(error.into()))?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Flush, &silent).map_err(|error| failed(error.into()))?;
    let mut line = String::new();
    let outcome = input.lock().read_line(&mut line);
    // The terminal must show what is typed again, whatever came of the reading.
    tcsetattr(&input, OptionalActions::Flush, &before).map_err(|error| failed(error.into()))?;
    writeln!(output).map_err(failed)?;
    outcome.map_err(failed)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Enter ends the input if a statement is complete, and begins a new line if not.
struct StatementValidator;

impl Validator for StatementValidator {
    fn validate(&self, line: &str) -> ValidationResult {
        if is_complete(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

fn is_complete(text: &str) -> bool {
    if text.trim().is_empty() || text.trim_start().starts_with('\\') {
        return true;
    }
    let mut splitter = Splitter::default();
    // Too long a text is passed on, to be refused with a message.
    if !splitter.push(text) || !splitter.push("\n") {
        return true;
    }
    while splitter.next_statement().is_some() {}
    splitter.is_blank()
}

struct ShellPrompt {
    text: String,
}

impl Prompt for ShellPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed(" ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("-> ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failing = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "failing ",
        };
        Cow::Owned(format!("({failing}search: {}) ", search.term))
    }
}

/// `database=>` when idle, `database=*>` in a transaction, `database=!>` in a failed one.
fn prompt_text(database: &str, status: TransactionStatus) -> String {
    let mark = match status {
        TransactionStatus::Idle => "",
        TransactionStatus::InTransaction => "*",
        TransactionStatus::Failed => "!",
    };
    format!("{database}={mark}>")
}

fn history_path() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("QUORATE_HISTORY") {
        return Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty());
    }
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).or_else(|| {
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local").join("state"))
    })?;
    Some(state.join("quorate").join("sql_history"))
}

fn editor(colour: Colour) -> Reedline {
    let editor = Reedline::create()
        .with_validator(Box::new(StatementValidator))
        .with_history_exclusion_prefix(Some(" ".to_owned()))
        .use_bracketed_paste(true)
        .with_ansi_colors(colour == Colour::On);
    let history = history_path().map(|path| FileBackedHistory::with_file(HISTORY_ENTRIES, path));
    match history {
        Some(Ok(history)) => editor.with_history(Box::new(history)),
        // A read-only home is no reason not to work.
        Some(Err(_)) | None => editor,
    }
}

/// Reads and runs until the user ends it.
pub(crate) async fn run(runner: &mut Runner) -> Result<Flow, ShellError> {
    if !runner.is_quiet {
        writeln!(
            std::io::stdout(),
            "Quorate SQL shell (server {}). Type \\? for help, \\q to quit.",
            runner.session.server_version
        )?;
    }
    let mut line_editor = editor(runner.colour);
    loop {
        let prompt = ShellPrompt { text: prompt_text(&runner.session.database, runner.status()) };
        // The editor blocks its thread, and the connection must go on meanwhile.
        let (returned, signal) = tokio::task::spawn_blocking(move || {
            let signal = line_editor.read_line(&prompt);
            (line_editor, signal)
        })
        .await
        .map_err(|error| ShellError::Terminal(error.to_string()))?;
        line_editor = returned;
        let flow = match signal {
            Ok(Signal::Success(text)) => run_entry(runner, &text).await?,
            Ok(Signal::CtrlC) => Flow::Continue,
            Ok(Signal::CtrlD) => return Ok(runner.quit()),
            Err(error) => return Err(ShellError::Terminal(error.to_string())),
        };
        if flow != Flow::Continue {
            return Ok(flow);
        }
    }
}

async fn run_entry(runner: &mut Runner, text: &str) -> Result<Flow, ShellError> {
    match text.trim() {
        "" => Ok(Flow::Continue),
        "quit" | "exit" => Ok(runner.quit()),
        "help" => commands::run(runner, "\\?").await,
        _ => runner.run_text(text).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_ends_a_complete_statement_only() {
        assert!(is_complete("select 1;") && is_complete("\\d t") && is_complete("  "));
        assert!(is_complete("select 1; -- done"));
        assert!(!is_complete("select 1") && !is_complete("select ';") && !is_complete("select (;"));
        assert!(!is_complete("select 1; select"));
    }

    #[test]
    fn the_prompt_tells_the_transaction() {
        assert_eq!(prompt_text("shop", TransactionStatus::Idle), "shop=>");
        assert_eq!(prompt_text("shop", TransactionStatus::InTransaction), "shop=*>");
        assert_eq!(prompt_text("shop", TransactionStatus::Failed), "shop=!>");
    }
}
