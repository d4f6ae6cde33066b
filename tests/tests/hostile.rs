//! Clients that break the protocol, stall, flood or ask absurd things: they are refused, and nobody else notices.

#![allow(clippy::print_stdout, reason = "what a failing test prints is its report")]

use std::io::Write;
use std::time::{Duration, Instant};

use tests::wire::{PROTOCOL_3_0, Wire, errors, frontend, shape, values};
use tests::{Options, Server};

const MEBIBYTE: u64 = 1 << 20;
const CLOSE_LIMIT: Duration = Duration::from_secs(30);

/// How ReadyForQuery begins.
const READY: &[u8] = b"Z\0\0\0\x05";

fn holds(bytes: &[u8], piece: &[u8]) -> bool {
    bytes.windows(piece.len()).any(|window| window == piece)
}

fn server() -> Server {
    Server::start(Options::default())
}

/// A new session and a statement: what everybody else wants meanwhile.
fn others_work(server: &Server) {
    let begun = Instant::now();
    assert_eq!(values(&Wire::start(server).run("select 42")), ["42"], "others work");
    assert!(begun.elapsed() < Duration::from_secs(15), "others wait {:?}", begun.elapsed());
}

#[test]
fn lengths_that_lie_before_the_session_are_refused() {
    let server = server();
    for length in [0_u32, 3, 4, 7, 10_001, 1 << 20, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
        let mut wire = Wire::open(&server);
        wire.send(&[length.to_be_bytes(), PROTOCOL_3_0.to_be_bytes()].concat());
        let answer = wire.until_closed(CLOSE_LIMIT);
        assert!(!holds(&answer, READY), "length {length}: no session");
    }
    for code in [0_u32, 1, 0x0001_0000, 0x0002_0000, 0x0004_0000, 0xffff_ffff] {
        let mut wire = Wire::open(&server);
        wire.send(&frontend::untyped(code, b"user\0admin\0\0"));
        let answer = wire.until_closed(CLOSE_LIMIT);
        assert!(!holds(&answer, READY), "protocol {code:x}: no session");
    }
    others_work(&server);
}

#[test]
fn start_up_messages_that_make_no_sense_are_refused() {
    let server = server();
    let bodies: &[&[u8]] = &[
        b"",
        b"\0",
        b"user",
        b"user\0",
        b"user\0admin",
        b"user\0admin\0database",
        b"database\0postgres\0\0",
        b"user\0\0\0",
        b"user\0\xff\xfe\0\0",
        b"user\0admin\0no_such_setting\x001\0\0",
    ];
    for body in bodies {
        let mut wire = Wire::open(&server);
        wire.send(&frontend::untyped(PROTOCOL_3_0, body));
        let answer = wire.until_closed(CLOSE_LIMIT);
        assert!(holds(&answer, b"SFATAL"), "{body:?} gets an error: {answer:?}");
        assert!(!holds(&answer, READY), "{body:?} gets no session: {answer:?}");
    }
    others_work(&server);
}

#[test]
fn lengths_that_lie_within_the_session_end_it() {
    let server = server();
    for (kind, length) in [
        (b'Q', 0_u32),
        (b'Q', 3),
        (b'Q', 0x7fff_ffff),
        (b'Q', 0xffff_ffff),
        (b'P', 0x8000_0000),
        (b'S', 1 << 20),
        (b'd', 0x4000_0001),
    ] {
        let mut wire = Wire::start(&server);
        wire.send(&[&[kind][..], &length.to_be_bytes()].concat());
        println!("{} with a length of {length}", char::from(kind));
        let answer = wire.until_closed(CLOSE_LIMIT);
        assert!(holds(&answer, b"C08P01"), "{} {length}: {answer:?}", char::from(kind));
    }
    for kind in ['?', '\u{1}', 'z', '\0'] {
        let mut wire = Wire::start(&server);
        wire.send(&frontend::message(kind, b"whatever"));
        let messages = wire.until('Z');
        assert_eq!((shape(&messages).as_str(), errors(&messages).as_str()), ("E", "08P01"));
    }
    others_work(&server);
}

#[test]
fn declared_lengths_cost_no_memory() {
    let server = server();
    let before = server.memory_bytes().0;
    let mut clients = Vec::new();
    for _ in 0..200 {
        let mut wire = Wire::start(&server);
        // As long as is allowed, and then nothing: only bytes that came may take memory.
        let head = [&b"Q"[..], &(10_u32 << 20).to_be_bytes()].concat();
        wire.send(&[&head[..], b"select 1"].concat());
        clients.push(wire);
    }
    others_work(&server);
    let grown = server.memory_bytes().0.saturating_sub(before) / MEBIBYTE;
    assert!(grown < 64, "200 clients that declared 10 MiB each: {grown} MiB");
}

#[test]
fn negotiations_do_not_repeat_for_ever() {
    let server = server();
    let mut wire = Wire::open(&server);
    let pair = [frontend::ssl_request(), frontend::gss_request()].concat();
    // Requests are sent one by one, as each is answered: more in one piece would be refused for another reason.
    let mut answers = 0;
    for request in [&pair[..8], &pair[8..]].into_iter().cycle().take(10_000) {
        let mut byte = [0];
        if wire.stream.write_all(request).is_err() {
            break;
        }
        match std::io::Read::read(&mut wire.stream, &mut byte) {
            Ok(1) if byte == *b"N" => answers += 1,
            _ => break,
        }
    }
    assert!(answers <= 4, "{answers} requests were answered with N");
    others_work(&server);
}

#[test]
fn half_open_connections_end_at_a_deadline_and_disturb_nobody() {
    let server = server();
    let mut stalled = Vec::new();
    for number in 0..300 {
        let mut wire = Wire::open(&server);
        match number % 3 {
            0 => {}
            1 => wire.send(&[0, 0, 0]),
            _ => wire.send(&frontend::start_up(PROTOCOL_3_0, &[("user", "admin")])[..12]),
        }
        stalled.push(wire);
    }
    others_work(&server);
    for wire in &mut stalled {
        wire.until_closed(CLOSE_LIMIT);
    }
    others_work(&server);
}

/// More sessions than the machine has processors sleep or compute; whoever comes next is served all the same.
#[test]
fn long_statements_of_some_do_not_block_others() {
    let server = server();
    let work = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b";
    let constant = "select count(*) from (select repeat('x', 100000000) ~ '(x*)*y') s";
    for sql in ["select pg_sleep(60)", "select pg_sleep(60) from pg_class limit 1", work, constant]
    {
        let mut busy = Vec::new();
        for number in 0..12 {
            let mut wire = Wire::start(&server);
            match number % 2 {
                0 => wire.send(&frontend::query(sql)),
                _ => wire.send(&[frontend::extended(sql, &[]), frontend::sync()].concat()),
            }
            busy.push(wire);
            others_work(&server);
        }
        let begun = Instant::now();
        for wire in &busy {
            wire.cancel(&server);
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "cancel is taken during {sql}");
    }
}

#[test]
fn nothing_is_done_before_authentication() {
    let server = Server::start(Options::secure());
    let plain = [
        frontend::start_up(PROTOCOL_3_0, &[("user", "admin"), ("database", "postgres")]),
        frontend::query("select 1"),
    ];
    let mut wire = Wire::open(&server);
    wire.send(&plain.concat());
    let answer = wire.until_closed(CLOSE_LIMIT);
    assert!(!holds(&answer, READY) && !holds(&answer, b"T\0\0"), "{answer:?}");
    for first in [frontend::query("select 1"), frontend::sync(), frontend::copy_data(b"x")] {
        let mut wire = Wire::open(&server);
        wire.send(&first);
        let answer = wire.until_closed(CLOSE_LIMIT);
        assert!(!holds(&answer, READY) && !holds(&answer, b"T\0\0"), "{answer:?}");
    }
}

#[test]
fn random_bytes_break_nothing() {
    use rand::{Rng, SeedableRng};
    let mut server = server();
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    for round in 0..300 {
        let mut bytes = vec![0; random.random_range(1..400)];
        random.fill(&mut bytes[..]);
        let mut wire = match round % 2 {
            0 => Wire::open(&server),
            _ => Wire::start(&server),
        };
        if round % 2 == 1 && round % 4 == 1 {
            // A length that fits, so that the body is looked at.
            let kinds = b"QPBEDCHSfdcFp";
            let kind = char::from(kinds[random.random_range(0..kinds.len())]);
            bytes = frontend::message(kind, &bytes);
        }
        // The node may have closed already, which is its right.
        let _ = wire.try_send(&[&bytes[..], &frontend::sync()].concat());
        wire.close();
    }
    others_work(&server);
    assert!(server.is_running());
    assert!(!server.log().contains("panicked"), "a panic, seed {seed}:\n{}", server.log());
}

/// The SQLSTATE of an absurd statement, or nothing, and the session goes on.
fn absurd(server: &Server, what: &str, sql: &str, allowed: &[&str]) {
    for extended in [false, true] {
        let mut wire = Wire::start(server);
        let answer = match extended {
            false => wire.query(sql),
            true => wire.exchange(&[frontend::extended(sql, &[]), frontend::sync()]),
        };
        let code = errors(&answer);
        assert!(shape(&answer).ends_with('Z'), "{what}: the session lives, extended {extended}");
        assert!(allowed.contains(&code.as_str()), "{what}: `{code}` is not of {allowed:?}");
        assert_eq!(values(&wire.run("select 'alive'")), ["alive"], "{what}");
    }
}

#[test]
fn absurdly_deep_statements_are_answered() {
    let mut server = server();
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("select {}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    // PostgreSQL says 54001 or, where its parser's memory ends first, 42601.
    let deep = &["", "54001", "42601"];
    absurd(&server, "parentheses", &nested("(", "1", ")", 10_000), deep);
    absurd(&server, "100,000 parentheses", &nested("(", "1", ")", 100_000), deep);
    absurd(&server, "unclosed parentheses", &nested("(", "1", "", 10_000), &["54001", "42601"]);
    absurd(&server, "functions", &nested("abs(", "1", ")", 10_000), deep);
    absurd(&server, "subqueries", &nested("(select ", "1", ")", 5_000), deep);
    absurd(&server, "NOT", &nested("not ", "true", "", 20_000), deep);
    absurd(&server, "minus", &nested("- ", "1", "", 20_000), deep);
    absurd(&server, "CASE", &nested("case when true then ", "1", " end", 5_000), deep);
    absurd(
        &server,
        "casts",
        &nested("1", "", "::int", 20_000).replacen(&"1".repeat(20_000), "1", 1),
        deep,
    );
    absurd(&server, "ARRAY", &nested("array[", "1", "]", 5_000), &["54001", "42601", "54000"]);
    absurd(&server, "a sum", &format!("select 1{}", " + 1".repeat(20_000)), deep);
    absurd(&server, "OR", &format!("select true{}", " or false".repeat(20_000)), deep);
    absurd(&server, "AND", &format!("select true{}", " and true".repeat(20_000)), deep);
    absurd(&server, "concatenation", &format!("select ''{}", " || 'a'".repeat(20_000)), deep);
    absurd(&server, "UNION", &format!("select 1{}", " union all select 1".repeat(5_000)), deep);
    let joins: String = (0..2_000).map(|n| format!(" cross join (select 1) t{n}")).collect();
    absurd(&server, "joins", &format!("select 1 from (select 1) t{joins}"), deep);
    let json = format!("select '{}{}'::json is null", "[".repeat(100_000), "]".repeat(100_000));
    absurd(&server, "JSON", &json, deep);
    assert!(server.is_running(), "the node lives");
}

#[test]
fn absurdly_wide_statements_are_answered() {
    let server = server();
    let items: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let mut wire = Wire::start(&server);
    let answer = wire.run(&format!("select 99999 in ({})", items.join(", ")));
    assert_eq!(values(&answer), ["t"], "100,000 IN items");
    wire.run("create table if not exists wide (a int primary key)");
    wire.run("insert into wide select g from generate_series(1, 100) g on conflict do nothing");
    let answer = wire.run(&format!("select count(*) from wide where a in ({})", items.join(", ")));
    assert_eq!(values(&answer), ["100"], "100,000 IN items on a key");
    wire.run("drop table wide");
    let name = "n".repeat(1 << 20);
    let answer = wire.run(&format!("select 1 as {name}"));
    let columns = answer.iter().find(|message| message.kind == 'T').expect("columns");
    assert_eq!(columns.body.iter().filter(|byte| **byte == b'n').count(), 63, "names are cut");
    absurd(&server, "an unknown long name", &format!("select * from {name}"), &["42P01"]);
    absurd(&server, "a long literal", &format!("select length('{name}')"), &[""]);
    let columns: Vec<String> = (0..2_000).map(|number| format!("c{number} int")).collect();
    absurd(&server, "columns", &format!("create table w ({})", columns.join(", ")), &["54011"]);
    let targets = vec!["1"; 2_000].join(", ");
    absurd(&server, "targets", &format!("select {targets}"), &["54011"]);
    absurd(&server, "a number", &format!("select {}::int", "9".repeat(1_000)), &["22003"]);
    absurd(&server, "a huge number", &format!("select {}", "9".repeat(200_000)), &["22003"]);
    absurd(&server, "zeros", "select 'x' || 0 / 0", &["22012"]);
    absurd(
        &server,
        "repeat",
        "select length(repeat('x', 2000000000))",
        &["54000", "53200", "22023"],
    );
}

#[test]
fn a_statement_above_its_memory_spills_or_is_refused() {
    let server = Server::start(Options::default().with(&["--query-memory", "16MiB"]));
    let mut wire = Wire::start(&server);
    wire.run("select 1");
    let before = server.memory_bytes().0;
    let sql = "select count(*) from (select g, repeat('y', 300) r from generate_series(1, 200000) g
               order by r, g desc offset 0) s";
    let answer = wire.run(sql);
    assert_eq!(values(&answer), ["200000"], "a sort of 60 MB in 16 MiB");
    let sql = "select count(*) from (select g % 150000, count(*) from
               generate_series(1, 300000) g group by 1) s";
    assert_eq!(values(&wire.run(sql)), ["150000"], "a grouping of many groups");
    let most = server.memory_bytes().1.saturating_sub(before) / MEBIBYTE;
    assert!(most < 128, "{most} MiB for a statement of 16 MiB");
    others_work(&server);
}
