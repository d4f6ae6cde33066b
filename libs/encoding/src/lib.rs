//! Order-preserving keys and compact rows.
pub mod error;
pub mod key;
pub mod row;
pub mod spill;
pub use error::EncodingError;
pub use key::{KeyColumn, decode_key, encode_key, encode_key_prefix, prefix_end};
pub use row::{RowView, decode_row, encode_row};
pub use spill::{read_datum, write_datum};
