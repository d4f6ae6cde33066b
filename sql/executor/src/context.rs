//! What all operators of one running statement share.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use bytes::Bytes;
use catalog::Relation;
use planner::expression::ExecParameter;
use planner::plan::{Plan, Statement};
use protocol::storage::ReadError;
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::counted::Reads;
use crate::environment::Environment;
use crate::evaluate::subplan::SubPlanState;
use crate::evaluate::{InSet, Scope};
use crate::keys::FastMap;
use crate::memory::MemoryAccount;
use crate::modify::foreign_keys::EventQueue;
use crate::node::Node;
use crate::rows::RowCodec;
use crate::spill::RowBuffer;

/// What one node did, for EXPLAIN ANALYZE.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeActuals {
    pub rows: u64,
    /// How often it was started.
    pub loops: u64,
    /// Time in this node and below, in microseconds; of it, until the first rows came.
    pub microseconds: i64,
    pub startup_microseconds: i64,
    /// Rows that the node itself has read from storage, and their bytes: keys and values.
    pub rows_read: u64,
    pub bytes_read: u64,
    /// Rows that its filter has dropped.
    pub removed: u64,
    /// Bytes it has written to temporary files.
    pub spilled_bytes: u64,
}

/// A WITH query while the statement runs.
pub(crate) enum CteState {
    Unread,
    Running,
    Complete(Arc<RowBuffer>),
}

/// The state of a statement outside of its operators. It stays on one thread at a time.
pub struct Context {
    env: Arc<dyn Environment>,
    statement: Arc<Statement>,
    parameters: Arc<[Datum]>,
    pub(crate) exec_parameters: RefCell<Vec<Datum>>,
    pub(crate) subplans: RefCell<FastMap<usize, SubPlanState>>,
    pub(crate) in_sets: RefCell<FastMap<usize, Arc<InSet>>>,
    pub(crate) ctes: RefCell<Vec<CteState>>,
    pub(crate) working_tables: RefCell<FastMap<usize, Arc<RowBuffer>>>,
    pub(crate) actuals: RefCell<FastMap<usize, NodeActuals>>,
    pub(crate) reads: RefCell<FastMap<usize, Arc<Reads>>>,
    /// The plan node that runs, by its address, while the statement is instrumented.
    pub(crate) running: Cell<usize>,
    codecs: RefCell<FastMap<usize, Arc<RowCodec>>>,
    memory: Arc<MemoryAccount>,
    pub(crate) instrumented: bool,
    pub(crate) affected: Cell<u64>,
    /// More than zero while a WITH query runs: its rows are not counted as affected.
    pub(crate) cte_depth: Cell<u32>,
    pub(crate) events: RefCell<EventQueue>,
}

impl Context {
    pub fn new(
        env: Arc<dyn Environment>,
        statement: Arc<Statement>,
        parameters: Vec<Datum>,
        instrumented: bool,
    ) -> Context {
        let memory = MemoryAccount::new(env.memory_budget());
        let exec_parameters = vec![Datum::Null; statement.exec_parameters];
        let ctes = statement.ctes.iter().map(|_| CteState::Unread).collect();
        Context {
            env,
            statement,
            parameters: parameters.into(),
            exec_parameters: RefCell::new(exec_parameters),
            subplans: RefCell::default(),
            in_sets: RefCell::default(),
            ctes: RefCell::new(ctes),
            working_tables: RefCell::default(),
            actuals: RefCell::default(),
            reads: RefCell::default(),
            running: Cell::new(0),
            codecs: RefCell::default(),
            memory,
            instrumented,
            affected: Cell::new(0),
            cte_depth: Cell::new(0),
            events: RefCell::default(),
        }
    }

    pub fn env(&self) -> &dyn Environment {
        &*self.env
    }

    pub fn shared_env(&self) -> &Arc<dyn Environment> {
        &self.env
    }

    pub fn statement(&self) -> &Arc<Statement> {
        &self.statement
    }

    pub fn parameters(&self) -> &Arc<[Datum]> {
        &self.parameters
    }

    pub fn memory(&self) -> &Arc<MemoryAccount> {
        &self.memory
    }

    pub fn check_interrupts(&self) -> SqlResult<()> {
        self.env.check_interrupts()
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope::of(self)
    }

    pub fn set_exec_parameter(&self, id: ExecParameter, value: Datum) {
        let mut slots = self.exec_parameters.borrow_mut();
        if id >= slots.len() {
            slots.resize(id + 1, Datum::Null);
        }
        slots[id] = value;
    }

    pub fn exec_parameter(&self, id: ExecParameter) -> Datum {
        self.exec_parameters.borrow().get(id).cloned().unwrap_or_default()
    }

    /// The codec of a relation, made once per statement.
    pub fn codec(&self, relation: &Arc<Relation>) -> SqlResult<Arc<RowCodec>> {
        let address = Arc::as_ptr(relation) as usize;
        if let Some(codec) = self.codecs.borrow().get(&address) {
            return Ok(Arc::clone(codec));
        }
        let codec = RowCodec::cached(relation)?;
        self.codecs.borrow_mut().insert(address, Arc::clone(&codec));
        Ok(codec)
    }

    /// The rows of a WITH query, computed on first use.
    pub(crate) fn cte(&self, id: usize) -> SqlResult<Arc<RowBuffer>> {
        match self.ctes.borrow_mut().get_mut(id) {
            Some(CteState::Complete(buffer)) => return Ok(Arc::clone(buffer)),
            Some(state @ CteState::Unread) => *state = CteState::Running,
            Some(CteState::Running) => return Err(internal("a WITH query reads itself")),
            None => return Err(internal("the plan names a WITH query it does not have")),
        }
        let statement = Arc::clone(&self.statement);
        let plan: &Plan = &statement.ctes[id].plan;
        self.cte_depth.set(self.cte_depth.get() + 1);
        let result = self.collect(plan);
        self.cte_depth.set(self.cte_depth.get() - 1);
        let buffer = Arc::new(result?);
        self.ctes.borrow_mut()[id] = CteState::Complete(Arc::clone(&buffer));
        Ok(buffer)
    }

    pub(crate) fn cte_is_unread(&self, id: usize) -> bool {
        matches!(self.ctes.borrow().get(id), Some(CteState::Unread))
    }

    /// All rows of a plan.
    pub(crate) fn collect(&self, plan: &Plan) -> SqlResult<RowBuffer> {
        let mut node = Node::new(plan);
        let mut buffer = RowBuffer::new(self);
        while let Some(batch) = node.next(plan, self)? {
            for row in batch {
                buffer.push(self, row)?;
            }
        }
        buffer.finish()?;
        Ok(buffer)
    }

    pub(crate) fn count_affected(&self, rows: u64) {
        if self.cte_depth.get() == 0 {
            self.affected.set(self.affected.get() + rows);
        }
    }

    /// The bytes of a row's key as a scan gave it out.
    pub(crate) fn row_key(value: &Datum) -> SqlResult<Option<Bytes>> {
        match value {
            Datum::Null => Ok(None),
            Datum::Bytea(bytes) => Ok(Some(Bytes::copy_from_slice(bytes))),
            _ => Err(internal("a row key is not bytes")),
        }
    }
}

pub fn internal(message: &str) -> SqlError {
    SqlError::new(sqlstate::INTERNAL_ERROR, message)
}

/// What a failed read means to the client.
pub fn read_error(error: ReadError) -> SqlError {
    match error {
        ReadError::Filter(inner) => match inner.downcast::<SqlError>() {
            Ok(error) => *error,
            Err(other) => internal(&other.to_string()),
        },
        ReadError::TooOld { .. } => {
            SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "transaction is too old")
                .detail(error.to_string())
        }
        ReadError::NotYet { .. } => SqlError::new(sqlstate::CANNOT_CONNECT_NOW, error.to_string()),
        ReadError::Corrupt(_) => SqlError::new(sqlstate::DATA_CORRUPTED, error.to_string()),
        ReadError::Engine(_) => SqlError::new(sqlstate::IO_ERROR, error.to_string()),
    }
}
