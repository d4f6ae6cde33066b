//! Text to PostgreSQL tokens.
//!
//! sqlparser's tokenizer makes the first cut: it finds words, blanks and punctuation, and where
//! every token begins. The pre-pass walks over its tokens and decides by PostgreSQL's lexical
//! rules what each one is. Where the two disagree about where a token ends (operators, strings that
//! continue on the next line, `U&""`, dollar quotes, numbers), the source text from the token's
//! start decides, and the walk goes on with the first token at or after that end.

mod dialect;
mod scan;
mod strings;

use std::borrow::Cow;

use sqlparser::tokenizer::{Token as RawToken, TokenWithSpan, Tokenizer, Whitespace};

use crate::error::SyntaxError;
use crate::keywords::{self, Keyword};

use dialect::QuorateDialect;
use scan::Scanner;

/// PostgreSQL's NAMEDATALEN - 1.
pub const MAX_IDENTIFIER_BYTES: usize = 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name: quoted, or a word that is no key word.
    Identifier,
    Keyword,
    /// An integer that fits `i32`.
    Integer,
    /// Any other number.
    Float,
    String,
    BitString,
    HexString,
    Parameter,
    /// An operator, `=>` included.
    Operator,
    /// `( ) [ ] , ; : . :: := ..` and single characters that begin nothing.
    Symbol,
    /// The lexer gave up here; the error is in [`Tokens::error`].
    Invalid,
    End,
}

#[derive(Debug, Clone)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub keyword: Option<&'static Keyword>,
    /// The value: folded name, unescaped string, digits.
    pub text: Cow<'a, str>,
    pub start: u32,
    pub end: u32,
}

/// All tokens of a text, the last one `End` or `Invalid`.
pub struct Tokens<'a> {
    pub tokens: Vec<Token<'a>>,
    pub error: Option<SyntaxError>,
}

/// 1-based character position of a byte offset.
pub fn character_position(source: &str, offset: usize) -> u32 {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    u32::try_from(source[..end].chars().count()).unwrap_or(u32::MAX).saturating_add(1)
}

/// Folds an unquoted identifier as PostgreSQL does for UTF-8: ASCII only.
pub fn fold(word: &str) -> Cow<'_, str> {
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(word.to_ascii_lowercase())
    } else {
        Cow::Borrowed(word)
    }
}

/// Cuts an identifier to what PostgreSQL keeps, at a character boundary.
pub fn truncate(mut name: Cow<'_, str>) -> Cow<'_, str> {
    if name.len() <= MAX_IDENTIFIER_BYTES {
        return name;
    }
    let mut end = MAX_IDENTIFIER_BYTES;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    match &mut name {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(text) => {
            text.truncate(end);
            name
        }
    }
}

/// Walks line and column forward to turn sqlparser's locations into byte offsets.
struct OffsetWalk<'a> {
    bytes: &'a [u8],
    offset: usize,
    line: u64,
    column: u64,
}

impl OffsetWalk<'_> {
    fn advance_to(&mut self, line: u64, column: u64) -> usize {
        while (self.line, self.column) < (line, column) && self.offset < self.bytes.len() {
            if self.bytes[self.offset] == b'\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
            self.offset += 1;
            while self.bytes.get(self.offset).is_some_and(|byte| byte & 0xC0 == 0x80) {
                self.offset += 1;
            }
        }
        self.offset
    }
}

/// Splits a text into tokens.
pub fn tokenize(source: &str) -> Tokens<'_> {
    let dialect = QuorateDialect {};
    let mut raw: Vec<TokenWithSpan> = Vec::with_capacity(source.len() / 3 + 4);
    // The tokenizer stops where its rules differ from PostgreSQL's; the scanner goes on alone.
    let _ = Tokenizer::new(&dialect, source)
        .with_unescape(false)
        .tokenize_with_location_into_buf(&mut raw);
    let mut walk = OffsetWalk { bytes: source.as_bytes(), offset: 0, line: 1, column: 1 };
    let mut scanner = Scanner::new(source);
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(raw.len() / 2 + 2);
    let mut error = None;
    for entry in &raw {
        let start = walk.advance_to(entry.span.start.line, entry.span.start.column);
        // Text before this token that an earlier one already covers, or that only the scanner
        // understands.
        while scanner.position < start && error.is_none() {
            error = scan_one(&mut scanner, &mut tokens);
        }
        if error.is_some() {
            break;
        }
        if scanner.position > start {
            continue;
        }
        match &entry.token {
            RawToken::Whitespace(Whitespace::Space | Whitespace::Tab) => scanner.position += 1,
            RawToken::Word(word) if word.quote_style.is_none() => {
                let end = start + word.value.len();
                if is_prefix_of_literal(source, &word.value, end) {
                    error = scan_one(&mut scanner, &mut tokens);
                } else {
                    tokens.push(word_token(source, start, end));
                    scanner.position = end;
                }
            }
            RawToken::Comma
            | RawToken::LParen
            | RawToken::RParen
            | RawToken::LBracket
            | RawToken::RBracket
            | RawToken::SemiColon => {
                tokens.push(Token {
                    kind: TokenKind::Symbol,
                    keyword: None,
                    text: Cow::Borrowed(&source[start..start + 1]),
                    start: start as u32,
                    end: start as u32 + 1,
                });
                scanner.position = start + 1;
            }
            _ => error = scan_one(&mut scanner, &mut tokens),
        }
        if error.is_some() {
            break;
        }
    }
    while scanner.position < source.len() && error.is_none() {
        error = scan_one(&mut scanner, &mut tokens);
    }
    let end = source.len() as u32;
    let kind = if error.is_some() { TokenKind::Invalid } else { TokenKind::End };
    tokens.push(Token { kind, keyword: None, text: Cow::Borrowed(""), start: end, end });
    Tokens { tokens, error }
}

fn scan_one<'a>(scanner: &mut Scanner<'a>, tokens: &mut Vec<Token<'a>>) -> Option<SyntaxError> {
    match scanner.next() {
        Ok(Some(token)) => {
            tokens.push(token);
            None
        }
        Ok(None) => None,
        Err(error) => Some(error),
    }
}

/// `U&"`, `U&'` and the like: a word to sqlparser, the beginning of a literal to PostgreSQL.
fn is_prefix_of_literal(source: &str, word: &str, end: usize) -> bool {
    if word.len() != 1 {
        return false;
    }
    let next = source.as_bytes().get(end).copied();
    match word.as_bytes()[0] {
        b'u' | b'U' => next == Some(b'&'),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' | b'e' | b'E' => next == Some(b'\''),
        _ => false,
    }
}

fn word_token(source: &str, start: usize, end: usize) -> Token<'_> {
    let folded = fold(&source[start..end]);
    let keyword = keywords::find(&folded);
    let text = match keyword {
        Some(keyword) => Cow::Borrowed(keyword.word),
        None => truncate(folded),
    };
    let kind = if keyword.is_some() { TokenKind::Keyword } else { TokenKind::Identifier };
    Token { kind, keyword, text, start: start as u32, end: end as u32 }
}

#[cfg(test)]
mod tests;
