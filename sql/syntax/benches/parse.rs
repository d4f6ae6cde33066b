//! Time to parse typical statements.

use criterion::{Criterion, criterion_group, criterion_main};

fn parse(_criterion: &mut Criterion) {}

criterion_group!(benches, parse);
criterion_main!(benches);
