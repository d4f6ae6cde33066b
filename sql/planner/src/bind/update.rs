//! UPDATE and DELETE.

use std::sync::Arc;

use catalog::{Generated, Relation, RelationKind};
use syntax::ast;
use types::{SqlResult, SqlType, oid, sqlstate};

use super::expressions::location_of;
use super::insert::place_in;
use super::scope::{Boundary, Clause, Level};
use super::view_writes::{ViewWrite, WritableView, fires_instead};
use super::{Binder, deltas, error, unsupported};
use crate::expression::{AssignmentTarget, ElementAssignment, Expr, SubscriptBounds};
use crate::logical::{BoundDelete, BoundUpdate, ColumnId, Join, Logical};
use crate::plan::{Access, JoinKind};
use crate::walk::{self, type_of};

/// Subqueries that give several assigned columns: each is one row value, computed below.
pub type Extra = Vec<(ColumnId, Expr)>;

impl Binder<'_> {
    /// The target in scope, and the other tables joined to it. Gives the first column of the table's row.
    fn write_source(
        &mut self,
        relation: &Arc<Relation>,
        through: Option<&WritableView>,
        alias: Option<&String>,
        from: &[ast::FromItem],
    ) -> SqlResult<(Logical, ColumnId)> {
        let base = through.map_or(relation, |through| &through.base);
        let alias = alias.map(|name| ast::Alias { name: name.clone(), columns: Vec::new() });
        let (mut input, mut item) = match base.kind {
            RelationKind::View => self.rows_of_view(base, alias.as_ref())?,
            _ => self.stored(base.clone(), alias.as_ref())?,
        };
        let first = item.stored.map_or(0, |stored| stored.0);
        if let Some(through) = through {
            let row = self.view_row(through, first)?;
            input = input.filtered(row.conditions());
            let name = alias.as_ref().map_or(&relation.name, |alias| &alias.name).clone();
            item = self.view_item(relation, &row, name);
            if alias.is_some() {
                item.schema = None;
                item.hidden_name = Some(relation.name.clone());
            }
        }
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
        self.levels.push(Level::new(Boundary::Open));
        let bound = self.update_inner(relation, update);
        self.levels.pop();
        bound
    }

    fn update_inner(
        &mut self,
        named: Arc<Relation>,
        update: &ast::Update,
    ) -> SqlResult<BoundUpdate> {
        let through = match named.kind {
            RelationKind::View if !fires_instead(&named, ViewWrite::Update) => {
                Some(self.writable_view(&named, ViewWrite::Update)?)
            }
            _ => None,
        };
        let relation = through.as_ref().map_or(&named, |through| &through.base).clone();
        self.uses(&named, Access::Update);
        self.uses(&named, Access::Select);
        let (mut input, old) =
            self.write_source(&named, through.as_ref(), update.alias.as_ref(), &update.from)?;
        if let Some(filter) = &update.filter {
            let conditions = self.condition(filter, Clause::Where, "WHERE")?;
            input = input.filtered(conditions);
        }
        let (assignments, extra) = match &through {
            Some(through) => {
                let row = self.view_row(through, old)?;
                let below =
                    self.assignments_below(&named, through, (&row, old), &update.assignments)?;
                self.assignments(&relation, &below, old)?
            }
            None => self.assignments(&relation, &update.assignments, old)?,
        };
        input = input.projected(extra);
        let written: Vec<usize> = assignments.iter().map(|assignment| assignment.0).collect();
        self.writes_columns(relation.oid, Access::Update, &written);
        if through.is_some() {
            self.writes_view_columns(&named, Access::Update, &update.assignments);
        }
        let new = self.columns.add_table(&relation);
        self.shadow(old, new, relation.columns.len());
        let returning = self.returning(&named, update.returning.as_ref())?;
        let view_checks = match &through {
            Some(through) => self.view_row(through, new)?.checks(),
            None => Vec::new(),
        };
        let target = self.target(&relation)?;
        let mut bound = BoundUpdate {
            target,
            input,
            old,
            new,
            assignments,
            returning,
            view_checks,
            additions: Vec::new(),
        };
        if through.is_none() {
            bound.additions = deltas::additions(&mut bound);
        }
        Ok(bound)
    }

    /// From here on the table's columns mean the new row.
    pub fn shadow(&mut self, old: ColumnId, new: ColumnId, count: usize) {
        let renew = |expr: &mut Expr| {
            walk::replace(expr, &mut |part| match part {
                Expr::Column { index, ty } if *index >= old && *index < old + count => {
                    Some(Expr::Column { index: *index - old + new, ty: *ty })
                }
                _ => None,
            });
        };
        let level = self.level();
        level.columns.iter_mut().for_each(|column| renew(&mut column.expr));
        for item in &mut level.items {
            item.columns.iter_mut().for_each(|column| renew(&mut column.expr));
        }
    }

    /// Notes the columns of a view that SET names.
    pub fn writes_view_columns(
        &mut self,
        view: &Relation,
        access: Access,
        assignments: &[ast::Assignment],
    ) {
        let targets = assignments.iter().flat_map(|assignment| match assignment {
            ast::Assignment::Column { target, .. } => std::slice::from_ref(target),
            ast::Assignment::Columns { targets, .. } => targets.as_slice(),
        });
        let written: Vec<usize> =
            targets.filter_map(|target| place_in(view, &target.name)).collect();
        self.writes_columns(view.oid, access, &written);
    }

    /// SET: positions with values, and a subquery to join if one gives several columns.
    pub fn assignments(
        &mut self,
        relation: &Arc<Relation>,
        assignments: &[ast::Assignment],
        old: ColumnId,
    ) -> SqlResult<(Vec<(usize, Expr)>, Extra)> {
        let mut bound: Vec<(usize, Expr)> = Vec::with_capacity(assignments.len());
        let mut extra: Extra = Vec::new();
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
                            location_of(source),
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
                            let (row, types) = self.row_subquery(&subquery.query)?;
                            if types.len() != targets.len() {
                                return Err(wrong());
                            }
                            let id = self.columns.add("row", type_of(&row));
                            extra.push((id, row));
                            for (index, (target, ty)) in targets.iter().zip(types).enumerate() {
                                let operand = Box::new(self.columns.column(id));
                                let value = Expr::Field { operand, index, ty };
                                self.assignment(
                                    relation,
                                    target,
                                    None,
                                    Some(value),
                                    old,
                                    &mut bound,
                                )?;
                            }
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
                    0,
                )
                .detail(format!("Column \"{}\" is a generated column.", column.name)));
            }
            Generated::Stored => return Ok(()),
            Generated::IdentityAlways if !is_default => {
                return Err(error(
                    sqlstate::GENERATED_ALWAYS,
                    format!("column \"{}\" can only be updated to DEFAULT", column.name),
                    0,
                )
                .detail(format!(
                    "Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                    column.name
                )));
            }
            _ => {}
        }
        let ty = crate::logical::column_type(column);
        let earlier = bound.iter().position(|known| known.0 == position);
        if earlier.is_some() && target.indirection.is_empty() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("multiple assignments to same column \"{}\"", column.name),
                0,
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
        let target = (target.indirection.as_slice(), target.location);
        let value = self.part_of_target(base, ty, target, value, (&column.name, location))?;
        bound.push((position, value));
        Ok(())
    }

    /// As [`Binder::part`]; a field that is not there is wrong where the target begins.
    pub fn part_of_target(
        &mut self,
        base: Expr,
        ty: SqlType,
        (steps, place): (&[ast::IndirectionStep], u32),
        value: Expr,
        (column, location): (&str, u32),
    ) -> SqlResult<Expr> {
        self.part(base, ty, steps, value, column, location).map_err(|mut failure| {
            if failure.sqlstate() == sqlstate::UNDEFINED_COLUMN {
                failure.fields_mut().location = (place > 0).then_some(place);
            }
            failure
        })
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
        if ty.oid == oid::JSONB {
            return self.json_part(base, ty, steps, value, column, location);
        }
        let element = self.element_of(ty.oid);
        if element == 0 {
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

    /// `d['a'][1] = v`; what does not exist yet is made, an array if the first subscript is a number.
    fn json_part(
        &mut self,
        base: Expr,
        ty: SqlType,
        steps: &[ast::IndirectionStep],
        value: Expr,
        column: &str,
        location: u32,
    ) -> SqlResult<Expr> {
        let mut subscripts = Vec::with_capacity(steps.len());
        let mut is_array = false;
        for step in steps {
            let ast::IndirectionStep::Index(index) = step else {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    "jsonb subscript does not support slices",
                    location,
                ));
            };
            let at = location_of(index);
            let bound = self.expr(index)?;
            let bound = self.settle(bound, at)?;
            let wanted = match type_of(&bound).oid {
                oid::INT2 | oid::INT4 => oid::INT4,
                _ => oid::TEXT,
            };
            let source = self.type_name(type_of(&bound).oid);
            let context = functions::CastContext::Implicit;
            let bound =
                self.try_coerce(bound, SqlType::new(wanted), context, at)?.ok_or_else(|| {
                    error(
                        sqlstate::DATATYPE_MISMATCH,
                        format!("subscript type {source} is not supported"),
                        at,
                    )
                    .hint("jsonb subscript must be coercible to either integer or text.")
                })?;
            is_array |= subscripts.is_empty() && wanted == oid::INT4;
            subscripts.push(SubscriptBounds::Index(bound));
        }
        let value = self.assign(value, ty, column, location)?;
        let empty = types::Datum::text(if is_array { "[]" } else { "{}" });
        let empty = Expr::Constant { value: empty, ty: SqlType::new(oid::UNKNOWN) };
        let empty = self.coerce(empty, oid::JSONB, location)?;
        let base = Expr::Coalesce { arguments: vec![base, empty], ty };
        let target = AssignmentTarget::Subscripts { element: oid::JSONB, subscripts };
        Ok(Expr::Assign(Box::new(ElementAssignment { base, target, value, ty })))
    }

    pub fn delete(&mut self, delete: &ast::Delete) -> SqlResult<BoundDelete> {
        let relation = self.writable(&delete.table.name, "delete from")?;
        self.levels.push(Level::new(Boundary::Open));
        let bound = self.delete_inner(relation, delete);
        self.levels.pop();
        bound
    }

    fn delete_inner(
        &mut self,
        named: Arc<Relation>,
        delete: &ast::Delete,
    ) -> SqlResult<BoundDelete> {
        let through = match named.kind {
            RelationKind::View if !fires_instead(&named, ViewWrite::Delete) => {
                Some(self.writable_view(&named, ViewWrite::Delete)?)
            }
            _ => None,
        };
        let relation = through.as_ref().map_or(&named, |through| &through.base).clone();
        self.uses(&named, Access::Delete);
        if delete.filter.is_some() || !delete.using.is_empty() {
            self.uses(&named, Access::Select);
        }
        let (mut input, old) =
            self.write_source(&named, through.as_ref(), delete.alias.as_ref(), &delete.using)?;
        if let Some(filter) = &delete.filter {
            let conditions = self.condition(filter, Clause::Where, "WHERE")?;
            input = input.filtered(conditions);
        }
        let returning = self.returning(&named, delete.returning.as_ref())?;
        let target = self.target(&relation)?;
        Ok(BoundDelete { target, input, old, returning })
    }
}
