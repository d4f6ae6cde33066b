//! UPDATE and DELETE.

use std::sync::Arc;

use catalog::{Generated, Relation, RelationKind};
use syntax::ast;
use types::{SqlResult, SqlType, oid, sqlstate};

use super::coerce::parse_one;
use super::expressions::location_of;
use super::scope::{Boundary, Clause, Level};
use super::{Binder, error, unsupported};
use crate::expression::{AssignmentTarget, ElementAssignment, Expr, SubscriptBounds};
use crate::logical::{BoundDelete, BoundUpdate, ColumnId, Join, Logical};
use crate::plan::{Access, JoinKind};

/// A view whose rows are rows of one table.
pub struct SimpleView {
    pub table: ast::ObjectName,
    /// Names in the view with names in the table.
    pub columns: Vec<(String, String)>,
    pub filter: Option<ast::Expr>,
}

/// A subquery that gives several assigned columns: joined to the input.
pub type Extra = Option<(Logical, Vec<ColumnId>)>;

impl Binder<'_> {
    /// The table in scope, and the other tables joined to it.
    fn write_source(
        &mut self,
        relation: &Arc<Relation>,
        alias: Option<&String>,
        from: &[ast::FromItem],
        location: u32,
    ) -> SqlResult<(Logical, ColumnId)> {
        let alias = alias.map(|name| ast::Alias { name: name.clone(), columns: Vec::new() });
        let (input, item) = self.stored(relation.clone(), alias.as_ref(), location)?;
        let first = item.stored.map_or(0, |stored| stored.0);
        let level = self.level();
        level.columns.extend(item.columns.iter().cloned());
        level.items.push(item);
        if from.is_empty() {
            return Ok((input, first));
        }
        let others = self.from_list(from)?;
        let join = Join { kind: JoinKind::Inner, left: input, right: others, on: Vec::new() };
        Ok((Logical::Join(Box::new(join)), first))
    }

    pub fn update(&mut self, update: &ast::Update) -> SqlResult<BoundUpdate> {
        let relation = self.writable(&update.table.name, "update")?;
        if relation.kind == RelationKind::View {
            let base = self.simple_view(&relation, "update")?;
            self.uses(&relation, Access::Update);
            let mut through = update.clone();
            through.table.name = base.table;
            through.alias = Some(update.alias.clone().unwrap_or_else(|| relation.name.clone()));
            self.same_names(&relation, &base.columns, update.location)?;
            through.filter = both(update.filter.clone(), base.filter);
            let before = std::mem::replace(&mut self.check_as, Some(relation.owner));
            let bound = self.update(&through);
            self.check_as = before;
            return bound;
        }
        self.levels.push(Level::new(Boundary::Open));
        let bound = self.update_inner(relation, update);
        self.levels.pop();
        bound
    }

    fn update_inner(
        &mut self,
        relation: Arc<Relation>,
        update: &ast::Update,
    ) -> SqlResult<BoundUpdate> {
        let used = self.uses(&relation, Access::Update);
        self.uses(&relation, Access::Select);
        let (mut input, old) =
            self.write_source(&relation, update.alias.as_ref(), &update.from, update.location)?;
        if let Some(filter) = &update.filter {
            let conditions = self.condition(filter, Clause::Where, "WHERE")?;
            input = input.filtered(conditions);
        }
        let (assignments, extra) = self.assignments(&relation, &update.assignments, old)?;
        if let Some((subquery, _)) = extra {
            input = Logical::Join(Box::new(Join {
                kind: JoinKind::Left,
                left: input,
                right: subquery,
                on: Vec::new(),
            }));
        }
        self.columns.relations[used].columns =
            assignments.iter().map(|assignment| assignment.0 as i16 + 1).collect();
        let new = self.columns.add_table(&relation);
        self.shadow(old, new, relation.columns.len());
        let returning = self.returning(&relation, update.returning.as_ref())?;
        let target = self.target(&relation)?;
        Ok(BoundUpdate { target, input, old, new, assignments, returning, view_checks: Vec::new() })
    }

    /// From here on the table's columns mean the new row.
    pub fn shadow(&mut self, old: ColumnId, new: ColumnId, count: usize) {
        let renew = |expr: &mut Expr| {
            if let Expr::Column { index, .. } = expr
                && *index >= old
                && *index < old + count
            {
                *index = *index - old + new;
            }
        };
        let level = self.level();
        level.columns.iter_mut().for_each(|column| renew(&mut column.expr));
        for item in &mut level.items {
            item.columns.iter_mut().for_each(|column| renew(&mut column.expr));
        }
    }

    /// SET: positions with values, and a subquery to join if one gives several columns.
    pub fn assignments(
        &mut self,
        relation: &Arc<Relation>,
        assignments: &[ast::Assignment],
        old: ColumnId,
    ) -> SqlResult<(Vec<(usize, Expr)>, Extra)> {
        let mut bound: Vec<(usize, Expr)> = Vec::with_capacity(assignments.len());
        let mut extra: Extra = None;
        for assignment in assignments {
            match assignment {
                ast::Assignment::Column { target, value } => {
                    self.assignment(relation, target, Some(value), None, old, &mut bound)?;
                }
                ast::Assignment::Columns { targets, source, location } => {
                    let wrong = || {
                        error(
                            sqlstate::SYNTAX_ERROR,
                            "number of columns does not match number of values",
                            *location,
                        )
                    };
                    match source {
                        ast::Expr::Row { fields, .. } => {
                            if fields.len() != targets.len() {
                                return Err(wrong());
                            }
                            for (target, value) in targets.iter().zip(fields) {
                                self.assignment(
                                    relation,
                                    target,
                                    Some(value),
                                    None,
                                    old,
                                    &mut bound,
                                )?;
                            }
                        }
                        ast::Expr::Subquery(subquery)
                            if matches!(subquery.kind, ast::SubqueryKind::Scalar) =>
                        {
                            if extra.is_some() {
                                return Err(unsupported(
                                    "several subqueries of several columns are not supported",
                                    *location,
                                ));
                            }
                            self.levels.push(Level::new(Boundary::Open));
                            let query = self.query(&subquery.query, false);
                            self.levels.pop();
                            let query = query?;
                            if query.outputs.len() != targets.len() {
                                return Err(wrong());
                            }
                            let ids: Vec<ColumnId> =
                                query.outputs.iter().map(|output| output.id).collect();
                            for (target, &id) in targets.iter().zip(&ids) {
                                let value = self.columns.column(id);
                                self.assignment(
                                    relation,
                                    target,
                                    None,
                                    Some(value),
                                    old,
                                    &mut bound,
                                )?;
                            }
                            extra = Some((query.input, ids));
                        }
                        single if targets.len() == 1 => {
                            self.assignment(
                                relation,
                                &targets[0],
                                Some(single),
                                None,
                                old,
                                &mut bound,
                            )?;
                        }
                        _ => {
                            return Err(unsupported(
                                "source for a multiple-column UPDATE item must be a sub-SELECT or \
                                 ROW() expression",
                                *location,
                            ));
                        }
                    }
                }
            }
        }
        Ok((bound, extra))
    }

    fn assignment(
        &mut self,
        relation: &Arc<Relation>,
        target: &ast::TargetColumn,
        value: Option<&ast::Expr>,
        ready: Option<Expr>,
        old: ColumnId,
        bound: &mut Vec<(usize, Expr)>,
    ) -> SqlResult<()> {
        let position = self.target_column(relation, target)?;
        let column = &relation.columns[position];
        let is_default = matches!(value, Some(ast::Expr::Default { .. }));
        match column.generated {
            Generated::Stored if !is_default => {
                return Err(error(
                    sqlstate::GENERATED_ALWAYS,
                    format!("column \"{}\" can only be updated to DEFAULT", column.name),
                    target.location,
                )
                .detail(format!("Column \"{}\" is a generated column.", column.name)));
            }
            Generated::Stored => return Ok(()),
            Generated::IdentityAlways if !is_default => {
                return Err(error(
                    sqlstate::GENERATED_ALWAYS,
                    format!("column \"{}\" can only be updated to DEFAULT", column.name),
                    target.location,
                )
                .detail(format!(
                    "Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                    column.name
                )));
            }
            _ => {}
        }
        let ty = SqlType::with_modifier(column.type_oid, column.modifier);
        let earlier = bound.iter().position(|known| known.0 == position);
        if earlier.is_some() && target.indirection.is_empty() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("multiple assignments to same column \"{}\"", column.name),
                target.location,
            ));
        }
        if is_default {
            let value = self.default_of(relation, position)?;
            bound.push((position, value));
            return Ok(());
        }
        let location = value.map_or(target.location, location_of);
        let value = match (value, ready) {
            (Some(value), _) => self.in_clause(Clause::UpdateSet, |binder| binder.expr(value))?,
            (None, Some(ready)) => ready,
            (None, None) => return Ok(()),
        };
        if target.indirection.is_empty() {
            let value = self.assign(value, ty, &column.name, location)?;
            bound.push((position, value));
            return Ok(());
        }
        let base = match earlier {
            Some(earlier) => bound.remove(earlier).1,
            None => self.columns.column(old + position),
        };
        let value = self.part(base, ty, &target.indirection, value, &column.name, location)?;
        bound.push((position, value));
        Ok(())
    }

    /// `a[1] = v`, `a.b = v`: the whole column's new value.
    fn part(
        &mut self,
        base: Expr,
        ty: SqlType,
        steps: &[ast::IndirectionStep],
        value: Expr,
        column: &str,
        location: u32,
    ) -> SqlResult<Expr> {
        let Some(first) = steps.first() else {
            return self.assign(value, ty, column, location);
        };
        if let ast::IndirectionStep::Field { name, location: at } = first {
            let Some(fields) = self.composite_fields(ty.oid) else {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "cannot assign to field \"{name}\" of column \"{column}\" because its type \
                         {} is not a composite type",
                        self.type_name(ty.oid)
                    ),
                    *at,
                ));
            };
            let Some(index) = fields.iter().position(|field| field.0 == *name) else {
                return Err(error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!(
                        "cannot assign to field \"{name}\" of column \"{column}\" because there is \
                         no such column in data type {}",
                        self.type_name(ty.oid)
                    ),
                    *at,
                ));
            };
            let inner = Expr::Field { operand: Box::new(base.clone()), index, ty: fields[index].1 };
            let value = self.part(inner, fields[index].1, &steps[1..], value, column, location)?;
            let target = AssignmentTarget::Field {
                index,
                types: fields.iter().map(|field| field.1.oid).collect(),
            };
            return Ok(Expr::Assign(Box::new(ElementAssignment { base, target, value, ty })));
        }
        let element = self.element_of(ty.oid);
        if element == 0 || ty.oid == oid::JSONB {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "cannot subscript type {} because it does not support subscripting",
                    self.type_name(ty.oid)
                ),
                location,
            ));
        }
        let mut subscripts = Vec::new();
        let mut slice = false;
        for step in steps {
            match step {
                ast::IndirectionStep::Index(index) => {
                    subscripts.push(SubscriptBounds::Index(self.subscript(index)?));
                }
                ast::IndirectionStep::Slice { lower, upper } => {
                    slice = true;
                    let lower = lower.as_ref().map(|bound| self.subscript(bound)).transpose()?;
                    let upper = upper.as_ref().map(|bound| self.subscript(bound)).transpose()?;
                    subscripts.push(SubscriptBounds::Slice { lower, upper });
                }
                _ => {
                    return Err(unsupported(
                        "assigning to a field of an array element is not supported",
                        location,
                    ));
                }
            }
        }
        let wanted = if slice { ty.oid } else { element };
        let value =
            self.assign(value, SqlType::with_modifier(wanted, ty.modifier), column, location)?;
        let target = AssignmentTarget::Subscripts { element, subscripts };
        Ok(Expr::Assign(Box::new(ElementAssignment { base, target, value, ty })))
    }

    pub fn delete(&mut self, delete: &ast::Delete) -> SqlResult<BoundDelete> {
        let relation = self.writable(&delete.table.name, "delete from")?;
        if relation.kind == RelationKind::View {
            let base = self.simple_view(&relation, "delete from")?;
            self.uses(&relation, Access::Delete);
            let mut through = delete.clone();
            through.table.name = base.table;
            through.alias = Some(delete.alias.clone().unwrap_or_else(|| relation.name.clone()));
            self.same_names(&relation, &base.columns, delete.location)?;
            through.filter = both(delete.filter.clone(), base.filter);
            let before = std::mem::replace(&mut self.check_as, Some(relation.owner));
            let bound = self.delete(&through);
            self.check_as = before;
            return bound;
        }
        self.levels.push(Level::new(Boundary::Open));
        let bound = self.delete_inner(relation, delete);
        self.levels.pop();
        bound
    }

    fn delete_inner(
        &mut self,
        relation: Arc<Relation>,
        delete: &ast::Delete,
    ) -> SqlResult<BoundDelete> {
        self.uses(&relation, Access::Delete);
        if delete.filter.is_some() || !delete.using.is_empty() {
            self.uses(&relation, Access::Select);
        }
        let (mut input, old) =
            self.write_source(&relation, delete.alias.as_ref(), &delete.using, delete.location)?;
        if let Some(filter) = &delete.filter {
            let conditions = self.condition(filter, Clause::Where, "WHERE")?;
            input = input.filtered(conditions);
        }
        let returning = self.returning(&relation, delete.returning.as_ref())?;
        let target = self.target(&relation)?;
        Ok(BoundDelete { target, input, old, returning })
    }

    /// Changes through a view need its columns to keep the table's names (until expressions are rewritten too).
    fn same_names(
        &self,
        view: &Relation,
        columns: &[(String, String)],
        location: u32,
    ) -> SqlResult<()> {
        if columns.iter().all(|column| column.0 == column.1) {
            return Ok(());
        }
        Err(unsupported(
            format!("cannot update view \"{}\": its columns are renamed", view.name),
            location,
        ))
    }

    /// The one table under a view, if its rows can be written through it.
    pub fn simple_view(&mut self, view: &Arc<Relation>, verb: &str) -> SqlResult<SimpleView> {
        let refuse = |detail: &str| {
            Err(error(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("cannot {verb} view \"{}\"", view.name),
                0,
            )
            .detail(detail))
        };
        let text = view.view.as_ref().map_or("", |view| view.query.as_str());
        let ast::Statement::Query(query) = parse_one(text)? else {
            return refuse("The view is no query.");
        };
        let ast::QueryBody::Select(select) = &query.body else {
            return refuse(
                "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable.",
            );
        };
        if select.distinct != ast::Distinct::All {
            return refuse("Views containing DISTINCT are not automatically updatable.");
        }
        if !select.group_by.is_empty() || select.having.is_some() {
            return refuse("Views containing GROUP BY are not automatically updatable.");
        }
        if query.with.is_some() {
            return refuse("Views containing WITH are not automatically updatable.");
        }
        if query.limit.is_some() || query.offset.is_some() {
            return refuse("Views containing LIMIT or OFFSET are not automatically updatable.");
        }
        let [ast::FromItem::Table(table)] = select.from.as_slice() else {
            return refuse(
                "Views that do not select from a single table or view are not automatically \
                 updatable.",
            );
        };
        let relation = self.relation(&table.relation.name)?;
        let mut inner = Vec::new();
        for item in &select.items {
            match &item.expr {
                ast::Expr::ColumnRef(reference) if reference.star => {
                    inner.extend(relation.live_columns().map(|column| column.name.clone()));
                }
                ast::Expr::ColumnRef(reference) => {
                    inner.extend(reference.fields.last().cloned());
                }
                _ => {
                    return refuse(
                        "Views that return columns that are not columns of their base relation are \
                         not automatically updatable.",
                    );
                }
            }
        }
        let mut filter = select.filter.clone();
        if let Some(alias) = &table.alias
            && filter.is_some()
            && alias.name != view.name
        {
            filter = None;
            if select.filter.is_some() {
                return refuse("The view's condition uses a table alias.");
            }
        }
        let columns = view.live_columns().map(|column| column.name.clone()).zip(inner).collect();
        Ok(SimpleView { table: table.relation.name.clone(), columns, filter })
    }
}

fn both(first: Option<ast::Expr>, second: Option<ast::Expr>) -> Option<ast::Expr> {
    match (first, second) {
        (Some(first), Some(second)) => Some(ast::Expr::And(vec![first, second])),
        (first, second) => first.or(second),
    }
}
