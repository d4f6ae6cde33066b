//! How long a key and a row of four columns take.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use encoding::{KeyColumn, RowView, decode_row, encode_key, encode_row};
use types::{Datum, Oid, oid};

const TYPES: [Oid; 4] = [oid::INT4, oid::INT4, oid::INT8, oid::TEXT];

fn row() -> [Datum; 4] {
    [Datum::Int4(7), Datum::Int4(1), Datum::Int8(-100), Datum::text("x".repeat(84))]
}

fn benches(criterion: &mut Criterion) {
    let values = row();
    let columns = TYPES.map(KeyColumn::ascending);
    let mut out = Vec::with_capacity(256);
    criterion.bench_function("encode one integer key", |bencher| {
        bencher.iter(|| {
            out.clear();
            encode_key(black_box(&values[..1]), &columns[..1], &mut out)
        });
    });
    criterion.bench_function("encode key of four columns", |bencher| {
        bencher.iter(|| {
            out.clear();
            encode_key(black_box(&values), &columns, &mut out)
        });
    });
    criterion.bench_function("encode row of four columns", |bencher| {
        bencher.iter(|| {
            out.clear();
            encode_row(black_box(&values), &TYPES, &mut out)
        });
    });
    let mut bytes = Vec::new();
    encode_row(&values, &TYPES, &mut bytes).expect("values fit their types");
    criterion.bench_function("decode row of four columns", |bencher| {
        bencher.iter(|| decode_row(black_box(&bytes), &TYPES));
    });
    criterion.bench_function("read one column of four", |bencher| {
        bencher.iter(|| RowView::new(black_box(&bytes)).and_then(|view| view.get(2, TYPES[2])));
    });
}

criterion_group!(encoding_benches, benches);
criterion_main!(encoding_benches);
