//! W3, W4, B1: slow, many and greedy connections.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use crate::support::*;

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: usize =
        statm.split(' ').nth(1).and_then(|field| field.parse().ok()).expect("a number");
    pages * 4_096
}

#[tokio::test]
async fn w3_the_deadline_is_absolute_in_every_phase() {
    let server = serve(|config| config.authentication_deadline = Duration::from_millis(600));
    let started = Instant::now();
    let mut silent = Raw::plain(&server).await;
    let mut in_tls = Raw::plain(&server).await;
    in_tls.send(&packet(SSL_REQUEST, &[])).await;
    assert_eq!(in_tls.stream.read_u8().await.expect("an answer"), b'S');
    let mut in_sasl = Raw::tls(&server, false, None).await.expect("TLS");
    in_sasl.send(&startup(0, &[("user", "ann")])).await;
    in_sasl.frame().await.expect("mechanisms");
    // One byte now and then buys no time.
    let mut trickle = Raw::plain(&server).await;
    for byte in startup(0, &[("user", "ann")]) {
        if tokio::io::AsyncWriteExt::write_all(&mut trickle.stream, &[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for raw in [&mut silent, &mut in_tls, &mut in_sasl, &mut trickle] {
        raw.rest().await;
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(server.gateway.unauthenticated(), 0);
}

#[tokio::test]
async fn w3_stalled_clients_do_not_disturb_good_ones() {
    let server = serve(|_| {});
    let mut stalled = Vec::new();
    for number in 0..2_000u32 {
        let mut raw = Raw::plain(&server).await;
        if number % 2 == 0 {
            raw.send(&packet(SSL_REQUEST, &[])).await;
        }
        stalled.push(raw);
    }
    for _ in 0..20 {
        let mut raw = Raw::tls(&server, false, None).await.expect("TLS");
        raw.send(&startup(0, &[("user", "ann")])).await;
        let binding = postgres_protocol::authentication::sasl::ChannelBinding::unsupported();
        raw.scram("SCRAM-SHA-256", binding, "pencil").await;
        raw.ready().await;
    }
    assert!(server.gateway.unauthenticated() >= 2_000);
}

/// Checks: B1.
#[tokio::test]
async fn w4_declared_sizes_take_no_memory() {
    let server = insecure();
    let before = resident_bytes();
    let mut held = Vec::new();
    for number in 0..1_000u32 {
        let mut raw = Raw::plain(&server).await;
        // Half declare 2 GiB, the others the most that is allowed, and then nothing comes.
        let length = if number % 2 == 0 { 0x7fff_ffffu32 } else { 10_000 };
        raw.send(&length.to_be_bytes()).await;
        held.push(raw);
    }
    while server.gateway.unauthenticated() != 500 {
        tokio::task::yield_now().await;
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes for 1,000 connections");
}

#[tokio::test]
async fn too_many_connections_are_told_so() {
    let server = serve(|config| {
        config.insecure = true;
        config.maximum_connections = 2;
        config.reserved_connections = 0;
    });
    let open = async |user: &str| {
        let mut raw = Raw::plain(&server).await;
        raw.send(&startup(0, &[("user", user)])).await;
        raw
    };
    let mut first = open("single").await;
    first.ready().await;
    let mut second = open("single").await;
    let expected = ("53300".to_owned(), "too many connections for role \"single\"".to_owned());
    assert_eq!(second.fatal().await, expected);
    let mut second = open("ann").await;
    second.ready().await;
    let mut third = open("ann").await;
    let expected = ("53300".to_owned(), "sorry, too many clients already".to_owned());
    assert_eq!(third.fatal().await, expected);
    drop(second);
    while server.gateway.sessions() > 1 {
        tokio::task::yield_now().await;
    }
    open("ann").await.ready().await;
}

#[tokio::test]
async fn unauthenticated_connections_and_their_rate_are_limited() {
    let server = serve(|config| config.maximum_unauthenticated = 5);
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(Raw::plain(&server).await);
    }
    while server.gateway.unauthenticated() < 5 {
        tokio::task::yield_now().await;
    }
    assert!(Raw::plain(&server).await.rest().await.is_empty(), "closed without a word");
    drop(held);

    let server = serve(|config| {
        config.insecure = true;
        config.connection_rate = Some(3);
    });
    let mut states = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw::plain(&server).await;
        raw.send(&startup(0, &[("user", "ghost")])).await;
        states.push(raw.fatal().await.0);
    }
    assert_eq!(states, ["28000", "28000", "28000", "53400"]);
}
