//! INSERT with ON CONFLICT and RETURNING.

use std::sync::Arc;

use catalog::{ConstraintKind, Generated, IndexState, Relation, RelationKind};
use syntax::ast;
use types::{SqlResult, SqlType, sqlstate};

use super::expressions::location_of;
use super::scope::{Boundary, Clause, Item, Level};
use super::view_writes::{ViewWrite, WritableView, fires_instead};
use super::{Binder, error, unsupported};
use crate::expression::Expr;
use crate::logical::{BoundInsert, BoundReturning, ColumnId, Logical, Output};
use crate::plan::{Access, ConflictAction};
use crate::walk::{self, type_of};

impl Binder<'_> {
    pub fn insert(&mut self, insert: &ast::Insert) -> SqlResult<BoundInsert> {
        let named = self.writable(&insert.table, "insert into")?;
        if named.kind == RelationKind::View && !fires_instead(&named, ViewWrite::Insert) {
            return self.insert_into_view(&named, insert);
        }
        self.uses(&named, Access::Insert);
        let columns = self.target_columns(&named, &insert.columns)?;
        let (input, given) = self.insert_source(&named, &columns, insert)?;
        // Without a list of columns there may be fewer values than columns.
        let wanted = |position: &&usize| {
            !insert.columns.is_empty() || given.get(**position).is_some_and(Option::is_some)
        };
        let written: Vec<usize> = columns.iter().filter(wanted).copied().collect();
        self.writes_columns(named.oid, Access::Insert, &written);
        self.levels.push(Level::new(Boundary::Open));
        let built = self.insert_parts(&named, None, input, given, insert);
        self.levels.pop();
        built
    }

    fn insert_parts(
        &mut self,
        named: &Arc<Relation>,
        through: Option<&WritableView>,
        input: Logical,
        given: Vec<Option<ColumnId>>,
        insert: &ast::Insert,
    ) -> SqlResult<BoundInsert> {
        let relation = through.map_or(named, |through| &through.base);
        // What the source does not give is the default.
        let mut items = Vec::new();
        let mut columns = Vec::with_capacity(relation.columns.len());
        for (position, given) in given.into_iter().enumerate() {
            columns.push(match given {
                Some(id) => id,
                None => {
                    let value = if relation.columns[position].dropped {
                        let column = &relation.columns[position];
                        self.null(SqlType::new(column.type_oid))
                    } else {
                        self.default_of(relation, position)?
                    };
                    let id = self.columns.add(&relation.columns[position].name, type_of(&value));
                    items.push((id, value));
                    id
                }
            });
        }
        let input = input.projected(items);
        let target = self.target(relation)?;
        let stored = self.columns.add_table(relation);
        let proposed = self.columns.add_table(relation);
        let name = insert.alias.clone().unwrap_or_else(|| named.name.clone());
        let mut item = self.written_item(named, through, stored, name)?;
        if insert.alias.is_some() {
            item.schema = None;
            item.hidden_name = Some(named.name.clone());
        }
        let (arbiters, action) = match &insert.on_conflict {
            None => (None, ConflictAction::Nothing),
            Some(conflict) => {
                let updates = matches!(conflict.action, ast::ConflictAction::Update { .. });
                if conflict.target.is_some() || updates {
                    self.uses(named, Access::Select);
                }
                let arbiters = self.arbiters(named, through, conflict)?;
                let level = self.level();
                level.columns.clone_from(&item.columns);
                level.items = vec![item.clone()];
                let excluded =
                    self.written_item(named, through, proposed, "excluded".to_owned())?;
                // Both rows are in scope under bare names: one that both have is ambiguous.
                let level = self.level();
                level.columns.extend(excluded.columns.iter().cloned());
                level.items.push(excluded);
                let action = match &conflict.action {
                    ast::ConflictAction::Nothing => ConflictAction::Nothing,
                    ast::ConflictAction::Update { assignments, filter } => {
                        if conflict.target.is_none() {
                            return Err(error(
                                sqlstate::SYNTAX_ERROR,
                                "ON CONFLICT DO UPDATE requires inference specification or \
                                 constraint name",
                                conflict.location,
                            )
                            .hint("For example, ON CONFLICT (column_name)."));
                        }
                        self.uses(named, Access::Update);
                        let below = match through {
                            Some(through) => {
                                let owner = self.check_as;
                                self.check_as = through.owner();
                                self.uses(relation, Access::Update);
                                self.check_as = owner;
                                let row = self.view_row(through, stored)?;
                                self.writes_view_columns(named, Access::Update, assignments);
                                self.assignments_below(named, through, (&row, stored), assignments)?
                            }
                            None => assignments.clone(),
                        };
                        let (assignments, extra) = self.assignments(relation, &below, stored)?;
                        if !extra.is_empty() {
                            return Err(unsupported(
                                "a subquery of several columns is not supported in ON CONFLICT",
                                conflict.location,
                            ));
                        }
                        let written: Vec<usize> = assignments.iter().map(|one| one.0).collect();
                        self.writes_columns(relation.oid, Access::Update, &written);
                        let condition = match filter {
                            Some(filter) => {
                                walk::conjunction(self.condition(filter, Clause::Where, "WHERE")?)
                            }
                            None => None,
                        };
                        ConflictAction::Update { assignments, condition }
                    }
                };
                (Some(arbiters), action)
            }
        };
        let level = self.level();
        level.columns.clone_from(&item.columns);
        level.items = vec![item];
        if matches!(action, ConflictAction::Update { .. }) {
            level.unreachable.push("excluded".to_owned());
        }
        let returning = self.returning(named, insert.returning.as_ref())?;
        let view_checks = match through {
            Some(through) => self.view_row(through, stored)?.checks(),
            None => Vec::new(),
        };
        Ok(BoundInsert {
            target,
            input,
            columns,
            stored,
            proposed,
            arbiters,
            action,
            returning,
            view_checks,
        })
    }

    /// A row of the target, under the names of the view if it is one.
    fn written_item(
        &mut self,
        named: &Arc<Relation>,
        through: Option<&WritableView>,
        first: ColumnId,
        name: String,
    ) -> SqlResult<Item> {
        match through {
            Some(through) => {
                let row = self.view_row(through, first)?;
                Ok(self.view_item(named, &row, name))
            }
            None => Ok(self.row_item(named, first, name)),
        }
    }

    pub fn returning(
        &mut self,
        relation: &Arc<Relation>,
        returning: Option<&ast::Returning>,
    ) -> SqlResult<Option<BoundReturning>> {
        let Some(returning) = returning else {
            return Ok(None);
        };
        if returning.old_alias.is_some() || returning.new_alias.is_some() {
            return Err(unsupported("OLD and NEW in RETURNING are not supported", 0));
        }
        self.uses(relation, Access::Select);
        let targets =
            self.in_clause(Clause::Returning, |binder| binder.targets(&returning.items, false))?;
        let mut expressions = Vec::with_capacity(targets.len());
        let mut outputs = Vec::with_capacity(targets.len());
        for target in targets {
            let id = match &target.expr {
                Expr::Column { index, .. } => *index,
                other => self.columns.add(&target.name, type_of(other)),
            };
            outputs.push(Output { name: target.name, id });
            expressions.push(target.expr);
        }
        Ok(Some(BoundReturning { expressions, outputs }))
    }

    /// Positions of the columns that are given values.
    pub fn target_columns(
        &mut self,
        relation: &Relation,
        columns: &[ast::TargetColumn],
    ) -> SqlResult<Vec<usize>> {
        if columns.is_empty() {
            return Ok((0..relation.columns.len())
                .filter(|&position| !relation.columns[position].dropped)
                .collect());
        }
        let mut positions = Vec::with_capacity(columns.len());
        for column in columns {
            let position = self.target_column(relation, column)?;
            if positions.contains(&position) && column.indirection.is_empty() {
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", column.name),
                    column.location,
                ));
            }
            positions.push(position);
        }
        Ok(positions)
    }

    pub fn target_column(
        &self,
        relation: &Relation,
        column: &ast::TargetColumn,
    ) -> SqlResult<usize> {
        relation
            .columns
            .iter()
            .position(|known| !known.dropped && known.name == column.name)
            .ok_or_else(|| {
                error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!(
                        "column \"{}\" of relation \"{}\" does not exist",
                        column.name, relation.name
                    ),
                    column.location,
                )
            })
    }

    /// The rows given, and for each column of the table the column that has its value.
    fn insert_source(
        &mut self,
        relation: &Arc<Relation>,
        columns: &[usize],
        insert: &ast::Insert,
    ) -> SqlResult<(Logical, Vec<Option<ColumnId>>)> {
        let mut given: Vec<Option<ColumnId>> = vec![None; relation.columns.len()];
        let selected;
        let query = match &insert.source {
            ast::InsertSource::DefaultValues => return Ok((Logical::one_row(), given)),
            ast::InsertSource::Query(query) => match row_with_sets(query) {
                Some(row) => {
                    selected = row;
                    &selected
                }
                None => query,
            },
        };
        let plain_values = query.with.is_none()
            && query.order_by.is_empty()
            && query.limit.is_none()
            && query.offset.is_none();
        if let ast::QueryBody::Values { rows, location } = &query.body
            && plain_values
        {
            let width = rows.first().map_or(0, Vec::len);
            if let Some(uneven) = rows.iter().find(|row| row.len() != width) {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    "VALUES lists must all be the same length",
                    uneven.first().map_or(*location, location_of),
                ));
            }
            let at = |position: usize| {
                rows.first().and_then(|row| row.get(position)).map_or(*location, location_of)
            };
            self.check_width(width, columns.len(), insert, at(columns.len()))?;
            let mut all_default = vec![true; width];
            let mut bound = Vec::with_capacity(rows.len());
            for row in rows {
                let mut values: Vec<Expr> = Vec::with_capacity(width);
                for (place, value) in row.iter().enumerate() {
                    let position = columns[place];
                    let column = &relation.columns[position];
                    let target = insert.columns.get(place).filter(|c| !c.indirection.is_empty());
                    if let (Some(target), ast::Expr::Default { .. }) = (target, value) {
                        let what = match target.indirection.first() {
                            Some(ast::IndirectionStep::Field { .. }) => "a subfield",
                            _ => "an array element",
                        };
                        let message = format!("cannot set {what} to DEFAULT");
                        return Err(unsupported(message, target.location));
                    }
                    if matches!(value, ast::Expr::Default { .. }) {
                        values.push(self.default_of(relation, position)?);
                        continue;
                    }
                    all_default[place] = false;
                    let ty = crate::logical::column_type(column);
                    let expr = self.in_clause(Clause::Values, |binder| binder.expr(value))?;
                    if let Some(target) = target {
                        // Parts of one column come together in its first place.
                        let first = columns[..place].iter().position(|known| *known == position);
                        let base = match first {
                            Some(first) => std::mem::replace(&mut values[first], self.null(ty)),
                            None => self.null(ty),
                        };
                        let at = (target.indirection.as_slice(), target.location);
                        let whole = (column.name.as_str(), location_of(value));
                        let part = self.part_of_target(base, ty, at, expr, whole)?;
                        match first {
                            Some(first) => {
                                values[first] = part;
                                values.push(self.null(ty));
                            }
                            None => values.push(part),
                        }
                        continue;
                    }
                    values.push(self.assign(expr, ty, &column.name, location_of(value))?);
                }
                bound.push(values);
            }
            let mut ids = Vec::with_capacity(width);
            for (place, &position) in columns.iter().take(width).enumerate() {
                let column = &relation.columns[position];
                let ty = crate::logical::column_type(column);
                let id = self.columns.add(&column.name, ty);
                ids.push(id);
                if self.may_set(
                    relation,
                    position,
                    all_default[place],
                    insert.overriding,
                    insert.location,
                )? && !columns[..place].contains(&position)
                {
                    given[position] = Some(id);
                }
            }
            return Ok((Logical::Values { rows: bound, columns: ids }, given));
        }
        let bound = self.query(query, true)?;
        self.check_width(bound.outputs.len(), columns.len(), insert, query.location)?;
        let mut items = Vec::new();
        let mut parts: Vec<(usize, Expr)> = Vec::new();
        let mut input = bound.input;
        let locations = super::setops::item_locations(&query.body, query.location);
        for (place, (output, &position)) in bound.outputs.iter().zip(columns).enumerate() {
            let location = locations.get(place).copied().unwrap_or(query.location);
            let column = &relation.columns[position];
            let ty = crate::logical::column_type(column);
            let value = super::setops::literal(&input, output.id)
                .unwrap_or_else(|| self.columns.column(output.id));
            if let Some(target) = insert.columns.get(place).filter(|c| !c.indirection.is_empty()) {
                let first = parts.iter().position(|part| part.0 == position);
                let base = match first {
                    Some(first) => parts.remove(first).1,
                    None => self.null(ty),
                };
                let at = (target.indirection.as_slice(), target.location);
                let whole = (column.name.as_str(), location);
                parts.push((position, self.part_of_target(base, ty, at, value, whole)?));
                continue;
            }
            let value = self.assign(value, ty, &column.name, location)?;
            let id = match &value {
                Expr::Column { index, .. } => *index,
                _ => {
                    let id = self.columns.add(&column.name, ty);
                    items.push((id, value));
                    id
                }
            };
            if self.may_set(relation, position, false, insert.overriding, insert.location)? {
                given[position] = Some(id);
            }
        }
        for (position, value) in parts {
            let id = self.columns.add(&relation.columns[position].name, type_of(&value));
            items.push((id, value));
            given[position] = Some(id);
        }
        input = input.projected(items);
        Ok((input, given))
    }

    fn check_width(
        &self,
        width: usize,
        columns: usize,
        insert: &ast::Insert,
        location: u32,
    ) -> SqlResult<()> {
        if width > columns {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "INSERT has more expressions than target columns",
                location,
            ));
        }
        if width < columns && !insert.columns.is_empty() {
            let location = insert.columns.get(width).map_or(location, |column| column.location);
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "INSERT has more target columns than expressions",
                location,
            ));
        }
        Ok(())
    }

    /// Whether a given value is used: identity and generated columns have rules of their own.
    fn may_set(
        &self,
        relation: &Relation,
        position: usize,
        is_default: bool,
        overriding: ast::Overriding,
        location: u32,
    ) -> SqlResult<bool> {
        let column = &relation.columns[position];
        match column.generated {
            Generated::No => Ok(true),
            Generated::Stored if is_default => Ok(false),
            Generated::Stored => Err(error(
                sqlstate::GENERATED_ALWAYS,
                format!("cannot insert a non-DEFAULT value into column \"{}\"", column.name),
                location,
            )
            .detail(format!("Column \"{}\" is a generated column.", column.name))),
            Generated::IdentityByDefault => Ok(overriding != ast::Overriding::User),
            Generated::IdentityAlways => match overriding {
                ast::Overriding::System => Ok(true),
                ast::Overriding::User => Ok(false),
                ast::Overriding::None if is_default => Ok(true),
                ast::Overriding::None => Err(error(
                    sqlstate::GENERATED_ALWAYS,
                    format!("cannot insert a non-DEFAULT value into column \"{}\"", column.name),
                    location,
                )
                .detail(format!(
                    "Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                    column.name
                ))
                .hint("Use OVERRIDING SYSTEM VALUE to override.")),
            },
        }
    }

    /// Positions of the unique indexes that ON CONFLICT names; empty is any.
    fn arbiters(
        &mut self,
        named: &Arc<Relation>,
        through: Option<&WritableView>,
        conflict: &ast::OnConflict,
    ) -> SqlResult<Vec<usize>> {
        let relation = through.map_or(named, |through| &through.base);
        match &conflict.target {
            None => Ok(Vec::new()),
            Some(ast::ConflictTarget::Constraint { name, .. }) => {
                let oid = relation.constraints.iter().find_map(|constraint| {
                    match (&constraint.kind, constraint.name == *name) {
                        (
                            ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index },
                            true,
                        ) => Some(*index),
                        _ => None,
                    }
                });
                let position =
                    oid.and_then(|oid| relation.indexes.iter().position(|index| index.oid == oid));
                position.map(|position| vec![position]).ok_or_else(|| {
                    error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!(
                            "constraint \"{name}\" for table \"{}\" does not exist",
                            relation.name
                        ),
                        0,
                    )
                })
            }
            Some(ast::ConflictTarget::Inference { elements, predicate, .. }) => {
                let (first, levels) = self.open_row(relation);
                if through.is_some() {
                    let item = self.written_item(named, through, first, named.name.clone())?;
                    let level = self.level();
                    level.columns.clone_from(&item.columns);
                    level.items = vec![item];
                }
                let bound: SqlResult<Vec<Expr>> =
                    elements.iter().map(|element| self.expr(&element.expr)).collect();
                let condition = match predicate {
                    Some(predicate) => {
                        self.condition(predicate, Clause::IndexPredicate, "WHERE").map(Some)
                    }
                    None => Ok(None),
                };
                self.levels = levels;
                let mut wanted = bound?;
                wanted.iter_mut().for_each(|expr| super::target::shift_columns(expr, first));
                let mut condition = condition?.and_then(walk::conjunction);
                if let Some(condition) = &mut condition {
                    super::target::shift_columns(condition, first);
                }
                let target = self.target(relation)?;
                let found: Vec<usize> = target
                    .indexes
                    .iter()
                    .enumerate()
                    .filter(|(_, index)| {
                        let has = |expr: &Expr| index.keys.iter().any(|key| walk::same(key, expr));
                        index.index.unique
                            && index.index.state != IndexState::Invalid
                            && wanted.iter().all(has)
                            && index
                                .keys
                                .iter()
                                .all(|key| wanted.iter().any(|expr| walk::same(key, expr)))
                            && match (&index.predicate, &condition) {
                                (None, _) => true,
                                (Some(predicate), Some(given)) => walk::same(predicate, given),
                                (Some(_), None) => false,
                            }
                    })
                    .map(|(position, _)| position)
                    .collect();
                if found.is_empty() {
                    return Err(error(
                        sqlstate::INVALID_COLUMN_REFERENCE,
                        "there is no unique or exclusion constraint matching the ON CONFLICT \
                         specification",
                        0,
                    ));
                }
                Ok(found)
            }
        }
    }

    /// A view passes rows on to its table.
    fn insert_into_view(
        &mut self,
        view: &Arc<Relation>,
        insert: &ast::Insert,
    ) -> SqlResult<BoundInsert> {
        let through = self.writable_view(view, ViewWrite::Insert)?;
        self.uses(view, Access::Insert);
        let first = self.columns.add_table(&through.base);
        let row = self.view_row(&through, first)?;
        let mut named: Vec<ast::TargetColumn> = insert.columns.clone();
        if named.is_empty() {
            named.extend(row.columns.iter().map(|column| ast::TargetColumn {
                name: column.name.clone(),
                indirection: Vec::new(),
                location: insert.location,
            }));
            match &insert.source {
                ast::InsertSource::DefaultValues => named.clear(),
                ast::InsertSource::Query(query) => {
                    if let ast::QueryBody::Values { rows, .. } = &query.body {
                        named.truncate(rows.first().map_or(0, Vec::len));
                    }
                }
            }
        }
        let mut positions = Vec::with_capacity(named.len());
        for column in &named {
            let below =
                self.column_below(view, &through, (&row, first), column, ViewWrite::Insert)?;
            positions.extend(self.target_columns(&through.base, &[below])?);
        }
        let names = named.iter().map(|column| column.name.as_str());
        let of_view: Vec<usize> = names.filter_map(|name| place_in(view, name)).collect();
        self.writes_columns(view.oid, Access::Insert, &of_view);
        self.writes_columns(through.base.oid, Access::Insert, &positions);
        let (input, given) = self.insert_source(&through.base, &positions, insert)?;
        self.levels.push(Level::new(Boundary::Open));
        let built = self.insert_parts(view, Some(&through), input, given, insert);
        self.levels.pop();
        built
    }
}

/// The position of a column by its name.
pub fn place_in(relation: &Relation, name: &str) -> Option<usize> {
    relation.columns.iter().position(|column| column.name == name && !column.dropped)
}

/// A single row of VALUES that calls functions which make rows, as the select list it stands for.
fn row_with_sets(query: &ast::Query) -> Option<ast::Query> {
    let ast::QueryBody::Values { rows, location } = &query.body else {
        return None;
    };
    let [row] = rows.as_slice() else {
        return None;
    };
    let makes_rows = |value: &ast::Expr| match value {
        ast::Expr::Function(call) => functions::resolve::kinds_of(call.name.name())
            .contains(&functions::FunctionKind::SetReturning),
        _ => false,
    };
    let is_default = |value: &ast::Expr| matches!(value, ast::Expr::Default { .. });
    if !row.iter().any(makes_rows) || row.iter().any(is_default) {
        return None;
    }
    let items = row
        .iter()
        .map(|value| ast::SelectItem {
            expr: value.clone(),
            alias: None,
            location: location_of(value),
        })
        .collect();
    let select = ast::Select {
        distinct: ast::Distinct::All,
        items,
        into: None,
        from: Vec::new(),
        as_of: None,
        filter: None,
        group_by: Vec::new(),
        group_distinct: false,
        having: None,
        windows: Vec::new(),
        location: *location,
    };
    Some(ast::Query { body: ast::QueryBody::Select(Box::new(select)), ..query.clone() })
}
