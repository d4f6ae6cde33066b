//! Sessions that move between query processors, crash with them, and are drained. Checks: S2.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::support::*;

async fn session(server: &Server) -> Raw {
    let mut raw = Raw::plain(server).await;
    raw.send(&startup(0, &[("user", "ann")])).await;
    raw.ready().await;
    raw
}

#[tokio::test]
async fn a_detached_session_goes_on_with_the_next_processor() {
    let server = insecure();
    let mut raw = session(&server).await;
    for turn in 0..20 {
        let expected = if turn % 2 == 0 { "first" } else { "second" };
        assert!(raw.query("detach").await.starts_with(expected));
    }
    assert_eq!(server.registry.len(), 1, "it is one session all the time");
}

#[tokio::test]
async fn a_panic_ends_one_session_and_is_reported() {
    let server = insecure();
    let mut other = session(&server).await;
    let mut raw = session(&server).await;
    raw.send(b"Q\0\0\0\x0apanic\0").await;
    assert!(raw.rest().await.is_empty());
    while server.gateway.sessions() > 1 {
        tokio::task::yield_now().await;
    }
    assert!(server.route.crashed.load(Ordering::SeqCst));
    assert_eq!(server.registry.len(), 1);
    assert!(other.query("x").await.contains("ann"));
}

#[tokio::test]
async fn a_drain_ends_all_and_lets_nobody_in() {
    let server = insecure();
    let mut raw = session(&server).await;
    let mut waiting = Raw::plain(&server).await;
    while server.gateway.unauthenticated() == 0 {
        tokio::task::yield_now().await;
    }
    server.gateway.drain(Duration::from_secs(5)).await;
    let (kind, body) = raw.frame().await.expect("an error");
    assert_eq!((kind, error_of(&body).0.as_str()), (b'E', "57P01"));
    assert!(waiting.rest().await.is_empty());
    assert_eq!(server.gateway.sessions() + server.gateway.unauthenticated(), 0);
    assert!(server.registry.is_empty());
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}
