//! Statements that change rows: `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY`, `TRUNCATE`.

use super::*;

#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    pub with: Option<With>,
    pub table: ObjectName,
    pub alias: Option<String>,
    /// Empty: all columns in order.
    pub columns: Vec<TargetColumn>,
    pub overriding: Overriding,
    pub source: InsertSource,
    pub on_conflict: Option<OnConflict>,
    pub returning: Option<Returning>,
    pub location: Location,
}

/// A column to be assigned, with `a[1]` or `a.b` parts.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetColumn {
    pub name: String,
    pub indirection: Vec<IndirectionStep>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overriding {
    None,
    User,
    System,
}

#[derive(Debug, Clone, PartialEq)]
pub enum InsertSource {
    DefaultValues,
    Query(Box<Query>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct OnConflict {
    pub target: Option<ConflictTarget>,
    pub action: ConflictAction,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConflictTarget {
    Inference { elements: Vec<IndexElement>, predicate: Option<Expr>, location: Location },
    Constraint { name: String, location: Location },
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConflictAction {
    Nothing,
    Update { assignments: Vec<Assignment>, filter: Option<Expr> },
}

/// `RETURNING [WITH (OLD AS o, NEW AS n)] items`.
#[derive(Debug, Clone, PartialEq)]
pub struct Returning {
    pub old_alias: Option<String>,
    pub new_alias: Option<String>,
    pub items: Vec<SelectItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Assignment {
    /// `a = expr`.
    Column { target: TargetColumn, value: Expr },
    /// `(a, b) = source`: a row constructor, or a subquery with as many columns.
    Columns { targets: Vec<TargetColumn>, source: Expr, location: Location },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    pub with: Option<With>,
    pub table: RelationName,
    pub alias: Option<String>,
    pub assignments: Vec<Assignment>,
    pub from: Vec<FromItem>,
    pub filter: Option<Expr>,
    pub returning: Option<Returning>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    pub with: Option<With>,
    pub table: RelationName,
    pub alias: Option<String>,
    pub using: Vec<FromItem>,
    pub filter: Option<Expr>,
    pub returning: Option<Returning>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    pub with: Option<With>,
    pub target: RelationName,
    pub alias: Option<String>,
    pub source: FromItem,
    pub on: Expr,
    pub clauses: Vec<MergeClause>,
    pub returning: Option<Returning>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeMatch {
    Matched,
    NotMatchedByTarget,
    NotMatchedBySource,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MergeClause {
    pub matching: MergeMatch,
    pub condition: Option<Expr>,
    pub action: MergeAction,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MergeAction {
    Nothing,
    Delete,
    Update {
        assignments: Vec<Assignment>,
    },
    /// No `values`: `DEFAULT VALUES`.
    Insert {
        columns: Vec<TargetColumn>,
        overriding: Overriding,
        values: Option<Vec<Expr>>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    pub source: CopySource,
    pub direction: CopyDirection,
    pub target: CopyTarget,
    /// Both syntaxes give the names of the new one: `format`, `delimiter`, `null`, `header`, ...
    pub options: Vec<OptionItem>,
    pub filter: Option<Expr>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CopySource {
    Table {
        name: ObjectName,
        columns: Vec<String>,
    },
    /// A query, or a data-changing statement with RETURNING.
    Statement(Box<Statement>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyDirection {
    From,
    To,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CopyTarget {
    /// STDIN or STDOUT.
    Client,
    File(String),
    Program(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Truncate {
    pub tables: Vec<RelationName>,
    pub restart_identity: bool,
    pub behavior: DropBehavior,
}
