//! Subqueries in expressions.

use functions::type_catalog::array_type;
use syntax::ast;
use types::{SqlResult, SqlType, oid, sqlstate};

use super::expressions::location_of;
use super::scope::{Boundary, Level};
use super::select::BoundQuery;
use super::{Binder, error, unsupported};
use crate::expression::{ExecParameter, Expr, SubPlan, SubPlanKind};
use crate::logical::{Output, Subquery};
use crate::walk::type_of;

impl Binder<'_> {
    /// Binds a query behind a boundary; gives what it needs from outside.
    fn inner_query(
        &mut self,
        query: &ast::Query,
    ) -> SqlResult<(BoundQuery, Vec<(ExecParameter, Expr)>)> {
        self.levels.push(Level::new(Boundary::SubPlan(Vec::new())));
        let bound = self.nested(|binder| binder.query(query, false));
        let level = self.levels.pop();
        let bound = bound?;
        match level.map(|level| level.boundary) {
            Some(Boundary::SubPlan(parameters)) => Ok((bound, parameters)),
            _ => Ok((bound, Vec::new())),
        }
    }

    fn subplan(
        &mut self,
        kind: SubPlanKind,
        bound: BoundQuery,
        parameters: Vec<(ExecParameter, Expr)>,
        ty: SqlType,
    ) -> Expr {
        let first_row_only = matches!(kind, SubPlanKind::Exists);
        let plan = self.columns.unplanned(Subquery {
            input: bound.input,
            columns: bound.outputs.iter().map(|output| output.id).collect(),
            first_row_only,
        });
        Expr::SubPlan(Box::new(SubPlan { kind, plan, parameters, ty }))
    }

    /// A query of one row as a row value, with the types of its fields.
    pub fn row_subquery(&mut self, query: &ast::Query) -> SqlResult<(Expr, Vec<SqlType>)> {
        let (mut bound, parameters) = self.inner_query(query)?;
        let fields: Vec<Expr> =
            bound.outputs.iter().map(|output| self.columns.column(output.id)).collect();
        let types = fields.iter().map(type_of).collect();
        let ty = SqlType::new(oid::RECORD);
        let id = self.columns.add("row", ty);
        bound.input = bound.input.projected(vec![(id, Expr::Row { fields, ty })]);
        bound.outputs = vec![Output { name: "row".to_owned(), id }];
        Ok((self.subplan(SubPlanKind::Scalar, bound, parameters, ty), types))
    }

    pub fn subquery(&mut self, subquery: &ast::SubqueryExpr) -> SqlResult<Expr> {
        let location = subquery.location;
        let clause = self.level().clause;
        if !clause.allows_subqueries() {
            return Err(unsupported(
                format!("cannot use subquery in {}", singular(clause)),
                location,
            ));
        }
        let one_column = |bound: &BoundQuery| {
            if bound.outputs.len() == 1 {
                return Ok(());
            }
            Err(error(sqlstate::SYNTAX_ERROR, "subquery must return only one column", location))
        };
        match &subquery.kind {
            ast::SubqueryKind::Exists => {
                let (bound, parameters) = self.inner_query(&subquery.query)?;
                let ty = SqlType::new(oid::BOOL);
                Ok(self.subplan(SubPlanKind::Exists, bound, parameters, ty))
            }
            ast::SubqueryKind::Scalar => {
                let (bound, parameters) = self.inner_query(&subquery.query)?;
                one_column(&bound)?;
                let ty = self.columns.facts[bound.outputs[0].id].ty;
                Ok(self.subplan(SubPlanKind::Scalar, bound, parameters, ty))
            }
            ast::SubqueryKind::Array => {
                let (bound, parameters) = self.inner_query(&subquery.query)?;
                one_column(&bound)?;
                let element = self.columns.facts[bound.outputs[0].id].ty;
                let array = match self.element_of(element.oid) {
                    0 => array_type(self.catalog.types(), element.oid),
                    _ => element.oid,
                };
                if array == 0 {
                    return Err(error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!(
                            "could not find array type for data type {}",
                            self.type_name(element.oid)
                        ),
                        location,
                    ));
                }
                let kind = SubPlanKind::Array { element: element.oid };
                Ok(self.subplan(kind, bound, parameters, SqlType::new(array)))
            }
            ast::SubqueryKind::In { expr, negated } => {
                let test = self.quantified_query(expr, "=", false, &subquery.query, location)?;
                Ok(if *negated { Expr::Not(Box::new(test)) } else { test })
            }
            ast::SubqueryKind::Quantified { left, operator, quantifier, .. } => {
                let all = *quantifier == ast::Quantifier::All;
                self.quantified_query(left, operator, all, &subquery.query, location)
            }
        }
    }

    fn quantified_query(
        &mut self,
        left: &ast::Expr,
        operator: &str,
        all: bool,
        query: &ast::Query,
        location: u32,
    ) -> SqlResult<Expr> {
        let left_location = location_of(left);
        let left = match self.expr(left)? {
            Expr::Row { fields, .. } => fields,
            single => vec![single],
        };
        let (bound, parameters) = self.inner_query(query)?;
        if left.len() != bound.outputs.len() {
            let message = if left.len() < bound.outputs.len() {
                "subquery has too many columns"
            } else {
                "subquery has too few columns"
            };
            return Err(error(sqlstate::SYNTAX_ERROR, message, location));
        }
        if left.len() > 1 && matches!(operator, "<" | "<=" | ">" | ">=") {
            return self.compared_rows((left, operator, all), bound, parameters, location);
        }
        let mut bound = bound;
        let mut lefts = Vec::with_capacity(left.len());
        let mut tests = Vec::with_capacity(left.len());
        let mut casts = Vec::new();
        let mut hashable = parameters.is_empty() && operator == "=" && !all;
        for (position, left) in left.into_iter().enumerate() {
            let column = self.columns.column(bound.outputs[position].id);
            let before = type_of(&column).oid;
            let compared = self.operator(operator, Some(left), column, location)?;
            let Expr::Call(call) = compared else {
                return Err(unsupported("comparing rows with a subquery", left_location));
            };
            if call.ty.oid != oid::BOOL {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("operator {operator} must return type boolean"),
                    location,
                ));
            }
            let mut arguments = call.arguments;
            let (Some(right), Some(left)) = (arguments.pop(), arguments.pop()) else {
                return Err(error(
                    sqlstate::INTERNAL_ERROR,
                    "a comparison has two sides",
                    location,
                ));
            };
            let wanted = type_of(&right);
            if wanted.oid != before {
                let id = self.columns.add("?column?", wanted);
                casts.push((id, right));
                bound.outputs[position].id = id;
            }
            hashable = hashable && type_of(&left).oid == wanted.oid;
            lefts.push(left);
            tests.push(call.function);
        }
        bound.input = bound.input.projected(casts);
        let kind = SubPlanKind::Quantified { left: lefts, tests, all, hashable };
        Ok(self.subplan(kind, bound, parameters, SqlType::new(oid::BOOL)))
    }

    /// `(a, b) < ALL (query)`: the query computes the comparison, which must be true for all (or any) of its rows.
    fn compared_rows(
        &mut self,
        (left, operator, all): (Vec<Expr>, &str, bool),
        mut bound: BoundQuery,
        mut parameters: Vec<(ExecParameter, Expr)>,
        location: u32,
    ) -> SqlResult<Expr> {
        let mut fields = Vec::with_capacity(left.len());
        for value in left {
            let ty = type_of(&value);
            let id = self.columns.slot();
            parameters.push((id, value));
            fields.push(Expr::ExecParameter { id, ty });
        }
        let columns: Vec<Expr> =
            bound.outputs.iter().map(|output| self.columns.column(output.id)).collect();
        let ty = SqlType::new(oid::RECORD);
        let left = Expr::Row { fields, ty };
        let right = Expr::Row { fields: columns, ty };
        let compared = self.operator(operator, Some(left), right, location)?;
        let id = self.columns.add("?column?", SqlType::new(oid::BOOL));
        bound.input = bound.input.projected(vec![(id, compared)]);
        let is_true = super::expressions::constant(types::Datum::Bool(true), oid::BOOL);
        let (is_true, _, equal) = self.equality(is_true, self.columns.column(id), location)?;
        bound.outputs = vec![Output { name: "?column?".to_owned(), id }];
        let kind = SubPlanKind::Quantified {
            left: vec![is_true],
            tests: vec![equal],
            all,
            hashable: false,
        };
        Ok(self.subplan(kind, bound, parameters, SqlType::new(oid::BOOL)))
    }
}

fn singular(clause: super::scope::Clause) -> &'static str {
    use super::scope::Clause;
    match clause {
        Clause::Check => "check constraint",
        Clause::Default => "DEFAULT expression",
        Clause::IndexExpression => "index expression",
        Clause::IndexPredicate => "index predicate",
        Clause::Generated => "column generation expression",
        other => other.name(),
    }
}
