//! Time to parse typical statements. A point select should take less than 10 µs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

const STATEMENTS: &[(&str, &str)] = &[
    ("point_select", "SELECT abalance FROM pgbench_accounts WHERE aid = $1"),
    (
        "insert",
        "INSERT INTO t (a, b, c) VALUES ($1, $2, 'x') ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    ),
    (
        "join",
        "SELECT o.id, c.name, sum(i.price * i.quantity) AS total FROM orders o JOIN customers c \
         ON c.id = o.customer_id LEFT JOIN items i ON i.order_id = o.id WHERE o.created_at > \
         now() - interval '1 day' AND c.country IN ('DE', 'FR') GROUP BY o.id, c.name ORDER BY 3 \
         DESC LIMIT 10",
    ),
];

fn parse(criterion: &mut Criterion) {
    for (name, sql) in STATEMENTS {
        criterion.bench_function(&format!("parse/{name}"), |bencher| {
            bencher.iter(|| syntax::parse(black_box(sql)));
        });
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
