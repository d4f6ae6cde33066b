//! Keys whose byte order is the order of their values.
use crate::EncodingError;
use types::{Datum, Oid};
/// One column of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    pub type_oid: Oid,
    pub descending: bool,
    pub nulls_first: bool,
}
impl KeyColumn {
    /// `ASC NULLS LAST`.
    pub const fn ascending(type_oid: Oid) -> KeyColumn {
        KeyColumn { type_oid, descending: false, nulls_first: false }
    }
    /// `DESC NULLS FIRST`.
    pub const fn descending(type_oid: Oid) -> KeyColumn {
        KeyColumn { type_oid, descending: true, nulls_first: true }
    }
}
/// Appends the key of `values`, one for each column.
pub fn encode_key(
    _values: &[Datum],
    _columns: &[KeyColumn],
    _out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    panic!()
}
/// Appends the key of the first columns only: all keys with these values start with it.
pub fn encode_key_prefix(
    _values: &[Datum],
    _columns: &[KeyColumn],
    _out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    panic!()
}
/// Appends one column's value.
pub fn encode_column(
    _value: &Datum,
    _column: &KeyColumn,
    _out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    panic!()
}
/// The columns of a key, after the table and index prefix was cut off.
pub fn decode_key(_bytes: &[u8], _columns: &[KeyColumn]) -> Result<Vec<Datum>, EncodingError> {
    panic!()
}
/// Reads one column and moves `bytes` behind it.
pub fn decode_column(_bytes: &mut &[u8], _column: &KeyColumn) -> Result<Datum, EncodingError> {
    panic!()
}
/// The first key after all that start with `prefix`; `None` if there is none.
pub fn prefix_end(_prefix: &[u8]) -> Option<Vec<u8>> {
    panic!()
}
