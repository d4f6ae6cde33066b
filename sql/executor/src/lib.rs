//! Runs physical plans over an abstract source of rows, spilling when memory is short.
//!
//! Execution is a pull of row batches through the plan's operators, without async: a statement runs
//! on one thread at a time, and whoever calls it decides which. All it needs from outside comes
//! through [`environment::Environment`].
//!
//! ```text
//! Execution ──▶ Node (one per operator) ──▶ Environment (transaction, catalog, spill directory)
//!                 │ expressions: evaluate      rows ↔ keys and values: rows, ranges
//!                 │ joins, sorts, groups: operators, spilling through spill
//!                 └ writes: modify (constraints, index entries, foreign keys)
//! ```
//!
//! What a statement holds in memory is counted by [`memory::MemoryAccount`]; operators that can
//! spill do so above the budget, the others fail with 53200.

pub mod bulk;
pub mod context;
mod counted;
pub mod environment;
pub mod evaluate;
pub mod execution;
pub mod inspect;
pub mod keys;
pub mod memory;
pub mod modify;
pub mod node;
pub mod operators;
pub mod ranges;
pub mod rows;
pub mod spill;
mod trivial;
pub mod vector_lists;

pub use bulk::{InsertPipeline, build_index_entries, sample_vectors};
pub use context::NodeActuals;
pub use environment::Environment;
pub use execution::{Execution, Outcome, execute_trivial};
pub use modify::foreign_keys::run_deferred;
pub use rows::RowCodec;
