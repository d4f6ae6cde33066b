//! Order-preserving keys and compact rows.
//!
//! - [`key`]: the columns of a key, so that the order of bytes is the order of the values, ascending or descending. Equal
//!   values have equal bytes, which makes a unique index a matter of equal keys.
//! - [`row`]: a row whose columns can be read one by one without looking at the others.
//! - [`deltas`]: amounts added to counters of a row.
//! - [`spill`]: any datum with its kind, for spill files and descriptors.
//!
//! Formats are stable: the golden vectors of the tests are a promise to data on disk. Decoders trust nothing: hostile bytes
//! give an [`EncodingError`], never a panic and never more memory than the bytes can stand for.

pub mod deltas;
pub mod error;
pub mod key;
mod key_json;
mod key_number;
mod kind;
mod reader;
pub mod row;
pub mod spill;
mod value;

pub use error::EncodingError;
pub use key::{KeyColumn, decode_key, decodes_exactly, encode_key, encode_key_prefix, prefix_end};
pub use row::{RowView, decode_row, encode_row};
pub use spill::{read_datum, write_datum};
