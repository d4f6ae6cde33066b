//! The session between transactions: plain data.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use types::Oid;

/// Everything a session owns while no transaction is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// What `pg_backend_pid()` answers and CancelRequest names; unique on the node while the session lives.
    pub process_id: i32,
    /// 3.0 or 3.2: the minor version.
    pub protocol_minor: u16,
    pub database: String,
    /// Who logged in.
    pub session_user: String,
    pub session_user_oid: Oid,
    /// Who the session acts as (`SET ROLE`).
    pub current_user: String,
    pub current_user_oid: Oid,
    pub client: Option<SocketAddr>,
    pub tls: Option<String>,
    /// Microseconds since 2000-01-01 UTC.
    pub started_at: i64,
    /// Settings that differ from the default, by lower-case name.
    pub settings: BTreeMap<String, String>,
    /// What RESET goes back to: values from the startup message and from `ALTER ROLE/DATABASE … SET`.
    pub reset_settings: BTreeMap<String, String>,
    /// By name; the unnamed statement has the empty name.
    pub prepared: BTreeMap<String, PreparedStatement>,
    /// The session sees its own commits: `tau_start` is never below this.
    pub last_commit: Timestamp,
    /// The last value `nextval` gave, by sequence, and the sequence used last.
    pub sequence_values: BTreeMap<Oid, i64>,
    pub last_sequence: Option<Oid>,
}

/// A prepared statement, whichever way it was made; its plan is made again where it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedStatement {
    pub text: String,
    /// As given by the client; 0 is "to be inferred".
    pub given_types: Vec<Oid>,
    /// Made by `PREPARE`, not by a Parse message.
    pub from_sql: bool,
    /// Microseconds since 2000-01-01 UTC.
    pub prepared_at: i64,
}

impl SessionState {
    pub fn new(process_id: i32, database: String, user: String, user_oid: Oid) -> SessionState {
        SessionState {
            process_id,
            protocol_minor: 0,
            database,
            session_user: user.clone(),
            session_user_oid: user_oid,
            current_user: user,
            current_user_oid: user_oid,
            client: None,
            tls: None,
            started_at: 0,
            settings: BTreeMap::new(),
            reset_settings: BTreeMap::new(),
            prepared: BTreeMap::new(),
            last_commit: Timestamp::ZERO,
            sequence_values: BTreeMap::new(),
            last_sequence: None,
        }
    }
}
