//! Who may define what: ownership, superusers, memberships, CREATE on schemas.

use catalog::{PUBLIC, Relation, Schema, UserType};
use syntax::ast::RoleName;
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::names::{is_system_schema, kind_word};
use crate::run::{Run, error};

impl Run<'_> {
    pub fn role(&self) -> Oid {
        self.context.current_role()
    }

    pub fn is_superuser(&self) -> bool {
        self.catalog.role(self.role()).is_some_and(|role| role.superuser)
    }

    /// Whether the session acts with the rights of the owner.
    pub fn owns(&self, owner: Oid) -> bool {
        self.is_superuser() || self.catalog.is_member(self.role(), owner)
    }

    pub fn role_name(&self, role: Oid) -> String {
        self.catalog.role(role).map_or_else(|| role.to_string(), |role| role.name.clone())
    }

    pub fn require_relation_owner(&self, relation: &Relation) -> SqlResult<()> {
        if is_system_schema(relation.schema) {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied: \"{}\" is a system catalog", relation.name),
            ));
        }
        if self.owns(relation.owner) {
            return Ok(());
        }
        Err(must_be_owner(kind_word(relation.kind), &relation.name))
    }

    pub fn require_type_owner(&self, user_type: &UserType) -> SqlResult<()> {
        if self.owns(user_type.owner) {
            return Ok(());
        }
        Err(must_be_owner("type", &user_type.name))
    }

    pub fn require_schema_owner(&self, schema: &Schema) -> SqlResult<()> {
        if self.owns(schema.owner) {
            return Ok(());
        }
        Err(must_be_owner("schema", &schema.name))
    }

    /// CREATE on the schema.
    pub fn require_create(&self, schema: &Schema) -> SqlResult<()> {
        if self.has_schema_privilege(schema, 'C', self.role()) {
            return Ok(());
        }
        Err(error(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            format!("permission denied for schema {}", schema.name),
        ))
    }

    pub fn has_schema_privilege(&self, schema: &Schema, privilege: char, role: Oid) -> bool {
        match &schema.grants {
            None if schema.oid == PUBLIC && privilege == 'U' => true,
            grants => self.has_privilege(grants.as_deref(), schema.owner, privilege, role),
        }
    }

    pub fn has_privilege(
        &self,
        grants: Option<&[catalog::Grant]>,
        owner: Oid,
        privilege: char,
        role: Oid,
    ) -> bool {
        if self.catalog.role(role).is_some_and(|role| role.superuser) {
            return true;
        }
        match grants {
            None => self.catalog.is_member(role, owner),
            Some(grants) => grants.iter().any(|grant| {
                grant.privileges.contains(privilege)
                    && (grant.grantee == 0 || self.catalog.is_member(role, grant.grantee))
            }),
        }
    }

    /// A role that a statement names; PUBLIC is 0 where allowed, else an error.
    pub fn role_named(&self, role: &RoleName) -> SqlResult<Oid> {
        match role {
            RoleName::CurrentRole | RoleName::CurrentUser => Ok(self.role()),
            RoleName::SessionUser => {
                let name = self.context.evaluation().session_user();
                Ok(self.catalog.role_by_name(&name).map_or(self.role(), |role| role.oid))
            }
            RoleName::Public => {
                Err(error(sqlstate::UNDEFINED_OBJECT, "role \"public\" does not exist"))
            }
            RoleName::Name(name) if name.name == "public" => {
                Err(error(sqlstate::UNDEFINED_OBJECT, "role \"public\" does not exist"))
            }
            RoleName::Name(name) => {
                self.catalog.role_by_name(&name.name).map(|role| role.oid).ok_or_else(|| {
                    error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!("role \"{}\" does not exist", name.name),
                    )
                })
            }
        }
    }

    /// As [`Run::role_named`], with PUBLIC as 0.
    pub fn grantee_named(&self, role: &RoleName) -> SqlResult<Oid> {
        match role {
            RoleName::Public => Ok(0),
            RoleName::Name(name) if name.name == "public" => Ok(0),
            other => self.role_named(other),
        }
    }

    /// The new owner of something must be a role that the session could become.
    pub fn require_may_give_to(&self, owner: Oid) -> SqlResult<()> {
        if self.owns(owner) {
            return Ok(());
        }
        Err(error(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            format!("must be able to SET ROLE \"{}\"", self.role_name(owner)),
        ))
    }
}

pub(crate) fn must_be_owner(kind: &str, name: &str) -> SqlError {
    error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("must be owner of {kind} {name}"))
}
