//! A gateway in this process, and clients that send bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use gateway::{Gateway, GatewayConfig, TlsIdentity};
use pgwire::api::auth::sasl::scram::{ScramSecret, gen_salted_password};
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use protocol::journal::BoxFuture;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use session::{
    ByteStream, CancelRegistry, ClientConnection, Directory, Greet, QueryProcessor,
    RoleCredentials, Route, ScramVerifier, Served, SessionHandle, SessionState, StopReason,
};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use types::SqlError;

pub const SSL_REQUEST: u32 = 80_877_103;
pub const GSS_REQUEST: u32 = 80_877_104;
pub const CANCEL_REQUEST: u32 = 80_877_102;
pub const WAIT: Duration = Duration::from_secs(10);

/// Answers each query with a command tag that tells about the session.
pub struct Answers {
    pub name: &'static str,
}

impl QueryProcessor for Answers {
    fn serve(
        &self,
        mut connection: Box<ClientConnection>,
        state: Box<SessionState>,
        handle: SessionHandle,
        greet: Greet,
    ) -> BoxFuture<Served> {
        let name = self.name;
        Box::pin(async move {
            if greet == Greet::NewSession {
                let mut body = BytesMut::new();
                body.put_i32(handle.process_id);
                body.put_slice(&handle.key().0);
                message(&mut connection.output, b'K', &body);
                message(&mut connection.output, b'Z', b"I");
            }
            loop {
                if connection.flush().await.is_err() {
                    return Served::Closed;
                }
                let frame = tokio::select! {
                    frame = connection.next_frame() => frame,
                    () = handle.signalled() => match handle.stop_reason() {
                        StopReason::None => {
                            message(&mut connection.output, b'C', b"cancelled\0");
                            continue;
                        }
                        _ => {
                            message(&mut connection.output, b'E', b"SFATAL\0C57P01\0Mdrained\0\0");
                            connection.close().await;
                            return Served::Closed;
                        }
                    },
                };
                let Ok(Some(frame)) = frame else { return Served::Closed };
                if frame.kind != b'Q' {
                    return Served::Closed;
                }
                let query = String::from_utf8_lossy(&frame.body).trim_end_matches('\0').to_owned();
                assert_ne!(query, "panic", "as asked");
                let tag = format!(
                    "{name} {} {} 3.{} tls={} {:?}\0",
                    state.session_user,
                    state.database,
                    state.protocol_minor,
                    state.tls.is_some(),
                    state.settings
                );
                message(&mut connection.output, b'C', tag.as_bytes());
                message(&mut connection.output, b'Z', b"I");
                if query == "detach" {
                    let _ = connection.flush().await;
                    return Served::Detached(connection, state);
                }
            }
        })
    }
}

fn message(output: &mut BytesMut, kind: u8, body: &[u8]) {
    output.put_u8(kind);
    output.put_u32(u32::try_from(body.len() + 4).expect("short"));
    output.put_slice(body);
}

/// Routes to one query processor after the other.
pub struct Turns {
    pub processors: Vec<Arc<Answers>>,
    pub next: std::sync::atomic::AtomicUsize,
    pub crashed: AtomicBool,
}

impl Route for Turns {
    fn current(&self) -> Arc<dyn QueryProcessor> {
        let turn = self.next.fetch_add(1, Ordering::SeqCst);
        Arc::clone(&self.processors[turn % self.processors.len()]) as Arc<dyn QueryProcessor>
    }

    fn crashed(&self, _: &Arc<dyn QueryProcessor>) {
        self.crashed.store(true, Ordering::SeqCst);
    }
}

struct Roles;

pub fn verifier(password: &str) -> String {
    let salted = gen_salted_password(password, b"0123456789abcdef", 4_096);
    let secret =
        ScramSecret::verifier_from_salted_password(b"0123456789abcdef".to_vec(), salted, 4_096);
    let ScramSecret::Verifier { salt, stored_key, server_key, .. } = secret else { unreachable!() };
    ScramVerifier {
        iterations: 4_096,
        salt,
        stored_key: stored_key.try_into().expect("32 bytes"),
        server_key: server_key.try_into().expect("32 bytes"),
    }
    .encode()
}

impl Directory for Roles {
    fn role(&self, name: &str) -> BoxFuture<Result<Option<RoleCredentials>, SqlError>> {
        let role = |oid| RoleCredentials {
            oid,
            login: true,
            superuser: false,
            verifier: Some(verifier("pencil")),
            valid_until: None,
            connection_limit: -1,
        };
        let role = match name {
            "ann" => Some(role(1)),
            "nologin" => Some(RoleCredentials { login: false, ..role(2) }),
            "expired" => Some(RoleCredentials { valid_until: Some(1), ..role(3) }),
            "single" => Some(RoleCredentials { connection_limit: 1, ..role(4) }),
            "nopassword" => Some(RoleCredentials { verifier: None, ..role(5) }),
            _ => None,
        };
        Box::pin(async move { Ok(role) })
    }

    fn database_exists(&self, name: &str) -> BoxFuture<Result<bool, SqlError>> {
        let exists = ["postgres", "shop"].contains(&name);
        Box::pin(async move { Ok(exists) })
    }
}

pub struct Server {
    pub gateway: Arc<Gateway>,
    pub address: SocketAddr,
    pub registry: Arc<CancelRegistry>,
    pub route: Arc<Turns>,
    pub certificate: CertificateDer<'static>,
}

pub fn identity() -> (TlsIdentity, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a fitting key");
    server.alpn_protocols = vec![b"postgresql".to_vec()];
    let certificate_pem = made.cert.pem().into_bytes();
    (TlsIdentity { server: Arc::new(server), certificate_pem }, certificate)
}

/// `change` may turn the defaults of the tests (TLS required, three settings known) into something else.
pub fn serve(change: impl FnOnce(&mut GatewayConfig)) -> Server {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (identity, certificate) = identity();
    let mut config = GatewayConfig {
        tls: Some(identity),
        validate: Arc::new(|name, value| match name {
            "application_name" | "client_encoding" | "DateStyle" | "work_mem" => {
                Ok((name.to_ascii_lowercase(), value.to_owned()))
            }
            _ => Err(SqlError::new("42704", format!("unrecognized parameter \"{name}\""))),
        }),
        ..GatewayConfig::default()
    };
    change(&mut config);
    let registry = Arc::new(CancelRegistry::default());
    let answers = |name| Arc::new(Answers { name });
    let route = Arc::new(Turns {
        processors: vec![answers("first"), answers("second")],
        next: 0.into(),
        crashed: false.into(),
    });
    let gateway = Gateway::start(
        vec![listener],
        config,
        Arc::clone(&route) as Arc<dyn Route>,
        Arc::new(Roles),
        Arc::clone(&registry),
    )
    .expect("the gateway starts");
    Server { gateway, address, registry, route, certificate }
}

pub fn insecure() -> Server {
    serve(|config| {
        config.insecure = true;
        config.tls = None;
    })
}

/// A packet without type byte.
pub fn packet(code: u32, body: &[u8]) -> Vec<u8> {
    let mut packet = u32::try_from(body.len() + 8).expect("short").to_be_bytes().to_vec();
    packet.extend_from_slice(&code.to_be_bytes());
    packet.extend_from_slice(body);
    packet
}

pub fn startup(minor: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in parameters {
        body.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
    }
    body.push(0);
    packet(3 << 16 | minor, &body)
}

/// A client that knows frames and nothing else.
pub struct Raw {
    pub stream: Box<dyn ByteStream>,
}

impl Raw {
    pub async fn plain(server: &Server) -> Raw {
        Raw { stream: Box::new(TcpStream::connect(server.address).await.expect("connected")) }
    }

    /// After SSLRequest, or `direct`ly; with the ALPN protocol if there is one.
    pub async fn tls(server: &Server, direct: bool, alpn: Option<&str>) -> std::io::Result<Raw> {
        let mut stream = TcpStream::connect(server.address).await?;
        if !direct {
            stream.write_all(&packet(SSL_REQUEST, &[])).await?;
            assert_eq!(stream.read_u8().await?, b'S');
        }
        let stream = connector(server, alpn)
            .connect(ServerName::try_from("localhost").expect("a name"), stream)
            .await?;
        Ok(Raw { stream: Box::new(stream) })
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("sent");
        self.stream.flush().await.expect("sent");
    }

    pub async fn query(&mut self, text: &str) -> String {
        let mut bytes = BytesMut::new();
        message(&mut bytes, b'Q', format!("{text}\0").as_bytes());
        self.send(&bytes).await;
        let (kind, body) = self.frame().await.expect("an answer");
        assert_eq!(kind, b'C');
        assert_eq!(self.frame().await.expect("ready").0, b'Z');
        String::from_utf8_lossy(&body).trim_end_matches('\0').to_owned()
    }

    /// The next message; `None` at the end of the stream.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let read = async {
            let kind = self.stream.read_u8().await.ok()?;
            let length = self.stream.read_u32().await.ok()?;
            let mut body = vec![0; length as usize - 4];
            self.stream.read_exact(&mut body).await.ok()?;
            Some((kind, body))
        };
        tokio::time::timeout(WAIT, read).await.expect("an answer or the end in time")
    }

    /// The error that must come next: its SQLSTATE and message; then the end.
    pub async fn fatal(&mut self) -> (String, String) {
        loop {
            let (kind, body) = self.frame().await.expect("an error before the end");
            if kind == b'E' {
                assert_eq!(self.frame().await, None, "a fatal error ends the connection");
                return error_of(&body);
            }
            assert!(matches!(kind, b'R' | b'v'), "unexpected message {}", kind as char);
        }
    }

    /// The rest of the stream until it is closed.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let read = self.stream.read_to_end(&mut rest);
        // A reset is an end as well.
        let _ = tokio::time::timeout(WAIT, read).await.expect("closed in time");
        rest
    }

    /// Reads up to ReadyForQuery; the process id and the cancel key.
    pub async fn ready(&mut self) -> (i32, Vec<u8>) {
        let mut key = None;
        loop {
            let (kind, body) = self.frame().await.expect("a greeting");
            match kind {
                b'K' => {
                    let process_id = i32::from_be_bytes(body[..4].try_into().expect("4 bytes"));
                    key = Some((process_id, body[4..].to_vec()));
                }
                b'Z' => return key.expect("BackendKeyData before ReadyForQuery"),
                b'E' => panic!("{:?}", error_of(&body)),
                _ => {}
            }
        }
    }

    /// The client's part of SCRAM; stops before the answer to the proof.
    pub async fn scram(&mut self, mechanism: &str, binding: ChannelBinding, password: &str) {
        let (kind, body) = self.frame().await.expect("mechanisms");
        assert_eq!((kind, &body[..4]), (b'R', &10i32.to_be_bytes()[..]));
        let mut scram = ScramSha256::new(password.as_bytes(), binding);
        let mut bytes = BytesMut::new();
        let first = scram.message();
        let mut initial = format!("{mechanism}\0").into_bytes();
        initial.extend_from_slice(&u32::try_from(first.len()).expect("short").to_be_bytes());
        initial.extend_from_slice(first);
        message(&mut bytes, b'p', &initial);
        self.send(&bytes).await;
        let Some((b'R', body)) = self.peek_challenge().await else { return };
        scram.update(&body[4..]).expect("a challenge");
        let mut bytes = BytesMut::new();
        message(&mut bytes, b'p', scram.message());
        self.send(&bytes).await;
    }

    /// The challenge; an error instead is put back for the caller to see.
    async fn peek_challenge(&mut self) -> Option<(u8, Vec<u8>)> {
        let (kind, body) = self.frame().await?;
        if kind == b'R' {
            return Some((kind, body));
        }
        let mut bytes = BytesMut::new();
        message(&mut bytes, kind, &body);
        let stream = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        let (reader, writer) = tokio::io::split(stream);
        let replayed = std::io::Cursor::new(bytes.to_vec()).chain(reader);
        self.stream = Box::new(tokio::io::join(replayed, writer));
        None
    }
}

pub fn error_of(body: &[u8]) -> (String, String) {
    let mut state = String::new();
    let mut text = String::new();
    for field in body.split(|byte| *byte == 0).filter(|field| !field.is_empty()) {
        let value = String::from_utf8_lossy(&field[1..]).into_owned();
        match field[0] {
            b'C' => state = value,
            b'M' => text = value,
            _ => {}
        }
    }
    (state, text)
}

pub fn client_config(server: &Server, alpn: Option<&str>) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(server.certificate.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.map(|name| name.as_bytes().to_vec()).into_iter().collect();
    config
}

fn connector(server: &Server, alpn: Option<&str>) -> tokio_rustls::TlsConnector {
    tokio_rustls::TlsConnector::from(Arc::new(client_config(server, alpn)))
}

/// RFC 5929 for certificates signed with SHA-256.
pub fn end_point(server: &Server) -> Vec<u8> {
    Sha256::digest(&server.certificate).to_vec()
}
