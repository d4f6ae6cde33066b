//! Calls of functions that users made: their statements run in the caller's transaction.
//!
//! A volatile function sees what the transaction has written up to now, and what it writes joins the transaction with
//! each of its statements. A stable or immutable one may not write, and sees what its caller's statement sees.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::Routine;
use executor::{Environment, Execution};
use functions::{EvalContext, input_output};
use parking_lot::Mutex;
use planner::bind::Variable;
use planner::plan::StatementKind;
use procedures::{Argument, Binding, Host, Interpreter, Rows, Shape, Signature};
use types::{Datum, Oid, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::environment::{StatementEnvironment, StatementScope};
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
    environment: Arc<StatementEnvironment>,
    volatile: bool,
    /// In PL/pgSQL, a column named like a variable is a conflict; in SQL, the column is meant.
    conflicts: bool,
    plans: Mutex<HashMap<String, Arc<planner::plan::Statement>>>,
}

fn refused(what: &str) -> SqlError {
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, what)
}

impl Call {
    fn new(environment: Arc<StatementEnvironment>, volatile: bool, conflicts: bool) -> Call {
        Call { environment, volatile, conflicts, plans: Mutex::default() }
    }

    /// The plan of a statement for variables of these types; made once per call.
    fn plan(&self, sql: &str, variables: &[Binding]) -> SqlResult<Arc<planner::plan::Statement>> {
        let mut key = sql.to_owned();
        for variable in variables {
            key.push('\0');
            key.push_str(&variable.name);
            key.push_str(&variable.ty.oid.to_string());
        }
        if let Some(known) = self.plans.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let parsed = syntax::parse(sql)
            .map_err(|failure| SqlError::new(failure.sqlstate, failure.message))?;
        let [one] = parsed.as_slice() else {
            return Err(refused("a function's statement must be one statement"));
        };
        if !is_planned(&one.statement) {
            return Err(refused(
                "only SELECT, INSERT, UPDATE, DELETE and MERGE are supported in functions",
            ));
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
        let environment = &*self.environment;
        let planned = planner::plan_statement(&one.statement, environment, &options)
            .map_err(without_place)?;
        crate::privileges::check(&planned, environment)?;
        let planned = Arc::new(planned);
        let mut plans = self.plans.lock();
        if plans.len() < MAXIMUM_PLANS {
            plans.insert(key, Arc::clone(&planned));
        }
        Ok(planned)
    }

    fn run(
        &self,
        plan: Arc<planner::plan::Statement>,
        parameters: Vec<Datum>,
        limit: usize,
    ) -> SqlResult<Rows> {
        let writes = plan.kind != StatementKind::Select || plan.ctes.iter().any(|cte| cte.modifies);
        if writes && !self.volatile {
            let word = format!("{:?}", plan.kind).to_uppercase();
            return Err(refused(&format!("{word} is not allowed in a non-volatile function")));
        }
        let columns = plan.root.columns.iter().map(|column| (column.name.clone(), column.ty));
        let columns: Vec<(String, SqlType)> = columns.collect();
        let kind = plan.kind;
        let context: Arc<dyn Environment> = Arc::clone(&self.environment) as Arc<_>;
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
            StatementKind::Select => rows.len() as u64,
            _ => execution.affected_rows(),
        };
        Ok(Rows { columns, rows, count })
    }
}

/// Places point into the function's text, not into the statement that the client sees.
fn without_place(mut failure: SqlError) -> SqlError {
    failure.fields_mut().location = None;
    failure
}

impl Host for Call {
    fn query(&self, sql: &str, variables: &[Binding], limit: usize) -> SqlResult<Rows> {
        let transaction = &self.environment.transaction;
        if self.volatile {
            // What the calling statement has written so far is seen, and kept however this statement ends.
            transaction.do_not_wait();
            transaction.finish_statement();
        }
        let plan = self.plan(sql, variables)?;
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
        let environment = &*self.environment;
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
                .and_then(|plan| self.run(plan, vec![given.value], 1));
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
        input_output::output(&*self.environment, ty, value)
    }

    fn type_named(&self, text: &str) -> SqlResult<Shape> {
        let environment = &*self.environment;
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
        functions::type_catalog::element_type(&*self.environment.catalog, array)
    }

    fn mark(&self) -> procedures::Mark {
        self.environment.transaction.finish_statement();
        self.environment.transaction.mark().parts()
    }

    fn roll_back_to(&self, mark: procedures::Mark) {
        self.environment.transaction.roll_back_to(crate::transaction::Mark::from_parts(mark));
        self.environment.forget_touched();
    }

    fn notice(&self, notice: SqlError) {
        self.environment.session.notice(notice);
    }

    fn check_interrupts(&self) -> SqlResult<()> {
        self.environment.check_interrupts()
    }
}

fn fields_of(environment: &StatementEnvironment, ty: Oid) -> Option<Vec<(String, SqlType)>> {
    let fields = catalog::user_values::composite_fields(&environment.catalog, ty)?;
    Some(fields.into_iter().map(|(name, ty, ..)| (name, SqlType::new(ty))).collect())
}

/// Runs the body of DO.
pub fn run_block(environment: &StatementEnvironment, body: &str) -> SqlResult<()> {
    let block = procedures::parse(body)?;
    let inner = Arc::new(environment.for_routine(None));
    let call = Call::new(inner, true, true);
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
    routine: Oid,
    arguments: &[Datum],
) -> SqlResult<Vec<Row>> {
    let routine = environment.catalog.routine(routine).cloned().ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_FUNCTION,
            format!("function with OID {routine} does not exist"),
        )
    })?;
    if routine.result == oid::TRIGGER {
        return Err(refused("trigger functions can only be called as triggers"));
    }
    if environment.routine_depth >= MAXIMUM_DEPTH {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded")
            .hint(format!("Functions may call functions {MAXIMUM_DEPTH} levels deep.")));
    }
    if environment.routine_depth % LEVELS_OF_A_STACK != LEVELS_OF_A_STACK - 1 {
        return execute(environment, &routine, arguments);
    }
    let failed =
        || SqlError::new(sqlstate::INSUFFICIENT_RESOURCES, "no thread for a function call");
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || execute(environment, &routine, arguments))
            .map_err(|_| failed())?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn execute(
    environment: &StatementEnvironment,
    routine: &Routine,
    arguments: &[Datum],
) -> SqlResult<Vec<Row>> {
    let is_sql = routine.language == "sql";
    let role = routine.security_definer.then_some(routine.owner);
    let inner = Arc::new(environment.for_routine(role));
    let definition = catalog::routines::definition(&inner.catalog, routine);
    let columns: Vec<SqlType> = match definition.columns {
        [] => vec![SqlType::new(routine.result)],
        columns => columns.iter().map(|column| SqlType::new(column.1)).collect(),
    };
    let call = Call::new(inner, routine.volatility == 'v', !is_sql);
    if is_sql {
        return run_sql(&call, routine, &columns, arguments);
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
    let mut given = arguments.iter();
    let declared = routine
        .arguments
        .iter()
        .map(|argument| Argument {
            name: argument.name.clone(),
            ty: SqlType::new(argument.type_oid),
            fields: fields_of(environment, argument.type_oid),
            value: match argument.mode {
                'o' | 't' => Datum::Null,
                _ => given.next().cloned().unwrap_or_default(),
            },
            output: matches!(argument.mode, 'o' | 'b' | 't'),
        })
        .collect();
    let block = procedures::parse(&routine.body)?;
    Interpreter::new(&call, &signature, declared).run(&block)
}

/// The statements of a SQL function; the last one's rows are its result.
fn run_sql(
    call: &Call,
    routine: &Routine,
    columns: &[SqlType],
    arguments: &[Datum],
) -> SqlResult<Vec<Row>> {
    let bindings: Vec<Binding> = routine
        .inputs()
        .zip(arguments)
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
        let name = functions::type_catalog::name_of(&*call.environment.catalog, routine.result);
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
        let scope = StatementScope {
            transaction: Arc::clone(&self.transaction),
            catalog: Arc::clone(&self.catalog),
            transaction_time: self.transaction_time,
            read_only: self.read_only,
            may_flush: false,
            transaction_deadline: self.transaction_deadline,
            constraint_timing: self.constraint_timing.clone(),
        };
        let mut inner = StatementEnvironment::new(
            Arc::clone(&self.services),
            Arc::clone(&self.session),
            self.handle.clone(),
            scope,
        );
        inner.deadline = self.deadline;
        inner.statement_time = self.statement_time;
        inner.current_role = role.unwrap_or(self.current_role);
        inner.current_role_name = match role.and_then(|role| self.catalog.role(role)) {
            Some(role) => Arc::from(role.name.as_str()),
            None => Arc::clone(&self.current_role_name),
        };
        inner.routine_depth = self.routine_depth + 1;
        inner
    }
}
