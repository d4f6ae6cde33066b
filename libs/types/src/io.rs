//! Text and binary forms of every type.
//!
//! [`input`] and [`output`] are the text forms, [`receive`] and [`send`] the binary ones; each is one `match` over the type
//! whose arms live in the modules below. Messages and SQLSTATEs are PostgreSQL's, because drivers look at them.

mod array;
mod binary;
mod float;
mod modifier;
mod record;
mod scalar;
#[cfg(test)]
mod tests;
mod text;

pub use array::{parse_array, write_array};
pub use binary::{receive, receive_members, send};
pub use float::{write_float4, write_float8};
pub use modifier::apply_modifier;
pub use record::parse_record;
pub use scalar::{parse_bool, parse_bytea, parse_float4, parse_float8, parse_integer, write_bytea};
pub use text::{input, output};

use crate::builtin::type_name;
use crate::error::SqlError;
use crate::formats::Formats;
use crate::oid::Oid;
use crate::sqlstate;

/// What reading a value depends on besides its text.
#[derive(Clone, Copy, Debug)]
pub struct InputContext<'a> {
    pub formats: &'a Formats,
    /// `now`: the transaction's start, microseconds since 2000-01-01 UTC.
    pub now: i64,
}

/// 22P02 with PostgreSQL's usual message.
pub(crate) fn invalid_syntax(type_name: &str, text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_TEXT_REPRESENTATION,
        format!("invalid input syntax for type {type_name}: \"{text}\""),
    )
}

pub(crate) fn out_of_range(type_name: &str, text: &str) -> SqlError {
    SqlError::new(
        sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
        format!("value \"{text}\" is out of range for type {type_name}"),
    )
}

/// A type whose values cannot be read or written here.
fn unsupported(type_oid: Oid, verb: &str) -> SqlError {
    SqlError::new(
        sqlstate::FEATURE_NOT_SUPPORTED,
        format!("cannot {verb} a value of type {}", type_name(type_oid)),
    )
}
