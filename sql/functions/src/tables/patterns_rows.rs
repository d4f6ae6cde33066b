//! Rows of `pg_proc`: LIKE.

use types::oid::*;

use crate::bodies::patterns as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::tables::row::{I, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(850, "textlike", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::textlike)),
    row(851, "textnlike", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::textnlike)),
    row(858, "namelike", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::namelike)),
    row(859, "namenlike", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::namenlike)),
    row(1569, "like", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::textlike)),
    row(1570, "notlike", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::textnlike)),
    row(1571, "like", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::namelike)),
    row(1572, "notlike", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::namenlike)),
    row(1631, "bpcharlike", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::textlike)),
    row(1632, "bpcharnlike", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::textnlike)),
    row(1633, "texticlike", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticlike)),
    row(1634, "texticnlike", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticnlike)),
    row(1635, "nameiclike", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::nameiclike)),
    row(1636, "nameicnlike", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::nameicnlike)),
    row(1637, "like_escape", &[TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::like_escape)),
    row(1660, "bpchariclike", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::texticlike)),
    row(1661, "bpcharicnlike", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::texticnlike)),
    row(2005, "bytealike", &[BYTEA, BYTEA], BOOL, STRICT, I, Scalar(bodies::bytealike)),
    row(2006, "byteanlike", &[BYTEA, BYTEA], BOOL, STRICT, I, Scalar(bodies::byteanlike)),
    row(2007, "like", &[BYTEA, BYTEA], BOOL, STRICT, I, Scalar(bodies::bytealike)),
    row(2008, "notlike", &[BYTEA, BYTEA], BOOL, STRICT, I, Scalar(bodies::byteanlike)),
];
