//! Keys of sorts and of hash tables.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use planner::expression::{Expr, SortKey};
use smallvec::SmallVec;
use types::{Datum, Row, SqlResult, SqlType, compare, oid};

use crate::evaluate::{Scope, evaluate, evaluate_borrowed};
use crate::inspect::expression_type;

/// A fast hash for values the process computes itself; not for keeping out attackers.
#[derive(Default)]
pub struct FastHasher(u64);

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        // The upper bits choose spill partitions, the lower ones buckets: mix both ways.
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ (mixed >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word) ^ ((rest.len() as u64) << 56));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// Passes on a hash that the key carries already.
#[derive(Default)]
pub struct CarriedHasher(u64);

impl Hasher for CarriedHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

pub type KeyMap<V> = std::collections::HashMap<HashKey, V, BuildHasherDefault<CarriedHasher>>;
pub type KeySet = std::collections::HashSet<HashKey, BuildHasherDefault<CarriedHasher>>;
pub type FastMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<FastHasher>>;

/// Values that are equal where their types' default operator classes say so; NULLs are equal.
#[derive(Clone, Debug)]
pub struct HashKey {
    pub hash: u64,
    pub values: Row,
}

impl HashKey {
    pub fn new(values: Row) -> HashKey {
        HashKey { hash: hash_values(&values), values }
    }

    pub fn has_null(&self) -> bool {
        self.values.iter().any(Datum::is_null)
    }
}

impl Hash for HashKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for HashKey {
    fn eq(&self, other: &HashKey) -> bool {
        self.hash == other.hash
            && self.values.len() == other.values.len()
            && self.values.iter().zip(&other.values).all(|(left, right)| same(left, right))
    }
}

impl Eq for HashKey {}

/// Equality of key values; NULLs are equal.
pub fn same(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Null, Datum::Null) => true,
        (Datum::Null, _) | (_, Datum::Null) => false,
        (Datum::Int4(left), Datum::Int4(right)) => left == right,
        (Datum::Int8(left), Datum::Int8(right)) => left == right,
        _ => compare::equal(left, right),
    }
}

pub fn hash_values(values: &[Datum]) -> u64 {
    hash_all(values)
}

pub fn hash_all<'a>(values: impl IntoIterator<Item = &'a Datum>) -> u64 {
    let mut hasher = FastHasher::default();
    for value in values {
        compare::hash(value, &mut hasher);
    }
    hasher.finish()
}

/// Trailing blanks of `char(n)` do not count: keys of that type are cut.
pub fn normalize(value: Datum, type_oid: types::Oid) -> Datum {
    match &value {
        Datum::Text(text) if type_oid == oid::BPCHAR && text.ends_with(' ') => {
            Datum::text(text.trim_end_matches(' '))
        }
        _ => value,
    }
}

/// Undoes [`normalize`] for output.
pub fn denormalize(value: &Datum, ty: SqlType) -> Datum {
    match value {
        Datum::Text(text) if ty.oid == oid::BPCHAR && ty.modifier > 4 => {
            let width = usize::try_from(ty.modifier - 4).unwrap_or(0);
            let missing = width.saturating_sub(text.chars().count());
            let mut padded = text.to_string();
            padded.extend(std::iter::repeat_n(' ', missing));
            Datum::text(padded)
        }
        _ => value.clone(),
    }
}

/// The values of key expressions over a row, not copied where they are its columns.
pub type BorrowedKeys<'a> = SmallVec<[Cow<'a, Datum>; 4]>;

pub fn borrowed_keys<'a>(
    expressions: &'a [Expr],
    row: &'a [Datum],
    scope: &Scope<'a>,
) -> SqlResult<BorrowedKeys<'a>> {
    let mut values = BorrowedKeys::with_capacity(expressions.len());
    for expression in expressions {
        let value = evaluate_borrowed(expression, row, scope)?;
        let is_padded = matches!(&*value, Datum::Text(text) if text.ends_with(' '));
        values.push(if is_padded {
            Cow::Owned(normalize(value.into_owned(), expression_type(expression).oid))
        } else {
            value
        });
    }
    Ok(values)
}

/// The columns that key expressions name, if they are columns whose values need not be normalized.
pub fn plain_columns(expressions: &[Expr]) -> Option<Vec<usize>> {
    let column = |expression: &Expr| match expression {
        Expr::Column { index, ty } if ty.oid != oid::BPCHAR => Some(*index),
        _ => None,
    };
    expressions.iter().map(column).collect()
}

/// The values of key expressions over a row.
pub fn key_of(expressions: &[Expr], row: &[Datum], scope: &Scope<'_>) -> SqlResult<HashKey> {
    let mut values = Vec::with_capacity(expressions.len());
    for expression in expressions {
        let value = evaluate(expression, row, scope)?;
        values.push(match value {
            Datum::Text(_) => normalize(value, expression_type(expression).oid),
            _ => value,
        });
    }
    Ok(HashKey::new(values))
}

/// One item of an order, ready to compare.
#[derive(Clone, Copy, Debug)]
struct OrderItem {
    column: usize,
    descending: bool,
    nulls_first: bool,
}

/// ORDER BY, ready to compare rows with.
#[derive(Clone, Debug)]
pub struct SortOrder {
    items: Vec<OrderItem>,
    /// The keys are columns of the row itself; no key row is needed.
    plain: bool,
}

impl SortOrder {
    pub fn new(keys: &[SortKey]) -> SortOrder {
        let column_of = |key: &SortKey| match key.expression {
            Expr::Column { index, ty } if ty.oid != oid::BPCHAR => Some(index),
            _ => None,
        };
        let plain = keys.iter().all(|key| column_of(key).is_some());
        let items = keys
            .iter()
            .enumerate()
            .map(|(position, key)| OrderItem {
                column: if plain { column_of(key).unwrap_or(position) } else { position },
                descending: key.descending,
                nulls_first: key.nulls_first,
            })
            .collect();
        SortOrder { items, plain }
    }

    /// Ascending, nulls last, over key rows of this many columns.
    pub fn ascending(columns: usize) -> SortOrder {
        let items = (0..columns)
            .map(|column| OrderItem { column, descending: false, nulls_first: false })
            .collect();
        SortOrder { items, plain: false }
    }

    /// Over rows that hold the keys' values and nothing else.
    pub fn over_keys(keys: &[SortKey]) -> SortOrder {
        let items = keys
            .iter()
            .enumerate()
            .map(|(column, key)| OrderItem {
                column,
                descending: key.descending,
                nulls_first: key.nulls_first,
            })
            .collect();
        SortOrder { items, plain: false }
    }

    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// The row's keys, to be kept with it; empty if the row is its own key.
    pub fn keys(&self, keys: &[SortKey], row: &[Datum], scope: &Scope<'_>) -> SqlResult<Row> {
        if self.plain {
            return Ok(Vec::new());
        }
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            let value = evaluate(&key.expression, row, scope)?;
            values.push(normalize(value, expression_type(&key.expression).oid));
        }
        Ok(values)
    }

    pub fn compare(&self, left: &[Datum], right: &[Datum]) -> Ordering {
        for item in &self.items {
            let order = compare_item(&left[item.column], &right[item.column], item);
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }

    /// Compares rows together with the keys that [`SortOrder::keys`] made for them.
    pub fn compare_keyed(&self, left: (&Row, &Row), right: (&Row, &Row)) -> Ordering {
        if self.plain { self.compare(left.1, right.1) } else { self.compare(left.0, right.0) }
    }

    /// Compares by the first `count` items only.
    pub fn compare_prefix(&self, left: &[Datum], right: &[Datum], count: usize) -> Ordering {
        for item in self.items.iter().take(count) {
            let order = compare_item(&left[item.column], &right[item.column], item);
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

fn compare_item(left: &Datum, right: &Datum, item: &OrderItem) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if item.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if item.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = compare::compare(left, right);
            if item.descending { order.reverse() } else { order }
        }
    }
}
