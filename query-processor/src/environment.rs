//! A statement's view of its transaction, session and node: everything planning, definitions and execution ask.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::{
    AdvisoryKey, AdvisoryLock, AdvisoryRequest, Catalog, CursorRow, PG_CATALOG, PreparedRow,
    Relation, SessionActivity, SettingRow, SystemContext, UserType,
};
use executor::RowCodec;
use executor::environment::{DeferredCheck, Environment, ReadRequest};
use executor::vector_lists::Lists;
use functions::context::Formats;
use functions::{EvalContext, TypeCatalog};
use parking_lot::Mutex;
use planner::plan::Target;
use planner::{CatalogView, Statistics};
use protocol::TableId;
use protocol::storage::ScanCursor;
use protocol::transaction::{Addition, Check, SchemaUse, TransactionStatus, Write};
use session::SessionHandle;
use types::{Datum, Oid, Row, SqlError, SqlResult, sqlstate};

use crate::advisory::{Mode, Waiter, Wanted};
use crate::services::{CommitFailure, Services};
use crate::session_cell::SessionCell;
use crate::transaction::{BULK_BYTES, Transaction};
use crate::{errors, notifications, search_path, settings, transaction};

/// Rows between two looks at the clock.
const INTERRUPT_PERIOD: u64 = 64;

/// What a statement runs in.
pub struct StatementEnvironment {
    pub services: Arc<Services>,
    pub transaction: Arc<Transaction>,
    pub catalog: Arc<Catalog>,
    pub session: Arc<SessionCell>,
    pub handle: SessionHandle,
    pub formats: Arc<Formats>,
    pub current_role: Oid,
    pub current_role_name: Arc<str>,
    pub search_path: Arc<[Oid]>,
    /// Microseconds since 2000-01-01 UTC.
    pub transaction_time: i64,
    pub statement_time: i64,
    pub read_only: bool,
    /// Rows of fresh tables may be committed ahead: no savepoint could want them gone.
    pub may_flush: bool,
    /// `statement_timeout`.
    pub deadline: Option<Instant>,
    /// The transaction's age limit.
    pub transaction_deadline: Instant,
    /// Constraints whose timing SET CONSTRAINTS changed: oid, or 0 for all.
    pub constraint_timing: Vec<(Oid, bool)>,
    /// How many functions stand between this statement and the client's.
    pub routine_depth: u32,
    /// How many triggers are among them.
    pub trigger_depth: i32,
    /// Transition tables of the trigger's function that this is a statement of.
    pub transitions: Vec<crate::triggers::TransitionTable>,
    /// A procedure may end the transaction.
    pub may_commit: bool,
    /// How often functions had changed the catalog when this was made.
    pub change_epoch: u64,
    interrupt_checks: AtomicU64,
    targets: Mutex<HashMap<Oid, Arc<Target>>>,
    /// Centres of indexes on vectors that this statement has made or read.
    pub vector_lists: Mutex<HashMap<(TableId, u16), Arc<Lists>>>,
    touched: Mutex<Vec<Oid>>,
    domains: crate::domains::DomainChecks,
}

/// All that differs from statement to statement.
pub struct StatementScope {
    pub transaction: Arc<Transaction>,
    pub catalog: Arc<Catalog>,
    pub transaction_time: i64,
    pub read_only: bool,
    pub may_flush: bool,
    pub transaction_deadline: Instant,
    pub constraint_timing: Vec<(Oid, bool)>,
    /// A procedure may end the transaction: no client began it.
    pub may_commit: bool,
}

impl StatementEnvironment {
    fn analyzed(&self, relation: Oid) -> Option<Arc<crate::statistics::Analyzed>> {
        self.services.kept_statistics.of(&self.services, relation)
    }

    pub fn new(
        services: Arc<Services>,
        session: Arc<SessionCell>,
        handle: SessionHandle,
        scope: StatementScope,
    ) -> StatementEnvironment {
        let (formats, timeout) = session.with_settings(|settings| {
            (Arc::clone(settings.formats()), settings.statement_timeout_millis())
        });
        let (current_role, current_role_name) = session.current_user();
        let deadline = match timeout {
            0 => None,
            millis => Some(Instant::now() + Duration::from_millis(millis)),
        };
        let search_path = session.search_path(&scope.catalog, |setting| {
            search_path::resolve(setting, &scope.catalog, (current_role, &current_role_name))
        });
        StatementEnvironment {
            statement_time: services.now(),
            change_epoch: session.change_epoch(),
            services,
            transaction: scope.transaction,
            catalog: scope.catalog,
            session,
            handle,
            formats,
            current_role,
            current_role_name,
            search_path,
            transaction_time: scope.transaction_time,
            read_only: scope.read_only,
            may_flush: scope.may_flush,
            deadline,
            transaction_deadline: scope.transaction_deadline,
            constraint_timing: scope.constraint_timing,
            routine_depth: 0,
            trigger_depth: 0,
            transitions: Vec::new(),
            may_commit: scope.may_commit,
            interrupt_checks: AtomicU64::new(0),
            targets: Mutex::default(),
            vector_lists: Mutex::default(),
            touched: Mutex::new(Vec::new()),
            domains: crate::domains::DomainChecks::default(),
        }
    }

    /// Fails if the statement was cancelled or ran out of time, now.
    pub fn check_interrupts_now(&self) -> SqlResult<()> {
        if self.handle.is_cancelled() {
            if self.handle.stop_reason() == session::StopReason::Terminate {
                return Err(SqlError::new(
                    sqlstate::ADMIN_SHUTDOWN,
                    "terminating connection due to administrator command",
                )
                .severity(types::Severity::Fatal));
            }
            return Err(SqlError::new(
                sqlstate::QUERY_CANCELED,
                "canceling statement due to user request",
            ));
        }
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Err(SqlError::new(
                sqlstate::QUERY_CANCELED,
                "canceling statement due to statement timeout",
            ));
        }
        if now >= self.transaction_deadline {
            return Err(errors::transaction_too_old(self.services.config.transaction_age));
        }
        Ok(())
    }

    /// Commits what was gathered for fresh tables ahead of the transaction, if it is much.
    pub fn flush_bulk(&self, at_least: usize) -> SqlResult<()> {
        if !self.may_flush {
            return Ok(());
        }
        let Some(request) = self.transaction.take_bulk(at_least) else { return Ok(()) };
        let id = request.id;
        match self.services.block_on(self.services.commit_visibly(request)) {
            Ok(tau) => {
                self.transaction.bulk_committed(tau);
                Ok(())
            }
            Err(CommitFailure::Refused(refusal)) => {
                Err(errors::from_refusal(refusal, |table, key| self.describe_key(table, key)))
            }
            Err(CommitFailure::Unknown { reason }) => Err(errors::outcome_unknown(id, &reason)),
        }
    }

    /// DETAIL of a conflict: the table's name and, where the key can be read, its columns.
    pub fn describe_key(&self, table: TableId, key: &[u8]) -> Option<String> {
        describe_key(&self.catalog, table, key, &self.formats)
    }

    /// What was told of touched relations was taken back.
    pub fn forget_touched(&self) {
        self.touched.lock().clear();
    }

    fn sequence(&self, oid: Oid) -> SqlResult<(Arc<Relation>, catalog::Sequence)> {
        let relation = self.catalog.relation(oid).ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_TABLE,
                format!("could not open relation with OID {oid}"),
            )
        })?;
        match &relation.sequence {
            Some(sequence) => Ok((Arc::clone(relation), sequence.clone())),
            None => Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("\"{}\" is not a sequence", relation.name),
            )),
        }
    }

    fn advisory(&self, key: AdvisoryKey, is_shared: bool) -> Wanted {
        self.wanted(key, if is_shared { Mode::Shared } else { Mode::Exclusive })
    }

    /// A lock as this session would have it.
    pub fn wanted(&self, key: AdvisoryKey, mode: Mode) -> Wanted {
        let (process_id, database) = (self.handle.process_id, self.session.database_oid());
        Wanted { process_id, database, key, mode, word: mode.word() }
    }

    /// Takes a lock as a session that waits no longer than its settings say.
    pub fn with_waiter<T>(&self, take: impl FnOnce(Waiter<'_>) -> SqlResult<T>) -> SqlResult<T> {
        let millis = self.session.with_settings(|settings| settings.integer("lock_timeout"));
        let millis = u64::try_from(millis).ok().filter(|millis| *millis > 0);
        take(Waiter {
            timeout: millis.map(Duration::from_millis),
            interrupted: &|| self.check_interrupts_now(),
            registry: &self.services.registry,
            now: self.services.now(),
        })
    }

    fn uncalled(name: &str) -> SqlError {
        SqlError::new(
            sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("currval of sequence \"{name}\" is not yet defined in this session"),
        )
    }
}

/// What a conflict's DETAIL says of a key.
pub fn describe_key(
    catalog: &Catalog,
    table: TableId,
    key: &[u8],
    formats: &Formats,
) -> Option<String> {
    if table.0 < protocol::key::FIRST_USER_TABLE {
        return Some(errors::table_detail("the catalog", None));
    }
    let relation = catalog.relation_of_table(table)?;
    let schema = catalog.schema(relation.schema)?;
    let name = catalog::qualified(&schema.name, &relation.name);
    let key = crate::binding::describe_key(catalog, relation, key, formats);
    Some(errors::table_detail(&name, key))
}

impl EvalContext for StatementEnvironment {
    fn formats(&self) -> &Formats {
        &self.formats
    }

    fn transaction_time(&self) -> i64 {
        self.transaction_time
    }

    fn statement_time(&self) -> i64 {
        self.statement_time
    }

    fn clock_time(&self) -> i64 {
        self.services.now()
    }

    fn random(&self) -> u64 {
        self.session.random()
    }

    fn set_seed(&self, seed: f64) -> SqlResult<()> {
        self.session.set_seed(seed);
        Ok(())
    }

    fn current_user(&self) -> String {
        self.current_role_name.to_string()
    }

    fn session_user(&self) -> String {
        self.session.session_user()
    }

    fn current_database(&self) -> String {
        self.session.database()
    }

    fn search_path(&self, with_implicit: bool) -> Vec<String> {
        let mut path: Vec<Oid> = self.search_path.to_vec();
        if with_implicit && !path.contains(&PG_CATALOG) {
            path.insert(0, PG_CATALOG);
        }
        path.iter()
            .filter_map(|oid| self.catalog.schema(*oid).map(|schema| schema.name.clone()))
            .collect()
    }

    fn setting(&self, name: &str) -> SqlResult<Option<String>> {
        Ok(self.session.with_settings(|settings| settings.show(name).ok()))
    }

    fn set_setting(&self, name: &str, value: &str, is_local: bool) -> SqlResult<String> {
        let superuser = self.session.is_superuser();
        let value = self.session.with_settings(|settings| settings.completed(name, value));
        let (name, value) = settings::Settings::check(name, &value, superuser)?;
        self.session.set(&name, Some(value.clone()), is_local);
        Ok(value)
    }

    fn backend_pid(&self) -> i32 {
        self.handle.process_id
    }

    fn check_interrupts(&self) -> SqlResult<()> {
        if self.handle.is_cancelled() {
            return self.check_interrupts_now();
        }
        if self.interrupt_checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(INTERRUPT_PERIOD) {
            return self.check_interrupts_now();
        }
        Ok(())
    }

    fn catalog_function(&self, name: &str, arguments: &[Datum]) -> SqlResult<Datum> {
        if name == "pg_trigger_depth" {
            return Ok(Datum::Int4(self.trigger_depth));
        }
        catalog::call_function(&self.catalog, self, name, arguments)
    }

    fn catalog_set_function(&self, name: &str, arguments: &[Datum]) -> SqlResult<Vec<Row>> {
        catalog::call_set_function(&self.catalog, self, name, arguments)
    }

    fn query(&self, sql: &str) -> SqlResult<(Vec<Oid>, Vec<Row>)> {
        crate::routine_statements::query(self, sql)
    }

    fn call_routine(&self, call: &functions::RoutineCall<'_>) -> SqlResult<Vec<Row>> {
        crate::routines::call(self, call)
    }

    fn object_by_name(&self, reg_type: Oid, text: &str) -> SqlResult<Oid> {
        catalog::object_by_name(&self.catalog, self, reg_type, text)
    }

    fn object_name(&self, reg_type: Oid, object: Oid) -> Option<String> {
        catalog::object_name(&self.catalog, self, reg_type, object)
    }

    fn user_type_input(&self, type_oid: Oid, text: &str) -> SqlResult<Datum> {
        catalog::user_values::read_value(&self.catalog, self, type_oid, text)
    }

    fn user_type_receive(&self, type_oid: Oid, bytes: &[u8]) -> SqlResult<Datum> {
        catalog::user_values::receive_value(&self.catalog, self, type_oid, bytes)
    }

    fn check_domain(&self, domain: Oid, value: &Datum) -> SqlResult<()> {
        self.domains.check(self, domain, value)
    }

    fn enum_labels(&self, type_oid: Oid) -> Option<Vec<(String, f32)>> {
        catalog::user_values::enum_labels(&self.catalog, type_oid)
    }

    fn field_names(&self, type_oid: Oid) -> Option<Vec<String>> {
        if let Some(names) = functions::record_shapes::names(type_oid) {
            return Some(names);
        }
        let fields = catalog::user_values::composite_fields(&self.catalog, type_oid)?;
        Some(fields.into_iter().map(|(name, ..)| name).collect())
    }

    fn may_read(&self, relation: Oid, column: i16) -> bool {
        let Some(relation) = self.catalog.relation(relation) else { return true };
        let (catalog, role) = (&self.catalog, self.current_role);
        catalog::privileges::has_column_privilege(catalog, role, relation, column, 'r', false)
    }

    fn notice(&self, notice: SqlError) {
        self.session.notice(notice);
    }
}

impl SystemContext for StatementEnvironment {
    fn current_role(&self) -> Oid {
        self.current_role
    }

    fn sessions(&self) -> Vec<SessionActivity> {
        let mut sessions: Vec<SessionActivity> =
            self.services.activity.iter().map(|entry| entry.value().shown()).collect();
        sessions.sort_by_key(|session| session.process_id);
        sessions
    }

    fn settings(&self) -> Vec<SettingRow> {
        self.session.with_settings(crate::settings::rows)
    }

    fn prepared_statements(&self) -> Vec<PreparedRow> {
        self.session.prepared_rows()
    }

    fn cursors(&self) -> Vec<CursorRow> {
        self.session.cursor_rows()
    }

    fn stored_bytes(&self, table: TableId, index: Option<u16>) -> u64 {
        self.services.node.stored_bytes(table, index)
    }

    fn estimated_rows(&self, relation: Oid) -> f64 {
        self.analyzed(relation).map_or(-1.0, |analyzed| analyzed.statistics.rows)
    }

    fn relation_statistics(&self, relation: Oid) -> Option<catalog::system::RelationStatistics> {
        self.analyzed(relation).map(|analyzed| analyzed.shown())
    }

    fn changed_rows(&self, table: TableId) -> i64 {
        i64::try_from(self.services.kept_statistics.changes(table)).unwrap_or(i64::MAX)
    }

    fn next_value(&self, sequence: Oid) -> SqlResult<i64> {
        if self.read_only {
            return Err(transaction::read_only_error("nextval()"));
        }
        let (relation, definition) = self.sequence(sequence)?;
        let value = self.services.sequences.next_value(
            &self.services,
            sequence,
            &relation.name,
            &definition,
        )?;
        self.session.sequence_used(sequence, value);
        Ok(value)
    }

    fn current_value(&self, sequence: Option<Oid>) -> SqlResult<i64> {
        match sequence {
            Some(oid) => {
                let (relation, _) = self.sequence(oid)?;
                self.session.sequence_value(oid).ok_or_else(|| Self::uncalled(&relation.name))
            }
            None => self.session.last_sequence_value().ok_or_else(|| {
                SqlError::new(
                    sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "lastval is not yet defined in this session",
                )
            }),
        }
    }

    fn set_value(&self, sequence: Oid, value: i64, is_called: bool) -> SqlResult<()> {
        if self.read_only {
            return Err(transaction::read_only_error("setval()"));
        }
        let (relation, definition) = self.sequence(sequence)?;
        self.services.sequences.set_value(
            &self.services,
            sequence,
            &relation.name,
            &definition,
            value,
            is_called,
        )?;
        if is_called {
            self.session.sequence_used(sequence, value);
        }
        Ok(())
    }

    fn sequence_state(&self, sequence: Oid) -> SqlResult<(i64, bool)> {
        let (_, definition) = self.sequence(sequence)?;
        self.services.sequences.state(
            &self.services,
            sequence,
            &definition,
            self.services.storage.watermark(),
        )
    }

    fn cancel_session(&self, process_id: i32) -> SqlResult<bool> {
        Ok(self.services.registry.cancel_by_process(process_id))
    }

    fn terminate_session(&self, process_id: i32) -> SqlResult<bool> {
        Ok(self.services.registry.terminate_by_process(process_id))
    }

    fn advisory_lock(&self, request: AdvisoryRequest) -> SqlResult<bool> {
        if self.services.node.others_commit() {
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "advisory locks are not supported in a cluster of several nodes",
            )
            .detail("A lock would be known to this node only."));
        }
        let wanted = self.advisory(request.key, request.is_shared);
        let locks = &self.services.advisory;
        let (taken, held) = self.with_waiter(|waiter| {
            let waiter = request.waits.then_some(waiter);
            if request.for_transaction {
                let held = locks.acquire_held(&wanted, waiter)?;
                return Ok((held.is_some(), held));
            }
            Ok((locks.acquire(&wanted, waiter)?, None))
        })?;
        if taken {
            self.transaction.locked(held);
        }
        Ok(taken)
    }

    fn advisory_unlock(&self, key: AdvisoryKey, is_shared: bool) -> SqlResult<bool> {
        Ok(self.services.advisory.release_one(&self.advisory(key, is_shared)))
    }

    fn advisory_unlock_all(&self) {
        self.services.advisory.release_session(self.handle.process_id);
    }

    fn advisory_locks(&self) -> Vec<AdvisoryLock> {
        self.services.advisory.shown()
    }

    fn blocking_sessions(&self, process_id: i32) -> Vec<i32> {
        self.services.advisory.blockers_of(process_id)
    }

    fn notify(&self, channel: &str, payload: &str) -> SqlResult<()> {
        notifications::gather(&self.services, &self.transaction, channel, payload)
    }

    fn listening_channels(&self) -> Vec<String> {
        self.session.mailbox().channels()
    }

    fn notification_queue_usage(&self) -> f64 {
        self.services.notifications.usage()
    }

    fn transaction_status(&self, transaction: uuid::Uuid) -> SqlResult<String> {
        let id = protocol::TransactionId(transaction);
        let status = self.services.block_on(self.services.commit.status(id));
        Ok(match status {
            TransactionStatus::Committed { .. } => "committed",
            TransactionStatus::NotCommitted => "not committed",
            TransactionStatus::InProgress => "in progress",
            TransactionStatus::Forgotten => "forgotten",
        }
        .to_owned())
    }

    fn transaction_id(&self) -> uuid::Uuid {
        self.transaction.id.0
    }

    fn system_rows(&self, relation: &str) -> Option<Vec<Vec<Datum>>> {
        self.services.node.system_rows(relation)
    }
}

impl CatalogView for StatementEnvironment {
    fn types(&self) -> &dyn TypeCatalog {
        &*self.catalog
    }

    fn evaluation(&self) -> &dyn EvalContext {
        self
    }

    fn relation(&self, schema: Option<&str>, name: &str) -> SqlResult<Option<Arc<Relation>>> {
        if let Some(schema) = schema {
            let Some(found) = self.catalog.schema_by_name(schema) else {
                return Err(SqlError::new(
                    sqlstate::INVALID_SCHEMA_NAME,
                    format!("schema \"{schema}\" does not exist"),
                ));
            };
            return Ok(self.catalog.relation_by_name(found.oid, name).cloned());
        }
        if let Some(table) = self.transitions.iter().find(|table| table.relation.name == name) {
            return Ok(Some(Arc::clone(&table.relation)));
        }
        if !self.search_path.contains(&PG_CATALOG)
            && let Some(found) = self.catalog.relation_by_name(PG_CATALOG, name)
        {
            return Ok(Some(Arc::clone(found)));
        }
        Ok(self
            .search_path
            .iter()
            .find_map(|schema| self.catalog.relation_by_name(*schema, name))
            .cloned())
    }

    fn routines(&self, schema: Option<&str>, name: &str) -> Vec<&'static functions::FunctionDef> {
        let schemas: Vec<Oid> = match schema {
            Some(schema) => {
                self.catalog.schema_by_name(schema).map(|found| found.oid).into_iter().collect()
            }
            None => self.search_path.to_vec(),
        };
        catalog::routines::candidates(&self.catalog, &schemas, name)
    }

    fn relation_by_oid(&self, relation: Oid) -> Option<Arc<Relation>> {
        self.catalog.relation(relation).cloned()
    }

    fn schema_by_name(&self, name: &str) -> Option<Oid> {
        self.catalog.schema_by_name(name).map(|schema| schema.oid)
    }

    fn schema_name(&self, schema: Oid) -> Option<String> {
        self.catalog.schema(schema).map(|schema| schema.name.clone())
    }

    fn user_type(&self, schema: Option<&str>, name: &str) -> Option<Arc<UserType>> {
        let schemas = match schema {
            Some(schema) => vec![self.catalog.schema_by_name(schema)?.oid],
            None => self.search_path.to_vec(),
        };
        schemas.iter().find_map(|schema| {
            if let Some(found) = self.catalog.user_type_by_name(*schema, name) {
                return Some(Arc::clone(found));
            }
            self.catalog
                .relation_by_name(*schema, name)
                .map(|relation| crate::environment_definition::row_type(relation))
        })
    }

    fn user_type_by_oid(&self, type_oid: Oid) -> Option<Arc<UserType>> {
        if let Some(found) = self.catalog.user_type(type_oid) {
            return Some(Arc::clone(found));
        }
        self.catalog
            .relation_of_row_type(type_oid)
            .map(|relation| crate::environment_definition::row_type(relation))
    }

    fn statistics(&self, relation: Oid) -> Option<Arc<Statistics>> {
        let analyzed = self.analyzed(relation)?;
        let exists = |group: &catalog::statistics::GroupStatistics| {
            self.catalog.statistics(group.object).is_some()
        };
        if analyzed.statistics.groups.iter().all(exists) {
            return Some(Arc::clone(&analyzed.statistics));
        }
        let mut statistics = Statistics::clone(&analyzed.statistics);
        statistics.groups.retain(exists);
        Some(Arc::new(statistics))
    }

    fn planner_setting(&self, name: &str) -> Option<String> {
        self.session.with_settings(|settings| settings.get(name).map(str::to_owned))
    }

    fn cost_settings(&self) -> planner::optimize::cost::Settings {
        self.session.cost_settings()
    }
}

impl Environment for StatementEnvironment {
    fn get(&self, key: &[u8]) -> SqlResult<Option<Bytes>> {
        self.transaction.get(key)
    }

    fn multi_get(&self, keys: &[Bytes]) -> SqlResult<Vec<Option<Bytes>>> {
        self.transaction.multi_get(keys)
    }

    fn scan(&self, request: ReadRequest) -> SqlResult<Box<dyn ScanCursor>> {
        self.transaction.scan(request, false)
    }

    fn get_latest(&self, key: &[u8]) -> SqlResult<Option<Bytes>> {
        self.transaction.get_latest(key)
    }

    fn scan_latest(&self, request: ReadRequest) -> SqlResult<Box<dyn ScanCursor>> {
        self.transaction.scan(request, true)
    }

    fn written_by_statement(&self, key: &[u8]) -> bool {
        self.transaction.written_by_statement(key)
    }

    fn write(&self, write: Write) -> SqlResult<()> {
        if self.read_only {
            return Err(transaction::read_only_error("a write"));
        }
        self.transaction.write(write)?;
        self.flush_bulk(BULK_BYTES)
    }

    fn add(&self, addition: Addition, value: Bytes) -> SqlResult<()> {
        if self.read_only {
            return Err(transaction::read_only_error("a write"));
        }
        self.transaction.add(addition, value)
    }

    fn check(&self, check: Check) -> SqlResult<()> {
        if self.read_only {
            return Err(transaction::read_only_error("a row lock"));
        }
        self.transaction.check(check);
        Ok(())
    }

    fn touch(&self, relation: &Relation) -> SqlResult<()> {
        let mut touched = self.touched.lock();
        if !touched.contains(&relation.oid) {
            touched.push(relation.oid);
            self.transaction.schema_use(SchemaUse::Rows(TableId(relation.oid)));
        }
        Ok(())
    }

    fn defer(&self, check: DeferredCheck) -> SqlResult<()> {
        self.transaction.defer(check);
        Ok(())
    }

    fn is_deferred(&self, constraint: Oid, initially: bool) -> bool {
        let explicit = self
            .constraint_timing
            .iter()
            .rev()
            .find(|(oid, _)| *oid == constraint || *oid == 0)
            .map(|(_, deferred)| *deferred);
        explicit.unwrap_or(initially)
    }

    fn virtual_rows(&self, relation: &Relation, equals: &[(usize, Datum)]) -> SqlResult<Vec<Row>> {
        if let Some(table) =
            self.transitions.iter().find(|table| table.relation.oid == relation.oid)
        {
            return Ok(table.rows.to_vec());
        }
        catalog::virtual_rows(&self.catalog, relation, equals, self)
    }

    fn target(&self, relation: Oid) -> SqlResult<Arc<Target>> {
        if let Some(found) = self.targets.lock().get(&relation) {
            return Ok(Arc::clone(found));
        }
        let target = Arc::new(planner::bind_target(relation, self)?);
        self.targets.lock().insert(relation, Arc::clone(&target));
        Ok(target)
    }

    fn vector_lists(&self, codec: &RowCodec, position: usize) -> SqlResult<Arc<Lists>> {
        crate::vector_indexes::lists(self, codec, position)
    }

    fn fire_trigger(
        &self,
        firing: &executor::modify::triggers::Firing<'_>,
    ) -> SqlResult<Option<Row>> {
        crate::triggers::fire(self, firing)
    }

    fn new_row_id(&self) -> [u8; 16] {
        self.services.new_row_id()
    }

    fn helpers(&self) -> usize {
        let wanted = self
            .session
            .with_settings(|settings| settings.integer("max_parallel_workers_per_gather"));
        usize::try_from(wanted).unwrap_or(0)
    }

    fn help(&self, task: Box<dyn FnOnce() + Send>) -> bool {
        self.services.help(task)
    }

    fn memory_budget(&self) -> usize {
        self.services.config.query_memory
    }

    fn spill_directory(&self) -> &Path {
        &self.services.config.spill_directory
    }
}
