//! What the resolution rules ask about a type: its category, whether it is preferred, its element.

use std::collections::HashMap;
use std::sync::OnceLock;

use types::builtin::{self, TYPE_INFO};
use types::{Oid, oid};

/// What a type is, as in `pg_type.typtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    Base,
    Composite,
    Domain,
    Enum,
    Pseudo,
    Range,
    Multirange,
}

/// The facts of `pg_type` that resolution needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeFacts {
    /// `pg_type.typcategory`: `'N'` numbers, `'S'` strings, `'A'` arrays …
    pub category: char,
    pub preferred: bool,
    /// The element type if this is an array, else 0.
    pub element: Oid,
    /// The array type over this type, or 0.
    pub array: Oid,
    pub kind: TypeKind,
    /// The type under a domain, else 0.
    pub base: Oid,
}

/// Answers questions about types. The catalog implements it for types that users made and asks [`BuiltinTypes`] for
/// the others.
pub trait TypeCatalog {
    fn facts(&self, type_oid: Oid) -> Option<TypeFacts>;

    /// The name as `format_type` prints it without a modifier.
    fn type_name(&self, type_oid: Oid) -> Option<String>;
}

/// The types every database has.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltinTypes;

impl TypeCatalog for BuiltinTypes {
    fn facts(&self, type_oid: Oid) -> Option<TypeFacts> {
        let info = builtin::type_info(type_oid)?;
        let kind = match info.typtype {
            'p' => TypeKind::Pseudo,
            'r' => TypeKind::Range,
            'm' => TypeKind::Multirange,
            _ => TypeKind::Base,
        };
        // The vectors of the catalogs have elements too, though they are no arrays.
        let element = match type_oid {
            oid::INT2VECTOR | oid::OIDVECTOR => info.element,
            _ => builtin::element_of(type_oid).unwrap_or(0),
        };
        let (category, preferred, array) = (info.category, info.preferred, info.array);
        Some(TypeFacts { category, preferred, element, array, kind, base: 0 })
    }

    fn type_name(&self, type_oid: Oid) -> Option<String> {
        match type_oid {
            // `character` would mean `character(1)` in a cast, but messages say it.
            oid::BPCHAR => Some("character".to_owned()),
            _ => builtin::format_type(type_oid, -1),
        }
    }
}

/// The name of a type for an error message; of an unknown one its number.
pub fn name_of(types: &dyn TypeCatalog, type_oid: Oid) -> String {
    types.type_name(type_oid).unwrap_or_else(|| match type_oid {
        0 => "-".to_owned(),
        _ => format!("{type_oid}"),
    })
}

/// The type under any number of domains.
pub fn base_type(types: &dyn TypeCatalog, type_oid: Oid) -> Oid {
    let mut current = type_oid;
    // Domains over domains cannot be circular; the bound only keeps a broken catalog from hanging a session.
    for _ in 0..64 {
        match types.facts(current) {
            Some(facts) if facts.kind == TypeKind::Domain && facts.base != 0 => {
                current = facts.base;
            }
            _ => break,
        }
    }
    current
}

pub fn category(types: &dyn TypeCatalog, type_oid: Oid) -> char {
    types.facts(type_oid).map_or('U', |facts| facts.category)
}

pub fn is_preferred(types: &dyn TypeCatalog, type_oid: Oid) -> bool {
    types.facts(type_oid).is_some_and(|facts| facts.preferred)
}

/// The element type of an array type (seen through domains), or 0.
pub fn element_type(types: &dyn TypeCatalog, type_oid: Oid) -> Oid {
    types.facts(base_type(types, type_oid)).map_or(0, |facts| facts.element)
}

/// The array type over an element type, or 0.
pub fn array_type(types: &dyn TypeCatalog, type_oid: Oid) -> Oid {
    types.facts(type_oid).map_or(0, |facts| facts.array)
}

/// A built-in type by its name in `pg_type` (`int4`, not `integer`).
pub fn builtin_type_by_name(name: &str) -> Option<Oid> {
    static NAMES: OnceLock<HashMap<&'static str, Oid>> = OnceLock::new();
    NAMES
        .get_or_init(|| TYPE_INFO.iter().map(|info| (info.name, info.oid)).collect())
        .get(name)
        .copied()
}

pub fn is_polymorphic(type_oid: Oid) -> bool {
    is_polymorphic_simple(type_oid) || is_polymorphic_compatible(type_oid)
}

pub(crate) fn is_polymorphic_simple(type_oid: Oid) -> bool {
    matches!(
        type_oid,
        oid::ANYELEMENT
            | oid::ANYARRAY
            | oid::ANYNONARRAY
            | oid::ANYENUM
            | oid::ANYRANGE
            | oid::ANYMULTIRANGE
    )
}

pub(crate) fn is_polymorphic_compatible(type_oid: Oid) -> bool {
    matches!(type_oid, oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLEARRAY | oid::ANYCOMPATIBLENONARRAY)
}
