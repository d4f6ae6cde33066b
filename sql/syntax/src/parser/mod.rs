//! The grammar: recursive descent for statements and clauses, precedence climbing for expressions.
//!
//! The parser never backtracks, so its time is linear in the number of tokens. Recursion is bounded
//! by [`MAX_DEPTH`] and [`MAX_CHAIN`], which give 54001 as PostgreSQL's `max_stack_depth` does.

mod alter;
mod create;
mod create_other;
mod create_table;
mod data;
mod drop;
mod expression;
mod from;
mod function;
mod infix;
mod json_xml;
mod names;
mod privileges;
mod query;
mod session;
mod statement;
mod type_name;
mod utility;

use crate::ast::Location;
use crate::error::SyntaxError;
use crate::lexer::{self, Token, TokenKind, Tokens};

pub type Parse<T> = Result<T, SyntaxError>;

/// How deep expressions, queries and joins may nest.
/// The trees this allows can be cloned and dropped on the 2 MiB stack of a tokio worker.
pub const MAX_DEPTH: u32 = 500;

/// With less stack than this left, the parser goes on on a new segment.
const STACK_RESERVE_BYTES: usize = 256 << 10;

/// The size of such a segment.
const STACK_SEGMENT_BYTES: usize = 2 << 20;

/// How many terms a left-deep chain (`1 + 1 + ...`, `a UNION b ...`, `x::int::int ...`) may have.
pub const MAX_CHAIN: u32 = 2_000;

pub struct Parser<'a> {
    pub source: &'a str,
    pub tokens: Vec<Token<'a>>,
    lexer_error: Option<SyntaxError>,
    pub position: usize,
    depth: u32,
    /// The end of the last run of `(` looked at, so that nested ones are scanned once.
    parenthesis_run: (usize, usize),
}

impl<'a> Parser<'a> {
    pub fn new(source: &'a str) -> Parser<'a> {
        let Tokens { tokens, error } = lexer::tokenize(source);
        Parser {
            source,
            tokens,
            lexer_error: error,
            position: 0,
            depth: 0,
            parenthesis_run: (0, 0),
        }
    }

    // Looking.

    pub fn token_at(&self, ahead: usize) -> &Token<'a> {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.position + ahead).min(last)]
    }

    pub fn token(&self) -> &Token<'a> {
        self.token_at(0)
    }

    pub fn kind(&self) -> TokenKind {
        self.token().kind
    }

    pub fn location(&self) -> Location {
        self.token().start
    }

    pub fn at_ahead(&self, ahead: usize, word: &str) -> bool {
        let token = self.token_at(ahead);
        token.kind == TokenKind::Keyword && token.text == word
    }

    /// At this key word.
    pub fn at(&self, word: &str) -> bool {
        self.at_ahead(0, word)
    }

    pub fn at_any(&self, words: &[&str]) -> bool {
        self.kind() == TokenKind::Keyword && words.contains(&&*self.token().text)
    }

    pub fn at_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.at_ahead(ahead, word))
    }

    pub fn symbol_ahead(&self, ahead: usize, symbol: &str) -> bool {
        let token = self.token_at(ahead);
        matches!(token.kind, TokenKind::Symbol | TokenKind::Operator) && token.text == symbol
    }

    /// At this punctuation or operator.
    pub fn at_symbol(&self, symbol: &str) -> bool {
        self.symbol_ahead(0, symbol)
    }

    // Taking.

    pub fn advance(&mut self) -> Token<'a> {
        let token = self.token().clone();
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
        token
    }

    pub fn skip(&mut self, count: usize) {
        self.position = (self.position + count).min(self.tokens.len() - 1);
    }

    pub fn accept(&mut self, word: &str) -> bool {
        let found = self.at(word);
        if found {
            self.skip(1);
        }
        found
    }

    pub fn accept_words(&mut self, words: &[&str]) -> bool {
        let found = self.at_words(words);
        if found {
            self.skip(words.len());
        }
        found
    }

    /// Takes one of the words.
    pub fn accept_any(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let found = words.iter().copied().find(|word| self.at(word));
        if found.is_some() {
            self.skip(1);
        }
        found
    }

    pub fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.skip(1);
        }
        found
    }

    pub fn expect(&mut self, word: &str) -> Parse<()> {
        if self.accept(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub fn expect_words(&mut self, words: &[&str]) -> Parse<()> {
        words.iter().try_for_each(|word| self.expect(word))
    }

    pub fn expect_any(&mut self, words: &[&'static str]) -> Parse<&'static str> {
        self.accept_any(words).ok_or_else(|| self.unexpected())
    }

    pub fn expect_symbol(&mut self, symbol: &str) -> Parse<()> {
        if self.accept_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// One or more, separated by commas.
    pub fn comma_list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// One or more in parentheses.
    pub fn parenthesized_list<T>(
        &mut self,
        item: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Parse<Vec<T>> {
        self.expect_symbol("(")?;
        let items = self.comma_list(item)?;
        self.expect_symbol(")")?;
        Ok(items)
    }

    pub fn parenthesized<T>(&mut self, item: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.expect_symbol("(")?;
        let value = item(self)?;
        self.expect_symbol(")")?;
        Ok(value)
    }

    // Failing.

    pub fn error_at(
        &self,
        sqlstate: &'static str,
        message: &str,
        location: Location,
    ) -> SyntaxError {
        SyntaxError {
            sqlstate,
            message: message.to_owned(),
            position: lexer::character_position(self.source, location as usize),
            detail: None,
            hint: None,
        }
    }

    /// PostgreSQL's syntax error at the current token.
    pub fn unexpected(&self) -> SyntaxError {
        self.unexpected_ahead(0)
    }

    pub fn unexpected_ahead(&self, ahead: usize) -> SyntaxError {
        let token = self.token_at(ahead);
        match token.kind {
            TokenKind::Invalid => match &self.lexer_error {
                Some(error) => error.clone(),
                None => self.error_at("42601", "syntax error", token.start),
            },
            TokenKind::End => self.error_at("42601", "syntax error at end of input", token.start),
            _ => {
                let near = &self.source[token.start as usize..token.end as usize];
                let message = format!("syntax error at or near \"{near}\"");
                self.error_at("42601", &message, token.start)
            }
        }
    }

    /// A statement of PostgreSQL that this grammar knows but has no tree for.
    pub fn unsupported(&self, what: &str, location: Location) -> SyntaxError {
        self.error_at("0A000", &format!("{what} is not supported"), location)
    }

    fn too_deep(&self) -> SyntaxError {
        let mut error = self.error_at("54001", "stack depth limit exceeded", self.location());
        error.position = 0;
        error.hint = Some(
            "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), \
             after ensuring the platform's stack depth limit is adequate."
                .to_owned(),
        );
        error
    }

    /// Goes one level deeper. A failed parse ends the whole text, so only success must `leave`.
    pub fn enter(&mut self) -> Parse<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Runs a rule one level deeper, with stack enough for it.
    pub fn deeper<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.enter()?;
        let value = stacker::maybe_grow(STACK_RESERVE_BYTES, STACK_SEGMENT_BYTES, || rule(self))?;
        self.leave();
        Ok(value)
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts one more term of a left-deep chain.
    pub fn lengthen(&self, chain: &mut u32) -> Parse<()> {
        *chain += 1;
        if *chain > MAX_CHAIN { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Whether the run of `(` at the current token leads to a query.
    pub fn parentheses_open_query(&mut self) -> bool {
        let (start, end) = self.parenthesis_run;
        if !(start <= self.position && self.position < end) {
            let mut end = self.position;
            while self.tokens[end].kind == TokenKind::Symbol && self.tokens[end].text == "(" {
                end += 1;
            }
            self.parenthesis_run = (self.position, end);
        }
        let first = &self.tokens[self.parenthesis_run.1.min(self.tokens.len() - 1)];
        self.parenthesis_run.1 > self.position && starts_query(first)
    }
}

pub fn starts_query(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Keyword
        && matches!(&*token.text, "select" | "values" | "with" | "table")
}
