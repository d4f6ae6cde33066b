//! Why a benchmark could not be carried out. What single transactions met is in the report.

use shell::connection::ConnectError;

#[derive(Debug)]
pub enum BenchError {
    /// The options contradict each other: the user must change them.
    Options(String),
    /// No session.
    Connect(ConnectError),
    /// A statement outside the measured transactions failed: loading, checking, preparing.
    Statement { doing: &'static str, source: tokio_postgres::Error },
    /// The tables are not those the workload made.
    NotInitialized(String),
    /// The report cannot be written.
    Output(std::io::Error),
    /// A client task ended in a panic.
    Task(String),
}

impl std::fmt::Display for BenchError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Options(message) | Self::NotInitialized(message) => formatter.write_str(message),
            Self::Connect(error) => error.fmt(formatter),
            Self::Statement { doing, source } => match source.as_db_error() {
                Some(error) => {
                    write!(formatter, "{doing}: {} ({})", error.message(), error.code().code())
                }
                None => write!(formatter, "{doing}: {source}"),
            },
            Self::Output(source) => write!(formatter, "could not write the report: {source}"),
            Self::Task(message) => write!(formatter, "a client ended unexpectedly: {message}"),
        }
    }
}

impl std::error::Error for BenchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) => Some(error),
            Self::Statement { source, .. } => Some(source),
            Self::Output(source) => Some(source),
            Self::Options(_) | Self::NotInitialized(_) | Self::Task(_) => None,
        }
    }
}

impl From<ConnectError> for BenchError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

/// Turns a driver error into one that says what was being done.
pub(crate) fn while_doing(
    doing: &'static str,
) -> impl Fn(tokio_postgres::Error) -> BenchError + Copy {
    move |source| BenchError::Statement { doing, source }
}
