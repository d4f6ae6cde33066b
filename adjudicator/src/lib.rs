//! Decides whether and when a transaction commits, for a range of keys.
//!
//! One adjudicator serves one shard of the key space and leads that shard's journal. It is a state machine: it takes
//! the time, a message or a journal's answer, and says what to append, to whom to reply and what to tell other shards.
//! It keeps nothing that must survive: what it has promised and voted for stays under a durable ceiling, at which its
//! successor starts.
//!
//! ```text
//!  commit ──▶ judge: floor, conflict memory, schema, fences ──▶ tau_commit above the bar ──▶ next entry ──▶ journal
//!  prepare ─▶ judge ──▶ fence until tau_max ──▶ vote ──▶ leader: decide ──▶ next entry ──▶ journal
//!                                                             └──▶ go-ahead ──▶ participants record, fences fall
//!  bump ────▶ nothing at or below on its way, under the ceiling ──▶ promise
//! ```
//!
//! Where to read: the rules of one shard in `adjudicator` and `appends`, of several in `shards`, of promises in `promises`, the
//! conflict classes in `classes`. `service` runs a shard, `cluster` and `elsewhere` find and reach shards here and on other
//! nodes, `wire` carries what is said between nodes.
//!
//! Upholds: I1, I2, I3, D2, F1, F2, A1

pub mod adjudicator;
mod appends;
pub mod classes;
pub mod cluster;
pub mod config;
pub mod elsewhere;
mod fences;
mod measure;
pub mod memory;
mod outcomes;
mod promises;
mod schema;
mod service;
mod shards;
pub mod wire;

pub use adjudicator::{Adjudicator, Input, Output};
pub use cluster::Cluster;
pub use config::{Config, Mutation};

/// Whether rules of the protocol can be left out in this build. A release build of the program refuses it.
pub const MUTATIONS: bool = cfg!(feature = "mutations");
