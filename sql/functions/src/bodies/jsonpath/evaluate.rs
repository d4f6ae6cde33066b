//! Evaluation of a `jsonpath` over a document.
//!
//! Items are handed on one by one, depth first, so that what was found before an error is known and a question of
//! existence may stop early. In lax mode arrays are unwrapped by one level where an item is expected, and structural
//! errors mean "no item". Errors of class 22 are the path's own and may be kept quiet; others (an unknown variable, a
//! cancelled statement) never are.

use std::cmp::Ordering;

use types::json::Json;
use types::jsonpath::{
    Accessor, Arithmetic, Comparison, JsonPath, LAST_LEVEL, Method, Node, RegexFlags,
};
use types::numeric::Numeric;
use types::{SqlError, SqlResult, sqlstate};

use super::moments::Moment;
use crate::bodies::regular_expressions::{Flags, compile};
use crate::context::EvalContext;

/// What a path finds.
#[derive(Clone, Debug)]
pub(super) enum Item<'a> {
    Inside(&'a Json),
    Made(Json),
    Moment(Moment),
}

impl Item<'_> {
    pub(super) fn into_json(self) -> Json {
        match self {
            Item::Inside(value) => value.clone(),
            Item::Made(value) => value,
            Item::Moment(moment) => Json::String(moment.to_string()),
        }
    }

    fn json(&self) -> Option<&Json> {
        match self {
            Item::Inside(value) => Some(value),
            Item::Made(value) => Some(value),
            Item::Moment(_) => None,
        }
    }

    fn number(&self) -> Option<&Numeric> {
        match self.json() {
            Some(Json::Number(number)) => Some(number),
            _ => None,
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Item::Moment(moment) => moment.type_name(),
            other => other.json().map_or("null", Json::type_name),
        }
    }
}

/// Three-valued truth; `None` is unknown.
type Truth = Option<bool>;
/// Takes an item; `false` means that no more are wanted.
type Emit<'e, 'a> = &'e mut dyn FnMut(Item<'a>) -> SqlResult<bool>;

/// Whether an error is the path's own.
pub(super) fn is_suppressed(error: &SqlError) -> bool {
    error.sqlstate().starts_with("22")
}

pub(super) struct Evaluation<'a> {
    context: &'a dyn EvalContext,
    path: &'a JsonPath,
    document: &'a Json,
    variables: Option<&'a Json>,
    /// Values with and without time zone may be compared, through the session's zone.
    zones: bool,
}

/// What `@` and `last` mean, and whether structural errors are forgiven, at one place of the path.
#[derive(Clone)]
struct Scope<'a> {
    current: Item<'a>,
    last: i64,
    forgiving: bool,
}

fn error(state: &'static str, message: impl Into<String>) -> SqlError {
    SqlError::new(state, message)
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        context: &'a dyn EvalContext,
        path: &'a JsonPath,
        document: &'a Json,
        variables: Option<&'a Json>,
        zones: bool,
    ) -> Evaluation<'a> {
        Evaluation { context, path, document, variables, zones }
    }

    pub(super) fn run(&self, emit: Emit<'_, 'a>) -> SqlResult<()> {
        let scope =
            Scope { current: Item::Inside(self.document), last: -1, forgiving: self.path.lax };
        self.items(&self.path.root, &scope, emit).map(drop)
    }

    fn lax(&self) -> bool {
        self.path.lax
    }

    /// The items of an expression; a predicate is one item: true, false or null.
    fn items(&self, node: &'a Node, scope: &Scope<'a>, emit: Emit<'_, 'a>) -> SqlResult<bool> {
        self.context.check_interrupts()?;
        let made = |value: Json| Item::Made(value);
        match node {
            Node::Null => emit(made(Json::Null)),
            Node::Bool(value) => emit(made(Json::Bool(*value))),
            Node::Number(value) => emit(made(Json::Number(value.clone()))),
            Node::String(value) => emit(made(Json::String(value.clone()))),
            Node::Variable(name) => emit(Item::Inside(self.variable(name)?)),
            Node::Root => emit(Item::Inside(self.document)),
            Node::Current => emit(scope.current.clone()),
            Node::Last => emit(made(Json::Number(Numeric::from(scope.last)))),
            Node::Path(start, accessors) => {
                self.items(start, scope, &mut |item| self.apply(item, accessors, scope, true, emit))
            }
            Node::Arithmetic(operator, left, right) => {
                emit(made(Json::Number(self.arithmetic(*operator, left, right, scope)?)))
            }
            Node::Plus(inner) | Node::Minus(inner) => {
                let negate = matches!(node, Node::Minus(_));
                for item in self.unwrapped(inner, scope)? {
                    let Some(number) = item.number() else {
                        return Err(error(
                            sqlstate::SQL_JSON_NUMBER_NOT_FOUND,
                            format!(
                                "operand of unary jsonpath operator {} is not a numeric value",
                                if negate { "-" } else { "+" }
                            ),
                        ));
                    };
                    let number = if negate { number.neg() } else { number.clone() };
                    if !emit(made(Json::Number(number)))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            predicate => {
                let truth = self.truth(predicate, scope)?;
                emit(made(truth.map_or(Json::Null, Json::Bool)))
            }
        }
    }

    fn variable(&self, name: &str) -> SqlResult<&'a Json> {
        // The operators have no variables at all; then each is null.
        let Some(variables) = self.variables else { return Ok(&Json::Null) };
        variables.get(name).ok_or_else(|| {
            error(
                sqlstate::UNDEFINED_OBJECT,
                format!("could not find jsonpath variable \"{name}\""),
            )
        })
    }

    /// All items, arrays unwrapped by one level in lax mode.
    fn unwrapped(&self, node: &'a Node, scope: &Scope<'a>) -> SqlResult<Vec<Item<'a>>> {
        let mut list = Vec::new();
        self.items(node, scope, &mut |item| {
            match elements(&item) {
                Some(inside) if self.lax() => list.extend(inside),
                _ => list.push(item),
            }
            Ok(true)
        })?;
        Ok(list)
    }

    fn arithmetic(
        &self,
        operator: Arithmetic,
        left: &'a Node,
        right: &'a Node,
        scope: &Scope<'a>,
    ) -> SqlResult<Numeric> {
        let operand = |node, side: &str| {
            let items = self.unwrapped(node, scope)?;
            match items.as_slice() {
                [only] => only.number().cloned(),
                _ => None,
            }
            .ok_or_else(|| {
                error(
                    sqlstate::SINGLETON_SQL_JSON_ITEM_REQUIRED,
                    format!(
                        "{side} operand of jsonpath operator {} is not a single numeric value",
                        operator.symbol()
                    ),
                )
            })
        };
        let left = operand(left, "left")?;
        let right = operand(right, "right")?;
        match operator {
            Arithmetic::Add => left.add(&right),
            Arithmetic::Subtract => left.sub(&right),
            Arithmetic::Multiply => left.mul(&right),
            Arithmetic::Divide => left.div(&right),
            Arithmetic::Modulo => left.rem(&right),
        }
    }

    /// Applies the remaining steps to an item. `unwrap` says that an array in the way may be unwrapped.
    fn apply(
        &self,
        item: Item<'a>,
        steps: &'a [Accessor],
        scope: &Scope<'a>,
        unwrap: bool,
        emit: Emit<'_, 'a>,
    ) -> SqlResult<bool> {
        let Some((step, rest)) = steps.split_first() else {
            return emit(item);
        };
        self.context.check_interrupts()?;
        let unwrap = unwrap && self.lax();
        let wants_element = !matches!(
            step,
            Accessor::AnyElement
                | Accessor::Elements(_)
                | Accessor::Levels(..)
                | Accessor::Method(Method::Type | Method::Size)
        );
        if wants_element
            && unwrap
            && let Some(inside) = elements(&item)
        {
            for element in inside {
                if !self.apply(element, steps, scope, false, emit)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        match step {
            Accessor::Key(key) => self.key(&item, key, rest, scope, emit),
            Accessor::AnyKey => match members(&item) {
                Some(values) => self.apply_all(values, rest, scope, emit),
                None => self.structural(scope, sqlstate::SQL_JSON_OBJECT_NOT_FOUND, || {
                    "jsonpath wildcard member accessor can only be applied to an object".to_owned()
                }),
            },
            Accessor::AnyElement => match elements(&item) {
                Some(inside) => self.apply_all(inside, rest, scope, emit),
                None if self.lax() => self.apply(item, rest, scope, true, emit),
                None => self.structural(scope, sqlstate::SQL_JSON_ARRAY_NOT_FOUND, || {
                    "jsonpath wildcard array accessor can only be applied to an array".to_owned()
                }),
            },
            Accessor::Elements(subscripts) => self.subscripts(item, subscripts, rest, scope, emit),
            Accessor::Levels(first, last) => {
                let forgiving = Scope { forgiving: true, ..scope.clone() };
                if *first == 0 && !self.apply(item.clone(), rest, &forgiving, true, emit)? {
                    return Ok(false);
                }
                self.levels(&item, 1, (*first, *last), rest, &forgiving, emit)
            }
            Accessor::Filter(condition) => {
                let inner = Scope { current: item.clone(), ..scope.clone() };
                if self.truth_quietly(condition, &inner)? == Some(true) {
                    self.apply(item, rest, scope, true, emit)
                } else {
                    Ok(true)
                }
            }
            Accessor::Method(method) => {
                for made in self.method(*method, &item, scope)? {
                    if !self.apply(made, rest, scope, true, emit)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Accessor::Datetime(template) => {
                let Some(Json::String(text)) = item.json() else {
                    return Err(error(
                        sqlstate::INVALID_ARGUMENT_FOR_SQL_JSON_DATETIME_FUNCTION,
                        "jsonpath item method .datetime() can only be applied to a string",
                    ));
                };
                let moment = Moment::read(self.context, text, template.as_deref())?;
                self.apply(Item::Moment(moment), rest, scope, true, emit)
            }
        }
    }

    fn apply_all(
        &self,
        items: Vec<Item<'a>>,
        rest: &'a [Accessor],
        scope: &Scope<'a>,
        emit: Emit<'_, 'a>,
    ) -> SqlResult<bool> {
        for item in items {
            if !self.apply(item, rest, scope, true, emit)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// No item, or an error where the structure must be as the path says.
    fn structural(
        &self,
        scope: &Scope<'a>,
        state: &'static str,
        message: impl FnOnce() -> String,
    ) -> SqlResult<bool> {
        if scope.forgiving { Ok(true) } else { Err(error(state, message())) }
    }

    fn key(
        &self,
        item: &Item<'a>,
        key: &str,
        rest: &'a [Accessor],
        scope: &Scope<'a>,
        emit: Emit<'_, 'a>,
    ) -> SqlResult<bool> {
        let found = match item {
            Item::Inside(value @ Json::Object(_)) => value.get(key).map(Item::Inside),
            Item::Made(value @ Json::Object(_)) => value.get(key).cloned().map(Item::Made),
            _ => {
                return self.structural(scope, sqlstate::SQL_JSON_MEMBER_NOT_FOUND, || {
                    "jsonpath member accessor can only be applied to an object".to_owned()
                });
            }
        };
        match found {
            Some(found) => self.apply(found, rest, scope, true, emit),
            None => self.structural(scope, sqlstate::SQL_JSON_MEMBER_NOT_FOUND, || {
                format!("JSON object does not contain key \"{key}\"")
            }),
        }
    }

    fn subscript(&self, node: &'a Node, scope: &Scope<'a>) -> SqlResult<i64> {
        let mut items = Vec::new();
        self.items(node, scope, &mut |item| {
            items.push(item);
            Ok(true)
        })?;
        let number = match items.as_slice() {
            [only] => only.number(),
            _ => None,
        };
        let number = number.ok_or_else(|| {
            error(
                sqlstate::INVALID_SQL_JSON_SUBSCRIPT,
                "jsonpath array subscript is not a single numeric value",
            )
        })?;
        number.trunc(0).to_i32().map(i64::from).map_err(|_| {
            error(
                sqlstate::INVALID_SQL_JSON_SUBSCRIPT,
                "jsonpath array subscript is out of integer range",
            )
        })
    }

    fn subscripts(
        &self,
        item: Item<'a>,
        subscripts: &'a [(Node, Option<Node>)],
        rest: &'a [Accessor],
        scope: &Scope<'a>,
        emit: Emit<'_, 'a>,
    ) -> SqlResult<bool> {
        let list = match elements(&item) {
            Some(list) => list,
            None if self.lax() => vec![item],
            None => {
                return self.structural(scope, sqlstate::SQL_JSON_ARRAY_NOT_FOUND, || {
                    "jsonpath array accessor can only be applied to an array".to_owned()
                });
            }
        };
        let size = list.len() as i64;
        let inner = Scope { last: size - 1, ..scope.clone() };
        for (from, to) in subscripts {
            let from = self.subscript(from, &inner)?;
            let to = match to {
                Some(to) => self.subscript(to, &inner)?,
                None => from,
            };
            if !scope.forgiving && (from < 0 || from > to || to >= size) {
                return Err(error(
                    sqlstate::INVALID_SQL_JSON_SUBSCRIPT,
                    "jsonpath array subscript is out of bounds",
                ));
            }
            for index in from.max(0)..=to.min(size - 1) {
                let element = list[index as usize].clone();
                if !self.apply(element, rest, scope, true, emit)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn levels(
        &self,
        item: &Item<'a>,
        level: u32,
        bounds: (u32, u32),
        rest: &'a [Accessor],
        scope: &Scope<'a>,
        emit: Emit<'_, 'a>,
    ) -> SqlResult<bool> {
        let (first, last) = bounds;
        if level > last {
            return Ok(true);
        }
        let Some(children) = elements(item).or_else(|| members(item)) else {
            return Ok(true);
        };
        for child in children {
            let is_leaf = !matches!(child.json(), Some(Json::Array(_) | Json::Object(_)));
            let wanted = level >= first || (first == LAST_LEVEL && last == LAST_LEVEL && is_leaf);
            if wanted && !self.apply(child.clone(), rest, scope, true, emit)? {
                return Ok(false);
            }
            if level < last
                && !is_leaf
                && !self.levels(&child, level + 1, bounds, rest, scope, emit)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn method(
        &self,
        method: Method,
        item: &Item<'a>,
        scope: &Scope<'a>,
    ) -> SqlResult<Vec<Item<'a>>> {
        let number = |value: Numeric| Ok(vec![Item::Made(Json::Number(value))]);
        match method {
            Method::Type => Ok(vec![Item::Made(Json::String(item.type_name().to_owned()))]),
            Method::Size => match item.json() {
                Some(Json::Array(list)) => number(Numeric::from(list.len() as i64)),
                _ if self.lax() => number(Numeric::from(1_i64)),
                _ if scope.forgiving => Ok(Vec::new()),
                _ => Err(error(
                    sqlstate::SQL_JSON_ARRAY_NOT_FOUND,
                    "jsonpath item method .size() can only be applied to an array",
                )),
            },
            Method::Abs | Method::Floor | Method::Ceiling => {
                let Some(value) = item.number() else {
                    return Err(error(
                        sqlstate::NON_NUMERIC_SQL_JSON_ITEM,
                        format!(
                            "jsonpath item method .{}() can only be applied to a numeric value",
                            method.name()
                        ),
                    ));
                };
                number(match method {
                    Method::Abs => value.abs(),
                    Method::Floor => value.floor(),
                    _ => value.ceil(),
                })
            }
            Method::Double => number(double(item)?),
            Method::KeyValue => {
                let Some(Json::Object(pairs)) = item.json() else {
                    return Err(error(
                        sqlstate::SQL_JSON_OBJECT_NOT_FOUND,
                        "jsonpath item method .keyvalue() can only be applied to an object",
                    ));
                };
                Ok(pairs
                    .iter()
                    .map(|(key, value)| {
                        Item::Made(Json::object(vec![
                            ("id".to_owned(), Json::Number(Numeric::zero())),
                            ("key".to_owned(), Json::String(key.clone())),
                            ("value".to_owned(), value.clone()),
                        ]))
                    })
                    .collect())
            }
        }
    }

    /// A predicate whose own errors mean unknown.
    fn truth_quietly(&self, node: &'a Node, scope: &Scope<'a>) -> SqlResult<Truth> {
        match self.truth(node, scope) {
            Err(error) if is_suppressed(&error) => Ok(None),
            other => other,
        }
    }

    fn truth(&self, node: &'a Node, scope: &Scope<'a>) -> SqlResult<Truth> {
        match node {
            Node::And(left, right) => match self.truth(left, scope)? {
                Some(false) => Ok(Some(false)),
                left => Ok(match (left, self.truth(right, scope)?) {
                    (_, Some(false)) => Some(false),
                    (Some(true), right) => right,
                    _ => None,
                }),
            },
            Node::Or(left, right) => match self.truth(left, scope)? {
                Some(true) => Ok(Some(true)),
                left => Ok(match (left, self.truth(right, scope)?) {
                    (_, Some(true)) => Some(true),
                    (Some(false), right) => right,
                    _ => None,
                }),
            },
            Node::Not(inner) => Ok(self.truth(inner, scope)?.map(|value| !value)),
            Node::IsUnknown(inner) => Ok(Some(self.truth(inner, scope)?.is_none())),
            Node::Exists(inner) => {
                let mut found = false;
                let lax = self.lax();
                let result = self.items(inner, scope, &mut |_| {
                    found = true;
                    Ok(!lax)
                });
                match result {
                    Err(error) if is_suppressed(&error) => Ok(None),
                    Err(error) => Err(error),
                    Ok(_) => Ok(Some(found)),
                }
            }
            Node::Compare(operator, left, right) => {
                self.each_pair(left, Some((right, true)), scope, &|left, right| {
                    self.compare(*operator, left, right)
                })
            }
            Node::StartsWith(left, right) => {
                self.each_pair(left, Some((right, false)), scope, &|left, right| {
                    Ok(match (left.json(), right.json()) {
                        (Some(Json::String(text)), Some(Json::String(prefix))) => {
                            Some(text.starts_with(prefix.as_str()))
                        }
                        _ => None,
                    })
                })
            }
            Node::LikeRegex { subject, pattern, flags } => {
                self.each_pair(subject, None, scope, &|subject, _| {
                    like_regex(subject, pattern, *flags)
                })
            }
            other => {
                let mut truth = None;
                self.items(other, scope, &mut |item| {
                    if let Some(Json::Bool(value)) = item.json() {
                        truth = Some(*value);
                    }
                    Ok(true)
                })?;
                Ok(truth)
            }
        }
    }

    /// Whether a test holds for any pair of items; errors in finding the items mean unknown.
    fn each_pair(
        &self,
        left: &'a Node,
        right: Option<(&'a Node, bool)>,
        scope: &Scope<'a>,
        test: &dyn Fn(&Item<'a>, &Item<'a>) -> SqlResult<Truth>,
    ) -> SqlResult<Truth> {
        let quietly = |result: SqlResult<Vec<Item<'a>>>| match result {
            Err(error) if is_suppressed(&error) => Ok(None),
            Err(error) => Err(error),
            Ok(items) => Ok(Some(items)),
        };
        let Some(left) = quietly(self.unwrapped(left, scope))? else { return Ok(None) };
        let right = match right {
            None => vec![Item::Made(Json::Null)],
            Some((node, true)) => match quietly(self.unwrapped(node, scope))? {
                Some(items) => items,
                None => return Ok(None),
            },
            Some((node, false)) => {
                let mut items = Vec::new();
                self.items(node, scope, &mut |item| {
                    items.push(item);
                    Ok(true)
                })?;
                items
            }
        };
        let (mut found, mut unknown) = (false, false);
        for left in &left {
            for right in &right {
                match test(left, right)? {
                    None if !self.lax() => return Ok(None),
                    None => unknown = true,
                    Some(true) if self.lax() => return Ok(Some(true)),
                    Some(true) => found = true,
                    Some(false) => {}
                }
            }
        }
        Ok(if found {
            Some(true)
        } else if unknown {
            None
        } else {
            Some(false)
        })
    }

    fn compare(&self, operator: Comparison, left: &Item<'a>, right: &Item<'a>) -> SqlResult<Truth> {
        let order = match (left, right) {
            (Item::Moment(left), Item::Moment(right)) => {
                match left.compare(right, self.context, self.zones)? {
                    Some(order) => order,
                    None => return Ok(None),
                }
            }
            (left, right) => match (left.json(), right.json()) {
                (Some(Json::Null), Some(Json::Null)) => Ordering::Equal,
                (Some(Json::Null), _) | (_, Some(Json::Null)) => {
                    return Ok(Some(operator == Comparison::NotEqual));
                }
                (Some(Json::Bool(left)), Some(Json::Bool(right))) => left.cmp(right),
                (Some(Json::Number(left)), Some(Json::Number(right))) => left.cmp(right),
                (Some(Json::String(left)), Some(Json::String(right))) => {
                    left.as_bytes().cmp(right.as_bytes())
                }
                _ => return Ok(None),
            },
        };
        Ok(Some(match operator {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }))
    }
}

fn elements<'a>(item: &Item<'a>) -> Option<Vec<Item<'a>>> {
    match item {
        Item::Inside(Json::Array(list)) => Some(list.iter().map(Item::Inside).collect()),
        Item::Made(Json::Array(list)) => Some(list.iter().cloned().map(Item::Made).collect()),
        _ => None,
    }
}

fn members<'a>(item: &Item<'a>) -> Option<Vec<Item<'a>>> {
    match item {
        Item::Inside(Json::Object(pairs)) => {
            Some(pairs.iter().map(|(_, value)| Item::Inside(value)).collect())
        }
        Item::Made(Json::Object(pairs)) => {
            Some(pairs.iter().map(|(_, value)| Item::Made(value.clone())).collect())
        }
        _ => None,
    }
}

fn like_regex(subject: &Item<'_>, pattern: &str, flags: RegexFlags) -> SqlResult<Truth> {
    let Some(Json::String(text)) = subject.json() else {
        return Ok(None);
    };
    let compiled = compile(
        pattern,
        Flags {
            ignore_case: flags.ignore_case,
            literal: flags.quote,
            newline_stops: !flags.dot_all && !flags.quote,
            newline_anchors: flags.multi_line && !flags.quote,
            ..Flags::default()
        },
    )?;
    Ok(Some(compiled.is_match(text)?))
}

fn double(item: &Item<'_>) -> SqlResult<Numeric> {
    let (text, kind) = match item.json() {
        Some(Json::Number(number)) => (number.to_string(), "numeric"),
        Some(Json::String(text)) => (text.clone(), "string"),
        _ => {
            return Err(error(
                sqlstate::NON_NUMERIC_SQL_JSON_ITEM,
                "jsonpath item method .double() can only be applied to a string or numeric value",
            ));
        }
    };
    match types::io::parse_float8(&text) {
        Ok(value) if value.is_finite() => Ok(Numeric::from_f64(value)),
        Ok(_) => Err(error(
            sqlstate::NON_NUMERIC_SQL_JSON_ITEM,
            "NaN or Infinity is not allowed for jsonpath item method .double()",
        )),
        Err(_) => Err(error(
            sqlstate::NON_NUMERIC_SQL_JSON_ITEM,
            format!(
                "{kind} argument of jsonpath item method .double() is not a valid representation \
                 of a double precision number"
            ),
        )),
    }
}
