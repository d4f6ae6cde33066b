//! Function calls: which function, with which arguments, and what kind of call it is.

use functions::{
    ArgumentSource, Call as GivenCall, FunctionBody, FunctionKind, Resolution, ResolvedFunction,
    resolve_function,
};
use syntax::ast;
use types::{Oid, SqlError, SqlResult, SqlType, oid, sqlstate};

use super::coerce::parse_expression;
use super::expressions::location_of;
use super::json::takes_fields;
use super::{Binder, error, unsupported};
use crate::expression::{Call, Expr};
use crate::plan::SetCall;
use crate::walk::type_of;

/// A resolved call with its arguments as the function wants them.
pub struct ReadyCall {
    pub resolved: ResolvedFunction,
    pub arguments: Vec<Expr>,
    pub argument_types: Vec<Oid>,
}

/// Built-in functions outside of `pg_catalog`.
fn lives_in(schema: &str, name: &str) -> bool {
    match schema {
        "information_schema" => name.starts_with("_pg_"),
        "sys" => name == "transaction_status",
        _ => false,
    }
}

/// Where the arguments of a call stand in the statement.
pub fn argument_places(call: &ast::FunctionCall) -> Vec<u32> {
    call.arguments.iter().map(|argument| location_of(&argument.value)).collect()
}

impl Binder<'_> {
    pub fn function_call(&mut self, call: &ast::FunctionCall) -> SqlResult<Expr> {
        let name = call.name.name();
        let location = call.location;
        if let Some(schema) = call.name.schema()
            && schema != "pg_catalog"
            && !lives_in(schema, name)
            && self.catalog.routines(Some(schema), name).is_empty()
        {
            return Err(if self.catalog.schema_by_name(schema).is_none() {
                error(
                    sqlstate::INVALID_SCHEMA_NAME,
                    format!("schema \"{schema}\" does not exist"),
                    location,
                )
            } else {
                let types = self.argument_types_of(call)?;
                undefined(self, &format!("{schema}.{name}"), &types, location)
            });
        }
        let kinds = functions::resolve::kinds_of(name);
        if call.over.is_some() {
            return self.window_call(call);
        }
        if kinds.contains(&FunctionKind::Window) && !call.within_group {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("window function {name} requires an OVER clause"),
                location,
            ));
        }
        if kinds.contains(&FunctionKind::Aggregate) {
            return self.aggregate_call(call);
        }
        let refuse = |what: &str| {
            error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("{what} specified, but {name} is not an aggregate function"),
                location,
            )
        };
        if call.star {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("{name}(*) specified, but {name} is not an aggregate function"),
                location,
            ));
        }
        if call.distinct {
            return Err(refuse("DISTINCT"));
        }
        if call.within_group {
            return Err(refuse("WITHIN GROUP"));
        }
        if !call.order_by.is_empty() {
            return Err(refuse("ORDER BY"));
        }
        if call.filter.is_some() {
            return Err(refuse("FILTER"));
        }
        let (arguments, names) = self.call_arguments(call)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Some(field) = self.as_field(name, &arguments, location)? {
            return Ok(field);
        }
        let places = argument_places(call);
        self.routine_schema = call.name.schema().map(str::to_owned);
        match self.ready_call(name, arguments, &names, &places, call.variadic, location)? {
            Ready::Cast(expr) => Ok(expr),
            Ready::Call(ready) => self.finish_call(ready, location),
        }
    }

    /// `f(row)` means the field `f` if no function of this name exists.
    fn as_field(
        &mut self,
        name: &str,
        arguments: &[Expr],
        location: u32,
    ) -> SqlResult<Option<Expr>> {
        let [only] = arguments else {
            return Ok(None);
        };
        if !functions::tables::functions_named(name).is_empty() {
            return Ok(None);
        }
        match self.composite_fields(type_of(only).oid) {
            Some(fields) if fields.iter().any(|field| field.0 == name) => {
                self.field(only.clone(), name, location).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn argument_types_of(&mut self, call: &ast::FunctionCall) -> SqlResult<Vec<Oid>> {
        let (arguments, _) = self.call_arguments(call)?;
        Ok(arguments.iter().map(|argument| type_of(argument).oid).collect())
    }

    pub fn call_arguments(
        &mut self,
        call: &ast::FunctionCall,
    ) -> SqlResult<(Vec<Expr>, Vec<String>)> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        let mut names = Vec::new();
        for argument in &call.arguments {
            match &argument.name {
                Some(name) => names.push(name.clone()),
                None if !names.is_empty() => {
                    return Err(error(
                        sqlstate::SYNTAX_ERROR,
                        "positional argument cannot follow named argument",
                        location_of(&argument.value),
                    ));
                }
                None => {}
            }
            arguments.push(self.expr(&argument.value)?);
        }
        Ok((arguments, names))
    }

    /// Resolves a call and makes its arguments fit; `places` is where the arguments stand, as far as that is known.
    pub fn ready_call(
        &mut self,
        name: &str,
        arguments: Vec<Expr>,
        names: &[&str],
        places: &[u32],
        variadic: bool,
        location: u32,
    ) -> SqlResult<Ready> {
        let types: Vec<Oid> = arguments.iter().map(|argument| type_of(argument).oid).collect();
        let schema = self.routine_schema.take();
        let schema = schema.as_deref().filter(|schema| *schema != "pg_catalog");
        let routines = self.catalog.routines(schema, name);
        let given = GivenCall {
            name,
            arguments: &types,
            names,
            variadic,
            routines: &routines,
            routines_only: schema.is_some() && !routines.is_empty(),
        };
        let resolved = match resolve_function(self.catalog.types(), &given)
            .map_err(|failure| failure.located(location))?
        {
            Resolution::Coercion { target } => {
                let Some(argument) = arguments.into_iter().next() else {
                    return Err(undefined(self, name, &types, location));
                };
                return self
                    .explicit_cast(
                        argument,
                        SqlType::new(target),
                        places.first().copied().unwrap_or(location),
                    )
                    .map(Ready::Cast);
            }
            Resolution::Function(resolved) => resolved,
        };
        let called = resolved.definition;
        if matches!(called.body, FunctionBody::Routine { .. })
            && !self.columns.routines.contains(&called.oid)
        {
            self.columns.routines.push(called.oid);
        }
        let mut slots: Vec<Option<Expr>> = arguments.into_iter().map(Some).collect();
        let mut fitted = Vec::with_capacity(resolved.sources.len());
        for (source, &wanted) in resolved.sources.iter().zip(&resolved.argument_types) {
            let mut place = location;
            let value = match source {
                ArgumentSource::Given(index) => {
                    place = places.get(*index).copied().unwrap_or(location);
                    slots
                        .get_mut(*index)
                        .and_then(Option::take)
                        .ok_or_else(|| undefined(self, name, &types, location))?
                }
                ArgumentSource::Default(text) => {
                    let parsed = parse_expression(text)?;
                    self.expr(&parsed)?
                }
            };
            fitted.push(self.coerce(value, wanted, place)?);
        }
        let mut argument_types = resolved.argument_types.clone();
        if let Some((from, element)) = resolved.pack {
            let elements = fitted.split_off(from);
            let array = functions::type_catalog::array_type(self.catalog.types(), element);
            let built = Expr::Array { elements, element, nested: false };
            let built = if type_of(&built).oid == array {
                built
            } else {
                self.relabel(built, SqlType::new(array), location)
            };
            fitted.push(built);
            argument_types.truncate(from);
            argument_types.push(array);
        }
        for (ty, argument) in argument_types.iter_mut().zip(&fitted) {
            if *ty == oid::ANY || *ty == oid::UNKNOWN {
                *ty = type_of(argument).oid;
            }
        }
        super::record_names::refine(resolved.definition.name, &mut argument_types, &fitted);
        if variadic && resolved.definition.variadic == oid::ANY {
            // One type more than arguments says that the last is an array to be spread.
            argument_types.push(oid::ANYARRAY);
        }
        Ok(Ready::Call(ReadyCall { resolved, arguments: fitted, argument_types }))
    }

    fn finish_call(&mut self, mut ready: ReadyCall, location: u32) -> SqlResult<Expr> {
        let definition = ready.resolved.definition;
        if takes_fields(definition.oid) {
            let result = ready.resolved.result.oid;
            let fields = self.populated_fields(result, definition.name, location)?;
            ready.arguments.push(self.field_list(definition.name, &fields));
            ready.argument_types.push(oid::JSONB);
        }
        match definition.kind {
            FunctionKind::SetReturning => self.set_call_in_list(ready, location),
            FunctionKind::Window => Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("window function {} requires an OVER clause", definition.name),
                location,
            )),
            FunctionKind::Procedure => Err(self.procedure_in_expression(definition, location)),
            FunctionKind::Aggregate | FunctionKind::Scalar => self.collated_call(Call {
                function: definition,
                arguments: ready.arguments,
                argument_types: ready.argument_types,
                ty: ready.resolved.result,
                location,
            }),
        }
    }

    /// A set-returning function in the select list: a column of the level's ProjectSet.
    fn set_call_in_list(&mut self, ready: ReadyCall, location: u32) -> SqlResult<Expr> {
        let clause = self.level().clause;
        if !clause.allows_sets() {
            return Err(unsupported(
                format!("set-returning functions are not allowed in {}", clause.name()),
                location,
            ));
        }
        if self.level().in_aggregate {
            return Err(unsupported(
                "aggregate function calls cannot contain set-returning function calls",
                location,
            )
            .hint(
                "You might be able to move the set-returning function into a LATERAL FROM item.",
            ));
        }
        let mut ready = ready;
        ready.resolved.result = self.derived_type(ready.resolved.result, &ready.arguments)?;
        let call = self.set_call(ready);
        let ty = match call.columns.as_slice() {
            [only] => *only,
            _ => SqlType::new(oid::RECORD),
        };
        let id = self.columns.add(call.function.name, ty);
        if call.columns.len() > 1 {
            let names = call.function.columns.iter().map(|column| column.0.to_owned());
            let fields = names.zip(call.columns.iter().copied()).collect();
            self.columns.records.insert(id, fields);
        }
        self.level().sets.push((id, call));
        self.level().last_set = location;
        Ok(self.columns.column(id))
    }

    /// The output columns of a set-returning function of the select list.
    pub fn set_fields(&self, operand: &Expr) -> Option<Vec<(String, SqlType)>> {
        let Expr::Column { index, .. } = operand else {
            return None;
        };
        self.columns.records.get(index).cloned()
    }

    /// A call that makes rows, with the types of its columns.
    pub fn set_call(&mut self, ready: ReadyCall) -> SetCall {
        let columns = if ready.resolved.columns.is_empty() {
            vec![ready.resolved.result]
        } else {
            ready.resolved.columns.iter().map(|column| SqlType::new(column.1)).collect()
        };
        SetCall {
            function: ready.resolved.definition,
            arguments: ready.arguments,
            argument_types: ready.argument_types,
            columns,
        }
    }

    /// `f(integer, text)`, as messages name what a call means.
    pub fn signature_of(&self, definition: &functions::FunctionDef) -> String {
        let types: Vec<String> =
            definition.arguments.iter().map(|ty| self.type_name(*ty)).collect();
        format!("{}({})", definition.name, types.join(", "))
    }

    /// A procedure stands where only a function may.
    pub fn procedure_in_expression(
        &self,
        definition: &functions::FunctionDef,
        location: u32,
    ) -> SqlError {
        let message = format!("{} is a procedure", self.signature_of(definition));
        error(sqlstate::WRONG_OBJECT_TYPE, message, location).hint("To call a procedure, use CALL.")
    }

    /// A call the binder itself adds.
    pub fn call_by_name(
        &mut self,
        name: &str,
        arguments: Vec<Expr>,
        location: u32,
    ) -> SqlResult<Expr> {
        match self.ready_call(name, arguments, &[], &[], false, location)? {
            Ready::Cast(expr) => Ok(expr),
            Ready::Call(ready) => self.finish_call(ready, location),
        }
    }
}

pub enum Ready {
    Cast(Expr),
    Call(ReadyCall),
}

/// Whether a function's rows have several columns.
pub fn is_table_function(body: &FunctionBody) -> bool {
    matches!(
        body,
        FunctionBody::Set(_) | FunctionBody::CatalogSet | FunctionBody::Routine { set: true }
    )
}

fn undefined(binder: &Binder<'_>, name: &str, types: &[Oid], location: u32) -> SqlError {
    let given = GivenCall { name, arguments: types, names: &[], ..GivenCall::default() };
    error(
        sqlstate::UNDEFINED_FUNCTION,
        format!(
            "function {} does not exist",
            functions::resolve::signature(binder.catalog.types(), &given)
        ),
        location,
    )
    .hint(
        "No function matches the given name and argument types. You might need to add explicit \
         type casts.",
    )
}
