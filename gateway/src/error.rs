//! How starting a gateway, and serving a connection up to its first query processor, can fail.

use std::{fmt, io};

use types::{Severity, SqlError, sqlstate};

/// Why a gateway does not start or does not take a new identity: the operator must act.
#[derive(Debug)]
pub enum GatewayError {
    Listener(io::Error),
    /// The system gives no more threads.
    Threads(io::Error),
    /// Neither TLS nor `insecure`.
    NoTls,
}

impl fmt::Display for GatewayError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GatewayError::Listener(error) => {
                write!(formatter, "the listener cannot be used: {error}")
            }
            GatewayError::Threads(error) => {
                write!(formatter, "no threads for connections: {error}")
            }
            GatewayError::NoTls => {
                formatter.write_str("a gateway needs a TLS certificate unless it is insecure")
            }
        }
    }
}

impl std::error::Error for GatewayError {}

/// Why a connection ends before it is served.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The peer is gone.
    Io(io::Error),
    /// The peer does not speak the protocol, or may not be told anything.
    Silent(&'static str),
    /// The client is told.
    Fatal(SqlError),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Ended {
        Ended::Io(error)
    }
}

impl From<SqlError> for Ended {
    fn from(error: SqlError) -> Ended {
        Ended::Fatal(error)
    }
}

pub(crate) fn fatal(state: &'static str, message: impl Into<String>) -> SqlError {
    SqlError::new(state, message).severity(Severity::Fatal)
}

pub(crate) fn violation(message: impl Into<String>) -> SqlError {
    fatal(sqlstate::PROTOCOL_VIOLATION, message)
}
