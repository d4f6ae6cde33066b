//! Logging in: SCRAM with and without channel binding, roles, databases, settings, versions.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use postgres_protocol::authentication::sasl::ChannelBinding;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::support::*;

async fn attempt(server: &Server, user: &str, password: &str) -> (String, String) {
    let mut raw = Raw::tls(server, false, None).await.expect("TLS");
    raw.send(&startup(0, &[("user", user), ("database", "shop")])).await;
    raw.scram("SCRAM-SHA-256", ChannelBinding::unsupported(), password).await;
    raw.fatal().await
}

#[tokio::test]
async fn the_right_password_opens_a_session_with_and_without_binding() {
    let server = serve(|_| {});
    let bound = || ChannelBinding::tls_server_end_point(end_point(&server));
    let cases = [("SCRAM-SHA-256", ChannelBinding::unsupported()), ("SCRAM-SHA-256-PLUS", bound())];
    for (mechanism, binding) in cases {
        let mut raw = Raw::tls(&server, false, None).await.expect("TLS");
        raw.send(&startup(2, &[("user", "ann"), ("database", "shop")])).await;
        raw.scram(mechanism, binding, "pencil").await;
        raw.ready().await;
        assert!(raw.query("x").await.contains("ann shop 3.2 tls=true"));
    }
}

#[tokio::test]
async fn every_wrong_login_fails_in_the_same_way() {
    let server = serve(|_| {});
    for (user, password) in [
        ("ann", "wrong"),
        ("nobody", "pencil"),
        ("expired", "pencil"),
        ("nopassword", "pencil"),
        ("nologin", "wrong"),
    ] {
        let (state, text) = attempt(&server, user, password).await;
        assert_eq!(state, "28P01");
        assert_eq!(text, format!("password authentication failed for user \"{user}\""));
    }
    let (state, text) = attempt(&server, "nologin", "pencil").await;
    assert_eq!(state, "28000");
    assert_eq!(text, "role \"nologin\" is not permitted to log in");
}

#[tokio::test]
async fn w7_channel_binding_cannot_be_stripped_or_forged() {
    let server = serve(|_| {});
    let bound = || ChannelBinding::tls_server_end_point(end_point(&server));
    let cases = [
        // The client thinks that the server offers no binding: somebody removed it from the list.
        ("SCRAM-SHA-256", ChannelBinding::unrequested(), "28000", "negotiation error"),
        ("SCRAM-SHA-256-PLUS", ChannelBinding::unrequested(), "28000", "negotiation error"),
        ("SCRAM-SHA-256", bound(), "08P01", "malformed"),
        ("SCRAM-SHA-256-PLUS", ChannelBinding::unsupported(), "08P01", "malformed"),
        (
            "SCRAM-SHA-256-PLUS",
            ChannelBinding::tls_server_end_point(vec![7; 32]),
            "28000",
            "SCRAM channel binding check failed",
        ),
    ];
    for (mechanism, binding, state, text) in cases {
        let mut raw = Raw::tls(&server, false, None).await.expect("TLS");
        raw.send(&startup(0, &[("user", "ann")])).await;
        raw.scram(mechanism, binding, "pencil").await;
        let error = raw.fatal().await;
        assert_eq!(error.0, state, "{error:?}");
        assert!(error.1.contains(text), "{error:?}");
    }
}

#[tokio::test]
async fn databases_settings_and_versions_are_checked() {
    let server = insecure();
    let open = async |minor, parameters: &[(&str, &str)]| {
        let mut raw = Raw::plain(&server).await;
        raw.send(&startup(minor, parameters)).await;
        raw
    };
    let mut raw = open(0, &[("user", "ann"), ("database", "nope")]).await;
    let expected = ("3D000".to_owned(), "database \"nope\" does not exist".to_owned());
    assert_eq!(raw.fatal().await, expected);
    let mut raw = open(0, &[("user", "ghost")]).await;
    assert_eq!(raw.fatal().await.1, "role \"ghost\" does not exist");
    let mut raw = open(0, &[("user", "ann"), ("nonsense", "1")]).await;
    assert_eq!(raw.fatal().await.0, "42704");
    let mut raw = open(0, &[("user", "ann"), ("replication", "database")]).await;
    assert_eq!(raw.fatal().await.0, "0A000");
    let parameters = [("user", "ann"), ("DateStyle", "ISO"), ("options", "-c work_mem=1")];
    let mut raw = open(0, &parameters).await;
    raw.ready().await;
    let told = raw.query("x").await;
    assert!(told.contains("ann postgres 3.0 tls=false"), "{told}");
    assert!(told.contains("\"datestyle\": \"ISO\"") && told.contains("\"work_mem\": \"1\""));
    let mut raw = open(9, &[("user", "ann"), ("_pq_.x", "1"), ("_pq_.y", "2")]).await;
    let mut expected = 196_610u32.to_be_bytes().to_vec();
    expected.extend_from_slice(b"\0\0\0\x02_pq_.x\0_pq_.y\0");
    assert_eq!(raw.frame().await, Some((b'v', expected)));
    raw.ready().await;
}

/// tokio-postgres over rustls, with channel binding.
#[derive(Clone)]
struct Tls {
    config: Arc<rustls::ClientConfig>,
    end_point: Vec<u8>,
}

struct Bound {
    stream: tokio_rustls::client::TlsStream<TcpStream>,
    end_point: Vec<u8>,
}

impl tokio_postgres::tls::TlsConnect<TcpStream> for Tls {
    type Stream = Bound;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Bound>> + Send>>;

    fn connect(self, stream: TcpStream) -> Self::Future {
        Box::pin(async move {
            let name = ServerName::try_from("localhost").expect("a name");
            let connector = tokio_rustls::TlsConnector::from(self.config);
            let stream = connector.connect(name, stream).await?;
            Ok(Bound { stream, end_point: self.end_point })
        })
    }
}

impl tokio_postgres::tls::TlsStream for Bound {
    fn channel_binding(&self) -> tokio_postgres::tls::ChannelBinding {
        tokio_postgres::tls::ChannelBinding::tls_server_end_point(self.end_point.clone())
    }
}

impl AsyncRead for Bound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Bound {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[tokio::test]
async fn a_real_client_logs_in_with_channel_binding_also_after_a_reload() {
    let mut server = serve(|_| {});
    for _ in 0..2 {
        let tls =
            Tls { config: Arc::new(client_config(&server, None)), end_point: end_point(&server) };
        let mut config = tokio_postgres::Config::new();
        config
            .user("ann")
            .dbname("shop")
            .ssl_mode(tokio_postgres::config::SslMode::Require)
            .channel_binding(tokio_postgres::config::ChannelBinding::Require);
        let mut wrong = config.clone();
        let stream = TcpStream::connect(server.address).await.expect("connected");
        let (client, connection) =
            config.password("pencil").connect_raw(stream, tls.clone()).await.expect("a session");
        tokio::spawn(connection);
        client.batch_execute("x").await.expect("an answer");
        let stream = TcpStream::connect(server.address).await.expect("connected");
        let error = wrong.password("wrong").connect_raw(stream, tls).await.err().expect("refused");
        assert_eq!(error.code().expect("an answer").code(), "28P01");
        let (identity, certificate) = identity();
        server.gateway.reload_tls(&identity);
        server.certificate = certificate;
    }
}
