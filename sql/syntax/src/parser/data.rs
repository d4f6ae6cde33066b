//! INSERT, UPDATE, DELETE, MERGE, TRUNCATE and COPY.

use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub fn insert(&mut self, with: Option<With>) -> Parse<Statement> {
        let location = self.location();
        self.expect_words(&["insert", "into"])?;
        let table = self.relation_object_name()?;
        let alias = if self.accept("as") { Some(self.column_name()?) } else { None };
        let has_columns = self.at_symbol("(") && !self.parentheses_open_query();
        let columns =
            if has_columns { self.parenthesized_list(Self::target_column)? } else { Vec::new() };
        let overriding = self.overriding()?;
        let plain = columns.is_empty() && overriding == Overriding::None;
        let source = if plain && self.accept_words(&["default", "values"]) {
            InsertSource::DefaultValues
        } else {
            InsertSource::Query(Box::new(self.query()?))
        };
        let on_conflict = if self.at("on") { Some(self.on_conflict()?) } else { None };
        let returning = self.returning()?;
        Ok(Statement::Insert(Box::new(Insert {
            with,
            table,
            alias,
            columns,
            overriding,
            source,
            on_conflict,
            returning,
            location,
        })))
    }

    fn overriding(&mut self) -> Parse<Overriding> {
        if !self.accept("overriding") {
            return Ok(Overriding::None);
        }
        let word = self.expect_any(&["user", "system"])?;
        self.expect("value")?;
        Ok(if word == "user" { Overriding::User } else { Overriding::System })
    }

    fn target_column(&mut self) -> Parse<TargetColumn> {
        let location = self.location();
        let name = self.column_name()?;
        let indirection = self.indirection_steps()?;
        Ok(TargetColumn { name, indirection, location })
    }

    fn on_conflict(&mut self) -> Parse<OnConflict> {
        let location = self.location();
        self.expect_words(&["on", "conflict"])?;
        let at = self.location();
        let target = if self.at_symbol("(") {
            let elements = self.parenthesized_list(Self::index_element)?;
            let predicate = self.where_clause()?;
            Some(ConflictTarget::Inference { elements, predicate, location: at })
        } else if self.accept_words(&["on", "constraint"]) {
            let at = self.location();
            Some(ConflictTarget::Constraint { name: self.column_name()?, location: at })
        } else {
            None
        };
        self.expect("do")?;
        let action = if self.accept("nothing") {
            ConflictAction::Nothing
        } else {
            self.expect_words(&["update", "set"])?;
            let assignments = self.assignments()?;
            ConflictAction::Update { assignments, filter: self.where_clause()? }
        };
        Ok(OnConflict { target, action, location })
    }

    fn returning(&mut self) -> Parse<Option<Returning>> {
        if !self.accept("returning") {
            return Ok(None);
        }
        let mut returning = Returning { old_alias: None, new_alias: None, items: Vec::new() };
        if self.at("with") && self.symbol_ahead(1, "(") {
            self.skip(1);
            let aliases = self.parenthesized_list(|parser| {
                let word = parser.expect_any(&["old", "new"])?;
                parser.expect("as")?;
                Ok((word, parser.column_name()?))
            })?;
            for (word, alias) in aliases {
                let slot =
                    if word == "old" { &mut returning.old_alias } else { &mut returning.new_alias };
                *slot = Some(alias);
            }
        }
        returning.items = self.comma_list(Self::select_item)?;
        Ok(Some(returning))
    }

    fn assignments(&mut self) -> Parse<Vec<Assignment>> {
        self.comma_list(|parser| {
            let location = parser.location();
            if parser.at_symbol("(") {
                let targets = parser.parenthesized_list(Self::target_column)?;
                parser.expect_symbol("=")?;
                let source = parser.expression()?;
                return Ok(Assignment::Columns { targets, source, location });
            }
            let target = parser.target_column()?;
            parser.expect_symbol("=")?;
            Ok(Assignment::Column { target, value: parser.expression()? })
        })
    }

    /// The alias of an UPDATE or DELETE target, which must not swallow SET.
    fn target_alias(&mut self) -> Parse<Option<String>> {
        if self.accept("as") {
            return self.column_name().map(Some);
        }
        if self.is_column_name(0) && !self.at("set") {
            return self.column_name().map(Some);
        }
        Ok(None)
    }

    pub fn update(&mut self, with: Option<With>) -> Parse<Statement> {
        let location = self.location();
        self.expect("update")?;
        let table = self.relation()?;
        let alias = self.target_alias()?;
        self.expect("set")?;
        let assignments = self.assignments()?;
        let from = if self.accept("from") { self.comma_list(Self::from_item)? } else { Vec::new() };
        let filter = self.where_clause()?;
        let returning = self.returning()?;
        Ok(Statement::Update(Box::new(Update {
            with,
            table,
            alias,
            assignments,
            from,
            filter,
            returning,
            location,
        })))
    }

    pub fn delete(&mut self, with: Option<With>) -> Parse<Statement> {
        let location = self.location();
        self.expect_words(&["delete", "from"])?;
        let table = self.relation()?;
        let alias = self.target_alias()?;
        let using =
            if self.accept("using") { self.comma_list(Self::from_item)? } else { Vec::new() };
        let filter = self.where_clause()?;
        let returning = self.returning()?;
        Ok(Statement::Delete(Box::new(Delete {
            with,
            table,
            alias,
            using,
            filter,
            returning,
            location,
        })))
    }

    pub fn merge(&mut self, with: Option<With>) -> Parse<Statement> {
        let location = self.location();
        self.expect_words(&["merge", "into"])?;
        let target = self.relation()?;
        let alias = self.target_alias()?;
        self.expect("using")?;
        let source = self.from_item()?;
        self.expect("on")?;
        let on = self.expression()?;
        let mut clauses = Vec::new();
        while self.at("when") {
            clauses.push(self.merge_clause()?);
        }
        if clauses.is_empty() {
            return Err(self.unexpected());
        }
        let returning = self.returning()?;
        Ok(Statement::Merge(Box::new(Merge {
            with,
            target,
            alias,
            source,
            on,
            clauses,
            returning,
            location,
        })))
    }

    fn merge_clause(&mut self) -> Parse<MergeClause> {
        let location = self.location();
        self.expect("when")?;
        let matching = if self.accept("matched") {
            MergeMatch::Matched
        } else {
            self.expect_words(&["not", "matched"])?;
            // SOURCE and TARGET are no key words of PostgreSQL 16.
            if self.at("by") && self.token_at(1).text == "source" {
                self.skip(2);
                MergeMatch::NotMatchedBySource
            } else {
                if self.at("by") && self.token_at(1).text == "target" {
                    self.skip(2);
                }
                MergeMatch::NotMatchedByTarget
            }
        };
        let condition = if self.accept("and") { Some(self.expression()?) } else { None };
        self.expect("then")?;
        let insertable = matching == MergeMatch::NotMatchedByTarget;
        let action = if self.accept_words(&["do", "nothing"]) {
            MergeAction::Nothing
        } else if insertable {
            self.expect("insert")?;
            let columns = if self.at_symbol("(") {
                self.parenthesized_list(Self::target_column)?
            } else {
                Vec::new()
            };
            let overriding = self.overriding()?;
            let values = if self.accept_words(&["default", "values"]) {
                None
            } else {
                self.expect("values")?;
                Some(self.parenthesized_list(Self::expression)?)
            };
            MergeAction::Insert { columns, overriding, values }
        } else if self.accept("delete") {
            MergeAction::Delete
        } else {
            self.expect_words(&["update", "set"])?;
            MergeAction::Update { assignments: self.assignments()? }
        };
        Ok(MergeClause { matching, condition, action, location })
    }

    pub fn truncate(&mut self) -> Parse<Statement> {
        self.expect("truncate")?;
        self.accept("table");
        let tables = self.comma_list(Self::relation)?;
        let restart_identity = self.accept_words(&["restart", "identity"]);
        if !restart_identity {
            self.accept_words(&["continue", "identity"]);
        }
        let behavior = self.drop_behavior();
        Ok(Statement::Truncate(Truncate { tables, restart_identity, behavior }))
    }

    pub fn copy(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("copy")?;
        let mut options = Vec::new();
        let source = if self.at_symbol("(") {
            CopySource::Statement(Box::new(self.parenthesized(Self::preparable_statement)?))
        } else {
            let at = self.location();
            if self.accept("binary") {
                options.push(option("format", Some(OptionValue::Word("binary".to_owned())), at));
            }
            let name = self.relation_object_name()?;
            CopySource::Table { name, columns: self.optional_column_names()? }
        };
        let is_query = matches!(source, CopySource::Statement(_));
        let direction = if !is_query && self.accept("from") {
            CopyDirection::From
        } else {
            self.expect("to")?;
            CopyDirection::To
        };
        let target = if self.accept("program") {
            CopyTarget::Program(self.string()?)
        } else if self.accept_any(&["stdin", "stdout"]).is_some() {
            CopyTarget::Client
        } else {
            CopyTarget::File(self.string()?)
        };
        let at = self.location();
        if self.accept("using") {
            self.expect("delimiters")?;
            options.push(option("delimiter", Some(OptionValue::String(self.string()?)), at));
        }
        self.accept("with");
        if self.at_symbol("(") {
            options.extend(self.utility_options()?);
        } else {
            while let Some(item) = self.old_copy_option()? {
                options.push(item);
            }
        }
        let filter = if direction == CopyDirection::From { self.where_clause()? } else { None };
        Ok(Statement::Copy(Box::new(Copy { source, direction, target, options, filter, location })))
    }

    fn old_copy_option(&mut self) -> Parse<Option<OptionItem>> {
        let at = self.location();
        let word = |text: &str| Some(OptionValue::Word(text.to_owned()));
        if let Some(format) = self.accept_any(&["binary", "csv"]) {
            return Ok(Some(option("format", word(format), at)));
        }
        if self.accept("freeze") {
            return Ok(Some(option("freeze", word("true"), at)));
        }
        if self.accept("header") {
            return Ok(Some(option("header", word("true"), at)));
        }
        if let Some(name) = self.accept_any(&["delimiter", "null", "quote", "escape", "encoding"]) {
            if name != "encoding" {
                self.accept("as");
            }
            return Ok(Some(option(name, Some(OptionValue::String(self.string()?)), at)));
        }
        if self.accept("force") {
            let name = match self.expect_any(&["quote", "not", "null"])? {
                "quote" => "force_quote",
                "not" => {
                    self.expect("null")?;
                    "force_not_null"
                }
                _ => "force_null",
            };
            if name == "force_quote" && self.accept_symbol("*") {
                return Ok(Some(option(name, Some(OptionValue::Star), at)));
            }
            let columns = self.comma_list(Self::column_name)?;
            let list = columns.into_iter().map(OptionValue::Word).collect();
            return Ok(Some(option(name, Some(OptionValue::List(list)), at)));
        }
        if self.kind() == TokenKind::Invalid {
            return Err(self.unexpected());
        }
        Ok(None)
    }
}

pub fn option(name: &str, value: Option<OptionValue>, location: Location) -> OptionItem {
    OptionItem { namespace: None, name: name.to_owned(), value, location }
}
