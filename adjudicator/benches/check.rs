//! What one core of an adjudicator can do: checks of single keys (goal: a million a second), and whole commits.
//! `cargo bench -p adjudicator`

use std::hint::black_box;
use std::sync::Arc;

use adjudicator::memory::ConflictMemory;
use adjudicator::{Adjudicator, Config, Input, Output};
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use protocol::adjudication::ShardMessage;
use protocol::journal::{Leadership, Position};
use protocol::transaction::{CommitRequest, ConflictClass, Write};
use protocol::{ClockReading, ShardId, Timestamp, TransactionId};

const KEYS: u64 = 200_000;
const ROUND: u64 = 1_000;

fn key(number: u64) -> Bytes {
    let mut key = vec![0, 0, 7, 208, 0, 1, 1];
    key.extend_from_slice(&(number % KEYS).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    key.into()
}

fn check(criterion: &mut Criterion) {
    let mut memory = ConflictMemory::new(1 << 20, 99);
    let nobody = TransactionId(uuid::Uuid::nil());
    let keys: Vec<Bytes> = (0..KEYS).map(key).collect();
    for key in &keys {
        memory.record(key, ConflictClass::Exclusive, Timestamp(5), nobody, Timestamp::ZERO);
    }
    let mut group = criterion.benchmark_group("memory");
    group.throughput(Throughput::Elements(ROUND));
    let mut at = 0;
    group.bench_function("check", |bencher| {
        bencher.iter(|| {
            for _ in 0..ROUND {
                at = (at + 7_919) % keys.len();
                black_box(memory.check(&keys[at], ConflictClass::Exclusive, Timestamp(6)));
            }
        });
    });
    group.finish();
}

fn commit(criterion: &mut Criterion) {
    let mut adjudicator = Adjudicator::new(ShardId(0), Arc::new(Config::default()));
    let mut outputs = Vec::new();
    let leadership = Leadership {
        term: 1,
        ceiling: Timestamp(1),
        last_commit: Timestamp(1),
        position: Position(0),
    };
    adjudicator.step(ClockReading::exact(Timestamp(1)), Input::Gained(leadership), &mut outputs);
    let mut group = criterion.benchmark_group("adjudicator");
    group.throughput(Throughput::Elements(ROUND));
    let mut number = 0u64;
    let mut position = 0;
    group.bench_function("single-key commits, durable", |bencher| {
        bencher.iter_batched(
            || {
                let requests: Vec<CommitRequest> = (0..ROUND)
                    .map(|_| {
                        number += 1;
                        CommitRequest {
                            id: TransactionId(uuid::Uuid::from_u128(u128::from(number))),
                            tau_start: Timestamp(number * 1_000),
                            writes: vec![Write {
                                key: key(number),
                                value: None,
                                class: Some(ConflictClass::Exclusive),
                            }],
                            additions: Vec::new(),
                            checks: vec![],
                            ranges: vec![],
                            schema: vec![],
                        }
                    })
                    .collect();
                (requests, ClockReading::exact(Timestamp(number * 1_000)))
            },
            |(requests, now)| {
                for request in requests {
                    let commit = Input::Message(ShardMessage::Commit(request));
                    adjudicator.step(now, commit, &mut outputs);
                }
                adjudicator.step(now, Input::Flush, &mut outputs);
                while let Some(output) = outputs.pop() {
                    if let Output::Append { number, .. } = output {
                        position += 1;
                        let result = Ok(Position(position));
                        adjudicator.step(now, Input::Appended { number, result }, &mut outputs);
                    }
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, check, commit);
criterion_main!(benches);
