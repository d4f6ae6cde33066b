//! The btree order of `jsonb`, and its hash.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::Json;

fn rank(value: &Json) -> u8 {
    match value {
        Json::Null => 0,
        Json::String(_) => 1,
        Json::Number(_) => 2,
        Json::Bool(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

impl Ord for Json {
    /// Object > array > boolean > number > string > null; arrays and objects first by how many members they have. An
    /// empty array at the top is before everything, as in PostgreSQL.
    fn cmp(&self, other: &Json) -> Ordering {
        let empty = |value: &Json| matches!(value, Json::Array(elements) if elements.is_empty());
        match (empty(self), empty(other)) {
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            _ => {}
        }
        self.compare_inside(other)
    }
}

impl Json {
    fn compare_inside(&self, other: &Json) -> Ordering {
        match (self, other) {
            (Json::String(left), Json::String(right)) => left.as_bytes().cmp(right.as_bytes()),
            (Json::Number(left), Json::Number(right)) => left.cmp(right),
            (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
            (Json::Array(left), Json::Array(right)) => {
                left.len().cmp(&right.len()).then_with(|| {
                    left.iter()
                        .zip(right)
                        .map(|(left, right)| left.compare_inside(right))
                        .find(|order| order.is_ne())
                        .unwrap_or(Ordering::Equal)
                })
            }
            (Json::Object(left), Json::Object(right)) => {
                left.len().cmp(&right.len()).then_with(|| {
                    left.iter()
                        .zip(right)
                        .map(|((left_key, left), (right_key, right))| {
                            left_key
                                .as_bytes()
                                .cmp(right_key.as_bytes())
                                .then_with(|| left.compare_inside(right))
                        })
                        .find(|order| order.is_ne())
                        .unwrap_or(Ordering::Equal)
                })
            }
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Json {
    fn partial_cmp(&self, other: &Json) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Json {}

impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        rank(self).hash(state);
        match self {
            Json::Null => {}
            Json::Bool(value) => value.hash(state),
            Json::Number(value) => value.hash(state),
            Json::String(value) => value.hash(state),
            Json::Array(elements) => elements.hash(state),
            Json::Object(pairs) => pairs.hash(state),
        }
    }
}
