//! The tree back to SQL that parses to the same tree: how views and stored expressions are kept.
//! Queries, expressions, types and data-changing statements have a text; for definitions the
//! catalog keeps their parts instead.

mod data;
mod expression;
mod query;
mod type_name;

use std::fmt;

use crate::ast::*;
use crate::keywords;

/// Where the text goes.
pub(crate) struct Printer {
    pub output: String,
}

impl Printer {
    fn text(with: impl FnOnce(&mut Printer)) -> String {
        let mut printer = Printer { output: String::new() };
        with(&mut printer);
        printer.output
    }

    pub fn push(&mut self, text: &str) {
        self.output.push_str(text);
    }

    pub fn identifier(&mut self, name: &str) {
        self.output.push_str(&quote_identifier(name));
    }

    pub fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Printer, &T)) {
        for (index, value) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            item(self, value);
        }
    }

    pub fn names(&mut self, names: &[String]) {
        self.list(names, |printer, name| printer.identifier(name));
    }

    pub fn dotted(&mut self, parts: &[String]) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(".");
            }
            self.identifier(part);
        }
    }

    /// `s.+` without quotes around the operator.
    pub fn operator_name(&mut self, schema: &[String], name: &str) {
        for part in schema {
            self.identifier(part);
            self.push(".");
        }
        self.push(name);
    }
}

/// The name as SQL writes it, in double quotes where needed.
pub fn quote_identifier(name: &str) -> String {
    if keywords::is_safe_identifier(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// The string as SQL writes it.
pub fn quote_literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

macro_rules! display {
    ($type:ty, $method:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&Printer::text(|printer| printer.$method(self)))
            }
        }
    };
}

display!(Expr, expression);
display!(Query, query);
display!(TypeName, type_name);
display!(Insert, insert);
display!(Update, update);
display!(Delete, delete);
display!(Merge, merge);

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Printer::text(|printer| printer.dotted(&self.parts)))
    }
}

/// The text of a statement that can stand in WITH, PREPARE or a view; `None` for others.
pub fn deparse(statement: &Statement) -> Option<String> {
    Some(match statement {
        Statement::Query(query) => query.to_string(),
        Statement::Insert(insert) => insert.to_string(),
        Statement::Update(update) => update.to_string(),
        Statement::Delete(delete) => delete.to_string(),
        Statement::Merge(merge) => merge.to_string(),
        _ => return None,
    })
}
