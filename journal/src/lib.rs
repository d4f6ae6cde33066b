//! Replicated, durable record of decided transactions.
//!
//! A journal is an ordered list of entries that are never undone. Each journal is a Raft group; all groups of a node
//! write one log, so that one fsync serves them all.
//!
//! ```text
//!   adjudicator --append--> front --> Raft group --> log --> disk
//!                                        |  ^
//!                                        |  +-- network --> the same group on other nodes
//!                                        v committed
//!                                     machine --deliver--> crossbar
//! ```
//!
//! - [`node`] opens everything and is where the other roles come in; [`Node::journal`] gives a
//!   [`protocol::journal::Journal`].
//! - [`log`] is the shared write-ahead log: its format, the writer, recovery. Start reading there.
//! - [`group`] is openraft on that log: storage, state machine, network.
//!
//! Upholds: D1 (an append is acknowledged after fsync on a quorum), D2 (an entry is one checksummed record, there or
//! not), F1 (only the leader of the current term appends). What each failure does is in the `README.md` beside this.

pub mod error;
mod front;
pub mod group;
pub mod log;
pub mod membership;
pub mod node;
#[cfg(test)]
mod node_tests;
pub mod timing;
#[cfg(test)]
mod wire_tests;

pub use error::{LogFailure, OpenError};
pub use group::network::{
    GroupRequest, GroupResponse, InProcessTransport, Receiver, Transport, TransportError,
};
pub use group::wire::{JOURNAL_SERVICE, JournalService, WireTransport};
pub use log::Pace;
pub use membership::{GroupStatus, Member, MembershipError};
pub use node::{JournalConfig, Node};
