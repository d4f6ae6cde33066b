//! Words of a `jsonpath`.

use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// An unquoted name or keyword.
    Word(String),
    /// A quoted string.
    Quoted(String),
    Number(String),
    Variable(String),
    Symbol(&'static str),
    End,
}

/// A token and where its text is.
#[derive(Clone, Debug)]
pub(super) struct Lexeme {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

const SYMBOLS: &[&str] = &[
    "**", "==", "!=", "<>", "<=", ">=", "&&", "||", "?", "%", "$", ".", "[", "]", "{", "}", "(",
    ")", "!", "<", ">", "@", ",", "*", "-", "+", "/", "&", "|", "=", "#", ":",
];

fn is_special(character: char) -> bool {
    "?%$.[]{}()|&!=<>@#,*:-+/".contains(character)
}

fn is_word(character: char) -> bool {
    !is_special(character) && !is_blank(character) && !matches!(character, '"' | '\\')
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

pub(super) fn syntax_error(text: &str, near: Option<&str>, what: &str) -> SqlError {
    let _ = text;
    let place = match near {
        Some(near) if !near.is_empty() => format!("at or near \"{near}\" of jsonpath input"),
        _ => "at end of jsonpath input".to_owned(),
    };
    SqlError::new(sqlstate::SYNTAX_ERROR, format!("{what} {place}"))
}

pub(super) fn tokens(text: &str) -> SqlResult<Vec<Lexeme>> {
    let mut lexer = Lexer { text, position: 0 };
    let mut list = Vec::new();
    loop {
        let lexeme = lexer.next()?;
        let done = lexeme.token == Token::End;
        list.push(lexeme);
        if done {
            return Ok(list);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fail(&self, start: usize, what: &str) -> SqlError {
        syntax_error(self.text, self.text.get(start..self.position), what)
    }

    fn next(&mut self) -> SqlResult<Lexeme> {
        self.skip_blanks()?;
        let start = self.position;
        let Some(character) = self.peek() else {
            return Ok(Lexeme { token: Token::End, start, end: start });
        };
        let after_dot = self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        let token = match character {
            '"' => {
                self.position += 1;
                Token::Quoted(self.quoted(start)?)
            }
            '$' => {
                self.position += 1;
                match self.peek() {
                    Some('"') => {
                        self.position += 1;
                        Token::Variable(self.quoted(start)?)
                    }
                    Some(next) if is_word(next) || next == '\\' => {
                        Token::Variable(self.word(start)?)
                    }
                    _ => Token::Symbol("$"),
                }
            }
            '0'..='9' => Token::Number(self.number(start)?),
            '.' if after_dot => Token::Number(self.number(start)?),
            character if is_word(character) || character == '\\' => Token::Word(self.word(start)?),
            _ => {
                let rest = self.rest();
                let symbol = SYMBOLS.iter().copied().find(|symbol| rest.starts_with(symbol));
                let Some(symbol) = symbol else {
                    self.position += character.len_utf8();
                    return Err(self.fail(start, "syntax error"));
                };
                self.position += symbol.len();
                Token::Symbol(symbol)
            }
        };
        Ok(Lexeme { token, start, end: self.position })
    }

    fn skip_blanks(&mut self) -> SqlResult<()> {
        loop {
            let rest = &self.text[self.position..];
            let trimmed = rest.trim_start_matches(is_blank);
            self.position += rest.len() - trimmed.len();
            if !trimmed.starts_with("/*") {
                return Ok(());
            }
            match trimmed.find("*/") {
                Some(end) => self.position += end + 2,
                None => {
                    self.position = self.text.len();
                    return Err(self.fail(self.position, "unexpected end of comment"));
                }
            }
        }
    }

    fn word(&mut self, start: usize) -> SqlResult<String> {
        let mut word = String::new();
        while let Some(character) = self.peek() {
            if character == '\\' {
                self.position += 1;
                self.escape(start, &mut word)?;
            } else if is_word(character) && !self.rest().starts_with("/*") {
                self.position += character.len_utf8();
                word.push(character);
            } else {
                break;
            }
        }
        Ok(word)
    }

    fn quoted(&mut self, start: usize) -> SqlResult<String> {
        let mut word = String::new();
        loop {
            let Some(character) = self.peek() else {
                return Err(self.fail(start, "unterminated quoted string"));
            };
            self.position += character.len_utf8();
            match character {
                '"' => return Ok(word),
                '\\' => self.escape(start, &mut word)?,
                character => word.push(character),
            }
        }
    }

    fn digits(&mut self, start: usize, maximum: usize, exact: bool) -> SqlResult<u32> {
        let from = self.position;
        while self.position - from < maximum
            && self.peek().is_some_and(|next| next.is_ascii_hexdigit())
        {
            self.position += 1;
        }
        let digits = &self.text[from..self.position];
        if digits.is_empty() || (exact && digits.len() != maximum) {
            return Err(self.fail(start, "invalid Unicode escape sequence"));
        }
        u32::from_str_radix(digits, 16)
            .map_err(|_| self.fail(start, "invalid Unicode escape sequence"))
    }

    fn unicode(&mut self, start: usize) -> SqlResult<u32> {
        if self.rest().starts_with('{') {
            self.position += 1;
            let code = self.digits(start, 6, false)?;
            if !self.rest().starts_with('}') {
                return Err(self.fail(start, "invalid Unicode escape sequence"));
            }
            self.position += 1;
            return Ok(code);
        }
        self.digits(start, 4, true)
    }

    fn escape(&mut self, start: usize, word: &mut String) -> SqlResult<()> {
        let Some(character) = self.peek() else {
            return Err(self.fail(start, "unexpected end after backslash"));
        };
        self.position += character.len_utf8();
        word.push(match character {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => {
                let code = self.digits(start, 2, true)?;
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            'u' => {
                let mut code = self.unicode(start)?;
                if (0xd800..0xdc00).contains(&code) && self.rest().starts_with("\\u") {
                    self.position += 2;
                    let low = self.unicode(start)?;
                    if (0xdc00..0xe000).contains(&low) {
                        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    }
                }
                if code == 0 {
                    return Err(SqlError::new(
                        sqlstate::UNTRANSLATABLE_CHARACTER,
                        "unsupported Unicode escape sequence",
                    )
                    .detail("\\u0000 cannot be converted to text."));
                }
                char::from_u32(code).ok_or_else(|| {
                    SqlError::new(
                        sqlstate::INVALID_TEXT_REPRESENTATION,
                        "invalid input syntax for type jsonpath",
                    )
                    .detail("Unicode low surrogate must follow a high surrogate.")
                })?
            }
            other => other,
        });
        Ok(())
    }

    fn number(&mut self, start: usize) -> SqlResult<String> {
        let bytes = self.text.as_bytes();
        let at = |position: usize| bytes.get(position).copied().unwrap_or(0);
        let mut end = start;
        let prefixed =
            at(start) == b'0' && matches!(at(start + 1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B');
        let digit_run = |mut end: usize, radix: u32| {
            while char::from(at(end)).is_digit(radix)
                || (at(end) == b'_' && char::from(at(end + 1)).is_digit(radix))
            {
                end += 1;
            }
            end
        };
        if prefixed {
            let radix = match at(start + 1).to_ascii_lowercase() {
                b'x' => 16,
                b'o' => 8,
                _ => 2,
            };
            end = digit_run(start + 2, radix);
        } else {
            end = digit_run(end, 10);
            if at(end) == b'.' {
                end = digit_run(end + 1, 10);
            }
            if matches!(at(end), b'e' | b'E') {
                let signed = end + 1 + usize::from(matches!(at(end + 1), b'+' | b'-'));
                if at(signed).is_ascii_digit() {
                    end = digit_run(signed, 10);
                }
            }
        }
        self.position = end;
        let digits = self.text[start..end].to_owned();
        let leading_zero = !prefixed
            && digits.len() > 1
            && digits.starts_with('0')
            && digits.as_bytes()[1].is_ascii_digit();
        if leading_zero || self.peek().is_some_and(is_word) || digits.ends_with(['x', 'o']) {
            if let Some(next) = self.peek() {
                self.position += next.len_utf8();
            }
            return Err(self.fail(start, "trailing junk after numeric literal"));
        }
        Ok(digits)
    }
}
