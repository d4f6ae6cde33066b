//! EXPLAIN: the plan as text, JSON, YAML or XML, with PostgreSQL's names.

pub mod deparse;
pub mod format;
pub mod nodes;

use crate::plan::{Plan, Statement};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ExplainFormat {
    #[default]
    Text,
    Json,
    Yaml,
    Xml,
}

#[derive(Clone, Debug)]
pub struct ExplainOptions {
    pub format: ExplainFormat,
    pub verbose: bool,
    pub costs: bool,
    /// Print the actuals: they must be given.
    pub analyze: bool,
    pub timing: bool,
    pub summary: bool,
    pub planning_ms: Option<f64>,
    pub execution_ms: Option<f64>,
}

impl Default for ExplainOptions {
    fn default() -> ExplainOptions {
        ExplainOptions {
            format: ExplainFormat::Text,
            verbose: false,
            costs: true,
            analyze: false,
            timing: true,
            summary: false,
            planning_ms: None,
            execution_ms: None,
        }
    }
}

/// What happened at a node, over all its loops.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeActuals {
    pub rows: u64,
    pub loops: u64,
    /// Until the first rows came, in milliseconds.
    pub startup_ms: f64,
    pub total_ms: f64,
    /// Rows that the node's filter dropped.
    pub removed: u64,
    /// What the node itself read from storage: rows and entries of indexes, and the bytes of their keys and values.
    pub rows_read: u64,
    pub bytes_read: u64,
    /// Written to temporary files.
    pub spilled_bytes: u64,
}

/// Tells what a plan node really did; `None` if it never ran.
pub type Actuals<'a> = &'a dyn Fn(&Plan) -> Option<NodeActuals>;

/// The lines that EXPLAIN returns: for text one per line, otherwise the whole document as one.
pub fn explain(
    statement: &Statement,
    options: &ExplainOptions,
    actuals: Option<Actuals<'_>>,
) -> Vec<String> {
    let tree = nodes::statement(statement);
    format::write(&tree, options, if options.analyze { actuals } else { None })
}
