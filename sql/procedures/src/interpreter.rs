//! Runs a block: variables, control flow, handlers. Everything else is SQL for the host.

use types::{Datum, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::conditions::covers;
use crate::host::{Binding, Host, Rows};
use crate::tree::{Block, Destination, Dynamic, Kind, Source, Statement};

const ALL: usize = usize::MAX;

/// An argument as the body names it.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Empty if it has none.
    pub name: String,
    pub ty: SqlType,
    pub fields: Option<Vec<(String, SqlType)>>,
    pub value: Datum,
    pub output: bool,
}

/// What the function is to its caller.
#[derive(Clone, Debug)]
pub struct Signature {
    /// `f`, the qualifier of its arguments; empty for DO.
    pub name: String,
    /// `PL/pgSQL function f(integer)`, for messages.
    pub described: String,
    pub result: SqlType,
    /// Columns of its rows; one, unless it returns a composite value.
    pub columns: Vec<SqlType>,
    pub returns_set: bool,
    pub procedure: bool,
    /// The function's number; 0 for DO.
    pub routine: types::Oid,
}

pub(crate) struct Variable {
    pub name: String,
    pub qualifier: Option<String>,
    pub ty: SqlType,
    /// Of a row or record; a record has none before it is assigned.
    pub fields: Option<Vec<(String, SqlType)>>,
    pub is_record: bool,
    pub value: Datum,
    pub constant: bool,
    pub not_null: bool,
    /// The variable that this is another name of.
    pub alias_of: Option<usize>,
    /// The query that a cursor variable is bound to.
    pub cursor: Option<std::sync::Arc<crate::tree::Cursor>>,
}

pub(crate) enum Flow {
    Next,
    Leave { again: bool, label: Option<String> },
    Return,
}

/// One call of a function.
pub struct Interpreter<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) signature: &'a Signature,
    pub(crate) variables: Vec<Variable>,
    pub(crate) outputs: Vec<usize>,
    /// So many of the variables are arguments: `$1`, `$2` ….
    pub(crate) arguments: usize,
    pub(crate) returned: Vec<Row>,
    /// How the current statement is called in CONTEXT, and its line.
    pub(crate) place: (u32, &'static str),
    pub(crate) found: bool,
    pub(crate) row_count: u64,
    /// Errors being handled, innermost last.
    pub(crate) handled: Vec<SqlError>,
}

fn matches_label(wanted: Option<&String>, own: Option<&String>) -> bool {
    wanted.is_none() || wanted == own
}

pub(crate) fn error(state: &'static str, message: impl Into<String>) -> SqlError {
    SqlError::new(state, message)
}

impl<'a> Interpreter<'a> {
    pub fn new(
        host: &'a dyn Host,
        signature: &'a Signature,
        arguments: Vec<Argument>,
    ) -> Interpreter<'a> {
        let mut outputs = Vec::new();
        let mut variables = Vec::new();
        for (index, argument) in arguments.into_iter().enumerate() {
            if argument.output {
                outputs.push(index);
            }
            variables.push(Variable {
                name: argument.name,
                qualifier: Some(signature.name.clone()),
                is_record: argument.ty.oid == oid::RECORD,
                ty: argument.ty,
                fields: argument.fields,
                value: argument.value,
                constant: false,
                not_null: false,
                alias_of: None,
                cursor: None,
            });
        }
        Interpreter {
            arguments: variables.len(),
            host,
            signature,
            variables,
            outputs,
            returned: Vec::new(),
            place: (0, ""),
            found: false,
            row_count: 0,
            handled: Vec::new(),
        }
    }

    /// Runs the body; the rows it answers with, one for a function that returns no set.
    pub fn run(mut self, block: &Block) -> SqlResult<Vec<Row>> {
        let finished = self.block(block).and_then(|flow| self.finish(flow));
        match finished {
            Ok(()) => Ok(self.returned),
            Err(failure) => Err(self.with_context(failure)),
        }
    }

    pub(crate) fn with_context(&self, failure: SqlError) -> SqlError {
        let (line, what) = self.place;
        let own = match line {
            0 => self.signature.described.clone(),
            _ => format!("{} line {line} at {what}", self.signature.described),
        };
        let context = match &failure.fields().context {
            Some(inner) => format!("{inner}\n{own}"),
            None => own,
        };
        failure.context(context)
    }

    fn finish(&mut self, flow: Flow) -> SqlResult<()> {
        match flow {
            Flow::Leave { again, .. } => Err(error(
                sqlstate::SYNTAX_ERROR,
                format!(
                    "{} cannot be used outside a loop",
                    if again { "CONTINUE" } else { "EXIT" }
                ),
            )),
            Flow::Next if self.signature.returns_set => Ok(()),
            Flow::Next if !self.outputs.is_empty() => {
                let row = self.output_row();
                self.returned.push(row);
                Ok(())
            }
            Flow::Next if self.signature.procedure || self.signature.result.oid == oid::VOID => {
                self.returned.push(vec![Datum::Null]);
                Ok(())
            }
            Flow::Next if self.signature.result.oid == oid::TRIGGER => {
                self.place = (0, "");
                Err(error("2F005", "control reached end of trigger procedure without RETURN"))
            }
            Flow::Next => {
                self.place = (0, "");
                Err(error("2F005", "control reached end of function without RETURN"))
            }
            Flow::Return => Ok(()),
        }
    }

    pub(crate) fn output_row(&self) -> Row {
        self.outputs.iter().map(|index| self.variables[*index].value.clone()).collect()
    }

    fn block(&mut self, block: &Block) -> SqlResult<Flow> {
        let outer = self.variables.len();
        let flow = self.block_inside(block);
        self.variables.truncate(outer);
        flow
    }

    fn block_inside(&mut self, block: &Block) -> SqlResult<Flow> {
        for declaration in &block.declarations {
            self.declare(declaration, block.label.as_ref())?;
        }
        if block.handlers.is_empty() {
            let flow = self.statements(&block.body)?;
            return Ok(leave_block(flow, block.label.as_ref()));
        }
        let inside = self.variables.len();
        let mark = self.host.mark();
        let failure = match self.statements(&block.body) {
            Ok(flow) => {
                self.host.forget_mark();
                return Ok(leave_block(flow, block.label.as_ref()));
            }
            Err(failure) => failure,
        };
        // A cancelled statement ends whatever the handlers say.
        self.host.check_interrupts()?;
        let state = failure.sqlstate();
        let handler = block.handlers.iter().find(|handler| {
            handler.conditions.iter().any(|condition| covers(condition.as_deref(), state))
        });
        let fatal = failure.fields().severity != types::Severity::Error;
        let Some(handler) = handler.filter(|_| !fatal) else { return Err(failure) };
        self.variables.truncate(inside);
        self.host.roll_back_to(mark)?;
        self.host.forget_mark();
        let failure = self.with_context(failure);
        for (name, value) in
            [("sqlstate", failure.sqlstate().to_owned()), ("sqlerrm", failure.message().to_owned())]
        {
            self.push(name, None, SqlType::new(oid::TEXT), Datum::Text(value.as_str().into()));
        }
        self.handled.push(failure);
        let flow = self.statements(&handler.body);
        self.handled.pop();
        flow.map(|flow| leave_block(flow, block.label.as_ref()))
    }

    fn query(&self, sql: &str, limit: usize) -> SqlResult<Rows> {
        self.host.query(sql, &self.bindings(), limit)
    }

    /// The value of an expression, with its type.
    pub(crate) fn evaluate(&self, text: &str) -> SqlResult<(Datum, SqlType)> {
        let rows = self.query(&format!("SELECT {text}"), 2)?;
        let [(_, ty)] = rows.columns.as_slice() else {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("query returned {} columns", rows.columns.len()),
            ));
        };
        if rows.rows.len() > 1 {
            return Err(error(sqlstate::CARDINALITY_VIOLATION, "query returned more than one row"));
        }
        let value = rows.rows.into_iter().next().and_then(|row| row.into_iter().next());
        Ok((value.unwrap_or_default(), *ty))
    }

    pub(crate) fn evaluate_as(&self, text: &str, ty: SqlType) -> SqlResult<Datum> {
        let (value, given) = self.evaluate(text)?;
        self.host.coerce(value, given.oid, ty)
    }

    fn condition(&self, text: &str) -> SqlResult<bool> {
        Ok(matches!(self.evaluate_as(text, SqlType::new(oid::BOOL))?, Datum::Bool(true)))
    }

    pub(crate) fn text_of(&self, expression: &str) -> SqlResult<Option<String>> {
        let (value, ty) = self.evaluate(expression)?;
        if value.is_null() {
            return Ok(None);
        }
        self.host.text(&value, ty.oid).map(Some)
    }

    fn statements(&mut self, statements: &[Statement]) -> SqlResult<Flow> {
        for statement in statements {
            self.host.check_interrupts()?;
            match self.statement(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Statement) -> SqlResult<Flow> {
        if statement.kind == Kind::Null {
            return Ok(Flow::Next);
        }
        self.place = (statement.line, described(&statement.kind));
        match &statement.kind {
            Kind::Null => {}
            Kind::Block(block) => return self.block(block),
            Kind::Assign { target, subscripts, value } => {
                let (value, ty) = self.evaluate(value)?;
                if subscripts.is_empty() {
                    self.assign(target, value, ty)?;
                } else {
                    self.assign_element(target, subscripts, value, ty)?;
                }
            }
            Kind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.condition(condition)? {
                        return self.statements(body);
                    }
                }
                return self.statements(otherwise);
            }
            Kind::Case { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.condition(condition)? {
                        return self.statements(body);
                    }
                }
                return match otherwise {
                    Some(body) => self.statements(body),
                    None => Err(error("20000", "case not found")
                        .hint("CASE statement is missing ELSE part.")),
                };
            }
            Kind::Loop { label, body } => loop {
                if let Some(flow) = self.turn(label.as_ref(), body)? {
                    return Ok(flow);
                }
            },
            Kind::While { label, condition, body } => {
                while self.condition(condition)? {
                    if let Some(flow) = self.turn(label.as_ref(), body)? {
                        return Ok(flow);
                    }
                    self.place = (statement.line, "WHILE");
                }
            }
            Kind::ForInteger { .. } => return self.for_integer(&statement.kind),
            Kind::ForQuery { label, targets, source, body } => {
                let rows = self.source(source)?;
                let any = !rows.rows.is_empty();
                for row in rows.rows {
                    self.assign_row(targets, &rows.columns, Some(row))?;
                    if let Some(flow) = self.turn(label.as_ref(), body)? {
                        self.found = true;
                        return Ok(flow);
                    }
                }
                self.found = any;
            }
            Kind::ForCursor { .. } => return self.for_cursor(&statement.kind),
            Kind::Open { cursor, what } => self.open(cursor, what)?,
            Kind::Fetch { cursor, step, into } => self.fetch(cursor, step, into.as_deref())?,
            Kind::Close { cursor } => self.close(cursor)?,
            Kind::Foreach { label, target, slice, array, body } => {
                let given = self.evaluate(array)?;
                let (values, element) = self.slices(target, *slice, given)?;
                let any = !values.is_empty();
                for value in values {
                    self.assign(target, value, element)?;
                    if let Some(flow) = self.turn(label.as_ref(), body)? {
                        self.found = true;
                        return Ok(flow);
                    }
                }
                self.found = any;
            }
            Kind::Leave { again, label, condition } => {
                let leaves = match condition {
                    Some(condition) => self.condition(condition)?,
                    None => true,
                };
                if leaves {
                    return Ok(Flow::Leave { again: *again, label: label.clone() });
                }
            }
            Kind::Return(value) => return self.return_value(value.as_deref()),
            Kind::ReturnNext(value) => self.return_next(value.as_deref())?,
            Kind::ReturnQuery(source) => self.return_query(source)?,
            Kind::Perform(text) => {
                let rows = self.sql(&format!("SELECT {text}"), ALL)?;
                self.counted(rows.count);
            }
            Kind::Execute { source, into } => {
                let limit = into.as_ref().map_or(ALL, |_| 2);
                let rows = self.dynamic(source, limit)?;
                self.row_count = rows.count;
                if let Some(into) = into {
                    self.into(into, rows)?;
                }
            }
            Kind::Sql { text, into } => {
                let rows = self.sql(text, into.as_ref().map_or(ALL, |_| 2))?;
                match into {
                    None if !rows.columns.is_empty() => {
                        return Err(error(
                            sqlstate::SYNTAX_ERROR,
                            "query has no destination for result data",
                        )
                        .hint(
                            "If you want to discard the results of a SELECT, use PERFORM instead.",
                        ));
                    }
                    None => self.counted(rows.count),
                    Some(into) => {
                        let any = !rows.rows.is_empty();
                        self.into(into, rows)?;
                        self.counted(u64::from(any));
                    }
                }
            }
            Kind::Raise(raise) => self.raise(raise)?,
            Kind::Assert { condition, message } => {
                if !self.condition(condition)? {
                    let message = match message {
                        Some(message) => self.text_of(message)?,
                        None => None,
                    };
                    return Err(error(
                        "P0004",
                        message.unwrap_or_else(|| "assertion failed".to_owned()),
                    ));
                }
            }
            Kind::Diagnostics { stacked, items } => self.diagnostics(*stacked, items)?,
        }
        Ok(Flow::Next)
    }

    pub(crate) fn counted(&mut self, rows: u64) {
        self.row_count = rows;
        self.found = rows > 0;
    }

    /// One turn of a loop; `Some` ends the loop.
    pub(crate) fn turn(
        &mut self,
        label: Option<&String>,
        body: &[Statement],
    ) -> SqlResult<Option<Flow>> {
        self.host.check_interrupts()?;
        Ok(match self.statements(body)? {
            Flow::Next => None,
            Flow::Return => Some(Flow::Return),
            Flow::Leave { again, label: wanted } => {
                match (matches_label(wanted.as_ref(), label), again) {
                    (true, true) => None,
                    (true, false) => Some(Flow::Next),
                    (false, again) => Some(Flow::Leave { again, label: wanted }),
                }
            }
        })
    }

    fn for_integer(&mut self, kind: &Kind) -> SqlResult<Flow> {
        let Kind::ForInteger { label, variable, reverse, from, to, step, body } = kind else {
            return Ok(Flow::Next);
        };
        let bound = |text: &str, what: &str| -> SqlResult<i64> {
            match self.evaluate_as(text, SqlType::new(oid::INT4))? {
                Datum::Int4(value) => Ok(i64::from(value)),
                _ => Err(error("22004", format!("{what} of FOR loop cannot be null"))),
            }
        };
        let mut current = bound(from, "lower bound")?;
        let end = bound(to, "upper bound")?;
        let step = match step {
            Some(step) => bound(step, "BY value")?,
            None => 1,
        };
        if step <= 0 {
            return Err(error("22023", "BY value of FOR loop must be greater than zero"));
        }
        let outer = self.variables.len();
        self.push(variable, label.clone(), SqlType::new(oid::INT4), Datum::Null);
        let mut any = false;
        let mut ended = Flow::Next;
        while if *reverse { current >= end } else { current <= end } {
            let Ok(value) = i32::try_from(current) else { break };
            any = true;
            self.variables[outer].value = Datum::Int4(value);
            if let Some(flow) = self.turn(label.as_ref(), body)? {
                ended = flow;
                break;
            }
            current += if *reverse { -step } else { step };
        }
        self.variables.truncate(outer);
        self.found = any;
        Ok(ended)
    }

    /// A statement of the body itself, with the line that says so in errors.
    pub(crate) fn sql(&self, text: &str, limit: usize) -> SqlResult<Rows> {
        self.query(text, limit).map_err(|failure| in_statement(failure, text))
    }

    fn dynamic(&self, dynamic: &Dynamic, limit: usize) -> SqlResult<Rows> {
        let Some(text) = self.text_of(&dynamic.text)? else {
            return Err(error("22004", "query string argument of EXECUTE is null"));
        };
        let mut parameters = Vec::new();
        for (index, expression) in dynamic.using.iter().enumerate() {
            let (value, ty) = self.evaluate(expression)?;
            let name = format!("${}", index + 1);
            parameters.push(Binding { qualifiers: Vec::new(), bare: false, name, ty, value });
        }
        let answered = self.host.query(&text, &parameters, limit);
        answered.map_err(|failure| in_statement(failure, &text))
    }

    pub(crate) fn source(&self, source: &Source) -> SqlResult<Rows> {
        match source {
            Source::Sql(text) => self.sql(text, ALL),
            Source::Dynamic(dynamic) => self.dynamic(dynamic, ALL),
        }
    }

    fn into(&mut self, into: &Destination, rows: Rows) -> SqlResult<()> {
        if into.strict && rows.rows.is_empty() {
            return Err(error("P0002", "query returned no rows"));
        }
        if into.strict && rows.rows.len() > 1 {
            return Err(error("P0003", "query returned more than one row")
                .hint("Make sure the query returns a single row, or use LIMIT 1."));
        }
        let first = rows.rows.into_iter().next();
        self.assign_row(&into.targets, &rows.columns, first)
    }
}

fn in_statement(failure: SqlError, text: &str) -> SqlError {
    let own = format!("SQL statement \"{}\"", text.trim());
    let context = match &failure.fields().context {
        Some(inner) => format!("{inner}\n{own}"),
        None => own,
    };
    failure.context(context)
}

/// EXIT with a block's label leaves the block.
fn leave_block(flow: Flow, label: Option<&String>) -> Flow {
    match flow {
        Flow::Leave { again: false, label: Some(wanted) } if Some(&wanted) == label => Flow::Next,
        other => other,
    }
}

/// A statement's name in CONTEXT.
fn described(kind: &Kind) -> &'static str {
    match kind {
        Kind::Block(_) => "statement block",
        Kind::Null => "NULL",
        Kind::Assign { .. } => "assignment",
        Kind::If { .. } => "IF",
        Kind::Case { .. } => "CASE",
        Kind::Loop { .. } => "LOOP",
        Kind::While { .. } => "WHILE",
        Kind::ForInteger { .. } => "FOR with integer loop variable",
        Kind::ForQuery { source: Source::Sql(_), .. } => "FOR over SELECT rows",
        Kind::ForQuery { .. } => "FOR over EXECUTE statement",
        Kind::Foreach { .. } => "FOREACH over array",
        Kind::ForCursor { .. } => "FOR over cursor",
        Kind::Open { .. } => "OPEN",
        Kind::Fetch { into: None, .. } => "MOVE",
        Kind::Fetch { .. } => "FETCH",
        Kind::Close { .. } => "CLOSE",
        Kind::Leave { again: true, .. } => "CONTINUE",
        Kind::Leave { .. } => "EXIT",
        Kind::Return(_) => "RETURN",
        Kind::ReturnNext(_) => "RETURN NEXT",
        Kind::ReturnQuery(_) => "RETURN QUERY",
        Kind::Perform(_) => "PERFORM",
        Kind::Execute { .. } => "EXECUTE",
        Kind::Sql { .. } => "SQL statement",
        Kind::Raise(_) => "RAISE",
        Kind::Assert { .. } => "ASSERT",
        Kind::Diagnostics { stacked: true, .. } => "GET STACKED DIAGNOSTICS",
        Kind::Diagnostics { .. } => "GET DIAGNOSTICS",
    }
}
