//! What every builder of system rows has at hand: the catalog, the session, the equalities of the query, and short ways to
//! make datums.

use std::sync::Arc;

use functions::TypeCatalog;
use types::{Array, Datum, Oid, oid};

use crate::descriptor::{AttributeNumber, Grant, Relation, Schema};
use crate::facts::text;
use crate::snapshot::{Catalog, INFORMATION_SCHEMA, PG_CATALOG, SYS};
use crate::system::SystemContext;

pub struct Scope<'a> {
    pub catalog: &'a Catalog,
    pub context: &'a dyn SystemContext,
    /// The relation that is read.
    pub relation: &'a Relation,
    pub equals: &'a [(usize, Datum)],
}

impl<'a> Scope<'a> {
    fn equal(&self, column: &str) -> Option<&'a Datum> {
        self.equals.iter().find_map(|(position, datum)| {
            (self.relation.columns.get(*position)?.name == column).then_some(datum)
        })
    }

    /// The number that the query wants this column to equal.
    pub fn equal_oid(&self, column: &str) -> Option<Oid> {
        match self.equal(column)? {
            Datum::Oid(value) => Some(*value),
            Datum::Int4(value) => Some(*value as Oid),
            Datum::Int8(value) => Oid::try_from(*value).ok(),
            _ => None,
        }
    }

    pub fn equal_text(&self, column: &str) -> Option<&'a str> {
        match self.equal(column)? {
            Datum::Text(value) => Some(value),
            _ => None,
        }
    }

    /// Relations, as far as the query asks for one by number in `column`; an index's number finds its table.
    pub fn relations(&self, column: &str) -> Vec<&'a Arc<Relation>> {
        match self.equal_oid(column) {
            Some(wanted) => self
                .catalog
                .relation(wanted)
                .or_else(|| self.catalog.table_of_index(wanted))
                .into_iter()
                .collect(),
            None => self.catalog.relations().collect(),
        }
    }

    /// Relations that are stored, of users.
    pub fn user_relations(&self) -> impl Iterator<Item = &'a Arc<Relation>> + use<'a> {
        self.catalog.relations().filter(|relation| !relation.is_virtual())
    }

    pub fn role_name(&self, role: Oid) -> String {
        role_name(self.catalog, role)
    }

    pub fn schema_name(&self, schema: Oid) -> String {
        self.catalog.schema(schema).map_or_else(String::new, |schema| schema.name.clone())
    }

    pub fn schema_of(&self, relation: &Relation) -> Option<&'a Arc<Schema>> {
        self.catalog.schema(relation.schema)
    }
}

/// `pg_get_userbyid`.
pub fn role_name(catalog: &Catalog, role: Oid) -> String {
    catalog.role(role).map_or_else(|| format!("unknown (OID={role})"), |role| role.name.clone())
}

pub fn is_system_schema(schema: Oid) -> bool {
    matches!(schema, PG_CATALOG | INFORMATION_SCHEMA | SYS)
}

pub fn opt_text(value: Option<&str>) -> Datum {
    value.map_or(Datum::Null, text)
}

/// A value of type "char"; the NUL of an absent one is shown as nothing.
pub fn letter(value: char) -> Datum {
    Datum::Char(u8::try_from(value).unwrap_or(b'?'))
}

pub fn no_letter() -> Datum {
    Datum::Char(0)
}

pub fn array(element: Oid, elements: Vec<Datum>) -> Datum {
    Datum::Array(Arc::new(Array::from_elements(element, elements)))
}

pub fn text_array<S: AsRef<str>>(element: Oid, values: impl IntoIterator<Item = S>) -> Datum {
    array(element, values.into_iter().map(|value| text(value.as_ref())).collect())
}

pub fn int2_array(values: &[AttributeNumber]) -> Datum {
    array(oid::INT2, values.iter().map(|value| Datum::Int2(*value)).collect())
}

fn vector(element: Oid, elements: Vec<Datum>) -> Datum {
    let mut array = Array::from_elements(element, elements);
    // PostgreSQL's vectors count from 0.
    array.dimensions.iter_mut().for_each(|dimension| dimension.lower = 0);
    Datum::Array(Arc::new(array))
}

pub fn int2_vector(values: impl IntoIterator<Item = i16>) -> Datum {
    vector(oid::INT2, values.into_iter().map(Datum::Int2).collect())
}

pub fn oid_vector(values: impl IntoIterator<Item = Oid>) -> Datum {
    vector(oid::OID, values.into_iter().map(Datum::Oid).collect())
}

/// `name=value` pairs, NULL if there are none.
pub fn options(options: &[(String, String)]) -> Datum {
    if options.is_empty() {
        return Datum::Null;
    }
    text_array(oid::TEXT, options.iter().map(|(name, value)| format!("{name}={value}")))
}

/// A role's name as aclitem quotes it.
fn acl_name(name: &str) -> String {
    let safe = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if safe { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// One grant as aclitem's text: `reader=r*/owner`.
pub fn acl_item(catalog: &Catalog, grant: &Grant) -> String {
    let mut item = match grant.grantee {
        0 => String::new(),
        grantee => acl_name(&role_name(catalog, grantee)),
    };
    item.push('=');
    for privilege in "arwdDxtXUCTcsAm".chars() {
        if grant.privileges.contains(privilege) {
            item.push(privilege);
            if grant.grantable.contains(privilege) {
                item.push('*');
            }
        }
    }
    item.push('/');
    item.push_str(&acl_name(&role_name(catalog, grant.grantor)));
    item
}

pub fn acl(catalog: &Catalog, grants: &[Grant]) -> Datum {
    text_array(oid::ACLITEM, grants.iter().map(|grant| acl_item(catalog, grant)))
}

pub fn opt_acl(catalog: &Catalog, grants: Option<&Vec<Grant>>) -> Datum {
    grants.map_or(Datum::Null, |grants| acl(catalog, grants))
}

/// A number for an object that is part of another: unique among the parts of one catalog, the same in every snapshot, and
/// above any number given to users' objects.
pub fn part_oid(whole: Oid, part: u32) -> Oid {
    0x8000_0000 | ((whole & 0x000F_FFFF) << 11) | (part & 0x7FF)
}

/// `format_type`, of users' types too.
pub fn format_type(catalog: &Catalog, type_oid: Oid, modifier: i32) -> String {
    types::builtin::format_type(type_oid, modifier)
        .or_else(|| catalog.type_name(type_oid))
        .unwrap_or_else(|| "???".to_owned())
}

/// `typcollation` of a built-in type or of the type under a domain.
pub fn type_collation(catalog: &Catalog, type_oid: Oid) -> Oid {
    match functions::type_catalog::base_type(catalog, type_oid) {
        oid::NAME | oid::NAME_ARRAY => 950,
        oid::TEXT
        | oid::CITEXT
        | oid::CITEXT_ARRAY
        | oid::VARCHAR
        | oid::BPCHAR
        | oid::TEXT_ARRAY
        | oid::VARCHAR_ARRAY
        | oid::BPCHAR_ARRAY => 100,
        _ => 0,
    }
}

/// A collation by name, of those that exist.
pub fn collation_oid(name: &str) -> Oid {
    functions::collations::by_name(name).unwrap_or(functions::collations::DEFAULT)
}
