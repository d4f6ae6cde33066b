//! W1 to W8 and W10: what an attacker may try on the socket.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

#[tokio::test]
async fn w1_bytes_after_a_request_for_tls_are_refused() {
    let server = serve(|_| {});
    let mut raw = Raw::plain(&server).await;
    let mut bytes = packet(SSL_REQUEST, &[]);
    bytes.extend(startup(0, &[("user", "ann")]));
    raw.send(&bytes).await;
    let (state, text) = raw.fatal().await;
    assert_eq!(state, "08P01");
    assert_eq!(text, "received unencrypted data after SSL request");
}

#[tokio::test]
async fn w1_bytes_in_the_clear_never_reach_the_session_inside_tls() {
    let server = serve(|_| {});
    let mut raw = Raw::plain(&server).await;
    raw.send(&packet(SSL_REQUEST, &[])).await;
    assert_eq!(raw.stream.read_u8().await.expect("an answer"), b'S');
    raw.send(&startup(0, &[("user", "ann")])).await;
    let rest = raw.rest().await;
    // At most a TLS alert: no message of the protocol in the clear.
    assert!(rest.is_empty() || rest[0] == 0x15, "{rest:?}");
}

#[tokio::test]
async fn w2_each_request_for_encryption_is_answered_once() {
    let server = insecure();
    let mut raw = Raw::plain(&server).await;
    raw.send(&packet(GSS_REQUEST, &[])).await;
    assert_eq!(raw.stream.read_u8().await.expect("an answer"), b'N');
    raw.send(&packet(SSL_REQUEST, &[])).await;
    assert_eq!(raw.stream.read_u8().await.expect("an answer"), b'N');
    raw.send(&packet(GSS_REQUEST, &[])).await;
    let (state, text) = raw.fatal().await;
    assert_eq!(state, "0A000");
    assert!(text.starts_with("unsupported frontend protocol 1234.5680"), "{text}");

    let mut raw = Raw::tls(&serve(|_| {}), false, None).await.expect("TLS");
    raw.send(&packet(SSL_REQUEST, &[])).await;
    assert_eq!(raw.fatal().await.0, "0A000");
}

#[tokio::test]
async fn w4_impossible_lengths_end_the_connection() {
    let server = serve(|_| {});
    for length in [0u32, 4, 7, 10_001, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        let mut raw = Raw::plain(&server).await;
        raw.send(&length.to_be_bytes()).await;
        assert!(raw.rest().await.is_empty(), "{length}");
    }
    let mut raw = Raw::tls(&server, false, None).await.expect("TLS");
    raw.send(&startup(0, &[("user", "ann")])).await;
    raw.frame().await.expect("mechanisms");
    raw.send(b"p\x7f\xff\xff\xff").await;
    assert_eq!(raw.fatal().await, ("08P01".to_owned(), "invalid message length".to_owned()));
}

#[tokio::test]
async fn w5_hostile_startup_packets_are_refused_or_served_but_never_break_it() {
    let server = insecure();
    let good = startup(0, &[("user", "ann"), ("database", "shop")]);
    let mut random = 3u64;
    for _ in 0..300 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut bytes = good.clone();
        let place = 8 + (random >> 33) as usize % (bytes.len() - 8);
        bytes[place] = (random >> 20) as u8;
        let mut raw = Raw::plain(&server).await;
        raw.send(&bytes).await;
        raw.frame().await;
    }
    let mut raw = Raw::plain(&server).await;
    raw.send(&good).await;
    raw.ready().await;
}

#[tokio::test]
async fn w6_nothing_but_a_sasl_response_is_taken_before_authentication() {
    let server = serve(|_| {});
    for kind in b"QPBEDSHCXFdcf\0\xff" {
        let mut raw = Raw::tls(&server, false, None).await.expect("TLS");
        raw.send(&startup(0, &[("user", "ann")])).await;
        raw.frame().await.expect("mechanisms");
        raw.send(&[*kind, 0, 0, 0, 5, 0]).await;
        let (state, text) = raw.fatal().await;
        assert_eq!(state, "08P01");
        assert_eq!(text, format!("expected SASL response, got message type {kind}"));
    }
    for body in [&b""[..], b"NOPE\0\0\0\0\0", b"SCRAM-SHA-256\0\0\0\0\x05n,,", b"\0"] {
        let mut raw = Raw::tls(&server, false, None).await.expect("TLS");
        raw.send(&startup(0, &[("user", "ann")])).await;
        raw.frame().await.expect("mechanisms");
        let mut bytes = vec![b'p'];
        bytes.extend_from_slice(&u32::try_from(body.len() + 4).expect("short").to_be_bytes());
        bytes.extend_from_slice(body);
        raw.send(&bytes).await;
        assert_eq!(raw.fatal().await.0, "08P01", "{body:?}");
    }
}

#[tokio::test]
async fn w7_w8_plaintext_gets_one_fixed_answer_where_tls_is_required() {
    let server = serve(|_| {});
    let mut texts = Vec::new();
    for user in ["ann", "nobody"] {
        let mut raw = Raw::plain(&server).await;
        raw.send(&startup(0, &[("user", user)])).await;
        let (state, text) = raw.fatal().await;
        assert_eq!(state, "28000");
        texts.push(text);
    }
    assert_eq!(texts[0], texts[1], "nothing of what was sent is repeated");
    for bad in [packet(2 << 16, b"\0"), packet(3 << 16, b"user"), packet(9 << 16, b"\0")] {
        let mut raw = Raw::plain(&server).await;
        raw.send(&bad).await;
        assert!(raw.rest().await.is_empty());
    }
}

#[tokio::test]
async fn protocol_2_is_refused_in_its_own_form() {
    let server = insecure();
    let mut raw = Raw::plain(&server).await;
    raw.send(&packet(2 << 16, &[0; 288])).await;
    let text = b"EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2\n\0";
    assert_eq!(raw.rest().await, text);
}

#[tokio::test]
async fn direct_tls_needs_the_alpn_protocol() {
    let server = serve(|_| {});
    let mut raw = Raw::tls(&server, true, Some("postgresql")).await.expect("TLS");
    raw.send(&startup(0, &[("user", "ann")])).await;
    assert_eq!(raw.frame().await.expect("mechanisms").0, b'R');
    if let Ok(mut raw) = Raw::tls(&server, true, None).await {
        let _ = raw.stream.write_all(&startup(0, &[("user", "ann")])).await;
        assert!(raw.rest().await.is_empty());
    }
    assert!(Raw::tls(&server, true, Some("http/1.1")).await.is_err());
}

#[tokio::test]
async fn w10_only_the_right_key_of_a_live_session_cancels() {
    let server = insecure();
    for (minor, length) in [(0, 4), (1, 4), (2, 32), (7, 32)] {
        let mut session = Raw::plain(&server).await;
        session.send(&startup(minor, &[("user", "ann")])).await;
        let (process_id, key) = session.ready().await;
        assert_eq!(key.len(), length, "3.{minor}");
        let cancel = |key: &[u8]| {
            let mut body = process_id.to_be_bytes().to_vec();
            body.extend_from_slice(key);
            packet(CANCEL_REQUEST, &body)
        };
        let mut wrong = key.clone();
        wrong[length - 1] ^= 1;
        for bad in [&wrong[..], &key[..length - 1], &[0; 256]] {
            let mut raw = Raw::plain(&server).await;
            raw.send(&cancel(bad)).await;
            assert!(raw.rest().await.is_empty(), "no oracle");
        }
        // The wrong keys did nothing: the next answer is that of the query.
        assert!(session.query("x").await.contains("ann"));
        let mut raw = Raw::plain(&server).await;
        raw.send(&cancel(&key)).await;
        assert!(raw.rest().await.is_empty());
        assert_eq!(session.frame().await, Some((b'C', b"cancelled\0".to_vec())));
        // After the session's end the key is worth nothing.
        session.send(b"X\0\0\0\x04").await;
        assert!(session.rest().await.is_empty());
        while server.gateway.sessions() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(server.registry.is_empty());
    }
}
