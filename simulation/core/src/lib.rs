//! Simulator A: the state machines of a whole cluster on one deterministic message bus.
//!
//! ```text
//!  clients ──▶ coordinator ──▶ bus ──▶ adjudicators ──append──▶ journals (terms, successors)
//!     ▲                         │  loses, copies, delays, reorders        │
//!     └── replica ◀── merge ◀───┴──────────── promises, entries ◀─────────┘
//! ```
//!
//! What runs is the code that ships: [`adjudicator::Adjudicator`], [`coordinator::Coordinator`], [`crossbar::Merge`].
//! Around it stand a model of replicated journals (an append becomes durable, or its result is unknown, or its leader
//! is deposed while it is under way), of storage (versions, a watermark, what survives a crash), and of clocks (offset,
//! drift, steps, within the bound they claim or far beyond).
//!
//! A seed determines the cluster's size, the rates of faults, the adjudicators' bounds, and every event
//! ([`plan`]). The first seconds are a storm; then faults end, and within seconds every node must read everything and
//! commit. Then all checkers are asked ([`verdict`]).
//!
//! ```text
//! cargo run -p simulation-core -- --seeds 1000        many runs, in parallel
//! cargo run -p simulation-core -- --seed 17 --trace   one run, every event
//! cargo run -p simulation-core -- --mutants           breaks one part after the other: which checker sees it?
//! ```
//!
//! What it does not show: openraft, the network's and the disk's own code, SQL. For these there is the black box.
//!
//! Checks: I1, I2, I3, L1, D1, D2, F1, F2, A1

pub mod campaign;
mod client;
mod journal;
pub mod mischief;
pub mod mutants;
pub mod plan;
pub mod random;
mod replica;
pub mod request;
mod shards;
pub mod verdict;
pub mod work;
mod world;

pub use campaign::{Campaign, campaign};
pub use plan::{Mutant, Plan};
pub use verdict::{Checker, Fault, Outcome, run};
