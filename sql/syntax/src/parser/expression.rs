//! Operands: constants, columns, parentheses, CASE, ARRAY, ROW.

use super::infix::Grammar;
use super::{Parse, Parser, starts_query};
use crate::ast::*;
use crate::lexer::TokenKind;

/// What stands between a pair of parentheses.
pub enum Contents {
    Query(Query),
    /// At least one expression.
    List(Vec<Expr>),
}

impl Parser<'_> {
    /// PostgreSQL's c_expr.
    pub fn primary(&mut self) -> Parse<Expr> {
        let location = self.location();
        match self.kind() {
            TokenKind::Integer => {
                let value = self.token().text.parse().map_err(|_| self.unexpected())?;
                self.skip(1);
                Ok(literal(LiteralValue::Integer(value), location))
            }
            TokenKind::Float => {
                let text = self.take_text();
                Ok(literal(LiteralValue::Numeric(text), location))
            }
            TokenKind::String => {
                let text = self.take_text();
                Ok(literal(LiteralValue::String(text), location))
            }
            TokenKind::BitString => {
                let text = self.take_text();
                Ok(literal(LiteralValue::BitString(text), location))
            }
            TokenKind::HexString => {
                let text = self.take_text();
                Ok(literal(LiteralValue::HexString(text), location))
            }
            TokenKind::Parameter => {
                let Ok(number) = self.token().text.parse::<i32>() else {
                    return Err(self.error_at("42601", "parameter number too large", location));
                };
                self.skip(1);
                self.indirection(Expr::Parameter { number: number.cast_unsigned(), location })
            }
            TokenKind::Symbol if self.at_symbol("(") => self.parenthesized_expression(),
            TokenKind::Keyword => self.keyword_primary(),
            TokenKind::Identifier => self.name_primary(),
            _ => Err(self.unexpected()),
        }
    }

    fn parenthesized_expression(&mut self) -> Parse<Expr> {
        let location = self.location();
        match self.parenthesized_contents()? {
            Contents::Query(query) => {
                let kind = SubqueryKind::Scalar;
                let subquery = Expr::Subquery(Box::new(SubqueryExpr { kind, query, location }));
                self.indirection(subquery)
            }
            Contents::List(mut list) if list.len() == 1 => {
                let inner = list.remove(0);
                self.indirection(inner)
            }
            Contents::List(fields) => Ok(Expr::Row { fields, explicit: false, location }),
        }
    }

    /// `( query )` or `( expr, ... )`, where a leading `(` may turn out to open either.
    pub fn parenthesized_contents(&mut self) -> Parse<Contents> {
        self.enter()?;
        let ambiguous = self.parentheses_open_query();
        self.expect_symbol("(")?;
        let first = if !ambiguous {
            self.expression()?
        } else if starts_query(self.token()) {
            let query = self.query()?;
            self.expect_symbol(")")?;
            self.leave();
            return Ok(Contents::Query(query));
        } else {
            let location = self.location();
            let operand = match self.deeper(Self::parenthesized_contents)? {
                Contents::Query(query) if self.continues_query() || self.at_symbol(")") => {
                    let query = self.query_after_operand(query)?;
                    self.expect_symbol(")")?;
                    self.leave();
                    return Ok(Contents::Query(query));
                }
                Contents::Query(query) => {
                    let kind = SubqueryKind::Scalar;
                    Expr::Subquery(Box::new(SubqueryExpr { kind, query, location }))
                }
                Contents::List(mut list) if list.len() == 1 => list.remove(0),
                Contents::List(fields) => Expr::Row { fields, explicit: false, location },
            };
            let operand = self.indirection(operand)?;
            self.climb_from(operand, 0, Grammar::Full)?
        };
        let mut list = vec![first];
        while self.accept_symbol(",") {
            list.push(self.expression()?);
        }
        self.expect_symbol(")")?;
        self.leave();
        Ok(Contents::List(list))
    }

    /// `[index]`, `[a:b]`, `.field`, `.*` after an operand.
    pub fn indirection(&mut self, base: Expr) -> Parse<Expr> {
        let steps = self.indirection_steps()?;
        if steps.is_empty() {
            return Ok(base);
        }
        Ok(Expr::Indirection(Box::new(Indirection { base, steps })))
    }

    pub fn indirection_steps(&mut self) -> Parse<Vec<IndirectionStep>> {
        let mut steps = Vec::new();
        loop {
            if self.accept_symbol("[") {
                steps.push(self.subscript()?);
            } else if self.at_symbol(".") {
                self.skip(1);
                let location = self.location();
                if self.accept_symbol("*") {
                    steps.push(IndirectionStep::Star { location });
                } else {
                    steps.push(IndirectionStep::Field { name: self.label()?, location });
                }
            } else {
                let star =
                    steps.iter().position(|step| matches!(step, IndirectionStep::Star { .. }));
                if star.is_some_and(|index| index + 1 < steps.len()) {
                    let message = "improper use of \"*\"";
                    let location = self.location();
                    return Err(self.error_at("42601", message, location));
                }
                return Ok(steps);
            }
        }
    }

    fn subscript(&mut self) -> Parse<IndirectionStep> {
        let bound = |parser: &mut Self| -> Parse<Option<Expr>> {
            if parser.at_symbol(":") || parser.at_symbol("]") {
                Ok(None)
            } else {
                parser.expression().map(Some)
            }
        };
        let lower = bound(self)?;
        if self.accept_symbol(":") {
            let upper = bound(self)?;
            self.expect_symbol("]")?;
            return Ok(IndirectionStep::Slice { lower, upper });
        }
        match lower {
            Some(index) => {
                self.expect_symbol("]")?;
                Ok(IndirectionStep::Index(index))
            }
            None => Err(self.unexpected()),
        }
    }

    fn keyword_primary(&mut self) -> Parse<Expr> {
        let location = self.location();
        let word = self.token().keyword.map_or("", |keyword| keyword.word);
        let open = self.symbol_ahead(1, "(");
        match word {
            "true" | "false" => {
                self.skip(1);
                Ok(literal(LiteralValue::Boolean(word == "true"), location))
            }
            "null" => {
                self.skip(1);
                Ok(literal(LiteralValue::Null, location))
            }
            "case" => self.case(),
            "array" => self.array(),
            "exists" if open => {
                self.skip(1);
                let query = self.parenthesized(Self::query)?;
                let kind = SubqueryKind::Exists;
                Ok(Expr::Subquery(Box::new(SubqueryExpr { kind, query, location })))
            }
            "row" if open => {
                self.skip(2);
                let fields = self.list_until_close()?;
                Ok(Expr::Row { fields, explicit: true, location })
            }
            "grouping" if open => {
                self.skip(1);
                let arguments = self.parenthesized_list(Self::expression)?;
                Ok(Expr::Grouping { arguments, location })
            }
            "cast" => {
                self.skip(1);
                self.expect_symbol("(")?;
                let expr = self.expression()?;
                self.expect("as")?;
                let type_name = self.type_name()?;
                self.expect_symbol(")")?;
                Ok(Expr::TypeCast(Box::new(TypeCast { expr, type_name, location })))
            }
            "current" if self.at_ahead(1, "of") => {
                self.skip(2);
                Ok(Expr::CurrentOf { cursor: self.column_name()?, location })
            }
            _ if self.at_sql_type() => self.sql_typed_literal(),
            _ => match self.special_function()? {
                Some(expr) => Ok(expr),
                None => self.name_primary(),
            },
        }
    }

    /// Expressions up to and including `)`, possibly none.
    fn list_until_close(&mut self) -> Parse<Vec<Expr>> {
        if self.accept_symbol(")") {
            return Ok(Vec::new());
        }
        let list = self.comma_list(Self::expression)?;
        self.expect_symbol(")")?;
        Ok(list)
    }

    fn case(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(1);
        let operand = if self.at("when") { None } else { Some(self.expression()?) };
        let mut branches = Vec::new();
        while self.at("when") {
            let location = self.location();
            self.skip(1);
            let condition = self.expression()?;
            self.expect("then")?;
            let result = self.expression()?;
            branches.push(CaseBranch { condition, result, location });
        }
        if branches.is_empty() {
            return Err(self.unexpected());
        }
        let otherwise = if self.accept("else") { Some(self.expression()?) } else { None };
        self.expect("end")?;
        Ok(Expr::Case(Box::new(CaseExpr { operand, branches, otherwise, location })))
    }

    fn array(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(1);
        if self.at_symbol("(") {
            let query = self.parenthesized(Self::query)?;
            let kind = SubqueryKind::Array;
            return Ok(Expr::Subquery(Box::new(SubqueryExpr { kind, query, location })));
        }
        let array = self.array_elements(location)?;
        // The constructor takes no subscripts of its own, as in PostgreSQL before a parenthesis;
        // it does after: `(ARRAY[1])[1]`, and directly: `ARRAY[1][1]`.
        self.indirection(array)
    }

    fn array_elements(&mut self, location: Location) -> Parse<Expr> {
        self.enter()?;
        self.expect_symbol("[")?;
        let elements = if self.at_symbol("]") {
            Vec::new()
        } else if self.at_symbol("[") {
            self.comma_list(|parser| {
                let location = parser.location();
                parser.deeper(|parser| parser.array_elements(location))
            })?
        } else {
            self.comma_list(Self::expression)?
        };
        self.expect_symbol("]")?;
        self.leave();
        Ok(Expr::Array { elements, location })
    }

    /// `timestamp with time zone '...'`, `interval '1' day`, or a column of that name.
    fn sql_typed_literal(&mut self) -> Parse<Expr> {
        let location = self.location();
        let word = self.token().text.clone();
        let next_ends_name = {
            let next = self.token_at(1);
            let continues = match next.kind {
                TokenKind::String => true,
                TokenKind::Symbol => next.text == "(",
                TokenKind::Keyword => matches!(
                    &*next.text,
                    "precision" | "varying" | "character" | "char" | "with" | "without"
                ),
                _ => false,
            };
            !continues
        };
        // `precision`, `varying` and the rest only continue their own types.
        let is_type = !next_ends_name
            && match &*self.token_at(1).text {
                "with" | "without" if self.token_at(1).kind == TokenKind::Keyword => {
                    matches!(&*word, "time" | "timestamp") && self.at_ahead(2, "time")
                }
                _ => true,
            };
        if !is_type {
            return self.name_primary();
        }
        let mut type_name = self.simple_type(false)?;
        let text_location = self.location();
        let text = self.string()?;
        if word == "interval" && type_name.modifiers.is_empty() {
            self.interval_fields(&mut type_name)?;
        }
        let expr = literal(LiteralValue::String(text), text_location);
        Ok(Expr::TypeCast(Box::new(TypeCast { expr, type_name, location })))
    }

    /// A column reference, a function call, or `type 'text'`.
    pub fn name_primary(&mut self) -> Parse<Expr> {
        let location = self.location();
        let may_be_column = self.is_column_name(0);
        let may_be_function = self.is_type_or_function_name(0);
        if !may_be_column && !may_be_function {
            return Err(self.unexpected());
        }
        let quoted_call = self.symbol_ahead(1, "(");
        if quoted_call && !may_be_function {
            return Err(self.unexpected_ahead(1));
        }
        if may_be_function && self.token_at(1).kind == TokenKind::String {
            let type_name = self.simple_type(false)?;
            return self.text_of_type(type_name);
        }
        if !may_be_column && !quoted_call {
            self.skip(1);
            return Err(self.unexpected());
        }
        let mut fields = vec![self.take_text()];
        let mut star = false;
        while self.at_symbol(".") {
            self.skip(1);
            if self.accept_symbol("*") {
                star = true;
                break;
            }
            fields.push(self.label()?);
        }
        if !star && self.at_symbol("(") {
            return self.call(ObjectName { parts: fields, location });
        }
        if !star && fields.len() > 1 && self.kind() == TokenKind::String {
            let mut type_name = TypeName::system("", location);
            type_name.names = fields;
            return self.text_of_type(type_name);
        }
        let column = Expr::ColumnRef(ColumnRef { fields, star, location });
        if star {
            if self.at_symbol(".") || self.at_symbol("[") {
                let here = self.location();
                return Err(self.error_at("42601", "improper use of \"*\"", here));
            }
            return Ok(column);
        }
        self.indirection(column)
    }

    /// `type 'text'`, the type being read.
    pub fn text_of_type(&mut self, type_name: TypeName) -> Parse<Expr> {
        let location = self.location();
        let text = self.string()?;
        let expr = literal(LiteralValue::String(text), location);
        let location = type_name.location;
        Ok(Expr::TypeCast(Box::new(TypeCast { expr, type_name, location })))
    }
}

pub fn literal(value: LiteralValue, location: Location) -> Expr {
    Expr::Literal(Literal { value, location })
}
