//! One journal as a Raft group: openraft over the node's shared log.
//!
//! [`types`] says what openraft works with, [`storage`] gives it the log, [`machine`] turns committed entries into
//! deliveries, [`network`] carries its messages.

pub(crate) mod machine;
pub mod network;
pub(crate) mod storage;
pub mod types;

#[cfg(test)]
mod suite_tests;
