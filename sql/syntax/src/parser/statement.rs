//! Which statement is it.

use super::{Parse, Parser};
use crate::ast::*;

impl Parser<'_> {
    /// A statement at its first token.
    pub fn statement(&mut self) -> Parse<Statement> {
        let Some(keyword) = self.token().keyword else {
            if self.at_symbol("(") {
                return Ok(Statement::Query(Box::new(self.query()?)));
            }
            if self.token().text == "aws" {
                return self.iam_grant();
            }
            return Err(self.unexpected());
        };
        match keyword.word {
            "select" | "values" | "table" | "with" | "insert" | "update" | "delete" | "merge" => {
                self.preparable_statement()
            }
            "copy" => self.copy(),
            "truncate" => self.truncate(),
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => self.drop_statement(),
            "comment" => self.comment(),
            "security" => self.security_label(),
            "grant" => self.grant(),
            "revoke" => self.revoke(),
            "refresh" => self.refresh(),
            "reassign" => self.reassign_owned(),
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint"
            | "release" => self.transaction(),
            "prepare" if self.at_ahead(1, "transaction") => self.transaction(),
            "set" => self.set_statement(),
            "reset" => {
                let setting = self.reset()?;
                Ok(Statement::Set(setting))
            }
            "show" => self.show(),
            "discard" => self.discard(),
            "prepare" => self.prepare(),
            "execute" => self.execute().map(Statement::Execute),
            "deallocate" => self.deallocate(),
            "declare" => self.declare(),
            "fetch" | "move" => self.fetch(),
            "close" => self.close(),
            "listen" | "unlisten" | "notify" => self.notification(),
            "explain" => self.explain(),
            "lock" => self.lock(),
            "vacuum" | "analyze" | "analyse" => self.vacuum(),
            "reindex" => self.reindex(),
            "cluster" => self.cluster(),
            "checkpoint" => {
                self.skip(1);
                Ok(Statement::Checkpoint)
            }
            "do" => self.do_block(),
            "call" => self.call_procedure(),
            "load" => {
                self.skip(1);
                Ok(Statement::Load(self.string()?))
            }
            "import" => Err(self.unsupported("IMPORT FOREIGN SCHEMA", self.location())),
            _ => Err(self.unexpected()),
        }
    }

    /// A query, INSERT, UPDATE, DELETE or MERGE, with or without WITH.
    pub fn preparable_statement(&mut self) -> Parse<Statement> {
        self.deeper(|parser| {
            let location = parser.location();
            let with = parser.optional_with()?;
            if parser.at("insert") {
                parser.insert(with)
            } else if parser.at("update") {
                parser.update(with)
            } else if parser.at("delete") {
                parser.delete(with)
            } else if parser.at("merge") {
                parser.merge(with)
            } else {
                let query = parser.query_after_with(with, location)?;
                Ok(Statement::Query(Box::new(query)))
            }
        })
    }
}
