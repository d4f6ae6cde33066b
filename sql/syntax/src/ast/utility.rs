//! Transactions, settings, cursors, prepared statements and maintenance.

use super::*;

#[derive(Debug, Clone, PartialEq)]
pub enum Transaction {
    /// BEGIN and START TRANSACTION.
    Begin {
        modes: Vec<TransactionMode>,
        start: bool,
    },
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint {
        name: String,
        location: Location,
    },
    Release {
        name: String,
        location: Location,
    },
    RollbackTo {
        name: String,
        location: Location,
    },
    PrepareTransaction(String),
    CommitPrepared(String),
    RollbackPrepared(String),
    /// `SET TRANSACTION modes`.
    Set(Vec<TransactionMode>),
    /// `SET TRANSACTION SNAPSHOT 'id'`.
    SetSnapshot(String),
    /// `SET SESSION CHARACTERISTICS AS TRANSACTION modes`.
    SetSessionCharacteristics(Vec<TransactionMode>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionMode {
    Isolation(IsolationLevel),
    ReadOnly(bool),
    Deferrable(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsolationLevel {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// `SET`, `RESET` and their forms inside other statements.
#[derive(Debug, Clone, PartialEq)]
pub struct SetVariable {
    pub scope: SetScope,
    /// Lower case, possibly with dots; special forms have PostgreSQL's name: `TimeZone`,
    /// `client_encoding`, `role`, `session_authorization`, `search_path`, `xmloption`.
    /// Empty for RESET ALL.
    pub name: String,
    pub value: SetValue,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetScope {
    #[default]
    Session,
    Local,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetValue {
    /// One or more values: strings, numbers, words and booleans (as words).
    Values(Vec<SetItem>),
    Default,
    /// `SET x FROM CURRENT`, in function definitions.
    FromCurrent,
    Reset,
    ResetAll,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetItem {
    String(String),
    /// Bare word, folded.
    Word(String),
    Number(String),
    /// `SET TIME ZONE INTERVAL '...' HOUR TO MINUTE`.
    Interval {
        text: String,
        type_name: TypeName,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct SetConstraints {
    /// `None` is ALL.
    pub constraints: Option<Vec<ObjectName>>,
    pub deferred: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    All,
    /// The name as in [`SetVariable`].
    Name {
        name: String,
        location: Location,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscardTarget {
    All,
    Plans,
    Sequences,
    Temporary,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Prepare {
    pub name: String,
    pub types: Vec<TypeName>,
    pub statement: Statement,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Execute {
    pub name: String,
    pub arguments: Vec<Expr>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeclareCursor {
    pub name: String,
    pub binary: bool,
    /// `None`: unspecified.
    pub scroll: Option<bool>,
    pub insensitive: Option<bool>,
    pub hold: bool,
    pub query: Query,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// MOVE instead of FETCH.
    pub is_move: bool,
    pub cursor: String,
    pub direction: FetchDirection,
    pub location: Location,
}

/// How far to go; `All` of a direction is `i64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchDirection {
    Forward(i64),
    Backward(i64),
    Absolute(i64),
    Relative(i64),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Notify {
    pub channel: String,
    pub payload: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    pub options: Vec<OptionItem>,
    pub statement: Statement,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LockTable {
    pub tables: Vec<RelationName>,
    /// Upper case, `ACCESS EXCLUSIVE` if unspecified.
    pub mode: LockMode,
    pub no_wait: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

/// `VACUUM` and `ANALYZE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Vacuum {
    /// False: ANALYZE.
    pub vacuum: bool,
    pub options: Vec<OptionItem>,
    pub targets: Vec<(RelationName, Vec<String>)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reindex {
    pub options: Vec<OptionItem>,
    /// Index, Table, Schema or Database; System is `Tablespace`-free, see `system`.
    pub object_type: ObjectType,
    pub system: bool,
    pub concurrently: bool,
    pub name: Option<ObjectName>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    pub options: Vec<OptionItem>,
    pub table: Option<ObjectName>,
    pub index: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Do {
    pub language: Option<String>,
    pub body: String,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RefreshMaterializedView {
    pub name: ObjectName,
    pub concurrently: bool,
    pub with_data: bool,
}
