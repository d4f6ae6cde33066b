//! Replicated, durable record of decided transactions.

pub mod error;
pub mod group;
pub mod log;
