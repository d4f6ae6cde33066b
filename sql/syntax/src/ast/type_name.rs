//! Type names as written: `numeric(10,2)[]`, `interval day to second(3)`, `setof s.t`, `t.c%TYPE`.

use super::{Expr, Location};

/// A type as the statement writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeName {
    /// Qualified name. Types with SQL spelling have PostgreSQL's internal one, qualified with
    /// `pg_catalog`: `int` is `pg_catalog.int4`, `character varying` is `pg_catalog.varchar`.
    pub names: Vec<String>,
    /// The modifiers in parentheses, unevaluated.
    pub modifiers: Vec<Expr>,
    /// Field restriction of `interval year to month`.
    pub interval_fields: Option<IntervalFields>,
    /// One per dimension; `None` for `[]`.
    pub array_bounds: Vec<Option<u32>>,
    pub set_of: bool,
    /// `table.column%TYPE`.
    pub percent_type: bool,
    pub location: Location,
}

impl TypeName {
    /// The type `pg_catalog.name` without modifiers.
    pub fn system(name: &str, location: Location) -> TypeName {
        TypeName {
            names: vec!["pg_catalog".to_owned(), name.to_owned()],
            modifiers: Vec::new(),
            interval_fields: None,
            array_bounds: Vec::new(),
            set_of: false,
            percent_type: false,
            location,
        }
    }

    /// The last part of the name.
    pub fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

/// Which fields an interval keeps. A precision is in [`TypeName::modifiers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalFields {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    YearToMonth,
    DayToHour,
    DayToMinute,
    DayToSecond,
    HourToMinute,
    HourToSecond,
    MinuteToSecond,
}
