//! SELECT and the clauses around any query.

use protocol::transaction::ConflictClass;
use syntax::ast;
use types::{SqlResult, oid, sqlstate};

use super::expressions::location_of;
use super::scope::{Boundary, Clause, Level, ScopeColumn};
use super::window::stack_windows;
use super::{Binder, error, unsupported};
use crate::expression::{Expr, SortKey};
use crate::logical::{ColumnId, Limit, Logical, Output};
use crate::walk::{self, type_of};

/// A query with the columns it gives.
pub struct BoundQuery {
    pub input: Logical,
    pub outputs: Vec<Output>,
}

/// An item of the select list.
pub struct Target {
    pub name: String,
    pub expr: Expr,
    pub location: u32,
}

/// Entries of one select list, as in PostgreSQL.
const MAXIMUM_TARGETS: usize = 1_664;

impl Binder<'_> {
    /// Binds a query. With `keep_unknown`, literals in the select list may stay without type: the caller gives them one.
    pub fn query(&mut self, query: &ast::Query, keep_unknown: bool) -> SqlResult<BoundQuery> {
        self.with_ctes(query.with.as_ref(), |binder| {
            let outer = binder.levels.len();
            binder.levels.push(Level::new(Boundary::Open));
            let bound = binder.nested(|binder| binder.query_inner(query, keep_unknown));
            binder.levels.truncate(outer);
            bound
        })
    }

    fn query_inner(&mut self, query: &ast::Query, keep_unknown: bool) -> SqlResult<BoundQuery> {
        let mut bound = match &query.body {
            ast::QueryBody::Select(select) => return self.select(select, query, keep_unknown),
            ast::QueryBody::Values { rows, location } => self.values(rows, *location)?,
            ast::QueryBody::Nested(inner) => self.query(inner, keep_unknown)?,
            ast::QueryBody::SetOperation(operation) => {
                self.set_operation(operation, keep_unknown)?
            }
        };
        if let Some(locking) = query.locking.first() {
            return Err(unsupported(
                format!(
                    "{} is not allowed with UNION/INTERSECT/EXCEPT",
                    strength_name(locking.strength)
                ),
                locking.location,
            ));
        }
        let is_set = matches!(query.body, ast::QueryBody::SetOperation(_));
        let columns: Vec<ScopeColumn> = bound
            .outputs
            .iter()
            .map(|output| ScopeColumn {
                name: output.name.clone(),
                expr: self.columns.column(output.id),
            })
            .collect();
        let targets: Vec<Target> = columns
            .iter()
            .map(|column| Target {
                name: column.name.clone(),
                expr: column.expr.clone(),
                location: query.location,
            })
            .collect();
        self.level().columns = columns;
        let mut keys = Vec::with_capacity(query.order_by.len());
        for item in &query.order_by {
            let expression = self.order_expression(item, &targets)?;
            if is_set && !matches!(expression, Expr::Column { .. }) {
                return Err(unsupported(
                    "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
                    location_of(&item.expr),
                )
                .detail("Only result column names can be used, not expressions or functions.")
                .hint(
                    "Add the expression/function to every SELECT, or move the UNION into a FROM \
                     clause.",
                ));
            }
            keys.push(self.sort_key(expression, item)?);
        }
        bound.input = self.limited(bound.input, keys, query)?;
        Ok(bound)
    }

    /// ORDER BY, LIMIT and OFFSET on top.
    fn limited(
        &mut self,
        input: Logical,
        keys: Vec<SortKey>,
        query: &ast::Query,
    ) -> SqlResult<Logical> {
        let mut input = input;
        let keys = self.ordered_keys(keys)?;
        if !keys.is_empty() {
            input = Logical::Sort { input: Box::new(input), keys: keys.clone() };
        }
        let (count, with_ties) = match &query.limit {
            Some(limit) => (limit.count.as_ref(), limit.with_ties),
            None => (None, false),
        };
        let limit = match count {
            Some(count) => self.row_count(count, Clause::Limit)?,
            None => None,
        };
        let offset = match &query.offset {
            Some(offset) => self.row_count(offset, Clause::Offset)?,
            None => None,
        };
        if with_ties && keys.is_empty() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "WITH TIES cannot be specified without ORDER BY clause",
                query.location,
            ));
        }
        if limit.is_none() && offset.is_none() {
            return Ok(input);
        }
        Ok(Logical::Limit(Box::new(Limit {
            input,
            limit,
            offset,
            with_ties: with_ties.then_some(keys),
        })))
    }

    fn select(
        &mut self,
        select: &ast::Select,
        query: &ast::Query,
        keep_unknown: bool,
    ) -> SqlResult<BoundQuery> {
        if let Some(as_of) = &select.as_of {
            return Err(unsupported(
                "AS OF SYSTEM TIME is only supported at the top of a statement",
                location_of(as_of),
            ));
        }
        let mut input = self.from_list(&select.from)?;
        if let Some(filter) = &select.filter {
            let condition = self.condition(filter, Clause::Where, "WHERE")?;
            input = input.filtered(condition);
        }
        self.name_windows(&select.windows)?;
        let mut targets = self.targets(&select.items, keep_unknown)?;
        let mut groups = self.group_by(select, &targets)?;
        let mut having = match &select.having {
            Some(having) => self.condition(having, Clause::Having, "HAVING")?,
            None => Vec::new(),
        };
        let mut order = Vec::with_capacity(query.order_by.len());
        for item in &query.order_by {
            let expression = self.order_expression(item, &targets)?;
            order.push(self.sort_key(expression, item)?);
        }
        let mut distinct_on = Vec::new();
        if let ast::Distinct::On(list) = &select.distinct {
            for item in list {
                let expression =
                    self.sort_target(item, &targets, "SELECT DISTINCT ON", Clause::DistinctOn)?;
                distinct_on.push(self.settle(expression, location_of(item))?);
            }
        }
        let level = self.level();
        let grouped = !select.group_by.is_empty()
            || select.having.is_some()
            || !level.aggregates.is_empty()
            || !level.groupings.is_empty();
        let windowed = !level.windows.is_empty();
        let has_sets = !level.sets.is_empty();
        self.check_locking(query, select, grouped, windowed, has_sets)?;
        if grouped {
            // Sets that rows are grouped by are made before.
            let (grouping, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.level().sets).into_iter().partition(|(id, _)| {
                    let id = *id;
                    groups.keys.iter().any(|key| !walk::all_columns(&key.1, &|used| used != id))
                });
            self.level().sets = grouping;
            input = self.set_calls(input);
            self.level().sets = others;
            let mut windows = std::mem::take(&mut self.level().windows);
            let mut sets = std::mem::take(&mut self.level().sets);
            let mut all: Vec<&mut Expr> = Vec::new();
            all.extend(targets.iter_mut().map(|target| &mut target.expr));
            all.extend(having.iter_mut());
            all.extend(order.iter_mut().map(|key| &mut key.expression));
            all.extend(distinct_on.iter_mut());
            for window in &mut windows {
                all.extend(window.partition.iter_mut());
                all.extend(window.order.iter_mut().map(|key| &mut key.expression));
                all.extend(window.call.arguments.iter_mut());
                all.extend(window.call.filter.iter_mut());
            }
            for (_, call) in &mut sets {
                all.extend(call.arguments.iter_mut());
            }
            input = self.aggregated(input, &mut groups, all)?;
            let level = self.level();
            level.windows = windows;
            level.sets = sets;
        }
        input = input.filtered(having);
        let mut windows = std::mem::take(&mut self.level().windows);
        input = self.window_keys(input, &mut windows);
        input = stack_windows(input, windows);
        input = self.set_calls(input);
        // The select list, then ORDER BY's further expressions.
        let mut items: Vec<(ColumnId, Expr)> = Vec::new();
        let mut outputs = Vec::with_capacity(targets.len());
        let locations: Vec<u32> = targets.iter().map(|target| target.location).collect();
        for target in targets {
            let id = match &target.expr {
                // A column of an outer query becomes one of this query's own: a join may make it NULL.
                Expr::Column { index, ty }
                    if input.makes(*index)
                        && self.columns.facts[*index].ty.collation == ty.collation.of_column() =>
                {
                    *index
                }
                _ => {
                    let id = self.columns.add(&target.name, type_of(&target.expr));
                    items.push((id, target.expr));
                    id
                }
            };
            outputs.push(Output { name: target.name, id });
        }
        let visible = items.len();
        for key in order.iter_mut().map(|key| &mut key.expression).chain(&mut distinct_on) {
            if matches!(key, Expr::Column { .. }) {
                continue;
            }
            let alike = |item: &&(ColumnId, Expr)| {
                walk::same(&item.1, key) && type_of(&item.1).collation == type_of(key).collation
            };
            let id = match items.iter().find(alike).map(|item| item.0) {
                Some(id) => id,
                None => {
                    let id = self.columns.add("?column?", type_of(key));
                    items.push((id, key.clone()));
                    id
                }
            };
            *key = self.columns.column(id);
        }
        let hidden = items.len() > visible;
        input = input.projected(items);
        match &select.distinct {
            ast::Distinct::All => {}
            ast::Distinct::Distinct => {
                let shown = |key: &SortKey| {
                    matches!(&key.expression, Expr::Column { index, .. }
                        if outputs.iter().any(|output| output.id == *index))
                };
                if hidden || !order.iter().all(shown) {
                    let location = query.order_by.first().map_or(0, |item| location_of(&item.expr));
                    return Err(error(
                        sqlstate::INVALID_COLUMN_REFERENCE,
                        "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                        location,
                    ));
                }
                let mut columns: Vec<ColumnId> = outputs.iter().map(|output| output.id).collect();
                columns.sort_unstable();
                columns.dedup();
                for (output, location) in outputs.iter().zip(&locations) {
                    let ty = self.columns.facts[output.id].ty.oid;
                    if !has_equality(ty) {
                        return Err(error(
                            sqlstate::UNDEFINED_FUNCTION,
                            format!(
                                "could not identify an equality operator for type {}",
                                self.type_name(ty)
                            ),
                            *location,
                        ));
                    }
                }
                input = Logical::Distinct { input: Box::new(input), columns };
            }
            ast::Distinct::On(list) => {
                input = self.distinct_on(input, distinct_on, &mut order, list)?;
            }
        }
        if !query.locking.is_empty() {
            // The rows that are locked are those after ORDER BY and before LIMIT.
            if !order.is_empty() {
                let keys = self.ordered_keys(std::mem::take(&mut order))?;
                input = Logical::Sort { input: Box::new(input), keys };
            }
            input = self.locked(input, query)?;
        }
        let input = self.limited(input, order, query)?;
        Ok(BoundQuery { input, outputs })
    }

    fn distinct_on(
        &mut self,
        input: Logical,
        keys: Vec<Expr>,
        order: &mut Vec<SortKey>,
        list: &[ast::Expr],
    ) -> SqlResult<Logical> {
        let mut sort: Vec<SortKey> = std::mem::take(order);
        let is_key = |key: &SortKey| keys.iter().any(|on| walk::same(on, &key.expression));
        let leading = sort.iter().take_while(|key| is_key(key)).count();
        let all_led =
            keys.iter().all(|on| sort[..leading].iter().any(|key| walk::same(on, &key.expression)));
        if !all_led && leading < sort.len() {
            return Err(error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
                list.first().map_or(0, location_of),
            ));
        }
        for on in &keys {
            if !sort.iter().any(|key| walk::same(on, &key.expression)) {
                sort.push(SortKey {
                    expression: on.clone(),
                    descending: false,
                    nulls_first: false,
                });
            }
        }
        let sort = self.ordered_keys(sort)?;
        let sorted = Logical::Sort { input: Box::new(input), keys: sort.clone() };
        Ok(Logical::DistinctOn { input: Box::new(sorted), keys, order: sort })
    }

    /// A condition as its AND terms.
    pub fn condition(
        &mut self,
        condition: &ast::Expr,
        clause: Clause,
        word: &str,
    ) -> SqlResult<Vec<Expr>> {
        let bound = self.in_clause(clause, |binder| binder.expr(condition))?;
        let bound = self.boolean(bound, word, location_of(condition))?;
        let mut terms = Vec::new();
        walk::conjuncts(bound, &mut terms);
        Ok(terms)
    }

    /// The select list (or RETURNING) with stars expanded.
    pub fn targets(
        &mut self,
        items: &[ast::SelectItem],
        keep_unknown: bool,
    ) -> SqlResult<Vec<Target>> {
        let mut targets = Vec::with_capacity(items.len());
        for item in items {
            let location = item.location;
            if let ast::Expr::ColumnRef(reference) = &item.expr
                && reference.star
            {
                for column in self.expand_star(reference)? {
                    targets.push(Target { name: column.name, expr: column.expr, location });
                }
                continue;
            }
            if let ast::Expr::Indirection(indirection) = &item.expr
                && let Some(ast::IndirectionStep::Star { .. }) = indirection.steps.last()
            {
                self.composite_star(indirection, location, &mut targets)?;
                continue;
            }
            let expr = self.expr(&item.expr)?;
            let expr = if keep_unknown { expr } else { self.settle(expr, location)? };
            let name = match &item.alias {
                Some(alias) => alias.clone(),
                None => figure_name(&item.expr).0,
            };
            targets.push(Target { name, expr, location });
        }
        if targets.len() > MAXIMUM_TARGETS {
            return Err(types::SqlError::new(
                types::sqlstate::TOO_MANY_COLUMNS,
                format!("target lists can have at most {MAXIMUM_TARGETS} entries"),
            ));
        }
        Ok(targets)
    }

    /// `(expr).*`.
    fn composite_star(
        &mut self,
        indirection: &ast::Indirection,
        location: u32,
        targets: &mut Vec<Target>,
    ) -> SqlResult<()> {
        let shorter = ast::Indirection {
            base: indirection.base.clone(),
            steps: indirection.steps[..indirection.steps.len() - 1].to_vec(),
        };
        let operand = if shorter.steps.is_empty() {
            self.expr(&shorter.base)?
        } else {
            self.expr(&ast::Expr::Indirection(Box::new(shorter)))?
        };
        let ty = type_of(&operand).oid;
        let Some(fields) = self.composite_fields(ty) else {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("type {} is not composite", self.type_name(ty)),
                location,
            ));
        };
        for (index, (name, ty)) in fields.into_iter().enumerate() {
            let expr = Expr::Field { operand: Box::new(operand.clone()), index, ty };
            targets.push(Target { name, expr, location });
        }
        Ok(())
    }

    fn order_expression(&mut self, item: &ast::OrderBy, targets: &[Target]) -> SqlResult<Expr> {
        self.sort_target(&item.expr, targets, "ORDER BY", Clause::OrderBy)
    }

    /// An ORDER BY or DISTINCT ON item: an output's name, its position, or any expression.
    fn sort_target(
        &mut self,
        expr: &ast::Expr,
        targets: &[Target],
        word: &str,
        clause: Clause,
    ) -> SqlResult<Expr> {
        if let ast::Expr::ColumnRef(reference) = expr
            && let [name] = reference.fields.as_slice()
            && !reference.star
        {
            let mut found: Option<&Target> = None;
            for target in targets.iter().filter(|target| target.name == *name) {
                if found.is_some_and(|known| !walk::same(&known.expr, &target.expr)) {
                    return Err(error(
                        sqlstate::AMBIGUOUS_COLUMN,
                        format!("{word} \"{name}\" is ambiguous"),
                        reference.location,
                    ));
                }
                found = Some(target);
            }
            if let Some(target) = found {
                return Ok(target.expr.clone());
            }
        }
        if let Some(target) = position(expr, targets, word)? {
            return Ok(targets[target].expr.clone());
        }
        self.in_clause(clause, |binder| binder.expr(expr))
    }

    /// Set-returning functions of the select list, those that feed others first.
    fn set_calls(&mut self, input: Logical) -> Logical {
        let mut input = input;
        let mut waiting = std::mem::take(&mut self.level().sets);
        while !waiting.is_empty() {
            let ids: Vec<ColumnId> = waiting.iter().map(|call| call.0).collect();
            let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, call)| {
                call.arguments
                    .iter()
                    .all(|argument| walk::all_columns(argument, &|id| !ids.contains(&id)))
            });
            if ready.is_empty() {
                break;
            }
            input = Logical::ProjectSet { input: Box::new(input), calls: ready };
            waiting = rest;
        }
        input
    }

    fn check_locking(
        &self,
        query: &ast::Query,
        select: &ast::Select,
        grouped: bool,
        windowed: bool,
        has_sets: bool,
    ) -> SqlResult<()> {
        let Some(locking) = query.locking.first() else {
            return Ok(());
        };
        let what = if select.distinct != ast::Distinct::All {
            "DISTINCT clause"
        } else if !select.group_by.is_empty() {
            "GROUP BY clause"
        } else if select.having.is_some() {
            "HAVING clause"
        } else if grouped {
            "aggregate functions"
        } else if windowed {
            "window functions"
        } else if has_sets {
            "set-returning functions in the target list"
        } else {
            return Ok(());
        };
        Err(unsupported(
            format!("{} is not allowed with {what}", strength_name(locking.strength)),
            0,
        ))
    }

    fn locked(&mut self, input: Logical, query: &ast::Query) -> SqlResult<Logical> {
        let mut found = Vec::new();
        stored_tables(&input, false, &mut found);
        let mut tables: Vec<(std::sync::Arc<catalog::Relation>, ColumnId, ConflictClass)> =
            Vec::new();
        for clause in &query.locking {
            let class = match clause.strength {
                ast::LockStrength::Update => ConflictClass::Exclusive,
                ast::LockStrength::NoKeyUpdate => ConflictClass::NonKeyUpdate,
                // A share lock must keep non-key updates out too: the class that conflicts with them.
                ast::LockStrength::Share => ConflictClass::NonKeyUpdate,
                ast::LockStrength::KeyShare => ConflictClass::KeyShare,
            };
            for name in &clause.of {
                let known = found.iter().any(|table| table.0 == name.name());
                if !known {
                    return Err(error(
                        sqlstate::UNDEFINED_TABLE,
                        format!(
                            "relation \"{}\" in {} clause not found in FROM clause",
                            name.name(),
                            strength_name(clause.strength)
                        ),
                        name.location,
                    ));
                }
            }
            for (alias, relation, key, nullable) in &found {
                let named = clause.of.iter().any(|name| name.name() == alias);
                if !(named || clause.of.is_empty()) {
                    continue;
                }
                if *nullable {
                    return Err(unsupported(
                        format!(
                            "{} cannot be applied to the nullable side of an outer join",
                            strength_name(clause.strength)
                        ),
                        clause.location,
                    ));
                }
                match tables.iter_mut().find(|known| known.1 == *key) {
                    Some(known) => {
                        if strength(class) > strength(known.2) {
                            known.2 = class;
                        }
                    }
                    None => tables.push((relation.clone(), *key, class)),
                }
            }
        }
        Ok(Logical::Lock { input: Box::new(input), tables })
    }
}

fn strength(class: ConflictClass) -> u8 {
    match class {
        ConflictClass::Exclusive => 3,
        ConflictClass::NonKeyUpdate => 2,
        ConflictClass::Delta | ConflictClass::KeyShare => 1,
        ConflictClass::Read => 0,
    }
}

fn strength_name(strength: ast::LockStrength) -> &'static str {
    match strength {
        ast::LockStrength::KeyShare => "FOR KEY SHARE",
        ast::LockStrength::Share => "FOR SHARE",
        ast::LockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
        ast::LockStrength::Update => "FOR UPDATE",
    }
}

type StoredTable = (String, std::sync::Arc<catalog::Relation>, ColumnId, bool);

/// Tables whose rows are rows of the query: name, relation, key column, whether a join may have made it NULL.
fn stored_tables(node: &Logical, nullable: bool, found: &mut Vec<StoredTable>) {
    use crate::plan::JoinKind;
    match node {
        Logical::Table(table) if !table.relation.is_virtual() => {
            found.push((table.alias.clone(), table.relation.clone(), table.row_key(), nullable));
        }
        Logical::Join(join) => {
            let (left, right) = match join.kind {
                JoinKind::Left => (nullable, true),
                JoinKind::Right => (true, nullable),
                JoinKind::Full => (true, true),
                _ => (nullable, nullable),
            };
            stored_tables(&join.left, left, found);
            stored_tables(&join.right, right, found);
        }
        Logical::Filter { input, .. }
        | Logical::Project { input, .. }
        | Logical::Sort { input, .. } => stored_tables(input, nullable, found),
        _ => {}
    }
}

/// An integer literal is a position in the select list.
pub fn position(expr: &ast::Expr, targets: &[Target], word: &str) -> SqlResult<Option<usize>> {
    let ast::Expr::Literal(literal) = expr else {
        return Ok(None);
    };
    match &literal.value {
        ast::LiteralValue::Integer(number) => match usize::try_from(*number) {
            Ok(number) if number >= 1 && number <= targets.len() => Ok(Some(number - 1)),
            _ => Err(error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!("{word} position {number} is not in select list"),
                literal.location,
            )),
        },
        _ => Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("non-integer constant in {word}"),
            literal.location,
        )),
    }
}

/// The name PostgreSQL gives an output column, and how sure it is (0 to 2).
pub fn figure_name(expr: &ast::Expr) -> (String, u8) {
    let named = |name: &str| (name.to_owned(), 2);
    match expr {
        ast::Expr::ColumnRef(reference) => match reference.fields.last() {
            Some(last) => named(last),
            None => unnamed(),
        },
        ast::Expr::Indirection(indirection) => {
            let field = indirection.steps.iter().rev().find_map(|step| match step {
                ast::IndirectionStep::Field { name, .. } => Some(name),
                _ => None,
            });
            match field {
                Some(field) => named(field),
                None => figure_name(&indirection.base),
            }
        }
        ast::Expr::Function(call) => named(call.name.name()),
        ast::Expr::Collate(collate) => figure_name(&collate.expr),
        ast::Expr::TypeCast(cast) => match figure_name(&cast.expr) {
            (_, 0 | 1) => (cast.type_name.name().to_owned(), 1),
            sure => sure,
        },
        ast::Expr::Subquery(subquery) => match subquery.kind {
            ast::SubqueryKind::Exists => named("exists"),
            ast::SubqueryKind::Array => named("array"),
            ast::SubqueryKind::Scalar => subquery_name(&subquery.query),
            _ => unnamed(),
        },
        ast::Expr::Case(case) => match case.otherwise.as_ref().map(figure_name) {
            Some((name, 2)) => (name, 2),
            _ => ("case".to_owned(), 1),
        },
        ast::Expr::Coalesce { .. } => named("coalesce"),
        ast::Expr::MinMax { greatest: true, .. } => named("greatest"),
        ast::Expr::MinMax { .. } => named("least"),
        ast::Expr::NullIf(_) => named("nullif"),
        ast::Expr::Array { .. } => named("array"),
        ast::Expr::Row { .. } => named("row"),
        ast::Expr::Grouping { .. } => named("grouping"),
        ast::Expr::MergeAction { .. } => named("merge_action"),
        ast::Expr::Xml(xml) => named(&xml.function),
        ast::Expr::Json(json) => named(&json.function),
        ast::Expr::SqlValue { function, .. } => {
            use ast::SqlValueFunction as Value;
            named(match function {
                Value::CurrentDate => "current_date",
                Value::CurrentTime => "current_time",
                Value::CurrentTimestamp => "current_timestamp",
                Value::LocalTime => "localtime",
                Value::LocalTimestamp => "localtimestamp",
                Value::CurrentRole => "current_role",
                Value::CurrentUser => "current_user",
                Value::User => "user",
                Value::SessionUser => "session_user",
                Value::SystemUser => "system_user",
                Value::CurrentCatalog => "current_catalog",
                Value::CurrentSchema => "current_schema",
            })
        }
        _ => unnamed(),
    }
}

fn unnamed() -> (String, u8) {
    ("?column?".to_owned(), 0)
}

fn subquery_name(query: &ast::Query) -> (String, u8) {
    match &query.body {
        ast::QueryBody::Select(select) => match select.items.first() {
            Some(ast::SelectItem { alias: Some(alias), .. }) => (alias.clone(), 2),
            Some(item) => figure_name(&item.expr),
            None => unnamed(),
        },
        ast::QueryBody::Nested(inner) => subquery_name(inner),
        ast::QueryBody::Values { .. } => ("column1".to_owned(), 2),
        ast::QueryBody::SetOperation(operation) => {
            let mut body = &operation.left;
            while let ast::QueryBody::SetOperation(next) = body {
                body = &next.left;
            }
            match body {
                ast::QueryBody::Select(select) => match select.items.first() {
                    Some(ast::SelectItem { alias: Some(alias), .. }) => (alias.clone(), 2),
                    Some(item) => figure_name(&item.expr),
                    None => unnamed(),
                },
                _ => unnamed(),
            }
        }
    }
}

/// Whether a type has an equality to group or join by.
pub fn has_equality(ty: types::Oid) -> bool {
    !matches!(ty, oid::JSON | oid::XML | oid::POINT)
}
