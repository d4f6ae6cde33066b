//! Text form of any value, in and out. Types that name catalog objects ask the session.

use types::io::InputContext;
use types::{Array, Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::text_search::dictionaries;
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
        Datum::Oid(object)
            if matches!(type_oid, oid::REGCONFIG | oid::REGDICTIONARY)
                && dictionaries::name_of(*object).is_some() =>
        {
            Ok(dictionaries::name_of(*object).unwrap_or_default().to_owned())
        }
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
        Datum::Enum(position) => label(context, type_oid, *position),
        value => {
            let mut written = String::new();
            let named = with_labels(context, value, true)?;
            let value = named.as_ref().unwrap_or(value);
            types::io::output(type_oid, value, context.formats(), &mut written);
            Ok(written)
        }
    }
}

/// The label of an enum's value.
fn label(context: &dyn EvalContext, type_oid: Oid, position: f32) -> SqlResult<String> {
    let labels = context.enum_labels(type_oid).unwrap_or_default();
    labels
        .into_iter()
        .find_map(|(label, at)| (at.total_cmp(&position).is_eq()).then_some(label))
        .ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_BINARY_REPRESENTATION,
                format!("invalid internal value for enum: {position}"),
            )
        })
}

/// The value with enums and, if wanted, names of objects inside of it as text; `None` if there are none.
fn with_labels(
    context: &dyn EvalContext,
    value: &Datum,
    with_objects: bool,
) -> SqlResult<Option<Datum>> {
    let named = |type_oid: Oid, item: &Datum| -> SqlResult<Option<Datum>> {
        match item {
            Datum::Enum(_) => output(context, type_oid, item).map(Datum::text).map(Some),
            Datum::Oid(_) if with_objects && names_an_object(type_oid) => {
                output(context, type_oid, item).map(Datum::text).map(Some)
            }
            item => with_labels(context, item, with_objects),
        }
    };
    match value {
        Datum::Array(array) => {
            let mut elements: Option<Vec<Datum>> = None;
            for (position, item) in array.elements.iter().enumerate() {
                if let Some(text) = named(array.element, item)? {
                    elements.get_or_insert_with(|| array.elements.clone())[position] = text;
                }
            }
            let (element, dimensions) = (array.element, array.dimensions.clone());
            Ok(elements
                .map(|elements| Datum::Array(Array { element, dimensions, elements }.into())))
        }
        Datum::Record(fields) => {
            let mut changed: Option<Vec<(Oid, Datum)>> = None;
            for (position, (type_oid, item)) in fields.iter().enumerate() {
                if let Some(text) = named(*type_oid, item)? {
                    changed.get_or_insert_with(|| fields.to_vec())[position].1 = text;
                }
            }
            Ok(changed.map(|fields| Datum::Record(fields.into())))
        }
        _ => Ok(None),
    }
}

/// Reads a value from its binary form.
pub fn receive(
    context: &dyn EvalContext,
    type_oid: Oid,
    bytes: &[u8],
    modifier: i32,
) -> SqlResult<Datum> {
    if type_oid >= oid::FIRST_USER_OID {
        return context.user_type_receive(type_oid, bytes);
    }
    types::io::receive(type_oid, bytes, modifier)
}

/// What to send in the binary form instead of a value: enums are sent as their labels. `None` is the value itself.
pub fn sendable(
    context: &dyn EvalContext,
    type_oid: Oid,
    value: &Datum,
) -> SqlResult<Option<Datum>> {
    match value {
        Datum::Enum(position) => label(context, type_oid, *position).map(Datum::text).map(Some),
        value if contains_enums(value) => with_labels(context, value, false),
        _ => Ok(None),
    }
}

fn contains_enums(value: &Datum) -> bool {
    match value {
        Datum::Enum(_) => true,
        Datum::Array(array) => array.elements.iter().any(contains_enums),
        Datum::Record(fields) => fields.iter().any(|(_, field)| contains_enums(field)),
        _ => false,
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
        return match type_oid {
            oid::REGCONFIG => dictionaries::configuration_named(text),
            oid::REGDICTIONARY => dictionaries::dictionary_named(text),
            _ => context.object_by_name(type_oid, text),
        }
        .map(Datum::Oid);
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
