//! Stored texts when names change: defaults, checks, index expressions, views.

use catalog::{IndexKey, Relation, UserTypeKind};
use syntax::ast::{Alias, Expr, Literal, LiteralValue};
use types::{Oid, SqlResult};

use crate::analysis::expressions::parse_name;
use crate::run::Run;
use crate::walk::{self, Place};

/// Changes a place if it must, and says whether it did.
type Change<'c> = &'c dyn Fn(Place<'_>) -> bool;

impl Run<'_> {
    fn changed_expression(&self, text: &str, change: Change<'_>) -> SqlResult<Option<String>> {
        let mut expr = self.stored_expression(text)?;
        let mut changed = false;
        walk::expression(&mut expr, &mut |place| changed |= change(place));
        Ok(changed.then(|| expr.to_string()))
    }

    fn changed_query(&self, text: &str, change: Change<'_>) -> SqlResult<Option<String>> {
        let mut query = self.stored_query(text)?;
        let mut changed = false;
        walk::query(&mut query, &mut |place| changed |= change(place));
        Ok(changed.then(|| query.to_string()))
    }

    /// Changes the expressions of one table; whether any was.
    pub fn rewrite_expressions(&self, table: &mut Relation, change: Change<'_>) -> SqlResult<bool> {
        let mut changed = false;
        let texts = table
            .columns
            .iter_mut()
            .filter_map(|column| column.default.as_mut())
            .chain(table.constraints.iter_mut().filter_map(
                |constraint| match &mut constraint.kind {
                    catalog::ConstraintKind::Check { sql, .. } => Some(sql),
                    _ => None,
                },
            ))
            .chain(table.indexes.iter_mut().flat_map(|index| {
                let keys = index.columns.iter_mut().filter_map(|column| match &mut column.key {
                    IndexKey::Expression { sql, .. } => Some(sql),
                    IndexKey::Column(_) => None,
                });
                keys.chain(index.predicate.as_mut())
            }))
            .chain(table.triggers.iter_mut().filter_map(|trigger| trigger.when.as_mut()));
        for text in texts {
            if let Some(new) = self.changed_expression(text, change)? {
                *text = new;
                changed = true;
            }
        }
        Ok(changed)
    }

    /// Changes every stored text that may contain `needle`.
    fn rewrite_texts(&mut self, needle: &str, change: Change<'_>) -> SqlResult<()> {
        let mut changes = Vec::new();
        for relation in self.catalog.relations().filter(|relation| !relation.is_virtual()) {
            let mut copy = (**relation).clone();
            let mut changed = false;
            let in_table =
                copy.columns.iter().any(|column| {
                    column.default.as_ref().is_some_and(|text| text.contains(needle))
                }) || !copy.constraints.is_empty()
                    || !copy.indexes.is_empty();
            if in_table {
                changed |= self.rewrite_expressions(&mut copy, change)?;
            }
            if let Some(view) = &mut copy.view
                && view.query.contains(needle)
                && let Some(new) = self.changed_query(&view.query, change)?
            {
                view.query = new;
                changed = true;
            }
            if changed {
                changes.push(copy);
            }
        }
        let mut types = Vec::new();
        for user_type in self.catalog.user_types() {
            let mut copy = (**user_type).clone();
            let UserTypeKind::Domain { default, checks, .. } = &mut copy.kind else {
                continue;
            };
            let mut changed = false;
            for text in checks.iter_mut().map(|(_, text)| text).chain(default) {
                if let Some(new) = self.changed_expression(text, change)? {
                    *text = new;
                    changed = true;
                }
            }
            if changed {
                types.push(copy);
            }
        }
        for relation in changes {
            self.changes_definition(relation.oid, false);
            self.put_relation(relation);
        }
        types.into_iter().for_each(|user_type| self.put_type(user_type));
        Ok(())
    }

    /// `old` (schema and name) of a relation or type is now `new`, in all stored texts.
    pub fn rename_in_texts(&mut self, old: [&str; 2], new: [&str; 2]) -> SqlResult<()> {
        let is_old =
            |parts: &[String]| matches!(parts, [schema, name] if [schema.as_str(), name] == old);
        let renamed = || new.map(str::to_owned).to_vec();
        let in_literal = |expr: &mut Expr| {
            let Expr::Literal(Literal { value: LiteralValue::String(text), .. }) = expr else {
                return false;
            };
            if !parse_name(text).is_some_and(|name| is_old(&name.parts)) {
                return false;
            }
            *text = catalog::qualified(new[0], new[1]);
            true
        };
        let change = |place: Place<'_>| match place {
            Place::Table(table) if is_old(&table.relation.name.parts) => {
                // Columns are written with the old name in front.
                table
                    .alias
                    .get_or_insert_with(|| Alias { name: old[1].to_owned(), columns: Vec::new() });
                table.relation.name.parts = renamed();
                true
            }
            Place::Type(name) if is_old(&name.names) => {
                name.names = renamed();
                true
            }
            Place::Expr(Expr::TypeCast(cast)) if cast.type_name.name() == "regclass" => {
                in_literal(&mut cast.expr)
            }
            Place::Expr(Expr::Function(call))
                if matches!(call.name.name(), "nextval" | "currval" | "setval") =>
            {
                call.arguments.first_mut().is_some_and(|first| in_literal(&mut first.value))
            }
            _ => false,
        };
        self.rewrite_texts(old[1], &change)
    }

    /// Functions called `old` (schema and name) are now called `new`, in all stored texts.
    pub fn rename_calls_in_texts(&mut self, old: [&str; 2], new: [&str; 2]) -> SqlResult<()> {
        let change = |place: Place<'_>| match place {
            Place::Expr(Expr::Function(call)) if matches!(call.name.parts.as_slice(), [schema, name] if [schema, name] == old) =>
            {
                call.name.parts = new.map(str::to_owned).to_vec();
                true
            }
            _ => false,
        };
        self.rewrite_texts(old[1], &change)
    }

    /// A column of the relation gets another name: its own expressions, and the views that read it, which keep calling
    /// the column by its old name.
    pub fn rename_column_in_texts(&mut self, relation: Oid, old: &str, new: &str) -> SqlResult<()> {
        let mut table = (*self.known_relation(relation)?).clone();
        let names: Vec<String> = table.live_columns().map(|column| column.name.clone()).collect();
        let in_table = |place: Place<'_>| match place {
            Place::Expr(Expr::ColumnRef(reference))
                if reference.fields.last().is_some_and(|name| name == old) =>
            {
                if let Some(last) = reference.fields.last_mut() {
                    new.clone_into(last);
                }
                true
            }
            _ => false,
        };
        self.rewrite_expressions(&mut table, &in_table)?;
        for column in &mut table.columns {
            if !column.dropped && column.name == old {
                new.clone_into(&mut column.name);
            }
        }
        let parts = [self.schema_name(table.schema), table.name.clone()];
        self.put_relation(table);
        let in_views = |place: Place<'_>| match place {
            Place::Table(table) if table.relation.name.parts == parts => {
                let alias = table
                    .alias
                    .get_or_insert_with(|| Alias { name: parts[1].clone(), columns: Vec::new() });
                let known = alias.columns.len();
                if known < names.len() {
                    alias.columns.extend_from_slice(&names[known..]);
                }
                true
            }
            _ => false,
        };
        self.rewrite_views_of(relation, &in_views)
    }

    /// A column that no view reads is gone: lists of column names lose it.
    pub fn drop_column_in_views(&mut self, relation: Oid, position: usize) -> SqlResult<()> {
        let table = self.known_relation(relation)?;
        let parts = [self.schema_name(table.schema), table.name.clone()];
        let change = |place: Place<'_>| match place {
            Place::Table(table) if table.relation.name.parts == parts => match &mut table.alias {
                Some(alias) if position < alias.columns.len() => {
                    alias.columns.remove(position);
                    true
                }
                _ => false,
            },
            _ => false,
        };
        self.rewrite_views_of(relation, &change)
    }

    fn rewrite_views_of(&mut self, relation: Oid, change: Change<'_>) -> SqlResult<()> {
        for view in self.views_of(relation) {
            let mut view = (*self.known_relation(view)?).clone();
            if let Some(definition) = &mut view.view
                && let Some(new) = self.changed_query(&definition.query, change)?
            {
                definition.query = new;
                self.put_relation(view);
            }
        }
        Ok(())
    }

    /// Views that read the relation.
    pub fn views_of(&self, relation: Oid) -> Vec<Oid> {
        self.catalog
            .relations()
            .filter(|view| {
                view.view.as_ref().is_some_and(|view| view.depends_on.contains(&relation))
            })
            .map(|view| view.oid)
            .collect()
    }
}
