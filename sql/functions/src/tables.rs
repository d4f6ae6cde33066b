//! The indexes over all tables; built once.

use std::collections::HashMap;
use std::sync::OnceLock;

use types::Oid;

use crate::definition::{CastDef, FunctionDef, OperatorDef};
mod aggregate_rows;
mod arithmetic_rows;
mod arrays_rows;
mod binary_rows;
mod bit_strings_rows;
mod cast_rows;
mod cast_type_rows;
mod catalog_rows;
mod citext_rows;
mod comparison_rows;
mod concatenation_rows;
mod datetimes_rows;
mod enums_rows;
mod extension_rows;
mod formatting_rows;
mod hashing_rows;
mod json_standard_rows;
mod json_values_rows;
mod jsonpath_rows;
mod mathematics_rows;
mod money_rows;
mod networks_rows;
mod operator_rows;
mod operator_type_rows;
mod patterns_rows;
mod ranges_rows;
mod regular_expression_functions_rows;
mod row;
mod series_rows;
mod strings_rows;
mod system_numbers_rows;
mod system_rows;
mod text_search_rows;
mod vector_rows;
mod window_rows;

static FUNCTION_TABLES: &[&[FunctionDef]] = &[
    system_numbers_rows::ROWS,
    ranges_rows::ROWS,
    networks_rows::ROWS,
    money_rows::ROWS,
    enums_rows::ROWS,
    bit_strings_rows::ROWS,
    aggregate_rows::ROWS,
    arithmetic_rows::ROWS,
    arrays_rows::ROWS,
    binary_rows::ROWS,
    catalog_rows::ROWS,
    citext_rows::ROWS,
    comparison_rows::ROWS,
    concatenation_rows::ROWS,
    datetimes_rows::ROWS,
    extension_rows::ROWS,
    formatting_rows::ROWS,
    hashing_rows::ROWS,
    json_standard_rows::ROWS,
    json_values_rows::ROWS,
    jsonpath_rows::ROWS,
    mathematics_rows::ROWS,
    patterns_rows::ROWS,
    regular_expression_functions_rows::ROWS,
    series_rows::ROWS,
    strings_rows::ROWS,
    system_rows::ROWS,
    text_search_rows::ROWS,
    vector_rows::ROWS,
    window_rows::ROWS,
];
static OPERATOR_TABLES: &[&[OperatorDef]] = &[
    operator_rows::ROWS,
    operator_type_rows::ROWS,
    vector_rows::OPERATORS,
    citext_rows::OPERATORS,
];
static CAST_TABLES: &[&[CastDef]] =
    &[cast_rows::ROWS, cast_type_rows::ROWS, vector_rows::CASTS, citext_rows::CASTS];

struct Indexes {
    functions: HashMap<Oid, &'static FunctionDef>,
    function_names: HashMap<&'static str, Vec<&'static FunctionDef>>,
    operators: HashMap<Oid, &'static OperatorDef>,
    operator_names: HashMap<&'static str, Vec<&'static OperatorDef>>,
    casts: HashMap<(Oid, Oid), &'static CastDef>,
}

fn indexes() -> &'static Indexes {
    static INDEXES: OnceLock<Indexes> = OnceLock::new();
    INDEXES.get_or_init(|| {
        let mut indexes = Indexes {
            functions: HashMap::new(),
            function_names: HashMap::new(),
            operators: HashMap::new(),
            operator_names: HashMap::new(),
            casts: HashMap::new(),
        };
        for function in all_functions() {
            indexes.functions.insert(function.oid, function);
            indexes.function_names.entry(function.name).or_default().push(function);
        }
        for operator in all_operators() {
            indexes.operators.insert(operator.oid, operator);
            indexes.operator_names.entry(operator.name).or_default().push(operator);
        }
        for cast in all_casts() {
            indexes.casts.insert((cast.source, cast.target), cast);
        }
        indexes
    })
}

/// Every row of `pg_proc` we have.
pub fn all_functions() -> impl Iterator<Item = &'static FunctionDef> {
    FUNCTION_TABLES.iter().flat_map(|table| table.iter())
}

/// Every row of `pg_operator` we have.
pub fn all_operators() -> impl Iterator<Item = &'static OperatorDef> {
    OPERATOR_TABLES.iter().flat_map(|table| table.iter())
}

/// Every row of `pg_cast` we have.
pub fn all_casts() -> impl Iterator<Item = &'static CastDef> {
    CAST_TABLES.iter().flat_map(|table| table.iter())
}

pub fn function(oid: Oid) -> Option<&'static FunctionDef> {
    indexes().functions.get(&oid).copied()
}

pub fn functions_named(name: &str) -> &'static [&'static FunctionDef] {
    indexes().function_names.get(name).map_or(&[], Vec::as_slice)
}

pub fn operator(oid: Oid) -> Option<&'static OperatorDef> {
    indexes().operators.get(&oid).copied()
}

pub fn operators_named(name: &str) -> &'static [&'static OperatorDef] {
    indexes().operator_names.get(name).map_or(&[], Vec::as_slice)
}

pub fn cast(source: Oid, target: Oid) -> Option<&'static CastDef> {
    indexes().casts.get(&(source, target)).copied()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod value_tests;
