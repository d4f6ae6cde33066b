//! The supervisor: keeps one fresh query processor in service.
//!
//! A query processor holds nothing that must last, so the supervisor may replace it whenever it likes, and does so
//! often enough that replacing is never a special case:
//!
//! ```text
//!            Start            Route               sessions 0, or the limit and Terminate
//!  (nothing) ─────▶ Starting ───────▶ Serving ─────▶ Draining ───────────────▶ Retired
//!                       │      age, crash, request │
//!                       └── the next one is Serving before this one drains
//! ```
//!
//! Rules: new sessions always find a query processor; a query processor is told to drain only after another took its
//! place; one that drains too long is terminated, and given up if even that does not help; crashes are answered at
//! once, and ever more slowly while they repeat. [`Supervisor`] in `supervisor.rs` decides, without clock, randomness
//! or threads; [`service::Supervisor`] does what it says.
//!
//! Upholds: S2.
//!
//! Example: at 60 min ± jitter the machine says `Start(2)`; after `Started(2)` it says `Route(2)`, `Drain(1)`. Sessions
//! of 1 come back to the gateway at their transaction boundaries and go on with 2. One has a transaction open when 1
//! crashes: that transaction fails, nothing else notices, and 1 is retired with no session left.

pub mod config;
pub mod service;
mod supervisor;

pub use config::SupervisorConfig;
pub use service::Supervisor;
pub use session::ManagedProcessor;
pub use supervisor::{Input, Machine, Output, ProcessorId};
