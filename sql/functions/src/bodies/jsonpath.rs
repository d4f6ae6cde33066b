//! `jsonb_path_*`: the functions around the evaluation of a `jsonpath`. Functions are named as `pg_proc.prosrc`.

mod evaluate;
mod moments;

use std::cell::RefCell;
use std::sync::Arc;

use types::json::Json;
use types::jsonpath::JsonPath;
use types::{Datum, Row, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{boolean, invalid_parameter, jsonb, text};
use crate::context::EvalContext;
use evaluate::{Evaluation, is_suppressed};

/// The most parsed paths one thread keeps.
const CACHED_PATHS: usize = 32;

thread_local! {
    static CACHE: RefCell<Vec<(Arc<str>, Arc<JsonPath>)>> = const { RefCell::new(Vec::new()) };
}

/// Parses a path, or finds it among those this thread parsed lately.
fn parsed(path: &str) -> SqlResult<Arc<JsonPath>> {
    let found = CACHE.with_borrow(|cache| {
        cache.iter().find(|(text, _)| **text == *path).map(|(_, tree)| Arc::clone(tree))
    });
    if let Some(tree) = found {
        return Ok(tree);
    }
    let tree = Arc::new(JsonPath::parse(path)?);
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHED_PATHS {
            cache.remove(0);
        }
        cache.push((path.into(), Arc::clone(&tree)));
    });
    Ok(tree)
}

/// What a call gives: the document, the path, variables and whether errors are kept quiet.
struct Query {
    document: Arc<Json>,
    path: Arc<JsonPath>,
    variables: Option<Arc<Json>>,
    silent: bool,
}

fn query(arguments: &[Datum]) -> SqlResult<Query> {
    let variables = if arguments.len() > 2 { Some(jsonb(arguments, 2)?) } else { None };
    if let Some(variables) = &variables
        && !matches!(**variables, Json::Object(_))
    {
        return Err(invalid_parameter("\"vars\" argument is not an object").detail(
            "Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.",
        ));
    }
    Ok(Query {
        document: jsonb(arguments, 0)?,
        path: parsed(text(arguments, 1)?)?,
        variables,
        silent: if arguments.len() > 3 { boolean(arguments, 3)? } else { false },
    })
}

impl Query {
    /// All items; with `silent` those that came before an error.
    fn items(&self, context: &dyn EvalContext, zones: bool) -> SqlResult<Vec<Json>> {
        let evaluation =
            Evaluation::new(context, &self.path, &self.document, self.variables.as_deref(), zones);
        let mut items = Vec::new();
        match evaluation.run(&mut |item| {
            items.push(item.into_json());
            Ok(true)
        }) {
            Err(error) if !(self.silent && is_suppressed(&error)) => Err(error),
            _ => Ok(items),
        }
    }

    fn exists(&self, context: &dyn EvalContext, zones: bool) -> SqlResult<Datum> {
        let evaluation =
            Evaluation::new(context, &self.path, &self.document, self.variables.as_deref(), zones);
        let mut found = false;
        // In strict mode an error after the first item still counts.
        let lax = self.path.lax;
        match evaluation.run(&mut |_| {
            found = true;
            Ok(!lax)
        }) {
            Err(error) if self.silent && is_suppressed(&error) => Ok(Datum::Null),
            Err(error) => Err(error),
            Ok(()) => Ok(Datum::Bool(found)),
        }
    }

    fn matches(&self, context: &dyn EvalContext, zones: bool) -> SqlResult<Datum> {
        match self.items(context, zones)?.as_slice() {
            [Json::Bool(value)] => Ok(Datum::Bool(*value)),
            [Json::Null] => Ok(Datum::Null),
            _ if self.silent => Ok(Datum::Null),
            _ => Err(SqlError::new(
                sqlstate::SINGLETON_SQL_JSON_ITEM_REQUIRED,
                "single boolean result is expected",
            )),
        }
    }

    fn array(&self, context: &dyn EvalContext, zones: bool) -> SqlResult<Datum> {
        Ok(Datum::Jsonb(Json::Array(self.items(context, zones)?).into()))
    }

    fn first(&self, context: &dyn EvalContext, zones: bool) -> SqlResult<Datum> {
        let first = self.items(context, zones)?.into_iter().next();
        Ok(first.map_or(Datum::Null, |item| Datum::Jsonb(item.into())))
    }
}

macro_rules! path_functions {
    ($($name:ident, $name_tz:ident => $method:ident;)*) => {$(
        pub(crate) fn $name(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            query(arguments)?.$method(context, false)
        }

        pub(crate) fn $name_tz(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            query(arguments)?.$method(context, true)
        }
    )*};
}

path_functions! {
    jsonb_path_exists, jsonb_path_exists_tz => exists;
    jsonb_path_match, jsonb_path_match_tz => matches;
    jsonb_path_query_array, jsonb_path_query_array_tz => array;
    jsonb_path_query_first, jsonb_path_query_first_tz => first;
}

/// `@?`
pub(crate) fn jsonb_path_exists_opr(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Query { silent: true, ..query(arguments)? }.exists(context, false)
}

/// `@@`
pub(crate) fn jsonb_path_match_opr(
    context: &dyn EvalContext,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    Query { silent: true, ..query(arguments)? }.matches(context, false)
}

fn rows(
    context: &dyn EvalContext,
    arguments: &[Datum],
    zones: bool,
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    for item in query(arguments)?.items(context, zones)? {
        if !emit(vec![Datum::Jsonb(item.into())])? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn jsonb_path_query(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    rows(context, arguments, false, emit)
}

pub(crate) fn jsonb_path_query_tz(
    context: &dyn EvalContext,
    arguments: &[Datum],
    emit: &mut dyn FnMut(Row) -> SqlResult<bool>,
) -> SqlResult<()> {
    rows(context, arguments, true, emit)
}
