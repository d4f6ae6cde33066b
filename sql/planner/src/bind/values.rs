//! VALUES as a query.

use syntax::ast;
use types::{SqlResult, SqlType, oid, sqlstate};

use super::expressions::location_of;
use super::scope::Clause;
use super::select::BoundQuery;
use super::{Binder, error};
use crate::expression::Expr;
use crate::logical::{Logical, Output};

impl Binder<'_> {
    pub fn values(&mut self, rows: &[Vec<ast::Expr>], location: u32) -> SqlResult<BoundQuery> {
        let width = rows.first().map_or(0, Vec::len);
        let mut bound: Vec<Vec<Expr>> = Vec::with_capacity(rows.len());
        for row in rows {
            if row.len() != width {
                let at = row.first().map_or(location, location_of);
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    "VALUES lists must all be the same length",
                    at,
                ));
            }
            let mut values = Vec::with_capacity(width);
            for value in row {
                values.push(self.in_clause(Clause::Values, |binder| binder.expr(value))?);
            }
            bound.push(values);
        }
        let mut columns = Vec::with_capacity(width);
        let mut outputs = Vec::with_capacity(width);
        for position in 0..width {
            let cells: Vec<Expr> = bound
                .iter_mut()
                .map(|row| {
                    let nothing = Expr::Constant {
                        value: types::Datum::Null,
                        ty: SqlType::new(oid::UNKNOWN),
                    };
                    std::mem::replace(&mut row[position], nothing)
                })
                .collect();
            let locations: Vec<u32> = rows.iter().map(|row| location_of(&row[position])).collect();
            let (cells, ty) = self.unify(cells, "VALUES", &locations)?;
            for (row, cell) in bound.iter_mut().zip(cells) {
                row[position] = cell;
            }
            let name = format!("column{}", position + 1);
            let id = self.columns.add(&name, ty);
            columns.push(id);
            outputs.push(Output { name, id });
        }
        Ok(BoundQuery { input: Logical::Values { rows: bound, columns }, outputs })
    }
}
