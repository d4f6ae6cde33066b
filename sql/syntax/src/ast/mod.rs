//! The syntax tree: what a statement says, before any name is resolved. It follows the spirit of
//! PostgreSQL's raw parse tree: names are unresolved, sugar that PostgreSQL's grammar removes is
//! removed here too (`x BETWEEN a AND b` stays, `EXTRACT(f FROM x)` becomes a call), and
//! every node that an error can point at has a `location`, a 0-based byte offset into the text.
//!
//! Strings are owned and identifiers are already folded and truncated as PostgreSQL does.

mod alteration;
mod data;
mod definition;
mod expression;
mod query;
mod type_name;
mod utility;

pub use alteration::*;
pub use data::*;
pub use definition::*;
pub use expression::*;
pub use query::*;
pub use type_name::*;
pub use utility::*;

/// A 0-based byte offset into the statement text.
pub type Location = u32;

/// A possibly qualified name, outermost qualifier first.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectName {
    pub parts: Vec<String>,
    pub location: Location,
}

impl ObjectName {
    /// The last part: the object's own name.
    pub fn name(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The part before the last, if there is one.
    pub fn schema(&self) -> Option<&str> {
        self.parts.len().checked_sub(2).map(|index| self.parts[index].as_str())
    }
}

/// A name with the place it was written at.
#[derive(Debug, Clone, PartialEq)]
pub struct Identifier {
    pub name: String,
    pub location: Location,
}

/// One entry of a generic option list: `WITH (name = value, ...)`, `CREATE TYPE t (name = value)`,
/// `EXPLAIN (name value)`.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionItem {
    /// The qualifier of storage parameters such as `toast.autovacuum_enabled`.
    pub namespace: Option<String>,
    pub name: String,
    pub value: Option<OptionValue>,
    pub location: Location,
}

/// The value of an [`OptionItem`].
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// A bare word, folded.
    Word(String),
    String(String),
    /// A number with its sign, as text.
    Number(String),
    /// `*`.
    Star,
    List(Vec<OptionValue>),
    /// A type with modifiers, array bounds or a qualified name.
    Type(TypeName),
    /// An operator name, possibly qualified.
    Operator(ObjectName),
}

/// Who a statement names as a role.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleName {
    Name(Identifier),
    CurrentRole,
    CurrentUser,
    SessionUser,
    Public,
}

/// What `DROP`, `REVOKE` and `TRUNCATE` do with dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DropBehavior {
    #[default]
    Restrict,
    Cascade,
}

/// Any SQL statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    // Data.
    Query(Box<Query>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Merge(Box<Merge>),
    Copy(Box<Copy>),
    Truncate(Truncate),
    // Definitions.
    CreateTable(Box<CreateTable>),
    CreateTableAs(Box<CreateTableAs>),
    CreateView(Box<CreateView>),
    CreateIndex(Box<CreateIndex>),
    CreateSequence(CreateSequence),
    AlterSequence(AlterSequence),
    CreateSchema(CreateSchema),
    CreateType(CreateType),
    AlterEnum(AlterEnum),
    CreateDomain(Box<CreateDomain>),
    AlterDomain(Box<AlterDomain>),
    CreateFunction(Box<CreateFunction>),
    AlterFunction(AlterFunction),
    CreateTrigger(Box<CreateTrigger>),
    CreateRule(Box<CreateRule>),
    CreateRole(CreateRole),
    AlterRole(AlterRole),
    AlterRoleSetting(AlterRoleSetting),
    CreateExtension(CreateExtension),
    CreateDatabase(CreateDatabase),
    AlterDatabase(AlterDatabase),
    AlterDatabaseSetting(AlterDatabaseSetting),
    DropDatabase(DropDatabase),
    CreatePolicy(Box<CreatePolicy>),
    AlterPolicy(Box<AlterPolicy>),
    CreateStatistics(Box<CreateStatistics>),
    AlterStatistics(AlterStatistics),
    /// `CREATE AGGREGATE | OPERATOR | COLLATION | TEXT SEARCH ... (definition)`.
    CreateDefinition(CreateDefinition),
    CreateCast(CreateCast),
    CreatePublication(CreatePublication),
    AlterTable(AlterTable),
    /// `ALTER ... RENAME TO`.
    Rename(RenameObject),
    /// `ALTER ... OWNER TO`.
    AlterOwner(AlterOwner),
    /// `ALTER ... SET SCHEMA`.
    AlterSchema(AlterObjectSchema),
    /// `ALTER DEFAULT PRIVILEGES`.
    AlterDefaultPrivileges(AlterDefaultPrivileges),
    /// `ALTER SYSTEM SET | RESET`.
    AlterSystem(SetVariable),
    Drop(DropObjects),
    DropRole(DropRole),
    DropOwned(DropOwned),
    ReassignOwned(ReassignOwned),
    Comment(Comment),
    SecurityLabel(SecurityLabel),
    Grant(Grant),
    GrantRole(GrantRole),
    /// DSQL's `AWS IAM GRANT | REVOKE role TO | FROM 'arn'`.
    IamGrant(IamGrant),
    RefreshMaterializedView(RefreshMaterializedView),
    // Transactions and session.
    Transaction(Transaction),
    Set(SetVariable),
    SetConstraints(SetConstraints),
    Show(Show),
    Discard(DiscardTarget),
    Prepare(Box<Prepare>),
    Execute(Execute),
    /// `None` is `DEALLOCATE ALL`.
    Deallocate(Option<String>),
    Declare(Box<DeclareCursor>),
    Fetch(Fetch),
    /// `None` is `CLOSE ALL`.
    Close(Option<String>),
    Listen(String),
    Notify(Notify),
    /// `None` is `UNLISTEN *`.
    Unlisten(Option<String>),
    // Utilities.
    Explain(Box<Explain>),
    Lock(LockTable),
    Vacuum(Vacuum),
    Reindex(Reindex),
    Cluster(Cluster),
    Checkpoint,
    Do(Do),
    Call(Box<FunctionCall>),
    Load(String),
}
