//! PostgreSQL's functions, operators, casts and aggregates as tables of data, and the rules that choose among them.
//!
//! [`definition`] says what an entry is; [`context`] what an implementation may ask of its session; the lists live in
//! one module per subject. Nothing here knows of tables or plans.

pub mod context;
pub mod definition;

pub use context::EvalContext;
pub use definition::{
    Accumulator, AggregateDef, CastContext, CastDef, CastMethod, CastPath, FunctionBody,
    FunctionDef, FunctionKind, OperatorDef, ScalarFn, Volatility,
};
