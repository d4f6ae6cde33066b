//! Descriptors of schemas, relations and roles, and the system catalogs computed from them.
//!
//! A descriptor is one row of the system's own table: it says all there is to say about one schema, relation, role or
//! type. [`Catalog`] is an immutable snapshot of all descriptors as of one timestamp; query processors share it until
//! a definition changes. `pg_catalog` and `information_schema` are computed from it.

mod calls;
pub mod definitions;
mod deparse;
pub mod descriptor;
mod facts;
mod information_schema;
pub mod names;
pub mod objects;
pub mod pg_catalog;
pub mod privileges;
pub mod routines;
pub mod scope;
pub mod snapshot;
pub mod statistics;
pub mod system;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
pub mod triggers;
pub mod user_values;

pub use descriptor::*;
pub use names::{qualified, quote_identifier, quote_literal};
pub use snapshot::*;
pub use system::{
    AdvisoryKey, AdvisoryLock, AdvisoryRequest, CursorRow, PreparedRow, SessionActivity,
    SettingRow, SystemContext,
};

use types::{Datum, Oid, Row, SqlError, SqlResult, sqlstate};

/// Rows of a relation of [`system_relations`], all columns in order. `equals` (0-based column, value) may be used to
/// make fewer rows.
pub fn virtual_rows(
    catalog: &Catalog,
    relation: &Relation,
    equals: &[(usize, Datum)],
    context: &dyn SystemContext,
) -> SqlResult<Vec<Row>> {
    let scope = scope::Scope { catalog, context, relation, equals };
    match relation.schema {
        PG_CATALOG => Ok(pg_catalog::rows(&scope)),
        INFORMATION_SCHEMA => Ok(information_schema::rows(&scope)),
        SYS => Ok(sys_rows(&scope)),
        _ => Err(SqlError::new(
            sqlstate::UNDEFINED_TABLE,
            format!("relation \"{}\" does not exist", relation.name),
        )),
    }
}

/// Rows of `sys`, which the node makes; each as long as the relation is wide.
fn sys_rows(scope: &scope::Scope<'_>) -> Vec<Row> {
    let width = scope.relation.columns.len();
    let mut rows = scope.context.system_rows(&scope.relation.name).unwrap_or_default();
    rows.iter_mut().for_each(|row| row.resize(width, Datum::Null));
    rows
}

/// Functions whose body is `Catalog`: `pg_get_indexdef`, `obj_description`, `nextval` …
pub fn call_function(
    catalog: &Catalog,
    context: &dyn SystemContext,
    name: &str,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    calls::call(catalog, context, name, arguments)
}

pub use calls::notify;

/// Functions whose body is `CatalogSet`.
pub fn call_set_function(
    catalog: &Catalog,
    context: &dyn SystemContext,
    name: &str,
    arguments: &[Datum],
) -> SqlResult<Vec<Row>> {
    calls::call_set(catalog, context, name, arguments)
}

/// `'name'::regclass` and its like.
pub fn object_by_name(
    catalog: &Catalog,
    context: &dyn SystemContext,
    reg_type: Oid,
    text: &str,
) -> SqlResult<Oid> {
    objects::object_by_name(catalog, context, reg_type, text)
}

/// The text form of `oid::regclass` and its like; `None` if there is no such object.
pub fn object_name(
    catalog: &Catalog,
    context: &dyn SystemContext,
    reg_type: Oid,
    object: Oid,
) -> Option<String> {
    objects::object_name(catalog, context, reg_type, object)
}

/// The relations of `pg_catalog`, `information_schema` and `sys`.
pub fn system_relations() -> Vec<Relation> {
    facts::relations().to_vec()
}
