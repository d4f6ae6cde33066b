//! SEARCH and CYCLE: columns that a recursive query gets beside its own.
//!
//! Each is an expression over a row of the non-recursive term, and one over a row of the recursive term and what the column
//! was in the row that it came from. The recursive term does not see them; they travel with the rows of the working table.
//!
//! | clause | column | at the start | then |
//! | --- | --- | --- | --- |
//! | SEARCH DEPTH FIRST | sequence | `ARRAY[ROW(by)]` | `before ‖ ROW(by)` |
//! | SEARCH BREADTH FIRST | depth, not shown | 0 | `before + 1` |
//! | | sequence | `ROW(depth, by)` | `ROW(depth, by)` |
//! | CYCLE | mark | default | value if `ROW(of)` is in the path, otherwise default |
//! | | path | `ARRAY[ROW(of)]` | `before ‖ ROW(of)` |
//!
//! Rows that are marked lead nowhere.

use syntax::ast;
use types::{SqlResult, SqlType, sqlstate};

use super::scope::{Boundary, Clause, Level};
use super::select::BoundQuery;
use super::{Binder, error};
use crate::expression::Expr;
use crate::logical::{ColumnId, Logical, Output};
use crate::walk::type_of;

/// A name that no query text gives to a column by accident.
const DEPTH: &str = "\u{1}depth";
/// What the columns of the row before are called.
const BEFORE: &str = "\u{1}before";

/// One more column.
pub struct Extra {
    name: String,
    start: String,
    step: String,
}

/// All columns that the clauses of one WITH query add.
#[derive(Default)]
pub struct Extras {
    pub columns: Vec<Extra>,
    /// Rows of which this holds lead nowhere.
    stop: Option<String>,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn row_of(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    format!("ROW({})", names.join(", "))
}

fn before(name: &str) -> String {
    format!("{}.{}", quoted(BEFORE), quoted(name))
}

/// What the clauses of a WITH query ask for; `names` are its own columns.
pub fn extras(table: &ast::CommonTable, names: &[String]) -> SqlResult<Extras> {
    let mut extras = Extras::default();
    let check = |columns: &[String], kind: &str, location: u32| {
        for (position, column) in columns.iter().enumerate() {
            if !names.contains(column) {
                let message = format!("{kind} column \"{column}\" not in WITH query column list");
                return Err(error(sqlstate::SYNTAX_ERROR, message, location));
            }
            if columns[..position].contains(column) {
                let message = format!("{kind} column \"{column}\" specified more than once");
                return Err(error(sqlstate::DUPLICATE_COLUMN, message, location));
            }
        }
        Ok(())
    };
    let unused = |name: &str, what: &str, location: u32| {
        if names.iter().any(|known| known == name) {
            let message = format!("{what} name \"{name}\" already used in WITH query column list");
            return Err(error(sqlstate::SYNTAX_ERROR, message, location));
        }
        Ok(())
    };
    if let Some(search) = &table.search {
        check(&search.columns, "search", search.location)?;
        let name = &search.sequence_column;
        unused(name, "search sequence column", search.location)?;
        let row = row_of(&search.columns);
        if search.breadth_first {
            let names: Vec<String> = search.columns.iter().map(|name| quoted(name)).collect();
            let names = names.join(", ");
            let next = format!("{} + 1", before(DEPTH));
            extras.columns.push(Extra {
                name: DEPTH.to_owned(),
                start: "0::pg_catalog.int8".to_owned(),
                step: next.clone(),
            });
            extras.columns.push(Extra {
                name: name.clone(),
                start: format!("ROW(0::pg_catalog.int8, {names})"),
                step: format!("ROW({next}, {names})"),
            });
        } else {
            extras.columns.push(Extra {
                name: name.clone(),
                start: format!("ARRAY[{row}]"),
                step: format!("{} || {row}", before(name)),
            });
        }
    }
    if let Some(cycle) = &table.cycle {
        let (mark, path) = (&cycle.mark_column, &cycle.path_column);
        check(&cycle.columns, "cycle", cycle.location)?;
        unused(mark, "cycle mark column", cycle.location)?;
        unused(path, "cycle path column", cycle.location)?;
        let same = |what: &str, location: u32| {
            let message = format!("{what} are the same");
            Err(error(sqlstate::SYNTAX_ERROR, message, location))
        };
        if mark == path {
            return same("cycle mark column name and cycle path column name", cycle.location);
        }
        if let Some(search) = &table.search {
            if search.sequence_column == *mark {
                let what = "search sequence column name and cycle mark column name";
                return same(what, search.location);
            }
            if search.sequence_column == *path {
                let what = "search sequence column name and cycle path column name";
                return same(what, search.location);
            }
        }
        let (value, default) = match &cycle.mark_values {
            Some((value, default)) => (value.to_string(), default.to_string()),
            None => ("true".to_owned(), "false".to_owned()),
        };
        // Both values in one expression, so that both have the type of the column.
        let marked =
            |condition: &str| format!("CASE WHEN {condition} THEN {value} ELSE {default} END");
        let row = row_of(&cycle.columns);
        extras.columns.push(Extra {
            name: mark.clone(),
            start: marked("false"),
            step: marked(&format!("{row} = ANY ({})", before(path))),
        });
        extras.columns.push(Extra {
            name: path.clone(),
            start: format!("ARRAY[{row}]"),
            step: format!("{} || {row}", before(path)),
        });
        extras.stop = Some(format!("{} <> {value}", before(mark)));
    }
    Ok(extras)
}

/// Refuses the clauses where there is no recursion that they could be about.
pub fn require_recursion(table: &ast::CommonTable) -> SqlResult<()> {
    if table.search.is_none() && table.cycle.is_none() {
        return Ok(());
    }
    Err(error(sqlstate::SYNTAX_ERROR, "WITH query is not recursive", table.location))
}

/// Both terms have to be plain.
pub fn require_plain_terms(operation: &ast::SetOperation) -> SqlResult<()> {
    for (side, term) in [("left", &operation.left), ("right", &operation.right)] {
        if matches!(*term, ast::QueryBody::SetOperation(_)) {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!(
                    "with a SEARCH or CYCLE clause, the {side} side of the UNION must be a SELECT"
                ),
                0,
            ));
        }
    }
    Ok(())
}

impl Extras {
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns that the query shows.
    pub fn shown(&self) -> impl Iterator<Item = bool> + '_ {
        self.columns.iter().map(|extra| extra.name != DEPTH)
    }
}

impl Binder<'_> {
    /// Binds expressions over rows of a term, and over what the added columns were in the row before.
    fn over_term(
        &mut self,
        term: &[(String, ColumnId)],
        before: &[(String, ColumnId)],
        texts: &[&str],
    ) -> SqlResult<Vec<Expr>> {
        self.levels.push(Level::new(Boundary::Open));
        let mut bound = self.in_scope(term, "\u{1}term");
        if bound.is_ok() {
            bound = self.in_scope(before, BEFORE);
        }
        let bound = bound.and_then(|()| {
            texts
                .iter()
                .map(|text| {
                    let parsed = syntax::parse_expression(text).map_err(|failure| {
                        error(sqlstate::INTERNAL_ERROR, format!("{text}: {failure}"), 0)
                    })?;
                    let bound = self.in_clause(Clause::Select, |binder| binder.expr(&parsed))?;
                    self.settle(bound, 0)
                })
                .collect::<SqlResult<Vec<Expr>>>()
        });
        self.levels.pop();
        bound
    }

    /// Columns under a name in the innermost level.
    fn in_scope(&mut self, columns: &[(String, ColumnId)], name: &str) -> SqlResult<()> {
        let outputs = columns.iter().map(|(name, id)| Output { id: *id, name: name.clone() });
        let query = BoundQuery { input: Logical::one_row(), outputs: outputs.collect() };
        let source = self.named_query(query, None, name)?;
        let level = self.level();
        level.columns.extend(source.columns);
        level.items.extend(source.items);
        Ok(())
    }

    /// The added columns of the non-recursive term: what is to be computed, with names and types.
    pub fn extras_at_start(
        &mut self,
        extras: &Extras,
        term: &[(String, ColumnId)],
    ) -> SqlResult<Vec<(String, SqlType, (ColumnId, Expr))>> {
        let texts: Vec<&str> = extras.columns.iter().map(|extra| extra.start.as_str()).collect();
        let bound = self.over_term(term, &[], &texts)?;
        let columns = extras.columns.iter().zip(bound);
        Ok(columns
            .map(|(extra, expr)| {
                let ty = type_of(&expr);
                (extra.name.clone(), ty, (self.columns.add(&extra.name, ty), expr))
            })
            .collect())
    }

    /// The added columns of the recursive term over its rows, and the term without rows that lead nowhere.
    pub fn extras_of_step(
        &mut self,
        extras: &Extras,
        mut input: Logical,
        term: &[(String, ColumnId)],
        before: &[(String, ColumnId)],
    ) -> SqlResult<(Logical, Vec<ColumnId>)> {
        let mut texts: Vec<&str> = extras.columns.iter().map(|extra| extra.step.as_str()).collect();
        texts.extend(extras.stop.as_deref());
        let mut bound = self.over_term(term, before, &texts)?;
        if extras.stop.is_some()
            && let Some(stop) = bound.pop()
        {
            input = input.filtered(vec![stop]);
        }
        let items: Vec<(ColumnId, Expr)> = extras
            .columns
            .iter()
            .zip(bound)
            .map(|(extra, expr)| (self.columns.add(&extra.name, type_of(&expr)), expr))
            .collect();
        let ids = items.iter().map(|item| item.0).collect();
        Ok((input.projected(items), ids))
    }
}
