//! Text and binary forms of every type.
use crate::{Datum, Oid, error::SqlResult, formats::Formats};
use bytes::BytesMut;
/// What reading a value depends on besides its text.
#[derive(Clone, Copy, Debug)]
pub struct InputContext<'a> {
    pub formats: &'a Formats,
    /// `now`: the transaction's start, microseconds since 2000-01-01 UTC.
    pub now: i64,
}
/// Reads the text form of a value and fits it to the type modifier, as a literal or a parameter does.
pub fn input(
    _type_oid: Oid,
    _text: &str,
    _modifier: i32,
    _context: &InputContext<'_>,
) -> SqlResult<Datum> {
    panic!()
}
/// Appends the text form. A type this crate does not know (an enum, a domain) is written as the datum looks. Null writes nothing.
pub fn output(_type_oid: Oid, _datum: &Datum, _formats: &Formats, _out: &mut String) {
    panic!()
}
/// Appends the binary form, without its length. Null is the caller's to write.
pub fn send(
    _type_oid: Oid,
    _datum: &Datum,
    _formats: &Formats,
    _out: &mut BytesMut,
) -> SqlResult<()> {
    panic!()
}
/// Reads the binary form.
pub fn receive(_type_oid: Oid, _bytes: &[u8], _modifier: i32) -> SqlResult<Datum> {
    panic!()
}
/// Fits a value to a modifier: `varchar(n)`, `char(n)`, `numeric(p,s)`, `timestamp(n)`, `interval`, and arrays of them. An explicit cast cuts strings silently; an assignment gives 22001.
pub fn apply_modifier(
    _type_oid: Oid,
    _datum: Datum,
    _modifier: i32,
    _explicit: bool,
) -> SqlResult<Datum> {
    panic!()
}
/// Text of a `float8` as PostgreSQL prints it.
pub fn write_float8(_value: f64, _extra_float_digits: i32, _out: &mut String) {
    panic!()
}
pub fn write_float4(_value: f32, _extra_float_digits: i32, _out: &mut String) {
    panic!()
}
