//! Rows of `pg_proc`: hashes, Unicode and tests of input.

use types::oid::*;

use crate::bodies::{hashing, mathematics, unicode};
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(400, "hashtext", &[TEXT], INT4, STRICT, I, Scalar(hashing::hashtext)),
    row(425, "hashint4extended", &[INT4, INT8], INT8, STRICT, I, Scalar(hashing::hashint2extended)),
    row(432, "hash_numeric", &[NUMERIC], INT4, STRICT, I, Scalar(hashing::hash_numeric)),
    row(441, "hashint2extended", &[INT2, INT8], INT8, STRICT, I, Scalar(hashing::hashint2extended)),
    row(442, "hashint8extended", &[INT8, INT8], INT8, STRICT, I, Scalar(hashing::hashint8extended)),
    row(443, "hashfloat4extended", &[FLOAT4, INT8], INT8, STRICT, I, Scalar(hashing::hashfloat8extended)),
    row(444, "hashfloat8extended", &[FLOAT8, INT8], INT8, STRICT, I, Scalar(hashing::hashfloat8extended)),
    row(445, "hashoidextended", &[OID, INT8], INT8, STRICT, I, Scalar(hashing::hashint2extended)),
    row(446, "hashcharextended", &[CHAR, INT8], INT8, STRICT, I, Scalar(hashing::hashcharextended)),
    row(447, "hashnameextended", &[NAME, INT8], INT8, STRICT, I, Scalar(hashing::hashtextextended)),
    row(448, "hashtextextended", &[TEXT, INT8], INT8, STRICT, I, Scalar(hashing::hashtextextended)),
    row(449, "hashint2", &[INT2], INT4, STRICT, I, Scalar(hashing::hashint2)),
    row(450, "hashint4", &[INT4], INT4, STRICT, I, Scalar(hashing::hashint2)),
    row(451, "hashfloat4", &[FLOAT4], INT4, STRICT, I, Scalar(hashing::hashfloat8)),
    row(452, "hashfloat8", &[FLOAT8], INT4, STRICT, I, Scalar(hashing::hashfloat8)),
    row(453, "hashoid", &[OID], INT4, STRICT, I, Scalar(hashing::hashint2)),
    row(454, "hashchar", &[CHAR], INT4, STRICT, I, Scalar(hashing::hashchar)),
    row(455, "hashname", &[NAME], INT4, STRICT, I, Scalar(hashing::hashtext)),
    row(626, "hash_array", &[ANYARRAY], INT4, STRICT, I, Scalar(hashing::hash_array)),
    row(782, "hash_array_extended", &[ANYARRAY, INT8], INT8, STRICT, I, Scalar(hashing::hash_array_extended)),
    row(780, "hash_numeric_extended", &[NUMERIC, INT8], INT8, STRICT, I, Scalar(hashing::hash_numeric_extended)),
    row(949, "hashint8", &[INT8], INT4, STRICT, I, Scalar(hashing::hashint8)),
    row(972, "hashbpcharextended", &[BPCHAR, INT8], INT8, STRICT, I, Scalar(hashing::hashbpcharextended)),
    row(1080, "hashbpchar", &[BPCHAR], INT4, STRICT, I, Scalar(hashing::hashbpchar)),
    row(1688, "time_hash", &[TIME], INT4, STRICT, I, Scalar(hashing::moment_hash)),
    row(1696, "timetz_hash", &[TIMETZ], INT4, STRICT, I, Scalar(hashing::timetz_hash)),
    row(1697, "interval_hash", &[INTERVAL], INT4, STRICT, I, Scalar(hashing::interval_hash)),
    row(2039, "timestamp_hash", &[TIMESTAMP], INT4, STRICT, I, Scalar(hashing::moment_hash)),
    row(2963, "uuid_hash", &[UUID], INT4, STRICT, I, Scalar(hashing::uuid_hash)),
    row(3409, "time_hash_extended", &[TIME, INT8], INT8, STRICT, I, Scalar(hashing::moment_hash_extended)),
    row(3410, "timetz_hash_extended", &[TIMETZ, INT8], INT8, STRICT, I, Scalar(hashing::timetz_hash_extended)),
    row(3411, "timestamp_hash_extended", &[TIMESTAMP, INT8], INT8, STRICT, I, Scalar(hashing::moment_hash_extended)),
    row(3412, "uuid_hash_extended", &[UUID, INT8], INT8, STRICT, I, Scalar(hashing::uuid_hash_extended)),
    row(3418, "interval_hash_extended", &[INTERVAL, INT8], INT8, STRICT, I, Scalar(hashing::interval_hash_extended)),
    FunctionDef { defaults: &["'NFC'::text"], ..row(4350, "normalize", &[TEXT, TEXT], TEXT, STRICT, I, Scalar(unicode::unicode_normalize_func)) },
    FunctionDef { defaults: &["'NFC'::text"], ..row(4351, "is_normalized", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(unicode::unicode_is_normalized)) },
    row(6198, "unistr", &[TEXT], TEXT, STRICT, I, Scalar(unicode::unistr)),
    row(6210, "pg_input_is_valid", &[TEXT, TEXT], BOOL, STRICT, S, Scalar(unicode::pg_input_is_valid)),
    FunctionDef { argument_names: &["value", "type_name"], columns: &[("message", TEXT), ("detail", TEXT), ("hint", TEXT), ("sql_error_code", TEXT)], kind: FunctionKind::SetReturning, ..row(6211, "pg_input_error_info", &[TEXT, TEXT], RECORD, STRICT, S, Set(unicode::pg_input_error_info)) },
    row(6219, "erf", &[FLOAT8], FLOAT8, STRICT, I, Scalar(mathematics::derf)),
    row(6220, "erfc", &[FLOAT8], FLOAT8, STRICT, I, Scalar(mathematics::derfc)),
];
