//! Amounts added to columns of a stored row, without knowing its table.
//!
//! A `bigint` has eight bytes whatever its value, so that a sum takes the place of the value and the row keeps its layout.

use crate::{EncodingError, RowView};

/// The row with each amount added to its column: a `bigint` that is there and not null. A sum beyond the type wraps; who
/// adds keeps amounts and values so far below it that this cannot happen.
pub fn add_to_columns(
    row: &[u8],
    deltas: impl IntoIterator<Item = (u16, i64)>,
) -> Result<Vec<u8>, EncodingError> {
    let view = RowView::new(row)?;
    let mut sum = row.to_vec();
    for (column, amount) in deltas {
        let range = view.place(usize::from(column))?;
        let range = range.ok_or(EncodingError::Corrupt("a counter is null"))?;
        let bytes = sum.get_mut(range).ok_or(EncodingError::Truncated)?;
        let bytes: &mut [u8; 8] = bytes.try_into().map_err(|_| EncodingError::WrongType)?;
        *bytes = i64::from_le_bytes(*bytes).wrapping_add(amount).to_le_bytes();
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode_row, encode_row};
    use types::{Datum, oid};

    const TYPES: [types::Oid; 4] = [oid::TEXT, oid::INT8, oid::INT8, oid::INT4];

    fn row(first: i64, second: Datum) -> Vec<u8> {
        let mut bytes = Vec::new();
        let values = [Datum::text("a name"), Datum::Int8(first), second, Datum::Int4(7)];
        encode_row(&values, &TYPES, &mut bytes).expect("fits");
        bytes
    }

    #[test]
    fn sums_are_those_of_a_row_written_anew() {
        let sum = add_to_columns(&row(40, Datum::Int8(-1)), [(1, 2), (2, -5)]).expect("counters");
        assert_eq!(sum, row(42, Datum::Int8(-6)));
        assert!(matches!(decode_row(&sum, &TYPES).expect("a row")[3], Datum::Int4(7)));
    }

    #[test]
    fn what_is_no_counter_is_refused() {
        for column in [0, 3, 9] {
            assert!(add_to_columns(&row(1, Datum::Int8(1)), [(column, 1)]).is_err(), "{column}");
        }
        assert!(add_to_columns(&row(1, Datum::Null), [(2, 1)]).is_err());
        assert!(add_to_columns(&[1, 1, 0], [(0, 1)]).is_err());
    }
}
