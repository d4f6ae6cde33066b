//! Expressions after names and types are resolved.
//!
//! An expression is evaluated over one input row, the statement's parameters (`$1` …) and the *execution parameters*:
//! slots through which an outer query hands values to a subquery, or a join's left side to its right side.

use std::sync::Arc;

use functions::{AggregateDef, FunctionDef};
use types::{Datum, Oid, SqlType};

use crate::plan::Plan;

/// A slot for values that flow from an outer row into an inner plan.
pub type ExecParameter = usize;

/// A typed expression.
#[derive(Clone)]
pub enum Expr {
    Constant {
        value: Datum,
        ty: SqlType,
    },
    /// A column of the input row, 0-based.
    Column {
        index: usize,
        ty: SqlType,
    },
    /// `$n`, 0-based.
    Parameter {
        number: usize,
        ty: SqlType,
    },
    ExecParameter {
        id: ExecParameter,
        ty: SqlType,
    },
    Call(Box<Call>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull {
        operand: Box<Expr>,
        negated: bool,
    },
    /// `IS [NOT] TRUE / FALSE / UNKNOWN`: `None` is UNKNOWN.
    BooleanTest {
        operand: Box<Expr>,
        value: Option<bool>,
        negated: bool,
    },
    /// `IS [NOT] DISTINCT FROM`; `equal` is the type's equality.
    Distinct {
        left: Box<Expr>,
        right: Box<Expr>,
        equal: &'static FunctionDef,
        negated: bool,
    },
    /// The binder turns `CASE x WHEN y` into conditions; an operand that is no column or constant comes by [`Expr::Let`].
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
        ty: SqlType,
    },
    Coalesce {
        arguments: Vec<Expr>,
        ty: SqlType,
    },
    NullIf {
        left: Box<Expr>,
        right: Box<Expr>,
        equal: &'static FunctionDef,
        ty: SqlType,
    },
    /// GREATEST, LEAST.
    Extreme {
        greatest: bool,
        arguments: Vec<Expr>,
        ty: SqlType,
    },
    Cast(Box<Cast>),
    /// `operand IN (constants and expressions)`; all of the operand's type.
    InList {
        operand: Box<Expr>,
        list: Arc<[Expr]>,
        equal: &'static FunctionDef,
        negated: bool,
    },
    /// `operand op ANY (array)`, `operand op ALL (array)`.
    AnyAll {
        operand: Box<Expr>,
        array: Box<Expr>,
        function: &'static FunctionDef,
        all: bool,
    },
    Array {
        elements: Vec<Expr>,
        element: Oid,
        /** The elements are arrays themselves. */
        nested: bool,
    },
    Row {
        fields: Vec<Expr>,
        ty: SqlType,
    },
    /// A field of a composite value, 0-based.
    Field {
        operand: Box<Expr>,
        index: usize,
        ty: SqlType,
    },
    Subscript(Box<Subscript>),
    /// Row-wise comparison `(a, b) < (c, d)`: lexicographic.
    RowCompare {
        operator: RowOperator,
        pairs: Vec<(Expr, Expr)>,
    },
    SubPlan(Box<SubPlan>),
    /// Evaluates `value` once into an execution parameter that `body` reads (the operand of CASE, of BETWEEN SYMMETRIC).
    Let {
        slot: ExecParameter,
        value: Box<Expr>,
        body: Box<Expr>,
    },
    /// A value becomes one of a domain: fails with 23502 or 23514.
    DomainCheck(Box<DomainCheck>),
    /// `SET a[1] = value`, `SET a.b = value`: the new value of the whole column.
    Assign(Box<ElementAssignment>),
}

/// The constraints of a domain, applied to a value that already has the base type.
#[derive(Clone)]
pub struct DomainCheck {
    pub operand: Expr,
    pub domain: Oid,
    pub schema: String,
    pub name: String,
    pub not_null: bool,
    /// Constraint names with conditions; the conditions read VALUE from `slot`. Only FALSE fails.
    pub checks: Vec<(String, Expr)>,
    pub slot: ExecParameter,
}

/// An assignment to a part of a column.
#[derive(Clone)]
pub struct ElementAssignment {
    /// The old value of the column (NULL for INSERT).
    pub base: Expr,
    pub target: AssignmentTarget,
    pub value: Expr,
    pub ty: SqlType,
}

#[derive(Clone)]
pub enum AssignmentTarget {
    /// Field of a composite value, 0-based, of so many with these types.
    Field { index: usize, types: Vec<Oid> },
    /// Subscripts of an array; a slice takes an array value.
    Subscripts { element: Oid, subscripts: Vec<SubscriptBounds> },
}

/// A function call, operators included.
#[derive(Clone)]
pub struct Call {
    pub function: &'static FunctionDef,
    /// One per declared argument, variadic ones already gathered into an array.
    pub arguments: Vec<Expr>,
    pub argument_types: Vec<Oid>,
    pub ty: SqlType,
    /// Byte offset in the statement, for error positions.
    pub location: u32,
}

#[derive(Clone)]
pub struct Cast {
    pub operand: Expr,
    pub path: functions::CastPath,
    pub ty: SqlType,
    pub explicit: bool,
    pub location: u32,
}

#[derive(Clone)]
pub struct Subscript {
    pub operand: Expr,
    pub subscripts: Vec<SubscriptBounds>,
    pub ty: SqlType,
}

#[derive(Clone)]
pub enum SubscriptBounds {
    Index(Expr),
    Slice { lower: Option<Expr>, upper: Option<Expr> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A subquery inside an expression.
#[derive(Clone)]
pub struct SubPlan {
    pub kind: SubPlanKind,
    pub plan: Arc<Plan>,
    /// Values handed in, evaluated over the outer row. Empty means: run once per statement and remember.
    pub parameters: Vec<(ExecParameter, Expr)>,
    pub ty: SqlType,
}

#[derive(Clone)]
pub enum SubPlanKind {
    Exists,
    /// At most one row (21000 otherwise), NULL if none.
    Scalar,
    /// `ARRAY(SELECT …)`.
    Array {
        element: Oid,
    },
    /// `left op ANY/ALL (SELECT …)`: `tests` pairs each left expression with the function that compares it with the
    /// subquery's column of the same position; several columns are row comparison by equality.
    /// `hashable`: all functions are equalities that agree with `types::compare::hash`, and the plan takes no
    /// parameters: the executor may build a hash table once.
    Quantified {
        left: Vec<Expr>,
        tests: Vec<&'static FunctionDef>,
        all: bool,
        hashable: bool,
    },
}

/// One aggregate call of an aggregation node.
#[derive(Clone)]
pub struct Aggregate {
    pub function: &'static FunctionDef,
    pub definition: &'static AggregateDef,
    pub arguments: Vec<Expr>,
    pub argument_types: Vec<Oid>,
    /// `WITHIN GROUP` direct arguments.
    pub direct: Vec<Expr>,
    pub distinct: bool,
    pub order_by: Vec<SortKey>,
    pub filter: Option<Expr>,
    pub ty: SqlType,
}

/// One ORDER BY item, over the node's input row.
#[derive(Clone)]
pub struct SortKey {
    pub expression: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

/// One window function call of a window node; all calls of a node share partition and order.
#[derive(Clone)]
pub struct WindowCall {
    pub function: &'static FunctionDef,
    pub arguments: Vec<Expr>,
    pub argument_types: Vec<Oid>,
    pub filter: Option<Expr>,
    pub ignore_nulls: bool,
    pub frame: Frame,
    pub ty: SqlType,
}

#[derive(Clone)]
pub struct Frame {
    pub mode: FrameMode,
    pub start: FrameBound,
    pub end: FrameBound,
    pub exclusion: FrameExclusion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameMode {
    Rows,
    Range,
    Groups,
}

#[derive(Clone)]
pub enum FrameBound {
    UnboundedPreceding,
    /// For RANGE, the function that computes `order key − offset` or `+ offset` and the comparison come with it.
    Preceding(Expr, Option<RangeOffset>),
    CurrentRow,
    Following(Expr, Option<RangeOffset>),
    UnboundedFollowing,
}

#[derive(Clone)]
pub struct RangeOffset {
    pub add: &'static FunctionDef,
    pub subtract: &'static FunctionDef,
    pub result: Oid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameExclusion {
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}
