//! Golden bytes of every frame and hello, and what is not one.

use bytes::{Bytes, BytesMut};

use crate::config::Class;
use crate::frame::{FailureCode, Frame, FrameError};
use crate::hello::{Answer, Hello, Identity, TurnedAway};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A change here is a new protocol version.
#[test]
fn every_frame_has_its_golden_bytes() {
    let body = Bytes::from_static(b"ab");
    let reason = "no".to_owned();
    let golden = [
        (
            Frame::Request { id: 1, service: 2, timeout_ms: 3, body: body.clone() },
            "1100000001010000000000000002000300000061 62",
        ),
        (Frame::Response { id: 1, body: body.clone() }, "0b00000002010000000000000061 62"),
        (
            Frame::Failure { id: 1, code: FailureCode::Failed, reason: reason.clone() },
            "0c000000030100000000000000016e6f",
        ),
        (
            Frame::Failure { id: 1, code: FailureCode::Overloaded, reason: String::new() },
            "0a00000003010000000000000002",
        ),
        (
            Frame::Failure { id: 1, code: FailureCode::NoService, reason: String::new() },
            "0a00000003010000000000000003",
        ),
        (
            Frame::Failure { id: 1, code: FailureCode::Deadline, reason: String::new() },
            "0a00000003010000000000000004",
        ),
        (Frame::Notice { service: 2, body: body.clone() }, "0d00000004000000000000000002006162"),
        (Frame::Ping { id: 1 }, "09000000050100000000000000"),
        (Frame::Pong { id: 1 }, "09000000060100000000000000"),
        (
            Frame::Open { id: 1, service: 2, body: body.clone() },
            "0d00000007010000000000000002006162",
        ),
        (Frame::Data { id: 1, body }, "0b0000000801000000000000006162"),
        (Frame::End { id: 1 }, "09000000090100000000000000"),
        (Frame::Reset { id: 1, reason }, "0b0000000a01000000000000006e6f"),
        (Frame::Window { id: 1, bytes: 258 }, "0d0000000b010000000000000002010000"),
    ];
    for (frame, expected) in golden {
        let mut bytes = BytesMut::new();
        frame.encode(&mut bytes);
        assert_eq!(hex(&bytes), expected.replace(' ', ""), "{frame:?}");
        // Byte by byte, as a slow sender would.
        let mut arrived = BytesMut::new();
        for byte in &bytes[..bytes.len() - 1] {
            arrived.extend_from_slice(&[*byte]);
            assert_eq!(Frame::decode(&mut arrived, 1000), Ok(None));
        }
        arrived.extend_from_slice(&bytes[bytes.len() - 1..]);
        assert_eq!(Frame::decode(&mut arrived, 1000), Ok(Some(frame)));
        assert!(arrived.is_empty());
    }
}

#[test]
fn what_is_no_frame_is_refused() {
    let decode = |bytes: &[u8]| Frame::decode(&mut BytesMut::from(bytes), 1000);
    assert_eq!(
        decode(&[0xff; 20]),
        Err(FrameError::TooLarge { bytes: u32::MAX as usize, max: 1000 })
    );
    assert_eq!(decode(&[1, 0, 0, 0, 5]), Err(FrameError::Malformed { kind: 0 }));
    let with_kind = |kind: u8| {
        let mut bytes = [0; 13];
        bytes[0] = 9;
        bytes[4] = kind;
        decode(&bytes)
    };
    assert_eq!(with_kind(99), Err(FrameError::UnknownKind { kind: 99 }));
    for short in [1, 3, 4, 7, 11] {
        assert_eq!(with_kind(short), Err(FrameError::Malformed { kind: short }));
    }
    // A ping with something behind it.
    assert_eq!(
        decode(&[10, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
        Err(FrameError::Malformed { kind: 5 })
    );
}

/// The layout of a hello never changes.
#[test]
fn hellos_have_golden_bytes_and_what_is_appended_is_skipped() {
    let hello =
        Hello { oldest: 1, newest: 2, class: Class::Journal, cluster: [7; 16], from: 3, to: 4 };
    let bytes = hello.encode();
    let expected = format!(
        "29000000514e5450 01000200 02 {} 0300000000000000 0400000000000000",
        "07".repeat(16)
    );
    assert_eq!(hex(&bytes), expected.replace(' ', ""));
    let mut longer = bytes[4..].to_vec();
    longer.extend_from_slice(b"from the future");
    assert_eq!(Hello::decode(&longer), Some(hello));
    assert_eq!(Hello::decode(&longer[..10]), None);
    let welcome = Answer::Welcome { version: 2, node: 4 };
    assert_eq!(hex(&welcome.encode()), "0f000000514e54500002000400000000000000");
    let away = Answer::TurnedAway { code: TurnedAway::Cluster, reason: "no".into() };
    assert_eq!(hex(&away.encode()), "08000000514e545001026e6f");
    for answer in [welcome, away] {
        assert_eq!(Answer::decode(&answer.encode()[4..]), Some(answer));
    }
}

#[test]
fn neighbouring_versions_agree_and_strangers_are_turned_away() {
    let identity = |node, oldest, newest| Identity { cluster: [1; 16], node, oldest, newest };
    let hello = |oldest, newest| Hello {
        oldest,
        newest,
        class: Class::Control,
        cluster: [1; 16],
        from: 2,
        to: 1,
    };
    let here = identity(1, 1, 2);
    let turned_away = |hello: &Hello| match here.judge(hello) {
        Answer::TurnedAway { code, .. } => Some(code),
        Answer::Welcome { .. } => None,
    };
    assert_eq!(here.judge(&hello(2, 3)), Answer::Welcome { version: 2, node: 1 });
    assert_eq!(here.judge(&hello(1, 1)), Answer::Welcome { version: 1, node: 1 });
    assert_eq!(turned_away(&hello(3, 4)), Some(TurnedAway::Version));
    assert_eq!(turned_away(&hello(0, 0)), Some(TurnedAway::Version));
    assert_eq!(turned_away(&Hello { cluster: [2; 16], ..hello(1, 2) }), Some(TurnedAway::Cluster));
    assert_eq!(turned_away(&Hello { to: 9, ..hello(1, 2) }), Some(TurnedAway::Node));
    assert_eq!(turned_away(&Hello { from: 1, ..hello(1, 2) }), Some(TurnedAway::Node));
}
