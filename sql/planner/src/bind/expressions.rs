//! Expressions: one function per kind of node.

use functions::type_catalog::{array_type, element_type};
use syntax::ast;
use types::{Datum, SqlResult, SqlType, oid, sqlstate};

use super::operators::Places;
use super::type_names::resolve_type;
use super::{Binder, error, unsupported};
use crate::expression::{Call, Expr, Subscript, SubscriptBounds};
use crate::walk::{is_constant, type_of};

/// Where an expression begins in the text, as far as the tree says.
pub fn location_of(expr: &ast::Expr) -> u32 {
    match expr {
        ast::Expr::ColumnRef(reference) => reference.location,
        ast::Expr::Parameter { location, .. }
        | ast::Expr::Array { location, .. }
        | ast::Expr::Row { location, .. }
        | ast::Expr::Coalesce { location, .. }
        | ast::Expr::MinMax { location, .. }
        | ast::Expr::SqlValue { location, .. }
        | ast::Expr::Grouping { location, .. }
        | ast::Expr::MergeAction { location }
        | ast::Expr::Default { location }
        | ast::Expr::CurrentOf { location, .. } => *location,
        ast::Expr::Literal(literal) => literal.location,
        ast::Expr::TypeCast(cast) => match &cast.expr {
            ast::Expr::Literal(literal) => literal.location.min(cast.location),
            inner => location_of(inner).min(cast.location),
        },
        ast::Expr::Operator(operator) => {
            // A loop: such chains are long.
            let mut current = operator;
            let mut found = operator.location;
            while let Some(left) = &current.left {
                match left {
                    ast::Expr::Operator(next) => {
                        found = found.min(next.location);
                        current = next;
                    }
                    other => return location_of(other),
                }
            }
            found
        }
        ast::Expr::And(terms) | ast::Expr::Or(terms) => terms.first().map_or(0, location_of),
        ast::Expr::Not(operand) => location_of(operand).saturating_sub(4),
        ast::Expr::Is(test) => location_of(&test.expr),
        ast::Expr::IsDistinct(test) => location_of(&test.left),
        ast::Expr::InList(list) => location_of(&list.expr),
        ast::Expr::Between(between) => location_of(&between.expr),
        ast::Expr::Like(like) => location_of(&like.expr),
        ast::Expr::Quantified(quantified) => location_of(&quantified.left),
        ast::Expr::Subquery(subquery) => subquery.location,
        ast::Expr::Case(case) => case.location,
        ast::Expr::NullIf(null_if) => null_if.location,
        ast::Expr::Function(call) => call.location,
        ast::Expr::Indirection(indirection) => location_of(&indirection.base),
        ast::Expr::Collate(collate) => location_of(&collate.expr),
        ast::Expr::Xml(xml) => xml.location,
        ast::Expr::Json(json) => json.location,
    }
}

pub fn constant(value: Datum, ty: types::Oid) -> Expr {
    Expr::Constant { value, ty: SqlType::new(ty) }
}

impl Binder<'_> {
    pub fn expr(&mut self, expr: &ast::Expr) -> SqlResult<Expr> {
        self.nested(|binder| binder.expr_inner(expr))
    }

    fn expr_inner(&mut self, expr: &ast::Expr) -> SqlResult<Expr> {
        match expr {
            ast::Expr::ColumnRef(reference) => self.column_ref(reference),
            ast::Expr::Parameter { number, location } => self.parameter(*number, *location),
            ast::Expr::Literal(literal) => self.literal(literal),
            ast::Expr::TypeCast(cast) => self.type_cast(cast),
            ast::Expr::Operator(operator) => self.operator_chain(operator),
            ast::Expr::And(terms) => Ok(Expr::And(self.terms(terms, "AND")?)),
            ast::Expr::Or(terms) => Ok(Expr::Or(self.terms(terms, "OR")?)),
            ast::Expr::Not(operand) => {
                let location = location_of(operand);
                let operand = self.expr(operand)?;
                Ok(Expr::Not(Box::new(self.boolean(operand, "NOT", location)?)))
            }
            ast::Expr::Is(test) => self.is_test(test),
            ast::Expr::IsDistinct(test) => self.is_distinct(test),
            ast::Expr::InList(list) => self.in_list(list),
            ast::Expr::Between(between) => self.between(between),
            ast::Expr::Like(like) => self.like(like),
            ast::Expr::Quantified(quantified) => self.quantified(quantified),
            ast::Expr::Subquery(subquery) => self.subquery(subquery),
            ast::Expr::Array { elements, location } => self.array(elements, *location),
            ast::Expr::Row { fields, .. } => {
                let fields = self.row_fields(fields)?;
                Ok(Expr::Row { fields, ty: SqlType::new(oid::RECORD) })
            }
            ast::Expr::Case(case) => self.case(case),
            ast::Expr::Coalesce { arguments, location } => {
                let sets = self.level().sets.len();
                let (arguments, ty) = self.unified(arguments, "COALESCE", *location)?;
                self.refuse_sets("COALESCE", sets)?;
                Ok(Expr::Coalesce { arguments, ty })
            }
            ast::Expr::MinMax { greatest, arguments, location } => {
                let word = if *greatest { "GREATEST" } else { "LEAST" };
                let (arguments, ty) = self.unified(arguments, word, *location)?;
                self.extreme(*greatest, arguments, ty, *location)
            }
            ast::Expr::NullIf(null_if) => self.null_if(null_if),
            ast::Expr::Function(call) => self.function_call(call),
            ast::Expr::SqlValue { function, precision, location } => {
                self.sql_value(*function, *precision, *location)
            }
            ast::Expr::Indirection(indirection) => self.indirection(indirection),
            ast::Expr::Collate(collate) => self.collate(collate),
            ast::Expr::Grouping { arguments, location } => self.grouping_call(arguments, *location),
            ast::Expr::MergeAction { location } => match self.merge_action {
                Some(column) => Ok(self.columns.column(column)),
                None => Err(error(
                    sqlstate::SYNTAX_ERROR,
                    "MERGE_ACTION() can only be used in the RETURNING list of a MERGE command",
                    *location,
                )),
            },
            ast::Expr::Xml(xml) => {
                Err(unsupported(format!("{} is not supported", xml.function), xml.location))
            }
            ast::Expr::Json(json) => self.json_constructor(json),
            ast::Expr::Default { location } => Err(error(
                sqlstate::SYNTAX_ERROR,
                "DEFAULT is not allowed in this context",
                *location,
            )),
            ast::Expr::CurrentOf { location, .. } => {
                Err(unsupported("WHERE CURRENT OF is not supported", *location))
            }
        }
    }

    fn terms(&mut self, terms: &[ast::Expr], word: &str) -> SqlResult<Vec<Expr>> {
        terms
            .iter()
            .map(|term| {
                let bound = self.expr(term)?;
                self.boolean(bound, word, location_of(term))
            })
            .collect()
    }

    fn parameter(&mut self, number: u32, location: u32) -> SqlResult<Expr> {
        if number == 0 || number > 65_535 || self.without_parameters {
            return Err(error(
                sqlstate::UNDEFINED_PARAMETER,
                format!("there is no parameter ${number}"),
                location,
            ));
        }
        let index = number as usize - 1;
        if self.parameters.len() <= index {
            self.parameters.resize(index + 1, None);
        }
        let ty = self.parameters[index].unwrap_or(SqlType::new(oid::UNKNOWN));
        Ok(Expr::Parameter { number: index, ty })
    }

    fn literal(&mut self, literal: &ast::Literal) -> SqlResult<Expr> {
        let read = |ty: types::Oid, text: &str| {
            functions::input_output::input(self.catalog.evaluation(), ty, text, -1)
                .map_err(|failure| failure.at(literal.location))
        };
        Ok(match &literal.value {
            ast::LiteralValue::Integer(number) => constant(Datum::Int4(*number), oid::INT4),
            ast::LiteralValue::Numeric(text) => match text.parse::<i64>() {
                Ok(number) => constant(Datum::Int8(number), oid::INT8),
                Err(_) => constant(read(oid::NUMERIC, text)?, oid::NUMERIC),
            },
            ast::LiteralValue::String(text) => constant(Datum::text(text.as_str()), oid::UNKNOWN),
            ast::LiteralValue::BitString(text) => constant(read(oid::BIT, text)?, oid::BIT),
            ast::LiteralValue::HexString(text) => {
                constant(read(oid::BIT, &format!("x{text}"))?, oid::BIT)
            }
            ast::LiteralValue::Boolean(value) => constant(Datum::Bool(*value), oid::BOOL),
            ast::LiteralValue::Null => constant(Datum::Null, oid::UNKNOWN),
        })
    }

    fn type_cast(&mut self, cast: &ast::TypeCast) -> SqlResult<Expr> {
        let target = resolve_type(&cast.type_name, self.catalog)?;
        // Elements of an ARRAY under a cast are cast one by one, so that `ARRAY[]::int[]` has a type.
        if let ast::Expr::Array { elements, .. } = &cast.expr
            && element_type(self.catalog.types(), target.oid) != 0
        {
            return self.array_of(elements, target, cast.location);
        }
        let location = location_of(&cast.expr);
        let operand = self.expr(&cast.expr)?;
        // A literal that cannot be read is at fault itself; where types do not fit, the cast is.
        self.explicit_cast(operand, target, location).map_err(|mut error| {
            if error.sqlstate() == sqlstate::CANNOT_COERCE {
                error.fields_mut().location = Some(cast.location);
            }
            error
        })
    }

    fn array_of(
        &mut self,
        elements: &[ast::Expr],
        array: SqlType,
        location: u32,
    ) -> SqlResult<Expr> {
        let element = element_type(self.catalog.types(), array.oid);
        let mut bound = Vec::with_capacity(elements.len());
        let mut nested = false;
        for item in elements {
            if let ast::Expr::Array { elements, location } = item {
                nested = true;
                bound.push(self.array_of(elements, array, *location)?);
            } else {
                let value = self.expr(item)?;
                let ty = SqlType::with_modifier(element, array.modifier);
                bound.push(self.explicit_cast(value, ty, location_of(item))?);
            }
        }
        let built = Expr::Array { elements: bound, element, nested };
        Ok(self.typed_array(built, array.oid, location))
    }

    /// Arrays over user types do not know their own type.
    fn typed_array(&self, built: Expr, array: types::Oid, location: u32) -> Expr {
        if type_of(&built).oid == array {
            return built;
        }
        self.relabel(built, SqlType::new(array), location)
    }

    fn array(&mut self, elements: &[ast::Expr], location: u32) -> SqlResult<Expr> {
        if elements.is_empty() {
            return Err(error(
                sqlstate::INDETERMINATE_DATATYPE,
                "cannot determine type of empty array",
                location,
            )
            .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."));
        }
        let locations: Vec<u32> = elements.iter().map(location_of).collect();
        let mut bound = Vec::with_capacity(elements.len());
        for element in elements {
            bound.push(self.expr(element)?);
        }
        let nested = elements.iter().all(|element| matches!(element, ast::Expr::Array { .. }))
            || bound.iter().all(|element| self.element_of(type_of(element).oid) != 0);
        let (bound, ty) = self.unify(bound, "ARRAY", &locations)?;
        if nested {
            let element = self.element_of(ty.oid);
            let built = Expr::Array { elements: bound, element, nested: true };
            return Ok(self.typed_array(built, ty.oid, location));
        }
        let array = array_type(self.catalog.types(), ty.oid);
        if array == 0 {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("could not find array type for data type {}", self.type_name(ty.oid)),
                location,
            ));
        }
        let built = Expr::Array { elements: bound, element: ty.oid, nested: false };
        Ok(self.typed_array(built, array, location))
    }

    /// Fields of a row constructor, `t.*` expanded; unknown literals become text where nothing else says so.
    pub fn row_fields(&mut self, fields: &[ast::Expr]) -> SqlResult<Vec<Expr>> {
        let mut bound = Vec::with_capacity(fields.len());
        for field in fields {
            if let ast::Expr::ColumnRef(reference) = field
                && reference.star
            {
                for column in self.expand_star(reference)? {
                    bound.push(column.expr);
                }
            } else {
                let value = self.expr(field)?;
                bound.push(value);
            }
        }
        Ok(bound)
    }

    fn unified(
        &mut self,
        arguments: &[ast::Expr],
        word: &str,
        location: u32,
    ) -> SqlResult<(Vec<Expr>, SqlType)> {
        let mut bound = Vec::with_capacity(arguments.len());
        for argument in arguments {
            bound.push(self.expr(argument)?);
        }
        let mut locations: Vec<u32> = arguments.iter().map(location_of).collect();
        if locations.is_empty() {
            locations.push(location);
        }
        self.unify(bound, word, &locations)
    }

    /// Makes a value usable several times: as it is if that costs nothing, else through a slot.
    pub fn shared(
        &mut self,
        value: Expr,
        build: impl FnOnce(&mut Self, Expr) -> SqlResult<Expr>,
    ) -> SqlResult<Expr> {
        let cheap = |expr: &Expr| {
            matches!(
                expr,
                Expr::Column { .. }
                    | Expr::Constant { .. }
                    | Expr::Parameter { .. }
                    | Expr::ExecParameter { .. }
            )
        };
        let free = cheap(&value) || matches!(&value, Expr::Cast(cast) if cheap(&cast.operand));
        if free {
            return build(self, value);
        }
        let slot = self.columns.slot();
        let body = build(self, Expr::ExecParameter { id: slot, ty: type_of(&value) })?;
        Ok(Expr::Let { slot, value: Box::new(value), body: Box::new(body) })
    }

    fn case(&mut self, case: &ast::CaseExpr) -> SqlResult<Expr> {
        match &case.operand {
            None => self.case_branches(case, None),
            Some(operand) => {
                let location = location_of(operand);
                let operand = self.expr(operand)?;
                let operand = self.settle(operand, location)?;
                self.shared(operand, |binder, operand| binder.case_branches(case, Some(operand)))
            }
        }
    }

    fn case_branches(&mut self, case: &ast::CaseExpr, operand: Option<Expr>) -> SqlResult<Expr> {
        let sets = self.level().sets.len();
        let mut conditions = Vec::with_capacity(case.branches.len());
        let mut results = Vec::with_capacity(case.branches.len() + 1);
        let mut locations = Vec::with_capacity(case.branches.len() + 1);
        for branch in &case.branches {
            let location = location_of(&branch.condition);
            let condition = self.expr(&branch.condition)?;
            let condition = match &operand {
                Some(operand) => {
                    let places = Places { left: branch.location, right: location, fields: &[] };
                    let operand = Some(operand.clone());
                    self.operator_at("=", operand, condition, branch.location, places)?
                }
                None => condition,
            };
            conditions.push(self.boolean(condition, "CASE/WHEN", location)?);
            results.push(self.expr(&branch.result)?);
            locations.push(location_of(&branch.result));
        }
        // The ELSE result comes first in PostgreSQL's choice of the common type.
        let otherwise = match &case.otherwise {
            Some(otherwise) => {
                locations.insert(0, location_of(otherwise));
                self.expr(otherwise)?
            }
            None => {
                locations.insert(0, case.location);
                constant(Datum::Null, oid::UNKNOWN)
            }
        };
        results.insert(0, otherwise);
        let (mut results, ty) = self.unify(results, "CASE", &locations)?;
        let otherwise = results.remove(0);
        self.refuse_sets("CASE", sets)?;
        let has_else = case.otherwise.is_some()
            && !matches!(&otherwise, Expr::Constant { value: Datum::Null, .. });
        Ok(Expr::Case {
            branches: conditions.into_iter().zip(results).collect(),
            otherwise: has_else.then(|| Box::new(otherwise)),
            ty,
        })
    }

    /// Conditional constructs may not compute sets of rows: `before` is how many there were outside.
    fn refuse_sets(&mut self, construct: &str, before: usize) -> SqlResult<()> {
        let level = self.level();
        if level.sets.len() == before {
            return Ok(());
        }
        Err(unsupported(
            format!("set-returning functions are not allowed in {construct}"),
            level.last_set,
        )
        .hint("You might be able to move the set-returning function into a LATERAL FROM item."))
    }

    fn null_if(&mut self, null_if: &ast::NullIfExpr) -> SqlResult<Expr> {
        let left = self.expr(&null_if.left)?;
        let right = self.expr(&null_if.right)?;
        let comparison = self.operator("=", Some(left), right, null_if.location)?;
        let Expr::Call(call) = comparison else {
            return Err(unsupported("NULLIF of these types is not supported", null_if.location));
        };
        let Call { function, mut arguments, .. } = *call;
        let (Some(right), Some(left)) = (arguments.pop(), arguments.pop()) else {
            return Err(unsupported("NULLIF of these types is not supported", null_if.location));
        };
        // The value given back is the one that is compared.
        Ok(Expr::NullIf {
            ty: type_of(&left),
            left: Box::new(left),
            right: Box::new(right),
            equal: function,
        })
    }

    fn is_test(&mut self, test: &ast::IsExpr) -> SqlResult<Expr> {
        let location = location_of(&test.expr);
        let operand = self.expr(&test.expr)?;
        let negated = test.negated;
        let (word, value) = match &test.test {
            ast::IsTest::Null => {
                if let Expr::Parameter { number, ty } = &operand
                    && ty.oid == oid::UNKNOWN
                {
                    return Err(error(
                        sqlstate::INDETERMINATE_DATATYPE,
                        format!("could not determine data type of parameter ${}", number + 1),
                        location,
                    ));
                }
                return Ok(Expr::IsNull { operand: Box::new(operand), negated });
            }
            ast::IsTest::True => ("IS TRUE", Some(true)),
            ast::IsTest::False => ("IS FALSE", Some(false)),
            ast::IsTest::Unknown => ("IS UNKNOWN", None),
            ast::IsTest::Document => {
                return Err(unsupported("IS DOCUMENT is not supported", test.location));
            }
            ast::IsTest::Normalized(form) => {
                let form = form.clone().unwrap_or_else(|| "NFC".to_owned());
                let form = constant(Datum::text(form), oid::TEXT);
                let called =
                    self.call_by_name("is_normalized", vec![operand, form], test.location)?;
                return Ok(if negated { Expr::Not(Box::new(called)) } else { called });
            }
            ast::IsTest::Json { kind, unique_keys } => {
                let called =
                    self.json_test(operand, kind.as_deref(), *unique_keys, test.location)?;
                return Ok(if negated { Expr::Not(Box::new(called)) } else { called });
            }
        };
        let operand = Box::new(self.boolean(operand, word, location)?);
        Ok(Expr::BooleanTest { operand, value, negated })
    }

    fn sql_value(
        &mut self,
        function: ast::SqlValueFunction,
        precision: Option<u32>,
        location: u32,
    ) -> SqlResult<Expr> {
        use ast::SqlValueFunction as Value;
        let (name, target) = match function {
            Value::CurrentDate => ("now", Some(oid::DATE)),
            Value::CurrentTime => ("now", Some(oid::TIMETZ)),
            Value::CurrentTimestamp => ("now", None),
            Value::LocalTime => ("now", Some(oid::TIME)),
            Value::LocalTimestamp => ("now", Some(oid::TIMESTAMP)),
            Value::CurrentRole | Value::CurrentUser | Value::User => ("current_user", None),
            Value::SessionUser => ("session_user", None),
            Value::SystemUser => ("system_user", None),
            Value::CurrentCatalog => ("current_database", None),
            Value::CurrentSchema => ("current_schema", None),
        };
        let called = self.call_by_name(name, Vec::new(), location)?;
        let modifier = precision.map_or(-1, |digits| digits.min(6) as i32);
        let ty = SqlType::with_modifier(target.unwrap_or(type_of(&called).oid), modifier);
        self.explicit_cast(called, ty, location)
    }

    fn indirection(&mut self, indirection: &ast::Indirection) -> SqlResult<Expr> {
        let location = match &indirection.base {
            // A row made into a composite value stands where the cast does.
            ast::Expr::TypeCast(cast) if matches!(cast.expr, ast::Expr::Row { .. }) => {
                cast.location
            }
            base => location_of(base),
        };
        let whole_row = self.names_whole_row(&indirection.base);
        let mut current = self.expr(&indirection.base)?;
        let mut bounds: Vec<SubscriptBounds> = Vec::new();
        for step in &indirection.steps {
            if let ast::IndirectionStep::Index(_) | ast::IndirectionStep::Slice { .. } = step {
                self.check_subscripted(&current, location)?;
            }
            match step {
                ast::IndirectionStep::Index(index) => {
                    let bound = if type_of(&current).oid == oid::JSONB {
                        self.expr(index)?
                    } else {
                        self.subscript(index)?
                    };
                    bounds.push(SubscriptBounds::Index(bound));
                }
                ast::IndirectionStep::Slice { lower, upper } => {
                    let lower = lower.as_ref().map(|bound| self.subscript(bound)).transpose()?;
                    let upper = upper.as_ref().map(|bound| self.subscript(bound)).transpose()?;
                    bounds.push(SubscriptBounds::Slice { lower, upper });
                }
                ast::IndirectionStep::Field { name, .. } => {
                    current = self.subscripted(current, &mut bounds, location)?;
                    current =
                        self.field(current, name, location).map_err(
                            |failure| match &whole_row {
                                Some(relation)
                                    if failure.sqlstate() == sqlstate::UNDEFINED_COLUMN =>
                                {
                                    error(
                                        sqlstate::UNDEFINED_COLUMN,
                                        format!("column {relation}.{name} does not exist"),
                                        location,
                                    )
                                }
                                _ => failure,
                            },
                        )?;
                }
                ast::IndirectionStep::Star { location } => {
                    return Err(unsupported(
                        "row expansion via \"*\" is not supported here",
                        *location,
                    ));
                }
            }
        }
        self.subscripted(current, &mut bounds, location)
    }

    /// The relation whose whole row the expression is.
    fn names_whole_row(&mut self, expr: &ast::Expr) -> Option<String> {
        let ast::Expr::ColumnRef(reference) = expr else {
            return None;
        };
        let [name] = reference.fields.as_slice() else {
            return None;
        };
        let level = self.level();
        let is_column = level.columns.iter().any(|column| column.name == *name);
        let is_item = level.items.iter().any(|item| item.name == *name);
        (is_item && !is_column && !reference.star).then(|| name.clone())
    }

    pub fn subscript(&mut self, index: &ast::Expr) -> SqlResult<Expr> {
        let location = location_of(index);
        let bound = self.expr(index)?;
        let source = type_of(&bound).oid;
        let ty = SqlType::new(oid::INT4);
        self.try_coerce(bound, ty, functions::CastContext::Assignment, location)?.ok_or_else(|| {
            error(
                sqlstate::DATATYPE_MISMATCH,
                format!("array subscript must have type integer, not {}", self.type_name(source)),
                location,
            )
        })
    }

    fn subscripted(
        &mut self,
        operand: Expr,
        bounds: &mut Vec<SubscriptBounds>,
        location: u32,
    ) -> SqlResult<Expr> {
        if bounds.is_empty() {
            return Ok(operand);
        }
        let bounds = std::mem::take(bounds);
        let ty = type_of(&operand);
        if ty.oid == oid::JSONB {
            let mut current = operand;
            for bound in bounds {
                let SubscriptBounds::Index(index) = bound else {
                    return Err(error(
                        sqlstate::DATATYPE_MISMATCH,
                        "jsonb subscript does not support slices",
                        location,
                    ));
                };
                let index = self.settle(index, location)?;
                current = self.operator("->", Some(current), index, location)?;
            }
            return Ok(current);
        }
        if ty.oid == oid::NAME {
            if !matches!(bounds[..], [SubscriptBounds::Index(_)]) {
                return Err(unsupported("slices of type name are not supported", location));
            }
            let ty = SqlType::new(oid::CHAR);
            return Ok(Expr::Subscript(Box::new(Subscript { operand, subscripts: bounds, ty })));
        }
        self.check_subscripted(&operand, location)?;
        let element = self.element_of(ty.oid);
        let slice = bounds.iter().any(|bound| matches!(bound, SubscriptBounds::Slice { .. }));
        let ty = SqlType { oid: if slice { ty.oid } else { element }, ..ty };
        Ok(Expr::Subscript(Box::new(Subscript { operand, subscripts: bounds, ty })))
    }

    fn check_subscripted(&self, operand: &Expr, location: u32) -> SqlResult<()> {
        let ty = type_of(operand).oid;
        if matches!(ty, oid::JSONB | oid::NAME) || self.element_of(ty) != 0 {
            return Ok(());
        }
        Err(error(
            sqlstate::DATATYPE_MISMATCH,
            format!(
                "cannot subscript type {} because it does not support subscripting",
                self.type_name(ty)
            ),
            location,
        ))
    }

    pub fn field(&mut self, operand: Expr, name: &str, location: u32) -> SqlResult<Expr> {
        let ty = type_of(&operand);
        let fields = self.set_fields(&operand).or_else(|| self.composite_fields(ty.oid));
        if let (None, Expr::Row { fields, .. }) = (&fields, &operand) {
            let number = name.strip_prefix('f').and_then(|digits| digits.parse::<usize>().ok());
            let index = number.and_then(|number| number.checked_sub(1));
            return match index.and_then(|index| fields.get(index)) {
                Some(field) => Ok(field.clone()),
                None => Err(error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("could not identify column \"{name}\" in record data type"),
                    location,
                )),
            };
        }
        let Some(fields) = fields else {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!(
                    "column notation .{name} applied to type {}, which is not a composite type",
                    self.type_name(ty.oid)
                ),
                location,
            ));
        };
        match fields.iter().position(|field| field.0 == name) {
            Some(index) => {
                let ty = match &operand {
                    // A whole row of a table: its columns know their collations.
                    Expr::Row { fields: values, .. } if values.len() == fields.len() => {
                        fields[index].1.collated(type_of(&values[index]).collation)
                    }
                    _ => fields[index].1,
                };
                Ok(Expr::Field { operand: Box::new(operand), index, ty })
            }
            None => Err(error(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{name}\" not found in data type {}", self.type_name(ty.oid)),
                location,
            )),
        }
    }
}

/// Whether a literal NULL was written.
pub fn is_null_constant(expr: &Expr) -> bool {
    is_constant(expr) && matches!(expr, Expr::Constant { value: Datum::Null, .. })
}
