//! What the roles say to each other.
//!
//! Roles never import one another; they meet here. This crate holds plain data (timestamps, identifiers, transactions,
//! journal entries) and the contracts of the services a role offers to others ([`journal::Journal`],
//! [`storage::ReadStorage`]). It performs no I/O and reads no clock.

pub mod adjudication;
pub mod delivery;
pub mod identity;
pub mod journal;
pub mod key;
pub mod storage;
pub mod time;
pub mod transaction;

pub use identity::{JournalId, NodeId, ShardId, TableId, TransactionId};
pub use time::{ClockReading, Timestamp};
