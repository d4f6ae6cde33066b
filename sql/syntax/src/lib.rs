//! SQL text to syntax tree: PostgreSQL's grammar over sqlparser's tokenizer.
//!
//! ```text
//! text ─ sqlparser tokenizer ─ pre-pass (PostgreSQL's lexical rules) ─ grammar ─ syntax tree
//! ```
//!
//! Nothing here looks at a catalog: names stay names. The tree prints back to SQL that parses
//! to the same tree, which is how views and stored expressions are kept.

pub mod ast;
mod deparse;
mod error;
pub mod keywords;
mod lexer;
mod parser;

pub use deparse::{deparse, quote_identifier, quote_literal};
pub use error::SyntaxError;

/// One statement of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedStatement {
    pub statement: ast::Statement,
    /// The bytes of the statement in the text, without its semicolon.
    pub text_range: std::ops::Range<usize>,
}

use lexer::TokenKind;
use parser::{Parse, Parser};

/// Parses a text of any number of statements separated by semicolons; empty ones are left out.
pub fn parse(sql: &str) -> Result<Vec<ParsedStatement>, SyntaxError> {
    let mut parser = Parser::new(sql);
    let mut statements = Vec::new();
    loop {
        while parser.accept_symbol(";") {}
        if parser.kind() == TokenKind::End {
            return Ok(statements);
        }
        let start = parser.location() as usize;
        let statement = parser.statement()?;
        if parser.kind() != TokenKind::End && !parser.at_symbol(";") {
            return Err(parser.unexpected());
        }
        let end = parser.tokens[parser.position - 1].end as usize;
        let last = if parser.kind() == TokenKind::End && parser.position > 0 {
            end.max(start)
        } else {
            end
        };
        statements.push(ParsedStatement { statement, text_range: start..last });
    }
}

/// Parses exactly one expression.
pub fn parse_expression(sql: &str) -> Result<ast::Expr, SyntaxError> {
    whole(sql, |parser| parser.expression())
}

/// Parses exactly one type name.
pub fn parse_type_name(sql: &str) -> Result<ast::TypeName, SyntaxError> {
    whole(sql, |parser| parser.type_name())
}

fn whole<T>(sql: &str, rule: impl FnOnce(&mut Parser<'_>) -> Parse<T>) -> Parse<T> {
    let mut parser = Parser::new(sql);
    let value = rule(&mut parser)?;
    if parser.kind() == TokenKind::End { Ok(value) } else { Err(parser.unexpected()) }
}
