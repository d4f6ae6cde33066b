//! From a TCP connection to one that both sides trust: TLS, then hello and answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::certificates::{is_of_node, server_name};
use crate::config::{Class, Security, TransportConfig};
use crate::hello::{Answer, HELLO_BYTES_MAX, Hello, TurnedAway};
use crate::sockets::{Io, Sockets};

/// A connection whose peer is known.
pub(crate) struct Introduced {
    pub io: Box<dyn Io>,
    pub node: u64,
    pub class: Class,
    pub version: u16,
    /// The dialer does not know its cluster yet.
    pub is_stranger: bool,
    /// From hello to answer.
    pub round_trip: Duration,
}

async fn read_message(io: &mut dyn Io) -> io::Result<BytesMut> {
    let length = io.read_u32_le().await? as usize;
    if length > HELLO_BYTES_MAX {
        let what = "the peer does not speak this protocol (TLS on one side only?)";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let mut body = BytesMut::zeroed(length);
    io.read_exact(&mut body).await?;
    Ok(body)
}

fn is_loopback(stream: &TcpStream) -> io::Result<bool> {
    Ok(stream.peer_addr()?.ip().is_loopback() && stream.local_addr()?.ip().is_loopback())
}

/// The dialer's side; over TCP unless there are other sockets.
pub(crate) async fn dial(
    config: &TransportConfig,
    sockets: Option<&Arc<dyn Sockets>>,
    address: &str,
    node: u64,
    class: Class,
) -> Result<Introduced, String> {
    let failed = |error| format!("cannot connect to {address}: {error}");
    let connecting = async {
        match sockets {
            Some(sockets) => {
                let io = sockets.dial(address).await.map_err(failed)?;
                greet(config, io, None, node, class).await
            }
            None => {
                let stream = TcpStream::connect(address).await.map_err(failed)?;
                introduce(config, stream, node, class).await
            }
        }
    };
    match tokio::time::timeout(config.handshake_timeout, connecting).await {
        Ok(introduced) => introduced,
        Err(_) => Err(format!("{address} did not answer in time")),
    }
}

async fn introduce(
    config: &TransportConfig,
    stream: TcpStream,
    node: u64,
    class: Class,
) -> Result<Introduced, String> {
    let failed = |error: io::Error| format!("node {node}: {error}");
    stream.set_nodelay(true).map_err(failed)?;
    let is_stranger = is_stranger(config, node);
    let mut certificate = None;
    let io: Box<dyn Io> = match &config.security {
        Security::Insecure => Box::new(on_loopback(stream)?),
        Security::Tls(store) => {
            let configs = store.configs();
            let config = if is_stranger { &configs.stranger } else { &configs.client };
            let connector = tokio_rustls::TlsConnector::from(config.clone());
            let stream = connector.connect(server_name(node), stream).await.map_err(failed)?;
            let chain = stream.get_ref().1.peer_certificates();
            certificate = chain.and_then(|chain| chain.first()).cloned();
            Box::new(stream)
        }
    };
    greet(config, io, certificate, node, class).await
}

/// A dialer that does not know yet to which cluster it belongs.
fn is_stranger(config: &TransportConfig, node: u64) -> bool {
    config.identity.cluster == [0; 16] && node == 0
}

/// Hello, and what the peer says to it.
async fn greet(
    config: &TransportConfig,
    mut io: Box<dyn Io>,
    certificate: Option<CertificateDer<'static>>,
    node: u64,
    class: Class,
) -> Result<Introduced, String> {
    let failed = |error: io::Error| format!("node {node}: {error}");
    let identity = &config.identity;
    let is_stranger = is_stranger(config, node);
    let hello = Hello {
        oldest: identity.oldest,
        newest: identity.newest,
        class,
        cluster: identity.cluster,
        from: identity.node,
        to: node,
    };
    let begun = Instant::now();
    io.write_all(&hello.encode()).await.map_err(failed)?;
    io.flush().await.map_err(failed)?;
    let answer = read_message(&mut *io).await.map_err(failed)?;
    let round_trip = begun.elapsed();
    match Answer::decode(&answer) {
        // A stranger learns here whom it has reached; the certificate must be that node's.
        Some(Answer::Welcome { node: there, .. })
            if is_stranger
                && matches!(config.security, Security::Tls(_))
                && !certificate.is_some_and(|certificate| is_of_node(&certificate, there)) =>
        {
            Err(format!("the certificate is not that of node {there}"))
        }
        Some(Answer::Welcome { version, node: there })
            if (there == node || is_stranger)
                && (identity.oldest..=identity.newest).contains(&version) =>
        {
            Ok(Introduced { io, node: there, class, version, is_stranger, round_trip })
        }
        Some(Answer::Welcome { node: there, version }) => {
            Err(format!("node {node}: node {there} answered with version {version}"))
        }
        Some(Answer::TurnedAway { reason, .. }) => {
            Err(format!("turned away by node {node}: {reason}"))
        }
        None => Err(format!("node {node}: the answer is no hello")),
    }
}

/// Without TLS nobody proves who he is: only this machine's own processes are let in.
fn on_loopback(stream: TcpStream) -> Result<TcpStream, String> {
    match is_loopback(&stream) {
        Ok(true) => Ok(stream),
        Ok(false) => Err("without TLS nodes talk over loopback addresses only".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A connection that was taken.
pub(crate) enum Accepted {
    Tcp(TcpStream),
    Other(Box<dyn Io>),
}

/// The acceptor's side.
pub(crate) async fn accept(
    config: &Arc<TransportConfig>,
    accepted: Accepted,
) -> Result<Introduced, String> {
    let welcoming = async {
        match accepted {
            Accepted::Tcp(stream) => welcome(config, stream).await,
            Accepted::Other(io) => hear(config, io, None).await,
        }
    };
    match tokio::time::timeout(config.handshake_timeout, welcoming).await {
        Ok(introduced) => introduced,
        Err(_) => Err("the handshake took too long".to_owned()),
    }
}

async fn welcome(config: &TransportConfig, stream: TcpStream) -> Result<Introduced, String> {
    let failed = |error: io::Error| error.to_string();
    stream.set_nodelay(true).map_err(failed)?;
    let mut certificate = None;
    let io: Box<dyn Io> = match &config.security {
        Security::Insecure => Box::new(on_loopback(stream)?),
        Security::Tls(store) => {
            let acceptor = tokio_rustls::TlsAcceptor::from(store.configs().server.clone());
            let stream = acceptor.accept(stream).await.map_err(failed)?;
            let chain = stream.get_ref().1.peer_certificates();
            certificate = chain.and_then(|chain| chain.first()).cloned();
            Box::new(stream)
        }
    };
    hear(config, io, certificate).await
}

/// The peer's hello, and the answer.
async fn hear(
    config: &TransportConfig,
    mut io: Box<dyn Io>,
    certificate: Option<CertificateDer<'static>>,
) -> Result<Introduced, String> {
    let failed = |error: io::Error| error.to_string();
    let hello = read_message(&mut *io).await.map_err(failed)?;
    let hello = Hello::decode(&hello).ok_or("not a hello of this protocol")?;
    let mut answer = config.identity.judge(&hello);
    if matches!(config.security, Security::Tls(_))
        && !certificate.is_some_and(|certificate| is_of_node(&certificate, hello.from))
    {
        let reason = format!("the certificate is not that of node {}", hello.from);
        answer = Answer::TurnedAway { code: TurnedAway::Certificate, reason };
    }
    io.write_all(&answer.encode()).await.map_err(failed)?;
    io.flush().await.map_err(failed)?;
    match answer {
        Answer::Welcome { version, .. } => {
            let is_stranger = hello.is_strangers();
            let Hello { from: node, class, .. } = hello;
            Ok(Introduced { io, node, class, version, is_stranger, round_trip: Duration::ZERO })
        }
        Answer::TurnedAway { reason, .. } => Err(format!("node {}: {reason}", hello.from)),
    }
}
