//! Exact numbers. Filled by the arithmetic of `numeric`.
#[derive(Clone, Debug)]
pub struct Numeric;
