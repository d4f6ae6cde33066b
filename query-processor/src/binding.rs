//! Expressions outside of plans: defaults and conditions of COPY, arguments of EXECUTE, keys in messages.

use std::fmt::Write as _;
use std::sync::Arc;

use catalog::{Catalog, Column, Generated, IndexKey, Relation, UserTypeKind};
use encoding::KeyColumn;
use executor::evaluate::{Scope, evaluate, is_true};
use functions::context::Formats;
use functions::{EvalContext, TypeCatalog};
use planner::expression::Expr;
use protocol::key::PREFIX_BYTES;
use syntax::ast;
use types::{Datum, SqlError, SqlResult, SqlType, sqlstate};

use crate::environment::StatementEnvironment;
use crate::work;

/// What a column gets when the input does not have it; `None` is NULL.
pub fn default(
    relation: &Arc<Relation>,
    column: &Column,
    environment: &StatementEnvironment,
) -> SqlResult<Option<Expr>> {
    let text = match (column.generated, &column.default, column.owned_sequence) {
        (Generated::Stored, _, _) => return Ok(None),
        (Generated::No, Some(text), _) => text.clone(),
        (Generated::IdentityAlways | Generated::IdentityByDefault, _, Some(sequence)) => {
            format!("nextval({sequence}::oid::regclass)")
        }
        (Generated::No, None, _) => match environment.catalog.user_type(column.type_oid) {
            Some(user_type) => match &user_type.kind {
                UserTypeKind::Domain { default: Some(text), .. } => text.clone(),
                _ => return Ok(None),
            },
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let target = SqlType::with_modifier(column.type_oid, column.modifier);
    planner::bind_expression_for_relation(relation, &text, Some(target), environment).map(Some)
}

/// The condition of COPY … WHERE over the table's row.
pub fn condition(
    relation: &Arc<Relation>,
    condition: &ast::Expr,
    environment: &StatementEnvironment,
) -> SqlResult<Expr> {
    let target = Some(SqlType::new(types::oid::BOOL));
    let clause = planner::bind::scope::Clause::Where;
    planner::bind_syntax_for_relation(relation, condition, target, clause, environment)
}

/// The value of an expression over one row.
pub fn value(expr: &Expr, row: &[Datum], context: &dyn EvalContext) -> SqlResult<Datum> {
    evaluate(expr, row, &Scope::detached(context, &[], &[]))
}

/// Whether a condition holds for a row.
pub fn holds(expr: &Expr, row: &[Datum], context: &dyn EvalContext) -> SqlResult<bool> {
    is_true(expr, row, &Scope::detached(context, &[], &[]))
}

/// An argument of EXECUTE as a value of the parameter's type.
pub fn argument(
    argument: &ast::Expr,
    ty: SqlType,
    environment: &Arc<StatementEnvironment>,
) -> SqlResult<Datum> {
    let name = environment.catalog.type_name(ty.oid).unwrap_or_else(|| "text".to_owned());
    let (rows, _) = work::query(environment, &format!("SELECT CAST({argument} AS {name})"))?;
    rows.into_iter().next().and_then(|row| row.into_iter().next()).ok_or_else(|| {
        SqlError::new(sqlstate::INTERNAL_ERROR, "an argument of EXECUTE has no value")
    })
}

/// The columns of a stored key as `(a, b)=(1, 2)`; `None` if they cannot be told.
pub fn describe_key(
    catalog: &Catalog,
    relation: &Relation,
    key: &[u8],
    formats: &Formats,
) -> Option<String> {
    let number = u16::from_be_bytes(key.get(4..PREFIX_BYTES)?.try_into().ok()?);
    let index = relation.indexes.iter().find(|index| {
        index.number == number || (index.primary && number == protocol::key::PRIMARY_INDEX)
    })?;
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for part in &index.columns {
        let IndexKey::Column(attribute) = part.key else { return None };
        let column = relation.column_by_number(attribute)?;
        names.push(column.name.clone());
        columns.push(KeyColumn {
            type_oid: functions::type_catalog::base_type(catalog, column.type_oid),
            descending: part.descending,
            nulls_first: part.nulls_first,
        });
    }
    let values = encoding::decode_key(&key[PREFIX_BYTES..], &columns).ok()?;
    let mut shown = String::new();
    for (position, (value, column)) in values.iter().zip(&columns).enumerate() {
        if position > 0 {
            shown.push_str(", ");
        }
        match value {
            Datum::Null => shown.push_str("null"),
            Datum::Enum(position) => {
                let labels = catalog::user_values::enum_labels(catalog, column.type_oid)?;
                let (label, _) = labels.iter().find(|(_, at)| at == position)?;
                shown.push_str(label);
            }
            value => types::io::output(column.type_oid, value, formats, &mut shown),
        }
    }
    let mut text = String::new();
    write!(text, "({})=({shown})", names.join(", ")).ok()?;
    Some(text)
}
