//! What an index is over the columns of one table of a statement: expressions for its keys, conditions of its rows.

use std::sync::Arc;

use catalog::{Index, IndexKey};
use types::SqlType;

use super::fold;
use super::implied::implied;
use super::physical::Planner;
use crate::expression::Expr;
use crate::logical::Table;
use crate::walk;

/// The keys of an index, as far as the statement can use them, and what its rows have in common.
pub struct IndexShape {
    pub keys: Vec<KeyShape>,
    /// The condition of a partial index, in parts; none: it has all rows.
    pub predicate: Vec<Expr>,
}

pub struct KeyShape {
    pub expression: Expr,
    pub ty: SqlType,
    pub not_null: bool,
}

impl IndexShape {
    /// Whether the index has every row for which all terms are TRUE.
    pub fn has_all(&self, planner: &Planner<'_>, terms: &[&Expr]) -> bool {
        let types = planner.catalog.types();
        self.predicate.iter().all(|condition| implied(types, condition, terms))
    }

    /// Whether every row of the index fulfils the term.
    pub fn guarantees(&self, planner: &Planner<'_>, term: &Expr) -> bool {
        !self.predicate.is_empty() && {
            let known: Vec<&Expr> = self.predicate.iter().collect();
            implied(planner.catalog.types(), term, &known)
        }
    }
}

impl Planner<'_> {
    /// The shape of the index at this position; `None` if its expressions cannot be read.
    pub(super) fn index_shape(&self, table: &Table, position: usize) -> Option<Arc<IndexShape>> {
        let key = (table.first, position);
        if let Some(known) = self.shapes.borrow().get(&key) {
            return known.clone();
        }
        let shape = self.make_shape(table, &table.relation.indexes[position]).map(Arc::new);
        self.shapes.borrow_mut().insert(key, shape.clone());
        shape
    }

    fn make_shape(&self, table: &Table, index: &Index) -> Option<IndexShape> {
        let mut keys = Vec::with_capacity(index.columns.len());
        for column in &index.columns {
            keys.push(match &column.key {
                IndexKey::Column(number) => {
                    let attribute = *number as usize - 1;
                    let column = &table.relation.columns[attribute];
                    KeyShape {
                        expression: self.columns.column(table.first + attribute),
                        ty: crate::logical::column_type(column),
                        not_null: column.not_null,
                    }
                }
                IndexKey::Expression { sql, type_oid, modifier } => KeyShape {
                    expression: self.index_expression(table, sql)?,
                    ty: SqlType::with_modifier(*type_oid, *modifier),
                    not_null: false,
                },
            });
        }
        let mut predicate = Vec::new();
        if let Some(sql) = &index.predicate {
            walk::conjuncts(self.index_expression(table, sql)?, &mut predicate);
        }
        Some(IndexShape { keys, predicate })
    }

    /// An index's expression over the table's columns in this statement.
    fn index_expression(&self, table: &Table, sql: &str) -> Option<Expr> {
        let mut bound =
            crate::bind_expression_for_relation(&table.relation, sql, None, self.catalog).ok()?;
        walk::replace(&mut bound, &mut |part| match part {
            Expr::Column { index, ty } => {
                Some(Expr::Column { index: table.first + index, ty: *ty })
            }
            _ => None,
        });
        fold::fold(&mut bound, self.catalog.evaluation());
        Some(bound)
    }
}
