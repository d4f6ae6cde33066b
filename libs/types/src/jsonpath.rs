//! `jsonpath`: the tree, its parser and its canonical text.
//!
//! A datum of type `jsonpath` is [`crate::Datum::Text`] in canonical form, as PostgreSQL prints it; whoever evaluates it
//! parses it again and may keep the tree. Evaluation is not here: it needs regular expressions and a session.

mod lexer;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use crate::error::SqlResult;
use crate::numeric::Numeric;

/// A whole path.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    /// Structural errors are forgiven, and arrays are unwrapped and made as needed.
    pub lax: bool,
    pub root: Node,
}

/// What a path is made of: an expression or a predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Number(Numeric),
    String(String),
    Variable(String),
    /// `$`
    Root,
    /// `@`
    Current,
    /// `last`
    Last,
    /// A start and what is applied to it, one after the other.
    Path(Box<Node>, Vec<Accessor>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Plus(Box<Node>),
    Minus(Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
    IsUnknown(Box<Node>),
    Exists(Box<Node>),
    StartsWith(Box<Node>, Box<Node>),
    LikeRegex {
        subject: Box<Node>,
        pattern: String,
        flags: RegexFlags,
    },
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Accessor {
    Key(String),
    AnyKey,
    AnyElement,
    /// Single subscripts and ranges.
    Elements(Vec<(Node, Option<Node>)>),
    /// `.**{first to last}`; [`LAST_LEVEL`] stands for `last`.
    Levels(u32, u32),
    Filter(Node),
    Method(Method),
    /// `.datetime()` with its template.
    Datetime(Option<String>),
}

/// `last` as a level of `.**`.
pub const LAST_LEVEL: u32 = u32::MAX;

/// A method without arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Type,
    Size,
    Abs,
    Floor,
    Ceiling,
    Double,
    KeyValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The flags of `like_regex`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegexFlags {
    pub ignore_case: bool,
    pub dot_all: bool,
    pub multi_line: bool,
    pub quote: bool,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Type => "type",
            Method::Size => "size",
            Method::Abs => "abs",
            Method::Floor => "floor",
            Method::Ceiling => "ceiling",
            Method::Double => "double",
            Method::KeyValue => "keyvalue",
        }
    }
}

impl Arithmetic {
    pub fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Modulo => "%",
        }
    }
}

impl Comparison {
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

impl JsonPath {
    /// 42601 with PostgreSQL's messages, 22P02 for the empty text.
    pub fn parse(text: &str) -> SqlResult<JsonPath> {
        parse::parse(text)
    }
}

impl Node {
    /// Whether this is true, false or unknown, not an item.
    pub fn is_predicate(&self) -> bool {
        matches!(
            self,
            Node::Compare(..)
                | Node::And(..)
                | Node::Or(..)
                | Node::Not(_)
                | Node::IsUnknown(_)
                | Node::Exists(_)
                | Node::StartsWith(..)
                | Node::LikeRegex { .. }
        )
    }
}
