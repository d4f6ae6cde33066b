//! Opening a session: where to, as whom, and over which transport.
//!
//! TLS is decided here and not left to the driver, because the observer must sit above TLS and
//! because the rule differs from the driver's: a connection that leaves this machine is never made
//! in clear unless that was asked for in so many words (`sslmode=disable`, or `--insecure`).
//!
//! | sslmode | TLS | certificate |
//! |---|---|---|
//! | not given | used if offered; demanded if the host is not this machine or a CA file is given | verified fully if a CA file is given; else an error |
//! | `disable` | no | |
//! | `prefer` | used if offered | verified fully if a CA file is given |
//! | `require` | demanded | verified fully if a CA file is given |
//! | `verify-ca` | demanded | chain |
//! | `verify-full` | demanded | chain and host name |
//!
//! `--insecure` takes TLS if offered and verifies nothing.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{AsyncMessage, CancelToken, Client, Config, Connection, NoTls};
use tokio_rustls::TlsConnector;

use crate::observer::{MessageReader, Observer};
use crate::target::{Target, TlsMode};
use crate::tls::{Verification, client_configuration};

/// The port PostgreSQL's and therefore Quorate's clients expect.
pub const DEFAULT_PORT: u16 = 5432;
/// The role that a new cluster has.
pub const DEFAULT_USER: &str = "admin";
/// The database that a new cluster has.
pub const DEFAULT_DATABASE: &str = "postgres";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// SSLRequest: its length and the code that no protocol version has.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Where to connect to. `url` may hold all of it; `user`, `password` and `database` then override
/// what the URL says, while `host` and `port` may not be given beside a URL.
#[derive(Clone, Default)]
pub struct ConnectOptions {
    /// `postgresql://user:password@host:port/database?sslmode=verify-full&sslrootcert=FILE`.
    pub url: Option<String>,
    /// A name or an address; several, divided by commas, are tried in order.
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: Option<String>,
    /// The PEM file of the authority that signed the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// Take whatever certificate the server shows, or none.
    pub insecure: bool,
    /// What `pg_stat_activity` shows.
    pub application_name: Option<String>,
}

impl std::fmt::Debug for ConnectOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A URL may hold a password, so neither is shown.
        formatter
            .debug_struct("ConnectOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("ca_file", &self.ca_file)
            .field("insecure", &self.insecure)
            .finish_non_exhaustive()
    }
}

/// Why no session was opened.
#[derive(Debug)]
pub enum ConnectError {
    /// The options contradict each other or cannot be read: the user must change them.
    Options(String),
    /// Nothing answers at the address.
    Unreachable { address: String, source: std::io::Error },
    /// The server has a certificate that does not hold, or has none where one is demanded.
    Tls(String),
    /// The server, or the driver on its behalf, refused the session.
    Refused { address: String, source: tokio_postgres::Error },
}

impl std::fmt::Display for ConnectError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Options(message) | Self::Tls(message) => formatter.write_str(message),
            Self::Unreachable { address, source } => {
                write!(formatter, "connection to server at {address} failed: {source}")
            }
            Self::Refused { address, source } => {
                write!(formatter, "connection to server at {address} failed: ")?;
                match source.as_db_error() {
                    Some(error) => {
                        write!(formatter, "{}:  {}", error.severity(), error.message())?;
                        if let Some(detail) = error.detail() {
                            write!(formatter, "\nDETAIL:  {detail}")?;
                        }
                        if let Some(hint) = error.hint() {
                            write!(formatter, "\nHINT:  {hint}")?;
                        }
                        Ok(())
                    }
                    None if self.is_password_missing() => formatter.write_str(
                        "a password is needed\nHINT:  Set PGPASSWORD, or put it in the URL.",
                    ),
                    None => formatter.write_str(&explain(source)),
                }
            }
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::Refused { source, .. } => Some(source),
            Self::Options(_) | Self::Tls(_) => None,
        }
    }
}

/// The driver's message with its cause, which the driver leaves out.
pub(crate) fn explain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

impl ConnectError {
    /// True if the server wants a password that was not given.
    pub fn is_password_missing(&self) -> bool {
        match self {
            Self::Refused { source, .. } => explain(source).contains("password missing"),
            _ => false,
        }
    }
}

/// An open session. Its connection is driven by a task that ends when the client is dropped.
pub struct Session {
    pub client: Client,
    /// `host:port` of the server that answered.
    pub address: String,
    /// The TLS version and cipher suite, or nothing if the connection is in clear.
    pub tls: Option<String>,
    /// `server_version` as the server reported it.
    pub server_version: String,
    /// Who the session belongs to, and where.
    pub user: String,
    pub database: String,
    canceller: Canceller,
}

impl Session {
    /// What ends this session's running statement from outside.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }
}

/// Ends a session's running statement over a second connection of the same kind.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    host: String,
    port: u16,
    target: Arc<Target>,
}

impl Canceller {
    /// Asks the server to end the statement. That it arrived does not say that it came in time.
    pub async fn cancel(&self) -> Result<(), ConnectError> {
        let attempt = async {
            let transport = open_transport(&self.target, &self.host, self.port).await?;
            self.token.cancel_query_raw(transport, NoTls).await.map_err(|source| {
                ConnectError::Refused { address: format!("{}:{}", self.host, self.port), source }
            })
        };
        match tokio::time::timeout(CANCEL_TIMEOUT, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ConnectError::Unreachable {
                address: format!("{}:{}", self.host, self.port),
                source: std::io::ErrorKind::TimedOut.into(),
            }),
        }
    }
}

/// Opens a session at the first host that answers, beginning with the `first`th of those listed
/// (modulo their number), so that many clients can be spread over several servers. `notice` gets
/// what the server says beside results.
pub async fn open(
    options: &ConnectOptions,
    first: usize,
    notice: impl Fn(tokio_postgres::error::DbError) + Send + Sync + 'static,
) -> Result<Session, ConnectError> {
    open_with(options, first, notice, None).await
}

pub(crate) async fn open_with(
    options: &ConnectOptions,
    first: usize,
    notice: impl Fn(tokio_postgres::error::DbError) + Send + Sync + 'static,
    observer: Option<Arc<Observer>>,
) -> Result<Session, ConnectError> {
    let target = Arc::new(Target::from_options(options)?);
    let hosts = target.hosts()?;
    let mut failure = None;
    for index in 0..hosts.len() {
        let (host, port) = &hosts[(first + index) % hosts.len()];
        match open_at(&target, host, *port, observer.clone()).await {
            Ok((client, connection, tls)) => {
                let server_version =
                    connection.parameter("server_version").unwrap_or("unknown").to_owned();
                let session = Session {
                    canceller: Canceller {
                        token: client.cancel_token(),
                        host: host.clone(),
                        port: *port,
                        target: target.clone(),
                    },
                    client,
                    address: format!("{host}:{port}"),
                    tls,
                    server_version,
                    user: target.config.get_user().unwrap_or(DEFAULT_USER).to_owned(),
                    database: target.config.get_dbname().unwrap_or(DEFAULT_DATABASE).to_owned(),
                };
                tokio::spawn(drive(connection, notice, observer));
                return Ok(session);
            }
            // Only a server that cannot be reached is a reason to try the next one: all of them
            // share their roles and databases, so a refusal would be repeated.
            Err(error @ ConnectError::Unreachable { .. }) => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(failure.unwrap_or_else(|| ConnectError::Options("no host to connect to".to_owned())))
}

async fn drive(
    mut connection: Connection<Transport, tokio_postgres::tls::NoTlsStream>,
    notice: impl Fn(tokio_postgres::error::DbError) + Send + Sync + 'static,
    observer: Option<Arc<Observer>>,
) {
    loop {
        match std::future::poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(message))) => notice(message),
            Some(Ok(_)) => {}
            // The statement in flight gets the failure as its own.
            Some(Err(_)) | None => break,
        }
    }
    if let Some(observer) = observer {
        observer.close();
    }
}

type Opened = (Client, Connection<Transport, tokio_postgres::tls::NoTlsStream>, Option<String>);

async fn open_at(
    target: &Target,
    host: &str,
    port: u16,
    observer: Option<Arc<Observer>>,
) -> Result<Opened, ConnectError> {
    let address = format!("{host}:{port}");
    let timeout = target.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
    let attempt = async {
        let mut transport = open_transport(target, host, port).await?;
        let tls = transport.describe_tls();
        transport.observer = observer.map(|observer| (observer, MessageReader::default()));
        let mut config: Config = target.config.clone();
        config.ssl_mode(SslMode::Disable);
        let (client, connection) = config
            .connect_raw(transport, NoTls)
            .await
            .map_err(|source| ConnectError::Refused { address: address.clone(), source })?;
        Ok((client, connection, tls))
    };
    match tokio::time::timeout(timeout, attempt).await {
        Ok(outcome) => outcome,
        Err(_) => {
            Err(ConnectError::Unreachable { address, source: std::io::ErrorKind::TimedOut.into() })
        }
    }
}

async fn open_transport(target: &Target, host: &str, port: u16) -> Result<Transport, ConnectError> {
    let unreachable =
        |source| ConnectError::Unreachable { address: format!("{host}:{port}"), source };
    let mut stream = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let local = stream.peer_addr().is_ok_and(|address| address.ip().is_loopback());
    if target.mode == TlsMode::Disable {
        return Ok(Transport::plain(stream));
    }
    stream.write_all(&SSL_REQUEST).await.map_err(unreachable)?;
    let mut answer = [0];
    stream.read_exact(&mut answer).await.map_err(unreachable)?;
    if answer[0] != b'S' {
        return if target.allows_clear(local) {
            Ok(Transport::plain(stream))
        } else {
            Err(ConnectError::Tls(format!(
                "server at {host}:{port} does not offer TLS; to go on without it add sslmode=disable"
            )))
        };
    }
    let verification = target.verification();
    if verification == Verification::None && target.mode == TlsMode::Unstated {
        return Err(ConnectError::Tls(format!(
            "the certificate of the server at {host}:{port} cannot be verified without its CA: \
             give --ca-file FILE, or --insecure to skip the check"
        )));
    }
    let configuration = client_configuration(verification, target.ca_file.as_deref())?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        ConnectError::Options(format!("\"{host}\" is not a host name or an address"))
    })?;
    let stream =
        TlsConnector::from(configuration).connect(name, stream).await.map_err(|error| {
            ConnectError::Tls(format!("TLS with server at {host}:{port} failed: {error}"))
        })?;
    Ok(Transport { stream: Stream::Tls(Box::new(stream)), observer: None })
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// The byte stream under the driver: TCP, or TLS over it, and the observer's ear on what arrives.
pub(crate) struct Transport {
    stream: Stream,
    observer: Option<(Arc<Observer>, MessageReader)>,
}

impl Transport {
    fn plain(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), observer: None }
    }

    fn describe_tls(&self) -> Option<String> {
        let Stream::Tls(stream) = &self.stream else { return None };
        let (_, session) = stream.get_ref();
        let version = session.protocol_version()?.as_str()?.replace('_', ".");
        let suite = session.negotiated_cipher_suite()?.suite().as_str()?.to_owned();
        Some(format!("{version}, cipher {suite}"))
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        };
        if let (Poll::Ready(Ok(())), Some((observer, reader))) = (&outcome, &mut this.observer) {
            reader.feed(&buffer.filled()[before..], observer);
        }
        outcome
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}

/// The hosts of a driver configuration, each with its port.
pub(crate) fn listed_hosts(config: &Config) -> Result<Vec<(String, u16)>, ConnectError> {
    let ports = config.get_ports();
    config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
            match host {
                Host::Tcp(name) => Ok((name.clone(), port)),
                #[cfg(unix)]
                Host::Unix(path) => Err(ConnectError::Options(format!(
                    "\"{}\": sessions over a Unix socket are not supported",
                    path.display()
                ))),
            }
        })
        .collect()
}
