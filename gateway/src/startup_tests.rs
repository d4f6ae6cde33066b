//! Startup packets: good, old, newer, and hostile ones.

use super::*;

fn packet(code: u32, pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut body = code.to_be_bytes().to_vec();
    for (name, value) in pairs {
        body.extend_from_slice(name.as_bytes());
        body.push(0);
        body.extend_from_slice(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    body
}

fn startup(code: u32, pairs: &[(&str, &str)]) -> Startup {
    match decode(&packet(code, pairs), true, true).expect("a good packet") {
        Packet::Startup(startup) => startup,
        other => panic!("{other:?}"),
    }
}

fn refusal(body: &[u8]) -> SqlError {
    match decode(body, true, true) {
        Err(Malformed::Refused(error) | Malformed::TooOld(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn versions_are_negotiated_down() {
    let cases = [(0, 0, false), (1, 0, false), (2, 2, false), (3, 2, true), (9999, 2, true)];
    for (asked, minor, newer) in cases {
        let startup = startup(3 << 16 | asked, &[("user", "a")]);
        assert_eq!((startup.minor, startup.newer), (minor, newer), "3.{asked}");
    }
    for (code, version) in [(2 << 16, "2.0"), (4 << 16, "4.0"), (0, "0.0")] {
        let error = refusal(&packet(code, &[]));
        assert_eq!(error.sqlstate(), "0A000");
        let start = format!("unsupported frontend protocol {version}: server supports 3.0 to 3.2");
        assert_eq!(error.message(), start);
    }
}

#[test]
fn encryption_requests_count_only_while_allowed() {
    let ssl = SSL_REQUEST.to_be_bytes();
    assert_eq!(decode(&ssl, true, false), Ok(Packet::SslRequest));
    assert!(matches!(decode(&ssl, false, true), Err(Malformed::Refused(_))));
    assert!(matches!(decode(&packet(SSL_REQUEST, &[]), true, true), Err(Malformed::Foreign(_))));
}

#[test]
fn parameters_are_sorted_into_what_they_mean() {
    let startup = startup(
        3 << 16,
        &[
            ("user", "ann"),
            ("database", "shop"),
            ("_pq_.trailers", "1"),
            ("application_name", "psql"),
            ("options", "-c a=1 --b-c=2"),
            ("replication", "off"),
        ],
    );
    assert_eq!(startup.user, "ann");
    assert_eq!(startup.database.as_deref(), Some("shop"));
    assert_eq!(startup.unknown_options, ["_pq_.trailers"]);
    let names: Vec<&str> = startup.settings.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "b_c", "application_name"]);
}

#[test]
fn names_are_cut_at_characters() {
    let long = "ä".repeat(40);
    assert_eq!(startup(3 << 16, &[("user", &long)]).user, "ä".repeat(31));
}

#[test]
fn bad_layouts_have_their_states() {
    let good = packet(3 << 16, &[("user", "a")]);
    assert_eq!(refusal(&good[..good.len() - 1]).sqlstate(), "08P01");
    let mut trailing = good.clone();
    trailing.extend_from_slice(b"x");
    assert_eq!(refusal(&trailing).sqlstate(), "08P01");
    assert_eq!(refusal(&packet(3 << 16, &[])).sqlstate(), "28000");
    let mut invalid = good.clone();
    invalid[9] = 0xff;
    assert_eq!(refusal(&invalid).sqlstate(), "22021");
    let replication = packet(3 << 16, &[("user", "a"), ("replication", "database")]);
    assert_eq!(refusal(&replication).sqlstate(), "0A000");
    let replication = packet(3 << 16, &[("user", "a"), ("replication", "maybe")]);
    assert_eq!(refusal(&replication).sqlstate(), "22023");
}

#[test]
fn cancel_keys_may_have_1_to_256_bytes() {
    let cancel = |length: usize| {
        let mut body = CANCEL_REQUEST.to_be_bytes().to_vec();
        body.extend_from_slice(&7i32.to_be_bytes());
        body.extend(vec![9; length]);
        decode(&body, false, false)
    };
    for length in [4, 32, 256] {
        assert_eq!(cancel(length), Ok(Packet::Cancel { process_id: 7, key: vec![9; length] }));
    }
    for length in [0, 257, 5_000] {
        assert!(matches!(cancel(length), Err(Malformed::Foreign(_))), "{length}");
    }
}

#[test]
fn options_are_split_as_postgresql_splits_them() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(parse_options("").expect("none"), []);
    assert_eq!(
        parse_options(r" -c search_path=a\ b -cx=y  --work-mem=1=2 ").expect("good"),
        [pair("search_path", "a b"), pair("x", "y"), pair("work_mem", "1=2")]
    );
    for bad in ["-c", "-c x", "--x", "-F", "x=y", "--", "-"] {
        assert_eq!(parse_options(bad).expect_err(bad).sqlstate(), "42601", "{bad}");
    }
}

#[test]
fn no_bytes_panic() {
    let mut random = 7u64;
    for round in 0..50_000 {
        let mut body = packet(3 << 16, &[("user", "a"), ("options", "-c a=1")]);
        for _ in 0..=round % 4 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = (random >> 33) as usize % body.len();
            body[place] = (random >> 20) as u8;
        }
        body.truncate((random >> 40) as usize % (body.len() + 1));
        let _ = decode(&body, round % 2 == 0, round % 3 == 0);
    }
}
