//! Assignment to an element of an array: `a[2] := 7`.

use std::sync::Arc;

use types::{Array, ArrayDimension, Datum, Oid, SqlResult, SqlType, oid, sqlstate};

use crate::interpreter::{Interpreter, error};

/// 2202E.
const SUBSCRIPT_ERROR: &str = "2202E";
/// PostgreSQL's limit of an array's elements.
const MAXIMUM_ELEMENTS: i64 = 134_217_727;

/// The array with one element set; NULLs fill the gap to an element beyond the ends.
fn with_element(
    array: Option<&Array>,
    element: Oid,
    subscripts: &[i32],
    value: Datum,
) -> SqlResult<Array> {
    let Some(array) = array.filter(|array| !array.elements.is_empty()) else {
        let dimensions =
            subscripts.iter().map(|lower| ArrayDimension { length: 1, lower: *lower }).collect();
        return Ok(Array { element, dimensions, elements: vec![value] });
    };
    if array.dimensions.len() != subscripts.len() {
        return Err(error(SUBSCRIPT_ERROR, "wrong number of array subscripts"));
    }
    let mut changed = array.clone();
    if let ([dimension], [subscript]) = (changed.dimensions.as_mut_slice(), subscripts) {
        let place = i64::from(*subscript) - i64::from(dimension.lower);
        let length = i64::from(dimension.length);
        let grown = length.max(place + 1) - place.min(0);
        if grown > MAXIMUM_ELEMENTS {
            return Err(error(
                "54000",
                format!("array size exceeds the maximum allowed ({MAXIMUM_ELEMENTS})"),
            ));
        }
        if place < 0 {
            let missing = usize::try_from(-place).unwrap_or(0);
            changed.elements.splice(0..0, std::iter::repeat_n(Datum::Null, missing));
            dimension.lower = *subscript;
        }
        let grown = usize::try_from(grown).unwrap_or(0);
        changed.elements.resize(grown, Datum::Null);
        dimension.length = i32::try_from(grown).unwrap_or(i32::MAX);
        let place = usize::try_from(place.max(0)).unwrap_or(0);
        changed.elements[place] = value;
        return Ok(changed);
    }
    let mut place = 0usize;
    for (dimension, subscript) in array.dimensions.iter().zip(subscripts) {
        let within = i64::from(*subscript) - i64::from(dimension.lower);
        if within < 0 || within >= i64::from(dimension.length) {
            return Err(error(SUBSCRIPT_ERROR, "array subscript out of range"));
        }
        let length = usize::try_from(dimension.length).unwrap_or(0);
        place = place * length + usize::try_from(within).unwrap_or(0);
    }
    changed.elements[place] = value;
    Ok(changed)
}

impl Interpreter<'_> {
    pub(crate) fn assign_element(
        &mut self,
        target: &[String],
        subscripts: &[String],
        value: Datum,
        given: SqlType,
    ) -> SqlResult<()> {
        let mut places = Vec::with_capacity(subscripts.len());
        for subscript in subscripts {
            match self.evaluate_as(subscript, SqlType::new(oid::INT4))? {
                Datum::Int4(place) => places.push(place),
                _ => {
                    return Err(error("22004", "array subscript in assignment must not be null"));
                }
            }
        }
        let (current, ty) = self.evaluate(&written(target))?;
        let element = self.host.element_type(ty.oid);
        if element == 0 {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                "cannot subscript a value that is no array in an assignment",
            ));
        }
        let value = self.host.coerce(value, given.oid, SqlType::new(element))?;
        let array = match &current {
            Datum::Array(array) => Some(&**array),
            _ => None,
        };
        let changed = with_element(array, element, &places, value)?;
        self.assign(target, Datum::Array(Arc::new(changed)), ty)
    }
}

/// A variable's name as an expression.
fn written(target: &[String]) -> String {
    let quoted: Vec<String> =
        target.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
    quoted.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(array: &Array) -> (i32, Vec<Option<i32>>) {
        let value = |datum: &Datum| match datum {
            Datum::Int4(value) => Some(*value),
            _ => None,
        };
        (array.dimensions[0].lower, array.elements.iter().map(value).collect())
    }

    #[test]
    fn an_array_grows_at_both_ends() {
        let first = with_element(None, oid::INT4, &[3], Datum::Int4(30)).expect("made");
        assert_eq!(numbers(&first), (3, vec![Some(30)]));
        let later = with_element(Some(&first), oid::INT4, &[5], Datum::Int4(50)).expect("grown");
        assert_eq!(numbers(&later), (3, vec![Some(30), None, Some(50)]));
        let before = with_element(Some(&later), oid::INT4, &[1], Datum::Int4(10)).expect("grown");
        assert_eq!(numbers(&before), (1, vec![Some(10), None, Some(30), None, Some(50)]));
        let far = with_element(Some(&first), oid::INT4, &[i32::MAX], Datum::Null);
        assert_eq!(far.expect_err("too large").sqlstate(), "54000");
    }

    #[test]
    fn elements_of_several_dimensions_stay_within_bounds() {
        let dimensions = vec![ArrayDimension { length: 2, lower: 1 }; 2];
        let elements = (1..=4).map(Datum::Int4).collect();
        let square = Array { element: oid::INT4, dimensions, elements };
        let set = with_element(Some(&square), oid::INT4, &[2, 1], Datum::Int4(9)).expect("set");
        assert_eq!(numbers(&set).1, [Some(1), Some(2), Some(9), Some(4)]);
        for wrong in [&[3, 1][..], &[1], &[0, 1]] {
            let refused = with_element(Some(&square), oid::INT4, wrong, Datum::Null);
            assert_eq!(refused.expect_err("out of range").sqlstate(), "2202E");
        }
    }
}
