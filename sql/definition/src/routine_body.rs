//! Whether the body of a function can be what it says: its grammar, its statements, what it returns.

use catalog::Routine;
use planner::PlanOptions;
use planner::bind::Variable;
use procedures::Text;
use syntax::ast::{Expr, Literal, LiteralValue, Statement};
use types::{Oid, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::analysis::{Analysis, Clause};
use crate::routine::invalid;
use crate::run::{Run, error};

/// 42P13.
const MISMATCH: &str = "return type mismatch in function declared to return";

/// What a statement of a body answers with: nothing, or rows of these types.
type Answer = Option<Vec<SqlType>>;

impl Run<'_> {
    /// The default of an argument as stored text.
    pub fn argument_default(&self, expr: &Expr, ty: SqlType) -> SqlResult<String> {
        let mut expr = expr.clone();
        let mut analysis = Analysis::new(self, Clause::Default);
        analysis.no_columns = true;
        let given = analysis.expression(&mut expr)?;
        analysis.require_assignable(&expr, given, ty, |target, given| {
            format!("argument of DEFAULT must be type {target}, not type {given}")
        })?;
        let is_plain = matches!(
            &expr,
            Expr::Literal(Literal { value: LiteralValue::String(_) | LiteralValue::Null, .. })
        );
        let polymorphic = functions::type_catalog::is_polymorphic(ty.oid);
        Ok(match is_plain && !polymorphic {
            true => format!("{expr}::{}", self.type_text(SqlType::new(ty.oid))),
            false => expr.to_string(),
        })
    }

    fn checks_bodies(&self) -> bool {
        let setting = self.context.evaluation().setting("check_function_bodies");
        !matches!(setting.ok().flatten().as_deref(), Some("off"))
    }

    /// Errors that show when the routine is defined; notes what a body in standard form uses.
    ///
    /// `start` is where in the statement the body begins, 0 if that is not known.
    pub fn check_body(&self, routine: &mut Routine, start: u32) -> SqlResult<()> {
        if routine.standard_body.is_none() && !self.checks_bodies() {
            return Ok(());
        }
        if routine.language == "plpgsql" {
            return self.check_plpgsql(routine);
        }
        self.check_sql(routine)
            .map_err(|mut failure| {
                let inner = failure.fields_mut().location.take();
                let outer = inner.filter(|_| start > 0).map(|inner| start + inner);
                failure.fields_mut().location = outer;
                failure
            })
            .map_err(|failure| failure.context(format!("SQL function \"{}\"", routine.name)))
    }

    fn check_plpgsql(&self, routine: &Routine) -> SqlResult<()> {
        let near = |failure: SqlError, line: u32| {
            failure.context(format!(
                "compilation of PL/pgSQL function \"{}\" near line {line}",
                routine.name
            ))
        };
        let block = procedures::parse(&routine.body).map_err(|failure| {
            let line = failure.line;
            near(SqlError::from(failure), line)
        })?;
        block.each_text(&mut |text, line| {
            let parsed = match text {
                Text::Expression(text) => syntax::parse(&format!("SELECT {text}")),
                Text::Statement(text) => syntax::parse(text),
            };
            match parsed {
                Ok(_) => Ok(()),
                Err(failure) => Err(near(error(failure.sqlstate, failure.message), line)),
            }
        })?;
        let pseudo =
            routine.inputs().find(|argument| matches!(argument.type_oid, oid::TRIGGER | oid::VOID));
        if let Some(argument) = pseudo {
            return Err(invalid(format!(
                "PL/pgSQL functions cannot accept type {}",
                self.type_name(argument.type_oid)
            )));
        }
        Ok(())
    }

    fn check_sql(&self, routine: &mut Routine) -> SqlResult<()> {
        let parsed = syntax::parse(&routine.body).map_err(|failure| {
            let before = (failure.position as usize).saturating_sub(1);
            let place = routine.body.char_indices().nth(before).map(|(place, _)| place);
            let place = place.unwrap_or(routine.body.len());
            error(failure.sqlstate, failure.message).at(place as u32)
        })?;
        let variables: Vec<Variable> = routine
            .inputs()
            .enumerate()
            .map(|(parameter, argument)| Variable {
                qualifiers: vec![routine.name.clone()],
                bare: !argument.name.is_empty(),
                name: argument.name.clone(),
                parameter,
                ty: SqlType::new(argument.type_oid),
                conflicts: false,
            })
            .collect();
        let types: Vec<Oid> = routine.input_types();
        // A function that calls itself, or takes any type, is only known when it is called.
        let unknown = routine.body.contains(&format!("{}(", routine.name))
            || types
                .iter()
                .chain([&routine.result])
                .any(|ty| functions::type_catalog::is_polymorphic(*ty));
        let mut last: Answer = None;
        for statement in &parsed {
            if let Statement::Transaction(_) = &statement.statement {
                return Err(error(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    "transaction commands are not allowed in a SQL function",
                ));
            }
            let is_planned = matches!(
                statement.statement,
                Statement::Query(_)
                    | Statement::Insert(_)
                    | Statement::Update(_)
                    | Statement::Delete(_)
                    | Statement::Merge(_)
            );
            last = None;
            if is_planned && !unknown {
                let options = PlanOptions {
                    parameter_types: &types,
                    variables: &variables,
                    ..PlanOptions::default()
                };
                let planned =
                    planner::plan_statement(&statement.statement, self.context, &options)?;
                if routine.standard_body.is_some() {
                    routine.depends_on.extend(&planned.routines);
                    let stored = planned.relations.iter().map(|used| &used.relation);
                    let stored = stored.filter(|relation| !relation.is_virtual());
                    routine.depends_on.extend(stored.map(|relation| relation.oid));
                }
                let columns = &planned.root.columns;
                last = (!columns.is_empty()).then(|| columns.iter().map(|each| each.ty).collect());
            }
        }
        routine.depends_on.sort_unstable();
        routine.depends_on.dedup();
        let silent =
            routine.result == oid::VOID || routine.procedure && routine.result != oid::RECORD;
        if unknown || silent {
            return Ok(());
        }
        self.check_result(routine, last)
    }

    fn check_result(&self, routine: &Routine, answer: Answer) -> SqlResult<()> {
        let shown = self.type_name(routine.result);
        let mismatch = |detail: String| invalid(format!("{MISMATCH} {shown}")).detail(detail);
        let Some(given) = answer else {
            return Err(mismatch(
                "Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING."
                    .to_owned(),
            ));
        };
        let columns: Vec<Oid> = catalog::routines::output_columns(&self.catalog, routine)
            .into_iter()
            .map(|(_, ty)| ty)
            .collect();
        if columns.is_empty() && routine.result == oid::RECORD {
            return Ok(());
        }
        let is_row = columns.len() > 1 || columns.is_empty().then_some(()).is_none();
        let wanted = if columns.is_empty() { vec![routine.result] } else { columns };
        // One column of the composite type itself will do as well.
        if is_row && given.len() == 1 && given[0].oid == routine.result {
            return Ok(());
        }
        if wanted.len() == 1 && given.len() != 1 {
            return Err(mismatch("Final statement must return exactly one column.".to_owned()));
        }
        if given.len() < wanted.len() {
            return Err(mismatch("Final statement returns too few columns.".to_owned()));
        }
        if given.len() > wanted.len() {
            return Err(mismatch("Final statement returns too many columns.".to_owned()));
        }
        for (position, (given, wanted)) in given.iter().zip(&wanted).enumerate() {
            let fits = given.oid == *wanted
                || given.oid == oid::UNKNOWN
                || functions::find_cast(
                    &self.catalog,
                    given.oid,
                    *wanted,
                    functions::CastContext::Assignment,
                )
                .is_some();
            if fits {
                continue;
            }
            let given = self.type_name(given.oid);
            return Err(mismatch(if wanted_is_one(is_row, routine) {
                format!("Actual return type is {given}.")
            } else {
                format!(
                    "Final statement returns {given} instead of {} at column {}.",
                    self.type_name(*wanted),
                    position + 1
                )
            }));
        }
        Ok(())
    }
}

fn wanted_is_one(is_row: bool, routine: &Routine) -> bool {
    !is_row || routine.outputs().count() == 1
}
