//! Descriptors of schemas, relations and roles, and the system catalogs computed from them.
//!
//! A descriptor is one row of the system's own table: it says all there is to say about one schema, relation, role or
//! type. [`Catalog`] is an immutable snapshot of all descriptors as of one timestamp; query processors share it until
//! a definition changes. `pg_catalog` and `information_schema` are computed from it.

pub mod descriptor;
pub mod names;
pub mod snapshot;

pub use descriptor::*;
pub use names::{qualified, quote_identifier, quote_literal};
pub use snapshot::*;

/// The relations of `pg_catalog`, `information_schema` and `sys`.
pub fn system_relations() -> Vec<Relation> {
    Vec::new()
}
