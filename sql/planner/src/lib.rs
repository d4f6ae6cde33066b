//! From syntax tree to physical plan: name and type resolution, rewriting, costs.
//!
//! The result is a [`plan::Plan`]: a tree of operators over typed expressions that the executor runs without asking the
//! catalog again. Plans are immutable and shared between executions and sessions.

pub mod bind;
pub mod catalog_view;
pub mod expression;
pub mod logical;
pub mod plan;
pub mod walk;

pub use catalog_view::{CatalogView, ColumnStatistics, Statistics};
pub use bind::type_names::resolve_type;

fn parse(text: &str) -> types::SqlResult<Vec<syntax::ast::Statement>> {
    match syntax::parse(text) {
        Ok(statements) => Ok(statements.into_iter().map(|parsed| parsed.statement).collect()),
        Err(failure) => Err(types::SqlError::new(failure.sqlstate, failure.message)),
    }
}
