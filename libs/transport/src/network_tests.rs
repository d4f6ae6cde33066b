//! Nodes over loopback sockets: calls, streams, broken connections, hostile peers, certificates.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::config::{Class, Security, TransportConfig, WINDOW_BYTES};
use crate::frame::Frame;
use crate::hello::Hello;
use crate::{
    CallError, Caller, CertificateFiles, CertificateStore, InProcess, Network, Refusal, Route,
    Service, Services, Stream, Transport, node_name,
};

const LIMIT: Duration = Duration::from_secs(20);
const SECOND: Duration = Duration::from_secs(5);
const CLUSTER: [u8; 16] = [5; 16];
const ECHO: u16 = 1;

#[derive(Default)]
struct Echo {
    notices: AtomicUsize,
    streamed: AtomicUsize,
}

impl Service for Echo {
    fn request(&self, caller: Caller, body: Bytes) -> BoxFuture<'static, Result<Bytes, String>> {
        Box::pin(async move {
            match &body[..] {
                b"fail" => Err("as asked".to_owned()),
                b"hang" => std::future::pending().await,
                b"who" => Ok(Bytes::from(caller.node.to_string())),
                _ => Ok(body),
            }
        })
    }

    fn notice(&self, _caller: Caller, _body: Bytes) {
        self.notices.fetch_add(1, Ordering::SeqCst);
    }

    fn stream(&self, _caller: Caller, body: Bytes, mut stream: Stream) -> BoxFuture<'static, ()> {
        self.streamed.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if &body[..] == b"deaf" {
                return std::future::pending().await;
            }
            while let Ok(Some(message)) = stream.receiver.next().await {
                if stream.sender.send(message).await.is_err() {
                    return;
                }
            }
            stream.sender.finish();
        })
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn authority() -> Authority {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).expect("signed").pem();
    Authority { issuer: Issuer::new(params, key), pem }
}

impl Authority {
    fn write(&self, directory: &Path, node: u64) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![node_name(node)]).expect("parameters");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        std::fs::write(directory.join("ca.crt"), &self.pem).expect("written");
        std::fs::write(directory.join("node.crt"), certificate.pem()).expect("written");
        std::fs::write(directory.join("node.key"), key.serialize_pem()).expect("written");
    }

    fn store(&self, node: u64) -> (Arc<CertificateStore>, tempfile::TempDir) {
        let directory = tempfile::tempdir().expect("a directory");
        self.write(directory.path(), node);
        let files = CertificateFiles::of_directory(directory.path());
        (CertificateStore::open(files).expect("readable"), directory)
    }
}

fn config(node: u64, security: Security) -> TransportConfig {
    TransportConfig {
        keep_alive: Duration::from_millis(300),
        handshake_timeout: Duration::from_secs(2),
        ..TransportConfig::new(CLUSTER, node, security)
    }
}

async fn start(config: TransportConfig) -> (Network, Arc<Echo>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let services = Services::default();
    let echo = Arc::new(Echo::default());
    services.register(ECHO, echo.clone());
    (Network::start(config, listener, services).expect("starts"), echo)
}

fn introduce(nodes: &[(u64, &Network)]) {
    for (_, from) in nodes {
        for (number, to) in nodes {
            from.set_address(*number, to.address().to_string());
        }
    }
}

fn to(node: u64, class: Class) -> Route {
    Route { node, class, service: ECHO }
}

async fn ask(
    transport: &dyn Transport,
    route: Route,
    body: &'static [u8],
) -> Result<Bytes, CallError> {
    transport.request(route, Bytes::from_static(body), SECOND).await
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

/// What every transport does.
async fn conforms(transport: &dyn Transport, echo: &Echo, node: u64) {
    for class in Class::ALL {
        assert_eq!(
            ask(transport, to(node, class), b"hello").await,
            Ok(Bytes::from_static(b"hello"))
        );
    }
    let control = to(node, Class::Control);
    assert_eq!(ask(transport, control, b"who").await, Ok(Bytes::from_static(b"1")));
    assert_eq!(
        ask(transport, control, b"fail").await,
        Err(CallError::Failed { reason: "as asked".into() })
    );
    let hang = transport.request(control, Bytes::from_static(b"hang"), Duration::from_millis(50));
    assert!(matches!(hang.await, Err(CallError::Unknown { .. })));
    let nobody = Route { service: 99, ..control };
    assert_eq!(
        ask(transport, nobody, b"x").await,
        Err(CallError::Refused(Refusal::NoService { service: 99 }))
    );
    assert_eq!(
        ask(transport, to(77, Class::Control), b"x").await,
        Err(CallError::Refused(Refusal::UnknownPeer { node: 77 }))
    );
    transport.notify(control, Bytes::new()).expect("sent");
    until("the notice", || echo.notices.load(Ordering::SeqCst) == 1).await;
    let stream = transport.open(to(node, Class::Bulk), Bytes::new(), SECOND).await;
    let Stream { mut sender, mut receiver } = stream.expect("opens");
    let sending = tokio::spawn(async move {
        // Several times the window.
        for number in 0..200_u32 {
            let body = vec![number as u8; 32 << 10];
            sender.send(body.into()).await.expect("sent");
        }
        sender.finish();
    });
    let mut received = 0_u32;
    while let Some(message) = receiver.next().await.expect("in order") {
        assert_eq!((message.len(), message[0]), (32 << 10, received as u8));
        received += 1;
    }
    assert_eq!(received, 200);
    sending.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_transport_conforms() {
    let process = InProcess::default();
    let echo = Arc::new(Echo::default());
    let services = Services::default();
    services.register(ECHO, echo.clone());
    let first = process.join(1, Services::default());
    process.join(2, services);
    tokio::time::timeout(LIMIT, conforms(&first, &echo, 2)).await.expect("in time");

    let (one, _) = start(config(1, Security::Insecure)).await;
    let (two, echo) = start(config(2, Security::Insecure)).await;
    introduce(&[(1, &one), (2, &two)]);
    tokio::time::timeout(LIMIT, conforms(&one, &echo, 2)).await.expect("in time");

    let authority = authority();
    let ((store_one, _a), (store_two, _b)) = (authority.store(1), authority.store(2));
    let (one, _) = start(config(1, Security::Tls(store_one))).await;
    let (two, echo) = start(config(2, Security::Tls(store_two))).await;
    introduce(&[(1, &one), (2, &two)]);
    tokio::time::timeout(LIMIT, conforms(&one, &echo, 2)).await.expect("in time");
    assert!(one.round_trip(2).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_tells_refused_from_unknown_and_comes_back() {
    let (one, _) = start(config(1, Security::Insecure)).await;
    let (two, _) = start(config(2, Security::Insecure)).await;
    introduce(&[(1, &one), (2, &two)]);
    let control = to(2, Class::Control);
    ask(&one, control, b"x").await.expect("answered");
    let hanging = one.request(control, Bytes::from_static(b"hang"), LIMIT);
    one.cut(2);
    assert!(matches!(hanging.await, Err(CallError::Unknown { .. })));
    ask(&one, control, b"x").await.expect("connected again");
    let address = two.address();
    two.close();
    until("it is noticed", || one.problem(2, Class::Control).is_some()).await;
    assert!(matches!(
        ask(&one, control, b"x").await,
        Err(CallError::Refused(Refusal::NotConnected { .. }))
    ));
    // The node comes back elsewhere.
    let (back, _) = start(config(2, Security::Insecure)).await;
    assert_ne!(back.address(), address);
    one.set_address(2, back.address().to_string());
    until("connected", || one.problem(2, Class::Control).is_none()).await;
    ask(&one, control, b"x").await.expect("answered");
    one.close();
    assert_eq!(ask(&one, control, b"x").await, Err(CallError::Refused(Refusal::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_nobody_reads_stops_its_sender_and_nobody_else() {
    let (one, _) = start(config(1, Security::Insecure)).await;
    let (two, _) = start(config(2, Security::Insecure)).await;
    introduce(&[(1, &one), (2, &two)]);
    let bulk = to(2, Class::Bulk);
    let mut deaf = one.open(bulk, Bytes::from_static(b"deaf"), SECOND).await.expect("opens");
    let message = Bytes::from(vec![0; 64 << 10]);
    let mut sent = 0;
    let full = async {
        loop {
            deaf.sender.send(message.clone()).await.expect("open");
            sent += message.len();
        }
    };
    assert!(tokio::time::timeout(Duration::from_millis(300), full).await.is_err());
    assert!(sent <= WINDOW_BYTES + message.len(), "{sent}");
    ask(&one, bulk, b"x").await.expect("the connection is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_peers_lose_their_connection_and_disturb_nobody() {
    let (one, _) = start(config(1, Security::Insecure)).await;
    let (two, _) = start(config(2, Security::Insecure)).await;
    introduce(&[(1, &one), (2, &two)]);
    let control = to(2, Class::Control);
    ask(&one, control, b"x").await.expect("answered");
    let dial = || async { TcpStream::connect(two.address()).await.expect("connects") };
    let hello = |from| {
        let to = 2;
        Hello { oldest: 1, newest: 1, class: Class::Control, cluster: CLUSTER, from, to }.encode()
    };
    let is_cut_off = |mut stream: TcpStream| async move {
        let mut rest = Vec::new();
        // A reset is as good as an end.
        let _ = tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await.expect("cut off");
    };
    // Garbage instead of a hello, an oversized hello, silence.
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[4, 0, 0, 0, 1, 2, 3, 4], b""] {
        let mut stream = dial().await;
        stream.write_all(bytes).await.expect("sent");
        is_cut_off(stream).await;
    }
    // After a proper hello: an oversized frame, an unknown kind, data far beyond a window, half-open silence.
    let mut beyond = bytes::BytesMut::new();
    Frame::Open { id: 1, service: ECHO, body: Bytes::from_static(b"deaf") }.encode(&mut beyond);
    for _ in 0..40 {
        Frame::Data { id: 1, body: vec![0; 64 << 10].into() }.encode(&mut beyond);
    }
    let unknown = [9, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 0];
    for bytes in [&[0xff; 16][..], &unknown, &beyond, b""] {
        let mut stream = dial().await;
        stream.write_all(&hello(9)).await.expect("sent");
        // It may be cut off before all is taken.
        let _ = stream.write_all(bytes).await;
        is_cut_off(stream).await;
    }
    // A slow sender is served at its pace.
    let mut slow = dial().await;
    for byte in hello(8) {
        slow.write_all(&[byte]).await.expect("sent");
        slow.flush().await.expect("sent");
    }
    ask(&one, control, b"x").await.expect("undisturbed");
    assert!(two.problem(1, Class::Control).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_turned_away_with_the_reason() {
    let authority = authority();
    let (store, _a) = authority.store(1);
    let (store_two, _b) = authority.store(2);
    let (two, _) = start(config(2, Security::Tls(store_two))).await;
    let reason = |network: Network| async move {
        network.set_address(2, two.address().to_string());
        match ask(&network, to(2, Class::Control), b"x").await {
            Err(CallError::Refused(Refusal::NotConnected { reason })) => (reason, two),
            other => panic!("{other:?}"),
        }
    };
    // Another cluster with the same authority.
    let mut foreign = config(1, Security::Tls(store.clone()));
    foreign.identity.cluster = [6; 16];
    let (told, two) = reason(start(foreign).await.0).await;
    assert!(told.contains("another cluster"), "{told}");
    let reason = |network: Network, two: Network| async move {
        network.set_address(2, two.address().to_string());
        match ask(&network, to(2, Class::Control), b"x").await {
            Err(CallError::Refused(Refusal::NotConnected { reason })) => reason,
            other => panic!("{other:?}"),
        }
    };
    // Node 1's certificate, but it says it is node 3.
    let told = reason(start(config(3, Security::Tls(store.clone()))).await.0, two.clone()).await;
    assert!(told.contains("not that of node 3"), "{told}");
    // Another authority.
    let (other, _c) = self::authority().store(1);
    let told = reason(start(config(1, Security::Tls(other))).await.0, two.clone()).await;
    assert!(told.contains("certificate") || told.contains("UnknownIssuer"), "{told}");
    // No TLS.
    let told = reason(start(config(1, Security::Insecure)).await.0, two.clone()).await;
    assert!(told.contains("node 2"), "{told}");
    // A version from the far future.
    let mut newer = config(1, Security::Tls(store));
    (newer.identity.oldest, newer.identity.newest) = (8, 9);
    let told = reason(start(newer).await.0, two).await;
    assert!(told.contains("versions 8 to 9"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_change_without_a_lost_request() {
    let old = authority();
    let new = authority();
    let ((store_one, one_files), (store_two, two_files)) = (old.store(1), old.store(2));
    let (one, _) = start(config(1, Security::Tls(store_one.clone()))).await;
    let (two, _) = start(config(2, Security::Tls(store_two.clone()))).await;
    introduce(&[(1, &one), (2, &two)]);
    let control = to(2, Class::Control);
    ask(&one, control, b"x").await.expect("answered");
    let stop = Arc::new(AtomicUsize::new(0));
    let asking = tokio::spawn({
        let (one, stop) = (one.clone(), stop.clone());
        async move {
            let mut asked = 0;
            while stop.load(Ordering::SeqCst) == 0 {
                ask(&one, control, b"x").await.expect("never lost");
                asked += 1;
            }
            asked
        }
    });
    let both = format!("{}{}", old.pem, new.pem);
    // Both authorities are trusted, then the certificates change, then the old authority goes.
    for (files, store) in [(&one_files, &store_one), (&two_files, &store_two)] {
        std::fs::write(files.path().join("ca.crt"), &both).expect("written");
        store.reload().expect("readable");
    }
    for (files, store, node) in [(&one_files, &store_one, 1), (&two_files, &store_two, 2)] {
        new.write(files.path(), node);
        std::fs::write(files.path().join("ca.crt"), &both).expect("written");
        store.reload().expect("readable");
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    for (files, store) in [(&one_files, &store_one), (&two_files, &store_two)] {
        std::fs::write(files.path().join("ca.crt"), &new.pem).expect("written");
        store.reload().expect("readable");
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.store(1, Ordering::SeqCst);
    assert!(asking.await.expect("no request was lost") > 10);
    ask(&one, to(2, Class::Reads), b"x").await.expect("a new connection");
    // Unreadable certificates change nothing.
    std::fs::write(one_files.path().join("node.key"), "nonsense").expect("written");
    assert!(store_one.reload().is_err());
    ask(&one, to(2, Class::Bulk), b"x").await.expect("the old ones serve on");
}

#[tokio::test]
async fn plain_text_stays_on_loopback() {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let refused = Network::start(config(1, Security::Insecure), listener, Services::default());
    assert!(matches!(refused.err(), Some(crate::OpenError::NotLoopback { .. })));
}

/// Checks: B1
#[tokio::test]
async fn a_stranger_is_heard_by_one_service_if_the_authority_knows_it() {
    let ours = authority();
    let (server, _files) = ours.store(4);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let services = Services::default();
    services.register(ECHO, Arc::new(Echo::default()));
    let network = Network::start(config(4, Security::Tls(server)), listener, services.clone());
    let network = network.expect("starts");
    let address = network.address().to_string();
    let stranger = |security| TransportConfig {
        handshake_timeout: Duration::from_secs(2),
        ..TransportConfig::new([0; 16], 7, security)
    };
    let (store, _files) = ours.store(7);
    let known = stranger(Security::Tls(store));
    let who = Bytes::from_static(b"who");
    let nobody = crate::knock(&known, &address, who.clone(), SECOND).await;
    assert!(nobody.expect_err("no service hears strangers").contains("no service 0"));
    services.register(crate::STRANGERS, Arc::new(Echo::default()));
    let heard = crate::knock(&known, &address, who.clone(), SECOND).await;
    assert_eq!(heard, Ok((4, Bytes::from_static(b"7"))));
    // Another authority's certificate, and one that is of another node than it says.
    let (store, _files) = authority().store(7);
    let foreign = stranger(Security::Tls(store));
    assert!(crate::knock(&foreign, &address, who.clone(), SECOND).await.is_err());
    let (store, _files) = ours.store(8);
    let posing = crate::knock(&stranger(Security::Tls(store)), &address, who, SECOND).await;
    assert!(posing.expect_err("the name does not fit").contains("certificate"));
    network.close();
}
