//! CREATE of functions, triggers, rules, roles, databases, policies and the rest.

use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub fn create_other(&mut self, or_replace: bool, location: Location) -> Parse<Statement> {
        let constraint = self.at_words(&["constraint", "trigger"]);
        if constraint || self.at("trigger") {
            self.skip(usize::from(constraint) + 1);
            return self.create_trigger(or_replace, constraint, location);
        }
        let word = self.token().keyword.map_or("", |keyword| keyword.word);
        match word {
            "function" | "procedure" => self.create_function(or_replace, location),
            "rule" => self.create_rule(or_replace),
            "aggregate" => self.create_definition(ObjectType::Aggregate, or_replace, location),
            "procedural" | "trusted" | "language" | "transform" => {
                Err(self.unsupported(&format!("CREATE {}", word.to_uppercase()), location))
            }
            _ if or_replace => Err(self.unexpected()),
            "role" | "user" | "group" if !self.at_words(&["user", "mapping"]) => self.create_role(),
            "extension" => self.create_extension(),
            "database" => {
                self.skip(1);
                let name = self.identifier()?;
                self.accept("with");
                let options = self.database_options()?;
                Ok(Statement::CreateDatabase(CreateDatabase { name, options }))
            }
            "policy" => self.create_policy(location),
            "statistics" => self.create_statistics(location),
            "operator" if self.at_ahead(1, "class") || self.at_ahead(1, "family") => {
                Err(self.unsupported("CREATE OPERATOR CLASS or FAMILY", location))
            }
            "operator" => self.create_definition(ObjectType::Operator, false, location),
            "collation" => self.create_definition(ObjectType::Collation, false, location),
            "text" => {
                self.skip(1);
                self.expect("search")?;
                let object_type = match self.token().text.as_ref() {
                    "configuration" => ObjectType::TextSearchConfiguration,
                    "dictionary" => ObjectType::TextSearchDictionary,
                    "parser" => ObjectType::TextSearchParser,
                    "template" => ObjectType::TextSearchTemplate,
                    _ => return Err(self.unexpected()),
                };
                self.create_definition(object_type, false, location)
            }
            "cast" => self.create_cast(),
            "publication" => self.create_publication(),
            "access" | "event" | "foreign" | "server" | "subscription" | "tablespace"
            | "default" | "conversion" | "user" => {
                Err(self.unsupported(&format!("CREATE {}", word.to_uppercase()), location))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn create_function(&mut self, or_replace: bool, location: Location) -> Parse<Statement> {
        let procedure = self.expect_any(&["function", "procedure"])? == "procedure";
        let name = self.function_name()?;
        let parameters = self.function_parameters()?;
        let mut returns = None;
        if !procedure && self.accept("returns") {
            returns = Some(if self.accept("table") {
                FunctionReturns::Table(self.parenthesized_list(|parser| {
                    Ok((parser.parameter_name()?, parser.function_type()?))
                })?)
            } else {
                FunctionReturns::Type(self.function_type()?)
            });
        }
        let mut options = Vec::new();
        while let Some(option) = self.function_option()? {
            options.push(option);
        }
        let sql_body = if self.accept("return") {
            Some(SqlBody::Return(self.expression()?))
        } else if self.accept_words(&["begin", "atomic"]) {
            let mut statements = Vec::new();
            while !self.accept("end") {
                if self.accept_symbol(";") {
                    continue;
                }
                self.enter()?;
                statements.push(self.statement()?);
                self.leave();
                self.expect_symbol(";")?;
            }
            Some(SqlBody::Atomic(statements))
        } else {
            None
        };
        Ok(Statement::CreateFunction(Box::new(CreateFunction {
            name,
            or_replace,
            procedure,
            parameters,
            returns,
            options,
            sql_body,
            location,
        })))
    }

    fn parameter_name(&mut self) -> Parse<String> {
        self.type_or_function_name()
    }

    pub fn function_parameters(&mut self) -> Parse<Vec<FunctionParameter>> {
        self.expect_symbol("(")?;
        if self.accept_symbol(")") {
            return Ok(Vec::new());
        }
        let parameters = self.comma_list(Self::function_parameter)?;
        self.expect_symbol(")")?;
        Ok(parameters)
    }

    fn parameter_mode(&mut self) -> Option<ParameterMode> {
        match self.accept_any(&["in", "out", "inout", "variadic"]) {
            Some("in") if self.accept("out") => Some(ParameterMode::InOut),
            Some("in") => Some(ParameterMode::In),
            Some("out") => Some(ParameterMode::Out),
            Some("inout") => Some(ParameterMode::InOut),
            Some(_) => Some(ParameterMode::Variadic),
            None => None,
        }
    }

    /// `[mode] [name] type [DEFAULT value]`, or `name mode type`.
    pub fn function_parameter(&mut self) -> Parse<FunctionParameter> {
        let mut mode = self.parameter_mode();
        let ends = |parser: &Self, ahead: usize| {
            let token = parser.token_at(ahead);
            match token.kind {
                TokenKind::Symbol => !matches!(&*token.text, "::"),
                TokenKind::Operator | TokenKind::End => true,
                TokenKind::Keyword => {
                    matches!(&*token.text, "default" | "array" | "order" | "with" | "without")
                        || token.text == "precision" && parser.at_ahead(ahead - 1, "double")
                        || token.text == "varying"
                }
                _ => false,
            }
        };
        let named = self.is_type_or_function_name(0) && !ends(self, 1);
        let name = if named { Some(self.parameter_name()?) } else { None };
        if mode.is_none() && name.is_some() {
            mode = self.parameter_mode();
        }
        let type_name = self.function_type()?;
        let default = if self.accept("default") || self.accept_symbol("=") {
            Some(self.expression()?)
        } else {
            None
        };
        Ok(FunctionParameter { mode: mode.unwrap_or_default(), name, type_name, default })
    }

    pub fn function_option(&mut self) -> Parse<Option<FunctionOption>> {
        if self.at("as") {
            self.skip(1);
            let start = self.start_of_text();
            return Ok(Some(FunctionOption::As(self.comma_list(Self::string)?, start)));
        }
        if self.accept("language") {
            return Ok(Some(FunctionOption::Language(self.nonreserved_word_or_string()?)));
        }
        if self.accept("transform") {
            let types = self.comma_list(|parser| {
                parser.expect_words(&["for", "type"])?;
                parser.type_name()
            })?;
            return Ok(Some(FunctionOption::Transform(types)));
        }
        if self.accept("window") {
            return Ok(Some(FunctionOption::Window));
        }
        if let Some(word) = self.accept_any(&["immutable", "stable", "volatile"]) {
            return Ok(Some(FunctionOption::Volatility(word.to_owned())));
        }
        if self.accept_words(&["called", "on", "null", "input"]) {
            return Ok(Some(FunctionOption::Strict(false)));
        }
        if self.accept("strict") || self.accept_words(&["returns", "null", "on", "null", "input"]) {
            return Ok(Some(FunctionOption::Strict(true)));
        }
        if self.accept("leakproof") {
            return Ok(Some(FunctionOption::LeakProof(true)));
        }
        if self.accept_words(&["not", "leakproof"]) {
            return Ok(Some(FunctionOption::LeakProof(false)));
        }
        if self.at("security") || self.at_words(&["external", "security"]) {
            self.accept("external");
            self.skip(1);
            let definer = self.expect_any(&["definer", "invoker"])? == "definer";
            return Ok(Some(FunctionOption::SecurityDefiner(definer)));
        }
        if self.accept("parallel") {
            return Ok(Some(FunctionOption::Parallel(self.column_name()?)));
        }
        if self.accept("cost") {
            return Ok(Some(FunctionOption::Cost(self.number()?)));
        }
        if self.accept("rows") {
            return Ok(Some(FunctionOption::Rows(self.number()?)));
        }
        if self.accept("support") {
            return Ok(Some(FunctionOption::Support(self.object_name()?)));
        }
        if self.at("set") {
            self.skip(1);
            return Ok(Some(FunctionOption::Set(self.set_rest()?)));
        }
        if self.at("reset") {
            return Ok(Some(FunctionOption::Set(self.reset()?)));
        }
        Ok(None)
    }

    fn create_trigger(
        &mut self,
        or_replace: bool,
        constraint: bool,
        location: Location,
    ) -> Parse<Statement> {
        let name = self.column_name()?;
        let timings: &[&'static str] =
            if constraint { &["after"] } else { &["before", "after", "instead"] };
        let timing = match self.expect_any(timings)? {
            "before" => TriggerTiming::Before,
            "after" => TriggerTiming::After,
            _ => {
                self.expect("of")?;
                TriggerTiming::InsteadOf
            }
        };
        let mut events = Vec::new();
        loop {
            events.push(match self.expect_any(&["insert", "delete", "update", "truncate"])? {
                "insert" => TriggerEvent::Insert,
                "delete" => TriggerEvent::Delete,
                "truncate" => TriggerEvent::Truncate,
                _ if self.accept("of") => TriggerEvent::Update(self.comma_list(Self::column_name)?),
                _ => TriggerEvent::Update(Vec::new()),
            });
            if !self.accept("or") {
                break;
            }
        }
        self.expect("on")?;
        let table = self.relation_object_name()?;
        let referenced_table =
            if self.accept("from") { Some(self.relation_object_name()?) } else { None };
        let mut attributes = Constraint {
            name: None,
            kind: ConstraintKind::Null,
            deferrable: false,
            initially_deferred: false,
            not_valid: false,
            no_inherit: false,
            not_enforced: false,
            location,
        };
        self.constraint_attributes(&mut attributes)?;
        let mut transitions = Vec::new();
        if self.accept("referencing") {
            while let Some(age) = self.accept_any(&["old", "new"]) {
                let table = self.expect_any(&["table", "row"])? == "table";
                self.accept("as");
                transitions.push((age == "new", table, self.column_name()?));
            }
        }
        let mut for_each_row = false;
        if constraint {
            self.expect("for")?;
            self.expect("each")?;
            self.expect("row")?;
            for_each_row = true;
        } else if self.accept("for") {
            self.accept("each");
            for_each_row = self.expect_any(&["row", "statement"])? == "row";
        }
        let when =
            if self.accept("when") { Some(self.parenthesized(Self::expression)?) } else { None };
        self.expect("execute")?;
        self.expect_any(&["function", "procedure"])?;
        let function = self.function_name()?;
        self.expect_symbol("(")?;
        let mut arguments = Vec::new();
        while !self.accept_symbol(")") {
            if !arguments.is_empty() {
                self.expect_symbol(",")?;
            }
            arguments.push(match self.kind() {
                TokenKind::Integer | TokenKind::Float | TokenKind::String => self.take_text(),
                _ => self.label()?,
            });
        }
        Ok(Statement::CreateTrigger(Box::new(CreateTrigger {
            name,
            or_replace,
            constraint,
            timing,
            events,
            table,
            referenced_table,
            deferrable: attributes.deferrable,
            initially_deferred: attributes.initially_deferred,
            transitions,
            for_each_row,
            when,
            function,
            arguments,
            location,
        })))
    }

    fn create_rule(&mut self, or_replace: bool) -> Parse<Statement> {
        self.expect("rule")?;
        let name = self.column_name()?;
        self.expect_words(&["as", "on"])?;
        let event = self.expect_any(&["select", "insert", "update", "delete"])?.to_owned();
        self.expect("to")?;
        let table = self.relation_object_name()?;
        let filter = self.where_clause()?;
        self.expect("do")?;
        let instead = self.accept("instead");
        if !instead {
            self.accept("also");
        }
        let mut actions = Vec::new();
        if self.accept("nothing") {
        } else if self.at_symbol("(") && !self.parentheses_open_query() {
            self.skip(1);
            while !self.accept_symbol(")") {
                if !self.accept_symbol(";") {
                    actions.push(self.rule_action()?);
                }
            }
        } else if self.accept_symbol("(") {
            actions.push(self.rule_action()?);
            while self.accept_symbol(";") {
                if !self.at_symbol(")") && !self.at_symbol(";") {
                    actions.push(self.rule_action()?);
                }
            }
            self.expect_symbol(")")?;
        } else {
            actions.push(self.rule_action()?);
        }
        let rule = CreateRule { name, or_replace, event, table, filter, instead, actions };
        Ok(Statement::CreateRule(Box::new(rule)))
    }

    fn rule_action(&mut self) -> Parse<Statement> {
        if self.at("notify") { self.notification() } else { self.preparable_statement() }
    }

    fn create_role(&mut self) -> Parse<Statement> {
        let kind = self.role_kind()?;
        let location = self.location();
        let name = match self.role()? {
            RoleName::Name(name) => name,
            RoleName::Public => {
                let message = "role name \"public\" is reserved";
                return Err(self.error_at("42939", message, location));
            }
            role => {
                let word = match role {
                    RoleName::CurrentRole => "CURRENT_ROLE",
                    RoleName::CurrentUser => "CURRENT_USER",
                    _ => "SESSION_USER",
                };
                let message = format!("{word} cannot be used as a role name here");
                return Err(self.error_at("42939", &message, location));
            }
        };
        self.accept("with");
        let options = self.role_options()?;
        Ok(Statement::CreateRole(CreateRole { kind, name, options }))
    }

    pub fn role_kind(&mut self) -> Parse<RoleKind> {
        Ok(match self.expect_any(&["role", "user", "group"])? {
            "role" => RoleKind::Role,
            "user" => RoleKind::User,
            _ => RoleKind::Group,
        })
    }

    pub fn role_options(&mut self) -> Parse<Vec<RoleOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.role_option()? {
            options.push(option);
        }
        Ok(options)
    }

    fn role_option(&mut self) -> Parse<Option<RoleOption>> {
        if self.accept("inherit") {
            return Ok(Some(RoleOption::Inherit(true)));
        }
        if self.accept("encrypted") && !self.at("password") {
            return Err(self.unexpected());
        }
        if self.accept("password") {
            let value = if self.accept("null") { None } else { Some(self.string()?) };
            return Ok(Some(RoleOption::Password(value)));
        }
        if self.accept_words(&["connection", "limit"]) {
            return Ok(Some(RoleOption::ConnectionLimit(i64::from(self.signed_integer()?))));
        }
        if self.accept_words(&["valid", "until"]) {
            return Ok(Some(RoleOption::ValidUntil(self.string()?)));
        }
        if self.accept("sysid") {
            return Ok(Some(RoleOption::SystemId(self.number()?)));
        }
        if self.accept("in") {
            self.expect_any(&["role", "group"])?;
            return Ok(Some(RoleOption::InRole(self.comma_list(Self::role)?)));
        }
        if self.accept_any(&["role", "user"]).is_some() {
            return Ok(Some(RoleOption::Members(self.comma_list(Self::role)?)));
        }
        if self.accept("admin") {
            return Ok(Some(RoleOption::Admins(self.comma_list(Self::role)?)));
        }
        if self.kind() != TokenKind::Identifier {
            return Ok(None);
        }
        let word = self.token().text.to_string();
        let (name, value) = match word.strip_prefix("no") {
            Some(rest) => (rest, false),
            None => (word.as_str(), true),
        };
        let option = match name {
            "superuser" => RoleOption::Superuser(value),
            "createdb" => RoleOption::CreateDatabase(value),
            "createrole" => RoleOption::CreateRole(value),
            "inherit" => RoleOption::Inherit(value),
            "login" => RoleOption::Login(value),
            "replication" => RoleOption::Replication(value),
            "bypassrls" => RoleOption::BypassRowSecurity(value),
            _ => {
                let message = format!("unrecognized role option \"{word}\"");
                return Err(self.error_at("42601", &message, self.location()));
            }
        };
        self.skip(1);
        Ok(Some(option))
    }

    fn create_extension(&mut self) -> Parse<Statement> {
        self.expect("extension")?;
        let if_not_exists = self.if_not_exists();
        let name = self.column_name()?;
        self.accept("with");
        let mut extension =
            CreateExtension { name, if_not_exists, schema: None, version: None, cascade: false };
        loop {
            if self.accept("schema") {
                extension.schema = Some(self.column_name()?);
            } else if self.accept("version") {
                extension.version = Some(self.nonreserved_word_or_string()?);
            } else if self.accept("cascade") {
                extension.cascade = true;
            } else {
                return Ok(Statement::CreateExtension(extension));
            }
        }
    }

    /// `name [=] value` of CREATE and ALTER DATABASE.
    pub fn database_options(&mut self) -> Parse<Vec<OptionItem>> {
        let mut options = Vec::new();
        loop {
            let location = self.location();
            let name = if self.accept_words(&["connection", "limit"]) {
                "connection_limit".to_owned()
            } else if let Some(word) =
                self.accept_any(&["encoding", "location", "owner", "tablespace", "template"])
            {
                word.to_owned()
            } else if self.kind() == TokenKind::Identifier {
                self.take_text()
            } else {
                return Ok(options);
            };
            self.accept_symbol("=");
            let value = if self.at_number() {
                OptionValue::Number(self.number()?)
            } else if self.kind() == TokenKind::String {
                OptionValue::String(self.string()?)
            } else if self.at_any(&["default", "true", "false", "on"]) {
                OptionValue::Word(self.take_text())
            } else {
                OptionValue::Word(self.nonreserved_word()?)
            };
            options.push(super::data::option(&name, Some(value), location));
        }
    }

    fn create_policy(&mut self, location: Location) -> Parse<Statement> {
        self.expect("policy")?;
        let name = self.column_name()?;
        self.expect("on")?;
        let table = self.relation_object_name()?;
        let mut permissive = true;
        if self.accept("as") {
            permissive = match &*self.token().text {
                "permissive" => true,
                "restrictive" => false,
                other => {
                    let message = format!("unrecognized row security option \"{other}\"");
                    return Err(self.error_at("42601", &message, self.location()));
                }
            };
            self.skip(1);
        }
        let command = if self.accept("for") {
            self.expect_any(&["all", "select", "insert", "update", "delete"])?
        } else {
            "all"
        };
        let (roles, using, with_check) = self.policy_rest()?;
        let roles = if roles.is_empty() { vec![RoleName::Public] } else { roles };
        Ok(Statement::CreatePolicy(Box::new(CreatePolicy {
            name,
            table,
            permissive,
            command: command.to_owned(),
            roles,
            using,
            with_check,
            location,
        })))
    }

    pub fn policy_rest(&mut self) -> Parse<(Vec<RoleName>, Option<Expr>, Option<Expr>)> {
        let roles = if self.accept("to") { self.comma_list(Self::role)? } else { Vec::new() };
        let using =
            if self.accept("using") { Some(self.parenthesized(Self::expression)?) } else { None };
        let with_check = if self.accept_words(&["with", "check"]) {
            Some(self.parenthesized(Self::expression)?)
        } else {
            None
        };
        Ok((roles, using, with_check))
    }

    fn create_statistics(&mut self, location: Location) -> Parse<Statement> {
        self.expect("statistics")?;
        let if_not_exists = self.if_not_exists();
        let unnamed = self.at("on") || self.at_symbol("(");
        let name = if unnamed { None } else { Some(self.object_name()?) };
        let kinds = self.optional_column_names()?;
        self.expect("on")?;
        let expressions = self.comma_list(|parser| {
            let element = parser.index_element()?;
            Ok(element.expr)
        })?;
        self.expect("from")?;
        let from = self.comma_list(Self::from_item)?;
        Ok(Statement::CreateStatistics(Box::new(CreateStatistics {
            name,
            if_not_exists,
            kinds,
            expressions,
            from,
            location,
        })))
    }

    fn create_definition(
        &mut self,
        object_type: ObjectType,
        or_replace: bool,
        location: Location,
    ) -> Parse<Statement> {
        self.skip(1);
        let if_not_exists = object_type == ObjectType::Collation && self.if_not_exists();
        let name = match object_type {
            ObjectType::Operator => self.any_operator()?,
            ObjectType::Aggregate => self.function_name()?,
            _ => self.object_name()?,
        };
        let mut definition = CreateDefinition {
            object_type,
            name,
            or_replace,
            if_not_exists,
            arguments: None,
            options: Vec::new(),
            from: None,
            location,
        };
        if object_type == ObjectType::Collation && self.accept("from") {
            definition.from = Some(self.object_name()?);
            return Ok(Statement::CreateDefinition(definition));
        }
        if object_type == ObjectType::Aggregate && !self.symbol_ahead(2, "=") {
            let (arguments, _) = self.aggregate_arguments()?;
            definition.arguments = arguments;
        }
        definition.options = self.definition_list()?;
        Ok(Statement::CreateDefinition(definition))
    }

    /// `(*)`, `(types)`, `(types ORDER BY types)`; the flag says it was a star.
    pub fn aggregate_arguments(&mut self) -> Parse<(Option<Vec<FunctionParameter>>, bool)> {
        self.expect_symbol("(")?;
        if self.accept_symbol("*") {
            self.expect_symbol(")")?;
            return Ok((None, true));
        }
        let mut arguments = Vec::new();
        if self.at_symbol(")") {
            self.skip(1);
            return Ok((Some(arguments), false));
        }
        if !self.at("order") {
            arguments = self.comma_list(Self::function_parameter)?;
        }
        if self.accept_words(&["order", "by"]) {
            arguments.extend(self.comma_list(Self::function_parameter)?);
        }
        self.expect_symbol(")")?;
        Ok((Some(arguments), false))
    }

    fn create_cast(&mut self) -> Parse<Statement> {
        self.expect("cast")?;
        self.expect_symbol("(")?;
        let source = self.type_name()?;
        self.expect("as")?;
        let target = self.type_name()?;
        self.expect_symbol(")")?;
        let method = if self.accept_words(&["without", "function"]) {
            CastMethod::WithoutFunction
        } else {
            self.expect("with")?;
            if self.accept("inout") {
                CastMethod::InOut
            } else {
                self.expect("function")?;
                CastMethod::Function(self.routine_reference()?)
            }
        };
        let context = if self.accept("as") {
            match self.expect_any(&["implicit", "assignment"])? {
                "implicit" => CastContext::Implicit,
                _ => CastContext::Assignment,
            }
        } else {
            CastContext::Explicit
        };
        Ok(Statement::CreateCast(CreateCast { source, target, method, context }))
    }

    fn create_publication(&mut self) -> Parse<Statement> {
        self.expect("publication")?;
        let name = self.column_name()?;
        let mut publication =
            CreatePublication { name, all_tables: false, tables: Vec::new(), options: Vec::new() };
        if self.accept_words(&["for", "all", "tables"]) {
            publication.all_tables = true;
        } else if self.accept_words(&["for", "table"]) {
            publication.tables = self.comma_list(Self::relation)?;
        }
        if self.accept("with") {
            publication.options = self.definition_list()?;
        }
        Ok(Statement::CreatePublication(publication))
    }
}
