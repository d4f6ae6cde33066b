//! PL/pgSQL: text to a tree of statements ([`parse`]), and an interpreter of that tree ([`Interpreter`]).
//!
//! The interpreter knows no transactions, catalogs or plans: every expression and statement is SQL that it hands, with
//! the variables in sight, to its [`Host`]. It keeps control flow, variables and exception handlers to itself.

mod conditions;
mod cursors;
mod elements;
mod host;
mod interpreter;
mod parser;
mod parser_cursors;
mod raise;
mod results;
mod scanner;
mod tree;
mod variables;

pub use host::{Binding, Host, Mark, NewCursor, Rows, Shape};
pub use interpreter::{Argument, Interpreter, Signature};
pub use parser::{ParseError, parse};
pub use tree::{Block, Direction, Statement, Text};
