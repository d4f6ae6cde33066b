//! The text and CSV forms of rows.

use types::{SqlError, SqlResult, sqlstate};

use super::options::{CopyFormat, CopyOptions};

/// A field as read: NULL, or text; `DEFAULT` if it was the default marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Null,
    Default,
    Text(String),
}

/// Cuts incoming bytes into rows of fields.
pub struct LineReader {
    options: CopyOptions,
    /// Column names, for the FORCE options.
    names: Vec<String>,
    buffer: Vec<u8>,
    start: usize,
    line_number: u64,
    finished: bool,
}

fn bad(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, message)
}

/// The longest line, in bytes.
const MAXIMUM_LINE_BYTES: usize = 64 << 20;

impl LineReader {
    pub fn new(options: CopyOptions, names: Vec<String>) -> LineReader {
        LineReader { options, names, buffer: Vec::new(), start: 0, line_number: 0, finished: false }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    pub fn line_number(&self) -> u64 {
        self.line_number
    }

    /// The next row; `None` if more bytes are needed. `last`: no more will come.
    pub fn next_row(&mut self, last: bool) -> SqlResult<Option<Vec<Field>>> {
        if self.finished {
            self.start = self.buffer.len();
            return Ok(None);
        }
        let Some((end, next)) = self.line_end(last)? else { return Ok(None) };
        let line = &self.buffer[self.start..end];
        self.line_number += 1;
        if line == b"\\." {
            self.finished = true;
            self.start = self.buffer.len();
            return Ok(None);
        }
        let fields = match self.options.format {
            CopyFormat::Csv => csv_fields(line, &self.options, &self.names),
            _ => text_fields(line, &self.options),
        };
        self.start = next;
        fields.map(Some)
    }

    /// Where the current line ends, and where the next begins.
    fn line_end(&self, last: bool) -> SqlResult<Option<(usize, usize)>> {
        let rest = &self.buffer[self.start..];
        if rest.is_empty() {
            return Ok(None);
        }
        let csv = self.options.format == CopyFormat::Csv;
        let mut quoted = false;
        let mut position = 0;
        while position < rest.len() {
            let byte = rest[position];
            if csv {
                if quoted
                    && byte == self.options.escape
                    && self.options.escape != self.options.quote
                {
                    position += 1;
                } else if byte == self.options.quote {
                    quoted = !quoted;
                }
            } else if byte == b'\\' {
                // An escaped newline belongs to the field.
                position += 2;
                continue;
            }
            if byte == b'\n' && !quoted {
                let end = if position > 0 && rest[position - 1] == b'\r' {
                    position - 1
                } else {
                    position
                };
                return Ok(Some((self.start + end, self.start + position + 1)));
            }
            position += 1;
        }
        if last {
            if quoted {
                return Err(bad("unterminated CSV quoted field"));
            }
            let end = rest.strip_suffix(b"\r").map_or(rest.len(), <[u8]>::len);
            return Ok(Some((self.start + end, self.buffer.len())));
        }
        if rest.len() > MAXIMUM_LINE_BYTES {
            return Err(SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "COPY line is too long"));
        }
        Ok(None)
    }
}

fn utf8(bytes: Vec<u8>) -> SqlResult<String> {
    crate::wire::utf8(&bytes)?;
    String::from_utf8(bytes).map_err(|_| bad("invalid byte sequence"))
}

fn marked(options: &CopyOptions, raw: &[u8]) -> Option<Field> {
    if raw == options.null.as_bytes() {
        return Some(Field::Null);
    }
    match &options.default {
        Some(default) if raw == default.as_bytes() => Some(Field::Default),
        _ => None,
    }
}

/// One line of the text format: delimiters, backslash escapes, `\N`.
fn text_fields(line: &[u8], options: &CopyOptions) -> SqlResult<Vec<Field>> {
    let mut fields = Vec::new();
    let mut position = 0;
    loop {
        let begin = position;
        let mut value = Vec::new();
        while position < line.len() && line[position] != options.delimiter {
            let byte = line[position];
            position += 1;
            if byte != b'\\' || position >= line.len() {
                value.push(byte);
                continue;
            }
            let escaped = line[position];
            position += 1;
            match escaped {
                b'b' => value.push(8),
                b'f' => value.push(12),
                b'n' => value.push(b'\n'),
                b'r' => value.push(b'\r'),
                b't' => value.push(b'\t'),
                b'v' => value.push(11),
                b'0'..=b'7' => {
                    let mut number = u32::from(escaped - b'0');
                    for _ in 0..2 {
                        match line.get(position) {
                            Some(digit @ b'0'..=b'7') => {
                                number = number * 8 + u32::from(digit - b'0');
                                position += 1;
                            }
                            _ => break,
                        }
                    }
                    value.push(number as u8);
                }
                b'x' if line.get(position).is_some_and(u8::is_ascii_hexdigit) => {
                    let mut number = 0;
                    for _ in 0..2 {
                        match line.get(position).and_then(|c| char::from(*c).to_digit(16)) {
                            Some(digit) => {
                                number = number * 16 + digit;
                                position += 1;
                            }
                            None => break,
                        }
                    }
                    value.push(number as u8);
                }
                other => value.push(other),
            }
        }
        let field = match marked(options, &line[begin..position]) {
            Some(field) => field,
            None => Field::Text(utf8(value)?),
        };
        fields.push(field);
        if position >= line.len() {
            return Ok(fields);
        }
        position += 1;
    }
}

/// One record of the CSV format.
fn csv_fields(line: &[u8], options: &CopyOptions, names: &[String]) -> SqlResult<Vec<Field>> {
    let mut fields = Vec::new();
    let mut position = 0;
    loop {
        let begin = position;
        let mut value = Vec::new();
        let (mut quoted, mut was_quoted) = (false, false);
        while position < line.len() {
            let byte = line[position];
            if quoted {
                if byte == options.escape
                    && line
                        .get(position + 1)
                        .is_some_and(|next| *next == options.quote || *next == options.escape)
                {
                    value.push(line[position + 1]);
                    position += 2;
                    continue;
                }
                if byte == options.quote {
                    quoted = false;
                    position += 1;
                    continue;
                }
            } else if byte == options.delimiter {
                break;
            } else if byte == options.quote {
                quoted = true;
                was_quoted = true;
                position += 1;
                continue;
            }
            value.push(byte);
            position += 1;
        }
        let name = names.get(fields.len()).map_or("", String::as_str);
        let marker = match was_quoted {
            false if options.force_not_null.contains(name) => None,
            false => marked(options, &line[begin..position]),
            true if options.force_null.contains(name) => marked(options, &value),
            true => None,
        };
        let field = match marker {
            Some(field) => field,
            None => Field::Text(utf8(value)?),
        };
        fields.push(field);
        if position >= line.len() {
            return Ok(fields);
        }
        position += 1;
    }
}

/// Writes one row; `None` is NULL.
pub fn write_row(
    out: &mut Vec<u8>,
    row: &[Option<String>],
    options: &CopyOptions,
    names: &[String],
) {
    for (position, field) in row.iter().enumerate() {
        if position > 0 {
            out.push(options.delimiter);
        }
        match field {
            None => out.extend_from_slice(options.null.as_bytes()),
            Some(text) if options.format == CopyFormat::Csv => {
                let name = names.get(position).map_or("", String::as_str);
                let forced = options.force_quote.contains(name);
                write_csv(out, text, options, forced || (row.len() == 1 && text == "\\."));
            }
            Some(text) => write_escaped(out, text, options.delimiter),
        }
    }
    out.push(b'\n');
}

fn write_csv(out: &mut Vec<u8>, text: &str, options: &CopyOptions, forced: bool) {
    let needs_quotes = forced
        || text == options.null
        || text.bytes().any(|byte| {
            byte == options.delimiter || byte == options.quote || matches!(byte, b'\n' | b'\r')
        });
    if !needs_quotes {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(options.quote);
    for byte in text.bytes() {
        if byte == options.quote || byte == options.escape {
            out.push(options.escape);
        }
        out.push(byte);
    }
    out.push(options.quote);
}

fn write_escaped(out: &mut Vec<u8>, text: &str, delimiter: u8) {
    for byte in text.bytes() {
        let escape = match byte {
            8 => b'b',
            12 => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            11 => b'v',
            b'\\' => b'\\',
            byte if byte == delimiter => byte,
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', escape]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, input: &[u8]) -> SqlResult<Vec<Vec<Field>>> {
        let item = syntax::ast::OptionItem {
            namespace: None,
            name: "format".to_owned(),
            value: Some(syntax::ast::OptionValue::Word(format.to_owned())),
            location: 0,
        };
        let options = CopyOptions::read(&[item], true)?;
        let mut reader = LineReader::new(options, Vec::new());
        let mut rows = Vec::new();
        // Byte by byte: rows do not depend on how the input is cut.
        for byte in input {
            reader.push(&[*byte]);
            while let Some(row) = reader.next_row(false)? {
                rows.push(row);
            }
        }
        while let Some(row) = reader.next_row(true)? {
            rows.push(row);
        }
        Ok(rows)
    }

    fn text(value: &str) -> Field {
        Field::Text(value.to_owned())
    }

    #[test]
    fn text_rows_are_read_however_they_are_cut() {
        let rows =
            read("text", b"1\ta\\tb\\\\\n\\N\t\\x41\\101\r\nx\ty\n\\.\nrest").expect("valid");
        assert_eq!(rows[0], [text("1"), text("a\tb\\")]);
        assert_eq!(rows[1], [Field::Null, text("AA")]);
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn csv_rows_keep_quoted_newlines_and_tell_empty_from_null() {
        let rows = read("csv", b"1,\"a\n\"\"b\"\"\",\n\"\",x,y\n").expect("valid");
        assert_eq!(rows[0], [text("1"), text("a\n\"b\""), Field::Null]);
        assert_eq!(rows[1], [text(""), text("x"), text("y")]);
        assert!(read("csv", b"\"open").is_err());
        assert!(read("text", b"\xff\n").is_err());
    }

    #[test]
    fn what_is_written_reads_back() {
        for format in ["text", "csv"] {
            let item = syntax::ast::OptionItem {
                namespace: None,
                name: "format".to_owned(),
                value: Some(syntax::ast::OptionValue::Word(format.to_owned())),
                location: 0,
            };
            let options = CopyOptions::read(&[item], false).expect("valid");
            let row = vec![Some("a,\t\"\\\n".to_owned()), None, Some(String::new())];
            let mut out = Vec::new();
            write_row(&mut out, &row, &options, &[]);
            let rows = read(format, &out).expect("readable");
            assert_eq!(rows, [vec![text("a,\t\"\\\n"), Field::Null, text("")]], "{format}");
        }
    }
}
