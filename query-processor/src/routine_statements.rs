//! The statements of one call of a function: planned with its variables, run in its transaction.

use std::collections::HashMap;
use std::sync::Arc;

use executor::{Environment, Execution};
use functions::{EvalContext, input_output};
use parking_lot::Mutex;
use planner::bind::Variable;
use planner::plan::StatementKind;
use procedures::{Binding, Direction, Host, NewCursor, Rows, Shape};
use syntax::ast::{self, FetchDirection, Statement, Transaction as Control};
use types::{Datum, Oid, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::environment::StatementEnvironment;
use crate::explain;
use crate::inner;
use crate::statement::is_planned;

/// Bytes of the rows that one statement hands to its function.
const MAXIMUM_RESULT_BYTES: usize = 256 << 20;
/// Plans that one call keeps.
const MAXIMUM_PLANS: usize = 1_000;
/// Rows taken from a statement at a time.
const BATCH_ROWS: usize = 1_000;

/// The statements of one call.
pub struct Call {
    environment: Mutex<Arc<StatementEnvironment>>,
    volatile: bool,
    /// In PL/pgSQL, a column named like a variable is a conflict; in SQL, the column is meant.
    conflicts: bool,
    plans: Mutex<HashMap<String, Arc<planner::plan::Statement>>>,
    marks: Mutex<Vec<Place>>,
}

/// What an exception handler goes back to.
struct Place {
    mark: crate::transaction::Mark,
    settings: usize,
    catalog: Arc<catalog::Catalog>,
    drops: usize,
}

pub fn refused(what: &str) -> SqlError {
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, what)
}

impl Call {
    pub fn new(environment: Arc<StatementEnvironment>, volatile: bool, conflicts: bool) -> Call {
        let environment = Mutex::new(environment);
        Call { environment, volatile, conflicts, plans: Mutex::default(), marks: Mutex::default() }
    }

    /// The surroundings of the next statement: those of now, if statements of functions changed them.
    pub fn environment(&self) -> Arc<StatementEnvironment> {
        let mut environment = self.environment.lock();
        if environment.session.change_epoch() != environment.change_epoch {
            let fresh = environment.again();
            self.plans.lock().clear();
            *environment = Arc::new(fresh);
        }
        Arc::clone(&environment)
    }

    /// A statement that only the session can run.
    fn utility(&self, statement: Statement) -> SqlResult<Rows> {
        inner::check(&statement)?;
        let environment = self.environment();
        if !self.volatile {
            let what = "definitions and settings are not allowed in a non-volatile function";
            return Err(refused(what));
        }
        if let Statement::Transaction(control) = &statement {
            let word =
                if matches!(control, Control::Commit { .. }) { "commit" } else { "roll back" };
            let invalid = |message: &str| Err(SqlError::new("2D000", message));
            if !environment.may_commit {
                return invalid("invalid transaction termination");
            }
            if !self.marks.lock().is_empty() {
                return invalid(&format!("cannot {word} while a subtransaction is active"));
            }
        }
        environment.transaction.finish_statement();
        let role = (environment.current_role, Arc::clone(&environment.current_role_name));
        let wanted = inner::Wanted::Run { statement: Arc::new(statement), role };
        inner::ask(&environment, wanted)?;
        Ok(Rows::default())
    }

    /// The plan of a statement for variables of these types; made once per call.
    fn plan(&self, sql: &str, variables: &[Binding]) -> SqlResult<Planned> {
        let mut key = sql.to_owned();
        for variable in variables {
            key.push('\0');
            key.push_str(&variable.name);
            key.push_str(&variable.ty.oid.to_string());
        }
        // Forgets plans that rest on what a statement has changed since.
        self.environment();
        if let Some(known) = self.plans.lock().get(&key) {
            return Ok(Planned::Rows(Arc::clone(known)));
        }
        let parsed = syntax::parse(sql)
            .map_err(|failure| SqlError::new(failure.sqlstate, failure.message))?;
        let Ok([one]) = <[syntax::ParsedStatement; 1]>::try_from(parsed) else {
            return Err(refused("a function's statement must be one statement"));
        };
        match one.statement {
            Statement::Explain(explain) if is_planned(&explain.statement) => {
                Ok(Planned::Explain(explain))
            }
            statement if !is_planned(&statement) => Ok(Planned::Utility(Box::new(statement))),
            statement => {
                let planned = self.plan_parsed(&statement, variables)?;
                let mut plans = self.plans.lock();
                if plans.len() < MAXIMUM_PLANS {
                    plans.insert(key, Arc::clone(&planned));
                }
                Ok(Planned::Rows(planned))
            }
        }
    }

    fn plan_parsed(
        &self,
        statement: &Statement,
        variables: &[Binding],
    ) -> SqlResult<Arc<planner::plan::Statement>> {
        let types: Vec<Oid> = variables.iter().map(|variable| variable.ty.oid).collect();
        let names: Vec<Variable> = variables
            .iter()
            .enumerate()
            .map(|(parameter, variable)| Variable {
                qualifiers: variable.qualifiers.clone(),
                bare: variable.bare,
                name: variable.name.clone(),
                parameter,
                ty: SqlType::new(variable.ty.oid),
                conflicts: self.conflicts,
            })
            .collect();
        let options = planner::PlanOptions {
            parameter_types: &types,
            variables: &names,
            ..planner::PlanOptions::default()
        };
        let environment = &*self.environment();
        let planned =
            planner::plan_statement(statement, environment, &options).map_err(without_place)?;
        crate::privileges::check(&planned, environment)?;
        Ok(Arc::new(planned))
    }

    /// The lines of EXPLAIN as rows.
    fn explain(&self, explain: &ast::Explain, variables: &[Binding]) -> SqlResult<Rows> {
        if !self.volatile {
            return Err(refused("EXPLAIN is not allowed in a non-volatile function"));
        }
        let options = explain::Options::read(&explain.options).map_err(without_place)?;
        let environment = self.environment();
        environment.transaction.finish_statement();
        let parameters = variables.iter().map(|variable| variable.value.clone()).collect();
        let plan = || {
            let plan = self.plan_parsed(&explain.statement, variables)?;
            if options.analyze && environment.read_only {
                crate::client_session::check_read_only(&plan)?;
            }
            Ok(plan)
        };
        let lines =
            explain::run(plan, parameters, &environment, &options).map_err(without_place)?;
        environment.transaction.finish_statement();
        let rows: Vec<Row> = lines.into_iter().map(|line| vec![Datum::text(line)]).collect();
        let column = ("QUERY PLAN".to_owned(), SqlType::new(oid::TEXT));
        Ok(Rows { columns: vec![column], count: rows.len() as u64, rows })
    }

    fn run(
        &self,
        plan: Arc<planner::plan::Statement>,
        parameters: Vec<Datum>,
        limit: usize,
    ) -> SqlResult<Rows> {
        let environment = self.environment();
        if environment.read_only {
            crate::client_session::check_read_only(&plan)?;
        }
        let writes = plan.kind != StatementKind::Select || plan.ctes.iter().any(|cte| cte.modifies);
        if writes && !self.volatile {
            let word = format!("{:?}", plan.kind).to_uppercase();
            return Err(refused(&format!("{word} is not allowed in a non-volatile function")));
        }
        let columns = plan.root.columns.iter().map(|column| (column.name.clone(), column.ty));
        let columns: Vec<(String, SqlType)> = columns.collect();
        let kind = plan.kind;
        let context: Arc<dyn Environment> = environment as Arc<_>;
        let mut execution = Execution::start(plan, parameters, context)?;
        let mut rows: Vec<Row> = Vec::new();
        let mut bytes = 0;
        while rows.len() < limit {
            match execution.next_batch(BATCH_ROWS.min(limit - rows.len()))? {
                Some(batch) => {
                    bytes += batch.iter().map(executor::memory::row_bytes).sum::<usize>();
                    if bytes > MAXIMUM_RESULT_BYTES {
                        return Err(SqlError::new(
                            "54000",
                            "the rows of a statement in a function take more than 256 MB",
                        ));
                    }
                    rows.extend(batch);
                }
                None => break,
            }
        }
        execution.finish()?;
        let count = match kind {
            StatementKind::Select | StatementKind::Call => rows.len() as u64,
            _ => execution.affected_rows(),
        };
        Ok(Rows { columns, rows, count })
    }
}

/// How a statement is run.
enum Planned {
    Rows(Arc<planner::plan::Statement>),
    Utility(Box<Statement>),
    Explain(Box<ast::Explain>),
}

/// Places point into the function's text, not into the statement that the client sees.
fn without_place(mut failure: SqlError) -> SqlError {
    failure.fields_mut().location = None;
    failure
}

impl Host for Call {
    fn query(&self, sql: &str, variables: &[Binding], limit: usize) -> SqlResult<Rows> {
        let plan = match self.plan(sql, variables)? {
            Planned::Rows(plan) => plan,
            Planned::Utility(statement) => return self.utility(*statement),
            Planned::Explain(explain) => return self.explain(&explain, variables),
        };
        let parameters = variables.iter().map(|variable| variable.value.clone()).collect();
        // An expression that reads no table needs no statement of its own.
        let is_plain = plan.kind == StatementKind::Select
            && plan.relations.is_empty()
            && plan.routines.is_empty();
        if is_plain || !self.volatile {
            return self.run(plan, parameters, limit).map_err(without_place);
        }
        let environment = self.environment();
        let transaction = &environment.transaction;
        // What the calling statement has written so far is seen, and kept however this statement ends.
        transaction.do_not_wait();
        transaction.finish_statement();
        let answered = self.run(plan, parameters, limit).map_err(without_place);
        match &answered {
            Ok(_) => transaction.finish_statement(),
            Err(_) => transaction.abandon_statement(),
        }
        answered
    }

    fn coerce(&self, value: Datum, from: Oid, to: SqlType) -> SqlResult<Datum> {
        let same = from == to.oid && to.modifier == -1;
        if same || value.is_null() || matches!(to.oid, oid::RECORD | oid::VOID) {
            return Ok(value);
        }
        let environment = &*self.environment();
        let mut value = value;
        if from != to.oid {
            let name = functions::type_catalog::name_of(&*environment.catalog, to.oid);
            let given = Binding {
                qualifiers: Vec::new(),
                bare: false,
                name: String::new(),
                ty: SqlType::new(from),
                value: value.clone(),
            };
            let by_cast = self
                .plan(&format!("SELECT ($1)::{name}"), std::slice::from_ref(&given))
                .and_then(|plan| match plan {
                    Planned::Rows(plan) => self.run(plan, vec![given.value], 1),
                    Planned::Utility(_) | Planned::Explain(_) => Ok(Rows::default()),
                });
            value = match by_cast {
                Ok(rows) => {
                    let first = rows.rows.into_iter().next();
                    first.and_then(|row| row.into_iter().next()).unwrap_or_default()
                }
                Err(failure) if failure.sqlstate() == sqlstate::CANNOT_COERCE => {
                    let text = input_output::output(environment, from, &value)?;
                    input_output::input(environment, to.oid, &text, -1)?
                }
                Err(failure) => return Err(failure),
            };
        }
        if to.modifier != -1 {
            let text = input_output::output(environment, to.oid, &value)?;
            value = input_output::input(environment, to.oid, &text, to.modifier)?;
        }
        Ok(value)
    }

    fn text(&self, value: &Datum, ty: Oid) -> SqlResult<String> {
        input_output::output(&*self.environment(), ty, value)
    }

    fn type_named(&self, text: &str) -> SqlResult<Shape> {
        let environment = &*self.environment();
        let plain = match text.len().checked_sub("%rowtype".len()) {
            Some(at)
                if text.is_char_boundary(at) && text[at..].eq_ignore_ascii_case("%rowtype") =>
            {
                &text[..at]
            }
            _ => text,
        };
        let name = syntax::parse_type_name(plain)
            .map_err(|failure| SqlError::new(failure.sqlstate, failure.message))?;
        let ty = planner::resolve_type(&name, environment).map_err(without_place)?;
        Ok(Shape { ty, fields: fields_of(environment, ty.oid) })
    }

    fn element_type(&self, array: Oid) -> Oid {
        functions::type_catalog::element_type(&*self.environment().catalog, array)
    }

    fn open_cursor(&self, cursor: NewCursor) -> SqlResult<String> {
        let opened = inner::ask(&self.environment(), inner::Wanted::Open(cursor))?;
        Ok(opened.columns.into_iter().next().map(|(name, _)| name).unwrap_or_default())
    }

    fn fetch(&self, cursor: &str, direction: Direction, is_move: bool) -> SqlResult<Rows> {
        let direction = match direction {
            Direction::Forward(count) => FetchDirection::Forward(count),
            Direction::Backward(count) => FetchDirection::Backward(count),
            Direction::Absolute(at) => FetchDirection::Absolute(at),
            Direction::Relative(count) => FetchDirection::Relative(count),
        };
        let cursor = cursor.to_owned();
        inner::ask(&self.environment(), inner::Wanted::Fetch { cursor, direction, is_move })
    }

    fn close_cursor(&self, cursor: &str) -> SqlResult<()> {
        let cursor = cursor.to_owned();
        inner::ask(&self.environment(), inner::Wanted::Close { cursor }).map(drop)
    }

    fn mark(&self) -> procedures::Mark {
        let environment = self.environment();
        environment.transaction.finish_statement();
        let drops = environment.session.changed().1.map_or(0, |changed| changed.drops);
        let mut marks = self.marks.lock();
        marks.push(Place {
            mark: environment.transaction.mark(),
            settings: environment.session.setting_mark(),
            catalog: Arc::clone(&environment.catalog),
            drops,
        });
        marks.len() - 1
    }

    fn roll_back_to(&self, mark: procedures::Mark) -> SqlResult<()> {
        let environment = self.environment();
        let mut marks = self.marks.lock();
        marks.truncate(mark + 1);
        let Some(place) = marks.last() else { return Ok(()) };
        environment.transaction.roll_back_to(place.mark);
        environment.session.undo_settings(place.settings);
        environment.forget_touched();
        if Arc::ptr_eq(&place.catalog, &environment.catalog) {
            return Ok(());
        }
        let catalog = Arc::clone(&place.catalog);
        let wanted = inner::Wanted::Restore { catalog, drops: place.drops };
        inner::ask(&environment, wanted).map(drop)
    }

    fn forget_mark(&self) {
        self.marks.lock().pop();
    }

    fn notice(&self, notice: SqlError) {
        self.environment().session.notice(notice);
    }

    fn check_interrupts(&self) -> SqlResult<()> {
        self.environment.lock().check_interrupts()
    }
}

/// Runs a query that a built-in function was given as text, seeing what the statement around it sees.
pub fn query(environment: &StatementEnvironment, sql: &str) -> SqlResult<(Vec<Oid>, Vec<Row>)> {
    let call = Call::new(Arc::new(environment.for_routine(None)), false, false);
    let answered = call.query(sql, &[], usize::MAX)?;
    Ok((answered.columns.iter().map(|column| column.1.oid).collect(), answered.rows))
}

pub fn fields_of(environment: &StatementEnvironment, ty: Oid) -> Option<Vec<(String, SqlType)>> {
    let fields = catalog::user_values::composite_fields(&environment.catalog, ty)?;
    Some(fields.into_iter().map(|(name, ty, ..)| (name, SqlType::new(ty))).collect())
}
