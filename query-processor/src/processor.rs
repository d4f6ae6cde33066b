//! A query processor: serves sessions until it is drained.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pgwire::messages::startup::{BackendKeyData, SecretKey};
use protocol::journal::BoxFuture;
use session::{ClientConnection, Greet, Served, SessionHandle, SessionState, StopReason};
use tokio::sync::watch;

use crate::client_session::Session;
use crate::services::Services;
use crate::wire;

/// One query processor of the node.
pub struct Processor {
    services: Arc<Services>,
    draining: watch::Sender<bool>,
    sessions: Arc<AtomicUsize>,
}

/// Counts a session while it is served.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Processor {
    pub fn new(services: Arc<Services>) -> Processor {
        Processor { services, draining: watch::Sender::new(false), sessions: Arc::default() }
    }

    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Lets go of each session at its next transaction boundary.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Sessions being served.
    pub fn sessions(&self) -> usize {
        self.sessions.load(Ordering::SeqCst)
    }

    /// Ends all sessions of the node at once.
    pub fn terminate(&self) {
        self.services.registry.stop_all(StopReason::Terminate);
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
        self.sessions.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(Arc::clone(&self.sessions));
        Box::pin(async move {
            let _counted = counted;
            serve(services, connection, state, handle, greet, draining).await
        })
    }
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
    let mut session = Session::new(services, state, handle, connection, superuser);
    match greet {
        Greet::NewSession => {
            session.send_reports();
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
