//! Values of types that users made: enums, composites, domains, arrays of them, and row types of relations.

use functions::input_output::{input, receive};
use functions::{EvalContext, TypeCatalog};
use types::{Datum, Oid, SqlError, SqlResult, sqlstate};

use crate::descriptor::UserTypeKind;
use crate::snapshot::Catalog;

/// Composite types may contain each other this deep in one literal.
const MAX_NESTING: usize = 32;

/// A field of a composite type: its name, type and modifier.
pub type CompositeField = (String, Oid, i32);

/// The fields of a composite type or of a relation's row type.
pub fn composite_fields(catalog: &Catalog, type_oid: Oid) -> Option<Vec<CompositeField>> {
    if let Some(user_type) = catalog.user_type(type_oid) {
        return match &user_type.kind {
            UserTypeKind::Composite(fields) => Some(fields.clone()),
            UserTypeKind::Domain { base, .. } => composite_fields(catalog, *base),
            UserTypeKind::Enum(_) => None,
        };
    }
    let relation = catalog.relation_of_row_type(type_oid)?;
    let field = |column: &crate::descriptor::Column| {
        (column.name.clone(), column.type_oid, column.modifier)
    };
    Some(relation.live_columns().map(field).collect())
}

/// The labels of an enum or of a domain over one, with their sort positions.
pub fn enum_labels(catalog: &Catalog, type_oid: Oid) -> Option<Vec<(String, f32)>> {
    let base = functions::type_catalog::base_type(catalog, type_oid);
    match &catalog.user_type(base)?.kind {
        UserTypeKind::Enum(labels) => Some(labels.clone()),
        _ => None,
    }
}

fn enum_value(labels: &[(String, f32)], name: &str, text: &str) -> SqlResult<Datum> {
    match labels.iter().find(|(label, _)| label == text) {
        Some((_, position)) => Ok(Datum::Enum(*position)),
        None => Err(SqlError::new(
            sqlstate::INVALID_TEXT_REPRESENTATION,
            format!("invalid input value for enum {name}: \"{text}\""),
        )),
    }
}

fn unknown_type(type_oid: Oid) -> SqlError {
    SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("type with OID {type_oid} does not exist"))
}

/// The type and modifier that values of a domain over `base` have, seen through domains under it.
fn under_domain(catalog: &Catalog, base: Oid, modifier: i32) -> (Oid, i32) {
    let (mut found, mut depth) = ((base, modifier), 0);
    while let Some(UserTypeKind::Domain { base, modifier, .. }) =
        catalog.user_type(found.0).map(|user_type| &user_type.kind)
        && depth < MAX_NESTING
    {
        found = (*base, *modifier);
        depth += 1;
    }
    found
}

/// NULLs are not read, but a domain may refuse them all the same.
fn check_nulls<'v>(
    catalog: &Catalog,
    context: &dyn EvalContext,
    type_oid: Oid,
    mut values: impl Iterator<Item = &'v Datum>,
) -> SqlResult<()> {
    let user_type = catalog.user_type(type_oid).map(|user_type| &user_type.kind);
    if matches!(user_type, Some(UserTypeKind::Domain { .. })) && values.any(Datum::is_null) {
        return context.check_domain(type_oid, &Datum::Null);
    }
    Ok(())
}

/// Reads a value from its text form, and checks the domains in it.
pub fn read_value(
    catalog: &Catalog,
    context: &dyn EvalContext,
    type_oid: Oid,
    text: &str,
) -> SqlResult<Datum> {
    match catalog.user_type(type_oid).map(|user_type| (&user_type.kind, &user_type.name)) {
        Some((UserTypeKind::Enum(labels), name)) => return enum_value(labels, name, text),
        Some((UserTypeKind::Domain { base, modifier, .. }, _)) => {
            let (base, modifier) = under_domain(catalog, *base, *modifier);
            let value = input(context, base, text, modifier)?;
            context.check_domain(type_oid, &value)?;
            return Ok(value);
        }
        _ => {}
    }
    let element = catalog.facts(type_oid).map_or(0, |facts| facts.element);
    if element != 0 {
        let read = &mut |text: &str| input(context, element, text, -1);
        let array = types::io::parse_array(element, text, read)?;
        check_nulls(catalog, context, element, array.elements.iter())?;
        return Ok(Datum::Array(array.into()));
    }
    let fields = composite_fields(catalog, type_oid).ok_or_else(|| unknown_type(type_oid))?;
    if text.bytes().filter(|byte| *byte == b'(').count() > MAX_NESTING * 64 {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
    }
    let texts = types::io::parse_record(text, fields.len())?;
    let mut values = Vec::with_capacity(fields.len());
    for ((_, field_type, modifier), text) in fields.iter().zip(texts) {
        let value = match text {
            Some(text) => input(context, *field_type, &text, *modifier)?,
            None => {
                check_nulls(catalog, context, *field_type, [&Datum::Null].into_iter())?;
                Datum::Null
            }
        };
        values.push((*field_type, value));
    }
    Ok(Datum::Record(values.into()))
}

/// Reads a value from its binary form.
pub fn receive_value(
    catalog: &Catalog,
    context: &dyn EvalContext,
    type_oid: Oid,
    bytes: &[u8],
) -> SqlResult<Datum> {
    match catalog.user_type(type_oid).map(|user_type| (&user_type.kind, &user_type.name)) {
        Some((UserTypeKind::Enum(labels), name)) => {
            let text = std::str::from_utf8(bytes).map_err(|_| {
                SqlError::new(
                    sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
                    "invalid byte sequence for encoding \"UTF8\"",
                )
            })?;
            return enum_value(labels, name, text);
        }
        Some((UserTypeKind::Domain { base, modifier, .. }, _)) => {
            let (base, modifier) = under_domain(catalog, *base, *modifier);
            let value = receive(context, base, bytes, modifier)?;
            context.check_domain(type_oid, &value)?;
            return Ok(value);
        }
        _ => {}
    }
    let member = &mut |member: Oid, bytes: &[u8]| receive(context, member, bytes, -1);
    let element = catalog.facts(type_oid).map_or(0, |facts| facts.element);
    if element != 0 {
        let received = types::io::receive_members(Some(element), bytes, member)?;
        if let Datum::Array(array) = &received {
            check_nulls(catalog, context, element, array.elements.iter())?;
        }
        return Ok(received);
    }
    let fields = composite_fields(catalog, type_oid).ok_or_else(|| unknown_type(type_oid))?;
    let received = types::io::receive_members(None, bytes, member)?;
    if let Datum::Record(values) = &received {
        if values.len() != fields.len() {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!("wrong number of columns: {}, expected {}", values.len(), fields.len()),
            ));
        }
        for (number, ((_, wanted, _), (sent, _))) in fields.iter().zip(values.iter()).enumerate() {
            if let Datum::Null = values[number].1 {
                check_nulls(catalog, context, *wanted, [&Datum::Null].into_iter())?;
            }
            if wanted != sent {
                let name = |type_oid| functions::type_catalog::name_of(catalog, type_oid);
                return Err(SqlError::new(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "binary data has type {sent} ({}) instead of expected {wanted} ({}) in \
                         record column {}",
                        name(*sent),
                        name(*wanted),
                        number + 1
                    ),
                ));
            }
        }
    }
    Ok(received)
}
