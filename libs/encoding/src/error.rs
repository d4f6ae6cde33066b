//! What makes bytes or values unfit.
use std::{error::Error, fmt};
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodingError {
    /// The bytes end too early.
    Truncated,
    /// The bytes are not what this crate writes.
    Corrupt(&'static str),
    /// The row was written by a newer version.
    UnknownVersion(u8),
    /// The value is not of the column's type.
    WrongType,
    /// A type without an order cannot be in a key.
    Unsupported(types::Oid),
}
impl fmt::Display for EncodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodingError::Truncated => f.write_str("encoded value ends too early"),
            EncodingError::Corrupt(what) => write!(f, "encoded value is corrupt: {what}"),
            EncodingError::UnknownVersion(version) => {
                write!(f, "row format {version} is not known")
            }
            EncodingError::WrongType => f.write_str("value does not have the type of its column"),
            EncodingError::Unsupported(oid) => write!(f, "type {oid} cannot be in a key"),
        }
    }
}
impl Error for EncodingError {}
impl From<EncodingError> for types::SqlError {
    fn from(error: EncodingError) -> types::SqlError {
        let state = match error {
            EncodingError::Truncated
            | EncodingError::Corrupt(_)
            | EncodingError::UnknownVersion(_) => types::sqlstate::DATA_CORRUPTED,
            EncodingError::WrongType => types::sqlstate::INTERNAL_ERROR,
            EncodingError::Unsupported(_) => types::sqlstate::FEATURE_NOT_SUPPORTED,
        };
        types::SqlError::new(state, error.to_string())
    }
}
