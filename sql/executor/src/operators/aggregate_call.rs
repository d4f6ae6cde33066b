//! One aggregate call over one group: FILTER, DISTINCT, ORDER BY and WITHIN GROUP around the
//! function's own accumulator.

use functions::EvalContext;
use functions::definition::Accumulator;
use planner::expression::Aggregate;
use types::{Datum, Row, SqlResult};

use crate::context::Context;
use crate::evaluate::{Scope, evaluate, evaluate_borrowed, holds};
use crate::inspect::expression_type;
use crate::keys::{HashKey, KeySet, SortOrder, normalize};
use crate::memory::row_bytes;

pub struct AggregateCall {
    accumulator: Box<dyn Accumulator>,
    distinct: Option<KeySet>,
    /// Sort keys and arguments of the rows so far, if they must be sorted first.
    collected: Option<Vec<(Row, Row)>>,
    direct: Option<Row>,
    size: usize,
}

impl AggregateCall {
    pub fn new(aggregate: &Aggregate) -> AggregateCall {
        let accumulator = (aggregate.definition.start)(&aggregate.argument_types);
        let sorts = !aggregate.order_by.is_empty() || aggregate.definition.kind != 'n';
        AggregateCall {
            size: accumulator.size_bytes(),
            accumulator,
            distinct: aggregate.distinct.then(KeySet::default),
            collected: sorts.then(Vec::new),
            direct: None,
        }
    }

    pub fn size_bytes(&self) -> usize {
        self.size + 64
    }

    /// What the rows so far amount to, for [`AggregateCall::merge`]; `None` if this call cannot be divided.
    pub fn state(&self) -> Option<Row> {
        if self.distinct.is_some() || self.collected.is_some() {
            return None;
        }
        self.accumulator.state()
    }

    /// Takes in the state of rows that come after those added here; answers by how many bytes the own one grew.
    pub fn merge(&mut self, state: &[Datum], session: &dyn EvalContext) -> SqlResult<usize> {
        self.accumulator.merge(session, state)?;
        Ok(self.grown())
    }

    fn grown(&mut self) -> usize {
        let size = self.accumulator.size_bytes();
        size.saturating_sub(std::mem::replace(&mut self.size, size))
    }

    /// Takes a row in; answers by how many bytes the state grew.
    pub fn add(
        &mut self,
        aggregate: &Aggregate,
        row: &[Datum],
        scope: &Scope<'_>,
    ) -> SqlResult<usize> {
        let session = scope.session;
        if !holds(aggregate.filter.as_ref(), row, scope)? {
            return Ok(0);
        }
        if let ([argument], None, None) =
            (aggregate.arguments.as_slice(), &self.distinct, &self.collected)
        {
            // The common case: the value is not copied.
            let value = evaluate_borrowed(argument, row, scope)?;
            if value.is_null() && aggregate.definition.skips_null {
                return Ok(0);
            }
            self.accumulator.add(session, std::slice::from_ref(&*value))?;
            return Ok(self.grown());
        }
        let mut arguments: smallvec::SmallVec<[Datum; 2]> = smallvec::SmallVec::new();
        for argument in &aggregate.arguments {
            arguments.push(evaluate(argument, row, scope)?);
        }
        if aggregate.definition.skips_null && arguments.iter().any(Datum::is_null) {
            return Ok(0);
        }
        let mut grown = 0;
        if let Some(distinct) = &mut self.distinct {
            let values: Row = arguments
                .iter()
                .zip(&aggregate.arguments)
                .map(|(value, argument)| normalize(value.clone(), expression_type(argument).oid))
                .collect();
            let bytes = row_bytes(&values) + 32;
            if !distinct.insert(HashKey::new(values)) {
                return Ok(0);
            }
            grown += bytes;
        }
        let Some(collected) = &mut self.collected else {
            self.accumulator.add(session, &arguments)?;
            return Ok(grown + self.grown());
        };
        if self.direct.is_none() {
            let direct = aggregate.direct.iter().map(|value| evaluate(value, row, scope));
            self.direct = Some(direct.collect::<SqlResult<Row>>()?);
        }
        let mut keys = Vec::with_capacity(aggregate.order_by.len());
        for key in &aggregate.order_by {
            let value = evaluate(&key.expression, row, scope)?;
            keys.push(normalize(value, expression_type(&key.expression).oid));
        }
        let within_group = aggregate.definition.kind != 'n';
        if within_group
            && aggregate.arguments.is_empty()
            && aggregate.definition.skips_null
            && keys.iter().any(Datum::is_null)
        {
            return Ok(grown);
        }
        let arguments: Row =
            if within_group && arguments.is_empty() { keys.clone() } else { arguments.into_vec() };
        grown += row_bytes(&keys) + row_bytes(&arguments);
        collected.push((keys, arguments));
        Ok(grown)
    }

    pub fn finish(&mut self, aggregate: &Aggregate, context: &Context) -> SqlResult<Datum> {
        if let Some(mut collected) = self.collected.take() {
            // The keys are evaluated already: compare them by position.
            let order = SortOrder::over_keys(&aggregate.order_by);
            collected.sort_by(|left, right| order.compare(&left.0, &right.0));
            let direct = self.direct.take().unwrap_or_default();
            for (count, (_, arguments)) in collected.into_iter().enumerate() {
                if count % 1024 == 1023 {
                    context.check_interrupts()?;
                }
                if direct.is_empty() {
                    self.accumulator.add(context.env(), &arguments)?;
                } else {
                    let all = [direct.as_slice(), arguments.as_slice()].concat();
                    self.accumulator.add(context.env(), &all)?;
                }
            }
        }
        self.accumulator.result(context.env())
    }
}
