//! Whole queries: scopes, stars, output columns.

use syntax::ast::*;
use types::{SqlResult, SqlType, sqlstate};

use super::calls::settled;
use super::{Analysis, Output, Scope, VisibleColumn};
use crate::run::{error, unsupported};

impl Analysis<'_, '_> {
    /// Output columns of the query.
    pub fn query(&mut self, query: &mut Query) -> SqlResult<Vec<Output>> {
        self.nested(|analysis| {
            let known = analysis.tables.len();
            let result = analysis.query_in_place(query);
            analysis.tables.truncate(known);
            result
        })
    }

    fn query_in_place(&mut self, query: &mut Query) -> SqlResult<Vec<Output>> {
        if let Some(with) = &mut query.with {
            for table in &mut with.tables {
                self.common_table(table, with.recursive)?;
            }
        }
        let (outputs, scope) = self.body(&mut query.body)?;
        let outputs = all_settled(outputs);
        for item in &mut query.order_by {
            self.sort_expression(&mut item.expr, &outputs, scope.as_ref())?;
        }
        for count in
            [query.limit.as_mut().and_then(|limit| limit.count.as_mut()), query.offset.as_mut()]
                .into_iter()
                .flatten()
        {
            self.expression(count)?;
        }
        Ok(outputs)
    }

    /// A name of an output column stays; all else means columns of the tables.
    fn sort_expression(
        &mut self,
        expr: &mut Expr,
        outputs: &[Output],
        scope: Option<&Scope>,
    ) -> SqlResult<()> {
        if let Expr::ColumnRef(reference) = expr
            && let [name] = reference.fields.as_slice()
            && outputs.iter().any(|output| output.name == *name)
        {
            return Ok(());
        }
        let Some(scope) = scope else {
            return Ok(());
        };
        self.scopes.push(scope.clone());
        let result = self.expression(expr);
        self.scopes.pop();
        result.map(drop)
    }

    fn common_table(&mut self, table: &mut CommonTable, recursive: bool) -> SqlResult<()> {
        let Statement::Query(query) = table.statement.as_mut() else {
            return Err(unsupported("views must not contain data-modifying statements in WITH"));
        };
        let name = table.name.clone();
        let named = |mut outputs: Vec<Output>, columns: &[String]| {
            for (output, column) in outputs.iter_mut().zip(columns) {
                output.name.clone_from(column);
            }
            outputs
        };
        if recursive && let QueryBody::SetOperation(operation) = &mut query.body {
            let mut first = operation.left.clone();
            let (outputs, _) = self.body(&mut first)?;
            self.tables.push((name.clone(), named(all_settled(outputs), &table.columns)));
        }
        let mut outputs = named(self.query(query)?, &table.columns);
        if let Some(search) = &table.search {
            let ty = SqlType::new(types::oid::RECORD);
            outputs.push(Output { name: search.sequence_column.clone(), ty });
        }
        if let Some(cycle) = &table.cycle {
            let ty = SqlType::new(types::oid::BOOL);
            outputs.push(Output { name: cycle.mark_column.clone(), ty });
            let ty = SqlType::new(types::oid::RECORD_ARRAY);
            outputs.push(Output { name: cycle.path_column.clone(), ty });
        }
        self.tables.push((name, outputs));
        Ok(())
    }

    /// Literals of a select list stay without type here: in a set operation the other side may give them one.
    fn body(&mut self, body: &mut QueryBody) -> SqlResult<(Vec<Output>, Option<Scope>)> {
        match body {
            QueryBody::Select(select) => {
                let (outputs, scope) = self.select(select)?;
                Ok((outputs, Some(scope)))
            }
            QueryBody::Values { rows, .. } => Ok((self.values(rows)?, None)),
            QueryBody::Nested(query) => Ok((self.query(query)?, None)),
            QueryBody::SetOperation(operation) => {
                let (left, _) = self.nested(|analysis| analysis.body(&mut operation.left))?;
                let (right, _) = self.nested(|analysis| analysis.body(&mut operation.right))?;
                let word = match operation.operator {
                    SetOperator::Union => "UNION",
                    SetOperator::Intersect => "INTERSECT",
                    SetOperator::Except => "EXCEPT",
                };
                if left.len() != right.len() {
                    return Err(error(
                        sqlstate::SYNTAX_ERROR,
                        format!("each {word} query must have the same number of columns"),
                    ));
                }
                let pairs = left.into_iter().zip(right);
                let outputs = pairs.map(|(left, right)| {
                    let ty = settled(self.common_of(word, &[left.ty, right.ty])?);
                    Ok(Output { name: left.name, ty })
                });
                Ok((outputs.collect::<SqlResult<_>>()?, None))
            }
        }
    }

    fn values(&mut self, rows: &mut [Vec<Expr>]) -> SqlResult<Vec<Output>> {
        let mut columns: Vec<Vec<SqlType>> = Vec::new();
        for row in rows {
            for (position, expr) in row.iter_mut().enumerate() {
                let ty = self.expression(expr)?;
                match columns.get_mut(position) {
                    Some(column) => column.push(ty),
                    None => columns.push(vec![ty]),
                }
            }
        }
        let outputs = columns.iter().enumerate().map(|(position, types)| {
            let ty = settled(self.common_of("VALUES", types)?);
            Ok(Output { name: format!("column{}", position + 1), ty })
        });
        outputs.collect()
    }

    fn select(&mut self, select: &mut Select) -> SqlResult<(Vec<Output>, Scope)> {
        let scope = self.table_list(&mut select.from)?;
        self.scopes.push(scope);
        let outputs = self.select_in_scope(select);
        let scope = self.scopes.pop().unwrap_or_default();
        Ok((outputs?, scope))
    }

    fn select_in_scope(&mut self, select: &mut Select) -> SqlResult<Vec<Output>> {
        select.items = self.expanded(std::mem::take(&mut select.items))?;
        let mut outputs = Vec::new();
        for item in &mut select.items {
            let name = match &item.alias {
                Some(alias) => alias.clone(),
                None => figure_name(&item.expr),
            };
            let ty = self.expression(&mut item.expr)?;
            outputs.push(Output { name, ty });
        }
        if let Some(filter) = &mut select.filter {
            let ty = self.expression(filter)?;
            self.require_boolean(filter, ty, "WHERE")?;
        }
        self.group(&mut select.group_by, &outputs)?;
        if let Some(having) = &mut select.having {
            let ty = self.expression(having)?;
            self.require_boolean(having, ty, "HAVING")?;
        }
        for named in &mut select.windows {
            self.window(&mut named.definition)?;
        }
        if let Distinct::On(exprs) = &mut select.distinct {
            for expr in exprs {
                self.output_or_column(expr, &outputs)?;
            }
        }
        Ok(outputs)
    }

    fn group(&mut self, items: &mut [GroupItem], outputs: &[Output]) -> SqlResult<()> {
        for item in items {
            match item {
                GroupItem::Expr(expr) => self.output_or_column(expr, outputs)?,
                GroupItem::Empty { .. } => {}
                GroupItem::Rollup { items, .. } | GroupItem::Cube { items, .. } => {
                    for expr in items {
                        self.output_or_column(expr, outputs)?;
                    }
                }
                GroupItem::GroupingSets { sets, .. } => self.group(sets, outputs)?,
            }
        }
        Ok(())
    }

    /// A column of the tables, or else the name of an output.
    fn output_or_column(&mut self, expr: &mut Expr, outputs: &[Output]) -> SqlResult<()> {
        if let Expr::ColumnRef(reference) = expr
            && let [name] = reference.fields.as_slice()
        {
            let is_column = self
                .scopes
                .last()
                .is_some_and(|scope| scope.visible.iter().any(|column| column.name == *name));
            if !is_column && outputs.iter().any(|output| output.name == *name) {
                return Ok(());
            }
        }
        self.expression(expr).map(drop)
    }

    /// Stars become columns; a star over what is not known stays.
    fn expanded(&mut self, items: Vec<SelectItem>) -> SqlResult<Vec<SelectItem>> {
        let mut all = Vec::new();
        for item in items {
            let Expr::ColumnRef(reference) = &item.expr else {
                all.push(item);
                continue;
            };
            if !reference.star {
                all.push(item);
                continue;
            }
            let (columns, qualifier) = self.starred(reference)?;
            let Some(columns) = columns else {
                return Err(unsupported("cannot expand * over a function of unknown columns")
                    .at(item.location));
            };
            for column in columns {
                let qualifier = qualifier.clone().or(column.qualifier);
                let fields = qualifier.into_iter().chain(Some(column.name)).collect();
                let expr = Expr::ColumnRef(ColumnRef {
                    fields,
                    star: false,
                    location: reference.location,
                });
                all.push(SelectItem { expr, alias: None, location: item.location });
            }
        }
        Ok(all)
    }

    fn starred(
        &self,
        reference: &ColumnRef,
    ) -> SqlResult<(Option<Vec<VisibleColumn>>, Option<String>)> {
        let Some(table) = reference.fields.last() else {
            let scope = self.scopes.last().cloned().unwrap_or_default();
            if scope.sources.is_empty() {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    "SELECT * with no tables specified is not valid",
                )
                .at(reference.location));
            }
            let known = scope.sources.iter().all(|source| source.complete);
            return Ok((known.then_some(scope.visible), None));
        };
        for scope in self.scopes.iter().rev() {
            if let Some(source) = scope.sources.iter().find(|source| source.name == *table) {
                let columns = source.complete.then(|| source.columns.clone());
                return Ok((columns, Some(table.clone())));
            }
        }
        Err(error(
            sqlstate::UNDEFINED_TABLE,
            format!("missing FROM-clause entry for table \"{table}\""),
        )
        .at(reference.location))
    }
}

/// The name PostgreSQL gives an output column without an alias.
pub(crate) fn figure_name(expr: &Expr) -> String {
    name_of(expr).unwrap_or_else(|| "?column?".to_owned())
}

pub(crate) fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::ColumnRef(reference) => reference.fields.last().cloned(),
        Expr::Function(call) => Some(call.name.name().to_owned()),
        Expr::TypeCast(cast) => {
            name_of(&cast.expr).or_else(|| Some(cast.type_name.name().to_owned()))
        }
        Expr::Collate(collate) => name_of(&collate.expr),
        Expr::Indirection(indirection) => {
            let field = indirection.steps.iter().rev().find_map(|step| match step {
                IndirectionStep::Field { name, .. } => Some(name.clone()),
                _ => None,
            });
            field.or_else(|| name_of(&indirection.base))
        }
        Expr::Case(case) => case
            .otherwise
            .as_ref()
            .and_then(|otherwise| match otherwise {
                Expr::ColumnRef(_) => name_of(otherwise),
                _ => None,
            })
            .or_else(|| Some("case".to_owned())),
        Expr::Coalesce { .. } => Some("coalesce".to_owned()),
        Expr::NullIf(_) => Some("nullif".to_owned()),
        Expr::MinMax { greatest, .. } => {
            Some(if *greatest { "greatest" } else { "least" }.to_owned())
        }
        Expr::Array { .. } => Some("array".to_owned()),
        Expr::Row { .. } => Some("row".to_owned()),
        Expr::Grouping { .. } => Some("grouping".to_owned()),
        Expr::Subquery(subquery) => match subquery.kind {
            SubqueryKind::Exists => Some("exists".to_owned()),
            SubqueryKind::Array => Some("array".to_owned()),
            SubqueryKind::Scalar => match &subquery.query.body {
                QueryBody::Select(select) => select
                    .items
                    .first()
                    .and_then(|item| item.alias.clone().or_else(|| name_of(&item.expr))),
                _ => None,
            },
            _ => None,
        },
        Expr::SqlValue { function, .. } => Some(
            match function {
                SqlValueFunction::CurrentDate => "current_date",
                SqlValueFunction::CurrentTime => "current_time",
                SqlValueFunction::CurrentTimestamp => "current_timestamp",
                SqlValueFunction::LocalTime => "localtime",
                SqlValueFunction::LocalTimestamp => "localtimestamp",
                SqlValueFunction::CurrentRole => "current_role",
                SqlValueFunction::CurrentUser => "current_user",
                SqlValueFunction::User => "user",
                SqlValueFunction::SessionUser => "session_user",
                SqlValueFunction::SystemUser => "system_user",
                SqlValueFunction::CurrentCatalog => "current_catalog",
                SqlValueFunction::CurrentSchema => "current_schema",
            }
            .to_owned(),
        ),
        Expr::Json(json) => Some(json.function.clone()),
        Expr::Xml(xml) => Some(xml.function.clone()),
        _ => None,
    }
}

fn all_settled(mut outputs: Vec<Output>) -> Vec<Output> {
    for output in &mut outputs {
        output.ty = settled(output.ty);
    }
    outputs
}
