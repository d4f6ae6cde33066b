//! `concat`, `concat_ws` and `format`: functions of any number of values of any type.

use types::{Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{check_length, invalid_parameter};
use crate::bodies::strings::{quoted_identifier, quoted_literal};
use crate::context::EvalContext;
use crate::input_output::output;

/// The values of a VARIADIC "any" call after the first `fixed`: given one by one, or as one array (`VARIADIC array`),
/// which the binder shows by one type more than there are arguments. `None` if that array is NULL.
pub(crate) fn spread(
    arguments: &[Datum],
    types: &[Oid],
    fixed: usize,
) -> Option<(Vec<Datum>, Vec<Oid>)> {
    if types.len() <= arguments.len() {
        return Some((arguments[fixed..].to_vec(), types[fixed..].to_vec()));
    }
    match arguments.last() {
        Some(Datum::Array(array)) => {
            let element = if array.element == 0 { oid::TEXT } else { array.element };
            let mut values = arguments[fixed..arguments.len() - 1].to_vec();
            let mut kinds = types[fixed..arguments.len() - 1].to_vec();
            values.extend(array.elements.iter().cloned());
            kinds.extend(std::iter::repeat_n(element, array.elements.len()));
            Some((values, kinds))
        }
        _ => None,
    }
}

fn join(
    context: &dyn EvalContext,
    separator: &str,
    values: &[Datum],
    types: &[Oid],
) -> SqlResult<Datum> {
    let mut joined = String::new();
    let mut first = true;
    for (value, &type_oid) in values.iter().zip(types) {
        if value.is_null() {
            continue;
        }
        if !first {
            joined.push_str(separator);
        }
        first = false;
        joined.push_str(&output(context, type_oid, value)?);
        check_length(context, joined.len())?;
    }
    Ok(Datum::text(joined))
}

pub(crate) fn text_concat(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let Some((values, types)) = spread(arguments, types, 0) else {
        return Ok(Datum::Null);
    };
    join(context, "", &values, &types)
}

pub(crate) fn text_concat_ws(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let Datum::Text(separator) = &arguments[0] else {
        return Ok(Datum::Null);
    };
    let Some((values, types)) = spread(arguments, types, 1) else {
        return Ok(Datum::Null);
    };
    join(context, separator, &values, &types)
}

/// One `%…` of a format string.
struct Specifier {
    position: Option<usize>,
    left_aligned: bool,
    width: Width,
    conversion: char,
}

enum Width {
    None,
    Fixed(i32),
    /// From the next argument, or from the one at this position.
    Argument(Option<usize>),
}

fn bad_specifier() -> SqlError {
    invalid_parameter("unterminated format() type specifier").hint("For a single \"%\" use \"%%\".")
}

struct Scanner<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Scanner<'_> {
    fn number(&mut self) -> SqlResult<Option<i32>> {
        let mut value: Option<i32> = None;
        while let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(10)) {
            self.rest.next();
            let next = value.unwrap_or(0).checked_mul(10).and_then(|v| v.checked_add(digit as i32));
            value = Some(next.ok_or_else(|| {
                SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "number is out of range")
            })?);
        }
        Ok(value)
    }

    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }

    fn position(number: i32) -> SqlResult<usize> {
        usize::try_from(number).ok().filter(|&number| number > 0).ok_or_else(|| {
            invalid_parameter("format specifies argument 0, but arguments are numbered from 1")
        })
    }

    fn specifier(&mut self) -> SqlResult<Specifier> {
        let mut specifier =
            Specifier { position: None, left_aligned: false, width: Width::None, conversion: 's' };
        if let Some(number) = self.number()? {
            if self.take('$') {
                specifier.position = Some(Self::position(number)?);
            } else {
                specifier.width = Width::Fixed(number);
            }
        }
        while self.take('-') {
            specifier.left_aligned = true;
        }
        if self.take('*') {
            let position = match self.number()? {
                Some(number) => {
                    if !self.take('$') {
                        return Err(invalid_parameter(
                            "width argument position must be ended by \"$\"",
                        ));
                    }
                    Some(Self::position(number)?)
                }
                None => None,
            };
            specifier.width = Width::Argument(position);
        } else if let Some(number) = self.number()? {
            specifier.width = Width::Fixed(number);
        }
        specifier.conversion = self.rest.next().ok_or_else(bad_specifier)?;
        Ok(specifier)
    }
}

pub(crate) fn text_format(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let Datum::Text(pattern) = &arguments[0] else {
        return Ok(Datum::Null);
    };
    // A NULL array is no arguments at all.
    let (values, types) = spread(arguments, types, 1).unwrap_or_default();
    let mut result = String::with_capacity(pattern.len());
    let mut scanner = Scanner { rest: pattern.chars().peekable() };
    let mut next = 0usize;
    while let Some(character) = scanner.rest.next() {
        if character != '%' {
            result.push(character);
            continue;
        }
        if scanner.take('%') {
            result.push('%');
            continue;
        }
        let specifier = scanner.specifier()?;
        let width = match specifier.width {
            Width::None => 0,
            Width::Fixed(width) => width,
            Width::Argument(position) => {
                next = position.map_or(next, |position| position - 1);
                let value = values.get(next).ok_or_else(too_few)?;
                next += 1;
                match value {
                    Datum::Null => 0,
                    Datum::Int2(width) => i32::from(*width),
                    Datum::Int4(width) => *width,
                    other => {
                        let shown = output(context, types[next - 1], other)?;
                        shown.parse().map_err(|_| {
                            SqlError::new(
                                sqlstate::INVALID_TEXT_REPRESENTATION,
                                format!("invalid input syntax for type integer: \"{shown}\""),
                            )
                        })?
                    }
                }
            }
        };
        if !matches!(specifier.conversion, 's' | 'I' | 'L') {
            return Err(invalid_parameter(format!(
                "unrecognized format() type specifier \"{}\"",
                specifier.conversion
            ))
            .hint("For a single \"%\" use \"%%\"."));
        }
        next = specifier.position.map_or(next, |position| position - 1);
        let value = values.get(next).ok_or_else(too_few)?;
        let written = write_value(context, specifier.conversion, value, types[next])?;
        next += 1;
        let left_aligned = specifier.left_aligned || width < 0;
        let width = width.unsigned_abs() as usize;
        check_length(context, result.len() + written.len() + width)?;
        let filling = " ".repeat(width.saturating_sub(written.chars().count()));
        if left_aligned {
            result.push_str(&written);
            result.push_str(&filling);
        } else {
            result.push_str(&filling);
            result.push_str(&written);
        }
    }
    Ok(Datum::text(result))
}

fn too_few() -> SqlError {
    invalid_parameter("too few arguments for format()")
}

fn write_value(
    context: &dyn EvalContext,
    conversion: char,
    value: &Datum,
    type_oid: Oid,
) -> SqlResult<String> {
    if value.is_null() {
        return match conversion {
            'I' => Err(SqlError::new(
                sqlstate::NULL_VALUE_NOT_ALLOWED,
                "null values cannot be formatted as an SQL identifier",
            )),
            'L' => Ok("NULL".to_owned()),
            _ => Ok(String::new()),
        };
    }
    let written = output(context, type_oid, value)?;
    Ok(match conversion {
        'I' => quoted_identifier(&written),
        'L' => quoted_literal(&written),
        _ => written,
    })
}

/// `format(text)` without arguments.
pub(crate) fn text_format_nv(
    context: &dyn EvalContext,
    arguments: &[Datum],
    types: &[Oid],
    result: Oid,
) -> SqlResult<Datum> {
    text_format(context, arguments, types, result)
}

fn count_nulls(arguments: &[Datum], wanted: bool) -> SqlResult<Datum> {
    let count = arguments.iter().filter(|value| value.is_null() == wanted).count();
    crate::bodies::arguments::int4_result(count)
}

pub(crate) fn pg_num_nulls(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    count_nulls(arguments, true)
}

pub(crate) fn pg_num_nonnulls(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    count_nulls(arguments, false)
}
