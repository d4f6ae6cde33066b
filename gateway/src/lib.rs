//! The gateway: listeners, TLS, authentication, and the hand-over of sessions between query processors.
//!
//! ```text
//! accept ─▶ admission ─▶ negotiation ─────▶ authentication ─▶ checks ─▶ serve ◀─┐
//!           (limits)     TLS, startup,       SCRAM-SHA-256     role,      │      │ Detached: the next
//!                        or a cancel         (-PLUS)           database,  └──────┘ query processor
//!                        request                               settings
//! ```
//!
//! Rules: before authentication a connection may hold only a constant amount of memory, for a limited time, and only
//! so many may do so; nothing that came in the clear is ever taken for something that came through TLS; a client that
//! is not authenticated learns nothing about roles. The gateway owns the socket from accept to close and lends it to
//! query processors; it knows no SQL. What it holds about a session is a process id, a cancel key and a slot.
//!
//! Upholds: B1.
//!
//! Example: a query processor is recycled while 100 sessions are idle. Each is given back (`Detached`), and its task
//! hands it to the one that [`session::Route`] names now; the client sees nothing. Had the query processor panicked
//! instead, the sessions inside would be gone with their sockets, and the supervisor would be told.

mod admission;
mod authentication;
pub mod config;
pub mod error;
mod messages;
mod negotiation;
pub mod service;
mod startup;
mod threads;

pub use config::{GatewayConfig, TlsIdentity, Validate};
pub use error::GatewayError;
pub use service::Gateway;
