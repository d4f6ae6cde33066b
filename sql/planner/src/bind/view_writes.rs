//! Writes through views: rows of a view that are rows of one table.
//!
//! The target of the write is the table. What the statement calls the view's columns are the
//! view's expressions over the table's row, whichever row that is: the old, the new or the proposed
//! one. Conditions of the views select the rows, and with CHECK OPTION are checked of new rows.

use std::sync::Arc;

use catalog::{Relation, RelationKind, triggers};
use syntax::ast;
use types::{SqlError, SqlResult, sqlstate};

use super::coerce::parse_one;
use super::scope::{Boundary, Clause, Item, Level, ScopeColumn};
use super::{Binder, error};
use crate::expression::Expr;
use crate::logical::{ColumnId, Logical};
use crate::plan::{Access, Check};
use crate::walk;

/// A chain of views that is longer is refused.
const MAXIMUM_LAYERS: usize = 100;

/// What is done through the view, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewWrite {
    Insert,
    Update,
    Delete,
}

impl ViewWrite {
    fn access(self) -> Access {
        match self {
            ViewWrite::Insert => Access::Insert,
            ViewWrite::Update => Access::Update,
            ViewWrite::Delete => Access::Delete,
        }
    }
}

/// One view of the chain.
struct Layer {
    view: Arc<Relation>,
    /// What its query calls the relation below.
    below: String,
    items: Vec<ast::SelectItem>,
    filter: Option<ast::Expr>,
    /// Its condition is checked of new rows.
    checked: bool,
}

/// A view with the table under it.
pub struct WritableView {
    pub base: Arc<Relation>,
    /// Outermost first.
    layers: Vec<Layer>,
}

impl WritableView {
    /// Whose privileges on the table count; `None` is the current user.
    pub fn owner(&self) -> Option<types::Oid> {
        let invokes =
            |layer: &&Layer| layer.view.view.as_ref().is_some_and(|view| view.security_invoker);
        self.layers.iter().rev().find(|layer| !invokes(layer)).map(|layer| layer.view.owner)
    }
}

/// The view's columns and conditions over one row of the table.
pub struct ViewRow {
    pub columns: Vec<ScopeColumn>,
    /// Innermost first: the view's name, whether it is checked, its terms.
    filters: Vec<(String, bool, Vec<Expr>)>,
}

impl ViewRow {
    pub fn conditions(&self) -> Vec<Expr> {
        self.filters.iter().flat_map(|filter| filter.2.clone()).collect()
    }

    pub fn checks(&self) -> Vec<Check> {
        let checked = self.filters.iter().filter(|filter| filter.1);
        checked
            .filter_map(|(name, _, terms)| {
                let condition = walk::conjunction(terms.clone())?;
                Some(Check { name: name.clone(), condition })
            })
            .collect()
    }
}

fn refusal(view: &Relation, write: ViewWrite, detail: &str) -> SqlError {
    let (verb, doing, event) = match write {
        ViewWrite::Insert => ("insert into", "inserting into", "INSERT"),
        ViewWrite::Update => ("update", "updating", "UPDATE"),
        ViewWrite::Delete => ("delete from", "deleting from", "DELETE"),
    };
    SqlError::new(
        sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("cannot {verb} view \"{}\"", view.name),
    )
    .detail(detail)
    .hint(format!(
        "To enable {doing} the view, provide an INSTEAD OF {event} trigger or an unconditional ON \
         {event} DO INSTEAD rule."
    ))
}

/// Why rows of a query are not rows of one relation, as far as its text tells.
pub fn not_updatable(query: &ast::Query) -> Option<&'static str> {
    let ast::QueryBody::Select(select) = &query.body else {
        return Some(match &query.body {
            ast::QueryBody::Nested(inner) => return not_updatable(inner),
            ast::QueryBody::SetOperation(_) => {
                "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable."
            }
            _ => {
                "Views that do not select from a single table or view are not automatically \
                 updatable."
            }
        });
    };
    if select.distinct != ast::Distinct::All {
        return Some("Views containing DISTINCT are not automatically updatable.");
    }
    if !select.group_by.is_empty() {
        return Some("Views containing GROUP BY are not automatically updatable.");
    }
    if select.having.is_some() {
        return Some("Views containing HAVING are not automatically updatable.");
    }
    if query.with.is_some() {
        return Some("Views containing WITH are not automatically updatable.");
    }
    if query.limit.is_some() || query.offset.is_some() {
        return Some("Views containing LIMIT or OFFSET are not automatically updatable.");
    }
    match select.from.as_slice() {
        [ast::FromItem::Table(_)] => None,
        _ => Some(
            "Views that do not select from a single table or view are not automatically updatable.",
        ),
    }
}

/// Whether triggers of the view say what becomes of its rows.
pub fn fires_instead(view: &Relation, write: ViewWrite) -> bool {
    let event = match write {
        ViewWrite::Insert => triggers::INSERT,
        ViewWrite::Update => triggers::UPDATE,
        ViewWrite::Delete => triggers::DELETE,
    };
    view.kind == RelationKind::View && view.triggers.iter().any(|trigger| trigger.is_instead(event))
}

impl Binder<'_> {
    /// The rows of a view as if they were stored, for triggers in place of the write; their keys are empty.
    pub fn rows_of_view(
        &mut self,
        view: &Arc<Relation>,
        alias: Option<&ast::Alias>,
    ) -> SqlResult<(Logical, Item)> {
        let Some(definition) = &view.view else {
            return Err(error(sqlstate::INTERNAL_ERROR, "a view without query", 0));
        };
        let query = self.view_query(view, definition)?;
        let first = self.columns.add_table(view);
        let mut rows: Vec<(ColumnId, Expr)> = query
            .outputs
            .iter()
            .enumerate()
            .map(|(position, output)| (first + position, self.columns.column(output.id)))
            .collect();
        let key = types::Datum::Bytea(Arc::from([].as_slice()));
        let ty = types::SqlType::new(types::oid::BYTEA);
        rows.push((first + view.columns.len(), Expr::Constant { value: key, ty }));
        let name = alias.map_or(&view.name, |alias| &alias.name).clone();
        let mut item = self.row_item(view, first, name);
        item.stored = Some((first, view.columns.len()));
        if alias.is_some() {
            item.schema = None;
            item.hidden_name = Some(view.name.clone());
        }
        Ok((query.input.projected(rows), item))
    }

    /// The table under a view, if its rows can be written through it.
    pub fn writable_view(
        &mut self,
        view: &Arc<Relation>,
        write: ViewWrite,
    ) -> SqlResult<WritableView> {
        let mut layers: Vec<Layer> = Vec::new();
        let mut current = view.clone();
        let mut cascaded = false;
        loop {
            if layers.len() >= MAXIMUM_LAYERS {
                return Err(error(sqlstate::STATEMENT_TOO_COMPLEX, "too many views", 0));
            }
            let text = current.view.as_ref().map_or("", |view| view.query.as_str());
            let ast::Statement::Query(mut query) = parse_one(text)? else {
                return Err(error(sqlstate::INTERNAL_ERROR, "a view's text is no query", 0));
            };
            while let ast::QueryBody::Nested(inner) = query.body {
                query = inner;
            }
            if let Some(detail) = not_updatable(&query) {
                return Err(refusal(&current, write, detail));
            }
            let single = "Views that do not select from a single table or view are not \
                          automatically updatable.";
            let ast::QueryBody::Select(select) = query.body else {
                return Err(refusal(&current, write, single));
            };
            let Some(ast::FromItem::Table(table)) = select.from.into_iter().next() else {
                return Err(refusal(&current, write, single));
            };
            let below = self.relation(&table.relation.name)?;
            if !matches!(below.kind, RelationKind::Table | RelationKind::View) {
                return Err(refusal(&current, write, single));
            }
            let option = current.view.as_ref().and_then(|view| view.check_option.as_deref());
            let checked = cascaded || option.is_some();
            cascaded = cascaded || option == Some("cascaded");
            let invoker = current.view.as_ref().is_some_and(|view| view.security_invoker);
            let owner = current.owner;
            layers.push(Layer {
                below: table.alias.map_or_else(|| below.name.clone(), |alias| alias.name),
                view: current,
                items: select.items,
                filter: select.filter,
                checked,
            });
            let before = self.check_as;
            if !invoker {
                self.check_as = Some(owner);
            }
            self.uses(&below, write.access());
            self.check_as = before;
            if below.kind == RelationKind::Table {
                let through = WritableView { base: below, layers };
                self.refuse_computed_rows(&through, write)?;
                return Ok(through);
            }
            current = below;
        }
    }

    /// Aggregates and the like are only known once names are.
    fn refuse_computed_rows(&mut self, through: &WritableView, write: ViewWrite) -> SqlResult<()> {
        let first = self.columns.add_table(&through.base);
        match self.bind_layers(through, first) {
            Ok(_) => Ok(()),
            Err((layer, Some(detail), _)) => {
                Err(refusal(&through.layers[layer].view, write, detail))
            }
            Err((_, None, failure)) => Err(failure),
        }
    }

    /// What the view shows of the table's row that begins at column `first`.
    pub fn view_row(&mut self, through: &WritableView, first: ColumnId) -> SqlResult<ViewRow> {
        self.bind_layers(through, first).map_err(|failure| failure.2)
    }

    fn bind_layers(
        &mut self,
        through: &WritableView,
        first: ColumnId,
    ) -> Result<ViewRow, (usize, Option<&'static str>, SqlError)> {
        let levels = std::mem::take(&mut self.levels);
        let ctes = std::mem::take(&mut self.ctes);
        let check_as = self.check_as;
        let bound = self.bind_layers_inner(through, first);
        self.levels = levels;
        self.ctes = ctes;
        self.check_as = check_as;
        bound.map_err(|(layer, detail, mut failure)| {
            // Its positions are in another text.
            failure.fields_mut().location = None;
            (layer, detail, failure)
        })
    }

    fn bind_layers_inner(
        &mut self,
        through: &WritableView,
        first: ColumnId,
    ) -> Result<ViewRow, (usize, Option<&'static str>, SqlError)> {
        let base = &through.base;
        let mut below = base.clone();
        let mut columns = self.row_item(base, first, base.name.clone()).columns;
        let mut filters = Vec::new();
        for (number, layer) in through.layers.iter().enumerate().rev() {
            if !layer.view.view.as_ref().is_some_and(|view| view.security_invoker) {
                self.check_as = Some(layer.view.owner);
            }
            let mut level = Level::new(Boundary::Open);
            level.columns.clone_from(&columns);
            level.items.push(Item {
                name: layer.below.clone(),
                schema: Some(below.schema),
                hidden_name: None,
                columns,
                row_type: below.type_oid,
                stored: None,
                scalar: false,
                may_be_missing: false,
            });
            self.levels = vec![level];
            let targets =
                self.targets(&layer.items, false).map_err(|failure| (number, None, failure))?;
            let level = self.level();
            let computed = if !level.aggregates.is_empty() {
                Some("Views that return aggregate functions are not automatically updatable.")
            } else if !level.windows.is_empty() {
                Some("Views that return window functions are not automatically updatable.")
            } else if !level.sets.is_empty() {
                Some("Views that return set-returning functions are not automatically updatable.")
            } else {
                None
            };
            if computed.is_some() {
                let failure = error(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, "a view", 0);
                return Err((number, computed, failure));
            }
            let terms = match &layer.filter {
                Some(filter) => self
                    .condition(filter, Clause::Where, "WHERE")
                    .map_err(|failure| (number, None, failure))?,
                None => Vec::new(),
            };
            filters.push((layer.view.name.clone(), layer.checked, terms));
            columns = layer
                .view
                .live_columns()
                .zip(targets)
                .map(|(column, target)| ScopeColumn {
                    name: column.name.clone(),
                    expr: target.expr,
                })
                .collect();
            below = layer.view.clone();
        }
        Ok(ViewRow { columns, filters })
    }

    /// The row of a view as an item of scope.
    pub fn view_item(&self, view: &Relation, row: &ViewRow, name: String) -> Item {
        Item {
            name,
            schema: Some(view.schema),
            hidden_name: None,
            columns: row.columns.clone(),
            row_type: view.type_oid,
            stored: None,
            scalar: false,
            may_be_missing: false,
        }
    }

    /// The table's column under a column of the view that is written to.
    pub fn column_below(
        &self,
        view: &Relation,
        through: &WritableView,
        (row, first): (&ViewRow, ColumnId),
        target: &ast::TargetColumn,
        write: ViewWrite,
    ) -> SqlResult<ast::TargetColumn> {
        let Some(column) = row.columns.iter().find(|column| column.name == target.name) else {
            return Err(error(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{}\" of relation \"{}\" does not exist", target.name, view.name),
                target.location,
            ));
        };
        let position = match &column.expr {
            Expr::Column { index, .. } => index.checked_sub(first),
            _ => None,
        };
        let Some(below) = position.and_then(|position| through.base.columns.get(position)) else {
            let verb = if write == ViewWrite::Insert { "insert into" } else { "update" };
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("cannot {verb} column \"{}\" of view \"{}\"", target.name, view.name),
            )
            .detail(
                "View columns that are not columns of their base relation are not updatable.",
            ));
        };
        Ok(ast::TargetColumn { name: below.name.clone(), ..target.clone() })
    }

    /// SET over the table's columns instead of the view's.
    pub fn assignments_below(
        &self,
        view: &Relation,
        through: &WritableView,
        row: (&ViewRow, ColumnId),
        assignments: &[ast::Assignment],
    ) -> SqlResult<Vec<ast::Assignment>> {
        let below = |target: &ast::TargetColumn| {
            self.column_below(view, through, row, target, ViewWrite::Update)
        };
        let mut renamed = assignments.to_vec();
        for assignment in &mut renamed {
            match assignment {
                ast::Assignment::Column { target, .. } => *target = below(target)?,
                ast::Assignment::Columns { targets, .. } => {
                    for target in targets {
                        *target = below(target)?;
                    }
                }
            }
        }
        Ok(renamed)
    }
}
