//! The front of the executor: one statement from start to end.
//!
//! A query is pulled: each batch is computed when it is asked for, so a portal may stop and go on.
//! A statement that modifies anything runs to its end, with its foreign keys, before the first row
//! is given out.

use std::sync::Arc;

use planner::plan::{Plan, Statement, StatementKind};
use types::{Datum, Row, SqlResult};

use crate::context::{Context, NodeActuals};
use crate::environment::Environment;
use crate::modify::foreign_keys::run_events;
use crate::node::{BATCH_ROWS, Node};
use crate::spill::{BufferCursor, RowBuffer};

/// A statement being executed.
pub struct Execution {
    context: Context,
    statement: Arc<Statement>,
    source: Source,
    pending: std::vec::IntoIter<Row>,
    finished: bool,
}

enum Source {
    /// A query that modifies nothing.
    Live(Box<Node>),
    /// A modification that has not run yet.
    Unrun,
    /// What a modification returned.
    Rows(RowBuffer, BufferCursor),
    Done,
}

impl Execution {
    pub fn start(
        statement: Arc<Statement>,
        parameters: Vec<Datum>,
        env: Arc<dyn Environment>,
    ) -> SqlResult<Execution> {
        Execution::new(statement, parameters, env, false)
    }

    /// As [`Execution::start`], counting rows and time per plan node.
    pub fn with_instrumentation(
        statement: Arc<Statement>,
        parameters: Vec<Datum>,
        env: Arc<dyn Environment>,
    ) -> SqlResult<Execution> {
        Execution::new(statement, parameters, env, true)
    }

    fn new(
        statement: Arc<Statement>,
        parameters: Vec<Datum>,
        env: Arc<dyn Environment>,
        instrumented: bool,
    ) -> SqlResult<Execution> {
        let modifies = statement.kind != StatementKind::Select
            || statement.ctes.iter().any(|cte| cte.modifies);
        let source = if modifies {
            Source::Unrun
        } else {
            Source::Live(Box::new(Node::new(&statement.root)))
        };
        Ok(Execution {
            context: Context::new(env, Arc::clone(&statement), parameters, instrumented),
            statement,
            source,
            pending: Vec::new().into_iter(),
            finished: false,
        })
    }

    /// Up to `max_rows` rows (at least one), in the statement's order; `None` at the end.
    pub fn next_batch(&mut self, max_rows: usize) -> SqlResult<Option<Vec<Row>>> {
        let max_rows = max_rows.max(1);
        if self.pending.len() == 0 {
            match self.pull()? {
                Some(batch) if batch.len() <= max_rows => return Ok(Some(batch)),
                Some(batch) => self.pending = batch.into_iter(),
                None => return Ok(None),
            }
        }
        Ok(Some(self.pending.by_ref().take(max_rows).collect()))
    }

    fn pull(&mut self) -> SqlResult<Option<Vec<Row>>> {
        if matches!(self.source, Source::Unrun) {
            self.run_modification()?;
        }
        let batch = match &mut self.source {
            Source::Live(node) => node.next(&self.statement.root, &self.context)?,
            Source::Rows(buffer, cursor) => buffer.read(cursor, BATCH_ROWS)?,
            Source::Unrun | Source::Done => None,
        };
        if batch.is_none() {
            self.source = Source::Done;
        }
        Ok(batch)
    }

    fn run_modification(&mut self) -> SqlResult<()> {
        self.source = Source::Done;
        let rows = self.context.collect(&self.statement.root)?;
        self.complete()?;
        self.source = Source::Rows(rows, BufferCursor::default());
        Ok(())
    }

    /// Runs modifying WITH queries that nobody read, then foreign keys.
    fn complete(&mut self) -> SqlResult<()> {
        if self.finished {
            return Ok(());
        }
        self.finished = true;
        for (id, cte) in self.statement.ctes.iter().enumerate() {
            if cte.modifies && self.context.cte_is_unread(id) {
                self.context.cte(id)?;
            }
        }
        run_events(self.context.env(), &self.context.events)
    }

    /// Runs what must run even if no more rows are wanted. Without it, a modification that was
    /// never pulled has not happened.
    pub fn finish(&mut self) -> SqlResult<()> {
        match self.source {
            Source::Unrun => self.run_modification(),
            _ => self.complete(),
        }
    }

    /// Rows inserted, updated, deleted or merged by the statement itself.
    pub fn affected_rows(&self) -> u64 {
        self.context.affected.get()
    }

    /// What a node of this statement's plan did so far, if it ran and was instrumented.
    pub fn actuals(&self, plan: &Plan) -> Option<NodeActuals> {
        let place = std::ptr::from_ref(plan) as usize;
        let mut actuals = *self.context.actuals.borrow().get(&place)?;
        if let Some(reads) = self.context.reads.borrow().get(&place) {
            let [rows, bytes, removed, spilled] = reads.counts();
            actuals.rows_read = rows;
            actuals.bytes_read = bytes;
            actuals.removed = removed;
            actuals.spilled_bytes = spilled;
        }
        Some(actuals)
    }

    /// Bytes held now, as the memory budget counts them.
    pub fn memory_used(&self) -> usize {
        self.context.memory().used()
    }
}

/// All there is to say about a short statement.
#[derive(Debug, Default)]
pub struct Outcome {
    pub rows: Vec<Row>,
    pub affected: u64,
}

/// Runs a statement to its end. Point look-ups by primary key take a short way that makes neither
/// operators nor buffers.
pub fn execute_trivial(
    statement: &Arc<Statement>,
    parameters: &[Datum],
    env: &Arc<dyn Environment>,
) -> SqlResult<Outcome> {
    if let Some(rows) = crate::trivial::point_select(statement, parameters, &**env)? {
        return Ok(Outcome { rows, affected: 0 });
    }
    let mut execution =
        Execution::start(Arc::clone(statement), parameters.to_vec(), Arc::clone(env))?;
    let mut rows = Vec::new();
    while let Some(batch) = execution.next_batch(BATCH_ROWS)? {
        rows.extend(batch);
    }
    execution.finish()?;
    Ok(Outcome { rows, affected: execution.affected_rows() })
}
