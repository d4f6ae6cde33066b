//! `pg_authid` and the views over it, `pg_auth_members`, `pg_database`, `pg_db_role_setting`.

use types::{Datum, Oid, Row, oid};

use crate::descriptor::Role;
use crate::facts::text;
use crate::scope::{Scope, acl, array, letter, opt_acl, opt_text, options, part_oid};

fn valid_until(role: &Role) -> Datum {
    role.valid_until.map_or(Datum::Null, Datum::TimestampTz)
}

fn secret() -> Datum {
    text("********")
}

pub fn pg_authid(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .catalog
        .roles()
        .map(|role| {
            vec![
                Datum::Oid(role.oid),
                text(&role.name),
                Datum::Bool(role.superuser),
                Datum::Bool(role.inherit),
                Datum::Bool(role.create_role),
                Datum::Bool(role.create_database),
                Datum::Bool(role.login),
                Datum::Bool(role.replication),
                Datum::Bool(role.bypass_row_security),
                Datum::Int4(role.connection_limit),
                opt_text(role.verifier.as_deref()),
                valid_until(role),
            ]
        })
        .collect()
}

pub fn pg_roles(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .catalog
        .roles()
        .map(|role| {
            vec![
                text(&role.name),
                Datum::Bool(role.superuser),
                Datum::Bool(role.inherit),
                Datum::Bool(role.create_role),
                Datum::Bool(role.create_database),
                Datum::Bool(role.login),
                Datum::Bool(role.replication),
                Datum::Int4(role.connection_limit),
                secret(),
                valid_until(role),
                Datum::Bool(role.bypass_row_security),
                options(&role.settings),
                Datum::Oid(role.oid),
            ]
        })
        .collect()
}

fn user_rows(scope: &Scope<'_>, password: impl Fn(&Role) -> Datum) -> Vec<Row> {
    scope
        .catalog
        .roles()
        .filter(|role| role.login)
        .map(|role| {
            vec![
                text(&role.name),
                Datum::Oid(role.oid),
                Datum::Bool(role.create_database),
                Datum::Bool(role.superuser),
                Datum::Bool(role.replication),
                Datum::Bool(role.bypass_row_security),
                password(role),
                valid_until(role),
                options(&role.settings),
            ]
        })
        .collect()
}

pub fn pg_user(scope: &Scope<'_>) -> Vec<Row> {
    user_rows(scope, |_| secret())
}

pub fn pg_shadow(scope: &Scope<'_>) -> Vec<Row> {
    user_rows(scope, |role| opt_text(role.verifier.as_deref()))
}

pub fn pg_group(scope: &Scope<'_>) -> Vec<Row> {
    let members = |group: Oid| {
        scope
            .catalog
            .roles()
            .filter(|role| role.member_of.iter().any(|membership| membership.role == group))
            .map(|role| Datum::Oid(role.oid))
            .collect()
    };
    scope
        .catalog
        .roles()
        .filter(|role| !role.login)
        .map(|role| {
            vec![text(&role.name), Datum::Oid(role.oid), array(oid::OID, members(role.oid))]
        })
        .collect()
}

pub fn pg_auth_members(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .catalog
        .roles()
        .flat_map(|role| {
            role.member_of.iter().zip(0..).map(|(membership, part)| {
                vec![
                    Datum::Oid(part_oid(role.oid, part)),
                    Datum::Oid(membership.role),
                    Datum::Oid(role.oid),
                    Datum::Oid(membership.grantor),
                    Datum::Bool(membership.admin),
                    Datum::Bool(membership.inherit),
                    Datum::Bool(membership.set),
                ]
            })
        })
        .collect()
}

pub fn pg_database(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .catalog
        .databases()
        .map(|database| {
            vec![
                Datum::Oid(database.oid),
                text(&database.name),
                Datum::Oid(database.owner),
                Datum::Int4(6),
                letter('c'),
                Datum::Bool(false),
                Datum::Bool(true),
                Datum::Int4(-1),
                Datum::Oid(0),
                Datum::Oid(1),
                Datum::Oid(1_663),
                text("C.UTF-8"),
                text("C.UTF-8"),
                Datum::Null,
                Datum::Null,
                Datum::Null,
                opt_acl(scope.catalog, database.grants.as_ref()),
            ]
        })
        .collect()
}

pub fn pg_default_acl(scope: &Scope<'_>) -> Vec<Row> {
    let catalog = scope.catalog;
    let known = |schema: Oid| schema == 0 || catalog.schema(schema).is_some();
    let mut rows = Vec::new();
    for role in catalog.roles() {
        for one in role.default_privileges.iter().filter(|one| known(one.schema)) {
            rows.push(vec![
                Datum::Oid(one.oid),
                Datum::Oid(role.oid),
                Datum::Oid(one.schema),
                letter(one.kind),
                acl(catalog, &one.grants),
            ]);
        }
    }
    rows
}

pub fn pg_db_role_setting(scope: &Scope<'_>) -> Vec<Row> {
    let databases = scope.catalog.databases().map(|d| (d.oid, 0, &d.settings));
    let roles = scope.catalog.roles().map(|role| (0, role.oid, &role.settings));
    databases
        .chain(roles)
        .filter(|(_, _, settings)| !settings.is_empty())
        .map(|(database, role, settings)| {
            vec![Datum::Oid(database), Datum::Oid(role), options(settings)]
        })
        .collect()
}
