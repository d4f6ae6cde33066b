//! Aggregate calls: each becomes a column of the level's aggregation.

use functions::FunctionBody;
use syntax::ast;
use types::{SqlResult, SqlType, oid, sqlstate};

use super::calls::Ready;
use super::scope::{Boundary, Clause};
use super::{Binder, error};
use crate::expression::{Aggregate, Expr, SortKey};
use crate::walk::{self, type_of};

impl Binder<'_> {
    pub fn aggregate_call(&mut self, call: &ast::FunctionCall) -> SqlResult<Expr> {
        let location = call.location;
        if let Some(owner) = self.outer_owner(call) {
            return self.outer_aggregate(call, owner);
        }
        let level = self.level();
        if level.in_aggregate {
            return Err(error(
                sqlstate::GROUPING_ERROR,
                "aggregate function calls cannot be nested",
                location,
            ));
        }
        if !level.clause.allows_aggregates() {
            let clause = level.clause.name();
            return Err(error(
                sqlstate::GROUPING_ERROR,
                format!("aggregate functions are not allowed in {clause}"),
                location,
            ));
        }
        // The level's FROM is bound by now.
        if level.self_reference {
            return Err(error(
                sqlstate::INVALID_RECURSION,
                "aggregate functions are not allowed in a recursive query's recursive term",
                location,
            ));
        }
        level.in_aggregate = true;
        let bound = self.aggregate(call);
        self.level().in_aggregate = false;
        let aggregate = bound?;
        let function = aggregate.function;
        let below = super::collations::type_below(&aggregate.arguments);
        let known = self.level().aggregates.iter().find(|known| same_call(&known.1, &aggregate));
        if let Some(known) = known.map(|known| known.0) {
            return Ok(self.uncollated(self.columns.column(known), function, below, location));
        }
        let id = self.columns.add(aggregate.function.name, aggregate.ty);
        self.level().aggregates.push((id, aggregate));
        Ok(self.uncollated(self.columns.column(id), function, below, location))
    }

    /// An aggregate belongs to the innermost query whose columns it uses; gives that one if it is not
    /// the current one.
    fn outer_owner(&mut self, call: &ast::FunctionCall) -> Option<usize> {
        let current = self.levels.len().checked_sub(1)?;
        if current == 0 || self.levels[current].in_aggregate || !self.aggregate_levels.is_empty() {
            return None;
        }
        // A trial: what it leaves in the levels is taken back.
        let before: Vec<_> = self
            .levels
            .iter()
            .map(|level| {
                let parameters = match &level.boundary {
                    Boundary::SubPlan(parameters) => parameters.len(),
                    Boundary::Open => 0,
                };
                (level.references.len(), level.sets.len(), level.windows.len(), parameters)
            })
            .collect();
        let parameters = self.parameters.clone();
        let ctes = self.columns.ctes.len();
        self.aggregate_levels.push((current, None));
        self.levels[current].in_aggregate = true;
        let mut bound = Ok(());
        let arguments = call.arguments.iter().map(|argument| &argument.value);
        let ordered = call.order_by.iter().map(|item| &item.expr);
        for expression in arguments.chain(ordered).chain(&call.filter) {
            bound = bound.and_then(|()| self.expr(expression).map(|_| ()));
        }
        self.levels[current].in_aggregate = false;
        let innermost = self.aggregate_levels.pop().and_then(|level| level.1);
        self.parameters = parameters;
        self.columns.ctes.truncate(ctes);
        for (level, (references, sets, windows, parameters)) in self.levels.iter_mut().zip(before) {
            level.references.truncate(references);
            level.sets.truncate(sets);
            level.windows.truncate(windows);
            if let Boundary::SubPlan(known) = &mut level.boundary {
                known.truncate(parameters);
            }
        }
        bound.ok()?;
        innermost.filter(|innermost| *innermost < current)
    }

    /// Binds the call where it belongs and brings its result in.
    fn outer_aggregate(&mut self, call: &ast::FunctionCall, owner: usize) -> SqlResult<Expr> {
        let inner = self.levels.split_off(owner + 1);
        let bound = self.aggregate_call(call);
        self.levels.extend(inner);
        Ok(self.bring_in(owner, bound?, call.location))
    }

    /// Binds the call; also for aggregates used as window functions.
    pub fn aggregate(&mut self, call: &ast::FunctionCall) -> SqlResult<Aggregate> {
        let name = call.name.name();
        let location = call.location;
        let (mut arguments, names) = self.call_arguments(call)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let direct_count = arguments.len();
        let mut order_by = Vec::with_capacity(call.order_by.len());
        for item in &call.order_by {
            let expression = self.expr(&item.expr)?;
            order_by.push(self.sort_key(expression, item)?);
        }
        if call.within_group {
            arguments.extend(order_by.iter().map(|key: &SortKey| key.expression.clone()));
        }
        if call.star && !arguments.is_empty() {
            return Err(error(sqlstate::SYNTAX_ERROR, "* takes no other arguments", location));
        }
        let places = super::calls::argument_places(call);
        let mut ready = match self
            .ready_call(name, arguments, &names, &places, call.variadic, location)
            .map_err(|failure| without_group(failure, call))?
        {
            Ready::Call(ready) => ready,
            Ready::Cast(_) => {
                return Err(error(
                    sqlstate::UNDEFINED_FUNCTION,
                    format!("function {name} does not exist"),
                    location,
                ));
            }
        };
        self.collated_aggregate(&mut ready, location)?;
        let FunctionBody::Aggregate(definition) = ready.resolved.definition.body else {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("{name} is not an aggregate function"),
                location,
            ));
        };
        if !call.star && call.arguments.is_empty() && definition.kind == 'n' && name == "count" {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                "count(*) must be used to call a parameterless aggregate function",
                location,
            ));
        }
        if definition.kind != 'n' && !call.within_group {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("WITHIN GROUP is required for ordered-set aggregate {name}"),
                location,
            ));
        }
        if definition.kind == 'n' && call.within_group {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP"),
                location,
            ));
        }
        let mut arguments = ready.arguments;
        let mut argument_types = ready.argument_types;
        let mut direct = Vec::new();
        if call.within_group {
            let aggregated = arguments.split_off(direct_count.min(arguments.len()));
            direct = std::mem::replace(&mut arguments, aggregated);
            for (key, argument) in order_by.iter_mut().zip(&arguments) {
                key.expression = argument.clone();
            }
            if definition.kind == 'h' {
                if direct.len() != order_by.len() {
                    let given =
                        functions::Call { name, arguments: &argument_types, ..Default::default() };
                    return Err(error(
                        sqlstate::UNDEFINED_FUNCTION,
                        format!(
                            "function {} does not exist",
                            functions::resolve::signature(self.catalog.types(), &given)
                        ),
                        location,
                    )
                    .hint(format!(
                        "To use the hypothetical-set aggregate {name}, the number of hypothetical \
                         direct arguments (here {}) must match the number of ordering columns \
                         (here {}).",
                        direct.len(),
                        order_by.len()
                    )));
                }
                let keys = order_by.iter().map(|key| (key.descending, key.nulls_first));
                let orders = types::Datum::Int8(functions::column_orders(keys));
                direct.insert(0, Expr::Constant { value: orders, ty: SqlType::new(oid::INT8) });
            }
            if definition.kind == 'n' {
                argument_types.drain(..direct.len().min(argument_types.len()));
            }
        }
        if call.distinct && !call.within_group {
            for (place, key) in order_by.iter().enumerate() {
                if !arguments.iter().any(|argument| walk::same(argument, &key.expression)) {
                    return Err(error(
                        sqlstate::INVALID_COLUMN_REFERENCE,
                        "in an aggregate with DISTINCT, ORDER BY expressions must appear in \
                         argument list",
                        call.order_by.get(place).map_or(location, |item| item.location),
                    ));
                }
            }
        }
        // What is distinct is found by sorting: functions that show the order of their values show this one.
        if call.distinct && !call.within_group && shows_order(name) {
            for argument in &arguments {
                if !order_by.iter().any(|key| walk::same(&key.expression, argument)) {
                    let expression = argument.clone();
                    order_by.push(SortKey { expression, descending: false, nulls_first: false });
                }
            }
        }
        let keys = self.ordered_keys(order_by.clone())?;
        let by_key = |pair: (&SortKey, &SortKey)| {
            type_of(&pair.0.expression).oid != type_of(&pair.1.expression).oid
        };
        if keys.iter().zip(&order_by).any(by_key) && (call.within_group || call.distinct) {
            return Err(super::unsupported(
                "DISTINCT and WITHIN GROUP are not supported together with ORDER BY under a \
                 collation of ICU",
                location,
            ));
        }
        let order_by = keys;
        let filter = match &call.filter {
            Some(filter) => {
                let condition = self.in_clause(Clause::Filter, |binder| {
                    binder.level().in_aggregate = true;
                    binder.expr(filter)
                })?;
                Some(self.boolean(condition, "FILTER", super::expressions::location_of(filter))?)
            }
            None => None,
        };
        for argument in arguments.iter().chain(&filter) {
            if self.uses_windows(argument) {
                return Err(error(
                    sqlstate::GROUPING_ERROR,
                    "aggregate function calls cannot contain window function calls",
                    location,
                ));
            }
        }
        Ok(Aggregate {
            function: ready.resolved.definition,
            definition,
            arguments,
            argument_types,
            direct,
            distinct: call.distinct,
            order_by,
            filter,
            ty: ready.resolved.result,
        })
    }

    fn uses_windows(&mut self, expr: &Expr) -> bool {
        let windows: Vec<usize> = self.level().windows.iter().map(|window| window.id).collect();
        !walk::all_columns(expr, &|id| !windows.contains(&id))
    }

    /// One ORDER BY item over a bound expression.
    pub fn sort_key(&mut self, expression: Expr, item: &ast::OrderBy) -> SqlResult<SortKey> {
        let expression = self.settle(expression, item.location)?;
        self.check_order(&expression, item)?;
        let ty = type_of(&expression).oid;
        if matches!(ty, oid::JSON | oid::XML | oid::POINT) {
            return Err(error(
                sqlstate::UNDEFINED_FUNCTION,
                format!("could not identify an ordering operator for type {}", self.type_name(ty)),
                super::expressions::location_of(&item.expr),
            )
            .hint("Use an explicit ordering operator or modify the query."));
        }
        let descending = match &item.direction {
            ast::SortDirection::Default | ast::SortDirection::Ascending => false,
            ast::SortDirection::Descending => true,
            ast::SortDirection::Using(operator) => match operator.name() {
                "<" | "<=" => false,
                ">" | ">=" => true,
                other => {
                    return Err(error(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!("operator {other} is not a valid ordering operator"),
                        item.location,
                    )
                    .hint(
                        "Ordering operators must be \"<\" or \">\" members of btree operator \
                         families.",
                    ));
                }
            },
        };
        let nulls_first = match item.nulls {
            ast::NullsOrder::Default => descending,
            ast::NullsOrder::First => true,
            ast::NullsOrder::Last => false,
        };
        Ok(SortKey { expression, descending, nulls_first })
    }

    /// `GROUPING(a, b)`: a column computed from the mask once the grouping sets are known.
    pub fn grouping_call(&mut self, arguments: &[ast::Expr], location: u32) -> SqlResult<Expr> {
        if !self.level().clause.allows_aggregates() {
            let clause = self.level().clause.name();
            return Err(error(
                sqlstate::GROUPING_ERROR,
                format!("grouping operations are not allowed in {clause}"),
                location,
            ));
        }
        if arguments.len() > 31 {
            return Err(error(
                sqlstate::TOO_MANY_ARGUMENTS,
                "GROUPING must have fewer than 32 arguments",
                location,
            ));
        }
        let before = std::mem::replace(&mut self.level().in_aggregate, true);
        let bound: SqlResult<Vec<(Expr, u32)>> = arguments
            .iter()
            .map(|item| Ok((self.expr(item)?, super::expressions::location_of(item))))
            .collect();
        self.level().in_aggregate = before;
        let bound = bound?;
        let id = self.columns.add("grouping", SqlType::new(oid::INT4));
        self.level().groupings.push((id, bound));
        Ok(self.columns.column(id))
    }
}

/// Aggregates whose results depend on the order in which they see their values.
fn shows_order(name: &str) -> bool {
    matches!(
        name,
        "array_agg"
            | "string_agg"
            | "json_agg"
            | "json_agg_strict"
            | "jsonb_agg"
            | "jsonb_agg_strict"
            | "json_object_agg"
    )
}

/// An ordered-set aggregate called like an ordinary one lacks WITHIN GROUP before its types are looked at.
fn without_group(failure: types::SqlError, call: &ast::FunctionCall) -> types::SqlError {
    let name = call.name.name();
    let ordered = |function: &&functions::FunctionDef| matches!(function.body, FunctionBody::Aggregate(definition) if definition.kind != 'n');
    let known = functions::tables::functions_named(name);
    if call.within_group
        || failure.sqlstate() != sqlstate::DATATYPE_MISMATCH
        || !known.iter().all(ordered)
    {
        return failure;
    }
    error(
        sqlstate::WRONG_OBJECT_TYPE,
        format!("WITHIN GROUP is required for ordered-set aggregate {name}"),
        call.location,
    )
}

fn same_call(left: &Aggregate, right: &Aggregate) -> bool {
    let lists = |a: &[Expr], b: &[Expr]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| walk::same(a, b))
    };
    std::ptr::eq(left.function, right.function)
        && left.distinct == right.distinct
        && lists(&left.arguments, &right.arguments)
        && lists(&left.direct, &right.direct)
        && left.filter.is_some() == right.filter.is_some()
        && left.filter.iter().zip(&right.filter).all(|(a, b)| walk::same(a, b))
        && left.order_by.is_empty()
        && right.order_by.is_empty()
        && !left.arguments.iter().any(walk::is_volatile)
}
