//! Names, labels, constants in fixed places, and generic option lists.

use super::{Parse, Parser};
use crate::ast::*;
use crate::keywords::Category;
use crate::lexer::{Token, TokenKind};

fn is_name(token: &Token<'_>, categories: &[Category]) -> bool {
    match (token.kind, token.keyword) {
        (TokenKind::Identifier, _) => true,
        (TokenKind::Keyword, Some(keyword)) => categories.contains(&keyword.category),
        _ => false,
    }
}

impl<'a> Parser<'a> {
    /// At something that may name a column or table.
    pub fn is_column_name(&self, ahead: usize) -> bool {
        is_name(self.token_at(ahead), &[Category::Unreserved, Category::ColumnName])
    }

    /// At something that may name a type or function.
    pub fn is_type_or_function_name(&self, ahead: usize) -> bool {
        is_name(self.token_at(ahead), &[Category::Unreserved, Category::TypeOrFunctionName])
    }

    fn is_nonreserved(&self) -> bool {
        is_name(
            self.token(),
            &[Category::Unreserved, Category::ColumnName, Category::TypeOrFunctionName],
        )
    }

    pub fn is_label(&self, ahead: usize) -> bool {
        matches!(self.token_at(ahead).kind, TokenKind::Identifier | TokenKind::Keyword)
    }

    /// A label that needs no AS.
    pub fn is_bare_label(&self) -> bool {
        let token = self.token();
        token.kind == TokenKind::Identifier
            || token.keyword.is_some_and(|keyword| keyword.bare_label)
    }

    /// PostgreSQL's ColId.
    pub fn column_name(&mut self) -> Parse<String> {
        if self.is_column_name(0) { Ok(self.take_text()) } else { Err(self.unexpected()) }
    }

    pub fn take_text(&mut self) -> String {
        self.advance().text.into_owned()
    }

    /// PostgreSQL's type_function_name.
    pub fn type_or_function_name(&mut self) -> Parse<String> {
        if self.is_type_or_function_name(0) { Ok(self.take_text()) } else { Err(self.unexpected()) }
    }

    /// PostgreSQL's ColLabel: any word.
    pub fn label(&mut self) -> Parse<String> {
        if self.is_label(0) { Ok(self.take_text()) } else { Err(self.unexpected()) }
    }

    /// PostgreSQL's NonReservedWord.
    pub fn nonreserved_word(&mut self) -> Parse<String> {
        if self.is_nonreserved() { Ok(self.take_text()) } else { Err(self.unexpected()) }
    }

    pub fn nonreserved_word_or_string(&mut self) -> Parse<String> {
        if self.kind() == TokenKind::String { self.string() } else { self.nonreserved_word() }
    }

    pub fn identifier(&mut self) -> Parse<Identifier> {
        let location = self.location();
        Ok(Identifier { name: self.column_name()?, location })
    }

    /// Dotted name; parts after the first may be any word.
    pub fn object_name(&mut self) -> Parse<ObjectName> {
        let location = self.location();
        let mut parts = vec![self.column_name()?];
        while self.accept_symbol(".") {
            parts.push(self.label()?);
        }
        Ok(ObjectName { parts, location })
    }

    /// A relation's name: at most catalog, schema and name.
    pub fn relation_object_name(&mut self) -> Parse<ObjectName> {
        let name = self.object_name()?;
        if name.parts.len() > 3 {
            let text = name.parts.join(".");
            let message = format!("improper qualified name (too many dotted names): {text}");
            return Err(self.error_at("42601", &message, name.location));
        }
        Ok(name)
    }

    /// A function's name: a type_function_name, or a dotted name.
    pub fn function_name(&mut self) -> Parse<ObjectName> {
        if self.symbol_ahead(1, ".") {
            return self.object_name();
        }
        let location = self.location();
        if self.is_type_or_function_name(0) || self.is_column_name(0) && !self.symbol_ahead(1, ".")
        {
            return Ok(ObjectName { parts: vec![self.take_text()], location });
        }
        Err(self.unexpected())
    }

    pub fn column_names(&mut self) -> Parse<Vec<String>> {
        self.parenthesized_list(Self::column_name)
    }

    /// `(a, b)` if there.
    pub fn optional_column_names(&mut self) -> Parse<Vec<String>> {
        if self.at_symbol("(") { self.column_names() } else { Ok(Vec::new()) }
    }

    /// `[ONLY] t [*]`, `ONLY (t)`.
    pub fn relation(&mut self) -> Parse<RelationName> {
        if self.accept("only") {
            let name = if self.at_symbol("(") {
                self.parenthesized(Self::relation_object_name)?
            } else {
                self.relation_object_name()?
            };
            return Ok(RelationName { name, only: true });
        }
        let name = self.relation_object_name()?;
        self.accept_symbol("*");
        Ok(RelationName { name, only: false })
    }

    pub fn role(&mut self) -> Parse<RoleName> {
        if let Some(word) = self.accept_any(&["current_role", "current_user", "session_user"]) {
            return Ok(match word {
                "current_role" => RoleName::CurrentRole,
                "current_user" => RoleName::CurrentUser,
                _ => RoleName::SessionUser,
            });
        }
        let location = self.location();
        let quoted = self.source.as_bytes().get(location as usize) == Some(&b'"');
        let name = self.nonreserved_word()?;
        match name.as_str() {
            "public" if !quoted => Ok(RoleName::Public),
            "none" => Err(self.error_at("42939", "role name \"none\" is reserved", location)),
            _ => Ok(RoleName::Name(Identifier { name, location })),
        }
    }

    pub fn string(&mut self) -> Parse<String> {
        if self.kind() == TokenKind::String { Ok(self.take_text()) } else { Err(self.unexpected()) }
    }

    /// Where the text of a string constant begins, behind its quote; 0 if it is not written as it is.
    pub fn start_of_text(&self) -> Location {
        let token = self.token();
        let written = &self.source[token.start as usize..token.end as usize];
        let quote = written.len().saturating_sub(token.text.len()) / 2;
        match written.get(quote..written.len().saturating_sub(quote)) {
            Some(inner) if quote > 0 && inner == token.text => token.start + quote as Location,
            _ => 0,
        }
    }

    /// An unsigned integer constant.
    pub fn integer(&mut self) -> Parse<i32> {
        if self.kind() != TokenKind::Integer {
            return Err(self.unexpected());
        }
        let value = self.token().text.parse().map_err(|_| self.unexpected())?;
        self.skip(1);
        Ok(value)
    }

    pub fn unsigned(&mut self) -> Parse<u32> {
        self.integer().map(i32::cast_unsigned)
    }

    pub fn signed_integer(&mut self) -> Parse<i32> {
        let negative = self.accept_symbol("-");
        if !negative {
            self.accept_symbol("+");
        }
        let value = self.integer()?;
        Ok(if negative { -value } else { value })
    }

    /// Any number with optional sign, as text.
    pub fn number(&mut self) -> Parse<String> {
        let negative = self.accept_symbol("-");
        if !negative {
            self.accept_symbol("+");
        }
        if !matches!(self.kind(), TokenKind::Integer | TokenKind::Float) {
            return Err(self.unexpected());
        }
        let text = self.take_text();
        Ok(if negative { format!("-{text}") } else { text })
    }

    pub fn at_number(&self) -> bool {
        let ahead = usize::from(self.at_symbol("-") || self.at_symbol("+"));
        matches!(self.token_at(ahead).kind, TokenKind::Integer | TokenKind::Float)
    }

    pub fn if_exists(&mut self) -> bool {
        self.accept_words(&["if", "exists"])
    }

    pub fn if_not_exists(&mut self) -> bool {
        self.accept_words(&["if", "not", "exists"])
    }

    pub fn drop_behavior(&mut self) -> DropBehavior {
        if self.accept("cascade") {
            return DropBehavior::Cascade;
        }
        self.accept("restrict");
        DropBehavior::Restrict
    }

    /// An operator, possibly qualified: `+`, `s.+`.
    pub fn any_operator(&mut self) -> Parse<ObjectName> {
        let location = self.location();
        let mut parts = Vec::new();
        while self.is_column_name(0) && self.symbol_ahead(1, ".") {
            parts.push(self.take_text());
            self.skip(1);
        }
        if self.kind() != TokenKind::Operator || self.at_symbol("=>") {
            return Err(self.unexpected());
        }
        parts.push(self.take_text());
        Ok(ObjectName { parts, location })
    }

    /// `(name [= value], ...)`: storage parameters and definitions.
    pub fn definition_list(&mut self) -> Parse<Vec<OptionItem>> {
        self.parenthesized_list(Self::definition_item)
    }

    /// `name [= value]` with an optional namespace.
    pub fn definition_item(&mut self) -> Parse<OptionItem> {
        let location = self.location();
        let mut name = self.label()?;
        let mut namespace = None;
        if self.accept_symbol(".") {
            namespace = Some(name);
            name = self.label()?;
        }
        let value = if self.accept_symbol("=") { Some(self.definition_value()?) } else { None };
        Ok(OptionItem { namespace, name, value, location })
    }

    fn definition_value(&mut self) -> Parse<OptionValue> {
        if self.kind() == TokenKind::String {
            return Ok(OptionValue::String(self.string()?));
        }
        if self.at_number() {
            return Ok(OptionValue::Number(self.number()?));
        }
        if self.kind() == TokenKind::Operator {
            return Ok(OptionValue::Operator(self.any_operator()?));
        }
        if self.accept_words(&["operator"]) {
            return Ok(OptionValue::Operator(self.parenthesized(Self::any_operator)?));
        }
        let reserved =
            self.token().keyword.is_some_and(|keyword| keyword.category == Category::Reserved);
        if reserved || self.accept("none") {
            let text = if reserved { self.take_text() } else { "none".to_owned() };
            return Ok(OptionValue::Word(text));
        }
        let simple = matches!(self.kind(), TokenKind::Identifier | TokenKind::Keyword)
            && (self.symbol_ahead(1, ",") || self.symbol_ahead(1, ")"));
        if simple {
            return Ok(OptionValue::Word(self.take_text()));
        }
        Ok(OptionValue::Type(self.function_type()?))
    }

    /// `(name [value], ...)` of EXPLAIN, COPY, VACUUM, REINDEX.
    pub fn utility_options(&mut self) -> Parse<Vec<OptionItem>> {
        self.parenthesized_list(|parser| {
            let location = parser.location();
            // These names are reserved or not, but valid here.
            let name = match parser.nonreserved_word() {
                Ok(name) => name,
                Err(_) if parser.at_any(&["analyze", "analyse", "default", "null"]) => {
                    let name = parser.take_text();
                    if name == "analyse" { "analyze".to_owned() } else { name }
                }
                Err(error) => return Err(error),
            };
            let value = if parser.at_symbol(",") || parser.at_symbol(")") {
                None
            } else {
                Some(parser.utility_option_value()?)
            };
            Ok(OptionItem { namespace: None, name, value, location })
        })
    }

    fn utility_option_value(&mut self) -> Parse<OptionValue> {
        if self.kind() == TokenKind::String {
            return Ok(OptionValue::String(self.string()?));
        }
        if self.at_number() {
            return Ok(OptionValue::Number(self.number()?));
        }
        if self.accept_symbol("*") {
            return Ok(OptionValue::Star);
        }
        if self.at_symbol("(") {
            return Ok(OptionValue::List(self.parenthesized_list(|parser| {
                if parser.kind() == TokenKind::String {
                    return Ok(OptionValue::String(parser.string()?));
                }
                Ok(OptionValue::Word(parser.utility_word()?))
            })?));
        }
        Ok(OptionValue::Word(self.utility_word()?))
    }

    fn utility_word(&mut self) -> Parse<String> {
        if self.at_any(&["true", "false", "on", "default", "null", "all"]) {
            return Ok(self.take_text());
        }
        self.nonreserved_word()
    }
}
