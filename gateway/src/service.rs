//! The listeners, and one task for each connection.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::BytesMut;
use futures::FutureExt;
use pgwire::api::auth::sasl::scram::ScramServerAuth;
use rand::TryRngCore;
use runtime::{Clock, SystemClock};
use session::{
    CancelKey, CancelRegistry, ClientConnection, Directory, Greet, RoleCredentials, Route, Served,
    SessionHandle, SessionState, StopReason,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use types::{Severity, SqlError, sqlstate};

use crate::admission::{Admission, Candidate, Slot};
use crate::authentication;
use crate::config::{GatewayConfig, TlsIdentity};
use crate::error::{Ended, GatewayError, fatal};
use crate::messages;
use crate::negotiation::{Peer, TlsOffer, Wanted};
use crate::startup::Startup;
use crate::threads::ConnectionThreads;

/// 2000-01-01 UTC in microseconds of the Unix epoch.
const EPOCH_2000_MICROS: i64 = 946_684_800_000_000;
/// After an accept failed (too many open files), the next is tried this much later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long terminated sessions may take to say goodbye.
const TERMINATE_GRACE: Duration = Duration::from_secs(5);
/// A dead peer is noticed after about a minute of silence.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;
/// After a fatal error so much, and for so long, is read and thrown away, so that the error is not lost to a reset.
const LINGER_BYTES: usize = 64 << 10;
const LINGER: Duration = Duration::from_secs(1);
/// A processor that gives a session back this often in a row is asked again only after a pause.
const QUICK_RETURNS: u32 = 8;
const RETURN_PAUSE: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// Nobody new is let in.
    Closing,
    /// Whoever is left is dropped.
    Over,
}

struct Shared {
    config: GatewayConfig,
    tls: ArcSwapOption<TlsOffer>,
    route: Arc<dyn Route>,
    directory: Arc<dyn Directory>,
    registry: Arc<CancelRegistry>,
    admission: Arc<Admission>,
    mock_secret: [u8; 32],
    next_process_id: AtomicI32,
    phase: watch::Sender<Phase>,
    clock: SystemClock,
    threads: ConnectionThreads,
}

/// A running gateway. Dropping it leaves it running; [`Gateway::drain`] ends it.
pub struct Gateway {
    shared: Arc<Shared>,
}

impl Gateway {
    /// Serves the bound listeners. Must be called inside a tokio runtime.
    pub fn start(
        listeners: Vec<std::net::TcpListener>,
        config: GatewayConfig,
        route: Arc<dyn Route>,
        directory: Arc<dyn Directory>,
        registry: Arc<CancelRegistry>,
    ) -> Result<Arc<Gateway>, GatewayError> {
        if config.tls.is_none() && !config.insecure {
            return Err(GatewayError::NoTls);
        }
        let listeners = listeners
            .into_iter()
            .map(|listener| {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(GatewayError::Listener)?;
        let threads =
            ConnectionThreads::start(config.connection_threads).map_err(GatewayError::Threads)?;
        let shared = Arc::new(Shared {
            threads,
            tls: ArcSwapOption::from(config.tls.as_ref().map(|tls| Arc::new(offer(tls)))),
            admission: Arc::new(Admission::new(&config)),
            mock_secret: config.mock_secret.unwrap_or_else(rand::random),
            next_process_id: AtomicI32::new(rand::random_range(1..1_000_000)),
            phase: watch::Sender::new(Phase::Open),
            clock: SystemClock::new(0),
            config,
            route,
            directory,
            registry,
        });
        for listener in listeners {
            tokio::spawn(accept(Arc::clone(&shared), listener));
        }
        Ok(Arc::new(Gateway { shared }))
    }

    /// New connections see this certificate; running ones are not touched.
    pub fn reload_tls(&self, identity: &TlsIdentity) {
        self.shared.tls.store(Some(Arc::new(offer(identity))));
    }

    /// Authenticated sessions.
    pub fn sessions(&self) -> usize {
        self.shared.admission.sessions()
    }

    /// Connections that are not authenticated yet.
    pub fn unauthenticated(&self) -> usize {
        self.shared.admission.unauthenticated()
    }

    /// Stops accepting, ends each session at its next transaction boundary, and after `limit` ends what is left.
    /// Returns when all connections are gone.
    pub async fn drain(&self, limit: Duration) {
        let shared = &self.shared;
        shared.phase.send_replace(Phase::Closing);
        shared.registry.stop_all(StopReason::Drain);
        if !shared.admission.wait_until_empty(limit).await {
            shared.registry.stop_all(StopReason::Terminate);
            if !shared.admission.wait_until_empty(TERMINATE_GRACE).await {
                tracing::warn!(sessions = self.sessions(), "sessions are cut off");
            }
        }
        shared.phase.send_replace(Phase::Over);
        shared.admission.wait_until_empty(TERMINATE_GRACE).await;
    }
}

fn offer(identity: &TlsIdentity) -> TlsOffer {
    let mut scram = ScramServerAuth::new();
    if let Err(error) = scram.configure_certificate(&identity.certificate_pem) {
        tracing::warn!(%error, "the certificate allows no channel binding");
    }
    TlsOffer { acceptor: TlsAcceptor::from(Arc::clone(&identity.server)), scram }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    let mut phase = shared.phase.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = phase.wait_for(|phase| *phase != Phase::Open) => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(candidate) = shared.admission.enter(address.ip()) else {
            // Nothing is said: before TLS no text is sent, and a flood deserves no work.
            metrics::counter!("quorate_connections_total", "outcome" => "refused").increment(1);
            continue;
        };
        metrics::counter!("quorate_connections_total", "outcome" => "accepted").increment(1);
        set_options(&stream);
        let serving = Arc::clone(&shared);
        let spawned = shared
            .threads
            .spawn(stream, move |stream| connection(serving, stream, address, candidate));
        if let Err(error) = spawned {
            tracing::warn!(%address, %error, "a connection cannot be served");
        }
    }
}

fn set_options(stream: &TcpStream) {
    use rustix::net::sockopt;
    // An option that the system does not know costs latency or a late notice, nothing more.
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE);
    let _ = sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL);
    let _ = sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES);
}

/// Everything of one connection.
async fn connection(
    shared: Arc<Shared>,
    stream: TcpStream,
    address: SocketAddr,
    candidate: Candidate,
) {
    let mut phase = shared.phase.subscribe();
    let deadline = Instant::now() + shared.config.authentication_deadline;
    let admitted = tokio::select! {
        admitted = tokio::time::timeout_at(deadline, open(&shared, stream, address)) => admitted,
        _ = phase.wait_for(|phase| *phase != Phase::Open) => return,
    };
    drop(candidate);
    match admitted {
        Ok(Some(admitted)) => {
            // After the candidate's place was given up and the session's slot taken, a drain may have begun unseen.
            if *phase.borrow_and_update() != Phase::Open {
                admitted.session.handle.stop(StopReason::Drain);
            }
            tokio::select! {
                () = serve(&shared, admitted) => {}
                _ = phase.wait_for(|phase| *phase == Phase::Over) => {}
            }
        }
        Ok(None) => {}
        Err(_) => {
            metrics::counter!("quorate_authentication_failures_total", "reason" => "timeout")
                .increment(1);
            tracing::debug!(%address, "no authentication in time");
        }
    }
}

/// A session in the registry; gone from it when dropped.
struct Registered {
    handle: SessionHandle,
    registry: Arc<CancelRegistry>,
    _slot: Slot,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.remove(self.handle.process_id);
    }
}

struct Admitted {
    connection: Box<ClientConnection>,
    state: Box<SessionState>,
    session: Registered,
}

/// From the first byte to a session; `None` if it does not come to one, which the client was told by then.
async fn open(shared: &Shared, stream: TcpStream, address: SocketAddr) -> Option<Admitted> {
    let mut peer = Peer::new(stream);
    let mut output = BytesMut::new();
    match prepare(shared, &mut peer, address, &mut output).await {
        Ok(Some((state, session))) => {
            let mut connection =
                Box::new(ClientConnection::new(peer.into_stream()?, BytesMut::new()));
            connection.output = output;
            Some(Admitted { connection, state, session })
        }
        Ok(None) => None,
        Err(ended) => {
            refuse(&mut peer, address, output, ended).await;
            None
        }
    }
}

/// Tells the client why, and closes.
async fn refuse(peer: &mut Peer, address: SocketAddr, mut output: BytesMut, ended: Ended) {
    let error = match ended {
        Ended::Io(error) => return tracing::debug!(%address, %error, "the connection broke"),
        Ended::Silent(why) => return tracing::debug!(%address, why, "the connection is refused"),
        Ended::Fatal(error) => error.severity(Severity::Fatal),
    };
    tracing::info!(%address, sqlstate = error.sqlstate(), "the connection is refused");
    let reason = match error.sqlstate() {
        sqlstate::INVALID_PASSWORD => "password",
        sqlstate::INVALID_AUTHORIZATION_SPECIFICATION => "role",
        sqlstate::PROTOCOL_VIOLATION => "protocol",
        sqlstate::TOO_MANY_CONNECTIONS | sqlstate::CONFIGURATION_LIMIT_EXCEEDED => "limit",
        _ => "other",
    };
    metrics::counter!("quorate_authentication_failures_total", "reason" => reason).increment(1);
    messages::error(&mut output, &error);
    let Ok(stream) = peer.stream() else { return };
    let farewell = async {
        stream.write_all(&output).await?;
        stream.shutdown().await?;
        let mut ignored = [0u8; 1_024];
        let mut count = 0;
        while count < LINGER_BYTES {
            match stream.read(&mut ignored).await? {
                0 => break,
                read => count += read,
            }
        }
        std::io::Result::Ok(())
    };
    // The client may be gone already: there is nobody to tell.
    let _ = tokio::time::timeout(LINGER, farewell).await;
}

/// Negotiates, authenticates and checks; what is to be sent before the greeting is in `output`.
async fn prepare(
    shared: &Shared,
    peer: &mut Peer,
    address: SocketAddr,
    output: &mut BytesMut,
) -> Result<Option<(Box<SessionState>, Registered)>, Ended> {
    let offer = shared.tls.load_full();
    let wanted = peer.negotiate(offer.as_deref(), !shared.config.insecure).await?;
    let startup = match wanted {
        Wanted::Session(startup) => startup,
        Wanted::Cancel { process_id, key } => {
            // Whether it fitted is not told.
            shared.registry.cancel(process_id, &key);
            return Ok(None);
        }
    };
    shared.admission.check_rate()?;
    if startup.newer || !startup.unknown_options.is_empty() {
        messages::negotiate_protocol_version(output, startup.minor, &startup.unknown_options);
    }
    let now = now_micros(shared);
    let role = shared.directory.role(&startup.user).await?;
    if !shared.config.insecure {
        let mock = authentication::mock_verifier(&shared.mock_secret, &startup.user);
        let verifier = authentication::effective_verifier(role.as_ref(), mock, now);
        let server = match &peer.tls {
            Some((server, _)) => server.clone(),
            None => return Err(Ended::Silent("authentication without TLS")),
        };
        let stream = peer.stream()?;
        authentication::exchange(stream, &server, verifier, &startup.user, output).await?;
    }
    // Only trusted connections can come here without a role; the exchange never succeeds with a mock.
    let Some(role) = role else {
        return Err(fatal(
            sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
            format!("role \"{}\" does not exist", startup.user),
        )
        .into());
    };
    messages::authentication_ok(output);
    let slot = check_role(shared, &role, &startup)?;
    let database = find_database(shared, &startup).await?;
    let session = register(shared, slot, startup.minor)?;
    let process_id = session.handle.process_id;
    let mut state = SessionState::new(process_id, database, startup.user.clone(), role.oid);
    state.protocol_minor = startup.minor;
    state.client = Some(address);
    state.tls = peer.tls.take().map(|(_, name)| name);
    state.started_at = now;
    for (name, value) in &startup.settings {
        let (name, value) = (shared.config.validate)(name, value)?;
        state.settings.insert(name, value);
    }
    state.reset_settings = state.settings.clone();
    Ok(Some((Box::new(state), session)))
}

fn now_micros(shared: &Shared) -> i64 {
    let unix = i64::try_from(shared.clock.now().latest.0 / 1_000).unwrap_or(i64::MAX);
    unix.saturating_sub(EPOCH_2000_MICROS)
}

fn check_role(
    shared: &Shared,
    role: &RoleCredentials,
    startup: &Startup,
) -> Result<Slot, SqlError> {
    if !role.login {
        return Err(fatal(
            sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
            format!("role \"{}\" is not permitted to log in", startup.user),
        ));
    }
    shared.admission.admit(role.oid, &startup.user, role.connection_limit, role.superuser)
}

/// The database asked for; without one, the user's name, or `postgres` if there is no such database.
async fn find_database(shared: &Shared, startup: &Startup) -> Result<String, SqlError> {
    let candidates = match &startup.database {
        Some(database) => vec![database.as_str()],
        None => vec![startup.user.as_str(), "postgres"],
    };
    for candidate in &candidates {
        if shared.directory.database_exists(candidate).await? {
            return Ok((*candidate).to_owned());
        }
    }
    Err(fatal(
        sqlstate::INVALID_CATALOG_NAME,
        format!("database \"{}\" does not exist", candidates[0]),
    ))
}

/// A process id that no live session has, and a fresh key.
fn register(shared: &Shared, slot: Slot, minor: u16) -> Result<Registered, SqlError> {
    let mut key = vec![0u8; if minor >= 2 { 32 } else { 4 }];
    rand::rngs::OsRng
        .try_fill_bytes(&mut key)
        .map_err(|_| fatal(sqlstate::INTERNAL_ERROR, "could not generate random cancel key"))?;
    // More attempts than there can be sessions: one of these ids is free.
    for _ in 0..=shared.config.maximum_connections.saturating_mul(2) {
        let process_id = shared.next_process_id.fetch_add(1, Ordering::Relaxed) & i32::MAX;
        if process_id == 0 {
            continue;
        }
        if let Some(handle) = shared.registry.register(process_id, CancelKey(key.clone())) {
            let registry = Arc::clone(&shared.registry);
            return Ok(Registered { handle, registry, _slot: slot });
        }
    }
    Err(fatal(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients already"))
}

/// Hands the session from one query processor to the next until it ends.
async fn serve(shared: &Shared, admitted: Admitted) {
    let Admitted { mut connection, mut state, session } = admitted;
    let mut greet = Greet::NewSession;
    let mut quick_returns = 0;
    loop {
        let processor = shared.route.current();
        let began = Instant::now();
        let served = AssertUnwindSafe(async {
            processor.serve(connection, state, session.handle.clone(), greet).await
        })
        .catch_unwind()
        .await;
        match served {
            Ok(Served::Closed) => return,
            Ok(Served::Detached(returned, kept)) => {
                (connection, state) = (returned, kept);
                greet = Greet::Resumed;
                metrics::counter!("quorate_session_moves_total").increment(1);
            }
            Err(_) => {
                tracing::error!("a query processor panicked while it served a session");
                shared.route.crashed(&processor);
                return;
            }
        }
        // Between a drain and the new route a session may come back at once; that must not become a busy loop.
        quick_returns = if began.elapsed() < RETURN_PAUSE { quick_returns + 1 } else { 0 };
        if quick_returns > QUICK_RETURNS {
            tokio::time::sleep(RETURN_PAUSE).await;
        }
    }
}
