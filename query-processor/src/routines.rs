//! Calls of functions that users made: their statements run in the caller's transaction.
//!
//! A volatile function sees what the transaction has written up to now, and what it writes joins the transaction with
//! each of its statements. A stable or immutable one may not write, and sees what its caller's statement sees.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::Routine;
use executor::{Environment, Execution};
use functions::{EvalContext, RoutineCall, input_output};
use parking_lot::Mutex;
use planner::bind::Variable;
use planner::plan::StatementKind;
use procedures::{Argument, Binding, Host, Interpreter, Rows, Shape, Signature};
use syntax::ast::{Statement, Transaction as Control};
use types::{Datum, Oid, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::environment::{StatementEnvironment, StatementScope};
use crate::inner;
use crate::statement::is_planned;

/// Functions may call functions this deep.
const MAXIMUM_DEPTH: u32 = 64;
/// After this many levels a call goes on with a stack of its own.
const LEVELS_OF_A_STACK: u32 = 4;
/// Bytes of such a stack.
const STACK_BYTES: usize = 16 << 20;
/// Rows taken from a statement at a time.
const BATCH_ROWS: usize = 1_000;
/// Plans that one call keeps.
const MAXIMUM_PLANS: usize = 1_000;

/// The statements of one call.
struct Call {
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

fn refused(what: &str) -> SqlError {
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, what)
}

impl Call {
    fn new(environment: Arc<StatementEnvironment>, volatile: bool, conflicts: bool) -> Call {
        let environment = Mutex::new(environment);
        Call { environment, volatile, conflicts, plans: Mutex::default(), marks: Mutex::default() }
    }

    /// The surroundings of the next statement: those of now, if statements of functions changed them.
    fn environment(&self) -> Arc<StatementEnvironment> {
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
            let word = if matches!(control, Control::Commit { .. }) { "commit" } else { "roll back" };
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
        let environment = self.environment();
        if let Some(known) = self.plans.lock().get(&key) {
            return Ok(Planned::Rows(Arc::clone(known)));
        }
        let parsed = syntax::parse(sql)
            .map_err(|failure| SqlError::new(failure.sqlstate, failure.message))?;
        let Ok([one]) = <[syntax::ParsedStatement; 1]>::try_from(parsed) else {
            return Err(refused("a function's statement must be one statement"));
        };
        if !is_planned(&one.statement) {
            return Ok(Planned::Utility(one.statement));
        }
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
        let options = planner::PlanOptions { parameter_types: &types, variables: &names, ..planner::PlanOptions::default() };
        let environment = &*environment;
        let planned = planner::plan_statement(&one.statement, environment, &options)
            .map_err(without_place)?;
        crate::privileges::check(&planned, environment)?;
        let planned = Arc::new(planned);
        let mut plans = self.plans.lock();
        if plans.len() < MAXIMUM_PLANS {
            plans.insert(key, Arc::clone(&planned));
        }
        Ok(Planned::Rows(planned))
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
        while rows.len() < limit {
            match execution.next_batch(BATCH_ROWS.min(limit - rows.len()))? {
                Some(batch) => rows.extend(batch),
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
    Utility(Statement),
}

/// Places point into the function's text, not into the statement that the client sees.
fn without_place(mut failure: SqlError) -> SqlError {
    failure.fields_mut().location = None;
    failure
}

impl Host for Call {
    fn query(&self, sql: &str, variables: &[Binding], limit: usize) -> SqlResult<Rows> {
        let environment = self.environment();
        let transaction = &environment.transaction;
        if self.volatile {
            // What the calling statement has written so far is seen, and kept however this statement ends.
            transaction.do_not_wait();
            transaction.finish_statement();
        }
        let plan = match self.plan(sql, variables)? {
            Planned::Rows(plan) => plan,
            Planned::Utility(statement) => return self.utility(statement),
        };
        let parameters = variables.iter().map(|variable| variable.value.clone()).collect();
        let answered = self.run(plan, parameters, limit).map_err(without_place);
        if self.volatile {
            match &answered {
                Ok(_) => transaction.finish_statement(),
                Err(_) => transaction.abandon_statement(),
            }
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
                    Planned::Utility(_) => Ok(Rows::default()),
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
        inner::ask(&environment, inner::Wanted::Restore { catalog, drops: place.drops })
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

fn fields_of(environment: &StatementEnvironment, ty: Oid) -> Option<Vec<(String, SqlType)>> {
    let fields = catalog::user_values::composite_fields(&environment.catalog, ty)?;
    Some(fields.into_iter().map(|(name, ty, ..)| (name, SqlType::new(ty))).collect())
}

/// Runs the body of DO.
pub fn run_block(environment: &StatementEnvironment, body: &str) -> SqlResult<()> {
    let block = procedures::parse(body)?;
    let mut inner = environment.for_routine(None);
    inner.may_commit = environment.may_commit;
    let call = Call::new(Arc::new(inner), true, true);
    let signature = Signature {
        name: String::new(),
        described: "PL/pgSQL function inline_code_block".to_owned(),
        result: SqlType::new(oid::VOID),
        columns: vec![SqlType::new(oid::VOID)],
        returns_set: false,
        procedure: false,
    };
    Interpreter::new(&call, &signature, Vec::new()).run(&block).map(|_| ())
}

/// Runs a function that a user made.
pub fn call(
    environment: &StatementEnvironment,
    called: &RoutineCall<'_>,
) -> SqlResult<Vec<Row>> {
    let oid = called.routine;
    let routine = environment.catalog.routine(oid).cloned().ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_FUNCTION,
            format!("function with OID {oid} does not exist"),
        )
    })?;
    if routine.result == oid::TRIGGER {
        return Err(refused("trigger functions can only be called as triggers"));
    }
    catalog::privileges::check_routine(&environment.catalog, environment.current_role, &routine)?;
    if environment.routine_depth >= MAXIMUM_DEPTH {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded")
            .hint(format!("Functions may call functions {MAXIMUM_DEPTH} levels deep.")));
    }
    if environment.routine_depth % LEVELS_OF_A_STACK != LEVELS_OF_A_STACK - 1 {
        return execute(environment, &routine, called);
    }
    let failed =
        || SqlError::new(sqlstate::INSUFFICIENT_RESOURCES, "no thread for a function call");
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || execute(environment, &routine, called))
            .map_err(|_| failed())?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn execute(
    environment: &StatementEnvironment,
    declared: &Routine,
    called: &RoutineCall<'_>,
) -> SqlResult<Vec<Row>> {
    let is_sql = declared.language == "sql";
    let role = declared.security_definer.then_some(declared.owner);
    let _settings = Settled::new(environment, declared)?;
    let routine = &bound(declared, called);
    let mut inner = environment.for_routine(role);
    inner.may_commit = environment.may_commit
        && declared.procedure
        && !declared.security_definer
        && declared.settings.is_empty();
    let inner = Arc::new(inner);
    let definition = catalog::routines::definition(&inner.catalog, routine);
    let columns: Vec<SqlType> = match definition.columns {
        [] if routine.result == oid::RECORD && !called.columns.is_empty() => called.columns.to_vec(),
        [] => vec![SqlType::new(routine.result)],
        columns => columns.iter().map(|column| SqlType::new(column.1)).collect(),
    };
    let call = Call::new(inner, routine.volatility == 'v', !is_sql);
    if is_sql {
        return run_sql(&call, routine, &columns, called.arguments);
    }
    let types: Vec<String> = routine
        .input_types()
        .iter()
        .map(|ty| functions::type_catalog::name_of(&*environment.catalog, *ty))
        .collect();
    let signature = Signature {
        name: routine.name.clone(),
        described: format!("PL/pgSQL function {}({})", routine.name, types.join(",")),
        result: SqlType::new(routine.result),
        columns,
        returns_set: routine.returns_set,
        procedure: routine.procedure,
    };
    let mut given = called.arguments.iter();
    let declared = routine
        .arguments
        .iter()
        .map(|argument| Argument {
            name: argument.name.clone(),
            ty: SqlType::new(argument.type_oid),
            fields: fields_of(environment, argument.type_oid),
            value: match argument.mode {
                't' => Datum::Null,
                'o' => {
                    // A CALL gives something in its place.
                    let _ = routine.procedure.then(|| given.next());
                    Datum::Null
                }
                _ => given.next().cloned().unwrap_or_default(),
            },
            output: matches!(argument.mode, 'o' | 'b' | 't'),
        })
        .collect();
    let block = procedures::parse(&routine.body)?;
    Interpreter::new(&call, &signature, declared).run(&block)
}

/// The routine with the types of this call in place of polymorphic ones.
fn bound(routine: &Routine, called: &RoutineCall<'_>) -> Routine {
    let mut routine = routine.clone();
    let is_open = functions::type_catalog::is_polymorphic;
    let types = called.argument_types.iter();
    let inputs = routine.arguments.iter_mut().filter(|argument| !matches!(argument.mode, 'o' | 't'));
    for (argument, ty) in inputs.zip(types) {
        if is_open(argument.type_oid) {
            argument.type_oid = *ty;
        }
    }
    if is_open(routine.result) {
        routine.result = match called.columns {
            [only] => only.oid,
            _ => called.result,
        };
        let result = routine.result;
        let outputs = routine.arguments.iter_mut().filter(|argument| argument.mode == 'o');
        for argument in outputs.filter(|argument| is_open(argument.type_oid)) {
            argument.type_oid = result;
        }
    }
    routine
}

/// The settings of a function's SET clauses, in force while this lives.
struct Settled<'a> {
    session: &'a crate::session_cell::SessionCell,
    before: Vec<(String, Option<String>)>,
}

impl<'a> Settled<'a> {
    fn new(environment: &'a StatementEnvironment, routine: &Routine) -> SqlResult<Settled<'a>> {
        let session = &*environment.session;
        let mut settled = Settled { session, before: Vec::new() };
        for (name, value) in &routine.settings {
            let superuser = session.is_superuser();
            let (name, value) = crate::settings::Settings::check(name, value, superuser)?;
            let before = session.put_setting(&name, Some(value));
            settled.before.push((name, before));
        }
        Ok(settled)
    }
}

impl Drop for Settled<'_> {
    fn drop(&mut self) {
        for (name, before) in std::mem::take(&mut self.before).into_iter().rev() {
            self.session.put_setting(&name, before);
        }
    }
}

/// The statements of a SQL function; the last one's rows are its result.
fn run_sql(
    call: &Call,
    routine: &Routine,
    columns: &[SqlType],
    arguments: &[Datum],
) -> SqlResult<Vec<Row>> {
    let given = routine.arguments.iter().filter(|argument| match argument.mode {
        'o' => routine.procedure,
        mode => mode != 't',
    });
    let bindings: Vec<Binding> = given
        .zip(arguments)
        .filter(|(argument, _)| argument.mode != 'o')
        .map(|(argument, value)| Binding {
            qualifiers: vec![routine.name.clone()],
            bare: !argument.name.is_empty(),
            name: argument.name.clone(),
            ty: SqlType::new(argument.type_oid),
            value: value.clone(),
        })
        .collect();
    let parsed = syntax::parse(&routine.body)
        .map_err(|failure| SqlError::new(failure.sqlstate, failure.message))?;
    let mut last = Rows::default();
    for (index, statement) in parsed.iter().enumerate() {
        let wanted = if routine.returns_set || index + 1 < parsed.len() { usize::MAX } else { 1 };
        let text = &routine.body[statement.text_range.clone()];
        last = call.query(text, &bindings, wanted).map_err(|failure| {
            let own = format!("SQL function \"{}\" statement {}", routine.name, index + 1);
            let context = match &failure.fields().context {
                Some(inner) => format!("{inner}\n{own}"),
                None => own,
            };
            failure.context(context)
        })?;
    }
    if routine.result == oid::VOID {
        return Ok(vec![vec![Datum::Null]]);
    }
    if last.columns.len() != columns.len() {
        let name = functions::type_catalog::name_of(&*call.environment().catalog, routine.result);
        return Err(SqlError::new(
            "42P13",
            format!("return type mismatch in function declared to return {name}"),
        ));
    }
    let mut rows = Vec::with_capacity(last.rows.len());
    for row in last.rows {
        let mut made = Vec::with_capacity(row.len());
        for ((value, given), wanted) in row.into_iter().zip(&last.columns).zip(columns) {
            made.push(call.coerce(value, given.1.oid, *wanted)?);
        }
        rows.push(made);
    }
    Ok(rows)
}

impl StatementEnvironment {
    /// The surroundings of a function's statements: this transaction, and the role it runs as.
    fn for_routine(&self, role: Option<Oid>) -> StatementEnvironment {
        let mut inner = self.again();
        inner.current_role = role.unwrap_or(self.current_role);
        if let Some(role) = role.and_then(|role| self.catalog.role(role)) {
            inner.current_role_name = Arc::from(role.name.as_str());
        }
        inner.routine_depth = self.routine_depth + 1;
        inner.may_commit = false;
        inner
    }

    /// The same for another statement, with the catalog and the transaction of now.
    fn again(&self) -> StatementEnvironment {
        let (epoch, changed) = self.session.changed();
        let changed = changed.filter(|_| epoch != self.change_epoch);
        let (transaction, catalog) = match &changed {
            Some(changed) => (&changed.transaction, &changed.catalog),
            None => (&self.transaction, &self.catalog),
        };
        let scope = StatementScope {
            transaction: Arc::clone(transaction),
            catalog: Arc::clone(catalog),
            transaction_time: self.transaction_time,
            read_only: self.read_only,
            may_flush: false,
            transaction_deadline: self.transaction_deadline,
            constraint_timing: self.constraint_timing.clone(),
            may_commit: self.may_commit,
        };
        let mut inner = StatementEnvironment::new(
            Arc::clone(&self.services),
            Arc::clone(&self.session),
            self.handle.clone(),
            scope,
        );
        inner.change_epoch = epoch;
        inner.deadline = self.deadline;
        inner.statement_time = self.statement_time;
        inner.current_role = self.current_role;
        inner.current_role_name = Arc::clone(&self.current_role_name);
        inner.routine_depth = self.routine_depth;
        inner
    }
}
