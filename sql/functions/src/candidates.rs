//! Choosing among several functions or operators of one name: exact matches, preferred types, the category of unknown
//! literals. The rules are those of chapter 10 of PostgreSQL's manual.

use types::{Oid, oid};

use crate::coercion::can_coerce;
use crate::definition::CastContext;
use crate::type_catalog::{TypeCatalog, base_type, category, is_preferred};

/// Of these argument lists, those that the given types can be coerced to implicitly.
pub fn matching(types: &dyn TypeCatalog, given: &[Oid], candidates: &[&[Oid]]) -> Vec<usize> {
    (0..candidates.len())
        .filter(|&index| {
            candidates[index].len() == given.len()
                && can_coerce(types, given, candidates[index], CastContext::Implicit)
        })
        .collect()
}

/// Keeps the candidates with the highest score.
fn keep_best(kept: &mut Vec<usize>, score: impl Fn(usize) -> usize) {
    let best = kept.iter().map(|&index| score(index)).max().unwrap_or(0);
    kept.retain(|&index| score(index) == best);
}

/// The one candidate to call, or `None` if the choice is not unique.
pub fn select(
    types: &dyn TypeCatalog,
    given: &[Oid],
    candidates: &[&[Oid]],
    mut kept: Vec<usize>,
) -> Option<usize> {
    if kept.len() <= 1 {
        return kept.pop();
    }
    let bases: Vec<Oid> = given.iter().map(|&given| base_type(types, given)).collect();
    let known: Vec<usize> =
        (0..bases.len()).filter(|&position| bases[position] != oid::UNKNOWN).collect();
    keep_best(&mut kept, |index| {
        known.iter().filter(|&&position| candidates[index][position] == bases[position]).count()
    });
    if kept.len() == 1 {
        return kept.pop();
    }
    let categories: Vec<char> = bases.iter().map(|&base| category(types, base)).collect();
    keep_best(&mut kept, |index| {
        known
            .iter()
            .filter(|&&position| {
                let wanted = candidates[index][position];
                wanted == bases[position]
                    || (category(types, wanted) == categories[position]
                        && is_preferred(types, wanted))
            })
            .count()
    });
    if kept.len() == 1 || known.len() == bases.len() {
        return if kept.len() == 1 { kept.pop() } else { None };
    }
    if let Some(narrowed) = by_category_of_unknowns(types, &bases, candidates, &kept) {
        kept = narrowed;
        if kept.len() == 1 {
            return kept.pop();
        }
    }
    // If all known arguments are of one type, take the unknown ones for that type too.
    let first = bases[*known.first()?];
    if known.iter().any(|&position| bases[position] != first) {
        return None;
    }
    let assumed = vec![first; bases.len()];
    let mut fitting = kept
        .into_iter()
        .filter(|&index| can_coerce(types, &assumed, candidates[index], CastContext::Implicit));
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only)
}

/// Chooses a category for each unknown literal (strings win, otherwise all candidates must agree) and keeps the
/// candidates that have it, preferred types first. `None` if a category cannot be chosen or nothing would be left.
fn by_category_of_unknowns(
    types: &dyn TypeCatalog,
    bases: &[Oid],
    candidates: &[&[Oid]],
    kept: &[usize],
) -> Option<Vec<usize>> {
    let mut slots: Vec<Option<(char, bool)>> = vec![None; bases.len()];
    for position in 0..bases.len() {
        if bases[position] != oid::UNKNOWN {
            continue;
        }
        let mut slot: Option<(char, bool)> = None;
        let mut conflict = false;
        for &index in kept {
            let wanted = candidates[index][position];
            let this = (category(types, wanted), is_preferred(types, wanted));
            slot = match slot {
                None => Some(this),
                Some((chosen, preferred)) if chosen == this.0 => {
                    Some((chosen, preferred || this.1))
                }
                Some(other) if other.0 == 'S' => Some(other),
                Some(_) if this.0 == 'S' => {
                    conflict = false;
                    Some(this)
                }
                Some(other) => {
                    conflict = true;
                    Some(other)
                }
            };
        }
        if conflict && slot.is_none_or(|slot| slot.0 != 'S') {
            return None;
        }
        slots[position] = slot;
    }
    let narrowed: Vec<usize> = kept
        .iter()
        .copied()
        .filter(|&index| {
            slots.iter().enumerate().all(|(position, slot)| match slot {
                None => true,
                Some((chosen, preferred)) => {
                    let wanted = candidates[index][position];
                    category(types, wanted) == *chosen
                        && (!preferred || is_preferred(types, wanted))
                }
            })
        })
        .collect();
    (!narrowed.is_empty()).then_some(narrowed)
}
