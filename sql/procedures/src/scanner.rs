//! A body cut into words and symbols, so that the ends of its SQL can be found.

/// A piece of the body.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Folded if it is an unquoted word.
    pub text: String,
    /// Whether it is an unquoted word, and so may be a key word.
    pub word: bool,
    /// A name: a word or a quoted identifier.
    pub name: bool,
    pub start: usize,
    pub end: usize,
    pub line: u32,
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_name_part(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Where the text in quotes that begins at `start` ends; backslashes escape in `E''`.
fn quoted_end(bytes: &[u8], start: usize, escapes: bool) -> usize {
    let quote = bytes[start];
    let mut at = start + 1;
    while at < bytes.len() {
        if escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// The end of a comment or of blanks at `at`; `at` itself if there is neither.
fn blank_end(bytes: &[u8], at: usize) -> usize {
    if bytes[at].is_ascii_whitespace() {
        return at + 1;
    }
    if bytes[at..].starts_with(b"--") {
        let rest = bytes[at..].iter().position(|byte| *byte == b'\n');
        return rest.map_or(bytes.len(), |length| at + length);
    }
    if bytes[at..].starts_with(b"/*") {
        let (mut depth, mut end) = (1, at + 2);
        while depth > 0 && end < bytes.len() {
            if bytes[end..].starts_with(b"/*") {
                depth += 1;
                end += 2;
            } else if bytes[end..].starts_with(b"*/") {
                depth -= 1;
                end += 2;
            } else {
                end += 1;
            }
        }
        return end;
    }
    at
}

/// The end of a dollar-quoted string that begins at `at`.
fn dollar_end(body: &str, at: usize) -> Option<usize> {
    let rest = &body[at + 1..];
    let close = rest.find('$')?;
    let tag = &rest[..close];
    let fits = tag
        .bytes()
        .enumerate()
        .all(|(index, byte)| is_name_start(byte) || (index > 0 && byte.is_ascii_digit()));
    if !fits {
        return None;
    }
    let delimiter = &body[at..at + close + 2];
    let inside = at + delimiter.len();
    let end = body[inside..].find(delimiter)?;
    Some(inside + end + delimiter.len())
}

pub fn scan(body: &str) -> Vec<Piece> {
    const SYMBOLS: [&str; 5] = [":=", "<<", ">>", "..", "::"];
    let bytes = body.as_bytes();
    let mut pieces = Vec::new();
    let (mut at, mut line) = (0, 1u32);
    while at < bytes.len() {
        let blank = blank_end(bytes, at);
        let start = at;
        let (mut word, mut name) = (false, false);
        let end = if blank > at {
            blank
        } else if is_name_start(bytes[at]) {
            (word, name) = (true, true);
            let length = bytes[at..].iter().position(|byte| !is_name_part(*byte));
            let end = length.map_or(bytes.len(), |length| at + length);
            match bytes.get(end) {
                Some(b'\'') if end == at + 1 => {
                    (word, name) = (false, false);
                    quoted_end(bytes, end, matches!(bytes[at], b'e' | b'E'))
                }
                _ => end,
            }
        } else if bytes[at] == b'\'' {
            quoted_end(bytes, at, false)
        } else if bytes[at] == b'"' {
            name = true;
            quoted_end(bytes, at, false)
        } else if bytes[at] == b'$' && dollar_end(body, at).is_some() {
            dollar_end(body, at).unwrap_or(at + 1)
        } else if bytes[at].is_ascii_digit() {
            let mut end = at + 1;
            while end < bytes.len()
                && (bytes[end].is_ascii_alphanumeric()
                    || (bytes[end] == b'.' && bytes.get(end + 1) != Some(&b'.')))
            {
                end += 1;
            }
            end
        } else {
            let two = SYMBOLS.iter().any(|symbol| bytes[at..].starts_with(symbol.as_bytes()));
            at + if two { 2 } else { 1 }
        };
        if blank == start {
            let raw = &body[start..end];
            let text = match (word, name) {
                (true, _) => raw.to_lowercase(),
                (false, true) => raw[1..raw.len().max(2) - 1].replace("\"\"", "\""),
                _ => raw.to_owned(),
            };
            pieces.push(Piece { text, word, name, start, end, line });
        }
        line += bytes[start..end].iter().filter(|byte| **byte == b'\n').count() as u32;
        at = end;
    }
    pieces
}
