//! Quoted literals: plain, escaped, bit, Unicode, and quoted identifiers.

use std::borrow::Cow;

use super::scan::{Scanner, is_space};
use super::{Token, TokenKind};
use crate::error::SyntaxError;

/// What a backslash means inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    None,
    Backslash,
    Bits,
    Hex,
    Unicode,
}

/// A string whose opening quote ends at `body`.
pub fn quoted<'a>(
    scanner: &mut Scanner<'a>,
    start: usize,
    body: usize,
    escapes: Escapes,
) -> Result<Token<'a>, SyntaxError> {
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut piece = body;
    let mut position = body;
    let mut plain = true;
    loop {
        if position >= scanner.bytes.len() {
            let what = match escapes {
                Escapes::Bits => "unterminated bit string literal",
                Escapes::Hex => "unterminated hexadecimal string literal",
                _ => "unterminated quoted string",
            };
            return Err(scanner.error_near(what, start, scanner.source.len()));
        }
        match scanner.byte(position) {
            b'\\' if escapes == Escapes::Backslash => {
                plain = false;
                position += 2;
            }
            b'\\' => {
                plain &= escapes != Escapes::Unicode;
                position += 1;
            }
            b'\'' if scanner.byte(position + 1) == b'\'' => {
                plain = false;
                position += 2;
            }
            b'\'' => {
                pieces.push((piece, position));
                position += 1;
                match continuation(scanner, position) {
                    Some(next) => {
                        piece = next;
                        position = next;
                    }
                    None => break,
                }
            }
            0 => {
                return Err(scanner.error(
                    "22021",
                    "invalid byte sequence for encoding \"UTF8\": 0x00".to_owned(),
                    position,
                ));
            }
            _ => position += 1,
        }
    }
    scanner.position = position;
    let kind = match escapes {
        Escapes::Bits => TokenKind::BitString,
        Escapes::Hex => TokenKind::HexString,
        _ => TokenKind::String,
    };
    let text = if plain && pieces.len() == 1 && escapes != Escapes::Unicode {
        Cow::Borrowed(&scanner.source[pieces[0].0..pieces[0].1])
    } else {
        let mut raw = String::new();
        for (from, to) in &pieces {
            raw.push_str(&scanner.source[*from..*to]);
        }
        match escapes {
            Escapes::Backslash => Cow::Owned(unescape(scanner, &raw, start)?),
            Escapes::Unicode => {
                let escape = unicode_escape_character(scanner)?;
                Cow::Owned(unescape_unicode(scanner, &raw.replace("''", "'"), escape, start)?)
            }
            _ => Cow::Owned(raw.replace("''", "'")),
        }
    };
    Ok(Token { kind, keyword: None, text, start: start as u32, end: scanner.position as u32 })
}

/// After a closing quote: blanks with a newline among them and another quote continue the string.
fn continuation(scanner: &Scanner<'_>, mut position: usize) -> Option<usize> {
    let mut newline = false;
    loop {
        match scanner.byte(position) {
            b'\n' | b'\r' => {
                newline = true;
                position += 1;
            }
            b'-' if scanner.byte(position + 1) == b'-' => {
                while position < scanner.bytes.len()
                    && !matches!(scanner.byte(position), b'\n' | b'\r')
                {
                    position += 1;
                }
            }
            b'\'' if newline => return Some(position + 1),
            byte if is_space(byte) => position += 1,
            _ => return None,
        }
    }
}

/// `"name"` or `U&"name"`.
pub fn quoted_identifier<'a>(
    scanner: &mut Scanner<'a>,
    start: usize,
    body: usize,
    unicode: bool,
) -> Result<Token<'a>, SyntaxError> {
    let mut position = body;
    let mut doubled = false;
    loop {
        if position >= scanner.bytes.len() {
            return Err(scanner.error_near(
                "unterminated quoted identifier",
                start,
                scanner.source.len(),
            ));
        }
        match (scanner.byte(position), scanner.byte(position + 1)) {
            (b'"', b'"') => {
                doubled = true;
                position += 2;
            }
            (b'"', _) => break,
            (0, _) => {
                return Err(scanner.error(
                    "22021",
                    "invalid byte sequence for encoding \"UTF8\": 0x00".to_owned(),
                    position,
                ));
            }
            _ => position += 1,
        }
    }
    let raw = &scanner.source[body..position];
    scanner.position = position + 1;
    if raw.is_empty() {
        return Err(scanner.error_near("zero-length delimited identifier", start, position + 1));
    }
    let mut name = if doubled { Cow::Owned(raw.replace("\"\"", "\"")) } else { Cow::Borrowed(raw) };
    if unicode {
        let escape = unicode_escape_character(scanner)?;
        name = Cow::Owned(unescape_unicode(scanner, &name, escape, start)?);
    }
    Ok(scanner.identifier(name, start))
}

/// A following `UESCAPE 'c'`, consumed if there.
fn unicode_escape_character(scanner: &mut Scanner<'_>) -> Result<char, SyntaxError> {
    let after_literal = scanner.position;
    let Some(word) = next_significant(scanner)? else {
        scanner.position = after_literal;
        return Ok('\\');
    };
    if word.kind != TokenKind::Keyword || word.text != "uescape" {
        scanner.position = after_literal;
        return Ok('\\');
    }
    let missing = "UESCAPE must be followed by a simple string literal";
    let Some(value) = next_significant(scanner)? else {
        return Err(scanner.error_near(missing, scanner.source.len(), scanner.source.len()));
    };
    if value.kind != TokenKind::String {
        return Err(scanner.error_near(missing, value.start as usize, value.end as usize));
    }
    let mut characters = value.text.chars();
    match (characters.next(), characters.next()) {
        (Some(escape), None)
            if !escape.is_ascii_hexdigit()
                && !matches!(
                    escape,
                    '+' | '\'' | '"' | ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c'
                ) =>
        {
            Ok(escape)
        }
        _ => Err(scanner.error_near(
            "invalid Unicode escape character",
            value.start as usize,
            value.end as usize,
        )),
    }
}

/// The next token after blanks. Only looked at in one step: a `U&` literal after this one is
/// read as a plain word here, so look-ahead never recurses.
fn next_significant<'a>(scanner: &mut Scanner<'a>) -> Result<Option<Token<'a>>, SyntaxError> {
    while scanner.position < scanner.bytes.len() {
        let unicode = matches!(scanner.byte(scanner.position), b'u' | b'U')
            && scanner.byte(scanner.position + 1) == b'&';
        if unicode {
            return Ok(None);
        }
        if let Some(token) = scanner.next()? {
            return Ok(Some(token));
        }
    }
    Ok(None)
}

fn unescape(scanner: &Scanner<'_>, raw: &str, start: usize) -> Result<String, SyntaxError> {
    let bytes = raw.as_bytes();
    let mut output: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut index = 0;
    let mut high_surrogate: Option<u32> = None;
    let pair_error =
        || scanner.error_near("invalid Unicode surrogate pair", start, scanner.position);
    while index < bytes.len() {
        let byte = bytes[index];
        let unicode = byte == b'\\' && matches!(bytes.get(index + 1), Some(b'u' | b'U'));
        if high_surrogate.is_some() && !unicode {
            return Err(pair_error());
        }
        if byte == b'\'' {
            output.push(b'\'');
            index += 2;
            continue;
        }
        if byte != b'\\' {
            output.push(byte);
            index += 1;
            continue;
        }
        let escaped = bytes.get(index + 1).copied().unwrap_or(b'\\');
        index += 2;
        let simple = match escaped {
            b'b' => Some(8),
            b'f' => Some(12),
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'v' => Some(11),
            _ => None,
        };
        if let Some(value) = simple {
            output.push(value);
        } else if unicode {
            let length = if escaped == b'u' { 4 } else { 8 };
            let Some(code) = hexadecimal(bytes, index, length) else {
                let mut error = scanner.error("22025", "invalid Unicode escape".to_owned(), start);
                error.hint = Some("Unicode escapes must be \\uXXXX or \\UXXXXXXXX.".to_owned());
                return Err(error);
            };
            index += length;
            match combine(&mut high_surrogate, code) {
                Surrogates::Character(character) => {
                    output.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Surrogates::Pending => {}
                Surrogates::BadPair => return Err(pair_error()),
                Surrogates::BadValue => {
                    return Err(scanner.error_near(
                        "invalid Unicode escape value",
                        start,
                        scanner.position,
                    ));
                }
            }
        } else if (b'0'..=b'7').contains(&escaped) {
            let mut value = u32::from(escaped - b'0');
            for _ in 0..2 {
                match bytes.get(index) {
                    Some(digit @ b'0'..=b'7') => {
                        value = value * 8 + u32::from(digit - b'0');
                        index += 1;
                    }
                    _ => break,
                }
            }
            output.push((value & 0xff) as u8);
        } else if escaped == b'x' && bytes.get(index).is_some_and(u8::is_ascii_hexdigit) {
            let length = 1 + usize::from(bytes.get(index + 1).is_some_and(u8::is_ascii_hexdigit));
            output.push(hexadecimal(bytes, index, length).unwrap_or(0) as u8);
            index += length;
        } else {
            output.push(escaped);
        }
    }
    if high_surrogate.is_some() {
        return Err(pair_error());
    }
    let invalid = |byte: String| {
        scanner.error(
            "22021",
            format!("invalid byte sequence for encoding \"UTF8\": {byte}"),
            start,
        )
    };
    if output.contains(&0) {
        return Err(invalid("0x00".to_owned()));
    }
    String::from_utf8(output).map_err(|error| {
        let from = error.utf8_error().valid_up_to();
        let bytes = &error.as_bytes()[from..];
        let length = match bytes[0] {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            _ => 1,
        };
        let shown: Vec<String> =
            bytes.iter().take(length).map(|byte| format!("0x{byte:02x}")).collect();
        invalid(shown.join(" "))
    })
}

enum Surrogates {
    Character(char),
    Pending,
    BadPair,
    BadValue,
}

fn combine(high: &mut Option<u32>, code: u32) -> Surrogates {
    let value = match (high.take(), code) {
        (Some(first), 0xDC00..=0xDFFF) => 0x10000 + ((first - 0xD800) << 10) + (code - 0xDC00),
        (Some(_), _) | (None, 0xDC00..=0xDFFF) => return Surrogates::BadPair,
        (None, 0xD800..=0xDBFF) => {
            *high = Some(code);
            return Surrogates::Pending;
        }
        (None, other) => other,
    };
    match char::from_u32(value) {
        Some(character) if character != '\0' => Surrogates::Character(character),
        _ => Surrogates::BadValue,
    }
}

fn hexadecimal(bytes: &[u8], from: usize, length: usize) -> Option<u32> {
    let digits = bytes.get(from..from + length)?;
    let text = std::str::from_utf8(digits).ok()?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(text, 16).ok()
}

fn unescape_unicode(
    scanner: &Scanner<'_>,
    raw: &str,
    escape: char,
    start: usize,
) -> Result<String, SyntaxError> {
    let mut output = String::with_capacity(raw.len());
    let mut high_surrogate = None;
    let mut rest = raw;
    let pair_error =
        || scanner.error_near("invalid Unicode surrogate pair", start, scanner.position);
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        if character != escape {
            if high_surrogate.is_some() {
                return Err(pair_error());
            }
            output.push(character);
            continue;
        }
        if rest.starts_with(escape) {
            if high_surrogate.is_some() {
                return Err(pair_error());
            }
            output.push(escape);
            rest = &rest[escape.len_utf8()..];
            continue;
        }
        let (skip, length) = if rest.starts_with('+') { (1, 6) } else { (0, 4) };
        let Some(code) = hexadecimal(rest.as_bytes(), skip, length) else {
            let mut error = scanner.error_near("invalid Unicode escape", start, scanner.position);
            error.hint = Some("Unicode escapes must be \\XXXX or \\+XXXXXX.".to_owned());
            return Err(error);
        };
        rest = &rest[skip + length..];
        match combine(&mut high_surrogate, code) {
            Surrogates::Character(character) => output.push(character),
            Surrogates::Pending => {}
            Surrogates::BadPair => return Err(pair_error()),
            Surrogates::BadValue => {
                return Err(scanner.error_near(
                    "invalid Unicode escape value",
                    start,
                    scanner.position,
                ));
            }
        }
    }
    if high_surrogate.is_some() {
        return Err(pair_error());
    }
    Ok(output)
}
