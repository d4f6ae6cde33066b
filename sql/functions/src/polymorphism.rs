//! Polymorphic types: one call binds `anyelement` and its relatives to one real type, and `anycompatible` and its
//! relatives to the common type of their arguments.

use types::builtin::RANGES;
use types::{Oid, oid};

use crate::coercion::common_type_or_none;
use crate::resolve::ResolveError;
use crate::type_catalog::{
    TypeCatalog, TypeKind, array_type, base_type, element_type, is_polymorphic,
    is_polymorphic_compatible, is_polymorphic_simple, name_of,
};

/// What the polymorphic types of one call stand for; 0 where nothing said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    pub element: Oid,
    pub array: Oid,
    pub range: Oid,
    pub multirange: Oid,
    pub compatible: Oid,
    pub compatible_array: Oid,
}

impl Bindings {
    /// The real type in place of `declared`.
    pub fn apply(&self, declared: Oid) -> Oid {
        match declared {
            oid::ANYELEMENT | oid::ANYNONARRAY | oid::ANYENUM => self.element,
            oid::ANYARRAY => self.array,
            oid::ANYRANGE => self.range,
            oid::ANYMULTIRANGE => self.multirange,
            oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLENONARRAY => self.compatible,
            oid::ANYCOMPATIBLEARRAY => self.compatible_array,
            other => other,
        }
    }
}

fn mismatch(message: String, detail: Option<String>) -> ResolveError {
    ResolveError::Polymorphic { message, detail }
}

fn pseudo_name(declared: Oid) -> &'static str {
    match declared {
        oid::ANYELEMENT => "anyelement",
        oid::ANYARRAY => "anyarray",
        oid::ANYNONARRAY => "anynonarray",
        oid::ANYENUM => "anyenum",
        oid::ANYCOMPATIBLE => "anycompatible",
        oid::ANYCOMPATIBLEARRAY => "anycompatiblearray",
        _ => "anycompatiblenonarray",
    }
}

/// Binds the polymorphic types of `declared` to those of `actual`. With `lenient`, a call of which nothing but unknown
/// literals is known passes: whether a candidate fits is asked before literals have a type.
pub fn bind(
    types: &dyn TypeCatalog,
    actual: &[Oid],
    declared: &[Oid],
    lenient: bool,
) -> Result<Bindings, ResolveError> {
    let mut bindings = Bindings::default();
    if !declared.iter().any(|&declared| is_polymorphic(declared)) {
        return Ok(bindings);
    }
    bind_simple(types, actual, declared, lenient, &mut bindings)?;
    bind_compatible(types, actual, declared, lenient, &mut bindings)?;
    Ok(bindings)
}

fn bind_simple(
    types: &dyn TypeCatalog,
    actual: &[Oid],
    declared: &[Oid],
    lenient: bool,
    bindings: &mut Bindings,
) -> Result<(), ResolveError> {
    let mut wanted = false;
    for (&given, &declared) in actual.iter().zip(declared) {
        if !is_polymorphic_simple(declared) {
            continue;
        }
        wanted = true;
        if given == oid::UNKNOWN {
            continue;
        }
        let (bound, given, family) = match declared {
            oid::ANYARRAY => (&mut bindings.array, base_type(types, given), "anyarray"),
            oid::ANYRANGE => (&mut bindings.range, base_type(types, given), "anyrange"),
            oid::ANYMULTIRANGE => {
                (&mut bindings.multirange, base_type(types, given), "anymultirange")
            }
            _ => (&mut bindings.element, given, "anyelement"),
        };
        if *bound != 0 && *bound != given {
            return Err(mismatch(
                format!("arguments declared \"{family}\" are not all alike"),
                Some(format!("{} versus {}", name_of(types, *bound), name_of(types, given))),
            ));
        }
        *bound = given;
    }
    if !wanted {
        return Ok(());
    }
    if bindings.array != 0 && bindings.array != oid::ANYARRAY {
        let element = element_type(types, bindings.array);
        if element == 0 {
            return Err(mismatch(
                format!(
                    "argument declared anyarray is not an array but type {}",
                    name_of(types, bindings.array)
                ),
                None,
            ));
        }
        if bindings.element == 0 {
            bindings.element = element;
        } else if bindings.element != element {
            return Err(mismatch(
                "argument declared anyarray is not consistent with argument declared anyelement"
                    .to_owned(),
                Some(format!(
                    "{} versus {}",
                    name_of(types, bindings.array),
                    name_of(types, bindings.element)
                )),
            ));
        }
    }
    bind_ranges(types, bindings)?;
    if bindings.element == 0 {
        if lenient || bindings.array == oid::ANYARRAY {
            return Ok(());
        }
        return Err(mismatch(
            "could not determine polymorphic type because input has type unknown".to_owned(),
            None,
        ));
    }
    if declared.contains(&oid::ANYNONARRAY) && element_type(types, bindings.element) != 0 {
        return Err(mismatch(
            format!(
                "type matched to anynonarray is an array type: {}",
                name_of(types, bindings.element)
            ),
            None,
        ));
    }
    if declared.contains(&oid::ANYENUM)
        && types.facts(bindings.element).is_none_or(|facts| facts.kind != TypeKind::Enum)
    {
        return Err(mismatch(
            format!(
                "type matched to anyenum is not an enum type: {}",
                name_of(types, bindings.element)
            ),
            None,
        ));
    }
    if bindings.array == 0 {
        bindings.array = array_type(types, bindings.element);
    }
    Ok(())
}

/// Ranges say what their multiranges and values are, and the other way round.
fn bind_ranges(types: &dyn TypeCatalog, bindings: &mut Bindings) -> Result<(), ResolveError> {
    if bindings.multirange != 0 {
        let row = RANGES.iter().find(|row| row.2 == bindings.multirange).ok_or_else(|| {
            let name = name_of(types, bindings.multirange);
            let text =
                format!("argument declared anymultirange is not a multirange type but type {name}");
            mismatch(text, None)
        })?;
        if bindings.range != 0 && bindings.range != row.0 {
            return Err(mismatch(
                "argument declared anymultirange is not consistent with argument declared anyrange"
                    .to_owned(),
                Some(format!(
                    "{} versus {}",
                    name_of(types, bindings.multirange),
                    name_of(types, bindings.range)
                )),
            ));
        }
        bindings.range = row.0;
    }
    if bindings.range == 0 {
        return Ok(());
    }
    let row = RANGES.iter().find(|row| row.0 == bindings.range).ok_or_else(|| {
        let name = name_of(types, bindings.range);
        mismatch(format!("argument declared anyrange is not a range type but type {name}"), None)
    })?;
    if bindings.element != 0 && bindings.element != row.1 {
        return Err(mismatch(
            "argument declared anyrange is not consistent with argument declared anyelement"
                .to_owned(),
            Some(format!(
                "{} versus {}",
                name_of(types, bindings.range),
                name_of(types, bindings.element)
            )),
        ));
    }
    bindings.element = row.1;
    bindings.multirange = row.2;
    Ok(())
}

fn bind_compatible(
    types: &dyn TypeCatalog,
    actual: &[Oid],
    declared: &[Oid],
    lenient: bool,
    bindings: &mut Bindings,
) -> Result<(), ResolveError> {
    let mut members = Vec::new();
    let mut wanted = false;
    for (&given, &declared) in actual.iter().zip(declared) {
        if !is_polymorphic_compatible(declared) {
            continue;
        }
        wanted = true;
        if given == oid::UNKNOWN {
            continue;
        }
        if declared == oid::ANYCOMPATIBLEARRAY {
            let element = element_type(types, given);
            if element == 0 {
                return Err(mismatch(
                    format!(
                        "argument declared {} is not an array but type {}",
                        pseudo_name(declared),
                        name_of(types, given)
                    ),
                    None,
                ));
            }
            members.push(element);
        } else {
            members.push(given);
        }
    }
    if !wanted {
        return Ok(());
    }
    if members.is_empty() {
        if lenient {
            return Ok(());
        }
        // Nothing but literals: they are text.
        bindings.compatible = oid::TEXT;
        bindings.compatible_array = oid::TEXT_ARRAY;
        return Ok(());
    }
    let Some(common) = common_type_or_none(types, &members) else {
        return Err(mismatch(
            "arguments of anycompatible family cannot be cast to a common type".to_owned(),
            None,
        ));
    };
    if declared.contains(&oid::ANYCOMPATIBLENONARRAY) && element_type(types, common) != 0 {
        return Err(mismatch(
            format!(
                "type matched to anycompatiblenonarray is an array type: {}",
                name_of(types, common)
            ),
            None,
        ));
    }
    bindings.compatible = common;
    bindings.compatible_array = array_type(types, common);
    if bindings.compatible_array == 0 && declared.contains(&oid::ANYCOMPATIBLEARRAY) {
        return Err(mismatch(
            format!("could not find array type for data type {}", name_of(types, common)),
            None,
        ));
    }
    Ok(())
}
