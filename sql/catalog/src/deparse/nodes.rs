//! The printed form: which parts get parentheses. In the pretty form as few as PostgreSQL's rules allow, otherwise around
//! every operator's whole expression and every operand of a coercion.

/// A part of an expression, already typed.
#[derive(Clone)]
pub(crate) enum Node {
    /// Needs no parentheses anywhere: a column, a constant, a call.
    Closed(String),
    /// A string constant whose type is not known yet.
    Unknown(String),
    Null,
    Operator {
        name: String,
        left: Option<Box<Node>>,
        right: Box<Node>,
    },
    Boolean {
        kind: Connective,
        terms: Vec<Node>,
    },
    /// `x IS NULL` and its like.
    Test {
        operand: Box<Node>,
        suffix: String,
    },
    Distinct {
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `x = ANY (array)`.
    Quantified {
        left: Box<Node>,
        operator: String,
        array: Box<Node>,
    },
    Cast {
        operand: Box<Node>,
        type_text: String,
    },
    Collate {
        operand: Box<Node>,
        collation: String,
    },
    /// A subquery with what stands before it, parentheses included.
    Subquery(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connective {
    And,
    Or,
    Not,
}

/// What a part stands in.
enum Parent<'a> {
    /// An operator; the part is its left operand.
    OperatorLeft(&'a str),
    OperatorRight(&'a str),
    Boolean(Connective),
    Cast,
    Other,
}

/// The basic operators whose precedence the printer trusts: 1 for sums, 2 for products.
fn class(operator: &str) -> Option<u8> {
    match operator {
        "+" | "-" => Some(1),
        "*" | "/" | "%" => Some(2),
        _ => None,
    }
}

impl Node {
    pub fn print(&self, pretty: bool) -> String {
        let wrap = |text: String| if pretty { text } else { format!("({text})") };
        let other = |node: &Node| node.operand(&Parent::Other, pretty);
        match self {
            Node::Closed(text) | Node::Subquery(text) => text.clone(),
            Node::Unknown(text) => format!("{}::text", crate::quote_literal(text)),
            Node::Null => "NULL::text".to_owned(),
            Node::Operator { name, left: Some(left), right } => wrap(format!(
                "{} {name} {}",
                left.operand(&Parent::OperatorLeft(name), pretty),
                right.operand(&Parent::OperatorRight(name), pretty)
            )),
            Node::Operator { name, left: None, right } => {
                wrap(format!("{name} {}", right.operand(&Parent::OperatorRight(name), pretty)))
            }
            Node::Boolean { kind, terms } => {
                let terms: Vec<String> = terms
                    .iter()
                    .map(|term| term.operand(&Parent::Boolean(*kind), pretty))
                    .collect();
                wrap(match kind {
                    Connective::And => terms.join(" AND "),
                    Connective::Or => terms.join(" OR "),
                    Connective::Not => format!("NOT {}", terms.concat()),
                })
            }
            Node::Test { operand, suffix } => wrap(format!("{} {suffix}", other(operand))),
            Node::Distinct { left, right } => {
                wrap(format!("{} IS DISTINCT FROM {}", other(left), other(right)))
            }
            Node::Quantified { left, operator, array } => {
                wrap(format!("{} {operator} ({})", other(left), other(array)))
            }
            Node::Cast { operand, type_text } => {
                let shown = operand.operand(&Parent::Cast, pretty);
                if pretty {
                    format!("{shown}::{type_text}")
                } else {
                    format!("({shown})::{type_text}")
                }
            }
            Node::Collate { operand, collation } => {
                wrap(format!("{} COLLATE {collation}", other(operand)))
            }
        }
    }

    fn operand(&self, parent: &Parent<'_>, pretty: bool) -> String {
        let shown = self.print(pretty);
        if pretty && !self.is_simple(parent) { format!("({shown})") } else { shown }
    }

    /// Whether the part may stand in `parent` without parentheses.
    fn is_simple(&self, parent: &Parent<'_>) -> bool {
        match self {
            Node::Closed(_) | Node::Unknown(_) | Node::Null => true,
            Node::Cast { operand, .. } => operand.is_simple(&Parent::Cast),
            Node::Operator { name, left, .. } => match parent {
                Parent::Boolean(_) => true,
                Parent::OperatorLeft(outer) | Parent::OperatorRight(outer) => {
                    let (Some(own), Some(outer), Some(_)) = (class(name), class(outer), left)
                    else {
                        return false;
                    };
                    own > outer || (own == outer && matches!(parent, Parent::OperatorLeft(_)))
                }
                Parent::Cast | Parent::Other => false,
            },
            Node::Test { .. } | Node::Distinct { .. } | Node::Subquery(_) => {
                matches!(parent, Parent::Boolean(_))
            }
            Node::Boolean { kind, .. } => matches!(
                (kind, parent),
                (
                    Connective::Not | Connective::And,
                    Parent::Boolean(Connective::And | Connective::Or),
                ) | (Connective::Or, Parent::Boolean(Connective::Or))
            ),
            Node::Quantified { .. } | Node::Collate { .. } => false,
        }
    }
}
