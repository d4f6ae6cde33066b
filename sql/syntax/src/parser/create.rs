//! CREATE: which object, and relations other than tables, types and domains.

use super::{Parse, Parser};
use crate::ast::*;

impl Parser<'_> {
    pub fn create(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("create")?;
        let or_replace = self.accept_words(&["or", "replace"]);
        if !or_replace {
            if self.at_any(&["local", "global"])
                && !self.at_ahead(1, "temp")
                && !self.at_ahead(1, "temporary")
            {
                return Err(self.unexpected_ahead(1));
            }
            self.accept_any(&["local", "global"]);
        }
        let persistence = match self.accept_any(&["temp", "temporary", "unlogged"]) {
            Some("unlogged") => Persistence::Unlogged,
            Some(_) => Persistence::Temporary,
            None => Persistence::Permanent,
        };
        if self.at("view") || self.at_words(&["recursive", "view"]) {
            return self.create_view(or_replace, persistence, location);
        }
        if !or_replace {
            if self.accept("table") {
                return self.create_table(persistence, location);
            }
            if self.accept_words(&["materialized", "view"]) {
                return self.create_materialized_view(persistence, location);
            }
            if self.accept("sequence") {
                let if_not_exists = self.if_not_exists();
                let name = self.relation_object_name()?;
                let options = self.sequence_options()?;
                return Ok(Statement::CreateSequence(CreateSequence {
                    name,
                    persistence,
                    if_not_exists,
                    options,
                    location,
                }));
            }
        }
        if persistence != Persistence::Permanent {
            return Err(self.unexpected());
        }
        if !or_replace {
            if self.at("index") || self.at_words(&["unique", "index"]) {
                return self.create_index(location);
            }
            if self.accept("schema") {
                return self.create_schema(location);
            }
            if self.accept("type") {
                return self.create_type(location);
            }
            if self.accept("domain") {
                return self.create_domain(location);
            }
        }
        self.create_other(or_replace, location)
    }

    fn create_view(
        &mut self,
        or_replace: bool,
        persistence: Persistence,
        location: Location,
    ) -> Parse<Statement> {
        let recursive = self.accept("recursive");
        self.expect("view")?;
        let name = self.relation_object_name()?;
        let columns = if recursive { self.column_names()? } else { self.optional_column_names()? };
        let options = if self.accept("with") { self.definition_list()? } else { Vec::new() };
        self.expect("as")?;
        let query = self.query()?;
        let check_option = if self.accept("with") {
            let word = self.accept_any(&["local", "cascaded"]);
            self.expect_words(&["check", "option"])?;
            Some(if word == Some("local") { CheckOption::Local } else { CheckOption::Cascaded })
        } else {
            None
        };
        Ok(Statement::CreateView(Box::new(CreateView {
            name,
            or_replace,
            persistence,
            recursive,
            columns,
            options,
            query,
            check_option,
            location,
        })))
    }

    fn create_index(&mut self, location: Location) -> Parse<Statement> {
        let unique = self.accept("unique");
        self.expect("index")?;
        let build = if self.accept("concurrently") {
            IndexBuild::Concurrently
        } else if self.token().text == "async" && !self.at_ahead(1, "on") {
            self.skip(1);
            IndexBuild::Async
        } else if self.token().text == "async" && self.symbol_ahead(3, "(") {
            // `ASYNC ON t (...)`: DSQL's keyword, not an index of that name.
            self.skip(1);
            IndexBuild::Async
        } else {
            IndexBuild::Blocking
        };
        let if_not_exists = self.if_not_exists();
        let name = if self.at("on") { None } else { Some(self.column_name()?) };
        if if_not_exists && name.is_none() {
            return Err(self.unexpected());
        }
        self.expect("on")?;
        let table = self.relation()?;
        let method = if self.accept("using") { Some(self.column_name()?) } else { None };
        let elements = self.parenthesized_list(Self::index_element)?;
        let including = if self.accept("include") {
            self.parenthesized_list(Self::index_element)?
        } else {
            Vec::new()
        };
        let nulls_not_distinct = self.nulls_not_distinct();
        let options = if self.accept("with") { self.definition_list()? } else { Vec::new() };
        let tablespace = if self.accept("tablespace") { Some(self.column_name()?) } else { None };
        let predicate = self.where_clause()?;
        Ok(Statement::CreateIndex(Box::new(CreateIndex {
            name,
            unique,
            build,
            if_not_exists,
            table,
            method,
            elements,
            including,
            nulls_not_distinct,
            options,
            tablespace,
            predicate,
            location,
        })))
    }

    /// A key of an index, of ON CONFLICT or of PARTITION BY.
    pub fn index_element(&mut self) -> Parse<IndexElement> {
        let location = self.location();
        let plain_name =
            self.is_column_name(0) && !self.symbol_ahead(1, "(") && !self.symbol_ahead(1, ".");
        let expr = if plain_name {
            let fields = vec![self.column_name()?];
            Expr::ColumnRef(ColumnRef { fields, star: false, location })
        } else if self.at_symbol("(") {
            self.parenthesized(Self::expression)?
        } else {
            let at = self.location();
            match self.primary()? {
                // A name with a dot is that of a function here.
                Expr::ColumnRef(_) => return Err(self.unexpected()),
                Expr::Literal(_) | Expr::Parameter { .. } => {
                    return Err(self.error_at("42601", "syntax error", at));
                }
                function => function,
            }
        };
        let collation = if self.accept("collate") { Some(self.object_name()?) } else { None };
        let operator_class = if self.is_column_name(0) && !self.at("nulls") && !self.at("include") {
            Some(self.object_name()?)
        } else {
            None
        };
        let operator_class_options = if operator_class.is_some() && self.at_symbol("(") {
            self.definition_list()?
        } else {
            Vec::new()
        };
        let direction = self.sort_direction();
        let nulls = self.nulls_order()?;
        Ok(IndexElement {
            expr,
            collation,
            operator_class,
            operator_class_options,
            direction,
            nulls,
            location,
        })
    }

    /// Zero or more options of a sequence.
    pub fn sequence_options(&mut self) -> Parse<Vec<SequenceOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.sequence_option()? {
            options.push(option);
        }
        Ok(options)
    }

    pub fn sequence_option(&mut self) -> Parse<Option<SequenceOption>> {
        let word = self.accept_any(&[
            "as",
            "cache",
            "cycle",
            "increment",
            "maxvalue",
            "minvalue",
            "no",
            "owned",
            "sequence",
            "start",
            "restart",
            "logged",
            "unlogged",
        ]);
        Ok(Some(match word {
            None => return Ok(None),
            Some("as") => SequenceOption::As(self.simple_type(true)?),
            Some("cache") => SequenceOption::Cache(self.number()?),
            Some("cycle") => SequenceOption::Cycle(true),
            Some("increment") => {
                self.accept("by");
                SequenceOption::Increment(self.number()?)
            }
            Some("maxvalue") => SequenceOption::MaxValue(Some(self.number()?)),
            Some("minvalue") => SequenceOption::MinValue(Some(self.number()?)),
            Some("no") => match self.expect_any(&["maxvalue", "minvalue", "cycle"])? {
                "maxvalue" => SequenceOption::MaxValue(None),
                "minvalue" => SequenceOption::MinValue(None),
                _ => SequenceOption::Cycle(false),
            },
            Some("owned") => {
                self.expect("by")?;
                SequenceOption::OwnedBy(if self.at("none") {
                    let location = self.location();
                    ObjectName { parts: vec![self.take_text()], location }
                } else {
                    self.object_name()?
                })
            }
            Some("sequence") => {
                self.expect("name")?;
                SequenceOption::SequenceName(self.object_name()?)
            }
            Some("start") => {
                self.accept("with");
                SequenceOption::Start(self.number()?)
            }
            Some("restart") => {
                let with = self.accept("with");
                let value = if with || self.at_number() { Some(self.number()?) } else { None };
                SequenceOption::Restart(value)
            }
            Some(word) => SequenceOption::Logged(word == "logged"),
        }))
    }

    fn create_schema(&mut self, location: Location) -> Parse<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = if self.at("authorization") { None } else { Some(self.column_name()?) };
        let authorization = if self.accept("authorization") { Some(self.role()?) } else { None };
        let mut elements = Vec::new();
        while self.at_any(&["create", "grant"]) {
            self.enter()?;
            elements.push(self.statement()?);
            self.leave();
        }
        if if_not_exists && !elements.is_empty() {
            let message = "CREATE SCHEMA IF NOT EXISTS cannot include schema elements";
            return Err(self.error_at("0A000", message, location));
        }
        Ok(Statement::CreateSchema(CreateSchema {
            name,
            authorization,
            if_not_exists,
            elements,
            location,
        }))
    }

    fn create_type(&mut self, location: Location) -> Parse<Statement> {
        let name = self.object_name()?;
        let definition = if self.accept("as") {
            if self.accept("enum") {
                self.expect_symbol("(")?;
                let labels =
                    if self.at_symbol(")") { Vec::new() } else { self.comma_list(Self::string)? };
                self.expect_symbol(")")?;
                TypeDefinition::Enum(labels)
            } else if self.accept("range") {
                TypeDefinition::Range(self.definition_list()?)
            } else {
                self.expect_symbol("(")?;
                let columns = if self.at_symbol(")") {
                    Vec::new()
                } else {
                    self.comma_list(Self::composite_column)?
                };
                self.expect_symbol(")")?;
                TypeDefinition::Composite(columns)
            }
        } else if self.at_symbol("(") {
            TypeDefinition::Base(self.definition_list()?)
        } else {
            TypeDefinition::Shell
        };
        Ok(Statement::CreateType(CreateType { name, definition, location }))
    }

    fn create_domain(&mut self, location: Location) -> Parse<Statement> {
        let name = self.object_name()?;
        self.accept("as");
        let type_name = self.type_name()?;
        let mut collation = None;
        let mut constraints = Vec::new();
        loop {
            if self.accept("collate") {
                collation = Some(self.object_name()?);
            } else if let Some(constraint) = self.column_constraint()? {
                constraints.push(constraint);
            } else {
                break;
            }
        }
        Ok(Statement::CreateDomain(Box::new(CreateDomain {
            name,
            type_name,
            collation,
            constraints,
            location,
        })))
    }
}
