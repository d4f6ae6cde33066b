//! `table_privileges`, `column_privileges`, and the roles that are enabled.

use types::{Datum, Oid};

use super::{Builder, shown_relations, yes_or_no};
use crate::calls::WORDS;
use crate::descriptor::Grant;
use crate::facts::text;
use crate::privileges;

fn role_name(builder: &Builder<'_>, role: Oid) -> Datum {
    if role == 0 { text("PUBLIC") } else { text(&builder.scope.role_name(role)) }
}

fn concerns(builder: &Builder<'_>, grant: &Grant) -> bool {
    let scope = builder.scope;
    let role = scope.context.current_role();
    // The role_* views show only what is granted to or by the enabled roles.
    let public = grant.grantee == 0 && !scope.relation.name.starts_with("role_");
    public
        || privileges::has_privileges_of(scope.catalog, role, grant.grantee)
        || privileges::has_privileges_of(scope.catalog, role, grant.grantor)
}

fn each_privilege(grant: &Grant, owner: Oid) -> Vec<(&'static str, bool)> {
    grant
        .privileges
        .chars()
        .filter_map(|letter| {
            let (_, word) = WORDS.iter().find(|(known, _)| *known == letter)?;
            Some((*word, grant.grantable.contains(letter) || grant.grantee == owner))
        })
        .collect()
}

pub(super) fn table_privileges(builder: &mut Builder<'_>) {
    for relation in shown_relations(builder.scope) {
        for grant in privileges::relation_grants(relation) {
            if !concerns(builder, &grant) {
                continue;
            }
            for (word, grantable) in each_privilege(&grant, relation.owner) {
                builder.row(&[
                    ("grantor", role_name(builder, grant.grantor)),
                    ("grantee", role_name(builder, grant.grantee)),
                    ("table_catalog", builder.database()),
                    ("table_schema", builder.schema(relation.schema)),
                    ("table_name", text(&relation.name)),
                    ("privilege_type", text(word)),
                    ("is_grantable", yes_or_no(grantable)),
                    ("with_hierarchy", yes_or_no(word == "SELECT")),
                ]);
            }
        }
    }
}

pub(super) fn column_privileges(builder: &mut Builder<'_>) {
    for relation in shown_relations(builder.scope) {
        let of_table = privileges::relation_grants(relation);
        for column in relation.live_columns() {
            for grant in of_table.iter().chain(column.grants.iter().flatten()) {
                if !concerns(builder, grant) {
                    continue;
                }
                for (word, grantable) in each_privilege(grant, relation.owner) {
                    if !matches!(word, "SELECT" | "INSERT" | "UPDATE" | "REFERENCES") {
                        continue;
                    }
                    builder.row(&[
                        ("grantor", role_name(builder, grant.grantor)),
                        ("grantee", role_name(builder, grant.grantee)),
                        ("table_catalog", builder.database()),
                        ("table_schema", builder.schema(relation.schema)),
                        ("table_name", text(&relation.name)),
                        ("column_name", text(&column.name)),
                        ("privilege_type", text(word)),
                        ("is_grantable", yes_or_no(grantable)),
                    ]);
                }
            }
        }
    }
}

pub(super) fn enabled_roles(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for role in scope.catalog.roles() {
        if privileges::has_privileges_of(scope.catalog, scope.context.current_role(), role.oid) {
            builder.row(&[("role_name", text(&role.name))]);
        }
    }
}

pub(super) fn applicable_roles(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    let only_administrable = scope.relation.name != "applicable_roles";
    for role in scope.catalog.roles() {
        if !privileges::has_privileges_of(scope.catalog, scope.context.current_role(), role.oid) {
            continue;
        }
        for membership in role.member_of.iter().filter(|m| m.admin || !only_administrable) {
            builder.row(&[
                ("grantee", text(&role.name)),
                ("role_name", role_name(builder, membership.role)),
                ("is_grantable", yes_or_no(membership.admin)),
            ]);
        }
    }
}
