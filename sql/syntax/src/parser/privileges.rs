//! GRANT, REVOKE, ALTER DEFAULT PRIVILEGES and DSQL's AWS IAM forms.

use super::{Parse, Parser};
use crate::ast::*;

impl Parser<'_> {
    pub fn grant(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("grant")?;
        if self.is_role_grant() {
            let granted = self.comma_list(Self::granted_role)?;
            self.expect("to")?;
            let grantees = self.comma_list(Self::role)?;
            let mut options = Vec::new();
            if self.accept("with") {
                options = self.comma_list(|parser| {
                    let name = parser.label()?;
                    let value = if parser.accept_any(&["option", "true"]).is_some() {
                        true
                    } else {
                        parser.expect("false")?;
                        false
                    };
                    Ok((name, value))
                })?;
            }
            let granted_by = self.granted_by()?;
            return Ok(Statement::GrantRole(GrantRole {
                is_grant: true,
                granted,
                grantees,
                options,
                granted_by,
                behavior: DropBehavior::Restrict,
                location,
            }));
        }
        let mut grant = self.privileges_on(true, location)?;
        self.expect("to")?;
        grant.grantees = self.comma_list(Self::grantee)?;
        grant.grant_option = self.accept_words(&["with", "grant", "option"]);
        grant.granted_by = self.granted_by()?;
        Ok(Statement::Grant(grant))
    }

    pub fn revoke(&mut self) -> Parse<Statement> {
        let location = self.location();
        self.expect("revoke")?;
        let grant_option = self.accept_words(&["grant", "option", "for"]);
        let option = ["admin", "inherit", "set"]
            .into_iter()
            .find(|word| self.at_words(&[word, "option", "for"]));
        if option.is_some() {
            self.skip(3);
        }
        if !grant_option && (option.is_some() || self.is_role_grant()) {
            let granted = self.comma_list(Self::granted_role)?;
            self.expect("from")?;
            let grantees = self.comma_list(Self::role)?;
            let granted_by = self.granted_by()?;
            let behavior = self.drop_behavior();
            return Ok(Statement::GrantRole(GrantRole {
                is_grant: false,
                granted,
                grantees,
                options: option.map(|name| (name.to_owned(), false)).into_iter().collect(),
                granted_by,
                behavior,
                location,
            }));
        }
        let mut grant = self.privileges_on(false, location)?;
        self.expect("from")?;
        grant.grantees = self.comma_list(Self::grantee)?;
        grant.grant_option = grant_option;
        grant.granted_by = self.granted_by()?;
        grant.behavior = self.drop_behavior();
        Ok(Statement::Grant(grant))
    }

    /// Whether the list up to TO or FROM has no ON: roles, not privileges.
    fn is_role_grant(&self) -> bool {
        let mut ahead = 0;
        loop {
            if self.at_ahead(ahead, "on") {
                return false;
            }
            let ends = self.at_ahead(ahead, "to")
                || self.at_ahead(ahead, "from")
                || self.symbol_ahead(ahead, ";")
                || self.token_at(ahead).kind == crate::lexer::TokenKind::End
                || self.token_at(ahead).kind == crate::lexer::TokenKind::Invalid;
            if ends {
                return !self.at("all");
            }
            ahead += 1;
        }
    }

    fn granted_role(&mut self) -> Parse<Identifier> {
        let location = self.location();
        Ok(Identifier { name: self.label()?, location })
    }

    fn grantee(&mut self) -> Parse<RoleName> {
        self.accept("group");
        self.role()
    }

    fn granted_by(&mut self) -> Parse<Option<RoleName>> {
        if self.accept_words(&["granted", "by"]) { self.role().map(Some) } else { Ok(None) }
    }

    fn privilege_list(&mut self) -> Parse<Vec<Privilege>> {
        if self.accept("all") {
            self.accept("privileges");
            if self.at_symbol("(") {
                return Ok(vec![Privilege { name: None, columns: self.column_names()? }]);
            }
            return Ok(Vec::new());
        }
        self.comma_list(|parser| {
            if parser.accept_words(&["alter", "system"]) {
                return Ok(Privilege {
                    name: Some("alter system".to_owned()),
                    columns: Vec::new(),
                });
            }
            let name = if parser.at_any(&["select", "references", "create"]) {
                parser.take_text()
            } else {
                parser.column_name()?
            };
            Ok(Privilege { name: Some(name), columns: parser.optional_column_names()? })
        })
    }

    fn privileges_on(&mut self, is_grant: bool, location: Location) -> Parse<Grant> {
        let privileges = self.privilege_list()?;
        self.expect("on")?;
        let (object_type, target) = self.grant_target()?;
        Ok(Grant {
            is_grant,
            privileges,
            object_type,
            target,
            grantees: Vec::new(),
            grant_option: false,
            granted_by: None,
            behavior: DropBehavior::Restrict,
            location,
        })
    }

    fn grant_target(&mut self) -> Parse<(ObjectType, GrantTarget)> {
        if self.accept("all") {
            let object_type = match self.expect_any(&[
                "tables",
                "sequences",
                "functions",
                "procedures",
                "routines",
            ])? {
                "tables" => ObjectType::Table,
                "sequences" => ObjectType::Sequence,
                "functions" => ObjectType::Function,
                "procedures" => ObjectType::Procedure,
                _ => ObjectType::Routine,
            };
            self.expect_words(&["in", "schema"])?;
            let schemas = self.comma_list(Self::column_name)?;
            return Ok((object_type, GrantTarget::AllInSchema(schemas)));
        }
        const KINDS: &[(&[&str], ObjectType)] = &[
            (&["table"], ObjectType::Table),
            (&["sequence"], ObjectType::Sequence),
            (&["foreign", "data", "wrapper"], ObjectType::ForeignDataWrapper),
            (&["foreign", "server"], ObjectType::Server),
            (&["function"], ObjectType::Function),
            (&["procedure"], ObjectType::Procedure),
            (&["routine"], ObjectType::Routine),
            (&["database"], ObjectType::Database),
            (&["domain"], ObjectType::Domain),
            (&["language"], ObjectType::Language),
            (&["large", "object"], ObjectType::LargeObject),
            (&["parameter"], ObjectType::Parameter),
            (&["schema"], ObjectType::Schema),
            (&["tablespace"], ObjectType::Tablespace),
            (&["type"], ObjectType::Type),
        ];
        let object_type = KINDS
            .iter()
            .find(|(words, _)| self.accept_words(words))
            .map_or(ObjectType::Table, |(_, object_type)| *object_type);
        let objects = self.comma_list(|parser| parser.object_reference(object_type))?;
        Ok((object_type, GrantTarget::Objects(objects)))
    }

    pub fn alter_default_privileges(&mut self) -> Parse<Statement> {
        let (mut roles, mut schemas) = (Vec::new(), Vec::new());
        loop {
            if self.accept("for") {
                self.expect_any(&["role", "user"])?;
                roles.extend(self.comma_list(Self::role)?);
            } else if self.accept_words(&["in", "schema"]) {
                schemas.extend(self.comma_list(Self::column_name)?);
            } else {
                break;
            }
        }
        let location = self.location();
        let is_grant = self.expect_any(&["grant", "revoke"])? == "grant";
        let mut grant_option = !is_grant && self.accept_words(&["grant", "option", "for"]);
        let privileges = self.privilege_list()?;
        self.expect("on")?;
        let object_type = match self.expect_any(&[
            "tables",
            "functions",
            "routines",
            "sequences",
            "types",
            "schemas",
        ])? {
            "tables" => ObjectType::Table,
            "functions" | "routines" => ObjectType::Function,
            "sequences" => ObjectType::Sequence,
            "types" => ObjectType::Type,
            _ => ObjectType::Schema,
        };
        self.expect(if is_grant { "to" } else { "from" })?;
        let grantees = self.comma_list(Self::grantee)?;
        if is_grant {
            grant_option = self.accept_words(&["with", "grant", "option"]);
        }
        let behavior = if is_grant { DropBehavior::Restrict } else { self.drop_behavior() };
        let grant = Grant {
            is_grant,
            privileges,
            object_type,
            target: GrantTarget::Defaults,
            grantees,
            grant_option,
            granted_by: None,
            behavior,
            location,
        };
        Ok(Statement::AlterDefaultPrivileges(AlterDefaultPrivileges { roles, schemas, grant }))
    }

    /// `AWS IAM GRANT role TO 'arn'`.
    pub fn iam_grant(&mut self) -> Parse<Statement> {
        if self.token_at(1).text != "iam" {
            return Err(self.unexpected());
        }
        self.skip(2);
        let is_grant = self.expect_any(&["grant", "revoke"])? == "grant";
        let role = self.column_name()?;
        self.expect(if is_grant { "to" } else { "from" })?;
        Ok(Statement::IamGrant(IamGrant { is_grant, role, principal: self.string()? }))
    }
}
