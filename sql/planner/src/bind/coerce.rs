//! Making an expression have a type: literals read, parameters typed, casts added.

use functions::type_catalog::{base_type, element_type};
use functions::{CastContext, CastPath, apply_cast, find_cast, input_output};
use syntax::ast;
use types::{Datum, Oid, SqlResult, SqlType, oid, sqlstate};

use super::scope::Clause;
use super::{Binder, error};
use crate::expression::{Cast, DomainCheck, Expr};
use crate::walk::type_of;

impl Binder<'_> {
    /// The expression as `target`, or `None` if there is no such cast in this context.
    pub fn try_coerce(
        &mut self,
        expr: Expr,
        target: SqlType,
        context: CastContext,
        location: u32,
    ) -> SqlResult<Option<Expr>> {
        let source = type_of(&expr);
        if source.oid == target.oid {
            return Ok(Some(if target.modifier < 0 || target.modifier == source.modifier {
                expr
            } else {
                self.cast_node(
                    expr,
                    CastPath::Relabel { target: target.oid },
                    target,
                    context,
                    location,
                )
            }));
        }
        if matches!(target.oid, oid::ANY) || target.oid == 0 {
            return Ok(Some(expr));
        }
        if source.oid == oid::UNKNOWN
            && let Expr::Parameter { number, .. } = expr
        {
            let ty = SqlType::new(target.oid);
            self.parameters[number] = Some(SqlType::new(base_type(self.catalog.types(), ty.oid)));
            let parameter = Expr::Parameter { number, ty: self.parameters[number].unwrap_or(ty) };
            return self.try_coerce(parameter, target, context, location);
        }
        if let Some(user) = self.domain(target.oid) {
            return self.coerce_to_domain(expr, target, user, context, location);
        }
        if let Expr::Constant { value, ty } = &expr
            && ty.oid == oid::UNKNOWN
        {
            return self.read_literal(value, target, context, location).map(Some);
        }
        if let Expr::Row { fields, .. } = &expr
            && let Some(types) = self.composite_fields(target.oid)
        {
            let fields = fields.clone();
            if types.len() != fields.len() {
                return Err(error(
                    sqlstate::CANNOT_COERCE,
                    format!("cannot cast type record to {}", self.type_name(target.oid)),
                    location,
                )
                .detail(if fields.len() < types.len() {
                    "Input has too few columns."
                } else {
                    "Input has too many columns."
                }));
            }
            let mut cast = Vec::with_capacity(fields.len());
            for (field, ty) in fields.into_iter().zip(types) {
                match self.try_coerce(field, ty.1, context, location)? {
                    Some(field) => cast.push(field),
                    None => return Ok(None),
                }
            }
            return Ok(Some(Expr::Row { fields: cast, ty: target }));
        } else if target.oid == oid::RECORD && self.composite_fields(source.oid).is_some() {
            return Ok(Some(expr));
        }
        let Some(path) = find_cast(self.catalog.types(), source.oid, target.oid, context) else {
            return Ok(None);
        };
        Ok(Some(self.cast_node(expr, path, target, context, location)))
    }

    fn cast_node(
        &self,
        operand: Expr,
        path: CastPath,
        ty: SqlType,
        context: CastContext,
        location: u32,
    ) -> Expr {
        let explicit = context == CastContext::Explicit;
        // A string that becomes one of another type orders as before.
        let ty = if self.is_collatable(ty.oid) && self.is_collatable(type_of(&operand).oid) {
            ty.collated(type_of(&operand).collation)
        } else {
            ty
        };
        if let Expr::Constant { value, .. } = &operand
            && !matches!(path, CastPath::InputOutput { .. })
            && let Ok(value) =
                apply_cast(self.catalog.evaluation(), &path, value, ty.modifier, explicit)
        {
            return Expr::Constant { value, ty };
        }
        Expr::Cast(Box::new(Cast { operand, path, ty, explicit, location }))
    }

    fn read_literal(
        &mut self,
        value: &Datum,
        target: SqlType,
        context: CastContext,
        location: u32,
    ) -> SqlResult<Expr> {
        let Datum::Text(text) = value else {
            return Ok(Expr::Constant { value: Datum::Null, ty: target });
        };
        // A modifier of a plain string type is applied as a cast, so that an assignment fails and an explicit cast cuts.
        let string = matches!(target.oid, oid::VARCHAR | oid::BPCHAR | oid::BIT | oid::VARBIT);
        let modifier = if string { -1 } else { target.modifier };
        let evaluation = self.catalog.evaluation();
        let read = match target.oid {
            oid::TEXT => Ok(value.clone()),
            _ => input_output::input(evaluation, target.oid, text, modifier),
        };
        let read = read.map_err(|failure| failure.at(location))?;
        let constant =
            Expr::Constant { value: read, ty: SqlType::with_modifier(target.oid, modifier) };
        if string && target.modifier >= 0 {
            let path = CastPath::Relabel { target: target.oid };
            return Ok(self.cast_node(constant, path, target, context, location));
        }
        Ok(Expr::Constant {
            value: match constant {
                Expr::Constant { value, .. } => value,
                _ => Datum::Null,
            },
            ty: target,
        })
    }

    fn domain(&self, ty: Oid) -> Option<std::sync::Arc<catalog::UserType>> {
        if ty < types::oid::FIRST_USER_OID {
            return None;
        }
        let user = self.catalog.user_type_by_oid(ty)?;
        matches!(user.kind, catalog::UserTypeKind::Domain { .. }).then_some(user)
    }

    fn coerce_to_domain(
        &mut self,
        expr: Expr,
        target: SqlType,
        user: std::sync::Arc<catalog::UserType>,
        context: CastContext,
        location: u32,
    ) -> SqlResult<Option<Expr>> {
        // The conditions of the domains under this one come first, and it is this one that errors name.
        let mut base_ty = target;
        let mut not_null = false;
        let mut checks: Vec<(String, String)> = Vec::new();
        let mut next = Some(std::sync::Arc::clone(&user));
        while let Some(user) = next.take() {
            let catalog::UserTypeKind::Domain {
                base,
                modifier,
                not_null: refuses,
                checks: own,
                ..
            } = &user.kind
            else {
                break;
            };
            base_ty = SqlType::with_modifier(*base, *modifier);
            not_null |= *refuses;
            checks.splice(0..0, own.iter().cloned());
            next = self.domain(*base);
        }
        let Some(operand) = self.try_coerce(expr, base_ty, context, location)? else {
            return Ok(None);
        };
        if !not_null && checks.is_empty() {
            return Ok(Some(self.relabel(operand, target, location)));
        }
        let slot = self.columns.slot();
        let value = Expr::ExecParameter { id: slot, ty: base_ty };
        let before = self.domain_value.replace(value);
        let mut bound = Vec::with_capacity(checks.len());
        for (name, text) in &checks {
            let condition = self.stored_expression(text, Clause::Check)?;
            let condition = self.boolean(condition, "CHECK", location)?;
            bound.push((name.clone(), condition));
        }
        self.domain_value = before;
        Ok(Some(Expr::DomainCheck(Box::new(DomainCheck {
            operand,
            domain: target.oid,
            schema: self.catalog.schema_name(user.schema).unwrap_or_default(),
            name: user.name.clone(),
            not_null,
            checks: bound,
            slot,
        }))))
    }

    /// Names and types of a composite type's fields.
    pub fn composite_fields(&self, ty: Oid) -> Option<Vec<(String, SqlType)>> {
        if ty < types::oid::FIRST_USER_OID {
            return None;
        }
        match &self.catalog.user_type_by_oid(ty)?.kind {
            catalog::UserTypeKind::Composite(fields) => Some(
                fields
                    .iter()
                    .map(|(name, ty, modifier)| {
                        (name.clone(), SqlType::with_modifier(*ty, *modifier))
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    /// As the type that resolution chose: a failure is a bug of the tables rather than of the statement.
    pub fn coerce(&mut self, expr: Expr, target: Oid, location: u32) -> SqlResult<Expr> {
        let source = type_of(&expr).oid;
        self.try_coerce(expr, SqlType::new(target), CastContext::Implicit, location)?.ok_or_else(
            || {
                error(
                    sqlstate::CANNOT_COERCE,
                    format!(
                        "cannot cast type {} to {}",
                        self.type_name(source),
                        self.type_name(target)
                    ),
                    location,
                )
            },
        )
    }

    pub fn explicit_cast(&mut self, expr: Expr, target: SqlType, location: u32) -> SqlResult<Expr> {
        let source = type_of(&expr).oid;
        self.try_coerce(expr, target, CastContext::Explicit, location)?.ok_or_else(|| {
            error(
                sqlstate::CANNOT_COERCE,
                format!(
                    "cannot cast type {} to {}",
                    self.type_name(source),
                    self.type_name(target.oid)
                ),
                location,
            )
        })
    }

    /// For a column of a table: the error names the column.
    pub fn assign(
        &mut self,
        expr: Expr,
        target: SqlType,
        column: &str,
        location: u32,
    ) -> SqlResult<Expr> {
        let source = type_of(&expr).oid;
        self.try_coerce(expr, target, CastContext::Assignment, location)?.ok_or_else(|| {
            error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "column \"{column}\" is of type {} but expression is of type {}",
                    self.type_name(target.oid),
                    self.type_name(source)
                ),
                location,
            )
            .hint("You will need to rewrite or cast the expression.")
        })
    }

    /// A condition: `what` is WHERE, HAVING, AND …
    pub fn boolean(&mut self, expr: Expr, what: &str, location: u32) -> SqlResult<Expr> {
        let source = type_of(&expr).oid;
        if source == oid::BOOL {
            return Ok(expr);
        }
        let target = SqlType::new(oid::BOOL);
        self.try_coerce(expr, target, CastContext::Assignment, location)?.ok_or_else(|| {
            error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "argument of {what} must be type boolean, not type {}",
                    self.type_name(source)
                ),
                location,
            )
        })
    }

    /// A literal or parameter whose type nothing says is text.
    pub fn settle(&mut self, expr: Expr, location: u32) -> SqlResult<Expr> {
        if type_of(&expr).oid != oid::UNKNOWN {
            return Ok(expr);
        }
        self.coerce(expr, oid::TEXT, location)
    }

    /// One type for several expressions (`construct` names them in the error).
    pub fn unify(
        &mut self,
        exprs: Vec<Expr>,
        construct: &str,
        locations: &[u32],
    ) -> SqlResult<(Vec<Expr>, SqlType)> {
        let members: Vec<Oid> = exprs.iter().map(|expr| type_of(expr).oid).collect();
        let location = locations.first().copied().unwrap_or(0);
        let common = match functions::common_type(self.catalog.types(), &members, construct) {
            Ok(common) => common,
            Err(failure) => {
                // The first member that does not go with those before it is the one at fault.
                let fits = |count: &usize| {
                    let members = &members[..*count];
                    functions::common_type(self.catalog.types(), members, construct).is_ok()
                };
                let fitting = (1..members.len()).take_while(fits).count();
                let place = locations.get(fitting).copied().unwrap_or(location);
                return Err(types::SqlError::from(failure).at(place));
            }
        };
        let mut modifier = exprs.first().map_or(-1, |expr| type_of(expr).modifier);
        if exprs.iter().any(|expr| !type_of(expr).is_like(SqlType::with_modifier(common, modifier)))
        {
            modifier = -1;
        }
        let mut unified = Vec::with_capacity(exprs.len());
        for (position, expr) in exprs.into_iter().enumerate() {
            let at = locations.get(position).copied().unwrap_or(location);
            let source = type_of(&expr).oid;
            let cast = self.try_coerce(expr, SqlType::new(common), CastContext::Implicit, at)?;
            unified.push(cast.ok_or_else(|| {
                error(
                    sqlstate::CANNOT_COERCE,
                    format!(
                        "{construct} could not convert type {} to {}",
                        self.type_name(source),
                        self.type_name(common)
                    ),
                    at,
                )
            })?);
        }
        let ty = self.derived_type(SqlType::with_modifier(common, modifier), &unified)?;
        Ok((unified, ty))
    }

    pub fn element_of(&self, array: Oid) -> Oid {
        element_type(self.catalog.types(), array)
    }

    /// Parses and binds an expression stored in the catalog, in the current scope.
    pub fn stored_expression(&mut self, text: &str, clause: Clause) -> SqlResult<Expr> {
        let parsed = parse_expression(text)?;
        let before = std::mem::replace(&mut self.of_table, true);
        let bound = self.in_clause(clause, |binder| binder.expr(&parsed));
        self.of_table = before;
        bound
    }
}

/// Parses one expression from text.
pub fn parse_expression(text: &str) -> SqlResult<ast::Expr> {
    let statement = parse_one(&format!("SELECT {text}"))?;
    if let ast::Statement::Query(query) = statement
        && let ast::QueryBody::Select(select) = query.body
        && let Some(item) = select.items.into_iter().next()
    {
        return Ok(item.expr);
    }
    Err(types::SqlError::new(sqlstate::INTERNAL_ERROR, "a stored expression cannot be read"))
}

/// Parses one statement from stored text.
pub fn parse_one(text: &str) -> SqlResult<ast::Statement> {
    let statements = crate::parse(text)?;
    statements.into_iter().next().ok_or_else(|| {
        types::SqlError::new(sqlstate::INTERNAL_ERROR, "a stored statement is empty")
    })
}
