//! Definition statements: what CREATE, ALTER, DROP, GRANT and COMMENT do to the catalog.
//!
//! A definition is a pure function of the statement and the catalog: it yields changes of descriptors, the schema
//! versions that they touch, and the [`Work`] on rows that must be done in the same transaction (building an index,
//! rewriting a table, validating a constraint). The query processor writes the changes and does the work.

use catalog::{Catalog, DescriptorChange};
use planner::CatalogView;
use protocol::TableId;
use protocol::transaction::SchemaUse;
use syntax::ast::Statement;
use types::{Oid, SqlError, SqlResult};

/// What a definition needs from its session beyond the catalog.
pub trait DefinitionContext: CatalogView {
    fn catalog(&self) -> &Catalog;

    /// A number for a new object, never used before and never again.
    fn allocate_oid(&self) -> SqlResult<Oid>;

    /// The role that the session acts as.
    fn current_role(&self) -> Oid;

    /// Schemas of the search path that exist, in order; the first is where new objects go.
    fn search_path(&self) -> Vec<Oid>;

    /// Turns a clear-text password into a SCRAM verifier (slow on purpose).
    fn scram_verifier(&self, password: &str) -> SqlResult<String>;
}

/// What a statement does.
#[derive(Default)]
pub struct Definition {
    /// The command tag: `CREATE TABLE`.
    pub tag: String,
    pub changes: Vec<DescriptorChange>,
    pub schema: Vec<SchemaUse>,
    /// In this order, after the changes are in the transaction's catalog.
    pub work: Vec<Work>,
    pub notices: Vec<SqlError>,
}

/// Work on rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Fill a new index (by its oid) of an existing table.
    BuildIndex { table: Oid, index: Oid },
    /// Every row goes through `columns` (one expression as SQL text per new column, over the old row, in the new
    /// relation's order; `None` copies the column of the same number) into the relation's new table id, with all its
    /// indexes. `old` is the relation as it was.
    Rewrite { old: Box<catalog::Relation>, table: Oid, columns: Vec<Option<String>> },
    /// Every row must satisfy the condition (23514 with the constraint's name).
    ValidateCheck { table: Oid, constraint: Oid },
    /// No row may have NULL there (23502).
    ValidateNotNull { table: Oid, column: catalog::AttributeNumber },
    /// Every row's key must have its parent (23503).
    ValidateForeignKey { table: Oid, constraint: Oid },
    /// The rows of a table id that no descriptor names any more are garbage once the transaction commits.
    DropRows { table: TableId },
    /// The entries of a dropped index likewise.
    DropIndexRows { table: TableId, index: u16 },
    /// A new table, whose rows only this transaction can see until it commits.
    FreshTable { table: TableId },
    /// CREATE TABLE AS, SELECT INTO, CREATE and REFRESH MATERIALIZED VIEW: insert the query's rows.
    Populate { table: Oid, query: String },
    /// Set a sequence's counter: the next value is `next`.
    SetSequence { sequence: Oid, next: i64 },
}

/// Whether the statement is a definition that [`execute`] handles.
pub fn is_definition(statement: &Statement) -> bool {
    dispatch::is_definition(statement)
}

/// The name of a statement that is refused, whatever it says; `None` for those that are run.
pub fn refused(statement: &Statement) -> Option<&'static str> {
    dispatch::refused(statement)
}

/// Runs a definition statement against the transaction's catalog.
pub fn execute(statement: &Statement, context: &dyn DefinitionContext) -> SqlResult<Definition> {
    dispatch::execute(statement, context)
}

mod alter;
mod alter_column;
mod analysis;
mod column_options;
mod comment;
mod default_privileges;
mod dependents;
mod dispatch;
mod drop;
mod grant;
mod index;
mod names;
mod privileges;
mod rename;
mod rewrite;
mod role;
mod routine;
mod routine_body;
mod routine_change;
mod run;
mod sequence;
mod settings;
mod statistics;
mod table;
mod trigger;
mod type_names;
mod user_type;
mod vector_index;
mod view;
mod walk;
