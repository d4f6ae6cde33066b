//! [`Transport`] over TCP: dialers that keep one connection per peer and class, and a listener.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use parking_lot::{Mutex, RwLock};
use rand::Rng;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

use crate::config::{
    CONNECTIONS_MAX, CONNECTIONS_PER_PEER_MAX, Class, HANDSHAKES_MAX, Security, TransportConfig,
};
use crate::error::{CallError, OpenError, Refusal};
use crate::handshake::{self, Accepted, Introduced};
use crate::link::{Link, Pace};
use crate::service::{Caller, Route, STRANGERS, Services, Transport};
use crate::sockets::Sockets;
use crate::stream::Stream;

/// A connection that is replaced is kept so long for what is still under way on it.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);
/// A stranger's connection is for one question.
const STRANGER_LIMIT: Duration = Duration::from_secs(60);
const DRAIN_STEP: Duration = Duration::from_millis(20);
/// A pause after accept failed, for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone)]
enum PeerState {
    /// The first attempt since it was last up, or ever, is under way.
    Connecting,
    Up(Arc<Link>),
    Down(String),
}

struct Peer {
    node: u64,
    class: Class,
    state: watch::Sender<PeerState>,
    /// Try now.
    hurry: Notify,
    round_trip: Mutex<Option<Duration>>,
}

/// Where connections come from.
enum Listener {
    Tcp(TcpListener),
    Other(Arc<dyn Sockets>),
}

impl Listener {
    async fn accept(&self) -> io::Result<(Accepted, String)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                Ok((Accepted::Tcp(stream), from.to_string()))
            }
            Listener::Other(sockets) => {
                Ok((Accepted::Other(sockets.accept().await?), "elsewhere".to_owned()))
            }
        }
    }
}

struct Inner {
    config: Arc<TransportConfig>,
    /// Instead of TCP.
    sockets: Option<Arc<dyn Sockets>>,
    services: Services,
    addresses: RwLock<HashMap<u64, String>>,
    peers: Mutex<HashMap<(u64, Class), Arc<Peer>>>,
    accepted: Mutex<HashMap<(u64, Class), Vec<Arc<Link>>>>,
    connections: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

/// Asks a node at an address, as one that does not know yet to which cluster it belongs. The configuration's cluster must
/// be 0; with TLS its node must be the one of the certificate. Answers with the number of the node that was reached.
pub async fn knock(
    config: &TransportConfig,
    address: &str,
    body: Bytes,
    timeout: Duration,
) -> Result<(u64, Bytes), String> {
    let introduced = handshake::dial(config, None, address, 0, Class::Control).await?;
    let node = introduced.node;
    let caller = Caller { node, version: introduced.version };
    let pace = Pace { keep_alive: config.keep_alive, write_timeout: config.write_timeout };
    let link = Link::new(introduced.class, true, caller, Services::default(), pace);
    tokio::spawn(link.clone().run(introduced.io, BytesMut::new()));
    let asked = async {
        let waiting = link.begin(STRANGERS, body, timeout).map_err(CallError::from)?;
        waiting.answer().await
    };
    let answer = match tokio::time::timeout(timeout, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("{address} did not answer in time")),
    };
    link.close("the question is answered");
    answer.map(|answer| (node, answer))
}

/// A node's connections. Dropping it closes nothing; [`Network::close`] does.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Inner>,
    address: SocketAddr,
}

impl Network {
    /// Takes connections from the listener and dials others when they are needed. Must be called in a tokio runtime.
    pub fn start(
        config: TransportConfig,
        listener: TcpListener,
        services: Services,
    ) -> Result<Network, OpenError> {
        let address = listener.local_addr().map_err(|error| OpenError::Bind {
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            error,
        })?;
        if matches!(config.security, Security::Insecure) && !address.ip().is_loopback() {
            return Err(OpenError::NotLoopback { address });
        }
        Ok(Network::over(config, Listener::Tcp(listener), None, services, address))
    }

    /// The same over other connections than TCP's, which are taken as they are, without TLS.
    pub fn start_over(
        config: TransportConfig,
        sockets: Arc<dyn Sockets>,
        services: Services,
    ) -> Network {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Network::over(config, Listener::Other(sockets.clone()), Some(sockets), services, nowhere)
    }

    fn over(
        config: TransportConfig,
        listener: Listener,
        sockets: Option<Arc<dyn Sockets>>,
        services: Services,
        address: SocketAddr,
    ) -> Network {
        let inner = Arc::new(Inner {
            config: Arc::new(config),
            sockets,
            services,
            addresses: RwLock::default(),
            peers: Mutex::default(),
            accepted: Mutex::default(),
            connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            closing: watch::Sender::new(false),
        });
        tokio::spawn(inner.clone().accept_all(listener));
        Network { inner, address }
    }

    /// Where this node listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where a node is, as `HOST:PORT`; a connection to its old address is kept while it lives.
    pub fn set_address(&self, node: u64, address: impl Into<String>) {
        let address = address.into();
        let reached = self.inner.config.detours.get(&address).cloned().unwrap_or(address);
        self.inner.addresses.write().insert(node, reached);
        self.inner.hurry(node);
    }

    /// The round trip to a node as its last connection's hello saw it.
    pub fn round_trip(&self, node: u64) -> Option<Duration> {
        let peers = self.inner.peers.lock();
        let of_node = peers.values().filter(|peer| peer.node == node);
        of_node.filter_map(|peer| *peer.round_trip.lock()).min()
    }

    /// Why there is no connection to a node; `None` if there is one or none was wanted.
    pub fn problem(&self, node: u64, class: Class) -> Option<String> {
        let peer = self.inner.peers.lock().get(&(node, class)).cloned()?;
        match &*peer.state.borrow() {
            PeerState::Down(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    /// Cuts all connections with a node, as a broken network would; they come back by themselves.
    pub fn cut(&self, node: u64) {
        for peer in self.inner.peers.lock().values().filter(|peer| peer.node == node) {
            if let PeerState::Up(link) = &*peer.state.borrow() {
                link.close("cut");
            }
        }
        for ((from, _), links) in self.inner.accepted.lock().iter() {
            if *from == node {
                links.iter().for_each(|link| link.close("cut"));
            }
        }
    }

    /// Forgets where a node is: no attempt to reach it succeeds any more.
    pub fn forget_address(&self, node: u64) {
        self.inner.addresses.write().remove(&node);
    }

    /// Ends all connections and takes no more.
    pub fn close(&self) {
        self.inner.closing.send_replace(true);
        for peer in self.inner.peers.lock().values() {
            if let PeerState::Up(link) = &*peer.state.borrow() {
                link.close("the node is closing");
            }
        }
        for links in self.inner.accepted.lock().values() {
            links.iter().for_each(|link| link.close("the node is closing"));
        }
    }
}

impl Inner {
    fn pace(&self) -> Pace {
        Pace { keep_alive: self.config.keep_alive, write_timeout: self.config.write_timeout }
    }

    fn hurry(&self, node: u64) {
        for peer in self.peers.lock().values().filter(|peer| peer.node == node) {
            peer.hurry.notify_one();
        }
    }

    async fn accept_all(self: Arc<Inner>, listener: Listener) {
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
        let mut closing = self.closing.subscribe();
        loop {
            let handshake = handshakes.clone().acquire_owned().await.expect("never closed");
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = closing.wait_for(|closing| *closing) => return,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a node's connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(connection) = self.connections.clone().try_acquire_owned() else {
                // Dropped: the dialer comes back later.
                continue;
            };
            let inner = self.clone();
            tokio::spawn(async move {
                let introduced = handshake::accept(&inner.config, stream).await;
                drop(handshake);
                match introduced {
                    Ok(introduced) => inner.serve(introduced).await,
                    Err(reason) => tracing::info!(%from, reason, "a connection was turned away"),
                }
                drop(connection);
            });
        }
    }

    async fn serve(&self, introduced: Introduced) {
        let Introduced { io, node, class, version, is_stranger, .. } = introduced;
        let caller = Caller { node, version };
        if is_stranger {
            let services = self.services.only(STRANGERS);
            let link = Link::new(class, false, caller, services, self.pace());
            let served = tokio::time::timeout(STRANGER_LIMIT, link.run(io, BytesMut::new()));
            let _ = served.await;
            return;
        }
        let link = Link::new(class, false, caller, self.services.clone(), self.pace());
        {
            let mut accepted = self.accepted.lock();
            let links = accepted.entry((node, class)).or_default();
            links.retain(|link| !link.is_closed());
            if links.len() >= CONNECTIONS_PER_PEER_MAX {
                // The oldest is most likely half-open: its peer has forgotten it.
                links.remove(0).close("replaced by a newer connection");
            }
            links.push(link.clone());
        }
        if *self.closing.borrow() {
            return;
        }
        // The node is there: no need to wait until the next attempt to reach it.
        self.hurry(node);
        link.clone().run(io, BytesMut::new()).await;
        let mut accepted = self.accepted.lock();
        if let Some(links) = accepted.get_mut(&(node, class)) {
            links.retain(|other| !Arc::ptr_eq(other, &link));
        }
    }

    /// The connection's keeper, started when it is first wanted.
    fn peer(self: &Arc<Inner>, node: u64, class: Class) -> Arc<Peer> {
        let mut peers = self.peers.lock();
        let peer = peers.entry((node, class)).or_insert_with(|| {
            let peer = Arc::new(Peer {
                node,
                class,
                state: watch::Sender::new(PeerState::Connecting),
                hurry: Notify::new(),
                round_trip: Mutex::new(None),
            });
            tokio::spawn(self.clone().keep(peer.clone()));
            peer
        });
        peer.clone()
    }

    async fn dial(&self, peer: &Peer) -> Result<Arc<Link>, String> {
        let address = self.addresses.read().get(&peer.node).cloned();
        let address =
            address.ok_or_else(|| format!("no address is known for node {}", peer.node))?;
        let sockets = self.sockets.as_ref();
        let introduced =
            handshake::dial(&self.config, sockets, &address, peer.node, peer.class).await?;
        *peer.round_trip.lock() = Some(introduced.round_trip);
        let caller = Caller { node: introduced.node, version: introduced.version };
        let link = Link::new(introduced.class, true, caller, self.services.clone(), self.pace());
        tokio::spawn(link.clone().run(introduced.io, BytesMut::new()));
        Ok(link)
    }

    async fn keep(self: Arc<Inner>, peer: Arc<Peer>) {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            () = self.keep_connected(&peer) => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
        peer.state.send_replace(PeerState::Down("the node is closing".to_owned()));
    }

    async fn keep_connected(&self, peer: &Peer) {
        let mut generation = match &self.config.security {
            Security::Tls(store) => Some(store.generation()),
            Security::Insecure => None,
        };
        let mut failures = 0_u32;
        let mut previous: Option<Arc<Link>> = None;
        let mut draining: Option<JoinHandle<()>> = None;
        loop {
            match self.dial(peer).await {
                Ok(link) => {
                    let stable = tokio::time::sleep(self.config.backoff_max);
                    let mut stable = std::pin::pin!(stable);
                    let mut is_stable = false;
                    peer.state.send_replace(PeerState::Up(link.clone()));
                    if let Some(previous) = previous.take() {
                        draining = Some(tokio::spawn(drain(previous)));
                    }
                    let replaced = loop {
                        tokio::select! {
                            () = link.wait_closed() => break false,
                            () = changed(&mut generation) => break true,
                            () = &mut stable, if !is_stable => {
                                is_stable = true;
                                failures = 0;
                            }
                        }
                    };
                    if replaced {
                        // One after the other: of more connections than one old and one new, the peer would close the
                        // oldest with what is under way on it.
                        if let Some(draining) = draining.take() {
                            let _ = draining.await;
                        }
                        previous = Some(link);
                        continue;
                    }
                    tracing::debug!(
                        node = peer.node,
                        class = peer.class.name(),
                        reason = link.closed_reason(),
                        "a connection ended"
                    );
                    peer.state.send_replace(PeerState::Connecting);
                    if failures == 0 {
                        failures = 1;
                        continue;
                    }
                }
                Err(reason) => {
                    // A connection that is to be replaced serves on while it can.
                    if previous.as_ref().is_none_or(|link| link.is_closed()) {
                        previous = None;
                        peer.state.send_replace(PeerState::Down(reason));
                    }
                }
            }
            failures += 1;
            tokio::select! {
                () = tokio::time::sleep(self.backoff(failures)) => {}
                () = peer.hurry.notified() => {}
            }
        }
    }

    fn backoff(&self, failures: u32) -> Duration {
        let doubled = self.config.backoff_first * 2_u32.pow(failures.saturating_sub(1).min(16));
        let longest = doubled.min(self.config.backoff_max);
        // Between half of it and all of it: nodes that lost a peer together do not come back together.
        longest.mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

async fn changed(generation: &mut Option<watch::Receiver<u64>>) {
    let changed = match generation {
        Some(generation) => generation.changed().await.is_ok(),
        None => false,
    };
    if !changed {
        std::future::pending::<()>().await;
    }
}

/// Lets what is under way end, then closes.
async fn drain(link: Arc<Link>) {
    let done = async {
        while !link.is_idle() && !link.is_closed() {
            tokio::time::sleep(DRAIN_STEP).await;
        }
    };
    let _ = tokio::time::timeout(DRAIN_LIMIT, done).await;
    link.close("replaced");
}

impl Peer {
    fn now(&self) -> Option<Result<Arc<Link>, Refusal>> {
        match &*self.state.borrow() {
            PeerState::Up(link) if !link.is_closed() => Some(Ok(link.clone())),
            PeerState::Down(reason) => Some(Err(Refusal::NotConnected { reason: reason.clone() })),
            _ => None,
        }
    }

    /// The connection, if there is one or the attempt that is under way succeeds.
    async fn link(&self) -> Result<Arc<Link>, Refusal> {
        let mut state = self.state.subscribe();
        loop {
            state.borrow_and_update();
            if let Some(now) = self.now() {
                return now;
            }
            if state.changed().await.is_err() {
                return Err(Refusal::Closed);
            }
        }
    }
}

impl Inner {
    fn check(&self, node: u64) -> Result<(), Refusal> {
        if *self.closing.borrow() {
            return Err(Refusal::Closed);
        }
        match self.addresses.read().contains_key(&node) {
            true => Ok(()),
            false => Err(Refusal::UnknownPeer { node }),
        }
    }
}

impl Transport for Network {
    fn request(
        &self,
        route: Route,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Bytes, CallError>> {
        if let Err(refusal) = self.inner.check(route.node) {
            return Box::pin(async { Err(refusal.into()) });
        }
        let peer = self.inner.peer(route.node, route.class);
        // Sent at the moment of the call where that is possible, so that the order is that of the calls.
        let begun = peer.now().map(|link| link?.begin(route.service, body.clone(), timeout));
        Box::pin(async move {
            let sent = std::sync::atomic::AtomicBool::new(false);
            let all = async {
                let waiting = match begun {
                    Some(waiting) => waiting?,
                    None => peer.link().await?.begin(route.service, body, timeout)?,
                };
                sent.store(true, std::sync::atomic::Ordering::Relaxed);
                waiting.answer().await
            };
            match tokio::time::timeout(timeout, all).await {
                Ok(answer) => answer,
                Err(_) if sent.load(std::sync::atomic::Ordering::Relaxed) => {
                    Err(CallError::Unknown { reason: "no answer in time".to_owned() })
                }
                Err(_) => Err(Refusal::Deadline.into()),
            }
        })
    }

    fn notify(&self, route: Route, body: Bytes) -> Result<(), CallError> {
        self.inner.check(route.node)?;
        match self.inner.peer(route.node, route.class).now() {
            Some(link) => Ok(link?.notify(route.service, body)?),
            None => Err(Refusal::NotConnected { reason: "connecting".to_owned() }.into()),
        }
    }

    fn open(
        &self,
        route: Route,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Stream, CallError>> {
        if let Err(refusal) = self.inner.check(route.node) {
            return Box::pin(async { Err(refusal.into()) });
        }
        let peer = self.inner.peer(route.node, route.class);
        Box::pin(async move {
            let link = tokio::time::timeout(timeout, peer.link()).await;
            let link = link.map_err(|_| Refusal::Deadline)??;
            Ok(link.open(route.service, body)?)
        })
    }
}
