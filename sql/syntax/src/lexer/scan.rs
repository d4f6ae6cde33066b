//! One token from the source text, by PostgreSQL's lexical rules.

use std::borrow::Cow;

use super::strings::{self, Escapes};
use super::{Token, TokenKind, character_position, truncate, word_token};
use crate::error::SyntaxError;

pub struct Scanner<'a> {
    pub source: &'a str,
    pub bytes: &'a [u8],
    pub position: usize,
}

pub fn is_operator_character(character: u32) -> bool {
    u8::try_from(character).is_ok_and(|byte| b"~!@#^&|`?+-*/%<>=".contains(&byte))
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

impl<'a> Scanner<'a> {
    pub fn new(source: &'a str) -> Scanner<'a> {
        Scanner { source, bytes: source.as_bytes(), position: 0 }
    }

    pub fn byte(&self, offset: usize) -> u8 {
        self.bytes.get(offset).copied().unwrap_or(0)
    }

    /// An error with PostgreSQL's `at or near` text from `start` to `end`.
    pub fn error_near(&self, message: &str, start: usize, end: usize) -> SyntaxError {
        let mut end = end.min(self.source.len());
        while !self.source.is_char_boundary(end) {
            end += 1;
        }
        let message = if start >= self.source.len() {
            format!("{message} at end of input")
        } else {
            format!("{message} at or near \"{}\"", &self.source[start..end])
        };
        self.error("42601", message, start)
    }

    pub fn error(&self, sqlstate: &'static str, message: String, start: usize) -> SyntaxError {
        SyntaxError {
            sqlstate,
            message,
            position: character_position(self.source, start),
            detail: None,
            hint: None,
        }
    }

    fn token(&self, kind: TokenKind, text: Cow<'a, str>, start: usize) -> Token<'a> {
        Token { kind, keyword: None, text, start: start as u32, end: self.position as u32 }
    }

    /// The token at the position, or nothing after blanks and comments.
    pub fn next(&mut self) -> Result<Option<Token<'a>>, SyntaxError> {
        let start = self.position;
        let first = self.byte(start);
        let second = self.byte(start + 1);
        match first {
            _ if start >= self.bytes.len() => Ok(None),
            0 => Err(self.error(
                "22021",
                "invalid byte sequence for encoding \"UTF8\": 0x00".to_owned(),
                start,
            )),
            _ if is_space(first) => {
                self.position += 1;
                Ok(None)
            }
            b'-' if second == b'-' => {
                self.skip_line();
                Ok(None)
            }
            b'/' if second == b'*' => self.skip_comment().map(|()| None),
            b'\'' => strings::quoted(self, start, start + 1, Escapes::None).map(Some),
            b'e' | b'E' if second == b'\'' => {
                strings::quoted(self, start, start + 2, Escapes::Backslash).map(Some)
            }
            b'b' | b'B' if second == b'\'' => {
                strings::quoted(self, start, start + 2, Escapes::Bits).map(Some)
            }
            b'x' | b'X' if second == b'\'' => {
                strings::quoted(self, start, start + 2, Escapes::Hex).map(Some)
            }
            b'n' | b'N' if second == b'\'' => {
                // The word `nchar`, and the string stays for the next call.
                self.position += 1;
                let mut token = self.token(TokenKind::Keyword, Cow::Borrowed("nchar"), start);
                token.keyword = crate::keywords::find("nchar");
                Ok(Some(token))
            }
            b'u' | b'U' if second == b'&' && self.byte(start + 2) == b'\'' => {
                strings::quoted(self, start, start + 3, Escapes::Unicode).map(Some)
            }
            b'u' | b'U' if second == b'&' && self.byte(start + 2) == b'"' => {
                strings::quoted_identifier(self, start, start + 3, true).map(Some)
            }
            b'"' => strings::quoted_identifier(self, start, start + 1, false).map(Some),
            b'$' => self.dollar().map(Some),
            b'.' if second == b'.' => Ok(Some(self.symbol(2))),
            b'.' if !second.is_ascii_digit() => Ok(Some(self.symbol(1))),
            b':' if second == b':' || second == b'=' => Ok(Some(self.symbol(2))),
            b'0'..=b'9' | b'.' => self.number().map(Some),
            b',' | b'(' | b')' | b'[' | b']' | b';' | b':' => Ok(Some(self.symbol(1))),
            _ if is_operator_character(u32::from(first)) => self.operator().map(Some),
            _ if is_word_start(first) => {
                let mut end = start + 1;
                while is_word_part(self.byte(end)) && end < self.bytes.len() {
                    end += 1;
                }
                self.position = end;
                Ok(Some(word_token(self.source, start, end)))
            }
            _ => Ok(Some(self.symbol(1))),
        }
    }

    fn symbol(&mut self, length: usize) -> Token<'a> {
        let start = self.position;
        self.position += length;
        self.token(TokenKind::Symbol, Cow::Borrowed(&self.source[start..self.position]), start)
    }

    fn skip_line(&mut self) {
        while self.position < self.bytes.len() && !matches!(self.byte(self.position), b'\n' | b'\r')
        {
            self.position += 1;
        }
    }

    fn skip_comment(&mut self) -> Result<(), SyntaxError> {
        let start = self.position;
        let mut depth = 0usize;
        while self.position < self.bytes.len() {
            match (self.byte(self.position), self.byte(self.position + 1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.position += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.position += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => self.position += 1,
            }
        }
        Err(self.error_near("unterminated /* comment", start, self.source.len()))
    }

    fn operator(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.position;
        let mut end = start;
        while is_operator_character(u32::from(self.byte(end))) {
            // A comment ends the operator.
            let comment =
                matches!((self.byte(end), self.byte(end + 1)), (b'/', b'*') | (b'-', b'-'));
            if comment && end > start {
                break;
            }
            end += 1;
        }
        // `+` and `-` may only end an operator that has one of these characters.
        let frees_sign = |byte: &u8| b"~!@#^&|`?%".contains(byte);
        while end - start > 1
            && matches!(self.byte(end - 1), b'+' | b'-')
            && !self.bytes[start..end - 1].iter().any(frees_sign)
        {
            end -= 1;
        }
        self.position = end;
        if end - start > MAX_OPERATOR_BYTES {
            return Err(self.error_near("operator too long", start, end));
        }
        let text = match &self.source[start..end] {
            "!=" => "<>",
            other => other,
        };
        Ok(self.token(TokenKind::Operator, Cow::Borrowed(text), start))
    }

    fn dollar(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.position;
        let mut end = start + 1;
        if self.byte(end).is_ascii_digit() {
            while self.byte(end).is_ascii_digit() {
                end += 1;
            }
            if is_word_start(self.byte(end)) {
                return Err(self.junk("trailing junk after parameter", start, end));
            }
            self.position = end;
            return Ok(self.token(
                TokenKind::Parameter,
                Cow::Borrowed(&self.source[start + 1..end]),
                start,
            ));
        }
        if is_word_start(self.byte(end)) {
            while is_word_part(self.byte(end)) && self.byte(end) != b'$' && end < self.bytes.len() {
                end += 1;
            }
        }
        if self.byte(end) != b'$' {
            return Ok(self.symbol(1));
        }
        let tag = &self.source[start..=end];
        match self.source[end + 1..].find(tag) {
            Some(length) => {
                let body = &self.source[end + 1..end + 1 + length];
                self.position = end + 1 + length + tag.len();
                Ok(self.token(TokenKind::String, Cow::Borrowed(body), start))
            }
            None => {
                Err(self.error_near("unterminated dollar-quoted string", start, self.source.len()))
            }
        }
    }

    fn junk(&self, message: &str, start: usize, mut end: usize) -> SyntaxError {
        while is_word_part(self.byte(end)) && end < self.bytes.len() {
            end += 1;
        }
        self.error_near(message, start, end)
    }

    /// Digits with single underscores between them; the end of the run.
    fn digits(&self, mut end: usize, accept: fn(&u8) -> bool) -> usize {
        loop {
            if accept(&self.byte(end)) {
                end += 1;
            } else if self.byte(end) == b'_' && accept(&self.byte(end + 1)) {
                end += 2;
            } else {
                return end;
            }
        }
    }

    fn number(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.position;
        let radix = match (self.byte(start), self.byte(start + 1)) {
            (b'0', b'x' | b'X') => {
                Some((16u32, u8::is_ascii_hexdigit as fn(&u8) -> bool, "hexadecimal"))
            }
            (b'0', b'o' | b'O') => {
                Some((8, (|byte: &u8| (b'0'..=b'7').contains(byte)) as _, "octal"))
            }
            (b'0', b'b' | b'B') => {
                Some((2, (|byte: &u8| matches!(byte, b'0' | b'1')) as _, "binary"))
            }
            _ => None,
        };
        if let Some((radix, accept, name)) = radix {
            let end = self.digits(start + 2, accept);
            if end == start + 2 {
                return Err(self.error_near(&format!("invalid {name} integer"), start, end));
            }
            if is_word_part(self.byte(end)) {
                return Err(self.junk("trailing junk after numeric literal", start, end));
            }
            self.position = end;
            let digits: String =
                self.source[start + 2..end].chars().filter(|&digit| digit != '_').collect();
            return Ok(match i32::from_str_radix(&digits, radix) {
                Ok(value) => self.token(TokenKind::Integer, Cow::Owned(value.to_string()), start),
                Err(_) => {
                    self.token(TokenKind::Float, Cow::Owned(to_decimal(&digits, radix)), start)
                }
            });
        }
        let is_digit: fn(&u8) -> bool = u8::is_ascii_digit;
        let mut end = self.digits(start, is_digit);
        let mut fraction = false;
        if self.byte(end) == b'.' && self.byte(end + 1) != b'.' {
            fraction = true;
            end += 1;
            if is_digit(&self.byte(end)) {
                end = self.digits(end, is_digit);
            }
        }
        if matches!(self.byte(end), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
            if is_digit(&self.byte(end + 1 + sign)) {
                end = self.digits(end + 1 + sign, is_digit);
                fraction = true;
            } else {
                let end = end + 1 + sign;
                return Err(self.junk("trailing junk after numeric literal", start, end));
            }
        }
        if is_word_start(self.byte(end)) {
            return Err(self.junk("trailing junk after numeric literal", start, end));
        }
        self.position = end;
        let raw = &self.source[start..end];
        let text =
            if raw.contains('_') { Cow::Owned(raw.replace('_', "")) } else { Cow::Borrowed(raw) };
        let integer = !fraction && text.parse::<i32>().is_ok();
        let kind = if integer { TokenKind::Integer } else { TokenKind::Float };
        Ok(self.token(kind, text, start))
    }

    pub fn identifier(&self, name: Cow<'a, str>, start: usize) -> Token<'a> {
        self.token(TokenKind::Identifier, truncate(name), start)
    }
}

/// PostgreSQL's NAMEDATALEN bounds operators too.
const MAX_OPERATOR_BYTES: usize = 63;

/// Digits of any length to decimal.
fn to_decimal(digits: &str, radix: u32) -> String {
    const BASE: u64 = 1_000_000_000;
    // A literal this long is no number anyone means; the schoolbook loop below is quadratic.
    const LONGEST: usize = 4096;
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars().take(LONGEST) {
        let mut carry = u64::from(digit.to_digit(radix).unwrap_or(0));
        for limb in &mut limbs {
            let value = *limb * u64::from(radix) + carry;
            *limb = value % BASE;
            carry = value / BASE;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut text = limbs.last().map_or_else(String::new, u64::to_string);
    for limb in limbs.iter().rev().skip(1) {
        text.push_str(&format!("{limb:09}"));
    }
    text
}
