//! Rows of `pg_proc`: session and system.

use types::oid::*;

use crate::bodies::system as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::tables::row::{I, LAX, S, STRICT, V, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(89, "version", &[], TEXT, STRICT, S, Scalar(bodies::pgsql_version)),
    row(315, "pg_jit_available", &[], BOOL, STRICT, V, Scalar(bodies::pg_jit_available)),
    row(710, "getpgusername", &[], NAME, STRICT, S, Scalar(bodies::current_user)),
    row(745, "current_user", &[], NAME, STRICT, S, Scalar(bodies::current_user)),
    row(746, "session_user", &[], NAME, STRICT, S, Scalar(bodies::session_user)),
    row(810, "pg_client_encoding", &[], NAME, STRICT, S, Scalar(bodies::pg_client_encoding)),
    row(861, "current_database", &[], NAME, STRICT, S, Scalar(bodies::current_database)),
    row(1039, "getdatabaseencoding", &[], NAME, STRICT, S, Scalar(bodies::getdatabaseencoding)),
    row(1081, "format_type", &[OID, INT4], TEXT, LAX, S, Scalar(bodies::format_type)),
    row(1264, "pg_char_to_encoding", &[NAME], INT4, STRICT, S, Scalar(bodies::pg_char_to_encoding)),
    row(1269, "pg_column_size", &[ANY], INT4, STRICT, S, Scalar(bodies::pg_column_size)),
    row(1402, "current_schema", &[], NAME, STRICT, S, Scalar(bodies::current_schema)),
    row(1403, "current_schemas", &[BOOL], NAME_ARRAY, STRICT, S, Scalar(bodies::current_schemas)),
    row(1597, "pg_encoding_to_char", &[INT4], NAME, STRICT, S, Scalar(bodies::pg_encoding_to_char)),
    row(1619, "pg_typeof", &[ANY], REGTYPE, LAX, S, TypedScalar(bodies::pg_typeof)),
    row(2026, "pg_backend_pid", &[], INT4, STRICT, S, Scalar(bodies::pg_backend_pid)),
    row(2077, "current_setting", &[TEXT], TEXT, STRICT, S, Scalar(bodies::show_config_by_name)),
    row(2078, "set_config", &[TEXT, TEXT, BOOL], TEXT, LAX, V, Scalar(bodies::set_config_by_name)),
    row(2288, "pg_size_pretty", &[INT8], TEXT, STRICT, I, Scalar(bodies::pg_size_pretty)),
    row(2626, "pg_sleep", &[FLOAT8], VOID, STRICT, V, Scalar(bodies::pg_sleep)),
    row(2854, "pg_my_temp_schema", &[], OID, STRICT, S, Scalar(bodies::pg_my_temp_schema)),
    row(2855, "pg_is_other_temp_schema", &[OID], BOOL, STRICT, S, Scalar(bodies::pg_is_other_temp_schema)),
    row(3166, "pg_size_pretty", &[NUMERIC], TEXT, STRICT, I, Scalar(bodies::pg_size_pretty_numeric)),
    row(3294, "current_setting", &[TEXT, BOOL], TEXT, STRICT, S, Scalar(bodies::show_config_by_name_missing_ok)),
    row(3334, "pg_size_bytes", &[TEXT], INT8, STRICT, I, Scalar(bodies::pg_size_bytes)),
    row(3432, "gen_random_uuid", &[], UUID, STRICT, V, Scalar(bodies::gen_random_uuid)),
    row(3810, "pg_is_in_recovery", &[], BOOL, STRICT, V, Scalar(bodies::pg_is_in_recovery)),
    row(3935, "pg_sleep_for", &[INTERVAL], VOID, STRICT, V, Scalar(bodies::pg_sleep_for)),
    row(3936, "pg_sleep_until", &[TIMESTAMPTZ], VOID, STRICT, V, Scalar(bodies::pg_sleep_until)),
    row(9000, "uuidv7", &[], UUID, STRICT, V, Scalar(bodies::uuidv7)),
    row(9001, "uuid_generate_v4", &[], UUID, STRICT, V, Scalar(bodies::gen_random_uuid)),
];
