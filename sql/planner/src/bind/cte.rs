//! WITH: plain, recursive and data-modifying queries.

use std::rc::Rc;

use syntax::ast;
use types::{SqlResult, SqlType, sqlstate};

use super::expressions::location_of;
use super::from::Source;
use super::scope::{Boundary, Level};
use super::select::BoundQuery;
use super::setops::item_locations;
use super::{Binder, VisibleCte, error, search_cycle, unsupported};
use crate::expression::Expr;
use crate::logical::{Bound, BoundCte, ColumnId, Logical, Output, Recursive};
use crate::walk::type_of;

/// What a WITH name stands for.
#[derive(Clone)]
pub enum CteKind {
    /// Bound once; whether it is computed once or put in place is decided when all uses are known.
    Shared { id: usize, columns: Vec<(String, SqlType)>, returns: bool },
    /// It uses columns of the query around it: bound anew at each use.
    Inline { table: Rc<ast::CommonTable>, recursive: bool, levels: usize, visible: usize },
    /// The recursive name inside its own recursive term.
    Working {
        id: usize,
        columns: Vec<(String, SqlType)>,
        /// Of SEARCH and CYCLE: not seen by the term.
        hidden: Vec<(String, SqlType)>,
        term: RecursiveTerm,
    },
    /// The name inside its own non-recursive term.
    Forbidden,
    /// The name inside a query that is no UNION: where the WITH query stands.
    Malformed { location: u32 },
}

/// Where a recursive term began, against which the place of a reference to itself is judged.
#[derive(Clone, Copy)]
pub struct RecursiveTerm {
    levels: usize,
    nullable: usize,
    intersected: usize,
    excepted: usize,
}

impl Binder<'_> {
    pub fn with_ctes<T>(
        &mut self,
        with: Option<&ast::With>,
        run: impl FnOnce(&mut Self) -> SqlResult<T>,
    ) -> SqlResult<T> {
        let before = self.ctes.len();
        if let Some(with) = with {
            for (position, table) in with.tables.iter().enumerate() {
                if !self.levels.is_empty() && !matches!(*table.statement, ast::Statement::Query(_))
                {
                    return Err(unsupported(
                        "WITH clause containing a data-modifying statement must be at the top level",
                        table.location,
                    ));
                }
                if self.ctes[before..].iter().any(|known| known.name == table.name) {
                    return Err(error(
                        sqlstate::DUPLICATE_ALIAS,
                        format!("WITH query name \"{}\" specified more than once", table.name),
                        table.location,
                    ));
                }
                let later = with.tables[position + 1..].iter().filter(|_| !with.recursive);
                let coming = self.coming_ctes.len();
                self.coming_ctes.extend(later.map(|later| later.name.clone()));
                let kind = self.common_table(table, with.recursive, before);
                self.coming_ctes.truncate(coming);
                let kind = kind?;
                self.ctes.push(VisibleCte { name: table.name.clone(), kind });
            }
        }
        let result = run(self);
        self.ctes.truncate(before);
        result
    }

    fn common_table(
        &mut self,
        table: &ast::CommonTable,
        recursive: bool,
        before: usize,
    ) -> SqlResult<CteKind> {
        let mut level = Level::new(Boundary::SubPlan(Vec::new()));
        level.of_with = true;
        self.levels.push(level);
        let bound = self.nested(|binder| binder.common_statement(table, recursive));
        let level = self.levels.pop();
        let mut bound = bound?;
        if let Some(Boundary::SubPlan(parameters)) = level.map(|level| level.boundary)
            && !parameters.is_empty()
        {
            let _ = before;
            return Ok(CteKind::Inline {
                table: Rc::new(table.clone()),
                recursive,
                levels: self.levels.len(),
                visible: self.ctes.len(),
            });
        }
        let modifies = !matches!(bound, Bound::Query { .. });
        let returns = !bound.outputs().is_empty() || !modifies;
        let mut columns: Vec<(String, SqlType)> = bound
            .outputs()
            .iter()
            .map(|output| (output.name.clone(), self.columns.facts[output.id].ty))
            .collect();
        rename(&mut columns, table)?;
        if let Bound::Query { outputs, .. } = &mut bound {
            for (output, column) in outputs.iter_mut().zip(&columns) {
                output.name.clone_from(&column.0);
            }
        }
        let name = match table.materialized {
            Some(true) => format!("{}\u{0}materialized", table.name),
            _ => table.name.clone(),
        };
        self.columns.ctes.push(BoundCte { name, bound, modifies });
        Ok(CteKind::Shared { id: self.columns.ctes.len() - 1, columns, returns })
    }

    fn common_statement(&mut self, table: &ast::CommonTable, recursive: bool) -> SqlResult<Bound> {
        if !recursive {
            search_cycle::require_recursion(table)?;
            return self.statement(&table.statement);
        }
        if let ast::Statement::Query(query) = &*table.statement
            && let ast::QueryBody::SetOperation(operation) = &query.body
            && operation.operator == ast::SetOperator::Union
        {
            return self.with_ctes(query.with.as_ref(), |binder| {
                binder.recursive(table, query, operation)
            });
        }
        search_cycle::require_recursion(table)?;
        let kind = CteKind::Malformed { location: table.location };
        self.ctes.push(VisibleCte { name: table.name.clone(), kind });
        let bound = self.statement(&table.statement);
        self.ctes.pop();
        bound
    }

    fn arm_query(&mut self, body: &ast::QueryBody) -> SqlResult<BoundQuery> {
        let query = ast::Query {
            with: None,
            body: body.clone(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            locking: Vec::new(),
            location: 0,
        };
        self.query(&query, false)
    }

    fn recursive(
        &mut self,
        table: &ast::CommonTable,
        query: &ast::Query,
        operation: &ast::SetOperation,
    ) -> SqlResult<Bound> {
        if !query.order_by.is_empty() {
            return Err(unsupported(
                "ORDER BY in a recursive query is not implemented",
                query.order_by.first().map_or(query.location, |key| key.location),
            ));
        }
        let count = query.limit.as_ref().and_then(|limit| limit.count.as_ref());
        if let Some(offset) = &query.offset {
            return Err(unsupported(
                "OFFSET in a recursive query is not implemented",
                location_of(offset),
            ));
        }
        if query.limit.is_some() {
            return Err(unsupported(
                "LIMIT in a recursive query is not implemented",
                count.map_or(query.location, location_of),
            ));
        }
        self.ctes.push(VisibleCte { name: table.name.clone(), kind: CteKind::Forbidden });
        let start = self.arm_query(&operation.left);
        self.ctes.pop();
        let start = start?;
        let mut columns: Vec<(String, SqlType)> = start
            .outputs
            .iter()
            .map(|output| (output.name.clone(), self.columns.facts[output.id].ty))
            .collect();
        rename(&mut columns, table)?;
        let names: Vec<String> = columns.iter().map(|column| column.0.clone()).collect();
        let extras = search_cycle::extras(table, &names)?;
        let mut hidden = Vec::new();
        let mut start_items = Vec::new();
        if !extras.is_empty() {
            search_cycle::require_plain_terms(operation)?;
            let ids = start.outputs.iter().map(|output| output.id);
            let term: Vec<_> = names.iter().cloned().zip(ids).collect();
            for (name, ty, item) in self.extras_at_start(&extras, &term)? {
                hidden.push((name, ty));
                start_items.push(item);
            }
        }
        let id = self.columns.working_tables;
        self.columns.working_tables += 1;
        let term = RecursiveTerm {
            levels: self.levels.len(),
            nullable: self.nullable_joins,
            intersected: self.intersections,
            excepted: self.exceptions,
        };
        self.columns.working_uses.push(0);
        self.columns.working_hidden.push(Vec::new());
        let kind = CteKind::Working { id, columns: columns.clone(), hidden: hidden.clone(), term };
        self.ctes.push(VisibleCte { name: table.name.clone(), kind });
        let step = self.arm_query(&operation.right);
        self.ctes.pop();
        let mut step = step?;
        if step.outputs.len() != columns.len() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "each UNION query must have the same number of columns",
                operation.location,
            ));
        }
        let mut casts = Vec::new();
        let written = item_locations(&operation.left, operation.location);
        for (position, (name, ty)) in columns.iter().enumerate() {
            let location = written.get(position).copied().unwrap_or(operation.location);
            let column = self.columns.column(step.outputs[position].id);
            let source = type_of(&column);
            let shown = |binder: &Binder<'_>, ty: SqlType| match ty.modifier {
                -1 => binder.type_name(ty.oid),
                modifier => types::builtin::format_type(ty.oid, modifier)
                    .unwrap_or_else(|| binder.type_name(ty.oid)),
            };
            // Of different modifiers the column of the union has none.
            let context = functions::CastContext::Implicit;
            let target = SqlType::new(ty.oid);
            let cast = self.try_coerce(column, target, context, operation.location)?;
            let overall = if cast.is_some() { target } else { source };
            let wrong = |binder: &Binder<'_>| {
                error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "recursive query \"{}\" column {} has type {} in non-recursive term but \
                         type {} overall",
                        table.name,
                        position + 1,
                        shown(binder, *ty),
                        shown(binder, overall)
                    ),
                    location,
                )
                .hint("Cast the output of the non-recursive term to the correct type.")
            };
            if ty.modifier >= 0 && source.modifier != ty.modifier {
                return Err(wrong(self));
            }
            match cast {
                Some(Expr::Column { .. }) => {}
                Some(cast) => {
                    let id = self.columns.add(name, *ty);
                    casts.push((id, cast));
                    step.outputs[position].id = id;
                }
                None => return Err(wrong(self)),
            }
        }
        let mut start_columns: Vec<ColumnId> =
            start.outputs.iter().map(|output| output.id).collect();
        let mut step_columns: Vec<ColumnId> = step.outputs.iter().map(|output| output.id).collect();
        let mut step_input = step.input.projected(casts);
        if !extras.is_empty() {
            let before = std::mem::take(&mut self.columns.working_hidden[id]);
            if before.is_empty() {
                search_cycle::require_recursion(table)?;
            }
            if !before.iter().all(|column| step_input.makes(*column)) {
                return Err(unsupported(
                    format!(
                        "with a SEARCH or CYCLE clause, the recursive reference to WITH query \
                         \"{}\" must be at the top level of its right-hand SELECT",
                        table.name
                    ),
                    0,
                ));
            }
            let before: Vec<_> = hidden.iter().map(|column| column.0.clone()).zip(before).collect();
            let term: Vec<_> = names.into_iter().zip(step_columns.iter().copied()).collect();
            let (input, added) = self.extras_of_step(&extras, step_input, &term, &before)?;
            step_input = input;
            step_columns.extend(added);
            start_columns.extend(start_items.iter().map(|item| item.0));
        }
        let shown = columns.iter().map(|_| true).chain(extras.shown()).collect::<Vec<bool>>();
        let all: Vec<Output> = columns
            .into_iter()
            .chain(hidden)
            .map(|(name, ty)| Output { id: self.columns.add(&name, ty), name })
            .collect();
        let node = Recursive {
            id,
            start: start.input.projected(start_items),
            start_columns,
            step: step_input,
            step_columns,
            distinct: !operation.all,
            columns: all.iter().map(|output| output.id).collect(),
        };
        let outputs = all.into_iter().zip(shown).filter(|(_, shown)| *shown);
        let outputs = outputs.map(|(output, _)| output).collect();
        Ok(Bound::Query { input: Logical::Recursive(Box::new(node)), outputs })
    }

    /// A table name that WITH made.
    pub fn cte_reference(
        &mut self,
        name: &str,
        table: &ast::TableReference,
    ) -> SqlResult<Option<Source>> {
        let Some(position) = self.ctes.iter().rposition(|known| known.name == name) else {
            return Ok(None);
        };
        let kind = self.ctes[position].kind.clone();
        let query = match kind {
            CteKind::Shared { id, columns, returns } => {
                if !returns {
                    return Err(unsupported(
                        format!("WITH query \"{name}\" does not have a RETURNING clause"),
                        table.location,
                    ));
                }
                let outputs = self.fresh(columns);
                let columns = outputs.iter().map(|output| output.id).collect();
                BoundQuery { input: Logical::Cte { id, columns }, outputs }
            }
            CteKind::Working { id, columns, hidden, term } => {
                self.check_recursive_use(name, id, term, table.location)?;
                self.level().self_reference = true;
                let outputs = self.fresh(columns);
                let hidden: Vec<ColumnId> =
                    self.fresh(hidden).into_iter().map(|output| output.id).collect();
                let columns =
                    outputs.iter().map(|output| output.id).chain(hidden.iter().copied()).collect();
                self.columns.working_hidden[id] = hidden;
                BoundQuery { input: Logical::WorkingTable { id, columns }, outputs }
            }
            CteKind::Malformed { location } => {
                return Err(error(
                    sqlstate::INVALID_RECURSION,
                    format!(
                        "recursive query \"{name}\" does not have the form non-recursive-term \
                         UNION [ALL] recursive-term"
                    ),
                    location,
                ));
            }
            CteKind::Forbidden => {
                return Err(error(
                    sqlstate::INVALID_RECURSION,
                    format!(
                        "recursive reference to query \"{name}\" must not appear within its \
                         non-recursive term"
                    ),
                    table.location,
                ));
            }
            CteKind::Inline { table: common, recursive, levels, visible } => {
                let later = self.ctes.split_off(visible);
                let hidden: Vec<bool> = self.levels[levels..]
                    .iter_mut()
                    .map(|level| std::mem::replace(&mut level.hidden, true))
                    .collect();
                let bound =
                    self.nested(|binder| match binder.common_statement(&common, recursive)? {
                        Bound::Query { input, outputs } => Ok(BoundQuery { input, outputs }),
                        _ => Err(unsupported(
                            "a data-modifying WITH query cannot refer to outer columns",
                            common.location,
                        )),
                    });
                for (level, hidden) in self.levels[levels..].iter_mut().zip(hidden) {
                    level.hidden = hidden;
                }
                self.ctes.extend(later);
                let mut bound = bound?;
                for (output, name) in bound.outputs.iter_mut().zip(&common.columns) {
                    output.name.clone_from(name);
                }
                bound
            }
        };
        self.named_query(query, table.alias.as_ref(), name).map(Some)
    }

    /// A recursive term may name itself once, and only where each of its rows counts by itself.
    fn check_recursive_use(
        &mut self,
        name: &str,
        id: usize,
        term: RecursiveTerm,
        location: u32,
    ) -> SqlResult<()> {
        let in_subquery = self.levels[term.levels..]
            .iter()
            .any(|level| !level.of_with && matches!(level.boundary, Boundary::SubPlan(_)));
        let place = if in_subquery {
            "within a subquery"
        } else if self.nullable_joins > term.nullable {
            "within an outer join"
        } else if self.intersections > term.intersected {
            "within INTERSECT"
        } else if self.exceptions > term.excepted {
            "within EXCEPT"
        } else if self.columns.working_uses[id] > 0 {
            "more than once"
        } else {
            self.columns.working_uses[id] += 1;
            return Ok(());
        };
        Err(error(
            sqlstate::INVALID_RECURSION,
            format!("recursive reference to query \"{name}\" must not appear {place}"),
            location,
        ))
    }

    fn fresh(&mut self, columns: Vec<(String, SqlType)>) -> Vec<Output> {
        columns
            .into_iter()
            .map(|(name, ty)| Output { id: self.columns.add(&name, ty), name })
            .collect()
    }
}

fn rename(columns: &mut [(String, SqlType)], table: &ast::CommonTable) -> SqlResult<()> {
    if table.columns.len() > columns.len() {
        return Err(error(
            sqlstate::INVALID_COLUMN_REFERENCE,
            format!(
                "WITH query \"{}\" has {} columns available but {} columns specified",
                table.name,
                columns.len(),
                table.columns.len()
            ),
            table.location,
        ));
    }
    for (column, name) in columns.iter_mut().zip(&table.columns) {
        column.0.clone_from(name);
    }
    Ok(())
}
