//! `citext`: comparison, patterns and the string functions that ignore case for it. Named as the extension names them.

use std::cmp::Ordering;

use types::citext::{compare, fold};
use types::{Datum, Row, SqlResult};

use crate::bodies::arguments::{int4, wrong_kind};
use crate::bodies::{hashing, patterns, regular_expression_functions as expressions, strings};
use crate::context::EvalContext;

fn value(arguments: &[Datum], position: usize) -> SqlResult<&str> {
    match &arguments[position] {
        Datum::Citext(value) => Ok(value),
        other => Err(wrong_kind("citext", other)),
    }
}

/// Arguments as functions of text take them.
fn as_text(arguments: &[Datum]) -> Vec<Datum> {
    let plain = |argument: &Datum| match argument {
        Datum::Citext(value) => Datum::Text(value.clone()),
        other => other.clone(),
    };
    arguments.iter().map(plain).collect()
}

/// As [`as_text`], with the flag that ignores case at `position`, unless the flags there ask for the opposite.
fn insensitive(arguments: &[Datum], position: usize) -> Vec<Datum> {
    let mut plain = as_text(arguments);
    match plain.get(position) {
        Some(Datum::Text(flags)) if flags.contains('c') => {}
        Some(Datum::Text(flags)) => plain[position] = Datum::text(format!("{flags}i")),
        Some(_) => {}
        None => plain.push(Datum::text("i")),
    }
    plain
}

pub(crate) fn from_text(_: &dyn EvalContext, value: &Datum) -> SqlResult<Datum> {
    match value {
        Datum::Text(value) => Ok(Datum::Citext(value.clone())),
        other => Err(wrong_kind("text", other)),
    }
}

pub(crate) fn to_text(_: &dyn EvalContext, value: &Datum) -> SqlResult<Datum> {
    match value {
        Datum::Citext(value) => Ok(Datum::Text(value.clone())),
        other => Err(wrong_kind("citext", other)),
    }
}

/// `citext(character)`, which loses its blanks, and of boolean and inet.
pub(crate) fn citext(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    match &arguments[0] {
        Datum::Text(text) => Ok(Datum::Citext(text.trim_end_matches(' ').into())),
        Datum::Bool(_) => from_text(context, &strings::booltext(context, arguments)?),
        _ => from_text(context, &crate::bodies::networks::network_show(context, arguments)?),
    }
}

macro_rules! comparisons {
    ($($name:ident: $test:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let test: fn(Ordering) -> bool = $test;
            Ok(Datum::Bool(test(compare(value(arguments, 0)?, value(arguments, 1)?))))
        }
    )*};
}

comparisons! {
    citext_eq: Ordering::is_eq;
    citext_ne: Ordering::is_ne;
    citext_lt: Ordering::is_lt;
    citext_le: Ordering::is_le;
    citext_gt: Ordering::is_gt;
    citext_ge: Ordering::is_ge;
}

pub(crate) fn citext_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(compare(value(arguments, 0)?, value(arguments, 1)?) as i32))
}

pub(crate) fn citext_smaller(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let is_first = compare(value(arguments, 0)?, value(arguments, 1)?).is_lt();
    Ok(arguments[usize::from(!is_first)].clone())
}

pub(crate) fn citext_larger(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let is_first = compare(value(arguments, 0)?, value(arguments, 1)?).is_gt();
    Ok(arguments[usize::from(!is_first)].clone())
}

pub(crate) fn citext_hash(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    hashing::hashtext(context, &[Datum::text(fold(value(arguments, 0)?))])
}

pub(crate) fn citext_hash_extended(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let folded = Datum::text(fold(value(arguments, 0)?));
    hashing::hashtextextended(context, &[folded, arguments[1].clone()])
}

macro_rules! as_text_functions {
    ($($name:ident: $body:path;)*) => {$(
        pub(crate) fn $name(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            $body(context, &as_text(arguments))
        }
    )*};
}

as_text_functions! {
    texticlike: patterns::texticlike;
    texticnlike: patterns::texticnlike;
    texticregexeq: expressions::texticregexeq;
    texticregexne: expressions::texticregexne;
}

pub(crate) fn regexp_match(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    expressions::regexp_match(context, &insensitive(arguments, 2))
}

pub(crate) fn regexp_matches(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    expressions::regexp_matches(context, &insensitive(arguments, 2), emit)
}

pub(crate) fn regexp_split_to_array(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    expressions::regexp_split_to_array(context, &insensitive(arguments, 2))
}

pub(crate) fn regexp_split_to_table(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    expressions::regexp_split_to_table(context, &insensitive(arguments, 2), emit)
}

pub(crate) fn regexp_replace(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    expressions::textregexreplace(context, &insensitive(arguments, 3))
}

/// A regular expression that stands for the text itself.
fn literal_pattern(text: &str) -> Datum {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() && letter != '_' {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    Datum::text(pattern)
}

pub(crate) fn replace(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut plain = as_text(arguments);
    plain[1] = literal_pattern(value(arguments, 1)?);
    plain.push(Datum::text("gi"));
    expressions::textregexreplace(context, &plain)
}

pub(crate) fn split_part(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let wanted = int4(arguments, 2)?;
    let pattern = literal_pattern(value(arguments, 1)?);
    let text = Datum::text(value(arguments, 0)?);
    let parts = expressions::regexp_split_to_array(context, &[text, pattern, Datum::text("i")])?;
    let Datum::Array(parts) = parts else { return Ok(Datum::Null) };
    let place = usize::try_from(wanted).ok().and_then(|wanted| wanted.checked_sub(1));
    Ok(place.and_then(|place| parts.elements.get(place)).cloned().unwrap_or(Datum::Null))
}

pub(crate) fn strpos(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let folded = |position| value(arguments, position).map(fold).map(Datum::text);
    strings::textpos(context, &[folded(0)?, folded(1)?])
}

/// Letters of the second argument are replaced in either case.
pub(crate) fn translate(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let from = value(arguments, 1)?;
    let (lower, upper) = (from.to_lowercase(), from.to_uppercase());
    let text = Datum::text(value(arguments, 0)?);
    let once = strings::translate(context, &[text, Datum::text(lower), arguments[2].clone()])?;
    strings::translate(context, &[once, Datum::text(upper), arguments[2].clone()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::NoSession;

    fn citexts(values: &[&str]) -> Vec<Datum> {
        values.iter().map(|value| Datum::Citext((*value).into())).collect()
    }

    #[test]
    fn string_functions_ignore_case() {
        let context = NoSession::default();
        let text = |datum: SqlResult<Datum>| match datum.expect("computed") {
            Datum::Text(value) => value.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(text(replace(&context, &citexts(&["aBCabc.", "bc", "x"]))), "axax.");
        assert_eq!(text(replace(&context, &citexts(&["a.B", ".", "-"]))), "a-B");
        assert_eq!(text(strpos(&context, &citexts(&["xABC", "bc"]))), "Int4(3)");
        let mut parts = citexts(&["oneXtwoxthree", "x"]);
        parts.push(Datum::Int4(2));
        assert_eq!(text(split_part(&context, &parts)), "two");
        let mut letters = citexts(&["aAbB", "A"]);
        letters.push(Datum::text("-"));
        assert_eq!(text(translate(&context, &letters)), "--bB");
        let mut sensitive = citexts(&["ABC", "b"]);
        sensitive.push(Datum::text("c"));
        assert!(regexp_match(&context, &sensitive).expect("computed").is_null());
        assert!(!regexp_match(&context, &citexts(&["ABC", "b"])).expect("computed").is_null());
    }
}
