//! FROM: tables, functions, subqueries and joins.

use super::{Parse, Parser, starts_query};
use crate::ast::*;

/// What a pair of parentheses in FROM holds.
enum Inside {
    Query(Query),
    Item(FromItem),
}

impl Parser<'_> {
    /// A table reference with its joins.
    pub fn from_item(&mut self) -> Parse<FromItem> {
        self.deeper(|parser| {
            let left = parser.from_primary()?;
            parser.joins(left)
        })
    }

    fn joins(&mut self, mut left: FromItem) -> Parse<FromItem> {
        let mut chain = 0;
        loop {
            let location = self.location();
            let natural = self.at("natural");
            let word = self.token_at(usize::from(natural)).text.clone();
            let is_keyword = self.token_at(usize::from(natural)).keyword.is_some();
            let join_type = match &*word {
                _ if !is_keyword => None,
                "cross" if !natural => Some(JoinType::Cross),
                "join" | "inner" => Some(JoinType::Inner),
                "left" => Some(JoinType::Left),
                "right" => Some(JoinType::Right),
                "full" => Some(JoinType::Full),
                _ => None,
            };
            let Some(join_type) = join_type else {
                return if natural { Err(self.unexpected_ahead(1)) } else { Ok(left) };
            };
            self.lengthen(&mut chain)?;
            self.skip(usize::from(natural));
            if word != "join" {
                self.skip(1);
                if matches!(join_type, JoinType::Left | JoinType::Right | JoinType::Full) {
                    self.accept("outer");
                }
            }
            self.expect("join")?;
            if join_type == JoinType::Cross || natural {
                let right = self.from_primary()?;
                let constraint =
                    if natural { JoinConstraint::Natural } else { JoinConstraint::None };
                left = join(join_type, constraint, left, right, location);
                continue;
            }
            // `a JOIN b JOIN c ON x ON y`: the right side takes joins until its own ON.
            let first = self.from_primary()?;
            let right = if self.at_any(&["on", "using"]) {
                first
            } else {
                self.deeper(|parser| parser.joins(first))?
            };
            let constraint = self.join_constraint()?;
            left = join(join_type, constraint, left, right, location);
        }
    }

    fn join_constraint(&mut self) -> Parse<JoinConstraint> {
        if self.accept("on") {
            return Ok(JoinConstraint::On(self.expression()?));
        }
        self.expect("using")?;
        let columns = self.column_names()?;
        let alias = if self.accept("as") { Some(self.column_name()?) } else { None };
        Ok(JoinConstraint::Using { columns, alias })
    }

    fn from_primary(&mut self) -> Parse<FromItem> {
        let location = self.location();
        let lateral = self.accept("lateral");
        if self.at_symbol("(") {
            if lateral && !self.parentheses_open_query() {
                self.skip(1);
                return Err(self.unexpected());
            }
            return match self.from_parenthesized()? {
                Inside::Query(query) => self.subquery_item(lateral, query, location),
                Inside::Item(item) => self.aliased_join(item),
            };
        }
        if self.at_words(&["rows", "from"]) {
            return self.rows_from(lateral, location);
        }
        if self.at("xmltable") && self.symbol_ahead(1, "(") {
            return Err(self.unsupported("XMLTABLE", location));
        }
        if self.at_function() {
            let function = self.function_expression()?;
            let functions = vec![RowsFromItem { function, column_definitions: Vec::new() }];
            return self.function_item(lateral, functions, false, location);
        }
        if lateral {
            return Err(self.unexpected());
        }
        let relation = self.relation()?;
        let alias = self.optional_alias()?;
        let sample = if self.at("tablesample") { Some(self.table_sample()?) } else { None };
        Ok(FromItem::Table(Box::new(TableReference { relation, alias, sample, location })))
    }

    /// A function call, not a table: a name followed by `(`, or one of SQL's own functions.
    fn at_function(&self) -> bool {
        let own = self.at_any(&[
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "current_role",
            "current_user",
            "user",
            "session_user",
            "system_user",
            "current_catalog",
            "current_schema",
            "cast",
        ]);
        let mut ahead = 0;
        while self.is_label(ahead) && self.symbol_ahead(ahead + 1, ".") {
            ahead += 2;
        }
        let only = self.at("only");
        own || (!only && self.is_label(ahead) && self.symbol_ahead(ahead + 1, "("))
            || self.at_words(&["collation", "for"])
    }

    fn function_expression(&mut self) -> Parse<Expr> {
        let location = self.location();
        let expr = self.primary()?;
        match &expr {
            Expr::Function(call) if call.over.is_none() && call.filter.is_none() => Ok(expr),
            Expr::SqlValue { .. }
            | Expr::Coalesce { .. }
            | Expr::MinMax { .. }
            | Expr::NullIf(_)
            | Expr::TypeCast(_)
            | Expr::Xml(_)
            | Expr::Json(_) => Ok(expr),
            _ => Err(self.error_at("42601", "syntax error", location)),
        }
    }

    fn rows_from(&mut self, lateral: bool, location: Location) -> Parse<FromItem> {
        self.skip(2);
        let functions = self.parenthesized_list(|parser| {
            let function = parser.function_expression()?;
            let column_definitions =
                if parser.accept("as") { parser.column_definitions()? } else { Vec::new() };
            Ok(RowsFromItem { function, column_definitions })
        })?;
        self.function_item(lateral, functions, true, location)
    }

    fn column_definitions(&mut self) -> Parse<Vec<ColumnDefinition>> {
        self.parenthesized_list(Self::composite_column)
    }

    fn function_item(
        &mut self,
        lateral: bool,
        functions: Vec<RowsFromItem>,
        rows_from: bool,
        location: Location,
    ) -> Parse<FromItem> {
        let with_ordinality = self.accept_words(&["with", "ordinality"]);
        let mut item = FromFunction {
            lateral,
            functions,
            rows_from,
            with_ordinality,
            alias: None,
            column_definitions: Vec::new(),
            location,
        };
        if self.at("as") && self.symbol_ahead(1, "(") {
            self.skip(1);
            item.column_definitions = self.column_definitions()?;
            return Ok(FromItem::Function(Box::new(item)));
        }
        let definitions = |parser: &Self, ahead: usize| {
            parser.is_column_name(ahead)
                && parser.symbol_ahead(ahead + 1, "(")
                && parser.is_column_name(ahead + 2)
                && !parser.symbol_ahead(ahead + 3, ",")
                && !parser.symbol_ahead(ahead + 3, ")")
        };
        let ahead = usize::from(self.at("as"));
        if definitions(self, ahead) {
            self.skip(ahead);
            item.alias = Some(Alias { name: self.column_name()?, columns: Vec::new() });
            item.column_definitions = self.column_definitions()?;
        } else {
            item.alias = self.optional_alias()?;
        }
        Ok(FromItem::Function(Box::new(item)))
    }

    fn subquery_item(
        &mut self,
        lateral: bool,
        query: Query,
        location: Location,
    ) -> Parse<FromItem> {
        // PostgreSQL 16 no longer asks for an alias.
        let alias = self.optional_alias()?;
        Ok(FromItem::Subquery(Box::new(FromSubquery { lateral, query, alias, location })))
    }

    fn aliased_join(&mut self, mut item: FromItem) -> Parse<FromItem> {
        let alias = self.optional_alias()?;
        match (&mut item, alias) {
            (_, None) => {}
            (FromItem::Join(join), Some(alias)) if join.alias.is_none() => join.alias = Some(alias),
            (_, Some(_)) => {
                self.position -= 1;
                return Err(self.unexpected());
            }
        }
        Ok(item)
    }

    fn from_parenthesized(&mut self) -> Parse<Inside> {
        self.enter()?;
        let may_be_query = self.parentheses_open_query();
        self.expect_symbol("(")?;
        let inside = if may_be_query && starts_query(self.token()) {
            Inside::Query(self.query()?)
        } else if self.at_symbol("(") {
            let location = self.location();
            let first = match self.deeper(Self::from_parenthesized)? {
                Inside::Query(query) if self.continues_query() || self.at_symbol(")") => {
                    let query = self.query_after_operand(query)?;
                    self.expect_symbol(")")?;
                    self.leave();
                    return Ok(Inside::Query(query));
                }
                Inside::Query(query) => self.subquery_item(false, query, location)?,
                Inside::Item(item) => self.aliased_join(item)?,
            };
            Inside::Item(self.joins(first)?)
        } else {
            Inside::Item(self.from_item()?)
        };
        // Only joins may stand in parentheses.
        if matches!(&inside, Inside::Item(item) if !matches!(item, FromItem::Join(_))) {
            return Err(self.unexpected());
        }
        self.expect_symbol(")")?;
        self.leave();
        Ok(inside)
    }

    /// `[AS] name [(columns)]`, but not `AS OF SYSTEM TIME`.
    pub fn optional_alias(&mut self) -> Parse<Option<Alias>> {
        if self.at_words(&["as", "of", "system", "time"]) {
            return Ok(None);
        }
        if !self.accept("as") && !self.is_column_name(0) {
            return Ok(None);
        }
        let name = self.column_name()?;
        let columns = self.optional_column_names()?;
        Ok(Some(Alias { name, columns }))
    }

    fn table_sample(&mut self) -> Parse<TableSample> {
        let location = self.location();
        self.skip(1);
        let method = self.function_name()?;
        let arguments = self.parenthesized_list(Self::expression)?;
        let repeatable = if self.accept("repeatable") {
            Some(self.parenthesized(Self::expression)?)
        } else {
            None
        };
        Ok(TableSample { method, arguments, repeatable, location })
    }
}

fn join(
    join_type: JoinType,
    constraint: JoinConstraint,
    left: FromItem,
    right: FromItem,
    location: Location,
) -> FromItem {
    FromItem::Join(Box::new(Join { join_type, constraint, left, right, alias: None, location }))
}
