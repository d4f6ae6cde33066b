//! `ts_rewrite`: parts of a query are replaced by others, whatever their order in AND and OR.
//!
//! Chains of one operator are laid out flat and sorted, so that equal queries look equal and a part of a chain is a part
//! of a list. The order is PostgreSQL's, because the result shows it: operators before words, and words by a checksum.

use std::cmp::Ordering;

use types::text_search::{Operand, Query};
use types::{Datum, SqlError, SqlResult, oid};

use super::{query, written};
use crate::bodies::arguments::{invalid_parameter, text};
use crate::context::EvalContext;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Operator {
    Not,
    And,
    Or,
    Phrase(u16),
}

#[derive(Clone)]
enum Node {
    Word(Operand),
    /// Children stand from right to left, as PostgreSQL keeps them.
    Operator {
        operator: Operator,
        children: Vec<Node>,
        replaced: bool,
    },
}

/// The checksum that orders words: the polynomial of CRC-32, fed from the other end.
fn checksum(word: &str) -> i32 {
    let mut sum = u32::MAX;
    for byte in word.bytes() {
        let mut entry = (sum >> 24) ^ u32::from(byte);
        for _ in 0..8 {
            entry = if entry & 1 == 1 { (entry >> 1) ^ 0xEDB8_8320 } else { entry >> 1 };
        }
        sum = entry ^ (sum << 8);
    }
    (sum ^ u32::MAX) as i32
}

fn compare(left: &Node, right: &Node) -> Ordering {
    match (left, right) {
        (Node::Word(left), Node::Word(right)) => checksum(&right.word)
            .cmp(&checksum(&left.word))
            .then_with(|| left.word.as_bytes().cmp(right.word.as_bytes())),
        (Node::Word(_), _) => Ordering::Greater,
        (_, Node::Word(_)) => Ordering::Less,
        (
            Node::Operator { operator: left, children: left_children, .. },
            Node::Operator { operator: right, children: right_children, .. },
        ) => {
            let kind = |operator: &Operator| match operator {
                Operator::Phrase(_) => Operator::Phrase(0),
                other => *other,
            };
            let children = left_children.iter().zip(right_children);
            kind(right)
                .cmp(&kind(left))
                .then_with(|| right_children.len().cmp(&left_children.len()))
                .then_with(|| {
                    let mut orders = children.map(|(left, right)| compare(left, right));
                    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
                })
                .then_with(|| right.cmp(left))
        }
    }
}

impl Node {
    fn of(query: Query) -> Option<Node> {
        let (operator, parts) = match query {
            Query::Empty | Query::Stop => return None,
            Query::Word(operand) => return Some(Node::Word(operand)),
            Query::Not(part) => (Operator::Not, vec![*part]),
            Query::And(left, right) => (Operator::And, vec![*right, *left]),
            Query::Or(left, right) => (Operator::Or, vec![*right, *left]),
            Query::Phrase(left, right, distance) => {
                (Operator::Phrase(distance), vec![*right, *left])
            }
        };
        let children = parts.into_iter().filter_map(Node::of).collect();
        Some(Node::Operator { operator, children, replaced: false })
    }

    fn into_query(self) -> Query {
        let (operator, children) = match self {
            Node::Word(operand) => return Query::Word(operand),
            Node::Operator { operator, children, .. } => (operator, children),
        };
        let mut whole: Option<Query> = None;
        for child in children.into_iter().map(Node::into_query) {
            whole = Some(match (whole, operator) {
                (None, Operator::Not) => Query::Not(Box::new(child)),
                (None, _) => child,
                (Some(right), Operator::Or) => Query::Or(Box::new(child), Box::new(right)),
                (Some(right), Operator::Phrase(distance)) => {
                    Query::Phrase(Box::new(child), Box::new(right), distance)
                }
                (Some(right), _) => Query::And(Box::new(child), Box::new(right)),
            });
        }
        whole.unwrap_or(Query::Empty)
    }

    /// Chains of AND and of OR become one list each, sorted.
    fn sorted(self) -> Node {
        let Node::Operator { operator, children, .. } = self else { return self };
        let mut flat = Vec::with_capacity(children.len());
        for child in children.into_iter().map(Node::sorted) {
            match child {
                Node::Operator { operator: inner, children, .. }
                    if inner == operator && matches!(operator, Operator::And | Operator::Or) =>
                {
                    flat.extend(children);
                }
                other => flat.push(other),
            }
        }
        if !matches!(operator, Operator::Phrase(_)) {
            flat.sort_by(compare);
        }
        Node::Operator { operator, children: flat, replaced: false }
    }

    /// With every `target` replaced; `None` if nothing is left.
    fn replaced(self, target: &Node, substitute: Option<&Node>) -> Option<Node> {
        if compare(&self, target).is_eq() {
            return substitute.cloned().map(|mut node| {
                if let Node::Operator { replaced, .. } = &mut node {
                    *replaced = true;
                }
                node
            });
        }
        let Node::Operator { operator, mut children, .. } = self else { return Some(self) };
        let mut added = None;
        if let Node::Operator { operator: wanted, children: parts, .. } = target
            && *wanted == operator
            && matches!(operator, Operator::And | Operator::Or)
            && children.len() > parts.len()
        {
            let places: Option<Vec<usize>> = parts
                .iter()
                .map(|part| children.iter().position(|child| compare(child, part).is_eq()))
                .collect();
            if let Some(places) = places {
                let mut place = 0;
                children.retain(|_| {
                    place += 1;
                    !places.contains(&(place - 1))
                });
                added = substitute.cloned();
            }
        }
        let mut kept: Vec<Node> =
            children.into_iter().filter_map(|child| child.replaced(target, substitute)).collect();
        kept.extend(added);
        if operator != Operator::Not && kept.len() == 1 {
            return kept.pop();
        }
        (!kept.is_empty()).then_some(Node::Operator { operator, children: kept, replaced: false })
    }
}

pub(crate) fn tsquery_rewrite(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (tree, target) = (Node::of(query(arguments, 0)?), Node::of(query(arguments, 1)?));
    let (Some(tree), Some(target)) = (tree, target) else { return Ok(arguments[0].clone()) };
    let substitute = Node::of(query(arguments, 2)?);
    let changed = tree.sorted().replaced(&target.sorted(), substitute.as_ref());
    written(changed.map_or(Query::Empty, Node::into_query))
}

/// `ts_rewrite(query, text)`: targets and substitutes are the rows of a query.
pub(crate) fn tsquery_rewrite_query(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let Some(tree) = Node::of(query(arguments, 0)?) else { return Ok(arguments[0].clone()) };
    let (types, rows) = context.query(text(arguments, 1)?)?;
    if types != [oid::TSQUERY, oid::TSQUERY] {
        return Err(invalid_parameter("ts_rewrite query must return two tsquery columns"));
    }
    let mut tree = Some(tree.sorted());
    for row in rows {
        context.check_interrupts()?;
        if row.iter().any(Datum::is_null) {
            continue;
        }
        let Some(current) = tree.take() else { break };
        let Some(target) = Node::of(query(&row, 0)?) else {
            tree = Some(current);
            continue;
        };
        let substitute = Node::of(query(&row, 1)?);
        tree = current.replaced(&target.sorted(), substitute.as_ref()).map(Node::sorted);
    }
    written(tree.map_or(Query::Empty, Node::into_query))
}

/// The statistics of the words of all vectors that a query gives.
pub(crate) fn ts_stat(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(types::Row) -> SqlResult<bool>,
) -> Result<(), SqlError> {
    let weights: Option<Vec<u8>> = match arguments.len() {
        1 => None,
        _ => {
            let letter = |letter: u8| match letter.to_ascii_lowercase() {
                b'a' => Some(3),
                b'b' => Some(2),
                b'c' => Some(1),
                b'd' => Some(0),
                _ => None,
            };
            Some(text(arguments, 1)?.bytes().filter_map(letter).collect())
        }
    };
    let (types, rows) = context.query(text(arguments, 0)?)?;
    if types != [oid::TSVECTOR] {
        return Err(invalid_parameter("ts_stat query must return one tsvector column"));
    }
    let mut words: std::collections::BTreeMap<String, (i32, i32)> = Default::default();
    for row in rows.iter().filter(|row| !row[0].is_null()) {
        context.check_interrupts()?;
        for lexeme in super::vector(row, 0)?.lexemes {
            let places = lexeme.positions.len();
            let count = match weights.as_deref() {
                None | Some([]) => places.max(1),
                Some(weights) => {
                    let counts =
                        |place: &&types::text_search::Position| weights.contains(&place.weight);
                    lexeme.positions.iter().filter(counts).count()
                }
            };
            if count > 0 {
                let known = words.entry(lexeme.word).or_default();
                known.0 += 1;
                known.1 += count as i32;
            }
        }
    }
    for (word, (documents, entries)) in words {
        if !emit(vec![Datum::text(word), Datum::Int4(documents), Datum::Int4(entries)])? {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::NoSession;

    #[test]
    fn parts_are_replaced_wherever_they_stand() {
        let rewrite = |query: &str, target: &str, substitute: &str| {
            let arguments = [query, target, substitute].map(Datum::text);
            match tsquery_rewrite(&NoSession::default(), &arguments) {
                Ok(Datum::Text(text)) => text.to_string(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(rewrite("'a' & 'b'", "'a'", "'foo' | 'bar'"), "'b' & ( 'foo' | 'bar' )");
        assert_eq!(rewrite("'a' & 'b' & 'c'", "'c' & 'a'", "'x'"), "'x' & 'b'");
        assert_eq!(rewrite("'a' | !'b'", "!'b'", ""), "'a'");
        assert_eq!(rewrite("'a'", "'a'", ""), "");
        assert_eq!(rewrite("'a' & 'b'", "'q'", "'x'"), "'b' & 'a'");
    }
}
