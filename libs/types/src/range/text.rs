//! Literals of ranges and multiranges: `[1,5)`, `("a b",)`, `empty`, `{[1,2),[5,)}`.

use super::{Bound, Multirange, Range};
use crate::error::{SqlError, SqlResult};
use crate::numeric::is_space;
use crate::oid::Oid;
use crate::{Datum, sqlstate};

fn malformed(kind: &str, text: &str, detail: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_TEXT_REPRESENTATION,
        format!("malformed {kind} literal: \"{text}\""),
    )
    .detail(detail)
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(|character: char| character.is_ascii() && is_space(character as u8))
}

/// The text of a bound and what follows it; no text is infinity.
fn bound_text<'a>(rest: &'a str, whole: &str) -> SqlResult<(Option<String>, &'a str)> {
    let unexpected = || malformed("range", whole, "Unexpected end of input.");
    if rest.starts_with([',', ')', ']']) {
        return Ok((None, rest));
    }
    let mut value = String::new();
    let mut quoted = false;
    let mut characters = rest.char_indices().peekable();
    loop {
        let (at, character) = characters.next().ok_or_else(unexpected)?;
        match character {
            ',' | ')' | ']' if !quoted => return Ok((Some(value), &rest[at..])),
            '\\' => value.push(characters.next().ok_or_else(unexpected)?.1),
            '"' if !quoted => quoted = true,
            '"' => match characters.next_if(|(_, next)| *next == '"') {
                Some(_) => value.push('"'),
                None => quoted = false,
            },
            other => value.push(other),
        }
    }
}

/// Reads one range from the front and gives back what follows it.
fn take_range<'a>(
    element_type: Oid,
    text: &'a str,
    whole: &str,
    element: &mut dyn FnMut(&str) -> SqlResult<Datum>,
) -> SqlResult<(Range, &'a str)> {
    let lower_inclusive = match text.as_bytes().first() {
        Some(b'[') => true,
        Some(b'(') => false,
        _ => return Err(malformed("range", whole, "Missing left parenthesis or bracket.")),
    };
    let (lower, rest) = bound_text(&text[1..], whole)?;
    let rest = rest
        .strip_prefix(',')
        .ok_or_else(|| malformed("range", whole, "Missing comma after lower bound."))?;
    let (upper, rest) = bound_text(rest, whole)?;
    let upper_inclusive = match rest.as_bytes().first() {
        Some(b']') => true,
        Some(b')') => false,
        _ => return Err(malformed("range", whole, "Too many commas.")),
    };
    let mut bound = |text: Option<String>, inclusive| -> SqlResult<Bound> {
        Ok(Bound { value: text.map(|text| element(&text)).transpose()?, inclusive })
    };
    let lower = bound(lower, lower_inclusive)?;
    let upper = bound(upper, upper_inclusive)?;
    Ok((Range::new(element_type, lower, upper)?, &rest[1..]))
}

fn strip_empty(text: &str) -> Option<&str> {
    let head = text.get(..5)?;
    head.eq_ignore_ascii_case("empty").then(|| &text[5..])
}

/// Reads a range; `element` reads the text of a bound.
pub fn parse_range(
    element_type: Oid,
    text: &str,
    element: &mut dyn FnMut(&str) -> SqlResult<Datum>,
) -> SqlResult<Range> {
    let body = skip_space(text);
    if let Some(rest) = strip_empty(body) {
        if !skip_space(rest).is_empty() {
            return Err(malformed("range", text, "Junk after \"empty\" key word."));
        }
        return Ok(Range::empty(element_type));
    }
    let (range, rest) = take_range(element_type, body, text, element)?;
    if !skip_space(rest).is_empty() {
        return Err(malformed("range", text, "Junk after right parenthesis or bracket."));
    }
    Ok(range)
}

/// Reads a multirange.
pub fn parse_multirange(
    element_type: Oid,
    text: &str,
    element: &mut dyn FnMut(&str) -> SqlResult<Datum>,
) -> SqlResult<Multirange> {
    let wrong = |detail: &str| malformed("multirange", text, detail);
    let mut rest =
        skip_space(text).strip_prefix('{').ok_or_else(|| wrong("Missing left brace."))?;
    let mut ranges = Vec::new();
    rest = skip_space(rest);
    if let Some(after) = rest.strip_prefix('}') {
        rest = after;
    } else {
        loop {
            rest = skip_space(rest);
            if let Some(after) = strip_empty(rest) {
                rest = after;
            } else if rest.starts_with(['[', '(']) {
                let (range, after) = take_range(element_type, rest, text, element)?;
                ranges.push(range);
                rest = after;
            } else if rest.is_empty() {
                return Err(wrong("Unexpected end of input."));
            } else {
                return Err(wrong("Expected range start."));
            }
            rest = skip_space(rest);
            if let Some(after) = rest.strip_prefix(',') {
                rest = after;
            } else if let Some(after) = rest.strip_prefix('}') {
                rest = after;
                break;
            } else if rest.is_empty() {
                return Err(wrong("Unexpected end of input."));
            } else {
                return Err(wrong("Expected comma or end of multirange."));
            }
        }
    }
    if !skip_space(rest).is_empty() {
        return Err(wrong("Junk after closing right brace."));
    }
    Ok(Multirange::new(element_type, ranges))
}

fn write_bound(text: &str, out: &mut String) {
    let special = |character: char| {
        matches!(character, '"' | '\\' | '(' | ')' | '[' | ']' | ',')
            || character.is_ascii() && is_space(character as u8)
    };
    if !text.is_empty() && !text.contains(special) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push(character);
        }
        out.push(character);
    }
    out.push('"');
}

/// Appends the text form; `element` writes a value.
pub fn write_range(range: &Range, out: &mut String, element: &mut dyn FnMut(&Datum, &mut String)) {
    if range.is_empty {
        out.push_str("empty");
        return;
    }
    let mut bound = |bound: &Bound, out: &mut String| {
        if let Some(value) = &bound.value {
            let mut text = String::new();
            element(value, &mut text);
            write_bound(&text, out);
        }
    };
    out.push(if range.lower.inclusive { '[' } else { '(' });
    bound(&range.lower, out);
    out.push(',');
    bound(&range.upper, out);
    out.push(if range.upper.inclusive { ']' } else { ')' });
}

pub fn write_multirange(
    multirange: &Multirange,
    out: &mut String,
    element: &mut dyn FnMut(&Datum, &mut String),
) {
    out.push('{');
    for (position, range) in multirange.ranges.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_range(range, out, element);
    }
    out.push('}');
}
