//! Whether a document satisfies a query.

use super::query::{Operand, Query};
use super::vector::{Position, Vector};

/// `@@`
pub fn matches(vector: &Vector, query: &Query) -> bool {
    match query {
        Query::Empty | Query::Stop => false,
        Query::Word(operand) => has(vector, operand),
        Query::Not(inner) => !matches(vector, inner),
        Query::And(left, right) => matches(vector, left) && matches(vector, right),
        Query::Or(left, right) => matches(vector, left) || matches(vector, right),
        Query::Phrase(..) => {
            let places = places(vector, query);
            places.negated || !places.at.is_empty()
        }
    }
}

fn fits(position: &Position, operand: &Operand) -> bool {
    operand.weights == 0 || operand.weights & (1 << position.weight) != 0
}

fn has(vector: &Vector, operand: &Operand) -> bool {
    vector.find_all(&operand.word, operand.prefix).iter().any(|lexeme| {
        operand.weights == 0 || lexeme.positions.iter().any(|position| fits(position, operand))
    })
}

/// Where a part of a phrase ends, or, `negated`, everywhere but there. `width` reaches back to its first word.
struct Places {
    at: Vec<i32>,
    width: i32,
    negated: bool,
}

fn places(vector: &Vector, query: &Query) -> Places {
    match query {
        Query::Empty | Query::Stop => Places { at: Vec::new(), width: 0, negated: false },
        Query::Word(operand) => {
            let mut at: Vec<i32> = vector
                .find_all(&operand.word, operand.prefix)
                .iter()
                .flat_map(|lexeme| &lexeme.positions)
                .filter(|position| fits(position, operand))
                .map(|position| i32::from(position.at))
                .collect();
            at.sort_unstable();
            at.dedup();
            Places { at, width: 0, negated: false }
        }
        Query::Not(inner) => {
            let inner = places(vector, inner);
            Places { negated: !inner.negated, ..inner }
        }
        Query::Phrase(left, right, distance) => {
            let left = places(vector, left);
            let right = places(vector, right);
            let distance = i32::from(*distance);
            let offset = distance + right.width;
            let width = distance + left.width + right.width;
            combined(&left, &right, offset, 0, width, true)
        }
        Query::And(left, right) | Query::Or(left, right) => {
            let left = places(vector, left);
            let right = places(vector, right);
            let width = left.width.max(right.width);
            let both = matches!(query, Query::And(..));
            combined(&left, &right, width - left.width, width - right.width, width, both)
        }
    }
}

/// Joins two sets of places after shifting them; sets may be complements.
fn combined(
    left: &Places,
    right: &Places,
    left_offset: i32,
    right_offset: i32,
    width: i32,
    both: bool,
) -> Places {
    let shifted = |places: &Places, offset: i32| -> Vec<i32> {
        places.at.iter().map(|at| at + offset).collect()
    };
    let (one, other) = (shifted(left, left_offset), shifted(right, right_offset));
    let in_both = || one.iter().copied().filter(|at| other.contains(at)).collect::<Vec<i32>>();
    let only = |these: &[i32], not: &[i32]| -> Vec<i32> {
        these.iter().copied().filter(|at| !not.contains(at)).collect()
    };
    let in_any = || {
        let mut all = one.clone();
        all.extend(&other);
        all.sort_unstable();
        all.dedup();
        all
    };
    let (at, negated) = match (left.negated, right.negated, both) {
        (false, false, true) => (in_both(), false),
        (false, false, false) => (in_any(), false),
        (true, true, true) => (in_any(), true),
        (true, true, false) => (in_both(), true),
        (false, true, true) => (only(&one, &other), false),
        (true, false, true) => (only(&other, &one), false),
        (false, true, false) => (only(&other, &one), true),
        (true, false, false) => (only(&one, &other), true),
    };
    Places { at, width, negated }
}
