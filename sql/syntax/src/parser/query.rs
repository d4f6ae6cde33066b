//! Queries: WITH, set operations, SELECT and its clauses.

use super::{Parse, Parser};
use crate::ast::*;

impl Parser<'_> {
    /// A query, with or without parentheses around it.
    pub fn query(&mut self) -> Parse<Query> {
        self.deeper(|parser| {
            let location = parser.location();
            let with = parser.optional_with()?;
            parser.query_after_with(with, location)
        })
    }

    pub fn query_after_with(&mut self, with: Option<With>, location: Location) -> Parse<Query> {
        if !super::starts_query(self.token()) && !self.at_symbol("(") || self.at("with") {
            return Err(self.unexpected());
        }
        let body = self.set_operand()?;
        let body = self.set_operations(body, 0)?;
        self.query_clauses(with, body, location)
    }

    /// After a query in parentheses: does the query go on?
    pub fn continues_query(&self) -> bool {
        self.at_any(&["union", "intersect", "except", "order", "limit", "offset", "fetch", "for"])
    }

    /// Goes on after a first operand that stood in parentheses.
    pub fn query_after_operand(&mut self, operand: Query) -> Parse<Query> {
        let location = operand.location;
        let body = self.set_operations(nested(operand), 0)?;
        self.query_clauses(None, body, location)
    }

    /// ORDER BY, LIMIT, OFFSET, FETCH and FOR after the body.
    fn query_clauses(
        &mut self,
        with: Option<With>,
        body: QueryBody,
        location: Location,
    ) -> Parse<Query> {
        let mut query = Query {
            with,
            body,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            locking: Vec::new(),
            location,
        };
        if self.at("order") {
            query.order_by = self.order_by()?;
        }
        loop {
            if self.at("limit") && query.limit.is_none() {
                let at = self.location();
                self.skip(1);
                let count = if self.accept("all") { None } else { Some(self.expression()?) };
                if self.at_symbol(",") {
                    let mut error = self.error_at("42601", "LIMIT #,# syntax is not supported", at);
                    error.hint = Some("Use separate LIMIT and OFFSET clauses.".to_owned());
                    return Err(error);
                }
                query.limit = Some(Limit { count, with_ties: false });
            } else if self.at("offset") && query.offset.is_none() {
                self.skip(1);
                query.offset = Some(self.expression()?);
                self.accept_any(&["row", "rows"]);
            } else if self.at("fetch") && query.limit.is_none() {
                query.limit = Some(self.fetch_first()?);
            } else if self.at("for") {
                if self.accept_words(&["for", "read", "only"]) {
                    continue;
                }
                let clause = self.locking_clause()?;
                query.locking.push(clause);
            } else {
                break;
            }
        }
        let bare = query.with.is_none()
            && query.order_by.is_empty()
            && query.limit.is_none()
            && query.offset.is_none()
            && query.locking.is_empty();
        match query.body {
            QueryBody::Nested(inner) if bare => Ok(*inner),
            body => Ok(Query { body, ..query }),
        }
    }

    fn fetch_first(&mut self) -> Parse<Limit> {
        self.expect("fetch")?;
        self.expect_any(&["first", "next"])?;
        let location = self.location();
        let count = if self.at_any(&["row", "rows"]) {
            super::expression::literal(LiteralValue::Integer(1), location)
        } else {
            let negative = self.accept_symbol("-");
            let expr = self.primary()?;
            match expr {
                Expr::Literal(Literal { value: LiteralValue::Integer(value), .. }) if negative => {
                    super::expression::literal(LiteralValue::Integer(-value), location)
                }
                other => other,
            }
        };
        self.expect_any(&["row", "rows"])?;
        let with_ties = match self.expect_any(&["only", "with"])? {
            "only" => false,
            _ => {
                self.expect("ties")?;
                true
            }
        };
        Ok(Limit { count: Some(count), with_ties })
    }

    fn locking_clause(&mut self) -> Parse<LockingClause> {
        let location = self.location();
        self.expect("for")?;
        let strength = if self.accept("update") {
            LockStrength::Update
        } else if self.accept_words(&["no", "key", "update"]) {
            LockStrength::NoKeyUpdate
        } else if self.accept_words(&["key", "share"]) {
            LockStrength::KeyShare
        } else {
            self.expect("share")?;
            LockStrength::Share
        };
        let of = if self.accept("of") {
            self.comma_list(Self::relation_object_name)?
        } else {
            Vec::new()
        };
        let wait = if self.accept("nowait") {
            LockWait::NoWait
        } else if self.accept_words(&["skip", "locked"]) {
            LockWait::SkipLocked
        } else {
            LockWait::Block
        };
        Ok(LockingClause { strength, of, wait, location })
    }

    pub fn order_by(&mut self) -> Parse<Vec<OrderBy>> {
        self.expect_words(&["order", "by"])?;
        self.comma_list(|parser| {
            let location = parser.location();
            let expr = parser.expression()?;
            let direction = if parser.accept("using") {
                let operator = if parser.at("operator") {
                    parser.skip(1);
                    parser.parenthesized(Self::any_operator)?
                } else {
                    parser.any_operator()?
                };
                SortDirection::Using(operator)
            } else {
                parser.sort_direction()
            };
            let nulls = parser.nulls_order()?;
            Ok(OrderBy { expr, direction, nulls, location })
        })
    }

    pub fn sort_direction(&mut self) -> SortDirection {
        match self.accept_any(&["asc", "desc"]) {
            Some("asc") => SortDirection::Ascending,
            Some(_) => SortDirection::Descending,
            None => SortDirection::Default,
        }
    }

    pub fn nulls_order(&mut self) -> Parse<NullsOrder> {
        if self.at("nulls") && (self.at_ahead(1, "first") || self.at_ahead(1, "last")) {
            self.skip(1);
            return Ok(match self.expect_any(&["first", "last"])? {
                "first" => NullsOrder::First,
                _ => NullsOrder::Last,
            });
        }
        Ok(NullsOrder::Default)
    }

    /// Set operations by precedence: INTERSECT binds tighter than UNION and EXCEPT.
    fn set_operations(&mut self, mut left: QueryBody, minimum: u8) -> Parse<QueryBody> {
        let mut chain = 0;
        loop {
            let (operator, precedence) = if self.at("union") {
                (SetOperator::Union, 1)
            } else if self.at("except") {
                (SetOperator::Except, 1)
            } else if self.at("intersect") {
                (SetOperator::Intersect, 2)
            } else {
                return Ok(left);
            };
            if precedence < minimum {
                return Ok(left);
            }
            self.lengthen(&mut chain)?;
            let location = self.location();
            self.skip(1);
            let all = self.accept("all");
            if !all {
                self.accept("distinct");
            }
            let operand = self.set_operand()?;
            let right = self.set_operations(operand, precedence + 1)?;
            left = QueryBody::SetOperation(Box::new(SetOperation {
                operator,
                all,
                left,
                right,
                location,
            }));
        }
    }

    fn set_operand(&mut self) -> Parse<QueryBody> {
        let location = self.location();
        if self.at_symbol("(") {
            self.skip(1);
            let query = self.query()?;
            self.expect_symbol(")")?;
            return Ok(nested(query));
        }
        if self.accept("values") {
            let rows = self.comma_list(|parser| parser.parenthesized_list(Self::expression))?;
            return Ok(QueryBody::Values { rows, location });
        }
        if self.accept("table") {
            let relation = self.relation()?;
            let star = ColumnRef { fields: Vec::new(), star: true, location };
            let mut select = empty_select(location);
            select.items.push(SelectItem { expr: Expr::ColumnRef(star), alias: None, location });
            let location = relation.name.location;
            let table = TableReference { relation, alias: None, sample: None, location };
            select.from.push(FromItem::Table(Box::new(table)));
            return Ok(QueryBody::Select(Box::new(select)));
        }
        self.select().map(|select| QueryBody::Select(Box::new(select)))
    }

    fn select(&mut self) -> Parse<Select> {
        let mut select = empty_select(self.location());
        self.expect("select")?;
        if self.accept("distinct") {
            select.distinct = if self.accept("on") {
                Distinct::On(self.parenthesized_list(Self::expression)?)
            } else {
                Distinct::Distinct
            };
        } else {
            self.accept("all");
        }
        if !self.select_list_is_empty() {
            select.items = self.comma_list(Self::select_item)?;
        } else if select.distinct == Distinct::Distinct {
            return Err(self.unexpected());
        }
        if self.accept("into") {
            select.into = Some(self.into_target()?);
        }
        if self.accept("from") {
            select.from = self.comma_list(Self::from_item)?;
            if self.accept_words(&["as", "of", "system", "time"]) {
                select.as_of = Some(self.expression()?);
            }
        }
        select.filter = self.where_clause()?;
        if self.accept("group") {
            self.expect("by")?;
            if self.accept("distinct") {
                select.group_distinct = true;
            } else {
                self.accept("all");
            }
            select.group_by = self.comma_list(Self::group_item)?;
        }
        if self.accept("having") {
            select.having = Some(self.expression()?);
        }
        if self.accept("window") {
            select.windows = self.comma_list(|parser| {
                let name = parser.column_name()?;
                parser.expect("as")?;
                Ok(NamedWindow { name, definition: parser.window_definition()? })
            })?;
        }
        Ok(select)
    }

    fn select_list_is_empty(&self) -> bool {
        use crate::lexer::TokenKind;
        self.kind() == TokenKind::End
            || self.at_symbol(")")
            || self.at_symbol(";")
            || self.continues_query()
            || self.at_any(&["into", "from", "where", "group", "having", "window"])
    }

    pub fn select_item(&mut self) -> Parse<SelectItem> {
        let location = self.location();
        if self.accept_symbol("*") {
            let star = ColumnRef { fields: Vec::new(), star: true, location };
            return Ok(SelectItem { expr: Expr::ColumnRef(star), alias: None, location });
        }
        let expr = self.expression()?;
        let alias = if self.at("as") && !self.at_words(&["as", "of", "system"]) {
            self.skip(1);
            Some(self.label()?)
        } else if self.is_bare_label() {
            Some(self.take_text())
        } else {
            None
        };
        Ok(SelectItem { expr, alias, location })
    }

    fn into_target(&mut self) -> Parse<IntoTarget> {
        self.accept_any(&["local", "global"]);
        let persistence = match self.accept_any(&["temporary", "temp", "unlogged"]) {
            Some("unlogged") => Persistence::Unlogged,
            Some(_) => Persistence::Temporary,
            None => Persistence::Permanent,
        };
        self.accept("table");
        Ok(IntoTarget { name: self.relation_object_name()?, persistence })
    }

    pub fn where_clause(&mut self) -> Parse<Option<Expr>> {
        if self.accept("where") { self.expression().map(Some) } else { Ok(None) }
    }

    fn group_item(&mut self) -> Parse<GroupItem> {
        let location = self.location();
        if self.at_symbol("(") && self.symbol_ahead(1, ")") {
            self.skip(2);
            return Ok(GroupItem::Empty { location });
        }
        let open = self.symbol_ahead(1, "(");
        if open && self.accept("rollup") {
            let items = self.parenthesized_list(Self::expression)?;
            return Ok(GroupItem::Rollup { items, location });
        }
        if open && self.accept("cube") {
            let items = self.parenthesized_list(Self::expression)?;
            return Ok(GroupItem::Cube { items, location });
        }
        if self.at_words(&["grouping", "sets"]) {
            self.skip(2);
            self.enter()?;
            let sets = self.parenthesized_list(Self::group_item)?;
            self.leave();
            return Ok(GroupItem::GroupingSets { sets, location });
        }
        Ok(GroupItem::Expr(self.expression()?))
    }

    pub fn optional_with(&mut self) -> Parse<Option<With>> {
        let location = self.location();
        if !self.accept("with") {
            return Ok(None);
        }
        let recursive = self.accept("recursive");
        let tables = self.comma_list(Self::common_table)?;
        Ok(Some(With { recursive, tables, location }))
    }

    fn common_table(&mut self) -> Parse<CommonTable> {
        let location = self.location();
        let name = self.column_name()?;
        let columns = self.optional_column_names()?;
        self.expect("as")?;
        let materialized = if self.accept("materialized") {
            Some(true)
        } else if self.accept_words(&["not", "materialized"]) {
            Some(false)
        } else {
            None
        };
        let statement = self.parenthesized(Self::preparable_statement)?;
        let mut table = CommonTable {
            name,
            columns,
            materialized,
            statement: Box::new(statement),
            search: None,
            cycle: None,
            location,
        };
        let location = self.location();
        if self.accept("search") {
            let breadth_first = self.expect_any(&["depth", "breadth"])? == "breadth";
            self.expect_words(&["first", "by"])?;
            let columns = self.comma_list(Self::column_name)?;
            self.expect("set")?;
            let sequence_column = self.column_name()?;
            table.search = Some(SearchClause { breadth_first, columns, sequence_column, location });
        }
        let location = self.location();
        if self.accept("cycle") {
            let columns = self.comma_list(Self::column_name)?;
            self.expect("set")?;
            let mark_column = self.column_name()?;
            let mark_values = if self.accept("to") {
                let value = self.primary()?;
                self.expect("default")?;
                Some((value, self.primary()?))
            } else {
                None
            };
            self.expect("using")?;
            let path_column = self.column_name()?;
            table.cycle =
                Some(CycleClause { columns, mark_column, mark_values, path_column, location });
        }
        Ok(table)
    }
}

/// A query in parentheses as an operand: without clauses of its own it is just its body.
fn nested(query: Query) -> QueryBody {
    let bare = query.with.is_none()
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.locking.is_empty();
    if bare { query.body } else { QueryBody::Nested(Box::new(query)) }
}

fn empty_select(location: Location) -> Select {
    Select {
        distinct: Distinct::All,
        items: Vec::new(),
        into: None,
        from: Vec::new(),
        as_of: None,
        filter: None,
        group_by: Vec::new(),
        group_distinct: false,
        having: None,
        windows: Vec::new(),
        location,
    }
}
