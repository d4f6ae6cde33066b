//! Rows of `pg_proc`: functions of the extensions that are built in. PostgreSQL gives such functions identifiers when an
//! extension is made; these are of our own.

use types::oid::*;

use crate::bodies::extensions as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::tables::row::{I, S, STRICT, V, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(9710, "digest", &[TEXT, TEXT], BYTEA, STRICT, I, Scalar(bodies::pg_digest)),
    row(9711, "digest", &[BYTEA, TEXT], BYTEA, STRICT, I, Scalar(bodies::pg_digest)),
    row(9712, "hmac", &[TEXT, TEXT, TEXT], BYTEA, STRICT, I, Scalar(bodies::pg_hmac)),
    row(9713, "hmac", &[BYTEA, BYTEA, TEXT], BYTEA, STRICT, I, Scalar(bodies::pg_hmac)),
    row(9714, "gen_random_bytes", &[INT4], BYTEA, STRICT, V, Scalar(bodies::pg_random_bytes)),
    row(9715, "gen_salt", &[TEXT], TEXT, STRICT, V, Scalar(bodies::pg_gen_salt)),
    row(9716, "gen_salt", &[TEXT, INT4], TEXT, STRICT, V, Scalar(bodies::pg_gen_salt)),
    row(9717, "crypt", &[TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::pg_crypt)),
    row(9720, "uuid_nil", &[], UUID, STRICT, I, Scalar(bodies::uuid_nil)),
    row(9721, "uuid_ns_dns", &[], UUID, STRICT, I, Scalar(bodies::uuid_ns_dns)),
    row(9722, "uuid_ns_url", &[], UUID, STRICT, I, Scalar(bodies::uuid_ns_url)),
    row(9723, "uuid_ns_oid", &[], UUID, STRICT, I, Scalar(bodies::uuid_ns_oid)),
    row(9724, "uuid_ns_x500", &[], UUID, STRICT, I, Scalar(bodies::uuid_ns_x500)),
    row(9725, "uuid_generate_v1", &[], UUID, STRICT, V, Scalar(bodies::uuid_generate_v1mc)),
    row(9726, "uuid_generate_v1mc", &[], UUID, STRICT, V, Scalar(bodies::uuid_generate_v1mc)),
    row(9727, "uuid_generate_v3", &[UUID, TEXT], UUID, STRICT, I, Scalar(bodies::uuid_generate_v3)),
    row(9728, "uuid_generate_v5", &[UUID, TEXT], UUID, STRICT, I, Scalar(bodies::uuid_generate_v5)),
    row(9730, "similarity", &[TEXT, TEXT], FLOAT4, STRICT, I, Scalar(bodies::similarity)),
    row(9731, "similarity_op", &[TEXT, TEXT], BOOL, STRICT, S, Scalar(bodies::similarity_op)),
    row(9732, "similarity_dist", &[TEXT, TEXT], FLOAT4, STRICT, I, Scalar(bodies::similarity_dist)),
    row(9733, "word_similarity", &[TEXT, TEXT], FLOAT4, STRICT, I, Scalar(bodies::word_similarity)),
    row(9734, "word_similarity_op", &[TEXT, TEXT], BOOL, STRICT, S, Scalar(bodies::word_similarity_op)),
    row(9735, "word_similarity_dist_op", &[TEXT, TEXT], FLOAT4, STRICT, I, Scalar(bodies::word_similarity_dist_op)),
    row(9736, "show_trgm", &[TEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::show_trgm)),
    row(9737, "show_limit", &[], FLOAT4, STRICT, S, Scalar(bodies::show_limit)),
];
