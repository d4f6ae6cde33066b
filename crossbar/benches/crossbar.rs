//! What it costs to make one commit visible, with 4 and 16 journals: deliver, bump all others, merge, hand on. And the
//! merge alone, per transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use crossbar::{Crossbar, Merge};
use protocol::adjudication::{BumpError, Promise, Promises};
use protocol::journal::{BoxFuture, JournalEntry, JournalSink, Position};
use protocol::transaction::DecidedTransaction;
use protocol::{JournalId, Timestamp, TransactionId};
use uuid::Uuid;

struct Always;

impl Promises for Always {
    fn bump(
        &self,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>> {
        let promise = Promise { journal, up_to: at_least, after: Position(0) };
        Box::pin(std::future::ready(Ok(promise)))
    }
}

fn entry(taus: impl Iterator<Item = u64>) -> Arc<JournalEntry> {
    let transactions = taus.map(|tau| DecidedTransaction {
        id: TransactionId(Uuid::from_u128(u128::from(tau))),
        tau_start: Timestamp(tau - 1),
        tau_commit: Timestamp(tau),
        writes: Vec::new(),
        additions: Vec::new(),
    });
    Arc::new(JournalEntry::Transactions(transactions.collect()))
}

fn journals(count: u32) -> BTreeMap<JournalId, Position> {
    (0..count).map(|journal| (JournalId(journal), Position(0))).collect()
}

fn round(criterion: &mut Criterion) {
    for count in [4, 16] {
        let start = Timestamp(100);
        let (crossbar, mut driver) =
            Crossbar::new(&journals(count), start, Arc::new(Always), Vec::new());
        let mut number = 0;
        criterion.bench_function(&format!("one commit, {count} journals"), |bencher| {
            bencher.iter(|| {
                number += 1;
                crossbar.deliver(
                    JournalId(0),
                    vec![(Position(number), entry(100 + number..101 + number))],
                );
                while driver.step().expect("goes well") {}
                assert_eq!(crossbar.watermark(), Timestamp(100 + number));
            });
        });
    }
}

fn merge(criterion: &mut Criterion) {
    const EACH: u64 = 250;
    let mut group = criterion.benchmark_group("merge");
    group.throughput(Throughput::Elements(4 * EACH));
    group.bench_function("1000 transactions of 4 journals", |bencher| {
        bencher.iter_batched(
            || {
                let all = (0..4u64)
                    .map(|journal| entry((0..EACH).map(move |number| 101 + 4 * number + journal)));
                (Merge::new(&journals(4), Timestamp(100)), all.collect::<Vec<_>>())
            },
            |(mut merge, all)| {
                for (journal, entry) in all.into_iter().enumerate() {
                    merge.deliver(JournalId(journal as u32), Position(1), entry).expect("in order");
                }
                merge.release()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, round, merge);
criterion_main!(benches);
