//! Threats that need more than one strange message: the password exchange by hand, secrets in what is written, rights.
//! `SECURITY.md` lists which test answers which threat.

#![allow(clippy::print_stdout, reason = "what a failing test prints is its report")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::connect::{Tls, config, connect, connect_as, failure, rows, sqlstate};
use tests::server::http_get;
use tests::wire::{PROTOCOL_3_0, Wire, frontend, values};
use tests::{Options, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const CANARY: &str = "canary-9f1d27";

/// A password exchange up to the server's first message or its refusal.
async fn first_answer(server: &Server, user: &str, mechanism: &str, message: &str) -> String {
    let tls = Tls::trusting(server).with_application_protocol();
    let mut stream = tls.connect_directly(server).await.expect("TLS");
    let start = frontend::start_up(PROTOCOL_3_0, &[("user", user), ("database", "postgres")]);
    stream.write_all(&start).await.expect("written");
    let offered = one_message(&mut stream).await;
    assert!(offered.contains("SCRAM-SHA-256-PLUS"), "{offered}");
    let length = u32::try_from(message.len()).expect("short").to_be_bytes();
    let body = [mechanism.as_bytes(), &[0], &length, message.as_bytes()].concat();
    stream.write_all(&frontend::message('p', &body)).await.expect("written");
    one_message(&mut stream).await
}

async fn one_message(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.expect("a message");
    let length = u32::from_be_bytes(head[1..].try_into().expect("four bytes"));
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body).await.expect("its body");
    format!("{}{}", char::from(head[0]), String::from_utf8_lossy(&body))
}

fn salt_of(answer: &str) -> String {
    let salt = answer.split(',').find(|part| part.starts_with("s="));
    salt.unwrap_or_else(|| panic!("no salt in {answer:?}")).to_owned()
}

#[tokio::test]
async fn the_password_exchange_does_not_tell_who_exists() {
    let server = Server::start(Options::secure());
    let first = "n,,n=,r=abcdefghijklmnop";
    let real = first_answer(&server, "admin", "SCRAM-SHA-256", first).await;
    let nobody = first_answer(&server, "nobody", "SCRAM-SHA-256", first).await;
    let again = first_answer(&server, "nobody", "SCRAM-SHA-256", first).await;
    let other = first_answer(&server, "nobody2", "SCRAM-SHA-256", first).await;
    assert_eq!(real.len(), nobody.len(), "{real:?} and {nobody:?} look alike");
    assert!(real.ends_with("i=4096") && nobody.ends_with("i=4096"), "{real:?} {nobody:?}");
    assert_eq!(salt_of(&nobody), salt_of(&again), "the salt of a name is stable");
    assert_ne!(salt_of(&nobody), salt_of(&other));
    let mut told = Vec::new();
    for (user, password) in [("admin", "wrong"), ("nobody", "wrong")] {
        let mut settings = config(&server);
        settings.user(user).password(password);
        let error = connect_as(&server, &settings).await.expect_err("refused");
        told.push(format!("{} {error}", sqlstate(&error)).replace(user, "USER"));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn channel_binding_cannot_be_talked_away() {
    let server = Server::start(Options::secure());
    for (mechanism, message, code) in [
        // "I could bind, but you cannot": somebody took PLUS off the list on the way.
        ("SCRAM-SHA-256", "y,,n=,r=abcdefghijklmnop", "C28000"),
        ("SCRAM-SHA-256", "p=tls-server-end-point,,n=,r=abcdefghijklmnop", "C08P01"),
        ("SCRAM-SHA-256-PLUS", "n,,n=,r=abcdefghijklmnop", "C08P01"),
        ("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=,r=abcdefghijklmnop", "C08P01"),
        ("SCRAM-SHA-1", "n,,n=,r=abcdefghijklmnop", "C08P01"),
        ("SCRAM-SHA-256", "", "C08P01"),
        ("SCRAM-SHA-256", "n,,m=ext,n=,r=abc", "C08P01"),
    ] {
        let answer = first_answer(&server, "admin", mechanism, message).await;
        assert!(
            answer.starts_with('E') && answer.contains(code),
            "{mechanism} {message}: {answer:?}"
        );
    }
}

/// A ClientHello that knows nothing newer than TLS 1.1 gets an alert and no handshake.
#[test]
fn old_versions_of_tls_are_refused() {
    let server = Server::start(Options::secure());
    for version in [0x0300_u16, 0x0301, 0x0302] {
        let mut hello = version.to_be_bytes().to_vec();
        hello.extend([7; 32]);
        hello.push(0);
        // ECDHE-RSA-AES128-SHA and RSA-AES128-SHA; no compression; no extensions.
        hello.extend([0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0]);
        let length = u32::try_from(hello.len()).expect("short").to_be_bytes();
        let handshake = [&[1], &length[1..], &hello].concat();
        let length = u16::try_from(handshake.len()).expect("short").to_be_bytes();
        let record = [&[22, 3, 1], &length[..], &handshake].concat();
        let mut wire = Wire::open(&server);
        wire.send(&frontend::ssl_request());
        let mut byte = [0];
        std::io::Read::read_exact(&mut wire.stream, &mut byte).expect("an answer");
        assert_eq!(byte, *b"S");
        wire.send(&record);
        let answer = wire.until_closed(Duration::from_secs(15));
        assert_eq!(answer.first(), Some(&21), "{version:x}: an alert: {answer:?}");
    }
}

/// Two thousand guesses cancel nothing, cost little, and each is answered by silence.
#[test]
fn cancel_keys_are_not_guessed() {
    let server = Server::start(Options::default());
    let mut wire = Wire::start(&server);
    assert!(wire.secret.len() >= 4, "a key");
    wire.send(&frontend::query("select pg_sleep(3), 42"));
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    for _ in 0..2_000 {
        let mut guess = wire.secret.clone();
        let at = random.random_range(0..guess.len());
        guess[at] ^= random.random_range(1..=255_u8);
        let mut other = Wire::open(&server);
        other.send(&frontend::cancel(wire.process_id, &guess));
        assert!(other.until_closed(Duration::from_secs(15)).is_empty(), "no hint");
    }
    println!("2000 guesses in {:?}", begun.elapsed());
    assert_eq!(wire.until_ready().iter().filter(|message| message.kind == 'E').count(), 0);
}

/// Mutations of what drivers send, statements, portals and all three forms of COPY among it. W5 and W11 of SECURITY.md.
#[test]
fn mutated_messages_break_nothing() {
    let seconds = std::env::var("SECURITY_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let limit = Duration::from_secs(seconds.unwrap_or(8));
    let mut server = Server::start(Options::default());
    Wire::start(&server).run("create table c (a int primary key, b text, d jsonb, e numeric)");
    let binary = [
        &b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0\x07\0\0\0\x01x\0\0\0\x03\x01{}"
            [..],
        b"\xff\xff\xff\xff\xff\xff",
    ];
    let copy = |options: &str, piece: &[u8]| {
        let start = frontend::query(&format!("copy c from stdin {options}"));
        [start, frontend::copy_data(piece), frontend::copy_done()].concat()
    };
    let samples: Vec<Vec<u8>> = vec![
        frontend::extended("select $1::int + $2::numeric, $3", &["1", "2.5", "x"]),
        [
            frontend::parse("s", "select a, d from c where b = $1", &[25]),
            frontend::bind_as("p", "s", &[1], &[Some(b"x")], &[1, 0]),
            frontend::describe('P', "p"),
            frontend::execute("p", 2),
            frontend::close('S', "s"),
        ]
        .concat(),
        copy("", b"1\tx\\n\\x41\t{\"a\": [1]}\t2.5\n2\t\\N\t\\N\t\\N\n\\.\n"),
        copy("(format csv, header)", b"a,b,d,e\n1,\"x\"\"y\",\"[1, 2]\",2.5\n"),
        copy("(format binary)", &binary.concat()),
        frontend::query("copy (select * from c) to stdout (format binary); select 1"),
        [frontend::query("begin"), frontend::copy_fail("no"), frontend::flush()].concat(),
    ];
    let first: u64 = rand::random::<u32>().into();
    println!("seed {first}");
    let mut random = StdRng::seed_from_u64(first);
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed() < limit {
        let mut wire = Wire::start(&server);
        for _ in 0..20 {
            let mut bytes = samples[random.random_range(0..samples.len())].clone();
            for _ in 0..random.random_range(0..4) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..4) {
                    0 => bytes[at] = random.random(),
                    1 => bytes[at] ^= 1 << random.random_range(0..8),
                    2 => bytes.truncate(at + 1),
                    _ => bytes.insert(at, [0, 1, 0x7f, 0xff][random.random_range(0..4)]),
                }
            }
            rounds += 1;
            // The node may have closed already, which is its right.
            if wire.try_send(&[&bytes[..], &frontend::sync()].concat()).is_err() {
                break;
            }
        }
        wire.close();
    }
    println!("{rounds} mutated sequences");
    assert_eq!(values(&Wire::start(&server).run("select 42")), ["42"], "others work");
    assert!(server.is_running(), "seed {first}");
    assert!(!server.log().contains("panicked"), "seed {first}:\n{}", server.log());
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        found.push(path.clone());
        if path.is_dir() {
            files(&path, found);
        }
    }
}

/// Passwords are in no log, no metric, no view and no file, and files are for the owner alone.
#[tokio::test]
async fn secrets_stay_secret() {
    let mut server = Server::start(Options::secure().with(&["--log-level", "trace"]));
    let admin = connect(&server).await;
    let secret = server.password();
    for sql in [
        format!("create role keeper login password '{CANARY}'"),
        format!("alter role keeper password '{CANARY}2'"),
    ] {
        admin.batch_execute(&sql).await.expect("a role");
    }
    assert_eq!(failure(&admin, &format!("alter role nobody password '{CANARY}'")).await, "42704");
    let mut settings = config(&server);
    settings.user("keeper").password(format!("{CANARY}3"));
    let error = connect_as(&server, &settings).await.expect_err("a wrong password");
    assert_eq!(sqlstate(&error), "28P01");
    settings.password(format!("{CANARY}2"));
    let keeper = connect_as(&server, &settings).await.expect("the right password");
    for sql in ["select rolpassword from pg_authid", "select * from pg_authid"] {
        assert_eq!(failure(&keeper, sql).await, "42501", "{sql}");
    }
    let shown = rows(&admin, "select query from pg_stat_activity").await.join("\n");
    assert!(!shown.contains(CANARY), "{shown}");
    let stored = rows(&admin, "select rolpassword from pg_authid where rolname = 'keeper'").await;
    assert!(stored[0].starts_with("SCRAM-SHA-256$4096:"), "{stored:?}");
    let metrics = http_get(server.http_address(), "/metrics").map(|(_, body)| body);
    assert!(!metrics.unwrap_or_default().contains(CANARY), "metrics");
    drop((admin, keeper));
    assert!(server.stop().success());
    let log = server.log();
    assert!(log.len() > 200, "something is logged: {log}");
    for secret in [CANARY, &secret] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let data = server.data_directory();
    let mut found = vec![data.clone()];
    files(&data, &mut found);
    for path in found {
        let mode = std::fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        if path == data || path.extension().is_some_and(|end| end == "key") {
            assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
        }
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("readable");
            let canary = CANARY.as_bytes();
            let holds = bytes.windows(canary.len()).any(|window| window == canary);
            assert!(!holds, "{} holds a password", path.display());
        }
    }
}

/// Denied without a grant, allowed with it.
#[tokio::test]
async fn rights_are_checked_for_every_action() {
    let server = Server::start(Options::default());
    let admin = connect(&server).await;
    admin
        .batch_execute(
            "create role plain login; create schema s; create table s.t (a int primary key, b int);
             insert into s.t values (1, 1); create sequence s.q; create view s.v as select a from s.t",
        )
        .await
        .expect("made");
    let mut settings = config(&server);
    settings.user("plain");
    let plain = connect_as(&server, &settings).await.expect("a session");
    assert_eq!(failure(&plain, "select * from s.t").await, "42501", "the schema");
    admin.batch_execute("grant usage on schema s to plain").await.expect("granted");
    for (sql, grant) in [
        ("select a from s.t", "select on s.t"),
        ("insert into s.t values (2, 2)", "insert on s.t"),
        ("update s.t set b = 3 where a = 1", "update on s.t"),
        ("delete from s.t where a = 2", "delete on s.t"),
        ("truncate s.t", "truncate on s.t"),
        ("select nextval('s.q')", "usage on sequence s.q"),
        ("select * from s.v", "select on s.v"),
        ("create table s.own (a int)", "create on schema s"),
    ] {
        // What updates and deletes look at is read, which is its own right and granted first here.
        assert_eq!(failure(&plain, sql).await, "42501", "{sql} before the grant");
        admin.batch_execute(&format!("grant {grant} to plain")).await.expect("granted");
        if let Err(error) = plain.batch_execute(sql).await {
            panic!("{sql} after the grant: {error:?}");
        }
    }
    for sql in [
        "drop table s.t",
        "alter table s.t add column c int",
        "create index on s.t (b)",
        "create role more",
        "alter role plain superuser",
        "alter role admin password 'x'",
        "set role admin",
        "set session authorization admin",
        "copy s.t from '/etc/passwd'",
        "copy s.t to program 'true'",
        "drop schema s cascade",
        "reassign owned by admin to plain",
        "select rolpassword from pg_authid",
    ] {
        let code = failure(&plain, sql).await;
        assert!(["42501", "0A000"].contains(&code.as_str()), "{sql}: {code}");
    }
    // A grant without the right to grant is a warning in PostgreSQL, and grants nothing.
    admin.batch_execute("create role other").await.expect("a role");
    plain.batch_execute("grant select on s.t to other, public").await.expect("a warning");
    let granted = "select has_table_privilege('other', 's.t', 'select')";
    assert_eq!(rows(&admin, granted).await, ["f"]);
    let kept = rows(&admin, "select rolsuper from pg_roles where rolname = 'plain'").await;
    assert_eq!(kept, ["f"]);
}

/// What one session set, prepared or made is not there for the next, on the same or a new query processor.
#[tokio::test]
async fn sessions_inherit_nothing() {
    let server = Server::start(Options::default().with(&["--qp-max-age", "1s"]));
    for round in 0..4 {
        let one = connect(&server).await;
        let found = rows(&one, "select count(*) from pg_prepared_statements").await;
        assert_eq!(found, ["0"], "round {round}");
        assert_eq!(rows(&one, "show application_name").await, [""], "round {round}");
        assert_eq!(rows(&one, "select current_user, session_user").await, ["admin|admin"]);
        assert_eq!(failure(&one, &format!("execute p_{round}")).await, "26000");
        one.batch_execute(&format!(
            "set application_name = '{CANARY}'; set search_path = nowhere; prepare p_{} as select 1",
            round + 1
        ))
        .await
        .expect("set");
        drop(one);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}
