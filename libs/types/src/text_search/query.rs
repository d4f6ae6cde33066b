//! `tsquery`: words and how they must occur.

use std::fmt;

use super::vector::write_word;
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// The largest distance of a phrase.
const MAX_DISTANCE: i64 = 16_384;
/// How deep a query may be nested.
const MAX_DEPTH: usize = 500;

/// One word of a query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operand {
    pub word: String,
    /// Bits 0 to 3 for weights D to A; 0 for any.
    pub weights: u8,
    pub prefix: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The query without words; matches nothing.
    Empty,
    /// A word that dictionaries dropped; only while a query is being made.
    Stop,
    Word(Operand),
    Not(Box<Query>),
    And(Box<Query>, Box<Query>),
    Or(Box<Query>, Box<Query>),
    Phrase(Box<Query>, Box<Query>, u16),
}

impl Query {
    /// The text form: words are taken as they are.
    pub fn parse(text: &str) -> SqlResult<Query> {
        parse_query(text, &mut |operand| Ok(Query::Word(operand)))
    }

    fn priority(&self) -> u8 {
        match self {
            Query::Or(..) => 1,
            Query::And(..) => 2,
            Query::Phrase(..) => 3,
            Query::Not(_) => 4,
            Query::Empty | Query::Stop | Query::Word(_) => 5,
        }
    }

    /// Without words that dictionaries dropped; distances of phrases make up for them.
    #[must_use]
    pub fn without_stop_words(self) -> Query {
        cleaned(self).0.unwrap_or(Query::Empty)
    }

    fn write(&self, parent: u8, right_of_phrase: bool, out: &mut String) {
        let own = self.priority();
        let brackets = own < parent || (right_of_phrase && matches!(self, Query::Phrase(..)));
        if brackets {
            out.push_str("( ");
        }
        let mut binary = |left: &Query, operator: &str, right: &Query, phrase: bool| {
            left.write(own, false, out);
            out.push_str(operator);
            right.write(own, phrase, out);
        };
        match self {
            Query::Empty | Query::Stop => {}
            Query::Word(operand) => {
                write_word(&operand.word, out);
                if operand.prefix || operand.weights != 0 {
                    out.push(':');
                }
                if operand.prefix {
                    out.push('*');
                }
                for (bit, letter) in [(8, 'A'), (4, 'B'), (2, 'C'), (1, 'D')] {
                    if operand.weights & bit != 0 {
                        out.push(letter);
                    }
                }
            }
            Query::Not(inner) => {
                out.push('!');
                inner.write(own, false, out);
            }
            Query::And(left, right) => binary(left, " & ", right, false),
            Query::Or(left, right) => binary(left, " | ", right, false),
            Query::Phrase(left, right, 1) => binary(left, " <-> ", right, true),
            Query::Phrase(left, right, distance) => {
                binary(left, &format!(" <{distance}> "), right, true);
            }
        }
        if brackets {
            out.push_str(" )");
        }
    }

    /// Words and operators.
    pub fn nodes(&self) -> usize {
        match self {
            Query::Empty | Query::Stop => 0,
            Query::Word(_) => 1,
            Query::Not(inner) => 1 + inner.nodes(),
            Query::And(left, right) | Query::Or(left, right) | Query::Phrase(left, right, _) => {
                1 + left.nodes() + right.nodes()
            }
        }
    }

    /// All words, from left to right.
    pub fn operands<'a>(&'a self, list: &mut Vec<&'a Operand>) {
        match self {
            Query::Empty | Query::Stop => {}
            Query::Word(operand) => list.push(operand),
            Query::Not(inner) => inner.operands(list),
            Query::And(left, right) | Query::Or(left, right) | Query::Phrase(left, right, _) => {
                left.operands(list);
                right.operands(list);
            }
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(0, false, &mut out);
        formatter.write_str(&out)
    }
}

/// What is left of a query, and by how much dropped words widen the phrases at its left and right.
fn cleaned(query: Query) -> (Option<Query>, u16, u16) {
    let (left, right, distance) = match query {
        Query::Empty | Query::Stop => return (None, 0, 0),
        Query::Word(operand) => return (Some(Query::Word(operand)), 0, 0),
        Query::Not(inner) => {
            let (inner, before, after) = cleaned(*inner);
            return (inner.map(|inner| Query::Not(Box::new(inner))), before, after);
        }
        Query::Phrase(left, right, distance) => (left, right, Some(distance)),
        Query::And(left, right) => {
            return joined(*left, *right, Query::And);
        }
        Query::Or(left, right) => {
            return joined(*left, *right, Query::Or);
        }
    };
    let distance = distance.unwrap_or(0);
    let (left, left_before, left_after) = cleaned(*left);
    let (right, right_before, right_after) = cleaned(*right);
    match (left, right) {
        (None, None) => {
            let total = left_before.saturating_add(distance).saturating_add(right_before);
            (None, total, total)
        }
        (None, right) => {
            let before = left_before.saturating_add(distance).saturating_add(right_before);
            (right, before, right_after)
        }
        (left, None) => {
            let after = left_after.saturating_add(distance).saturating_add(right_after);
            (left, left_before, after)
        }
        (Some(left), Some(right)) => {
            let distance = distance.saturating_add(left_after).saturating_add(right_before);
            let whole = Query::Phrase(Box::new(left), Box::new(right), distance);
            (Some(whole), left_before, right_after)
        }
    }
}

fn joined(
    left: Query,
    right: Query,
    make: impl Fn(Box<Query>, Box<Query>) -> Query,
) -> (Option<Query>, u16, u16) {
    let (left, left_before, left_after) = cleaned(left);
    let (right, right_before, right_after) = cleaned(right);
    match (left, right) {
        (None, None) => {
            let most = left_before.max(right_before);
            (None, most, most)
        }
        (None, right) => (right, right_before, right_after),
        (left, None) => (left, left_before, left_after),
        (Some(left), Some(right)) => (Some(make(Box::new(left), Box::new(right))), 0, 0),
    }
}

/// Reads a query; each word becomes what `operand` makes of it.
pub fn parse_query(
    text: &str,
    operand: &mut dyn FnMut(Operand) -> SqlResult<Query>,
) -> SqlResult<Query> {
    if text.trim().is_empty() {
        return Ok(Query::Empty);
    }
    let mut parser = Parser { text, rest: text, operand, depth: 0 };
    let query = parser.alternatives()?;
    parser.skip();
    if parser.rest.is_empty() { Ok(query) } else { Err(parser.fail()) }
}

struct Parser<'a, 'f> {
    text: &'a str,
    rest: &'a str,
    operand: &'f mut dyn FnMut(Operand) -> SqlResult<Query>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn fail(&self) -> SqlError {
        SqlError::new(sqlstate::SYNTAX_ERROR, format!("syntax error in tsquery: \"{}\"", self.text))
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, symbol: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn alternatives(&mut self) -> SqlResult<Query> {
        let mut left = self.conjunction()?;
        while self.take('|') {
            left = Query::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> SqlResult<Query> {
        let mut left = self.phrase()?;
        while self.take('&') {
            left = Query::And(Box::new(left), Box::new(self.phrase()?));
        }
        Ok(left)
    }

    fn phrase(&mut self) -> SqlResult<Query> {
        let mut left = self.unary()?;
        while self.take('<') {
            let (inside, rest) = self.rest.split_once('>').ok_or_else(|| self.fail())?;
            let distance = if inside == "-" {
                1
            } else {
                let distance: i64 = inside.parse().map_err(|_| self.fail())?;
                if !(0..=MAX_DISTANCE).contains(&distance) {
                    return Err(SqlError::new(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        format!(
                            "distance in phrase operator must be an integer value between zero \
                             and {MAX_DISTANCE} inclusive"
                        ),
                    ));
                }
                distance as u16
            };
            self.rest = rest;
            left = Query::Phrase(Box::new(left), Box::new(self.unary()?), distance);
        }
        Ok(left)
    }

    fn unary(&mut self) -> SqlResult<Query> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SqlError::new(
                sqlstate::STATEMENT_TOO_COMPLEX,
                "stack depth limit exceeded",
            ));
        }
        let query = if self.take('!') {
            Query::Not(Box::new(self.unary()?))
        } else if self.take('(') {
            let inner = self.alternatives()?;
            if !self.take(')') {
                return Err(self.fail());
            }
            inner
        } else {
            let operand = self.word()?;
            (self.operand)(operand)?
        };
        self.depth -= 1;
        Ok(query)
    }

    fn word(&mut self) -> SqlResult<Operand> {
        self.skip();
        let mut characters = self.rest.char_indices().peekable();
        let mut word = String::new();
        let mut end = self.rest.len();
        if self.rest.starts_with('\'') {
            characters.next();
            let mut closed = false;
            while let Some((position, character)) = characters.next() {
                match character {
                    '\'' if characters.next_if(|next| next.1 == '\'').is_some() => word.push('\''),
                    '\'' => {
                        end = position + 1;
                        closed = true;
                        break;
                    }
                    '\\' => word.push(characters.next().ok_or_else(|| self.fail())?.1),
                    other => word.push(other),
                }
            }
            if !closed || word.is_empty() {
                return Err(self.fail());
            }
        } else {
            while let Some((position, character)) = characters.next() {
                if character.is_whitespace() || "!&|()<:".contains(character) {
                    end = position;
                    break;
                }
                word.push(if character == '\\' {
                    characters.next().ok_or_else(|| self.fail())?.1
                } else {
                    character
                });
            }
            if word.is_empty() {
                let message = if self.rest.is_empty() {
                    format!("no operand in tsquery: \"{}\"", self.text)
                } else {
                    return Err(self.fail());
                };
                return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message));
            }
        }
        self.rest = &self.rest[end..];
        let mut operand = Operand { word, weights: 0, prefix: false };
        if let Some(rest) = self.rest.strip_prefix(':') {
            let count = rest.bytes().take_while(|byte| b"*abcdABCD".contains(byte)).count();
            for letter in rest[..count].chars() {
                match letter.to_ascii_lowercase() {
                    '*' => operand.prefix = true,
                    'a' => operand.weights |= 8,
                    'b' => operand.weights |= 4,
                    'c' => operand.weights |= 2,
                    _ => operand.weights |= 1,
                }
            }
            self.rest = &rest[count..];
        }
        Ok(operand)
    }
}
