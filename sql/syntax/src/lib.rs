//! SQL text to syntax tree: PostgreSQL's grammar over sqlparser's tokenizer.
//!
//! ```text
//! text ─ sqlparser tokenizer ─ pre-pass (PostgreSQL's lexical rules) ─ grammar ─ syntax tree
//! ```
//!
//! Nothing here looks at a catalog: names stay names. The tree prints back to SQL that parses
//! to the same tree, which is how views and stored expressions are kept.

pub mod ast;
mod error;

pub use error::SyntaxError;

/// One statement of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedStatement {
    pub statement: ast::Statement,
    /// The bytes of the statement in the text, without its semicolon.
    pub text_range: std::ops::Range<usize>,
}
