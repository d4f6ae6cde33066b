//! From an accepted socket to a startup message, through TLS if it is asked for.
//!
//! Every read takes exactly the bytes of one packet, so nothing that came in the clear can be left over when TLS
//! begins; what waits in the kernel by then is refused (CVE-2021-23214). Requests for encryption are a loop in which
//! each may come once (CVE-2026-6479).

use futures::FutureExt;
use pgwire::api::auth::sasl::scram::ScramServerAuth;
use session::ByteStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use types::{SqlError, sqlstate};

use crate::config::MAXIMUM_STARTUP_BYTES;
use crate::error::{Ended, fatal, violation};
use crate::messages;
use crate::startup::{Malformed, Packet, Startup, decode};

/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;
const ALPN: &[u8] = b"postgresql";

/// What a listener offers, as of one moment.
#[derive(Clone)]
pub struct TlsOffer {
    pub acceptor: TlsAcceptor,
    /// Knows the certificate, for channel binding.
    pub scram: ScramServerAuth,
}

/// What the client wants.
pub enum Wanted {
    Session(Startup),
    Cancel { process_id: i32, key: Vec<u8> },
}

/// The connection while nobody is authenticated. It is always in one of the two fields; neither only while TLS starts.
pub struct Peer {
    plain: Option<TcpStream>,
    stream: Option<Box<dyn ByteStream>>,
    /// Set when TLS is on: what was presented, and how it is called.
    pub tls: Option<(ScramServerAuth, String)>,
}

impl Peer {
    pub fn new(stream: TcpStream) -> Peer {
        Peer { plain: Some(stream), stream: None, tls: None }
    }

    pub fn stream(&mut self) -> Result<&mut dyn ByteStream, Ended> {
        match (&mut self.plain, &mut self.stream) {
            (Some(plain), _) => Ok(plain),
            (_, Some(stream)) => Ok(&mut **stream),
            (None, None) => Err(Ended::Silent("TLS did not start")),
        }
    }

    /// The stream for whoever serves it.
    pub fn into_stream(self) -> Option<Box<dyn ByteStream>> {
        match self.plain {
            Some(plain) => Some(Box::new(plain)),
            None => self.stream,
        }
    }

    /// Negotiates up to the startup message. `offer`: the TLS to use; `required`: nothing else is answered in the clear.
    pub async fn negotiate(
        &mut self,
        offer: Option<&TlsOffer>,
        required: bool,
    ) -> Result<Wanted, Ended> {
        let mut first = [0u8; 1];
        if let Some(plain) = &self.plain
            && plain.peek(&mut first).await? == 0
        {
            return Err(Ended::Silent("closed before a startup packet"));
        }
        if first[0] == TLS_HANDSHAKE {
            let offer = offer.ok_or(Ended::Silent("direct TLS, but there is no certificate"))?;
            self.start_tls(offer, true).await?;
        }
        let mut ssl_allowed = self.tls.is_none();
        let mut gss_allowed = self.tls.is_none();
        // Three rounds at most: each request for encryption is allowed once.
        loop {
            let body = self.read_packet().await?;
            match decode(&body, ssl_allowed, gss_allowed) {
                Ok(Packet::SslRequest) => {
                    ssl_allowed = false;
                    self.refuse_early_bytes()?;
                    match offer {
                        Some(offer) => {
                            self.answer(b'S').await?;
                            self.start_tls(offer, false).await?;
                            gss_allowed = false;
                        }
                        None => self.answer(b'N').await?,
                    }
                }
                Ok(Packet::GssRequest) => {
                    gss_allowed = false;
                    self.answer(b'N').await?;
                }
                Ok(Packet::Cancel { process_id, key }) => {
                    return Ok(Wanted::Cancel { process_id, key });
                }
                // A fixed text: an attacker between could send any text, so clients learn not to trust ours.
                Ok(Packet::Startup(_)) if required && self.tls.is_none() => {
                    return Err(Ended::Fatal(tls_required()));
                }
                Ok(Packet::Startup(startup)) => return Ok(Wanted::Session(startup)),
                Err(Malformed::Foreign(why)) => return Err(Ended::Silent(why)),
                Err(_) if required && self.tls.is_none() => {
                    return Err(Ended::Silent("a bad packet before TLS"));
                }
                Err(Malformed::Refused(error)) => return Err(Ended::Fatal(error)),
                Err(Malformed::TooOld(error)) => {
                    let mut output = bytes::BytesMut::new();
                    messages::error_before_version_3(&mut output, &error);
                    self.stream()?.write_all(&output).await?;
                    return Err(Ended::Silent("a protocol older than 3.0"));
                }
            }
        }
    }

    async fn answer(&mut self, answer: u8) -> Result<(), Ended> {
        let stream = self.stream()?;
        stream.write_all(&[answer]).await?;
        Ok(stream.flush().await?)
    }

    /// One packet without a type byte: its body. Memory grows only as bytes come.
    async fn read_packet(&mut self) -> Result<Vec<u8>, Ended> {
        let stream = self.stream()?;
        let mut length = [0u8; 4];
        stream.read_exact(&mut length).await?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if !(8..=MAXIMUM_STARTUP_BYTES).contains(&length) {
            return Err(Ended::Silent("invalid length of startup packet"));
        }
        read_body(stream, length - 4).await
    }

    /// Bytes that came in the clear after a request for TLS would be mistaken for encrypted ones.
    fn refuse_early_bytes(&self) -> Result<(), Ended> {
        let mut early = [0u8; 1];
        let waiting = self.plain.as_ref().and_then(|plain| plain.peek(&mut early).now_or_never());
        match waiting {
            Some(Ok(count)) if count > 0 => {
                Err(Ended::Fatal(violation("received unencrypted data after SSL request").detail(
                    "This could be either a client-software bug or evidence of an attempted \
                     man-in-the-middle attack.",
                )))
            }
            _ => Ok(()),
        }
    }

    async fn start_tls(&mut self, offer: &TlsOffer, direct: bool) -> Result<(), Ended> {
        let plain = self.plain.take().ok_or(Ended::Silent("TLS inside TLS"))?;
        let stream = offer.acceptor.accept(plain).await?;
        let (_, connection) = stream.get_ref();
        let has_alpn = connection.alpn_protocol() == Some(ALPN);
        let version = match connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLS",
        };
        let cipher = connection.negotiated_cipher_suite().map(|suite| suite.suite());
        let name = match cipher {
            Some(cipher) => format!("{version} {cipher:?}"),
            None => version.to_owned(),
        };
        self.stream = Some(Box::new(stream));
        if direct && !has_alpn {
            // Another protocol's client may have been led here (ALPACA).
            return Err(Ended::Silent("direct TLS without the ALPN protocol \"postgresql\""));
        }
        self.tls = Some((offer.scram.clone(), name));
        Ok(())
    }
}

/// Reads exactly so many bytes; memory grows only as they come.
pub async fn read_body(stream: &mut dyn ByteStream, length: usize) -> Result<Vec<u8>, Ended> {
    let mut body = Vec::new();
    let limit = u64::try_from(length).unwrap_or(u64::MAX);
    if stream.take(limit).read_to_end(&mut body).await? < length {
        return Err(Ended::Silent("closed within a message"));
    }
    Ok(body)
}

fn tls_required() -> SqlError {
    fatal(
        sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
        "this server accepts only connections that use TLS; no encryption was requested",
    )
    .hint("Connect with sslmode=require, or better with sslmode=verify-full and the server's CA.")
}
