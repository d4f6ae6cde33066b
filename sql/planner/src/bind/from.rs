//! FROM: tables, derived tables, functions, joins.

use std::borrow::Cow;
use std::sync::Arc;

use catalog::{Relation, RelationKind};
use functions::{CastContext, FunctionKind};
use syntax::ast;
use types::{Datum, SqlResult, SqlType, oid, sqlstate};

use super::calls::Ready;
use super::expressions::{constant, location_of};
use super::json::row_source;
use super::scope::{Boundary, Clause, Item, Level, ScopeColumn};
use super::select::BoundQuery;
use super::type_names::resolve_type;
use super::{Binder, error, unsupported};
use crate::expression::Expr;
use crate::logical::{Join, Logical, Table};
use crate::plan::{Access, JoinKind, SetCall};
use crate::walk::{self, type_of};

/// What one item of FROM gives.
pub struct Source {
    pub input: Logical,
    pub items: Vec<Item>,
    pub columns: Vec<ScopeColumn>,
}

impl Binder<'_> {
    /// The FROM list: afterwards all its names are in scope.
    pub fn from_list(&mut self, list: &[ast::FromItem]) -> SqlResult<Logical> {
        let mut input: Option<Logical> = None;
        for item in list {
            let source = self.in_clause(Clause::From, |binder| binder.from_item(item))?;
            self.check_names(&source.items)?;
            let level = self.level();
            level.items.extend(source.items);
            level.columns.extend(source.columns);
            input = Some(match input {
                None => source.input,
                Some(left) => Logical::Join(Box::new(Join {
                    kind: JoinKind::Inner,
                    left,
                    right: source.input,
                    on: Vec::new(),
                })),
            });
        }
        Ok(input.unwrap_or_else(Logical::one_row))
    }

    fn check_names(&mut self, items: &[Item]) -> SqlResult<()> {
        for item in items {
            let level = self.level();
            let twice = level.items.iter().any(|known| {
                known.name == item.name
                    && (known.schema == item.schema
                        || known.schema.is_none()
                        || item.schema.is_none())
            });
            if twice {
                return Err(error(
                    sqlstate::DUPLICATE_ALIAS,
                    format!("table name \"{}\" specified more than once", item.name),
                    0,
                ));
            }
        }
        Ok(())
    }

    fn from_item(&mut self, item: &ast::FromItem) -> SqlResult<Source> {
        self.nested(|binder| match item {
            ast::FromItem::Table(table) => binder.table(table),
            ast::FromItem::Subquery(subquery) => binder.derived_table(subquery),
            ast::FromItem::Function(function) => binder.table_function(function),
            ast::FromItem::Join(join) => binder.join(join),
        })
    }

    /// Finds a relation or fails as PostgreSQL does.
    pub fn relation(&mut self, name: &ast::ObjectName) -> SqlResult<Arc<Relation>> {
        let location = name.location;
        if name.parts.len() == 3 {
            self.check_database(&name.parts, location)?;
        }
        let found = match self.catalog.relation(name.schema(), name.name()) {
            // A schema that does not exist has no relations: that is all a query is told.
            Err(failure) if failure.sqlstate() == sqlstate::INVALID_SCHEMA_NAME => None,
            found => found.map_err(|failure| failure.at(location))?,
        };
        found.ok_or_else(|| {
            let shown = match name.schema() {
                Some(schema) => format!("{schema}.{}", name.name()),
                None => name.name().to_owned(),
            };
            let failure = error(
                sqlstate::UNDEFINED_TABLE,
                format!("relation \"{shown}\" does not exist"),
                location,
            );
            if name.schema().is_some() || !self.coming_ctes.iter().any(|later| later == &shown) {
                return failure;
            }
            failure
                .detail(format!(
                    "There is a WITH item named \"{shown}\", but it cannot be referenced from \
                     this part of the query."
                ))
                .hint(
                    "Use WITH RECURSIVE, or re-order the WITH items to remove forward references.",
                )
        })
    }

    fn table(&mut self, table: &ast::TableReference) -> SqlResult<Source> {
        let not_sampled = |table: &ast::TableReference| match &table.sample {
            None => Ok(()),
            Some(_) => Err(unsupported(
                "TABLESAMPLE clause can only be applied to tables and materialized views",
                table.location,
            )),
        };
        let name = &table.relation.name;
        if name.schema().is_none()
            && let Some(source) = self.cte_reference(name.name(), table)?
        {
            not_sampled(table)?;
            return Ok(source);
        }
        let relation = self.relation(name)?;
        let alias = table.alias.as_ref();
        if let Some(view) = &relation.view
            && relation.kind == RelationKind::View
        {
            not_sampled(table)?;
            let query = self.view_query(&relation, view)?;
            let mut source = self.named_query(query, alias, relation.name.as_str())?;
            for item in &mut source.items {
                item.row_type = relation.type_oid;
                item.schema = alias.is_none().then_some(relation.schema);
            }
            return Ok(source);
        }
        if relation.kind == RelationKind::Sequence {
            not_sampled(table)?;
            let query = self.sequence_query(&relation)?;
            return self.named_query(query, alias, relation.name.as_str());
        }
        self.uses(&relation, Access::Select);
        let (mut input, item) = self.stored(relation, alias)?;
        if let Some(sample) = &table.sample {
            let kept = self.sampled(sample, &item.columns)?;
            input = input.filtered(vec![kept]);
        }
        Ok(Source { input, columns: item.columns.clone(), items: vec![item] })
    }

    /// A stored or virtual relation with its columns under their names or aliases.
    pub fn stored(
        &mut self,
        relation: Arc<Relation>,
        alias: Option<&ast::Alias>,
    ) -> SqlResult<(Logical, Item)> {
        let first = self.columns.add_table(&relation);
        let mut columns: Vec<ScopeColumn> = relation
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.dropped)
            .map(|(position, column)| ScopeColumn {
                name: column.name.clone(),
                expr: self.columns.column(first + position),
            })
            .collect();
        let name = alias.map_or(relation.name.as_str(), |alias| alias.name.as_str()).to_owned();
        rename(&mut columns, alias, &name)?;
        let item = Item {
            name: name.clone(),
            schema: alias.is_none().then_some(relation.schema),
            hidden_name: alias.map(|_| relation.name.clone()),
            columns,
            row_type: relation.type_oid,
            stored: Some((first, relation.columns.len())),
            scalar: false,
            may_be_missing: false,
        };
        let table = Table { relation, alias: name, first, filter: Vec::new() };
        Ok((Logical::Table(Box::new(table)), item))
    }

    /// Names a query's outputs as a relation of FROM.
    pub fn named_query(
        &mut self,
        query: BoundQuery,
        alias: Option<&ast::Alias>,
        default: &str,
    ) -> SqlResult<Source> {
        let mut columns: Vec<ScopeColumn> = query
            .outputs
            .iter()
            .map(|output| ScopeColumn {
                name: output.name.clone(),
                expr: self.columns.column(output.id),
            })
            .collect();
        let name = alias.map_or(default, |alias| alias.name.as_str()).to_owned();
        rename(&mut columns, alias, &name)?;
        let item = Item {
            name,
            schema: None,
            hidden_name: None,
            columns: columns.clone(),
            row_type: 0,
            stored: None,
            scalar: false,
            may_be_missing: false,
        };
        Ok(Source { input: query.input, items: vec![item], columns })
    }

    fn derived_table(&mut self, subquery: &ast::FromSubquery) -> SqlResult<Source> {
        if !self.levels.is_empty() && !subquery.lateral {
            self.level().hidden = true;
        }
        let outer = self.levels.len();
        self.levels.push(Level::new(Boundary::Open));
        let bound = self.nested(|binder| binder.query(&subquery.query, false));
        self.levels.truncate(outer);
        if outer > 0 {
            self.level().hidden = false;
        }
        let query = bound?;
        let default = "unnamed_subquery";
        let mut source = self.named_query(query, subquery.alias.as_ref(), default)?;
        if subquery.alias.is_none() {
            // Without an alias its columns are known, but nothing qualifies them.
            source.items.clear();
        }
        Ok(source)
    }

    fn table_function(&mut self, function: &ast::FromFunction) -> SqlResult<Source> {
        let location = function.location;
        let mut calls: Vec<SetCall> = Vec::new();
        let mut columns: Vec<ScopeColumn> = Vec::new();
        let alias_name = function.alias.as_ref().map(|alias| alias.name.clone());
        let mut first_name = None;
        let items = each_array(&function.functions);
        let mut scalar = !function.rows_from && items.len() == 1;
        for item in items.iter() {
            let (call, names) = self.in_clause(Clause::FromFunction, |binder| {
                binder.row_function(&item.function, location)
            })?;
            first_name.get_or_insert_with(|| call.function.name.to_owned());
            let definitions = if item.column_definitions.is_empty() {
                &function.column_definitions
            } else {
                &item.column_definitions
            };
            let mut call = call;
            let mut names = names;
            if !definitions.is_empty() {
                call.columns.clear();
                names.clear();
                for definition in definitions {
                    let Some(type_name) = &definition.type_name else {
                        return Err(unsupported("a column needs a type here", location));
                    };
                    call.columns.push(resolve_type(type_name, self.catalog)?);
                    names.push(definition.name.clone());
                }
            } else if row_source(call.function.oid).is_some() && call.columns[0].oid != oid::RECORD
            {
                let ty = call.columns[0].oid;
                let fields = self.populated_fields(ty, call.function.name, location)?;
                (names, call.columns) = fields.into_iter().unzip();
            } else if call.columns.len() == 1 && call.columns[0].oid == oid::RECORD {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    "a column definition list is required for functions returning \"record\"",
                    location,
                ));
            }
            if let Some(source) = row_source(call.function.oid) {
                let fields: Vec<(String, SqlType)> =
                    names.iter().cloned().zip(call.columns.iter().copied()).collect();
                call.arguments.push(self.field_list(call.function.name, &fields));
                call.argument_types.push(oid::JSONB);
                call.function = source;
                scalar = false;
            }
            scalar = scalar && call.columns.len() == 1;
            for (name, &ty) in names.iter().zip(&call.columns) {
                let id = self.columns.add(name, ty);
                columns.push(ScopeColumn { name: name.clone(), expr: self.columns.column(id) });
            }
            calls.push(call);
        }
        if scalar
            && let Some(alias) = &alias_name
            && let Some(only) = columns.first_mut()
        {
            only.name = alias.clone();
            if let Expr::Column { index, .. } = &only.expr {
                self.columns.facts[*index].name = alias.clone();
            }
        }
        if function.with_ordinality {
            scalar = false;
            let id = self.columns.add("ordinality", SqlType::new(oid::INT8));
            columns
                .push(ScopeColumn { name: "ordinality".to_owned(), expr: self.columns.column(id) });
        }
        let ids = columns
            .iter()
            .filter_map(|column| match &column.expr {
                Expr::Column { index, .. } => Some(*index),
                _ => None,
            })
            .collect();
        let name = alias_name.or(first_name).unwrap_or_else(|| "function".to_owned());
        rename(&mut columns, function.alias.as_ref(), &name)?;
        let item = Item {
            name,
            schema: None,
            hidden_name: None,
            columns: columns.clone(),
            row_type: 0,
            stored: None,
            scalar,
            may_be_missing: false,
        };
        Ok(Source {
            input: Logical::Function { calls, ordinality: function.with_ordinality, columns: ids },
            items: vec![item],
            columns,
        })
    }

    /// A function in FROM with the names of its columns.
    fn row_function(
        &mut self,
        expr: &ast::Expr,
        location: u32,
    ) -> SqlResult<(SetCall, Vec<String>)> {
        if let ast::Expr::Function(call) = expr
            && call.over.is_none()
            && !call.star
        {
            let (arguments, names) = self.call_arguments(call)?;
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let name = call.name.name();
            self.routine_schema = call.name.schema().map(str::to_owned);
            if let Ready::Call(ready) = self.ready_call(
                name,
                arguments,
                &names,
                &super::calls::argument_places(call),
                call.variadic,
                call.location,
            )? {
                let definition = ready.resolved.definition;
                match definition.kind {
                    FunctionKind::Aggregate => {
                        return Err(error(
                            sqlstate::GROUPING_ERROR,
                            "aggregate functions are not allowed in functions in FROM",
                            call.location,
                        ));
                    }
                    FunctionKind::Window => {
                        return Err(error(
                            sqlstate::WRONG_OBJECT_TYPE,
                            format!("window function {name} requires an OVER clause"),
                            call.location,
                        ));
                    }
                    FunctionKind::Procedure if !self.calls_procedure => {
                        return Err(self.procedure_in_expression(definition, call.location));
                    }
                    _ => {}
                }
                let names = if ready.resolved.columns.is_empty() {
                    vec![definition.name.to_owned()]
                } else {
                    ready.resolved.columns.iter().map(|column| column.0.to_owned()).collect()
                };
                return Ok((self.set_call(ready), names));
            }
        }
        // An expression that is no call (`CURRENT_DATE`, a cast): PostgreSQL's generate-one-row.
        let value = self.expr(expr)?;
        match value {
            Expr::Call(call) => {
                let name = call.function.name.to_owned();
                Ok((
                    SetCall {
                        function: call.function,
                        arguments: call.arguments,
                        argument_types: call.argument_types,
                        columns: vec![call.ty],
                    },
                    vec![name],
                ))
            }
            _ => Err(unsupported("this expression cannot be used as a table", location)),
        }
    }

    fn join(&mut self, join: &ast::Join) -> SqlResult<Source> {
        // What is visible beside the join itself: earlier items of FROM, for LATERAL only.
        let (left_missing, right_missing) = match join.join_type {
            ast::JoinType::Left => (false, true),
            ast::JoinType::Right => (true, false),
            ast::JoinType::Full => (true, true),
            ast::JoinType::Inner | ast::JoinType::Cross => (false, false),
        };
        let mut left = self.join_side(&join.left, left_missing)?;
        let (items_before, columns_before, refused_before) = {
            let level = self.level();
            let before = (level.items.len(), level.columns.len(), level.not_lateral.len());
            if left_missing {
                level.not_lateral.extend(left.items.iter().map(|item| item.name.clone()));
            } else {
                level.items.extend(left.items.iter().cloned());
                level.columns.extend(left.columns.iter().cloned());
            }
            before
        };
        let right = self.join_side(&join.right, right_missing);
        {
            let level = self.level();
            level.items.truncate(items_before);
            level.columns.truncate(columns_before);
            level.not_lateral.truncate(refused_before);
        }
        let mut right = right?;
        for item in &right.items {
            if left.items.iter().any(|known| known.name == item.name) {
                return Err(error(
                    sqlstate::DUPLICATE_ALIAS,
                    format!("table name \"{}\" specified more than once", item.name),
                    0,
                ));
            }
        }
        let kind = match join.join_type {
            ast::JoinType::Inner | ast::JoinType::Cross => JoinKind::Inner,
            ast::JoinType::Left => JoinKind::Left,
            ast::JoinType::Right => JoinKind::Right,
            ast::JoinType::Full => JoinKind::Full,
        };
        let mut on = Vec::new();
        let mut merged: Vec<ScopeColumn> = Vec::new();
        let natural: Vec<String>;
        let mut using_alias = None;
        let using: &[String] = match &join.constraint {
            ast::JoinConstraint::None => &[],
            ast::JoinConstraint::On(condition) => {
                on = self.join_condition(&left, &right, condition)?;
                &[]
            }
            ast::JoinConstraint::Using { columns, alias } => {
                using_alias = alias.clone();
                columns
            }
            ast::JoinConstraint::Natural => {
                natural = left
                    .columns
                    .iter()
                    .filter(|column| right.columns.iter().any(|other| other.name == column.name))
                    .map(|column| column.name.clone())
                    .collect();
                &natural
            }
        };
        for name in using {
            let a = self.using_column(&left.columns, name, "left")?;
            let b = self.using_column(&right.columns, name, "right")?;
            on.push(self.operator("=", Some(a.clone()), b.clone(), join.location)?);
            for side in [&a, &b] {
                if let Expr::Column { index, .. } = side {
                    let facts = &self.columns.facts[*index];
                    let (table, attribute) = (facts.table, facts.attribute);
                    self.uses_column(table, attribute);
                }
            }
            let expr = match kind {
                JoinKind::Right => b,
                JoinKind::Full => {
                    let (arguments, ty) = self.unify(vec![a, b], "JOIN/USING", &[join.location])?;
                    Expr::Coalesce { arguments, ty }
                }
                _ if type_of(&a).oid == type_of(&b).oid => a,
                _ => {
                    let (mut both, _) = self.unify(vec![a, b], "JOIN/USING", &[join.location])?;
                    both.remove(0)
                }
            };
            merged.push(ScopeColumn { name: name.clone(), expr });
        }
        for (side, missing) in [(&mut left, left_missing), (&mut right, right_missing)] {
            side.items.iter_mut().for_each(|item| item.may_be_missing |= missing);
        }
        let mut items = left.items;
        items.extend(right.items);
        if let Some(alias) = using_alias {
            items.push(Item {
                name: alias,
                schema: None,
                hidden_name: None,
                columns: merged.clone(),
                row_type: 0,
                stored: None,
                scalar: false,
                may_be_missing: false,
            });
        }
        let mut columns = merged;
        let rest = left.columns.into_iter().chain(right.columns);
        columns.extend(rest.filter(|column| !using.contains(&column.name)));
        if let Some(alias) = &join.alias {
            rename(&mut columns, Some(alias), &alias.name)?;
            let hidden: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
            self.level().unreachable.extend(hidden);
            items = vec![Item {
                name: alias.name.clone(),
                schema: None,
                hidden_name: None,
                columns: columns.clone(),
                row_type: 0,
                stored: None,
                scalar: false,
                may_be_missing: false,
            }];
        }
        let node = Join { kind, left: left.input, right: right.input, on };
        Ok(Source { input: Logical::Join(Box::new(node)), items, columns })
    }

    fn join_side(&mut self, side: &ast::FromItem, may_be_missing: bool) -> SqlResult<Source> {
        self.nullable_joins += usize::from(may_be_missing);
        let bound = self.from_item(side);
        self.nullable_joins -= usize::from(may_be_missing);
        bound
    }

    fn using_column(&self, columns: &[ScopeColumn], name: &str, side: &str) -> SqlResult<Expr> {
        let mut matches = columns.iter().filter(|column| column.name == name);
        match (matches.next(), matches.next()) {
            (Some(column), None) => Ok(column.expr.clone()),
            (Some(_), Some(_)) => Err(error(
                sqlstate::AMBIGUOUS_COLUMN,
                format!("common column name \"{name}\" appears more than once in {side} table"),
                0,
            )),
            _ => Err(error(
                sqlstate::UNDEFINED_COLUMN,
                format!(
                    "column \"{name}\" specified in USING clause does not exist in {side} table"
                ),
                0,
            )),
        }
    }

    fn join_condition(
        &mut self,
        left: &Source,
        right: &Source,
        condition: &ast::Expr,
    ) -> SqlResult<Vec<Expr>> {
        let level = self.level();
        let items = std::mem::replace(
            &mut level.items,
            left.items.iter().chain(&right.items).cloned().collect(),
        );
        let columns = std::mem::replace(
            &mut level.columns,
            left.columns.iter().chain(&right.columns).cloned().collect(),
        );
        let others: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
        let unreachable = level.unreachable.len();
        level.unreachable.extend(others);
        let bound = self.in_clause(Clause::JoinCondition, |binder| {
            let bound = binder.expr(condition)?;
            binder.boolean(bound, "JOIN/ON", location_of(condition))
        });
        let level = self.level();
        level.unreachable.truncate(unreachable);
        level.items = items;
        level.columns = columns;
        let mut terms = Vec::new();
        walk::conjuncts(bound?, &mut terms);
        Ok(terms)
    }

    /// `*` or `t.*`.
    pub fn expand_star(&mut self, reference: &ast::ColumnRef) -> SqlResult<Vec<ScopeColumn>> {
        let location = reference.location;
        let top = self.levels.len().saturating_sub(1);
        let (level, columns) = match reference.fields.as_slice() {
            [] => {
                let level = self.level();
                if level.items.is_empty() && level.columns.is_empty() {
                    return Err(error(
                        sqlstate::SYNTAX_ERROR,
                        "SELECT * with no tables specified is not valid",
                        location,
                    ));
                }
                (top, level.columns.clone())
            }
            [.., name] => {
                let schema = match reference.fields.as_slice() {
                    [.., schema, _] => Some(schema.as_str()),
                    _ => None,
                };
                let Some((level, item)) = self.find_item(schema, name) else {
                    return Err(self.missing_relation(name, location));
                };
                (level, self.levels[level].items[item].columns.clone())
            }
        };
        Ok(columns
            .into_iter()
            .map(|column| ScopeColumn {
                expr: self.bring_in(level, column.expr, location),
                name: column.name,
            })
            .collect())
    }

    /// LIMIT and OFFSET are bigint.
    pub fn row_count(&mut self, expr: &ast::Expr, clause: Clause) -> SqlResult<Option<Expr>> {
        let location = location_of(expr);
        let bound = self.in_clause(clause, |binder| binder.expr(expr))?;
        let mut uses_columns = false;
        walk::columns(&bound, &mut |_| uses_columns = true);
        if uses_columns {
            return Err(error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!("argument of {} must not contain variables", clause.name()),
                location,
            ));
        }
        let source = type_of(&bound).oid;
        let ty = SqlType::new(oid::INT8);
        let bound =
            self.try_coerce(bound, ty, CastContext::Assignment, location)?.ok_or_else(|| {
                error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "argument of {} must be type bigint, not type {}",
                        clause.name(),
                        self.type_name(source)
                    ),
                    location,
                )
            })?;
        let is_null = matches!(&bound, Expr::Constant { value: Datum::Null, .. });
        Ok((!is_null).then_some(bound))
    }

    /// NULL of a type.
    pub fn null(&self, ty: SqlType) -> Expr {
        let mut null = constant(Datum::Null, ty.oid);
        if let Expr::Constant { ty: known, .. } = &mut null {
            *known = ty;
        }
        null
    }
}

fn rename(columns: &mut [ScopeColumn], alias: Option<&ast::Alias>, name: &str) -> SqlResult<()> {
    let Some(alias) = alias else {
        return Ok(());
    };
    if alias.columns.len() > columns.len() {
        return Err(error(
            sqlstate::INVALID_COLUMN_REFERENCE,
            format!(
                "table \"{name}\" has {} columns available but {} columns specified",
                columns.len(),
                alias.columns.len()
            ),
            0,
        ));
    }
    for (column, new) in columns.iter_mut().zip(&alias.columns) {
        column.name.clone_from(new);
    }
    Ok(())
}

/// `unnest(a, b)` as one call for each array, side by side.
fn each_array(items: &[ast::RowsFromItem]) -> Cow<'_, [ast::RowsFromItem]> {
    let several = |item: &ast::RowsFromItem| {
        matches!(&item.function, ast::Expr::Function(call)
            if call.arguments.len() > 1
                && call.name.name() == "unnest"
                && call.name.schema().is_none_or(|schema| schema == "pg_catalog")
                && item.column_definitions.is_empty()
                && !(call.variadic || call.distinct)
                && call.arguments.iter().all(|argument| argument.name.is_none()))
    };
    if !items.iter().any(several) {
        return Cow::Borrowed(items);
    }
    let mut each = Vec::new();
    for item in items {
        match &item.function {
            ast::Expr::Function(call) if several(item) => {
                for argument in &call.arguments {
                    let mut call = call.clone();
                    call.arguments = vec![argument.clone()];
                    let function = ast::Expr::Function(call);
                    each.push(ast::RowsFromItem { function, column_definitions: Vec::new() });
                }
            }
            _ => each.push(item.clone()),
        }
    }
    Cow::Owned(each)
}
