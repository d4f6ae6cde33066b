//! What a client's session is between transactions, and how gateways and query processors pass it on.
//!
//! The gateway owns the client's socket; a query processor borrows it together with the [`SessionState`], serves
//! statements, and gives both back at a transaction boundary when it is asked to let go. Everything a session owns
//! between transactions is in [`SessionState`], plain data, so that any query processor can go on with it.

pub mod cancel;
pub mod connection;
pub mod route;
pub mod state;
pub mod verifier;

pub use cancel::{CancelKey, CancelRegistry, SessionHandle, StopReason};
pub use connection::{ByteStream, ClientConnection};
pub use route::{ManagedProcessor, Route};
pub use state::{PreparedStatement, SessionState};
pub use verifier::ScramVerifier;

use protocol::journal::BoxFuture;

/// How serving a session ended.
pub enum Served {
    /// The client is gone, or was told to go.
    Closed,
    /// The query processor lets go at a transaction boundary; somebody else goes on.
    Detached(Box<ClientConnection>, Box<SessionState>),
}

/// A query processor as the gateway sees it.
pub trait QueryProcessor: Send + Sync {
    /// Serves the session until the client leaves or the query processor is drained. The first message of the client
    /// may already be in the connection's read buffer. `greet`: the session is new, and the client still waits for
    /// ParameterStatus, BackendKeyData and ReadyForQuery.
    fn serve(
        &self,
        connection: Box<ClientConnection>,
        state: Box<SessionState>,
        handle: SessionHandle,
        greet: Greet,
    ) -> BoxFuture<Served>;
}

/// Whether a served session has just been authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greet {
    NewSession,
    Resumed,
}

/// What authentication needs to know about a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleCredentials {
    pub oid: types::Oid,
    pub login: bool,
    pub superuser: bool,
    /// `SCRAM-SHA-256$…`; `None` if no password was set.
    pub verifier: Option<String>,
    /// Microseconds since 2000-01-01 UTC.
    pub valid_until: Option<i64>,
    pub connection_limit: i32,
}

/// Looks up roles and databases for authentication.
pub trait Directory: Send + Sync {
    fn role(&self, name: &str) -> BoxFuture<Result<Option<RoleCredentials>, types::SqlError>>;

    fn database_exists(&self, name: &str) -> BoxFuture<Result<bool, types::SqlError>>;
}
