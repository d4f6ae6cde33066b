//! The transaction block of a session: what BEGIN, COMMIT, ROLLBACK and savepoints do.

use std::sync::Arc;
use std::time::Instant;

use catalog::Catalog;
use definition::Work;
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::notifications::Listening;
use crate::transaction::{Mark, Transaction};

/// How the block came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Around one statement, a pipeline up to Sync, or a query string.
    Implicit,
    /// BEGIN.
    Explicit,
}

/// A savepoint.
pub struct Savepoint {
    pub name: String,
    pub mark: Option<Mark>,
    pub catalog: Option<Arc<Catalog>>,
    pub setting_mark: usize,
    pub work_mark: usize,
    pub timing_mark: usize,
    pub listening_mark: usize,
}

/// An open transaction block. The snapshot is taken by the first statement that needs one.
pub struct Block {
    pub kind: BlockKind,
    /// An error happened: only ROLLBACK (or ROLLBACK TO) is taken.
    pub failed: bool,
    pub serializable: bool,
    pub read_only: bool,
    /// Microseconds since 2000-01-01 UTC: `now()`.
    pub started_at: i64,
    pub begun: Instant,
    pub transaction: Option<Arc<Transaction>>,
    /// With this transaction's own definitions.
    pub catalog: Option<Arc<Catalog>>,
    pub savepoints: Vec<Savepoint>,
    /// Rows that become garbage if the transaction commits.
    pub drops: Vec<Vec<u8>>,
    /// Constraints with changed timing: oid, or 0 for all; deferred or not.
    pub constraint_timing: Vec<(Oid, bool)>,
    /// Statements run so far.
    pub statements: u64,
    /// Sequences whose blocks in memory no longer hold.
    pub sequences_changed: Vec<Oid>,
    /// LISTEN and UNLISTEN that come into force if the transaction commits.
    pub listening: Vec<Listening>,
}

impl Block {
    pub fn new(kind: BlockKind, serializable: bool, read_only: bool, started_at: i64) -> Block {
        Block {
            kind,
            failed: false,
            serializable,
            read_only,
            started_at,
            begun: Instant::now(),
            transaction: None,
            catalog: None,
            savepoints: Vec::new(),
            drops: Vec::new(),
            constraint_timing: Vec::new(),
            statements: 0,
            sequences_changed: Vec::new(),
            listening: Vec::new(),
        }
    }

    pub fn set_savepoint(&mut self, name: &str, setting_mark: usize) {
        self.savepoints.push(Savepoint {
            name: name.to_owned(),
            mark: self.transaction.as_ref().map(|transaction| transaction.mark()),
            catalog: self.catalog.clone(),
            setting_mark,
            work_mark: self.drops.len(),
            timing_mark: self.constraint_timing.len(),
            listening_mark: self.listening.len(),
        });
    }

    fn position(&self, name: &str) -> SqlResult<usize> {
        self.savepoints.iter().rposition(|savepoint| savepoint.name == name).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_SAVEPOINT_SPECIFICATION,
                format!("savepoint \"{name}\" does not exist"),
            )
        })
    }

    pub fn release(&mut self, name: &str) -> SqlResult<()> {
        let position = self.position(name)?;
        self.savepoints.truncate(position);
        Ok(())
    }

    /// Goes back to a savepoint, which stays; returns how many setting changes stay.
    pub fn roll_back_to(&mut self, name: &str) -> SqlResult<usize> {
        let position = self.position(name)?;
        self.savepoints.truncate(position + 1);
        let savepoint = &self.savepoints[position];
        match (savepoint.mark, &self.transaction) {
            (Some(mark), Some(transaction)) => {
                transaction.roll_back_to(mark);
                self.catalog = savepoint.catalog.clone();
            }
            // The savepoint is older than the snapshot: start over.
            (None, Some(_)) => {
                if let Some(transaction) = self.transaction.take() {
                    transaction.end_turns();
                }
                self.catalog = None;
            }
            (_, None) => {}
        }
        self.drops.truncate(savepoint.work_mark);
        self.constraint_timing.truncate(savepoint.timing_mark);
        self.listening.truncate(savepoint.listening_mark);
        self.failed = false;
        Ok(savepoint.setting_mark)
    }
}

/// Sorts work into what is done now and what becomes garbage at commit.
pub fn dropped_prefixes(work: &[Work]) -> Vec<Vec<u8>> {
    work.iter()
        .filter_map(|item| match item {
            Work::DropRows { table } => Some(table.0.to_be_bytes().to_vec()),
            Work::DropIndexRows { table, index } => {
                Some(protocol::key::prefix(*table, *index).to_vec())
            }
            _ => None,
        })
        .collect()
}
