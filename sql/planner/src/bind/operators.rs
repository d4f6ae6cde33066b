//! Operators, and the constructs that are operators in disguise: LIKE, BETWEEN, IS DISTINCT FROM, rows compared.

use functions::{resolve_operator, tables};
use syntax::ast;
use types::{Oid, SqlResult, SqlType, oid, sqlstate};

use super::expressions::location_of;
use super::{Binder, error};
use crate::expression::{Call, Expr, RowOperator};
use crate::walk::type_of;

impl Binder<'_> {
    /// A chain of left-associative operators is bound from its bottom in a loop.
    pub fn operator_chain(&mut self, top: &ast::OperatorExpr) -> SqlResult<Expr> {
        let mut spine = vec![top];
        let mut left = top.left.as_ref();
        while let Some(ast::Expr::Operator(next)) = left {
            spine.push(next);
            left = next.left.as_ref();
        }
        if spine.len() > 2_000 {
            return Err(error(
                sqlstate::STATEMENT_TOO_COMPLEX,
                "stack depth limit exceeded",
                top.location,
            ));
        }
        let mut current = match left {
            Some(bottom) => Some(self.expr(bottom)?),
            None => None,
        };
        let mut left_location = left.map(location_of);
        for operator in spine.into_iter().rev() {
            let right = self.expr(&operator.right)?;
            let location = operator.location;
            self.check_collations(operator)?;
            let fields = operator
                .left
                .as_ref()
                .map_or(Vec::new(), |left| field_places(left, &operator.right));
            let places = Places {
                left: left_location.unwrap_or(location),
                right: location_of(&operator.right),
                fields: &fields,
            };
            current = Some(self.operator_at(&operator.name, current, right, location, places)?);
            left_location = Some(location);
        }
        current.ok_or_else(|| error(sqlstate::INTERNAL_ERROR, "an operator without operands", 0))
    }

    pub fn operator(
        &mut self,
        name: &str,
        left: Option<Expr>,
        right: Expr,
        location: u32,
    ) -> SqlResult<Expr> {
        let places = Places { left: location, right: location, fields: &[] };
        self.operator_at(name, left, right, location, places)
    }

    /// Two collations that are both asked for cannot both be used.
    fn check_collations(&self, operator: &ast::OperatorExpr) -> SqlResult<()> {
        let (Some(right), Some(left)) = (
            explicit_collation(&operator.right),
            operator.left.as_ref().and_then(explicit_collation),
        ) else {
            return Ok(());
        };
        if left.collation.name() == right.collation.name() {
            return Ok(());
        }
        Err(error(
            sqlstate::COLLATION_MISMATCH,
            format!(
                "collation mismatch between explicit collations \"{}\" and \"{}\"",
                left.collation.name(),
                right.collation.name()
            ),
            right.location,
        ))
    }

    /// With where the operands are written: a literal that cannot be read is wrong there.
    pub fn operator_at(
        &mut self,
        name: &str,
        left: Option<Expr>,
        right: Expr,
        location: u32,
        places: Places<'_>,
    ) -> SqlResult<Expr> {
        if let (Some(Expr::Row { fields: a, .. }), Expr::Row { fields: b, .. }) = (&left, &right)
            && let Some(operator) = row_operator(name)
        {
            return self.row_comparison(name, operator, (a.clone(), b.clone()), location, places);
        }
        let left_type = left.as_ref().map(|left| type_of(left).oid);
        let right_type = type_of(&right).oid;
        let resolved = resolve_operator(self.catalog.types(), name, left_type, right_type)
            .map_err(|failure| failure.located(location))?;
        let function = tables::function(resolved.definition.function).ok_or_else(|| {
            error(
                sqlstate::UNDEFINED_FUNCTION,
                format!(
                    "operator does not exist: {}",
                    functions::resolve::operator_signature(
                        self.catalog.types(),
                        name,
                        left_type,
                        right_type
                    )
                ),
                location,
            )
        })?;
        let mut arguments = Vec::with_capacity(2);
        let mut argument_types = Vec::with_capacity(2);
        if let Some(left) = left {
            arguments.push(self.coerce(left, resolved.left, places.left)?);
            argument_types.push(resolved.left);
        }
        arguments.push(self.coerce(right, resolved.right, places.right)?);
        argument_types.push(resolved.right);
        let call = Call { function, arguments, argument_types, ty: resolved.result, location };
        Ok(Expr::Call(Box::new(self.collated_operator(name, call)?)))
    }

    fn row_comparison(
        &mut self,
        name: &str,
        operator: RowOperator,
        (left, right): (Vec<Expr>, Vec<Expr>),
        location: u32,
        places: Places<'_>,
    ) -> SqlResult<Expr> {
        if left.len() != right.len() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "unequal number of entries in row expressions",
                location,
            ));
        }
        if left.is_empty() {
            return Err(error(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "cannot compare rows of zero length",
                location,
            ));
        }
        let mut pairs = Vec::with_capacity(left.len());
        let mut equalities = Vec::with_capacity(left.len());
        for (index, (left, right)) in left.into_iter().zip(right).enumerate() {
            let (first, second) = places.fields.get(index).copied().unwrap_or((location, location));
            let places = Places { left: first, right: second, fields: &[] };
            let compared = self.operator_at(name, Some(left), right, location, places)?;
            match (&operator, compared) {
                (RowOperator::Equal, compared) => equalities.push(compared),
                (RowOperator::NotEqual, compared) => equalities.push(compared),
                (_, Expr::Call(call)) => {
                    // Both sides as the operator wants them, and of one type for the lexicographic comparison.
                    let Call { mut arguments, .. } = *call;
                    let (Some(right), Some(left)) = (arguments.pop(), arguments.pop()) else {
                        continue;
                    };
                    let (mut both, _) =
                        self.unify(vec![left, right], "row comparison", &[location])?;
                    if let (Some(right), Some(left)) = (both.pop(), both.pop()) {
                        pairs.push((left, right));
                    }
                }
                (_, other) => equalities.push(other),
            }
        }
        Ok(match operator {
            RowOperator::Equal if equalities.len() == 1 => equalities.remove(0),
            RowOperator::NotEqual if equalities.len() == 1 => equalities.remove(0),
            RowOperator::Equal => Expr::And(equalities),
            RowOperator::NotEqual => Expr::Or(equalities),
            operator => Expr::RowCompare { operator, pairs },
        })
    }

    /// The equality of two operands, both as it wants them.
    pub fn equality(
        &mut self,
        left: Expr,
        right: Expr,
        location: u32,
    ) -> SqlResult<(Expr, Expr, &'static functions::FunctionDef)> {
        match self.operator("=", Some(left), right, location)? {
            Expr::Call(call) => {
                let Call { function, mut arguments, .. } = *call;
                match (arguments.pop(), arguments.pop()) {
                    (Some(right), Some(left)) => Ok((left, right, function)),
                    _ => Err(error(sqlstate::INTERNAL_ERROR, "equality has two sides", location)),
                }
            }
            _ => Err(super::unsupported("rows cannot be compared here", location)),
        }
    }

    pub fn is_distinct(&mut self, test: &ast::IsDistinctExpr) -> SqlResult<Expr> {
        let left = self.expr(&test.left)?;
        let right = self.expr(&test.right)?;
        self.distinct_pair(left, right, test.negated, test.location)
    }

    fn distinct_pair(
        &mut self,
        left: Expr,
        right: Expr,
        negated: bool,
        location: u32,
    ) -> SqlResult<Expr> {
        if let (Expr::Row { fields: a, .. }, Expr::Row { fields: b, .. }) = (&left, &right) {
            if a.len() != b.len() {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    "unequal number of entries in row expressions",
                    location,
                ));
            }
            let mut tests = Vec::with_capacity(a.len());
            for (a, b) in a.clone().into_iter().zip(b.clone()) {
                tests.push(self.distinct_pair(a, b, negated, location)?);
            }
            return Ok(if negated { Expr::And(tests) } else { Expr::Or(tests) });
        }
        for (one, other) in [(&left, &right), (&right, &left)] {
            if super::expressions::is_null_constant(other) {
                return Ok(Expr::IsNull { operand: Box::new(one.clone()), negated: !negated });
            }
        }
        let (left, right, equal) = self.equality(left, right, location)?;
        Ok(Expr::Distinct { left: Box::new(left), right: Box::new(right), equal, negated })
    }

    pub fn between(&mut self, between: &ast::BetweenExpr) -> SqlResult<Expr> {
        let operand = self.expr(&between.expr)?;
        let low = self.expr(&between.low)?;
        let high = self.expr(&between.high)?;
        let location = between.location;
        let operand = match type_of(&operand).oid {
            oid::UNKNOWN if type_of(&low).oid != oid::UNKNOWN => {
                self.coerce(operand, type_of(&low).oid, location)?
            }
            _ => operand,
        };
        let negated = between.negated;
        let symmetric = between.symmetric;
        let left = location_of(&between.expr);
        let bounds = (location_of(&between.low), location_of(&between.high));
        self.shared(operand, |binder, operand| {
            let mut ranges = vec![(low.clone(), high.clone(), bounds)];
            if symmetric {
                ranges.push((high, low, (bounds.1, bounds.0)));
            }
            let at = |right| Places { left, right, fields: &[] };
            let mut tests = Vec::new();
            for (low, high, bounds) in ranges {
                let (above, below) = if negated { ("<", ">") } else { (">=", "<=") };
                let low = binder.operator_at(
                    above,
                    Some(operand.clone()),
                    low,
                    location,
                    at(bounds.0),
                )?;
                let high = binder.operator_at(
                    below,
                    Some(operand.clone()),
                    high,
                    location,
                    at(bounds.1),
                )?;
                tests.push(if negated {
                    Expr::Or(vec![low, high])
                } else {
                    Expr::And(vec![low, high])
                });
            }
            Ok(match tests.len() {
                1 => tests.remove(0),
                _ if negated => Expr::And(tests),
                _ => Expr::Or(tests),
            })
        })
    }

    pub fn like(&mut self, like: &ast::LikeExpr) -> SqlResult<Expr> {
        let operand = self.expr(&like.expr)?;
        let mut pattern = self.expr(&like.pattern)?;
        let location = like.location;
        let escape = match &like.escape {
            Some(escape) => Some(self.expr(escape)?),
            None => None,
        };
        let name = match (like.kind, like.negated) {
            (ast::LikeKind::Like, false) => "~~",
            (ast::LikeKind::Like, true) => "!~~",
            (ast::LikeKind::ILike, false) => "~~*",
            (ast::LikeKind::ILike, true) => "!~~*",
            (ast::LikeKind::SimilarTo, false) => "~",
            (ast::LikeKind::SimilarTo, true) => "!~",
        };
        if like.kind == ast::LikeKind::SimilarTo {
            let mut arguments = vec![pattern];
            arguments.extend(escape);
            pattern = self.call_by_name("similar_to_escape", arguments, location)?;
        } else if let Some(escape) = escape {
            pattern = self.call_by_name("like_escape", vec![pattern, escape], location)?;
        }
        self.operator(name, Some(operand), pattern, location)
    }

    pub fn quantified(&mut self, quantified: &ast::QuantifiedExpr) -> SqlResult<Expr> {
        let left = self.expr(&quantified.left)?;
        let array = self.expr(&quantified.array)?;
        let all = quantified.quantifier == ast::Quantifier::All;
        self.any_all(&quantified.operator, left, array, all, quantified.location)
    }

    fn any_all(
        &mut self,
        name: &str,
        left: Expr,
        array: Expr,
        all: bool,
        location: u32,
    ) -> SqlResult<Expr> {
        let array_oid = type_of(&array).oid;
        let element = match array_oid {
            oid::UNKNOWN => oid::UNKNOWN,
            array => self.element_of(array),
        };
        if element == 0 {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                "op ANY/ALL (array) requires array on right side",
                location,
            ));
        }
        let resolved =
            resolve_operator(self.catalog.types(), name, Some(type_of(&left).oid), element)
                .map_err(|failure| failure.located(location))?;
        if resolved.result.oid != oid::BOOL {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                "op ANY/ALL (array) requires operator to yield boolean",
                location,
            ));
        }
        let wanted: Oid = functions::type_catalog::array_type(self.catalog.types(), resolved.right);
        if wanted == 0 {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!(
                    "could not find array type for data type {}",
                    self.type_name(resolved.right)
                ),
                location,
            ));
        }
        let function = tables::function(resolved.definition.function).ok_or_else(|| {
            error(
                sqlstate::UNDEFINED_FUNCTION,
                format!("operator does not exist: {name}"),
                location,
            )
        })?;
        let left = self.coerce(left, resolved.left, location)?;
        let array = self.explicit_cast(array, SqlType::new(wanted), location)?;
        self.refuse_ordering(name, &[&left, &array], location)?;
        Ok(Expr::AnyAll { operand: Box::new(left), array: Box::new(array), function, all })
    }
}

/// Where the operands of an operator are written; if both are rows, also where their fields are.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    pub left: u32,
    pub right: u32,
    pub fields: &'a [(u32, u32)],
}

fn field_places(left: &ast::Expr, right: &ast::Expr) -> Vec<(u32, u32)> {
    let (ast::Expr::Row { fields: left, .. }, ast::Expr::Row { fields: right, .. }) = (left, right)
    else {
        return Vec::new();
    };
    // A star stands for any number of fields: their places are not known.
    let is_star = |field: &ast::Expr| matches!(field, ast::Expr::ColumnRef(name) if name.star);
    if left.iter().chain(right).any(is_star) {
        return Vec::new();
    }
    left.iter().zip(right).map(|(left, right)| (location_of(left), location_of(right))).collect()
}

/// The COLLATE that decides about an operand.
fn explicit_collation(expr: &ast::Expr) -> Option<&ast::CollateExpr> {
    match expr {
        ast::Expr::Collate(collate) => Some(collate),
        ast::Expr::TypeCast(cast) => explicit_collation(&cast.expr),
        ast::Expr::Function(call) => {
            call.arguments.iter().find_map(|argument| explicit_collation(&argument.value))
        }
        _ => None,
    }
}

fn row_operator(name: &str) -> Option<RowOperator> {
    Some(match name {
        "=" => RowOperator::Equal,
        "<>" | "!=" => RowOperator::NotEqual,
        "<" => RowOperator::Less,
        "<=" => RowOperator::LessOrEqual,
        ">" => RowOperator::Greater,
        ">=" => RowOperator::GreaterOrEqual,
        _ => return None,
    })
}
