//! SQL values and types as PostgreSQL defines them.
//!
//! [`Datum`] is a value, [`SqlType`] the type an expression has before it is computed, [`SqlError`] what a statement
//! fails with. The modules below hold one type's arithmetic, text and binary form each. This crate knows nothing of
//! tables, plans or sessions.

pub mod bits;
pub mod builtin;
pub mod citext;
pub mod compare;
pub mod datetime;
pub mod datum;
pub mod error;
pub mod formats;
pub mod io;
pub mod json;
pub mod jsonpath;
pub mod money;
pub mod network;
pub mod numeric;
pub mod oid;
pub mod range;
pub mod sqlstate;
pub mod text_search;
pub mod vector;

pub use datum::{Array, ArrayDimension, Datum, Interval, Row};
pub use error::{Severity, SqlError, SqlResult};
pub use oid::{Collation, Oid, SqlType};
