//! The last step of an expression: column ids become positions, outer values become execution parameters, subqueries
//! become plans.

use std::sync::Arc;

use types::{SqlResult, SqlType};

use super::physical::{Need, Physical, Planner};
use crate::expression::Expr;
use crate::logical::ColumnId;
use crate::plan::{Operator, Plan};
use crate::walk;

impl Planner<'_> {
    /// Exactly these columns in this order.
    pub fn exactly(&mut self, input: Physical, columns: &[ColumnId]) -> SqlResult<Physical> {
        if input.layout == columns {
            return Ok(input);
        }
        let mut expressions = Vec::with_capacity(columns.len());
        for &id in columns {
            let mut expr = self.columns.column(id);
            self.finish(&mut expr, &input.layout)?;
            expressions.push(expr);
        }
        let mut estimate = input.plan.estimate;
        estimate.width = 0;
        let order = input.order;
        let plan = match input.plan.operator {
            // Two projections are one, as long as the upper only picks columns.
            Operator::Project { input: below, expressions: lower }
                if !lower.iter().any(walk::is_volatile)
                    && expressions.iter().all(|expr| matches!(expr, Expr::Column { .. })) =>
            {
                let picked = pick(&expressions, &lower);
                Operator::Project { input: below, expressions: picked }
            }
            Operator::Values { rows }
                if expressions.iter().all(|expr| matches!(expr, Expr::Column { .. })) =>
            {
                let rows = rows.iter().map(|row| pick(&expressions, row)).collect();
                Operator::Values { rows }
            }
            Operator::Scan(mut scan)
                if scan.filter.is_none()
                    && expressions.iter().all(|expr| matches!(expr, Expr::Column { .. })) =>
            {
                scan.columns = expressions
                    .iter()
                    .filter_map(|expr| match expr {
                        Expr::Column { index, .. } => scan.columns.get(*index).copied(),
                        _ => None,
                    })
                    .collect();
                Operator::Scan(scan)
            }
            other => Operator::Project {
                input: Box::new(Plan { operator: other, ..input.plan }),
                expressions,
            },
        };
        Ok(self.physical(plan, columns.to_vec(), estimate, order))
    }

    /// Column ids become positions; what is not in the input comes from outside; subqueries are planned.
    pub fn finish(&mut self, expr: &mut Expr, layout: &[ColumnId]) -> SqlResult<()> {
        match expr {
            Expr::Column { index, ty } => {
                match layout.iter().position(|id| id == index) {
                    Some(position) => *index = position,
                    None => {
                        let (id, ty) = (*index, *ty);
                        *expr = self.from_outside(id, ty)?;
                    }
                }
                return Ok(());
            }
            Expr::SubPlan(plan) => {
                if let Operator::CteScan { id } = plan.plan.operator
                    && let Some(subquery) = self.columns.subqueries[id].take()
                {
                    let frames = std::mem::take(&mut self.frames);
                    let mut need = Need::of(&subquery.columns);
                    need.limit = subquery.first_row_only.then_some(1.0);
                    let columns = subquery.columns.clone();
                    let backup = subquery.input.clone();
                    let planned = self.plan_tree(subquery.input, &need)?;
                    let planned = self.exactly(planned, &columns)?;
                    self.frames = frames;
                    plan.plan = Arc::new(planned.plan);
                    // The same expression may stand in several places: each plans its own copy.
                    self.columns.subqueries[id] = Some(crate::logical::Subquery {
                        input: backup,
                        columns: subquery.columns,
                        first_row_only: subquery.first_row_only,
                    });
                }
            }
            _ => {}
        }
        let mut failure = Ok(());
        walk::children_mut(expr, &mut |child| {
            if failure.is_ok() {
                failure = self.finish(child, layout);
            }
        });
        failure
    }

    fn from_outside(&mut self, id: ColumnId, ty: SqlType) -> SqlResult<Expr> {
        let slots = &mut self.columns.exec_parameters;
        let Some(frame) = self.frames.last_mut() else {
            return Err(types::SqlError::new(
                types::sqlstate::INTERNAL_ERROR,
                format!(
                    "column {} ({}) is not available where it is used",
                    id, self.columns.facts[id].name
                ),
            ));
        };
        let slot = match frame.iter().find(|known| known.0 == id) {
            Some(known) => known.1,
            None => {
                let slot = *slots;
                *slots += 1;
                frame.push((id, slot));
                slot
            }
        };
        Ok(Expr::ExecParameter { id: slot, ty })
    }
}

fn pick(wanted: &[Expr], from: &[Expr]) -> Vec<Expr> {
    wanted
        .iter()
        .filter_map(|expr| match expr {
            Expr::Column { index, .. } => from.get(*index).cloned(),
            _ => None,
        })
        .collect()
}
