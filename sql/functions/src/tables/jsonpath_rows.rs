//! Rows of `pg_proc`: `jsonpath`.

use types::oid::*;

use crate::bodies::jsonpath as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(1177, "jsonb_path_exists_tz", &[JSONB, JSONPATH, JSONB, BOOL], BOOL, STRICT, S, Scalar(bodies::jsonb_path_exists_tz)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], kind: FunctionKind::SetReturning, ..row(1179, "jsonb_path_query_tz", &[JSONB, JSONPATH, JSONB, BOOL], JSONB, STRICT, S, Set(bodies::jsonb_path_query_tz)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(1180, "jsonb_path_query_array_tz", &[JSONB, JSONPATH, JSONB, BOOL], JSONB, STRICT, S, Scalar(bodies::jsonb_path_query_array_tz)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(2023, "jsonb_path_query_first_tz", &[JSONB, JSONPATH, JSONB, BOOL], JSONB, STRICT, S, Scalar(bodies::jsonb_path_query_first_tz)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(2030, "jsonb_path_match_tz", &[JSONB, JSONPATH, JSONB, BOOL], BOOL, STRICT, S, Scalar(bodies::jsonb_path_match_tz)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(4005, "jsonb_path_exists", &[JSONB, JSONPATH, JSONB, BOOL], BOOL, STRICT, I, Scalar(bodies::jsonb_path_exists)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], kind: FunctionKind::SetReturning, ..row(4006, "jsonb_path_query", &[JSONB, JSONPATH, JSONB, BOOL], JSONB, STRICT, I, Set(bodies::jsonb_path_query)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(4007, "jsonb_path_query_array", &[JSONB, JSONPATH, JSONB, BOOL], JSONB, STRICT, I, Scalar(bodies::jsonb_path_query_array)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(4008, "jsonb_path_query_first", &[JSONB, JSONPATH, JSONB, BOOL], JSONB, STRICT, I, Scalar(bodies::jsonb_path_query_first)) },
    FunctionDef { argument_names: &["target", "path", "vars", "silent"], defaults: &["'{}'::jsonb", "false"], ..row(4009, "jsonb_path_match", &[JSONB, JSONPATH, JSONB, BOOL], BOOL, STRICT, I, Scalar(bodies::jsonb_path_match)) },
    row(4010, "jsonb_path_exists_opr", &[JSONB, JSONPATH], BOOL, STRICT, I, Scalar(bodies::jsonb_path_exists_opr)),
    row(4011, "jsonb_path_match_opr", &[JSONB, JSONPATH], BOOL, STRICT, I, Scalar(bodies::jsonb_path_match_opr)),
];
