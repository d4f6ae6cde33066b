//! What the catalog stores about each object.

use protocol::TableId;
use serde::{Deserialize, Serialize};
use types::Oid;

/// An attribute number as PostgreSQL counts: 1 is the first column; dropped columns keep theirs.
pub type AttributeNumber = i16;

/// Any stored object. The row's key is its `oid`, its value is this, in `postcard` behind a version byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Descriptor {
    Database(Database),
    Schema(Schema),
    Relation(Box<Relation>),
    Role(Role),
    Type(UserType),
    Extension(Extension),
    Routine(Box<Routine>),
    Statistics(crate::statistics::ExtendedStatistics),
}

/// Who may do what: PostgreSQL's aclitem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// 0 is PUBLIC.
    pub grantee: Oid,
    pub grantor: Oid,
    /// One character per privilege as PostgreSQL writes it (`arwdDxtXUCTc`); a following `*` in `grantable`.
    pub privileges: String,
    pub grantable: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    pub oid: Oid,
    pub name: String,
    pub owner: Oid,
    pub grants: Option<Vec<Grant>>,
    pub comment: Option<String>,
    /// `ALTER DATABASE … SET`.
    pub settings: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    pub oid: Oid,
    pub name: String,
    pub owner: Oid,
    pub grants: Option<Vec<Grant>>,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub oid: Oid,
    pub name: String,
    pub schema: Oid,
    pub version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub oid: Oid,
    pub name: String,
    pub superuser: bool,
    pub inherit: bool,
    pub create_role: bool,
    pub create_database: bool,
    pub login: bool,
    pub replication: bool,
    pub bypass_row_security: bool,
    pub connection_limit: i32,
    /// `SCRAM-SHA-256$iterations:salt$stored:server`, as PostgreSQL stores it; never the password.
    pub verifier: Option<String>,
    /// Microseconds since 2000-01-01 UTC.
    pub valid_until: Option<i64>,
    pub member_of: Vec<Membership>,
    /// `ALTER ROLE … SET`.
    pub settings: Vec<(String, String)>,
    /// `ALTER DEFAULT PRIVILEGES`.
    pub default_privileges: Vec<DefaultPrivileges>,
    pub comment: Option<String>,
}

/// What is granted on objects of one kind that a role will create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivileges {
    pub oid: Oid,
    /// `r` table or view, `S` sequence, `f` function, `n` schema.
    pub kind: char,
    /// 0: in all schemas, in place of what holds when nothing was granted. Otherwise in addition.
    pub schema: Oid,
    pub grants: Vec<Grant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub role: Oid,
    pub grantor: Oid,
    pub admin: bool,
    pub inherit: bool,
    pub set: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserType {
    pub oid: Oid,
    pub array_oid: Oid,
    pub name: String,
    pub schema: Oid,
    pub owner: Oid,
    pub kind: UserTypeKind,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum UserTypeKind {
    /// Labels with their sort position.
    Enum(Vec<(String, f32)>),
    Domain {
        base: Oid,
        modifier: i32,
        not_null: bool,
        default: Option<String>,
        checks: Vec<(String, String)>,
    },
    Composite(Vec<(String, Oid, i32)>),
}

/// What a relation is, as in `pg_class.relkind`. Indexes are part of their table's descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RelationKind {
    Table,
    View,
    MaterializedView,
    Sequence,
    /// Computed, such as the relations of `pg_catalog`; never stored.
    Virtual,
    /// Computed, and shown to clients as a view.
    VirtualView,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub oid: Oid,
    /// The relation's row type.
    pub type_oid: Oid,
    pub array_type_oid: Oid,
    pub name: String,
    pub schema: Oid,
    pub owner: Oid,
    pub kind: RelationKind,
    /// Where its rows are; TRUNCATE and rewrites give it a new one.
    pub table_id: TableId,
    /// In order of attribute number, dropped ones included: `columns[n - 1]` has number n.
    pub columns: Vec<Column>,
    /// The primary key's index comes first if there is one.
    pub indexes: Vec<Index>,
    /// The next index number to hand out.
    pub next_index: u16,
    pub constraints: Vec<Constraint>,
    pub view: Option<View>,
    pub sequence: Option<Sequence>,
    pub grants: Option<Vec<Grant>>,
    pub comment: Option<String>,
    /// `WITH (…)` options.
    pub options: Vec<(String, String)>,
    /// Oids of the relations that refer to this one by a foreign key.
    pub referenced_by: Vec<Oid>,
    /// In the order of their names.
    pub triggers: Vec<crate::triggers::Trigger>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub number: AttributeNumber,
    pub name: String,
    pub type_oid: Oid,
    pub modifier: i32,
    pub not_null: bool,
    pub dropped: bool,
    /// SQL text of the default or of the generation expression, with names qualified.
    pub default: Option<String>,
    /// What rows written before this column was added have: encoded by `encoding::spill`.
    pub missing: Option<Vec<u8>>,
    pub generated: Generated,
    /// The sequence behind `serial` or identity.
    pub owned_sequence: Option<Oid>,
    pub collation: Option<String>,
    pub grants: Option<Vec<Grant>>,
    pub comment: Option<String>,
    pub storage: Option<char>,
    pub statistics_target: Option<i32>,
    /// `attoptions`, in the order in which they were set.
    pub options: Vec<(String, String)>,
}

/// The option of a column whose additions do not conflict.
pub const MERGE: (&str, &str) = ("merge", "delta");

impl Column {
    /// Whether `SET n = n + x` adds to whatever the column is at the commit, instead of conflicting with other writers.
    pub fn merges_deltas(&self) -> bool {
        self.options.iter().any(|(name, value)| (name.as_str(), value.as_str()) == MERGE)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Generated {
    No,
    Stored,
    IdentityAlways,
    IdentityByDefault,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub oid: Oid,
    pub name: String,
    /// The two bytes after the table in each of its keys; 1 is the rows themselves.
    pub number: u16,
    pub columns: Vec<IndexColumn>,
    /// Attribute numbers of INCLUDE columns.
    pub include: Vec<AttributeNumber>,
    pub unique: bool,
    pub nulls_not_distinct: bool,
    /// The rows are stored in this index's order: its key is the row's key.
    pub primary: bool,
    /// SQL text of a partial index's condition.
    pub predicate: Option<String>,
    pub state: IndexState,
    pub method: String,
    pub comment: Option<String>,
    pub options: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexState {
    /// Written, but not yet read.
    Building,
    Valid,
    /// A failed build: written, never read.
    Invalid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    pub key: IndexKey,
    pub descending: bool,
    pub nulls_first: bool,
    pub collation: Option<String>,
    pub operator_class: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexKey {
    Column(AttributeNumber),
    Expression { sql: String, type_oid: Oid, modifier: i32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    pub oid: Oid,
    pub name: String,
    pub kind: ConstraintKind,
    pub validated: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConstraintKind {
    Check { sql: String, columns: Vec<AttributeNumber>, no_inherit: bool },
    PrimaryKey { index: Oid },
    Unique { index: Oid },
    ForeignKey(ForeignKey),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub columns: Vec<AttributeNumber>,
    pub parent: Oid,
    pub parent_columns: Vec<AttributeNumber>,
    /// The parent's unique index that the key refers to.
    pub parent_index: Oid,
    pub match_full: bool,
    pub on_delete: ReferentialAction,
    pub on_update: ReferentialAction,
    /// `SET NULL (columns)`, `SET DEFAULT (columns)`; empty is all.
    pub delete_set_columns: Vec<AttributeNumber>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReferentialAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The query as deparsed SQL text, with names qualified.
    pub query: String,
    pub check_option: Option<String>,
    pub security_barrier: bool,
    pub security_invoker: bool,
    /// Relations it reads, for dependencies.
    pub depends_on: Vec<Oid>,
    /// Columns that can be written through it; none if rows cannot be.
    pub updatable: Vec<AttributeNumber>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub type_oid: Oid,
    pub start: i64,
    pub increment: i64,
    pub minimum: i64,
    pub maximum: i64,
    pub cache: i64,
    pub cycle: bool,
    /// The table and column that own it.
    pub owned_by: Option<(Oid, AttributeNumber)>,
    /// Grows when the counter is set by definition (RESTART), so that cached blocks are dropped.
    pub generation: u64,
}

/// A function or procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routine {
    pub oid: Oid,
    pub name: String,
    pub schema: Oid,
    pub owner: Oid,
    pub procedure: bool,
    /// `sql` or `plpgsql`.
    pub language: String,
    pub body: String,
    /// The body was written `RETURN …` (`r`) or `BEGIN ATOMIC … END` (`a`), not as a string.
    pub standard_body: Option<char>,
    pub arguments: Vec<RoutineArgument>,
    pub result: Oid,
    pub returns_set: bool,
    pub strict: bool,
    /// As in `pg_proc.provolatile`: `i`, `s`, `v`.
    pub volatility: char,
    pub security_definer: bool,
    pub leakproof: bool,
    /// As in `pg_proc.proparallel`: `s`, `r`, `u`.
    pub parallel: char,
    pub cost: f32,
    pub rows: f32,
    /// Relations and functions that a body in standard form uses.
    pub depends_on: Vec<Oid>,
    /// `SET` clauses.
    pub settings: Vec<(String, String)>,
    pub grants: Option<Vec<Grant>>,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoutineArgument {
    /// Empty if it has none.
    pub name: String,
    /// As in `pg_proc.proargmodes`: `i`, `o`, `b`, `v`, `t`.
    pub mode: char,
    pub type_oid: Oid,
    /// SQL text.
    pub default: Option<String>,
}

impl Routine {
    /// The arguments that a call gives.
    pub fn inputs(&self) -> impl Iterator<Item = &RoutineArgument> {
        self.arguments.iter().filter(|argument| matches!(argument.mode, 'i' | 'b' | 'v'))
    }

    /// The columns that it answers with by name.
    pub fn outputs(&self) -> impl Iterator<Item = &RoutineArgument> {
        self.arguments.iter().filter(|argument| matches!(argument.mode, 'o' | 'b' | 't'))
    }

    pub fn input_types(&self) -> Vec<Oid> {
        self.inputs().map(|argument| argument.type_oid).collect()
    }
}

impl Index {
    /// A row has an entry for each part of its values: `USING gin`.
    pub fn is_inverted(&self) -> bool {
        self.method == "gin"
    }

    /// Its keys can be looked up, and are in the order of its columns.
    pub fn is_ordered(&self) -> bool {
        !matches!(self.method.as_str(), "gin" | "hash") && !self.is_vector()
    }

    /// It finds rows whose vectors are near to one: `USING ivfflat` and `USING hnsw`.
    pub fn is_vector(&self) -> bool {
        matches!(self.method.as_str(), "ivfflat" | "hnsw")
    }

    /// The distance of an approximate index on vectors.
    pub fn vector_class(&self) -> Option<functions::vector_index::VectorClass> {
        use functions::vector_index::VectorClass;
        let column = self.columns.first().filter(|_| self.is_vector())?;
        let name = column.operator_class.as_deref().unwrap_or("vector_l2_ops");
        let name = name.rsplit('.').next().unwrap_or(name);
        Some(VectorClass::named(name).unwrap_or(VectorClass::Euclidean))
    }

    /// How an inverted index takes the values of its columns apart; empty for other indexes.
    pub fn inverted_classes(&self) -> Vec<functions::inverted::InvertedClass> {
        if !self.is_inverted() {
            return Vec::new();
        }
        let classes = self.columns.iter().map(|column| {
            let name = column.operator_class.as_deref().unwrap_or("array_ops");
            let name = name.rsplit('.').next().unwrap_or(name);
            functions::inverted::InvertedClass::named(name)
                .map_or(functions::inverted::InvertedClass::Array, |found| found.0)
        });
        classes.collect()
    }
}

impl Relation {
    /// Columns that exist.
    pub fn live_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.dropped)
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.live_columns().find(|column| column.name == name)
    }

    pub fn column_by_number(&self, number: AttributeNumber) -> Option<&Column> {
        self.columns.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    pub fn primary_key(&self) -> Option<&Index> {
        self.indexes.iter().find(|index| index.primary)
    }

    pub fn index_by_oid(&self, oid: Oid) -> Option<&Index> {
        self.indexes.iter().find(|index| index.oid == oid)
    }

    pub fn is_virtual(&self) -> bool {
        matches!(self.kind, RelationKind::Virtual | RelationKind::VirtualView)
    }
}
