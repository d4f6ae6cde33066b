//! Schemas, roles, extensions and what is said of databases.

use catalog::{Descriptor, Extension, Membership, PUBLIC, Role, Schema};
use syntax::ast::{
    AlterRole, CreateExtension, CreateRole, CreateSchema, DropRole, GrantRole, ObjectName,
    RoleKind, RoleName, RoleOption, Statement,
};
use types::{Oid, SqlError, SqlResult, oid, sqlstate};

use crate::run::{Run, error, unsupported};

/// Extensions whose functions are built in, with their versions.
const EXTENSIONS: &[(&str, &str)] = &[
    ("uuid-ossp", "1.1"),
    ("pgcrypto", "1.3"),
    ("citext", "1.6"),
    ("pg_trgm", "1.6"),
    ("vector", "0.8.0"),
    ("plpgsql", "1.0"),
];

/// PostgreSQL's invalid_grant_operation.
const INVALID_GRANT_OPERATION: &str = "0LP01";

fn denied(message: impl Into<String>, detail: impl Into<String>) -> SqlError {
    error(sqlstate::INSUFFICIENT_PRIVILEGE, message).detail(detail)
}

impl Run<'_> {
    pub fn create_schema(&mut self, create: &CreateSchema) -> SqlResult<()> {
        self.tag("CREATE SCHEMA");
        let owner = match &create.authorization {
            Some(role) => self.role_named(role)?,
            None => self.role(),
        };
        let name = match &create.name {
            Some(name) => name.clone(),
            None => self.role_name(owner),
        };
        let may_create = self
            .catalog
            .database_by_name(&planner::CatalogView::database_name(self.context))
            .is_none_or(|database| {
                self.has_privilege(database.grants.as_deref(), database.owner, 'C', self.role())
            });
        if !may_create {
            let database = planner::CatalogView::database_name(self.context);
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for database {database}"),
            ));
        }
        self.require_may_give_to(owner)?;
        require_schema_name(&name)?;
        if self.catalog.schema_by_name(&name).is_some() {
            let message = format!("schema \"{name}\" already exists");
            if create.if_not_exists {
                self.notice(sqlstate::DUPLICATE_SCHEMA, format!("{message}, skipping"));
                return Ok(());
            }
            return Err(error(sqlstate::DUPLICATE_SCHEMA, message));
        }
        let schema = Schema {
            oid: self.allocate()?,
            name: name.clone(),
            owner,
            grants: None,
            comment: None,
        };
        self.put(Descriptor::Schema(schema));
        for element in &create.elements {
            let mut element = element.clone();
            place_in(&mut element, &name)?;
            crate::dispatch::run(self, &element)?;
        }
        self.tag("CREATE SCHEMA");
        Ok(())
    }

    fn my_role(&self) -> Option<&Role> {
        self.catalog.role(self.role()).map(|role| &**role)
    }

    pub fn create_role(&mut self, create: &CreateRole) -> SqlResult<()> {
        self.tag("CREATE ROLE");
        let name = &create.name.name;
        let me = self.my_role().cloned();
        if !me.as_ref().is_some_and(|role| role.superuser || role.create_role) {
            return Err(denied(
                "permission denied to create role",
                "Only roles with the CREATEROLE attribute may create roles.",
            ));
        }
        require_role_name(name)?;
        if self.catalog.role_by_name(name).is_some() {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("role \"{name}\" already exists"),
            ));
        }
        let mut role = Role {
            oid: self.allocate()?,
            name: name.clone(),
            superuser: false,
            inherit: true,
            create_role: false,
            create_database: false,
            login: create.kind == RoleKind::User,
            replication: false,
            bypass_row_security: false,
            connection_limit: -1,
            verifier: None,
            valid_until: None,
            member_of: Vec::new(),
            settings: Vec::new(),
            default_privileges: Vec::new(),
            comment: None,
        };
        self.set_attributes(&mut role, &create.options, "create")?;
        let new = role.oid;
        self.put(Descriptor::Role(role));
        for option in &create.options {
            match option {
                RoleOption::InRole(groups) => {
                    for group in groups {
                        let group = self.role_named(group)?;
                        self.join_role(new, group, &[])?;
                    }
                }
                RoleOption::Members(members) | RoleOption::Admins(members) => {
                    let is_admin = matches!(option, RoleOption::Admins(_));
                    for member in members {
                        let member = self.role_named(member)?;
                        self.join_role(member, new, &[("admin".to_owned(), is_admin)])?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn set_attributes(&self, role: &mut Role, options: &[RoleOption], verb: &str) -> SqlResult<()> {
        let me = self.my_role().cloned();
        let superuser = me.as_ref().is_some_and(|role| role.superuser);
        let require = |has: bool, attribute: &str| {
            if superuser || has {
                return Ok(());
            }
            Err(denied(
                format!("permission denied to {verb} role"),
                if verb == "create" {
                    format!(
                        "Only roles with the {attribute} attribute may create roles with the \
                         {attribute} attribute."
                    )
                } else {
                    format!(
                        "Only roles with the {attribute} attribute may change the {attribute} \
                         attribute."
                    )
                },
            ))
        };
        let mut seen = Vec::new();
        for option in options {
            let kind = std::mem::discriminant(option);
            if seen.contains(&kind) {
                return Err(error(sqlstate::SYNTAX_ERROR, "conflicting or redundant options"));
            }
            seen.push(kind);
            match option {
                RoleOption::Superuser(value) => {
                    if *value || verb == "alter" {
                        require(false, "SUPERUSER")?;
                    }
                    role.superuser = *value;
                }
                RoleOption::CreateDatabase(value) => {
                    require(me.as_ref().is_some_and(|me| me.create_database), "CREATEDB")?;
                    role.create_database = *value;
                }
                RoleOption::CreateRole(value) => role.create_role = *value,
                RoleOption::Inherit(value) => role.inherit = *value,
                RoleOption::Login(value) => role.login = *value,
                RoleOption::Replication(value) => {
                    require(me.as_ref().is_some_and(|me| me.replication), "REPLICATION")?;
                    role.replication = *value;
                }
                RoleOption::BypassRowSecurity(value) => {
                    require(me.as_ref().is_some_and(|me| me.bypass_row_security), "BYPASSRLS")?;
                    role.bypass_row_security = *value;
                }
                RoleOption::ConnectionLimit(limit) => {
                    role.connection_limit = i32::try_from(*limit)
                        .ok()
                        .filter(|limit| *limit >= -1)
                        .ok_or_else(|| {
                            error(
                                sqlstate::INVALID_PARAMETER_VALUE,
                                format!("invalid connection limit: {limit}"),
                            )
                        })?;
                }
                RoleOption::Password(password) => {
                    role.verifier = match password {
                        None => None,
                        // A verifier made elsewhere is taken as it is.
                        Some(text) if text.starts_with("SCRAM-SHA-256$") => Some(text.clone()),
                        Some(text) => Some(self.context.scram_verifier(text)?),
                    };
                }
                RoleOption::ValidUntil(text) => {
                    let context = self.context.evaluation();
                    let read = functions::input_output::input(context, oid::TIMESTAMPTZ, text, -1)?;
                    role.valid_until = match read {
                        types::Datum::TimestampTz(time) => Some(time),
                        _ => None,
                    };
                }
                RoleOption::SystemId(_)
                | RoleOption::InRole(_)
                | RoleOption::Members(_)
                | RoleOption::Admins(_) => {}
            }
        }
        Ok(())
    }

    /// Whether the session may administer the role.
    fn administers(&self, role: Oid) -> bool {
        self.is_superuser()
            || self.my_role().is_some_and(|me| {
                me.member_of.iter().any(|member| member.role == role && member.admin)
            })
            || self.my_role().is_some_and(|me| me.create_role)
                && self.catalog.role(role).is_some_and(|role| !role.superuser)
    }

    pub fn alter_role(&mut self, alter: &AlterRole) -> SqlResult<()> {
        self.tag("ALTER ROLE");
        let oid = self.role_named(&alter.role)?;
        let Some(mut role) = self.catalog.role(oid).map(|role| (**role).clone()) else {
            return Ok(());
        };
        let only_password =
            alter.options.iter().all(|option| matches!(option, RoleOption::Password(_)));
        if !(self.administers(oid) || oid == self.role() && only_password) {
            let detail = if role.superuser {
                "Only roles with the SUPERUSER attribute may alter roles with the SUPERUSER \
                 attribute."
                    .to_owned()
            } else {
                format!(
                    "Only roles with the CREATEROLE attribute and the ADMIN option on role \
                     \"{}\" may alter this role.",
                    role.name
                )
            };
            return Err(denied("permission denied to alter role", detail));
        }
        for option in &alter.options {
            if let RoleOption::Members(members) = option {
                for member in members {
                    let member = self.role_named(member)?;
                    if alter.drop_members {
                        self.leave_role(member, oid, &[])?;
                    } else {
                        self.join_role(member, oid, &[])?;
                    }
                }
                return Ok(());
            }
        }
        self.set_attributes(&mut role, &alter.options, "alter")?;
        self.put(Descriptor::Role(role));
        Ok(())
    }

    pub fn drop_role(&mut self, drop: &DropRole) -> SqlResult<()> {
        self.tag("DROP ROLE");
        for role in &drop.roles {
            let name = match role {
                RoleName::Name(name) => name.name.clone(),
                _ => {
                    return Err(error(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        "cannot use special role specifier in DROP ROLE",
                    ));
                }
            };
            let Some(oid) = self.catalog.role_by_name(&name).map(|role| role.oid) else {
                let message = format!("role \"{name}\" does not exist");
                if !drop.if_exists {
                    return Err(error(sqlstate::UNDEFINED_OBJECT, message));
                }
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
                continue;
            };
            if oid == self.role() {
                return Err(error(sqlstate::OBJECT_IN_USE, "current user cannot be dropped"));
            }
            if !self.administers(oid) {
                return Err(denied(
                    "permission denied to drop role",
                    format!(
                        "Only roles with the CREATEROLE attribute and the ADMIN option on role \
                         \"{name}\" may drop this role."
                    ),
                ));
            }
            let uses = self.uses_of_role(oid);
            if !uses.is_empty() {
                return Err(error(
                    sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                    format!("role \"{name}\" cannot be dropped because some objects depend on it"),
                )
                .detail(uses.join("\n")));
            }
            let members: Vec<Role> = self
                .catalog
                .roles()
                .filter(|role| role.member_of.iter().any(|member| member.role == oid))
                .map(|role| (**role).clone())
                .collect();
            for mut member in members {
                member.member_of.retain(|membership| membership.role != oid);
                self.put(Descriptor::Role(member));
            }
            self.apply(vec![catalog::DescriptorChange::Remove(oid)]);
        }
        Ok(())
    }

    fn uses_of_role(&self, role: Oid) -> Vec<String> {
        let granted = |grants: &Option<Vec<catalog::Grant>>| {
            grants.iter().flatten().any(|grant| grant.grantee == role)
        };
        let mut uses = Vec::new();
        let mut note = |owner: Oid, grants: &Option<Vec<catalog::Grant>>, object: String| {
            if owner == role {
                uses.push(format!("owner of {object}"));
            } else if granted(grants) {
                uses.push(format!("privileges for {object}"));
            }
        };
        for database in self.catalog.databases() {
            note(database.owner, &database.grants, format!("database {}", database.name));
        }
        for schema in self.catalog.schemas() {
            note(schema.owner, &schema.grants, format!("schema {}", schema.name));
        }
        for relation in self.catalog.relations().filter(|relation| !relation.is_virtual()) {
            let kind = crate::names::kind_word(relation.kind);
            let shown = self.shown_relation(relation);
            note(relation.owner, &relation.grants, format!("{kind} {shown}"));
            for column in relation.live_columns() {
                note(0, &column.grants, format!("column {} of table {shown}", column.name));
            }
        }
        for user_type in self.catalog.user_types() {
            let shown = self.shown(user_type.schema, &user_type.name);
            note(user_type.owner, &None, format!("type {shown}"));
        }
        for routine in self.catalog.routines() {
            let kind = if routine.procedure { "procedure" } else { "function" };
            let shown = self.routine_text(routine);
            note(routine.owner, &routine.grants, format!("{kind} {shown}"));
        }
        for statistics in self.catalog.extended_statistics() {
            let shown = self.shown(statistics.schema, &statistics.name);
            note(statistics.owner, &None, format!("statistics object {shown}"));
        }
        for owner in self.catalog.roles() {
            for one in &owner.default_privileges {
                let schema = match one.schema {
                    0 => String::new(),
                    oid => match self.catalog.schema(oid) {
                        Some(schema) => format!(" in schema {}", schema.name),
                        None => continue,
                    },
                };
                let new = crate::default_privileges::plural(one.kind);
                let of = format!("new {new} belonging to role {}{schema}", owner.name);
                if owner.oid == role {
                    uses.push(format!("owner of default privileges on {of}"));
                } else if granted(&Some(one.grants.clone())) {
                    uses.push(format!("privileges for default privileges on {of}"));
                }
            }
        }
        uses
    }

    /// Makes `member` a member of `group`.
    fn join_role(&mut self, member: Oid, group: Oid, options: &[(String, bool)]) -> SqlResult<()> {
        let (member_name, group_name) = (self.role_name(member), self.role_name(group));
        if self.catalog.is_member(group, member) {
            return Err(error(
                INVALID_GRANT_OPERATION,
                format!("role \"{group_name}\" is a member of role \"{member_name}\""),
            ));
        }
        let Some(mut role) = self.catalog.role(member).map(|role| (**role).clone()) else {
            return Ok(());
        };
        let value = |name: &str, default: bool| {
            options.iter().find(|(option, _)| option == name).map_or(default, |(_, value)| *value)
        };
        let grantor = if self.is_superuser() { catalog::BOOTSTRAP_ROLE } else { self.role() };
        let known = role.member_of.iter_mut().find(|membership| membership.role == group);
        match known {
            Some(known) => {
                let before = known.clone();
                known.admin = value("admin", known.admin);
                known.inherit = value("inherit", known.inherit);
                known.set = value("set", known.set);
                if *known == before {
                    let grantor = self.role_name(known.grantor);
                    self.notice(
                        sqlstate::SUCCESSFUL_COMPLETION,
                        format!(
                            "role \"{member_name}\" has already been granted membership in role \
                             \"{group_name}\" by role \"{grantor}\""
                        ),
                    );
                    return Ok(());
                }
            }
            None => role.member_of.push(Membership {
                role: group,
                grantor,
                admin: value("admin", false),
                inherit: value("inherit", role.inherit),
                set: value("set", true),
            }),
        }
        self.put(Descriptor::Role(role));
        Ok(())
    }

    fn leave_role(&mut self, member: Oid, group: Oid, options: &[(String, bool)]) -> SqlResult<()> {
        let Some(mut role) = self.catalog.role(member).map(|role| (**role).clone()) else {
            return Ok(());
        };
        let Some(position) = role.member_of.iter().position(|known| known.role == group) else {
            let grantor = self.role_name(catalog::BOOTSTRAP_ROLE);
            self.warning(
                sqlstate::WARNING,
                format!(
                    "role \"{}\" has not been granted membership in role \"{}\" by role \
                     \"{grantor}\"",
                    role.name,
                    self.role_name(group)
                ),
            );
            return Ok(());
        };
        if options.is_empty() {
            role.member_of.remove(position);
        }
        for (option, _) in options {
            let membership = &mut role.member_of[position];
            match option.as_str() {
                "admin" => membership.admin = false,
                "inherit" => membership.inherit = false,
                _ => membership.set = false,
            }
        }
        self.put(Descriptor::Role(role));
        Ok(())
    }

    pub fn grant_role(&mut self, grant: &GrantRole) -> SqlResult<()> {
        self.tag(if grant.is_grant { "GRANT ROLE" } else { "REVOKE ROLE" });
        for group in &grant.granted {
            let group = self.role_named(&RoleName::Name(group.clone()))?;
            if !self.administers(group) {
                let name = self.role_name(group);
                let verb = if grant.is_grant { "grant" } else { "revoke" };
                return Err(denied(
                    format!("permission denied to {verb} role \"{name}\""),
                    format!(
                        "Only roles with the ADMIN option on role \"{name}\" may {verb} this role."
                    ),
                ));
            }
            for grantee in &grant.grantees {
                let member = self.role_named(grantee)?;
                if grant.is_grant {
                    self.join_role(member, group, &grant.options)?;
                } else {
                    self.leave_role(member, group, &grant.options)?;
                }
            }
        }
        Ok(())
    }

    pub fn create_extension(&mut self, create: &CreateExtension) -> SqlResult<()> {
        self.tag("CREATE EXTENSION");
        let name = &create.name;
        let exists =
            name == "plpgsql" || self.catalog.extensions().any(|extension| extension.name == *name);
        if exists {
            let message = format!("extension \"{name}\" already exists");
            if create.if_not_exists {
                self.notice(sqlstate::DUPLICATE_OBJECT, format!("{message}, skipping"));
                return Ok(());
            }
            return Err(error(sqlstate::DUPLICATE_OBJECT, message));
        }
        let Some((_, version)) = EXTENSIONS.iter().find(|(known, _)| known == name) else {
            return Err(unsupported(format!("extension \"{name}\" is not available"))
                .detail(format!("Extension \"{name}\" is not among those that are built in."))
                .hint("The extension must first be installed on the system where PostgreSQL is running."));
        };
        if !self.is_superuser() && !self.administers_database() {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to create extension \"{name}\""),
            )
            .hint("Must have CREATE privilege on current database to create this extension."));
        }
        let schema = match &create.schema {
            Some(schema) => self.schema_named(schema)?.oid,
            None => self.context.search_path().first().copied().unwrap_or(PUBLIC),
        };
        let version = create.version.clone().unwrap_or_else(|| (*version).to_owned());
        let extension = Extension { oid: self.allocate()?, name: name.clone(), schema, version };
        self.put(Descriptor::Extension(extension));
        Ok(())
    }

    fn administers_database(&self) -> bool {
        let name = planner::CatalogView::database_name(self.context);
        self.catalog.database_by_name(&name).is_some_and(|database| {
            self.has_privilege(database.grants.as_deref(), database.owner, 'C', self.role())
        })
    }
}

/// Names in the statement without a schema get this one.
fn place_in(statement: &mut Statement, schema: &str) -> SqlResult<()> {
    let place = |name: &mut ObjectName| {
        if name.parts.len() == 1 {
            name.parts.insert(0, schema.to_owned());
        }
        if name.schema() == Some(schema) {
            return Ok(());
        }
        Err(error(
            sqlstate::INVALID_SCHEMA_DEFINITION,
            format!(
                "CREATE specifies a schema ({}) different from the one being created ({schema})",
                name.schema().unwrap_or("")
            ),
        ))
    };
    match statement {
        Statement::CreateTable(create) => place(&mut create.name),
        Statement::CreateView(create) => place(&mut create.name),
        Statement::CreateSequence(create) => place(&mut create.name),
        Statement::CreateIndex(create) => place(&mut create.table.name),
        _ => Ok(()),
    }
}

pub(crate) fn require_schema_name(name: &str) -> SqlResult<()> {
    if name.starts_with("pg_") {
        return Err(error(sqlstate::RESERVED_NAME, format!("unacceptable schema name \"{name}\""))
            .detail("The prefix \"pg_\" is reserved for system schemas."));
    }
    Ok(())
}

pub(crate) fn require_role_name(name: &str) -> SqlResult<()> {
    if name == "public" || name == "none" {
        return Err(error(sqlstate::RESERVED_NAME, format!("role name \"{name}\" is reserved")));
    }
    if name.starts_with("pg_") {
        return Err(error(sqlstate::RESERVED_NAME, format!("role name \"{name}\" is reserved"))
            .detail("Role names starting with \"pg_\" are reserved."));
    }
    Ok(())
}
