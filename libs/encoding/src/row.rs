//! The stored form of a row.
use crate::EncodingError;
use types::{Datum, Oid};
/// Appends the row. `types` are the columns' types, as long as `values`.
pub fn encode_row(
    _values: &[Datum],
    _types: &[Oid],
    _out: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    panic!()
}
/// All columns; columns the row does not have yet are null, columns it has beyond `types` are left out.
pub fn decode_row(_bytes: &[u8], _types: &[Oid]) -> Result<Vec<Datum>, EncodingError> {
    panic!()
}
/// A row whose columns are read one by one.
#[derive(Clone, Copy, Debug)]
pub struct RowView<'a> {
    _bytes: &'a [u8],
}
impl<'a> RowView<'a> {
    pub fn new(_bytes: &'a [u8]) -> Result<RowView<'a>, EncodingError> {
        panic!()
    }
    /// How many columns were written.
    pub fn column_count(&self) -> usize {
        panic!()
    }
    /// Whether the row was written with this column; an absent one has its descriptor's default.
    pub fn has(&self, _column: usize) -> bool {
        panic!()
    }
    pub fn is_null(&self, _column: usize) -> bool {
        panic!()
    }
    /// One column; null if absent.
    pub fn get(&self, _column: usize, _type_oid: Oid) -> Result<Datum, EncodingError> {
        panic!()
    }
    /// The column's bytes; `None` if null or absent.
    pub fn raw(&self, _column: usize) -> Result<Option<&'a [u8]>, EncodingError> {
        panic!()
    }
}
