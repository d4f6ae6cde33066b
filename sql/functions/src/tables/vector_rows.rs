//! Functions, operators and casts of `vector`. The extension's objects have identifiers of our own.

use types::Datum;
use types::oid::*;

use crate::bodies::vectors as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::{
    CastContext, CastDef, CastMethod, FunctionDef, FunctionKind, OperatorDef, ScalarFn,
};
use crate::tables::cast_rows::cast;
use crate::tables::operator_rows::operator;
use crate::tables::row::{I, LAX, STRICT, row};

const fn distance(oid: types::Oid, name: &'static str, body: ScalarFn) -> FunctionDef {
    row(oid, name, &[VECTOR, VECTOR], FLOAT8, STRICT, I, Scalar(body))
}

const fn test(oid: types::Oid, name: &'static str, body: ScalarFn) -> FunctionDef {
    row(oid, name, &[VECTOR, VECTOR], BOOL, STRICT, I, Scalar(body))
}

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    distance(9810, "l2_distance", bodies::l2_distance),
    distance(9811, "inner_product", bodies::inner_product),
    distance(9812, "cosine_distance", bodies::cosine_distance),
    distance(9813, "l1_distance", bodies::l1_distance),
    distance(9814, "vector_l2_squared_distance", bodies::vector_l2_squared_distance),
    distance(9815, "vector_negative_inner_product", bodies::vector_negative_inner_product),
    row(9816, "vector_dims", &[VECTOR], INT4, STRICT, I, Scalar(bodies::vector_dims)),
    row(9817, "vector_norm", &[VECTOR], FLOAT8, STRICT, I, Scalar(bodies::vector_norm)),
    row(9818, "l2_normalize", &[VECTOR], VECTOR, STRICT, I, Scalar(bodies::l2_normalize)),
    row(9819, "binary_quantize", &[VECTOR], BIT, STRICT, I, Scalar(bodies::binary_quantize)),
    row(9820, "subvector", &[VECTOR, INT4, INT4], VECTOR, STRICT, I, Scalar(bodies::subvector)),
    row(9821, "vector_add", &[VECTOR, VECTOR], VECTOR, STRICT, I, Scalar(bodies::vector_add)),
    row(9822, "vector_sub", &[VECTOR, VECTOR], VECTOR, STRICT, I, Scalar(bodies::vector_sub)),
    row(9823, "vector_mul", &[VECTOR, VECTOR], VECTOR, STRICT, I, Scalar(bodies::vector_mul)),
    row(9824, "vector_concat", &[VECTOR, VECTOR], VECTOR, STRICT, I, Scalar(bodies::vector_concat)),
    test(9825, "vector_lt", bodies::vector_lt),
    test(9826, "vector_le", bodies::vector_le),
    test(9827, "vector_eq", bodies::vector_eq),
    test(9828, "vector_ne", bodies::vector_ne),
    test(9829, "vector_ge", bodies::vector_ge),
    test(9830, "vector_gt", bodies::vector_gt),
    row(9831, "vector_cmp", &[VECTOR, VECTOR], INT4, STRICT, I, Scalar(bodies::vector_cmp)),
    row(9832, "array_to_vector", &[INT4_ARRAY, INT4, BOOL], VECTOR, STRICT, I, Scalar(bodies::array_to_vector)),
    row(9833, "array_to_vector", &[FLOAT4_ARRAY, INT4, BOOL], VECTOR, STRICT, I, Scalar(bodies::array_to_vector)),
    row(9834, "array_to_vector", &[FLOAT8_ARRAY, INT4, BOOL], VECTOR, STRICT, I, Scalar(bodies::array_to_vector)),
    row(9835, "array_to_vector", &[NUMERIC_ARRAY, INT4, BOOL], VECTOR, STRICT, I, Scalar(bodies::array_to_vector)),
    row(9836, "vector_to_float4", &[VECTOR, INT4, BOOL], FLOAT4_ARRAY, STRICT, I, Scalar(bodies::vector_to_float4)),
    FunctionDef { kind: FunctionKind::Aggregate, ..row(9837, "sum", &[VECTOR], VECTOR, LAX, I, Aggregate(&bodies::SUM)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(9838, "avg", &[VECTOR], VECTOR, LAX, I, Aggregate(&bodies::AVERAGE)) },
];

#[rustfmt::skip]
pub(super) static OPERATORS: &[OperatorDef] = &[
    operator(9850, "<->", VECTOR, VECTOR, FLOAT8, 9810, 9850, 0, false, false),
    operator(9851, "<#>", VECTOR, VECTOR, FLOAT8, 9815, 9851, 0, false, false),
    operator(9852, "<=>", VECTOR, VECTOR, FLOAT8, 9812, 9852, 0, false, false),
    operator(9853, "<+>", VECTOR, VECTOR, FLOAT8, 9813, 9853, 0, false, false),
    operator(9854, "+", VECTOR, VECTOR, VECTOR, 9821, 9854, 0, false, false),
    operator(9855, "-", VECTOR, VECTOR, VECTOR, 9822, 0, 0, false, false),
    operator(9856, "*", VECTOR, VECTOR, VECTOR, 9823, 9856, 0, false, false),
    operator(9857, "||", VECTOR, VECTOR, VECTOR, 9824, 0, 0, false, false),
    operator(9858, "<", VECTOR, VECTOR, BOOL, 9825, 9863, 9862, false, false),
    operator(9859, "<=", VECTOR, VECTOR, BOOL, 9826, 9862, 9863, false, false),
    operator(9860, "=", VECTOR, VECTOR, BOOL, 9827, 9860, 9861, false, true),
    operator(9861, "<>", VECTOR, VECTOR, BOOL, 9828, 9861, 9860, false, false),
    operator(9862, ">=", VECTOR, VECTOR, BOOL, 9829, 9859, 9858, false, false),
    operator(9863, ">", VECTOR, VECTOR, BOOL, 9830, 9858, 9859, false, false),
];

const FROM_ARRAY: CastMethod = CastMethod::Function(|context, value, modifier, _| {
    bodies::array_to_vector(context, &[value.clone(), Datum::Int4(modifier)])
});

#[rustfmt::skip]
pub(super) static CASTS: &[CastDef] = &[
    cast(INT4_ARRAY, VECTOR, CastContext::Assignment, FROM_ARRAY, 9832),
    cast(FLOAT4_ARRAY, VECTOR, CastContext::Assignment, FROM_ARRAY, 9833),
    cast(FLOAT8_ARRAY, VECTOR, CastContext::Assignment, FROM_ARRAY, 9834),
    cast(NUMERIC_ARRAY, VECTOR, CastContext::Assignment, FROM_ARRAY, 9835),
    cast(VECTOR, FLOAT4_ARRAY, CastContext::Implicit, CastMethod::Function(|context, value, _, _| bodies::vector_to_float4(context, std::slice::from_ref(value))), 9836),
];
