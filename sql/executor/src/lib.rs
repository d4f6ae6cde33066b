//! Runs physical plans over an abstract source of rows, spilling when memory is short.
//!
//! Execution is a pull of row batches through the plan's operators, without async: a statement runs on one thread, and
//! whoever calls it decides which. All it needs from outside comes through [`environment::Environment`].

pub mod environment;

pub use environment::Environment;
