//! How a row of `pg_proc` is written down.

use types::Oid;

use crate::definition::{FunctionBody, FunctionDef, FunctionKind, Volatility};

pub(super) const I: Volatility = Volatility::Immutable;
pub(super) const S: Volatility = Volatility::Stable;
pub(super) const V: Volatility = Volatility::Volatile;
pub(super) const STRICT: bool = true;
/// Called with NULLs too.
pub(super) const LAX: bool = false;

/// A scalar function without names, defaults, variadic part and output columns.
pub(super) const fn row(
    oid: Oid,
    name: &'static str,
    arguments: &'static [Oid],
    result: Oid,
    strict: bool,
    volatility: Volatility,
    body: FunctionBody,
) -> FunctionDef {
    FunctionDef {
        oid,
        name,
        arguments,
        argument_names: &[],
        defaults: &[],
        variadic: 0,
        result,
        columns: &[],
        kind: FunctionKind::Scalar,
        strict,
        volatility,
        body,
    }
}
