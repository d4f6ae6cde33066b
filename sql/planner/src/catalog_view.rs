//! What the planner asks of the catalog and the session.
//!
//! The session implements it over its catalog snapshot; nothing here waits for the network. Answers must not change
//! while one statement is planned.

use std::sync::Arc;

use catalog::statistics::GroupStatistics;
use catalog::{AttributeNumber, Relation, UserType};
use functions::{EvalContext, TypeCatalog};
use types::{Datum, Oid, SqlResult};

use crate::optimize::cost::Settings;

/// The catalog as one statement sees it.
pub trait CatalogView {
    /// Facts about all types, those that users made included.
    fn types(&self) -> &dyn TypeCatalog;

    /// The session around constants: literals are read with its settings, as PostgreSQL does while it analyzes.
    fn evaluation(&self) -> &dyn EvalContext;

    /// A relation by name, along the search path (with the implicit `pg_catalog`) if no schema is given. An error only
    /// for a schema that does not exist (3F000) or may not be used; a relation that does not exist is `None`.
    fn relation(&self, schema: Option<&str>, name: &str) -> SqlResult<Option<Arc<Relation>>>;

    /// Functions and procedures that users made, by name along the search path if no schema is given.
    fn routines(&self, _schema: Option<&str>, _name: &str) -> Vec<&'static functions::FunctionDef> {
        Vec::new()
    }

    fn relation_by_oid(&self, relation: Oid) -> Option<Arc<Relation>>;

    fn schema_by_name(&self, name: &str) -> Option<Oid>;

    fn schema_name(&self, schema: Oid) -> Option<String>;

    /// A type that a user made, by name along the search path. Row types of relations answer as composite types.
    fn user_type(&self, schema: Option<&str>, name: &str) -> Option<Arc<UserType>>;

    /// As [`CatalogView::user_type`]; array types of user types answer `None` (their facts are in `types`).
    fn user_type_by_oid(&self, type_oid: Oid) -> Option<Arc<UserType>>;

    /// What ANALYZE found; `None` if it never ran.
    fn statistics(&self, _relation: Oid) -> Option<Arc<Statistics>> {
        None
    }

    /// Settings of the planner such as `enable_hashjoin`, as text; `None` is the default.
    fn planner_setting(&self, _name: &str) -> Option<String> {
        None
    }

    /// Those of them that plans are priced with. Reading them takes a microsecond or two: a session may keep them.
    fn cost_settings(&self) -> Settings {
        Settings::read(&|name| self.planner_setting(name))
    }

    /// The database, for three-part names; other databases are 0A000.
    fn database_name(&self) -> String {
        self.evaluation().current_database()
    }
}

/// What ANALYZE knows about a relation.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    pub rows: f64,
    /// Bytes of all rows, for the number of pages.
    pub size_bytes: f64,
    pub columns: Vec<ColumnStatistics>,
    /// What CREATE STATISTICS asked for.
    pub groups: Vec<GroupStatistics>,
}

/// What ANALYZE knows about a column.
#[derive(Clone, Debug)]
pub struct ColumnStatistics {
    pub attribute: AttributeNumber,
    pub null_fraction: f64,
    /// Average bytes of a value.
    pub width: f64,
    /// Positive: how many distinct values; negative: that fraction of the rows, as in `pg_stats`.
    pub distinct: f64,
    /// Values with the fraction of rows that have them.
    pub most_common: Vec<(Datum, f64)>,
    /// Bounds of ranges with equally many of the other values, ascending.
    pub histogram: Vec<Datum>,
    /// Between row order and value order, −1 to 1.
    pub correlation: f64,
}

impl Statistics {
    pub fn column(&self, attribute: AttributeNumber) -> Option<&ColumnStatistics> {
        self.columns.iter().find(|column| column.attribute == attribute)
    }
}
