//! What the system's views and catalog functions need from the session and the node.

use functions::EvalContext;
use protocol::TableId;
use types::{Datum, Oid, SqlResult};

/// A session as `pg_stat_activity` shows it. Times are microseconds since 2000-01-01 UTC.
#[derive(Clone, Debug, Default)]
pub struct SessionActivity {
    pub process_id: i32,
    pub database: String,
    pub user: String,
    pub application_name: String,
    pub client_address: Option<String>,
    pub client_port: i32,
    pub started_at: i64,
    pub transaction_started_at: Option<i64>,
    pub query_started_at: Option<i64>,
    pub state_changed_at: i64,
    /// `active`, `idle`, `idle in transaction`, `idle in transaction (aborted)`.
    pub state: String,
    pub query: String,
    pub uses_tls: bool,
    pub tls_version: Option<String>,
    pub tls_cipher: Option<String>,
}

/// A setting as `pg_settings` shows it.
#[derive(Clone, Debug, Default)]
pub struct SettingRow {
    pub name: String,
    pub value: String,
    pub unit: String,
    pub category: String,
    /// `user`, `superuser`, `internal` …
    pub context: String,
    /// `bool`, `integer`, `real`, `enum`, `string`.
    pub kind: String,
    /// `default`, `session`, `client`, `configuration file`.
    pub source: String,
    pub minimum: Option<String>,
    pub maximum: Option<String>,
    pub values: Option<Vec<String>>,
    pub boot_value: String,
    pub reset_value: String,
}

/// A prepared statement as `pg_prepared_statements` shows it.
#[derive(Clone, Debug, Default)]
pub struct PreparedRow {
    pub name: String,
    pub statement: String,
    pub prepared_at: i64,
    pub parameter_types: Vec<Oid>,
    pub from_sql: bool,
}

/// A cursor as `pg_cursors` shows it.
#[derive(Clone, Debug, Default)]
pub struct CursorRow {
    pub name: String,
    pub statement: String,
    pub is_holdable: bool,
    pub is_binary: bool,
    pub is_scrollable: bool,
    pub created_at: i64,
}

/// The number or the two numbers that an advisory lock is known by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AdvisoryKey {
    /// The upper half of one number, or the first of two.
    pub class: u32,
    /// The lower half, or the second.
    pub object: u32,
    /// 1 for one number, 2 for two; [`TABLE_PART`] for a table, which `class` is then.
    pub part: i16,
}

/// A table's lock is among those of programs.
pub const TABLE_PART: i16 = 0;

/// What a function of advisory locks asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvisoryRequest {
    pub key: AdvisoryKey,
    pub is_shared: bool,
    /// Until the transaction ends, not the session.
    pub for_transaction: bool,
    /// Wait for it, or take it only if nobody has it.
    pub waits: bool,
}

/// An advisory lock as `pg_locks` shows it.
#[derive(Clone, Debug, Default)]
pub struct AdvisoryLock {
    pub process_id: i32,
    pub database: Oid,
    pub key: AdvisoryKey,
    /// `ShareLock`, `ExclusiveLock` …
    pub mode: &'static str,
    /// Since when it is waited for; `None`: it is held.
    pub waiting_since: Option<i64>,
}

/// What ANALYZE found about a relation, and when.
#[derive(Clone, Debug, Default)]
pub struct RelationStatistics {
    /// Microseconds since 2000-01-01 UTC.
    pub last_analyze: Option<i64>,
    pub last_automatic: Option<i64>,
    pub analyze_count: i64,
    pub automatic_count: i64,
    pub columns: Vec<ColumnSummary>,
    pub groups: Vec<crate::statistics::GroupStatistics>,
}

/// A column as `pg_stats` shows it.
#[derive(Clone, Debug, Default)]
pub struct ColumnSummary {
    pub number: i16,
    pub null_fraction: f64,
    pub width: f64,
    /// How many distinct values; negative: that fraction of the rows.
    pub distinct: f64,
    pub most_common: Vec<(Datum, f64)>,
    pub histogram: Vec<Datum>,
    pub correlation: f64,
}

/// Answers that only the session or its node know.
pub trait SystemContext: EvalContext {
    fn current_role(&self) -> Oid;

    fn sessions(&self) -> Vec<SessionActivity>;

    fn settings(&self) -> Vec<SettingRow>;

    fn prepared_statements(&self) -> Vec<PreparedRow>;

    fn cursors(&self) -> Vec<CursorRow>;

    /// Bytes of a table or of one of its indexes, roughly.
    fn stored_bytes(&self, table: TableId, index: Option<u16>) -> u64;

    /// Rows as ANALYZE estimated them; −1 if it never ran.
    fn estimated_rows(&self, relation: Oid) -> f64;

    /// `None` if the relation was never analyzed.
    fn relation_statistics(&self, _relation: Oid) -> Option<RelationStatistics> {
        None
    }

    /// Rows written since the last ANALYZE, as far as this node knows.
    fn changed_rows(&self, _table: TableId) -> i64 {
        0
    }

    /// Advances a sequence.
    fn next_value(&self, sequence: Oid) -> SqlResult<i64>;

    /// What `nextval` gave last in this session, for one sequence or for whichever was used last.
    fn current_value(&self, sequence: Option<Oid>) -> SqlResult<i64>;

    fn set_value(&self, sequence: Oid, value: i64, is_called: bool) -> SqlResult<()>;

    /// A sequence's `last_value` and `is_called`, as `SELECT * FROM sequence` shows.
    fn sequence_state(&self, sequence: Oid) -> SqlResult<(i64, bool)>;

    fn cancel_session(&self, process_id: i32) -> SqlResult<bool>;

    fn terminate_session(&self, process_id: i32) -> SqlResult<bool>;

    /// Takes an advisory lock; whether the session has it.
    fn advisory_lock(&self, request: AdvisoryRequest) -> SqlResult<bool>;

    /// Gives up an advisory lock of the session; whether it had it.
    fn advisory_unlock(&self, key: AdvisoryKey, is_shared: bool) -> SqlResult<bool>;

    /// Gives up all advisory locks of the session.
    fn advisory_unlock_all(&self);

    fn advisory_locks(&self) -> Vec<AdvisoryLock>;

    /// The sessions that a session waits for.
    fn blocking_sessions(&self, process_id: i32) -> Vec<i32>;

    /// Tells those who listen, if the transaction commits.
    fn notify(&self, channel: &str, payload: &str) -> SqlResult<()>;

    /// The channels that the session listens on.
    fn listening_channels(&self) -> Vec<String>;

    /// How full the queue of notifications is, from 0 to 1.
    fn notification_queue_usage(&self) -> f64;

    /// `sys.transaction_status(uuid)`: `committed`, `not committed`, `in progress`, `forgotten`.
    fn transaction_status(&self, transaction: uuid::Uuid) -> SqlResult<String>;

    /// This transaction's own identity, for `txid_current()` and its like.
    fn transaction_id(&self) -> uuid::Uuid;

    /// Everything of `sys` that the catalog does not know: nodes, shards, jobs … by relation name; `None` if there is
    /// no such relation.
    fn system_rows(&self, _relation: &str) -> Option<Vec<Vec<Datum>>> {
        None
    }
}
