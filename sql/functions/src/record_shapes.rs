//! Names of the fields of rows that have no type of their own: `SELECT row_to_json(s) FROM (SELECT 1 AS a) s`.
//!
//! The type of such a row is `record`, and its type modifier says which names its fields have, as in PostgreSQL. Where only
//! the identifier of a type is passed on, it is [`FIRST_RECORD_SHAPE`] plus that modifier; it never leaves the process.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use types::oid::{FIRST_RECORD_SHAPE, RECORD};
use types::{Oid, SqlType};

/// Lists of names kept; fields of further ones are called `f1`, `f2` …
const MAX_SHAPES: usize = 1 << 16;

type Names = Arc<[String]>;

#[derive(Default)]
struct Shapes {
    numbers: HashMap<Names, i32>,
    names: Vec<Names>,
}

static SHAPES: LazyLock<RwLock<Shapes>> = LazyLock::new(RwLock::default);

/// The type of rows whose fields have these names.
pub fn row_type(names: Vec<String>) -> SqlType {
    let names: Names = names.into();
    let unnamed = SqlType::new(RECORD);
    if let Ok(shapes) = SHAPES.read()
        && let Some(number) = shapes.numbers.get(&names)
    {
        return SqlType::with_modifier(RECORD, *number);
    }
    let Ok(mut shapes) = SHAPES.write() else { return unnamed };
    if shapes.names.len() >= MAX_SHAPES {
        return unnamed;
    }
    let next = shapes.names.len() as i32;
    let number = *shapes.numbers.entry(Arc::clone(&names)).or_insert(next);
    if number == next {
        shapes.names.push(names);
    }
    SqlType::with_modifier(RECORD, number)
}

/// The identifier that stands for a type and, if it is a row with names, for these.
pub fn identifier(ty: SqlType) -> Oid {
    match ty.modifier {
        0.. if ty.oid == RECORD => FIRST_RECORD_SHAPE + ty.modifier as Oid,
        _ => ty.oid,
    }
}

/// The names behind an identifier that [`identifier`] made.
pub fn names(type_oid: Oid) -> Option<Vec<String>> {
    let number = type_oid.checked_sub(FIRST_RECORD_SHAPE)?;
    let shapes = SHAPES.read().ok()?;
    shapes.names.get(number as usize).map(|names| names.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_are_the_same_type() {
        let list = || vec!["shape a".to_owned(), "shape b".to_owned()];
        let first = row_type(list());
        assert_eq!(first, row_type(list()));
        assert_ne!(first, row_type(vec!["shape b".to_owned()]));
        assert_eq!(names(identifier(first)), Some(list()));
        assert_eq!(names(RECORD), None);
    }
}
