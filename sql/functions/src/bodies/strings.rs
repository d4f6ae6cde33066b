//! String functions. Functions are named as `pg_proc.prosrc`. Positions count characters and start at 1.

use types::{Array, Datum, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{
    check_length, int4, int4_result, integer, invalid_parameter, out_of_range, text,
};
use crate::context::EvalContext;

macro_rules! text_functions {
    ($($name:ident: $value:ident => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let $value = text(arguments, 0)?;
            $result
        }
    )*};
}

/// One character maps to one character, as `towlower` does; the few that would become several stay.
pub(crate) fn lower_case(value: &str) -> String {
    if value.is_ascii() {
        return value.to_ascii_lowercase();
    }
    value.chars().map(lower_char).collect()
}

fn lower_char(character: char) -> char {
    let mut mapped = character.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

fn upper_char(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

fn upper_case(value: &str) -> String {
    if value.is_ascii() {
        return value.to_ascii_uppercase();
    }
    value.chars().map(upper_char).collect()
}

fn capitalized(value: &str) -> String {
    let mut result = String::with_capacity(value.len());
    let mut inside_word = false;
    for character in value.chars() {
        result.push(if inside_word { lower_char(character) } else { upper_char(character) });
        inside_word = character.is_alphanumeric();
    }
    result
}

text_functions! {
    lower: value => Ok(Datum::text(lower_case(value)));
    upper: value => Ok(Datum::text(upper_case(value)));
    initcap: value => Ok(Datum::text(capitalized(value)));
    textlen: value => int4_result(value.chars().count());
    bpcharlen: value => int4_result(value.trim_end_matches(' ').chars().count());
    textoctetlen: value => int4_result(value.len());
    bpcharoctetlen: value => int4_result(value.len());
    text_bit_length: value => int4_result(value.len().saturating_mul(8));
    text_reverse: value => Ok(Datum::text(value.chars().rev().collect::<String>()));
    ascii: value => Ok(Datum::Int4(value.chars().next().map_or(0, |first| first as i32)));
    btrim1: value => Ok(Datum::text(value.trim_matches(' ')));
    ltrim1: value => Ok(Datum::text(value.trim_start_matches(' ')));
    rtrim1: value => Ok(Datum::text(value.trim_end_matches(' ')));
    quote_ident: value => Ok(Datum::text(quoted_identifier(value)));
    quote_literal: value => Ok(Datum::text(quoted_literal(value)));
    name_text: value => Ok(Datum::text(value));
    text_name: value => Ok(Datum::text(cut_name(value)));
    bpchar_name: value => Ok(Datum::text(cut_name(value.trim_end_matches(' '))));
    name_bpchar: value => Ok(Datum::text(value));
    text_char: value => Ok(Datum::Char(value.bytes().next().unwrap_or(0)));
}

/// At most 63 bytes, cut at a character.
fn cut_name(value: &str) -> &str {
    let mut end = value.len().min(63);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

pub(crate) fn char_text(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let byte = crate::bodies::arguments::byte(arguments, 0)?;
    Ok(Datum::text(match byte {
        0 => String::new(),
        1..128 => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    }))
}

pub(crate) fn char_bpchar(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    char_text(context, arguments)
}

pub(crate) fn booltext(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = crate::bodies::arguments::boolean(arguments, 0)?;
    Ok(Datum::text(if value { "true" } else { "false" }))
}

/// The words that must be quoted even though they look like identifiers: those PostgreSQL's grammar does not accept as
/// any column name without quotes.
static QUOTED_WORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json_array",
    "json_arrayagg",
    "json_object",
    "json_objectagg",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// As `quote_ident`: in double quotes if it would not be read back as it is.
pub fn quoted_identifier(name: &str) -> String {
    let mut bytes = name.bytes();
    let safe = bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && QUOTED_WORDS.binary_search(&name).is_err();
    if safe { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// As `quote_literal`.
pub fn quoted_literal(value: &str) -> String {
    let quoted = value.replace('\'', "''");
    if value.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

pub(crate) fn quote_nullable(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    if arguments[0].is_null() {
        return Ok(Datum::text("NULL"));
    }
    Ok(Datum::text(quoted_literal(text(arguments, 0)?)))
}

/// `quote_literal(anyelement)` and `quote_nullable(anyelement)`.
pub(crate) fn quote_any_literal(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[u32],
    _: u32,
) -> SqlResult<Datum> {
    if arguments[0].is_null() {
        return Ok(Datum::text("NULL"));
    }
    let value = crate::input_output::output(context, types[0], &arguments[0])?;
    Ok(Datum::text(quoted_literal(&value)))
}

pub(crate) fn textcat(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (left, right) = (text(arguments, 0)?, text(arguments, 1)?);
    check_length(context, left.len() + right.len())?;
    let mut joined = String::with_capacity(left.len() + right.len());
    joined.push_str(left);
    joined.push_str(right);
    Ok(Datum::text(joined))
}

/// `text || anything` and `anything || text`.
pub(crate) fn any_concatenation(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[u32],
    _: u32,
) -> SqlResult<Datum> {
    // The other side is cast to text, which words a boolean at length.
    let part = |index: usize| match &arguments[index] {
        Datum::Bool(value) => Ok(value.to_string()),
        value => crate::input_output::output(context, types[index], value),
    };
    let mut joined = part(0)?;
    joined.push_str(&part(1)?);
    check_length(context, joined.len())?;
    Ok(Datum::text(joined))
}

/// The part of `value` from character `start` (1-based, may be below 1) for `length` characters.
pub(crate) fn substring(value: &str, start: i32, length: Option<i32>) -> SqlResult<String> {
    let first = i64::from(start);
    let end = match length {
        Some(length) if length < 0 => {
            return Err(SqlError::new(
                sqlstate::SUBSTRING_ERROR,
                "negative substring length not allowed",
            ));
        }
        Some(length) => first + i64::from(length),
        None => i64::MAX,
    };
    let skip = usize::try_from((first - 1).max(0)).unwrap_or(usize::MAX);
    let take = usize::try_from((end - first.max(1)).max(0)).unwrap_or(usize::MAX);
    Ok(value.chars().skip(skip).take(take).collect())
}

pub(crate) fn text_substr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let length = Some(int4(arguments, 2)?);
    substring(text(arguments, 0)?, int4(arguments, 1)?, length).map(Datum::text)
}

pub(crate) fn text_substr_no_len(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    substring(text(arguments, 0)?, int4(arguments, 1)?, None).map(Datum::text)
}

fn overlay(
    context: &dyn EvalContext,
    value: &str,
    replacement: &str,
    start: i32,
    length: i32,
) -> SqlResult<Datum> {
    if start <= 0 {
        return Err(SqlError::new(
            sqlstate::SUBSTRING_ERROR,
            "negative substring length not allowed",
        ));
    }
    let after = start.checked_add(length).ok_or_else(|| out_of_range("integer"))?;
    check_length(context, value.len() * 2 + replacement.len())?;
    let mut result = substring(value, 1, Some(start - 1))?;
    result.push_str(replacement);
    result.push_str(&substring(value, after, None)?);
    Ok(Datum::text(result))
}

pub(crate) fn textoverlay(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (start, length) = (int4(arguments, 2)?, int4(arguments, 3)?);
    overlay(context, text(arguments, 0)?, text(arguments, 1)?, start, length)
}

pub(crate) fn textoverlay_no_len(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let replacement = text(arguments, 1)?;
    let length = i32::try_from(replacement.chars().count()).map_err(|_| out_of_range("integer"))?;
    overlay(context, text(arguments, 0)?, replacement, int4(arguments, 2)?, length)
}

/// `position` and `strpos`: 0 if not found.
pub(crate) fn textpos(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (value, wanted) = (text(arguments, 0)?, text(arguments, 1)?);
    match value.find(wanted) {
        Some(offset) => int4_result(value[..offset].chars().count() + 1),
        None => Ok(Datum::Int4(0)),
    }
}

pub(crate) fn text_starts_with(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Bool(text(arguments, 0)?.starts_with(text(arguments, 1)?)))
}

pub(crate) fn btrim(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let set: Vec<char> = text(arguments, 1)?.chars().collect();
    Ok(Datum::text(text(arguments, 0)?.trim_matches(&set[..])))
}

pub(crate) fn ltrim(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let set: Vec<char> = text(arguments, 1)?.chars().collect();
    Ok(Datum::text(text(arguments, 0)?.trim_start_matches(&set[..])))
}

pub(crate) fn rtrim(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let set: Vec<char> = text(arguments, 1)?.chars().collect();
    Ok(Datum::text(text(arguments, 0)?.trim_end_matches(&set[..])))
}

/// Fills or cuts to `length` characters; `on_left` says where the filling goes.
fn pad(
    context: &dyn EvalContext,
    value: &str,
    length: i32,
    filling: &str,
    on_left: bool,
) -> SqlResult<Datum> {
    let length = usize::try_from(length).unwrap_or(0);
    check_length(context, length)?;
    let present = value.chars().count();
    if present >= length || filling.is_empty() {
        return Ok(Datum::text(value.chars().take(length).collect::<String>()));
    }
    check_length(context, value.len() + (length - present).saturating_mul(4))?;
    let added: String = filling.chars().cycle().take(length - present).collect();
    Ok(Datum::text(if on_left { added + value } else { value.to_owned() + &added }))
}

pub(crate) fn lpad(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    pad(context, text(arguments, 0)?, int4(arguments, 1)?, text(arguments, 2)?, true)
}

pub(crate) fn rpad(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    pad(context, text(arguments, 0)?, int4(arguments, 1)?, text(arguments, 2)?, false)
}

pub(crate) fn lpad_blank(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    pad(context, text(arguments, 0)?, int4(arguments, 1)?, " ", true)
}

pub(crate) fn rpad_blank(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    pad(context, text(arguments, 0)?, int4(arguments, 1)?, " ", false)
}

/// How many characters `left(value, n)` keeps: a negative `n` drops that many.
fn kept_characters(value: &str, wanted: i32) -> usize {
    match usize::try_from(wanted) {
        Ok(wanted) => wanted,
        Err(_) => value.chars().count().saturating_sub(wanted.unsigned_abs() as usize),
    }
}

pub(crate) fn text_left(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let kept = kept_characters(value, int4(arguments, 1)?);
    Ok(Datum::text(value.chars().take(kept).collect::<String>()))
}

pub(crate) fn text_right(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let kept = kept_characters(value, int4(arguments, 1)?);
    let skipped = value.chars().count().saturating_sub(kept);
    Ok(Datum::text(value.chars().skip(skipped).collect::<String>()))
}

pub(crate) fn repeat(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let count = usize::try_from(int4(arguments, 1)?).unwrap_or(0);
    check_length(context, value.len().saturating_mul(count))?;
    Ok(Datum::text(value.repeat(count)))
}

pub(crate) fn replace_text(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (value, from, to) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
    if from.is_empty() {
        return Ok(arguments[0].clone());
    }
    if to.len() > from.len() {
        let matches = value.matches(from).count();
        let growth = matches.saturating_mul(to.len() - from.len());
        check_length(context, value.len().saturating_add(growth))?;
    }
    Ok(Datum::text(value.replace(from, to)))
}

pub(crate) fn translate(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let from: Vec<char> = text(arguments, 1)?.chars().collect();
    let to: Vec<char> = text(arguments, 2)?.chars().collect();
    let translated: String = text(arguments, 0)?
        .chars()
        .filter_map(|character| match from.iter().position(|&known| known == character) {
            Some(position) => to.get(position).copied(),
            None => Some(character),
        })
        .collect();
    Ok(Datum::text(translated))
}

pub(crate) fn split_part(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (value, delimiter) = (text(arguments, 0)?, text(arguments, 1)?);
    let field = int4(arguments, 2)?;
    if field == 0 {
        return Err(invalid_parameter("field position must not be zero"));
    }
    let position = field.unsigned_abs() as usize - 1;
    let part = if value.is_empty() {
        None
    } else if delimiter.is_empty() {
        (position == 0).then_some(value)
    } else if field > 0 {
        value.split(delimiter).nth(position)
    } else {
        // From the end, but the delimiters are those a search from the start finds.
        let parts: Vec<&str> = value.split(delimiter).collect();
        parts.len().checked_sub(position + 1).map(|index| parts[index])
    };
    Ok(Datum::text(part.unwrap_or("")))
}

pub(crate) fn chr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let code = int4(arguments, 0)?;
    let limit = |message: String| SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, message);
    if code < 0 {
        return Err(invalid_parameter("character number must be positive"));
    }
    if code == 0 {
        return Err(limit("null character not permitted".to_owned()));
    }
    match char::from_u32(code as u32) {
        Some(character) => Ok(Datum::text(character.to_string())),
        None if code > 0x10_ffff => {
            Err(limit(format!("requested character too large for encoding: {code}")))
        }
        None => Err(limit(format!("requested character not valid for encoding: {code}"))),
    }
}

pub(crate) fn to_hex32(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::text(format!("{:x}", int4(arguments, 0)?)))
}

pub(crate) fn to_hex64(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::text(format!("{:x}", integer(&arguments[0])?)))
}

/// The length coercion `varchar(n)`, `character(n)`; (value, modifier, is-explicit).
pub(crate) fn varchar(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let explicit = crate::bodies::arguments::boolean(arguments, 2)?;
    types::io::apply_modifier(oid::VARCHAR, arguments[0].clone(), int4(arguments, 1)?, explicit)
}

/// The longest `character(n)`, and its modifier's offset.
const LONGEST_CHARACTER: i32 = 10_485_760 + 4;

pub(crate) fn bpchar(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    // Padding is real memory: a modifier no type can have is refused.
    if int4(arguments, 1)? > LONGEST_CHARACTER {
        return Err(SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "requested length too large"));
    }
    let explicit = crate::bodies::arguments::boolean(arguments, 2)?;
    types::io::apply_modifier(oid::BPCHAR, arguments[0].clone(), int4(arguments, 1)?, explicit)
}

fn text_array(parts: Vec<Datum>) -> Datum {
    Datum::Array(Array::from_elements(oid::TEXT, parts).into())
}

/// The parts of `string_to_array`: a NULL delimiter splits into characters, an empty one does not split.
fn parts_of(arguments: &[Datum]) -> SqlResult<Option<Vec<Datum>>> {
    if arguments[0].is_null() {
        return Ok(None);
    }
    let value = text(arguments, 0)?;
    let null_text = match arguments.get(2) {
        Some(Datum::Text(null_text)) => Some(&**null_text),
        _ => None,
    };
    if value.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let parts: Vec<String> = if arguments[1].is_null() {
        value.chars().map(String::from).collect()
    } else {
        match text(arguments, 1)? {
            "" => vec![value.to_owned()],
            delimiter => value.split(delimiter).map(str::to_owned).collect(),
        }
    };
    let parts = parts
        .into_iter()
        .map(|part| if null_text == Some(&*part) { Datum::Null } else { Datum::text(part) })
        .collect();
    Ok(Some(parts))
}

pub(crate) fn text_to_array(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(parts_of(arguments)?.map_or(Datum::Null, text_array))
}

pub(crate) fn text_to_array_null(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(parts_of(arguments)?.map_or(Datum::Null, text_array))
}

pub(crate) fn text_to_table(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(types::Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    for (round, part) in parts_of(arguments)?.unwrap_or_default().into_iter().enumerate() {
        crate::bodies::arguments::check_every(context, round)?;
        if !emit(vec![part])? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn text_to_table_null(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(types::Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    text_to_table(context, arguments, emit)
}

/// `parse_ident`: the parts of a qualified name.
pub(crate) fn parse_ident(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    let strict = crate::bodies::arguments::boolean(arguments, 1)?;
    let invalid = |detail: Option<&str>| {
        let error = invalid_parameter(format!("string is not a valid identifier: \"{value}\""));
        match detail {
            Some(detail) => error.detail(detail),
            None => error,
        }
    };
    let mut parts = Vec::new();
    let mut rest = value.trim_start();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut part = String::new();
            let mut characters = quoted.char_indices().peekable();
            let end = loop {
                match characters.next() {
                    Some((_, '"')) if characters.peek().is_some_and(|next| next.1 == '"') => {
                        characters.next();
                        part.push('"');
                    }
                    Some((offset, '"')) => break offset + 1,
                    Some((_, character)) => part.push(character),
                    None => {
                        return Err(invalid(Some("String has unclosed double quotes.")));
                    }
                }
            };
            if part.is_empty() {
                return Err(invalid(Some("Quoted identifier must not be empty.")));
            }
            parts.push(Datum::text(part));
            rest = &quoted[end..];
        } else {
            let starts = |character: char| {
                character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
            };
            if !rest.starts_with(starts) {
                return Err(invalid(match rest.chars().next() {
                    Some('.') => Some("No valid identifier before \".\"."),
                    None if !parts.is_empty() => Some("No valid identifier after \".\"."),
                    _ => None,
                }));
            }
            let end = rest
                .find(|character: char| {
                    !(starts(character) || character.is_ascii_digit() || character == '$')
                })
                .unwrap_or(rest.len());
            parts.push(Datum::text(rest[..end].to_ascii_lowercase()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
        match rest.strip_prefix('.') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() || !strict => break,
            None => return Err(invalid(None)),
        }
    }
    Ok(text_array(parts))
}
