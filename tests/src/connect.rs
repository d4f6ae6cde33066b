//! Connections of tokio-postgres to a node, plain and with TLS.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, Error, NoTls};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream as RustlsStream;

use crate::server::Server;

/// How long a connection may take on a busy machine.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// The settings of a connection as role `admin`.
pub fn config(server: &Server) -> Config {
    let address = server.sql_address();
    let mut config = Config::new();
    config.host(address.ip().to_string()).port(address.port());
    config.user("admin").dbname("postgres").connect_timeout(CONNECT_LIMIT);
    if server.is_secure() && !server.is_foreign() {
        config.password(server.password());
    }
    config
}

/// Connects as role `admin`, with TLS if the node wants it.
pub async fn try_connect(server: &Server) -> Result<Client, Error> {
    connect_as(server, &config(server)).await
}

/// Connects with other settings than the usual ones.
pub async fn connect_as(server: &Server, config: &Config) -> Result<Client, Error> {
    if !server.is_secure() || server.is_foreign() {
        let (client, connection) = config.connect(NoTls).await?;
        // An error of the connection reaches the test through its client.
        tokio::spawn(async move { drop(connection.await) });
        return Ok(client);
    }
    let (client, connection) = config.connect(Tls::trusting(server)).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

pub async fn connect(server: &Server) -> Client {
    match try_connect(server).await {
        Ok(client) => client,
        Err(error) => panic!("no connection: {error:?}"),
    }
}

/// The SQLSTATE of a failure; a lost connection has none.
pub fn sqlstate(error: &Error) -> String {
    error.code().map_or_else(|| format!("no SQLSTATE: {error:?}"), |code| code.code().to_owned())
}

/// Runs what must fail and returns its SQLSTATE.
pub async fn failure(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => format!("no error from {sql}"),
        Err(error) => sqlstate(&error),
    }
}

/// The rows of a simple query as text, columns joined by `|`; NULL is empty.
pub async fn rows(client: &Client, sql: &str) -> Vec<String> {
    let messages = match client.simple_query(sql).await {
        Ok(messages) => messages,
        Err(error) => panic!("{sql}: {error:?}"),
    };
    let rows = messages.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| {
        let fields: Vec<&str> = (0..row.len()).map(|index| row.get(index).unwrap_or("")).collect();
        fields.join("|")
    })
    .collect()
}

/// TLS that trusts the authority of the node's certificate, and no other.
#[derive(Clone)]
pub struct Tls(Arc<rustls::ClientConfig>);

impl Tls {
    pub fn trusting(server: &Server) -> Tls {
        let path = server.authority_file();
        let mut roots = rustls::RootCertStore::empty();
        let authorities = CertificateDer::pem_file_iter(&path).expect("a secure node has a CA");
        for authority in authorities {
            roots.add(authority.expect("a certificate")).expect("a CA certificate");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Tls(Arc::new(config))
    }

    /// As direct TLS wants it: the application protocol is named in the handshake.
    pub fn with_application_protocol(self) -> Tls {
        let mut config = (*self.0).clone();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Tls(Arc::new(config))
    }

    /// A TLS connection whose first byte is the handshake, without an SSLRequest.
    pub async fn connect_directly(&self, server: &Server) -> io::Result<RustlsStream<TcpStream>> {
        let stream = TcpStream::connect(server.sql_address()).await?;
        let name = ServerName::IpAddress(server.sql_address().ip().into());
        TlsConnector::from(self.0.clone()).connect(name, stream).await
    }
}

impl MakeTlsConnect<tokio_postgres::Socket> for Tls {
    type Stream = Encrypted;
    type TlsConnect = Handshake;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Handshake> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Handshake { config: self.0.clone(), name })
    }
}

/// One handshake to come.
pub struct Handshake {
    config: Arc<rustls::ClientConfig>,
    name: ServerName<'static>,
}

impl TlsConnect<tokio_postgres::Socket> for Handshake {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, stream: tokio_postgres::Socket) -> Self::Future {
        let connector = TlsConnector::from(self.config);
        Box::pin(async move { connector.connect(self.name, stream).await.map(Encrypted) })
    }
}

/// An encrypted connection that binds the password exchange to the server's certificate.
pub struct Encrypted(RustlsStream<tokio_postgres::Socket>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        match certificates.and_then(|certificates| certificates.first()) {
            Some(own) => ChannelBinding::tls_server_end_point(Sha256::digest(own).to_vec()),
            None => ChannelBinding::none(),
        }
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
