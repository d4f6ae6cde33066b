//! Queries.

use super::{Printer, deparse};
use crate::ast::*;

impl Printer {
    pub fn query(&mut self, query: &Query) {
        if let Some(with) = &query.with {
            self.with(with);
        }
        self.body(&query.body);
        if !query.order_by.is_empty() {
            self.push(" ");
            self.order_by(&query.order_by);
        }
        if let Some(offset) = &query.offset {
            self.push(" OFFSET ");
            self.operand(offset);
        }
        match &query.limit {
            None => {}
            Some(Limit { count: None, .. }) => self.push(" LIMIT ALL"),
            Some(Limit { count: Some(count), with_ties: true }) => {
                self.push(" FETCH FIRST ");
                self.operand(count);
                self.push(" ROWS WITH TIES");
            }
            Some(Limit { count: Some(count), .. }) => {
                self.push(" LIMIT ");
                self.operand(count);
            }
        }
        for clause in &query.locking {
            self.push(match clause.strength {
                LockStrength::KeyShare => " FOR KEY SHARE",
                LockStrength::Share => " FOR SHARE",
                LockStrength::NoKeyUpdate => " FOR NO KEY UPDATE",
                LockStrength::Update => " FOR UPDATE",
            });
            if !clause.of.is_empty() {
                self.push(" OF ");
                self.list(&clause.of, |printer, name| printer.dotted(&name.parts));
            }
            self.push(match clause.wait {
                LockWait::Block => "",
                LockWait::SkipLocked => " SKIP LOCKED",
                LockWait::NoWait => " NOWAIT",
            });
        }
    }

    pub fn with(&mut self, with: &With) {
        self.push(if with.recursive { "WITH RECURSIVE " } else { "WITH " });
        self.list(&with.tables, |printer, table| {
            printer.identifier(&table.name);
            printer.column_list(&table.columns);
            printer.push(match table.materialized {
                None => " AS (",
                Some(true) => " AS MATERIALIZED (",
                Some(false) => " AS NOT MATERIALIZED (",
            });
            printer.push(&deparse(&table.statement).unwrap_or_default());
            printer.push(")");
            if let Some(search) = &table.search {
                let order = if search.breadth_first { "BREADTH" } else { "DEPTH" };
                printer.push(&format!(" SEARCH {order} FIRST BY "));
                printer.names(&search.columns);
                printer.push(" SET ");
                printer.identifier(&search.sequence_column);
            }
            if let Some(cycle) = &table.cycle {
                printer.push(" CYCLE ");
                printer.names(&cycle.columns);
                printer.push(" SET ");
                printer.identifier(&cycle.mark_column);
                if let Some((value, default)) = &cycle.mark_values {
                    printer.push(" TO ");
                    printer.operand(value);
                    printer.push(" DEFAULT ");
                    printer.operand(default);
                }
                printer.push(" USING ");
                printer.identifier(&cycle.path_column);
            }
        });
        self.push(" ");
    }

    pub fn column_list(&mut self, columns: &[String]) {
        if !columns.is_empty() {
            self.push("(");
            self.names(columns);
            self.push(")");
        }
    }

    fn body(&mut self, body: &QueryBody) {
        match body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::Values { rows, .. } => {
                self.push("VALUES ");
                self.list(rows, |printer, row| {
                    printer.push("(");
                    printer.list(row, Printer::expression);
                    printer.push(")");
                });
            }
            QueryBody::Nested(query) => {
                self.push("(");
                self.query(query);
                self.push(")");
            }
            QueryBody::SetOperation(operation) => self.set_operation(operation),
        }
    }

    fn set_operand(&mut self, body: &QueryBody) {
        let parentheses = matches!(body, QueryBody::SetOperation(_));
        self.push(if parentheses { "(" } else { "" });
        self.body(body);
        self.push(if parentheses { ")" } else { "" });
    }

    fn set_operation(&mut self, operation: &SetOperation) {
        // The left spine of equal precedence is written flat, it may be long.
        let tight = |operation: &SetOperation| operation.operator == SetOperator::Intersect;
        let mut spine = vec![operation];
        let mut left = &operation.left;
        while let QueryBody::SetOperation(inner) = left {
            if tight(inner) != tight(operation) {
                break;
            }
            spine.push(inner);
            left = &inner.left;
        }
        self.set_operand(left);
        for operation in spine.iter().rev() {
            self.push(match operation.operator {
                SetOperator::Union => " UNION ",
                SetOperator::Intersect => " INTERSECT ",
                SetOperator::Except => " EXCEPT ",
            });
            self.push(if operation.all { "ALL " } else { "" });
            self.set_operand(&operation.right);
        }
    }

    pub fn select_items(&mut self, items: &[SelectItem]) {
        self.list(items, |printer, item| {
            printer.expression(&item.expr);
            if let Some(alias) = &item.alias {
                printer.push(" AS ");
                printer.identifier(alias);
            }
        });
    }

    fn select(&mut self, select: &Select) {
        self.push("SELECT");
        match &select.distinct {
            Distinct::All => {}
            Distinct::Distinct => self.push(" DISTINCT"),
            Distinct::On(keys) => {
                self.push(" DISTINCT ON (");
                self.list(keys, Printer::expression);
                self.push(")");
            }
        }
        if !select.items.is_empty() {
            self.push(" ");
            self.select_items(&select.items);
        }
        if let Some(into) = &select.into {
            self.push(match into.persistence {
                Persistence::Permanent => " INTO ",
                Persistence::Temporary => " INTO TEMPORARY ",
                Persistence::Unlogged => " INTO UNLOGGED ",
            });
            self.dotted(&into.name.parts);
        }
        self.from_clause(" FROM ", &select.from);
        if let Some(as_of) = &select.as_of {
            self.push(" AS OF SYSTEM TIME ");
            self.operand(as_of);
        }
        self.where_clause(select.filter.as_ref());
        if !select.group_by.is_empty() {
            self.push(if select.group_distinct { " GROUP BY DISTINCT " } else { " GROUP BY " });
            self.list(&select.group_by, Printer::group_item);
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.expression(having);
        }
        if !select.windows.is_empty() {
            self.push(" WINDOW ");
            self.list(&select.windows, |printer, window| {
                printer.identifier(&window.name);
                printer.push(" AS ");
                printer.window(&window.definition);
            });
        }
    }

    pub fn from_clause(&mut self, word: &str, items: &[FromItem]) {
        if !items.is_empty() {
            self.push(word);
            self.list(items, Printer::from_item);
        }
    }

    pub fn where_clause(&mut self, filter: Option<&Expr>) {
        if let Some(filter) = filter {
            self.push(" WHERE ");
            self.expression(filter);
        }
    }

    fn group_item(&mut self, item: &GroupItem) {
        let (word, items) = match item {
            GroupItem::Expr(expr) => return self.expression(expr),
            GroupItem::Empty { .. } => return self.push("()"),
            GroupItem::GroupingSets { sets, .. } => {
                self.push("GROUPING SETS (");
                self.list(sets, Printer::group_item);
                return self.push(")");
            }
            GroupItem::Rollup { items, .. } => ("ROLLUP(", items),
            GroupItem::Cube { items, .. } => ("CUBE(", items),
        };
        self.push(word);
        self.list(items, Printer::expression);
        self.push(")");
    }

    pub fn order_by(&mut self, keys: &[OrderBy]) {
        self.push("ORDER BY ");
        self.list(keys, |printer, key| {
            printer.expression(&key.expr);
            printer.sort_order(&key.direction, key.nulls);
        });
    }

    pub fn sort_order(&mut self, direction: &SortDirection, nulls: NullsOrder) {
        match direction {
            SortDirection::Default => {}
            SortDirection::Ascending => self.push(" ASC"),
            SortDirection::Descending => self.push(" DESC"),
            SortDirection::Using(operator) => {
                self.push(" USING OPERATOR(");
                let (name, schema) = operator.parts.split_last().expect("an operator has a name");
                self.operator_name(schema, name);
                self.push(")");
            }
        }
        self.push(match nulls {
            NullsOrder::Default => "",
            NullsOrder::First => " NULLS FIRST",
            NullsOrder::Last => " NULLS LAST",
        });
    }

    pub fn window(&mut self, window: &WindowDefinition) {
        self.push("(");
        let mut separator = "";
        if let Some(base) = &window.base {
            self.identifier(base);
            separator = " ";
        }
        if !window.partition_by.is_empty() {
            self.push(separator);
            self.push("PARTITION BY ");
            self.list(&window.partition_by, Printer::expression);
            separator = " ";
        }
        if !window.order_by.is_empty() {
            self.push(separator);
            self.order_by(&window.order_by);
            separator = " ";
        }
        if let Some(frame) = &window.frame {
            self.push(separator);
            self.push(match frame.unit {
                FrameUnit::Range => "RANGE ",
                FrameUnit::Rows => "ROWS ",
                FrameUnit::Groups => "GROUPS ",
            });
            if let Some(end) = &frame.end {
                self.push("BETWEEN ");
                self.frame_bound(&frame.start);
                self.push(" AND ");
                self.frame_bound(end);
            } else {
                self.frame_bound(&frame.start);
            }
            self.push(match frame.exclusion {
                FrameExclusion::NoOthers => "",
                FrameExclusion::CurrentRow => " EXCLUDE CURRENT ROW",
                FrameExclusion::Group => " EXCLUDE GROUP",
                FrameExclusion::Ties => " EXCLUDE TIES",
            });
        }
        self.push(")");
    }

    fn frame_bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.push("UNBOUNDED PRECEDING"),
            FrameBound::UnboundedFollowing => self.push("UNBOUNDED FOLLOWING"),
            FrameBound::CurrentRow => self.push("CURRENT ROW"),
            FrameBound::Preceding(offset) => {
                self.operand(offset);
                self.push(" PRECEDING");
            }
            FrameBound::Following(offset) => {
                self.operand(offset);
                self.push(" FOLLOWING");
            }
        }
    }

    pub fn relation(&mut self, relation: &RelationName) {
        self.push(if relation.only { "ONLY " } else { "" });
        self.dotted(&relation.name.parts);
    }

    fn alias(&mut self, alias: Option<&Alias>) {
        if let Some(alias) = alias {
            self.push(" AS ");
            self.identifier(&alias.name);
            self.column_list(&alias.columns);
        }
    }

    fn column_definitions(&mut self, columns: &[ColumnDefinition]) {
        self.push("(");
        self.list(columns, |printer, column| {
            printer.identifier(&column.name);
            if let Some(type_name) = &column.type_name {
                printer.push(" ");
                printer.type_name(type_name);
            }
            if let Some(collation) = &column.collation {
                printer.push(" COLLATE ");
                printer.dotted(&collation.parts);
            }
        });
        self.push(")");
    }

    pub fn from_item(&mut self, item: &FromItem) {
        match item {
            FromItem::Table(table) => {
                self.relation(&table.relation);
                self.alias(table.alias.as_ref());
                if let Some(sample) = &table.sample {
                    self.push(" TABLESAMPLE ");
                    self.dotted(&sample.method.parts);
                    self.push("(");
                    self.list(&sample.arguments, Printer::expression);
                    self.push(")");
                    if let Some(seed) = &sample.repeatable {
                        self.push(" REPEATABLE (");
                        self.expression(seed);
                        self.push(")");
                    }
                }
            }
            FromItem::Subquery(subquery) => {
                self.push(if subquery.lateral { "LATERAL (" } else { "(" });
                self.query(&subquery.query);
                self.push(")");
                self.alias(subquery.alias.as_ref());
            }
            FromItem::Function(function) => self.from_function(function),
            FromItem::Join(join) => self.join(join),
        }
    }

    fn from_function(&mut self, function: &FromFunction) {
        self.push(if function.lateral { "LATERAL " } else { "" });
        self.push(if function.rows_from { "ROWS FROM (" } else { "" });
        self.list(&function.functions, |printer, item| {
            match &item.function {
                Expr::TypeCast(cast) => {
                    printer.push("CAST(");
                    printer.expression(&cast.expr);
                    printer.push(" AS ");
                    printer.type_name(&cast.type_name);
                    printer.push(")");
                }
                other => printer.expression(other),
            }
            if !item.column_definitions.is_empty() {
                printer.push(" AS ");
                printer.column_definitions(&item.column_definitions);
            }
        });
        self.push(if function.rows_from { ")" } else { "" });
        self.push(if function.with_ordinality { " WITH ORDINALITY" } else { "" });
        self.alias(function.alias.as_ref());
        if !function.column_definitions.is_empty() {
            self.push(if function.alias.is_some() { " " } else { " AS " });
            self.column_definitions(&function.column_definitions);
        }
    }

    fn join(&mut self, join: &Join) {
        let mut spine = vec![join];
        let mut left = &join.left;
        if join.alias.is_none() {
            while let FromItem::Join(inner) = left {
                if inner.alias.is_some() {
                    break;
                }
                spine.push(inner);
                left = &inner.left;
            }
        }
        self.push(if join.alias.is_some() { "(" } else { "" });
        self.from_item(left);
        for join in spine.iter().rev() {
            let natural = join.constraint == JoinConstraint::Natural;
            self.push(if natural { " NATURAL" } else { "" });
            self.push(match join.join_type {
                JoinType::Inner => " JOIN ",
                JoinType::Left => " LEFT JOIN ",
                JoinType::Right => " RIGHT JOIN ",
                JoinType::Full => " FULL JOIN ",
                JoinType::Cross => " CROSS JOIN ",
            });
            let nested = matches!(&join.right, FromItem::Join(right) if right.alias.is_none());
            self.push(if nested { "(" } else { "" });
            self.from_item(&join.right);
            self.push(if nested { ")" } else { "" });
            match &join.constraint {
                JoinConstraint::None | JoinConstraint::Natural => {}
                JoinConstraint::On(condition) => {
                    self.push(" ON ");
                    self.expression(condition);
                }
                JoinConstraint::Using { columns, alias } => {
                    self.push(" USING ");
                    self.column_list(columns);
                    if let Some(alias) = alias {
                        self.push(" AS ");
                        self.identifier(alias);
                    }
                }
            }
        }
        self.push(if join.alias.is_some() { ")" } else { "" });
        self.alias(join.alias.as_ref());
    }
}
