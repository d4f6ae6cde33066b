//! PostgreSQL's functions, operators, casts and aggregates as tables of data, and the rules that choose among them.
//!
//! [`definition`] says what an entry is; [`context`] what an implementation may ask of its session; the lists live in
//! one module per subject below [`tables`]. [`resolve`] finds what a name means for given types, [`coercion`] how one type
//! becomes another. Nothing here knows of tables of rows or plans.

pub mod bodies;
pub mod candidates;
pub mod coercion;
pub mod collations;
pub mod context;
pub mod definition;
pub mod input_output;
pub mod inverted;
pub mod polymorphism;
pub mod record_shapes;
pub mod resolve;
pub mod tables;
pub mod type_catalog;
pub mod vector_index;

pub use bodies::aggregates_ordered::column_orders;
pub use coercion::{CastPath, apply_cast, apply_modifier, can_coerce, common_type, find_cast};
pub use context::{EvalContext, RoutineCall};
pub use definition::{
    Accumulator, AggregateDef, CastContext, CastDef, CastMethod, FunctionBody, FunctionDef,
    FunctionKind, OperatorDef, ScalarFn, Volatility,
};
pub use resolve::{
    ArgumentSource, Call, Resolution, ResolveError, ResolvedFunction, ResolvedOperator,
    resolve_function, resolve_operator,
};
pub use type_catalog::{BuiltinTypes, TypeCatalog, TypeFacts, TypeKind};
