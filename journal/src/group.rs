//! One journal as a Raft group: openraft over the node's shared log.
//!
//! [`types`] says what openraft works with, [`storage`] gives it the log, [`machine`] turns committed entries into
//! deliveries, [`network`] carries its messages, [`wire`] over the transport between machines.

pub(crate) mod machine;
pub mod network;
pub(crate) mod storage;
pub mod types;
pub mod wire;

#[cfg(test)]
mod suite_tests;
