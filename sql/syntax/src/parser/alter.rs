//! ALTER: tables and their kin, and the RENAME, OWNER and SCHEMA forms of everything.

use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub fn alter(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("alter")?;
        if self.accept_words(&["default", "privileges"]) {
            return self.alter_default_privileges();
        }
        if self.accept("system") {
            let setting = if self.at("reset") {
                self.reset()?
            } else {
                self.expect("set")?;
                self.set_rest()?
            };
            return Ok(Statement::AlterSystem(setting));
        }
        if self.at_any(&["role", "user", "group"]) && !self.at_words(&["user", "mapping"]) {
            return self.alter_role(location);
        }
        let object_type = self.object_type()?;
        use ObjectType::*;
        match object_type {
            Table | Index | View | MaterializedView | ForeignTable => {
                self.alter_relation(object_type, location)
            }
            Sequence => self.alter_sequence(location),
            Type => self.alter_type(location),
            Domain => self.alter_domain(location),
            Database => self.alter_database(location),
            _ => self.alter_other(object_type, location),
        }
    }

    fn rename(
        &mut self,
        object_type: ObjectType,
        object: ObjectReference,
        location: Location,
    ) -> Parse<Statement> {
        self.expect_words(&["rename", "to"])?;
        Ok(Statement::Rename(RenameObject {
            object_type,
            object,
            part: None,
            relation_type: object_type,
            only: false,
            if_exists: false,
            new_name: self.column_name()?,
            behavior: DropBehavior::Restrict,
            location,
        }))
    }

    fn alter_role(&mut self, location: Location) -> Parse<Statement> {
        let kind = self.role_kind()?;
        let role = if self.accept("all") { None } else { Some(self.role()?) };
        if self.at("rename") {
            let Some(RoleName::Name(name)) = role else {
                return Err(self.unexpected());
            };
            let object = ObjectReference::Name(ObjectName {
                parts: vec![name.name],
                location: name.location,
            });
            return self.rename(ObjectType::Role, object, location);
        }
        let database =
            if self.accept_words(&["in", "database"]) { Some(self.column_name()?) } else { None };
        if self.at_any(&["set", "reset"]) {
            let setting = if self.accept("set") { self.set_rest()? } else { self.reset()? };
            return Ok(Statement::AlterRoleSetting(AlterRoleSetting { role, database, setting }));
        }
        let Some(role) = role.filter(|_| database.is_none()) else {
            return Err(self.unexpected());
        };
        let mut drop_members = false;
        let options = if kind == RoleKind::Group {
            drop_members = self.expect_any(&["add", "drop"])? == "drop";
            self.expect("user")?;
            vec![RoleOption::Members(self.comma_list(Self::role)?)]
        } else {
            self.accept("with");
            self.role_options()?
        };
        Ok(Statement::AlterRole(AlterRole { kind, role, options, drop_members }))
    }

    /// The forms that every object has: RENAME TO, OWNER TO, SET SCHEMA.
    fn generic_alteration(
        &mut self,
        object_type: ObjectType,
        object: ObjectReference,
        if_exists: bool,
        location: Location,
    ) -> Parse<Option<Statement>> {
        if self.at_words(&["rename", "to"]) {
            let mut statement = self.rename(object_type, object, location)?;
            if let Statement::Rename(rename) = &mut statement {
                rename.if_exists = if_exists;
            }
            return Ok(Some(statement));
        }
        if self.accept_words(&["set", "schema"]) {
            let schema = self.column_name()?;
            return Ok(Some(Statement::AlterSchema(AlterObjectSchema {
                object_type,
                object,
                if_exists,
                schema,
            })));
        }
        if self.accept_words(&["owner", "to"]) {
            let owner = self.role()?;
            return Ok(Some(Statement::AlterOwner(AlterOwner { object_type, object, owner })));
        }
        Ok(None)
    }

    fn alter_other(&mut self, object_type: ObjectType, location: Location) -> Parse<Statement> {
        let if_exists = object_type == ObjectType::Statistics && self.if_exists()
            || object_type == ObjectType::Policy && self.if_exists();
        let object = self.object_reference(object_type)?;
        if let Some(statement) =
            self.generic_alteration(object_type, object.clone(), if_exists, location)?
        {
            return Ok(statement);
        }
        match (object_type, object) {
            (ObjectType::Function | ObjectType::Procedure | ObjectType::Routine, function) => {
                let mut options = Vec::new();
                while let Some(option) = self.function_option()? {
                    options.push(option);
                }
                if options.is_empty() {
                    return Err(self.unexpected());
                }
                self.accept("restrict");
                Ok(Statement::AlterFunction(AlterFunction { object_type, function, options }))
            }
            (ObjectType::Policy, ObjectReference::OnTable { name, table }) => {
                let (roles, using, with_check) = self.policy_rest()?;
                let policy = AlterPolicy { name, table, roles, using, with_check, location };
                Ok(Statement::AlterPolicy(Box::new(policy)))
            }
            (ObjectType::Statistics, ObjectReference::Name(name)) => {
                self.expect_words(&["set", "statistics"])?;
                let target = self.signed_integer()?;
                Ok(Statement::AlterStatistics(AlterStatistics { name, if_exists, target }))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn alter_sequence(&mut self, location: Location) -> Parse<Statement> {
        let if_exists = self.if_exists();
        let name = self.relation_object_name()?;
        let object = ObjectReference::Name(name.clone());
        if !self.at("owner") {
            if let Some(statement) =
                self.generic_alteration(ObjectType::Sequence, object, if_exists, location)?
            {
                return Ok(statement);
            }
            if !self.at("set") {
                let options = self.sequence_options()?;
                if options.is_empty() {
                    return Err(self.unexpected());
                }
                return Ok(Statement::AlterSequence(AlterSequence {
                    name,
                    if_exists,
                    options,
                    location,
                }));
            }
        }
        let relation = RelationName { name, only: false };
        self.relation_actions(ObjectType::Sequence, relation, if_exists, false, location)
    }

    fn alter_type(&mut self, location: Location) -> Parse<Statement> {
        let name = self.object_name()?;
        if self.accept_words(&["add", "value"]) {
            let if_not_exists = self.if_not_exists();
            let value = self.string()?;
            let before = if self.accept("before") { Some(self.string()?) } else { None };
            let after =
                if before.is_none() && self.accept("after") { Some(self.string()?) } else { None };
            let action = AlterEnumAction::AddValue { value, if_not_exists, before, after };
            return Ok(Statement::AlterEnum(AlterEnum { name, action }));
        }
        if self.accept_words(&["rename", "value"]) {
            let from = self.string()?;
            self.expect("to")?;
            let action = AlterEnumAction::RenameValue { from, to: self.string()? };
            return Ok(Statement::AlterEnum(AlterEnum { name, action }));
        }
        if self.accept_words(&["rename", "attribute"]) {
            let part = Some(self.identifier()?);
            self.expect("to")?;
            let new_name = self.column_name()?;
            return Ok(Statement::Rename(RenameObject {
                object_type: ObjectType::Attribute,
                object: ObjectReference::Name(name),
                part,
                relation_type: ObjectType::Type,
                only: false,
                if_exists: false,
                new_name,
                behavior: self.drop_behavior(),
                location,
            }));
        }
        let mut type_name = TypeName::system("", name.location);
        type_name.names = name.parts.clone();
        let object = ObjectReference::Type(type_name);
        if let Some(statement) =
            self.generic_alteration(ObjectType::Type, object, false, location)?
        {
            return Ok(statement);
        }
        let relation = RelationName { name, only: false };
        let actions = self.comma_list(|parser| {
            let word = parser.expect_any(&["add", "drop", "alter"])?;
            parser.expect("attribute")?;
            match word {
                "add" => Ok(AlterTableAction::AddAttribute {
                    column: parser.composite_column()?,
                    behavior: parser.drop_behavior(),
                }),
                "drop" => {
                    let if_exists = parser.if_exists();
                    Ok(AlterTableAction::DropAttribute {
                        name: parser.column_name()?,
                        if_exists,
                        behavior: parser.drop_behavior(),
                    })
                }
                _ => {
                    let name = parser.column_name()?;
                    parser.accept_words(&["set", "data"]);
                    parser.expect("type")?;
                    let type_name = parser.type_name()?;
                    let collation =
                        if parser.accept("collate") { Some(parser.object_name()?) } else { None };
                    let behavior = parser.drop_behavior();
                    Ok(AlterTableAction::AlterAttribute { name, type_name, collation, behavior })
                }
            }
        })?;
        Ok(Statement::AlterTable(AlterTable {
            object_type: ObjectType::Type,
            relation,
            if_exists: false,
            asynchronous: false,
            actions,
            location,
        }))
    }

    fn alter_domain(&mut self, location: Location) -> Parse<Statement> {
        let name = self.object_name()?;
        if self.accept_words(&["rename", "constraint"]) {
            let part = Some(self.identifier()?);
            self.expect("to")?;
            return Ok(Statement::Rename(RenameObject {
                object_type: ObjectType::DomainConstraint,
                object: ObjectReference::Name(name),
                part,
                relation_type: ObjectType::Domain,
                only: false,
                if_exists: false,
                new_name: self.column_name()?,
                behavior: DropBehavior::Restrict,
                location,
            }));
        }
        let mut type_name = TypeName::system("", name.location);
        type_name.names = name.parts.clone();
        let object = ObjectReference::Type(type_name);
        if let Some(statement) =
            self.generic_alteration(ObjectType::Domain, object, false, location)?
        {
            return Ok(statement);
        }
        let action = if self.accept_words(&["set", "default"]) {
            AlterDomainAction::SetDefault(self.expression()?)
        } else if self.accept_words(&["drop", "default"]) {
            AlterDomainAction::DropDefault
        } else if self.accept_words(&["set", "not", "null"]) {
            AlterDomainAction::SetNotNull
        } else if self.accept_words(&["drop", "not", "null"]) {
            AlterDomainAction::DropNotNull
        } else if self.accept_words(&["drop", "constraint"]) {
            let if_exists = self.if_exists();
            let name = self.column_name()?;
            AlterDomainAction::DropConstraint { name, if_exists, behavior: self.drop_behavior() }
        } else if self.accept_words(&["validate", "constraint"]) {
            AlterDomainAction::ValidateConstraint(self.column_name()?)
        } else {
            self.expect("add")?;
            match self.column_constraint()? {
                Some(constraint) => AlterDomainAction::AddConstraint(constraint),
                None => return Err(self.unexpected()),
            }
        };
        Ok(Statement::AlterDomain(Box::new(AlterDomain { name, action })))
    }

    fn alter_database(&mut self, location: Location) -> Parse<Statement> {
        let name = self.identifier()?;
        let object = ObjectReference::Name(ObjectName {
            parts: vec![name.name.clone()],
            location: name.location,
        });
        if let Some(statement) =
            self.generic_alteration(ObjectType::Database, object, false, location)?
        {
            return Ok(statement);
        }
        if self.accept_words(&["set", "tablespace"]) {
            let value = Some(OptionValue::Word(self.column_name()?));
            let options = vec![super::data::option("tablespace", value, location)];
            return Ok(Statement::AlterDatabase(AlterDatabase { name, options }));
        }
        if self.at_any(&["set", "reset"]) {
            let setting = if self.accept("set") { self.set_rest()? } else { self.reset()? };
            return Ok(Statement::AlterDatabaseSetting(AlterDatabaseSetting { name, setting }));
        }
        self.accept("with");
        let options = self.database_options()?;
        Ok(Statement::AlterDatabase(AlterDatabase { name, options }))
    }

    fn alter_relation(&mut self, object_type: ObjectType, location: Location) -> Parse<Statement> {
        let asynchronous = object_type == ObjectType::Table
            && self.token().text == "async"
            && (self.is_column_name(1) || self.at_ahead(1, "only"))
            && !self.at_any(&["add", "alter", "drop", "set", "rename"]);
        if asynchronous {
            self.skip(1);
        }
        if self.at_words(&["all", "in", "tablespace"]) {
            return Err(self.unsupported("ALTER ... ALL IN TABLESPACE", location));
        }
        let if_exists = self.if_exists();
        let relation = self.relation()?;
        if self.at("rename") {
            return self.rename_in_relation(object_type, relation, if_exists, location);
        }
        if self.at_words(&["set", "schema"]) {
            self.skip(2);
            return Ok(Statement::AlterSchema(AlterObjectSchema {
                object_type,
                object: ObjectReference::Name(relation.name),
                if_exists,
                schema: self.column_name()?,
            }));
        }
        self.relation_actions(object_type, relation, if_exists, asynchronous, location)
    }

    fn rename_in_relation(
        &mut self,
        relation_type: ObjectType,
        relation: RelationName,
        if_exists: bool,
        location: Location,
    ) -> Parse<Statement> {
        self.expect("rename")?;
        let (object_type, part) = if self.accept("to") {
            (relation_type, None)
        } else if self.accept("constraint") {
            let part = self.identifier()?;
            self.expect("to")?;
            (ObjectType::Constraint, Some(part))
        } else {
            self.accept("column");
            let part = self.identifier()?;
            self.expect("to")?;
            (ObjectType::Column, Some(part))
        };
        Ok(Statement::Rename(RenameObject {
            object_type,
            object: ObjectReference::Name(relation.name),
            part,
            relation_type,
            only: relation.only,
            if_exists,
            new_name: self.column_name()?,
            behavior: DropBehavior::Restrict,
            location,
        }))
    }

    fn relation_actions(
        &mut self,
        object_type: ObjectType,
        relation: RelationName,
        if_exists: bool,
        asynchronous: bool,
        location: Location,
    ) -> Parse<Statement> {
        let actions = self.comma_list(Self::table_action)?;
        Ok(Statement::AlterTable(AlterTable {
            object_type,
            relation,
            if_exists,
            asynchronous,
            actions,
            location,
        }))
    }

    fn table_action(&mut self) -> Parse<AlterTableAction> {
        use AlterTableAction as Action;
        let word = self.expect_any(&[
            "add", "alter", "drop", "set", "reset", "validate", "enable", "disable", "force", "no",
            "cluster", "owner", "inherit", "of", "not", "replica", "attach", "detach",
        ])?;
        Ok(match word {
            "add" => return self.add_action(),
            "alter" => return self.alter_action(),
            "drop" => {
                if self.accept("constraint") {
                    let if_exists = self.if_exists();
                    let name = self.column_name()?;
                    Action::DropConstraint { name, if_exists, behavior: self.drop_behavior() }
                } else {
                    self.accept("column");
                    let if_exists = self.if_exists();
                    let name = self.column_name()?;
                    Action::DropColumn { name, if_exists, behavior: self.drop_behavior() }
                }
            }
            "set" => return self.set_action(),
            "reset" => Action::ResetOptions(self.definition_list()?),
            "validate" => {
                self.expect("constraint")?;
                Action::ValidateConstraint(self.column_name()?)
            }
            "enable" | "disable" => return self.firing_action(word == "enable"),
            "force" | "no" => {
                if word == "no" {
                    if self.accept("inherit") {
                        let parent = self.relation_object_name()?;
                        return Ok(Action::Inherit { parent, remove: true });
                    }
                    self.expect("force")?;
                }
                self.expect_words(&["row", "level", "security"])?;
                Action::RowSecurity(if word == "no" {
                    RowSecurityMode::NoForce
                } else {
                    RowSecurityMode::Force
                })
            }
            "cluster" => {
                self.expect("on")?;
                Action::ClusterOn(self.column_name()?)
            }
            "owner" => {
                self.expect("to")?;
                Action::OwnerTo(self.role()?)
            }
            "inherit" => Action::Inherit { parent: self.relation_object_name()?, remove: false },
            "of" => Action::OfType(self.simple_type(true)?),
            "not" => {
                self.expect("of")?;
                Action::NotOfType
            }
            "replica" => {
                self.expect("identity")?;
                let words = ["nothing", "full", "default", "using"];
                Action::ReplicaIdentity(match self.expect_any(&words)? {
                    "nothing" => ReplicaIdentity::Nothing,
                    "full" => ReplicaIdentity::Full,
                    "default" => ReplicaIdentity::Default,
                    _ => {
                        self.expect("index")?;
                        ReplicaIdentity::Index(self.column_name()?)
                    }
                })
            }
            "attach" => {
                self.expect("partition")?;
                let partition = self.relation_object_name()?;
                let bound = if self.at_any(&["for", "default"]) {
                    Some(self.partition_bound()?)
                } else {
                    None
                };
                Action::AttachPartition { partition, bound }
            }
            _ => {
                self.expect("partition")?;
                let partition = self.relation_object_name()?;
                let concurrently = self.accept("concurrently");
                let finalize = self.accept("finalize");
                Action::DetachPartition { partition, concurrently, finalize }
            }
        })
    }

    fn add_action(&mut self) -> Parse<AlterTableAction> {
        if self.at_table_constraint() {
            return self.table_constraint().map(AlterTableAction::AddConstraint);
        }
        self.accept("column");
        let if_not_exists = self.if_not_exists();
        let column = self.column_definition()?;
        Ok(AlterTableAction::AddColumn { column, if_not_exists })
    }

    fn set_action(&mut self) -> Parse<AlterTableAction> {
        use AlterTableAction as Action;
        if self.at_symbol("(") {
            return Ok(Action::SetOptions(self.definition_list()?));
        }
        Ok(match self.expect_any(&["without", "logged", "unlogged", "tablespace", "access"])? {
            "without" => match self.expect_any(&["cluster", "oids"])? {
                "cluster" => Action::SetWithoutCluster,
                _ => Action::SetWithoutOids,
            },
            "logged" => Action::SetLogged(true),
            "unlogged" => Action::SetLogged(false),
            "tablespace" => Action::SetTablespace(self.column_name()?),
            _ => {
                self.expect("method")?;
                let default = self.accept("default");
                Action::SetAccessMethod(if default { None } else { Some(self.column_name()?) })
            }
        })
    }

    fn firing_action(&mut self, enable: bool) -> Parse<AlterTableAction> {
        if self.accept_words(&["row", "level", "security"]) {
            return Ok(AlterTableAction::RowSecurity(if enable {
                RowSecurityMode::Enable
            } else {
                RowSecurityMode::Disable
            }));
        }
        let mode = if !enable {
            FiringMode::Disable
        } else if self.accept("always") {
            FiringMode::EnableAlways
        } else if self.accept("replica") {
            FiringMode::EnableReplica
        } else {
            FiringMode::Enable
        };
        if self.accept("rule") {
            return Ok(AlterTableAction::Rule { mode, name: self.column_name()? });
        }
        self.expect("trigger")?;
        let target = if self.accept("all") {
            TriggerSelector::All
        } else if self.accept("user") {
            TriggerSelector::User
        } else {
            TriggerSelector::Name(self.column_name()?)
        };
        Ok(AlterTableAction::Trigger { mode, target })
    }

    fn alter_action(&mut self) -> Parse<AlterTableAction> {
        if self.accept("constraint") {
            let name = self.column_name()?;
            let location = self.location();
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
            return Ok(AlterTableAction::AlterConstraint {
                name,
                deferrable: attributes.deferrable,
                initially_deferred: attributes.initially_deferred,
            });
        }
        self.accept("column");
        let column = if self.kind() == TokenKind::Integer {
            ColumnSelector::Number(self.unsigned()?)
        } else {
            ColumnSelector::Name(self.identifier()?)
        };
        let action = self.column_action()?;
        Ok(AlterTableAction::AlterColumn { column, action })
    }

    fn column_action(&mut self) -> Parse<AlterColumnAction> {
        use AlterColumnAction as Action;
        if self.accept("type") || self.accept_words(&["set", "data", "type"]) {
            let type_name = self.type_name()?;
            let collation = if self.accept("collate") { Some(self.object_name()?) } else { None };
            let using = if self.accept("using") { Some(self.expression()?) } else { None };
            return Ok(Action::SetType { type_name, collation, using });
        }
        if self.accept("drop") {
            return Ok(match self.expect_any(&["default", "not", "expression", "identity"])? {
                "default" => Action::DropDefault,
                "not" => {
                    self.expect("null")?;
                    Action::DropNotNull
                }
                "expression" => Action::DropExpression { if_exists: self.if_exists() },
                _ => Action::DropIdentity { if_exists: self.if_exists() },
            });
        }
        if self.accept("add") {
            self.expect("generated")?;
            let always = self.generated_when()?;
            self.expect_words(&["as", "identity"])?;
            let options = if self.at_symbol("(") {
                self.parenthesized(Self::sequence_options)?
            } else {
                Vec::new()
            };
            return Ok(Action::AddIdentity { always, options });
        }
        if self.accept("reset") {
            return Ok(Action::ResetOptions(self.definition_list()?));
        }
        if self.at("restart") || self.at("set") && self.is_identity_option() {
            return self.set_identity();
        }
        self.expect("set")?;
        if self.at_symbol("(") {
            return Ok(Action::SetOptions(self.definition_list()?));
        }
        let words = ["default", "not", "expression", "statistics", "storage", "compression"];
        Ok(match self.expect_any(&words)? {
            "default" => Action::SetDefault(self.expression()?),
            "not" => {
                self.expect("null")?;
                Action::SetNotNull
            }
            "expression" => {
                self.expect("as")?;
                Action::SetExpression(self.parenthesized(Self::expression)?)
            }
            "statistics" => {
                let value = if self.accept("default") { -1 } else { self.signed_integer()? };
                Action::SetStatistics(Some(value).filter(|&value| value != -1))
            }
            "storage" => Action::SetStorage(self.storage_word()?),
            _ => Action::SetCompression(self.storage_word()?),
        })
    }

    fn is_identity_option(&self) -> bool {
        [
            "generated",
            "cache",
            "cycle",
            "increment",
            "maxvalue",
            "minvalue",
            "no",
            "start",
            "sequence",
        ]
        .iter()
        .any(|word| self.at_ahead(1, word))
    }

    fn set_identity(&mut self) -> Parse<AlterColumnAction> {
        let (mut always, mut options) = (None, Vec::new());
        loop {
            if self.at("restart") {
                options.extend(self.sequence_option()?);
            } else if self.at("set") && self.is_identity_option() {
                self.skip(1);
                if self.accept("generated") {
                    always = Some(self.generated_when()?);
                } else {
                    options.extend(self.sequence_option()?);
                }
            } else {
                return Ok(AlterColumnAction::SetIdentity { always, options });
            }
        }
    }
}
