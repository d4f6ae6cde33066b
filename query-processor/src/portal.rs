//! Portals: bound statements, run as far as the client asks.

use std::collections::VecDeque;
use std::sync::Arc;

use executor::Execution;
use parking_lot::Mutex;
use planner::plan::{OutputColumn, StatementKind};
use types::{Datum, Row, SqlResult};

use crate::environment::StatementEnvironment;
use crate::statement::{self, Prepared};
use crate::wire::Format;

/// Rows asked of the executor at a time.
pub const BATCH_ROWS: usize = 1_024;

/// A bound statement.
pub struct Portal {
    pub prepared: Arc<Prepared>,
    pub parameters: Vec<Datum>,
    pub formats: Vec<i16>,
    pub state: PortalState,
    /// Microseconds since 2000-01-01 UTC.
    pub created_at: i64,
    /// Made by DECLARE.
    pub is_cursor: bool,
    /// Rows handed out so far: the cursor's position.
    pub position: u64,
    /// Rows of cursors that go back or outlive their transaction.
    pub kept: Option<Kept>,
}

/// What a SCROLL or WITH HOLD cursor has read so far, in the memory of one query.
#[derive(Default)]
pub struct Kept {
    pub rows: Vec<Row>,
    pub bytes: usize,
    pub scrolls: bool,
    pub hold: bool,
    /// The transaction that declared it has committed.
    pub committed: bool,
}

/// How far a portal has got.
pub enum PortalState {
    Ready,
    Running(Box<Running>),
    /// All rows are handed out.
    Finished,
}

/// A statement under way.
pub struct Running {
    pub columns: Arc<[OutputColumn]>,
    pub formats: Vec<Format>,
    pub environment: Arc<StatementEnvironment>,
    pub source: Source,
}

/// Where rows come from.
pub enum Source {
    /// The mutex is never locked: it lets a reference to a portal cross threads while the execution itself has one owner.
    Plan { execution: Box<Mutex<Execution>>, kind: StatementKind },
    /// Computed at once: SHOW, EXPLAIN, RETURNING through a portal.
    Rows { rows: VecDeque<Row>, tag: String, counts: bool },
}

/// What one step gave.
pub struct Step {
    pub rows: Vec<Row>,
    /// Set when the statement is complete: its tag.
    pub tag: Option<String>,
}

impl Running {
    /// Whether the client is told of columns even if there are none: a query has rows nevertheless.
    pub fn is_query(&self) -> bool {
        match &self.source {
            Source::Plan { kind, .. } => *kind == StatementKind::Select,
            Source::Rows { tag, .. } => tag.starts_with("SELECT "),
        }
    }
}

impl Source {
    /// Runs up to `limit` rows further.
    pub fn step(&mut self, limit: usize, sent: u64) -> SqlResult<Step> {
        match self {
            Source::Plan { execution, kind } => match execution.get_mut().next_batch(limit)? {
                Some(rows) => Ok(Step { rows, tag: None }),
                None => {
                    let execution = execution.get_mut();
                    execution.finish()?;
                    let rows = match kind {
                        StatementKind::Select => sent,
                        _ => execution.affected_rows(),
                    };
                    Ok(Step { rows: Vec::new(), tag: Some(statement::tag(*kind, rows)) })
                }
            },
            Source::Rows { rows, tag, counts } => {
                let taken = limit.min(rows.len());
                let batch: Vec<Row> = rows.drain(..taken).collect();
                if !batch.is_empty() {
                    return Ok(Step { rows: batch, tag: None });
                }
                let tag = if *counts { format!("{tag} {sent}") } else { tag.clone() };
                Ok(Step { rows: Vec::new(), tag: Some(tag) })
            }
        }
    }

    /// Nothing is left to compute: the connection's own task may go on.
    pub fn is_trivial(&self) -> bool {
        matches!(self, Source::Rows { .. })
    }
}
