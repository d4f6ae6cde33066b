//! Statements that are not planned: transactions, settings, prepared statements, EXPLAIN and maintenance.

use std::collections::VecDeque;
use std::sync::Arc;

use planner::plan::OutputColumn;
use syntax::ast::{
    self, DiscardTarget, IsolationLevel, SetItem, SetScope, SetValue, Show, Statement, Transaction,
    TransactionMode,
};
use types::oid::TEXT;
use types::{Datum, Row, Severity, SqlError, SqlResult, SqlType, sqlstate};

use crate::block::{Block, BlockKind};
use crate::client_session::{Session, guarded};
use crate::cursors::no_cursor;
use crate::notifications::Listening;
use crate::settings::{Settings, find};
use crate::statement::{self, Prepared};
use crate::truncation;
use crate::{explain, settings_table};

/// What a utility statement answers.
pub enum Answer {
    Tag(String),
    Rows {
        columns: Arc<[OutputColumn]>,
        rows: VecDeque<Row>,
        tag: String,
        counts: bool,
    },
    /// Another statement's rows: EXECUTE.
    Planned {
        prepared: Arc<Prepared>,
        parameters: Vec<Datum>,
    },
}

pub fn tag(text: &str) -> SqlResult<Answer> {
    Ok(Answer::Tag(text.to_owned()))
}

/// A column of text that comes from no table.
pub fn text_column(name: &str) -> OutputColumn {
    OutputColumn { name: name.to_owned(), ty: SqlType::new(TEXT), table: 0, attribute: 0 }
}

fn warning(code: &'static str, message: &str) -> SqlError {
    SqlError::new(code, message).severity(Severity::Warning)
}

pub fn unsupported(what: &str) -> SqlError {
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, format!("{what} is not supported"))
}

impl Session {
    /// The columns a utility statement returns; `None` if it returns no rows.
    pub async fn utility_columns(
        &mut self,
        statement: &Statement,
    ) -> SqlResult<Option<Arc<[OutputColumn]>>> {
        Ok(match statement {
            Statement::Show(Show::All) => Some(Arc::from(show_all_columns())),
            Statement::Show(Show::Name { name, .. }) => {
                let shown = find(name).map_or(name.as_str(), |setting| setting.name);
                Some(Arc::from([text_column(shown)]))
            }
            Statement::Explain(_) => Some(Arc::from([text_column("QUERY PLAN")])),
            Statement::Execute(execute) => self.prepared(&execute.name).await?.columns.clone(),
            Statement::Fetch(fetch) if !fetch.is_move => {
                let portal =
                    self.portals.get(&fetch.cursor).ok_or_else(|| no_cursor(&fetch.cursor))?;
                portal.prepared.columns.clone()
            }
            _ => None,
        })
    }

    /// Whether the statement may run in a failed block.
    pub fn allowed_when_failed(statement: &Statement) -> bool {
        matches!(
            statement,
            Statement::Transaction(
                Transaction::Commit { .. }
                    | Transaction::Rollback { .. }
                    | Transaction::RollbackTo { .. }
            )
        )
    }

    /// Runs a utility statement.
    pub async fn utility(&mut self, statement: &Statement, text: &Arc<str>) -> SqlResult<Answer> {
        match statement {
            Statement::Transaction(control) => self.transaction_control(control).await,
            Statement::Set(set) => self.set_variable(set),
            Statement::Show(show) => self.show(show),
            Statement::SetConstraints(set) => self.set_constraints(set).await,
            Statement::Discard(target) => self.discard(*target),
            Statement::Prepare(prepare) => self.prepare_statement(prepare, text).await,
            Statement::Execute(execute) => self.execute_prepared(execute).await,
            Statement::Deallocate(name) => self.deallocate(name.as_deref()),
            Statement::Explain(explain) => self.explain(explain, text).await,
            Statement::Declare(declare) => self.declare(declare, text).await,
            Statement::Fetch(fetch) => self.fetch(fetch).await,
            Statement::Close(name) => self.close_cursor(name.as_deref()),
            Statement::Listen(channel) => {
                self.ensure_block().listening.push(Listening::Begin(channel.clone()));
                tag("LISTEN")
            }
            Statement::Unlisten(channel) => {
                let change = channel.clone().map_or(Listening::EndAll, Listening::End);
                self.ensure_block().listening.push(change);
                tag("UNLISTEN")
            }
            Statement::Notify(notify) => {
                let environment = self.environment().await?;
                let payload = notify.payload.as_deref().unwrap_or_default();
                catalog::notify(&*environment, &notify.channel, payload)?;
                tag("NOTIFY")
            }
            Statement::Vacuum(vacuum) => self.vacuum(vacuum).await,
            Statement::Cluster(_) => tag("CLUSTER"),
            Statement::Checkpoint => tag("CHECKPOINT"),
            Statement::Lock(lock) => self.lock_tables(lock).await,
            Statement::Do(block) => self.run_do(block).await,
            other if definition::is_definition(other) => self.define(other).await,
            other => Err(unsupported(definition::refused(other).unwrap_or("this statement"))),
        }
    }

    async fn transaction_control(&mut self, control: &Transaction) -> SqlResult<Answer> {
        match control {
            Transaction::Begin { modes, start } => {
                let name = if *start { "START TRANSACTION" } else { "BEGIN" };
                let now = self.services.now();
                match &mut self.block {
                    Some(block) if block.kind == BlockKind::Explicit => {
                        self.cell.notice(warning(
                            sqlstate::ACTIVE_SQL_TRANSACTION,
                            "there is already a transaction in progress",
                        ));
                        return tag(name);
                    }
                    Some(block) => block.kind = BlockKind::Explicit,
                    None => {
                        self.ensure_block();
                        let block = self.block.as_mut().expect("just made");
                        block.kind = BlockKind::Explicit;
                        block.started_at = now;
                    }
                }
                self.apply_modes(modes)?;
                tag(name)
            }
            Transaction::Commit { chain } => self.end_block(true, *chain).await,
            Transaction::Rollback { chain } => self.end_block(false, *chain).await,
            Transaction::Savepoint { name, .. } => {
                self.require_block("SAVEPOINT")?;
                let mark = self.cell.setting_mark();
                self.statement_succeeded();
                let block = self.block.as_mut().expect("required above");
                block.set_savepoint(name, mark);
                tag("SAVEPOINT")
            }
            Transaction::Release { name, .. } => {
                self.require_block("RELEASE SAVEPOINT")?;
                self.block.as_mut().expect("required above").release(name)?;
                tag("RELEASE")
            }
            Transaction::RollbackTo { name, .. } => {
                self.require_block("ROLLBACK TO SAVEPOINT")?;
                let mark = self.block.as_mut().expect("required above").roll_back_to(name)?;
                self.cell.undo_settings(mark);
                tag("ROLLBACK")
            }
            Transaction::Set(modes) => {
                match &self.block {
                    Some(block) if block.kind == BlockKind::Explicit => self.apply_modes(modes)?,
                    _ => self.cell.notice(warning(
                        sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                        "SET TRANSACTION can only be used in transaction blocks",
                    )),
                }
                tag("SET")
            }
            Transaction::SetSessionCharacteristics(modes) => {
                for mode in modes {
                    let (name, value) = match mode {
                        TransactionMode::Isolation(level) => {
                            ("default_transaction_isolation", isolation_name(*level))
                        }
                        TransactionMode::ReadOnly(on) => {
                            ("default_transaction_read_only", on_off(*on))
                        }
                        TransactionMode::Deferrable(on) => {
                            ("default_transaction_deferrable", on_off(*on))
                        }
                    };
                    self.cell.set(name, Some(value.to_owned()), false);
                }
                tag("SET")
            }
            Transaction::SetSnapshot(_) => Err(unsupported("SET TRANSACTION SNAPSHOT")),
            Transaction::PrepareTransaction(_)
            | Transaction::CommitPrepared(_)
            | Transaction::RollbackPrepared(_) => Err(SqlError::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "prepared transactions are disabled",
            )
            .hint("Quorate commits a transaction in one step on all shards; two-phase commit is not offered.")),
        }
    }

    fn apply_modes(&mut self, modes: &[TransactionMode]) -> SqlResult<()> {
        let block = self.block.as_mut().expect("a block is open");
        for mode in modes {
            match mode {
                TransactionMode::Isolation(level) => {
                    let serializable = *level == IsolationLevel::Serializable;
                    if block.transaction.is_some() && serializable != block.serializable {
                        return Err(SqlError::new(
                            sqlstate::ACTIVE_SQL_TRANSACTION,
                            "SET TRANSACTION ISOLATION LEVEL must be called before any query",
                        ));
                    }
                    block.serializable = serializable;
                    self.cell.set(
                        "transaction_isolation",
                        Some(isolation_name(*level).to_owned()),
                        true,
                    );
                }
                TransactionMode::ReadOnly(on) => {
                    if !*on && block.read_only && block.transaction.is_some() {
                        return Err(SqlError::new(
                            sqlstate::ACTIVE_SQL_TRANSACTION,
                            "transaction read-write mode must be set before any query",
                        ));
                    }
                    block.read_only = *on;
                    self.cell.set("transaction_read_only", Some(on_off(*on).to_owned()), true);
                }
                TransactionMode::Deferrable(on) => {
                    self.cell.set("transaction_deferrable", Some(on_off(*on).to_owned()), true);
                }
            }
        }
        Ok(())
    }

    pub fn require_block(&self, what: &str) -> SqlResult<()> {
        match &self.block {
            Some(block) if block.kind == BlockKind::Explicit => Ok(()),
            _ => Err(SqlError::new(
                sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                format!("{what} can only be used in transaction blocks"),
            )),
        }
    }

    async fn end_block(&mut self, commit: bool, chain: bool) -> SqlResult<Answer> {
        let (explicit, failed, modes) = match &self.block {
            Some(block) => (
                block.kind == BlockKind::Explicit,
                block.failed,
                (block.serializable, block.read_only),
            ),
            None => (false, false, (false, false)),
        };
        if !explicit {
            if chain {
                let what = if commit { "COMMIT AND CHAIN" } else { "ROLLBACK AND CHAIN" };
                return Err(SqlError::new(
                    sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                    format!("{what} can only be used in transaction blocks"),
                ));
            }
            self.cell.notice(warning(
                sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                "there is no transaction in progress",
            ));
        }
        let committed = commit && !failed;
        if committed {
            self.commit().await?;
        } else {
            self.roll_back();
        }
        if chain {
            let now = self.services.now();
            self.block = Some(Block::new(BlockKind::Explicit, modes.0, modes.1, now));
        }
        tag(if committed { "COMMIT" } else { "ROLLBACK" })
    }

    fn set_variable(&mut self, set: &ast::SetVariable) -> SqlResult<Answer> {
        let local = set.scope == SetScope::Local;
        let in_function = self.acting_role.is_some();
        if local
            && !in_function
            && !matches!(&self.block, Some(block) if block.kind == BlockKind::Explicit)
        {
            self.cell.notice(warning(
                sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                "SET LOCAL can only be used in transaction blocks",
            ));
        }
        self.ensure_block();
        let name = set.name.as_str();
        match &set.value {
            SetValue::ResetAll => {
                let names: Vec<String> =
                    self.cell.with_settings(|settings| settings.values().keys().cloned().collect());
                for name in names {
                    self.cell.set(&name, None, false);
                }
                return tag("RESET");
            }
            SetValue::Reset | SetValue::Default => {
                if self.set_identity(name, None)? {
                    return tag(if set.value == SetValue::Reset { "RESET" } else { "SET" });
                }
                let canonical = Settings::canonical_name(name)?;
                if let Some(setting) = find(name) {
                    Settings::check(setting.name, setting.default, self.cell.is_superuser())
                        .or_else(|error| match error.sqlstate() {
                            sqlstate::CANT_CHANGE_RUNTIME_PARAM
                            | sqlstate::INSUFFICIENT_PRIVILEGE => Err(error),
                            _ => Ok((String::new(), String::new())),
                        })?;
                }
                self.cell.set(&canonical, None, local);
                return tag(if set.value == SetValue::Reset { "RESET" } else { "SET" });
            }
            SetValue::FromCurrent => return tag("SET"),
            SetValue::Values(items) => {
                let value = set_text(name, items)?;
                if self.set_identity(name, Some(&value))? {
                    return tag("SET");
                }
                match name {
                    "transaction_isolation" => {
                        let level = isolation_level(&value)?;
                        self.apply_modes(&[TransactionMode::Isolation(level)])?;
                        return tag("SET");
                    }
                    "transaction_read_only" => {
                        let (_, value) = Settings::check(name, &value, false)?;
                        self.apply_modes(&[TransactionMode::ReadOnly(value == "on")])?;
                        return tag("SET");
                    }
                    _ => {}
                }
                let value = self.cell.with_settings(|settings| settings.completed(name, &value));
                let (canonical, value) = Settings::check(name, &value, self.cell.is_superuser())?;
                self.cell.set(&canonical, Some(value), local);
            }
        }
        tag("SET")
    }

    /// `role` and `session_authorization`; whether `name` was one of them.
    fn set_identity(&mut self, name: &str, value: Option<&str>) -> SqlResult<bool> {
        if !matches!(name, "role" | "session_authorization") {
            return Ok(false);
        }
        let catalog = self.current_catalog()?;
        let session_oid = self.cell.session_user_oid();
        let wanted = match value {
            None => None,
            Some(value) if value.eq_ignore_ascii_case("none") && name == "role" => None,
            Some(value) => Some(value),
        };
        let Some(wanted) = wanted else {
            let user = self.cell.session_user();
            self.cell.set_current_user(session_oid, &user);
            return Ok(true);
        };
        let role = catalog.role_by_name(wanted).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("role \"{wanted}\" does not exist"),
            )
        })?;
        let allowed = self.cell.is_superuser()
            || role.oid == session_oid
            || (name == "role" && catalog.is_member(session_oid, role.oid));
        if !allowed {
            let what = if name == "role" {
                format!("permission denied to set role \"{wanted}\"")
            } else {
                format!("permission denied to set session authorization \"{wanted}\"")
            };
            return Err(SqlError::new(sqlstate::INSUFFICIENT_PRIVILEGE, what));
        }
        self.cell.set_current_user(role.oid, &role.name);
        Ok(true)
    }

    fn show(&mut self, show: &Show) -> SqlResult<Answer> {
        match show {
            Show::Name { name, .. } => {
                let shown = find(name).map_or(name.as_str(), |setting| setting.name);
                let value = match name.as_str() {
                    "session_authorization" => self.cell.session_user(),
                    "role" => {
                        let (oid, name) = self.cell.current_user();
                        match oid == self.cell.session_user_oid() {
                            true => "none".to_owned(),
                            false => name.to_string(),
                        }
                    }
                    "is_superuser" => on_off(self.cell.is_superuser()).to_owned(),
                    "transaction_isolation" => self.shown_isolation(),
                    name => self.cell.with_settings(|settings| settings.show(name))?,
                };
                Ok(Answer::Rows {
                    columns: Arc::from([text_column(shown)]),
                    rows: VecDeque::from([vec![Datum::text(value)]]),
                    tag: "SHOW".to_owned(),
                    counts: false,
                })
            }
            Show::All => {
                let rows = settings_table::SETTINGS
                    .iter()
                    .filter_map(|setting| {
                        let value =
                            self.cell.with_settings(|settings| settings.show(setting.name).ok())?;
                        Some(vec![
                            Datum::text(setting.name),
                            Datum::text(value),
                            Datum::text(setting.category),
                        ])
                    })
                    .collect();
                Ok(Answer::Rows {
                    columns: Arc::from(show_all_columns()),
                    rows,
                    tag: "SHOW".to_owned(),
                    counts: false,
                })
            }
        }
    }

    /// The level that was asked for; what is given is snapshot isolation or better.
    fn shown_isolation(&self) -> String {
        let setting = self.cell.with_settings(|settings| {
            let own = settings.values().get("transaction_isolation").cloned();
            own.or_else(|| settings.get("default_transaction_isolation").map(str::to_owned))
        });
        setting.unwrap_or_else(|| "repeatable read".to_owned())
    }

    async fn set_constraints(&mut self, set: &ast::SetConstraints) -> SqlResult<Answer> {
        if !matches!(&self.block, Some(block) if block.kind == BlockKind::Explicit) {
            self.cell.notice(warning(
                sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                "SET CONSTRAINTS can only be used in transaction blocks",
            ));
            return tag("SET CONSTRAINTS");
        }
        let environment = self.environment().await?;
        let mut chosen = Vec::new();
        match &set.constraints {
            None => chosen.push((0, set.deferred)),
            Some(names) => {
                for name in names {
                    let found: Vec<_> = environment
                        .catalog
                        .relations()
                        .flat_map(timed_constraints)
                        .filter(|constraint| constraint.0 == name.name())
                        .collect();
                    if found.is_empty() {
                        return Err(SqlError::new(
                            sqlstate::UNDEFINED_OBJECT,
                            format!("constraint \"{}\" does not exist", name.name()),
                        ));
                    }
                    for constraint in found {
                        if !constraint.1 {
                            return Err(SqlError::new(
                                sqlstate::WRONG_OBJECT_TYPE,
                                format!("constraint \"{}\" is not deferrable", constraint.0),
                            ));
                        }
                        chosen.push((constraint.2, set.deferred));
                    }
                }
            }
        }
        let block = self.block.as_mut().expect("a block is open");
        block.constraint_timing.extend(chosen.iter().copied());
        if !set.deferred {
            let all = chosen.iter().any(|(oid, _)| *oid == 0);
            let due = environment.transaction.take_deferred(|check| {
                all || chosen.iter().any(|(oid, _)| *oid == check.constraint)
            });
            self.run_blocking(move || {
                due.iter().try_for_each(|check| executor::run_deferred(&*environment, check))
            })
            .await?;
        }
        tag("SET CONSTRAINTS")
    }

    fn discard(&mut self, target: DiscardTarget) -> SqlResult<Answer> {
        match target {
            DiscardTarget::All => {
                if matches!(&self.block, Some(block) if block.kind == BlockKind::Explicit) {
                    return Err(SqlError::new(
                        sqlstate::ACTIVE_SQL_TRANSACTION,
                        "DISCARD ALL cannot run inside a transaction block",
                    ));
                }
                self.portals.clear();
                self.prepared.clear();
                self.services.advisory.release_session(self.state.process_id);
                self.ensure_block().listening.push(Listening::EndAll);
                self.cell.forget_sequences();
                self.set_identity("role", None)?;
                let names: Vec<String> =
                    self.cell.with_settings(|settings| settings.values().keys().cloned().collect());
                for name in names {
                    self.cell.set(&name, None, false);
                }
                tag("DISCARD ALL")
            }
            DiscardTarget::Plans => tag("DISCARD PLANS"),
            DiscardTarget::Sequences => {
                self.cell.forget_sequences();
                tag("DISCARD SEQUENCES")
            }
            DiscardTarget::Temporary => tag("DISCARD TEMP"),
        }
    }

    async fn prepare_statement(
        &mut self,
        prepare: &ast::Prepare,
        text: &Arc<str>,
    ) -> SqlResult<Answer> {
        if self.prepared.contains_key(&prepare.name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{}\" already exists", prepare.name),
            ));
        }
        let environment = self.environment().await?;
        let given = prepare
            .types
            .iter()
            .map(|name| planner::resolve_type(name, &*environment).map(|ty| ty.oid))
            .collect::<SqlResult<Vec<_>>>()?;
        let statement = Arc::new(prepare.statement.clone());
        let prepared = self.prepare(Arc::clone(text), Some(statement), given, true).await?;
        self.prepared.insert(prepare.name.clone(), Arc::new(prepared));
        tag("PREPARE")
    }

    async fn execute_prepared(&mut self, execute: &ast::Execute) -> SqlResult<Answer> {
        let prepared = self.prepared(&execute.name).await?;
        if execute.arguments.len() != prepared.parameters.len() {
            return Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                format!("wrong number of parameters for prepared statement \"{}\"", execute.name),
            )
            .detail(format!(
                "Expected {} parameters but got {}.",
                prepared.parameters.len(),
                execute.arguments.len()
            )));
        }
        let environment = self.environment().await?;
        let types = prepared.parameters.clone();
        let arguments = execute.arguments.clone();
        let parameters = guarded(move || {
            arguments
                .iter()
                .zip(&types)
                .map(|(argument, ty)| crate::binding::argument(argument, *ty, &environment))
                .collect::<SqlResult<Vec<_>>>()
        })?;
        Ok(Answer::Planned { prepared, parameters })
    }

    fn deallocate(&mut self, name: Option<&str>) -> SqlResult<Answer> {
        match name {
            None => {
                self.prepared.clear();
                tag("DEALLOCATE ALL")
            }
            Some(name) => match self.prepared.remove(name) {
                Some(_) => tag("DEALLOCATE"),
                None => Err(SqlError::new(
                    sqlstate::INVALID_SQL_STATEMENT_NAME,
                    format!("prepared statement \"{name}\" does not exist"),
                )),
            },
        }
    }

    async fn explain(&mut self, explain: &ast::Explain, text: &Arc<str>) -> SqlResult<Answer> {
        let options = explain::Options::read(&explain.options)?;
        let environment = self.environment().await?;
        // EXPLAIN EXECUTE explains the prepared statement's plan with these arguments.
        let (inner, parameters) = match &explain.statement {
            Statement::Execute(execute) => match self.execute_prepared(execute).await? {
                Answer::Planned { prepared, parameters } => (prepared, parameters),
                _ => return Err(unsupported("EXPLAIN of this statement")),
            },
            inner if statement::is_planned(inner) => {
                let now = self.services.now();
                let statement = Some(Arc::new(inner.clone()));
                let prepared = Prepared::new(Arc::clone(text), statement, Vec::new(), true, now);
                (Arc::new(prepared), Vec::new())
            }
            _ => return Err(unsupported("EXPLAIN of this statement")),
        };
        let lines = self
            .run_blocking(move || {
                explain::run(|| inner.plan(&environment), parameters, &environment, &options)
            })
            .await?;
        Ok(Answer::Rows {
            columns: Arc::from([text_column("QUERY PLAN")]),
            rows: lines.into_iter().map(|line| vec![Datum::text(line)]).collect(),
            tag: "EXPLAIN".to_owned(),
            counts: false,
        })
    }

    async fn vacuum(&mut self, vacuum: &ast::Vacuum) -> SqlResult<Answer> {
        crate::analyze::run(self, vacuum).await.map(Answer::Tag)
    }

    async fn run_do(&mut self, block: &ast::Do) -> SqlResult<Answer> {
        let language = block.language.as_deref().unwrap_or("plpgsql");
        if language != "plpgsql" {
            return Err(match language {
                "sql" => SqlError::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    "language \"sql\" does not support inline code execution",
                ),
                _ => SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("language \"{language}\" does not exist"),
                ),
            });
        }
        let environment = self.environment().await?;
        let body = block.body.clone();
        self.run_blocking(move || crate::routines::run_block(&environment, &body)).await?;
        tag("DO")
    }

    async fn define(&mut self, statement: &Statement) -> SqlResult<Answer> {
        self.ensure_block();
        if self.block.as_ref().is_some_and(|block| block.read_only) {
            return Err(crate::transaction::read_only_error("a definition"));
        }
        let environment = self.environment().await?;
        let shared = Arc::new(statement.clone());
        let context = Arc::clone(&environment);
        let emptied = match statement {
            Statement::Truncate(truncate) => truncation::fires(truncate, &environment),
            _ => Vec::new(),
        };
        let again = Arc::clone(&shared);
        let made = self.run_blocking(move || definition::execute(&shared, &*context)).await?;
        if emptied.is_empty() {
            return crate::work::apply(self, environment, made).await.map(Answer::Tag);
        }
        // The statement may run. Triggers go first, and what they define must not be lost.
        made.notices.into_iter().for_each(|notice| self.cell.notice(notice));
        let tables = emptied.clone();
        self.run_blocking(move || truncation::before(&environment, &tables)).await?;
        let environment = self.environment().await?;
        let context = Arc::clone(&environment);
        let mut made = self.run_blocking(move || definition::execute(&again, &*context)).await?;
        made.notices.clear();
        let answer = crate::work::apply(self, environment, made).await.map(Answer::Tag)?;
        let environment = self.environment().await?;
        self.run_blocking(move || truncation::after(&environment, &emptied)).await?;
        Ok(answer)
    }
}

/// What SET CONSTRAINTS may name of a table: name, whether it is deferrable, number.
fn timed_constraints(
    relation: &Arc<catalog::Relation>,
) -> impl Iterator<Item = (&str, bool, types::Oid)> {
    let constraints = relation.constraints.iter();
    let triggers = relation.triggers.iter().filter(|trigger| trigger.constraint);
    constraints
        .map(|constraint| (constraint.name.as_str(), constraint.deferrable, constraint.oid))
        .chain(triggers.map(|trigger| (trigger.name.as_str(), trigger.deferrable, trigger.oid)))
}

fn show_all_columns() -> [OutputColumn; 3] {
    [text_column("name"), text_column("setting"), text_column("description")]
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn isolation_name(level: IsolationLevel) -> &'static str {
    match level {
        IsolationLevel::ReadUncommitted => "read uncommitted",
        IsolationLevel::ReadCommitted => "read committed",
        IsolationLevel::RepeatableRead => "repeatable read",
        IsolationLevel::Serializable => "serializable",
    }
}

fn isolation_level(text: &str) -> SqlResult<IsolationLevel> {
    match text.to_ascii_lowercase().as_str() {
        "read uncommitted" => Ok(IsolationLevel::ReadUncommitted),
        "read committed" => Ok(IsolationLevel::ReadCommitted),
        "repeatable read" => Ok(IsolationLevel::RepeatableRead),
        "serializable" => Ok(IsolationLevel::Serializable),
        other => Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"transaction_isolation\": \"{other}\""),
        )),
    }
}

/// The values of a SET as one text.
fn set_text(name: &str, items: &[SetItem]) -> SqlResult<String> {
    let is_list = matches!(
        name.to_ascii_lowercase().as_str(),
        "search_path" | "datestyle" | "temp_tablespaces" | "session_preload_libraries"
    );
    if items.len() > 1 && !is_list {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("SET {name} takes only one argument"),
        ));
    }
    let texts: Vec<String> = items
        .iter()
        .map(|item| match item {
            SetItem::String(text) if name.eq_ignore_ascii_case("search_path") => {
                catalog::quote_identifier(text)
            }
            SetItem::Word(text) if name.eq_ignore_ascii_case("search_path") => {
                catalog::quote_identifier(text)
            }
            SetItem::String(text) | SetItem::Word(text) | SetItem::Number(text) => text.clone(),
            SetItem::Interval { text, .. } => text.clone(),
        })
        .collect();
    Ok(texts.join(", "))
}
