//! The kinds of datums, by number in the stored formats.

use types::{Datum, Oid, builtin, oid};

macro_rules! kinds {
    ($($name:ident = $number:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Kind { $($name = $number),* }

        impl Kind {
            pub fn from_number(number: u8) -> Option<Kind> {
                match number {
                    $($number => Some(Kind::$name),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    Null = 0, Bool = 1, Int2 = 2, Int4 = 3, Int8 = 4, Float4 = 5, Float8 = 6, Numeric = 7, Text = 8, Bytea = 9, Char = 10,
    Oid = 11, Uuid = 12, Date = 13, Time = 14, TimeTz = 15, Timestamp = 16, TimestampTz = 17, Interval = 18, Jsonb = 19,
    Array = 20, Record = 21, Unsigned = 22, Money = 23, Enum = 24, Bits = 25, Inet = 26, Range = 27, Multirange = 28,
    Vector = 29, Citext = 30,
}

impl Kind {
    pub fn of(datum: &Datum) -> Kind {
        match datum {
            Datum::Null => Kind::Null,
            Datum::Bool(_) => Kind::Bool,
            Datum::Int2(_) => Kind::Int2,
            Datum::Int4(_) => Kind::Int4,
            Datum::Int8(_) => Kind::Int8,
            Datum::Float4(_) => Kind::Float4,
            Datum::Float8(_) => Kind::Float8,
            Datum::Numeric(_) => Kind::Numeric,
            Datum::Text(_) => Kind::Text,
            Datum::Bytea(_) => Kind::Bytea,
            Datum::Char(_) => Kind::Char,
            Datum::Oid(_) => Kind::Oid,
            Datum::Uuid(_) => Kind::Uuid,
            Datum::Date(_) => Kind::Date,
            Datum::Time(_) => Kind::Time,
            Datum::TimeTz(..) => Kind::TimeTz,
            Datum::Timestamp(_) => Kind::Timestamp,
            Datum::TimestampTz(_) => Kind::TimestampTz,
            Datum::Interval(_) => Kind::Interval,
            Datum::Jsonb(_) => Kind::Jsonb,
            Datum::Array(_) => Kind::Array,
            Datum::Record(_) => Kind::Record,
            Datum::Unsigned(_) => Kind::Unsigned,
            Datum::Money(_) => Kind::Money,
            Datum::Enum(_) => Kind::Enum,
            Datum::Bits(_) => Kind::Bits,
            Datum::Inet(_) => Kind::Inet,
            Datum::Range(_) => Kind::Range,
            Datum::Multirange(_) => Kind::Multirange,
            Datum::Vector(_) => Kind::Vector,
            Datum::Citext(_) => Kind::Citext,
        }
    }

    /// The kind a built-in type's values have; `None` for types made by users.
    pub fn of_type(type_oid: Oid) -> Option<Kind> {
        Some(match type_oid {
            oid::BOOL => Kind::Bool,
            oid::INT2 => Kind::Int2,
            oid::INT4 => Kind::Int4,
            oid::INT8 => Kind::Int8,
            oid::FLOAT4 => Kind::Float4,
            oid::FLOAT8 => Kind::Float8,
            oid::NUMERIC => Kind::Numeric,
            oid::TEXT
            | oid::VARCHAR
            | oid::BPCHAR
            | oid::NAME
            | oid::JSON
            | oid::XML
            | oid::UNKNOWN
            | oid::CSTRING
            | oid::REFCURSOR
            | oid::VOID
            | oid::PG_NODE_TREE
            | oid::JSONPATH
            | oid::TSVECTOR
            | oid::TSQUERY => Kind::Text,
            oid::BYTEA => Kind::Bytea,
            oid::CHAR => Kind::Char,
            oid::OID
            | oid::XID
            | oid::CID
            | oid::REGPROC
            | oid::REGPROCEDURE
            | oid::REGOPER
            | oid::REGOPERATOR
            | oid::REGCLASS
            | oid::REGTYPE
            | oid::REGCONFIG
            | oid::REGDICTIONARY
            | oid::REGNAMESPACE
            | oid::REGROLE
            | oid::REGCOLLATION => Kind::Oid,
            oid::UUID => Kind::Uuid,
            oid::DATE => Kind::Date,
            oid::TIME => Kind::Time,
            oid::TIMETZ => Kind::TimeTz,
            oid::TIMESTAMP => Kind::Timestamp,
            oid::TIMESTAMPTZ => Kind::TimestampTz,
            oid::INTERVAL => Kind::Interval,
            oid::JSONB => Kind::Jsonb,
            oid::INT2VECTOR | oid::OIDVECTOR => Kind::Array,
            oid::RECORD => Kind::Record,
            oid::XID8 | oid::PG_LSN | oid::MACADDR | oid::MACADDR8 => Kind::Unsigned,
            oid::MONEY => Kind::Money,
            oid::VECTOR => Kind::Vector,
            oid::CITEXT => Kind::Citext,
            oid::BIT | oid::VARBIT => Kind::Bits,
            oid::INET | oid::CIDR => Kind::Inet,
            _ if type_oid >= oid::FIRST_USER_OID => return None,
            _ if builtin::range_of(type_oid).is_some() => Kind::Range,
            _ if builtin::multirange_of(type_oid).is_some() => Kind::Multirange,
            _ => return builtin::element_of(type_oid).map(|_| Kind::Array),
        })
    }

    pub fn is_integer(self) -> bool {
        matches!(self, Kind::Int2 | Kind::Int4 | Kind::Int8)
    }

    pub fn is_float(self) -> bool {
        matches!(self, Kind::Float4 | Kind::Float8)
    }
}
