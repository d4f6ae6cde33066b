//! Descriptors of schemas, relations and roles, and the system catalogs computed from them.
//!
//! A descriptor is one row of the system's own table: it says all there is to say about one schema, relation, role or
//! type. [`Catalog`] is an immutable snapshot of all descriptors as of one timestamp; query processors share it until
//! a definition changes. `pg_catalog` and `information_schema` are computed from it.

pub mod descriptor;
pub mod names;
pub mod privileges;
pub mod snapshot;
pub mod system;
#[cfg(test)]
mod test_support;

pub use descriptor::*;
pub use names::{qualified, quote_identifier, quote_literal};
pub use snapshot::*;
pub use system::{CursorRow, PreparedRow, SessionActivity, SettingRow, SystemContext};

use types::{Datum, Oid, Row, SqlError, SqlResult, sqlstate};

/// Rows of a relation of [`system_relations`], all columns in order. `equals` (0-based column, value) may be used to
/// make fewer rows.
pub fn virtual_rows(
    _catalog: &Catalog,
    relation: &Relation,
    _equals: &[(usize, Datum)],
    _context: &dyn SystemContext,
) -> SqlResult<Vec<Row>> {
    Err(SqlError::new(
        sqlstate::UNDEFINED_TABLE,
        format!("relation \"{}\" does not exist", relation.name),
    ))
}

/// Functions whose body is `Catalog`: `pg_get_indexdef`, `obj_description`, `nextval` …
pub fn call_function(
    _catalog: &Catalog,
    _context: &dyn SystemContext,
    name: &str,
    _arguments: &[Datum],
) -> SqlResult<Datum> {
    Err(SqlError::new(sqlstate::UNDEFINED_FUNCTION, format!("function {name} does not exist")))
}

/// Functions whose body is `CatalogSet`.
pub fn call_set_function(
    _catalog: &Catalog,
    _context: &dyn SystemContext,
    name: &str,
    _arguments: &[Datum],
) -> SqlResult<Vec<Row>> {
    Err(SqlError::new(sqlstate::UNDEFINED_FUNCTION, format!("function {name} does not exist")))
}

/// `'name'::regclass` and its like.
pub fn object_by_name(
    _catalog: &Catalog,
    _context: &dyn SystemContext,
    _reg_type: Oid,
    text: &str,
) -> SqlResult<Oid> {
    Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("\"{text}\" does not exist")))
}

/// The text form of `oid::regclass` and its like; `None` if there is no such object.
pub fn object_name(
    _catalog: &Catalog,
    _context: &dyn SystemContext,
    _reg_type: Oid,
    _object: Oid,
) -> Option<String> {
    None
}

/// The relations of `pg_catalog`, `information_schema` and `sys`.
pub fn system_relations() -> Vec<Relation> {
    Vec::new()
}
