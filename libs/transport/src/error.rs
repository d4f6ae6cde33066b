//! Why a call got no answer, and what that says about whether it was carried out.

use std::fmt;
use std::path::PathBuf;

/// A call's outcome when it is not an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// It was certainly not carried out: it never left, or the peer turned it away before looking at it. Act: retry.
    Refused(Refusal),
    /// It left, and no answer came: it may have been carried out, or may yet be. Act: find out, or repeat only what
    /// may be repeated.
    Unknown { reason: String },
    /// The service at the peer answered that it failed.
    Failed { reason: String },
}

/// Why a call was not sent, or not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No address is known for the node.
    UnknownPeer { node: u64 },
    /// There is no connection now; another attempt is under way.
    NotConnected { reason: String },
    /// Too much waits for this peer, or at it.
    Overloaded,
    /// The message is larger than the class of traffic allows.
    TooLarge { bytes: usize, max: usize },
    /// The deadline passed before the call was sent.
    Deadline,
    /// The peer has no such service.
    NoService { service: u16 },
    /// This side is closing.
    Closed,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::UnknownPeer { node } => {
                write!(formatter, "no address is known for node {node}")
            }
            Refusal::NotConnected { reason } => write!(formatter, "not connected: {reason}"),
            Refusal::Overloaded => formatter.write_str("too many messages wait"),
            Refusal::TooLarge { bytes, max } => {
                write!(formatter, "a message of {bytes} bytes is larger than the {max} allowed")
            }
            Refusal::Deadline => formatter.write_str("the deadline passed before it was sent"),
            Refusal::NoService { service } => write!(formatter, "no service {service} there"),
            Refusal::Closed => formatter.write_str("the transport is closed"),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Refused(refusal) => {
                write!(formatter, "refused before it was sent: {refusal}")
            }
            CallError::Unknown { reason } => write!(formatter, "the outcome is unknown: {reason}"),
            CallError::Failed { reason } => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for CallError {}

impl From<Refusal> for CallError {
    fn from(refusal: Refusal) -> CallError {
        CallError::Refused(refusal)
    }
}

/// Why a transport could not be opened or its certificates not be read.
#[derive(Debug)]
pub enum OpenError {
    /// Without TLS only loopback addresses are served. Act: use certificates.
    NotLoopback { address: std::net::SocketAddr },
    /// The address cannot be listened on. Act: choose another, or stop who has it.
    Bind { address: std::net::SocketAddr, error: std::io::Error },
    /// A certificate or key cannot be used. Act: make it again.
    Certificate { file: PathBuf, reason: String },
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NotLoopback { address } => {
                write!(
                    formatter,
                    "without TLS nodes talk over loopback addresses only, not over {address}"
                )
            }
            OpenError::Bind { address, error } => {
                write!(formatter, "cannot listen on {address}: {error}")
            }
            OpenError::Certificate { file, reason } => {
                write!(formatter, "{} cannot be used: {reason}", file.display())
            }
        }
    }
}

impl std::error::Error for OpenError {}
