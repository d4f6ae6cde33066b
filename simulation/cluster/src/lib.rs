//! Simulator B: whole nodes, as they ship below SQL, in one deterministic simulation.
//!
//! ```text
//!  clients ══ simulated TCP ══▶ session ─▶ adjudicators, coordinators ─▶ openraft ─▶ write-ahead log ─▶ simulated disk
//!                                  ▲                 ║                     ║
//!                                  │       transport ══ frames, links ══ simulated TCP ══▶ other nodes
//!                                  └── storage ◀── crossbar ◀── deliveries
//! ```
//!
//! What runs is the code that ships: openraft with our log, its recovery and state machine; the transport with hello,
//! frames, keep-alive and streams; adjudicators and their wire forms; coordinators; crossbar; storage. What is simulated:
//! connections ([`net`]), disks ([`disk`], and `runtime`'s files, which lose, tear and reorder what was not synced),
//! clocks ([`clock`]), processes and machines ([`world`]), and SQL, in whose place clients read ranges and commit writes
//! ([`session`]).
//!
//! A seed decides everything: [`entropy`] replaces the system's random numbers, each process is a runtime of one thread whose
//! time stands still between ticks, and what happens is written to a [`trace`] whose digest is the same in every run of a
//! seed. Why it is built so: `docs/decisions/2026-11-23-simulating-whole-nodes.md`.
//!
//! ```text
//! cargo xtask sim --cluster --seeds 100      many, each in a process of its own
//! cargo xtask sim --cluster --seed 17        one, every event
//! cargo xtask sim --cluster --plan disks     one mix of faults (simulation/plans)
//! ```
//!
//! Checks: I1, I2, L1, D1, D2, F1, A1

pub mod campaign;
mod client;
pub mod clock;
mod delivered;
pub mod disk;
pub mod entropy;
mod faults;
pub mod mischief;
pub mod net;
mod node;
pub mod plan;
mod session;
pub mod trace;
mod verdict;
pub mod world;

pub use plan::{Mutant, Plan};
pub use verdict::{Outcome, run};
