//! The short way for `SELECT … FROM t WHERE key = $1`.

use planner::expression::Expr;
use planner::plan::{EqualTo, Operator, Scan, Statement, StatementKind};
use types::{Row, SqlResult};

use crate::environment::Environment;
use crate::evaluate::{Scope, evaluate, holds};
use crate::inspect::walk;
use crate::operators::scan::{reads_rows, stored_row};
use crate::ranges::{KeyRange, scan_ranges};
use crate::rows::RowCodec;

/// The rows of a point look-up; `None` if the statement is anything else.
pub(crate) fn point_select(
    statement: &Statement,
    parameters: &[types::Datum],
    env: &dyn Environment,
) -> SqlResult<Option<Vec<Row>>> {
    let Some((scan, expressions)) = point_plan(statement) else {
        return Ok(None);
    };
    env.check_interrupts()?;
    let codec = RowCodec::cached(&scan.relation)?;
    if !reads_rows(scan, &codec)? {
        return Ok(None);
    }
    let scope = Scope::detached(env, parameters, &[]);
    let ranges = scan_ranges(scan, &codec, &[], &scope)?;
    if ranges.iter().any(|range| !matches!(range, KeyRange::Point(_))) {
        return Ok(None);
    }
    let mut rows = Vec::with_capacity(1);
    for range in &ranges {
        let KeyRange::Point(key) = range else {
            continue;
        };
        let Some(value) = env.get(key)? else {
            continue;
        };
        let row = stored_row(scan, &codec, key, &value)?;
        if !holds(scan.filter.as_ref(), &row, &scope)? {
            continue;
        }
        rows.push(match expressions {
            None => row,
            Some(expressions) => {
                let mut values = Vec::with_capacity(expressions.len());
                for expression in expressions {
                    values.push(evaluate(expression, &row, &scope)?);
                }
                values
            }
        });
        if scan.limit.is_some_and(|limit| rows.len() as u64 >= limit) {
            break;
        }
    }
    Ok(Some(rows))
}

/// A scan by equal values of a key, with a projection over it or not.
fn point_plan(statement: &Statement) -> Option<(&Scan, Option<&[Expr]>)> {
    if statement.kind != StatementKind::Select || !statement.ctes.is_empty() {
        return None;
    }
    let (scan, expressions) = match &statement.root.operator {
        Operator::Scan(scan) => (&**scan, None),
        Operator::Project { input, expressions } => match &input.operator {
            Operator::Scan(scan) => (&**scan, Some(expressions.as_slice())),
            _ => return None,
        },
        _ => return None,
    };
    let [range] = scan.ranges.as_slice() else {
        return None;
    };
    let is_point = scan.index.is_none_or(|_| !scan.index_only)
        && range.low.is_none()
        && range.high.is_none()
        && scan.limit != Some(0)
        && range.equal.iter().all(|equal| matches!(equal, EqualTo::Value(_)));
    let asks = |expression: &Expr| {
        let mut asks = false;
        walk(expression, &mut |part| asks |= matches!(part, Expr::SubPlan(_)));
        asks
    };
    let has_subquery = scan.filter.iter().chain(expressions.into_iter().flatten()).any(asks);
    (is_point && !has_subquery).then_some((scan, expressions))
}
