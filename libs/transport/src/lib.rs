//! How nodes talk to each other.
//!
//! ```text
//!   caller ──Transport──▶ peer keeper ─┬ control ─┐                       ┌─ services by number
//!                                      ├ journal ─┤ TCP, mutual TLS,      │
//!                                      ├ reads ───┤ hello, then frames ──▶ link ──▶ Service
//!                                      └ bulk ────┘                       └─ streams with windows
//! ```
//!
//! - [`service`] is the contract: requests with a deadline, messages without answer, streams with back-pressure.
//! - [`network`] keeps one connection per peer and class of traffic, dialed when first wanted and again when it breaks;
//!   [`in_process`] is the same by function calls.
//! - [`sockets`] is where connections come from if not from TCP: a simulated network.
//! - `link` is one connection, [`frame`] and [`hello`] its bytes, [`certificates`] who may speak.
//! - [`config`] has every limit.
//!
//! What a caller learns when there is no answer: [`CallError::Refused`] (certainly not carried out) or
//! [`CallError::Unknown`]. Nothing is sent twice.
//!
//! Example with a crash: node 1 asks node 2 to append and node 2 is killed. If the request was still waiting for the
//! connection, the caller gets `Refused`; if it was written, `Unknown`, at once when the operating system reports the
//! broken connection, after three silent keep-alive periods if it does not, and never later than the deadline. Node 1
//! dials again after 10 to 20 ms, then at doubling intervals up to a second, or at once when node 2 dials it.
//!
//! It does not route, retry, discover addresses or know what messages mean.

pub mod certificates;
pub mod config;
pub mod error;
pub mod frame;
mod handshake;
pub mod hello;
pub mod in_process;
mod link;
pub mod network;
mod outbox;
pub mod service;
pub mod sockets;
pub mod stream;

#[cfg(test)]
mod frame_tests;
#[cfg(test)]
mod network_tests;

pub use certificates::{CertificateFiles, CertificateStore, node_name};
pub use config::{Class, Security, TransportConfig};
pub use error::{CallError, OpenError, Refusal};
pub use in_process::{InProcess, InProcessNode};
pub use network::{Network, knock};
pub use service::{Caller, Route, STRANGERS, Service, Services, Transport};
pub use sockets::{Io, Sockets};
pub use stream::{Stream, StreamEnded, StreamReceiver, StreamSender};
