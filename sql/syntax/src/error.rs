//! What is wrong with a text that is not SQL, in PostgreSQL's words.

use std::fmt;

/// A statement that cannot be parsed: the user's fault, with PostgreSQL's SQLSTATE and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub sqlstate: &'static str,
    pub message: String,
    /// 1-based position in characters, as the protocol's `P` field; 0 if unknown.
    pub position: u32,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}
