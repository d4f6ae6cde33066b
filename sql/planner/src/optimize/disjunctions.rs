//! Conditions that OR conceals: what all branches have in common, and what each table must satisfy for any of them.
//!
//! `(a = b AND x = 1) OR (a = b AND x = 2)` is `a = b AND (x = 1 OR x = 2)`, which can be joined by hash. And of
//! `(x = 1 AND y = 2) OR (x = 2 AND y = 1)` the weaker `x = 1 OR x = 2` holds for the one table alone.

use crate::expression::Expr;
use crate::logical::{ColumnId, Logical};
use crate::walk::{self, conjuncts, same};

/// More branches than this are left alone.
const MAXIMUM_BRANCHES: usize = 32;

/// Rewrites the terms of a conjunction.
pub fn factor(terms: &mut Vec<Expr>) {
    let mut result = Vec::with_capacity(terms.len());
    for term in std::mem::take(terms) {
        match term {
            Expr::Or(branches)
                if branches.len() <= MAXIMUM_BRANCHES
                    && !branches.iter().any(walk::is_volatile) =>
            {
                factor_branches(branches, &mut result);
            }
            other => result.push(other),
        }
    }
    *terms = result;
}

fn factor_branches(branches: Vec<Expr>, result: &mut Vec<Expr>) {
    let mut split: Vec<Vec<Expr>> = branches
        .into_iter()
        .map(|branch| {
            let mut terms = Vec::new();
            conjuncts(branch, &mut terms);
            terms
        })
        .collect();
    let Some((first, others)) = split.split_first() else {
        return;
    };
    let common: Vec<Expr> = first
        .iter()
        .filter(|term| others.iter().all(|other| other.iter().any(|known| same(known, term))))
        .cloned()
        .collect();
    if !common.is_empty() {
        for branch in &mut split {
            branch.retain(|term| !common.iter().any(|shared| same(shared, term)));
        }
        result.extend(common);
        // A branch with nothing left is true whenever the common part is.
        if split.iter().any(Vec::is_empty) {
            return;
        }
    }
    result.push(Expr::Or(
        split
            .into_iter()
            .map(|mut branch| match branch.len() {
                1 => branch.pop().unwrap_or(Expr::And(Vec::new())),
                _ => Expr::And(branch),
            })
            .collect(),
    ));
}

/// What an OR over several tables says about one of them alone, as a condition that is implied by it.
pub fn implied(term: &Expr, side: &Logical) -> Option<Expr> {
    let Expr::Or(branches) = term else {
        return None;
    };
    // What is about this side alone goes there whole.
    if uses_only(term, &|id| side.makes(id)) {
        return None;
    }
    if branches.len() > MAXIMUM_BRANCHES || walk::is_volatile(term) || walk::has_subplan(term) {
        return None;
    }
    let mut kept = Vec::with_capacity(branches.len());
    for branch in branches {
        let mut terms = Vec::new();
        conjuncts(branch.clone(), &mut terms);
        terms.retain(|term| uses_only(term, &|id| side.makes(id)));
        match terms.len() {
            0 => return None,
            1 => kept.extend(terms),
            _ => kept.push(Expr::And(terms)),
        }
    }
    // Branches that say the same count once.
    let mut distinct: Vec<Expr> = Vec::with_capacity(kept.len());
    for branch in kept {
        if !distinct.iter().any(|known| same(known, &branch)) {
            distinct.push(branch);
        }
    }
    match distinct.len() {
        1 => distinct.pop(),
        _ => Some(Expr::Or(distinct)),
    }
}

fn uses_only(term: &Expr, of: &dyn Fn(ColumnId) -> bool) -> bool {
    let mut any = false;
    walk::columns(term, &mut |_| any = true);
    any && walk::all_columns(term, of)
}
