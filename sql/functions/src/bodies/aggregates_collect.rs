//! Aggregates that keep what they saw: strings, arrays and JSON.

use types::json::Json;
use types::{Array, ArrayDimension, Datum, Oid, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{bytes, check_length, text, wrong_kind};
use crate::bodies::json_values::{json_key, key_text, to_json_text, to_json_value};
use crate::context::EvalContext;
use crate::definition::Accumulator;

/// About how many bytes a datum holds outside of itself.
pub(crate) fn datum_bytes(value: &Datum) -> usize {
    match value {
        Datum::Text(text) | Datum::Citext(text) => text.len() + 16,
        Datum::Bytea(bytes) => bytes.len() + 16,
        Datum::Array(array) => {
            64 + array
                .elements
                .iter()
                .map(|item| size_of::<Datum>() + datum_bytes(item))
                .sum::<usize>()
        }
        Datum::Record(fields) => {
            16 + fields.iter().map(|field| 32 + datum_bytes(&field.1)).sum::<usize>()
        }
        Datum::Numeric(_) | Datum::Interval(_) | Datum::Uuid(_) | Datum::Inet(_) => 48,
        Datum::Vector(values) => 16 + 4 * values.len(),
        Datum::Bits(bits) => 48 + bits.bytes().len(),
        Datum::Range(range) => range_bytes(range),
        Datum::Multirange(multirange) => {
            64 + multirange.ranges.iter().map(range_bytes).sum::<usize>()
        }
        Datum::Jsonb(_) => 256,
        _ => 0,
    }
}

fn range_bytes(range: &types::range::Range) -> usize {
    let bounds = [&range.lower, &range.upper].into_iter().filter_map(|bound| bound.value.as_ref());
    size_of::<types::range::Range>() + bounds.map(datum_bytes).sum::<usize>()
}

#[derive(Default)]
pub(super) struct TextJoin {
    joined: Option<String>,
}

impl Accumulator for TextJoin {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        if arguments[0].is_null() {
            return Ok(());
        }
        let value = text(arguments, 0)?;
        match &mut self.joined {
            None => self.joined = Some(value.to_owned()),
            Some(joined) => {
                if !arguments[1].is_null() {
                    joined.push_str(text(arguments, 1)?);
                }
                joined.push_str(value);
                check_length(context, joined.len())?;
            }
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.joined.as_deref().map_or(Datum::Null, Datum::text))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.joined.as_ref().map_or(0, String::capacity)
    }
}

#[derive(Default)]
pub(super) struct BytesJoin {
    joined: Option<Vec<u8>>,
}

impl Accumulator for BytesJoin {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        if arguments[0].is_null() {
            return Ok(());
        }
        let value = bytes(arguments, 0)?;
        match &mut self.joined {
            None => self.joined = Some(value.to_vec()),
            Some(joined) => {
                if !arguments[1].is_null() {
                    joined.extend_from_slice(bytes(arguments, 1)?);
                }
                joined.extend_from_slice(value);
                check_length(context, joined.len())?;
            }
        }
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(self.joined.as_deref().map_or(Datum::Null, |joined| Datum::Bytea(joined.into())))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.joined.as_ref().map_or(0, Vec::capacity)
    }
}

pub(super) struct ArrayOfValues {
    element: Oid,
    elements: Vec<Datum>,
    bytes: usize,
}

impl ArrayOfValues {
    pub(super) fn new(types: &[Oid]) -> ArrayOfValues {
        let element = types.first().copied().unwrap_or(types::oid::TEXT);
        ArrayOfValues { element, elements: Vec::new(), bytes: 0 }
    }
}

impl Accumulator for ArrayOfValues {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        self.bytes += size_of::<Datum>() + datum_bytes(&arguments[0]);
        check_length(context, self.bytes)?;
        self.elements.push(arguments[0].clone());
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if self.elements.is_empty() {
            return Ok(Datum::Null);
        }
        Ok(Datum::Array(Array::from_elements(self.element, self.elements.clone()).into()))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}

/// `array_agg` of arrays: one more dimension; all must have the same bounds.
pub(super) struct ArrayOfArrays {
    element: Oid,
    inner: Vec<ArrayDimension>,
    elements: Vec<Datum>,
    rows: i32,
    bytes: usize,
}

impl ArrayOfArrays {
    pub(super) fn new(types: &[Oid]) -> ArrayOfArrays {
        let element = types.first().and_then(|&array| types::builtin::element_of(array));
        ArrayOfArrays {
            element: element.unwrap_or(types::oid::TEXT),
            inner: Vec::new(),
            elements: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }
}

impl Accumulator for ArrayOfArrays {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        let array = match &arguments[0] {
            Datum::Null => {
                return Err(SqlError::new(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    "cannot accumulate null arrays",
                ));
            }
            Datum::Array(array) => array,
            other => return Err(wrong_kind("array", other)),
        };
        let mismatch = |message: &str| Err(SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, message));
        if array.dimensions.is_empty() {
            return mismatch("cannot accumulate empty arrays");
        }
        if self.rows == 0 {
            self.element = array.element;
            self.inner.clone_from(&array.dimensions);
        } else if self.inner != array.dimensions {
            return mismatch("cannot accumulate arrays of different dimensionality");
        }
        self.bytes += size_of::<Datum>() * array.elements.len() + datum_bytes(&arguments[0]);
        check_length(context, self.bytes)?;
        self.elements.extend_from_slice(&array.elements);
        self.rows += 1;
        Ok(())
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if self.rows == 0 {
            return Ok(Datum::Null);
        }
        let mut dimensions = vec![ArrayDimension { length: self.rows, lower: 1 }];
        dimensions.extend_from_slice(&self.inner);
        let elements = self.elements.clone();
        Ok(Datum::Array(Array { element: self.element, dimensions, elements }.into()))
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}

pub(super) struct JsonList {
    type_oid: Oid,
    binary: bool,
    written: String,
    items: Vec<Json>,
    rows: u64,
    bytes: usize,
}

impl JsonList {
    pub(super) fn new(types: &[Oid], binary: bool) -> JsonList {
        let type_oid = types.first().copied().unwrap_or(types::oid::TEXT);
        JsonList { type_oid, binary, written: String::new(), items: Vec::new(), rows: 0, bytes: 0 }
    }
}

impl Accumulator for JsonList {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        if self.binary {
            self.items.push(to_json_value(context, &arguments[0], self.type_oid, 0)?);
            self.bytes += 48 + datum_bytes(&arguments[0]);
        } else {
            if self.rows > 0 {
                let structured = matches!(arguments[0], Datum::Record(_) | Datum::Array(_));
                self.written.push_str(if structured { ", \n " } else { ", " });
            }
            self.written.push_str(&to_json_text(context, &arguments[0], self.type_oid)?);
            self.bytes = self.written.len();
        }
        self.rows += 1;
        check_length(context, self.bytes)
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if self.rows == 0 {
            return Ok(Datum::Null);
        }
        Ok(if self.binary {
            Datum::Jsonb(Json::Array(self.items.clone()).into())
        } else {
            Datum::text(format!("[{}]", self.written))
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}

pub(super) struct JsonMap {
    key_type: Oid,
    type_oid: Oid,
    binary: bool,
    written: String,
    pairs: Vec<(String, Json)>,
    rows: u64,
    bytes: usize,
}

impl JsonMap {
    pub(super) fn new(types: &[Oid], binary: bool) -> JsonMap {
        let type_at = |position: usize| types.get(position).copied().unwrap_or(types::oid::TEXT);
        JsonMap {
            key_type: type_at(0),
            type_oid: type_at(1),
            binary,
            written: String::new(),
            pairs: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }
}

impl Accumulator for JsonMap {
    fn add(&mut self, context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        if self.binary && arguments[0].is_null() {
            return Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                "field name must not be null",
            ));
        }
        let key = match self.binary {
            true => key_text(context, &arguments[0], self.key_type, 0)?,
            false => json_key(context, &arguments[0], self.key_type)?,
        };
        if self.binary {
            self.bytes += 64 + key.len() + datum_bytes(&arguments[1]);
            self.pairs.push((key, to_json_value(context, &arguments[1], self.type_oid, 0)?));
        } else {
            if self.rows > 0 {
                self.written.push_str(", ");
            }
            types::json::write_string(&key, &mut self.written);
            self.written.push_str(" : ");
            self.written.push_str(&to_json_text(context, &arguments[1], self.type_oid)?);
            self.bytes = self.written.len();
        }
        self.rows += 1;
        check_length(context, self.bytes)
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        if self.rows == 0 {
            return Ok(Datum::Null);
        }
        Ok(if self.binary {
            Datum::Jsonb(Json::object(self.pairs.clone()).into())
        } else {
            Datum::text(format!("{{ {} }}", self.written))
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}
