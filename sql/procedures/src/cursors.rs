//! Cursors of PL/pgSQL. The session keeps them; a variable holds the name of one.

use std::sync::Arc;

use types::{Array, ArrayDimension, Datum, Oid, SqlResult, SqlType, oid, sqlstate};

use crate::host::NewCursor;
use crate::interpreter::{Flow, Interpreter, error};
use crate::tree::{Cursor, CursorArguments, Direction, Kind, Opened, Statement, Step};

impl Interpreter<'_> {
    fn cursor_variable(&self, path: &[String]) -> SqlResult<usize> {
        let name = path.join(".");
        let Some((index, None)) = self.find(path) else {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("\"{name}\" is not a known variable"),
            ));
        };
        if self.variables[index].ty.oid != oid::REFCURSOR {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!("variable \"{name}\" must be of type cursor or refcursor"),
            ));
        }
        Ok(index)
    }

    /// The name of the cursor that a variable holds.
    fn cursor_name(&self, path: &[String]) -> SqlResult<String> {
        let index = self.cursor_variable(path)?;
        match &self.variables[index].value {
            Datum::Text(name) => Ok(name.to_string()),
            _ => Err(error(
                "22004",
                format!("cursor variable \"{}\" is null", self.variables[index].name),
            )),
        }
    }

    pub(crate) fn open(&mut self, path: &[String], what: &Opened) -> SqlResult<()> {
        let index = self.cursor_variable(path)?;
        let opened = match what {
            Opened::Bound(arguments) => {
                let Some(cursor) = self.variables[index].cursor.clone() else {
                    return Err(error(
                        sqlstate::SYNTAX_ERROR,
                        format!("cursor variable \"{}\" must be bound", path.join(".")),
                    ));
                };
                self.rows_of(&cursor, arguments)?
            }
            Opened::Query { source, scrolls } => NewCursor {
                name: None,
                query: source.text().to_owned(),
                scrolls: *scrolls,
                rows: self.source(source)?,
            },
        };
        self.open_as(index, opened)
    }

    fn open_as(&mut self, index: usize, mut opened: NewCursor) -> SqlResult<()> {
        if opened.rows.columns.is_empty() {
            return Err(error("42P11", "cannot open a statement that returns no rows as cursor"));
        }
        opened.name = match &self.variables[index].value {
            Datum::Text(name) => Some(name.to_string()),
            _ => None,
        };
        let name = self.host.open_cursor(opened)?;
        self.variables[index].value = Datum::text(name);
        Ok(())
    }

    /// Runs a bound cursor's query with its arguments.
    fn rows_of(&mut self, cursor: &Cursor, arguments: &CursorArguments) -> SqlResult<NewCursor> {
        let wrong = |message: String| Err(error(sqlstate::SYNTAX_ERROR, message));
        let mut values: Vec<Option<&str>> = vec![None; cursor.parameters.len()];
        for (position, (name, value)) in arguments.iter().enumerate() {
            let place = match name {
                Some(name) => {
                    let named = |parameter: &(String, String)| parameter.0 == *name;
                    match cursor.parameters.iter().position(named) {
                        Some(place) => place,
                        None => {
                            return wrong(format!(
                                "cursor \"{}\" has no argument named \"{name}\"",
                                cursor.name
                            ));
                        }
                    }
                }
                None => position,
            };
            match values.get_mut(place) {
                Some(slot @ None) => *slot = Some(value),
                Some(_) => {
                    return wrong(format!(
                        "value for parameter \"{}\" of cursor \"{}\" specified more than once",
                        cursor.parameters[place].0, cursor.name
                    ));
                }
                None => return wrong(format!("too many arguments for cursor \"{}\"", cursor.name)),
            }
        }
        let mut computed = Vec::with_capacity(values.len());
        for (value, (name, type_name)) in values.into_iter().zip(&cursor.parameters) {
            let Some(value) = value else {
                return wrong(format!("not enough arguments for cursor \"{}\"", cursor.name));
            };
            let ty = self.host.type_named(type_name)?.ty;
            computed.push((name, ty, self.evaluate_as(value, ty)?));
        }
        let outer = self.variables.len();
        for (name, ty, value) in computed {
            self.push(name, Some(cursor.name.clone()), ty, value);
        }
        let rows = self.sql(&cursor.query, usize::MAX);
        self.variables.truncate(outer);
        Ok(NewCursor {
            name: None,
            query: cursor.query.clone(),
            scrolls: cursor.scrolls,
            rows: rows?,
        })
    }

    pub(crate) fn fetch(
        &mut self,
        path: &[String],
        step: &Step,
        into: Option<&[Vec<String>]>,
    ) -> SqlResult<()> {
        let name = self.cursor_name(path)?;
        let direction = match &step.count {
            None => step.direction,
            Some(count) => {
                let Datum::Int8(count) = self.evaluate_as(count, SqlType::new(oid::INT8))? else {
                    return Err(error("22004", "relative or absolute cursor position is null"));
                };
                match step.direction {
                    Direction::Forward(_) => Direction::Forward(count),
                    Direction::Backward(_) => Direction::Backward(count),
                    Direction::Absolute(_) => Direction::Absolute(count),
                    Direction::Relative(_) => Direction::Relative(count),
                }
            }
        };
        let rows = self.host.fetch(&name, direction, into.is_none())?;
        let count = rows.count;
        if let Some(targets) = into {
            self.assign_row(targets, &rows.columns, rows.rows.into_iter().next())?;
        }
        self.counted(count);
        Ok(())
    }

    pub(crate) fn close(&mut self, path: &[String]) -> SqlResult<()> {
        let name = self.cursor_name(path)?;
        self.host.close_cursor(&name)
    }

    pub(crate) fn for_cursor(&mut self, kind: &Kind) -> SqlResult<Flow> {
        let Kind::ForCursor { label, variable, cursor, arguments, body } = kind else {
            return Ok(Flow::Next);
        };
        let index = self.cursor_variable(std::slice::from_ref(cursor))?;
        let Some(bound) = self.variables[index].cursor.clone() else {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "cursor FOR loop must use a bound cursor variable",
            ));
        };
        let opened = self.rows_of(&bound, arguments)?;
        let before = self.variables[index].value.clone();
        self.open_as(index, opened)?;
        let Datum::Text(name) = self.variables[index].value.clone() else {
            return Ok(Flow::Next);
        };
        let outer = self.variables.len();
        self.push(variable, label.clone(), SqlType::new(oid::RECORD), Datum::Null);
        self.variables[outer].is_record = true;
        let ended = self.cursor_turns(&name, variable, label.as_ref(), body);
        self.variables.truncate(outer);
        let (flow, any) = ended?;
        self.host.close_cursor(&name)?;
        self.variables[index].value = before;
        self.found = any;
        Ok(flow)
    }

    fn cursor_turns(
        &mut self,
        name: &str,
        variable: &str,
        label: Option<&String>,
        body: &[Statement],
    ) -> SqlResult<(Flow, bool)> {
        let target = vec![vec![variable.to_owned()]];
        let mut any = false;
        loop {
            let rows = self.host.fetch(name, Direction::Forward(1), false)?;
            let Some(row) = rows.rows.into_iter().next() else { return Ok((Flow::Next, any)) };
            any = true;
            self.assign_row(&target, &rows.columns, Some(row))?;
            if let Some(flow) = self.turn(label, body)? {
                return Ok((flow, any));
            }
        }
    }

    /// What FOREACH gives its target, one after the other.
    pub(crate) fn slices(
        &self,
        target: &[String],
        slice: usize,
        (value, ty): (Datum, SqlType),
    ) -> SqlResult<(Vec<Datum>, SqlType)> {
        let element = self.host.element_type(ty.oid);
        let Datum::Array(array) = value else {
            return Err(error("22004", "FOREACH expression must not be null"));
        };
        if slice > array.dimensions.len() {
            return Err(error(
                "2202E",
                format!(
                    "slice dimension ({slice}) is out of the valid range 0..{}",
                    array.dimensions.len()
                ),
            ));
        }
        let is_array = match self.find(target) {
            Some((index, None)) => self.host.element_type(self.variables[index].ty.oid) != 0,
            _ => false,
        };
        if slice > 0 && !is_array {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                "FOREACH ... SLICE loop variable must be of an array type",
            ));
        }
        if slice == 0 && is_array {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                "FOREACH loop variable must not be of an array type",
            ));
        }
        if slice == 0 {
            return Ok((array.elements.clone(), SqlType::new(element)));
        }
        Ok((cut(&array, slice, element), ty))
    }
}

/// The arrays of the last `slice` dimensions.
fn cut(array: &Array, slice: usize, element: Oid) -> Vec<Datum> {
    let dimensions: Vec<ArrayDimension> =
        array.dimensions[array.dimensions.len() - slice..].to_vec();
    let size: usize =
        dimensions.iter().map(|dimension| usize::try_from(dimension.length).unwrap_or(0)).product();
    array
        .elements
        .chunks(size.max(1))
        .map(|elements| {
            let dimensions = dimensions.clone();
            Datum::Array(Arc::new(Array { element, dimensions, elements: elements.to_vec() }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_cut_into_its_last_dimensions() {
        let dimensions = [2, 3].map(|length| ArrayDimension { length, lower: 1 }).to_vec();
        let elements = (1..=6).map(Datum::Int4).collect();
        let array = Array { element: oid::INT4, dimensions, elements };
        let shape = |slice| {
            let shape = |datum: &Datum| match datum {
                Datum::Array(array) => (array.dimensions.len(), array.elements.len()),
                _ => (0, 1),
            };
            cut(&array, slice, oid::INT4).iter().map(shape).collect::<Vec<_>>()
        };
        assert_eq!(shape(1), [(1, 3), (1, 3)]);
        assert_eq!(shape(2), [(2, 6)]);
    }
}
