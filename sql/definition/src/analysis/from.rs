//! Table references: which columns each brings.

use syntax::ast::*;
use types::{SqlResult, SqlType, oid, sqlstate};

use super::{Analysis, Output, Scope, Source, VisibleColumn};
use crate::run::error;

fn columns_of(outputs: &[Output], qualifier: &str) -> Vec<VisibleColumn> {
    let qualifier = (!qualifier.is_empty()).then(|| qualifier.to_owned());
    outputs
        .iter()
        .map(|output| VisibleColumn {
            name: output.name.clone(),
            ty: output.ty,
            qualifier: qualifier.clone(),
            origins: Vec::new(),
        })
        .collect()
}

fn renamed(mut columns: Vec<VisibleColumn>, alias: Option<&Alias>) -> Vec<VisibleColumn> {
    for (column, name) in columns.iter_mut().zip(alias.map_or(&[][..], |alias| &alias.columns)) {
        column.name.clone_from(name);
    }
    columns
}

impl Analysis<'_, '_> {
    /// The scope of a FROM list.
    pub(super) fn table_list(&mut self, items: &mut [FromItem]) -> SqlResult<Scope> {
        let mut scope = Scope::default();
        for item in items {
            let added = self.table_item(item, &scope)?;
            for source in &added.sources {
                let is_again = !source.name.is_empty()
                    && scope
                        .sources
                        .iter()
                        .any(|known| known.name == source.name && known.schema == source.schema);
                if is_again {
                    return Err(error(
                        sqlstate::DUPLICATE_ALIAS,
                        format!("table name \"{}\" specified more than once", source.name),
                    ));
                }
            }
            scope.sources.extend(added.sources);
            scope.visible.extend(added.visible);
        }
        Ok(scope)
    }

    fn table_item(&mut self, item: &mut FromItem, left: &Scope) -> SqlResult<Scope> {
        let source = match item {
            FromItem::Table(table) => self.table(table)?,
            FromItem::Subquery(subquery) => {
                let name = subquery.alias.as_ref().map_or("", |alias| &alias.name).to_owned();
                let outputs = if subquery.lateral {
                    self.scopes.push(left.clone());
                    let outputs = self.query(&mut subquery.query);
                    self.scopes.pop();
                    outputs?
                } else {
                    self.query(&mut subquery.query)?
                };
                let columns = renamed(columns_of(&outputs, &name), subquery.alias.as_ref());
                Source { name, columns, complete: true, ..Source::default() }
            }
            FromItem::Function(function) => {
                self.scopes.push(left.clone());
                let source = self.function_source(function);
                self.scopes.pop();
                source?
            }
            FromItem::Join(join) => return self.join(join, left),
        };
        Ok(Scope { visible: source.columns.clone(), sources: vec![source] })
    }

    fn table(&mut self, table: &mut TableReference) -> SqlResult<Source> {
        let name = &mut table.relation.name;
        if let [only] = name.parts.as_slice()
            && let Some((_, outputs)) = self.tables.iter().rev().find(|(known, _)| known == only)
        {
            let alias = table.alias.as_ref();
            let shown = alias.map_or(only.clone(), |alias| alias.name.clone());
            let columns = renamed(columns_of(outputs, &shown), alias);
            return Ok(Source { name: shown, columns, complete: true, ..Source::default() });
        }
        let relation = self.run.relation(name)?;
        let schema = self.run.schema_name(relation.schema);
        name.parts = vec![schema.clone(), relation.name.clone()];
        self.uses.insert((relation.oid, 0));
        let shown = table.alias.as_ref().map_or(relation.name.clone(), |alias| alias.name.clone());
        self.meets_collation |= relation.live_columns().any(super::collations::is_foreign);
        let columns: Vec<VisibleColumn> = relation
            .live_columns()
            .map(|column| VisibleColumn {
                name: column.name.clone(),
                ty: super::collations::column_type(self.run, column),
                qualifier: Some(shown.clone()),
                origins: vec![(relation.oid, column.number)],
            })
            .collect();
        if let Some(alias) = &table.alias
            && alias.columns.len() > columns.len()
        {
            return Err(error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!(
                    "table \"{shown}\" has {} columns available but {} columns specified",
                    columns.len(),
                    alias.columns.len()
                ),
            )
            .at(table.location));
        }
        Ok(Source {
            name: shown,
            schema: table.alias.is_none().then_some(schema),
            columns: renamed(columns, table.alias.as_ref()),
            complete: relation.kind != catalog::RelationKind::Sequence,
            row_type: relation.type_oid,
        })
    }

    fn function_source(&mut self, function: &mut FromFunction) -> SqlResult<Source> {
        let mut columns = Vec::new();
        let mut complete = true;
        let alias = function.alias.as_ref();
        let mut name = alias.map_or(String::new(), |alias| alias.name.clone());
        let is_alone = function.functions.len() == 1;
        for item in &mut function.functions {
            let mut definitions = item.column_definitions.clone();
            if definitions.is_empty() {
                definitions.clone_from(&function.column_definitions);
            }
            let (result, several, called) = match &mut item.function {
                Expr::Function(call) => {
                    let called = self.resolve_call(call, true)?;
                    (called.result, called.columns, call.name.name().to_owned())
                }
                other => (self.expression(other)?, Vec::new(), String::new()),
            };
            if name.is_empty() {
                name.clone_from(&called);
            }
            for definition in &mut definitions {
                let ty = match &mut definition.type_name {
                    Some(type_name) => self.run.resolve_type(type_name)?,
                    None => SqlType::new(0),
                };
                columns.push(Output { name: definition.name.clone(), ty });
            }
            if !definitions.is_empty() {
                continue;
            }
            if !several.is_empty() {
                columns.extend(several);
            } else if let Some(fields) = self.run.composite_fields(result.oid) {
                columns.extend(fields.into_iter().map(|(name, ty)| Output { name, ty }));
            } else if matches!(result.oid, 0 | oid::RECORD) {
                complete = false;
            } else {
                let column = match alias {
                    Some(alias) if is_alone => alias.name.clone(),
                    _ => called,
                };
                columns.push(Output { name: column, ty: result });
            }
        }
        if function.with_ordinality {
            columns.push(Output { name: "ordinality".to_owned(), ty: SqlType::new(oid::INT8) });
        }
        let columns = renamed(columns_of(&columns, &name), alias);
        Ok(Source { name, columns, complete, ..Source::default() })
    }

    fn join(&mut self, join: &mut Join, outer: &Scope) -> SqlResult<Scope> {
        let left = self.table_item(&mut join.left, outer)?;
        let mut seen = outer.clone();
        seen.sources.extend(left.sources.iter().cloned());
        seen.visible.extend(left.visible.iter().cloned());
        let right = self.table_item(&mut join.right, &seen)?;
        let using: Vec<String> = match &join.constraint {
            JoinConstraint::Using { columns, .. } => columns.clone(),
            JoinConstraint::Natural => left
                .visible
                .iter()
                .filter(|column| right.visible.iter().any(|other| other.name == column.name))
                .map(|column| column.name.clone())
                .collect(),
            JoinConstraint::On(_) | JoinConstraint::None => Vec::new(),
        };
        if matches!(join.constraint, JoinConstraint::Natural) {
            // A column added later must not become part of the condition.
            join.constraint = match using.is_empty() {
                true => JoinConstraint::On(Expr::Literal(Literal {
                    value: LiteralValue::Boolean(true),
                    location: join.location,
                })),
                false => JoinConstraint::Using { columns: using.clone(), alias: None },
            };
        }
        let mut merged = Scope::default();
        for name in &using {
            merged.visible.push(self.merged_column(name, &left, &right, join)?);
        }
        let rest = left.visible.iter().chain(&right.visible);
        merged.visible.extend(rest.filter(|column| !using.contains(&column.name)).cloned());
        merged.sources = left.sources;
        merged.sources.extend(right.sources);
        if let JoinConstraint::On(condition) = &mut join.constraint {
            self.scopes.push(outer.clone());
            self.scopes.push(merged.clone());
            let ty = self.expression(condition);
            self.scopes.truncate(self.scopes.len() - 2);
            self.require_boolean(condition, ty?, "JOIN/ON")?;
        }
        if let Some(alias) = &join.alias {
            for column in &mut merged.visible {
                column.qualifier = Some(alias.name.clone());
            }
            merged.visible = renamed(merged.visible, Some(alias));
            merged.sources = vec![Source {
                name: alias.name.clone(),
                columns: merged.visible.clone(),
                complete: true,
                ..Source::default()
            }];
        }
        Ok(merged)
    }

    fn merged_column(
        &mut self,
        name: &str,
        left: &Scope,
        right: &Scope,
        join: &Join,
    ) -> SqlResult<VisibleColumn> {
        let mut origins = Vec::new();
        let mut types = Vec::new();
        for (side, word) in [(left, "left"), (right, "right")] {
            let Some(column) = side.visible.iter().find(|column| column.name == name) else {
                return Err(error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!(
                        "column \"{name}\" specified in USING clause does not exist in {word} table"
                    ),
                )
                .at(join.location));
            };
            origins.extend(column.origins.iter().copied());
            types.push(column.ty);
        }
        self.uses.extend(origins.iter().copied());
        let ty = match join.join_type {
            JoinType::Inner | JoinType::Left | JoinType::Cross if types[0].oid == types[1].oid => {
                types[0]
            }
            _ => self.common_of("JOIN/USING", &types)?,
        };
        Ok(VisibleColumn { name: name.to_owned(), ty, qualifier: None, origins })
    }
}
