//! Rows of `pg_proc`: byte strings and hashes.

use types::oid::*;

use crate::bodies::binary as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::tables::row::{I, S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(720, "octet_length", &[BYTEA], INT4, STRICT, I, Scalar(bodies::byteaoctetlen)),
    row(721, "get_byte", &[BYTEA, INT4], INT4, STRICT, I, Scalar(bodies::bytea_get_byte)),
    row(722, "set_byte", &[BYTEA, INT4, INT4], BYTEA, STRICT, I, Scalar(bodies::bytea_set_byte)),
    row(723, "get_bit", &[BYTEA, INT8], INT4, STRICT, I, Scalar(bodies::bytea_get_bit)),
    row(724, "set_bit", &[BYTEA, INT8, INT4], BYTEA, STRICT, I, Scalar(bodies::bytea_set_bit)),
    row(749, "overlay", &[BYTEA, BYTEA, INT4, INT4], BYTEA, STRICT, I, Scalar(bodies::byteaoverlay)),
    row(752, "overlay", &[BYTEA, BYTEA, INT4], BYTEA, STRICT, I, Scalar(bodies::byteaoverlay_no_len)),
    row(1714, "convert_from", &[BYTEA, NAME], TEXT, STRICT, S, Scalar(bodies::pg_convert_from)),
    row(1717, "convert_to", &[TEXT, NAME], BYTEA, STRICT, S, Scalar(bodies::pg_convert_to)),
    row(1810, "bit_length", &[BYTEA], INT4, STRICT, I, Scalar(bodies::bytea_bit_length)),
    row(1946, "encode", &[BYTEA, TEXT], TEXT, STRICT, I, Scalar(bodies::binary_encode)),
    row(1947, "decode", &[TEXT, TEXT], BYTEA, STRICT, I, Scalar(bodies::binary_decode)),
    row(2010, "length", &[BYTEA], INT4, STRICT, I, Scalar(bodies::byteaoctetlen)),
    row(2011, "byteacat", &[BYTEA, BYTEA], BYTEA, STRICT, I, Scalar(bodies::byteacat)),
    row(2012, "substring", &[BYTEA, INT4, INT4], BYTEA, STRICT, I, Scalar(bodies::bytea_substr)),
    row(2013, "substring", &[BYTEA, INT4], BYTEA, STRICT, I, Scalar(bodies::bytea_substr_no_len)),
    row(2014, "position", &[BYTEA, BYTEA], INT4, STRICT, I, Scalar(bodies::byteapos)),
    row(2015, "btrim", &[BYTEA, BYTEA], BYTEA, STRICT, I, Scalar(bodies::byteatrim)),
    row(2085, "substr", &[BYTEA, INT4, INT4], BYTEA, STRICT, I, Scalar(bodies::bytea_substr)),
    row(2086, "substr", &[BYTEA, INT4], BYTEA, STRICT, I, Scalar(bodies::bytea_substr_no_len)),
    row(2311, "md5", &[TEXT], TEXT, STRICT, I, Scalar(bodies::md5_text)),
    row(2321, "md5", &[BYTEA], TEXT, STRICT, I, Scalar(bodies::md5_bytea)),
    row(3419, "sha224", &[BYTEA], BYTEA, STRICT, I, Scalar(bodies::sha224_bytea)),
    row(3420, "sha256", &[BYTEA], BYTEA, STRICT, I, Scalar(bodies::sha256_bytea)),
    row(3421, "sha384", &[BYTEA], BYTEA, STRICT, I, Scalar(bodies::sha384_bytea)),
    row(3422, "sha512", &[BYTEA], BYTEA, STRICT, I, Scalar(bodies::sha512_bytea)),
    row(6163, "bit_count", &[BYTEA], INT8, STRICT, I, Scalar(bodies::bytea_bit_count)),
    row(6195, "ltrim", &[BYTEA, BYTEA], BYTEA, STRICT, I, Scalar(bodies::bytealtrim)),
    row(6196, "rtrim", &[BYTEA, BYTEA], BYTEA, STRICT, I, Scalar(bodies::byteartrim)),
    row(1713, "length", &[BYTEA, NAME], INT4, STRICT, S, Scalar(bodies::length_in_encoding)),
    row(1813, "convert", &[BYTEA, NAME, NAME], BYTEA, STRICT, S, Scalar(bodies::pg_convert)),
    row(1845, "to_ascii", &[TEXT], TEXT, STRICT, I, Scalar(bodies::to_ascii)),
    row(1846, "to_ascii", &[TEXT, INT4], TEXT, STRICT, I, Scalar(bodies::to_ascii)),
    row(1847, "to_ascii", &[TEXT, NAME], TEXT, STRICT, I, Scalar(bodies::to_ascii)),
];
