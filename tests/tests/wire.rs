//! The protocol as PostgreSQL speaks it: where a ready-made protocol library was found to go wrong, and what drivers need.
//!
//! Every answer here is what PostgreSQL 16 gives; with `QUORATE_TEST_URL` most of these tests run against one.

use std::time::Duration;

use tests::wait::poll;
use tests::wire::{
    Message, PROTOCOL_3_0, PROTOCOL_3_2, Wire, errors, frontend, shape, state, values,
};
use tests::{Options, Server};

const MANY_ROWS: &str = "select g, repeat('x', 1000) from generate_series(1, 150000) g";
/// A product of two, because PostgreSQL computes one function in FROM to its end before the first row.
const ENDLESS_ROWS: &str = "select a, repeat('x', 1000)
    from generate_series(1, 100000) a, generate_series(1, 100000) b";
const MEBIBYTE: u64 = 1 << 20;

fn server() -> Server {
    Server::start(Options::default())
}

#[test]
fn row_limits_of_any_size_are_taken() {
    let server = server();
    let mut wire = Wire::start(&server);
    for most in [i32::MAX, i32::MAX - 1, -1, i32::MIN, 0] {
        let sql = "select g from generate_series(1, 3) g";
        let answer = wire.exchange(&[
            frontend::parse("", sql, &[]),
            frontend::bind("", "", &[]),
            frontend::execute("", most),
            frontend::sync(),
        ]);
        assert_eq!(shape(&answer), "12DCZ", "row limit {most}");
        assert_eq!(values(&answer), ["1", "2", "3"], "row limit {most}");
    }
}

#[test]
fn bytes_behind_an_ssl_request_are_not_taken_for_encrypted_ones() {
    let server = Server::start(Options::secure());
    let mut wire = Wire::open(&server);
    let injected = [
        frontend::ssl_request(),
        frontend::start_up(PROTOCOL_3_0, &[("user", "admin"), ("database", "postgres")]),
    ];
    wire.send(&injected.concat());
    let answer = wire.until_closed(Duration::from_secs(15));
    let authentication = answer.windows(3).any(|bytes| bytes == b"R\0\0");
    assert!(!authentication, "no authentication request: {answer:?}");
    let mut honest = Wire::open(&server);
    honest.send(&frontend::ssl_request());
    let mut reply = [0];
    std::io::Read::read_exact(&mut honest.stream, &mut reply).expect("an answer");
    assert_eq!(reply, *b"S", "TLS is offered to who asks alone");
}

#[test]
fn large_results_stream_in_bounded_memory() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.run("select 1");
    let before = memory(&server);
    wire.send(&frontend::query(MANY_ROWS));
    let (rows, rest) = wire.drain();
    assert_eq!((rows, errors(&rest).as_str()), (150_000, ""), "simple protocol");
    wire.send(&[frontend::extended(MANY_ROWS, &[]), frontend::sync()].concat());
    let (rows, rest) = wire.drain();
    assert_eq!((rows, errors(&rest).as_str()), (150_000, ""), "extended protocol");
    let after = memory(&server);
    let grown = after.saturating_sub(before) / MEBIBYTE;
    assert!(grown < 64, "150 MB of rows passed, memory grew by {grown} MiB");
}

#[test]
fn a_client_that_does_not_read_does_not_fill_the_memory() {
    let server = server();
    let mut lazy = Wire::start(&server);
    let before = memory(&server);
    lazy.send(&[frontend::extended(ENDLESS_ROWS, &[]), frontend::sync()].concat());
    assert_eq!(lazy.receive().map(|message| message.kind), Some('1'));
    let mut neighbour = Wire::start(&server);
    // The endless statement is at work meanwhile: its CPU time shows when it has stopped to wait for the reader.
    poll(Duration::from_secs(20), || (cpu(&server, Duration::from_millis(500)) < 10).then_some(()))
        .expect("a statement whose client does not read pauses");
    neighbour.run("select 1");
    let grown = memory(&server).saturating_sub(before) / MEBIBYTE;
    assert!(grown < 64, "memory grew by {grown} MiB for a client that does not read");
}

#[test]
fn cancel_ends_a_statement_whose_rows_stream() {
    let server = server();
    for extended in [false, true] {
        let mut wire = Wire::start(&server);
        match extended {
            false => wire.send(&frontend::query(ENDLESS_ROWS)),
            true => wire.send(&[frontend::extended(ENDLESS_ROWS, &[]), frontend::sync()].concat()),
        }
        first_row(&mut wire);
        wire.cancel(&server);
        let (_, rest) = wire.drain();
        assert_eq!(errors(&rest), "57014", "extended: {extended}");
        assert_eq!(state(&rest), 'I');
        assert_eq!(values(&wire.run("select 1")), ["1"], "the session goes on");
    }
}

#[test]
fn cancel_ends_a_statement_that_computes_or_sleeps() {
    let server = server();
    let statements = [
        "select pg_sleep(600)",
        "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b",
    ];
    for sql in statements {
        let mut wire = Wire::start(&server);
        wire.send(&[frontend::parse("", sql, &[]), frontend::flush()].concat());
        assert_eq!(wire.receive().map(|message| message.kind), Some('1'));
        wire.send(&[frontend::bind("", "", &[]), frontend::flush()].concat());
        assert_eq!(wire.receive().map(|message| message.kind), Some('2'));
        wire.send(&[frontend::execute("", 0), frontend::sync()].concat());
        // A request that comes before the statement runs cancels nothing: asked until there is an answer.
        let answered = poll(Duration::from_secs(20), || {
            wire.cancel(&server);
            wire.has_answer(Duration::from_millis(200)).then_some(())
        });
        assert!(answered.is_some(), "{sql} is cancelled");
        assert_eq!(errors(&wire.until_ready()), "57014", "{sql}");
    }
}

#[test]
fn a_wrong_cancel_key_cancels_nothing() {
    let server = server();
    let mut wire = Wire::start(&server);
    let mut other = Wire::open(&server);
    let wrong: Vec<u8> = wire.secret.iter().map(|byte| byte ^ 0x55).collect();
    wire.send(&frontend::query("select count(*) from generate_series(1, 300000)"));
    other.send(&frontend::cancel(wire.process_id, &wrong));
    assert!(other.until_closed(Duration::from_secs(10)).is_empty(), "no answer, no hint");
    assert_eq!(values(&wire.until_ready()), ["300000"]);
}

#[test]
fn an_error_in_copy_out_is_an_error_and_no_message_of_clients() {
    let server = server();
    let mut wire = Wire::start(&server);
    let answer =
        wire.query("copy (select 1 / (500 - g) from generate_series(1, 1000) g) to stdout");
    assert!(answer.iter().all(|message| message.kind != 'f'), "{}", shape(&answer));
    assert_eq!(errors(&answer), "22012");
    assert_eq!(answer.first().map(|message| message.kind), Some('H'));
    assert_eq!(state(&answer), 'I');
    assert_eq!(values(&wire.run("select 1")), ["1"]);
}

#[test]
fn bind_must_fit_its_statement() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.exchange(&[frontend::parse("s", "select $1::int, $2::text, 3", &[]), frontend::sync()]);
    let mut refused = |bind: Vec<u8>, code: &str, what: &str| {
        let answer = wire.exchange(&[bind, frontend::execute("", 0), frontend::sync()]);
        assert_eq!(errors(&answer), code, "{what}");
        assert_eq!(shape(&answer), "EZ", "{what}");
    };
    refused(frontend::bind("", "s", &["1"]), "08P01", "too few parameters");
    refused(frontend::bind("", "s", &["1", "2", "3"]), "08P01", "too many parameters");
    refused(frontend::bind("", "nobody", &[]), "26000", "an unknown statement");
    refused(frontend::bind("", "s", &["x", "2"]), "22P02", "a value of another type");
    let pair: &[Option<&[u8]>] = &[Some(b"1"), Some(b"2")];
    let formats = frontend::bind_as("", "s", &[0, 0, 0], pair, &[]);
    refused(formats, "08P01", "three formats for two parameters");
    let results = frontend::bind_as("", "s", &[], pair, &[0, 0]);
    refused(results, "08P01", "two result formats for three columns");
    let binary = frontend::bind_as("", "s", &[1], pair, &[]);
    refused(binary, "08P01", "one byte for a binary int4");
    let pair: &[Option<&[u8]>] = &[Some(b"12345"), Some(b"2")];
    let binary = frontend::bind_as("", "s", &[1, 0], pair, &[]);
    refused(binary, "22P03", "five bytes for a binary int4");
}

#[test]
fn names_of_statements_and_portals_are_taken_once() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.run("begin");
    let answer = wire.exchange(&[
        frontend::parse("s", "select 1", &[]),
        frontend::bind("p", "s", &[]),
        frontend::sync(),
    ]);
    assert_eq!(shape(&answer), "12Z");
    let answer = wire.exchange(&[frontend::bind("p", "s", &[]), frontend::sync()]);
    assert_eq!(errors(&answer), "42P03", "a portal's name");
    wire.run("rollback");
    let answer = wire.exchange(&[frontend::parse("s", "select 2", &[]), frontend::sync()]);
    assert_eq!(errors(&answer), "42P05", "a statement's name");
    let answer = wire.exchange(&[
        frontend::close('S', "s"),
        frontend::parse("s", "select 2", &[]),
        frontend::bind("", "s", &[]),
        frontend::execute("", 0),
        frontend::sync(),
    ]);
    assert_eq!(values(&answer), ["2"], "closed and taken again");
    let answer = wire.exchange(&[
        frontend::parse("", "select 3", &[]),
        frontend::parse("", "select 4", &[]),
        frontend::bind("", "", &[]),
        frontend::bind("", "", &[]),
        frontend::execute("", 0),
        frontend::sync(),
    ]);
    assert_eq!(values(&answer), ["4"], "the unnamed ones are replaced");
    let answer = wire.exchange(&[
        frontend::close('S', "nobody"),
        frontend::close('P', "nobody"),
        frontend::sync(),
    ]);
    assert_eq!(shape(&answer), "33Z", "closing what is not there is no error");
}

#[test]
fn result_formats_may_be_none_one_or_one_each() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.exchange(&[frontend::parse("s", "select 1::int4, 2::int8", &[]), frontend::sync()]);
    let mut row = |formats: &[u16]| {
        let answer = wire.exchange(&[
            frontend::bind_as("", "s", &[], &[], formats),
            frontend::execute("", 0),
            frontend::sync(),
        ]);
        assert_eq!(errors(&answer), "", "{formats:?}");
        let row = answer.iter().find(|message| message.kind == 'D').expect("a row");
        row.columns().into_iter().flatten().collect::<Vec<_>>()
    };
    let (one, two) = (1_i32.to_be_bytes().to_vec(), 2_i64.to_be_bytes().to_vec());
    assert_eq!(row(&[]), [b"1".to_vec(), b"2".to_vec()]);
    assert_eq!(row(&[0]), [b"1".to_vec(), b"2".to_vec()]);
    assert_eq!(row(&[1]), [one.clone(), two.clone()]);
    assert_eq!(row(&[1, 0]), [one, b"2".to_vec()]);
    assert_eq!(row(&[0, 1]), [b"1".to_vec(), two]);
}

#[test]
fn parameters_of_mixed_formats_and_inferred_types_are_taken() {
    let server = server();
    let mut wire = Wire::start(&server);
    let parameters: &[Option<&[u8]>] =
        &[Some(&[0, 7]), Some(b"1.50"), Some(&[0x40, 0x08, 0, 0, 0, 0, 0, 0]), None];
    let answer = wire.exchange(&[
        frontend::parse("", "select $1 + 1, $2 * 2, $3, $4::text is null", &[21, 1_700, 701, 0]),
        frontend::bind_as("", "", &[1, 0, 1, 0], parameters, &[]),
        frontend::execute("", 0),
        frontend::sync(),
    ]);
    assert_eq!(errors(&answer), "");
    let row = answer.iter().find(|message| message.kind == 'D').expect("a row").columns();
    let text: Vec<String> =
        row.into_iter().flatten().map(|v| String::from_utf8_lossy(&v).into_owned()).collect();
    assert_eq!(text, ["8", "3.00", "3", "t"]);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let server = server();
    let mut wire = Wire::start(&server);
    let answer = wire.exchange(&[frontend::message('Q', b"select 'a\xff\xfeb'\0")]);
    assert_eq!((errors(&answer).as_str(), state(&answer)), ("22021", 'I'), "simple query");
    let parse = frontend::message('P', b"\0select 'a\xffb'\0\0\0");
    let answer = wire.exchange(&[parse, frontend::sync()]);
    assert_eq!(errors(&answer), "22021", "Parse");
    for value in [&b"a\xc3"[..], b"a\xed\xa0\x80", b"a\0b", b"\xc0\x80"] {
        let answer = wire.exchange(&[
            frontend::parse("", "select $1::text", &[]),
            frontend::bind_as("", "", &[], &[Some(value)], &[]),
            frontend::execute("", 0),
            frontend::sync(),
        ]);
        assert_eq!(errors(&answer), "22021", "Bind of {value:?}");
    }
    wire.run("create table if not exists wire_utf8 (t text)");
    let answer = wire.exchange(&[
        frontend::query("copy wire_utf8 from stdin"),
        frontend::copy_data(b"good\nbad\xff\n"),
        frontend::copy_done(),
    ]);
    assert_eq!(errors(&answer), "22021", "COPY");
    assert_eq!(values(&wire.run("select count(*) from wire_utf8")), ["0"]);
    wire.run("drop table wire_utf8");
}

#[test]
fn a_message_that_is_too_short_does_not_read_into_the_next() {
    let server = server();
    let bodies: &[(char, &[u8])] = &[
        ('P', b""),
        ('P', b"name without end"),
        ('P', b"\0select 1"),
        ('P', b"\0select 1\0"),
        ('P', b"\0select 1\0\0\x02\0\0\0\x17"),
        ('B', b""),
        ('B', b"\0\0\0"),
        ('B', b"\0\0\0\0\0\x01\0\0\0\xff"),
        ('B', b"\0\0\0\0\0\x01\xff\xff\xff\xf0"),
        ('E', b""),
        ('E', b"\0\0\0"),
        ('D', b""),
        ('D', b"X\0"),
        ('C', b"S"),
    ];
    for (kind, body) in bodies {
        let mut wire = Wire::start(&server);
        let answer = wire.exchange(&[
            frontend::message(*kind, body),
            frontend::extended("select 'must not run'", &[]),
            frontend::sync(),
        ]);
        assert_eq!(shape(&answer), "EZ", "{kind} {body:?}");
        // PostgreSQL looks for the statement before it reads on in Bind.
        let code = errors(&answer);
        assert!(code == "08P01" || (*kind == 'B' && code == "26000"), "{kind} {body:?}: {code}");
        assert_eq!(values(&wire.run("select 'in step'")), ["in step"], "{kind} {body:?}");
    }
    let mut wire = Wire::start(&server);
    let answer = wire.exchange(&[frontend::message('Q', b"select 1")]);
    assert_eq!((errors(&answer).as_str(), state(&answer)), ("08P01", 'I'), "an unended query");
    assert_eq!(values(&wire.run("select 'in step'")), ["in step"]);
}

#[test]
fn portals_live_as_long_as_their_transaction() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.run("begin");
    let sql = "select g from generate_series(1, 5) g";
    let answer = wire.exchange(&[
        frontend::parse("", sql, &[]),
        frontend::bind("", "", &[]),
        frontend::bind("p", "", &[]),
        frontend::execute("p", 2),
        frontend::sync(),
    ]);
    assert_eq!((shape(&answer).as_str(), values(&answer).join(" ").as_str()), ("122DsZ", "1 2"));
    let answer = wire.exchange(&[frontend::execute("p", 2), frontend::sync()]);
    assert_eq!((shape(&answer).as_str(), values(&answer).join(" ").as_str()), ("DsZ", "3 4"));
    let answer = wire.exchange(&[frontend::execute("", 1), frontend::sync()]);
    assert_eq!((shape(&answer).as_str(), values(&answer).join(" ").as_str()), ("DsZ", "1"));
    let answer = wire.exchange(&[frontend::execute("p", 2), frontend::sync()]);
    assert_eq!((shape(&answer).as_str(), values(&answer).join(" ").as_str()), ("DCZ", "5"));
    wire.run("commit");
    let answer = wire.exchange(&[frontend::execute("p", 0), frontend::sync()]);
    assert_eq!(errors(&answer), "34000", "the transaction's end closes its portals");
    let answer = wire.exchange(&[
        frontend::parse("", sql, &[]),
        frontend::bind("q", "", &[]),
        frontend::execute("q", 2),
        frontend::sync(),
        frontend::execute("q", 2),
        frontend::sync(),
    ]);
    assert_eq!(shape(&answer), "12DsZ");
    assert_eq!(errors(&wire.until_ready()), "34000", "so does Sync outside of a transaction");
}

#[test]
fn a_client_that_leaves_is_noticed_while_its_statement_runs() {
    let server = server();
    let mut wire = Wire::start(&server);
    let sql = "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b";
    wire.send(&frontend::query(sql));
    poll(Duration::from_secs(30), || (cpu(&server, Duration::from_millis(300)) > 10).then_some(()))
        .expect("the statement is at work");
    wire.close();
    poll(Duration::from_secs(30), || (cpu(&server, Duration::from_millis(500)) < 10).then_some(()))
        .expect("the statement ends when its client is gone");
}

#[test]
fn several_statements_in_one_string_are_one_transaction() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.run("drop table if exists wire_multi; create table wire_multi (a int primary key)");
    let answer = wire.run("insert into wire_multi values (1); select 5; select 6, 7; ; select 8");
    assert_eq!(shape(&answer), "CTDCTDCTDCZ");
    assert_eq!(values(&answer), ["5", "6", "8"]);
    let answer = wire.query("insert into wire_multi values (2); select 1 / 0; select 9");
    assert_eq!((shape(&answer).as_str(), errors(&answer).as_str()), ("CEZ", "22012"));
    assert_eq!(values(&wire.run("select count(*) from wire_multi")), ["1"], "all or nothing");
    let answer = wire.query("insert into wire_multi values (3); commit; select 1 / 0");
    assert_eq!((errors(&answer).as_str(), state(&answer)), ("22012", 'I'));
    assert_eq!(values(&wire.run("select a from wire_multi order by a")), ["1", "3"]);
    let answer = wire.query("select 1; selec 2");
    assert_eq!((shape(&answer).as_str(), errors(&answer).as_str()), ("EZ", "42601"));
    assert_eq!(shape(&wire.query("")), "IZ");
    assert_eq!(shape(&wire.query(" ; ;; ")), "IZ");
    wire.run("drop table wire_multi");
}

#[test]
fn copy_within_several_statements() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.run("drop table if exists wire_copy; create table wire_copy (a int primary key, b text)");
    wire.send(&frontend::query(
        "copy wire_copy from stdin; select count(*) from wire_copy; select 2",
    ));
    assert_eq!(wire.receive().map(|message| message.kind), Some('G'));
    wire.send(&frontend::copy_data(b"1\tone\n2\t"));
    wire.send(&frontend::copy_data(b"\\N\n3\tthr"));
    wire.send(&frontend::copy_data(b"ee\\tx\n"));
    wire.send(&frontend::copy_done());
    let answer = wire.until_ready();
    assert_eq!((shape(&answer).as_str(), errors(&answer).as_str()), ("CTDCTDCZ", ""));
    assert_eq!(values(&answer), ["3", "2"]);
    let copied = wire.run("copy (select * from wire_copy order by a) to stdout");
    let text: Vec<u8> =
        copied.iter().filter(|m| m.kind == 'd').flat_map(|m| m.body.clone()).collect();
    assert_eq!(String::from_utf8_lossy(&text), "1\tone\n2\t\\N\n3\tthree\\tx\n");
    wire.send(&frontend::query("copy wire_copy from stdin; select 3"));
    assert_eq!(wire.receive().map(|message| message.kind), Some('G'));
    wire.send(&[frontend::copy_data(b"4\tfour\n"), frontend::copy_fail("enough")].concat());
    let answer = wire.until_ready();
    assert_eq!((shape(&answer).as_str(), errors(&answer).as_str()), ("EZ", "57014"));
    for bad in [&b"5\n"[..], b"5\ta\tb\n", b"five\ta\n", b"1\tagain\n", b"99999999999\ta\n"] {
        wire.send(&frontend::query("copy wire_copy from stdin"));
        assert_eq!(wire.receive().map(|message| message.kind), Some('G'));
        wire.send(&[frontend::copy_data(bad), frontend::copy_done()].concat());
        let answer = wire.until_ready();
        let expected = match bad {
            b"five\ta\n" => "22P02",
            b"1\tagain\n" => "23505",
            b"99999999999\ta\n" => "22003",
            _ => "22P04",
        };
        assert_eq!((shape(&answer).as_str(), errors(&answer).as_str()), ("EZ", expected));
    }
    assert_eq!(values(&wire.run("select count(*) from wire_copy; drop table wire_copy")), ["3"]);
}

#[test]
fn an_empty_statement_is_answered_as_one() {
    let server = server();
    let mut wire = Wire::start(&server);
    let answer = wire.exchange(&[
        frontend::parse("", "", &[]),
        frontend::describe('S', ""),
        frontend::bind("", "", &[]),
        frontend::describe('P', ""),
        frontend::execute("", 0),
        frontend::sync(),
    ]);
    assert_eq!(shape(&answer), "1tn2nIZ");
    assert_eq!(shape(&wire.exchange(&[frontend::sync()])), "Z", "a bare Sync");
    let answer = wire.exchange(&[
        frontend::extended("select 1", &[]),
        frontend::close('P', ""),
        frontend::sync(),
    ]);
    assert_eq!(shape(&answer), "12TDC3Z", "Close of the unnamed portal");
}

#[test]
fn describe_tells_types_before_values_are_bound() {
    let server = server();
    let mut wire = Wire::start(&server);
    let answer = wire.exchange(&[
        frontend::parse("s", "select $1::int + 1 as sum, $2::text as word", &[]),
        frontend::describe('S', "s"),
        frontend::sync(),
    ]);
    assert_eq!(shape(&answer), "1tTZ");
    let types = answer.iter().find(|message| message.kind == 't').expect("parameters");
    assert_eq!(types.body, [0, 2, 0, 0, 0, 23, 0, 0, 0, 25]);
    let columns = answer.iter().find(|message| message.kind == 'T').expect("columns");
    assert_eq!(columns.body[..6], [0, 2, b's', b'u', b'm', 0]);
    let answer = wire.exchange(&[frontend::describe('S', "nobody"), frontend::sync()]);
    assert_eq!(errors(&answer), "26000");
    let answer = wire.exchange(&[frontend::describe('P', "nobody"), frontend::sync()]);
    assert_eq!(errors(&answer), "34000");
}

#[test]
fn a_pipeline_is_one_transaction_up_to_its_sync() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.run("drop table if exists wire_pipe; create table wire_pipe (a int primary key)");
    let insert = |value: &str| frontend::extended("insert into wire_pipe values ($1)", &[value]);
    let answer =
        wire.exchange(&[insert("1"), insert("2"), insert("1"), insert("3"), frontend::sync()]);
    assert_eq!((errors(&answer).as_str(), state(&answer)), ("23505", 'I'));
    assert_eq!(shape(&answer), "12nC12nC12nEZ", "what follows the error is skipped");
    assert_eq!(values(&wire.run("select count(*) from wire_pipe")), ["0"], "all or nothing");
    let begin = frontend::extended("begin", &[]);
    let answer = wire.exchange(&[begin, insert("4"), frontend::sync()]);
    assert_eq!((shape(&answer).as_str(), state(&answer)), ("12nC12nCZ", 'T'), "BEGIN in front");
    wire.run("rollback");
    wire.send(&[insert("5"), frontend::sync(), insert("5"), frontend::sync()].concat());
    assert_eq!(errors(&wire.until_ready()), "");
    assert_eq!(errors(&wire.until_ready()), "23505", "each Sync ends a transaction");
    assert_eq!(values(&wire.run("select a from wire_pipe; drop table wire_pipe")), ["5"]);
}

#[test]
fn flush_sends_what_is_ready() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.send(&[frontend::extended("select 1", &[]), frontend::flush()].concat());
    let answer = wire.until('C');
    assert_eq!(shape(&answer), "12TDC");
    assert_eq!(shape(&wire.exchange(&[frontend::sync()])), "Z");
}

#[test]
fn settings_are_reported_at_start_and_when_they_change() {
    let server = server();
    let mut wire = Wire::start(&server);
    let expected = [
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("IntervalStyle", "postgres"),
        ("integer_datetimes", "on"),
        ("standard_conforming_strings", "on"),
        ("session_authorization", "admin"),
        ("is_superuser", "on"),
        ("default_transaction_read_only", "off"),
        ("in_hot_standby", "off"),
        ("application_name", ""),
    ];
    for (name, value) in expected {
        assert_eq!(wire.settings.get(name).map(String::as_str), Some(value), "{name}");
    }
    let version = wire.settings.get("server_version").expect("a version");
    let major: u32 = version.split(['.', ' ']).next().unwrap_or("").parse().expect("a number");
    assert!(major >= 16, "server_version {version}");
    assert!(wire.settings.contains_key("TimeZone"));
    wire.run("set application_name to 'wire test'");
    assert_eq!(wire.settings.get("application_name").map(String::as_str), Some("wire test"));
    wire.run("begin; set datestyle to 'German'");
    assert_eq!(wire.settings.get("DateStyle").map(String::as_str), Some("German, DMY"));
    wire.run("rollback");
    assert_eq!(wire.settings.get("DateStyle").map(String::as_str), Some("ISO, MDY"));
}

#[test]
fn a_newer_protocol_is_negotiated_and_its_cancel_key_works() {
    let server = server();
    let mut wire = Wire::open(&server);
    let parameters = [("user", "admin"), ("database", "postgres"), ("_pq_.nothing", "1")];
    let answer = wire.start_up(PROTOCOL_3_2, &parameters);
    assert_eq!(errors(&answer), "");
    let negotiated = answer.iter().find(|message| message.kind == 'v').expect("an answer");
    let tail = String::from_utf8_lossy(&negotiated.body).into_owned();
    assert!(tail.contains("_pq_.nothing"), "unknown options are named: {tail:?}");
    wire.send(&frontend::query(ENDLESS_ROWS));
    first_row(&mut wire);
    wire.cancel(&server);
    assert_eq!(errors(&wire.drain().1), "57014", "a key of {} bytes", wire.secret.len());
}

#[test]
fn errors_say_where_and_what() {
    let server = server();
    let mut wire = Wire::start(&server);
    let field = |messages: &[Message], kind: char| {
        let error = messages.iter().find(|message| message.kind == 'E').expect("an error");
        error.fields().get(&kind).cloned().unwrap_or_default()
    };
    let answer = wire.query("select * form nowhere");
    assert_eq!(field(&answer, 'M'), "syntax error at or near \"form\"");
    assert_eq!((field(&answer, 'P').as_str(), field(&answer, 'S').as_str()), ("10", "ERROR"));
    let answer = wire.query("select nothing from pg_class");
    assert_eq!(field(&answer, 'M'), "column \"nothing\" does not exist");
    assert_eq!((field(&answer, 'C').as_str(), field(&answer, 'P').as_str()), ("42703", "8"));
    wire.run("drop table if exists wire_error; create table wire_error (a int primary key)");
    wire.run("insert into wire_error values (1)");
    let answer = wire.query("insert into wire_error values (1)");
    assert_eq!(field(&answer, 'D'), "Key (a)=(1) already exists.");
    assert_eq!(field(&answer, 'n'), "wire_error_pkey");
    assert_eq!(field(&answer, 't'), "wire_error");
    wire.run("drop table wire_error");
}

#[test]
fn functions_of_many_rows_need_little_memory() {
    let server = server();
    let mut wire = Wire::start(&server);
    let before = memory(&server);
    let answer = wire.run("select count(*) from generate_series(1, 10000000)");
    assert_eq!(values(&answer), ["10000000"]);
    wire.send(&frontend::query("select generate_series(1, 1000000000), repeat('x', 1000)"));
    first_row(&mut wire);
    wire.cancel(&server);
    assert_eq!(errors(&wire.drain().1), "57014");
    let grown = memory(&server).saturating_sub(before) / MEBIBYTE;
    assert!(grown < 192, "memory grew by {grown} MiB, a statement may have 128");
}

/// Reads up to the first row; an error in its place fails the test.
fn first_row(wire: &mut Wire) {
    loop {
        let message = wire.receive().expect("rows come");
        assert_ne!(message.kind, 'E', "{:?}", message.fields());
        if message.kind == 'D' {
            return;
        }
    }
}

fn memory(server: &Server) -> u64 {
    match server.is_foreign() {
        true => 0,
        false => server.memory_bytes().0,
    }
}

/// CPU ticks that the node uses in a stretch of time.
fn cpu(server: &Server, stretch: Duration) -> u64 {
    if server.is_foreign() {
        return 0;
    }
    let before = server.cpu_ticks();
    let begun = std::time::Instant::now();
    // The stretch itself is what is measured here; nothing is waited for.
    while begun.elapsed() < stretch {
        std::thread::yield_now();
        std::thread::park_timeout(stretch.saturating_sub(begun.elapsed()));
    }
    server.cpu_ticks() - before
}

#[test]
fn a_query_string_is_complete_when_its_commit_is() {
    let server = server();
    let mut wire = Wire::start(&server);
    wire.run("drop table if exists done; create table done (a int primary key, b int); insert into done values (1, 0)");
    let mut other = Wire::start(&server);
    wire.send(&frontend::query("update done set b = 1 where a = 1; select pg_sleep(2)"));
    // The first statement has its snapshot as soon as it has answered; then the other transaction commits before it.
    std::thread::sleep(Duration::from_millis(500));
    other.run("update done set b = 2 where a = 1");
    let answer = wire.until_ready();
    assert_eq!((shape(&answer).as_str(), errors(&answer).as_str()), ("CTDEZ", "40001"));
    assert_eq!(state(&answer), 'I');
    assert_eq!(values(&wire.query("select b from done")), ["2"]);
}
