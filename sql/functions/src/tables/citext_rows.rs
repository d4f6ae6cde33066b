//! Functions, operators and casts of `citext`. The extension's objects have identifiers of our own.

use types::oid::*;

use crate::bodies::{aggregates, citext as bodies};
use crate::definition::FunctionBody::*;
use crate::definition::{CastContext, CastDef, CastMethod, FunctionDef, FunctionKind, OperatorDef};
use crate::tables::cast_rows::cast;
use crate::tables::operator_rows::operator;
use crate::tables::row::{I, LAX, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(9872, "citext_eq", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::citext_eq)),
    row(9873, "citext_ne", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::citext_ne)),
    row(9874, "citext_lt", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::citext_lt)),
    row(9875, "citext_le", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::citext_le)),
    row(9876, "citext_gt", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::citext_gt)),
    row(9877, "citext_ge", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::citext_ge)),
    row(9878, "citext_cmp", &[CITEXT, CITEXT], INT4, STRICT, I, Scalar(bodies::citext_cmp)),
    row(9879, "citext_hash", &[CITEXT], INT4, STRICT, I, Scalar(bodies::citext_hash)),
    row(9880, "citext_hash_extended", &[CITEXT, INT8], INT8, STRICT, I, Scalar(bodies::citext_hash_extended)),
    row(9881, "citext_smaller", &[CITEXT, CITEXT], CITEXT, STRICT, I, Scalar(bodies::citext_smaller)),
    row(9882, "citext_larger", &[CITEXT, CITEXT], CITEXT, STRICT, I, Scalar(bodies::citext_larger)),
    FunctionDef { kind: FunctionKind::Aggregate, ..row(9883, "min", &[CITEXT], CITEXT, LAX, I, Aggregate(&aggregates::MINIMUM)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(9884, "max", &[CITEXT], CITEXT, LAX, I, Aggregate(&aggregates::MAXIMUM)) },
    row(9885, "citext", &[BPCHAR], CITEXT, STRICT, I, Scalar(bodies::citext)),
    row(9886, "citext", &[BOOL], CITEXT, STRICT, I, Scalar(bodies::citext)),
    row(9887, "citext", &[INET], CITEXT, STRICT, I, Scalar(bodies::citext)),
    row(9888, "texticlike", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::texticlike)),
    row(9889, "texticnlike", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::texticnlike)),
    row(9890, "texticregexeq", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::texticregexeq)),
    row(9891, "texticregexne", &[CITEXT, CITEXT], BOOL, STRICT, I, Scalar(bodies::texticregexne)),
    row(9892, "texticlike", &[CITEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticlike)),
    row(9893, "texticnlike", &[CITEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticnlike)),
    row(9894, "texticregexeq", &[CITEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticregexeq)),
    row(9895, "texticregexne", &[CITEXT, TEXT], BOOL, STRICT, I, Scalar(bodies::texticregexne)),
    row(9896, "regexp_match", &[CITEXT, CITEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_match)),
    row(9897, "regexp_match", &[CITEXT, CITEXT, TEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_match)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(9898, "regexp_matches", &[CITEXT, CITEXT], TEXT_ARRAY, STRICT, I, Set(bodies::regexp_matches)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(9899, "regexp_matches", &[CITEXT, CITEXT, TEXT], TEXT_ARRAY, STRICT, I, Set(bodies::regexp_matches)) },
    row(9900, "regexp_replace", &[CITEXT, CITEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::regexp_replace)),
    row(9901, "regexp_replace", &[CITEXT, CITEXT, TEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::regexp_replace)),
    row(9902, "regexp_split_to_array", &[CITEXT, CITEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_split_to_array)),
    row(9903, "regexp_split_to_array", &[CITEXT, CITEXT, TEXT], TEXT_ARRAY, STRICT, I, Scalar(bodies::regexp_split_to_array)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(9904, "regexp_split_to_table", &[CITEXT, CITEXT], TEXT, STRICT, I, Set(bodies::regexp_split_to_table)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(9905, "regexp_split_to_table", &[CITEXT, CITEXT, TEXT], TEXT, STRICT, I, Set(bodies::regexp_split_to_table)) },
    row(9906, "strpos", &[CITEXT, CITEXT], INT4, STRICT, I, Scalar(bodies::strpos)),
    row(9907, "replace", &[CITEXT, CITEXT, CITEXT], TEXT, STRICT, I, Scalar(bodies::replace)),
    row(9908, "split_part", &[CITEXT, CITEXT, INT4], TEXT, STRICT, I, Scalar(bodies::split_part)),
    row(9909, "translate", &[CITEXT, CITEXT, TEXT], TEXT, STRICT, I, Scalar(bodies::translate)),
];

#[rustfmt::skip]
pub(super) static OPERATORS: &[OperatorDef] = &[
    operator(9925, "=", CITEXT, CITEXT, BOOL, 9872, 9925, 9926, true, true),
    operator(9926, "<>", CITEXT, CITEXT, BOOL, 9873, 9926, 9925, false, false),
    operator(9927, "<", CITEXT, CITEXT, BOOL, 9874, 9929, 9930, false, false),
    operator(9928, "<=", CITEXT, CITEXT, BOOL, 9875, 9930, 9929, false, false),
    operator(9929, ">", CITEXT, CITEXT, BOOL, 9876, 9927, 9928, false, false),
    operator(9930, ">=", CITEXT, CITEXT, BOOL, 9877, 9928, 9927, false, false),
    operator(9950, "~", CITEXT, CITEXT, BOOL, 9890, 0, 9951, false, false),
    operator(9951, "!~", CITEXT, CITEXT, BOOL, 9891, 0, 9950, false, false),
    operator(9952, "~*", CITEXT, CITEXT, BOOL, 9890, 0, 9953, false, false),
    operator(9953, "!~*", CITEXT, CITEXT, BOOL, 9891, 0, 9952, false, false),
    operator(9954, "~~", CITEXT, CITEXT, BOOL, 9888, 0, 9955, false, false),
    operator(9955, "!~~", CITEXT, CITEXT, BOOL, 9889, 0, 9954, false, false),
    operator(9956, "~~*", CITEXT, CITEXT, BOOL, 9888, 0, 9957, false, false),
    operator(9957, "!~~*", CITEXT, CITEXT, BOOL, 9889, 0, 9956, false, false),
    operator(9958, "~", CITEXT, TEXT, BOOL, 9894, 0, 9959, false, false),
    operator(9959, "!~", CITEXT, TEXT, BOOL, 9895, 0, 9958, false, false),
    operator(9960, "~*", CITEXT, TEXT, BOOL, 9894, 0, 9961, false, false),
    operator(9961, "!~*", CITEXT, TEXT, BOOL, 9895, 0, 9960, false, false),
    operator(9962, "~~", CITEXT, TEXT, BOOL, 9892, 0, 9963, false, false),
    operator(9963, "!~~", CITEXT, TEXT, BOOL, 9893, 0, 9962, false, false),
    operator(9964, "~~*", CITEXT, TEXT, BOOL, 9892, 0, 9965, false, false),
    operator(9965, "!~~*", CITEXT, TEXT, BOOL, 9893, 0, 9964, false, false),
];

const FROM_TEXT: CastMethod =
    CastMethod::Function(|context, value, _, _| bodies::from_text(context, value));
const TO_TEXT: CastMethod =
    CastMethod::Function(|context, value, _, _| bodies::to_text(context, value));
const FROM_OTHER: CastMethod = CastMethod::Function(|context, value, _, _| {
    bodies::citext(context, std::slice::from_ref(value))
});

#[rustfmt::skip]
pub(super) static CASTS: &[CastDef] = &[
    cast(CITEXT, TEXT, CastContext::Implicit, TO_TEXT, 0),
    cast(CITEXT, VARCHAR, CastContext::Implicit, TO_TEXT, 0),
    cast(CITEXT, BPCHAR, CastContext::Assignment, TO_TEXT, 0),
    cast(TEXT, CITEXT, CastContext::Assignment, FROM_TEXT, 0),
    cast(VARCHAR, CITEXT, CastContext::Assignment, FROM_TEXT, 0),
    cast(BPCHAR, CITEXT, CastContext::Assignment, FROM_OTHER, 9885),
    cast(BOOL, CITEXT, CastContext::Assignment, FROM_OTHER, 9886),
    cast(INET, CITEXT, CastContext::Assignment, FROM_OTHER, 9887),
];
