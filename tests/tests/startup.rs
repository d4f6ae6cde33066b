//! Starting, refusing to start, and ending: one clear line, the documented exit code, and no data harmed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tests::connect::{Tls, config, connect, connect_as, rows, sqlstate};
use tests::server::{free_address, http_get, start_command};
use tests::wait::poll;
use tests::wire::{PROTOCOL_3_0, errors, frontend, shape};
use tests::{Options, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const EXIT_FAILURE: i32 = 1;
const EXIT_USAGE: i32 = 2;
const EXIT_PORT: i32 = 5;
const EXIT_DIRECTORY: i32 = 6;
const EXIT_CORRUPT: i32 = 8;
const END_LIMIT: Duration = Duration::from_secs(30);

/// Runs `quorate start` that must end by itself: exit code and what it said on standard error.
fn refused(mut command: Command) -> (i32, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let ended = poll(END_LIMIT, || child.try_wait().expect("our own child"));
    if ended.is_none() {
        child.kill().expect("our own child");
    }
    let output = child.wait_with_output().expect("our own child");
    assert!(ended.is_some(), "it started although it must not");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

/// `quorate start` on free ports.
fn start(directory: &Path) -> Command {
    let mut command = start_command(directory);
    for option in ["--sql-addr", "--http-addr", "--node-addr"] {
        command.arg(option).arg(free_address().to_string());
    }
    command
}

fn one_line(said: &str, words: &[&str]) {
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("quorate: ")).collect();
    assert_eq!(lines.len(), 1, "one clear line: {said}");
    for word in words {
        assert!(lines[0].contains(word), "the line names {word}: {said}");
    }
}

#[test]
fn a_port_in_use_is_named_before_any_other_work() {
    let directory = tempfile::tempdir().expect("a directory");
    for option in ["--sql-addr", "--http-addr", "--node-addr"] {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("bound").to_string();
        let data = directory.path().join("data");
        let mut command = start_command(&data);
        command.arg("--insecure");
        for other in ["--sql-addr", "--http-addr", "--node-addr"] {
            let own = if other == option { address.clone() } else { free_address().to_string() };
            command.arg(other).arg(own);
        }
        let (code, said) = refused(command);
        assert_eq!(code, EXIT_PORT, "{option}: {said}");
        one_line(&said, &[&address]);
        assert!(!data.exists(), "{option}: no data directory was made");
    }
}

#[test]
fn a_locked_directory_is_refused_and_goes_on_to_work() {
    let server = Server::start(Options::default());
    let mut command = start(&server.data_directory());
    command.arg("--insecure");
    let (code, said) = refused(command);
    assert_eq!(code, EXIT_DIRECTORY, "{said}");
    one_line(&said, &["in use", &server.process_id().to_string()]);
    assert_eq!(http_get(server.http_address(), "/readyz").expect("it answers").0, 200);
}

#[test]
fn a_foreign_directory_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("PG_VERSION"), "16\n").expect("a file");
    let (code, said) = refused(start(directory.path()));
    assert_eq!(code, EXIT_DIRECTORY, "{said}");
    one_line(&said, &["not"]);
    let names: Vec<_> = std::fs::read_dir(directory.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    assert_eq!(names, ["PG_VERSION"], "nothing was added");
}

#[test]
fn a_directory_that_cannot_be_made_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "x").expect("a file");
    for path in [file.clone(), file.join("below")] {
        let (code, said) = refused(start(&path));
        assert_eq!(code, EXIT_DIRECTORY, "{}: {said}", path.display());
        one_line(&said, &["file"]);
    }
}

#[test]
fn newer_and_damaged_directories_are_refused() {
    let mut server = Server::start(Options::default());
    assert!(server.stop().success());
    let marker = server.data_directory().join("quorate.json");
    let good = std::fs::read_to_string(&marker).expect("a marker");
    let attempt = |text: &str| {
        std::fs::write(&marker, text).expect("written");
        let mut command = start(&server.data_directory());
        command.arg("--insecure");
        refused(command)
    };
    let mut newer: serde_json::Value = serde_json::from_str(&good).expect("JSON");
    newer["format"] = 999.into();
    let (code, said) = attempt(&newer.to_string());
    assert_eq!(code, EXIT_DIRECTORY, "{said}");
    one_line(&said, &["newer", "999"]);
    newer["format"] = 1.into();
    let (code, said) = attempt(&newer.to_string());
    assert_eq!(code, EXIT_DIRECTORY, "{said}");
    one_line(&said, &["format 1", "pg_dump"]);
    for damaged in ["", "{", "[]", "{\"format\": 2}", &good[..good.len() / 2]] {
        let (code, said) = attempt(damaged);
        assert_eq!(code, EXIT_CORRUPT, "{damaged:?}: {said}");
        one_line(&said, &["damaged"]);
    }
    std::fs::write(&marker, &good).expect("written");
    server.restart();
}

#[tokio::test]
async fn a_damaged_journal_is_refused_and_a_torn_tail_is_not() {
    let mut server = Server::start(Options::default());
    let client = connect(&server).await;
    client.batch_execute("create table kept (a int primary key, b text)").await.expect("a table");
    for round in 0..20 {
        let sql = format!("insert into kept values ({round}, repeat('x', 10000))");
        client.batch_execute(&sql).await.expect("a row");
    }
    server.kill();
    let mut segments = Vec::new();
    files(&server.data_directory(), &mut segments);
    segments.retain(|path| path.to_string_lossy().contains("/journal"));
    segments.sort_by_key(|path| std::fs::metadata(path).map(|m| m.len()).unwrap_or(0));
    let largest = segments.last().expect("a journal has files").clone();
    let bytes = std::fs::read(&largest).expect("readable");
    let used = bytes.iter().rposition(|byte| *byte != 0).expect("not all zero") + 1;
    let mut damaged = bytes.clone();
    for byte in &mut damaged[used / 2..used / 2 + 8] {
        *byte ^= 0x5a;
    }
    std::fs::write(&largest, &damaged).expect("written");
    let mut command = start(&server.data_directory());
    command.arg("--insecure");
    let (code, said) = refused(command);
    assert_eq!(code, EXIT_CORRUPT, "{said}");
    one_line(&said, &["corrupt"]);
    let mut torn = bytes.clone();
    torn.truncate(used);
    torn.extend([0x17; 11]);
    std::fs::write(&largest, &torn).expect("written");
    server.restart();
    let client = connect(&server).await;
    assert_eq!(rows(&client, "select count(*) from kept").await, ["20"]);
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let attempt = |arguments: &[&str]| {
        let mut command = start_command(&data);
        command.args(["--http-addr", &free_address().to_string()]);
        command.args(["--node-addr", &free_address().to_string()]).args(arguments);
        refused(command)
    };
    let (code, said) = attempt(&["--insecure", "--sql-addr", "0.0.0.0:0"]);
    assert!(code == EXIT_USAGE || code == EXIT_FAILURE, "{code}: {said}");
    assert!(said.contains("loopback") && said.contains("--insecure"), "{said}");
    assert!(!data.exists(), "no data directory was made");
    for arguments in [
        &["--sql-addr", "nonsense"][..],
        &["--adjudicators", "0"],
        &["--qp-max-age", "soon"],
        &["--query-memory", "much"],
        &["--no-such-option"],
    ] {
        assert_eq!(attempt(arguments).0, EXIT_USAGE, "{arguments:?}");
    }
}

#[test]
fn a_directory_keeps_its_shards_and_its_security() {
    let mut server = Server::start(Options::adjudicators(2));
    assert!(server.stop().success());
    let mut command = start(&server.data_directory());
    command.args(["--insecure", "--adjudicators", "3"]);
    let (code, said) = refused(command);
    assert_eq!(code, EXIT_DIRECTORY, "{said}");
    let (code, said) = refused(start(&server.data_directory()));
    assert_eq!(code, EXIT_DIRECTORY, "made insecure, started secure: {said}");
    server.restart();
}

#[tokio::test]
async fn passwords_and_tls_guard_a_node() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start(Options::secure());
    let path = server.data_directory().join("admin-password");
    let mode = std::fs::metadata(&path).expect("a password").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only the owner reads the password");
    assert!(!server.log().contains(&server.password()), "the log has no password");
    let client = connect(&server).await;
    assert_eq!(rows(&client, "select current_user").await, ["admin"]);
    let mut wrong = config(&server);
    wrong.password("not the password");
    let error = connect_as(&server, &wrong).await.expect_err("refused");
    assert_eq!(sqlstate(&error), "28P01");
    let mut unknown = config(&server);
    unknown.user("nobody_of_this_name");
    let error = connect_as(&server, &unknown).await.expect_err("refused");
    assert_eq!(sqlstate(&error), "28P01", "an unknown role looks like a wrong password");
    let mut elsewhere = config(&server);
    elsewhere.dbname("no_such_database");
    let error = connect_as(&server, &elsewhere).await.expect_err("refused");
    assert_eq!(sqlstate(&error), "3D000");
    let plain = config(&server).connect(tokio_postgres::NoTls).await;
    assert!(plain.is_err(), "no session without TLS");
}

#[tokio::test]
async fn direct_tls_starts_without_asking() {
    let server = Server::start(Options::secure());
    let tls = Tls::trusting(&server).with_application_protocol();
    let mut stream = tls.connect_directly(&server).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"postgresql"[..]));
    let hello = frontend::start_up(PROTOCOL_3_0, &[("user", "admin"), ("database", "postgres")]);
    stream.write_all(&hello).await.expect("taken");
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.expect("an answer");
    assert_eq!((head[0], head[8]), (b'R', 10), "SASL is asked for");
}

#[tokio::test]
async fn an_insecure_node_knows_its_roles_and_databases() {
    let server = Server::start(Options::default());
    let mut unknown = config(&server);
    unknown.user("nobody_of_this_name");
    let error = connect_as(&server, &unknown).await.expect_err("refused");
    assert_eq!(sqlstate(&error), "28000");
    let mut elsewhere = config(&server);
    elsewhere.dbname("no_such_database");
    let error = connect_as(&server, &elsewhere).await.expect_err("refused");
    assert_eq!(sqlstate(&error), "3D000");
}

#[test]
fn more_connections_than_allowed_are_refused() {
    let server = Server::start(Options::default().with(&["--max-connections", "5"]));
    let mut held = Vec::new();
    let mut refusal = None;
    for _ in 0..8 {
        let mut wire = tests::wire::Wire::open(&server);
        let parameters = [("user", "admin"), ("database", "postgres")];
        let answer = wire.start_up(PROTOCOL_3_0, &parameters);
        if errors(&answer).is_empty() {
            held.push(wire);
        } else {
            refusal = Some(errors(&answer));
            break;
        }
    }
    assert_eq!(refusal.as_deref(), Some("53300"), "{} sessions", held.len());
    assert!(held.len() <= 5, "{} sessions of 5", held.len());
    assert_eq!(shape(&held[0].run("select 1")), "TDCZ", "the others go on");
    held.pop().expect("some were let in").close();
    let again = poll(Duration::from_secs(10), || {
        let mut wire = tests::wire::Wire::open(&server);
        let parameters = [("user", "admin"), ("database", "postgres")];
        errors(&wire.start_up(PROTOCOL_3_0, &parameters)).is_empty().then_some(())
    });
    assert!(again.is_some(), "a place that is free is given");
}

#[test]
fn the_ready_line_tells_where_to_connect() {
    let server = Server::start(Options::default());
    let log = server.log();
    let events = log.lines().filter_map(|line| serde_json::from_str(line).ok());
    let ready: serde_json::Value = events
        .into_iter()
        .find(|event: &serde_json::Value| event["event"] == "ready")
        .expect("a ready event as a line of JSON");
    let sql = server.sql_address().to_string();
    assert!(ready.to_string().contains(&sql), "{ready} names {sql}");
    assert_eq!(http_get(server.http_address(), "/healthz").expect("it answers").0, 200);
}

#[test]
fn sigterm_waits_for_a_transaction_and_a_second_one_does_not() {
    let mut server = Server::start(Options::default());
    let mut wire = tests::wire::Wire::start(&server);
    wire.run("create table drained (a int); begin; insert into drained values (1)");
    server.signal(Signal::TERM);
    let unready =
        poll(Duration::from_secs(10), || match http_get(server.http_address(), "/readyz") {
            Ok((200, _)) => None,
            _ => Some(()),
        });
    assert!(unready.is_some(), "a draining node is not ready");
    assert!(server.is_running(), "an open transaction is waited for");
    wire.run("commit");
    let status = server.wait_exit();
    assert!(status.success(), "{status}");
    server.restart();
    let mut wire = tests::wire::Wire::start(&server);
    assert_eq!(tests::wire::values(&wire.run("select a from drained")), ["1"]);
    wire.run("begin; insert into drained values (2)");
    server.signal(Signal::TERM);
    let unready =
        poll(Duration::from_secs(10), || match http_get(server.http_address(), "/readyz") {
            Ok((200, _)) => None,
            _ => Some(()),
        });
    assert!(unready.is_some(), "a draining node is not ready");
    server.signal(Signal::TERM);
    let begun = std::time::Instant::now();
    server.wait_exit();
    assert!(begun.elapsed() < Duration::from_secs(5), "the second one ends it at once");
}
