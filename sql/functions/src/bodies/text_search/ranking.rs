//! `ts_rank` and `ts_rank_cd`, by PostgreSQL's formulas and in its precision.

use types::text_search::{Operand, Position, Query, Vector};
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::array;

/// Weights of D, C, B and A.
pub(super) type Weights = [f32; 4];
const DEFAULT_WEIGHTS: Weights = [0.1, 0.2, 0.4, 1.0];
const LARGEST_DISTANCE: i32 = 1 << 14;

pub(super) fn weights(arguments: Option<&[Datum]>) -> SqlResult<Weights> {
    let Some(arguments) = arguments else {
        return Ok(DEFAULT_WEIGHTS);
    };
    let list = array(arguments, 0)?;
    if list.dimensions.len() != 1 {
        return Err(SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            "array of weight must be one-dimensional",
        ));
    }
    if list.elements.len() < 4 {
        return Err(SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, "array of weight is too short"));
    }
    let mut weights = DEFAULT_WEIGHTS;
    for (weight, element) in weights.iter_mut().zip(&list.elements) {
        match element {
            Datum::Float4(value) if *value > 1.0 => {
                return Err(SqlError::new(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    "weight out of range",
                ));
            }
            Datum::Float4(value) if *value >= 0.0 => *weight = *value,
            Datum::Float4(_) => {}
            _ => {
                return Err(SqlError::new(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    "array of weight must not contain nulls",
                ));
            }
        }
    }
    Ok(weights)
}

fn operands(query: &Query) -> Vec<&Operand> {
    let mut list = Vec::new();
    query.operands(&mut list);
    list.sort_by(|left, right| left.word.cmp(&right.word));
    list.dedup_by(|left, right| left.word == right.word);
    list
}

fn document_length(vector: &Vector) -> usize {
    vector.lexemes.iter().map(|lexeme| lexeme.positions.len().max(1)).sum()
}

fn weight_of(weights: &Weights, position: Position) -> f32 {
    weights[usize::from(position.weight & 3)]
}

/// The positions of a lexeme; one at no place if it was stripped of them.
fn positions(list: &[Position]) -> (Vec<Position>, bool) {
    if list.is_empty() {
        (vec![Position { at: 0, weight: 0 }], false)
    } else {
        (list.to_vec(), true)
    }
}

fn rank_or(weights: &Weights, vector: &Vector, query: &Query) -> f32 {
    let operands = operands(query);
    let mut result: f32 = 0.0;
    for operand in &operands {
        for lexeme in vector.find_all(&operand.word, operand.prefix) {
            let (places, _) = positions(&lexeme.positions);
            let (mut sum, mut best, mut best_index) = (0.0_f32, -1.0_f32, 0_usize);
            for (index, place) in places.iter().enumerate() {
                let weight = weight_of(weights, *place);
                sum += weight / ((index + 1) * (index + 1)) as f32;
                if weight > best {
                    best = weight;
                    best_index = index;
                }
            }
            let squared = ((best_index + 1) * (best_index + 1)) as f32;
            result = (f64::from(result) + f64::from(best + sum - best / squared) / 1.644_934_066_85)
                as f32;
        }
    }
    if operands.is_empty() { result } else { result / operands.len() as f32 }
}

fn word_distance(distance: i32) -> f32 {
    if distance > 100 {
        return 1e-30;
    }
    (1.0 / (1.005 + 0.05 * (f64::from(distance as f32) / 1.5 - 2.0).exp())) as f32
}

fn rank_and(weights: &Weights, vector: &Vector, query: &Query) -> f32 {
    let operands = operands(query);
    if operands.len() < 2 {
        return rank_or(weights, vector, query);
    }
    let mut result: f32 = -1.0;
    let mut seen: Vec<Option<(Vec<Position>, bool)>> = vec![None; operands.len()];
    for (index, operand) in operands.iter().enumerate() {
        for lexeme in vector.find_all(&operand.word, operand.prefix) {
            let (own, real) = positions(&lexeme.positions);
            for (others, other_real) in seen[..index].iter().flatten() {
                for one in &own {
                    for other in others {
                        let mut distance = (i32::from(one.at) - i32::from(other.at)).abs();
                        if distance == 0 && real && *other_real {
                            continue;
                        }
                        if distance == 0 {
                            distance = LARGEST_DISTANCE;
                        }
                        let product = weight_of(weights, *one)
                            * weight_of(weights, *other)
                            * word_distance(distance);
                        let current = f64::from(product).sqrt() as f32;
                        result = if result < 0.0 {
                            current
                        } else {
                            (1.0 - (1.0 - f64::from(result)) * (1.0 - f64::from(current))) as f32
                        };
                    }
                }
            }
            seen[index] = Some((own, real));
        }
    }
    result
}

pub(super) fn rank(weights: &Weights, vector: &Vector, query: &Query, method: i32) -> f32 {
    if vector.lexemes.is_empty() || *query == Query::Empty {
        return 0.0;
    }
    let mut result = match query {
        Query::And(..) | Query::Phrase(..) => rank_and(weights, vector, query),
        _ => rank_or(weights, vector, query),
    };
    if result < 0.0 {
        result = 1e-20;
    }
    let length = document_length(vector);
    let unique = vector.lexemes.len();
    if method & 1 != 0 {
        result = (f64::from(result) / (((length + 1) as f64).ln() / 2.0_f64.ln())) as f32;
    }
    if method & 2 != 0 && length > 0 {
        result /= length as f32;
    }
    if method & 8 != 0 {
        result /= unique as f32;
    }
    if method & 16 != 0 {
        result = (f64::from(result) / (((unique + 1) as f64).ln() / 2.0_f64.ln())) as f32;
    }
    if method & 32 != 0 {
        result /= result + 1.0;
    }
    result
}

/// A place of the document where words of the query stand.
struct Place {
    at: u16,
    weight: u8,
    operands: Vec<usize>,
}

fn satisfied(query: &Query, operands: &[&Operand], present: &[bool]) -> bool {
    match query {
        Query::Empty | Query::Stop => false,
        Query::Word(operand) => operands
            .iter()
            .position(|other| *other == operand)
            .is_some_and(|index| present.get(index).copied().unwrap_or(false)),
        // What must not occur says nothing about how close the rest is.
        Query::Not(_) => true,
        Query::And(left, right) | Query::Phrase(left, right, _) => {
            satisfied(left, operands, present) && satisfied(right, operands, present)
        }
        Query::Or(left, right) => {
            satisfied(left, operands, present) || satisfied(right, operands, present)
        }
    }
}

/// `ts_rank_cd`: by how dense the covers are, the shortest stretches that satisfy the query.
pub(super) fn cover_density(weights: &Weights, vector: &Vector, query: &Query, method: i32) -> f32 {
    let mut operands = Vec::new();
    query.operands(&mut operands);
    operands.sort();
    operands.dedup();
    let mut places: Vec<Place> = Vec::new();
    for (index, operand) in operands.iter().enumerate() {
        for lexeme in vector.find_all(&operand.word, operand.prefix) {
            for position in &lexeme.positions {
                if operand.weights == 0 || operand.weights & (1 << position.weight) != 0 {
                    places.push(Place {
                        at: position.at,
                        weight: position.weight,
                        operands: vec![index],
                    });
                }
            }
        }
    }
    places.sort_by_key(|place| (place.at, place.weight));
    places.dedup_by(|later, earlier| {
        let same = later.at == earlier.at;
        if same {
            earlier.operands.append(&mut later.operands);
        }
        same
    });
    let mut density = 0.0_f64;
    let (mut extents, mut distances, mut previous) = (0_u32, 0.0_f64, 0.0_f64);
    let mut start = 0;
    while let Some((first, last)) = cover(&places, query, &operands, start) {
        let inverse: f64 = places[first..=last]
            .iter()
            .map(|place| 1.0 / f64::from(weights[usize::from(place.weight & 3)]))
            .sum();
        let words = (last - first) as i32;
        let mut noise = i32::from(places[last].at) - i32::from(places[first].at) - words;
        if noise < 0 {
            noise = words / 2;
        }
        density += f64::from(words + 1) / inverse / f64::from(1 + noise);
        let middle = f64::from(i32::from(places[last].at) + i32::from(places[first].at)) / 2.0;
        if extents > 0 && middle > previous {
            distances += 1.0 / (middle - previous);
        }
        previous = middle;
        extents += 1;
        start = first + 1;
    }
    let length = document_length(vector);
    let unique = vector.lexemes.len();
    if method & 1 != 0 && unique > 0 {
        density /= ((length + 1) as f64).ln();
    }
    if method & 2 != 0 && length > 0 {
        density /= length as f64;
    }
    if method & 4 != 0 && extents > 0 && distances > 0.0 {
        density /= f64::from(extents) / distances;
    }
    if method & 8 != 0 && unique > 0 {
        density /= unique as f64;
    }
    if method & 16 != 0 && unique > 0 {
        density /= ((unique + 1) as f64).ln() / 2.0_f64.ln();
    }
    if method & 32 != 0 {
        density /= density + 1.0;
    }
    density as f32
}

/// The next shortest stretch at or after `start` that satisfies the query.
fn cover(
    places: &[Place],
    query: &Query,
    operands: &[&Operand],
    start: usize,
) -> Option<(usize, usize)> {
    let mut present = vec![false; operands.len()];
    let mut last = None;
    for (index, place) in places.iter().enumerate().skip(start) {
        place.operands.iter().for_each(|&operand| present[operand] = true);
        if satisfied(query, operands, &present) {
            last = Some(index);
            break;
        }
    }
    let last = last?;
    present.fill(false);
    for index in (start..=last).rev() {
        places[index].operands.iter().for_each(|&operand| present[operand] = true);
        if satisfied(query, operands, &present) {
            return Some((index, last));
        }
    }
    None
}
