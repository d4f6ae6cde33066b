//! `CREATE` statements.

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Persistence {
    #[default]
    Permanent,
    Temporary,
    Unlogged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCommit {
    PreserveRows,
    DeleteRows,
    Drop,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    pub name: ObjectName,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    pub elements: Vec<TableElement>,
    pub inherits: Vec<ObjectName>,
    /// `OF type`.
    pub of_type: Option<TypeName>,
    /// `PARTITION OF parent FOR VALUES ...`.
    pub partition_of: Option<(ObjectName, PartitionBound)>,
    pub partition_by: Option<PartitionBy>,
    /// `USING method`.
    pub access_method: Option<String>,
    pub options: Vec<OptionItem>,
    pub on_commit: Option<OnCommit>,
    pub tablespace: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TableElement {
    Column(ColumnDefinition),
    Constraint(Constraint),
    Like(LikeClause),
}

#[derive(Debug, Clone, PartialEq)]
pub struct LikeClause {
    pub table: ObjectName,
    /// `(true, "all")` is INCLUDING ALL; lower-case words.
    pub options: Vec<(bool, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDefinition {
    pub name: String,
    /// `None` only for columns of typed tables and partitions.
    pub type_name: Option<TypeName>,
    pub collation: Option<ObjectName>,
    pub storage: Option<String>,
    pub compression: Option<String>,
    /// `WITH (merge = delta)`: what `ALTER COLUMN ... SET (...)` sets later.
    pub options: Vec<super::OptionItem>,
    pub constraints: Vec<Constraint>,
    pub location: Location,
}

/// A constraint of a column, a table or a domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    pub name: Option<String>,
    pub kind: ConstraintKind,
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub not_valid: bool,
    pub no_inherit: bool,
    /// `NOT ENFORCED`.
    pub not_enforced: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConstraintKind {
    Null,
    /// `column` only when written as a table constraint.
    NotNull {
        column: Option<String>,
    },
    Default(Expr),
    Identity {
        always: bool,
        options: Vec<SequenceOption>,
    },
    Generated {
        expr: Expr,
        stored: bool,
    },
    Check(Expr),
    PrimaryKey(KeyConstraint),
    Unique {
        nulls_not_distinct: bool,
        key: KeyConstraint,
    },
    Exclude(Box<ExcludeConstraint>),
    ForeignKey(Box<ForeignKey>),
}

/// Columns are empty for a column constraint and for `USING INDEX`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeyConstraint {
    pub columns: Vec<String>,
    pub without_overlaps: bool,
    pub including: Vec<String>,
    pub options: Vec<OptionItem>,
    pub tablespace: Option<String>,
    pub using_index: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExcludeConstraint {
    pub method: Option<String>,
    pub elements: Vec<(IndexElement, ObjectName)>,
    pub including: Vec<String>,
    pub options: Vec<OptionItem>,
    pub tablespace: Option<String>,
    pub predicate: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey {
    /// Empty for a column constraint.
    pub columns: Vec<String>,
    pub table: ObjectName,
    /// Empty: the primary key.
    pub referenced_columns: Vec<String>,
    pub match_type: ForeignKeyMatch,
    pub on_delete: ReferentialAction,
    pub on_update: ReferentialAction,
    /// `ON DELETE SET NULL (columns)`.
    pub on_delete_columns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignKeyMatch {
    #[default]
    Simple,
    Full,
    Partial,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReferentialAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PartitionBy {
    /// `range`, `list` or `hash`, lower case.
    pub strategy: String,
    pub elements: Vec<IndexElement>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PartitionBound {
    Default,
    List(Vec<Expr>),
    /// MINVALUE and MAXVALUE are column references of that name.
    Range {
        from: Vec<Expr>,
        to: Vec<Expr>,
    },
    Hash {
        modulus: u32,
        remainder: u32,
    },
}

/// `CREATE TABLE ... AS query` and `CREATE MATERIALIZED VIEW`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTableAs {
    pub name: ObjectName,
    pub materialized_view: bool,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    pub columns: Vec<String>,
    pub access_method: Option<String>,
    pub options: Vec<OptionItem>,
    pub on_commit: Option<OnCommit>,
    pub tablespace: Option<String>,
    /// A query, or `EXECUTE prepared`.
    pub source: Box<Statement>,
    pub with_data: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    pub name: ObjectName,
    pub or_replace: bool,
    pub persistence: Persistence,
    pub recursive: bool,
    pub columns: Vec<String>,
    pub options: Vec<OptionItem>,
    pub query: Query,
    pub check_option: Option<CheckOption>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOption {
    Local,
    Cascaded,
}

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexBuild {
    #[default]
    Blocking,
    Concurrently,
    /// DSQL's `ASYNC`: a background job.
    Async,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateIndex {
    pub name: Option<String>,
    pub unique: bool,
    pub build: IndexBuild,
    pub if_not_exists: bool,
    pub table: RelationName,
    pub method: Option<String>,
    pub elements: Vec<IndexElement>,
    pub including: Vec<IndexElement>,
    pub nulls_not_distinct: bool,
    pub options: Vec<OptionItem>,
    pub tablespace: Option<String>,
    pub predicate: Option<Expr>,
    pub location: Location,
}

/// A key of an index, a partition key or a conflict target. A plain column is a `ColumnRef`.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexElement {
    pub expr: Expr,
    pub collation: Option<ObjectName>,
    pub operator_class: Option<ObjectName>,
    pub operator_class_options: Vec<OptionItem>,
    pub direction: SortDirection,
    pub nulls: NullsOrder,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateSequence {
    pub name: ObjectName,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    pub options: Vec<SequenceOption>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterSequence {
    pub name: ObjectName,
    pub if_exists: bool,
    pub options: Vec<SequenceOption>,
    pub location: Location,
}

/// Numbers are decimal text with sign.
#[derive(Debug, Clone, PartialEq)]
pub enum SequenceOption {
    As(TypeName),
    Increment(String),
    /// `None` is NO MINVALUE.
    MinValue(Option<String>),
    MaxValue(Option<String>),
    Start(String),
    Restart(Option<String>),
    Cache(String),
    Cycle(bool),
    /// `OWNED BY NONE` has one part, `none`.
    OwnedBy(ObjectName),
    SequenceName(ObjectName),
    Logged(bool),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateSchema {
    /// `None`: named like the role of AUTHORIZATION.
    pub name: Option<String>,
    pub authorization: Option<RoleName>,
    pub if_not_exists: bool,
    pub elements: Vec<Statement>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateType {
    pub name: ObjectName,
    pub definition: TypeDefinition,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TypeDefinition {
    /// `CREATE TYPE t`.
    Shell,
    Enum(Vec<String>),
    Composite(Vec<ColumnDefinition>),
    Range(Vec<OptionItem>),
    Base(Vec<OptionItem>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateDomain {
    pub name: ObjectName,
    pub type_name: TypeName,
    pub collation: Option<ObjectName>,
    pub constraints: Vec<Constraint>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunction {
    pub name: ObjectName,
    pub or_replace: bool,
    pub procedure: bool,
    pub parameters: Vec<FunctionParameter>,
    pub returns: Option<FunctionReturns>,
    pub options: Vec<FunctionOption>,
    /// `RETURN expr` or `BEGIN ATOMIC ... END`.
    pub sql_body: Option<SqlBody>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SqlBody {
    Return(Expr),
    Atomic(Vec<Statement>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParameterMode {
    #[default]
    Default,
    In,
    Out,
    InOut,
    Variadic,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionParameter {
    pub mode: ParameterMode,
    pub name: Option<String>,
    pub type_name: TypeName,
    pub default: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FunctionReturns {
    Type(TypeName),
    Table(Vec<(String, TypeName)>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum FunctionOption {
    /// The body; two strings for C functions.
    /// With the place in the statement where the first text begins; 0 if it is not written there as it is.
    As(Vec<String>, Location),
    Language(String),
    Transform(Vec<TypeName>),
    Window,
    /// `immutable`, `stable`, `volatile`.
    Volatility(String),
    /// RETURNS NULL ON NULL INPUT.
    Strict(bool),
    LeakProof(bool),
    SecurityDefiner(bool),
    Parallel(String),
    Cost(String),
    Rows(String),
    Support(ObjectName),
    Set(SetVariable),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterFunction {
    /// Function, procedure or routine.
    pub object_type: ObjectType,
    pub function: ObjectReference,
    pub options: Vec<FunctionOption>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TriggerEvent {
    Insert,
    Delete,
    /// With the columns of `UPDATE OF`.
    Update(Vec<String>),
    Truncate,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateTrigger {
    pub name: String,
    pub or_replace: bool,
    pub constraint: bool,
    pub timing: TriggerTiming,
    pub events: Vec<TriggerEvent>,
    pub table: ObjectName,
    pub referenced_table: Option<ObjectName>,
    pub deferrable: bool,
    pub initially_deferred: bool,
    /// `REFERENCING OLD TABLE AS x`: (is new, is table, name).
    pub transitions: Vec<(bool, bool, String)>,
    pub for_each_row: bool,
    pub when: Option<Expr>,
    pub function: ObjectName,
    pub arguments: Vec<String>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateRule {
    pub name: String,
    pub or_replace: bool,
    /// `select`, `insert`, `update`, `delete`.
    pub event: String,
    pub table: ObjectName,
    pub filter: Option<Expr>,
    pub instead: bool,
    pub actions: Vec<Statement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleKind {
    Role,
    User,
    Group,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateRole {
    pub kind: RoleKind,
    pub name: Identifier,
    pub options: Vec<RoleOption>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RoleOption {
    Superuser(bool),
    CreateDatabase(bool),
    CreateRole(bool),
    Inherit(bool),
    Login(bool),
    Replication(bool),
    BypassRowSecurity(bool),
    ConnectionLimit(i64),
    /// `None` is PASSWORD NULL.
    Password(Option<String>),
    ValidUntil(String),
    SystemId(String),
    /// `IN ROLE`.
    InRole(Vec<RoleName>),
    /// `ROLE` or `USER`.
    Members(Vec<RoleName>),
    Admins(Vec<RoleName>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateExtension {
    pub name: String,
    pub if_not_exists: bool,
    pub schema: Option<String>,
    pub version: Option<String>,
    pub cascade: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateDatabase {
    pub name: Identifier,
    pub options: Vec<OptionItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreatePolicy {
    pub name: String,
    pub table: ObjectName,
    pub permissive: bool,
    /// `all`, `select`, `insert`, `update`, `delete`.
    pub command: String,
    pub roles: Vec<RoleName>,
    pub using: Option<Expr>,
    pub with_check: Option<Expr>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterPolicy {
    pub name: String,
    pub table: ObjectName,
    pub roles: Vec<RoleName>,
    pub using: Option<Expr>,
    pub with_check: Option<Expr>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateStatistics {
    pub name: Option<ObjectName>,
    pub if_not_exists: bool,
    pub kinds: Vec<String>,
    pub expressions: Vec<Expr>,
    pub from: Vec<FromItem>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateDefinition {
    pub object_type: ObjectType,
    pub name: ObjectName,
    pub or_replace: bool,
    pub if_not_exists: bool,
    /// Of an aggregate in the new style: the arguments; `None` for `(*)` and the old style.
    pub arguments: Option<Vec<FunctionParameter>>,
    pub options: Vec<OptionItem>,
    /// `CREATE COLLATION c FROM d`.
    pub from: Option<ObjectName>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateCast {
    pub source: TypeName,
    pub target: TypeName,
    pub method: CastMethod,
    pub context: CastContext,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CastMethod {
    Function(ObjectReference),
    WithoutFunction,
    InOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastContext {
    Explicit,
    Assignment,
    Implicit,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreatePublication {
    pub name: String,
    pub all_tables: bool,
    pub tables: Vec<RelationName>,
    pub options: Vec<OptionItem>,
}
