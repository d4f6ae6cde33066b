//! A SQL value.

use std::sync::Arc;

use uuid::Uuid;

use crate::oid::Oid;

/// One row of values.
pub type Row = Vec<Datum>;

/// A value of any SQL type; 24 bytes, cheap to clone. Which SQL type it has is said by the expression that computed it:
/// `text`, `varchar`, `bpchar`, `name`, `json`, `xml` and `unknown` all are [`Datum::Text`], `oid` and the
/// `reg*` types all are [`Datum::Oid`].
#[derive(Clone, Debug, Default)]
pub enum Datum {
    #[default]
    Null,
    Bool(bool),
    Int2(i16),
    Int4(i32),
    Int8(i64),
    Float4(f32),
    Float8(f64),
    /// Exact, any size, with NaN and infinities.
    Numeric(crate::numeric::Numeric),
    Text(Arc<str>),
    Bytea(Arc<[u8]>),
    /// The one-byte type `"char"`.
    Char(u8),
    Oid(Oid),
    Uuid(Arc<Uuid>),
    /// Days since 2000-01-01; `i32::MIN` and `i32::MAX` are −infinity and infinity.
    Date(i32),
    /// Microseconds since midnight, 0 to 86,400,000,000.
    Time(i64),
    /// Microseconds since midnight, and seconds *west* of UTC, as PostgreSQL stores it.
    TimeTz(i64, i32),
    /// Microseconds since 2000-01-01 00:00; `i64::MIN` and `i64::MAX` are −infinity and infinity.
    Timestamp(i64),
    /// Microseconds since 2000-01-01 00:00 UTC; infinities as above.
    TimestampTz(i64),
    Interval(Arc<Interval>),
    /// `json` keeps its text: it is [`Datum::Text`]. This is `jsonb`.
    Jsonb(Arc<crate::json::Json>),
    Array(Arc<Array>),
    /// A composite value, with the type of each field.
    Record(Arc<[(Oid, Datum)]>),
    /// An unsigned number of 64 bits: `xid8`, `pg_lsn`, and the bytes of `macaddr` and `macaddr8`.
    Unsigned(u64),
    /// Cents.
    Money(i64),
    /// A value of an enum: the sort position of its label, which never changes. The catalog knows the label.
    Enum(f32),
    /// `bit` and `varbit`.
    Bits(Arc<crate::bits::BitString>),
    /// `inet` and `cidr`.
    Inet(Arc<crate::network::Inet>),
    Range(Arc<crate::range::Range>),
    Multirange(Arc<crate::range::Multirange>),
    /// `vector` of pgvector: finite numbers, at least one.
    Vector(Arc<[f32]>),
    /// `citext`: equal to whatever differs in the case of letters only.
    Citext(Arc<str>),
}

/// `interval`: months, days and microseconds are kept apart, as PostgreSQL does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub microseconds: i64,
}

/// An array of any number of dimensions; no dimensions is the empty array.
#[derive(Clone, Debug)]
pub struct Array {
    pub element: Oid,
    pub dimensions: Vec<ArrayDimension>,
    /// In row-major order.
    pub elements: Vec<Datum>,
}

/// One dimension of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayDimension {
    pub length: i32,
    /// The first subscript, usually 1.
    pub lower: i32,
}

impl Array {
    /// A one-dimensional array that starts at 1.
    pub fn from_elements(element: Oid, elements: Vec<Datum>) -> Array {
        let dimensions = match i32::try_from(elements.len()) {
            Ok(0) => Vec::new(),
            Ok(length) => vec![ArrayDimension { length, lower: 1 }],
            Err(_) => vec![ArrayDimension { length: i32::MAX, lower: 1 }],
        };
        Array { element, dimensions, elements }
    }
}

impl Datum {
    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }

    pub fn text(text: impl Into<Arc<str>>) -> Datum {
        Datum::Text(text.into())
    }
}

const _: () = assert!(std::mem::size_of::<Datum>() <= 24);
