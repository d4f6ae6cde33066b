//! Order, equality and hash of values, as PostgreSQL's default btree and hash operator classes define them.
use crate::Datum;
use std::{cmp::Ordering, hash::Hasher};
/// Compares two values of one type (integers of any width compare with each other). Null is equal to null and after everything; callers that need NULLS FIRST look at nulls themselves. Values of different kinds have an arbitrary but total order.
pub fn compare(_left: &Datum, _right: &Datum) -> Ordering {
    panic!()
}
/// Equality by [`compare`].
pub fn equal(_left: &Datum, _right: &Datum) -> bool {
    panic!()
}
/// Hashes so that values equal by [`compare`] hash alike.
pub fn hash<H: Hasher>(_datum: &Datum, _state: &mut H) {
    panic!()
}
/// `char(n)`: trailing blanks do not count.
pub fn compare_bpchar(_left: &str, _right: &str) -> Ordering {
    panic!()
}
pub fn compare_float8(_left: f64, _right: f64) -> Ordering {
    panic!()
}
