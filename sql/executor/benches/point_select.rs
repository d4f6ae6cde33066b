//! What a prepared point select costs above the storage's own `get`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use executor::{Environment, RowCodec, execute_trivial};
use planner::expression::Expr;
use planner::plan::{EqualTo, IndexRange, Operator, Scan, ScanColumn, Statement, StatementKind};
use protocol::storage::Direction;
use support::*;
use types::{Datum, oid};

fn point_select(criterion: &mut Criterion) {
    let relation = Arc::new(table(
        5000,
        "t",
        (1..=6).map(|number| table_column(number, "c", oid::INT4, number == 1)).collect(),
        vec![table_index(1, "t_pkey", &[1], true)],
    ));
    let env = MemoryEnv::new(1 << 20);
    let codec = RowCodec::new(&relation).unwrap();
    for id in 0..10_000 {
        let row = ints(&[id, 2, 3, 4, 5, 6]);
        let key = codec.row_key(&row, || [0; 16]).unwrap();
        env.rows.lock().insert(key, codec.row_value(&row).unwrap());
    }
    let scan = Scan {
        relation,
        alias: None,
        index: None,
        index_only: false,
        ranges: vec![IndexRange {
            equal: vec![EqualTo::Value(Expr::Parameter { number: 0, ty: INT4 })],
            ..IndexRange::default()
        }],
        direction: Direction::Ascending,
        columns: (0..6).map(ScanColumn::Attribute).collect(),
        filter: None,
        limit: None,
        bitmap: None,
        nearest: None,
    };
    let root = plan(Operator::Scan(Box::new(scan)), 6);
    let statement: Arc<Statement> = statement(root, StatementKind::Select);
    let shared: Arc<dyn Environment> = Arc::clone(&env) as Arc<dyn Environment>;
    let key = codec.row_key(&ints(&[77]), || [0; 16]).unwrap();
    criterion.bench_function("get", |bencher| bencher.iter(|| env.get(&key).unwrap()));
    criterion.bench_function("point select", |bencher| {
        bencher.iter(|| {
            let outcome = execute_trivial(&statement, &[Datum::Int4(77)], &shared).unwrap();
            assert_eq!(outcome.rows.len(), 1);
        });
    });
}

criterion_group!(benches, point_select);
criterion_main!(benches);
