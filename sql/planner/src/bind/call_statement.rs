//! CALL: the rows of a procedure, one with its output arguments or none.

use functions::FunctionKind;
use syntax::ast;
use types::{SqlResult, oid, sqlstate};

use super::{Binder, Bound, error};

impl Binder<'_> {
    pub fn call_statement(&mut self, call: &ast::FunctionCall) -> SqlResult<Bound> {
        let name = call.name.name();
        let location = call.location;
        let schema = call.name.schema();
        let known = self.catalog.routines(schema, name);
        let text = format!("SELECT * FROM {}", ast::Expr::Function(Box::new(call.clone())));
        let parsed = syntax::parse(&text)
            .map_err(|failure| error(failure.sqlstate, failure.message, location))?;
        let Some(ast::Statement::Query(query)) =
            parsed.into_iter().next().map(|parsed| parsed.statement)
        else {
            return Err(error(sqlstate::SYNTAX_ERROR, "CALL needs a procedure", location));
        };
        self.calls_procedure = true;
        let bound = self.query(&query, false);
        self.calls_procedure = false;
        let bound = bound.map_err(|mut failure| {
            failure.fields_mut().location = None;
            let mut failure = failure.at(location);
            if failure.sqlstate() == sqlstate::UNDEFINED_FUNCTION {
                let fields = failure.fields_mut();
                fields.message = fields.message.replacen("function ", "procedure ", 1);
                fields.hint =
                    fields.hint.take().map(|hint| hint.replacen("No function", "No procedure", 1));
            }
            failure
        })?;
        let called = self.columns.routines.last().copied();
        let definition = known.iter().copied().find(|definition| Some(definition.oid) == called);
        let Some(definition) = definition.filter(|found| found.kind == FunctionKind::Procedure)
        else {
            let built_in = functions::tables::functions_named(name);
            let described =
                definition.or(built_in.first().copied()).map(|found| self.signature_of(found));
            let message = format!("{} is not a procedure", described.as_deref().unwrap_or(name));
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, message, location)
                .hint("To call a function, use SELECT."));
        };
        let mut outputs = bound.outputs;
        if definition.result == oid::VOID {
            outputs.clear();
        }
        Ok(Bound::Query { input: bound.input, outputs })
    }
}
