//! The interactive SQL shell: `quorate sql`.
//!
//! ```text
//!   terminal (interactive) ─┐
//!   files, -c, stdin ───────┼─> splitter ─> runner ─> connection ─> server
//!                           │      │          │           │
//!                           │   statements  render     observer (tags, types, transaction status)
//!                           └─ backslash commands (commands, describe)
//! ```
//!
//! Statements go to the server one at a time in the simple protocol, so values arrive as the server
//! writes them. The shell never repeats a statement by itself: after a lost connection it opens a
//! new session and leaves it to the user whether the last statement took effect.
//!
//! Exit codes: 0; 1 after an SQL error in a command, a file or piped input (which ends there, as
//! psql does with `ON_ERROR_STOP`); 2 if no session could be opened or it was lost; 130 after an
//! interrupt while reading input.

mod commands;
pub mod connection;
mod copy;
mod describe;
mod input;
mod interactive;
mod observer;
mod render;
mod report;
mod runner;
mod splitter;
mod target;
mod tls;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use crate::connection::ConnectOptions;
pub use crate::render::OutputFormat;
use crate::report::Colour;
use crate::runner::{Flow, Runner};

/// Everything went well.
pub const EXIT_SUCCESS: i32 = 0;
/// A statement failed.
pub const EXIT_SQL_ERROR: i32 = 1;
/// No session, or it was lost.
pub const EXIT_CONNECTION: i32 = 2;
/// The user ended it with an interrupt.
pub const EXIT_INTERRUPTED: i32 = 130;

/// What to connect to and what to run there.
#[derive(Clone, Debug, Default)]
pub struct ShellOptions {
    /// See [`ConnectOptions`] for this and the next seven.
    pub url: Option<String>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: Option<String>,
    pub ca_file: Option<PathBuf>,
    pub insecure: bool,
    /// Statements or backslash commands to run, before the files; the shell then ends.
    pub commands: Vec<String>,
    /// Files to run; `-` is standard input.
    pub files: Vec<PathBuf>,
    pub format: OutputFormat,
    /// No welcome line and no command tags.
    pub quiet: bool,
    /// Backslash commands of whoever runs the shell.
    pub more: Option<More>,
}

/// Backslash commands that the shell itself does not have.
#[derive(Clone)]
pub struct More(pub Arc<dyn MoreCommands>);

impl std::fmt::Debug for More {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("More")
    }
}

/// What a command prints, or why it failed; `None` if there is no such command.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Option<Result<String, String>>> + Send + 'a>>;

/// See [`More`].
pub trait MoreCommands: Send + Sync {
    /// Runs a command, given with its backslash and without what stands behind it.
    fn run<'a>(&'a self, command: &'a str, argument: &'a str) -> Answer<'a>;
}

/// Why the shell gave up; SQL errors and lost sessions are exit codes instead.
#[derive(Debug)]
pub enum ShellError {
    /// The options cannot be used: the user must change them.
    Options(String),
    /// A file cannot be read.
    Input { name: String, source: std::io::Error },
    /// Output cannot be written.
    Output(std::io::Error),
    /// The terminal fails.
    Terminal(String),
}

impl std::fmt::Display for ShellError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Options(message) => formatter.write_str(message),
            Self::Input { name, source } => write!(formatter, "{name}: {source}"),
            Self::Output(source) => write!(formatter, "could not write output: {source}"),
            Self::Terminal(message) => write!(formatter, "terminal: {message}"),
        }
    }
}

impl std::error::Error for ShellError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Input { source, .. } | Self::Output(source) => Some(source),
            Self::Options(_) | Self::Terminal(_) => None,
        }
    }
}

impl From<std::io::Error> for ShellError {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

/// Runs the shell to its end and returns the exit code. Needs a tokio runtime with I/O and time.
pub async fn run(options: ShellOptions) -> Result<i32, ShellError> {
    match run_to_end(options).await {
        // The reader of a pipe has seen enough, as in `quorate sql ... | head`.
        Err(ShellError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(EXIT_SUCCESS)
        }
        outcome => outcome,
    }
}

async fn run_to_end(options: ShellOptions) -> Result<i32, ShellError> {
    let has_work = !options.commands.is_empty() || !options.files.is_empty();
    let is_interactive = !has_work && std::io::stdin().is_terminal();
    let connect = ConnectOptions {
        url: options.url,
        host: options.host,
        port: options.port,
        user: options.user,
        password: options.password.or_else(|| std::env::var("PGPASSWORD").ok()),
        database: options.database,
        ca_file: options.ca_file,
        insecure: options.insecure,
        application_name: Some("quorate sql".to_owned()),
    };
    let colour = if std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
        Colour::On
    } else {
        Colour::Off
    };
    let connected =
        Runner::connect(connect, options.format, options.quiet, is_interactive, colour).await?;
    let Some(mut runner) = connected else { return Ok(EXIT_CONNECTION) };
    runner.more = options.more;
    for command in &options.commands {
        match runner.run_text(command).await? {
            Flow::Continue => {}
            Flow::Stop(code) => return Ok(code),
        }
    }
    for file in &options.files {
        match input::run_file(&mut runner, file).await? {
            Flow::Continue => {}
            Flow::Stop(code) => return Ok(code),
        }
    }
    if has_work {
        return Ok(EXIT_SUCCESS);
    }
    let flow = if is_interactive {
        interactive::run(&mut runner).await?
    } else {
        input::run_standard_input(&mut runner).await?
    };
    Ok(match flow {
        Flow::Continue => EXIT_SUCCESS,
        Flow::Stop(code) => code,
    })
}
