//! Functions whose answers come from the catalog.

mod definitions;
mod describe;
mod inquiry;
mod privileges;
pub(crate) mod routines;
mod sequences;
mod sessions;
mod sets;

use types::{Datum, Oid, SqlError, SqlResult, sqlstate};

use crate::facts;
use crate::scope::Scope;
use crate::snapshot::{Catalog, PG_CATALOG};
use crate::system::SystemContext;

pub use privileges::WORDS;
pub use sessions::notify;
pub use sets::call_set;

/// The arguments of a call, read by position.
struct Arguments<'a>(&'a [Datum]);

impl Arguments<'_> {
    fn oid(&self, position: usize) -> Oid {
        match self.0.get(position) {
            Some(Datum::Oid(value)) => *value,
            Some(Datum::Int4(value)) => *value as Oid,
            Some(Datum::Int8(value)) => Oid::try_from(*value).unwrap_or(0),
            _ => 0,
        }
    }

    fn text(&self, position: usize) -> &str {
        match self.0.get(position) {
            Some(Datum::Text(value)) => value,
            _ => "",
        }
    }

    fn integer(&self, position: usize) -> i64 {
        match self.0.get(position) {
            Some(Datum::Int2(value)) => (*value).into(),
            Some(Datum::Int4(value)) => (*value).into(),
            Some(Datum::Int8(value)) => *value,
            Some(Datum::Oid(value)) => (*value).into(),
            _ => 0,
        }
    }

    fn boolean(&self, position: usize) -> bool {
        matches!(self.0.get(position), Some(Datum::Bool(true)))
    }

    fn is_text(&self, position: usize) -> bool {
        matches!(self.0.get(position), Some(Datum::Text(_)))
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Calls a function; each group of them answers for the names it knows.
pub fn call(
    catalog: &Catalog,
    context: &dyn SystemContext,
    name: &str,
    arguments: &[Datum],
) -> SqlResult<Datum> {
    let relation = facts::relations()
        .iter()
        .find(|relation| relation.schema == PG_CATALOG)
        .expect("pg_catalog has relations");
    let scope = Scope { catalog, context, relation, equals: &[] };
    let arguments = Arguments(arguments);
    let groups =
        [definitions::call, inquiry::call, privileges::call, sequences::call, sessions::call];
    for group in groups {
        if let Some(answer) = group(&scope, name, &arguments) {
            return answer;
        }
    }
    Err(unsupported(name))
}

fn unsupported(name: &str) -> SqlError {
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, format!("function {name} is not supported"))
}

fn undefined_relation(name: &str) -> SqlError {
    SqlError::new(sqlstate::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
}
