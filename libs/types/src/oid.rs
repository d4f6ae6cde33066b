//! PostgreSQL's object identifiers of types, and the type an expression has.

/// PostgreSQL's object identifier.
pub type Oid = u32;

/// A type with its modifier: `varchar(10)` is `{1043, 14}`, as PostgreSQL encodes it; −1 is no modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SqlType {
    pub oid: Oid,
    pub modifier: i32,
    /// How values of a string type are ordered; it is no part of what the type is called.
    pub collation: Collation,
}

/// The collation of an expression, as PostgreSQL derives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Collation {
    /// None, or the database's own.
    Default,
    /// That of a column below it: the number of a row of `pg_collation`.
    Implicit(Oid),
    /// Asked for with COLLATE: overrides what is implicit.
    Explicit(Oid),
    /// Two columns below it have different ones.
    Conflict,
}

impl Collation {
    /// The collation that applies, 0 for the database's own; `None` after a conflict.
    pub const fn applied(self) -> Option<Oid> {
        match self {
            Collation::Default => Some(0),
            Collation::Implicit(collation) | Collation::Explicit(collation) => Some(collation),
            Collation::Conflict => None,
        }
    }

    /// What a column has whose values come from an expression with this collation.
    pub const fn of_column(self) -> Collation {
        match self {
            Collation::Explicit(collation) => Collation::Implicit(collation),
            other => other,
        }
    }
}

impl SqlType {
    pub const fn new(oid: Oid) -> SqlType {
        SqlType { oid, modifier: -1, collation: Collation::Default }
    }

    pub const fn with_modifier(oid: Oid, modifier: i32) -> SqlType {
        SqlType { oid, modifier, collation: Collation::Default }
    }

    /// The same type with another collation.
    pub const fn collated(self, collation: Collation) -> SqlType {
        SqlType { collation, ..self }
    }

    /// The same type and modifier, whatever the collations.
    pub fn is_like(self, other: SqlType) -> bool {
        self.oid == other.oid && self.modifier == other.modifier
    }
}

macro_rules! oids {
    ($($name:ident = $oid:literal),* $(,)?) => { $(pub const $name: Oid = $oid;)* };
}

oids! {
    BOOL = 16, BYTEA = 17, CHAR = 18, NAME = 19, INT8 = 20, INT2 = 21, INT2VECTOR = 22, INT4 = 23, REGPROC = 24,
    TEXT = 25, OID = 26, TID = 27, XID = 28, CID = 29, OIDVECTOR = 30, JSON = 114, XML = 142, PG_NODE_TREE = 194,
    POINT = 600, FLOAT4 = 700, FLOAT8 = 701, UNKNOWN = 705, MONEY = 790, MACADDR = 829, INET = 869, CIDR = 650,
    MACADDR8 = 774, ACLITEM = 1033, BPCHAR = 1042, VARCHAR = 1043, DATE = 1082, TIME = 1083, TIMESTAMP = 1114,
    TIMESTAMPTZ = 1184, INTERVAL = 1186, TIMETZ = 1266, BIT = 1560, VARBIT = 1562, NUMERIC = 1700,
    REFCURSOR = 1790, REGPROCEDURE = 2202, REGOPER = 2203, REGOPERATOR = 2204, REGCLASS = 2205, REGTYPE = 2206,
    RECORD = 2249, CSTRING = 2275, ANY = 2276, ANYARRAY = 2277, VOID = 2278, TRIGGER = 2279,
    LANGUAGE_HANDLER = 2280, INTERNAL = 2281, ANYELEMENT = 2283, RECORD_ARRAY = 2287, ANYNONARRAY = 2776,
    UUID = 2950, TXID_SNAPSHOT = 2970, PG_LSN = 3220, ANYENUM = 3500, TSVECTOR = 3614, TSQUERY = 3615,
    REGCONFIG = 3734, REGDICTIONARY = 3769, JSONB = 3802, ANYRANGE = 3831, JSONPATH = 4072, REGNAMESPACE = 4089,
    REGROLE = 4096, REGCOLLATION = 4191, ANYCOMPATIBLE = 5077, ANYCOMPATIBLEARRAY = 5078,
    ANYCOMPATIBLENONARRAY = 5079, ANYCOMPATIBLERANGE = 5080, XID8 = 5069,
    BOOL_ARRAY = 1000, BYTEA_ARRAY = 1001, CHAR_ARRAY = 1002, NAME_ARRAY = 1003, INT2_ARRAY = 1005,
    INT2VECTOR_ARRAY = 1006, INT4_ARRAY = 1007, REGPROC_ARRAY = 1008, TEXT_ARRAY = 1009, TID_ARRAY = 1010,
    XID_ARRAY = 1011, CID_ARRAY = 1012, OIDVECTOR_ARRAY = 1013, BPCHAR_ARRAY = 1014, VARCHAR_ARRAY = 1015,
    INT8_ARRAY = 1016, FLOAT4_ARRAY = 1021, FLOAT8_ARRAY = 1022, OID_ARRAY = 1028, ACLITEM_ARRAY = 1034,
    MACADDR_ARRAY = 1040, INET_ARRAY = 1041, TIMESTAMP_ARRAY = 1115, DATE_ARRAY = 1182, TIME_ARRAY = 1183,
    TIMESTAMPTZ_ARRAY = 1185, INTERVAL_ARRAY = 1187, NUMERIC_ARRAY = 1231, CSTRING_ARRAY = 1263,
    TIMETZ_ARRAY = 1270, BIT_ARRAY = 1561, VARBIT_ARRAY = 1563, JSON_ARRAY = 199, JSONB_ARRAY = 3807,
    UUID_ARRAY = 2951, REGCLASS_ARRAY = 2210, REGTYPE_ARRAY = 2211, XML_ARRAY = 143, MONEY_ARRAY = 791,
    REGNAMESPACE_ARRAY = 4090, REGROLE_ARRAY = 4097, PG_LSN_ARRAY = 3221, XID8_ARRAY = 271,
    JSONPATH_ARRAY = 4073, TSVECTOR_ARRAY = 3643, TSQUERY_ARRAY = 3645, CIDR_ARRAY = 651, REFCURSOR_ARRAY = 2201,
    INT4RANGE = 3904, NUMRANGE = 3906, TSRANGE = 3908, TSTZRANGE = 3910, DATERANGE = 3912, INT8RANGE = 3926,
    INT4MULTIRANGE = 4451, NUMMULTIRANGE = 4532, TSMULTIRANGE = 4533, TSTZMULTIRANGE = 4534,
    DATEMULTIRANGE = 4535, INT8MULTIRANGE = 4536, ANYMULTIRANGE = 4537, ANYCOMPATIBLEMULTIRANGE = 4538,
    // The extension's types have identifiers of our own.
    VECTOR = 9800, VECTOR_ARRAY = 9801, CITEXT = 9870, CITEXT_ARRAY = 9871,
    REGPROCEDURE_ARRAY = 2207, REGOPER_ARRAY = 2208, REGOPERATOR_ARRAY = 2209,
}

/// From here on identifiers stand for `record` with names of its fields, inside of one process only.
pub const FIRST_RECORD_SHAPE: Oid = 0xE000_0000;

/// The first identifier given to an object that a user made.
pub const FIRST_USER_OID: Oid = 16_384;
