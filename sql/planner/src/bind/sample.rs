//! TABLESAMPLE: a condition right above the table that keeps each row with the given probability.
//!
//! BERNOULLI draws for each row. SYSTEM may pick rows in bulk, but rows here have no blocks, so it does the same. With
//! REPEATABLE the draw is a hash of the seed and the row, so that the same seed gives the same rows of an unchanged table.

use std::hash::{DefaultHasher, Hash, Hasher};

use functions::{EvalContext, FunctionBody, FunctionDef, FunctionKind, Volatility, tables};
use syntax::ast;
use types::{Datum, SqlError, SqlResult, SqlType, oid, sqlstate};

use super::expressions::location_of;
use super::scope::ScopeColumn;
use super::{Binder, error, unsupported};
use crate::expression::{Call, Expr};
use crate::walk;

const RANDOM: types::Oid = 1_598;

static DRAWN: FunctionDef = sampling("tablesample", &[oid::FLOAT4, oid::FLOAT8], drawn);
static REPEATED: FunctionDef =
    sampling("tablesample_repeatable", &[oid::FLOAT4, oid::FLOAT8, oid::ANY], repeated);

/// A function that only plans can name: it is in no table.
const fn sampling(
    name: &'static str,
    arguments: &'static [types::Oid],
    body: functions::ScalarFn,
) -> FunctionDef {
    FunctionDef {
        oid: 0,
        name,
        arguments,
        argument_names: &[],
        defaults: &[],
        variadic: 0,
        result: oid::BOOL,
        columns: &[],
        kind: FunctionKind::Scalar,
        strict: false,
        volatility: Volatility::Immutable,
        body: FunctionBody::Scalar(body),
    }
}

fn refused(message: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_TABLESAMPLE_ARGUMENT, message)
}

/// The sample's share of the rows, from 0 to 1.
fn share(percentage: &Datum) -> SqlResult<f64> {
    match percentage {
        Datum::Float4(percentage) if (0.0..=100.0).contains(percentage) => {
            Ok(f64::from(*percentage) / 100.0)
        }
        Datum::Null => Err(refused("TABLESAMPLE parameter cannot be null")),
        _ => Err(refused("sample percentage must be between 0 and 100")),
    }
}

fn drawn(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let share = share(&arguments[0])?;
    Ok(Datum::Bool(matches!(arguments[1], Datum::Float8(draw) if draw < share)))
}

fn repeated(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let share = share(&arguments[0])?;
    let Datum::Float8(seed) = arguments[1] else {
        return Err(SqlError::new(
            sqlstate::INVALID_TABLESAMPLE_REPEAT,
            "TABLESAMPLE REPEATABLE parameter cannot be null",
        ));
    };
    Ok(Datum::Bool(repeatable_draw(seed, &arguments[2..]) < share))
}

/// A number from 0 to 1 that a row always draws with this seed.
fn repeatable_draw(seed: f64, row: &[Datum]) -> f64 {
    let mut hasher = DefaultHasher::new();
    seed.to_bits().hash(&mut hasher);
    for value in row {
        types::compare::hash(value, &mut hasher);
    }
    // The upper 53 bits are such a number without loss.
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

impl Binder<'_> {
    /// The condition under which a row of the table is in the sample.
    pub fn sampled(
        &mut self,
        sample: &ast::TableSample,
        columns: &[ScopeColumn],
    ) -> SqlResult<Expr> {
        let method = sample.method.name();
        if !matches!(method, "bernoulli" | "system") {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("tablesample method {method} does not exist"),
                sample.method.location,
            ));
        }
        let [percentage] = sample.arguments.as_slice() else {
            return Err(error(
                sqlstate::INVALID_TABLESAMPLE_ARGUMENT,
                format!(
                    "tablesample method {method} requires 1 argument, not {}",
                    sample.arguments.len()
                ),
                sample.method.location,
            ));
        };
        let percentage = self.sample_argument(percentage, oid::FLOAT4)?;
        let (function, draw, rest) = match &sample.repeatable {
            Some(seed) => {
                let rest = columns.iter().map(|column| column.expr.clone()).collect();
                (&REPEATED, self.sample_argument(seed, oid::FLOAT8)?, rest)
            }
            None => (&DRAWN, random(), Vec::new()),
        };
        let mut arguments = vec![percentage, draw];
        arguments.extend::<Vec<Expr>>(rest);
        Ok(Expr::Call(Box::new(Call {
            function,
            argument_types: arguments.iter().map(|one| walk::type_of(one).oid).collect(),
            arguments,
            ty: SqlType::new(oid::BOOL),
            location: sample.location,
        })))
    }

    fn sample_argument(&mut self, argument: &ast::Expr, target: types::Oid) -> SqlResult<Expr> {
        let location = location_of(argument);
        let bound = self.expr(argument)?;
        if !walk::all_columns(&bound, &|_| false) {
            return Err(unsupported("a sample's size cannot depend on columns", location));
        }
        self.coerce(bound, target, location)
    }
}

fn random() -> Expr {
    let function = tables::function(RANDOM).expect("random() is built in");
    Expr::Call(Box::new(Call {
        function,
        arguments: Vec::new(),
        argument_types: Vec::new(),
        ty: SqlType::new(oid::FLOAT8),
        location: 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_rows_is_kept_and_the_same_again() {
        let keep = |seed: f64| {
            let rows = 0..10_000;
            let kept = rows.filter(|row| repeatable_draw(seed, &[Datum::Int4(*row)]) < 0.2);
            kept.collect::<Vec<i32>>()
        };
        let first = keep(1.0);
        assert!((1_800..2_200).contains(&first.len()), "{} of 10,000", first.len());
        assert_eq!(first, keep(1.0));
        assert_ne!(first, keep(2.0));
    }
}
