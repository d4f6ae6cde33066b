//! From syntax tree to physical plan: name and type resolution, rewriting, costs.
//!
//! The result is a [`plan::Plan`]: a tree of operators over typed expressions that the executor runs without asking the
//! catalog again. Plans are immutable and shared between executions and sessions.

pub mod catalog_view;
pub mod expression;
pub mod plan;

pub use catalog_view::{CatalogView, ColumnStatistics, Statistics};
