//! Text form of any value, in and out. Types that name catalog objects ask the session.

use types::io::InputContext;
use types::{Array, Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::context::EvalContext;

/// Types whose text form is the name of a catalog object.
pub fn names_an_object(type_oid: Oid) -> bool {
    matches!(
        type_oid,
        oid::REGPROC
            | oid::REGPROCEDURE
            | oid::REGOPER
            | oid::REGOPERATOR
            | oid::REGCLASS
            | oid::REGTYPE
            | oid::REGNAMESPACE
            | oid::REGROLE
            | oid::REGCOLLATION
            | oid::REGCONFIG
            | oid::REGDICTIONARY
    )
}

/// An array whose elements are each replaced.
fn mapped(
    array: &Array,
    element: Oid,
    change: impl Fn(&Datum) -> SqlResult<Datum>,
) -> SqlResult<Datum> {
    let elements: SqlResult<Vec<Datum>> = array.elements.iter().map(change).collect();
    let dimensions = array.dimensions.clone();
    Ok(Datum::Array(Array { element, dimensions, elements: elements? }.into()))
}

/// The text form of a value of this type; the empty string for NULL.
pub fn output(context: &dyn EvalContext, type_oid: Oid, value: &Datum) -> SqlResult<String> {
    match value {
        Datum::Oid(object) if names_an_object(type_oid) => Ok(match *object {
            0 => "-".to_owned(),
            object => context.object_name(type_oid, object).unwrap_or_else(|| object.to_string()),
        }),
        // Names of objects need the session, so an array of them is first made one of texts.
        Datum::Array(array) if names_an_object(array.element) => {
            let texts = mapped(array, oid::TEXT, |item| match item {
                Datum::Null => Ok(Datum::Null),
                item => output(context, array.element, item).map(Datum::text),
            })?;
            output(context, oid::TEXT_ARRAY, &texts)
        }
        value => {
            let mut written = String::new();
            types::io::output(type_oid, value, context.formats(), &mut written);
            Ok(written)
        }
    }
}

/// Reads a value of this type from its text form and fits it to the modifier.
pub fn input(
    context: &dyn EvalContext,
    type_oid: Oid,
    text: &str,
    modifier: i32,
) -> SqlResult<Datum> {
    if names_an_object(type_oid) {
        if text == "-" {
            return Ok(Datum::Oid(0));
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Datum::Oid).map_err(|_| {
                SqlError::new(
                    sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                    format!("value \"{text}\" is out of range for type oid"),
                )
            });
        }
        return context.object_by_name(type_oid, text).map(Datum::Oid);
    }
    if let Some(element) = types::builtin::element_of(type_oid)
        && names_an_object(element)
    {
        let Datum::Array(texts) = input(context, oid::TEXT_ARRAY, text, -1)? else {
            return Ok(Datum::Null);
        };
        return mapped(&texts, element, |item| match item {
            Datum::Text(name) => input(context, element, name, -1),
            _ => Ok(Datum::Null),
        });
    }
    if type_oid >= oid::FIRST_USER_OID {
        return context.user_type_input(type_oid, text);
    }
    let input_context =
        InputContext { formats: context.formats(), now: context.transaction_time() };
    types::io::input(type_oid, text, modifier, &input_context)
}
