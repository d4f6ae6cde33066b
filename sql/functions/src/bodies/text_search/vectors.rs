//! Functions of `tsvector` alone.

use std::sync::Arc;

use types::text_search::{Lexeme, MAX_POSITION, Position, Vector};
use types::{Array, Datum, Row, SqlError, SqlResult, oid, sqlstate};

use super::{vector, written};
use crate::bodies::arguments::{array, byte, invalid_parameter, text};
use crate::context::EvalContext;

fn texts(arguments: &[Datum], position: usize) -> SqlResult<Vec<String>> {
    array(arguments, position)?
        .elements
        .iter()
        .map(|element| match element {
            Datum::Text(word) if word.is_empty() => Err(SqlError::new(
                sqlstate::ZERO_LENGTH_CHARACTER_STRING,
                "lexeme array may not contain empty strings",
            )),
            Datum::Text(word) => Ok(word.to_string()),
            _ => Err(SqlError::new(
                sqlstate::NULL_VALUE_NOT_ALLOWED,
                "lexeme array may not contain nulls",
            )),
        })
        .collect()
}

fn weight(letter: u8) -> SqlResult<u8> {
    match letter.to_ascii_lowercase() {
        b'a' => Ok(3),
        b'b' => Ok(2),
        b'c' => Ok(1),
        b'd' => Ok(0),
        _ => Err(SqlError::new(sqlstate::INTERNAL_ERROR, format!("unrecognized weight: {letter}"))),
    }
}

pub(crate) fn tsvector_strip(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut vector = vector(arguments, 0)?;
    vector.lexemes.iter_mut().for_each(|lexeme| lexeme.positions.clear());
    written(vector)
}

pub(crate) fn tsvector_length(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(vector(arguments, 0)?.lexemes.len() as i32))
}

pub(crate) fn tsvector_setweight(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let wanted = weight(byte(arguments, 1)?)?;
    let chosen = if arguments.len() > 2 { Some(texts(arguments, 2)?) } else { None };
    let mut vector = vector(arguments, 0)?;
    for lexeme in &mut vector.lexemes {
        if chosen.as_ref().is_none_or(|chosen| chosen.contains(&lexeme.word)) {
            lexeme.positions.iter_mut().for_each(|position| position.weight = wanted);
        }
    }
    written(vector)
}

/// `||`: positions of the right come after those of the left.
pub(crate) fn tsvector_concat(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut left = vector(arguments, 0)?;
    let right = vector(arguments, 1)?;
    let shift = left
        .lexemes
        .iter()
        .flat_map(|lexeme| &lexeme.positions)
        .map(|position| position.at)
        .max()
        .unwrap_or(0);
    left.lexemes.extend(right.lexemes.into_iter().map(|mut lexeme| {
        for position in &mut lexeme.positions {
            position.at = position.at.saturating_add(shift).min(MAX_POSITION);
        }
        lexeme
    }));
    written(Vector::new(left.lexemes))
}

pub(crate) fn tsvector_delete_str(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut vector = vector(arguments, 0)?;
    let word = text(arguments, 1)?;
    vector.lexemes.retain(|lexeme| lexeme.word != word);
    written(vector)
}

pub(crate) fn tsvector_delete_arr(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut vector = vector(arguments, 0)?;
    let words: Vec<&str> = array(arguments, 1)?
        .elements
        .iter()
        .filter_map(|element| match element {
            Datum::Text(word) => Some(&**word),
            _ => None,
        })
        .collect();
    vector.lexemes.retain(|lexeme| !words.contains(&lexeme.word.as_str()));
    written(vector)
}

/// `ts_filter`: only lexemes that have a position of one of the weights, and only these positions.
pub(crate) fn tsvector_filter(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let mut wanted = Vec::new();
    for element in &array(arguments, 1)?.elements {
        match element {
            Datum::Char(letter) => wanted.push(weight(*letter).map_err(|_| {
                invalid_parameter(format!("unrecognized weight: \"{}\"", char::from(*letter)))
            })?),
            _ => {
                return Err(SqlError::new(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    "weight array may not contain nulls",
                ));
            }
        }
    }
    let mut vector = vector(arguments, 0)?;
    for lexeme in &mut vector.lexemes {
        lexeme.positions.retain(|position| wanted.contains(&position.weight));
    }
    vector.lexemes.retain(|lexeme| !lexeme.positions.is_empty());
    written(vector)
}

pub(crate) fn tsvector_to_array(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let words = vector(arguments, 0)?.lexemes.into_iter().map(|lexeme| Datum::text(lexeme.word));
    Ok(Datum::Array(Arc::new(Array::from_elements(oid::TEXT, words.collect()))))
}

pub(crate) fn array_to_tsvector(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let lexemes = texts(arguments, 0)?
        .into_iter()
        .map(|word| Lexeme { word, positions: Vec::new() })
        .collect();
    written(Vector::new(lexemes))
}

pub(crate) fn tsvector_unnest(
    _: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    for lexeme in vector(arguments, 0)?.lexemes {
        let list = |element, make: &dyn Fn(&Position) -> Datum| {
            if lexeme.positions.is_empty() {
                return Datum::Null;
            }
            let elements = lexeme.positions.iter().map(make).collect();
            Datum::Array(Arc::new(Array::from_elements(element, elements)))
        };
        let positions = list(oid::INT2, &|position| Datum::Int2(position.at as i16));
        let weights = list(oid::TEXT, &|position| {
            Datum::text(["D", "C", "B", "A"][usize::from(position.weight & 3)])
        });
        if !emit(vec![Datum::text(lexeme.word.clone()), positions, weights])? {
            break;
        }
    }
    Ok(())
}

/// The order of vectors: by how many lexemes they have, then lexeme by lexeme.
fn compare(arguments: &[Datum]) -> SqlResult<std::cmp::Ordering> {
    let (left, right) = (vector(arguments, 0)?, vector(arguments, 1)?);
    let by_count = left.lexemes.len().cmp(&right.lexemes.len());
    Ok(by_count.then_with(|| left.lexemes.cmp(&right.lexemes)))
}

macro_rules! comparisons {
    ($($name:ident => $test:ident;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            Ok(Datum::Bool(compare(arguments)?.$test()))
        }
    )*};
}

comparisons! {
    tsvector_lt => is_lt;
    tsvector_le => is_le;
    tsvector_eq => is_eq;
    tsvector_ne => is_ne;
    tsvector_ge => is_ge;
    tsvector_gt => is_gt;
}

pub(crate) fn tsvector_cmp(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Int4(compare(arguments)? as i32))
}
