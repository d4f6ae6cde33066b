//! How rows and index entries of a relation lie in the key space.
//!
//! ```text
//! row            prefix(table, 1) ‖ primary key columns      → all columns, in attribute order
//!                prefix(table, 1) ‖ 16-byte row id           (no primary key)
//! unique entry   prefix(table, n) ‖ index columns            → suffix length ‖ suffix ‖ INCLUDE columns
//! other entry    prefix(table, n) ‖ index columns ‖ suffix   → the same
//! inverted entry prefix(table, n) ‖ column ‖ entry ‖ suffix  → suffix length ‖ suffix
//! vector entry   prefix(table, n) ‖ 1 ‖ list ‖ suffix        → suffix length ‖ suffix
//! ```
//!
//! A row has one entry in each index, and any number of inverted ones (`USING gin`): see
//! [`functions::inverted`]. *column* is the position among the index's columns, one byte.
//!
//! The *suffix* is the row's key without its prefix. A unique entry with a NULL among its columns
//! does not exclude others (unless NULLS NOT DISTINCT), so it carries the suffix too. A row written
//! before a column was added has that column's `missing` value.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use catalog::{Index, IndexKey, Relation};
use encoding::{KeyColumn, RowView, encode_row, key};
use functions::inverted::InvertedClass;
use functions::vector_index::VectorClass;
use protocol::key::{PREFIX_BYTES, PRIMARY_INDEX, prefix};
use types::{Datum, Oid, Row, SqlError, SqlResult, oid, sqlstate};

use crate::context::internal;
use crate::vector_lists::{Lists, list_prefix};

/// What ends a string of bytes in a key.
const TERMINATOR_BYTES: usize = 2;
/// The largest key, summed over its columns.
pub const MAXIMUM_KEY_BYTES: usize = 1024;
pub const MAXIMUM_COLUMN_BYTES: usize = 1 << 20;
pub const MAXIMUM_ROW_BYTES: usize = 2 << 20;
/// Codecs kept per thread, so that a prepared statement does not make them again.
const CACHED_CODECS: usize = 32;

/// The layout of one index.
#[derive(Clone, Debug)]
pub struct IndexCodec {
    pub number: u16,
    pub columns: Vec<KeyColumn>,
    /// Per key column its position in the row; `None` is an expression.
    pub attributes: Vec<Option<usize>>,
    /// Positions in the row.
    pub include: Vec<usize>,
    include_types: Vec<Oid>,
    pub unique: bool,
    pub nulls_not_distinct: bool,
    pub primary: bool,
    /// How each column's values are taken apart; empty if the index is not inverted.
    pub inverted: Vec<InvertedClass>,
    /// The distance of an approximate index on vectors: its entries are in lists, see [`crate::vector_lists`].
    pub vector: Option<VectorClass>,
}

/// An index entry as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    pub key: Bytes,
    pub value: Bytes,
    /// The key says all: another row with the same one is a duplicate.
    pub exclusive: bool,
}

/// Encodes and decodes the rows of one relation.
#[derive(Debug)]
pub struct RowCodec {
    relation: Arc<Relation>,
    types: Vec<Oid>,
    missing: Vec<Datum>,
    has_missing: bool,
    primary: Option<usize>,
    indexes: Vec<IndexCodec>,
}

thread_local! {
    static CODECS: RefCell<Vec<Arc<RowCodec>>> = const { RefCell::new(Vec::new()) };
}

impl RowCodec {
    pub fn new(relation: &Arc<Relation>) -> SqlResult<RowCodec> {
        let types: Vec<Oid> = relation.columns.iter().map(|column| column.type_oid).collect();
        let mut missing = Vec::with_capacity(types.len());
        for column in &relation.columns {
            missing.push(match &column.missing {
                Some(bytes) => encoding::read_datum(&mut bytes.as_slice())?,
                None => Datum::Null,
            });
        }
        let indexes = relation.indexes.iter().map(|index| index_codec(relation, index)).collect();
        Ok(RowCodec {
            has_missing: missing.iter().any(|value| !value.is_null()),
            primary: relation.indexes.iter().position(|index| index.primary),
            relation: Arc::clone(relation),
            types,
            missing,
            indexes,
        })
    }

    /// As [`RowCodec::new`], remembering the last ones used on this thread.
    pub fn cached(relation: &Arc<Relation>) -> SqlResult<Arc<RowCodec>> {
        CODECS.with_borrow_mut(|codecs| {
            let known = codecs.iter().find(|codec| Arc::ptr_eq(&codec.relation, relation));
            if let Some(codec) = known {
                return Ok(Arc::clone(codec));
            }
            let codec = Arc::new(RowCodec::new(relation)?);
            if codecs.len() >= CACHED_CODECS {
                codecs.remove(0);
            }
            codecs.push(Arc::clone(&codec));
            Ok(codec)
        })
    }

    pub fn relation(&self) -> &Arc<Relation> {
        &self.relation
    }

    pub fn types(&self) -> &[Oid] {
        &self.types
    }

    /// By position in `relation.indexes`.
    pub fn index(&self, position: usize) -> SqlResult<&IndexCodec> {
        self.indexes.get(position).ok_or_else(|| internal("the plan names an index that is gone"))
    }

    pub fn indexes(&self) -> &[IndexCodec] {
        &self.indexes
    }

    /// The primary key's layout.
    pub fn primary(&self) -> Option<&IndexCodec> {
        self.primary.and_then(|position| self.indexes.get(position))
    }

    /// What every key of the rows themselves starts with.
    pub fn row_prefix(&self) -> [u8; PREFIX_BYTES] {
        prefix(self.relation.table_id, PRIMARY_INDEX)
    }

    /// The key of a row; `row_id` is asked if there is no primary key.
    pub fn row_key(&self, row: &[Datum], row_id: impl FnOnce() -> [u8; 16]) -> SqlResult<Bytes> {
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(&self.row_prefix());
        match self.primary() {
            None => bytes.extend_from_slice(&row_id()),
            Some(primary) => {
                let mut size = 0;
                for (attribute, column) in primary.attributes.iter().zip(&primary.columns) {
                    let value = attribute
                        .and_then(|position| row.get(position))
                        .ok_or_else(|| internal("a primary key has an expression"))?;
                    size += value_bytes(value);
                    key::encode_column(value, column, &mut bytes)?;
                }
                check_key_size(size)?;
            }
        }
        Ok(bytes.into())
    }

    /// The row key of given primary key values.
    pub fn row_key_of(&self, values: &[Datum]) -> SqlResult<Bytes> {
        let primary = self.primary().ok_or_else(|| internal("the table has no primary key"))?;
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(&self.row_prefix());
        for (value, column) in values.iter().zip(&primary.columns) {
            key::encode_column(value, column, &mut bytes)?;
        }
        Ok(bytes.into())
    }

    /// A row key from the suffix that an index entry holds.
    pub fn row_key_from_suffix(&self, suffix: &[u8]) -> Bytes {
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + suffix.len());
        bytes.extend_from_slice(&self.row_prefix());
        bytes.extend_from_slice(suffix);
        bytes.into()
    }

    /// The stored form of a row, its size checked.
    pub fn row_value(&self, row: &[Datum]) -> SqlResult<Bytes> {
        for value in row {
            if value_bytes(value) > MAXIMUM_COLUMN_BYTES {
                return Err(SqlError::new(
                    sqlstate::PROGRAM_LIMIT_EXCEEDED,
                    "maximum column size exceeded",
                ));
            }
        }
        let mut bytes = Vec::with_capacity(16 + 12 * row.len());
        encode_row(row, &self.types, &mut bytes)?;
        if bytes.len() > MAXIMUM_ROW_BYTES {
            return Err(SqlError::new(
                sqlstate::PROGRAM_LIMIT_EXCEEDED,
                "maximum row size exceeded",
            ));
        }
        Ok(bytes.into())
    }

    /// What rows have in a column that they were written without.
    pub fn missing(&self, column: usize) -> Option<&Datum> {
        self.missing.get(column)
    }

    /// All columns of a stored row.
    pub fn decode(&self, value: &[u8]) -> SqlResult<Row> {
        let view = RowView::new(value)?;
        (0..self.types.len()).map(|column| self.column(&view, column)).collect()
    }

    /// One column of a stored row.
    pub fn column(&self, view: &RowView<'_>, column: usize) -> SqlResult<Datum> {
        if self.has_missing && !view.has(column) {
            return Ok(self.missing.get(column).cloned().unwrap_or_default());
        }
        let type_oid =
            *self.types.get(column).ok_or_else(|| internal("the plan names a column too many"))?;
        Ok(view.get(column, type_oid)?)
    }

    /// The values of an index's columns in a row, for indexes without expressions.
    pub fn index_values(&self, position: usize, row: &[Datum]) -> SqlResult<Row> {
        self.index(position)?
            .attributes
            .iter()
            .map(|attribute| {
                attribute
                    .and_then(|column| row.get(column).cloned())
                    .ok_or_else(|| internal("an index expression was not bound"))
            })
            .collect()
    }

    /// All entries of a row in a secondary index, sorted if there are several. `lists` tells those of an approximate index
    /// on vectors.
    pub fn index_entries(
        &self,
        position: usize,
        values: &[Datum],
        row: &[Datum],
        row_key: &[u8],
        lists: &dyn Fn(usize) -> SqlResult<Arc<Lists>>,
    ) -> SqlResult<Vec<IndexEntry>> {
        let index = self.index(position)?;
        if index.inverted.is_empty() && index.vector.is_none() {
            return Ok(vec![self.index_entry(position, values, row, row_key)?]);
        }
        let suffix = suffix_of(row_key)?;
        let length = u16::try_from(suffix.len()).map_err(|_| key_too_large())?;
        let value = Bytes::from([&length.to_be_bytes(), suffix].concat());
        let start = prefix(self.relation.table_id, index.number);
        if index.vector.is_some() {
            let Some(Datum::Vector(vector)) = values.first() else { return Ok(Vec::new()) };
            let list = lists(position)?.list_of(vector);
            let entry = |list| IndexEntry {
                key: [&list_prefix(&start, list)[..], suffix].concat().into(),
                value,
                exclusive: false,
            };
            return Ok(list.map(entry).into_iter().collect());
        }
        let mut entries = Vec::new();
        for (column, (class, datum)) in index.inverted.iter().zip(values).enumerate() {
            for entry in class.entries(datum)? {
                let entry = entry_bytes(column, &entry)?;
                entries.push(IndexEntry {
                    key: [&start[..], &entry, suffix].concat().into(),
                    value: value.clone(),
                    exclusive: false,
                });
            }
        }
        entries.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        Ok(entries)
    }

    /// The entry of a row in a secondary index that is not inverted, given the values of the index's columns.
    pub fn index_entry(
        &self,
        position: usize,
        values: &[Datum],
        row: &[Datum],
        row_key: &[u8],
    ) -> SqlResult<IndexEntry> {
        let index = self.index(position)?;
        let suffix = suffix_of(row_key)?;
        check_key_size(values.iter().map(value_bytes).sum())?;
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + 16 * values.len() + suffix.len());
        bytes.extend_from_slice(&prefix(self.relation.table_id, index.number));
        for (value, column) in values.iter().zip(&index.columns) {
            key::encode_column(value, column, &mut bytes)?;
        }
        let exclusive = index.is_exclusive(values);
        if !exclusive {
            bytes.extend_from_slice(suffix);
        }
        let mut value = Vec::with_capacity(2 + suffix.len());
        let length = u16::try_from(suffix.len()).map_err(|_| key_too_large())?;
        value.extend_from_slice(&length.to_be_bytes());
        value.extend_from_slice(suffix);
        if !index.include.is_empty() {
            let included: Row = index
                .include
                .iter()
                .map(|&column| row.get(column).cloned().unwrap_or_default())
                .collect();
            encode_row(&included, &index.include_types, &mut value)?;
        }
        Ok(IndexEntry { key: bytes.into(), value: value.into(), exclusive })
    }

    /// The key that a unique entry with these values has.
    pub fn unique_key(&self, position: usize, values: &[Datum]) -> SqlResult<Bytes> {
        let index = self.index(position)?;
        if index.primary {
            return self.row_key_of(values);
        }
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + 16 * values.len());
        bytes.extend_from_slice(&prefix(self.relation.table_id, index.number));
        for (value, column) in values.iter().zip(&index.columns) {
            key::encode_column(value, column, &mut bytes)?;
        }
        Ok(bytes.into())
    }

    /// A column as far as an index entry holds it: key columns, INCLUDE columns, primary key.
    pub fn entry_column(
        &self,
        position: usize,
        column: usize,
        key_bytes: &[u8],
        value: &[u8],
    ) -> SqlResult<Datum> {
        let index = self.index(position)?;
        if let Some(place) = index.include.iter().position(|&included| included == column) {
            let (_, rest) = split_entry(value)?;
            return Ok(RowView::new(rest)?.get(place, index.include_types[place])?);
        }
        let at = |attributes: &[Option<usize>]| {
            attributes.iter().position(|attribute| *attribute == Some(column))
        };
        if let Some(place) = at(&index.attributes) {
            let columns = key_bytes.get(PREFIX_BYTES..).unwrap_or_default();
            return nth_column(columns, &index.columns, place);
        }
        if let Some(primary) = self.primary()
            && let Some(place) = at(&primary.attributes)
        {
            return nth_column(split_entry(value)?.0, &primary.columns, place);
        }
        Err(internal("an index-only scan names a column that is not in the index"))
    }
}

impl IndexCodec {
    /// Whether an entry with these values excludes every other with the same.
    pub fn is_exclusive(&self, values: &[Datum]) -> bool {
        self.unique && (self.nulls_not_distinct || !values.iter().any(Datum::is_null))
    }
}

fn index_codec(relation: &Relation, index: &Index) -> IndexCodec {
    let place = |number: i16| usize::try_from(number - 1).unwrap_or(usize::MAX);
    let type_of =
        |number: i16| relation.columns.get(place(number)).map_or(0, |column| column.type_oid);
    let mut columns = Vec::with_capacity(index.columns.len());
    let mut attributes = Vec::with_capacity(index.columns.len());
    for column in &index.columns {
        let (attribute, type_oid) = match &column.key {
            IndexKey::Column(number) => (Some(place(*number)), type_of(*number)),
            IndexKey::Expression { type_oid, .. } => (None, *type_oid),
        };
        attributes.push(attribute);
        columns.push(KeyColumn {
            type_oid,
            descending: column.descending,
            nulls_first: column.nulls_first,
        });
    }
    IndexCodec {
        number: index.number,
        columns,
        attributes,
        include: index.include.iter().map(|&number| place(number)).collect(),
        include_types: index.include.iter().map(|&number| type_of(number)).collect(),
        unique: index.unique,
        nulls_not_distinct: index.nulls_not_distinct,
        primary: index.primary,
        inverted: index.inverted_classes(),
        vector: index.vector_class(),
    }
}

/// An inverted entry as it lies in a key, before the row's suffix.
pub fn entry_bytes(column: usize, entry: &[u8]) -> SqlResult<Vec<u8>> {
    let column = u8::try_from(column).map_err(|_| internal("an index has too many columns"))?;
    let mut bytes = Vec::with_capacity(entry.len() + 4);
    bytes.push(column);
    let entry = Datum::Bytea(entry.into());
    key::encode_column(&entry, &KeyColumn::ascending(oid::BYTEA), &mut bytes)?;
    Ok(bytes)
}

/// What all inverted entries with this beginning start with.
pub fn entry_prefix_bytes(column: usize, beginning: &[u8]) -> SqlResult<Vec<u8>> {
    let mut bytes = entry_bytes(column, beginning)?;
    bytes.truncate(bytes.len() - TERMINATOR_BYTES);
    Ok(bytes)
}

fn nth_column(mut bytes: &[u8], columns: &[KeyColumn], place: usize) -> SqlResult<Datum> {
    let mut value = Datum::Null;
    for column in &columns[..=place] {
        value = key::decode_column(&mut bytes, column)?;
    }
    Ok(value)
}

/// The row key without its prefix.
pub fn suffix_of(row_key: &[u8]) -> SqlResult<&[u8]> {
    row_key.get(PREFIX_BYTES..).ok_or_else(|| internal("a row key is shorter than its prefix"))
}

/// Cuts an entry's value into the row's suffix and the INCLUDE columns.
pub fn split_entry(value: &[u8]) -> SqlResult<(&[u8], &[u8])> {
    let corrupt = || SqlError::new(sqlstate::INDEX_CORRUPTED, "index entry ends too early");
    let (length, rest) = value.split_first_chunk::<2>().ok_or_else(corrupt)?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(corrupt)
}

fn check_key_size(size: usize) -> SqlResult<()> {
    if size > MAXIMUM_KEY_BYTES { Err(key_too_large()) } else { Ok(()) }
}

fn key_too_large() -> SqlError {
    SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "key size too large")
}

fn range_value_bytes(range: &types::range::Range) -> usize {
    let bounds = [&range.lower, &range.upper].into_iter().filter_map(|bound| bound.value.as_ref());
    1 + bounds.map(value_bytes).sum::<usize>()
}

/// The size of a value as users count it.
fn value_bytes(value: &Datum) -> usize {
    match value {
        Datum::Text(text) | Datum::Citext(text) => text.len(),
        Datum::Bytea(bytes) => bytes.len(),
        Datum::Array(array) => array.elements.iter().map(|element| 4 + value_bytes(element)).sum(),
        Datum::Numeric(_) | Datum::Uuid(_) | Datum::Interval(_) => 16,
        Datum::Jsonb(_) => 0,
        Datum::Bits(bits) => bits.bytes().len(),
        Datum::Vector(values) => 4 * values.len(),
        Datum::Range(range) => range_value_bytes(range),
        Datum::Multirange(multirange) => multirange.ranges.iter().map(range_value_bytes).sum(),
        _ => 8,
    }
}
