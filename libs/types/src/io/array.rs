//! Array literals: `{1,2,NULL}`, `[0:1]={{a,b},{c,d}}`.

use crate::builtin::type_info;
use crate::error::{SqlError, SqlResult};
use crate::numeric::is_space;
use crate::oid::Oid;
use crate::{Array, ArrayDimension, Datum, sqlstate};

/// PostgreSQL's limit.
pub const MAX_DIMENSIONS: usize = 6;
/// PostgreSQL's limit of elements: what fits into 1 GB of pointers.
const MAX_ELEMENTS: usize = 134_217_727;

fn malformed(text: &str, detail: impl Into<String>) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_TEXT_REPRESENTATION,
        format!("malformed array literal: \"{text}\""),
    )
    .detail(detail)
}

/// Too many dimensions, elements or beyond the subscripts.
pub(super) fn too_many_dimensions(count: usize) -> SqlError {
    SqlError::new(
        sqlstate::PROGRAM_LIMIT_EXCEEDED,
        format!(
            "number of array dimensions ({count}) exceeds the maximum allowed ({MAX_DIMENSIONS})"
        ),
    )
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
    delimiter: u8,
    elements: Vec<Datum>,
    lengths: Vec<i32>,
}

/// Reads an array literal; `element` reads each element's text.
pub fn parse_array(
    element_type: Oid,
    text: &str,
    element: &mut dyn FnMut(&str) -> SqlResult<Datum>,
) -> SqlResult<Array> {
    let delimiter = type_info(element_type).map_or(b',', |info| info.delimiter as u8);
    let mut reader =
        Reader { text, position: 0, delimiter, elements: Vec::new(), lengths: Vec::new() };
    let bounds = reader.bounds()?;
    reader.skip_space();
    if reader.peek() != Some(b'{') {
        let detail = if bounds.is_empty() {
            "Array value must start with \"{\" or dimension information."
        } else {
            "Array contents must start with \"{\"."
        };
        return Err(malformed(text, detail));
    }
    reader.level(0, element)?;
    reader.skip_space();
    if reader.position < text.len() {
        return Err(malformed(text, "Junk after closing right brace."));
    }
    let Reader { elements, lengths, .. } = reader;
    if elements.is_empty() {
        return Ok(Array { element: element_type, dimensions: Vec::new(), elements });
    }
    let dimensions = if bounds.is_empty() {
        lengths.iter().map(|&length| ArrayDimension { length, lower: 1 }).collect()
    } else {
        bounds
    };
    if dimensions.iter().map(|dimension| dimension.length).ne(lengths.iter().copied()) {
        return Err(malformed(text, "Specified array dimensions do not match array contents."));
    }
    Ok(Array { element: element_type, dimensions, elements })
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.position += 1;
        }
    }

    fn number(&mut self) -> SqlResult<i32> {
        let start = self.position;
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.position += 1;
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        let digits = &self.text[start..self.position];
        if !digits.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(malformed(
                self.text,
                "\"[\" must introduce explicitly-specified array dimensions.",
            ));
        }
        digits.parse().map_err(|_| {
            SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "array bound is out of integer range")
        })
    }

    /// `[1:2][0:3]=`.
    fn bounds(&mut self) -> SqlResult<Vec<ArrayDimension>> {
        let mut bounds = Vec::new();
        loop {
            self.skip_space();
            if self.peek() != Some(b'[') {
                break;
            }
            if bounds.len() >= MAX_DIMENSIONS {
                return Err(too_many_dimensions(bounds.len() + 1));
            }
            self.position += 1;
            self.skip_space();
            let first = self.number()?;
            let (lower, upper) = if self.peek() == Some(b':') {
                self.position += 1;
                (first, self.number()?)
            } else {
                (1, first)
            };
            self.skip_space();
            if self.peek() != Some(b']') {
                return Err(malformed(self.text, "Missing \"]\" after array dimensions."));
            }
            self.position += 1;
            if upper < lower {
                return Err(SqlError::new(
                    sqlstate::ARRAY_SUBSCRIPT_ERROR,
                    "upper bound cannot be less than lower bound",
                ));
            }
            let length = i64::from(upper) - i64::from(lower) + 1;
            let length = i32::try_from(length)
                .ok()
                .filter(|&length| length as usize <= MAX_ELEMENTS)
                .ok_or_else(|| {
                    SqlError::new(
                        sqlstate::PROGRAM_LIMIT_EXCEEDED,
                        format!("array size exceeds the maximum allowed ({MAX_ELEMENTS})"),
                    )
                })?;
            bounds.push(ArrayDimension { length, lower });
        }
        if !bounds.is_empty() {
            if self.peek() != Some(b'=') {
                return Err(malformed(self.text, "Missing \"=\" after array dimensions."));
            }
            self.position += 1;
        }
        Ok(bounds)
    }

    /// Reads from a left brace behind its right one. Recursion ends at [`MAX_DIMENSIONS`].
    fn level(
        &mut self,
        depth: usize,
        element: &mut dyn FnMut(&str) -> SqlResult<Datum>,
    ) -> SqlResult<()> {
        let text = self.text;
        if depth >= MAX_DIMENSIONS {
            return Err(too_many_dimensions(depth + 1));
        }
        self.position += 1;
        let mut count = 0;
        let mut nested = None;
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(malformed(text, "Unexpected end of input.")),
                Some(b'}') if count == 0 && depth > 0 => {
                    return Err(malformed(text, "Unexpected \"}\" character."));
                }
                Some(b'}') if count == 0 => {
                    self.position += 1;
                    break;
                }
                Some(b'{') => {
                    if nested == Some(false) {
                        return Err(malformed(text, "Unexpected \"{\" character."));
                    }
                    nested = Some(true);
                    self.level(depth + 1, element)?;
                }
                _ => {
                    if nested == Some(true) || self.lengths.len() > depth + 1 {
                        return Err(malformed(
                            text,
                            "Multidimensional arrays must have sub-arrays with matching dimensions.",
                        ));
                    }
                    nested = Some(false);
                    let datum = self.element(element)?;
                    self.elements.push(datum);
                    if self.elements.len() > MAX_ELEMENTS {
                        return Err(SqlError::new(
                            sqlstate::PROGRAM_LIMIT_EXCEEDED,
                            format!("array size exceeds the maximum allowed ({MAX_ELEMENTS})"),
                        ));
                    }
                }
            }
            count += 1;
            self.skip_space();
            match self.peek() {
                Some(b'}') => {
                    self.position += 1;
                    break;
                }
                Some(byte) if byte == self.delimiter => {
                    self.position += 1;
                    self.skip_space();
                    if self.peek() == Some(b'}') {
                        return Err(malformed(text, "Unexpected \"}\" character."));
                    }
                }
                None => return Err(malformed(text, "Unexpected end of input.")),
                Some(_) => return Err(malformed(text, "Unexpected array element.")),
            }
        }
        while self.lengths.len() <= depth {
            self.lengths.push(-1);
        }
        if self.lengths[depth] == -1 {
            self.lengths[depth] = count;
        } else if self.lengths[depth] != count {
            return Err(malformed(
                text,
                "Multidimensional arrays must have sub-arrays with matching dimensions.",
            ));
        }
        Ok(())
    }

    fn element(&mut self, element: &mut dyn FnMut(&str) -> SqlResult<Datum>) -> SqlResult<Datum> {
        let text = self.text;
        let bytes = text.as_bytes();
        if self.peek() == Some(b'"') {
            let mut value = String::new();
            self.position += 1;
            let mut start = self.position;
            loop {
                match bytes.get(self.position) {
                    None => return Err(malformed(text, "Unexpected end of input.")),
                    Some(b'"') => {
                        value.push_str(&text[start..self.position]);
                        self.position += 1;
                        return element(&value);
                    }
                    Some(b'\\') => {
                        value.push_str(&text[start..self.position]);
                        start = self.position + 1;
                        self.position =
                            start + text[start..].chars().next().map_or(0, char::len_utf8);
                    }
                    Some(_) => self.position += 1,
                }
            }
        }
        let mut value = String::new();
        let mut escaped = false;
        // Trailing blanks do not belong to the element unless they are escaped.
        let mut kept = 0;
        while let Some(&byte) = bytes.get(self.position) {
            match byte {
                b'}' => break,
                byte if byte == self.delimiter => break,
                b'{' | b'"' => {
                    let character = char::from(byte);
                    let detail = if byte == b'"' {
                        "Unexpected array element.".to_owned()
                    } else {
                        format!("Unexpected \"{character}\" character.")
                    };
                    return Err(malformed(text, detail));
                }
                _ => {}
            }
            if byte == b'\\' {
                self.position += 1;
                escaped = true;
            }
            let Some(character) = text[self.position..].chars().next() else {
                return Err(malformed(text, "Unexpected end of input."));
            };
            value.push(character);
            self.position += character.len_utf8();
            if byte == b'\\' || !is_space(byte) {
                kept = value.len();
            }
        }
        value.truncate(kept);
        if value.is_empty() {
            let found = self.peek().map_or("end of input".to_owned(), |byte| {
                format!("Unexpected \"{}\" character.", char::from(byte))
            });
            let detail =
                if found == "end of input" { "Unexpected end of input.".to_owned() } else { found };
            return Err(malformed(text, detail));
        }
        if !escaped && value.eq_ignore_ascii_case("null") {
            return Ok(Datum::Null);
        }
        element(&value)
    }
}

/// Prints an array; `element` appends the text of one element.
pub fn write_array(array: &Array, out: &mut String, element: &mut dyn FnMut(&Datum, &mut String)) {
    if array.dimensions.is_empty() || array.elements.is_empty() {
        out.push_str("{}");
        return;
    }
    if array.dimensions.iter().any(|dimension| dimension.lower != 1) {
        for dimension in &array.dimensions {
            let upper = i64::from(dimension.lower) + i64::from(dimension.length) - 1;
            out.push_str(&format!("[{}:{upper}]", dimension.lower));
        }
        out.push('=');
    }
    let delimiter = type_info(array.element).map_or(',', |info| info.delimiter);
    let mut next = array.elements.iter();
    write_level(&array.dimensions, delimiter, &mut next, out, element);
}

fn write_level(
    dimensions: &[ArrayDimension],
    delimiter: char,
    next: &mut std::slice::Iter<'_, Datum>,
    out: &mut String,
    element: &mut dyn FnMut(&Datum, &mut String),
) {
    let Some((first, rest)) = dimensions.split_first() else {
        match next.next() {
            None | Some(Datum::Null) => out.push_str("NULL"),
            Some(datum) => {
                let mut text = String::new();
                element(datum, &mut text);
                write_quoted(&text, delimiter, out);
            }
        }
        return;
    };
    out.push('{');
    for index in 0..first.length {
        if index > 0 {
            out.push(delimiter);
        }
        write_level(rest, delimiter, next, out, element);
    }
    out.push('}');
}

/// Quotes what would not read back as itself.
fn write_quoted(text: &str, delimiter: char, out: &mut String) {
    let plain = !text.is_empty()
        && !text.eq_ignore_ascii_case("null")
        && !text.chars().any(|character| {
            character == delimiter
                || matches!(character, '"' | '\\' | '{' | '}')
                || (character.is_ascii() && is_space(character as u8))
        });
    if plain {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}
