//! Descriptors of schemas, relations and roles, and the system catalogs computed from them.
