//! The stored form of a row.
//!
//! ```text
//! version (1 byte) · width of an offset: 1, 2 or 4 (1 byte) · column count (2 bytes)
//! null bitmap, one bit a column · for each column the end of its value (width bytes) · values
//! ```
//! Numbers are little-endian; offsets count from the first value. One column is found with two look-ups whatever the others
//! are. A row may have fewer columns than its table: those added since have their default.

use std::ops::Range;

use types::{Datum, Oid};

use crate::EncodingError;
use crate::kind::Kind;
use crate::spill::{read_datum, write_datum};
use crate::value::{read_value, write_value};

/// The version this module writes.
pub const ROW_VERSION: u8 = 1;
const HEADER_BYTES: usize = 4;

/// Whether a column of this kind takes the value; integers and floats of other widths are brought to the column's.
fn fit(datum: &Datum, kind: Kind) -> Result<Option<Datum>, EncodingError> {
    let own = Kind::of(datum);
    if own == kind {
        return Ok(None);
    }
    let integer = match datum {
        Datum::Int2(value) => i64::from(*value),
        Datum::Int4(value) => i64::from(*value),
        Datum::Int8(value) => *value,
        _ => return Err(EncodingError::WrongType),
    };
    let fitted = match kind {
        Kind::Int2 => i16::try_from(integer).ok().map(Datum::Int2),
        Kind::Int4 => i32::try_from(integer).ok().map(Datum::Int4),
        Kind::Int8 => Some(Datum::Int8(integer)),
        _ => None,
    };
    fitted.map(Some).ok_or(EncodingError::WrongType)
}

/// Appends the row. `types` are the columns' types, as long as `values`. Values of types made by users carry their kind with
/// them, as only the catalog knows it.
pub fn encode_row(values: &[Datum], types: &[Oid], out: &mut Vec<u8>) -> Result<(), EncodingError> {
    if values.len() != types.len() {
        return Err(EncodingError::WrongType);
    }
    let count = u16::try_from(values.len()).map_err(|_| EncodingError::WrongType)?;
    let start = out.len();
    // Two bytes an offset are right for most rows; the header is rewritten for the others.
    let bitmap = start + HEADER_BYTES;
    let offsets = bitmap + values.len().div_ceil(8);
    let body = offsets + values.len() * 2;
    out.resize(body, 0);
    let mut ends = smallvec::SmallVec::<[u32; 32]>::new();
    for (index, (value, &type_oid)) in values.iter().zip(types).enumerate() {
        if value.is_null() {
            out[bitmap + index / 8] |= 1 << (index % 8);
        } else {
            match Kind::of_type(type_oid) {
                Some(kind) => match fit(value, kind) {
                    Ok(None) => write_value(value, out),
                    Ok(Some(fitted)) => write_value(&fitted, out),
                    Err(error) => {
                        out.truncate(start);
                        return Err(error);
                    }
                },
                None => write_datum(value, out),
            }
        }
        ends.push(u32::try_from(out.len() - body).map_err(|_| EncodingError::WrongType)?);
    }
    let length = out.len() - body;
    let width: usize = match length {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        _ => 4,
    };
    let new_body = offsets + values.len() * width;
    if new_body < body {
        out.copy_within(body.., new_body);
        out.truncate(new_body + length);
    } else if new_body > body {
        out.resize(new_body + length, 0);
        out.copy_within(body..body + length, new_body);
    }
    for (index, end) in ends.iter().enumerate() {
        let at = offsets + index * width;
        out[at..at + width].copy_from_slice(&end.to_le_bytes()[..width]);
    }
    out[start] = ROW_VERSION;
    out[start + 1] = width as u8;
    out[start + 2..start + 4].copy_from_slice(&count.to_le_bytes());
    Ok(())
}

/// All columns; columns the row does not have yet are null, columns it has beyond `types` are left out.
pub fn decode_row(bytes: &[u8], types: &[Oid]) -> Result<Vec<Datum>, EncodingError> {
    let view = RowView::new(bytes)?;
    types.iter().enumerate().map(|(index, &type_oid)| view.get(index, type_oid)).collect()
}

/// A row whose columns are read one by one.
#[derive(Clone, Copy, Debug)]
pub struct RowView<'a> {
    bitmap: &'a [u8],
    offsets: &'a [u8],
    values: &'a [u8],
    count: usize,
    width: usize,
}

impl<'a> RowView<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<RowView<'a>, EncodingError> {
        let (header, rest) =
            bytes.split_at_checked(HEADER_BYTES).ok_or(EncodingError::Truncated)?;
        if header[0] != ROW_VERSION {
            return Err(EncodingError::UnknownVersion(header[0]));
        }
        let width = usize::from(header[1]);
        if !matches!(width, 1 | 2 | 4) {
            return Err(EncodingError::Corrupt("width of offsets"));
        }
        let count = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let (bitmap, rest) =
            rest.split_at_checked(count.div_ceil(8)).ok_or(EncodingError::Truncated)?;
        let (offsets, values) =
            rest.split_at_checked(count * width).ok_or(EncodingError::Truncated)?;
        Ok(RowView { bitmap, offsets, values, count, width })
    }

    /// How many columns were written.
    pub fn column_count(&self) -> usize {
        self.count
    }

    /// Whether the row was written with this column; an absent one has its descriptor's default.
    pub fn has(&self, column: usize) -> bool {
        column < self.count
    }

    /// True also for an absent column.
    pub fn is_null(&self, column: usize) -> bool {
        !self.has(column)
            || self.bitmap.get(column / 8).is_some_and(|byte| byte >> (column % 8) & 1 == 1)
    }

    #[inline]
    fn end(&self, column: usize) -> usize {
        let at = column * self.width;
        match (self.width, self.offsets.get(at..)) {
            (1, Some(&[end, ..])) => end.into(),
            (2, Some(&[low, high, ..])) => u16::from_le_bytes([low, high]).into(),
            (4, Some(&[a, b, c, d, ..])) => u32::from_le_bytes([a, b, c, d]) as usize,
            _ => 0,
        }
    }

    /// One column; null if absent.
    pub fn get(&self, column: usize, type_oid: Oid) -> Result<Datum, EncodingError> {
        let Some(mut bytes) = self.raw(column)? else {
            return Ok(Datum::Null);
        };
        match Kind::of_type(type_oid) {
            Some(kind) => read_value(kind, bytes, 0),
            None => {
                let datum = read_datum(&mut bytes)?;
                if bytes.is_empty() {
                    Ok(datum)
                } else {
                    Err(EncodingError::Corrupt("length of a value"))
                }
            }
        }
    }

    /// The column's bytes; `None` if null or absent.
    pub fn raw(&self, column: usize) -> Result<Option<&'a [u8]>, EncodingError> {
        if self.is_null(column) {
            return Ok(None);
        }
        self.values.get(self.extent(column)).map(Some).ok_or(EncodingError::Truncated)
    }

    /// Where in the row the column's bytes are; `None` if null or absent.
    pub fn place(&self, column: usize) -> Result<Option<Range<usize>>, EncodingError> {
        if self.raw(column)?.is_none() {
            return Ok(None);
        }
        let values = HEADER_BYTES + self.bitmap.len() + self.offsets.len();
        let extent = self.extent(column);
        Ok(Some(values + extent.start..values + extent.end))
    }

    /// Where in the values the column's bytes are.
    fn extent(&self, column: usize) -> Range<usize> {
        let start = if column == 0 { 0 } else { self.end(column - 1) };
        start..self.end(column)
    }
}
