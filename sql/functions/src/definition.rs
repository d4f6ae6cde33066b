//! What an entry of the function, operator, cast and aggregate tables is.

use types::{Datum, Oid, Row, SqlResult};

use crate::context::EvalContext;

/// How far a result may be reused, as in `pg_proc.provolatile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// What a function is, as in `pg_proc.prokind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    Scalar,
    SetReturning,
    Aggregate,
    Window,
    Procedure,
}

/// A function of values. Arguments have exactly the declared types (variadic ones are gathered into one array unless
/// the declared variadic type is "any"); a strict function is never called with a NULL.
pub type ScalarFn = fn(&dyn EvalContext, &[Datum]) -> SqlResult<Datum>;

/// A function that makes rows: calls back with each; `false` from the callback means stop. Rows have one datum per output column.
pub type SetFn =
    fn(&dyn EvalContext, &[Datum], &mut dyn FnMut(Row) -> SqlResult<bool>) -> SqlResult<()>;

/// A scalar function whose result depends on the *types* of its arguments too (polymorphic ones such as `format`,
/// `array_append`, `pg_typeof`, `to_json`): it gets the argument types and the resolved result type.
pub type TypedScalarFn = fn(&dyn EvalContext, &[Datum], &[Oid], Oid) -> SqlResult<Datum>;

/// How a function is computed.
#[derive(Clone, Copy)]
pub enum FunctionBody {
    Scalar(ScalarFn),
    TypedScalar(TypedScalarFn),
    Set(SetFn),
    Aggregate(&'static AggregateDef),
    /// Computed by the executor's window node, by name.
    Window,
    /// Asks the catalog of the session: `pg_get_indexdef`, `obj_description`, `has_table_privilege` …; answered by
    /// [`EvalContext::catalog_function`] under this function's name.
    Catalog,
    /// As [`FunctionBody::Catalog`], but returns rows.
    CatalogSet,
    /// Made by CREATE FUNCTION; run by [`EvalContext::call_routine`], rows if `set`.
    Routine {
        set: bool,
    },
}

/// One row of `pg_proc`.
pub struct FunctionDef {
    pub oid: Oid,
    pub name: &'static str,
    pub arguments: &'static [Oid],
    /// Names of the input arguments, if callers may use `name => value`; else empty.
    pub argument_names: &'static [&'static str],
    /// How many trailing arguments have defaults, and these defaults as SQL text.
    pub defaults: &'static [&'static str],
    /// The element type of a trailing VARIADIC array argument (or `oid::ANY`); 0 if not variadic.
    pub variadic: Oid,
    pub result: Oid,
    /// Output columns of a function that returns a record: names and types; else empty.
    pub columns: &'static [(&'static str, Oid)],
    pub kind: FunctionKind,
    pub strict: bool,
    pub volatility: Volatility,
    pub body: FunctionBody,
}

impl std::fmt::Debug for FunctionDef {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}#{}", self.name, self.oid)
    }
}

/// One row of `pg_operator`.
pub struct OperatorDef {
    pub oid: Oid,
    pub name: &'static str,
    /// 0 for a prefix operator.
    pub left: Oid,
    pub right: Oid,
    pub result: Oid,
    /// The function that computes it: `pg_proc` oid.
    pub function: Oid,
    /// 0 if none.
    pub commutator: Oid,
    pub negator: Oid,
    /// May be used for hash joins, merge joins.
    pub hashes: bool,
    pub merges: bool,
}

/// Where a cast may be used without being asked for, as in `pg_cast.castcontext`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CastContext {
    Implicit,
    Assignment,
    Explicit,
}

/// How a cast is done.
#[derive(Clone, Copy)]
pub enum CastMethod {
    /// The datum is the same.
    Binary,
    /// By this function of (value, type modifier, is-explicit).
    Function(fn(&dyn EvalContext, &Datum, i32, bool) -> SqlResult<Datum>),
    /// Through the text form.
    InputOutput,
}

/// One row of `pg_cast`.
pub struct CastDef {
    pub source: Oid,
    pub target: Oid,
    pub context: CastContext,
    pub method: CastMethod,
    /// `pg_cast.castfunc`, 0 if none.
    pub function: Oid,
}

/// How an aggregate starts.
pub struct AggregateDef {
    /// Makes the state of one group; gets the types of the arguments.
    pub start: fn(&[Oid]) -> Box<dyn Accumulator>,
    /// Rows in which an argument is NULL are skipped.
    pub skips_null: bool,
    /// Direct arguments come first (`percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`): 'n' normal, 'o' ordered set,
    /// 'h' hypothetical set.
    pub kind: char,
    pub direct_arguments: usize,
}

/// The running state of one aggregate over one group.
pub trait Accumulator: Send {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()>;

    /// Takes back a row added before, for moving window frames; `false` if this aggregate cannot.
    fn remove(&mut self, _context: &dyn EvalContext, _arguments: &[Datum]) -> SqlResult<bool> {
        Ok(false)
    }

    /// The result so far; may be called more than once.
    fn result(&mut self, context: &dyn EvalContext) -> SqlResult<Datum>;

    /// Bytes held, for the memory budget.
    fn size_bytes(&self) -> usize;

    /// The whole state as values that [`Accumulator::merge`] of another state of the same aggregate accepts, where what is
    /// merged does not depend on how the rows were divided. `None` if this aggregate cannot.
    fn state(&self) -> Option<Row> {
        None
    }

    /// Takes in the state of rows that come after those added here.
    fn merge(&mut self, _context: &dyn EvalContext, _state: &[Datum]) -> SqlResult<()> {
        Ok(())
    }
}

/// A way from one type to another, found by the coercion rules.
#[derive(Clone)]
pub enum CastPath {
    /// The datum is the same; only the type changes.
    Relabel,
    /// An entry of the cast table.
    Entry(&'static CastDef),
    /// Through the source's text form and the target's input function.
    InputOutput { source: Oid, target: Oid },
    /// Element by element.
    ArrayElements { element: Box<CastPath>, source: Oid, target: Oid },
    /// The same type, cut or checked against the type modifier only.
    Modifier { target: Oid },
    /// The target is a domain or an enum a user made: `base` first (if any), then its checks or labels.
    User { base: Box<CastPath>, target: Oid },
}
