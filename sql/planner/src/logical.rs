//! The logical tree between binder and optimizer.
//!
//! Every column that any node makes has a number of its own in the statement ([`ColumnId`]), and expressions name
//! columns by it (`Expr::Column { index }` is a `ColumnId` until the physical plan is built). So moving a condition from
//! one node to another is moving it, and a derived table that only selects columns leaves no trace.
//!
//! Subqueries in expressions are kept beside the tree: until it is planned, a [`crate::expression::SubPlan`]'s plan is
//! a [`Operator::CteScan`] whose id is the place in [`Columns::subqueries`]. Their outer columns come in as execution
//! parameters, listed in the `SubPlan`, so that a walk over expressions sees what they need.

use std::sync::Arc;

use catalog::{AttributeNumber, Relation};
use protocol::transaction::ConflictClass;
use types::{Oid, SqlType};

use crate::expression::{Aggregate, ExecParameter, Expr, SortKey, WindowCall};
use crate::plan::{
    Check, ConflictAction, Estimate, JoinKind, MergeMatch, Operator, OutputColumn, Plan,
    RelationUse, ScanColumn, SetCall, SetKind, Target,
};

pub type ColumnId = usize;

/// What is known of a column.
#[derive(Clone, Debug)]
pub struct ColumnFacts {
    pub name: String,
    pub ty: SqlType,
    /// The table and column it is, unchanged.
    pub table: Oid,
    pub attribute: AttributeNumber,
    pub not_null: bool,
}

/// All that nodes of one statement share.
#[derive(Default)]
pub struct Columns {
    /// Names and types of the fields of columns that functions with several output columns make.
    pub records: std::collections::HashMap<ColumnId, Vec<(String, SqlType)>>,
    pub facts: Vec<ColumnFacts>,
    pub subqueries: Vec<Option<Subquery>>,
    pub ctes: Vec<BoundCte>,
    pub exec_parameters: usize,
    pub relations: Vec<RelationUse>,
    /// Functions that users made and the statement calls.
    pub routines: Vec<types::Oid>,
    /// Ids for recursive queries' working tables.
    pub working_tables: usize,
    /// How often each recursive term has named itself.
    pub working_uses: Vec<usize>,
    /// For each working table the columns of SEARCH and CYCLE in the one place that reads it.
    pub working_hidden: Vec<Vec<ColumnId>>,
}

/// A subquery of an expression, not yet planned.
pub struct Subquery {
    pub input: Logical,
    pub columns: Vec<ColumnId>,
    /// No row can be missed by reading only the first (EXISTS).
    pub first_row_only: bool,
}

pub struct BoundCte {
    pub name: String,
    pub bound: Bound,
    pub modifies: bool,
}

impl Columns {
    pub fn add(&mut self, name: &str, ty: SqlType) -> ColumnId {
        self.facts.push(ColumnFacts {
            name: name.to_owned(),
            ty: ty.collated(ty.collation.of_column()),
            table: 0,
            attribute: 0,
            not_null: false,
        });
        self.facts.len() - 1
    }

    /// Columns for a whole stored row, then its key, then its table's oid: numbers without gaps.
    pub fn add_table(&mut self, relation: &Relation) -> ColumnId {
        let first = self.facts.len();
        self.facts.reserve(relation.columns.len() + 2);
        for column in &relation.columns {
            self.facts.push(ColumnFacts {
                name: column.name.clone(),
                ty: column_type(column),
                table: relation.oid,
                attribute: column.number,
                not_null: column.not_null,
            });
        }
        for (name, ty) in [("ctid", types::oid::BYTEA), ("tableoid", types::oid::OID)] {
            self.facts.push(ColumnFacts {
                name: name.to_owned(),
                ty: SqlType::new(ty),
                table: relation.oid,
                attribute: 0,
                not_null: true,
            });
        }
        first
    }

    pub fn slot(&mut self) -> ExecParameter {
        self.exec_parameters += 1;
        self.exec_parameters - 1
    }

    pub fn column(&self, id: ColumnId) -> Expr {
        Expr::Column { index: id, ty: self.facts[id].ty }
    }

    /// The stand-in for the plan of a subquery that is planned later.
    pub fn unplanned(&mut self, subquery: Subquery) -> Arc<Plan> {
        self.subqueries.push(Some(subquery));
        Arc::new(Plan {
            operator: Operator::CteScan { id: self.subqueries.len() - 1 },
            columns: Arc::from([]),
            estimate: Estimate::default(),
        })
    }

    pub fn output(&self, id: ColumnId) -> OutputColumn {
        let facts = &self.facts[id];
        OutputColumn {
            name: facts.name.clone(),
            ty: facts.ty,
            table: facts.table,
            attribute: facts.attribute,
        }
    }
}

/// A column of a query's result.
#[derive(Clone, Debug)]
pub struct Output {
    pub name: String,
    pub id: ColumnId,
}

/// A stored or computed relation that is read.
#[derive(Clone)]
pub struct Table {
    pub relation: Arc<Relation>,
    pub alias: String,
    /// Of attribute 0; the row key and the table's oid follow the attributes.
    pub first: ColumnId,
    pub filter: Vec<Expr>,
}

impl Table {
    pub fn end(&self) -> ColumnId {
        self.first + self.relation.columns.len() + 2
    }

    pub fn row_key(&self) -> ColumnId {
        self.first + self.relation.columns.len()
    }

    pub fn scan_column(&self, id: ColumnId) -> ScanColumn {
        match id - self.first {
            position if position < self.relation.columns.len() => ScanColumn::Attribute(position),
            position if position == self.relation.columns.len() => ScanColumn::RowKey,
            _ => ScanColumn::TableOid,
        }
    }
}

/// An operator before it is decided how it is done. `Project`, `ProjectSet` and `Window` *add* columns to their
/// input's; what nobody needs is dropped when the plan is built.
#[derive(Clone)]
pub enum Logical {
    Values {
        rows: Vec<Vec<Expr>>,
        columns: Vec<ColumnId>,
    },
    Table(Box<Table>),
    Function {
        calls: Vec<SetCall>,
        ordinality: bool,
        columns: Vec<ColumnId>,
    },
    Cte {
        id: usize,
        columns: Vec<ColumnId>,
    },
    WorkingTable {
        id: usize,
        columns: Vec<ColumnId>,
    },
    Join(Box<Join>),
    Filter {
        input: Box<Logical>,
        conditions: Vec<Expr>,
    },
    Project {
        input: Box<Logical>,
        items: Vec<(ColumnId, Expr)>,
    },
    ProjectSet {
        input: Box<Logical>,
        calls: Vec<(ColumnId, SetCall)>,
    },
    Aggregate(Box<Aggregation>),
    Window {
        input: Box<Logical>,
        partition: Vec<Expr>,
        order: Vec<SortKey>,
        calls: Vec<(ColumnId, WindowCall)>,
    },
    Distinct {
        input: Box<Logical>,
        columns: Vec<ColumnId>,
    },
    DistinctOn {
        input: Box<Logical>,
        keys: Vec<Expr>,
        order: Vec<SortKey>,
    },
    Sort {
        input: Box<Logical>,
        keys: Vec<SortKey>,
    },
    Limit(Box<Limit>),
    SetOperation(Box<SetOperation>),
    Recursive(Box<Recursive>),
    Lock {
        input: Box<Logical>,
        tables: Vec<(Arc<Relation>, ColumnId, ConflictClass)>,
    },
}

#[derive(Clone)]
pub struct Join {
    pub kind: JoinKind,
    pub left: Logical,
    pub right: Logical,
    pub on: Vec<Expr>,
}

#[derive(Clone)]
pub struct Aggregation {
    pub input: Logical,
    pub keys: Vec<(ColumnId, Expr)>,
    pub sets: Vec<Vec<usize>>,
    pub aggregates: Vec<(ColumnId, Aggregate)>,
    pub mask: Option<ColumnId>,
}

#[derive(Clone)]
pub struct Limit {
    pub input: Logical,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub with_ties: Option<Vec<SortKey>>,
}

#[derive(Clone)]
pub struct SetOperation {
    pub kind: SetKind,
    pub all: bool,
    /// Two inputs; more only for UNION ALL. Each with the columns it gives.
    pub inputs: Vec<(Logical, Vec<ColumnId>)>,
    pub columns: Vec<ColumnId>,
}

#[derive(Clone)]
pub struct Recursive {
    pub id: usize,
    pub start: Logical,
    pub start_columns: Vec<ColumnId>,
    pub step: Logical,
    pub step_columns: Vec<ColumnId>,
    pub distinct: bool,
    pub columns: Vec<ColumnId>,
}

impl Logical {
    /// One row without columns.
    pub fn one_row() -> Logical {
        Logical::Values { rows: vec![Vec::new()], columns: Vec::new() }
    }

    pub fn filtered(self, conditions: Vec<Expr>) -> Logical {
        if conditions.is_empty() {
            return self;
        }
        Logical::Filter { input: Box::new(self), conditions }
    }

    pub fn projected(self, items: Vec<(ColumnId, Expr)>) -> Logical {
        if items.is_empty() {
            return self;
        }
        Logical::Project { input: Box::new(self), items }
    }

    /// Whether the node's output has the column.
    pub fn makes(&self, id: ColumnId) -> bool {
        match self {
            Logical::Values { columns, .. }
            | Logical::Function { columns, .. }
            | Logical::Cte { columns, .. }
            | Logical::WorkingTable { columns, .. }
            | Logical::Distinct { columns, .. } => columns.contains(&id),
            Logical::Table(table) => id >= table.first && id < table.end(),
            Logical::Join(join) => {
                join.left.makes(id)
                    || !matches!(
                        join.kind,
                        JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti
                    ) && join.right.makes(id)
            }
            Logical::Filter { input, .. }
            | Logical::Sort { input, .. }
            | Logical::DistinctOn { input, .. }
            | Logical::Lock { input, .. } => input.makes(id),
            Logical::Project { input, items } => {
                items.iter().any(|item| item.0 == id) || input.makes(id)
            }
            Logical::ProjectSet { input, calls } => {
                calls.iter().any(|call| call.0 == id) || input.makes(id)
            }
            Logical::Window { input, calls, .. } => {
                calls.iter().any(|call| call.0 == id) || input.makes(id)
            }
            Logical::Aggregate(aggregation) => {
                aggregation.keys.iter().any(|key| key.0 == id)
                    || aggregation.aggregates.iter().any(|call| call.0 == id)
                    || aggregation.mask == Some(id)
            }
            Logical::Limit(limit) => limit.input.makes(id),
            Logical::SetOperation(operation) => operation.columns.contains(&id),
            Logical::Recursive(recursive) => recursive.columns.contains(&id),
        }
    }

    /// The inputs of the node.
    pub fn inputs_mut(&mut self) -> Vec<&mut Logical> {
        match self {
            Logical::Values { .. }
            | Logical::Table(_)
            | Logical::Function { .. }
            | Logical::Cte { .. }
            | Logical::WorkingTable { .. } => Vec::new(),
            Logical::Join(join) => {
                let join = &mut **join;
                vec![&mut join.left, &mut join.right]
            }
            Logical::Filter { input, .. }
            | Logical::Sort { input, .. }
            | Logical::DistinctOn { input, .. }
            | Logical::Lock { input, .. }
            | Logical::Project { input, .. }
            | Logical::ProjectSet { input, .. }
            | Logical::Window { input, .. }
            | Logical::Distinct { input, .. } => vec![&mut **input],
            Logical::Aggregate(aggregation) => vec![&mut aggregation.input],
            Logical::Limit(limit) => vec![&mut limit.input],
            Logical::SetOperation(operation) => {
                operation.inputs.iter_mut().map(|input| &mut input.0).collect()
            }
            Logical::Recursive(recursive) => {
                let recursive = &mut **recursive;
                vec![&mut recursive.start, &mut recursive.step]
            }
        }
    }

    /// Calls `visit` with every expression of this node, not of its inputs.
    pub fn expressions_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        match self {
            Logical::Values { rows, .. } => rows.iter_mut().flatten().for_each(visit),
            Logical::Table(table) => table.filter.iter_mut().for_each(visit),
            Logical::Function { calls, .. } => {
                calls.iter_mut().flat_map(|call| &mut call.arguments).for_each(visit);
            }
            Logical::Join(join) => join.on.iter_mut().for_each(visit),
            Logical::Filter { conditions, .. } => conditions.iter_mut().for_each(visit),
            Logical::Project { items, .. } => items.iter_mut().for_each(|item| visit(&mut item.1)),
            Logical::ProjectSet { calls, .. } => {
                calls.iter_mut().flat_map(|call| &mut call.1.arguments).for_each(visit);
            }
            Logical::Aggregate(aggregation) => {
                aggregation.keys.iter_mut().for_each(|key| visit(&mut key.1));
                for (_, call) in &mut aggregation.aggregates {
                    crate::walk::aggregate_mut(call, visit);
                }
            }
            Logical::Window { partition, order, calls, .. } => {
                partition.iter_mut().for_each(&mut *visit);
                order.iter_mut().for_each(|key| visit(&mut key.expression));
                for (_, call) in calls {
                    crate::walk::window_mut(call, visit);
                }
            }
            Logical::DistinctOn { keys, order, .. } => {
                keys.iter_mut().for_each(&mut *visit);
                order.iter_mut().for_each(|key| visit(&mut key.expression));
            }
            Logical::Sort { keys, .. } => {
                keys.iter_mut().for_each(|key| visit(&mut key.expression));
            }
            Logical::Limit(limit) => {
                limit.limit.iter_mut().chain(&mut limit.offset).for_each(&mut *visit);
                for key in limit.with_ties.iter_mut().flatten() {
                    visit(&mut key.expression);
                }
            }
            Logical::Cte { .. }
            | Logical::WorkingTable { .. }
            | Logical::Distinct { .. }
            | Logical::SetOperation(_)
            | Logical::Recursive(_)
            | Logical::Lock { .. } => {}
        }
    }
}

/// A statement with every name resolved.
pub enum Bound {
    Query { input: Logical, outputs: Vec<Output> },
    Insert(Box<BoundInsert>),
    Update(Box<BoundUpdate>),
    Delete(Box<BoundDelete>),
    Merge(Box<BoundMerge>),
}

impl Bound {
    pub fn outputs(&self) -> &[Output] {
        match self {
            Bound::Query { outputs, .. } => outputs,
            Bound::Insert(insert) => insert.returning.as_ref().map_or(&[], |list| &list.outputs),
            Bound::Update(update) => update.returning.as_ref().map_or(&[], |list| &list.outputs),
            Bound::Delete(delete) => delete.returning.as_ref().map_or(&[], |list| &list.outputs),
            Bound::Merge(merge) => merge.returning.as_ref().map_or(&[], |list| &list.outputs),
        }
    }
}

/// A RETURNING list; its expressions name the columns of the blocks below.
pub struct BoundReturning {
    pub expressions: Vec<Expr>,
    pub outputs: Vec<Output>,
}

pub struct BoundInsert {
    pub target: Target,
    pub input: Logical,
    /// One per column of the row.
    pub columns: Vec<ColumnId>,
    /// The row as stored (RETURNING), and as it was before (ON CONFLICT): first column of the block.
    pub stored: ColumnId,
    pub proposed: ColumnId,
    pub arbiters: Option<Vec<usize>>,
    pub action: ConflictAction,
    pub returning: Option<BoundReturning>,
    pub view_checks: Vec<Check>,
}

pub struct BoundUpdate {
    pub target: Target,
    pub input: Logical,
    /// First column of the old row; the row key follows it.
    pub old: ColumnId,
    /// First column of the new row, which only RETURNING and view checks name.
    pub new: ColumnId,
    pub assignments: Vec<(usize, Expr)>,
    pub returning: Option<BoundReturning>,
    pub view_checks: Vec<Check>,
    /// Positions of the counters, if the update does nothing but add to them.
    pub additions: Vec<usize>,
}

pub struct BoundDelete {
    pub target: Target,
    pub input: Logical,
    pub old: ColumnId,
    pub returning: Option<BoundReturning>,
}

pub struct BoundMerge {
    pub target: Target,
    pub input: Logical,
    pub old: ColumnId,
    pub new: ColumnId,
    /// The column that RETURNING's merge_action() reads.
    pub action: ColumnId,
    pub actions: Vec<(MergeMatch, Option<Expr>, BoundMergeAction)>,
    pub returning: Option<BoundReturning>,
}

pub enum BoundMergeAction {
    Insert(Vec<Expr>),
    Update(Vec<(usize, Expr)>),
    Delete,
    Nothing,
}

/// The type of a stored column, with its collation.
pub fn column_type(column: &catalog::Column) -> SqlType {
    let ty = SqlType::with_modifier(column.type_oid, column.modifier);
    let named = column.collation.as_deref().and_then(functions::collations::by_name);
    named.map_or(ty, |collation| ty.collated(types::Collation::Implicit(collation)))
}
