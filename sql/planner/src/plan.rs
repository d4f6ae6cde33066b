//! Physical plans: what the executor runs.
//!
//! Each node yields rows; an expression of a node sees its input's row (joins: left columns, then right columns).

use std::sync::Arc;

use catalog::{AttributeNumber, Constraint, Index, Relation};
use types::{Oid, Row, SqlType};

use crate::expression::{Aggregate, ExecParameter, Expr, SortKey, WindowCall};

/// A node with what it yields and what it is expected to cost.
#[derive(Clone)]
pub struct Plan {
    pub operator: Operator,
    pub columns: Arc<[OutputColumn]>,
    pub estimate: Estimate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    pub name: String,
    pub ty: SqlType,
    /// The table and column it comes from unchanged, as RowDescription tells clients; 0 if computed.
    pub table: Oid,
    pub attribute: AttributeNumber,
}

/// Costs in PostgreSQL's unit (one sequential page read is 1.0).
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Estimate {
    pub startup_cost: f64,
    pub total_cost: f64,
    pub rows: f64,
    pub width: u32,
}

#[derive(Clone)]
pub enum Operator {
    /// Rows of expressions; no FROM is one row without columns.
    Values {
        rows: Vec<Vec<Expr>>,
    },
    Scan(Box<Scan>),
    /// A relation of pg_catalog or information_schema. `equals` are conditions `column = expression` that the catalog may use to make fewer rows; they are checked again by `filter`.
    VirtualScan {
        relation: Arc<Relation>,
        columns: Vec<usize>,
        equals: Vec<(usize, Expr)>,
        filter: Option<Expr>,
    },
    /// `one_time`: evaluated once, before the input starts (no columns of it used).
    Filter {
        input: Box<Plan>,
        condition: Expr,
        one_time: bool,
    },
    Project {
        input: Box<Plan>,
        expressions: Vec<Expr>,
    },
    /// Set-returning functions in the select list: each input row yields as many rows as the longest function; `None` entries are plain expressions.
    ProjectSet {
        input: Box<Plan>,
        items: Vec<ProjectSetItem>,
    },
    /// FROM f(…) WITH ORDINALITY, ROWS FROM (…): no input columns.
    FunctionScan {
        functions: Vec<SetCall>,
        ordinality: bool,
    },
    Sort {
        input: Box<Plan>,
        keys: Vec<SortKey>,
        /** Input is already ordered by this many leading keys. */
        presorted: usize,
    },
    /// The first `limit` rows of the sorted input.
    TopN {
        input: Box<Plan>,
        keys: Vec<SortKey>,
        limit: Expr,
        offset: Option<Expr>,
        with_ties: bool,
    },
    /// `keys`: for WITH TIES only.
    Limit {
        input: Box<Plan>,
        limit: Option<Expr>,
        offset: Option<Expr>,
        with_ties: Option<Vec<SortKey>>,
    },
    /// DISTINCT over all columns, by hashing.
    Distinct {
        input: Box<Plan>,
    },
    /// DISTINCT ON over an input sorted by `keys`: the first row of each group.
    DistinctOn {
        input: Box<Plan>,
        keys: Vec<Expr>,
    },
    /// Rows: group keys, then aggregates; then, with several grouping sets, the GROUPING() bit mask (int4) last.
    Aggregate(Box<AggregateNode>),
    /// Rows: the input's columns, then the calls' results. The input is sorted by partition, then order.
    Window {
        input: Box<Plan>,
        partition: Vec<Expr>,
        order: Vec<SortKey>,
        calls: Vec<WindowCall>,
    },
    NestedLoop(Box<NestedLoop>),
    HashJoin(Box<HashJoin>),
    MergeJoin(Box<MergeJoin>),
    /// For each left row (in batches) look up rows of a table by an index whose leading columns equal `keys`.
    IndexJoin(Box<IndexJoin>),
    SetOperation {
        left: Box<Plan>,
        right: Box<Plan>,
        kind: SetKind,
        all: bool,
    },
    Append {
        inputs: Vec<Plan>,
    },
    /// WITH RECURSIVE: `step` reads the working table by [`Operator::WorkingTable`] of the same id.
    Recursive {
        id: usize,
        start: Box<Plan>,
        step: Box<Plan>,
        distinct: bool,
    },
    WorkingTable {
        id: usize,
    },
    /// A WITH query used more than once, or MATERIALIZED: computed once per statement, on first use. The plan is in [`Statement::ctes`].
    CteScan {
        id: usize,
    },
    /// Remembers its input so that it can be read again (the inner side of a nested loop).
    Materialize {
        input: Box<Plan>,
    },
    /// FOR UPDATE / FOR KEY SHARE …: `tables` name the column that holds each table's row key.
    LockRows {
        input: Box<Plan>,
        tables: Vec<LockTarget>,
    },
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Merge(Box<Merge>),
}

/// A whole statement's plan.
pub struct Statement {
    pub root: Plan,
    /// WITH queries by id. Data-modifying ones run to their end even if nobody reads them.
    pub ctes: Vec<Cte>,
    /// How many execution parameter slots the executor provides.
    pub exec_parameters: usize,
    /// Types of `$1` …, as given or inferred.
    pub parameters: Vec<SqlType>,
    pub kind: StatementKind,
    /// Relations the plan depends on, for privileges, schema checks and invalidation.
    pub relations: Vec<RelationUse>,
    /// Functions that users made and the statement calls, for privileges and dependencies.
    pub routines: Vec<Oid>,
    /// Small, bounded work (point look-ups, short VALUES): may run on the connection's own task.
    pub is_trivial: bool,
}

pub struct Cte {
    pub name: String,
    pub plan: Plan,
    pub modifies: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    Select,
    Insert,
    Update,
    Delete,
    Merge,
    /// CALL of a procedure.
    Call,
}

#[derive(Clone)]
pub struct RelationUse {
    pub relation: Arc<Relation>,
    pub access: Access,
    /// Columns read or written, for column privileges.
    pub columns: Vec<AttributeNumber>,
    /// The role whose privileges count (a view's owner); `None` is the current user.
    pub check_as: Option<Oid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Select,
    Insert,
    Update,
    Delete,
}

/// Reading a stored table.
#[derive(Clone)]
pub struct Scan {
    pub relation: Arc<Relation>,
    /// The name the statement gives the table, if it is another one: for EXPLAIN.
    pub alias: Option<String>,
    /// Position in `relation.indexes`; `None` reads the rows in storage order (which is the primary key's order, if there is one).
    pub index: Option<usize>,
    /// Everything needed is in the index entry: the row is not fetched.
    pub index_only: bool,
    /// Ranges of the chosen index (or of the primary key) to read, one after the other; without any, all of it.
    pub ranges: Vec<IndexRange>,
    pub direction: protocol::storage::Direction,
    /// What the scan yields, in this order.
    pub columns: Vec<ScanColumn>,
    /// Over the yielded columns; evaluated where the rows are.
    pub filter: Option<Expr>,
    /// A constant bound on the rows wanted, after filtering.
    pub limit: Option<u64>,
    /// Inverted indexes say which rows to read, in storage order; `index` and `ranges` are empty then.
    pub bitmap: Option<Box<Bitmap>>,
    /// An approximate index on vectors says which rows are worth a look, for a sort by distance above that wants a few;
    /// `index` is that index then, and `ranges` are empty.
    pub nearest: Option<Box<Nearest>>,
}

/// What a scan of an approximate index on vectors is after. It yields rows, not yet in order, until there are enough.
#[derive(Clone)]
pub struct Nearest {
    /// Where the vector is among the scan's columns.
    pub column: usize,
    /// The vector that rows are to be near to.
    pub query: Expr,
    /// The rows wanted above: as many, and those skipped before.
    pub limit: Expr,
    pub offset: Option<Expr>,
    pub effort: Effort,
    /// The distance, for EXPLAIN.
    pub condition: Expr,
}

/// How many lists of an approximate index are read at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effort {
    /// So many: `ivfflat.probes`.
    Lists(u32),
    /// So many times the square root of how many there are: `hnsw.ef_search`, of which 40 are once.
    Root(f64),
}

impl Effort {
    /// Of so many lists, at least one.
    pub fn lists(self, count: usize) -> usize {
        let wanted = match self {
            Effort::Lists(wanted) => wanted as usize,
            Effort::Root(factor) => ((count as f64).sqrt() * factor).ceil() as usize,
        };
        wanted.clamp(1, count.max(1))
    }
}

/// How inverted indexes find a scan's rows. They find all for which the conditions hold, and perhaps others: the
/// scan's filter has all conditions, those of the indexes included.
#[derive(Clone)]
pub struct Bitmap {
    pub source: BitmapSource,
    /// The indexes' conditions over the scan's columns, and what else the filter has: for EXPLAIN.
    pub recheck: Expr,
    pub rest: Option<Expr>,
}

#[derive(Clone)]
pub enum BitmapSource {
    Index {
        /// Position in `relation.indexes`.
        index: usize,
        /// Position among the index's columns.
        column: usize,
        class: functions::inverted::InvertedClass,
        operator: &'static str,
        argument: Expr,
        /// The whole condition, over the scan's columns: for EXPLAIN.
        condition: Expr,
        estimate: Estimate,
    },
    And(Vec<BitmapSource>),
    Or(Vec<BitmapSource>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanColumn {
    /// 0-based position in `relation.columns`.
    Attribute(usize),
    /// The row's key in storage, as bytea: what Update, Delete and LockRows need.
    RowKey,
    TableOid,
}

/// A range of an index: leading columns equal, then at most one column bounded. Values have exactly the column's type. A NULL bound or equal value matches nothing unless `equal_nulls`.
#[derive(Clone, Default)]
pub struct IndexRange {
    pub equal: Vec<EqualTo>,
    pub low: Option<Bound>,
    pub high: Option<Bound>,
}

#[derive(Clone)]
pub enum EqualTo {
    Value(Expr),
    /// `= ANY (array)`: one look-up per distinct element, in the index's order.
    AnyOf(Expr),
    IsNull,
}

#[derive(Clone)]
pub struct Bound {
    pub value: Expr,
    pub inclusive: bool,
}

#[derive(Clone)]
pub enum ProjectSetItem {
    Plain(Expr),
    Set(SetCall),
}

/// A set-returning function call; a function that is not set-returning yields one row.
#[derive(Clone)]
pub struct SetCall {
    pub function: &'static functions::FunctionDef,
    pub arguments: Vec<Expr>,
    pub argument_types: Vec<Oid>,
    /// Output columns' types, after expanding records.
    pub columns: Vec<SqlType>,
}

#[derive(Clone)]
pub struct AggregateNode {
    pub input: Plan,
    pub keys: Vec<Expr>,
    /// Grouping sets as lists of positions in `keys`; one set with all of them is plain GROUP BY; no keys and one empty set is one row always.
    pub sets: Vec<Vec<usize>>,
    pub aggregates: Vec<Aggregate>,
    /// The input is sorted by the keys: groups come one after the other.
    pub sorted: bool,
    /// The executor appends the grouping mask column.
    pub with_grouping_mask: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// Left rows with a match; yields left columns only.
    Semi,
    /// Left rows without a match; yields left columns only.
    Anti,
    /// NOT IN: as Anti, but NULLs on either side make the comparison unknown.
    NullAwareAnti,
}

#[derive(Clone)]
pub struct NestedLoop {
    pub left: Plan,
    pub right: Plan,
    pub kind: JoinKind,
    /// Handed to the right side before each of its runs (LATERAL, inner index look-ups), over the left row.
    pub parameters: Vec<(ExecParameter, Expr)>,
    /// Over left ++ right.
    pub condition: Option<Expr>,
}

#[derive(Clone)]
pub struct HashJoin {
    /// Probes.
    pub left: Plan,
    /// Is built into the hash table.
    pub right: Plan,
    pub kind: JoinKind,
    /// Over the left row and over the right row; pairwise of one type.
    pub left_keys: Vec<Expr>,
    pub right_keys: Vec<Expr>,
    /// Further condition over left ++ right.
    pub condition: Option<Expr>,
}

#[derive(Clone)]
pub struct MergeJoin {
    /// Both sides sorted ascending, nulls last, by their keys.
    pub left: Plan,
    pub right: Plan,
    pub kind: JoinKind,
    pub left_keys: Vec<Expr>,
    pub right_keys: Vec<Expr>,
    pub condition: Option<Expr>,
}

#[derive(Clone)]
pub struct IndexJoin {
    pub left: Plan,
    /// Inner, Left, Semi or Anti.
    pub kind: JoinKind,
    /// What is read for each left row; `ranges` is one range whose `equal` values are over the left row. Its filter is over the scan's columns.
    pub scan: Scan,
    /// Further condition over left ++ scan columns.
    pub condition: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    Union,
    Intersect,
    Except,
}

#[derive(Clone)]
pub struct LockTarget {
    pub relation: Arc<Relation>,
    /// The input column that holds the row's key; NULL (outer join) locks nothing.
    pub key_column: usize,
    pub class: protocol::transaction::ConflictClass,
}

/// A table that rows are written to, with all that a write must check. Expressions are over the table's full row (`relation.columns` order, dropped ones NULL).
#[derive(Clone)]
pub struct Target {
    pub relation: Arc<Relation>,
    pub checks: Vec<Check>,
    /// Bound keys and predicates of expression and partial indexes, by position in `relation.indexes`; `None` for columns.
    pub indexes: Vec<TargetIndex>,
    pub outgoing: Vec<OutgoingKey>,
    pub incoming: Vec<IncomingKey>,
    /// Stored generated columns: position in the row, and expression over the row.
    pub generated: Vec<(usize, Expr)>,
    /// Defaults of columns that a foreign key sets to them: position in the row, and expression.
    pub defaults: Vec<(usize, Expr)>,
}

#[derive(Clone)]
pub struct Check {
    pub name: String,
    pub condition: Expr,
}

#[derive(Clone)]
pub struct TargetIndex {
    pub index: Index,
    /// One per key column of the index.
    pub keys: Vec<Expr>,
    pub predicate: Option<Expr>,
}

/// A foreign key of the target itself: the parent row must exist.
#[derive(Clone)]
pub struct OutgoingKey {
    pub constraint: Constraint,
    pub parent: Arc<Relation>,
    /// Position of the unique index in `parent.indexes`.
    pub parent_index: usize,
    /// Positions in the target's row, in the order of the parent index's columns.
    pub columns: Vec<usize>,
}

/// A foreign key of another table that refers to the target: what happens to the children.
#[derive(Clone)]
pub struct IncomingKey {
    pub constraint: Constraint,
    /// The child as a target of its own (for cascades): resolved one level at a time by the executor through the environment.
    pub child: Arc<Relation>,
    /// Positions in the child's row.
    pub child_columns: Vec<usize>,
    /// Positions in the target's row.
    pub columns: Vec<usize>,
    /// An index of the child that starts with these columns (position in `child.indexes`), if there is one.
    pub child_index: Option<usize>,
}

#[derive(Clone)]
pub struct Insert {
    pub target: Target,
    /// Yields full rows of the table (`relation.columns` order, dropped ones NULL), defaults filled in; followed by nothing else.
    pub input: Plan,
    pub on_conflict: Option<OnConflict>,
    /// Over the row as stored.
    pub returning: Option<Vec<Expr>>,
    /// WITH CHECK OPTION: over the new row; fails with 44000, `name` is the view's.
    pub view_checks: Vec<Check>,
}

#[derive(Clone)]
pub struct OnConflict {
    /// Positions in `relation.indexes` of the arbiters; empty is any unique index.
    pub arbiters: Vec<usize>,
    pub action: ConflictAction,
}

#[derive(Clone)]
pub enum ConflictAction {
    Nothing,
    /// Expressions over existing row ++ proposed row.
    Update {
        assignments: Vec<(usize, Expr)>,
        condition: Option<Expr>,
    },
}

#[derive(Clone)]
pub struct Update {
    pub target: Target,
    /// Yields the old full row, then its row key, then whatever else the statement needs.
    pub input: Plan,
    /// Position in the row, and expression over the input row.
    pub assignments: Vec<(usize, Expr)>,
    /// Over new row ++ input row.
    pub returning: Option<Vec<Expr>>,
    /// WITH CHECK OPTION and the like: over the new row.
    pub view_checks: Vec<Check>,
    /// Positions of the counters, if the update does nothing but add to them: it need not conflict with others that do.
    pub additions: Vec<usize>,
}

#[derive(Clone)]
pub struct Delete {
    pub target: Target,
    /// As for [`Update`].
    pub input: Plan,
    /// Over old row ++ input row.
    pub returning: Option<Vec<Expr>>,
}

#[derive(Clone)]
pub struct Merge {
    pub target: Target,
    /// Yields target's old full row (NULLs if not matched), its row key (NULL if not matched), then the source's columns.
    pub input: Plan,
    pub actions: Vec<MergeAction>,
    /// Over new or old row ++ input row ++ merge_action() text.
    pub returning: Option<Vec<Expr>>,
}

#[derive(Clone)]
pub struct MergeAction {
    pub matched: MergeMatch,
    /// Over the input row.
    pub condition: Option<Expr>,
    pub action: MergeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeMatch {
    Matched,
    NotMatchedByTarget,
    NotMatchedBySource,
}

#[derive(Clone)]
pub enum MergeKind {
    /// Full row over the input row.
    Insert(Vec<Expr>),
    Update(Vec<(usize, Expr)>),
    Delete,
    Nothing,
}

/// Rows of literals, as tests and EXPLAIN use them.
pub type Rows = Vec<Row>;
