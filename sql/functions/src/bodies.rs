//! What the functions compute, one module per subject.

pub(crate) mod aggregates;
pub(crate) mod aggregates_collect;
pub(crate) mod aggregates_ordered;
pub(crate) mod aggregates_statistics;
pub(crate) mod arguments;
pub(crate) mod arithmetic;
pub(crate) mod arrays;
pub(crate) mod binary;
pub(crate) mod comparison;
pub mod concatenation;
pub(crate) mod datetimes;
pub(crate) mod formatting;
pub(crate) mod json_build;
pub(crate) mod json_text;
pub(crate) mod json_values;
pub(crate) mod mathematics;
pub(crate) mod patterns;
pub(crate) mod jsonpath;
pub(crate) mod regular_expression_functions;
pub(crate) mod regular_expressions;
pub(crate) mod series;
pub mod strings;
pub mod system;
