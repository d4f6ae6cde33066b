//! A session being served: its transaction, its prepared statements and portals, and how statements run.
//!
//! The connection's task owns this. Statements that may take long run on a thread of their own, while the task keeps
//! reading the socket, so that a client that goes away cancels its statement.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::{Catalog, SessionActivity};
use parking_lot::Mutex;
use protocol::{Timestamp, TransactionId};
use session::{ClientConnection, PreparedStatement, SessionHandle, SessionState};
use syntax::ast::Statement;
use types::{Datum, Severity, SqlError, SqlResult, sqlstate};
use uuid::Uuid;

use crate::activity::LiveSession;
use crate::block::{Block, BlockKind};
use crate::environment::{StatementEnvironment, StatementScope, describe_key};
use crate::errors;
use crate::notifications;
use crate::portal::{Portal, PortalState, Running, Source, Step};
use crate::services::{CommitFailure, Services};
use crate::session_cell::SessionCell;
use crate::statement::{self, Prepared};
use crate::transaction::Transaction;
use crate::wire::{self, TransactionStatus};

/// Input read ahead while a statement runs; more waits in the socket.
pub const READ_AHEAD_BYTES: usize = 1 << 20;
/// A transaction begun this soon after one that lost a conflict is taken for its repetition.
const REPEATED_WITHIN: Duration = Duration::from_millis(500);
/// How long a repeated transaction waits for its turn before it begins.
const REPEATED_PATIENCE: Duration = Duration::from_secs(2);
/// Prepared statements and portals of one session.
const MAXIMUM_PREPARED: usize = 10_000;

/// A session and its client.
pub struct Session {
    pub services: Arc<Services>,
    pub state: Box<SessionState>,
    pub cell: Arc<SessionCell>,
    pub handle: SessionHandle,
    pub connection: Box<ClientConnection>,
    pub block: Option<Block>,
    pub prepared: HashMap<String, Arc<Prepared>>,
    pub portals: HashMap<String, Portal>,
    /// Cursors of functions that were given a name so far.
    pub unnamed_cursors: u64,
    pub live: Arc<LiveSession>,
    /// The client closed its side.
    pub client_gone: bool,
    /// The running statement is the last of a query string: the transaction may have to end before it is complete.
    pub holds_completion: bool,
    /// The statement is one of several in a query string, which are one transaction.
    pub among_others: bool,
    /// The command tag that waits for that.
    pub completion: Option<String>,
    /// An error that ends the session was sent.
    pub ended: bool,
    /// The statement that the error being reported points into.
    pub error_text: Option<Arc<str>>,
    /// The key that the last transaction lost a conflict on: the next one, likely the same again, takes its turn before
    /// it begins.
    pub lost: Option<(bytes::Bytes, Instant)>,
    /// What functions ask of the session while it waits for them.
    requests: crate::inner::Requests,
    /// The role of the function whose statement is run.
    pub acting_role: Option<(types::Oid, Arc<str>)>,
    /// Another query processor goes on with the session: what it holds on this node stays.
    pub detached: bool,
}

/// A planned statement with all that running it needs.
#[derive(Clone)]
pub struct Ready {
    plan: Arc<planner::plan::Statement>,
    parameters: Vec<Datum>,
    columns: Arc<[planner::plan::OutputColumn]>,
    formats: Vec<wire::Format>,
    pub environment: Arc<StatementEnvironment>,
}

impl Session {
    pub fn new(
        services: Arc<Services>,
        state: Box<SessionState>,
        handle: SessionHandle,
        connection: Box<ClientConnection>,
        superuser: bool,
    ) -> Session {
        let database = services
            .catalog_at(services.storage.watermark())
            .ok()
            .and_then(|catalog| catalog.database_by_name(&state.database).map(|found| found.oid));
        let mailbox = services.notifications.mailbox(state.process_id, database.unwrap_or(0));
        let cell = Arc::new(SessionCell::new(&state, superuser, mailbox));
        let (requester, requests) = crate::inner::channel();
        cell.set_requester(requester);
        let application = cell.with_settings(|settings| {
            settings.get("application_name").unwrap_or_default().to_owned()
        });
        let live = Arc::new(LiveSession::new(SessionActivity {
            process_id: state.process_id,
            database: state.database.clone(),
            user: state.session_user.clone(),
            application_name: application,
            client_address: state.client.map(|address| address.ip().to_string()),
            client_port: state.client.map_or(-1, |address| i32::from(address.port())),
            started_at: state.started_at,
            state_changed_at: state.started_at,
            uses_tls: state.tls.is_some(),
            tls_version: state.tls.clone(),
            ..SessionActivity::default()
        }));
        services.activity.insert(state.process_id, Arc::clone(&live));
        Session {
            services,
            state,
            cell,
            handle,
            connection,
            block: None,
            prepared: HashMap::new(),
            portals: HashMap::new(),
            unnamed_cursors: 0,
            live,
            client_gone: false,
            ended: false,
            error_text: None,
            holds_completion: false,
            among_others: false,
            completion: None,
            lost: None,
            requests,
            acting_role: None,
            detached: false,
        }
    }

    /// What ReadyForQuery tells.
    pub fn status(&self) -> TransactionStatus {
        match &self.block {
            Some(block) if block.failed => TransactionStatus::Error,
            Some(block) if block.kind == BlockKind::Explicit => TransactionStatus::Transaction,
            _ => TransactionStatus::Idle,
        }
    }

    /// Whether the session could move to another query processor now.
    pub fn at_boundary(&self) -> bool {
        // A cursor WITH HOLD lives here.
        self.block.is_none() && self.portals.values().all(|portal| portal.kept.is_none())
    }

    /// Everything the next query processor needs. Call at a boundary only.
    pub fn take_state(&mut self) -> Box<SessionState> {
        self.cell.save(&mut self.state);
        self.state.prepared = self
            .prepared
            .iter()
            .map(|(name, prepared)| {
                let kept = PreparedStatement {
                    text: prepared.text.to_string(),
                    given_types: prepared.given_types.clone(),
                    from_sql: prepared.from_sql,
                    prepared_at: prepared.prepared_at,
                };
                (name.clone(), kept)
            })
            .collect();
        self.state.clone()
    }

    /// Opens an implicit block if none is open.
    pub fn ensure_block(&mut self) -> &mut Block {
        let services = &self.services;
        let cell = &self.cell;
        self.block.get_or_insert_with(|| {
            let (serializable, read_only) = cell.with_settings(|settings| {
                (
                    settings.get("default_transaction_isolation") == Some("serializable"),
                    settings.is_on("default_transaction_read_only"),
                )
            });
            Block::new(BlockKind::Implicit, serializable, read_only, services.now())
        })
    }

    /// Fails with 25P02 in a failed block.
    pub fn check_not_failed(&self) -> SqlResult<()> {
        match &self.block {
            Some(block) if block.failed => Err(SqlError::new(
                sqlstate::IN_FAILED_SQL_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            )),
            _ => Ok(()),
        }
    }

    /// Takes the snapshot if the transaction has none yet, and makes the statement's environment.
    pub async fn environment(&mut self) -> SqlResult<Arc<StatementEnvironment>> {
        let services = Arc::clone(&self.services);
        let last_commit = self.state.last_commit;
        let age = services.config.transaction_age;
        let lost = self.lost.take();
        let reads_on =
            self.portals.values().any(|portal| matches!(portal.state, PortalState::Running(_)));
        let block = self.ensure_block();
        if block.begun.elapsed() >= age {
            return Err(errors::transaction_too_old(age));
        }
        if block.transaction.is_none() {
            let id = TransactionId(Uuid::now_v7());
            let turn = match lost {
                Some((key, when)) if when.elapsed() < REPEATED_WITHIN => {
                    let taking = services.turns.take(&key, id, &[]);
                    tokio::time::timeout(REPEATED_PATIENCE, taking).await.ok().flatten()
                }
                _ => None,
            };
            let tau_start = services.fresh_snapshot(last_commit).await?;
            block.catalog = Some(services.catalog_at(tau_start)?);
            let transaction = Arc::new(Transaction::new(
                id,
                tau_start,
                block.serializable,
                block.kind == BlockKind::Explicit,
                Arc::clone(&services.storage),
                services.config.limits,
            ));
            turn.into_iter().for_each(|turn| transaction.add_turn(turn));
            block.transaction = Some(transaction);
        }
        let locked = block.transaction.as_ref().filter(|transaction| transaction.take_refreshes());
        if let Some(transaction) = locked
            && !reads_on
        {
            // The snapshot is older than the lock. It stays if something was read that has changed since.
            transaction.refresh()?;
            services.until_certain(transaction.tau_start()).await;
        }
        block.statements += 1;
        let scope = StatementScope {
            transaction: Arc::clone(block.transaction.as_ref().expect("set above")),
            catalog: Arc::clone(block.catalog.as_ref().expect("set above")),
            transaction_time: block.started_at,
            read_only: block.read_only,
            may_flush: block.savepoints.is_empty(),
            transaction_deadline: block.begun + age,
            constraint_timing: block.constraint_timing.clone(),
            may_commit: block.kind == BlockKind::Implicit && !self.among_others,
        };
        let cell = Arc::clone(&self.cell);
        let mut environment = StatementEnvironment::new(services, cell, self.handle.clone(), scope);
        if let Some((role, name)) = &self.acting_role {
            environment.current_role = *role;
            environment.current_role_name = Arc::clone(name);
        }
        Ok(Arc::new(environment))
    }

    /// The catalog as the open transaction sees it, or as of now.
    pub fn current_catalog(&self) -> SqlResult<Arc<Catalog>> {
        match self.block.as_ref().and_then(|block| block.catalog.clone()) {
            Some(catalog) => Ok(catalog),
            None => self.services.catalog_at(self.services.storage.watermark()),
        }
    }

    /// Runs something that may take long on a thread of its own. Meanwhile the socket is read: a client that goes
    /// away cancels what runs.
    pub async fn run_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> SqlResult<T> + Send + 'static,
    ) -> SqlResult<T> {
        let mut task = tokio::task::spawn_blocking(move || guarded(work));
        loop {
            let may_read = !self.client_gone && self.connection.buffered_bytes() < READ_AHEAD_BYTES;
            tokio::select! {
                biased;
                result = &mut task => {
                    return result.unwrap_or_else(|_| Err(panicked()));
                }
                request = self.requests.recv() => {
                    if let Some(request) = request {
                        self.serve(request).await;
                    }
                }
                read = self.connection.read_more(), if may_read => {
                    if !matches!(read, Ok(true)) {
                        self.client_gone = true;
                        self.handle.cancel_statement();
                    }
                }
            }
        }
    }

    /// One step of a portal's statement.
    pub async fn step(
        &mut self,
        mut running: Box<Running>,
        limit: usize,
        sent: u64,
    ) -> SqlResult<(Box<Running>, Step)> {
        if running.source.is_trivial() {
            let step = guarded(|| running.source.step(limit, sent))?;
            return Ok((running, step));
        }
        #[cfg(debug_assertions)]
        let text = self.live.text();
        self.run_blocking(move || {
            #[cfg(debug_assertions)]
            crate::panic_sites::reach(&text, "step");
            let step = running.source.step(limit, sent)?;
            Ok((running, step))
        })
        .await
    }

    /// Starts a planned statement. Statements that change rows run to their end before their first row is shown.
    pub async fn start_planned(
        &mut self,
        prepared: &Arc<Prepared>,
        parameters: Vec<Datum>,
        formats: &[i16],
    ) -> SqlResult<Box<Running>> {
        let environment = self.environment().await?;
        let plan = {
            let prepared = Arc::clone(prepared);
            let environment = Arc::clone(&environment);
            guarded(move || {
                crate::panic_sites::reach(&prepared.text, "plan");
                prepared.plan(&environment)
            })?
        };
        crate::panic_sites::reach(&prepared.text, "session");
        let columns = wire::client_columns(&plan.root.columns, &environment.catalog);
        let formats = wire::expand_formats(formats, columns.len(), "result")?;
        if let Some(told) = &prepared.columns {
            let same = told.len() == columns.len()
                && told.iter().zip(&*columns).all(|(a, b)| a.ty == b.ty && a.name == b.name);
            if !same {
                return Err(SqlError::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    "cached plan must not change result type",
                ));
            }
        }
        if environment.read_only {
            check_read_only(&plan)?;
        }
        let names = ["pg_prepared_statements", "pg_cursors"];
        if plan.relations.iter().any(|used| names.contains(&used.relation.name.as_str())) {
            self.publish_names();
        }
        let ready = Ready { plan, parameters, columns, formats, environment };
        if ready.plan.kind != planner::plan::StatementKind::Select && self.services.turns.any() {
            return self.run_in_turn(ready).await;
        }
        self.run_ready(ready).await
    }

    pub async fn run_ready(&mut self, ready: Ready) -> SqlResult<Box<Running>> {
        let Ready { plan, parameters, columns, formats, environment } = ready;
        let kind = plan.kind;
        let context: Arc<dyn executor::Environment> = Arc::clone(&environment) as Arc<_>;
        if plan.is_trivial {
            let outcome = guarded(|| executor::execute_trivial(&plan, &parameters, &context))?;
            let count = match kind {
                planner::plan::StatementKind::Select => outcome.rows.len() as u64,
                _ => outcome.affected,
            };
            let (rows, tag) = (outcome.rows.into(), statement::tag(kind, count));
            let source = Source::Rows { rows, tag, counts: false };
            return Ok(Box::new(Running { columns, formats, environment, source }));
        }
        let execution = guarded(move || executor::Execution::start(plan, parameters, context))?;
        let mut running = Box::new(Running {
            columns,
            formats,
            environment,
            source: Source::Plan { execution: Box::new(Mutex::new(execution)), kind },
        });
        if kind == planner::plan::StatementKind::Select {
            return Ok(running);
        }
        let mut rows = std::collections::VecDeque::new();
        loop {
            let step;
            (running, step) = self.step(running, crate::portal::BATCH_ROWS, 0).await?;
            // A procedure without output arguments answers nothing.
            if !running.columns.is_empty() || kind != planner::plan::StatementKind::Call {
                rows.extend(step.rows);
            }
            if let Some(tag) = step.tag {
                running.source = Source::Rows { rows, tag, counts: false };
                return Ok(running);
            }
        }
    }

    /// The statement succeeded: its effects join the transaction's.
    pub fn statement_succeeded(&mut self) {
        if let Some(transaction) = self.block.as_ref().and_then(|block| block.transaction.as_ref())
        {
            transaction.finish_statement();
        }
    }

    /// The statement failed: the block is failed, or, if it was opened for the statement, gone.
    pub fn statement_failed(&mut self) {
        let implicit = match &mut self.block {
            None => return,
            Some(block) => {
                if let Some(transaction) = &block.transaction {
                    transaction.abandon_statement();
                }
                block.failed = true;
                if let (true, Some(transaction)) = (block.savepoints.is_empty(), &block.transaction)
                {
                    transaction.end_turns();
                }
                block.kind == BlockKind::Implicit
            }
        };
        if implicit {
            self.roll_back();
        }
    }

    /// Ends an implicit block; explicit ones stay open.
    pub async fn finish_implicit(&mut self) -> SqlResult<()> {
        match &self.block {
            Some(block) if block.kind == BlockKind::Implicit => {
                if block.failed {
                    self.roll_back();
                    return Ok(());
                }
                self.commit().await
            }
            _ => Ok(()),
        }
    }

    /// Drops the open transaction: nothing of it happened.
    pub fn roll_back(&mut self) {
        let Some(block) = self.block.take() else { return };
        self.end_portals(false);
        if let Some(transaction) = &block.transaction {
            transaction.end_turns();
            let garbage = transaction.flushed_prefixes();
            if !garbage.is_empty() {
                self.services.node.rows_dropped(garbage);
            }
        }
        self.cell.transaction_ended(false);
        metrics::counter!("quorate_txn_total", "type" => "any", "outcome" => "rolled back")
            .increment(1);
    }

    /// Commits the open transaction. On an error it did not happen, unless the error is 08007.
    pub async fn commit(&mut self) -> SqlResult<()> {
        let listening = self.begin_listening();
        let mut notified = None;
        let result = self.try_commit(&mut notified).await;
        match (&notified, &result) {
            (None, _) => {}
            (Some(_), Ok(())) => self.deliver_notifications().await,
            // After an unknown outcome they may still come.
            (Some(_), Err(error))
                if error.sqlstate() == sqlstate::TRANSACTION_RESOLUTION_UNKNOWN => {}
            (Some(key), Err(_)) => self.services.notifications.refused(key),
        }
        if let (Err(_), Some(channels)) = (&result, listening) {
            self.services.notifications.restore(self.cell.mailbox(), channels);
        }
        match &result {
            Ok(()) => {
                if let Some(transaction) = self.block.take().and_then(|block| block.transaction) {
                    transaction.end_turns();
                }
                self.end_portals(true);
                self.cell.transaction_ended(true);
            }
            Err(_) => self.roll_back(),
        }
        result
    }

    /// LISTEN and UNLISTEN of the transaction come into force; the channels before.
    fn begin_listening(&mut self) -> Option<BTreeMap<String, Timestamp>> {
        let changes = std::mem::take(&mut self.block.as_mut()?.listening);
        if changes.is_empty() {
            return None;
        }
        let notifications = &self.services.notifications;
        Some(notifications.change(&self.services, self.cell.mailbox(), &changes))
    }

    fn fold_notifications(&mut self, transaction: &Transaction) -> SqlResult<Option<bytes::Bytes>> {
        let (process_id, database) = (self.state.process_id, self.cell.database_oid());
        let key = notifications::fold(&self.services, transaction, process_id, database)?;
        if let Some(key) = &key {
            self.services.notifications.committing(key.clone());
        }
        Ok(key)
    }

    async fn deliver_notifications(&mut self) {
        if let Err(error) = self.services.notifications.pump(&self.services).await {
            // The commit stands; the next pump delivers.
            tracing::warn!(%error, "notifications could not be read");
        }
    }

    /// Sends what came for the channels that the session listens on. Only between transactions.
    pub fn send_notifications(&mut self) {
        if self.block.is_some() {
            return;
        }
        match self.cell.mailbox().take() {
            Ok(waiting) => {
                for one in waiting {
                    wire::notification(&mut self.connection.output, one);
                }
            }
            Err(error) => self.send_error(&error, ""),
        }
    }

    /// `notified`: the key of the notifications that are committed.
    async fn try_commit(&mut self, notified: &mut Option<bytes::Bytes>) -> SqlResult<()> {
        let Some(block) = &self.block else { return Ok(()) };
        let Some(transaction) = block.transaction.clone() else { return Ok(()) };
        if block.begun.elapsed() >= self.services.config.transaction_age {
            return Err(errors::transaction_too_old(self.services.config.transaction_age));
        }
        transaction.finish_statement();
        let deferred = transaction.take_deferred(|_| true);
        if !deferred.is_empty() {
            let environment = self.environment().await?;
            self.run_blocking(move || {
                deferred.iter().try_for_each(|check| executor::run_deferred(&*environment, check))
            })
            .await?;
        }
        transaction.finish_statement();
        *notified = self.fold_notifications(&transaction)?;
        let started = Instant::now();
        if !transaction.has_effects() {
            metrics::counter!("quorate_txn_total", "type" => "ro", "outcome" => "committed")
                .increment(1);
            return Ok(());
        }
        let request = transaction.commit_request();
        let id = request.id;
        let result = self.services.commit_visibly(request).await;
        metrics::histogram!("quorate_txn_commit_seconds").record(started.elapsed().as_secs_f64());
        match result {
            Ok(tau) => {
                self.state.last_commit = self.state.last_commit.max(tau);
                let block = self.block.as_mut().expect("still open");
                for sequence in block.sequences_changed.drain(..) {
                    self.services.sequences.forget(sequence);
                }
                let drops = std::mem::take(&mut block.drops);
                if !drops.is_empty() {
                    self.services.node.rows_dropped(drops);
                }
                metrics::counter!("quorate_txn_total", "type" => "rw", "outcome" => "committed")
                    .increment(1);
                Ok(())
            }
            Err(CommitFailure::Refused(refusal)) => {
                let kind = match refusal {
                    protocol::transaction::Refusal::Schema { .. } => "schema",
                    _ => "data",
                };
                metrics::counter!("quorate_txn_conflicts_total", "kind" => kind).increment(1);
                metrics::counter!("quorate_txn_total", "type" => "rw", "outcome" => "refused")
                    .increment(1);
                if let protocol::transaction::Refusal::Data { key, .. }
                | protocol::transaction::Refusal::Fenced { key, .. } = &refusal
                {
                    self.services.turns.lost(key);
                    self.lost = Some((key.clone(), Instant::now()));
                }
                let catalog = self.current_catalog()?;
                let formats = self.cell.with_settings(|settings| Arc::clone(settings.formats()));
                Err(errors::from_refusal(refusal, |table, key| {
                    describe_key(&catalog, table, key, &formats)
                }))
            }
            Err(CommitFailure::Unknown { reason }) => {
                metrics::counter!("quorate_txn_total", "type" => "rw", "outcome" => "unknown")
                    .increment(1);
                Err(errors::outcome_unknown(id, &reason))
            }
        }
    }

    /// Parses and analyzes a statement for later use.
    pub async fn prepare(
        &mut self,
        text: Arc<str>,
        statement: Option<Arc<Statement>>,
        given_types: Vec<types::Oid>,
        from_sql: bool,
    ) -> SqlResult<Prepared> {
        if self.prepared.len() >= MAXIMUM_PREPARED {
            return Err(SqlError::new(
                sqlstate::PROGRAM_LIMIT_EXCEEDED,
                format!("a session may hold at most {MAXIMUM_PREPARED} prepared statements"),
            ));
        }
        let now = self.services.now();
        let mut prepared = Prepared::new(text, statement, given_types, from_sql, now);
        let Some(statement) = prepared.statement.clone() else { return Ok(prepared) };
        if statement::is_planned(&statement) {
            let environment = self.environment().await?;
            let plan = guarded(|| prepared.plan(&environment))?;
            prepared.parameters = plan.parameters.clone();
            if plan.kind == planner::plan::StatementKind::Select || !plan.root.columns.is_empty() {
                let columns = wire::client_columns(&plan.root.columns, &environment.catalog);
                prepared.columns = Some(columns);
            }
        } else {
            prepared.columns = self.utility_columns(&statement).await?;
        }
        Ok(prepared)
    }

    /// A prepared statement of the session, made again from its text after a hand-over if need be.
    pub async fn prepared(&mut self, name: &str) -> SqlResult<Arc<Prepared>> {
        if let Some(found) = self.prepared.get(name) {
            return Ok(Arc::clone(found));
        }
        Err(SqlError::new(
            sqlstate::INVALID_SQL_STATEMENT_NAME,
            match name {
                "" => "unnamed prepared statement does not exist".to_owned(),
                name => format!("prepared statement \"{name}\" does not exist"),
            },
        ))
    }

    /// Makes the prepared statements that came with the session's state. One that no longer analyzes stays as text and
    /// fails when it is used.
    pub async fn restore_prepared(&mut self) {
        for (name, kept) in std::mem::take(&mut self.state.prepared) {
            let text: Arc<str> = kept.text.into();
            let statement = match syntax::parse(&text) {
                Ok(parsed) => statement_of(parsed, &name, kept.from_sql),
                Err(_) => continue,
            };
            let given = kept.given_types.clone();
            let made =
                self.prepare(Arc::clone(&text), statement.clone(), given, kept.from_sql).await;
            let prepared = made.unwrap_or_else(|_| {
                Prepared::new(text, statement, kept.given_types, kept.from_sql, kept.prepared_at)
            });
            self.prepared.insert(name, Arc::new(prepared));
        }
        self.roll_back();
    }

    /// Puts what `pg_prepared_statements` and `pg_cursors` show where statements can read it.
    pub fn publish_names(&self) {
        let prepared = self.prepared.iter().filter(|(name, _)| !name.is_empty());
        let rows = prepared.map(|(name, prepared)| catalog::PreparedRow {
            name: name.clone(),
            statement: prepared.text.to_string(),
            prepared_at: prepared.prepared_at,
            parameter_types: prepared.parameters.iter().map(|ty| ty.oid).collect(),
            from_sql: prepared.from_sql,
        });
        self.cell.set_prepared_rows(rows.collect());
        let cursors = self.portals.iter().map(|(name, portal)| catalog::CursorRow {
            name: name.clone(),
            statement: portal.prepared.text.to_string(),
            is_holdable: portal.kept.as_ref().is_some_and(|kept| kept.hold),
            is_binary: portal.formats == [1],
            is_scrollable: portal.kept.as_ref().is_some_and(|kept| kept.scrolls),
            created_at: portal.created_at,
        });
        self.cell.set_cursor_rows(cursors.collect());
    }

    /// Sends an error; fatal ones end the session.
    pub fn send_error(&mut self, error: &SqlError, text: &str) {
        wire::error(&mut self.connection.output, error, text);
        if matches!(error.fields().severity, Severity::Fatal | Severity::Panic) {
            self.ended = true;
        }
    }

    /// Sends notices and changed settings that have come up.
    pub fn send_asides(&mut self) {
        let notices = self.cell.take_notices();
        if !notices.is_empty() {
            let least = self.cell.with_settings(|settings| {
                settings.get("client_min_messages").unwrap_or("notice").to_owned()
            });
            for notice in &notices {
                wire::notice(&mut self.connection.output, notice, &least);
            }
        }
    }

    /// Tells the client of settings that changed.
    pub fn send_reports(&mut self) {
        for (name, value) in self.cell.take_reports() {
            if name == "application_name" {
                self.live.set_application_name(&value);
            }
            wire::put(
                &mut self.connection.output,
                &pgwire::messages::startup::ParameterStatus::new(name.to_owned(), value),
            );
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Garbage of a transaction that nobody will finish.
        self.roll_back();
        if !self.detached {
            self.services.session_ended(self.state.process_id);
        }
    }
}

/// The prepared statement in its text; what PREPARE prepared is inside of it, and others may stand around it.
fn statement_of(
    parsed: Vec<syntax::ParsedStatement>,
    name: &str,
    from_sql: bool,
) -> Option<Arc<Statement>> {
    let mut statements = parsed.into_iter().map(|one| one.statement);
    if !from_sql {
        return statements.next().map(Arc::new);
    }
    statements.find_map(|statement| match statement {
        Statement::Prepare(prepare) if prepare.name == name => Some(Arc::new(prepare.statement)),
        _ => None,
    })
}

/// What a read-only transaction may not run, whether or not it would find a row.
pub fn check_read_only(plan: &planner::plan::Statement) -> SqlResult<()> {
    use planner::plan::{Access, StatementKind};
    let written = plan.relations.iter().any(|used| used.access != Access::Select);
    let word = match plan.kind {
        StatementKind::Insert => "INSERT",
        StatementKind::Update => "UPDATE",
        StatementKind::Delete => "DELETE",
        StatementKind::Merge => "MERGE",
        StatementKind::Select if written => "SELECT",
        // What a procedure may not do is refused where it does it.
        StatementKind::Select | StatementKind::Call => return Ok(()),
    };
    Err(crate::transaction::read_only_error(word))
}

/// What the client of a session learns that ends by a panic. Each is counted.
pub fn panicked() -> SqlError {
    metrics::counter!("quorate_session_panics_total").increment(1);
    SqlError::new(sqlstate::INTERNAL_ERROR, "the statement failed by a defect of the server")
        .detail("Only this session ends; other sessions and all data are unaffected.")
        .severity(Severity::Fatal)
}

/// Turns a panic into an error that ends this session only.
pub fn guarded<T>(work: impl FnOnce() -> SqlResult<T>) -> SqlResult<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()))
}
