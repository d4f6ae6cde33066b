//! Function calls: what they return, and whether the clause allows them.

use functions::{Call, CastContext, FunctionKind, Resolution, Volatility, resolve_function};
use syntax::ast::*;
use types::{Oid, SqlResult, SqlType, oid, sqlstate};

use super::{Analysis, Clause, Output};
use crate::run::error;

/// What a call returns.
pub(super) struct Called {
    pub result: SqlType,
    /// Output columns if it returns several.
    pub columns: Vec<Output>,
}

impl Analysis<'_, '_> {
    pub(super) fn call(&mut self, call: &mut FunctionCall) -> SqlResult<SqlType> {
        self.resolve_call(call, false).map(|called| called.result)
    }

    pub(super) fn resolve_call(
        &mut self,
        call: &mut FunctionCall,
        in_from: bool,
    ) -> SqlResult<Called> {
        let mut given: Vec<Oid> = Vec::new();
        for argument in &mut call.arguments {
            given.push(self.expression(&mut argument.value)?.oid);
        }
        let name = call.name.name().to_owned();
        if matches!(name.as_str(), "nextval" | "currval" | "setval")
            && let Some(first) = call.arguments.first_mut()
        {
            self.named_relation(&mut first.value)?;
        }
        for item in &mut call.order_by {
            let ty = self.expression(&mut item.expr)?;
            if call.within_group {
                given.push(ty.oid);
            }
        }
        if let Some(filter) = &mut call.filter {
            self.expression(filter)?;
        }
        if let Some(Over::Window(definition)) = &mut call.over {
            self.window(definition)?;
        }
        let schema = call.name.schema().filter(|schema| *schema != "pg_catalog");
        if let Some(schema) = schema.map(str::to_owned) {
            return self.of_other_schema(call, &schema, &given, in_from);
        }
        if given.contains(&0) {
            return Ok(Called { result: SqlType::new(0), columns: Vec::new() });
        }
        let names: Vec<&str> =
            call.arguments.iter().filter_map(|argument| argument.name.as_deref()).collect();
        let routines = self.run.routines_called(None, &name);
        let asked = Call {
            name: &name,
            arguments: &given,
            names: &names,
            variadic: call.variadic,
            routines: &routines,
            routines_only: false,
        };
        let resolution = resolve_function(&self.run.catalog, &asked)
            .map_err(|failure| failure.located(call.location))?;
        match resolution {
            Resolution::Function(function) => {
                let kind = function.definition.kind;
                self.require_allowed(kind, call, in_from)?;
                self.raise(function.definition.volatility);
                self.note_routine(function.definition, call);
                let columns = outputs(&function);
                Ok(Called { result: function.result, columns })
            }
            Resolution::Coercion { target } => {
                let castable = given.first().is_some_and(|given| {
                    functions::find_cast(&self.run.catalog, *given, target, CastContext::Explicit)
                        .is_some()
                });
                let result = if castable { target } else { 0 };
                Ok(Called { result: SqlType::new(result), columns: Vec::new() })
            }
        }
    }

    /// Functions of extensions may be called in the schema that the extension is in.
    fn of_other_schema(
        &mut self,
        call: &mut FunctionCall,
        schema: &str,
        given: &[Oid],
        in_from: bool,
    ) -> SqlResult<Called> {
        self.run.schema_named(schema).map_err(|failure| failure.at(call.location))?;
        let names: Vec<&str> =
            call.arguments.iter().filter_map(|argument| argument.name.as_deref()).collect();
        let name = call.name.name();
        let routines = self.run.routines_called(Some(schema), name);
        let asked = Call {
            name,
            arguments: given,
            names: &names,
            variadic: call.variadic,
            routines: &routines,
            routines_only: !routines.is_empty(),
        };
        match resolve_function(&self.run.catalog, &asked) {
            Ok(Resolution::Function(function)) if schema == "public" || asked.routines_only => {
                self.require_allowed(function.definition.kind, call, in_from)?;
                self.raise(function.definition.volatility);
                let columns = outputs(&function);
                self.note_routine(function.definition, call);
                Ok(Called { result: function.result, columns })
            }
            _ => Err(error(
                sqlstate::UNDEFINED_FUNCTION,
                format!(
                    "function {schema}.{} does not exist",
                    functions::resolve::signature(&self.run.catalog, &asked)
                ),
            )
            .hint(
                "No function matches the given name and argument types. You might need to add \
                 explicit type casts.",
            )
            .at(call.location)),
        }
    }

    /// A function that a user made is known by its schema from now on.
    fn note_routine(&mut self, function: &functions::FunctionDef, call: &mut FunctionCall) {
        if let Some(routine) = self.run.catalog.routine(function.oid) {
            self.routines.insert(routine.oid);
            call.name.parts = vec![self.run.schema_name(routine.schema), routine.name.clone()];
        }
    }

    fn require_allowed(
        &self,
        kind: FunctionKind,
        call: &FunctionCall,
        in_from: bool,
    ) -> SqlResult<()> {
        if self.clause == Clause::Query {
            return Ok(());
        }
        let (state, what) = match kind {
            _ if call.over.is_some() => (sqlstate::WINDOWING_ERROR, "window functions"),
            FunctionKind::Aggregate => (sqlstate::GROUPING_ERROR, "aggregate functions"),
            FunctionKind::Window => (sqlstate::WINDOWING_ERROR, "window functions"),
            FunctionKind::SetReturning if !in_from => {
                (sqlstate::FEATURE_NOT_SUPPORTED, "set-returning functions")
            }
            _ => return Ok(()),
        };
        Err(error(state, format!("{what} are not allowed in {}", self.clause.plural()))
            .at(call.location))
    }

    pub(super) fn window(&mut self, definition: &mut WindowDefinition) -> SqlResult<()> {
        for expr in &mut definition.partition_by {
            self.expression(expr)?;
        }
        for item in &mut definition.order_by {
            self.expression(&mut item.expr)?;
        }
        if let Some(frame) = &mut definition.frame {
            for bound in [Some(&mut frame.start), frame.end.as_mut()].into_iter().flatten() {
                if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                    self.expression(offset)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the value may differ from row to row or from call to call of the statement.
    pub fn is_volatile(&self) -> bool {
        self.volatility == Volatility::Volatile
    }

    pub fn is_immutable(&self) -> bool {
        self.volatility == Volatility::Immutable
    }
}

/// The columns of a function's rows.
fn outputs(function: &functions::resolve::ResolvedFunction) -> Vec<Output> {
    let columns = function.columns.iter();
    columns.map(|(name, ty)| Output { name: (*name).to_owned(), ty: SqlType::new(*ty) }).collect()
}

/// Literals without a type are text once a query is done.
pub(super) fn settled(ty: SqlType) -> SqlType {
    if ty.oid == oid::UNKNOWN { SqlType::new(oid::TEXT) } else { ty }
}
