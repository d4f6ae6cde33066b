//! One operator of a running plan.
//!
//! The plan stays immutable and shared; a [`Node`] is only the state of one of its operators, and
//! gets the plan handed in with every call. Rows are pulled in batches; a batch is never empty.

use std::sync::Arc;

use planner::expression::Expr;
use planner::plan::{Operator, Plan};
use types::{Row, SqlResult};

use crate::context::{Context, internal};
use crate::operators::aggregate::AggregateState;
use crate::operators::distinct::{DistinctOnState, DistinctState};
use crate::operators::functions::{FunctionScanState, ProjectSetState};
use crate::operators::hash_join::HashJoinState;
use crate::operators::index_join::IndexJoinState;
use crate::operators::key_filter::KeyFilter;
use crate::operators::limit::LimitState;
use crate::operators::merge_join::MergeJoinState;
use crate::operators::nested_loop::NestedLoopState;
use crate::operators::partial_aggregate::{PartialGroup, PartialProgram};
use crate::operators::recursive::{BufferScanState, MaterializeState, RecursiveState};
use crate::operators::scan::ScanState;
use crate::operators::set_operation::SetOperationState;
use crate::operators::simple;
use crate::operators::sort::SortState;
use crate::operators::top_n::TopNState;
use crate::operators::window::WindowState;

pub type Batch = Vec<Row>;

/// Rows in a full batch.
pub const BATCH_ROWS: usize = 256;

/// The running state of a plan node and of all below it.
pub struct Node {
    state: State,
    started: bool,
}

pub(crate) enum State {
    Values(simple::ValuesState),
    Scan(Box<ScanState>),
    VirtualScan(simple::VirtualScanState),
    Filter(Box<simple::FilterState>),
    Project(Box<Node>),
    ProjectSet(Box<ProjectSetState>),
    FunctionScan(Box<FunctionScanState>),
    Sort(Box<SortState>),
    TopN(Box<TopNState>),
    Limit(Box<LimitState>),
    Distinct(Box<DistinctState>),
    DistinctOn(Box<DistinctOnState>),
    Aggregate(Box<AggregateState>),
    Window(Box<WindowState>),
    NestedLoop(Box<NestedLoopState>),
    HashJoin(Box<HashJoinState>),
    MergeJoin(Box<MergeJoinState>),
    IndexJoin(Box<IndexJoinState>),
    SetOperation(Box<SetOperationState>),
    Append(simple::AppendState),
    Recursive(Box<RecursiveState>),
    BufferScan(BufferScanState),
    Materialize(Box<MaterializeState>),
    LockRows(Box<Node>),
    Modify(Box<crate::modify::ModifyState>),
}

impl Node {
    pub fn new(plan: &Plan) -> Node {
        let state = match &plan.operator {
            Operator::Values { .. } => State::Values(simple::ValuesState::default()),
            Operator::Scan(_) => State::Scan(Box::default()),
            Operator::VirtualScan { .. } => State::VirtualScan(simple::VirtualScanState::default()),
            Operator::Filter { input, .. } => {
                State::Filter(Box::new(simple::FilterState::new(input)))
            }
            Operator::Project { input, .. } => State::Project(Box::new(Node::new(input))),
            Operator::ProjectSet { input, .. } => {
                State::ProjectSet(Box::new(ProjectSetState::new(input)))
            }
            Operator::FunctionScan { .. } => State::FunctionScan(Box::default()),
            Operator::Sort { input, .. } => State::Sort(Box::new(SortState::new(input))),
            Operator::TopN { input, .. } => State::TopN(Box::new(TopNState::new(input))),
            Operator::Limit { input, .. } => State::Limit(Box::new(LimitState::new(input))),
            Operator::Distinct { input } => State::Distinct(Box::new(DistinctState::new(input))),
            Operator::DistinctOn { input, .. } => {
                State::DistinctOn(Box::new(DistinctOnState::new(input)))
            }
            Operator::Aggregate(node) => {
                State::Aggregate(Box::new(AggregateState::new(&node.input)))
            }
            Operator::Window { input, .. } => State::Window(Box::new(WindowState::new(input))),
            Operator::NestedLoop(node) => State::NestedLoop(Box::new(NestedLoopState::new(node))),
            Operator::HashJoin(node) => State::HashJoin(Box::new(HashJoinState::new(node))),
            Operator::MergeJoin(node) => State::MergeJoin(Box::new(MergeJoinState::new(node))),
            Operator::IndexJoin(node) => {
                State::IndexJoin(Box::new(IndexJoinState::new(&node.left)))
            }
            Operator::SetOperation { left, right, .. } => {
                State::SetOperation(Box::new(SetOperationState::new(left, right)))
            }
            Operator::Append { inputs } => State::Append(simple::AppendState::new(inputs)),
            Operator::Recursive { start, .. } => {
                State::Recursive(Box::new(RecursiveState::new(start)))
            }
            Operator::WorkingTable { .. } | Operator::CteScan { .. } => {
                State::BufferScan(BufferScanState::default())
            }
            Operator::Materialize { input } => {
                State::Materialize(Box::new(MaterializeState::new(input)))
            }
            Operator::LockRows { input, .. } => State::LockRows(Box::new(Node::new(input))),
            Operator::Insert(_)
            | Operator::Update(_)
            | Operator::Delete(_)
            | Operator::Merge(_) => State::Modify(Box::default()),
        };
        Node { state, started: false }
    }

    /// The next rows; `None` at the end, and again after it.
    pub fn next(&mut self, plan: &Plan, context: &Context) -> SqlResult<Option<Batch>> {
        context.check_interrupts()?;
        if !context.instrumented {
            return self.advance(plan, context);
        }
        let place = std::ptr::from_ref(plan) as usize;
        let around = context.running.replace(place);
        let before = context.env().clock_time();
        let result = self.advance(plan, context);
        let elapsed = context.env().clock_time() - before;
        context.running.set(around);
        let mut actuals = context.actuals.borrow_mut();
        let entry = actuals.entry(place).or_default();
        entry.microseconds += elapsed;
        if !self.started {
            entry.startup_microseconds += elapsed;
            entry.loops += 1;
            self.started = true;
        }
        if let Ok(Some(batch)) = &result {
            entry.rows += batch.len() as u64;
        }
        result
    }

    fn advance(&mut self, plan: &Plan, context: &Context) -> SqlResult<Option<Batch>> {
        match (&mut self.state, &plan.operator) {
            (State::Values(state), Operator::Values { rows }) => state.next(rows, context),
            (State::Scan(state), Operator::Scan(scan)) => state.next(scan, context),
            (
                State::VirtualScan(state),
                Operator::VirtualScan { relation, columns, equals, filter },
            ) => state.next(relation, columns, equals, filter.as_ref(), context),
            (State::Filter(state), Operator::Filter { input, condition, one_time }) => {
                state.next(input, condition, *one_time, context)
            }
            (State::Project(node), Operator::Project { input, expressions }) => {
                simple::project(node, input, expressions, context)
            }
            (State::ProjectSet(state), Operator::ProjectSet { input, items }) => {
                state.next(input, items, context)
            }
            (State::FunctionScan(state), Operator::FunctionScan { functions, ordinality }) => {
                state.next(functions, *ordinality, context)
            }
            (State::Sort(state), Operator::Sort { input, keys, presorted }) => {
                state.next(input, keys, *presorted, context)
            }
            (State::TopN(state), Operator::TopN { input, keys, limit, offset, with_ties }) => {
                state.next(input, keys, limit, offset.as_ref(), *with_ties, context)
            }
            (State::Limit(state), Operator::Limit { input, limit, offset, with_ties }) => {
                state.next(input, limit.as_ref(), offset.as_ref(), with_ties.as_deref(), context)
            }
            (State::Distinct(state), Operator::Distinct { input }) => state.next(input, context),
            (State::DistinctOn(state), Operator::DistinctOn { input, keys }) => {
                state.next(input, keys, context)
            }
            (State::Aggregate(state), Operator::Aggregate(node)) => state.next(node, context),
            (State::Window(state), Operator::Window { input, partition, order, calls }) => {
                state.next(input, partition, order, calls, context)
            }
            (State::NestedLoop(state), Operator::NestedLoop(node)) => state.next(node, context),
            (State::HashJoin(state), Operator::HashJoin(node)) => state.next(node, context),
            (State::MergeJoin(state), Operator::MergeJoin(node)) => state.next(node, context),
            (State::IndexJoin(state), Operator::IndexJoin(node)) => state.next(node, context),
            (State::SetOperation(state), Operator::SetOperation { left, right, kind, all }) => {
                state.next(left, right, *kind, *all, context)
            }
            (State::Append(state), Operator::Append { inputs }) => state.next(inputs, context),
            (State::Recursive(state), Operator::Recursive { id, start, step, distinct }) => {
                state.next(*id, start, step, *distinct, context)
            }
            (State::BufferScan(state), Operator::WorkingTable { id }) => {
                state.next_working(*id, context)
            }
            (State::BufferScan(state), Operator::CteScan { id }) => state.next_cte(*id, context),
            (State::Materialize(state), Operator::Materialize { input }) => {
                state.next(input, context)
            }
            (State::LockRows(node), Operator::LockRows { input, tables }) => {
                simple::lock_rows(node, input, tables, context)
            }
            (State::Modify(state), operator) => state.next(operator, context),
            _ => Err(internal("an operator was handed the plan of another")),
        }
    }

    /// Offers what a hash join above knows of keys, before the first row is asked for. Rows without such a key may be left
    /// out from then on.
    pub(crate) fn offer(&mut self, plan: &Plan, filter: KeyFilter) {
        match (&mut self.state, &plan.operator) {
            (State::Scan(state), Operator::Scan(_)) => state.take_key_filter(filter),
            (State::Filter(state), Operator::Filter { input, .. }) => {
                state.input().offer(input, filter);
            }
            (State::Project(node), Operator::Project { input, expressions }) => {
                let place = |column: usize| match expressions.get(column) {
                    Some(Expr::Column { index, .. }) => Some(*index),
                    _ => None,
                };
                if let Some(filter) = filter.through(place) {
                    node.offer(input, filter);
                }
            }
            (State::HashJoin(state), Operator::HashJoin(join)) => state.offer(join, &filter),
            (State::IndexJoin(state), Operator::IndexJoin(join)) => {
                let width = join.left.columns.len();
                let is_left = |column: usize| (column < width).then_some(column);
                if let Some(filter) = filter.through(is_left) {
                    state.left().offer(&join.left, filter);
                }
            }
            _ => {}
        }
    }

    /// Has an aggregation's groups be made where rows are read, if this is a scan that several threads read.
    pub(crate) fn take_partial_program(&mut self, program: &Arc<PartialProgram>) {
        if let State::Scan(state) = &mut self.state {
            state.take_partial_program(program);
        }
    }

    /// The groups that were made in place of rows.
    pub(crate) fn partial_groups(&mut self, plan: &Plan, context: &Context) -> Vec<PartialGroup> {
        let State::Scan(state) = &mut self.state else { return Vec::new() };
        let (groups, rows) = state.partial_groups();
        if context.instrumented {
            let mut actuals = context.actuals.borrow_mut();
            actuals.entry(std::ptr::from_ref(plan) as usize).or_default().rows += rows as u64;
        }
        groups
    }

    /// Starts again. `changed`: execution parameters may have changed, so nothing that was read
    /// before may be kept.
    pub fn rescan(&mut self, plan: &Plan, changed: bool) {
        self.started = false;
        match (&mut self.state, &plan.operator) {
            (State::Scan(state), _) => state.rescan(),
            (State::Project(node), Operator::Project { input, .. }) => node.rescan(input, changed),
            (State::Filter(state), Operator::Filter { input, .. }) => state.rescan(input, changed),
            (State::Limit(state), Operator::Limit { input, .. }) => state.rescan(input, changed),
            (State::Materialize(state), Operator::Materialize { input }) => {
                state.rescan(input, changed);
            }
            (State::NestedLoop(state), Operator::NestedLoop(node)) => state.rescan(node, changed),
            _ => *self = Node::new(plan),
        }
    }
}

/// A node read row by row.
pub(crate) struct Input {
    pub node: Node,
    rows: std::vec::IntoIter<Row>,
}

impl Input {
    pub fn new(plan: &Plan) -> Input {
        Input { node: Node::new(plan), rows: Vec::new().into_iter() }
    }

    pub fn next_row(&mut self, plan: &Plan, context: &Context) -> SqlResult<Option<Row>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Ok(Some(row));
            }
            match self.node.next(plan, context)? {
                Some(batch) => self.rows = batch.into_iter(),
                None => return Ok(None),
            }
        }
    }

    pub fn rescan(&mut self, plan: &Plan, changed: bool) {
        self.rows = Vec::new().into_iter();
        self.node.rescan(plan, changed);
    }
}
