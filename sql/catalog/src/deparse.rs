//! Expressions as PostgreSQL's own printer shows them: constants with their types, coercions written out, `IN` as `= ANY`,
//! `BETWEEN` as two comparisons. Stored text is what the user wrote; here it is given types again.

mod analysis;
mod calls;
mod nodes;
mod query;
#[cfg(test)]
mod tests;

use syntax::ast::{Expr, TypeName};
use types::{Oid, oid};

use crate::descriptor::Relation;
use crate::objects;
use crate::scope::{Scope, format_type};
use nodes::Node;

/// A relation of the range table: its name there and its columns.
pub(crate) struct RangeEntry {
    pub name: String,
    pub columns: Vec<(String, Oid)>,
}

/// What names mean in an expression.
pub(crate) struct Deparser<'a> {
    pub scope: &'a Scope<'a>,
    pub pretty: bool,
    pub range: Vec<RangeEntry>,
    /// Columns are shown with the name of their relation.
    pub prefix: bool,
    /// The type of `VALUE` in a domain's check.
    pub value: Option<Oid>,
    /// Columns from the left at which the words of a CASE begin.
    pub indent: usize,
    /// Tables of WITH that are known here, the last ones first to be meant.
    tables: Vec<(String, Vec<(String, Oid)>)>,
    /// Inside of a subquery of an expression.
    nameless: bool,
    /// How many queries deep.
    depth: usize,
}

/// A part of an expression with its type; `oid::UNKNOWN` for a constant that has none yet.
pub(crate) struct Typed {
    pub node: Node,
    pub type_oid: Oid,
}

impl<'a> Deparser<'a> {
    pub fn new(scope: &'a Scope<'a>, pretty: bool) -> Deparser<'a> {
        Deparser {
            scope,
            pretty,
            range: Vec::new(),
            prefix: false,
            value: None,
            indent: 0,
            tables: Vec::new(),
            nameless: false,
            depth: 0,
        }
    }

    /// An expression of one relation's columns: a check, a default, an index's key.
    pub fn of_relation(
        scope: &'a Scope<'a>,
        relation: Option<&Relation>,
        pretty: bool,
    ) -> Deparser<'a> {
        let mut deparser = Deparser::new(scope, pretty);
        if let Some(relation) = relation {
            deparser.range.push(RangeEntry {
                name: relation.name.clone(),
                columns: relation
                    .live_columns()
                    .map(|column| (column.name.clone(), column.type_oid))
                    .collect(),
            });
        }
        deparser
    }

    /// The text of an expression; `None` if something in it has no rule here.
    pub fn text(&mut self, expr: &Expr) -> Option<String> {
        let typed = self.analyze(expr)?;
        Some(self.finish(typed))
    }

    /// The text of a part that stands alone.
    pub fn finish(&self, typed: Typed) -> String {
        match &typed.node {
            Node::Unknown(text) => crate::quote_literal(text),
            Node::Null => "NULL".to_owned(),
            node => node.print(self.pretty),
        }
    }

    pub fn type_name(&self, type_oid: Oid) -> String {
        objects::type_name(self.scope.catalog, self.scope.context, type_oid)
            .unwrap_or_else(|| format_type(self.scope.catalog, type_oid, -1))
    }

    /// A type as written: its number, and how it is shown.
    fn written_type(&self, name: &TypeName) -> Option<(Oid, String)> {
        let mut bare = name.clone();
        bare.modifiers.clear();
        bare.interval_fields = None;
        let (catalog, context) = (self.scope.catalog, self.scope.context);
        let type_oid = objects::type_oid(catalog, context, &bare.to_string())?;
        if type_oid == 0 {
            return None;
        }
        let plain = name.modifiers.is_empty() && name.interval_fields.is_none();
        let shown = if plain { self.type_name(type_oid) } else { name.to_string() };
        Some((type_oid, shown))
    }

    /// A constant, a column or a coercion of it as a value of another type.
    pub fn coerce(&self, typed: Typed, target: Oid) -> Typed {
        let target = match target {
            oid::UNKNOWN | 0 => oid::TEXT,
            other if functions::type_catalog::is_polymorphic(other) || other == oid::ANY => {
                if typed.type_oid == oid::UNKNOWN { oid::TEXT } else { typed.type_oid }
            }
            other => other,
        };
        if typed.type_oid == target {
            return typed;
        }
        let shown = self.type_name(target);
        let node = match typed.node {
            Node::Unknown(text) => constant(&text, target, &shown),
            Node::Null => Node::Closed(format!("NULL::{shown}")),
            node => Node::Cast { operand: Box::new(node), type_text: shown },
        };
        Typed { node, type_oid: target }
    }
}

/// A string constant as a value of a type, as far as its text is known without its input function.
fn constant(text: &str, target: Oid, shown: &str) -> Node {
    let trimmed = text.trim();
    match target {
        oid::BOOL => match trimmed.to_ascii_lowercase().as_str() {
            "t" | "true" | "y" | "yes" | "on" | "1" => return Node::Closed("true".to_owned()),
            "f" | "false" | "n" | "no" | "off" | "0" => return Node::Closed("false".to_owned()),
            _ => {}
        },
        oid::INT4 if trimmed.parse::<u32>().is_ok() => return Node::Closed(trimmed.to_owned()),
        _ => {}
    }
    Node::Closed(format!("{}::{shown}", crate::quote_literal(text)))
}
