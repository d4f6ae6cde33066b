//! Collations: which one an expression has, and what a query that orders under one of ICU's becomes.
//!
//! The collation of an expression is part of its type ([`types::Collation`]). It comes from columns and COLLATE, goes up
//! through what makes strings of strings, and decides where strings are ordered: there both sides become sort keys (see
//! [`functions::collations`]). Equality is that of the bytes under every collation, so it stays what it is, with its
//! indexes, joins and groups.

use functions::collations;
use syntax::ast;
use types::{Collation, Datum, Oid, SqlError, SqlResult, SqlType, oid, sqlstate};

use super::calls::ReadyCall;
use super::expressions::{constant, location_of};
use super::{Binder, error, unsupported};
use crate::expression::{Call, Cast, Expr, SortKey};
use crate::walk::{self, type_of};

impl Binder<'_> {
    pub fn collate(&mut self, collate: &ast::CollateExpr) -> SqlResult<Expr> {
        let name = collate.collation.name();
        let known = collations::by_name(name)
            .filter(|_| collate.collation.schema().is_none_or(|schema| schema == "pg_catalog"));
        let Some(collation) = known else {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!(
                    "collation \"{}\" for encoding \"UTF8\" does not exist",
                    collate.collation.parts.join(".")
                ),
                collate.location,
            ));
        };
        let operand = self.expr(&collate.expr)?;
        let operand = self.settle(operand, location_of(&collate.expr))?;
        let ty = type_of(&operand).oid;
        if !self.is_collatable(ty) {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!("collations are not supported by type {}", self.type_name(ty)),
                collate.location,
            ));
        }
        let base = functions::type_catalog::base_type(self.catalog.types(), ty);
        if base == oid::CITEXT && collations::of_icu(collation).is_some() {
            return Err(unsupported(
                "collations of ICU are not supported by type citext",
                collate.location,
            ));
        }
        Ok(collated(operand, Collation::Explicit(collation)))
    }

    /// Whether values of the type, or what an array of it holds, are strings.
    pub fn is_collatable(&self, ty: Oid) -> bool {
        let types = self.catalog.types();
        let base = functions::type_catalog::base_type(types, ty);
        let element = functions::type_catalog::element_type(types, base);
        let base = if element == 0 { base } else { element };
        functions::type_catalog::category(types, base) == 'S'
    }

    /// The collation of what is made of these operands.
    pub fn derived<'e>(
        &self,
        operands: impl IntoIterator<Item = &'e Expr>,
    ) -> SqlResult<Collation> {
        let mut found = Collation::Default;
        for operand in operands {
            let ty = type_of(operand);
            if ty.collation == Collation::Default || !self.is_collatable(ty.oid) {
                continue;
            }
            found = combined(found, ty.collation)?;
        }
        Ok(found)
    }

    /// The type of a result that is made of these operands, with its collation.
    pub fn derived_type(&self, ty: SqlType, operands: &[Expr]) -> SqlResult<SqlType> {
        let collation = self.derived(operands)?;
        Ok(if self.is_collatable(ty.oid) { ty.collated(collation) } else { ty })
    }

    /// What orders as the collation of the expression says.
    pub fn ordered(&mut self, expr: Expr, location: u32) -> SqlResult<Expr> {
        let collation = type_of(&expr).collation;
        self.ordered_under(expr, collation, location)
    }

    pub fn ordered_under(
        &mut self,
        expr: Expr,
        collation: Collation,
        location: u32,
    ) -> SqlResult<Expr> {
        let ty = type_of(&expr).oid;
        if collation == Collation::Default || !self.is_collatable(ty) {
            return Ok(expr);
        }
        let applied = collation.applied().ok_or_else(|| undetermined("string comparison"))?;
        let Some(known) = collations::of_icu(applied) else { return Ok(expr) };
        let base = functions::type_catalog::base_type(self.catalog.types(), ty);
        if self.element_of(base) != 0 || base == oid::CITEXT {
            return Err(unsupported(
                format!(
                    "ordering values of type {} under collation \"{}\" is not supported",
                    self.type_name(ty),
                    known.name
                ),
                location,
            ));
        }
        let operand = self.coerce(expr, oid::TEXT, location)?;
        let arguments = vec![operand, constant(Datum::text(known.locale), oid::TEXT)];
        Ok(Expr::Call(Box::new(Call {
            function: &collations::KEY,
            arguments,
            argument_types: vec![oid::TEXT, oid::TEXT],
            ty: SqlType::new(oid::BYTEA),
            location,
        })))
    }

    /// Operands with different collations, where ORDER BY names what is made of them.
    pub fn check_order(&self, key: &Expr, item: &ast::OrderBy) -> SqlResult<()> {
        let mut parts = Vec::new();
        if type_of(key).collation == Collation::Conflict {
            walk::children(key, &mut |part| parts.push(part.clone()));
        }
        if parts.is_empty() {
            return Ok(());
        }
        let location = match &item.expr {
            ast::Expr::Operator(operator) => location_of(&operator.right),
            other => location_of(other),
        };
        Err(mismatch(&parts, location))
    }

    pub fn ordered_keys(&mut self, keys: Vec<SortKey>) -> SqlResult<Vec<SortKey>> {
        keys.into_iter()
            .map(|key| Ok(SortKey { expression: self.ordered(key.expression, 0)?, ..key }))
            .collect()
    }

    /// Comparisons of strings under their collation; other operators are left as they are.
    pub fn collated_operator(&mut self, name: &str, call: Call) -> SqlResult<Call> {
        let collation = self.derived(&call.arguments)?;
        let location = call.location;
        if collation == Collation::Default {
            return Ok(call);
        }
        let mut call = call;
        if call.ty.oid == oid::BOOL {
            if let Some(what) = needs_collation(name)
                && collation == Collation::Conflict
            {
                return Err(undetermined(what));
            }
            if let "<" | "<=" | ">" | ">=" = name
                && call.argument_types.iter().all(|ty| self.is_collatable(*ty))
                && collation.applied().and_then(collations::of_icu).is_some()
            {
                let mut keys = Vec::with_capacity(2);
                for argument in std::mem::take(&mut call.arguments) {
                    keys.push(self.ordered_under(argument, collation, location)?);
                }
                let right = keys.pop().unwrap_or_else(|| constant(Datum::Null, oid::BYTEA));
                return match self.operator(name, keys.pop(), right, location)? {
                    Expr::Call(call) => Ok(*call),
                    _ => Err(error(sqlstate::INTERNAL_ERROR, "keys compare by a call", location)),
                };
            }
        }
        if self.is_collatable(call.ty.oid) {
            call.ty.collation = collation;
        }
        Ok(call)
    }

    /// What compares one value with many does so by bytes: it may not be asked for another order.
    pub fn refuse_ordering(&self, name: &str, operands: &[&Expr], location: u32) -> SqlResult<()> {
        let collation = self.derived(operands.iter().copied())?;
        let Some(applied) = collation.applied() else {
            return match needs_collation(name) {
                Some(what) => Err(undetermined(what)),
                None => Ok(()),
            };
        };
        match (name, collations::of_icu(applied)) {
            ("<" | "<=" | ">" | ">=", Some(known)) => Err(unsupported(
                format!(
                    "{name} ANY and {name} ALL of an array are not supported under collation \
                     \"{}\"",
                    known.name
                ),
                location,
            )),
            _ => Ok(()),
        }
    }

    /// Functions that depend on the collation of their arguments.
    pub fn collated_call(&mut self, call: Call) -> SqlResult<Expr> {
        let mut call = call;
        let name = call.function.name;
        if name == "pg_collation_for" {
            return self.collation_for(&call);
        }
        let collation = self.derived(&call.arguments)?;
        if collation == Collation::Default {
            return Ok(Expr::Call(Box::new(call)));
        }
        if self.is_collatable(call.ty.oid) {
            call.ty.collation = collation;
        }
        let function = match (name, call.argument_types.as_slice()) {
            ("lower", [oid::TEXT]) => &collations::LOWER,
            ("upper", [oid::TEXT]) => &collations::UPPER,
            _ => return Ok(Expr::Call(Box::new(call))),
        };
        let applied =
            collation.applied().ok_or_else(|| undetermined(&format!("{name}() function")))?;
        if let Some(known) = collations::of_icu(applied) {
            call.function = function;
            call.arguments.push(constant(Datum::text(known.locale), oid::TEXT));
            call.argument_types.push(oid::TEXT);
        }
        Ok(Expr::Call(Box::new(call)))
    }

    fn collation_for(&mut self, call: &Call) -> SqlResult<Expr> {
        let ty = call.arguments.first().map_or(SqlType::new(oid::TEXT), type_of);
        if ty.oid != oid::UNKNOWN && !self.is_collatable(ty.oid) {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!("collations are not supported by type {}", self.type_name(ty.oid)),
                0,
            ));
        }
        let name = match ty.collation.applied() {
            _ if ty.oid == oid::UNKNOWN => return Ok(constant(Datum::Null, oid::TEXT)),
            Some(0) if ty.oid == oid::NAME => "\"C\"".to_owned(),
            Some(collation) => format!("\"{}\"", collations::name_of(collation)),
            None => return Ok(constant(Datum::Null, oid::TEXT)),
        };
        Ok(constant(Datum::text(name.as_str()), oid::TEXT))
    }

    /// `min` and `max` compare keys if a collation of ICU orders their argument.
    pub fn collated_aggregate(&mut self, ready: &mut ReadyCall, location: u32) -> SqlResult<()> {
        ready.resolved.result = self.derived_type(ready.resolved.result, &ready.arguments)?;
        let function = match ready.resolved.definition.name {
            "min" => &collations::MINIMUM,
            "max" => &collations::MAXIMUM,
            _ => return Ok(()),
        };
        let [only] = ready.arguments.as_mut_slice() else { return Ok(()) };
        let argument = std::mem::replace(only, constant(Datum::Null, oid::TEXT));
        let before = type_of(&argument).oid;
        let argument = self.ordered(argument, location)?;
        let is_key = type_of(&argument).oid != before;
        ready.arguments[0] = argument;
        if is_key {
            ready.resolved.definition = function;
            ready.resolved.result = SqlType::new(oid::BYTEA);
            ready.argument_types = vec![oid::BYTEA];
        }
        Ok(())
    }

    /// The string of the column that holds the least or greatest key; other columns as they are.
    pub fn uncollated(
        &self,
        column: Expr,
        function: &functions::FunctionDef,
        ty: SqlType,
        location: u32,
    ) -> Expr {
        let of_keys = std::ptr::eq(function, &collations::MINIMUM)
            || std::ptr::eq(function, &collations::MAXIMUM);
        if of_keys { string_of(column, ty, location) } else { column }
    }

    /// GREATEST and LEAST.
    pub fn extreme(
        &mut self,
        greatest: bool,
        arguments: Vec<Expr>,
        ty: SqlType,
        location: u32,
    ) -> SqlResult<Expr> {
        let mut keys = Vec::with_capacity(arguments.len());
        for argument in arguments {
            keys.push(self.ordered_under(argument, ty.collation, location)?);
        }
        if keys.iter().all(|key| type_of(key).oid == ty.oid) {
            return Ok(Expr::Extreme { greatest, arguments: keys, ty });
        }
        let key = Expr::Extreme { greatest, arguments: keys, ty: SqlType::new(oid::BYTEA) };
        Ok(string_of(key, ty, location))
    }
}

/// The type of the string below a key.
pub fn type_below(arguments: &[Expr]) -> SqlType {
    match arguments {
        [Expr::Call(call)] if std::ptr::eq(call.function, &collations::KEY) => {
            let collation = call
                .arguments
                .first()
                .map_or(Collation::Default, |string| type_of(string).collation);
            SqlType::new(oid::TEXT).collated(collation)
        }
        _ => SqlType::new(oid::TEXT),
    }
}

fn string_of(key: Expr, ty: SqlType, location: u32) -> Expr {
    Expr::Call(Box::new(Call {
        function: &collations::VALUE,
        arguments: vec![key],
        argument_types: vec![oid::BYTEA],
        ty,
        location,
    }))
}

/// The expression with another collation.
pub fn collated(mut expr: Expr, collation: Collation) -> Expr {
    match &mut expr {
        Expr::Constant { ty, .. }
        | Expr::Column { ty, .. }
        | Expr::Parameter { ty, .. }
        | Expr::ExecParameter { ty, .. }
        | Expr::Case { ty, .. }
        | Expr::Coalesce { ty, .. }
        | Expr::NullIf { ty, .. }
        | Expr::Extreme { ty, .. }
        | Expr::Field { ty, .. } => ty.collation = collation,
        Expr::Call(call) => call.ty.collation = collation,
        Expr::Cast(cast) => cast.ty.collation = collation,
        Expr::Subscript(subscript) => subscript.ty.collation = collation,
        Expr::SubPlan(plan) => plan.ty.collation = collation,
        _ => {
            let ty = type_of(&expr).collated(collation);
            let path = functions::CastPath::Relabel { target: ty.oid };
            let cast = Cast { operand: expr, path, ty, explicit: false, location: 0 };
            return Expr::Cast(Box::new(cast));
        }
    }
    expr
}

/// What is asked for wins, then what is not the default; two of a kind do not go together.
fn combined(left: Collation, right: Collation) -> SqlResult<Collation> {
    use Collation::{Conflict, Default, Explicit, Implicit};
    Ok(match (left, right) {
        (Explicit(left), Explicit(right)) if left != right => {
            return Err(SqlError::new(
                sqlstate::COLLATION_MISMATCH,
                format!(
                    "collation mismatch between explicit collations \"{}\" and \"{}\"",
                    collations::name_of(left),
                    collations::name_of(right)
                ),
            ));
        }
        (Explicit(_), _) => left,
        (_, Explicit(_)) => right,
        (Default | Implicit(collations::DEFAULT), other)
        | (other, Default | Implicit(collations::DEFAULT)) => other,
        (Implicit(left), Implicit(right)) if left == right => Implicit(left),
        (Conflict | Implicit(_), Conflict | Implicit(_)) => Conflict,
    })
}

/// Rows that are compared whole need one collation for each column.
pub fn mismatch(values: &[Expr], location: u32) -> SqlError {
    let mut names: Vec<&str> = Vec::new();
    for applied in values.iter().filter_map(|value| type_of(value).collation.applied()) {
        let name = collations::name_of(applied);
        if !matches!(applied, 0 | collations::DEFAULT) && !names.contains(&name) {
            names.push(name);
        }
    }
    error(
        sqlstate::COLLATION_MISMATCH,
        format!(
            "collation mismatch between implicit collations \"{}\" and \"{}\"",
            names.first().unwrap_or(&"default"),
            names.get(1).unwrap_or(&"default")
        ),
        location,
    )
    .hint("You can choose the collation by applying the COLLATE clause to one or both expressions.")
}

/// What an operator says that it needs a collation for.
fn needs_collation(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" => "string comparison",
        "~~*" | "!~~*" => "ILIKE",
        "~" | "!~" | "~*" | "!~*" => "regular expression",
        _ => return None,
    })
}

/// PostgreSQL notices when it compares: it points at no place.
fn undetermined(what: &str) -> SqlError {
    SqlError::new(
        sqlstate::INDETERMINATE_COLLATION,
        format!("could not determine which collation to use for {what}"),
    )
    .hint("Use the COLLATE clause to set the collation explicitly.")
}

#[cfg(test)]
mod tests {
    use super::combined;
    use types::Collation::{Conflict, Default, Explicit, Implicit};

    #[test]
    fn collations_combine_as_in_postgresql() {
        let table = [
            (Default, Default, Default),
            (Default, Implicit(950), Implicit(950)),
            (Implicit(100), Implicit(950), Implicit(950)),
            (Implicit(950), Implicit(950), Implicit(950)),
            (Implicit(950), Implicit(963), Conflict),
            (Conflict, Implicit(950), Conflict),
            (Conflict, Default, Conflict),
            (Conflict, Explicit(950), Explicit(950)),
            (Implicit(963), Explicit(950), Explicit(950)),
            (Explicit(100), Implicit(963), Explicit(100)),
        ];
        for (left, right, expected) in table {
            assert_eq!(combined(left, right).ok(), Some(expected), "{left:?} {right:?}");
            assert_eq!(combined(right, left).ok(), Some(expected), "{right:?} {left:?}");
        }
        let failure = combined(Explicit(950), Explicit(963)).expect_err("they differ");
        assert_eq!(failure.sqlstate(), "42P21");
    }
}
