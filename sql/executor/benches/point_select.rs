//! Benchmarks of point look-ups.
fn main() {}
