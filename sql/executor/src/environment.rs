//! What a running statement needs from its transaction and node.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use catalog::Relation;
use functions::EvalContext;
use planner::plan::Target;
use protocol::key::prefix;
use protocol::storage::{Direction, RowFilter, ScanCursor};
use protocol::transaction::{Addition, Check, Write};
use types::{Datum, Row, SqlResult};

use crate::context::internal;
use crate::modify::triggers::{Event, Firing};
use crate::rows::RowCodec;
use crate::vector_lists::Lists;

/// One range to read through the transaction: storage as of its snapshot, under its own writes.
#[derive(Clone)]
pub struct ReadRequest {
    /// Inclusive.
    pub start: Bytes,
    /// Exclusive.
    pub end: Bytes,
    pub direction: Direction,
    /// Evaluated in storage, and by the transaction on its own writes.
    pub filter: Option<Arc<dyn RowFilter>>,
    /// Rows wanted after filtering.
    pub limit: Option<u64>,
}

/// A transaction as its statements see it.
///
/// Reads see the snapshot plus what *earlier statements* of the transaction wrote; only the `latest` variants also see
/// what this statement has written so far, as uniqueness checks must. If the statement fails, the caller drops the
/// statement's writes and checks; the executor need not undo anything.
pub trait Environment: EvalContext {
    fn get(&self, key: &[u8]) -> SqlResult<Option<Bytes>>;

    /// Answers in the order of the keys.
    fn multi_get(&self, keys: &[Bytes]) -> SqlResult<Vec<Option<Bytes>>>;

    fn scan(&self, request: ReadRequest) -> SqlResult<Box<dyn ScanCursor>>;

    /// As [`Environment::get`], with this statement's own writes.
    fn get_latest(&self, key: &[u8]) -> SqlResult<Option<Bytes>>;

    /// As [`Environment::scan`], with this statement's own writes.
    fn scan_latest(&self, request: ReadRequest) -> SqlResult<Box<dyn ScanCursor>>;

    /// Whether this statement has already written `key` (a second ON CONFLICT DO UPDATE or UPDATE of one row).
    fn written_by_statement(&self, key: &[u8]) -> bool;

    /// Buffers a write; fails with 25006 in a read-only transaction and with 54000 above the transaction's limits.
    fn write(&self, write: Write) -> SqlResult<()>;

    /// Buffers a write that does nothing but add to counters of the row; `value` is the row as this transaction sees it
    /// from now on.
    fn add(&self, addition: Addition, value: Bytes) -> SqlResult<()>;

    /// A key that must hold until commit, without being written (`FOR UPDATE`, a foreign key's parent).
    fn check(&self, check: Check) -> SqlResult<()>;

    /// Rows of `relation` are written: every shard checks that its definition did not change.
    fn touch(&self, relation: &Relation) -> SqlResult<()>;

    /// Runs at the end of the statement's transaction (or when SET CONSTRAINTS says so): deferred foreign keys.
    fn defer(&self, check: DeferredCheck) -> SqlResult<()>;

    /// Whether a deferrable constraint is deferred now.
    fn is_deferred(&self, constraint: types::Oid, initially: bool) -> bool;

    /// The rows of a relation of `pg_catalog` or `information_schema`, all columns in order. `equals` (0-based column,
    /// value) may be used to make fewer rows; more rows than asked for are fine.
    fn virtual_rows(&self, relation: &Relation, equals: &[(usize, Datum)]) -> SqlResult<Vec<Row>>;

    /// A table by oid, bound for writing: for foreign keys' actions on child tables.
    fn target(&self, relation: types::Oid) -> SqlResult<Arc<Target>>;

    /// Runs a trigger's function if its condition holds; for a trigger before a row, the row to go on with.
    fn fire_trigger(&self, firing: &Firing<'_>) -> SqlResult<Option<Row>> {
        Err(types::SqlError::new(
            types::sqlstate::FEATURE_NOT_SUPPORTED,
            format!("trigger \"{}\" cannot fire here", firing.trigger.name),
        ))
    }

    /// The key of a row of a table without primary key: unique, and growing on one node.
    fn new_row_id(&self) -> [u8; 16];

    /// The centres of an approximate index on vectors, by its position in the relation. They never change.
    fn vector_lists(&self, codec: &RowCodec, position: usize) -> SqlResult<Arc<Lists>> {
        let index = codec.index(position)?;
        let class = index.vector.ok_or_else(|| internal("not an index on vectors"))?;
        let prefix = prefix(codec.relation().table_id, index.number);
        Lists::read(class, &prefix, |request| self.scan_latest(request)).map(Arc::new)
    }

    /// Bytes that the statement may hold before it spills.
    fn memory_budget(&self) -> usize;

    /// How many other threads may read for this statement.
    fn helpers(&self) -> usize {
        0
    }

    /// Runs a task on another thread; `false` if none is free now, and then it is not run. The task ends soon after the
    /// statement.
    fn help(&self, task: Box<dyn FnOnce() + Send>) -> bool {
        drop(task);
        false
    }

    /// Where to spill: a directory of its own; files there are removed with the statement.
    fn spill_directory(&self) -> &Path;
}

/// A foreign key to look at again, or a trigger to fire, at the end of the transaction.
#[derive(Clone)]
pub struct DeferredCheck {
    pub constraint: types::Oid,
    pub child: types::Oid,
    /// The child's values of the key's columns, in the key's order.
    pub values: Row,
    /// The child row's key: if the row is gone by then, so is the obligation.
    pub row_key: Bytes,
    /// A constraint trigger in place of a foreign key.
    pub trigger: Option<Arc<DeferredTrigger>>,
}

/// What a constraint trigger is fired for.
pub struct DeferredTrigger {
    pub event: Event,
    pub old: Option<Row>,
    pub new: Option<Row>,
}
