//! Calls of functions that users made: their statements run in the caller's transaction.
//!
//! A volatile function sees what the transaction has written up to now, and what it writes joins the transaction with
//! each of its statements. A stable or immutable one may not write, and sees what its caller's statement sees.

use std::sync::Arc;

use catalog::Routine;
use functions::RoutineCall;
use procedures::{Argument, Binding, Host, Interpreter, Rows, Signature};
use types::{Datum, Oid, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::environment::{StatementEnvironment, StatementScope};
use crate::routine_statements::{Call, fields_of, refused};

/// Functions may call functions this deep.
const MAXIMUM_DEPTH: u32 = 256;
/// After this many levels a call goes on with a stack of its own.
const LEVELS_OF_A_STACK: u32 = 4;
/// Bytes of such a stack.
const STACK_BYTES: usize = 16 << 20;

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
        routine: 0,
    };
    Interpreter::new(&call, &signature, Vec::new()).run(&block).map(|_| ())
}

/// Runs a function that a user made.
pub fn call(environment: &StatementEnvironment, called: &RoutineCall<'_>) -> SqlResult<Vec<Row>> {
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
    with_stack(environment, || execute(environment, &routine, called))
}

/// Runs one level of a function, with a stack of its own if those before have used much of theirs.
pub fn with_stack<T: Send>(
    environment: &StatementEnvironment,
    run: impl FnOnce() -> SqlResult<T> + Send,
) -> SqlResult<T> {
    if environment.routine_depth >= MAXIMUM_DEPTH {
        return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded")
            .hint(format!("Functions may call functions {MAXIMUM_DEPTH} levels deep.")));
    }
    if environment.routine_depth % LEVELS_OF_A_STACK != LEVELS_OF_A_STACK - 1 {
        return run();
    }
    let failed =
        || SqlError::new(sqlstate::INSUFFICIENT_RESOURCES, "no thread for a function call");
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, run)
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
        [] if routine.result == oid::RECORD && !called.columns.is_empty() => {
            called.columns.to_vec()
        }
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
        routine: routine.oid,
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

/// The fields of a composite value as columns.
fn spread(row: Row, columns: usize) -> Row {
    match row.into_iter().next() {
        Some(Datum::Record(fields)) => fields.iter().map(|field| field.1.clone()).collect(),
        _ => vec![Datum::Null; columns],
    }
}

/// The routine with the types of this call in place of polymorphic ones.
fn bound(routine: &Routine, called: &RoutineCall<'_>) -> Routine {
    let mut routine = routine.clone();
    let is_open = functions::type_catalog::is_polymorphic;
    let types = called.argument_types.iter();
    let inputs =
        routine.arguments.iter_mut().filter(|argument| !matches!(argument.mode, 'o' | 't'));
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
pub struct Settled<'a> {
    session: &'a crate::session_cell::SessionCell,
    before: Vec<(String, Option<String>)>,
}

impl<'a> Settled<'a> {
    pub fn new(environment: &'a StatementEnvironment, routine: &Routine) -> SqlResult<Settled<'a>> {
        let session = &*environment.session;
        let mut settled = Settled { session, before: Vec::new() };
        for (name, value) in &routine.settings {
            let superuser = session.is_superuser();
            let value = session.with_settings(|settings| settings.completed(name, value));
            let (name, value) = crate::settings::Settings::check(name, &value, superuser)?;
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
    if let [only] = columns
        && only.oid == oid::RECORD
        && last.columns.first().is_none_or(|first| first.1.oid != oid::RECORD)
    {
        let row = |row: Row| {
            let fields = last.columns.iter().map(|column| column.1.oid).zip(row);
            vec![Datum::Record(fields.collect())]
        };
        return Ok(last.rows.into_iter().map(row).collect());
    }
    if let [(_, given)] = last.columns.as_slice()
        && given.oid == routine.result
        && columns.len() > 1
    {
        // One value of the composite type itself.
        return Ok(last.rows.into_iter().map(|row| spread(row, columns.len())).collect());
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
    pub fn for_routine(&self, role: Option<Oid>) -> StatementEnvironment {
        let mut inner = self.again();
        inner.current_role = role.unwrap_or(self.current_role);
        if let Some(role) = role.and_then(|role| self.catalog.role(role)) {
            inner.current_role_name = Arc::from(role.name.as_str());
        }
        inner.routine_depth = self.routine_depth + 1;
        inner.may_commit = false;
        inner.transitions.clear();
        inner
    }

    /// The same for another statement, with the catalog and the transaction of now.
    pub fn again(&self) -> StatementEnvironment {
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
        inner.trigger_depth = self.trigger_depth;
        inner.transitions.clone_from(&self.transitions);
        inner
    }
}
