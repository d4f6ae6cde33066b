//! Which type may become which, and how: the rules of `pg_cast`, of strings, of arrays and of domains.

use types::{Array, Datum, Oid, SqlResult, oid};

use crate::context::EvalContext;
use crate::definition::{CastContext, CastDef, CastMethod};
use crate::input_output;
use crate::polymorphism::bind;
use crate::resolve::ResolveError;
use crate::tables;
use crate::type_catalog::{
    TypeCatalog, TypeKind, base_type, category, element_type, is_polymorphic, is_preferred, name_of,
};

/// How a value of one type becomes one of another.
#[derive(Clone)]
pub enum CastPath {
    /// The datum is the same.
    Relabel {
        target: Oid,
    },
    Function {
        cast: &'static CastDef,
    },
    /// Through the text form.
    InputOutput {
        source: Oid,
        target: Oid,
    },
    /// Each element by `element`; the result is an array over `target_element`.
    Array {
        element: Box<CastPath>,
        target_element: Oid,
    },
    /// As `base`, and then the conditions of the domain; for elements of arrays, where nobody else checks them.
    Domain {
        base: Box<CastPath>,
        domain: Oid,
    },
}

/// How `source` becomes `target` in this context, if it may. Domains count as the type under them: whoever asks checks
/// the constraints of the target domain.
pub fn find_cast(
    types: &dyn TypeCatalog,
    source: Oid,
    target: Oid,
    context: CastContext,
) -> Option<CastPath> {
    let source = base_type(types, source);
    let target = base_type(types, target);
    if source == target {
        return Some(CastPath::Relabel { target });
    }
    if source == oid::UNKNOWN {
        return Some(CastPath::InputOutput { source, target });
    }
    if let Some(cast) = tables::cast(source, target) {
        if cast.context > context {
            return None;
        }
        return Some(match cast.method {
            CastMethod::Binary => CastPath::Relabel { target },
            CastMethod::Function(_) => CastPath::Function { cast },
            CastMethod::InputOutput => CastPath::InputOutput { source, target },
        });
    }
    // The vectors of the catalogs look like arrays, but nothing casts to them element by element.
    if target != oid::INT2VECTOR && target != oid::OIDVECTOR {
        let (source_element, target_element) =
            (element_type(types, source), element_type(types, target));
        if source_element != 0 && target_element != 0 {
            match find_cast(types, source_element, target_element, context) {
                Some(CastPath::InputOutput { .. }) => {
                    return Some(CastPath::InputOutput { source, target });
                }
                Some(element) => {
                    let kind = types.facts(target_element).map(|facts| facts.kind);
                    let element = match kind {
                        Some(TypeKind::Domain) if source_element != target_element => {
                            CastPath::Domain { base: Box::new(element), domain: target_element }
                        }
                        _ => element,
                    };
                    return Some(CastPath::Array { element: Box::new(element), target_element });
                }
                None => {}
            }
        }
    }
    let through_text = (context >= CastContext::Assignment && category(types, target) == 'S')
        || (context >= CastContext::Explicit && category(types, source) == 'S');
    through_text.then_some(CastPath::InputOutput { source, target })
}

/// Does the cast, then fits the value to the type modifier (−1 for none).
pub fn apply_cast(
    context: &dyn EvalContext,
    path: &CastPath,
    value: &Datum,
    modifier: i32,
    explicit: bool,
) -> SqlResult<Datum> {
    if let CastPath::Domain { base, domain } = path {
        let converted = apply_cast(context, base, value, modifier, explicit)?;
        context.check_domain(*domain, &converted)?;
        return Ok(converted);
    }
    if value.is_null() {
        return Ok(Datum::Null);
    }
    let (converted, target) = match path {
        CastPath::Domain { domain, .. } => (value.clone(), *domain),
        CastPath::Relabel { target } => (value.clone(), *target),
        CastPath::Function { cast } => {
            let CastMethod::Function(function) = cast.method else {
                return Ok(value.clone());
            };
            let converted = function(context, value, modifier, explicit)?;
            (converted, cast.target)
        }
        CastPath::InputOutput { source, target } => {
            let text = input_output::output(context, *source, value)?;
            return input_output::input(context, *target, &text, modifier);
        }
        CastPath::Array { element, target_element } => {
            let Datum::Array(array) = value else {
                return Ok(value.clone());
            };
            let mut elements = Vec::with_capacity(array.elements.len());
            for (position, item) in array.elements.iter().enumerate() {
                if position % 1024 == 0 {
                    context.check_interrupts()?;
                }
                elements.push(apply_cast(context, element, item, modifier, explicit)?);
            }
            return Ok(Datum::Array(
                Array { element: *target_element, dimensions: array.dimensions.clone(), elements }
                    .into(),
            ));
        }
    };
    apply_modifier(context, target, converted, modifier, explicit)
}

/// Fits a value to its type's modifier: cuts or pads strings, rounds numbers and times.
pub fn apply_modifier(
    context: &dyn EvalContext,
    type_oid: Oid,
    value: Datum,
    modifier: i32,
    explicit: bool,
) -> SqlResult<Datum> {
    if modifier < 0 || value.is_null() {
        return Ok(value);
    }
    if let Datum::Array(array) = &value {
        let mut elements = Vec::with_capacity(array.elements.len());
        for item in &array.elements {
            elements.push(apply_modifier(
                context,
                array.element,
                item.clone(),
                modifier,
                explicit,
            )?);
        }
        let fitted =
            Array { element: array.element, dimensions: array.dimensions.clone(), elements };
        return Ok(Datum::Array(fitted.into()));
    }
    match tables::cast(type_oid, type_oid).map(|cast| cast.method) {
        Some(CastMethod::Function(function)) => function(context, &value, modifier, explicit),
        _ => Ok(value),
    }
}

/// May arguments of these types be given where those are declared?
pub fn can_coerce(
    types: &dyn TypeCatalog,
    actual: &[Oid],
    declared: &[Oid],
    context: CastContext,
) -> bool {
    let mut polymorphic = false;
    for (&given, &wanted) in actual.iter().zip(declared) {
        if is_polymorphic(wanted) {
            polymorphic = true;
        } else if !can_coerce_one(types, given, wanted, context) {
            return false;
        }
    }
    !polymorphic || bind(types, actual, declared, true).is_ok()
}

pub(crate) fn can_coerce_one(
    types: &dyn TypeCatalog,
    given: Oid,
    wanted: Oid,
    context: CastContext,
) -> bool {
    if given == wanted || wanted == oid::ANY || given == oid::UNKNOWN {
        return true;
    }
    let composite = |type_oid: Oid| {
        types.facts(type_oid).is_some_and(|facts| facts.kind == TypeKind::Composite)
    };
    if given == oid::RECORD && composite(wanted) || wanted == oid::RECORD && composite(given) {
        return true;
    }
    if wanted == oid::RECORD_ARRAY && composite(element_type(types, given)) {
        return true;
    }
    find_cast(types, given, wanted, context).is_some()
}

/// The one type that UNION, CASE, VALUES, ARRAY, COALESCE, GREATEST … give their parts; `construct` is the word in the
/// error message ("UNION", "CASE").
pub fn common_type(
    types: &dyn TypeCatalog,
    members: &[Oid],
    construct: &str,
) -> Result<Oid, ResolveError> {
    choose_common(types, members).map_err(|(first, second)| ResolveError::NoCommonType {
        construct: construct.to_owned(),
        first: name_of(types, first),
        second: name_of(types, second),
    })
}

pub(crate) fn common_type_or_none(types: &dyn TypeCatalog, members: &[Oid]) -> Option<Oid> {
    let common = choose_common(types, members).ok()?;
    members
        .iter()
        .all(|&member| can_coerce_one(types, member, common, CastContext::Implicit))
        .then_some(common)
}

fn choose_common(types: &dyn TypeCatalog, members: &[Oid]) -> Result<Oid, (Oid, Oid)> {
    let Some(&first) = members.first() else {
        return Ok(oid::TEXT);
    };
    if first != oid::UNKNOWN && members.iter().all(|&member| member == first) {
        return Ok(first);
    }
    let mut chosen = base_type(types, first);
    for &member in &members[1..] {
        let member = base_type(types, member);
        if member == oid::UNKNOWN || member == chosen {
            continue;
        }
        if chosen == oid::UNKNOWN {
            chosen = member;
        } else if category(types, member) != category(types, chosen) {
            return Err((chosen, member));
        } else if !is_preferred(types, chosen)
            && can_coerce_one(types, chosen, member, CastContext::Implicit)
            && !can_coerce_one(types, member, chosen, CastContext::Implicit)
        {
            chosen = member;
        }
    }
    Ok(if chosen == oid::UNKNOWN { oid::TEXT } else { chosen })
}
