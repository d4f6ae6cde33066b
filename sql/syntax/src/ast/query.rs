//! Queries: `WITH`, `SELECT`, `VALUES`, set operations and everything in `FROM`.

use super::*;

/// A query with its outermost clauses.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub with: Option<With>,
    pub body: QueryBody,
    pub order_by: Vec<OrderBy>,
    pub limit: Option<Limit>,
    pub offset: Option<Expr>,
    pub locking: Vec<LockingClause>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum QueryBody {
    /// Also `TABLE t`, which is `SELECT * FROM t`.
    Select(Box<Select>),
    Values {
        rows: Vec<Vec<Expr>>,
        location: Location,
    },
    SetOperation(Box<SetOperation>),
    /// A query in parentheses that has clauses of its own.
    Nested(Box<Query>),
}

#[derive(Debug, PartialEq)]
pub struct SetOperation {
    pub operator: SetOperator,
    pub all: bool,
    pub left: QueryBody,
    pub right: QueryBody,
    pub location: Location,
}

impl Clone for SetOperation {
    // A loop over the left spine, as for operators: `UNION ALL` chains are long in practice.
    fn clone(&self) -> SetOperation {
        let mut spine = vec![self];
        let mut left = &self.left;
        while let QueryBody::SetOperation(operation) = left {
            spine.push(operation);
            left = &operation.left;
        }
        let mut built = left.clone();
        for operation in spine.iter().skip(1).rev() {
            built = QueryBody::SetOperation(Box::new(operation.with_left(built)));
        }
        self.with_left(built)
    }
}

impl SetOperation {
    fn with_left(&self, left: QueryBody) -> SetOperation {
        SetOperation {
            operator: self.operator,
            all: self.all,
            left,
            right: self.right.clone(),
            location: self.location,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    pub distinct: Distinct,
    /// May be empty: `SELECT FROM t`.
    pub items: Vec<SelectItem>,
    /// `SELECT ... INTO [TEMP | UNLOGGED] t`.
    pub into: Option<IntoTarget>,
    pub from: Vec<FromItem>,
    /// `AS OF SYSTEM TIME expr` after FROM.
    pub as_of: Option<Expr>,
    pub filter: Option<Expr>,
    pub group_by: Vec<GroupItem>,
    pub group_distinct: bool,
    pub having: Option<Expr>,
    pub windows: Vec<NamedWindow>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Distinct {
    All,
    Distinct,
    On(Vec<Expr>),
}

/// `expr [AS alias]`; a star is a [`Expr::ColumnRef`] with `star`, or an indirection to one.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectItem {
    pub expr: Expr,
    pub alias: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct IntoTarget {
    pub name: ObjectName,
    pub persistence: Persistence,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GroupItem {
    Expr(Expr),
    /// `()`.
    Empty {
        location: Location,
    },
    Rollup {
        items: Vec<Expr>,
        location: Location,
    },
    Cube {
        items: Vec<Expr>,
        location: Location,
    },
    GroupingSets {
        sets: Vec<GroupItem>,
        location: Location,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct NamedWindow {
    pub name: String,
    pub definition: WindowDefinition,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    pub expr: Expr,
    pub direction: SortDirection,
    pub nulls: NullsOrder,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum SortDirection {
    #[default]
    Default,
    Ascending,
    Descending,
    Using(ObjectName),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NullsOrder {
    #[default]
    Default,
    First,
    Last,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// `None` is `LIMIT ALL`.
    pub count: Option<Expr>,
    pub with_ties: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LockingClause {
    pub strength: LockStrength,
    /// Empty: all tables.
    pub of: Vec<ObjectName>,
    pub wait: LockWait,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockWait {
    Block,
    SkipLocked,
    NoWait,
}

#[derive(Debug, Clone, PartialEq)]
pub struct With {
    pub recursive: bool,
    pub tables: Vec<CommonTable>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CommonTable {
    pub name: String,
    pub columns: Vec<String>,
    /// `Some(true)` is MATERIALIZED.
    pub materialized: Option<bool>,
    /// A query, or INSERT, UPDATE, DELETE, MERGE with RETURNING.
    pub statement: Box<Statement>,
    pub search: Option<SearchClause>,
    pub cycle: Option<CycleClause>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SearchClause {
    pub breadth_first: bool,
    pub columns: Vec<String>,
    pub sequence_column: String,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CycleClause {
    pub columns: Vec<String>,
    pub mark_column: String,
    /// `TO value DEFAULT value`.
    pub mark_values: Option<(Expr, Expr)>,
    pub path_column: String,
    pub location: Location,
}

/// A table reference of `FROM`.
#[derive(Debug, Clone, PartialEq)]
pub enum FromItem {
    Table(Box<TableReference>),
    Subquery(Box<FromSubquery>),
    Function(Box<FromFunction>),
    Join(Box<Join>),
}

/// A named relation: `ONLY s.t`.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationName {
    pub name: ObjectName,
    /// `ONLY t`: without inheritance children.
    pub only: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableReference {
    pub relation: RelationName,
    pub alias: Option<Alias>,
    pub sample: Option<TableSample>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableSample {
    pub method: ObjectName,
    pub arguments: Vec<Expr>,
    pub repeatable: Option<Expr>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    pub name: String,
    /// Empty: the columns keep their names.
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FromSubquery {
    pub lateral: bool,
    pub query: Query,
    pub alias: Option<Alias>,
    pub location: Location,
}

/// `f(x)`, or `ROWS FROM (f(x), g(y))`.
#[derive(Debug, Clone, PartialEq)]
pub struct FromFunction {
    pub lateral: bool,
    pub functions: Vec<RowsFromItem>,
    pub rows_from: bool,
    pub with_ordinality: bool,
    pub alias: Option<Alias>,
    /// `AS t(a int, b text)`.
    pub column_definitions: Vec<ColumnDefinition>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RowsFromItem {
    /// A function call, or an expression PostgreSQL also allows there (`COALESCE`, `CURRENT_DATE`).
    pub function: Expr,
    pub column_definitions: Vec<ColumnDefinition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinType {
    Inner,
    Left,
    Right,
    Full,
    /// `CROSS JOIN`.
    Cross,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JoinConstraint {
    /// Only for CROSS.
    None,
    On(Expr),
    Using {
        columns: Vec<String>,
        alias: Option<String>,
    },
    Natural,
}

#[derive(Debug, PartialEq)]
pub struct Join {
    pub join_type: JoinType,
    pub constraint: JoinConstraint,
    pub left: FromItem,
    pub right: FromItem,
    /// The alias of a parenthesised join.
    pub alias: Option<Alias>,
    pub location: Location,
}

impl Join {
    fn with_left(&self, left: FromItem) -> Join {
        Join {
            join_type: self.join_type,
            constraint: self.constraint.clone(),
            left,
            right: self.right.clone(),
            alias: self.alias.clone(),
            location: self.location,
        }
    }
}

impl Clone for Join {
    // A loop over the left spine, as for operators.
    fn clone(&self) -> Join {
        let mut spine = vec![self];
        let mut left = &self.left;
        while let FromItem::Join(join) = left {
            spine.push(join);
            left = &join.left;
        }
        let mut built = left.clone();
        for join in spine.iter().skip(1).rev() {
            built = FromItem::Join(Box::new(join.with_left(built)));
        }
        self.with_left(built)
    }
}
