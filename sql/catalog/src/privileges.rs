//! Who may do what: owners, superusers, membership of roles, PUBLIC, and grants on single columns.

use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::descriptor::{
    AttributeNumber, Database, Grant, Relation, RelationKind, Routine, Schema,
};
use crate::snapshot::{Catalog, INFORMATION_SCHEMA, PG_CATALOG, PUBLIC, SYS};

/// Privileges of tables and views, in the order PostgreSQL prints them.
pub const TABLE_PRIVILEGES: &str = "arwdDxt";
pub const SEQUENCE_PRIVILEGES: &str = "rwU";
pub const SCHEMA_PRIVILEGES: &str = "UC";
pub const DATABASE_PRIVILEGES: &str = "CTc";
/// Roles that may read, or write, every table.
const READ_ALL_DATA: Oid = 6_181;
const WRITE_ALL_DATA: Oid = 6_182;

/// Relations of `pg_catalog` that only superusers read: they show verifiers, samples of data and files.
const SECRET: &[&str] = &[
    "pg_authid",
    "pg_shadow",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_user_mapping",
    "pg_largeobject",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_config",
    "pg_backend_memory_contexts",
    "pg_shmem_allocations",
];

pub fn is_superuser(catalog: &Catalog, role: Oid) -> bool {
    catalog.role(role).is_some_and(|role| role.superuser)
}

/// Whether `role` has the privileges of `of` without `SET ROLE`: it is `of`, or inherits from it.
pub fn has_privileges_of(catalog: &Catalog, role: Oid, of: Oid) -> bool {
    if role == of || is_superuser(catalog, role) {
        return true;
    }
    let mut seen = vec![role];
    let mut next = 0;
    while let Some(current) = seen.get(next).copied() {
        if current == of {
            return true;
        }
        next += 1;
        let Some(current) = catalog.role(current) else { continue };
        for membership in current.member_of.iter().filter(|membership| membership.inherit) {
            if !seen.contains(&membership.role) {
                seen.push(membership.role);
            }
        }
    }
    false
}

/// Whether some grant gives `privilege` to the role, to PUBLIC or to a role it inherits from.
pub fn granted(
    catalog: &Catalog,
    role: Oid,
    grants: &[Grant],
    privilege: char,
    with_grant_option: bool,
) -> bool {
    grants.iter().any(|grant| {
        let held = if with_grant_option { &grant.grantable } else { &grant.privileges };
        held.contains(privilege)
            && ((grant.grantee == 0 && !with_grant_option)
                || (grant.grantee != 0 && has_privileges_of(catalog, role, grant.grantee)))
    })
}

fn made(grantee: Oid, owner: Oid, privileges: &str) -> Grant {
    // An owner can always grant; PostgreSQL does not write that as a grant option.
    Grant { grantee, grantor: owner, privileges: privileges.to_owned(), grantable: String::new() }
}

/// The grants that hold for a relation, its defaults included.
pub fn relation_grants(relation: &Relation) -> Vec<Grant> {
    if let Some(grants) = &relation.grants {
        return grants.clone();
    }
    let all = match relation.kind {
        RelationKind::Sequence => SEQUENCE_PRIVILEGES,
        _ => TABLE_PRIVILEGES,
    };
    let mut grants = vec![made(relation.owner, relation.owner, all)];
    if relation.is_virtual() && !SECRET.contains(&relation.name.as_str()) {
        grants.push(made(0, relation.owner, "r"));
    }
    grants
}

pub fn schema_grants(schema: &Schema) -> Vec<Grant> {
    if let Some(grants) = &schema.grants {
        return grants.clone();
    }
    let mut grants = vec![made(schema.owner, schema.owner, SCHEMA_PRIVILEGES)];
    if matches!(schema.oid, PG_CATALOG | INFORMATION_SCHEMA | PUBLIC | SYS) {
        grants.push(made(0, schema.owner, "U"));
    }
    grants
}

pub fn database_grants(database: &Database) -> Vec<Grant> {
    database.grants.clone().unwrap_or_else(|| {
        vec![
            made(0, database.owner, "Tc"),
            made(database.owner, database.owner, DATABASE_PRIVILEGES),
        ]
    })
}

/// Everybody may call a function until that is revoked.
pub fn routine_grants(routine: &Routine) -> Vec<Grant> {
    routine.grants.clone().unwrap_or_else(|| {
        vec![made(0, routine.owner, "X"), made(routine.owner, routine.owner, "X")]
    })
}

fn holds(
    catalog: &Catalog,
    role: Oid,
    owner: Oid,
    grants: &[Grant],
    privilege: char,
    option: bool,
) -> bool {
    is_superuser(catalog, role)
        || (option && has_privileges_of(catalog, role, owner))
        || granted(catalog, role, grants, privilege, option)
}

/// Whether the role holds a privilege on the whole relation; with its grant option if asked for.
pub fn has_relation_privilege(
    catalog: &Catalog,
    role: Oid,
    relation: &Relation,
    privilege: char,
    grant_option: bool,
) -> bool {
    let by_role = !grant_option
        && match (relation.kind, privilege) {
            (_, 'r') => has_privileges_of(catalog, role, READ_ALL_DATA) && !relation.is_virtual(),
            (RelationKind::Sequence, _) => false,
            (_, 'a' | 'w' | 'd') => {
                has_privileges_of(catalog, role, WRITE_ALL_DATA) && !relation.is_virtual()
            }
            _ => false,
        };
    by_role
        || holds(catalog, role, relation.owner, &relation_grants(relation), privilege, grant_option)
}

/// Whether the role holds a privilege on one column, by the column's grants or by the table's.
pub fn has_column_privilege(
    catalog: &Catalog,
    role: Oid,
    relation: &Relation,
    column: AttributeNumber,
    privilege: char,
    grant_option: bool,
) -> bool {
    has_relation_privilege(catalog, role, relation, privilege, grant_option)
        || relation
            .column_by_number(column)
            .and_then(|column| column.grants.as_ref())
            .is_some_and(|grants| granted(catalog, role, grants, privilege, grant_option))
}

pub fn has_any_column_privilege(
    catalog: &Catalog,
    role: Oid,
    relation: &Relation,
    privilege: char,
    grant_option: bool,
) -> bool {
    has_relation_privilege(catalog, role, relation, privilege, grant_option)
        || relation.live_columns().any(|column| {
            has_column_privilege(catalog, role, relation, column.number, privilege, grant_option)
        })
}

pub fn has_schema_privilege(
    catalog: &Catalog,
    role: Oid,
    schema: &Schema,
    privilege: char,
    grant_option: bool,
) -> bool {
    holds(catalog, role, schema.owner, &schema_grants(schema), privilege, grant_option)
}

pub fn has_database_privilege(
    catalog: &Catalog,
    role: Oid,
    database: &Database,
    privilege: char,
    grant_option: bool,
) -> bool {
    holds(catalog, role, database.owner, &database_grants(database), privilege, grant_option)
}

fn denied(message: String) -> SqlError {
    SqlError::new(sqlstate::INSUFFICIENT_PRIVILEGE, message)
}

/// What messages call a relation of this kind.
pub fn kind_word(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table | RelationKind::Virtual => "table",
        RelationKind::View | RelationKind::VirtualView => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Sequence => "sequence",
    }
}

/// Fails with 42501 unless the role may use the relation so (`r` SELECT, `a` INSERT, `w` UPDATE, `d` DELETE,
/// `D` TRUNCATE, `x` REFERENCES …). With columns, grants on each of them are enough; without any column, a grant on
/// some column is (`SELECT count(*)`).
pub fn check_relation(
    catalog: &Catalog,
    role: Oid,
    relation: &Relation,
    privilege: char,
    columns: &[AttributeNumber],
) -> SqlResult<()> {
    if relation.is_virtual() && !matches!(privilege, 'r' | 'x') {
        return Err(denied(format!(
            "permission denied: \"{}\" is a system catalog",
            relation.name
        )));
    }
    if has_relation_privilege(catalog, role, relation, privilege, false) {
        return Ok(());
    }
    let by_column = matches!(privilege, 'r' | 'a' | 'w' | 'x');
    // System columns have numbers below 1 and no grants of their own; any column's grant shows them.
    let mut named = columns.iter().filter(|number| **number > 0).peekable();
    let allowed = by_column
        && if named.peek().is_none() {
            has_any_column_privilege(catalog, role, relation, privilege, false)
        } else {
            named.all(|number| {
                has_column_privilege(catalog, role, relation, *number, privilege, false)
            })
        };
    if allowed {
        return Ok(());
    }
    Err(denied(format!("permission denied for {} {}", kind_word(relation.kind), relation.name)))
}

/// Fails with 42501 unless the role may use the schema (`U`) or create in it (`C`).
pub fn check_schema(
    catalog: &Catalog,
    role: Oid,
    schema: &Schema,
    privilege: char,
) -> SqlResult<()> {
    if has_schema_privilege(catalog, role, schema, privilege, false) {
        return Ok(());
    }
    Err(denied(format!("permission denied for schema {}", schema.name)))
}

/// Fails with 42501 unless the role may create schemas in (`C`), make temporary tables in (`T`) or connect to (`c`) the
/// database.
pub fn check_database(
    catalog: &Catalog,
    role: Oid,
    database: &Database,
    privilege: char,
) -> SqlResult<()> {
    if has_database_privilege(catalog, role, database, privilege, false) {
        return Ok(());
    }
    Err(denied(format!("permission denied for database {}", database.name)))
}

/// Whether the role may call the function; with grant option, let others do so.
pub fn has_routine_privilege(
    catalog: &Catalog,
    role: Oid,
    routine: &Routine,
    grant_option: bool,
) -> bool {
    holds(catalog, role, routine.owner, &routine_grants(routine), 'X', grant_option)
}

/// Fails with 42501 unless the role may call the function.
pub fn check_routine(catalog: &Catalog, role: Oid, routine: &Routine) -> SqlResult<()> {
    if has_routine_privilege(catalog, role, routine, false) {
        return Ok(());
    }
    let kind = if routine.procedure { "procedure" } else { "function" };
    Err(denied(format!("permission denied for {kind} {}", routine.name)))
}

/// Fails with 42501 unless the role owns the object, inherits from its owner or is a superuser.
pub fn check_owner(
    catalog: &Catalog,
    role: Oid,
    owner: Oid,
    kind: &str,
    name: &str,
) -> SqlResult<()> {
    if has_privileges_of(catalog, role, owner) {
        return Ok(());
    }
    Err(denied(format!("must be owner of {kind} {name}")))
}

#[cfg(test)]
#[path = "privileges_tests.rs"]
mod tests;
