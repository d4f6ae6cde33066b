//! Type names with their modifiers.

use functions::type_catalog::{array_type, builtin_type_by_name};
use syntax::ast::{self, IntervalFields};
use types::{Oid, SqlResult, SqlType, oid, sqlstate};

use super::error;
use crate::catalog_view::CatalogView;

/// The type a name means, with its modifier as PostgreSQL encodes it.
pub fn resolve_type(name: &ast::TypeName, catalog: &dyn CatalogView) -> SqlResult<SqlType> {
    let location = name.location;
    if name.percent_type {
        return column_type(name, catalog);
    }
    let (schema, last) = match name.names.as_slice() {
        [last] => (None, last.as_str()),
        [schema, last] => (Some(schema.as_str()), last.as_str()),
        [.., schema, last] => (Some(schema.as_str()), last.as_str()),
        [] => (None, ""),
    };
    let mut ty = match (schema, builtin_type_by_name(last)) {
        (None | Some("pg_catalog"), Some(builtin)) => {
            SqlType::with_modifier(builtin, modifier(builtin, name)?)
        }
        _ => {
            let user = catalog.user_type(schema, last).or({
                // `_name` is how PostgreSQL spells the array of a user type.
                None
            });
            let Some(user) = user else {
                return Err(error(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("type \"{}\" does not exist", name.names.join(".")),
                    location,
                ));
            };
            if !name.modifiers.is_empty() {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    format!("type modifier is not allowed for type \"{last}\""),
                    location,
                ));
            }
            SqlType::new(user.oid)
        }
    };
    if !name.array_bounds.is_empty() {
        let array = array_type(catalog.types(), ty.oid);
        if array == 0 {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("could not find array type for data type {last}"),
                location,
            ));
        }
        ty.oid = array;
    }
    Ok(ty)
}

fn column_type(name: &ast::TypeName, catalog: &dyn CatalogView) -> SqlResult<SqlType> {
    let location = name.location;
    let (schema, table, column) = match name.names.as_slice() {
        [table, column] => (None, table, column),
        [schema, table, column] => (Some(schema.as_str()), table, column),
        _ => {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("improper %TYPE reference: {}", name.names.join(".")),
                location,
            ));
        }
    };
    let relation = catalog.relation(schema, table)?.ok_or_else(|| {
        error(sqlstate::UNDEFINED_TABLE, format!("relation \"{table}\" does not exist"), location)
    })?;
    let column = relation.column(column).ok_or_else(|| {
        error(
            sqlstate::UNDEFINED_COLUMN,
            format!("column \"{column}\" of relation \"{table}\" does not exist"),
            location,
        )
    })?;
    Ok(SqlType::with_modifier(column.type_oid, column.modifier))
}

fn numbers(name: &ast::TypeName) -> SqlResult<Vec<i32>> {
    name.modifiers
        .iter()
        .map(|modifier| match modifier {
            ast::Expr::Literal(ast::Literal {
                value: ast::LiteralValue::Integer(number), ..
            }) => Ok(*number),
            ast::Expr::Operator(negative) if negative.left.is_none() && negative.name == "-" => {
                match &negative.right {
                    ast::Expr::Literal(ast::Literal {
                        value: ast::LiteralValue::Integer(number),
                        ..
                    }) => Ok(-number),
                    _ => Err(bad_modifier(name)),
                }
            }
            ast::Expr::Literal(ast::Literal { value: ast::LiteralValue::String(text), .. }) => {
                text.parse().map_err(|_| bad_modifier(name))
            }
            _ => Err(bad_modifier(name)),
        })
        .collect()
}

fn bad_modifier(name: &ast::TypeName) -> types::SqlError {
    error(
        sqlstate::SYNTAX_ERROR,
        "type modifiers must be simple constants or identifiers",
        name.location,
    )
}

fn modifier(ty: Oid, name: &ast::TypeName) -> SqlResult<i32> {
    let invalid =
        |message: String| Err(error(sqlstate::INVALID_PARAMETER_VALUE, message, name.location));
    if name.modifiers.is_empty() && name.interval_fields.is_none() {
        return Ok(-1);
    }
    let given = numbers(name)?;
    let base = match ty {
        oid::VARCHAR_ARRAY => oid::VARCHAR,
        oid::BPCHAR_ARRAY => oid::BPCHAR,
        oid::NUMERIC_ARRAY => oid::NUMERIC,
        other => other,
    };
    match (base, given.as_slice()) {
        (oid::VARCHAR | oid::BPCHAR, [length]) => {
            let word = if base == oid::VARCHAR { "varchar" } else { "char" };
            if *length < 1 {
                return invalid(format!("length for type {word} must be at least 1"));
            }
            if *length > 10_485_760 {
                return invalid(format!("length for type {word} cannot exceed 10485760"));
            }
            Ok(length + 4)
        }
        (oid::NUMERIC, [precision] | [precision, _]) => {
            let scale = given.get(1).copied().unwrap_or(0);
            if !(1..=1000).contains(precision) {
                return invalid(format!(
                    "NUMERIC precision {precision} must be between 1 and 1000"
                ));
            }
            if !(-1000..=1000).contains(&scale) {
                return invalid(format!("NUMERIC scale {scale} must be between -1000 and 1000"));
            }
            Ok(((precision << 16) | (scale & 0x7ff)) + 4)
        }
        (oid::VECTOR | oid::VECTOR_ARRAY, [dimensions]) => {
            types::vector::modifier(*dimensions).or_else(invalid)
        }
        (oid::BIT | oid::VARBIT, [length]) => {
            let word = if base == oid::BIT { "bit" } else { "varbit" };
            if *length < 1 {
                return invalid(format!("length for type {word} must be at least 1"));
            }
            Ok(*length)
        }
        (oid::TIME | oid::TIMETZ | oid::TIMESTAMP | oid::TIMESTAMPTZ, [precision]) => {
            if *precision < 0 {
                return invalid(format!("{} precision must not be negative", name.name()));
            }
            Ok((*precision).min(6))
        }
        (oid::INTERVAL, _) => {
            let range = match name.interval_fields {
                None => 0x7fff,
                Some(fields) => interval_mask(fields),
            };
            let precision = given.first().map_or(0xffff, |precision| (*precision).clamp(0, 6));
            Ok((range << 16) | precision)
        }
        _ => Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("type modifier is not allowed for type \"{}\"", name.name()),
            name.location,
        )),
    }
}

fn interval_mask(fields: IntervalFields) -> i32 {
    const MONTH: i32 = 1 << 1;
    const YEAR: i32 = 1 << 2;
    const DAY: i32 = 1 << 3;
    const HOUR: i32 = 1 << 10;
    const MINUTE: i32 = 1 << 11;
    const SECOND: i32 = 1 << 12;
    match fields {
        IntervalFields::Year => YEAR,
        IntervalFields::Month => MONTH,
        IntervalFields::Day => DAY,
        IntervalFields::Hour => HOUR,
        IntervalFields::Minute => MINUTE,
        IntervalFields::Second => SECOND,
        IntervalFields::YearToMonth => YEAR | MONTH,
        IntervalFields::DayToHour => DAY | HOUR,
        IntervalFields::DayToMinute => DAY | HOUR | MINUTE,
        IntervalFields::DayToSecond => DAY | HOUR | MINUTE | SECOND,
        IntervalFields::HourToMinute => HOUR | MINUTE,
        IntervalFields::HourToSecond => HOUR | MINUTE | SECOND,
        IntervalFields::MinuteToSecond => MINUTE | SECOND,
    }
}
