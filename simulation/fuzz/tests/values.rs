//! Values from clients: text and binary forms of every type, JSON, paths, SQL.

use bytes::BytesMut;
use fuzz::{campaign, mutate, mutated_text, noise};
use rand::Rng;
use rand::rngs::StdRng;
use types::builtin::TYPE_INFO;
use types::formats::Formats;
use types::io::InputContext;
use types::json::Json;
use types::{Datum, Oid};

/// Some text that some type reads.
const TEXTS: &[&str] = &[
    "1",
    "-32768",
    "2147483648",
    "9223372036854775807",
    "0x7f",
    "1_000",
    "1e400",
    "-0.0",
    "NaN",
    "infinity",
    "123456789012345678901234567890.1234567890",
    "1e-16383",
    "1e131071",
    "true",
    "off",
    "'a' \"b\\",
    "\\x00ff",
    "\\\\001abc",
    "2024-02-29",
    "4714-11-24 BC",
    "294276-12-31 23:59:59.999999",
    "infinity",
    "now",
    "24:00:00",
    "12:34:56.789+05:30",
    "2024-02-29 12:34:56 Europe/Berlin",
    "epoch",
    "today",
    "1 year 2 mons -3 days 04:05:06.789",
    "P1Y2M3DT4H5M6.7S",
    "@ 1 day ago",
    "178000000 years",
    "{1,2,3}",
    "{{1,2},{3,NULL}}",
    "[0:2]={a,\"b c\",\"\\\"\"}",
    "{}",
    "{{{{{{{1}}}}}}}",
    "[-2147483648:-2147483647]={1,2}",
    "(1,2)",
    "(,\"a b\",)",
    "[1,10)",
    "(,)",
    "empty",
    "{[1,2],(5,9]}",
    "[2024-01-01,infinity]",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "{a0eebc999c0b4ef8bb6d6bb9bd380a11}",
    "127.0.0.1/8",
    "::ffff:1.2.3.4/96",
    "08:00:2b:01:02:03",
    "08:00:2b:01:02:03:04:05",
    "$1,234.56",
    "(9)",
    "10110",
    "B'101'",
    "X'1F'",
    "{\"a\": [1, 2.50, null, true, \"\\u00e9\\ud83d\\ude00\"], \"a\": {}}",
    "[[[[[[1]]]]]]",
    "\"\\u0000\"",
    "$.a[*] ? (@.b > 1 && exists(@.c)).size()",
    "strict $[0 to last].**{2 to 3}",
    "$.a like_regex \"^x\" flag \"i\"",
    "a:1A fat:2B,4C 'quo''ted'",
    "fat & (rat | !cat:ab*) <-> dog",
    "<2024-01-01 00:00:00>",
    "0/16B3748",
    "10:20:10,14,15",
    "(0,0)",
    "1663",
];

fn read(type_oid: Oid, text: &str) -> Option<Datum> {
    let formats = Formats::default();
    let context = InputContext { formats: &formats, now: 700_000_000_000_000 };
    types::io::input(type_oid, text, -1, &context).ok()
}

fn written(type_oid: Oid, datum: &Datum) -> String {
    let mut text = String::new();
    types::io::output(type_oid, datum, &Formats::default(), &mut text);
    text
}

fn any_type(random: &mut StdRng) -> Oid {
    TYPE_INFO[random.random_range(0..TYPE_INFO.len())].oid
}

/// What is accepted is written so that it is read as the same again.
#[test]
fn text_forms() {
    campaign("text_forms", |random| {
        let type_oid = any_type(random);
        let text = mutated_text(TEXTS, random);
        let Some(datum) = read(type_oid, &text) else { return };
        let first = written(type_oid, &datum);
        let Some(again) = read(type_oid, &first) else {
            panic!("type {type_oid}: {text:?} is written as {first:?}, which is not read");
        };
        let second = written(type_oid, &again);
        assert_eq!(first, second, "type {type_oid}: {text:?}");
    });
}

/// What is accepted in binary is sent as bytes that are accepted as the same again.
#[test]
fn binary_forms() {
    campaign("binary_forms", |random| {
        let type_oid = any_type(random);
        let mut bytes = BytesMut::new();
        if let Some(datum) = read(type_oid, TEXTS[random.random_range(0..TEXTS.len())]) {
            // Types without a binary form refuse.
            let _ = types::io::send(type_oid, &datum, &Formats::default(), &mut bytes);
        }
        let mut bytes = if bytes.is_empty() { noise(80, random) } else { bytes.to_vec() };
        mutate(&mut bytes, random);
        let Ok(datum) = types::io::receive(type_oid, &bytes, -1) else { return };
        let mut sent = BytesMut::new();
        if types::io::send(type_oid, &datum, &Formats::default(), &mut sent).is_ok() {
            let again = types::io::receive(type_oid, &sent, -1);
            let again =
                again.unwrap_or_else(|error| panic!("type {type_oid}, {bytes:?}: {error:?}"));
            assert_eq!(written(type_oid, &datum), written(type_oid, &again), "type {type_oid}");
        }
    });
}

#[test]
fn json_text() {
    let samples = [
        "{\"a\": [1, 2.50e-3, null, true], \"b\": {\"c\": \"\\u00e9\\n\"}}",
        "[[[[[]]]], -0, 1E400, \"\\ud83d\\ude00\"]",
        "\"x\"",
    ];
    campaign("json_text", |random| {
        let text = if random.random_bool(0.02) {
            "[{\"a\":".repeat(random.random_range(1..20_000))
        } else {
            mutated_text(&samples, random)
        };
        let Ok(json) = Json::parse(&text) else { return };
        let mut first = String::new();
        json.write(&mut first);
        let again = Json::parse(&first).unwrap_or_else(|error| panic!("{first}: {error:?}"));
        let mut second = String::new();
        again.write(&mut second);
        assert_eq!(first, second, "{text}");
    });
}

const STATEMENTS: &[&str] = &[
    "select a, b.*, count(*) filter (where x > 1) over (partition by c order by d rows between 1 preceding and current row) from t",
    "with recursive r as (select 1 union all select n + 1 from r where n < 10) select * from r left join lateral (select 1) l on true",
    "insert into t (a, b) values (1, default), ($1, $2::int[]) on conflict (a) do update set b = excluded.b where t.a > 0 returning *",
    "update t set (a, b) = (select 1, 2), c[1:2] = array[1,2] from u where t.id = u.id",
    "create table s.t (id bigint generated always as identity primary key, a numeric(10,2) default 1.5 check (a > 0), unique (a, id))",
    "merge into t using u on t.a = u.a when matched and u.b then update set a = 1 when not matched then insert values (1)",
    "select e'a\\n\\x41', u&'d\\0061t', $tag$body$tag$, b'101', x'1f', 1_000, 1e10, .5, 'a'\n'b'",
    "select case when a then b else c end, a between 1 and 2, a not like 'x' escape '!', (a).b[1], row(1, 2) = any (select 1, 2)",
    "grant select (a), update on table t to public with grant option; revoke all on schema s from r cascade",
    "copy t (a, b) from stdin with (format csv, header true, delimiter ';', force_null (a))",
    "explain (analyze, format json) select * from a natural join b cross join c group by grouping sets ((a), rollup (b, c), ())",
    "begin isolation level serializable read only; savepoint a; rollback to a; commit and chain",
];

/// No text makes the parser panic, overflow its stack or take long.
#[test]
fn statements() {
    let deep =
        ["(", "not ", "- ", "array[", "case when ", "select (", "a.", "[", "select 1 union "];
    campaign("statements", |random| {
        let text = if random.random_bool(0.02) {
            let piece = deep[random.random_range(0..deep.len())];
            format!("select {}", piece.repeat(random.random_range(1..20_000)))
        } else {
            mutated_text(STATEMENTS, random)
        };
        if let Ok(parsed) = syntax::parse(&text) {
            for one in parsed {
                assert!(
                    text.get(one.text_range.clone()).is_some(),
                    "{text:?}: {:?}",
                    one.text_range
                );
            }
        }
    });
}

#[test]
fn statements_that_are_valid_are_taken() {
    for text in STATEMENTS {
        assert!(syntax::parse(text).is_ok(), "{text}");
    }
    let taken =
        TYPE_INFO.iter().filter(|info| TEXTS.iter().any(|text| read(info.oid, text).is_some()));
    let (taken, all) = (taken.count(), TYPE_INFO.len());
    assert!(taken * 2 > all, "{taken} of {all} types read one of the samples");
}
