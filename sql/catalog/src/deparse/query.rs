//! Views' queries: each clause on its own line, one selected column a line, as PostgreSQL lays them out.

use syntax::ast::{
    Alias, Distinct, Expr, FromItem, GroupItem, Join, JoinConstraint, JoinType, Quantifier, Query,
    QueryBody, Select, SelectItem, SetOperator, Statement, SubqueryExpr, SubqueryKind,
};
use types::{Oid, oid};

use super::analysis::not;
use super::nodes::Node;
use super::{Deparser, RangeEntry, Typed};
use crate::objects;
use crate::quote_identifier;

/// The columns of a query's result.
type Columns = Vec<(String, Oid)>;

fn pad(indent: usize) -> String {
    " ".repeat(indent)
}

impl Deparser<'_> {
    /// The text of a whole view's query and a semicolon; `names` are the view's columns.
    pub fn view(&mut self, query: &Query, names: &[String]) -> Option<String> {
        let (text, _) = self.query(query, 0, Some(names))?;
        Some(format!("{text};"))
    }

    /// A query whose words begin `indent` columns from the left, and its columns.
    fn query(
        &mut self,
        query: &Query,
        indent: usize,
        names: Option<&[String]>,
    ) -> Option<(String, Columns)> {
        if !query.locking.is_empty() {
            return None;
        }
        let known = self.tables.len();
        let mut out = String::new();
        if let Some(with) = &query.with {
            if with.recursive {
                return None;
            }
            out.push_str(" WITH ");
            for (position, table) in with.tables.iter().enumerate() {
                let Statement::Query(inner) = &*table.statement else { return None };
                if !table.columns.is_empty() || table.search.is_some() || table.cycle.is_some() {
                    return None;
                }
                let outer = std::mem::take(&mut self.range);
                self.depth += 1;
                let answer = self.query(inner, indent + 8, None);
                self.depth -= 1;
                self.range = outer;
                let (text, columns) = answer?;
                let separator = if position > 0 { ", " } else { "" };
                let materialized = match table.materialized {
                    Some(true) => "MATERIALIZED ",
                    Some(false) => "NOT MATERIALIZED ",
                    None => "",
                };
                out.push_str(&format!(
                    "{separator}{} AS {materialized}(\n{}{text}\n{})",
                    quote_identifier(&table.name),
                    pad(indent + 8),
                    pad(indent + 8)
                ));
                self.tables.push((table.name.clone(), columns));
            }
            out.push_str(&format!("\n{}", pad(indent)));
        }
        let outer = std::mem::take(&mut self.range);
        let (outer_prefix, outer_indent) = (self.prefix, self.indent);
        self.depth += 1;
        let answer = self.body(query, indent, names, &outer);
        self.depth -= 1;
        self.range = outer;
        (self.prefix, self.indent) = (outer_prefix, outer_indent);
        self.tables.truncate(known);
        let (body, columns) = answer?;
        Some((out + &body, columns))
    }

    fn body(
        &mut self,
        query: &Query,
        indent: usize,
        names: Option<&[String]>,
        outer: &[RangeEntry],
    ) -> Option<(String, Columns)> {
        let (mut out, columns, items) = match &query.body {
            QueryBody::Select(select) => self.select(select, indent, names, outer)?,
            QueryBody::SetOperation(_) => {
                let (text, columns) = self.set_operation(&query.body, indent, names)?;
                (text, columns, Vec::new())
            }
            _ => return None,
        };
        if !query.order_by.is_empty() {
            if items.is_empty() {
                return None;
            }
            // A number or a result's name means the selected expression.
            let mut keys = query.order_by.clone();
            for key in &mut keys {
                key.expr = selected(&key.expr, &items, &columns);
            }
            out.push_str(&format!("\n{}  ORDER BY {}", pad(indent), self.order_by(&keys)?));
        }
        if let Some(offset) = &query.offset {
            out.push_str(&format!("\n{} OFFSET {}", pad(indent), self.text(offset)?));
        }
        if let Some(limit) = &query.limit {
            let Some(count) = &limit.count else { return None };
            if limit.with_ties {
                return None;
            }
            out.push_str(&format!("\n{} LIMIT {}", pad(indent), self.text(count)?));
        }
        Some((out, columns))
    }

    fn set_operation(
        &mut self,
        body: &QueryBody,
        indent: usize,
        names: Option<&[String]>,
    ) -> Option<(String, Columns)> {
        let QueryBody::SetOperation(operation) = body else {
            let QueryBody::Select(select) = body else { return None };
            let outer = std::mem::take(&mut self.range);
            self.depth += 1;
            let answer = self.select(select, indent, names, &outer);
            self.depth -= 1;
            self.range = outer;
            let (text, columns, _) = answer?;
            return Some((text, columns));
        };
        let word = match operation.operator {
            SetOperator::Union => "UNION",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        };
        let all = if operation.all { " ALL" } else { "" };
        // A different operation on the left is in parentheses of its own.
        let different = matches!(&operation.left, QueryBody::SetOperation(left)
            if left.operator != operation.operator || left.all != operation.all);
        let (left, columns) = if different {
            let (text, columns) = self.set_operation(&operation.left, indent + 8, names)?;
            (format!("(\n{}{text}\n{}) ", pad(indent + 8), pad(indent)), columns)
        } else {
            let (text, columns) = self.set_operation(&operation.left, indent, names)?;
            (format!("{text}\n{}", pad(indent)), columns)
        };
        if matches!(operation.right, QueryBody::SetOperation(_)) {
            return None;
        }
        let result: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let (right, _) = self.set_operation(&operation.right, indent, Some(&result))?;
        Some((format!("{left}{word}{all}\n{}{right}", pad(indent)), columns))
    }

    fn select(
        &mut self,
        select: &Select,
        indent: usize,
        names: Option<&[String]>,
        outer: &[RangeEntry],
    ) -> Option<(String, Columns, Vec<SelectItem>)> {
        if select.into.is_some() || !select.windows.is_empty() || select.as_of.is_some() {
            return None;
        }
        let mut lines = String::new();
        for (position, item) in select.from.iter().enumerate() {
            let text = self.from_item(item, indent)?;
            lines.push_str(&match position {
                0 => format!("\n{}   FROM {text}", pad(indent)),
                _ => format!(",\n{}    {text}", pad(indent)),
            });
        }
        self.prefix = self.range.len() > 1 || self.depth > 1 || !outer.is_empty();
        for entry in outer {
            self.range
                .push(RangeEntry { name: entry.name.clone(), columns: entry.columns.clone() });
        }
        let mut out = " SELECT ".to_owned();
        match &select.distinct {
            Distinct::All => {}
            Distinct::Distinct => out.push_str("DISTINCT "),
            Distinct::On(keys) => {
                let mut shown = Vec::new();
                for key in keys {
                    shown.push(self.key(&selected_number(key, &select.items))?);
                }
                out.push_str(&format!("DISTINCT ON ({}) ", shown.join(", ")));
            }
        }
        self.indent = indent + 8;
        let mut columns = Columns::new();
        let mut shown = Vec::new();
        for (position, item) in select.items.iter().enumerate() {
            let typed = self.analyze(&item.expr)?;
            let typed =
                if typed.type_oid == oid::UNKNOWN { self.coerce(typed, oid::TEXT) } else { typed };
            let own = match &item.alias {
                Some(alias) => alias.clone(),
                None => result_name(&item.expr),
            };
            let name = names.and_then(|names| names.get(position)).cloned().unwrap_or(own);
            let mut text = typed.node.print(self.pretty);
            let bare = match &item.expr {
                Expr::ColumnRef(column) => column.fields.last() == Some(&name),
                _ => false,
            };
            // The query of EXISTS has no names to see.
            if !bare && (!self.nameless || name != "?column?") {
                text.push_str(&format!(" AS {}", quote_identifier(&name)));
            }
            columns.push((name, typed.type_oid));
            shown.push(text);
        }
        let joined = shown.join(&format!(",\n{}    ", pad(indent)));
        // A CASE begins a line by itself.
        out.push_str(&joined.replace(&format!(",\n{}    \n", pad(indent)), ",\n"));
        let mut out = out.replace("SELECT \n", "SELECT\n") + &lines;
        if let Some(filter) = &select.filter {
            out.push_str(&format!("\n{}  WHERE {}", pad(indent), self.text(filter)?));
        }
        if select.group_distinct {
            return None;
        }
        let mut keys = Vec::new();
        for item in &select.group_by {
            let GroupItem::Expr(key) = item else { return None };
            keys.push(self.key(&selected_number(key, &select.items))?);
        }
        if !keys.is_empty() {
            out.push_str(&format!("\n{}  GROUP BY {}", pad(indent), keys.join(", ")));
        }
        if let Some(having) = &select.having {
            out.push_str(&format!("\n{} HAVING {}", pad(indent), self.text(having)?));
        }
        Some((out, columns, select.items.clone()))
    }

    fn enter(&mut self, name: &str, columns: Columns) {
        self.range.push(RangeEntry { name: name.to_owned(), columns });
    }

    fn from_item(&mut self, item: &FromItem, indent: usize) -> Option<String> {
        match item {
            FromItem::Table(table) => {
                if table.sample.is_some() || table.relation.only {
                    return None;
                }
                let written = table.relation.name.to_string();
                let alias = table.alias.as_ref();
                if alias.is_some_and(|alias| !alias.columns.is_empty()) {
                    return None;
                }
                let known = self.tables.iter().rev().find(|(name, _)| {
                    table.relation.name.schema().is_none() && name == table.relation.name.name()
                });
                let (own, shown, columns) = match known {
                    Some((name, columns)) => {
                        (name.clone(), quote_identifier(name), columns.clone())
                    }
                    None => {
                        let (catalog, context) = (self.scope.catalog, self.scope.context);
                        let number = objects::relation_oid(catalog, context, &written)?;
                        let relation = catalog.relation(number)?;
                        let columns = relation
                            .live_columns()
                            .map(|column| (column.name.clone(), column.type_oid))
                            .collect();
                        let shown = objects::relation_name(catalog, context, number)?;
                        (relation.name.clone(), shown, columns)
                    }
                };
                let name = alias.map_or(&own, |alias| &alias.name).clone();
                self.enter(&name, columns);
                Some(if name == own {
                    shown
                } else {
                    format!("{shown} {}", quote_identifier(&name))
                })
            }
            FromItem::Join(join) => self.join(join, indent),
            FromItem::Subquery(subquery) => {
                if subquery.lateral {
                    return None;
                }
                let alias = subquery.alias.as_ref()?;
                let (text, mut columns) = match &subquery.query.body {
                    QueryBody::Values { rows, .. } => self.values(rows)?,
                    _ => {
                        let outer = std::mem::take(&mut self.range);
                        let answer = self.query(&subquery.query, indent + 8, None)?;
                        self.range = outer;
                        answer
                    }
                };
                for (column, name) in columns.iter_mut().zip(&alias.columns) {
                    column.0.clone_from(name);
                }
                self.enter(&alias.name, columns);
                Some(format!("({text}) {}", alias_text(alias)))
            }
            FromItem::Function(_) => None,
        }
    }

    fn values(&mut self, rows: &[Vec<Expr>]) -> Option<(String, Columns)> {
        let mut columns = Columns::new();
        for position in 0..rows.first()?.len() {
            let mut members = Vec::new();
            for row in rows {
                members.push(self.analyze(row.get(position)?)?.type_oid);
            }
            let result = functions::common_type(self.scope.catalog, &members, "VALUES").ok()?;
            columns.push((format!("column{}", position + 1), result));
        }
        let mut shown = Vec::new();
        for row in rows {
            let mut cells = Vec::new();
            for (cell, (_, target)) in row.iter().zip(&columns) {
                let typed = self.analyze(cell)?;
                cells.push(self.coerce(typed, *target).node.print(self.pretty));
            }
            shown.push(format!("({})", cells.join(",")));
        }
        Some((format!(" VALUES {}", shown.join(", ")), columns))
    }

    fn join(&mut self, join: &Join, indent: usize) -> Option<String> {
        if join.alias.is_some() || matches!(join.right, FromItem::Join(_)) {
            return None;
        }
        let left = self.from_item(&join.left, indent)?;
        let right = self.from_item(&join.right, indent)?;
        let word = match join.join_type {
            JoinType::Inner => "JOIN",
            JoinType::Left => "LEFT JOIN",
            JoinType::Right => "RIGHT JOIN",
            JoinType::Full => "FULL JOIN",
            JoinType::Cross => "CROSS JOIN",
        };
        let constraint = match &join.constraint {
            JoinConstraint::None => String::new(),
            JoinConstraint::On(condition) => {
                let outer = self.prefix;
                self.prefix = true;
                let shown = self.text(condition)?;
                self.prefix = outer;
                if !self.pretty { format!(" ON ({shown})") } else { format!(" ON {shown}") }
            }
            _ => return None,
        };
        let text = format!("{left}\n{}     {word} {right}{constraint}", pad(indent));
        // Without the pretty form each join is in parentheses.
        Some(if self.pretty { text } else { format!("({text})") })
    }

    pub fn subquery(&mut self, subquery: &SubqueryExpr) -> Option<Typed> {
        let indent = self.indent;
        let outer = std::mem::replace(&mut self.nameless, true);
        let answer = self.query(&subquery.query, indent, None);
        self.nameless = outer;
        let (text, columns) = answer?;
        let result = columns.first().map_or(0, |(_, type_oid)| *type_oid);
        let compared = |deparser: &mut Self, left: &Expr, operator: &str, word: &str| {
            let left = deparser.analyze(left)?;
            let types = deparser.scope.catalog;
            let found =
                functions::resolve_operator(types, operator, Some(left.type_oid), result).ok()?;
            let left = deparser.coerce(left, found.left).node.print(deparser.pretty);
            Some(Node::Subquery(format!("({left} {word} ({text}))")))
        };
        let (node, type_oid) = match &subquery.kind {
            SubqueryKind::Exists => (Node::Subquery(format!("(EXISTS ({text}))")), oid::BOOL),
            SubqueryKind::Scalar => (Node::Subquery(format!("({text})")), result),
            SubqueryKind::Array => {
                (Node::Subquery(format!("ARRAY({text})")), self.array_of(result)?)
            }
            SubqueryKind::In { expr, negated } => {
                let node = compared(self, expr, "=", "IN")?;
                (if *negated { not(node).node } else { node }, oid::BOOL)
            }
            SubqueryKind::Quantified { left, operator, quantifier, .. } => {
                let word = if *quantifier == Quantifier::Any { "ANY" } else { "ALL" };
                (compared(self, left, operator, &format!("{operator} {word}"))?, oid::BOOL)
            }
        };
        Some(Typed { node, type_oid })
    }
}

fn alias_text(alias: &Alias) -> String {
    let columns: Vec<String> = alias.columns.iter().map(|name| quote_identifier(name)).collect();
    match columns.is_empty() {
        true => quote_identifier(&alias.name),
        false => format!("{}({})", quote_identifier(&alias.name), columns.join(", ")),
    }
}

/// What `ORDER BY 2` or `ORDER BY name` means.
fn selected(key: &Expr, items: &[SelectItem], columns: &Columns) -> Expr {
    if let Expr::ColumnRef(column) = key
        && let [name] = column.fields.as_slice()
        && let Some(position) = columns.iter().position(|(column, _)| column == name)
        && let Some(item) = items.get(position)
    {
        return item.expr.clone();
    }
    selected_number(key, items)
}

fn selected_number(key: &Expr, items: &[SelectItem]) -> Expr {
    use syntax::ast::LiteralValue::Integer;
    if let Expr::Literal(literal) = key
        && let Integer(number) = literal.value
        && let Some(item) = usize::try_from(number - 1).ok().and_then(|at| items.get(at))
    {
        return item.expr.clone();
    }
    key.clone()
}

/// The name of a result column without an alias.
fn result_name(expr: &Expr) -> String {
    match expr {
        Expr::ColumnRef(column) => column.fields.last().cloned().unwrap_or_default(),
        Expr::Function(call) => call.name.name().to_owned(),
        Expr::Coalesce { .. } => "coalesce".to_owned(),
        Expr::NullIf(_) => "nullif".to_owned(),
        Expr::MinMax { greatest: true, .. } => "greatest".to_owned(),
        Expr::MinMax { .. } => "least".to_owned(),
        Expr::Array { .. } => "array".to_owned(),
        Expr::Row { .. } => "row".to_owned(),
        Expr::Case(case) => match case.otherwise.as_ref().map(result_name) {
            Some(name) if name != "?column?" => name,
            _ => "case".to_owned(),
        },
        Expr::TypeCast(cast) => match result_name(&cast.expr) {
            name if name == "?column?" => cast.type_name.name().to_owned(),
            name => name,
        },
        Expr::Collate(collate) => result_name(&collate.expr),
        Expr::Indirection(indirection) => result_name(&indirection.base),
        Expr::Subquery(subquery) if subquery.kind == SubqueryKind::Exists => "exists".to_owned(),
        Expr::Subquery(subquery) if subquery.kind == SubqueryKind::Array => "array".to_owned(),
        Expr::Subquery(subquery) => match &subquery.query.body {
            QueryBody::Select(select) => select.items.first().map_or_else(String::new, |item| {
                item.alias.clone().unwrap_or_else(|| result_name(&item.expr))
            }),
            _ => "?column?".to_owned(),
        },
        Expr::SqlValue { function, .. } => match function {
            syntax::ast::SqlValueFunction::CurrentDate => "current_date".to_owned(),
            syntax::ast::SqlValueFunction::CurrentTimestamp => "current_timestamp".to_owned(),
            _ => "?column?".to_owned(),
        },
        _ => "?column?".to_owned(),
    }
}
