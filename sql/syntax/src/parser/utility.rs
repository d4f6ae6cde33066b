//! EXPLAIN, LOCK, maintenance, DO, CALL, REFRESH.

use super::data::option;
use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub fn explain(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("explain")?;
        let mut options = Vec::new();
        if self.at_symbol("(") && !self.parentheses_open_query() {
            options = self.utility_options()?;
        } else {
            let at = self.location();
            if self.accept_any(&["analyze", "analyse"]).is_some() {
                options.push(option("analyze", None, at));
            }
            let at = self.location();
            if self.accept("verbose") {
                options.push(option("verbose", None, at));
            }
        }
        let statement = if self.at_any(&["declare", "execute", "create", "refresh"]) {
            self.statement()?
        } else {
            self.preparable_statement()?
        };
        let explainable = matches!(
            &statement,
            Statement::Query(_)
                | Statement::Insert(_)
                | Statement::Update(_)
                | Statement::Delete(_)
                | Statement::Merge(_)
                | Statement::Declare(_)
                | Statement::Execute(_)
                | Statement::CreateTableAs(_)
                | Statement::RefreshMaterializedView(_)
        );
        if !explainable {
            return Err(self.unexpected());
        }
        Ok(Statement::Explain(Box::new(Explain { options, statement, location })))
    }

    pub fn lock(&mut self) -> Parse<Statement> {
        self.expect("lock")?;
        self.accept("table");
        let tables = self.comma_list(Self::relation)?;
        let mut mode = LockMode::AccessExclusive;
        if self.accept("in") {
            const MODES: &[(&[&str], LockMode)] = &[
                (&["access", "share"], LockMode::AccessShare),
                (&["access", "exclusive"], LockMode::AccessExclusive),
                (&["row", "share"], LockMode::RowShare),
                (&["row", "exclusive"], LockMode::RowExclusive),
                (&["share", "update", "exclusive"], LockMode::ShareUpdateExclusive),
                (&["share", "row", "exclusive"], LockMode::ShareRowExclusive),
                (&["share"], LockMode::Share),
                (&["exclusive"], LockMode::Exclusive),
            ];
            mode = match MODES.iter().find(|(words, _)| self.accept_words(words)) {
                Some((_, mode)) => *mode,
                None => return Err(self.unexpected()),
            };
            self.expect("mode")?;
        }
        let no_wait = self.accept("nowait");
        Ok(Statement::Lock(LockTable { tables, mode, no_wait }))
    }

    pub fn vacuum(&mut self) -> Parse<Statement> {
        let vacuum = self.advance().text == "vacuum";
        let mut options = Vec::new();
        if self.at_symbol("(") {
            options = self.utility_options()?;
        } else {
            let words: &[&'static str] = if vacuum {
                &["full", "freeze", "verbose", "analyze", "analyse"]
            } else {
                &["verbose"]
            };
            let mut at = self.location();
            while let Some(word) = self.accept_any(words) {
                let word = if word == "analyse" { "analyze" } else { word };
                options.push(option(word, None, at));
                at = self.location();
            }
        }
        let targets = if self.is_column_name(0) || self.at("only") {
            self.comma_list(|parser| Ok((parser.relation()?, parser.optional_column_names()?)))?
        } else {
            Vec::new()
        };
        Ok(Statement::Vacuum(Vacuum { vacuum, options, targets }))
    }

    pub fn reindex(&mut self) -> Parse<Statement> {
        self.expect("reindex")?;
        let options = if self.at_symbol("(") { self.utility_options()? } else { Vec::new() };
        let word = self.expect_any(&["index", "table", "schema", "system", "database"])?;
        let concurrently = self.accept("concurrently");
        let object_type = match word {
            "index" => ObjectType::Index,
            "table" => ObjectType::Table,
            "schema" => ObjectType::Schema,
            _ => ObjectType::Database,
        };
        let optional = matches!(word, "system" | "database");
        let name = if optional && !self.is_column_name(0) {
            None
        } else {
            Some(self.relation_object_name()?)
        };
        Ok(Statement::Reindex(Reindex {
            options,
            object_type,
            system: word == "system",
            concurrently,
            name,
        }))
    }

    pub fn cluster(&mut self) -> Parse<Statement> {
        let mut cluster = Cluster { options: Vec::new(), table: None, index: None };
        self.expect("cluster")?;
        let at = self.location();
        if self.at_symbol("(") {
            cluster.options = self.utility_options()?;
        } else if self.accept("verbose") {
            cluster.options.push(option("verbose", None, at));
        }
        if self.is_column_name(0) {
            let table = self.relation_object_name()?;
            if self.accept("on") {
                cluster.index = Some(table.name().to_owned());
                cluster.table = Some(self.relation_object_name()?);
            } else {
                if self.accept("using") {
                    cluster.index = Some(self.column_name()?);
                }
                cluster.table = Some(table);
            }
        }
        Ok(Statement::Cluster(cluster))
    }

    pub fn do_block(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("do")?;
        let (mut language, mut body) = (None, None);
        loop {
            if self.kind() == TokenKind::String {
                body = Some(self.string()?);
            } else if self.accept("language") {
                language = Some(self.nonreserved_word_or_string()?);
            } else {
                break;
            }
        }
        match body {
            Some(body) => Ok(Statement::Do(Do { language, body, location })),
            None if language.is_some() => {
                Err(self.error_at("42601", "no inline code specified", location))
            }
            None => Err(self.unexpected()),
        }
    }

    pub fn call_procedure(&mut self) -> Parse<Statement> {
        self.expect("call")?;
        let at = self.location();
        let name = self.function_name()?;
        match self.call(name)? {
            Expr::Function(call) => Ok(Statement::Call(call)),
            _ => Err(self.error_at("42601", "syntax error", at)),
        }
    }

    pub fn refresh(&mut self) -> Parse<Statement> {
        self.expect_words(&["refresh", "materialized", "view"])?;
        let concurrently = self.accept("concurrently");
        let name = self.relation_object_name()?;
        let with_data = self.with_data()?;
        Ok(Statement::RefreshMaterializedView(RefreshMaterializedView {
            name,
            concurrently,
            with_data,
        }))
    }
}
