//! Values of expressions over one row.
//!
//! SQL's three-valued logic: NULL is unknown. AND and OR stop as soon as the result is certain,
//! CASE and COALESCE compute no branch that is not taken, strict functions are not called with a
//! NULL. Errors point at the call they come from.

pub mod assignment;
pub mod collections;
pub(crate) mod direct;
pub mod subplan;

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::sync::Arc;

use functions::{EvalContext, FunctionBody, FunctionDef};
use planner::expression::{Call, Cast, DomainCheck, ExecParameter, Expr, RowOperator};
use smallvec::SmallVec;
use types::{Datum, Oid, SqlError, SqlResult, compare, oid, sqlstate};

use crate::context::{Context, internal};
use crate::inspect::expression_type;
use crate::keys::{FastMap, HashKey, KeySet, normalize};

/// A list of constants as a set.
pub struct InSet {
    keys: KeySet,
    has_null: bool,
}

/// IN lists at least this long are looked up by hash.
const HASHED_LIST_LENGTH: usize = 9;

/// What an expression may refer to besides its row.
pub struct Scope<'a> {
    pub session: &'a dyn EvalContext,
    pub parameters: &'a [Datum],
    exec: ExecValues<'a>,
    sets: Sets<'a>,
    pub context: Option<&'a Context>,
}

enum ExecValues<'a> {
    Fixed(&'a [Datum]),
    Slots(&'a RefCell<Vec<Datum>>),
}

enum Sets<'a> {
    None,
    Fixed(&'a FastMap<usize, Arc<InSet>>),
    Growing(&'a RefCell<FastMap<usize, Arc<InSet>>>),
}

impl<'a> Scope<'a> {
    pub(crate) fn of(context: &'a Context) -> Scope<'a> {
        Scope {
            session: context.env(),
            parameters: context.parameters(),
            exec: ExecValues::Slots(&context.exec_parameters),
            sets: Sets::Growing(&context.in_sets),
            context: Some(context),
        }
    }

    /// For expressions without subqueries: constants, checks, filters that run in storage.
    pub fn detached(
        session: &'a dyn EvalContext,
        parameters: &'a [Datum],
        exec: &'a [Datum],
    ) -> Scope<'a> {
        Scope {
            session,
            parameters,
            exec: ExecValues::Fixed(exec),
            sets: Sets::None,
            context: None,
        }
    }

    /// Runs `body` with a value in an execution parameter's slot.
    fn with_slot<T>(
        &self,
        slot: ExecParameter,
        value: Datum,
        body: impl FnOnce(&Scope<'_>) -> SqlResult<T>,
    ) -> SqlResult<T> {
        match &self.exec {
            ExecValues::Slots(slots) => {
                {
                    let mut slots = slots.borrow_mut();
                    if slot >= slots.len() {
                        slots.resize(slot + 1, Datum::Null);
                    }
                    slots[slot] = value;
                }
                body(self)
            }
            ExecValues::Fixed(values) => {
                let mut values = values.to_vec();
                if slot >= values.len() {
                    values.resize(slot + 1, Datum::Null);
                }
                values[slot] = value;
                let sets = match &self.sets {
                    Sets::None => Sets::None,
                    Sets::Fixed(sets) => Sets::Fixed(sets),
                    Sets::Growing(sets) => Sets::Growing(sets),
                };
                body(&Scope {
                    session: self.session,
                    parameters: self.parameters,
                    exec: ExecValues::Fixed(&values),
                    sets,
                    context: self.context,
                })
            }
        }
    }

    pub(crate) fn with_sets(mut self, sets: &'a FastMap<usize, Arc<InSet>>) -> Scope<'a> {
        self.sets = Sets::Fixed(sets);
        self
    }
}

/// Whether a condition holds: NULL is no.
pub fn is_true(expression: &Expr, row: &[Datum], scope: &Scope<'_>) -> SqlResult<bool> {
    Ok(matches!(*evaluate_borrowed(expression, row, scope)?, Datum::Bool(true)))
}

/// Whether an optional condition holds; none always does.
pub fn holds(condition: Option<&Expr>, row: &[Datum], scope: &Scope<'_>) -> SqlResult<bool> {
    condition.map_or(Ok(true), |condition| is_true(condition, row, scope))
}

/// As [`evaluate`], without copying columns and constants.
pub fn evaluate_borrowed<'a>(
    expression: &'a Expr,
    row: &'a [Datum],
    scope: &Scope<'a>,
) -> SqlResult<Cow<'a, Datum>> {
    match expression {
        Expr::Constant { value, .. } => Ok(Cow::Borrowed(value)),
        Expr::Column { index, .. } => match row.get(*index) {
            Some(value) => Ok(Cow::Borrowed(value)),
            None => Err(internal("an expression names a column its input does not have")),
        },
        Expr::Parameter { number, .. } => match scope.parameters.get(*number) {
            Some(value) => Ok(Cow::Borrowed(value)),
            None => Err(internal("a parameter was not given")),
        },
        _ => evaluate(expression, row, scope).map(Cow::Owned),
    }
}

pub fn evaluate(expression: &Expr, row: &[Datum], scope: &Scope<'_>) -> SqlResult<Datum> {
    match expression {
        Expr::Constant { .. } | Expr::Column { .. } | Expr::Parameter { .. } => {
            evaluate_borrowed(expression, row, scope).map(Cow::into_owned)
        }
        Expr::ExecParameter { id, .. } => Ok(match scope.exec {
            ExecValues::Fixed(values) => values.get(*id).cloned(),
            ExecValues::Slots(slots) => slots.borrow().get(*id).cloned(),
        }
        .unwrap_or_default()),
        Expr::Call(call) => evaluate_call(call, row, scope),
        Expr::And(parts) => connect(parts, false, row, scope),
        Expr::Or(parts) => connect(parts, true, row, scope),
        Expr::Not(operand) => Ok(match evaluate(operand, row, scope)? {
            Datum::Bool(value) => Datum::Bool(!value),
            _ => Datum::Null,
        }),
        Expr::IsNull { operand, negated } => {
            let value = evaluate_borrowed(operand, row, scope)?;
            Ok(Datum::Bool(test_null(&value, *negated)))
        }
        Expr::BooleanTest { operand, value, negated } => {
            let actual = match *evaluate_borrowed(operand, row, scope)? {
                Datum::Bool(actual) => Some(actual),
                _ => None,
            };
            Ok(Datum::Bool((actual == *value) != *negated))
        }
        Expr::Distinct { left, right, equal, negated } => {
            let left = evaluate(left, row, scope)?;
            let right = evaluate(right, row, scope)?;
            let distinct = match (left.is_null(), right.is_null()) {
                (true, true) => false,
                (true, false) | (false, true) => true,
                (false, false) => call_test(equal, left, right, scope)? != Some(true),
            };
            Ok(Datum::Bool(distinct != *negated))
        }
        Expr::Case { branches, otherwise, .. } => {
            for (condition, result) in branches {
                if is_true(condition, row, scope)? {
                    return evaluate(result, row, scope);
                }
            }
            otherwise.as_ref().map_or(Ok(Datum::Null), |result| evaluate(result, row, scope))
        }
        Expr::Coalesce { arguments, .. } => {
            for argument in arguments {
                let value = evaluate(argument, row, scope)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Ok(Datum::Null)
        }
        Expr::NullIf { left, right, equal, .. } => {
            let left = evaluate(left, row, scope)?;
            let right = evaluate(right, row, scope)?;
            if left.is_null() || right.is_null() {
                return Ok(left);
            }
            let same = call_test(equal, left.clone(), right, scope)? == Some(true);
            Ok(if same { Datum::Null } else { left })
        }
        Expr::Extreme { greatest, arguments, ty } => {
            extreme(*greatest, arguments, ty.oid, row, scope)
        }
        Expr::Cast(cast) => evaluate_cast(cast, row, scope),
        Expr::InList { operand, list, equal, negated } => {
            let found = in_list(operand, list, equal, row, scope)?;
            Ok(found.map_or(Datum::Null, |found| Datum::Bool(found != *negated)))
        }
        Expr::AnyAll { operand, array, function, all } => {
            collections::any_all(operand, array, function, *all, row, scope)
        }
        Expr::Array { elements, element, nested } => {
            collections::array(elements, *element, *nested, row, scope)
        }
        Expr::Row { fields, .. } => {
            let mut values = Vec::with_capacity(fields.len());
            for field in fields {
                let field_type = functions::record_shapes::identifier(expression_type(field));
                values.push((field_type, evaluate(field, row, scope)?));
            }
            Ok(Datum::Record(values.into()))
        }
        Expr::Field { operand, index, .. } => match &*evaluate_borrowed(operand, row, scope)? {
            Datum::Record(fields) => {
                Ok(fields.get(*index).map_or(Datum::Null, |(_, value)| value.clone()))
            }
            _ => Ok(Datum::Null),
        },
        Expr::Subscript(subscript) => collections::subscript(subscript, row, scope),
        Expr::RowCompare { operator, pairs } => row_compare(*operator, pairs, row, scope),
        Expr::Let { slot, value, body } => {
            let value = evaluate(value, row, scope)?;
            scope.with_slot(*slot, value, |scope| evaluate(body, row, scope))
        }
        Expr::DomainCheck(check) => domain_check(check, row, scope),
        Expr::Assign(assignment) => assignment::assign(assignment, row, scope),
        Expr::SubPlan(plan) => match scope.context {
            Some(context) => subplan::evaluate(plan, row, context),
            None => Err(internal("a subquery cannot be evaluated here")),
        },
    }
}

/// `IS NULL` of a composite value looks at its fields.
fn test_null(value: &Datum, negated: bool) -> bool {
    match value {
        Datum::Record(fields) => fields.iter().all(|(_, field)| field.is_null() != negated),
        _ => value.is_null() != negated,
    }
}

/// AND (`decisive` false) and OR (`decisive` true).
fn connect(parts: &[Expr], decisive: bool, row: &[Datum], scope: &Scope<'_>) -> SqlResult<Datum> {
    let mut unknown = false;
    for part in parts {
        match *evaluate_borrowed(part, row, scope)? {
            Datum::Bool(value) if value == decisive => return Ok(Datum::Bool(decisive)),
            Datum::Bool(_) => {}
            _ => unknown = true,
        }
    }
    Ok(if unknown { Datum::Null } else { Datum::Bool(!decisive) })
}

fn evaluate_call(call: &Call, row: &[Datum], scope: &Scope<'_>) -> SqlResult<Datum> {
    if let ([left, right], Some(test)) =
        (call.arguments.as_slice(), direct::test_of(call.function.oid))
    {
        let left = evaluate_borrowed(left, row, scope)?;
        let right = evaluate_borrowed(right, row, scope)?;
        if left.is_null() || right.is_null() {
            return Ok(Datum::Null);
        }
        if let Some(order) = direct::order(&left, &right) {
            return Ok(Datum::Bool(test.accepts(order)));
        }
        let arguments = [left.into_owned(), right.into_owned()];
        return invoke(call.function, &arguments, &call.argument_types, call.ty.oid, scope.session);
    }
    let mut arguments: SmallVec<[Datum; 4]> = SmallVec::with_capacity(call.arguments.len());
    for argument in &call.arguments {
        arguments.push(evaluate(argument, row, scope)?);
    }
    invoke(call.function, &arguments, &call.argument_types, call.ty.oid, scope.session)
}

/// Calls a scalar function; strict ones answer NULL to NULL.
pub fn invoke(
    function: &'static FunctionDef,
    arguments: &[Datum],
    argument_types: &[Oid],
    result: Oid,
    session: &dyn EvalContext,
) -> SqlResult<Datum> {
    if function.strict && arguments.iter().any(Datum::is_null) {
        return Ok(Datum::Null);
    }
    match function.body {
        FunctionBody::Scalar(body) => body(session, arguments),
        FunctionBody::TypedScalar(body) => body(session, arguments, argument_types, result),
        FunctionBody::Catalog => session.catalog_function(function.name, arguments),
        FunctionBody::Routine { set: false } => {
            let call = functions::RoutineCall {
                routine: function.oid,
                arguments,
                argument_types,
                result,
                columns: &[],
            };
            let row = session.call_routine(&call)?.into_iter().next();
            Ok(match row {
                None => Datum::Null,
                Some(row) if function.columns.len() > 1 => {
                    Datum::Record(function.columns.iter().map(|column| column.1).zip(row).collect())
                }
                Some(row) => row.into_iter().next().unwrap_or_default(),
            })
        }
        FunctionBody::Routine { set: true }
        | FunctionBody::Set(_)
        | FunctionBody::CatalogSet
        | FunctionBody::Aggregate(_)
        | FunctionBody::Window => {
            Err(internal(&format!("function {} was called as a scalar", function.name)))
        }
    }
}

/// A comparison function of two values: `None` is unknown.
pub fn call_test(
    function: &'static FunctionDef,
    left: Datum,
    right: Datum,
    scope: &Scope<'_>,
) -> SqlResult<Option<bool>> {
    let arguments = [left, right];
    let value = invoke(function, &arguments, function.arguments, oid::BOOL, scope.session)?;
    Ok(match value {
        Datum::Bool(value) => Some(value),
        _ => None,
    })
}

/// A value becomes one of a domain; only a check that is false fails.
fn domain_check(check: &DomainCheck, row: &[Datum], scope: &Scope<'_>) -> SqlResult<Datum> {
    let value = evaluate(&check.operand, row, scope)?;
    if check.not_null && value.is_null() {
        return Err(SqlError::new(
            sqlstate::NOT_NULL_VIOLATION,
            format!("domain {} does not allow null values", check.name),
        )
        .schema(check.schema.as_str())
        .data_type(check.name.as_str()));
    }
    scope.with_slot(check.slot, value.clone(), |scope| {
        for (name, condition) in &check.checks {
            if matches!(*evaluate_borrowed(condition, row, scope)?, Datum::Bool(false)) {
                return Err(SqlError::new(
                    sqlstate::CHECK_VIOLATION,
                    format!("value for domain {} violates check constraint \"{name}\"", check.name),
                )
                .schema(check.schema.as_str())
                .data_type(check.name.as_str())
                .constraint(name.as_str()));
            }
        }
        Ok(value)
    })
}

fn evaluate_cast(cast: &Cast, row: &[Datum], scope: &Scope<'_>) -> SqlResult<Datum> {
    let value = evaluate_borrowed(&cast.operand, row, scope)?;
    if value.is_null() {
        return Ok(Datum::Null);
    }
    functions::apply_cast(scope.session, &cast.path, &value, cast.ty.modifier, cast.explicit)
}

fn extreme(
    greatest: bool,
    arguments: &[Expr],
    type_oid: Oid,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
    let mut best = Datum::Null;
    for argument in arguments {
        let value = evaluate(argument, row, scope)?;
        if value.is_null() {
            continue;
        }
        let better = best.is_null() || {
            let candidate = normalize(value.clone(), type_oid);
            compare::compare(&candidate, &normalize(best.clone(), type_oid)) == wanted
        };
        if better {
            best = value;
        }
    }
    Ok(best)
}

fn in_list(
    operand: &Expr,
    list: &Arc<[Expr]>,
    equal: &'static FunctionDef,
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Option<bool>> {
    let value = evaluate(operand, row, scope)?;
    if value.is_null() {
        return Ok(if list.is_empty() { Some(false) } else { None });
    }
    if let Some(set) = set_of(list, scope) {
        let key = HashKey::new(vec![normalize(value, expression_type(operand).oid)]);
        let unknown = if set.has_null { None } else { Some(false) };
        return Ok(if set.keys.contains(&key) { Some(true) } else { unknown });
    }
    let mut unknown = false;
    for item in list.iter() {
        let item = evaluate(item, row, scope)?;
        match call_test(equal, value.clone(), item, scope)? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { None } else { Some(false) })
}

fn set_of(list: &Arc<[Expr]>, scope: &Scope<'_>) -> Option<Arc<InSet>> {
    if list.len() < HASHED_LIST_LENGTH {
        return None;
    }
    let address = list.as_ptr() as usize;
    match scope.sets {
        Sets::None => None,
        Sets::Fixed(sets) => sets.get(&address).cloned(),
        Sets::Growing(sets) => {
            if let Some(set) = sets.borrow().get(&address) {
                return Some(Arc::clone(set));
            }
            let set = Arc::new(constant_set(list)?);
            sets.borrow_mut().insert(address, Arc::clone(&set));
            Some(set)
        }
    }
}

/// A list of constants as a set; `None` if it holds anything else.
pub(crate) fn constant_set(list: &[Expr]) -> Option<InSet> {
    let mut set = InSet { keys: KeySet::default(), has_null: false };
    for item in list {
        match item {
            Expr::Constant { value: Datum::Null, .. } => set.has_null = true,
            Expr::Constant { value, ty } => {
                set.keys.insert(HashKey::new(vec![normalize(value.clone(), ty.oid)]));
            }
            _ => return None,
        }
    }
    Some(set)
}

fn row_compare(
    operator: RowOperator,
    pairs: &[(Expr, Expr)],
    row: &[Datum],
    scope: &Scope<'_>,
) -> SqlResult<Datum> {
    let is_equality = matches!(operator, RowOperator::Equal | RowOperator::NotEqual);
    let mut unknown = false;
    let mut order = Ordering::Equal;
    for (left, right) in pairs {
        let type_oid = expression_type(left).oid;
        let left = normalize(evaluate(left, row, scope)?, type_oid);
        let right = normalize(evaluate(right, row, scope)?, type_oid);
        if left.is_null() || right.is_null() {
            if !is_equality {
                return Ok(Datum::Null);
            }
            unknown = true;
            continue;
        }
        order = compare::compare(&left, &right);
        if order.is_ne() {
            break;
        }
    }
    if order.is_eq() && unknown {
        return Ok(Datum::Null);
    }
    Ok(Datum::Bool(match operator {
        RowOperator::Equal => order.is_eq(),
        RowOperator::NotEqual => order.is_ne(),
        RowOperator::Less => order.is_lt(),
        RowOperator::LessOrEqual => order.is_le(),
        RowOperator::Greater => order.is_gt(),
        RowOperator::GreaterOrEqual => order.is_ge(),
    }))
}
