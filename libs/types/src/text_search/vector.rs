//! `tsvector`: sorted lexemes, each with the places where it stood.

use std::fmt;

use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// Positions above are stored as this one.
pub const MAX_POSITION: u16 = 16_383;
/// The most positions one lexeme keeps.
const MAX_POSITIONS: usize = 255;
/// The longest lexeme, in bytes.
const MAX_LEXEME_BYTES: usize = 2046;

/// A place in the document, and its weight: 0 to 3 for D to A.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub at: u16,
    pub weight: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lexeme {
    pub word: String,
    pub positions: Vec<Position>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vector {
    /// By the bytes of the word, without duplicates.
    pub lexemes: Vec<Lexeme>,
}

pub(super) fn write_word(word: &str, out: &mut String) {
    out.push('\'');
    for character in word.chars() {
        if matches!(character, '\'' | '\\') {
            out.push(character);
        }
        out.push(character);
    }
    out.push('\'');
}

impl Vector {
    /// Sorts, joins equal words, and orders and bounds their positions; of two weights at one place the higher stays.
    pub fn new(mut lexemes: Vec<Lexeme>) -> Vector {
        lexemes.sort_by(|left, right| left.word.as_bytes().cmp(right.word.as_bytes()));
        let mut joined: Vec<Lexeme> = Vec::with_capacity(lexemes.len());
        for lexeme in lexemes {
            match joined.last_mut() {
                Some(last) if last.word == lexeme.word => last.positions.extend(lexeme.positions),
                _ => joined.push(lexeme),
            }
        }
        for lexeme in &mut joined {
            lexeme
                .positions
                .sort_by(|left, right| left.at.cmp(&right.at).then(right.weight.cmp(&left.weight)));
            lexeme.positions.dedup_by_key(|position| position.at);
            lexeme.positions.truncate(MAX_POSITIONS);
        }
        Vector { lexemes: joined }
    }

    pub fn parse(text: &str) -> SqlResult<Vector> {
        let mut reader = Reader { text, rest: text };
        let mut lexemes = Vec::new();
        while let Some(word) = reader.word()? {
            if word.len() > MAX_LEXEME_BYTES {
                return Err(SqlError::new(
                    sqlstate::PROGRAM_LIMIT_EXCEEDED,
                    format!(
                        "word is too long ({} bytes, max {MAX_LEXEME_BYTES} bytes)",
                        word.len()
                    ),
                ));
            }
            lexemes.push(Lexeme { word, positions: reader.positions()? });
        }
        Ok(Vector::new(lexemes))
    }

    pub fn find(&self, word: &str) -> Option<&Lexeme> {
        let found = self
            .lexemes
            .binary_search_by(|lexeme| lexeme.word.as_bytes().cmp(word.as_bytes()))
            .ok()?;
        self.lexemes.get(found)
    }

    /// The lexemes a word of a query means.
    pub fn find_all(&self, word: &str, prefix: bool) -> &[Lexeme] {
        let before = |lexeme: &Lexeme| lexeme.word.as_bytes() < word.as_bytes();
        let start = self.lexemes.partition_point(before);
        let fits = |lexeme: &&Lexeme| {
            if prefix { lexeme.word.starts_with(word) } else { lexeme.word == word }
        };
        let count = self.lexemes[start..].iter().take_while(fits).count();
        &self.lexemes[start..start + count]
    }
}

impl fmt::Display for Vector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        for (index, lexeme) in self.lexemes.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            write_word(&lexeme.word, &mut out);
            for (index, position) in lexeme.positions.iter().enumerate() {
                out.push(if index == 0 { ':' } else { ',' });
                out.push_str(&position.at.to_string());
                if let Some(letter) = ["", "C", "B", "A"].get(usize::from(position.weight)) {
                    out.push_str(letter);
                }
            }
        }
        formatter.write_str(&out)
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    fn fail(&self) -> SqlError {
        SqlError::new(
            sqlstate::SYNTAX_ERROR,
            format!("syntax error in tsvector: \"{}\"", self.text),
        )
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn word(&mut self) -> SqlResult<Option<String>> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut word = String::new();
        if let Some(rest) = self.rest.strip_prefix('\'') {
            self.rest = rest;
            loop {
                match self.next().ok_or_else(|| self.fail())? {
                    '\'' if self.rest.starts_with('\'') => {
                        self.next();
                        word.push('\'');
                    }
                    '\'' => break,
                    '\\' => word.push(self.next().ok_or_else(|| self.fail())?),
                    other => word.push(other),
                }
            }
            if word.is_empty() {
                return Err(self.fail());
            }
            return Ok(Some(word));
        }
        while let Some(next) = self.rest.chars().next() {
            if next.is_whitespace() || next == ':' {
                break;
            }
            self.next();
            word.push(if next == '\\' { self.next().ok_or_else(|| self.fail())? } else { next });
        }
        if word.is_empty() { Err(self.fail()) } else { Ok(Some(word)) }
    }

    fn positions(&mut self) -> SqlResult<Vec<Position>> {
        let mut list = Vec::new();
        let Some(rest) = self.rest.strip_prefix(':') else {
            return Ok(list);
        };
        self.rest = rest;
        loop {
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = self.rest.get(..digits).unwrap_or_default();
            if number.is_empty() {
                return Err(self.fail());
            }
            let at = number.parse::<u32>().unwrap_or(u32::MAX).min(MAX_POSITION.into()) as u16;
            if at == 0 {
                return Err(SqlError::new(
                    sqlstate::SYNTAX_ERROR,
                    format!("wrong position info in tsvector: \"{}\"", self.text),
                ));
            }
            self.rest = &self.rest[digits..];
            let weight = match self.rest.bytes().next().map(|byte| byte.to_ascii_lowercase()) {
                Some(b'a' | b'*') => Some(3),
                Some(b'b') => Some(2),
                Some(b'c') => Some(1),
                Some(b'd') => Some(0),
                _ => None,
            };
            if weight.is_some() {
                self.next();
            }
            list.push(Position { at, weight: weight.unwrap_or(0) });
            match self.rest.chars().next() {
                Some(',') => {
                    self.next();
                }
                Some(next) if !next.is_whitespace() => return Err(self.fail()),
                _ => return Ok(list),
            }
        }
    }
}
