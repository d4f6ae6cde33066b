//! Transactions, SET and SHOW, prepared statements, cursors, notifications.

use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub fn transaction(&mut self) -> Parse<Statement> {
        let word = self.advance().text;
        let location = self.location();
        Ok(Statement::Transaction(match &*word {
            "begin" => {
                self.accept_any(&["work", "transaction"]);
                Transaction::Begin { modes: self.transaction_modes()?, start: false }
            }
            "start" => {
                self.expect("transaction")?;
                Transaction::Begin { modes: self.transaction_modes()?, start: true }
            }
            "commit" if self.accept("prepared") => Transaction::CommitPrepared(self.string()?),
            "rollback" if self.accept("prepared") => Transaction::RollbackPrepared(self.string()?),
            "commit" | "end" => {
                self.accept_any(&["work", "transaction"]);
                Transaction::Commit { chain: self.chain()? }
            }
            "rollback" | "abort" => {
                self.accept_any(&["work", "transaction"]);
                if word == "rollback" && self.accept("to") {
                    self.accept("savepoint");
                    let location = self.location();
                    Transaction::RollbackTo { name: self.column_name()?, location }
                } else {
                    Transaction::Rollback { chain: self.chain()? }
                }
            }
            "savepoint" => Transaction::Savepoint { name: self.column_name()?, location },
            "release" => {
                self.accept("savepoint");
                let location = self.location();
                Transaction::Release { name: self.column_name()?, location }
            }
            _ => {
                self.expect("transaction")?;
                Transaction::PrepareTransaction(self.string()?)
            }
        }))
    }

    fn chain(&mut self) -> Parse<bool> {
        if !self.accept("and") {
            return Ok(false);
        }
        let no = self.accept("no");
        self.expect("chain")?;
        Ok(!no)
    }

    /// Zero or more modes, commas optional.
    pub fn transaction_modes(&mut self) -> Parse<Vec<TransactionMode>> {
        let mut modes = Vec::new();
        loop {
            let mode = if self.accept_words(&["isolation", "level"]) {
                TransactionMode::Isolation(self.isolation_level()?)
            } else if self.accept("read") {
                TransactionMode::ReadOnly(self.expect_any(&["only", "write"])? == "only")
            } else if self.accept("deferrable") {
                TransactionMode::Deferrable(true)
            } else if self.accept_words(&["not", "deferrable"]) {
                TransactionMode::Deferrable(false)
            } else if modes.is_empty() {
                return Ok(modes);
            } else {
                return Err(self.unexpected());
            };
            modes.push(mode);
            let more =
                self.accept_symbol(",") || self.at_any(&["isolation", "read", "deferrable", "not"]);
            if !more {
                return Ok(modes);
            }
        }
    }

    fn isolation_level(&mut self) -> Parse<IsolationLevel> {
        Ok(match self.expect_any(&["serializable", "repeatable", "read"])? {
            "serializable" => IsolationLevel::Serializable,
            "repeatable" => {
                self.expect("read")?;
                IsolationLevel::RepeatableRead
            }
            _ => match self.expect_any(&["committed", "uncommitted"])? {
                "committed" => IsolationLevel::ReadCommitted,
                _ => IsolationLevel::ReadUncommitted,
            },
        })
    }

    pub fn set_statement(&mut self) -> Parse<Statement> {
        self.expect("set")?;
        if self.accept("constraints") {
            let constraints =
                if self.accept("all") { None } else { Some(self.comma_list(Self::object_name)?) };
            let deferred = self.expect_any(&["deferred", "immediate"])? == "deferred";
            return Ok(Statement::SetConstraints(SetConstraints { constraints, deferred }));
        }
        if self.at_words(&["session", "characteristics"]) {
            self.skip(2);
            self.expect_words(&["as", "transaction"])?;
            let modes = self.some_transaction_modes()?;
            return Ok(Statement::Transaction(Transaction::SetSessionCharacteristics(modes)));
        }
        let local = self.at("local") && !self.symbol_ahead(1, "=") && !self.at_ahead(1, "to");
        let session = self.at("session")
            && !self.symbol_ahead(1, "=")
            && !self.at_ahead(1, "to")
            && !self.at_ahead(1, "authorization")
            || self.at_words(&["session", "session", "authorization"]);
        if local || session {
            self.skip(1);
        }
        if !local && self.at("transaction") && !self.symbol_ahead(1, "=") && !self.at_ahead(1, "to")
        {
            self.skip(1);
            if self.accept("snapshot") {
                return Ok(Statement::Transaction(Transaction::SetSnapshot(self.string()?)));
            }
            let modes = self.some_transaction_modes()?;
            return Ok(Statement::Transaction(Transaction::Set(modes)));
        }
        let mut setting = self.set_rest()?;
        if local {
            setting.scope = SetScope::Local;
        }
        Ok(Statement::Set(setting))
    }

    fn some_transaction_modes(&mut self) -> Parse<Vec<TransactionMode>> {
        let modes = self.transaction_modes()?;
        if modes.is_empty() { Err(self.unexpected()) } else { Ok(modes) }
    }

    fn variable_name(&mut self) -> Parse<String> {
        let mut name = self.column_name()?;
        while self.accept_symbol(".") {
            name.push('.');
            name.push_str(&self.column_name()?);
        }
        Ok(name)
    }

    /// After SET: the name and value.
    pub fn set_rest(&mut self) -> Parse<SetVariable> {
        let location = self.location();
        let mut setting = SetVariable {
            scope: SetScope::Session,
            name: String::new(),
            value: SetValue::Default,
            location,
        };
        let one = |item: SetItem| SetValue::Values(vec![item]);
        if self.accept_words(&["time", "zone"]) {
            setting.name = "TimeZone".to_owned();
            setting.value = if self.accept_any(&["default", "local"]).is_some() {
                SetValue::Default
            } else if self.at("interval") {
                let mut type_name = self.simple_type(false)?;
                let text = self.string()?;
                self.interval_fields(&mut type_name)?;
                one(SetItem::Interval { text, type_name })
            } else {
                one(self.set_item()?)
            };
            return Ok(setting);
        }
        let special = if self.accept_words(&["session", "authorization"]) {
            Some("session_authorization")
        } else if self.at("catalog") && self.token_at(1).kind == TokenKind::String {
            return Err(self.error_at(
                "0A000",
                "current database cannot be changed",
                self.location(),
            ));
        } else if self.at("schema") && self.token_at(1).kind == TokenKind::String {
            self.skip(1);
            Some("search_path")
        } else if self.at("names") && !self.symbol_ahead(1, "=") && !self.at_ahead(1, "to") {
            self.skip(1);
            Some("client_encoding")
        } else if self.at("role") && !self.symbol_ahead(1, "=") && !self.at_ahead(1, "to") {
            self.skip(1);
            Some("role")
        } else if self.at_words(&["xml", "option"]) {
            self.skip(2);
            Some("xmloption")
        } else {
            None
        };
        if let Some(name) = special {
            setting.name = name.to_owned();
            let default = (name != "role" && self.accept("default"))
                || (name == "client_encoding" && self.kind() != TokenKind::String);
            setting.value = if default {
                SetValue::Default
            } else if self.kind() == TokenKind::String {
                one(SetItem::String(self.string()?))
            } else {
                one(SetItem::String(self.nonreserved_word()?))
            };
            return Ok(setting);
        }
        setting.name = self.variable_name()?;
        if self.accept_words(&["from", "current"]) {
            setting.value = SetValue::FromCurrent;
            return Ok(setting);
        }
        if !self.accept("to") && !self.accept_symbol("=") {
            return Err(self.unexpected());
        }
        setting.value = if self.accept("default") {
            SetValue::Default
        } else {
            SetValue::Values(self.comma_list(Self::set_item)?)
        };
        Ok(setting)
    }

    fn set_item(&mut self) -> Parse<SetItem> {
        if self.kind() == TokenKind::String {
            return Ok(SetItem::String(self.string()?));
        }
        if self.at_number() {
            return Ok(SetItem::Number(self.number()?));
        }
        if self.at_any(&["true", "false", "on"]) {
            return Ok(SetItem::Word(self.take_text()));
        }
        Ok(SetItem::Word(self.nonreserved_word()?))
    }

    /// The name in SHOW and RESET, with the forms in words.
    fn shown_name(&mut self) -> Parse<String> {
        if self.accept_words(&["time", "zone"]) {
            return Ok("TimeZone".to_owned());
        }
        if self.accept_words(&["transaction", "isolation", "level"]) {
            return Ok("transaction_isolation".to_owned());
        }
        if self.accept_words(&["session", "authorization"]) {
            return Ok("session_authorization".to_owned());
        }
        self.variable_name()
    }

    pub fn reset(&mut self) -> Parse<SetVariable> {
        self.expect("reset")?;
        let location = self.location();
        let scope = SetScope::Session;
        if self.accept("all") {
            return Ok(SetVariable {
                scope,
                name: String::new(),
                value: SetValue::ResetAll,
                location,
            });
        }
        let name = self.shown_name()?;
        Ok(SetVariable { scope, name, value: SetValue::Reset, location })
    }

    pub fn show(&mut self) -> Parse<Statement> {
        self.expect("show")?;
        let location = self.location();
        if self.accept("all") {
            return Ok(Statement::Show(Show::All));
        }
        Ok(Statement::Show(Show::Name { name: self.shown_name()?, location }))
    }

    pub fn discard(&mut self) -> Parse<Statement> {
        self.expect("discard")?;
        let words = ["all", "plans", "sequences", "temp", "temporary"];
        Ok(Statement::Discard(match self.expect_any(&words)? {
            "all" => DiscardTarget::All,
            "plans" => DiscardTarget::Plans,
            "sequences" => DiscardTarget::Sequences,
            _ => DiscardTarget::Temporary,
        }))
    }

    pub fn prepare(&mut self) -> Parse<Statement> {
        self.expect("prepare")?;
        let name = self.column_name()?;
        let types = if self.at_symbol("(") {
            self.parenthesized_list(Self::type_name)?
        } else {
            Vec::new()
        };
        self.expect("as")?;
        let statement = self.preparable_statement()?;
        Ok(Statement::Prepare(Box::new(Prepare { name, types, statement })))
    }

    pub fn execute(&mut self) -> Parse<Execute> {
        let location = self.location();
        self.expect("execute")?;
        let name = self.column_name()?;
        let arguments = if self.at_symbol("(") {
            self.parenthesized_list(Self::expression)?
        } else {
            Vec::new()
        };
        Ok(Execute { name, arguments, location })
    }

    pub fn deallocate(&mut self) -> Parse<Statement> {
        self.expect("deallocate")?;
        if self.at("prepare") && (self.is_column_name(1) || self.at_ahead(1, "all")) {
            self.skip(1);
        }
        if self.accept("all") {
            return Ok(Statement::Deallocate(None));
        }
        Ok(Statement::Deallocate(Some(self.column_name()?)))
    }

    pub fn declare(&mut self) -> Parse<Statement> {
        self.expect("declare")?;
        let name = self.column_name()?;
        let (mut binary, mut scroll, mut insensitive) = (false, None, None);
        loop {
            if self.accept("binary") {
                binary = true;
            } else if self.accept("scroll") {
                scroll = Some(true);
            } else if self.accept_words(&["no", "scroll"]) {
                scroll = Some(false);
            } else if self.accept("insensitive") {
                insensitive = Some(true);
            } else if self.accept("asensitive") {
                insensitive = Some(false);
            } else {
                break;
            }
        }
        self.expect("cursor")?;
        let hold = self.accept_words(&["with", "hold"]);
        if !hold {
            self.accept_words(&["without", "hold"]);
        }
        self.expect("for")?;
        let query = self.query()?;
        Ok(Statement::Declare(Box::new(DeclareCursor {
            name,
            binary,
            scroll,
            insensitive,
            hold,
            query,
        })))
    }

    pub fn fetch(&mut self) -> Parse<Statement> {
        let location = self.location();
        let is_move = self.advance().text == "move";
        let direction = self.fetch_direction()?;
        let cursor = self.column_name()?;
        Ok(Statement::Fetch(Fetch { is_move, cursor, direction, location }))
    }

    fn fetch_direction(&mut self) -> Parse<FetchDirection> {
        let direction = if self.at_number() {
            FetchDirection::Forward(i64::from(self.signed_integer()?))
        } else if self.is_column_name(1)
            || self.at_ahead(1, "from")
            || self.at_ahead(1, "in")
            || self.at_ahead(1, "all")
            || matches!(self.token_at(1).kind, TokenKind::Integer)
            || self.symbol_ahead(1, "-")
            || self.symbol_ahead(1, "+")
        {
            match self.accept_any(&[
                "next", "prior", "first", "last", "all", "absolute", "relative", "forward",
                "backward",
            ]) {
                Some("next") => FetchDirection::Forward(1),
                Some("prior") => FetchDirection::Backward(1),
                Some("first") => FetchDirection::Absolute(1),
                Some("last") => FetchDirection::Absolute(-1),
                Some("all") => FetchDirection::Forward(i64::MAX),
                Some("absolute") => FetchDirection::Absolute(i64::from(self.signed_integer()?)),
                Some("relative") => FetchDirection::Relative(i64::from(self.signed_integer()?)),
                Some(word) => {
                    let count = if self.accept("all") {
                        i64::MAX
                    } else if self.at_number() {
                        i64::from(self.signed_integer()?)
                    } else {
                        1
                    };
                    if word == "forward" {
                        FetchDirection::Forward(count)
                    } else {
                        FetchDirection::Backward(count)
                    }
                }
                None => FetchDirection::Forward(1),
            }
        } else {
            FetchDirection::Forward(1)
        };
        self.accept_any(&["from", "in"]);
        Ok(direction)
    }

    pub fn close(&mut self) -> Parse<Statement> {
        self.expect("close")?;
        if self.accept("all") {
            return Ok(Statement::Close(None));
        }
        Ok(Statement::Close(Some(self.column_name()?)))
    }

    pub fn notification(&mut self) -> Parse<Statement> {
        if self.accept("listen") {
            return Ok(Statement::Listen(self.column_name()?));
        }
        if self.accept("unlisten") {
            if self.accept_symbol("*") {
                return Ok(Statement::Unlisten(None));
            }
            return Ok(Statement::Unlisten(Some(self.column_name()?)));
        }
        self.expect("notify")?;
        let channel = self.column_name()?;
        let payload = if self.accept_symbol(",") { Some(self.string()?) } else { None };
        Ok(Statement::Notify(Notify { channel, payload }))
    }
}
