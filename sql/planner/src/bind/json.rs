//! SQL/JSON: constructors, aggregates and `IS JSON`, bound as calls of functions; and the fields that
//! `json_to_recordset` and its relatives are asked for, which are appended to their arguments.

use std::sync::Arc;

use syntax::ast;
use types::json::Json;
use types::numeric::Numeric;
use types::{Datum, Oid, SqlResult, SqlType, oid, sqlstate};

use super::expressions::constant;
use super::type_names::resolve_type;
use super::{Binder, error, unsupported};
use crate::expression::Expr;
use crate::walk::type_of;

/// Types may contain each other this deep in a row that JSON is read into.
const MAXIMUM_NESTING: usize = 32;

/// `json_populate_record`, `json_populate_recordset` and their `jsonb` forms.
const POPULATE: [Oid; 4] = [3960, 3961, 3209, 3475];
/// `json_to_record`, `json_to_recordset` and their `jsonb` forms.
const TO_RECORD: [Oid; 4] = [3204, 3205, 3490, 3491];
/// Those of both that make one row.
const SINGLE: [Oid; 4] = [3960, 3209, 3204, 3490];

/// Whether the fields of the result must be appended to the arguments.
pub fn takes_fields(function: Oid) -> bool {
    POPULATE.contains(&function)
}

/// For a function that reads rows from JSON: the one that gives them as columns in FROM.
pub fn row_source(function: Oid) -> Option<&'static functions::FunctionDef> {
    let source = if SINGLE.contains(&function) {
        "json_record_row"
    } else if POPULATE.contains(&function) || TO_RECORD.contains(&function) {
        "json_record_rows"
    } else {
        return None;
    };
    functions::tables::functions_named(source).first().copied()
}

impl Binder<'_> {
    /// The fields of a row as the functions that read JSON take them.
    pub fn field_list(&self, function: &str, fields: &[(String, SqlType)]) -> Expr {
        let name = Json::String(function.to_owned());
        let list = Json::Array(vec![name, self.described(fields, 0)]);
        constant(Datum::Jsonb(Arc::new(list)), oid::JSONB)
    }

    fn described(&self, fields: &[(String, SqlType)], depth: usize) -> Json {
        let number = |value: i64| Json::Number(Numeric::from(value));
        let list = fields.iter().map(|(name, ty)| {
            let nested = |ty: Oid| match self.composite_fields(ty) {
                Some(inner) if depth < MAXIMUM_NESTING => self.described(&inner, depth + 1),
                _ => Json::Null,
            };
            let inner = match self.catalog.types().facts(ty.oid).map_or(0, |facts| facts.element) {
                0 => nested(ty.oid),
                element => Json::object(vec![
                    ("element".to_owned(), number(element.into())),
                    ("fields".to_owned(), nested(element)),
                ]),
            };
            Json::Array(vec![
                Json::String(name.clone()),
                number(ty.oid.into()),
                number(ty.modifier.into()),
                inner,
            ])
        });
        Json::Array(list.collect())
    }

    /// The fields of what `json_populate_record` makes, or why they are not known.
    pub fn populated_fields(
        &self,
        ty: Oid,
        name: &str,
        location: u32,
    ) -> SqlResult<Vec<(String, SqlType)>> {
        self.composite_fields(ty).ok_or_else(|| {
            if ty == oid::RECORD {
                return error(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("could not determine row type for result of {name}"),
                    location,
                )
                .hint(
                    "Provide a non-null record argument, or call the function in the FROM clause \
                     using a column definition list.",
                );
            }
            error(
                sqlstate::DATATYPE_MISMATCH,
                format!("first argument of {name} must be a row type"),
                location,
            )
        })
    }

    fn json_value(&mut self, argument: &ast::JsonArgument, location: u32) -> SqlResult<Expr> {
        let value = self.expr(&argument.value)?;
        if argument.format_json && !matches!(type_of(&value).oid, oid::JSON | oid::JSONB) {
            return self.explicit_cast(value, SqlType::new(oid::JSON), location);
        }
        Ok(value)
    }

    pub fn json_constructor(&mut self, json: &ast::JsonExpr) -> SqlResult<Expr> {
        let modifier = |word: &str| json.modifiers.iter().any(|modifier| modifier == word);
        let unique = modifier("with unique");
        let flag = |value: bool| constant(Datum::Bool(value), oid::BOOL);
        let location = json.location;
        let built = match json.function.as_str() {
            "json_object" => {
                let mut arguments = vec![flag(modifier("absent on null")), flag(unique)];
                for argument in &json.arguments {
                    let Some(key) = &argument.key else {
                        return Err(unsupported("JSON_OBJECT needs keys with values", location));
                    };
                    arguments.push(self.expr(key)?);
                    arguments.push(self.json_value(argument, location)?);
                }
                self.call_by_name("json_object_constructor", arguments, location)?
            }
            "json_array" => match &json.query {
                Some(query) => {
                    let aggregate = format!(
                        "(SELECT json_agg_strict(json_array_query.item) FROM ({query}) AS json_array_query(item))"
                    );
                    let parsed = syntax::parse_expression(&aggregate)
                        .map_err(|_| unsupported("this JSON_ARRAY is not supported", location))?;
                    self.expr(&parsed)?
                }
                None => {
                    let mut arguments = vec![flag(!modifier("null on null"))];
                    for argument in &json.arguments {
                        arguments.push(self.json_value(argument, location)?);
                    }
                    self.call_by_name("json_array_constructor", arguments, location)?
                }
            },
            "json_arrayagg" | "json_objectagg" => self.json_aggregate(json, unique)?,
            other => {
                return Err(unsupported(
                    format!("{} is not supported", other.to_uppercase()),
                    location,
                ));
            }
        };
        match &json.returning {
            Some(returning) => {
                let ty = resolve_type(returning, self.catalog)?;
                self.explicit_cast(built, ty, location)
            }
            None => Ok(built),
        }
    }

    /// `JSON_ARRAYAGG` and `JSON_OBJECTAGG` as the aggregate that does the same.
    fn json_aggregate(&mut self, json: &ast::JsonExpr, unique: bool) -> SqlResult<Expr> {
        let is_list = json.function == "json_arrayagg";
        let written = |word: &str| json.modifiers.iter().any(|modifier| modifier == word);
        let strict = if is_list { !written("null on null") } else { written("absent on null") };
        let binary = match &json.returning {
            Some(returning) => resolve_type(returning, self.catalog)?.oid == oid::JSONB,
            None => false,
        };
        let mut name = if binary { "jsonb".to_owned() } else { "json".to_owned() };
        name.push_str(if is_list { "_agg" } else { "_object_agg" });
        if unique && !is_list {
            name.push_str("_unique");
        }
        if strict {
            name.push_str("_strict");
        }
        let Some(argument) = json.arguments.first() else {
            return Err(unsupported("an aggregate needs a value", json.location));
        };
        let values = argument.key.iter().chain(Some(&argument.value)).cloned().collect();
        let name = ast::ObjectName { parts: vec![name], location: json.location };
        let mut call = ast::FunctionCall::new(name, values);
        call.order_by = json.order_by.clone();
        call.filter = json.filter.clone();
        call.over = json.over.clone();
        call.location = json.location;
        self.function_call(&call)
    }

    pub fn json_test(
        &mut self,
        operand: Expr,
        kind: Option<&str>,
        unique_keys: bool,
        location: u32,
    ) -> SqlResult<Expr> {
        let ty = type_of(&operand).oid;
        let is_text = self.catalog.types().facts(ty).is_some_and(|facts| facts.category == 'S');
        let operand = match ty {
            oid::JSON | oid::JSONB | oid::BYTEA => operand,
            oid::UNKNOWN => self.coerce(operand, oid::TEXT, location)?,
            _ if is_text => self.coerce(operand, oid::TEXT, location)?,
            other => {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("cannot use type {} in IS JSON predicate", self.type_name(other)),
                    0,
                ));
            }
        };
        let kind = constant(Datum::text(kind.unwrap_or_default()), oid::TEXT);
        let unique = constant(Datum::Bool(unique_keys), oid::BOOL);
        self.call_by_name("is_json", vec![operand, kind, unique], location)
    }
}
