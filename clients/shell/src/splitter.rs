//! Where a statement ends.
//!
//! Text arrives in pieces (a line from the terminal, a line of a file) and leaves as statements
//! without their semicolon. A semicolon ends a statement unless it stands inside
//!
//! - a string `'…'`, an escape string `E'…'`, a quoted name `"…"` or a dollar quote `$tag$…$tag$`,
//! - a comment `-- …` or `/* … */`, the latter nesting,
//! - parentheses,
//! - the `BEGIN ATOMIC … END` body of a `CREATE FUNCTION` or `CREATE PROCEDURE`.
//!
//! No character is looked at twice, so a file of any size costs time linear in its length.

/// The longest statement that is collected.
pub(crate) const MAXIMUM_STATEMENT_BYTES: usize = 64 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Plain,
    Text { escapes: bool },
    Name,
    Dollar { tag: Vec<u8> },
    LineComment,
    BlockComment { depth: u32 },
}

/// A statement and the line it starts at, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Collects text and hands out statements.
pub(crate) struct Splitter {
    text: String,
    position: usize,
    state: State,
    parentheses: u32,
    bodies: u32,
    words: u32,
    creates: bool,
    routine: bool,
    has_content: bool,
    line: usize,
    start_line: usize,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            text: String::new(),
            position: 0,
            state: State::Plain,
            parentheses: 0,
            bodies: 0,
            words: 0,
            creates: false,
            routine: false,
            has_content: false,
            line: 1,
            start_line: 1,
        }
    }
}

fn continues_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Splitter {
    /// Adds text. False if the statement has grown past the limit; it is then dropped.
    pub(crate) fn push(&mut self, text: &str) -> bool {
        if self.text.len() + text.len() > MAXIMUM_STATEMENT_BYTES {
            self.clear();
            return false;
        }
        self.text.push_str(text);
        true
    }

    /// Forgets what was collected.
    pub(crate) fn clear(&mut self) {
        *self = Self { line: self.line, start_line: self.line, ..Self::default() };
    }

    /// True if nothing but white space and comments was collected since the last statement.
    pub(crate) fn is_blank(&self) -> bool {
        !self.has_content && !matches!(self.state, State::BlockComment { .. })
    }

    /// The line that is being read, counted from 1.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// Counts a line that did not come through `push`.
    pub(crate) fn skip_line(&mut self) {
        self.line += 1;
        self.start_line = self.line;
    }

    /// The next complete statement, if there is one.
    pub(crate) fn next_statement(&mut self) -> Option<Statement> {
        while self.position < self.text.len() {
            let bytes = self.text.as_bytes();
            let byte = bytes[self.position];
            let following = bytes.get(self.position + 1).copied();
            let was_at = self.position;
            match &mut self.state {
                State::Plain => {
                    if byte == b';' && self.parentheses == 0 && self.bodies == 0 {
                        let statement = self.cut(was_at);
                        if statement.is_some() {
                            return statement;
                        }
                        continue;
                    }
                    self.step_plain(byte, following);
                }
                State::Text { escapes } => {
                    let skips = *escapes && byte == b'\\' && following.is_some();
                    if skips && following == Some(b'\n') {
                        self.line += 1;
                    }
                    self.position += if skips { 2 } else { 1 };
                    // A doubled quote closes the string and opens the next one: the same result.
                    if byte == b'\'' {
                        self.state = State::Plain;
                    }
                }
                State::Name => {
                    self.position += 1;
                    if byte == b'"' {
                        self.state = State::Plain;
                    }
                }
                State::Dollar { tag } => {
                    if bytes[self.position..].starts_with(tag) {
                        self.position += tag.len();
                        self.state = State::Plain;
                    } else {
                        self.position += 1;
                    }
                }
                State::LineComment => {
                    self.position += 1;
                    if byte == b'\n' {
                        self.state = State::Plain;
                    }
                }
                State::BlockComment { depth } => match (byte, following) {
                    (b'*', Some(b'/')) => {
                        self.position += 2;
                        *depth -= 1;
                        if *depth == 0 {
                            self.state = State::Plain;
                        }
                    }
                    (b'/', Some(b'*')) => {
                        self.position += 2;
                        *depth += 1;
                    }
                    _ => self.position += 1,
                },
            }
            if byte == b'\n' {
                self.line += 1;
                if !self.has_content {
                    self.start_line = self.line;
                }
            }
        }
        None
    }

    /// What is left at the end of the input: a last statement without a semicolon.
    pub(crate) fn finish(&mut self) -> Option<Statement> {
        let end = self.text.len();
        self.cut(end)
    }

    fn step_plain(&mut self, byte: u8, following: Option<u8>) {
        match (byte, following) {
            (b'-', Some(b'-')) => {
                self.state = State::LineComment;
                self.position += 2;
                return;
            }
            (b'/', Some(b'*')) => {
                self.state = State::BlockComment { depth: 1 };
                self.position += 2;
                return;
            }
            _ => {}
        }
        if byte.is_ascii_whitespace() {
            self.position += 1;
            return;
        }
        self.has_content = true;
        match byte {
            b'\'' => {
                self.state = State::Text { escapes: false };
                self.position += 1;
            }
            b'"' => {
                self.state = State::Name;
                self.position += 1;
            }
            b'(' => {
                self.parentheses += 1;
                self.position += 1;
            }
            b')' => {
                self.parentheses = self.parentheses.saturating_sub(1);
                self.position += 1;
            }
            b'$' => match dollar_tag(&self.text.as_bytes()[self.position..]) {
                Some(tag) => {
                    self.position += tag.len();
                    self.state = State::Dollar { tag };
                }
                None => self.position += 1,
            },
            _ if continues_word(byte) => self.step_word(),
            _ => self.position += 1,
        }
    }

    /// Takes a whole word, so that `a$b$` is a name and the `e` of `E'…'` is seen.
    fn step_word(&mut self) {
        let rest = &self.text.as_bytes()[self.position..];
        let length = rest
            .iter()
            .position(|&byte| !(continues_word(byte) || byte == b'$'))
            .unwrap_or(rest.len());
        let word = rest[..length].to_ascii_lowercase();
        let opens_escape_text = word == b"e" && rest.get(length) == Some(&b'\'');
        self.position += length;
        if opens_escape_text {
            self.position += 1;
            self.state = State::Text { escapes: true };
            return;
        }
        self.words += 1;
        match word.as_slice() {
            b"create" if self.words == 1 => self.creates = true,
            b"function" | b"procedure" if self.creates && self.words <= 4 => self.routine = true,
            b"begin" if self.routine => self.bodies += 1,
            b"case" if self.bodies > 0 => self.bodies += 1,
            b"end" => self.bodies = self.bodies.saturating_sub(1),
            _ => {}
        }
    }

    /// Removes the text up to `end` and the semicolon there; blank statements vanish.
    fn cut(&mut self, end: usize) -> Option<Statement> {
        let found = self
            .has_content
            .then(|| Statement { text: self.text[..end].trim().to_owned(), line: self.start_line });
        let rest = self.text.get(end + 1..).unwrap_or_default().to_owned();
        *self = Self { text: rest, line: self.line, start_line: self.line, ..Self::default() };
        found
    }
}

/// The opening `$tag$` at the start of the text, if it is one.
fn dollar_tag(rest: &[u8]) -> Option<Vec<u8>> {
    let length = rest[1..].iter().position(|&byte| !continues_word(byte))?;
    let tag = &rest[..length + 2];
    let begins_with_digit = tag.get(1).is_some_and(u8::is_ascii_digit);
    (tag.last() == Some(&b'$') && !begins_with_digit).then(|| tag.to_vec())
}

/// The first words of a statement in lower case, comments left out.
pub(crate) fn leading_words(statement: &str, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = statement;
    while words.len() < count {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            let length = rest
                .find(|character: char| !(character.is_alphanumeric() || character == '_'))
                .unwrap_or(rest.len());
            if length == 0 {
                break;
            }
            words.push(rest[..length].to_lowercase());
            rest = &rest[length..];
        }
    }
    words
}

#[cfg(test)]
#[path = "splitter_tests.rs"]
mod tests;
