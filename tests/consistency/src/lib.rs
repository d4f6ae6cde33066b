//! Black-box consistency runs: workloads over real connections to real nodes, under faults, judged by `simulation/checkers`.
//!
//! ```text
//!  clients ──▶ proxy ──▶ quorate ◀── kill, torn write, pause, SIGTERM, recycling
//!     │          ▲
//!     │          └── cut, stall, answers lost
//!     │                            quorate ◀── proxies ──▶ quorate: parted, one way only, slow
//!     ▼
//!  one log ──▶ checkers: isolation, durability, invariants, and floors that say whether the silence means something
//! ```
//!
//! One process and one clock: the order of the events in the log is real time. A transaction is noted before its first
//! byte is sent and again when its end is known. *Failed* means that it surely has no effect: an error before COMMIT was
//! sent, or an answer with an SQLSTATE that is not of the unknown kind. That is taken at its word: what was called failed
//! and is seen later is a finding.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`cluster`] | the nodes: own processes, or addresses of nodes that somebody else runs |
//! | [`proxy`] | the way from clients to a node: cut, stalled, answers held back |
//! | [`network`] | the ways between nodes: blocked, slow, reset, each direction on its own |
//! | [`faults`] | inside a node's process: clocks that are off, disks that are slow or fail |
//! | [`nemesis`] | which faults, when |
//! | [`session`] | one client's connection, and what an end of a transaction means |
//! | [`lists`], [`registers`], [`bank`], [`unique`], [`indexes`] | the workloads, each with its judge |
//! | [`run`] | one workload under one nemesis, from start to verdict |
//! | [`edn`] | histories in the form that Jepsen's Elle reads |
//!
//! What it does not show: clocks beyond their bound, disks that lie.
//!
//! Checks: L1, I1, I2, I3, D1, D2, A1,

pub mod bank;
pub mod cluster;
pub mod edn;
pub mod faults;
pub mod indexes;
pub mod lists;
pub mod nemesis;
pub mod network;
pub mod proxy;
pub mod registers;
pub mod run;
pub mod session;
pub mod unique;

pub use cluster::Cluster;
pub use nemesis::Nemesis;
pub use run::{Plan, Verdict, Workload, run};
