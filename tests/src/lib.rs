//! Black-box tests of the quorate program: what they start it with, and how they talk to it.
//!
//! Nothing here knows the program's insides. A test starts a node on free ports and a directory of its own, talks to it
//! as any client would, and judges what it sees against PostgreSQL's behaviour.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`server`] | a node: start, kill, restart, stop, its log, its memory |
//! | [`forming`] | several nodes that form one cluster |
//! | [`connect`] | connections of tokio-postgres, plain and with TLS |
//! | [`wire`] | the protocol by hand, for messages that no driver would send |
//! | [`script`] | interleaved steps of several sessions as a table |
//! | [`bank`] | transfers with a ledger, and the checks of what must hold after a crash |
//! | [`wait`] | polling with a deadline |
//!
//! `QUORATE_BIN` names the program; without it, cargo builds it. `QUORATE_TEST_URL=HOST:PORT` lets those tests that only
//! talk run against another server, such as a real PostgreSQL that trusts role `admin`.

#![allow(clippy::print_stdout, reason = "what a failing test prints is its report")]

pub mod bank;
pub mod connect;
pub mod forming;
pub mod script;
pub mod server;
pub mod wait;
pub mod wire;

pub use server::{Options, Server};
