//! Object references, and the statements that only name objects: DROP, COMMENT, SECURITY LABEL.

use super::{Parse, Parser};
use crate::ast::*;

impl Parser<'_> {
    /// The kind of object at the current words.
    pub fn object_type(&mut self) -> Parse<ObjectType> {
        use ObjectType::*;
        const KINDS: &[(&[&str], ObjectType)] = &[
            (&["access", "method"], AccessMethod),
            (&["aggregate"], Aggregate),
            (&["cast"], Cast),
            (&["collation"], Collation),
            (&["column"], Column),
            (&["constraint"], Constraint),
            (&["conversion"], Conversion),
            (&["database"], Database),
            (&["domain"], Domain),
            (&["event", "trigger"], EventTrigger),
            (&["extension"], Extension),
            (&["foreign", "data", "wrapper"], ForeignDataWrapper),
            (&["foreign", "table"], ForeignTable),
            (&["function"], Function),
            (&["index"], Index),
            (&["procedural", "language"], Language),
            (&["language"], Language),
            (&["large", "object"], LargeObject),
            (&["materialized", "view"], MaterializedView),
            (&["operator", "class"], OperatorClass),
            (&["operator", "family"], OperatorFamily),
            (&["operator"], Operator),
            (&["policy"], Policy),
            (&["procedure"], Procedure),
            (&["publication"], Publication),
            (&["role"], Role),
            (&["routine"], Routine),
            (&["rule"], Rule),
            (&["schema"], Schema),
            (&["sequence"], Sequence),
            (&["server"], Server),
            (&["statistics"], Statistics),
            (&["subscription"], Subscription),
            (&["table"], Table),
            (&["tablespace"], Tablespace),
            (&["text", "search", "configuration"], TextSearchConfiguration),
            (&["text", "search", "dictionary"], TextSearchDictionary),
            (&["text", "search", "parser"], TextSearchParser),
            (&["text", "search", "template"], TextSearchTemplate),
            (&["transform"], Transform),
            (&["trigger"], Trigger),
            (&["type"], Type),
            (&["view"], View),
        ];
        for (words, object_type) in KINDS {
            if self.accept_words(words) {
                return Ok(*object_type);
            }
        }
        Err(self.unexpected())
    }

    /// The name of an object of that kind.
    pub fn object_reference(&mut self, object_type: ObjectType) -> Parse<ObjectReference> {
        use ObjectType::*;
        match object_type {
            Function | Procedure | Routine => self.routine_reference(),
            Aggregate => {
                let name = self.function_name()?;
                let (arguments, star) = self.aggregate_arguments()?;
                Ok(ObjectReference::Routine { name, arguments, star })
            }
            Operator => {
                let name = self.any_operator()?;
                self.expect_symbol("(")?;
                let operand = |parser: &mut Self| -> Parse<Option<TypeName>> {
                    if parser.accept("none") { Ok(None) } else { parser.type_name().map(Some) }
                };
                let left = operand(self)?;
                self.expect_symbol(",")?;
                let right = operand(self)?;
                self.expect_symbol(")")?;
                Ok(ObjectReference::Operator { name, left, right })
            }
            Type | Domain => self.type_name().map(ObjectReference::Type),
            Trigger | Rule | Policy => {
                let name = self.column_name()?;
                self.expect("on")?;
                Ok(ObjectReference::OnTable { name, table: self.object_name()? })
            }
            Constraint => {
                let name = self.column_name()?;
                self.expect("on")?;
                if self.accept("domain") {
                    return Ok(ObjectReference::OnDomain { name, domain: self.type_name()? });
                }
                Ok(ObjectReference::OnTable { name, table: self.object_name()? })
            }
            OperatorClass | OperatorFamily => {
                let name = self.object_name()?;
                self.expect("using")?;
                Ok(ObjectReference::UsingMethod { name, method: self.column_name()? })
            }
            Cast => {
                self.expect_symbol("(")?;
                let source = self.type_name()?;
                self.expect("as")?;
                let target = self.type_name()?;
                self.expect_symbol(")")?;
                Ok(ObjectReference::Cast { source, target })
            }
            Transform => {
                self.expect("for")?;
                let type_name = self.type_name()?;
                self.expect("language")?;
                Ok(ObjectReference::Transform { type_name, language: self.column_name()? })
            }
            LargeObject => self.number().map(ObjectReference::LargeObject),
            _ => self.object_name().map(ObjectReference::Name),
        }
    }

    /// `f` or `f(types)`.
    pub fn routine_reference(&mut self) -> Parse<ObjectReference> {
        let name = self.function_name()?;
        let arguments = if self.at_symbol("(") { Some(self.function_parameters()?) } else { None };
        Ok(ObjectReference::Routine { name, arguments, star: false })
    }

    pub fn drop_statement(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("drop")?;
        if self.accept("owned") {
            self.expect("by")?;
            let roles = self.comma_list(Self::role)?;
            return Ok(Statement::DropOwned(DropOwned { roles, behavior: self.drop_behavior() }));
        }
        if self.at_any(&["role", "user", "group"]) && !self.at_words(&["user", "mapping"]) {
            self.skip(1);
            let if_exists = self.if_exists();
            return Ok(Statement::DropRole(DropRole {
                roles: self.comma_list(Self::role)?,
                if_exists,
            }));
        }
        if self.accept("database") {
            let if_exists = self.if_exists();
            let name = self.identifier()?;
            let with = self.accept("with");
            let force = if with || self.at_symbol("(") {
                self.parenthesized_list(|parser| parser.expect("force"))?;
                true
            } else {
                false
            };
            return Ok(Statement::DropDatabase(DropDatabase { name, if_exists, force }));
        }
        let at = self.location();
        let object_type = self.object_type()?;
        if matches!(
            object_type,
            ObjectType::Column | ObjectType::Constraint | ObjectType::LargeObject
        ) {
            return Err(SyntaxAt(at).error(self));
        }
        let concurrently = object_type == ObjectType::Index && self.accept("concurrently");
        let if_exists = self.if_exists();
        let objects = self.comma_list(|parser| parser.object_reference(object_type))?;
        let behavior = self.drop_behavior();
        Ok(Statement::Drop(DropObjects {
            object_type,
            objects,
            if_exists,
            behavior,
            concurrently,
            location,
        }))
    }

    pub fn reassign_owned(&mut self) -> Parse<Statement> {
        self.expect_words(&["reassign", "owned", "by"])?;
        let roles = self.comma_list(Self::role)?;
        self.expect("to")?;
        Ok(Statement::ReassignOwned(ReassignOwned { roles, new_owner: self.role()? }))
    }

    pub fn comment(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect_words(&["comment", "on"])?;
        let object_type = self.object_type()?;
        let object = self.object_reference(object_type)?;
        self.expect("is")?;
        let text = if self.accept("null") { None } else { Some(self.string()?) };
        Ok(Statement::Comment(Comment { object_type, object, text, location }))
    }

    pub fn security_label(&mut self) -> Parse<Statement> {
        self.expect_words(&["security", "label"])?;
        let provider =
            if self.accept("for") { Some(self.nonreserved_word_or_string()?) } else { None };
        self.expect("on")?;
        let object_type = self.object_type()?;
        let object = self.object_reference(object_type)?;
        self.expect("is")?;
        let label = if self.accept("null") { None } else { Some(self.string()?) };
        Ok(Statement::SecurityLabel(SecurityLabel { provider, object_type, object, label }))
    }
}

/// A syntax error at an earlier token.
struct SyntaxAt(Location);

impl SyntaxAt {
    fn error(&self, parser: &mut Parser<'_>) -> crate::SyntaxError {
        while parser.position > 0 && parser.location() > self.0 {
            parser.position -= 1;
        }
        parser.unexpected()
    }
}
