//! LIKE and ILIKE. `%` is any run of characters, `_` any one, a backslash takes the next character literally.

use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{bytes, text};
use crate::bodies::strings::lower_case;
use crate::context::EvalContext;

fn dangling_escape() -> SqlError {
    SqlError::new(
        sqlstate::INVALID_ESCAPE_SEQUENCE,
        "LIKE pattern must not end with escape character",
    )
}

/// How many bytes the next `_` eats.
fn step(value: &[u8], by_characters: bool) -> usize {
    if !by_characters {
        return 1;
    }
    let continuation = value[1..].iter().take_while(|&&byte| byte & 0xC0 == 0x80).count();
    1 + continuation
}

/// Matches with one place to return to: when a later part fails, the latest `%` eats one character more. Earlier ones
/// never need to be tried again, so the time is bounded by the product of the lengths.
pub(crate) fn like(value: &[u8], pattern: &[u8], by_characters: bool) -> SqlResult<bool> {
    let (mut at, mut wanted) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let matched = match pattern.get(wanted) {
            Some(b'%') => {
                retry = Some((at, wanted + 1));
                wanted += 1;
                if wanted == pattern.len() {
                    return Ok(true);
                }
                continue;
            }
            Some(b'_') if at < value.len() => {
                at += step(&value[at..], by_characters);
                wanted += 1;
                continue;
            }
            // What follows the value's end is not looked at, not even an escape of nothing.
            Some(_) if at >= value.len() => false,
            Some(&byte) => {
                let (literal, length) = if byte == b'\\' {
                    (*pattern.get(wanted + 1).ok_or_else(dangling_escape)?, 2)
                } else {
                    (byte, 1)
                };
                if value.get(at) == Some(&literal) {
                    at += 1;
                    wanted += length;
                    continue;
                }
                false
            }
            None => at == value.len(),
        };
        if matched {
            return Ok(true);
        }
        match retry {
            Some((from, resume)) if from < value.len() => {
                at = from + step(&value[from..], by_characters);
                retry = Some((at, resume));
                wanted = resume;
            }
            _ => return Ok(false),
        }
    }
}

macro_rules! like_functions {
    ($($name:ident: $fold:literal $negated:literal;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let (value, pattern) = (text(arguments, 0)?, text(arguments, 1)?);
            let matched = if $fold {
                like(lower_case(value).as_bytes(), lower_case(pattern).as_bytes(), true)?
            } else {
                like(value.as_bytes(), pattern.as_bytes(), true)?
            };
            Ok(Datum::Bool(matched != $negated))
        }
    )*};
}

like_functions! {
    textlike: false false;
    textnlike: false true;
    texticlike: true false;
    texticnlike: true true;
    namelike: false false;
    namenlike: false true;
    nameiclike: true false;
    nameicnlike: true true;
}

pub(crate) fn bytealike(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    like(bytes(arguments, 0)?, bytes(arguments, 1)?, false).map(Datum::Bool)
}

pub(crate) fn byteanlike(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    like(bytes(arguments, 0)?, bytes(arguments, 1)?, false).map(|matched| Datum::Bool(!matched))
}

/// `LIKE pattern ESCAPE escape`: the pattern with a backslash as its escape.
pub(crate) fn like_escape(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (pattern, escape) = (text(arguments, 0)?, text(arguments, 1)?);
    let mut characters = escape.chars();
    let escape = match (characters.next(), characters.next()) {
        (None, _) => None,
        (Some(single), None) => Some(single),
        _ => {
            return Err(SqlError::new(sqlstate::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
                .hint("Escape string must be empty or one character."));
        }
    };
    let mut result = String::with_capacity(pattern.len());
    let mut escaped = false;
    for character in pattern.chars() {
        if Some(character) == escape && !escaped {
            result.push('\\');
            escaped = true;
        } else {
            if character == '\\' && (!escaped || escape != Some('\\')) && escape != Some('\\') {
                result.push('\\');
            }
            result.push(character);
            escaped = false;
        }
    }
    Ok(Datum::text(result))
}
