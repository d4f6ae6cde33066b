//! Function calls, and the functions that SQL writes in its own way.

use super::expression::literal;
use super::infix::sql_call;
use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// A call at its `(`.
    pub fn call(&mut self, name: ObjectName) -> Parse<Expr> {
        let location = name.location;
        let mut call = FunctionCall::new(name, Vec::new());
        self.expect_symbol("(")?;
        if self.accept_symbol("*") {
            call.star = true;
        } else if !self.at_symbol(")") {
            if self.accept("distinct") {
                call.distinct = true;
            } else {
                self.accept("all");
            }
            self.arguments(&mut call)?;
            if self.at("order") {
                call.order_by = self.order_by()?;
            }
        }
        self.expect_symbol(")")?;
        // `type(modifiers) 'text'`.
        if self.kind() == TokenKind::String && !call.star && !call.distinct && !call.variadic {
            let mut type_name = TypeName::system("", location);
            type_name.names = call.name.parts;
            type_name.modifiers =
                call.arguments.into_iter().map(|argument| argument.value).collect();
            return self.text_of_type(type_name);
        }
        self.call_suffix(&mut call)?;
        Ok(Expr::Function(Box::new(call)))
    }

    fn arguments(&mut self, call: &mut FunctionCall) -> Parse<()> {
        loop {
            if call.variadic {
                return Err(self.unexpected());
            }
            call.variadic = self.accept("variadic");
            let named =
                self.is_label(0) && (self.symbol_ahead(1, "=>") || self.symbol_ahead(1, ":="));
            let name = if named {
                let name = self.type_or_function_name()?;
                self.skip(1);
                Some(name)
            } else {
                None
            };
            let value = self.expression()?;
            call.arguments.push(FunctionArgument { name, value });
            if !self.at_symbol(",") || call.variadic {
                return Ok(());
            }
            self.skip(1);
        }
    }

    /// `WITHIN GROUP`, `FILTER`, `OVER`.
    fn call_suffix(&mut self, call: &mut FunctionCall) -> Parse<()> {
        if self.at_words(&["within", "group"]) {
            let location = self.location();
            let conflict = if !call.order_by.is_empty() {
                Some("cannot use multiple ORDER BY clauses with WITHIN GROUP")
            } else if call.distinct {
                Some("cannot use DISTINCT with WITHIN GROUP")
            } else if call.variadic {
                Some("cannot use VARIADIC with WITHIN GROUP")
            } else {
                None
            };
            if let Some(message) = conflict {
                return Err(self.error_at("42601", message, location));
            }
            self.skip(2);
            call.order_by = self.parenthesized(Self::order_by)?;
            call.within_group = true;
        }
        (call.filter, call.over) = self.filter_and_over()?;
        Ok(())
    }

    pub fn filter_and_over(&mut self) -> Parse<(Option<Expr>, Option<Over>)> {
        let mut filter = None;
        let mut over = None;
        if self.at("filter") && self.symbol_ahead(1, "(") {
            self.skip(2);
            self.expect("where")?;
            filter = Some(self.expression()?);
            self.expect_symbol(")")?;
        }
        if self.at("over") && (self.symbol_ahead(1, "(") || self.is_column_name(1)) {
            self.skip(1);
            let location = self.location();
            over = Some(if self.at_symbol("(") {
                Over::Window(self.window_definition()?)
            } else {
                Over::Name { name: self.column_name()?, location }
            });
        }
        Ok((filter, over))
    }

    /// `( [base] [PARTITION BY ...] [ORDER BY ...] [frame] )`.
    pub fn window_definition(&mut self) -> Parse<WindowDefinition> {
        let location = self.location();
        self.expect_symbol("(")?;
        let clause =
            self.at_words(&["partition", "by"]) || self.at_any(&["range", "rows", "groups"]);
        let base = if !clause && self.is_column_name(0) { Some(self.take_text()) } else { None };
        let partition_by = if self.accept("partition") {
            self.expect("by")?;
            self.comma_list(Self::expression)?
        } else {
            Vec::new()
        };
        let order_by = if self.at("order") { self.order_by()? } else { Vec::new() };
        let frame = match self.accept_any(&["range", "rows", "groups"]) {
            Some("range") => Some(self.frame(FrameUnit::Range)?),
            Some("rows") => Some(self.frame(FrameUnit::Rows)?),
            Some(_) => Some(self.frame(FrameUnit::Groups)?),
            None => None,
        };
        self.expect_symbol(")")?;
        Ok(WindowDefinition { base, partition_by, order_by, frame, location })
    }

    fn frame(&mut self, unit: FrameUnit) -> Parse<WindowFrame> {
        let mut start_at = self.location();
        let mut end_at = start_at;
        let (start, end) = if self.accept("between") {
            start_at = self.location();
            let start = self.frame_bound()?;
            self.expect("and")?;
            end_at = self.location();
            (start, Some(self.frame_bound()?))
        } else {
            (self.frame_bound()?, None)
        };
        let rank = |bound: &FrameBound| match bound {
            FrameBound::UnboundedPreceding => 0,
            FrameBound::Preceding(_) => 1,
            FrameBound::CurrentRow => 2,
            FrameBound::Following(_) => 3,
            FrameBound::UnboundedFollowing => 4,
        };
        let name = |bound: &FrameBound| match bound {
            FrameBound::CurrentRow => "current row",
            _ => "following row",
        };
        let end_rank = end.as_ref().map_or(2, rank);
        let message = if rank(&start) == 4 {
            Some("frame start cannot be UNBOUNDED FOLLOWING".to_owned())
        } else if end_rank == 0 {
            Some("frame end cannot be UNBOUNDED PRECEDING".to_owned())
        } else if end_rank < rank(&start) && end.is_none() {
            Some("frame starting from following row cannot end with current row".to_owned())
        } else if end_rank < rank(&start) {
            let last = if end_rank == 1 { "have preceding rows" } else { "end with current row" };
            Some(match end_rank {
                1 => format!("frame starting from {} cannot {last}", name(&start)),
                _ => "frame starting from following row cannot have preceding rows".to_owned(),
            })
        } else {
            None
        };
        if let Some(message) = message {
            let at = if rank(&start) == 4 { start_at } else { end_at };
            return Err(self.error_at("42P20", &message, at));
        }
        let exclusion = if self.accept("exclude") {
            match self.expect_any(&["current", "group", "ties", "no"])? {
                "current" => {
                    self.expect("row")?;
                    FrameExclusion::CurrentRow
                }
                "group" => FrameExclusion::Group,
                "ties" => FrameExclusion::Ties,
                _ => {
                    self.expect("others")?;
                    FrameExclusion::NoOthers
                }
            }
        } else {
            FrameExclusion::NoOthers
        };
        Ok(WindowFrame { unit, start, end, exclusion })
    }

    fn frame_bound(&mut self) -> Parse<FrameBound> {
        if self.at("unbounded") && (self.at_ahead(1, "preceding") || self.at_ahead(1, "following"))
        {
            self.skip(1);
            return Ok(match self.expect_any(&["preceding", "following"])? {
                "preceding" => FrameBound::UnboundedPreceding,
                _ => FrameBound::UnboundedFollowing,
            });
        }
        if self.accept_words(&["current", "row"]) {
            return Ok(FrameBound::CurrentRow);
        }
        let offset = self.expression()?;
        Ok(match self.expect_any(&["preceding", "following"])? {
            "preceding" => FrameBound::Preceding(offset),
            _ => FrameBound::Following(offset),
        })
    }

    /// A function with SQL's own syntax at the current key word, if it is one.
    pub fn special_function(&mut self) -> Parse<Option<Expr>> {
        let location = self.location();
        let word = self.token().keyword.map_or("", |keyword| keyword.word);
        let value = match word {
            "current_date" => Some(SqlValueFunction::CurrentDate),
            "current_role" => Some(SqlValueFunction::CurrentRole),
            "current_user" => Some(SqlValueFunction::CurrentUser),
            "user" => Some(SqlValueFunction::User),
            "session_user" => Some(SqlValueFunction::SessionUser),
            "system_user" => Some(SqlValueFunction::SystemUser),
            "current_catalog" => Some(SqlValueFunction::CurrentCatalog),
            "current_schema" if !self.symbol_ahead(1, "(") => Some(SqlValueFunction::CurrentSchema),
            "current_time" => Some(SqlValueFunction::CurrentTime),
            "current_timestamp" => Some(SqlValueFunction::CurrentTimestamp),
            "localtime" => Some(SqlValueFunction::LocalTime),
            "localtimestamp" => Some(SqlValueFunction::LocalTimestamp),
            _ => None,
        };
        if let Some(function) = value {
            self.skip(1);
            let timed = word.contains("time");
            let precision = if timed && self.at_symbol("(") {
                Some(self.parenthesized(Self::unsigned)?)
            } else {
                None
            };
            return Ok(Some(Expr::SqlValue { function, precision, location }));
        }
        if word == "collation" && self.at_ahead(1, "for") {
            self.skip(2);
            let expr = self.parenthesized(Self::expression)?;
            return Ok(Some(sql_call("pg_collation_for", vec![expr], location)));
        }
        if !self.symbol_ahead(1, "(") {
            return Ok(None);
        }
        if word.starts_with("xml") && word != "xml" {
            return self.xml_function().map(Some);
        }
        let standard_json =
            matches!(word, "json_object" | "json_array" | "json_objectagg" | "json_arrayagg");
        if standard_json {
            return self.json_function(word).map(Some);
        }
        let parse: fn(&mut Self) -> Parse<Expr> = match word {
            "coalesce" => |parser| {
                let location = parser.location();
                parser.skip(1);
                let arguments = parser.parenthesized_list(Self::expression)?;
                Ok(Expr::Coalesce { arguments, location })
            },
            "greatest" | "least" => |parser| {
                let location = parser.location();
                let greatest = parser.at("greatest");
                parser.skip(1);
                let arguments = parser.parenthesized_list(Self::expression)?;
                Ok(Expr::MinMax { greatest, arguments, location })
            },
            "nullif" => |parser| {
                let location = parser.location();
                parser.skip(2);
                let left = parser.expression()?;
                parser.expect_symbol(",")?;
                let right = parser.expression()?;
                parser.expect_symbol(")")?;
                Ok(Expr::NullIf(Box::new(NullIfExpr { left, right, location })))
            },
            "extract" => Self::extract,
            "normalize" => Self::normalize,
            "overlay" => Self::overlay,
            "position" => Self::position_of,
            "substring" => Self::substring,
            "trim" => Self::trim,
            "treat" => Self::treat,
            _ => return Ok(None),
        };
        let expr = parse(self)?;
        // These are function applications too: FILTER and OVER are refused by the analyzer.
        Ok(Some(expr))
    }

    fn extract(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        let field_location = self.location();
        let field = match self.kind() {
            TokenKind::String => self.string()?,
            TokenKind::Identifier => self.take_text(),
            _ => self.expect_any(&["year", "month", "day", "hour", "minute", "second"])?.to_owned(),
        };
        self.expect("from")?;
        let value = self.expression()?;
        self.expect_symbol(")")?;
        let field = literal(LiteralValue::String(field), field_location);
        Ok(sql_call("extract", vec![field, value], location))
    }

    fn normalize(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        let mut arguments = vec![self.expression()?];
        if self.accept_symbol(",") {
            let form_location = self.location();
            let form = self.expect_any(&["nfc", "nfd", "nfkc", "nfkd"])?.to_ascii_uppercase();
            arguments.push(literal(LiteralValue::String(form), form_location));
        }
        self.expect_symbol(")")?;
        Ok(sql_call("normalize", arguments, location))
    }

    fn overlay(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        let text = self.expression()?;
        if !self.accept("placing") {
            return self.plain_arguments("overlay", vec![text], location);
        }
        let mut arguments = vec![text, self.expression()?];
        self.expect("from")?;
        arguments.push(self.expression()?);
        if self.accept("for") {
            arguments.push(self.expression()?);
        }
        self.expect_symbol(")")?;
        Ok(sql_call("overlay", arguments, location))
    }

    /// The rest of `name(first, ...)`, a plain call of an unqualified name.
    fn plain_arguments(
        &mut self,
        name: &str,
        mut arguments: Vec<Expr>,
        location: Location,
    ) -> Parse<Expr> {
        while self.accept_symbol(",") {
            arguments.push(self.expression()?);
        }
        self.expect_symbol(")")?;
        let name = ObjectName { parts: vec![name.to_owned()], location };
        Ok(Expr::Function(Box::new(FunctionCall::new(name, arguments))))
    }

    fn position_of(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        let part = self.restricted_expression()?;
        self.expect("in")?;
        let text = self.restricted_expression()?;
        self.expect_symbol(")")?;
        Ok(sql_call("position", vec![text, part], location))
    }

    fn substring(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        if self.accept_symbol(")") {
            let name = ObjectName { parts: vec!["substring".to_owned()], location };
            return Ok(Expr::Function(Box::new(FunctionCall::new(name, Vec::new()))));
        }
        let text = self.expression()?;
        if self.accept("similar") {
            let pattern = self.expression()?;
            self.expect("escape")?;
            let escape = self.expression()?;
            self.expect_symbol(")")?;
            return Ok(sql_call("substring", vec![text, pattern, escape], location));
        }
        let (mut from, mut length) = (None, None);
        loop {
            if from.is_none() && self.accept("from") {
                from = Some(self.expression()?);
            } else if length.is_none() && self.accept("for") {
                length = Some(self.expression()?);
            } else {
                break;
            }
        }
        let arguments = match (from, length) {
            (None, None) => return self.plain_arguments("substring", vec![text], location),
            (Some(from), None) => vec![text, from],
            (Some(from), Some(length)) => vec![text, from, length],
            (None, Some(length)) => {
                // PostgreSQL casts the length to int4, so that no other function is meant.
                let cast = TypeCast {
                    expr: length,
                    type_name: TypeName::system("int4", location),
                    location,
                };
                let start = literal(LiteralValue::Integer(1), location);
                vec![text, start, Expr::TypeCast(Box::new(cast))]
            }
        };
        self.expect_symbol(")")?;
        Ok(sql_call("substring", arguments, location))
    }

    fn trim(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        let name = match self.accept_any(&["both", "leading", "trailing"]) {
            Some("leading") => "ltrim",
            Some("trailing") => "rtrim",
            _ => "btrim",
        };
        let arguments = if self.accept("from") {
            self.comma_list(Self::expression)?
        } else {
            let mut first = self.comma_list(Self::expression)?;
            if first.len() == 1 && self.accept("from") {
                let mut arguments = self.comma_list(Self::expression)?;
                arguments.append(&mut first);
                arguments
            } else {
                first
            }
        };
        self.expect_symbol(")")?;
        Ok(sql_call(name, arguments, location))
    }

    fn treat(&mut self) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        let expr = self.expression()?;
        self.expect("as")?;
        let type_name = self.type_name()?;
        self.expect_symbol(")")?;
        // PostgreSQL makes it a call of a function named like the type.
        let parts = vec!["pg_catalog".to_owned(), type_name.name().to_owned()];
        let call = FunctionCall::new(ObjectName { parts, location }, vec![expr]);
        Ok(Expr::Function(Box::new(call)))
    }
}
