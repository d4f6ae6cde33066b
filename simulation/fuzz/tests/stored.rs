//! Bytes from disk and from other nodes: rows, keys, spilled values, frames, hellos, the journal's log.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use bytes::{Bytes, BytesMut};
use encoding::{
    KeyColumn, RowView, decode_key, decode_row, encode_key, encode_row, read_datum, write_datum,
};
use fuzz::{campaign, mutate, noise};
use journal::log::{EntryId, Log, LogConfig, LogEntry};
use rand::Rng;
use rand::rngs::StdRng;
use runtime::files::{Files, SimulatedFiles};
use transport::frame::Frame;
use transport::hello::{Answer, Hello};
use types::builtin::TYPE_INFO;
use types::formats::Formats;
use types::io::InputContext;
use types::{Datum, Oid, oid};

const TEXTS: &[&str] = &[
    "1",
    "-7",
    "2.50",
    "NaN",
    "true",
    "abc",
    "\\x00ff",
    "2024-02-29",
    "12:34:56",
    "2024-02-29 12:34:56+01",
    "1 day 2 mons",
    "{1,NULL,3}",
    "{{a,b},{c,d}}",
    "[1,10)",
    "{[1,2],[5,9)}",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "10.0.0.0/8",
    "08:00:2b:01:02:03",
    "10110",
    "{\"a\": [1, {\"b\": null}]}",
    "a:1A b:2",
    "a & !b",
];

/// A few values of types that read some sample.
fn values(random: &mut StdRng) -> (Vec<Datum>, Vec<Oid>) {
    let formats = Formats::default();
    let context = InputContext { formats: &formats, now: 0 };
    let (mut values, mut types) = (Vec::new(), Vec::new());
    for _ in 0..random.random_range(1..6) {
        let type_oid = TYPE_INFO[random.random_range(0..TYPE_INFO.len())].oid;
        let text = TEXTS[random.random_range(0..TEXTS.len())];
        if let Ok(value) = types::io::input(type_oid, text, -1, &context) {
            let value = if random.random_bool(0.1) { Datum::Null } else { value };
            values.push(value);
            types.push(type_oid);
        }
    }
    (values, types)
}

#[test]
fn rows() {
    campaign("rows", |random| {
        let (values, types) = values(random);
        let mut bytes = Vec::new();
        if encode_row(&values, &types, &mut bytes).is_err() {
            return;
        }
        mutate(&mut bytes, random);
        // Columns may have been added and dropped since: any types against any bytes.
        let mut types = types;
        if random.random_bool(0.3) {
            types.push(oid::NUMERIC);
            let length = types.len();
            types.swap(0, random.random_range(0..length));
        }
        let _ = decode_row(&bytes, &types);
        if let Ok(view) = RowView::new(&bytes) {
            for (column, type_oid) in types.iter().enumerate() {
                let _ = view.get(column, *type_oid);
                let _ = view.raw(column);
            }
        }
    });
}

#[test]
fn keys() {
    campaign("keys", |random| {
        let (values, types) = values(random);
        let columns: Vec<KeyColumn> = types
            .iter()
            .map(|type_oid| KeyColumn {
                type_oid: *type_oid,
                descending: random.random_bool(0.3),
                nulls_first: random.random_bool(0.3),
            })
            .collect();
        let mut bytes = Vec::new();
        if encode_key(&values, &columns, &mut bytes).is_err() {
            return;
        }
        mutate(&mut bytes, random);
        let _ = decode_key(&bytes, &columns);
    });
}

#[test]
fn spilled_values() {
    campaign("spilled_values", |random| {
        let (values, _) = values(random);
        let mut bytes = Vec::new();
        for value in &values {
            write_datum(value, &mut bytes);
        }
        mutate(&mut bytes, random);
        let mut rest = &bytes[..];
        while !rest.is_empty() && read_datum(&mut rest).is_ok() {}
    });
}

#[test]
fn frames() {
    const MOST: usize = 1 << 16;
    campaign("frames", |random| {
        let body = Bytes::from(noise(60, random));
        let (id, service) = (random.random(), random.random());
        let mut bytes = BytesMut::new();
        for _ in 0..random.random_range(1..4) {
            let body = body.clone();
            let frame = match random.random_range(0..7) {
                0 => Frame::Request { id, service, timeout_ms: random.random(), body },
                1 => Frame::Response { id, body },
                2 => Frame::Notice { service, body },
                3 => Frame::Open { id, service, body },
                4 => Frame::Data { id, body },
                5 => Frame::Reset { id, reason: "why".to_owned() },
                _ => Frame::Window { id, bytes: random.random() },
            };
            frame.encode(&mut bytes);
        }
        let mut bytes = bytes.to_vec();
        mutate(&mut bytes, random);
        let mut from = BytesMut::from(&bytes[..]);
        while let Ok(Some(frame)) = Frame::decode(&mut from, MOST) {
            // What was accepted is a frame that can be sent.
            let mut again = BytesMut::new();
            frame.encode(&mut again);
            assert!(again.len() <= bytes.len() * 3 + 64, "{frame:?}");
        }
        let _ = Hello::decode(&bytes);
        let _ = Answer::decode(&bytes);
    });
}

const DIRECTORY: &str = "/log";
const ENTRIES: u64 = 30;

fn open(files: &SimulatedFiles) -> Result<Log, journal::OpenError> {
    let config = LogConfig {
        directory: PathBuf::from(DIRECTORY),
        identity: 7,
        segment_bytes: 1 << 16,
        cache_bytes: 1 << 20,
    };
    Log::open(Arc::new(files.clone()), config)
}

fn payload(index: u64) -> Bytes {
    Bytes::from(format!("entry {index} ").repeat(1 + index as usize * 7 % 40))
}

/// A damaged log is refused, or what it gives back is what was written: never something else, and of what was provably
/// durable nothing is missing without a word.
#[test]
fn logs() {
    campaign("logs", |random| {
        let files = SimulatedFiles::new();
        let log = open(&files).expect("a new log");
        // Groups take their own indexes: each appends in order.
        for group in 0..3_u32 {
            for index in 0..ENTRIES / 3 {
                let (sender, receiver) = mpsc::channel();
                let entry = LogEntry {
                    id: EntryId { term: 1, index },
                    payload: payload(index),
                    decoded: None,
                    room: None,
                };
                log.append(
                    group,
                    vec![entry],
                    Box::new(move |result| sender.send(result).expect("listened to")),
                );
                receiver.recv().expect("the completion is called").expect("written");
            }
        }
        log.close();
        drop(log);
        let names = files.list(Path::new(DIRECTORY)).expect("a directory");
        let name = &names[random.random_range(0..names.len())];
        let path = Path::new(DIRECTORY).join(name);
        for _ in 0..random.random_range(1..4) {
            files.flip_bit(&path, random.random_range(0..20_000), random.random_range(0..8));
        }
        let Ok(log) = open(&files) else { return };
        for group in 0..3 {
            let found = log.read(group, 0, u64::MAX, u64::MAX).expect("readable");
            for (place, entry) in found.iter().enumerate() {
                assert_eq!(entry.id, EntryId { term: 1, index: place as u64 });
                assert_eq!(entry.payload, payload(entry.id.index));
            }
        }
        log.close();
    });
}
