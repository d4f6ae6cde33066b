//! The canonical text of a `jsonpath`: PostgreSQL's spacing, quoting and parentheses.

use std::fmt;

use super::{Accessor, JsonPath, LAST_LEVEL, Node};
use crate::json::write_string;

impl fmt::Display for JsonPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        if !self.lax {
            out.push_str("strict ");
        }
        write_node(&self.root, true, &mut out);
        formatter.write_str(&out)
    }
}

fn priority(node: &Node) -> u8 {
    use super::Arithmetic::{Add, Subtract};
    match node {
        Node::Or(..) => 0,
        Node::And(..) => 1,
        Node::Compare(..) | Node::StartsWith(..) => 2,
        Node::Arithmetic(Add | Subtract, ..) => 3,
        Node::Arithmetic(..) => 4,
        Node::Plus(_) | Node::Minus(_) => 5,
        Node::Path(start, _) => priority(start),
        _ => 6,
    }
}

fn write_operand(operand: &Node, whole: &Node, out: &mut String) {
    write_node(operand, priority(operand) <= priority(whole), out);
}

fn write_binary(whole: &Node, parts: [&Node; 2], operator: &str, brackets: bool, out: &mut String) {
    if brackets {
        out.push('(');
    }
    write_operand(parts[0], whole, out);
    out.push(' ');
    out.push_str(operator);
    out.push(' ');
    write_operand(parts[1], whole, out);
    if brackets {
        out.push(')');
    }
}

fn write_node(node: &Node, brackets: bool, out: &mut String) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Number(number) => out.push_str(&number.to_string()),
        Node::String(text) => write_string(text, out),
        Node::Variable(name) => {
            out.push('$');
            write_string(name, out);
        }
        Node::Root => out.push('$'),
        Node::Current => out.push('@'),
        Node::Last => out.push_str("last"),
        Node::Path(start, accessors) => {
            if let Node::Number(number) = &**start {
                out.push_str(&format!("({number})"));
            } else {
                write_node(start, brackets, out);
            }
            for accessor in accessors {
                write_accessor(accessor, out);
            }
        }
        Node::Arithmetic(operator, left, right) => {
            write_binary(node, [left, right], operator.symbol(), brackets, out);
        }
        Node::Compare(operator, left, right) => {
            write_binary(node, [left, right], operator.symbol(), brackets, out);
        }
        Node::And(left, right) => write_binary(node, [left, right], "&&", brackets, out),
        Node::Or(left, right) => write_binary(node, [left, right], "||", brackets, out),
        Node::StartsWith(left, right) => {
            write_binary(node, [left, right], "starts with", brackets, out);
        }
        Node::Plus(inner) | Node::Minus(inner) => {
            if brackets {
                out.push('(');
            }
            out.push(if matches!(node, Node::Plus(_)) { '+' } else { '-' });
            write_operand(inner, node, out);
            if brackets {
                out.push(')');
            }
        }
        Node::Not(inner) => {
            out.push_str("!(");
            write_node(inner, false, out);
            out.push(')');
        }
        Node::IsUnknown(inner) => {
            out.push('(');
            write_node(inner, false, out);
            out.push_str(") is unknown");
        }
        Node::Exists(inner) => {
            out.push_str("exists (");
            write_node(inner, false, out);
            out.push(')');
        }
        Node::LikeRegex { subject, pattern, flags } => {
            if brackets {
                out.push('(');
            }
            write_operand(subject, node, out);
            out.push_str(" like_regex ");
            write_string(pattern, out);
            let letters = [
                (flags.ignore_case, 'i'),
                (flags.dot_all, 's'),
                (flags.multi_line, 'm'),
                (flags.quote, 'q'),
            ];
            if letters.iter().any(|(set, _)| *set) {
                out.push_str(" flag \"");
                out.extend(letters.iter().filter(|(set, _)| *set).map(|(_, letter)| letter));
                out.push('"');
            }
            if brackets {
                out.push(')');
            }
        }
    }
}

fn write_accessor(accessor: &Accessor, out: &mut String) {
    match accessor {
        Accessor::Key(key) => {
            out.push('.');
            write_string(key, out);
        }
        Accessor::AnyKey => out.push_str(".*"),
        Accessor::AnyElement => out.push_str("[*]"),
        Accessor::Elements(list) => {
            out.push('[');
            for (index, (from, to)) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_node(from, false, out);
                if let Some(to) = to {
                    out.push_str(" to ");
                    write_node(to, false, out);
                }
            }
            out.push(']');
        }
        Accessor::Levels(0, LAST_LEVEL) => out.push_str(".**"),
        Accessor::Levels(first, last) => {
            let name = |level: &u32| match *level {
                LAST_LEVEL => "last".to_owned(),
                level => level.to_string(),
            };
            out.push_str(&if first == last {
                format!(".**{{{}}}", name(first))
            } else {
                format!(".**{{{} to {}}}", name(first), name(last))
            });
        }
        Accessor::Filter(condition) => {
            out.push_str("?(");
            write_node(condition, false, out);
            out.push(')');
        }
        Accessor::Method(method) => {
            out.push('.');
            out.push_str(method.name());
            out.push_str("()");
        }
        Accessor::Datetime(template) => {
            out.push_str(".datetime(");
            if let Some(template) = template {
                write_string(template, out);
            }
            out.push(')');
        }
    }
}
