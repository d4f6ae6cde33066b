//! Unicode in strings: `unistr`, `normalize`, `IS NORMALIZED`; and tests of input, `pg_input_is_valid`.

use types::{Datum, Row, SqlError, SqlResult, oid, sqlstate};
use unicode_normalization::UnicodeNormalization;

use crate::bodies::arguments::{invalid_parameter, text};
use crate::context::EvalContext;
use crate::input_output::input;

fn normalized(value: &str, form: &str) -> SqlResult<String> {
    Ok(match form.to_ascii_uppercase().as_str() {
        "NFC" => value.nfc().collect(),
        "NFD" => value.nfd().collect(),
        "NFKC" => value.nfkc().collect(),
        "NFKD" => value.nfkd().collect(),
        _ => return Err(invalid_parameter(format!("invalid normalization form: {form}"))),
    })
}

pub(crate) fn unicode_normalize_func(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    normalized(text(arguments, 0)?, text(arguments, 1)?).map(Datum::text)
}

pub(crate) fn unicode_is_normalized(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let value = text(arguments, 0)?;
    Ok(Datum::Bool(normalized(value, text(arguments, 1)?)? == value))
}

/// `\XXXX`, `\uXXXX`, `\+XXXXXX`, `\UXXXXXXXX` are characters, `\\` is a backslash.
pub(crate) fn unistr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let bad_escape = || {
        SqlError::new(sqlstate::SYNTAX_ERROR, "invalid Unicode escape")
            .hint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.")
    };
    let bad_pair = || SqlError::new(sqlstate::SYNTAX_ERROR, "invalid Unicode surrogate pair");
    let mut rest = text(arguments, 0)?;
    let mut out = String::with_capacity(rest.len());
    let mut high: Option<u32> = None;
    while let Some(first) = rest.chars().next() {
        if first != '\\' || rest.starts_with("\\\\") {
            if high.is_some() {
                return Err(bad_pair());
            }
            out.push(first);
            rest = &rest[first.len_utf8() + usize::from(first == '\\')..];
            continue;
        }
        let after = &rest[1..];
        let (skip, digits) = match after.as_bytes().first() {
            Some(b'+') => (1, 6),
            Some(b'u') => (1, 4),
            Some(b'U') => (1, 8),
            _ => (0, 4),
        };
        let digits = after.get(skip..skip + digits).ok_or_else(bad_escape)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(bad_escape());
        }
        let code = u32::from_str_radix(digits, 16).map_err(|_| bad_escape())?;
        rest = &after[skip + digits.len()..];
        if (0xdc00..0xe000).contains(&code) {
            let Some(first) = high.take() else { return Err(bad_pair()) };
            let joined = 0x10000 + ((first - 0xd800) << 10) + (code - 0xdc00);
            out.extend(char::from_u32(joined));
        } else if high.is_some() {
            return Err(bad_pair());
        } else if (0xd800..0xdc00).contains(&code) {
            high = Some(code);
        } else {
            let character = char::from_u32(code).filter(|character| *character != '\0');
            out.push(character.ok_or_else(|| {
                SqlError::new(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("invalid Unicode code point: {code:04X}"),
                )
            })?);
        }
    }
    if high.is_some() {
        return Err(bad_pair());
    }
    Ok(Datum::text(out))
}

/// Reads a value of a type given by its SQL name, with lengths as in `varchar(10)` or `numeric(5,2)`.
fn try_input(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Option<SqlError>> {
    let name = text(arguments, 1)?;
    let (plain, numbers) = match name.split_once('(') {
        Some((plain, rest)) => (plain.trim(), rest.trim_end().trim_end_matches(')')),
        None => (name.trim(), ""),
    };
    let type_oid = match types::builtin::type_by_sql_name(plain) {
        Some(found) => found,
        None => context.object_by_name(oid::REGTYPE, plain)?,
    };
    let numbers: Vec<i32> =
        numbers.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let modifier = match (type_oid, numbers.as_slice()) {
        (oid::NUMERIC, [precision]) => types::numeric::numeric_modifier(*precision, 0),
        (oid::NUMERIC, [precision, scale]) => types::numeric::numeric_modifier(*precision, *scale),
        (oid::VARCHAR | oid::BPCHAR, [length]) => length + 4,
        (_, [number]) => *number,
        _ => -1,
    };
    Ok(input(context, type_oid, text(arguments, 0)?, modifier).err())
}

pub(crate) fn pg_input_is_valid(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Ok(Datum::Bool(try_input(context, arguments)?.is_none()))
}

pub(crate) fn pg_input_error_info(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    let optional =
        |text: Option<&String>| text.map_or(Datum::Null, |text| Datum::text(text.as_str()));
    let row = match try_input(context, arguments)? {
        None => vec![Datum::Null; 4],
        Some(error) => {
            let fields = error.fields();
            vec![
                Datum::text(error.message()),
                optional(fields.detail.as_ref()),
                optional(fields.hint.as_ref()),
                Datum::text(error.sqlstate()),
            ]
        }
    };
    emit(row).map(drop)
}
