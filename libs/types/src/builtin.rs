//! The built-in types: PostgreSQL's `pg_type` as a table.
use crate::Oid;
/// One built-in type, with the columns of `pg_type` that mean something here.
#[derive(Clone, Copy, Debug)]
pub struct TypeInfo {
    pub oid: Oid,
    pub name: &'static str,
    /// 0 if there is no array of it.
    pub array: Oid,
    /// The element of an array; 0 otherwise.
    pub element: Oid,
    /// Bytes; −1 variable, −2 a C string.
    pub length: i16,
    pub by_value: bool,
    pub category: char,
    pub preferred: bool,
    pub alignment: char,
    /// `typstorage`.
    pub storage: char,
    pub delimiter: char,
    /// `b` base, `p` pseudo.
    pub typtype: char,
}
/// Every built-in type, by ascending identifier.
pub static TYPE_INFO: &[TypeInfo] = &[];
pub fn type_info(_oid: Oid) -> Option<&'static TypeInfo> {
    panic!()
}
/// By the name in `pg_type` (`int4`, `_int4`), not by SQL's spelling.
pub fn type_by_name(_name: &str) -> Option<&'static TypeInfo> {
    panic!()
}
/// By `pg_type` name or SQL's spelling: `integer`, `double precision`, `timestamp with time zone`, `int[]`.
pub fn type_by_sql_name(_name: &str) -> Option<Oid> {
    panic!()
}
/// The array type over a built-in element type.
pub fn array_of(_element: Oid) -> Option<Oid> {
    panic!()
}
/// The element type of a true built-in array type.
pub fn element_of(_array: Oid) -> Option<Oid> {
    panic!()
}
/// `format_type`: `character varying(10)`, `integer[]`; `None` for a type not built in.
pub fn format_type(_oid: Oid, _modifier: i32) -> Option<String> {
    panic!()
}
/// `format_type` without a modifier, for messages; `???` for a type not built in.
pub fn type_name(_oid: Oid) -> String {
    panic!()
}
