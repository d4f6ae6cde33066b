//! A query processor: serves sessions until it is drained.

use std::sync::Arc;

use dashmap::DashMap;
use pgwire::messages::startup::{BackendKeyData, SecretKey};
use protocol::journal::BoxFuture;
use session::{ClientConnection, Greet, Served, SessionHandle, SessionState, StopReason};
use tokio::sync::watch;
use types::{Severity, SqlError};

use crate::client_session::Session;
use crate::services::Services;
use crate::settings::Settings;
use crate::wire;

/// One query processor of the node.
pub struct Processor {
    services: Arc<Services>,
    draining: watch::Sender<bool>,
    sessions: Arc<DashMap<i32, SessionHandle>>,
}

/// Counts a session while it is served.
struct Counted(Arc<DashMap<i32, SessionHandle>>, i32);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.remove(&self.1);
    }
}

impl Processor {
    pub fn new(services: Arc<Services>) -> Processor {
        Processor { services, draining: watch::Sender::new(false), sessions: Arc::default() }
    }

    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }
}

impl session::ManagedProcessor for Processor {
    fn drain(&self) {
        self.draining.send_replace(true);
    }

    fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn terminate(&self) {
        let handles: Vec<SessionHandle> =
            self.sessions.iter().map(|entry| entry.value().clone()).collect();
        for handle in handles {
            handle.stop(StopReason::Terminate);
        }
    }
}

impl session::QueryProcessor for Processor {
    fn serve(
        &self,
        connection: Box<ClientConnection>,
        state: Box<SessionState>,
        handle: SessionHandle,
        greet: Greet,
    ) -> BoxFuture<Served> {
        let services = Arc::clone(&self.services);
        let draining = self.draining.subscribe();
        self.sessions.insert(handle.process_id, handle.clone());
        let counted = Counted(Arc::clone(&self.sessions), handle.process_id);
        Box::pin(async move {
            let _counted = counted;
            serve(services, connection, state, handle, greet, draining).await
        })
    }
}

/// What `ALTER DATABASE … SET` and `ALTER ROLE … SET` say a session starts with; the role's before the database's, and
/// what the client asked for before both. What does not hold is a warning.
fn starting_settings(
    services: &Services,
    state: &mut SessionState,
    superuser: bool,
) -> Vec<SqlError> {
    let Ok(catalog) = services.catalog_at(services.storage.watermark()) else { return Vec::new() };
    let database = catalog.database_by_name(&state.database);
    let role = catalog.role(state.session_user_oid);
    let of_database = database.into_iter().flat_map(|database| &database.settings);
    let of_role = role.into_iter().flat_map(|role| &role.settings);
    let mut warnings = Vec::new();
    let mut starting = std::collections::BTreeMap::new();
    for (name, value) in of_database.chain(of_role) {
        match Settings::check(name, value, superuser) {
            Ok((name, value)) => drop(starting.insert(name, value)),
            Err(error) => warnings.push(error.severity(Severity::Warning)),
        }
    }
    for (name, value) in starting {
        state.reset_settings.entry(name).or_insert(value);
    }
    warnings
}

async fn serve(
    services: Arc<Services>,
    connection: Box<ClientConnection>,
    state: Box<SessionState>,
    handle: SessionHandle,
    greet: Greet,
    draining: watch::Receiver<bool>,
) -> Served {
    let superuser = services
        .catalog_at(services.storage.watermark())
        .ok()
        .and_then(|catalog| catalog.role(state.session_user_oid).map(|role| role.superuser))
        .unwrap_or(false);
    if greet == Greet::NewSession {
        // A session of this number may have ended where nobody saw it.
        services.session_ended(handle.process_id);
    }
    let mut state = state;
    let refused = match greet {
        Greet::NewSession => starting_settings(&services, &mut state, superuser),
        Greet::Resumed => Vec::new(),
    };
    let mut session = Session::new(services, state, handle, connection, superuser);
    match greet {
        Greet::NewSession => {
            session.send_reports();
            for warning in refused {
                session.cell.notice(warning);
            }
            session.send_asides();
            let secret = match <[u8; 4]>::try_from(session.handle.key().0.as_slice()) {
                Ok(four) => SecretKey::I32(i32::from_be_bytes(four)),
                Err(_) => SecretKey::Bytes(session.handle.key().0.clone().into()),
            };
            let process_id = session.state.process_id;
            wire::put(&mut session.connection.output, &BackendKeyData::new(process_id, secret));
            let status = session.status();
            wire::ready(&mut session.connection.output, status);
        }
        Greet::Resumed => {
            session.cell.assume_reported();
            session.restore_prepared().await;
        }
    }
    session.run(draining).await
}
