//! `~` and its relatives, `SIMILAR TO`, and the `regexp_…` functions. Functions are named as `pg_proc.prosrc`.

use types::{Array, Datum, Row, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{
    check_every, check_length, int4, int4_result, invalid_parameter, text,
};
use crate::bodies::regular_expressions::{Flags, Found, Matches, Pattern, compile};
use crate::context::EvalContext;

macro_rules! match_functions {
    ($($name:ident: $fold:literal $negated:literal;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let flags = Flags { ignore_case: $fold, ..Flags::default() };
            let matched = compile(text(arguments, 1)?, flags)?.is_match(text(arguments, 0)?)?;
            Ok(Datum::Bool(matched != $negated))
        }
    )*};
}

match_functions! {
    textregexeq: false false;
    textregexne: false true;
    texticregexeq: true false;
    texticregexne: true true;
    nameregexeq: false false;
    nameregexne: false true;
    nameicregexeq: true false;
    nameicregexne: true true;
}

fn similar_pattern(pattern: &str, escape: Option<&str>) -> SqlResult<String> {
    let escape = match escape {
        None => Some('\\'),
        Some("") => None,
        Some(text) => {
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(single), None) => Some(single),
                _ => {
                    return Err(SqlError::new(
                        sqlstate::INVALID_ESCAPE_SEQUENCE,
                        "invalid escape string",
                    )
                    .hint("Escape string must be empty or one character."));
                }
            }
        }
    };
    let mut result = String::from("^(?:");
    let mut escaped = false;
    let mut in_bracket = false;
    // Escape-quote pairs split the pattern into what precedes, is wanted from, and follows a SUBSTRING.
    let mut separators = 0;
    for character in pattern.chars() {
        if escaped {
            if character == '"' && !in_bracket {
                separators += 1;
                match separators {
                    1 => result.push_str("){1,1}?("),
                    2 => result.push_str("){1,1}(?:"),
                    _ => {
                        return Err(SqlError::new(
                            sqlstate::INVALID_ESCAPE_SEQUENCE,
                            "SQL regular expression may not contain more than two escape-double-quote separators",
                        ));
                    }
                }
            } else {
                result.push('\\');
                result.push(character);
            }
            escaped = false;
        } else if Some(character) == escape {
            escaped = true;
        } else if in_bracket {
            if character == '\\' {
                result.push('\\');
            }
            result.push(character);
            in_bracket = character != ']';
        } else {
            match character {
                '[' => {
                    in_bracket = true;
                    result.push('[');
                }
                '%' => result.push_str(".*"),
                '_' => result.push('.'),
                '(' => result.push_str("(?:"),
                '\\' | '.' | '^' | '$' => {
                    result.push('\\');
                    result.push(character);
                }
                _ => result.push(character),
            }
        }
    }
    result.push_str(")$");
    Ok(result)
}

pub(crate) fn similar_to_escape_1(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    similar_pattern(text(arguments, 0)?, None).map(Datum::text)
}

pub(crate) fn similar_to_escape_2(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    similar_pattern(text(arguments, 0)?, Some(text(arguments, 1)?)).map(Datum::text)
}

pub(crate) fn similar_escape(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    if arguments[0].is_null() {
        return Ok(Datum::Null);
    }
    let escape = if arguments[1].is_null() { None } else { Some(text(arguments, 1)?) };
    similar_pattern(text(arguments, 0)?, escape).map(Datum::text)
}

/// `substring(value from pattern)`: the first group, or the whole match.
pub(crate) fn textregexsubstr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let regex = compile(text(arguments, 1)?, Flags::default())?;
    let group = usize::from(regex.captures_len() > 1);
    Ok(regex
        .captures_at(text(arguments, 0)?, 0)?
        .and_then(|found| found.group(group))
        .map_or(Datum::Null, Datum::text))
}

/// `substring(value similar pattern escape e)`.
pub(crate) fn substring_similar(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let pattern = similar_pattern(text(arguments, 1)?, Some(text(arguments, 2)?))?;
    textregexsubstr(context, &[arguments[0].clone(), Datum::text(pattern)])
}

/// Appends the replacement for one match: `\1` to `\9` are groups, `\&` the match, `\\` a backslash.
fn append_replacement(replacement: &str, found: &Found<'_>, out: &mut String) {
    let mut characters = replacement.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('&') => out.push_str(found.group(0).unwrap_or_default()),
            Some(digit @ '1'..='9') => {
                let group = digit as usize - '0' as usize;
                out.push_str(found.group(group).unwrap_or_default());
            }
            Some('\\') => out.push('\\'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
}

/// Replaces the `wanted`-th match (0 for all) at or after byte `start`.
fn replace(
    context: &dyn EvalContext,
    value: &str,
    regex: &Pattern,
    replacement: &str,
    start: usize,
    wanted: usize,
) -> SqlResult<Datum> {
    let mut result = String::with_capacity(value.len());
    let mut copied = 0;
    for (round, found) in Matches::new(regex, value, start).enumerate() {
        check_every(context, round)?;
        let found = found?;
        if wanted == 0 || round + 1 == wanted {
            let whole = found.range(0).unwrap_or(0..0);
            result.push_str(&value[copied..whole.start]);
            append_replacement(replacement, &found, &mut result);
            check_length(context, result.len())?;
            copied = whole.end;
        }
        if round + 1 == wanted {
            break;
        }
    }
    result.push_str(&value[copied..]);
    check_length(context, result.len())?;
    Ok(Datum::text(result))
}

/// The byte offset of a 1-based character position.
fn start_offset(value: &str, start: i32) -> SqlResult<usize> {
    if start < 1 {
        return Err(invalid_parameter(format!("invalid value for parameter \"start\": {start}")));
    }
    Ok(value.char_indices().nth(start as usize - 1).map_or(
        if start as usize > value.chars().count() + 1 { value.len() + 1 } else { value.len() },
        |found| found.0,
    ))
}

fn count_parameter(name: &str, value: i32, minimum: i32) -> SqlResult<usize> {
    usize::try_from(value).ok().filter(|_| value >= minimum).ok_or_else(|| {
        invalid_parameter(format!("invalid value for parameter \"{name}\": {value}"))
    })
}

pub(crate) fn textregexreplace_noopt(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let regex = compile(text(arguments, 1)?, Flags::default())?;
    replace(context, text(arguments, 0)?, &regex, text(arguments, 2)?, 0, 1)
}

pub(crate) fn textregexreplace(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let flags = text(arguments, 3)?;
    if flags.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(invalid_parameter(format!(
            "invalid regular expression option: \"{}\"",
            &flags[..1]
        ))
        .hint(
            "If you meant to use regexp_replace() with a start parameter, cast the fourth argument \
             to integer explicitly.",
        ));
    }
    let flags = Flags::parse(flags)?;
    let regex = compile(text(arguments, 1)?, flags)?;
    let wanted = usize::from(!flags.global);
    replace(context, text(arguments, 0)?, &regex, text(arguments, 2)?, 0, wanted)
}

pub(crate) fn textregexreplace_extended(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let start = start_offset(value, int4(arguments, 3)?)?;
    let flags = match arguments.get(5) {
        Some(_) => Flags::parse(text(arguments, 5)?)?,
        None => Flags::default(),
    };
    let wanted = match arguments.get(4) {
        Some(_) => count_parameter("n", int4(arguments, 4)?, 0)?,
        None => usize::from(!flags.global),
    };
    let regex = compile(text(arguments, 1)?, flags)?;
    replace(context, value, &regex, text(arguments, 2)?, start, wanted)
}

fn flags_at(arguments: &[Datum], position: usize, function: &str) -> SqlResult<Flags> {
    let flags = match arguments.get(position) {
        Some(_) => Flags::parse(text(arguments, position)?)?,
        None => Flags::default(),
    };
    if flags.global && !function.is_empty() {
        let error =
            invalid_parameter(format!("{function}() does not support the \"global\" option"));
        return Err(if function == "regexp_match" {
            error.hint("Use the regexp_matches function instead.")
        } else {
            error
        });
    }
    Ok(flags)
}

/// The groups of a match as an array; the whole match if there are no groups.
fn groups(found: &Found<'_>) -> Datum {
    let first = usize::from(found.len() > 1);
    let parts = (first..found.len())
        .map(|group| found.group(group).map_or(Datum::Null, Datum::text))
        .collect();
    Datum::Array(Array::from_elements(oid::TEXT, parts).into())
}

pub(crate) fn regexp_match(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let regex = compile(text(arguments, 1)?, flags_at(arguments, 2, "regexp_match")?)?;
    Ok(regex.captures_at(text(arguments, 0)?, 0)?.map_or(Datum::Null, |found| groups(&found)))
}

pub(crate) fn regexp_matches(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let flags = flags_at(arguments, 2, "")?;
    let regex = compile(text(arguments, 1)?, flags)?;
    for (round, found) in Matches::new(&regex, text(arguments, 0)?, 0).enumerate() {
        check_every(context, round)?;
        if !emit(vec![groups(&found?)])? || !flags.global {
            break;
        }
    }
    Ok(())
}

/// The parts between matches; empty matches at the ends and right after a match do not split.
fn split(context: &dyn EvalContext, value: &str, regex: &Pattern) -> SqlResult<Vec<Datum>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (round, found) in Matches::new(regex, value, 0).enumerate() {
        check_every(context, round)?;
        let range = found?.range(0).unwrap_or(0..0);
        if range.is_empty()
            && (range.start == from && range.start == 0 || range.start >= value.len())
        {
            continue;
        }
        parts.push(Datum::text(&value[from..range.start]));
        from = range.end;
    }
    parts.push(Datum::text(&value[from..]));
    Ok(parts)
}

pub(crate) fn regexp_split_to_array(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let regex = compile(text(arguments, 1)?, flags_at(arguments, 2, "regexp_split_to_array")?)?;
    let parts = split(context, text(arguments, 0)?, &regex)?;
    Ok(Datum::Array(Array::from_elements(oid::TEXT, parts).into()))
}

pub(crate) fn regexp_split_to_table(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let regex = compile(text(arguments, 1)?, flags_at(arguments, 2, "regexp_split_to_table")?)?;
    for part in split(context, text(arguments, 0)?, &regex)? {
        if !emit(vec![part])? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn regexp_like(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let regex = compile(text(arguments, 1)?, flags_at(arguments, 2, "regexp_like")?)?;
    Ok(Datum::Bool(regex.is_match(text(arguments, 0)?)?))
}

pub(crate) fn regexp_count(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let start = match arguments.get(2) {
        Some(_) => start_offset(value, int4(arguments, 2)?)?,
        None => 0,
    };
    let regex = compile(text(arguments, 1)?, flags_at(arguments, 3, "regexp_count")?)?;
    let mut count = 0;
    for (round, found) in Matches::new(&regex, value, start).enumerate() {
        check_every(context, round)?;
        found?;
        count += 1;
    }
    int4_result(count)
}

/// The range of the wanted match or group of it.
fn locate(
    arguments: &[Datum],
    first: usize,
    flags_position: usize,
    group_position: usize,
    function: &str,
) -> SqlResult<Option<std::ops::Range<usize>>> {
    let value = text(arguments, 0)?;
    let start = match arguments.get(first) {
        Some(_) => start_offset(value, int4(arguments, first)?)?,
        None => 0,
    };
    let wanted = match arguments.get(first + 1) {
        Some(_) => count_parameter("n", int4(arguments, first + 1)?, 1)?,
        None => 1,
    };
    let group = match arguments.get(group_position) {
        Some(_) => count_parameter("subexpr", int4(arguments, group_position)?, 0)?,
        None => 0,
    };
    let regex = compile(text(arguments, 1)?, flags_at(arguments, flags_position, function)?)?;
    let found = Matches::new(&regex, value, start).nth(wanted - 1).transpose()?;
    Ok(found.and_then(|found| found.range(group)))
}

pub(crate) fn regexp_instr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let end = match arguments.get(4) {
        Some(_) => int4(arguments, 4)?,
        None => 0,
    };
    if end != 0 && end != 1 {
        return Err(invalid_parameter(format!("invalid value for parameter \"endoption\": {end}")));
    }
    let Some(range) = locate(arguments, 2, 5, 6, "regexp_instr")? else {
        return Ok(Datum::Int4(0));
    };
    let offset = if end == 1 { range.end } else { range.start };
    int4_result(text(arguments, 0)?[..offset].chars().count() + 1)
}

pub(crate) fn regexp_substr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let range = locate(arguments, 2, 4, 5, "regexp_substr")?;
    Ok(match range {
        Some(range) => Datum::text(&text(arguments, 0)?[range]),
        None => Datum::Null,
    })
}
