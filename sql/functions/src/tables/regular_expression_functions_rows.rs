//! Rows of `pg_proc`: regular expressions.

use types::oid::*;

use crate::bodies::regular_expression_functions as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(79, "nameregexeq", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::nameregexeq)),
    row(1238, "texticregexeq", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticregexeq)),
    row(1239, "texticregexne", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticregexne)),
    row(1240, "nameicregexeq", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::nameicregexeq)),
    row(1241, "nameicregexne", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::nameicregexne)),
    row(1252, "nameregexne", &[NAME, TEXT], BOOL, STRICT, I, Scalar(bodies::nameregexne)),
    row(1254, "textregexeq", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::textregexeq)),
    row(1256, "textregexne", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::textregexne)),
    row(1623, "similar_escape", &[TEXT, TEXT], TEXT, LAX, I, Scalar(bodies::similar_escape)),
    row(1656, "bpcharicregexeq", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::texticregexeq)),
    row(1657, "bpcharicregexne", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::texticregexne)),
    row(1658, "bpcharregexeq", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::textregexeq)),
    row(1659, "bpcharregexne", &[BPCHAR, TEXT], BOOL, STRICT, I, Scalar(bodies::textregexne)),
    row(1986, "similar_to_escape", &[TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::similar_to_escape_2)),
    row(1987, "similar_to_escape", &[TEXT], TEXT, STRICT, I, Scalar(bodies::similar_to_escape_1)),
    row(2073, "substring", &[TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::textregexsubstr)),
    row(2074, "substring", &[TEXT, TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::substring_similar)),
    row(2284, "regexp_replace", &[TEXT, TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::textregexreplace_noopt)),
    row(2285, "regexp_replace", &[TEXT, TEXT, TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::textregexreplace)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(2763, "regexp_matches", &[TEXT, TEXT], TEXT_ARRAY, STRICT, I, Set(bodies::regexp_matches)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(2764, "regexp_matches", &[TEXT, TEXT, TEXT], TEXT_ARRAY, STRICT, I, Set(bodies::regexp_matches)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(2765, "regexp_split_to_table", &[TEXT, TEXT], TEXT, STRICT, I, Set(bodies::regexp_split_to_table)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(2766, "regexp_split_to_table", &[TEXT, TEXT, TEXT], TEXT, STRICT, I, Set(bodies::regexp_split_to_table)) },
    row(2767, "regexp_split_to_array", &[TEXT, TEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_split_to_array)),
    row(2768, "regexp_split_to_array", &[TEXT, TEXT, TEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_split_to_array)),
    row(3396, "regexp_match", &[TEXT, TEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_match)),
    row(3397, "regexp_match", &[TEXT, TEXT, TEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_match)),
    row(6251, "regexp_replace", &[TEXT, TEXT, TEXT, INT4, INT4, TEXT], TEXT, STRICT, I, Scalar(bodies::textregexreplace_extended)),
    row(6252, "regexp_replace", &[TEXT, TEXT, TEXT, INT4, INT4], TEXT, STRICT, I, Scalar(bodies::textregexreplace_extended)),
    row(6253, "regexp_replace", &[TEXT, TEXT, TEXT, INT4], TEXT, STRICT, I, Scalar(bodies::textregexreplace_extended)),
    row(6254, "regexp_count", &[TEXT, TEXT], INT4, STRICT, I, Scalar(bodies::regexp_count)),
    row(6255, "regexp_count", &[TEXT, TEXT, INT4], INT4, STRICT, I, Scalar(bodies::regexp_count)),
    row(6256, "regexp_count", &[TEXT, TEXT, INT4, TEXT], INT4, STRICT, I, Scalar(bodies::regexp_count)),
    row(6257, "regexp_instr", &[TEXT, TEXT], INT4, STRICT, I, Scalar(bodies::regexp_instr)),
    row(6258, "regexp_instr", &[TEXT, TEXT, INT4], INT4, STRICT, I, Scalar(bodies::regexp_instr)),
    row(6259, "regexp_instr", &[TEXT, TEXT, INT4, INT4], INT4, STRICT, I, Scalar(bodies::regexp_instr)),
    row(6260, "regexp_instr", &[TEXT, TEXT, INT4, INT4, INT4], INT4, STRICT, I, Scalar(bodies::regexp_instr)),
    row(6261, "regexp_instr", &[TEXT, TEXT, INT4, INT4, INT4, TEXT], INT4, STRICT, I, Scalar(bodies::regexp_instr)),
    row(6262, "regexp_instr", &[TEXT, TEXT, INT4, INT4, INT4, TEXT, INT4], INT4, STRICT, I, Scalar(bodies::regexp_instr)),
    row(6263, "regexp_like", &[TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::regexp_like)),
    row(6264, "regexp_like", &[TEXT, TEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::regexp_like)),
    row(6265, "regexp_substr", &[TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::regexp_substr)),
    row(6266, "regexp_substr", &[TEXT, TEXT, INT4], TEXT, STRICT, I, Scalar(bodies::regexp_substr)),
    row(6267, "regexp_substr", &[TEXT, TEXT, INT4, INT4], TEXT, STRICT, I, Scalar(bodies::regexp_substr)),
    row(6268, "regexp_substr", &[TEXT, TEXT, INT4, INT4, TEXT], TEXT, STRICT, I, Scalar(bodies::regexp_substr)),
    row(6269, "regexp_substr", &[TEXT, TEXT, INT4, INT4, TEXT, INT4], TEXT, STRICT, I, Scalar(bodies::regexp_substr)),
];
