//! Literals of composite values: `(1,"a b",)`.

use crate::error::{SqlError, SqlResult};
use crate::numeric::is_space;
use crate::sqlstate;

fn malformed(text: &str, detail: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_TEXT_REPRESENTATION,
        format!("malformed record literal: \"{text}\""),
    )
    .detail(detail)
}

/// The texts of the fields of a literal that must have `count` of them; a field without text is NULL.
pub fn parse_record(text: &str, count: usize) -> SqlResult<Vec<Option<String>>> {
    let wrong = |detail: &str| malformed(text, detail);
    let space = |character: char| character.is_ascii() && is_space(character as u8);
    let body = text.trim_start_matches(space);
    let body = body.strip_prefix('(').ok_or_else(|| wrong("Missing left parenthesis."))?;
    let mut characters = body.chars().peekable();
    let mut fields = Vec::with_capacity(count);
    for position in 0..count {
        if position > 0 && characters.next_if_eq(&',').is_none() {
            return Err(wrong("Too few columns."));
        }
        if matches!(characters.peek(), Some(',' | ')')) {
            fields.push(None);
            continue;
        }
        let mut value = String::new();
        let mut quoted = false;
        loop {
            let next = characters.peek().copied();
            let Some(character) = next else { return Err(wrong("Unexpected end of input.")) };
            if !quoted && matches!(character, ',' | ')') {
                break;
            }
            characters.next();
            match character {
                '\\' => {
                    let escaped = characters.next();
                    value.push(escaped.ok_or_else(|| wrong("Unexpected end of input."))?);
                }
                '"' if !quoted => quoted = true,
                '"' if characters.next_if_eq(&'"').is_some() => value.push('"'),
                '"' => quoted = false,
                other => value.push(other),
            }
        }
        fields.push(Some(value));
    }
    match characters.next() {
        Some(')') => {}
        Some(_) if count > 0 => return Err(wrong("Too many columns.")),
        _ => return Err(wrong("Unexpected end of input.")),
    }
    if characters.any(|character| !space(character)) {
        return Err(wrong("Junk after right parenthesis."));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_cut_apart() {
        let fields = |text: &str, count| match parse_record(text, count) {
            Ok(fields) => fields
                .into_iter()
                .map(|field| field.unwrap_or_else(|| "NULL".to_owned()))
                .collect::<Vec<String>>()
                .join("|"),
            Err(error) => error.fields().detail.clone().unwrap_or_default(),
        };
        assert_eq!(fields("(1,\"a \"\"b\\\\\",)", 3), "1|a \"b\\|NULL");
        assert_eq!(fields(" ( x ,y) ", 2), " x |y");
        assert_eq!(fields("(1,2)", 3), "Too few columns.");
        assert_eq!(fields("(1,2,3)", 2), "Too many columns.");
        assert_eq!(fields("1", 1), "Missing left parenthesis.");
        assert_eq!(fields("(1) x", 1), "Junk after right parenthesis.");
        assert_eq!(fields("(", 1), "Unexpected end of input.");
    }
}
