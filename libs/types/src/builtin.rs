//! The built-in types: PostgreSQL's `pg_type` as a table, and the names SQL has for them.

mod table;

use crate::datetime::interval_modifier_name;
use crate::numeric::precision_and_scale;
use crate::oid::{self, Oid};
pub use table::TYPE_INFO;

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

/// SQL's spellings of types whose `pg_type` name is another.
const SQL_NAMES: &[(&str, Oid)] = &[
    ("boolean", oid::BOOL),
    ("smallint", oid::INT2),
    ("integer", oid::INT4),
    ("int", oid::INT4),
    ("bigint", oid::INT8),
    ("real", oid::FLOAT4),
    ("double precision", oid::FLOAT8),
    ("float", oid::FLOAT8),
    ("decimal", oid::NUMERIC),
    ("dec", oid::NUMERIC),
    ("character varying", oid::VARCHAR),
    ("character", oid::BPCHAR),
    ("char", oid::BPCHAR),
    ("\"char\"", oid::CHAR),
    ("bit varying", oid::VARBIT),
    ("time without time zone", oid::TIME),
    ("time with time zone", oid::TIMETZ),
    ("timestamp without time zone", oid::TIMESTAMP),
    ("timestamp with time zone", oid::TIMESTAMPTZ),
];

pub fn type_info(type_oid: Oid) -> Option<&'static TypeInfo> {
    let index = TYPE_INFO.binary_search_by_key(&type_oid, |info| info.oid).ok()?;
    TYPE_INFO.get(index)
}

/// By the name in `pg_type` (`int4`, `_int4`), not by SQL's spelling.
pub fn type_by_name(name: &str) -> Option<&'static TypeInfo> {
    TYPE_INFO.iter().find(|info| info.name == name)
}

/// By `pg_type` name or SQL's spelling: `integer`, `double precision`, `timestamp with time zone`, `int[]`.
pub fn type_by_sql_name(name: &str) -> Option<Oid> {
    let name = name.trim();
    if let Some(element) = name.strip_suffix("[]") {
        let element = element.trim_end_matches("[]");
        return array_of(type_by_sql_name(element)?);
    }
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_prefix("pg_catalog.").unwrap_or(&lower);
    SQL_NAMES
        .iter()
        .find(|(spelling, _)| *spelling == lower)
        .map(|(_, type_oid)| *type_oid)
        .or_else(|| type_by_name(lower).map(|info| info.oid))
}

/// The array type over a built-in element type.
pub fn array_of(element: Oid) -> Option<Oid> {
    type_info(element).map(|info| info.array).filter(|&array| array != 0)
}

/// The element type of a true built-in array type.
pub fn element_of(array: Oid) -> Option<Oid> {
    let info = type_info(array)?;
    let element = info.element;
    (element != 0 && type_info(element).is_some_and(|info| info.array == array)).then_some(element)
}

/// `pg_range`: a range type, the type of its values, its multirange type.
pub const RANGES: [(Oid, Oid, Oid); 6] = [
    (oid::INT4RANGE, oid::INT4, oid::INT4MULTIRANGE),
    (oid::NUMRANGE, oid::NUMERIC, oid::NUMMULTIRANGE),
    (oid::TSRANGE, oid::TIMESTAMP, oid::TSMULTIRANGE),
    (oid::TSTZRANGE, oid::TIMESTAMPTZ, oid::TSTZMULTIRANGE),
    (oid::DATERANGE, oid::DATE, oid::DATEMULTIRANGE),
    (oid::INT8RANGE, oid::INT8, oid::INT8MULTIRANGE),
];

/// The type of the values of a range type.
pub fn range_of(range: Oid) -> Option<Oid> {
    RANGES.iter().find(|row| row.0 == range).map(|row| row.1)
}

/// The type of the values of a multirange type.
pub fn multirange_of(multirange: Oid) -> Option<Oid> {
    RANGES.iter().find(|row| row.2 == multirange).map(|row| row.1)
}

/// `format_type`: `character varying(10)`, `integer[]`; `None` for a type not built in.
pub fn format_type(type_oid: Oid, modifier: i32) -> Option<String> {
    if let Some(element) = element_of(type_oid) {
        return format_type(element, modifier).map(|name| name + "[]");
    }
    let info = type_info(type_oid)?;
    let with_length = |name: &str, offset: i32| {
        if modifier >= offset { format!("{name}({})", modifier - offset) } else { name.to_owned() }
    };
    let with_precision = |name: &str, zone: &str| {
        if modifier >= 0 { format!("{name}({modifier}){zone}") } else { format!("{name}{zone}") }
    };
    Some(match type_oid {
        oid::BOOL => "boolean".to_owned(),
        oid::INT2 => "smallint".to_owned(),
        oid::INT4 => "integer".to_owned(),
        oid::INT8 => "bigint".to_owned(),
        oid::FLOAT4 => "real".to_owned(),
        oid::FLOAT8 => "double precision".to_owned(),
        oid::CHAR => "\"char\"".to_owned(),
        oid::ANY => "\"any\"".to_owned(),
        oid::NUMERIC => match precision_and_scale(modifier) {
            Some((precision, scale)) => format!("numeric({precision},{scale})"),
            None => "numeric".to_owned(),
        },
        oid::VARCHAR => with_length("character varying", 4),
        // Without a length, `character` would mean `character(1)`.
        oid::BPCHAR if modifier >= 4 => with_length("character", 4),
        oid::BPCHAR if modifier == -1 => "character".to_owned(),
        oid::BIT if modifier >= 0 => with_length("bit", 0),
        oid::VECTOR => with_length("vector", 0),
        oid::VARBIT => with_length("bit varying", 0),
        oid::TIME => with_precision("time", " without time zone"),
        oid::TIMETZ => with_precision("time", " with time zone"),
        oid::TIMESTAMP => with_precision("timestamp", " without time zone"),
        oid::TIMESTAMPTZ => with_precision("timestamp", " with time zone"),
        oid::INTERVAL => format!("interval{}", interval_modifier_name(modifier)),
        _ => info.name.to_owned(),
    })
}

/// `format_type` without a modifier, for messages; `???` for a type not built in.
pub fn type_name(type_oid: Oid) -> String {
    format_type(type_oid, -1).unwrap_or_else(|| "???".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_arrays_point_back() {
        assert!(TYPE_INFO.windows(2).all(|pair| pair[0].oid < pair[1].oid));
        for info in TYPE_INFO {
            if let Some(array) = type_info(info.array) {
                assert_eq!(array.element, info.oid, "{}", info.name);
            }
        }
    }

    #[test]
    fn names_are_as_format_type_prints() {
        for (type_oid, modifier, expected) in [
            (oid::INT4, -1, "integer"),
            (oid::INT4_ARRAY, -1, "integer[]"),
            (oid::VARCHAR, 14, "character varying(10)"),
            (oid::VARCHAR_ARRAY, 14, "character varying(10)[]"),
            (oid::BPCHAR, 5, "character(1)"),
            (oid::NUMERIC, crate::numeric::numeric_modifier(10, 2), "numeric(10,2)"),
            (oid::TIMESTAMPTZ, 3, "timestamp(3) with time zone"),
            (oid::TIME, -1, "time without time zone"),
            (oid::TEXT, -1, "text"),
            (oid::JSONB, -1, "jsonb"),
        ] {
            assert_eq!(format_type(type_oid, modifier).as_deref(), Some(expected));
        }
        assert_eq!(type_by_sql_name("Timestamp With Time Zone"), Some(oid::TIMESTAMPTZ));
        assert_eq!(type_by_sql_name("int[]"), Some(oid::INT4_ARRAY));
        assert_eq!(element_of(oid::OIDVECTOR), None);
    }
}
