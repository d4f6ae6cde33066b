//! Text form of any value, in and out. Types that name catalog objects ask the session.

use types::{Datum, Oid, SqlResult};

use crate::context::EvalContext;

/// The text form of a value of this type.
pub fn output(context: &dyn EvalContext, type_oid: Oid, value: &Datum) -> SqlResult<String> {
    let _ = (context, type_oid, value);
    Ok(String::new())
}

/// Reads a value of this type from its text form.
pub fn input(
    context: &dyn EvalContext,
    type_oid: Oid,
    text: &str,
    modifier: i32,
) -> SqlResult<Datum> {
    let _ = (context, type_oid, modifier);
    Ok(Datum::text(text))
}
