//! UNION, INTERSECT, EXCEPT.

use syntax::ast;
use types::{SqlResult, oid, sqlstate};

use super::select::{BoundQuery, has_equality};
use super::{Binder, error};
use crate::expression::Expr;
use crate::logical::{ColumnId, Logical, Output, SetOperation};
use crate::plan::SetKind;
use crate::walk::type_of;

impl Binder<'_> {
    /// A chain is bound from its bottom in a loop; UNION ALL of many arms becomes one node.
    pub fn set_operation(
        &mut self,
        top: &ast::SetOperation,
        keep_unknown: bool,
    ) -> SqlResult<BoundQuery> {
        let mut spine = vec![top];
        let mut left = &top.left;
        while let ast::QueryBody::SetOperation(next) = left {
            spine.push(next);
            left = &next.left;
        }
        // A recursive reference may stand under neither INTERSECT ALL nor EXCEPT.
        let whole = |operation: &ast::SetOperation, operator| {
            usize::from(operation.all && operation.operator == operator)
        };
        for operation in &spine {
            self.intersections += whole(operation, ast::SetOperator::Intersect);
            self.exceptions += whole(operation, ast::SetOperator::Except);
        }
        let mut pending: Vec<BoundQuery> = vec![self.arm(left)?];
        let mut operators = spine.into_iter().rev().peekable();
        while let Some(operation) = operators.next() {
            let excepted = usize::from(operation.operator == ast::SetOperator::Except);
            self.exceptions += excepted;
            let right = self.arm(&operation.right)?;
            self.exceptions -= excepted + whole(operation, ast::SetOperator::Except);
            self.intersections -= whole(operation, ast::SetOperator::Intersect);
            pending.push(right);
            let union_all = |operation: &ast::SetOperation| {
                operation.all && operation.operator == ast::SetOperator::Union
            };
            if union_all(operation) && operators.peek().is_some_and(|next| union_all(next)) {
                continue;
            }
            let combined = self.combine(
                std::mem::take(&mut pending),
                operation.operator,
                operation.all,
                &item_locations(&operation.right, operation.location),
            )?;
            pending.push(combined);
        }
        let _ = keep_unknown;
        pending.pop().ok_or_else(|| error(sqlstate::INTERNAL_ERROR, "no arms", top.location))
    }

    fn arm(&mut self, body: &ast::QueryBody) -> SqlResult<BoundQuery> {
        match body {
            ast::QueryBody::Nested(query) => self.query(query, true),
            ast::QueryBody::SetOperation(operation) => {
                self.nested(|binder| binder.set_operation(operation, true))
            }
            other => {
                let query = ast::Query {
                    with: None,
                    body: other.clone(),
                    order_by: Vec::new(),
                    limit: None,
                    offset: None,
                    locking: Vec::new(),
                    location: 0,
                };
                self.query(&query, true)
            }
        }
    }

    pub fn combine(
        &mut self,
        mut arms: Vec<BoundQuery>,
        operator: ast::SetOperator,
        all: bool,
        locations: &[u32],
    ) -> SqlResult<BoundQuery> {
        let location = locations.first().copied().unwrap_or(0);
        let (word, kind) = match operator {
            ast::SetOperator::Union => ("UNION", SetKind::Union),
            ast::SetOperator::Intersect => ("INTERSECT", SetKind::Intersect),
            ast::SetOperator::Except => ("EXCEPT", SetKind::Except),
        };
        let width = arms.first().map_or(0, |arm| arm.outputs.len());
        if arms.iter().any(|arm| arm.outputs.len() != width) {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("each {word} query must have the same number of columns"),
                location,
            ));
        }
        let mut casts: Vec<Vec<(ColumnId, Expr)>> = arms.iter().map(|_| Vec::new()).collect();
        let mut outputs = Vec::with_capacity(width);
        for position in 0..width {
            let location = locations.get(position).copied().unwrap_or(location);
            let values: Vec<Expr> = arms
                .iter()
                .map(|arm| {
                    let id = arm.outputs[position].id;
                    literal(&arm.input, id).unwrap_or_else(|| self.columns.column(id))
                })
                .collect();
            let (values, ty) = self.unify(values, word, &[location])?;
            if !all && !has_equality(ty.oid) {
                return Err(error(
                    sqlstate::UNDEFINED_FUNCTION,
                    format!(
                        "could not identify an equality operator for type {}",
                        self.type_name(ty.oid)
                    ),
                    location,
                ));
            }
            if !all && ty.collation == types::Collation::Conflict {
                return Err(super::collations::mismatch(&values, location));
            }
            let name = arms[0].outputs[position].name.clone();
            for ((arm, value), casts) in arms.iter_mut().zip(values).zip(&mut casts) {
                let output = &mut arm.outputs[position];
                match value {
                    Expr::Column { index, .. } => output.id = index,
                    value => {
                        output.id = self.columns.add(&name, type_of(&value));
                        casts.push((output.id, value));
                    }
                }
            }
            outputs.push(Output { id: self.columns.add(&name, ty), name });
        }
        let inputs = arms
            .into_iter()
            .zip(casts)
            .map(|(arm, casts)| {
                let columns = arm.outputs.iter().map(|output| output.id).collect();
                (arm.input.projected(casts), columns)
            })
            .collect();
        let columns = outputs.iter().map(|output| output.id).collect();
        let operation = SetOperation { kind, all, inputs, columns };
        Ok(BoundQuery { input: Logical::SetOperation(Box::new(operation)), outputs })
    }
}

/// Where the columns of an arm are written.
pub fn item_locations(body: &ast::QueryBody, otherwise: u32) -> Vec<u32> {
    let mut body = body;
    loop {
        match body {
            ast::QueryBody::Nested(query) => body = &query.body,
            ast::QueryBody::SetOperation(operation) => body = &operation.left,
            ast::QueryBody::Select(select) if !select.items.is_empty() => {
                return select.items.iter().map(|item| item.location).collect();
            }
            ast::QueryBody::Values { rows, .. } if !rows.is_empty() => {
                return rows[0].iter().map(super::expressions::location_of).collect();
            }
            _ => return vec![otherwise],
        }
    }
}

/// The untyped literal or parameter behind a column, if it is one.
pub fn literal(input: &Logical, id: ColumnId) -> Option<Expr> {
    let Logical::Project { input, items } = input else {
        return None;
    };
    match items.iter().find(|item| item.0 == id) {
        Some((_, value @ (Expr::Constant { .. } | Expr::Parameter { .. })))
            if type_of(value).oid == oid::UNKNOWN =>
        {
            Some(value.clone())
        }
        Some(_) => None,
        None => literal(input, id),
    }
}
