//! Types of expressions, and the columns they read.

use functions::{CastContext, Volatility, resolve_operator};
use syntax::ast::*;
use types::{Oid, SqlResult, SqlType, oid, sqlstate};

use super::{Analysis, Clause, VisibleColumn};
use crate::run::error;

/// Names of system columns, which no descriptor lists.
const SYSTEM_COLUMNS: &[&str] = &["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"];

const BOOLEAN: SqlType = SqlType::new(oid::BOOL);

/// Where an expression begins, as PostgreSQL reports it.
pub(crate) fn location_of(expr: &Expr) -> u32 {
    match expr {
        Expr::ColumnRef(reference) => reference.location,
        Expr::Literal(literal) => literal.location,
        Expr::TypeCast(cast) => location_of(&cast.expr),
        Expr::Operator(operator) => match &operator.left {
            Some(left) => location_of(left),
            None => operator.location,
        },
        Expr::And(terms) | Expr::Or(terms) => terms.first().map_or(0, location_of),
        Expr::Not(operand) => location_of(operand),
        Expr::Is(is) => location_of(&is.expr),
        Expr::IsDistinct(is) => location_of(&is.left),
        Expr::InList(list) => location_of(&list.expr),
        Expr::Between(between) => location_of(&between.expr),
        Expr::Like(like) => location_of(&like.expr),
        Expr::Function(call) => call.location,
        Expr::Subquery(subquery) => subquery.location,
        Expr::Case(case) => case.location,
        Expr::Indirection(indirection) => location_of(&indirection.base),
        Expr::Collate(collate) => location_of(&collate.expr),
        Expr::Parameter { location, .. }
        | Expr::Array { location, .. }
        | Expr::Row { location, .. }
        | Expr::Coalesce { location, .. }
        | Expr::MinMax { location, .. }
        | Expr::SqlValue { location, .. }
        | Expr::Grouping { location, .. }
        | Expr::Default { location } => *location,
        _ => 0,
    }
}

impl Analysis<'_, '_> {
    /// The expression's type; 0 if it cannot be known here.
    pub fn expression(&mut self, expr: &mut Expr) -> SqlResult<SqlType> {
        self.nested(|analysis| analysis.expression_type(expr))
    }

    fn all(&mut self, exprs: &mut [Expr]) -> SqlResult<Vec<Oid>> {
        exprs.iter_mut().map(|expr| self.expression(expr).map(|ty| ty.oid)).collect()
    }

    fn boolean_over(&mut self, parts: Vec<&mut Expr>) -> SqlResult<SqlType> {
        for part in parts {
            self.expression(part)?;
        }
        Ok(BOOLEAN)
    }

    fn expression_type(&mut self, expr: &mut Expr) -> SqlResult<SqlType> {
        match expr {
            Expr::ColumnRef(reference) => self.column(reference),
            Expr::Parameter { number, location } => Err(error(
                sqlstate::UNDEFINED_PARAMETER,
                format!("there is no parameter ${number}"),
            )
            .at(*location)),
            Expr::Literal(literal) => Ok(literal_type(&literal.value)),
            Expr::TypeCast(cast) => self.cast(cast),
            Expr::Operator(operator) => self.operator(operator),
            Expr::And(terms) => self.logical(terms, "AND"),
            Expr::Or(terms) => self.logical(terms, "OR"),
            Expr::Not(operand) => {
                let ty = self.expression(operand)?;
                self.require_boolean(operand, ty, "NOT")?;
                Ok(BOOLEAN)
            }
            Expr::Is(is) => self.boolean_over(vec![&mut is.expr]),
            Expr::IsDistinct(is) => {
                let (left, right) = (&mut is.left, &mut is.right);
                self.compare("=", left, right, is.location)
            }
            Expr::InList(list) => {
                let left = self.expression(&mut list.expr)?;
                for item in &mut list.list {
                    let right = self.expression(item)?;
                    self.operator_type("=", Some(left), right, list.location)?;
                }
                Ok(BOOLEAN)
            }
            Expr::Between(between) => {
                let ty = self.expression(&mut between.expr)?;
                for (bound, operator) in [(&mut between.low, ">="), (&mut between.high, "<=")] {
                    let bound = self.expression(bound)?;
                    self.operator_type(operator, Some(ty), bound, between.location)?;
                }
                Ok(BOOLEAN)
            }
            Expr::Like(like) => {
                if let Some(escape) = &mut like.escape {
                    self.expression(escape)?;
                }
                let operator = match like.kind {
                    LikeKind::Like => "~~",
                    LikeKind::ILike => "~~*",
                    LikeKind::SimilarTo => "~",
                };
                self.compare(operator, &mut like.expr, &mut like.pattern, like.location)
            }
            Expr::Quantified(quantified) => {
                self.boolean_over(vec![&mut quantified.left, &mut quantified.array])
            }
            Expr::Subquery(subquery) => self.subquery(subquery),
            Expr::Array { elements, .. } => self.array(elements),
            Expr::Row { fields, .. } => {
                self.all(fields)?;
                Ok(SqlType::new(oid::RECORD))
            }
            Expr::Case(case) => self.case(case),
            Expr::Coalesce { arguments, .. } => self.common("COALESCE", arguments),
            Expr::MinMax { greatest, arguments, .. } => {
                let word = if *greatest { "GREATEST" } else { "LEAST" };
                self.common(word, arguments)
            }
            Expr::NullIf(pair) => {
                let left = self.expression(&mut pair.left)?;
                let right = self.expression(&mut pair.right)?;
                self.operator_type("=", Some(left), right, pair.location)?;
                Ok(if left.oid == oid::UNKNOWN { right } else { left })
            }
            Expr::Function(call) => self.call(call),
            Expr::SqlValue { function, .. } => {
                self.raise(Volatility::Stable);
                Ok(sql_value_type(*function))
            }
            Expr::Indirection(indirection) => self.indirection(indirection),
            Expr::Collate(collate) => {
                let ty = self.expression(&mut collate.expr)?;
                let known = functions::collations::by_name(collate.collation.name());
                self.meets_collation |= known.and_then(functions::collations::of_icu).is_some();
                Ok(known.map_or(ty, |known| ty.collated(types::Collation::Implicit(known))))
            }
            Expr::Grouping { arguments, .. } => {
                self.all(arguments)?;
                Ok(SqlType::new(oid::INT4))
            }
            Expr::MergeAction { .. } => Ok(SqlType::new(oid::TEXT)),
            Expr::Xml(xml) => {
                for item in &mut xml.attributes {
                    self.expression(&mut item.expr)?;
                }
                self.all(&mut xml.arguments)?;
                Ok(SqlType::new(oid::XML))
            }
            Expr::Json(json) => self.json(json),
            Expr::Default { location } => {
                Err(error(sqlstate::SYNTAX_ERROR, "DEFAULT is not allowed in this context")
                    .at(*location))
            }
            Expr::CurrentOf { .. } => Ok(BOOLEAN),
        }
    }

    fn logical(&mut self, terms: &mut [Expr], word: &str) -> SqlResult<SqlType> {
        for term in terms {
            let ty = self.expression(term)?;
            self.require_boolean(term, ty, word)?;
        }
        Ok(BOOLEAN)
    }

    fn compare(
        &mut self,
        operator: &str,
        left: &mut Expr,
        right: &mut Expr,
        location: u32,
    ) -> SqlResult<SqlType> {
        let left = self.expression(left)?;
        let right = self.expression(right)?;
        self.operator_type(operator, Some(left), right, location)?;
        Ok(BOOLEAN)
    }

    fn operator(&mut self, operator: &mut OperatorExpr) -> SqlResult<SqlType> {
        let left = match &mut operator.left {
            Some(left) => Some(self.expression(left)?),
            None => None,
        };
        let right = self.expression(&mut operator.right)?;
        self.operator_type(&operator.name, left, right, operator.location)
    }

    pub(super) fn operator_type(
        &mut self,
        name: &str,
        left: Option<SqlType>,
        right: SqlType,
        location: u32,
    ) -> SqlResult<SqlType> {
        let unknowable = |ty: Oid| ty == 0 || ty == oid::RECORD;
        if unknowable(right.oid) || left.is_some_and(|left| unknowable(left.oid)) {
            let is_comparison = matches!(name, "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=");
            return Ok(SqlType::new(if is_comparison { oid::BOOL } else { 0 }));
        }
        let name = if name == "!=" { "<>" } else { name };
        let types = &self.run.catalog;
        resolve_operator(types, name, left.map(|left| left.oid), right.oid)
            .map(|resolved| resolved.result)
            .map_err(|failure| failure.located(location))
    }

    fn cast(&mut self, cast: &mut TypeCast) -> SqlResult<SqlType> {
        let given = self.expression(&mut cast.expr)?;
        let target = self.run.resolve_type(&mut cast.type_name)?;
        self.uses_type(target.oid);
        if target.oid == oid::REGCLASS {
            self.named_relation(&mut cast.expr)?;
        }
        if given.oid == oid::UNKNOWN {
            if target.oid != oid::REGCLASS {
                self.check_literal(&cast.expr, target)?;
            }
            return Ok(target);
        }
        let types = &self.run.catalog;
        let known = given.oid == 0
            || functions::find_cast(types, given.oid, target.oid, CastContext::Explicit).is_some()
            || functions::coercion::can_coerce(
                types,
                &[given.oid],
                &[target.oid],
                CastContext::Explicit,
            );
        if known {
            return Ok(target);
        }
        Err(error(
            sqlstate::CANNOT_COERCE,
            format!(
                "cannot cast type {} to {}",
                self.run.type_name(given.oid),
                self.run.type_name(target.oid)
            ),
        )
        .at(cast.location))
    }

    fn uses_type(&mut self, ty: Oid) {
        let element = functions::type_catalog::element_type(&self.run.catalog, ty);
        let ty = if element == 0 { ty } else { element };
        if ty >= oid::FIRST_USER_OID {
            self.types_used.insert(ty);
        }
    }

    /// `'name'::regclass`: the text gets the schema, and the sequence is a dependency.
    pub(super) fn named_relation(&mut self, expr: &mut Expr) -> SqlResult<()> {
        let Expr::Literal(Literal { value: LiteralValue::String(text), location }) = expr else {
            return Ok(());
        };
        let Some(name) = parse_name(text) else {
            return Ok(());
        };
        match self.run.find(&name)? {
            Some(crate::names::Found::Relation(relation)) => {
                *text = self.run.qualified(relation.schema, &relation.name);
                self.uses.insert((relation.oid, 0));
                if relation.kind == catalog::RelationKind::Sequence {
                    self.sequences.insert(relation.oid);
                }
                Ok(())
            }
            Some(crate::names::Found::Index(..)) => Ok(()),
            None => Err(crate::names::undefined_relation(&name).at(*location)),
        }
    }

    fn subquery(&mut self, subquery: &mut SubqueryExpr) -> SqlResult<SqlType> {
        if self.clause != Clause::Query {
            return Err(error(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("cannot use subquery in {}", self.clause.singular()),
            )
            .at(subquery.location));
        }
        match &mut subquery.kind {
            SubqueryKind::In { expr, .. } => drop(self.expression(expr)?),
            SubqueryKind::Quantified { left, .. } => drop(self.expression(left)?),
            SubqueryKind::Exists | SubqueryKind::Scalar | SubqueryKind::Array => {}
        }
        let outputs = self.query(&mut subquery.query)?;
        let first = outputs.first().map_or(SqlType::new(0), |output| output.ty);
        Ok(match subquery.kind {
            SubqueryKind::Scalar => first,
            SubqueryKind::Array => SqlType::with_modifier(
                functions::type_catalog::array_type(&self.run.catalog, first.oid),
                first.modifier,
            ),
            _ => BOOLEAN,
        })
    }

    fn array(&mut self, elements: &mut [Expr]) -> SqlResult<SqlType> {
        let members = self.all(elements)?;
        if members.is_empty() || members.contains(&0) {
            return Ok(SqlType::new(0));
        }
        let common = functions::common_type(&self.run.catalog, &members, "ARRAY")?;
        if functions::type_catalog::element_type(&self.run.catalog, common) != 0 {
            return Ok(SqlType::new(common));
        }
        Ok(SqlType::new(functions::type_catalog::array_type(&self.run.catalog, common)))
    }

    fn case(&mut self, case: &mut CaseExpr) -> SqlResult<SqlType> {
        let operand = match &mut case.operand {
            Some(operand) => Some(self.expression(operand)?),
            None => None,
        };
        let mut results = Vec::new();
        for branch in &mut case.branches {
            let condition = self.expression(&mut branch.condition)?;
            match operand {
                Some(operand) => {
                    self.operator_type("=", Some(operand), condition, branch.location)?;
                }
                None => self.require_boolean(&branch.condition, condition, "CASE/WHEN")?,
            }
            results.push(self.expression(&mut branch.result)?);
        }
        if let Some(otherwise) = &mut case.otherwise {
            let ty = self.expression(otherwise)?;
            results.insert(0, ty);
        }
        self.common_of("CASE", &results)
    }

    fn common(&mut self, word: &str, arguments: &mut [Expr]) -> SqlResult<SqlType> {
        let mut types = Vec::new();
        for argument in arguments {
            types.push(self.expression(argument)?);
        }
        self.common_of(word, &types)
    }

    pub(super) fn common_of(&self, word: &str, members: &[SqlType]) -> SqlResult<SqlType> {
        let Some(first) = members.first() else {
            return Ok(SqlType::new(0));
        };
        if members.iter().any(|member| member.oid == 0) {
            return Ok(SqlType::new(0));
        }
        if members.iter().all(|member| member == first) && first.oid != oid::UNKNOWN {
            return Ok(*first);
        }
        let oids: Vec<Oid> = members.iter().map(|member| member.oid).collect();
        Ok(SqlType::new(functions::common_type(&self.run.catalog, &oids, word)?))
    }

    fn indirection(&mut self, indirection: &mut Indirection) -> SqlResult<SqlType> {
        let mut ty = self.expression(&mut indirection.base)?;
        for step in &mut indirection.steps {
            match step {
                IndirectionStep::Index(index) => {
                    self.expression(index)?;
                    if ty.oid != oid::JSONB {
                        let types = &self.run.catalog;
                        let element = functions::type_catalog::element_type(types, ty.oid);
                        ty = SqlType::with_modifier(element, ty.modifier);
                    }
                }
                IndirectionStep::Slice { lower, upper } => {
                    for bound in [lower, upper].into_iter().flatten() {
                        self.expression(bound)?;
                    }
                }
                IndirectionStep::Field { name, .. } => {
                    let fields = self.run.composite_fields(ty.oid).unwrap_or_default();
                    let field = fields.iter().find(|(field, _)| field == name);
                    ty = field.map_or(SqlType::new(0), |(_, ty)| *ty);
                }
                IndirectionStep::Star { .. } => ty = SqlType::new(0),
            }
        }
        Ok(ty)
    }

    fn json(&mut self, json: &mut JsonExpr) -> SqlResult<SqlType> {
        for argument in &mut json.arguments {
            if let Some(key) = &mut argument.key {
                self.expression(key)?;
            }
            self.expression(&mut argument.value)?;
        }
        for (value, _) in &mut json.passing {
            self.expression(value)?;
        }
        if let Some(filter) = &mut json.filter {
            self.expression(filter)?;
        }
        if let Some(query) = &mut json.query {
            self.query(query)?;
        }
        if let Some(returning) = &mut json.returning {
            return self.run.resolve_type(returning);
        }
        Ok(SqlType::new(match json.function.as_str() {
            "json_value" | "json_serialize" => oid::TEXT,
            "json_exists" => oid::BOOL,
            "json_query" => oid::JSONB,
            _ => oid::JSON,
        }))
    }

    fn column(&mut self, reference: &mut ColumnRef) -> SqlResult<SqlType> {
        if self.no_columns {
            return Err(error(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "cannot use column reference in DEFAULT expression",
            )
            .at(reference.location));
        }
        if reference.star {
            return Ok(SqlType::new(oid::RECORD));
        }
        match reference.fields.as_slice() {
            [name] => {
                let name = name.clone();
                self.bare_column(reference, &name)
            }
            [table, name] => {
                let (table, name) = (table.clone(), name.clone());
                self.qualified_column(reference, None, &table, &name)
            }
            [.., schema, table, name] => {
                let (schema, table, name) = (schema.clone(), table.clone(), name.clone());
                self.qualified_column(reference, Some(&schema), &table, &name)
            }
            [] => Ok(SqlType::new(0)),
        }
    }

    fn found(&mut self, reference: &mut ColumnRef, column: &VisibleColumn) -> SqlType {
        reference.fields = match (&column.qualifier, self.clause) {
            (Some(qualifier), Clause::Query) => vec![qualifier.clone(), column.name.clone()],
            _ => vec![column.name.clone()],
        };
        self.uses.extend(column.origins.iter().copied());
        column.ty
    }

    fn bare_column(&mut self, reference: &mut ColumnRef, name: &str) -> SqlResult<SqlType> {
        for index in (0..self.scopes.len()).rev() {
            let scope = &self.scopes[index];
            let mut matches = scope.visible.iter().filter(|column| column.name == name);
            if let Some(column) = matches.next() {
                if matches.next().is_some() {
                    return Err(error(
                        sqlstate::AMBIGUOUS_COLUMN,
                        format!("column reference \"{name}\" is ambiguous"),
                    )
                    .at(reference.location));
                }
                let column = column.clone();
                return Ok(self.found(reference, &column));
            }
            if scope.sources.iter().any(|source| !source.complete) {
                return Ok(SqlType::new(0));
            }
        }
        for scope in self.scopes.iter().rev() {
            if let Some(source) = scope.sources.iter().find(|source| source.name == name) {
                let whole =
                    SqlType::new(if source.row_type == 0 { oid::RECORD } else { source.row_type });
                let columns: Vec<_> =
                    source.columns.iter().flat_map(|column| column.origins.clone()).collect();
                self.uses.extend(columns);
                return Ok(whole);
            }
        }
        if SYSTEM_COLUMNS.contains(&name) && !self.scopes.is_empty() {
            return Ok(SqlType::new(oid::OID));
        }
        Err(error(sqlstate::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"))
            .at(reference.location))
    }

    fn qualified_column(
        &mut self,
        reference: &mut ColumnRef,
        schema: Option<&str>,
        table: &str,
        name: &str,
    ) -> SqlResult<SqlType> {
        for index in (0..self.scopes.len()).rev() {
            let source = self.scopes[index].sources.iter().find(|source| {
                source.name == table
                    && schema.is_none_or(|schema| source.schema.as_deref() == Some(schema))
            });
            let Some(source) = source else {
                continue;
            };
            if let Some(column) = source.columns.iter().find(|column| column.name == name) {
                let mut column = column.clone();
                if column.qualifier.is_none() && self.clause == Clause::Query {
                    column.qualifier = Some(table.to_owned());
                }
                return Ok(self.found(reference, &column));
            }
            if !source.complete || SYSTEM_COLUMNS.contains(&name) {
                return Ok(SqlType::new(0));
            }
            return Err(error(
                sqlstate::UNDEFINED_COLUMN,
                format!("column {table}.{name} does not exist"),
            )
            .at(reference.location));
        }
        // `composite.field` of a column, which PostgreSQL also tries.
        let composite = self.scopes.iter().rev().find_map(|scope| {
            scope.visible.iter().find(|column| column.name == table).map(|column| column.ty)
        });
        if composite.is_some() {
            return Ok(SqlType::new(0));
        }
        Err(error(
            sqlstate::UNDEFINED_TABLE,
            format!("missing FROM-clause entry for table \"{table}\""),
        )
        .at(reference.location))
    }
}

/// A possibly qualified name as `regclass` reads it.
pub(crate) fn parse_name(text: &str) -> Option<ObjectName> {
    match syntax::parse_expression(text).ok()? {
        Expr::ColumnRef(reference) if !reference.star => {
            Some(ObjectName { parts: reference.fields, location: 0 })
        }
        _ => None,
    }
}

fn literal_type(value: &LiteralValue) -> SqlType {
    SqlType::new(match value {
        LiteralValue::Integer(_) => oid::INT4,
        LiteralValue::Numeric(text) if text.parse::<i64>().is_ok() => oid::INT8,
        LiteralValue::Numeric(_) => oid::NUMERIC,
        LiteralValue::String(_) | LiteralValue::Null => oid::UNKNOWN,
        LiteralValue::BitString(_) | LiteralValue::HexString(_) => oid::BIT,
        LiteralValue::Boolean(_) => oid::BOOL,
    })
}

fn sql_value_type(function: SqlValueFunction) -> SqlType {
    SqlType::new(match function {
        SqlValueFunction::CurrentDate => oid::DATE,
        SqlValueFunction::CurrentTime => oid::TIMETZ,
        SqlValueFunction::CurrentTimestamp => oid::TIMESTAMPTZ,
        SqlValueFunction::LocalTime => oid::TIME,
        SqlValueFunction::LocalTimestamp => oid::TIMESTAMP,
        SqlValueFunction::SystemUser => oid::TEXT,
        _ => oid::NAME,
    })
}
