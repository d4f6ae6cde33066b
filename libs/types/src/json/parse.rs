//! Reading JSON, with PostgreSQL's messages.

use super::Json;
use crate::error::{SqlError, SqlResult};
use crate::numeric::Numeric;
use crate::sqlstate;

/// Arrays and objects may be nested this deep.
pub const MAX_DEPTH: usize = 1_000;
/// Longest excerpt of the text in an error's context.
const CONTEXT_BYTES: usize = 50;

/// Checks that `text` is JSON, for `json` which keeps its text.
pub fn validate(text: &str) -> SqlResult<()> {
    let mut parser = Parser { text, position: 0, build: false };
    parser.document().map(|_| ())
}

pub(super) fn parse(text: &str) -> SqlResult<Json> {
    let mut parser = Parser { text, position: 0, build: true };
    parser.document()
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
    /// Whether the tree is wanted, and so escapes must have a meaning.
    pub(super) build: bool,
}

impl<'a> Parser<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes().get(self.position).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn document(&mut self) -> SqlResult<Json> {
        let value = self.value(0, "JSON value")?;
        self.finish()?;
        Ok(value)
    }

    /// Nothing but blanks may follow.
    pub(super) fn finish(&mut self) -> SqlResult<()> {
        self.skip_space();
        if self.position < self.text.len() {
            return Err(self.unexpected("end of input"));
        }
        Ok(())
    }

    /// The token at the position, as it would be shown: a word, a string up to where it is wrong, or one character.
    fn token_end(&self) -> usize {
        let rest = &self.text[self.position..];
        let word = |character: char| {
            character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
        };
        let Some(first) = rest.chars().next() else {
            return self.position;
        };
        let length = if word(first) {
            rest.find(|character| !word(character)).unwrap_or(rest.len())
        } else if first == '"' {
            let mut escaped = false;
            rest[1..]
                .bytes()
                .position(|byte| {
                    let end = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    end
                })
                .map_or(rest.len(), |end| end + 2)
        } else if first == '-' {
            rest[1..].find(|character| !word(character)).map_or(rest.len(), |end| end + 1)
        } else {
            first.len_utf8()
        };
        self.position + length
    }

    fn unexpected(&self, expected: &str) -> SqlError {
        let end = self.token_end();
        if end == self.position {
            return self.error("The input string ended unexpectedly.".to_owned(), end);
        }
        let token = &self.text[self.position..end];
        let first = token.bytes().next().unwrap_or(b' ');
        // What is not a token at all is reported as such, whatever was expected.
        let known = matches!(first, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"' | b'-')
            || first.is_ascii_digit()
            || matches!(token, "true" | "false" | "null");
        if !known {
            return self.error(format!("Token \"{token}\" is invalid."), end);
        }
        let detail = match expected {
            "JSON value"
            | "array element or \"]\""
            | "string or \"}\""
            | "end of input"
            | "string" => {
                format!("Expected {expected}, but found \"{token}\".")
            }
            _ => format!("Expected {expected}, but found \"{token}\"."),
        };
        self.error(detail, end)
    }

    fn error(&self, detail: String, end: usize) -> SqlError {
        SqlError::new(sqlstate::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json")
            .detail(detail)
            .context(self.context(end))
    }

    /// The line up to `end`, shortened at its start.
    fn context(&self, end: usize) -> String {
        let before = &self.text[..self.position.min(end)];
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let mut start = line_start;
        if end - start >= CONTEXT_BYTES {
            start = end - CONTEXT_BYTES + 1;
            while !self.text.is_char_boundary(start) {
                start += 1;
            }
        }
        let prefix = if start > line_start { "..." } else { "" };
        let more =
            self.text[end..].bytes().next().is_some_and(|byte| byte != b'\n' && byte != b'\r');
        let suffix = if more { "..." } else { "" };
        format!("JSON data, line {line}: {prefix}{}{suffix}", &self.text[start..end])
    }

    pub(super) fn value(&mut self, depth: usize, expected: &str) -> SqlResult<Json> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let end = self.token_end();
                let value = match &self.text[self.position..end] {
                    "true" => Json::Bool(true),
                    "false" => Json::Bool(false),
                    "null" => Json::Null,
                    _ => return Err(self.unexpected(expected)),
                };
                self.position = end;
                Ok(value)
            }
        }
    }

    fn check_depth(&self, depth: usize) -> SqlResult<()> {
        if depth > MAX_DEPTH {
            return Err(SqlError::new(
                sqlstate::STATEMENT_TOO_COMPLEX,
                "stack depth limit exceeded",
            )
            .detail(format!("JSON may be nested {MAX_DEPTH} levels deep.")));
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> SqlResult<Json> {
        if !self.build {
            return self.array_parts(depth, &mut |_| ()).map(|()| Json::Null);
        }
        let mut elements = Vec::new();
        self.array_values(depth, &mut |_, element| elements.push(element))?;
        Ok(Json::Array(elements))
    }

    /// Hands out each element as it was written.
    pub(super) fn array_parts(
        &mut self,
        depth: usize,
        emit: &mut dyn FnMut(&'a str),
    ) -> SqlResult<()> {
        self.array_values(depth, &mut |text, _| emit(text))
    }

    fn array_values(&mut self, depth: usize, emit: &mut dyn FnMut(&'a str, Json)) -> SqlResult<()> {
        self.check_depth(depth)?;
        self.position += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(());
        }
        let mut expected = "array element or \"]\"";
        loop {
            self.skip_space();
            let start = self.position;
            let element = self.value(depth, expected)?;
            expected = "JSON value";
            emit(&self.text[start..self.position], element);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => {
                    self.position += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected("\",\" or \"]\"")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> SqlResult<Json> {
        if !self.build {
            return self.object_parts(depth, &mut |_, _| ()).map(|()| Json::Null);
        }
        let mut pairs = Vec::new();
        self.object_values(depth, &mut |key, _, value| pairs.push((key, value)))?;
        Ok(Json::object(pairs))
    }

    /// Hands out each key and its value as it was written.
    pub(super) fn object_parts(
        &mut self,
        depth: usize,
        emit: &mut dyn FnMut(String, &'a str),
    ) -> SqlResult<()> {
        self.object_values(depth, &mut |key, text, _| emit(key, text))
    }

    fn object_values(
        &mut self,
        depth: usize,
        emit: &mut dyn FnMut(String, &'a str, Json),
    ) -> SqlResult<()> {
        self.check_depth(depth)?;
        self.position += 1;
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(());
        }
        let mut expected = "string or \"}\"";
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected(expected));
            }
            expected = "string";
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("\":\""));
            }
            self.position += 1;
            self.skip_space();
            let start = self.position;
            let value = self.value(depth, "JSON value")?;
            emit(key, &self.text[start..self.position], value);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => {
                    self.position += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected("\",\" or \"}\"")),
            }
        }
    }

    fn number(&mut self) -> SqlResult<Json> {
        let bytes = self.bytes();
        let start = self.position;
        let mut end = start;
        let digits = |end: &mut usize| {
            let first = *end;
            while bytes.get(*end).is_some_and(u8::is_ascii_digit) {
                *end += 1;
            }
            *end > first
        };
        if bytes.get(end) == Some(&b'-') {
            end += 1;
        }
        let mut valid = if bytes.get(end) == Some(&b'0') {
            end += 1;
            true
        } else {
            digits(&mut end)
        };
        if bytes.get(end) == Some(&b'.') {
            end += 1;
            valid &= digits(&mut end);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            end += 1;
            if matches!(bytes.get(end), Some(b'+' | b'-')) {
                end += 1;
            }
            valid &= digits(&mut end);
        }
        let rest = &self.text[end..];
        let junk = |character: char| {
            character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
        };
        let after = rest.find(|character| !junk(character)).unwrap_or(rest.len());
        if !valid || after > 0 {
            let end = end + after;
            let token = &self.text[start..end];
            return Err(self.error(format!("Token \"{token}\" is invalid."), end));
        }
        self.position = end;
        if !self.build {
            return Ok(Json::Null);
        }
        Numeric::parse(&self.text[start..end]).map(Json::Number)
    }

    fn string(&mut self) -> SqlResult<String> {
        let start = self.position;
        let mut position = start + 1;
        let mut value = String::new();
        let mut copied = position;
        loop {
            let Some(&byte) = self.bytes().get(position) else {
                let token = &self.text[start..];
                let detail = format!("Token \"{token}\" is invalid.");
                return Err(self.error(detail, self.text.len()));
            };
            match byte {
                b'"' => break,
                0..=0x1f => {
                    let detail = format!("Character with value 0x{byte:02x} must be escaped.");
                    return Err(self.error(detail, position));
                }
                b'\\' => {
                    value.push_str(&self.text[copied..position]);
                    position = self.escape(position + 1, &mut value)?;
                    copied = position;
                }
                _ => position += 1,
            }
        }
        value.push_str(&self.text[copied..position]);
        self.position = position + 1;
        Ok(value)
    }

    /// Reads what follows a backslash and gives the position behind it.
    fn escape(&self, position: usize, value: &mut String) -> SqlResult<usize> {
        let Some(character) = self.text[position..].chars().next() else {
            let token = &self.text[self.position..];
            let detail = format!("Token \"{token}\" is invalid.");
            return Err(self.error(detail, self.text.len()));
        };
        value.push(match character {
            '"' | '\\' | '/' => character,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode_escape(position + 1, value),
            _ => {
                let end = position + character.len_utf8();
                return Err(
                    self.error(format!("Escape sequence \"\\{character}\" is invalid."), end)
                );
            }
        });
        Ok(position + 1)
    }

    fn hexadecimal(&self, position: usize) -> SqlResult<u32> {
        let digits = self.bytes().get(position..position + 4);
        digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| {
                let good = self.bytes()[position..]
                    .iter()
                    .take(4)
                    .take_while(|byte| byte.is_ascii_hexdigit())
                    .count();
                let wrong = self.text[position + good..].chars().next().map_or(0, char::len_utf8);
                let detail = "\"\\u\" must be followed by four hexadecimal digits.".to_owned();
                self.error(detail, position + good + wrong)
            })
    }

    fn unicode_escape(&self, position: usize, value: &mut String) -> SqlResult<usize> {
        let unit = self.hexadecimal(position)?;
        let after = position + 4;
        let low_expected = "Unicode low surrogate must follow a high surrogate.";
        let (code, end) = match unit {
            0 if self.build => {
                return Err(SqlError::new(
                    sqlstate::UNTRANSLATABLE_CHARACTER,
                    "unsupported Unicode escape sequence",
                )
                .detail("\\u0000 cannot be converted to text.")
                .context(self.context(after)));
            }
            0xD800..=0xDBFF => {
                if self.bytes().get(after..after + 2) != Some(b"\\u") {
                    if !self.build {
                        return Ok(after);
                    }
                    return Err(self.error(low_expected.to_owned(), after));
                }
                let low = self.hexadecimal(after + 2)?;
                if !(0xDC00..=0xDFFF).contains(&low) {
                    if !self.build {
                        return Ok(after);
                    }
                    return Err(self.error(low_expected.to_owned(), after + 6));
                }
                (0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), after + 6)
            }
            0xDC00..=0xDFFF if self.build => {
                return Err(self.error(low_expected.to_owned(), after));
            }
            _ => (unit, after),
        };
        value.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(end)
    }
}
